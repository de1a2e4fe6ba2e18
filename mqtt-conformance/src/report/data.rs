//! The report of a run, as it stands in JSON. `docs/report.md` describes it, `docs/report.schema.json` is its schema.

use std::collections::BTreeMap;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::run::{Cost, Outcome, seconds};

/// The number of the format. It grows when a reader of the old one would be misled; new members alone don't change it.
pub const FORMAT: u32 = 2;

/// Everything that is known about a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunReport {
    /// [`FORMAT`]
    pub format: u32,
    /// What made the report.
    pub tool: Tool,
    /// When the run started: RFC 3339, UTC.
    pub started: String,
    /// How long the run took. In JSON, in seconds.
    #[serde(with = "seconds")]
    pub duration: Duration,
    /// What was tested.
    pub broker: Broker,
    /// How it was tested.
    pub options: Options,
    /// What the run cost the broker. It follows from the tests, and is not read from a file.
    #[serde(skip_deserializing)]
    pub cost: Cost,
    /// Why the run ended early; absent if it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// The statements that the tests test, by `<version>/<id>`.
    pub statements: BTreeMap<String, StatementReport>,
    /// The scripts of the tests, by file.
    pub scripts: BTreeMap<String, ScriptReport>,
    /// What an expectation file says about tests, by their ids.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub expectations: BTreeMap<String, Expectation>,
    /// One entry per test, in the order of their ids in the scripts. [`Outcome::script`] is a key of
    /// [`scripts`](Self::scripts).
    pub tests: Vec<Outcome>,
}

/// What made a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What was tested.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Broker {
    /// What `--name` calls it, or else its first address.
    pub name: String,
    /// Its addresses, without user and password.
    pub addresses: Vec<String>,
}

/// How a broker was tested.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Options {
    /// How many tests ran at the same time.
    pub jobs: usize,
    /// How long an expectation waited if its script did not say. In JSON, in seconds.
    #[serde(with = "seconds")]
    pub timeout: Duration,
    /// What tells the topics and client ids of this run from those of others.
    pub run: String,
    /// The part of the tests that ran, such as `1/4`; absent if all did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<String>,
    /// The versions that `--version` asked for; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<String>,
    /// The patterns of `--select`; empty for all tests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub select: Vec<String>,
}

/// A statement of a standard, in our words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StatementReport {
    /// Its section.
    pub section: String,
    /// What it says.
    pub summary: String,
}

/// A script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ScriptReport {
    /// The first sentence of its description.
    pub title: String,
    /// The comment at its top.
    pub description: String,
    /// Its whole text.
    pub source: String,
}

/// What an expectation file says about a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Expectation {
    /// What the broker is known to do.
    pub reason: String,
    /// It came as expected; otherwise the file is out of date.
    pub met: bool,
}

impl Expectation {
    /// What an expectation file says, and whether it came to pass.
    pub fn new(reason: impl Into<String>, met: bool) -> Self {
        Self { reason: reason.into(), met }
    }
}

impl RunReport {
    /// What an expectation file says about a test.
    pub fn expectation(&self, test: &Outcome) -> Option<&Expectation> {
        self.expectations.get(&test.id)
    }

    /// Whether a test came as an expectation file says.
    pub fn is_expected(&self, test: &Outcome) -> bool {
        self.expectation(test).is_some_and(|expectation| expectation.met)
    }
}
