//! What is made of reports: the other forms, joined shards, differences; and what is left of a run that ends early.

mod cli;
mod report;
mod served;

use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use report::{Folder, schema};
use serde_json::Value;
use served::Served;

use cli::tool;

#[test]
fn junit_holds_every_test_and_stays_xml() {
    let folder = Folder::new("junit");
    let path = folder.path("run.xml");
    let run = tool(&["run", "--report", &format!("junit={path}"), &folder.scripts()], b"");
    assert_eq!(run.code, 1, "{run:?}");
    let report = quick_junit::Report::deserialize_from_str(&folder.read(&path)).unwrap();
    let names: Vec<_> = report.test_suites.iter().map(|suite| suite.name.to_string()).collect();
    assert_eq!(names, ["MQTT 3.1.1 junit", "MQTT 5.0 junit"]);
    assert_eq!((report.tests, report.failures, report.errors), (4, 2, 0));
}

#[test]
fn markdown_folds_failures_and_has_a_column_for_each_run() {
    let folder = Folder::new("markdown");
    let (first, _) = folder.run("first", &["--name", "One"]);
    let (second, _) = folder.run("second", &["--name", "Two | three", "--select", "5.0"]);
    let run = tool(&["report", &first, &second, "--report", "md=-"], b"");
    assert_eq!(run.code, 0, "{run:?}");
    for part in [
        "# MQTT conformance: One, Two \\| three\n",
        "| One | 2 | **2** | 0 | 0 | 0 | 0 |",
        "| area | One | Two \\| three |\n|---|--:|--:|\n| markdown | ❌ 2/4, 2 failed | ❌ 1/2, 1 failed |\n",
        "<details><summary>fail <code>5.0/markdown/differs</code> packet_id is 7, expected 8</summary>",
        "expected  it < PUBACK packet_id=8",
    ] {
        assert!(run.stdout.contains(part), "{part}\n{}", run.stdout);
    }
}

#[test]
fn html_is_one_file_that_no_payload_can_break() {
    let folder = Folder::new("html");
    let (json, _) = folder.run("run", &["--name", "</script><b>"]);
    let page = folder.path("run.html");
    assert_eq!(tool(&["report", &json, "--report", &format!("html={page}")], b"").code, 0);
    let page = folder.read(&page);
    assert_eq!(page.matches("<script").count(), page.matches("</script>").count());
    // The name of SVG is no address.
    let foreign = page.replace("http://www.w3.org/2000/svg", "");
    for part in [" src=", "http:", "https:", "{{style", "{{index"] {
        assert!(!foreign.contains(part), "{part}");
    }
    let index = page.split("id=\"index\">").nth(1).unwrap().split("</script>").next().unwrap();
    let index: Value = serde_json::from_str(index).unwrap();
    assert_eq!(index["runs"][0]["name"], "</script><b>");
    assert_eq!(index["tests"].as_array().unwrap().len(), 4);
}

#[test]
fn reports_of_format_1_are_read() {
    let old = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/report/format-1.json");
    let run = tool(&["report", old, "--report", "json=-"], b"");
    assert_eq!(run.code, 0, "{run:?}");
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(schema().is_valid(&json), "{json}");
    assert_eq!(json["expectations"]["5.0/area/differs"]["met"], true);
    let tests = json["tests"].as_array().unwrap();
    assert_eq!(tests.iter().filter(|test| test["verdict"] == "pass").count(), 2);
    let malformed = &tests.last().unwrap()["transcript"][4];
    assert_eq!(
        (&malformed["event"], &malformed["bytes"]),
        (&Value::from("malformed"), &Value::from("9003000703"))
    );
    assert_eq!(malformed["malformed"]["statement"], "[MQTT-3.9.3-2]");
    let run = tool(&["report", old, "--report", "md=-"], b"");
    assert!(run.stdout.contains("| Example 1.0 | 2 | **1** (+1 as expected) | 0 |"), "{}", run.stdout);
    assert_eq!(tool(&["diff", old, old], b"").code, 0);
    // What is wrong with an old one has no line, but a path.
    let folder = Folder::new("old");
    let wrong = folder.path("wrong.json");
    let text =
        std::fs::read_to_string(old).unwrap().replacen("\"verdict\":\"fail\"", "\"verdict\":\"lost\"", 1);
    std::fs::write(&wrong, text).unwrap();
    let run = tool(&["report", &wrong, "--report", "md=-"], b"");
    assert!(run.code == 64 && run.stderr.contains("tests[0].verdict: unknown variant `lost`"), "{run:?}");
}

