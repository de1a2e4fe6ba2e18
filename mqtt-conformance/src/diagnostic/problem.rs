//! What is wrong with a file that people write, and where: a script, an expectation file, a profile.

use std::fmt;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

use super::span::Span;

/// How much a [`Problem`] matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "it stops the run, or it does not")]
pub enum Severity {
    /// The file can be used, but probably does not do what its author meant.
    Warning,
    /// The file cannot be used.
    Error,
}

/// The longest line that is shown with a mistake, in bytes.
const LONG_LINE: usize = 2_000;

/// One mistake in a file.
///
/// As a [`Diagnostic`] it shows the line with a caret; `Display` is the message alone, and
/// [`one_line`](Self::one_line) puts file, line and column in front.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Problem {
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// Where.
    pub span: Span,
    /// What the author may have meant, or can do.
    pub hint: Option<String>,
    source: NamedSource<Arc<str>>,
    text: Arc<str>,
}

impl Problem {
    pub(crate) fn new(file: &str, source: &Arc<str>, span: Span, draft: Draft) -> Self {
        Self {
            severity: draft.severity,
            message: draft.message,
            span,
            hint: draft.hint,
            source: NamedSource::new(file, Arc::clone(source)),
            text: Arc::clone(source),
        }
    }

    /// The file's name.
    pub fn file(&self) -> &str {
        self.source.name()
    }

    /// The line, counted from 1.
    pub fn line(&self) -> usize {
        self.span.position(&self.text).0
    }

    /// The column, counted from 1 in characters.
    pub fn column(&self) -> usize {
        self.span.position(&self.text).1
    }

    /// Whether its line is too long to be shown.
    pub fn is_on_a_long_line(&self) -> bool {
        let (before, after) = self.text.split_at_checked(self.span.start).unwrap_or((&self.text, ""));
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let end = after.find('\n').unwrap_or(after.len());
        before.len() - start + end > LONG_LINE
    }

    /// `file:line:column: message`.
    pub fn one_line(&self) -> String {
        format!("{}:{}:{}: {}", self.file(), self.line(), self.column(), self.message)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Warning => miette::Severity::Warning,
            Severity::Error => miette::Severity::Error,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.hint.as_ref().map(|hint| Box::new(hint) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let length = self.span.end.saturating_sub(self.span.start);
        let label = LabeledSpan::new_primary_with_span(Some("here".to_owned()), (self.span.start, length));
        Some(Box::new(std::iter::once(label)))
    }
}

/// The most mistakes of one file that are shown.
const MOST: usize = 100;

/// Problems from drafts, in the order of the file. Of very many, the first are kept, and the number of the others.
pub(crate) fn problems(file: &str, source: &Arc<str>, mut drafts: Vec<(Span, Draft)>) -> Vec<Problem> {
    drafts.sort_by_key(|(span, _)| span.start);
    if drafts.len() > MOST {
        let rest = drafts.split_off(MOST);
        let severity = rest.iter().map(|(_, draft)| draft.severity).max().unwrap_or(Severity::Error);
        let draft = Draft::error(format!("and {} more from here on, which are not shown", rest.len()));
        let span = rest.first().map_or_else(Span::default, |(span, _)| *span);
        drafts.push((span, Draft { severity, ..draft }));
    }
    drafts.into_iter().map(|(span, draft)| Problem::new(file, source, span, draft)).collect()
}

/// A script that cannot run, with every mistake that was found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ScriptError {
    /// The mistakes in the order of the file; at least one.
    pub problems: Vec<Problem>,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.problems.first().map_or("the script", Problem::file);
        match self.problems.len() {
            1 => write!(f, "{file} has a mistake"),
            n => write!(f, "{file} has {n} mistakes"),
        }
    }
}

impl std::error::Error for ScriptError {}

impl Diagnostic for ScriptError {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.problems.iter().map(|p| p as &dyn Diagnostic)))
    }
}

/// A problem before its place is known.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) severity: Severity,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Draft {
    pub(crate) fn error(message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, message: message.into(), hint: None }
    }

    pub(crate) fn warning(message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(message) }
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Offers the known word that is closest to `word`, or else the list if it is short.
    pub(crate) fn did_you_mean<'a>(self, word: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        if let Some(best) = closest(word, &known) {
            return self.hint(format!("did you mean `{best}`?"));
        }
        if known.is_empty() || known.len() > 12 {
            return self;
        }
        let list: Vec<String> = known.iter().map(|k| format!("`{k}`")).collect();
        self.hint(format!("known here: {}", list.join(", ")))
    }
}

/// The known word that a typing mistake would turn into `word`.
pub fn closest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let lower = word.to_lowercase();
    known
        .iter()
        .map(|k| (strsim::osa_distance(&lower, &k.to_lowercase()), *k))
        .filter(|(d, k)| {
            let (a, b) = (k.chars().count(), word.chars().count());
            *d <= 1 + a.min(b) / 4 && *d < a.max(b)
        })
        .min_by_key(|(d, _)| *d)
        .map(|(_, k)| k)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_the_closest_word_or_the_list() {
        let known = ["topic", "payload", "qos"];
        assert_eq!(
            Draft::error("x").did_you_mean("tpoic", known).hint.as_deref(),
            Some("did you mean `topic`?")
        );
        assert_eq!(
            Draft::error("x").did_you_mean("zzzzzz", known).hint.as_deref(),
            Some("known here: `topic`, `payload`, `qos`")
        );
    }
}
