//! MQTT 5.0 property blocks: every property in every place, legal or not, once and twice, at its limits
//! and beyond them, and block lengths that lie.

#![expect(clippy::too_many_lines, reason = "a table is as long as what it lists")]

mod blocks;
mod identifiers;
mod property;
mod rules;
mod small;
mod values;

use crate::tables::{PROPERTIES, Place, Property, property_section};
use crate::vector::{Corpus, Vector};
use blocks::{big_blocks, cut_blocks, lengths, together};
use identifiers::{identifiers, twice};
use property::{company_named, company_wire};
use rules::{needs, sides};
use small::{block, packet, property_direction};
use values::{contents, cuts, limits};

pub(crate) use property::{Val, find, named, sample, wire};
pub(crate) use small::direction;

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
