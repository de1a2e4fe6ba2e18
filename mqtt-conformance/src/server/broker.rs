//! What the caller does with a broker: events and the time go in, actions come out.

use super::action::{Action, ConnId, Outbox};
use super::fault::memory::Clients;
use super::limits::Limits;
use super::retained::Retained;
use super::rule_table::Rules;
use super::state::{Broker, Connection, Ending};
use std::collections::BTreeMap;

impl Broker {
    /// A broker without sessions.
    #[must_use]
    pub fn new(rules: Rules, limits: Limits) -> Self {
        Self {
            rules,
            outbox: Outbox::new(limits.liberties),
            limits: limits.with_liberties(),
            now: 0,
            connections: BTreeMap::new(),
            sessions: BTreeMap::new(),
            retained: Retained::with_version(),
            turns: BTreeMap::new(),
            counter: 0,
            late_wills: Vec::new(),
            fault: Clients::default(),
        }
    }

    /// A connection was opened.
    pub fn connected(&mut self, conn: ConnId) {
        self.closed(conn);
        if self.connections.len() >= self.limits.connections {
            self.outbox.close(conn, 0);
        } else {
            self.connections.insert(conn, Connection::new(self.now));
        }
    }

    /// Bytes came on a connection, in pieces of any size. What comes on a connection that was closed is ignored.
    pub fn received(&mut self, conn: ConnId, bytes: &[u8]) {
        if let Some(connection) = self.connections.get_mut(&conn) {
            connection.buffer.extend_from_slice(bytes);
            self.read_packets(conn);
            self.end_overfed();
        }
    }

    /// A connection ended without the broker's doing.
    pub fn closed(&mut self, conn: ConnId) {
        self.outbox.forget(conn);
        match self.connections.get_mut(&conn) {
            Some(connection)
                if self.limits.liberties.notices_cut_connections_late && connection.is_open() =>
            {
                connection.cut_off_at = Some(self.now + 2_000);
            }
            _ => self.end(conn, Ending::BrokeOff),
        }
    }

    /// The time is `now`, in milliseconds: whatever is due happens.
    pub fn tick(&mut self, now: u64) {
        self.now = self.now.max(now);
        self.outbox.tick(self.now);
        self.run_timers();
        self.end_overfed();
    }

    /// Ends connections whose clients could not take a message, as only a broken broker does. [5.0/MQTT-3.1.2-25]
    fn end_overfed(&mut self) {
        if !self.rules.drops_too_large_messages {
            let overfed = self.connections.iter().filter(|(_, connection)| connection.overfed);
            let overfed: Vec<_> = overfed.map(|(&conn, _)| conn).collect();
            for conn in overfed {
                self.end(conn, Ending::Failed);
            }
        }
    }

    /// The next thing to do; `None` when everything is done.
    pub fn next_action(&mut self) -> Option<Action> {
        self.outbox.next()
    }

    /// When to call [`tick`](Self::tick) at the latest; `None` when nothing will become due.
    #[must_use]
    pub fn next_deadline(&self) -> Option<u64> {
        let connections = self.connections.values().filter_map(|c| c.deadline(&self.rules, &self.limits));
        let sessions = self.sessions.values().filter_map(|s| self.session_deadline(s));
        let wills = self.late_wills.iter().map(|(due, _)| *due);
        connections.chain(sessions).chain(wills).chain(self.outbox.deadline()).min()
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
