//! What came from the broker, and what is wrong with it.

use bytes::Bytes;
use mqtt_codec::{DecodeError, PacketType};
use tokio::time::Instant;

use crate::engine::outcome::Malformed;
use crate::script::{Direction, bytes_line, packet_line};
use crate::tree::Packet;

/// Something that came and that no step has taken yet.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    /// When it came.
    pub(super) at: Instant,
    /// Where it stands in the transcript.
    pub(super) entry: usize,
    pub(super) what: Incoming,
}

/// What a connection has received.
#[derive(Clone, Debug)]
pub(super) enum Incoming {
    Packet(Packet),
    Malformed(Bytes, DecodeError),
    /// A packet that breaks what this client was promised, and how.
    Forbidden(Packet, String),
    /// What is no MQTT on this transport, and how.
    Misframed(String),
    Closed {
        rest: Bytes,
        error: Option<String>,
    },
}

/// What is wrong with what came, whatever the script expects.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    Malformed(Malformed),
    Forbidden(String),
}

/// What came in the place of what was expected, in words.
#[derive(Clone, Debug)]
pub(super) struct Got {
    pub(super) text: String,
    pub(super) fault: Option<Fault>,
    /// Where it stands in the transcript.
    pub(super) entry: Option<usize>,
}

impl Got {
    /// Nothing that stands in the transcript.
    pub(super) const fn words(text: String) -> Self {
        Self { text, fault: None, entry: None }
    }
}

impl Incoming {
    /// A PUBLISH.
    pub(super) fn is_message(&self) -> bool {
        matches!(self, Self::Packet(packet) if packet.is(PacketType::Publish))
    }

    /// A CONNACK that refuses for want of room: the server is unavailable or busy, a quota or the rate of connections is exceeded.
    pub(super) fn is_full(&self) -> bool {
        const CODES: [u64; 5] = [0x03, 0x88, 0x89, 0x97, 0x9f];
        matches!(self, Self::Packet(packet) if packet.is(PacketType::ConnAck)
            && packet.code().is_some_and(|code| CODES.contains(&code)))
    }
}

impl Waiting {
    /// In words, and what is wrong with it whatever the script expects.
    pub(super) fn describe(&self, name: &str) -> Got {
        let received = |packet: &Packet| shortened(packet_line(name, Direction::Received, packet.values()));
        let (text, fault) = match &self.what {
            Incoming::Packet(packet) => (received(packet), None),
            Incoming::Malformed(bytes, error) => {
                (describe_malformed(name, bytes, error), Some(Fault::Malformed(error.into())))
            }
            Incoming::Forbidden(packet, how) => {
                (format!("{}: {how}", received(packet)), Some(Fault::Forbidden(how.clone())))
            }
            Incoming::Misframed(how) => (format!("{name}: {how}"), Some(Fault::Forbidden(how.clone()))),
            Incoming::Closed { rest, error } => {
                let mut text = format!("{name} < closed");
                if !rest.is_empty() {
                    let rest = bytes_line(name, Direction::Received, head(rest));
                    text = format!("{text} in the middle of a packet: {rest}");
                }
                if let Some(error) = error {
                    text = format!("{text} ({error})");
                }
                (text, None)
            }
        };
        Got { text, fault, entry: Some(self.entry) }
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
