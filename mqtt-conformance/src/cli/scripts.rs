//! Scripts: those that came with the tool, those on disk, and the tests that they stand for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use miette::{GraphicalReportHandler, GraphicalTheme};
use mqtt_codec::Version;
use mqtt_conformance::report::Options;
use mqtt_conformance::script::{self, Problem, Script, Severity, Test};
use mqtt_conformance::vectors;
use serde_json::Value;

use super::output::{Complaint, say};
use super::version;

/// The scripts that came with the tool: path below their folder, and text.
const BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/scripts.rs"));

/// The statements of the three standards, as files of the corpus list them.
const STATEMENTS: [(Version, &str); 3] = [
    (Version::V3_1, include_str!("../../../test-vectors/requirements/3.1.json")),
    (Version::V3_1_1, include_str!("../../../test-vectors/requirements/3.1.1.json")),
    (Version::V5, include_str!("../../../test-vectors/requirements/5.0.json")),
];

/// Which scripts.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_field_names, reason = "the names are those of the arguments")]
pub(super) struct Paths {
    /// Scripts (.mqs), or folders that hold them; without any, those that came with the tool
    #[arg(value_name = "SCRIPT|DIR")]
    pub(super) paths: Vec<PathBuf>,
    /// Besides the given ones, take the scripts that came with the tool; a given one replaces one of the same name
    #[arg(long)]
    built_in: bool,
    /// Bad bytes: each refused vector of these files or folders that a client can send is a test. May be given several times
    #[arg(long, value_name = "FILE|DIR")]
    vectors: Vec<PathBuf>,
}

/// Which tests.
#[derive(Debug, clap::Args)]
pub(super) struct Selection {
    /// Only tests of this version: 3.1, 3.1.1 or 5.0. May be given several times
    #[arg(long, value_parser = version, value_name = "VERSION")]
    version: Vec<Version>,
    /// Only tests whose id holds this text, or fits this pattern of `*` and `?`. May be given several times
    #[arg(long, value_name = "PATTERN")]
    select: Vec<String>,
}

/// A script's text, and where it is from.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// The path below the folder of all scripts, which makes the ids.
    pub(super) path: String,
    /// The name for messages.
    pub(super) file: String,
    pub(super) text: String,
}

impl Paths {
    /// These, and those that came with the tool.
    pub(super) fn all(&self) -> Self {
        Self { paths: self.paths.clone(), built_in: true, vectors: self.vectors.clone() }
    }

    /// The texts, in the order of their paths.
    pub(super) fn read(&self) -> Result<Vec<Source>, Complaint> {
        let mut sources = BTreeMap::new();
        if self.built_in || self.paths.is_empty() && self.vectors.is_empty() {
            for (path, text) in BUILT_IN {
                let file = format!("scripts/{path}");
                let source = Source { path: (*path).to_owned(), file, text: (*text).to_owned() };
                sources.insert((*path).to_owned(), source);
            }
        }
        let mut given = BTreeMap::new();
        for path in &self.paths {
            for (path, name) in find(path)? {
                let text = read(&path)?;
                let source = Source { path: name.clone(), file: path.display().to_string(), text };
                if let Some(other) = given.insert(name.clone(), source.file.clone())
                    && other != source.file
                {
                    let file = source.file;
                    return Err(Complaint::usage(format_args!(
                        "{other} and {file} are both known as {name}"
                    ))
                    .hint("tests are known by the folder and the name of their script; rename one"));
                }
                sources.insert(name, source);
            }
        }
        Ok(sources.into_values().collect())
    }

    /// The tests, after checking every script.
    pub(super) fn tests(&self) -> Result<Vec<Test>, Complaint> {
        let mut tests = Vec::new();
        let mut broken = 0;
        for source in self.read()? {
            match load(&source, None) {
                Ok((script, problems)) => match script::expand(&script, &source.path) {
                    Ok(mut of_script) if problems.iter().all(|p| p.severity == Severity::Warning) => {
                        tests.append(&mut of_script);
                        continue;
                    }
                    Ok(_) => show(&problems),
                    Err(error) => show(&error.problems),
                },
                Err(problems) => show(&problems),
            }
            broken += 1;
        }
        if broken > 0 {
            return Err(Complaint::usage(format_args!("{} broken", scripts(broken))));
        }
        for path in &self.vectors {
            for file in vectors::find(path).map_err(Complaint::usage)? {
                let file = vectors::read(&file).map_err(Complaint::usage)?;
                let of_file = vectors::bad_bytes(&file).map_err(Complaint::usage)?;
                tests.extend(of_file.into_iter().map(Arc::unwrap_or_clone));
            }
        }
        Ok(tests)
    }
}

