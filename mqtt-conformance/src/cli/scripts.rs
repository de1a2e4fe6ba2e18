//! Which scripts and tests a command is about.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use mqtt_codec::Version;
use mqtt_conformance::report::Options;
use mqtt_conformance::run::Verdict;
use mqtt_conformance::script::Test;
use mqtt_conformance::suite::{Places, Selection as Selected};

use super::output::CommandError;
use super::{report, version};

/// Which scripts.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Which scripts")]
#[expect(clippy::struct_field_names, reason = "the names are those of the arguments")]
pub(super) struct Paths {
    /// Scripts (.mqs), or folders that hold them; without any, the built-in scripts
    #[arg(value_name = "SCRIPT|DIR")]
    pub(super) paths: Vec<PathBuf>,
    /// Take the built-in scripts too; a given one replaces a built-in one of the same name
    #[arg(long)]
    built_in: bool,
    /// Bad bytes: each refused vector of these files or folders that a client can send is a test. May be given several times
    #[arg(long, value_name = "FILE|DIR")]
    vectors: Vec<PathBuf>,
}

/// Which tests.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Which tests")]
pub(super) struct Selection {
    /// Only tests of this version: 3.1, 3.1.1 or 5.0. May be given several times
    #[arg(long, value_parser = version, value_name = "VERSION")]
    version: Vec<Version>,
    /// Only tests whose id contains this text, or matches this pattern of `*` and `?`. May be given several times
    #[arg(long, value_name = "PATTERN")]
    select: Vec<String>,
    /// Without the tests whose id contains this text, or matches this pattern. May be given several times
    #[arg(long, value_name = "PATTERN")]
    exclude: Vec<String>,
    /// Only tests of this statement: MQTT-3.1.2-1, or 5.0/MQTT-3.1.2-1. May be given several times
    #[arg(long, value_name = "ID")]
    statement: Vec<String>,
    /// Only tests of statements of this section or below it: 3.1 or 4.3.2. May be given several times
    #[arg(long, value_name = "SECTION")]
    section: Vec<String>,
    /// Only tests whose title contains this text. May be given several times
    #[arg(long, value_name = "TEXT")]
    title: Vec<String>,
    /// Only tests that did not pass in this JSON report of a run
    #[arg(long, value_name = "FILE")]
    failed_of: Option<PathBuf>,
}

impl Paths {
    /// The places to read from.
    pub(super) fn places(&self) -> Places {
        Places {
            paths: self.paths.clone(),
            built_in: self.built_in || self.paths.is_empty() && self.vectors.is_empty(),
            vectors: self.vectors.clone(),
        }
    }

    /// Whether the built-in scripts are among them.
    pub(super) fn includes_built_in(&self) -> bool {
        self.places().built_in
    }

    /// The tests, after checking every script.
    pub(super) fn tests(&self) -> Result<Vec<Test>, CommandError> {
        Ok(self.places().tests()?)
    }
}

impl Selection {
    /// Notes in a report what was selected.
    pub(super) fn describe(&self, options: &mut Options) {
        options.versions = self.version.iter().map(|version| version.name().to_owned()).collect();
        options.select.clone_from(&self.select);
    }

    /// Drops the tests that are not wanted; an error if none is left.
    pub(super) fn apply(&self, tests: Vec<Test>) -> Result<Vec<Test>, CommandError> {
        let selected = Selected {
            versions: self.version.clone(),
            select: self.select.clone(),
            exclude: self.exclude.clone(),
            statements: self.statement.clone(),
            sections: self.section.clone(),
            titles: self.title.clone(),
            ids: self.failed_of.as_deref().map(failed).transpose()?,
        };
        let known = tests.len();
        let near = selected.near(&tests);
        let tests = selected.keep(tests);
        if tests.is_empty() {
            let error = CommandError::usage(format_args!("none of {known} tests is selected"));
            return Err(match near {
                Some(near) => error.hint(near),
                None => error.hint("`mqtt-conformance list` shows the ids of all tests"),
            });
        }
        Ok(tests)
    }
}

/// The ids of the tests that failed or had no result in a report.
fn failed(path: &Path) -> Result<HashSet<String>, CommandError> {
    let failed = report::read(path)?
        .tests
        .into_iter()
        .filter(|test| !matches!(test.verdict, Verdict::Pass | Verdict::Skipped));
    Ok(failed.map(|test| test.id).collect())
}

/// The text of a file that is given by an option, which the hint explains.
pub(super) fn read_toml(path: &Path, hint: &str) -> Result<String, CommandError> {
    let name = path.display();
    let bytes =
        std::fs::read(path).map_err(|e| CommandError::usage(format_args!("{name}: {e}")).hint(hint))?;
    String::from_utf8(bytes).map_err(|e| {
        let bytes = e.as_bytes();
        let good = bytes.get(..e.utf8_error().valid_up_to()).unwrap_or_default();
        let line = good.split(|byte| *byte == b'\n').count();
        CommandError::usage(format_args!("{name}:{line}: {}", e.utf8_error()))
            .hint("the file has to be UTF-8")
    })
}
