//! `Arbitrary` for every packet: what fuzzers and property tests of our users start from.
//!
//! Only valid packets come out, small ones most of the time: they encode, and decode to themselves.

use crate::types::{Binary, Delivery, Item, List, PacketId, Qos, Text, TopicFilter, TopicName};
use crate::v5::kind::Kind;
use crate::v5::{self, PayloadFormat, Properties, Property, PropertyId, SubscriptionId, UserProperty};
use crate::{AnyPacket, v3};
use arbitrary::{Arbitrary, Result, Unstructured};
use bytes::Bytes;
use std::string::String;
use std::vec::Vec;

impl<'a> Arbitrary<'a> for PacketId {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self::from(core::num::NonZeroU16::arbitrary(u)?))
    }
}

impl<'a> Arbitrary<'a> for Qos {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        u.choose(&Self::ALL).copied()
    }
}

impl<'a> Arbitrary<'a> for Delivery {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let first = Self::first(Qos::arbitrary(u)?, PacketId::arbitrary(u)?);
        Ok(if bool::arbitrary(u)? { first.again() } else { first })
    }
}

/// Text without U+0000: mostly short, now and then with characters of two to four bytes.
fn text(u: &mut Unstructured<'_>) -> Result<String> {
    let mut text = String::new();
    u.arbitrary_loop(None, Some(40), |u| {
        let c = char::arbitrary(u)?;
        text.push(if c == '\0' { 'a' } else { c });
        Ok(core::ops::ControlFlow::Continue(()))
    })?;
    Ok(text)
}

/// A topic of a few levels; with `wildcards`, some levels are `+` and the last may be `#`.
fn topic(u: &mut Unstructured<'_>, wildcards: bool) -> Result<String> {
    let mut levels: Vec<String> = Vec::new();
    for _ in 0..u.int_in_range(1..=4)? {
        let level = match u.int_in_range(0..=3)? {
            0 => text(u)?.replace(['+', '#', '/'], "_"),
            1 if wildcards => String::from("+"),
            n => u.choose(&["a", "b", "", "$x"])?.repeat(n),
        };
        levels.push(level);
    }
    if wildcards && u.ratio(1, 3)? {
        levels.push(String::from("#"));
    }
    let topic = levels.join("/");
    Ok(if topic.is_empty() { String::from("/") } else { topic })
}

/// What the constructors refuse is our mistake; fuzzers see it as an input of no use.
fn valid<T, E>(value: core::result::Result<T, E>) -> Result<T> {
    value.map_err(|_| arbitrary::Error::IncorrectFormat)
}

impl<'a> Arbitrary<'a> for Text<Bytes> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        valid(Self::try_from(text(u)?.as_str()))
    }
}

impl<'a> Arbitrary<'a> for Binary<Bytes> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        valid(Self::new(payload(u)?))
    }
}

fn payload(u: &mut Unstructured<'_>) -> Result<Bytes> {
    let len = u.arbitrary_len::<u8>()?.min(1000);
    Ok(Bytes::copy_from_slice(u.bytes(len)?))
}

impl<'a> Arbitrary<'a> for TopicName<Bytes> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        valid(Self::try_from(topic(u, false)?.as_str()))
    }
}

impl<'a> Arbitrary<'a> for TopicFilter<Bytes> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        valid(Self::try_from(topic(u, true)?.as_str()))
    }
}

/// A filter of 5.0, where `$share/` is special: sometimes shared, never malformed.
fn filter_v5(u: &mut Unstructured<'_>) -> Result<TopicFilter<Bytes>> {
    let filter = topic(u, true)?;
    if u.ratio(1, 5)? {
        return valid(TopicFilter::try_from(["$share/group/", &filter].concat().as_str()));
    }
    let filter = if filter.starts_with("$share/") { String::from("a") } else { filter };
    valid(TopicFilter::try_from(filter.as_str()))
}

