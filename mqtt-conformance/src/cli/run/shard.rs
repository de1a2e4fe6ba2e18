//! `--shard 1/4`: one part of the tests, so that several machines share a run.

use std::fmt;
use std::str::FromStr;

use mqtt_conformance::script::Test;

/// One part of the tests.
///
/// The tests are sorted by id and dealt out in turn: so the parts are of one size, no test is in two of them, and all of
/// them together are the whole. The cases of one script are spread too, since they take about the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shard {
    number: usize,
    count: usize,
}

impl Shard {
    /// Keeps this part of the tests, in their order.
    pub(super) fn apply(self, tests: Vec<Test>) -> Vec<Test> {
        let mut ids: Vec<&str> = tests.iter().map(|test| test.id.as_str()).collect();
        ids.sort_unstable();
        let mine: std::collections::HashSet<String> =
            ids.into_iter().skip(self.number - 1).step_by(self.count).map(str::to_owned).collect();
        tests.into_iter().filter(|test| mine.contains(&test.id)).collect()
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number =
            |text: &str| text.parse::<usize>().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
        let parts = text.split_once('/').and_then(|(n, count)| Some((number(n)?, number(count)?)));
        match parts {
            Some((number, count)) if (1..=count).contains(&number) => Ok(Self { number, count }),
            Some((_, count)) if count > 0 => {
                Err(format!("the parts of {count} are 1/{count} to {count}/{count}"))
            }
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
    use super::*;
    use mqtt_conformance::script;

    #[test]
    fn the_parts_are_even_and_together_the_whole() {
        let text = "# Many.\nversion: 5.0\nfor i in 1 2 3 4 5 6 7 8 9 10\n\nconnect it\n---\nping it\n";
        let all = script::expand(&script::parse("x.mqs", text).unwrap(), "a/x.mqs").unwrap();
        let mut found = Vec::new();
        for number in 1..=4 {
            let part = Shard { number, count: 4 }.apply(all.clone());
            assert!((2..=3).contains(&part.len()));
            found.extend(part.into_iter().map(|test| test.id));
        }
        let mut ids: Vec<_> = all.into_iter().map(|test| test.id).collect();
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
