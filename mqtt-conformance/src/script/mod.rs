//! The language of packet scripts (`.mqs`).
//!
//! A script says what a client sends and what the standard lets the broker answer, one event per line. The
//! way from text to a run:
//!
//! 1. [`parse()`] reads the text into a [`Script`], or says which lines are not in the language;
//! 2. [`check()`] judges names, kinds, variables and order;
//! 3. [`expand()`] makes one [`Test`] per version and case, with every verb spelled out as packets.
//!
//! [`format()`] writes a script in its canonical layout, and [`packet_line`] a packet as a line of the
//! language, so that what a trace shows can be pasted into a script.
//!
//! ```
//! use mqtt_conformance::script;
//!
//! let text = "
//! ## A PINGREQ is answered.
//! version: 3.1.1 5.0
//! covers:  3.1.1/MQTT-3.12.4-1 5.0/MQTT-3.12.4-1
//!
//! connect it
//! ---
//! it > PINGREQ
//! it < PINGRESP
//! ";
//! let script = script::parse("ping.mqs", text)?;
//! assert!(script::check(&script, None).is_empty());
//! let tests = script::expand(&script, "3.12-pingreq/answered.mqs")?;
//! assert_eq!(tests[0].id, "3.1.1/3.12-pingreq/answered");
//! # Ok::<(), script::ScriptError>(())
//! ```

pub mod ast;
mod check;
mod expand;
mod format;
mod generate;
pub(crate) mod order;
mod parse;
mod trace;
mod values;
mod vocabulary;

pub use crate::diagnostic::{Problem, ScriptError, Severity, Span, closest};
pub use ast::{Level, Script, Time, Window};
pub use check::{KnowsStatement, check};
pub(crate) use expand::MAX_CONNECTION_NAME;
pub use expand::{Action, Expected, Login, MAX_CLIENT_PREFIX, Step, Test, expand};
pub use format::format;
pub use parse::parse;
pub use trace::{Direction, bytes_line, packet_line, value_text};
pub use values::{
    EvalError, Mismatch, Variables, describe_value, eval, eval_bytes, eval_count, eval_fields, eval_parts,
    match_fields, match_value,
};
pub use vocabulary::CAPABILITIES;
