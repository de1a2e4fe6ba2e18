//! Packets as one line of a log.
//!
//! Type, Packet Identifier, topics, flags and codes, and how long the rest is. Text is quoted and escaped, so that no peer can
//! write a second line; payloads, passwords and properties are counted and not shown.

use crate::storage::Storage;
use crate::types::Delivery;
use crate::v5::ReasonCode;
use crate::{AnyPacket, v3, v5};
use core::fmt::{self, Formatter};

/// `n bytes` and the like.
fn counted(f: &mut Formatter<'_>, n: usize, one: &str, many: &str) -> fmt::Result {
    write!(f, ", {n} {}", if n == 1 { one } else { many })
}

fn flag(f: &mut Formatter<'_>, set: bool, name: &str) -> fmt::Result {
    if set { f.write_str(name) } else { Ok(()) }
}

fn properties<B: Storage, K: v5::kind::Kind>(
    f: &mut Formatter<'_>,
    properties: &v5::Properties<B, K>,
) -> fmt::Result {
    match properties.iter().count() {
        0 => Ok(()),
        n => counted(f, n, "property", "properties"),
    }
}

fn reason(f: &mut Formatter<'_>, reason: impl ReasonCode) -> fmt::Result {
    write!(f, " {:#04x} {}", reason.get(), reason.name())
}

fn delivery(f: &mut Formatter<'_>, delivery: Delivery, retain: bool) -> fmt::Result {
    write!(f, " QoS {}", delivery.qos().get())?;
    if let Some(id) = delivery.packet_id() {
        write!(f, " id {id}")?;
    }
    flag(f, delivery.dup(), " dup")?;
    flag(f, retain, " retain")
}

fn list<T>(
    f: &mut Formatter<'_>,
    entries: impl Iterator<Item = T>,
    show: impl Fn(&mut Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    for (i, entry) in entries.enumerate() {
        f.write_str(if i == 0 { " " } else { ", " })?;
        show(f, entry)?;
    }
    Ok(())
}

/// One line for a log.
///
/// ```
/// use mqtt_codec::{TopicName, v3};
///
/// let publish = v3::Publish::new(TopicName::new("a/b")?, &b"hello"[..]);
/// assert_eq!(v3::Packet::from(publish).to_string(), r#"PUBLISH "a/b" QoS 0, 5 bytes"#);
/// # Ok::<(), mqtt_codec::InvalidTopic>(())
/// ```
impl<B: Storage> fmt::Display for v3::Packet<B> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.packet_type())?;
        match self {
            Self::Connect(connect) => {
                write!(f, " {} {:?}", connect.level().version(), connect.client_id())?;
                flag(f, connect.clean_session(), " clean session")?;
                write!(f, " keep alive {} s", connect.keep_alive)?;
                if let Some(will) = &connect.will {
                    write!(f, " will {:?}", will.topic)?;
                }
                flag(f, connect.credentials.is_some(), " with credentials")
            }
            Self::ConnAck(v3::ConnAck::Accepted { session_present }) => {
                f.write_str(" accepted")?;
                flag(f, *session_present, " session present")
            }
            Self::ConnAck(v3::ConnAck::Refused(code)) => write!(f, " {} {code:?}", code.get()),
            Self::Publish(publish) => {
                write!(f, " {:?}", publish.topic)?;
                delivery(f, publish.delivery, publish.retain)?;
                counted(f, publish.payload.as_ref().len(), "byte", "bytes")
            }
            Self::PubAck(id)
            | Self::PubRec(id)
            | Self::PubRel(id)
            | Self::PubComp(id)
            | Self::UnsubAck(id) => write!(f, " id {id}"),
            Self::Subscribe(subscribe) => {
                write!(f, " id {}", subscribe.packet_id)?;
                list(f, subscribe.filters.iter(), |f, wanted| {
                    write!(f, "{:?} QoS {}", wanted.filter, wanted.qos.get())
                })
            }
            Self::SubAck(suback) => {
                write!(f, " id {}", suback.packet_id)?;
                list(f, suback.return_codes.iter(), |f, code| write!(f, "{:#04x}", code.get()))
            }
            Self::Unsubscribe(unsubscribe) => {
                write!(f, " id {}", unsubscribe.packet_id)?;
                list(f, unsubscribe.filters.iter(), |f, filter| write!(f, "{filter:?}"))
            }
            Self::PingReq | Self::PingResp | Self::Disconnect => Ok(()),
        }
    }
}

