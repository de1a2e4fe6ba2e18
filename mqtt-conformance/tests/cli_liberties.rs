//! `mutants --liberties`, `mutants --list-liberties`, `serve --liberty`.

mod cli;

use cli::tool;
use mqtt_conformance::server::Liberties;

#[test]
fn all_liberties_are_listed_with_their_clauses() {
    let run = tool(&["mutants", "--list-liberties"], b"");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    for line in Liberties::ALL {
        assert!(run.stdout.lines().any(|text| text == line.name), "{}", line.name);
    }
    let run = tool(&["mutants", "--list-liberties", "--format", "json"], b"");
    let all: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(all.as_array().unwrap().len(), Liberties::ALL.len());
    assert!(all[0]["clauses"][0].as_str().unwrap().contains('/'));
}

#[test]
fn a_script_that_forbids_what_is_allowed_is_found() {
    let folder = std::env::temp_dir().join(format!("mqtt-conformance-liberties-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let script = folder.join("ping.mqs");
    let text = "version: 3.1.1\ncovers:  3.1.1/MQTT-3.12.4-1\n\nconnect it\n---\nit > PINGREQ\nit < PINGRESP within 100ms\n";
    std::fs::write(&script, text).unwrap();
    let run = tool(&["mutants", "--liberties", script.to_str().unwrap()], b"");
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stdout.contains("forbidden answers_pings_late"), "{run:?}");
    assert!(run.stdout.contains("allowed   answers_subscribe_late"), "{run:?}");
}

#[test]
fn an_unknown_liberty_is_wrong_usage() {
    let run = tool(&["serve", "--bind", "127.0.0.1:0", "--liberty", "nonsense"], b"");
    assert_eq!(run.code, 64);
    assert!(run.stderr.contains("no liberty is called nonsense"), "{}", run.stderr);
    assert!(run.stderr.contains("--list-liberties"), "{}", run.stderr);
}
