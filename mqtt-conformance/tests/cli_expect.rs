//! `run` with `--expect`, `--write-expect` and `--profile`, and `list --profiles`, as a shell sees them.

mod cli;

use std::fs;
use std::path::{Path, PathBuf};

use cli::tool;

const SCRIPT: &str = "\
# The PINGRESP comes as often as asked, or as the broker thinks.
version: 3.1.1 5.0
for times in 1 2

connect it
---
it > PINGREQ
it < PINGRESP
when times 2 {
    it < PINGRESP within 100ms
}
";

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("expect").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("area")).unwrap();
    fs::write(folder.join("area/ping.mqs"), SCRIPT).unwrap();
    folder
}

/// Runs the script beside this file of expectations.
fn run(folder: &Path, entries: &str, more: &[&str]) -> cli::Run {
    let file = folder.join("known.toml");
    let head = "broker = \"Built in\"\nversion = \"1\"\ndate = \"2026-11-21\"\n";
    fs::write(&file, format!("{head}{entries}")).unwrap();
    let script = folder.join("area/ping.mqs");
    let arguments =
        [&["run", "--expect", file.to_str().unwrap()], more, &[script.to_str().unwrap()]].concat();
    tool(&arguments, b"")
}

const ALL: &str = "[[failure]]\ntests = [\"*/area/ping[times=2]\"]\nreason = \"answers once\"\n";

