//! Unfinished and joined packets, surplus bytes, packets from the wrong side.

#![expect(clippy::too_many_lines, reason = "a table is as long as what it lists")]

use serde_json::Value;

use super::{section, usual};
use crate::simple::{Connect, Simple, ack, auth, bare, connack, publish};
use crate::vector::{Corpus, Direction, Level, Version};
use crate::wire::Body;

/// Every strict prefix of a whole packet is unfinished.
pub(super) fn truncation(c: &mut Corpus) {
    let v = c.version;
    c.file("truncation").family("truncation");
    let section = v.pick("2.1", "2.2.3", "2.1.4");
    let mut list = usual(v);
    list.push(("publish-of-two-length-bytes", Direction::Any, publish(v, 0x30, b"t", None, &[b'x'; 128])));
    for (kind, direction, simple) in list {
        let whole = simple.bytes();
        for kept in 0..whole.len() {
            if kind == "publish-of-two-length-bytes" && kept > 8 && kept + 3 < whole.len() {
                continue;
            }
            let length_bytes = whole.len() - 1 - simple.body.bytes.len();
            let needed = match kept {
                0 => 2,
                _ if kept < 1 + length_bytes => 1,
                _ => whole.len() - kept,
            };
            let about = format!("The first {kept} of {} bytes.", whole.len());
            c.incomplete(&format!("{kind}-{kept}"), &about, whole[..kept].to_vec(), needed)
                .direction(direction)
                .section(section);
        }
    }
}

/// More than one packet in a buffer.
pub(super) fn several(c: &mut Corpus) {
    let v = c.version;
    c.file("several-packets").family("several-packets");
    let section = v.pick("2.1", "2.2.3", "2.1.4");
    let list = usual(v);
    let get =
        |name: &str| list.iter().find(|(kind, _, _)| *kind == name).map(|(_, _, simple)| simple.clone());
    let pick = |names: &[&str]| -> Vec<Simple> { names.iter().filter_map(|name| get(name)).collect() };
    let join = |packets: &[Simple]| -> Vec<u8> { packets.iter().flat_map(Simple::bytes).collect() };
    let values =
        |packets: &[Simple]| -> Vec<Value> { packets.iter().map(|simple| simple.values.clone()).collect() };
    let groups: [(&str, &str, Direction, &[&str]); 8] = [
        ("two-pings", "Two packets of two bytes.", Direction::ToServer, &["pingreq", "pingreq"]),
        (
            "connect-subscribe",
            "A Client that does not wait for CONNACK.",
            Direction::ToServer,
            &["connect", "subscribe", "publish"],
        ),
        (
            "session",
            "A whole short session of a Client.",
            Direction::ToServer,
            &["connect", "subscribe", "publish", "pingreq", "unsubscribe", "disconnect"],
        ),
        (
            "answers",
            "A Server's answers.",
            Direction::ToClient,
            &["connack", "suback", "puback", "pingresp", "unsuback"],
        ),
        (
            "qos-2",
            "All four packets of a QoS 2 delivery.",
            Direction::Any,
            &["publish", "pubrec", "pubrel", "pubcomp"],
        ),
        ("publishes", "Three PUBLISH packets.", Direction::Any, &["publish", "publish", "publish"]),
        ("acks", "Four acknowledgements.", Direction::Any, &["puback", "pubrec", "pubrel", "pubcomp"]),
        (
            "empty-between",
            "A packet without a body between two others.",
            Direction::ToServer,
            &["publish", "pingreq", "publish"],
        ),
    ];
    for (id, about, direction, names) in groups {
        let packets = pick(names);
        c.several(id, about, join(&packets), values(&packets)).direction(direction).section(section);
        let whole = join(&packets);
        let last = packets.last().map_or(0, |simple| simple.bytes().len());
        let before = &packets[..packets.len() - 1];
        for cut in 1..=last {
            let kept = last - cut;
            if kept == 0 {
                continue;
            }
            // The unfinished one's header here always has one byte of length.
            let needed = if kept == 1 { 1 } else { cut };
            if cut != 1 && kept != 1 && kept != 2 {
                continue;
            }
            c.incomplete(
                &format!("{id}-cut-{cut}"),
                "Whole packets, then an unfinished one.",
                whole[..whole.len() - cut].to_vec(),
                needed,
            )
            .after(values(before))
            .direction(direction)
            .section(section);
        }
    }
    let one = pick(&["publish"]);
    let bad = publish(v, 0x36, b"a", Some(1), b"");
    c.malformed(
        "good-then-bad-flags",
        "A whole packet, then one with QoS 3.",
        [join(&one), bad.bytes()].concat(),
        "Fixed Header",
        0,
    )
    .after(values(&one))
    .level(v.pick(Level::Should, Level::Must, Level::Must))
    .section(v.pick("2.1", "3.3.1.2", "3.3.1.2"));
    let zero = ack(v, "puback", 0x40, 0);
    c.protocol_error(
        "good-then-packet-identifier-0",
        "A whole packet, then a PUBACK for Packet Identifier 0.",
        [join(&one), zero.bytes()].concat(),
        "Packet Identifier",
        2,
    )
    .after(values(&one))
    .should()
    .section(v.pick("2.4", "2.3.1", "2.2.1"))
    .codes(if v == Version::V5 { &[0x82, 0x81] } else { &[] });
    let ping = bare("pingreq", 0xC0);
    c.malformed(
        "good-then-length-of-five",
        "A whole packet, then a Remaining Length of five bytes.",
        [ping.bytes(), vec![0xC0, 0xFF, 0xFF, 0xFF, 0xFF]].concat(),
        "Remaining Length",
        1,
    )
    .after(vec![ping.values])
    .direction(Direction::ToServer)
    .section(section);
    let mixed = [one[0].bytes(), bad.bytes(), one[0].bytes()].concat();
    c.malformed(
        "bad-between-good",
        "A packet with QoS 3 between two whole ones: nothing after it is read.",
        mixed,
        "Fixed Header",
        0,
    )
    .after(values(&one))
    .level(v.pick(Level::Should, Level::Must, Level::Must))
    .section(v.pick("2.1", "3.3.1.2", "3.3.1.2"));
    let many = vec![ack(v, "puback", 0x40, 7); 100];
    c.several("hundred-pubacks", "A hundred packets.", join(&many), values(&many)).section(section);
}