#[test]
fn shards_are_joined_when_all_are_there() {
    let folder = Folder::new("shards");
    let (one, _) = folder.run("one", &["--shard", "1/2", "--name", "x"]);
    let (two, _) = folder.run("two", &["--shard", "2/2", "--name", "x"]);
    let run = tool(&["report", &two, &one, "--report", "json=-"], b"");
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(schema().is_valid(&json));
    let ids: Vec<_> =
        json["tests"].as_array().unwrap().iter().map(|test| test["id"].as_str().unwrap()).collect();
    let all = ["3.1.1/shards/differs", "5.0/shards/differs", "3.1.1/shards/fine", "5.0/shards/fine"];
    assert_eq!(ids, all);
    let run = tool(&["report", &one, &one, "--report", "json=-"], b"");
    assert_eq!(run.code, 64);
    assert!(run.stderr.contains("shards 1/2 and 1/2 of x both have the test "), "{run:?}");
    let (third, _) = folder.run("third", &["--shard", "1/3", "--name", "x"]);
    let (other, _) = folder.run("other", &["--shard", "2/3", "--name", "x"]);
    let run = tool(&["report", &third, &other, "--report", "json=-"], b"");
    assert!(run.stderr.contains("shard 3/3 of x is missing; there are 1/3, 2/3"), "{run:?}");
    let (whole, _) = folder.run("whole", &["--name", "y"]);
    let run = tool(&["report", &whole, &one, "--report", "json=-"], b"");
    assert!(run.stderr.contains("json holds one run, and these are 2: y, x"), "{run:?}");
    assert_eq!(tool(&["run", "--shard", "5/4"], b"").code, 64);
}

#[test]
fn a_difference_for_the_worse_is_1() {
    let folder = Folder::new("diff");
    let (path, _) = folder.run("run", &[]);
    let good = folder.read(&path).replacen("\"verdict\":\"fail\"", "\"verdict\":\"pass\"", 1);
    let better = folder.path("better.json");
    std::fs::write(&better, good).unwrap();
    let run = tool(&["diff", &better, &path], b"");
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stdout.starts_with("broken (1)\n  3.1.1/diff/differs MUST: pass -> fail\n"), "{run:?}");
    assert!(
        run.stderr.starts_with("1 broken, 0 no longer answered, 0 fixed, 0 otherwise changed, 3 the same")
    );
    let run = tool(&["diff", &path, &better, "--format", "json"], b"");
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((run.code, &json["changed"][0]["kind"]), (0, &Value::from("fixed")));
}

const LONG: &str =
    "# It takes its time.\nversion: 5.0\nfor i in 1 2 3 4 5 6\n\nconnect it\n---\nwait 25s\nping it\n";

#[cfg(unix)]
#[test]
fn an_interrupted_run_writes_what_is_known_and_ends_with_130() {
    let folder = Folder::new("interrupted");
    let scripts = folder.scripts();
    std::fs::write(folder.path("long.mqs"), LONG).unwrap();
    let path = folder.path("run.json");
    let start = Instant::now();
    let child = Command::new(env!("CARGO_BIN_EXE_mqtt-conformance"))
        .args(["run", "--jobs", "5", "--timeout", "1s", "--report", &format!("json={path}"), &scripts])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    sleep(Duration::from_secs(3));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let talk = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(130), "{talk}");
    // The long tests would go on for most of a minute.
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    assert!(talk.contains("interrupted: what is known is written down; Ctrl-C again ends at once"), "{talk}");
    let json: Value = serde_json::from_str(&folder.read(&path)).unwrap();
    assert!(schema().is_valid(&json));
    assert_eq!(json["stopped"], "interrupted before its end");
    let of =
        |verdict: &str| json["tests"].as_array().unwrap().iter().filter(|t| t["verdict"] == verdict).count();
    // A failure that could not be confirmed is none.
    assert_eq!((of("pass"), of("fail"), of("inconclusive"), of("error")), (2, 0, 2, 6), "{json}");
    let lost = json["tests"].as_array().unwrap().iter().find(|test| test["verdict"] == "error").unwrap();
    assert_eq!(lost["reason"], "interrupted before its end");
}

