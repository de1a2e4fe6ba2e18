//! The steps, and the blocks that hold steps.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while};
use nom::character::complete::{char, line_ending, space0};
use nom::combinator::{opt, recognize};
use nom::sequence::{pair, preceded};

use super::oops::{Oops, Parsed, wanted};
use super::trivia::{comment, line_rest};
use super::words::{identifier, keyword, variable};
use super::{MAX_DEPTH, Reader};
use crate::diagnostic::{Draft, Span};
use crate::script::ast::{Block, Statement, StatementKind, Verb};

impl<'a> Reader<'a> {
    #[expect(clippy::too_many_lines, reason = "one arm for each word that begins a statement")]
    pub(super) fn statement(&mut self, input: &'a str, depth: usize) -> Parsed<'a, Statement> {
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
            "skip" => {
                let Ok((rest, reason)) = self.atom(rest, 0) else {
                    return wanted(rest, "the reason, as a text");
                };
                Ok((rest, Statement { span: self.span(input, rest), kind: StatementKind::Skip(reason) }))
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
                let others = ["wait", "skip", "any-order", "either", "repeat", "when"];
                if first == "for" {
                    oops = oops.hint("`for` makes tests and belongs above the first step; `repeat 3 as i { … }` repeats steps");
                } else if ["version", "covers", "level", "rigor", "needs"].contains(&first) {
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
}
