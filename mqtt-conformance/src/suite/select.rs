//! Which tests.

use std::borrow::Borrow;
use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::str::FromStr;

use mqtt_codec::Version;

use crate::diagnostic::closest;
use crate::pattern::Pattern;
use crate::script::Test;
use crate::statements::statement;

/// Which tests. Each list holds alternatives; an empty one asks for nothing. A test has to satisfy every list.
#[derive(Clone, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "the command line fills it in")]
pub struct Selection {
    /// Of these versions.
    pub versions: Vec<Version>,
    /// Whose id contains one of these texts, or matches one of these patterns of `*` and `?`.
    pub select: Vec<String>,
    /// Whose id does not.
    pub exclude: Vec<String>,
    /// That test one of these statements: `MQTT-3.1.2-1`, or `5.0/MQTT-3.1.2-1` for one version.
    pub statements: Vec<String>,
    /// That test a statement of one of these sections or below: `3.1` means 3.1.2, too.
    pub sections: Vec<String>,
    /// Whose title contains one of these texts, in capitals or not.
    pub titles: Vec<String>,
    /// With one of these ids, if they are given.
    pub ids: Option<HashSet<String>>,
}

impl Selection {
    /// The tests that are wanted, in their order.
    #[must_use]
    pub fn keep<T: Borrow<Test>>(&self, tests: Vec<T>) -> Vec<T> {
        let patterns = |texts: &[String]| texts.iter().map(|text| Pattern::new(text)).collect::<Vec<_>>();
        let (select, exclude) = (patterns(&self.select), patterns(&self.exclude));
        let titles: Vec<String> = self.titles.iter().map(|title| title.to_lowercase()).collect();
        let wanted = |test: &Test| {
            (self.versions.is_empty() || self.versions.contains(&test.version))
                && (select.is_empty() || select.iter().any(|pattern| pattern.finds(&test.id)))
                && !exclude.iter().any(|pattern| pattern.finds(&test.id))
                && (self.statements.is_empty() || self.statements.iter().any(|id| tests_statement(test, id)))
                && (self.sections.is_empty()
                    || self.sections.iter().any(|section| tests_section(test, section)))
                && (titles.is_empty() || titles.iter().any(|title| test.title.to_lowercase().contains(title)))
                && self.ids.as_ref().is_none_or(|ids| ids.contains(&test.id))
        };
        tests.into_iter().filter(|test| wanted(test.borrow())).collect()
    }

    /// What was probably meant by the first text that finds nothing among the tests.
    #[must_use]
    pub fn near<T: Borrow<Test>>(&self, tests: &[T]) -> Option<String> {
        let finds_nothing = |text: &&String| {
            let pattern = Pattern::new(text);
            !tests.iter().any(|test| pattern.finds(&test.borrow().id))
        };
        if let Some(text) = self.select.iter().find(finds_nothing) {
            let word = text.trim_matches('*').trim_end_matches('/');
            return near_id(word, tests).map(|near| format!("`{text}` finds nothing; did you mean {near}?"));
        }
        let unknown = |id: &&String| !tests.iter().any(|test| tests_statement(test.borrow(), id));
        let id = self.statements.iter().find(unknown)?;
        let known: BTreeSet<&str> =
            tests.iter().flat_map(|test| &test.borrow().covers).map(String::as_str).collect();
        let known: Vec<&str> = known.into_iter().collect();
        let near = closest(id.split_once('/').map_or(id, |(_, id)| id), &known)?;
        Some(format!("no test tests {id}; did you mean {near}?"))
    }
}

/// The script, the area or a part of the names of scripts that is nearest to a word.
fn near_id<'t, T: Borrow<Test>>(word: &str, tests: &'t [T]) -> Option<&'t str> {
    let mut known = BTreeSet::new();
    for test in tests {
        let id: &'t str = test.borrow().id.split('[').next().unwrap_or_default();
        known.insert(id);
        if let Some((_, below)) = id.split_once('/') {
            known.insert(below);
            known.extend(below.split('/'));
            // `pingreq` of `3.12-pingreq`
            known.extend(below.split('/').filter_map(|part| Some(part.split_once('-')?.1)));
        }
    }
    closest(word, &known.into_iter().collect::<Vec<_>>())
}

fn tests_statement(test: &Test, statement: &str) -> bool {
    match statement.split_once('/') {
        Some((version, id)) => version == test.version.name() && test.covers.iter().any(|known| known == id),
        None => test.covers.iter().any(|known| known == statement),
    }
}

fn tests_section(test: &Test, section: &str) -> bool {
    let of = |id: &String| statement(test.version, id).map(|statement| statement.section.as_str());
    test.covers
        .iter()
        .filter_map(of)
        .any(|of| of.strip_prefix(section).is_some_and(|below| below.is_empty() || below.starts_with('.')))
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

    fn some() -> Vec<Test> {
        let text = "# Answers Often.\nversion: 3.1.1 5.0\ncovers: 3.1.1/MQTT-3.12.4-1 5.0/MQTT-3.12.4-1\n\nconnect it\n---\nping it\n";
        script::expand(&script::parse("x.mqs", text).unwrap(), "3.12-pingreq/often.mqs").unwrap()
    }

    #[test]
    fn selects_by_what_a_test_is_about() {
        let count = |selection: Selection| selection.keep(some()).len();
        let list = |text: &str| vec![text.to_owned()];
        assert_eq!(count(Selection { statements: list("MQTT-3.12.4-1"), ..Selection::default() }), 2);
        assert_eq!(count(Selection { statements: list("5.0/MQTT-3.12.4-1"), ..Selection::default() }), 1);
        assert_eq!(count(Selection { sections: list("3.12"), ..Selection::default() }), 2);
        assert_eq!(count(Selection { sections: list("3.1"), ..Selection::default() }), 0);
        assert_eq!(count(Selection { titles: list("often"), ..Selection::default() }), 2);
        assert_eq!(count(Selection { exclude: list("5.0/*"), ..Selection::default() }), 1);
        let ids = Some(HashSet::from(["5.0/3.12-pingreq/often".to_owned()]));
        assert_eq!(count(Selection { ids, ..Selection::default() }), 1);
    }

    #[test]
    fn says_what_is_near() {
        let near = |text: &str| {
            let select = vec![text.to_owned()];
            Selection { select, ..Selection::default() }.near(&some())
        };
        assert_eq!(near("pingrq").as_deref(), Some("`pingrq` finds nothing; did you mean pingreq?"));
        let whole = "`5.0/3.12-pingreq/oftn` finds nothing; did you mean 5.0/3.12-pingreq/often?";
        assert_eq!(near("5.0/3.12-pingreq/oftn").as_deref(), Some(whole));
        assert_eq!(near("nothing of the kind"), None);
        let statements = vec!["5.0/MQTT-3.12.4-2".to_owned()];
        let selection = Selection { statements, ..Selection::default() };
        let text = "no test tests 5.0/MQTT-3.12.4-2; did you mean MQTT-3.12.4-1?";
        assert_eq!(selection.near(&some()).as_deref(), Some(text));
    }

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
