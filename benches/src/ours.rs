//! This project's codec in its four forms: borrowed from a slice into a slice; and from a `BytesMut` into a `BytesMut` shared,
//! in parts of their own, and through the codec of `tokio-util`.

use crate::codec::{Codec, Kind, See, Stop, Storage};
use crate::workload::Protocol;
use bytes::{Bytes, BytesMut};
use mqtt_codec::v5::{self, Property, PropertyIter, ReasonCode as _};
use mqtt_codec::{Decoded, Delivery, v3};
use std::hint::black_box;

/// 3.1.1, borrowed.
#[derive(Debug)]
pub enum BorrowedV3 {}
/// 3.1.1, shared.
#[derive(Debug)]
pub enum SharedV3 {}
/// 5.0, borrowed.
#[derive(Debug)]
pub enum BorrowedV5 {}
/// 5.0, shared.
#[derive(Debug)]
pub enum SharedV5 {}
/// 3.1.1, in parts with a reference count each.
#[derive(Debug)]
pub enum OwnedV3 {}
/// 5.0, in parts with a reference count each.
#[derive(Debug)]
pub enum OwnedV5 {}
/// 3.1.1, through `tokio-util`.
#[derive(Debug)]
pub enum FramedV3 {}
/// 5.0, through `tokio-util`.
#[derive(Debug)]
pub enum FramedV5 {}

/// A buffer that is filled from its front.
#[derive(Debug)]
pub struct Filled {
    /// All of it.
    pub buffer: Vec<u8>,
    /// How much is filled.
    pub len: usize,
}

impl Filled {
    /// An empty buffer.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { buffer: vec![0; capacity], len: 0 }
    }

    /// What is filled.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[..self.len]
    }
}

fn decoder_v3() -> v3::Decoder {
    black_box(v3::Decoder::new(v3::ProtocolLevel::V3_1_1))
}

fn decoder_v5() -> v5::Decoder {
    black_box(v5::Decoder::new())
}

macro_rules! borrowed {
    ($name:ident, $protocol:ident, $version:ident, $decoder:ident, $walk:ident) => {
        impl Codec for $name {
            const NAME: &'static str = "mqtt-codec";
            const RELEASE: &'static str = "this";
            const PROTOCOL: Protocol = Protocol::$protocol;
            const KIND: Kind = Kind::Ours;
            const STORAGE: Storage = Storage::Borrowed;
            type Input<'a> = ($version::Decoder, &'a [u8]);
            type Packet<'a> = $version::Packet<&'a [u8]>;
            type Output = Filled;

            fn input(wire: &[u8]) -> Self::Input<'_> {
                ($decoder(), wire)
            }

            #[inline]
            fn next<'a>((decoder, rest): &mut Self::Input<'a>) -> Result<Self::Packet<'a>, Stop> {
                match decoder.decode(rest) {
                    Ok(Decoded::Complete { value, consumed }) => {
                        *rest = &rest[consumed..];
                        Ok(value)
                    }
                    Ok(Decoded::Incomplete { .. }) => Err(Stop::Incomplete),
                    Err(_) => Err(Stop::Refused),
                }
            }

            fn left((_, rest): &Self::Input<'_>) -> usize {
                rest.len()
            }

            #[inline]
            fn walk(packet: &Self::Packet<'_>, sum: &mut impl See) {
                $walk(packet, sum);
            }

            fn output(capacity: usize) -> Filled {
                Filled::new(capacity)
            }

            #[inline]
            fn encode(packet: &mut Self::Packet<'_>, out: &mut Filled) {
                out.len += packet.encode(&mut out.buffer[out.len..]).expect("there is room");
            }

            fn clear(out: &mut Filled) {
                out.len = 0;
            }

            fn written(out: &Filled) -> &[u8] {
                out.bytes()
            }
        }
    };
}

