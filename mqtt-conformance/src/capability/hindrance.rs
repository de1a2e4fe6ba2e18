//! What keeps a run from saying anything true: a broker that does not let this client do what tests do.
//!
//! It is looked for before the tests. Otherwise thousands of them would fail, each for the same reason, and none for its own.

use std::fmt::Write as _;
use std::time::Duration;

use mqtt_codec::{PacketType, Version};
use thiserror::Error;

use super::attempt::{Attempt, generated};
use super::refusal::Refusal;
use crate::config::Config;
use crate::engine::{Entry, TraceEvent};
use crate::transport::Connector;

/// Why a run would show only what is in the way.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{what}")]
#[non_exhaustive]
pub struct Hindrance {
    /// What the broker does.
    pub what: String,
    /// What to do about it: the option to use.
    pub remedy: String,
}

/// How long opening many connections may take. A broker that is far away is asked for fewer.
const OPENING: Duration = Duration::from_secs(4);

/// So many connections a test has open at the same time, if it has many.
const PER_TEST: usize = 5;

/// Does once what every test does: subscribes to a topic of the run, publishes to it, and holds `connections` at the same time.
///
/// Returns what the broker refuses openly. Silence is no refusal: the tests will say what it means.
pub async fn hindrance<C: Connector>(
    connector: &C,
    version: Version,
    connections: usize,
    config: &Config,
) -> Option<Hindrance> {
    if !config.missing.contains_key("free-topics")
        && let Some(found) = topics(connector, version, config).await
    {
        return Some(found);
    }
    if connections < 2 || config.pace.is_some() {
        return None;
    }
    many(connector, version, connections, config).await
}

/// Whether the broker lets us use our topics.
async fn topics<C: Connector>(connector: &C, version: Version, config: &Config) -> Option<Hindrance> {
    let qos = usize::from(!config.missing.contains_key("qos-1"));
    let attempt = Attempt::of(&format!("topics[qos={qos}]"), version, connector, config).await?;
    let failure = attempt.failure()?;
    if failure.malformed.is_some() || failure.forbidden.is_some() || failure.got.starts_with("nothing") {
        return None;
    }
    let refused = attempt.transcript().iter().rev().find(|entry| refuses(entry))?;
    let done = if failure.step.starts_with("subscribe") { "subscribes" } else { "publishes" };
    let topic = format!("{}/topic", config.topic_prefix(&attempt.id));
    Some(Hindrance {
        what: format!("a client that {done} to `{topic}` is refused: {}", refused.line()),
        remedy: if config.topic_prefix.is_empty() {
            "does this login have access to all topics? --topic-prefix TEXT keeps the run to those that begin so, \
             --user NAME logs in as someone else"
                .to_owned()
        } else {
            format!(
                "does this login have access to topics that begin with `{}`? --topic-prefix TEXT says what they begin with",
                config.topic_prefix
            )
        },
    })
}

/// Whether the broker refuses something by this: an acknowledgement with an error, a DISCONNECT, or a close.
fn refuses(entry: &Entry) -> bool {
    match &entry.event {
        TraceEvent::Received { packet, .. } => {
            let code = packet.codes().first().copied().or_else(|| packet.code());
            packet.is(PacketType::Disconnect) || code.is_some_and(|code| code >= 0x80)
        }
        TraceEvent::ClosedByBroker { .. } => true,
        _ => false,
    }
}

/// Whether the broker lets so many connections be open at the same time.
async fn many<C: Connector>(
    connector: &C,
    version: Version,
    connections: usize,
    config: &Config,
) -> Option<Hindrance> {
    let config = Config { test_deadline: OPENING, ..config.clone() };
    let test = generated("connections", version, &together(version, connections))?;
    let attempt = Attempt::execute(&test, connector, &config).await;
    let held = attempt.transcript().iter().filter(|entry| accepts(entry)).count();
    // Whoever refuses the first one has another reason.
    if attempt.succeeded() || held == 0 || attempt.ran_out_of_time() {
        return None;
    }
    let refusal = attempt.transcript().iter().rev().find_map(|entry| match &entry.event {
        TraceEvent::Received { packet, .. } => Some((Refusal::of_packet(packet)?, entry.line())),
        TraceEvent::ClosedByBroker { .. } => Some((Refusal::Busy, entry.line())),
        _ => None,
    });
    let (refusal, line) = match refusal {
        Some((refusal, line)) => (refusal, line),
        None => (Refusal::Busy, attempt.unreachable()?.to_owned()),
    };
    let jobs = (held / PER_TEST).max(1);
    Some(Hindrance {
        what: format!("with {held} connections open, the next one is refused: {line}"),
        remedy: match refusal {
            Refusal::Rate => "--pace N opens at most N connections a second".to_owned(),
            Refusal::Quota => format!("--jobs {jobs} keeps the run to so many connections"),
            _ => format!(
                "--jobs {jobs} keeps the run to so many connections; if the broker limits how quickly they come, --pace N"
            ),
        },
    })
}

fn accepts(entry: &Entry) -> bool {
    matches!(&entry.event, TraceEvent::Received { packet, .. }
        if packet.is(PacketType::ConnAck) && packet.code() == Some(0))
}

/// A script that holds so many connections.
fn together(version: Version, connections: usize) -> String {
    let mut script = format!("# So many connections are open at the same time.\nversion: {version}\n\n");
    for n in 1..=connections {
        let _ = writeln!(script, "connect c{n}");
    }
    script
}
