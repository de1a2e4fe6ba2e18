//! What a run leaves behind.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mqtt_conformance::expect::Expectations;
use mqtt_conformance::report::{About, Broker, Options, RunReport};
use mqtt_conformance::run::{Config, Outcome};
use mqtt_conformance::script::Test;

use super::journal::Journal;
use crate::cli::forms::{self, Sink, Target};
use crate::cli::output::CommandError;

/// Which reports, and what they call the broker.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Reports")]
pub(super) struct ReportArgs {
    /// Write a report, such as json=run.json; the path - is stdout. May be given several times
    #[arg(long, value_name = "KIND=PATH", value_parser = forms::parse)]
    report: Vec<Target>,
    /// What reports call the broker, such as "Mosquitto 2.0.11"
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Write down each result as it comes; removed at the end. If the run is killed, `report FILE` makes reports of it
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
}

/// The reports of a run that goes on.
#[derive(Debug)]
pub(super) struct Reports {
    sinks: Vec<Sink>,
    journal: Option<Journal>,
    broker: Broker,
    options: Options,
    started: jiff::Timestamp,
    start: Instant,
}

impl ReportArgs {
    /// Finds out whether all can be written, and what they say about the run.
    pub(super) fn open(&self, options: Options) -> Result<Reports, CommandError> {
        let mut broker = Broker::default();
        broker.name = self.name.clone().unwrap_or_default();
        Ok(Reports {
            sinks: forms::open(&self.report)?,
            journal: self.journal.as_deref().map(Journal::begin).transpose()?,
            broker,
            options,
            started: jiff::Timestamp::now(),
            start: Instant::now(),
        })
    }
}

impl Reports {
    /// Whether stdout belongs to one of them.
    pub(super) fn use_stdout(&self) -> bool {
        self.sinks.iter().any(Sink::is_stdout)
    }

    /// The run is about to start, against the broker at these addresses.
    pub(super) fn start(&mut self, addresses: Vec<String>, config: &Config, jobs: usize) {
        if self.broker.name.is_empty() {
            self.broker.name = addresses.first().cloned().unwrap_or_default();
        }
        self.broker.addresses = addresses;
        self.options.run.clone_from(&config.run);
        self.options.jobs = jobs;
        self.options.timeout = config.step_deadline;
        self.started = jiff::Timestamp::now();
        self.start = Instant::now();
    }

    /// Writes down the result of one test, if there is a journal.
    pub(super) fn note(&mut self, test: &Arc<Test>, outcome: &Arc<Outcome>, known: &Expectations) {
        let about = self.about(None);
        if let Some(journal) = &mut self.journal {
            journal.add(&RunReport::new(
                about,
                std::slice::from_ref(test),
                std::slice::from_ref(outcome),
                known,
            ));
        }
    }

    /// What the reports say of the run as a whole.
    fn about(&self, stopped: Option<String>) -> About {
        let mut about = About::default();
        about.started = self.started.round(jiff::Unit::Second).unwrap_or(self.started).to_string();
        about.duration =
            Duration::from_millis(u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX));
        about.broker = self.broker.clone();
        about.options = self.options.clone();
        about.stopped = stopped;
        about
    }

    /// Writes them.
    pub(super) fn write(
        self,
        tests: &[Arc<Test>],
        outcomes: &[Arc<Outcome>],
        known: &Expectations,
        stopped: Option<String>,
    ) -> Result<(), CommandError> {
        if !self.sinks.is_empty() {
            let report = [RunReport::new(self.about(stopped), tests, outcomes, known)];
            forms::write_all(self.sinks, &report)?;
        }
        if let Some(journal) = self.journal {
            journal.end();
        }
        Ok(())
    }
}