macro_rules! shared {
    ($name:ident, $protocol:ident, $version:ident, $decoder:ident, $walk:ident) => {
        impl Codec for $name {
            const NAME: &'static str = "mqtt-codec, `Bytes`";
            const RELEASE: &'static str = "this";
            const PROTOCOL: Protocol = Protocol::$protocol;
            const KIND: Kind = Kind::Ours;
            const STORAGE: Storage = Storage::Owned;
            type Input<'a> = ($version::Decoder, BytesMut);
            type Packet<'a> = $version::SharedPacket;
            type Output = BytesMut;

            fn input(wire: &[u8]) -> Self::Input<'_> {
                ($decoder(), BytesMut::from(wire))
            }

            #[inline]
            fn next<'a>((decoder, rest): &mut Self::Input<'a>) -> Result<Self::Packet<'a>, Stop> {
                match decoder.decode_shared(rest) {
                    Ok(Decoded::Complete { value, .. }) => Ok(value),
                    Ok(Decoded::Incomplete { .. }) => Err(Stop::Incomplete),
                    Err(_) => Err(Stop::Refused),
                }
            }

            fn left((_, rest): &Self::Input<'_>) -> usize {
                rest.len()
            }

            #[inline]
            fn walk(packet: &Self::Packet<'_>, sum: &mut impl See) {
                $walk(&packet.packet(), sum);
            }

            fn output(capacity: usize) -> BytesMut {
                BytesMut::with_capacity(capacity)
            }

            #[inline]
            fn encode(packet: &mut Self::Packet<'_>, out: &mut BytesMut) {
                packet.encode_to(out).expect("there is room");
            }

            fn clear(out: &mut BytesMut) {
                out.clear();
            }

            fn written(out: &BytesMut) -> &[u8] {
                out
            }
        }
    };
}

/// Decodes from a `BytesMut` into packets with their own parts.
macro_rules! owned {
    ($name:ident, $storage:ident, $about:literal, $protocol:ident, $version:ident, $decoder:ident, $walk:ident, $next:ident, $encode:ident) => {
        impl Codec for $name {
            const NAME: &'static str = $about;
            const RELEASE: &'static str = "this";
            const PROTOCOL: Protocol = Protocol::$protocol;
            const KIND: Kind = Kind::Ours;
            const STORAGE: Storage = Storage::$storage;
            type Input<'a> = ($version::Decoder, BytesMut);
            type Packet<'a> = $version::Packet<Bytes>;
            type Output = ($version::Decoder, BytesMut);

            fn input(wire: &[u8]) -> Self::Input<'_> {
                ($decoder(), BytesMut::from(wire))
            }

            #[inline]
            fn next<'a>((decoder, rest): &mut Self::Input<'a>) -> Result<Self::Packet<'a>, Stop> {
                $next!(decoder, rest)
            }

            fn left((_, rest): &Self::Input<'_>) -> usize {
                rest.len()
            }

            #[inline]
            fn walk(packet: &Self::Packet<'_>, sum: &mut impl See) {
                $walk(packet, sum);
            }

            fn output(capacity: usize) -> Self::Output {
                ($decoder(), BytesMut::with_capacity(capacity))
            }

            #[inline]
            fn encode(packet: &mut Self::Packet<'_>, (codec, out): &mut Self::Output) {
                $encode!($version, packet, codec, out);
            }

            fn clear((_, out): &mut Self::Output) {
                out.clear();
            }

            fn written((_, out): &Self::Output) -> &[u8] {
                out
            }
        }
    };
}

macro_rules! next_owned {
    ($decoder:ident, $rest:ident) => {
        match $decoder.decode_owned($rest) {
            Ok(Decoded::Complete { value, .. }) => Ok(value),
            Ok(Decoded::Incomplete { .. }) => Err(Stop::Incomplete),
            Err(_) => Err(Stop::Refused),
        }
    };
}

macro_rules! next_framed {
    ($decoder:ident, $rest:ident) => {
        match tokio_util::codec::Decoder::decode($decoder, $rest) {
            Ok(Some(packet)) => Ok(packet),
            Ok(None) => Err(Stop::Incomplete),
            Err(_) => Err(Stop::Refused),
        }
    };
}

macro_rules! encode_owned {
    ($version:ident, $packet:ident, $codec:ident, $out:ident) => {{
        let _ = $codec;
        $packet.encode_to($out).expect("there is room");
    }};
}

macro_rules! encode_framed {
    ($version:ident, $packet:ident, $codec:ident, $out:ident) => {{
        let packet = std::mem::replace($packet, $version::Packet::PingReq);
        tokio_util::codec::Encoder::encode($codec, packet, $out).expect("the packet was decoded");
    }};
}

