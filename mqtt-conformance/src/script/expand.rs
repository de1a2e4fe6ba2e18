//! A script to the tests it stands for: one per version and case, with every verb spelled out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mqtt_codec::Version;
use serde_json::Value as Tree;

use super::ast::{
    Block, Field, HeaderKind, Item, Level, Name, Patch, Script, Span, Statement, StatementKind, Time, Value,
    ValueKind, Verb, Window,
};
use super::values::{Variables, eval};
use crate::problem::{Draft, Problem, ScriptError, Severity};

/// The most tests that one script may stand for.
const MAX_CASES: usize = 10_000;

/// The first packet identifier that verbs use; scripts are free below it.
const FIRST_FRESH_ID: u64 = 40_001;

/// The client id of a connection is `${c}` and its name, and 3.1 allows 23 characters.
pub(super) const MAX_CONNECTION_NAME: usize = 11;

/// How many characters `${c}` may have, so that every connection has a client id that 3.1 allows.
pub const MAX_CLIENT_PREFIX: usize = 12;

/// One test: a script for one version and one case.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Test {
    /// `<version>/<area>/<name>[<variable>=<value>,…]`; the same in every run.
    pub id: String,
    /// The version that connections speak unless they say otherwise.
    pub version: Version,
    /// How binding the tested statements are.
    pub level: Level,
    /// The ids of the tested statements, in the standard of [`version`](Self::version).
    pub covers: Vec<String>,
    /// The optional capabilities that the broker must have.
    pub needs: Vec<String>,
    /// The first sentence of the description.
    pub title: String,
    /// The comment at the top of the script.
    pub description: String,
    /// The variables of the header, with their values in this case.
    pub case: Vec<(String, Tree)>,
    /// The name of the script's file.
    pub file: String,
    /// The text of the script.
    pub source: Arc<str>,
    /// What to do, in order.
    pub steps: Vec<Step>,
    /// How many of the steps are preparation.
    pub preparation: usize,
}

impl Test {
    /// The versions that its connections speak.
    pub fn versions(&self) -> BTreeSet<Version> {
        let mut versions = BTreeSet::from([self.version]);
        let mut left: Vec<&[Step]> = vec![&self.steps];
        while let Some(steps) = left.pop() {
            for step in steps {
                match &step.action {
                    Action::Open { version, .. } => {
                        versions.insert(*version);
                    }
                    Action::AnyOrder(branches) | Action::Either(branches) => {
                        left.extend(branches.iter().map(Vec::as_slice));
                    }
                    Action::Repeat { steps, .. } => left.push(steps),
                    _ => {}
                }
            }
        }
        versions
    }
}

/// One thing to do.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Step {
    /// The script's text that asks for it.
    pub span: Span,
    /// The line of the script, counted from 1.
    pub line: usize,
    /// What to do.
    pub action: Action,
}

/// The user name and password that a CONNECT carries beside its own fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the configuration has these")]
pub enum Login {
    /// None.
    None,
    /// The configured ones.
    Usual,
    /// The configured ones of someone who may do less.
    Other,
}

/// What a step does.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Action {
    /// Opens a connection.
    Open {
        /// Its name.
        connection: String,
        /// The version it speaks.
        version: Version,
    },
    /// Sends a packet.
    Send {
        /// The connection.
        connection: String,
        /// The packet's name in capitals.
        packet: String,
        /// Its fields.
        fields: Vec<Field>,
        /// Bytes to overwrite after encoding.
        patches: Vec<Patch>,
        /// The configured user name and password that a CONNECT carries, unless it has its own.
        login: Login,
    },
    /// Sends bytes.
    SendRaw {
        /// The connection.
        connection: String,
        /// What to send, one part after the other.
        parts: Vec<Value>,
        /// In a text frame of WebSocket, where MQTT has binary ones.
        text: bool,
    },
    /// Waits for something.
    Expect {
        /// The connection.
        connection: String,
        /// What must come.
        expected: Expected,
        /// When.
        within: Option<Window>,
    },
    /// Closes the connection in an orderly way.
    Close {
        /// The connection.
        connection: String,
    },
    /// Cuts the connection.
    Drop {
        /// The connection.
        connection: String,
    },
    /// Waits.
    Wait(Time),
    /// Every branch happens, in whatever order. Each begins with an expectation, and holds only
    /// expectations of packets, and what is sent in answer.
    AnyOrder(Vec<Vec<Step>>),
    /// One of the branches happens. Each begins with an expectation.
    Either(Vec<Vec<Step>>),
    /// The steps several times.
    Repeat {
        /// How often.
        count: Value,
        /// The variable that counts from 1.
        counter: Option<String>,
        /// What to repeat.
        steps: Vec<Step>,
    },
}

