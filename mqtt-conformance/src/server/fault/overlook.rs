//! What a broken broker lets through.
//!
//! The codec judges each packet by itself and so obeys what the standards say about one packet alone; [`overlooks`] maps each
//! mistake that it finds to the rule that the broker obeys by refusing it, and cites the statements there.

use crate::server::message::Message;
use crate::server::rule_table::Rules;
use bytes::{Bytes, BytesMut};
use mqtt_codec::v5::{Property, PublishProperties};
use mqtt_codec::{AnyPacket, Cause, DecodeError, Decoded, Field, FixedHeader, PacketType, Version, v3, v5};

/// Whether a rule that is off makes the broker overlook this mistake.
pub(in crate::server) fn overlooks(rules: &Rules, error: &DecodeError) -> bool {
    let obeys = match (error.packet_type(), error.cause()) {
        // [5.0/MQTT-3.1.2-3, 3.1.1/MQTT-3.1.2-3]
        (_, Cause::ReservedConnectFlag(_)) => rules.checks_reserved_connect_flag,
        // [5.0/MQTT-3.8.1-1, 5.0/MQTT-3.10.1-1, 5.0/MQTT-3.6.1-1, 5.0/MQTT-3.14.1-1, 5.0/MQTT-2.1.3-1]
        // [3.1.1/MQTT-2.2.2-2, 3.1.1/MQTT-3.8.1-1, 3.1.1/MQTT-3.10.1-1, 3.1.1/MQTT-3.6.1-1]
        // [3.1.1/MQTT-3.14.1-1, 5.0/MQTT-3.15.1-1]
        (_, Cause::Flags(_)) => rules.checks_flags,
        // [5.0/MQTT-1.5.4-2, 3.1.1/MQTT-1.5.3-2, 5.0/MQTT-1.5.7-1, 5.0/MQTT-3.1.3-4, 5.0/MQTT-3.1.3-11]
        // [5.0/MQTT-3.1.3-12, 5.0/MQTT-3.3.2-1, 5.0/MQTT-3.3.2-13, 5.0/MQTT-3.3.2-19, 5.0/MQTT-3.8.3-1]
        // [5.0/MQTT-3.10.3-1, 5.0/MQTT-4.7.3-2, 3.1.1/MQTT-3.1.3-4, 3.1.1/MQTT-3.1.3-10]
        // [3.1.1/MQTT-3.1.3-11, 3.1.1/MQTT-3.3.2-1, 3.1.1/MQTT-3.8.3-1, 3.1.1/MQTT-3.10.3-1]
        // [3.1.1/MQTT-4.7.3-2]
        (_, Cause::IllFormedUtf8 | Cause::NullCharacter) => rules.checks_utf_8,
        (Some(PacketType::Connect), cause) => match cause {
            // [5.0/MQTT-3.1.2-11, 5.0/MQTT-3.1.2-13, 3.1.1/MQTT-3.1.2-11, 3.1.1/MQTT-3.1.2-13]
            // [3.1.1/MQTT-3.1.2-15, 5.0/MQTT-3.1.4-1]
            Cause::WillFlags(_) => rules.checks_will_flags,
            // [5.0/MQTT-3.1.2-12, 3.1.1/MQTT-3.1.2-14, 3.1/V31-2.2-9, 5.0/MQTT-3.1.4-1, 3.1/V31-3.1-8]
            Cause::WillQos => rules.refuses_will_qos_3,
            // [3.1.1/MQTT-3.1.2-22, 3.1/V31-2.2-10, 3.1/V31-3.1-8]
            Cause::PasswordWithoutUserName => rules.refuses_password_without_user_name,
            // [5.0/MQTT-3.1.2-9, 5.0/MQTT-3.1.2-16, 5.0/MQTT-3.1.2-17, 5.0/MQTT-3.1.2-18]
            // [5.0/MQTT-3.1.2-19, 5.0/MQTT-3.1.3-3, 3.1.1/MQTT-3.1.2-9, 3.1.1/MQTT-3.1.2-11]
            // [3.1.1/MQTT-3.1.2-18, 3.1.1/MQTT-3.1.2-19, 3.1.1/MQTT-3.1.2-20, 3.1.1/MQTT-3.1.2-21]
            // [3.1.1/MQTT-3.1.3-3, 5.0/MQTT-3.1.4-1, 3.1/V31-3.1-8]
            Cause::Truncated | Cause::Surplus(_) => rules.checks_connect_payload,
            _ => rules.checks_connect,
        },
        // [5.0/MQTT-3.3.1-4, 3.1.1/MQTT-3.3.1-4, 3.1/V31-2.1-3]
        (_, Cause::QosThree) => rules.refuses_qos_3,
        // [5.0/MQTT-4.13.1-1, 3.1.1/MQTT-3.8.3-4, 3.1/V31-3.8-3]
        (_, Cause::RequestedQosThree) => rules.refuses_requested_qos_3,
        (_, Cause::DupAtQosZero) => rules.refuses_dup_at_qos_0,
        // [5.0/MQTT-2.2.1-3, 3.1.1/MQTT-2.3.1-1, 3.1/V31-2.4-1]
        (_, Cause::PacketIdZero) => rules.refuses_packet_id_zero,
        // [5.0/MQTT-3.8.3-2, 5.0/MQTT-3.10.3-2, 3.1.1/MQTT-3.8.3-3, 3.1.1/MQTT-3.10.3-2]
        (_, Cause::EmptyList) => rules.refuses_empty_lists,
        (_, Cause::Wildcard) if error.field() == Field::ResponseTopic => {
            // [5.0/MQTT-3.3.2-14]
            rules.refuses_wildcards_in_response_topic
        }
        // [5.0/MQTT-3.3.2-2, 5.0/MQTT-4.7.0-1, 3.1.1/MQTT-3.3.2-2, 3.1.1/MQTT-4.7.1-1, 3.1/V31-3.3-3]
        (_, Cause::Wildcard) => rules.refuses_wildcards_in_topic,
        // [5.0/MQTT-4.7.3-1, 3.1.1/MQTT-4.7.3-1]
        (_, Cause::Empty | Cause::TopicMissing) => rules.refuses_empty_topics,
        // [5.0/MQTT-4.7.1-1, 3.1.1/MQTT-4.7.1-2]
        (_, Cause::MisplacedWildcard('#')) => rules.refuses_misplaced_hash,
        // [5.0/MQTT-4.7.1-2, 3.1.1/MQTT-4.7.1-3]
        (_, Cause::MisplacedWildcard(_)) => rules.refuses_misplaced_plus,
        // [5.0/MQTT-3.8.3-5, 5.0/MQTT-4.13.1-1, 3.1.1/MQTT-3.8.3-4]
        (_, Cause::SubscriptionReserved(_) | Cause::RetainHandling) => rules.checks_subscription_options,
        // [5.0/MQTT-4.8.2-1, 5.0/MQTT-4.8.2-2]
        (_, Cause::ShareName | Cause::SharedSubscription) => rules.checks_share_names,
        // [5.0/MQTT-3.8.3-4]
        (_, Cause::SharedNoLocal) => rules.refuses_no_local_on_share,
        (_, Cause::PropertySender { property: Field::SubscriptionIdentifier, .. }) => {
            // [5.0/MQTT-3.3.4-6]
            rules.refuses_subscription_id_from_client
        }
        // [5.0/MQTT-3.3.2-8]
        (_, Cause::TopicAliasZero) => rules.refuses_topic_alias_zero,
        (
            _,
            Cause::UnknownProperty(_)
            | Cause::MisplacedProperty(_)
            | Cause::PropertySender { .. }
            | Cause::RepeatedProperty(_)
            | Cause::PropertyValue(_)
            | Cause::AuthenticationData
            | Cause::AuthenticationMethod,
            // [5.0/MQTT-4.13.1-1]
        ) => rules.checks_properties,
        // [5.0/MQTT-1.5.5-1]
        (_, Cause::VarIntOverlong) => rules.refuses_overlong_lengths,
        (_, Cause::TooLarge { .. } | Cause::NotConnect | Cause::ProtocolName | Cause::ProtocolLevel(_)) => {
            true
        }
        // [5.0/MQTT-4.13.1-1, 3.1.1/MQTT-4.8.0-1]
        _ => rules.closes_on_malformed,
    };
    !obeys
}

