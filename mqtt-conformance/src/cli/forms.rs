//! `--report KIND=PATH`: which form of a report goes where.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::ValueEnum;
use mqtt_conformance::report::{RunReport, write_html, write_junit, write_markdown};

use super::output::{CommandError, show_error};
use super::place::{self, Place};
use super::printable::Printable;

/// A form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// Everything, as data
    Json,
    /// XML as CI systems read it
    Junit,
    /// A page for a browser
    Html,
    /// A summary in Markdown
    Md,
}

/// A form of a report, and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    kind: Kind,
    /// `None` for stdout.
    path: Option<PathBuf>,
}

/// Reads `json=report.json`.
pub(super) fn parse(text: &str) -> Result<Target, String> {
    let names = || {
        let names: Vec<String> = Kind::value_variants()
            .iter()
            .filter_map(|kind| Some(kind.to_possible_value()?.get_name().to_owned()))
            .collect();
        names.join(", ")
    };
    let Some((kind, path)) = text.split_once('=') else {
        return Err(format!("expected KIND=PATH, such as json=report.json; the kinds are {}", names()));
    };
    let kind = Kind::from_str(kind, false)
        .map_err(|_| format!("`{kind}` is no kind of report: expected one of {}", names()))?;
    match path {
        "" => Err(format!("no path behind {}=; `-` means stdout", &text[..text.len() - 1])),
        "-" | "/dev/stdout" => Ok(Target { kind, path: None }),
        path => Ok(Target { kind, path: Some(path.into()) }),
    }
}

/// A report that is to be written, to a place that was found to be writable.
#[derive(Debug)]
pub(super) struct Sink {
    kind: Kind,
    place: Place,
}

/// Opens all places, so that a path that cannot be written is known before a run and not after it.
pub(super) fn open(targets: &[Target]) -> Result<Vec<Sink>, CommandError> {
    if targets.iter().filter(|target| target.path.is_none()).count() > 1 {
        return Err(CommandError::usage("only one report can go to stdout"));
    }
    let mut files = BTreeSet::new();
    let mut sinks = Vec::new();
    for Target { kind, path } in targets {
        let place = path.as_deref().map_or(Ok(Place::Stdout), place::open)?;
        if let Place::File(path) = &place
            && !files.insert(path.clone())
        {
            let message = format_args!("two reports cannot go to one file: {}", path.display());
            return Err(CommandError::usage(message));
        }
        sinks.push(Sink { kind: *kind, place });
    }
    Ok(sinks)
}

/// Writes the reports to all places. A place that fails keeps what it had, and does not keep the others from being written.
pub(super) fn write_all(sinks: Vec<Sink>, reports: &[RunReport]) -> Result<(), CommandError> {
    let mut failed = None;
    for sink in sinks {
        if let Err(error) = sink.write(reports)
            && let Some(earlier) = failed.replace(error)
        {
            show_error(&earlier);
        }
    }
    failed.map_or(Ok(()), Err)
}

impl Sink {
    /// Whether stdout belongs to this report.
    pub(super) fn is_stdout(&self) -> bool {
        matches!(self.place, Place::Stdout)
    }

    /// Writes the reports in this form.
    fn write(self, reports: &[RunReport]) -> Result<(), CommandError> {
        if self.kind == Kind::Json && reports.len() > 1 {
            let names: Vec<&str> = reports.iter().map(|report| report.broker.name.as_str()).collect();
            let runs = names.join(", ");
            return Err(CommandError::usage(format_args!(
                "json holds one run, and these are {}: {runs}",
                names.len()
            ))
            .hint(
                "only the shards of one run are joined: same broker name, options and version of the tool",
            ));
        }
        let kind = self.kind;
        self.place.write(|out| write(kind, reports, out))
    }
}

fn write(kind: Kind, reports: &[RunReport], out: &mut dyn Write) -> io::Result<()> {
    // In JSON every control character is escaped already.
    let mut plain = Printable::new(&mut *out);
    match kind {
        Kind::Json => return reports.iter().try_for_each(|report| report.write_json(out)),
        Kind::Junit => write_junit(reports, &mut plain)?,
        Kind::Html => write_html(reports, &mut plain)?,
        Kind::Md => write_markdown(reports, &mut plain)?,
    }
    plain.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_kind_and_path() {
        assert_eq!(parse("json=a=b.json"), Ok(Target { kind: Kind::Json, path: Some("a=b.json".into()) }));
        assert_eq!(parse("json=-"), Ok(Target { kind: Kind::Json, path: None }));
        for text in ["", "json", "json=", "pdf=x", "JSON=x", "=x"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
