//! What only MQTT 5.0 has, apart from property blocks and reason codes: short forms, Subscription Options,
//! Topic Alias, the CONNACK flags, AUTH.

use serde_json::{Value, json};

use crate::simple::{Connect, connack, publish, subscribe};
use crate::tables::{PROPERTIES, Place, reasons};
use crate::v5_properties::{Val, find, named, sample, wire};
use crate::v5_reasons::{CARRIERS, Carrier};
use crate::vector::{Corpus, Direction, Version};
use crate::wire::{Body, field, varint};

const V: Version = Version::V5;

pub(crate) fn all(c: &mut Corpus) {
    crate::v5_reasons::reason_codes(c);
    ack_forms(c);
    disconnect_forms(c);
    auth_forms(c);
    connack_flags(c);
    subscription_options(c);
    topic_aliases(c);
    payload_format(c);
    connect_forms(c);
    publish_forms(c);
    truncated(c);
}

/// Every strict prefix of the packets with all properties.
fn truncated(c: &mut Corpus) {
    let whole: Vec<_> = c
        .vectors
        .iter()
        .filter(|vector| {
            [
                "connect/everything",
                "publish/everything",
                "subscribe/everything",
                "puback/full-failure",
                "disconnect/server-moved",
            ]
            .iter()
            .any(|id| vector.id == format!("5.0/{id}"))
        })
        .map(|vector| (vector.id.clone(), vector.direction, vector.bytes.head.clone()))
        .collect();
    c.file("truncation").family("truncation");
    for (id, direction, bytes) in whole {
        let name = id.trim_start_matches("5.0/").replace('/', "-");
        let length_bytes = bytes.iter().skip(1).take_while(|byte| **byte & 0x80 != 0).count() + 1;
        for kept in 0..bytes.len() {
            let needed = match kept {
                0 => 2,
                _ if kept < 1 + length_bytes => 1,
                _ => bytes.len() - kept,
            };
            let about = format!("The first {kept} of {} bytes.", bytes.len());
            c.incomplete(&format!("{name}-{kept}"), &about, bytes[..kept].to_vec(), needed)
                .direction(direction)
                .section("2.1.4");
        }
    }
}

/// The three lengths of the acknowledgements, with both kinds of code.
fn ack_forms(c: &mut Corpus) {
    c.family("short-forms");
    for Carrier { place, file, section, .. } in CARRIERS {
        let first = match place {
            Place::PubAck => 0x40u8,
            Place::PubRec => 0x50,
            Place::PubRel => 0x62,
            Place::PubComp => 0x70,
            _ => continue,
        };
        c.file(file);
        let failure: u8 = if matches!(place, Place::PubAck | Place::PubRec) { 0x80 } else { 0x92 };
        let base = || Body::new(first).u16(10);
        let values = |code: u8, properties: Value| json!({ "type": file, "packet_id": 10, "reason": code, "properties": properties });
        let shortest = base().frame();
        c.valid(
            "length-2",
            "The short form: Success without properties.",
            shortest.clone(),
            values(0, json!([])),
        )
        .section(section);
        c.valid(
            "length-3-success",
            "Success said aloud, no Property Length.",
            base().raw(&[0]).frame(),
            values(0, json!([])),
        )
        .section(section)
        .canonical(shortest.clone());
        c.valid(
            "length-4-success",
            "Success and a Property Length of zero.",
            base().raw(&[0, 0]).frame(),
            values(0, json!([])),
        )
        .section(section)
        .canonical(shortest);
        let failed = base().raw(&[failure]).frame();
        c.valid(
            "length-3-failure",
            "A failure, no Property Length.",
            failed.clone(),
            values(failure, json!([])),
        )
        .section(section);
        c.valid(
            "length-4-failure",
            "A failure and a Property Length of zero.",
            base().raw(&[failure, 0]).frame(),
            values(failure, json!([])),
        )
        .section(section)
        .canonical(failed);
        let reason = [vec![31], field(b"why")].concat();
        let why = json!([{ "reason_string": "why" }]);
        c.valid(
            "full-success",
            "Success with a Reason String.",
            base().raw(&[0]).raw(&varint(reason.len())).raw(&reason).frame(),
            values(0, why.clone()),
        )
        .section(section);
        c.valid(
            "full-failure",
            "A failure with a Reason String.",
            base().raw(&[failure]).raw(&varint(reason.len())).raw(&reason).frame(),
            values(failure, why),
        )
        .section(section);
        let mut block = reason;
        let mut names = vec![json!({ "reason_string": "why" })];
        for index in 0..20u32 {
            let value = Val::Pair(format!("key {index}").into_bytes(), vec![b'v'; 200]);
            block.extend(wire(find(38), &value));
            names.push(named(find(38), &value));
        }
        c.valid(
            "fullest",
            "A failure with all that can be said about it.",
            base().raw(&[failure]).raw(&varint(block.len())).raw(&block).frame(),
            values(failure, Value::from(names)),
        )
        .section(section);
    }
}

