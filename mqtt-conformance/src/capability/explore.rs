//! What a broker cannot say, found out by trying: most of it has no words in 3.x, some in no version.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::BytesMut;
use mqtt_codec::Version;
use serde_json::{Value as Tree, json};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use super::probe::{answer_from, property};
use crate::config::Config;
use crate::script::Login;
use crate::transport::Connector;
use crate::tree::from_tree;

/// How long each answer may take. Whoever says nothing for so long is not taken to lack anything.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Tries what is asked for in `needs`, on topics and client identifiers of its own, and returns what the broker lacks, each
/// capability with the reason to show.
///
/// What 5.0 has words for is tried only where 5.0 is not among the `versions` that the broker speaks: there, its word counts.
/// Only a refusal is taken for an answer, never silence, except for what shows itself by silence (a message that is dropped).
pub async fn explore<C: Connector>(
    connector: &C,
    versions: &BTreeSet<Version>,
    needs: &BTreeSet<&str>,
    config: &Config,
) -> BTreeMap<String, String> {
    let Some(version) = versions.last().copied() else { return BTreeMap::new() };
    let tried = |capability: &str| needs.contains(capability) && !config.missing.contains_key(capability);
    // These have words in 5.0.
    let silent = |capability: &str| tried(capability) && version != Version::V5;
    let ask = |question: Question, wanted: bool| async move {
        if !wanted {
            return None;
        }
        let mut visitor = Visitor::new(connector, version, config, question);
        visitor.find_out(question).await
    };
    let (qos, wildcards, retain, dollar, empty, long, session, alive) = tokio::join!(
        ask(Question::Qos, silent("qos-1") || silent("qos-2")),
        ask(Question::Wildcards, silent("wildcard-subscriptions")),
        ask(Question::Retain, silent("retain")),
        ask(Question::DollarTopics, tried("dollar-topics")),
        // 3.1 has no empty identifiers, and forbids long ones.
        ask(Question::EmptyClientId, tried("empty-client-id") && version > Version::V3_1),
        ask(Question::LongClientId, tried("long-client-id") && version > Version::V3_1),
        ask(Question::SessionExpiry, tried("session-expiry") && version == Version::V5),
        ask(Question::KeepAlive, tried("keep-alive") && version == Version::V5),
    );
    let found = [qos, wildcards, retain, dollar, empty, long, session, alive].into_iter().flatten().flatten();
    found
        .map(|(capability, reason)| (capability.to_owned(), format!("tried in MQTT {version}: {reason}")))
        .collect()
}

#[derive(Clone, Copy)]
enum Question {
    Qos,
    Wildcards,
    Retain,
    DollarTopics,
    EmptyClientId,
    LongClientId,
    SessionExpiry,
    KeepAlive,
}

/// What came in answer.
enum Came {
    Packet(Tree),
    Closed,
    Nothing,
}

type Found = Option<Vec<(&'static str, String)>>;

/// One connection that tries one thing.
struct Visitor<'v, C: Connector> {
    connector: &'v C,
    version: Version,
    config: &'v Config,
    /// What its topics begin with; its client identifier.
    own: String,
    stream: Option<C::Stream>,
    buffer: BytesMut,
}

impl<'v, C: Connector> Visitor<'v, C> {
    fn new(connector: &'v C, version: Version, config: &'v Config, question: Question) -> Self {
        let name = match question {
            Question::Qos => "explore-qos",
            Question::Wildcards => "explore-wildcards",
            Question::Retain => "explore-retain",
            Question::DollarTopics => "explore-dollar",
            Question::EmptyClientId => "explore-empty",
            Question::LongClientId => "explore-long",
            Question::SessionExpiry => "explore-session",
            Question::KeepAlive => "explore-keep-alive",
        };
        Self { connector, version, config, own: config.unique(name), stream: None, buffer: BytesMut::new() }
    }

