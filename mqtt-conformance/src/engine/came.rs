//! What came from the broker, and what is wrong with it.

use bytes::Bytes;
use mqtt_codec::DecodeError;
use serde_json::Value as Tree;

use crate::script::{Direction, bytes_line, packet_line};

/// What a connection has received.
#[derive(Clone, Debug)]
pub(super) enum Came {
    Packet(Tree),
    Malformed(Bytes, DecodeError),
    /// A packet that breaks what this client was promised, and how.
    Forbidden(Tree, String),
    /// What is no MQTT on this transport, and how.
    Misframed(String),
    Closed {
        rest: Bytes,
        error: Option<String>,
    },
}

/// What is wrong with what came, whatever the script asks.
pub(super) enum Fault {
    Malformed(DecodeError),
    Forbidden(String),
}

impl Came {
    /// In words, and what is wrong with it whatever the script asks.
    pub(super) fn describe(&self, name: &str) -> (String, Option<Fault>) {
        match self {
            Self::Packet(tree) => (shortened(packet_line(name, Direction::Received, tree)), None),
            Self::Malformed(bytes, error) => {
                (describe_malformed(name, bytes, error), Some(Fault::Malformed(*error)))
            }
            Self::Forbidden(tree, how) => {
                let line = shortened(packet_line(name, Direction::Received, tree));
                (format!("{line}: {how}"), Some(Fault::Forbidden(how.clone())))
            }
            Self::Misframed(how) => (format!("{name}: {how}"), Some(Fault::Forbidden(how.clone()))),
            Self::Closed { rest, error } => {
                let mut text = format!("{name} < closed");
                if !rest.is_empty() {
                    text = format!(
                        "{text} in the middle of a packet: {}",
                        bytes_line(name, Direction::Received, head(rest))
                    );
                }
                if let Some(error) = error {
                    text = format!("{text} ({error})");
                }
                (text, None)
            }
        }
    }
}

fn describe_malformed(name: &str, bytes: &Bytes, error: &DecodeError) -> String {
    let more =
        if bytes.len() > head(bytes).len() { format!(" … {} bytes", bytes.len()) } else { String::new() };
    format!("{}{more}: {error}", bytes_line(name, Direction::Received, head(bytes)))
}

/// Enough of a line for a message; the transcript has all of it.
pub(super) fn shortened(line: String) -> String {
    const ENOUGH: usize = 1000;
    match line.char_indices().nth(ENOUGH) {
        Some((end, _)) => format!("{} … {} characters", line.get(..end).unwrap_or(""), line.chars().count()),
        None => line,
    }
}

/// Enough bytes for a message.
fn head(bytes: &[u8]) -> &[u8] {
    bytes.get(..64).unwrap_or(bytes)
}
