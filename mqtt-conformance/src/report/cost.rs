//! What a run cost: connections, packets and bytes, for brokers that bill by message.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::run::{Entry, Outcome, TraceEvent};

/// What the tests opened, sent and received, those that ran twice with both runs. The first questions to the broker and the clearing up
/// after tests are not counted; nor is the first run of a test that failed twice.
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
    fn add(&mut self, packets: usize, bytes: usize) {
        self.packets += packets;
        self.bytes += bytes;
    }
}

impl Cost {
    /// What these tests cost.
    pub fn of<O: Borrow<Outcome>>(outcomes: &[O]) -> Self {
        let mut cost = Self::default();
        for outcome in outcomes.iter().map(Borrow::borrow) {
            cost.add(&outcome.transcript);
            if let Some(again) = &outcome.again {
                cost.add(&again.transcript);
            }
        }
        cost
    }

    fn add(&mut self, transcript: &[Entry]) {
        for entry in transcript {
            match &entry.event {
                TraceEvent::Opened { .. } => self.connections += 1,
                TraceEvent::Sent { bytes, .. } => self.sent.add(1, bytes.as_slice().len()),
                TraceEvent::Received { bytes, .. } | TraceEvent::Malformed { bytes, .. } => {
                    self.received.add(1, bytes.as_slice().len());
                }
                TraceEvent::Fragment { bytes } => self.received.add(0, bytes.as_slice().len()),
                TraceEvent::Omitted { events, size } => self.received.add(*events, *size),
                _ => {}
            }
        }
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
