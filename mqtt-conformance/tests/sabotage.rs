//! The scripts listen to the answers: a reference broker with one fault is noticed by the scripts concerned, and they say why.

mod scripts;

use std::sync::Arc;

use mqtt_conformance::lab;
use mqtt_conformance::run::{Outcome, Verdict};
use mqtt_conformance::script::Test;
use mqtt_conformance::server::Rules;

fn tests(folder: &str) -> Vec<Arc<Test>> {
    let mut tests = scripts::tests();
    tests.retain(|test| test.id.split('/').nth(1) == Some(folder));
    assert!(!tests.is_empty(), "{folder}");
    tests
}

/// The failed tests of a folder under rules with one fault; the first of a script, as people see it.
fn failures(folder: &str, fault: &str) -> Vec<Outcome> {
    let tests = tests(folder);
    let sound = lab::run(&tests, Rules::standard()).unwrap();
    for outcome in sound {
        assert!(
            matches!(outcome.verdict, Verdict::Pass | Verdict::Skipped),
            "{}: {:?}",
            outcome.id,
            outcome.failure
        );
    }
    let rule = Rules::find(fault).unwrap_or_else(|| panic!("no rule is called {fault}"));
    let mut outcomes = lab::run(&tests, rule.mutant()).unwrap();
    outcomes.retain(|outcome| outcome.verdict == Verdict::Fail);
    outcomes
}

/// One of the failures is of this script, at a step that holds `step`, with what came holding `got`.
#[track_caller]
fn check_noticed(failures: &[Outcome], script: &str, step: &str, got: &str) {
    let of_script: Vec<_> = failures.iter().filter(|outcome| outcome.id.starts_with(script)).collect();
    assert!(!of_script.is_empty(), "{script} does not notice; what does: {:?}", ids(failures));
    let told = of_script.iter().filter_map(|outcome| outcome.failure.as_ref()).any(|failure| {
        let came = format!("{} {}", failure.got, failure.difference.as_deref().unwrap_or_default());
        failure.step.contains(step) && came.contains(got) && failure.line > 0
    });
    let said: Vec<_> = of_script
        .iter()
        .filter_map(|o| o.failure.as_ref())
        .map(|f| (&f.step, &f.got, &f.difference))
        .collect();
    assert!(told, "{script} says {said:?}");
    assert!(of_script.iter().all(|outcome| !outcome.transcript.is_empty()));
}

fn ids(outcomes: &[Outcome]) -> Vec<&str> {
    outcomes.iter().map(|outcome| outcome.id.as_str()).collect()
}

#[test]
fn a_qos_2_message_delivered_twice() {
    let failures = failures("4.3-qos2", "delivers_qos_2_once");
    for version in ["3.1.1", "5.0"] {
        check_noticed(&failures, &format!("{version}/4.3-qos2/resume-publish-known"), "nothing", "PUBLISH");
    }
}

#[test]
fn a_pubcomp_that_never_comes() {
    let failures = failures("4.3-qos2", "answers_pubrel");
    for version in ["3.1", "3.1.1", "5.0"] {
        check_noticed(
            &failures,
            &format!("{version}/4.3-qos2/publish-handshake"),
            "PUBCOMP",
            "nothing for 5s",
        );
    }
}

#[test]
fn a_parent_level_that_does_not_match() {
    let failures = failures("4.7-topics", "hash_matches_parent");
    for version in ["3.1", "3.1.1", "5.0"] {
        check_noticed(
            &failures,
            &format!("{version}/4.7-topics/matching[filter=a/#,topic=a]"),
            "receive",
            "nothing",
        );
    }
    let in_table = failures.iter().filter(|outcome| outcome.id.contains("/matching["));
    for outcome in in_table {
        assert!(outcome.id.contains("/#,"), "{} has no filter that ends with /#", outcome.id);
    }
}

#[test]
fn session_present_that_lies() {
    let denied = failures("3.2-session-present", "session_present_when_resumed");
    let claimed = failures("3.2-session-present", "session_absent_when_none_stored");
    let kept = failures("3.2-session-present", "session_absent_after_clean_start");
    for version in ["3.1.1", "5.0"] {
        let script = |name: &str| format!("{version}/3.2-session-present/{name}");
        check_noticed(&denied, &script("resumed"), "present=true", "session_present is false");
        check_noticed(&claimed, &script("nothing-stored"), "present=false", "session_present is true");
        check_noticed(&kept, &script("wiped-by-clean-start"), "present=false", "session_present is true");
    }
}
