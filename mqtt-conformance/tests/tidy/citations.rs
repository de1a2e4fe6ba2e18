//! Every statement that code obeys is cited in a comment where it is obeyed, with its version: `[5.0/MQTT-3.1.2-3]`.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use serde_json::Value;

use crate::source::{Source, files, read, sources};

const VERSIONS: [&str; 3] = ["3.1", "3.1.1", "5.0"];
const TABLE: &str = "mqtt-conformance/src/server/rule_table.rs";

/// The statements of a version, as `5.0/MQTT-3.1.2-3`.
fn statements(version: &str) -> BTreeSet<String> {
    let list: Value = json(&format!("test-vectors/requirements/{version}.json"));
    let list = list.as_array().expect("a list of statements");
    list.iter().map(|entry| format!("{version}/{}", entry["id"].as_str().expect("an id"))).collect()
}

fn json(path: &str) -> Value {
    serde_json::from_str(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What looks like the number of a statement in a text, each with what stands before it.
fn numbers(text: &str) -> Vec<(&str, String)> {
    text.match_indices("MQTT-")
        .chain(text.match_indices("V31-"))
        .filter_map(|(at, _)| {
            let end = |byte: &u8| !byte.is_ascii_alphanumeric() && !b".-".contains(byte);
            let length = text.as_bytes()[at..].iter().position(end).unwrap_or(text.len() - at);
            let number = text[at..at + length].trim_end_matches(['.', '-']);
            let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            digits(number.rsplit('-').next()?).then(|| (&text[..at], number.to_owned()))
        })
        .collect()
}

/// The statements that comments cite, each with where.
fn cited(sources: &[Source]) -> BTreeMap<String, Vec<String>> {
    let mut cited: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in sources.iter().filter(|source| source.path != TABLE) {
        // The examples of documentation show what the code answers.
        for comment in source.comments().iter().filter(|comment| !comment.text.contains("assert")) {
            for (before, number) in numbers(&comment.text) {
                let version = before.trim_end_matches('/');
                let version =
                    VERSIONS.iter().rev().find(|name| version.ends_with(*name) && before.ends_with('/'));
                let id = match version {
                    Some(version) => format!("{version}/{number}"),
                    None if before.ends_with('[') => number,
                    None => continue,
                };
                cited.entry(id).or_default().push(format!("{}:{}", source.path, comment.line));
            }
        }
    }
    cited
}

fn all_sources() -> Vec<Source> {
    let mut all = sources("mqtt-codec/src");
    all.extend(sources("mqtt-conformance/src"));
    all
}

#[test]
fn citations_name_version_and_statement() {
    let known: BTreeSet<String> = VERSIONS.iter().flat_map(|version| statements(version)).collect();
    let wrong: Vec<String> = cited(&all_sources())
        .into_iter()
        .filter(|(id, _)| !known.contains(id))
        .map(|(id, places)| format!("{id}: {}", places.join(" ")))
        .collect();
    assert!(wrong.is_empty(), "no such statement; write [5.0/MQTT-3.1.2-3]\n{}", wrong.join("\n"));
}

#[test]
fn every_statement_of_the_rules_is_cited_where_it_is_obeyed() {
    let mut sources = sources("mqtt-conformance/src/server");
    let mut rules = BTreeSet::new();
    let table = sources.iter().find(|source| source.path == TABLE).expect("the table of rules");
    strings(&table.tokens, &mut rules);
    rules.retain(|text| VERSIONS.iter().any(|version| text.starts_with(&format!("{version}/"))));
    assert!(rules.len() > 350, "the table has {} statements", rules.len());
    sources.extend(self::sources("mqtt-codec/src"));
    all_cited(&rules, &cited(&sources));
}

#[test]
fn every_statement_that_the_codec_judges_is_cited_where_it_is_obeyed() {
    // What the codec judges is what a vector has it refuse a packet for.
    let mut judged = BTreeSet::new();
    for version in VERSIONS {
        for path in files(&format!("test-vectors/v{version}"), "json") {
            for vector in json(&path)["vectors"].as_array().expect("a list of vectors") {
                if matches!(vector["result"].as_str(), Some("malformed" | "protocol-error")) {
                    let ids = vector["covers"].as_array().into_iter().flatten().filter_map(Value::as_str);
                    judged.extend(ids.map(|id| format!("{version}/{id}")));
                }
            }
        }
    }
    assert!(judged.len() > 120, "{} statements are judged", judged.len());
    all_cited(&judged, &cited(&sources("mqtt-codec/src")));
}

fn all_cited(statements: &BTreeSet<String>, cited: &BTreeMap<String, Vec<String>>) {
    let missing: Vec<&str> =
        statements.iter().filter(|id| !cited.contains_key(*id)).map(String::as_str).collect();
    assert!(missing.is_empty(), "{} statements are cited nowhere\n{}", missing.len(), missing.join("\n"));
}

/// The string literals among tokens.
fn strings(tokens: &TokenStream, found: &mut BTreeSet<String>) {
    for token in tokens.clone() {
        match token {
            TokenTree::Group(group) => strings(&group.stream(), found),
            TokenTree::Literal(literal) => {
                found.insert(literal.to_string().trim_matches('"').to_owned());
            }
            _ => {}
        }
    }
}
