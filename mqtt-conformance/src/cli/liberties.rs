//! What the standards leave free: liberties by name, and every test against each of them.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use mqtt_conformance::lab::{self, Combination, Freedom};
use mqtt_conformance::script::Test;
use mqtt_conformance::server::{Liberties, Liberty};
use serde_json::json;

use super::output::{CommandError, Exit, say, to_stdout};

/// The liberties of these names, switched on.
pub(super) fn named(names: &[String]) -> Result<Liberties, CommandError> {
    let mut liberties = Liberties::default();
    for name in names {
        let liberty = Liberties::find(name).ok_or_else(|| {
            CommandError::usage(format_args!("no liberty is called {name}"))
                .hint("`mutants --list-liberties` names all of them")
        })?;
        (liberty.set)(&mut liberties, true);
    }
    Ok(liberties)
}

/// Prints all liberties, with the clauses that leave them free.
pub(super) fn list(as_json: bool) -> Result<Exit, CommandError> {
    to_stdout(|out| {
        if as_json {
            let all: Vec<_> = Liberties::ALL
                .iter()
                .map(|line| json!({"name": line.name, "about": line.about, "clauses": line.statements}))
                .collect();
            writeln!(out, "{:#}", json!(all))?;
            return Ok(());
        }
        for line in Liberties::ALL {
            writeln!(out, "{}\n    {}\n    {}", line.name, line.about, line.statements.join(" "))?;
        }
        Ok(())
    })?;
    Ok(Exit::Fine)
}

/// Tries tests while the broker takes one liberty after the other, and prints which tests forbid what is allowed.
pub(super) fn run(tests: &[Arc<Test>], as_json: bool) -> Result<Exit, CommandError> {
    let start = Instant::now();
    let lines: Vec<&Liberty> = Liberties::ALL.iter().collect();
    let combinations: Vec<_> = lines.iter().map(|line| Combination::of(&[line])).collect();
    let freedom = lab::freedom(tests, &combinations)?;
    let text = if as_json {
        format!(
            "{:#}\n",
            json!({"harmed": freedom.harmed, "skipped": freedom.skipped, "changed": freedom.changed})
        )
    } else {
        table(&freedom)
    };
    to_stdout(|out| Ok(out.write_all(text.as_bytes())?))?;
    let harmed = freedom.harmed.values().filter(|tests| !tests.is_empty()).count();
    say(format_args!(
        "{} liberties, {harmed} of them forbidden by a test; {} tests; {:.1} s",
        lines.len(),
        tests.len(),
        start.elapsed().as_secs_f64(),
    ));
    Ok(if harmed == 0 { Exit::Fine } else { Exit::Failed })
}

/// One line for each liberty, and below it the tests that forbid it.
fn table(freedom: &Freedom) -> String {
    let mut text = String::new();
    for (name, tests) in &freedom.harmed {
        let changed = freedom.changed.get(name).copied().unwrap_or(0);
        let skipped = freedom.skipped.get(name).map_or(0, std::collections::BTreeMap::len);
        let word = if tests.is_empty() { "allowed" } else { "forbidden" };
        let _ = writeln!(text, "{word:9} {name}  {changed} tests differ, {skipped} skipped");
        for (test, what) in tests {
            let _ = writeln!(text, "          {test}: {what}");
        }
    }
    text
}
