//! From one version's PUBLISH to the other's, for gateways.

use crate::storage::{Shared, Storage};
use crate::types::BuildError;
use crate::v5::PropertyId;
use crate::{v3, v5};
use core::fmt;

/// What a PUBLISH of 5.0 says that one of 3.x cannot say: the properties that a conversion left out.
///
/// It is shown as a list of their names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Lost(u64);

impl Lost {
    /// Whether nothing was left out.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The properties, in the order of their numbers; each once.
    pub fn iter(self) -> impl Iterator<Item = PropertyId> {
        PropertyId::ALL.iter().copied().filter(move |id| self.0 & id.bit() != 0)
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, id) in self.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            write!(f, "{comma}{}", id.field())?;
        }
        Ok(())
    }
}

/// Nothing is lost.
impl<B: Storage> From<v3::Publish<B>> for v5::Publish<B> {
    fn from(publish: v3::Publish<B>) -> Self {
        let v3::Publish { delivery, retain, topic, payload } = publish;
        let mut converted = Self::new(topic, payload);
        converted.delivery = delivery;
        converted.retain = retain;
        converted
    }
}

impl<B: Storage> v5::Publish<B> {
    /// The same message for a receiver that speaks 3.1 or 3.1.1, and the properties that it loses by that.
    ///
    /// The Topic Alias counts as lost only by name: the Topic Name beside it goes along.
    ///
    /// ```
    /// use mqtt_codec::{TopicName, v5};
    ///
    /// let mut memory = [0; 32];
    /// let properties = v5::PublishProperties::builder_in(&mut memory).content_type("text/plain").finish()?;
    /// let publish = v5::Publish::with_properties(TopicName::new("a/b")?, properties, b"hello".as_slice());
    /// let (converted, lost) = publish.to_v3()?;
    /// assert_eq!((converted.topic.as_bytes(), converted.payload), (&b"a/b"[..], &b"hello"[..]));
    /// assert_eq!(lost.to_string(), "Content Type");
    /// assert_eq!(v5::Publish::from(converted).properties().iter().count(), 0); // and back: nothing more is lost
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When there is no Topic Name: a Topic Alias means nothing to the receiver.
    pub fn to_v3(&self) -> Result<(v3::Publish<B>, Lost), BuildError> {
        let topic = self.topic().cloned().ok_or(BuildError::TopicAlias)?;
        let lost = self.properties().iter().fold(0, |lost, property| lost | property.id().bit());
        let publish = v3::Publish {
            delivery: self.delivery,
            retain: self.retain,
            topic,
            payload: self.payload.clone(),
        };
        Ok((publish, Lost(lost)))
    }
}

/// Where to look at a PUBLISH of any version.
///
/// ```
/// use mqtt_codec::{AnyPacket, TopicName, v3};
///
/// let packet = AnyPacket::from(v3::Publish::new(TopicName::new("a/b")?, &b"hello"[..]));
/// let publish = packet.as_publish().unwrap();
/// assert_eq!((publish.topic.unwrap().as_bytes(), publish.payload), (&b"a/b"[..], &b"hello"[..]));
/// # Ok::<(), mqtt_codec::InvalidTopic>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AnyPublish<'a> {
    /// The QoS, and with it Packet Identifier and DUP.
    pub delivery: crate::Delivery,
    /// RETAIN.
    pub retain: bool,
    /// The Topic Name; `None` in 5.0 where a Topic Alias stands for it.
    pub topic: Option<crate::TopicName<&'a [u8]>>,
    /// The Application Message.
    pub payload: &'a [u8],
}

impl<B: Storage> crate::AnyPacket<B> {
    /// What the PUBLISH packets of all versions have in common, if this is one.
    #[must_use]
    pub fn as_publish(&self) -> Option<AnyPublish<'_>> {
        Some(match self {
            Self::V3(v3::Packet::Publish(publish)) => AnyPublish {
                delivery: publish.delivery,
                retain: publish.retain,
                topic: Some(publish.topic.as_borrowed()),
                payload: publish.payload.as_ref(),
            },
            Self::V5(v5::Packet::Publish(publish)) => AnyPublish {
                delivery: publish.delivery,
                retain: publish.retain,
                topic: publish.topic().map(crate::TopicName::as_borrowed),
                payload: publish.payload.as_ref(),
            },
            _ => return None,
        })
    }

    /// The packet of 3.x, if it is one.
    #[must_use]
    pub fn into_v3(self) -> Option<v3::Packet<B>> {
        match self {
            Self::V3(packet) => Some(packet),
            Self::V5(_) => None,
        }
    }

    /// The packet of 5.0, if it is one.
    #[must_use]
    pub fn into_v5(self) -> Option<v5::Packet<B>> {
        match self {
            Self::V5(packet) => Some(packet),
            Self::V3(_) => None,
        }
    }
}

impl crate::AnyPacket<Shared> {
    /// A PINGREQ. It is the same in every version.
    ///
    /// ```
    /// use mqtt_codec::{AnyPacket, Version};
    ///
    /// assert_eq!(AnyPacket::ping_req(Version::V5).encode(&mut [0; 2]), Ok(2));
    /// ```
    #[must_use]
    pub const fn ping_req(version: crate::Version) -> Self {
        match version {
            crate::Version::V5 => Self::V5(v5::Packet::PingReq),
            _ => Self::V3(v3::Packet::PingReq),
        }
    }

    /// A PINGRESP. It is the same in every version.
    #[must_use]
    pub const fn ping_resp(version: crate::Version) -> Self {
        match version {
            crate::Version::V5 => Self::V5(v5::Packet::PingResp),
            _ => Self::V3(v3::Packet::PingResp),
        }
    }
}