/// What an expectation waits for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Expected {
    /// A packet.
    Packet {
        /// Its name in capitals.
        packet: String,
        /// What its fields must be.
        fields: Vec<Field>,
    },
    /// Silence.
    Nothing,
    /// The broker's close.
    Closed {
        /// What the code of a DISCONNECT or CONNACK before the close may be; `None` for any.
        reason: Option<Value>,
    },
}

/// The tests of a script. `path` is the file's path below the folder of all scripts, with `/` between its
/// parts: its folders are the area, its stem the name.
///
/// # Errors
///
/// What keeps the script from being run at all. [`check`](super::check()) finds these mistakes and more.
pub fn expand(script: &Script, path: &str) -> Result<Vec<Test>, ScriptError> {
    let mut problems = Vec::new();
    let mut tests = Vec::new();
    let stem = path.strip_suffix(".mqs").unwrap_or(path).trim_start_matches('/');
    let cases = cases(script, &mut problems);
    let description = script.description();
    for (version, _) in script.versions() {
        for case in &cases {
            let mut lowering = Lowering::new(script, version, case);
            let (steps, preparation) = lowering.script();
            problems.append(&mut lowering.problems);
            tests.push(Test {
                id: format!("{version}/{stem}{}", case_suffix(case)),
                version,
                level: script.level(version),
                covers: script.covers().filter(|s| s.version == version).map(|s| s.id.clone()).collect(),
                needs: script.needs().map(|n| n.text.clone()).collect(),
                title: script.title(),
                description: description.clone(),
                case: case.iter().map(|(n, v)| (n.clone(), constant(v))).collect(),
                file: script.file.clone(),
                source: Arc::clone(&script.source),
                steps,
                preparation,
            });
        }
    }
    if tests.is_empty() && problems.is_empty() {
        problems.push(no_version());
    }
    let problems = finish(script, problems);
    if problems.iter().any(|p| p.severity == Severity::Error) {
        return Err(ScriptError { problems });
    }
    Ok(tests)
}

pub(super) fn no_version() -> (Span, Draft) {
    let draft = Draft::error("the script names no version");
    (Span::new(0, 0), draft.hint("begin with a line such as `version: 3.1 3.1.1 5.0`"))
}

/// Problems in the order of the file, each once.
pub(super) fn finish(script: &Script, drafts: Vec<(Span, Draft)>) -> Vec<Problem> {
    let mut seen = BTreeSet::new();
    let mut problems: Vec<Problem> = drafts
        .into_iter()
        .filter(|(span, draft)| seen.insert((span.start, span.end, draft.message.clone())))
        .map(|(span, draft)| Problem::new(&script.file, &script.source, span, draft))
        .collect();
    problems.sort_by_key(|p| p.span.start);
    problems
}

/// The value of a header variable, which holds no variable itself.
pub(super) fn constant(value: &Value) -> Tree {
    let mut variables = Variables::default();
    variables.set("t", Tree::from("${t}"));
    variables.set("c", Tree::from("${c}"));
    variables.set("denied_topic", Tree::from("${denied_topic}"));
    variables.set("denied_filter", Tree::from("${denied_filter}"));
    eval(value, &variables).unwrap_or_default()
}

pub(super) type Case = Vec<(String, Value)>;

fn case_suffix(case: &Case) -> String {
    if case.is_empty() {
        return String::new();
    }
    let parts: Vec<String> = case
        .iter()
        .map(|(name, value)| {
            let text = match constant(value) {
                // What a generator makes is named by the generator.
                Tree::String(text)
                    if matches!(value.kind, ValueKind::Text(_))
                        && !text.is_empty()
                        && text
                            .chars()
                            .all(|c| !c.is_whitespace() && !c.is_control() && !"[],=\"".contains(c)) =>
                {
                    text
                }
                _ => value.to_string(),
            };
            format!("{name}={text}")
        })
        .collect();
    format!("[{}]", parts.join(","))
}

