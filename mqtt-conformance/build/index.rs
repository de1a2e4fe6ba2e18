//! Which lines have to do with which statement: scripts, rules, code, and vectors.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::files;

/// Which statements each version has.
type Statements = BTreeMap<&'static str, BTreeSet<String>>;

const VERSIONS: [(&str, &str); 3] = [("3.1", "v3.1"), ("3.1.1", "v3.1.1"), ("5.0", "v5.0")];

/// Rust constants that `src/suite/index.rs` includes.
pub(super) fn write(root: &Path) -> Result<String, Box<dyn Error>> {
    let vectors = root.join("../test-vectors");
    let statements = statements(&vectors)?;
    let mut text = String::new();
    constant(&mut text, "SCRIPTS", &scripts(root)?)?;
    constant(&mut text, "RULES", &switches(root, "rule_table.rs")?)?;
    constant(&mut text, "LIBERTIES", &switches(root, "liberty_table.rs")?)?;
    constant(&mut text, "BROKER", &code(&root.join("src/server"), "src/server", true, &statements)?)?;
    // A package has neither of these beside it.
    let codec = root.join("../mqtt-codec/src");
    let has_codec = codec.is_dir();
    let lines = if has_codec { code(&codec, "mqtt-codec/src", false, &statements)? } else { Vec::new() };
    constant(&mut text, "CODEC", &lines)?;
    writeln!(text, "pub(super) const HAS_CODEC: bool = {has_codec};")?;
    constant(&mut text, "VECTORS", &vectors_of(&vectors)?)?;
    Ok(text)
}

/// What an id has to do with: the id, the file, the line, and a text.
type Entry = (String, String, usize, String);

fn constant(out: &mut String, name: &str, entries: &[Entry]) -> Result<(), Box<dyn Error>> {
    writeln!(out, "pub(super) const {name}: &[Entry] = &[")?;
    for (id, file, line, text) in entries {
        writeln!(out, "    Entry {{ id: {id:?}, file: {file:?}, line: {line}, text: {text:?} }},")?;
    }
    writeln!(out, "];")?;
    Ok(())
}

fn statements(vectors: &Path) -> Result<Statements, Box<dyn Error>> {
    let mut all = Statements::new();
    for (version, _) in VERSIONS {
        let file = vectors.join("requirements").join(format!("{version}.json"));
        println!("cargo::rerun-if-changed={}", file.display());
        let list: Vec<Value> = serde_json::from_str(&fs::read_to_string(file)?)?;
        let ids = list.iter().filter_map(|statement| statement["id"].as_str()).map(str::to_owned);
        all.insert(version, ids.collect());
    }
    Ok(all)
}

/// The `covers:` lines of the scripts.
fn scripts(root: &Path) -> Result<Vec<Entry>, Box<dyn Error>> {
    let mut entries = Vec::new();
    for (name, path) in files(&root.join("scripts"), "mqs")? {
        println!("cargo::rerun-if-changed={}", path.display());
        for (number, line) in fs::read_to_string(path)?.lines().enumerate() {
            let Some(ids) = line.strip_prefix("covers:") else { continue };
            let ids = ids.split('#').next().unwrap_or_default().split([' ', '\t', ',']);
            let id = name.trim_end_matches(".mqs").to_owned();
            for statement in ids.filter(|id| !id.is_empty()) {
                entries.push((statement.to_owned(), format!("scripts/{name}"), number + 1, id.clone()));
            }
        }
    }
    Ok(entries)
}

/// Where the switches of the reference broker stand in one of its tables, by their names.
fn switches(root: &Path, table: &str) -> Result<Vec<Entry>, Box<dyn Error>> {
    let mut entries = Vec::new();
    for (name, path) in files(&root.join("src/server"), "rs")? {
        if name != table {
            continue;
        }
        println!("cargo::rerun-if-changed={}", path.display());
        for (number, line) in fs::read_to_string(path)?.lines().enumerate() {
            let line = line.trim_start();
            if let Some((switch, statements)) = line.split_once(' ')
                && statements.starts_with("[\"")
            {
                entries.push((switch.to_owned(), format!("src/server/{name}"), number + 1, String::new()));
            }
        }
    }
    Ok(entries)
}

