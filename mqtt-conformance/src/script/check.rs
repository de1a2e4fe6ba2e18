//! Names, kinds, variables and order: everything about a script that can be judged without a broker.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use mqtt_codec::{PacketType, Sender, Version};
use serde_json::Value as Tree;

use super::ast::{Block, Field, Item, Piece, Script, Statement, StatementKind, Value, ValueKind};
use super::expand::{
    Action, Case, Expected, Lowering, MAX_CLIENT_PREFIX, Step, cases, constant, finish, no_version,
};
use super::values::{EvalError, MAX_VALUE, Variables, eval_fields, not_sendable, weight};
use super::vocabulary::{CAPABILITIES, Kind, Owner, describe, packets};
use crate::diagnostic::{Draft, Problem, Span};
use crate::tree::{PropertyMember, from_tree};

/// Whether a standard has a statement: its version, and the id as `covers:` writes it.
pub type KnowsStatement<'a> = dyn Fn(Version, &str) -> bool + 'a;

/// After so many mistakes no further case is looked at.
const MANY: usize = 1_000;

/// Content of so many bytes is not built just to look at it.
const LARGE: usize = 100_000;

/// How often a step may run, in all rounds of the blocks around it.
const MAX_ROUNDS: u64 = 1_000_000;

/// Every problem of a script that was parsed, warnings too, in the order of the file.
///
/// `knows` tells which statement ids exist; without it the ids are not looked at.
pub fn check(script: &Script, knows: Option<&KnowsStatement<'_>>) -> Vec<Problem> {
    let mut problems = Vec::new();
    header(script, knows, &mut problems);
    let cases = cases(script, &mut problems);
    let mut entered = BTreeSet::new();
    let mut used = BTreeSet::new();
    let mut asks_nothing = None;
    for (version, _) in script.versions() {
        for case in &cases {
            // One case after the other has the same mistakes.
            if problems.len() > MANY {
                break;
            }
            let mut lowering = Lowering::new(script, version, case);
            let (steps, preparation) = lowering.script();
            problems.append(&mut lowering.problems);
            if let Some(last) = steps.get(preparation..).and_then(<[Step]>::last)
                && !steps.iter().skip(preparation).any(can_fail)
            {
                asks_nothing = Some(last.span);
            }
            entered.append(&mut lowering.entered);
            let acl = script.needs().any(|need| need.text == "acl");
            let mut walk = Walk { version, case, acl, rounds: 1, problems: &mut problems, used: &mut used };
            let mut state = State::default();
            walk.steps(&steps, &mut state);
            walk.unused_captures(&state);
        }
    }
    never_run(&script.body, &entered, &mut problems);
    subjects(&script.body, &mut used);
    for item in &script.header {
        if let super::ast::HeaderKind::For { names, .. } = &item.node.kind {
            for name in names.iter().filter(|n| !used.contains(&n.text)) {
                let draft = Draft::warning(format!("no step uses `{}`", name.text));
                problems.push((name.span, draft.hint("every case would be the same test")));
            }
        }
    }
    // Where something else is wrong, the rest of the script may be, too.
    if let (Some(span), true) = (asks_nothing, problems.is_empty()) {
        let draft = Draft::warning("nothing is expected here, so the script can never fail");
        problems.push((span, draft.hint("say what the broker has to do, for example `a < PINGRESP`")));
    }
    finish(script, problems)
}

/// Whether a step waits for something of the broker.
fn can_fail(step: &Step) -> bool {
    match &step.action {
        Action::Expect { .. } | Action::AnyOrder(_) | Action::Either(_) => true,
        Action::Repeat { steps, .. } => steps.iter().any(can_fail),
        _ => false,
    }
}

