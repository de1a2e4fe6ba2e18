//! Quality of Service, and what a PUBLISH carries because of it.

use super::PacketId;
use core::fmt;

/// A Quality of Service level.
///
/// Spec: 3.1 §4.1, 3.1.1 §4.3, 5.0 §4.3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "MQTT has three levels; the fourth value is forbidden")]
#[repr(u8)]
pub enum Qos {
    /// QoS 0: sent once, not acknowledged.
    #[default]
    AtMostOnce = 0,
    /// QoS 1: acknowledged by PUBACK; may arrive more than once.
    AtLeastOnce = 1,
    /// QoS 2: PUBREC, PUBREL, PUBCOMP; arrives exactly once.
    ExactlyOnce = 2,
}

impl Qos {
    /// All levels, lowest first.
    pub const ALL: [Self; 3] = [Self::AtMostOnce, Self::AtLeastOnce, Self::ExactlyOnce];

    /// The level with this number; `None` for 3 and above.
    #[must_use]
    #[inline]
    pub const fn new(level: u8) -> Option<Self> {
        match level {
            0 => Some(Self::AtMostOnce),
            1 => Some(Self::AtLeastOnce),
            2 => Some(Self::ExactlyOnce),
            _ => None,
        }
    }

    /// The number on the wire: 0, 1 or 2.
    #[must_use]
    #[inline]
    pub const fn get(self) -> u8 {
        self as u8
    }
}

/// A number that is no QoS level: 3 or above.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a QoS level: expected 0, 1 or 2")]
#[expect(clippy::exhaustive_structs, reason = "carries the number, and nothing else is known")]
pub struct InvalidQos(pub u8);

impl TryFrom<u8> for Qos {
    type Error = InvalidQos;

    fn try_from(level: u8) -> Result<Self, InvalidQos> {
        Self::new(level).ok_or(InvalidQos(level))
    }
}

impl From<Qos> for u8 {
    fn from(qos: Qos) -> Self {
        qos.get()
    }
}

impl fmt::Display for Qos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

/// How a PUBLISH is delivered: its QoS, and the fields that exist because of it.
///
/// A QoS 0 PUBLISH has no Packet Identifier and no DUP flag; the others have both. One enum says so, and neither
/// mistake can be written down.
///
/// Spec: 3.1.1 §3.3.1.1, §3.3.1.2, §2.3.1 \[3.1.1/MQTT-3.3.1-2\] \[3.1.1/MQTT-4.3.1-1\] \[3.1.1/MQTT-2.3.1-1\] \[3.1.1/MQTT-2.3.1-5\]; 5.0 §3.3.1.1,
/// §3.3.1.2, §2.2.1 \[5.0/MQTT-3.3.1-2\] \[5.0/MQTT-4.3.1-1\] \[5.0/MQTT-2.2.1-2\] \[5.0/MQTT-2.2.1-3\].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "one variant per QoS level")]
pub enum Delivery {
    /// QoS 0.
    #[default]
    AtMostOnce,
    /// QoS 1.
    AtLeastOnce {
        /// The Packet Identifier, which PUBACK repeats.
        packet_id: PacketId,
        /// Whether this may be a re-delivery of an earlier attempt.
        dup: bool,
    },
    /// QoS 2.
    ExactlyOnce {
        /// The Packet Identifier, which PUBREC, PUBREL and PUBCOMP repeat.
        packet_id: PacketId,
        /// Whether this may be a re-delivery of an earlier attempt.
        dup: bool,
    },
}

impl Delivery {
    /// A first delivery (DUP 0) at this QoS; `packet_id` is not used at QoS 0.
    #[must_use]
    pub const fn first(qos: Qos, packet_id: PacketId) -> Self {
        match qos {
            Qos::AtMostOnce => Self::AtMostOnce,
            Qos::AtLeastOnce => Self::AtLeastOnce { packet_id, dup: false },
            Qos::ExactlyOnce => Self::ExactlyOnce { packet_id, dup: false },
        }
    }

    /// The same delivery as a re-delivery: DUP 1 where the QoS has it.
    #[must_use]
    pub const fn again(self) -> Self {
        match self {
            Self::AtMostOnce => Self::AtMostOnce,
            Self::AtLeastOnce { packet_id, .. } => Self::AtLeastOnce { packet_id, dup: true },
            Self::ExactlyOnce { packet_id, .. } => Self::ExactlyOnce { packet_id, dup: true },
        }
    }

    /// The QoS level.
    #[must_use]
    #[inline]
    pub const fn qos(self) -> Qos {
        match self {
            Self::AtMostOnce => Qos::AtMostOnce,
            Self::AtLeastOnce { .. } => Qos::AtLeastOnce,
            Self::ExactlyOnce { .. } => Qos::ExactlyOnce,
        }
    }

    /// The Packet Identifier; `None` at QoS 0.
    #[must_use]
    #[inline]
    pub const fn packet_id(self) -> Option<PacketId> {
        match self {
            Self::AtMostOnce => None,
            Self::AtLeastOnce { packet_id, .. } | Self::ExactlyOnce { packet_id, .. } => Some(packet_id),
        }
    }

    /// The DUP flag; `false` at QoS 0.
    #[must_use]
    #[inline]
    pub const fn dup(self) -> bool {
        match self {
            Self::AtMostOnce => false,
            Self::AtLeastOnce { dup, .. } | Self::ExactlyOnce { dup, .. } => dup,
        }
    }

    /// The flags of a PUBLISH first byte for this delivery and RETAIN flag.
    #[inline]
    pub(crate) const fn flags(self, retain: bool) -> u8 {
        ((self.dup() as u8) << 3) | (self.qos().get() << 1) | retain as u8
    }
}
