//! What changed between two runs.

use std::collections::BTreeMap;

use serde::Serialize;

use super::data::RunReport;
use crate::run::{Outcome, Verdict};
use crate::script::Level;

/// What changed from one run to another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Diff {
    /// Tests with another verdict, in the order of the second run.
    pub changed: Vec<Change>,
    /// Tests that both runs have with the same verdict.
    pub same: usize,
    /// Tests that only the first run has.
    pub only_before: Vec<String>,
    /// Tests that only the second run has, with their verdicts.
    pub only_after: Vec<Only>,
}

/// A test that has another verdict than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// Its id.
    pub id: String,
    /// How binding its statements are.
    pub level: Level,
    /// The verdict of the first run.
    pub before: Verdict,
    /// The verdict of the second run.
    pub after: Verdict,
    /// Whether it is for the better.
    pub kind: ChangeKind,
    /// What the second run says about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// A test that only one run has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Only {
    /// Its id.
    pub id: String,
    /// Its verdict.
    pub verdict: Verdict,
    /// How binding its statements are.
    pub level: Level,
}

/// What a change of verdict means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "exit codes must treat every one")]
pub enum ChangeKind {
    /// It fails, and did not.
    Broken,
    /// It is no longer answered, though it does not fail: it passed or was skipped before.
    Lost,
    /// Neither better nor worse: a test that did not pass does not pass for another reason, or a passing one is skipped.
    Other,
    /// It passes, and did not.
    Fixed,
}

impl ChangeKind {
    fn of(before: Verdict, after: Verdict) -> Self {
        use Verdict::{Error, Fail, Inconclusive, Pass, Skipped, Unsteady};
        match (before, after) {
            (_, Fail) => Self::Broken,
            (Pass | Unsteady | Skipped, Inconclusive | Error) => Self::Lost,
            (Fail | Inconclusive | Error, Pass) => Self::Fixed,
            (Pass | Unsteady | Skipped, Pass | Unsteady | Skipped)
            | (Fail | Inconclusive | Error, Unsteady | Inconclusive | Error | Skipped) => Self::Other,
        }
    }

    /// The second run is worse for it.
    pub const fn is_worse(self) -> bool {
        matches!(self, Self::Broken | Self::Lost)
    }
}

impl Diff {
    /// Whether a required test got worse, or a new one fails.
    pub fn is_worse(&self) -> bool {
        self.changed.iter().any(|change| change.kind.is_worse() && change.level == Level::Must)
            || self.only_after.iter().any(|only| only.verdict == Verdict::Fail && only.level == Level::Must)
    }
}

/// What changed from the first run to the second.
pub fn diff(before: &RunReport, after: &RunReport) -> Diff {
    let mut old: BTreeMap<&str, &Outcome> =
        before.tests.iter().map(|test| (test.id.as_str(), test)).collect();
    let mut diff = Diff::default();
    for test in &after.tests {
        match old.remove(test.id.as_str()) {
            Some(known) if known.verdict == test.verdict => diff.same += 1,
            Some(known) => diff.changed.push(Change {
                id: test.id.clone(),
                level: test.level,
                before: known.verdict,
                after: test.verdict,
                kind: ChangeKind::of(known.verdict, test.verdict),
                because: test.because(),
            }),
            None => {
                diff.only_after.push(Only { id: test.id.clone(), verdict: test.verdict, level: test.level });
            }
        }
    }
    diff.only_before =
        before.tests.iter().filter(|test| old.contains_key(test.id.as_str())).map(|t| t.id.clone()).collect();
    diff
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn report(tests: &[(&str, &str, &str)]) -> RunReport {
        let tests: Vec<_> = tests
            .iter()
            .map(|(id, verdict, level)| {
                json!({"id": id, "version": "5.0", "level": level, "covers": [], "script": "a.mqs",
                       "verdict": verdict, "duration": 0.1, "transcript": []})
            })
            .collect();
        let all = json!({"format": 2, "tool": {"name": "mqtt-conformance", "version": "1"},
                         "started": "2025-01-01T00:00:00Z", "duration": 1.0,
                         "broker": {"name": "b", "addresses": []}, "options": {"jobs": 1, "timeout": 5.0, "run": "x"},
                         "statements": {}, "scripts": {}, "tests": tests});
        RunReport::from_json(&all.to_string()).unwrap()
    }

    #[track_caller]
    fn check(before: &str, after: &str, kind: ChangeKind, worse: bool) {
        let diff = diff(&report(&[("t", before, "MUST")]), &report(&[("t", after, "MUST")]));
        assert_eq!(diff.changed.iter().map(|change| change.kind).collect::<Vec<_>>(), [kind]);
        assert_eq!(diff.is_worse(), worse);
    }

    #[test]
    fn a_change_is_for_the_better_or_the_worse() {
        check("pass", "fail", ChangeKind::Broken, true);
        check("skipped", "fail", ChangeKind::Broken, true);
        check("inconclusive", "fail", ChangeKind::Broken, true);
        check("pass", "error", ChangeKind::Lost, true);
        check("pass", "inconclusive", ChangeKind::Lost, true);
        check("pass", "skipped", ChangeKind::Other, false);
        check("fail", "inconclusive", ChangeKind::Other, false);
        check("fail", "pass", ChangeKind::Fixed, false);
        check("pass", "unsteady", ChangeKind::Other, false);
        check("unsteady", "fail", ChangeKind::Broken, true);
        check("error", "pass", ChangeKind::Fixed, false);
    }

    #[test]
    fn tests_of_one_run_only_are_named() {
        let before = report(&[("a", "pass", "MUST"), ("gone", "fail", "MUST")]);
        let after = report(&[("new", "pass", "MUST"), ("a", "pass", "MUST")]);
        let changes = diff(&before, &after);
        assert_eq!((changes.same, changes.only_before.as_slice()), (1, ["gone".to_owned()].as_slice()));
        assert_eq!(changes.only_after.len(), 1);
        assert!(!changes.is_worse());
        assert!(diff(&before, &report(&[("new", "fail", "MUST")])).is_worse());
        assert!(!diff(&before, &report(&[("new", "fail", "SHOULD")])).is_worse());
    }
}
