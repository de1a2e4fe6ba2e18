//! Messages that no client of the test caused: a server may subscribe its clients to topics of its own (3.1.1 and 5.0: 4.5).

use std::collections::{BTreeMap, BTreeSet};

use mqtt_codec::PacketType;
use serde_json::Value as Tree;

use crate::script::{Action, Expected, Step, Variables, eval};
use crate::tree::Packet;

/// The topics and filters that a test has used.
#[derive(Debug, Default)]
pub(super) struct Topics {
    /// What tells this test's topics from those of others.
    mark: String,
    published: BTreeSet<String>,
    filters: BTreeSet<String>,
    /// The topics of the Topic Aliases that the broker has set, by connection and alias.
    aliases: BTreeMap<(usize, u64), String>,
}

impl Topics {
    pub(super) fn new(mark: String) -> Self {
        Self { mark, ..Self::default() }
    }

    /// Takes note of the topics on which the steps expect messages.
    pub(super) fn expected(&mut self, steps: &[Step], variables: &Variables) {
        for step in steps {
            match &step.action {
                Action::Expect { expected: Expected::Packet { fields, .. }, .. } => {
                    let topic = fields.iter().find(|field| field.name.text == "topic");
                    let topic = topic.and_then(|field| eval(&field.value, variables).ok());
                    self.publishes(topic.as_ref().and_then(Tree::as_str));
                }
                Action::AnyOrder(branches) | Action::Either(branches) => {
                    for branch in branches {
                        self.expected(branch, variables);
                    }
                }
                Action::Repeat { steps, .. } => self.expected(steps, variables),
                _ => {}
            }
        }
    }

    /// Takes note of a packet that a client sends.
    pub(super) fn sent(&mut self, packet: &Packet) {
        match packet.kind() {
            PacketType::Publish => self.publishes(packet.text("topic")),
            PacketType::Connect => {
                self.publishes(packet.get("will").and_then(|will| will.get("topic")).and_then(Tree::as_str));
            }
            PacketType::Subscribe => {
                let filters = packet.get("filters").and_then(Tree::as_array).into_iter().flatten();
                self.filters.extend(filters.filter_map(|one| one.get("filter")?.as_str()).map(str::to_owned));
            }
            _ => {}
        }
    }

    fn publishes(&mut self, topic: Option<&str>) {
        // Most topics have the mark.
        self.published.extend(topic.filter(|topic| !topic.contains(&self.mark)).map(str::to_owned));
    }

    /// Whether a packet that came on a connection is a message on a topic that has nothing to do with the test: no client of it
    /// published there, none subscribed to it, and no step expects one.
    pub(super) fn are_foreign_to(&mut self, connection: usize, packet: &Packet) -> bool {
        if !packet.is(PacketType::Publish) {
            return false;
        }
        let Some(mut topic) = packet.text("topic") else { return false };
        if let Some(alias) = packet.property_number("topic_alias") {
            if topic.is_empty() {
                topic = self.aliases.get(&(connection, alias)).map_or("", String::as_str);
            } else {
                self.aliases.insert((connection, alias), topic.to_owned());
            }
        }
        !topic.is_empty()
            && !topic.contains(&self.mark)
            && !self.published.contains(topic)
            && !self.filters.iter().any(|filter| matches(filter, topic))
    }
}

/// Whether a filter matches a topic. [3.1.1/MQTT-4.7.2-1, 5.0/MQTT-4.7.2-1]
fn matches(filter: &str, topic: &str) -> bool {
    let shared = filter.strip_prefix("$share/").and_then(|rest| rest.split_once('/'));
    let filter = shared.map_or(filter, |(_, filter)| filter);
    if topic.starts_with('$') && filter.starts_with(['#', '+']) {
        return false;
    }
    let mut levels = topic.split('/');
    for wanted in filter.split('/') {
        if wanted == "#" {
            return true;
        }
        match levels.next() {
            Some(level) if wanted == "+" || wanted == level => {}
            _ => return false,
        }
    }
    levels.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn packet(values: Value) -> Packet {
        Packet::try_from(values).unwrap()
    }

    fn message(topic: &str) -> Packet {
        packet(json!({"type": "publish", "topic": topic}))
    }

    #[test]
    fn a_topic_that_the_test_uses_is_not_foreign() {
        let mut topics = Topics::new("mark".to_owned());
        assert!(topics.are_foreign_to(0, &message("$SYS/greeting")));
        assert!(!topics.are_foreign_to(0, &message("mqcmark/a")));
        assert!(!topics.are_foreign_to(0, &packet(json!({"type": "puback", "packet_id": 1}))));
        for (sent, topic) in [
            (json!({"type": "publish", "topic": "a"}), "a"),
            (json!({"type": "connect", "will": {"topic": "b"}}), "b"),
            (json!({"type": "subscribe", "filters": [{"filter": "c/+/d"}]}), "c//d"),
            (json!({"type": "subscribe", "filters": [{"filter": "$share/g/e/#"}]}), "e"),
            (json!({"type": "subscribe", "filters": [{"filter": "+"}]}), "other"),
        ] {
            assert!(topics.are_foreign_to(0, &message(topic)), "{topic}");
            topics.sent(&packet(sent));
            assert!(!topics.are_foreign_to(0, &message(topic)), "{topic}");
        }
        topics.sent(&packet(json!({"type": "subscribe", "filters": [{"filter": "#"}]})));
        assert!(topics.are_foreign_to(0, &message("$SYS/greeting")));
        assert!(!topics.are_foreign_to(0, &message("a/b/c")));
    }

    #[test]
    fn an_alias_stands_for_its_topic() {
        let aliased = |topic: &str, alias: u64| {
            packet(json!({"type": "publish", "topic": topic, "properties": [{"topic_alias": alias}]}))
        };
        let mut topics = Topics::new("mark".to_owned());
        assert!(topics.are_foreign_to(0, &aliased("$SYS/greeting", 1)));
        assert!(!topics.are_foreign_to(0, &aliased("mqcmark", 2)));
        assert!(topics.are_foreign_to(0, &aliased("", 1)));
        assert!(!topics.are_foreign_to(0, &aliased("", 2)));
        assert!(!topics.are_foreign_to(1, &aliased("", 1)), "another connection");
    }
}
