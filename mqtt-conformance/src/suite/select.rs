//! Which tests.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use mqtt_codec::Version;

use crate::pattern::Pattern;
use crate::script::Test;

/// Which tests.
#[derive(Clone, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "the command line fills it in")]
pub struct Selection {
    /// Of these versions; of all, if it is empty.
    pub versions: Vec<Version>,
    /// Whose id contains one of these texts, or matches one of these patterns of `*` and `?`; all, if it is empty.
    pub select: Vec<String>,
}

impl Selection {
    /// The tests that are wanted, in their order.
    #[must_use]
    pub fn keep<T: Borrow<Test>>(&self, tests: Vec<T>) -> Vec<T> {
        let patterns: Vec<Pattern> = self.select.iter().map(|text| Pattern::new(text)).collect();
        let wanted = |test: &Test| {
            (self.versions.is_empty() || self.versions.contains(&test.version))
                && (patterns.is_empty() || patterns.iter().any(|pattern| pattern.finds(&test.id)))
        };
        tests.into_iter().filter(|test| wanted(test.borrow())).collect()
    }
}

/// One part of the tests, so that several machines share a run: `1/4` is the first of four.
///
/// The tests are sorted by id and dealt out in turn: so the parts are of one size, no test is in two of them, and all of
/// them together are the whole. The cases of one script are spread too, since they take about the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    number: usize,
    count: usize,
}

impl Shard {
    /// Part `number` of `count`, counted from 1; `None` if there is no such part.
    #[must_use]
    pub fn new(number: usize, count: usize) -> Option<Self> {
        (1..=count).contains(&number).then_some(Self { number, count })
    }

    /// Keeps this part of the tests, in their order.
    pub fn keep<T: Borrow<Test>>(self, tests: &mut Vec<T>) {
        let mut ids: Vec<&str> = tests.iter().map(|test| test.borrow().id.as_str()).collect();
        ids.sort_unstable();
        let mine: HashSet<String> =
            ids.into_iter().skip(self.number - 1).step_by(self.count).map(str::to_owned).collect();
        tests.retain(|test| mine.contains(&test.borrow().id));
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number =
            |text: &str| text.parse::<usize>().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
        let parts = text.split_once('/').and_then(|(n, count)| Some((number(n)?, number(count)?)));
        match parts {
            Some((number, count)) if count > 0 => Self::new(number, count)
                .ok_or_else(|| format!("the parts of {count} are 1/{count} to {count}/{count}")),
            _ => Err("expected a part and a count, such as 1/4".to_owned()),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.count)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::script;

    #[test]
    fn the_parts_are_even_and_together_the_whole() {
        let text = "# Many.\nversion: 5.0\nfor i in 1 2 3 4 5 6 7 8 9 10\n\nconnect it\n---\nping it\n";
        let all = script::expand(&script::parse("x.mqs", text).unwrap(), "a/x.mqs").unwrap();
        let all: Vec<Arc<Test>> = all.into_iter().map(Arc::new).collect();
        let mut found = Vec::new();
        for number in 1..=4 {
            let mut part = all.clone();
            Shard { number, count: 4 }.keep(&mut part);
            assert!((2..=3).contains(&part.len()));
            found.extend(part.into_iter().map(|test| test.id.clone()));
        }
        let mut ids: Vec<_> = all.into_iter().map(|test| test.id.clone()).collect();
        ids.sort();
        found.sort();
        assert_eq!(found, ids);
    }

    #[test]
    fn reads_a_part() {
        assert_eq!("2/3".parse(), Ok(Shard { number: 2, count: 3 }));
        assert_eq!("2/3".parse::<Shard>().unwrap().to_string(), "2/3");
        for text in ["", "1", "0/3", "4/3", "1/0", "a/b", "+1/3", "1/2/3"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
