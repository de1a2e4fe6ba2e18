//! The steps of one test, executed.
//!
//! The state of a test and the order of its steps are here. The modules below hold what the steps are made of: connections,
//! sending, receiving, expectations and the blocks of them, and in the end the clearing up.

mod announced;
mod blocks;
mod clear_up;
mod compare;
mod connections;
mod copies;
mod cost;
mod excuse;
mod expect;
mod foreign;
mod incoming;
mod link;
mod outcome;
mod promise;
mod receive;
mod send;
mod timing;
mod variables;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::time::Duration;

use mqtt_codec::Version;
use serde_json::Value as Tree;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use crate::budget::Held;
use crate::config::{Config, Reason};
use crate::diagnostic::Span;
use crate::script::{Action, Step, Test, Time, Variables, Window, eval, eval_count, eval_parts};
use crate::transport::{Connector, Meter, TextSwitch};
use crate::tree::Packet;
use announced::{Announced, known_limits};
use clear_up::Leftovers;
use compare::Difference;
use copies::{Copies, Published};
use foreign::Topics;
use incoming::{Fault, Got, Waiting, shortened};
use link::{Arrived, Link};
use promise::Promises;

pub use cost::{Cost, Traffic};
pub(crate) use outcome::seconds;
pub use outcome::{Attempt, Compared, Entry, Failure, Malformed, Outcome, TraceEvent, Verdict};
pub(crate) use timing::Timing;
pub(crate) use variables::variables;

/// About how much memory an entry of the transcript takes, without its bytes.
const NOTED: usize = 256;

/// Said where the memory for a run is used up.
const NO_ROOM: &str = "more than the run has memory for";

/// How many arrivals may wait for the engine before a reader pauses.
const CHANNEL: usize = 1024;

/// Why the steps did not come to their end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The broker did something else.
    Failed(Box<Failure>),
    /// The tool cannot do what the script says.
    Unable(String),
    /// The time for the whole test was over.
    OutOfTime(Duration),
    /// A limit of the tool ended the test, and nobody is to blame.
    Beyond(String),
    /// No connection: in words, and the transport's error unless it said nothing.
    Unreachable { text: String, error: Option<io::Error> },
    /// The broker does not show what the test is about.
    Skipped(String),
    /// The run is to end.
    Halted(Reason),
}

/// A connection by its name, with what has come and no step has taken yet.
struct Slot<S> {
    id: usize,
    version: Version,
    link: Option<Link<S>>,
    queue: VecDeque<Waiting>,
    /// How many arrivals at the front of the queue were passed over by the expectation of a message.
    overtaken: usize,
    /// A CONNECT was sent, so a DISCONNECT is due at the end.
    connected: bool,
    /// The topics behind the Topic Aliases that were sent.
    aliases: BTreeMap<u64, String>,
    promises: Promises,
    announced: Announced,
    copies: Copies,
    text: Option<TextSwitch>,
    meter: Option<Meter>,
}

struct Engine<'a, C: Connector> {
    test: &'a Test,
    connector: &'a C,
    config: &'a Config,
    start: Instant,
    slots: BTreeMap<String, Slot<C::Stream>>,
    arrivals: mpsc::Receiver<Arrived>,
    sender: mpsc::Sender<Arrived>,
    /// Names of all links there ever were, by their id.
    names: Vec<String>,
    /// For each name the node of its next connection, if there are several.
    nodes: BTreeMap<String, usize>,
    variables: Variables,
    received: usize,
    /// The memory of the transcript, and of what waits for a step.
    held: Held,
    /// The step that runs, and whether it is preparation.
    current: Option<&'a Step>,
    preparation: bool,
    /// How late a step was at the worst that was planned for a moment.
    late: Duration,
    transcript: Vec<Entry>,
    /// The last error with which a connection broke.
    broken: Option<io::Error>,
    leftovers: Leftovers,
    /// The limits that the test is about.
    known_limits: BTreeSet<String>,
    published: Published,
    topics: Topics,
    /// Why the test cannot go on with what the broker announced.
    too_far: Option<String>,
    /// What came that is more than the tool takes.
    beyond: Option<String>,
}

type Ran = Result<(), Stop>;

/// What came of the steps of a test.
pub(crate) struct Execution {
    /// The steps came to their end, or why they did not.
    pub(crate) ended: Ran,
    /// Everything that happened on all connections, in order.
    pub(crate) transcript: Vec<Entry>,
    /// How long the steps took.
    pub(crate) duration: Duration,
    /// The last error with which a connection broke.
    pub(crate) broken: Option<io::Error>,
    /// How late the tester was with its own steps, at the worst.
    pub(crate) late: Duration,
    /// The memory of the transcript.
    pub(crate) held: Held,
}

