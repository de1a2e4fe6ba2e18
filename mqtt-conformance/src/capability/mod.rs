//! What a broker can do: documented, said and found out; and which tests are not run for what it lacks.
//!
//! [`profile`] is what the documentation says, [`probe()`] what the broker's CONNACK says, [`explore()`] what shows when it is
//! tried. A test that needs what is missing is skipped with the reason.

mod bounds;
mod explore;
mod prefix;
mod probe;
pub mod profile;
pub(crate) mod skip;

pub use explore::explore;
pub use probe::{Probe, ProbeError, probe};
