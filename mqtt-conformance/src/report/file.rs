//! A report as JSON, written and read.

use std::fmt;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use serde_json::error::Category;
use serde_json::{Value, json};

use super::data::{FORMAT, RunReport};
use super::upgrade::upgrade;
use crate::run::Outcome;

/// What to do about a file that is no report.
pub const READ_HINT: &str =
    "a report is made by `mqtt-conformance run --report json=FILE`; docs/report.md describes it";

/// A text that is no report of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadError {
    /// The line, counted from 1.
    pub line: usize,
    /// The column, counted from 1.
    pub column: usize,
    /// Which member, from the outside in: `tests[3].verdict`; empty for the text as a whole.
    pub path: String,
    /// What is wrong with it, and what was expected.
    pub message: String,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, path, message } = self;
        write!(f, "{line}:{column}: ")?;
        if !path.is_empty() {
            write!(f, "{path}: ")?;
        }
        f.write_str(message)
    }
}

impl std::error::Error for ReadError {}

impl RunReport {
    /// Writes the report as JSON: a line for each script and each test, so that files can be compared line by line.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self {
            format,
            tool,
            started,
            duration,
            broker,
            options,
            stopped,
            statements,
            scripts,
            expectations,
            cost,
            tests,
        } = self;
        let head = json!({"format": format, "tool": tool, "started": started, "duration": duration.as_secs_f64(),
                          "broker": broker, "options": options, "cost": cost});
        out.write_all(b"{")?;
        for (name, value) in head.as_object().into_iter().flatten() {
            writeln!(out, "\"{name}\": {value},")?;
        }
        if let Some(stopped) = stopped {
            writeln!(out, "\"stopped\": {},", Value::from(stopped.as_str()))?;
        }
        write_lines(out, "statements", '{', statements.iter().map(|(id, text)| (Some(id), text)))?;
        out.write_all(b",\n")?;
        write_lines(out, "scripts", '{', scripts.iter().map(|(file, script)| (Some(file), script)))?;
        out.write_all(b",\n")?;
        if !expectations.is_empty() {
            write_lines(out, "expectations", '{', expectations.iter().map(|(id, of)| (Some(id), of)))?;
            out.write_all(b",\n")?;
        }
        write_lines(out, "tests", '[', tests.iter().map(|test| (None, test)))?;
        out.write_all(b"}\n")
    }

    /// Reads a report from JSON, of this format or an earlier one.
    ///
    /// # Errors
    ///
    /// When the text is no JSON, or no report, or one of a later format.
    pub fn from_json(text: &str) -> Result<Self, ReadError> {
        let mut report = Self::read(text)?;
        report.cost = report.tests.iter().map(Outcome::cost).sum();
        Ok(report)
    }

    fn read(text: &str) -> Result<Self, ReadError> {
        /// Enough to know what the rest will be.
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        match serde_json::from_str(text) {
            Ok(Head { format }) if (1..FORMAT).contains(&format) => {
                let mut report = serde_json::from_str(text).map_err(|e| ReadError::new(String::new(), &e))?;
                upgrade(&mut report);
                serde_path_to_error::deserialize(&report).map_err(ReadError::of)
            }
            Ok(Head { format }) if format != FORMAT => Err(ReadError {
                line: 1,
                column: 1,
                path: "format".to_owned(),
                message: format!("expected 1 to {FORMAT}, which is what this version reads; found {format}"),
            }),
            _ => {
                let mut reader = serde_json::Deserializer::from_str(text);
                let report = serde_path_to_error::deserialize(&mut reader).map_err(ReadError::of)?;
                reader.end().map_err(|error| ReadError::new(String::new(), &error))?;
                Ok(report)
            }
        }
    }
}

impl ReadError {
    #[expect(clippy::needless_pass_by_value, reason = "what map_err hands over")]
    fn of(error: serde_path_to_error::Error<serde_json::Error>) -> Self {
        let path = error.path().to_string();
        Self::new(if path == "." { String::new() } else { path }, error.inner())
    }

    fn new(path: String, error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        let message = error.to_string();
        let place = format!(" at line {line} column {column}");
        let message = message.strip_suffix(&place).unwrap_or(&message);
        let message = match error.classify() {
            Category::Eof => format!("the text ends too early: {message}"),
            Category::Syntax => format!("not JSON: {message}"),
            Category::Data | Category::Io => message.to_owned(),
        };
        Self { line: line.max(1), column: column.max(1), path, message }
    }
}

/// A member that is an object or a list, an entry a line.
fn write_lines<'k, T: Serialize>(
    out: &mut dyn Write,
    name: &str,
    bracket: char,
    entries: impl Iterator<Item = (Option<&'k String>, T)>,
) -> io::Result<()> {
    write!(out, "\"{name}\": {bracket}")?;
    for (at, (key, entry)) in entries.enumerate() {
        out.write_all(if at == 0 { b"\n" } else { b",\n" })?;
        if let Some(key) = key {
            write!(out, "{}: ", Value::from(key.as_str()))?;
        }
        serde_json::to_writer(&mut *out, &entry)?;
    }
    write!(out, "\n{}", if bracket == '{' { '}' } else { ']' })
}
