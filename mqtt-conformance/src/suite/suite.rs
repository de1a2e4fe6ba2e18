//! The suite as a value: tests, settings, and a run.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mqtt_codec::Version;
use tokio::sync::mpsc;

use super::visit::{find_hindrance, mark, try_out, visit};
use super::{Broker, Error, Places, Results, Selection, Shard};
use crate::config::Config;
use crate::expect::{self, Expectations};
use crate::run::{fitting_jobs, round_trip, run_all};
use crate::script::Test;

/// Tests, and how to run them: the suite that is built in, a part of it, or scripts of your own.
///
/// See the [crate's documentation](crate) for a whole test.
#[derive(Clone, Debug)]
pub struct Suite {
    tests: Vec<Arc<Test>>,
    /// The ids of all tests, before anything was taken away.
    ids: Arc<[String]>,
    known: Expectations,
    jobs: Option<usize>,
    timeout: Duration,
}

impl Suite {
    /// All tests that are built in.
    ///
    /// # Errors
    ///
    /// Never, as a test of this package shows; scripts of your own can be wrong.
    pub fn built_in() -> Result<Self, Error> {
        Self::of(&Places::built_in())
    }

    /// The tests of scripts (`.mqs`), or of folders that hold scripts.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or is not a sound script.
    pub fn from_scripts<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Result<Self, Error> {
        let paths = paths.into_iter().map(|path| path.as_ref().to_owned()).collect();
        Self::of(&Places { paths, ..Places::default() })
    }

    fn of(places: &Places) -> Result<Self, Error> {
        let tests: Vec<Arc<Test>> = places.tests()?.into_iter().map(Arc::new).collect();
        let ids = tests.iter().map(|test| test.id.clone()).collect();
        let timeout = Config::default().step_deadline;
        Ok(Self { tests, ids, known: Expectations::default(), jobs: None, timeout })
    }

    /// Only the tests of these versions.
    #[must_use]
    pub fn versions(mut self, versions: &[Version]) -> Self {
        self.tests.retain(|test| versions.contains(&test.version));
        self
    }

    /// Only the tests whose id contains one of these texts, or matches one of these patterns of `*` and `?`.
    #[must_use]
    pub fn select(mut self, patterns: &[&str]) -> Self {
        let select = patterns.iter().map(|text| (*text).to_owned()).collect();
        self.tests = Selection { select, ..Selection::default() }.keep(self.tests);
        self
    }

    /// Without the tests whose id contains one of these texts, or matches one of these patterns.
    #[must_use]
    pub fn exclude(mut self, patterns: &[&str]) -> Self {
        let exclude = patterns.iter().map(|text| (*text).to_owned()).collect();
        self.tests = Selection { exclude, ..Selection::default() }.keep(self.tests);
        self
    }

    /// Only one part of the tests, so that several machines share a run.
    #[must_use]
    pub fn shard(mut self, shard: Shard) -> Self {
        shard.keep(&mut self.tests);
        self
    }

    /// How many tests run at the same time, at least 1. Unless something is said, as many as suit the machine and the distance to the
    /// broker.
    #[must_use]
    pub fn jobs(self, jobs: usize) -> Self {
        Self { jobs: Some(jobs.max(1)), ..self }
    }

    /// How long a step waits for an answer where its script does not say: 5 s unless something else is said.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// What the broker is known to get wrong: the text of an expectation file. `name` is the file's name in messages.
    ///
    /// # Errors
    ///
    /// When the text has a mistake, or names a test that the suite does not have.
    pub fn known_failures(mut self, name: &str, text: &str) -> Result<Self, Error> {
        let wrong = |problems| {
            Error::new(format_args!("{name} is not a list of known failures of these tests"))
                .with_problems(problems)
        };
        let file = expect::parse(name, text).map_err(wrong)?;
        self.known = Expectations::new(vec![file], self.ids.iter().map(String::as_str)).map_err(wrong)?;
        Ok(self)
    }

    /// The ids of the tests, such as `5.0/3.12-pingreq/answered`, in the order of the scripts.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.tests.iter().map(|test| test.id.as_str())
    }

    /// Runs the tests. Has to be called in a tokio runtime, with its timers and its network.
    ///
    /// First the broker is asked once per version what it can do. Tests that need what it lacks are skipped, with the reason.
    ///
    /// # Errors
    ///
    /// When no test is selected, or when the broker cannot be reached or used. What the broker gets wrong is no error, but in
    /// the results.
    pub async fn run(&self, broker: &Broker) -> Result<Results, Error> {
        if self.tests.is_empty() {
            return Err(Error::new(format_args!("none of {} tests is selected", self.ids.len())));
        }
        let mut config = Config { step_deadline: self.timeout, run: mark(), ..Config::default() };
        let connector = broker.prepare(&mut config);
        let mut notices = visit(&connector, broker.name(), &self.tests, None, &mut config).await?;
        let usable = |version: &Version| !config.missing_versions.contains_key(version);
        if let Some(version) = self.tests.iter().map(|test| test.version).find(usable) {
            config.round_trip = round_trip(&connector, version, &config).await.unwrap_or_default();
        }
        let jobs = self.jobs.unwrap_or_else(|| fitting_jobs(config.round_trip));
        notices.extend(Box::pin(try_out(&connector, broker.name(), &self.tests, &mut config)).await);
        find_hindrance(&connector, broker.name(), &self.tests, jobs, &config).await?;
        let (news, _) = mpsc::unbounded_channel();
        let outcomes = run_all(self.tests.clone(), Arc::new(connector), Arc::new(config), jobs, news).await;
        Ok(Results::new(&self.tests, outcomes, &self.known, notices))
    }
}
