//! The suite: the scripts that are built in, which tests of them to run, in how many parts, and a run as a value.

mod broker;
mod error;
pub mod index;
mod results;
mod scripts;
mod select;
#[expect(clippy::module_inception, reason = "the suite as a value is the heart of the module")]
mod suite;
mod visit;

pub use broker::Broker;
pub use error::Error;
pub use results::{Outcome, Results};
pub use scripts::{BUILT_IN, Places, Source, find};
pub use select::{Selection, Shard};
pub use suite::Suite;
pub use visit::{Notice, find_hindrance, mark, try_out, unusable, visit};