/// Executes the steps of a test, and leaves the broker as it was found.
pub(crate) async fn execute<C: Connector>(test: &Test, connector: &C, config: &Config) -> Execution {
    let mut engine = Engine::new(test, connector, config);
    let ended = tokio::select! {
        ended = engine.run() => ended,
        reason = config.halt.stopped() => Err(Stop::Halted(reason)),
    };
    let duration = engine.start.elapsed();
    let late = engine.late;
    let transcript = std::mem::take(&mut engine.transcript);
    let broken = engine.broken.take();
    let held = std::mem::replace(&mut engine.held, config.coming.nothing());
    engine.clear_up().await;
    let mut execution = Execution { ended, transcript, duration, broken, late, held };
    execution.sort_transcript();
    execution
}

impl Execution {
    /// Puts the transcript into the order of time. Arrivals are noted when they are looked at, with the time at which they
    /// came.
    fn sort_transcript(&mut self) {
        let noted = std::mem::take(&mut self.transcript);
        let mut entries: Vec<(usize, Entry)> = noted.into_iter().enumerate().collect();
        entries.sort_by_key(|(_, entry)| entry.at);
        if let Err(Stop::Failed(failure)) = &mut self.ended {
            failure.entry =
                failure.entry.and_then(|failed| entries.iter().position(|(noted, _)| *noted == failed));
        }
        self.transcript = entries.into_iter().map(|(_, entry)| entry).collect();
    }
}

impl<'a, C: Connector> Engine<'a, C> {
    fn new(test: &'a Test, connector: &'a C, config: &'a Config) -> Self {
        let (sender, arrivals) = mpsc::channel(CHANNEL);
        let variables = variables(test, config);
        let mut topics = Topics::new(config.unique(&test.id));
        topics.expected(&test.steps, &variables);
        Self {
            test,
            connector,
            config,
            start: Instant::now(),
            slots: BTreeMap::new(),
            arrivals,
            sender,
            names: Vec::new(),
            nodes: BTreeMap::new(),
            variables,
            received: 0,
            held: config.coming.nothing(),
            current: None,
            preparation: test.preparation > 0,
            late: Duration::ZERO,
            transcript: Vec::new(),
            broken: None,
            leftovers: Leftovers::default(),
            known_limits: known_limits(&test.steps),
            published: Published::default(),
            topics,
            too_far: None,
            beyond: None,
        }
    }

    /// All steps, within the time for the whole test.
    async fn run(&mut self) -> Ran {
        let limit = self.config.test_deadline + Timing::of(self.test, self.config).longest;
        timeout(limit, self.all()).await.unwrap_or(Err(Stop::OutOfTime(limit)))
    }

    async fn all(&mut self) -> Ran {
        let test = self.test;
        for (i, step) in test.steps.iter().enumerate() {
            self.preparation = i < test.preparation;
            self.step(step).await?;
        }
        self.catch_up();
        self.check_rest()?;
        let names: Vec<String> = self.slots.keys().cloned().collect();
        names.iter().try_for_each(|name| self.check_overtaken(name))
    }

    /// Malformed and forbidden packets that nobody waited for.
    fn check_rest(&mut self) -> Ran {
        let found = self.slots.iter().find_map(|(name, slot)| {
            slot.queue.iter().map(|waiting| waiting.describe(name)).find(|got| got.fault.is_some())
        });
        let Some(got) = found else { return Ok(()) };
        let expected = match got.fault {
            Some(Fault::Malformed(_)) => "no malformed packet",
            _ => "no forbidden packet",
        };
        self.fail(expected.to_owned(), got, None)
    }

    async fn steps(&mut self, steps: &'a [Step]) -> Ran {
        for step in steps {
            Box::pin(self.step(step)).await?;
        }
        Ok(())
    }

    async fn step(&mut self, step: &'a Step) -> Ran {
        self.step_since(step, Instant::now()).await
    }

