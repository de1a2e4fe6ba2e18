//! How the values of properties travel: the one grammar that reading, the fast path and the careful check share.
//!
//! MQTT 5.0 §2.2.2.2, §1.5.

use crate::parse;
use crate::types::{is_plain_inline, is_plain_topic, read_byte, read_prefixed};

/// How a property value travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A byte that is 0 or 1.
    Flag,
    U16,
    /// A Two Byte Integer that is not 0.
    NonZeroU16,
    U32,
    /// A Four Byte Integer that is not 0.
    NonZeroU32,
    /// A Variable Byte Integer that is not 0.
    VarInt,
    Text,
    Topic,
    Binary,
    Pair,
}

/// A value that was cut out of a block, not judged yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Raw<'a> {
    /// An integer of any size.
    Number(u32),
    /// What stands behind a length: text or data.
    Bytes(&'a [u8]),
    /// The two halves of a UTF-8 String Pair.
    Pair(&'a [u8], &'a [u8]),
}

impl Shape {
    /// Cuts a value off the front of `bytes`; `None` if it does not end there, or is a Variable Byte Integer that is longer
    /// than it has to be.
    #[inline(always)]
    pub(super) fn cut<'a>(self, bytes: &mut &'a [u8]) -> Option<Raw<'a>> {
        Some(match self {
            Self::Flag => Raw::Number(u32::from(read_byte(bytes)?)),
            Self::U16 | Self::NonZeroU16 => {
                let (value, rest) = bytes.split_first_chunk()?;
                *bytes = rest;
                Raw::Number(u32::from(u16::from_be_bytes(*value)))
            }
            Self::U32 | Self::NonZeroU32 => {
                let (value, rest) = bytes.split_first_chunk()?;
                *bytes = rest;
                Raw::Number(u32::from_be_bytes(*value))
            }
            Self::VarInt => {
                let (rest, value) = parse::shortest_var_int(bytes).ok()?;
                *bytes = rest;
                Raw::Number(value.get())
            }
            Self::Text | Self::Topic | Self::Binary => Raw::Bytes(read_prefixed(bytes)?),
            Self::Pair => Raw::Pair(read_prefixed(bytes)?, read_prefixed(bytes)?),
        })
    }

    /// Whether a number is in the range of the values.
    #[inline(always)]
    pub(super) const fn has(self, number: u32) -> bool {
        match self {
            Self::Flag => number <= 1,
            Self::NonZeroU16 | Self::NonZeroU32 | Self::VarInt => number != 0,
            _ => true,
        }
    }

    /// The fast path: whether a value is whole and right, and its text ASCII; then `bytes` go on behind it.
    ///
    /// Contract: yes only where the careful check of the same value finds nothing wrong; no decides nothing.
    #[inline(always)]
    pub(super) fn skip_plain(self, bytes: &mut &[u8]) -> bool {
        // Each shape by itself, so that it is known where its value is cut.
        match self {
            Self::Flag => Self::Flag.skip_number(bytes),
            Self::U16 => Self::U16.skip_number(bytes),
            Self::NonZeroU16 => Self::NonZeroU16.skip_number(bytes),
            Self::U32 => Self::U32.skip_number(bytes),
            Self::NonZeroU32 => Self::NonZeroU32.skip_number(bytes),
            Self::VarInt => Self::VarInt.skip_number(bytes),
            Self::Text => matches!(Self::Text.cut(bytes), Some(Raw::Bytes(text)) if is_plain_inline(text)),
            Self::Topic => matches!(
                Self::Topic.cut(bytes),
                Some(Raw::Bytes(topic)) if !topic.is_empty() && is_plain_topic(topic)
            ),
            Self::Binary => Self::Binary.cut(bytes).is_some(),
            Self::Pair => matches!(
                Self::Pair.cut(bytes),
                Some(Raw::Pair(name, value)) if is_plain_inline(name) && is_plain_inline(value)
            ),
        }
    }

    /// Whether a number is whole and in its range; then `bytes` go on behind it.
    #[inline(always)]
    fn skip_number(self, bytes: &mut &[u8]) -> bool {
        matches!(self.cut(bytes), Some(Raw::Number(number)) if self.has(number))
    }
}
