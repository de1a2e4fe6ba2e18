//! What a test is: who it is, and what to do step by step.

use std::collections::BTreeSet;
use std::sync::Arc;

use mqtt_codec::Version;
use serde_json::Value as Tree;

use crate::diagnostic::Span;
use crate::script::ast::{Field, Level, Patch, Time, Value, Window};

/// One test: a script for one version and one case.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Test {
    /// `<version>/<area>/<name>[<variable>=<value>,…]`; the same in every run.
    pub id: String,
    /// The version that connections speak unless they say otherwise.
    pub version: Version,
    /// How binding the tested statements are.
    pub level: Level,
    /// The test is about the rigor of checks, which MQTT 5.0 leaves to the receiver (4.13.1): its level is SHOULD, and its
    /// results are a figure of their own.
    pub rigor: bool,
    /// The ids of the tested statements, in the standard of [`version`](Self::version).
    pub covers: Vec<String>,
    /// The optional capabilities that the broker must have.
    pub needs: Vec<String>,
    /// The first sentence of the description.
    pub title: String,
    /// The comment at the top of the script.
    pub description: String,
    /// The variables of the header, with their values in this case.
    pub case: Vec<(String, Tree)>,
    /// The name of the script's file.
    pub file: String,
    /// The text of the script.
    pub source: Arc<str>,
    /// What to do, in order.
    pub steps: Vec<Step>,
    /// How many of the steps are preparation.
    pub preparation: usize,
}

impl Test {
    /// No other test may run at the same time.
    pub fn is_exclusive(&self) -> bool {
        self.needs.iter().any(|need| need == "exclusive")
    }

    /// The versions that its connections speak.
    pub fn versions(&self) -> BTreeSet<Version> {
        let mut versions = BTreeSet::from([self.version]);
        let mut left: Vec<&[Step]> = vec![&self.steps];
        while let Some(steps) = left.pop() {
            for step in steps {
                match &step.action {
                    Action::Open { version, .. } => {
                        versions.insert(*version);
                    }
                    Action::AnyOrder(branches) | Action::Either(branches) => {
                        left.extend(branches.iter().map(Vec::as_slice));
                    }
                    Action::Repeat { steps, .. } => left.push(steps),
                    _ => {}
                }
            }
        }
        versions
    }
}

/// One thing to do.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Step {
    /// The script's text that asks for it.
    pub span: Span,
    /// The line of the script, counted from 1.
    pub line: usize,
    /// What to do.
    pub action: Action,
}

/// The user name and password that a CONNECT carries beside its own fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the configuration has these")]
pub enum Login {
    /// None.
    None,
    /// The configured ones.
    Usual,
    /// The configured ones of someone who may do less.
    Other,
}

/// What a step does.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Action {
    /// Opens a connection.
    Open {
        /// Its name.
        connection: String,
        /// The version it speaks.
        version: Version,
    },
    /// Sends a packet.
    Send {
        /// The connection.
        connection: String,
        /// The packet's name in capitals.
        packet: String,
        /// Its fields.
        fields: Vec<Field>,
        /// Bytes to overwrite after encoding.
        patches: Vec<Patch>,
        /// The configured user name and password that a CONNECT carries, unless it has its own.
        login: Login,
    },
    /// Sends bytes.
    SendRaw {
        /// The connection.
        connection: String,
        /// What to send, one part after the other.
        parts: Vec<Value>,
        /// In a text frame of WebSocket, where MQTT has binary ones.
        text: bool,
    },
    /// Waits for something.
    Expect {
        /// The connection.
        connection: String,
        /// What must come.
        expected: Expected,
        /// When.
        within: Option<Window>,
    },
    /// Closes the connection in an orderly way.
    Close {
        /// The connection.
        connection: String,
    },
    /// Cuts the connection.
    Drop {
        /// The connection.
        connection: String,
    },
    /// Waits.
    Wait(Time),
    /// Ends the test, which is then skipped for this reason.
    Skip(Value),
    /// Every branch happens, in whatever order. Each begins with an expectation, and holds only
    /// expectations of packets, and what is sent in answer.
    AnyOrder(Vec<Vec<Step>>),
    /// One of the branches happens. Each begins with an expectation.
    Either(Vec<Vec<Step>>),
    /// The steps several times.
    Repeat {
        /// How often.
        count: Value,
        /// The variable that counts from 1.
        counter: Option<String>,
        /// What to repeat.
        steps: Vec<Step>,
    },
}

/// What an expectation waits for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Expected {
    /// A packet.
    Packet {
        /// Its name in capitals.
        packet: String,
        /// What its fields must be.
        fields: Vec<Field>,
    },
    /// Silence.
    Nothing,
    /// The broker's close.
    Closed {
        /// What the code of a DISCONNECT or CONNACK before the close may be; `None` for any.
        reason: Option<Value>,
    },
}
