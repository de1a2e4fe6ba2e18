//! Bytes → packet: what the decoders of all versions do alike.

use crate::error::{Cause, DecodeError, Field};
use crate::frame::{Decoded, FixedHeader, Frame};
use crate::options::{DecodeOptions, FirstBytes, judge_first_byte};
use crate::parse::Cursor;
use crate::{PacketType, Version};

/// A version's decoder, below framing and above fields.
pub(crate) trait Dialect {
    type Packet<'a>;
    fn version(&self) -> Version;
    fn options(&self) -> &DecodeOptions;
    fn first_bytes(&self) -> &'static FirstBytes;

    /// Reads a packet body; the first byte, whose lower half are the flags, has been checked. What was read is handed to
    /// `done` at once: a packet is too large to be moved through one result after the other.
    ///
    /// The packets that nearly every stream consists of are read in place, the others by a call.
    fn read<'a, R>(
        &self,
        packet: PacketType,
        flags: u8,
        body: Cursor<'a>,
        done: impl Fn(Self::Packet<'a>) -> R,
    ) -> Result<R, DecodeError>;
}

/// A whole packet whose fixed header is right.
#[derive(Clone, Copy)]
pub(crate) struct Checked<'a> {
    pub(crate) packet: PacketType,
    first_byte: u8,
    pub(crate) body: &'a [u8],
    /// The length of the whole packet.
    pub(crate) len: usize,
}

impl<'a> Checked<'a> {
    /// The lower half of the first byte.
    #[cfg(feature = "bytes")]
    #[inline(always)]
    pub(crate) const fn flags(self) -> u8 {
        self.first_byte & 0x0f
    }

    #[cfg(feature = "bytes")]
    #[inline(always)]
    pub(crate) fn cursor<D: Dialect>(self, dialect: &D) -> Cursor<'a> {
        Cursor::new(self.body, self.len, dialect.version(), self.packet)
    }

    /// The Packet Identifier, if the body is one and nothing else.
    #[cfg(feature = "bytes")]
    #[inline(always)]
    pub(crate) fn only_id(self) -> Option<(PacketType, crate::PacketId)> {
        let body = <[u8; 2]>::try_from(self.body).ok()?;
        Some((self.packet, crate::PacketId::new(u16::from_be_bytes(body))?))
    }

    #[inline(always)]
    pub(crate) fn read<D: Dialect, R>(
        self,
        dialect: &D,
        done: impl Fn(D::Packet<'a>) -> R,
    ) -> Result<R, DecodeError> {
        let body = Cursor::new(self.body, self.len, dialect.version(), self.packet);
        dialect.read(self.packet, self.first_byte & 0x0f, body, done)
    }
}

/// The first packet of `input`, if it is whole; refused by its first byte or its length as soon as they show.
#[inline(always)]
pub(crate) fn check<'a, D: Dialect>(
    dialect: &D,
    input: &'a [u8],
) -> Result<Decoded<Checked<'a>>, DecodeError> {
    match check_short(dialect, input) {
        Some(checked) => Ok(Decoded::Complete { value: checked, consumed: checked.len }),
        None => check_any(dialect, input),
    }
}

/// A packet that is whole and right, with a Remaining Length of one or two bytes: nearly every packet there is. `None` leaves
/// the judgement to [`check_any`].
#[inline(always)]
fn check_short<'a, D: Dialect>(dialect: &D, input: &'a [u8]) -> Option<Checked<'a>> {
    let (first_byte, remaining_length, rest) = match *input {
        [first_byte, length @ 0..=0x7f, ref rest @ ..] => (first_byte, usize::from(length), rest),
        [first_byte, low, high @ 0x01..=0x7f, ref rest @ ..] => {
            (first_byte, usize::from(low & 0x7f) | usize::from(high) << 7, rest)
        }
        _ => return None,
    };
    let (body, _) = rest.split_at_checked(remaining_length)?;
    let len = input.len() - rest.len() + remaining_length;
    let options = dialect.options();
    let packet = dialect.first_bytes().get(first_byte, options.senders)?;
    let limit = usize::try_from(options.max_packet_size).unwrap_or(usize::MAX);
    (len <= limit).then_some(Checked { packet, first_byte, body, len })
}

