//! What takes a failure back: the broker said, or showed, that it goes less far than the test, as it may. The test is skipped then.

use mqtt_codec::{PacketType, Version};

use super::incoming::Got;
use super::{Engine, Entry, TraceEvent};
use crate::transport::Connector;
use crate::tree::Packet;

/// Quota exceeded (tables 2-6, 3-4 and 3-10).
const QUOTA: u64 = 0x97;

/// A packet of so many bytes may be too large for a broker that has no words for it.
const LARGE: usize = 8192;

impl<C: Connector> Engine<'_, C> {
    /// Why a failure says nothing about the broker, if so; `got` is what came in the place of what was expected.
    pub(super) fn excuse_for(&self, got: &Got) -> Option<String> {
        // What is malformed, or forbidden in itself, stays so.
        if got.fault.is_some() {
            return None;
        }
        let seen = got.entry.and_then(|at| self.transcript.get(at));
        self.quota()
            .or_else(|| self.too_large())
            .or_else(|| self.kept_longer(seen?))
            .or_else(|| self.silent_too_long())
    }

    /// The broker took no more. [5.0/4.13.2]
    fn quota(&self) -> Option<String> {
        let refused = self.transcript.iter().find(|entry| match &entry.event {
            TraceEvent::Received { packet, .. } => {
                let says = [PacketType::PubAck, PacketType::PubRec, PacketType::Disconnect];
                says.contains(&packet.kind()) && packet.code() == Some(QUOTA)
            }
            _ => false,
        })?;
        Some(format!("the broker's quota is used up: {}", refused.line()))
    }

    /// A broker of 3.x closed on a large packet, for which it has no words. [3.1.1/MQTT-4.8.0-2]
    fn too_large(&self) -> Option<String> {
        let old = |name: &str| self.slots.get(name).is_some_and(|slot| slot.version != Version::V5);
        let mut entries = self.transcript.iter();
        while let Some(entry) = entries.next() {
            let TraceEvent::Sent { bytes, .. } = &entry.event else { continue };
            let size = bytes.as_slice().len();
            if size > LARGE && old(&entry.connection) && is_closed(entries.clone(), &entry.connection) {
                return Some(format!("the broker closed on a packet of {size} bytes"));
            }
        }
        None
    }

    /// The session is there because CONNACK said that it would last longer than it was asked for. [5.0/3.2.2.3.2]
    fn kept_longer(&self, seen: &Entry) -> Option<String> {
        let TraceEvent::Received { packet, .. } = &seen.event else { return None };
        if !(packet.is(PacketType::ConnAck) && packet.flag("session_present")) {
            return None;
        }
        let expiry = |packet: &Packet| packet.property_number("session_expiry_interval");
        let mut asked = 0;
        self.transcript.iter().find_map(|entry| match &entry.event {
            TraceEvent::Sent { packet: Some(packet), .. } if packet.is(PacketType::Connect) => {
                asked = expiry(packet).unwrap_or(0);
                None
            }
            TraceEvent::Received { packet, .. } if packet.is(PacketType::ConnAck) => {
                let given = expiry(packet).filter(|given| *given > asked)?;
                Some(format!("asks for a session of {asked} s, where CONNACK says {given} s"))
            }
            _ => None,
        })
    }

    /// The test did not obey the broker's Keep Alive. [5.0/MQTT-3.2.2-21]
    fn silent_too_long(&self) -> Option<String> {
        if self.known_limits.contains("server_keep_alive") {
            return None;
        }
        self.slots.iter().find_map(|(name, slot)| {
            let limit = slot.announced.overslept()?;
            Some(format!("{name} is silent for longer than the {} s that CONNACK allows", limit.as_secs()))
        })
    }
}

/// Whether the broker closes a connection later.
fn is_closed<'a>(mut later: impl Iterator<Item = &'a Entry>, name: &str) -> bool {
    later.any(|entry| entry.connection == name && matches!(entry.event, TraceEvent::ClosedByBroker { .. }))
}
