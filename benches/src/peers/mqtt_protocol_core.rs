//! `mqtt-protocol-core`: owns; a PUBLISH shares its packet's bytes, which are copied out of the stream.

use super::{about, bytes, flags, into_vec, number};
use crate::codec::{Codec, See, Stop};
use mqtt_protocol_core::mqtt::common::Cursor;
use mqtt_protocol_core::mqtt::connection::{PacketBuildResult, PacketBuilder, PacketData, RawPacket};
use mqtt_protocol_core::mqtt::packet::{GenericPacketTrait as _, Packet, Property, SubEntry, v3_1_1, v5_0};
use mqtt_protocol_core::mqtt::prelude::PropertyValueAccess as _;
use mqtt_protocol_core::mqtt::result_code::MqttError;

#[derive(Debug)]
pub enum V3 {}
#[derive(Debug)]
pub enum V5 {}

/// The bytes, and what cuts them into packets.
#[expect(missing_debug_implementations, reason = "the parts have none")]
pub struct Input<'a> {
    builder: PacketBuilder,
    bytes: Cursor<&'a [u8]>,
}

impl<'a> Input<'a> {
    fn new(wire: &'a [u8]) -> Self {
        Self { builder: PacketBuilder::new(), bytes: Cursor::new(wire) }
    }

    fn left(&self) -> usize {
        self.bytes.get_ref().len() - usize::try_from(self.bytes.position()).unwrap_or(usize::MAX)
    }

    #[inline]
    fn next(&mut self, parse: impl FnOnce(RawPacket) -> Result<Packet, MqttError>) -> Result<Packet, Stop> {
        match self.builder.feed(&mut self.bytes) {
            PacketBuildResult::Complete(raw) => parse(raw).map_err(|_| Stop::Refused),
            PacketBuildResult::Incomplete => Err(Stop::Incomplete),
            PacketBuildResult::Error(_) => Err(Stop::Refused),
        }
    }
}

macro_rules! codec {
    ($version:ident) => {
        type Input<'a> = Input<'a>;
        type Packet<'a> = Packet;
        into_vec!();

        fn input(wire: &[u8]) -> Self::Input<'_> {
            Input::new(wire)
        }

        fn left(input: &Self::Input<'_>) -> usize {
            input.left()
        }

        #[inline]
        fn encode(packet: &mut Packet, out: &mut Vec<u8>) {
            out.extend_from_slice(&packet.to_continuous_buffer());
        }

        #[inline]
        fn next<'a>(input: &mut Self::Input<'a>) -> Result<Self::Packet<'a>, Stop> {
            use $version as v;
            let parse = |raw: RawPacket| {
                Ok(match (raw.packet_type(), &raw.data) {
                    (3, PacketData::Publish(data)) => v::Publish::parse(raw.flags(), data.clone())?.0.into(),
                    (1, _) => raw.parse_exact(v::Connect::parse)?.into(),
                    (2, _) => raw.parse_exact(v::Connack::parse)?.into(),
                    (4, _) => raw.parse_exact(v::Puback::parse)?.into(),
                    (5, _) => raw.parse_exact(v::Pubrec::parse)?.into(),
                    (6, _) => raw.parse_exact(v::Pubrel::parse)?.into(),
                    (7, _) => raw.parse_exact(v::Pubcomp::parse)?.into(),
                    (8, _) => raw.parse_exact(v::Subscribe::parse)?.into(),
                    (9, _) => raw.parse_exact(v::Suback::parse)?.into(),
                    (10, _) => raw.parse_exact(v::Unsubscribe::parse)?.into(),
                    (11, _) => raw.parse_exact(v::Unsuback::parse)?.into(),
                    (12, _) => raw.parse_exact(v::Pingreq::parse)?.into(),
                    (13, _) => raw.parse_exact(v::Pingresp::parse)?.into(),
                    (14, _) => raw.parse_exact(v::Disconnect::parse)?.into(),
                    other => return Self::more(other.0, &raw),
                })
            };
            input.next(parse)
        }
    };
}

impl V3 {
    fn more(_: u8, _: &RawPacket) -> Result<Packet, MqttError> {
        Err(MqttError::MalformedPacket)
    }
}

impl V5 {
    fn more(kind: u8, raw: &RawPacket) -> Result<Packet, MqttError> {
        if kind == 15 {
            Ok(raw.parse_exact(v5_0::Auth::parse)?.into())
        } else {
            Err(MqttError::MalformedPacket)
        }
    }
}

#[inline]
fn entry(entry: &SubEntry, sum: &mut impl See) {
    sum.bytes(entry.topic_filter().as_bytes());
    sum.number(entry.sub_opts().to_buffer()[0]);
}

impl Codec for V3 {
    about!("mqtt-protocol-core", "0.7.9", V3_1_1, Owned);
    codec!(v3_1_1);

