//! Values at their limits and beyond, cut off, and what strings may contain.

use super::property::{Val, company_wire, sample, wire_value};
use super::small::{block, property_direction};
use super::{bad_value, legal};
use crate::tables::{Kind, Place, Property};
use crate::texts::{Text, fine_texts, wrong_texts};
use crate::vector::Corpus;
use crate::wire::{field, field_claiming, varint_of_width};

/// Values at their limits and beyond.
pub(super) fn limits(c: &mut Corpus, place: Place, property: &Property) {
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
pub(super) fn cuts(c: &mut Corpus, place: Place, property: &Property) {
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
pub(super) fn contents(c: &mut Corpus, place: Place, property: &Property) {
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
