//! The suite: the scripts that are built in, which tests of them to run, and in how many parts.

mod error;
mod scripts;
mod select;

pub use error::Error;
pub use scripts::{BUILT_IN, Places, Source, find};
pub use select::{Selection, Shard};