fn disconnect_forms(c: &mut Corpus) {
    c.file("disconnect").family("short-forms");
    let values = |code: u8, properties: Value| json!({ "type": "disconnect", "reason": code, "properties": properties });
    let section = "3.14.2.1";
    c.valid("length-0", "The short form: normal disconnection.", vec![0xE0, 0], values(0, json!([])))
        .section(section);
    c.valid("length-1-normal", "Normal disconnection said aloud.", vec![0xE0, 1, 0], values(0, json!([])))
        .section(section)
        .canonical(vec![0xE0, 0]);
    c.valid(
        "length-2-normal",
        "Normal disconnection and a Property Length of zero.",
        vec![0xE0, 2, 0, 0],
        values(0, json!([])),
    )
    .section(section)
    .canonical(vec![0xE0, 0]);
    c.valid(
        "length-1-failure",
        "A reason without Property Length.",
        vec![0xE0, 1, 0x81],
        values(0x81, json!([])),
    )
    .section(section);
    c.valid(
        "length-2-failure",
        "A reason and a Property Length of zero.",
        vec![0xE0, 2, 0x81, 0],
        values(0x81, json!([])),
    )
    .section("3.14.2.2.1")
    .canonical(vec![0xE0, 1, 0x81]);
    c.valid("with-will", "A Client that wants its Will published.", vec![0xE0, 1, 4], values(4, json!([])))
        .direction(Direction::ToServer)
        .section(section);
    let block = [vec![17, 0, 0, 0, 0]].concat();
    c.valid(
        "normal-with-expiry",
        "The example of the standard: normal disconnection that ends the session.",
        Body::new(0xE0).raw(&[0]).raw(&varint(block.len())).raw(&block).frame(),
        values(0, json!([{ "session_expiry_interval": 0 }])),
    )
    .direction(Direction::ToServer)
    .section("3.14.2.2.2");
    let block = [vec![28], field(b"other.example:1883"), vec![31], field(b"moved")].concat();
    c.valid(
        "server-moved",
        "A Server that names another.",
        Body::new(0xE0).raw(&[0x9D]).raw(&varint(block.len())).raw(&block).frame(),
        values(0x9D, json!([{ "server_reference": "other.example:1883" }, { "reason_string": "moved" }])),
    )
    .direction(Direction::ToClient)
    .section("3.14.2.2.5");
}

fn auth_forms(c: &mut Corpus) {
    c.file("auth").family("short-forms");
    c.protocol_error(
        "length-0",
        "AUTH of length 0: 3.15.2.1 has it, 3.15.2.2.2 makes it a Protocol Error.",
        vec![0xF0, 0],
        "Authentication Method",
        2,
    )
    .choice()
    .section("3.15.2.2.2");
    for (id, code) in [("success", 0u8), ("continue", 0x18), ("again", 0x19)] {
        let way = match code {
            0 => Direction::ToClient,
            0x19 => Direction::ToServer,
            _ => Direction::Any,
        };
        c.malformed(
            &format!("length-1-{id}"),
            "AUTH with a reason code alone: no such form is given.",
            vec![0xF0, 1, code],
            "Property Length",
            3,
        )
        .direction(way)
        .section("3.15.2.2.1")
        .codes(&[0x81, 0x82]);
        let block = [vec![21], field(b"SCRAM-SHA-256"), vec![22], field(&[0, 1, 0xFE, 0xFF])].concat();
        c.valid(
            &format!("full-{id}"),
            "AUTH with method and data.",
            Body::new(0xF0).raw(&[code]).raw(&varint(block.len())).raw(&block).frame(),
            json!({
                "type": "auth", "reason": code,
                "properties": [
                    { "authentication_method": "SCRAM-SHA-256" }, { "authentication_data": { "hex": "0001feff" } },
                ],
            }),
        )
        .direction(way)
        .section("3.15.2");
    }
}

