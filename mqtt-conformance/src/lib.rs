//! Tests an MQTT broker against the standards, statement by statement.
//!
//! A test is a packet script: what to send on which connection, and what the standard lets the broker
//! answer. Module [`script`] reads the language, [`run`] runs the tests, and [`expect`] knows what a broker is known to get
//! wrong,
//! [`capability`] what it lacks. Module [`server`] is a reference broker to test against.
//! Module [`tree`] has packets as named values in JSON, and [`vectors`] runs the codec over files of test vectors.

pub mod capability;
mod config;
mod diagnostic;
mod engine;
pub mod expect;
pub mod lab;
mod pattern;
pub mod report;
pub mod run;
pub mod script;
pub mod server;
pub mod statements;
pub mod suite;
pub mod transport;
pub mod tree;
pub mod vectors;
