//! The table of rules, and that each of them changes what a client sees.

use crate::conversations::{Conversation, conversations};
use crate::lab::Lab;
use mqtt_conformance::server::{Limits, Rules};
use std::collections::BTreeSet;

#[test]
fn rules_have_one_name_each_and_are_all_on_in_the_standard() {
    let names: BTreeSet<_> = Rules::ALL.iter().map(|rule| rule.name).collect();
    assert_eq!(names.len(), Rules::ALL.len());
    for rule in Rules::ALL {
        assert!((rule.get)(&Rules::standard()), "{}", rule.name);
        let mutant = rule.mutant();
        let off: Vec<_> =
            Rules::ALL.iter().filter(|rule| !(rule.get)(&mutant)).map(|rule| rule.name).collect();
        assert_eq!(off, [rule.name]);
        assert!(rule.about.ends_with('.'), "{}", rule.name);
    }
}

#[test]
fn rules_cite_statements_that_exist() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../test-vectors/requirements");
    let mut known = BTreeSet::new();
    for version in ["3.1", "3.1.1", "5.0"] {
        let list = std::fs::read_to_string(format!("{folder}/{version}.json")).unwrap();
        for piece in list.split('"').filter(|piece| piece.starts_with("MQTT-") || piece.starts_with("V31-")) {
            known.insert(format!("{version}/{piece}"));
        }
    }
    for rule in Rules::ALL {
        for statement in rule.statements {
            assert!(known.contains(*statement), "{}: {statement}", rule.name);
        }
    }
}

#[test]
fn each_rule_changes_what_a_client_sees() {
    let logs = |rules: Rules| -> Vec<Vec<String>> {
        let log = |(limits, conversation): &(Limits, Conversation)| {
            let mut lab = Lab::with(rules, limits.clone());
            conversation(&mut lab);
            lab.log
        };
        conversations().iter().map(log).collect()
    };
    let standard = logs(Rules::standard());
    assert_eq!(standard, logs(Rules::standard()), "a run repeats exactly");
    let unseen: Vec<_> =
        Rules::ALL.iter().filter(|rule| logs(rule.mutant()) == standard).map(|rule| rule.name).collect();
    // The core knows nothing of WebSocket around it.
    assert_eq!(unseen, ["refuses_text_frames", "takes_any_frames", "chooses_sub_protocol"]);
}
