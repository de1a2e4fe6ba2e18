//! The lab: tests against the reference broker in memory, in virtual time, and the proof that each of them can fail.
//!
//! Each test gets a broker of its own, connected by pipes, under tokio's paused clock: waiting costs no time, and runs
//! repeat exactly. A *mutant* is the standard with one [`Rule`] switched off; a test that claims to cover a statement of that
//! rule has to notice.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::DuplexStream;
use tokio::task::LocalSet;

use crate::run::{Config, Connector, Outcome, Verdict, run_test};
use crate::script::{Level, Test};
use crate::server::serve::Server;
use crate::server::{AUTHENTICATION_METHOD, Limits, Rule, Rules};

/// Connections to a broker in memory.
#[derive(Debug)]
struct Pipes(Server);

impl Connector for Pipes {
    type Stream = DuplexStream;

    async fn connect(&self, _: &str) -> io::Result<DuplexStream> {
        Ok(self.0.connect())
    }
}

/// What a run in the lab knows of the reference broker: it offers enhanced authentication, and nothing that needs to be
/// configured.
#[must_use]
pub fn config() -> Config {
    let mut config = Config::default();
    config.missing.remove("enhanced-auth");
    debug_assert!(!AUTHENTICATION_METHOD.is_empty());
    config
}

/// Runs tests against the reference broker with these rules, each against a fresh one; outcomes in the order of the tests.
///
/// # Errors
///
/// When the system gives no runtime.
pub fn run(tests: &[Arc<Test>], rules: Rules) -> io::Result<Vec<Outcome>> {
    run_against(tests, move || Pipes(Server::start(rules, Limits::default())))
}

/// Runs tests in virtual time, each against a broker of its own that `broker` makes; outcomes in the order of the tests.
///
/// # Errors
///
/// When the system gives no runtime.
pub fn run_against<C: Connector>(
    tests: &[Arc<Test>],
    broker: impl Fn() -> C + Clone + 'static,
) -> io::Result<Vec<Outcome>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    let config = Arc::new(config());
    let local = LocalSet::new();
    let running: Vec<_> = tests
        .iter()
        .map(|test| {
            let (test, config, broker) = (Arc::clone(test), Arc::clone(&config), broker.clone());
            local.spawn_local(async move { run_test(&test, &broker(), &config).await })
        })
        .collect();
    local.block_on(&runtime, async {
        let mut outcomes = Vec::with_capacity(running.len());
        for test in running {
            outcomes.push(test.await.map_err(io::Error::other)?);
        }
        Ok(outcomes)
    })
}

/// What the mutants showed.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Matrix {
    /// For each mutant, the tests that cover one of its statements, and what each of them said.
    pub mutants: BTreeMap<&'static str, BTreeMap<String, Verdict>>,
    /// Tests that failed under the standard's own rules.
    pub unsound: BTreeMap<String, Verdict>,
}

impl Matrix {
    /// Mutants that no test noticed that covers their statements.
    pub fn survivors(&self) -> Vec<&'static str> {
        let unnoticed = |tests: &BTreeMap<String, Verdict>| !tests.values().any(|v| *v == Verdict::Fail);
        self.mutants.iter().filter(|(_, tests)| unnoticed(tests)).map(|(name, _)| *name).collect()
    }

    /// Scripts of which no test failed under any mutant of a statement that it covers: nothing shows that they can fail.
    pub fn unproven(&self) -> Vec<String> {
        let script = |id: &str| id.split('[').next().unwrap_or(id).to_owned();
        let mut scripts: BTreeMap<String, bool> = BTreeMap::new();
        for (test, verdict) in self.mutants.values().flatten() {
            *scripts.entry(script(test)).or_default() |= *verdict == Verdict::Fail;
        }
        scripts.into_iter().filter(|(_, proven)| !proven).map(|(script, _)| script).collect()
    }

    /// Tests that cover no statement of any rule, so that no mutant can try them.
    pub fn untried(&self, tests: &[Arc<Test>]) -> Vec<String> {
        let tried: BTreeSet<&String> = self.mutants.values().flat_map(BTreeMap::keys).collect();
        tests.iter().filter(|test| !tried.contains(&test.id)).map(|test| test.id.clone()).collect()
    }

    /// How many tests were tried under mutants, counted once for each mutant.
    pub fn trials(&self) -> usize {
        self.mutants.values().map(BTreeMap::len).sum()
    }
}

/// Whether a test covers a statement that the rule cites.
fn concerns(rule: &Rule, test: &Test) -> bool {
    test.covers.iter().any(|id| {
        let qualified = format!("{}/{id}", test.version);
        rule.statements.iter().any(|statement| *statement == qualified)
    })
}

/// Tries tests under the standard's rules, and under each mutant those that cover one of its statements.
///
/// # Errors
///
/// When the system gives no runtime.
pub fn matrix(tests: &[Arc<Test>], mutants: &[&'static Rule]) -> io::Result<Matrix> {
    let mut matrix = Matrix::default();
    for outcome in run(tests, Rules::standard())? {
        // A MAY asks for information only.
        if !matches!(outcome.verdict, Verdict::Pass | Verdict::Skipped) && outcome.level != Level::May {
            matrix.unsound.insert(outcome.id, outcome.verdict);
        }
    }
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(rule) = mutants.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let concerned: Vec<_> =
                        tests.iter().filter(|test| concerns(rule, test)).cloned().collect();
                    let outcomes = run(&concerned, rule.mutant());
                    if let Ok(mut results) = results.lock() {
                        results.push((rule.name, outcomes));
                    }
                }
            });
        }
    });
    for (name, outcomes) in results.into_inner().unwrap_or_default() {
        let verdicts = outcomes?.into_iter().map(|outcome| (outcome.id, outcome.verdict)).collect();
        matrix.mutants.insert(name, verdicts);
    }
    Ok(matrix)
}
