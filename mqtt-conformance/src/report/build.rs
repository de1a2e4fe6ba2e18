//! From outcomes to a report.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::data::{
    Broker, Event, Expectation, FORMAT, FailureReport, FieldReport, Options, RunReport, ScriptReport,
    StatementReport, TestReport, Tool, TraceReport,
};
use super::table::area;
use crate::expect::{Expectations, Standing};
use crate::run::{Entry, Failure, Outcome, TraceEvent};
use crate::script::Test;
use crate::statements::statements;

/// What a report says about its run besides the tests.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct About {
    /// When the run started: RFC 3339, UTC.
    pub started: String,
    /// How long it took.
    pub duration: Duration,
    /// What was tested.
    pub broker: Broker,
    /// How it was tested.
    pub options: Options,
    /// Why the run ended early.
    pub stopped: Option<String>,
}

impl RunReport {
    /// The report of a run: the tests with their outcomes, in the same order, and what was known of the broker.
    pub fn new(about: About, tests: &[Arc<Test>], outcomes: &[Arc<Outcome>], known: &Expectations) -> Self {
        let mut report = Self {
            format: FORMAT,
            tool: Tool {
                name: env!("CARGO_PKG_NAME").to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            started: about.started,
            duration: seconds(about.duration),
            broker: about.broker,
            options: about.options,
            stopped: about.stopped,
            statements: statements_of(tests),
            scripts: BTreeMap::new(),
            tests: Vec::new(),
        };
        for (test, outcome) in tests.iter().zip(outcomes) {
            let script = report.script(test);
            let mut of_test = test_report(test, outcome, script);
            of_test.expectation = known
                .of(&outcome.id)
                .map(|of| Expectation::new(of.reason.clone(), known.standing(outcome) == Standing::Expected));
            report.tests.push(of_test);
        }
        report
    }

    /// Takes note of the script of a test; the key that it is known by.
    fn script(&mut self, test: &Test) -> String {
        let mut key = test.file.clone();
        // Vectors make scripts of one name for several versions.
        if self.scripts.get(&key).is_some_and(|known| known.source != *test.source) {
            key = format!("{} ({})", test.file, test.version);
        }
        self.scripts.entry(key.clone()).or_insert_with(|| ScriptReport {
            title: test.title.clone(),
            description: test.description.clone(),
            source: test.source.to_string(),
        });
        key
    }
}

/// Seconds, to the microsecond.
pub(super) fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e6
}

fn statements_of(tests: &[Arc<Test>]) -> BTreeMap<String, StatementReport> {
    let mut wanted: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for test in tests {
        wanted.entry(test.version).or_default().extend(test.covers.iter().map(String::as_str));
    }
    let mut found = BTreeMap::new();
    for (version, ids) in wanted {
        for statement in statements(version).into_iter().filter(|s| ids.contains(&s.id.as_str())) {
            let key = format!("{version}/{}", statement.id);
            found.insert(key, StatementReport { section: statement.section, summary: statement.summary });
        }
    }
    found
}

fn test_report(test: &Test, outcome: &Outcome, script: String) -> TestReport {
    TestReport {
        id: outcome.id.clone(),
        version: outcome.version,
        level: outcome.level,
        covers: outcome.covers.clone(),
        area: area(&outcome.id).to_owned(),
        script,
        verdict: outcome.verdict,
        reason: outcome.reason.clone(),
        unreachable: outcome.unreachable,
        expectation: None,
        failure: outcome.failure.as_ref().map(|failure| failure_report(failure, test, &outcome.transcript)),
        duration: seconds(outcome.duration),
        transcript: outcome.transcript.iter().map(TraceReport::from).collect(),
    }
}

