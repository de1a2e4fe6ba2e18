//! `diff`: what changed between two runs.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::ValueEnum;
use mqtt_conformance::report::{ChangeKind, Diff, RunReport, diff};
use mqtt_conformance::run::Verdict;

use super::output::{CommandError, DIM, Exit, GREEN, RED, RESET, Readable, say, to_stdout};
use super::printable::printable;
use super::report::read;

/// Says what changed from one run to another: two releases of a broker, or two brokers.
///
/// Ends with 1 if a required test fails or is left unanswered that was not before.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The JSON report of the first run
    #[arg(value_name = "BEFORE")]
    before: PathBuf,
    /// The JSON report of the second run
    #[arg(value_name = "AFTER")]
    after: PathBuf,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// What got worse, what got better, what else changed
    Text,
    /// One JSON object
    Json,
}

pub(super) fn run(args: &Args) -> Result<Exit, CommandError> {
    let (before, after) = (read(&args.before)?, read(&args.after)?);
    let diff = diff(&before, &after);
    match args.format {
        Format::Json => to_stdout(|out| {
            serde_json::to_writer_pretty(&mut *out, &diff).map_err(io::Error::from)?;
            Ok(writeln!(out)?)
        })?,
        Format::Text => {
            let mut out = Readable::new(anstream::stdout().lock());
            write_text(&diff, &mut out)?;
            out.flush()?;
        }
    }
    say(summary(&diff, &before, &after));
    Ok(if diff.is_worse() { Exit::Failed } else { Exit::Fine })
}

fn write_text(diff: &Diff, out: &mut impl Write) -> io::Result<()> {
    for (kind, title, colour) in [
        (ChangeKind::Broken, "broken", RED),
        (ChangeKind::Lost, "no longer answered", RED),
        (ChangeKind::Fixed, "fixed", GREEN),
        (ChangeKind::Other, "otherwise changed", ""),
    ] {
        let those: Vec<_> = diff.changed.iter().filter(|change| change.kind == kind).collect();
        if those.is_empty() {
            continue;
        }
        writeln!(out, "{colour}{title}{RESET} ({})", those.len())?;
        for change in those {
            writeln!(
                out,
                "  {} {DIM}{}: {} -> {}{RESET}",
                printable(&change.id),
                change.level,
                change.before,
                change.after
            )?;
            if let Some(because) = change.because.as_ref().filter(|_| kind != ChangeKind::Fixed) {
                writeln!(out, "      {}", printable(because))?;
            }
        }
        writeln!(out)?;
    }
    for (title, ids) in [
        ("only before", diff.only_before.clone()),
        ("only after", diff.only_after.iter().map(|only| format!("{}  {}", only.id, only.verdict)).collect()),
    ] {
        if !ids.is_empty() {
            let shown: Vec<String> = ids.iter().map(|id| printable(id)).collect();
            writeln!(out, "{title} ({})\n  {}\n", ids.len(), shown.join("\n  "))?;
        }
    }
    Ok(())
}

fn summary(diff: &Diff, before: &RunReport, after: &RunReport) -> String {
    let count = |kind| diff.changed.iter().filter(|change| change.kind == kind).count();
    let failing = diff.only_after.iter().filter(|only| only.verdict == Verdict::Fail).count();
    let new = if failing > 0 { format!(", {failing} new ones fail") } else { String::new() };
    format!(
        "{} broken, {} no longer answered, {} fixed, {} otherwise changed, {} the same{new}: {} -> {}",
        count(ChangeKind::Broken),
        count(ChangeKind::Lost),
        count(ChangeKind::Fixed),
        count(ChangeKind::Other),
        diff.same,
        printable(&before.broker.name),
        printable(&after.broker.name),
    )
}
