//! What a run shows: progress, failures as they come, and a table at the end.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use mqtt_codec::Version;
use mqtt_conformance::expect::{Expectations, Standing};
use mqtt_conformance::run::{Outcome, Verdict};
use mqtt_conformance::script::{Level, Test, value_text};
use mqtt_conformance::tree::bytes_value;

use crate::cli::output::{CYAN, Complaint, DIM, GREEN, RED, RESET, YELLOW, error, say};

/// Tells about a run while it goes on.
pub(super) struct Report<'t> {
    tests: &'t [Arc<Test>],
    known: &'t Expectations,
    quiet: bool,
    bar: ProgressBar,
    start: Instant,
    failed: usize,
    /// How the configured password looks in a trace.
    secret: Option<String>,
}

impl<'t> Report<'t> {
    pub(super) fn new(
        tests: &'t [Arc<Test>],
        known: &'t Expectations,
        quiet: bool,
        password: Option<&[u8]>,
    ) -> Self {
        let bar = if std::io::stderr().is_terminal() {
            ProgressBar::with_draw_target(u64::try_from(tests.len()).ok(), ProgressDrawTarget::stderr())
        } else {
            ProgressBar::hidden()
        };
        // The template is a constant that is well-formed; a plain bar would do as well.
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} {wide_msg}") {
            bar.set_style(style);
        }
        // The time goes on while all tests wait.
        bar.enable_steady_tick(Duration::from_millis(250));
        let secret =
            password.map(|password| format!("password={}", value_text("password", &bytes_value(password))));
        Self { tests, known, quiet, bar, start: Instant::now(), failed: 0, secret }
    }

    pub(super) fn started(&self, id: &str) {
        self.bar.set_message(match self.failed {
            0 => id.to_owned(),
            n => format!("{n} failed, {id}"),
        });
    }

    pub(super) fn finished(&mut self, index: usize, outcome: &Outcome) -> Result<(), Complaint> {
        let standing = self.known.standing(outcome);
        self.failed += usize::from(outcome.verdict == Verdict::Fail && standing == Standing::Unexpected);
        self.bar.inc(1);
        let good = matches!(standing, Standing::Plain | Standing::Expected);
        if good && self.quiet {
            return Ok(());
        }
        let test = self.tests.get(index);
        self.bar.suspend(|| {
            let mut out = anstream::stdout().lock();
            write_verdict(outcome, standing, self.known, &mut out)?;
            // Without a trace, the line with the reason says all.
            let told = good
                || outcome.verdict == Verdict::Pass
                || (outcome.verdict == Verdict::Error && outcome.transcript.is_empty());
            if !told {
                write_failure(test.map(|test| &**test), outcome, self.secret.as_deref(), &mut out)?;
            }
            out.flush()?;
            Ok(())
        })
    }

    /// The table, and a sentence.
    pub(super) fn close(&self, broker: &str, outcomes: &[Arc<Outcome>]) -> Result<(), Complaint> {
        self.bar.finish_and_clear();
        let mut out = anstream::stdout().lock();
        write_table(outcomes, self.known, &mut out)?;
        out.flush()?;
        let parts = counts(outcomes, self.known);
        let lost: Vec<_> = outcomes.iter().filter(|outcome| outcome.unreachable).collect();
        if let Some(reason) = lost.first().and_then(|outcome| outcome.reason.as_ref()) {
            error(format_args!(
                "{broker} was lost during the run, {} tests could not run: {reason}",
                lost.len()
            ));
        }
        say(format_args!("{} in {} against {broker}", parts.join(", "), seconds(self.start.elapsed())));
        Ok(())
    }
}

/// How many came to what, as parts of a sentence.
fn counts(outcomes: &[Arc<Outcome>], known: &Expectations) -> Vec<String> {
    let mut parts = Vec::new();
    let mut say = |count: usize, always: bool, colour: &str, what: &str| {
        if count > 0 || always {
            parts.push(format!("{colour}{count} {what}{RESET}"));
        }
    };
    for verdict in [Verdict::Pass, Verdict::Fail, Verdict::Inconclusive, Verdict::Error, Verdict::Skipped] {
        let (expected, others): (Vec<_>, Vec<_>) = outcomes
            .iter()
            .filter(|outcome| outcome.verdict == verdict)
            .partition(|outcome| verdict != Verdict::Pass && known.standing(outcome) == Standing::Expected);
        let what = participle(verdict);
        say(others.len(), verdict == Verdict::Pass, colour(verdict), what);
        say(expected.len(), false, DIM, &format!("{what} as expected"));
    }
    if !known.is_empty() {
        let surprise = |outcome: &&Arc<Outcome>| {
            matches!(known.standing(outcome), Standing::Unexpected | Standing::Stale)
        };
        let surprises = outcomes.iter().filter(surprise).count();
        let colour = if surprises > 0 { RED } else { GREEN };
        say(surprises, true, colour, if surprises == 1 { "surprise" } else { "surprises" });
    }
    parts
}

