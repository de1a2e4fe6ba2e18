//! An expectation: whether what came fits it, and what to say if it does not.

use std::fmt::Write as _;
use std::time::Duration;

use mqtt_codec::PacketType;
use tokio::time::Instant;

use super::incoming::{Got, Incoming, Waiting};
use super::{Engine, Ran};
use crate::engine::compare::{Difference, compare};
use crate::engine::link::Link;
use crate::script::ast::{Field, Value, ValueKind};
use crate::script::order::{self, Order};
use crate::script::{Expected, Mismatch, Time, Window, eval, match_fields, match_value, value_text};
use crate::transport::{Connector, Meter};
use crate::tree::Packet;

/// What the queue of a connection holds for an expectation.
#[derive(Clone, Copy, Debug)]
pub(super) enum Look {
    /// The arrival at this place fits.
    At(usize),
    /// The arrival at this place does not fit, and what is expected cannot come after it.
    InTheWay(usize),
    /// Nothing fits, and nothing stands in the way.
    NotYet,
}

/// How far a connection has come with a packet whose end has not come.
#[derive(Clone, Copy, Debug)]
struct Progress {
    /// How many packets wait before it.
    packets: usize,
    /// Its bytes, or all that the connection received.
    bytes: u64,
}

impl Progress {
    /// More of the packet came since then.
    const fn is_further(self, before: Self) -> bool {
        self.packets == before.packets && self.bytes > before.bytes
    }
}

impl<'a, C: Connector> Engine<'a, C> {
    pub(super) async fn expect(
        &mut self,
        name: &str,
        expected: &'a Expected,
        within: Option<&Window>,
        since: Instant,
    ) -> Ran {
        let usual = match expected {
            Expected::Nothing => self.config.silence(),
            _ => self.config.deadline(),
        };
        let mut latest = self.latest(within, usual);
        let mut excused = false;
        // What came in the second half of the time.
        let (half, mut progress) = (usual / 2, None);
        loop {
            match self.look(name, expected) {
                Look::At(at) => return self.take_expected(name, expected, within, (since, latest), at),
                Look::InTheWay(at) => {
                    let Some(waiting) = self.arrival(name, at).cloned() else { return Ok(()) };
                    if let (Expected::Closed { reason }, Incoming::Packet(packet)) = (expected, &waiting.what)
                        && !excused
                        && self.excuse(reason.as_ref(), packet)
                    {
                        excused = true;
                        self.remove(name, at);
                        continue;
                    }
                    // A broker that has no room now has not answered what the test is about.
                    self.preparation |= waiting.what.is_full();
                    let difference = self.differs(name, expected, &waiting.what);
                    return self.fail(self.describe(name, expected), waiting.describe(name), difference);
                }
                Look::NotYet => {}
            }
            let packet = within.is_none() && !matches!(expected, Expected::Nothing);
            let until = since + latest;
            let until = if packet && progress.is_none() { until - half } else { until };
            if !self.next(until).await? {
                if matches!(expected, Expected::Nothing) {
                    return Ok(());
                }
                if packet {
                    let now = self.progress(name);
                    // A long packet may take its time on a slow way.
                    let goes_on = progress.is_some_and(|before| now.is_further(before));
                    if goes_on || progress.is_none() {
                        latest += if goes_on { half } else { Duration::ZERO };
                        progress = Some(now);
                        continue;
                    }
                }
                return self.nothing_came(name, expected, excused, latest);
            }
        }
    }

    /// Takes the arrival that fits an expectation out of the queue, if it came in time.
    fn take_expected(
        &mut self,
        name: &str,
        expected: &'a Expected,
        within: Option<&Window>,
        (since, latest): (Instant, Duration),
        index: usize,
    ) -> Ran {
        let Some(waiting) = self.arrival(name, index).cloned() else { return Ok(()) };
        let after = waiting.at.saturating_duration_since(since);
        let early = after < self.earliest(within);
        if early || after > latest {
            let got = waiting.describe(name);
            let text = format!("{} after {}", got.text, Time::Exactly(rounded(after)));
            let wanted = self.describe(name, expected);
            let wanted = if early {
                format!("{wanted} {}", within.map(ToString::to_string).unwrap_or_default())
            } else {
                format!("{wanted} within {}", Time::Exactly(latest))
            };
            return self.fail(wanted, Got { text, ..got }, None);
        }
        self.bind(expected, &waiting.what);
        self.remove(name, index);
        Ok(())
    }

    fn progress(&self, name: &str) -> Progress {
        let Some(slot) = self.slots.get(name) else { return Progress { packets: 0, bytes: 0 } };
        let unfinished = || slot.link.as_ref().map_or(0, Link::unfinished);
        let bytes = slot
            .meter
            .as_ref()
            .map_or_else(|| u64::try_from(unfinished()).unwrap_or(u64::MAX), Meter::received);
        Progress { packets: slot.queue.len(), bytes }
    }

    /// The time is over. What came of the expected type and was passed over is what the broker did instead.
    fn nothing_came(&self, name: &str, expected: &Expected, excused: bool, waited: Duration) -> Ran {
        let wanted = self.describe(name, expected);
        let waited = Time::Exactly(waited);
        let passed = |waiting: &&Waiting| match (expected, &waiting.what) {
            (Expected::Packet { packet: wanted, .. }, Incoming::Packet(packet)) => is_of_type(packet, wanted),
            _ => false,
        };
        let queue = self.slots.get(name).map(|slot| &slot.queue);
        if let Some(waiting) = queue.into_iter().flatten().find(passed) {
            let got = waiting.describe(name);
            let text = format!("{} and nothing else for {waited}", got.text);
            let difference = self.differs(name, expected, &waiting.what);
            return self.fail(wanted, Got { text, ..got }, difference);
        }
        let (more, rest) = if excused { (" more", ", and did not close") } else { ("", "") };
        let got = format!("nothing{more} for {waited}{rest}{}", self.unfinished(name));
        self.fail(wanted, Got::words(got), None)
    }

    /// Where in the queue of its connection the arrival stands that fits an expectation.
    pub(super) fn look(&self, name: &str, expected: &Expected) -> Look {
        let queue = self.slots.get(name).map(|slot| &slot.queue);
        for (at, waiting) in queue.into_iter().flatten().enumerate() {
            if self.fits(expected, &waiting.what).is_ok() {
                return Look::At(at);
            }
            if !self.passes(expected, &waiting.what) {
                return Look::InTheWay(at);
            }
        }
        Look::NotYet
    }

    /// Whether an arrival that does not fit may come before what is expected: no standard orders the two.
    fn passes(&self, expected: &Expected, came: &Incoming) -> bool {
        let (Expected::Packet { packet: wanted, fields }, Incoming::Packet(packet)) = (expected, came) else {
            return false;
        };
        let Some(wanted) = order::named(wanted) else { return false };
        Order::of(packet.kind(), wanted).allows(packet.values(), |name| {
            fields.iter().filter(|field| field.name.text == name).all(|field| {
                match_value(&field.value, name, packet.get(name), &mut self.variables.clone()).is_ok()
            })
        })
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
