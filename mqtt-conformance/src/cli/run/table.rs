//! The closing table: one row per area, one column per version.

use std::io::Write;

use mqtt_conformance::report::{Cell, Table};
use mqtt_conformance::run::Verdict;

use super::width::columns;
use crate::cli::output::{DIM, GREEN, RED, RESET, YELLOW};

/// Writes it so wide as its longest texts are; with numbers only where the terminal is narrower than that.
pub(super) fn write_table(table: &Table, out: &mut impl Write) -> std::io::Result<()> {
    write_within(table, columns(), out)
}

fn write_within(table: &Table, room: Option<usize>, out: &mut impl Write) -> std::io::Result<()> {
    let areas = table.rows.iter().map(|(area, _)| area.chars().count());
    let area = areas.max().unwrap_or_default().max("area".len());
    let mut text: fn(Cell) -> String = |cell| cell.to_string();
    let mut widths = widths(table, text);
    if room.is_some_and(|room| area + widths.iter().map(|width| width + 2).sum::<usize>() > room) {
        text = |cell| format!("{}/{}", cell.passed, cell.asked());
        widths = self::widths(table, text);
    }
    write!(out, "\n{:<area$}", "area")?;
    for (version, width) in table.versions.iter().zip(&widths) {
        write!(out, "  {:<width$}", version.name())?;
    }
    writeln!(out)?;
    let total = table.total.iter().copied().map(Some).collect();
    for (name, cells) in table.rows.iter().chain([&("all".to_owned(), total)]) {
        write!(out, "{name:<area$}")?;
        for (cell, width) in cells.iter().zip(&widths) {
            match cell.and_then(|cell| Some((cell, cell.worst()?))) {
                Some((cell, worst)) => write!(out, "  {}{:<width$}{RESET}", colour(worst), text(cell))?,
                None => write!(out, "  {DIM}{:<width$}{RESET}", "-")?,
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

/// How wide the columns of the versions are.
fn widths(table: &Table, text: fn(Cell) -> String) -> Vec<usize> {
    let columns = table.versions.iter().zip(&table.total).enumerate();
    columns
        .map(|(column, (version, total))| {
            let cells = table.rows.iter().filter_map(|(_, cells)| *cells.get(column)?);
            let texts = cells.chain([*total]).map(|cell| text(cell).chars().count());
            texts.max().unwrap_or_default().max(version.name().len())
        })
        .collect()
}

/// The colour that a verdict has on a terminal.
pub(super) fn colour(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => GREEN,
        Verdict::Fail | Verdict::Error => RED,
        Verdict::Unsteady | Verdict::Inconclusive => YELLOW,
        Verdict::Skipped => DIM,
    }
}

#[cfg(test)]
mod tests {
    use mqtt_codec::Version;

    use super::*;

    #[test]
    fn fits_into_a_narrow_terminal() {
        let area = "3.1-connect-properties";
        let tests = Version::ALL.into_iter().flat_map(|version| {
            let id = format!("{version}/{area}/x");
            [Verdict::Pass, Verdict::Fail, Verdict::Inconclusive, Verdict::Skipped, Verdict::Error]
                .map(|verdict| (id.clone(), version, verdict))
        });
        let tests: Vec<_> = tests.collect();
        let table =
            Table::of(tests.iter().map(|(id, version, verdict)| (id.as_str(), *version, *verdict, false)));
        let longest = |room| {
            let mut out = Vec::new();
            write_within(&table, room, &mut out).unwrap();
            let text = String::from_utf8(anstream::adapter::strip_bytes(&out).into_vec()).unwrap();
            text.lines().map(|line| line.chars().count()).max().unwrap()
        };
        for room in [60, 80, 100] {
            assert!(longest(Some(room)) <= room, "{room}");
        }
        assert!(longest(None) > 100, "a file has room for all words");
    }
}
