//! `mqtt5-protocol`: owns; properties live in a map.

use super::{about, bytes, flags, from_bytes_mut, into_bytes_mut, number};
use crate::codec::{Codec, See, Stop};
use bytes::{Buf as _, BytesMut};
use mqtt5_protocol::packet::MqttPacket as _;
use mqtt5_protocol::packet::pingreq::PingReqPacket;
use mqtt5_protocol::packet::pingresp::PingRespPacket;
use mqtt5_protocol::{FixedHeader, Packet, Properties, PropertyValue};

#[derive(Debug)]
pub enum V5 {}

#[inline]
fn properties(properties: &Properties, sum: &mut impl See) {
    for (_, value) in properties.iter() {
        match value {
            PropertyValue::Byte(n) => sum.number(*n),
            PropertyValue::TwoByteInteger(n) => sum.number(*n),
            PropertyValue::FourByteInteger(n) | PropertyValue::VariableByteInteger(n) => sum.number(*n),
            PropertyValue::BinaryData(data) => sum.bytes(data),
            PropertyValue::Utf8String(text) => sum.bytes(text.as_bytes()),
            PropertyValue::Utf8StringPair(name, value) => {
                sum.bytes(name.as_bytes());
                sum.bytes(value.as_bytes());
            }
        }
    }
}

macro_rules! ack {
    ($packet:ident, $sum:ident) => {{
        $sum.number($packet.packet_id);
        $sum.number($packet.reason_code as u8);
        properties(&$packet.properties, $sum);
    }};
}

impl Codec for V5 {
    about!("mqtt5-protocol", "0.16.2", V5, Owned);
    from_bytes_mut!();
    into_bytes_mut!();
    type Packet<'a> = Packet;

    /// The crate reads a header and a body, and leaves it to its caller to know that they are whole.
    #[inline]
    fn next<'a>(input: &mut Self::Input<'a>) -> Result<Self::Packet<'a>, Stop> {
        let lengths = input.iter().skip(1).take(4).take_while(|&&byte| byte >= 0x80).count();
        if input.len() < lengths + 2 {
            return Err(Stop::Incomplete);
        }
        let mut header_bytes = &input[..];
        let header = FixedHeader::decode(&mut header_bytes).map_err(|_| Stop::Refused)?;
        let header_len = input.len() - header_bytes.len();
        let len = usize::try_from(header.remaining_length).map_err(|_| Stop::Refused)?;
        if header_bytes.len() < len {
            return Err(Stop::Incomplete);
        }
        input.advance(header_len);
        let mut body = input.split_to(len).freeze();
        match Packet::decode_from_body(header.packet_type, &header, &mut body) {
            Ok(packet) => Ok(packet),
            Err(_) => Err(Stop::Refused),
        }
    }

    #[inline]
    fn walk(packet: &Self::Packet<'_>, sum: &mut impl See) {
        match packet {
            Packet::Publish(publish) => {
                flags(publish.dup, publish.qos as u8, publish.retain, sum);
                number(publish.packet_id, sum);
                sum.bytes(publish.topic_name.as_bytes());
                properties(&publish.properties, sum);
                sum.bytes(&publish.payload);
            }
            Packet::PubAck(puback) => ack!(puback, sum),
            Packet::PubRec(pubrec) => ack!(pubrec, sum),
            Packet::PubRel(pubrel) => ack!(pubrel, sum),
            Packet::PubComp(pubcomp) => ack!(pubcomp, sum),
            Packet::Connect(connect) => {
                sum.number(connect.clean_start);
                sum.number(connect.keep_alive);
                properties(&connect.properties, sum);
                sum.bytes(connect.client_id.as_bytes());
                if let Some(will) = &connect.will {
                    properties(&connect.will_properties, sum);
                    sum.bytes(will.topic.as_bytes());
                    sum.bytes(&will.payload);
                    sum.number(will.qos as u8);
                    sum.number(will.retain);
                }
                bytes(connect.username.as_ref(), sum);
                bytes(connect.password.as_ref(), sum);
            }
            Packet::ConnAck(connack) => {
                sum.number(connack.session_present);
                sum.number(connack.reason_code as u8);
                properties(&connack.properties, sum);
            }
            Packet::Subscribe(subscribe) => {
                sum.number(subscribe.packet_id);
                properties(&subscribe.properties, sum);
                for filter in &subscribe.filters {
                    sum.bytes(filter.filter.as_bytes());
                    sum.number(filter.options.encode());
                }
            }
            Packet::SubAck(suback) => {
                sum.number(suback.packet_id);
                properties(&suback.properties, sum);
                suback.reason_codes.iter().for_each(|&code| sum.number(code as u8));
            }
            Packet::Unsubscribe(unsubscribe) => {
                sum.number(unsubscribe.packet_id);
                properties(&unsubscribe.properties, sum);
                unsubscribe.filters.iter().for_each(|filter| sum.bytes(filter.as_bytes()));
            }
            Packet::UnsubAck(unsuback) => {
                sum.number(unsuback.packet_id);
                properties(&unsuback.properties, sum);
                unsuback.reason_codes.iter().for_each(|&code| sum.number(code as u8));
            }
            Packet::PingReq | Packet::PingResp => {}
            Packet::Disconnect(disconnect) => {
                sum.number(disconnect.reason_code as u8);
                properties(&disconnect.properties, sum);
            }
            Packet::Auth(auth) => {
                sum.number(auth.reason_code as u8);
                properties(&auth.properties, sum);
            }
        }
    }

    #[inline]
    fn encode(packet: &mut Self::Packet<'_>, out: &mut BytesMut) {
        match packet {
            Packet::Connect(packet) => packet.encode(out),
            Packet::ConnAck(packet) => packet.encode(out),
            Packet::Publish(packet) => packet.encode(out),
            Packet::PubAck(packet) => packet.encode(out),
            Packet::PubRec(packet) => packet.encode(out),
            Packet::PubRel(packet) => packet.encode(out),
            Packet::PubComp(packet) => packet.encode(out),
            Packet::Subscribe(packet) => packet.encode(out),
            Packet::SubAck(packet) => packet.encode(out),
            Packet::Unsubscribe(packet) => packet.encode(out),
            Packet::UnsubAck(packet) => packet.encode(out),
            Packet::PingReq => PingReqPacket::default().encode(out),
            Packet::PingResp => PingRespPacket::default().encode(out),
            Packet::Disconnect(packet) => packet.encode(out),
            Packet::Auth(packet) => packet.encode(out),
        }
        .expect("the packet was decoded");
    }
}
