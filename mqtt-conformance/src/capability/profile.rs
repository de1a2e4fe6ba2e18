//! What a broker is documented to lack.
//!
//! MQTT 5.0 lets a broker say in its CONNACK what it cannot do; 3.x has no way to say it, and some limits have no way in any
//! version. A profile says it for the broker, from its documentation, so that tests of what is missing are skipped with a
//! reason.

use std::collections::BTreeMap;
use std::sync::Arc;

use mqtt_codec::{TopicName, Version};

use super::probe::Probe;
use crate::config::{Bound, Bounds, Config};
use crate::diagnostic::document::{Document, Placed, Table};
use crate::diagnostic::{Draft, Problem};
use crate::script::CAPABILITIES;

/// The profiles that came with the tool: name and text.
const BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/profiles.rs"));

/// What a broker is documented to lack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile {
    /// The broker.
    pub name: String,
    /// Who makes it.
    pub vendor: String,
    /// The documentation.
    pub source: Vec<String>,
    /// The day when the documentation was read.
    pub date: String,
    /// When it was checked against the running broker, and against which version.
    pub checked: Option<String>,
    /// The versions of MQTT that it speaks.
    pub versions: Vec<Version>,
    /// Capabilities that it lacks, with the reason.
    pub missing: BTreeMap<String, String>,
    /// How far it goes.
    pub limits: Limits,
}

/// How far a broker goes. A test that sends more is skipped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The limits that are numbers, by their names in the file.
    pub numbers: BTreeMap<String, u32>,
    /// The characters that a client identifier may have besides letters and digits.
    pub client_id_characters: Option<String>,
    /// What all topics must begin with.
    pub topic_prefix: Option<String>,
}

/// The limits that are numbers, each with its range and where it goes.
type Slot = fn(&mut Bounds) -> &mut Option<Bound>;
const NUMBERS: [(&str, u32, Option<Slot>); 8] = [
    ("max_packet_size", u32::MAX, Some(|bounds| &mut bounds.packet_size)),
    ("max_client_id_length", 65_535, Some(|bounds| &mut bounds.client_id_length)),
    ("max_topic_length", 65_535, Some(|bounds| &mut bounds.topic_length)),
    ("max_topic_levels", 65_535, Some(|bounds| &mut bounds.topic_levels)),
    ("max_filters", u32::MAX, Some(|bounds| &mut bounds.filters)),
    ("min_keep_alive", 65_535, Some(|bounds| &mut bounds.keep_alive_min)),
    ("max_keep_alive", 65_535, Some(|bounds| &mut bounds.keep_alive_max)),
    (CONNECTIONS_PER_SECOND, 1_000_000, None),
];
const CONNECTIONS_PER_SECOND: &str = "connections_per_second";

/// The capabilities that a CONNACK of 5.0 has words for.
const IN_CONNACK: &[&str] = &[
    "qos-1",
    "qos-2",
    "retain",
    "wildcard-subscriptions",
    "subscription-identifiers",
    "shared-subscriptions",
    "topic-alias",
];

/// The profiles that came with the tool: the name for `--profile`, and the text.
pub const fn built_in() -> &'static [(&'static str, &'static str)] {
    BUILT_IN
}

/// Reads a profile. `file` is the file's name in messages.
///
/// # Errors
///
/// Every mistake, with its place.
pub fn parse(file: &str, text: &str) -> Result<Profile, Vec<Problem>> {
    Document::read(file, &Arc::from(text), whole)
}

fn whole(table: &Table<'_>) -> Option<Profile> {
    table.allow(&["name", "vendor", "source", "date", "checked", "versions", "missing", "limits"]);
    let name = table.required("name", "AWS IoT Core");
    let vendor = table.required("vendor", "Amazon Web Services");
    let source = texts(table, "source", "https://docs.example.org/mqtt");
    let date = table.date("date");
    let checked = table.text("checked").map(|text| text.value.to_owned());
    let versions = texts(table, "versions", "5.0").into_iter().filter_map(|text| version(table, &text));
    let versions: Vec<Version> = versions.collect();
    let missing = table.table("missing", "[missing]").map(|table| missing(&table)).unwrap_or_default();
    let limits = table.table("limits", "[limits]").map(|table| limits(&table)).unwrap_or_default();
    Some(Profile {
        name: name?.value.to_owned(),
        vendor: vendor?.value.to_owned(),
        source: source.iter().map(|text| text.value.to_owned()).collect(),
        date: date?,
        checked,
        versions,
        missing,
        limits,
    })
}

