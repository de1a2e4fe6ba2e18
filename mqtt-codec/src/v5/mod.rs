//! MQTT 5.0: the packets, their properties and reason codes, and the [`Decoder`].

mod ack;
mod block;
mod builder;
mod check;
mod connack;
mod connect;
mod disconnect;
#[cfg(feature = "bytes")]
mod forward;
pub mod kind;
mod property;
mod publish;
mod reason;
mod rules;
mod shape;
mod subscribe;
mod value;

pub use ack::{Ack, AckReason, PubAck, PubComp, PubRec, PubRel};
pub use block::{Properties, PropertyIter};
pub use builder::PropertiesBuilder;
pub use connack::ConnAck;
pub use connect::{Connect, Will};
pub use disconnect::{Auth, Disconnect};
#[cfg(feature = "bytes")]
pub use forward::Forward;
pub use kind::{
    AckProperties, AuthProperties, ConnAckProperties, ConnectProperties, DisconnectProperties,
    PublishProperties, SubscribeProperties, UnsubscribeProperties, WillProperties,
};
pub use property::{Property, PropertyId};
pub use publish::Publish;
pub use reason::{
    AuthReason, ConnAckReason, DisconnectReason, InvalidReasonCode, PubAckReason, PubCompReason,
    PubRecReason, PubRelReason, ReasonCode, SubAckReason, UnsubAckReason,
};
pub use subscribe::{
    AnyTopicFilter, Filters, FiltersAck, ListedReason, RetainHandling, SubAck, Subscribe, Subscription,
    SubscriptionOptions, TopicFilters, UnsubAck, Unsubscribe,
};
pub use value::{PayloadFormat, SubscriptionId, UserProperty};

use crate::decode::{Dialect, decoder};
#[cfg(feature = "bytes")]
use crate::emit::append_whole;
use crate::emit::{Body, Sink, encoding, put_whole};
use crate::error::{Cause, DecodeError, EncodeError, Field};
use crate::options::{DecodeOptions, FirstBytes};
use crate::parse::{self, Cursor, Strings};
use crate::storage::{MapStorage, Shared, Storage, shared_packet, storages};
use crate::{PacketType, Version};

mod sealed {
    pub trait Sealed {}
}

/// A control packet of MQTT 5.0.
///
/// Spec: 5.0 §3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the standard closes the list")]
pub enum Packet<B: Storage = Shared> {
    /// A client asks to connect. §3.1.
    Connect(Connect<B>),
    /// The server answers a CONNECT. §3.2.
    ConnAck(ConnAck<B>),
    /// An Application Message. §3.3.
    Publish(Publish<B>),
    /// The answer to a QoS 1 PUBLISH. §3.4.
    PubAck(PubAck<B>),
    /// The first answer to a QoS 2 PUBLISH. §3.5.
    PubRec(PubRec<B>),
    /// The answer to PUBREC. §3.6.
    PubRel(PubRel<B>),
    /// The answer to PUBREL. §3.7.
    PubComp(PubComp<B>),
    /// A client subscribes. §3.8.
    Subscribe(Subscribe<B>),
    /// The server answers a SUBSCRIBE. §3.9.
    SubAck(SubAck<B>),
    /// A client unsubscribes. §3.10.
    Unsubscribe(Unsubscribe<B>),
    /// The server answers an UNSUBSCRIBE. §3.11.
    UnsubAck(UnsubAck<B>),
    /// A client asks whether the server is there. §3.12.
    PingReq,
    /// The server answers a PINGREQ. §3.13.
    PingResp,
    /// The end of the connection. §3.14.
    Disconnect(Disconnect<B>),
    /// A step of enhanced authentication. §3.15.
    Auth(Auth<B>),
}

macro_rules! from_bodies {
    ($($body:ident)*) => { $(
        impl<B: Storage> From<$body<B>> for Packet<B> {
            fn from(body: $body<B>) -> Self {
                Self::$body(body)
            }
        }

        impl<B: Storage> From<$body<B>> for crate::AnyPacket<B> {
            fn from(body: $body<B>) -> Self {
                Self::V5(Packet::$body(body))
            }
        }
    )* };
}