/// Bytes after the last field.
pub(super) fn surplus(c: &mut Corpus) {
    let v = c.version;
    c.family("surplus");
    let code = v != Version::V5;
    let mut list = vec![
        ("connect", Direction::ToServer, Connect::new(v).build().body),
        ("connack", Direction::ToClient, connack(v, false, 0).body),
        ("pingreq", Direction::ToServer, Body::new(0xC0)),
        ("pingresp", Direction::ToClient, Body::new(0xD0)),
    ];
    for (file, first) in [("puback", 0x40u8), ("pubrec", 0x50), ("pubrel", 0x62), ("pubcomp", 0x70)] {
        let body = Body::new(first).u16(10);
        list.push((file, Direction::Any, if code { body } else { body.raw(&[0, 0]) }));
    }
    if code {
        list.push(("unsuback", Direction::ToClient, Body::new(0xB0).u16(10)));
        list.push(("disconnect", Direction::ToServer, Body::new(0xE0)));
    } else {
        list.push(("disconnect", Direction::Any, Body::new(0xE0).raw(&[0, 0])));
        list.push(("auth", Direction::Any, auth(None).body));
    }
    for (file, direction, body) in list {
        c.file(file);
        for (id, extra) in
            [("surplus-zero", &[0u8][..]), ("surplus-ff", &[0xFF]), ("surplus-three", &[0, 1, b'x'])]
        {
            let end = body.here();
            let longer = body.clone().raw(extra);
            let about = format!("{} with {} byte(s) after its last field.", file.to_uppercase(), extra.len());
            let vector = c
                .malformed(id, &about, longer.frame(), "Packet", longer.offset(end))
                .direction(direction)
                .section(section(file))
                .should()
                .codes(if v == Version::V5 { &[0x81, 0x82] } else { &[] });
            if v == Version::V31 && file == "connect" {
                // "Ignore the extra security information" (1.1).
                vector.choice();
            }
            if file == "connect" && v != Version::V31 {
                // A Server has to see that a CONNECT has its format, and no other.
                vector.level(Level::Must).covers(v.pick(
                    &[][..],
                    &["3.1.2-18", "3.1.2-20", "3.1.4-1"],
                    &["3.1.2-16", "3.1.2-18", "3.1.4-1"],
                ));
            }
        }
    }
    // Fields that are there although their flag is not.
    c.file("connect");
    let plain = Connect::new(v);
    for (id, about, with, without, statements) in [
        (
            "user-name-unannounced",
            "A User Name without its flag.",
            plain.clone().user_name(b"usr").build(),
            plain.clone(),
            v.pick(&[][..], &["3.1.2-18"], &["3.1.2-16"]),
        ),
        (
            "password-unannounced",
            "A Password without its flag.",
            plain.clone().user_name(b"usr").password(b"pwd").build(),
            plain.clone().user_name(b"usr"),
            v.pick(&[][..], &["3.1.2-20"], &["3.1.2-18"]),
        ),
        (
            "will-unannounced",
            "Will fields without the Will Flag.",
            plain.clone().will(b"w", b"m", 0, false).build(),
            plain,
            v.pick(&[][..], &["3.1.2-11"], &[]),
        ),
    ] {
        let base = without.build();
        let mut body = with.body.clone();
        let flags_at = with.at.iter().find(|(name, _)| *name == "Connect Flags").map_or(0, |(_, at)| *at);
        body.bytes[flags_at] = without.flags();
        c.malformed(id, about, body.frame(), "Packet", body.offset(base.body.here()))
            .direction(Direction::ToServer)
            .section(section("connect"))
            .level(v.pick(Level::Choice, Level::Must, Level::Must))
            .covers(statements)
            .codes(if v == Version::V5 { &[0x81, 0x82] } else { &[] });
    }
}

/// Packets from the side that never sends them.
pub(super) fn wrong_side(c: &mut Corpus) {
    let v = c.version;
    c.file("wrong-side").family("direction");
    for (kind, direction, simple) in usual(v) {
        let (wrong, who) = match direction {
            Direction::ToServer => (Direction::ToClient, "a Client"),
            Direction::ToClient => (Direction::ToServer, "a Server"),
            Direction::Any => continue,
        };
        let about = format!("Only {who} sends {}.", kind.to_uppercase());
        c.protocol_error(kind, &about, simple.bytes(), "Fixed Header", 0)
            .choice()
            .direction(wrong)
            .section(v.pick(section(kind), "2.2.1", "2.1.2"))
            .codes(if v == Version::V5 { &[0x82, 0x81] } else { &[] })
            .flag("needs-direction");
    }
}
