//! MQTT 5.0 property blocks: every property in every place, legal or not, once and twice, at its limits
//! and beyond them, and block lengths that lie.

#![expect(clippy::too_many_lines, reason = "a table is as long as what it lists")]

use serde_json::{Value, json};

use crate::tables::{Kind, PROPERTIES, Place, Property, Text, fine_texts, property_section, wrong_texts};
use crate::vector::{Corpus, Direction, Vector, text};
use crate::wire::{Body, field, field_claiming, frame, head, varint, varint_of_width};

/// A small packet with one property block, and where that block is.
pub(crate) struct Block {
    pub(crate) body: Body,
    length_at: usize,
    start: usize,
    end: usize,
}

impl Block {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.body.frame()
    }

    /// The offset of the block's length.
    pub(crate) fn length_offset(&self) -> usize {
        self.body.offset(self.length_at)
    }

    /// The offset of a byte in the block.
    pub(crate) fn offset(&self, inside: usize) -> usize {
        self.body.offset(self.start + inside)
    }

    /// The offset of the first byte after the block.
    pub(crate) fn end_offset(&self) -> usize {
        self.body.offset(self.end)
    }
}

/// What stands before the block in the small packet for a place.
fn before(place: Place) -> Body {
    match place {
        Place::Connect => Body::new(0x10).field(b"MQTT").raw(&[5, 0x02]).u16(60),
        Place::Will => Body::new(0x10).field(b"MQTT").raw(&[5, 0x06]).u16(60).raw(&[0]).field(b"c"),
        Place::ConnAck => Body::new(0x20).raw(&[0, 0]),
        Place::Publish => Body::new(0x30).field(b"t"),
        Place::PubAck => Body::new(0x40).u16(10).raw(&[0]),
        Place::PubRec => Body::new(0x50).u16(10).raw(&[0]),
        Place::PubRel => Body::new(0x62).u16(10).raw(&[0]),
        Place::PubComp => Body::new(0x70).u16(10).raw(&[0]),
        Place::Subscribe => Body::new(0x82).u16(10),
        Place::SubAck => Body::new(0x90).u16(10),
        Place::Unsubscribe => Body::new(0xA2).u16(10),
        Place::UnsubAck => Body::new(0xB0).u16(10),
        Place::Disconnect => Body::new(0xE0).raw(&[0]),
        Place::Auth => Body::new(0xF0).raw(&[0x18]),
    }
}

/// What stands after it.
fn after(place: Place) -> Vec<u8> {
    match place {
        Place::Connect => field(b"c"),
        Place::Will => [field(b"w"), field(b"p")].concat(),
        Place::Publish => b"p".to_vec(),
        Place::Subscribe => [field(b"f"), vec![0]].concat(),
        Place::SubAck | Place::UnsubAck => vec![0],
        Place::Unsubscribe => field(b"f"),
        _ => Vec::new(),
    }
}

/// The small packet with this block in it, under a length that may lie.
pub(crate) fn block_claiming(place: Place, length: &[u8], block: &[u8]) -> Block {
    let body = before(place);
    let length_at = body.here();
    let body = body.raw(length);
    let start = body.here();
    let body = body.raw(block);
    let end = body.here();
    Block { body: body.raw(&after(place)), length_at, start, end }
}

/// The small packet with this block in it.
pub(crate) fn block(place: Place, block: &[u8]) -> Block {
    block_claiming(place, &varint(block.len()), block)
}

/// The values of the small packet.
pub(crate) fn packet(place: Place, properties: Vec<Value>) -> Value {
    let properties = Value::from(properties);
    match place {
        Place::Connect => json!({
            "type": "connect", "clean_start": true, "keep_alive": 60, "properties": properties, "client_id": "c",
        }),
        Place::Will => json!({
            "type": "connect", "clean_start": true, "keep_alive": 60, "properties": [], "client_id": "c",
            "will": {
                "properties": properties, "topic": "w", "payload": "p", "qos": 0, "retain": false,
            },
        }),
        Place::ConnAck => {
            json!({ "type": "connack", "session_present": false, "reason": 0, "properties": properties })
        }
        Place::Publish => json!({
            "type": "publish", "dup": false, "qos": 0, "retain": false, "topic": "t",
            "properties": properties, "payload": "p",
        }),
        Place::PubAck => {
            json!({ "type": "puback", "packet_id": 10, "reason": 0, "properties": properties })
        }
        Place::PubRec => {
            json!({ "type": "pubrec", "packet_id": 10, "reason": 0, "properties": properties })
        }
        Place::PubRel => {
            json!({ "type": "pubrel", "packet_id": 10, "reason": 0, "properties": properties })
        }
        Place::PubComp => {
            json!({ "type": "pubcomp", "packet_id": 10, "reason": 0, "properties": properties })
        }
        Place::Subscribe => json!({
            "type": "subscribe", "packet_id": 10, "properties": properties,
            "filters": [{
                "filter": "f", "qos": 0, "no_local": false, "retain_as_published": false, "retain_handling": 0,
            }],
        }),
        Place::SubAck => {
            json!({ "type": "suback", "packet_id": 10, "properties": properties, "reasons": [0] })
        }
        Place::Unsubscribe => {
            json!({ "type": "unsubscribe", "packet_id": 10, "properties": properties, "filters": ["f"] })
        }
        Place::UnsubAck => {
            json!({ "type": "unsuback", "packet_id": 10, "properties": properties, "reasons": [0] })
        }
        Place::Disconnect => json!({ "type": "disconnect", "reason": 0, "properties": properties }),
        Place::Auth => json!({ "type": "auth", "reason": 24, "properties": properties }),
    }
}

