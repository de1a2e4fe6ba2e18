//! The reference page and the suite: both are in the language.

use std::fs;

use mqtt_conformance::script;

use super::{folder, lines, parsed, reference_examples, scripts};

#[test]
fn every_example_of_the_reference_parses_checks_and_is_formatted() {
    let examples = reference_examples();
    assert!(examples.len() >= 7);
    for (line, text) in examples {
        let script = parsed(&text);
        assert_eq!(lines(&script::check(&script, None)), [""; 0], "example at line {line}");
        assert!(!script::expand(&script, "x/y.mqs").unwrap().is_empty());
    }
}

#[test]
fn the_reference_names_every_word() {
    let page = fs::read_to_string(folder().join("docs/language.md")).unwrap();
    for (name, _) in script::CAPABILITIES {
        assert!(page.contains(&format!("`{name}`")), "{name}");
    }
    for verb in script::ast::Verb::ALL {
        assert!(page.contains(&format!("| `{}", verb.name())), "{}", verb.name());
    }
}

#[test]
fn every_script_of_the_suite_checks() {
    let mut found = Vec::new();
    scripts(&folder().join("scripts"), &mut found);
    assert!(!found.is_empty());
    for path in found {
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(lines(&script::check(&parsed(&text), None)), [""; 0], "{}", path.display());
    }
}
