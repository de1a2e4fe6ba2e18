//! What a test has to do with time: how long it takes, and how punctual the tester has to be for it.

use std::time::Duration;

use serde_json::Value as Tree;

use crate::config::Config;
use crate::script::{Action, Expected, Step, Test, Time, Variables, eval_count, eval_fields};

use super::variables;

/// The times of a test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Timing {
    /// The shortest time that the broker or the tester has to keep: a wait, a window, a Keep Alive, an expiry or delay. `None` for a
    /// test that has none of them.
    pub(crate) finest: Option<Duration>,
    /// How long the test takes at most on its own account: its waits and windows, and a round trip for each step.
    pub(crate) longest: Duration,
}

/// Shorter waits only put a distance between two packets; the times of MQTT are whole seconds.
const PAUSE: Duration = Duration::from_millis(500);

/// What the tester may be late in any case, so that a busy machine is not a reason by itself.
const ALWAYS_ALLOWED: Duration = Duration::from_millis(100);

impl Timing {
    pub(crate) fn of(test: &Test, config: &Config) -> Self {
        let mut timing = Self::default();
        let mut variables = variables(test, config);
        timing.longest = timing.steps(&test.steps, config, &mut variables);
        timing
    }

    /// How late the tester may be, and how far away the broker, before a failure of the test says nothing about the broker: a
    /// fifth of its shortest time.
    pub(crate) fn allowed(&self, config: &Config) -> Duration {
        let most = config.deadline() / 2;
        self.finest.map_or(most, |finest| (finest / 5).max(ALWAYS_ALLOWED).min(most))
    }

    /// How long these steps take.
    fn steps(&mut self, steps: &[Step], config: &Config, variables: &mut Variables) -> Duration {
        steps.iter().map(|step| self.step(step, config, variables)).sum()
    }

    fn step(&mut self, step: &Step, config: &Config, variables: &mut Variables) -> Duration {
        let length = |time: Time| match time {
            Time::Exactly(time) => time,
            Time::Quiet => config.silence(),
        };
        match &step.action {
            Action::Wait(time) => {
                self.depends_on(*time);
                length(*time)
            }
            Action::Expect { expected, within, .. } => match within {
                Some(window) => {
                    self.depends_on(window.latest);
                    if let Some(earliest) = window.earliest {
                        self.depends_on(Time::Exactly(earliest));
                    }
                    length(window.latest) + config.round_trip
                }
                None if matches!(expected, Expected::Nothing) => config.silence(),
                None => config.round_trip,
            },
            Action::Send { packet, fields, .. } => {
                if let Ok(members) = eval_fields(fields, variables) {
                    self.intervals(packet, &Tree::Object(members));
                }
                Duration::ZERO
            }
            Action::AnyOrder(branches) => {
                branches.iter().map(|branch| self.steps(branch, config, variables)).sum()
            }
            Action::Either(branches) => {
                branches.iter().map(|branch| self.steps(branch, config, variables)).max().unwrap_or_default()
            }
            Action::Repeat { count, counter, steps } => {
                if let Some(counter) = counter {
                    variables.set(counter.clone(), Tree::from(1));
                }
                // A number that is only known when the test runs.
                let count = eval_count(count, variables).unwrap_or(1);
                let once = self.steps(steps, config, variables);
                once.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX))
            }
            Action::Open { .. } => 2 * config.round_trip,
            _ => Duration::ZERO,
        }
    }

    fn depends_on(&mut self, time: Time) {
        if let Time::Exactly(time) = time
            && time >= PAUSE
        {
            self.finest = Some(self.finest.map_or(time, |finest| finest.min(time)));
        }
    }

    /// The times that a packet of ours sets.
    fn intervals(&mut self, packet: &str, members: &Tree) {
        let properties =
            |of: &Tree| of.get("properties").and_then(Tree::as_array).cloned().unwrap_or_default();
        let mut seconds: Vec<u64> = Vec::new();
        if packet.eq_ignore_ascii_case("CONNECT") {
            seconds.extend(members.get("keep_alive").and_then(Tree::as_u64));
        }
        let will = members.get("will").map(properties).unwrap_or_default();
        for property in properties(members).iter().chain(&will) {
            for name in ["session_expiry_interval", "message_expiry_interval", "will_delay_interval"] {
                seconds.extend(property.get(name).and_then(Tree::as_u64));
            }
        }
        for seconds in seconds.into_iter().filter(|seconds| *seconds > 0) {
            self.depends_on(Time::Exactly(Duration::from_secs(seconds)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script;

    #[track_caller]
    fn check(body: &str, finest: Option<u64>, longest: u64) {
        let text = format!("# T.\nversion: 5.0\n{body}");
        let script = script::parse("t.mqs", &text).unwrap_or_else(|e| panic!("{}", e.problems[0].one_line()));
        let test = script::expand(&script, "area/t.mqs").unwrap().remove(0);
        let timing = Timing::of(&test, &Config::default());
        assert_eq!(timing.finest, finest.map(Duration::from_millis), "{body}");
        assert_eq!(timing.longest, Duration::from_millis(longest), "{body}");
    }

    #[test]
    fn waits_windows_and_intervals_count() {
        check("open a\n---\na > PINGREQ\na < PINGRESP\nwait 50ms\na < nothing\n", None, 350);
        check("open a\na > CONNECT keep_alive=2\n---\nwait 4s\na < closed within 1s..3s\n", Some(1000), 7000);
        check(
            "open a\na > CONNECT keep_alive=0 properties=[session_expiry_interval=2]\nrepeat 3 {\nwait 5s\n}\n",
            Some(2000),
            15_000,
        );
        check("open a\na > PUBLISH topic=\"a\" properties=[message_expiry_interval=1]\n", Some(1000), 0);
    }

    #[test]
    fn a_fifth_of_the_shortest_time_is_allowed() {
        let allowed = |finest: Option<u64>| {
            let timing = Timing { finest: finest.map(Duration::from_millis), longest: Duration::ZERO };
            timing.allowed(&Config::default()).as_millis()
        };
        assert_eq!([None, Some(60_000), Some(2000), Some(500)].map(allowed), [2500, 2500, 400, 100]);
    }
}
