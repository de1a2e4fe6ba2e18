//! What the broker wants done: packets to send and connections to close, in their order.

use bytes::Bytes;
use std::collections::VecDeque;

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

/// Actions that the caller has not taken yet.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    actions: VecDeque<Action>,
}

impl Outbox {
    pub(super) fn send(&mut self, conn: ConnId, bytes: Bytes) {
        self.actions.push_back(Action::Send { conn, bytes });
    }

    pub(super) fn close(&mut self, conn: ConnId) {
        self.actions.push_back(Action::Close { conn });
    }

    pub(super) fn next(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }
}
