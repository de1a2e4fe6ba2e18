//! Many tests: which run at the same time, which alone, and which a second time.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::heartbeat::Heartbeat;
use super::pace::{Counted, Pace};
use super::watch::Watch;
use super::{Event, again, keep, not_run, outcome_of, run_observed};
use crate::budget::Held;
use crate::capability::skip;
use crate::config::Config;
use crate::engine::{Outcome, Verdict};
use crate::script::Test;
use crate::transport::Connector;

/// A run that goes on.
pub(super) struct Schedule<C> {
    tests: Vec<Arc<Test>>,
    connector: Arc<C>,
    config: Arc<Config>,
    heartbeat: Heartbeat,
    watch: Watch,
    pace: Option<Pace>,
    news: mpsc::UnboundedSender<Event>,
    outcomes: Mutex<Vec<Option<Arc<Outcome>>>>,
    /// The memory of each of them.
    memory: Mutex<BTreeMap<usize, Option<Held>>>,
    room: Mutex<Room>,
}

/// How many tests may run at the same time, as the tester is now.
#[derive(Clone, Copy, Debug)]
struct Room {
    tests: usize,
    looked: Instant,
}

/// How a test runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Company {
    /// Beside others.
    Others,
    /// Beside others, for the second time.
    OthersAgain,
    /// With no other test at the same time, for the second time.
    AloneAgain,
}

/// So many tests for each processor run at the same time, if nothing else is said.
const FOR_EACH_PROCESSOR: usize = 24;

/// The fewest and the most tests at the same time, if nothing else is said.
const FEWEST: usize = 8;
const MOST: usize = 128;

/// A tester that is later than this has too many tests at the same time.
const BUSY: Duration = Duration::from_millis(50);

/// How often that is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// How long tests take that are run again one after the other; where it would be longer, some run side by side.
const AGAIN: Duration = Duration::from_secs(20);

/// As many as that.
const LANES: usize = 8;

/// How many tests suit this machine, and a broker at this distance: 24 for each processor, more for a broker that is far away,
/// since tests only wait then; from 8 to 128.
pub fn fitting_jobs(round_trip: Duration) -> usize {
    let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let far = usize::try_from(round_trip.as_millis() / 50).unwrap_or(usize::MAX);
    (FOR_EACH_PROCESSOR * processors).saturating_mul(1 + far).clamp(FEWEST, MOST)
}

impl<C: Connector> Schedule<C> {
    pub(super) fn new(
        tests: Vec<Arc<Test>>,
        connector: Arc<C>,
        config: Arc<Config>,
        news: mpsc::UnboundedSender<Event>,
    ) -> Self {
        Self {
            outcomes: Mutex::new(vec![None; tests.len()]),
            memory: Mutex::default(),
            tests,
            connector,
            heartbeat: Heartbeat::start(),
            watch: Watch::default(),
            pace: config.pace.map(Pace::new),
            config,
            news,
            room: Mutex::new(Room { tests: usize::MAX, looked: Instant::now() }),
        }
    }

    /// All of them; their outcomes in the order of the list.
    pub(super) async fn run(self: Arc<Self>, jobs: usize) -> Vec<Arc<Outcome>> {
        let jobs = jobs.max(1);
        let (alone, together): (Vec<usize>, Vec<usize>) = (0..self.tests.len())
            .partition(|index| self.tests.get(*index).is_some_and(|test| test.is_exclusive()));
        self.side_by_side(together, jobs, Company::Others).await;
        self.side_by_side(alone, 1, Company::Others).await;
        // Once more than that, for tests that found nobody the first time.
        for _ in 0..=self.config.retries {
            self.again(jobs).await;
        }
        self.finish()
    }

    /// Runs tests in their order, so many at the same time.
    async fn side_by_side(self: &Arc<Self>, tests: Vec<usize>, jobs: usize, company: Company) {
        let mut running = JoinSet::new();
        for index in tests {
            while running.len() >= self.room(jobs) {
                running.join_next().await;
            }
            let Some(test) = self.tests.get(index) else { continue };
            let paced = self.pace.as_ref().filter(|_| skip::reason(test, &self.config).is_none());
            if let Some(pace) = paced {
                tokio::select! {
                    () = pace.turn() => {}
                    _ = self.config.halt.stopped() => {}
                }
            }
            let paced = paced.is_some();
            let this = Arc::clone(self);
            running.spawn(async move { this.one(index, paced, company).await });
        }
        while running.join_next().await.is_some() {}
    }

    /// How many of `jobs` tests may run now: a quarter less whenever the tester is late, and an eighth more whenever it is not. Never
    /// less than a quarter of all: the load may be of others, and then fewer tests only take longer.
    fn room(&self, jobs: usize) -> usize {
        let mut room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        room.tests = room.tests.min(jobs);
        let now = Instant::now();
        let since = std::mem::replace(&mut room.looked, now);
        if now.duration_since(since) < LOOK {
            room.looked = since;
        } else if self.heartbeat.worst_since(since) > BUSY {
            room.tests = (room.tests - room.tests / 4).max(jobs.div_ceil(4));
        } else {
            room.tests = (room.tests + jobs.div_ceil(8)).min(jobs);
        }
        room.tests
    }

