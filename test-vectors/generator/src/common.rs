//! What the three versions have in common, each by its own rules: fixed header, Remaining Length, CONNECT,
//! strings, topics, cut and surplus bytes, unfinished and joined packets.

#![expect(clippy::too_many_lines, reason = "a table is as long as what it lists")]

use serde_json::{Value, json};

use crate::simple::{
    Connect, Simple, ack, auth, bare, connack, disconnect, publish, suback, subscribe, unsuback, unsubscribe,
};
use crate::tables::{
    BAD_FILTERS, BAD_NAMES, BAD_SHARED, FILTERS, NAMES, SHARED, Text, TextCase, disallowed_texts, fine_texts,
    wrong_texts,
};
use crate::vector::{Corpus, Data, Direction, Level, Vector, Version};
use crate::wire::{Body, field, field_claiming, frame, head, varint, varint_of_width};

pub(crate) fn all(c: &mut Corpus) {
    forms(c);
    fixed_headers(c);
    connect_flags(c);
    protocol(c);
    client_ids(c);
    packet_ids(c);
    cuts(c);
    lengths(c);
    remaining_length_off_by_one(c);
    texts(c);
    topic_names(c);
    topic_filters(c);
    shared(c);
    remaining_lengths(c);
    truncation(c);
    several(c);
    surplus(c);
    wrong_side(c);
}

/// One whole packet per type, as it is usually seen, with its sender.
pub(crate) fn usual(version: Version) -> Vec<(&'static str, Direction, Simple)> {
    use Direction::{Any, ToClient, ToServer};
    let connect = Connect::new(version)
        .client_id(b"sensor-1")
        .will(b"state/1", b"gone", 1, true)
        .user_name(b"user")
        .password(b"secret");
    let suback_codes: &[u8] = if version == Version::V31 { &[1, 2] } else { &[1, 2, 0x80] };
    let mut list = vec![
        ("connect", ToServer, connect.build()),
        ("connack", ToClient, connack(version, version != Version::V31, 0)),
        ("publish", Any, publish(version, 0x32, b"a/b", Some(10), b"hello")),
        ("puback", Any, ack(version, "puback", 0x40, 10)),
        ("pubrec", Any, ack(version, "pubrec", 0x50, 10)),
        ("pubrel", Any, ack(version, "pubrel", 0x62, 10)),
        ("pubcomp", Any, ack(version, "pubcomp", 0x70, 10)),
        ("subscribe", ToServer, subscribe(version, 10, &[(b"a/b", 1), (b"c/#", 2)])),
        ("suback", ToClient, suback(version, 10, suback_codes)),
        ("unsubscribe", ToServer, unsubscribe(version, 10, &[b"a/b", b"c/#"])),
        ("unsuback", ToClient, unsuback(version, 10, &[0, 0x11])),
        ("pingreq", ToServer, bare("pingreq", 0xC0)),
        ("pingresp", ToClient, bare("pingresp", 0xD0)),
        ("disconnect", if version == Version::V5 { Any } else { ToServer }, disconnect(version)),
    ];
    if version == Version::V5 {
        list.push(("auth", Any, auth(Some(b"n,,n=user,r=1"))));
    }
    list
}

/// The section of a packet.
pub(crate) fn section(file: &str) -> &'static str {
    match file {
        "connect" => "3.1",
        "connack" => "3.2",
        "publish" => "3.3",
        "puback" => "3.4",
        "pubrec" => "3.5",
        "pubrel" => "3.6",
        "pubcomp" => "3.7",
        "subscribe" => "3.8",
        "suback" => "3.9",
        "unsubscribe" => "3.10",
        "unsuback" => "3.11",
        "pingreq" => "3.12",
        "pingresp" => "3.13",
        "disconnect" => "3.14",
        _ => "3.15",
    }
}

