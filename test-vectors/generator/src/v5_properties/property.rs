//! A property with a value, on the wire and by name.

use serde_json::{Value, json};

use crate::tables::{Kind, PROPERTIES, Place, Property};
use crate::vector::text;
use crate::wire::{field, varint};

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

pub(super) fn wire_value(property: &Property, value: &Val) -> Vec<u8> {
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

pub(super) fn company_wire(place: Place, id: u8) -> Vec<u8> {
    company(place, id).iter().flat_map(|(property, value)| wire(property, value)).collect()
}

pub(super) fn company_named(place: Place, id: u8) -> Vec<Value> {
    company(place, id).iter().map(|(property, value)| named(property, value)).collect()
}
