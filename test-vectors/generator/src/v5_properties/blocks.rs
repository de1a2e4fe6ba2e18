//! Whole blocks: their lengths, true and false, and what stands in them together.

use super::property::{Val, company_named, company_wire, find, named, sample, wire};
use super::small::{after, before, block, block_claiming, direction, packet, property_direction};
use crate::tables::{PROPERTIES, Place, Property, property_section};
use crate::vector::{Corpus, Direction};
use crate::wire::{frame, head, varint, varint_of_width};

/// The length of the block: absent, zero, too short, too long, over-long.
pub(super) fn lengths(c: &mut Corpus, place: Place) {
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
pub(super) fn together(c: &mut Corpus, place: Place) {
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
pub(super) fn cut_blocks(c: &mut Corpus, place: Place) {
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

/// Property Lengths at the limits of the Variable Byte Integer.
pub(super) fn big_blocks(c: &mut Corpus) {
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