/// A list of one to four entries.
fn list<T: Item>(
    u: &mut Unstructured<'_>,
    mut entry: impl FnMut(&mut Unstructured<'_>, &mut Vec<u8>) -> Result<()>,
) -> Result<List<Bytes, T>> {
    let mut bytes = Vec::new();
    for _ in 0..u.int_in_range(1..=4)? {
        entry(u, &mut bytes)?;
    }
    Ok(List::checked(Bytes::from(bytes)))
}

fn put_prefixed(bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
    out.extend(valid(u16::try_from(bytes.len()))?.to_be_bytes());
    out.extend(bytes);
    Ok(())
}

impl<'a> Arbitrary<'a> for v3::Connect<Bytes> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let level = *u.choose(&[v3::ProtocolLevel::V3_1, v3::ProtocolLevel::V3_1_1])?;
        let id: String = text(u)?.chars().take(22).chain(['x']).collect();
        let mut connect = valid(Self::new(level, valid(Text::try_from(id.as_str()))?, bool::arbitrary(u)?))?;
        connect.keep_alive = u16::arbitrary(u)?;
        if bool::arbitrary(u)? {
            connect.will = Some(v3::Will {
                topic: u.arbitrary()?,
                payload: u.arbitrary()?,
                qos: u.arbitrary()?,
                retain: u.arbitrary()?,
            });
        }
        if bool::arbitrary(u)? {
            connect.credentials =
                Some(v3::Credentials { user_name: u.arbitrary()?, password: u.arbitrary()? });
        }
        Ok(connect)
    }
}

impl<'a> Arbitrary<'a> for v3::ConnAck {
    /// Session Present does not survive 3.1, and is left to chance only beside *accepted*.
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match v3::ConnectReturnCode::new(u.int_in_range(0..=5)?) {
            Some(code) => Self::Refused(code),
            None => Self::Accepted { session_present: u.arbitrary()? },
        })
    }
}

impl<'a> Arbitrary<'a> for v3::Publish<Bytes> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let (delivery, retain) = (u.arbitrary()?, u.arbitrary()?);
        Ok(Self { delivery, retain, topic: u.arbitrary()?, payload: payload(u)? })
    }
}

impl<'a> Arbitrary<'a> for v3::Packet<Bytes> {
    /// A packet that both 3.1 and 3.1.1 have, but for CONNECT (of either), Session Present and a refused subscription.
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match u.int_in_range(1..=14)? {
            1 => Self::Connect(u.arbitrary()?),
            2 => Self::ConnAck(u.arbitrary()?),
            3 => Self::Publish(u.arbitrary()?),
            4 => Self::PubAck(u.arbitrary()?),
            5 => Self::PubRec(u.arbitrary()?),
            6 => Self::PubRel(u.arbitrary()?),
            7 => Self::PubComp(u.arbitrary()?),
            8 => Self::Subscribe(v3::Subscribe {
                packet_id: u.arbitrary()?,
                filters: list(u, |u, out| {
                    put_prefixed(TopicFilter::arbitrary(u)?.as_bytes(), out)?;
                    out.push(Qos::arbitrary(u)?.get());
                    Ok(())
                })?,
            }),
            9 => Self::SubAck(v3::SubAck {
                packet_id: u.arbitrary()?,
                return_codes: list(u, |u, out| {
                    out.push(*u.choose(&[0, 1, 2, 0x80])?);
                    Ok(())
                })?,
            }),
            10 => Self::Unsubscribe(v3::Unsubscribe {
                packet_id: u.arbitrary()?,
                filters: list(u, |u, out| put_prefixed(TopicFilter::arbitrary(u)?.as_bytes(), out))?,
            }),
            11 => Self::UnsubAck(u.arbitrary()?),
            12 => Self::PingReq,
            13 => Self::PingResp,
            _ => Self::Disconnect,
        })
    }
}

