//! What a broker cannot say, found out by trying: most of it has no words in 3.x, some in no version.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::join_all;
use mqtt_codec::{PacketType, Version};

use super::attempt::Attempt;
use super::refusal::Refusal;
use crate::config::Config;
use crate::engine::{Entry, Failure, TraceEvent};
use crate::transport::Connector;

/// How long each answer may take. Whoever says nothing for so long is not taken to lack anything.
const ANSWER: Duration = Duration::from_millis(1500);

/// A capability, and the script of the same name that shows it.
struct Exploration {
    capability: &'static str,
    /// A script that fails shows that the broker lacks it: in words.
    lack: &'static str,
    /// Nothing where something is expected shows it too.
    by_silence: bool,
    /// 5.0 has words for it, so it is tried only where 5.0 is not spoken.
    said_in_5: bool,
    /// The lack that the packets of a script show that succeeded: in words.
    shows: fn(&Attempt) -> Option<String>,
}

const fn exploration(capability: &'static str, lack: &'static str) -> Exploration {
    Exploration { capability, lack, by_silence: false, said_in_5: false, shows: |_| None }
}

const EXPLORATIONS: [Exploration; 10] = [
    // A broker may grant less than its Maximum QoS [3.1.1/MQTT-3.8.4-5].
    exploration("qos-1", "the broker does not serve QoS 1"),
    exploration("qos-2", "the broker does not serve QoS 2"),
    // A server may authenticate (section 3.1.4), so a login that is configured need not be one that is checked.
    exploration("auth", "the broker takes a login whatever it is"),
    Exploration {
        said_in_5: true,
        ..exploration("wildcard-subscriptions", "the broker does not take a filter with `#`")
    },
    Exploration {
        said_in_5: true,
        by_silence: true,
        ..exploration("retain", "a retained message does not come to who subscribes later")
    },
    Exploration {
        by_silence: true,
        ..exploration("dollar-topics", "a message to a topic that begins with `$` does not arrive")
    },
    exploration("empty-client-id", "the broker refuses an empty client identifier"),
    exploration("long-client-id", "the broker refuses a long client identifier"),
    exploration("session-expiry", "the broker refuses a Session Expiry Interval"),
    Exploration { shows: keep_alive, ..exploration("keep-alive", "the broker refuses a short Keep Alive") },
];

/// What came of trying a capability.
pub(super) struct Finding {
    pub(super) capability: &'static str,
    pub(super) version: Version,
    /// Why the broker lacks it, if that shows.
    pub(super) lacks: Option<String>,
    /// All steps went as the script says.
    pub(super) shown: bool,
}

/// Tries everything, each in the newest version that has no words for it.
pub(super) async fn try_all<C: Connector>(
    connector: &C,
    versions: &BTreeSet<Version>,
    config: &Config,
) -> Vec<Finding> {
    let quick = quick(config);
    let version = |exploration: &Exploration| {
        let may = |version: &&Version| !(exploration.said_in_5 && **version == Version::V5);
        // What 5.0 says counts for 3.x as well.
        let said = exploration.said_in_5 && versions.contains(&Version::V5);
        versions.iter().rev().find(may).copied().filter(|_| !said)
    };
    let tried = EXPLORATIONS
        .iter()
        .filter(|exploration| exploration.capability != "auth" || config.user_name.is_some())
        .filter_map(|exploration| Some((exploration, version(exploration)?)))
        .map(|(exploration, version)| exploration.tried(connector, version, &quick));
    join_all(tried).await.into_iter().flatten().collect()
}

/// Answers come soon, or count as none.
fn quick(config: &Config) -> Config {
    let mut quick = config.clone();
    quick.connect_timeout = quick.connect_timeout.min(ANSWER);
    quick.step_deadline = quick.step_deadline.min(ANSWER);
    quick
}

/// Tries what is asked for in `needs`, on topics and client identifiers of its own, and returns what the broker lacks.
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
    let quick = quick(config);
    let tried = EXPLORATIONS.iter().filter(|exploration| {
        needs.contains(exploration.capability)
            && !config.missing.contains_key(exploration.capability)
            && !(exploration.said_in_5 && version == Version::V5)
    });
    let found = join_all(tried.map(|exploration| exploration.tried(connector, version, &quick))).await;
    let lacking = found.into_iter().flatten().filter_map(|found| Some((found.capability, found.lacks?)));
    lacking
        .map(|(capability, reason)| (capability.to_owned(), format!("tried in MQTT {version}: {reason}")))
        .collect()
}

impl Exploration {
    /// What shows, if this version has the capability.
    async fn tried<C: Connector>(&self, connector: &C, version: Version, config: &Config) -> Option<Finding> {
        let attempt = Attempt::of(self.capability, version, connector, config).await?;
        let lacks = match attempt.failure() {
            Some(failure) => self.telling(&attempt, failure),
            None if attempt.succeeded() => (self.shows)(&attempt),
            None => attempt.skipped().map(str::to_owned),
        };
        Some(Finding { capability: self.capability, version, lacks, shown: attempt.succeeded() })
    }

    /// What a failure says of the capability.
    fn telling(&self, attempt: &Attempt, failure: &Failure) -> Option<String> {
        let Self { lack, by_silence, .. } = self;
        let silence = failure.got.starts_with("nothing");
        let refused = |entry: &Entry| {
            matches!(&entry.event, TraceEvent::Received { packet, .. }
            if Refusal::of_packet(packet).is_some())
        };
        let busy = attempt.transcript().iter().any(refused);
        if silence && !by_silence || busy || failure.malformed.is_some() || failure.forbidden.is_some() {
            return None;
        }
        let got = if silence { String::new() } else { format!(": {}", failure.got) };
        Some(format!("{lack}{got}"))
    }
}

fn keep_alive(attempt: &Attempt) -> Option<String> {
    let given = connack_number(attempt, "server_keep_alive").filter(|given| *given != 1)?;
    Some(format!("CONNECT asks for keep_alive=1, CONNACK says server_keep_alive={given}"))
}

/// A property of the CONNACK.
fn connack_number(attempt: &Attempt, name: &str) -> Option<u64> {
    attempt.packet(PacketType::ConnAck)?.property_number(name)
}
