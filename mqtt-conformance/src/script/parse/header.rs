//! The lines above the first step.

use mqtt_codec::Version;
use nom::Parser;
use nom::bytes::complete::{take_while, take_while1};
use nom::character::complete::{char, space0};
use nom::combinator::{map, opt};
use nom::sequence::{preceded, terminated};

use super::Reader;
use super::oops::{Oops, Parsed, found, wanted, word};
use super::trivia::{next_line, trivia};
use super::words::{identifier, keyword, variable, version};
use crate::diagnostic::Span;
use crate::script::ast::{Header, HeaderKind, Item, Level, Name, Statute};

impl<'a> Reader<'a> {
    /// A header line; `None` where the steps begin.
    pub(super) fn header(&mut self, input: &'a str) -> Parsed<'a, Option<(Header, Option<String>)>> {
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
            "rigor" => {
                map(|i| self.words(i, "a version", version), HeaderKind::Rigor).parse_complete(rest)?
            }
            "needs" => {
                let (rest, found) = self.words(rest, "a capability", identifier)?;
                let needs =
                    found.into_iter().map(|(text, span)| Name { text: text.to_owned(), span }).collect();
                (rest, HeaderKind::Needs(needs))
            }
            _ => {
                let mut oops = Oops::at(input, name.len(), format!("there is no header line `{name}:`"));
                oops.draft = oops.draft.did_you_mean(name, ["version", "covers", "level", "rigor", "needs"]);
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
                Err(_) => {
                    let meant = match word(start) {
                        "5" | "v5" | "V5" | "5.0.0" => "5.0",
                        "4" | "v4" | "3.11" => "3.1.1",
                        "3" | "v3" => "3.1",
                        _ => return wanted(start, what),
                    };
                    return wanted(start, what).map_err(|err| {
                        err.map(|oops: Oops| oops.hint(format!("versions are 3.1, 3.1.1 and 5.0: `{meant}`")))
                    });
                }
            }
        }
    }

    /// `for a in 1 2`, or `for a, b in` and indented rows.
    fn loop_header(&mut self, input: &'a str, after: &'a str) -> Parsed<'a, (Header, Option<String>)> {
        let (at, names) = self.names(after, variable, "the name of a variable")?;
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
