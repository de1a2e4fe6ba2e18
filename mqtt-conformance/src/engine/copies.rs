//! Second copies that a broker may send: 3.1.1 and 5.0 let it (3.8.4-6, 3.8.4-8) where a message of QoS 1 meets a subscription
//! that was granted QoS 0.

use std::collections::BTreeMap;

use mqtt_codec::PacketType;
use serde_json::Value as Tree;

use crate::tree::Packet;

type Message = (String, String);

/// The messages of QoS 1 that a test has published, and how often.
#[derive(Debug, Default)]
pub(super) struct Published(BTreeMap<Message, usize>);

/// The copies at QoS 0 that one connection has received.
#[derive(Debug, Default)]
pub(super) struct Copies {
    live: BTreeMap<Message, usize>,
    retained: BTreeMap<Message, usize>,
    /// How many filters its client has subscribed to: each may bring a retained message.
    filters: usize,
}

impl Published {
    /// Takes note of a packet that a client sends.
    pub(super) fn sent(&mut self, packet: &Packet) {
        if let Some(message) = message(packet, 1) {
            *self.0.entry(message).or_default() += 1;
        }
    }
}

impl Copies {
    /// Takes note of a packet that came. Whether it is one copy more than messages were published.
    pub(super) fn is_one_more(&mut self, packet: &Packet, published: &Published) -> bool {
        let Some(message) = message(packet, 0) else { return false };
        let Some(times) = published.0.get(&message) else { return false };
        let (copies, most) =
            if packet.flag("retain") { (&mut self.retained, self.filters) } else { (&mut self.live, *times) };
        let copies = copies.entry(message).or_default();
        *copies += 1;
        *copies > most
    }

    /// Takes note of a packet that the client sends.
    pub(super) fn sent(&mut self, packet: &Packet) {
        if packet.is(PacketType::Subscribe) {
            self.filters += packet.get("filters").and_then(Tree::as_array).map_or(0, Vec::len);
        }
    }
}

fn message(packet: &Packet, qos: u64) -> Option<Message> {
    let of_qos = packet.is(PacketType::Publish) && packet.get("qos").and_then(Tree::as_u64) == Some(qos);
    let topic = packet.text("topic")?;
    of_qos.then(|| (topic.to_owned(), packet.get("payload").map(Tree::to_string).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn packet(qos: u8, payload: &str) -> Packet {
        let values = json!({"type": "publish", "qos": qos, "topic": "a", "payload": payload});
        Packet::try_from(values).unwrap()
    }

    #[test]
    fn a_second_copy_of_a_qos_1_message_at_qos_0_is_one_more() {
        let mut published = Published::default();
        published.sent(&packet(1, "x"));
        published.sent(&packet(2, "y"));
        let mut copies = Copies::default();
        assert!(!copies.is_one_more(&packet(0, "x"), &published));
        assert!(copies.is_one_more(&packet(0, "x"), &published));
        assert!(!copies.is_one_more(&packet(1, "x"), &published));
        assert!(!copies.is_one_more(&packet(0, "y"), &published));
        assert!(!copies.is_one_more(&packet(0, "y"), &published));
        published.sent(&packet(1, "x"));
        assert!(copies.is_one_more(&packet(0, "x"), &published), "the third of two");
    }

    #[test]
    fn each_filter_brings_a_retained_message_once() {
        let retained = |qos: u8| {
            let values = json!({"type": "publish", "qos": qos, "retain": true, "topic": "a", "payload": "x"});
            Packet::try_from(values).unwrap()
        };
        let mut published = Published::default();
        published.sent(&retained(1));
        let mut copies = Copies::default();
        let filters = json!([{"filter": "a"}, {"filter": "#"}]);
        copies.sent(&Packet::try_from(json!({"type": "subscribe", "filters": filters})).unwrap());
        assert!(!copies.is_one_more(&retained(0), &published));
        assert!(!copies.is_one_more(&retained(0), &published));
        assert!(copies.is_one_more(&retained(0), &published));
    }
}