fn connack_flags(c: &mut Corpus) {
    c.file("connack").family("connack-flags");
    for flags in 0..=255u8 {
        let bytes = vec![0x20, 3, flags, 0, 0];
        let id = format!("acknowledge-flags-{flags:02x}");
        if flags <= 1 {
            c.valid(&id, "Session Present is all there is.", bytes, connack(V, flags == 1, 0).values)
                .direction(Direction::ToClient)
                .section("3.2.2.1")
                .covers(&["3.2.2-1", "3.2.2-3"]);
        } else {
            c.malformed(
                &id,
                "A reserved bit of the acknowledge flags is set.",
                bytes,
                "Connect Acknowledge Flags",
                2,
            )
            .direction(Direction::ToClient)
            .section("3.2.2.1")
            .covers(&["3.2.2-1"])
            .codes(&[0x81, 0x82]);
        }
    }
    for (code, _) in reasons(Place::ConnAck) {
        if code == 0 {
            continue;
        }
        c.protocol_error(
            &format!("session-present-with-reason-{code:02x}"),
            "Session Present goes with Success only.",
            vec![0x20, 3, 1, code, 0],
            "Connect Acknowledge Flags",
            2,
        )
        .direction(Direction::ToClient)
        .section("3.2.2.1.1")
        .covers(&["3.2.2-6"])
        .codes(&[0x82, 0x81]);
    }
    c.family("forms");
    let legal: Vec<_> = PROPERTIES.iter().filter(|property| property.allowed_in(Place::ConnAck)).collect();
    let block: Vec<u8> = legal.iter().flat_map(|property| wire(property, &sample(property))).collect();
    let names: Vec<Value> = legal.iter().map(|property| named(property, &sample(property))).collect();
    let body = Body::new(0x20).raw(&[1, 0]).raw(&varint(block.len())).raw(&block);
    let mut values = connack(V, true, 0).values;
    values["properties"] = Value::from(names);
    c.valid("fullest", "A session resumed, with every property.", body.frame(), values)
        .direction(Direction::ToClient)
        .section("3.2");
}

/// Every Subscription Options byte, on an ordinary and on a shared filter.
fn subscription_options(c: &mut Corpus) {
    c.file("subscribe").family("subscription-options");
    for (slug, filter) in [("", &b"a/b"[..]), ("shared-", b"$share/g/a")] {
        for options in 0..=255u8 {
            if !slug.is_empty() && options > 0x2F {
                continue;
            }
            let simple = subscribe(V, 10, &[(filter, options)]);
            let offset = simple.offset("Subscription Options");
            let mut faults = Vec::new();
            let mut statements = Vec::new();
            let mut codes: Vec<u8> = Vec::new();
            if options & 0xC0 != 0 {
                faults.push("a reserved bit");
                statements.push("3.8.3-5");
                codes.push(0x81);
            }
            if options & 3 == 3 {
                faults.push("Maximum QoS 3");
            }
            if (options >> 4) & 3 == 3 {
                faults.push("Retain Handling 3");
            }
            if !slug.is_empty() && options & 4 != 0 {
                faults.push("No Local on a shared subscription");
                statements.push("3.8.3-4");
            }
            let malformed = !codes.is_empty();
            if faults.len() > usize::from(malformed) {
                codes.push(0x82);
            }
            let id = format!("{slug}options-{options:02x}");
            if faults.is_empty() {
                c.valid(&id, "Legal Subscription Options.", simple.bytes(), simple.values)
                    .direction(Direction::ToServer)
                    .section("3.8.3.1")
                    .covers(&["3.8.3-5"]);
                continue;
            }
            let about = format!("Subscription Options {options:#04x}: {}.", faults.join(", "));
            let vector = if malformed {
                c.malformed(&id, &about, simple.bytes(), "Subscription Options", offset)
            } else {
                c.protocol_error(&id, &about, simple.bytes(), "Subscription Options", offset)
            };
            vector.direction(Direction::ToServer).section("3.8.3.1").covers(&statements).codes(&codes);
        }
    }
    c.family("forms");
    let block: Vec<u8> = [vec![11], varint(268_435_455), wire(find(38), &sample(find(38)))].concat();
    let body = Body::new(0x82).u16(65_535).raw(&varint(block.len())).raw(&block);
    let mut filters = Vec::new();
    let mut payload = Vec::new();
    for (filter, options) in [("a", 0x2E_u8), ("b/+", 0x1D), ("c/#", 0x02), ("$share/g/d", 0x2A), ("/", 0x00)]
    {
        payload.extend(field(filter.as_bytes()));
        payload.push(options);
        filters.push(json!({
            "filter": filter, "qos": options & 3, "no_local": options & 4 != 0,
            "retain_as_published": options & 8 != 0, "retain_handling": (options >> 4) & 3,
        }));
    }
    let values = json!({
        "type": "subscribe", "packet_id": 65_535,
        "properties": [{ "subscription_identifier": 268_435_455 }, { "user_property": ["k", "z"] }],
        "filters": filters,
    });
    c.valid(
        "everything",
        "Both properties, every option, several kinds of filter.",
        body.raw(&payload).frame(),
        values,
    )
    .direction(Direction::ToServer)
    .section("3.8");
}

