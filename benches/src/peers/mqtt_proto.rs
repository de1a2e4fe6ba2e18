//! `mqtt-proto`: owns, in `Arc<str>` and `Bytes`. It decodes from an asynchronous reader; its own `decode` blocks on that,
//! as the adapter does, which has to know how much was read.

use super::{about, bytes, flags, from_slice, into_vec, number};
use crate::codec::{Codec, See, Stop};
use futures_lite::future::block_on;
use mqtt_proto::v5::UserProperty;
use mqtt_proto::{v3, v5};

#[derive(Debug)]
pub enum V3 {}
#[derive(Debug)]
pub enum V5 {}

impl Codec for V3 {
    about!("mqtt-proto", "0.4.0", V3_1_1, Owned);
    from_slice!();
    into_vec!();
    type Packet<'a> = v3::Packet;

    #[inline]
    fn next<'a>(input: &mut Self::Input<'a>) -> Result<Self::Packet<'a>, Stop> {
        let mut rest = *input;
        match block_on(v3::Packet::decode_async(&mut rest)) {
            Ok(packet) => {
                *input = rest;
                Ok(packet)
            }
            Err(e) if e.is_eof() => Err(Stop::Incomplete),
            Err(_) => Err(Stop::Refused),
        }
    }

    #[inline]
    fn walk(packet: &Self::Packet<'_>, sum: &mut impl See) {
        use v3::{Packet, SubscribeReturnCode};
        match packet {
            Packet::Publish(publish) => {
                flags(publish.dup, publish.qos_pid.qos() as u8, publish.retain, sum);
                number(publish.qos_pid.pid().map(mqtt_proto::Pid::value), sum);
                sum.bytes(publish.topic_name.as_bytes());
                sum.bytes(&publish.payload);
            }
            Packet::Puback(id)
            | Packet::Pubrec(id)
            | Packet::Pubrel(id)
            | Packet::Pubcomp(id)
            | Packet::Unsuback(id) => sum.number(id.value()),
            Packet::Connect(connect) => {
                sum.number(connect.clean_session);
                sum.number(connect.keep_alive);
                sum.bytes(connect.client_id.as_bytes());
                if let Some(will) = &connect.last_will {
                    sum.bytes(will.topic_name.as_bytes());
                    sum.bytes(&will.message);
                    sum.number(will.qos as u8);
                    sum.number(will.retain);
                }
                bytes(connect.username.as_deref(), sum);
                bytes(connect.password.as_ref(), sum);
            }
            Packet::Connack(connack) => {
                sum.number(connack.session_present);
                sum.number(connack.code as u8);
            }
            Packet::Subscribe(subscribe) => {
                sum.number(subscribe.pid.value());
                for (filter, qos) in &subscribe.topics {
                    sum.bytes(filter.as_bytes());
                    sum.number(*qos as u8);
                }
            }
            Packet::Suback(suback) => {
                sum.number(suback.pid.value());
                for code in &suback.topics {
                    sum.number(match code {
                        SubscribeReturnCode::MaxLevel0 => 0,
                        SubscribeReturnCode::MaxLevel1 => 1,
                        SubscribeReturnCode::MaxLevel2 => 2,
                        SubscribeReturnCode::Failure => 0x80_u8,
                    });
                }
            }
            Packet::Unsubscribe(unsubscribe) => {
                sum.number(unsubscribe.pid.value());
                unsubscribe.topics.iter().for_each(|filter| sum.bytes(filter.as_bytes()));
            }
            Packet::Pingreq | Packet::Pingresp | Packet::Disconnect => {}
        }
    }

    #[inline]
    fn encode(packet: &mut Self::Packet<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(packet.encode().expect("the packet was decoded").as_ref());
    }
}

#[inline]
fn user(properties: &[UserProperty], sum: &mut impl See) {
    for property in properties {
        sum.bytes(property.name.as_bytes());
        sum.bytes(property.value.as_bytes());
    }
}

macro_rules! ack {
    ($packet:ident, $sum:ident) => {{
        $sum.number($packet.pid.value());
        $sum.number($packet.reason_code as u8);
        bytes($packet.properties.reason_string.as_deref(), $sum);
        user(&$packet.properties.user_properties, $sum);
    }};
}

impl Codec for V5 {
    about!("mqtt-proto", "0.4.0", V5, Owned);
    from_slice!();
    into_vec!();
    type Packet<'a> = v5::Packet;