from_bodies! {
    Connect ConnAck Publish PubAck PubRec PubRel PubComp Subscribe SubAck Unsubscribe UnsubAck Disconnect Auth
}

/// Does the same with the body of any packet that has one.
macro_rules! each_body {
    ($packet:expr, $body:ident => $do:expr, $empty:expr) => {
        match $packet {
            Packet::Connect($body) => $do,
            Packet::ConnAck($body) => $do,
            Packet::Publish($body) => $do,
            Packet::PubAck($body) => $do,
            Packet::PubRec($body) => $do,
            Packet::PubRel($body) => $do,
            Packet::PubComp($body) => $do,
            Packet::Subscribe($body) => $do,
            Packet::SubAck($body) => $do,
            Packet::Unsubscribe($body) => $do,
            Packet::UnsubAck($body) => $do,
            Packet::PingReq | Packet::PingResp => $empty,
            Packet::Disconnect($body) => $do,
            Packet::Auth($body) => $do,
        }
    };
}

impl<B: Storage> Packet<B> {
    /// The packet type.
    #[must_use]
    pub const fn packet_type(&self) -> PacketType {
        match self {
            Self::Connect(_) => PacketType::Connect,
            Self::ConnAck(_) => PacketType::ConnAck,
            Self::Publish(_) => PacketType::Publish,
            Self::PubAck(_) => PacketType::PubAck,
            Self::PubRec(_) => PacketType::PubRec,
            Self::PubRel(_) => PacketType::PubRel,
            Self::PubComp(_) => PacketType::PubComp,
            Self::Subscribe(_) => PacketType::Subscribe,
            Self::SubAck(_) => PacketType::SubAck,
            Self::Unsubscribe(_) => PacketType::Unsubscribe,
            Self::UnsubAck(_) => PacketType::UnsubAck,
            Self::PingReq => PacketType::PingReq,
            Self::PingResp => PacketType::PingResp,
            Self::Disconnect(_) => PacketType::Disconnect,
            Self::Auth(_) => PacketType::Auth,
        }
    }

    /// The Packet Identifier, where the packet has one: not in a QoS 0 PUBLISH.
    ///
    /// Spec: 5.0 §2.2.1.
    ///
    /// ```
    /// use mqtt_codec::{PacketId, v5};
    ///
    /// let id = PacketId::new(7).unwrap();
    /// let packet = v5::Packet::from(v5::PubAck::new(id));
    /// assert_eq!(packet.packet_id(), Some(id));
    /// ```
    #[must_use]
    pub const fn packet_id(&self) -> Option<crate::PacketId> {
        match self {
            Self::Publish(publish) => publish.delivery.packet_id(),
            Self::PubAck(ack) => Some(ack.packet_id),
            Self::PubRec(ack) => Some(ack.packet_id),
            Self::PubRel(ack) => Some(ack.packet_id),
            Self::PubComp(ack) => Some(ack.packet_id),
            Self::Subscribe(subscribe) => Some(subscribe.packet_id),
            Self::SubAck(ack) => Some(ack.packet_id),
            Self::Unsubscribe(unsubscribe) => Some(unsubscribe.packet_id),
            Self::UnsubAck(ack) => Some(ack.packet_id),
            Self::Connect(_)
            | Self::ConnAck(_)
            | Self::PingReq
            | Self::PingResp
            | Self::Disconnect(_)
            | Self::Auth(_) => None,
        }
    }
}

impl<B: Storage> Body for Packet<B> {
    #[inline]
    fn first_byte(&self) -> u8 {
        each_body!(self, body => body.first_byte(), self.packet_type().first_byte())
    }

    #[inline]
    fn write<S: Sink>(&self, out: &mut S) {
        each_body!(self, body => body.write(out), ());
    }

    #[inline]
    fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        if let Self::Publish(publish) = self {
            return Body::encode(publish, out); // nearly every packet
        }
        each_body!(self, body => Body::encode(body, out), put_whole([self.packet_type().first_byte(), 0], out))
    }

    #[cfg(feature = "bytes")]
    #[inline]
    fn append<T: bytes::BufMut>(
        &self,
        out: &mut T,
        reserve: impl Fn(&mut T, usize),
    ) -> Result<usize, EncodeError> {
        if let Self::Publish(publish) = self {
            return publish.append(out, reserve); // nearly every packet
        }
        each_body!(
            self,
            body => body.append(out, reserve),
            append_whole([self.packet_type().first_byte(), 0], out, reserve)
        )
    }
}

