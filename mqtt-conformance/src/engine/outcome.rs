//! What came of a test: the one model of it, in memory and in JSON. `docs/report.md` describes the JSON, `docs/report.schema.json` is its
//! schema.

use std::fmt;
use std::time::Duration;

use mqtt_codec::{DecodeError, Version};
use serde::{Deserialize, Serialize};

use super::cost::Cost;
use crate::script::{Direction, Level, bytes_line, packet_line};
use crate::tree::{Octets, Packet};

/// The judgement on one test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "reports and exit codes must treat every one")]
pub enum Verdict {
    /// The broker did what the script expects.
    Pass,
    /// The broker did something else, and did so again when the test ran again.
    Fail,
    /// The broker did something else, and what the script expects when the test ran again.
    Unsteady,
    /// Nothing was tested: the preparation did not succeed, or the tester was late, or the broker is too far away for the test's
    /// times.
    Inconclusive,
    /// The broker lacks a capability that the script needs.
    Skipped,
    /// The tool could not do its part: the broker was not reached, or the script cannot be run.
    Error,
}

impl Verdict {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unsteady => "unsteady",
            Self::Inconclusive => "inconclusive",
            Self::Skipped => "skipped",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What came of one test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Outcome {
    /// The test's id, the same in every run.
    pub id: String,
    /// The version of the test.
    #[serde(with = "version_name")]
    pub version: Version,
    /// How binding the tested statements are.
    pub level: Level,
    /// The test is about the rigor of checks: [`Test::rigor`](crate::script::Test::rigor).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rigor: bool,
    /// The tested statements, of [`version`](Self::version).
    pub covers: Vec<String>,
    /// The file of the test's script.
    pub script: String,
    /// The judgement.
    pub verdict: Verdict,
    /// Why a test was skipped or is inconclusive, or what kept the tool from running it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The broker was not reached, or went away: [`reason`](Self::reason) says how.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unreachable: bool,
    /// What went wrong, for [`Verdict::Fail`], [`Verdict::Unsteady`] and [`Verdict::Inconclusive`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// How long the test took, without clearing up. In JSON, in seconds.
    #[serde(with = "seconds")]
    pub duration: Duration,
    /// How late the tester was with its own steps, at the worst. In JSON, in seconds.
    #[serde(default, with = "seconds", skip_serializing_if = "Duration::is_zero")]
    pub late: Duration,
    /// How often the test ran.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub attempts: u32,
    /// Everything that happened on all connections, in order.
    pub transcript: Vec<Entry>,
    /// What the test opened, sent and received that no transcript shows: what was left out of them, and runs before the last one.
    #[serde(default, skip_serializing_if = "Cost::is_nothing")]
    pub unseen: Cost,
    /// The run that passed, for [`Verdict::Unsteady`]; everything else is of the run that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Attempt>,
}

const fn once() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_once(attempts: &u32) -> bool {
    *attempts == 1
}

/// One more run of a test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Attempt {
    /// How long it took. In JSON, in seconds.
    #[serde(with = "seconds")]
    pub duration: Duration,
    /// How late the tester was. In JSON, in seconds.
    #[serde(default, with = "seconds", skip_serializing_if = "Duration::is_zero")]
    pub late: Duration,
    /// Everything that happened on all connections, in order.
    pub transcript: Vec<Entry>,
}

impl From<Outcome> for Attempt {
    fn from(outcome: Outcome) -> Self {
        let Outcome { duration, late, transcript, .. } = outcome;
        Self { duration, late, transcript }
    }
}

impl Outcome {
    /// A verdict on a test, with nothing else to say.
    pub fn new(id: impl Into<String>, version: Version, level: Level, verdict: Verdict) -> Self {
        Self {
            id: id.into(),
            version,
            level,
            rigor: false,
            covers: Vec::new(),
            script: String::new(),
            verdict,
            reason: None,
            unreachable: false,
            failure: None,
            duration: Duration::ZERO,
            late: Duration::ZERO,
            attempts: 1,
            transcript: Vec::new(),
            unseen: Cost::default(),
            again: None,
        }
    }