fn colour(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => GREEN,
        Verdict::Fail | Verdict::Error => RED,
        Verdict::Inconclusive => YELLOW,
        Verdict::Skipped => DIM,
    }
}

fn participle(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "passed",
        Verdict::Fail => "failed",
        Verdict::Inconclusive => "inconclusive",
        Verdict::Skipped => "skipped",
        Verdict::Error => "not run",
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

fn write_verdict(
    outcome: &Outcome,
    standing: Standing,
    known: &Expectations,
    out: &mut impl Write,
) -> std::io::Result<()> {
    let colour = colour(outcome.verdict);
    if let Some(known) = known.of(&outcome.id) {
        let id = &outcome.id;
        match standing {
            Standing::Expected if outcome.verdict != Verdict::Pass => {
                return writeln!(out, "{DIM}{:<12}{RESET} {id}  {DIM}({}){RESET}", "expected", known.reason);
            }
            Standing::Stale => {
                let is = if outcome.verdict == Verdict::Pass { "passes" } else { outcome.verdict.name() };
                let reason = &known.reason;
                return writeln!(out, "{RED}{:<12}{RESET} {id}  {is}, but is listed: {reason}", "stale");
            }
            _ => {}
        }
    }
    write!(out, "{colour}{:<12}{RESET} {}", outcome.verdict.name(), outcome.id)?;
    match (&outcome.verdict, &outcome.reason) {
        (Verdict::Skipped | Verdict::Error, Some(reason)) => writeln!(out, "  {DIM}({reason}){RESET}"),
        (Verdict::Skipped, None) => writeln!(out),
        _ => writeln!(out, "  {DIM}{}{RESET}", seconds(outcome.duration)),
    }
}

/// Everything that is known about a failure, indented below its verdict.
fn write_failure(
    test: Option<&Test>,
    outcome: &Outcome,
    secret: Option<&str>,
    out: &mut impl Write,
) -> std::io::Result<()> {
    let file = test.map_or("", |test| test.file.as_str());
    let mut line = |label: &str, text: &str| -> std::io::Result<()> {
        for (at, text) in text.lines().enumerate() {
            let label = if at == 0 { label } else { "" };
            writeln!(out, "    {CYAN}{label:<11}{RESET}{text}")?;
        }
        Ok(())
    };
    if let Some(test) = test {
        line("question", &test.title)?;
    }
    if !outcome.covers.is_empty() {
        let level = match outcome.level {
            Level::Must => "",
            Level::Should => " (recommended only)",
            Level::May => " (allowed only)",
        };
        line("statements", &format!("MQTT {}: {}{level}", outcome.version, outcome.covers.join(", ")))?;
    }
    if let Some(reason) = &outcome.reason {
        line("because", reason)?;
    }
    if let Some(failure) = &outcome.failure {
        let part = if failure.preparation { " (preparation)" } else { "" };
        line("at", &format!("{file}:{}{part}", failure.line))?;
        line("step", failure.step.trim_end())?;
        line("expected", &failure.expected)?;
        line("got", &failure.got)?;
        if let Some(difference) = &failure.difference {
            line("difference", difference)?;
        }
        if let Some(malformed) = &failure.malformed {
            line("malformed", &malformed.to_string())?;
        }
    }
    if !outcome.transcript.is_empty() {
        line("trace", "all connections in order of time, in the language of the scripts")?;
        for entry in &outcome.transcript {
            let text = shown(&entry.line(), secret);
            // The time is a comment of the language.
            writeln!(out, "        {text}  {DIM}# +{:.3} s{RESET}", entry.at.as_secs_f64())?;
        }
    }
    writeln!(out)
}

/// A line of the trace, without the configured password, and cut where it gets very long.
fn shown(line: &str, secret: Option<&str>) -> String {
    const LONGEST: usize = 4000;
    let line = match secret {
        Some(secret) => line.replace(secret, "password=\"...\""),
        None => line.to_owned(),
    };
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => {
            format!("{} # cut: {} bytes more", line.get(..end).unwrap_or_default(), line.len() - end)
        }
        None => line,
    }
}

