//! What a broker is known to get wrong.
//!
//! An expectation file lists, with a reason for each, the tests that a broker is known not to pass. A run that is given one is
//! quiet about these, and reports two kinds of unexpected result: what fails and is not listed, and what is listed and does not
//! fail any more. The second kind keeps the list true.
//!
//! ```
//! use mqtt_conformance::expect::{self, Expectations};
//!
//! let text = r#"
//! broker = "Example"
//! version = "1.0"
//! date = "2026-11-21"
//!
//! [[failure]]
//! tests = ["5.0/3.12-pingreq/*"]
//! statement = "MQTT-3.12.4-1"
//! reason = "answers no PINGREQ"
//! "#;
//! let file = expect::parse("example.toml", text).map_err(|problems| problems[0].one_line())?;
//! let expectations = Expectations::new(vec![file], ["5.0/3.12-pingreq/answered"])
//!     .map_err(|problems| problems[0].one_line())?;
//! let known = expectations.of("5.0/3.12-pingreq/answered").unwrap();
//! assert_eq!(known.reason, "answers no PINGREQ");
//! # Ok::<(), String>(())
//! ```

mod draft;
mod read;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;

use crate::diagnostic::document::Placed;
use crate::diagnostic::{Draft, Problem, Span};
use crate::pattern::Pattern;
use crate::run::{Outcome, Verdict};
pub use draft::{Head, draft};
pub use read::parse;

/// A file of expectations, as it was read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct File {
    /// The broker.
    pub broker: String,
    /// The broker's version.
    pub version: String,
    /// The day when the list was last checked.
    pub date: String,
    /// What is known.
    pub known: Vec<Arc<Known>>,
    name: String,
    source: Arc<str>,
    /// The patterns of each of `known`.
    patterns: Vec<Vec<Placed<String>>>,
    /// Where the statements of each of `known` stand.
    statements: Vec<Vec<Span>>,
}

/// What a broker is known to get wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Known {
    /// What it does, in a few words.
    pub reason: String,
    /// The statements that it breaks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<String>,
    /// The verdict to expect.
    pub verdict: Verdict,
    /// Whether it happens depends on timing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sometimes: bool,
}

/// How an outcome compares with what is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "reports and exit codes must treat every one")]
pub enum Standing {
    /// Nothing is known against the test, and it passed or was skipped; or it is listed and was skipped.
    Plain,
    /// It is listed, and came as listed.
    Expected,
    /// It did not pass, and is not listed.
    Unexpected,
    /// It is listed, and passed or came in another way: the list is out of date.
    Stale,
}

/// What is known of each test.
#[derive(Clone, Debug, Default)]
pub struct Expectations {
    of: BTreeMap<String, Arc<Known>>,
}

impl Expectations {
    /// Finds out which tests the files mean, among all that are known.
    ///
    /// # Errors
    ///
    /// When a pattern means no test, a test is meant twice, or a statement is not of the standards that the tests are about.
    pub fn new<'i>(files: Vec<File>, ids: impl IntoIterator<Item = &'i str>) -> Result<Self, Vec<Problem>> {
        let ids: Vec<&str> = ids.into_iter().collect();
        let mut all = Self::default();
        let mut problems = Vec::new();
        for file in files {
            all.add(&file, &ids, &mut problems);
        }
        if problems.is_empty() { Ok(all) } else { Err(problems) }
    }

    fn add(&mut self, file: &File, ids: &[&str], problems: &mut Vec<Problem>) {
        let mut complain = |span, draft| problems.push(Problem::new(&file.name, &file.source, span, draft));
        for ((known, patterns), statements) in file.known.iter().zip(&file.patterns).zip(&file.statements) {
            let mut all: Vec<&str> = Vec::new();
            for Placed { value: pattern, span } in patterns {
                let tests = meant(pattern, ids);
                if tests.is_empty() && !is_of_absent_vectors(pattern, ids) {
                    complain(*span, unknown(pattern, ids));
                }
                let again = tests.iter().find_map(|id| Some((id, self.of.get(*id)?)));
                if let Some((id, other)) = again {
                    let draft = Draft::error(format!("the test {id} is listed a second time"));
                    complain(*span, draft.hint(format!("it is also listed with: {}", other.reason)));
                }
                self.of.extend(tests.iter().map(|id| ((*id).to_owned(), Arc::clone(known))));
                all.extend(tests);
            }
            for (statement, span) in known.statements.iter().zip(statements) {
                if !all.is_empty() && !all.iter().any(|id| read::is_statement_of(statement, id)) {
                    let versions: BTreeSet<&str> = all.iter().filter_map(|id| id.split('/').next()).collect();
                    let versions = versions.into_iter().collect::<Vec<_>>().join(" and ");
                    let draft = Draft::error(format!(
                        "the tests are about MQTT {versions}, which has no statement {statement}"
                    ));
                    let list = "`mqtt-conformance coverage` lists the statements of each version";
                    complain(*span, draft.hint(list));
                }
            }
        }
    }

    /// Whether nothing is listed.
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// What is known of a test.
    pub fn of(&self, id: &str) -> Option<&Arc<Known>> {
        self.of.get(id)
    }

    /// How an outcome compares with what is known.
    pub fn standing(&self, outcome: &Outcome) -> Standing {
        // What passed when it ran again accuses nobody.
        let passed = matches!(outcome.verdict, Verdict::Pass | Verdict::Unsteady);
        match self.of(&outcome.id) {
            _ if outcome.verdict == Verdict::Skipped => Standing::Plain,
            None if passed => Standing::Plain,
            None => Standing::Unexpected,
            // That the broker is gone says nothing about what is known of it.
            Some(_) if outcome.unreachable => Standing::Unexpected,
            Some(known) if outcome.verdict == known.verdict || (passed && known.sometimes) => {
                Standing::Expected
            }
            Some(_) => Standing::Stale,
        }
    }
}

/// The tests that a pattern means. One that is an id as it stands means that test alone: a few ids hold a `*`.
fn meant<'i>(pattern: &str, ids: &[&'i str]) -> Vec<&'i str> {
    if let Some(id) = ids.iter().find(|id| **id == pattern) {
        return vec![id];
    }
    let pattern = Pattern::new(pattern);
    ids.iter().copied().filter(|id| pattern.fits(id)).collect()
}

/// Tests that are made of vectors exist only where vectors are given.
fn is_of_absent_vectors(pattern: &str, ids: &[&str]) -> bool {
    let vectors = "/vectors/";
    pattern.contains(vectors) && !ids.iter().any(|id| id.contains(vectors))
}

/// A pattern that means no test: what may have been meant?
fn unknown(pattern: &str, ids: &[&str]) -> Draft {
    let draft = Draft::error(format!("no test is known as {pattern}"));
    let script = |id: &str| id.split('[').next().unwrap_or_default().to_owned();
    let of_pattern = script(pattern);
    if let Some(id) = ids.iter().find(|id| script(id) == of_pattern && id.contains('[')) {
        return draft.hint(format!("the script is there, but not with this case; one of its tests is {id}"));
    }
    let mut scripts: Vec<String> = ids.iter().map(|id| script(id)).collect();
    scripts.dedup();
    let word = of_pattern.trim_end_matches('*');
    match draft.clone().did_you_mean(word, scripts.iter().map(String::as_str)) {
        Draft { hint: None, .. } => draft.hint("`mqtt-conformance list` shows the ids of all tests"),
        draft => draft,
    }
}
