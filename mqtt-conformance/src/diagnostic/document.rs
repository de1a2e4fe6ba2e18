//! TOML files that people write, read so that every mistake is shown at its place.

use std::cell::RefCell;
use std::ops::RangeInclusive;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Draft, Problem};
use super::span::Span;

/// A value, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Placed<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

/// A file while it is read: it collects the mistakes.
pub(crate) struct Document<'d> {
    file: &'d str,
    source: Arc<str>,
    problems: RefCell<Vec<Problem>>,
}

impl<'d> Document<'d> {
    /// Reads a file by `read`, which gets the table that the whole file is. Nothing comes of a file with a mistake.
    pub(crate) fn read<T>(
        file: &'d str,
        source: &Arc<str>,
        read: impl FnOnce(&Table<'_>) -> Option<T>,
    ) -> Result<T, Vec<Problem>> {
        let document = Self { file, source: Arc::clone(source), problems: RefCell::default() };
        let (root, errors) = DeTable::parse_recoverable(source);
        for error in &errors {
            let span = error.span().map_or_else(Span::default, |span| Span::new(span.start, span.end));
            let message = error.message().trim_end().replace('\n', ": ");
            document.complain(span, Draft::error(message).hint("the file has to be TOML: https://toml.io"));
        }
        // What cannot be read would only be missed a second time.
        if !errors.is_empty() {
            return Err(document.problems.into_inner());
        }
        let whole =
            Table { document: &document, name: "the file", span: Span::default(), entries: root.get_ref() };
        let read = read(&whole);
        let mut problems = document.problems.into_inner();
        problems.sort_by_key(|problem| problem.span.start);
        match read {
            Some(read) if problems.is_empty() => Ok(read),
            _ => Err(problems),
        }
    }

    pub(crate) fn complain(&self, span: Span, draft: Draft) {
        self.problems.borrow_mut().push(Problem::new(self.file, &self.source, span, draft));
    }
}

/// A table of the file.
pub(crate) struct Table<'t> {
    document: &'t Document<'t>,
    /// What it is, in a sentence.
    name: &'static str,
    span: Span,
    entries: &'t DeTable<'t>,
}

impl<'t> Table<'t> {
    /// Says what is wrong with a part of the file.
    pub(crate) fn complain(&self, span: Span, draft: Draft) {
        self.document.complain(span, draft);
    }

    /// Complains about every key that is not one of these.
    pub(crate) fn allow(&self, known: &[&str]) {
        for key in self.entries.keys() {
            let word: &str = key.get_ref();
            if !known.contains(&word) {
                let draft = Draft::error(format!("{} has no `{word}`", self.name));
                self.complain(place(key), draft.did_you_mean(word, known.iter().copied()));
            }
        }
    }