    /// What the test cost, with all its runs.
    pub fn cost(&self) -> Cost {
        let again = self.again.iter().flat_map(|again| &again.transcript);
        self.transcript.iter().chain(again).map(Entry::cost).chain([self.unseen]).sum()
    }

    /// The broker went away while this test ran.
    pub fn is_suspect(&self) -> bool {
        self.unreachable && !self.transcript.is_empty()
    }

    /// How long before the end of the transcript the last bytes were sent. Of the tests that ran when a broker went away, the one
    /// that sent last is the first suspect.
    pub fn since_last_sent(&self) -> Duration {
        let sent = |entry: &&Entry| matches!(entry.event, TraceEvent::Sent { .. });
        let last = self.transcript.iter().rfind(sent).map_or(Duration::ZERO, |entry| entry.at);
        let end = self.transcript.last().map_or(Duration::ZERO, |entry| entry.at);
        end.saturating_sub(last)
    }

    /// Why the verdict is what it is, in one line; `None` for a pass.
    pub fn because(&self) -> Option<String> {
        match &self.failure {
            Some(failure) => {
                let first = |text: &str| text.lines().next().unwrap_or_default().to_owned();
                Some(match &failure.difference {
                    Some(difference) => first(difference),
                    None => format!("expected {}, got {}", first(&failure.expected), first(&failure.got)),
                })
            }
            None => self.reason.clone(),
        }
    }
}

/// The step that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Failure {
    /// The line of the script, counted from 1.
    pub line: usize,
    /// The column of the line, in characters, counted from 1.
    pub column: usize,
    /// The script's text there.
    pub step: String,
    /// The step belongs to the preparation, so nothing was tested.
    pub preparation: bool,
    /// What was expected, as lines of the language with the variables filled in.
    pub expected: String,
    /// What came: a line of the language, or words such as `nothing for 5s` and `closed`.
    pub got: String,
    /// What the difference is, if both are packets of the same type: `qos is 1, expected 2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
    /// Every field that was expected, if a packet of the right type came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Compared>,
    /// Where in [`Outcome::transcript`] stands what came in the place of what was expected, counted from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<usize>,
    /// The first byte of the packet that came that is not as expected, counted from 0. Its Remaining Length does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub byte: Option<usize>,
    /// What the codec finds wrong with the broker's bytes, with the statement that they break.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub malformed: Option<Malformed>,
    /// How the broker's packet breaks what it owes this client whatever the script expects: a size or number of its CONNECT, or
    /// an identifier in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forbidden: Option<String>,
}

/// A field that was expected, and what came in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Compared {
    /// Its name.
    pub name: String,
    /// What was expected, in the language.
    pub expected: String,
    /// What came, in the language; `None` if the packet does not have it.
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

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Something that happened on a connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Entry {
    /// The time since the test started. In JSON, in seconds.
    #[serde(with = "seconds")]
    pub at: Duration,
    /// The connection's name.
    pub connection: String,
    /// What happened.
    #[serde(flatten)]
    pub event: TraceEvent,
}

/// What happened on a connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TraceEvent {
    /// The transport was opened.
    Opened {
        /// The version that the connection speaks.
        #[serde(with = "version_name")]
        version: Version,
        /// To which node, if the broker has several: `node 2, mqtt://…`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        node: Option<String>,
    },
    /// The tool sent bytes.
    Sent {
        /// The bytes.
        bytes: Octets,
        /// The packet, if they are exactly one valid packet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        packet: Option<Packet>,
    },
    /// The broker sent a packet.
    Received {
        /// The bytes.
        bytes: Octets,
        /// The packet.
        packet: Packet,
    },
    /// The broker sent bytes in the place of a packet.
    Malformed {
        /// The bytes.
        bytes: Octets,
        /// What is wrong with them.
        malformed: Malformed,
    },
    /// The broker sent bytes that are no packet's, or not all of one.
    Fragment {
        /// The bytes.
        bytes: Octets,
    },
    /// The broker sent what MQTT does not allow on this transport, such as a text frame over WebSocket.
    Misframed {
        /// What it is.
        error: String,
    },
    /// The broker closed the connection.
    ClosedByBroker {
        /// The transport's error, if it was not an orderly close.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// The tool closed the connection in an orderly way.
    Closed,
    /// The tool cut the connection.
    Dropped,
    /// Bytes that could not be sent, because the broker had closed or did not read.
    Unsent {
        /// The transport's error.
        error: String,
    },
    /// What is not kept, since it was more than the run has memory for.
    Omitted {
        /// How many events.
        events: usize,
        /// How many bytes were sent and received in them.
        size: usize,
    },
}

