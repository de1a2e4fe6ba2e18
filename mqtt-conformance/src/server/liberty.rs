//! What the broker needs for its [`Liberties`] and for nothing else.

use super::liberty_table::Liberties;
use super::outgoing::Outgoing;
use bytes::{BufMut, Bytes, BytesMut};
use mqtt_codec::v5::kind::Kind;
use mqtt_codec::v5::{DisconnectReason, Properties, Property, ReasonCode as _, UserProperty};
use mqtt_codec::{Cause, DecodeError, Field, PacketType, Qos, Text, Version, v5};
use std::collections::VecDeque;

/// Whether a topic or a filter is longer, or has more levels, than the broker accepts.
pub(super) fn is_beyond(liberties: &Liberties, version: Version, topic: &[u8]) -> bool {
    let levels = topic.split(|&b| b == b'/').count();
    let characters = || topic.iter().filter(|&&b| b & 0xc0 != 0x80).count();
    match version {
        Version::V3_1 => liberties.refuses_long_topics_in_3_1 && characters() > 32_767,
        _ => {
            liberties.limits_topic_length && topic.len() > 200 || liberties.limits_topic_levels && levels > 8
        }
    }
}

/// CONNACK and AUTH with what the broker adds to them.
pub(super) fn decorate(liberties: &Liberties, packet: &v5::Packet) -> Option<v5::Packet> {
    match packet {
        v5::Packet::ConnAck(connack) => {
            let (text, user) =
                (liberties.adds_reason_string_to_connack, liberties.adds_user_properties_to_connack);
            let properties = with_more(&connack.properties, text, user)?;
            Some(v5::Packet::ConnAck(v5::ConnAck::accepted(connack.session_present(), properties)))
        }
        v5::Packet::Auth(auth) => {
            let on = liberties.adds_properties_to_auth;
            let properties = with_more(&auth.properties, on, on)?;
            Some(v5::Packet::Auth(v5::Auth { properties, ..auth.clone() }))
        }
        _ => None,
    }
}

fn with_more<K: Kind>(
    properties: &Properties<Bytes, K>,
    text: bool,
    user: bool,
) -> Option<Properties<Bytes, K>> {
    if !text && !user {
        return None;
    }
    let mut more = Properties::builder();
    for property in properties {
        more = more.push(property);
    }
    if text {
        more = more.push(Property::ReasonString(Text::new("as it should be").ok()?));
    }
    if user {
        let (name, value) = (Text::new("answered-by").ok()?, Text::new("reference").ok()?);
        more = more.push(Property::UserProperty(UserProperty { name, value }));
    }
    more.finish().ok()
}

/// Writes a short acknowledgement in one of its longer forms. [5.0/3.4.2.1, 5.0/3.4.2.2.1]
pub(super) fn spell_out(liberties: &Liberties, packet: &v5::Packet, bytes: &mut BytesMut) {
    let acknowledges = matches!(
        packet,
        v5::Packet::PubAck(_) | v5::Packet::PubRec(_) | v5::Packet::PubRel(_) | v5::Packet::PubComp(_)
    );
    if !acknowledges || bytes.get(1) != Some(&2) {
        return;
    }
    if liberties.writes_acks_with_reason_code {
        bytes.put_slice(&[0, 0]);
    } else if liberties.writes_acks_without_property_length {
        bytes.put_slice(&[0]);
    }
    let remaining = u8::try_from(bytes.len().saturating_sub(2)).unwrap_or(2);
    if let Some(length) = bytes.get_mut(1) {
        *length = remaining;
    }
}

/// Which of the messages that wait goes out next: only those of one topic, QoS and publisher are ordered.
///
/// [5.0/MQTT-4.6.0-5, 3.1.1/MQTT-4.6.0-6]
pub(super) fn next_of(liberties: &Liberties, queue: &VecDeque<Outgoing>) -> usize {
    let Some(first) = queue.front() else { return 0 };
    let differs = |outgoing: &&Outgoing| {
        let (own, other) = (&first.message, &outgoing.message);
        let same_topic = own.topic.as_bytes() == other.topic.as_bytes();
        let qos = own.qos != other.qos && first.qos != outgoing.qos;
        liberties.sends_qos_0_before_waiting_messages && outgoing.qos == Qos::AtMostOnce
            || liberties.sends_other_topics_first && !same_topic
            || liberties.sends_other_qos_first && same_topic && qos
            || liberties.sends_other_publishers_first && own.publisher != other.publisher
    };
    let chosen = (0..).zip(queue).find(|(_, outgoing)| differs(outgoing)).map_or(0, |(at, _)| at);
    // What came before it of the same kind goes before it.
    let kind = |outgoing: &Outgoing| {
        let message = &outgoing.message;
        (Bytes::copy_from_slice(message.topic.as_bytes()), outgoing.qos, message.publisher.clone())
    };
    let wanted = queue.get(chosen).map(kind);
    queue.iter().position(|outgoing| Some(kind(outgoing)) == wanted).unwrap_or(0)
}

