//! `coverage`: what the standards demand, and which scripts test it.

use clap::ValueEnum;
use mqtt_codec::Version;
use mqtt_conformance::statements::{Coverage, Testable, coverage};
use serde_json::json;

use super::output::{CommandError, Exit, to_stdout};
use super::scripts::Paths;

/// Shows what the standards demand of a broker, and which scripts test it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    #[command(flatten)]
    paths: Paths,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Counts per version, then what is not tested
    Text,
    /// One JSON array with every statement
    Json,
    /// Markdown tables with every statement
    Md,
}

/// The counts of one version: demanded and tested, for `yes` and `partly`.
struct Counts {
    yes: (usize, usize),
    partly: (usize, usize),
    no: usize,
}

impl Counts {
    fn of(all: &[Coverage]) -> Self {
        let count = |testable| {
            let those = all.iter().filter(|c| c.statement.testable == testable);
            (those.clone().filter(|c| !c.scripts.is_empty()).count(), those.count())
        };
        Self { yes: count(Testable::Yes), partly: count(Testable::Partly), no: count(Testable::No).1 }
    }
}

pub(super) fn run(args: &Args) -> Result<Exit, CommandError> {
    let tests = args.paths.tests()?;
    let versions = Version::ALL.map(|version| (version, coverage(version, &tests)));
    to_stdout(|out| {
        match args.format {
            Format::Json => {
                let all: Vec<_> = versions
                    .iter()
                    .flat_map(|(version, all)| {
                        all.iter().map(move |c| {
                            let mut value = json!(c);
                            value["version"] = json!(version.name());
                            value
                        })
                    })
                    .collect();
                writeln!(out, "{:#}", json!(all))?;
            }
            Format::Text => {
                writeln!(out, "version  tested/testable  tested/partly  not testable")?;
                for (version, all) in &versions {
                    let Counts { yes, partly, no } = Counts::of(all);
                    writeln!(out, "{version:7}  {:>15}  {:>13}  {no:>12}", ratio(yes), ratio(partly))?;
                }
                for (version, all) in &versions {
                    for c in
                        all.iter().filter(|c| c.scripts.is_empty() && c.statement.testable != Testable::No)
                    {
                        let word = if c.statement.testable == Testable::Yes { "testable" } else { "partly" };
                        let why = c.not_asked.as_deref().unwrap_or("no reason is given");
                        writeln!(out, "\n{version}/{} ({word}): {}", c.statement.id, c.statement.summary)?;
                        writeln!(out, "    not tested: {why}")?;
                    }
                }
            }
            Format::Md => {
                for (version, all) in &versions {
                    let Counts { yes, partly, no } = Counts::of(all);
                    writeln!(out, "## MQTT {version}\n")?;
                    writeln!(
                        out,
                        "{} of the testable statements are tested, {} of the partly testable ones; {no} cannot be \
                         tested from outside.\n",
                        ratio(yes),
                        ratio(partly)
                    )?;
                    writeln!(out, "| statement | demands | tested by |\n|---|---|---|")?;
                    for c in all {
                        let by = if c.scripts.is_empty() {
                            c.not_asked.clone().unwrap_or_else(|| "-".to_owned())
                        } else {
                            c.scripts.join(", ")
                        };
                        writeln!(out, "| {} | {} | {by} |", c.statement.id, c.statement.summary)?;
                    }
                    writeln!(out)?;
                }
            }
        }
        Ok(Exit::Fine)
    })
}

fn ratio((tested, of): (usize, usize)) -> String {
    format!("{tested}/{of}")
}
