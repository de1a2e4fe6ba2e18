//! CONNACKs that refuse a client for the broker's own state, not for what the client sent.

use mqtt_codec::PacketType;

use crate::tree::Packet;

/// Why a broker refuses any client at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is unavailable or busy.
    Busy,
    /// A quota is used up, such as that of connections.
    Quota,
    /// Connections come too quickly.
    Rate,
    /// The client should use another server.
    Moved,
}

impl Refusal {
    /// What the code of a CONNACK says (3.1 and 3.1.1: table of return codes in section 3.2; 5.0: table 3-1), if it says nothing
    /// about the CONNECT.
    pub(crate) const fn of(code: u64) -> Option<Self> {
        match code {
            0x03 | 0x88 | 0x89 => Some(Self::Busy),
            0x97 => Some(Self::Quota),
            0x9f => Some(Self::Rate),
            0x9c | 0x9d => Some(Self::Moved),
            _ => None,
        }
    }

    /// What a packet says, if it is a CONNACK that refuses in this way.
    pub(crate) fn of_packet(packet: &Packet) -> Option<Self> {
        packet.is(PacketType::ConnAck).then(|| packet.code()).flatten().and_then(Self::of)
    }

    /// What can be done about it.
    pub(crate) const fn remedy(self) -> &'static str {
        match self {
            Self::Busy => "is the broker overloaded or starting? --jobs N runs fewer tests at the same time",
            Self::Quota => {
                "the broker limits its connections or clients: --jobs N runs fewer tests at the same time"
            }
            Self::Rate => "--pace N opens at most N connections a second",
            Self::Moved => "give the address of the other server to --broker",
        }
    }
}
