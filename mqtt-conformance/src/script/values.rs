//! What a value means: the tree it stands for when it is sent, and whether a tree that came fits it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use serde_json::{Map, Value as Tree};

use super::ast::{Field, Piece, Value, ValueKind};
use super::generate;
use super::trace::value_text;
use crate::tree::{bytes_from, bytes_value};

/// The variables of a running test: those of the header, `t` and `c`, counters, captures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Variables {
    values: BTreeMap<String, Tree>,
}

impl Variables {
    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&Tree> {
        self.values.get(name)
    }

    /// Gives a variable a value, in place of the one it has.
    pub fn set(&mut self, name: impl Into<String>, value: Tree) {
        self.values.insert(name.into(), value);
    }
}

/// A value that stands for nothing that could be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvalError {
    /// The variable has no value yet.
    #[error("there is no variable `{0}` here")]
    Unknown(String),
    /// The variable cannot stand in the middle of a text.
    #[error("`{0}` is neither text nor a number, so it cannot stand in a text")]
    NotText(String),
    /// The value is a set of values.
    #[error("`{0}` says what may come; it cannot be sent")]
    Pattern(String),
    /// Not a length.
    #[error("`{0}` is not a length")]
    NotALength(String),
    /// More than a value may stand for.
    #[error("more than {MAX_VALUE} bytes are too much for the values of one packet")]
    TooLarge,
}

/// The most bytes that the values of one packet may stand for, about: no packet has room for more.
pub(super) const MAX_VALUE: usize = 268_435_455;

/// The tree that a value stands for.
///
/// # Errors
///
/// An unknown variable, a value such as `*` that only makes sense in an expectation, or one that stands for more than
/// a packet has room for.
pub fn eval(value: &Value, variables: &Variables) -> Result<Tree, EvalError> {
    fits([value], variables)?;
    build(value, variables)
}

/// Whether values together stand for no more than is allowed; nothing is built to find out.
fn fits<'v>(values: impl IntoIterator<Item = &'v Value>, variables: &Variables) -> Result<(), EvalError> {
    let known = |name: &str| variables.get(name).map(Cow::Borrowed);
    let total = values.into_iter().fold(0, |sum: usize, value| sum.saturating_add(weight(value, &known)));
    if total > MAX_VALUE { Err(EvalError::TooLarge) } else { Ok(()) }
}

/// About how many bytes a value stands for; what is not known weighs nothing.
pub(super) fn weight<'t>(value: &Value, known: &impl Fn(&str) -> Option<Cow<'t, Tree>>) -> usize {
    let all = |values: &mut dyn Iterator<Item = &Value>| {
        values.fold(0, |sum: usize, value| sum.saturating_add(8).saturating_add(weight(value, known)))
    };
    let times = |count: &Value| {
        let number = match &count.kind {
            ValueKind::Number { value, .. } => Some(*value),
            ValueKind::Variable(name) => known(name).and_then(|tree| tree.as_u64()),
            _ => None,
        };
        number.map_or(0, |number| usize::try_from(number).unwrap_or(usize::MAX))
    };
    match &value.kind {
        ValueKind::Text(pieces) => pieces.iter().fold(0, |sum: usize, piece| {
            sum.saturating_add(match piece {
                Piece::Plain(text) => text.len(),
                Piece::Hole(name, _) => known(name).map_or(0, |tree| tree_weight(&tree)),
            })
        }),
        ValueKind::Hex(bytes) => bytes.len(),
        ValueKind::Bytes(count) | ValueKind::Letters(count) => times(count).max(weight(count, known)),
        ValueKind::Copies(what, count) => {
            weight(what, known).max(1).saturating_mul(times(count)).max(weight(count, known))
        }
        ValueKind::List { items, .. } | ValueKind::OneOf(items) => all(&mut items.iter()),
        ValueKind::Object(fields) => all(&mut fields.iter().map(|field| &field.value)),
        ValueKind::Member(field) => weight(&field.value, known),
        ValueKind::Variable(name) => known(name).map_or(0, |tree| tree_weight(&tree)),
        ValueKind::Number { .. }
        | ValueKind::Flag(_)
        | ValueKind::Version(_)
        | ValueKind::Capture(_)
        | ValueKind::Any
        | ValueKind::Absent
        | ValueKind::Range(..) => 8,
    }
}

