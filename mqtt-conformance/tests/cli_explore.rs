//! `explore`: what a broker can do, and whether it does what somebody needs.

mod cli;

use cli::tool;
use serde_json::Value;

fn abilities(arguments: &[&str]) -> (i32, Vec<(String, Value, String)>) {
    let run = tool(&[&["explore", "--json"], arguments].concat(), b"");
    let json: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e}: {run:?}"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let abilities = json["abilities"].as_array().unwrap().iter();
    let all = abilities.map(|one| (text(&one["name"]), one["answer"].clone(), text(&one["evidence"])));
    (run.code, all.collect())
}

fn needs(name: &str, text: &str) -> String {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("explore");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_reference_broker_can_do_all() {
    let (code, found) = abilities(&[]);
    assert_eq!(code, 0);
    let answer = |name: &str| found.iter().find(|one| one.0 == name).map(|one| one.1.clone());
    for name in ["mqtt-3.1", "mqtt-3.1.1", "mqtt-5.0", "qos-1", "qos-2", "retain", "shared-subscriptions"] {
        assert_eq!(answer(name), Some(Value::from("yes")), "{name} {found:?}");
    }
    assert_eq!(answer("receive-maximum"), Some(Value::from(32)));
    assert_eq!(answer("maximum-qos"), Some(Value::from(2)));
    let text = tool(&["explore"], b"");
    assert!(
        text.stdout.contains("  mqtt-5.0 ") && text.stdout.contains("  a CONNECT is accepted\n"),
        "{text:?}"
    );
}

#[test]
fn what_somebody_needs_is_answered_with_evidence() {
    let all = "qos = 2\nretain = true\nwill = true\nwill_qos = 1\nwill_retain = true\npayload = 60000\nkeep_alive = 5\n\
               persistent_session = true\nsession_expiry = 60\nwildcard_subscriptions = true\nshared_subscriptions = true\n\
               subscription_identifiers = true\ntopic_aliases = 4\nreceive_maximum = 20\nempty_client_id = true\n\
               client_id_length = 40\nfilters = 8\nconnections = 20\nversions = [\"3.1.1\", \"5.0\"]\n";
    let (code, found) = abilities(&["--requires", &needs("all.toml", all)]);
    assert_eq!(found.len(), 20);
    let lacking: Vec<_> = found.iter().filter(|one| one.1 != "yes").collect();
    assert!(lacking.is_empty(), "{lacking:?}");
    assert_eq!(code, 0);

    let much = "payload = 2000000\nreceive_maximum = 1000\nversions = \"5.0\"\n";
    let (code, found) = abilities(&["--requires", &needs("much.toml", much)]);
    assert_eq!(code, 1);
    let [version, payload, window] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((version.0.as_str(), &version.1), ("mqtt-5.0", &Value::from("yes")));
    assert_eq!((payload.0.as_str(), &payload.1), ("payload 2000000", &Value::from("no")));
    assert!(payload.2.starts_with("tried in MQTT 5.0: "), "{payload:?}");
    assert_eq!(window.1, "no");
    assert_eq!(window.2, "tried in MQTT 5.0: CONNACK says receive_maximum=32");
}

#[test]
fn mistakes_and_missing_brokers_are_told() {
    let run = tool(&["explore", "--requires", &needs("wrong.toml", "qos = 5\n")], b"");
    assert_eq!(run.code, 64, "{run:?}");
    assert!(run.stderr.contains("`qos` has to be a number from 1 to 2"), "{run:?}");
    let run = tool(&["explore", "--broker", "mqtt://127.0.0.1:1"], b"");
    assert_eq!(run.code, 3, "{run:?}");
}