    /// A step whose time began earlier.
    async fn step_since(&mut self, step: &'a Step, since: Instant) -> Ran {
        if let Some(reason) = self.too_far.take() {
            return Err(Stop::Skipped(reason));
        }
        self.current = Some(step);
        match &step.action {
            Action::Open { connection, version } => self.open(connection, *version).await,
            Action::Send { connection, packet, fields, patches, login } => {
                self.send(connection, packet, fields, patches, *login).await
            }
            Action::SendRaw { connection, parts, text } => {
                let bytes = eval_parts(parts, &self.variables).map_err(|e| Stop::Unable(e.to_string()))?;
                let version = self.version(connection);
                if let Some(packet) = Packet::decode(&bytes, version) {
                    self.remember(connection, version, &packet);
                }
                if *text {
                    return self.write_text(connection, bytes.into()).await;
                }
                self.write(connection, bytes.into(), None).await
            }
            Action::Expect { connection, expected, within } => {
                self.expect(connection, expected, within.as_ref(), since).await
            }
            Action::Close { connection } => {
                self.close(connection).await;
                Ok(())
            }
            Action::Drop { connection } => {
                self.cut(connection).await;
                Ok(())
            }
            Action::Wait(time) => {
                self.pause_until(Instant::now() + self.length(*time)).await;
                self.within_limits()
            }
            Action::Skip(reason) => {
                let reason = eval(reason, &self.variables).map_err(|e| Stop::Unable(e.to_string()))?;
                self.catch_up();
                self.check_rest()?;
                Err(Stop::Skipped(reason.as_str().unwrap_or_default().to_owned()))
            }
            Action::AnyOrder(branches) => self.any_order(branches).await,
            Action::Either(branches) => self.either(branches).await,
            Action::Repeat { count, counter, steps } => {
                let count = eval_count(count, &self.variables).map_err(|e| Stop::Unable(e.to_string()))?;
                for round in 1..=count {
                    if let Some(counter) = counter {
                        self.variables.set(counter.clone(), Tree::from(round));
                    }
                    self.steps(steps).await?;
                }
                Ok(())
            }
        }
    }

    fn length(&self, time: Time) -> Duration {
        match time {
            Time::Exactly(time) => time,
            Time::Quiet => self.config.silence(),
        }
    }

    /// When an expectation ends. What a right broker does at the last moment takes its way.
    fn latest(&self, within: Option<&Window>, usual: Duration) -> Duration {
        within.map_or(usual, |window| match window.latest {
            Time::Exactly(latest) => latest + 2 * self.config.round_trip,
            Time::Quiet => self.config.silence(),
        })
    }

    /// Before when nothing may come. The broker's clock may have started a round trip before ours.
    fn earliest(&self, within: Option<&Window>) -> Duration {
        let earliest = within.and_then(|window| window.earliest).unwrap_or_default();
        earliest.saturating_sub(self.config.round_trip)
    }

    /// Something was planned for this moment, and is done now.
    fn due(&mut self, planned: Instant) {
        self.late = self.late.max(planned.elapsed());
    }

    fn fail(&self, expected: String, got: Got, difference: Option<Difference>) -> Ran {
        if let Some(reason) = self.excuse_for(&got) {
            return Err(Stop::Skipped(reason));
        }
        let Difference { text, fields, byte } = difference.unwrap_or_default();
        let (line, span) = self.current.map_or_else(|| (1, Span::default()), |s| (s.line, s.span));
        let (malformed, forbidden) = match got.fault {
            None => (None, None),
            Some(Fault::Malformed(error)) => (Some(error), None),
            Some(Fault::Forbidden(how)) => (None, Some(how)),
        };
        Err(Stop::Failed(Box::new(Failure {
            line,
            column: span.position(&self.test.source).1,
            step: span.text(&self.test.source).trim().to_owned(),
            preparation: self.preparation,
            expected,
            got: got.text,
            difference: text.map(shortened),
            fields,
            entry: got.entry,
            byte: byte.or_else(|| malformed.as_ref().map(|malformed| malformed.offset)),
            malformed,
            forbidden,
        })))
    }

    fn note(&mut self, connection: &str, event: TraceEvent) {
        self.note_at(Instant::now(), connection, event);
    }

    /// Adds to the transcript; the index of the entry.
    fn note_at(&mut self, at: Instant, connection: &str, event: TraceEvent) -> usize {
        let at = at.saturating_duration_since(self.start);
        // What arrives has its memory already.
        let size = match &event {
            TraceEvent::Sent { bytes, .. } => NOTED + bytes.as_slice().len().saturating_mul(4),
            _ => NOTED,
        };
        if !self.held.grow(size) {
            self.beyond.get_or_insert_with(|| NO_ROOM.to_owned());
        }
        self.transcript.push(Entry { at, connection: connection.to_owned(), event });
        self.transcript.len() - 1
    }
}
