//! What a run shows: progress, then what went wrong, a table and a closing line.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use mqtt_conformance::expect::{Expectations, Standing};
use mqtt_conformance::report::Table;
use mqtt_conformance::run::{Cost, Outcome, Verdict};
use mqtt_conformance::script::{Level, Test};

use super::groups::groups;
use super::story::write_story;
use super::table::{colour, write_table};
use crate::cli::output::{CommandError, DIM, GREEN, RED, RESET, Readable, YELLOW, error, hint, say};

/// How often a log without a terminal is told how far the run is.
const EVERY: Duration = Duration::from_secs(10);

/// Tells about a run while it goes on.
pub(super) struct Report<'t> {
    tests: &'t [Arc<Test>],
    known: &'t Expectations,
    /// Every test is named as it ends.
    verbose: bool,
    /// Nothing is told but the table and the sentence.
    quiet: bool,
    /// Stdout belongs to a report.
    aside: bool,
    bar: ProgressBar,
    start: Instant,
    failed: usize,
    done: usize,
    running: BTreeSet<usize>,
    /// Those that ran, and run again at the end.
    open: BTreeSet<usize>,
    /// When a log without a terminal was last told how far the run is.
    told: Instant,
}

impl<'t> Report<'t> {
    pub(super) fn new(tests: &'t [Arc<Test>], known: &'t Expectations, verbose: bool, quiet: bool) -> Self {
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
            verbose,
            quiet,
            aside: false,
            bar,
            start: Instant::now(),
            failed: 0,
            done: 0,
            running: BTreeSet::new(),
            open: BTreeSet::new(),
            told: Instant::now(),
        }
    }

    pub(super) fn started(&mut self, index: usize) {
        self.running.insert(index);
        self.show();
    }

    /// A test ran, and runs again at the end.
    pub(super) fn postponed(&mut self, index: usize) {
        self.running.remove(&index);
        self.open.insert(index);
        self.show();
    }

    /// What is in flight, the longest first.
    fn show(&self) {
        let id = self.running.first().and_then(|index| self.tests.get(*index)).map_or("", |test| &test.id);
        let failed = if self.failed > 0 { format!("{} failed, ", self.failed) } else { String::new() };
        let open =
            if self.open.is_empty() { String::new() } else { format!("{} run again, ", self.open.len()) };
        let others = self.running.len().saturating_sub(1);
        let more = if others > 0 { format!(" and {others} more") } else { String::new() };
        self.bar.set_message(format!("{failed}{open}{id}{more}"));
    }

    pub(super) fn finished(&mut self, index: usize, outcome: &Outcome) -> Result<(), CommandError> {
        let standing = self.known.standing(outcome);
        let must = outcome.verdict == Verdict::Fail && outcome.level == Level::Must;
        self.failed += usize::from(must && standing == Standing::Unexpected);
        self.running.remove(&index);
        self.open.remove(&index);
        self.show();
        self.bar.inc(1);
        self.done += 1;
        if self.bar.is_hidden() && self.told.elapsed() >= EVERY {
            self.told = Instant::now();
            let (all, time) = (self.tests.len(), self.start.elapsed().as_secs());
            let open =
                if self.open.is_empty() { String::new() } else { format!(", {} run again", self.open.len()) };
            say(format_args!("{} of {all} done after {time} s, {} failed{open}", self.done, self.failed));
        }
        if !self.verbose {
            return Ok(());
        }
        self.bar.suspend(|| {
            let mut out = self.out();
            write_verdict(outcome, standing, self.known, &mut out)?;
            out.flush()?;
            Ok(())
        })
    }

    /// Leaves stdout to a report.
    pub(super) fn step_aside(&mut self) {
        self.aside = true;
    }

    fn out(&self) -> Box<dyn Write> {
        if self.aside {
            Box::new(Readable::new(anstream::stderr().lock()))
        } else {
            Box::new(Readable::new(anstream::stdout().lock()))
        }
    }

    /// What went wrong, one example for each script and cause.
    fn write_groups(&self, outcomes: &[Arc<Outcome>], out: &mut Box<dyn Write>) -> std::io::Result<()> {
        for group in groups(outcomes, self.known) {
            let (at, outcome) = group.example;
            write_verdict(outcome, group.standing, self.known, out)?;
            if let Some(others) = group.others() {
                writeln!(out, "    {DIM}and {others}{RESET}")?;
            }
            // Without a trace, the line with the reason says all.
            let telling = outcome.verdict != Verdict::Pass && !outcome.transcript.is_empty();
            if telling || outcome.failure.is_some() {
                write_story(self.tests.get(at).map(|test| &**test), outcome, out)?;
            }
        }
        Ok(())
    }

    /// What went wrong, the table, and a sentence.
    pub(super) fn close(&self, broker: &str, outcomes: &[Arc<Outcome>]) -> Result<(), CommandError> {
        self.bar.finish_and_clear();
        let mut out = self.out();
        if !self.quiet {
            self.write_groups(outcomes, &mut out)?;
        }
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
            let mut suspects: Vec<_> = lost.iter().filter(|outcome| outcome.failure.is_some()).collect();
            suspects.sort_by_key(|outcome| outcome.since_last_sent());
            let during: Vec<&str> = suspects.iter().map(|outcome| outcome.id.as_str()).collect();
            if !during.is_empty() {
                let some = during.get(..during.len().min(5)).unwrap_or_default().join(", ");
                let more =
                    if during.len() > 5 { format!(" and {} more", during.len() - 5) } else { String::new() };
                hint(format_args!(
                    "it may have died of one of these, which it left unanswered; the last one that sent stands first: {some}{more}"
                ));
            }
        }
        say(format_args!("{} in {} against {broker}", parts.join(", "), seconds(self.start.elapsed())));
        say(format_args!("{DIM}{}{RESET}", outcomes.iter().map(|outcome| outcome.cost()).sum::<Cost>()));
        let failed =
            outcomes.iter().any(|outcome| matches!(outcome.verdict, Verdict::Fail | Verdict::Inconclusive));
        if failed && !self.verbose {
            say(format_args!(
                "{DIM}-v names every test; --report html=run.html shows every trace; `explain ID` shows a test{RESET}"
            ));
        }
        if let Some(reason) = nothing_tested(outcomes) {
            error(reason);
        }
        Ok(())
    }
}

