//! What came of a run, as values.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mqtt_codec::Version;

use super::visit::Notice;
use crate::expect::{Expectations, Standing};
use crate::run::{self, Verdict};
use crate::script::{Level, Test};

/// What came of a run.
///
/// `Display` is a report in a few lines: how many passed, and what went wrong with which trace.
#[derive(Clone, Debug)]
pub struct Results {
    outcomes: Vec<Outcome>,
    notices: Vec<Notice>,
}

impl Results {
    pub(super) fn new(
        tests: &[Arc<Test>],
        outcomes: Vec<Arc<run::Outcome>>,
        known: &Expectations,
        notices: Vec<Notice>,
    ) -> Self {
        let outcomes = tests
            .iter()
            .zip(outcomes)
            .map(|(test, outcome)| {
                let standing = known.standing(&outcome);
                Outcome { test: Arc::clone(test), outcome, standing }
            })
            .collect();
        Self { outcomes, notices }
    }

    /// One outcome per test, in the order of the tests.
    #[must_use]
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// Whether the broker keeps to what was tested: no MUST failed or remained without an answer, every test could be run, no
    /// known failure has gone, and at least one test passed.
    #[must_use]
    pub fn conform(&self) -> bool {
        self.unexpected().next().is_none() && self.count(Verdict::Pass) > 0
    }

    /// The outcomes that are in the way of [`conform`](Self::conform).
    pub fn unexpected(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(|outcome| outcome.is_in_the_way())
    }

    /// How many tests have a verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.verdict() == verdict).count()
    }

    /// What was found out about the broker before the tests: versions that it does not speak, capabilities that it lacks.
    pub fn notices(&self) -> impl Iterator<Item = &str> {
        self.notices.iter().map(|notice| notice.text.as_str())
    }
}

impl fmt::Display for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for notice in self.notices() {
            writeln!(f, "{notice}")?;
        }
        for outcome in self.unexpected() {
            writeln!(f, "{outcome}")?;
        }
        write!(
            f,
            "{} tests: {} passed, {} failed, {}{} inconclusive, {} skipped, {} not run",
            self.outcomes.len(),
            self.count(Verdict::Pass),
            self.count(Verdict::Fail),
            match self.count(Verdict::Unsteady) {
                0 => String::new(),
                unsteady => format!("{unsteady} unsteady, "),
            },
            self.count(Verdict::Inconclusive),
            self.count(Verdict::Skipped),
            self.count(Verdict::Error)
        )
    }
}

/// What came of one test.
///
/// `Display` is the verdict, what was expected and what came, and the trace of the packets.
#[derive(Clone, Debug)]
pub struct Outcome {
    test: Arc<Test>,
    #[expect(clippy::struct_field_names, reason = "it is the outcome that the engine made")]
    outcome: Arc<run::Outcome>,
    standing: Standing,
}

impl Outcome {
    /// The test's id, such as `5.0/3.12-pingreq/answered`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.outcome.id
    }

    /// What the test is about, in a sentence.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.test.title
    }

    /// The version of the test.
    #[must_use]
    pub fn version(&self) -> Version {
        self.outcome.version
    }

    /// How binding the tested statements are.
    #[must_use]
    pub fn level(&self) -> Level {
        self.outcome.level
    }

    /// The tested statements of [`version`](Self::version), such as `MQTT-3.12.4-1`.
    #[must_use]
    pub fn statements(&self) -> &[String] {
        &self.outcome.covers
    }

    /// The judgement.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.outcome.verdict
    }

    /// How long the test took.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.outcome.duration
    }

    /// Whether the list of known failures has the test, and it came as listed.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.standing == Standing::Expected
    }

    /// What went wrong or why the test was not run, in a sentence or two; `None` if it passed.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        let failure = self.outcome.failure.as_ref().map(|failure| {
            let place = format!("{}:{}", self.test.file, failure.line);
            let difference =
                failure.difference.as_deref().map(|text| format!(" ({text})")).unwrap_or_default();
            format!("{place}: expected {}, got {}{difference}", failure.expected, failure.got)
        });
        failure.or_else(|| self.outcome.reason.clone())
    }

    /// What happened on all connections, one line each; a line that is a packet can be pasted into a script.
    pub fn trace(&self) -> impl Iterator<Item = String> {
        self.outcome.transcript.iter().map(run::Entry::line)
    }

    fn is_in_the_way(&self) -> bool {
        match (self.standing, self.verdict()) {
            (Standing::Stale, _) | (Standing::Unexpected, Verdict::Error) => true,
            (Standing::Unexpected, Verdict::Fail | Verdict::Inconclusive) => self.level() == Level::Must,
            _ => false,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.verdict(), self.id(), self.title())?;
        if let Some(reason) = self.reason() {
            write!(f, "\n  {reason}")?;
        }
        if self.standing == Standing::Stale {
            f.write_str("\n  the list of known failures says something else")?;
        }
        if self.outcome.failure.is_some() {
            for line in self.trace() {
                write!(f, "\n    {line}")?;
            }
        }
        Ok(())
    }
}