impl<B: Storage> MapStorage<B> for Packet<B> {
    type Over<C: Storage> = Packet<C>;
    #[inline(always)]
    fn map_storage<'s, C: Storage>(&'s self, f: &mut impl FnMut(&'s B) -> C) -> Packet<C>
    where
        B: 's,
    {
        match self {
            Self::Connect(body) => Packet::Connect(body.map_storage(f)),
            Self::ConnAck(body) => Packet::ConnAck(body.map_storage(f)),
            Self::Publish(body) => Packet::Publish(body.map_storage(f)),
            Self::PubAck(body) => Packet::PubAck(body.map_storage(f)),
            Self::PubRec(body) => Packet::PubRec(body.map_storage(f)),
            Self::PubRel(body) => Packet::PubRel(body.map_storage(f)),
            Self::PubComp(body) => Packet::PubComp(body.map_storage(f)),
            Self::Subscribe(body) => Packet::Subscribe(body.map_storage(f)),
            Self::SubAck(body) => Packet::SubAck(body.map_storage(f)),
            Self::Unsubscribe(body) => Packet::Unsubscribe(body.map_storage(f)),
            Self::UnsubAck(body) => Packet::UnsubAck(body.map_storage(f)),
            Self::PingReq => Packet::PingReq,
            Self::PingResp => Packet::PingResp,
            Self::Disconnect(body) => Packet::Disconnect(body.map_storage(f)),
            Self::Auth(body) => Packet::Auth(body.map_storage(f)),
        }
    }
}

encoding!(Packet<B>);
storages!(Packet);
shared_packet!(SharedPacket, Packet);

/// Reads a reason code, and judges who sends it where the caller has said so.
#[inline]
fn read_reason<R: ReasonCode>(body: &mut Cursor<'_>, options: &DecodeOptions) -> Result<R, DecodeError> {
    let at = body.offset();
    let code = body.read(Field::ReasonCode, parse::byte)?;
    let Some(reason) = R::from_u8(code) else {
        // [5.0/MQTT-3.2.2-8] [5.0/MQTT-3.4.2-1] [5.0/MQTT-3.5.2-1] [5.0/MQTT-3.6.2-1] [5.0/MQTT-3.7.2-1]
        // [5.0/MQTT-3.14.2-1] [5.0/MQTT-3.15.2-1]
        return Err(body.error(Field::ReasonCode, at, Cause::ReasonCode(code)));
    };
    match (options.known_sender(), reason.only_from()) {
        (Some(sender), Some(only)) if sender != only => {
            Err(body.error(Field::ReasonCode, at, Cause::ReasonCodeSender { code, sender }))
        }
        _ => Ok(reason),
    }
}

/// Reads packets of MQTT 5.0.
///
/// It holds options and nothing else: no buffer, no state between packets, so it can be shared and copied freely. What
/// takes memory of earlier packets (a Topic Alias that was never set, a Packet Identifier in use) is for a session to
/// judge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decoder {
    options: DecodeOptions,
}

impl Decoder {
    /// A decoder with the default options.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_options(DecodeOptions::new())
    }

    /// A decoder with these options.
    #[must_use]
    pub const fn with_options(options: DecodeOptions) -> Self {
        Self { options }
    }
}

impl Dialect for Decoder {
    type Packet<'a> = Packet<&'a [u8]>;

    #[inline]
    fn version(&self) -> Version {
        Version::V5
    }

    #[inline]
    fn options(&self) -> &DecodeOptions {
        &self.options
    }