/// A property's value.
#[derive(Clone, Debug)]
pub(crate) enum Val {
    Number(u32),
    Content(Vec<u8>),
    Pair(Vec<u8>, Vec<u8>),
}

/// Identifier and value on the wire.
pub(crate) fn wire(property: &Property, value: &Val) -> Vec<u8> {
    [vec![property.id], wire_value(property, value)].concat()
}

fn wire_value(property: &Property, value: &Val) -> Vec<u8> {
    match value {
        Val::Number(number) => match property.kind {
            Kind::Bool => vec![number.to_be_bytes()[3]],
            Kind::U16 => number.to_be_bytes()[2..].to_vec(),
            Kind::VarInt => varint(*number as usize),
            _ => number.to_be_bytes().to_vec(),
        },
        Val::Content(content) => field(content),
        Val::Pair(name, value) => [field(name), field(value)].concat(),
    }
}

/// The property as a named value.
pub(crate) fn named(property: &Property, value: &Val) -> Value {
    let value = match value {
        Val::Number(number) => json!(number),
        Val::Content(content) => text(content),
        Val::Pair(name, value) => json!([text(name), text(value)]),
    };
    json!({ property.key: value })
}

/// A harmless value.
pub(crate) fn sample(property: &Property) -> Val {
    match property.kind {
        Kind::Bool => Val::Number(1),
        Kind::U16 => Val::Number(10),
        Kind::U32 => Val::Number(3600),
        Kind::VarInt => Val::Number(128),
        Kind::Text | Kind::Binary => Val::Content(b"az".to_vec()),
        Kind::Pair => Val::Pair(b"k".to_vec(), b"z".to_vec()),
    }
}

pub(crate) fn find(id: u8) -> &'static Property {
    PROPERTIES.iter().find(|property| property.id == id).unwrap_or(&PROPERTIES[0])
}

/// The properties without which another may not stand in this place.
fn company(place: Place, id: u8) -> Vec<(&'static Property, Val)> {
    let method = || vec![(find(21), Val::Content(b"m".to_vec()))];
    match (place, id) {
        (Place::Auth, 21) => Vec::new(),
        (Place::Auth, _) | (Place::Connect, 22) => method(),
        _ => Vec::new(),
    }
}

fn company_wire(place: Place, id: u8) -> Vec<u8> {
    company(place, id).iter().flat_map(|(property, value)| wire(property, value)).collect()
}

fn company_named(place: Place, id: u8) -> Vec<Value> {
    company(place, id).iter().map(|(property, value)| named(property, value)).collect()
}

pub(crate) fn direction(place: Place) -> Direction {
    match place {
        Place::Connect | Place::Will | Place::Subscribe | Place::Unsubscribe => Direction::ToServer,
        Place::ConnAck | Place::SubAck | Place::UnsubAck => Direction::ToClient,
        _ => Direction::Any,
    }
}

/// Which side may send the property there.
fn property_direction(place: Place, id: u8) -> Direction {
    match (place, id) {
        (Place::Disconnect, 17) => Direction::ToServer,
        (Place::Disconnect, 28) | (Place::Publish, 11) => Direction::ToClient,
        _ => direction(place),
    }
}

/// A single property, with whatever has to be there beside it, is fine.
fn legal<'a>(
    c: &'a mut Corpus,
    place: Place,
    property: &Property,
    value: &Val,
    id: &str,
    about: &str,
) -> &'a mut Vector {
    let bytes = [company_wire(place, property.id), wire(property, value)].concat();
    let mut names = company_named(place, property.id);
    names.push(named(property, value));
    c.valid(id, about, block(place, &bytes).bytes(), packet(place, names))
        .direction(property_direction(place, property.id))
        .section(&property_section(place, property.id))
}

