//! MQTT 3.1 and 3.1.1: the packets, and the [`Decoder`] that tells the two versions apart.
//!
//! The versions share their packets; 3.1.1 is the stricter one. Where they differ, [`ProtocolLevel`] decides.

mod connack;
mod connect;
mod publish;
mod subscribe;
mod unsubscribe;

pub use connack::{ConnAck, ConnectReturnCode};
pub use connect::{Connect, Credentials, InvalidClientId, Will};
pub use publish::Publish;
pub use subscribe::{Filters, ReturnCodes, SubAck, Subscribe, SubscribeReturnCode, Subscription};
pub use unsubscribe::{TopicFilters, Unsubscribe};

pub(crate) use publish::read_delivery;

use crate::decode::{Dialect, decoder};
#[cfg(feature = "bytes")]
use crate::emit::append_whole;
use crate::emit::{Body, Measured, Sink, encoding, only_id};
use crate::error::{DecodeError, EncodeError, Field};
use crate::options::{DecodeOptions, FirstBytes};
use crate::parse::{self, Cursor, Strings};
use crate::storage::{MapStorage, Shared, Storage, shared_packet, storages};
use crate::types::{PacketId, TextRules};
use crate::{PacketType, Version};

/// Which of the two versions a CONNECT asks for.
///
/// Spec: 3.1 §3.1 (Protocol Version), 3.1.1 §3.1.2.2 (Protocol Level).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "there will be no further 3.x")]
pub enum ProtocolLevel {
    /// MQTT 3.1: `MQIsdp`, 3.
    V3_1,
    /// MQTT 3.1.1: `MQTT`, 4.
    V3_1_1,
}

impl ProtocolLevel {
    /// The version, as one of all three.
    #[must_use]
    #[inline]
    pub const fn version(self) -> Version {
        match self {
            Self::V3_1 => Version::V3_1,
            Self::V3_1_1 => Version::V3_1_1,
        }
    }
}

/// A control packet of MQTT 3.1 or 3.1.1.
///
/// Spec: 3.1 §3, 3.1.1 §3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the standards close the list")]
pub enum Packet<B: Storage = Shared> {
    /// A client asks to connect. §3.1.
    Connect(Connect<B>),
    /// The server answers a CONNECT. §3.2.
    ConnAck(ConnAck),
    /// An Application Message. §3.3.
    Publish(Publish<B>),
    /// The answer to a QoS 1 PUBLISH with this Packet Identifier. §3.4.
    PubAck(PacketId),
    /// The first answer to a QoS 2 PUBLISH with this Packet Identifier. §3.5.
    PubRec(PacketId),
    /// The answer to PUBREC. §3.6.
    PubRel(PacketId),
    /// The answer to PUBREL. §3.7.
    PubComp(PacketId),
    /// A client subscribes. §3.8.
    Subscribe(Subscribe<B>),
    /// The server answers a SUBSCRIBE. §3.9.
    SubAck(SubAck<B>),
    /// A client unsubscribes. §3.10.
    Unsubscribe(Unsubscribe<B>),
    /// The server answers the UNSUBSCRIBE with this Packet Identifier. §3.11.
    UnsubAck(PacketId),
    /// A client asks whether the server is there. §3.12.
    PingReq,
    /// The server answers a PINGREQ. §3.13.
    PingResp,
    /// A client is about to leave. §3.14.
    Disconnect,
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
            Self::Disconnect => PacketType::Disconnect,
        }
    }

    /// The Packet Identifier, where the packet has one: not in a QoS 0 PUBLISH.
    ///
    /// Spec: 3.1 §2.4, 3.1.1 §2.3.1.
    #[must_use]
    pub const fn packet_id(&self) -> Option<PacketId> {
        match self {
            Self::Publish(publish) => publish.delivery.packet_id(),
            Self::PubAck(id)
            | Self::PubRec(id)
            | Self::PubRel(id)
            | Self::PubComp(id)
            | Self::UnsubAck(id) => Some(*id),
            Self::Subscribe(subscribe) => Some(subscribe.packet_id),
            Self::SubAck(suback) => Some(suback.packet_id),
            Self::Unsubscribe(unsubscribe) => Some(unsubscribe.packet_id),
            Self::Connect(_) | Self::ConnAck(_) | Self::PingReq | Self::PingResp | Self::Disconnect => None,
        }
    }
}

macro_rules! from_bodies {
    ($($body:ident $(<$b:ident>)?)*) => { $(
        impl<B: Storage> From<$body $(<$b>)?> for Packet<B> {
            fn from(body: $body $(<$b>)?) -> Self {
                Self::$body(body)
            }
        }

        impl<B: Storage> From<$body $(<$b>)?> for crate::AnyPacket<B> {
            fn from(body: $body $(<$b>)?) -> Self {
                Self::V3(Packet::$body(body))
            }
        }
    )* };
}

from_bodies! { Connect<B> ConnAck Publish<B> Subscribe<B> SubAck<B> Unsubscribe<B> }

