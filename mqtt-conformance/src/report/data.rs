//! The report of a run, as it stands in JSON. `docs/report.md` describes it, `docs/report.schema.json` is its schema.

use std::collections::BTreeMap;

use mqtt_codec::{DecodeError, Version};
use serde::{Deserialize, Serialize};
use serde_json::Value as Tree;

use super::bytes::Octets;
use crate::run::Verdict;
use crate::script::Level;

/// The number of the format. It grows when a reader of the old one would be misled; new members alone don't change it.
pub const FORMAT: u32 = 1;

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
    /// How long the run took, in seconds.
    pub duration: f64,
    /// What was tested.
    pub broker: Broker,
    /// How it was tested.
    pub options: Options,
    /// Why the run ended early; absent if it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// The statements that the tests ask, by `<version>/<id>`.
    pub statements: BTreeMap<String, StatementReport>,
    /// The scripts of the tests, by file.
    pub scripts: BTreeMap<String, ScriptReport>,
    /// One entry per test, in the order of their ids in the scripts.
    pub tests: Vec<TestReport>,
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
    /// How long an expectation waited if its script did not say, in seconds.
    pub timeout: f64,
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

/// What came of one test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TestReport {
    /// Its id, the same in every run.
    pub id: String,
    /// The version of MQTT.
    #[serde(with = "version_name")]
    pub version: Version,
    /// How binding the tested statements are.
    pub level: Level,
    /// The tested statements, of [`version`](Self::version).
    pub covers: Vec<String>,
    /// The folder of its script.
    pub area: String,
    /// The file of its script: a key of [`RunReport::scripts`].
    pub script: String,
    /// The judgement.
    pub verdict: Verdict,
    /// Why a test was skipped, inconclusive or not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The broker was not reached, or went away.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unreachable: bool,
    /// What an expectation file says about this test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expectation: Option<Expectation>,
    /// The step that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureReport>,
    /// How long the test took, in seconds.
    pub duration: f64,
    /// Everything that happened on all connections, in order.
    pub transcript: Vec<TraceReport>,
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

/// The step that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FailureReport {
    /// The line of the script, counted from 1.
    pub line: usize,
    /// The column of the line, in characters, counted from 1.
    pub column: usize,
    /// The script's text there.
    pub step: String,
    /// The step belongs to the preparation, so the question was not asked.
    pub preparation: bool,
    /// What was expected, as lines of the language.
    pub expected: String,
    /// What came, as a line of the language or in words.
    pub got: String,
    /// The first difference between two packets of one type, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
    /// Every field that was asked for, if a packet of the right type came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldReport>,
    /// Where in [`TestReport::transcript`] stands what came, counted from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<usize>,
    /// The first byte of that packet that is not as expected, counted from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub byte: Option<usize>,
    /// What the codec finds wrong with the broker's bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub malformed: Option<Malformed>,
    /// What a packet breaks that the broker owes to this client whatever the script asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forbidden: Option<String>,
}

/// A field that was asked for, and what came in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FieldReport {
    /// Its name.
    pub name: String,
    /// What was expected, in the language.
    pub expected: String,
    /// What came, in the language; absent if the packet does not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub got: Option<String>,
    /// What came is what was expected.
    pub holds: bool,
}

/// Bytes that are not the packet they claim to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Malformed {
    /// The field, by the name of the standard.
    pub field: String,
    /// The index of the offending byte.
    pub offset: usize,
    /// The statement or the section that is broken, as `MQTT-3.4.2-1` in brackets or `(section 2.2)`.
    pub statement: String,
    /// All of it in a sentence.
    pub message: String,
}

impl From<&DecodeError> for Malformed {
    fn from(error: &DecodeError) -> Self {
        Self {
            field: error.field().name().to_owned(),
            offset: error.offset(),
            statement: error.requirement().to_string(),
            message: error.to_string(),
        }
    }
}

/// Something that happened on a connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TraceReport {
    /// Seconds since the test started.
    pub at: f64,
    /// The connection's name in the script.
    pub connection: String,
    /// What happened.
    pub event: Event,
    /// The node of a cluster that a connection was opened to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The version that an opened connection speaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The bytes that were sent or received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<Octets>,
    /// The packet as named values, in the vocabulary of the scripts and vectors.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::bytes::packet")]
    pub packet: Option<Tree>,
    /// What is wrong with received bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub malformed: Option<Malformed>,
    /// The transport's error, if a connection did not end in an orderly way or bytes could not be sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What happened on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// The transport was opened.
    Opened,
    /// The tool sent bytes.
    Sent,
    /// The broker sent a packet, or bytes in its place.
    Received,
    /// The broker sent bytes that are no packet's, or not all of one.
    Fragment,
    /// The broker broke the rules of the transport below MQTT: [`error`](TraceReport::error) says how.
    Misframed,
    /// The broker closed the connection.
    ClosedByBroker,
    /// The tool closed the connection in an orderly way.
    Closed,
    /// The tool cut the connection.
    Dropped,
    /// Bytes could not be sent.
    Unsent,
}

mod version_name {
    use mqtt_codec::Version;
    use serde::{Deserialize, Deserializer, Serializer, de};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub(super) fn serialize<S: Serializer>(version: &Version, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(version.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Version, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(|_| {
            de::Error::invalid_value(de::Unexpected::Str(&text), &"a version of MQTT: 3.1, 3.1.1 or 5.0")
        })
    }
}
