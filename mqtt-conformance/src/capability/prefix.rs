//! Which tests can be asked of a broker that allows only topics or client identifiers with a prefix.

use std::collections::BTreeMap;

use mqtt_codec::Version;
use serde_json::Value as Tree;

use crate::config::Config;
use crate::script::ast::{Field, Piece, Value, ValueKind};
use crate::script::{Action, MAX_CONNECTION_NAME, Step, Test};

/// Why a test cannot keep to the configured prefixes, if it cannot.
pub(super) fn obstacle(test: &Test, config: &Config) -> Option<String> {
    let topics = !config.topic_prefix.is_empty();
    let clients = !config.client_id_prefix.is_empty();
    if !topics && !clients {
        return None;
    }
    let case = test.case.iter().map(|(name, value)| (name.as_str(), value)).collect();
    let walk = Walk { topics, clients, case };
    if clients
        && test.version == Version::V3_1
        && config.client_prefix(&test.id).len() + MAX_CONNECTION_NAME > 23
    {
        return Some("with --client-id-prefix, the client identifiers are too long for MQTT 3.1".to_owned());
    }
    walk.steps(&test.steps)
}

struct Walk<'t> {
    topics: bool,
    clients: bool,
    case: BTreeMap<&'t str, &'t Tree>,
}

impl Walk<'_> {
    fn steps(&self, steps: &[Step]) -> Option<String> {
        steps.iter().find_map(|step| self.action(&step.action))
    }

    fn action(&self, action: &Action) -> Option<String> {
        match action {
            Action::SendRaw { parts, .. } => self.counted(parts.iter(), "bytes"),
            Action::Send { fields, patches, .. } => {
                // The first byte is before everything that a prefix moves.
                let moved = patches.iter().any(|patch| patch.offset > 0);
                let counted = if moved {
                    self.counted(fields.iter().map(|field| &field.value), "patched packets")
                } else {
                    None
                };
                counted.or_else(|| self.fields(fields))
            }
            Action::AnyOrder(branches) | Action::Either(branches) => {
                branches.iter().find_map(|branch| self.steps(branch))
            }
            Action::Repeat { steps, .. } => self.steps(steps),
            _ => None,
        }
    }

    /// Lengths and places that are written by hand do not count with a prefix.
    fn counted<'v>(&self, mut values: impl Iterator<Item = &'v Value>, what: &str) -> Option<String> {
        let moved = |value: &Value| {
            let text = value.to_string();
            self.topics && self.holds(&text, "t") || self.clients && self.holds(&text, "c")
        };
        values.any(moved).then(|| format!("the script writes {what} whose lengths a prefix would change"))
    }

    /// Whether a value has this prefix in it, also by way of a variable of the case.
    fn holds(&self, text: &str, prefix: &str) -> bool {
        let hole = format!("${{{prefix}}}");
        let mentions =
            |name: &str| text.contains(&format!("${{{name}}}")) || text.contains(&format!("${name}"));
        text.contains(&hole)
            || self.case.iter().any(|(name, value)| {
                mentions(name) && value.as_str().is_some_and(|value| value.contains(&hole))
            })
    }

    fn fields(&self, fields: &[Field]) -> Option<String> {
        fields.iter().find_map(|field| {
            let value = &field.value;
            match field.name.text.as_str() {
                "topic" | "filter" | "response_topic" if self.topics => self.must_begin(value, "t", "topic"),
                "client_id" if self.clients => self.must_begin(value, "c", "client identifier"),
                "filters" | "will" | "properties" => self.nested(value),
                _ => None,
            }
        })
    }

    fn nested(&self, value: &Value) -> Option<String> {
        match &value.kind {
            ValueKind::List { items, .. } => items.iter().find_map(|item| match &item.kind {
                ValueKind::Text(_) if self.topics => self.must_begin(item, "t", "topic"),
                _ => self.nested(item),
            }),
            ValueKind::Object(fields) => self.fields(fields),
            ValueKind::Member(field) => self.fields(std::slice::from_ref(field)),
            _ => None,
        }
    }

    fn must_begin(&self, value: &Value, prefix: &str, what: &str) -> Option<String> {
        let begins = match &value.kind {
            ValueKind::Text(pieces) => self.text_begins(pieces, prefix),
            ValueKind::Variable(name) => self.variable_begins(name, prefix),
            _ => false,
        };
        (!begins).then(|| format!("the {what} {value} cannot have the prefix"))
    }

    fn text_begins(&self, pieces: &[Piece], prefix: &str) -> bool {
        match pieces {
            // A PUBLISH that has an alias only.
            [] => prefix == "t",
            [Piece::Hole(name, _), ..] => name == prefix || self.variable_begins(name, prefix),
            // The name of a shared subscription stands before its filter.
            [Piece::Plain(share), Piece::Hole(name, _), ..] if share.starts_with("$share/") => {
                share.matches('/').count() == 2 && share.ends_with('/') && name == prefix
            }
            [Piece::Plain(_), ..] => false,
        }
    }

    fn variable_begins(&self, name: &str, prefix: &str) -> bool {
        if prefix == "t" && name.starts_with("denied_") {
            return true;
        }
        let hole = format!("${{{prefix}}}");
        name == prefix
            || self
                .case
                .get(name)
                .and_then(|value| value.as_str())
                .is_some_and(|text| text.starts_with(&hole))
    }
}
