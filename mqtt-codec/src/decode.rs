//! Bytes → packet: what the decoders of all versions do alike.

use crate::error::{Cause, DecodeError, Fault, Field};
use crate::frame::{Decoded, FixedHeader, Frame};
use crate::options::DecodeOptions;
use crate::parse::Cursor;
use crate::{PacketType, Version};

/// A version's decoder, below framing and above fields.
pub(crate) trait Dialect {
    type Packet<'a>;
    fn version(&self) -> Version;
    fn options(&self) -> &DecodeOptions;
    /// Reads a packet body; the first byte has been checked.
    fn read<'a>(
        &self,
        packet: PacketType,
        header: FixedHeader,
        body: Cursor<'a>,
    ) -> Result<Self::Packet<'a>, Fault>;
}

/// The first packet of `input` as a frame, if it is whole; refused by its first byte or its length as soon as they show.
#[inline]
pub(crate) fn frame<'a, D: Dialect>(
    dialect: &D,
    input: &'a [u8],
) -> Result<Decoded<(PacketType, Frame<'a>)>, DecodeError> {
    let version = dialect.version();
    let header = match FixedHeader::parse(input, version)? {
        Decoded::Complete { value, .. } => value,
        Decoded::Incomplete { needed } => return Ok(Decoded::Incomplete { needed }),
    };
    let packet = check_header(dialect, header)?;
    let frame = Frame::with_header(header, input, version, dialect.options().max_packet_size)?;
    Ok(frame.map(|frame| (packet, frame)))
}

#[inline]
pub(crate) fn decode<'a, D: Dialect>(
    dialect: &D,
    input: &'a [u8],
) -> Result<Decoded<D::Packet<'a>>, DecodeError> {
    match frame(dialect, input)? {
        Decoded::Complete { value: (packet, frame), consumed } => {
            read(dialect, packet, frame).map(|value| Decoded::Complete { value, consumed })
        }
        Decoded::Incomplete { needed } => Ok(Decoded::Incomplete { needed }),
    }
}

#[inline]
pub(crate) fn decode_frame<'a, D: Dialect>(
    dialect: &D,
    frame: Frame<'a>,
) -> Result<D::Packet<'a>, DecodeError> {
    let packet = check_header(dialect, frame.header())?;
    read(dialect, packet, frame)
}

#[inline]
fn check_header<D: Dialect>(dialect: &D, header: FixedHeader) -> Result<PacketType, DecodeError> {
    let version = dialect.version();
    let error = |fault| DecodeError::new(version, header.packet_type(), fault);
    let packet = dialect.options().check_first_byte(header.first_byte(), version).map_err(error)?;
    if header.is_overlong() && (version == Version::V5 || dialect.options().refuse_overlong) {
        return Err(error(Fault::new(Field::RemainingLength, 1, Cause::VarIntOverlong))); // [MQTT-1.5.5-1]
    }
    Ok(packet)
}

#[inline]
fn read<'a, D: Dialect>(
    dialect: &D,
    packet: PacketType,
    frame: Frame<'a>,
) -> Result<D::Packet<'a>, DecodeError> {
    let body = Cursor::new(frame.body(), frame.bytes().len());
    dialect
        .read(packet, frame.header(), body)
        .map_err(|fault| DecodeError::new(dialect.version(), Some(packet), fault))
}

/// The public decoding methods of a decoder, the same for each version.
macro_rules! decoder {
    ($type:ident) => {
        impl $type {
            /// The version whose packets are read.
            #[must_use]
            pub fn version(&self) -> crate::Version {
                Dialect::version(self)
            }

            /// Decodes the first packet of `input`, borrowing from it. Allocates nothing.
            ///
            /// # Errors
            ///
            /// When the bytes are not a packet that the version allows, or the packet is above the size limit. The
            /// connection is then to be closed: see [`DecodeError`](crate::DecodeError).
            #[inline]
            pub fn decode<'a>(
                &self,
                input: &'a [u8],
            ) -> Result<crate::Decoded<Packet<&'a [u8]>>, crate::DecodeError> {
                crate::decode::decode(self, input)
            }

            /// Decodes a packet that has been framed already, borrowing from it.
            ///
            /// # Errors
            ///
            /// When it is not a packet that the version allows. The size limit is not looked at: framing has done so.
            pub fn decode_frame<'a>(
                &self,
                frame: crate::Frame<'a>,
            ) -> Result<Packet<&'a [u8]>, crate::DecodeError> {
                crate::decode::decode_frame(self, frame)
            }

            /// Takes the first packet out of `input`, sharing its memory by reference count.
            ///
            /// An incomplete packet stays in the buffer, and so does one that its fixed header shows to be wrong. A packet
            /// whose body is refused leaves it.
            ///
            /// # Errors
            ///
            /// As [`decode`](Self::decode).
            #[cfg(feature = "bytes")]
            pub fn decode_shared(
                &self,
                input: &mut bytes::BytesMut,
            ) -> Result<crate::Decoded<Packet<bytes::Bytes>>, crate::DecodeError> {
                let consumed = match crate::decode::frame(self, input)? {
                    crate::Decoded::Complete { consumed, .. } => consumed,
                    crate::Decoded::Incomplete { needed } => {
                        return Ok(crate::Decoded::Incomplete { needed });
                    }
                };
                let frame = input.split_to(consumed).freeze();
                self.decode(&frame).map(|decoded| decoded.map(|packet| packet.share(&frame)))
            }
        }
    };
}
pub(crate) use decoder;
