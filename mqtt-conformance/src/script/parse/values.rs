//! Values, and fields with their values.

use nom::Parser;
use nom::character::complete::{char, digit1, satisfy, space0};
use nom::combinator::{not, peek};
use nom::sequence::terminated;

use super::oops::{Oops, Parsed, found, wanted, word};
use super::words::{byte_pairs, identifier, number, variable, version, wide_space};
use super::{MAX_DEPTH, Reader};
use crate::diagnostic::Draft;
use crate::script::ast::{Field, Value, ValueKind};

/// The size of the largest generated value: the largest packet there is.
const MAX_GENERATED: u64 = 268_435_455;

impl<'a> Reader<'a> {
    /// Values between blanks, up to the end of the line.
    pub(super) fn row(&self, mut at: &'a str) -> Parsed<'a, Vec<Value>> {
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

    /// One value, or several with `|` between them.
    pub(super) fn value(&self, input: &'a str, depth: usize) -> Parsed<'a, Value> {
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

    pub(super) fn atom(&self, input: &'a str, depth: usize) -> Parsed<'a, Value> {
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
                .hint(if input.starts_with(',') {
                    "values stand between blanks here, without commas"
                } else {
                    "text stands in double quotes"
                })
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

    /// `name=value`; `None` if the input does not begin like that.
    pub(super) fn field(
        &self,
        input: &'a str,
        depth: usize,
    ) -> Result<Option<(&'a str, Field)>, nom::Err<Oops>> {
        let begin: Parsed<'_, &str> = terminated(identifier, char('=')).parse_complete(input);
        let Ok((rest, name)) = begin else {
            return Ok(None);
        };
        let name = self.name(input, name);
        let (rest, value) = self.value(rest, depth)?;
        Ok(Some((rest, Field { name, value })))
    }

    pub(super) fn refuse_twice(&self, fields: &[Field], field: &Field) -> Result<(), nom::Err<Oops>> {
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
                return wanted(start, "a field such as `qos=1`, or `}`").map_err(|err| {
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
}