/// A list that must have an entry.
fn texts<'t>(table: &Table<'t>, key: &str, example: &str) -> Vec<Placed<&'t str>> {
    let texts = table.texts(key);
    if texts.is_empty() {
        let draft = Draft::error(format!("the file lacks `{key}`"));
        table.complain(table.span(), draft.hint(format!("for example: {key} = [\"{example}\"]")));
    }
    texts
}

fn version(table: &Table<'_>, text: &Placed<&str>) -> Option<Version> {
    let version = text.value.parse().ok();
    if version.is_none() {
        let draft = Draft::error(format!("`{}` is no version of MQTT", text.value));
        table.complain(text.span, draft.did_you_mean(text.value, Version::ALL.map(Version::name)));
    }
    version
}

fn missing(table: &Table<'_>) -> BTreeMap<String, String> {
    let known = CAPABILITIES.iter().map(|(name, _)| *name);
    let mut missing = BTreeMap::new();
    for key in table.keys() {
        if !known.clone().any(|name| name == key.value) {
            let draft = Draft::error(format!("`{}` is no capability", key.value));
            table.complain(key.span, draft.did_you_mean(key.value, known.clone()));
        } else if let Some(reason) = table.text(key.value) {
            missing.insert(key.value.to_owned(), reason.value.to_owned());
        }
    }
    missing
}

fn limits(table: &Table<'_>) -> Limits {
    let texts = ["client_id_characters", "topic_prefix"];
    let known: Vec<&str> = NUMBERS.iter().map(|(name, ..)| *name).chain(texts).collect();
    table.allow(&known);
    Limits {
        numbers: NUMBERS
            .iter()
            .filter_map(|(name, max, _)| Some(((*name).to_owned(), table.number(name, 1..=*max)?)))
            .collect(),
        client_id_characters: table.text("client_id_characters").map(|text| text.value.to_owned()),
        topic_prefix: topic_prefix(table),
    }
}

fn topic_prefix(table: &Table<'_>) -> Option<String> {
    let prefix = table.text("topic_prefix")?;
    if let Err(error) = TopicName::new(prefix.value) {
        table.complain(prefix.span, Draft::error(format!("no topic begins with this: {error}")));
        return None;
    }
    Some(prefix.value.to_owned())
}

impl Profile {
    /// Tells a run what the broker lacks, and how far it goes. A pace and a prefix of topics that the run has already stay.
    pub fn apply(&self, config: &mut Config) {
        let source = format!("the profile of {}", self.name);
        for version in Version::ALL.into_iter().filter(|version| !self.versions.contains(version)) {
            config.missing_versions.insert(version, format!("{source}: no MQTT {version}"));
        }
        for (capability, reason) in &self.missing {
            config.missing.insert(capability.clone(), format!("{source}: {reason}"));
        }
        for (name, _, slot) in NUMBERS {
            if let (Some(slot), Some(limit)) = (slot, self.limits.numbers.get(name)) {
                *slot(&mut config.bounds) = Some(Bound::new(*limit, &source));
            }
        }
        if config.pace.is_none() {
            config.pace = self.limits.numbers.get(CONNECTIONS_PER_SECOND).copied();
        }
        if let (true, Some(prefix)) = (config.topic_prefix.is_empty(), &self.limits.topic_prefix) {
            config.topic_prefix.clone_from(prefix);
        }
        if let Some(characters) = &self.limits.client_id_characters {
            config.bounds.client_id_characters = Some((characters.clone(), source));
        }
    }

    /// Where what the broker says of itself is not what the profile says, in words. The profile is obeyed all the same.
    pub fn contradictions(&self, version: Version, probe: &Probe) -> Vec<String> {
        let mut found = Vec::new();
        let name = &self.name;
        if !self.versions.contains(&version) {
            found.push(format!(
                "the profile of {name} knows no MQTT {version}, and the broker speaks it; its tests are skipped"
            ));
        }
        // 3.x has no words for it.
        if version != Version::V5 {
            return found;
        }
        for capability in IN_CONNACK {
            if self.missing.contains_key(*capability) && !probe.missing.contains_key(*capability) {
                found.push(format!(
                    "the profile of {name} says that {capability} is missing, the broker's CONNACK says that it is there; \
                     its tests are skipped"
                ));
            }
        }
        let limit = self.limits.numbers.get("max_packet_size");
        if let (Some(limit), Some(said)) = (limit, &probe.maximum_packet_size)
            && *limit != said.limit
        {
            found.push(format!(
                "the profile of {name} says max_packet_size = {limit}, the broker's CONNACK maximum_packet_size={}; the \
                 smaller one counts",
                said.limit
            ));
        }
        found
    }
}