/// A single property whose value is refused; `at` counts from the value's first byte.
fn bad_value<'a>(
    c: &'a mut Corpus,
    place: Place,
    property: &Property,
    value: &[u8],
    malformed: bool,
    at: usize,
    (id, about): (&str, &str),
) -> &'a mut Vector {
    let company = company_wire(place, property.id);
    let bytes = [&company[..], &[property.id], value].concat();
    let block = block(place, &bytes);
    let offset = block.offset(company.len() + 1 + at);
    let vector = if malformed {
        c.malformed(id, about, block.bytes(), property.name, offset)
    } else {
        c.protocol_error(id, about, block.bytes(), property.name, offset)
    };
    vector.direction(property_direction(place, property.id)).section(&property_section(place, property.id))
}

pub(crate) fn all(c: &mut Corpus) {
    for place in Place::ALL {
        c.file(place.file());
        identifiers(c, place);
        twice(c, place);
        for property in PROPERTIES.iter().filter(|property| property.allowed_in(place)) {
            limits(c, place, property);
            cuts(c, place, property);
            contents(c, place, property);
        }
        lengths(c, place);
        together(c, place);
        cut_blocks(c, place);
    }
    sides(c);
    needs(c);
    big_blocks(c);
}

/// Every identifier of one byte in every place.
fn identifiers(c: &mut Corpus, place: Place) {
    for id in 0..=127u8 {
        let known = PROPERTIES.iter().find(|property| property.id == id);
        let name = format!("identifier-{id:02x}");
        if let Some(property) = known
            && property.allowed_in(place)
        {
            c.family("property-legal");
            let about = format!("{} is allowed in {}.", property.name, place.name());
            let vector = legal(c, place, property, &sample(property), &name, &about);
            if id == 38 {
                vector.covers(&["1.5.7-1"]);
            }
            continue;
        }
        let company = company_wire(place, id);
        let (family, about, bytes) = match known {
            Some(property) => (
                "property-misplaced",
                format!("{} is not a property of {}.", property.name, place.name()),
                wire(property, &sample(property)),
            ),
            None => {
                ("property-undefined", format!("The property identifier {id} is not defined."), vec![id, 0])
            }
        };
        c.family(family);
        let block = block(place, &[&company[..], &bytes].concat());
        c.malformed(&name, &about, block.bytes(), "Property Identifier", block.offset(company.len()))
            .direction(direction(place))
            .section("2.2.2.2")
            .covers(&["4.13.1-1"]);
    }
    let company = company_wire(place, 0);
    c.family("property-undefined");
    for (name, about, bytes) in [
        ("identifier-80-01", "A property identifier of two bytes, 128, is not defined.", &[0x80u8, 0x01][..]),
        (
            "identifier-four-bytes",
            "The largest property identifier is not defined.",
            &[0xFF, 0xFF, 0xFF, 0x7F],
        ),
        (
            "identifier-five-bytes",
            "A property identifier of five bytes is no Variable Byte Integer.",
            &[0x80, 0x80, 0x80, 0x80, 0x01],
        ),
        ("identifier-cut", "A property identifier that the block's end cuts off.", &[0x80]),
    ] {
        let block = block(place, &[&company[..], bytes].concat());
        c.malformed(name, about, block.bytes(), "Property Identifier", block.offset(company.len()))
            .direction(direction(place))
            .section("2.2.2.2");
    }
    // User Property is allowed everywhere, so only the length of its identifier is at stake.
    let pair = find(38);
    let overlong = [&company[..], &[0xA6, 0x00], &wire_value(pair, &sample(pair))].concat();
    let block = block(place, &overlong);
    let offset = block.offset(company.len());
    c.malformed(
        "identifier-overlong",
        "A property identifier in more bytes than it needs.",
        block.bytes(),
        "Property Identifier",
        offset,
    )
    .choice()
    .direction(direction(place))
    .section("1.5.5")
    .covers(&["1.5.5-1"])
    .flag("overlong-varint");
}