/// Every combination of the rows of every `for`.
pub(super) fn cases(script: &Script, problems: &mut Vec<(Span, Draft)>) -> Vec<Case> {
    let mut cases: Vec<Case> = vec![Vec::new()];
    let mut known: BTreeSet<&str> = BTreeSet::from(["t", "c", "denied_topic", "denied_filter", "version"]);
    for item in &script.header {
        let HeaderKind::For { names, rows, .. } = &item.node.kind else {
            continue;
        };
        for name in names {
            if !known.insert(&name.text) {
                let message = format!("`{}` already has a meaning", name.text);
                problems.push((name.span, Draft::error(message)));
            }
        }
        for (i, row) in rows.iter().enumerate() {
            let text = |r: &Item<Vec<Value>>| r.node.iter().map(ToString::to_string).collect::<Vec<_>>();
            if rows.iter().take(i).any(|other| text(other) == text(row)) {
                let span = row.node.first().map_or(item.node.span, |v| v.span);
                problems.push((span, Draft::error("this case is given twice")));
            }
        }
        if cases.len().saturating_mul(rows.len()) > MAX_CASES {
            let message = format!("the script stands for more than {MAX_CASES} tests");
            problems.push((item.node.span, Draft::error(message)));
            return cases;
        }
        cases = cases
            .iter()
            .flat_map(|case| {
                rows.iter().map(move |row| {
                    let values = names.iter().zip(&row.node).map(|(n, v)| (n.text.clone(), v.clone()));
                    case.iter().cloned().chain(values).collect()
                })
            })
            .collect();
    }
    cases
}

/// What is known of a connection while its script is spelled out.
#[derive(Clone, Debug)]
struct Connection {
    version: Version,
    client_id: Value,
    next_id: u64,
}

/// Spells out one case of a script.
pub(super) struct Lowering<'a> {
    script: &'a Script,
    version: Version,
    case: &'a Case,
    connections: BTreeMap<String, Connection>,
    captures: usize,
    /// Where the blocks of `when` begin that this case enters.
    pub(super) entered: BTreeSet<usize>,
    pub(super) problems: Vec<(Span, Draft)>,
}

impl<'a> Lowering<'a> {
    pub(super) fn new(script: &'a Script, version: Version, case: &'a Case) -> Self {
        Self {
            script,
            version,
            case,
            connections: BTreeMap::new(),
            captures: 0,
            entered: BTreeSet::new(),
            problems: Vec::new(),
        }
    }

    /// All steps, and how many of them stand above `---`.
    pub(super) fn script(&mut self) -> (Vec<Step>, usize) {
        let mut steps = Vec::new();
        let mut preparation = None;
        for item in &self.script.body {
            if matches!(item.node.kind, StatementKind::Divider) {
                if preparation.is_some() {
                    self.error(item.node.span, "a second `---`: a script asks one question");
                }
                preparation = Some(steps.len());
                continue;
            }
            self.statement(&item.node, &mut steps);
        }
        (steps, preparation.unwrap_or(0))
    }

    fn error(&mut self, span: Span, message: impl Into<String>) {
        self.problems.push((span, Draft::error(message)));
    }

    fn error_hint(&mut self, span: Span, message: impl Into<String>, hint: impl Into<String>) {
        self.problems.push((span, Draft::error(message).hint(hint)));
    }

    fn step(&self, span: Span, action: Action) -> Step {
        Step { span, line: span.position(&self.script.source).0, action }
    }

    fn block(&mut self, block: &Block) -> Vec<Step> {
        let mut steps = Vec::new();
        for item in &block.body {
            self.statement(&item.node, &mut steps);
        }
        steps
    }

