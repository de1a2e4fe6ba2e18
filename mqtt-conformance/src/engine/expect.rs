//! An expectation: whether what came fits it, and what to say if it does not.

use std::fmt::Write as _;
use std::time::Duration;

use mqtt_codec::PacketType;
use tokio::time::Instant;

use super::incoming::{Got, Incoming};
use super::{Engine, Ran};
use crate::engine::compare::{Difference, compare};
use crate::engine::link::Link;
use crate::script::ast::{Field, Value, ValueKind};
use crate::script::{Expected, Mismatch, Time, Window, eval, match_fields, match_value, value_text};
use crate::transport::Connector;
use crate::tree::Packet;

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
            if let Some(waiting) = self.front(name).cloned() {
                let after = waiting.at.saturating_duration_since(since);
                match (expected, &waiting.what) {
                    (Expected::Closed { reason }, Incoming::Packet(packet))
                        if !excused && self.excuse(reason.as_ref(), packet) =>
                    {
                        excused = true;
                        self.pop(name);
                        continue;
                    }
                    // A subscription may bring messages before it is acknowledged. They wait until it is their turn.
                    (Expected::Packet { packet: wanted, .. }, Incoming::Packet(packet))
                        if wanted == "SUBACK" && packet.is(PacketType::Publish) =>
                    {
                        early.push(waiting);
                        self.pop(name);
                        continue;
                    }
                    _ => {}
                }
                let got = waiting.describe(name);
                let wanted = self.describe(name, expected);
                if self.fits(expected, &waiting.what).is_err() {
                    let difference = self.differs(name, expected, &waiting.what);
                    return self.fail(wanted, got, difference);
                }
                if after < earliest || after > latest {
                    let text = format!("{} after {}", got.text, Time::Exactly(rounded(after)));
                    let wanted = if after < earliest {
                        format!("{wanted} {}", within.map(ToString::to_string).unwrap_or_default())
                    } else {
                        format!("{wanted} within {}", Time::Exactly(latest))
                    };
                    return self.fail(wanted, Got { text, ..got }, None);
                }
                self.bind(expected, &waiting.what);
                self.pop(name);
                if let Some(slot) = self.slots.get_mut(name) {
                    for waiting in early.into_iter().rev() {
                        slot.queue.push_front(waiting);
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
                return self.fail(self.describe(name, expected), Got::words(got), None);
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
    pub(super) fn differs(&self, name: &str, expected: &Expected, came: &Incoming) -> Option<Difference> {
        match (expected, came) {
            (Expected::Packet { packet: wanted, fields }, Incoming::Packet(packet))
                if is_of_type(packet, wanted) =>
            {
                Some(compare(fields, packet, &self.variables, self.version(name)))
            }
            (Expected::Packet { .. }, Incoming::Packet(_)) => {
                Some(Difference { byte: Some(0), ..Difference::default() })
            }
            _ => None,
        }
    }

    /// Whether what came is what was expected; the difference where both are packets of one type.
    pub(super) fn fits(&self, expected: &Expected, came: &Incoming) -> Result<(), Option<Mismatch>> {
        match (expected, came) {
            (Expected::Packet { packet: wanted, fields }, Incoming::Packet(packet)) => {
                if !is_of_type(packet, wanted) {
                    return Err(None);
                }
                match_fields(fields, packet.values(), &mut self.variables.clone()).map_err(Some)
            }
            (Expected::Closed { .. }, Incoming::Closed { .. }) => Ok(()),
            _ => Err(None),
        }
    }

    /// Keeps the captures of an expectation that fits.
    pub(super) fn bind(&mut self, expected: &Expected, came: &Incoming) {
        if let (Expected::Packet { fields, .. }, Incoming::Packet(packet)) = (expected, came) {
            let _ = match_fields(fields, packet.values(), &mut self.variables);
        }
    }

    /// Whether a packet may precede the close: a DISCONNECT, or a CONNACK that refuses, with an accepted code.
    pub(super) fn excuse(&self, reason: Option<&Value>, packet: &Packet) -> bool {
        let refusal = match packet.kind() {
            PacketType::Disconnect => true,
            PacketType::ConnAck => packet.code() != Some(0),
            _ => false,
        };
        let code = packet.get("reason").or_else(|| packet.get("return_code"));
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

fn is_of_type(packet: &Packet, name: &str) -> bool {
    packet.kind().name().eq_ignore_ascii_case(name)
}

pub(super) fn rounded(time: Duration) -> Duration {
    Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}
