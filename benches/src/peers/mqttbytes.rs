//! `mqttbytes`, and `rumqttc`, whose codec grew out of it: payloads share the buffer, most text is copied.

use super::{about, flags, from_bytes_mut, into_bytes_mut};
use crate::codec::{Codec, See, Stop};
use bytes::BytesMut;
use std::hint::black_box;

/// The largest packet; a caller sets it at run time.
const LIMIT: u32 = 268_435_455;

/// The same packets in both crates.
macro_rules! walk_v4 {
    ($v4:path, $packet:ident, $sum:ident) => {{
        use v4::Packet;
        use $v4 as v4;
        match $packet {
            Packet::Publish(publish) => {
                flags(publish.dup, publish.qos as u8, publish.retain, $sum);
                $sum.number(publish.pkid);
                $sum.bytes(publish.topic.as_bytes());
                $sum.bytes(&publish.payload);
            }
            Packet::PubAck(puback) => $sum.number(puback.pkid),
            Packet::PubRec(pubrec) => $sum.number(pubrec.pkid),
            Packet::PubRel(pubrel) => $sum.number(pubrel.pkid),
            Packet::PubComp(pubcomp) => $sum.number(pubcomp.pkid),
            Packet::UnsubAck(unsuback) => $sum.number(unsuback.pkid),
            Packet::Connect(connect) => {
                $sum.number(connect.clean_session);
                $sum.number(connect.keep_alive);
                $sum.bytes(connect.client_id.as_bytes());
                if let Some(will) = &connect.last_will {
                    $sum.bytes(will.topic.as_bytes());
                    $sum.bytes(&will.message);
                    $sum.number(will.qos as u8);
                    $sum.number(will.retain);
                }
                if let Some(login) = &connect.login {
                    $sum.bytes(login.username.as_bytes());
                    $sum.bytes(login.password.as_bytes());
                }
            }
            Packet::ConnAck(connack) => {
                $sum.number(connack.session_present);
                $sum.number(connack.code as u8);
            }
            Packet::Subscribe(subscribe) => {
                $sum.number(subscribe.pkid);
                for filter in &subscribe.filters {
                    $sum.bytes(filter.path.as_bytes());
                    $sum.number(filter.qos as u8);
                }
            }
            Packet::SubAck(suback) => {
                $sum.number(suback.pkid);
                for code in &suback.return_codes {
                    $sum.number(match code {
                        v4::SubscribeReasonCode::Success(qos) => *qos as u8,
                        v4::SubscribeReasonCode::Failure => 0x80,
                    });
                }
            }
            Packet::Unsubscribe(unsubscribe) => {
                $sum.number(unsubscribe.pkid);
                for topic in &unsubscribe.topics {
                    $sum.bytes(topic.as_bytes());
                }
            }
            Packet::PingReq | Packet::PingResp | Packet::Disconnect => {}
        }
    }};
}

macro_rules! ack {
    ($packet:ident, $sum:ident) => {{
        $sum.number($packet.pkid);
        $sum.number($packet.reason as u8);
        if let Some(properties) = &$packet.properties {
            crate::peers::bytes(properties.reason_string.as_ref(), $sum);
            crate::peers::pairs(&properties.user_properties, $sum);
        }
    }};
}

