//! Expectation files: what they mean, and what is said of their mistakes.

mod scripts;

use std::sync::Arc;

use mqtt_codec::Version;
use mqtt_conformance::expect::{self, Expectations, Head, Standing, draft};
use mqtt_conformance::run::{Outcome, Verdict};
use mqtt_conformance::script::{Level, Problem};

const HEAD: &str = "broker = \"Example\"\nversion = \"1.0\"\ndate = \"2026-11-21\"\n";

const IDS: [&str; 6] = [
    "3.1.1/3.12-pingreq/answered",
    "5.0/3.12-pingreq/answered",
    "5.0/3.1-will/on-request[reason=0x00]",
    "5.0/3.1-will/on-request[reason=0x80]",
    "5.0/4.7-topics/characters[name=*]",
    "5.0/4.7-topics/characters[name=a]",
];

fn read(entries: &str) -> Result<Expectations, Vec<Problem>> {
    Expectations::new(vec![expect::parse("known.toml", &format!("{HEAD}{entries}"))?], IDS)
}

fn outcome(id: &str, verdict: Verdict) -> Outcome {
    let version: Version = id.split('/').next().unwrap().parse().unwrap();
    Outcome::new(id, version, Level::Must, verdict)
}

#[track_caller]
fn check_standing(entries: &str, id: &str, verdict: Verdict, expected: Standing) {
    let expectations = read(entries).unwrap_or_else(|problems| panic!("{problems:?}"));
    assert_eq!(expectations.standing(&outcome(id, verdict)), expected, "{id} {verdict}");
}

const PING: &str = "[[failure]]\ntests = [\"5.0/3.12-pingreq/*\"]\nreason = \"sleeps\"\n";

#[test]
fn what_is_listed_has_to_come_as_listed() {
    let id = "5.0/3.12-pingreq/answered";
    for (verdict, standing) in [
        (Verdict::Fail, Standing::Expected),
        (Verdict::Pass, Standing::Stale),
        (Verdict::Inconclusive, Standing::Stale),
        (Verdict::Error, Standing::Stale),
        (Verdict::Skipped, Standing::Plain),
    ] {
        check_standing(PING, id, verdict, standing);
    }
    let inconclusive = format!("{PING}verdict = \"inconclusive\"\n");
    check_standing(&inconclusive, id, Verdict::Inconclusive, Standing::Expected);
    check_standing(&inconclusive, id, Verdict::Fail, Standing::Stale);
}

#[test]
fn what_happens_sometimes_may_pass() {
    let sometimes = format!("{PING}sometimes = true\n");
    let id = "5.0/3.12-pingreq/answered";
    check_standing(&sometimes, id, Verdict::Pass, Standing::Expected);
    check_standing(&sometimes, id, Verdict::Fail, Standing::Expected);
    check_standing(&sometimes, id, Verdict::Inconclusive, Standing::Stale);
}

#[test]
fn what_is_not_listed_has_to_pass() {
    let id = "3.1.1/3.12-pingreq/answered";
    for verdict in [Verdict::Fail, Verdict::Inconclusive, Verdict::Error] {
        check_standing(PING, id, verdict, Standing::Unexpected);
    }
    check_standing(PING, id, Verdict::Pass, Standing::Plain);
    check_standing(PING, id, Verdict::Skipped, Standing::Plain);
}

#[test]
fn a_broker_that_is_gone_does_not_make_the_list_stale() {
    let mut gone = outcome("5.0/3.12-pingreq/answered", Verdict::Error);
    gone.unreachable = true;
    assert_eq!(read(PING).unwrap().standing(&gone), Standing::Unexpected);
}

#[test]
fn an_id_with_a_star_means_itself() {
    let star = "[[failure]]\ntests = [\"5.0/4.7-topics/characters[name=*]\"]\nreason = \"no stars\"\n";
    check_standing(star, "5.0/4.7-topics/characters[name=*]", Verdict::Fail, Standing::Expected);
    check_standing(star, "5.0/4.7-topics/characters[name=a]", Verdict::Fail, Standing::Unexpected);
}

#[test]
fn a_statement_may_name_its_version() {
    read(&format!("{PING}statement = [\"MQTT-3.12.4-1\", \"5.0/MQTT-3.12.4-1\"]\n")).unwrap();
}

