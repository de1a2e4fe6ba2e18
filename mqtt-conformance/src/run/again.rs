//! A second time: what a test that did not pass came to when it ran again.

use crate::engine::{Attempt, Outcome, Verdict};
use crate::script::Level;

/// Whether an outcome is not the last word: it accuses the broker, it was the tester's or the way's fault, or the broker was
/// away. A MAY accuses nobody.
pub(super) fn is_open(outcome: &Outcome) -> bool {
    match outcome.verdict {
        Verdict::Fail | Verdict::Inconclusive => outcome.level != Level::May,
        Verdict::Error => outcome.unreachable,
        Verdict::Pass | Verdict::Unsteady | Verdict::Skipped => false,
    }
}

/// What two runs of a test come to together.
///
/// A failure counts if the test fails again. One that passes then is unsteady, and is shown with both runs. Where the first run tested
/// nothing, the second one counts alone.
pub(super) fn settle(first: &Outcome, second: Outcome) -> Outcome {
    // What found nobody was no attempt.
    let attempts = first.attempts + u32::from(first.verdict != Verdict::Error);
    let mut unseen = second.unseen;
    if (first.verdict, second.verdict) == (Verdict::Fail, Verdict::Pass) {
        unseen += first.unseen;
        return Outcome {
            verdict: Verdict::Unsteady,
            reason: Some("it failed, and passed when it ran again".to_owned()),
            again: Some(Attempt::from(second)),
            attempts,
            unseen,
            ..first.clone()
        };
    }
    unseen += first.cost();
    Outcome { attempts, unseen, ..second }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mqtt_codec::Version;

    use super::*;
    use crate::engine::{Entry, TraceEvent};

    fn outcome(verdict: Verdict) -> Outcome {
        Outcome::new("5.0/a/b", Version::V5, Level::Must, verdict)
    }

    #[track_caller]
    fn check(first: Verdict, second: Verdict, together: Verdict) {
        let settled = settle(&outcome(first), outcome(second));
        assert_eq!(
            (settled.verdict, settled.attempts),
            (together, if first == Verdict::Error { 1 } else { 2 })
        );
        assert_eq!(settled.again.is_some(), together == Verdict::Unsteady);
    }

    #[test]
    fn only_a_second_failure_is_one() {
        check(Verdict::Fail, Verdict::Fail, Verdict::Fail);
        check(Verdict::Fail, Verdict::Pass, Verdict::Unsteady);
        check(Verdict::Fail, Verdict::Inconclusive, Verdict::Inconclusive);
        check(Verdict::Inconclusive, Verdict::Pass, Verdict::Pass);
        check(Verdict::Error, Verdict::Fail, Verdict::Fail);
    }

    #[test]
    fn both_runs_cost() {
        let opened = |verdict| {
            let event = TraceEvent::Opened { version: Version::V5, node: None };
            let entry = Entry { at: Duration::ZERO, connection: "a".to_owned(), event };
            Outcome { transcript: vec![entry], ..outcome(verdict) }
        };
        for second in [Verdict::Pass, Verdict::Fail] {
            let settled = settle(&opened(Verdict::Fail), opened(second));
            assert_eq!(settled.cost().connections, 2, "{second}");
            let third = settle(&settled, opened(Verdict::Fail));
            assert_eq!(third.cost().connections, 3, "{second}");
        }
    }

    #[test]
    fn what_accuses_nobody_is_the_last_word() {
        let may = Outcome { level: Level::May, ..outcome(Verdict::Fail) };
        assert!(is_open(&outcome(Verdict::Fail)) && !is_open(&may));
        let gone = Outcome { unreachable: true, ..outcome(Verdict::Error) };
        assert!(is_open(&gone) && !is_open(&outcome(Verdict::Error)));
    }
}
