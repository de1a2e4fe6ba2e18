//! `run`, `list`, `check`, `fmt` and `serve` as a shell sees them.

mod cli;
mod served;

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cli::tool;
use serde_json::Value;
use served::Served;

const FINE: &str = "\
# A PINGREQ is answered.
version: 3.1.1 5.0

connect it
---
it > PINGREQ
it < PINGRESP
";

const FAILING: &str = "\
# A PINGREQ is answered twice, which it is not.
version: 5.0

connect it
---
it > PINGREQ
it < PINGRESP
it < PINGRESP within 100ms
";

const UNANSWERED: &str = "\
# The preparation waits for what does not come.
version: 5.0

connect it
it < PINGRESP within 100ms
---
it > PINGREQ
";

const BROKEN: &str = "\
# A misspelled verb.
version: 5.0
conect it
---
it > PINGREQ
";

fn script(folder: &str, name: &str, text: &str) -> String {
    let folder: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scripts").join(folder);
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn scripts_that_hold_are_0() {
    let path = script("fine", "ping.mqs", FINE);
    let run = tool(&["run", "-v", &path], b"");
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("pass         3.1.1/fine/ping"), "{run:?}");
    assert!(run.stdout.contains("area  3.1.1  5.0\nfine  1/1    1/1\nall   1/1    1/1\n"), "{run:?}");
    assert!(run.stderr.starts_with("2 passed in "), "{run:?}");
    assert!(!tool(&["run", &path], b"").stdout.contains("fine/ping"));
}

#[test]
fn a_failure_is_1_and_shows_line_expectation_and_trace() {
    let path = script("failing", "twice.mqs", FAILING);
    let run = tool(&["run", &path], b"");
    assert_eq!(run.code, 1, "{run:?}");
    for part in [
        "fail         5.0/failing/twice",
        &format!("at         {path}:8\n"),
        "            8 | it < PINGRESP within 100ms\n              | ^^^^^^^^^^^^^^^^^^^^^^^^^^\n",
        "expected   it < PINGRESP\n",
        "got        nothing for 100ms\n",
        "        it > PINGREQ  # +0.0",
        "        it < PINGRESP  # +0.0",
        "failing  0/1, 1 failed\n",
    ] {
        assert!(run.stdout.contains(part), "{part}\n{}", run.stdout);
    }
}

#[test]
fn an_unanswered_question_is_2_and_a_failure_beats_it() {
    let unanswered = script("unanswered", "ping.mqs", UNANSWERED);
    let run = tool(&["run", &unanswered], b"");
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stdout.contains("inconclusive 5.0/unanswered/ping"), "{run:?}");
    assert!(run.stdout.contains(":5 (preparation)"), "{run:?}");
    let failing = script("both", "twice.mqs", FAILING);
    assert_eq!(tool(&["run", &unanswered, &failing], b"").code, 1);
}

#[test]
fn a_failure_of_what_is_only_recommended_is_0() {
    let text = FAILING.replace("version: 5.0\n", "version: 5.0\nlevel: SHOULD\n");
    let run = tool(&["run", &script("recommended", "twice.mqs", &text)], b"");
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("should       5.0/recommended/twice"), "{run:?}");
    assert!(run.stderr.starts_with("0 passed, 1 do not follow a SHOULD in "), "{run:?}");
    let strict = tool(&["run", "--strict", &script("recommended", "twice.mqs", &text)], b"");
    assert_eq!(strict.code, 1, "{strict:?}");
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_changes_no_verdict_and_loses_no_report() {
    let path = script("pipe", "twice.mqs", FAILING);
    let report = format!("{path}.json");
    let command = "\"$TOOL\" run --report json=\"$REPORT\" \"$SCRIPT\" | head -c 1; exit ${PIPESTATUS[0]}";
    let status = std::process::Command::new("bash")
        .args(["-c", command])
        .env("TOOL", env!("CARGO_BIN_EXE_mqtt-conformance"))
        .env("REPORT", &report)
        .env("SCRIPT", &path)
        .output()
        .unwrap()
        .status;
    assert_eq!(status.code(), Some(1));
    let json: Value = serde_json::from_str(&fs::read_to_string(report).unwrap()).unwrap();
    assert_eq!(json["tests"].as_array().unwrap().len(), 1);
}

#[test]
fn a_run_that_tests_nothing_is_2_and_says_why() {
    let needy = FINE.replacen("version:", "needs: auth\nversion:", 1);
    let run = tool(&["run", &script("nothing", "ping.mqs", &needy)], b"");
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("error: nothing was tested: all 2 tests were skipped"), "{run:?}");
    assert!(run.stderr.contains("no user name and password are configured"), "{run:?}");
}

#[test]
fn a_broken_script_is_64_before_anything_runs() {
    let fine = script("mixed", "fine.mqs", FINE);
    let broken = script("mixed", "broken.mqs", BROKEN);
    for command in ["run", "check", "list"] {
        let run = tool(&[command, &fine, &broken], b"");
        assert_eq!((run.code, run.stdout.as_str()), (64, ""), "{run:?}");
        assert!(run.stderr.contains(&format!("{broken}:3:1")), "{run:?}");
        assert!(run.stderr.contains("did you mean `connect`?"), "{run:?}");
    }
}

