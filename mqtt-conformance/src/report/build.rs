//! From outcomes to a report.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::data::{Broker, Expectation, FORMAT, Options, RunReport, ScriptReport, StatementReport, Tool};
use crate::expect::{Expectations, Standing};
use crate::run::Outcome;
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
            duration: about.duration,
            broker: about.broker,
            options: about.options,
            cost: outcomes.iter().map(|outcome| outcome.cost()).sum(),
            stopped: about.stopped,
            statements: statements_of(tests),
            scripts: BTreeMap::new(),
            expectations: BTreeMap::new(),
            tests: Vec::with_capacity(tests.len()),
        };
        for (test, outcome) in tests.iter().zip(outcomes) {
            let script = report.script(test);
            if let Some(of) = known.of(&outcome.id) {
                let met = known.standing(outcome) == Standing::Expected;
                report.expectations.insert(outcome.id.clone(), Expectation::new(of.reason.clone(), met));
            }
            report.tests.push(Outcome { script, ..Outcome::clone(outcome) });
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

fn statements_of(tests: &[Arc<Test>]) -> BTreeMap<String, StatementReport> {
    let mut wanted: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for test in tests {
        wanted.entry(test.version).or_default().extend(test.covers.iter().map(String::as_str));
    }
    let mut found = BTreeMap::new();
    for (version, ids) in wanted {
        for statement in statements(version).iter().filter(|s| ids.contains(&s.id.as_str())) {
            let key = format!("{version}/{}", statement.id);
            found.insert(
                key,
                StatementReport { section: statement.section.clone(), summary: statement.summary.clone() },
            );
        }
    }
    found
}
