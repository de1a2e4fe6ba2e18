//! Every packet type in its smallest, a typical and its fullest form.

use super::{section, usual};
use crate::simple::{Connect, connack, publish, suback, subscribe, unsubscribe};
use crate::vector::{Corpus, Direction, Level, Version};

pub(super) fn forms(c: &mut Corpus) {
    let v = c.version;
    c.family("forms");
    for (file, direction, simple) in usual(v) {
        c.file(file);
        c.valid("typical", "As it is usually seen.", simple.bytes(), simple.values)
            .direction(direction)
            .section(section(file));
    }
    c.file("connect");
    let smallest = if v == Version::V31 { Connect::new(v) } else { Connect::new(v).client_id(b"") };
    let smallest = smallest.build();
    c.valid("smallest", "The smallest CONNECT.", smallest.bytes(), smallest.values)
        .direction(Direction::ToServer)
        .level(if v == Version::V31 { Level::Must } else { Level::Choice })
        .section("3.1")
        .covers(v.pick(&[][..], &["3.1.3-6"], &["3.1.3-6"]));
    let long = |fill: u8| vec![fill; 65_535];
    let mut fullest = Connect::new(v)
        .client_id(&[b'c'; 23])
        .will(&long(b't'), &long(b'p'), 2, true)
        .user_name(&long(b'u'))
        .password(&long(b'w'));
    fullest.keep_alive = 65_535;
    fullest.clean = false;
    let fullest = fullest.build();
    c.valid("fullest", "Every field at its longest.", fullest.bytes(), fullest.values)
        .direction(Direction::ToServer)
        // 3.1 has two limits for topics.
        .level(v.pick(Level::Choice, Level::Must, Level::Must))
        .section("3.1");
    for keep_alive in [0u16, 1, 255, 256, 65_535] {
        let mut connect = Connect::new(v);
        connect.keep_alive = keep_alive;
        let simple = connect.build();
        let about = format!("Keep Alive {keep_alive}.");
        c.valid(&format!("keep-alive-{keep_alive}"), &about, simple.bytes(), simple.values)
            .direction(Direction::ToServer)
            .section(v.pick("2.2", "3.1.2.10", "3.1.2.10"));
    }
    for (name, about, connect) in [
        ("will-empty-payload", "A Will without payload.", Connect::new(v).will(b"w", b"", 0, false)),
        ("user-name-empty", "An empty User Name.", Connect::new(v).user_name(b"")),
        ("password-empty", "An empty Password.", Connect::new(v).user_name(b"u").password(b"")),
        (
            "will-binary-payload",
            "A Will's payload is bytes.",
            Connect::new(v).will(b"w", &[0, 0xFF, 0xC3, 0x28], 0, false),
        ),
        (
            "password-binary",
            "A Password is bytes.",
            Connect::new(v).user_name(b"u").password(&[0, 0xFF, 0xC3, 0x28]),
        ),
        ("will-without-user", "A Will and no User Name.", Connect::new(v).will(b"w", b"m", 2, false)),
    ] {
        let simple = connect.build();
        let vector = c
            .valid(name, about, simple.bytes(), simple.values)
            .direction(Direction::ToServer)
            .section(v.pick("3.1", "3.1.3", "3.1.3"));
        // 3.1 calls both of them text.
        if v == Version::V31 && name.contains("binary") {
            vector.choice();
        }
    }

    publish_forms(c);
    list_forms(c);
}

/// PUBLISH in its smallest and fullest form, with all kinds of payload.
fn publish_forms(c: &mut Corpus) {
    let v = c.version;
    c.file("publish");
    let smallest = publish(v, 0x30, b"t", None, b"");
    c.valid(
        "smallest",
        "QoS 0, a Topic Name of one character, no payload.",
        smallest.bytes(),
        smallest.values,
    )
    .section("3.3")
    .covers(v.pick(&["V31-2.1-3"], &["2.3.1-5"], &["2.2.1-2"]));
    let fullest = publish(v, 0x3D, &vec![b't'; 65_535], Some(65_535), &vec![b'p'; 100_000]);
    let vector = c
        .valid(
            "fullest",
            "The longest Topic Name, all flags, a large payload.",
            fullest.bytes(),
            fullest.values,
        )
        .section("3.3")
        .covers(v.pick(&["V31-2.2-15"], &["4.7.3-3"], &["4.7.3-3"]));
    if v == Version::V31 {
        // 32,767 characters by 2.2, 64k by Appendix A.
        vector.choice();
    }
    for (name, about, payload) in [
        ("payload-binary", "A payload is bytes.", &[0x00, 0xFF, 0xC3, 0x28][..]),
        ("payload-nul", "A payload may be a single zero byte.", &[0]),
        ("payload-like-a-packet", "A payload that looks like a packet.", &[0xC0, 0x00]),
        ("payload-text", "A payload of text beyond ASCII.", "\u{65e5}\u{672c} \u{1f600}".as_bytes()),
    ] {
        let simple = publish(v, 0x30, b"t", None, payload);
        c.valid(name, about, simple.bytes(), simple.values).section(v.pick("3.3", "3.3.3", "3.3.3"));
    }
}

/// The packets that carry a list, with one entry and with very many; CONNACK.
fn list_forms(c: &mut Corpus) {
    let v = c.version;
    c.file("subscribe");
    let smallest = subscribe(v, 1, &[(b"a", 0)]);
    c.valid("smallest", "One filter of one character.", smallest.bytes(), smallest.values)
        .direction(Direction::ToServer)
        .section("3.8");
    let names: Vec<Vec<u8>> = (0..200u32).map(|index| format!("t/{index}").into_bytes()).collect();
    let filters: Vec<(&[u8], u8)> =
        names.iter().zip([0u8, 1, 2].into_iter().cycle()).map(|(n, q)| (&**n, q)).collect();
    let fullest = subscribe(v, 65_535, &filters);
    c.valid("fullest", "Two hundred filters.", fullest.bytes(), fullest.values)
        .direction(Direction::ToServer)
        .section("3.8");
    let again = subscribe(v, 1, &[(b"a", 0), (b"a", 2)]);
    c.valid("same-filter-twice", "The same filter twice in one packet.", again.bytes(), again.values)
        .direction(Direction::ToServer)
        .section("3.8");

    c.file("unsubscribe");
    let smallest = unsubscribe(v, 1, &[b"a"]);
    c.valid("smallest", "One filter of one character.", smallest.bytes(), smallest.values)
        .direction(Direction::ToServer)
        .section("3.10");
    let filters: Vec<&[u8]> = names.iter().map(|name| &**name).collect();
    let fullest = unsubscribe(v, 65_535, &filters);
    c.valid("fullest", "Two hundred filters.", fullest.bytes(), fullest.values)
        .direction(Direction::ToServer)
        .section("3.10");

    c.file("suback");
    let smallest = suback(v, 1, &[0]);
    c.valid("smallest", "One code.", smallest.bytes(), smallest.values)
        .direction(Direction::ToClient)
        .section("3.9");
    let many: Vec<u8> = [0u8, 1, 2].into_iter().cycle().take(1000).collect();
    let fullest = suback(v, 65_535, &many);
    c.valid("fullest", "A thousand codes.", fullest.bytes(), fullest.values)
        .direction(Direction::ToClient)
        .section("3.9");

    c.file("connack");
    let smallest = connack(v, false, 0);
    c.valid("smallest", "Accepted, no session.", smallest.bytes(), smallest.values)
        .direction(Direction::ToClient)
        .section("3.2");
}
