//! An Application Message, apart from the version in which it came.

use bytes::Bytes;
use mqtt_codec::v5::{Property, PublishProperties};
use mqtt_codec::{Qos, Text, TopicName, Version, v3, v5};

/// An Application Message on its way from a publisher to subscribers of any version.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) topic: TopicName,
    pub(super) payload: Bytes,
    pub(super) qos: Qos,
    pub(super) retain: bool,
    /// DUP as it came; only a broken server passes it on.
    pub(super) dup: bool,
    /// As they came; what does not travel on is left out when they are sent.
    pub(super) properties: PublishProperties,
    /// Message Expiry Interval, in seconds.
    pub(super) expiry: Option<u32>,
    /// When the message came.
    pub(super) since: u64,
    /// How much longer than its interval the message lasts, in milliseconds.
    pub(super) grace: u64,
    /// Whether it is a Will.
    pub(super) will: bool,
    /// The version in which it came.
    pub(super) version: Version,
    /// The client identifier of the publisher.
    pub(super) publisher: Bytes,
    /// Whether the topic is text by the rules of 3.1.1 and 5.0; 3.1 has none.
    pub(super) well_formed: bool,
}

impl Message {
    pub(super) fn new(topic: TopicName, payload: Bytes, now: u64, publisher: Bytes) -> Self {
        let well_formed = Text::from_utf8(topic.as_bytes()).is_ok();
        Self {
            topic,
            payload,
            qos: Qos::AtMostOnce,
            retain: false,
            dup: false,
            properties: PublishProperties::default(),
            expiry: None,
            since: now,
            version: Version::V5,
            grace: 0,
            will: false,
            publisher,
            well_formed,
        }
    }

    /// When the expiry passes. An interval of 0 lets the message pass at once, and not later.
    pub(super) fn expires_at(&self) -> Option<u64> {
        self.expiry.map(|seconds| {
            let interval = (u64::from(seconds) * 1000).max(1);
            self.since.saturating_add(interval).saturating_add(self.grace)
        })
    }

    /// Whether the expiry has passed.
    pub(super) fn is_expired(&self, now: u64) -> bool {
        self.expires_at().is_some_and(|at| at <= now)
    }

    /// What is left of the Message Expiry Interval, in seconds.
    pub(super) fn remaining(&self, now: u64, rounded_down: bool) -> Option<u32> {
        let waited = now.saturating_sub(self.since);
        let waited = if rounded_down { waited.div_ceil(1000) } else { waited / 1000 };
        let waited = u32::try_from(waited).unwrap_or(u32::MAX);
        self.expiry.map(|seconds| seconds.saturating_sub(waited))
    }

    /// The bytes that it takes to keep.
    pub(super) fn weight(&self) -> usize {
        self.topic.as_bytes().len() + self.payload.len() + self.properties.as_bytes().len()
    }
}

/// A message that is published when its client is gone.
#[derive(Clone, Debug)]
pub(super) struct Will {
    pub(super) message: Message,
    /// Will Delay Interval, in seconds.
    pub(super) delay: u32,
}

impl Will {
    /// The Will of a CONNECT of 3.x.
    pub(super) fn v3(will: &v3::Will, client: &Bytes) -> Self {
        let message = Message::new(will.topic.clone(), will.payload.clone().into_inner(), 0, client.clone());
        Self { message: Message { qos: will.qos, retain: will.retain, will: true, ..message }, delay: 0 }
    }

    /// The Will of a CONNECT of 5.0: its properties are those of the PUBLISH that it becomes, and the delay.
    pub(super) fn v5(will: &v5::Will, client: &Bytes) -> Self {
        let mut properties = PublishProperties::builder();
        for property in &will.properties {
            if !matches!(property, Property::WillDelayInterval(_)) {
                properties = properties.push(property);
            }
        }
        let message = Message::new(will.topic.clone(), will.payload.clone().into_inner(), 0, client.clone());
        let message = Message {
            qos: will.qos,
            retain: will.retain,
            will: true,
            // A Will carries nothing that a PUBLISH may not, but for the delay.
            properties: properties.finish().unwrap_or_default(),
            expiry: will.properties.message_expiry_interval(),
            ..message
        };
        Self { message, delay: will.properties.will_delay_interval().unwrap_or(0) }
    }
}
