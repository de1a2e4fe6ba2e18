//! A first list of what a broker gets wrong, drafted from a run.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use super::{Expectations, Standing, meant};
use crate::run::{Failure, Outcome, Verdict};

/// What stands at the top of a drafted file.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "the head of the file, which is to be filled in")]
pub struct Head {
    /// The broker.
    pub broker: String,
    /// Its version.
    pub version: String,
    /// Today.
    pub date: String,
}

const NOTE: &str = "\
# A draft, written after a run: what was seen, not what is right. Judge each entry against the standard, put the reason into
# words of your own, name the statement that is broken, and take out what the tests get wrong.
";

/// Writes an expectation file that lists what did not go well and is not listed yet. `ids` are those of all tests, so that what
/// is listed in short means no other test.
///
/// Used for the next run, the file makes everything expected that was seen in this one.
pub fn draft(head: &Head, outcomes: &[Arc<Outcome>], ids: &[&str], known: &Expectations) -> String {
    let mut file = format!(
        "{NOTE}broker = {}\nversion = {}\ndate = {}\n",
        quoted(&head.broker),
        quoted(&head.version),
        quoted(&head.date)
    );
    let mut groups: BTreeMap<(&str, Verdict, usize, String), Vec<&Outcome>> = BTreeMap::new();
    for outcome in outcomes.iter().filter(|outcome| !outcome.unreachable) {
        if known.standing(outcome) == Standing::Unexpected {
            let (line, got) = outcome.failure.as_ref().map_or((0, String::new()), |f| (f.line, gist(&f.got)));
            groups.entry((script(&outcome.id), outcome.verdict, line, got)).or_default().push(outcome);
        }
    }
    for ((script, verdict, ..), group) in groups {
        let all: Vec<&str> = ids.iter().copied().filter(|id| self::script(id) == script).collect();
        let tests = fold(script, &group.iter().map(|outcome| outcome.id.as_str()).collect(), &all);
        file.push_str("\n[[failure]]\n");
        let asked: BTreeSet<&str> =
            group.iter().flat_map(|outcome| &outcome.covers).map(String::as_str).collect();
        if let Some(first) = group.first().filter(|_| !asked.is_empty()) {
            let asked = asked.into_iter().collect::<Vec<_>>().join(", ");
            let _ = writeln!(file, "# asks {asked} ({})", first.level);
        }
        match &*tests {
            [one] => {
                let _ = writeln!(file, "tests = [{}]", quoted(one));
            }
            several => {
                file.push_str("tests = [\n");
                for test in several {
                    let _ = writeln!(file, "    {},", quoted(test));
                }
                file.push_str("]\n");
            }
        }
        let reason = group.first().map_or_else(String::new, |outcome| reason(outcome));
        let _ = writeln!(file, "reason = {}", quoted(&format!("draft: {reason}")));
        if verdict != Verdict::Fail {
            let _ = writeln!(file, "verdict = {}", quoted(verdict.name()));
        }
    }
    file
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// The id without its case.
fn script(id: &str) -> &str {
    id.split('[').next().unwrap_or(id)
}

/// Patterns that mean these tests of a script and no others, as few as are found quickly.
fn fold(script: &str, tests: &BTreeSet<&str>, all: &[&str]) -> Vec<String> {
    let mut left = tests.clone();
    let mut patterns = Vec::new();
    let mut candidates: Vec<(String, BTreeSet<&str>)> = tests
        .iter()
        .flat_map(|id| parts(id))
        .flat_map(|part| ["[{}]", "[{},*]", "[*,{}]", "[*,{},*]"].map(|form| form.replace("{}", part)))
        .chain(["[*]".to_owned()])
        .collect::<BTreeSet<_>>()
        .into_iter()
        .map(|form| format!("{script}{form}"))
        .map(|pattern| {
            let meant = meant(&pattern, all).into_iter().collect();
            (pattern, meant)
        })
        .filter(|(_, meant): &(_, BTreeSet<&str>)| meant.is_subset(tests))
        // One test keeps its id, unless that is long.
        .filter(|(pattern, meant)| match meant.first() {
            Some(id) => meant.len() > 1 || pattern.len() + 16 <= id.len(),
            None => false,
        })
        .collect();
    // No test may be meant twice.
    while let Some(best) =
        candidates.iter().max_by_key(|(pattern, meant)| (meant.len(), Reverse(pattern.len()))).cloned()
    {
        left.retain(|id| !best.1.contains(id));
        candidates.retain(|(_, meant)| meant.is_disjoint(&best.1));
        patterns.push(best.0);
    }
    patterns.extend(left.into_iter().map(ToOwned::to_owned));
    patterns.sort();
    patterns
}

/// What stands between the commas of a case. A value may hold commas itself: what comes of it fits nothing, or what it says.
fn parts(id: &str) -> Vec<&str> {
    let case = id.split_once('[').and_then(|(_, case)| case.strip_suffix(']'));
    case.map_or_else(Vec::new, |case| case.split(',').collect())
}

/// The failure in a few words.
fn reason(outcome: &Outcome) -> String {
    let text = match (&outcome.failure, &outcome.reason) {
        (Some(Failure { malformed: Some(malformed), .. }), _) => {
            format!("sends a malformed packet: {malformed}")
        }
        (Some(Failure { forbidden: Some(forbidden), .. }), _) => forbidden.clone(),
        (Some(Failure { difference: Some(difference), .. }), _) => difference.clone(),
        (Some(failure), _) => format!("expected {}, got {}", gist(&failure.expected), gist(&failure.got)),
        (None, Some(reason)) => reason.clone(),
        (None, None) => outcome.verdict.name().to_owned(),
    };
    let mut line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(160) {
        line.truncate(end);
        line.push('…');
    }
    line
}

/// A line of a trace without what differs from run to run: the packet's name and its codes.
fn gist(line: &str) -> String {
    let line = line.lines().next().unwrap_or_default();
    let event = line.split_once(" < ").map_or(line, |(_, event)| event);
    if event.starts_with("hex ") {
        return "bytes".to_owned();
    }
    if !event.starts_with(|c: char| c.is_ascii_uppercase()) {
        return event.to_owned();
    }
    let mut words = event.split(' ');
    let mut gist = words.next().unwrap_or_default().to_owned();
    // A list of codes holds blanks.
    let mut inside = false;
    for word in words {
        let code = ["reason=", "reasons=", "return_code=", "return_codes="]
            .iter()
            .any(|name| word.starts_with(name));
        if code || inside {
            gist.push(' ');
            gist.push_str(word);
            inside = (inside || word.contains('[')) && !word.contains(']');
        }
    }
    gist
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_fold(tests: &[&str], patterns: &[&str]) {
        let all = [
            "5.0/a/b[x=1,y=1]",
            "5.0/a/b[x=1,y=2]",
            "5.0/a/b[x=2,y=1]",
            "5.0/a/b[x=2,y=2]",
            "5.0/a/b[x=3,y=*]",
        ];
        let folded = fold("5.0/a/b", &tests.iter().copied().collect(), &all);
        assert_eq!(folded, patterns);
        let mut back: Vec<&str> = folded.iter().flat_map(|pattern| meant(pattern, &all)).collect();
        back.sort_unstable();
        assert_eq!(back, tests);
    }

    #[test]
    fn folds_to_patterns_that_mean_no_other_test() {
        check_fold(
            &[
                "5.0/a/b[x=1,y=1]",
                "5.0/a/b[x=1,y=2]",
                "5.0/a/b[x=2,y=1]",
                "5.0/a/b[x=2,y=2]",
                "5.0/a/b[x=3,y=*]",
            ],
            &["5.0/a/b[*]"],
        );
        check_fold(&["5.0/a/b[x=1,y=1]", "5.0/a/b[x=1,y=2]"], &["5.0/a/b[x=1,*]"]);
        check_fold(
            &["5.0/a/b[x=1,y=1]", "5.0/a/b[x=1,y=2]", "5.0/a/b[x=2,y=2]"],
            &["5.0/a/b[x=1,*]", "5.0/a/b[x=2,y=2]"],
        );
        check_fold(&["5.0/a/b[x=3,y=*]"], &["5.0/a/b[x=3,y=*]"]);
    }

    #[test]
    fn keeps_of_a_line_what_is_the_same_in_every_run() {
        for (line, expected) in [
            ("sub < PUBLISH dup=false qos=1 topic=\"mq1/a\" payload=\"1\"", "PUBLISH"),
            ("a < SUBACK packet_id=1 properties=[] reasons=[0x00, 0x02]", "SUBACK reasons=[0x00, 0x02]"),
            ("a < closed", "closed"),
            ("nothing for 5s", "nothing for 5s"),
            ("a < hex \"32 19\": PUBLISH Response Topic, byte 25: wildcard", "bytes"),
        ] {
            assert_eq!(gist(line), expected);
        }
    }
}
