//! CONNECT: flags, Protocol Name and Level, Client Identifiers.

#![expect(clippy::too_many_lines, reason = "a table is as long as what it lists")]

use crate::simple::Connect;
use crate::vector::{Corpus, Direction, Version};
use crate::wire::Body;

/// All 256 Connect Flags bytes, with the payload that they announce.
pub(super) fn connect_flags(c: &mut Corpus) {
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
pub(super) fn protocol(c: &mut Corpus) {
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
pub(super) fn client_ids(c: &mut Corpus) {
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
