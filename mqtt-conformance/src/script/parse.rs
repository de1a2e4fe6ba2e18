//! Text to [`Script`]: the grammar, in nom.
//!
//! Every parser works on a suffix of the source, so a place in the file is the length of the source less
//! the length of what remains. A mistake ends its line only: the next line is read as if nothing had
//! happened, and all mistakes are reported together.

use std::sync::Arc;
use std::time::Duration;

use mqtt_codec::Version;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_while, take_while_m_n, take_while1};
use nom::character::complete::{char, digit1, hex_digit1, line_ending, not_line_ending, satisfy, space0};
use nom::combinator::{eof, map, not, opt, peek, recognize, value, verify};
use nom::error::{ErrorKind, ParseError};
use nom::sequence::{pair, preceded, terminated};
use nom::{IResult, Parser};

use super::ast::{
    Block, Field, Header, HeaderKind, Item, Level, Name, Patch, Piece, Script, Span, Statement,
    StatementKind, Statute, Time, Trivia, Value, ValueKind, Verb, Window,
};
use crate::problem::{Draft, Problem, ScriptError};

/// How deep blocks and values may nest; real scripts stay below five.
const MAX_DEPTH: usize = 64;

/// The size of the largest generated value: the largest packet there is.
const MAX_GENERATED: u64 = 268_435_455;

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
    let mut problems: Vec<Problem> =
        reader.problems.into_iter().map(|(span, draft)| Problem::new(file, &source, span, draft)).collect();
    problems.sort_by_key(|p| p.span.start);
    Err(ScriptError { problems })
}

/// A mistake at a place that is given as the length of what remained.
#[derive(Clone, Debug)]
struct Oops {
    rest: usize,
    length: usize,
    draft: Draft,
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
    fn at(input: &str, length: usize, message: impl Into<String>) -> Self {
        Self { rest: input.len(), length, draft: Draft::error(message) }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.draft = self.draft.hint(hint);
        self
    }

    /// Ends the line: no other reading of it is tried.
    fn fail<T>(self) -> Result<T, nom::Err<Self>> {
        Err(nom::Err::Failure(self))
    }
}

type Parsed<'a, T> = IResult<&'a str, T, Oops>;

/// The input as it is written up to the next blank or delimiter, for messages and their carets.
fn word(input: &str) -> &str {
    let end = input.find(|c: char| c.is_whitespace() || "=,[]{}()|#\"".contains(c)).unwrap_or(input.len());
    match (end, input.chars().next()) {
        (0, Some(c)) if !c.is_whitespace() => &input[..c.len_utf8()],
        _ => &input[..end],
    }
}

/// "`xyz`", or "the end of the line".
fn found(input: &str) -> String {
    match word(input) {
        "" => "the end of the line".to_owned(),
        text => format!("`{text}`"),
    }
}

/// Fails for good, naming what should be here.
fn wanted<T>(input: &str, what: &str) -> Result<T, nom::Err<Oops>> {
    Oops::at(input, word(input).len(), format!("expected {what}, found {}", found(input))).fail()
}

fn identifier(input: &str) -> Parsed<'_, &str> {
    recognize(pair(
        satisfy(|c| c.is_ascii_alphabetic() || c == '_'),
        take_while(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-'),
    ))
    .parse_complete(input)
}

/// A name after `$` or `?`, or in `${…}`: no hyphen, which could be text.
fn variable(input: &str) -> Parsed<'_, &str> {
    recognize(pair(
        satisfy(|c| c.is_ascii_alphabetic() || c == '_'),
        take_while(|c: char| c.is_ascii_alphanumeric() || c == '_'),
    ))
    .parse_complete(input)
}

/// The end of a word: nothing follows that would make it longer.
fn word_end(input: &str) -> Parsed<'_, ()> {
    not(satisfy(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')).parse_complete(input)
}

fn keyword<'a>(text: &'static str) -> impl Parser<&'a str, Output = &'a str, Error = Oops> {
    terminated(tag(text), word_end)
}

/// Blanks, and line ends too: what may stand between the brackets of a value.
fn wide_space(input: &str) -> Parsed<'_, &str> {
    take_while(|c: char| c == ' ' || c == '\t' || c == '\n' || c == '\r').parse_complete(input)
}

fn decimal(input: &str) -> Parsed<'_, u64> {
    let (rest, digits) = take_while1(|c: char| c.is_ascii_digit() || c == '_').parse_complete(input)?;
    match digits.replace('_', "").parse() {
        Ok(n) => Ok((rest, n)),
        Err(_) => Oops::at(input, digits.len(), "this number is too large").fail(),
    }
}

fn hexadecimal(input: &str) -> Parsed<'_, u64> {
    let (rest, digits) =
        preceded(tag("0x"), take_while1(|c: char| c.is_ascii_alphanumeric())).parse_complete(input)?;
    match u64::from_str_radix(digits, 16) {
        Ok(n) => Ok((rest, n)),
        Err(_) => Oops::at(input, digits.len() + 2, "this is not a hexadecimal number")
            .hint("`0x` takes the digits 0-9 and a-f")
            .fail(),
    }
}

/// A number, and whether it is hexadecimal.
fn number(input: &str) -> Parsed<'_, (u64, bool)> {
    alt((map(hexadecimal, |n| (n, true)), map(decimal, |n| (n, false)))).parse_complete(input)
}

