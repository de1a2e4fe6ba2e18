//! Hostile scripts and reports, and places where no report can be written.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::tool::{MEMORY, Ran, command, finish, scratch, text, tool};

/// `check` on one script: it ends, and says what is wrong.
#[track_caller]
fn check_refused(script: &str, why: &str) {
    let folder = scratch("script");
    let path = folder.join("hostile.mqs");
    fs::write(&path, script).unwrap();
    let ran = tool(&["check", text(&path)]);
    assert_eq!(ran.code, 64, "{ran:?}");
    assert!(ran.stderr.contains(why), "{}", ran.stderr.chars().take(2000).collect::<String>());
    assert!(ran.stderr.len() < 1 << 20, "{} bytes", ran.stderr.len());
}

fn script(body: &str) -> String {
    format!("# T.\nversion: 3.1.1\nconnect a\n---\n{body}\nping a\n")
}

#[test]
fn values_of_values() {
    let million = "repeat(repeat(repeat(\"a\", 65535), 65535), 65535)";
    check_refused(&script(&format!("a > PUBLISH topic=\"t\" payload={million}")), "are too much");
    check_refused(&script(&format!("a > hex \"30\" {million}")), "are too much");
    check_refused(&script(&format!("a < PUBLISH payload={million}")), "are too much");
    let rows = "bytes(16000000) ".repeat(9000);
    check_refused(
        &format!("# T.\nversion: 3.1.1\nfor p in {rows}\n{}", "connect a\n---\nping a\n"),
        "stand for more",
    );
}

#[test]
fn blocks_in_blocks() {
    let nested = format!("{}ping a\n{}", "repeat 2 {\n".repeat(80_000), "}\n".repeat(80_000));
    check_refused(&script(&nested), "nest too deep");
    check_refused(&script(&"either {\n".repeat(100_000)), "nest too deep");
}

#[test]
fn cases_and_steps_by_the_hundred_thousand() {
    let many: String = (0..140_000).fold(String::new(), |text, n| text + &n.to_string() + " ");
    let cases = format!("# T.\nversion: 3.1.1\nfor n in {many}\nconnect a\n---\nping a\n");
    check_refused(&cases, "more than 10000 tests");
    let few: String = (0..9_000).fold(String::new(), |text, n| text + &n.to_string() + " ");
    let steps =
        format!("# T.\nversion: 3.1.1\nfor n in {few}\nconnect a\n---\n{}", "ping a\n".repeat(10_000));
    check_refused(&steps, "steps together");
}

#[test]
fn rounds_of_rounds() {
    check_refused(&script("repeat 65535 {\nrepeat 65535 {\nping a\n}\n}"), "would run 4294836225 times");
}

#[test]
fn a_script_without_end() {
    let ran = tool(&["check", "/dev/zero"]);
    assert_eq!(ran.code, 64);
    assert!(ran.stderr.contains("a script has at most 1048576 bytes"), "{ran:?}");
}