    async fn find_out(&mut self, question: Question) -> Found {
        let found = match question {
            Question::Qos => self.qos().await,
            Question::Wildcards => self.wildcards().await,
            Question::Retain => self.retain().await,
            Question::DollarTopics => self.dollar_topics().await,
            Question::EmptyClientId => self.client_id("empty-client-id", "an empty", "").await,
            Question::SessionExpiry => self.session_expiry().await,
            Question::KeepAlive => self.keep_alive().await,
            Question::LongClientId => {
                let long = format!("{}{}", self.own, "long".repeat(10));
                self.client_id("long-client-id", "a long", &long).await
            }
        };
        self.say(&json!({"type": "disconnect"})).await;
        found
    }

    /// What a SUBSCRIBE at QoS 2 is granted, and whether a PUBLISH at QoS 2 is taken.
    async fn qos(&mut self) -> Found {
        self.log_in().await?;
        let code = self.subscribe(&format!("mqc{}/qos", self.own), 2).await?;
        let granted = |qos: u64| format!("SUBSCRIBE asks for QoS 2, SUBACK grants {qos}");
        match code {
            0 => return Some(vec![("qos-1", granted(0)), ("qos-2", granted(0))]),
            1 => return Some(vec![("qos-2", granted(1))]),
            _ => {}
        }
        let topic = format!("mqc{}/qos", self.own);
        self.say(&json!({"type": "publish", "qos": 2, "packet_id": 2, "topic": topic, "payload": "2"})).await;
        match self.next().await {
            Came::Closed => Some(vec![("qos-2", "the broker closes on a PUBLISH at QoS 2".to_owned())]),
            Came::Packet(packet) if of_type(&packet, "pubrec") => {
                self.say(&json!({"type": "pubrel", "packet_id": 2})).await;
                None
            }
            _ => None,
        }
    }

    async fn wildcards(&mut self) -> Found {
        self.log_in().await?;
        let code = self.subscribe(&format!("mqc{}/#", self.own), 0).await;
        let refused = match code {
            None if self.stream.is_none() => "the broker closes on a filter with `#`",
            Some(0x80) => "the broker refuses a filter with `#`",
            _ => return None,
        };
        Some(vec![("wildcard-subscriptions", refused.to_owned())])
    }

    /// Whether a retained message comes to who subscribes later.
    async fn retain(&mut self) -> Found {
        self.log_in().await?;
        let topic = format!("mqc{}/kept", self.own);
        let publish = |payload: &str| json!({"type": "publish", "retain": true, "qos": 1, "packet_id": 3, "topic": topic, "payload": payload});
        self.say(&publish("kept")).await;
        let refused = match self.next().await {
            Came::Closed => "the broker closes on a PUBLISH with RETAIN",
            Came::Packet(packet) if of_type(&packet, "puback") => {
                if self.subscribe(&topic, 1).await? > 2 {
                    return None;
                }
                let came = self.next().await;
                self.say(&publish("")).await;
                match came {
                    Came::Nothing => "a retained message does not come to who subscribes later",
                    _ => return None,
                }
            }
            _ => return None,
        };
        Some(vec![("retain", refused.to_owned())])
    }

    /// Whether a message to a topic that begins with `$` arrives.
    async fn dollar_topics(&mut self) -> Found {
        self.log_in().await?;
        let topic = format!("$test/mqc{}", self.own);
        if self.subscribe(&topic, 0).await.is_none_or(|code| code > 2) {
            return Some(vec![(
                "dollar-topics",
                "the broker refuses a filter that begins with `$`".to_owned(),
            )]);
        }
        self.say(&json!({"type": "publish", "topic": topic, "payload": "x"})).await;
        let refused = match self.next().await {
            Came::Closed => "the broker closes on a PUBLISH to a topic that begins with `$`",
            Came::Nothing => "a message to a topic that begins with `$` does not arrive",
            Came::Packet(_) => return None,
        };
        Some(vec![("dollar-topics", refused.to_owned())])
    }

