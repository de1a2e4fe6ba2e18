//! Every test against every fault, and what that shows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io;
use std::sync::Arc;

use super::bench::{Setup, in_parallel, run_in};
use super::wire::WireFault;
use crate::run::{Outcome, Verdict};
use crate::script::{Level, Test};
use crate::server::{Rule, Rules};
use mqtt_codec::Version;

/// What the faults showed.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Matrix {
    /// For each mutant, the tests that cover one of its statements, and whether one of the setups made them fail.
    pub mutants: BTreeMap<&'static str, BTreeMap<String, bool>>,
    /// For each wire fault, the tests that it makes fail.
    pub wire: BTreeMap<String, BTreeSet<String>>,
    /// Tests that did not pass under the standard's own rules, where everything is offered.
    pub unsound: BTreeMap<String, Verdict>,
    /// Tests that passed in no setup, because each lacks what they need.
    pub skipped: BTreeSet<String>,
}

/// A test's id without its variables.
fn script(id: &str) -> &str {
    id.split('[').next().unwrap_or(id)
}

impl Matrix {
    /// Mutants that no test notices that covers their statements.
    pub fn survivors(&self) -> Vec<&'static str> {
        self.mutants
            .iter()
            .filter(|(_, tests)| !tests.values().any(|failed| *failed))
            .map(|(name, _)| *name)
            .collect()
    }

    /// Wire faults that no test notices.
    pub fn unnoticed(&self) -> Vec<&str> {
        self.wire.iter().filter(|(_, tests)| tests.is_empty()).map(|(fault, _)| fault.as_str()).collect()
    }

    /// Scripts that were run and of which no test failed under any mutant of a statement that it covers: nothing shows that they
    /// can fail.
    pub fn unproven(&self, tests: &[Arc<Test>]) -> Vec<String> {
        let mut scripts: BTreeMap<&str, bool> = BTreeMap::new();
        for test in tests.iter().filter(|test| test.level != Level::May && !self.skipped.contains(&test.id)) {
            scripts.entry(script(&test.id)).or_default();
        }
        for (test, failed) in self.mutants.values().flatten() {
            if let Some(proven) = scripts.get_mut(script(test)) {
                *proven |= *failed;
            }
        }
        scripts.into_iter().filter(|(_, proven)| !proven).map(|(script, _)| script.to_owned()).collect()
    }

    /// How many tests were tried under mutants, counted once for each mutant.
    pub fn trials(&self) -> usize {
        self.mutants.values().map(BTreeMap::len).sum()
    }

    /// One line for each fault: which scripts notice a mutant, and scripts of which folders a wire fault. For a snapshot that is
    /// reviewed when it changes.
    pub fn snapshot(&self) -> String {
        let mut lines = String::new();
        let mut line = |name: &str, noticed: BTreeSet<&str>| {
            let noticed: Vec<_> = noticed.into_iter().collect();
            let _ = writeln!(lines, "{name}: {}", noticed.join(" "));
        };
        for (name, tests) in &self.mutants {
            line(name, tests.iter().filter(|(_, failed)| **failed).map(|(id, _)| script(id)).collect());
        }
        for (fault, tests) in &self.wire {
            let folder = |id: &'_ str| script(id).rsplit_once('/').map_or(0, |(folder, _)| folder.len());
            line(fault, tests.iter().filter_map(|id| id.get(..folder(id))).collect());
        }
        lines
    }
}

/// The statements that tests cover, each qualified by its version.
///
/// The list of 3.1 holds only what differs from 3.1.1. Where a script runs for both, what it covers in 3.1.1 counts for 3.1, too.
struct Covers(BTreeMap<String, BTreeSet<String>>);

