//! What a run cost: connections, packets and bytes, for brokers that bill by message.

use std::fmt;
use std::iter::Sum;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// What tests opened, sent and received, in all their runs. The first visit to the broker and the clearing up after tests are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Cost {
    /// Connections that were opened.
    pub connections: usize,
    /// What went to the broker.
    pub sent: Traffic,
    /// What came from it.
    pub received: Traffic,
}

/// Packets and bytes of one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Traffic {
    /// Control Packets, those that were broken on purpose too.
    pub packets: usize,
    /// Their bytes, without those of TCP, TLS and WebSocket.
    pub bytes: usize,
}

impl Traffic {
    fn add(&mut self, other: Self) {
        self.packets += other.packets;
        self.bytes += other.bytes;
    }
}

impl Cost {
    /// One connection.
    pub(super) fn connection() -> Self {
        Self { connections: 1, ..Self::default() }
    }

    /// One packet of so many bytes to the broker.
    pub(super) fn sent(bytes: usize) -> Self {
        Self { sent: Traffic { packets: 1, bytes }, ..Self::default() }
    }

    /// So many packets and bytes from the broker.
    pub(super) fn received(packets: usize, bytes: usize) -> Self {
        Self { received: Traffic { packets, bytes }, ..Self::default() }
    }

    /// Nothing was opened, sent or received.
    pub(crate) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.connections += other.connections;
        self.sent.add(other.sent);
        self.received.add(other.received);
    }
}

impl Sum for Cost {
    fn sum<I: Iterator<Item = Self>>(costs: I) -> Self {
        let mut all = Self::default();
        costs.for_each(|cost| all += cost);
        all
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections, sent, received } = self;
        write!(
            f,
            "{connections} connections, {} packets ({} bytes) sent, {} packets ({} bytes) received",
            sent.packets, sent.bytes, received.packets, received.bytes
        )
    }
}
