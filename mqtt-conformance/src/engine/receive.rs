//! What comes from the broker: taken as it arrives, and waiting in the queue of its connection until it a step takes it.

use tokio::time::{Instant, sleep_until, timeout_at};

use super::incoming::{Incoming, Waiting};
use super::{CHANNEL, Engine, Ran, Stop};
use crate::engine::link::{Arrival, Arrived};
use crate::engine::outcome::TraceEvent;
use crate::transport::Connector;

/// How many events a test may have.
const MAX_EVENTS: usize = 500_000;

/// How much memory the events of one test may take, in bytes.
const MAX_HELD: usize = 64 << 20;

impl<C: Connector> Engine<'_, C> {
    /// Puts an arrival into the transcript and into the queue of its connection.
    pub(super) fn take(&mut self, arrived: Arrived) {
        let Arrived { link, at, what, held } = arrived;
        if self.flooded() {
            return;
        }
        self.held.absorb(held);
        let name = self.names.get(link).cloned().unwrap_or_default();
        let (event, what) = match what {
            Arrival::Packet { bytes, packet: Ok(packet) } => {
                self.received += bytes.len();
                let mut slot = self.slots.get_mut(&name).filter(|slot| slot.id == link);
                if let Some(slot) = &mut slot {
                    if let Some(reason) = slot.announced.received(&packet, &self.known_limits) {
                        self.too_far = Some(reason);
                    }
                    if slot.promises.repeats(&packet) || slot.copies.is_one_more(&packet, &self.published) {
                        self.note_at(at, &name, TraceEvent::Received { bytes: bytes.into(), packet });
                        return;
                    }
                }
                let what = match slot.and_then(|slot| slot.promises.received(bytes.len(), &packet)) {
                    Some(how) => Incoming::Forbidden(packet.clone(), how),
                    None if self.topics.are_foreign_to(link, &packet) => {
                        self.note_at(at, &name, TraceEvent::Received { bytes: bytes.into(), packet });
                        return;
                    }
                    None => Incoming::Packet(packet.clone()),
                };
                (TraceEvent::Received { bytes: bytes.into(), packet }, what)
            }
            Arrival::Packet { bytes, packet: Err(error) } | Arrival::Garbage { bytes, error } => {
                self.received += bytes.len();
                let event = TraceEvent::Malformed { bytes: bytes.clone().into(), malformed: (&error).into() };
                (event, Incoming::Malformed(bytes, error))
            }
            Arrival::Oversized { how } => {
                self.beyond = Some(how);
                return;
            }
            Arrival::Misframed { how } => {
                (TraceEvent::Misframed { error: how.clone() }, Incoming::Misframed(how))
            }
            Arrival::Closed { rest, error } => {
                if !rest.is_empty() {
                    self.note_at(at, &name, TraceEvent::Fragment { bytes: rest.clone().into() });
                }
                let text = error.as_ref().map(ToString::to_string);
                self.broken = error.or_else(|| self.broken.take());
                let error = text;
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
        self.received > self.config.max_received
            || self.transcript.len() > MAX_EVENTS
            || self.held.bytes() > MAX_HELD
    }

    /// Whether the tool can take what comes.
    pub(super) fn within_limits(&self) -> Ran {
        if let Some(how) = &self.beyond {
            return Err(Stop::Beyond(format!("there came {how}")));
        }
        if self.flooded() {
            let (bytes, events) = (self.received, self.transcript.len());
            let text = format!("{bytes} bytes came in {events} events, more than a test keeps");
            return Err(Stop::Beyond(text));
        }
        Ok(())
    }

    /// Takes what has arrived already: no more than can wait, since a broker may send as fast as this takes.
    pub(super) fn catch_up(&mut self) {
        for _ in 0..CHANNEL {
            let Ok(arrived) = self.arrivals.try_recv() else { return };
            self.take(arrived);
        }
    }

    /// Waits for the next arrival on any connection; `false` when the time has come first.
    pub(super) async fn next(&mut self, until: Instant) -> Result<bool, Stop> {
        self.within_limits()?;
        match timeout_at(until, self.arrivals.recv()).await {
            Ok(Some(arrived)) => {
                self.take(arrived);
                Ok(true)
            }
            // The engine holds a sender, so the channel does not end.
            Ok(None) => Ok(false),
            Err(_) => {
                self.due(until);
                let before = self.transcript.len();
                self.catch_up();
                Ok(self.transcript.len() > before)
            }
        }
    }

    /// Takes what arrives until a time, or until it is too much.
    pub(super) async fn pause_until(&mut self, until: Instant) {
        while self.within_limits().is_ok() {
            tokio::select! {
                biased;
                () = sleep_until(until) => {
                    self.due(until);
                    return;
                }
                Some(arrived) = self.arrivals.recv() => self.take(arrived),
            }
        }
    }

    /// An arrival by its place in the queue of its connection.
    pub(super) fn arrival(&self, name: &str, at: usize) -> Option<&Waiting> {
        self.slots.get(name).and_then(|slot| slot.queue.get(at))
    }

    /// Takes an arrival out of the queue of its connection. A close stays, since nothing can follow it.
    pub(super) fn remove(&mut self, name: &str, at: usize) {
        let Some(slot) = self.slots.get_mut(name) else { return };
        if matches!(slot.queue.get(at), None | Some(Waiting { what: Incoming::Closed { .. }, .. })) {
            return;
        }
        let removed = slot.queue.remove(at);
        if at < slot.overtaken {
            slot.overtaken -= 1;
        } else if removed.is_some_and(|waiting| waiting.what.is_message()) {
            slot.overtaken = at;
        }
    }

    /// A message that came before one that a step expected, and that no step expected itself.
    pub(super) fn check_overtaken(&self, name: &str) -> Ran {
        let left = self.slots.get(name).and_then(|slot| {
            slot.queue.iter().take(slot.overtaken).find(|waiting| waiting.what.is_message())
        });
        match left {
            Some(waiting) => {
                self.fail("no message that no step expects".to_owned(), waiting.describe(name), None)
            }
            None => Ok(()),
        }
    }
}
