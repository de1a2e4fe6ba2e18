//! What came of a test.

use std::time::Duration;

use bytes::Bytes;
use mqtt_codec::{DecodeError, Version};
use serde::{Deserialize, Serialize};
use serde_json::Value as Tree;

use crate::diagnostic::Span;
use crate::script::{Direction, Level, bytes_line, packet_line};
use crate::transport::Node;

/// The judgement on one test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "reports and exit codes must treat every one")]
pub enum Verdict {
    /// The broker did what the script asks for.
    Pass,
    /// The broker did something else.
    Fail,
    /// The preparation did not succeed, so the question was not asked.
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
            Self::Inconclusive => "inconclusive",
            Self::Skipped => "skipped",
            Self::Error => "error",
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// What came of one test.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// The test's id.
    pub id: String,
    /// The version of the test.
    pub version: Version,
    /// How binding the tested statements are.
    pub level: Level,
    /// The tested statements, of [`version`](Self::version).
    pub covers: Vec<String>,
    /// The judgement.
    pub verdict: Verdict,
    /// Why a test was skipped, or what kept the tool from running it.
    pub reason: Option<String>,
    /// The broker was not reached, or did not speak MQTT: [`reason`](Self::reason) says how.
    pub unreachable: bool,
    /// What went wrong, for [`Verdict::Fail`] and [`Verdict::Inconclusive`].
    pub failure: Option<Failure>,
    /// Everything that happened on all connections, in order.
    pub transcript: Vec<Entry>,
    /// How long the test took, without clearing up.
    pub duration: Duration,
}

impl Outcome {
    /// A verdict on a test, with nothing else to tell.
    pub fn new(id: impl Into<String>, version: Version, level: Level, verdict: Verdict) -> Self {
        Self {
            id: id.into(),
            version,
            level,
            covers: Vec::new(),
            verdict,
            reason: None,
            unreachable: false,
            failure: None,
            transcript: Vec::new(),
            duration: Duration::ZERO,
        }
    }
}

/// The step that failed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Failure {
    /// The line of the script, counted from 1.
    pub line: usize,
    /// The part of the script.
    pub span: Span,
    /// The script's text there.
    pub step: String,
    /// The step belongs to the preparation.
    pub preparation: bool,
    /// What was expected, as lines of the language with the variables filled in.
    pub expected: String,
    /// What came: a line of the language, or words such as `nothing for 5s` and `closed`.
    pub got: String,
    /// What the difference is, if both are packets of the same type: `qos is 1, expected 2`.
    pub difference: Option<String>,
    /// Every field that was asked for, if a packet of the right type came.
    pub fields: Vec<Compared>,
    /// The first byte of the packet that came that is not as expected, counted from 0. Its Remaining Length does not count.
    pub byte: Option<usize>,
    /// What the codec finds wrong with the broker's bytes, with the statement that they break.
    pub malformed: Option<DecodeError>,
    /// How the broker's packet breaks what it owes this client whatever the script asks: a size or number of its CONNECT, or
    /// an identifier in use.
    pub forbidden: Option<String>,
}

impl Failure {
    /// Where in the transcript stands what came in the place of what was expected.
    pub fn entry(&self, transcript: &[Entry]) -> Option<usize> {
        transcript.iter().rposition(|entry| match &entry.event {
            TraceEvent::Received { packet: Err(error), .. } => self.malformed.as_ref() == Some(error),
            TraceEvent::Received { packet: Ok(_), .. } | TraceEvent::ClosedByBroker { .. } => {
                let line = entry.line();
                let line = line.split("  # ").next().unwrap_or(&line);
                // A very long line is cut in the message.
                let start = self.got.split(" … ").next().unwrap_or_default();
                self.got.starts_with(line) || start.len() >= 1000 && line.starts_with(start)
            }
            _ => false,
        })
    }
}

/// A field that was asked for, and what came in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Compared {
    /// Its name.
    pub name: String,
    /// What was expected, in the language.
    pub expected: String,
    /// What came, in the language; `None` if the packet does not have it.
    pub got: Option<String>,
    /// What came is what was expected.
    pub holds: bool,
}

/// Something that happened on a connection.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Entry {
    /// The time since the test started.
    pub at: Duration,
    /// The connection's name.
    pub connection: String,
    /// What happened.
    pub event: TraceEvent,
}

/// What happened on a connection.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TraceEvent {
    /// The transport was opened.
    Opened {
        /// The version that the connection speaks.
        version: Version,
        /// To which node, if the broker has several.
        node: Option<Node>,
    },
    /// We sent bytes.
    Sent {
        /// The bytes.
        bytes: Bytes,
        /// The packet, if they are exactly one valid packet.
        packet: Option<Tree>,
    },
    /// The broker sent a packet.
    Received {
        /// The bytes.
        bytes: Bytes,
        /// The packet, or what is wrong with it.
        packet: Result<Tree, DecodeError>,
    },
    /// The broker sent bytes that are no packet's, or not all of one.
    Fragment {
        /// The bytes.
        bytes: Bytes,
    },
    /// The broker sent what MQTT does not allow on this transport, such as a text frame over WebSocket.
    Misframed {
        /// What it is.
        how: String,
    },
    /// The broker closed the connection.
    ClosedByBroker {
        /// The transport's error, if it was not an orderly close.
        error: Option<String>,
    },
    /// We closed the connection in an orderly way.
    Closed,
    /// We cut the connection.
    Dropped,
    /// Bytes that could not be sent, because the broker had closed or did not read.
    Unsent {
        /// The transport's error.
        error: String,
    },
}

impl Entry {
    /// The event as one line: a line of the language where it is a packet or bytes, else a comment of the language.
    pub fn line(&self) -> String {
        let name = &self.connection;
        match &self.event {
            TraceEvent::Opened { version, node: None } => format!("open {name} version={version}"),
            TraceEvent::Opened { version, node: Some(node) } => {
                format!("open {name} version={version}  # node {}, {}", node.number, node.name)
            }
            TraceEvent::Sent { packet: Some(tree), .. } => packet_line(name, Direction::Sent, tree),
            TraceEvent::Sent { bytes, .. } => bytes_line(name, Direction::Sent, bytes),
            TraceEvent::Received { packet: Ok(tree), .. } => packet_line(name, Direction::Received, tree),
            TraceEvent::Received { bytes, packet: Err(error) } => {
                format!("# {}  # {error}", bytes_line(name, Direction::Received, bytes))
            }
            TraceEvent::Fragment { bytes } => {
                format!("# {}  # not a whole packet", bytes_line(name, Direction::Received, bytes))
            }
            TraceEvent::Misframed { how } => format!("# {name}: {how}"),
            TraceEvent::ClosedByBroker { error: None } => format!("{name} < closed"),
            TraceEvent::ClosedByBroker { error: Some(error) } => format!("{name} < closed  # {error}"),
            TraceEvent::Closed => format!("# {name} closed by the tool"),
            TraceEvent::Dropped => format!("drop {name}"),
            TraceEvent::Unsent { error } => format!("# {name}: not sent: {error}"),
        }
    }
}
