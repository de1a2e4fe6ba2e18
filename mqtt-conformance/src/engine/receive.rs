//! What comes from the broker: taken as it arrives, and waiting in the queue of its connection until it a step takes it.

use tokio::time::{Instant, sleep_until, timeout_at};

use super::incoming::{Got, Incoming, Waiting};
use super::{Engine, Stop};
use crate::engine::link::{Arrival, Arrived};
use crate::engine::outcome::TraceEvent;
use crate::transport::Connector;

/// How many events a test may have.
const MAX_EVENTS: usize = 500_000;

impl<C: Connector> Engine<'_, C> {
    /// Puts an arrival into the transcript and into the queue of its connection.
    pub(super) fn take(&mut self, arrived: Arrived) {
        let Arrived { link, at, what } = arrived;
        if self.flooded() {
            return;
        }
        let name = self.names.get(link).cloned().unwrap_or_default();
        let (event, what) = match what {
            Arrival::Packet { bytes, packet: Ok(packet) } => {
                self.received += bytes.len();
                let slot = self.slots.get_mut(&name).filter(|slot| slot.id == link);
                let what = match slot.and_then(|slot| slot.promises.received(bytes.len(), &packet)) {
                    Some(how) => Incoming::Forbidden(packet.clone(), how),
                    None => Incoming::Packet(packet.clone()),
                };
                (TraceEvent::Received { bytes: bytes.into(), packet }, what)
            }
            Arrival::Packet { bytes, packet: Err(error) } | Arrival::Garbage { bytes, error } => {
                self.received += bytes.len();
                let event = TraceEvent::Malformed { bytes: bytes.clone().into(), malformed: (&error).into() };
                (event, Incoming::Malformed(bytes, error))
            }
            Arrival::Misframed { how } => {
                (TraceEvent::Misframed { error: how.clone() }, Incoming::Misframed(how))
            }
            Arrival::Closed { rest, error } => {
                if !rest.is_empty() {
                    self.note_at(at, &name, TraceEvent::Fragment { bytes: rest.clone().into() });
                }
                let error = error.map(|e| e.to_string());
                let open = self.slots.get(&name).is_some_and(|s| s.id == link);
                if !open {
                    return;
                }
                (TraceEvent::ClosedByBroker { error: error.clone() }, Incoming::Closed { rest, error })
            }
        };
        let entry = self.note_at(at, &name, event);
        if let Some(slot) = self.slots.get_mut(&name)
            && slot.id == link
        {
            slot.queue.push_back(Waiting { at, entry, what });
        }
    }

    /// More has come than any test needs.
    fn flooded(&self) -> bool {
        self.received > self.config.max_received || self.transcript.len() > MAX_EVENTS
    }

    /// Takes what has arrived already.
    pub(super) fn catch_up(&mut self) {
        while let Ok(arrived) = self.arrivals.try_recv() {
            self.take(arrived);
        }
    }

    /// Waits for the next arrival on any connection; `false` when the time has come first.
    pub(super) async fn next(&mut self, until: Instant) -> Result<bool, Stop> {
        if self.flooded() {
            let got = format!("{} bytes in {} events", self.received, self.transcript.len());
            self.fail("a broker that does not flood".to_owned(), Got::words(got), None)?;
        }
        match timeout_at(until, self.arrivals.recv()).await {
            Ok(Some(arrived)) => {
                self.take(arrived);
                Ok(true)
            }
            // The engine holds a sender, so the channel does not end.
            Ok(None) => Ok(false),
            Err(_) => {
                let before = self.transcript.len();
                self.catch_up();
                Ok(self.transcript.len() > before)
            }
        }
    }

    pub(super) async fn pause_until(&mut self, until: Instant) {
        loop {
            tokio::select! {
                biased;
                () = sleep_until(until) => return,
                Some(arrived) = self.arrivals.recv() => self.take(arrived),
            }
        }
    }

    pub(super) fn front(&self, name: &str) -> Option<&Waiting> {
        self.slots.get(name).and_then(|slot| slot.queue.front())
    }

    /// Takes the first arrival of a connection. A close stays, since nothing can follow it.
    pub(super) fn pop(&mut self, name: &str) {
        if let Some(slot) = self.slots.get_mut(name)
            && !matches!(slot.queue.front(), Some(Waiting { what: Incoming::Closed { .. }, .. }))
        {
            slot.queue.pop_front();
        }
    }
}
