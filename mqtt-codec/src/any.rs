//! All versions at once, for tools and proxies that do not care which one a connection speaks.

use crate::emit::{Body, Sink, encoding};
use crate::error::{Cause, EncodeError, Field};
use crate::frame::{Decoded, FixedHeader};
use crate::options::DecodeOptions;
use crate::parse::{self, Cursor};
use crate::storage::{MapStorage, Shared, Storage, shared_packet, storages};
use crate::{DecodeError, PacketType, Version, v3, v5};

/// A control packet of any version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "two families of packets")]
pub enum AnyPacket<B: Storage = Shared> {
    /// A packet of MQTT 3.1 or 3.1.1.
    V3(v3::Packet<B>),
    /// A packet of MQTT 5.0.
    V5(v5::Packet<B>),
}

impl<B: Storage> AnyPacket<B> {
    /// The packet type.
    #[must_use]
    pub const fn packet_type(&self) -> PacketType {
        match self {
            Self::V3(packet) => packet.packet_type(),
            Self::V5(packet) => packet.packet_type(),
        }
    }

    /// The Packet Identifier, where the packet has one.
    ///
    /// ```
    /// use mqtt_codec::{AnyPacket, Delivery, PacketId, TopicName, v3};
    ///
    /// let id = PacketId::new(7).unwrap();
    /// let mut publish = v3::Publish::new(TopicName::new("a")?, &b""[..]);
    /// assert_eq!(AnyPacket::from(publish).packet_id(), None);
    /// publish.delivery = Delivery::AtLeastOnce { packet_id: id, dup: false };
    /// assert_eq!(AnyPacket::from(publish).packet_id(), Some(id));
    /// # Ok::<(), mqtt_codec::InvalidTopic>(())
    /// ```
    #[must_use]
    pub const fn packet_id(&self) -> Option<crate::PacketId> {
        match self {
            Self::V3(packet) => packet.packet_id(),
            Self::V5(packet) => packet.packet_id(),
        }
    }
}

impl<B: Storage> From<v3::Packet<B>> for AnyPacket<B> {
    fn from(packet: v3::Packet<B>) -> Self {
        Self::V3(packet)
    }
}

impl<B: Storage> From<v5::Packet<B>> for AnyPacket<B> {
    fn from(packet: v5::Packet<B>) -> Self {
        Self::V5(packet)
    }
}

impl<B: Storage> Body for AnyPacket<B> {
    fn first_byte(&self) -> u8 {
        match self {
            Self::V3(packet) => packet.first_byte(),
            Self::V5(packet) => packet.first_byte(),
        }
    }

    fn write<S: Sink>(&self, out: &mut S) {
        match self {
            Self::V3(packet) => packet.write(out),
            Self::V5(packet) => packet.write(out),
        }
    }

    fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        match self {
            Self::V3(packet) => Body::encode(packet, out),
            Self::V5(packet) => Body::encode(packet, out),
        }
    }

    #[cfg(feature = "bytes")]
    fn append<T: bytes::BufMut>(
        &self,
        out: &mut T,
        reserve: impl Fn(&mut T, usize),
    ) -> Result<usize, EncodeError> {
        match self {
            Self::V3(packet) => packet.append(out, reserve),
            Self::V5(packet) => packet.append(out, reserve),
        }
    }
}

impl<B: Storage> MapStorage<B> for AnyPacket<B> {
    type Over<C: Storage> = AnyPacket<C>;
    fn map_storage<'s, C: Storage>(&'s self, f: &mut impl FnMut(&'s B) -> C) -> AnyPacket<C>
    where
        B: 's,
    {
        match self {
            Self::V3(packet) => AnyPacket::V3(packet.map_storage(f)),
            Self::V5(packet) => AnyPacket::V5(packet.map_storage(f)),
        }
    }
}

encoding!(AnyPacket<B>);
storages!(AnyPacket);
shared_packet!(AnySharedPacket, AnyPacket);

/// Reads packets of one version that is known at run time.
///
/// ```
/// use mqtt_codec::{AnyDecoder, Decoded, Version};
///
/// let first_bytes = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x00\x00\x00";
/// let Decoded::Complete { value: version, .. } = Version::detect(first_bytes)? else { unreachable!() };
/// assert_eq!(version, Version::V3_1_1);
/// assert!(AnyDecoder::new(version).decode(first_bytes)?.complete().is_some());
/// # Ok::<(), mqtt_codec::DecodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "two families of packets")]
pub enum AnyDecoder {
    /// For MQTT 3.1 or 3.1.1.
    V3(v3::Decoder),
    /// For MQTT 5.0.
    V5(v5::Decoder),
}

impl AnyDecoder {
    /// A decoder with the default options.
    #[must_use]
    pub const fn new(version: Version) -> Self {
        Self::with_options(version, DecodeOptions::new())
    }

