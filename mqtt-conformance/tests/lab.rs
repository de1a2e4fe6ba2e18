//! Proof that the suite listens: the reference broker passes it, every script fails under a fault of what it covers, and every
//! fault is noticed by a test that covers the very statement.

#[path = "scripts/examples.rs"]
mod page;
mod scripts;

use std::path::Path;
use std::sync::Arc;
use std::{env, fs};

use mqtt_codec::Version;
use mqtt_conformance::lab::{self, WireFault};
use mqtt_conformance::run::Verdict;
use mqtt_conformance::script::Test;
use mqtt_conformance::server::Rules;
use mqtt_conformance::statements::{Testable, coverage};
use mqtt_conformance::vectors;

#[test]
fn the_matrix_holds() {
    let tests = scripts::tests();
    let mutants: Vec<_> = Rules::ALL.iter().collect();
    let wire: Vec<_> = WireFault::all().collect();
    let matrix = lab::matrix(&tests, &mutants, &wire).unwrap();
    assert!(matrix.unsound.is_empty(), "under the standard's own rules: {:#?}", matrix.unsound);
    assert!(matrix.survivors().is_empty(), "no test notices: {:#?}", matrix.survivors());
    assert!(matrix.unnoticed().is_empty(), "no test notices: {:#?}", matrix.unnoticed());
    assert!(matrix.unproven(&tests).is_empty(), "no fault makes fail: {:#?}", matrix.unproven(&tests));

    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("coverage/matrix.txt");
    let snapshot = matrix.snapshot();
    if env::var_os("UPDATE_MATRIX").is_some() {
        fs::write(&file, &snapshot).unwrap();
    }
    let reviewed = fs::read_to_string(&file).unwrap_or_default();
    let changed: Vec<_> =
        snapshot.lines().filter(|line| !reviewed.lines().any(|known| known == *line)).collect();
    assert!(
        snapshot == reviewed,
        "the matrix is not the reviewed one; run with UPDATE_MATRIX=1 and review the difference:\n{}",
        changed.join("\n")
    );
}

#[test]
fn the_reference_passes_again_and_in_any_order() {
    let mut tests = scripts::tests();
    let verdicts = |tests: &[Arc<Test>]| {
        let mut verdicts: Vec<_> = lab::run(tests, Rules::standard())
            .unwrap()
            .into_iter()
            .map(|outcome| (outcome.id, outcome.verdict))
            .collect();
        verdicts.sort();
        verdicts
    };
    let forwards = verdicts(&tests);
    tests.reverse();
    assert_eq!(verdicts(&tests), forwards);
    assert!(forwards.iter().filter(|(_, verdict)| *verdict == Verdict::Pass).count() > 1000);
}

#[test]
fn every_testable_statement_is_asked() {
    let tests: Vec<Test> = scripts::tests().into_iter().map(|test| Test::clone(&test)).collect();
    for version in Version::ALL {
        let all = coverage(version, &tests);
        let open = |testable| {
            all.iter()
                .filter(move |c| {
                    c.statement.testable == testable && c.scripts.is_empty() && c.not_asked.is_none()
                })
                .map(|c| c.statement.id.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(open(Testable::Yes), Vec::<String>::new(), "{version}: testable, and not asked");
        assert_eq!(
            open(Testable::Partly),
            Vec::<String>::new(),
            "{version}: partly testable, not asked, without a reason"
        );
    }
}

#[test]
fn the_examples_of_the_page_hold() {
    for outcome in lab::run(&page::examples(), Rules::standard()).unwrap() {
        let fine = matches!(outcome.verdict, Verdict::Pass | Verdict::Skipped);
        assert!(fine, "{}: {:?} {:?}", outcome.id, outcome.verdict, outcome.failure);
    }
}

/// Every refused vector that a client can send: the reference broker closes, and goes on serving a bystander.
#[test]
fn the_reference_closes_on_bad_bytes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-vectors");
    let mut tests = Vec::new();
    for version in Version::ALL {
        for file in vectors::find(&root.join(format!("v{version}"))).unwrap() {
            tests.extend(vectors::bad_bytes(&vectors::read(&file).unwrap()).unwrap());
        }
    }
    assert!(tests.len() > 4000, "{}", tests.len());
    let failed: Vec<_> = lab::run(&tests, Rules::standard())
        .unwrap()
        .into_iter()
        .filter(|outcome| outcome.verdict != Verdict::Pass)
        .map(|outcome| {
            format!("{} {:?}", outcome.id, outcome.failure.map(|failure| (failure.step, failure.got)))
        })
        .collect();
    assert!(failed.is_empty(), "{} of {}:\n{}", failed.len(), tests.len(), failed.join("\n"));
}
