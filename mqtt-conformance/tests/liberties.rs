//! Proof that no script forbids what the standards allow: the reference broker is switched to each of its liberties, and to
//! combinations of them, and no test of what is demanded fails or stays without an answer.

mod scripts;

use std::{env, fs};

use mqtt_conformance::lab::{self, Combination};
use mqtt_conformance::server::Liberties;

#[test]
fn no_test_forbids_a_liberty() {
    let tests = scripts::tests();
    let wanted = env::var("LIBERTIES").unwrap_or_default();
    let chosen = |name: &str| wanted.is_empty() || wanted.split(',').any(|part| name == part);
    let combinations: Vec<_> = Liberties::ALL
        .iter()
        .filter(|line| chosen(line.name))
        .map(|line| Combination::of(&[line]))
        .collect();
    let freedom = lab::freedom(&tests, &combinations).unwrap();
    if let Some(file) = env::var_os("LIBERTIES_TO") {
        fs::write(file, freedom.lines().join("\n") + "\n").unwrap();
    }
    let harmed = freedom.lines();
    assert!(harmed.is_empty(), "{} pairs:\n{}", harmed.len(), harmed.join("\n"));
    assert!(freedom.invisible().is_empty(), "nothing shows them: {:#?}", freedom.invisible());
}
