//! Runs the codec over files of test vectors.
//!
//! `test-vectors/README.md` specifies the format. A valid vector has to decode to its values and encode to its canonical
//! bytes, a refused one to be refused for the right reason, an incomplete one to say what is missing; over both
//! storages, and however the bytes are chopped. [`read()`] reads a file, [`run()`] judges one vector, [`Totals`] counts.
//!
//! ```
//! use mqtt_conformance::vectors::{self, Verdict};
//!
//! let text = r#"{"format": 1, "version": "5.0", "about": "one packet", "vectors": [
//!   {"id": "5.0/pingreq/plain", "about": "PINGREQ.", "family": "forms", "level": "must", "direction": "any",
//!    "bytes": "c0 00", "result": "valid", "packet": {"type": "pingreq"}}]}"#;
//! let file = vectors::parse(text)?;
//! let outcome = vectors::run(&file.vectors[0]);
//! assert_eq!(outcome.verdict, Verdict::Passed);
//! # Ok::<(), vectors::Invalid>(())
//! ```

mod file;
mod run;
mod scripts;
mod totals;

pub use file::{Expectation, File, Invalid, Level, ReadError, Refusal, Vector, find, parse, read};
pub use run::{Difference, Outcome, Verdict, run};
pub use scripts::tests as bad_bytes;
pub use totals::{Count, Key, Totals};

#[cfg(test)]
mod tests;
