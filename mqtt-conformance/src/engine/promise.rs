//! What a client's own packets bind the broker to, watched on every connection, whatever the script expects.
//!
//! The codec judges a packet by itself; these are the rules that take the packets before it: the sizes and numbers that
//! CONNECT set, and the identifiers that are in use.

use std::collections::BTreeSet;

use mqtt_codec::{PacketType, Version};

use crate::tree::Packet;

/// What one connection has been told, and what is on its way on it.
#[derive(Debug)]
pub(super) struct Promises {
    version: Version,
    connected: bool,
    /// Maximum Packet Size of CONNECT.
    largest: Option<u64>,
    /// Topic Alias Maximum of CONNECT.
    highest_alias: u64,
    /// The Topic Aliases that the broker has set.
    aliases: BTreeSet<u64>,
    /// Identifiers of the broker's messages that are not acknowledged.
    in_flight: BTreeSet<u64>,
}

impl Promises {
    pub(super) fn new(version: Version) -> Self {
        Self {
            version,
            connected: false,
            largest: None,
            highest_alias: 0,
            aliases: BTreeSet::new(),
            in_flight: BTreeSet::new(),
        }
    }

    /// Takes note of a packet that the client sends.
    pub(super) fn sent(&mut self, packet: &Packet) {
        let id = packet.packet_id();
        match packet.kind() {
            PacketType::Connect if !self.connected => {
                self.connected = true;
                self.largest = packet.property_number("maximum_packet_size");
                self.highest_alias = packet.property_number("topic_alias_maximum").unwrap_or(0);
            }
            PacketType::PubAck | PacketType::PubComp => self.acknowledged(id),
            // An error ends the delivery.
            PacketType::PubRec if packet.code().is_some_and(|reason| reason >= 0x80) => {
                self.acknowledged(id);
            }
            _ => {}
        }
    }

    fn acknowledged(&mut self, id: Option<u64>) {
        if let Some(id) = id {
            self.in_flight.remove(&id);
        }
    }

    /// Whether a packet is a message that came before on this connection, is not acknowledged, and comes again as such. The
    /// versions before 5.0 leave it to the broker when it does that (3.1.1: 4.4, 3.1: 4.2).
    pub(super) fn repeats(&self, packet: &Packet) -> bool {
        self.version != Version::V5
            && packet.is(PacketType::Publish)
            && packet.flag("dup")
            && packet.packet_id().is_some_and(|id| self.in_flight.contains(&id))
    }

    /// Takes note of a packet of so many bytes from the broker; what it breaks, if anything.
    pub(super) fn received(&mut self, length: usize, packet: &Packet) -> Option<String> {
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        if let Some(largest) = self.largest.filter(|largest| length > *largest) {
            return Some(format!(
                "{length} bytes, where the client's Maximum Packet Size is {largest} [MQTT-3.1.2-24]"
            ));
        }
        if !packet.is(PacketType::Publish) {
            return None;
        }
        self.check_alias(packet).or_else(|| self.check_id(packet))
    }

    fn check_alias(&mut self, packet: &Packet) -> Option<String> {
        let alias = packet.property_number("topic_alias")?;
        if self.connected && alias > self.highest_alias {
            return Some(match self.highest_alias {
                0 => "the client allows no Topic Alias [MQTT-3.1.2-27]".to_owned(),
                highest => format!("the client's Topic Alias Maximum is {highest} [MQTT-3.1.2-26]"),
            });
        }
        if packet.text("topic") != Some("") {
            self.aliases.insert(alias);
        } else if !self.aliases.contains(&alias) {
            return Some(format!(
                "the Topic Alias {alias} was not set on this connection (section 3.3.2.3.4)"
            ));
        }
        None
    }

    fn check_id(&mut self, packet: &Packet) -> Option<String> {
        let id = packet.packet_id()?;
        if self.in_flight.insert(id) || packet.flag("dup") {
            return None;
        }
        let source = match self.version {
            Version::V3_1 => "(section 2.4)",
            Version::V3_1_1 => "[MQTT-2.3.1-4]",
            Version::V5 => "[MQTT-2.2.1-4]",
        };
        Some(format!("the Packet Identifier {id} is in use for a message that was not acknowledged {source}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn packet(values: Value) -> Packet {
        Packet::try_from(values).unwrap()
    }

    fn client(properties: &Value) -> Promises {
        let mut promises = Promises::new(Version::V5);
        promises.sent(&packet(json!({"type": "connect", "properties": properties})));
        promises
    }

    fn publish(id: u64, dup: bool) -> Packet {
        packet(json!({"type": "publish", "topic": "a", "qos": 1, "packet_id": id, "dup": dup}))
    }

    #[track_caller]
    fn check(found: Option<String>, statement: Option<&str>) {
        let (found, statement) = (found.unwrap_or_default(), statement.unwrap_or_default());
        assert!(
            found.contains(statement) && found.is_empty() == statement.is_empty(),
            "{found:?}, expected {statement:?}"
        );
    }

    #[test]
    fn sizes_are_held_against_the_first_connect() {
        let mut promises = client(&json!([{"maximum_packet_size": 24}]));
        promises.sent(&packet(json!({"type": "connect", "properties": []})));
        check(promises.received(24, &packet(json!({"type": "puback"}))), None);
        check(promises.received(25, &packet(json!({"type": "puback"}))), Some("MQTT-3.1.2-24"));
        check(client(&json!([])).received(1 << 20, &packet(json!({"type": "puback"}))), None);
    }

    #[test]
    fn aliases_are_held_against_the_maximum_and_have_to_be_set_first() {
        let alias = |topic: &str, alias: u64| {
            packet(json!({"type": "publish", "topic": topic, "properties": [{"topic_alias": alias}]}))
        };
        let mut promises = client(&json!([{"topic_alias_maximum": 2}]));
        check(promises.received(9, &alias("", 2)), Some("3.3.2.3.4"));
        check(promises.received(9, &alias("a", 2)), None);
        check(promises.received(9, &alias("", 2)), None);
        check(promises.received(9, &alias("a", 3)), Some("MQTT-3.1.2-26"));
        check(client(&json!([])).received(9, &alias("a", 1)), Some("MQTT-3.1.2-27"));
    }

    #[test]
    fn identifiers_are_in_use_until_the_client_acknowledges() {
        for ends in [
            json!({"type": "puback", "packet_id": 7}),
            json!({"type": "pubcomp", "packet_id": 7}),
            json!({"type": "pubrec", "packet_id": 7, "reason": 0x80}),
        ] {
            let mut promises = client(&json!([]));
            check(promises.received(9, &publish(7, false)), None);
            check(promises.received(9, &publish(8, false)), None);
            promises.sent(&packet(json!({"type": "pubrec", "packet_id": 7, "reason": 0})));
            check(promises.received(9, &publish(7, false)), Some("MQTT-2.2.1-4"));
            check(promises.received(9, &publish(7, true)), None);
            promises.sent(&packet(ends));
            check(promises.received(9, &publish(7, false)), None);
        }
    }
}
