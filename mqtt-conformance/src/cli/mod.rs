//! The command line: one module per command.
//!
//! Data goes to stdout, talk to stderr. Each command ends with an [`Exit`] or with a [`CommandError`], which is the only
//! place where an error becomes words and a number.

mod check;
mod coverage;
mod decode;
mod diff;
mod encode;
mod explain;
mod explore;
mod fmt;
mod forms;
mod generate;
mod hex;
mod liberties;
mod list;
mod mutants;
mod output;
mod place;
mod printable;
mod proxy;
mod report;
mod run;
mod scripts;
mod serve;
mod url;
mod vectors;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use jiff::SignedDuration;
use mqtt_codec::Version;

use output::{Exit, show_error};

/// Tests MQTT brokers against the standards, statement by statement.
#[derive(Debug, Parser)]
#[command(name = NAME, version, about, arg_required_else_help = true, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const NAME: &str = "mqtt-conformance";

const EXIT_CODES: &str = "\
Exit codes:
  0   all that is required held
  1   something required failed, or a packet is malformed
  2   something required stayed unanswered
  3   the broker could not be reached or used
  64  wrong usage, or a broken script or file
  130 interrupted (Ctrl-C); reports say what did not run

Colour is used on terminals only, and never if NO_COLOR is set.";

#[derive(Debug, Subcommand)]
enum Command {
    Run(Box<run::Args>),
    List(list::Args),
    Check(check::Args),
    Fmt(fmt::Args),
    Serve(serve::Args),
    Explain(explain::Args),
    Explore(Box<explore::Args>),
    Coverage(coverage::Args),
    Mutants(mutants::Args),
    Proxy(proxy::Args),
    Report(report::Args),
    Diff(diff::Args),
    Decode(decode::Args),
    Encode(encode::Args),
    Vectors(vectors::Args),
    Completions(generate::CompletionsArgs),
    /// Prints the man page, with all commands
    Man,
}

/// Runs the tool with the arguments of the process.
pub(crate) fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no mistakes.
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Fine };
            let text = url::without_logins(&error.render().ansi().to_string());
            // Nobody is left to tell when they are closed.
            let _ = if error.use_stderr() {
                write!(anstream::stderr().lock(), "{text}")
            } else {
                write!(anstream::stdout().lock(), "{text}")
            };
            return exit.into();
        }
    };
    let result = match cli.command {
        Command::Run(args) => run::run(&args),
        Command::List(args) => list::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Fmt(args) => fmt::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Explore(args) => explore::run(&args),
        Command::Coverage(args) => coverage::run(&args),
        Command::Mutants(args) => mutants::run(&args),
        Command::Proxy(args) => proxy::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Decode(args) => decode::run(&args),
        Command::Encode(args) => encode::run(&args),
        Command::Vectors(args) => vectors::run(&args),
        Command::Completions(args) => generate::completions(&args),
        Command::Man => generate::man(),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(error) => show_error(&error).into(),
    }
}

/// Reads a version as the command line writes it.
fn version(text: &str) -> Result<Version, String> {
    text.parse().map_err(|_| "expected 3.1, 3.1.1 or 5.0".to_owned())
}

/// Reads a time as the command line writes it: `5s`, `500ms`, `1min`; a number alone means seconds.
fn time(text: &str) -> Result<Duration, String> {
    let number = text.ends_with(|c: char| c.is_ascii_digit());
    let time = if number { format!("{text}s").parse() } else { text.parse::<SignedDuration>() };
    time.ok()
        .and_then(|time| Duration::try_from(time).ok())
        .filter(|time| (Duration::from_millis(1)..=Duration::from_secs(3600)).contains(time))
        .ok_or_else(|| "expected a time from 1ms to 60min, such as 5s or 500ms".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_times() {
        for (text, millis) in [("5s", 5000), ("5", 5000), ("0.5s", 500), ("250ms", 250), ("1min", 60_000)] {
            assert_eq!(time(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "s", "0", "-1s", "1e3", "2h", "1x", "inf", "1.2.3s", "61min"] {
            assert!(time(text).is_err(), "{text}");
        }
    }
}