    /// The keys, in the order of the file.
    pub(crate) fn keys(&self) -> Vec<Placed<&'t str>> {
        let mut keys: Vec<_> =
            self.entries.keys().map(|key| Placed { value: &**key.get_ref(), span: place(key) }).collect();
        keys.sort_by_key(|key| key.span.start);
        keys
    }

    fn get(&self, key: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.entries.get(key)
    }

    fn mistyped(&self, key: &str, value: &Spanned<DeValue<'_>>, expected: &str) {
        let found = match value.get_ref().type_str() {
            "string" => "text",
            "integer" | "float" => "a number",
            "boolean" => "`true` or `false`",
            "array" => "a list",
            "table" => "a table",
            _ => "a time",
        };
        self.complain(place(value), Draft::error(format!("`{key}` has to be {expected}, not {found}")));
    }

    /// A text that must be there, and must not be empty; `example` is for the hint.
    pub(crate) fn required(&self, key: &str, example: &str) -> Option<Placed<&'t str>> {
        if self.get(key).is_none() {
            let draft = Draft::error(format!("{} lacks `{key}`", self.name));
            self.complain(self.span, draft.hint(format!("for example: {key} = \"{example}\"")));
        }
        self.text(key)
    }

    /// A text, which must not be empty.
    pub(crate) fn text(&self, key: &str) -> Option<Placed<&'t str>> {
        let value = self.get(key)?;
        match value.get_ref().as_str() {
            Some(text) if text.trim().is_empty() => {
                self.complain(place(value), Draft::error(format!("`{key}` is empty")));
                None
            }
            Some(text) => Some(Placed { value: text, span: place(value) }),
            None => {
                self.mistyped(key, value, "a text in quotes");
                None
            }
        }
    }

    /// A day such as `2026-11-21`, as a text or as TOML's own kind of date.
    pub(crate) fn date(&self, key: &str) -> Option<String> {
        let Some(value) = self.get(key) else {
            self.required(key, "2026-11-21");
            return None;
        };
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Datetime(date) => date.to_string(),
            _ => String::new(),
        };
        if text.parse::<jiff::civil::Date>().is_ok() && text.len() == 10 {
            return Some(text);
        }
        let draft = Draft::error(format!("`{key}` has to be a day, year first"));
        self.complain(place(value), draft.hint(format!("for example: {key} = \"2026-11-21\"")));
        None
    }

    /// `true` or `false`; `false` if it is not there.
    pub(crate) fn flag(&self, key: &str) -> bool {
        let Some(value) = self.get(key) else { return false };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.mistyped(key, value, "`true` or `false`");
            false
        })
    }

    /// A number in a range.
    pub(crate) fn number(&self, key: &str, range: RangeInclusive<u32>) -> Option<u32> {
        let value = self.get(key)?;
        let expected = format!("a number from {} to {}", range.start(), range.end());
        let Some(number) = value.get_ref().as_integer() else {
            self.mistyped(key, value, &expected);
            return None;
        };
        let read = u32::from_str_radix(number.as_str(), number.radix()).ok().filter(|n| range.contains(n));
        if read.is_none() {
            self.complain(place(value), Draft::error(format!("`{key}` has to be {expected}")));
        }
        read
    }

    /// A list of texts, or one text that stands for a list of one. Empty if it is not there.
    pub(crate) fn texts(&self, key: &str) -> Vec<Placed<&'t str>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            if matches!(value.get_ref(), DeValue::String(_)) {
                return self.text(key).into_iter().collect();
            }
            self.mistyped(key, value, "a list of texts");
            return Vec::new();
        };
        let mut texts = Vec::new();
        for value in array {
            match value.get_ref().as_str() {
                Some(text) if !text.trim().is_empty() => {
                    texts.push(Placed { value: text, span: place(value) });
                }
                Some(_) => self.complain(place(value), Draft::error(format!("a text of `{key}` is empty"))),
                None => self.mistyped(key, value, "a list of texts"),
            }
        }
        texts
    }

    /// A table below this one, called `name` in messages.
    pub(crate) fn table(&self, key: &str, name: &'static str) -> Option<Self> {
        let value = self.get(key)?;
        let DeValue::Table(entries) = value.get_ref() else {
            self.mistyped(key, value, &format!("{name}, a table"));
            return None;
        };
        Some(Self { name, span: place(value), entries, document: self.document })
    }

    /// The tables of a list, called `name` in messages. Empty if it is not there.
    pub(crate) fn tables(&self, key: &str, name: &'static str) -> Vec<Self> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let tables: Option<Vec<_>> = value.get_ref().as_array().and_then(|array| {
            let table = |value: &'t Spanned<DeValue<'t>>| match value.get_ref() {
                DeValue::Table(entries) => {
                    Some(Table { name, span: place(value), entries, document: self.document })
                }
                _ => None,
            };
            array.iter().map(table).collect()
        });
        tables.unwrap_or_else(|| {
            self.complain(place(value), Draft::error(format!("`{key}` has to be written as [[{key}]]")));
            Vec::new()
        })
    }

    /// Where the table begins.
    pub(crate) const fn span(&self) -> Span {
        self.span
    }
}

fn place<T>(value: &Spanned<T>) -> Span {
    let span = value.span();
    Span::new(span.start, span.end)
}
