//! What has to do with which statement: gathered when the library was built, so that looking it up takes no time.

use mqtt_codec::Version;

use crate::diagnostic::closest;
use crate::statements::statements;

/// A line that has to do with a statement or a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "rows of a table that the build writes")]
pub struct Entry {
    /// The statement, such as `5.0/MQTT-3.12.4-1`; of a rule or a liberty, its name.
    pub id: &'static str,
    /// The file, below the package, or below the workspace.
    pub file: &'static str,
    /// The line, counted from 1.
    pub line: usize,
    /// The script without its version, the code in the line, or the id of the vector.
    pub text: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/index.rs"));

fn find(entries: &'static [Entry], id: &str) -> Vec<&'static Entry> {
    entries.iter().filter(|entry| entry.id == id).collect()
}

/// The scripts that test a statement, by their `covers:` lines.
#[must_use]
pub fn scripts(statement: &str) -> Vec<&'static Entry> {
    find(SCRIPTS, statement)
}

/// The line of a rule of the reference broker.
#[must_use]
pub fn rule(name: &str) -> Option<&'static Entry> {
    RULES.iter().find(|entry| entry.id == name)
}

/// The line of a liberty of the reference broker.
#[must_use]
pub fn liberty(name: &str) -> Option<&'static Entry> {
    LIBERTIES.iter().find(|entry| entry.id == name)
}

/// The lines of the reference broker that obey a statement.
#[must_use]
pub fn broker(statement: &str) -> Vec<&'static Entry> {
    find(BROKER, statement)
}

/// The lines of the codec that obey a statement; `None` if the codec's code was not at hand when this was built.
#[must_use]
pub fn codec(statement: &str) -> Option<Vec<&'static Entry>> {
    HAS_CODEC.then(|| find(CODEC, statement))
}

/// The vectors that name a statement.
#[must_use]
pub fn vectors(statement: &str) -> Vec<&'static Entry> {
    find(VECTORS, statement)
}

/// The script, statement, rule or liberty that a typing mistake would turn into `id`.
#[must_use]
pub fn closest_id(id: &str) -> Option<String> {
    let (version, name) = match id.split_once('/').filter(|(version, _)| version.parse::<Version>().is_ok()) {
        Some((version, name)) => (Some(version), name),
        None => (None, id),
    };
    let statements = Version::ALL.into_iter().flat_map(statements).map(|statement| statement.id.as_str());
    let known: Vec<&str> = SCRIPTS
        .iter()
        .map(|entry| entry.text)
        .chain(RULES.iter().chain(LIBERTIES).map(|entry| entry.id))
        .chain(statements)
        .collect();
    let near = closest(name.split('[').next().unwrap_or(name), &known)?;
    Some(match version {
        Some(version) => format!("{version}/{near}"),
        None if near.contains('/') => format!("5.0/{near}"),
        None => near.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::server::{Liberties, Rules};
    use crate::statements::is_statement;
    use crate::suite::Places;

    #[test]
    fn has_what_the_scripts_cover() {
        let covered: BTreeSet<(String, String)> = Places::built_in()
            .tests()
            .unwrap()
            .iter()
            .flat_map(|test| {
                let script = test.id.split('[').next().unwrap().split_once('/').unwrap().1.to_owned();
                test.covers.iter().map(move |id| (format!("{}/{id}", test.version), script.clone()))
            })
            .collect();
        let indexed = SCRIPTS.iter().map(|entry| (entry.id.to_owned(), entry.text.to_owned())).collect();
        assert_eq!(covered, indexed);
    }

    #[test]
    fn has_every_rule_and_liberty() {
        for known in Rules::ALL {
            assert!(rule(known.name).is_some(), "{}", known.name);
        }
        assert_eq!(RULES.len(), Rules::ALL.len());
        for known in Liberties::ALL {
            assert!(liberty(known.name).is_some(), "{}", known.name);
        }
        assert_eq!(LIBERTIES.len(), Liberties::ALL.len());
    }

    #[test]
    fn names_statements_that_exist() {
        for entry in [SCRIPTS, BROKER, CODEC, VECTORS].concat() {
            let (version, id) = entry.id.split_once('/').unwrap();
            assert!(is_statement(version.parse().unwrap(), id), "{entry:?}");
        }
    }

    #[test]
    fn finds_what_is_near() {
        assert_eq!(closest_id("5.0/3.12-pingreq/anwsered").as_deref(), Some("5.0/3.12-pingreq/answered"));
        assert_eq!(closest_id("MQTT-3.12.4-11").as_deref(), Some("MQTT-3.12.4-1"));
        assert_eq!(closest_id("answers_pingrq").as_deref(), Some("answers_pingreq"));
        assert_eq!(closest_id("nothing like that"), None);
    }

    #[test]
    fn every_part_has_lines() {
        assert!(!broker("5.0/MQTT-3.3.1-1").is_empty());
        assert!(!vectors("5.0/MQTT-4.13.1-1").is_empty());
        assert!(codec("5.0/MQTT-1.5.4-1").is_none_or(|lines| !lines.is_empty()));
        assert!(scripts("5.0/MQTT-3.12.4-1").iter().all(|entry| entry.line > 1));
    }
}
