//! Profiles: what they mean for a run, what is said of their mistakes, and that those which come along are sound.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use mqtt_codec::{Qos, Version};
use mqtt_conformance::capability::profile::{self, Profile};
use mqtt_conformance::run::{Config, Outcome, TcpConnector, TraceEvent, Verdict, explore, probe, run_test};
use mqtt_conformance::script::{CAPABILITIES, Problem, Test, expand, parse};
use mqtt_conformance::server::serve::{Server, loopback};
use mqtt_conformance::server::{Limits, Rules};
use tokio::net::TcpListener;

const HEAD: &str = "name = \"Example\"\nvendor = \"Nobody\"\nsource = \"https://example.org\"\n\
    date = \"2026-11-21\"\nversions = [\"3.1.1\", \"5.0\"]\n";

fn read(more: &str) -> Profile {
    profile::parse("example.toml", &format!("{HEAD}{more}")).unwrap_or_else(|problems| panic!("{problems:?}"))
}

#[test]
fn those_that_come_along_are_sound() {
    let names: BTreeSet<&str> = profile::built_in().iter().map(|(name, _)| *name).collect();
    for name in [
        "mosquitto",
        "rabbitmq",
        "emqx",
        "hivemq",
        "vernemq",
        "activemq",
        "nanomq",
        "aws-iot-core",
        "azure-iot-hub",
        "ibm-mq",
    ] {
        assert!(names.contains(name), "{name}");
    }
    for (name, text) in profile::built_in() {
        let profile = profile::parse(name, text);
        let profile =
            profile.unwrap_or_else(|p| panic!("{:?}", p.iter().map(Problem::one_line).collect::<Vec<_>>()));
        assert!(profile.source.iter().all(|source| source.starts_with("https://")), "{name}");
        assert!(
            profile.missing.keys().all(|name| CAPABILITIES.iter().any(|(known, _)| known == name)),
            "{name}"
        );
    }
}

/// The mistake, where it is, and the hint.
#[track_caller]
fn check_problem(text: &str, line: usize, column: usize, message: &str, hint: &str) {
    let problems = profile::parse("example.toml", text).expect_err("a mistake");
    let [problem] = &*problems else { panic!("{problems:?}") };
    assert_eq!(problem.one_line(), format!("example.toml:{line}:{column}: {message}"));
    assert_eq!(problem.hint.as_deref().unwrap_or_default(), hint);
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let with = |more: &str| format!("{HEAD}{more}\n");
    check_problem(
        &with("[missing]\nretian = \"no\""),
        7,
        1,
        "`retian` is no capability",
        "did you mean `retain`?",
    );
    check_problem(
        &with("[missing]\nretain = true"),
        7,
        10,
        "`retain` has to be a text in quotes, not `true` or `false`",
        "",
    );
    check_problem(&with("[missing]\nretain = \"\""), 7, 10, "`retain` is empty", "");
    check_problem(
        &with("[limits]\nmax_paket_size = 5"),
        7,
        1,
        "[limits] has no `max_paket_size`",
        "did you mean `max_packet_size`?",
    );
    check_problem(
        &with("[limits]\nmax_packet_size = 0"),
        7,
        19,
        "`max_packet_size` has to be a number from 1 to 4294967295",
        "",
    );
    check_problem(
        &with("[limits]\nmax_topic_levels = \"8\""),
        7,
        20,
        "`max_topic_levels` has to be a number from 1 to 65535, not text",
        "",
    );
    check_problem(
        &with("[limits]\ntopic_prefix = \"devices/+/\""),
        7,
        16,
        "no topic begins with this: wildcard at byte 8 of a Topic Name",
        "",
    );
    check_problem(&HEAD.replace("5.0", "5.1"), 5, 22, "`5.1` is no version of MQTT", "did you mean `3.1`?");
    check_problem(
        &HEAD.replace("source = \"https://example.org\"\n", ""),
        1,
        1,
        "the file lacks `source`",
        "for example: source = [\"https://docs.example.org/mqtt\"]",
    );
    check_problem(
        &HEAD.replace("date", "dates").replace("dates = \"2026-11-21\"", "date = \"November\""),
        4,
        8,
        "`date` has to be a day, year first",
        "for example: date = \"2026-11-21\"",
    );
    check_problem(
        &with("[missing"),
        6,
        9,
        "unclosed table, expected `]`",
        "the file has to be TOML: https://toml.io",
    );
}

