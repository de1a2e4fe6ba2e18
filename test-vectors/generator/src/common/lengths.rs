//! Fields that are cut off, missing, or one byte short or long.

#![expect(clippy::too_many_lines, reason = "a table is as long as what it lists")]

use serde_json::Value;

use super::{section, usual};
use crate::simple::{Connect, Simple, ack, connack, publish, suback, subscribe, unsuback, unsubscribe};
use crate::vector::{Corpus, Direction, Level, Vector, Version};
use crate::wire::{Body, field, field_claiming, frame, head};

/// Packets whose Remaining Length ends inside or between their fields.
pub(super) fn cuts(c: &mut Corpus) {
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
pub(super) fn lengths(c: &mut Corpus) {
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
pub(super) fn remaining_length_off_by_one(c: &mut Corpus) {
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
