//! Everything that exists for broken brokers only: what a broken rule lets through, what it remembers, what it sends.
//!
//! Under [`Rules::standard`](crate::server::Rules::standard) nothing here has an effect. The handlers read a rule where they
//! obey it; where breaking it takes more than leaving a step out, that is here.

pub(in crate::server) mod distort;
pub(in crate::server) mod memory;
pub(in crate::server) mod overlook;