    fn statement(&mut self, statement: &Statement, out: &mut Vec<Step>) {
        let span = statement.span;
        let action = match &statement.kind {
            StatementKind::Divider => return,
            StatementKind::Send { connection, packet, fields, patches } => Action::Send {
                connection: connection.text.clone(),
                packet: packet.text.clone(),
                fields: fields.clone(),
                patches: patches.clone(),
                login: if packet.text == "CONNECT"
                    && patches.is_empty()
                    && !fields.iter().any(|f| matches!(&*f.name.text, "user_name" | "password"))
                    // Who asks about logging in says how.
                    && !self.script.needs().any(|need| need.text == "auth")
                {
                    Login::Usual
                } else {
                    Login::None
                },
            },
            StatementKind::Raw { connection, parts } => {
                let (connection, parts) = (connection.text.clone(), parts.clone());
                Action::SendRaw { connection, parts, text: false }
            }
            StatementKind::Expect { connection, packet, fields, within } => Action::Expect {
                connection: connection.text.clone(),
                expected: Expected::Packet { packet: packet.text.clone(), fields: fields.clone() },
                within: *within,
            },
            StatementKind::Nothing { connection, within } => {
                if let Some(window) = within.filter(|w| w.earliest.is_some()) {
                    self.error(window.span, "silence begins at once: give one length of time");
                }
                Action::Expect {
                    connection: connection.text.clone(),
                    expected: Expected::Nothing,
                    within: *within,
                }
            }
            StatementKind::Closed { connection, fields, within } => {
                for field in fields.iter().filter(|f| f.name.text != "reason") {
                    self.problems.push((
                        field.name.span,
                        Draft::error(format!("`closed` has no field `{}`", field.name.text))
                            .did_you_mean(&field.name.text, ["reason"]),
                    ));
                }
                let reason = fields.iter().find(|f| f.name.text == "reason").map(|f| f.value.clone());
                Action::Expect {
                    connection: connection.text.clone(),
                    expected: Expected::Closed { reason },
                    within: *within,
                }
            }
            StatementKind::Verb { verb, connections, values, fields, within } => {
                let call = Call { span, values, fields, within: *within };
                for connection in connections {
                    self.verb(*verb, connection, &call, out);
                }
                return;
            }
            StatementKind::Wait(time) => Action::Wait(*time),
            StatementKind::AnyOrder(block) => Action::AnyOrder(self.any_order(block)),
            StatementKind::Either(blocks) => Action::Either(self.either(blocks)),
            StatementKind::Repeat { count, counter, block } => {
                if let Some(bad) = not_a_count(count) {
                    self.error(bad, "how often is a number or a variable");
                }
                Action::Repeat {
                    count: count.clone(),
                    counter: counter.as_ref().map(|c| c.text.clone()),
                    steps: self.block(block),
                }
            }
            StatementKind::When { subject, values, then, otherwise } => {
                if let Some(block) = self.choose(subject, values, then, otherwise.as_ref()) {
                    self.entered.insert(block.span.start);
                    for item in &block.body {
                        self.statement(&item.node, out);
                    }
                }
                return;
            }
        };
        let step = self.step(span, action);
        out.push(step);
    }