fn header(script: &Script, knows: Option<&KnowsStatement<'_>>, problems: &mut Vec<(Span, Draft)>) {
    let mut versions = BTreeSet::new();
    for (version, span) in script.versions() {
        if !versions.insert(version) {
            problems.push((span, Draft::error(format!("{version} is given twice"))));
        }
    }
    if versions.is_empty() {
        problems.push(no_version());
    }
    for (version, span) in script.rigor() {
        if !versions.contains(&version) {
            problems.push((span, Draft::error(format!("the script does not run for {version}"))));
        } else if version != Version::V5 {
            let draft = Draft::error(format!("{version} does not leave the rigor of checks to the receiver"));
            problems.push((span, draft.hint("only 5.0 does, in section 4.13.1")));
        }
    }
    let mut ids = BTreeSet::new();
    for statute in script.covers() {
        let name = format!("{}/{}", statute.version, statute.id);
        if !versions.contains(&statute.version) {
            let draft =
                Draft::error(format!("the script covers {name}, but does not run for {}", statute.version));
            problems.push((statute.span, draft.hint("`version:` names the versions it runs for")));
        } else if knows.is_some_and(|knows| !knows(statute.version, &statute.id)) {
            problems.push((
                statute.span,
                Draft::error(format!("{} has no statement {}", statute.version, statute.id)),
            ));
        }
        if !ids.insert(name.clone()) {
            problems.push((statute.span, Draft::error(format!("{name} is given twice"))));
        }
    }
    for need in script.needs() {
        if !CAPABILITIES.iter().any(|(name, _)| *name == need.text) {
            let draft = Draft::error(format!("there is no capability `{}`", need.text));
            problems.push((need.span, draft.did_you_mean(&need.text, CAPABILITIES.iter().map(|(n, _)| *n))));
        }
    }
    if script.body.is_empty() {
        problems.push((
            Span::new(script.source.len(), script.source.len()),
            Draft::error("the script has no steps"),
        ));
    }
    if let Some(item) = script.body.last()
        && matches!(item.node.kind, StatementKind::Divider)
    {
        problems.push((item.node.span, Draft::error("no question follows `---`")));
    }
    if script.title().is_empty() {
        let draft = Draft::warning("the script does not say what it tests");
        problems.push((Span::new(0, 0), draft.hint("begin with a comment: one sentence")));
    }
}

/// Blocks of `when` that no case enters, and that therefore nothing has looked at.
fn never_run(body: &[Item<Statement>], entered: &BTreeSet<usize>, problems: &mut Vec<(Span, Draft)>) {
    for item in body {
        if let StatementKind::When { then, otherwise, .. } = &item.node.kind {
            for block in std::iter::once(then).chain(otherwise) {
                if !entered.contains(&block.span.start) {
                    let span = Span::new(block.span.start, block.span.start + 1);
                    problems.push((span, Draft::warning("no case of this script enters this block")));
                }
            }
        }
        for block in blocks(&item.node.kind) {
            never_run(&block.body, entered, problems);
        }
    }
}

/// The variables that `when` asks for, and those of options that are resolved before the test starts.
fn subjects(body: &[Item<Statement>], used: &mut BTreeSet<String>) {
    for item in body {
        match &item.node.kind {
            StatementKind::When { subject, .. } => {
                used.insert(subject.text.clone());
            }
            StatementKind::Verb { fields, .. } => {
                for field in fields {
                    if let ValueKind::Variable(name) = &field.value.kind {
                        used.insert(name.clone());
                    }
                }
            }
            _ => {}
        }
        for block in blocks(&item.node.kind) {
            subjects(&block.body, used);
        }
    }
}

fn blocks(kind: &StatementKind) -> Vec<&Block> {
    match kind {
        StatementKind::AnyOrder(block) | StatementKind::Repeat { block, .. } => vec![block],
        StatementKind::Either(blocks) => blocks.iter().collect(),
        StatementKind::When { then, otherwise, .. } => std::iter::once(then).chain(otherwise).collect(),
        _ => Vec::new(),
    }
}

/// What is known when a step is reached.
#[derive(Clone, Debug, Default)]
struct State {
    connections: BTreeMap<String, (Version, Life)>,
    /// Captures with the place of the last one, and whether it was used.
    captures: BTreeMap<String, (Span, bool)>,
    counters: BTreeSet<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Open,
    /// The script closed it, on this line.
    Closed(usize),
    /// The broker was seen to close it, or one of two branches closed it.
    Perhaps,
}