/// About how many bytes a tree stands for.
fn tree_weight(tree: &Tree) -> usize {
    match tree {
        Tree::String(text) => text.len(),
        Tree::Array(items) => items.iter().map(|item| tree_weight(item) + 8).sum(),
        // One of the forms for bytes.
        Tree::Object(members) => match (members.get("hex"), members.get("count").and_then(Tree::as_u64)) {
            (Some(Tree::String(digits)), _) => digits.len() / 2,
            (_, Some(count)) => usize::try_from(count).unwrap_or(usize::MAX),
            _ => members.values().map(|member| tree_weight(member) + 8).sum(),
        },
        Tree::Null | Tree::Bool(_) | Tree::Number(_) => 8,
    }
}

fn build(value: &Value, variables: &Variables) -> Result<Tree, EvalError> {
    Ok(match &value.kind {
        ValueKind::Number { value, .. } => Tree::from(*value),
        ValueKind::Flag(flag) => Tree::from(*flag),
        ValueKind::Version(version) => Tree::from(version.name()),
        ValueKind::Text(pieces) => Tree::from(interpolate(pieces, variables)?),
        ValueKind::Hex(bytes) => bytes_value(bytes),
        ValueKind::Bytes(n) => bytes_value(&generate::bytes(length(n, variables)?)),
        ValueKind::Letters(n) => Tree::from(generate::letters(length(n, variables)?)),
        ValueKind::Copies(what, n) => {
            let unit = build(what, variables)?;
            let unit = tree_bytes(&unit).ok_or_else(|| EvalError::NotText(what.to_string()))?;
            bytes_value(&unit.repeat(length(n, variables)?))
        }
        ValueKind::List { only: false, items } => {
            Tree::Array(items.iter().map(|item| build(item, variables)).collect::<Result<_, _>>()?)
        }
        ValueKind::Object(fields) => Tree::Object(build_fields(fields, variables)?),
        ValueKind::Member(field) => Tree::Object(build_fields(std::slice::from_ref(&**field), variables)?),
        ValueKind::Variable(name) => {
            variables.get(name).cloned().ok_or_else(|| EvalError::Unknown(name.clone()))?
        }
        ValueKind::List { only: true, .. }
        | ValueKind::Capture(_)
        | ValueKind::Any
        | ValueKind::Absent
        | ValueKind::Range(..)
        | ValueKind::OneOf(_) => return Err(EvalError::Pattern(value.to_string())),
    })
}

/// The members that fields stand for, in their order.
///
/// # Errors
///
/// As [`eval`].
pub fn eval_fields(fields: &[Field], variables: &Variables) -> Result<Map<String, Tree>, EvalError> {
    fits(fields.iter().map(|field| &field.value), variables)?;
    build_fields(fields, variables)
}

fn build_fields(fields: &[Field], variables: &Variables) -> Result<Map<String, Tree>, EvalError> {
    fields.iter().map(|f| Ok((f.name.text.clone(), build(&f.value, variables)?))).collect()
}

/// The bytes of values, one after the other, each read as by [`eval_bytes`].
///
/// # Errors
///
/// As [`eval_bytes`].
pub fn eval_parts(parts: &[Value], variables: &Variables) -> Result<Vec<u8>, EvalError> {
    fits(parts, variables)?;
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend(eval_bytes(part, variables)?);
    }
    Ok(bytes)
}

/// The bytes of a value: of text its UTF-8, of a number one byte. This is how raw bytes and patches are read.
///
/// # Errors
///
/// As [`eval`], and for lists, flags and numbers above 255.
pub fn eval_bytes(value: &Value, variables: &Variables) -> Result<Vec<u8>, EvalError> {
    let tree = eval(value, variables)?;
    if let Some(byte) = tree.as_u64().and_then(|n| u8::try_from(n).ok()) {
        return Ok(vec![byte]);
    }
    let bytes = tree_bytes(&tree).ok_or_else(|| EvalError::NotText(value.to_string()))?;
    Ok(bytes.to_vec())
}

/// The number that a value stands for.
///
/// # Errors
///
/// As [`eval`], and for anything but a number.
pub fn eval_count(value: &Value, variables: &Variables) -> Result<u64, EvalError> {
    eval(value, variables)?.as_u64().ok_or_else(|| EvalError::NotALength(value.to_string()))
}

fn length(value: &Value, variables: &Variables) -> Result<usize, EvalError> {
    let n = eval_count(value, variables)?;
    usize::try_from(n).map_err(|_| EvalError::NotALength(value.to_string()))
}

