//! `list`: the tests.

use clap::ValueEnum;
use serde_json::json;

use super::output::{Complaint, Exit, to_stdout};
use super::scripts::{Paths, Selection};

/// Lists the tests, with what each is about.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    selection: Selection,
    /// How to print them
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    #[command(flatten)]
    paths: Paths,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// One line per test: its id and its title
    Text,
    /// One JSON array with all that is known about each
    Json,
}

pub(super) fn run(args: &Args) -> Result<Exit, Complaint> {
    let tests = args.selection.apply(args.paths.tests()?)?;
    to_stdout(|out| {
        match args.format {
            Format::Text => {
                let width = tests.iter().map(|test| test.id.chars().count()).max().unwrap_or_default();
                for test in &tests {
                    writeln!(out, "{:width$}  {}", test.id, test.title)?;
                }
            }
            Format::Json => {
                let list: Vec<_> = tests
                    .iter()
                    .map(|test| {
                        json!({
                            "id": test.id,
                            "version": test.version.name(),
                            "level": test.level,
                            "title": test.title,
                            "description": test.description,
                            "covers": test.covers,
                            "needs": test.needs,
                            "file": test.file,
                        })
                    })
                    .collect();
                writeln!(out, "{:#}", json!(list))?;
            }
        }
        Ok(Exit::Fine)
    })
}
