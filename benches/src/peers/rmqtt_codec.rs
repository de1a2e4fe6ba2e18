//! `rmqtt-codec`: everything shares the buffer. It encodes by value.

use super::{about, bytes, flags, number, pairs};
use crate::codec::{Codec, See, Stop};
use bytes::BytesMut;
use rmqtt_codec::types::Publish;
use rmqtt_codec::{v3, v5};
use std::hint::black_box;
use std::num::{NonZeroU16, NonZeroU32};
use tokio_util::codec::{Decoder as _, Encoder as _};

#[derive(Debug)]
pub enum V3 {}
#[derive(Debug)]
pub enum V5 {}

macro_rules! codec {
    ($version:ident, $codec:expr) => {
        type Input<'a> = ($version::Codec, BytesMut);
        type Packet<'a> = $version::Packet;
        type Output = ($version::Codec, BytesMut);

        fn input(wire: &[u8]) -> Self::Input<'_> {
            (black_box($codec), BytesMut::from(wire))
        }

        fn left((_, input): &Self::Input<'_>) -> usize {
            input.len()
        }

        #[inline]
        fn next<'a>((codec, input): &mut Self::Input<'a>) -> Result<Self::Packet<'a>, Stop> {
            match codec.decode(input) {
                Ok(Some((packet, _))) => Ok(packet),
                Ok(None) => Err(Stop::Incomplete),
                Err(_) => Err(Stop::Refused),
            }
        }

        fn output(capacity: usize) -> Self::Output {
            (black_box($codec), BytesMut::with_capacity(capacity))
        }

        #[inline]
        fn encode(packet: &mut Self::Packet<'_>, (codec, out): &mut Self::Output) {
            let packet = std::mem::replace(packet, $version::Packet::PingRequest);
            codec.encode(packet, out).expect("the packet was decoded");
        }

        fn clear((_, out): &mut Self::Output) {
            out.clear();
        }

        fn written((_, out): &Self::Output) -> &[u8] {
            out
        }
    };
}

#[inline]
fn publish(publish: &Publish, sum: &mut impl See) {
    flags(publish.dup, publish.qos as u8, publish.retain, sum);
    number(publish.packet_id.map(NonZeroU16::get), sum);
    sum.bytes(publish.topic.as_bytes());
    if let Some(properties) = &publish.properties {
        number(properties.topic_alias.map(NonZeroU16::get), sum);
        bytes(properties.correlation_data.as_ref(), sum);
        number(properties.message_expiry_interval.map(NonZeroU32::get), sum);
        bytes(properties.content_type.as_ref(), sum);
        pairs(&properties.user_properties, sum);
        sum.number(properties.is_utf8_payload);
        bytes(properties.response_topic.as_ref(), sum);
        properties.subscription_ids.iter().for_each(|id| sum.number(id.get()));
    }
    sum.bytes(&publish.payload);
}

impl Codec for V3 {
    about!("rmqtt-codec", "0.3.1", V3_1_1, Owned);
    codec!(v3, v3::Codec::new(268_435_455));

    #[inline]
    fn walk(packet: &Self::Packet<'_>, sum: &mut impl See) {
        use v3::{Packet, SubscribeReturnCode};
        match packet {
            Packet::Publish(packet) => publish(packet, sum),
            Packet::PublishAck { packet_id }
            | Packet::PublishReceived { packet_id }
            | Packet::PublishRelease { packet_id }
            | Packet::PublishComplete { packet_id }
            | Packet::UnsubscribeAck { packet_id } => sum.number(packet_id.get()),
            Packet::Connect(connect) => {
                sum.number(connect.clean_session);
                sum.number(connect.keep_alive);
                sum.bytes(connect.client_id.as_bytes());
                if let Some(will) = &connect.last_will {
                    sum.bytes(will.topic.as_bytes());
                    sum.bytes(&will.message);
                    sum.number(will.qos as u8);
                    sum.number(will.retain);
                }
                bytes(connect.username.as_ref(), sum);
                bytes(connect.password.as_ref(), sum);
            }
            Packet::ConnectAck(connack) => {
                sum.number(connack.session_present);
                sum.number(connack.return_code as u8);
            }
            Packet::Subscribe { packet_id, topic_filters } => {
                sum.number(packet_id.get());
                for (filter, qos) in topic_filters {
                    sum.bytes(filter.as_bytes());
                    sum.number(*qos as u8);
                }
            }
            Packet::SubscribeAck { packet_id, status } => {
                sum.number(packet_id.get());
                for code in status {
                    sum.number(match code {
                        SubscribeReturnCode::Success(qos) => *qos as u8,
                        SubscribeReturnCode::Failure => 0x80,
                    });
                }
            }
            Packet::Unsubscribe { packet_id, topic_filters } => {
                sum.number(packet_id.get());
                for filter in topic_filters {
                    sum.bytes(filter.as_bytes());
                }
            }
            Packet::PingRequest | Packet::PingResponse | Packet::Disconnect => {}
        }
    }
}

macro_rules! ack {
    ($packet:ident, $sum:ident) => {{
        $sum.number($packet.packet_id.get());
        $sum.number($packet.reason_code as u8);
        pairs(&$packet.properties, $sum);
        bytes($packet.reason_string.as_ref(), $sum);
    }};
}

