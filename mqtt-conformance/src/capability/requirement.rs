//! What somebody needs from a broker, and whether it does that: each requirement is a small script that is made for it.

use std::fmt::Write as _;
use std::sync::Arc;

use mqtt_codec::{PacketType, Version};

use super::ability::{Ability, Answer};
use super::attempt::{Attempt, generated};
use crate::config::Config;
use crate::diagnostic::document::{Document, Table};
use crate::diagnostic::{Draft, Problem};
use crate::transport::Connector;

/// What somebody needs from a broker: the names and values of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Requirements {
    /// The versions in which all of it is needed.
    pub versions: Vec<Version>,
    /// What is needed, and how much of it; 1 for what is there or not.
    pub needs: Vec<(&'static str, u32)>,
}

/// One kind of requirement.
struct Kind {
    name: &'static str,
    /// From 1 to this; `None` for what is there or not.
    most: Option<u32>,
    /// Only 5.0 has it.
    only_5: bool,
    /// The steps that succeed if the broker has it.
    steps: fn(u32, Version) -> String,
    /// What the CONNACK must say besides, and does not.
    refutes: fn(&Attempt, u32) -> Option<String>,
}

const fn there(name: &'static str, steps: fn(u32, Version) -> String) -> Kind {
    Kind { name, most: None, only_5: false, steps, refutes: |_, _| None }
}

const fn number(name: &'static str, most: u32, steps: fn(u32, Version) -> String) -> Kind {
    Kind { most: Some(most), ..there(name, steps) }
}

const KINDS: [Kind; 18] = [
    number("qos", 2, |qos, _| {
        format!(
            "connect sub, pub\nsubscribe sub \"${{t}}\" qos={qos} granted={qos}\npublish pub \"${{t}}\" \"x\" qos={qos}\n\
             receive sub \"${{t}}\" \"x\" qos={qos}\n"
        )
    }),
    there("retain", |_, _| {
        "connect pub, sub\npublish pub \"${t}\" \"kept\" retain=true\npublish pub \"${t}/after\" \"x\"\nwait quiet\n\
         subscribe sub \"${t}\"\nreceive sub \"${t}\" \"kept\" retain=true\n"
            .to_owned()
    }),
    there("will", |_, _| will("", "", "live")),
    number("will_qos", 2, |qos, _| will(&format!(" qos={qos}"), &format!(" qos={qos}"), "live")),
    there("will_retain", |_, _| will(" retain=true", " retain=true", "late")),
    number("payload", 268_435_000, |bytes, _| {
        format!(
            "connect sub, pub\nsubscribe sub \"${{t}}\"\npublish pub \"${{t}}\" bytes({bytes})\n\
             receive sub \"${{t}}\" bytes({bytes})\n"
        )
    }),
    Kind {
        refutes: |attempt, seconds| {
            let given =
                number_of(attempt, "server_keep_alive").filter(|given| *given != u64::from(seconds))?;
            Some(format!("CONNECT asks for keep_alive={seconds}, CONNACK says server_keep_alive={given}"))
        },
        ..number("keep_alive", 65_535, |seconds, _| format!("connect it keep_alive={seconds}\nping it\n"))
    },
    there("persistent_session", |_, version| {
        let kept = if version == Version::V5 { " session_expiry_interval=60" } else { "" };
        format!(
            "connect sub clean=false{kept}\nsubscribe sub \"${{t}}\" qos=1\ndisconnect sub\nconnect pub\n\
             publish pub \"${{t}}\" \"x\" qos=1\nconnect sub clean=false{kept}\nreceive sub \"${{t}}\" \"x\" qos=1\n"
        )
    }),
    Kind {
        only_5: true,
        refutes: |attempt, seconds| {
            let given =
                number_of(attempt, "session_expiry_interval").filter(|given| *given < u64::from(seconds))?;
            Some(format!(
                "CONNECT asks for session_expiry_interval={seconds}, CONNACK says session_expiry_interval={given}"
            ))
        },
        ..number("session_expiry", u32::MAX, |seconds, _| {
            format!(
                "connect it session_expiry_interval={seconds}\ndisconnect it properties=[session_expiry_interval=0]\n"
            )
        })
    },
    there("wildcard_subscriptions", |_, _| {
        "connect sub, pub\nsubscribe sub \"${t}/#\"\nsubscribe sub \"${t}/+/b\"\npublish pub \"${t}/a/c\" \"x\"\n\
         receive sub \"${t}/a/c\" \"x\"\n"
            .to_owned()
    }),
    Kind {
        only_5: true,
        ..there("shared_subscriptions", |_, _| {
            "connect sub, pub\nsubscribe sub \"$share/${c}/${t}\"\npublish pub \"${t}\" \"x\"\nreceive sub \"${t}\" \"x\"\n"
                .to_owned()
        })
    },
    Kind {
        only_5: true,
        ..there("subscription_identifiers", |_, _| {
            "connect sub, pub\nsubscribe sub \"${t}\" properties=[subscription_identifier=7]\npublish pub \"${t}\" \"x\"\n\
             receive sub \"${t}\" \"x\" properties=[subscription_identifier=7]\n"
                .to_owned()
        })
    },
    Kind {
        only_5: true,
        refutes: |attempt, least| {
            let given = number_of(attempt, "topic_alias_maximum").unwrap_or(0);
            (given < u64::from(least)).then(|| format!("CONNACK says topic_alias_maximum={given}"))
        },
        ..number("topic_aliases", 65_535, |_, _| "connect it\n".to_owned())
    },
    Kind {
        only_5: true,
        refutes: |attempt, least| {
            let given = number_of(attempt, "receive_maximum").unwrap_or(65_535);
            (given < u64::from(least)).then(|| format!("CONNACK says receive_maximum={given}"))
        },
        ..number("receive_maximum", 65_535, |_, _| "connect it\n".to_owned())
    },
    there("empty_client_id", |_, _| "connect it client_id=\"\"\nping it\n".to_owned()),
    number("client_id_length", 65_535, |length, _| {
        let id = "x".repeat(usize::try_from(length).unwrap_or(0).saturating_sub(1));
        format!("connect it client_id=\"c{id}\"\nping it\n")
    }),
    number("filters", 1000, |count, version| {
        let filters: Vec<String> = (1..=count).map(|n| format!("{{filter=\"${{t}}/{n}\" qos=0}}")).collect();
        let codes = vec!["0"; filters.len()].join(", ");
        let name = if version == Version::V5 { "reasons" } else { "return_codes" };
        let filters = filters.join(", ");
        format!(
            "connect it\nit > SUBSCRIBE packet_id=7 filters=[{filters}]\nit < SUBACK packet_id=7 {name}=[{codes}]\n"
        )
    }),
    number("connections", 1000, |count, _| {
        let names: Vec<String> = (1..=count).map(|n| format!("c{n}")).collect();
        let mut steps = format!("connect {}\n", names.join(", "));
        for name in &names {
            let _ = writeln!(steps, "ping {name}");
        }
        steps
    }),
];