fn version(input: &str) -> Parsed<'_, Version> {
    let (rest, text) =
        recognize((digit1, char('.'), digit1, opt(preceded(char('.'), digit1)))).parse_complete(input)?;
    match text.parse() {
        Ok(version) => Ok((rest, version)),
        Err(_) => Oops::at(input, text.len(), format!("`{text}` is not a version of MQTT"))
            .hint("the versions are 3.1, 3.1.1 and 5.0")
            .fail(),
    }
}

/// `2s`, `1.5s`, `300ms`.
fn duration(input: &str) -> Parsed<'_, Duration> {
    let (rest, (amount, unit)) = pair(
        recognize(pair(digit1, opt(pair(char('.'), terminated(digit1, not(char('.'))))))),
        alt((keyword("ms"), keyword("s"))),
    )
    .parse_complete(input)?;
    let scale = if unit == "s" { 1.0 } else { 0.001 };
    match amount.parse::<f64>().map(|n| Duration::try_from_secs_f64(n * scale)) {
        Ok(Ok(time)) if time <= Duration::from_secs(3600) => Ok((rest, time)),
        _ => Oops::at(input, amount.len() + unit.len(), "this is longer than an hour").fail(),
    }
}

fn byte_pairs(input: &str) -> Parsed<'_, Vec<u8>> {
    let (mut at, _) = char('"').parse_complete(input)?;
    let mut bytes = Vec::new();
    loop {
        (at, _) = take_while(|c: char| c == ' ').parse_complete(at)?;
        if let Some(rest) = at.strip_prefix('"') {
            return Ok((rest, bytes));
        }
        let two: Parsed<'_, &str> = take_while_m_n(2, 2, |c: char| c.is_ascii_hexdigit()).parse_complete(at);
        match two {
            Ok((rest, digits)) => {
                bytes.push(u8::from_str_radix(digits, 16).unwrap_or_default());
                at = rest;
            }
            Err(_) => {
                return Oops::at(at, 1, "expected two hexadecimal digits")
                    .hint("bytes are written as `hex \"30 0a\"`")
                    .fail();
            }
        }
    }
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

    // ---- lines ----

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

    // ---- header ----

    /// A header line; `None` where the steps begin.
    fn header(&mut self, input: &'a str) -> Parsed<'a, Option<(Header, Option<String>)>> {
        let Ok((after, name)) = identifier(input) else {
            return Ok((input, None));
        };
        if name == "for" {
            return self.loop_header(input, after).map(|(rest, header)| (rest, Some(header)));
        }
        let colon: Parsed<'_, char> = preceded(space0, char(':')).parse_complete(after);
        let Ok((rest, _)) = colon else {
            return Ok((input, None));
        };
        let (rest, kind) = match name {
            "version" => {
                map(|i| self.words(i, "a version", version), HeaderKind::Version).parse_complete(rest)?
            }
            "covers" => {
                let (rest, found) = self.words(rest, "a statement such as `5.0/MQTT-3.1.2-1`", statute)?;
                let statutes =
                    found.into_iter().map(|((version, id), span)| Statute { version, id, span }).collect();
                (rest, HeaderKind::Covers(statutes))
            }
            "level" => {
                let (rest, found) = self.words(rest, "MUST, SHOULD or MAY", level)?;
                (rest, HeaderKind::Level(found.into_iter().map(|((v, l), span)| (v, l, span)).collect()))
            }
            "needs" => {
                let (rest, found) = self.words(rest, "a capability", identifier)?;
                let needs =
                    found.into_iter().map(|(text, span)| Name { text: text.to_owned(), span }).collect();
                (rest, HeaderKind::Needs(needs))
            }
            _ => {
                let mut oops = Oops::at(input, name.len(), format!("there is no header line `{name}:`"));
                oops.draft = oops.draft.did_you_mean(name, ["version", "covers", "level", "needs"]);
                return oops.fail();
            }
        };
        let span = self.span(input, rest);
        let (rest, comment) = self.line_end(rest)?;
        Ok((rest, Some((Header { span, kind }, comment))))
    }

    /// One or more words between blanks or commas.
    fn words<T>(
        &self,
        mut at: &'a str,
        what: &str,
        mut one: impl FnMut(&'a str) -> Parsed<'a, T>,
    ) -> Parsed<'a, Vec<(T, Span)>> {
        let mut all = Vec::new();
        loop {
            let gap: Parsed<'_, &str> =
                take_while(|c: char| c == ' ' || c == '\t' || c == ',').parse_complete(at);
            let (start, _) = gap?;
            if !all.is_empty() && (start.is_empty() || start.starts_with(['\n', '\r', '#'])) {
                return Ok((at, all));
            }
            match one(start) {
                Ok((rest, item)) => {
                    all.push((item, self.span(start, rest)));
                    at = rest;
                }
                Err(nom::Err::Failure(oops)) => return oops.fail(),
                Err(_) => return wanted(start, what),
            }
        }
    }

    /// `for a in 1 2`, or `for a, b in` and indented rows.
    fn loop_header(&mut self, input: &'a str, after: &'a str) -> Parsed<'a, (Header, Option<String>)> {
        let mut at = after;
        let mut names = Vec::new();
        loop {
            let (start, _) = space0.parse_complete(at)?;
            let Ok((rest, name)) = variable(start) else {
                return wanted(start, "the name of a variable");
            };
            names.push(self.name(start, name));
            let comma: Parsed<'_, char> = preceded(space0, char(',')).parse_complete(rest);
            let Ok((rest, _)) = comma else {
                at = rest;
                break;
            };
            at = rest;
        }
        let (start, _) = space0.parse_complete(at)?;
        let Ok((rest, _)) = keyword("in").parse_complete(start) else {
            return wanted(start, "`,` or `in`");
        };
        let span = self.span(input, rest);
        let (values, _) = space0.parse_complete(rest)?;
        let inline = !values.is_empty() && !values.starts_with(['\n', '\r', '#']);
        if inline {
            if let Some(second) = names.get(1) {
                let oops = Oops {
                    rest: self.source.len() - second.span.start,
                    ..Oops::at("", second.text.len(), "several variables take their values from rows")
                };
                return oops.hint("end the line after `in`, and write one indented row per case").fail();
            }
            let (rest, row) = self.row(values)?;
            let span = self.span(input, rest);
            let (rest, comment) = self.line_end(rest)?;
            let rows = row
                .into_iter()
                .map(|v| Item { leading: Vec::new(), node: vec![v], trailing: None })
                .collect();
            return Ok((
                rest,
                (Header { span, kind: HeaderKind::For { names, rows, table: false } }, comment),
            ));
        }
        let (mut at, comment) = self.line_end(values)?;
        let mut rows = Vec::new();
        loop {
            let (rest, leading) = trivia(at);
            let indented = self.offset(rest) > 0
                && self.source[..self.offset(rest)].ends_with([' ', '\t'])
                && !rest.is_empty();
            if !indented {
                break;
            }
            let row = self.row(rest).and_then(|(next, row)| {
                if row.len() == names.len() {
                    return Ok((self.line_end(next)?, row));
                }
                let message = format!("this row has {} values for {} names", row.len(), names.len());
                Oops::at(rest, rest.len() - next.len(), message).fail()
            });
            let ((next, trailing), row) = match row {
                Ok(row) => row,
                Err(err) => {
                    self.report(err);
                    at = next_line(rest);
                    continue;
                }
            };
            rows.push(Item { leading, node: row, trailing });
            at = next;
        }
        if rows.is_empty() && self.problems.is_empty() {
            return wanted(at, "indented rows of values");
        }
        Ok((at, (Header { span, kind: HeaderKind::For { names, rows, table: true } }, comment)))
    }

    /// Values between blanks, up to the end of the line.
    fn row(&self, mut at: &'a str) -> Parsed<'a, Vec<Value>> {
        let mut row = Vec::new();
        loop {
            let (start, _) = space0.parse_complete(at)?;
            if start.is_empty() || start.starts_with(['\n', '\r', '#', '{', '}']) {
                return Ok((at, row));
            }
            let (rest, value) = self.atom(start, 0)?;
            row.push(value);
            at = rest;
        }
    }

    // ---- steps ----

    fn statement(&mut self, input: &'a str, depth: usize) -> Parsed<'a, Statement> {
        let divider: Parsed<'_, &str> =
            recognize(pair(tag("---"), take_while(|c| c == '-'))).parse_complete(input);
        if let Ok((rest, _)) = divider {
            if depth > 0 {
                return Oops::at(input, 3, "`---` cannot stand inside a block").fail();
            }
            return Ok((rest, Statement { span: self.span(input, rest), kind: StatementKind::Divider }));
        }
        let Ok((after, first)) = identifier(input) else {
            return wanted(input, "a step");
        };
        let arrow: Parsed<'_, char> = preceded(space0, alt((char('>'), char('<')))).parse_complete(after);
        if let Ok((rest, direction)) = arrow {
            let connection = self.name(input, first);
            let (rest, _) = space0.parse_complete(rest)?;
            let (rest, kind) = if direction == '>' {
                self.send(connection, rest)?
            } else {
                self.expectation(connection, rest)?
            };
            return Ok((rest, Statement { span: self.span(input, rest), kind }));
        }
        if let Some(verb) = Verb::ALL.into_iter().find(|v| v.name() == first) {
            let (rest, kind) = self.verb(verb, after)?;
            return Ok((rest, Statement { span: self.span(input, rest), kind }));
        }
        if depth >= MAX_DEPTH {
            return Oops::at(input, first.len(), "the blocks nest too deep").fail();
        }
        let (rest, _) = space0.parse_complete(after)?;
        match first {
            "wait" => {
                let Ok((rest, time)) = self.time(rest) else {
                    return wanted(rest, "a length of time such as `2s` or `300ms`");
                };
                Ok((rest, Statement { span: self.span(input, rest), kind: StatementKind::Wait(time) }))
            }
            "any-order" => {
                let span = self.span(input, after);
                let (rest, block) = self.block(rest, depth)?;
                Ok((rest, Statement { span, kind: StatementKind::AnyOrder(block) }))
            }
            "either" => {
                let span = self.span(input, after);
                let (mut at, first) = self.block(rest, depth)?;
                let mut blocks = vec![first];
                loop {
                    let (start, _) = space0.parse_complete(at)?;
                    let Ok((rest, _)) = keyword("or").parse_complete(start) else {
                        break;
                    };
                    let (rest, _) = space0.parse_complete(rest)?;
                    match self.block(rest, depth) {
                        Ok((rest, block)) => {
                            blocks.push(block);
                            at = rest;
                        }
                        Err(err) => {
                            self.report(err);
                            return Ok((
                                line_rest(rest),
                                Statement { span, kind: StatementKind::Either(blocks) },
                            ));
                        }
                    }
                }
                if blocks.len() < 2 && !at.is_empty() {
                    let missing = wanted::<()>(at.trim_start_matches([' ', '\t']), "`or {` behind the brace");
                    missing.unwrap_or_else(|err| self.report(err));
                    at = line_rest(at);
                }
                Ok((at, Statement { span, kind: StatementKind::Either(blocks) }))
            }
            "repeat" => self.repeat(input, rest, depth),
            "when" => self.when(input, rest, depth),
            _ => {
                let mut oops = Oops::at(input, first.len(), format!("there is no step `{first}`"));
                let known = Verb::ALL.iter().map(|v| v.name());
                let others = ["wait", "any-order", "either", "repeat", "when"];
                if ["version", "covers", "level", "needs", "for"].contains(&first) {
                    oops = oops.hint(format!("`{first}` belongs above the first step"));
                } else {
                    let before = oops.draft.clone();
                    oops.draft = oops.draft.did_you_mean(first, known.chain(others));
                    if oops.draft.hint.is_none() {
                        oops.draft = before.hint(
                            "a step is a verb such as `connect`, or a connection with `>` or `<` behind it",
                        );
                    }
                }
                oops.fail()
            }
        }
    }

    fn repeat(&mut self, input: &'a str, rest: &'a str, depth: usize) -> Parsed<'a, Statement> {
        let Ok((rest, count)) = self.atom(rest, 0) else {
            return wanted(rest, "a number");
        };
        let (mut rest, _) = space0.parse_complete(rest)?;
        let mut counter = None;
        if let Ok((after, _)) = keyword("as").parse_complete(rest) {
            let (start, _) = space0.parse_complete(after)?;
            let Ok((after, name)) = variable(start) else {
                return wanted(start, "the name of a variable");
            };
            counter = Some(self.name(start, name));
            (rest, _) = space0.parse_complete(after)?;
        }
        let span = self.span(input, rest);
        let (rest, block) = self.block(rest, depth)?;
        Ok((rest, Statement { span, kind: StatementKind::Repeat { count, counter, block } }))
    }

    fn when(&mut self, input: &'a str, rest: &'a str, depth: usize) -> Parsed<'a, Statement> {
        let Ok((after, subject)) = variable(rest) else {
            return wanted(rest, "`version` or a variable of the header");
        };
        let subject = self.name(rest, subject);
        let (rest, values) = self.row(after)?;
        if values.is_empty() {
            return wanted(rest.trim_start_matches([' ', '\t']), "one or more values");
        }
        let (rest, _) = space0.parse_complete(rest)?;
        let span = self.span(input, rest);
        let (at, then) = self.block(rest, depth)?;
        let (start, _) = space0.parse_complete(at)?;
        let Ok((rest, _)) = keyword("else").parse_complete(start) else {
            return Ok((
                at,
                Statement { span, kind: StatementKind::When { subject, values, then, otherwise: None } },
            ));
        };
        let (rest, _) = space0.parse_complete(rest)?;
        let (rest, otherwise) = match self.block(rest, depth) {
            Ok((rest, block)) => (rest, Some(block)),
            Err(err) => {
                self.report(err);
                (line_rest(rest), None)
            }
        };
        Ok((rest, Statement { span, kind: StatementKind::When { subject, values, then, otherwise } }))
    }

    fn block(&mut self, input: &'a str, depth: usize) -> Parsed<'a, Block> {
        let Some(rest) = input.strip_prefix('{') else {
            return wanted(input, "`{`");
        };
        let (rest, opening) = preceded(space0, opt(comment)).parse_complete(rest)?;
        let (rest, _) = opt(line_ending).parse_complete(rest)?;
        let (rest, body, end) = self.body(rest, depth + 1);
        let block = |rest| Block { span: self.span(input, rest), opening, body, end };
        if let Some(rest) = rest.strip_prefix('}') {
            return Ok((rest, block(rest)));
        }
        let block = block(rest);
        let start = self.offset(input);
        self.problems.push((Span::new(start, start + 1), Draft::error("this `{` is never closed")));
        Ok((rest, block))
    }

    fn send(&mut self, connection: Name, input: &'a str) -> Parsed<'a, StatementKind> {
        if let Ok((packet_end, packet)) = packet_name(input) {
            let packet = self.name(input, packet);
            let (rest, fields) = self.fields(packet_end)?;
            let (rest, patches) = self.patches(rest)?;
            return Ok((rest, StatementKind::Send { connection, packet, fields, patches }));
        }
        let mut parts = Vec::new();
        let mut at = input;
        loop {
            let (start, _) = space0.parse_complete(at)?;
            if !(start.starts_with('"')
                || start.starts_with('$')
                || ["hex", "bytes", "text", "repeat"].iter().any(|k| {
                    let word: Parsed<'_, &str> = keyword(k).parse_complete(start);
                    word.is_ok()
                }))
            {
                break;
            }
            let (rest, part) = self.atom(start, 0)?;
            parts.push(part);
            at = rest;
        }
        if parts.is_empty() {
            return Oops::at(input, word(input).len(), format!("expected a packet, found {}", found(input)))
                .hint("packets are written in capitals, such as `PUBLISH`; raw bytes as `hex \"30 00\"`")
                .fail();
        }
        Ok((at, StatementKind::Raw { connection, parts }))
    }

    fn expectation(&mut self, connection: Name, input: &'a str) -> Parsed<'a, StatementKind> {
        if let Ok((rest, _)) = keyword("nothing").parse_complete(input) {
            let (rest, within) = self.within(rest)?;
            return Ok((rest, StatementKind::Nothing { connection, within }));
        }
        if let Ok((rest, _)) = keyword("closed").parse_complete(input) {
            let (rest, fields) = self.fields(rest)?;
            let (rest, within) = self.within(rest)?;
            return Ok((rest, StatementKind::Closed { connection, fields, within }));
        }
        let Ok((rest, packet)) = packet_name(input) else {
            return Oops::at(
                input,
                word(input).len(),
                format!("expected a packet, `nothing` or `closed`, found {}", found(input)),
            )
            .hint("packets are written in capitals, such as `PUBLISH`")
            .fail();
        };
        let packet = self.name(input, packet);
        let (rest, fields) = self.fields(rest)?;
        let (rest, within) = self.within(rest)?;
        Ok((rest, StatementKind::Expect { connection, packet, fields, within }))
    }

    fn verb(&mut self, verb: Verb, input: &'a str) -> Parsed<'a, StatementKind> {
        let mut connections = Vec::new();
        let mut at = input;
        loop {
            let (start, _) = space0.parse_complete(at)?;
            let Ok((rest, name)) = identifier(start) else {
                return wanted(start, "the name of a connection");
            };
            connections.push(self.name(start, name));
            let comma: Parsed<'_, char> = preceded(space0, char(',')).parse_complete(rest);
            let Ok((rest, _)) = comma else {
                at = rest;
                break;
            };
            at = rest;
        }
        let mut values = Vec::new();
        let mut fields: Vec<Field> = Vec::new();
        loop {
            let (start, _) = space0.parse_complete(at)?;
            if start.is_empty() || start.starts_with(['\n', '\r', '#', '}']) || self.at_word(start, "within")
            {
                break;
            }
            if let Some((rest, field)) = self.field(start, 0)? {
                self.refuse_twice(&fields, &field)?;
                fields.push(field);
                at = rest;
                continue;
            }
            let (rest, value) = self.value(start, 0)?;
            if !fields.is_empty() {
                let length = value.span.end - value.span.start;
                return Oops::at(start, length, "values without a name come before those with one").fail();
            }
            values.push(value);
            at = rest;
        }
        let (at, within) = self.within(at)?;
        Ok((at, StatementKind::Verb { verb, connections, values, fields, within }))
    }

    #[expect(clippy::unused_self, reason = "reads as one of the grammar's rules")]
    fn at_word(&self, input: &'a str, text: &'static str) -> bool {
        keyword(text).parse_complete(input).is_ok()
    }

    fn fields(&self, mut at: &'a str) -> Parsed<'a, Vec<Field>> {
        let mut fields: Vec<Field> = Vec::new();
        loop {
            let (start, _) = space0.parse_complete(at)?;
            if start.is_empty()
                || start.starts_with(['\n', '\r', '#', '}'])
                || self.at_word(start, "within")
                || self.at_word(start, "patch")
            {
                return Ok((at, fields));
            }
            let Some((rest, field)) = self.field(start, 0)? else {
                return wanted(start, "a field such as `qos=1`");
            };
            self.refuse_twice(&fields, &field)?;
            fields.push(field);
            at = rest;
        }
    }

    fn refuse_twice(&self, fields: &[Field], field: &Field) -> Result<(), nom::Err<Oops>> {
        if fields.iter().any(|f| f.name.text == field.name.text) {
            let name = &field.name;
            return Err(nom::Err::Failure(Oops {
                rest: self.source.len() - name.span.start,
                length: name.text.len(),
                draft: Draft::error(format!("`{}` is given twice", name.text)),
            }));
        }
        Ok(())
    }

    /// `name=value`; `None` if the input does not begin like that.
    fn field(&self, input: &'a str, depth: usize) -> Result<Option<(&'a str, Field)>, nom::Err<Oops>> {
        let begin: Parsed<'_, &str> = terminated(identifier, char('=')).parse_complete(input);
        let Ok((rest, name)) = begin else {
            return Ok(None);
        };
        let name = self.name(input, name);
        let (rest, value) = self.value(rest, depth)?;
        Ok(Some((rest, Field { name, value })))
    }

    fn patches(&self, input: &'a str) -> Parsed<'a, Vec<Patch>> {
        let (start, _) = space0.parse_complete(input)?;
        let Ok((mut at, _)) = keyword("patch").parse_complete(start) else {
            return Ok((input, Vec::new()));
        };
        let mut patches = Vec::new();
        loop {
            let (start, _) = space0.parse_complete(at)?;
            let begin: Parsed<'_, (u64, bool)> = terminated(number, char('=')).parse_complete(start);
            let Ok((rest, (offset, _))) = begin else {
                if patches.is_empty() {
                    return wanted(start, "a patch such as `0=0x36`");
                }
                return Ok((at, patches));
            };
            let (rest, value) = self.atom(rest, 0)?;
            let offset = usize::try_from(offset).unwrap_or(usize::MAX);
            patches.push(Patch { span: self.span(start, rest), offset, value });
            at = rest;
        }
    }

    fn within(&self, input: &'a str) -> Parsed<'a, Option<Window>> {
        let (start, _) = space0.parse_complete(input)?;
        let Ok((rest, _)) = keyword("within").parse_complete(start) else {
            return Ok((input, None));
        };
        let (rest, _) = space0.parse_complete(rest)?;
        let Ok((after, first)) = self.time(rest) else {
            return wanted(rest, "a length of time such as `2s`, `1.5s..3s` or `quiet`");
        };
        let dots: Parsed<'_, &str> = tag("..").parse_complete(after);
        let Ok((second, _)) = dots else {
            let window = Window { span: self.span(start, after), earliest: None, latest: first };
            return Ok((after, Some(window)));
        };
        let (Time::Exactly(earliest), Ok((after, Time::Exactly(latest)))) = (first, self.time(second)) else {
            return wanted(second, "two lengths of time such as `1.5s..3s`");
        };
        if earliest > latest {
            return Oops::at(rest, rest.len() - after.len(), "this window ends before it begins").fail();
        }
        let window =
            Window { span: self.span(start, after), earliest: Some(earliest), latest: Time::Exactly(latest) };
        Ok((after, Some(window)))
    }

    #[expect(clippy::unused_self, reason = "reads as one of the grammar's rules")]
    fn time(&self, input: &'a str) -> Parsed<'a, Time> {
        alt((value(Time::Quiet, keyword("quiet")), map(duration, Time::Exactly))).parse_complete(input)
    }

    // ---- values ----

    /// One value, or several with `|` between them.
    fn value(&self, input: &'a str, depth: usize) -> Parsed<'a, Value> {
        let (mut at, first) = self.atom(input, depth)?;
        if !at.starts_with('|') {
            return Ok((at, first));
        }
        let mut choices = vec![first];
        while let Some(rest) = at.strip_prefix('|') {
            let (rest, next) = self.atom(rest, depth)?;
            choices.push(next);
            at = rest;
        }
        Ok((at, Value { span: self.span(input, at), kind: ValueKind::OneOf(choices) }))
    }

    fn atom(&self, input: &'a str, depth: usize) -> Parsed<'a, Value> {
        if depth > MAX_DEPTH {
            return Oops::at(input, 1, "the values nest too deep").fail();
        }
        let (rest, kind) = match input.chars().next() {
            Some('"') => self.text(input)?,
            Some('[') => self.list(input, false, depth)?,
            Some('{') => self.object(input, depth)?,
            Some('*') => (&input[1..], ValueKind::Any),
            Some('$') => {
                let Ok((rest, name)) = variable(&input[1..]) else {
                    return wanted(&input[1..], "the name of a variable");
                };
                (rest, ValueKind::Variable(name.to_owned()))
            }
            Some('?') => {
                let Ok((rest, name)) = variable(&input[1..]) else {
                    return wanted(&input[1..], "a name for the value");
                };
                (rest, ValueKind::Capture(name.to_owned()))
            }
            Some('0'..='9') => self.numeric(input)?,
            Some('a'..='z') => self.word_value(input, depth)?,
            _ => {
                return Oops::at(
                    input,
                    word(input).len(),
                    format!("expected a value, found {}", found(input)),
                )
                .hint("text stands in double quotes")
                .fail();
            }
        };
        let follows: Parsed<'_, char> =
            peek(satisfy(|c| c.is_ascii_alphanumeric() || c == '_' || c == '"')).parse_complete(rest);
        if follows.is_ok() {
            return Oops::at(
                rest,
                word(rest).len(),
                format!("{} follows a value without a blank", found(rest)),
            )
            .fail();
        }
        Ok((rest, Value { span: self.span(input, rest), kind }))
    }

    #[expect(clippy::unused_self, reason = "reads as one of the grammar's rules")]
    fn numeric(&self, input: &'a str) -> Parsed<'a, ValueKind> {
        if let Ok((rest, found)) = terminated(version, not(char('.'))).parse_complete(input) {
            return Ok((rest, ValueKind::Version(found)));
        }
        let looks_like_version: Parsed<'_, _> = (digit1, char('.'), digit1).parse_complete(input);
        if looks_like_version.is_ok() {
            return version(input).map(|(rest, v)| (rest, ValueKind::Version(v)));
        }
        let (rest, (low, hex)) = number(input)?;
        let Some(after) = rest.strip_prefix("..") else {
            return Ok((rest, ValueKind::Number { value: low, hex }));
        };
        let Ok((rest, (high, _))) = number(after) else {
            return wanted(after, "the end of the range");
        };
        if low > high {
            return Oops::at(input, input.len() - rest.len(), "this range ends before it begins").fail();
        }
        Ok((rest, ValueKind::Range(low, high)))
    }

    fn word_value(&self, input: &'a str, depth: usize) -> Parsed<'a, ValueKind> {
        let (rest, name) = identifier(input)?;
        match name {
            "true" => Ok((rest, ValueKind::Flag(true))),
            "false" => Ok((rest, ValueKind::Flag(false))),
            "absent" => Ok((rest, ValueKind::Absent)),
            "hex" => {
                let (rest, _) = space0.parse_complete(rest)?;
                match byte_pairs(rest) {
                    Ok((rest, bytes)) => Ok((rest, ValueKind::Hex(bytes))),
                    Err(nom::Err::Error(_)) => wanted(rest, "bytes such as `\"30 0a\"`"),
                    Err(err) => Err(err),
                }
            }
            "only" => {
                let (rest, _) = space0.parse_complete(rest)?;
                if !rest.starts_with('[') {
                    return wanted(rest, "`[`");
                }
                self.list(rest, true, depth)
            }
            "bytes" | "text" => {
                let (rest, length) = self.argument(rest, "(", depth)?;
                let (rest, ()) = self.closing(rest)?;
                self.check_size(&length)?;
                let length = Box::new(length);
                let kind =
                    if name == "bytes" { ValueKind::Bytes(length) } else { ValueKind::Letters(length) };
                Ok((rest, kind))
            }
            "repeat" => {
                let (rest, what) = self.argument(rest, "(", depth)?;
                let (rest, count) = self.argument(rest, ",", depth)?;
                let (rest, ()) = self.closing(rest)?;
                self.check_size(&count)?;
                Ok((rest, ValueKind::Copies(Box::new(what), Box::new(count))))
            }
            _ => {
                let mut oops = Oops::at(input, name.len(), format!("`{name}` is not a value"));
                let known = ["true", "false", "absent", "hex", "only", "bytes", "text", "repeat"];
                oops.draft = oops.draft.did_you_mean(name, known);
                if oops.draft.hint.as_deref().is_none_or(|h| !h.starts_with("did")) {
                    oops = oops.hint(format!("text stands in double quotes: `\"{name}\"`"));
                }
                oops.fail()
            }
        }
    }

    fn argument(&self, input: &'a str, before: &'static str, depth: usize) -> Parsed<'a, Value> {
        let (start, _) = space0.parse_complete(input)?;
        let Some(rest) = start.strip_prefix(before) else {
            return wanted(start, &format!("`{before}`"));
        };
        let (rest, _) = space0.parse_complete(rest)?;
        self.atom(rest, depth + 1)
    }

    #[expect(clippy::unused_self, reason = "reads as one of the grammar's rules")]
    fn closing(&self, input: &'a str) -> Parsed<'a, ()> {
        let (start, _) = space0.parse_complete(input)?;
        match start.strip_prefix(')') {
            Some(rest) => Ok((rest, ())),
            None => wanted(start, "`)`"),
        }
    }

    fn check_size(&self, size: &Value) -> Result<(), nom::Err<Oops>> {
        let message = match size.kind {
            ValueKind::Number { value, .. } if value > MAX_GENERATED => {
                format!("no packet holds more than {MAX_GENERATED} bytes")
            }
            ValueKind::Number { .. } | ValueKind::Variable(_) => return Ok(()),
            _ => "the length is a number or a variable".to_owned(),
        };
        Err(nom::Err::Failure(Oops {
            rest: self.source.len() - size.span.start,
            length: size.span.end - size.span.start,
            draft: Draft::error(message),
        }))
    }

    fn text(&self, input: &'a str) -> Parsed<'a, ValueKind> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut at = &input[1..];
        loop {
            let (rest, chunk) =
                take_till(|c| c == '"' || c == '\\' || c == '$' || c == '\n').parse_complete(at)?;
            plain.push_str(chunk);
            at = rest;
            match at.chars().next() {
                Some('"') => {
                    if !plain.is_empty() {
                        pieces.push(Piece::Plain(plain));
                    }
                    return Ok((&at[1..], ValueKind::Text(pieces)));
                }
                Some('\\') => {
                    let (rest, c) = escape(at)?;
                    plain.push(c);
                    at = rest;
                }
                Some('$') if at.starts_with("${") => {
                    let Ok((rest, name)) = variable(&at[2..]) else {
                        return wanted(&at[2..], "the name of a variable");
                    };
                    let Some(after) = rest.strip_prefix('}') else {
                        return Oops::at(rest, 1, "expected `}` behind the name")
                            .hint("write `\\${` for the two characters")
                            .fail();
                    };
                    if !plain.is_empty() {
                        pieces.push(Piece::Plain(std::mem::take(&mut plain)));
                    }
                    pieces.push(Piece::Hole(name.to_owned(), self.span(&at[2..], rest)));
                    at = after;
                }
                Some('$') => {
                    plain.push('$');
                    at = &at[1..];
                }
                _ => return Oops::at(input, input.len() - at.len(), "this text has no closing `\"`").fail(),
            }
        }
    }

    fn list(&self, input: &'a str, only: bool, depth: usize) -> Parsed<'a, ValueKind> {
        let mut at = &input[1..];
        let mut items = Vec::new();
        loop {
            let (start, _) = wide_space(at)?;
            if let Some(rest) = start.strip_prefix(']') {
                return Ok((rest, ValueKind::List { only, items }));
            }
            if start.is_empty() {
                return Oops::at(input, 1, "this `[` is never closed").fail();
            }
            let (rest, item) = match self.field(start, depth + 1)? {
                Some((rest, field)) => {
                    let kind = ValueKind::Member(Box::new(field));
                    (rest, Value { span: self.span(start, rest), kind })
                }
                None => self.value(start, depth + 1)?,
            };
            items.push(item);
            let (rest, _) = wide_space(rest)?;
            at = match rest.strip_prefix(',') {
                Some(after) => after,
                None if rest.starts_with(']') => rest,
                None if rest.is_empty() => return Oops::at(input, 1, "this `[` is never closed").fail(),
                None => return wanted(rest, "`,` or `]`"),
            };
        }
    }

    fn object(&self, input: &'a str, depth: usize) -> Parsed<'a, ValueKind> {
        let mut at = &input[1..];
        let mut fields: Vec<Field> = Vec::new();
        loop {
            let (start, _) = wide_space(at)?;
            if let Some(rest) = start.strip_prefix('}') {
                return Ok((rest, ValueKind::Object(fields)));
            }
            if start.is_empty() {
                return Oops::at(input, 1, "this `{` is never closed").fail();
            }
            let Some((rest, field)) = self.field(start, depth + 1)? else {
                return wanted(start, "a field such as `qos=1`, or `}`");
            };
            self.refuse_twice(&fields, &field)?;
            fields.push(field);
            at = rest;
        }
    }
}

fn packet_name(input: &str) -> Parsed<'_, &str> {
    terminated(take_while1(|c: char| c.is_ascii_uppercase()), word_end).parse_complete(input)
}

/// `5.0/MQTT-3.1.2-1`
fn statute(input: &str) -> Parsed<'_, (Version, String)> {
    let begin: Parsed<'_, Version> = terminated(version, char('/')).parse_complete(input);
    let Ok((rest, version)) = begin else {
        if let Err(nom::Err::Failure(oops)) = begin {
            return oops.fail();
        }
        return Oops::at(
            input,
            word(input).len(),
            format!("expected a version and `/`, found {}", found(input)),
        )
        .hint("ids are qualified by their standard: `5.0/MQTT-3.1.2-1`")
        .fail();
    };
    let (rest, id) = take_while1(|c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.' || c == '_')
        .parse_complete(rest)?;
    Ok((rest, (version, id.to_owned())))
}

/// `MUST`, `3.1/SHOULD`
fn level(input: &str) -> Parsed<'_, (Option<Version>, Level)> {
    let (rest, version) = opt(terminated(version, char('/'))).parse_complete(input)?;
    let (after, name) = identifier(rest)?;
    let Some(level) = Level::ALL.into_iter().find(|l| l.name() == name) else {
        let mut oops = Oops::at(rest, name.len(), format!("`{name}` is not a level"));
        oops.draft = oops.draft.did_you_mean(name, Level::ALL.map(Level::name));
        return oops.fail();
    };
    Ok((after, (version, level)))
}

fn comment(input: &str) -> Parsed<'_, String> {
    let (rest, text) = preceded(char('#'), not_line_ending).parse_complete(input)?;
    Ok((rest, text.strip_prefix(' ').unwrap_or(text).trim_end().to_owned()))
}

/// Blank lines and comment lines, and the blanks before the next line that is neither.
fn trivia(mut at: &str) -> (&str, Vec<Trivia>) {
    let mut all: Vec<Trivia> = Vec::new();
    loop {
        let start = at.trim_start_matches([' ', '\t']);
        if let Ok((rest, text)) = comment(start) {
            all.push(Trivia::Comment(text));
            at = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')).unwrap_or(rest);
        } else if let Some(rest) = start.strip_prefix("\r\n").or_else(|| start.strip_prefix('\n')) {
            if all.last() != Some(&Trivia::Blank) {
                all.push(Trivia::Blank);
            }
            at = rest;
        } else {
            return (start, all);
        }
    }
}

/// The end of this line.
fn line_rest(at: &str) -> &str {
    at.find('\n').map_or("", |end| &at[end..])
}

fn next_line(at: &str) -> &str {
    at.find('\n').map_or("", |end| &at[end + 1..])
}

fn escape(input: &str) -> Parsed<'_, char> {
    let rest = &input[1..];
    let simple = match rest.chars().next() {
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some('0') => '\0',
        Some(c @ ('\\' | '"' | '$')) => c,
        Some('u') => {
            let digits: Parsed<'_, &str> =
                nom::sequence::delimited(tag("u{"), verify(hex_digit1, |d: &str| d.len() <= 6), char('}'))
                    .parse_complete(rest);
            let code = digits.ok().and_then(|(after, d)| Some((after, u32::from_str_radix(d, 16).ok()?)));
            return match code.and_then(|(after, n)| Some((after, char::from_u32(n)?))) {
                Some(found) => Ok(found),
                None => Oops::at(input, 2, "this is not a character")
                    .hint("write `\\u{1f600}`; ill-formed text is written as `hex \"…\"`")
                    .fail(),
            };
        }
        _ => {
            return Oops::at(input, 2, "there is no such escape")
                .hint("the escapes are \\n \\r \\t \\0 \\\\ \\\" \\$ and \\u{…}")
                .fail();
        }
    };
    Ok((&rest[1..], simple))
}