    fn choose<'b>(
        &mut self,
        subject: &Name,
        values: &[Value],
        then: &'b Block,
        otherwise: Option<&'b Block>,
    ) -> Option<&'b Block> {
        let actual = if subject.text == "version" {
            for value in values.iter().filter(|v| !matches!(v.kind, ValueKind::Version(_))) {
                self.error_hint(value.span, format!("`{value}` is not a version"), "write 3.1, 3.1.1 or 5.0");
            }
            Tree::from(self.version.name())
        } else if let Some((_, value)) = self.case.iter().find(|(name, _)| *name == subject.text) {
            constant(value)
        } else {
            let known: Vec<&str> = self.case.iter().map(|(n, _)| n.as_str()).chain(["version"]).collect();
            let draft = Draft::error(format!("the header has no variable `{}`", subject.text));
            self.problems.push((subject.span, draft.did_you_mean(&subject.text, known)));
            return None;
        };
        if values.iter().any(|v| constant(v) == actual) { Some(then) } else { otherwise }
    }

    /// One branch per line.
    fn any_order(&mut self, block: &Block) -> Vec<Vec<Step>> {
        let mut branches = Vec::new();
        self.any_order_lines(&block.body, &mut branches);
        if branches.is_empty() && block.body.is_empty() {
            self.error(block.span, "`any-order` needs expectations");
        }
        branches
    }

    fn any_order_lines(&mut self, body: &[Item<Statement>], branches: &mut Vec<Vec<Step>>) {
        for item in body {
            let span = item.node.span;
            match &item.node.kind {
                StatementKind::When { subject, values, then, otherwise } => {
                    if let Some(block) = self.choose(subject, values, then, otherwise.as_ref()) {
                        self.entered.insert(block.span.start);
                        self.any_order_lines(&block.body, branches);
                    }
                }
                StatementKind::Expect { .. }
                | StatementKind::Closed { .. }
                | StatementKind::Verb { verb: Verb::Receive, .. } => {
                    let mut steps = Vec::new();
                    self.statement(&item.node, &mut steps);
                    branches.push(steps);
                }
                _ => self.error_hint(
                    span,
                    "this cannot stand in `any-order`",
                    "it takes expectations (`<`, but not `nothing`) and `receive`",
                ),
            }
        }
    }

    fn either(&mut self, blocks: &[Block]) -> Vec<Vec<Step>> {
        let before = self.connections.clone();
        let mut branches = Vec::new();
        for block in blocks {
            let after = std::mem::replace(&mut self.connections, before.clone());
            let steps = self.block(block);
            for (name, state) in after {
                self.connections.entry(name).or_insert(state);
            }
            match steps.first() {
                Some(Step { action: Action::Expect { .. }, .. }) => {}
                first => {
                    let span = first.map_or(block.span, |s| s.span);
                    self.error_hint(
                        span,
                        "a branch of `either` begins with an expectation",
                        "what comes first decides which branch it is; silence is `< nothing`",
                    );
                }
            }
            branches.push(steps);
        }
        branches
    }

    fn verb(&mut self, verb: Verb, name: &Name, call: &Call<'_>, out: &mut Vec<Step>) {
        let spelled = match verb {
            Verb::Open => self.open(name, call),
            Verb::Connect => self.connect(name, call),
            Verb::Subscribe => self.subscribe(name, call),
            Verb::Unsubscribe => self.unsubscribe(name, call),
            Verb::Publish => self.publish(name, call),
            Verb::Receive => self.receive(name, call),
            Verb::Ping => {
                self.takes(verb, call, 0..=0, &[], true);
                vec![
                    Action::send(name, "PINGREQ", Vec::new()),
                    Action::expect(name, "PINGRESP", Vec::new(), call.within),
                ]
            }
            Verb::Disconnect => {
                self.takes(verb, call, 0..=0, &["reason", "properties"], false);
                vec![
                    Action::send(name, "DISCONNECT", call.fields.to_vec()),
                    Action::Close { connection: name.text.clone() },
                ]
            }
            Verb::Drop => {
                self.takes(verb, call, 0..=0, &[], false);
                vec![Action::Drop { connection: name.text.clone() }]
            }
            Verb::Text => {
                self.takes(verb, call, 1..=usize::MAX, &[], false);
                if !self.script.needs().any(|need| need.text == "websocket") {
                    self.error(call.span, "a text frame needs `needs: websocket` in the header");
                }
                let (connection, parts) = (name.text.clone(), call.values.to_vec());
                vec![Action::SendRaw { connection, parts, text: true }]
            }
        };
        for action in spelled {
            let step = self.step(call.span, action);
            out.push(step);
        }
    }

    /// Refuses what the verb does not take.
    fn takes(
        &mut self,
        verb: Verb,
        call: &Call<'_>,
        values: std::ops::RangeInclusive<usize>,
        fields: &[&str],
        within: bool,
    ) -> bool {
        let count = call.values.len();
        let enough = values.contains(&count);
        if !enough {
            let message = match (verb, count) {
                (Verb::Publish | Verb::Receive, _) => {
                    format!("`{}` takes a topic and a payload", verb.name())
                }
                (Verb::Subscribe | Verb::Unsubscribe, _) => format!("`{}` takes filters", verb.name()),
                _ => format!("`{}` takes no value without a name", verb.name()),
            };
            let span = call.values.get(*values.end()).map_or(call.span, |v| v.span);
            self.error(span, message);
        }
        for field in call.fields {
            let name = field.name.text.as_str();
            if !fields.contains(&name) {
                let draft = Draft::error(format!("`{}` has no option `{name}`", verb.name()));
                self.problems.push((field.name.span, draft.did_you_mean(name, fields.iter().copied())));
            }
        }
        if let (Some(window), false) = (call.within, within) {
            self.error(window.span, format!("`{}` waits for nothing", verb.name()));
        }
        enough
    }

    /// The version that a connection speaks: its own, else that of the test.
    fn version_of(&self, name: &Name) -> Version {
        self.connections.get(&name.text).map_or(self.version, |c| c.version)
    }

    /// Enters a connection that `open` or `connect` names.
    fn enter(&mut self, name: &Name, call: &Call<'_>) -> Version {
        let text = &name.text;
        let plain = text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        if !plain || text.len() > MAX_CONNECTION_NAME {
            self.error_hint(
                name.span,
                format!("`{text}` is not a name for a connection"),
                format!(
                    "it becomes part of the client id: up to {MAX_CONNECTION_NAME} small letters and digits"
                ),
            );
        }
        let mut version = self.version_of(name);
        if let Some(value) = call.field("version") {
            let resolved = match &value.kind {
                ValueKind::Variable(variable) => {
                    self.case.iter().find(|(n, _)| n == variable).map(|(_, v)| v)
                }
                _ => Some(value),
            };
            match resolved.map(|v| &v.kind) {
                Some(ValueKind::Version(v)) => version = *v,
                _ => self.error_hint(
                    value.span,
                    format!("`{value}` is not a version"),
                    "write 3.1, 3.1.1 or 5.0, or a variable of the header",
                ),
            }
        }
        let default = || Value {
            span: name.span,
            kind: ValueKind::Text(vec![
                super::ast::Piece::Hole("c".to_owned(), name.span),
                super::ast::Piece::Plain(text.clone()),
            ]),
        };
        let entry = self.connections.entry(text.clone()).or_insert_with(|| Connection {
            version,
            client_id: default(),
            next_id: FIRST_FRESH_ID,
        });
        entry.version = version;
        if let Some(id) = call.field("client_id") {
            entry.client_id = id.clone();
        }
        version
    }

    fn open(&mut self, name: &Name, call: &Call<'_>) -> Vec<Action> {
        self.takes(Verb::Open, call, 0..=0, &["version"], false);
        let version = self.enter(name, call);
        vec![Action::Open { connection: name.text.clone(), version }]
    }

    fn connect(&mut self, name: &Name, call: &Call<'_>) -> Vec<Action> {
        const OPTIONS: [&str; 11] = [
            "version",
            "client_id",
            "clean",
            "session_expiry_interval",
            "keep_alive",
            "will",
            "user_name",
            "password",
            "properties",
            "present",
            "login",
        ];
        self.takes(Verb::Connect, call, 0..=0, &OPTIONS, true);
        let version = self.enter(name, call);
        let five = version == Version::V5;
        let clean = call.field("clean").cloned().unwrap_or_else(|| flag(name.span, true));
        let client_id =
            self.connections.get(&name.text).map_or_else(|| flag(name.span, true), |c| c.client_id.clone());
        let mut fields = vec![
            field(if five { "clean_start" } else { "clean_session" }, clean),
            field("keep_alive", call.field("keep_alive").cloned().unwrap_or_else(|| number(name.span, 60))),
        ];
        let mut properties = match call.field("properties").map(|v| (&v.kind, v)) {
            Some((ValueKind::List { items, .. }, _)) => items.clone(),
            Some((_, value)) => {
                fields.push(field("properties", value.clone()));
                Vec::new()
            }
            None => Vec::new(),
        };
        if let Some(expiry) = call.field("session_expiry_interval").filter(|_| five) {
            let member = field("session_expiry_interval", expiry.clone());
            properties.insert(0, Value { span: expiry.span, kind: ValueKind::Member(Box::new(member)) });
        }
        if !properties.is_empty() {
            let span = call.field("properties").map_or(call.span, |v| v.span);
            fields.push(field("properties", list(span, properties)));
        }
        fields.push(field("client_id", client_id));
        for option in ["will", "user_name", "password"] {
            fields.extend(call.fields.iter().find(|f| f.name.text == option).cloned());
        }
        let login = match call.field("login").map(|v| (&v.kind, v.span)) {
            None | Some((ValueKind::Flag(true), _)) => Login::Usual,
            Some((ValueKind::Flag(false), _)) => Login::None,
            Some((ValueKind::Text(text), _)) if matches!(text.as_slice(), [super::ast::Piece::Plain(word)] if word == "other") => {
                Login::Other
            }
            Some((_, span)) => {
                self.error(span, "`login` is `true`, `false` or `\"other\"`");
                Login::Usual
            }
        };
        let connack = vec![
            Some(field(if five { "reason" } else { "return_code" }, code(name.span, 0))),
            call.field("present")
                .filter(|_| version != Version::V3_1)
                .map(|p| field("session_present", p.clone())),
        ];
        vec![
            Action::Open { connection: name.text.clone(), version },
            Action::Send {
                connection: name.text.clone(),
                packet: "CONNECT".to_owned(),
                fields,
                patches: Vec::new(),
                login,
            },
            Action::expect(name, "CONNACK", connack.into_iter().flatten().collect(), call.within),
        ]
    }

    fn subscribe(&mut self, name: &Name, call: &Call<'_>) -> Vec<Action> {
        const FILTER: [&str; 4] = ["qos", "no_local", "retain_as_published", "retain_handling"];
        let known: Vec<&str> = FILTER.into_iter().chain(["properties", "packet_id", "granted"]).collect();
        self.takes(Verb::Subscribe, call, 1..=usize::MAX, &known, true);
        let options: Vec<Field> =
            call.fields.iter().filter(|f| FILTER.contains(&f.name.text.as_str())).cloned().collect();
        let filters = call
            .values
            .iter()
            .map(|filter| {
                let fields = std::iter::once(field("filter", filter.clone())).chain(options.iter().cloned());
                Value { span: filter.span, kind: ValueKind::Object(fields.collect()) }
            })
            .collect();
        let id = self.packet_id(name, call);
        let mut fields = vec![field("packet_id", id.clone())];
        fields.extend(call.fields.iter().find(|f| f.name.text == "properties").cloned());
        fields.push(field("filters", list(call.span, filters)));
        let granted = call.field("granted").or_else(|| call.field("qos")).cloned();
        let granted = granted.unwrap_or_else(|| code(call.span, 0));
        let codes = if self.version_of(name) == Version::V5 { "reasons" } else { "return_codes" };
        let granted = list(granted.span, call.values.iter().map(|_| granted.clone()).collect());
        vec![
            Action::send(name, "SUBSCRIBE", fields),
            Action::expect(name, "SUBACK", vec![field("packet_id", id), field(codes, granted)], call.within),
        ]
    }

    fn unsubscribe(&mut self, name: &Name, call: &Call<'_>) -> Vec<Action> {
        self.takes(Verb::Unsubscribe, call, 1..=usize::MAX, &["properties", "packet_id"], true);
        let id = self.packet_id(name, call);
        let mut fields = vec![field("packet_id", id.clone())];
        fields.extend(call.fields.iter().find(|f| f.name.text == "properties").cloned());
        fields.push(field("filters", list(call.span, call.values.to_vec())));
        let mut answer = vec![field("packet_id", id)];
        if self.version_of(name) == Version::V5 {
            let codes = call.values.iter().map(|v| code(v.span, 0)).collect();
            answer.push(field("reasons", list(call.span, codes)));
        }
        vec![Action::send(name, "UNSUBSCRIBE", fields), Action::expect(name, "UNSUBACK", answer, call.within)]
    }

    fn publish(&mut self, name: &Name, call: &Call<'_>) -> Vec<Action> {
        const OPTIONS: [&str; 5] = ["dup", "qos", "retain", "packet_id", "properties"];
        if !self.takes(Verb::Publish, call, 2..=2, &OPTIONS, true) {
            return Vec::new();
        }
        let Some(qos) = self.qos(call) else {
            return Vec::new();
        };
        let mut fields: Vec<Field> =
            call.fields.iter().filter(|f| f.name.text != "packet_id").cloned().collect();
        fields.extend(call.values.first().map(|topic| field("topic", topic.clone())));
        fields.extend(call.values.get(1).map(|payload| field("payload", payload.clone())));
        if qos == 0 {
            if let Some(window) = call.within {
                self.error(window.span, "nothing answers a PUBLISH with QoS 0");
            }
            fields.extend(call.fields.iter().find(|f| f.name.text == "packet_id").cloned());
            return vec![Action::send(name, "PUBLISH", fields)];
        }
        let id = field("packet_id", self.packet_id(name, call));
        fields.push(id.clone());
        let mut first = vec![id.clone()];
        let mut last = vec![id.clone()];
        if self.version_of(name) == Version::V5 {
            let fine = vec![code(call.span, 0x00), code(call.span, 0x10)];
            first.push(field("reason", Value { span: call.span, kind: ValueKind::OneOf(fine) }));
            last.push(field("reason", code(call.span, 0)));
        }
        let send = Action::send(name, "PUBLISH", fields);
        if qos == 1 {
            return vec![send, Action::expect(name, "PUBACK", first, call.within)];
        }
        vec![
            send,
            Action::expect(name, "PUBREC", first, call.within),
            Action::send(name, "PUBREL", vec![id]),
            Action::expect(name, "PUBCOMP", last, call.within),
        ]
    }

    fn receive(&mut self, name: &Name, call: &Call<'_>) -> Vec<Action> {
        const OPTIONS: [&str; 5] = ["dup", "qos", "retain", "packet_id", "properties"];
        if !self.takes(Verb::Receive, call, 2..=2, &OPTIONS, true) {
            return Vec::new();
        }
        let Some(qos) = self.qos(call) else {
            return Vec::new();
        };
        let mut fields: Vec<Field> =
            call.fields.iter().filter(|f| f.name.text != "packet_id").cloned().collect();
        if call.field("qos").is_none() {
            fields.insert(0, field("qos", number(call.span, 0)));
        }
        fields.extend(call.values.first().map(|topic| field("topic", topic.clone())));
        fields.extend(call.values.get(1).map(|payload| field("payload", payload.clone())));
        let own = call.field("packet_id").cloned();
        if qos == 0 {
            fields.extend(own.map(|id| field("packet_id", id)));
            return vec![Action::expect(name, "PUBLISH", fields, call.within)];
        }
        let pattern = own.unwrap_or_else(|| {
            self.captures += 1;
            // A name with a blank cannot clash with those of a script.
            let capture = format!("receive {}", self.captures);
            Value { span: call.span, kind: ValueKind::Capture(capture) }
        });
        let id = match &pattern.kind {
            ValueKind::Capture(capture) => ValueKind::Variable(capture.clone()),
            other => other.clone(),
        };
        let id = field("packet_id", Value { span: pattern.span, kind: id });
        fields.push(field("packet_id", pattern));
        self.acknowledge(name, qos, call, fields, id)
    }

    fn acknowledge(
        &self,
        name: &Name,
        qos: u64,
        call: &Call<'_>,
        fields: Vec<Field>,
        id: Field,
    ) -> Vec<Action> {
        let expect = Action::expect(name, "PUBLISH", fields, call.within);
        if qos == 1 {
            return vec![expect, Action::send(name, "PUBACK", vec![id])];
        }
        let mut release = vec![id.clone()];
        if self.version_of(name) == Version::V5 {
            release.push(field("reason", code(call.span, 0)));
        }
        vec![
            expect,
            Action::send(name, "PUBREC", vec![id.clone()]),
            Action::expect(name, "PUBREL", release, None),
            Action::send(name, "PUBCOMP", vec![id]),
        ]
    }

    /// The QoS that decides which packets a verb stands for.
    fn qos(&mut self, call: &Call<'_>) -> Option<u64> {
        let Some(value) = call.field("qos") else {
            return Some(0);
        };
        let resolved = match &value.kind {
            ValueKind::Variable(name) => self.case.iter().find(|(n, _)| n == name).map(|(_, v)| v),
            _ => Some(value),
        };
        if let Some(ValueKind::Number { value: qos @ 0..=2, .. }) = resolved.map(|v| &v.kind) {
            return Some(*qos);
        }
        self.error_hint(
            value.span,
            format!("`{value}` is not a QoS that is known before the test starts"),
            "write 0, 1 or 2 or a variable of the header, or the packets one by one",
        );
        None
    }

    /// The packet identifier of the call, or one that its connection has not used yet.
    fn packet_id(&mut self, name: &Name, call: &Call<'_>) -> Value {
        if let Some(id) = call.field("packet_id") {
            return id.clone();
        }
        let fresh = match self.connections.get_mut(&name.text) {
            Some(connection) => {
                let id = connection.next_id;
                connection.next_id = if id >= 65_535 { FIRST_FRESH_ID } else { id + 1 };
                id
            }
            None => FIRST_FRESH_ID,
        };
        number(call.span, fresh)
    }
}

