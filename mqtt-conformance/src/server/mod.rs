//! The reference broker: MQTT 3.1, 3.1.1 and 5.0, every statement on servers obeyed, every one of them switchable.
//!
//! [`Broker`] is the core. It is sans-IO: it has no socket and no clock. Bytes, ends of connections and the time go in;
//! [`Action`]s come out. So a run repeats exactly, and waiting costs nothing where time is virtual. [`serve`] puts it
//! behind sockets and in-memory pipes.
//!
//! [`Rules`] are the points where the standards leave a server no choice. The broker reads them wherever it acts; a broker
//! with one of them off is a *mutant*, a broker with a known fault, which a good test notices. What exists for broken brokers
//! only, is in the folder `fault`.
//!
//! [`Liberties`] are points where the standards leave a choice, and a client sees which. Switched over, the broker is as right
//! as before, and no test may fail.
//!
//! # Deliberate choices
//!
//! Where the standards leave a choice, the broker chooses so:
//! - It keeps everything in memory, and forgets it at the end.
//! - A QoS 2 message is passed on at its PUBLISH; in 3.1, which says so, at its PUBREL.
//! - A QoS 0 message is dropped for a subscriber that is absent.
//! - Overlapping subscriptions bring one copy, with all Subscription Identifiers.
//! - Shared subscriptions take turns, members with a connection first.
//! - The Will is published on take-over and when a clean start ends the session.
//! - Clients may publish to topics that start with `$`, so that the rule about them can be seen; `$SYS/` is the server's:
//!   publishing there is not authorized, and `$SYS/broker/version` is retained.
//! - Without credentials in [`Limits`], everyone may connect. [`AUTHENTICATION_METHOD`] is offered to clients of 5.0.
//!
//! ```
//! use mqtt_conformance::server::{Action, Broker, ConnId, Limits, Rules};
//!
//! let mut broker = Broker::new(Rules::standard(), Limits::default());
//! let client = ConnId(1);
//! broker.connected(client);
//! broker.received(client, b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x00\x00\x00");
//! let Some(Action::Send { bytes, .. }) = broker.next_action() else { panic!() };
//! assert_eq!(bytes, b"\x20\x02\x00\x00".as_slice()); // CONNACK
//! ```

mod action;
mod auth;
mod broker;
mod client;
mod connect;
mod deliver;
mod end;
mod fault;
mod handle;
mod liberty;
mod liberty_table;
mod limits;
mod message;
mod outgoing;
mod publish;
mod read;
mod retained;
mod route;
mod rule_table;
pub mod serve;
mod session;
mod state;
mod subscribe;
mod switch;
mod timers;
mod topics;

pub use action::{Action, ConnId};
pub use auth::AUTHENTICATION_METHOD;
pub use liberty_table::Liberties;
pub use limits::Limits;
pub use rule_table::Rules;
pub use state::Broker;
pub use switch::Switch;

/// One line of the table of [`Rules`].
pub type Rule = Switch<Rules>;

/// One line of the table of [`Liberties`].
pub type Liberty = Switch<Liberties>;