fn forms(c: &mut Corpus) {
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

/// Every nibble of flags for every packet type.
fn fixed_headers(c: &mut Corpus) {
    let v = c.version;
    c.file("fixed-header").family("fixed-header-flags");
    let usual = usual(v);
    for kind in 0..16u8 {
        for nibble in 0..16u8 {
            let first = (kind << 4) | nibble;
            let known = usual.iter().find(|(_, _, simple)| simple.bytes()[0] >> 4 == kind);
            let Some((file, direction, simple)) = known else {
                let about = format!("Packet type {kind} is reserved.");
                let id = format!("type-{kind}-flags-{nibble:x}");
                c.malformed(&id, &about, vec![first, 0], "Fixed Header", 0)
                    .section(v.pick("2.1", "2.2.1", "2.1.2"))
                    .codes(if v == Version::V5 { &[0x81, 0x82] } else { &[] });
                continue;
            };
            let id = format!("{file}-flags-{nibble:x}");
            if kind == 3 {
                publish_flags(c, &id, nibble);
                continue;
            }
            let required = if matches!(kind, 6 | 8 | 10) { 2 } else { 0 };
            let bytes = [&[first][..], &simple.bytes()[1..]].concat();
            let name = file.to_uppercase();
            let statements: &[&str] = match (v, kind) {
                (Version::V311, 6) => &["2.2.2-1", "2.2.2-2", "3.6.1-1"],
                (Version::V311, 8) => &["2.2.2-1", "2.2.2-2", "3.8.1-1"],
                (Version::V311, 10) => &["2.2.2-1", "2.2.2-2", "3.10.1-1"],
                (Version::V311, 14) => &["2.2.2-1", "2.2.2-2", "3.14.1-1"],
                (Version::V311, _) => &["2.2.2-1", "2.2.2-2"],
                (Version::V5, 6) => &["2.1.3-1", "3.6.1-1"],
                (Version::V5, 8) => &["2.1.3-1", "3.8.1-1"],
                (Version::V5, 10) => &["2.1.3-1", "3.10.1-1"],
                (Version::V5, 14) => &["2.1.3-1", "3.14.1-1"],
                (Version::V5, 15) => &["2.1.3-1", "3.15.1-1"],
                (Version::V5, _) => &["2.1.3-1"],
                (Version::V31, 6) => &["V31-3.6-1"],
                (Version::V31, 8) => &["V31-3.8-1"],
                (Version::V31, 10) => &["V31-3.10-1"],
                (Version::V31, _) => &["V31-2.6-1"],
            };
            let section = v.pick("2.1", "2.2.2", "2.1.3");
            if nibble == required {
                c.valid(
                    &id,
                    &format!("{name} with the flags that it must have."),
                    bytes,
                    simple.values.clone(),
                )
                .direction(*direction)
                .section(section)
                .covers(statements);
            } else if v == Version::V31 && required == 0 {
                c.valid(
                    &id,
                    &format!("{name} with unused bits set, which mean nothing."),
                    bytes,
                    simple.values.clone(),
                )
                .should()
                .direction(*direction)
                .section("2.6")
                .covers(statements)
                .canonical(simple.bytes());
            } else if v == Version::V31 && nibble & 0x06 == 0x02 {
                let again = nibble & 0x08 != 0;
                let about = match (again, nibble & 1 != 0) {
                    (true, false) => format!("{name} sent again, with DUP."),
                    (true, true) => format!("{name} sent again, with DUP and the unused RETAIN bit."),
                    _ => format!("{name} with the unused RETAIN bit set."),
                };
                let vector = c
                    .valid(&id, &about, bytes, simple.values.clone())
                    .direction(*direction)
                    .section("2.1")
                    .covers(statements)
                    .canonical(simple.bytes());
                if again {
                    vector.covers(&["V31-2.1-1"]);
                }
                if nibble & 1 != 0 {
                    vector.should();
                }
            } else if v == Version::V31 {
                let about = format!("{name} uses QoS level 1, not the QoS bits of these flags.");
                c.malformed(&id, &about, bytes, "Fixed Header", 0)
                    .choice()
                    .direction(*direction)
                    .section(self::section(file))
                    .covers(statements);
            } else {
                c.malformed(&id, &format!("{name} with reserved flags changed."), bytes, "Fixed Header", 0)
                    .direction(*direction)
                    .section(section)
                    .covers(statements);
            }
        }
    }
}

fn publish_flags(c: &mut Corpus, id: &str, nibble: u8) {
    let v = c.version;
    let (dup, qos) = (nibble & 8 != 0, (nibble >> 1) & 3);
    let packet_id = if qos == 0 { None } else { Some(10) };
    let simple = publish(v, 0x30 | nibble, b"a/b", packet_id, b"x");
    if qos == 3 {
        c.malformed(id, "PUBLISH with both QoS bits set.", simple.bytes(), "Fixed Header", 0)
            .level(v.pick(Level::Should, Level::Must, Level::Must))
            .section(v.pick("2.1", "3.3.1.2", "3.3.1.2"))
            .covers(v.pick(&["V31-2.1-3"], &["3.3.1-4"], &["3.3.1-4"]));
    } else if dup && qos == 0 {
        let about = "PUBLISH with DUP and QoS 0.";
        if v == Version::V31 {
            let plain = publish(v, 0x30 | (nibble & 7), b"a/b", None, b"x");
            c.valid(id, about, simple.bytes(), plain.values.clone())
                .choice()
                .section("2.1")
                .covers(&["V31-2.1-1"])
                .canonical(plain.bytes());
        } else {
            c.malformed(id, about, simple.bytes(), "Fixed Header", 0)
                .section("3.3.1.1")
                .covers(&["3.3.1-2", "4.3.1-1"])
                .codes(if v == Version::V5 { &[0x81, 0x82] } else { &[] });
        }
    } else {
        c.valid(id, "PUBLISH with a legal set of flags.", simple.bytes(), simple.values)
            .section(v.pick("2.1", "3.3.1", "3.3.1"))
            .covers(match (v, qos) {
                (Version::V31, _) => &["V31-2.1-3"],
                (Version::V311, 0) => &["2.3.1-5", "3.3.1-2"],
                (Version::V5, 0) => &["2.2.1-2", "3.3.1-2"],
                (_, _) => &["3.3.1-4"],
            });
    }
}

/// All 256 Connect Flags bytes, with the payload that they announce.
fn connect_flags(c: &mut Corpus) {
    let v = c.version;
    c.file("connect-flags").family("connect-flags");
    for flags in 0..=255u8 {
        let (user, pass) = (flags & 0x80 != 0, flags & 0x40 != 0);
        let (retain, qos, will) = (flags & 0x20 != 0, (flags >> 3) & 3, flags & 0x04 != 0);
        let reserved = flags & 1 != 0;
        let mut connect = Connect::new(v);
        connect.clean = flags & 2 != 0;
        if will {
            connect = connect.will(b"w", b"m", qos, retain);
        }
        if user {
            connect = connect.user_name(b"u");
        }
        if pass {
            connect = connect.password(b"p");
        }
        let simple = connect.build_with_flags(flags);
        let id = format!("flags-{flags:02x}");
        let mut faults = Vec::new();
        let mut statements: Vec<&str> = Vec::new();
        if reserved && v != Version::V31 {
            faults.push("the reserved bit");
            statements.push("3.1.2-3");
        }
        if will && qos == 3 {
            faults.push("Will QoS 3");
            statements.push(v.pick("V31-2.2-9", "3.1.2-14", "3.1.2-12"));
        }
        if !will && qos != 0 && v != Version::V31 {
            faults.push("Will QoS without a Will");
            statements.extend(v.pick(&[][..], &["3.1.2-11", "3.1.2-13"], &["3.1.2-11"]));
        }
        if !will && retain && v != Version::V31 {
            faults.push("Will Retain without a Will");
            statements.extend(v.pick(&[][..], &["3.1.2-11", "3.1.2-15"], &["3.1.2-13"]));
        }
        if pass && !user && v != Version::V5 {
            faults.push("a Password without a User Name");
            statements.push(v.pick("V31-2.2-10", "3.1.2-22", ""));
        }
        let section = v.pick("2.2", "3.1.2.3", "3.1.2.3");
        if faults.is_empty() {
            let about = format!("Connect Flags {flags:#04x} are legal.");
            let values = simple.values.clone();
            let vector =
                c.valid(&id, &about, simple.bytes(), values).direction(Direction::ToServer).section(section);
            match v {
                Version::V31 => {
                    if reserved {
                        vector.should().covers(&["V31-2.2-6"]);
                    }
                    if !will && (retain || qos != 0) {
                        vector.should().covers(&["V31-2.2-8"]);
                    }
                    let plain = connect.build();
                    vector.canonical(plain.bytes());
                }
                Version::V311 => {
                    vector.covers(&["3.1.3-1"]);
                    vector.covers(if will { &["3.1.2-9"] } else { &["3.1.2-11"] });
                    vector.covers(if user { &["3.1.2-19"] } else { &["3.1.2-18"] });
                    vector.covers(if pass { &["3.1.2-21"] } else { &["3.1.2-20"] });
                }
                Version::V5 => {
                    vector.covers(&["3.1.3-1"]);
                    vector.covers(if will { &["3.1.2-9"] } else { &["3.1.2-11"] });
                    vector.covers(if user { &["3.1.2-17"] } else { &["3.1.2-16"] });
                    vector.covers(if pass { &["3.1.2-19"] } else { &["3.1.2-18"] });
                }
            }
            continue;
        }
        let about = format!("Connect Flags {flags:#04x}: {}.", faults.join(", "));
        let offset = simple.offset("Connect Flags");
        let named = reserved || (will && qos == 3);
        let only_unnamed = faults.iter().all(|fault| fault.ends_with("without a Will"));
        let vector = c
            .malformed(&id, &about, simple.bytes(), "Connect Flags", offset)
            .direction(Direction::ToServer)
            .section(section)
            .covers(&statements);
        match v {
            Version::V31 => {
                vector.should().covers(&["V31-3.1-8"]);
            }
            Version::V311 => {
                vector.covers(&["3.1.4-1"]);
            }
            Version::V5 => {
                vector.covers(&["3.1.4-1"]);
                if only_unnamed || !named {
                    vector.codes(&[0x81, 0x82]);
                }
            }
        }
    }
}

/// Protocol Name and level.
fn protocol(c: &mut Corpus) {
    let v = c.version;
    c.file("connect").family("protocol");
    let right: &[u8] = v.pick(b"MQIsdp", b"MQTT", b"MQTT");
    let level_byte: u8 = v.pick(3, 4, 5);
    let level_field = v.pick("Protocol Level", "Protocol Level", "Protocol Version");
    let rest = |name: &[u8], level: u8| {
        let body = Body::new(0x10).field(name).raw(&[level, 2]).u16(60);
        let body = if v == Version::V5 { body.raw(&[0]) } else { body };
        body.field(b"c")
    };
    let names: [(&str, &[u8]); 13] = [
        ("mqtt", b"MQTT"),
        ("mqisdp", b"MQIsdp"),
        ("lower-case", b"mqtt"),
        ("mixed-case", b"Mqtt"),
        ("mqisdp-upper-case", b"MQISDP"),
        ("mqisdp-lower-case", b"mqisdp"),
        ("one-short", &right[..right.len() - 1]),
        ("empty", b""),
        ("another", b"HTTP"),
        ("trailing-space", b"MQTT "),
        ("trailing-nul", b"MQTT\0"),
        ("amqp", b"AMQP"),
        ("one-long", b"MQTTT"),
    ];
    for (id, name) in names {
        if name == right {
            continue;
        }
        let body = rest(name, level_byte);
        let about = "A Protocol Name that is not this version's.";
        let vector = c
            .protocol_error(
                &format!("protocol-name-{id}"),
                about,
                body.frame(),
                "Protocol Name",
                body.offset(0),
            )
            .direction(Direction::ToServer);
        match v {
            Version::V31 => {
                vector
                    .should()
                    .section("2.2")
                    .covers(&["V31-2.2-1", "V31-3.1-9", "V31-3.1-10"])
                    .return_code(1);
            }
            Version::V311 => {
                vector.section("3.1.2.1").covers(&["3.1.2-1"]);
            }
            Version::V5 => {
                vector.section("3.1.2.1").covers(&["3.1.2-1"]).codes(&[0x84, 0x81, 0x82]);
            }
        }
    }
    for level in (0..=9u8).chain(127..=134).chain([254, 255]) {
        if level == level_byte {
            continue;
        }
        let body = rest(right, level);
        let about = if level >= 0x80 && level & 0x7F == level_byte {
            format!("{level_field} {level}: the right one with its highest bit set, a habit of some bridges.")
        } else {
            format!("{level_field} {level} is not this version's.")
        };
        let offset = body.offset(2 + right.len());
        let vector = c
            .protocol_error(&format!("protocol-level-{level}"), &about, body.frame(), level_field, offset)
            .direction(Direction::ToServer);
        match v {
            Version::V31 => {
                vector
                    .should()
                    .section("2.2")
                    .covers(&["V31-2.2-2", "V31-3.1-9", "V31-3.1-10"])
                    .return_code(1);
            }
            Version::V311 => {
                vector.section("3.1.2.2").covers(&["3.1.2-2"]).return_code(1);
            }
            Version::V5 => {
                vector.section("3.1.2.2").covers(&["3.1.2-2"]).codes(&[0x84]);
            }
        }
    }
    // The name of each version with the level of another.
    let mixed: (&[u8], u8) = v.pick((b"MQTT", 4), (b"MQIsdp", 3), (b"MQIsdp", 3));
    let body = Body::new(0x10).field(mixed.0).raw(&[mixed.1, 2]).u16(60).field(b"c");
    let vector = c
        .protocol_error(
            "protocol-other-version",
            v.pick(
                "A CONNECT of 3.1.1, where 3.1 is spoken.",
                "A CONNECT of 3.1, where 3.1.1 is spoken.",
                "A CONNECT of 3.1, where 5.0 is spoken.",
            ),
            body.frame(),
            "Protocol Name",
            body.offset(0),
        )
        .direction(Direction::ToServer)
        .section(v.pick("2.2", "3.1.2.1", "3.1.2.1"))
        .covers(v.pick(&["V31-2.2-1"], &["3.1.2-1"], &["3.1.2-1"]));
    match v {
        Version::V31 => {
            vector.should().return_code(1);
        }
        Version::V311 => {}
        Version::V5 => {
            vector.codes(&[0x84, 0x81, 0x82]);
        }
    }
}

/// Client Identifiers.
fn client_ids(c: &mut Corpus) {
    let v = c.version;
    c.file("connect").family("client-ids");
    let section = v.pick("3.1", "3.1.3.1", "3.1.3.1");
    for clean in [true, false] {
        let mut connect = Connect::new(v).client_id(b"");
        connect.clean = clean;
        let simple = connect.build();
        let suffix = if clean { "clean" } else { "resuming" };
        let id = format!("client-id-empty-{suffix}");
        let offset = simple.offset("Client Identifier");
        let refused = v == Version::V31 || (v == Version::V311 && !clean);
        let about = if refused {
            "An empty Client Identifier is refused."
        } else {
            "An empty Client Identifier asks for one."
        };
        if refused {
            c.protocol_error(&id, about, simple.bytes(), "Client Identifier", offset)
                .direction(Direction::ToServer)
                .section(section)
                .covers(v.pick(&["V31-3.1-2"], &["3.1.3-7", "3.1.3-8"], &[]))
                .return_code(2);
        } else {
            c.valid(&id, about, simple.bytes(), simple.values)
                .choice()
                .direction(Direction::ToServer)
                .section(section)
                .covers(&["3.1.3-6"]);
        }
    }
    let alphabet = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (index, chunk) in alphabet.chunks(23).enumerate() {
        let simple = Connect::new(v).client_id(chunk).build();
        let about = "Up to 23 of the characters that every Server has to allow.";
        c.valid(&format!("client-id-alphabet-{}", index + 1), about, simple.bytes(), simple.values)
            .direction(Direction::ToServer)
            .section(section)
            .covers(v.pick(&["V31-3.1-3"], &["3.1.3-5", "3.1.3-3"], &["3.1.3-5", "3.1.3-3"]));
    }
    let wide = |count: usize| "\u{e9}".repeat(count).into_bytes();
    for (id, about, client_id, characters) in [
        ("23", "23 characters.", vec![b'c'; 23], 23usize),
        ("24", "24 characters.", vec![b'c'; 24], 24),
        ("255", "255 characters.", vec![b'c'; 255], 255),
        ("65535", "65,535 characters.", vec![b'c'; 65_535], 65_535),
        ("23-wide", "23 characters in 46 bytes.", wide(23), 23),
        ("24-wide", "24 characters in 48 bytes.", wide(24), 24),
        ("punctuation", "Characters that a Server need not allow.", b"a/b+c#d e$".to_vec(), 10),
        ("unicode", "Characters beyond ASCII.", "\u{65e5}\u{672c}\u{1f600}".as_bytes().to_vec(), 3),
    ] {
        let simple = Connect::new(v).client_id(&client_id).build();
        let id = format!("client-id-{id}");
        if v == Version::V31 && characters > 23 {
            let offset = simple.offset("Client Identifier");
            c.protocol_error(&id, about, simple.bytes(), "Client Identifier", offset)
                .choice()
                .direction(Direction::ToServer)
                .section(section)
                .covers(&["V31-3.1-1"])
                .return_code(2);
        } else {
            let plain = id.ends_with("-23");
            let vector = c
                .valid(&id, about, simple.bytes(), simple.values)
                .direction(Direction::ToServer)
                .section(section)
                .covers(v.pick(&["V31-3.1-3"], &[][..], &[]));
            if v != Version::V31 && !plain {
                vector.choice();
            }
        }
    }
}

/// A packet with a Packet Identifier to be chosen.
type ById = Box<dyn Fn(u16) -> Simple>;

/// Packet Identifiers at their limits.
fn packet_ids(c: &mut Corpus) {
    let v = c.version;
    c.family("packet-identifiers");
    let build: [(&'static str, Direction, ById); 9] = [
        ("publish", Direction::Any, Box::new(move |id| publish(v, 0x32, b"a", Some(id), b"x"))),
        ("puback", Direction::Any, Box::new(move |id| ack(v, "puback", 0x40, id))),
        ("pubrec", Direction::Any, Box::new(move |id| ack(v, "pubrec", 0x50, id))),
        ("pubrel", Direction::Any, Box::new(move |id| ack(v, "pubrel", 0x62, id))),
        ("pubcomp", Direction::Any, Box::new(move |id| ack(v, "pubcomp", 0x70, id))),
        ("subscribe", Direction::ToServer, Box::new(move |id| subscribe(v, id, &[(b"a", 0)]))),
        ("suback", Direction::ToClient, Box::new(move |id| suback(v, id, &[0]))),
        ("unsubscribe", Direction::ToServer, Box::new(move |id| unsubscribe(v, id, &[b"a"]))),
        ("unsuback", Direction::ToClient, Box::new(move |id| unsuback(v, id, &[0]))),
    ];
    let section = v.pick("2.4", "2.3.1", "2.2.1");
    for (file, direction, build) in build {
        c.file(file);
        let asked = matches!(file, "publish" | "subscribe" | "unsubscribe");
        for id in [1u16, 255, 256, 32_768, 65_535] {
            let simple = build(id);
            c.valid(
                &format!("packet-identifier-{id}"),
                &format!("Packet Identifier {id}."),
                simple.bytes(),
                simple.values,
            )
            .direction(direction)
            .section(section);
        }
        let zero = build(0);
        let offset = zero.offset("Packet Identifier");
        let vector = c
            .protocol_error(
                "packet-identifier-0",
                "Packet Identifier 0.",
                zero.bytes(),
                "Packet Identifier",
                offset,
            )
            .direction(direction)
            .section(section)
            .codes(if v == Version::V5 { &[0x82, 0x81] } else { &[] });
        match (v, asked) {
            (Version::V31, _) => vector.covers(&["V31-2.4-1"]),
            // An answer repeats an identifier that cannot have been 0.
            (_, false) => vector.should(),
            (Version::V311, true) => vector.covers(&["2.3.1-1"]),
            (Version::V5, true) if file == "publish" => vector.covers(&["2.2.1-3", "2.2.1-4"]),
            (Version::V5, true) => vector.covers(&["2.2.1-3"]),
        };
    }
    c.file("publish");
    for first in [0x34u8, 0x3C] {
        let zero = publish(v, first, b"a", Some(0), b"x");
        let offset = zero.offset("Packet Identifier");
        let id = format!("packet-identifier-0-flags-{:x}", first & 15);
        c.protocol_error(&id, "Packet Identifier 0 at QoS 2.", zero.bytes(), "Packet Identifier", offset)
            .section(section)
            .codes(if v == Version::V5 { &[0x82, 0x81] } else { &[] })
            .covers(v.pick(&["V31-2.4-1"], &["2.3.1-1"], &["2.2.1-3", "2.2.1-4"]));
    }
}

/// Packets whose Remaining Length ends inside or between their fields.
fn cuts(c: &mut Corpus) {
    let v = c.version;
    c.family("cuts");
    let connect =
        Connect::new(v).client_id(b"cid").will(b"w/t", b"msg", 1, false).user_name(b"usr").password(b"pwd");
    let list: Vec<(&'static str, Direction, Simple)> = vec![
        ("connect", Direction::ToServer, connect.build()),
        ("connack", Direction::ToClient, connack(v, false, 0)),
        ("publish", Direction::Any, publish(v, 0x32, b"a/b", Some(10), b"")),
        ("puback", Direction::Any, ack(v, "puback", 0x40, 10)),
        ("pubrec", Direction::Any, ack(v, "pubrec", 0x50, 10)),
        ("pubrel", Direction::Any, ack(v, "pubrel", 0x62, 10)),
        ("pubcomp", Direction::Any, ack(v, "pubcomp", 0x70, 10)),
        ("subscribe", Direction::ToServer, subscribe(v, 10, &[(b"a/b", 1), (b"c/d", 2)])),
        ("suback", Direction::ToClient, suback(v, 10, &[0, 1])),
        ("unsubscribe", Direction::ToServer, unsubscribe(v, 10, &[b"a/b", b"c/d"])),
        ("unsuback", Direction::ToClient, unsuback(v, 10, &[0, 0])),
    ];
    for (file, direction, simple) in list {
        c.file(file);
        let first = simple.bytes()[0];
        let body = &simple.body.bytes;
        for kept in 0..body.len() {
            let bytes = frame(first, &body[..kept]);
            let (name, start) = simple
                .at
                .iter()
                .rev()
                .find(|(name, start)| *start <= kept && !matches!(*name, "Packet" | "Payload"))
                .copied()
                .unwrap_or(("Packet", 0));
            let id = format!("cut-after-{kept}");
            let listed = matches!(name, "Topic Filter" | "Reason Code" | "Return Code") && file != "connack";
            if listed && start == kept {
                // Between two entries of a list: fewer entries, and none is an error of its own.
                let count = simple.at.iter().filter(|(other, at)| *other == name && *at < start).count();
                if count == 0 {
                    empty_list(c, file, direction, &bytes, name, head(kept) + start);
                } else {
                    let mut values = simple.values.clone();
                    for member in ["filters", "reasons", "return_codes"] {
                        if let Some(Value::Array(list)) = values.get_mut(member) {
                            list.truncate(count);
                        }
                    }
                    c.valid(&id, "The packet ends after a whole entry of its list.", bytes, values)
                        .direction(direction)
                        .section(section(file));
                }
                continue;
            }
            if v == Version::V31 && start == kept && matches!(name, "User Name" | "Password") {
                // V3 compatibility: flagged but missing; the own rules of 3.1 have them.
                continue;
            }
            let about = if start == kept {
                format!("The packet ends where {name} should begin.")
            } else {
                format!("The packet ends inside {name}.")
            };
            let vector = c
                .malformed(&id, &about, bytes, name, head(kept) + start)
                .direction(direction)
                .section(section(file));
            if file == "connect" && v != Version::V31 {
                vector.covers(&["3.1.4-1"]);
                if start == kept {
                    vector.covers(match (name, v) {
                        ("Client Identifier", _) => &["3.1.3-3"],
                        ("Will Topic" | "Will Message" | "Will Payload" | "Will Property Length", _) => {
                            &["3.1.2-9"]
                        }
                        ("User Name", Version::V311) => &["3.1.2-19"],
                        ("User Name", _) => &["3.1.2-17"],
                        ("Password", Version::V311) => &["3.1.2-21"],
                        ("Password", _) => &["3.1.2-19"],
                        _ => &[],
                    });
                }
            }
            if file == "publish" && name == "Topic Name" && v != Version::V31 {
                vector.covers(&["3.3.2-1"]);
            }
        }
    }
    // The payload of PUBLISH is whatever is left.
    c.file("publish");
    for kept in 0..3usize {
        let simple = publish(v, 0x32, b"a/b", Some(10), &b"xyz"[..kept]);
        c.valid(
            &format!("payload-{kept}"),
            "The payload is what is left of the packet.",
            simple.bytes(),
            simple.values,
        )
        .section(v.pick("3.3", "3.3.3", "3.3.3"));
    }
}

/// SUBSCRIBE, UNSUBSCRIBE, SUBACK and UNSUBACK without any entry.
fn empty_list(c: &mut Corpus, file: &str, direction: Direction, bytes: &[u8], name: &str, offset: usize) {
    let v = c.version;
    let about = format!("{} with an empty payload.", file.to_uppercase());
    let vector = c
        .protocol_error("empty-payload", &about, bytes.to_vec(), name, offset)
        .direction(direction)
        .section(v.pick(section(file), section(file), section(file)));
    match (v, file) {
        (Version::V31, "subscribe") => {
            vector.choice().covers(&["V31-3.8-5"]);
        }
        (Version::V31, _) => {
            vector.choice();
        }
        (Version::V311, "subscribe") => {
            vector.covers(&["3.8.3-3", "4.8.0-1"]);
        }
        (Version::V5, "subscribe") => {
            vector.covers(&["3.8.3-2"]);
        }
        (_, "unsubscribe") => {
            vector.covers(&["3.10.3-2"]);
        }
        (Version::V311, _) => {
            vector.should().covers(&["3.8.4-5"]);
        }
        (Version::V5, "suback") => {
            vector.should().covers(&["3.8.4-6"]).codes(&[0x82, 0x81]);
        }
        (Version::V5, _) => {
            vector.should().covers(&["3.11.3-2"]).codes(&[0x82, 0x81]);
        }
    }
}

/// Lengths of strings that say one byte less or more than there is.
fn lengths(c: &mut Corpus) {
    let v = c.version;
    c.family("lengths");
    connect_lengths(c);
    c.file("publish");
    let section = v.pick("2.5", "1.5.3", "1.5.4");
    for (id, first, packet_id) in [("qos-0", 0x30u8, None), ("qos-1", 0x32, Some(10u16))] {
        let tail = |topic: Vec<u8>| {
            let mut body = Body::new(first).raw(&topic);
            if let Some(packet_id) = packet_id {
                body = body.u16(packet_id);
            }
            if v == Version::V5 {
                body = body.raw(&[0]);
            }
            body.raw(b"xyz")
        };
        let long = tail(field_claiming(4, b"a/b"));
        let long_id = format!("topic-length-one-long-{id}");
        if packet_id.is_none() && v != Version::V5 {
            let simple = publish(v, first, b"a/bx", None, b"yz");
            c.valid(
                &long_id,
                "A longer Topic Name takes a byte of the payload, which no one can tell.",
                long.frame(),
                simple.values,
            )
            .section(section);
        } else {
            let vector = c
                .malformed(
                    &long_id,
                    "A longer Topic Name takes a zero byte from the next field.",
                    long.frame(),
                    "Topic Name",
                    long.offset(5),
                )
                .section(section);
            nul_in_topic(v, vector);
        }
        let short = tail(field_claiming(2, b"a/b"));
        let short_id = format!("topic-length-one-short-{id}");
        if v == Version::V5 {
            let at = if packet_id.is_some() { 6 } else { 4 };
            c.malformed(
                &short_id,
                "A shorter Topic Name makes the next byte a Property Length that is too large.",
                short.frame(),
                "Property Length",
                short.offset(at),
            )
            .section("2.2.2.1");
        } else {
            let values = match packet_id {
                None => publish(v, first, b"a/", None, b"bxyz").values,
                Some(_) => publish(v, first, b"a/", Some(0x6200), b"\nxyz").values,
            };
            c.valid(
                &short_id,
                "A shorter Topic Name moves the rest by a byte, which no one can tell.",
                short.frame(),
                values,
            )
            .section(section);
        }
        let huge = tail(field_claiming(65_535, b"a/b"));
        c.malformed(
            &format!("topic-length-65535-{id}"),
            "A Topic Name that claims 65,535 bytes.",
            huge.frame(),
            "Topic Name",
            huge.offset(0),
        )
        .section(section);
        let end = tail(field(b"a/b")).here();
        let past = tail(field_claiming(end - 1, b"a/b"));
        c.malformed(
            &format!("topic-length-past-end-{id}"),
            "A Topic Name that ends one byte behind the packet.",
            past.frame(),
            "Topic Name",
            past.offset(0),
        )
        .section(section);
    }

    for (file, first) in [("subscribe", 0x82u8), ("unsubscribe", 0xA2)] {
        c.file(file);
        let (options, option_name): (&[u8], _) = if file == "subscribe" {
            (&[0], v.pick("Requested QoS", "Requested QoS", "Subscription Options"))
        } else {
            (&[], "")
        };
        let prefix = || {
            let body = Body::new(first).u16(10);
            if v == Version::V5 { body.raw(&[0]) } else { body }
        };
        let at = prefix().here();
        let with = |length: usize| prefix().raw(&field_claiming(length, b"a/b")).raw(options);
        let long = with(4);
        if options.is_empty() {
            c.malformed(
                "filter-length-one-long",
                "A filter one byte longer than the packet.",
                long.frame(),
                "Topic Filter",
                long.offset(at),
            )
            .direction(Direction::ToServer)
            .section(section);
        } else {
            let vector = c
                .malformed(
                    "filter-length-one-long",
                    "A longer filter takes its own options byte, which is zero.",
                    long.frame(),
                    "Topic Filter",
                    long.offset(at + 5),
                )
                .direction(Direction::ToServer)
                .section(section);
            nul_in_topic(v, vector);
        }
        let short = with(2);
        let (name, position, about) = if options.is_empty() || v == Version::V31 {
            let position = if options.is_empty() { at + 4 } else { at + 5 };
            ("Topic Filter", position, "A shorter filter leaves a byte too little for another.")
        } else {
            (option_name, at + 4, "A shorter filter makes its last character the options byte.")
        };
        c.malformed("filter-length-one-short", about, short.frame(), name, short.offset(position))
            .direction(Direction::ToServer)
            .section(section);
        let huge = with(65_535);
        c.malformed(
            "filter-length-65535",
            "A filter that claims 65,535 bytes.",
            huge.frame(),
            "Topic Filter",
            huge.offset(at),
        )
        .direction(Direction::ToServer)
        .section(section);
    }
}

/// A Remaining Length that says one byte more or less than there is.
fn remaining_length_off_by_one(c: &mut Corpus) {
    let v = c.version;
    c.file("remaining-length").family("lengths");
    let section = v.pick("2.1", "2.2.3", "2.1.4");
    for (kind, direction, simple) in usual(v) {
        let bytes = simple.bytes();
        let mut long = bytes.clone();
        long[1] += 1;
        let vector = c
            .incomplete(
                &format!("one-long-{kind}"),
                "The Remaining Length counts one byte more than there is.",
                long,
                1,
            )
            .direction(direction)
            .section(section);
        // A length that this packet cannot have may be refused before the body is there.
        let fixed = ["connack", "puback", "pubrec", "pubrel", "pubcomp", "unsuback", "disconnect"];
        if kind.starts_with("ping") || (v != Version::V5 && fixed.contains(&kind)) {
            vector.choice();
        }
        // One less cuts the last field, where the last byte is not an entry of a list or a payload.
        let cut = match kind {
            "connect" => "Password",
            "connack" => v.pick("Return Code", "Return Code", "Property Length"),
            "puback" | "pubrec" | "pubrel" | "pubcomp" => "Packet Identifier",
            "subscribe" => v.pick("Requested QoS", "Requested QoS", "Subscription Options"),
            "unsubscribe" => "Topic Filter",
            "auth" => "Property Length",
            "unsuback" if v != Version::V5 => "Packet Identifier",
            _ => continue,
        };
        let mut short = bytes;
        short[1] -= 1;
        let offset = simple.offset(cut);
        c.malformed(
            &format!("one-short-{kind}"),
            "The Remaining Length counts one byte less than there is.",
            short,
            cut,
            offset,
        )
        .direction(direction)
        .section(section);
    }
}

fn nul_in_topic(v: Version, vector: &mut Vector) {
    match v {
        // Refused for the zero byte, or a field later for what is missing.
        Version::V31 => vector.should(),
        Version::V311 => vector.covers(&["1.5.3-2", "4.7.3-2"]),
        Version::V5 => vector.covers(&["1.5.4-2", "4.7.3-2"]),
    };
}

/// The strings of CONNECT with lengths that lie; the fields after each one make the outcome certain.
fn connect_lengths(c: &mut Corpus) {
    let v = c.version;
    c.file("connect");
    let section = v.pick("2.5", "1.5.3", "1.5.4");
    let whole = Connect::new(v).build();
    let name_length = v.pick(6u16, 4, 4);
    for (id, length) in [("one-short", name_length - 1), ("one-long", name_length + 1), ("65535", 65_535)] {
        let mut body = whole.body.clone();
        body.bytes.splice(..2, length.to_be_bytes());
        let id = format!("protocol-name-length-{id}");
        let about = "A Protocol Name whose length is not its own.";
        let vector = if length == 65_535 {
            c.malformed(&id, about, body.frame(), "Protocol Name", body.offset(0))
        } else {
            c.protocol_error(&id, about, body.frame(), "Protocol Name", body.offset(0))
        };
        vector.direction(Direction::ToServer).section(section);
        match v {
            Version::V31 => {
                vector.should().covers(&["V31-2.2-1"]);
                if length != 65_535 {
                    vector.return_code(1);
                }
            }
            Version::V311 => {
                vector.covers(&["3.1.4-1"]);
            }
            Version::V5 => {
                vector.covers(&["3.1.4-1"]);
                if length != 65_535 {
                    vector.codes(&[0x84, 0x81, 0x82]);
                }
            }
        }
    }
    let connect =
        Connect::new(v).client_id(b"cid").will(b"w/t", b"msg", 1, false).user_name(b"usr").password(b"pwd");
    let simple = connect.build();
    let strings = [
        "Client Identifier",
        "Will Topic",
        v.pick("Will Message", "Will Message", "Will Payload"),
        "User Name",
        "Password",
    ];
    for (index, name) in strings.iter().enumerate() {
        let start = simple.at.iter().find(|(other, _)| other == name).map_or(0, |(_, at)| *at);
        let slug = name.to_lowercase().replace(' ', "-");
        let with = |length: u16| {
            let mut body = simple.body.clone();
            body.bytes.splice(start..start + 2, length.to_be_bytes());
            body
        };
        // What follows: Will Properties behind the Client Identifier in 5.0, else the next string.
        let next = match index {
            0 if v == Version::V5 => "Will Property Length",
            4 => "Packet",
            _ => strings[index + 1],
        };
        let next_at = start + 5;
        let huge = with(65_535);
        c.malformed(
            &format!("{slug}-length-65535"),
            &format!("{name} claims 65,535 bytes."),
            huge.frame(),
            name,
            huge.offset(start),
        )
        .direction(Direction::ToServer)
        .section(section);
        let long = with(4);
        let binary = matches!(index, 2 | 4);
        let nul_refused = !binary && (v != Version::V31 || index == 1);
        let (field_name, at, about) = if index == 4 {
            (*name, start, "runs past the packet's end")
        } else if nul_refused {
            (*name, next_at, "takes a zero byte from the next field")
        } else {
            (next, next_at + 1, "takes a byte from the next field, whose length is then too large")
        };
        let vector = c
            .malformed(
                &format!("{slug}-length-one-long"),
                &format!("{name} claims one byte more: it {about}."),
                long.frame(),
                field_name,
                long.offset(at),
            )
            .direction(Direction::ToServer)
            .section(section);
        if nul_refused && index != 4 {
            vector.covers(v.pick(&[][..], &["1.5.3-2"], &["1.5.4-2"]));
        }
        let short = with(2);
        let vector = c
            .malformed(
                &format!("{slug}-length-one-short"),
                &format!("{name} claims one byte less: the next field begins too early."),
                short.frame(),
                next,
                short.offset(next_at - 1),
            )
            .direction(Direction::ToServer)
            .section(section);
        if index == 4 {
            // Only a surplus byte: the level is that of surplus bytes.
            vector.level(v.pick(Level::Choice, Level::Must, Level::Must));
            vector.codes(if v == Version::V5 { &[0x81, 0x82] } else { &[] });
        }
    }
}

/// One string field that text can be tried in.
type Try = (&'static str, &'static str, &'static str, Direction, Box<dyn Fn(&[u8]) -> Simple>);

fn string_fields(v: Version) -> Vec<Try> {
    vec![
        (
            "topic-name",
            "Topic Name",
            "publish",
            Direction::Any,
            Box::new(move |t| publish(v, 0x30, t, None, b"")),
        ),
        (
            "topic-filter",
            "Topic Filter",
            "subscribe",
            Direction::ToServer,
            Box::new(move |t| subscribe(v, 1, &[(t, 0)])),
        ),
        (
            "unsubscribe-filter",
            "Topic Filter",
            "unsubscribe",
            Direction::ToServer,
            Box::new(move |t| unsubscribe(v, 1, &[t])),
        ),
        (
            "client-identifier",
            "Client Identifier",
            "connect",
            Direction::ToServer,
            Box::new(move |t| Connect::new(v).client_id(t).build()),
        ),
        (
            "will-topic",
            "Will Topic",
            "connect",
            Direction::ToServer,
            Box::new(move |t| Connect::new(v).will(t, b"m", 0, false).build()),
        ),
        (
            "user-name",
            "User Name",
            "connect",
            Direction::ToServer,
            Box::new(move |t| Connect::new(v).user_name(t).build()),
        ),
    ]
}

/// UTF-8 in every string field.
fn texts(c: &mut Corpus) {
    let v = c.version;
    c.file("utf-8").family("utf-8");
    let section = v.pick("2.5", "1.5.3", "1.5.4");
    let few = ["u-0001", "u-001f", "u-007f", "u-009f", "u-fdd0", "u-ffff", "u-10ffff"];
    for (slug, name, _, direction, build) in string_fields(v) {
        let statement: &[&str] = match (v, slug) {
            (Version::V31, _) => &["V31-2.5-1"],
            (_, "topic-name") => &["3.3.2-1"],
            (_, "topic-filter") => &["3.8.3-1"],
            (_, "unsubscribe-filter") => &["3.10.3-1"],
            (_, "client-identifier") => &["3.1.3-4"],
            (Version::V311, "will-topic") => &["3.1.3-10"],
            (Version::V5, "will-topic") | (Version::V311, _) => &["3.1.3-11"],
            (Version::V5, _) => &["3.1.3-12"],
        };
        let topic = slug.contains("topic") || slug.contains("filter");
        let brief = slug == "unsubscribe-filter";
        for text in fine_texts() {
            if brief && !text.name.starts_with("u-feff") {
                continue;
            }
            let simple = build(&text.bytes);
            let id = format!("{slug}-{}", text.name);
            let vector = c
                .valid(&id, &format!("{name}: {}.", text.about), simple.bytes(), simple.values)
                .direction(direction)
                .section(section)
                .covers(statement);
            if text.name.contains("feff") {
                vector.covers(v.pick(&[][..], &["1.5.3-3"], &["1.5.4-3"]));
            }
            // A Server need not allow more than the alphabet in a ClientID.
            if slug == "client-identifier" && v != Version::V31 {
                vector.choice();
            }
        }
        for text in disallowed_texts() {
            if slug != "topic-name" && !few.contains(&&*text.name) {
                continue;
            }
            if brief {
                continue;
            }
            let simple = build(&text.bytes);
            let id = format!("{slug}-{}", text.name);
            c.valid(&id, &format!("{name}: {}.", text.about), simple.bytes(), simple.values)
                .choice()
                .direction(direction)
                .section(section)
                .flag("disallowed-code-point");
        }
        for text in wrong_texts() {
            if brief
                && !["nul-inside", "overlong-2-slash", "surrogate-d800", "lone-lead-3-at-end"]
                    .contains(&&*text.name)
            {
                continue;
            }
            wrong_text(c, &text, slug, name, topic, direction, &build(&text.bytes), statement);
        }
    }
    for (slug, name, build) in [
        (
            "payload",
            "PUBLISH payload",
            Box::new(move |t: &[u8]| publish(v, 0x30, b"t", None, t)) as Box<dyn Fn(&[u8]) -> Simple>,
        ),
        (
            "will-payload",
            "Will payload",
            Box::new(move |t: &[u8]| Connect::new(v).will(b"w", t, 0, false).build()),
        ),
        (
            "password",
            "Password",
            Box::new(move |t: &[u8]| Connect::new(v).user_name(b"u").password(t).build()),
        ),
    ] {
        let direction = if slug == "payload" { Direction::Any } else { Direction::ToServer };
        for text in wrong_texts() {
            if !["nul-inside", "overlong-2-slash", "surrogate-d800", "lone-lead-3-at-end"]
                .contains(&&*text.name)
            {
                continue;
            }
            let simple = build(&text.bytes);
            let vector = c
                .valid(
                    &format!("{slug}-{}", text.name),
                    &format!("{name} is bytes: {}.", text.about),
                    simple.bytes(),
                    simple.values,
                )
                .direction(direction)
                .section(v.pick("3.1", "3.1.3", "1.5.6"));
            if v == Version::V31 && slug != "payload" {
                vector.choice();
            }
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "one call site, and all of it is the vector")]
fn wrong_text(
    c: &mut Corpus,
    text: &Text,
    slug: &str,
    name: &str,
    topic: bool,
    direction: Direction,
    simple: &Simple,
    statement: &[&str],
) {
    let v = c.version;
    let id = format!("{slug}-{}", text.name);
    let about = format!("{name}: {}.", text.about);
    let nul = text.case == TextCase::Nul;
    if v == Version::V31 && !(nul && topic) {
        c.valid(&id, &about, simple.bytes(), simple.values.clone())
            .choice()
            .direction(direction)
            .section("2.5")
            .covers(statement);
        return;
    }
    let offset = simple.inside(name, text.wrong);
    let vector = c.malformed(&id, &about, simple.bytes(), name, offset).direction(direction);
    match v {
        Version::V31 => {
            vector.choice().section("Appendix A");
        }
        Version::V311 => {
            vector.section("1.5.3").covers(&[if nul { "1.5.3-2" } else { "1.5.3-1" }]).covers(statement);
        }
        Version::V5 => {
            vector.section("1.5.4").covers(&[if nul { "1.5.4-2" } else { "1.5.4-1" }]).covers(statement);
        }
    }
    if nul && topic && v != Version::V31 {
        vector.covers(&["4.7.3-2"]);
    }
}

/// Topic Names, in PUBLISH and in the Will.
fn topic_names(c: &mut Corpus) {
    let v = c.version;
    c.file("topic-names").family("topic-names");
    let section = v.pick("Appendix A", "4.7", "4.7");
    for (id, topic, about) in NAMES {
        let simple = publish(v, 0x30, topic.as_bytes(), None, b"");
        c.valid(&format!("publish-{id}"), &format!("A Topic Name: {about}."), simple.bytes(), simple.values)
            .section(section);
        let simple = Connect::new(v).will(topic.as_bytes(), b"", 0, false).build();
        c.valid(&format!("will-{id}"), &format!("A Will Topic: {about}."), simple.bytes(), simple.values)
            .direction(Direction::ToServer)
            .section(section);
    }
    let deep = "a/".repeat(200);
    let simple = publish(v, 0x30, deep.as_bytes(), None, b"");
    c.valid("publish-deep", "Two hundred levels.", simple.bytes(), simple.values).section(section);
    for length in [127usize, 128, 255, 256, 32_767, 32_768, 65_534, 65_535] {
        let simple = publish(v, 0x30, &vec![b'a'; length], None, b"");
        let vector = c
            .valid(
                &format!("publish-{length}-bytes"),
                &format!("A Topic Name of {length} bytes."),
                simple.bytes(),
                simple.values,
            )
            .section(section)
            .covers(v.pick(&["V31-2.2-15"], &["4.7.3-3"], &["4.7.3-3"]));
        if v == Version::V31 && length > 32_767 {
            vector.choice();
        }
    }
    for (id, topic, index) in BAD_NAMES {
        let simple = publish(v, 0x30, topic.as_bytes(), None, b"");
        let offset = simple.inside("Topic Name", index);
        c.malformed(
            &format!("publish-wildcard-{id}"),
            &format!("A wildcard in a Topic Name: {topic}."),
            simple.bytes(),
            "Topic Name",
            offset,
        )
        .section(v.pick("3.3", "3.3.2.1", "3.3.2.1"))
        .covers(v.pick(&["V31-3.3-3"], &["3.3.2-2", "4.7.1-1"], &["3.3.2-2", "4.7.0-1"]))
        .codes(if v == Version::V5 { &[0x81, 0x82, 0x90] } else { &[] });
        let simple = Connect::new(v).will(topic.as_bytes(), b"", 0, false).build();
        let offset = simple.inside("Will Topic", index);
        c.malformed(
            &format!("will-wildcard-{id}"),
            &format!("A wildcard in a Will Topic: {topic}."),
            simple.bytes(),
            "Will Topic",
            offset,
        )
        .should()
        .direction(Direction::ToServer)
        .section(v.pick("Appendix A", "4.7.1", "4.7.1"))
        .covers(v.pick(&[][..], &["4.7.1-1"], &["4.7.0-1"]))
        .codes(if v == Version::V5 { &[0x81, 0x82, 0x90] } else { &[] });
    }
    for (id, first, packet_id) in
        [("qos-0", 0x30u8, None), ("qos-1", 0x32, Some(10u16)), ("qos-2", 0x34, Some(10))]
    {
        let simple = publish(v, first, b"", packet_id, b"x");
        let offset = simple.offset("Topic Name");
        let about =
            if v == Version::V5 { "An empty Topic Name and no Topic Alias." } else { "An empty Topic Name." };
        let vector = c
            .protocol_error(&format!("publish-empty-{id}"), about, simple.bytes(), "Topic Name", offset)
            .section(v.pick("Appendix A", "4.7.3", "3.3.2.1"));
        if v != Version::V31 {
            vector.covers(&["4.7.3-1"]);
        }
    }
    let simple = Connect::new(v).will(b"", b"m", 0, false).build();
    let offset = simple.offset("Will Topic");
    c.protocol_error("will-empty", "An empty Will Topic.", simple.bytes(), "Will Topic", offset)
        .should()
        .direction(Direction::ToServer)
        .section(v.pick("Appendix A", "4.7.3", "4.7.3"))
        .covers(v.pick(&[][..], &["4.7.3-1"], &["4.7.3-1"]))
        .codes(if v == Version::V5 { &[0x82, 0x81, 0x90] } else { &[] });
}

/// Topic Filters in SUBSCRIBE and UNSUBSCRIBE.
fn topic_filters(c: &mut Corpus) {
    let v = c.version;
    c.file("topic-filters").family("topic-filters");
    let section = v.pick("Appendix A", "4.7.1", "4.7.1");
    let build = |packet: &str, filter: &[u8]| match packet {
        "subscribe" => subscribe(v, 1, &[(filter, 0)]),
        _ => unsubscribe(v, 1, &[filter]),
    };
    for packet in ["subscribe", "unsubscribe"] {
        for (id, filter, about) in FILTERS {
            let simple = build(packet, filter.as_bytes());
            let vector = c
                .valid(
                    &format!("{packet}-{id}"),
                    &format!("A Topic Filter: {about}."),
                    simple.bytes(),
                    simple.values,
                )
                .direction(Direction::ToServer)
                .section(section);
            if filter.contains('#') && v != Version::V31 {
                vector.covers(v.pick(&[][..], &["4.7.1-2"], &["4.7.1-1"]));
            }
            if filter.contains('+') && v != Version::V31 {
                vector.covers(v.pick(&[][..], &["4.7.1-3"], &["4.7.1-2"]));
            }
        }
        for (id, filter, index, which) in BAD_FILTERS {
            let simple = build(packet, filter.as_bytes());
            let offset = simple.inside("Topic Filter", index);
            let statement = match (v, which) {
                (Version::V31, _) => &[][..],
                (Version::V311, '#') => &["4.7.1-2"],
                (Version::V311, _) => &["4.7.1-3"],
                (Version::V5, '#') => &["4.7.1-1"],
                (Version::V5, _) => &["4.7.1-2"],
            };
            c.malformed(
                &format!("{packet}-bad-{id}"),
                &format!("A misplaced wildcard: {filter}."),
                simple.bytes(),
                "Topic Filter",
                offset,
            )
            .direction(Direction::ToServer)
            .section(section)
            .covers(statement)
            .codes(if v == Version::V5 { &[0x81, 0x82, 0x8F] } else { &[] });
        }
        let simple = build(packet, b"");
        let offset = simple.offset("Topic Filter");
        let vector = c
            .protocol_error(
                &format!("{packet}-empty"),
                "An empty Topic Filter.",
                simple.bytes(),
                "Topic Filter",
                offset,
            )
            .direction(Direction::ToServer)
            .section(v.pick("Appendix A", "4.7.3", "4.7.3"))
            .codes(if v == Version::V5 { &[0x82, 0x81, 0x8F] } else { &[] });
        if v != Version::V31 {
            vector.covers(&["4.7.3-1"]);
        }
        for length in [127usize, 128, 65_535] {
            let simple = build(packet, &vec![b'a'; length]);
            let vector = c
                .valid(
                    &format!("{packet}-{length}-bytes"),
                    &format!("A Topic Filter of {length} bytes."),
                    simple.bytes(),
                    simple.values,
                )
                .direction(Direction::ToServer)
                .section(v.pick("Appendix A", "4.7.3", "4.7.3"));
            if v != Version::V31 {
                vector.covers(&["4.7.3-3"]);
            } else if length > 32_767 {
                vector.choice();
            }
        }
    }
    // The second of three filters is the wrong one.
    let simple = subscribe(v, 1, &[(b"a", 0), (b"b#", 0), (b"c", 0)]);
    let second = simple.at.iter().filter(|(name, _)| *name == "Topic Filter").nth(1).map_or(0, |(_, at)| *at);
    let offset = simple.body.offset(second + 3);
    c.malformed(
        "subscribe-second-is-bad",
        "The second of three filters is wrong.",
        simple.bytes(),
        "Topic Filter",
        offset,
    )
    .direction(Direction::ToServer)
    .section(section)
    .codes(if v == Version::V5 { &[0x81, 0x82, 0x8F] } else { &[] });
    let simple = unsubscribe(v, 1, &[b"a", b"b", b"+c"]);
    let offset = simple.inside("Topic Filter", 0);
    c.malformed(
        "unsubscribe-third-is-bad",
        "The last of three filters is wrong.",
        simple.bytes(),
        "Topic Filter",
        offset,
    )
    .direction(Direction::ToServer)
    .section(section)
    .codes(if v == Version::V5 { &[0x81, 0x82, 0x8F] } else { &[] });
}

/// `$share`: shared subscriptions in 5.0, ordinary filters before.
fn shared(c: &mut Corpus) {
    let v = c.version;
    c.file("topic-filters").family("shared-subscriptions");
    let section = v.pick("Appendix A", "4.7", "4.8.2");
    for packet in ["subscribe", "unsubscribe"] {
        let build = |filter: &str| match packet {
            "subscribe" => subscribe(v, 1, &[(filter.as_bytes(), 1)]),
            _ => unsubscribe(v, 1, &[filter.as_bytes()]),
        };
        for (id, filter) in SHARED {
            let simple = build(filter);
            let about =
                if v == Version::V5 { "A shared subscription" } else { "An ordinary filter in this version" };
            c.valid(
                &format!("{packet}-share-{id}"),
                &format!("{about}: {filter}."),
                simple.bytes(),
                simple.values,
            )
            .direction(Direction::ToServer)
            .section(section)
            .covers(v.pick(&[][..], &[], &["4.8.2-1", "4.8.2-2"]));
        }
        let simple = build("$share");
        c.valid(
            &format!("{packet}-share-alone"),
            "$share without a separator does not begin with $share/.",
            simple.bytes(),
            simple.values,
        )
        .level(v.pick(Level::Must, Level::Must, Level::Choice))
        .direction(Direction::ToServer)
        .section(section);
        for (id, filter, index, statement, ordinary) in BAD_SHARED {
            let simple = build(filter);
            let id = format!("{packet}-share-bad-{id}");
            if v != Version::V5 && ordinary {
                c.valid(
                    &id,
                    &format!("An ordinary filter in this version: {filter}."),
                    simple.bytes(),
                    simple.values,
                )
                .direction(Direction::ToServer)
                .section(section);
                continue;
            }
            let offset = simple.inside("Topic Filter", index);
            let vector = c
                .malformed(&id, &format!("Not a filter: {filter}."), simple.bytes(), "Topic Filter", offset)
                .direction(Direction::ToServer)
                .section(section);
            if v == Version::V5 {
                vector.covers(&[statement]).codes(&[0x81, 0x82, 0x8F]);
            }
        }
    }
}

/// Remaining Length at its limits, too long, and unfinished.
fn remaining_lengths(c: &mut Corpus) {
    let v = c.version;
    c.file("remaining-length").family("remaining-length");
    let section = v.pick("2.1", "2.2.3", "2.1.4");
    let overhead = if v == Version::V5 { 4 } else { 3 };
    let statement = v.pick(&["V31-2.1-9"][..], &[], &["1.5.5-1"]);
    for length in
        [126usize, 127, 128, 129, 16_382, 16_383, 16_384, 16_385, 2_097_150, 2_097_151, 2_097_152, 2_097_153]
    {
        let simple = publish(v, 0x30, b"t", None, &vec![b'x'; length - overhead]);
        c.valid(
            &format!("length-{length}"),
            &format!("Remaining Length {length}."),
            simple.bytes(),
            simple.values,
        )
        .section(section)
        .covers(statement);
    }
    let simple = bare("pingreq", 0xC0);
    c.valid("length-0", "Remaining Length 0.", simple.bytes(), simple.values)
        .direction(Direction::ToServer)
        .section(section)
        .covers(statement);
    let largest = 268_435_455usize;
    let small = publish(v, 0x30, b"t", None, b"");
    let mut values = small.values;
    values["payload"] = json!({ "repeat": "78", "count": largest - overhead });
    let head_bytes = [&[0x30][..], &varint(largest), &small.body.bytes].concat();
    c.valid_data(
        "length-268435455",
        "The largest packet there is.",
        Data { head: head_bytes, fill: Some((b'x', largest - overhead)) },
        values,
    )
    .section(section)
    .covers(statement)
    .flag("huge");
    for (id, bytes, needed) in [
        ("begun-nothing", vec![], 2usize),
        ("begun-type", vec![0x30], 1),
        ("begun-length-1", vec![0x30, 0x80], 1),
        ("begun-length-2", vec![0x30, 0x80, 0x80], 1),
        ("begun-length-3", vec![0x30, 0xFF, 0xFF, 0xFF], 1),
        ("begun-body-1", vec![0x30, 0x01], 1),
        ("begun-body-127", vec![0x30, 0x7F], 127),
        ("begun-body-128", vec![0x30, 0x80, 0x01], 128),
        ("begun-body-16383", vec![0x30, 0xFF, 0x7F], 16_383),
        ("begun-body-16384", vec![0x30, 0x80, 0x80, 0x01], 16_384),
        ("begun-body-2097151", vec![0x30, 0xFF, 0xFF, 0x7F], 2_097_151),
        ("begun-body-2097152", vec![0x30, 0x80, 0x80, 0x80, 0x01], 2_097_152),
        ("begun-body-268435455", vec![0x30, 0xFF, 0xFF, 0xFF, 0x7F], 268_435_455),
        ("begun-body-268435455-and-topic", vec![0x30, 0xFF, 0xFF, 0xFF, 0x7F, 0, 1, b't'], 268_435_452),
    ] {
        c.incomplete(id, "The header is all there is, or not even that.", bytes, needed).section(section);
    }
    let kinds: [(&str, Simple, Direction); 5] = [
        ("pingreq", bare("pingreq", 0xC0), Direction::ToServer),
        ("puback", ack(v, "puback", 0x40, 10), Direction::Any),
        ("publish", publish(v, 0x30, b"t", None, b"x"), Direction::Any),
        ("connect", Connect::new(v).build(), Direction::ToServer),
        ("disconnect", disconnect(v), Direction::ToServer),
    ];
    for (kind, simple, direction) in kinds {
        let (first, body) = (simple.bytes()[0], &simple.body.bytes);
        for width in 2..=4usize {
            let bytes = [&[first][..], &varint_of_width(body.len(), width), body].concat();
            let id = format!("overlong-{kind}-{width}");
            let about = format!("Remaining Length {} in {width} bytes instead of one.", body.len());
            let vector = if v == Version::V5 {
                c.malformed(&id, &about, bytes, "Remaining Length", 1).section("1.5.5").covers(&["1.5.5-1"])
            } else {
                c.valid(&id, &about, bytes, simple.values.clone()).section(section).canonical(simple.bytes())
            };
            vector.choice().direction(direction).flag("overlong-varint");
        }
        for (id, length) in [
            ("five-zeroes", &[0x80u8, 0x80, 0x80, 0x80, 0x00][..]),
            ("five-smallest", &[0x80, 0x80, 0x80, 0x80, 0x01]),
            ("five-largest", &[0xFF, 0xFF, 0xFF, 0xFF, 0x7F]),
            ("four-and-more-to-come", &[0xFF, 0xFF, 0xFF, 0xFF]),
        ] {
            let bytes = [&[first][..], length, if id.starts_with("five") { &body[..] } else { &[] }].concat();
            c.malformed(
                &format!("{id}-{kind}"),
                "The fourth byte of the Remaining Length asks for a fifth.",
                bytes,
                "Remaining Length",
                1,
            )
            .direction(direction)
            .section(section)
            .covers(v.pick(&["V31-2.1-9"][..], &[], &[]));
        }
    }
}

/// Every strict prefix of a whole packet is unfinished.
fn truncation(c: &mut Corpus) {
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
fn several(c: &mut Corpus) {
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
fn surplus(c: &mut Corpus) {
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
fn wrong_side(c: &mut Corpus) {
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
