//! The scripts against a real broker: Mosquitto from the system's packages.
//!
//! Without `mosquitto` on the PATH the test says so and does nothing, unless `MQTT_CONFORMANCE_REQUIRE_BROKERS` is set.

mod brokers;
#[path = "scripts/examples.rs"]
mod page;
mod scripts;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use brokers::{Mosquitto, free_port};
use mqtt_codec::Version;
use mqtt_conformance::expect::{self, Expectations, Standing};
use mqtt_conformance::run::{Config, Outcome, TcpConnector, Verdict, probe, run_all};
use mqtt_conformance::script::Test;

/// What it is known to get wrong, in the versions that are listed.
fn expectations() -> Expectations {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("expectations/mosquitto-2.0.11.toml");
    let file = expect::parse("mosquitto-2.0.11.toml", &fs::read_to_string(path).unwrap()).unwrap();
    let tests = scripts::tests();
    Expectations::new(vec![file], tests.iter().map(|test| &*test.id)).unwrap()
}

fn story(outcome: &Outcome) -> String {
    let mut story = format!("{} {}", outcome.verdict, outcome.id);
    if let Some(failure) = &outcome.failure {
        let _ = write!(story, "\n  line {}: {}\n  got {}", failure.line, failure.expected, failure.got);
    }
    for entry in &outcome.transcript {
        let _ = write!(story, "\n    {}", entry.line());
    }
    story
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mosquitto_is_judged_as_known() {
    let port = free_port();
    // Its limits are left as they are, far above what scripts need.
    let listener = format!("listener {port} 127.0.0.1\n");
    let Some(_broker) = Mosquitto::start("mosquitto", &listener, &[port]) else { return };
    let connector = Arc::new(TcpConnector::new(format!("127.0.0.1:{port}")));
    let mut config = Config::default();
    config.run = format!("{:05}", std::process::id() % 100_000);
    for version in Version::ALL {
        let found = probe(&*connector, version, &config).await.unwrap_or_else(|e| panic!("{version}: {e}"));
        config.missing.extend(found.missing);
    }
    let known = expectations();
    let tests: Vec<Arc<Test>> = scripts::tests().into_iter().chain(page::examples()).collect();
    let is_known = |test: &&Arc<Test>| known.of(&test.id).is_some();
    config.known = tests.iter().filter(is_known).map(|test| test.id.clone()).collect();
    let start = Instant::now();
    // Nobody listens to the news.
    let (events, _) = tokio::sync::mpsc::unbounded_channel();
    let outcomes = run_all(tests, connector, Arc::new(config), 256, events).await;
    let time = start.elapsed();

    let count = |verdict| outcomes.iter().filter(|outcome| outcome.verdict == verdict).count();
    println!(
        "Mosquitto: {} passed, {} failed, {} inconclusive, {} skipped in {:.1} s",
        count(Verdict::Pass),
        count(Verdict::Fail),
        count(Verdict::Inconclusive),
        count(Verdict::Skipped),
        time.as_secs_f64()
    );
    let surprising =
        |outcome: &&Arc<Outcome>| matches!(known.standing(outcome), Standing::Unexpected | Standing::Stale);
    let surprises: Vec<_> = outcomes
        .iter()
        .filter(surprising)
        .map(|outcome| format!("{:?}: {}", known.standing(outcome), story(outcome)))
        .collect();
    assert!(surprises.is_empty(), "{} surprises:\n{}", surprises.len(), surprises.join("\n"));
    assert!(count(Verdict::Pass) > 1000);
}