/// Every legal property twice.
fn twice(c: &mut Corpus, place: Place) {
    c.family("property-twice");
    for property in PROPERTIES.iter().filter(|property| property.allowed_in(place)) {
        let company = company_wire(place, property.id);
        let value = sample(property);
        let once = wire(property, &value);
        let name = format!("{}-twice", property.slug());
        let block = block(place, &[&company[..], &once, &once].concat());
        if property.repeats_in(place) {
            let mut names = company_named(place, property.id);
            names.extend([named(property, &value), named(property, &value)]);
            let about = format!("{} may stand in {} more than once.", property.name, place.name());
            c.valid(&name, &about, block.bytes(), packet(place, names))
                .direction(property_direction(place, property.id))
                .section(&property_section(place, property.id));
            continue;
        }
        let about = format!("{} stands in {} twice.", property.name, place.name());
        let offset = block.offset(company.len() + once.len());
        let unprinted = place == Place::Publish && matches!(property.id, 1 | 2);
        let vector = c
            .protocol_error(&name, &about, block.bytes(), property.name, offset)
            .direction(property_direction(place, property.id))
            .section(&property_section(place, property.id));
        if unprinted {
            vector.choice().codes(&[0x82, 0x81]);
        }
        if place == Place::Connect && property.id == 21 {
            vector.covers(&["3.1.4-1"]);
        }
    }
}

/// Values at their limits and beyond.
fn limits(c: &mut Corpus, place: Place, property: &Property) {
    c.family("property-values");
    let slug = property.slug();
    let numbers: &[u32] = match property.kind {
        Kind::Bool => &[0, 1, 2, 3, 127, 128, 254, 255],
        Kind::U16 => &[0, 1, 255, 256, 32_767, 32_768, 65_534, 65_535],
        Kind::U32 => &[0, 1, 65_535, 65_536, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF],
        Kind::VarInt => &[0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_454, 268_435_455],
        _ => &[],
    };
    for number in numbers {
        let name = format!("{slug}-{number}");
        let refused = match property.kind {
            Kind::Bool => *number > 1,
            _ => *number == 0 && matches!(property.id, 11 | 33 | 35 | 39),
        };
        if !refused {
            let about = format!("{} {number} is within its range.", property.name);
            legal(c, place, property, &Val::Number(*number), &name, &about);
            continue;
        }
        let about = format!("{} {number} is outside its range.", property.name);
        let value = wire_value(property, &Val::Number(*number));
        let vector = bad_value(c, place, property, &value, false, 0, (&name, &about));
        match property.id {
            // No reaction is printed for an indicator that is neither 0 nor 1.
            1 => {
                vector.choice().codes(&[0x82, 0x81]);
            }
            35 => {
                vector.codes(&[0x94]).covers(&["3.3.2-8"]);
            }
            _ => {}
        }
    }
    if property.kind == Kind::VarInt {
        for width in 2..=4 {
            let about = format!("{} 1 in {width} bytes instead of one.", property.name);
            let name = format!("{slug}-overlong-{width}");
            bad_value(c, place, property, &varint_of_width(1, width), true, 0, (&name, &about))
                .choice()
                .section("1.5.5")
                .covers(&["1.5.5-1"])
                .flag("overlong-varint");
        }
        let about = format!("{} in five bytes is no Variable Byte Integer.", property.name);
        let name = format!("{slug}-five-bytes");
        bad_value(c, place, property, &[0x80, 0x80, 0x80, 0x80, 0x01], true, 0, (&name, &about))
            .section("1.5.5");
    }
    let sizes = [0usize, 1, 127, 128, 65_534, 65_535];
    match property.kind {
        Kind::Text | Kind::Binary => {
            for size in sizes {
                let name = format!("{slug}-{size}-bytes");
                if size == 0 && property.id == 8 {
                    let about = "An empty Response Topic is no Topic Name.";
                    bad_value(c, place, property, &field(b""), false, 0, (&name, about))
                        .should()
                        .codes(&[0x82, 0x81, 0x90])
                        .covers(&["4.7.3-1"]);
                    continue;
                }
                let about = format!("{} of {size} bytes.", property.name);
                let value = Val::Content(vec![b'x'; size]);
                let vector = legal(c, place, property, &value, &name, &about);
                // Empty, but then they name nothing.
                if size == 0 && matches!(property.id, 18 | 21 | 28) {
                    vector.choice();
                }
            }
        }
        Kind::Pair => {
            for (name, about, left, right) in [
                ("both-empty", "A User Property of two empty strings.", 0, 0),
                ("empty-name", "A User Property with an empty name.", 0, 1),
                ("empty-value", "A User Property with an empty value.", 1, 0),
                ("longest-name", "A User Property with the longest name.", 65_535, 1),
                ("longest-value", "A User Property with the longest value.", 1, 65_535),
                ("longest", "The longest User Property.", 65_535, 65_535),
            ] {
                let value = Val::Pair(vec![b'n'; left], vec![b'v'; right]);
                legal(c, place, property, &value, &format!("{slug}-{name}"), about);
            }
        }
        _ => {}
    }
}

