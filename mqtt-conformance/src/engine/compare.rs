//! A packet held against what was expected, field by field and byte by byte.

use mqtt_codec::Version;
use serde_json::Value as Tree;

use super::outcome::Compared;
use crate::script::ast::{Field, Value, ValueKind};
use crate::script::{Variables, describe_value, eval, match_fields, value_text};
use crate::tree::{Packet, from_tree, to_tree};

/// What differs between a packet and an expectation of its type.
#[derive(Debug, Default)]
pub(super) struct Difference {
    /// The first difference, in words.
    pub(super) text: Option<String>,
    /// Every field that was expected.
    pub(super) fields: Vec<Compared>,
    /// The first byte that is not as expected.
    pub(super) byte: Option<usize>,
}

/// Holds a packet against the fields that were expected of its type.
pub(super) fn compare(
    fields: &[Field],
    packet: &Packet,
    variables: &Variables,
    version: Version,
) -> Difference {
    let mut difference = Difference::default();
    let mut wanted = packet.values().clone();
    for field in fields {
        let name = field.name.text.as_str();
        let found = packet.get(name);
        let mismatch =
            match_fields(std::slice::from_ref(field), packet.values(), &mut variables.clone()).err();
        difference.fields.push(Compared {
            name: name.to_owned(),
            expected: match &field.value.kind {
                // The names that verbs give to what they capture are not of the language.
                ValueKind::Capture(capture) if capture.contains(' ') => "*".to_owned(),
                _ => describe_value(&field.value, name, variables),
            },
            got: found.map(|found| value_text(name, found)),
            holds: mismatch.is_none(),
        });
        if let Some(mismatch) = mismatch {
            difference.text.get_or_insert_with(|| mismatch.to_string());
            if let Some(value) = merged(&field.value, name, found, variables) {
                wanted[name] = value;
            }
        }
    }
    difference.byte = first_difference(packet.values(), &wanted, version);
    difference
}

/// The value as it was expected, with whatever else came left as it is; `None` where the expectation is no one value.
fn merged(pattern: &Value, name: &str, found: Option<&Tree>, variables: &Variables) -> Option<Tree> {
    match &pattern.kind {
        ValueKind::List { items, .. } if name == "properties" => {
            let mut properties = found?.as_array()?.clone();
            for item in items {
                let ValueKind::Member(field) = &item.kind else { return None };
                let name = &field.name.text;
                let place = properties.iter_mut().find_map(|property| property.get_mut(name));
                match (place, eval(&field.value, variables)) {
                    (Some(place), Ok(value)) => *place = value,
                    (None, Ok(value)) => {
                        properties.push(Tree::Object([(name.clone(), value)].into_iter().collect()));
                    }
                    (_, Err(_)) => {}
                }
            }
            Some(Tree::Array(properties))
        }
        ValueKind::Object(fields) => {
            let mut members = found?.as_object()?.clone();
            for field in fields {
                if let Some(value) =
                    merged(&field.value, &field.name.text, members.get(&field.name.text), variables)
                {
                    members.insert(field.name.text.clone(), value);
                }
            }
            Some(Tree::Object(members))
        }
        _ => eval(pattern, variables).ok(),
    }
}

/// The index in `packet` of the first byte that differs in `wanted`. That the lengths differ says nothing, so the Remaining
/// Length does not count.
fn first_difference(packet: &Tree, wanted: &Tree, version: Version) -> Option<usize> {
    let (packet, wanted) = (bytes(packet, version)?, bytes(wanted, version)?);
    if packet == wanted {
        return None;
    }
    let (head, body) = parts(&packet)?;
    let (wanted_head, wanted_body) = parts(&wanted)?;
    if head.first() != wanted_head.first() {
        return Some(0);
    }
    let alike = body.iter().zip(wanted_body).take_while(|(a, b)| a == b).count();
    Some(head.len() + alike)
}

fn bytes(tree: &Tree, version: Version) -> Option<Vec<u8>> {
    let packet = from_tree(tree, version).ok()?;
    let mut bytes = Vec::new();
    packet.encode_to(&mut bytes).ok()?;
    // Values that cannot stand in this packet are left out when it is read.
    (to_tree(&packet).get("type") == tree.get("type")).then_some(bytes)
}

/// The fixed header, and the rest.
fn parts(packet: &[u8]) -> Option<(&[u8], &[u8])> {
    let last_of_length = packet.iter().skip(1).position(|byte| byte & 0x80 == 0)? + 1;
    packet.split_at_checked(last_of_length + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::{self, Action, Expected};
    use serde_json::json;

    fn check(expectation: &str, values: &Tree, fields: &[(&str, bool)], byte: Option<usize>) {
        let text = format!("# Test.\nversion: 5.0\n\nopen it\n---\nit < {expectation}\n");
        let tests = script::expand(&script::parse("test.mqs", &text).unwrap(), "a/test.mqs").unwrap();
        let step = tests[0].steps.last().unwrap();
        let Action::Expect { expected: Expected::Packet { fields: wanted, .. }, .. } = &step.action else {
            panic!("{step:?}")
        };
        let packet = Packet::try_from(values.clone()).unwrap();
        let difference = compare(wanted, &packet, &Variables::default(), Version::V5);
        let held: Vec<_> = difference.fields.iter().map(|f| (f.name.as_str(), f.holds)).collect();
        assert_eq!((held.as_slice(), difference.byte), (fields, byte), "{expectation}: {difference:?}");
    }

    #[test]
    fn every_field_is_held_against_what_came() {
        let publish = json!({"type": "publish", "dup": false, "qos": 1, "retain": false, "topic": "ab", "packet_id": 7,
                             "properties": [{"content_type": "x"}], "payload": "hello"});
        // 32 len | 00 02 61 62 | 00 07 | 04 03 00 01 78 | 68 65 6c 6c 6f
        check(
            "PUBLISH topic=\"ab\" payload=\"help!\"",
            &publish,
            &[("topic", true), ("payload", false)],
            Some(16),
        );
        check(
            "PUBLISH topic=\"ac\" packet_id=7",
            &publish,
            &[("topic", false), ("packet_id", true)],
            Some(5),
        );
        check("PUBLISH qos=1 retain=true", &publish, &[("qos", true), ("retain", false)], Some(0));
        check("PUBLISH properties=[content_type=\"y\"]", &publish, &[("properties", false)], Some(12));
        check("PUBLISH payload=\"hello world\"", &publish, &[("payload", false)], Some(18));
    }

    #[test]
    fn a_set_of_values_has_no_bytes() {
        let puback = json!({"type": "puback", "packet_id": 7, "reason": 0x87, "properties": []});
        check(
            "PUBACK packet_id=7 reason=0x00|0x10",
            &puback,
            &[("packet_id", true), ("reason", false)],
            None,
        );
        check(
            "PUBACK packet_id=8 reason=0x00|0x10",
            &puback,
            &[("packet_id", false), ("reason", false)],
            Some(3),
        );
    }
}
