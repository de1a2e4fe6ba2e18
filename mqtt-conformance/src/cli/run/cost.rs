//! What a run cost: connections, packets and bytes, for brokers that bill by message.

use std::fmt;
use std::sync::Arc;

use mqtt_conformance::run::{Outcome, TraceEvent};

/// What the tests opened, sent and received. The first questions to the broker and the clearing up after tests are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cost {
    connections: usize,
    sent: Traffic,
    received: Traffic,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Traffic {
    packets: usize,
    bytes: usize,
}

impl Traffic {
    fn add(&mut self, packets: usize, bytes: usize) {
        self.packets += packets;
        self.bytes += bytes;
    }
}

impl Cost {
    pub(super) fn of(outcomes: &[Arc<Outcome>]) -> Self {
        let mut cost = Self::default();
        for entry in outcomes.iter().flat_map(|outcome| &outcome.transcript) {
            match &entry.event {
                TraceEvent::Opened { .. } => cost.connections += 1,
                TraceEvent::Sent { bytes, .. } => cost.sent.add(1, bytes.as_slice().len()),
                TraceEvent::Received { bytes, .. } | TraceEvent::Malformed { bytes, .. } => {
                    cost.received.add(1, bytes.as_slice().len());
                }
                TraceEvent::Fragment { bytes } => cost.received.add(0, bytes.as_slice().len()),
                _ => {}
            }
        }
        cost
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