    #[inline]
    fn walk(packet: &Self::Packet<'_>, sum: &mut impl See) {
        match packet {
            Packet::V3_1_1Publish(publish) => {
                flags(publish.dup(), publish.qos() as u8, publish.retain(), sum);
                number(publish.packet_id(), sum);
                sum.bytes(publish.topic_name().as_bytes());
                sum.bytes(publish.payload().as_slice());
            }
            Packet::V3_1_1Puback(puback) => sum.number(puback.packet_id()),
            Packet::V3_1_1Pubrec(pubrec) => sum.number(pubrec.packet_id()),
            Packet::V3_1_1Pubrel(pubrel) => sum.number(pubrel.packet_id()),
            Packet::V3_1_1Pubcomp(pubcomp) => sum.number(pubcomp.packet_id()),
            Packet::V3_1_1Unsuback(unsuback) => sum.number(unsuback.packet_id()),
            Packet::V3_1_1Connect(connect) => {
                sum.number(connect.clean_session());
                sum.number(connect.keep_alive());
                sum.bytes(connect.client_id().as_bytes());
                bytes(connect.will_topic(), sum);
                bytes(connect.will_payload(), sum);
                sum.number(connect.will_qos() as u8);
                sum.number(connect.will_retain());
                bytes(connect.user_name(), sum);
                bytes(connect.password(), sum);
            }
            Packet::V3_1_1Connack(connack) => {
                sum.number(connack.session_present());
                sum.number(connack.return_code() as u8);
            }
            Packet::V3_1_1Subscribe(subscribe) => {
                sum.number(subscribe.packet_id());
                subscribe.entries().iter().for_each(|one| entry(one, sum));
            }
            Packet::V3_1_1Suback(suback) => {
                sum.number(suback.packet_id());
                suback.return_codes().iter().for_each(|&code| sum.number(code as u8));
            }
            Packet::V3_1_1Unsubscribe(unsubscribe) => {
                sum.number(unsubscribe.packet_id());
                unsubscribe.entries().iter().for_each(|filter| sum.bytes(filter.as_str().as_bytes()));
            }
            _ => {}
        }
    }
}

#[inline]
fn properties(properties: &[Property], sum: &mut impl See) {
    for property in properties {
        match property {
            Property::PayloadFormatIndicator(_)
            | Property::RequestProblemInformation(_)
            | Property::RequestResponseInformation(_)
            | Property::MaximumQos(_)
            | Property::RetainAvailable(_)
            | Property::WildcardSubscriptionAvailable(_)
            | Property::SubscriptionIdentifierAvailable(_)
            | Property::SharedSubscriptionAvailable(_) => number(property.as_u8(), sum),
            Property::ServerKeepAlive(_)
            | Property::ReceiveMaximum(_)
            | Property::TopicAliasMaximum(_)
            | Property::TopicAlias(_) => number(property.as_u16(), sum),
            Property::MessageExpiryInterval(_)
            | Property::SessionExpiryInterval(_)
            | Property::WillDelayInterval(_)
            | Property::MaximumPacketSize(_)
            | Property::SubscriptionIdentifier(_) => number(property.as_u32(), sum),
            Property::CorrelationData(_) | Property::AuthenticationData(_) => bytes(property.as_bytes(), sum),
            Property::UserProperty(_) => {
                if let Some((name, value)) = property.as_key_value() {
                    sum.bytes(name.as_bytes());
                    sum.bytes(value.as_bytes());
                }
            }
            _ => bytes(property.as_str(), sum),
        }
    }
}

macro_rules! ack {
    ($packet:ident, $sum:ident) => {{
        $sum.number($packet.packet_id());
        number($packet.reason_code().map(|code| code as u8), $sum);
        properties($packet.props().as_deref().unwrap_or_default(), $sum);
    }};
}

impl Codec for V5 {
    about!("mqtt-protocol-core", "0.7.9", V5, Owned);
    codec!(v5_0);

    #[inline]
    fn walk(packet: &Self::Packet<'_>, sum: &mut impl See) {
        match packet {
            Packet::V5_0Publish(publish) => {
                flags(publish.dup(), publish.qos() as u8, publish.retain(), sum);
                number(publish.packet_id(), sum);
                sum.bytes(publish.topic_name().as_bytes());
                properties(publish.props(), sum);
                sum.bytes(publish.payload().as_slice());
            }
            Packet::V5_0Puback(puback) => ack!(puback, sum),
            Packet::V5_0Pubrec(pubrec) => ack!(pubrec, sum),
            Packet::V5_0Pubrel(pubrel) => ack!(pubrel, sum),
            Packet::V5_0Pubcomp(pubcomp) => ack!(pubcomp, sum),
            Packet::V5_0Connect(connect) => {
                sum.number(connect.clean_start());
                sum.number(connect.keep_alive());
                properties(connect.props(), sum);
                sum.bytes(connect.client_id().as_bytes());
                properties(connect.will_props(), sum);
                bytes(connect.will_topic(), sum);
                bytes(connect.will_payload(), sum);
                sum.number(connect.will_qos() as u8);
                sum.number(connect.will_retain());
                bytes(connect.user_name(), sum);
                bytes(connect.password(), sum);
            }
            Packet::V5_0Connack(connack) => {
                sum.number(connack.session_present());
                sum.number(connack.reason_code() as u8);
                properties(connack.props(), sum);
            }
            Packet::V5_0Subscribe(subscribe) => {
                sum.number(subscribe.packet_id());
                properties(subscribe.props(), sum);
                subscribe.entries().iter().for_each(|one| entry(one, sum));
            }
            Packet::V5_0Suback(suback) => {
                sum.number(suback.packet_id());
                properties(suback.props(), sum);
                suback.reason_codes().iter().for_each(|&code| sum.number(code as u8));
            }
            Packet::V5_0Unsubscribe(unsubscribe) => {
                sum.number(unsubscribe.packet_id());
                properties(unsubscribe.props(), sum);
                unsubscribe.entries().iter().for_each(|filter| sum.bytes(filter.as_str().as_bytes()));
            }
            Packet::V5_0Unsuback(unsuback) => {
                sum.number(unsuback.packet_id());
                properties(unsuback.props(), sum);
                unsuback.reason_codes().iter().for_each(|&code| sum.number(code as u8));
            }
            Packet::V5_0Disconnect(disconnect) => {
                number(disconnect.reason_code().map(|code| code as u8), sum);
                properties(disconnect.props().as_deref().unwrap_or_default(), sum);
            }
            Packet::V5_0Auth(auth) => {
                number(auth.reason_code().map(|code| code as u8), sum);
                properties(auth.props().as_deref().unwrap_or_default(), sum);
            }
            _ => {}
        }
    }
}