    #[inline]
    fn first_bytes(&self) -> &'static FirstBytes {
        const { &FirstBytes::V5 }
    }

    #[inline(always)]
    fn read<'a, R>(
        &self,
        packet: PacketType,
        flags: u8,
        body: Cursor<'a>,
        done: impl Fn(Packet<&'a [u8]>) -> R,
    ) -> Result<R, DecodeError> {
        let options = &self.options;
        let strings = Strings::new(Version::V5, &options.text);
        match packet {
            PacketType::Publish => Ok(done(Packet::Publish(Publish::read(body, flags, strings, options)?))),
            PacketType::PubAck => Ok(done(Packet::PubAck(Ack::read(body, strings, options)?))),
            PacketType::PubRec => Ok(done(Packet::PubRec(Ack::read(body, strings, options)?))),
            PacketType::PubRel => Ok(done(Packet::PubRel(Ack::read(body, strings, options)?))),
            PacketType::PubComp => Ok(done(Packet::PubComp(Ack::read(body, strings, options)?))),
            _ => self.read_rare(packet, body.rest(), body.end(), done),
        }
    }
}

impl Decoder {
    #[inline(always)]
    fn read_publish<'a>(&self, flags: u8, body: Cursor<'a>) -> Result<Publish<&'a [u8]>, DecodeError> {
        Publish::read(body, flags, Strings::new(Version::V5, &self.options.text), &self.options)
    }

    /// Reads the packets that a stream has few of.
    #[inline(never)]
    fn read_rare<'a, R>(
        &self,
        packet: PacketType,
        body: &'a [u8],
        packet_len: usize,
        done: impl Fn(Packet<&'a [u8]>) -> R,
    ) -> Result<R, DecodeError> {
        let options = &self.options;
        let strings = Strings::new(Version::V5, &options.text);
        let body = Cursor::new(body, packet_len, Version::V5, packet);
        Ok(match packet {
            PacketType::Connect => done(Packet::Connect(Connect::read(body, strings, options)?)),
            PacketType::ConnAck => done(Packet::ConnAck(ConnAck::read(body, strings, options)?)),
            PacketType::Subscribe => done(Packet::Subscribe(Subscribe::read(body, strings, options)?)),
            PacketType::SubAck => done(Packet::SubAck(FiltersAck::read(body, strings, options)?)),
            PacketType::Unsubscribe => done(Packet::Unsubscribe(Unsubscribe::read(body, strings, options)?)),
            PacketType::UnsubAck => done(Packet::UnsubAck(FiltersAck::read(body, strings, options)?)),
            PacketType::PingReq => body.finish().map(|()| done(Packet::PingReq))?,
            PacketType::PingResp => body.finish().map(|()| done(Packet::PingResp))?,
            PacketType::Auth => done(Packet::Auth(Auth::read(body, strings, options)?)),
            // The others were read in place.
            _ => done(Packet::Disconnect(Disconnect::read(body, strings, options)?)),
        })
    }
}

decoder!(Decoder);

#[cfg(feature = "bytes")]
impl Packet<bytes::Bytes> {
    /// The packet of this type that is nothing but this identifier, if it is one of a QoS 1 or 2 exchange.
    ///
    /// One result for each: a packet that is chosen first and handed on then is copied once more.
    #[inline(always)]
    fn only_id_of<R>(packet: PacketType, id: crate::PacketId, done: impl Fn(Self) -> R) -> Option<R> {
        match packet {
            PacketType::PubAck => Some(done(Self::PubAck(Ack::new(id)))),
            PacketType::PubRec => Some(done(Self::PubRec(Ack::new(id)))),
            PacketType::PubRel => Some(done(Self::PubRel(Ack::new(id)))),
            PacketType::PubComp => Some(done(Self::PubComp(Ack::new(id)))),
            _ => None,
        }
    }
}

#[cfg(feature = "bytes")]
impl Packet<crate::storage::Span> {
    /// The packet with the parts of its frame.
    #[inline]
    fn own(&self, frame: bytes::Bytes) -> Packet<bytes::Bytes> {
        let mut share = |part: &crate::storage::Span| part.share(&frame);
        match self {
            // The list is the end of the frame.
            Self::Subscribe(Subscribe { packet_id, properties, filters }) => Packet::Subscribe(Subscribe {
                packet_id: *packet_id,
                properties: properties.map_storage(&mut share),
                filters: filters.take(frame),
            }),
            Self::Unsubscribe(Unsubscribe { packet_id, properties, filters }) => {
                Packet::Unsubscribe(Unsubscribe {
                    packet_id: *packet_id,
                    properties: properties.map_storage(&mut share),
                    filters: filters.take(frame),
                })
            }
            _ => self.map_storage(&mut share),
        }
    }
}