/// The same packets in both crates but for CONNECT.
macro_rules! walk_v5 {
    ($v5:path, $packet:ident, $sum:ident, $($connect:tt)*) => {{
        use $v5 as v5;
        use v5::Packet;
        use crate::peers::{bytes, number, pairs};
        match $packet {
            Packet::Publish(publish) => {
                flags(publish.dup, publish.qos as u8, publish.retain, $sum);
                $sum.number(publish.pkid);
                $sum.bytes(publish.topic.as_ref());
                if let Some(properties) = &publish.properties {
                    number(properties.payload_format_indicator, $sum);
                    number(properties.message_expiry_interval, $sum);
                    number(properties.topic_alias, $sum);
                    bytes(properties.response_topic.as_ref(), $sum);
                    bytes(properties.correlation_data.as_ref(), $sum);
                    pairs(&properties.user_properties, $sum);
                    properties.subscription_identifiers.iter().for_each(|&id| $sum.number(id as u64));
                    bytes(properties.content_type.as_ref(), $sum);
                }
                $sum.bytes(&publish.payload);
            }
            Packet::PubAck(puback) => ack!(puback, $sum),
            Packet::PubRec(pubrec) => ack!(pubrec, $sum),
            Packet::PubRel(pubrel) => ack!(pubrel, $sum),
            Packet::PubComp(pubcomp) => ack!(pubcomp, $sum),
            $($connect)*
            Packet::ConnAck(connack) => {
                $sum.number(connack.session_present);
                $sum.number(connack.code as u8);
                if let Some(properties) = &connack.properties {
                    number(properties.session_expiry_interval, $sum);
                    number(properties.receive_max, $sum);
                    number(properties.max_qos, $sum);
                    number(properties.retain_available, $sum);
                    number(properties.max_packet_size, $sum);
                    bytes(properties.assigned_client_identifier.as_ref(), $sum);
                    number(properties.topic_alias_max, $sum);
                    bytes(properties.reason_string.as_ref(), $sum);
                    pairs(&properties.user_properties, $sum);
                    number(properties.wildcard_subscription_available, $sum);
                    number(properties.subscription_identifiers_available, $sum);
                    number(properties.shared_subscription_available, $sum);
                    number(properties.server_keep_alive, $sum);
                    bytes(properties.response_information.as_ref(), $sum);
                    bytes(properties.server_reference.as_ref(), $sum);
                    bytes(properties.authentication_method.as_ref(), $sum);
                    bytes(properties.authentication_data.as_ref(), $sum);
                }
            }
            Packet::Subscribe(subscribe) => {
                $sum.number(subscribe.pkid);
                if let Some(properties) = &subscribe.properties {
                    number(properties.id.map(|id| id as u64), $sum);
                    pairs(&properties.user_properties, $sum);
                }
                for filter in &subscribe.filters {
                    $sum.bytes(filter.path.as_bytes());
                    let retain = match filter.retain_forward_rule {
                        v5::RetainForwardRule::OnEverySubscribe => 0,
                        v5::RetainForwardRule::OnNewSubscribe => 1,
                        v5::RetainForwardRule::Never => 2,
                    };
                    let flags = u8::from(filter.nolocal) << 2 | u8::from(filter.preserve_retain) << 3;
                    $sum.number(filter.qos as u8 | flags | retain << 4);
                }
            }
            Packet::SubAck(suback) => {
                $sum.number(suback.pkid);
                if let Some(properties) = &suback.properties {
                    bytes(properties.reason_string.as_ref(), $sum);
                    pairs(&properties.user_properties, $sum);
                }
                suback.return_codes.iter().for_each(|&code| $sum.number(suback_code(code)));
            }
            Packet::Unsubscribe(unsubscribe) => {
                $sum.number(unsubscribe.pkid);
                if let Some(properties) = &unsubscribe.properties {
                    pairs(&properties.user_properties, $sum);
                }
                unsubscribe.filters.iter().for_each(|filter| $sum.bytes(filter.as_bytes()));
            }
            Packet::UnsubAck(unsuback) => {
                $sum.number(unsuback.pkid);
                if let Some(properties) = &unsuback.properties {
                    bytes(properties.reason_string.as_ref(), $sum);
                    pairs(&properties.user_properties, $sum);
                }
                unsuback.reasons.iter().for_each(|&code| $sum.number(code as u8));
            }
            Packet::PingReq { .. } | Packet::PingResp { .. } => {}
            Packet::Disconnect(disconnect) => {
                $sum.number(disconnect.reason_code as u8);
                if let Some(properties) = &disconnect.properties {
                    number(properties.session_expiry_interval, $sum);
                    bytes(properties.reason_string.as_ref(), $sum);
                    pairs(&properties.user_properties, $sum);
                    bytes(properties.server_reference.as_ref(), $sum);
                }
            }
        }
    }};
}

/// The properties of CONNECT.
macro_rules! connect_properties {
    ($connect:ident, $sum:ident) => {
        use crate::peers::{bytes, number, pairs};
        if let Some(properties) = &$connect.properties {
            number(properties.session_expiry_interval, $sum);
            number(properties.receive_maximum, $sum);
            number(properties.max_packet_size, $sum);
            number(properties.topic_alias_max, $sum);
            number(properties.request_response_info, $sum);
            number(properties.request_problem_info, $sum);
            pairs(&properties.user_properties, $sum);
            bytes(properties.authentication_method.as_ref(), $sum);
            bytes(properties.authentication_data.as_ref(), $sum);
        }
    };
}

