//! `run` against hostile brokers.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Command;

use mqtt_conformance::report::RunReport;
use mqtt_conformance::run::Verdict;

use crate::brokers::{self, Broker};
use crate::tool::{MEMORY, Ran, command, finish, scratch, text, tool};

/// A run of a few tests against a hostile broker: it ends, and what is known is in the report.
fn run(scheme: &str, broker: Broker) -> (Ran, Option<RunReport>) {
    let url = format!("{scheme}://{}", brokers::start(broker));
    let folder = scratch("run");
    let json = folder.join("run.json");
    let target = format!("json={}", text(&json));
    let select = ["--select", "pingreq", "--timeout", "500ms", "--no-explore"];
    let ran = tool(&[&["run", "--broker", &url, "--report", &target, "-q"][..], &select].concat());
    let report = fs::read_to_string(&json).ok().map(|text| RunReport::from_json(&text).unwrap());
    let _ = fs::remove_dir_all(folder);
    (ran, report)
}

/// The broker cannot be used: the run says so before the first test.
#[track_caller]
fn check_unusable(scheme: &str, broker: Broker, why: &str) {
    let (ran, report) = run(scheme, broker);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains(why), "{ran:?}");
    assert!(report.is_none());
}

#[test]
fn a_frame_that_announces_too_much() {
    check_unusable("ws", brokers::frame_of_1_tib, "a message of WebSocket of 1099511627776 bytes");
    check_unusable("ws", brokers::longest_frame, "a message of WebSocket of 9223372036854775807 bytes");
}

#[test]
fn a_message_in_fragments_without_end() {
    check_unusable("ws", brokers::endless_fragments, "no more than 16777216 bytes are taken");
}

#[test]
fn pings_without_end() {
    // How far the run comes depends on the machine.
    check_unusable("ws", brokers::endless_pings, "answer");
}

#[test]
fn no_word_and_noise() {
    check_unusable("mqtt", brokers::silent, "no answer");
    check_unusable("mqtt", brokers::noise, "hint");
}

/// The broker lets clients in, and then does what no test can go on with. Nobody is accused for the tool's own limits.
#[track_caller]
fn check_survived(broker: Broker) -> RunReport {
    let (ran, report) = run("mqtt", broker);
    assert!(matches!(ran.code, 1..=3), "{ran:?}");
    let report = report.unwrap_or_else(|| panic!("{ran:?}"));
    assert!(!report.tests.is_empty());
    report
}

#[test]
fn publish_without_end() {
    check_survived(brokers::floods);
}

#[test]
fn a_packet_of_200_mb() {
    let report = check_survived(brokers::packet_of_200_mb);
    let limited = report.tests.iter().filter(|test| {
        test.reason.as_ref().is_some_and(|reason| reason.contains("no more than 8388608 bytes are taken"))
    });
    assert!(limited.clone().count() > 0);
    assert!(limited.clone().all(|test| test.verdict == Verdict::Inconclusive));
}

#[test]
fn one_byte_after_the_other() {
    // On a slow machine the broker says too little in the time for the first visit.
    let (ran, report) = run("mqtt", brokers::trickles);
    assert!(matches!(ran.code, 1..=3), "{ran:?}");
    assert!(report.is_some() || ran.stderr.contains("no usable answer"), "{ran:?}");
}

/// A run of the built-in broker that lasts: with one job, and a script that waits.
fn long_run(limits: &str, more: &[&str]) -> (std::process::Child, std::path::PathBuf) {
    let folder = scratch("long");
    for (name, wait) in [("a-first", "10ms"), ("b-second", "10ms"), ("c-long", "50s")] {
        let script = format!("# T.\nversion: 5.0\nconnect a\n---\nwait {wait}\nping a\n");
        fs::write(folder.join(format!("{name}.mqs")), script).unwrap();
    }
    let json = format!("json={}", text(&folder.join("run.json")));
    let arguments = [&["run", text(&folder), "-v", "--jobs", "1", "--report", &json][..], more].concat();
    (command(limits, &arguments).spawn().unwrap(), folder)
}

/// Waits until a run has said this.
fn wait_for(child: &mut std::process::Child, what: &str) {
    let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains(what)), "{what}");
}

fn signal(child: &std::process::Child, name: &str) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
}

#[test]
fn signals_to_end_leave_reports() {
    for name in ["INT", "TERM", "HUP"] {
        let (mut child, folder) = long_run(MEMORY, &[]);
        wait_for(&mut child, "b-second");
        signal(&child, name);
        let ran = finish(child);
        assert_eq!(ran.code, 130, "{name} {ran:?}");
        let report = RunReport::from_json(&fs::read_to_string(folder.join("run.json")).unwrap()).unwrap();
        assert_eq!(report.tests.len(), 3);
        assert_eq!(report.tests.iter().filter(|test| test.verdict == Verdict::Pass).count(), 2, "{name}");
        assert!(report.stopped.is_some());
    }
}

#[test]
fn a_journal_survives_what_nobody_survives() {
    let journal = scratch("journal").join("run.journal");
    let (mut child, folder) = long_run(MEMORY, &["--journal", text(&journal)]);
    wait_for(&mut child, "b-second");
    signal(&child, "KILL");
    assert_eq!(finish(child).code, -1);
    // Nothing half written.
    assert!(!folder.join("run.json").exists());
    let json = folder.join("of-journal.json");
    let ran = tool(&["report", text(&journal), "--report", &format!("json={}", text(&json))]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let report = RunReport::from_json(&fs::read_to_string(&json).unwrap()).unwrap();
    assert_eq!(report.tests.len(), 2);
    assert!(report.tests.iter().all(|test| test.verdict == Verdict::Pass && !test.transcript.is_empty()));
    assert!(report.stopped.is_some_and(|why| why.contains("did not come to its end")));
    // Who forgets it loses nothing.
    let ran = tool(&["run", "-q", "--select", "5.0/3.12*", "--journal", text(&journal)]);
    assert_eq!(ran.code, 64, "{ran:?}");
    assert!(ran.stderr.contains("make a report of it"), "{ran:?}");
    fs::remove_file(&journal).unwrap();
    let ran = tool(&["run", "-q", "--select", "5.0/3.12*", "--journal", text(&journal)]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!journal.exists());
}

#[test]
fn few_open_files_make_few_jobs() {
    let arguments = ["run", "-q", "--select", "5.0/3.1-connect*"];
    let ran = finish(command("ulimit -n 64", &arguments).spawn().unwrap());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("this process may have 64 open files"), "{ran:?}");
    let ran = finish(command("ulimit -n 36", &arguments).spawn().unwrap());
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("too few for one test"), "{ran:?}");
}
