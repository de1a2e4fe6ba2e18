//! What the broker keeps for a client: its subscriptions, and the messages on their way in and out.

use super::ConnId;
use super::message::{Message, Will};
use bytes::Bytes;
use mqtt_codec::v5::{RetainHandling, SubscriptionId};
use mqtt_codec::{PacketId, Qos, Version};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

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
    /// Whether a message was sent, and whether those that wait are in disorder: only where order is not kept.
    pub(super) begun: bool,
    pub(super) disordered: bool,
    /// The smallest Receive Maximum and Maximum Packet Size of its connections, which only a broken server remembers.
    pub(super) smallest: (u16, u32),
    /// A Will that waits for its delay, and when that has passed.
    pub(super) will: Option<(u64, Will)>,
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
    /// Whether the next message is lost, since the subscription was replaced: never under the standard.
    pub(super) interrupted: bool,
}

/// A message for one client.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    pub(super) message: Arc<Message>,
    pub(super) qos: Qos,
    pub(super) retain: bool,
    pub(super) ids: Vec<SubscriptionId>,
    /// The filter that led here, for topics that a broken server rewrites and deliveries it breaks off.
    pub(super) filter: Bytes,
    /// Whether it came by a shared subscription.
    pub(super) shared: bool,
}

/// What a message in flight waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    PubAck,
    PubRec,
    PubComp,
    /// Acknowledged, and yet not forgotten: never under the standard.
    Done,
}

/// A QoS 1 or 2 message that was sent.
#[derive(Clone, Debug)]
pub(super) struct InFlight {
    pub(super) id: PacketId,
    pub(super) outgoing: Outgoing,
    pub(super) stage: Stage,
    /// Whether the connection that lasts now has seen it.
    pub(super) here: bool,
    pub(super) sent_at: u64,
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
            begun: false,
            disordered: false,
            smallest: (u16::MAX, u32::MAX),
            will: None,
        }
    }

    /// A Packet Identifier that no message in flight has; `None` when all are taken.
    pub(super) fn fresh_id(&mut self) -> Option<PacketId> {
        let first = self.next_id;
        let mut id = first;
        while self.in_flight.iter().any(|sent| sent.id == id) {
            id = id.next();
            if id == first {
                return None;
            }
        }
        self.next_id = id.next();
        Some(id)
    }

    /// How many messages the connection has been sent that it did not acknowledge.
    pub(super) fn unacknowledged(&self) -> usize {
        self.in_flight.iter().filter(|sent| sent.here && sent.stage != Stage::Done).count()
    }

    pub(super) fn push_queue(&mut self, outgoing: Outgoing) {
        self.queue_bytes += outgoing.message.weight();
        self.queue.push_back(outgoing);
    }

    pub(super) fn pop_queue(&mut self) -> Option<Outgoing> {
        let outgoing = self.queue.pop_front()?;
        self.queue_bytes = self.queue_bytes.saturating_sub(outgoing.message.weight());
        Some(outgoing)
    }
}
