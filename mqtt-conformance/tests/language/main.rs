//! The script language from the outside: what it accepts, what it says about mistakes, and what a script
//! stands for. The reference page is tested line by line.

mod checks;
mod expansion;
mod layout;
mod mistakes;
mod packets;
mod reference;

use std::fs;
use std::path::{Path, PathBuf};

use mqtt_conformance::script::{self, Action, Expected, Script, Severity, Step, Test};

const HEAD: &str = "# A test.\nversion: 3.1.1 5.0\n";

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[track_caller]
fn parsed(source: &str) -> Script {
    script::parse("t.mqs", source).unwrap_or_else(|e| {
        let all: Vec<String> = e.problems.iter().map(script::Problem::one_line).collect();
        panic!("{}\n{source}", all.join("\n"))
    })
}

fn lines(problems: &[script::Problem]) -> Vec<String> {
    problems
        .iter()
        .map(|p| {
            let hint = p.hint.as_ref().map_or_else(String::new, |h| format!(" / {h}"));
            let kind = if p.severity == Severity::Warning { "warning: " } else { "" };
            format!("{}:{}: {kind}{p}{hint}", p.line(), p.column())
        })
        .collect()
}

/// The problems of parsing, else of checking.
fn problems(source: &str) -> Vec<String> {
    match script::parse("t.mqs", source) {
        Err(e) => lines(&e.problems),
        Ok(s) => {
            let knows = |_, id: &str| id != "MQTT-9.9.9-9";
            lines(&script::check(&s, Some(&knows)))
        }
    }
}

/// Checks what is said about a body that follows the two lines of [`HEAD`].
#[track_caller]
fn check_body(body: &str, expected: &[&str]) {
    assert_eq!(problems(&format!("{HEAD}{body}")), expected, "{body}");
}

#[track_caller]
fn tests(source: &str) -> Vec<Test> {
    script::expand(&parsed(source), "area/name.mqs").unwrap()
}

fn sketch(steps: &[Step]) -> Vec<String> {
    steps
        .iter()
        .map(|s| match &s.action {
            Action::Open { connection, version } => format!("{connection} opens {version}"),
            Action::Send { connection, packet, fields, .. } => {
                let fields: Vec<String> = fields.iter().map(ToString::to_string).collect();
                format!("{connection} > {packet} {}", fields.join(" ")).trim_end().to_owned()
            }
            Action::Expect { connection, expected: Expected::Packet { packet, fields }, .. } => {
                let fields: Vec<String> = fields.iter().map(ToString::to_string).collect();
                format!("{connection} < {packet} {}", fields.join(" ")).trim_end().to_owned()
            }
            Action::Expect { connection, expected: Expected::Nothing, .. } => {
                format!("{connection} < nothing")
            }
            Action::Close { connection } => format!("{connection} closes"),
            Action::Drop { connection } => format!("{connection} drops"),
            Action::Skip(_) => "skips".to_owned(),
            Action::AnyOrder(branches) | Action::Either(branches) => {
                let all: Vec<String> = branches.iter().map(|b| sketch(b).join("; ")).collect();
                format!("({})", all.join(" | "))
            }
            Action::Expect { connection, expected: Expected::Closed { reason }, .. } => {
                let reason = reason.as_ref().map(ToString::to_string).unwrap_or_default();
                format!("{connection} < closed {reason}").trim_end().to_owned()
            }
            Action::SendRaw { connection, parts, .. } => {
                let parts: Vec<String> = parts.iter().map(ToString::to_string).collect();
                format!("{connection} > {}", parts.join(" "))
            }
            other => format!("{other:?}"),
        })
        .collect()
}

fn scripts(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            scripts(&path, found);
        } else if path.extension().is_some_and(|e| e == "mqs") {
            found.push(path);
        }
    }
}

fn reference_examples() -> Vec<(usize, String)> {
    let page = fs::read_to_string(folder().join("docs/language.md")).unwrap();
    let mut examples = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (i, line) in page.lines().enumerate() {
        match &mut open {
            None if line == "```mqs" => open = Some((i + 1, String::new())),
            None => {}
            Some(_) if line == "```" => examples.extend(open.take()),
            Some((_, text)) => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    assert!(open.is_none());
    examples
}