/// One row per area, one column per version.
fn write_table(outcomes: &[Arc<Outcome>], known: &Expectations, out: &mut impl Write) -> std::io::Result<()> {
    let mut cells: BTreeMap<(&str, Version), Cell> = BTreeMap::new();
    for outcome in outcomes {
        let cell = cells.entry((area(&outcome.id), outcome.version)).or_default();
        if known.standing(outcome) == Standing::Expected && outcome.verdict != Verdict::Pass {
            cell.expected += 1;
        } else {
            cell.add(outcome.verdict);
        }
    }
    let mut areas: Vec<&str> = cells.keys().map(|(area, _)| *area).collect();
    areas.dedup();
    let versions: Vec<Version> =
        Version::ALL.into_iter().filter(|version| cells.keys().any(|(_, v)| v == version)).collect();
    let total = |version: Version| {
        cells
            .iter()
            .filter(|((_, v), _)| *v == version)
            .fold(Cell::default(), |sum, (_, cell)| sum.plus(cell))
    };
    let cell = |area: &str, version: Version| cells.get(&(area, version)).copied();
    let width = areas.iter().map(|area| area.chars().count()).max().unwrap_or_default().max("area".len());
    let columns: Vec<usize> = versions
        .iter()
        .map(|version| {
            let texts = areas.iter().filter_map(|area| cell(area, *version)).chain([total(*version)]);
            texts.map(|cell| cell.text().chars().count()).max().unwrap_or_default().max(version.name().len())
        })
        .collect();
    write!(out, "\n{:<width$}", "area")?;
    for (version, column) in versions.iter().zip(&columns) {
        write!(out, "  {:<column$}", version.name())?;
    }
    writeln!(out)?;
    for area in areas {
        write!(out, "{area:<width$}")?;
        for (version, column) in versions.iter().zip(&columns) {
            write_cell(cell(area, *version), *column, out)?;
        }
        writeln!(out)?;
    }
    write!(out, "{:<width$}", "all")?;
    for (version, column) in versions.iter().zip(&columns) {
        write_cell(Some(total(*version)), *column, out)?;
    }
    writeln!(out)
}

fn write_cell(cell: Option<Cell>, column: usize, out: &mut impl Write) -> std::io::Result<()> {
    match cell {
        Some(cell) => write!(out, "  {}{:<column$}{RESET}", cell.colour(), cell.text()),
        None => write!(out, "  {DIM}{:<column$}{RESET}", "-"),
    }
}

/// `3.12-pingreq` of `5.0/3.12-pingreq/answered[case=1]`.
fn area(id: &str) -> &str {
    let id = id.split('[').next().unwrap_or(id);
    let below = id.split_once('/').map_or(id, |(_, below)| below);
    below.rsplit_once('/').map_or("(none)", |(area, _)| area)
}

/// The verdicts of one area in one version.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    passed: usize,
    failed: usize,
    inconclusive: usize,
    errors: usize,
    skipped: usize,
    /// Not passed, and known for it.
    expected: usize,
}

impl Cell {
    fn add(&mut self, verdict: Verdict) {
        *match verdict {
            Verdict::Pass => &mut self.passed,
            Verdict::Fail => &mut self.failed,
            Verdict::Inconclusive => &mut self.inconclusive,
            Verdict::Skipped => &mut self.skipped,
            Verdict::Error => &mut self.errors,
        } += 1;
    }

    fn plus(self, other: &Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            inconclusive: self.inconclusive + other.inconclusive,
            errors: self.errors + other.errors,
            skipped: self.skipped + other.skipped,
            expected: self.expected + other.expected,
        }
    }

    /// Passed of asked, and what the others are.
    fn text(&self) -> String {
        let asked = self.passed + self.failed + self.inconclusive + self.errors + self.expected;
        let mut text = format!("{}/{asked}", self.passed);
        for (count, what) in [
            (self.failed, "failed"),
            (self.inconclusive, "inconclusive"),
            (self.errors, "not run"),
            (self.expected, "as expected"),
            (self.skipped, "skipped"),
        ] {
            if count > 0 {
                // Writing to a string cannot fail.
                let _ = write!(text, ", {count} {what}");
            }
        }
        text
    }

    fn colour(&self) -> &'static str {
        if self.failed + self.errors > 0 {
            RED
        } else if self.inconclusive > 0 {
            YELLOW
        } else if self.passed + self.expected > 0 {
            GREEN
        } else {
            DIM
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_area_of_a_test() {
        assert_eq!(area("5.0/3.12-pingreq/answered"), "3.12-pingreq");
        assert_eq!(area("5.0/4.7-topics/matching[filter=a/b,topic=a/b]"), "4.7-topics");
        assert_eq!(area("5.0/a/b/c"), "a/b");
        assert_eq!(area("5.0/alone"), "(none)");
    }
}
