//! Reports: what a run writes, and what is made of it.

mod cli;
mod report;
mod served;

use report::{Folder, schema};
use serde_json::Value;
use served::Served;

use cli::tool;

#[test]
fn a_run_writes_json_that_the_schema_knows() {
    let folder = Folder::new("json");
    let (path, run) = folder.run("run", &["--name", "Reference 1.0", "--select", "5.0"]);
    assert_eq!(run.code, 1, "{run:?}");
    let json: Value = serde_json::from_str(&folder.read(&path)).unwrap();
    let schema = schema();
    let problems: Vec<String> =
        schema.iter_errors(&json).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(json["broker"]["name"], "Reference 1.0");
    assert_eq!(json["options"]["select"][0], "5.0");
    let test = |id: &str| json["tests"].as_array().unwrap().iter().find(|test| test["id"] == id).unwrap();
    let failing = test("5.0/json/differs");
    assert_eq!(failing["verdict"], "fail");
    assert_eq!(failing["failure"]["line"], 7);
    let entry = usize::try_from(failing["failure"]["entry"].as_u64().unwrap()).unwrap();
    assert_eq!(failing["transcript"][entry]["packet"]["type"], "puback");
    assert_eq!(failing["failure"]["byte"], 3);
    assert_eq!(failing["failure"]["fields"][0]["name"], "packet_id");
    assert_eq!(failing["failure"]["fields"][0]["holds"], false);
    let script = failing["script"].as_str().unwrap();
    assert!(json["scripts"][script]["source"].as_str().unwrap().contains("PUBACK packet_id=8"));
    assert!(json["statements"]["5.0/MQTT-4.3.2-4"]["summary"].is_string());
    assert_eq!(test("5.0/json/fine")["verdict"], "pass");
}

#[test]
fn json_is_read_back_as_it_was_written() {
    let folder = Folder::new("again");
    let (path, _) = folder.run("run", &[]);
    let again = tool(&["report", &path, "--report", "json=-"], b"");
    assert_eq!((again.code, again.stdout), (0, folder.read(&path)));
}

#[test]
fn stdout_can_be_the_report() {
    let folder = Folder::new("stdout");
    let run = tool(&["run", "--report", "json=-", &folder.scripts()], b"");
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(json["tests"].as_array().unwrap().len(), 4);
    assert!(run.stderr.contains("fail         3.1.1/stdout/differs"), "{run:?}");
}

#[test]
fn a_path_that_cannot_be_written_is_found_before_the_run() {
    let folder = Folder::new("unwritable");
    let target = format!("json={}", folder.path("missing/run.json"));
    let run = tool(&["run", "--report", &target, &folder.scripts()], b"");
    assert_eq!((run.code, run.stdout.as_str()), (64, ""), "{run:?}");
    assert!(run.stderr.contains("missing/run.json cannot be written: "), "{run:?}");
    assert!(run.stderr.contains("hint: the folder "), "{run:?}");
    let target = format!("json={}", folder.path(""));
    let run = tool(&["run", "--report", &target, &folder.scripts()], b"");
    assert!(run.stderr.contains("hint: give the name of a file in that folder"), "{run:?}");
}

#[test]
fn a_run_that_cannot_start_leaves_no_empty_file() {
    let folder = Folder::new("unstarted");
    let path = folder.path("run.json");
    let target = format!("json={path}");
    let run = tool(&["run", "--broker", "mqtt://127.0.0.1:1", "--report", &target, &folder.scripts()], b"");
    assert_eq!(run.code, 3, "{run:?}");
    assert!(!std::path::Path::new(&path).exists());
}

#[test]
fn a_password_is_in_no_report() {
    let folder = Folder::new("secret");
    let served = Served::start();
    let url = served.url.replace("mqtt://", "mqtt://someone:sesame@");
    let path = folder.path("run.json");
    let run = tool(&["run", "--broker", &url, "--report", &format!("json={path}"), &folder.scripts()], b"");
    assert_eq!(run.code, 1, "{run:?}");
    let json = folder.read(&path);
    // As text and as bytes.
    assert!(!json.contains("sesame") && !json.contains("736573616d65"), "{json}");
}

#[track_caller]
fn check_refused(text: &[u8], place: &str, message: &str) {
    let folder = Folder::new("refused");
    let path = folder.path(&format!("at{}.json", place.replace(':', "-")));
    std::fs::write(&path, text).unwrap();
    for arguments in [["report", &path, "--report", "json=-"], ["diff", &path, &path, "--format=json"]] {
        let run = tool(&arguments, b"");
        assert_eq!((run.code, run.stdout.as_str()), (64, ""), "{run:?}");
        assert!(run.stderr.starts_with(&format!("error: {path}{place}")), "{place}\n{}", run.stderr);
        assert!(run.stderr.contains(message), "{message}\n{}", run.stderr);
        assert!(run.stderr.contains("hint: a report is made by `mqtt-conformance run --report json=FILE`"));
    }
}

#[test]
fn what_is_no_report_is_refused_with_its_line() {
    let folder = Folder::new("broken");
    let (path, _) = folder.run("run", &["--select", "5.0"]);
    let good = folder.read(&path);
    let line = |text: &str, part: &str| text.lines().position(|line| line.contains(part)).unwrap() + 1;
    check_refused(b"", ":1:1", "the text ends too early");
    check_refused(b"<html>", ":1:1", "not JSON: expected value");
    check_refused(b"{\"tests\": []}\n", ":1:13", "missing field");
    check_refused(b"{\n\"\xff\"}", ":2", "the bytes are not UTF-8");
    let wrong = good.replacen("\"verdict\":\"fail\"", "\"verdict\":\"lost\"", 1);
    let at = line(&wrong, "\"lost\"");
    let column = wrong.lines().nth(at - 1).unwrap().find("\"lost\"").unwrap() + "\"lost\"".len();
    check_refused(
        wrong.as_bytes(),
        &format!(":{at}:{column}"),
        "tests[0].verdict: unknown variant `lost`, expected one of `pass`, `fail`, `unsteady`, `inconclusive`",
    );
    let newer = good.replacen("\"format\": 2", "\"format\": 9", 1);
    check_refused(
        newer.as_bytes(),
        ":1:1",
        "format: expected 1 to 2, which is what this version reads; found 9",
    );
    check_refused(&good.as_bytes()[..good.len() / 2], ":", "the text ends too early");
}

#[test]
fn a_file_that_is_not_there_is_said_so() {
    let run = tool(&["report", "nowhere.json", "--report", "json=-"], b"");
    assert_eq!(run.code, 64, "{run:?}");
    assert!(run.stderr.contains("nowhere.json: No such file"), "{run:?}");
    let run = tool(&["report", "x.json", "--report", "pdf=x"], b"");
    assert_eq!(run.code, 64, "{run:?}");
    assert!(run.stderr.contains("`pdf` is no kind of report: expected one of json"), "{run:?}");
}