/// Makes of a mistake that a broken server overlooks what the server takes it for; `false` if it takes it for nothing.
pub(in crate::server) fn mend(bytes: &mut [u8], error: &DecodeError) -> bool {
    let (at, with): (usize, fn(u8) -> u8) = match error.cause() {
        Cause::Wildcard => (error.offset(), |_| b'x'),
        Cause::QosThree if error.packet_type() == Some(PacketType::Publish) => (0, |first| first & !0b10),
        _ => return false,
    };
    bytes.get_mut(at).map(|byte| *byte = with(*byte)).is_some()
}

/// A buffer that starts with a whole CONNECT, with the protocol name that goes with its level.
pub(in crate::server) fn with_known_name(buffer: &[u8]) -> Option<BytesMut> {
    let Ok(Decoded::Complete { value, .. }) = FixedHeader::parse(buffer, Version::V3_1_1) else {
        return None;
    };
    let packet = buffer.get(..value.packet_len())?;
    let (length, rest) = packet.get(value.len()..)?.split_first_chunk()?;
    let level = rest.get(usize::from(u16::from_be_bytes(*length))..)?;
    let name = Version::ALL.into_iter().find(|v| level.first() == Some(&v.level()))?.protocol_name();
    let mut left = 2 + name.len() + level.len();
    let mut renamed = BytesMut::from([value.first_byte()].as_slice());
    while left >= 0x80 {
        renamed.extend_from_slice(&[u8::try_from(left & 0x7f).ok()? | 0x80]);
        left >>= 7;
    }
    renamed.extend_from_slice(&[u8::try_from(left).ok()?]);
    renamed.extend_from_slice(&u16::try_from(name.len()).ok()?.to_be_bytes());
    renamed.extend_from_slice(name.as_bytes());
    renamed.extend_from_slice(level);
    renamed.extend_from_slice(buffer.get(value.packet_len()..)?);
    Some(renamed)
}