fn interpolate(pieces: &[Piece], variables: &Variables) -> Result<String, EvalError> {
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Plain(text) => out.push_str(text),
            Piece::Hole(name, _) => match variables.get(name) {
                Some(Tree::String(text)) => out.push_str(text),
                Some(tree @ (Tree::Number(_) | Tree::Bool(_))) => out.push_str(&tree.to_string()),
                Some(tree) => {
                    let bytes = tree_bytes(tree).ok_or_else(|| EvalError::NotText(name.clone()))?;
                    let text = std::str::from_utf8(&bytes).map_err(|_| EvalError::NotText(name.clone()))?;
                    out.push_str(text);
                }
                None => return Err(EvalError::Unknown(name.clone())),
            },
        }
    }
    Ok(out)
}

/// The bytes of a text or of one of the forms for bytes; `None` for any other tree.
fn tree_bytes(tree: &Tree) -> Option<Bytes> {
    match tree {
        Tree::String(_) | Tree::Object(_) => bytes_from(tree).ok(),
        _ => None,
    }
}

/// The first field of a packet that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mismatch {
    /// Which field, from the outside in: `properties.content_type`.
    pub field: String,
    /// What was expected, in the language, with the variables filled in.
    pub expected: String,
    /// What came, in the language; `None` if the field is absent.
    pub got: Option<String>,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, expected, got } = self;
        match got {
            Some(got) => write!(f, "{field} is {got}, expected {expected}"),
            None => write!(f, "{field} is absent, expected {expected}"),
        }
    }
}

/// Whether the members of a packet are as the fields say. Members that no field names are free.
///
/// Captures take their values only if everything matches.
///
/// # Errors
///
/// The first field that does not match.
pub fn match_fields(fields: &[Field], packet: &Tree, variables: &mut Variables) -> Result<(), Mismatch> {
    let mut trial = variables.clone();
    for field in fields {
        let name = &field.name.text;
        matches(&field.value, packet.get(name), name, name, &mut trial)?;
    }
    *variables = trial;
    Ok(())
}

/// Whether one value is as the pattern says.
///
/// # Errors
///
/// What differs.
pub fn match_value(
    pattern: &Value,
    name: &str,
    actual: Option<&Tree>,
    variables: &mut Variables,
) -> Result<(), Mismatch> {
    matches(pattern, actual, name, name, variables)
}

fn matches(
    pattern: &Value,
    actual: Option<&Tree>,
    name: &str,
    path: &str,
    variables: &mut Variables,
) -> Result<(), Mismatch> {
    let differs = |variables: &Variables| Mismatch {
        field: path.to_owned(),
        expected: describe_value(pattern, name, variables),
        got: actual.map(|tree| value_text(name, tree)),
    };
    let Some(tree) = actual else {
        let allowed = match &pattern.kind {
            ValueKind::Absent => true,
            ValueKind::OneOf(choices) => choices.iter().any(|c| matches!(c.kind, ValueKind::Absent)),
            _ => false,
        };
        return if allowed { Ok(()) } else { Err(differs(variables)) };
    };
    match &pattern.kind {
        ValueKind::Absent => Err(differs(variables)),
        ValueKind::Any => Ok(()),
        ValueKind::Capture(capture) => {
            variables.set(capture.clone(), tree.clone());
            Ok(())
        }
        ValueKind::Range(low, high) => match tree.as_u64() {
            Some(n) if (*low..=*high).contains(&n) => Ok(()),
            _ => Err(differs(variables)),
        },
        ValueKind::OneOf(choices) => {
            for choice in choices {
                if matches(choice, actual, name, path, variables).is_ok() {
                    return Ok(());
                }
            }
            Err(differs(variables))
        }
        ValueKind::List { only, items } => {
            let Some(found) = tree.as_array() else {
                return Err(differs(variables));
            };
            if name == "properties" {
                return match_properties(*only, items, found, path, variables);
            }
            if items.len() != found.len() {
                return Err(differs(variables));
            }
            for (item, one) in items.iter().zip(found) {
                if matches(item, Some(one), name, path, variables).is_err() {
                    return Err(differs(variables));
                }
            }
            Ok(())
        }
        ValueKind::Object(fields) => {
            for Field { name, value } in fields {
                let path = format!("{path}.{}", name.text);
                matches(value, tree.get(&name.text), &name.text, &path, variables)?;
            }
            Ok(())
        }
        ValueKind::Member(field) => {
            matches(&field.value, tree.get(&field.name.text), &field.name.text, path, variables)
        }
        _ => match eval(pattern, variables) {
            Ok(expected) if same(&expected, tree) => Ok(()),
            _ => Err(differs(variables)),
        },
    }
}

