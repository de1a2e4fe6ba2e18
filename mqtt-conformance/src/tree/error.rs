//! Named values that are no packet.

use std::fmt;

use serde_json::Value;

/// Named values that are no packet: which member, what was expected there, and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeError {
    path: String,
    expected: String,
    found: String,
    note: Option<String>,
}

impl TreeError {
    pub(super) fn new(path: impl Into<String>, expected: impl Into<String>, found: &Value) -> Self {
        Self { path: path.into(), expected: expected.into(), found: brief(found), note: None }
    }

    pub(super) fn missing(path: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { path: path.into(), expected: expected.into(), found: "nothing".to_owned(), note: None }
    }

    pub(super) fn note(mut self, note: impl fmt::Display) -> Self {
        self.note = Some(note.to_string());
        self
    }

    /// The member, such as `filters[1].qos`; empty for the packet as a whole.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What belongs there, such as `a number from 0 to 2`.
    #[must_use]
    pub fn expected(&self) -> &str {
        &self.expected
    }

    /// What is there, as JSON, shortened; or `nothing`.
    #[must_use]
    pub fn found(&self) -> &str {
        &self.found
    }

    /// More about it: a name that may have been meant, or why a value is not allowed.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.note.as_deref()
    }
}

impl fmt::Display for TreeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "packet" } else { &self.path };
        write!(f, "{path}: expected {}, found {}", self.expected, self.found)?;
        match &self.note {
            Some(note) => write!(f, " ({note})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for TreeError {}

/// A value as JSON, cut where it gets long.
fn brief(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// The known name that `word` may be a slip of.
pub(super) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|name| (edits(word, name), name))
        .filter(|&(distance, name)| distance <= 1 + name.len() / 4)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, name)| name)
}

/// How many letters have to be changed, added or left out (Levenshtein).
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, cb) in row.iter_mut().skip(1).zip(&b) {
            let changed = diagonal + usize::from(ca != *cb);
            diagonal = *cell;
            left = changed.min(left + 1).min(diagonal + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_edits() {
        assert_eq!(edits("topc", "topic"), 1);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(
            nearest("clean_sesion", ["clean_session", "client_id"].into_iter()),
            Some("clean_session")
        );
        assert_eq!(nearest("zzz", ["clean_session", "client_id"].into_iter()), None);
    }
}
