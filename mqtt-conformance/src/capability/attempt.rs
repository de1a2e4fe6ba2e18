//! Small scripts that show what a broker does, executed as tests are.

use std::sync::LazyLock;

use mqtt_codec::{PacketType, Version};

use crate::config::{Config, Halt};
use crate::engine::{Entry, Execution, Failure, Stop, TraceEvent, execute};
use crate::script::{Test, expand, parse};
use crate::transport::Connector;
use crate::tree::Packet;

/// The scripts of this folder: the name and the text.
const SCRIPTS: &[(&str, &str)] = &[
    ("auth", include_str!("scripts/auth.mqs")),
    ("connect", include_str!("scripts/connect.mqs")),
    ("dollar-topics", include_str!("scripts/dollar-topics.mqs")),
    ("empty-client-id", include_str!("scripts/empty-client-id.mqs")),
    ("keep-alive", include_str!("scripts/keep-alive.mqs")),
    ("long-client-id", include_str!("scripts/long-client-id.mqs")),
    ("qos-1", include_str!("scripts/qos-1.mqs")),
    ("qos-2", include_str!("scripts/qos-2.mqs")),
    ("retain", include_str!("scripts/retain.mqs")),
    ("session-expiry", include_str!("scripts/session-expiry.mqs")),
    ("topics", include_str!("scripts/topics.mqs")),
    ("wildcard-subscriptions", include_str!("scripts/wildcard-subscriptions.mqs")),
];

/// The same as tests. A script with a mistake has none, which a test of this module finds.
static TESTS: LazyLock<Vec<Test>> = LazyLock::new(|| {
    let tests = |(name, text): &(&str, &str)| {
        let file = format!("{name}.mqs");
        parse(&file, text).and_then(|script| expand(&script, &format!("explore/{file}"))).unwrap_or_default()
    };
    SCRIPTS.iter().flat_map(tests).collect()
});

/// A script that is made for the occasion, as a test.
pub(super) fn generated(name: &str, version: Version, text: &str) -> Option<Test> {
    let file = format!("{name}.mqs");
    let script = parse(&file, text).ok()?;
    expand(&script, &format!("explore/{file}")).ok()?.into_iter().find(|test| test.version == version)
}

/// What came of a script.
pub(super) struct Attempt {
    /// The id of the test that it was: what its topics and client identifiers are made of.
    pub(super) id: String,
    execution: Execution,
}

impl Attempt {
    /// Executes a script in a version; `None` if it is not for this version.
    pub(super) async fn of<C: Connector>(
        name: &str,
        version: Version,
        connector: &C,
        config: &Config,
    ) -> Option<Self> {
        let id = format!("{version}/explore/{name}");
        let test = TESTS.iter().find(|test| test.id == id)?;
        Some(Self::execute(test, connector, config).await)
    }

    /// Executes a script that is a test already.
    pub(super) async fn execute<C: Connector>(test: &Test, connector: &C, config: &Config) -> Self {
        // A run that is to end still wants to know whether the broker is there.
        let config = Config { halt: Halt::default(), ..config.clone() };
        Self { id: test.id.clone(), execution: execute(test, connector, &config).await }
    }

    /// The transport's words, if a connection could not be opened.
    pub(super) fn unreachable(&self) -> Option<&str> {
        match &self.execution.ended {
            Err(Stop::Unreachable { text, .. }) => Some(text),
            _ => None,
        }
    }

    /// The script did not come to its end in the time for all of it.
    pub(super) const fn ran_out_of_time(&self) -> bool {
        matches!(&self.execution.ended, Err(Stop::OutOfTime(_) | Stop::Beyond(_)))
    }

    /// Everything that happened.
    pub(super) fn transcript(&self) -> &[Entry] {
        &self.execution.transcript
    }

    /// The first packet of a type that came.
    pub(super) fn packet(&self, kind: PacketType) -> Option<&Packet> {
        self.transcript().iter().find_map(|entry| match &entry.event {
            TraceEvent::Received { packet, .. } if packet.is(kind) => Some(packet),
            _ => None,
        })
    }

    /// The first thing that came.
    pub(super) fn first(&self) -> Option<&Entry> {
        self.transcript().iter().find(|entry| {
            matches!(
                entry.event,
                TraceEvent::Received { .. }
                    | TraceEvent::Malformed { .. }
                    | TraceEvent::ClosedByBroker { .. }
            )
        })
    }

    /// All steps went as the script says.
    pub(super) const fn succeeded(&self) -> bool {
        self.execution.ended.is_ok()
    }

    /// How the part below `---` failed, if it did: the part above shows that nothing else is in the way.
    pub(super) fn failure(&self) -> Option<&Failure> {
        match &self.execution.ended {
            Err(Stop::Failed(failure)) if !failure.preparation => Some(failure),
            _ => None,
        }
    }

    /// How it failed, wherever.
    pub(super) fn any_failure(&self) -> Option<&Failure> {
        match &self.execution.ended {
            Err(Stop::Failed(failure)) => Some(failure),
            _ => None,
        }
    }

    /// Why the script could not go on with what the broker announced.
    pub(super) fn skipped(&self) -> Option<&str> {
        match &self.execution.ended {
            Err(Stop::Skipped(reason)) => Some(reason),
            _ => None,
        }
    }

    /// Why there was no connection, or how it broke.
    pub(super) fn into_execution(self) -> Execution {
        self.execution
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::check;

    #[test]
    fn every_script_is_sound() {
        for (name, text) in SCRIPTS {
            let script = parse(name, text).unwrap();
            assert!(check(&script, None).is_empty(), "{name}: {:?}", check(&script, None));
            assert_eq!(crate::script::format(&script), *text, "{name}");
            let versions = expand(&script, &format!("explore/{name}.mqs")).unwrap().len();
            let of_it = |test: &&Test| test.file == format!("{name}.mqs");
            assert_eq!(TESTS.iter().filter(of_it).count(), versions, "{name}");
        }
    }
}
