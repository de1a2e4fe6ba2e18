//! The end: the broker is left as it was found.

use std::collections::BTreeMap;

use bytes::Bytes;
use mqtt_codec::{PacketType, Version};
use serde_json::{Value as Tree, json};
use tokio::time::{Instant, timeout};

use super::Engine;
use super::incoming::{Incoming, Waiting};
use crate::script::Login;
use crate::transport::Connector;
use crate::tree::Packet;

/// What the test leaves on the broker.
#[derive(Debug, Default)]
pub(super) struct Leftovers {
    /// Sessions that outlive their connections: client id and version, with the properties to log in.
    sessions: BTreeMap<String, (Version, Option<Tree>)>,
    /// Topics that hold a retained message.
    retained: BTreeMap<String, Version>,
}

impl<C: Connector> Engine<'_, C> {
    /// What has to be cleared up later.
    pub(super) fn remember(&mut self, name: &str, version: Version, packet: &Packet) {
        match packet.kind() {
            PacketType::Connect => {
                if let Some(slot) = self.slots.get_mut(name) {
                    slot.connected = true;
                }
                let clean = packet.flag("clean_session") || packet.flag("clean_start");
                let expires = packet.property("session_expiry_interval").is_some();
                let id = packet.text("client_id").unwrap_or_default();
                if !id.is_empty() && (!clean || expires) {
                    let properties = packet.get("properties").cloned();
                    self.leftovers.sessions.insert(id.to_owned(), (version, properties));
                }
                if let Some(will) =
                    packet.get("will").filter(|will| will.get("retain") == Some(&Tree::Bool(true)))
                {
                    let topic = will.get("topic").and_then(Tree::as_str).unwrap_or_default();
                    self.leftovers.retained.insert(topic.to_owned(), version);
                }
            }
            PacketType::Publish => {
                let topic = self.resolve(name, packet);
                if !packet.flag("retain") {
                    return;
                }
                if packet.get("payload").is_none_or(|payload| payload.as_str() == Some("")) {
                    self.leftovers.retained.remove(&topic);
                } else if !topic.is_empty() {
                    self.leftovers.retained.insert(topic, version);
                }
            }
            _ => {}
        }
    }

    /// The topic of a PUBLISH, be it by its alias (5.0, 3.3.2.3.4). An alias that comes with a topic is kept.
    fn resolve(&mut self, name: &str, packet: &Packet) -> String {
        let topic = packet.text("topic").unwrap_or_default();
        let aliases = self.slots.get_mut(name).map(|slot| &mut slot.aliases);
        let (Some(aliases), Some(alias)) = (aliases, packet.property_number("topic_alias")) else {
            return topic.to_owned();
        };
        if !topic.is_empty() {
            aliases.insert(alias, topic.to_owned());
        }
        aliases.get(&alias).cloned().unwrap_or_default()
    }

    /// Leaves the broker as it was found, as far as that is possible in a short time.
    pub(super) async fn clear_up(mut self) {
        let limit = self.config.clean_up_deadline + 10 * self.config.round_trip;
        let _ = timeout(limit, self.disconnect_all()).await;
        if self.leftovers.sessions.is_empty() && self.leftovers.retained.is_empty() {
            return;
        }
        let leftovers = std::mem::take(&mut self.leftovers);
        let _ = timeout(limit, async {
            for (id, (version, properties)) in leftovers.sessions {
                self.visit(&id, version, properties, &[]).await;
            }
            let mut topics: BTreeMap<Version, Vec<String>> = BTreeMap::new();
            for (topic, version) in leftovers.retained {
                topics.entry(version).or_default().push(topic);
            }
            let id = format!("{}zz", self.variables.get("c").and_then(Tree::as_str).unwrap_or_default());
            for (version, topics) in topics {
                self.visit(&id, version, None, &topics).await;
            }
        })
        .await;
    }

    async fn disconnect_all(&mut self) {
        let names: Vec<String> = self.slots.keys().cloned().collect();
        for name in names {
            self.catch_up();
            let closed = self.broker_closed(&name);
            let Some(slot) = self.slots.get_mut(&name) else {
                continue;
            };
            let Some(mut link) = slot.link.take() else {
                continue;
            };
            if slot.connected && !closed {
                let _ = link.write(&[0xe0, 0x00]).await;
                let _ = link.finish().await;
            }
            if let Some(stream) = link.into_stream().await {
                drop(stream);
            }
        }
    }

    /// Connects with a clean session, publishes nothing to each topic as its retained message, and leaves.
    async fn visit(&mut self, id: &str, version: Version, properties: Option<Tree>, topics: &[String]) {
        let clean = if version == Version::V5 { "clean_start" } else { "clean_session" };
        let mut connect = json!({"type": "connect", "client_id": id, "keep_alive": 10});
        if let Some(members) = connect.as_object_mut() {
            members.insert(clean.to_owned(), Tree::Bool(true));
            members.extend(self.config.login(Login::Usual));
            // Whatever it authenticated with; not for how long it wanted its session to live.
            let kept: Vec<Tree> = properties
                .as_ref()
                .and_then(Tree::as_array)
                .into_iter()
                .flatten()
                .filter(|p| p.get("authentication_method").or_else(|| p.get("authentication_data")).is_some())
                .cloned()
                .collect();
            if !kept.is_empty() {
                members.insert("properties".to_owned(), Tree::Array(kept));
            }
        }
        let empty = topics.iter().map(|topic| json!({"type": "publish", "retain": true, "topic": topic}));
        let packets =
            std::iter::once(connect).chain(empty).filter_map(|values| Packet::try_from(values).ok());
        let mut bytes: Vec<u8> = packets.flat_map(|packet| packet.encode(version)).collect();
        bytes.extend([0xc0, 0x00]);
        if self.open("clearing up", version).await.is_err() {
            return;
        }
        let _ = self.write("clearing up", bytes.into(), None).await;
        let until = Instant::now() + self.config.deadline();
        loop {
            match self.arrival("clearing up", 0) {
                Some(Waiting { what: Incoming::Packet(packet), .. }) if packet.is(PacketType::PingResp) => {
                    break;
                }
                Some(Waiting { what: Incoming::Packet(_), .. }) => self.remove("clearing up", 0),
                Some(_) => return,
                None => match self.next(until).await {
                    Ok(true) => {}
                    _ => return,
                },
            }
        }
        let _ = self.write("clearing up", Bytes::from_static(&[0xe0, 0x00]), None).await;
        self.close("clearing up").await;
    }
}