/// What a server may add to a packet by itself: properties that tell about it, or that say what is so without them. Sections
/// 3.3.2.3.2 and 3.3.2.3.3, and the statements on User Properties, bind what was received.
fn may_be_added(property: &Tree) -> bool {
    const FREE: [&str; 4] = ["user_property", "message_expiry_interval", "reason_string", "topic_alias"];
    FREE.iter().any(|name| property.get(name).is_some())
        || property.get("payload_format_indicator").is_some_and(|value| *value == 0)
}

/// Every wanted property is there, in the wanted order among those of one name; with `only`, nothing else is but what a server
/// may add.
fn match_properties(
    only: bool,
    wanted: &[Value],
    found: &[Tree],
    path: &str,
    variables: &mut Variables,
) -> Result<(), Mismatch> {
    let mut used = vec![false; found.len()];
    for item in wanted {
        let ValueKind::Member(field) = &item.kind else {
            return Err(Mismatch {
                field: path.to_owned(),
                expected: item.to_string(),
                got: Some(value_text("properties", &Tree::Array(found.to_vec()))),
            });
        };
        let name = field.name.text.as_str();
        let path = format!("{path}.{name}");
        let mut first = None;
        let mut matched = None;
        let from = used
            .iter()
            .enumerate()
            .filter(|(i, used)| **used && found.get(*i).is_some_and(|t| t.get(name).is_some()))
            .map(|(i, _)| i + 1)
            .max()
            .unwrap_or(0);
        for (i, tree) in found.iter().enumerate().skip(from) {
            let Some(value) = tree.get(name) else {
                continue;
            };
            first = first.or(Some(value));
            if matches(&field.value, Some(value), name, &path, variables).is_ok() {
                matched = Some(i);
                break;
            }
        }
        match matched {
            Some(i) => used[i] = true,
            // One that is there, but before its turn.
            None if first.is_none() && from > 0 && !matches!(field.value.kind, ValueKind::Absent) => {
                return Err(Mismatch {
                    field: path,
                    expected: format!("{} behind it", describe_value(&field.value, name, variables)),
                    got: from
                        .checked_sub(1)
                        .and_then(|i| found.get(i)?.get(name))
                        .map(|t| value_text(name, t)),
                });
            }
            None => matches(&field.value, first, name, &path, variables)?,
        }
    }
    match used.iter().zip(found).position(|(used, property)| !used && !may_be_added(property)) {
        Some(i) if only => Err(Mismatch {
            field: path.to_owned(),
            expected: "nothing more".to_owned(),
            got: Some(value_text("properties", &Tree::Array(found.get(i).cloned().into_iter().collect()))),
        }),
        _ => Ok(()),
    }
}

/// Equal, whichever way bytes are written.
fn same(expected: &Tree, actual: &Tree) -> bool {
    if expected == actual {
        return true;
    }
    match (expected, actual) {
        (Tree::Array(a), Tree::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        _ => matches!((tree_bytes(expected), tree_bytes(actual)), (Some(a), Some(b)) if a == b),
    }
}

/// The pattern in the language, with what is known filled in.
pub fn describe_value(pattern: &Value, name: &str, variables: &Variables) -> String {
    match (&pattern.kind, eval(pattern, variables)) {
        (ValueKind::Number { .. } | ValueKind::Bytes(_) | ValueKind::Letters(_), _) | (_, Err(_)) => {
            pattern.to_string()
        }
        (_, Ok(tree)) => value_text(name, &tree),
    }
}

/// What is wrong with sending this value, if anything: a set of values in it.
pub(super) fn not_sendable(value: &Value) -> Option<&Value> {
    match &value.kind {
        ValueKind::Capture(_)
        | ValueKind::Any
        | ValueKind::Absent
        | ValueKind::Range(..)
        | ValueKind::OneOf(_)
        | ValueKind::List { only: true, .. } => Some(value),
        ValueKind::List { items, .. } => items.iter().find_map(not_sendable),
        ValueKind::Object(fields) => fields.iter().find_map(|f| not_sendable(&f.value)),
        ValueKind::Member(field) => not_sendable(&field.value),
        ValueKind::Bytes(n) | ValueKind::Letters(n) => not_sendable(n),
        ValueKind::Copies(what, n) => not_sendable(what).or_else(|| not_sendable(n)),
        _ => None,
    }
}
