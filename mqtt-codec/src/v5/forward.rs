//! Passing a PUBLISH on: what ends at a hop is dropped, what the next hop needs is set.
//!
//! MQTT 5.0 §3.3.2.3, §3.3.4.

use super::property::{Property, PropertyId};
use super::value::SubscriptionId;
use super::{Publish, PublishProperties};
use crate::types::{BuildError, Delivery, TopicName};
use bytes::Bytes;

/// A PUBLISH that is to be passed on; made by [`Publish::forward`].
///
/// Topic Alias and Subscription Identifiers are dropped, because they belong to the connection that the packet came by; all
/// other properties go along in their order \[5.0/MQTT-3.3.2-18\]. It is QoS 0 and not retained until something else is set.
#[derive(Clone, Debug)]
#[must_use = "nothing is built until `finish`"]
pub struct Forward<'p, I = [SubscriptionId; 0]> {
    publish: &'p Publish<Bytes>,
    delivery: Delivery,
    retain: bool,
    expiry: Option<u32>,
    identifiers: I,
}

impl Publish<Bytes> {
    /// Starts the packet that passes this message on, over the same memory.
    ///
    /// ```
    /// use mqtt_codec::{Delivery, PacketId, TopicName, v5};
    ///
    /// let properties = v5::PublishProperties::builder()
    ///     .topic_alias(3)
    ///     .message_expiry_interval(60)
    ///     .user_property("origin", "hall 3")
    ///     .finish()?;
    /// let topic = TopicName::from_static("a/b").into();
    /// let received = v5::Publish::with_properties(topic, properties, b"hello"[..].into());
    ///
    /// let delivery = Delivery::AtLeastOnce { packet_id: PacketId::MIN, dup: false };
    /// let subscription = v5::SubscriptionId::new(7).unwrap();
    /// let sent = received.forward().delivery(delivery).expiry_left(58).identifiers([subscription]).finish()?;
    /// assert_eq!((sent.topic_alias(), sent.properties().message_expiry_interval()), (None, Some(58)));
    /// assert_eq!(sent.properties().subscription_identifier(), Some(subscription));
    /// assert_eq!(sent.properties().user_properties().count(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub const fn forward(&self) -> Forward<'_> {
        Forward {
            publish: self,
            delivery: Delivery::AtMostOnce,
            retain: false,
            expiry: None,
            identifiers: [],
        }
    }
}

impl<'p, I: IntoIterator<Item = SubscriptionId>> Forward<'p, I> {
    /// The QoS of the next hop, with its Packet Identifier. Default: QoS 0.
    pub fn delivery(self, delivery: Delivery) -> Self {
        Self { delivery, ..self }
    }

    /// RETAIN. Default: `false`. §3.3.1.3.
    pub fn retain(self, retain: bool) -> Self {
        Self { retain, ..self }
    }

    /// The Message Expiry Interval that is left, in seconds \[5.0/MQTT-3.3.2-6\]. It takes the place of the one that came; a
    /// message that came without one gets none. Default: as it came.
    pub fn expiry_left(self, seconds: u32) -> Self {
        Self { expiry: Some(seconds), ..self }
    }

    /// The identifiers of the subscriptions that matched \[5.0/MQTT-3.3.4-3\] \[5.0/MQTT-3.3.4-4\]. Default: none.
    pub fn identifiers<J: IntoIterator<Item = SubscriptionId>>(self, identifiers: J) -> Forward<'p, J> {
        let Self { publish, delivery, retain, expiry, identifiers: _ } = self;
        Forward { publish, delivery, retain, expiry, identifiers }
    }

    /// The packet. Its properties are those of the received one, by reference count, where nothing changes.
    ///
    /// # Errors
    ///
    /// When the received packet has no Topic Name but a Topic Alias: see [`finish_to`](Self::finish_to).
    pub fn finish(self) -> Result<Publish<Bytes>, BuildError> {
        let topic = self.publish.topic().cloned().ok_or(BuildError::TopicAlias)?;
        self.finish_to(topic)
    }

    /// The packet, with the Topic Name that the received Topic Alias stands for, or with another one.
    ///
    /// # Errors
    ///
    /// When the properties become longer than a packet can be.
    pub fn finish_to(self, topic: TopicName<Bytes>) -> Result<Publish<Bytes>, BuildError> {
        let properties = forwarded(self.publish.properties(), self.expiry, self.identifiers)?;
        let mut publish = Publish::with_properties(topic, properties, self.publish.payload.clone());
        publish.delivery = self.delivery;
        publish.retain = self.retain;
        Ok(publish)
    }
}

fn forwarded(
    received: &PublishProperties<Bytes>,
    expiry: Option<u32>,
    identifiers: impl IntoIterator<Item = SubscriptionId>,
) -> Result<PublishProperties<Bytes>, BuildError> {
    let stays = |property: &Property<'_>| match property.id() {
        PropertyId::TopicAlias | PropertyId::SubscriptionIdentifier => false,
        PropertyId::MessageExpiryInterval => expiry.is_none(),
        _ => true,
    };
    let mut identifiers = identifiers.into_iter().peekable();
    if identifiers.peek().is_none() && received.iter().all(|property| stays(&property)) {
        return Ok(received.clone());
    }
    let mut properties = received.edit(stays);
    if let Some(seconds) = expiry.filter(|_| received.message_expiry_interval().is_some()) {
        properties = properties.message_expiry_interval(seconds);
    }
    for identifier in identifiers {
        properties = properties.subscription_identifier(identifier.get());
    }
    properties.finish()
}
