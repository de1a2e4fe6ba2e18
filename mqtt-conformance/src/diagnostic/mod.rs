//! Mistakes in files that people write: what is wrong, where, and what to do about it.
//!
//! Scripts, expectation files and profiles are read through this module. It knows none of them.

pub(crate) mod document;
mod problem;
mod span;

pub(crate) use problem::{Draft, problems};
pub use problem::{Problem, ScriptError, Severity, closest};
pub use span::Span;
