//! Scripts: those that are built in, those on disk, and the tests that they stand for.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::Error;
use crate::script::{self, KnowsStatement, Problem, Severity, Test};
use crate::statements::is_statement;
use crate::vectors;

/// The scripts that are built in: path below their folder, and text.
pub const BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/scripts.rs"));

/// Where scripts are taken from.
#[derive(Clone, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "the command line fills it in")]
pub struct Places {
    /// Scripts (`.mqs`), or folders that hold them.
    pub paths: Vec<PathBuf>,
    /// The built-in scripts too. One of `paths` replaces one of the same name.
    pub built_in: bool,
    /// Files or folders of vectors: each refused one that a client can send is a test.
    pub vectors: Vec<PathBuf>,
}

/// A script's text, and where it is from.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a script is a name and a text")]
pub struct Source {
    /// The path below the folder of all scripts, which makes the ids.
    pub path: String,
    /// The name for messages.
    pub file: String,
    /// What it says.
    pub text: String,
}

impl Source {
    /// Its tests, and the warnings about it.
    ///
    /// # Errors
    ///
    /// The problems, if it cannot be used.
    pub fn tests(&self) -> Result<(Vec<Test>, Vec<Problem>), Vec<Problem>> {
        self.expand(None)
    }

    /// As [`tests`](Self::tests), with the ids of statements looked up.
    ///
    /// # Errors
    ///
    /// The problems, if it cannot be used.
    pub fn check(&self) -> Result<(Vec<Test>, Vec<Problem>), Vec<Problem>> {
        self.expand(Some(&is_statement))
    }

    fn expand(&self, knows: Option<&KnowsStatement<'_>>) -> Result<(Vec<Test>, Vec<Problem>), Vec<Problem>> {
        let script = script::parse(&self.file, &self.text).map_err(|error| error.problems)?;
        let problems = script::check(&script, knows);
        if problems.iter().any(|problem| problem.severity == Severity::Error) {
            return Err(problems);
        }
        match script::expand(&script, &self.path) {
            Ok(tests) => Ok((tests, problems)),
            Err(error) => Err(error.problems),
        }
    }
}

impl Places {
    /// The built-in scripts, and nothing else.
    #[must_use]
    pub fn built_in() -> Self {
        Self { built_in: true, ..Self::default() }
    }

    /// The tests of one built-in script, by the id of a test: with or without its case.
    ///
    /// # Errors
    ///
    /// Never, as a test of this package shows.
    pub fn tests_of(id: &str) -> Result<Vec<Test>, Error> {
        let script = id.split('[').next().unwrap_or(id);
        let Some((_, name)) = script.split_once('/') else { return Ok(Vec::new()) };
        let path = format!("{name}.mqs");
        let Some((_, text)) = BUILT_IN.iter().find(|(known, _)| *known == path) else {
            return Ok(Vec::new());
        };
        let source = Source { file: format!("scripts/{path}"), path, text: (*text).to_owned() };
        match source.tests() {
            Ok((tests, _)) => Ok(tests),
            Err(problems) => Err(Error::new("the script is broken").with_problems(problems)),
        }
    }

    /// The texts, in the order of their paths.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or two are known by the same name.
    pub fn read(&self) -> Result<Vec<Source>, Error> {
        let mut sources = BTreeMap::new();
        if self.built_in {
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
                    return Err(Error::new(format_args!("{other} and {file} have the same name, {name}"))
                        .with_hint(
                            "the ids of tests begin with the folder and the name of the script; rename one",
                        ));
                }
                sources.insert(name, source);
            }
        }
        Ok(sources.into_values().collect())
    }

    /// The tests, after checking every script.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or used; with the mistakes of all scripts.
    pub fn tests(&self) -> Result<Vec<Test>, Error> {
        let (mut tests, mut problems, mut broken) = (Vec::new(), Vec::new(), 0);
        for source in self.read()? {
            match source.tests() {
                Ok((mut of_script, _)) => tests.append(&mut of_script),
                Err(mut of_script) => {
                    problems.append(&mut of_script);
                    broken += 1;
                }
            }
        }
        if broken > 0 {
            let scripts =
                if broken == 1 { "1 script is".to_owned() } else { format!("{broken} scripts are") };
            return Err(Error::new(format_args!("{scripts} broken")).with_problems(problems));
        }
        for path in &self.vectors {
            for file in vectors::find(path).map_err(Error::new)? {
                let file = vectors::read(&file).map_err(Error::new)?;
                let of_file = vectors::bad_bytes(&file).map_err(Error::new)?;
                tests.extend(of_file.into_iter().map(Arc::unwrap_or_clone));
            }
        }
        Ok(tests)
    }
}

/// The longest script, in bytes.
const MAX_SCRIPT: u64 = 1 << 20;

fn read(path: &Path) -> Result<String, Error> {
    let wrong = |e: &dyn std::fmt::Display| Error::new(format_args!("{}: {e}", path.display()));
    let file = std::fs::File::open(path).map_err(|e| wrong(&e))?;
    let mut bytes = Vec::new();
    file.take(MAX_SCRIPT + 1).read_to_end(&mut bytes).map_err(|e| wrong(&e))?;
    if bytes.len() > usize::try_from(MAX_SCRIPT).unwrap_or(usize::MAX) {
        return Err(wrong(&format_args!("a script has at most {MAX_SCRIPT} bytes")));
    }
    String::from_utf8(bytes).map_err(|e| wrong(&e))
}

/// The scripts that a path means, each with its path below the folder of all scripts.
///
/// # Errors
///
/// When a folder cannot be read, has no script, or holds what is called a script and is no file.
pub fn find(path: &Path) -> Result<Vec<(PathBuf, String)>, Error> {
    if !path.is_dir() {
        return Ok(vec![(path.to_owned(), name_of_file(path))]);
    }
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    // By their true names: links may lead back.
    let mut visited = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        let io = |e| Error::new(format_args!("{}: {e}", folder.display()));
        if !visited.insert(folder.canonicalize().map_err(io)?) {
            continue;
        }
        for entry in std::fs::read_dir(&folder).map_err(io)? {
            let entry = entry.map_err(io)?.path();
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "mqs") {
                let metadata = std::fs::metadata(&entry);
                let metadata = metadata.map_err(|e| Error::new(format_args!("{}: {e}", entry.display())))?;
                // A pipe would be waited for.
                if !metadata.is_file() {
                    return Err(Error::new(format_args!("{} is no file", entry.display())));
                }
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
        return Err(Error::new(format_args!("{}: no script (.mqs) in this folder", path.display())));
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
        .filter(|part| matches!(part, Component::Normal(_)))
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_a_script_by_folder_and_file() {
        assert_eq!(name_of_file(Path::new("/x/scripts/4.7-topics/matching.mqs")), "4.7-topics/matching.mqs");
        assert_eq!(name_of_file(Path::new("/matching.mqs")), "matching.mqs");
    }

    #[test]
    fn the_built_in_scripts_are_sound() {
        for source in Places::built_in().read().unwrap() {
            let problems = source.check().map_or_else(|problems| problems, |(_, problems)| problems);
            assert!(problems.is_empty(), "{:?}", problems.iter().map(Problem::one_line).collect::<Vec<_>>());
        }
    }
}
