//! A message on its way to one client.

use super::message::Message;
use bytes::Bytes;
use mqtt_codec::v5::SubscriptionId;
use mqtt_codec::{PacketId, Qos};
use std::sync::Arc;

/// A message for one client.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    pub(super) message: Arc<Message>,
    pub(super) qos: Qos,
    pub(super) retain: bool,
    pub(super) ids: Vec<SubscriptionId>,
    /// The filter that led here.
    pub(super) filter: Bytes,
    /// Whether it came by a shared subscription.
    pub(super) shared: bool,
}

/// What a message in flight waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::enum_variant_names, reason = "the names of packets")]
pub(super) enum Stage {
    PubAck,
    PubRec,
    PubComp,
}

impl Stage {
    /// What a message of this QoS waits for at first.
    pub(super) fn first(qos: Qos) -> Self {
        if qos == Qos::AtLeastOnce { Self::PubAck } else { Self::PubRec }
    }
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