/// The mistake, where it is, and the hint.
#[track_caller]
fn check_problem(text: &str, line: usize, column: usize, message: &str, hint: &str) {
    let problems = expect::parse("known.toml", text).and_then(|file| Expectations::new(vec![file], IDS));
    let problems = problems.expect_err("a mistake");
    let [problem] = &*problems else { panic!("{problems:?}") };
    assert_eq!(problem.one_line(), format!("known.toml:{line}:{column}: {message}"));
    assert_eq!(problem.hint.as_deref().unwrap_or_default(), hint);
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let entry = |line: &str| format!("{HEAD}{PING}{line}\n");
    check_problem(
        &entry("statment = \"MQTT-3.12.4-1\""),
        7,
        1,
        "a [[failure]] has no `statment`",
        "did you mean `statement`?",
    );
    check_problem(
        &entry("statement = \"MQTT-3.12.4-11\""),
        7,
        13,
        "MQTT-3.12.4-11 is a statement of no standard",
        "did you mean `MQTT-3.12.4-1`?",
    );
    check_problem(
        &entry("statement = \"MQTT-2.2.2-2\"")
            .replace("5.0/3", "3.1.1/3")
            .replace("MQTT-2.2.2-2", "MQTT-3.3.4-6"),
        7,
        13,
        "the tests are about MQTT 3.1.1, which has no statement MQTT-3.3.4-6",
        "`mqtt-conformance coverage` lists the statements of each version",
    );
    check_problem(
        &entry("verdict = \"failed\""),
        7,
        11,
        "`failed` is no verdict to expect",
        "did you mean `fail`?",
    );
    check_problem(
        &entry("sometimes = 1"),
        7,
        13,
        "`sometimes` has to be `true` or `false`, not a number",
        "",
    );
    check_problem(&entry("").replace("\"sleeps\"", "\" \""), 6, 10, "`reason` is empty", "");
    check_problem(
        &entry("").replace("reason = \"sleeps\"\n", ""),
        4,
        1,
        "a [[failure]] lacks `reason`",
        "for example: reason = \"answers no PINGREQ\"",
    );
    check_problem(
        &entry("").replace("[\"5.0/3.12-pingreq/*\"]", "[]"),
        4,
        1,
        "a [[failure]] lists no `tests`",
        "for example: tests = [\"5.0/3.12-pingreq/answered\"]",
    );
    check_problem(
        &HEAD.replace("2026-11-21", "21.11.2026"),
        3,
        8,
        "`date` has to be a day, year first",
        "for example: date = \"2026-11-21\"",
    );
    check_problem(
        &HEAD.replace("version = \"1.0\"\n", ""),
        1,
        1,
        "the file lacks `version`",
        "for example: version = \"2.0.11\"",
    );
    check_problem(
        &entry("reason = \"again\""),
        7,
        1,
        "duplicate key",
        "the file has to be TOML: https://toml.io",
    );
}

#[test]
fn patterns_have_to_fit_the_tests() {
    let entry = |tests: &str| format!("{HEAD}[[failure]]\ntests = [{tests}]\nreason = \"sleeps\"\n");
    check_problem(
        &entry("\"5.0/3.12-pingrec/answered\""),
        5,
        10,
        "no test is known as 5.0/3.12-pingrec/answered",
        "did you mean `5.0/3.12-pingreq/answered`?",
    );
    check_problem(
        &entry("\"5.0/3.1-will/on-request[reason=0x99]\""),
        5,
        10,
        "no test is known as 5.0/3.1-will/on-request[reason=0x99]",
        "the script is there, but not with this case; one of its tests is 5.0/3.1-will/on-request[reason=0x00]",
    );
    check_problem(
        &entry("\"5.0/nothing/*\""),
        5,
        10,
        "no test is known as 5.0/nothing/*",
        "known here: `3.1.1/3.12-pingreq/answered`, `5.0/3.12-pingreq/answered`, `5.0/3.1-will/on-request`, \
         `5.0/4.7-topics/characters`",
    );
    check_problem(
        &entry("\"5.0/3.12-pingreq/answered\", \"*/3.12-pingreq/*\""),
        5,
        39,
        "the test 5.0/3.12-pingreq/answered is listed a second time",
        "it is also listed with: sleeps",
    );
    // Tests that are made of vectors are there only if vectors are given.
    read("[[failure]]\ntests = [\"5.0/vectors/*\"]\nreason = \"sleeps\"\n").unwrap();
}

#[test]
fn a_draft_makes_expected_what_was_seen() {
    let outcomes: Vec<_> = IDS
        .into_iter()
        .zip([
            Verdict::Pass,
            Verdict::Fail,
            Verdict::Fail,
            Verdict::Fail,
            Verdict::Inconclusive,
            Verdict::Skipped,
        ])
        .map(|(id, verdict)| Arc::new(outcome(id, verdict)))
        .collect();
    let head = Head { broker: "a \"b\"".to_owned(), version: "1".to_owned(), date: "2026-11-21".to_owned() };
    let text = draft(&head, &outcomes, &IDS, &Expectations::default());
    let file = expect::parse("draft.toml", &text).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
    assert_eq!(file.broker, "a \"b\"");
    let expectations = Expectations::new(vec![file], IDS).unwrap();
    for outcome in &outcomes {
        let passed = matches!(outcome.verdict, Verdict::Pass | Verdict::Skipped);
        let standing = if passed { Standing::Plain } else { Standing::Expected };
        assert_eq!(expectations.standing(outcome), standing, "{text}");
    }
    assert!(text.contains("tests = [\"5.0/3.1-will/on-request[*]\"]"), "{text}");
    // What is known is not drafted again.
    assert!(!draft(&head, &outcomes, &IDS, &expectations).contains("[[failure]]"));
}

#[test]
fn the_files_that_come_along_are_sound() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("expectations");
    let tests = scripts::tests();
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.display().to_string();
        let file = expect::parse(&name, &std::fs::read_to_string(&path).unwrap());
        let sound = file.and_then(|file| Expectations::new(vec![file], tests.iter().map(|test| &*test.id)));
        assert!(
            sound.is_ok(),
            "{:?}",
            sound.map_err(|p| p.iter().map(Problem::one_line).collect::<Vec<_>>())
        );
        count += 1;
    }
    assert!(count > 0);
}
