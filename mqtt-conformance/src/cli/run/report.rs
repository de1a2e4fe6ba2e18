//! What a run shows: progress, failures as they come, and a table at the end.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use mqtt_conformance::expect::{Expectations, Standing};
use mqtt_conformance::report::Table;
use mqtt_conformance::run::{Outcome, Verdict};
use mqtt_conformance::script::Test;

use super::story::write_story;
use super::table::{colour, write_table};
use crate::cli::output::{CommandError, DIM, GREEN, RED, RESET, error, hint, say};

/// How often a log without a terminal is told how far the run is.
const EVERY: Duration = Duration::from_secs(10);

/// Tells about a run while it goes on.
pub(super) struct Report<'t> {
    tests: &'t [Arc<Test>],
    known: &'t Expectations,
    quiet: bool,
    /// Stdout belongs to a report.
    aside: bool,
    bar: ProgressBar,
    start: Instant,
    failed: usize,
    done: usize,
    running: BTreeSet<usize>,
    /// When a log without a terminal was last told how far the run is.
    told: Instant,
}

impl<'t> Report<'t> {
    pub(super) fn new(tests: &'t [Arc<Test>], known: &'t Expectations, quiet: bool) -> Self {
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
        Self {
            tests,
            known,
            quiet,
            aside: false,
            bar,
            start: Instant::now(),
            failed: 0,
            done: 0,
            running: BTreeSet::new(),
            told: Instant::now(),
        }
    }

    pub(super) fn started(&mut self, index: usize) {
        self.running.insert(index);
        self.show();
    }

    /// What is in flight, the longest first.
    fn show(&self) {
        let id = self.running.first().and_then(|index| self.tests.get(*index)).map_or("", |test| &test.id);
        let failed = if self.failed > 0 { format!("{} failed, ", self.failed) } else { String::new() };
        let others = self.running.len().saturating_sub(1);
        let more = if others > 0 { format!(" and {others} more") } else { String::new() };
        self.bar.set_message(format!("{failed}{id}{more}"));
    }

    pub(super) fn finished(&mut self, index: usize, outcome: &Outcome) -> Result<(), CommandError> {
        let standing = self.known.standing(outcome);
        self.failed += usize::from(outcome.verdict == Verdict::Fail && standing == Standing::Unexpected);
        self.running.remove(&index);
        self.show();
        self.bar.inc(1);
        self.done += 1;
        if self.bar.is_hidden() && self.told.elapsed() >= EVERY {
            self.told = Instant::now();
            let (all, time) = (self.tests.len(), self.start.elapsed().as_secs());
            say(format_args!("{} of {all} done after {time} s, {} failed", self.done, self.failed));
        }
        let good = matches!(standing, Standing::Plain | Standing::Expected);
        if good && self.quiet {
            return Ok(());
        }
        let test = self.tests.get(index);
        self.bar.suspend(|| {
            let mut out = self.out();
            write_verdict(outcome, standing, self.known, &mut out)?;
            // Without a trace, the line with the reason says all.
            let told = good
                || outcome.verdict == Verdict::Pass
                || (outcome.verdict == Verdict::Error && outcome.transcript.is_empty());
            if !told {
                write_story(test.map(|test| &**test), outcome, &mut out)?;
            }
            out.flush()?;
            Ok(())
        })
    }

    /// Leaves stdout to a report.
    pub(super) fn step_aside(&mut self) {
        self.aside = true;
    }

    fn out(&self) -> Box<dyn Write> {
        if self.aside { Box::new(anstream::stderr().lock()) } else { Box::new(anstream::stdout().lock()) }
    }

    /// The table, and a sentence.
    pub(super) fn close(&self, broker: &str, outcomes: &[Arc<Outcome>]) -> Result<(), CommandError> {
        self.bar.finish_and_clear();
        let mut out = self.out();
        let counted = outcomes.iter().map(|outcome| {
            let expected = self.known.standing(outcome) == Standing::Expected;
            (outcome.id.as_str(), outcome.version, outcome.verdict, expected)
        });
        write_table(&Table::of(counted), &mut out)?;
        out.flush()?;
        let parts = counts(outcomes, self.known);
        let lost: Vec<_> = outcomes.iter().filter(|outcome| outcome.unreachable).collect();
        if let Some(reason) = lost.first().and_then(|outcome| outcome.reason.as_ref()) {
            error(format_args!(
                "{broker} was lost during the run, {} tests could not run: {reason}",
                lost.len()
            ));
            let during: Vec<&str> = lost
                .iter()
                .filter(|outcome| outcome.failure.is_some())
                .map(|outcome| outcome.id.as_str())
                .collect();
            if !during.is_empty() {
                let some = during.get(..during.len().min(5)).unwrap_or_default().join(", ");
                let more =
                    if during.len() > 5 { format!(" and {} more", during.len() - 5) } else { String::new() };
                hint(format_args!(
                    "it may have died of one of these, which it left unanswered: {some}{more}"
                ));
            }
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