/// Appends a property of this identifier to `K`'s builder.
fn push_property<K: Kind>(
    u: &mut Unstructured<'_>,
    builder: v5::PropertiesBuilder<bytes::BytesMut, K>,
    id: PropertyId,
) -> Result<v5::PropertiesBuilder<bytes::BytesMut, K>> {
    let (first, second) = (Text::<Bytes>::arbitrary(u)?, Text::<Bytes>::arbitrary(u)?);
    let data = Binary::<Bytes>::arbitrary(u)?;
    let topic = TopicName::<Bytes>::arbitrary(u)?;
    let (text, data, topic) = (first.as_borrowed(), data.as_borrowed(), topic.as_borrowed());
    Ok(builder.push(match id {
        PropertyId::PayloadFormatIndicator => {
            Property::PayloadFormatIndicator(*u.choose(&[PayloadFormat::Unspecified, PayloadFormat::Utf8])?)
        }
        PropertyId::MessageExpiryInterval => Property::MessageExpiryInterval(u.arbitrary()?),
        PropertyId::ContentType => Property::ContentType(text),
        PropertyId::ResponseTopic => Property::ResponseTopic(topic),
        PropertyId::CorrelationData => Property::CorrelationData(data),
        PropertyId::SubscriptionIdentifier => Property::SubscriptionIdentifier(
            SubscriptionId::new(u.int_in_range(1..=268_435_455)?).ok_or(arbitrary::Error::IncorrectFormat)?,
        ),
        PropertyId::SessionExpiryInterval => Property::SessionExpiryInterval(u.arbitrary()?),
        PropertyId::AssignedClientIdentifier => Property::AssignedClientIdentifier(text),
        PropertyId::ServerKeepAlive => Property::ServerKeepAlive(u.arbitrary()?),
        PropertyId::AuthenticationMethod => Property::AuthenticationMethod(text),
        PropertyId::AuthenticationData => Property::AuthenticationData(data),
        PropertyId::RequestProblemInformation => Property::RequestProblemInformation(u.arbitrary()?),
        PropertyId::WillDelayInterval => Property::WillDelayInterval(u.arbitrary()?),
        PropertyId::RequestResponseInformation => Property::RequestResponseInformation(u.arbitrary()?),
        PropertyId::ResponseInformation => Property::ResponseInformation(text),
        PropertyId::ServerReference => Property::ServerReference(text),
        PropertyId::ReasonString => Property::ReasonString(text),
        PropertyId::ReceiveMaximum => Property::ReceiveMaximum(u.arbitrary()?),
        PropertyId::TopicAliasMaximum => Property::TopicAliasMaximum(u.arbitrary()?),
        PropertyId::TopicAlias => Property::TopicAlias(u.arbitrary()?),
        PropertyId::MaximumQos => Property::MaximumQos(*u.choose(&[Qos::AtMostOnce, Qos::AtLeastOnce])?),
        PropertyId::RetainAvailable => Property::RetainAvailable(u.arbitrary()?),
        PropertyId::UserProperty => {
            Property::UserProperty(UserProperty { name: text, value: second.as_borrowed() })
        }
        PropertyId::MaximumPacketSize => Property::MaximumPacketSize(u.arbitrary()?),
        PropertyId::WildcardSubscriptionAvailable => Property::WildcardSubscriptionAvailable(u.arbitrary()?),
        PropertyId::SubscriptionIdentifierAvailable => {
            Property::SubscriptionIdentifierAvailable(u.arbitrary()?)
        }
        PropertyId::SharedSubscriptionAvailable => Property::SharedSubscriptionAvailable(u.arbitrary()?),
    }))
}

impl<'a, K: Kind> Arbitrary<'a> for Properties<Bytes, K> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        properties(u, None)
    }
}

/// A block with some of the properties that its kind allows, in any order; `wanted` is among them.
fn properties<K: Kind>(u: &mut Unstructured<'_>, wanted: Option<PropertyId>) -> Result<Properties<Bytes, K>> {
    let allowed: Vec<PropertyId> =
        PropertyId::ALL.iter().copied().filter(|id| K::RULES.allowed & id.bit() != 0).collect();
    let mut chosen: Vec<PropertyId> = K::RULES.required.into_iter().chain(wanted).collect();
    for _ in 0..u.int_in_range(0..=5)? {
        let id = *u.choose(&allowed)?;
        if K::RULES.repeatable & id.bit() != 0 || !chosen.contains(&id) {
            chosen.push(id);
        }
    }
    if K::RULES.data_needs_method
        && chosen.contains(&PropertyId::AuthenticationData)
        && !chosen.contains(&PropertyId::AuthenticationMethod)
    {
        chosen.push(PropertyId::AuthenticationMethod);
    }
    let mut builder = Properties::<Bytes, K>::builder();
    for id in chosen {
        builder = push_property(u, builder, id)?;
    }
    valid(builder.finish())
}

impl<'a> Arbitrary<'a> for v5::Connect<Bytes> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let will = if bool::arbitrary(u)? {
            Some(v5::Will {
                properties: u.arbitrary()?,
                topic: u.arbitrary()?,
                payload: u.arbitrary()?,
                qos: u.arbitrary()?,
                retain: u.arbitrary()?,
            })
        } else {
            None
        };
        Ok(Self {
            clean_start: u.arbitrary()?,
            keep_alive: u.arbitrary()?,
            properties: u.arbitrary()?,
            client_id: u.arbitrary()?,
            will,
            user_name: u.arbitrary()?,
            password: u.arbitrary()?,
        })
    }
}

