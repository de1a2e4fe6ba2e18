//! Verbs of several packets that belong together by their packet identifier: subscribing, publishing, receiving.

use mqtt_codec::Version;

use super::parts::{code, field, list, number};
use super::verbs::Call;
use super::{FIRST_FRESH_ID, Lowering};
use crate::diagnostic::Span;
use crate::script::ast::{Field, Name, Piece, Value, ValueKind, Verb};
use crate::script::expand::test::Action;

impl Lowering<'_> {
    pub(super) fn subscribe(&mut self, name: &Name, call: &Call<'_>) -> Vec<Action> {
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
        let asked = call.field("granted").or_else(|| call.field("qos")).cloned();
        let asked = asked.unwrap_or_else(|| code(call.span, 0));
        let codes = if self.version_of(name) == Version::V5 { "reasons" } else { "return_codes" };
        let answer = |code: &Value| {
            let all = list(code.span, call.values.iter().map(|_| code.clone()).collect());
            Action::expect(
                name,
                "SUBACK",
                vec![field("packet_id", id.clone()), field(codes, all)],
                call.within,
            )
        };
        let granted = answer(&asked);
        let last = match (call.field("granted"), self.number_of(&asked)) {
            (None, Some(qos)) => {
                let step = |action| self.step(call.span, action);
                Action::Either(vec![
                    vec![step(granted)],
                    vec![
                        step(answer(&less_than(qos, call.span))),
                        step(Action::Skip(not_granted(call.span))),
                    ],
                ])
            }
            _ => granted,
        };
        vec![Action::send(name, "SUBSCRIBE", fields), last]
    }

    pub(super) fn unsubscribe(&mut self, name: &Name, call: &Call<'_>) -> Vec<Action> {
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

    /// What a PUBLISH is to hold besides its packet identifier, and its QoS.
    fn message(&mut self, verb: Verb, call: &Call<'_>) -> Option<(u64, Vec<Field>)> {
        const OPTIONS: [&str; 5] = ["dup", "qos", "retain", "packet_id", "properties"];
        if !self.takes(verb, call, 2..=2, &OPTIONS, true) {
            return None;
        }
        let qos = self.qos(call)?;
        let mut fields: Vec<Field> =
            call.fields.iter().filter(|f| f.name.text != "packet_id").cloned().collect();
        fields.extend(call.values.first().map(|topic| field("topic", topic.clone())));
        fields.extend(call.values.get(1).map(|payload| field("payload", payload.clone())));
        Some((qos, fields))
    }

    pub(super) fn publish(&mut self, name: &Name, call: &Call<'_>) -> Vec<Action> {
        let Some((qos, mut fields)) = self.message(Verb::Publish, call) else {
            return Vec::new();
        };
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

    pub(super) fn receive(&mut self, name: &Name, call: &Call<'_>) -> Vec<Action> {
        let Some((qos, mut fields)) = self.message(Verb::Receive, call) else {
            return Vec::new();
        };
        if call.field("qos").is_none() {
            fields.insert(0, field("qos", number(call.span, 0)));
        }
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

    /// A number that is known before the test starts.
    fn number_of(&self, value: &Value) -> Option<u64> {
        let resolved = match &value.kind {
            ValueKind::Variable(name) => self.case.iter().find(|(n, _)| n == name).map(|(_, v)| v),
            _ => Some(value),
        };
        match resolved?.kind {
            ValueKind::Number { value, .. } => Some(value),
            _ => None,
        }
    }

    /// The QoS that decides which packets a verb stands for.
    fn qos(&mut self, call: &Call<'_>) -> Option<u64> {
        let Some(value) = call.field("qos") else {
            return Some(0);
        };
        if let Some(qos @ 0..=2) = self.number_of(value) {
            return Some(qos);
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

/// What else may answer the request for a QoS: a lower one, or a refusal.
fn less_than(qos: u64, span: Span) -> Value {
    let refusal = Value { span, kind: ValueKind::Range(0x80, 0xff) };
    let choices = (0..=qos).map(|qos| code(span, qos)).chain([refusal]);
    Value { span, kind: ValueKind::OneOf(choices.collect()) }
}

fn not_granted(span: Span) -> Value {
    let reason = "the broker does not grant a subscription as it is asked for".to_owned();
    Value { span, kind: ValueKind::Text(vec![Piece::Plain(reason)]) }
}