fn tests(script: &str) -> Vec<Test> {
    let script = parse("limits.mqs", script).unwrap_or_else(|e| panic!("{e:?}"));
    expand(&script, "area/limits.mqs").unwrap_or_else(|e| panic!("{e:?}"))
}

/// What becomes of a script's tests with a profile, each by its verdict and the reason if it is skipped.
async fn with_profile(more: &str, script: &str) -> Vec<String> {
    let mut config = Config::default();
    read(more).apply(&mut config);
    let verdict = |outcome: Outcome| match outcome.verdict {
        Verdict::Skipped => outcome.reason.unwrap(),
        verdict => verdict.name().to_owned(),
    };
    outcomes(&config, script).await.into_iter().map(verdict).collect()
}

/// What comes of a script's tests when the reference broker is asked.
async fn outcomes(config: &Config, script: &str) -> Vec<Outcome> {
    let listener = loopback().await.unwrap();
    let connector = TcpConnector::new(listener.local_addr().unwrap().to_string());
    let server = Server::start(Rules::standard(), Limits::default());
    tokio::spawn(async move { server.serve_tcp(listener).await });
    let mut outcomes = Vec::new();
    for test in tests(script) {
        outcomes.push(run_test(&test, &connector, config).await);
    }
    outcomes
}

#[tokio::test]
async fn what_goes_beyond_a_limit_is_skipped_case_by_case() {
    let sizes = "# Any size.\nversion: 5.0\nfor size in 10 1000\n\nconnect pub\n---\n\
        publish pub \"${t}\" bytes($size) qos=1\n";
    let verdicts = with_profile("[limits]\nmax_packet_size = 900\n", sizes).await;
    assert_eq!(verdicts, ["pass", "sends a PUBLISH of 1023 bytes, where the profile of Example allows 900"]);
    let levels = "# Any depth.\nversion: 3.1.1\nfor levels in 2 9\n\nconnect sub\n---\n\
        subscribe sub repeat(\"${t}/\", $levels)\n";
    let verdicts = with_profile("[limits]\nmax_topic_levels = 8\nmax_filters = 1\n", levels).await;
    assert_eq!(verdicts, ["pass", "sends a filter of 10 levels, where the profile of Example allows 8"]);
    let ids = "# Any name.\nversion: 3.1.1\nfor id in \"a\" \"a-b\" \"a_b\" \"abcdefghijklmnopqrstuvwxyz\"\n\n\
        connect it client_id=$id\n---\nping it\n";
    let verdicts =
        with_profile("[limits]\nmax_client_id_length = 23\nclient_id_characters = \"_\"\n", ids).await;
    assert_eq!(
        verdicts,
        [
            "pass",
            "sends a client identifier with '-', which the profile of Example does not allow",
            "pass",
            "sends a client identifier of 26 bytes, where the profile of Example allows 23"
        ]
    );
    let alive =
        "# Any time.\nversion: 3.1.1\nfor time in 0 1 60 3600\n\nconnect it keep_alive=$time\n---\nping it\n";
    let verdicts = with_profile("[limits]\nmin_keep_alive = 30\nmax_keep_alive = 1200\n", alive).await;
    assert_eq!(
        verdicts,
        [
            "pass",
            "asks for a Keep Alive of 1 s, where the profile of Example has no shorter than 30 s",
            "pass",
            "asks for a Keep Alive of 3600 s, where the profile of Example has no longer than 1200 s"
        ]
    );
}