#[test]
fn what_is_expected_is_0_and_told_in_one_line() {
    let run = run(&folder("all"), ALL, &["-v"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("expected     5.0/area/ping[times=2]  (answers once)\n"), "{run:?}");
    assert!(!run.stdout.contains("trace"), "{run:?}");
    assert!(run.stdout.contains("area  1/2, 1 as expected  1/2, 1 as expected\n"), "{run:?}");
    assert!(run.stderr.starts_with("2 passed, 2 failed as expected, 0 unexpected results in "), "{run:?}");
}

#[test]
fn a_failure_that_is_not_listed_is_1() {
    let run = run(&folder("unlisted"), &ALL.replace("*/", "5.0/"), &[]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stdout.contains("fail         3.1.1/area/ping[times=2]"), "{run:?}");
    assert!(
        run.stderr.starts_with("2 passed, 1 failed, 1 failed as expected, 1 unexpected result in "),
        "{run:?}"
    );
}

#[test]
fn a_pass_that_is_listed_is_1() {
    let run = run(&folder("stale"), &ALL.replace("[times=2]", "[*]"), &[]);
    assert_eq!(run.code, 1, "{run:?}");
    let line = "stale        3.1.1/area/ping[times=1]  passes, but is listed: answers once\n";
    assert!(run.stdout.contains(line), "{run:?}");
    assert!(run.stderr.starts_with("2 passed, 2 failed as expected, 2 unexpected results in "), "{run:?}");
}

#[test]
fn what_is_not_selected_may_be_listed() {
    let folder = folder("selected");
    let entries = format!("{ALL}\n[[failure]]\ntests = \"5.0/3.12-pingreq/*\"\nreason = \"sleeps\"\n");
    assert_eq!(run(&folder, &entries, &["--select", "5.0/*"]).code, 0);
}

#[test]
fn a_draft_used_right_away_is_0() {
    let folder = folder("draft");
    let script = folder.join("area/ping.mqs");
    let draft = folder.join("draft.toml");
    let (script, draft) = (script.to_str().unwrap(), draft.to_str().unwrap());
    assert_eq!(tool(&["run", "--write-expect", draft, script], b"").code, 1);
    let text = fs::read_to_string(draft).unwrap();
    assert!(text.starts_with("# A draft"), "{text}");
    assert!(text.contains("reason = \"draft: expected PINGRESP, got nothing for 100ms\""), "{text}");
    let run = tool(&["run", "--expect", draft, script], b"");
    assert_eq!(run.code, 0, "{run:?}");
    // It is not lost by writing another.
    let run = tool(&["run", "--write-expect", draft, script], b"");
    assert_eq!((run.code, run.stdout.as_str()), (64, ""), "{run:?}");
    assert!(run.stderr.contains("draft.toml is there already\n"), "{run:?}");
    assert!(run.stderr.contains("hint: give another name, or --overwrite\n"), "{run:?}");
    assert_eq!(tool(&["run", "--write-expect", draft, "--overwrite", script], b"").code, 1);
}

#[test]
fn a_bad_file_is_64_before_anything_runs() {
    let folder = folder("bad");
    let run = run(&folder, &ALL.replace("reason", "reasons"), &[]);
    assert_eq!((run.code, run.stdout.as_str()), (64, ""), "{run:?}");
    assert!(run.stderr.contains("known.toml:6:1"), "{run:?}");
    assert!(run.stderr.contains("did you mean `reason`?"), "{run:?}");
    assert!(run.stderr.contains("known.toml has 2 mistakes"), "{run:?}");
    let missing = folder.join("missing.toml");
    let run = tool(&["run", "--expect", missing.to_str().unwrap()], b"");
    assert_eq!(run.code, 64, "{run:?}");
    assert!(run.stderr.contains("missing.toml: "), "{run:?}");
    assert!(run.stderr.contains("hint: --expect takes a file that lists known failures"), "{run:?}");
}

#[test]
fn a_profile_is_known_by_name_or_file() {
    let folder = folder("profile");
    let script = folder.join("area/ping.mqs");
    let script = script.to_str().unwrap();
    let run = tool(&["run", "-v", "--profile", "azure-iot-hub", script], b"");
    assert!(
        run.stdout.contains("5.0/area/ping[times=1]  (the profile of Azure IoT Hub: no MQTT 5.0)"),
        "{run:?}"
    );
    let warning = "warning: the built-in broker at ";
    assert!(run.stderr.starts_with(warning), "{run:?}");
    assert!(
        run.stderr.contains("the profile of Azure IoT Hub knows no MQTT 5.0, and the broker speaks it"),
        "{run:?}"
    );

    let run = tool(&["run", "--profile", "rabitmq", script], b"");
    assert_eq!((run.code, run.stdout.as_str()), (64, ""), "{run:?}");
    assert!(
        run.stderr.contains("error: no profile is known as rabitmq\nhint: did you mean rabbitmq?"),
        "{run:?}"
    );

    let file = folder.join("own.toml");
    fs::write(&file, "name = \"Own\"\nvendor = \"I\"\nversions = [\"5.0\"]\n").unwrap();
    let run = tool(&["run", "--profile", file.to_str().unwrap(), script], b"");
    assert_eq!((run.code, run.stdout.as_str()), (64, ""), "{run:?}");
    assert!(run.stderr.contains("the file lacks `source`"), "{run:?}");
    assert!(run.stderr.contains("own.toml has 2 mistakes"), "{run:?}");

    fs::write(&file, b"name = \"Own\"\nvendor = \"\xff\"\n").unwrap();
    let run = tool(&["run", "--profile", file.to_str().unwrap(), script], b"");
    assert_eq!(run.code, 64, "{run:?}");
    assert!(run.stderr.contains("own.toml:2: invalid utf-8"), "{run:?}");

    let missing = folder.join("missing.toml");
    let run = tool(&["run", "--profile", missing.to_str().unwrap(), script], b"");
    assert_eq!(run.code, 64, "{run:?}");
    assert!(run.stderr.contains("hint: --profile takes the name of a profile or a file"), "{run:?}");
}

#[test]
fn profiles_are_listed() {
    let run = tool(&["list", "--profiles"], b"");
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.stdout
            .contains("RabbitMQ: MQTT 3.1 3.1.1 5.0; lacks enhanced-auth, qos-2, shared-subscriptions\n"),
        "{run:?}"
    );
    let run = tool(&["list", "--profiles", "--format", "json"], b"");
    let list: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(
        list.as_array()
            .unwrap()
            .iter()
            .any(|p| p["id"] == "ibm-mq" && p["limits"]["max_client_id_length"] == 23)
    );
}
