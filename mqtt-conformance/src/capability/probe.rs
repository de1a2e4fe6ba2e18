//! A first connection to a broker: is it there, does it speak MQTT, and what does it say it can do?

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use mqtt_codec::{Decoded, Frame, PacketType, Version};
use thiserror::Error;

use super::attempt::Attempt;
use crate::config::{Bound, Config};
use crate::engine::{Execution, Malformed, Stop, TraceEvent};
use crate::script::Time;
use crate::transport::Connector;
use crate::tree::Packet;

/// What a broker answered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Probe {
    /// The CONNACK.
    pub connack: Packet,
    /// The capabilities that it denies, each with the reason to show: for [`Config::missing`].
    pub missing: BTreeMap<String, String>,
    /// The longest packet that it takes, if it says so: for [`Config::bounds`].
    pub maximum_packet_size: Option<Bound>,
    /// A topic of the broker's own, on which it sent a message to a client that had subscribed to nothing.
    pub own_topic: Option<String>,
}

impl Probe {
    /// Tells a run what the broker denies, and how far it goes.
    pub fn apply(self, config: &mut Config) {
        config.missing.extend(self.missing);
        let smaller = |known: &Bound, found: &Bound| known.limit <= found.limit;
        if let Some(found) = self.maximum_packet_size
            && !config.bounds.packet_size.as_ref().is_some_and(|known| smaller(known, &found))
        {
            config.bounds.packet_size = Some(found);
        }
    }
}

