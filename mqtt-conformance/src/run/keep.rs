//! What is kept of a test that ended, while others run: a run has thousands of tests, and a broker may have flooded each.

use crate::budget::{Budget, Held};
use crate::engine::{Entry, Outcome, TraceEvent, Verdict};

/// The most bytes of a transcript, about, of a test that passed or was skipped.
const OF_PASSED: usize = 64 << 10;

/// The most bytes of any other transcript.
const OF_OTHERS: usize = 1 << 20;

/// What is kept when the budget of the run is used up.
const AT_LEAST: usize = 8 << 10;

/// About how much memory an entry takes without its bytes.
const ENTRY: usize = 512;

/// Shortens the transcript of a test to what is enough to see what happened.
pub(super) fn shorten(outcome: &mut Outcome) {
    let passed = matches!(outcome.verdict, Verdict::Pass | Verdict::Skipped);
    fold(outcome, if passed { OF_PASSED } else { OF_OTHERS });
}

/// Shortens it further where the run has no memory left; the memory that it takes.
pub(super) fn keep(outcome: &mut Outcome, kept: &Budget) -> Option<Held> {
    shorten(outcome);
    let held = kept.hold(weight(outcome));
    if held.is_none() {
        fold(outcome, AT_LEAST);
    }
    held
}

/// About how much memory a transcript takes.
fn weight(outcome: &Outcome) -> usize {
    outcome.transcript.iter().map(of_entry).sum()
}

fn of_entry(entry: &Entry) -> usize {
    match entry.event {
        TraceEvent::Omitted { .. } => ENTRY,
        // The bytes, and the packet that they are.
        _ => ENTRY + bytes(entry).saturating_mul(3),
    }
}

fn bytes(entry: &Entry) -> usize {
    match &entry.event {
        TraceEvent::Sent { bytes, .. }
        | TraceEvent::Received { bytes, .. }
        | TraceEvent::Malformed { bytes, .. }
        | TraceEvent::Fragment { bytes } => bytes.as_slice().len(),
        TraceEvent::Omitted { size, .. } => *size,
        _ => 0,
    }
}

/// Leaves out the middle of a transcript that takes more than `most`, but for the entry that failed.
fn fold(outcome: &mut Outcome, most: usize) {
    if weight(outcome) <= most {
        return;
    }
    let failed = outcome.failure.as_ref().and_then(|failure| failure.entry);
    let entries = std::mem::take(&mut outcome.transcript);
    // From each end, and around what failed, a third of what there may be.
    let mut wanted = vec![false; entries.len()];
    let mut want = |order: &mut dyn Iterator<Item = usize>| {
        let mut left = most / 3;
        for at in order {
            let Some(after) = entries.get(at).and_then(|entry| left.checked_sub(of_entry(entry))) else {
                break;
            };
            left = after;
            if let Some(wanted) = wanted.get_mut(at) {
                *wanted = true;
            }
        }
    };
    want(&mut (0..entries.len()));
    want(&mut (0..entries.len()).rev());
    if let Some(failed) = failed {
        want(&mut (0..=failed).rev());
    }
    let mut entry_of_failure = None;
    for (at, (entry, wanted)) in entries.into_iter().zip(wanted).enumerate() {
        if wanted {
            if failed == Some(at) {
                entry_of_failure = Some(outcome.transcript.len());
            }
            outcome.transcript.push(entry);
            continue;
        }
        outcome.unseen += entry.cost();
        let more = bytes(&entry);
        if let Some(Entry { event: TraceEvent::Omitted { events, size }, .. }) = outcome.transcript.last_mut()
        {
            *events += 1;
            *size += more;
        } else {
            let event = TraceEvent::Omitted { events: 1, size: more };
            outcome.transcript.push(Entry { event, ..entry });
        }
    }
    if let Some(failure) = &mut outcome.failure {
        failure.entry = entry_of_failure;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use mqtt_codec::Version;

    use super::*;
    use crate::script::Level;

    fn outcome(verdict: Verdict, entries: usize, length: usize) -> Outcome {
        let mut outcome = Outcome::new("test", Version::V5, Level::Must, verdict);
        let fragment = || TraceEvent::Fragment { bytes: Bytes::from(vec![0; length]).into() };
        let entry = || Entry { at: Duration::ZERO, connection: "a".to_owned(), event: fragment() };
        outcome.transcript = std::iter::repeat_with(entry).take(entries).collect();
        outcome
    }

    #[test]
    fn a_short_transcript_stays() {
        let budget = Budget::new(1 << 20);
        let mut short = outcome(Verdict::Pass, 20, 100);
        let before = short.clone();
        assert!(keep(&mut short, &budget).is_some());
        assert_eq!(short, before);
    }

    #[test]
    fn the_middle_of_a_long_one_is_counted() {
        let budget = Budget::new(1 << 20);
        let mut long = outcome(Verdict::Pass, 10_000, 100);
        let cost = long.cost();
        let held = keep(&mut long, &budget).unwrap();
        assert!(held.bytes() <= OF_PASSED + ENTRY && long.transcript.len() > 10);
        let events: usize = long
            .transcript
            .iter()
            .map(|entry| match entry.event {
                TraceEvent::Omitted { events, size } => {
                    assert_eq!(size, events * 100);
                    events
                }
                _ => 1,
            })
            .sum();
        assert_eq!(events, 10_000);
        assert_eq!((long.cost(), cost.received.bytes), (cost, 1_000_000));
    }

    #[test]
    fn without_memory_little_is_kept() {
        let mut long = outcome(Verdict::Fail, 100, 100);
        assert!(keep(&mut long, &Budget::new(0)).is_none());
        assert!(weight(&long) <= AT_LEAST + ENTRY, "{}", weight(&long));
        assert!(long.transcript.len() < 20);
        let mut one = outcome(Verdict::Fail, 1, 2 << 20);
        assert!(keep(&mut one, &Budget::new(0)).is_none());
        assert!(matches!(
            one.transcript.as_slice(),
            [Entry { event: TraceEvent::Omitted { events: 1, .. }, .. }]
        ));
    }
}
