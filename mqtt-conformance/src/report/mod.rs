//! What a run found, as data, and the forms that it is shown in.
//!
//! A [`RunReport`] is complete: every script, every verdict, every byte of every connection. It is written as
//! [JSON](RunReport::write_json), and everything else is made from it, at once or years later: the page for a browser, the
//! summary in Markdown, the XML that CI systems read, and the [difference](diff()) between two runs.
//!
//! Passwords never get here: the runner keeps them out of its transcripts.

mod build;
mod data;
mod diff;
mod file;
mod html;
mod join;
mod journal;
mod junit;
mod markdown;
mod table;
mod upgrade;

pub use build::About;
pub use data::{Broker, Expectation, FORMAT, Options, RunReport, ScriptReport, StatementReport, Tool};
pub use diff::{Change, ChangeKind, Diff, Only, diff};
pub use file::{READ_HINT, ReadError};
pub use html::write_html;
pub use join::{JoinError, join};
pub use junit::write_junit;
pub use markdown::write_markdown;
pub use table::{Cell, Table, area};