impl TraceEvent {
    /// The packet that was sent or received.
    pub const fn packet(&self) -> Option<(Direction, &Packet)> {
        match self {
            Self::Sent { packet: Some(packet), .. } => Some((Direction::Sent, packet)),
            Self::Received { packet, .. } => Some((Direction::Received, packet)),
            _ => None,
        }
    }

    /// The bytes that were sent or received.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Sent { bytes, .. }
            | Self::Received { bytes, .. }
            | Self::Malformed { bytes, .. }
            | Self::Fragment { bytes } => Some(bytes.as_slice()),
            _ => None,
        }
    }

    /// What is wrong with what happened.
    pub fn error(&self) -> Option<&str> {
        match self {
            Self::Malformed { malformed, .. } => Some(&malformed.message),
            Self::Misframed { error } | Self::Unsent { error } => Some(error),
            Self::ClosedByBroker { error } => error.as_deref(),
            _ => None,
        }
    }
}

impl Entry {
    /// What it cost.
    pub(crate) fn cost(&self) -> Cost {
        match &self.event {
            TraceEvent::Opened { .. } => Cost::connection(),
            TraceEvent::Sent { bytes, .. } => Cost::sent(bytes.as_slice().len()),
            TraceEvent::Received { bytes, .. } | TraceEvent::Malformed { bytes, .. } => {
                Cost::received(1, bytes.as_slice().len())
            }
            TraceEvent::Fragment { bytes } => Cost::received(0, bytes.as_slice().len()),
            _ => Cost::default(),
        }
    }

    /// The event as one line: a line of the language where it is a packet or bytes, else a comment of the language.
    pub fn line(&self) -> String {
        let name = &self.connection;
        let received = |bytes: &Octets| bytes_line(name, Direction::Received, bytes.as_slice());
        match &self.event {
            TraceEvent::Opened { version, node: None } => format!("open {name} version={version}"),
            TraceEvent::Opened { version, node: Some(node) } => {
                format!("open {name} version={version}  # {node}")
            }
            TraceEvent::Sent { packet: Some(packet), .. } => {
                packet_line(name, Direction::Sent, packet.values())
            }
            TraceEvent::Sent { bytes, .. } => bytes_line(name, Direction::Sent, bytes.as_slice()),
            TraceEvent::Received { packet, .. } => packet_line(name, Direction::Received, packet.values()),
            TraceEvent::Malformed { bytes, malformed } => format!("# {}  # {malformed}", received(bytes)),
            TraceEvent::Fragment { bytes } => format!("# {}  # not a whole packet", received(bytes)),
            TraceEvent::Misframed { error } => format!("# {name}: {error}"),
            TraceEvent::ClosedByBroker { error: None } => format!("{name} < closed"),
            TraceEvent::ClosedByBroker { error: Some(error) } => format!("{name} < closed  # {error}"),
            TraceEvent::Closed => format!("# {name} closed by the tool"),
            TraceEvent::Dropped => format!("drop {name}"),
            TraceEvent::Unsent { error } => format!("# {name}: not sent: {error}"),
            TraceEvent::Omitted { events, size } => {
                format!("# {events} events with {size} bytes are left out here")
            }
        }
    }
}

/// A time in JSON: seconds, to the microsecond.
pub(crate) mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(crate) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64((time.as_secs_f64() * 1e6).round() / 1e6)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let seconds = f64::deserialize(from)?;
        Duration::try_from_secs_f64(seconds)
            .map_err(|_| de::Error::invalid_value(de::Unexpected::Float(seconds), &"a time in seconds"))
    }
}

/// A version in JSON: by its name.
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
