//! The statements of the three standards, and which of them the scripts ask.

use std::collections::BTreeMap;
use std::sync::LazyLock;

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

/// All statements: per version in the order of its list.
static STATEMENTS: LazyLock<Vec<(Version, Vec<Statement>)>> = LazyLock::new(|| {
    // A test reads the lists that are built in.
    LISTS.iter().map(|(version, list)| (*version, serde_json::from_str(list).unwrap_or_default())).collect()
});

/// All statements of a version, in the order of its list.
pub fn statements(version: Version) -> &'static [Statement] {
    STATEMENTS.iter().find(|(of, _)| *of == version).map_or(&[], |(_, list)| list)
}

/// The statement of a version with this id.
pub fn statement(version: Version, id: &str) -> Option<&'static Statement> {
    statements(version).iter().find(|statement| statement.id == id)
}

/// Whether a version has a statement with this id.
pub fn is_statement(version: Version, id: &str) -> bool {
    statement(version, id).is_some()
}

/// Why no script tests a statement, for the case that none does; `None` if a script could and no reason is written down.
pub fn reason_not_tested(version: Version, statement: &'static Statement) -> Option<&'static str> {
    static REASONS: LazyLock<BTreeMap<String, BTreeMap<String, String>>> =
        LazyLock::new(|| serde_json::from_str(NOT_ASKED).unwrap_or_default());
    if statement.testable == Testable::No {
        return Some(&statement.why);
    }
    REASONS.get(version.name())?.get(&statement.id).map(String::as_str)
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
        .iter()
        .map(|statement| {
            let mut scripts = asked.remove(statement.id.as_str()).unwrap_or_default();
            scripts.sort();
            scripts.dedup();
            let not_asked = if scripts.is_empty() {
                reason_not_tested(version, statement).map(str::to_owned)
            } else {
                None
            };
            Coverage { statement: statement.clone(), scripts, not_asked }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_which_ids_exist() {
        assert!(is_statement(Version::V5, "MQTT-3.3.1-4"));
        assert!(!is_statement(Version::V5, "MQTT-3.3.1-400"));
        assert!(!is_statement(Version::V3_1, "MQTT-3.3.1-4"));
    }

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
