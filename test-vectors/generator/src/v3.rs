//! What only MQTT 3.1 and 3.1.1 have: return codes, the Requested QoS byte, and the leniency of 3.1.

#![expect(clippy::too_many_lines, reason = "a table is as long as what it lists")]

use serde_json::json;

use crate::simple::{Connect, ack, connack, publish, suback, subscribe, unsubscribe};
use crate::vector::{Corpus, Direction, Version};
use crate::wire::{Body, frame};

pub(crate) fn all(c: &mut Corpus) {
    connack_bytes(c);
    suback_codes(c);
    requested_qos(c);
    dup_forms(c);
    if c.version == Version::V31 {
        own_rules(c);
    }
}

/// Every first and every second byte of CONNACK.
fn connack_bytes(c: &mut Corpus) {
    let v = c.version;
    c.file("connack").family("return-codes");
    for code in 0..=255u8 {
        let simple = connack(v, false, code);
        let id = format!("return-code-{code:02x}");
        if code <= 5 {
            c.valid(&id, &format!("Return code {code}."), simple.bytes(), simple.values)
                .direction(Direction::ToClient)
                .section(v.pick("3.2", "3.2.2.3", ""))
                .covers(v.pick(&["V31-2.2-14"], &["3.2.2-4"], &[]));
        } else {
            c.malformed(&id, &format!("Return code {code} is reserved."), simple.bytes(), "Return Code", 3)
                .direction(Direction::ToClient)
                .section(v.pick("3.2", "3.2.2.3", ""))
                .should()
                .covers(v.pick(&["V31-2.2-14"], &["3.2.2-6"], &[]));
        }
    }
    c.family("connack-flags");
    for flags in 0..=255u8 {
        let bytes = vec![0x20, 2, flags, 0];
        let id = format!("acknowledge-flags-{flags:02x}");
        if v == Version::V31 {
            let plain = connack(v, false, 0);
            let vector = c
                .valid(&id, "The first byte is reserved and not used.", bytes, plain.values.clone())
                .direction(Direction::ToClient)
                .section("3.2")
                .covers(&["V31-3.2-1"])
                .canonical(plain.bytes());
            if flags != 0 {
                vector.should();
            }
        } else if flags <= 1 {
            let simple = connack(v, flags == 1, 0);
            c.valid(&id, "Session Present is all there is.", bytes, simple.values)
                .direction(Direction::ToClient)
                .section("3.2.2.1")
                .covers(&[if flags == 1 { "3.2.2-2" } else { "3.2.2-3" }]);
        } else {
            c.malformed(
                &id,
                "A reserved bit of the acknowledge flags is set.",
                bytes,
                "Connect Acknowledge Flags",
                2,
            )
            .direction(Direction::ToClient)
            .section("3.2.2.1");
        }
    }
    for code in 1..=5u8 {
        let bytes = vec![0x20, 2, 1, code];
        let id = format!("session-present-with-return-code-{code}");
        if v == Version::V31 {
            let plain = connack(v, false, code);
            c.valid(&id, "A reserved byte, not Session Present.", bytes, plain.values.clone())
                .should()
                .direction(Direction::ToClient)
                .section("3.2")
                .covers(&["V31-3.2-1"])
                .canonical(plain.bytes());
        } else {
            c.protocol_error(
                &id,
                "Session Present goes with code 0 only.",
                bytes,
                "Connect Acknowledge Flags",
                2,
            )
            .direction(Direction::ToClient)
            .section("3.2.2.2")
            .covers(&["3.2.2-4"]);
        }
    }
}