#[test]
fn links_in_a_circle_and_pipes_in_a_folder() {
    let folder = scratch("links");
    fs::write(folder.join("one.mqs"), script("")).unwrap();
    symlink(&folder, folder.join("again")).unwrap();
    fs::create_dir(folder.join("below")).unwrap();
    symlink("..", folder.join("below/up")).unwrap();
    let ran = tool(&["check", text(&folder)]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("1 script fine"), "{ran:?}");
    pipe(&folder.join("pipe.mqs"));
    let ran = tool(&["check", text(&folder)]);
    assert_eq!(ran.code, 64);
    assert!(ran.stderr.contains("pipe.mqs is no file"), "{ran:?}");
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// A short run of the built-in broker, with reports to these places.
fn report_to(targets: &[&str]) -> Ran {
    let mut arguments = vec!["run", "-q", "--select", "5.0/3.12*"];
    arguments.extend(targets.iter().flat_map(|target| ["--report", target]));
    tool(&arguments)
}

#[test]
fn a_place_that_is_full_costs_its_own_report_alone() {
    let folder = scratch("full");
    let json = folder.join("run.json");
    let ran = report_to(&["md=/dev/full", &format!("json={}", text(&json))]);
    assert_eq!(ran.code, 64, "{ran:?}");
    assert!(ran.stderr.contains("/dev/full cannot be written"), "{ran:?}");
    assert!(fs::read_to_string(&json).unwrap().contains("\"tests\""));
}

#[test]
fn an_older_report_survives_a_file_system_that_is_full() {
    let folder = scratch("older");
    let json = folder.join("run.json");
    fs::write(&json, "older").unwrap();
    // No file may become longer than 4 blocks, and the signal for it is ignored.
    let target = format!("json={}", text(&json));
    let arguments = ["run", "-q", "--select", "5.0/3.12*", "--report", &target];
    let ran = finish(command("trap '' XFSZ; ulimit -f 4", &arguments).spawn().unwrap());
    assert_eq!(ran.code, 64, "{ran:?}");
    assert_eq!(fs::read_to_string(&json).unwrap(), "older");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
}

#[test]
fn one_file_for_two_reports() {
    let folder = scratch("twice");
    let path = folder.join("run");
    symlink(&folder, folder.join("link")).unwrap();
    let by_link = folder.join("link/run");
    let ran = report_to(&[&format!("json={}", text(&path)), &format!("md={}", text(&by_link))]);
    assert_eq!(ran.code, 64, "{ran:?}");
    assert!(ran.stderr.contains("two reports cannot go to one file"), "{ran:?}");
    assert!(!path.exists());
}

#[test]
fn places_that_are_no_files() {
    let ran = report_to(&["json=/dev/null", "md=/dev/null", "junit=/dev/stdout"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.starts_with("<?xml"), "{ran:?}");
    let folder = scratch("pipe");
    let path = folder.join("pipe");
    pipe(&path);
    let target = format!("md={}", text(&path));
    // Nobody reads yet: said before the first test.
    let ran = report_to(&[&target]);
    assert_eq!(ran.code, 64, "{ran:?}");
    assert!(ran.stderr.contains("nobody reads this pipe") && !ran.stderr.contains("passed"), "{ran:?}");
    let reader = Command::new("cat").arg(&path).stdout(Stdio::piped()).spawn().unwrap();
    let ran = loop {
        // Until the reader has come.
        let ran = report_to(&[&target]);
        if ran.code == 0 || !ran.stderr.contains("nobody reads") {
            break ran;
        }
    };
    assert_eq!(ran.code, 0, "{ran:?}");
    let read = reader.wait_with_output().unwrap();
    assert!(read.stdout.starts_with(b"# "), "{}", String::from_utf8_lossy(&read.stdout));
}

#[test]
fn an_address_that_is_wrong_shows_no_password() {
    for arguments in [
        &["run", "--broker", "mqtt://me:hushhush@127.0.0.1:port"][..],
        &["run", "--broker", "mqtt://me:hush/hush@127.0.0.1"],
        &["run", "--broker", "mqtt://me:hushhush%zz@127.0.0.1"],
        &["run", "--broker", "ws://127.0.0.1/mqtt?token=hushhush#x"],
        &["run", "mqtt://me:hushhush@127.0.0.1"],
        &["serve", "mqtt://me:hushhush@127.0.0.1"],
        &["serve", "--bind", "mqtt://me:hushhush@127.0.0.1"],
        &["proxy", "--fault", "drop:PUBACK", "--broker", "mqtt://me:hushhush@127.0.0.1:port"],
    ] {
        let ran = tool(arguments);
        assert_eq!(ran.code, 64, "{arguments:?} {ran:?}");
        assert!(!ran.stderr.contains("hush") && !ran.stdout.contains("hush"), "{arguments:?} {ran:?}");
    }
}

#[test]
fn a_report_of_somebody_else_does_not_move_the_cursor() {
    let folder = scratch("escapes");
    let json = folder.join("run.json");
    assert_eq!(report_to(&[&format!("json={}", text(&json))]).code, 0);
    let original = fs::read_to_string(&json).unwrap();
    let hostile = folder.join("hostile.json");
    let changed = original
        .replace("\"id\": \"5.0/3.12", "\"id\": \"\\u001b[2J5.0/3.12")
        .replace("\"id\":\"5.0/3.12", "\"id\":\"\\u001b]0;x\\u0007\\u009b2J5.0/3.12")
        .replace("\"name\":\"", "\"name\":\"\\u001b[31m");
    assert_ne!(original, changed);
    fs::write(&hostile, changed).unwrap();
    for arguments in [
        &["diff", text(&json), text(&hostile)][..],
        &["diff", text(&hostile), text(&json)],
        &["report", text(&hostile), "--report", "md=-"],
        &["report", text(&hostile), "--report", "junit=-"],
        &["report", text(&hostile), "--report", "html=-"],
    ] {
        let ran = finish(command(MEMORY, arguments).spawn().unwrap());
        let raw = |c: char| c.is_control() && c != '\n' && c != '\t';
        assert!(!ran.stdout.contains(raw) && !ran.stderr.contains(raw), "{arguments:?} {}", ran.stderr);
    }
}
