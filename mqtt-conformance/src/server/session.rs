//! What the broker keeps for a client: its subscriptions, and the messages on their way in and out.

use super::action::ConnId;
use super::fault::memory::InSession;
use super::liberty::next_of;
use super::liberty_table::Liberties;
use super::limits::Limits;
use super::message::{Message, Will};
use super::outgoing::{InFlight, Outgoing};
use super::rule_table::Rules;
use bytes::Bytes;
use mqtt_codec::v5::{RetainHandling, SubscriptionId};
use mqtt_codec::{PacketId, Qos, Version};
use std::collections::{BTreeMap, VecDeque};

/// The state of a client, which may outlive its connection. Spec: 3.1.1 §3.1.2.4, 5.0 §4.1.
#[derive(Debug)]
pub(super) struct Session {
    /// The version of the latest connection.
    pub(super) version: Version,
    pub(super) conn: Option<ConnId>,
    /// Session Expiry Interval in seconds; `u32::MAX` is for ever. 3.x knows 0 and for ever.
    pub(super) expiry: u32,
    /// When the session ends, while there is no connection.
    pub(super) ends_at: Option<u64>,
    pub(super) subscriptions: Vec<Subscription>,
    /// QoS 2 messages received whose PUBREL has not come. 3.1 passes them on only then.
    pub(super) received: BTreeMap<PacketId, Received>,
    /// Messages sent and not acknowledged, in the order in which they were first sent.
    pub(super) in_flight: VecDeque<InFlight>,
    /// Messages that wait to be sent.
    pub(super) queue: VecDeque<Outgoing>,
    pub(super) queue_bytes: usize,
    /// Where to look for the next free Packet Identifier.
    pub(super) next_id: PacketId,
    /// A Will that waits for its delay, and when that has passed.
    pub(super) will: Option<(u64, Will)>,
    /// What only a broken broker remembers.
    pub(super) fault: InSession,
}

/// A QoS 2 message that was received.
#[derive(Debug, Default)]
pub(super) struct Received {
    /// What is passed on at PUBREL: in 3.1 the message, and each repetition that a broken server takes for a new one.
    pub(super) messages: Vec<Message>,
    /// When the message expires.
    pub(super) expires_at: Option<u64>,
}

/// A subscription of a session.
#[derive(Clone, Debug)]
pub(super) struct Subscription {
    /// The filter as it was sent, which is the subscription's key.
    pub(super) filter: Bytes,
    /// What is matched: the filter without `$share/{ShareName}/` where it is shared.
    pub(super) pattern: Bytes,
    pub(super) shared: bool,
    pub(super) qos: Qos,
    pub(super) no_local: bool,
    pub(super) retain_as_published: bool,
    pub(super) retain_handling: RetainHandling,
    pub(super) id: Option<SubscriptionId>,
}

impl Session {
    pub(super) fn new(version: Version) -> Self {
        Self {
            version,
            conn: None,
            expiry: 0,
            ends_at: None,
            subscriptions: Vec::new(),
            received: BTreeMap::new(),
            in_flight: VecDeque::new(),
            queue: VecDeque::new(),
            queue_bytes: 0,
            next_id: PacketId::MIN,
            will: None,
            fault: InSession::default(),
        }
    }

    /// A Packet Identifier that no message in flight has; `None` when all are taken.
    pub(super) fn fresh_id(&mut self, liberties: &Liberties) -> Option<PacketId> {
        let step = |id: PacketId| {
            if liberties.numbers_messages_downwards {
                PacketId::new(id.get().wrapping_sub(1)).unwrap_or(PacketId::MAX)
            } else {
                id.next()
            }
        };
        let first = match self.next_id {
            _ if liberties.reuses_the_lowest_packet_id => PacketId::MIN,
            PacketId::MIN if liberties.numbers_messages_downwards => PacketId::MAX,
            next => next,
        };
        let mut id = first;
        while self.in_flight.iter().any(|sent| sent.id == id) {
            id = step(id);
            if id == first {
                return None;
            }
        }
        self.next_id = step(id);
        Some(id) // [5.0/MQTT-2.2.1-4]
    }

    /// How many messages the connection has been sent that it did not acknowledge.
    pub(super) fn unacknowledged(&self) -> usize {
        self.in_flight.iter().filter(|sent| sent.here).count()
    }

    /// Keeps a message until it can be sent; `false` when it is dropped.
    pub(super) fn keep(&mut self, outgoing: Outgoing, rules: &Rules, limits: &Limits) -> bool {
        if self.conn.is_none() {
            let dropped = match outgoing.qos {
                // 3.1 leaves no choice. [3.1/V31-2.2-4]
                Qos::AtMostOnce if self.version == Version::V3_1 => rules.no_qos_0_for_absent_in_3_1,
                Qos::AtMostOnce => {
                    !limits.liberties.queues_qos_0_for_absent
                        && !limits.liberties.sends_qos_0_before_waiting_messages
                }
                _ => !rules.queues_for_absent, // [5.0/MQTT-4.5.0-1, 3.1.1/MQTT-3.1.2-5, 3.1/V31-2.2-3]
            };
            if dropped {
                return false;
            }
        }
        let weight = self.queue_bytes.saturating_add(outgoing.message.weight());
        let room = self.queue.len() < limits.queue && weight <= limits.queue_bytes;
        if room {
            self.queue_bytes = weight;
            self.queue.push_back(outgoing);
        }
        room
    }

    /// The message that waits to be sent next.
    pub(super) fn pop_queue(&mut self, liberties: &Liberties) -> Option<Outgoing> {
        let outgoing = self.queue.remove(next_of(liberties, &self.queue))?;
        self.queue_bytes = self.queue_bytes.saturating_sub(outgoing.message.weight());
        Some(outgoing)
    }

    /// Ends the delivery with this Packet Identifier.
    pub(super) fn forget(&mut self, id: PacketId) {
        self.in_flight.retain(|sent| sent.id != id);
    }
}
