//! A summary in Markdown, as the job summaries of CI systems show it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::data::RunReport;
use super::table::{Cell, Table, area};
use crate::run::{Outcome, Verdict};

/// The most failures that are shown whole. Job summaries are cut at a megabyte.
const MOST: usize = 60;

/// The longest text of a failure, in characters.
const LONGEST: usize = 1500;

/// Writes the summary of some runs, which stand side by side in this order.
///
/// # Errors
///
/// When it cannot be written.
pub fn write_markdown(reports: &[RunReport], out: &mut dyn Write) -> io::Result<()> {
    let names: Vec<String> = reports.iter().map(|report| text(&report.broker.name)).collect();
    writeln!(out, "# MQTT conformance: {}\n", names.join(", "))?;
    writeln!(
        out,
        "| broker | passed | failed MUST | failed SHOULD or MAY | unsteady | inconclusive | not run | skipped | time |"
    )?;
    writeln!(out, "|---|--:|--:|--:|--:|--:|--:|--:|--:|")?;
    for report in reports {
        write_counts(report, out)?;
    }
    writeln!(out)?;
    for report in reports {
        writeln!(out, "{}: {}.\n", text(&report.broker.name), report.cost)?;
        if let Some(stopped) = &report.stopped {
            writeln!(out, "**{} was stopped early:** {}\n", text(&report.broker.name), text(stopped))?;
        }
    }
    match reports {
        [report] => write_areas(report, out)?,
        _ => write_matrix(reports, out)?,
    }
    for report in reports {
        write_failures(report, reports.len() > 1, out)?;
    }
    for report in reports {
        writeln!(
            out,
            "<sub>{}: {} tests, {}, {} {}</sub><br>",
            text(&report.broker.name),
            report.tests.len(),
            report.started,
            report.tool.name,
            report.tool.version
        )?;
    }
    Ok(())
}

fn write_counts(report: &RunReport, out: &mut dyn Write) -> io::Result<()> {
    let cell = report.cell(|_| true);
    let must = report.cell(|test| test.level == crate::script::Level::Must);
    let expected =
        if cell.expected > 0 { format!(" (+{} as expected)", cell.expected) } else { String::new() };
    let bold = |count: usize| if count > 0 { format!("**{count}**") } else { "0".to_owned() };
    writeln!(
        out,
        "| {} | {} | {}{expected} | {} | {} | {} | {} | {} | {:.0} s |",
        text(&report.broker.name),
        cell.passed,
        bold(must.failed),
        cell.failed - must.failed,
        cell.unsteady,
        cell.inconclusive,
        bold(cell.errors),
        cell.skipped,
        report.duration.as_secs_f64(),
    )
}

/// One run: areas by version.
fn write_areas(report: &RunReport, out: &mut dyn Write) -> io::Result<()> {
    let table = report.table();
    write!(out, "| area |")?;
    for version in &table.versions {
        write!(out, " {version} |")?;
    }
    writeln!(out, "\n|---|{}", "--:|".repeat(table.versions.len()))?;
    for (area, cells) in &table.rows {
        write_row(area, cells, out)?;
    }
    let total: Vec<Option<Cell>> = table.total.iter().copied().map(Some).collect();
    write_row("**all**", &total, out)?;
    writeln!(out)
}

/// Several runs: areas by broker, all versions together.
fn write_matrix(reports: &[RunReport], out: &mut dyn Write) -> io::Result<()> {
    let areas: BTreeSet<&str> =
        reports.iter().flat_map(|report| report.tests.iter().map(|test| area(&test.id))).collect();
    write!(out, "| area |")?;
    for report in reports {
        write!(out, " {} |", text(&report.broker.name))?;
    }
    writeln!(out, "\n|---|{}", "--:|".repeat(reports.len()))?;
    for of in areas {
        let cells: Vec<Option<Cell>> = reports
            .iter()
            .map(|report| {
                Some(report.cell(|test| area(&test.id) == of)).filter(|cell| cell.worst().is_some())
            })
            .collect();
        write_row(of, &cells, out)?;
    }
    let total: Vec<Option<Cell>> = reports.iter().map(|report| Some(report.cell(|_| true))).collect();
    write_row("**all**", &total, out)?;
    writeln!(out)
}

