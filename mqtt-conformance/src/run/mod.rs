//! Runs tests against a broker.
//!
//! [`run_test`] executes one [`Test`], [`run_all`] many of them at the same time, and [`probe()`] asks a broker
//! first whether it is there, whether it speaks MQTT, and what it says it can do. All of them are generic over
//! a [`Connector`], so the transport can be a socket, or a pipe in memory under tokio's paused clock.
//!
//! Every wait is bounded by the deadlines of [`Config`]: a broker that sends nonsense, hangs, half closes or
//! floods ends in a verdict.

mod bounds;
mod compare;
mod connect;
mod engine;
mod explore;
mod halt;
mod link;
mod outcome;
mod pace;
mod prefix;
mod probe;
mod promise;
mod secrets;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use mqtt_codec::Version;
use serde_json::{Map, Value as Tree};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

pub use bounds::{Bound, Bounds};
pub use connect::{Cluster, Connector, Node, TcpConnector};
use engine::{Engine, Stop};
pub use explore::explore;
pub use halt::{Halt, Reason};
pub use outcome::{Compared, Entry, Failure, Outcome, TraceEvent, Verdict};
pub use probe::{Probe, ProbeError, probe};

use crate::script::{Login, MAX_CLIENT_PREFIX, Test};
use pace::{Counted, Pace};
use secrets::Secrets;

/// How tests are run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// How long an expectation waits if its script does not say. 5 s.
    pub step_deadline: Duration,
    /// How long silence must last to count; `quiet` in scripts. 300 ms.
    pub quiet: Duration,
    /// How long opening a connection may take. 5 s.
    pub connect_timeout: Duration,
    /// How long a whole test may take. 60 s.
    pub test_deadline: Duration,
    /// How long each half of the clearing up may take. 2 s.
    pub clean_up_deadline: Duration,
    /// The longest packet to accept from the broker, in bytes. The longest there is.
    pub max_packet: u32,
    /// The most bytes to accept from the broker in one test. 1 GiB.
    pub max_received: usize,
    /// What tells this run's topics and client ids from those of other runs: up to five letters and digits
    /// count.
    pub run: String,
    /// The user name that `connect` uses unless the script gives one.
    pub user_name: Option<String>,
    /// The password that `connect` uses with it.
    pub password: Option<Vec<u8>>,
    /// The user name of `connect ... login="other"`: of someone who may do less. The usual one if there is none.
    pub other_user_name: Option<String>,
    /// The password that goes with it.
    pub other_password: Option<Vec<u8>>,
    /// A topic that the other login must not publish to; `${denied_topic}` in scripts.
    pub denied_publish: Option<String>,
    /// A filter that the other login must not subscribe to; `${denied_filter}` in scripts.
    pub denied_subscribe: Option<String>,
    /// What every topic begins with. Tests that cannot do that are skipped.
    pub topic_prefix: String,
    /// What every client identifier begins with. Tests that cannot do that are skipped.
    pub client_id_prefix: String,
    /// How many connections are opened a second, on the average. Tests wait for that before they begin, never in their middle.
    pub pace: Option<u32>,
    /// Capabilities that the broker lacks, each with the reason to show. Tests that need one are skipped.
    pub missing: BTreeMap<String, String>,
    /// Versions that the broker does not speak, each with the reason to show. Tests with a connection of such a version are skipped.
    pub missing_versions: BTreeMap<Version, String>,
    /// How far the broker goes. Tests that send more are skipped.
    pub bounds: Bounds,
    /// Ends the run early.
    pub halt: Halt,
}

impl Default for Config {
    /// The defaults that are named at each field. What a broker has to be configured for (`auth`, `acl`,
    /// `enhanced-auth`, `server-redirect`, `websocket`) is missing until it is taken out of
    /// [`missing`](Self::missing).
    fn default() -> Self {
        let configured = [
            ("auth", "no user name and password are configured"),
            ("acl", "no forbidden topic is configured"),
            ("enhanced-auth", "no authentication method is configured"),
            ("server-redirect", "no other server is configured"),
            ("websocket", "the broker is not reached over WebSocket"),
        ];
        Self {
            step_deadline: Duration::from_secs(5),
            quiet: Duration::from_millis(300),
            connect_timeout: Duration::from_secs(5),
            test_deadline: Duration::from_secs(60),
            clean_up_deadline: Duration::from_secs(2),
            max_packet: 268_435_460,
            max_received: 1 << 30,
            run: "00000".to_owned(),
            user_name: None,
            password: None,
            other_user_name: None,
            other_password: None,
            denied_publish: None,
            denied_subscribe: None,
            topic_prefix: String::new(),
            client_id_prefix: String::new(),
            pace: None,
            missing: configured.iter().map(|(n, r)| ((*n).to_owned(), (*r).to_owned())).collect(),
            missing_versions: BTreeMap::new(),
            bounds: Bounds::default(),
            halt: Halt::default(),
        }
    }
}

