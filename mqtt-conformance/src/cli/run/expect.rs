//! What the broker is known to get wrong: `--expect` and `--write-expect`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mqtt_conformance::expect::{self, Expectations, Head, Standing};
use mqtt_conformance::run::{Outcome, Verdict};
use mqtt_conformance::script::Level;
use mqtt_conformance::suite::Places;

use crate::cli::output::{CommandError, Exit, say};
use crate::cli::scripts::{Paths, read_toml};

/// What the broker is known to get wrong.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Known failures")]
#[group(skip)]
pub(super) struct Args {
    /// What the broker is known to get wrong: then only unexpected results count. May be given several times
    #[arg(long, value_name = "FILE")]
    expect: Vec<PathBuf>,
    /// Write a first list of what it gets wrong, to be judged and given to --expect
    #[arg(long, value_name = "FILE")]
    write_expect: Option<PathBuf>,
    /// Let --write-expect replace a file
    #[arg(long, requires = "write_expect")]
    overwrite: bool,
}

/// What is known, and where to write down what is not.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) expectations: Expectations,
    /// The ids of all tests, those that are not selected among them.
    ids: Vec<String>,
}

impl Args {
    /// Reads the files before anything runs.
    pub(super) fn read(&self, paths: &Paths) -> Result<Known, CommandError> {
        if let Some(path) = &self.write_expect
            && !self.overwrite
            && path.exists()
        {
            return Err(CommandError::usage(format_args!("{} is there already", path.display()))
                .hint("give another name, or --overwrite"));
        }
        if self.expect.is_empty() && self.write_expect.is_none() {
            return Ok(Known { expectations: Expectations::default(), ids: Vec::new() });
        }
        let files = self.expect.iter().map(|path| file(path)).collect::<Result<Vec<_>, _>>()?;
        // A file may list tests that this run does not ask.
        let places = Places { built_in: true, ..paths.places() };
        let ids: Vec<String> = places.tests()?.into_iter().map(|test| test.id).collect();
        let expectations = Expectations::new(files, ids.iter().map(String::as_str)).map_err(|problems| {
            CommandError::usage("the expectation files do not fit the tests").problems(problems)
        })?;
        Ok(Known { expectations, ids })
    }

    /// Writes the first list, if it is asked for.
    pub(super) fn write(
        &self,
        broker: &str,
        outcomes: &[Arc<Outcome>],
        known: &Known,
    ) -> Result<(), CommandError> {
        let Some(path) = &self.write_expect else { return Ok(()) };
        let date = jiff::Timestamp::now().to_string();
        let head = Head {
            broker: broker.to_owned(),
            version: "unknown".to_owned(),
            date: date.split('T').next().unwrap_or_default().to_owned(),
        };
        let ids: Vec<&str> = known.ids.iter().map(String::as_str).collect();
        let text = expect::draft(&head, outcomes, &ids, &known.expectations);
        std::fs::write(path, text)
            .map_err(|e| CommandError::usage(format_args!("{}: {e}", path.display())))?;
        say(format_args!("{}: a draft of what is known, to be judged", path.display()));
        Ok(())
    }
}

fn file(path: &Path) -> Result<expect::File, CommandError> {
    let name = path.display().to_string();
    let text =
        read_toml(path, "--expect takes a file that lists known failures; --write-expect makes a first one")?;
    expect::parse(&name, &text).map_err(|problems| CommandError::in_file(&name, problems))
}

/// What the outcomes mean for the caller, beside what is known. A SHOULD counts like a MUST if it is `strict`.
pub(super) fn judge(outcomes: &[Arc<Outcome>], known: &Expectations, strict: bool) -> Exit {
    let standing = |outcome: &Outcome, standing| known.standing(outcome) == standing;
    let unexpected = || outcomes.iter().filter(|outcome| standing(outcome, Standing::Unexpected));
    let counts = |level| level == Level::Must || strict && level == Level::Should;
    let required = |verdict| unexpected().any(|outcome| outcome.verdict == verdict && counts(outcome.level));
    let errors = |unreachable| {
        unexpected().any(|outcome| outcome.verdict == Verdict::Error && outcome.unreachable == unreachable)
    };
    if required(Verdict::Fail) || outcomes.iter().any(|outcome| standing(outcome, Standing::Stale)) {
        Exit::Failed
    } else if errors(true) {
        Exit::Unreachable
    } else if errors(false) {
        Exit::Usage
    } else if required(Verdict::Inconclusive)
        || outcomes.iter().all(|outcome| outcome.verdict == Verdict::Skipped)
    {
        Exit::Inconclusive
    } else {
        Exit::Fine
    }
}
