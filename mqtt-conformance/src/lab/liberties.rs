//! Every test against every liberty: none may fail for what the standards leave free.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use mqtt_codec::Version;

use super::bench::{Setup, in_parallel, run_free};
use crate::run::{Outcome, Verdict};
use crate::script::{Level, Test};
use crate::server::{Liberties, Liberty};

/// What the liberties showed.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Freedom {
    /// For each liberty, or combination of some, the tests that it harms: they fail, or cannot be judged, though the broker is as
    /// right as before; each with what it says.
    pub harmed: BTreeMap<String, BTreeMap<String, String>>,
    /// For each of them, the tests that it makes the runner skip, each with the reason.
    pub skipped: BTreeMap<String, BTreeMap<String, String>>,
    /// For each of them, how many tests saw another conversation than without it, or at another time.
    pub changed: BTreeMap<String, usize>,
}

impl Freedom {
    /// Liberties that change no conversation: nothing shows that they are switched.
    pub fn invisible(&self) -> Vec<&str> {
        self.changed.iter().filter(|(_, tests)| **tests == 0).map(|(name, _)| name.as_str()).collect()
    }

    /// One line for each test that a liberty harms.
    pub fn lines(&self) -> Vec<String> {
        let pairs = self.harmed.iter().flat_map(|(name, tests)| tests.iter().map(move |test| (name, test)));
        pairs.map(|(name, (id, what))| format!("{name}\t{id}\t{what}")).collect()
    }
}

/// Liberties that are tried together, under a name.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Combination {
    /// What it is called: the names of its liberties.
    pub name: String,
    /// The liberties.
    pub liberties: Liberties,
    /// The versions that all of them concern.
    pub versions: BTreeSet<Version>,
}

impl Combination {
    /// Some liberties together.
    #[must_use]
    pub fn of(lines: &[&Liberty]) -> Self {
        let mut liberties = Liberties::default();
        let mut versions: BTreeSet<Version> = Version::ALL.into_iter().collect();
        for line in lines {
            (line.set)(&mut liberties, true);
            let concerned = |version: &Version| {
                line.statements.iter().any(|clause| clause.split('/').next() == Some(version.name()))
            };
            versions.retain(concerned);
        }
        let names: Vec<_> = lines.iter().map(|line| line.name).collect();
        Self { name: names.join(" + "), liberties, versions }
    }
}

/// Tries tests under liberties, each combination by itself, in each setup in which the tests pass without it.
///
/// A recommendation or a permission that is not taken is no harm: only tests of what is demanded count.
///
/// # Errors
///
/// When the system gives no runtime.
pub fn freedom(tests: &[Arc<Test>], combinations: &[Combination]) -> io::Result<Freedom> {
    let mut plain: BTreeMap<Setup, Vec<(Arc<Test>, Outcome)>> = BTreeMap::new();
    for setup in [Setup::Open, Setup::Login] {
        let outcomes = run_free(tests, Liberties::default(), setup)?;
        let passed =
            tests.iter().cloned().zip(outcomes).filter(|(_, outcome)| outcome.verdict == Verdict::Pass);
        plain.insert(setup, passed.collect());
    }
    // Under a login only what needs one says something new.
    let open: BTreeSet<String> =
        plain.get(&Setup::Open).into_iter().flatten().map(|(test, _)| test.id.clone()).collect();
    if let Some(login) = plain.get_mut(&Setup::Login) {
        login.retain(|(test, _)| !open.contains(&test.id));
    }

    let trials: Vec<(&Combination, Setup)> = combinations
        .iter()
        .flat_map(|combination| plain.keys().map(move |setup| (combination, *setup)))
        .collect();
    let mut freedom = Freedom::default();
    let attempts = in_parallel(&trials, |(combination, setup)| attempt(&plain, combination, setup));
    for ((combination, _), attempt) in attempts {
        let attempt = attempt?;
        *freedom.changed.entry(combination.name.clone()).or_default() += attempt.changed;
        freedom.harmed.entry(combination.name.clone()).or_default().extend(attempt.harmed);
        freedom.skipped.entry(combination.name.clone()).or_default().extend(attempt.skipped);
    }
    Ok(freedom)
}

#[derive(Default)]
struct Attempt {
    harmed: BTreeMap<String, String>,
    skipped: BTreeMap<String, String>,
    changed: usize,
}

fn attempt(
    plain: &BTreeMap<Setup, Vec<(Arc<Test>, Outcome)>>,
    combination: &Combination,
    setup: Setup,
) -> io::Result<Attempt> {
    let concerned: Vec<_> = plain
        .get(&setup)
        .into_iter()
        .flatten()
        .filter(|(test, _)| combination.versions.contains(&test.version))
        .collect();
    let tests: Vec<_> = concerned.iter().map(|(test, _)| Arc::clone(test)).collect();
    let outcomes = run_free(&tests, combination.liberties, setup)?;
    let mut attempt = Attempt::default();
    for ((test, before), after) in concerned.into_iter().zip(outcomes) {
        attempt.changed += usize::from(before.transcript != after.transcript);
        match after.verdict {
            Verdict::Pass => {}
            Verdict::Skipped => {
                attempt.skipped.insert(after.id, after.reason.unwrap_or_default());
            }
            // No statement obliges a broker to take a client.
            Verdict::Inconclusive if after.failure.is_some() && after.reason.is_some() => {
                attempt.skipped.insert(after.id, after.reason.unwrap_or_default());
            }
            verdict if test.level == Level::Must => {
                attempt.harmed.insert(after.id.clone(), said(verdict, &after));
            }
            _ => {}
        }
    }
    Ok(attempt)
}

/// What a test says that did not pass, in one line.
fn said(verdict: Verdict, outcome: &Outcome) -> String {
    let what = match (&outcome.failure, &outcome.reason) {
        (Some(failure), _) => format!("line {}: {}; got {}", failure.line, failure.step, failure.got),
        (None, Some(reason)) => reason.clone(),
        (None, None) => String::new(),
    };
    format!("{verdict:?}: {what}").replace(['\n', '\t'], " ")
}
