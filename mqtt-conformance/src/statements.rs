//! The statements of the three standards, and which of them the scripts ask.

use std::collections::BTreeMap;

use mqtt_codec::Version;
use serde::{Deserialize, Serialize};

use crate::script::Test;

/// Whether a network client can see from outside that a broker keeps to a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "the three answers of the statement lists")]
pub enum Testable {
    /// It can, of a broker in its default configuration.
    Yes,
    /// It needs an optional feature or a configuration, or the reaction is not laid down.
    Partly,
    /// Only a client can be judged, or nothing can be seen.
    No,
}

/// A numbered statement of a standard (for 3.1: a rule under a number of this project's own), in our own words.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Statement {
    /// The number, such as `MQTT-3.1.2-3`. Versions reuse numbers.
    pub id: String,
    /// The section.
    pub section: String,
    /// Whom it binds: `server`, `client`, `both`, or `encoding` for whoever sends.
    pub who: String,
    /// What it says.
    pub summary: String,
    /// Whether a test from outside can tell.
    #[serde(rename = "testable_from_outside_broker")]
    pub testable: Testable,
    /// How, or why not.
    pub why: String,
}

const LISTS: [(Version, &str); 3] = [
    (Version::V3_1, include_str!("../../test-vectors/requirements/3.1.json")),
    (Version::V3_1_1, include_str!("../../test-vectors/requirements/3.1.1.json")),
    (Version::V5, include_str!("../../test-vectors/requirements/5.0.json")),
];

/// Why a statement that could partly be tested is not asked.
const NOT_ASKED: &str = include_str!("../coverage/not-asked.json");

/// All statements of a version, in the order of its list.
///
/// # Panics
///
/// Never: a test reads the lists that are built in.
#[must_use]
pub fn statements(version: Version) -> Vec<Statement> {
    let list = LISTS.iter().find(|(v, _)| *v == version).map_or("[]", |(_, list)| list);
    serde_json::from_str(list).unwrap_or_default()
}

/// What the scripts ask of one statement.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Coverage {
    /// The statement.
    #[serde(flatten)]
    pub statement: Statement,
    /// The scripts that ask it, by the ids of their tests without their variables.
    pub scripts: Vec<String>,
    /// Why no script asks it.
    pub not_asked: Option<String>,
}

/// What tests ask of the statements of a version.
pub fn coverage(version: Version, tests: &[Test]) -> Vec<Coverage> {
    let reasons: BTreeMap<String, BTreeMap<String, String>> =
        serde_json::from_str(NOT_ASKED).unwrap_or_default();
    let mut asked: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for test in tests.iter().filter(|test| test.version == version) {
        let script = test.id.split('[').next().unwrap_or(&test.id);
        for id in &test.covers {
            let scripts = asked.entry(id).or_default();
            if scripts.last().is_none_or(|last| last != script) {
                scripts.push(script.to_owned());
            }
        }
    }
    statements(version)
        .into_iter()
        .map(|statement| {
            let mut scripts = asked.remove(statement.id.as_str()).unwrap_or_default();
            scripts.sort();
            scripts.dedup();
            let reason = reasons.get(version.name()).and_then(|of_version| of_version.get(&statement.id));
            let not_asked = match (scripts.is_empty(), statement.testable) {
                (false, _) => None,
                (true, Testable::No) => Some(statement.why.clone()),
                (true, _) => reason.cloned(),
            };
            Coverage { statement, scripts, not_asked }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_whole() {
        let count = |version| statements(version).len();
        assert_eq!((count(Version::V3_1), count(Version::V3_1_1), count(Version::V5)), (61, 141, 251));
    }

    #[test]
    fn reasons_name_statements_that_exist() {
        let reasons: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_str(NOT_ASKED).unwrap();
        for (version, of_version) in reasons {
            let known = statements(version.parse().unwrap());
            for (id, reason) in of_version {
                assert!(known.iter().any(|statement| statement.id == id), "{version}/{id}");
                assert!(!reason.is_empty());
            }
        }
    }
}