owned!(OwnedV3, Parts, "mqtt-codec, owned", V3_1_1, v3, decoder_v3, walk_v3, next_owned, encode_owned);
owned!(OwnedV5, Parts, "mqtt-codec, owned", V5, v5, decoder_v5, walk_v5, next_owned, encode_owned);
owned!(FramedV3, Framed, "mqtt-codec, `Framed`", V3_1_1, v3, decoder_v3, walk_v3, next_framed, encode_framed);
owned!(FramedV5, Framed, "mqtt-codec, `Framed`", V5, v5, decoder_v5, walk_v5, next_framed, encode_framed);
borrowed!(BorrowedV3, V3_1_1, v3, decoder_v3, walk_v3);
shared!(SharedV3, V3_1_1, v3, decoder_v3, walk_v3);
borrowed!(BorrowedV5, V5, v5, decoder_v5, walk_v5);
shared!(SharedV5, V5, v5, decoder_v5, walk_v5);

#[inline]
fn delivery(delivery: Delivery, retain: bool, sum: &mut impl See) {
    let (qos, dup) = match delivery {
        Delivery::AtMostOnce => (0, false),
        Delivery::AtLeastOnce { packet_id, dup } => {
            sum.number(packet_id.get());
            (1, dup)
        }
        Delivery::ExactlyOnce { packet_id, dup } => {
            sum.number(packet_id.get());
            (2, dup)
        }
    };
    sum.number(u8::from(retain) | qos << 1 | u8::from(dup) << 3);
}

#[inline(always)]
fn walk_v3<B: mqtt_codec::Storage>(packet: &v3::Packet<B>, sum: &mut impl See) {
    match packet {
        v3::Packet::Publish(publish) => {
            delivery(publish.delivery, publish.retain, sum);
            sum.bytes(publish.topic.as_bytes());
            sum.bytes(publish.payload.as_ref());
        }
        v3::Packet::PubAck(id)
        | v3::Packet::PubRec(id)
        | v3::Packet::PubRel(id)
        | v3::Packet::PubComp(id)
        | v3::Packet::UnsubAck(id) => sum.number(id.get()),
        v3::Packet::Connect(connect) => {
            sum.number(connect.clean_session());
            sum.number(connect.keep_alive);
            sum.bytes(connect.client_id().as_bytes());
            if let Some(will) = &connect.will {
                sum.bytes(will.topic.as_bytes());
                sum.bytes(will.payload.as_bytes());
                sum.number(will.qos.get());
                sum.number(will.retain);
            }
            if let Some(credentials) = &connect.credentials {
                sum.bytes(credentials.user_name.as_bytes());
                if let Some(password) = &credentials.password {
                    sum.bytes(password.as_bytes());
                }
            }
        }
        v3::Packet::ConnAck(connack) => {
            sum.number(connack.session_present());
            sum.number(connack.return_code());
        }
        v3::Packet::Subscribe(subscribe) => {
            sum.number(subscribe.packet_id.get());
            for subscription in &subscribe.filters {
                sum.bytes(subscription.filter.as_bytes());
                sum.number(subscription.qos.get());
            }
        }
        v3::Packet::SubAck(suback) => {
            sum.number(suback.packet_id.get());
            for code in &suback.return_codes {
                sum.number(code.get());
            }
        }
        v3::Packet::Unsubscribe(unsubscribe) => {
            sum.number(unsubscribe.packet_id.get());
            for filter in &unsubscribe.filters {
                sum.bytes(filter.as_bytes());
            }
        }
        v3::Packet::PingReq | v3::Packet::PingResp | v3::Packet::Disconnect => {}
    }
}

