//! The fixed header, and cutting a stream of bytes into whole packets.

use crate::error::{Cause, DecodeError, Field};
use crate::parse;
use crate::types::VarInt;
use crate::{PacketType, Version};

/// What came of looking at the front of a buffer: something whole, or the news that more bytes are needed.
///
/// Incomplete input is not an error. The buffer is left alone: keep its bytes, read more, ask again. However a packet is
/// chopped, asking again costs no more than looking at its fixed header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a packet is there or it is not")]
pub enum Decoded<T> {
    /// A whole packet.
    Complete {
        /// The packet.
        value: T,
        /// How many bytes of the input it took, 2 to 268,435,460. The next packet starts there.
        consumed: usize,
    },
    /// The input ends inside a packet, or is empty.
    Incomplete {
        /// How many more bytes are needed at least. Exact once the fixed header is there; before that, the least that a
        /// packet can have.
        needed: usize,
    },
}

impl<T> Decoded<T> {
    /// The packet, if it is whole.
    #[must_use]
    pub fn complete(self) -> Option<T> {
        match self {
            Self::Complete { value, .. } => Some(value),
            Self::Incomplete { .. } => None,
        }
    }

    /// The same with another value.
    #[inline]
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Decoded<U> {
        match self {
            Self::Complete { value, consumed } => Decoded::Complete { value: f(value), consumed },
            Self::Incomplete { needed } => Decoded::Incomplete { needed },
        }
    }
}

/// The fixed header of a packet: its first byte and its Remaining Length. It judges nothing else.
///
/// Spec: 3.1 §2.1, 3.1.1 §2.2, 5.0 §2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedHeader {
    first_byte: u8,
    length_bytes: u8,
    remaining_length: VarInt,
}

impl FixedHeader {
    /// Reads the fixed header at the front of `input`; `consumed` is its own length, 2 to 5.
    ///
    /// # Errors
    ///
    /// When the Remaining Length has more than four bytes.
    #[inline]
    pub fn parse(input: &[u8], version: Version) -> Result<Decoded<Self>, DecodeError> {
        let Some((&first_byte, rest)) = input.split_first() else {
            return Ok(Decoded::Incomplete { needed: 2 });
        };
        if let [length @ 0..=0x7f, ..] = *rest {
            let remaining_length = VarInt::from(u16::from(length));
            return Ok(Decoded::Complete {
                value: Self { first_byte, length_bytes: 1, remaining_length },
                consumed: 2,
            });
        }
        Self::parse_long(first_byte, rest, version)
    }

    fn parse_long(first_byte: u8, rest: &[u8], version: Version) -> Result<Decoded<Self>, DecodeError> {
        match parse::var_int(rest) {
            Ok((tail, remaining_length)) => {
                let length_bytes = rest.len() - tail.len();
                let value = Self {
                    first_byte,
                    length_bytes: u8::try_from(length_bytes).unwrap_or(4),
                    remaining_length,
                };
                Ok(Decoded::Complete { value, consumed: 1 + length_bytes })
            }
            Err(_) if rest.len() < 4 => Ok(Decoded::Incomplete { needed: 1 }),
            Err(_) => {
                let packet = PacketType::from_first_byte(first_byte);
                Err(DecodeError::new(version, packet, Field::RemainingLength, 1, Cause::VarIntTooLong))
            }
        }
    }

    /// The first byte: packet type and flags.
    #[must_use]
    #[inline]
    pub const fn first_byte(self) -> u8 {
        self.first_byte
    }

    /// The packet type; `None` for the reserved type 0.
    #[must_use]
    #[inline]
    pub const fn packet_type(self) -> Option<PacketType> {
        PacketType::from_first_byte(self.first_byte)
    }

    /// The flags: the lower four bits of the first byte.
    #[must_use]
    #[inline]
    pub const fn flags(self) -> u8 {
        self.first_byte & 0x0f
    }

    /// How many bytes follow the fixed header.
    #[must_use]
    #[inline]
    pub const fn remaining_length(self) -> VarInt {
        self.remaining_length
    }

    /// The length of the fixed header itself, 2 to 5.
    #[must_use]
    #[inline]
    #[expect(clippy::len_without_is_empty, reason = "a fixed header has at least two bytes")]
    pub const fn len(self) -> usize {
        1 + self.length_bytes as usize
    }

    /// The length of the whole packet, 2 to 268,435,460: what 5.0's Maximum Packet Size counts (§2.1.4).
    #[must_use]
    #[inline]
    pub const fn packet_len(self) -> usize {
        self.len() + self.remaining_length.get() as usize
    }

    /// Whether the Remaining Length has more bytes than it needs, which 3.x permits.
    #[must_use]
    #[inline]
    pub const fn is_overlong(self) -> bool {
        self.length_bytes as usize != self.remaining_length.encoded_len()
    }
}

/// The bytes of one whole packet, judged by nothing but their framing.
///
/// For tools that have to show a packet that makes no sense, and for proxies that pass packets on unread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    header: FixedHeader,
    bytes: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Takes the first whole packet from the front of `input`.
    ///
    /// `max_len` limits the length of the whole packet in bytes, and is checked as soon as the fixed header is there.
    ///
    /// # Errors
    ///
    /// When the Remaining Length has more than four bytes, or the packet is longer than `max_len`.
    #[inline]
    pub fn take(input: &'a [u8], version: Version, max_len: u32) -> Result<Decoded<Self>, DecodeError> {
        let header = match FixedHeader::parse(input, version)? {
            Decoded::Complete { value, .. } => value,
            Decoded::Incomplete { needed } => return Ok(Decoded::Incomplete { needed }),
        };
        Self::with_header(header, input, version, max_len)
    }

    #[inline]
    pub(crate) fn with_header(
        header: FixedHeader,
        input: &'a [u8],
        version: Version,
        max_len: u32,
    ) -> Result<Decoded<Self>, DecodeError> {
        let len = header.packet_len();
        let size = u32::try_from(len).unwrap_or(u32::MAX);
        if size > max_len {
            let cause = Cause::TooLarge { size, limit: max_len };
            return Err(DecodeError::new(version, header.packet_type(), Field::RemainingLength, 1, cause));
        }
        Ok(match input.split_at_checked(len) {
            Some((bytes, _)) => Decoded::Complete { value: Self { header, bytes }, consumed: len },
            None => Decoded::Incomplete { needed: len - input.len() },
        })
    }

    /// The fixed header.
    #[must_use]
    pub const fn header(self) -> FixedHeader {
        self.header
    }

    /// All bytes of the packet.
    #[must_use]
    pub const fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// The bytes after the fixed header.
    #[must_use]
    #[inline]
    pub fn body(self) -> &'a [u8] {
        self.bytes.split_at_checked(self.header.len()).unwrap_or_default().1
    }
}