/// What 3.1 alone lets a packet have, and a broken server refuses.
pub(in crate::server) fn accepts_bits(
    rules: &Rules,
    version: Version,
    bytes: &[u8],
    packet: &AnyPacket<&[u8]>,
) -> bool {
    if version != Version::V3_1 {
        return true;
    }
    let dup = bytes.first().is_some_and(|first| first & 0b1000 != 0);
    match packet {
        AnyPacket::V3(v3::Packet::Connect(connect)) => {
            // Protocol name and level take 9 bytes behind the fixed header.
            let flags = match FixedHeader::parse(bytes, Version::V3_1) {
                Ok(Decoded::Complete { value, .. }) => bytes.get(value.len() + 9).copied().unwrap_or(0),
                _ => 0,
            };
            let missing = match &connect.credentials {
                None => flags & 0x80 != 0,
                Some(credentials) => credentials.password.is_none() && flags & 0x40 != 0,
            };
            let idle_will_bits = flags & 0x04 == 0 && flags & 0x38 != 0;
            // [3.1/V31-2.2-6]
            (flags & 0x01 == 0 || rules.disregards_reserved_flag_in_3_1)
                // [3.1/V31-3.1-6, 3.1/V31-3.1-7]
                && (!missing || rules.accepts_missing_credentials_in_3_1)
                // [3.1/V31-2.2-8]
                && (!idle_will_bits || rules.disregards_will_bits_in_3_1)
        }
        AnyPacket::V3(v3::Packet::Publish(_)) => true,
        // [3.1/V31-2.1-1]
        _ => !dup || rules.accepts_dup_bits_in_3_1,
    }
}

/// The message of a packet that came behind a refused CONNECT.
pub(in crate::server) fn leaked(packet: &AnyPacket<&[u8]>, now: u64) -> Option<Message> {
    match packet {
        AnyPacket::V3(v3::Packet::Publish(publish)) => {
            let publish = publish.detach();
            Some(Message::new(publish.topic, publish.payload, now, Bytes::new()))
        }
        AnyPacket::V5(v5::Packet::Publish(publish)) => {
            let publish = publish.detach();
            let topic = publish.topic().cloned()?;
            Some(Message::new(topic, publish.payload, now, Bytes::new()))
        }
        _ => None,
    }
}

/// Properties without U+FEFF in their text.
pub(in crate::server) fn without_marks(properties: &PublishProperties) -> Option<PublishProperties> {
    let plain = |text: &[u8]| String::from_utf8_lossy(text).replace('\u{feff}', "");
    let mut changed = PublishProperties::builder();
    for property in properties {
        changed = match property {
            Property::ContentType(text) => changed.content_type(&plain(text.as_bytes())),
            Property::ResponseTopic(topic) => changed.response_topic(&plain(topic.as_bytes())),
            Property::UserProperty(pair) => {
                changed.user_property(&plain(pair.name.as_bytes()), &plain(pair.value.as_bytes()))
            }
            other => changed.push(other),
        };
    }
    changed.finish().ok()
}

/// What tells shared subscriptions apart: the whole filter, which holds the share name and what is matched.
pub(in crate::server) fn share_key(rules: &Rules, filter: &Bytes) -> Bytes {
    let mut parts = filter.splitn(3, |&b| b == b'/').skip(1).map(|part| filter.slice_ref(part));
    let (name, pattern) = (parts.next(), parts.next());
    let key = if !rules.share_names_differ {
        pattern
    } else if !rules.share_filters_differ {
        name
    } else {
        None
    };
    key.unwrap_or_else(|| filter.clone())
}
