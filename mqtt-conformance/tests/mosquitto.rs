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
    let config = Arc::new(config);
    let ask = |tests, jobs| {
        // Nobody listens to the news.
        let (events, _) = tokio::sync::mpsc::unbounded_channel();
        run_all(tests, Arc::clone(&connector), Arc::clone(&config), jobs, events)
    };
    let start = Instant::now();
    let tests: Vec<Arc<Test>> = scripts::tests().into_iter().chain(page::examples()).collect();
    let outcomes = ask(tests.clone(), 256).await;
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
    let known = expectations();
    let surprising =
        |outcome: &Outcome| matches!(known.standing(outcome), Standing::Unexpected | Standing::Stale);
    // Where the machine has much to do, answers come late: what surprises is asked again, with less at a time.
    let again = tests.into_iter().zip(&outcomes).filter(|(_, outcome)| surprising(outcome));
    let again = ask(again.map(|(test, _)| test).collect(), 4).await;
    println!("{} tests asked again", again.len());
    let surprises: Vec<_> = again
        .iter()
        .filter(|outcome| surprising(outcome))
        .map(|outcome| format!("{:?}: {}", known.standing(outcome), story(outcome)))
        .collect();
    assert!(surprises.is_empty(), "{} surprises:\n{}", surprises.len(), surprises.join("\n"));
    assert!(count(Verdict::Pass) > 1000);
}
