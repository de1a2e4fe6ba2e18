//! Text to [`Script`]: the grammar, in nom.
//!
//! Every parser works on a suffix of the source, so a place in the file is the length of the source less
//! the length of what remains. A mistake ends its line only: the next line is read as if nothing had
//! happened, and all mistakes are reported together.

mod events;
mod header;
mod oops;
mod statements;
mod text;
mod trivia;
mod values;
mod words;

use std::sync::Arc;

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::character::complete::{char, line_ending, space0};
use nom::combinator::{eof, opt, peek};
use nom::sequence::preceded;

use super::ast::{Header, Item, Name, Script, Statement, Trivia};
use crate::diagnostic::{Draft, ScriptError, Span, problems};
use oops::{Oops, Parsed, found, wanted, word};
use trivia::{comment, next_line, trivia};

/// How deep blocks and values may nest; real scripts stay below five.
const MAX_DEPTH: usize = 64;

/// Reads a script. `file` is the name that messages show.
///
/// Names of packets, fields and variables are not looked at; [`check`](super::check()) does that.
///
/// # Errors
///
/// Every line that is not in the language, with the place and often a hint.
pub fn parse(file: &str, source: &str) -> Result<Script, ScriptError> {
    let mut reader = Reader { source, problems: Vec::new() };
    let (header, body, end) = reader.script();
    let source: Arc<str> = Arc::from(source);
    if reader.problems.is_empty() {
        return Ok(Script { file: file.to_owned(), source, header, body, end });
    }
    Err(ScriptError { problems: problems(file, &source, reader.problems) })
}

struct Reader<'a> {
    source: &'a str,
    problems: Vec<(Span, Draft)>,
}

type Body = Vec<Item<Statement>>;

impl<'a> Reader<'a> {
    fn offset(&self, rest: &str) -> usize {
        self.source.len() - rest.len()
    }

    fn span(&self, from: &str, to: &str) -> Span {
        Span::new(self.offset(from), self.offset(to))
    }

    fn name(&self, input: &'a str, text: &str) -> Name {
        let start = self.offset(input);
        Name { text: text.to_owned(), span: Span::new(start, start + text.len()) }
    }

    fn report(&mut self, err: nom::Err<Oops>) {
        if let nom::Err::Error(oops) | nom::Err::Failure(oops) = err {
            let start = self.source.len() - oops.rest;
            self.problems.push((Span::new(start, start + oops.length), oops.draft));
        }
    }

    fn script(&mut self) -> (Vec<Item<Header>>, Body, Vec<Trivia>) {
        let mut at = self.source.strip_prefix('\u{feff}').unwrap_or(self.source);
        let mut header = Vec::new();
        loop {
            let (rest, leading) = trivia(at);
            match self.header(rest) {
                Ok((next, Some((node, trailing)))) => {
                    header.push(Item { leading, node, trailing });
                    at = next;
                }
                Ok((_, None)) => break,
                Err(err) => {
                    self.report(err);
                    at = next_line(rest);
                }
            }
        }
        let (at, body, end) = self.body(at, 0);
        if let Some(rest) = at.strip_prefix('}') {
            self.problems.push((self.span(at, rest), Draft::error("this `}` closes nothing")));
            let (mut at, more, more_end) = self.body(next_line(rest), 0);
            while at.starts_with('}') {
                (at, _, _) = self.body(next_line(at), 0);
            }
            return (header, body.into_iter().chain(more).collect(), more_end);
        }
        (header, body, end)
    }

    /// Names with commas between them; `what` says what each is.
    fn names(&self, mut at: &'a str, one: fn(&str) -> Parsed<'_, &str>, what: &str) -> Parsed<'a, Vec<Name>> {
        let mut names = Vec::new();
        loop {
            let (start, _) = space0.parse_complete(at)?;
            let Ok((rest, name)) = one(start) else {
                return wanted(start, what);
            };
            names.push(self.name(start, name));
            let comma: Parsed<'_, char> = preceded(space0, char(',')).parse_complete(rest);
            match comma {
                Ok((rest, _)) => at = rest,
                Err(_) => return Ok((rest, names)),
            }
        }
    }

    /// Steps up to a `}` that is not theirs, or the end of the file.
    fn body(&mut self, mut at: &'a str, depth: usize) -> (&'a str, Body, Vec<Trivia>) {
        let mut body = Vec::new();
        loop {
            let (rest, leading) = trivia(at);
            if rest.is_empty() || rest.starts_with('}') {
                return (rest, body, leading);
            }
            match self.line(rest, depth) {
                Ok((next, (node, trailing))) => {
                    body.push(Item { leading, node, trailing });
                    at = next;
                }
                Err(err) => {
                    self.report(err);
                    at = self.recover(rest, depth);
                }
            }
        }
    }

    /// Goes behind a broken line. If it opens a block, the block is read for its own mistakes.
    fn recover(&mut self, at: &'a str, depth: usize) -> &'a str {
        let next = next_line(at);
        let line = at[..at.len() - next.len()].trim_end();
        if !line.ends_with('{') || depth >= MAX_DEPTH {
            return next;
        }
        let (mut at, _, _) = self.body(next, depth + 1);
        while let Some(rest) = at.strip_prefix('}') {
            let next = next_line(rest);
            if !rest[..rest.len() - next.len()].trim_end().ends_with('{') {
                return next;
            }
            (at, _, _) = self.body(next, depth + 1);
        }
        at
    }

    /// One step with the end of its line.
    fn line(&mut self, input: &'a str, depth: usize) -> Parsed<'a, (Statement, Option<String>)> {
        let (rest, statement) = self.statement(input, depth)?;
        match self.line_end(rest) {
            Ok((rest, comment)) => Ok((rest, (statement, comment))),
            // The blocks of the statement are read: reading them again would double the work per level.
            Err(err) => {
                self.report(err);
                Ok((next_line(rest), (statement, None)))
            }
        }
    }

    /// A comment, and the line end; a `}` ends a line too, and stays.
    #[expect(clippy::unused_self, reason = "reads as one of the grammar's rules")]
    fn line_end(&self, input: &'a str) -> Parsed<'a, Option<String>> {
        let (rest, comment) = preceded(space0, opt(comment)).parse_complete(input)?;
        let ended: Parsed<'_, &str> = alt((line_ending, eof, peek(tag("}")))).parse_complete(rest);
        match ended {
            Ok((rest, _)) => Ok((rest, comment)),
            Err(_) => Oops::at(
                rest,
                word(rest).len(),
                format!("expected the end of the line, found {}", found(rest)),
            )
            .fail(),
        }
    }
}
