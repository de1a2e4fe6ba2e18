//! `coverage` and `explain`: what the standards demand, and which scripts ask it.

use std::fmt::Write as _;

use clap::ValueEnum;
use mqtt_codec::Version;
use mqtt_conformance::script::Test;
use mqtt_conformance::server::Rules;
use mqtt_conformance::statements::{Coverage, Testable, coverage};
use serde_json::json;

use super::output::{CommandError, Exit, to_stdout};
use super::scripts::Paths;

/// Shows what the standards demand of a broker, and which scripts ask it.
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
    /// Counts per version, then what is not asked
    Text,
    /// One JSON array with every statement
    Json,
    /// Markdown tables with every statement
    Md,
}

/// The counts of one version: demanded and asked, for `yes` and `partly`.
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
                writeln!(out, "version  asked/testable  asked/partly  not testable")?;
                for (version, all) in &versions {
                    let Counts { yes, partly, no } = Counts::of(all);
                    writeln!(out, "{version:7}  {:>14}  {:>12}  {no:>12}", ratio(yes), ratio(partly))?;
                }
                for (version, all) in &versions {
                    for c in
                        all.iter().filter(|c| c.scripts.is_empty() && c.statement.testable != Testable::No)
                    {
                        let word = if c.statement.testable == Testable::Yes { "testable" } else { "partly" };
                        let why = c.not_asked.as_deref().unwrap_or("no reason is given");
                        writeln!(out, "\n{version}/{} ({word}): {}", c.statement.id, c.statement.summary)?;
                        writeln!(out, "    not asked: {why}")?;
                    }
                }
            }
            Format::Md => {
                for (version, all) in &versions {
                    let Counts { yes, partly, no } = Counts::of(all);
                    writeln!(out, "## MQTT {version}\n")?;
                    writeln!(
                        out,
                        "{} of the testable statements are asked, {} of the partly testable ones; {no} cannot be \
                         tested from outside.\n",
                        ratio(yes),
                        ratio(partly)
                    )?;
                    writeln!(out, "| statement | demands | asked by |\n|---|---|---|")?;
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

fn ratio((asked, of): (usize, usize)) -> String {
    format!("{asked}/{of}")
}

/// Tells the story of a statement, a test or a rule of the reference broker.
#[derive(Debug, clap::Args)]
pub(super) struct ExplainArgs {
    /// A statement (`MQTT-4.3.3-2`, or `5.0/MQTT-4.3.3-10` for one version), a test or script, or a rule
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    paths: Paths,
}

pub(super) fn explain(args: &ExplainArgs) -> Result<Exit, CommandError> {
    let tests = args.paths.tests()?;
    let story: String = [statement(&args.id, &tests), script(&args.id, &tests), rule(&args.id)].concat();
    if story.is_empty() {
        return Err(CommandError::usage(format_args!("nothing is known as {}", args.id))
            .hint("`list` shows the tests, `coverage` the statements, `mutants` the rules"));
    }
    to_stdout(|out| {
        write!(out, "{story}")?;
        Ok(Exit::Fine)
    })
}

/// Who has to keep to a statement, as a sentence begins.
fn binds(who: &str) -> &'static str {
    match who {
        "server" => "binds the server",
        "client" => "binds the client",
        "both" => "binds client and server",
        _ => "binds whoever sends",
    }
}

fn statement(id: &str, tests: &[Test]) -> String {
    let (wanted, id) = match id.split_once('/') {
        Some((version, id)) => (version.parse::<Version>().ok(), id),
        None => (None, id),
    };
    let mut story = String::new();
    for version in Version::ALL.into_iter().filter(|version| wanted.is_none_or(|wanted| wanted == *version)) {
        for c in coverage(version, tests).into_iter().filter(|c| c.statement.id == id) {
            let s = &c.statement;
            let _ = writeln!(
                story,
                "{version}/{id}  section {}, {}\n  {}\n  {}",
                s.section,
                binds(&s.who),
                s.summary,
                s.why
            );
            for script in &c.scripts {
                let _ = writeln!(story, "  asked by {script}");
            }
            if let Some(why) = &c.not_asked {
                let _ = writeln!(story, "  not asked: {why}");
            }
            let qualified = format!("{version}/{id}");
            for rule in Rules::ALL.iter().filter(|rule| rule.statements.contains(&qualified.as_str())) {
                let _ = writeln!(story, "  broken by the mutant of {}: {}", rule.name, rule.about.trim());
            }
            story.push('\n');
        }
    }
    story
}

fn script(id: &str, tests: &[Test]) -> String {
    let mut of_script = tests.iter().filter(|test| test.id == id || test.id.split('[').next() == Some(id));
    let Some(test) = of_script.next() else { return String::new() };
    let mut story = format!("{}  {}\n  {}\n", id, test.file, test.description.replace('\n', "\n  "));
    let more = of_script.count();
    if more > 0 {
        let _ = writeln!(story, "  {} tests", more + 1);
    }
    for id in &test.covers {
        let _ = writeln!(story, "  asks {}/{id}", test.version);
    }
    for need in &test.needs {
        let _ = writeln!(story, "  needs {need}");
    }
    story += "\n";
    for (number, line) in test.source.lines().enumerate() {
        let _ = writeln!(story, "{:4}  {line}", number + 1);
    }
    story
}

fn rule(name: &str) -> String {
    let Some(rule) = Rules::find(name) else { return String::new() };
    let mut story = format!("{name}  a rule of the reference broker\n  {}\n", rule.about.trim());
    for statement in rule.statements {
        let _ = writeln!(story, "  demanded by {statement}");
    }
    story
}
