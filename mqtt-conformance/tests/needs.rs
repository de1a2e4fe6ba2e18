//! Scripts declare what they need: a broker that says it lacks something optional fails no test for it.

mod scripts;

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use mqtt_codec::{Qos, Version};
use mqtt_conformance::run::{Config, Connector, Outcome, Verdict, explore, hindrance, probe, run_all};
use mqtt_conformance::server::serve::Server;
use mqtt_conformance::server::{Limits, Rules};
use tokio::io::DuplexStream;

struct Pipes(Server);

impl Connector for Pipes {
    type Stream = DuplexStream;

    async fn connect(&self, _: usize) -> io::Result<DuplexStream> {
        Ok(self.0.connect())
    }
}

/// Runs all tests, as `run` does after it has asked the broker what it can do.
fn run(limits: Limits) -> Vec<Arc<Outcome>> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let connector = Arc::new(Pipes(Server::start(Rules::standard(), limits)));
        let mut config = Config::default();
        config.missing.remove("enhanced-auth");
        for version in Version::ALL {
            probe(&*connector, version, &config).await.unwrap().apply(&mut config);
        }
        let tests = scripts::tests();
        let needs: BTreeSet<&str> = tests.iter().flat_map(|test| &test.needs).map(String::as_str).collect();
        let versions = Version::ALL.into_iter().collect();
        let found = explore(&*connector, &versions, &needs, &config).await;
        config.missing.extend(found);
        let (news, _) = tokio::sync::mpsc::unbounded_channel();
        run_all(tests.clone(), connector, Arc::new(config), 128, news).await
    })
}

#[track_caller]
fn check(change: impl FnOnce(&mut Limits)) {
    let mut limits = Limits::default();
    change(&mut limits);
    let outcomes = run(limits);
    let failed: Vec<_> = outcomes
        .iter()
        .filter(|outcome| !matches!(outcome.verdict, Verdict::Pass | Verdict::Skipped))
        .map(|outcome| {
            let failure = outcome.failure.as_ref();
            let got = failure.map_or_else(String::new, |f| format!("line {}: got {}", f.line, f.got));
            format!("{} {} {got}", outcome.verdict, outcome.id)
        })
        .collect();
    assert!(failed.is_empty(), "{} tests:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn at_most_qos_1() {
    check(|limits| limits.maximum_qos = Qos::AtLeastOnce);
}

#[test]
fn at_most_qos_0() {
    check(|limits| limits.maximum_qos = Qos::AtMostOnce);
}

#[test]
fn nothing_retained() {
    check(|limits| limits.retain_available = false);
}

#[test]
fn no_wildcards() {
    check(|limits| limits.wildcards_available = false);
}

#[test]
fn no_shared_subscriptions() {
    check(|limits| limits.shared_available = false);
}

#[test]
fn no_subscription_identifiers() {
    check(|limits| limits.subscription_ids_available = false);
}

#[test]
fn no_topic_aliases() {
    check(|limits| limits.topic_alias_maximum = 0);
}

#[test]
fn no_session_expiry() {
    check(|limits| limits.session_expiry_maximum = 0);
}

#[test]
fn small_packets() {
    check(|limits| limits.max_packet_size = 6000);
}

#[test]
fn a_keep_alive_of_its_own() {
    check(|limits| limits.server_keep_alive = Some(30));
}

/// What is in the way of a run on the reference broker with these limits: what it does, and what to do about it.
fn in_the_way(config: &Config, limits: Limits) -> Option<(String, String)> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let connector = Pipes(Server::start(Rules::standard(), limits));
        let found = hindrance(&connector, Version::V5, 60, config).await?;
        Some((found.what, found.remedy))
    })
}

#[test]
fn what_is_in_the_way_of_every_test_is_found_before_the_tests() {
    let limits = |change: &dyn Fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        limits
    };
    assert_eq!(in_the_way(&Config::default(), Limits::default()), None);

    let (what, remedy) = in_the_way(&Config::default(), limits(&|limits| limits.connections = 20)).unwrap();
    assert!(what.starts_with("with 20 connections open, the next one is refused"), "{what}");
    assert!(remedy.starts_with("--jobs 4 "), "{remedy}");
    assert_eq!(in_the_way(&Config::default(), limits(&|limits| limits.connections = 60)), None);

    let mut config = Config::default();
    // No client may publish there.
    config.topic_prefix = "$SYS/".to_owned();
    let (what, remedy) = in_the_way(&config, Limits::default()).unwrap();
    assert!(what.starts_with("a client that publishes to `$SYS/"), "{what}");
    assert!(what.contains("reason=0x87") && remedy.contains("--topic-prefix"), "{what}: {remedy}");
}