#[inline]
fn properties(properties: PropertyIter<'_>, sum: &mut impl See) {
    for property in properties {
        match property {
            Property::PayloadFormatIndicator(format) => sum.number(format == v5::PayloadFormat::Utf8),
            Property::MessageExpiryInterval(n)
            | Property::SessionExpiryInterval(n)
            | Property::WillDelayInterval(n) => sum.number(n),
            Property::ContentType(text)
            | Property::AssignedClientIdentifier(text)
            | Property::AuthenticationMethod(text)
            | Property::ResponseInformation(text)
            | Property::ServerReference(text)
            | Property::ReasonString(text) => sum.bytes(text.as_bytes()),
            Property::ResponseTopic(topic) => sum.bytes(topic.as_bytes()),
            Property::CorrelationData(data) | Property::AuthenticationData(data) => {
                sum.bytes(data.as_bytes());
            }
            Property::SubscriptionIdentifier(id) => sum.number(id.get()),
            Property::ServerKeepAlive(n) | Property::TopicAliasMaximum(n) => sum.number(n),
            Property::ReceiveMaximum(n) | Property::TopicAlias(n) => sum.number(n.get()),
            Property::MaximumQos(qos) => sum.number(qos.get()),
            Property::RequestProblemInformation(flag)
            | Property::RequestResponseInformation(flag)
            | Property::RetainAvailable(flag)
            | Property::WildcardSubscriptionAvailable(flag)
            | Property::SubscriptionIdentifierAvailable(flag)
            | Property::SharedSubscriptionAvailable(flag) => sum.number(flag),
            Property::UserProperty(pair) => {
                sum.bytes(pair.name.as_bytes());
                sum.bytes(pair.value.as_bytes());
            }
            Property::MaximumPacketSize(n) => sum.number(n.get()),
        }
    }
}

#[inline]
fn ack<R: v5::ReasonCode, B: mqtt_codec::Storage>(ack: &v5::Ack<R, B>, sum: &mut impl See) {
    sum.number(ack.packet_id.get());
    sum.number(ack.reason.get());
    properties(ack.properties.iter(), sum);
}

#[inline(always)]
fn walk_v5<B: mqtt_codec::Storage>(packet: &v5::Packet<B>, sum: &mut impl See) {
    match packet {
        v5::Packet::Publish(publish) => {
            delivery(publish.delivery, publish.retain, sum);
            if let Some(topic) = publish.topic() {
                sum.bytes(topic.as_bytes());
            }
            properties(publish.properties().iter(), sum);
            sum.bytes(publish.payload.as_ref());
        }
        v5::Packet::PubAck(puback) => ack(puback, sum),
        v5::Packet::PubRec(pubrec) => ack(pubrec, sum),
        v5::Packet::PubRel(pubrel) => ack(pubrel, sum),
        v5::Packet::PubComp(pubcomp) => ack(pubcomp, sum),
        v5::Packet::Connect(connect) => {
            sum.number(connect.clean_start);
            sum.number(connect.keep_alive);
            properties(connect.properties.iter(), sum);
            sum.bytes(connect.client_id.as_bytes());
            if let Some(will) = &connect.will {
                properties(will.properties.iter(), sum);
                sum.bytes(will.topic.as_bytes());
                sum.bytes(will.payload.as_bytes());
                sum.number(will.qos.get());
                sum.number(will.retain);
            }
            if let Some(user_name) = &connect.user_name {
                sum.bytes(user_name.as_bytes());
            }
            if let Some(password) = &connect.password {
                sum.bytes(password.as_bytes());
            }
        }
        v5::Packet::ConnAck(connack) => {
            sum.number(connack.session_present());
            sum.number(connack.reason().get());
            properties(connack.properties.iter(), sum);
        }
        v5::Packet::Subscribe(subscribe) => {
            sum.number(subscribe.packet_id.get());
            properties(subscribe.properties.iter(), sum);
            for subscription in &subscribe.filters {
                sum.bytes(subscription.filter.as_bytes());
                sum.number(subscription.options.to_byte());
            }
        }
        v5::Packet::SubAck(suback) => {
            sum.number(suback.packet_id.get());
            properties(suback.properties.iter(), sum);
            for reason in &suback.reasons {
                sum.number(reason.get());
            }
        }
        v5::Packet::Unsubscribe(unsubscribe) => {
            sum.number(unsubscribe.packet_id.get());
            properties(unsubscribe.properties.iter(), sum);
            for filter in &unsubscribe.filters {
                sum.bytes(filter.as_bytes());
            }
        }
        v5::Packet::UnsubAck(unsuback) => {
            sum.number(unsuback.packet_id.get());
            properties(unsuback.properties.iter(), sum);
            for reason in &unsuback.reasons {
                sum.number(reason.get());
            }
        }
        v5::Packet::PingReq | v5::Packet::PingResp => {}
        v5::Packet::Disconnect(disconnect) => {
            sum.number(disconnect.reason.get());
            properties(disconnect.properties.iter(), sum);
        }
        v5::Packet::Auth(auth) => {
            sum.number(auth.reason.get());
            properties(auth.properties.iter(), sum);
        }
    }
}