/// A value that the block's end cuts off, at every point; lengths inside the value that lie.
fn cuts(c: &mut Corpus, place: Place, property: &Property) {
    c.family("property-cuts");
    let slug = property.slug();
    let value = wire_value(property, &sample(property));
    for kept in 0..value.len() {
        let about =
            format!("{} with {kept} of its {} bytes before the block ends.", property.name, value.len());
        let name = format!("{slug}-cut-{kept}");
        bad_value(c, place, property, &value[..kept], true, 0, (&name, &about)).section("2.2.2.2");
    }
    c.family("lengths");
    match property.kind {
        Kind::Text | Kind::Binary => {
            let about = format!("{} claims one byte more than there is.", property.name);
            let name = format!("{slug}-length-one-long");
            bad_value(c, place, property, &field_claiming(3, b"az"), true, 0, (&name, &about))
                .section("2.2.2.2");
            let company = company_wire(place, property.id);
            let bytes = [&company[..], &[property.id], &field_claiming(1, b"az")].concat();
            let block = block(place, &bytes);
            let about = format!("{} claims one byte less; the rest is no property.", property.name);
            let name = format!("{slug}-length-one-short");
            let offset = block.offset(company.len() + 4);
            c.malformed(&name, &about, block.bytes(), "Property Identifier", offset)
                .direction(property_direction(place, property.id))
                .section("2.2.2.2");
        }
        Kind::Pair => {
            for (name, about, value) in [
                (
                    "name-length-one-long",
                    "The name of a User Property claims one byte more, which breaks the value's length.",
                    [field_claiming(2, b"k"), field(b"z")].concat(),
                ),
                (
                    "value-length-one-long",
                    "The value of a User Property claims one byte more than there is.",
                    [field(b"k"), field_claiming(2, b"z")].concat(),
                ),
            ] {
                // The name one byte longer swallows a NUL, which is refused before anything else.
                let (at, field_offset) = if name.starts_with("name") { (3, true) } else { (0, false) };
                let vector =
                    bad_value(c, place, property, &value, true, at, (&format!("{slug}-{name}"), about));
                vector.section("1.5.7").covers(&["1.5.7-1"]);
                if field_offset {
                    vector.covers(&["1.5.4-2"]);
                }
            }
        }
        _ => {}
    }
}

/// What strings may contain.
fn contents(c: &mut Corpus, place: Place, property: &Property) {
    c.family("property-text");
    let slug = property.slug();
    let fine: Vec<Text> =
        fine_texts().into_iter().filter(|text| ["u-feff-first", "u-10fffd"].contains(&&*text.name)).collect();
    let wrong: Vec<Text> = wrong_texts()
        .into_iter()
        .filter(|text| {
            ["nul-inside", "overlong-2-slash", "surrogate-d800", "lone-lead-3-at-end"].contains(&&*text.name)
        })
        .collect();
    let extra: &[&str] = match (place, property.id) {
        (Place::Publish, 8) => &["3.3.2-13"],
        (Place::Publish, 3) => &["3.3.2-19"],
        (_, 38) => &["1.5.7-1"],
        _ => &[],
    };
    let mut good: Vec<(String, String, Val)> = Vec::new();
    let mut bad: Vec<(String, String, Vec<u8>, usize)> = Vec::new();
    match property.kind {
        Kind::Text => {
            for text in &fine {
                let name = format!("{slug}-{}", text.name);
                good.push((name, text.about.clone(), Val::Content(text.bytes.clone())));
            }
            for text in &wrong {
                let name = format!("{slug}-{}", text.name);
                bad.push((name, text.about.clone(), field(&text.bytes), 2 + text.wrong));
            }
        }
        Kind::Pair => {
            for text in &fine {
                let name = format!("{slug}-name-{}", text.name);
                good.push((name, text.about.clone(), Val::Pair(text.bytes.clone(), b"v".to_vec())));
                let name = format!("{slug}-value-{}", text.name);
                good.push((name, text.about.clone(), Val::Pair(b"k".to_vec(), text.bytes.clone())));
            }
            for text in &wrong {
                let name = format!("{slug}-name-{}", text.name);
                let value = [field(&text.bytes), field(b"v")].concat();
                bad.push((name, format!("{}, in the name", text.about), value, 2 + text.wrong));
                let name = format!("{slug}-value-{}", text.name);
                let value = [field(b"k"), field(&text.bytes)].concat();
                bad.push((name, format!("{}, in the value", text.about), value, 5 + text.wrong));
            }
        }
        Kind::Binary => {
            for text in &wrong {
                let name = format!("{slug}-{}", text.name);
                let about = format!("Binary data need not be text: {}", text.about);
                good.push((name, about, Val::Content(text.bytes.clone())));
            }
        }
        _ => {}
    }
    for (name, about, value) in good {
        let about = format!("{}: {about}.", property.name);
        legal(c, place, property, &value, &name, &about).covers(extra);
    }
    for (name, about, value, at) in bad {
        let statement = if name.contains("nul-inside") { "1.5.4-2" } else { "1.5.4-1" };
        let about = format!("{}: {about}.", property.name);
        bad_value(c, place, property, &value, true, at, (&name, &about)).covers(&[statement]).covers(extra);
    }
    if property.id == 8 {
        for (name, topic, index) in [("hash", "a/#", 2), ("plus", "+/a", 0), ("plus-glued", "a+b", 1)] {
            let about = format!("A Response Topic with a wildcard: {topic}.");
            let name = format!("{slug}-wildcard-{name}");
            let vector =
                bad_value(c, place, property, &field(topic.as_bytes()), true, 2 + index, (&name, &about));
            vector.codes(&[0x81, 0x82, 0x90]).covers(&["4.7.0-1"]);
            if place == Place::Publish {
                vector.covers(&["3.3.2-14"]);
            } else {
                vector.should();
            }
        }
    }
}

