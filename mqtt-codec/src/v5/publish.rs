//! PUBLISH: an Application Message.
//!
//! MQTT 5.0 §3.3.

use super::kind::PublishProperties;
use crate::PacketType;
use crate::emit::{Body, Sink, encoding, head_encoding};
use crate::error::{Cause, DecodeError, Field};
use crate::options::DecodeOptions;
use crate::parse::{Cursor, Strings};
use crate::storage::{MapStorage, Shared, Storage, storages};
use crate::types::{BuildError, Delivery, TopicName, VarInt};
use crate::v3::read_delivery;
use crate::v5::PayloadFormat;
use core::num::NonZeroU16;

/// An Application Message, from a client to the server or from the server to a client.
///
/// The Topic Name may be left out where a Topic Alias stands for it (§3.3.2.3.4), so topic and properties are set
/// together; the other fields are free.
///
/// Spec: 5.0 §3.3.
///
/// ```
/// use mqtt_codec::{TopicName, v5};
///
/// let mut memory = [0; 32];
/// let properties = v5::PublishProperties::builder_in(&mut memory).content_type("text/plain").finish()?;
/// let publish = v5::Publish::with_properties(TopicName::new("a/b")?, properties, b"hello".as_slice());
///
/// // The payload stays where it is: write head and payload with one vectored write.
/// let mut head = [0; 64];
/// let len = publish.encode_head(&mut head)?;
/// assert_eq!(&head[..len], b"\x30\x18\x00\x03a/b\x0d\x03\x00\x0atext/plain");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::partial_pub_fields, reason = "two fields constrain each other, the rest do not")]
pub struct Publish<B: Storage = Shared> {
    /// The QoS, and with it Packet Identifier and DUP.
    pub delivery: Delivery,
    /// RETAIN: to the server, keep the message for later subscribers; from the server, see Retain As Published.
    pub retain: bool,
    topic: Option<TopicName<B>>,
    properties: PublishProperties<B>,
    /// The Application Message; any bytes, up to what a Remaining Length can say.
    pub payload: B,
}

/// Of a long payload it shows the start only.
impl<B: Storage> core::fmt::Debug for Publish<B> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { delivery, retain, topic, properties, payload } = self;
        f.debug_struct("Publish")
            .field("delivery", delivery)
            .field("retain", retain)
            .field("topic", topic)
            .field("properties", properties)
            .field("payload", &crate::types::Payload(payload.as_ref()))
            .finish()
    }
}

impl<B: Storage> Publish<B> {
    /// A QoS 0 PUBLISH that is not retained and has no properties.
    #[must_use]
    pub fn new(topic: TopicName<B>, payload: B) -> Self {
        Self::with_properties(topic, PublishProperties::default(), payload)
    }

    /// A QoS 0 PUBLISH that is not retained. With a Topic Alias among the properties, the alias is set to the topic.
    #[must_use]
    pub fn with_properties(topic: TopicName<B>, properties: PublishProperties<B>, payload: B) -> Self {
        Self { delivery: Delivery::AtMostOnce, retain: false, topic: Some(topic), properties, payload }
    }

    /// A QoS 0 PUBLISH that is not retained, without a Topic Name: the Topic Alias among the properties stands for it.
    ///
    /// # Errors
    ///
    /// When there is no Topic Alias among the properties.
    pub fn with_alias(properties: PublishProperties<B>, payload: B) -> Result<Self, BuildError> {
        if properties.topic_alias().is_none() {
            return Err(BuildError::TopicAlias);
        }
        Ok(Self { delivery: Delivery::AtMostOnce, retain: false, topic: None, properties, payload })
    }

    /// The Topic Name; `None` where the Topic Alias stands for it.
    #[must_use]
    pub fn topic(&self) -> Option<&TopicName<B>> {
        self.topic.as_ref()
    }

    /// The Topic Alias, 1 to 65,535: without a Topic Name it stands for one, beside a Topic Name it is set to it.
    #[must_use]
    pub fn topic_alias(&self) -> Option<NonZeroU16> {
        self.properties.topic_alias()
    }

    /// The properties.
    #[must_use]
    pub fn properties(&self) -> &PublishProperties<B> {
        &self.properties
    }

    /// The length of the Topic Name. Topic Names have at most 65,535 bytes by type.
    #[inline]
    fn topic_len(&self) -> u16 {
        let topic = self.topic.as_ref().map_or(&[][..], TopicName::as_bytes);
        u16::try_from(topic.len()).unwrap_or(u16::MAX)
    }

    #[inline(always)]
    fn write_head_behind_topic_len(&self, out: &mut impl Sink) {
        let Self { delivery, retain: _, topic, properties, payload: _ } = self;
        out.put(topic.as_ref().map_or(&[], TopicName::as_bytes));
        if let Some(id) = delivery.packet_id() {
            out.put_u16(id.get());
        }
        properties.write(out);
    }
}

impl<'a> Publish<&'a [u8]> {
    #[inline(always)]
    pub(super) fn read(
        mut body: Cursor<'a>,
        flags: u8,
        strings: Strings<'_>,
        options: &DecodeOptions,
    ) -> Result<Self, DecodeError> {
        let topic_at = body.offset();
        let topic = body.topic_name_or_none(Field::TopicName, strings)?; // [5.0/MQTT-3.3.2-1] [5.0/MQTT-3.3.2-2]
        let delivery = read_delivery(&mut body, flags)?;
        let properties = PublishProperties::read(&mut body, Field::PropertyLength, strings, options)?;
        let payload = body.rest();
        // Without properties there is no alias, and no promise about the payload.
        if topic.is_none() || !properties.is_empty() {
            if topic.is_none() && properties.topic_alias().is_none() {
                return Err(body.error(Field::TopicName, topic_at, Cause::TopicMissing));
            }
            if options.check_payload_format
                && properties.payload_format_indicator() == Some(PayloadFormat::Utf8)
            {
                body.check_utf8(payload, Field::Payload, body.offset())?;
            }
        }
        Ok(Self { delivery, retain: flags & 1 != 0, topic, properties, payload })
    }
}

#[cfg(feature = "bytes")]
impl Publish<crate::storage::Span> {
    /// The packet with the parts of its frame.
    #[inline]
    pub(super) fn own(&self, frame: bytes::Bytes) -> Publish<bytes::Bytes> {
        let Self { delivery, retain, topic, properties, payload } = self;
        let mut share = |part: &crate::storage::Span| part.share(&frame);
        Publish {
            delivery: *delivery,
            retain: *retain,
            topic: topic.as_ref().map(|topic| topic.map_storage(&mut share)),
            properties: properties.map_storage(&mut share),
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
        let Self { delivery, retain, topic, properties, payload } = self;
        Publish {
            delivery: *delivery,
            retain: *retain,
            topic: topic.as_ref().map(|topic| topic.map_storage(f)),
            properties: properties.map_storage(f),
            payload: f(payload),
        }
    }
}

encoding!(Publish<B>);
head_encoding!(Publish);
storages!(Publish);
