//! The lab: tests against the reference broker in memory, in virtual time, and the proof that each of them can fail, and that
//! none forbids what is allowed.
//!
//! Each test gets a broker of its own, connected by pipes, under tokio's paused clock: waiting costs no time, and runs
//! repeat exactly. A *mutant* is the standard with one [`Rule`](crate::server::Rule) switched off; a test that claims to cover a
//! statement of that rule has to notice. A [`WireFault`] damages one type of packet on its way out; some test has to notice.
//! A *liberty* is what the standards leave free: with one switched over, no test of what is demanded may fail.

mod bench;
mod liberties;
mod matrix;
mod wire;

pub use bench::{Setup, run, run_against, run_in, run_over};
pub use liberties::{Combination, Freedom, freedom};
pub use matrix::{Matrix, matrix};
pub use wire::{UnknownWireFault, WireFault, WireFaultKind};