impl Config {
    /// What a test's client identifiers begin with.
    fn client_prefix(&self, id: &str) -> String {
        format!("{}{}", self.client_id_prefix, self.unique(id))
    }

    /// What a test's topics begin with.
    fn topic_prefix(&self, id: &str) -> String {
        format!("{}mqc{}", self.topic_prefix, self.unique(id))
    }

    /// The run's mark and the test's, letters and digits only.
    fn unique(&self, id: &str) -> String {
        const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
        let mut unique: String = self.run.chars().filter(char::is_ascii_alphanumeric).take(5).collect();
        // FNV-1a: the same id has the same mark in every run.
        let mut hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        while unique.len() < MAX_CLIENT_PREFIX {
            let digit = usize::try_from(hash % 36).unwrap_or_default();
            unique.push(DIGITS.get(digit).copied().map_or('0', char::from));
            hash /= 36;
        }
        unique
    }

    /// The configured user name and password as members of a CONNECT.
    fn login(&self, login: Login) -> Map<String, Tree> {
        let (user_name, password) = match login {
            Login::None => (&None, &None),
            Login::Other if self.other_user_name.is_some() => (&self.other_user_name, &self.other_password),
            Login::Usual | Login::Other => (&self.user_name, &self.password),
        };
        let mut members = Map::new();
        if let Some(name) = user_name {
            members.insert("user_name".to_owned(), Tree::from(name.as_str()));
        }
        if let Some(password) = password {
            members.insert("password".to_owned(), crate::tree::bytes_value(password));
        }
        members
    }

    /// Why a test is not to be run, if so.
    fn skip(&self, test: &Test) -> Option<String> {
        if let Some(reason) = test.versions().iter().find_map(|version| self.missing_versions.get(version)) {
            return Some(reason.clone());
        }
        if let Some(reason) = prefix::obstacle(test, self) {
            return Some(reason);
        }
        let of_all = bounds::uses_topics(&test.steps).then_some("free-topics");
        let needs = test.needs.iter().map(String::as_str).chain(of_all);
        let lacking = needs.into_iter().find_map(|need| Some((need, self.missing.get(need)?)));
        let lacking = lacking.map(|(need, reason)| format!("needs {need}: {reason}"));
        lacking.or_else(|| self.bounds.exceeded(test, &engine::variables(test, self)))
    }
}

/// Runs one test to its verdict. Never fails: what cannot be done becomes [`Verdict::Error`].
pub async fn run_test<C: Connector>(test: &Test, connector: &C, config: &Config) -> Outcome {
    let mut outcome = outcome_of(test);
    if let Some(reason) = config.skip(test) {
        outcome.verdict = Verdict::Skipped;
        outcome.reason = Some(reason);
        return outcome;
    }
    let mut engine = Engine::new(test, connector, config);
    let ran = tokio::select! {
        ran = engine.run() => ran,
        reason = config.halt.stopped() => Err(Stop::Halted(reason)),
    };
    outcome.duration = engine.elapsed();
    outcome.transcript = std::mem::take(&mut engine.transcript);
    // Arrivals are noted when they are looked at, with the time at which they came.
    outcome.transcript.sort_by_key(|entry| entry.at);
    engine.clear_up().await;
    match ran {
        Ok(()) if answered(&outcome.transcript) => outcome.verdict = Verdict::Pass,
        Ok(()) => match probe(connector, test.version, config).await {
            Ok(_) => outcome.verdict = Verdict::Pass,
            Err(error) => {
                outcome.verdict = Verdict::Inconclusive;
                outcome.reason = Some(format!("nothing shows that the broker serves anyone: {error}"));
            }
        },
        Err(Stop::Failed(failure)) => {
            // Some packets are wrong whatever the question is.
            let asked = !failure.preparation || failure.malformed.is_some() || failure.forbidden.is_some();
            outcome.verdict = if asked { Verdict::Fail } else { Verdict::Inconclusive };
            outcome.failure = Some(*failure);
        }
        Err(Stop::Ours(reason)) => outcome.reason = Some(reason),
        Err(Stop::Halted(reason)) => halt::not_run(&mut outcome, &reason),
        Err(Stop::Unreachable(reason)) => {
            outcome.reason = Some(reason);
            outcome.unreachable = true;
        }
    }
    Secrets::of(config).hide(&mut outcome);
    outcome
}

