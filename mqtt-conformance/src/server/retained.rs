//! Retained messages: the last one of each topic.

use super::limits::Limits;
use super::message::Message;
use super::rule_table::Rules;
use super::topics::matches;
use bytes::Bytes;
use mqtt_codec::{Qos, TopicName, Version};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The retained message of each topic.
#[derive(Debug, Default)]
pub(super) struct Retained {
    messages: BTreeMap<Bytes, Arc<Message>>,
    weight: usize,
}

impl Retained {
    /// Only the message that tells which broker this is.
    pub(super) fn with_version() -> Self {
        let mut retained = Self::default();
        if let Ok(topic) = TopicName::try_from("$SYS/broker/version") {
            let about = concat!("mqtt-conformance reference broker ", env!("CARGO_PKG_VERSION"));
            let message = Message::new(topic, Bytes::from_static(about.as_bytes()), 0, Bytes::new());
            retained.insert(Arc::new(Message { retain: true, ..message }));
        }
        retained
    }

    fn insert(&mut self, message: Arc<Message>) {
        self.remove(message.topic.as_bytes());
        self.weight += message.weight();
        self.messages.insert(Bytes::copy_from_slice(message.topic.as_bytes()), message);
    }

    fn remove(&mut self, topic: &[u8]) {
        if let Some(message) = self.messages.remove(topic) {
            self.weight = self.weight.saturating_sub(message.weight());
        }
    }

    /// Does with a published message what its RETAIN flag says; `false` when there is no room to keep it.
    pub(super) fn take(&mut self, message: &Arc<Message>, rules: &Rules, limits: &Limits) -> bool {
        let topic = message.topic.as_bytes();
        if !message.retain {
            // [5.0/MQTT-3.3.1-8, 3.1.1/MQTT-3.3.1-12]
            if !rules.unretained_changes_nothing {
                self.remove(topic);
            }
            // [5.0/MQTT-3.3.1-8, 3.1.1/MQTT-3.3.1-12]
            if !rules.stores_only_retained && !message.payload.is_empty() {
                self.insert(Arc::clone(message));
            }
            return true;
        }
        if message.payload.is_empty() {
            // [3.1/V31-2.1-8]
            let spared =
                message.version == Version::V3_1 && limits.liberties.keeps_retained_when_emptied_in_3_1;
            if rules.clears_retained && !spared {
                self.remove(topic); // [5.0/MQTT-3.3.1-6]
            }
            // [5.0/MQTT-3.3.1-7, 3.1.1/MQTT-3.3.1-11]
            if !rules.stores_no_empty_retained {
                self.insert(Arc::clone(message));
            }
            return true;
        }
        // [5.0/3.3.1.3, 3.1.1/MQTT-3.3.1-7]
        if message.qos == Qos::AtMostOnce && limits.liberties.drops_qos_0_retained {
            self.remove(topic);
            return true;
        }
        let known = self.messages.contains_key(topic);
        // [3.1/V31-2.1-4]
        // [3.1.1/MQTT-3.3.1-7]
        if !limits.retain_available || !rules.stores_retained || known && !rules.replaces_retained {
            return true;
        }
        let room = (known || self.messages.len() < limits.retained)
            && self.weight.saturating_add(message.weight()) <= limits.retained_bytes;
        if room {
            self.insert(Arc::clone(message)); // [5.0/MQTT-3.3.1-5]
        } else {
            self.remove(topic);
        }
        room
    }

    /// The messages of topics that match, dropping those whose expiry has passed.
    pub(super) fn matching(&mut self, now: u64, rules: &Rules, filter: &[u8]) -> Vec<Arc<Message>> {
        if rules.drops_expired_messages {
            let expired = |message: &Message| message.is_expired(now);
            let gone: usize = self.messages.values().filter(|m| expired(m)).map(|m| m.weight()).sum();
            self.messages.retain(|_, message| !expired(message)); // [5.0/MQTT-3.3.2-5]
            self.weight = self.weight.saturating_sub(gone);
        }
        self.messages
            .values()
            .filter(|message| matches(rules, filter, message.topic.as_bytes()))
            .map(Arc::clone)
            .collect()
    }

    /// Drops what a client published, as only a broken server does.
    pub(super) fn forget_publisher(&mut self, publisher: &Bytes) {
        self.messages.retain(|_, message| message.publisher != *publisher);
    }
}