    async fn client_id(&mut self, capability: &'static str, which: &str, id: &str) -> Found {
        let refused = match self.connect(id, json!({})).await? {
            Came::Closed => true,
            Came::Packet(packet) => matches!(code(&packet), Some(0x02 | 0x85)),
            Came::Nothing => false,
        };
        refused.then(|| vec![(capability, format!("the broker refuses {which} client identifier"))])
    }

    /// Whether a short Keep Alive is kept to.
    async fn keep_alive(&mut self) -> Found {
        let asked = json!({"keep_alive": 1});
        let Came::Packet(packet) = self.connect(&self.own.clone(), asked).await? else { return None };
        let given = property(&packet, "server_keep_alive").filter(|given| *given != 1)?;
        Some(vec![(
            "keep-alive",
            format!("CONNECT asks for keep_alive=1, CONNACK says server_keep_alive={given}"),
        )])
    }

    /// Whether a session may outlive its connection.
    async fn session_expiry(&mut self) -> Found {
        let asked = json!({"properties": [{"session_expiry_interval": 60}]});
        let Came::Packet(packet) = self.connect(&self.own.clone(), asked).await? else { return None };
        let given = property(&packet, "session_expiry_interval")?;
        let reason = format!("CONNECT asks for session_expiry_interval=60, CONNACK says {given}");
        let bye = json!({"type": "disconnect", "properties": [{"session_expiry_interval": 0}]});
        self.say(&bye).await;
        (given == 0).then(|| vec![("session-expiry", reason)])
    }

    /// Connects under its own name; `None` if that does not succeed.
    async fn log_in(&mut self) -> Option<()> {
        match self.connect(&self.own.clone(), json!({})).await? {
            Came::Packet(packet) if code(&packet) == Some(0) => Some(()),
            _ => None,
        }
    }

    /// What comes in answer to a CONNECT; `None` without a connection.
    async fn connect(&mut self, client_id: &str, mut more: Tree) -> Option<Came> {
        self.stream = Some(timeout(PATIENCE, self.connector.connect(0)).await.ok()?.ok()?);
        let mut connect = json!({"type": "connect", "keep_alive": 60, "client_id": client_id});
        let members = connect.as_object_mut()?;
        members.extend(self.config.login(Login::Usual));
        members.append(more.as_object_mut()?);
        self.say(&connect).await;
        Some(self.next().await)
    }

    /// The code of the SUBACK.
    async fn subscribe(&mut self, filter: &str, qos: u8) -> Option<u64> {
        let filters = json!([{"filter": filter, "qos": qos}]);
        self.say(&json!({"type": "subscribe", "packet_id": 1, "filters": filters})).await;
        match self.next().await {
            Came::Packet(packet) => {
                packet.get("reasons").or_else(|| packet.get("return_codes"))?.get(0)?.as_u64()
            }
            _ => None,
        }
    }

    async fn say(&mut self, packet: &Tree) {
        let Some(stream) = &mut self.stream else { return };
        let mut bytes = BytesMut::new();
        if let Ok(packet) = from_tree(packet, self.version) {
            let _ = packet.encode_to(&mut bytes);
        }
        // Whether it arrived shows in what comes, or does not.
        let _ = timeout(PATIENCE, stream.write_all(&bytes)).await;
        let _ = timeout(PATIENCE, stream.flush()).await;
    }

    async fn next(&mut self) -> Came {
        let Some(stream) = &mut self.stream else { return Came::Closed };
        let answer = timeout(PATIENCE, answer_from(stream, &mut self.buffer, self.version)).await;
        match answer {
            Ok(Ok(packet)) if of_type(&packet, "disconnect") => Came::Closed,
            Ok(Ok(packet)) => Came::Packet(packet),
            Ok(Err(_)) => {
                self.stream = None;
                Came::Closed
            }
            Err(_) => Came::Nothing,
        }
    }
}

/// The code of a CONNACK.
fn code(packet: &Tree) -> Option<u64> {
    packet.get("reason").or_else(|| packet.get("return_code"))?.as_u64()
}

fn of_type(packet: &Tree, name: &str) -> bool {
    packet.get("type").and_then(Tree::as_str) == Some(name)
}
