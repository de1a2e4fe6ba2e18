//! A broker in memory for each test, and the runs of tests against it in virtual time.

use std::collections::BTreeSet;
use std::io;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mqtt_codec::{Qos, Version};
use tokio::task::LocalSet;

use super::wire::WireFault;
use crate::run::{Config, Connector, Outcome, explore, probe, round_trip, run_test};
use crate::script::Test;
use crate::server::serve::Server;
use crate::server::{Liberties, Limits, Rules};
use crate::transport::{Delay, Layer, Stream, TextSwitch};

/// Connections to a broker in memory, over a link that may have a fault.
#[derive(Debug)]
struct Pipes {
    broker: Server,
    fault: Option<WireFault>,
    delay: Option<Delay>,
    websocket: bool,
}

impl Connector for Pipes {
    type Stream = Stream;

    async fn connect(&self, _: usize) -> io::Result<Stream> {
        if self.websocket {
            return self.broker.connect_websocket().await;
        }
        let broker = self.broker.connect();
        if let Some(delay) = self.delay {
            // A handshake takes a round trip as well.
            tokio::time::sleep(delay.round_trip()).await;
            let (ours, theirs) = tokio::io::duplex(1 << 16);
            tokio::spawn(delay.relay(theirs, broker));
            return Ok(Box::new(ours));
        }
        let Some(fault) = self.fault else { return Ok(Box::new(broker)) };
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        tokio::spawn(fault.relay(theirs, broker));
        Ok(Box::new(ours))
    }

    fn text_switch(&self, stream: &Stream) -> Option<TextSwitch> {
        stream.text_switch()
    }
}

/// A way to set up the reference broker.
///
/// Some rules only show where a broker is told to offer less than everything, or to ask who is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "everything that iterates over the setups must treat every one")]
pub enum Setup {
    /// Everything is offered to everyone.
    Open,
    /// A user name and a password are asked for, a topic and a filter are denied, and scripts on WebSocket get it.
    Login,
    /// Nothing optional is offered: no QoS 2, no retained messages, no wildcards, no Shared Subscriptions, no Subscription
    /// Identifiers, no Topic Aliases, small packets, few at once.
    Limited,
}

impl Setup {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Open, Self::Login, Self::Limited];

    /// The broker's limits.
    #[must_use]
    pub fn limits(self) -> Limits {
        let mut limits = Limits::default();
        match self {
            Self::Open => {}
            Self::Login => {
                limits.credentials = Some(("tester".to_owned(), b"secret".to_vec()));
                limits.denied_publish = Some("denied".to_owned());
                limits.denied_subscribe = Some("denied/filter".to_owned());
            }
            Self::Limited => {
                limits.maximum_qos = Qos::AtLeastOnce;
                limits.retain_available = false;
                limits.wildcards_available = false;
                limits.shared_available = false;
                limits.subscription_ids_available = false;
                limits.topic_alias_maximum = 0;
                limits.max_packet_size = 4096;
                limits.receive_maximum = 2;
            }
        }
        limits
    }

    /// What is known of such a broker before it is asked.
    fn config(self) -> Config {
        let mut config = Config::default();
        config.missing.remove("enhanced-auth");
        if self == Self::Login {
            for met in ["auth", "acl", "websocket"] {
                config.missing.remove(met);
            }
            config.denied_publish = Some("denied".to_owned());
            config.denied_subscribe = Some("denied/filter".to_owned());
            config.user_name = Some("tester".to_owned());
            config.password = Some(b"secret".to_vec());
        }
        config
    }
}

/// Runs tests against the reference broker with these rules, each against a fresh one; outcomes in the order of the tests.
///
/// # Errors
///
/// When the system gives no runtime.
pub fn run(tests: &[Arc<Test>], rules: Rules) -> io::Result<Vec<Outcome>> {
    run_in(tests, rules, Setup::Open, None)
}

