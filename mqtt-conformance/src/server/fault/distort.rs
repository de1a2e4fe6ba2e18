//! What broken rules do to the bytes of a packet, where the codec cannot write down what they do.

use crate::server::rule_table::Rules;
use bytes::{Bytes, BytesMut};
use mqtt_codec::v5::kind::Kind;
use mqtt_codec::v5::{Properties, Property, UserProperty};
use mqtt_codec::{AnyPacket, Delivery, PacketId, Text, v3, v5};

/// A code that no answer has.
const UNLISTED: u8 = 0x07;

/// The bytes of a packet as they are sent. Under the standard they stay as they are.
pub(in crate::server) fn distort(rules: &Rules, packet: &AnyPacket, bytes: BytesMut) -> BytesMut {
    match packet {
        AnyPacket::V3(packet) => distort_v3(rules, packet, bytes),
        AnyPacket::V5(packet) => {
            let mut bytes = distort_v5(rules, packet, bytes);
            // [5.0/MQTT-1.5.5-1]
            if !rules.writes_shortest_lengths {
                lengthen(&mut bytes);
            }
            bytes
        }
    }
}

fn distort_v3(rules: &Rules, packet: &v3::Packet, mut bytes: BytesMut) -> BytesMut {
    match packet {
        v3::Packet::ConnAck(connack) => distort_connack(rules, connack.return_code(), &mut bytes),
        v3::Packet::Publish(publish) if publish.delivery == Delivery::AtMostOnce => {
            let with_id = v3::Publish { delivery: AT_LEAST_ONCE, ..publish.clone() };
            distort_qos_0(rules, &AnyPacket::V3(v3::Packet::Publish(with_id)), &mut bytes);
        }
        // [5.0/MQTT-2.1.3-1, 3.1.1/MQTT-2.2.2-1, 3.1/V31-3.6-1]
        v3::Packet::PubRel(_) if !rules.pubrel_flags_are_fixed => change(&mut bytes, 0, |_| 0x60),
        // [5.0/MQTT-3.9.3-2, 3.1.1/MQTT-3.9.3-2]
        v3::Packet::SubAck(_) if !rules.suback_codes_are_listed => change_last(&mut bytes),
        _ => {}
    }
    bytes
}

fn distort_v5(rules: &Rules, packet: &v5::Packet, mut bytes: BytesMut) -> BytesMut {
    match packet {
        v5::Packet::ConnAck(connack) => {
            if !rules.connack_flags_reserved {
                let at = body(&bytes);
                change(&mut bytes, at, |flags| flags | 0x80);
            }
            distort_connack(rules, connack.reason().into(), &mut bytes);
        }
        v5::Packet::Publish(publish) if publish.delivery == Delivery::AtMostOnce => {
            let mut with_id = publish.clone();
            with_id.delivery = AT_LEAST_ONCE;
            distort_qos_0(rules, &AnyPacket::V5(v5::Packet::Publish(with_id)), &mut bytes);
        }
        v5::Packet::PubAck(_) | v5::Packet::PubRec(_) if !rules.publish_answers_are_listed => {
            change_code(&mut bytes);
        }
        // [5.0/MQTT-3.7.2-1]
        v5::Packet::PubComp(_) if !rules.pubcomp_code_is_listed => change_code(&mut bytes),
        v5::Packet::PubRel(_) => {
            if !rules.pubrel_code_is_listed {
                change_code(&mut bytes);
            }
            if !rules.pubrel_flags_are_fixed {
                change(&mut bytes, 0, |_| 0x60);
            }
        }
        v5::Packet::SubAck(suback) => {
            if !rules.suback_codes_are_listed {
                change_last(&mut bytes);
            }
            // [5.0/MQTT-2.2.2-1]
            if !rules.writes_empty_properties && suback.properties.is_empty() {
                remove_property_length(&mut bytes);
            }
        }
        v5::Packet::UnsubAck(_) if !rules.unsuback_codes_are_listed => change_last(&mut bytes),
        // [5.0/MQTT-3.14.2-1]
        v5::Packet::Disconnect(_) if !rules.disconnect_code_is_listed => {
            let at = body(&bytes);
            change(&mut bytes, at, |_| UNLISTED);
        }
        // [5.0/MQTT-3.15.1-1, 5.0/MQTT-2.1.3-1]
        v5::Packet::Auth(_) if !rules.auth_flags_are_fixed => change(&mut bytes, 0, |first| first | 0b0010),
        _ => {}
    }
    bytes
}

