//! What a broker can do: documented, said and found out; and which tests are not run for what it lacks.
//!
//! [`profile`] is what the documentation says, [`probe()`] what the broker's CONNACK says, [`explore()`] what shows when it is
//! tried. A test that needs what is missing is skipped with the reason.

mod ability;
mod attempt;
mod bounds;
mod explore;
mod hindrance;
mod prefix;
mod probe;
pub mod profile;
mod refusal;
mod requirement;
pub(crate) mod skip;

pub use ability::{Ability, Answer, abilities};
pub use explore::explore;
pub use hindrance::{Hindrance, hindrance};
pub use probe::{Probe, ProbeError, probe};
pub(crate) use refusal::Refusal;
pub use requirement::{Requirements, fulfilled};
