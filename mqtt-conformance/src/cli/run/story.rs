//! A failure as a story: the script with its line marked, what was expected and what came, and everything before it.

use std::io::Write;

use mqtt_conformance::run::{Compared, Entry, Failure, Outcome};
use mqtt_conformance::script::{Level, Test};

use super::width::{columns, fitted};
use crate::cli::output::{CYAN, DIM, GREEN, RED, RESET};

/// How many lines of the script stand around the one that failed.
const AROUND: usize = 2;

/// How many bytes stand in a row.
const IN_A_ROW: usize = 16;

/// Everything that is known about a failure, indented below its verdict.
pub(super) fn write_story(
    test: Option<&Test>,
    outcome: &Outcome,
    out: &mut impl Write,
) -> std::io::Result<()> {
    if let Some(test) = test {
        line("tests", &test.title, out)?;
    }
    if !outcome.covers.is_empty() {
        let level = match outcome.level {
            Level::Must => "",
            Level::Should => " (recommended only)",
            Level::May => " (allowed only)",
        };
        line("statements", &format!("MQTT {}: {}{level}", outcome.version, outcome.covers.join(", ")), out)?;
    }
    if let Some(reason) = &outcome.reason {
        line("because", reason, out)?;
    }
    if let Some(failure) = &outcome.failure {
        write_failure(test, failure, out)?;
        if let Some(bytes) = bytes_of(failure, &outcome.transcript) {
            write_bytes(bytes, failure, out)?;
        }
    }
    if !outcome.transcript.is_empty() {
        line("trace", "all connections in order of time, in the language of the scripts", out)?;
        for entry in &outcome.transcript {
            // The time is a comment of the language.
            let time = format!("  # +{:.3} s", entry.at.as_secs_f64());
            writeln!(out, "        {}{DIM}{time}{RESET}", fitted(&entry.line(), 8 + time.len()))?;
        }
    }
    if let Some(again) = &outcome.again {
        line("trace", "of the run in which it passed", out)?;
        for entry in &again.transcript {
            let time = format!("  # +{:.3} s", entry.at.as_secs_f64());
            writeln!(out, "        {}{DIM}{time}{RESET}", fitted(&entry.line(), 8 + time.len()))?;
        }
    }
    writeln!(out)
}

/// A label with its text; the lines behind the first are indented like it.
fn line(label: &str, text: &str, out: &mut impl Write) -> std::io::Result<()> {
    let room = columns().map_or(usize::MAX, |columns| columns.saturating_sub(15).max(20));
    for (at, text) in text.lines().flat_map(|text| textwrap::wrap(text, room)).enumerate() {
        let label = if at == 0 { label } else { "" };
        writeln!(out, "    {CYAN}{label:<11}{RESET}{text}")?;
    }
    Ok(())
}

fn write_failure(test: Option<&Test>, failure: &Failure, out: &mut impl Write) -> std::io::Result<()> {
    let part = if failure.preparation { " (preparation)" } else { "" };
    let file = test.map_or("", |test| test.file.as_str());
    line("at", &format!("{file}:{}{part}", failure.line), out)?;
    if let Some(test) = test {
        write_script(test, failure, out)?;
    }
    line("expected", &failure.expected, out)?;
    line("got", &failure.got, out)?;
    if let Some(difference) = &failure.difference {
        line("difference", difference, out)?;
    }
    if let Some(malformed) = &failure.malformed {
        line("malformed", &malformed.to_string(), out)?;
    }
    if failure.fields.len() > 1 {
        write_fields(&failure.fields, out)?;
    }
    Ok(())
}

/// A few lines of the script, and a caret below the step that failed.
fn write_script(test: &Test, failure: &Failure, out: &mut impl Write) -> std::io::Result<()> {
    let from = failure.line.saturating_sub(AROUND + 1);
    let column = failure.column;
    for (at, text) in test.source.lines().enumerate().skip(from).take(2 * AROUND + 1) {
        let number = at + 1;
        if number != failure.line {
            writeln!(out, "    {DIM}{number:>9} |{RESET} {DIM}{}{RESET}", fitted(text, 16))?;
            continue;
        }
        writeln!(out, "    {RED}{number:>9} |{RESET} {}", fitted(text, 16))?;
        let length = failure.step.lines().next().unwrap_or_default().trim_end().chars().count();
        let most = columns().map_or(usize::MAX, |width| width.saturating_sub(15 + column));
        let carets = "^".repeat(length.clamp(1, most.max(1)));
        writeln!(out, "    {DIM}{:>9} |{RESET} {:space$}{RED}{carets}{RESET}", "", "", space = column - 1)?;
    }
    Ok(())
}

/// Every field that was asked for, beside what came.
fn write_fields(fields: &[Compared], out: &mut impl Write) -> std::io::Result<()> {
    let width = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or_default().min(40);
    let names = width(&mut fields.iter().map(|field| field.name.chars().count()));
    let wanted = width(&mut fields.iter().map(|field| field.expected.chars().count()));
    for (at, field) in fields.iter().enumerate() {
        let label = if at == 0 { "fields" } else { "" };
        let (sign, colour) = if field.holds { ("✓", GREEN) } else { ("✗", RED) };
        let got = field.got.as_deref().unwrap_or("absent");
        write!(out, "    {CYAN}{label:<11}{RESET}{colour}{sign}{RESET} {:<names$}  ", field.name)?;
        if field.holds {
            writeln!(out, "{DIM}{}{RESET}", fitted(&field.expected, 20 + names))?;
        } else {
            writeln!(
                out,
                "{:<wanted$}  {colour}{}{RESET}",
                field.expected,
                fitted(got, 22 + names + wanted)
            )?;
        }
    }
    Ok(())
}

/// The packet that was not as expected.
fn bytes_of<'t>(failure: &Failure, transcript: &'t [Entry]) -> Option<&'t [u8]> {
    failure.byte?;
    transcript.get(failure.entry?)?.event.bytes()
}

/// The bytes around the first one that differs, and a caret below it.
fn write_bytes(bytes: &[u8], failure: &Failure, out: &mut impl Write) -> std::io::Result<()> {
    let Some(at) = failure.byte else { return Ok(()) };
    let from = at.saturating_sub(IN_A_ROW / 2);
    let row: Vec<String> = bytes.iter().skip(from).take(IN_A_ROW).map(|byte| format!("{byte:02x}")).collect();
    let before = if from > 0 { "… " } else { "" };
    let after = if from + row.len() < bytes.len() { " …" } else { "" };
    line("bytes", &format!("{before}{}{after}", row.join(" ")), out)?;
    let space = before.chars().count() + 3 * (at - from);
    let what =
        if failure.malformed.is_some() { "is where the mistake is" } else { "is the first that differs" };
    writeln!(out, "    {:11}{:space$}{RED}^^ byte {at} {what}{RESET}", "", "")
}