fn failure_report(failure: &Failure, test: &Test, transcript: &[Entry]) -> FailureReport {
    FailureReport {
        line: failure.line,
        column: failure.span.position(&test.source).1,
        step: failure.step.trim_end().to_owned(),
        preparation: failure.preparation,
        expected: failure.expected.clone(),
        got: failure.got.clone(),
        difference: failure.difference.clone(),
        fields: failure
            .fields
            .iter()
            .map(|field| FieldReport {
                name: field.name.clone(),
                expected: field.expected.clone(),
                got: field.got.clone(),
                holds: field.holds,
            })
            .collect(),
        entry: failure.entry(transcript),
        byte: failure.byte.or_else(|| failure.malformed.map(|error| error.offset())),
        malformed: failure.malformed.as_ref().map(Into::into),
        forbidden: failure.forbidden.clone(),
    }
}

impl From<&Entry> for TraceReport {
    fn from(entry: &Entry) -> Self {
        let mut report = Self {
            at: seconds(entry.at),
            connection: entry.connection.clone(),
            event: Event::Closed,
            node: None,
            version: None,
            bytes: None,
            packet: None,
            malformed: None,
            error: None,
        };
        match &entry.event {
            TraceEvent::Opened { version, node } => {
                report.event = Event::Opened;
                report.node = node.as_ref().map(|node| format!("node {}, {}", node.number, node.name));
                report.version = Some(version.name().to_owned());
            }
            TraceEvent::Sent { bytes, packet } => {
                report.event = Event::Sent;
                report.bytes = Some(bytes.clone().into());
                report.packet.clone_from(packet);
            }
            TraceEvent::Received { bytes, packet } => {
                report.event = Event::Received;
                report.bytes = Some(bytes.clone().into());
                match packet {
                    Ok(packet) => report.packet = Some(packet.clone()),
                    Err(error) => report.malformed = Some(error.into()),
                }
            }
            TraceEvent::Fragment { bytes } => {
                report.event = Event::Fragment;
                report.bytes = Some(bytes.clone().into());
            }
            TraceEvent::Misframed { how } => {
                report.event = Event::Misframed;
                report.error = Some(how.clone());
            }
            TraceEvent::ClosedByBroker { error } => {
                report.event = Event::ClosedByBroker;
                report.error.clone_from(error);
            }
            TraceEvent::Closed => report.event = Event::Closed,
            TraceEvent::Dropped => report.event = Event::Dropped,
            TraceEvent::Unsent { error } => {
                report.event = Event::Unsent;
                report.error = Some(error.clone());
            }
        }
        report
    }
}

impl TraceReport {
    /// The event as one line: of the language where it is a packet or bytes, else a comment of the language.
    pub fn line(&self) -> String {
        use crate::script::{Direction, bytes_line, packet_line};
        let name = &self.connection;
        let direction = if self.event == Event::Sent { Direction::Sent } else { Direction::Received };
        let raw = || {
            bytes_line(name, direction, self.bytes.as_ref().map(super::Octets::as_slice).unwrap_or_default())
        };
        match (self.event, &self.packet, &self.malformed, &self.error) {
            (Event::Opened, ..) => {
                let node = self.node.as_ref().map(|node| format!("  # {node}")).unwrap_or_default();
                format!("open {name} version={}{node}", self.version.as_deref().unwrap_or("?"))
            }
            (Event::Sent | Event::Received, Some(packet), ..) => packet_line(name, direction, packet),
            (Event::Received, None, Some(error), _) => format!("# {}  # {}", raw(), error.message),
            (Event::Sent | Event::Received, ..) => raw(),
            (Event::Fragment, ..) => format!("# {}  # not a whole packet", raw()),
            (Event::Misframed, ..) => format!("# {name}: {}", self.error.as_deref().unwrap_or_default()),
            (Event::ClosedByBroker, _, _, Some(error)) => format!("{name} < closed  # {error}"),
            (Event::ClosedByBroker, ..) => format!("{name} < closed"),
            (Event::Closed, ..) => format!("# {name} closed by the tool"),
            (Event::Dropped, ..) => format!("drop {name}"),
            (Event::Unsent, ..) => {
                format!("# {name}: not sent: {}", self.error.as_deref().unwrap_or_default())
            }
        }
    }
}
