//! `explore`: what a broker can do, and whether it does what somebody needs.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use mqtt_codec::Version;
use mqtt_conformance::capability::{Ability, Answer, Requirements, abilities, fulfilled};
use mqtt_conformance::run::{Config, round_trip};
use mqtt_conformance::suite::{mark, unusable};
use serde_json::json;

use super::output::{CommandError, DIM, Exit, GREEN, RED, RESET, Readable, YELLOW, to_stdout};
use super::run::{Target, start_built_in};
use super::scripts::read_toml;

/// Shows what a broker can do: what it says of itself, and what shows when it is tried
///
/// With --requires, only what the file asks for is tried. The exit code is 1 if the broker lacks any of that, and 2 if something
/// could not be found out.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    target: Target,
    /// A TOML file with what you need: `qos = 1`, `will_retain = true`, `payload = 60000`, `keep_alive = 5`
    #[arg(long, value_name = "FILE")]
    requires: Option<PathBuf>,
    /// How long to wait for an answer: 5s, 500ms
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = super::time)]
    timeout: Duration,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit, CommandError> {
    let required = args.requires.as_ref().map(|path| {
        let name = path.display().to_string();
        let text =
            read_toml(path, "--requires takes a TOML file; docs/explore.md lists what it can ask for")?;
        Requirements::parse(&name, &text).map_err(|problems| CommandError::in_file(&name, problems))
    });
    let required = required.transpose()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let found = runtime.block_on(ask(args, required.as_ref()));
    runtime.shutdown_background();
    let (broker, found) = found?;
    if args.json {
        to_stdout(|out| Ok(writeln!(out, "{:#}", json!({"broker": broker, "abilities": found}))?))?;
    } else {
        // Colour is for terminals only.
        let mut out = Readable::new(anstream::stdout().lock());
        write_list(&broker, &found, &mut out)?;
        out.flush()?;
    }
    let any = |answer: Answer| found.iter().any(|ability| ability.answer == answer);
    Ok(match required {
        Some(_) if any(Answer::No) => Exit::Failed,
        Some(_) if any(Answer::Unknown) => Exit::Inconclusive,
        _ => Exit::Fine,
    })
}

/// The broker's name, and what was found.
async fn ask(args: &Args, required: Option<&Requirements>) -> Result<(String, Vec<Ability>), CommandError> {
    let mut config = Config::default();
    config.step_deadline = args.timeout;
    config.run = mark();
    let (connector, name) = match args.target.reach(&mut config)? {
        Some(reached) => reached,
        None => start_built_in().await?,
    };
    let all = abilities(&connector, &mut config).await.map_err(|error| unusable(&name, &error))?;
    let Some(required) = required else { return Ok((name, all)) };
    let spoken: Vec<Version> =
        Version::ALL.into_iter().filter(|version| !config.missing_versions.contains_key(version)).collect();
    if let Some(version) = spoken.last() {
        config.round_trip = round_trip(&connector, *version, &config).await.unwrap_or_default();
    }
    let found = fulfilled(&connector, required, &spoken, &config).await;
    Ok((name, found))
}

fn write_list(broker: &str, found: &[Ability], out: &mut dyn Write) -> Result<(), CommandError> {
    writeln!(out, "{broker}")?;
    let name = found.iter().map(|ability| ability.name.len()).max().unwrap_or_default();
    let answer = found.iter().map(|ability| ability.answer.to_string().len()).max().unwrap_or_default();
    for ability in found {
        let colour = match ability.answer {
            Answer::Yes | Answer::Number(_) => GREEN,
            Answer::No => RED,
            Answer::Unknown => YELLOW,
        };
        writeln!(
            out,
            "  {:<name$}  {colour}{:<answer$}{RESET}  {DIM}{}{RESET}",
            ability.name,
            ability.answer.to_string(),
            ability.evidence
        )?;
    }
    Ok(())
}
