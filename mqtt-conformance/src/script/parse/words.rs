//! The smallest parts of a line: names, keywords, numbers, lengths of time, bytes.

use std::time::Duration;

use mqtt_codec::Version;
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while_m_n, take_while1};
use nom::character::complete::{char, digit1, satisfy};
use nom::combinator::{map, not, opt, recognize};
use nom::sequence::{pair, preceded, terminated};

use super::oops::{Oops, Parsed};

pub(super) fn identifier(input: &str) -> Parsed<'_, &str> {
    recognize(pair(
        satisfy(|c| c.is_ascii_alphabetic() || c == '_'),
        take_while(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-'),
    ))
    .parse_complete(input)
}

/// A name after `$` or `?`, or in `${…}`: no hyphen, which could be text.
pub(super) fn variable(input: &str) -> Parsed<'_, &str> {
    recognize(pair(
        satisfy(|c| c.is_ascii_alphabetic() || c == '_'),
        take_while(|c: char| c.is_ascii_alphanumeric() || c == '_'),
    ))
    .parse_complete(input)
}

pub(super) fn packet_name(input: &str) -> Parsed<'_, &str> {
    terminated(take_while1(|c: char| c.is_ascii_uppercase()), word_end).parse_complete(input)
}

/// The end of a word: nothing follows that would make it longer.
fn word_end(input: &str) -> Parsed<'_, ()> {
    not(satisfy(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')).parse_complete(input)
}

pub(super) fn keyword<'a>(text: &'static str) -> impl Parser<&'a str, Output = &'a str, Error = Oops> {
    terminated(tag(text), word_end)
}

/// Blanks, and line ends too: what may stand between the brackets of a value.
pub(super) fn wide_space(input: &str) -> Parsed<'_, &str> {
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
pub(super) fn number(input: &str) -> Parsed<'_, (u64, bool)> {
    alt((map(hexadecimal, |n| (n, true)), map(decimal, |n| (n, false)))).parse_complete(input)
}

pub(super) fn version(input: &str) -> Parsed<'_, Version> {
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
pub(super) fn duration(input: &str) -> Parsed<'_, Duration> {
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

pub(super) fn byte_pairs(input: &str) -> Parsed<'_, Vec<u8>> {
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
