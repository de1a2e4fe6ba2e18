//! One case of a script, spelled out as the steps of a test.

mod connect;
mod messages;
mod parts;
mod verbs;

use std::collections::{BTreeMap, BTreeSet};

use mqtt_codec::Version;
use serde_json::Value as Tree;

use super::cases::{Case, constant};
use super::test::{Action, Expected, Login, Step};
use crate::diagnostic::{Draft, Span};
use crate::script::ast::{Block, Item, Name, Script, Statement, StatementKind, Value, ValueKind, Verb};
use verbs::Call;

/// The first packet identifier that verbs use; scripts are free below it.
const FIRST_FRESH_ID: u64 = 40_001;

/// What is known of a connection while its script is spelled out.
#[derive(Clone, Debug)]
struct Connection {
    version: Version,
    client_id: Value,
    next_id: u64,
}

/// Spells out one case of a script.
pub(in crate::script) struct Lowering<'a> {
    script: &'a Script,
    version: Version,
    case: &'a Case,
    connections: BTreeMap<String, Connection>,
    captures: usize,
    /// Where the blocks of `when` begin that this case enters.
    pub(in crate::script) entered: BTreeSet<usize>,
    pub(in crate::script) problems: Vec<(Span, Draft)>,
}

impl<'a> Lowering<'a> {
    pub(in crate::script) fn new(script: &'a Script, version: Version, case: &'a Case) -> Self {
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
    pub(in crate::script) fn script(&mut self) -> (Vec<Step>, usize) {
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
            StatementKind::Skip(reason) => Action::Skip(reason.clone()),
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

    /// The version that a connection speaks: its own, else that of the test.
    fn version_of(&self, name: &Name) -> Version {
        self.connections.get(&name.text).map_or(self.version, |c| c.version)
    }
}

fn not_a_count(value: &Value) -> Option<Span> {
    match &value.kind {
        ValueKind::Number { value: 0..=1_000_000, .. } | ValueKind::Variable(_) => None,
        _ => Some(value.span),
    }
}