impl<B: Storage> Body for Packet<B> {
    #[inline]
    fn first_byte(&self) -> u8 {
        match self {
            Self::Publish(publish) => publish.first_byte(),
            _ => self.packet_type().first_byte(),
        }
    }

    #[inline]
    fn write<S: Sink>(&self, out: &mut S) {
        match self {
            Self::Connect(connect) => connect.write(out),
            Self::ConnAck(connack) => connack.write(out),
            Self::Publish(publish) => publish.write(out),
            Self::PubAck(id)
            | Self::PubRec(id)
            | Self::PubRel(id)
            | Self::PubComp(id)
            | Self::UnsubAck(id) => {
                out.put_u16(id.get());
            }
            Self::Subscribe(subscribe) => subscribe.write(out),
            Self::SubAck(suback) => suback.write(out),
            Self::Unsubscribe(unsubscribe) => unsubscribe.write(out),
            Self::PingReq | Self::PingResp | Self::Disconnect => {}
        }
    }

    #[inline]
    fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        match (self.only_id(), out.first_chunk_mut()) {
            (Some(packet), Some(out)) => {
                *out = packet;
                Ok(packet.len())
            }
            _ => self.encode_longer(out),
        }
    }

    #[cfg(feature = "bytes")]
    #[inline]
    fn append<T: bytes::BufMut>(
        &self,
        out: &mut T,
        reserve: impl Fn(&mut T, usize),
    ) -> Result<usize, EncodeError> {
        if let Some(packet) = self.only_id() {
            return append_whole(packet, out, reserve);
        }
        match self {
            Self::Publish(publish) => publish.append(out, reserve),
            Self::Connect(connect) => connect.append(out, reserve),
            Self::Subscribe(subscribe) => subscribe.append(out, reserve),
            Self::Unsubscribe(unsubscribe) => unsubscribe.append(out, reserve),
            _ => Measured::new(self)?.append(out, reserve),
        }
    }
}

impl<B: Storage> Packet<B> {
    /// The whole packet, if it is one of those of a QoS 1 or 2 exchange: nothing but a Packet Identifier.
    #[inline]
    fn only_id(&self) -> Option<[u8; 4]> {
        match self {
            Self::PubAck(id) => Some(only_id(PacketType::PubAck.first_byte(), *id)),
            Self::PubRec(id) => Some(only_id(PacketType::PubRec.first_byte(), *id)),
            Self::PubRel(id) => Some(only_id(PacketType::PubRel.first_byte(), *id)),
            Self::PubComp(id) => Some(only_id(PacketType::PubComp.first_byte(), *id)),
            _ => None,
        }
    }

    /// Writes any packet.
    #[inline(never)]
    fn encode_longer(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        match self {
            Self::Publish(publish) => Measured::new(publish)?.encode(out),
            Self::Connect(connect) => Body::encode(connect, out),
            Self::Subscribe(subscribe) => Body::encode(subscribe, out),
            _ => Measured::new(self)?.encode(out),
        }
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
            Self::Connect(connect) => Packet::Connect(connect.map_storage(f)),
            Self::ConnAck(connack) => Packet::ConnAck(*connack),
            Self::Publish(publish) => Packet::Publish(publish.map_storage(f)),
            Self::PubAck(id) => Packet::PubAck(*id),
            Self::PubRec(id) => Packet::PubRec(*id),
            Self::PubRel(id) => Packet::PubRel(*id),
            Self::PubComp(id) => Packet::PubComp(*id),
            Self::Subscribe(subscribe) => Packet::Subscribe(subscribe.map_storage(f)),
            Self::SubAck(suback) => Packet::SubAck(suback.map_storage(f)),
            Self::Unsubscribe(unsubscribe) => Packet::Unsubscribe(unsubscribe.map_storage(f)),
            Self::UnsubAck(id) => Packet::UnsubAck(*id),
            Self::PingReq => Packet::PingReq,
            Self::PingResp => Packet::PingResp,
            Self::Disconnect => Packet::Disconnect,
        }
    }
}

encoding!(Packet<B>);
storages!(Packet);
shared_packet!(SharedPacket, Packet);

/// Reads packets of MQTT 3.1 or 3.1.1.
///
/// It holds options and nothing else: no buffer, no state between packets, so it can be shared and copied freely.
///
/// ```
/// use mqtt_codec::{Decoded, v3};
///
/// let decoder = v3::Decoder::new(v3::ProtocolLevel::V3_1_1);
/// match decoder.decode(b"\x30\x06\x00\x03a/bhi and more")? {
///     Decoded::Complete { value: v3::Packet::Publish(publish), consumed } => {
///         assert_eq!(publish.topic, "a/b");
///         assert_eq!((publish.payload, consumed), (b"h".as_slice(), 8));
///     }
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), mqtt_codec::DecodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decoder {
    level: ProtocolLevel,
    options: DecodeOptions,
}

impl Decoder {
    /// A decoder with the default options.
    #[must_use]
    pub const fn new(level: ProtocolLevel) -> Self {
        Self::with_options(level, DecodeOptions::new())
    }

