//! Packets as lines of the language: what a trace shows can be pasted into a script.

use std::fmt::Write as _;

use serde_json::Value as Tree;

use super::format::{write_escaped, write_hex};
use super::generate;
use crate::tree::bytes_from;

/// Which way a packet went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "there are two ways")]
pub enum Direction {
    /// `>`: the tool sent it.
    Sent,
    /// `<`: the broker sent it.
    Received,
}

impl Direction {
    /// The arrow of the language.
    pub const fn arrow(self) -> char {
        match self {
            Self::Sent => '>',
            Self::Received => '<',
        }
    }
}

/// A packet as a line of the language: `sub < PUBLISH dup=false qos=1 …`.
///
/// Text and bytes that are longer than 64 and come from a generator are written as that generator.
///
/// ```
/// use mqtt_conformance::script::{Direction, packet_line};
///
/// let tree = serde_json::json!({"type": "puback", "packet_id": 7, "reason": 16, "properties": []});
/// let line = packet_line("pub", Direction::Received, &tree);
/// assert_eq!(line, "pub < PUBACK packet_id=7 reason=0x10 properties=[]");
/// ```
pub fn packet_line(connection: &str, direction: Direction, packet: &Tree) -> String {
    let name = packet.get("type").and_then(Tree::as_str).unwrap_or("?").to_uppercase();
    let mut line = format!("{connection} {} {name}", direction.arrow());
    for (field, value) in packet.as_object().into_iter().flatten() {
        if field != "type" {
            let _ = write!(line, " {field}={}", value_text(field, value));
        }
    }
    line
}

/// Bytes as a line of the language: `sub > hex "30 00"`.
pub fn bytes_line(connection: &str, direction: Direction, bytes: &[u8]) -> String {
    let mut line = format!("{connection} {} ", direction.arrow());
    let _ = write_hex(&mut line, bytes);
    line
}

/// The value of a field as the language writes it.
pub fn value_text(field: &str, value: &Tree) -> String {
    let mut out = String::new();
    write_value(&mut out, field, value);
    out
}

fn write_value(out: &mut String, field: &str, value: &Tree) {
    let code = matches!(field, "reason" | "reasons" | "return_code" | "return_codes");
    match value {
        Tree::Number(n) => {
            let _ = match n.as_u64() {
                Some(n) if code => write!(out, "{n:#04x}"),
                _ => write!(out, "{n}"),
            };
        }
        Tree::String(text) => write_text(out, text),
        Tree::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                match (field, item) {
                    ("properties", Tree::Object(members)) => {
                        for (name, value) in members {
                            let _ = write!(out, "{name}=");
                            write_value(out, name, value);
                        }
                    }
                    _ => write_value(out, field, item),
                }
            }
            out.push(']');
        }
        Tree::Object(members) => write_object(out, value, members),
        Tree::Bool(_) | Tree::Null => {
            let _ = write!(out, "{value}");
        }
    }
}

fn write_object(out: &mut String, tree: &Tree, members: &serde_json::Map<String, Tree>) {
    let long = members.contains_key("repeat");
    if let (true, Ok(bytes)) = (long || members.contains_key("hex"), bytes_from(tree)) {
        let _ = match bytes.first() {
            _ if bytes.len() > 64 && bytes == generate::bytes(bytes.len()) => {
                write!(out, "bytes({})", bytes.len())
            }
            Some(first) if long && bytes.iter().all(|b| b == first) => {
                write!(out, "repeat({}, {})", unit(*first), bytes.len())
            }
            _ => write_hex(out, &bytes),
        };
        return;
    }
    out.push('{');
    for (i, (name, value)) in members.iter().enumerate() {
        let gap = if i > 0 { " " } else { "" };
        let _ = write!(out, "{gap}{name}=");
        write_value(out, name, value);
    }
    out.push('}');
}

fn write_text(out: &mut String, text: &str) {
    let bytes = text.as_bytes();
    if let (true, Some(first)) = (bytes.len() > 64, bytes.first()) {
        if text == generate::letters(text.len()) {
            let _ = write!(out, "text({})", text.len());
            return;
        }
        if bytes == generate::bytes(bytes.len()) {
            let _ = write!(out, "bytes({})", bytes.len());
            return;
        }
        if bytes.iter().all(|b| b == first) {
            let _ = write!(out, "repeat({}, {})", unit(*first), text.len());
            return;
        }
    }
    out.push('"');
    let _ = write_escaped(out, text);
    out.push('"');
}

/// One byte as a value: as text if it can be read.
fn unit(byte: u8) -> String {
    let mut out = String::new();
    if byte.is_ascii_graphic() || byte == b' ' {
        out.push('"');
        let _ = write_escaped(&mut out, char::from(byte).encode_utf8(&mut [0; 4]));
        out.push('"');
    } else {
        let _ = write_hex(&mut out, &[byte]);
    }
    out
}