#[test]
fn a_broker_that_dies_ends_the_run_soon_and_with_3() {
    let folder = Folder::new("dies");
    let many = LONG.replace("1 2 3 4 5 6", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20");
    std::fs::write(folder.path("long.mqs"), many).unwrap();
    let mut served = Served::start();
    let (path, scripts, url) = (folder.path("run.json"), folder.scripts(), served.url.clone());
    let killer = std::thread::spawn(move || {
        sleep(Duration::from_secs(3));
        served.process.kill().unwrap();
    });
    let start = Instant::now();
    let target = format!("json={path}");
    let run = tool(&["run", "--jobs", "6", "--broker", &url, "--report", &target, &scripts], b"");
    killer.join().unwrap();
    assert_eq!(run.code, 3, "{run:?}");
    // All twenty in sixes would take a minute and a half.
    assert!(start.elapsed() < Duration::from_secs(40), "{:?}", start.elapsed());
    assert!(run.stderr.contains("was lost during the run, "), "{run:?}");
    assert!(
        run.stderr.contains("hint: it may have died of one of these, which it left unanswered; the last one that sent stands first: "),
        "{run:?}"
    );
    let json: Value = serde_json::from_str(&folder.read(&path)).unwrap();
    assert!(json["stopped"].as_str().unwrap().starts_with("the broker is gone: cannot connect: "), "{json}");
    let long = |test: &&Value| test["id"].as_str().unwrap().contains("/long");
    let mut lost = json["tests"].as_array().unwrap().iter().filter(long);
    assert!(lost.all(|test| test["verdict"] == "error"), "{json}");
}

#[test]
fn completions_and_the_man_page_know_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = tool(&["completions", shell], b"");
        assert!(run.code == 0 && run.stdout.contains("mutants") && run.stdout.contains("shard"), "{shell}");
    }
    let run = tool(&["man"], b"");
    assert!(
        run.stdout.contains(".TH mqtt-conformance 1") && run.stdout.contains("\\-\\-shard"),
        "{}",
        run.stdout
    );
}

/// The commands of the example, as a shell runs them.
#[test]
fn the_example_workflow_runs() {
    let folder = Folder::new("workflow");
    let served = Served::start();
    let text = include_str!("../examples/github-workflow.yml");
    let start = |line: &str| line.trim_start().starts_with("mqtt-conformance ");
    let mut lines = text.lines().skip_while(|line| !start(line));
    let mut commands: Vec<String> = Vec::new();
    while let Some(line) = lines.find(|line| start(line)) {
        let mut command = line.trim().to_owned();
        while command.ends_with('\\') {
            command.pop();
            command += lines.next().unwrap().trim();
        }
        commands.push(command);
    }
    let [run, report] = commands.as_slice() else { panic!("{commands:?}") };
    let parts: String = (1..=4)
        .map(|n| {
            run.replace("${{ matrix.shard }}", &n.to_string())
                + " --select 3.12-pingreq --select 3.1-keep-alive\n"
        })
        .collect();
    let script = format!("mqtt-conformance() {{ \"$TOOL\" \"$@\"; }}\nset -e\n{parts}{report}\n");
    let status = Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder.path(""))
        .env("TOOL", env!("CARGO_BIN_EXE_mqtt-conformance"))
        .env("BROKER", &served.url)
        .env("NAME", "Reference")
        .env("GITHUB_STEP_SUMMARY", folder.path("summary.md"))
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    assert!(folder.read("summary.md").contains("| Reference | 25 |"), "{}", folder.read("summary.md"));
}
