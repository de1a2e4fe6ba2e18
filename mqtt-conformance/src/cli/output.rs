//! What goes out: data, talk, and the number at the end.

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use miette::{GraphicalReportHandler, GraphicalTheme};
use mqtt_conformance::script::Problem;
use mqtt_conformance::suite;

use super::url::without_logins;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// All that is required held.
    Fine,
    /// Something required failed, or a packet is malformed.
    Failed,
    /// Something required stayed unanswered.
    Inconclusive,
    /// The broker could not be reached or used.
    Unreachable,
    /// Wrong usage, or a broken script or file.
    Usage,
    /// The user ended it.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Fine => 0,
            Exit::Failed => 1,
            Exit::Inconclusive => 2,
            Exit::Unreachable => 3,
            Exit::Usage => 64,
            Exit::Interrupted => 130,
        })
    }
}

/// Why a command could not do what it was asked.
#[derive(Debug)]
pub(super) struct CommandError {
    exit: Exit,
    message: String,
    hint: Option<String>,
    /// The mistakes in files.
    problems: Vec<Problem>,
}

impl CommandError {
    /// A mistake in how the tool was called, or in what it was given.
    pub(super) fn usage(message: impl fmt::Display) -> Self {
        Self { exit: Exit::Usage, message: message.to_string(), hint: None, problems: Vec::new() }
    }

    /// The broker cannot be reached or used.
    pub(super) fn unreachable(message: impl fmt::Display) -> Self {
        Self { exit: Exit::Unreachable, message: message.to_string(), hint: None, problems: Vec::new() }
    }

    /// Mistakes in a file.
    pub(super) fn in_file(file: &str, problems: Vec<Problem>) -> Self {
        let error = match problems.len() {
            1 => Self::usage(format_args!("{file} has a mistake")),
            n => Self::usage(format_args!("{file} has {n} mistakes")),
        };
        Self { problems, ..error }
    }

    /// The mistakes that the sentence is about.
    pub(super) fn problems(self, problems: Vec<Problem>) -> Self {
        Self { problems, ..self }
    }

    /// Says what to do about it.
    pub(super) fn hint(self, hint: impl fmt::Display) -> Self {
        Self { hint: Some(hint.to_string()), ..self }
    }
}

impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> Self {
        Self { exit: Exit::Usage, message: error.to_string(), hint: None, problems: Vec::new() }
    }
}

impl From<suite::Error> for CommandError {
    fn from(wrong: suite::Error) -> Self {
        let exit = if wrong.is_about_the_broker() { Exit::Unreachable } else { Exit::Usage };
        let hint = wrong.hint().map(str::to_owned);
        Self { exit, message: wrong.message().to_owned(), hint, problems: wrong.into_problems() }
    }
}

/// Writes it to stderr: first the mistakes in files, each with its line, then the sentence and the hint.
pub(super) fn show_error(wrong: &CommandError) -> Exit {
    show_problems(&wrong.problems);
    error(without_logins(&wrong.message));
    if let Some(text) = &wrong.hint {
        hint(text);
    }
    wrong.exit
}

/// Shows mistakes in files on stderr, each with its line.
pub(super) fn show_problems(problems: &[Problem]) {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode());
    for problem in problems {
        if problem.is_on_a_long_line() {
            say(problem.one_line());
            continue;
        }
        let mut report = String::new();
        match handler.render_report(&mut report, problem) {
            Ok(()) => say(report.trim_end()),
            Err(_) => say(problem.one_line()),
        }
    }
}

/// `error: …` on stderr.
pub(super) fn error(message: impl fmt::Display) {
    say(format_args!("{RED}error:{RESET} {message}"));
}

/// `hint: …` on stderr.
pub(super) fn hint(message: impl fmt::Display) {
    say(format_args!("{CYAN}hint:{RESET} {message}"));
}

/// A line on stderr.
pub(super) fn say(line: impl fmt::Display) {
    // Nobody is left to tell when stderr is closed.
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}

// `anstream` takes them out where they don't belong.
pub(super) const RED: &str = "\x1b[1;31m";
pub(super) const GREEN: &str = "\x1b[32m";
pub(super) const YELLOW: &str = "\x1b[33m";
pub(super) const CYAN: &str = "\x1b[36m";
pub(super) const DIM: &str = "\x1b[2m";
pub(super) const RESET: &str = "\x1b[0m";

/// Stdout, or what else is read as the tool writes. When its reader has gone, as `head` does, the rest goes nowhere: what the tool was
/// to do goes on, and its exit code stays true.
#[derive(Debug)]
pub(super) struct Readable<W> {
    out: W,
    gone: bool,
}

impl<W> Readable<W> {
    pub(super) const fn new(out: W) -> Self {
        Self { out, gone: false }
    }
}

impl<W: Write> Write for Readable<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.gone {
            return Ok(bytes.len());
        }
        match self.out.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.gone = true;
                Ok(bytes.len())
            }
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.out.flush() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            flushed => flushed,
        }
    }
}

/// Writes data to stdout through a buffer, and makes sure that it arrives.
pub(super) fn to_stdout<T>(
    write: impl FnOnce(&mut dyn Write) -> Result<T, CommandError>,
) -> Result<T, CommandError> {
    let mut out = io::BufWriter::new(Readable::new(io::stdout().lock()));
    let result = write(&mut out);
    out.flush()?;
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader that takes one byte and goes.
    struct Head(usize);

    impl Write for Head {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            self.0 -= 1;
            Ok(bytes.len().min(1))
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }

    #[test]
    fn a_reader_that_has_gone_is_no_error() {
        let mut out = Readable::new(Head(1));
        assert!(out.write_all(b"many words").is_ok());
        assert!(out.gone);
        assert!(out.flush().is_ok());
    }
}