/// Any packet, in the order of its bytes: the first one is judged before there is a second.
#[inline(never)]
fn check_any<'a, D: Dialect>(dialect: &D, input: &'a [u8]) -> Result<Decoded<Checked<'a>>, DecodeError> {
    let Some(&first_byte) = input.first() else {
        return Ok(Decoded::Incomplete { needed: 2 });
    };
    let packet = check_first_byte(dialect, first_byte)?;
    let version = dialect.version();
    let header = match FixedHeader::parse(input, version)? {
        Decoded::Complete { value, .. } => value,
        Decoded::Incomplete { needed } => return Ok(Decoded::Incomplete { needed }),
    };
    check_length(dialect, header)?;
    let frame = Frame::with_header(header, input, version, dialect.options().max_packet_size)?;
    Ok(frame.map(|frame| Checked { packet, first_byte, body: frame.body(), len: frame.bytes().len() }))
}

fn check_first_byte<D: Dialect>(dialect: &D, first_byte: u8) -> Result<PacketType, DecodeError> {
    let version = dialect.version();
    let error = |cause| {
        let packet = PacketType::from_first_byte(first_byte);
        Err(DecodeError::new(version, packet, Field::FixedHeader, 0, cause))
    };
    match (judge_first_byte(first_byte, version), dialect.options().known_sender()) {
        (Err(cause), _) => error(cause),
        (Ok(packet), Some(sender)) if !packet.may_be_sent_by(sender, version) => {
            error(Cause::WrongSender(sender))
        }
        (Ok(packet), _) => Ok(packet),
    }
}

fn check_length<D: Dialect>(dialect: &D, header: FixedHeader) -> Result<(), DecodeError> {
    let version = dialect.version();
    if header.is_overlong() && (version == Version::V5 || dialect.options().refuse_overlong) {
        let (packet, cause) = (header.packet_type(), Cause::VarIntOverlong);
        return Err(DecodeError::new(version, packet, Field::RemainingLength, 1, cause)); // [5.0/MQTT-1.5.5-1]
    }
    Ok(())
}

#[inline(always)]
pub(crate) fn decode<'a, D: Dialect>(
    dialect: &D,
    input: &'a [u8],
) -> Result<Decoded<D::Packet<'a>>, DecodeError> {
    match check(dialect, input)? {
        Decoded::Complete { value: checked, consumed } => {
            checked.read(dialect, |value| Decoded::Complete { value, consumed })
        }
        Decoded::Incomplete { needed } => Ok(Decoded::Incomplete { needed }),
    }
}

#[inline]
pub(crate) fn decode_frame<'a, D: Dialect>(
    dialect: &D,
    frame: Frame<'a>,
) -> Result<D::Packet<'a>, DecodeError> {
    let header = frame.header();
    let packet = check_first_byte(dialect, header.first_byte())?;
    check_length(dialect, header)?;
    let checked =
        Checked { packet, first_byte: header.first_byte(), body: frame.body(), len: frame.bytes().len() };
    checked.read(dialect, |value| value)
}

/// A PUBLISH up to its payload, from `decode_publish_head`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublishHead<P> {
    /// The packet, with an empty payload.
    pub publish: P,
    /// How many bytes of payload follow.
    pub payload_len: usize,
}

/// The flags of a PUBLISH, its body up to the payload, and the payload's length.
type HeadParts<'a> = (u8, Cursor<'a>, usize);