/// A use of a verb.
struct Call<'a> {
    span: Span,
    values: &'a [Value],
    fields: &'a [Field],
    within: Option<Window>,
}

impl Call<'_> {
    fn field(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|f| f.name.text == name).map(|f| &f.value)
    }
}

impl Action {
    fn send(connection: &Name, packet: &str, fields: Vec<Field>) -> Self {
        Self::Send {
            connection: connection.text.clone(),
            packet: packet.to_owned(),
            fields,
            patches: Vec::new(),
            login: Login::None,
        }
    }

    fn expect(connection: &Name, packet: &str, fields: Vec<Field>, within: Option<Window>) -> Self {
        Self::Expect {
            connection: connection.text.clone(),
            expected: Expected::Packet { packet: packet.to_owned(), fields },
            within,
        }
    }
}

fn not_a_count(value: &Value) -> Option<Span> {
    match &value.kind {
        ValueKind::Number { value: 0..=1_000_000, .. } | ValueKind::Variable(_) => None,
        _ => Some(value.span),
    }
}

/// A field that a verb adds; its place is that of its value.
fn field(name: &str, value: Value) -> Field {
    Field { name: Name { text: name.to_owned(), span: value.span }, value }
}

fn flag(span: Span, flag: bool) -> Value {
    Value { span, kind: ValueKind::Flag(flag) }
}

fn number(span: Span, value: u64) -> Value {
    Value { span, kind: ValueKind::Number { value, hex: false } }
}

fn code(span: Span, value: u64) -> Value {
    Value { span, kind: ValueKind::Number { value, hex: true } }
}

fn list(span: Span, items: Vec<Value>) -> Value {
    Value { span, kind: ValueKind::List { only: false, items } }
}