/// Runs tests against the reference broker with these rules, set up like this, over a link that may have a fault.
///
/// # Errors
///
/// When the system gives no runtime.
pub fn run_in(
    tests: &[Arc<Test>],
    rules: Rules,
    setup: Setup,
    fault: Option<WireFault>,
) -> io::Result<Vec<Outcome>> {
    let mut config = setup.config();
    // What the broker says it lacks is asked under the standard's rules: a fault must not excuse itself.
    let start = move |rules, fault, websocket| Pipes {
        broker: Server::start(rules, setup.limits()),
        fault,
        delay: None,
        websocket,
    };
    let standard = move || start(Rules::standard(), None, false);
    let found = runtime()?.block_on(async { probe(&standard(), Version::V5, &config).await });
    config.missing.extend(found.map_err(io::Error::other)?.missing);
    run_with(tests, config, move |test: &Test| {
        start(rules, fault, test.needs.iter().any(|need| need == "websocket"))
    })
}

/// Runs tests against the reference broker under the standard's rules, with these liberties. What the broker has and lacks is
/// found out as for any broker, before the tests.
pub(super) fn run_free(tests: &[Arc<Test>], liberties: Liberties, setup: Setup) -> io::Result<Vec<Outcome>> {
    let mut config = setup.config();
    // However slow a right broker is, a test comes to its end.
    config.test_deadline = Duration::from_secs(3600);
    if liberties.has_no_enhanced_authentication {
        let reason = "the broker knows no method".to_owned();
        config.missing.insert("enhanced-auth".to_owned(), reason);
    }
    let start = move |websocket| {
        let mut limits = setup.limits();
        limits.liberties = liberties;
        Pipes { broker: Server::start(Rules::standard(), limits), fault: None, delay: None, websocket }
    };
    let needs: BTreeSet<&str> = tests.iter().flat_map(|test| &test.needs).map(String::as_str).collect();
    runtime()?.block_on(async {
        let found = probe(&start(false), Version::V5, &config).await.map_err(io::Error::other)?;
        found.apply(&mut config);
        let versions = Version::ALL.into_iter().collect();
        let lacks = Box::pin(explore(&start(false), &versions, &needs, &config)).await;
        config.missing.extend(lacks);
        io::Result::Ok(())
    })?;
    run_with(tests, config, move |test: &Test| start(test.needs.iter().any(|need| need == "websocket")))
}

/// Runs tests against the reference broker with these rules, over a link that takes its time.
///
/// # Errors
///
/// When the system gives no runtime.
pub fn run_over(tests: &[Arc<Test>], rules: Rules, delay: Delay) -> io::Result<Vec<Outcome>> {
    let mut config = Setup::Open.config();
    let start = move || Pipes {
        broker: Server::start(rules, Setup::Open.limits()),
        fault: None,
        delay: Some(delay),
        websocket: false,
    };
    let found = runtime()?.block_on(async { round_trip(&start(), Version::V5, &config).await });
    config.round_trip = found.unwrap_or_default();
    run_with(tests, config, move |_: &Test| start())
}

/// Runs tests in virtual time, each against a broker of its own that `broker` makes; outcomes in the order of the tests.
///
/// # Errors
///
/// When the system gives no runtime.
pub fn run_against<C: Connector>(
    tests: &[Arc<Test>],
    broker: impl Fn() -> C + Clone + 'static,
) -> io::Result<Vec<Outcome>> {
    run_with(tests, Setup::Open.config(), move |_| broker())
}

fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()
}

fn run_with<C: Connector>(
    tests: &[Arc<Test>],
    config: Config,
    broker: impl Fn(&Test) -> C + Clone + 'static,
) -> io::Result<Vec<Outcome>> {
    let runtime = runtime()?;
    let config = Arc::new(config);
    let local = LocalSet::new();
    let running: Vec<_> = tests
        .iter()
        .map(|test| {
            let (test, config, broker) = (Arc::clone(test), Arc::clone(&config), broker.clone());
            local.spawn_local(async move { run_test(&test, &broker(&test), &config).await })
        })
        .collect();
    local.block_on(&runtime, async {
        let mut outcomes = Vec::with_capacity(running.len());
        for test in running {
            outcomes.push(test.await.map_err(io::Error::other)?);
        }
        Ok(outcomes)
    })
}

/// Does the trials on all processors.
pub(super) fn in_parallel<T: Copy + Sync + Send, R: Send>(
    trials: &[T],
    attempt: impl Fn(T) -> R + Sync,
) -> Vec<(T, R)> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(trial) = trials.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = attempt(*trial);
                    if let Ok(mut results) = results.lock() {
                        results.push((*trial, result));
                    }
                }
            });
        }
    });
    results.into_inner().unwrap_or_default()
}