    /// Runs one test, and keeps what came of it.
    async fn one(&self, index: usize, paced: bool, company: Company) {
        let Some(test) = self.tests.get(index) else { return };
        let first = company == Company::Others;
        if let Some(reason) = self.config.halt.reason() {
            if first {
                let mut outcome = outcome_of(test);
                not_run(&mut outcome, &reason);
                self.keep(index, outcome);
            }
            return;
        }
        if first {
            let _ = self.news.send(Event::Started { index, id: test.id.clone() });
        }
        let connector = Counted::new(Arc::clone(&self.connector));
        let mut outcome = run_observed(test, &connector, &self.config, Some(&self.heartbeat)).await;
        let alone = company == Company::AloneAgain;
        self.watch.look(&mut outcome, &connector, &self.config, alone).await;
        keep::shorten(&mut outcome);
        if let Some(pace) = self.pace.as_ref().filter(|_| paced) {
            pace.settle(connector.opened());
        }
        if let Some(before) = self.outcome(index).filter(|_| !first) {
            outcome = again::settle(&before, outcome);
        }
        self.keep(index, outcome);
    }

    fn outcome(&self, index: usize) -> Option<Arc<Outcome>> {
        self.outcomes.lock().unwrap_or_else(PoisonError::into_inner).get(index).cloned().flatten()
    }

    /// Keeps an outcome, and says so: whether it is the last word, or the test runs again.
    fn keep(&self, index: usize, mut outcome: Outcome) {
        let held = keep::keep(&mut outcome, &self.config.kept);
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).insert(index, held);
        let outcome = Arc::new(outcome);
        if let Some(place) = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner).get_mut(index) {
            *place = Some(Arc::clone(&outcome));
        }
        let _ = self.news.send(if self.runs_again(&outcome) {
            Event::Postponed { index, outcome }
        } else {
            Event::Finished { index, outcome }
        });
    }

    /// Whether a test is to run again, now that this came of it.
    fn runs_again(&self, outcome: &Outcome) -> bool {
        outcome.attempts <= self.config.retries
            && !self.config.known.contains(&outcome.id)
            && self.config.halt.reason().is_none()
            && again::is_open(outcome)
    }

    /// Runs again what is open. Where the broker went away, the suspects come first, each with no other test at the same time, so
    /// that the culprit is found. The others run one after the other, or a few at a time if that took too long.
    async fn again(self: &Arc<Self>, jobs: usize) {
        let (mut suspects, others): (Vec<_>, Vec<_>) = (0..self.tests.len())
            .filter_map(|index| Some((index, self.outcome(index)?)))
            .filter(|(_, outcome)| self.runs_again(outcome))
            .partition(|(_, outcome)| outcome.is_suspect());
        suspects.sort_by_key(|(_, outcome)| outcome.since_last_sent());
        self.side_by_side(suspects.into_iter().map(|(index, _)| index).collect(), 1, Company::AloneAgain)
            .await;
        let time: Duration = others.iter().map(|(_, outcome)| outcome.duration).sum();
        let lanes = usize::try_from(time.as_secs() / AGAIN.as_secs()).unwrap_or(LANES) + 1;
        let lanes = lanes.min(LANES).min(jobs);
        let company = if lanes == 1 { Company::AloneAgain } else { Company::OthersAgain };
        self.side_by_side(others.into_iter().map(|(index, _)| index).collect(), lanes, company).await;
    }

    /// What came of all of them.
    fn finish(&self) -> Vec<Arc<Outcome>> {
        let outcomes = std::mem::take(&mut *self.outcomes.lock().unwrap_or_else(PoisonError::into_inner));
        let stopped = self.config.halt.reason();
        let lost = |test: &Test| {
            let mut outcome = outcome_of(test);
            outcome.reason = Some("the tool failed while it ran this test; please report it".to_owned());
            Arc::new(outcome)
        };
        outcomes
            .into_iter()
            .zip(&self.tests)
            .map(|(outcome, test)| {
                let outcome = outcome.unwrap_or_else(|| lost(test));
                let unconfirmed = stopped.is_some()
                    && outcome.verdict == Verdict::Fail
                    && outcome.attempts <= self.config.retries
                    && !self.config.known.contains(&outcome.id);
                if !unconfirmed {
                    return outcome;
                }
                let mut outcome = Arc::unwrap_or_clone(outcome);
                outcome.verdict = Verdict::Inconclusive;
                outcome.reason =
                    Some("it failed once, and the run ended before it could run again".to_owned());
                Arc::new(outcome)
            })
            .collect()
    }
}
