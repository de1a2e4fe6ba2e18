//! `list`: the tests.

use clap::ValueEnum;
use mqtt_conformance::capability::profile;
use serde_json::json;

use super::output::{CommandError, Exit, to_stdout};
use super::scripts::{Paths, Selection};

/// Lists the tests, with what each is about, or the profiles of brokers.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    selection: Selection,
    /// How to print them
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    #[command(flatten)]
    paths: Paths,
    /// List the profiles of brokers instead, for `run --profile`
    #[arg(long)]
    profiles: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// One line per test: its id and its title
    Text,
    /// One JSON array with all that is known about each
    Json,
}

pub(super) fn run(args: &Args) -> Result<Exit, CommandError> {
    if args.profiles {
        return profiles(args.format);
    }
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

/// What is documented of brokers.
fn profiles(format: Format) -> Result<Exit, CommandError> {
    let mut known = Vec::new();
    for (name, text) in profile::built_in() {
        let file = format!("profiles/{name}.toml");
        known.push((
            *name,
            profile::parse(&file, text).map_err(|problems| CommandError::in_file(&file, problems))?,
        ));
    }
    to_stdout(|out| {
        match format {
            Format::Text => {
                let width = known.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
                for (name, profile) in &known {
                    let versions: Vec<_> = profile.versions.iter().map(|version| version.name()).collect();
                    let missing: Vec<_> = profile.missing.keys().map(String::as_str).collect();
                    write!(out, "{name:width$}  {}: MQTT {}", profile.name, versions.join(" "))?;
                    if !missing.is_empty() {
                        write!(out, "; lacks {}", missing.join(", "))?;
                    }
                    for (limit, value) in &profile.limits.numbers {
                        write!(out, "; {limit} = {value}")?;
                    }
                    match &profile.checked {
                        Some(checked) => writeln!(out, " (checked {checked})")?,
                        None => writeln!(out)?,
                    }
                }
            }
            Format::Json => {
                let list: Vec<_> = known
                    .iter()
                    .map(|(name, profile)| {
                        json!({
                            "id": name,
                            "name": profile.name,
                            "vendor": profile.vendor,
                            "source": profile.source,
                            "date": profile.date,
                            "checked": profile.checked,
                            "versions": profile.versions.iter().map(|version| version.name()).collect::<Vec<_>>(),
                            "missing": profile.missing,
                            "limits": profile.limits.numbers,
                            "client_id_characters": profile.limits.client_id_characters,
                            "topic_prefix": profile.limits.topic_prefix,
                        })
                    })
                    .collect();
                writeln!(out, "{:#}", json!(list))?;
            }
        }
        Ok(Exit::Fine)
    })
}
