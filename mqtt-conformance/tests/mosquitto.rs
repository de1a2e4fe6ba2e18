//! The scripts against a real broker: Mosquitto from the system's packages.
//!
//! Without `mosquitto` on the PATH the test says so and does nothing, unless `MQTT_CONFORMANCE_REQUIRE_BROKERS` is set.

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

/// What Mosquitto 2.0 gets wrong, script by script, each judged against the standard. Every test of these scripts that fails is
/// expected to; one that all of a sudden holds is not looked for.
const KNOWN: &[(&str, &str)] = &[
    (
        "3.1.1/4.3-qos2/publish-repeated",
        "closes on the third identical PUBLISH before PUBREL, where each has to be answered by PUBREC: MQTT-4.3.3-2",
    ),
    (
        "5.0/4.3-qos2/deliver-resume-expired",
        "drops a QoS 2 message that expired after its PUBLISH was sent, instead of resending it: MQTT-4.3.3-7, MQTT-4.4.0-1",
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
    let outcomes = run_all(scripts::tests(), connector, Arc::new(config), 256, events).await;
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