    /// A decoder with these options.
    #[must_use]
    pub const fn with_options(version: Version, options: DecodeOptions) -> Self {
        match version {
            Version::V3_1 => Self::V3(v3::Decoder::with_options(v3::ProtocolLevel::V3_1, options)),
            Version::V3_1_1 => Self::V3(v3::Decoder::with_options(v3::ProtocolLevel::V3_1_1, options)),
            Version::V5 => Self::V5(v5::Decoder::with_options(options)),
        }
    }

    /// The version whose packets are read.
    #[must_use]
    pub fn version(&self) -> Version {
        match self {
            Self::V3(decoder) => decoder.version(),
            Self::V5(decoder) => decoder.version(),
        }
    }

    /// Decodes the first packet of `input`, borrowing from it; see [`v5::Decoder::decode`].
    ///
    /// # Errors
    ///
    /// When the bytes are not a packet that the version allows, or the packet is above the size limit.
    pub fn decode<'a>(&self, input: &'a [u8]) -> Result<Decoded<AnyPacket<&'a [u8]>>, DecodeError> {
        match self {
            Self::V3(decoder) => decoder.decode(input).map(|d| d.map(AnyPacket::V3)),
            Self::V5(decoder) => decoder.decode(input).map(|d| d.map(AnyPacket::V5)),
        }
    }

    /// Takes the first packet out of `input`, each part of it with a reference count of its own; see
    /// [`v5::Decoder::decode_owned`].
    ///
    /// ```
    /// # #[cfg(feature = "bytes")] {
    /// use mqtt_codec::{AnyDecoder, AnyPacket, Version};
    ///
    /// let mut buffer = bytes::BytesMut::from(&b"\x30\x05\x00\x01ahi\xc0"[..]);
    /// let decoder = AnyDecoder::new(Version::V3_1_1);
    /// let packet: Option<AnyPacket> = decoder.decode_owned(&mut buffer)?.complete();
    /// assert!(packet.is_some());
    /// assert_eq!(buffer[..], [0xc0]); // the first byte of the next packet stays
    /// # }
    /// # Ok::<(), mqtt_codec::DecodeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    #[cfg(feature = "bytes")]
    pub fn decode_owned(&self, input: &mut bytes::BytesMut) -> Result<Decoded<AnyPacket>, DecodeError> {
        self.take_owned(
            input,
            |value, consumed| Decoded::Complete { value, consumed },
            |needed| Decoded::Incomplete { needed },
        )
    }

    #[cfg(feature = "bytes")]
    pub(crate) fn take_owned<R>(
        &self,
        input: &mut bytes::BytesMut,
        complete: impl Fn(AnyPacket, usize) -> R,
        incomplete: impl Fn(usize) -> R,
    ) -> Result<R, DecodeError> {
        match self {
            Self::V3(decoder) => {
                decoder.take_owned(input, |packet, len| complete(AnyPacket::V3(packet), len), incomplete)
            }
            Self::V5(decoder) => {
                decoder.take_owned(input, |packet, len| complete(AnyPacket::V5(packet), len), incomplete)
            }
        }
    }

    /// Takes the first packet out of `input`, sharing its memory; see [`v5::Decoder::decode_shared`].
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    #[cfg(feature = "bytes")]
    pub fn decode_shared(
        &self,
        input: &mut bytes::BytesMut,
    ) -> Result<Decoded<AnySharedPacket>, DecodeError> {
        Ok(match self {
            Self::V3(decoder) => decoder.decode_shared(input)?.map(|v3::SharedPacket { frame, packet }| {
                AnySharedPacket { frame, packet: AnyPacket::V3(packet) }
            }),
            Self::V5(decoder) => decoder.decode_shared(input)?.map(|v5::SharedPacket { frame, packet }| {
                AnySharedPacket { frame, packet: AnyPacket::V5(packet) }
            }),
        })
    }
}

