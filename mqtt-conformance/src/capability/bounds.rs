//! Which tests go farther than a broker does.

use std::fmt;

use mqtt_codec::Version;
use serde_json::{Map, Value as Tree};

use crate::config::{Bound, Bounds};
use crate::script::ast::Field;
use crate::script::{Action, Step, Test, Variables, eval_fields, eval_parts};
use crate::tree::{Packet, from_tree};

/// What a test sends beyond a limit, in words; `variables` are those that it starts with.
pub(super) fn exceeded(bounds: &Bounds, test: &Test, variables: Variables) -> Option<String> {
    if *bounds == Bounds::default() {
        return None;
    }
    Walk { bounds, variables, versions: Vec::new() }.steps(&test.steps, test.version)
}

/// Whether a test publishes or subscribes, or leaves a Will.
pub(super) fn uses_topics(steps: &[Step]) -> bool {
    steps.iter().any(|step| match &step.action {
        Action::Send { packet, fields, .. } => {
            matches!(&**packet, "PUBLISH" | "SUBSCRIBE" | "UNSUBSCRIBE")
                || fields.iter().any(|field| field.name.text == "will")
        }
        Action::AnyOrder(branches) | Action::Either(branches) => branches.iter().any(|b| uses_topics(b)),
        Action::Repeat { steps, .. } => uses_topics(steps),
        _ => false,
    })
}

/// Goes through the steps of a test without running them.
struct Walk<'b> {
    bounds: &'b Bounds,
    variables: Variables,
    /// The version of each connection.
    versions: Vec<(String, Version)>,
}

impl Walk<'_> {
    fn steps(&mut self, steps: &[Step], version: Version) -> Option<String> {
        steps.iter().find_map(|step| match &step.action {
            Action::Open { connection, version } => {
                self.versions.push((connection.clone(), *version));
                None
            }
            Action::Send { connection, packet, fields, patches, .. } if patches.is_empty() => {
                self.packet(self.version(connection, version), packet, fields)
            }
            Action::SendRaw { connection, parts, .. } => {
                let bytes = eval_parts(parts, &self.variables).ok()?;
                let packet = Packet::decode(&bytes, self.version(connection, version))?;
                self.judge(packet.values(), bytes.len())
            }
            Action::AnyOrder(branches) | Action::Either(branches) => {
                branches.iter().find_map(|branch| self.steps(branch, version))
            }
            Action::Repeat { counter, steps, .. } => {
                if let Some(counter) = counter {
                    self.variables.set(counter.clone(), Tree::from(1));
                }
                self.steps(steps, version)
            }
            _ => None,
        })
    }

    fn version(&self, connection: &str, usual: Version) -> Version {
        let opened = self.versions.iter().rev().find(|(name, _)| name == connection);
        opened.map_or(usual, |(_, version)| *version)
    }

    /// A packet with captured values is only known when the test runs.
    fn packet(&self, version: Version, packet: &str, fields: &[Field]) -> Option<String> {
        let mut members = Map::new();
        members.insert("type".to_owned(), Tree::from(packet.to_lowercase()));
        members.extend(eval_fields(fields, &self.variables).ok()?);
        let tree = Tree::Object(members);
        let size = from_tree(&tree, version).ok()?.encoded_len().ok()?;
        self.judge(&tree, size)
    }

    fn judge(&self, packet: &Tree, size: usize) -> Option<String> {
        let bounds = self.bounds;
        let kind = packet.get("type").and_then(Tree::as_str).unwrap_or_default().to_uppercase();
        if let Some(reason) = over(bounds.packet_size.as_ref(), size, &format!("a {kind}"), "bytes") {
            return Some(reason);
        }
        let will = packet.get("will").and_then(|will| will.get("topic"));
        for topic in packet.get("topic").into_iter().chain(will).filter_map(Tree::as_str) {
            if let Some(reason) = self.topic("a topic", topic) {
                return Some(reason);
            }
        }
        let filters = packet.get("filters").and_then(Tree::as_array).map_or(&[][..], Vec::as_slice);
        if let Some(reason) = over(bounds.filters.as_ref(), filters.len(), &format!("a {kind}"), "filters") {
            return Some(reason);
        }
        for filter in filters {
            let text = filter.get("filter").unwrap_or(filter).as_str().unwrap_or_default();
            if let Some(reason) = self.topic("a filter", text) {
                return Some(reason);
            }
        }
        if kind == "CONNECT" { self.connect(packet) } else { None }
    }

    fn topic(&self, what: &str, topic: &str) -> Option<String> {
        over(self.bounds.topic_length.as_ref(), topic.len(), what, "bytes")
            .or_else(|| over(self.bounds.topic_levels.as_ref(), topic.split('/').count(), what, "levels"))
    }

    fn connect(&self, packet: &Tree) -> Option<String> {
        let client_id = packet.get("client_id").and_then(Tree::as_str).unwrap_or_default();
        let long =
            over(self.bounds.client_id_length.as_ref(), client_id.len(), "a client identifier", "bytes");
        let odd = || {
            let (characters, source) = self.bounds.client_id_characters.as_ref()?;
            let odd = client_id.chars().find(|c| !c.is_ascii_alphanumeric() && !characters.contains(*c))?;
            Some(format!("sends a client identifier with {odd:?}, which {source} does not allow"))
        };
        long.or_else(odd).or_else(|| self.keep_alive(packet))
    }

    fn keep_alive(&self, packet: &Tree) -> Option<String> {
        let seconds = packet.get("keep_alive").and_then(Tree::as_u64).unwrap_or(0);
        let too = |bound: &Bound, than: &str| {
            let Bound { limit, source } = bound;
            format!("asks for a Keep Alive of {seconds} s, where {source} has no {than} than {limit} s")
        };
        let min =
            self.bounds.keep_alive_min.as_ref().filter(|min| (1..u64::from(min.limit)).contains(&seconds));
        let max = self.bounds.keep_alive_max.as_ref().filter(|max| seconds > u64::from(max.limit));
        min.map(|min| too(min, "shorter")).or_else(|| max.map(|max| too(max, "longer")))
    }
}

fn over(bound: Option<&Bound>, count: usize, what: &str, unit: impl fmt::Display) -> Option<String> {
    let Bound { limit, source } = bound?;
    let above = u64::try_from(count).unwrap_or(u64::MAX) > u64::from(*limit);
    above.then(|| format!("sends {what} of {count} {unit}, where {source} allows {limit}"))
}