    /// A decoder with these options.
    #[must_use]
    pub const fn with_options(level: ProtocolLevel, mut options: DecodeOptions) -> Self {
        if matches!(level, ProtocolLevel::V3_1) {
            options.text = TextRules::NONE; // its text has no rules
        }
        Self { level, options }
    }
}

impl Dialect for Decoder {
    type Packet<'a> = Packet<&'a [u8]>;

    #[inline]
    fn version(&self) -> Version {
        self.level.version()
    }

    #[inline]
    fn options(&self) -> &DecodeOptions {
        &self.options
    }

    #[inline]
    fn first_bytes(&self) -> &'static FirstBytes {
        match self.level {
            ProtocolLevel::V3_1 => const { &FirstBytes::V3_1 },
            ProtocolLevel::V3_1_1 => const { &FirstBytes::V3_1_1 },
        }
    }

    #[inline(always)]
    fn read<'a, R>(
        &self,
        packet: PacketType,
        flags: u8,
        body: Cursor<'a>,
        done: impl Fn(Packet<&'a [u8]>) -> R,
    ) -> Result<R, DecodeError> {
        let strings = Strings::new(self.level.version(), &self.options.text);
        match packet {
            PacketType::Publish => Ok(done(Packet::Publish(Publish::read(body, flags, strings)?))),
            PacketType::PubAck => Ok(done(Packet::PubAck(read_only_id(body)?))),
            PacketType::PubRec => Ok(done(Packet::PubRec(read_only_id(body)?))),
            PacketType::PubRel => Ok(done(Packet::PubRel(read_only_id(body)?))),
            PacketType::PubComp => Ok(done(Packet::PubComp(read_only_id(body)?))),
            _ => self.read_rare(packet, body.rest(), body.end(), done),
        }
    }
}

/// Reads a body that is nothing but a Packet Identifier.
#[inline(always)]
fn read_only_id(mut body: Cursor<'_>) -> Result<PacketId, DecodeError> {
    let id = body.read(Field::PacketIdentifier, parse::packet_id)?;
    body.finish()?;
    Ok(id)
}

impl Decoder {
    #[inline(always)]
    fn read_publish<'a>(&self, flags: u8, body: Cursor<'a>) -> Result<Publish<&'a [u8]>, DecodeError> {
        Publish::read(body, flags, Strings::new(self.level.version(), &self.options.text))
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
        let level = self.level;
        let strings = Strings::new(level.version(), &self.options.text);
        let body = Cursor::new(body, packet_len, level.version(), packet);
        Ok(match packet {
            PacketType::Connect => done(Packet::Connect(Connect::read(body, level, strings, &self.options)?)),
            PacketType::ConnAck => done(Packet::ConnAck(ConnAck::read(body, level)?)),
            PacketType::Subscribe => done(Packet::Subscribe(Subscribe::read(body, level, strings)?)),
            PacketType::SubAck => done(Packet::SubAck(SubAck::read(body, level)?)),
            PacketType::Unsubscribe => done(Packet::Unsubscribe(Unsubscribe::read(body, strings)?)),
            PacketType::UnsubAck => done(Packet::UnsubAck(read_only_id(body)?)),
            PacketType::PingReq => body.finish().map(|()| done(Packet::PingReq))?,
            PacketType::PingResp => body.finish().map(|()| done(Packet::PingResp))?,
            // AUTH was refused with the first byte; the others were read in place.
            _ => body.finish().map(|()| done(Packet::Disconnect))?,
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
    fn only_id_of<R>(packet: PacketType, id: PacketId, done: impl Fn(Self) -> R) -> Option<R> {
        match packet {
            PacketType::PubAck => Some(done(Self::PubAck(id))),
            PacketType::PubRec => Some(done(Self::PubRec(id))),
            PacketType::PubRel => Some(done(Self::PubRel(id))),
            PacketType::PubComp => Some(done(Self::PubComp(id))),
            _ => None,
        }
    }
}

#[cfg(feature = "bytes")]
impl Packet<crate::storage::Span> {
    /// The packet with the parts of its frame.
    #[inline]
    fn own(&self, frame: bytes::Bytes) -> Packet<bytes::Bytes> {
        match self {
            // The list is the end of the frame.
            Self::Subscribe(Subscribe { packet_id, filters }) => {
                Packet::Subscribe(Subscribe { packet_id: *packet_id, filters: filters.take(frame) })
            }
            Self::SubAck(SubAck { packet_id, return_codes }) => {
                Packet::SubAck(SubAck { packet_id: *packet_id, return_codes: return_codes.take(frame) })
            }
            Self::Unsubscribe(Unsubscribe { packet_id, filters }) => {
                Packet::Unsubscribe(Unsubscribe { packet_id: *packet_id, filters: filters.take(frame) })
            }
            _ => self.map_storage(&mut |part: &crate::storage::Span| part.share(&frame)),
        }
    }
}