fn ack<R: v5::AckReason, B: Storage>(f: &mut Formatter<'_>, ack: &v5::Ack<R, B>) -> fmt::Result {
    write!(f, " id {}", ack.packet_id)?;
    reason(f, ack.reason)?;
    properties(f, &ack.properties)
}

/// One line for a log.
///
/// ```
/// use mqtt_codec::{PacketId, v5};
///
/// let puback = v5::PubAck::with_reason(PacketId::MIN, v5::PubAckReason::QuotaExceeded);
/// assert_eq!(v5::Packet::from(puback).to_string(), "PUBACK id 1 0x97 Quota exceeded");
/// ```
impl<B: Storage> fmt::Display for v5::Packet<B> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.packet_type())?;
        match self {
            Self::Connect(connect) => {
                write!(f, " 5.0 {:?}", connect.client_id)?;
                flag(f, connect.clean_start, " clean start")?;
                write!(f, " keep alive {} s", connect.keep_alive)?;
                if let Some(will) = &connect.will {
                    write!(f, " will {:?}", will.topic)?;
                }
                flag(f, connect.user_name.is_some(), " with user name")?;
                flag(f, connect.password.is_some(), " with password")?;
                properties(f, &connect.properties)
            }
            Self::ConnAck(connack) => {
                reason(f, connack.reason())?;
                flag(f, connack.session_present(), " session present")?;
                properties(f, &connack.properties)
            }
            Self::Publish(publish) => {
                match (publish.topic(), publish.topic_alias()) {
                    (Some(topic), _) => write!(f, " {topic:?}")?,
                    (None, Some(alias)) => write!(f, " alias {alias}")?,
                    (None, None) => {}
                }
                delivery(f, publish.delivery, publish.retain)?;
                properties(f, publish.properties())?;
                counted(f, publish.payload.as_ref().len(), "byte", "bytes")
            }
            Self::PubAck(body) => ack(f, body),
            Self::PubRec(body) => ack(f, body),
            Self::PubRel(body) => ack(f, body),
            Self::PubComp(body) => ack(f, body),
            Self::Subscribe(subscribe) => {
                write!(f, " id {}", subscribe.packet_id)?;
                list(f, subscribe.filters.iter(), |f, wanted| {
                    write!(f, "{:?} QoS {}", wanted.filter, wanted.options.qos.get())
                })?;
                properties(f, &subscribe.properties)
            }
            Self::SubAck(suback) => {
                write!(f, " id {}", suback.packet_id)?;
                list(f, suback.reasons.iter(), |f, reason| write!(f, "{:#04x}", reason.get()))?;
                properties(f, &suback.properties)
            }
            Self::Unsubscribe(unsubscribe) => {
                write!(f, " id {}", unsubscribe.packet_id)?;
                list(f, unsubscribe.filters.iter(), |f, filter| write!(f, "{filter:?}"))?;
                properties(f, &unsubscribe.properties)
            }
            Self::UnsubAck(unsuback) => {
                write!(f, " id {}", unsuback.packet_id)?;
                list(f, unsuback.reasons.iter(), |f, reason| write!(f, "{:#04x}", reason.get()))?;
                properties(f, &unsuback.properties)
            }
            Self::PingReq | Self::PingResp => Ok(()),
            Self::Disconnect(disconnect) => {
                reason(f, disconnect.reason)?;
                properties(f, &disconnect.properties)
            }
            Self::Auth(auth) => {
                reason(f, auth.reason)?;
                properties(f, &auth.properties)
            }
        }
    }
}

/// One line for a log.
impl<B: Storage> fmt::Display for AnyPacket<B> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::V3(packet) => packet.fmt(f),
            Self::V5(packet) => packet.fmt(f),
        }
    }
}