#[test]
fn the_built_in_scripts_are_there_and_sound() {
    let run = tool(&["check"], b"");
    assert_eq!(run.code, 0, "{run:?}");
    let run = tool(&["list", "--format", "json", "--version", "5.0"], b"");
    let list: Value = serde_json::from_str(&run.stdout).unwrap();
    let tests = list.as_array().unwrap();
    assert!(tests.iter().any(|test| test["id"] == "5.0/3.12-pingreq/answered"));
    assert!(tests.iter().all(|test| test["version"] == "5.0"));
    let run = tool(&["list", "--select", "*/3.12-pingreq/answered"], b"");
    assert_eq!(run.stdout.lines().count(), 3, "{run:?}");
}

#[test]
fn given_scripts_replace_the_built_in_ones_or_join_them() {
    let path = script("joined", "ping.mqs", FINE);
    let count = |arguments: &[&str]| tool(arguments, b"").stdout.lines().count();
    assert_eq!(count(&["list", &path]), 2);
    assert_eq!(count(&["list", "--built-in", &path]), count(&["list"]) + 2);
}

#[test]
fn fmt_rewrites_and_checks() {
    let untidy = FINE.replace("connect it", "connect    it");
    let path = script("untidy", "ping.mqs", &untidy);
    let run = tool(&["fmt", "--check", &path], b"");
    assert_eq!((run.code, run.stdout.as_str()), (1, format!("{path}\n").as_str()));
    assert_eq!(fs::read_to_string(&path).unwrap(), untidy);
    assert_eq!(tool(&["fmt", &path], b"").code, 0);
    let tidy = fs::read_to_string(&path).unwrap();
    assert!(tidy.contains("connect it"), "{tidy}");
    assert_eq!(tool(&["fmt", "--check", &path], b"").code, 0);
    let run = tool(&["fmt", "-"], untidy.as_bytes());
    assert_eq!((run.code, run.stdout), (0, tidy));
    assert_eq!(tool(&["fmt", "-"], BROKEN.replace("version: 5.0", "version 5.0").as_bytes()).code, 64);
}

/// Accepts connections, and does the same with each.
fn listener(act: impl Fn(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("mqtt://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            act(stream.unwrap());
        }
    });
    url
}

#[track_caller]
fn check_useless(url: &str, message: &str) {
    let start = Instant::now();
    let run = tool(&["run", "--broker", url], b"");
    assert_eq!((run.code, run.stdout.as_str()), (3, ""), "{run:?}");
    assert!(run.stderr.starts_with(&format!("error: {url}: ")), "{run:?}");
    assert!(run.stderr.contains(message), "{run:?}");
    assert!(start.elapsed() < Duration::from_secs(12), "{:?}", start.elapsed());
}

#[test]
fn a_closed_port_is_3() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    check_useless(&format!("mqtt://{free}"), "cannot connect");
}

#[test]
fn a_web_server_is_3() {
    let url = listener(|mut stream| {
        let _ = stream.read(&mut [0; 1024]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    });
    check_useless(&url, "not MQTT: `HTTP/1.1 400 Bad Request`");
}

#[test]
fn a_listener_that_hangs_up_is_3() {
    let url = listener(|mut stream| {
        let _ = stream.read(&mut [0; 1024]);
    });
    check_useless(&url, "closed the connection without an answer");
}

#[test]
fn a_listener_that_never_answers_is_3() {
    let held = std::sync::Mutex::new(Vec::new());
    let url = listener(move |stream| held.lock().unwrap().push(stream));
    check_useless(&url, "no answer to the CONNECT");
}

#[test]
fn serve_prints_its_address_and_serves() {
    let served = Served::start();
    let path = script("served", "ping.mqs", FINE);
    let run = tool(&["run", "--broker", &served.url, &path], b"");
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains(&format!("against {}", served.url)), "{run:?}");
}

#[test]
fn the_password_is_used_and_not_shown() {
    let served = Served::start();
    let url = served.url.replace("mqtt://", "mqtt://someone:open%20sesame@");
    let path = script("login", "twice.mqs", FAILING);
    let run = tool(&["run", "--broker", &url, &path], b"");
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stdout.contains("user_name=\"***\" password=\"***\""), "{run:?}");
    assert!(!run.stdout.contains("sesame") && !run.stderr.contains("sesame"), "{run:?}");
}

#[test]
fn a_broker_that_goes_away_loses_no_results() {
    let long = "# The broker is gone by then.\nversion: 5.0\nfor i in 1 2 3\n\nwait 1500ms\nconnect it\n---\nit > PINGREQ\nit < PINGRESP\n";
    let fine = script("gone", "early.mqs", FINE);
    let late = script("gone", "late.mqs", long);
    let mut served = Served::start();
    let url = served.url.clone();
    let killer = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(1));
        served.process.kill().unwrap();
    });
    let run = tool(&["run", "-v", "--broker", &url, &fine, &late], b"");
    killer.join().unwrap();
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stdout.contains("pass         5.0/gone/early"), "{run:?}");
    assert!(run.stdout.contains("error        5.0/gone/late[i="), "{run:?}");
    assert!(run.stdout.contains("gone  1/1    1/4, 3 not run"), "{run:?}");
    assert!(
        run.stderr.contains(&format!("{url} was lost during the run, 3 tests could not run: ")),
        "{run:?}"
    );
}