/// Flags and body of the PUBLISH at the front of `input` up to its payload, and the payload's length; `None` for another
/// packet. What is consumed is the head.
pub(crate) fn publish_head<'a, D: Dialect>(
    dialect: &D,
    input: &'a [u8],
) -> Result<Decoded<Option<HeadParts<'a>>>, DecodeError> {
    let Some(&first_byte) = input.first() else {
        return Ok(Decoded::Incomplete { needed: 2 });
    };
    let version = dialect.version();
    if check_first_byte(dialect, first_byte)? != PacketType::Publish {
        return Ok(Decoded::Complete { value: None, consumed: 0 });
    }
    let header = match FixedHeader::parse(input, version)? {
        Decoded::Complete { value, .. } => value,
        Decoded::Incomplete { needed } => return Ok(Decoded::Incomplete { needed }),
    };
    check_length(dialect, header)?;
    Frame::with_header(header, input, version, dialect.options().max_packet_size)?; // the limit
    let body = input.split_at_checked(header.len()).unwrap_or_default().1;
    let remaining_length = header.packet_len() - header.len();
    // A head that is longer than the packet is refused when it is read.
    let len = head_len(body, header.flags() & 0b0110 != 0, version).min(remaining_length);
    Ok(match body.split_at_checked(len) {
        Some((head, _)) => {
            let consumed = header.len() + len;
            let cursor = Cursor::new(head, consumed, version, PacketType::Publish);
            Decoded::Complete { value: Some((header.flags(), cursor, remaining_length - len)), consumed }
        }
        None => Decoded::Incomplete { needed: len - body.len() },
    })
}

