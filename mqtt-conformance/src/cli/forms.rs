//! `--report KIND=PATH`: which form of a report goes where.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use mqtt_conformance::report::{RunReport, write_html, write_junit, write_markdown};

use super::output::{CommandError, to_stdout};

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
        "-" => Ok(Target { kind, path: None }),
        path => Ok(Target { kind, path: Some(path.into()) }),
    }
}

/// A place that was found to be writable.
#[derive(Debug)]
pub(super) struct Sink {
    kind: Kind,
    place: Option<Place>,
}

/// A file, open before there is anything to write.
#[derive(Debug)]
struct Place {
    path: PathBuf,
    file: File,
    /// Nothing was there, and nothing has been written.
    fresh: bool,
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.fresh {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Opens all places, so that a path that cannot be written is known before a run and not after it.
pub(super) fn open(targets: &[Target]) -> Result<Vec<Sink>, CommandError> {
    if targets.iter().filter(|target| target.path.is_none()).count() > 1 {
        return Err(CommandError::usage("only one report can go to stdout"));
    }
    targets
        .iter()
        .map(|target| {
            let place = target.path.as_deref().map(open_file).transpose()?;
            Ok(Sink { kind: target.kind, place })
        })
        .collect()
}

fn open_file(path: &Path) -> Result<Place, CommandError> {
    let fresh = !path.exists();
    // What is there stays until there is something better.
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(path).map_err(|error| {
        let unusable = CommandError::usage(format_args!("{} cannot be written: {error}", path.display()));
        match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() && !folder.exists() => {
                unusable.hint(format_args!("the folder {} does not exist", folder.display()))
            }
            _ if path.is_dir() => unusable.hint("give the name of a file in that folder"),
            _ => unusable,
        }
    })?;
    Ok(Place { path: path.to_owned(), file, fresh })
}

impl Sink {
    /// Whether stdout belongs to this report.
    pub(super) fn is_stdout(&self) -> bool {
        self.place.is_none()
    }

    /// Writes the reports in this form.
    pub(super) fn write(self, reports: &[RunReport]) -> Result<(), CommandError> {
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
        match self.place {
            None => to_stdout(|out| Ok(write(kind, reports, out)?)),
            Some(mut place) => {
                let name = place.path.display().to_string();
                place.fresh = false;
                let written = place.file.set_len(0).and_then(|()| {
                    let mut out = BufWriter::new(&place.file);
                    write(kind, reports, &mut out)?;
                    out.flush()
                });
                written
                    .map_err(|error| CommandError::usage(format_args!("{name} cannot be written: {error}")))
            }
        }
    }
}

fn write(kind: Kind, reports: &[RunReport], out: &mut dyn Write) -> io::Result<()> {
    match kind {
        Kind::Json => reports.iter().try_for_each(|report| report.write_json(out)),
        Kind::Junit => write_junit(reports, out),
        Kind::Html => write_html(reports, out),
        Kind::Md => write_markdown(reports, out),
    }
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
