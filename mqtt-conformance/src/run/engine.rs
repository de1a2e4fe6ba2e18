//! The steps of one test, executed.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use mqtt_codec::{AnyDecoder, DecodeError, Decoded, Version};
use serde_json::{Map, Value as Tree, json};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::Config;
use super::compare::{Difference, compare};
use super::connect::{Connector, Node};
use super::halt::Reason;
use super::link::{Arrival, Arrived, Link};
use super::outcome::{Entry, Failure, TraceEvent};
use super::promise::Promises;
use crate::script::ast::{Field, Patch, Value, ValueKind};
use crate::script::{
    Action, Direction, Expected, Login, Mismatch, Span, Step, Test, Time, Variables, Window, bytes_line,
    eval, eval_bytes, eval_count, eval_fields, match_fields, match_value, packet_line, value_text,
};
use crate::transport::{Misframed, TextSwitch};
use crate::tree::{from_tree, to_tree};

/// How many arrivals may wait for the engine before a reader pauses.
const CHANNEL: usize = 1024;

/// How many events a test may have.
const MAX_EVENTS: usize = 500_000;

/// Why the steps did not come to their end.
#[derive(Debug)]
pub(super) enum Stop {
    /// The broker did something else.
    Failed(Box<Failure>),
    /// The tool cannot do what the script asks for.
    Ours(String),
    /// No connection.
    Unreachable(String),
    /// The run is to end.
    Halted(Reason),
}

/// A connection by its name, with what has come and nobody has asked for yet.
struct Slot<S> {
    id: usize,
    version: Version,
    link: Option<Link<S>>,
    queue: VecDeque<(Instant, Came)>,
    /// A CONNECT was sent, so a DISCONNECT is due at the end.
    greeted: bool,
    promises: Promises,
    text: Option<TextSwitch>,
}

/// What a connection has received.
#[derive(Clone, Debug)]
enum Came {
    Packet(Tree),
    Malformed(Bytes, DecodeError),
    /// A packet that breaks what this client was promised, and how.
    Forbidden(Tree, String),
    /// What is no MQTT on this transport, and how.
    Misframed(String),
    Closed {
        rest: Bytes,
        error: Option<String>,
    },
}

/// What is wrong with what came, whatever the script asks.
enum Fault {
    Malformed(DecodeError),
    Forbidden(String),
}

/// What the test leaves on the broker.
#[derive(Debug, Default)]
pub(super) struct Leftovers {
    /// Sessions that outlive their connections: client id and version, with the properties to log in.
    pub(super) sessions: BTreeMap<String, (Version, Option<Tree>)>,
    /// Topics that hold a retained message.
    pub(super) retained: BTreeMap<String, Version>,
}

pub(super) struct Engine<'a, C: Connector> {
    test: &'a Test,
    connector: &'a C,
    config: &'a Config,
    start: Instant,
    slots: BTreeMap<String, Slot<C::Stream>>,
    links: usize,
    arrivals: mpsc::Receiver<Arrived>,
    sender: mpsc::Sender<Arrived>,
    /// Names of all links there ever were, by their id.
    names: Vec<String>,
    /// For each name the node of its next connection, if there are several.
    nodes: BTreeMap<String, usize>,
    variables: Variables,
    received: usize,
    /// The step that runs, and whether it is preparation.
    current: Option<&'a Step>,
    preparation: bool,
    pub(super) transcript: Vec<Entry>,
    pub(super) leftovers: Leftovers,
}

type Ran = Result<(), Stop>;