/// Why a run says nothing about the broker; `None` if a test ran.
fn nothing_tested(outcomes: &[Arc<Outcome>]) -> Option<String> {
    if outcomes.iter().any(|outcome| outcome.verdict != Verdict::Skipped) {
        return None;
    }
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in outcomes.iter().filter_map(|outcome| outcome.reason.as_deref()) {
        *reasons.entry(reason).or_default() += 1;
    }
    let (reason, _) = reasons.into_iter().max_by_key(|(_, count)| *count)?;
    Some(format!(
        "nothing was tested: all {} tests were skipped, most of them because: {reason}",
        outcomes.len()
    ))
}

/// How many came to what, as parts of a sentence.
fn counts(outcomes: &[Arc<Outcome>], known: &Expectations) -> Vec<String> {
    let mut parts = Vec::new();
    let mut say = |count: usize, always: bool, colour: &str, what: &str| {
        if count > 0 || always {
            parts.push(format!("{colour}{count} {what}{RESET}"));
        }
    };
    for verdict in [
        Verdict::Pass,
        Verdict::Fail,
        Verdict::Unsteady,
        Verdict::Inconclusive,
        Verdict::Error,
        Verdict::Skipped,
    ] {
        let (expected, others): (Vec<_>, Vec<_>) = outcomes
            .iter()
            .filter(|outcome| outcome.verdict == verdict)
            .partition(|outcome| verdict != Verdict::Pass && known.standing(outcome) == Standing::Expected);
        let what = participle(verdict);
        // What is only recommended or allowed is no failure.
        let (must, rest): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|outcome| verdict != Verdict::Fail || outcome.level == Level::Must);
        say(must.len(), verdict == Verdict::Pass, colour(verdict), what);
        for (level, what) in [(Level::Should, "do not follow a SHOULD"), (Level::May, "do not use a MAY")] {
            let count = rest.iter().filter(|outcome| outcome.level == level).count();
            say(count, false, YELLOW, what);
        }
        say(expected.len(), false, DIM, &format!("{what} as expected"));
    }
    if !known.is_empty() {
        let unexpected = |outcome: &&Arc<Outcome>| {
            matches!(known.standing(outcome), Standing::Unexpected | Standing::Stale)
        };
        let count = outcomes.iter().filter(unexpected).count();
        let colour = if count > 0 { RED } else { GREEN };
        say(count, true, colour, if count == 1 { "unexpected result" } else { "unexpected results" });
    }
    parts
}

fn participle(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "passed",
        Verdict::Fail => "failed",
        Verdict::Unsteady => "unsteady",
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
    let recommended = outcome.verdict == Verdict::Fail && outcome.level != Level::Must;
    let colour = if recommended { YELLOW } else { colour(outcome.verdict) };
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
    let word =
        if recommended { outcome.level.name().to_lowercase() } else { outcome.verdict.name().to_owned() };
    write!(out, "{colour}{word:<12}{RESET} {}", outcome.id)?;
    match (&outcome.verdict, &outcome.reason) {
        (Verdict::Skipped | Verdict::Error, Some(reason)) => writeln!(out, "  {DIM}({reason}){RESET}"),
        (Verdict::Skipped, None) => writeln!(out),
        _ => writeln!(out, "  {DIM}{}{RESET}", seconds(outcome.duration)),
    }
}