/// How many bytes of the body of a PUBLISH come before its payload, as far as what is there shows it.
fn head_len(body: &[u8], has_id: bool, version: Version) -> usize {
    let Some((topic_len, _)) = body.split_first_chunk() else { return 2 };
    let len = 2 + usize::from(u16::from_be_bytes(*topic_len)) + if has_id { 2 } else { 0 };
    if version != Version::V5 {
        return len;
    }
    let properties = body.split_at_checked(len).unwrap_or_default().1;
    match crate::parse::var_int(properties) {
        Ok((rest, properties_len)) => {
            let properties_len = usize::try_from(properties_len.get()).unwrap_or(usize::MAX);
            len.saturating_add(properties.len() - rest.len()).saturating_add(properties_len)
        }
        // One byte more of the length; of a length that is wrong, what shows it.
        Err(_) => len + (properties.len() + 1).min(4),
    }
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

            /// Decodes the PUBLISH at the front of `input` up to its payload, which need not have come; `None` for any other
            /// packet, which is left to [`decode`](Self::decode). So a large payload can be passed on in pieces.
            ///
            /// A payload is not checked against its Payload Format Indicator.
            ///
            /// ```
            /// use mqtt_codec::{Decoded, v5};
            ///
            /// let received = b"\x30\xed\x07\x00\x03log\x00the first";
            /// let head = v5::Decoder::new().decode_publish_head(received)?;
            /// let Decoded::Complete { value: Some(head), consumed: 9 } = head else { unreachable!() };
            /// assert_eq!(head.publish.topic().unwrap(), "log");
            /// assert_eq!(head.payload_len, 999); // of which `received[consumed..]` is the start
            /// # Ok::<(), mqtt_codec::DecodeError>(())
            /// ```
            ///
            /// # Errors
            ///
            /// As [`decode`](Self::decode).
            pub fn decode_publish_head<'a>(
                &self,
                input: &'a [u8],
            ) -> Result<crate::Decoded<Option<crate::PublishHead<Publish<&'a [u8]>>>>, crate::DecodeError>
            {
                Ok(match crate::decode::publish_head(self, input)? {
                    crate::Decoded::Complete { value: Some((flags, head, payload_len)), consumed } => {
                        let publish = self.read_publish(flags, head)?;
                        let value = Some(crate::PublishHead { publish, payload_len });
                        crate::Decoded::Complete { value, consumed }
                    }
                    crate::Decoded::Complete { value: None, consumed } => {
                        crate::Decoded::Complete { value: None, consumed }
                    }
                    crate::Decoded::Incomplete { needed } => crate::Decoded::Incomplete { needed },
                })
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

            /// Takes the first packet out of `input`, sharing its memory by a reference count for each part of it.
            ///
            /// What stays in `input` is as with [`decode_shared`](Self::decode_shared).
            ///
            /// # Errors
            ///
            /// As [`decode`](Self::decode).
            #[cfg(feature = "bytes")]
            #[inline]
            pub fn decode_owned(
                &self,
                input: &mut bytes::BytesMut,
            ) -> Result<crate::Decoded<Packet<bytes::Bytes>>, crate::DecodeError> {
                self.take_owned(
                    input,
                    |value, consumed| crate::Decoded::Complete { value, consumed },
                    |needed| crate::Decoded::Incomplete { needed },
                )
            }

            #[cfg(feature = "bytes")]
            #[inline(always)]
            pub(crate) fn take_owned<R>(
                &self,
                input: &mut bytes::BytesMut,
                complete: impl Fn(Packet<bytes::Bytes>, usize) -> R,
                incomplete: impl Fn(usize) -> R,
            ) -> Result<R, crate::DecodeError> {
                let checked = match crate::decode::check(self, input)? {
                    crate::Decoded::Complete { value, .. } => value,
                    crate::Decoded::Incomplete { needed } => return Ok(incomplete(needed)),
                };
                let len = checked.len;
                // No part of these packets is kept, so that they need no reference count.
                if let Some((packet, id)) = checked.only_id()
                    && let Some(whole) = Packet::only_id_of(packet, id, |packet| complete(packet, len))
                {
                    bytes::Buf::advance(input, len);
                    return Ok(whole);
                }
                if checked.packet != crate::PacketType::Publish {
                    let (packet, flags) = (checked.packet, checked.flags());
                    let header_len = len - checked.body.len();
                    return self.take_rare(packet, flags, header_len, len, input, complete);
                }
                let start = input.as_ptr();
                let publish = self.read_publish(checked.flags(), checked.cursor(self)).map(|publish| {
                    MapStorage::map_storage(&publish, &mut |part: &&[u8]| {
                        crate::storage::Span::new(start, part)
                    })
                });
                match publish {
                    Ok(publish) => {
                        let publish = publish.own(input.split_to(len).freeze());
                        Ok(complete(Packet::Publish(publish), len))
                    }
                    Err(e) => {
                        bytes::Buf::advance(input, len);
                        Err(e)
                    }
                }
            }

            /// Takes a packet that a stream has few of, the first `len` bytes of `input`. Its header is right.
            #[cfg(feature = "bytes")]
            #[inline(never)]
            fn take_rare<R>(
                &self,
                packet: crate::PacketType,
                flags: u8,
                header_len: usize,
                len: usize,
                input: &mut bytes::BytesMut,
                complete: impl Fn(Packet<bytes::Bytes>, usize) -> R,
            ) -> Result<R, crate::DecodeError> {
                let frame = input.split_to(len).freeze();
                let body = frame.get(header_len..).unwrap_or_default();
                let start = frame.as_ptr();
                let body = crate::parse::Cursor::new(body, len, Dialect::version(self), packet);
                let packet = self.read(packet, flags, body, |packet| {
                    MapStorage::map_storage(&packet, &mut |part: &&[u8]| {
                        crate::storage::Span::new(start, part)
                    })
                })?;
                Ok(complete(packet.own(frame), len))
            }

            /// Takes the first packet out of `input`, sharing its memory by one reference count.
            ///
            /// An incomplete packet stays in the buffer, and so does one that its fixed header shows to be wrong. A packet
            /// whose body is refused leaves it.
            ///
            /// # Errors
            ///
            /// As [`decode`](Self::decode).
            #[cfg(feature = "bytes")]
            #[inline]
            pub fn decode_shared(
                &self,
                input: &mut bytes::BytesMut,
            ) -> Result<crate::Decoded<SharedPacket>, crate::DecodeError> {
                let checked = match crate::decode::check(self, input)? {
                    crate::Decoded::Complete { value, .. } => value,
                    crate::Decoded::Incomplete { needed } => {
                        return Ok(crate::Decoded::Incomplete { needed });
                    }
                };
                let consumed = checked.len;
                let start = input.as_ptr();
                let packet = checked.read(self, |packet| {
                    MapStorage::map_storage(&packet, &mut |part: &&[u8]| {
                        crate::storage::Span::new(start, part)
                    })
                });
                let frame = input.split_to(consumed).freeze();
                packet.map(|packet| crate::Decoded::Complete {
                    value: SharedPacket { frame, packet },
                    consumed,
                })
            }
        }
    };
}
pub(crate) use decoder;