/// Every code in SUBACK.
fn suback_codes(c: &mut Corpus) {
    let v = c.version;
    c.file("suback").family("return-codes");
    for code in 0..=255u8 {
        let simple = suback(v, 10, &[code]);
        let id = format!("return-code-{code:02x}");
        let fine = code <= 2 || (code == 0x80 && v == Version::V311);
        let statements = v.pick(&["V31-3.9-1"][..], &["3.9.3-2"], &[]);
        if fine {
            c.valid(&id, &format!("Return code {code:#04x}."), simple.bytes(), simple.values)
                .direction(Direction::ToClient)
                .section(v.pick("3.9", "3.9.3", ""))
                .covers(statements);
        } else {
            let vector = c
                .malformed(
                    &id,
                    &format!("Return code {code:#04x} is reserved."),
                    simple.bytes(),
                    "Return Code",
                    4,
                )
                .direction(Direction::ToClient)
                .section(v.pick("3.9", "3.9.3", ""))
                .covers(statements);
            if v == Version::V31 {
                vector.choice();
            }
        }
    }
    let wrong_later = suback(v, 10, &[0, 1, 3]);
    let vector = c
        .malformed(
            "return-code-03-last-of-three",
            "The last of three codes is reserved.",
            wrong_later.bytes(),
            "Return Code",
            6,
        )
        .direction(Direction::ToClient)
        .section(v.pick("3.9", "3.9.3", ""))
        .covers(v.pick(&["V31-3.9-1"], &["3.9.3-2"], &[]));
    if v == Version::V31 {
        vector.choice();
    }
}

/// Every Requested QoS byte.
fn requested_qos(c: &mut Corpus) {
    let v = c.version;
    c.file("subscribe").family("subscription-options");
    for options in 0..=255u8 {
        let simple = subscribe(v, 10, &[(b"a/b", options)]);
        let offset = simple.offset("Requested QoS");
        let id = format!("requested-qos-{options:02x}");
        let section = v.pick("3.8", "3.8.3", "");
        let refused = if v == Version::V31 { options & 3 == 3 } else { options > 2 };
        if refused {
            let about = if options == 3 {
                "Requested QoS 3."
            } else {
                "A Requested QoS byte with other bits than QoS 0 to 2."
            };
            let vector = c
                .malformed(&id, about, simple.bytes(), "Requested QoS", offset)
                .direction(Direction::ToServer)
                .section(section);
            if v == Version::V31 {
                vector.should().covers(&["V31-3.8-3"]);
            } else {
                vector.covers(&["3.8.3-4"]);
            }
            continue;
        }
        let plain = subscribe(v, 10, &[(b"a/b", options & 3)]);
        let about = if options > 2 { "The upper six bits are not used." } else { "A Requested QoS." };
        let vector = c
            .valid(&id, about, simple.bytes(), simple.values)
            .direction(Direction::ToServer)
            .section(section)
            .canonical(plain.bytes());
        if v == Version::V31 {
            vector.covers(&["V31-3.8-2"]);
            if options > 2 {
                vector.should();
            }
        } else {
            vector.covers(&["3.8.3-4"]);
        }
    }
}

/// PUBLISH in all its combinations of flags, payload and topic.
fn dup_forms(c: &mut Corpus) {
    let v = c.version;
    c.file("publish").family("forms");
    for nibble in [0u8, 1, 2, 3, 4, 5, 10, 11, 12, 13] {
        let packet_id = if nibble & 6 == 0 { None } else { Some(0x1234) };
        for (name, payload) in [("empty", &b""[..]), ("text", b"21.5")] {
            let simple = publish(v, 0x30 | nibble, b"sensors/1/temperature", packet_id, payload);
            c.valid(&format!("flags-{nibble:x}-payload-{name}"), "A PUBLISH.", simple.bytes(), simple.values)
                .section(v.pick("3.3", "3.3.1", ""));
        }
    }
}

