//! The first visit to a broker: is it there, which versions does it speak, and what does it lack?

use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::time::Duration;

use mqtt_codec::Version;

use super::Error;
use crate::capability::profile::Profile;
use crate::capability::{ProbeError, explore, hindrance, probe};
use crate::config::Config;
use crate::script::Test;
use crate::transport::{Connector, Trouble};

/// How long it may take to learn what the broker says of itself, in all versions together.
const LONGEST: Duration = Duration::from_secs(15);

/// Something to know before the tests, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a sentence, and how to show it")]
pub struct Notice {
    /// What it is.
    pub text: String,
    /// It contradicts what the user said.
    pub warning: bool,
}

/// Connects once in each version of the tests, and tells the configuration what the broker lacks; then tries what it cannot
/// say, if that is wanted.
///
/// # Errors
///
/// When the broker cannot be reached or used.
pub async fn visit<C: Connector, T: Borrow<Test>>(
    connector: &C,
    name: &str,
    tests: &[T],
    profile: Option<&Profile>,
    config: &mut Config,
) -> Result<Vec<Notice>, Error> {
    let versions: BTreeSet<Version> = tests.iter().flat_map(|test| test.borrow().versions()).collect();
    tokio::time::timeout(LONGEST, ask(connector, name, &versions, profile, config)).await.map_err(|_| {
        Error::unreachable(format_args!("{name}: no usable answer for {} s", LONGEST.as_secs()))
    })?
}

async fn ask<C: Connector>(
    connector: &C,
    name: &str,
    versions: &BTreeSet<Version>,
    profile: Option<&Profile>,
    config: &mut Config,
) -> Result<Vec<Notice>, Error> {
    let mut gentle = config.clone();
    gentle.connect_timeout = gentle.connect_timeout.min(Duration::from_secs(4));
    gentle.step_deadline = gentle.step_deadline.clamp(Duration::from_secs(1), Duration::from_secs(3));
    let mut notices = Vec::new();
    let (mut refused, mut odd) = (Vec::<(Version, ProbeError)>::new(), Vec::new());
    let mut own_topic = None;
    for version in versions {
        match probe(connector, *version, &gentle).await {
            Ok(found) => {
                let against = profile.iter().flat_map(|profile| profile.contradictions(*version, &found));
                notices.extend(against.map(|text| Notice { text: format!("{name}: {text}"), warning: true }));
                own_topic = own_topic.or_else(|| found.own_topic.clone());
                found.apply(config);
            }
            Err(error) if error.is_about_version() => {
                config.missing_versions.insert(*version, error.to_string());
                refused.push((*version, error));
            }
            // The tests will say so, each in its own place.
            Err(error @ ProbeError::BadConnAck { .. }) => odd.push((*version, error)),
            Err(error) => return Err(unusable(name, &error)),
        }
    }
    for failed in [refused.len(), refused.len() + odd.len()] {
        if failed == versions.len()
            && let Some((_, error)) = refused.iter().chain(&odd).next()
        {
            return Err(unusable(name, error));
        }
    }
    let refused =
        refused.iter().map(|(version, error)| format!("{name}: no tests of MQTT {version}: {error}"));
    let odd = odd.iter().map(|(_, error)| format!("{name}: {error}"));
    notices.extend(refused.chain(odd).map(|text| Notice { text, warning: false }));
    notices.extend(own_topic.map(|topic| {
        let text = format!(
            "{name}: messages to `{topic}` come to a client that subscribed to nothing; the tests pass over topics that are not theirs"
        );
        Notice { text, warning: false }
    }));
    Ok(notices)
}

/// Tries what the broker has no words for, and tells the configuration what it lacks.
pub async fn try_out<C: Connector, T: Borrow<Test>>(
    connector: &C,
    name: &str,
    tests: &[T],
    config: &mut Config,
) -> Vec<Notice> {
    let asked: BTreeSet<Version> = tests.iter().map(|test| test.borrow().version).collect();
    let spoken = asked.into_iter().filter(|version| !config.missing_versions.contains_key(version)).collect();
    let needs = tests.iter().flat_map(|test| &test.borrow().needs).map(String::as_str).collect();
    let mut notices = Vec::new();
    for (capability, reason) in explore(connector, &spoken, &needs, config).await {
        let text = format!("{name}: no tests that need {capability}: {reason}");
        notices.push(Notice { text, warning: false });
        config.missing.insert(capability, reason);
    }
    notices
}

/// With fewer tests, each can say for itself what is in the way.
const MANY_TESTS: usize = 20;

/// The most connections that are tried at the same time.
const MANY_CONNECTIONS: usize = 400;

/// Does once what every test does, before many of them fail for one reason: subscribes and publishes to a topic of the run, and
/// holds as many connections as `jobs` tests at the same time may have.
///
/// # Errors
///
/// When the broker openly refuses one of these; the hint names the option to use.
pub async fn find_hindrance<C: Connector, T: Borrow<Test>>(
    connector: &C,
    name: &str,
    tests: &[T],
    jobs: usize,
    config: &Config,
) -> Result<(), Error> {
    let spoken = |version: &Version| !config.missing_versions.contains_key(version);
    let newest = tests.iter().map(|test| test.borrow().version).filter(spoken).max();
    let Some(version) = newest.filter(|_| tests.len() >= MANY_TESTS) else { return Ok(()) };
    let connections = jobs.min(tests.len()).saturating_mul(3).min(MANY_CONNECTIONS);
    match hindrance(connector, version, connections, config).await {
        Some(found) => Err(Error::unreachable(format_args!("{name}: {found}")).with_hint(&found.remedy)),
        None => Ok(()),
    }
}

/// Why nothing can be tested, with a hint. `name` is the broker's.
#[must_use]
pub fn unusable(name: &str, error: &ProbeError) -> Error {
    let refusal = Error::unreachable(format_args!("{name}: {error}"));
    if let ProbeError::Unreachable(error) | ProbeError::Broken(error) = error
        && let Some(trouble) = Trouble::of(error)
    {
        return refusal.with_hint(trouble.hint());
    }
    match error {
        ProbeError::Unreachable(_) => refusal.with_hint("is the broker running, and is this its address?"),
        ProbeError::NoConnection(_) => {
            refusal.with_hint("is the address right, or does a firewall drop the packets?")
        }
        ProbeError::NotMqtt { .. }
        | ProbeError::BadConnAck { .. }
        | ProbeError::NotConnAck(_)
        | ProbeError::NoAnswer(_)
        | ProbeError::Closed(_)
        | ProbeError::Broken(_) => refusal.with_hint(
            "does this port speak MQTT in this way? mqtts:// is for TLS, ws:// and wss:// are for WebSocket",
        ),
        ProbeError::Refused { code: 4 | 5 | 0x86 | 0x87, .. } => refusal.with_hint(
            "give user name and password: mqtt://user:password@host, or MQTT_USERNAME and MQTT_PASSWORD",
        ),
        ProbeError::Refused { .. } => refusal,
    }
}

/// Five digits and letters that no other run is likely to have.
#[must_use]
pub fn mark() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let mut number = (since.as_nanos() / 1000) ^ (u128::from(std::process::id()) << 20);
    (0..5)
        .map(|_| {
            let digit = u32::try_from(number % 36).unwrap_or_default();
            number /= 36;
            char::from_digit(digit, 36).unwrap_or('0')
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_a_mark_of_five() {
        assert_eq!(mark().len(), 5);
    }
}
