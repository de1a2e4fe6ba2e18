//! The Variable Byte Integer.

use core::fmt;

/// A Variable Byte Integer: 0 to 268,435,455, one to four bytes on the wire.
///
/// MQTT uses it for Remaining Length in every version, and in 5.0 for Property Length and Subscription Identifier.
///
/// Spec: 3.1 §2.1, 3.1.1 §2.2.3, 5.0 §1.5.5.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VarInt(u32);

impl VarInt {
    /// The largest value, 268,435,455.
    pub const MAX: Self = Self(268_435_455);

    /// A Variable Byte Integer; `None` above 268,435,455.
    #[must_use]
    #[inline]
    pub const fn new(value: u32) -> Option<Self> {
        if value <= Self::MAX.0 { Some(Self(value)) } else { None }
    }

    /// The number.
    #[must_use]
    #[inline]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// How many bytes the shortest encoding takes, 1 to 4.
    #[must_use]
    #[inline]
    pub const fn encoded_len(self) -> usize {
        match self.0 {
            0..=0x7f => 1,
            0x80..=0x3fff => 2,
            0x4000..=0x1f_ffff => 3,
            _ => 4,
        }
    }

    /// The shortest encoding \[5.0/MQTT-1.5.5-1\]: the bytes, of which the first [`encoded_len`](Self::encoded_len) count.
    #[inline]
    pub(crate) const fn to_bytes(self) -> [u8; 4] {
        let septets = [septet(self.0, 0), septet(self.0, 7), septet(self.0, 14), septet(self.0, 21)];
        match (septets, self.encoded_len()) {
            ([first, ..], 1) => [first, 0, 0, 0],
            ([first, second, ..], 2) => [first | 0x80, second, 0, 0],
            ([first, second, third, _], 3) => [first | 0x80, second | 0x80, third, 0],
            ([first, second, third, fourth], _) => [first | 0x80, second | 0x80, third | 0x80, fourth],
        }
    }
}

/// Seven bits of `value`, starting at bit `shift`.
#[inline]
const fn septet(value: u32, shift: u32) -> u8 {
    (value >> shift).to_le_bytes()[0] & 0x7f
}

/// The number does not fit a Variable Byte Integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a Variable Byte Integer is at most 268,435,455")]
#[non_exhaustive]
pub struct VarIntTooLarge;

impl TryFrom<u32> for VarInt {
    type Error = VarIntTooLarge;

    fn try_from(value: u32) -> Result<Self, VarIntTooLarge> {
        Self::new(value).ok_or(VarIntTooLarge)
    }
}

impl TryFrom<usize> for VarInt {
    type Error = VarIntTooLarge;

    fn try_from(value: usize) -> Result<Self, VarIntTooLarge> {
        u32::try_from(value).ok().and_then(Self::new).ok_or(VarIntTooLarge)
    }
}

impl From<u16> for VarInt {
    fn from(value: u16) -> Self {
        Self(u32::from(value))
    }
}

impl From<VarInt> for u32 {
    fn from(value: VarInt) -> Self {
        value.0
    }
}

impl fmt::Display for VarInt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