/// An answer with text for people that makes it larger than its client takes, as only a broken server sends it.
pub(in crate::server) fn lengthened(rules: &Rules, packet: &v5::Packet, limit: u32) -> Option<AnyPacket> {
    let extra = if limit == u32::MAX {
        return None;
    // [5.0/MQTT-3.6.2-2, 5.0/MQTT-3.9.2-1, 5.0/MQTT-3.15.2-2]
    } else if !rules.leaves_out_long_reason_strings {
        Extra::ReasonString
    // [5.0/MQTT-3.2.2-20, 5.0/MQTT-3.4.2-3, 5.0/MQTT-3.5.2-3, 5.0/MQTT-3.6.2-3, 5.0/MQTT-3.7.2-3]
    // [5.0/MQTT-3.9.2-2, 5.0/MQTT-3.11.2-2, 5.0/MQTT-3.14.2-4, 5.0/MQTT-3.15.2-3]
    } else if !rules.leaves_out_long_user_properties {
        Extra::UserProperty
    } else {
        return None;
    };
    let text = "x".repeat(usize::try_from(limit).unwrap_or(usize::MAX).min(1000));
    let mut packet = packet.clone();
    match &mut packet {
        v5::Packet::ConnAck(connack) => connack.properties = extra.add(&connack.properties, &text)?,
        v5::Packet::PubAck(ack) => ack.properties = extra.add(&ack.properties, &text)?,
        v5::Packet::PubRec(ack) => ack.properties = extra.add(&ack.properties, &text)?,
        v5::Packet::PubRel(ack) => ack.properties = extra.add(&ack.properties, &text)?,
        v5::Packet::PubComp(ack) => ack.properties = extra.add(&ack.properties, &text)?,
        v5::Packet::SubAck(ack) => ack.properties = extra.add(&ack.properties, &text)?,
        v5::Packet::UnsubAck(ack) => ack.properties = extra.add(&ack.properties, &text)?,
        v5::Packet::Disconnect(packet) => packet.properties = extra.add(&packet.properties, &text)?,
        v5::Packet::Auth(packet) => packet.properties = extra.add(&packet.properties, &text)?,
        _ => return None,
    }
    Some(AnyPacket::V5(packet))
}

/// Text for people.
#[derive(Clone, Copy)]
enum Extra {
    ReasonString,
    UserProperty,
}

impl Extra {
    /// The properties with this text.
    fn add<K: Kind>(self, properties: &Properties<Bytes, K>, text: &str) -> Option<Properties<Bytes, K>> {
        let mut longer = Properties::builder();
        for property in properties {
            if !matches!(property, Property::ReasonString(_)) {
                longer = longer.push(property);
            }
        }
        let text = Text::new(text).ok()?;
        let property = match self {
            Self::ReasonString => Property::ReasonString(text),
            Self::UserProperty => Property::UserProperty(UserProperty { name: text, value: text }),
        };
        longer.push(property).finish().ok()
    }
}

const AT_LEAST_ONCE: Delivery = Delivery::AtLeastOnce { packet_id: PacketId::MIN, dup: false };

fn distort_connack(rules: &Rules, code: u8, bytes: &mut BytesMut) {
    let at = body(bytes);
    // [5.0/MQTT-3.2.2-6, 3.1.1/MQTT-3.2.2-4]
    if code != 0 && !rules.session_absent_in_refusal {
        change(bytes, at, |flags| flags | 1);
    }
    // [5.0/MQTT-3.2.2-8, 3.1/V31-2.2-14, 3.1.1/MQTT-3.2.2-6]
    if code != 0 && !rules.connack_code_is_listed {
        change(bytes, at + 1, |_| UNLISTED);
    }
}

fn distort_qos_0(rules: &Rules, with_id: &AnyPacket, bytes: &mut BytesMut) {
    if !rules.qos_0_without_id {
        let mut longer = BytesMut::new();
        if with_id.encode_to(&mut longer).is_ok() {
            change(&mut longer, 0, |first| first & !0b0110);
            *bytes = longer;
        }
    }
    if !rules.qos_0_without_dup {
        change(bytes, 0, |first| first | 0b1000);
    }
}

/// Where the body of a packet begins.
fn body(bytes: &[u8]) -> usize {
    1 + bytes.iter().skip(1).take_while(|&&b| b & 0x80 != 0).count() + 1
}

fn change(bytes: &mut BytesMut, at: usize, change: impl Fn(u8) -> u8) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte = change(*byte);
    }
}

fn change_last(bytes: &mut BytesMut) {
    if let Some(byte) = bytes.last_mut() {
        *byte = UNLISTED;
    }
}

/// Changes the code of a PUBACK, PUBREC, PUBREL or PUBCOMP, and writes one where it was left out.
fn change_code(bytes: &mut BytesMut) {
    // Answers are short: their fixed header has two bytes, and the code follows the Packet Identifier.
    const CODE: usize = 4;
    if bytes.len() == CODE {
        bytes.extend_from_slice(&[UNLISTED]);
        change(bytes, 1, |length| length + 1);
    } else {
        change(bytes, CODE, |_| UNLISTED);
    }
}

/// Writes the Remaining Length with one byte more than it needs, if it may have that many.
fn lengthen(bytes: &mut BytesMut) {
    let end = body(bytes);
    if end < 5 {
        let rest = bytes.split_off(end);
        change(bytes, end - 1, |last| last | 0x80);
        bytes.extend_from_slice(&[0]);
        bytes.extend_from_slice(&rest);
    }
}

/// Takes the Property Length out of a SUBACK of two-byte fixed header; a longer one stays as it is.
fn remove_property_length(bytes: &mut BytesMut) {
    const PROPERTY_LENGTH: usize = 4;
    if body(bytes) == 2 && bytes.len() > PROPERTY_LENGTH {
        let rest = bytes.split_off(PROPERTY_LENGTH);
        bytes.extend_from_slice(rest.get(1..).unwrap_or_default());
        change(bytes, 1, |length| length - 1);
    }
}