/// What 3.1 allows and nothing later does.
fn own_rules(c: &mut Corpus) {
    let v = Version::V31;
    c.file("own-rules").family("own-rules");
    // Flagged strings that the Remaining Length leaves out.
    let with_flags = |flags: u8, payload: &[&[u8]]| {
        let mut body = Body::new(0x10).field(b"MQIsdp").raw(&[3, flags]).u16(60);
        for content in payload {
            body = body.field(content);
        }
        body
    };
    let plain = Connect::new(v);
    let will = Connect::new(v).will(b"w", b"m", 0, false);
    let user = Connect::new(v).user_name(b"usr");
    let user_and_will = will.clone().user_name(b"usr");
    for (id, about, flags, payload, same_as) in [
        ("user-name-missing", "User Name flagged, string missing.", 0x82u8, &[&b"c"[..]][..], &plain),
        (
            "user-name-and-password-missing",
            "User Name and Password flagged, both strings missing.",
            0xC2,
            &[b"c"],
            &plain,
        ),
        (
            "password-missing",
            "User Name there, Password flagged, its string missing.",
            0xC2,
            &[b"c", b"usr"],
            &user,
        ),
        (
            "user-name-missing-after-will",
            "A Will, then a flagged User Name that is missing.",
            0x86,
            &[b"c", b"w", b"m"],
            &will,
        ),
        (
            "both-missing-after-will",
            "A Will, then two flagged strings that are missing.",
            0xC6,
            &[b"c", b"w", b"m"],
            &will,
        ),
        (
            "password-missing-after-will",
            "A Will and a User Name, then a flagged Password that is missing.",
            0xC6,
            &[b"c", b"w", b"m", b"usr"],
            &user_and_will,
        ),
    ] {
        let simple = same_as.build();
        let statements: &[&str] = if id.starts_with("password") {
            &["V31-3.1-7"]
        } else if id.contains("both") || id.contains("and-password") {
            &["V31-3.1-6", "V31-3.1-7"]
        } else {
            &["V31-3.1-6"]
        };
        c.valid(id, about, with_flags(flags, payload).frame(), simple.values.clone())
            .direction(Direction::ToServer)
            .section("3.1")
            .covers(statements)
            .canonical(simple.bytes());
    }
    for (id, about, flags, name, tail) in [
        (
            "user-name-begun",
            "A flagged User Name of which only half a length is there.",
            0x82u8,
            "User Name",
            &[0u8][..],
        ),
        (
            "user-name-length-only",
            "A flagged User Name of which only the length is there.",
            0x82,
            "User Name",
            &[0, 3],
        ),
        ("user-name-cut", "A flagged User Name that is cut.", 0x82, "User Name", &[0, 3, b'u']),
        (
            "password-begun",
            "A flagged Password of which only half a length is there.",
            0xC2,
            "Password",
            &[0],
        ),
        ("password-cut", "A flagged Password that is cut.", 0xC2, "Password", &[0, 3, b'p']),
    ] {
        let payload: &[&[u8]] = if name == "Password" { &[b"c", b"u"] } else { &[b"c"] };
        let body = with_flags(flags, payload);
        let start = body.here();
        let body = body.raw(tail);
        c.malformed(id, about, body.frame(), name, body.offset(start))
            .should()
            .direction(Direction::ToServer)
            .section("3.1")
            .covers(&["V31-3.1-8"]);
    }
    unused_bits(c, &plain);
    seven_bits(c);
}

/// The Will Message is text of seven bits, possibly empty; other text is what Java writes.
fn seven_bits(c: &mut Corpus) {
    let v = Version::V31;
    let empty = Connect::new(v).will(b"w", b"", 0, false).build();
    c.valid("will-message-empty", "A Will Message may be empty.", empty.bytes(), empty.values)
        .direction(Direction::ToServer)
        .section("3.1")
        .covers(&["V31-3.1-5"]);
    let ascii: Vec<u8> = (0x20..0x7F).collect();
    let simple = Connect::new(v).will(b"w", &ascii, 0, false).build();
    c.valid("will-message-ascii", "A Will Message of printable ASCII.", simple.bytes(), simple.values)
        .direction(Direction::ToServer)
        .section("3.1")
        .covers(&["V31-3.1-5"]);
    let wide = Connect::new(v).will(b"w", "gr\u{fc}n".as_bytes(), 0, false).build();
    c.valid(
        "will-message-wide",
        "A Will Message beyond ASCII, which a sender must not write.",
        wide.bytes(),
        wide.values,
    )
    .choice()
    .direction(Direction::ToServer)
    .section("3.1")
    .covers(&["V31-3.1-5"]);
    // Java's modified UTF-8, which the text names.
    for (id, about, text) in [
        ("java-nul", "U+0000 as Java writes it.", &b"a\xC0\x80b"[..]),
        ("java-astral", "A character beyond the first plane as Java writes it.", b"\xED\xA0\xBD\xED\xB8\x80"),
    ] {
        let simple = publish(v, 0x30, text, None, b"x");
        c.valid(id, about, simple.bytes(), simple.values).choice().section("2.5").covers(&["V31-2.5-1"]);
    }
}

