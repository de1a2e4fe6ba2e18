//! The Packet Identifier.

use core::fmt;
use core::num::NonZeroU16;

/// A Packet Identifier (3.1: Message ID), 1 to 65,535; by type it cannot be 0.
///
/// Spec: 3.1 §2.4 \[3.1/V31-2.4-1\], 3.1.1 §2.3.1 \[3.1.1/MQTT-2.3.1-1\], 5.0 §2.2.1 \[5.0/MQTT-2.2.1-3\] \[5.0/MQTT-2.2.1-4\].
///
/// ```
/// # use mqtt_codec::PacketId;
/// let id = PacketId::new(7).unwrap();
/// assert_eq!(id.get(), 7);
/// assert!(PacketId::new(0).is_none());
/// assert_eq!(PacketId::MAX.next(), PacketId::MIN); // wraps around, past 0
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PacketId(NonZeroU16);

impl PacketId {
    /// The smallest Packet Identifier, 1.
    pub const MIN: Self = Self(NonZeroU16::MIN);
    /// The largest Packet Identifier, 65,535.
    pub const MAX: Self = Self(NonZeroU16::MAX);

    /// A Packet Identifier; `None` for 0.
    #[must_use]
    #[inline]
    pub const fn new(id: u16) -> Option<Self> {
        match NonZeroU16::new(id) {
            Some(id) => Some(Self(id)),
            None => None,
        }
    }

    /// The number.
    #[must_use]
    #[inline]
    pub const fn get(self) -> u16 {
        self.0.get()
    }

    /// The identifier after this one: 1 after 65,535.
    #[must_use]
    pub const fn next(self) -> Self {
        match self.0.checked_add(1) {
            Some(id) => Self(id),
            None => Self::MIN,
        }
    }
}

/// 0 is no Packet Identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a Packet Identifier must not be 0")]
#[non_exhaustive]
pub struct PacketIdZero;

impl TryFrom<u16> for PacketId {
    type Error = PacketIdZero;

    fn try_from(id: u16) -> Result<Self, PacketIdZero> {
        Self::new(id).ok_or(PacketIdZero)
    }
}

impl From<PacketId> for u16 {
    fn from(id: PacketId) -> Self {
        id.get()
    }
}

impl From<NonZeroU16> for PacketId {
    fn from(id: NonZeroU16) -> Self {
        Self(id)
    }
}

impl fmt::Display for PacketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
