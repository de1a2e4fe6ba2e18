//! Proof that no script forbids what the standards allow: the reference broker is switched to each of its liberties, and to
//! combinations of them, and no test of what is demanded fails or stays without an answer.
//!
//! Scripts that do not hold yet stand in `coverage/liberties-open.txt`, a line for each liberty. The list may only become shorter: `UPDATE_LIBERTIES=1` writes it anew.

mod scripts;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::{env, fs};

use mqtt_conformance::lab::{self, Combination, Freedom};
use mqtt_conformance::script::{self, Test};
use mqtt_conformance::server::{Liberties, Liberty};
use mqtt_conformance::statements;

/// How many combinations are tried, and of how many liberties each.
const COMBINATIONS: (usize, usize) = (30, 10);

/// It stays below what a conversation shows; `tests/server/serve.rs` has a test of it.
const BELOW: &str = "pings_over_websocket";

#[test]
fn no_script_forbids_a_liberty() {
    let wanted = env::var("LIBERTIES").unwrap_or_default();
    let chosen = |line: &&Liberty| wanted.is_empty() || wanted.split(',').any(|name| name == line.name);
    let lines: Vec<&Liberty> = Liberties::ALL.iter().filter(chosen).collect();
    let combinations: Vec<_> = lines.iter().map(|line| Combination::of(&[line])).collect();
    let freedom = lab::freedom(&scripts::tests(), &combinations).unwrap();
    if let Some(file) = env::var_os("LIBERTIES_TO") {
        fs::write(file, freedom.lines().join("\n") + "\n").unwrap();
    }
    let harmed = scripts_harmed(&freedom);
    let mut known = open();
    known.retain(|name, _| lines.iter().any(|line| line.name == name));
    if env::var_os("UPDATE_LIBERTIES").is_some() && wanted.is_empty() {
        let lines: Vec<_> =
            harmed.iter().map(|(name, scripts)| format!("{name}: {}\n", joined(scripts))).collect();
        fs::write(open_file(), lines.concat()).unwrap();
        known.clone_from(&harmed);
    }
    let new = difference(&harmed, &known);
    assert!(new.is_empty(), "scripts that are not in liberties-open.txt forbid what is allowed:\n{new}");
    // What was mended may stand in the list for a while: several people mend at once, and a run of all takes minutes.
    print!("mended:\n{}", difference(&known, &harmed));
    let mut unseen = freedom.invisible();
    let shown = shown();
    unseen.retain(|name| *name != BELOW && !shown.contains_key(*name));
    assert_eq!(unseen, Vec::<&str>::new(), "nothing shows these liberties");
}

/// What no script of the suite shows, a script of its own in `tests/liberties` does: it sees another conversation.
#[test]
fn every_liberty_is_seen() {
    for (name, tests) in shown() {
        let line = Liberties::find(&name).unwrap_or_else(|| panic!("no liberty is called {name}"));
        let freedom = lab::freedom(&tests, &[Combination::of(&[line])]).unwrap();
        assert!(freedom.invisible().is_empty(), "its script does not show {name}");
    }
}

/// The scripts that show a liberty, by its name.
fn shown() -> BTreeMap<String, Vec<Arc<Test>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/liberties");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let tests = files.map(|file| {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let path = format!("liberties/{name}.mqs");
        let script = script::parse(&path, &fs::read_to_string(&file).unwrap()).unwrap();
        let tests = script::expand(&script, &path).unwrap();
        (name, tests.into_iter().map(Arc::new).collect())
    });
    tests.collect()
}

#[test]
fn no_script_forbids_liberties_together() {
    let open = open();
    let free: Vec<&Liberty> = Liberties::ALL.iter().filter(|line| !open.contains_key(line.name)).collect();
    let mut random = Random(20_261_130);
    let combinations: Vec<_> = (0..COMBINATIONS.0)
        .map(|_| {
            let mut lines: Vec<&Liberty> = Vec::new();
            while lines.len() < COMBINATIONS.1 {
                let line = free[random.below(free.len())];
                if !lines.iter().any(|chosen| chosen.name == line.name) {
                    lines.push(line);
                }
            }
            Combination::of(&lines)
        })
        .collect();
    let freedom = lab::freedom(&scripts::tests(), &combinations).unwrap();
    assert!(freedom.lines().is_empty(), "{}", freedom.lines().join("\n"));
}

#[test]
fn each_liberty_rests_on_clauses_that_exist() {
    for line in Liberties::ALL {
        for clause in line.statements {
            let (version, place) = clause.split_once('/').unwrap();
            let section = place.split('.').all(|part| part.parse::<u8>().is_ok());
            let found =
                mqtt_codec::Version::ALL.into_iter().filter(|known| known.name() == version).any(|known| {
                    section || statements::statements(known).iter().any(|statement| statement.id == place)
                });
            assert!(found, "{}: {clause}", line.name);
        }
    }
}

/// Numbers that are the same in each run, by a linear congruential generator.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

type Scripts = BTreeMap<String, BTreeSet<String>>;

fn script_of(id: &str) -> &str {
    id.split('[').next().unwrap_or(id)
}

fn scripts_harmed(freedom: &Freedom) -> Scripts {
    let harmed = freedom.harmed.iter().filter(|(_, tests)| !tests.is_empty());
    harmed
        .map(|(name, tests)| (name.clone(), tests.keys().map(|id| script_of(id).to_owned()).collect()))
        .collect()
}

fn open_file() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("coverage/liberties-open.txt")
}

/// The scripts that do not hold yet.
fn open() -> Scripts {
    let text = fs::read_to_string(open_file()).unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.split_once(": "));
    lines.map(|(name, scripts)| (name.to_owned(), scripts.split(' ').map(str::to_owned).collect())).collect()
}

fn joined(scripts: &BTreeSet<String>) -> String {
    scripts.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// What stands in `some` and not in `others`, a line for each liberty.
fn difference(some: &Scripts, others: &Scripts) -> String {
    let none = BTreeSet::new();
    let more = some.iter().map(|(name, scripts)| (name, scripts - others.get(name).unwrap_or(&none)));
    let more = more.filter(|(_, scripts)| !scripts.is_empty());
    more.map(|(name, scripts)| format!("{name}: {}", joined(&scripts))).collect::<Vec<_>>().join("\n")
}
