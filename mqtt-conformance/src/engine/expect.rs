//! An expectation: whether what came fits it, and what to say if it does not.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value as Tree;
use tokio::time::Instant;

use super::came::Came;
use super::{Engine, Ran};
use crate::engine::compare::{Difference, compare};
use crate::engine::link::Link;
use crate::script::ast::{Field, Value, ValueKind};
use crate::script::{Expected, Mismatch, Time, Window, eval, match_fields, match_value, value_text};
use crate::transport::Connector;

impl<'a, C: Connector> Engine<'a, C> {
    pub(super) async fn expect(
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
    pub(super) fn unfinished(&self, name: &str) -> String {
        let link = self.slots.get(name).and_then(|slot| slot.link.as_ref());
        match link.map_or(0, Link::unfinished) {
            0 => String::new(),
            n => format!(", but {n} bytes of a packet that did not end"),
        }
    }

    /// How a packet differs from one that was expected.
    pub(super) fn differs(&self, name: &str, expected: &Expected, came: &Came) -> Option<Difference> {
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
    pub(super) fn fits(&self, expected: &Expected, came: &Came) -> Result<(), Option<Mismatch>> {
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
    pub(super) fn bind(&mut self, expected: &Expected, came: &Came) {
        if let (Expected::Packet { fields, .. }, Came::Packet(tree)) = (expected, came) {
            let _ = match_fields(fields, tree, &mut self.variables);
        }
    }

    /// Whether a packet may precede the close: a DISCONNECT, or a CONNACK that refuses, with an accepted code.
    pub(super) fn excuse(&self, reason: Option<&Value>, packet: &Tree) -> bool {
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

    /// An expectation as a line of the language, with the variables filled in.
    pub(super) fn describe(&self, name: &str, expected: &Expected) -> String {
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
}

fn is_of_type(packet: &Tree, name: &str) -> bool {
    packet.get("type").and_then(Tree::as_str).is_some_and(|kind| kind.eq_ignore_ascii_case(name))
}

pub(super) fn rounded(time: Duration) -> Duration {
    Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}