impl<'a, C: Connector> Engine<'a, C> {
    pub(super) fn new(test: &'a Test, connector: &'a C, config: &'a Config) -> Self {
        let (sender, arrivals) = mpsc::channel(CHANNEL);
        Self {
            test,
            connector,
            config,
            start: Instant::now(),
            slots: BTreeMap::new(),
            links: 0,
            arrivals,
            sender,
            names: Vec::new(),
            nodes: BTreeMap::new(),
            variables: variables(test, config),
            received: 0,
            current: None,
            preparation: test.preparation > 0,
            transcript: Vec::new(),
            leftovers: Leftovers::default(),
        }
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// All steps, within the time for the whole test.
    pub(super) async fn run(&mut self) -> Ran {
        let limit = self.config.test_deadline;
        if let Ok(ran) = timeout(limit, self.all()).await {
            return ran;
        }
        let got = format!("the test was not finished after {}", Time::Exactly(limit));
        self.fail("the test to end in time".to_owned(), got, None, None)
    }

    async fn all(&mut self) -> Ran {
        let test = self.test;
        for (i, step) in test.steps.iter().enumerate() {
            self.preparation = i < test.preparation;
            self.step(step).await?;
        }
        self.catch_up();
        self.check_rest()
    }

    /// Malformed and forbidden packets that nobody waited for.
    fn check_rest(&mut self) -> Ran {
        let found = self.slots.iter().find_map(|(name, slot)| {
            slot.queue.iter().find_map(|(_, came)| match came.describe(name) {
                (got, Some(fault)) => Some((got, fault)),
                (_, None) => None,
            })
        });
        match found {
            Some((got, fault @ Fault::Malformed(_))) => {
                self.fail("no malformed packet".to_owned(), got, None, Some(fault))
            }
            Some((got, fault @ Fault::Forbidden(_))) => {
                self.fail("no forbidden packet".to_owned(), got, None, Some(fault))
            }
            None => Ok(()),
        }
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
        self.current = Some(step);
        match &step.action {
            Action::Open { connection, version } => self.open(connection, *version).await,
            Action::Send { connection, packet, fields, patches, login } => {
                self.send(connection, packet, fields, patches, *login).await
            }
            Action::SendRaw { connection, parts, text } => {
                let mut bytes = Vec::new();
                for part in parts {
                    bytes.extend(eval_bytes(part, &self.variables).map_err(|e| Stop::Ours(e.to_string()))?);
                }
                let version = self.version(connection);
                if let Some(packet) = whole_packet(&bytes, version) {
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
                Ok(())
            }
            Action::AnyOrder(branches) => self.any_order(branches).await,
            Action::Either(branches) => self.either(branches).await,
            Action::Repeat { count, counter, steps } => {
                let count = eval_count(count, &self.variables).map_err(|e| Stop::Ours(e.to_string()))?;
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
            Time::Quiet => self.config.quiet,
        }
    }

    fn latest(&self, within: Option<&Window>, usual: Duration) -> Duration {
        within.map_or(usual, |w| self.length(w.latest))
    }

    fn fail(
        &self,
        expected: String,
        got: String,
        difference: Option<Difference>,
        fault: Option<Fault>,
    ) -> Ran {
        let Difference { text, fields, byte } = difference.unwrap_or_default();
        let (line, span) = self.current.map_or_else(|| (1, Span::default()), |s| (s.line, s.span));
        let (malformed, forbidden) = match fault {
            None => (None, None),
            Some(Fault::Malformed(error)) => (Some(error), None),
            Some(Fault::Forbidden(how)) => (None, Some(how)),
        };
        Err(Stop::Failed(Box::new(Failure {
            line,
            span,
            step: span.text(&self.test.source).trim().to_owned(),
            preparation: self.preparation,
            expected,
            got,
            difference: text.map(shortened),
            fields,
            byte,
            malformed,
            forbidden,
        })))
    }

    fn note(&mut self, connection: &str, event: TraceEvent) {
        self.note_at(Instant::now(), connection, event);
    }

    fn note_at(&mut self, at: Instant, connection: &str, event: TraceEvent) {
        let at = at.saturating_duration_since(self.start);
        self.transcript.push(Entry { at, connection: connection.to_owned(), event });
    }

    // ---- connections ----

    async fn open(&mut self, name: &str, version: Version) -> Ran {
        // What the last connection of this name left unread belongs to it, and so does its end.
        if self.slots.get(name).is_some_and(|slot| slot.link.is_some()) {
            self.close(name).await;
        }
        let limit = self.config.connect_timeout;
        let (at, node) = self.next_node(name);
        let unreachable = |what: String| {
            let place = node.map(|node| format!(" to {}", node.name)).unwrap_or_default();
            Stop::Unreachable(format!("cannot connect{place}: {what}"))
        };
        let stream = match timeout(limit, self.connector.connect(at)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => match Misframed::of(&error) {
                Some(how) => {
                    let how = how.to_string();
                    let fault = Fault::Forbidden(how.clone());
                    return self.fail(format!("open {name}"), how, None, Some(fault));
                }
                None => return Err(unreachable(error.to_string())),
            },
            Err(_) => return Err(unreachable(format!("no answer for {}", Time::Exactly(limit)))),
        };
        let id = self.links;
        self.links += 1;
        self.names.push(name.to_owned());
        let text = self.connector.text_switch(&stream);
        let link = Link::new(id, stream, version, self.config.max_packet, self.sender.clone());
        let promises = Promises::new(version);
        let slot =
            Slot { id, version, link: Some(link), queue: VecDeque::new(), greeted: false, promises, text };
        self.slots.insert(name.to_owned(), slot);
        self.note(name, TraceEvent::Opened { version, node: node.cloned() });
        Ok(())
    }

    /// Where the next connection of this name goes: one node on for each new name, and for each connection of a name.
    fn next_node(&mut self, name: &str) -> (usize, Option<&'a Node>) {
        let nodes = self.connector.nodes();
        let count = nodes.len().max(1);
        let new = self.nodes.len();
        let next = self.nodes.entry(name.to_owned()).or_insert(new);
        let at = *next % count;
        *next += 1;
        (at, nodes.get(at))
    }

    /// Closes our side, and gives the broker a moment to close its own.
    async fn close(&mut self, name: &str) {
        let Some(mut link) = self.slots.get_mut(name).and_then(|slot| slot.link.take()) else {
            return;
        };
        self.note(name, TraceEvent::Closed);
        let until = Instant::now() + self.config.quiet;
        let _ = timeout_at(until, link.finish()).await;
        while !self.broker_closed(name) {
            match timeout_at(until, self.arrivals.recv()).await {
                Ok(Some(arrived)) => self.take(arrived),
                _ => break,
            }
        }
        let _ = timeout_at(Instant::now() + self.config.quiet, link.into_stream()).await;
    }

    async fn cut(&mut self, name: &str) {
        let Some(link) = self.slots.get_mut(name).and_then(|slot| slot.link.take()) else {
            return;
        };
        if let Ok(Some(stream)) = timeout(self.config.quiet, link.into_stream()).await {
            self.connector.cut(stream);
        }
        self.note(name, TraceEvent::Dropped);
    }

    fn broker_closed(&self, name: &str) -> bool {
        self.slots.get(name).is_none_or(|slot| matches!(slot.queue.back(), Some((_, Came::Closed { .. }))))
    }

    fn version(&self, name: &str) -> Version {
        self.slots.get(name).map_or(self.test.version, |slot| slot.version)
    }

    // ---- sending ----

    async fn send(
        &mut self,
        name: &str,
        packet: &str,
        fields: &'a [Field],
        patches: &'a [Patch],
        login: Login,
    ) -> Ran {
        let ours = |error: &dyn std::fmt::Display| Stop::Ours(format!("{packet} cannot be sent: {error}"));
        let version = self.version(name);
        let mut members = Map::new();
        members.insert("type".to_owned(), Tree::from(packet.to_lowercase()));
        members.extend(eval_fields(fields, &self.variables).map_err(|e| ours(&e))?);
        if !members.contains_key("user_name") && !members.contains_key("password") {
            members.extend(self.config.login(login));
        }
        let tree = Tree::Object(members);
        let packet = from_tree(&tree, version).map_err(|e| ours(&e))?;
        let mut bytes = Vec::new();
        packet.encode_to(&mut bytes).map_err(|e| ours(&e))?;
        self.remember(name, version, &tree);
        let full = to_tree(&packet);
        for patch in patches {
            let with = eval_bytes(&patch.value, &self.variables).map_err(|e| ours(&e))?;
            let end = patch.offset.saturating_add(with.len());
            let length = bytes.len();
            let Some(target) = bytes.get_mut(patch.offset..end) else {
                return Err(Stop::Ours(format!("the patch ends at byte {end}, the packet at byte {length}")));
            };
            target.copy_from_slice(&with);
        }
        self.write(name, bytes.into(), patches.is_empty().then_some(full)).await
    }

    /// What has to be cleared up later.
    fn remember(&mut self, name: &str, version: Version, packet: &Tree) {
        let flag = |of: &Tree, name: &str| of.get(name).and_then(Tree::as_bool).unwrap_or(false);
        match packet.get("type").and_then(Tree::as_str) {
            Some("connect") => {
                if let Some(slot) = self.slots.get_mut(name) {
                    slot.greeted = true;
                }
                let clean = packet.get("clean_session").or_else(|| packet.get("clean_start"));
                let id = packet.get("client_id").and_then(Tree::as_str).unwrap_or_default();
                let expires = packet
                    .get("properties")
                    .and_then(Tree::as_array)
                    .is_some_and(|all| all.iter().any(|p| p.get("session_expiry_interval").is_some()));
                if !id.is_empty() && (clean == Some(&Tree::Bool(false)) || expires) {
                    let method = packet.get("properties").cloned();
                    self.leftovers.sessions.insert(id.to_owned(), (version, method));
                }
                if let Some(will) = packet.get("will").filter(|w| flag(w, "retain")) {
                    let topic = will.get("topic").and_then(Tree::as_str).unwrap_or_default();
                    self.leftovers.retained.insert(topic.to_owned(), version);
                }
            }
            Some("publish") if flag(packet, "retain") => {
                let topic = packet.get("topic").and_then(Tree::as_str).unwrap_or_default();
                let empty = packet.get("payload").is_none_or(|p| p.as_str() == Some(""));
                if empty {
                    self.leftovers.retained.remove(topic);
                } else if !topic.is_empty() {
                    self.leftovers.retained.insert(topic.to_owned(), version);
                }
            }
            _ => {}
        }
    }

    /// Writes bytes as a text frame.
    async fn write_text(&mut self, name: &str, bytes: Bytes) -> Ran {
        let Some(text) = self.slots.get(name).and_then(|slot| slot.text.clone()) else {
            return Err(Stop::Ours("a text frame needs a connection over WebSocket".to_owned()));
        };
        text.set(true);
        let ran = self.write(name, bytes, None).await;
        text.set(false);
        ran
    }

    async fn write(&mut self, name: &str, bytes: Bytes, packet: Option<Tree>) -> Ran {
        let Some(mut link) = self.slots.get_mut(name).and_then(|slot| slot.link.take()) else {
            let error = "the connection is not open".to_owned();
            self.note(name, TraceEvent::Unsent { error });
            return Ok(());
        };
        let version = self.version(name);
        let packet = packet.or_else(|| whole_packet(&bytes, version));
        if let (Some(packet), Some(slot)) = (&packet, self.slots.get_mut(name)) {
            slot.promises.sent(packet);
        }
        // Bytes that the codec would not write are shown as they are.
        let packet = packet.filter(|packet| encoded(packet, version) == bytes);
        self.note(name, TraceEvent::Sent { bytes: bytes.clone(), packet });
        let limit = self.config.step_deadline;
        let written = {
            let writing = timeout(limit, link.write(&bytes));
            tokio::pin!(writing);
            // What arrives meanwhile is taken: a broker that answers before it reads on must not block us.
            loop {
                tokio::select! {
                    biased;
                    written = &mut writing => break written,
                    Some(arrived) = self.arrivals.recv() => self.take(arrived),
                }
            }
        };
        if let Some(slot) = self.slots.get_mut(name) {
            slot.link = Some(link);
        }
        match written {
            Ok(Ok(())) => Ok(()),
            // The reader sees the close too, and the script says whether it was due.
            Ok(Err(error)) => {
                self.note(name, TraceEvent::Unsent { error: error.to_string() });
                Ok(())
            }
            Err(_) => {
                let error = format!("the broker did not read for {}", Time::Exactly(limit));
                self.note(name, TraceEvent::Unsent { error: error.clone() });
                self.fail(format!("{name} takes {} bytes", bytes.len()), error, None, None)
            }
        }
    }

    // ---- receiving ----

    /// Puts an arrival into the transcript and into the queue of its connection.
    fn take(&mut self, arrived: Arrived) {
        let Arrived { link, at, what } = arrived;
        if self.flooded() {
            return;
        }
        let name = self.names.get(link).cloned().unwrap_or_default();
        let (event, came) = match what {
            Arrival::Packet { bytes, packet } => {
                self.received += bytes.len();
                let slot = self.slots.get_mut(&name).filter(|slot| slot.id == link);
                let came = match &packet {
                    Ok(tree) => match slot.and_then(|slot| slot.promises.received(bytes.len(), tree)) {
                        Some(how) => Came::Forbidden(tree.clone(), how),
                        None => Came::Packet(tree.clone()),
                    },
                    Err(error) => Came::Malformed(bytes.clone(), *error),
                };
                (TraceEvent::Received { bytes, packet }, came)
            }
            Arrival::Garbage { bytes, error } => {
                let came = Came::Malformed(bytes.clone(), error);
                (TraceEvent::Received { bytes, packet: Err(error) }, came)
            }
            Arrival::Misframed { how } => (TraceEvent::Misframed { how: how.clone() }, Came::Misframed(how)),
            Arrival::Closed { rest, error } => {
                if !rest.is_empty() {
                    self.note_at(at, &name, TraceEvent::Fragment { bytes: rest.clone() });
                }
                let error = error.map(|e| e.to_string());
                let open = self.slots.get(&name).is_some_and(|s| s.id == link);
                if !open {
                    return;
                }
                (TraceEvent::ClosedByBroker { error: error.clone() }, Came::Closed { rest, error })
            }
        };
        self.note_at(at, &name, event);
        if let Some(slot) = self.slots.get_mut(&name)
            && slot.id == link
        {
            slot.queue.push_back((at, came));
        }
    }

    /// More has come than any test needs.
    fn flooded(&self) -> bool {
        self.received > self.config.max_received || self.transcript.len() > MAX_EVENTS
    }

    /// Takes what has arrived already.
    fn catch_up(&mut self) {
        while let Ok(arrived) = self.arrivals.try_recv() {
            self.take(arrived);
        }
    }

    /// Waits for the next arrival on any connection; `false` when the time has come first.
    async fn next(&mut self, until: Instant) -> Result<bool, Stop> {
        if self.flooded() {
            let got = format!("{} bytes in {} events", self.received, self.transcript.len());
            self.fail("a broker that does not flood".to_owned(), got, None, None)?;
        }
        match timeout_at(until, self.arrivals.recv()).await {
            Ok(Some(arrived)) => {
                self.take(arrived);
                Ok(true)
            }
            // The engine holds a sender, so the channel does not end.
            Ok(None) => Ok(false),
            Err(_) => {
                let before = self.transcript.len();
                self.catch_up();
                Ok(self.transcript.len() > before)
            }
        }
    }

    async fn pause_until(&mut self, until: Instant) {
        loop {
            tokio::select! {
                biased;
                () = sleep_until(until) => return,
                Some(arrived) = self.arrivals.recv() => self.take(arrived),
            }
        }
    }

    fn front(&self, name: &str) -> Option<&(Instant, Came)> {
        self.slots.get(name).and_then(|slot| slot.queue.front())
    }

    /// Takes the first arrival of a connection. A close stays, since nothing can follow it.
    fn pop(&mut self, name: &str) {
        if let Some(slot) = self.slots.get_mut(name)
            && !matches!(slot.queue.front(), Some((_, Came::Closed { .. })))
        {
            slot.queue.pop_front();
        }
    }

    async fn expect(
        &mut self,
        name: &str,
        expected: &'a Expected,
        within: Option<&Window>,
        since: Instant,
    ) -> Ran {
        let usual = match expected {
            Expected::Nothing => self.config.quiet,
            _ => self.config.step_deadline,
        };
        let latest = self.latest(within, usual);
        let earliest = within.and_then(|w| w.earliest).unwrap_or_default();
        let mut excused = false;
        let mut early = Vec::new();
        loop {
            if let Some((at, came)) = self.front(name).cloned() {
                let after = at.saturating_duration_since(since);
                let wish = || self.describe(name, expected);
                match (expected, &came) {
                    (Expected::Closed { reason }, Came::Packet(packet))
                        if !excused && self.excuse(reason.as_ref(), packet) =>
                    {
                        excused = true;
                        self.pop(name);
                        continue;
                    }
                    // A subscription may bring messages before it is acknowledged. They wait until it is their turn.
                    (Expected::Packet { packet, .. }, Came::Packet(tree))
                        if packet == "SUBACK"
                            && tree.get("type").and_then(Tree::as_str) == Some("publish") =>
                    {
                        early.push((at, came));
                        self.pop(name);
                        continue;
                    }
                    _ => {}
                }
                if self.fits(expected, &came).is_err() {
                    let (got, fault) = came.describe(name);
                    return self.fail(wish(), got, self.differs(name, expected, &came), fault);
                }
                if after < earliest {
                    let (got, _) = came.describe(name);
                    let got = format!("{got} after {}", Time::Exactly(rounded(after)));
                    return self.fail(
                        format!("{} {}", wish(), within.map(ToString::to_string).unwrap_or_default()),
                        got,
                        None,
                        None,
                    );
                }
                if after > latest {
                    let got = format!("{} after {}", came.describe(name).0, Time::Exactly(rounded(after)));
                    return self.fail(
                        format!("{} within {}", wish(), Time::Exactly(latest)),
                        got,
                        None,
                        None,
                    );
                }
                self.bind(expected, &came);
                self.pop(name);
                if let Some(slot) = self.slots.get_mut(name) {
                    for arrival in early.into_iter().rev() {
                        slot.queue.push_front(arrival);
                    }
                }
                return Ok(());
            }
            if !self.next(since + latest).await? {
                if matches!(expected, Expected::Nothing) {
                    return Ok(());
                }
                let rest = if excused { ", and did not close" } else { "" };
                let rest = format!("{rest}{}", self.unfinished(name));
                let got = format!(
                    "nothing{} for {}{rest}",
                    if excused { " more" } else { "" },
                    Time::Exactly(latest)
                );
                return self.fail(self.describe(name, expected), got, None, None);
            }
        }
    }

    /// The beginning of a packet whose end did not come, for the end of a message.
    fn unfinished(&self, name: &str) -> String {
        let link = self.slots.get(name).and_then(|slot| slot.link.as_ref());
        match link.map_or(0, Link::unfinished) {
            0 => String::new(),
            n => format!(", but {n} bytes of a packet that did not end"),
        }
    }

    /// How a packet differs from one that was expected.
    fn differs(&self, name: &str, expected: &Expected, came: &Came) -> Option<Difference> {
        match (expected, came) {
            (Expected::Packet { packet, fields }, Came::Packet(tree)) if is_of_type(tree, packet) => {
                Some(compare(fields, tree, &self.variables, self.version(name)))
            }
            (Expected::Packet { .. }, Came::Packet(_)) => {
                Some(Difference { byte: Some(0), ..Difference::default() })
            }
            _ => None,
        }
    }

    /// Whether what came is what was expected; the difference where both are packets of one type.
    fn fits(&self, expected: &Expected, came: &Came) -> Result<(), Option<Mismatch>> {
        match (expected, came) {
            (Expected::Packet { packet, fields }, Came::Packet(tree)) => {
                if !is_of_type(tree, packet) {
                    return Err(None);
                }
                match_fields(fields, tree, &mut self.variables.clone()).map_err(Some)
            }
            (Expected::Closed { .. }, Came::Closed { .. }) => Ok(()),
            _ => Err(None),
        }
    }

    /// Keeps the captures of an expectation that fits.
    fn bind(&mut self, expected: &Expected, came: &Came) {
        if let (Expected::Packet { fields, .. }, Came::Packet(tree)) = (expected, came) {
            let _ = match_fields(fields, tree, &mut self.variables);
        }
    }

    /// Whether a packet may precede the close: a DISCONNECT, or a CONNACK that refuses, with an accepted code.
    fn excuse(&self, reason: Option<&Value>, packet: &Tree) -> bool {
        let code = packet.get("reason").or_else(|| packet.get("return_code"));
        let refusal = match packet.get("type").and_then(Tree::as_str) {
            Some("disconnect") => true,
            Some("connack") => code.and_then(Tree::as_u64) != Some(0),
            _ => false,
        };
        refusal
            && reason
                .is_none_or(|wanted| match_value(wanted, "reason", code, &mut self.variables.clone()).is_ok())
    }

    /// All branches, each a sequence of expectations and answers, in whatever order they come.
    async fn any_order(&mut self, branches: &'a [Vec<Step>]) -> Ran {
        let block = self.current;
        let start = Instant::now();
        let mut open: Vec<Pending<'a>> = branches.iter().filter_map(|b| Pending::new(b, start)).collect();
        while !open.is_empty() {
            let ready = open.iter().find_map(|p| self.front(p.name).map(|front| (p.name, front.clone())));
            let Some((name, (at, came))) = ready else {
                self.any_order_wait(&open).await?;
                continue;
            };
            if let Came::Packet(packet) = &came {
                let excused = open.iter_mut().find(|p| {
                    p.name == name
                        && !p.excused
                        && matches!(p.expected, Expected::Closed { reason } if self.excuse(reason.as_ref(), packet))
                });
                if let Some(p) = excused {
                    p.excused = true;
                    self.pop(name);
                    continue;
                }
            }
            let chosen = open.iter().position(|p| p.name == name && self.fits(p.expected, &came).is_ok());
            let Some(chosen) = chosen else {
                return self.any_order_surprise(&open, name, &came, block);
            };
            let taken = open.remove(chosen);
            self.current = Some(taken.step);
            let after = at.saturating_duration_since(taken.since);
            if let Some(window) = taken.within
                && window.earliest.is_some_and(|earliest| after < earliest)
            {
                let got = format!("{} after {}", came.describe(name).0, Time::Exactly(rounded(after)));
                return self.fail(
                    format!("{} {window}", self.describe(name, taken.expected)),
                    got,
                    None,
                    None,
                );
            }
            self.bind(taken.expected, &came);
            self.pop(name);
            let mut rest = taken.rest;
            while let Some((step, after)) = rest.split_first() {
                if matches!(step.action, Action::Expect { .. }) {
                    break;
                }
                Box::pin(self.step(step)).await?;
                rest = after;
            }
            if let Some(next) = Pending::new(rest, Instant::now()) {
                open.insert(chosen.min(open.len()), next);
            }
        }
        self.current = block;
        Ok(())
    }

    /// Waits for anything, but not longer than the first of the open expectations may.
    async fn any_order_wait(&mut self, open: &[Pending<'a>]) -> Ran {
        let first = open
            .iter()
            .map(|p| (p.since + self.latest(p.within, self.config.step_deadline), p.since, p.step))
            .min_by_key(|(until, ..)| *until);
        let Some((until, since, step)) = first else {
            return Ok(());
        };
        if self.next(until).await? {
            return Ok(());
        }
        self.current = Some(step);
        let wishes: Vec<String> = open.iter().map(|p| self.describe(p.name, p.expected)).collect();
        let rest: String = open.iter().take(1).map(|p| self.unfinished(p.name)).collect();
        let got = format!("nothing for {}{rest}", Time::Exactly(until - since));
        self.fail(wishes.join("\n"), got, None, None)
    }

    /// What came on a connection fits none of its open expectations.
    fn any_order_surprise(
        &mut self,
        open: &[Pending<'a>],
        name: &str,
        came: &Came,
        block: Option<&'a Step>,
    ) -> Ran {
        let here: Vec<&Pending<'a>> = open.iter().filter(|p| p.name == name).collect();
        let wishes: Vec<String> = here.iter().map(|p| self.describe(name, p.expected)).collect();
        let mut difference = None;
        self.current = block;
        if let [one] = here.as_slice() {
            difference = self.differs(name, one.expected, came);
            self.current = Some(one.step);
        }
        let (got, fault) = came.describe(name);
        self.fail(wishes.join("\n"), got, difference, fault)
    }

    /// The branch that what comes first belongs to.
    async fn either(&mut self, branches: &'a [Vec<Step>]) -> Ran {
        let since = Instant::now();
        let block = self.current;
        let firsts: Vec<(usize, &'a str, &'a Expected, Option<&'a Window>)> = branches
            .iter()
            .enumerate()
            .filter_map(|(i, branch)| match &branch.first()?.action {
                Action::Expect { connection, expected, within } => {
                    Some((i, connection.as_str(), expected, within.as_ref()))
                }
                _ => None,
            })
            .collect();
        let chosen = loop {
            let fitting = firsts.iter().find(|(_, name, expected, _)| {
                self.front(name).is_some_and(|(_, came)| {
                    self.fits(expected, came).is_ok()
                        || matches!((expected, came), (Expected::Closed { reason }, Came::Packet(packet))
                            if self.excuse(reason.as_ref(), packet))
                })
            });
            if let Some((i, ..)) = fitting {
                break *i;
            }
            let unasked = firsts
                .iter()
                .find_map(|(_, name, ..)| self.front(name).map(|(_, came)| (*name, came.clone())));
            if let Some((name, came)) = unasked {
                let (got, fault) = came.describe(name);
                let wishes: Vec<String> = firsts.iter().map(|(_, n, e, _)| self.describe(n, e)).collect();
                self.current = block;
                return self.fail(wishes.join("\nor "), got, None, fault);
            }
            // Silence chooses its branch as soon as its window ends; the others have until the last deadline.
            let silence = firsts
                .iter()
                .filter(|(_, _, expected, _)| matches!(expected, Expected::Nothing))
                .map(|(i, _, _, within)| (since + self.latest(*within, self.config.quiet), Some(*i)))
                .min_by_key(|(until, _)| *until);
            let last = firsts
                .iter()
                .map(|(_, _, _, within)| (since + self.latest(*within, self.config.step_deadline), None))
                .max_by_key(|(until, _)| *until);
            let Some((until, silent)) = silence.or(last) else {
                return Ok(());
            };
            if !self.next(until).await? {
                if let Some(i) = silent {
                    let rest = branches.get(i).and_then(|b| b.get(1..)).unwrap_or_default();
                    return self.steps(rest).await;
                }
                let wishes: Vec<String> = firsts.iter().map(|(_, n, e, _)| self.describe(n, e)).collect();
                let got = format!("nothing for {}", Time::Exactly(until - since));
                return self.fail(wishes.join("\nor "), got, None, None);
            }
        };
        let branch = branches.get(chosen).map(Vec::as_slice).unwrap_or_default();
        let Some((first, rest)) = branch.split_first() else {
            return Ok(());
        };
        Box::pin(self.step_since(first, since)).await?;
        self.steps(rest).await
    }

    /// An expectation as a line of the language, with the variables filled in.
    fn describe(&self, name: &str, expected: &Expected) -> String {
        match expected {
            Expected::Packet { packet, fields } => {
                let mut line = format!("{name} < {packet}");
                for field in fields {
                    let _ = write!(line, " {}={}", field.name.text, self.show(field));
                }
                line
            }
            Expected::Nothing => format!("{name} < nothing"),
            Expected::Closed { reason: None } => format!("{name} < closed"),
            Expected::Closed { reason: Some(reason) } => format!("{name} < closed reason={reason}"),
        }
    }

    fn show(&self, field: &Field) -> String {
        match (&field.value.kind, eval(&field.value, &self.variables)) {
            // The names that verbs give to what they capture are not of the language.
            (ValueKind::Capture(name), _) if name.contains(' ') => "*".to_owned(),
            (ValueKind::Number { .. } | ValueKind::List { .. } | ValueKind::Bytes(_), _) | (_, Err(_)) => {
                field.value.to_string()
            }
            (_, Ok(tree)) => value_text(&field.name.text, &tree),
        }
    }

    // ---- the end ----

    /// Leaves the broker as it was found, as far as that is possible in a short time.
    pub(super) async fn clear_up(mut self) {
        let limit = self.config.clean_up_deadline;
        let _ = timeout(limit, self.say_goodbye()).await;
        if self.leftovers.sessions.is_empty() && self.leftovers.retained.is_empty() {
            return;
        }
        let leftovers = std::mem::take(&mut self.leftovers);
        let _ = timeout(limit, async {
            for (id, (version, properties)) in leftovers.sessions {
                self.visit(&id, version, properties, &[]).await;
            }
            let mut topics: BTreeMap<Version, Vec<String>> = BTreeMap::new();
            for (topic, version) in leftovers.retained {
                topics.entry(version).or_default().push(topic);
            }
            let id = format!("{}zz", self.variables.get("c").and_then(Tree::as_str).unwrap_or_default());
            for (version, topics) in topics {
                self.visit(&id, version, None, &topics).await;
            }
        })
        .await;
    }

    async fn say_goodbye(&mut self) {
        let names: Vec<String> = self.slots.keys().cloned().collect();
        for name in names {
            self.catch_up();
            let closed = self.broker_closed(&name);
            let Some(slot) = self.slots.get_mut(&name) else {
                continue;
            };
            let Some(mut link) = slot.link.take() else {
                continue;
            };
            if slot.greeted && !closed {
                let _ = link.write(&[0xe0, 0x00]).await;
                let _ = link.finish().await;
            }
            if let Some(stream) = link.into_stream().await {
                drop(stream);
            }
        }
    }

    /// Connects with a clean session, publishes nothing to each topic as its retained message, and leaves.
    async fn visit(&mut self, id: &str, version: Version, properties: Option<Tree>, topics: &[String]) {
        let clean = if version == Version::V5 { "clean_start" } else { "clean_session" };
        let mut connect = json!({"type": "connect", "client_id": id, "keep_alive": 10});
        if let Some(members) = connect.as_object_mut() {
            members.insert(clean.to_owned(), Tree::Bool(true));
            members.extend(self.config.login(Login::Usual));
            // Whatever it authenticated with; not for how long it wanted its session to live.
            let kept: Vec<Tree> = properties
                .as_ref()
                .and_then(Tree::as_array)
                .into_iter()
                .flatten()
                .filter(|p| p.get("authentication_method").or_else(|| p.get("authentication_data")).is_some())
                .cloned()
                .collect();
            if !kept.is_empty() {
                members.insert("properties".to_owned(), Tree::Array(kept));
            }
        }
        let mut bytes = encoded(&connect, version);
        for topic in topics {
            bytes.extend(encoded(&json!({"type": "publish", "retain": true, "topic": topic}), version));
        }
        bytes.extend([0xc0, 0x00]);
        if self.open("clearing up", version).await.is_err() {
            return;
        }
        let _ = self.write("clearing up", bytes.into(), None).await;
        let until = Instant::now() + self.config.step_deadline;
        let pong = json!({"type": "pingresp"});
        loop {
            match self.front("clearing up").cloned() {
                Some((_, Came::Packet(packet))) if packet == pong => break,
                Some((_, Came::Packet(_))) => self.pop("clearing up"),
                Some(_) => return,
                None => match self.next(until).await {
                    Ok(true) => {}
                    _ => return,
                },
            }
        }
        let _ = self.write("clearing up", Bytes::from_static(&[0xe0, 0x00]), None).await;
        self.close("clearing up").await;
    }
}

/// A branch of `any-order` that waits.
struct Pending<'a> {
    name: &'a str,
    expected: &'a Expected,
    within: Option<&'a Window>,
    /// When its turn began.
    since: Instant,
    step: &'a Step,
    /// What follows when it is satisfied.
    rest: &'a [Step],
    /// The one packet that may precede a close has come.
    excused: bool,
}

impl<'a> Pending<'a> {
    fn new(steps: &'a [Step], since: Instant) -> Option<Self> {
        let (step, rest) = steps.split_first()?;
        let Action::Expect { connection, expected, within } = &step.action else {
            return None;
        };
        Some(Self { name: connection, expected, within: within.as_ref(), since, step, rest, excused: false })
    }
}

impl Came {
    /// In words, and what is wrong with it whatever the script asks.
    fn describe(&self, name: &str) -> (String, Option<Fault>) {
        match self {
            Self::Packet(tree) => (shortened(packet_line(name, Direction::Received, tree)), None),
            Self::Malformed(bytes, error) => {
                (describe_malformed(name, bytes, error), Some(Fault::Malformed(*error)))
            }
            Self::Forbidden(tree, how) => {
                let line = shortened(packet_line(name, Direction::Received, tree));
                (format!("{line}: {how}"), Some(Fault::Forbidden(how.clone())))
            }
            Self::Misframed(how) => (format!("{name}: {how}"), Some(Fault::Forbidden(how.clone()))),
            Self::Closed { rest, error } => {
                let mut text = format!("{name} < closed");
                if !rest.is_empty() {
                    text = format!(
                        "{text} in the middle of a packet: {}",
                        bytes_line(name, Direction::Received, head(rest))
                    );
                }
                if let Some(error) = error {
                    text = format!("{text} ({error})");
                }
                (text, None)
            }
        }
    }
}

fn is_of_type(packet: &Tree, name: &str) -> bool {
    packet.get("type").and_then(Tree::as_str).is_some_and(|kind| kind.eq_ignore_ascii_case(name))
}

fn describe_malformed(name: &str, bytes: &Bytes, error: &DecodeError) -> String {
    let more =
        if bytes.len() > head(bytes).len() { format!(" … {} bytes", bytes.len()) } else { String::new() };
    format!("{}{more}: {error}", bytes_line(name, Direction::Received, head(bytes)))
}

/// Enough of a line for a message; the transcript has all of it.
fn shortened(line: String) -> String {
    const ENOUGH: usize = 1000;
    match line.char_indices().nth(ENOUGH) {
        Some((end, _)) => format!("{} … {} characters", line.get(..end).unwrap_or(""), line.chars().count()),
        None => line,
    }
}

/// Enough bytes for a message.
fn head(bytes: &[u8]) -> &[u8] {
    bytes.get(..64).unwrap_or(bytes)
}

fn rounded(time: Duration) -> Duration {
    Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

/// The variables that a test starts with: its prefixes, and those of its header.
pub(super) fn variables(test: &Test, config: &Config) -> Variables {
    let mut variables = Variables::default();
    variables.set("t", Tree::from(config.topic_prefix(&test.id)));
    variables.set("c", Tree::from(config.client_prefix(&test.id)));
    let denied = [("denied_topic", &config.denied_publish), ("denied_filter", &config.denied_subscribe)];
    for (name, denied) in denied {
        if let Some(denied) = denied {
            variables.set(name, Tree::from(denied.as_str()));
        }
    }
    for (name, value) in &test.case {
        variables.set(name.clone(), value.clone());
    }
    // A case may use the prefixes, so it is evaluated again with them.
    for (name, value) in &test.case {
        if let Tree::String(text) = value {
            let filled = [("${t}", "t"), ("${c}", "c")].iter().fold(text.clone(), |text, (hole, of)| {
                text.replace(hole, variables.get(of).and_then(Tree::as_str).unwrap_or_default())
            });
            variables.set(name.clone(), Tree::from(filled));
        }
    }
    variables
}

/// The packet, if the bytes are exactly one.
pub(super) fn whole_packet(bytes: &[u8], version: Version) -> Option<Tree> {
    match AnyDecoder::new(version).decode(bytes) {
        Ok(Decoded::Complete { value, consumed }) if consumed == bytes.len() => Some(to_tree(&value)),
        _ => None,
    }
}

pub(super) fn encoded(tree: &Tree, version: Version) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Ok(packet) = from_tree(tree, version) {
        let _ = packet.encode_to(&mut bytes);
    }
    bytes
}
