//! The scripts against a real broker: Mosquitto from the system's packages.
//!
//! Without `mosquitto` on the PATH the test says so and does nothing, unless `MQTT_CONFORMANCE_REQUIRE_BROKERS` is set.

#[path = "scripts/examples.rs"]
mod page;
mod scripts;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use mqtt_codec::Version;
use mqtt_conformance::run::{Config, Outcome, TcpConnector, Verdict, probe, run_all};
use mqtt_conformance::script::Level;

/// What Mosquitto 2.0 gets wrong, script by script, each judged against the standard. A failing test
/// of these scripts is expected; a script none of whose tests fails any more has to leave the list.
const KNOWN: &[(&str, &str)] = &[
    ("3.1.1/2.1-fixed-header/pingreq", "accepts a PINGREQ with reserved flags: MQTT-2.2.2-2"),
    ("3.1.1/2.1-fixed-header/puback", "accepts a PUBACK with reserved flags: MQTT-2.2.2-2"),
    ("3.1.1/2.1-fixed-header/pubcomp", "accepts a PUBCOMP with reserved flags: MQTT-2.2.2-2"),
    ("3.1.1/2.1-fixed-header/pubrec", "accepts a PUBREC with reserved flags: MQTT-2.2.2-2"),
    (
        "3.1.1/3.1-will/second-connect",
        "loses the Will of a client that it closes for a second CONNECT: MQTT-3.1.2-8",
    ),
    (
        "3.1.1/3.3-load/many-in-flight",
        "delivers 20 of 100 QoS 2 messages whose handshakes it completed: MQTT-4.5.0-1",
    ),
    ("3.1.1/3.3-publish/dup-at-qos-0", "accepts DUP at QoS 0: MQTT-3.3.1-2, MQTT-4.8.0-1"),
    ("3.1.1/3.4-acknowledgements/flags", "accepts answers with reserved flags: MQTT-2.2.2-2"),
    ("3.1.1/3.8-overlapping/highest-qos", "delivers the copy at the lower QoS only: MQTT-3.3.5-1"),
    ("3.1.1/3.8-overlapping/highest-qos-first", "delivers the copy at the lower QoS only: MQTT-3.3.5-1"),
    (
        "3.1.1/4.13-errors/server-packets",
        "stays open after SUBACK, UNSUBACK or PINGRESP from a client: MQTT-4.8.0-1",
    ),
    ("3.1.1/4.13-errors/surplus-bytes-3.1.1", "accepts bytes behind the last field: MQTT-4.8.0-1"),
    (
        "3.1.1/4.3-qos2/publish-repeated",
        "closes on the third identical PUBLISH before PUBREL, where each has to be answered by PUBREC: MQTT-4.3.3-2",
    ),
    ("5.0/2.1-fixed-header/pingreq", "accepts a PINGREQ with reserved flags: MQTT-2.1.3-1"),
    ("5.0/2.1-fixed-header/puback", "accepts a PUBACK with reserved flags: MQTT-2.1.3-1"),
    ("5.0/2.1-fixed-header/pubcomp", "accepts a PUBCOMP with reserved flags: MQTT-2.1.3-1"),
    ("5.0/2.1-fixed-header/pubrec", "accepts a PUBREC with reserved flags: MQTT-2.1.3-1"),
    (
        "5.0/2.2-properties/bad-values-in-connect",
        "accepts Authentication Data without a method: section 3.1.2.11.10, MQTT-4.13.1-1",
    ),
    (
        "5.0/2.2-properties/subscription-identifier-in-publish",
        "accepts a Subscription Identifier from a client: MQTT-3.3.4-6",
    ),
    (
        "5.0/3.1-packet-size/nothing-stuck",
        "a message that is dropped for its size uses up Receive Maximum for good: MQTT-3.1.2-25",
    ),
    (
        "5.0/3.1-will/delay-without-session",
        "waits for the Will Delay though the session has ended: MQTT-3.1.2-8",
    ),
    ("5.0/3.1-will/on-request", "publishes no Will after DISCONNECT 0x80, 0x82 or 0x98: MQTT-3.1.2-8"),
    (
        "5.0/3.1-will/second-connect",
        "loses the Will of a client that it closes for a second CONNECT: MQTT-3.1.2-8",
    ),
    (
        "5.0/3.3-expiry/expired-waiting",
        "sends nothing more after a message has expired in the queue: MQTT-4.5.0-1",
    ),
    ("5.0/3.3-publish/response-topic-wildcard", "passes on a Response Topic with a wildcard: MQTT-3.3.2-14"),
    (
        "5.0/3.3-publish/subscription-identifier",
        "accepts a Subscription Identifier from a client: MQTT-3.3.4-6",
    ),
    (
        "5.0/3.3-retained/retain-as-published-changed",
        "keeps the old Retain As Published of a subscription that is replaced: MQTT-3.8.4-3, MQTT-3.3.1-13",
    ),
    ("5.0/3.4-acknowledgements/flags", "accepts answers with reserved flags: MQTT-2.1.3-1"),
    (
        "5.0/3.8-subscribe/replaced-no-local",
        "keeps the old No Local of a subscription that is replaced: MQTT-3.8.4-3, MQTT-3.8.3-3",
    ),
    (
        "5.0/3.8-subscribe/replaced-retain-as-published",
        "keeps the old Retain As Published of a subscription that is replaced: MQTT-3.8.4-3, MQTT-3.3.1-13",
    ),
    (
        "5.0/4.3-qos2/deliver-resume-expired",
        "drops a QoS 2 message that expired after its PUBLISH was sent, instead of resending it: MQTT-4.3.3-7, MQTT-4.4.0-1",
    ),
    ("5.0/4.8-shared/filter-missing", "grants $share/ without a filter: MQTT-4.8.2-2"),
    ("5.0/4.8-shared/no-local", "grants No Local on a shared subscription: MQTT-3.8.3-4"),
    ("5.0/4.8-shared/share-name-empty", "grants $share/ with an empty ShareName: MQTT-4.8.2-1"),
    ("5.0/4.8-shared/share-name-with-wildcard", "grants a ShareName with a wildcard: MQTT-4.8.2-2"),
    (
        "5.0/4.9-flow-control/broker-maximum",
        "answers a message above its own Receive Maximum by PUBREC 0x97 and stays open: MQTT-3.3.4-7, MQTT-4.13.1-1",
    ),
    (
        "5.0/4.9-flow-control/window",
        "sends two messages after one acknowledgement, above the Receive Maximum: MQTT-3.3.4-9, MQTT-4.9.0-2",
    ),
];