/// Bits that mean nothing, and DUP on what 3.1 sends again.
fn unused_bits(c: &mut Corpus, plain: &Connect) {
    let v = Version::V31;
    // Reserved QoS bits in packets whose QoS bits mean nothing.
    for (id, first) in [("puback-qos-3", 0x46u8), ("pubrec-all-bits", 0x5F), ("pubcomp-dup", 0x78)] {
        let kind = id.split('-').next().unwrap_or_default();
        let simple = match kind {
            "puback" => ack(v, "puback", 0x40, 10),
            "pubrec" => ack(v, "pubrec", 0x50, 10),
            _ => ack(v, "pubcomp", 0x70, 10),
        };
        c.valid(
            id,
            "Unused bits of the fixed header mean nothing.",
            frame(first, &[0, 10]),
            simple.values.clone(),
        )
        .should()
        .section("2.6")
        .covers(&["V31-2.6-1"])
        .canonical(simple.bytes());
    }
    // DUP on what 3.1 sends again.
    let subscribe = subscribe(v, 10, &[(b"a", 1), (b"b", 2)]);
    c.valid(
        "subscribe-again",
        "SUBSCRIBE sent again.",
        frame(0x8A, &subscribe.body.bytes),
        subscribe.values.clone(),
    )
    .direction(Direction::ToServer)
    .section("2.1")
    .covers(&["V31-2.1-1", "V31-2.1-2"])
    .canonical(subscribe.bytes());
    let unsubscribe = unsubscribe(v, 10, &[b"a"]);
    c.valid(
        "unsubscribe-again",
        "UNSUBSCRIBE sent again.",
        frame(0xAA, &unsubscribe.body.bytes),
        unsubscribe.values.clone(),
    )
    .direction(Direction::ToServer)
    .section("2.1")
    .covers(&["V31-2.1-1", "V31-2.1-2"])
    .canonical(unsubscribe.bytes());
    let pubrel = ack(v, "pubrel", 0x62, 10);
    c.valid("pubrel-again", "PUBREL sent again.", frame(0x6A, &[0, 10]), pubrel.values.clone())
        .section("2.1")
        .covers(&["V31-2.1-1", "V31-2.1-2", "V31-3.6-1"])
        .canonical(pubrel.bytes());
    // Clean session without a word about empty identifiers: always 1 to 23 characters.
    let smallest = Connect::new(v).client_id(b"x").build();
    c.valid("client-id-one-character", "The shortest Client Identifier.", smallest.bytes(), smallest.values)
        .direction(Direction::ToServer)
        .section("3.1")
        .covers(&["V31-3.1-3"]);
    // All connect flags that mean nothing at once.
    let body = Body::new(0x10).field(b"MQIsdp").raw(&[3, 0x39 | 2]).u16(60).field(b"c");
    let simple = plain.build();
    c.valid(
        "all-idle-flags",
        "Reserved bit, Will QoS 3 and Will Retain, all without a Will: disregarded.",
        body.frame(),
        simple.values.clone(),
    )
    .should()
    .direction(Direction::ToServer)
    .section("2.2")
    .covers(&["V31-2.2-8", "V31-2.2-6"])
    .canonical(simple.bytes());
    let simple = publish(v, 0x3A, b"a", Some(1), b"");
    let mut values = simple.values.clone();
    values["dup"] = json!(true);
    c.valid("publish-again", "PUBLISH sent again.", simple.bytes(), values)
        .section("2.1")
        .covers(&["V31-2.1-1"]);
}
