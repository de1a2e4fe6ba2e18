//! PUBLISH: an Application Message.
//!
//! 3.1 §3.3, 3.1.1 §3.3.

use crate::PacketType;
use crate::emit::{Body, Sink, encoding, head_encoding};
use crate::error::{DecodeError, Field};
use crate::parse::{self, Cursor, Strings};
use crate::storage::{MapStorage, Shared, Storage, storages};
use crate::types::{Delivery, TopicName, VarInt};

/// An Application Message, from a client to the server or from the server to a client.
///
/// Spec: 3.1 §3.3, 3.1.1 §3.3.
///
/// ```
/// use mqtt_codec::{Delivery, PacketId, TopicName, v3};
///
/// let publish = v3::Publish {
///     delivery: Delivery::AtLeastOnce { packet_id: PacketId::new(7).unwrap(), dup: false },
///     ..v3::Publish::new(TopicName::new("a/b")?, b"hello".as_slice())
/// };
/// let mut packet = [0; 32];
/// let len = publish.encode(&mut packet)?;
/// assert_eq!(&packet[..len], b"\x32\x0c\x00\x03a/b\x00\x07hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "the standard closes the list of fields")]
pub struct Publish<B: Storage = Shared> {
    /// The QoS, and with it Packet Identifier and DUP.
    pub delivery: Delivery,
    /// RETAIN: to the server, keep the message for later subscribers; from the server, this is such a message.
    pub retain: bool,
    /// Where it is published.
    pub topic: TopicName<B>,
    /// The Application Message; any bytes, up to what a Remaining Length can say.
    pub payload: B,
}

/// Of a long payload it shows the start only.
impl<B: Storage> core::fmt::Debug for Publish<B> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { delivery, retain, topic, payload } = self;
        f.debug_struct("Publish")
            .field("delivery", delivery)
            .field("retain", retain)
            .field("topic", topic)
            .field("payload", &crate::types::Payload(payload.as_ref()))
            .finish()
    }
}

impl<B: Storage> Publish<B> {
    /// A QoS 0 PUBLISH that is not retained.
    #[must_use]
    pub fn new(topic: TopicName<B>, payload: B) -> Self {
        Self { delivery: Delivery::AtMostOnce, retain: false, topic, payload }
    }

    /// The length of the Topic Name. Topic Names have at most 65,535 bytes by type.
    #[inline]
    fn topic_len(&self) -> u16 {
        let topic = self.topic.as_bytes();
        u16::try_from(topic.len()).unwrap_or(u16::MAX)
    }

    #[inline(always)]
    fn write_head_behind_topic_len(&self, out: &mut impl Sink) {
        let Self { delivery, retain: _, topic, payload: _ } = self;
        out.put(topic.as_bytes());
        if let Some(id) = delivery.packet_id() {
            out.put_u16(id.get());
        }
    }
}

/// Reads what the flags of a PUBLISH say is there; QoS 3 was refused with the first byte.
#[inline(always)]
pub(crate) fn read_delivery(body: &mut Cursor<'_>, flags: u8) -> Result<Delivery, DecodeError> {
    let qos = flags & 0b0110;
    if qos == 0 {
        return Ok(Delivery::AtMostOnce); // [3.1.1/MQTT-2.3.1-5] [5.0/MQTT-2.2.1-2]
    }
    let packet_id = body.read(Field::PacketIdentifier, parse::packet_id)?; // [3.1/V31-2.4-1] [3.1.1/MQTT-2.3.1-1] [5.0/MQTT-2.2.1-3] [5.0/MQTT-2.2.1-4]
    let dup = flags & 0b1000 != 0;
    Ok(if qos == 0b0010 {
        Delivery::AtLeastOnce { packet_id, dup }
    } else {
        Delivery::ExactlyOnce { packet_id, dup }
    })
}

impl<'a> Publish<&'a [u8]> {
    #[inline(always)]
    pub(super) fn read(mut body: Cursor<'a>, flags: u8, strings: Strings<'_>) -> Result<Self, DecodeError> {
        let topic = body.topic_name(Field::TopicName, strings)?; // [3.1/V31-3.3-3] [3.1.1/MQTT-3.3.2-1] [3.1.1/MQTT-3.3.2-2]
        let delivery = read_delivery(&mut body, flags)?;
        Ok(Self { delivery, retain: flags & 1 != 0, topic, payload: body.rest() })
    }
}

#[cfg(feature = "bytes")]
impl Publish<crate::storage::Span> {
    /// The packet with the parts of its frame.
    #[inline]
    pub(super) fn own(&self, frame: bytes::Bytes) -> Publish<bytes::Bytes> {
        let Self { delivery, retain, topic, payload } = self;
        Publish {
            delivery: *delivery,
            retain: *retain,
            topic: topic.map_storage(&mut |part: &crate::storage::Span| part.share(&frame)),
            payload: payload.take(frame),
        }
    }
}

impl<B: Storage> Body for Publish<B> {
    #[cfg(feature = "bytes")]
    const FEW_PARTS: bool = true;

    #[inline]
    fn first_byte(&self) -> u8 {
        PacketType::Publish.first_byte() | self.delivery.flags(self.retain)
    }

    #[inline]
    fn write<S: Sink>(&self, out: &mut S) {
        out.put_u16(self.topic_len());
        self.write_head_behind_topic_len(out);
        out.put(self.payload.as_ref());
    }

    #[inline(always)]
    fn write_all<S: Sink>(&self, remaining_length: VarInt, out: &mut S) {
        out.put_header_and_u16(self.first_byte(), remaining_length, self.topic_len());
        self.write_head_behind_topic_len(out);
        out.put(self.payload.as_ref());
    }
}

impl<B: Storage> MapStorage<B> for Publish<B> {
    type Over<C: Storage> = Publish<C>;
    #[inline(always)]
    fn map_storage<'s, C: Storage>(&'s self, f: &mut impl FnMut(&'s B) -> C) -> Publish<C>
    where
        B: 's,
    {
        let Self { delivery, retain, topic, payload } = self;
        Publish { delivery: *delivery, retain: *retain, topic: topic.map_storage(f), payload: f(payload) }
    }
}

encoding!(Publish<B>);
head_encoding!(Publish);
storages!(Publish);
