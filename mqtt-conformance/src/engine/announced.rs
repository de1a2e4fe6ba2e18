//! What a broker announced in CONNACK, and a script that knows nothing of it would break.
//!
//! A script that is about one of these limits names it in what it expects of CONNACK; it is left alone. Any other test that would
//! go farther than the broker allows is skipped: what the broker does then is no fault of its own.

use std::collections::BTreeSet;
use std::time::Duration;

use mqtt_codec::PacketType;
use tokio::time::Instant;

use crate::script::ast::ValueKind;
use crate::script::{Action, Expected, Step};
use crate::tree::Packet;

/// The shortest session that every script can do with, in seconds.
const ENOUGH: u64 = 10;

/// The limits of one connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Announced {
    receive_maximum: Option<u64>,
    maximum_packet_size: Option<u64>,
    /// What the client's CONNECT asked for.
    asked_expiry: Option<u64>,
    /// Identifiers of the client's messages that are not acknowledged.
    in_flight: BTreeSet<u64>,
    /// The Keep Alive that the broker set.
    keep_alive: Option<Duration>,
    /// When the client sent last.
    sent: Option<Instant>,
    /// It was silent for longer than the broker's Keep Alive.
    overslept: bool,
}

impl Announced {
    /// The Keep Alive of CONNACK, if the client was or is silent for longer.
    pub(super) fn overslept(&self) -> Option<Duration> {
        let limit = self.keep_alive.filter(|limit| !limit.is_zero())?;
        let silent = self.sent.is_some_and(|sent| sent.elapsed() > limit);
        (self.overslept || silent).then_some(limit)
    }

    /// Takes note that the client sends something.
    pub(super) fn awake(&mut self) {
        self.overslept = self.overslept().is_some();
        self.sent = Some(Instant::now());
    }

    /// Takes note of a packet from the broker. Why the test cannot go on, if so.
    pub(super) fn received(&mut self, packet: &Packet, known: &BTreeSet<String>) -> Option<String> {
        match packet.kind() {
            PacketType::ConnAck => {
                self.receive_maximum = packet.property_number("receive_maximum");
                self.maximum_packet_size = packet.property_number("maximum_packet_size");
                self.keep_alive = packet.property_number("server_keep_alive").map(Duration::from_secs);
                let cut = packet.property_number("session_expiry_interval").filter(|cut| *cut < ENOUGH);
                let asked = self.asked_expiry.filter(|asked| cut.is_some_and(|cut| cut < *asked))?;
                (!known.contains("session_expiry_interval")).then(|| {
                    format!(
                        "asks for a session of {asked} s, where CONNACK allows {} s",
                        cut.unwrap_or_default()
                    )
                })
            }
            PacketType::PubAck | PacketType::PubComp => self.acknowledged(packet),
            PacketType::PubRec if packet.code().is_some_and(|reason| reason >= 0x80) => {
                self.acknowledged(packet)
            }
            _ => None,
        }
    }

    fn acknowledged(&mut self, packet: &Packet) -> Option<String> {
        if let Some(id) = packet.packet_id() {
            self.in_flight.remove(&id);
        }
        None
    }

    /// Takes note of a packet of so many bytes that the client is about to send. What it would break, if anything.
    pub(super) fn sends(&mut self, packet: &Packet, size: usize, known: &BTreeSet<String>) -> Option<String> {
        if packet.is(PacketType::Connect) {
            self.asked_expiry = packet.property_number("session_expiry_interval");
            return None;
        }
        let size = u64::try_from(size).unwrap_or(u64::MAX);
        if let Some(most) = self.maximum_packet_size.filter(|most| size > *most)
            && !known.contains("maximum_packet_size")
        {
            return Some(format!("sends a packet of {size} bytes, where CONNACK allows {most}"));
        }
        if packet.is(PacketType::Publish)
            && let Some(id) = packet.packet_id()
        {
            self.in_flight.insert(id);
            let count = u64::try_from(self.in_flight.len()).unwrap_or(u64::MAX);
            if let Some(most) = self.receive_maximum.filter(|most| count > *most)
                && !known.contains("receive_maximum")
            {
                return Some(format!("has {count} messages on their way, where CONNACK allows {most}"));
            }
        }
        None
    }
}

/// The properties that a test names where it expects CONNACK: it knows of these limits.
pub(super) fn known_limits(steps: &[Step]) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    let mut left = vec![steps];
    while let Some(steps) = left.pop() {
        for step in steps {
            match &step.action {
                Action::Expect { expected: Expected::Packet { packet, fields }, .. }
                    if packet == "CONNACK" =>
                {
                    for field in fields.iter().filter(|field| field.name.text == "properties") {
                        let ValueKind::List { items, .. } = &field.value.kind else { continue };
                        known.extend(items.iter().filter_map(|item| match &item.kind {
                            ValueKind::Member(member) => Some(member.name.text.clone()),
                            _ => None,
                        }));
                    }
                }
                Action::AnyOrder(branches) | Action::Either(branches) => {
                    left.extend(branches.iter().map(Vec::as_slice));
                }
                Action::Repeat { steps, .. } => left.push(steps),
                _ => {}
            }
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn packet(values: Value) -> Packet {
        Packet::try_from(values).unwrap()
    }

    fn none() -> BTreeSet<String> {
        BTreeSet::new()
    }

    fn announced(properties: &Value) -> Announced {
        let mut announced = Announced::default();
        let connack = packet(json!({"type": "connack", "reason": 0, "properties": properties}));
        assert_eq!(announced.received(&connack, &none()), None);
        announced
    }

    #[test]
    fn one_message_more_than_the_receive_maximum_is_too_many() {
        let publish = |id: u64| packet(json!({"type": "publish", "qos": 1, "packet_id": id}));
        let mut limits = announced(&json!([{"receive_maximum": 1}]));
        assert_eq!(limits.sends(&publish(1), 9, &none()), None);
        assert_eq!(limits.sends(&publish(1), 9, &none()), None, "sent again");
        assert!(limits.sends(&publish(2), 9, &none()).is_some_and(|reason| reason.contains("allows 1")));
        limits.received(&packet(json!({"type": "puback", "packet_id": 2})), &none());
        limits.received(&packet(json!({"type": "pubrec", "packet_id": 1, "reason": 0x97})), &none());
        assert_eq!(limits.sends(&publish(3), 9, &none()), None);
        assert_eq!(limits.sends(&publish(4), 9, &BTreeSet::from(["receive_maximum".to_owned()])), None);
    }

    #[test]
    fn packets_are_held_against_the_maximum_packet_size() {
        let ping = packet(json!({"type": "pingreq"}));
        let mut limits = announced(&json!([{"maximum_packet_size": 20}]));
        assert_eq!(limits.sends(&ping, 20, &none()), None);
        assert!(limits.sends(&ping, 21, &none()).is_some());
        assert_eq!(limits.sends(&ping, 21, &BTreeSet::from(["maximum_packet_size".to_owned()])), None);
    }

    #[test]
    fn a_session_that_was_cut_short_is_not_enough() {
        let cut = |asked: u64, to: u64| {
            let mut limits = Announced::default();
            let connect = json!({"type": "connect", "properties": [{"session_expiry_interval": asked}]});
            limits.sends(&packet(connect), 9, &none());
            let connack = json!({"type": "connack", "properties": [{"session_expiry_interval": to}]});
            limits.received(&packet(connack), &none()).is_some()
        };
        assert!(cut(60, 5));
        assert!(!cut(60, 30));
        assert!(!cut(1, 1));
    }
}
