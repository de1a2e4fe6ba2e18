//! What a broker can do, as a list: what it says of itself, and what shows when it is tried.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use mqtt_codec::Version;
use serde::Serialize;

use super::explore::{Finding, try_all};
use super::probe::{ProbeError, probe};
use crate::config::Config;
use crate::transport::Connector;
use crate::tree::Packet;

/// One thing about a broker, and how it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Ability {
    /// What it is, for programs: `mqtt-5.0`, `qos-2`, `receive-maximum`.
    pub name: String,
    /// Whether the broker can do it, or how much of it.
    pub answer: Answer,
    /// How that is known.
    pub evidence: String,
}

/// An answer about a broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "who reads an answer has to treat each")]
pub enum Answer {
    /// It can.
    Yes,
    /// It cannot.
    No,
    /// Nothing shows it.
    Unknown,
    /// So much.
    #[serde(untagged)]
    Number(u64),
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Yes => f.write_str("yes"),
            Self::No => f.write_str("no"),
            Self::Unknown => f.write_str("unknown"),
            Self::Number(number) => number.fmt(f),
        }
    }
}

impl Ability {
    pub(super) fn new(name: impl Into<String>, answer: Answer, evidence: impl Into<String>) -> Self {
        Self { name: name.into(), answer, evidence: evidence.into() }
    }
}

/// What is yes or no in a CONNACK of 5.0: the name, the property, and its value if it is absent (5.0, 3.2.2.3).
const SAID: [(&str, &str, u64); 4] = [
    ("retain", "retain_available", 1),
    ("wildcard-subscriptions", "wildcard_subscription_available", 1),
    ("subscription-identifiers", "subscription_identifier_available", 1),
    ("shared-subscriptions", "shared_subscription_available", 1),
];

/// What is a number in a CONNACK of 5.0: the name, the property, and its value if it is absent. `None`: there is no limit then.
const NUMBERS: [(&str, &str, Option<u64>); 6] = [
    ("maximum-qos", "maximum_qos", Some(2)),
    ("receive-maximum", "receive_maximum", Some(65_535)),
    ("maximum-packet-size", "maximum_packet_size", None),
    ("topic-alias-maximum", "topic_alias_maximum", Some(0)),
    ("session-expiry-interval", "session_expiry_interval", None),
    ("server-keep-alive", "server_keep_alive", None),
];

/// Asks a broker what it is and tries what it has no words for: its versions, its CONNACK of 5.0, and what tests can need.
///
/// `config` gets to know what is missing, as before a run.
///
/// # Errors
///
/// When the broker cannot be reached, or takes no client in any version.
pub async fn abilities<C: Connector>(connector: &C, config: &mut Config) -> Result<Vec<Ability>, ProbeError> {
    let mut found = Vec::new();
    let mut spoken = BTreeMap::new();
    let mut refused = None;
    for version in Version::ALL {
        let name = format!("mqtt-{version}");
        match probe(connector, version, config).await {
            Ok(probe) => {
                found.push(Ability::new(name, Answer::Yes, "a CONNECT is accepted"));
                spoken.insert(version, probe.connack.clone());
                probe.apply(config);
            }
            Err(error) if error.is_about_version() => {
                config.missing_versions.insert(version, error.to_string());
                found.push(Ability::new(name, Answer::No, error.to_string()));
                refused = Some(error);
            }
            Err(error) => return Err(error),
        }
    }
    if let (true, Some(error)) = (spoken.is_empty(), refused) {
        return Err(error);
    }
    if let Some(connack) = spoken.get(&Version::V5) {
        found.extend(said(connack));
    }
    let versions: BTreeSet<Version> = spoken.into_keys().collect();
    for Finding { capability, version, lacks, shown } in try_all(connector, &versions, config).await {
        let answer = match (&lacks, shown) {
            (Some(_), _) => Answer::No,
            (None, true) => Answer::Yes,
            (None, false) => Answer::Unknown,
        };
        let evidence = match lacks {
            Some(reason) => format!("tried in MQTT {version}: {reason}"),
            None if shown => format!("tried in MQTT {version}"),
            None => format!("tried in MQTT {version}, without an answer"),
        };
        found.push(Ability::new(capability, answer, evidence));
    }
    Ok(found)
}

/// What the CONNACK of 5.0 says, and what it means that it says nothing.
fn said(connack: &Packet) -> Vec<Ability> {
    let words = |property: &str, value: Option<u64>| match value {
        Some(value) => format!("CONNACK of MQTT 5.0: {property}={value}"),
        None => format!("CONNACK of MQTT 5.0 without {property}"),
    };
    let flags = SAID.map(|(name, property, usual)| {
        let value = connack.property_number(property);
        let answer = if value.unwrap_or(usual) == 1 { Answer::Yes } else { Answer::No };
        Ability::new(name, answer, words(property, value))
    });
    let numbers = NUMBERS.into_iter().filter_map(|(name, property, usual)| {
        let value = connack.property_number(property);
        Some(Ability::new(name, Answer::Number(value.or(usual)?), words(property, value)))
    });
    numbers.chain(flags).collect()
}
