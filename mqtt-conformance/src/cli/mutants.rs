//! `mutants`: every test against every fault of the reference broker.

use std::sync::Arc;
use std::time::Instant;

use clap::ValueEnum;
use mqtt_conformance::lab::{self, WireFault};
use mqtt_conformance::server::{Rule, Rules};
use serde_json::json;

use super::liberties;
use super::output::{CommandError, Exit, say, to_stdout};
use super::scripts::{Paths, Selection};

/// Tries the tests against the reference broker with one fault at a time, in memory.
///
/// Under each fault run the tests that cover a statement which it breaks. A test that passes all the same proves nothing.
/// With scripts of your own, only the faults that concern them are shown, and the exit code is 0 if each script is proven: it passes
/// without a fault, and fails under at least one.
///
/// With --liberties the broker is right, and does one thing at a time otherwise that the standards leave free. A test that fails
/// then forbids what is allowed.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    selection: Selection,
    /// Only this fault, by the name of its rule. May be given several times
    #[arg(long, value_name = "RULE")]
    rule: Vec<String>,
    /// Instead of faults, everything that the standards leave free
    #[arg(long, conflicts_with = "rule")]
    liberties: bool,
    /// Print what the standards leave free, with the clauses, and end
    #[arg(long, conflicts_with_all = ["rule", "liberties"])]
    list_liberties: bool,
    /// How to print the result
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    #[command(flatten)]
    paths: Paths,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// One line per fault, then what is wrong
    Text,
    /// One JSON object
    Json,
}

pub(super) fn run(args: &Args) -> Result<Exit, CommandError> {
    let as_json = matches!(args.format, Format::Json);
    if args.list_liberties {
        return liberties::list(as_json);
    }
    let tests: Vec<_> = args.selection.apply(args.paths.tests()?)?.into_iter().map(Arc::new).collect();
    if args.liberties {
        return liberties::run(&tests, as_json);
    }
    let rules = rules(&args.rule)?;
    let own = !args.paths.includes_built_in();
    let start = Instant::now();
    let wire: Vec<_> = if args.rule.is_empty() { WireFault::all().collect() } else { Vec::new() };
    let matrix = lab::matrix(&tests, &rules, &wire)?;
    let (survivors, unproven, unnoticed) = (matrix.survivors(), matrix.unproven(&tests), matrix.unnoticed());
    to_stdout(|out| {
        if as_json {
            let all = json!({
                "mutants": matrix.mutants,
                "wire": matrix.wire,
                "unsound": matrix.unsound,
                "skipped": matrix.skipped,
                "survivors": survivors,
                "unnoticed": unnoticed,
                "unproven": unproven,
            });
            writeln!(out, "{all:#}")?;
            return Ok(());
        }
        // Of one script, only what concerns it is of interest.
        let concerns = |tests: usize| !own || tests > 0;
        for (name, tests) in matrix.mutants.iter().filter(|(_, tests)| concerns(tests.len())) {
            let failed = tests.values().filter(|failed| **failed).count();
            let word = if failed > 0 { "noticed" } else { "survives" };
            writeln!(out, "{word:9} {name}  {failed}/{}", tests.len())?;
        }
        for (fault, tests) in matrix.wire.iter().filter(|(_, tests)| concerns(tests.len())) {
            let word = if tests.is_empty() { "survives" } else { "noticed" };
            writeln!(out, "{word:9} {fault}  {}", tests.len())?;
        }
        for (test, verdict) in &matrix.unsound {
            writeln!(out, "the reference broker itself: {verdict} {test}")?;
        }
        for script in &unproven {
            writeln!(out, "no fault makes it fail: {script}")?;
        }
        for test in &matrix.skipped {
            writeln!(out, "passes in no setup: {test}")?;
        }
        Ok(())
    })?;
    say(format_args!(
        "{} mutants, {} noticed; {} wire faults, {} noticed; {} tests, {} trials, {} unsound, {} scripts unproven; {:.1} s",
        matrix.mutants.len(),
        matrix.mutants.len() - survivors.len(),
        matrix.wire.len(),
        matrix.wire.len() - unnoticed.len(),
        tests.len(),
        matrix.trials(),
        matrix.unsound.len(),
        unproven.len(),
        start.elapsed().as_secs_f64(),
    ));
    let proven = matrix.unsound.is_empty() && unproven.is_empty();
    // A few scripts need not notice every fault: all scripts together do.
    let fine = proven && (own || survivors.is_empty() && unnoticed.is_empty());
    Ok(if fine { Exit::Fine } else { Exit::Failed })
}

/// The rules of these names; all without any.
fn rules(names: &[String]) -> Result<Vec<&'static Rule>, CommandError> {
    if names.is_empty() {
        return Ok(Rules::ALL.iter().collect());
    }
    let find = |name: &String| {
        Rules::find(name).ok_or_else(|| CommandError::usage(format_args!("no rule is called {name}")))
    };
    names.iter().map(find).collect()
}