/// Why nothing can be tested.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProbeError {
    /// No connection.
    #[error("cannot connect: {0}")]
    Unreachable(#[source] io::Error),
    /// Neither a connection nor a refusal.
    #[error("cannot connect: no answer for {}", Time::Exactly(*.0))]
    NoConnection(Duration),
    /// A connection, but no answer to the CONNECT.
    #[error("connected, but no answer to the CONNECT for {}", Time::Exactly(*.0))]
    NoAnswer(Duration),
    /// The other side closed without an answer: it does not speak this version, or no MQTT.
    #[error("the other side closed the connection without an answer to the CONNECT of MQTT {0}")]
    Closed(Version),
    /// The answer is no MQTT.
    #[error("the answer is not MQTT: {text} ({error})")]
    NotMqtt {
        /// The first bytes, as text where they are text.
        text: String,
        /// What the codec finds wrong.
        error: Malformed,
    },
    /// A CONNACK, but not one that the standard allows in this version. The rest may still be asked.
    #[error("the broker's CONNACK of MQTT {version} is malformed: {error}")]
    BadConnAck {
        /// The version.
        version: Version,
        /// What the codec finds wrong.
        error: Malformed,
    },
    /// MQTT, but no CONNACK.
    #[error("the answer to the CONNECT is not a CONNACK but {0}")]
    NotConnAck(String),
    /// The CONNACK refuses.
    #[error("the broker refuses the connection of MQTT {version} with code {code:#04x}")]
    Refused {
        /// The version.
        version: Version,
        /// The return code or reason code.
        code: u64,
    },
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(#[source] io::Error),
}

impl ProbeError {
    /// The broker is there, but does not speak this version; others may work.
    pub const fn is_about_version(&self) -> bool {
        matches!(self, Self::Closed(_) | Self::NoAnswer(_) | Self::Refused { code: 0x01 | 0x84, .. })
    }
}

/// Connects once in a version, reads what comes as far as the answer to a PINGREQ, and disconnects.
///
/// # Errors
///
/// When the broker is not there, does not speak this version, or refuses.
pub async fn probe<C: Connector>(
    connector: &C,
    version: Version,
    config: &Config,
) -> Result<Probe, ProbeError> {
    let silent = ProbeError::NoAnswer(config.step_deadline);
    let Some(attempt) = Attempt::of("connect", version, connector, config).await else { return Err(silent) };
    let answer = attempt.first().map(|entry| (entry.line(), entry.event.clone()));
    let own_topic = attempt.packet(PacketType::Publish).and_then(|packet| packet.text("topic"));
    let own_topic = own_topic.map(str::to_owned);
    let Execution { ended, broken, .. } = attempt.into_execution();
    if let Err(Stop::Unreachable { error, .. }) = ended {
        return Err(error.map_or(ProbeError::NoConnection(config.connect_timeout), ProbeError::Unreachable));
    }
    if let (None, Err(Stop::Beyond(text))) = (&answer, &ended) {
        return Err(ProbeError::Broken(io::Error::other(text.clone())));
    }
    if let Err(Stop::Unable(text)) = ended {
        return Err(ProbeError::Unreachable(io::Error::other(text)));
    }
    // Only a transport can break a rule before the first packet.
    if let (None, Err(Stop::Failed(failure))) = (&answer, &ended)
        && let Some(how) = &failure.forbidden
    {
        return Err(ProbeError::Broken(io::Error::other(how.clone())));
    }
    let Some((line, answer)) = answer else {
        return Err(broken.map_or(silent, ProbeError::Broken));
    };
    match answer {
        TraceEvent::Received { packet, .. } => {
            connack(packet, version, line).map(|found| Probe { own_topic, ..found })
        }
        TraceEvent::Malformed { malformed: error, bytes } if is_connack(bytes.as_slice(), version) => {
            Err(ProbeError::BadConnAck { version, error })
        }
        TraceEvent::Malformed { malformed: error, bytes } => {
            Err(ProbeError::NotMqtt { text: shown(bytes.as_slice()), error })
        }
        _ => Err(broken.map_or(ProbeError::Closed(version), ProbeError::Broken)),
    }
}

/// What the packet says that came in answer to a CONNECT; `line` shows it.
fn connack(packet: Packet, version: Version, line: String) -> Result<Probe, ProbeError> {
    if !packet.is(PacketType::ConnAck) {
        return Err(ProbeError::NotConnAck(line));
    }
    if let Some(code @ 1..) = packet.code() {
        return Err(ProbeError::Refused { version, code });
    }
    let missing = denied(&packet, version);
    let maximum_packet_size = packet
        .property_number("maximum_packet_size")
        .and_then(|size| u32::try_from(size).ok())
        .map(|size| Bound::new(size, "the broker's CONNACK"));
    Ok(Probe { connack: packet, missing, maximum_packet_size, own_topic: None })
}

/// Whether one whole packet came that calls itself a CONNACK, and looks like one as far as the Connect Acknowledge Flags.
fn is_connack(bytes: &[u8], version: Version) -> bool {
    let frame = Frame::take(bytes, version, 1 << 20).ok().and_then(Decoded::complete);
    frame.is_some_and(|frame| {
        frame.header().first_byte() == 0x20
            && frame.bytes().len() == bytes.len()
            && frame.body().first().is_some_and(|flags| *flags <= 1)
    })
}

/// The first bytes for a message: text if it looks like text, else hexadecimal.
fn shown(bytes: &[u8]) -> String {
    let head = bytes.get(..48).unwrap_or(bytes);
    let line = head.split(|b| *b == b'\r' || *b == b'\n').next().unwrap_or(head);
    match std::str::from_utf8(line) {
        Ok(text) if !text.is_empty() && !text.contains(char::is_control) => format!("`{text}`"),
        _ => head.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" "),
    }
}

/// What the CONNACK of 5.0 denies; 3.x has no words for it.
fn denied(connack: &Packet, version: Version) -> BTreeMap<String, String> {
    let mut missing = BTreeMap::new();
    if version != Version::V5 {
        return missing;
    }
    let property = |name: &str| connack.property_number(name);
    let mut deny = |capability: &str, name: &str, value: u64| {
        missing.insert(capability.to_owned(), format!("the broker's CONNACK says {name}={value}"));
    };
    if let Some(qos @ 0..=1) = property("maximum_qos") {
        deny("qos-2", "maximum_qos", qos);
        if qos == 0 {
            deny("qos-1", "maximum_qos", qos);
        }
    }
    for (capability, name) in [
        ("retain", "retain_available"),
        ("wildcard-subscriptions", "wildcard_subscription_available"),
        ("subscription-identifiers", "subscription_identifier_available"),
        ("shared-subscriptions", "shared_subscription_available"),
    ] {
        if property(name) == Some(0) {
            deny(capability, name, 0);
        }
    }
    if property("topic_alias_maximum").unwrap_or(0) == 0 {
        missing.insert("topic-alias".to_owned(), "the broker's CONNACK allows no topic alias".to_owned());
    }
    missing
}