impl<'a> Arbitrary<'a> for v5::Publish<Bytes> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let mut publish = if u.ratio(1, 4)? {
            valid(Self::with_alias(properties(u, Some(PropertyId::TopicAlias))?, payload(u)?))?
        } else {
            Self::with_properties(u.arbitrary()?, u.arbitrary()?, payload(u)?)
        };
        publish.delivery = u.arbitrary()?;
        publish.retain = u.arbitrary()?;
        Ok(publish)
    }
}

impl<'a> Arbitrary<'a> for v5::ConnAck<Bytes> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let properties = u.arbitrary()?;
        Ok(match *u.choose(v5::ConnAckReason::ALL)? {
            v5::ConnAckReason::Success => Self::accepted(u.arbitrary()?, properties),
            refusal => Self::new(refusal, properties),
        })
    }
}

fn ack<R: v5::AckReason>(u: &mut Unstructured<'_>, reasons: &[R]) -> Result<v5::Ack<R, Bytes>> {
    Ok(v5::Ack { packet_id: u.arbitrary()?, reason: *u.choose(reasons)?, properties: u.arbitrary()? })
}

fn filters_ack<R: v5::ListedReason>(
    u: &mut Unstructured<'_>,
    reasons: &[R],
) -> Result<v5::FiltersAck<R, Bytes>> {
    Ok(v5::FiltersAck {
        packet_id: u.arbitrary()?,
        properties: u.arbitrary()?,
        reasons: list(u, |u, out| {
            out.push(u.choose(reasons)?.get());
            Ok(())
        })?,
    })
}

fn subscription(u: &mut Unstructured<'_>, out: &mut Vec<u8>) -> Result<()> {
    let filter = filter_v5(u)?;
    put_prefixed(filter.as_bytes(), out)?;
    let options = v5::SubscriptionOptions {
        qos: u.arbitrary()?,
        no_local: filter.shared().is_none() && u.arbitrary()?,
        retain_as_published: u.arbitrary()?,
        retain_handling: v5::RetainHandling::new(u.int_in_range(0..=2)?).unwrap_or_default(),
    };
    out.push(options.to_byte());
    Ok(())
}

impl<'a> Arbitrary<'a> for v5::Packet<Bytes> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match u.int_in_range(1..=15)? {
            1 => Self::Connect(u.arbitrary()?),
            2 => Self::ConnAck(u.arbitrary()?),
            3 => Self::Publish(u.arbitrary()?),
            4 => Self::PubAck(ack(u, v5::PubAckReason::ALL)?),
            5 => Self::PubRec(ack(u, v5::PubRecReason::ALL)?),
            6 => Self::PubRel(ack(u, v5::PubRelReason::ALL)?),
            7 => Self::PubComp(ack(u, v5::PubCompReason::ALL)?),
            8 => Self::Subscribe(v5::Subscribe {
                packet_id: u.arbitrary()?,
                properties: u.arbitrary()?,
                filters: list(u, subscription)?,
            }),
            9 => Self::SubAck(filters_ack(u, v5::SubAckReason::ALL)?),
            10 => Self::Unsubscribe(v5::Unsubscribe {
                packet_id: u.arbitrary()?,
                properties: u.arbitrary()?,
                filters: list(u, |u, out| put_prefixed(filter_v5(u)?.as_bytes(), out))?,
            }),
            11 => Self::UnsubAck(filters_ack(u, v5::UnsubAckReason::ALL)?),
            12 => Self::PingReq,
            13 => Self::PingResp,
            14 => Self::Disconnect(v5::Disconnect {
                reason: *u.choose(v5::DisconnectReason::ALL)?,
                properties: u.arbitrary()?,
            }),
            _ => Self::Auth(v5::Auth { reason: *u.choose(v5::AuthReason::ALL)?, properties: u.arbitrary()? }),
        })
    }
}

impl<'a> Arbitrary<'a> for AnyPacket<Bytes> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(if bool::arbitrary(u)? { Self::V3(u.arbitrary()?) } else { Self::V5(u.arbitrary()?) })
    }
}