/// The length of the block: absent, zero, too short, too long, over-long.
fn lengths(c: &mut Corpus, place: Place) {
    let way = direction(place);
    let name = place.length_field();
    c.family("property-length");
    let property = if place == Place::Auth { find(21) } else { find(38) };
    let block_bytes = wire(property, &sample(property));
    if place != Place::Auth {
        let empty = block(place, &[]);
        let bytes = empty.bytes();
        let vector = c
            .valid(
                "length-zero",
                "No properties, said by a length of zero.",
                bytes,
                packet(place, Vec::new()),
            )
            .direction(way)
            .section("2.2.2.1")
            .covers(&["2.2.2-1"]);
        match place {
            Place::PubAck | Place::PubRec | Place::PubRel | Place::PubComp => {
                let first = empty.bytes()[0];
                vector.canonical(vec![first, 2, 0, 10]);
            }
            Place::Disconnect => {
                vector.canonical(vec![0xE0, 0]);
            }
            _ => {}
        }
    }
    let short = block_claiming(place, &varint(block_bytes.len() - 1), &block_bytes);
    c.malformed(
        "length-one-short",
        "The Property Length is one too small: the last property runs past it.",
        short.bytes(),
        property.name,
        short.offset(1),
    )
    .direction(way)
    .section("2.2.2.1");
    let long = block_claiming(place, &varint(block_bytes.len() + 1), &block_bytes);
    let follows = !after(place).is_empty();
    let (field, offset) =
        if follows { ("Property Identifier", long.end_offset()) } else { (name, long.length_offset()) };
    c.malformed(
        "length-one-long",
        if follows {
            "The Property Length is one too large: the next field is taken for a property."
        } else {
            "The Property Length is one too large: it runs past the packet's end."
        },
        long.bytes(),
        field,
        offset,
    )
    .direction(way)
    .section("2.2.2.1");
    for (id, about, length) in [
        ("length-127", "A Property Length far beyond the packet's end.", varint(127)),
        ("length-largest", "The largest Property Length.", varint(268_435_455)),
        ("length-five-bytes", "A Property Length of five bytes.", vec![0x80, 0x80, 0x80, 0x80, 0x01]),
    ] {
        let bad = block_claiming(place, &length, &block_bytes);
        c.malformed(id, about, bad.bytes(), name, bad.length_offset()).direction(way).section("2.2.2.1");
    }
    for width in 2..=4 {
        let bad = block_claiming(place, &varint_of_width(block_bytes.len(), width), &block_bytes);
        c.malformed(
            &format!("length-overlong-{width}"),
            &format!("A Property Length in {width} bytes instead of one."),
            bad.bytes(),
            name,
            bad.length_offset(),
        )
        .choice()
        .direction(way)
        .section("1.5.5")
        .covers(&["1.5.5-1"])
        .flag("overlong-varint");
    }
    let cut = before(place).raw(&[0x80]);
    c.malformed(
        "length-cut",
        "The packet ends within the Property Length.",
        cut.frame(),
        name,
        cut.offset(cut.here() - 1),
    )
    .direction(way)
    .section("2.2.2.1");
    let without = before(place);
    let short_form =
        matches!(place, Place::PubAck | Place::PubRec | Place::PubRel | Place::PubComp | Place::Disconnect);
    if !short_form {
        c.malformed(
            "length-missing",
            "The packet ends where the Property Length should be.",
            without.frame(),
            name,
            without.offset(without.here()),
        )
        .direction(way)
        .section("2.2.2.1")
        .covers(&["2.2.2-1"])
        .codes(if place == Place::Auth { &[0x81, 0x82] } else { &[0x81] });
    }
}

