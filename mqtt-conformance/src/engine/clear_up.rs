//! The end: the broker is left as it was found.

use std::collections::BTreeMap;

use bytes::Bytes;
use mqtt_codec::Version;
use serde_json::{Value as Tree, json};
use tokio::time::{Instant, timeout};

use super::Engine;
use super::came::Came;
use crate::engine::packet::encoded;
use crate::script::Login;
use crate::transport::Connector;

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
    pub(super) fn remember(&mut self, name: &str, version: Version, packet: &Tree) {
        let flag = |of: &Tree, name: &str| of.get(name).and_then(Tree::as_bool).unwrap_or(false);
        match packet.get("type").and_then(Tree::as_str) {
            Some("connect") => {
                if let Some(slot) = self.slots.get_mut(name) {
                    slot.greeted = true;
                }
                let clean = packet.get("clean_session").or_else(|| packet.get("clean_start"));
                let id = packet.get("client_id").and_then(Tree::as_str).unwrap_or_default();
                let expires = packet
                    .get("properties")
                    .and_then(Tree::as_array)
                    .is_some_and(|all| all.iter().any(|p| p.get("session_expiry_interval").is_some()));
                if !id.is_empty() && (clean == Some(&Tree::Bool(false)) || expires) {
                    let method = packet.get("properties").cloned();
                    self.leftovers.sessions.insert(id.to_owned(), (version, method));
                }
                if let Some(will) = packet.get("will").filter(|w| flag(w, "retain")) {
                    let topic = will.get("topic").and_then(Tree::as_str).unwrap_or_default();
                    self.leftovers.retained.insert(topic.to_owned(), version);
                }
            }
            Some("publish") if flag(packet, "retain") => {
                let topic = packet.get("topic").and_then(Tree::as_str).unwrap_or_default();
                let empty = packet.get("payload").is_none_or(|p| p.as_str() == Some(""));
                if empty {
                    self.leftovers.retained.remove(topic);
                } else if !topic.is_empty() {
                    self.leftovers.retained.insert(topic.to_owned(), version);
                }
            }
            _ => {}
        }
    }

    /// Leaves the broker as it was found, as far as that is possible in a short time.
    pub(super) async fn clear_up(mut self) {
        let limit = self.config.clean_up_deadline;
        let _ = timeout(limit, self.say_goodbye()).await;
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

    async fn say_goodbye(&mut self) {
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
            if slot.greeted && !closed {
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
        let mut bytes = encoded(&connect, version);
        for topic in topics {
            bytes.extend(encoded(&json!({"type": "publish", "retain": true, "topic": topic}), version));
        }
        bytes.extend([0xc0, 0x00]);
        if self.open("clearing up", version).await.is_err() {
            return;
        }
        let _ = self.write("clearing up", bytes.into(), None).await;
        let until = Instant::now() + self.config.step_deadline;
        let pong = json!({"type": "pingresp"});
        loop {
            match self.front("clearing up").cloned() {
                Some((_, Came::Packet(packet))) if packet == pong => break,
                Some((_, Came::Packet(_))) => self.pop("clearing up"),
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