/// A broker on a loopback port of its own, ended with the test.
struct Mosquitto {
    child: Child,
    port: u16,
    folder: PathBuf,
}

impl Mosquitto {
    /// Starts it; `None` where it is not installed.
    fn start() -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = env::temp_dir().join(format!("mqtt-conformance-mosquitto-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("mosquitto.conf");
        // Started by root it would change its user, who may not read the folder; the limits are far above what scripts need.
        let config =
            format!("listener {port} 127.0.0.1\nallow_anonymous true\nuser root\npersistence false\n");
        fs::write(&file, config).unwrap();
        let paths = ["mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"];
        let child = paths.iter().find_map(|path| {
            let mut command = Command::new(path);
            command.arg("-c").arg(&file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()
        })?;
        let broker = Self { child, port, folder };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(10), "mosquitto does not listen");
            thread::sleep(Duration::from_millis(20));
        }
        Some(broker)
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn script(outcome: &Outcome) -> String {
    outcome.id.split('[').next().unwrap().to_owned()
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
    let Some(broker) = Mosquitto::start() else {
        assert!(
            env::var_os("MQTT_CONFORMANCE_REQUIRE_BROKERS").is_none(),
            "mosquitto is required, and not installed"
        );
        println!("skipped: mosquitto is not installed");
        return;
    };
    let connector = Arc::new(TcpConnector::new(format!("127.0.0.1:{}", broker.port)));
    let mut config = Config::default();
    config.run = format!("{:05}", std::process::id() % 100_000);
    for version in Version::ALL {
        let found = probe(&*connector, version, &config).await.unwrap_or_else(|e| panic!("{version}: {e}"));
        config.missing.extend(found.missing);
    }
    let (events, mut news) = tokio::sync::mpsc::unbounded_channel();
    let start = Instant::now();
    let tests = scripts::tests().into_iter().chain(page::examples()).collect();
    let outcomes = run_all(tests, connector, Arc::new(config), 256, events).await;
    let time = start.elapsed();
    while news.try_recv().is_ok() {}

    let count = |verdict| outcomes.iter().filter(|outcome| outcome.verdict == verdict).count();
    println!(
        "Mosquitto: {} passed, {} failed, {} inconclusive, {} skipped in {:.1} s",
        count(Verdict::Pass),
        count(Verdict::Fail),
        count(Verdict::Inconclusive),
        count(Verdict::Skipped),
        time.as_secs_f64()
    );
    let known = |outcome: &Outcome| KNOWN.iter().any(|(id, _)| *id == script(outcome));
    let surprises: Vec<_> = outcomes
        .iter()
        .filter(|outcome| !matches!(outcome.verdict, Verdict::Pass | Verdict::Skipped))
        .filter(|outcome| outcome.level == Level::Must && !known(outcome))
        .map(|outcome| story(outcome))
        .collect();
    assert!(surprises.is_empty(), "{} not known:\n{}", surprises.len(), surprises.join("\n"));
    let failed: BTreeSet<_> =
        outcomes.iter().filter(|o| o.verdict == Verdict::Fail).map(|o| script(o)).collect();
    for (id, reason) in KNOWN {
        assert!(failed.contains(*id), "{id} holds after all: {reason}");
    }
    assert!(count(Verdict::Pass) > 1000);
}