    #[inline]
    fn next<'a>(input: &mut Self::Input<'a>) -> Result<Self::Packet<'a>, Stop> {
        let mut rest = *input;
        match block_on(v5::Packet::decode_async(&mut rest)) {
            Ok(packet) => {
                *input = rest;
                Ok(packet)
            }
            Err(e) if e.is_eof() => Err(Stop::Incomplete),
            Err(_) => Err(Stop::Refused),
        }
    }

    #[inline]
    fn walk(packet: &Self::Packet<'_>, sum: &mut impl See) {
        use v5::Packet;
        match packet {
            Packet::Publish(publish) => {
                flags(publish.dup, publish.qos_pid.qos() as u8, publish.retain, sum);
                number(publish.qos_pid.pid().map(mqtt_proto::Pid::value), sum);
                sum.bytes(publish.topic_name.as_bytes());
                let properties = &publish.properties;
                number(properties.payload_is_utf8, sum);
                number(properties.message_expiry_interval, sum);
                number(properties.topic_alias, sum);
                bytes(properties.response_topic.as_deref(), sum);
                bytes(properties.correlation_data.as_ref(), sum);
                user(&properties.user_properties, sum);
                number(properties.subscription_id.map(v5::VarByteInt::value), sum);
                bytes(properties.content_type.as_deref(), sum);
                sum.bytes(&publish.payload);
            }
            Packet::Puback(puback) => ack!(puback, sum),
            Packet::Pubrec(pubrec) => ack!(pubrec, sum),
            Packet::Pubrel(pubrel) => ack!(pubrel, sum),
            Packet::Pubcomp(pubcomp) => ack!(pubcomp, sum),
            Packet::Connect(connect) => {
                sum.number(connect.clean_start);
                sum.number(connect.keep_alive);
                let properties = &connect.properties;
                number(properties.session_expiry_interval, sum);
                number(properties.receive_max, sum);
                number(properties.max_packet_size, sum);
                number(properties.topic_alias_max, sum);
                number(properties.request_response_info, sum);
                number(properties.request_problem_info, sum);
                user(&properties.user_properties, sum);
                bytes(properties.auth_method.as_deref(), sum);
                bytes(properties.auth_data.as_ref(), sum);
                sum.bytes(connect.client_id.as_bytes());
                if let Some(will) = &connect.last_will {
                    let properties = &will.properties;
                    number(properties.delay_interval, sum);
                    number(properties.payload_is_utf8, sum);
                    number(properties.message_expiry_interval, sum);
                    bytes(properties.content_type.as_deref(), sum);
                    bytes(properties.response_topic.as_deref(), sum);
                    bytes(properties.correlation_data.as_ref(), sum);
                    user(&properties.user_properties, sum);
                    sum.bytes(will.topic_name.as_bytes());
                    sum.bytes(&will.payload);
                    sum.number(will.qos as u8);
                    sum.number(will.retain);
                }
                bytes(connect.username.as_deref(), sum);
                bytes(connect.password.as_ref(), sum);
            }
            Packet::Connack(connack) => {
                sum.number(connack.session_present);
                sum.number(connack.reason_code as u8);
                let properties = &connack.properties;
                number(properties.session_expiry_interval, sum);
                number(properties.receive_max, sum);
                number(properties.max_qos.map(|qos| qos as u8), sum);
                number(properties.retain_available, sum);
                number(properties.max_packet_size, sum);
                bytes(properties.assigned_client_id.as_deref(), sum);
                number(properties.topic_alias_max, sum);
                bytes(properties.reason_string.as_deref(), sum);
                user(&properties.user_properties, sum);
                number(properties.wildcard_subscription_available, sum);
                number(properties.subscription_id_available, sum);
                number(properties.shared_subscription_available, sum);
                number(properties.server_keep_alive, sum);
                bytes(properties.response_info.as_deref(), sum);
                bytes(properties.server_reference.as_deref(), sum);
                bytes(properties.auth_method.as_deref(), sum);
                bytes(properties.auth_data.as_ref(), sum);
            }
            Packet::Subscribe(subscribe) => {
                sum.number(subscribe.pid.value());
                number(subscribe.properties.subscription_id.map(v5::VarByteInt::value), sum);
                user(&subscribe.properties.user_properties, sum);
                for (filter, options) in &subscribe.topics {
                    sum.bytes(filter.as_bytes());
                    let flags = u8::from(options.no_local) << 2 | u8::from(options.retain_as_published) << 3;
                    sum.number(options.max_qos as u8 | flags | (options.retain_handling as u8) << 4);
                }
            }
            Packet::Suback(suback) => {
                sum.number(suback.pid.value());
                bytes(suback.properties.reason_string.as_deref(), sum);
                user(&suback.properties.user_properties, sum);
                suback.topics.iter().for_each(|&code| sum.number(code as u8));
            }
            Packet::Unsubscribe(unsubscribe) => {
                sum.number(unsubscribe.pid.value());
                user(&unsubscribe.properties.user_properties, sum);
                unsubscribe.topics.iter().for_each(|filter| sum.bytes(filter.as_bytes()));
            }
            Packet::Unsuback(unsuback) => {
                sum.number(unsuback.pid.value());
                bytes(unsuback.properties.reason_string.as_deref(), sum);
                user(&unsuback.properties.user_properties, sum);
                unsuback.topics.iter().for_each(|&code| sum.number(code as u8));
            }
            Packet::Pingreq | Packet::Pingresp => {}
            Packet::Disconnect(disconnect) => {
                sum.number(disconnect.reason_code as u8);
                number(disconnect.properties.session_expiry_interval, sum);
                bytes(disconnect.properties.reason_string.as_deref(), sum);
                user(&disconnect.properties.user_properties, sum);
                bytes(disconnect.properties.server_reference.as_deref(), sum);
            }
            Packet::Auth(auth) => {
                sum.number(auth.reason_code as u8);
                bytes(auth.properties.auth_method.as_deref(), sum);
                bytes(auth.properties.auth_data.as_ref(), sum);
                bytes(auth.properties.reason_string.as_deref(), sum);
                user(&auth.properties.user_properties, sum);
            }
        }
    }

    #[inline]
    fn encode(packet: &mut Self::Packet<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(packet.encode().expect("the packet was decoded").as_ref());
    }
}