impl State {
    /// What holds after one of two ways here.
    fn join(&mut self, other: Self) {
        for (name, (version, life)) in other.connections {
            self.connections
                .entry(name)
                .and_modify(|(_, mine)| {
                    if *mine != life {
                        *mine = Life::Perhaps;
                    }
                })
                .or_insert((version, Life::Perhaps));
        }
        for (name, (span, used)) in other.captures {
            self.captures.entry(name).and_modify(|(_, mine)| *mine |= used).or_insert((span, used));
        }
    }
}

/// Which way a packet goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Send,
    Expect,
}

/// Where a value stands.
#[derive(Clone, Copy)]
struct Place {
    owner: Owner,
    version: Version,
    usage: Use,
}

struct Walk<'a> {
    /// The script may name what is denied.
    acl: bool,
    version: Version,
    case: &'a Case,
    /// How often the step runs that is looked at.
    rounds: u64,
    problems: &'a mut Vec<(Span, Draft)>,
    used: &'a mut BTreeSet<String>,
}

impl Walk<'_> {
    fn report(&mut self, span: Span, draft: Draft) {
        self.problems.push((span, draft));
    }

    fn steps(&mut self, steps: &[Step], state: &mut State) {
        for step in steps {
            self.step(step, state);
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind of step")]
    fn step(&mut self, step: &Step, state: &mut State) {
        match &step.action {
            Action::Open { connection, version } => {
                if let Some((_, Life::Open)) = state.connections.get(connection) {
                    let draft = Draft::error(format!("`{connection}` is open already"));
                    self.report(
                        step.span,
                        draft.hint(format!(
                            "`drop {connection}` or `disconnect {connection}` first, or use another name"
                        )),
                    );
                }
                state.connections.insert(connection.clone(), (*version, Life::Open));
            }
            Action::Send { connection, packet, fields, patches, .. } => {
                let version = self.live(connection, step.span, state);
                let length = self.packet(packet, step.span, version, Use::Send, fields, state);
                for patch in patches {
                    self.raw(&patch.value, state);
                    let end = patch.offset.saturating_add(patch_length(&patch.value));
                    if let Some(length) = length.filter(|length| end > *length) {
                        let message = format!("the patch ends at byte {end}, the packet at byte {length}");
                        self.report(patch.span, Draft::error(message));
                    }
                }
            }
            Action::SendRaw { connection, parts, .. } => {
                self.live(connection, step.span, state);
                for part in parts {
                    self.raw(part, state);
                }
            }
            Action::Expect { connection, expected, .. } => {
                let version = self.live(connection, step.span, state);
                match expected {
                    Expected::Packet { packet, fields } => {
                        self.packet(packet, step.span, version, Use::Expect, fields, state);
                    }
                    Expected::Nothing => {}
                    Expected::Closed { reason } => {
                        if let Some(reason) = reason {
                            self.value(
                                reason,
                                Kind::Number { min: 0, max: 255 },
                                "reason",
                                Place { owner: Owner::Filter, version, usage: Use::Expect },
                                state,
                            );
                        }
                        if let Some(entry) = state.connections.get_mut(connection) {
                            entry.1 = Life::Perhaps;
                        }
                    }
                }
            }
            Action::Close { connection } | Action::Drop { connection } => {
                self.live(connection, step.span, state);
                if let Some(entry) = state.connections.get_mut(connection) {
                    entry.1 = Life::Closed(step.line);
                }
            }
            Action::Wait(_) => {}
            Action::Skip(reason) => self.raw(reason, state),
            Action::AnyOrder(branches) => {
                for branch in branches {
                    self.steps(branch, state);
                }
            }
            Action::Either(branches) => {
                let before = state.clone();
                let mut first = true;
                for branch in branches {
                    let mut own = before.clone();
                    self.steps(branch, &mut own);
                    if first {
                        *state = own;
                        first = false;
                    } else {
                        state.join(own);
                    }
                }
            }
            Action::Repeat { count, counter, steps } => {
                self.value(
                    count,
                    Kind::Number { min: 0, max: 1_000_000 },
                    "repeat",
                    Place { owner: Owner::Filter, version: self.version, usage: Use::Send },
                    state,
                );
                if let Some(counter) = counter
                    && (!state.counters.insert(counter.clone())
                        || self.case.iter().any(|(n, _)| n == counter))
                {
                    self.report(step.span, Draft::error(format!("`{counter}` already has a meaning")));
                }
                let outside = self.rounds;
                if let ValueKind::Number { value, .. } = self.resolve(count).kind {
                    self.rounds = outside.saturating_mul(value.max(1));
                }
                if outside <= MAX_ROUNDS && self.rounds > MAX_ROUNDS {
                    let message =
                        format!("these steps would run {} times; {MAX_ROUNDS} is the most", self.rounds);
                    self.report(step.span, Draft::error(message));
                }
                self.steps(steps, state);
                self.rounds = outside;
                if let Some(counter) = counter {
                    state.counters.remove(counter);
                }
            }
        }
    }

    /// The version of a connection that must be open here.
    fn live(&mut self, name: &str, span: Span, state: &State) -> Version {
        match state.connections.get(name) {
            Some((version, Life::Open | Life::Perhaps)) => *version,
            Some((version, Life::Closed(line))) => {
                let draft = Draft::error(format!("`{name}` was closed on line {line}"));
                self.report(span, draft.hint(format!("`connect {name}` opens it again")));
                *version
            }
            None => {
                let mut draft = Draft::error(format!("there is no connection `{name}` here"))
                    .did_you_mean(name, state.connections.keys().map(String::as_str));
                if draft.hint.as_deref().is_none_or(|h| !h.starts_with("did")) {
                    draft = draft.hint(format!("`connect {name}` or `open {name}` comes first"));
                }
                self.report(span, draft);
                self.version
            }
        }
    }

    fn packet(
        &mut self,
        packet: &str,
        span: Span,
        version: Version,
        usage: Use,
        fields: &[Field],
        state: &mut State,
    ) -> Option<usize> {
        let Some(owner @ Owner::Packet(kind)) = Owner::packet(packet, version) else {
            let known = packets(version);
            let draft = Draft::error(format!("MQTT {version} has no packet {packet}"));
            self.report(span, draft.did_you_mean(packet, known.iter().map(String::as_str)));
            return None;
        };
        if usage == Use::Expect && !kind.may_be_sent_by(Sender::Server, version) {
            let hint = match kind {
                PacketType::Disconnect => "in 3.x a server just closes: `< closed`",
                _ => "a server never sends it; use `>` to send it",
            };
            let draft = Draft::error(format!("a server of MQTT {version} cannot send {packet}"));
            self.report(span, draft.hint(hint));
            return None;
        }
        let before = self.problems.len();
        self.fields(fields, Place { owner, version, usage }, state);
        if usage == Use::Send {
            self.required(fields, owner, version, span);
            if kind == PacketType::Publish {
                self.packet_id_with_qos(fields, span);
            }
            if self.problems.len() == before {
                return self.encoded(packet, span, version, fields, state);
            }
        }
        None
    }

    /// The length of a packet that can be encoded before the test starts; the codec has the last word on values.
    fn encoded(
        &mut self,
        packet: &str,
        span: Span,
        version: Version,
        fields: &[Field],
        state: &State,
    ) -> Option<usize> {
        if fields.iter().any(|field| self.weight(&field.value) > LARGE) {
            return None;
        }
        let mut variables = Variables::default();
        variables.set("t", Tree::from("t".repeat(3 + MAX_CLIENT_PREFIX)));
        variables.set("c", Tree::from("c".repeat(MAX_CLIENT_PREFIX)));
        variables.set("denied_topic", Tree::from("denied"));
        variables.set("denied_filter", Tree::from("denied"));
        for (name, value) in self.case {
            variables.set(name.clone(), constant(value));
        }
        for counter in &state.counters {
            variables.set(counter.clone(), Tree::from(1));
        }
        // What is captured is not known yet.
        let mut members = eval_fields(fields, &variables).ok()?;
        members.insert("type".to_owned(), Tree::from(packet.to_lowercase()));
        let tree = Tree::Object(members);
        match from_tree(&tree, version) {
            Ok(packet) => packet.encoded_len().ok(),
            Err(error) => {
                let draft = Draft::error(format!("{packet} cannot be sent: {error}"));
                self.report(span, draft.hint("to send what a packet may not hold, use `patch` or raw bytes"));
                None
            }
        }
    }

    fn required(&mut self, fields: &[Field], owner: Owner, version: Version, span: Span) {
        for rule in owner.members(version).iter().filter(|r| r.required) {
            if !fields.iter().any(|f| f.name.text == rule.name) {
                self.report(
                    span,
                    Draft::error(format!("{} needs `{}`: {}", owner.name(), rule.name, describe(rule.kind))),
                );
            }
        }
    }

    /// A PUBLISH has a packet identifier if and only if its QoS is above 0.
    fn packet_id_with_qos(&mut self, fields: &[Field], span: Span) {
        let qos =
            match fields.iter().find(|f| f.name.text == "qos").map(|f| self.resolve(&f.value).kind.clone()) {
                None => Some(0),
                Some(ValueKind::Number { value, .. }) => Some(value),
                Some(_) => None,
            };
        let id = fields.iter().find(|f| f.name.text == "packet_id");
        match (qos, id) {
            (Some(0), Some(id)) => {
                let draft = Draft::error("a PUBLISH with QoS 0 has no `packet_id`");
                self.report(id.name.span, draft.hint("`when qos 0 { … } else { … }` tells the cases apart"));
            }
            (Some(1 | 2), None) => {
                self.report(span, Draft::error("a PUBLISH with QoS 1 or 2 needs `packet_id`"));
            }
            _ => {}
        }
    }

    fn fields(&mut self, fields: &[Field], place: Place, state: &mut State) {
        for field in fields {
            let name = field.name.text.as_str();
            match place.owner.members(place.version).iter().find(|r| r.name == name) {
                Some(rule) => self.value(&field.value, rule.kind, name, place, state),
                None => self.unknown_field(field, place.owner, place.version),
            }
        }
    }

    fn unknown_field(&mut self, field: &Field, owner: Owner, version: Version) {
        let name = field.name.text.as_str();
        let rules = owner.members(version);
        let draft = Draft::error(format!("{} of MQTT {version} has no field `{name}`", owner.name()));
        let other = match name {
            "reasons" => "return_codes",
            "return_codes" => "reasons",
            "reason" => "return_code",
            "return_code" => "reason",
            "clean_start" => "clean_session",
            "clean_session" => "clean_start",
            _ => "",
        };
        let has = |n: &str| rules.iter().any(|r| r.name == n);
        let draft = if has(other) {
            draft.hint(format!("in this version it is `{other}`; `when version` tells the versions apart"))
        } else if has("properties") && PropertyMember::named(name).is_some() {
            draft.hint(format!("it is a property: `properties=[{name}=…]`"))
        } else if rules.is_empty() {
            draft.hint("it has no fields")
        } else {
            draft.did_you_mean(name, rules.iter().map(|r| r.name))
        };
        self.report(field.name.span, draft);
    }

    /// The value itself, or what a variable of the header stands for in this case.
    fn resolve<'v>(&'v self, value: &'v Value) -> &'v Value {
        match &value.kind {
            ValueKind::Variable(name) => {
                self.case.iter().find(|(n, _)| n == name).map_or(value, |(_, resolved)| resolved)
            }
            _ => value,
        }
    }

    fn value(&mut self, value: &Value, kind: Kind, name: &str, place: Place, state: &mut State) {
        let Place { version, usage, .. } = place;
        self.variables(value, usage, state);
        if self.is_too_large(value) {
            return;
        }
        if usage == Use::Send
            && let Some(bad) = not_sendable(value)
        {
            let draft = Draft::error(format!("`{bad}` says what may come; it cannot be sent"));
            self.report(bad.span, draft);
            return;
        }
        let resolved = self.resolve(value).clone();
        let fits = match (&resolved.kind, kind) {
            (ValueKind::OneOf(choices), _) => {
                for choice in choices {
                    self.value(choice, kind, name, place, state);
                }
                return;
            }
            (ValueKind::Variable(_) | ValueKind::Capture(_) | ValueKind::Any | ValueKind::Absent, _)
            | (ValueKind::Flag(_), Kind::Flag)
            | (
                ValueKind::Text(_) | ValueKind::Letters(_) | ValueKind::Copies(..),
                Kind::Text | Kind::Bytes,
            )
            | (ValueKind::Hex(_) | ValueKind::Bytes(_), Kind::Bytes) => true,
            // Text of 3.1 may be any bytes; in the others the codec has the last word.
            (ValueKind::Hex(bytes), Kind::Text) => {
                version == Version::V3_1 || std::str::from_utf8(bytes).is_ok()
            }
            (ValueKind::Number { value: n, .. }, Kind::Number { min, max }) => {
                (u64::from(min)..=u64::from(max)).contains(n)
            }
            (ValueKind::Range(from, to), Kind::Number { min, max }) => {
                *from >= u64::from(min) && *to <= u64::from(max)
            }
            (ValueKind::List { items, .. }, Kind::Codes) => {
                for item in items {
                    self.value(item, Kind::Number { min: 0, max: 255 }, name, place, state);
                }
                return;
            }
            (ValueKind::List { items, .. }, Kind::Texts) => {
                for item in items {
                    self.value(item, Kind::Text, name, place, state);
                }
                return;
            }
            (ValueKind::List { items, .. }, Kind::Pair) if items.len() == 2 => {
                for item in items {
                    self.value(item, Kind::Text, name, place, state);
                }
                return;
            }
            (ValueKind::List { items, .. }, Kind::Filters) => {
                for item in items {
                    let ValueKind::Object(fields) = &item.kind else {
                        self.wrong(item, name, kind);
                        continue;
                    };
                    self.fields(fields, Place { owner: Owner::Filter, ..place }, state);
                    if usage == Use::Send {
                        self.required(fields, Owner::Filter, version, item.span);
                    }
                }
                return;
            }
            (ValueKind::List { items, .. }, Kind::Properties) => {
                for item in items {
                    let ValueKind::Member(field) = &item.kind else {
                        self.wrong(item, name, kind);
                        continue;
                    };
                    self.property(field, place, state);
                }
                return;
            }
            (ValueKind::Object(fields), Kind::Will) => {
                self.fields(fields, Place { owner: Owner::Will, ..place }, state);
                if usage == Use::Send {
                    self.required(fields, Owner::Will, version, value.span);
                }
                return;
            }
            _ => false,
        };
        if !fits {
            self.wrong(value, name, kind);
        }
    }

    fn property(&mut self, field: &Field, place: Place, state: &mut State) {
        let name = field.name.text.as_str();
        let owner = place.owner;
        if let Some(rule) = owner.properties().find(|r| r.name == name) {
            self.value(&field.value, rule.kind, name, place, state);
            return;
        }
        let draft = if PropertyMember::named(name).is_some() {
            Draft::error(format!("{} cannot carry the property `{name}`", owner.name()))
                .hint("to send what no packet may hold, write raw bytes: `> hex \"…\"`")
        } else {
            Draft::error(format!("there is no property `{name}`"))
                .did_you_mean(name, owner.properties().map(|r| r.name))
        };
        self.report(field.name.span, draft);
    }

    fn wrong(&mut self, value: &Value, name: &str, kind: Kind) {
        let resolved = self.resolve(value);
        let shown = match &value.kind {
            ValueKind::Variable(variable) => format!("`${variable}`, here {resolved},"),
            _ => format!("`{value}`"),
        };
        let mut draft = Draft::error(format!("{shown} does not fit `{name}`: expected {}", describe(kind)));
        if matches!((kind, &resolved.kind), (Kind::Number { .. }, ValueKind::Number { .. })) {
            draft = draft.hint("to send what a packet may not hold, use `patch` or raw bytes");
        }
        self.report(value.span, draft);
    }

    /// A part of raw bytes, or a patch.
    /// About how many bytes a value stands for, as far as the script says.
    fn weight(&self, value: &Value) -> usize {
        weight(value, &|name| {
            let found = self.case.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| Cow::Owned(constant(value)))
        })
    }

    /// Whether a value stands for more than the values of a whole packet may; says so.
    fn is_too_large(&mut self, value: &Value) -> bool {
        let too_large = self.weight(value) > MAX_VALUE;
        if too_large {
            self.report(value.span, Draft::error(EvalError::TooLarge.to_string()));
        }
        too_large
    }

    fn raw(&mut self, value: &Value, state: &mut State) {
        self.variables(value, Use::Send, state);
        if self.is_too_large(value) {
            return;
        }
        if let Some(bad) = not_sendable(value) {
            self.report(bad.span, Draft::error(format!("`{bad}` says what may come; it cannot be sent")));
            return;
        }
        let resolved = self.resolve(value);
        match &resolved.kind {
            ValueKind::Number { value: 0..=255, .. }
            | ValueKind::Text(_)
            | ValueKind::Hex(_)
            | ValueKind::Bytes(_)
            | ValueKind::Letters(_)
            | ValueKind::Copies(..)
            | ValueKind::Variable(_) => {}
            _ => {
                let draft = Draft::error(format!("`{value}` is not bytes"));
                self.report(value.span, draft.hint("write a number up to 255, text, or `hex \"00 ff\"`"));
            }
        }
    }

    /// Looks up the variables of a value, and enters its captures.
    fn variables(&mut self, value: &Value, usage: Use, state: &mut State) {
        match &value.kind {
            ValueKind::Variable(name) => self.variable(name, value.span, state),
            ValueKind::Text(pieces) => {
                for piece in pieces {
                    if let Piece::Hole(name, span) = piece {
                        self.variable(name, *span, state);
                        let number = self.case.iter().find(|(n, _)| n == name).map(|(_, v)| constant(v));
                        if number.is_some_and(|v| v.is_object() || v.is_array()) {
                            let message = format!(
                                "`{name}` is neither text nor a number, so it cannot stand in a text"
                            );
                            self.report(*span, Draft::error(message));
                        }
                    }
                }
            }
            ValueKind::Capture(name) if usage == Use::Expect => {
                let taken = self.case.iter().any(|(n, _)| n == name)
                    || state.counters.contains(name)
                    || ["t", "c", "denied_topic", "denied_filter", "version"].contains(&name.as_str());
                if taken {
                    self.report(value.span, Draft::error(format!("`{name}` already has a meaning")));
                    return;
                }
                let used = state.captures.get(name).is_some_and(|(_, used)| *used);
                state.captures.insert(name.clone(), (value.span, used));
            }
            ValueKind::Bytes(n) | ValueKind::Letters(n) => self.variables(n, usage, state),
            ValueKind::Copies(what, n) => {
                self.variables(what, usage, state);
                self.variables(n, usage, state);
            }
            _ => {}
        }
    }

    fn variable(&mut self, name: &str, span: Span, state: &mut State) {
        self.used.insert(name.to_owned());
        if let Some((_, used)) = state.captures.get_mut(name) {
            *used = true;
            return;
        }
        let fixed = ["t", "c", "denied_topic", "denied_filter"];
        let fixed = fixed.into_iter().take(if self.acl { 4 } else { 2 });
        let case = self.case.iter().map(|(n, _)| n.as_str());
        let known: Vec<&str> = case
            .chain(fixed)
            .chain(state.counters.iter().map(String::as_str))
            .chain(state.captures.keys().map(String::as_str).filter(|n| !n.contains(' ')))
            .collect();
        if !known.contains(&name) {
            let draft = Draft::error(format!("there is no variable `{name}` here")).did_you_mean(name, known);
            self.problems.push((span, draft));
        }
    }

    fn unused_captures(&mut self, state: &State) {
        for (name, (span, used)) in &state.captures {
            if !used && !name.starts_with('_') && !name.contains(' ') {
                let draft = Draft::warning(format!("nothing uses `?{name}`"));
                self.report(*span, draft.hint("write `*` for any value"));
            }
        }
    }
}

/// How many bytes a patch overwrites, as far as the script says.
fn patch_length(value: &Value) -> usize {
    match &value.kind {
        ValueKind::Hex(bytes) => bytes.len(),
        _ => 1,
    }
}
