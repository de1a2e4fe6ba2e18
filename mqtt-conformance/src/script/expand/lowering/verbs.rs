//! The verbs: what each stands for, and what it takes.

use super::Lowering;
use crate::diagnostic::{Draft, Span};
use crate::script::ast::{Field, Name, Value, Verb, Window};
use crate::script::expand::test::{Action, Step};

/// A use of a verb.
pub(super) struct Call<'a> {
    pub(super) span: Span,
    pub(super) values: &'a [Value],
    pub(super) fields: &'a [Field],
    pub(super) within: Option<Window>,
}

impl Call<'_> {
    pub(super) fn field(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|f| f.name.text == name).map(|f| &f.value)
    }
}

impl Lowering<'_> {
    pub(super) fn verb(&mut self, verb: Verb, name: &Name, call: &Call<'_>, out: &mut Vec<Step>) {
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
    pub(super) fn takes(
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
}
