//! The control packet types.

use core::fmt;

/// The type of a control packet: the upper four bits of its first byte.
///
/// Spec: 3.1 §2.1, 3.1.1 §2.2.1, 5.0 §2.1.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "four bits; the standards close the list")]
#[repr(u8)]
pub enum PacketType {
    /// A client asks to connect.
    Connect = 1,
    /// The server answers a CONNECT.
    ConnAck = 2,
    /// An Application Message, either way.
    Publish = 3,
    /// The answer to a QoS 1 PUBLISH.
    PubAck = 4,
    /// The first answer to a QoS 2 PUBLISH.
    PubRec = 5,
    /// The release of a QoS 2 message, the answer to PUBREC.
    PubRel = 6,
    /// The end of a QoS 2 exchange, the answer to PUBREL.
    PubComp = 7,
    /// A client subscribes to Topic Filters.
    Subscribe = 8,
    /// The server answers a SUBSCRIBE.
    SubAck = 9,
    /// A client unsubscribes from Topic Filters.
    Unsubscribe = 10,
    /// The server answers an UNSUBSCRIBE.
    UnsubAck = 11,
    /// A client asks whether the server is there.
    PingReq = 12,
    /// The server answers a PINGREQ.
    PingResp = 13,
    /// The end of a connection; in 3.x sent by clients only.
    Disconnect = 14,
    /// Enhanced authentication; 5.0 only.
    Auth = 15,
}

impl PacketType {
    /// All types, in the order of their numbers.
    pub const ALL: [Self; 15] = [
        Self::Connect,
        Self::ConnAck,
        Self::Publish,
        Self::PubAck,
        Self::PubRec,
        Self::PubRel,
        Self::PubComp,
        Self::Subscribe,
        Self::SubAck,
        Self::Unsubscribe,
        Self::UnsubAck,
        Self::PingReq,
        Self::PingResp,
        Self::Disconnect,
        Self::Auth,
    ];

    /// The type that a first byte announces; `None` for the reserved type 0.
    #[must_use]
    #[inline]
    pub const fn from_first_byte(byte: u8) -> Option<Self> {
        Some(match byte >> 4 {
            1 => Self::Connect,
            2 => Self::ConnAck,
            3 => Self::Publish,
            4 => Self::PubAck,
            5 => Self::PubRec,
            6 => Self::PubRel,
            7 => Self::PubComp,
            8 => Self::Subscribe,
            9 => Self::SubAck,
            10 => Self::Unsubscribe,
            11 => Self::UnsubAck,
            12 => Self::PingReq,
            13 => Self::PingResp,
            14 => Self::Disconnect,
            15 => Self::Auth,
            _ => return None,
        })
    }

    /// The first byte of a packet of this type with the flags that the standard reserves (3.1.1 table 2.2, 5.0 table
    /// 2-2). For PUBLISH the flags are all zero: QoS 0, not retained.
    #[must_use]
    #[inline]
    pub const fn first_byte(self) -> u8 {
        ((self as u8) << 4) | self.reserved_flags()
    }

    /// The flags that the standard reserves for this type: 2 for PUBREL, SUBSCRIBE and UNSUBSCRIBE, else 0.
    #[must_use]
    #[inline]
    pub const fn reserved_flags(self) -> u8 {
        match self {
            Self::PubRel | Self::Subscribe | Self::Unsubscribe => 0b0010,
            _ => 0,
        }
    }

    /// The name in the standard's capitals, such as `PUBLISH`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connect => "CONNECT",
            Self::ConnAck => "CONNACK",
            Self::Publish => "PUBLISH",
            Self::PubAck => "PUBACK",
            Self::PubRec => "PUBREC",
            Self::PubRel => "PUBREL",
            Self::PubComp => "PUBCOMP",
            Self::Subscribe => "SUBSCRIBE",
            Self::SubAck => "SUBACK",
            Self::Unsubscribe => "UNSUBSCRIBE",
            Self::UnsubAck => "UNSUBACK",
            Self::PingReq => "PINGREQ",
            Self::PingResp => "PINGRESP",
            Self::Disconnect => "DISCONNECT",
            Self::Auth => "AUTH",
        }
    }

    /// Whether `sender` may send packets of this type in `version`.
    ///
    /// Spec: 3.1.1 table 2.1, 5.0 table 2-1; 3.1 by its sections 3.1 to 3.14.
    #[must_use]
    pub const fn may_be_sent_by(self, sender: crate::Sender, version: crate::Version) -> bool {
        use crate::{Sender, Version};
        match self {
            Self::Connect | Self::Subscribe | Self::Unsubscribe | Self::PingReq => {
                matches!(sender, Sender::Client)
            }
            Self::ConnAck | Self::SubAck | Self::UnsubAck | Self::PingResp => {
                matches!(sender, Sender::Server)
            }
            Self::Publish | Self::PubAck | Self::PubRec | Self::PubRel | Self::PubComp => true,
            Self::Disconnect => matches!(sender, Sender::Client) || matches!(version, Version::V5),
            Self::Auth => matches!(version, Version::V5),
        }
    }
}

impl fmt::Display for PacketType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