#[tokio::test]
async fn topics_begin_as_the_profile_wants_them() {
    let limits = "[limits]\ntopic_prefix = \"devices/one/\"\n";
    let begins =
        "# A topic of its own.\nversion: 5.0\n\nconnect pub\n---\npublish pub \"${t}/a\" \"x\" qos=1\n";
    let cannot = "# Someone else's topic.\nversion: 5.0\n\nconnect pub\n---\npublish pub \"a\" \"x\"\n";
    let mut config = Config::default();
    read(limits).apply(&mut config);
    assert_eq!(config.topic_prefix, "devices/one/");
    assert_eq!(with_profile(limits, cannot).await, ["the topic \"a\" cannot have the prefix"]);
    let [outcome] = &*outcomes(&config, begins).await else { panic!("one test") };
    assert_eq!(outcome.verdict, Verdict::Pass);
    let sent = outcome.transcript.iter().find_map(|entry| match &entry.event {
        TraceEvent::Sent { packet: Some(packet), .. } => packet.text("topic"),
        _ => None,
    });
    let topic = sent.expect("a PUBLISH");
    assert!(topic.starts_with("devices/one/mqc"), "{topic}");
}

#[test]
fn a_pace_and_a_prefix_that_were_asked_for_stay() {
    let profile = read("[limits]\ntopic_prefix = \"devices/\"\nconnections_per_second = 500\n");
    let mut config = Config::default();
    profile.apply(&mut config);
    assert_eq!((config.pace, &*config.topic_prefix), (Some(500), "devices/"));
    let mut config = Config::default();
    config.pace = Some(7);
    config.topic_prefix = "mine/".to_owned();
    profile.apply(&mut config);
    assert_eq!((config.pace, &*config.topic_prefix), (Some(7), "mine/"));
}

#[tokio::test]
async fn what_is_broken_on_purpose_has_no_limit() {
    let script = "# Not a CONNECT of any length.\nversion: 3.1.1\n\nopen it\n---\nit > hex \"f0 64\" text(100)\nit < closed\n";
    assert_eq!(with_profile("[limits]\nmax_packet_size = 50\n", script).await, ["pass"]);
}

#[tokio::test]
async fn what_is_missing_is_skipped_with_the_reason() {
    let script = "# Kept.\nversion: 3.1 5.0\nneeds: retain\n\nconnect pub\n---\npublish pub \"${t}\" \"x\" retain=true\n";
    let verdicts = with_profile("[missing]\nretain = \"it forgets\"\n", script).await;
    assert_eq!(
        verdicts,
        ["the profile of Example: no MQTT 3.1", "needs retain: the profile of Example: it forgets"]
    );
    let verdicts = with_profile("[missing]\nfree-topics = \"its own only\"\n", script).await;
    assert_eq!(
        verdicts,
        ["the profile of Example: no MQTT 3.1", "needs free-topics: the profile of Example: its own only"]
    );
    let ping = "# Ping.\nversion: 5.0\n\nconnect it\n---\nping it\n";
    assert_eq!(with_profile("[missing]\nfree-topics = \"its own only\"\n", ping).await, ["pass"]);
}

/// What is found out about the built-in broker with these limits and rules, in these versions.
async fn found(limits: Limits, rules: Rules, versions: &[Version]) -> BTreeMap<String, String> {
    let listener = loopback().await.unwrap();
    let connector = TcpConnector::new(listener.local_addr().unwrap().to_string());
    let server = Server::start(rules, limits);
    tokio::spawn(async move { server.serve_tcp(listener).await });
    let needs = CAPABILITIES.iter().map(|(name, _)| *name).collect();
    let mut config = Config::default();
    if versions.contains(&Version::V5) {
        probe(&connector, Version::V5, &config).await.unwrap().apply(&mut config);
    }
    explore(&connector, &versions.iter().copied().collect(), &needs, &config).await
}

#[tokio::test]
async fn a_broker_that_lacks_nothing_is_taken_to_lack_nothing() {
    for versions in [&[Version::V3_1][..], &[Version::V3_1_1], &[Version::V5], &Version::ALL] {
        assert_eq!(
            found(Limits::default(), Rules::standard(), versions).await,
            BTreeMap::new(),
            "{versions:?}"
        );
    }
}