fn write_row(area: &str, cells: &[Option<Cell>], out: &mut dyn Write) -> io::Result<()> {
    write!(out, "| {area} |")?;
    for cell in cells {
        match cell.and_then(|cell| Some((cell, cell.worst()?))) {
            None => write!(out, " |")?,
            Some((cell, Verdict::Fail)) => write!(out, " ❌ {cell} |")?,
            Some((cell, Verdict::Error | Verdict::Unsteady | Verdict::Inconclusive)) => {
                write!(out, " ⚠️ {cell} |")?;
            }
            Some((cell, _)) => write!(out, " {cell} |")?,
        }
    }
    writeln!(out)
}

/// What did not pass, each with its details folded.
fn write_failures(report: &RunReport, several: bool, out: &mut dyn Write) -> io::Result<()> {
    let shown = |test: &&Outcome| {
        matches!(test.verdict, Verdict::Fail | Verdict::Unsteady | Verdict::Inconclusive)
            && !report.is_expected(test)
    };
    let failures: Vec<&Outcome> = report.tests.iter().filter(shown).collect();
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for test in report.tests.iter().filter(|test| test.verdict == Verdict::Error) {
        *reasons.entry(test.reason.as_deref().unwrap_or("for no reason that is known")).or_default() += 1;
    }
    if failures.is_empty() && reasons.is_empty() {
        return Ok(());
    }
    let of = if several { format!(" by {}", text(&report.broker.name)) } else { String::new() };
    writeln!(out, "## Not passed{of}\n")?;
    for (reason, count) in reasons {
        writeln!(out, "- {count} not run: {}", text(reason))?;
    }
    writeln!(out)?;
    for test in failures.iter().take(MOST) {
        write_failure(report, test, out)?;
    }
    if let Some(more) = failures.len().checked_sub(MOST).filter(|more| *more > 0) {
        writeln!(out, "… and {more} more; `--report html=FILE` shows all.\n")?;
    }
    Ok(())
}

fn write_failure(report: &RunReport, test: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let because = test.because().unwrap_or_default();
    writeln!(
        out,
        "<details><summary>{} <code>{}</code> {}</summary>\n",
        test.verdict,
        html(&test.id),
        html(&cut(&because, 160))
    )?;
    if let Some(script) = report.scripts.get(&test.script) {
        writeln!(out, "{}\n", text(&script.title))?;
    }
    for id in &test.covers {
        let summary =
            report.statements.get(&format!("{}/{id}", test.version)).map_or("", |s| s.summary.as_str());
        writeln!(out, "- {} {id}: {}", test.level, text(summary))?;
    }
    let mut account = Vec::new();
    if let Some(failure) = &test.failure {
        account.push(format!("{}:{}: {}\n", test.script, failure.line, failure.step));
        account.push(format!("expected  {}", cut(&failure.expected, LONGEST)));
        account.push(format!("got       {}", cut(&failure.got, LONGEST)));
        let difference = failure.difference.as_ref();
        account.extend(difference.map(|difference| format!("          {}", cut(difference, LONGEST))));
    }
    account.extend(test.reason.clone());
    if let Some(again) = &test.again {
        for (title, transcript) in [("it failed", &test.transcript), ("it passed", &again.transcript)] {
            account.push(format!("\nthe run in which {title}"));
            let lines = transcript.iter().map(|e| format!("{}  # +{:.3} s", e.line(), e.at.as_secs_f64()));
            account.push(cut(&lines.collect::<Vec<_>>().join("\n"), LONGEST));
        }
    }
    let account = account.join("\n");
    // Longer than any row of backticks in it.
    let fence = "`".repeat(account.split(|c| c != '`').map(str::len).max().unwrap_or_default().max(2) + 1);
    writeln!(out, "\n{fence}text\n{}\n{fence}\n\n</details>\n", account.trim_end())
}

impl RunReport {
    /// Counts the tests that fit.
    pub fn cell(&self, fits: impl Fn(&Outcome) -> bool) -> Cell {
        self.tests.iter().filter(|test| fits(test)).fold(Cell::default(), |mut cell, test| {
            cell.add(test.verdict, self.is_expected(test));
            cell
        })
    }

    /// Its verdicts by area and version.
    pub fn table(&self) -> Table {
        Table::of(
            self.tests
                .iter()
                .map(|test| (test.id.as_str(), test.version, test.verdict, self.is_expected(test))),
        )
    }
}

fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{} …", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', " ")
}

/// A text that stays text: nothing in it is markup, or the end of a cell.
fn text(plain: &str) -> String {
    html(plain).chars().fold(String::new(), |mut out, c| {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '$') {
            out.push('\\');
        }
        out.push(c);
        out
    })
}