/// Whether the broker sent a packet. One that closes every connection would keep many a prohibition, so a test that it
/// passed without a word counts only if it answers a CONNECT.
fn answered(transcript: &[Entry]) -> bool {
    transcript.iter().any(|entry| matches!(entry.event, TraceEvent::Received { packet: Ok(_), .. }))
}

/// An outcome that says nothing yet but the test's own data; its verdict is [`Verdict::Error`].
fn outcome_of(test: &Test) -> Outcome {
    let outcome = Outcome::new(&test.id, test.version, test.level, Verdict::Error);
    Outcome { covers: test.covers.clone(), ..outcome }
}

/// News from [`run_all`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A test began.
    Started {
        /// Its place in the list.
        index: usize,
        /// Its id.
        id: String,
    },
    /// A test has its verdict.
    Finished {
        /// Its place in the list.
        index: usize,
        /// What came of it.
        outcome: Arc<Outcome>,
    },
}

/// Runs tests, at most `jobs` at the same time (at least one), and returns their outcomes in the order of the
/// list.
///
/// The run ends early when [`Config::halt`] says so, or when the broker is gone: the tests that did not run say it.
///
/// `news` gets every start and every outcome as it happens; it may be dropped by its receiver. When the future
/// is dropped, running tests are abandoned, and what `news` got before stays.
pub async fn run_all<C: Connector>(
    tests: Vec<Arc<Test>>,
    connector: Arc<C>,
    config: Arc<Config>,
    jobs: usize,
    news: tokio::sync::mpsc::UnboundedSender<Event>,
) -> Vec<Arc<Outcome>> {
    let mut outcomes: Vec<Option<Arc<Outcome>>> = vec![None; tests.len()];
    let gate = Arc::new(Semaphore::new(jobs.clamp(1, Semaphore::MAX_PERMITS)));
    let pace = config.pace.map(Pace::new).map(Arc::new);
    let watch = Arc::new(halt::Watch::default());
    let mut running = JoinSet::new();
    for (index, test) in tests.iter().enumerate() {
        let (test, connector, config) = (Arc::clone(test), Arc::clone(&connector), Arc::clone(&config));
        let (gate, news, pace, watch) = (Arc::clone(&gate), news.clone(), pace.clone(), Arc::clone(&watch));
        running.spawn(async move {
            // The gate is never closed.
            let _turn = gate.acquire_owned().await;
            let pace = pace.filter(|_| config.skip(&test).is_none());
            if let Some(pace) = &pace {
                tokio::select! {
                    () = pace.turn() => {}
                    _ = config.halt.stopped() => {}
                }
            }
            if let Some(reason) = config.halt.reason() {
                let mut outcome = outcome_of(&test);
                halt::not_run(&mut outcome, &reason);
                return (index, Arc::new(outcome));
            }
            let _ = news.send(Event::Started { index, id: test.id.clone() });
            let connector = Counted::new(connector);
            let mut outcome = run_test(&test, &connector, &config).await;
            watch.look(&mut outcome, &connector, &config, &config.halt).await;
            if let Some(pace) = pace {
                pace.settle(connector.opened());
            }
            let outcome = Arc::new(outcome);
            let _ = news.send(Event::Finished { index, outcome: Arc::clone(&outcome) });
            (index, outcome)
        });
    }
    while let Some(joined) = running.join_next().await {
        if let Ok((index, outcome)) = joined
            && let Some(place) = outcomes.get_mut(index)
        {
            *place = Some(outcome);
        }
    }
    let lost = |test: &Test| {
        let mut outcome = outcome_of(test);
        outcome.reason = Some("the tool failed while it ran this test; please report it".to_owned());
        Arc::new(outcome)
    };
    outcomes.into_iter().zip(&tests).map(|(outcome, test)| outcome.unwrap_or_else(|| lost(test))).collect()
}
