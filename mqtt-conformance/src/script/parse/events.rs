//! The steps of one line: what is sent, what is expected, and the verbs.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::character::complete::{char, space0};
use nom::combinator::{map, value};
use nom::sequence::terminated;

use super::Reader;
use super::oops::{Oops, Parsed, found, wanted, word};
use super::words::{duration, identifier, keyword, number, packet_name};
use crate::script::ast::{Field, Name, Patch, StatementKind, Time, Verb, Window};

impl<'a> Reader<'a> {
    pub(super) fn send(&mut self, connection: Name, input: &'a str) -> Parsed<'a, StatementKind> {
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

    pub(super) fn expectation(&mut self, connection: Name, input: &'a str) -> Parsed<'a, StatementKind> {
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

    pub(super) fn verb(&mut self, verb: Verb, input: &'a str) -> Parsed<'a, StatementKind> {
        let (mut at, connections) = self.names(input, identifier, "the name of a connection")?;
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
            let first = values.is_empty() && fields.is_empty();
            let (rest, value) = self.value(start, 0).map_err(|err| match connections.last() {
                // A name that stands alone is rather a connection than a text.
                Some(last)
                    if first && identifier(start).is_ok_and(|(rest, _)| !rest.starts_with(['(', '"'])) =>
                {
                    err.map(|oops: Oops| {
                        oops.hint(format!(
                            "a comma stands between connections: `{}, {}`",
                            last.text,
                            word(start)
                        ))
                    })
                }
                _ => err,
            })?;
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
                return wanted(start, "a field such as `qos=1`").map_err(|err| {
                    match start.strip_prefix(',') {
                        Some(_) => {
                            err.map(|oops: Oops| oops.hint("fields stand between blanks, without commas"))
                        }
                        None => err,
                    }
                });
            };
            self.refuse_twice(&fields, &field)?;
            fields.push(field);
            at = rest;
        }
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
    pub(super) fn time(&self, input: &'a str) -> Parsed<'a, Time> {
        alt((value(Time::Quiet, keyword("quiet")), map(duration, Time::Exactly))).parse_complete(input)
    }
}