/// Whether the broker does not look for this mistake, or makes nothing of it.
///
/// 5.0 calls the depth of checks a compromise [5.0/4.13.1], and 3.1 has no rule for errors but those of CONNECT.
pub(super) fn tolerates(liberties: &Liberties, error: &DecodeError) -> bool {
    let Some(packet) = error.packet_type().filter(|packet| *packet != PacketType::Connect) else {
        return false;
    };
    match error.version() {
        Version::V3_1 => liberties.ignores_malformed_packets_in_3_1,
        Version::V3_1_1 => false,
        Version::V5 => match error.cause() {
            Cause::IllFormedUtf8 | Cause::NullCharacter => liberties.overlooks_ill_formed_text,
            Cause::UnknownProperty(_)
            | Cause::MisplacedProperty(_)
            | Cause::RepeatedProperty(_)
            | Cause::PropertySender { .. } => liberties.overlooks_misplaced_properties,
            Cause::Flags(_) => liberties.overlooks_reserved_flags && unjudged(packet),
            Cause::Surplus(_) => liberties.overlooks_surplus_bytes,
            Cause::PacketIdZero => liberties.overlooks_packet_id_zero,
            Cause::WrongSender(_) => liberties.overlooks_server_packets,
            Cause::DupAtQosZero => liberties.overlooks_dup_at_qos_0,
            // Section 3.3.4 lets a client send it.
            Cause::ReasonCodeSender { code: 0x9b, .. } => liberties.accepts_0x9b_from_clients,
            _ => false,
        },
    }
}

/// Packets of whose flags no statement says what a server makes of wrong ones.
fn unjudged(packet: PacketType) -> bool {
    matches!(packet, PacketType::PubAck | PacketType::PubRec | PacketType::PubComp | PacketType::PingReq)
}

/// Takes a tolerated mistake out of a packet; `false` where the packet is ignored.
pub(super) fn repair(bytes: &mut [u8], error: &DecodeError) -> bool {
    let with: fn(u8) -> u8 = match error.cause() {
        Cause::Flags(_) => |first| first & 0xf0,
        Cause::DupAtQosZero => |first| first & !0b1000,
        Cause::ReasonCodeSender { .. } => {
            let with_will = DisconnectReason::DisconnectWithWillMessage.get();
            return bytes.get_mut(error.offset()).map(|code| *code = with_will).is_some();
        }
        _ => return false,
    };
    bytes.first_mut().map(|first| *first = with(*first)).is_some()
}

/// The answer to a SUBSCRIBE, UNSUBSCRIBE or PUBLISH whose filter or topic is malformed, where the broker gives one.
pub(super) fn malformed_answer(liberties: &Liberties, error: &DecodeError, packet: &[u8]) -> Option<Bytes> {
    let (version, cause) = (error.version(), error.cause());
    let five = version == Version::V5;
    let of_filter = matches!(
        cause,
        Cause::MisplacedWildcard(_) | Cause::ShareName | Cause::SharedSubscription | Cause::Empty
    );
    let mut answer = BytesMut::new();
    match error.packet_type()? {
        PacketType::Subscribe
            if of_filter && version != Version::V3_1 && liberties.refuses_malformed_filters_by_suback =>
        {
            let (id, filters) = malformed_subscribe(version, packet)?;
            let code = if five { 0x8f } else { 0x80 };
            let length = u8::try_from(filters).ok()? + 2 + u8::from(five);
            answer.put_slice(&[0x90, length]);
            answer.put_slice(id);
            answer.put_bytes(0, usize::from(five));
            answer.put_bytes(code, filters);
        }
        PacketType::Unsubscribe if of_filter && five && liberties.overlooks_empty_filters => {
            let (id, _) = body(version, packet)?;
            answer.put_slice(&[0xb0, 4]);
            answer.put_slice(id);
            answer.put_slice(&[0, 0x11]);
        }
        PacketType::Publish
            if matches!(cause, Cause::Wildcard)
                && error.field() != Field::ResponseTopic
                && five
                && liberties.refuses_wildcard_topics_by_ack =>
        {
            let answers = match packet.first()? >> 1 & 0b11 {
                1 => 0x40,
                2 => 0x50,
                _ => return None,
            };
            answer.put_slice(&[answers, 3]);
            answer.put_slice(malformed_publish(packet)?);
            answer.put_slice(&[0x90]);
        }
        _ => return None,
    }
    Some(answer.freeze())
}

/// The Packet Identifier of a SUBSCRIBE whose filters are malformed, and how many filters it has.
fn malformed_subscribe(version: Version, packet: &[u8]) -> Option<(&[u8], usize)> {
    let (id, mut rest) = body(version, packet)?;
    let mut filters = 0;
    while let Some((length, more)) = rest.split_first_chunk() {
        rest = more.get(usize::from(u16::from_be_bytes(*length)) + 1..)?;
        filters += 1;
    }
    Some((id, filters))
}

/// The Packet Identifier of a PUBLISH of 5.0 whose topic is malformed.
fn malformed_publish(packet: &[u8]) -> Option<&[u8]> {
    let (length, topic) = packet.get(header(packet)..)?.split_first_chunk()?;
    topic.get(usize::from(u16::from_be_bytes(*length))..)?.get(..2)
}

/// The Packet Identifier of a SUBSCRIBE or UNSUBSCRIBE, and what stands behind its properties.
fn body(version: Version, packet: &[u8]) -> Option<(&[u8], &[u8])> {
    let (id, mut rest) = packet.get(header(packet)..)?.split_at_checked(2)?;
    if version == Version::V5 {
        // Properties of more than 127 bytes are nothing that a test needs.
        let (length, more) = rest.split_first().filter(|(length, _)| **length < 0x80)?;
        rest = more.get(usize::from(*length)..)?;
    }
    Some((id, rest))
}

/// How long the fixed header is.
fn header(packet: &[u8]) -> usize {
    1 + packet.iter().skip(1).take_while(|&&b| b & 0x80 != 0).count() + 1
}
