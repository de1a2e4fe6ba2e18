//! Which scripts and tests a command is about.

use std::path::{Path, PathBuf};

use mqtt_codec::Version;
use mqtt_conformance::report::Options;
use mqtt_conformance::script::Test;
use mqtt_conformance::suite::{Places, Selection as Selected};

use super::output::CommandError;
use super::version;

/// Which scripts.
#[derive(Debug, clap::Args)]
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
pub(super) struct Selection {
    /// Only tests of this version: 3.1, 3.1.1 or 5.0. May be given several times
    #[arg(long, value_parser = version, value_name = "VERSION")]
    version: Vec<Version>,
    /// Only tests whose id contains this text, or matches this pattern of `*` and `?`. May be given several times
    #[arg(long, value_name = "PATTERN")]
    select: Vec<String>,
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
        let selected = Selected { versions: self.version.clone(), select: self.select.clone() };
        let known = tests.len();
        let tests = selected.keep(tests);
        if tests.is_empty() {
            return Err(CommandError::usage(format_args!("none of {known} tests is selected"))
                .hint("`mqtt-conformance list` shows the ids of all tests"));
        }
        Ok(tests)
    }
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
