//! `vectors`: the codec over files of test vectors.

use std::io::Write;
use std::path::PathBuf;

use clap::ValueEnum;
use mqtt_codec::{PacketType, Version};
use mqtt_conformance::vectors::{self, Count, Outcome, Totals, Vector, Verdict};
use serde_json::{Value, json};

use super::output::{CommandError, Exit, GREEN, RED, RESET, YELLOW, say, to_stdout};

/// Runs the codec over files of test vectors.
///
/// Every vector is decoded over borrowed and shared memory, whole and in pieces; valid ones are encoded too. A vector at
/// level "choice" that comes out otherwise is named, and is no failure.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Files of vectors, or folders that hold them
    #[arg(required = true, value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,
    /// Only vectors whose id holds this text
    #[arg(long, value_name = "TEXT")]
    select: Option<String>,
    /// Leave out vectors of many megabytes
    #[arg(long)]
    no_huge: bool,
    /// How to print the totals and the vectors that came out otherwise
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table
    Text,
    /// One JSON object
    Json,
}

pub(super) fn run(args: &Args) -> Result<Exit, CommandError> {
    // All are read before the first is run: a broken file is no half result.
    let mut files = Vec::new();
    for path in &args.paths {
        for path in vectors::find(path).map_err(CommandError::usage)? {
            files.push(vectors::read(&path).map_err(CommandError::usage)?);
        }
    }
    let mut totals = Totals::default();
    let mut found = Vec::new();
    let wanted = |vector: &&Vector| {
        args.select.as_ref().is_none_or(|text| vector.id.contains(text.as_str()))
            && !(args.no_huge && vector.flags.iter().any(|flag| flag == "huge"))
    };
    for vector in files.iter().flat_map(|file| &file.vectors).filter(wanted) {
        let outcome = vectors::run(vector);
        totals.add(vector, &outcome);
        if outcome.verdict != Verdict::Passed {
            if args.format == Format::Text {
                report(vector, &outcome);
            }
            found.push((vector, outcome));
        }
    }
    let all = totals.sum(|_| true);
    if all.all() == 0 {
        return Err(CommandError::usage("no vector is left to run").hint("`--select` wants a part of an id"));
    }
    to_stdout(|out| {
        match args.format {
            Format::Text => print_table(&totals, files.len(), out)?,
            Format::Json => print_json(&totals, &found, out)?,
        }
        Ok(if all.failed > 0 { Exit::Failed } else { Exit::Fine })
    })
}

fn report(vector: &Vector, outcome: &Outcome) {
    let (colour, word) =
        if outcome.verdict == Verdict::Failed { (RED, "failed") } else { (YELLOW, "differs (a choice)") };
    say(format_args!("{colour}{word}{RESET} {}: {}", vector.id, vector.about));
    for difference in &outcome.differences {
        say(format_args!("  {}: expected {}, got {}", difference.what, difference.expected, difference.got));
    }
}

const RESULTS: [&str; 4] = ["valid", "malformed", "protocol-error", "incomplete"];

fn packet_name(packet: Option<PacketType>) -> &'static str {
    packet.map_or("(none)", PacketType::name)
}

fn print_table(totals: &Totals, files: usize, out: &mut dyn Write) -> Result<(), CommandError> {
    let [valid, malformed, protocol_error, incomplete] = RESULTS;
    writeln!(
        out,
        "{:<8} {:<12} {valid:>10} {malformed:>10} {protocol_error:>15} {incomplete:>11} {:>8} {:>8} {:>8}",
        "version", "packet", "passed", "choice", "failed"
    )?;
    let mut row = |version: &str, packet: &str, wanted: &dyn Fn(Version, Option<PacketType>) -> bool| {
        let count = |result: &str| totals.sum(|&(v, p, r)| wanted(v, p) && r == result).all();
        let all = totals.sum(|&(v, p, _)| wanted(v, p));
        if all.all() == 0 {
            return Ok(());
        }
        let [valid, malformed, protocol_error, incomplete] = RESULTS.map(count);
        writeln!(
            out,
            "{version:<8} {packet:<12} {valid:>10} {malformed:>10} {protocol_error:>15} {incomplete:>11} {:>8} {:>8} {:>8}",
            all.passed, all.deviating, all.failed
        )
    };
    for version in Version::ALL {
        for packet in PacketType::ALL.into_iter().map(Some).chain([None]) {
            row(version.name(), packet_name(packet), &|v, p| v == version && p == packet)?;
        }
        row(version.name(), "all", &|v, _| v == version)?;
    }
    row("all", "all", &|_, _| true)?;
    let all = totals.sum(|_| true);
    let colour = if all.failed > 0 { RED } else { GREEN };
    say(format_args!(
        "{colour}{} of {} vectors in {files} {} passed{RESET}, {} differ by choice, {} failed",
        all.passed,
        all.all(),
        if files == 1 { "file" } else { "files" },
        all.deviating,
        all.failed
    ));
    Ok(())
}

fn print_json(
    totals: &Totals,
    found: &[(&Vector, Outcome)],
    out: &mut dyn Write,
) -> Result<(), CommandError> {
    let counts =
        |count: Count| json!({"passed": count.passed, "deviating": count.deviating, "failed": count.failed});
    let rows: Vec<Value> = totals
        .iter()
        .map(|((version, packet, result), count)| {
            let packet = packet.map(mqtt_conformance::tree::type_name);
            json!({"version": version.name(), "packet": packet, "result": result, "count": counts(count)})
        })
        .collect();
    let vectors: Vec<Value> = found
        .iter()
        .map(|(vector, outcome)| {
            let differences: Vec<Value> = outcome
                .differences
                .iter()
                .map(|d| json!({"what": d.what, "expected": d.expected, "got": d.got}))
                .collect();
            json!({
                "id": vector.id,
                "level": vector.level.name(),
                "failed": outcome.verdict == Verdict::Failed,
                "differences": differences,
            })
        })
        .collect();
    let all = counts(totals.sum(|_| true));
    writeln!(out, "{:#}", json!({"count": all, "totals": rows, "vectors": vectors}))?;
    Ok(())
}
