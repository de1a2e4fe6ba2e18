//! What went wrong, grouped by script and cause: one example of each group is told, the others are named.

use std::collections::BTreeMap;
use std::sync::Arc;

use mqtt_conformance::expect::{Expectations, Standing};
use mqtt_conformance::run::{Outcome, Verdict};
use mqtt_conformance::script::Level;

/// So many others of a group are named.
const NAMED: usize = 4;

/// Outcomes of one script that have the same cause.
#[derive(Debug)]
pub(super) struct Group<'o> {
    /// The one with the shortest trace, by its place in the list of tests.
    pub(super) example: (usize, &'o Outcome),
    /// How it compares with what is known.
    pub(super) standing: Standing,
    /// The other tests.
    others: Vec<&'o str>,
}

impl Group<'_> {
    /// Names the others, in a sentence; `None` if there are none.
    pub(super) fn others(&self) -> Option<String> {
        let named: Vec<&str> = self.others.iter().take(NAMED).copied().collect();
        let tests = match self.others.len() {
            0 => return None,
            1 => "1 more test".to_owned(),
            n => format!("{n} more tests"),
        };
        let dots = if self.others.len() > named.len() { ", …" } else { "" };
        Some(format!("{tests} of this script for the same reason: {}{dots}", named.join(", ")))
    }
}

/// What a group has in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key<'o> {
    /// MUST first.
    rank: usize,
    verdict: Verdict,
    stale: bool,
    script: &'o str,
    line: Option<usize>,
    reason: Option<&'o str>,
}

/// The groups of what was not expected, and of what is unsteady: first what failed and is a MUST, and last what could not be run.
pub(super) fn groups<'o>(outcomes: &'o [Arc<Outcome>], known: &Expectations) -> Vec<Group<'o>> {
    let mut groups: BTreeMap<Key<'o>, Vec<(usize, &'o Outcome, Standing)>> = BTreeMap::new();
    for (at, outcome) in outcomes.iter().enumerate() {
        let standing = known.standing(outcome);
        let shown = matches!(standing, Standing::Unexpected | Standing::Stale);
        if !shown && outcome.verdict != Verdict::Unsteady {
            continue;
        }
        let level = match outcome.level {
            Level::Must => 0,
            Level::Should => 1,
            Level::May => 2,
        };
        let verdict = match outcome.verdict {
            Verdict::Fail => level,
            Verdict::Unsteady => 3,
            Verdict::Inconclusive => 4,
            _ => 5,
        };
        let key = Key {
            rank: if standing == Standing::Stale { 6 } else { verdict },
            verdict: outcome.verdict,
            stale: standing == Standing::Stale,
            script: script(&outcome.id),
            line: outcome.failure.as_ref().map(|failure| failure.line),
            reason: outcome.reason.as_deref(),
        };
        groups.entry(key).or_default().push((at, outcome, standing));
    }
    groups.into_values().filter_map(group).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "what a map of groups hands over")]
fn group(members: Vec<(usize, &Outcome, Standing)>) -> Option<Group<'_>> {
    let (at, example, standing) =
        members.iter().min_by_key(|(at, outcome, _)| (outcome.transcript.len(), *at)).copied()?;
    let others = members.iter().filter(|(other, ..)| *other != at).map(|(_, other, _)| other.id.as_str());
    Some(Group { example: (at, example), standing, others: others.collect() })
}

/// The script of a test, without the version and the case.
fn script(id: &str) -> &str {
    let id = id.split('[').next().unwrap_or(id);
    id.split_once('/').map_or(id, |(_, script)| script)
}

#[cfg(test)]
mod tests {
    use mqtt_codec::Version;

    use super::*;

    fn failed(id: &str, level: Level) -> Arc<Outcome> {
        Arc::new(Outcome::new(id, Version::V5, level, Verdict::Fail))
    }

    #[test]
    fn cases_and_versions_of_a_script_are_one_group() {
        let outcomes = [
            failed("3.1.1/a/may", Level::May),
            failed("3.1.1/a/x[i=1]", Level::Must),
            failed("3.1.1/a/x[i=2]", Level::Must),
            failed("5.0/a/x[i=1]", Level::Must),
            Arc::new(Outcome::new("5.0/a/fine", Version::V5, Level::Must, Verdict::Pass)),
        ];
        let groups = groups(&outcomes, &Expectations::default());
        assert_eq!(groups.len(), 2);
        assert_eq!(groups[0].example.1.id, "3.1.1/a/x[i=1]");
        assert_eq!(
            groups[0].others().as_deref(),
            Some("2 more tests of this script for the same reason: 3.1.1/a/x[i=2], 5.0/a/x[i=1]")
        );
        assert_eq!(groups[1].example.1.id, "3.1.1/a/may");
        assert_eq!(groups[1].others(), None);
    }
}
