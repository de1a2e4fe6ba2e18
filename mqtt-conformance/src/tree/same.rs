//! Comparing packets as named values.

use std::borrow::Cow;

use serde_json::Value;

use super::bytes_from;

/// Whether two packets as named values mean the same: members in any order, and text or bytes in whichever of their forms.
#[must_use]
pub fn same(left: &Value, right: &Value) -> bool {
    difference(left, right).is_none()
}

/// Where two packets as named values first differ, such as `filters[1].qos`; empty when they are of different kinds.
#[must_use]
pub fn difference(left: &Value, right: &Value) -> Option<String> {
    differ(left, right, "")
}

fn differ(left: &Value, right: &Value, at: &str) -> Option<String> {
    // Also spares spelling out long bytes that are written alike.
    if left == right {
        return None;
    }
    match (left, right) {
        (Value::Array(l), Value::Array(r)) => {
            let found =
                l.iter().zip(r).enumerate().find_map(|(i, (l, r))| differ(l, r, &format!("{at}[{i}]")));
            found.or_else(|| (l.len() != r.len()).then(|| format!("{at}[{}]", l.len().min(r.len()))))
        }
        (Value::Number(l), Value::Number(r)) => (l.as_f64() != r.as_f64()).then(|| at.to_owned()),
        (Value::Bool(_) | Value::Null, _) => (left != right).then(|| at.to_owned()),
        _ => match (plain(left), plain(right)) {
            (Some(l), Some(r)) => (l != r).then(|| at.to_owned()),
            (None, None) => match (left, right) {
                (Value::Object(l), Value::Object(r)) => {
                    let path =
                        |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
                    let found = l.iter().find_map(|(name, l)| match r.get(name) {
                        Some(r) => differ(l, r, &path(name)),
                        None => Some(path(name)),
                    });
                    found.or_else(|| r.keys().find(|name| !l.contains_key(*name)).map(|name| path(name)))
                }
                _ => Some(at.to_owned()),
            },
            _ => Some(at.to_owned()),
        },
    }
}

/// The bytes that a value stands for, if it is one of the forms of text and bytes.
fn plain(value: &Value) -> Option<Cow<'_, [u8]>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text.as_bytes())),
        Value::Object(map) if map.contains_key("hex") || map.contains_key("repeat") => {
            bytes_from(value).ok().map(|bytes| Cow::Owned(bytes.to_vec()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn forms_of_bytes_are_the_same() {
        assert!(same(&json!({"payload": "aa"}), &json!({"payload": {"hex": "6161"}})));
        assert!(same(
            &json!({"payload": {"repeat": "61", "count": 2}}),
            &json!({"payload": {"hex": "61 61"}})
        ));
    }

    #[test]
    fn tells_where_values_differ() {
        let left = json!({"filters": [{"filter": "a", "qos": 1}, {"filter": "b", "qos": 1}]});
        let right = json!({"filters": [{"qos": 1, "filter": "a"}, {"filter": "b", "qos": 2}]});
        assert_eq!(difference(&left, &right).as_deref(), Some("filters[1].qos"));
        assert_eq!(difference(&json!({"a": 1}), &json!({"a": 1, "b": 2})).as_deref(), Some("b"));
        assert_eq!(difference(&json!({"a": [1]}), &json!({"a": [1, 2]})).as_deref(), Some("a[1]"));
        assert_eq!(difference(&json!({"a": "x"}), &json!({"a": 1})).as_deref(), Some("a"));
    }
}