/// All properties of a place in one block, and orders.
fn together(c: &mut Corpus, place: Place) {
    c.family("property-together");
    let legal: Vec<&Property> = PROPERTIES.iter().filter(|property| property.allowed_in(place)).collect();
    let directions: &[(Direction, &str, &[u8])] = match place {
        Place::Disconnect => {
            &[(Direction::ToServer, "-by-client", &[28]), (Direction::ToClient, "-by-server", &[17])]
        }
        Place::Publish => &[(Direction::Any, "-by-client", &[11]), (Direction::ToClient, "-by-server", &[])],
        _ => &[(Direction::Any, "", &[])],
    };
    for (way, suffix, without) in directions {
        let way = if *way == Direction::Any { direction(place) } else { *way };
        let legal: Vec<&&Property> =
            legal.iter().filter(|property| !without.contains(&property.id)).collect();
        for (name, about, backwards) in [
            ("all", "Every property that may stand here.", false),
            ("all-backwards", "Every property that may stand here, in the opposite order.", true),
        ] {
            let mut list = legal.clone();
            if backwards {
                list.reverse();
            }
            let bytes: Vec<u8> = list.iter().flat_map(|property| wire(property, &sample(property))).collect();
            let names = list.iter().map(|property| named(property, &sample(property))).collect();
            c.valid(&format!("{name}{suffix}"), about, block(place, &bytes).bytes(), packet(place, names))
                .direction(way)
                .section(place.section());
        }
    }
    let pair = find(38);
    let several: Vec<Val> = [("b", "1"), ("a", "2"), ("b", "3"), ("b", "3"), ("", "")]
        .iter()
        .map(|(name, value)| Val::Pair(name.as_bytes().to_vec(), value.as_bytes().to_vec()))
        .collect();
    let company = company_wire(place, 38);
    let mut names = company_named(place, 38);
    names.extend(several.iter().map(|value| named(pair, value)));
    let bytes = [company, several.iter().flat_map(|value| wire(pair, value)).collect()].concat();
    let vector = c
        .valid(
            "user-properties-in-order",
            "User Properties keep their order, and a name may come again.",
            block(place, &bytes).bytes(),
            packet(place, names),
        )
        .direction(direction(place))
        .section(&property_section(place, 38));
    match place {
        Place::Publish => {
            vector.covers(&["3.3.2-18"]);
        }
        Place::Will => {
            vector.covers(&["3.1.3-10"]);
        }
        _ => {}
    }
    // Something else between User Properties, wherever anything else is allowed.
    if let Some(other) = legal.iter().find(|property| property.id != 38 && property.id != 22)
        && place != Place::Disconnect
    {
        let one = Val::Pair(b"a".to_vec(), b"1".to_vec());
        let two = Val::Pair(b"a".to_vec(), b"2".to_vec());
        let bytes = [wire(pair, &one), wire(other, &sample(other)), wire(pair, &two)].concat();
        let names = vec![named(pair, &one), named(other, &sample(other)), named(pair, &two)];
        c.valid(
            "user-properties-apart",
            "User Properties need not stand together.",
            block(place, &bytes).bytes(),
            packet(place, names),
        )
        .direction(property_direction(place, other.id))
        .section("2.2.2.2");
    }
}

/// Packets that end inside their property block, at every byte of it.
fn cut_blocks(c: &mut Corpus, place: Place) {
    c.family("cuts");
    let way = direction(place);
    let bytes: Vec<u8> = PROPERTIES
        .iter()
        .filter(|property| property.allowed_in(place) && property_direction(place, property.id) == way)
        .flat_map(|property| wire(property, &sample(property)))
        .collect();
    let whole = block(place, &bytes);
    let body = &whole.body.bytes;
    for kept in whole.length_at + 1..whole.end {
        let about = format!("The packet ends after byte {} of its property block.", kept - whole.length_at);
        let bytes = frame(whole.bytes()[0], &body[..kept]);
        let offset = head(kept) + whole.length_at;
        c.malformed(
            &format!("block-cut-after-{}", kept - whole.length_at),
            &about,
            bytes,
            place.length_field(),
            offset,
        )
        .direction(way)
        .section("2.2.2.1");
    }
}