fn will(fields: &str, expected: &str, who: &str) -> String {
    let before = "connect live\nsubscribe live \"${t}\" qos=2\n";
    let after = match who {
        "late" => format!(
            "receive live \"${{t}}\" \"gone\"\nconnect late\nsubscribe late \"${{t}}\" qos=2\nreceive late \"${{t}}\" \"gone\"{expected}\n"
        ),
        _ => format!("receive live \"${{t}}\" \"gone\"{expected}\n"),
    };
    format!("{before}connect gone will={{topic=\"${{t}}\" payload=\"gone\"{fields}}}\ndrop gone\n{after}")
}

fn number_of(attempt: &Attempt, property: &str) -> Option<u64> {
    attempt.packet(PacketType::ConnAck)?.property_number(property)
}

impl Requirements {
    /// Reads a file of requirements. `file` is the file's name in messages.
    ///
    /// # Errors
    ///
    /// Every mistake, with its place.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        Document::read(file, &Arc::from(text), |table| Some(whole(table)))
    }

    /// The names that a file can have, each with the most that can be asked for; `None` for what is there or not.
    pub fn names() -> impl Iterator<Item = (&'static str, Option<u32>)> {
        KINDS.iter().map(|kind| (kind.name, kind.most))
    }
}

fn whole(table: &Table<'_>) -> Requirements {
    let names: Vec<&str> = std::iter::once("versions").chain(KINDS.iter().map(|kind| kind.name)).collect();
    table.allow(&names);
    let mut versions = Vec::new();
    for text in table.texts("versions") {
        if let Ok(version) = text.value.parse() {
            versions.push(version);
        } else {
            let draft = Draft::error(format!("`{}` is no version of MQTT", text.value));
            table.complain(text.span, draft.did_you_mean(text.value, Version::ALL.map(Version::name)));
        }
    }
    let needs = KINDS.iter().filter_map(|kind| {
        let much = match kind.most {
            Some(most) => table.number(kind.name, 1..=most),
            None => table.flag(kind.name).then_some(1),
        };
        Some((kind.name, much?))
    });
    let needs = needs.collect();
    Requirements { versions, needs }
}

