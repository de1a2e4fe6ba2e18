//! Text in double quotes: its escapes, and its holes for variables.

use nom::Parser;
use nom::bytes::complete::{tag, take_till};
use nom::character::complete::{char, hex_digit1};
use nom::combinator::verify;
use nom::sequence::delimited;

use super::Reader;
use super::oops::{Oops, Parsed, wanted};
use super::words::variable;
use crate::script::ast::{Piece, ValueKind};

impl<'a> Reader<'a> {
    pub(super) fn text(&self, input: &'a str) -> Parsed<'a, ValueKind> {
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
                delimited(tag("u{"), verify(hex_digit1, |d: &str| d.len() <= 6), char('}'))
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
