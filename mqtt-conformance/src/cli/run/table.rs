//! The closing table: one row per area, one column per version.

use std::io::Write;

use mqtt_conformance::report::{Cell, Table};
use mqtt_conformance::run::Verdict;

use crate::cli::output::{DIM, GREEN, RED, RESET, YELLOW};

/// Writes it so wide as its longest texts are.
pub(super) fn write_table(table: &Table, out: &mut impl Write) -> std::io::Result<()> {
    let areas = table.rows.iter().map(|(area, _)| area.chars().count());
    let width = areas.max().unwrap_or_default().max("area".len());
    let columns: Vec<usize> = table
        .versions
        .iter()
        .zip(&table.total)
        .enumerate()
        .map(|(column, (version, total))| {
            let cells = table.rows.iter().filter_map(|(_, cells)| *cells.get(column)?);
            let texts = cells.chain([*total]).map(|cell| cell.to_string().chars().count());
            texts.max().unwrap_or_default().max(version.name().len())
        })
        .collect();
    write!(out, "\n{:<width$}", "area")?;
    for (version, column) in table.versions.iter().zip(&columns) {
        write!(out, "  {:<column$}", version.name())?;
    }
    writeln!(out)?;
    let total = table.total.iter().copied().map(Some).collect();
    for (area, cells) in table.rows.iter().chain([&("all".to_owned(), total)]) {
        write!(out, "{area:<width$}")?;
        for (cell, column) in cells.iter().zip(&columns) {
            write_cell(*cell, *column, out)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn write_cell(cell: Option<Cell>, column: usize, out: &mut impl Write) -> std::io::Result<()> {
    match cell.and_then(|cell| Some((cell, cell.worst()?))) {
        Some((cell, worst)) => write!(out, "  {}{:<column$}{RESET}", colour(worst), cell.to_string()),
        None => write!(out, "  {DIM}{:<column$}{RESET}", "-"),
    }
}

/// The colour that a verdict has on a terminal.
pub(super) fn colour(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => GREEN,
        Verdict::Fail | Verdict::Error => RED,
        Verdict::Inconclusive => YELLOW,
        Verdict::Skipped => DIM,
    }
}