/// Topic Alias with and without a Topic Name.
fn topic_aliases(c: &mut Corpus) {
    c.file("publish").family("topic-alias");
    for (id, first, packet_id) in
        [("qos-0", 0x30u8, None), ("qos-1", 0x32, Some(10u16)), ("qos-2", 0x34, Some(10))]
    {
        for alias in [1u16, 10, 65_535] {
            for (suffix, topic) in [("with-name", &b"a/b"[..]), ("without-name", b"")] {
                let body = Body::new(first).field(topic);
                let body = match packet_id {
                    Some(packet_id) => body.u16(packet_id),
                    None => body,
                };
                let body = body.raw(&[3, 35]).u16(alias).raw(b"x");
                let mut values = publish(V, first, topic, packet_id, b"x").values;
                values["properties"] = json!([{ "topic_alias": alias }]);
                let about =
                    if topic.is_empty() { "An alias stands for the Topic Name." } else { "An alias is set." };
                c.valid(&format!("alias-{alias}-{suffix}-{id}"), about, body.frame(), values)
                    .section("3.3.2.3.4");
            }
        }
    }
    for (suffix, topic) in [("with-name", &b"a/b"[..]), ("without-name", b"")] {
        let body = Body::new(0x30).field(topic).raw(&[3]);
        let at = body.here() + 1;
        let body = body.raw(&[35]).u16(0).raw(b"x");
        c.protocol_error(
            &format!("alias-0-{suffix}"),
            "Topic Alias 0 is not permitted.",
            body.frame(),
            "Topic Alias",
            body.offset(at),
        )
        .section("3.3.4")
        .covers(&["3.3.2-8"])
        .codes(&[0x94]);
    }
    // Another property doesn't stand for the Topic Name.
    let block = wire(find(38), &sample(find(38)));
    let body = Body::new(0x30).field(b"").raw(&varint(block.len())).raw(&block).raw(b"x");
    c.protocol_error(
        "empty-name-other-property",
        "An empty Topic Name, a property, but no alias.",
        body.frame(),
        "Topic Name",
        body.offset(0),
    )
    .section("3.3.2.1")
    .covers(&["4.7.3-1"]);
}

/// Payloads that are, or are not, what the Payload Format Indicator says.
fn payload_format(c: &mut Corpus) {
    c.file("publish").family("payload-format");
    for (id, indicator, payload, text) in [
        ("unspecified-binary", 0u8, &[0xC3u8, 0x28][..], false),
        ("unspecified-text", 0, b"text", true),
        ("utf-8-text", 1, "gr\u{fc}n \u{1f600}".as_bytes(), true),
        ("utf-8-empty", 1, b"", true),
        ("utf-8-nul", 1, b"a\0b", true),
        ("utf-8-feff", 1, "\u{feff}a".as_bytes(), true),
        ("utf-8-ill-formed", 1, &[0xC3, 0x28], false),
        ("utf-8-surrogate", 1, &[0xED, 0xA0, 0x80], false),
        ("utf-8-cut", 1, &[b'a', 0xE2, 0x82], false),
    ] {
        let mut values = publish(V, 0x30, b"t", None, payload).values;
        values["properties"] = json!([{ "payload_format_indicator": indicator }]);
        let body = Body::new(0x30).field(b"t").raw(&[2, 1, indicator]).raw(payload);
        let about = if indicator == 1 && !text {
            "The payload isn't the UTF-8 that it claims to be; a receiver MAY look."
        } else {
            "The payload is what the indicator says."
        };
        let vector = c.valid(&format!("indicator-{id}"), about, body.frame(), values).section("3.3.2.3.2");
        if indicator == 1 && (!text || id == "utf-8-nul") {
            vector.choice();
        }
        c.file("connect");
        let body = Body::new(0x10).field(b"MQTT").raw(&[5, 6]).u16(60).raw(&[0]).field(b"c");
        let body = body.raw(&[2, 1, indicator]).field(b"w").field(payload);
        let mut values = Connect::new(V).will(b"w", payload, 0, false).build().values;
        values["will"]["properties"] = json!([{ "payload_format_indicator": indicator }]);
        let vector = c
            .valid(&format!("will-indicator-{id}"), about, body.frame(), values)
            .direction(Direction::ToServer)
            .section("3.1.3.2.3");
        if indicator == 1 && (!text || id == "utf-8-nul") {
            vector.choice();
        }
        c.file("publish");
    }
}