#[tokio::test]
async fn a_profile_that_contradicts_the_broker_is_told() {
    let listener = loopback().await.unwrap();
    let connector = TcpConnector::new(listener.local_addr().unwrap().to_string());
    let server = Server::start(Rules::standard(), Limits::default());
    tokio::spawn(async move { server.serve_tcp(listener).await });
    let profile = read("[missing]\nretain = \"it forgets\"\nsys-topics = \"none\"\n");
    let of_5 = probe(&connector, Version::V5, &Config::default()).await.unwrap();
    assert_eq!(
        profile.contradictions(Version::V5, &of_5),
        [
            "the profile of Example says that retain is missing, the broker's CONNACK says that it is there; its tests are \
          skipped"
        ]
    );
    let of_3 = probe(&connector, Version::V3_1, &Config::default()).await.unwrap();
    assert_eq!(
        profile.contradictions(Version::V3_1, &of_3),
        ["the profile of Example knows no MQTT 3.1, and the broker speaks it; its tests are skipped"]
    );
}

#[tokio::test]
async fn what_3_x_cannot_say_is_found_by_trying() {
    let mut limits = Limits::default();
    limits.maximum_qos = Qos::AtLeastOnce;
    limits.retain_available = false;
    limits.wildcards_available = false;
    let lacks = found(limits.clone(), Rules::standard(), &[Version::V3_1, Version::V3_1_1]).await;
    let expected = [
        (
            "qos-2",
            "tried in MQTT 3.1.1: the broker does not serve QoS 2: it < SUBACK packet_id=40002 return_codes=[0x01]",
        ),
        ("retain", "tried in MQTT 3.1.1: a retained message does not come to who subscribes later"),
        (
            "wildcard-subscriptions",
            "tried in MQTT 3.1.1: the broker does not take a filter with `#`: it < SUBACK packet_id=40002 return_codes=[0x80]",
        ),
    ];
    let expected: BTreeMap<_, _> = expected.map(|(c, r)| (c.to_owned(), r.to_owned())).into();
    assert_eq!(lacks, expected);
    limits.maximum_qos = Qos::AtMostOnce;
    let lacks = found(limits.clone(), Rules::standard(), &[Version::V3_1]).await;
    assert_eq!(
        lacks["qos-1"],
        "tried in MQTT 3.1: the broker does not serve QoS 1: it < SUBACK packet_id=40002 return_codes=[0x00]"
    );
    // 5.0 says it in its CONNACK.
    assert_eq!(found(limits, Rules::standard(), &Version::ALL).await, BTreeMap::new());
}

#[tokio::test]
async fn a_session_expiry_of_none_is_found() {
    let mut limits = Limits::default();
    limits.session_expiry_maximum = 0;
    let lacks = found(limits, Rules::standard(), &Version::ALL).await;
    let reason = "tried in MQTT 5.0: asks for a session of 4294967295 s, where CONNACK allows 0 s";
    assert_eq!(lacks, BTreeMap::from([("session-expiry".to_owned(), reason.to_owned())]));
}

#[tokio::test]
async fn a_keep_alive_of_the_brokers_own_is_found() {
    let mut limits = Limits::default();
    limits.server_keep_alive = Some(30);
    let lacks = found(limits, Rules::standard(), &Version::ALL).await;
    let reason = "tried in MQTT 5.0: CONNECT asks for keep_alive=1, CONNACK says server_keep_alive=30";
    assert_eq!(lacks, BTreeMap::from([("keep-alive".to_owned(), reason.to_owned())]));
}

/// Whoever is gone or silent lacks nothing that is known.
#[tokio::test]
async fn silence_is_no_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let connector = TcpConnector::new(listener.local_addr().unwrap().to_string());
    let needs = CAPABILITIES.iter().map(|(name, _)| *name).collect();
    let versions = BTreeSet::from([Version::V3_1_1]);
    let start = Instant::now();
    assert_eq!(explore(&connector, &versions, &needs, &Config::default()).await, BTreeMap::new());
    assert!(start.elapsed() < Duration::from_secs(30));
    drop(listener);
    assert_eq!(explore(&connector, &versions, &needs, &Config::default()).await, BTreeMap::new());
}
