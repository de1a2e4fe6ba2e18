//! Verdicts counted, by area and version.

use std::collections::BTreeMap;
use std::fmt;

use mqtt_codec::Version;

use crate::run::Verdict;

/// `3.12-pingreq` of `5.0/3.12-pingreq/answered[case=1]`.
pub fn area(id: &str) -> &str {
    let id = id.split('[').next().unwrap_or(id);
    let below = id.split_once('/').map_or(id, |(_, below)| below);
    below.rsplit_once('/').map_or("(none)", |(area, _)| area)
}

/// How many tests have which verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "one count per verdict")]
pub struct Cell {
    /// [`Verdict::Pass`]
    pub passed: usize,
    /// [`Verdict::Fail`]
    pub failed: usize,
    /// [`Verdict::Unsteady`]
    pub unsteady: usize,
    /// [`Verdict::Inconclusive`]
    pub inconclusive: usize,
    /// [`Verdict::Error`]
    pub errors: usize,
    /// [`Verdict::Skipped`]
    pub skipped: usize,
    /// Not passed, and known for it; not counted among the others.
    pub expected: usize,
}

impl Cell {
    /// Counts one more; `expected` if it came as an expectation file says.
    pub fn add(&mut self, verdict: Verdict, expected: bool) {
        *match verdict {
            Verdict::Fail | Verdict::Unsteady | Verdict::Inconclusive | Verdict::Error if expected => {
                &mut self.expected
            }
            Verdict::Pass => &mut self.passed,
            Verdict::Fail => &mut self.failed,
            Verdict::Unsteady => &mut self.unsteady,
            Verdict::Inconclusive => &mut self.inconclusive,
            Verdict::Skipped => &mut self.skipped,
            Verdict::Error => &mut self.errors,
        } += 1;
    }

    /// The tests that were not skipped.
    pub fn asked(&self) -> usize {
        self.passed + self.failed + self.unsteady + self.inconclusive + self.errors + self.expected
    }

    /// The worst verdict in it; `None` if it is empty.
    pub fn worst(&self) -> Option<Verdict> {
        [
            (self.failed, Verdict::Fail),
            (self.errors, Verdict::Error),
            (self.inconclusive, Verdict::Inconclusive),
            (self.unsteady, Verdict::Unsteady),
            (self.passed + self.expected, Verdict::Pass),
            (self.skipped, Verdict::Skipped),
        ]
        .into_iter()
        .find_map(|(count, verdict)| (count > 0).then_some(verdict))
    }
}

impl fmt::Display for Cell {
    /// Passed of asked, and what the others are: `7/9, 2 failed`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.passed, self.asked())?;
        for (count, what) in [
            (self.failed, "failed"),
            (self.unsteady, "unsteady"),
            (self.inconclusive, "inconclusive"),
            (self.errors, "not run"),
            (self.expected, "as expected"),
            (self.skipped, "skipped"),
        ] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        Ok(())
    }
}

/// One row per area, one column per version.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Table {
    /// The versions that occur, in order.
    pub versions: Vec<Version>,
    /// The areas, each with its cells in the order of the versions; `None` where a version has no test.
    pub rows: Vec<(String, Vec<Option<Cell>>)>,
    /// The sums of the columns.
    pub total: Vec<Cell>,
}

impl Table {
    /// Counts tests by id, version and verdict, and whether that was expected.
    pub fn of<'a>(tests: impl IntoIterator<Item = (&'a str, Version, Verdict, bool)>) -> Self {
        let mut cells: BTreeMap<&str, BTreeMap<Version, Cell>> = BTreeMap::new();
        let mut total: BTreeMap<Version, Cell> = BTreeMap::new();
        for (id, version, verdict, expected) in tests {
            cells.entry(area(id)).or_default().entry(version).or_default().add(verdict, expected);
            total.entry(version).or_default().add(verdict, expected);
        }
        let versions: Vec<Version> = total.keys().copied().collect();
        let rows = cells
            .into_iter()
            .map(|(area, of)| (area.to_owned(), versions.iter().map(|v| of.get(v).copied()).collect()))
            .collect();
        Self { versions, rows, total: total.into_values().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_area_of_a_test() {
        assert_eq!(area("5.0/3.12-pingreq/answered"), "3.12-pingreq");
        assert_eq!(area("5.0/4.7-topics/matching[filter=a/b,topic=a/b]"), "4.7-topics");
        assert_eq!(area("5.0/a/b/c"), "a/b");
        assert_eq!(area("5.0/alone"), "(none)");
    }

    #[test]
    fn counts_by_area_and_version() {
        let table = Table::of([
            ("5.0/b/x", Version::V5, Verdict::Pass, false),
            ("3.1/a/x", Version::V3_1, Verdict::Skipped, false),
            ("5.0/b/y", Version::V5, Verdict::Fail, false),
            ("5.0/b/z", Version::V5, Verdict::Fail, true),
        ]);
        assert_eq!(table.versions, [Version::V3_1, Version::V5]);
        let texts: Vec<_> = table
            .rows
            .iter()
            .map(|(area, cells)| {
                (area.as_str(), cells.iter().map(|c| c.map(|c| c.to_string())).collect::<Vec<_>>())
            })
            .collect();
        assert_eq!(
            texts,
            [
                ("a", vec![Some("0/0, 1 skipped".to_owned()), None]),
                ("b", vec![None, Some("1/3, 1 failed, 1 as expected".to_owned())])
            ]
        );
        assert_eq!(table.total[1].worst(), Some(Verdict::Fail));
    }
}