/// The lines of code that cite statements, but those of the tables of switches.
fn code(
    folder: &Path,
    shown_as: &str,
    in_brackets: bool,
    known: &Statements,
) -> Result<Vec<Entry>, Box<dyn Error>> {
    let mut entries = Vec::new();
    for (name, path) in files(folder, "rs")? {
        println!("cargo::rerun-if-changed={}", path.display());
        if name.ends_with("_table.rs") {
            continue;
        }
        let text = fs::read_to_string(path)?;
        let of_file = match name.split('/').next() {
            Some("v3") => &VERSIONS[..2],
            Some("v5") => &VERSIONS[2..],
            _ => &VERSIONS[..],
        };
        let lines: Vec<&str> = text.lines().collect();
        for (start, qualified, id) in cited(&text) {
            if in_brackets && !is_in_brackets(&text[..start]) {
                continue;
            }
            let number = text[..start].matches('\n').count();
            let among: Vec<&str> = match qualified {
                Some(version) => vec![version],
                None => match of_table(&text[..start]) {
                    Some(version) => vec![version],
                    None => of_file.iter().map(|(version, _)| *version).collect(),
                },
            };
            let having: Vec<&str> = among
                .into_iter()
                .filter(|version| known.get(version).is_some_and(|ids| ids.contains(id)))
                .collect();
            // An id without a version that two standards have could be either's.
            if let [version] = having[..] {
                let entry = (
                    format!("{version}/{id}"),
                    format!("{shown_as}/{name}"),
                    number + 1,
                    what_is_there(&lines[number..]),
                );
                if entries.last() != Some(&entry) {
                    entries.push(entry);
                }
            }
        }
    }
    Ok(entries)
}

/// Whether a bracket is open at the end of a line: a citation stands in brackets, an example does not.
fn is_in_brackets(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default();
    line.rfind('[') > line.rfind(']')
}

/// The ids of statements in a text: where each begins, the version before it, and the id.
fn cited(text: &str) -> Vec<(usize, Option<&str>, &str)> {
    let mut found = Vec::new();
    for mark in ["MQTT-", "V31-"] {
        for (start, _) in text.match_indices(mark) {
            let end = text[start..].find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.')));
            let id = text[start..end.map_or(text.len(), |end| start + end)].trim_end_matches(['.', '-']);
            let version = text[..start].strip_suffix('/').and_then(|before| {
                VERSIONS.iter().rev().map(|(version, _)| *version).find(|version| before.ends_with(version))
            });
            found.push((start, version, id));
        }
    }
    found.sort_unstable();
    found
}

/// The version of a place in `per(<3.1>, <3.1.1>, <5.0>)`, as the codec's table of rules has it.
fn of_table(before: &str) -> Option<&'static str> {
    let inside = &before[before.rfind("per(")? + "per(".len()..];
    let (mut depth, mut column) = (0_i32, 0);
    for c in inside.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => column += 1,
            _ => {}
        }
        if depth < 0 {
            return None;
        }
    }
    VERSIONS.get(column).map(|(version, _)| *version)
}

/// The code at a line, or the next code after a comment.
fn what_is_there(lines: &[&str]) -> String {
    let code = lines.iter().map(|line| line.trim()).find(|line| !line.is_empty() && !line.starts_with("//"));
    let code = code.map_or("", |line| line.split(" // ").next().unwrap_or(line));
    code.chars().take(90).collect()
}

/// The vectors that name statements.
fn vectors_of(folder: &Path) -> Result<Vec<Entry>, Box<dyn Error>> {
    let mut entries = Vec::new();
    for (version, below) in VERSIONS {
        let folder = folder.join(below);
        if !folder.is_dir() {
            continue;
        }
        for (name, path) in files(&folder, "json")? {
            println!("cargo::rerun-if-changed={}", path.display());
            let text = fs::read_to_string(path)?;
            let file: Value = serde_json::from_str(&text)?;
            let mut from = 0;
            for vector in file["vectors"].as_array().into_iter().flatten() {
                let id = vector["id"].as_str().unwrap_or_default();
                // In the order of the file.
                from += text[from..].find(&format!("\"id\": \"{id}\"")).unwrap_or_default();
                let line = text[..from].matches('\n').count() + 1;
                for statement in vector["covers"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                    let file = format!("test-vectors/{below}/{name}");
                    entries.push((format!("{version}/{statement}"), file, line, id.to_owned()));
                }
            }
        }
    }
    Ok(entries)
}
