//! A mistake in a script, and the words for it.

use nom::IResult;
use nom::error::{ErrorKind, ParseError};

use crate::diagnostic::Draft;

/// A mistake at a place that is given as the length of what remained.
#[derive(Clone, Debug)]
pub(super) struct Oops {
    pub(super) rest: usize,
    pub(super) length: usize,
    pub(super) draft: Draft,
}

impl ParseError<&str> for Oops {
    fn from_error_kind(input: &str, _: ErrorKind) -> Self {
        Self::at(input, 0, "this is not in the language")
    }

    fn append(_: &str, _: ErrorKind, other: Self) -> Self {
        other
    }

    fn or(self, other: Self) -> Self {
        if other.rest < self.rest { other } else { self }
    }
}

impl Oops {
    pub(super) fn at(input: &str, length: usize, message: impl Into<String>) -> Self {
        Self { rest: input.len(), length, draft: Draft::error(message) }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.draft = self.draft.hint(hint);
        self
    }

    /// Ends the line: no other reading of it is tried.
    pub(super) fn fail<T>(self) -> Result<T, nom::Err<Self>> {
        Err(nom::Err::Failure(self))
    }
}

pub(super) type Parsed<'a, T> = IResult<&'a str, T, Oops>;

/// The input as it is written up to the next blank or delimiter, for messages and their carets.
pub(super) fn word(input: &str) -> &str {
    let end = input.find(|c: char| c.is_whitespace() || "=,[]{}()|#\"".contains(c)).unwrap_or(input.len());
    match (end, input.chars().next()) {
        (0, Some(c)) if !c.is_whitespace() => &input[..c.len_utf8()],
        _ => &input[..end],
    }
}

/// "`xyz`", or "the end of the line".
pub(super) fn found(input: &str) -> String {
    match word(input) {
        "" => "the end of the line".to_owned(),
        text => format!("`{text}`"),
    }
}

/// Fails for good, naming what should be here.
pub(super) fn wanted<T>(input: &str, what: &str) -> Result<T, nom::Err<Oops>> {
    Oops::at(input, word(input).len(), format!("expected {what}, found {}", found(input))).fail()
}