/// Tries what is required, one after the other, in each version that is named, or else in each that the broker speaks.
///
/// The answer is *yes* if it holds in all of them, *no* with what came instead, or *unknown* if the connection could not be opened.
/// What the broker does against the standard is not looked at: that is what the tests are for.
pub async fn fulfilled<C: Connector>(
    connector: &C,
    required: &Requirements,
    spoken: &[Version],
    config: &Config,
) -> Vec<Ability> {
    let mut found = Vec::new();
    let versions = if required.versions.is_empty() { spoken } else { &required.versions };
    for version in &required.versions {
        let reason = config.missing_versions.get(version);
        let answer = if reason.is_none() { Answer::Yes } else { Answer::No };
        let evidence = reason.cloned().unwrap_or_else(|| "a CONNECT is accepted".to_owned());
        found.push(Ability::new(format!("mqtt-{version}"), answer, evidence));
    }
    let usable: Vec<Version> = versions.iter().copied().filter(|version| spoken.contains(version)).collect();
    for (name, much) in &required.needs {
        let Some(kind) = KINDS.iter().find(|kind| kind.name == *name) else { continue };
        let title = if kind.most.is_some() { format!("{name} {much}") } else { (*name).to_owned() };
        let mut answer = Ability::new(&*title, Answer::Unknown, "no version that is spoken has it");
        for version in usable.iter().filter(|version| !kind.only_5 || **version == Version::V5) {
            let (one, evidence) = kind.tried(*much, *version, connector, config).await;
            answer = Ability::new(&*title, one, format!("tried in MQTT {version}: {evidence}"));
            if one != Answer::Yes {
                break;
            }
        }
        if answer.answer == Answer::Yes {
            let tried: Vec<&str> = usable
                .iter()
                .filter(|version| !kind.only_5 || **version == Version::V5)
                .map(|version| version.name())
                .collect();
            answer.evidence = format!("tried in MQTT {}", tried.join(", "));
        }
        found.push(answer);
    }
    found
}

impl Kind {
    async fn tried<C: Connector>(
        &self,
        much: u32,
        version: Version,
        connector: &C,
        config: &Config,
    ) -> (Answer, String) {
        let steps = (self.steps)(much, version);
        let text = format!("# {}.\nversion: {version}\n{steps}", self.name);
        let Some(test) = generated(self.name, version, &text) else {
            return (Answer::Unknown, "this cannot be tried".to_owned());
        };
        let attempt = Attempt::execute(&test, connector, config).await;
        if attempt.succeeded() {
            return match (self.refutes)(&attempt, much) {
                Some(evidence) => (Answer::No, evidence),
                None => (Answer::Yes, String::new()),
            };
        }
        if let Some(failure) = attempt.any_failure() {
            return (Answer::No, format!("expected {}, got {}", failure.expected, failure.got));
        }
        match (attempt.unreachable(), attempt.skipped()) {
            (Some(text), _) => (Answer::Unknown, text.to_owned()),
            (None, Some(reason)) => (Answer::No, reason.to_owned()),
            (None, None) => (Answer::Unknown, "it did not come to an end".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_requirement_is_a_sound_script_in_its_versions() {
        for kind in &KINDS {
            for version in Version::ALL.into_iter().filter(|v| !kind.only_5 || *v == Version::V5) {
                let steps = (kind.steps)(kind.most.map_or(1, |most| most.min(2)), version);
                let text = format!("# {}.\nversion: {version}\n{steps}", kind.name);
                let script = crate::script::parse("t.mqs", &text)
                    .unwrap_or_else(|e| panic!("{}: {}\n{text}", kind.name, e.problems[0].one_line()));
                assert!(crate::script::expand(&script, "explore/t.mqs").is_ok(), "{} {version}", kind.name);
            }
        }
    }

    #[test]
    fn a_file_is_read_and_its_mistakes_are_told() {
        let text =
            "versions = [\"3.1.1\", \"5.0\"]\nqos = 1\nwill_retain = true\nretain = false\npayload = 60000\n";
        let read = Requirements::parse("needs.toml", text).unwrap();
        assert_eq!(read.versions, [Version::V3_1_1, Version::V5]);
        assert_eq!(read.needs, [("qos", 1), ("will_retain", 1), ("payload", 60_000)]);
        for (text, message) in [
            ("qos = 3\n", "`qos` has to be a number from 1 to 2"),
            ("qoss = 1\n", "qoss"),
            ("versions = [\"4\"]\n", "`4` is no version of MQTT"),
            ("will = 1\n", "`will`"),
        ] {
            let problems = Requirements::parse("needs.toml", text).unwrap_err();
            assert!(problems[0].one_line().contains(message), "{}", problems[0].one_line());
        }
    }
}
