//! The first scripts that people write, as they come to mind: no right broker may fail them.
//!
//! Each runs against the reference broker, and against Mosquitto where it is installed.

mod brokers;

use std::sync::Arc;

use brokers::{Mosquitto, free_port};
use mqtt_conformance::lab;
use mqtt_conformance::run::{Config, Outcome, TcpConnector, Verdict, run_all};
use mqtt_conformance::script::{self, Test};
use mqtt_conformance::server::Rules;

/// What stands below the header, and what it is about.
const FIRST: [(&str, &str); 10] = [
    (
        "natural",
        r#"connect app
subscribe app "${t}/#" qos=1
publish app "${t}/a" "x" qos=1
receive app "${t}/a" "x" qos=1
"#,
    ),
    (
        "nothing-received",
        r#"connect app
subscribe app "${t}/#" qos=1
publish app "${t}/a" "x" qos=1
ping app
"#,
    ),
    (
        "qos-2-to-oneself",
        r#"connect app
subscribe app "${t}/#" qos=2
publish app "${t}/a" "x" qos=2
receive app "${t}/a" "x" qos=2
app < nothing
"#,
    ),
    (
        "two-topics",
        r#"connect app
subscribe app "${t}/+" qos=1
publish app "${t}/a" "1" qos=1
publish app "${t}/b" "2" qos=1
receive app "${t}/b" "2" qos=1
receive app "${t}/a" "1" qos=1
"#,
    ),
    (
        "chat",
        r#"connect ann, bob
subscribe ann, bob "${t}/chat" qos=1
publish ann "${t}/chat" "hello" qos=1
receive bob "${t}/chat" "hello" qos=1
publish bob "${t}/chat" "hi" qos=1
receive ann "${t}/chat" "hello" qos=1
receive ann "${t}/chat" "hi" qos=1
receive bob "${t}/chat" "hi" qos=1
"#,
    ),
    (
        "retained-to-oneself",
        r#"connect app
publish app "${t}/state" "on" qos=1 retain=true
subscribe app "${t}/state" qos=1
receive app "${t}/state" "on" qos=1 retain=true
app < nothing
"#,
    ),
    (
        "ping-before-message",
        r#"connect app
subscribe app "${t}"
publish app "${t}" "x"
ping app
receive app "${t}" "x"
"#,
    ),
    (
        "unsubscribe-behind-message",
        r#"connect app
subscribe app "${t}" qos=1
publish app "${t}" "x" qos=1
unsubscribe app "${t}"
receive app "${t}" "x" qos=1
"#,
    ),
    (
        "packets-by-hand",
        r#"connect app
app > SUBSCRIBE packet_id=1 filters=[{filter="${t}/#" qos=1}]
app > PUBLISH qos=1 packet_id=2 topic="${t}/a" payload="x"
app > PUBLISH qos=1 packet_id=3 topic="${t}/b" payload="y"
app < SUBACK packet_id=1
app < PUBACK packet_id=3
app < PUBACK packet_id=2
"#,
    ),
    (
        "session",
        r#"connect app clean=false session_expiry_interval=60
subscribe app "${t}" qos=1
disconnect app
connect other
publish other "${t}" "1" qos=1
publish other "${t}" "2" qos=1
connect app clean=false session_expiry_interval=60
receive app "${t}" "1" qos=1
receive app "${t}" "2" qos=1
disconnect app
"#,
    ),
];

fn tests() -> Vec<Arc<Test>> {
    FIRST
        .iter()
        .flat_map(|(name, body)| {
            let text = format!("# A first script: {name}.\nversion: 3.1 3.1.1 5.0\n\n{body}");
            let path = format!("first/{name}.mqs");
            let script = script::parse(&path, &text).unwrap_or_else(|e| panic!("{name}: {e:?}"));
            let problems = script::check(&script, None);
            assert!(problems.is_empty(), "{name}: {problems:?}");
            script::expand(&script, &path).unwrap_or_else(|e| panic!("{name}: {e:?}"))
        })
        .map(Arc::new)
        .collect()
}

#[track_caller]
fn all_pass<'a>(outcomes: impl IntoIterator<Item = &'a Outcome>) {
    for outcome in outcomes {
        let trace: Vec<_> = outcome.transcript.iter().map(mqtt_conformance::run::Entry::line).collect();
        assert_eq!(
            outcome.verdict,
            Verdict::Pass,
            "{}: {:?}\n{}",
            outcome.id,
            outcome.failure.as_ref().map(|f| (&f.expected, &f.got)),
            trace.join("\n")
        );
    }
}

#[test]
fn the_reference_broker_passes_them() {
    all_pass(&lab::run(&tests(), Rules::standard()).unwrap());
}

#[tokio::test]
async fn mosquitto_passes_them() {
    let port = free_port();
    let listener = format!("listener {port} 127.0.0.1\n");
    let Some(_broker) = Mosquitto::start("newcomers", &listener, &[port]) else { return };
    let connector = Arc::new(TcpConnector::new(format!("127.0.0.1:{port}")));
    // Nobody listens to the news.
    let (news, _) = tokio::sync::mpsc::unbounded_channel();
    let outcomes = run_all(tests(), connector, Arc::new(Config::default()), 4, news).await;
    all_pass(outcomes.iter().map(|outcome| &**outcome));
}