/// The Will of a CONNECT.
macro_rules! will {
    ($will:ident, $sum:ident) => {
        use crate::peers::{bytes, number, pairs};
        if let Some(properties) = &$will.properties {
            number(properties.delay_interval, $sum);
            number(properties.payload_format_indicator, $sum);
            number(properties.message_expiry_interval, $sum);
            bytes(properties.content_type.as_ref(), $sum);
            bytes(properties.response_topic.as_ref(), $sum);
            bytes(properties.correlation_data.as_ref(), $sum);
            pairs(&properties.user_properties, $sum);
        }
        $sum.bytes($will.topic.as_ref());
        $sum.bytes(&$will.message);
        $sum.number($will.qos as u8);
        $sum.number($will.retain);
    };
}

/// `mqttbytes` itself.
pub mod original {
    use super::{BytesMut, Codec, LIMIT, See, Stop, about, black_box, flags, from_bytes_mut, into_bytes_mut};
    use mqttbytes::{Error, v4, v5};

    #[derive(Debug)]
    pub enum V3 {}
    #[derive(Debug)]
    pub enum V5 {}

    #[inline]
    fn suback_code(code: v5::SubscribeReasonCode) -> u8 {
        code as u8
    }

    fn limit() -> usize {
        black_box(LIMIT as usize)
    }

    fn stop(error: &Error) -> Stop {
        match error {
            Error::InsufficientBytes(_) => Stop::Incomplete,
            _ => Stop::Refused,
        }
    }

    impl Codec for V3 {
        about!("mqttbytes", "0.6.0", V3_1_1, Owned);
        from_bytes_mut!();
        into_bytes_mut!();
        type Packet<'a> = v4::Packet;

        #[inline]
        fn next<'a>(input: &mut Self::Input<'a>) -> Result<Self::Packet<'a>, Stop> {
            v4::read(input, limit()).map_err(|error| stop(&error))
        }

        #[inline]
        fn walk(packet: &Self::Packet<'_>, sum: &mut impl See) {
            walk_v4!(mqttbytes::v4, packet, sum);
        }

        #[inline]
        fn encode(packet: &mut Self::Packet<'_>, out: &mut BytesMut) {
            use v4::Packet;
            match packet {
                Packet::Connect(packet) => packet.write(out),
                Packet::ConnAck(packet) => packet.write(out),
                Packet::Publish(packet) => packet.write(out),
                Packet::PubAck(packet) => packet.write(out),
                Packet::PubRec(packet) => packet.write(out),
                Packet::PubRel(packet) => packet.write(out),
                Packet::PubComp(packet) => packet.write(out),
                Packet::Subscribe(packet) => packet.write(out),
                Packet::SubAck(packet) => packet.write(out),
                Packet::Unsubscribe(packet) => packet.write(out),
                Packet::UnsubAck(packet) => packet.write(out),
                Packet::PingReq => v4::PingReq.write(out),
                Packet::PingResp => v4::PingResp.write(out),
                Packet::Disconnect => v4::Disconnect.write(out),
            }
            .expect("the packet was decoded");
        }
    }

    impl Codec for V5 {
        about!("mqttbytes", "0.6.0", V5, Owned);
        from_bytes_mut!();
        into_bytes_mut!();
        type Packet<'a> = v5::Packet;

        #[inline]
        fn next<'a>(input: &mut Self::Input<'a>) -> Result<Self::Packet<'a>, Stop> {
            v5::read(input, limit()).map_err(|error| stop(&error))
        }

        #[inline]
        fn walk(packet: &Self::Packet<'_>, sum: &mut impl See) {
            walk_v5!(mqttbytes::v5, packet, sum, Packet::Connect(connect) => {
                sum.number(connect.clean_session);
                sum.number(connect.keep_alive);
                connect_properties!(connect, sum);
                sum.bytes(connect.client_id.as_bytes());
                if let Some(will) = &connect.last_will {
                    will!(will, sum);
                }
                if let Some(login) = &connect.login {
                    sum.bytes(login.username.as_bytes());
                    sum.bytes(login.password.as_bytes());
                }
            });
        }

        #[inline]
        fn encode(packet: &mut Self::Packet<'_>, out: &mut BytesMut) {
            use v5::Packet;
            match packet {
                Packet::Connect(packet) => packet.write(out),
                Packet::ConnAck(packet) => packet.write(out),
                Packet::Publish(packet) => packet.write(out),
                Packet::PubAck(packet) => packet.write(out),
                Packet::PubRec(packet) => packet.write(out),
                Packet::PubRel(packet) => packet.write(out),
                Packet::PubComp(packet) => packet.write(out),
                Packet::Subscribe(packet) => packet.write(out),
                Packet::SubAck(packet) => packet.write(out),
                Packet::Unsubscribe(packet) => packet.write(out),
                Packet::UnsubAck(packet) => packet.write(out),
                Packet::PingReq => v5::PingReq.write(out),
                Packet::PingResp => v5::PingResp.write(out),
                Packet::Disconnect(packet) => packet.write(out),
            }
            .expect("the packet was decoded");
        }
    }
}

