//! Runs tests against a broker.
//!
//! [`run_test`] executes one [`Test`], [`run_all`] many of them at the same time, and [`probe()`] asks a broker
//! first whether it is there, whether it speaks MQTT, and what it says it can do. All of them are generic over
//! a [`Connector`], so the transport can be a socket, or a pipe in memory under tokio's paused clock.
//!
//! Every wait is bounded by the deadlines of [`Config`]: a broker that sends nonsense, hangs, half closes or
//! floods ends in a verdict.

mod pace;
mod secrets;
mod watch;

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

pub use crate::capability::{Hindrance, Probe, ProbeError, explore, hindrance, probe};
use crate::capability::{Refusal, skip};
pub use crate::config::{Bound, Bounds, Config, Halt, Reason};
pub(crate) use crate::engine::seconds;
pub use crate::engine::{Compared, Entry, Failure, Malformed, Outcome, TraceEvent, Verdict};
use crate::engine::{Execution, Stop, execute};
use crate::script::Test;
pub use crate::transport::{Cluster, Connector, Node, TcpConnector};
use pace::{Counted, Pace};
use secrets::Secrets;
use watch::Watch;

/// Runs one test to its verdict. Never fails: what cannot be done becomes [`Verdict::Error`].
pub async fn run_test<C: Connector>(test: &Test, connector: &C, config: &Config) -> Outcome {
    let mut outcome = outcome_of(test);
    if let Some(reason) = skip::reason(test, config) {
        outcome.verdict = Verdict::Skipped;
        outcome.reason = Some(reason);
        return outcome;
    }
    let Execution { ended, transcript, duration, .. } = execute(test, connector, config).await;
    outcome.transcript = transcript;
    outcome.duration = duration;
    match ended {
        Ok(()) if answered(&outcome.transcript) => outcome.verdict = Verdict::Pass,
        Ok(()) => match probe(connector, test.version, config).await {
            Ok(_) => outcome.verdict = Verdict::Pass,
            Err(error) => {
                outcome.verdict = Verdict::Inconclusive;
                outcome.reason = Some(format!("nothing shows that the broker serves anyone: {error}"));
            }
        },
        Err(Stop::Failed(failure)) => {
            // Some packets are wrong whatever is tested.
            let tested = !failure.preparation || failure.malformed.is_some() || failure.forbidden.is_some();
            let turned_away = turned_away(&outcome.transcript, &failure);
            outcome.verdict =
                if tested && turned_away.is_none() { Verdict::Fail } else { Verdict::Inconclusive };
            outcome.reason = turned_away;
            outcome.failure = Some(*failure);
        }
        Err(Stop::Unable(reason)) => outcome.reason = Some(reason),
        Err(Stop::Skipped(reason)) => {
            outcome.verdict = Verdict::Skipped;
            outcome.reason = Some(reason);
        }
        Err(Stop::Halted(reason)) => not_run(&mut outcome, &reason),
        Err(Stop::Unreachable { text, .. }) => {
            outcome.reason = Some(text);
            outcome.unreachable = true;
        }
    }
    Secrets::of(config).hide(&mut outcome);
    outcome
}

/// Whether a test failed because the broker took no client at that moment: unavailable, busy, over a quota or a rate. No
/// statement obliges it to take one.
fn turned_away(transcript: &[Entry], failure: &Failure) -> Option<String> {
    let last = transcript
        .iter()
        .rev()
        .find(|entry| matches!(entry.event, TraceEvent::Received { .. } | TraceEvent::Malformed { .. }))?;
    let TraceEvent::Received { packet, .. } = &last.event else { return None };
    let refusal = Refusal::of_packet(packet)?;
    let told = failure.malformed.is_none() && failure.forbidden.is_none();
    told.then(|| format!("the broker turned a client away: {}; {}", last.line(), refusal.remedy()))
}

/// Whether the broker sent a packet. One that closes every connection would keep many a prohibition, so a test that it
/// passed without a word counts only if it answers a CONNECT.
fn answered(transcript: &[Entry]) -> bool {
    transcript.iter().any(|entry| matches!(entry.event, TraceEvent::Received { .. }))
}

/// An outcome that says nothing yet but the test's own data; its verdict is [`Verdict::Error`].
fn outcome_of(test: &Test) -> Outcome {
    let outcome = Outcome::new(&test.id, test.version, test.level, Verdict::Error);
    Outcome { covers: test.covers.clone(), rigor: test.rigor, script: test.file.clone(), ..outcome }
}

/// What is said about a test that a run did not come to.
fn not_run(outcome: &mut Outcome, reason: &Reason) {
    outcome.verdict = Verdict::Error;
    outcome.reason = Some(reason.text.clone());
    outcome.unreachable = reason.unreachable;
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

/// Runs tests in the order of the list, at most `jobs` at the same time (at least one), and returns their outcomes in that
/// order.
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
    let watch = Arc::new(Watch::default());
    let mut running = JoinSet::new();
    for (index, test) in tests.iter().enumerate() {
        // The gate is never closed. Tests begin in the order of the list.
        let turn = Arc::clone(&gate).acquire_owned().await;
        let pace = pace.clone().filter(|_| skip::reason(test, &config).is_none());
        if let Some(pace) = &pace {
            tokio::select! {
                () = pace.turn() => {}
                _ = config.halt.stopped() => {}
            }
        }
        let (test, connector, config) = (Arc::clone(test), Arc::clone(&connector), Arc::clone(&config));
        let (news, watch) = (news.clone(), Arc::clone(&watch));
        running.spawn(async move {
            let _turn = turn;
            if let Some(reason) = config.halt.reason() {
                let mut outcome = outcome_of(&test);
                not_run(&mut outcome, &reason);
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
