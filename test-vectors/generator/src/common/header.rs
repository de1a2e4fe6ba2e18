//! Fixed header: flags, Remaining Length; and Packet Identifiers.

use serde_json::json;

use super::{section, usual};
use crate::simple::{
    Connect, Simple, ack, bare, disconnect, publish, suback, subscribe, unsuback, unsubscribe,
};
use crate::vector::{Corpus, Data, Direction, Level, Version};
use crate::wire::{varint, varint_of_width};

/// A packet with a Packet Identifier to be chosen.
type ById = Box<dyn Fn(u16) -> Simple>;

/// The statements about the flags of a packet type: those of its version in general, and those of the packet, by version.
const FLAG_STATEMENTS: [(u8, [&[&str]; 3]); 5] = [
    (6, [&["V31-3.6-1"], &["3.6.1-1"], &["3.6.1-1"]]),
    (8, [&["V31-3.8-1"], &["3.8.1-1"], &["3.8.1-1"]]),
    (10, [&["V31-3.10-1"], &["3.10.1-1"], &["3.10.1-1"]]),
    (14, [&["V31-2.6-1"], &["3.14.1-1"], &["3.14.1-1"]]),
    (15, [&[], &[], &["3.15.1-1"]]),
];

fn flag_statements(v: Version, kind: u8) -> Vec<&'static str> {
    let general: &[&str] = v.pick(&[], &["2.2.2-1", "2.2.2-2"], &["2.1.3-1"]);
    let own = match FLAG_STATEMENTS.iter().find(|(other, _)| *other == kind) {
        Some((_, [v31, v311, v5])) => v.pick(v31, v311, v5),
        None => v.pick(&["V31-2.6-1"][..], &[], &[]),
    };
    [general, own].concat()
}

/// Every nibble of flags for every packet type.
pub(super) fn fixed_headers(c: &mut Corpus) {
    c.file("fixed-header").family("fixed-header-flags");
    let usual = usual(c.version);
    for kind in 0..16u8 {
        let known = usual.iter().find(|(_, _, simple)| simple.bytes()[0] >> 4 == kind);
        for nibble in 0..16u8 {
            match known {
                None => reserved_type(c, kind, nibble),
                Some((file, ..)) if kind == 3 => {
                    publish_flags(c, &format!("{file}-flags-{nibble:x}"), nibble);
                }
                Some((file, direction, simple)) if c.version == Version::V31 => {
                    flags_of_3_1(c, file, *direction, simple, nibble);
                }
                Some((file, direction, simple)) => reserved_flags(c, file, *direction, simple, nibble),
            }
        }
    }
}

fn reserved_type(c: &mut Corpus, kind: u8, nibble: u8) {
    let v = c.version;
    let about = format!("Packet type {kind} is reserved.");
    c.malformed(
        &format!("type-{kind}-flags-{nibble:x}"),
        &about,
        vec![(kind << 4) | nibble, 0],
        "Fixed Header",
        0,
    )
    .section(v.pick("2.1", "2.2.1", "2.1.2"))
    .codes(if v == Version::V5 { &[0x81, 0x82] } else { &[] });
}

/// The packet under other flags, and the statements about them.
fn under_flags(v: Version, simple: &Simple, nibble: u8) -> (Vec<u8>, Vec<&'static str>) {
    let usual = simple.bytes();
    let kind = usual[0] >> 4;
    ([&[(kind << 4) | nibble][..], &usual[1..]].concat(), flag_statements(v, kind))
}

/// In 3.1.1 and 5.0 every packet but PUBLISH has one set of flags.
fn reserved_flags(c: &mut Corpus, file: &str, direction: Direction, simple: &Simple, nibble: u8) {
    let v = c.version;
    let (bytes, statements) = under_flags(v, simple, nibble);
    let (id, name) = (format!("{file}-flags-{nibble:x}"), file.to_uppercase());
    let vector = if nibble == simple.bytes()[0] & 0x0F {
        c.valid(&id, &format!("{name} with the flags that it must have."), bytes, simple.values.clone())
    } else {
        c.malformed(&id, &format!("{name} with reserved flags changed."), bytes, "Fixed Header", 0)
    };
    vector.direction(direction).section(v.pick("2.1", "2.2.2", "2.1.3")).covers(&statements);
}

/// In 3.1 unused flags mean nothing; PUBREL, SUBSCRIBE and UNSUBSCRIBE use DUP, and QoS 1 by their own sections.
fn flags_of_3_1(c: &mut Corpus, file: &str, direction: Direction, simple: &Simple, nibble: u8) {
    let (bytes, statements) = under_flags(c.version, simple, nibble);
    let (id, name) = (format!("{file}-flags-{nibble:x}"), file.to_uppercase());
    let required = simple.bytes()[0] & 0x0F;
    let (again, retain, right_qos) = (nibble & 8 != 0, nibble & 1 != 0, nibble & 6 == 2);
    let about = match (required, again, retain) {
        _ if nibble == required => format!("{name} with the flags that it must have."),
        (0, ..) => format!("{name} with unused bits set, which mean nothing."),
        _ if !right_qos => format!("{name} uses QoS level 1, not the QoS bits of these flags."),
        (_, true, false) => format!("{name} sent again, with DUP."),
        (_, true, true) => format!("{name} sent again, with DUP and the unused RETAIN bit."),
        (_, false, _) => format!("{name} with the unused RETAIN bit set."),
    };
    if required != 0 && !right_qos {
        c.malformed(&id, &about, bytes, "Fixed Header", 0)
            .choice()
            .direction(direction)
            .section(section(file))
            .covers(&statements);
        return;
    }
    let unused = nibble != required && required == 0;
    let vector = c
        .valid(&id, &about, bytes, simple.values.clone())
        .direction(direction)
        .section(if unused { "2.6" } else { "2.1" })
        .covers(&statements)
        .canonical(simple.bytes());
    if required != 0 && again {
        vector.covers(&["V31-2.1-1"]);
    }
    if unused || (required != 0 && retain) {
        vector.should();
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

/// Packet Identifiers at their limits.
pub(super) fn packet_ids(c: &mut Corpus) {
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

/// Remaining Length at its limits, too long, and unfinished.
pub(super) fn remaining_lengths(c: &mut Corpus) {
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
