//! What a broken broker remembers and a right one forgets.

use crate::server::message::Will;
use crate::server::outgoing::{InFlight, Outgoing};
use bytes::Bytes;
use mqtt_codec::TopicName;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What is remembered of clients over their connections, by client.
#[derive(Debug, Default)]
pub(in crate::server) struct Clients {
    /// Topic Aliases of connections that ended. Rule: `forgets_topic_aliases`.
    pub(in crate::server) aliases: BTreeMap<Bytes, BTreeMap<u16, TopicName>>,
    /// Topic Aliases that such connections were sent. Rule: `forgets_sent_topic_aliases`.
    pub(in crate::server) sent_aliases: BTreeMap<Bytes, BTreeMap<Bytes, u16>>,
    /// The latest Will of each client. Rule: `no_will_unasked`.
    pub(in crate::server) wills: BTreeMap<Bytes, Will>,
}

/// What is remembered of a session besides its state.
#[derive(Debug)]
pub(in crate::server) struct InSession {
    /// Whether a message was sent. Rule: `keeps_order`.
    begun: bool,
    /// Whether the messages that wait are in disorder. Rule: `keeps_order`.
    disordered: bool,
    /// The smallest Receive Maximum and Maximum Packet Size of its connections. Rule: `forgets_client_limits`.
    smallest: (u16, u32),
    /// Messages that were acknowledged, in the order in which they were first sent. Rule: `forgets_acknowledged`.
    pub(in crate::server) acknowledged: Vec<InFlight>,
    /// Filters whose next message is lost. Rule: `replacing_loses_nothing`.
    pub(in crate::server) interrupted: BTreeSet<Bytes>,
}

impl Default for InSession {
    fn default() -> Self {
        Self {
            begun: false,
            disordered: false,
            smallest: (u16::MAX, u32::MAX),
            acknowledged: Vec::new(),
            interrupted: BTreeSet::new(),
        }
    }
}

impl InSession {
    /// The limits of a connection, made as small as those of the smallest connection before it.
    pub(in crate::server) fn shrink(&mut self, receive_maximum: u16, max_packet_size: u32) -> (u16, u32) {
        let (receive, size) = self.smallest;
        self.smallest = (receive.min(receive_maximum), size.min(max_packet_size));
        self.smallest
    }

    /// Brings a queue into disorder; `false` when nothing may be sent yet.
    ///
    /// The first message goes out; what follows is held back until more comes, and then the last goes first.
    pub(in crate::server) fn disorder(&mut self, queue: &mut VecDeque<Outgoing>) -> bool {
        match queue.len() {
            0 => self.disordered = false,
            1 if self.begun && !self.disordered => return false,
            1 => {}
            _ if !self.disordered => {
                queue.make_contiguous().reverse();
                self.disordered = true;
            }
            _ => {}
        }
        self.begun = true;
        true
    }
}