/// Properties with a default are seen where they differ from it, since the crate does not keep whether they were there.
impl Codec for V5 {
    about!("rmqtt-codec", "0.3.1", V5, Owned);
    codec!(v5, v5::Codec::new(268_435_455, 268_435_455));

    #[inline]
    fn walk(packet: &Self::Packet<'_>, sum: &mut impl See) {
        use v5::Packet;
        match packet {
            Packet::Publish(packet) => publish(packet, sum),
            Packet::PublishAck(packet) | Packet::PublishReceived(packet) => ack!(packet, sum),
            Packet::PublishRelease(packet) | Packet::PublishComplete(packet) => ack!(packet, sum),
            Packet::Connect(connect) => {
                sum.number(connect.clean_start);
                sum.number(connect.keep_alive);
                sum.number(connect.session_expiry_interval_secs);
                bytes(connect.auth_method.as_ref(), sum);
                bytes(connect.auth_data.as_ref(), sum);
                sum.number(!connect.request_problem_info);
                sum.number(connect.request_response_info);
                number(connect.receive_max.map(NonZeroU16::get), sum);
                sum.number(connect.topic_alias_max);
                pairs(&connect.user_properties, sum);
                number(connect.max_packet_size.map(NonZeroU32::get), sum);
                sum.bytes(connect.client_id.as_bytes());
                if let Some(will) = &connect.last_will {
                    number(will.will_delay_interval_sec, sum);
                    bytes(will.correlation_data.as_ref(), sum);
                    number(will.message_expiry_interval.map(NonZeroU32::get), sum);
                    bytes(will.content_type.as_ref(), sum);
                    pairs(&will.user_properties, sum);
                    number(will.is_utf8_payload, sum);
                    bytes(will.response_topic.as_ref(), sum);
                    sum.bytes(will.topic.as_bytes());
                    sum.bytes(&will.message);
                    sum.number(will.qos as u8);
                    sum.number(will.retain);
                }
                bytes(connect.username.as_ref(), sum);
                bytes(connect.password.as_ref(), sum);
            }
            Packet::ConnectAck(connack) => {
                sum.number(connack.session_present);
                sum.number(connack.reason_code as u8);
                number(connack.session_expiry_interval_secs, sum);
                if connack.receive_max.get() != 65_535 {
                    sum.number(connack.receive_max.get());
                }
                if (connack.max_qos as u8) < 2 {
                    sum.number(connack.max_qos as u8);
                }
                number(connack.max_packet_size, sum);
                bytes(connack.assigned_client_id.as_ref(), sum);
                sum.number(connack.topic_alias_max);
                sum.number(connack.retain_available);
                sum.number(connack.wildcard_subscription_available);
                sum.number(connack.subscription_identifiers_available);
                sum.number(connack.shared_subscription_available);
                number(connack.server_keepalive_sec, sum);
                bytes(connack.response_info.as_ref(), sum);
                bytes(connack.server_reference.as_ref(), sum);
                bytes(connack.auth_method.as_ref(), sum);
                bytes(connack.auth_data.as_ref(), sum);
                bytes(connack.reason_string.as_ref(), sum);
                pairs(&connack.user_properties, sum);
            }
            Packet::Subscribe(subscribe) => {
                sum.number(subscribe.packet_id.get());
                number(subscribe.id.map(NonZeroU32::get), sum);
                pairs(&subscribe.user_properties, sum);
                for (filter, options) in &subscribe.topic_filters {
                    sum.bytes(filter.as_bytes());
                    let flags = u8::from(options.no_local) << 2 | u8::from(options.retain_as_published) << 3;
                    sum.number(options.qos as u8 | flags | (options.retain_handling as u8) << 4);
                }
            }
            Packet::SubscribeAck(suback) => {
                sum.number(suback.packet_id.get());
                pairs(&suback.properties, sum);
                bytes(suback.reason_string.as_ref(), sum);
                suback.status.iter().for_each(|&code| sum.number(code as u8));
            }
            Packet::Unsubscribe(unsubscribe) => {
                sum.number(unsubscribe.packet_id.get());
                pairs(&unsubscribe.user_properties, sum);
                unsubscribe.topic_filters.iter().for_each(|filter| sum.bytes(filter.as_bytes()));
            }
            Packet::UnsubscribeAck(unsuback) => {
                sum.number(unsuback.packet_id.get());
                pairs(&unsuback.properties, sum);
                bytes(unsuback.reason_string.as_ref(), sum);
                unsuback.status.iter().for_each(|&code| sum.number(code as u8));
            }
            Packet::PingRequest | Packet::PingResponse => {}
            Packet::Disconnect(disconnect) => {
                sum.number(disconnect.reason_code as u8);
                number(disconnect.session_expiry_interval_secs, sum);
                bytes(disconnect.server_reference.as_ref(), sum);
                bytes(disconnect.reason_string.as_ref(), sum);
                pairs(&disconnect.user_properties, sum);
            }
            Packet::Auth(auth) => {
                sum.number(auth.reason_code as u8);
                bytes(auth.auth_method.as_ref(), sum);
                bytes(auth.auth_data.as_ref(), sum);
                bytes(auth.reason_string.as_ref(), sum);
                pairs(&auth.user_properties, sum);
            }
        }
    }
}
