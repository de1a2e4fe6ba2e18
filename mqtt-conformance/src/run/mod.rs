//! Runs tests against a broker.
//!
//! [`run_test`] executes one [`Test`], [`run_all`] many of them at the same time, and [`probe()`] asks a broker
//! first whether it is there, whether it speaks MQTT, and what it says it can do. All of them are generic over
//! a [`Connector`], so the transport can be a socket, or a pipe in memory under tokio's paused clock.
//!
//! Every wait is bounded by the deadlines of [`Config`]: a broker that sends nonsense, hangs, half closes or
//! floods ends in a verdict.

mod again;
mod distance;
mod heartbeat;
mod keep;
mod pace;
mod schedule;
mod secrets;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

pub use crate::capability::{Hindrance, Probe, ProbeError, explore, hindrance, probe};
use crate::capability::{Refusal, skip};
pub use crate::config::{Bound, Bounds, Config, Halt, Reason};
pub(crate) use crate::engine::seconds;
pub use crate::engine::{
    Attempt, Compared, Cost, Entry, Failure, Malformed, Outcome, TraceEvent, Traffic, Verdict,
};
use crate::engine::{Execution, Stop, Timing, execute};
use crate::script::{Test, Time};
pub use crate::transport::{Cluster, Connector, Node, TcpConnector};
pub use distance::round_trip;
use heartbeat::Heartbeat;
use schedule::Schedule;
pub use schedule::fitting_jobs;
use secrets::Secrets;

/// Runs one test to its verdict, once. Never fails: what cannot be done becomes [`Verdict::Error`].
pub async fn run_test<C: Connector>(test: &Test, connector: &C, config: &Config) -> Outcome {
    run_observed(test, connector, config, None).await
}

/// Runs one test, while a heartbeat says whether the tester keeps to its times.
async fn run_observed<C: Connector>(
    test: &Test,
    connector: &C,
    config: &Config,
    heartbeat: Option<&Heartbeat>,
) -> Outcome {
    let mut outcome = outcome_of(test);
    if let Some(reason) = skip::reason(test, config) {
        outcome.verdict = Verdict::Skipped;
        outcome.reason = Some(reason);
        return outcome;
    }
    let start = Instant::now();
    let Execution { ended, transcript, duration, late, held: _held, .. } =
        execute(test, connector, config).await;
    outcome.transcript = transcript;
    outcome.duration = duration;
    let stalled = heartbeat.map(|heartbeat| heartbeat.worst_since(start)).unwrap_or_default();
    let late = late.max(stalled);
    if late >= LATE {
        outcome.late = Duration::from_millis(u64::try_from(late.as_millis()).unwrap_or(u64::MAX));
    }
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
            // Some packets are wrong whatever is tested, and whenever they come.
            let always = failure.malformed.is_some() || failure.forbidden.is_some();
            let excuse = if always {
                None
            } else {
                turned_away(&outcome.transcript).or_else(|| excuse(test, config, outcome.late))
            };
            let tested = always || (!failure.preparation && excuse.is_none());
            outcome.verdict = if tested { Verdict::Fail } else { Verdict::Inconclusive };
            outcome.reason = excuse;
            outcome.failure = Some(*failure);
        }
        Err(Stop::OutOfTime(limit)) => {
            outcome.verdict = Verdict::Inconclusive;
            outcome.reason = Some(format!("the test was not finished after {}", Time::Exactly(limit)));
        }
        Err(Stop::Unable(reason)) => outcome.reason = Some(reason),
        Err(Stop::Beyond(reason)) => {
            outcome.verdict = Verdict::Inconclusive;
            outcome.reason = Some(format!("{reason}; nothing was tested"));
        }
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

/// Less than this is what every machine takes to wake a task.
const LATE: Duration = Duration::from_millis(10);

/// Whether the broker took no client at that moment: unavailable, busy, over a quota or a rate. No statement obliges it to take
/// one.
fn turned_away(transcript: &[Entry]) -> Option<String> {
    let last = transcript
        .iter()
        .rev()
        .find(|entry| matches!(entry.event, TraceEvent::Received { .. } | TraceEvent::Malformed { .. }))?;
    let TraceEvent::Received { packet, .. } = &last.event else { return None };
    let refusal = Refusal::of_packet(packet)?;
    Some(format!("the broker turned a client away: {}; {}", last.line(), refusal.remedy()))
}

/// Why a failure says nothing about the broker: the tester was late, or the broker is far away, by more than the times of the test
/// allow.
fn excuse(test: &Test, config: &Config, late: Duration) -> Option<String> {
    let timing = Timing::of(test, config);
    let allowed = timing.allowed(config);
    let seconds = |time: Duration| format!("{:.1} s", time.as_secs_f64());
    if late > allowed {
        return Some(format!("the tester was {} late", seconds(late)));
    }
    let finest = timing.finest.filter(|_| config.round_trip > allowed)?;
    let away = seconds(config.round_trip);
    Some(format!("a round trip takes {away}, too long for the {} that the test depends on", seconds(finest)))
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
    /// A test ran, and runs again at the end.
    Postponed {
        /// Its place in the list.
        index: usize,
        /// What came of it for now.
        outcome: Arc<Outcome>,
    },
    /// A test has its verdict.
    Finished {
        /// Its place in the list.
        index: usize,
        /// What came of it.
        outcome: Arc<Outcome>,
    },
}

/// Runs tests, and returns their outcomes in the order of the list.
///
/// They begin in that order, at most `jobs` at the same time (at least one; [`fitting_jobs`] says how many suit the machine and the
/// distance to the broker). Fewer run while the tester is late. Tests that need the broker to themselves (`needs: exclusive`) run
/// after the others, one by one.
///
/// What fails, or is inconclusive, runs again at the end, [`Config::retries`] times: a failure counts only if it comes again.
/// Then one test runs at a time; where that would take more than 20 seconds, up to eight do.
///
/// The run ends early when [`Config::halt`] says so, or when the broker is gone and does not come back: the tests that did not run
/// say it. When it comes back, the tests that ran at that moment run again first, one by one.
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
    Arc::new(Schedule::new(tests, connector, config, news)).run(jobs).await
}
