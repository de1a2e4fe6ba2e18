//! The reference broker: MQTT 3.1, 3.1.1 and 5.0, every statement on servers obeyed, every one of them switchable.
//!
//! [`Broker`] is the core. It is sans-IO: it has no socket and no clock. Bytes, ends of connections and the time go in;
//! [`Action`]s come out. So a run repeats exactly, and waiting costs nothing where time is virtual. [`serve`] puts it
//! behind sockets and in-memory pipes.
//!
//! [`Rules`] are the points where the standards leave a server no choice. The broker reads them wherever it acts; a broker
//! with one of them off is a *mutant*, a broker with a known fault, which a good test notices. There is no other fault code.
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

mod auth;
mod connect;
mod connection;
mod deliver;
mod distort;
mod end;
mod limits;
mod message;
mod publish;
mod retained;
mod route;
mod rule_table;
mod rules;
pub mod serve;
mod session;
mod subscribe;
mod topics;

pub use auth::AUTHENTICATION_METHOD;
pub use limits::Limits;
pub use rule_table::Rules;
pub use rules::Rule;

use bytes::Bytes;
use connection::Connection;
use mqtt_codec::TopicName;
use retained::Retained;
use session::Session;
use std::collections::{BTreeMap, VecDeque};

/// A connection, by a number that the caller chooses and does not use again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_structs, reason = "a number")]
pub struct ConnId(pub u64);

/// What the caller has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a connection can be written to and closed")]
pub enum Action {
    /// Send these bytes, one packet, on a connection.
    Send {
        /// The connection.
        conn: ConnId,
        /// The packet.
        bytes: Bytes,
    },
    /// Close a connection, after what was to be sent has been sent. The core has forgotten it.
    Close {
        /// The connection.
        conn: ConnId,
    },
}

/// The reference broker's core; see the [module](self).
///
/// The time is a number of milliseconds that never falls, from any start. Call [`tick`](Self::tick) with it before each
/// other event, and whenever [`next_deadline`](Self::next_deadline) is reached. Carry out all actions after each event.
#[derive(Debug)]
pub struct Broker {
    rules: Rules,
    limits: Limits,
    now: u64,
    connections: BTreeMap<ConnId, Connection>,
    /// By client identifier.
    sessions: BTreeMap<Bytes, Session>,
    retained: Retained,
    /// By the filter of a shared subscription: how many messages its members were given.
    turns: BTreeMap<Bytes, usize>,
    /// How many client identifiers were assigned, and how many challenges made.
    counter: u64,
    /// Topic Aliases of connections that ended, which only a broken server remembers.
    stale_aliases: BTreeMap<Bytes, BTreeMap<u16, TopicName>>,
    /// Topic Aliases that such connections were sent, which only a broken server remembers.
    stale_sent_aliases: BTreeMap<Bytes, BTreeMap<Bytes, u16>>,
    /// The latest Will of each client, which only a broken server remembers.
    stale_wills: BTreeMap<Bytes, message::Will>,
    actions: VecDeque<Action>,
}

impl Broker {
    /// A broker without sessions.
    #[must_use]
    pub fn new(rules: Rules, limits: Limits) -> Self {
        Self {
            rules,
            limits,
            now: 0,
            connections: BTreeMap::new(),
            sessions: BTreeMap::new(),
            retained: Retained::with_version(),
            turns: BTreeMap::new(),
            counter: 0,
            stale_aliases: BTreeMap::new(),
            stale_sent_aliases: BTreeMap::new(),
            stale_wills: BTreeMap::new(),
            actions: VecDeque::new(),
        }
    }

    /// A connection was opened.
    pub fn connected(&mut self, conn: ConnId) {
        self.closed(conn);
        if self.connections.len() >= self.limits.connections {
            self.actions.push_back(Action::Close { conn });
        } else {
            self.connections.insert(conn, Connection::new(self.now));
        }
    }

    /// Bytes came on a connection, in pieces of any size. What comes on a connection that was closed is ignored.
    pub fn received(&mut self, conn: ConnId, bytes: &[u8]) {
        if let Some(connection) = self.connections.get_mut(&conn) {
            connection.buffer.extend_from_slice(bytes);
            self.read_packets(conn);
        }
    }

    /// A connection ended without the broker's doing.
    pub fn closed(&mut self, conn: ConnId) {
        self.end(conn, end::Ending::BrokeOff);
    }

    /// The time is `now`, in milliseconds: whatever is due happens.
    pub fn tick(&mut self, now: u64) {
        self.now = self.now.max(now);
        self.run_timers();
    }

    /// The next thing to do; `None` when everything is done.
    pub fn next_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When to call [`tick`](Self::tick) at the latest; `None` when nothing will become due.
    #[must_use]
    pub fn next_deadline(&self) -> Option<u64> {
        let connections = self.connections.values().filter_map(|c| c.deadline(&self.rules, &self.limits));
        let sessions = self.sessions.values().filter_map(|s| self.session_deadline(s));
        connections.chain(sessions).min()
    }

    /// How many sessions there are, with and without a connection.
    #[must_use]
    pub fn session_count(&self) -> usize {
        self.sessions.len()
    }

    /// The rules that this broker obeys.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }
}