fn connect_forms(c: &mut Corpus) {
    c.file("connect").family("forms");
    let block = |place: Place| {
        let legal: Vec<_> = PROPERTIES.iter().filter(|property| property.allowed_in(place)).collect();
        let bytes: Vec<u8> = legal.iter().flat_map(|property| wire(property, &sample(property))).collect();
        let names: Vec<Value> = legal.iter().map(|property| named(property, &sample(property))).collect();
        ([varint(bytes.len()), bytes].concat(), Value::from(names))
    };
    let (outer, outer_names) = block(Place::Connect);
    let (inner, inner_names) = block(Place::Will);
    let full = Connect::new(V)
        .client_id(b"client")
        .will(b"w/t", b"gone", 2, true)
        .user_name(b"user")
        .password(b"secret");
    let mut values = full.build().values;
    values["properties"] = outer_names;
    values["will"]["properties"] = inner_names;
    let body = Body::new(0x10)
        .field(b"MQTT")
        .raw(&[5, full.flags()])
        .u16(60)
        .raw(&outer)
        .field(b"client")
        .raw(&inner)
        .field(b"w/t")
        .field(b"gone")
        .field(b"user")
        .field(b"secret");
    c.valid("everything", "Every field and every property.", body.frame(), values)
        .direction(Direction::ToServer)
        .section("3.1")
        .covers(&["3.1.3-1"]);
    for (id, connect) in [
        ("password-without-user-name", Connect::new(V).password(b"token")),
        (
            "password-without-user-name-with-will",
            Connect::new(V).will(b"w", b"m", 1, false).password(b"token"),
        ),
    ] {
        let simple = connect.build();
        c.valid(id, "5.0 allows a Password without a User Name.", simple.bytes(), simple.values)
            .direction(Direction::ToServer)
            .section("3.1.2.9")
            .covers(&["3.1.2-16", "3.1.2-19"]);
    }
}

fn publish_forms(c: &mut Corpus) {
    c.file("publish").family("forms");
    for nibble in [0u8, 1, 2, 3, 4, 5, 10, 11, 12, 13] {
        let packet_id = if nibble & 6 == 0 { None } else { Some(0x1234) };
        for (name, payload) in [("empty", &b""[..]), ("text", b"21.5")] {
            let simple = publish(V, 0x30 | nibble, b"sensors/1/temperature", packet_id, payload);
            c.valid(&format!("flags-{nibble:x}-payload-{name}"), "A PUBLISH.", simple.bytes(), simple.values)
                .section("3.3.1");
        }
    }
    let legal: Vec<_> = PROPERTIES.iter().filter(|property| property.allowed_in(Place::Publish)).collect();
    let block: Vec<u8> = legal.iter().flat_map(|property| wire(property, &sample(property))).collect();
    let names: Vec<Value> = legal.iter().map(|property| named(property, &sample(property))).collect();
    let body = Body::new(0x3D).field(b"a/b").u16(65_535).raw(&varint(block.len())).raw(&block).raw(b"hello");
    let mut values = publish(V, 0x3D, b"a/b", Some(65_535), b"hello").values;
    values["properties"] = Value::from(names);
    c.valid("everything", "All flags, every property.", body.frame(), values)
        .direction(Direction::ToClient)
        .section("3.3");
}