impl Covers {
    fn of(tests: &[Arc<Test>]) -> Self {
        let mut covers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for test in tests {
            let qualified = test.covers.iter().map(|id| format!("{}/{id}", test.version));
            covers.entry(test.id.clone()).or_default().extend(qualified);
        }
        for test in tests.iter().filter(|test| test.version == Version::V3_1) {
            let twin = test.id.replacen(Version::V3_1.name(), Version::V3_1_1.name(), 1);
            let more = covers.get(&twin).cloned().unwrap_or_default();
            covers.entry(test.id.clone()).or_default().extend(more);
        }
        Self(covers)
    }

    /// Whether a test covers a statement that the rule cites.
    fn concern(&self, rule: &Rule, test: &Test) -> bool {
        let covered = self.0.get(&test.id);
        covered.is_some_and(|ids| rule.statements.iter().any(|statement| ids.contains(*statement)))
    }
}

/// One thing to try.
#[derive(Clone, Copy)]
enum Trial {
    Mutant(&'static Rule, Setup),
    Wire(WireFault),
}

/// Tries tests under the standard's rules, under each mutant those that cover one of its statements, and under each wire fault
/// all of them.
///
/// # Errors
///
/// When the system gives no runtime.
pub fn matrix(tests: &[Arc<Test>], mutants: &[&'static Rule], wire: &[WireFault]) -> io::Result<Matrix> {
    let mut matrix = Matrix::default();
    let mut sound: BTreeMap<Setup, Vec<Arc<Test>>> = BTreeMap::new();
    for setup in Setup::ALL {
        for (test, outcome) in tests.iter().zip(run_in(tests, Rules::standard(), setup, None)?) {
            match outcome.verdict {
                // A fault can be seen only by a test that passes without it.
                Verdict::Pass => sound.entry(setup).or_default().push(Arc::clone(test)),
                // A MAY asks for information only.
                verdict
                    if setup == Setup::Open && verdict != Verdict::Skipped && test.level != Level::May =>
                {
                    matrix.unsound.insert(outcome.id, verdict);
                }
                _ => {}
            }
        }
    }
    let passed: BTreeSet<&str> = sound.values().flatten().map(|test| test.id.as_str()).collect();
    let nowhere = tests.iter().filter(|test| !passed.contains(test.id.as_str()));
    matrix.skipped = nowhere.map(|test| test.id.clone()).collect();

    let trials: Vec<Trial> = mutants
        .iter()
        .flat_map(|rule| Setup::ALL.map(|setup| Trial::Mutant(rule, setup)))
        .chain(wire.iter().map(|fault| Trial::Wire(*fault)))
        .collect();
    let covers = Covers::of(tests);
    for (trial, outcomes) in in_parallel(&trials, |trial| attempt(&sound, &covers, trial)) {
        let outcomes = outcomes?;
        match trial {
            Trial::Mutant(rule, _) => {
                let verdicts = matrix.mutants.entry(rule.name).or_default();
                for outcome in outcomes {
                    *verdicts.entry(outcome.id).or_default() |= outcome.verdict == Verdict::Fail;
                }
            }
            Trial::Wire(fault) => {
                let failed = outcomes.into_iter().filter(|outcome| outcome.verdict == Verdict::Fail);
                matrix.wire.insert(fault.to_string(), failed.map(|outcome| outcome.id).collect());
            }
        }
    }
    Ok(matrix)
}

fn attempt(
    sound: &BTreeMap<Setup, Vec<Arc<Test>>>,
    covers: &Covers,
    trial: Trial,
) -> io::Result<Vec<Outcome>> {
    match trial {
        Trial::Mutant(rule, setup) => {
            let of_setup = sound.get(&setup).into_iter().flatten();
            let concerned: Vec<_> = of_setup.filter(|test| covers.concern(rule, test)).cloned().collect();
            run_in(&concerned, rule.mutant(), setup, None)
        }
        Trial::Wire(fault) => {
            let tests = sound.get(&Setup::Open).map_or(&[][..], Vec::as_slice);
            run_in(tests, Rules::standard(), Setup::Open, Some(fault))
        }
    }
}