/// "1 script is", "2 scripts are".
fn scripts(count: usize) -> String {
    if count == 1 { "1 script is".to_owned() } else { format!("{count} scripts are") }
}

impl Selection {
    /// Notes in a report what was selected.
    pub(super) fn describe(&self, options: &mut Options) {
        options.versions = self.version.iter().map(|version| version.name().to_owned()).collect();
        options.select.clone_from(&self.select);
    }

    /// Drops the tests that are not wanted; an error if none is left.
    pub(super) fn apply(&self, mut tests: Vec<Test>) -> Result<Vec<Test>, Complaint> {
        let known = tests.len();
        tests.retain(|test| {
            (self.version.is_empty() || self.version.contains(&test.version))
                && (self.select.is_empty() || self.select.iter().any(|pattern| fits(pattern, &test.id)))
        });
        if tests.is_empty() {
            return Err(Complaint::usage(format_args!("none of {known} tests is selected"))
                .hint("`mqtt-conformance list` shows the ids of all tests"));
        }
        Ok(tests)
    }
}

/// Parses and checks; the problems if it cannot be parsed.
pub(super) fn load(
    source: &Source,
    statements: Option<&Statements>,
) -> Result<(Script, Vec<Problem>), Vec<Problem>> {
    let script = script::parse(&source.file, &source.text).map_err(|error| error.problems)?;
    let knows = statements.map(|statements| |version, id: &str| statements.know(version, id));
    let problems = script::check(&script, knows.as_ref().map(|knows| knows as &script::KnowsStatement<'_>));
    Ok((script, problems))
}

/// Shows problems on stderr, each with its line.
pub(super) fn show(problems: &[Problem]) {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode());
    for problem in problems {
        let mut report = String::new();
        match handler.render_report(&mut report, problem) {
            Ok(()) => say(report.trim_end()),
            Err(_) => say(problem.one_line()),
        }
    }
}

/// Shows what is wrong with a file, and says so in a sentence.
pub(super) fn show_all(file: &str, problems: &[Problem]) -> Complaint {
    show(problems);
    match problems.len() {
        1 => Complaint::usage(format_args!("{file} has a mistake")),
        n => Complaint::usage(format_args!("{file} has {n} mistakes")),
    }
}

/// The text of a file that is given by an option, which the hint explains.
pub(super) fn read_toml(path: &Path, hint: &str) -> Result<String, Complaint> {
    let name = path.display();
    let bytes = std::fs::read(path).map_err(|e| Complaint::usage(format_args!("{name}: {e}")).hint(hint))?;
    String::from_utf8(bytes).map_err(|e| {
        let bytes = e.as_bytes();
        let good = bytes.get(..e.utf8_error().valid_up_to()).unwrap_or_default();
        let line = good.split(|byte| *byte == b'\n').count();
        Complaint::usage(format_args!("{name}:{line}: {}", e.utf8_error())).hint("the file has to be UTF-8")
    })
}

/// The ids of all statements.
pub(super) struct Statements(Vec<(Version, Arc<str>)>);

impl Statements {
    pub(super) fn read() -> Result<Self, Complaint> {
        let mut ids = Vec::new();
        for (version, text) in STATEMENTS {
            let list: Vec<Value> = serde_json::from_str(text)
                .map_err(|e| Complaint::usage(format_args!("the list of statements of {version}: {e}")))?;
            let names = list.iter().filter_map(|statement| statement.get("id")?.as_str());
            ids.extend(names.map(|id| (version, Arc::from(id))));
        }
        ids.sort();
        Ok(Self(ids))
    }

    fn know(&self, version: Version, id: &str) -> bool {
        self.0.binary_search_by(|(v, known)| (*v, &**known).cmp(&(version, id))).is_ok()
    }
}

fn read(path: &Path) -> Result<String, Complaint> {
    let bytes = std::fs::read(path).map_err(|e| Complaint::usage(format_args!("{}: {e}", path.display())))?;
    String::from_utf8(bytes).map_err(|e| Complaint::usage(format_args!("{}: {e}", path.display())))
}

/// The scripts that a path means, each with its path below the folder of all scripts.
pub(super) fn find(path: &Path) -> Result<Vec<(PathBuf, String)>, Complaint> {
    if !path.is_dir() {
        return Ok(vec![(path.to_owned(), name_of_file(path))]);
    }
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        let io = |e| Complaint::usage(format_args!("{}: {e}", folder.display()));
        for entry in std::fs::read_dir(&folder).map_err(io)? {
            let entry = entry.map_err(io)?.path();
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "mqs") {
                // A folder of scripts within the folder of all is an area, and stays in the ids.
                let name = match entry.strip_prefix(path) {
                    Ok(below) if below.components().count() > 1 => join(below),
                    _ => name_of_file(&entry),
                };
                found.push((entry, name));
            }
        }
    }
    if found.is_empty() {
        return Err(Complaint::usage(format_args!("{}: no script (.mqs) in this folder", path.display())));
    }
    found.sort();
    Ok(found)
}

