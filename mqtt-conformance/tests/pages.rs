//! The commands that README and the pages of documentation show: the tool takes all of them, and answers as the page says.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A command of a page, and what the page shows behind it.
struct Shown {
    page: String,
    command: String,
    output: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The commands in the console blocks of a page.
fn commands(page: &str) -> Vec<Shown> {
    let text = fs::read_to_string(root().join(page)).unwrap_or_else(|error| panic!("{page}: {error}"));
    let mut shown: Vec<Shown> = Vec::new();
    let mut inside = false;
    for line in text.lines().map(str::trim_start) {
        let last = shown.last_mut().filter(|_| inside);
        match (line.strip_prefix("$ "), last) {
            _ if line.starts_with("```") => inside = line == "```console",
            (Some(command), _) if inside => {
                shown.push(Shown {
                    page: page.to_owned(),
                    command: command.to_owned(),
                    output: String::new(),
                });
            }
            (None, Some(last)) if last.command.ends_with('\\') => {
                last.command.pop();
                last.command.push_str(line);
            }
            (None, Some(last)) => {
                last.output.push_str(line);
                last.output.push('\n');
            }
            _ => {}
        }
    }
    shown
}

fn pages() -> Vec<String> {
    let mut pages = vec!["README.md".to_owned(), "test-vectors/README.md".to_owned()];
    for entry in fs::read_dir(root().join("mqtt-conformance/docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap();
            pages.push(format!("mqtt-conformance/docs/{name}"));
        }
    }
    pages
}

/// Runs a line in a shell that finds the tool.
fn shell(line: &str) -> (bool, String, String) {
    let tool = Path::new(env!("CARGO_BIN_EXE_mqtt-conformance")).parent().unwrap();
    let path = format!("{}:{}", tool.display(), std::env::var("PATH").unwrap_or_default());
    let done = Command::new("sh")
        .args(["-c", line])
        .current_dir(root())
        .env("PATH", path)
        .output()
        .expect("a shell");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (done.status.success(), text(done.stdout), text(done.stderr))
}

#[test]
fn the_tool_takes_every_command() {
    let mut tried = 0;
    for shown in pages().iter().flat_map(|page| commands(page)) {
        // With --help behind it, a command is read and not run: an unknown option is found first.
        for part in
            shown.command.split('|').map(str::trim).filter(|part| part.starts_with("mqtt-conformance "))
        {
            let (taken, _, error) = shell(&format!("{part} --help"));
            assert!(taken, "{}: {part}\n{error}", shown.page);
            tried += 1;
        }
    }
    assert!(tried > 20, "{tried} commands");
}

#[test]
fn answers_are_as_shown() {
    let mut tried = 0;
    for shown in pages().iter().flat_map(|page| commands(page)).filter(|shown| !shown.output.is_empty()) {
        let (_, output, error) = shell(&shown.command);
        assert_eq!(output, shown.output, "{}: {}\n{error}", shown.page, shown.command);
        tried += 1;
    }
    assert!(tried >= 2, "{tried} answers");
}

#[test]
fn ci_runs_the_first_two_commands_of_the_readme() {
    let shown = commands("README.md");
    for (shown, step) in shown.iter().zip(["embedded", "tests"]) {
        let step = fs::read_to_string(root().join(".ci/steps").join(step)).unwrap();
        assert!(step.contains(&shown.command), "{}", shown.command);
    }
}

#[test]
fn links_lead_to_files() {
    for page in pages().into_iter().chain(["ARCHITECTURE.md".to_owned(), "CONTRIBUTING.md".to_owned()]) {
        let text = fs::read_to_string(root().join(&page)).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            let target = target.split_whitespace().collect::<String>();
            if !target.is_empty() && !target.contains("://") {
                let path = root().join(&page).parent().unwrap().join(&target);
                assert!(path.exists(), "{page} links to {target}");
            }
        }
    }
}
