//! What stands between the lines that say something: comments, blank lines, line ends.

use nom::Parser;
use nom::character::complete::{char, not_line_ending};
use nom::sequence::preceded;

use super::oops::Parsed;
use crate::script::ast::Trivia;

pub(super) fn comment(input: &str) -> Parsed<'_, String> {
    let (rest, text) = preceded(char('#'), not_line_ending).parse_complete(input)?;
    Ok((rest, text.strip_prefix(' ').unwrap_or(text).trim_end().to_owned()))
}

/// Blank lines and comment lines, and the blanks before the next line that is neither.
pub(super) fn trivia(mut at: &str) -> (&str, Vec<Trivia>) {
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
pub(super) fn line_rest(at: &str) -> &str {
    at.find('\n').map_or("", |end| &at[end..])
}

pub(super) fn next_line(at: &str) -> &str {
    at.find('\n').map_or("", |end| &at[end + 1..])
}