impl Version {
    /// Which version the CONNECT at the front of `input` asks for, by its Protocol Name and Protocol Level (Version).
    ///
    /// It needs the first 9 to 14 bytes of the packet, not all of it. `consumed` is 0: nothing is taken.
    ///
    /// # Errors
    ///
    /// When the bytes are no CONNECT, or one of no version that is known. The error speaks as 3.1.1 would (as 5.0 above
    /// level 5, but for 0x83 and 0x84, by which bridges ask for 3.1 and 3.1.1), so that [`return_code`](DecodeError::return_code) or [`reason_code`](DecodeError::reason_code) is an
    /// answer that such a client may understand.
    ///
    /// Spec: 3.1 §3.1, 3.1.1 §3.1.2 \[3.1.1/MQTT-3.1.0-1\] \[3.1.1/MQTT-3.1.2-1\] \[3.1.1/MQTT-3.1.2-2\],
    /// 5.0 §3.1.2 \[5.0/MQTT-3.1.0-1\] \[5.0/MQTT-3.1.2-1\] \[5.0/MQTT-3.1.2-2\].
    pub fn detect(input: &[u8]) -> Result<Decoded<Self>, DecodeError> {
        let guess = Self::V3_1_1;
        let refuse = |version, field, offset, cause| {
            Err(DecodeError::new(version, Some(PacketType::Connect), field, offset, cause))
        };
        if let Some(&first) = input.first()
            && PacketType::from_first_byte(first) != Some(PacketType::Connect)
        {
            let packet = PacketType::from_first_byte(first);
            return Err(DecodeError::new(guess, packet, Field::FixedHeader, 0, Cause::NotConnect));
        }
        let (header, header_len) = match FixedHeader::parse(input, guess)? {
            Decoded::Complete { value, consumed } => (value, consumed),
            Decoded::Incomplete { needed } => return Ok(Decoded::Incomplete { needed }),
        };
        let body = input.split_at_checked(header_len).unwrap_or_default().1;
        let remaining_length = usize::try_from(header.remaining_length().get()).unwrap_or(usize::MAX);
        let whole = body.len() >= remaining_length;
        let body = body.split_at_checked(remaining_length).map_or(body, |(body, _)| body);
        let mut cursor = Cursor::new(body, header_len + body.len(), guess, PacketType::Connect);
        let at = cursor.offset();
        let name = match cursor.read(Field::ProtocolName, parse::prefixed) {
            Ok(name) => name,
            Err(e) if whole => return Err(e),
            Err(_) => {
                let wanted = match *body {
                    [high, low, ..] => 2 + usize::from(u16::from_be_bytes([high, low])),
                    _ => 2,
                };
                // The longest name that is known has six bytes: a longer one is refused without waiting for it.
                if wanted > 2 + Self::V3_1.protocol_name().len() {
                    return refuse(guess, Field::ProtocolName, at, Cause::ProtocolName);
                }
                return Ok(Decoded::Incomplete { needed: wanted - body.len() });
            }
        };
        let level_at = cursor.offset();
        let level = match cursor.read(Field::ProtocolLevel, parse::byte) {
            Ok(level) => level,
            Err(_) if !whole => return Ok(Decoded::Incomplete { needed: 1 }),
            Err(e) => return Err(e),
        };
        let version = match (name, level) {
            (b"MQIsdp", 3) => Self::V3_1,
            (b"MQTT", 4) => Self::V3_1_1,
            (b"MQTT", 5) => Self::V5,
            // The highest bit is how bridges of some brokers mark themselves; the rest of the level is the version they speak.
            (b"MQTT", 0x83 | 0x84) => {
                return refuse(guess, Field::ProtocolLevel, level_at, Cause::ProtocolLevel(level));
            }
            (b"MQTT", 6..) => {
                return refuse(Self::V5, Field::ProtocolVersion, level_at, Cause::ProtocolLevel(level));
            }
            (b"MQTT", _) => {
                return refuse(guess, Field::ProtocolLevel, level_at, Cause::ProtocolLevel(level));
            }
            (b"MQIsdp", _) => {
                return refuse(Self::V3_1, Field::ProtocolLevel, level_at, Cause::ProtocolLevel(level));
            }
            _ => return refuse(guess, Field::ProtocolName, at, Cause::ProtocolName),
        };
        Ok(Decoded::Complete { value: version, consumed: 0 })
    }
}
