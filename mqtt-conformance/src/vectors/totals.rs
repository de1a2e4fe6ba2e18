//! Counting outcomes.

use std::collections::BTreeMap;

use mqtt_codec::{PacketType, Version};

use super::{Outcome, Vector, Verdict};

/// How many vectors came out how, per version, packet type and result.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    counts: BTreeMap<Key, Count>,
}

/// What is counted together: version, packet type (of the first byte, if it names one) and `result`.
pub type Key = (Version, Option<PacketType>, &'static str);

/// How many vectors came out how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "one count per verdict")]
pub struct Count {
    /// Without a difference.
    pub passed: usize,
    /// With one where the standard leaves a choice.
    pub deviating: usize,
    /// With one where it does not.
    pub failed: usize,
}

impl Count {
    /// All of them.
    #[must_use]
    pub const fn all(self) -> usize {
        self.passed + self.deviating + self.failed
    }

    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            deviating: self.deviating + other.deviating,
            failed: self.failed + other.failed,
        }
    }
}

impl Totals {
    /// Counts an outcome.
    pub fn add(&mut self, vector: &Vector, outcome: &Outcome) {
        let key = (vector.version, vector.packet_type(), vector.expectation.name());
        let count = self.counts.entry(key).or_default();
        match outcome.verdict {
            Verdict::Passed => count.passed += 1,
            Verdict::Deviates => count.deviating += 1,
            Verdict::Failed => count.failed += 1,
        }
    }

    /// The counts, by version, packet type and result.
    pub fn iter(&self) -> impl Iterator<Item = (Key, Count)> {
        self.counts.iter().map(|(key, count)| (*key, *count))
    }

    /// The count of what passes a filter.
    #[must_use]
    pub fn sum(&self, mut wanted: impl FnMut(&Key) -> bool) -> Count {
        self.counts
            .iter()
            .filter(|(key, _)| wanted(key))
            .fold(Count::default(), |sum, (_, count)| sum.plus(*count))
    }
}