/// `rumqttc`. Reason codes of 5.0 are seen as the crate numbers them, not as they travel.
pub mod rumqttc {
    use super::{BytesMut, Codec, LIMIT, See, Stop, about, black_box, flags, from_bytes_mut, into_bytes_mut};
    use ::rumqttc::mqttbytes::{self, v4};
    use ::rumqttc::v5::mqttbytes::{self as mqttbytes5, v5};

    #[derive(Debug)]
    pub enum V3 {}
    #[derive(Debug)]
    pub enum V5 {}

    #[inline]
    fn suback_code(code: v5::SubscribeReasonCode) -> u8 {
        match code {
            v5::SubscribeReasonCode::Success(qos) => qos as u8,
            _ => 0x80,
        }
    }

    impl Codec for V3 {
        about!("rumqttc", "0.25.1", V3_1_1, Owned);
        from_bytes_mut!();
        into_bytes_mut!();
        type Packet<'a> = v4::Packet;

        #[inline]
        fn next<'a>(input: &mut Self::Input<'a>) -> Result<Self::Packet<'a>, Stop> {
            v4::Packet::read(input, black_box(LIMIT as usize)).map_err(|error| match error {
                mqttbytes::Error::InsufficientBytes(_) => Stop::Incomplete,
                _ => Stop::Refused,
            })
        }

        #[inline]
        fn walk(packet: &Self::Packet<'_>, sum: &mut impl See) {
            walk_v4!(::rumqttc::mqttbytes::v4, packet, sum);
        }

        #[inline]
        fn encode(packet: &mut Self::Packet<'_>, out: &mut BytesMut) {
            packet.write(out, black_box(LIMIT as usize)).expect("the packet was decoded");
        }
    }

    impl Codec for V5 {
        about!("rumqttc", "0.25.1", V5, Owned);
        from_bytes_mut!();
        into_bytes_mut!();
        type Packet<'a> = v5::Packet;

        #[inline]
        fn next<'a>(input: &mut Self::Input<'a>) -> Result<Self::Packet<'a>, Stop> {
            v5::Packet::read(input, black_box(Some(LIMIT))).map_err(|error| match error {
                mqttbytes5::Error::InsufficientBytes(_) => Stop::Incomplete,
                _ => Stop::Refused,
            })
        }

        #[inline]
        fn walk(packet: &Self::Packet<'_>, sum: &mut impl See) {
            walk_v5!(::rumqttc::v5::mqttbytes::v5, packet, sum, Packet::Connect(connect, will, login) => {
                sum.number(connect.clean_start);
                sum.number(connect.keep_alive);
                connect_properties!(connect, sum);
                sum.bytes(connect.client_id.as_bytes());
                if let Some(will) = will {
                    will!(will, sum);
                }
                if let Some(login) = login {
                    sum.bytes(login.username.as_bytes());
                    sum.bytes(login.password.as_bytes());
                }
            }
            Packet::Auth(_) => {});
        }

        #[inline]
        fn encode(packet: &mut Self::Packet<'_>, out: &mut BytesMut) {
            packet.write(out, black_box(Some(LIMIT))).expect("the packet was decoded");
        }
    }
}
