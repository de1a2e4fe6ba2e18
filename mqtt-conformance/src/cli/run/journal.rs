//! `--journal`: what is known of a run while it goes on, for the case that something ends it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use mqtt_conformance::report::RunReport;

use crate::cli::output::{CommandError, RESET, YELLOW, say};

/// A file with a line for each test that ended.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    /// `None` after a line could not be written.
    file: Option<File>,
}

impl Journal {
    /// Begins a journal.
    pub(super) fn begin(path: &Path) -> Result<Self, CommandError> {
        let file = OpenOptions::new().write(true).create_new(true).open(path).map_err(|error| {
            let name = path.display();
            let wrong = CommandError::usage(format_args!("the journal {name} cannot be begun: {error}"));
            if error.kind() == io::ErrorKind::AlreadyExists {
                wrong.hint("it is what an earlier run left: make a report of it by `report`, or remove it")
            } else {
                wrong
            }
        })?;
        Ok(Self { path: path.to_owned(), file: Some(file) })
    }

    /// Adds the report of one test.
    pub(super) fn add(&mut self, report: &RunReport) {
        let Some(file) = &mut self.file else { return };
        let written = serde_json::to_vec(report).map_err(io::Error::from).and_then(|mut line| {
            line.push(b'\n');
            file.write_all(&line)
        });
        if let Err(error) = written {
            let name = self.path.display();
            say(format_args!("{YELLOW}warning:{RESET} the journal {name} ends here: {error}"));
            self.file = None;
        }
    }

    /// Removes the journal: the run came to its end, and its reports are written.
    pub(super) fn end(self) {
        // What stays is no more than the report has.
        let _ = std::fs::remove_file(&self.path);
    }
}
