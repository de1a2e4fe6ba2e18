//! Tests an MQTT broker against the standards, statement by statement.
//!
//! This library is what a broker's author calls from a test of his own: [`Suite`] is the tests, [`Broker`] is what they test, and
//! [`Results`] is what came of it, as values. The same suite as a command line tool is the binary of this package.
//!
//! ```
//! # mod tests {
//! use mqtt_conformance::{Broker, Error, Suite};
//!
//! # const _: &str = stringify!(
//! #[tokio::test]
//! # );
//! async fn answers_every_pingreq() -> Result<(), Error> {
//!     let broker = Broker::in_process("my broker", || async {
//!         let (client, server) = tokio::io::duplex(64 * 1024);
//!         tokio::spawn(my_broker::serve(server));
//!         Ok(client)
//!     });
//!     let results = Suite::built_in()?.select(&["3.12-pingreq/*"]).run(&broker).await?;
//!     assert!(results.conform(), "{results}");
//!     Ok(())
//! }
//! # pub(crate) mod my_broker {
//! #     pub(crate) async fn serve(stream: tokio::io::DuplexStream) { drop(stream) }
//! # }
//! # pub(crate) async fn called() { assert!(answers_every_pingreq().await.is_err(), "it closes every connection") }
//! # }
//! # #[tokio::main(flavor = "current_thread")] async fn main() { tests::called().await }
//! ```
//!
//! A broker that listens on a port is [`Broker::at`] its address. A list of known failures ([`Suite::known_failures`]) keeps the
//! test green until a failure is mended, and red when a new one comes. `examples/broker-test` is a whole package with such tests.
//!
//! The modules that the documentation does not show are for the command line, the tests and the fuzz targets of this project.
//! They may change at any time.

mod budget;
#[doc(hidden)]
pub mod capability;
mod config;
mod diagnostic;
mod engine;
#[doc(hidden)]
pub mod expect;
#[doc(hidden)]
pub mod lab;
mod pattern;
#[doc(hidden)]
pub mod report;
#[doc(hidden)]
pub mod run;
#[doc(hidden)]
pub mod script;
#[doc(hidden)]
pub mod server;
#[doc(hidden)]
pub mod statements;
#[doc(hidden)]
pub mod suite;
#[doc(hidden)]
pub mod transport;
#[doc(hidden)]
pub mod tree;
#[doc(hidden)]
pub mod vectors;

pub use mqtt_codec::Version;
pub use run::Verdict;
pub use script::Level;
pub use suite::{Broker, Error, Outcome, Results, Shard, Suite};
