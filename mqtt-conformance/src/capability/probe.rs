//! A first visit to a broker: is it there, does it speak MQTT, and what does it say it can do?

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use bytes::BytesMut;
use mqtt_codec::{AnyDecoder, DecodeError, DecodeOptions, Decoded, Frame, Sender, Version};
use serde_json::{Value as Tree, json};
use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::config::{Bound, Config};
use crate::script::{Login, Time};
use crate::transport::Connector;
use crate::tree::{from_tree, to_tree};

/// What a broker answered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Probe {
    /// The CONNACK.
    pub connack: Tree,
    /// The capabilities that it denies, each with the reason to show: for [`Config::missing`].
    pub missing: BTreeMap<String, String>,
    /// The longest packet that it takes, if it says so: for [`Config::bounds`].
    pub maximum_packet_size: Option<Bound>,
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
        #[source]
        error: DecodeError,
    },
    /// A CONNACK, but not one that the standard allows in this version. The rest may still be asked.
    #[error("the broker's CONNACK of MQTT {version} is malformed: {error}")]
    BadConnAck {
        /// The version.
        version: Version,
        /// What the codec finds wrong.
        #[source]
        error: DecodeError,
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

/// Connects once in a version, reads the CONNACK, and disconnects.
///
/// # Errors
///
/// When the broker is not there, does not speak this version, or refuses.
pub async fn probe<C: Connector>(
    connector: &C,
    version: Version,
    config: &Config,
) -> Result<Probe, ProbeError> {
    let limit = config.connect_timeout;
    let mut stream = match timeout(limit, connector.connect(0)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(ProbeError::Unreachable(error)),
        Err(_) => return Err(ProbeError::NoConnection(limit)),
    };
    let mut connect =
        json!({"type": "connect", "keep_alive": 60, "client_id": config.client_prefix("probe")});
    if let Some(members) = connect.as_object_mut() {
        members.extend(config.login(Login::Usual));
    }
    let mut bytes = BytesMut::new();
    if let Ok(packet) = from_tree(&connect, version) {
        let _ = packet.encode_to(&mut bytes);
    }
    stream.write_all(&bytes).await.map_err(ProbeError::Broken)?;
    stream.flush().await.map_err(ProbeError::Broken)?;
    let answer = timeout(config.step_deadline, answer(&mut stream, version)).await;
    let connack = answer.map_err(|_| ProbeError::NoAnswer(config.step_deadline))??;
    let code = connack.get("reason").or_else(|| connack.get("return_code")).and_then(Tree::as_u64);
    match code {
        _ if connack.get("type") != Some(&Tree::from("connack")) => {
            let line = crate::script::packet_line("probe", crate::script::Direction::Received, &connack);
            return Err(ProbeError::NotConnAck(line));
        }
        Some(0) => {}
        code => return Err(ProbeError::Refused { version, code: code.unwrap_or_default() }),
    }
    let _ = stream.write_all(&[0xe0, 0x00]).await;
    let _ = stream.shutdown().await;
    let missing = denied(&connack, version);
    let maximum_packet_size = property(&connack, "maximum_packet_size")
        .and_then(|size| u32::try_from(size).ok())
        .map(|size| Bound::new(size, "the broker's CONNACK"));
    Ok(Probe { connack, missing, maximum_packet_size })
}

async fn answer(stream: &mut (impl AsyncReadExt + Unpin), version: Version) -> Result<Tree, ProbeError> {
    answer_from(stream, &mut BytesMut::new(), version).await
}

/// The next packet. What was read behind it stays in the buffer.
pub(super) async fn answer_from(
    stream: &mut (impl AsyncReadExt + Unpin),
    buffer: &mut BytesMut,
    version: Version,
) -> Result<Tree, ProbeError> {
    let options = DecodeOptions::new().sender(Sender::Server).max_packet_size(1 << 20);
    let decoder = AnyDecoder::with_options(version, options);
    loop {
        // The decoder takes away what it refuses, and the message is to show it.
        let mut seen = buffer.clone();
        match decoder.decode_shared(buffer) {
            Ok(Decoded::Complete { value, .. }) => return Ok(to_tree(&value.to_packet())),
            Ok(Decoded::Incomplete { .. }) => {}
            Err(error) => {
                if let Some(refusal) = old_refusal(&seen, version) {
                    return Ok(refusal);
                }
                // A little more of it, so that the message shows what it is.
                let _ = timeout(Duration::from_millis(50), stream.read_buf(&mut seen)).await;
                return Err(if is_connack(&seen, version) {
                    ProbeError::BadConnAck { version, error }
                } else {
                    ProbeError::NotMqtt { text: shown(&seen), error }
                });
            }
        }
        if stream.read_buf(buffer).await.map_err(ProbeError::Broken)? == 0 {
            return Err(ProbeError::Closed(version));
        }
    }
}

/// A refusal in the form of 3.1.1, by a broker that has never heard of 5.0 [3.1.1/MQTT-3.1.2-2].
fn old_refusal(bytes: &[u8], version: Version) -> Option<Tree> {
    if version != Version::V5 {
        return None;
    }
    let packet = AnyDecoder::new(Version::V3_1_1).decode(bytes).ok()?.complete()?;
    let tree = to_tree(&packet);
    tree.get("return_code").and_then(Tree::as_u64).is_some_and(|code| code != 0).then_some(tree)
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

/// A property of the CONNACK.
pub(super) fn property(connack: &Tree, name: &str) -> Option<u64> {
    let all = connack.get("properties").and_then(Tree::as_array)?;
    all.iter().find_map(|p| p.get(name)).and_then(Tree::as_u64)
}

/// What the CONNACK of 5.0 denies; 3.x has no words for it.
fn denied(connack: &Tree, version: Version) -> BTreeMap<String, String> {
    let mut missing = BTreeMap::new();
    if version != Version::V5 {
        return missing;
    }
    let property = |name: &str| property(connack, name);
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
