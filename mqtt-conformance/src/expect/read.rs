//! Reads expectation files.

use std::sync::Arc;

use mqtt_codec::Version;

use super::{File, Known};
use crate::diagnostic::document::{Document, Placed, Table};
use crate::diagnostic::{Draft, Problem};
use crate::run::Verdict;
use crate::statements::{is_statement, statements};

const VERDICTS: [Verdict; 3] = [Verdict::Fail, Verdict::Inconclusive, Verdict::Error];

/// Reads an expectation file. `name` is the file's name in messages.
///
/// # Errors
///
/// Every mistake that can be seen without the tests: [`Expectations::new`](super::Expectations::new) finds the others.
pub fn parse(name: &str, text: &str) -> Result<File, Vec<Problem>> {
    let source: Arc<str> = Arc::from(text);
    let mut file = Document::read(name, &source, head)?;
    name.clone_into(&mut file.name);
    file.source = Arc::clone(&source);
    Ok(file)
}

fn head(whole: &Table<'_>) -> Option<File> {
    whole.allow(&["broker", "version", "date", "failure"]);
    let broker = whole.required("broker", "Mosquitto");
    let version = whole.required("version", "2.0.11");
    let date = whole.date("date");
    let entries: Vec<_> = whole.tables("failure", "a [[failure]]").iter().map(entry).collect();
    let mut file = File {
        broker: broker?.value.to_owned(),
        version: version?.value.to_owned(),
        date: date?,
        known: Vec::new(),
        name: String::new(),
        source: Arc::default(),
        patterns: Vec::new(),
        statements: Vec::new(),
    };
    for entry in entries {
        let (patterns, statements, reason, verdict, sometimes) = entry?;
        let (ids, spans) = statements.into_iter().map(|s| (s.value, s.span)).unzip();
        file.known.push(Arc::new(Known { reason, statements: ids, verdict, sometimes }));
        file.patterns.push(patterns);
        file.statements.push(spans);
    }
    Some(file)
}

type Entry = (Vec<Placed<String>>, Vec<Placed<String>>, String, Verdict, bool);

fn entry(table: &Table<'_>) -> Option<Entry> {
    table.allow(&["tests", "statement", "reason", "verdict", "sometimes"]);
    let own = |placed: Placed<&str>| Placed { value: placed.value.to_owned(), span: placed.span };
    let tests: Vec<_> = table.texts("tests").into_iter().map(own).collect();
    if tests.is_empty() {
        let draft = Draft::error("a [[failure]] lists no `tests`");
        table.complain(table.span(), draft.hint("for example: tests = [\"5.0/3.12-pingreq/answered\"]"));
    }
    let statements: Vec<_> = table.texts("statement").into_iter().map(own).collect();
    for statement in &statements {
        check_statement(table, statement);
    }
    let reason = table.required("reason", "answers no PINGREQ");
    let sometimes = table.flag("sometimes");
    let verdict = match table.text("verdict") {
        None => Verdict::Fail,
        Some(word) => {
            VERDICTS.into_iter().find(|verdict| verdict.name() == word.value).unwrap_or_else(|| {
                let draft = Draft::error(format!("`{}` is no verdict to expect", word.value));
                table.complain(word.span, draft.did_you_mean(word.value, VERDICTS.map(Verdict::name)));
                Verdict::Fail
            })
        }
    };
    Some((tests, statements, reason?.value.to_owned(), verdict, sometimes))
}

fn check_statement(table: &Table<'_>, statement: &Placed<String>) {
    let (version, id) = qualified(&statement.value);
    let among = |of: &Version| version.is_none_or(|version| version == *of);
    if !Version::ALL.iter().filter(|of| among(of)).any(|of| is_statement(*of, id)) {
        let draft = Draft::error(match version {
            None => format!("{id} is a statement of no standard"),
            Some(version) => format!("{id} is no statement of MQTT {version}"),
        });
        let known = Version::ALL.into_iter().flat_map(statements).map(|statement| statement.id.as_str());
        table.complain(statement.span, draft.did_you_mean(id, known));
    }
}

/// The version that a statement's id is qualified with, as in `5.0/MQTT-3.1.2-3`.
fn qualified(statement: &str) -> (Option<Version>, &str) {
    match statement.split_once('/').and_then(|(version, id)| Some((version.parse().ok()?, id))) {
        Some((version, id)) => (Some(version), id),
        None => (None, statement),
    }
}

/// Whether the standard that a test is about has a statement.
pub(super) fn is_statement_of(statement: &str, test: &str) -> bool {
    let (version, id) = qualified(statement);
    let of_test = test.split('/').next().and_then(|version| version.parse().ok());
    of_test.is_some_and(|of_test: Version| {
        version.is_none_or(|version| version == of_test) && is_statement(of_test, id)
    })
}
