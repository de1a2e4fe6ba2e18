//! Why a suite cannot be put together or run.

use std::fmt;

use crate::script::Problem;

/// Why a suite cannot be put together, or not be run against a broker.
///
/// `Display` says it in one sentence, followed by the lines of the files that are wrong.
#[derive(Debug)]
pub struct Error {
    message: String,
    hint: Option<String>,
    problems: Vec<Problem>,
    unreachable: bool,
}

impl Error {
    pub(crate) fn new(message: impl fmt::Display) -> Self {
        Self { message: message.to_string(), hint: None, problems: Vec::new(), unreachable: false }
    }

    pub(crate) fn unreachable(message: impl fmt::Display) -> Self {
        Self { unreachable: true, ..Self::new(message) }
    }

    pub(crate) fn with_hint(self, hint: impl fmt::Display) -> Self {
        Self { hint: Some(hint.to_string()), ..self }
    }

    pub(crate) fn with_problems(self, problems: Vec<Problem>) -> Self {
        Self { problems, ..self }
    }

    /// What can be done about it, if that is known.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Whether the broker was not reached or cannot be used; otherwise the suite, the scripts or the settings are wrong.
    #[must_use]
    pub const fn is_about_the_broker(&self) -> bool {
        self.unreachable
    }

    /// The sentence, without the mistakes in files.
    #[doc(hidden)]
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The mistakes in files, to be shown with their lines.
    #[doc(hidden)]
    #[must_use]
    pub fn into_problems(self) -> Vec<Problem> {
        self.problems
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for problem in &self.problems {
            write!(f, "\n{}", problem.one_line())?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
