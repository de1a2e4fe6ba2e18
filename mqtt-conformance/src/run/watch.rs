//! Whether the broker is still there.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use mqtt_codec::Version;
use tokio::sync::Mutex;
use tokio::time::sleep;

use crate::capability::{ProbeError, probe};
use crate::config::{Config, Halt, Reason};
use crate::engine::{Entry, Outcome, TraceEvent, Verdict};
use crate::transport::Connector;

/// Watches whether the broker is still there, and ends the run if it is not.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// So many tests in a row were not reached, or not answered.
    unreached: AtomicUsize,
    /// One visit at a time.
    visiting: Mutex<()>,
    /// So many connections were tried.
    tried: AtomicUsize,
}

/// So many tests in a row must find nobody before the broker is visited.
const UNREACHED: usize = 3;

/// How often, and with which pauses: a broker that is started again by whoever watches it is back in a few seconds.
const VISITS: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_millis(1500),
    Duration::from_secs(2),
];

impl Watch {
    /// Looks at an outcome: a broker that was lost in the middle of a test did not fail it, unless it is lost again when the test
    /// runs alone.
    pub(super) async fn look<C: Connector>(
        &self,
        outcome: &mut Outcome,
        connector: &C,
        config: &Config,
        alone: bool,
    ) {
        let halt = &config.halt;
        // A port may go on accepting when nobody is behind it any more.
        if outcome.unreachable || unanswered(outcome) {
            if self.unreached.fetch_add(1, Relaxed) + 1 < UNREACHED {
                return;
            }
            self.visit(outcome.version, connector, config, halt).await;
            return;
        }
        self.unreached.store(0, Relaxed);
        let closed = |entry: &Entry| matches!(entry.event, TraceEvent::ClosedByBroker { .. });
        if matches!(outcome.verdict, Verdict::Fail | Verdict::Inconclusive)
            && outcome.transcript.iter().any(closed)
            && let Some(error) = self.gone(outcome.version, connector, config).await
        {
            if alone {
                outcome.reason =
                    Some(format!("the broker goes away when this test runs, also alone: {error}"));
            } else {
                outcome.verdict = Verdict::Error;
                outcome.reason = Some(format!("the broker went away during the test: {error}"));
            }
            outcome.unreachable = true;
            self.visit(outcome.version, connector, config, halt).await;
        }
    }

    /// Gives the broker a moment to come back; then the run is over.
    async fn visit<C: Connector>(&self, version: Version, connector: &C, config: &Config, halt: &Halt) {
        let _one = self.visiting.lock().await;
        if halt.reason().is_some() {
            return;
        }
        let mut last = None;
        for pause in VISITS {
            sleep(pause).await;
            last = self.gone(version, connector, config).await;
            if last.is_none() {
                self.unreached.store(0, Relaxed);
                return;
            }
        }
        if let Some(error) = last {
            halt.set(Reason { text: format!("the broker is gone: {error}"), unreachable: true });
        }
    }

    /// Whether nobody answers at the address any more, be it that something in between accepts connections.
    async fn gone<C: Connector>(
        &self,
        version: Version,
        connector: &C,
        config: &Config,
    ) -> Option<ProbeError> {
        use ProbeError::{Broken, Closed, NoAnswer, NoConnection, Unreachable};
        let error = probe(connector, version, &self.stranger(config)).await.err()?;
        matches!(error, Unreachable(_) | NoConnection(_) | NoAnswer(_) | Closed(_) | Broken(_))
            .then_some(error)
    }

    /// A client identifier of its own for each connection: with one for all, two at the same time would take each other over, and a
    /// broker that closes the older one would count as gone.
    fn stranger(&self, config: &Config) -> Config {
        let number = self.tried.fetch_add(1, Relaxed) % 1000;
        Config {
            run: format!("{number:03}{}", config.run),
            connect_timeout: config.connect_timeout.min(Duration::from_secs(2)),
            ..config.clone()
        }
    }
}

/// Whether a test came to nothing because not one packet came on its connections.
fn unanswered(outcome: &Outcome) -> bool {
    let all = &outcome.transcript;
    matches!(outcome.verdict, Verdict::Fail | Verdict::Inconclusive)
        && all.iter().any(|entry| matches!(entry.event, TraceEvent::Opened { .. }))
        && !all.iter().any(|entry| matches!(entry.event, TraceEvent::Received { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_connections_have_one_client_identifier() {
        let (watch, config) = (Watch::default(), Config { run: "abcde".to_owned(), ..Config::default() });
        let name = || watch.stranger(&config).client_prefix("5.0/explore/connect");
        let (first, second) = (name(), name());
        assert_ne!(first, second);
        assert_ne!(first, config.client_prefix("5.0/explore/connect"));
    }
}