/// Properties that only one side may send, and those that need another.
fn sides(c: &mut Corpus) {
    c.family("direction");
    c.file(Place::Publish.file());
    let identifier = find(11);
    let from_client = block(Place::Publish, &wire(identifier, &Val::Number(1)));
    c.protocol_error(
        "subscription-identifier-from-client",
        "A Client's PUBLISH carries no Subscription Identifier.",
        from_client.bytes(),
        identifier.name,
        from_client.offset(0),
    )
    .direction(Direction::ToServer)
    .section("3.3.4")
    .covers(&["3.3.4-6"])
    .flag("needs-direction");
    let many: Vec<Val> = [1, 268_435_455, 128, 1].map(Val::Number).to_vec();
    let bytes: Vec<u8> = many.iter().flat_map(|value| wire(identifier, value)).collect();
    let names = many.iter().map(|value| named(identifier, value)).collect();
    c.valid(
        "subscription-identifiers-many",
        "A Server's PUBLISH names every matching subscription, some of them twice.",
        block(Place::Publish, &bytes).bytes(),
        packet(Place::Publish, names),
    )
    .direction(Direction::ToClient)
    .section("3.3.4")
    .covers(&["3.3.4-4", "3.3.4-3"]);

    c.file(Place::Disconnect.file());
    let expiry = find(17);
    let from_server = block(Place::Disconnect, &wire(expiry, &Val::Number(0)));
    c.protocol_error(
        "session-expiry-interval-from-server",
        "A Server's DISCONNECT carries no Session Expiry Interval.",
        from_server.bytes(),
        expiry.name,
        from_server.offset(0),
    )
    .direction(Direction::ToClient)
    .section("3.14.2.2.2")
    .covers(&["3.14.2-2"])
    .codes(&[0x82, 0x81])
    .flag("needs-direction");
    let reference = find(28);
    let from_client = block(Place::Disconnect, &wire(reference, &sample(reference)));
    c.protocol_error(
        "server-reference-from-client",
        "Server Reference is described as something that the Server sends.",
        from_client.bytes(),
        reference.name,
        from_client.offset(0),
    )
    .choice()
    .direction(Direction::ToServer)
    .section("3.14.2.2.5")
    .codes(&[0x82, 0x81])
    .flag("needs-direction");
}

/// Properties that another one needs, or that a packet does.
fn needs(c: &mut Corpus) {
    c.family("named-errors");
    c.file(Place::Connect.file());
    let (method, data) = (find(21), find(22));
    let alone = block(Place::Connect, &wire(data, &sample(data)));
    c.protocol_error(
        "authentication-data-without-method",
        "Authentication Data without an Authentication Method.",
        alone.bytes(),
        data.name,
        alone.offset(0),
    )
    .direction(Direction::ToServer)
    .section("3.1.2.11.10");
    let bytes = [wire(data, &sample(data)), wire(method, &sample(method))].concat();
    c.valid(
        "authentication-data-before-method",
        "Authentication Data may stand before the Authentication Method: order has no meaning.",
        block(Place::Connect, &bytes).bytes(),
        packet(Place::Connect, vec![named(data, &sample(data)), named(method, &sample(method))]),
    )
    .direction(Direction::ToServer)
    .section("2.2.2.2");
    c.file(Place::Auth.file());
    for (name, about, bytes) in [
        ("method-missing-no-properties", "AUTH without any property.", Vec::new()),
        ("method-missing-data-only", "AUTH with data but no method.", wire(data, &sample(data))),
        (
            "method-missing-user-property",
            "AUTH with a User Property but no method.",
            wire(find(38), &sample(find(38))),
        ),
    ] {
        let bad = block(Place::Auth, &bytes);
        c.protocol_error(name, about, bad.bytes(), method.name, bad.end_offset()).section("3.15.2.2.2");
    }
}

/// Property Lengths at the limits of the Variable Byte Integer.
fn big_blocks(c: &mut Corpus) {
    c.family("variable-byte-integers");
    c.file(Place::Publish.file());
    let pair = find(38);
    for size in [127usize, 128, 16_383, 16_384, 2_097_151, 2_097_152] {
        // A User Property with an empty name takes five bytes more than its value.
        let mut rest = size;
        let (mut bytes, mut names) = (Vec::new(), Vec::new());
        while rest > 0 {
            let take = if rest > 65_540 { 65_000 } else { rest };
            let value = Val::Pair(Vec::new(), vec![b'v'; take - 5]);
            bytes.extend(wire(pair, &value));
            names.push(named(pair, &value));
            rest -= take;
        }
        c.valid(
            &format!("length-{size}-bytes"),
            &format!("A property block of {size} bytes."),
            block(Place::Publish, &bytes).bytes(),
            packet(Place::Publish, names),
        )
        .section("1.5.5")
        .covers(&["1.5.5-1"]);
    }
}
