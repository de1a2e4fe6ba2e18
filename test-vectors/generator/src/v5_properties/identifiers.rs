//! Every identifier in every place, once and twice.

use super::legal;
use super::property::{company_named, company_wire, find, named, sample, wire, wire_value};
use super::small::{block, direction, packet, property_direction};
use crate::tables::{PROPERTIES, Place, property_section};
use crate::vector::Corpus;

/// Every identifier of one byte in every place.
pub(super) fn identifiers(c: &mut Corpus, place: Place) {
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
pub(super) fn twice(c: &mut Corpus, place: Place) {
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
