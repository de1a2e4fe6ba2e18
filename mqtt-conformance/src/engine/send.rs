//! What goes to the broker: packets, patched or whole, and bytes as they are.

use bytes::Bytes;
use serde_json::{Map, Value as Tree};
use tokio::time::timeout;

use super::incoming::Got;
use super::{Engine, Ran, Stop};
use crate::engine::outcome::TraceEvent;
use crate::script::ast::{Field, Patch};
use crate::script::{Login, Time, eval_bytes, eval_fields};
use crate::transport::Connector;
use crate::tree::{Packet, from_tree};

impl<'a, C: Connector> Engine<'a, C> {
    pub(super) async fn send(
        &mut self,
        name: &str,
        packet: &str,
        fields: &'a [Field],
        patches: &'a [Patch],
        login: Login,
    ) -> Ran {
        let unable =
            |error: &dyn std::fmt::Display| Stop::Unable(format!("{packet} cannot be sent: {error}"));
        let version = self.version(name);
        let mut members = Map::new();
        members.insert("type".to_owned(), Tree::from(packet.to_lowercase()));
        members.extend(eval_fields(fields, &self.variables).map_err(|e| unable(&e))?);
        if !members.contains_key("user_name") && !members.contains_key("password") {
            members.extend(self.config.login(login));
        }
        let tree = Tree::Object(members);
        let packet = from_tree(&tree, version).map_err(|e| unable(&e))?;
        let mut bytes = Vec::new();
        packet.encode_to(&mut bytes).map_err(|e| unable(&e))?;
        let full = Packet::of(&packet);
        if !patches.is_empty() {
            // The broker may take it for what it was.
            self.remember(name, version, &full);
        }
        for patch in patches {
            let with = eval_bytes(&patch.value, &self.variables).map_err(|e| unable(&e))?;
            let end = patch.offset.saturating_add(with.len());
            let length = bytes.len();
            let Some(target) = bytes.get_mut(patch.offset..end) else {
                return Err(Stop::Unable(format!(
                    "the patch ends at byte {end}, the packet at byte {length}"
                )));
            };
            target.copy_from_slice(&with);
        }
        self.write(name, bytes.into(), patches.is_empty().then_some(full)).await
    }

    /// Writes bytes as a text frame.
    pub(super) async fn write_text(&mut self, name: &str, bytes: Bytes) -> Ran {
        let Some(text) = self.slots.get(name).and_then(|slot| slot.text.clone()) else {
            return Err(Stop::Unable("a text frame needs a connection over WebSocket".to_owned()));
        };
        text.set(true);
        let ran = self.write(name, bytes, None).await;
        text.set(false);
        ran
    }

    pub(super) async fn write(&mut self, name: &str, bytes: Bytes, packet: Option<Packet>) -> Ran {
        let Some(mut link) = self.slots.get_mut(name).and_then(|slot| slot.link.take()) else {
            let error = "the connection is not open".to_owned();
            self.note(name, TraceEvent::Unsent { error });
            return Ok(());
        };
        let version = self.version(name);
        let packet = packet.or_else(|| Packet::decode(&bytes, version));
        if let Some(packet) = &packet {
            self.remember(name, version, packet);
        }
        if let Some(slot) = self.slots.get_mut(name) {
            slot.announced.awake();
        }
        if let (Some(packet), Some(slot)) = (&packet, self.slots.get_mut(name)) {
            if let Some(reason) = slot.announced.sends(packet, bytes.len(), &self.known_limits) {
                slot.link = Some(link);
                return Err(Stop::Skipped(reason));
            }
            slot.promises.sent(packet);
            slot.copies.sent(packet);
            self.published.sent(packet);
            self.topics.sent(packet);
        }
        // Bytes that the codec would not write are shown as they are.
        let packet = packet.filter(|packet| packet.encode(version) == bytes);
        self.note(name, TraceEvent::Sent { bytes: bytes.clone().into(), packet });
        let limit = self.config.deadline();
        let written = {
            let writing = timeout(limit, link.write(&bytes));
            tokio::pin!(writing);
            // What arrives meanwhile is taken: a broker that answers before it reads on must not block us.
            loop {
                tokio::select! {
                    biased;
                    written = &mut writing => break written,
                    Some(arrived) = self.arrivals.recv() => self.take(arrived),
                }
            }
        };
        if let Some(slot) = self.slots.get_mut(name) {
            slot.link = Some(link);
        }
        match written {
            Ok(Ok(())) => Ok(()),
            // The reader sees the close too, and the script says whether it was due.
            Ok(Err(error)) => {
                self.note(name, TraceEvent::Unsent { error: error.to_string() });
                Ok(())
            }
            Err(_) => {
                let error = format!("the broker did not read for {}", Time::Exactly(limit));
                self.note(name, TraceEvent::Unsent { error: error.clone() });
                self.fail(format!("{name} takes {} bytes", bytes.len()), Got::words(error), None)
            }
        }
    }
}