/// Folder and name of a script, such as `4.7-topics/matching.mqs`.
fn name_of_file(path: &Path) -> String {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let parts: Vec<_> = whole.components().collect();
    let last_two: PathBuf = parts.get(parts.len().saturating_sub(2)..).unwrap_or(&parts).iter().collect();
    join(&last_two)
}

fn join(path: &Path) -> String {
    let parts: Vec<_> = path
        .components()
        .filter(|part| matches!(part, std::path::Component::Normal(_)))
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    parts.join("/")
}

/// Whether a test's id holds a text, or is all of a pattern.
fn fits(pattern: &str, id: &str) -> bool {
    if !pattern.contains(['*', '?']) {
        return id.contains(pattern);
    }
    let pattern: Vec<char> = pattern.chars().collect();
    // Which beginnings of the pattern fit what has been read of the id.
    let mut reached = vec![false; pattern.len() + 1];
    let stars = |reached: &mut Vec<bool>| {
        for (i, c) in pattern.iter().enumerate() {
            if *c == '*'
                && reached.get(i) == Some(&true)
                && let Some(next) = reached.get_mut(i + 1)
            {
                *next = true;
            }
        }
    };
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    stars(&mut reached);
    for c in id.chars() {
        let mut next = vec![false; pattern.len() + 1];
        for (i, p) in pattern.iter().enumerate() {
            if reached.get(i) != Some(&true) {
                continue;
            }
            let to = if *p == '*' { i } else { i + 1 };
            if (*p == c || matches!(p, '*' | '?'))
                && let Some(cell) = next.get_mut(to)
            {
                *cell = true;
            }
        }
        stars(&mut next);
        reached = next;
    }
    reached.last() == Some(&true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selects_by_text_or_pattern() {
        let id = "5.0/4.7-topics/matching[filter=sport/#,topic=sport]";
        for pattern in
            ["", "topics", "5.0/", "*", "5.0/*", "*/matching*", "?.0/4.7-topics/*", "**[*]", "*sport]"]
        {
            assert!(fits(pattern, id), "{pattern}");
        }
        for pattern in ["topic s", "5.0", "4.7*", "*/matching", "?", "5.0/?"] {
            assert_eq!(fits(pattern, id), pattern == "5.0", "{pattern}");
        }
    }

    #[test]
    fn names_a_script_by_folder_and_file() {
        assert_eq!(name_of_file(Path::new("/x/scripts/4.7-topics/matching.mqs")), "4.7-topics/matching.mqs");
        assert_eq!(name_of_file(Path::new("/matching.mqs")), "matching.mqs");
    }

    #[test]
    fn the_scripts_that_come_along_are_sound() {
        let paths = Paths { paths: Vec::new(), built_in: false, vectors: Vec::new() };
        let statements = Statements::read().unwrap();
        assert!(statements.know(Version::V5, "MQTT-3.3.1-4"));
        assert!(!statements.know(Version::V5, "MQTT-3.3.1-400"));
        for source in paths.read().unwrap() {
            let problems = load(&source, Some(&statements)).map_or_else(|p| p, |(_, p)| p);
            assert!(problems.is_empty(), "{:?}", problems.iter().map(Problem::one_line).collect::<Vec<_>>());
        }
    }
}
