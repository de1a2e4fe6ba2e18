//! A file is one room: at most 600 lines. A function is read in one look: at most 80.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::source::{files, read, sources};

const FILE: usize = 600;
const FUNCTION: usize = 80;

/// Files that may be longer, and why. A function says it itself: `#[expect(clippy::too_many_lines, reason = "…")]`.
const LONGER_FILES: [(&str, &str); 3] = [
    ("mqtt-conformance/src/script/check.rs", "to be split"),
    ("mqtt-conformance/src/tree/read.rs", "to be split"),
    ("mqtt-conformance/tests/runner.rs", "to be split"),
];

/// Functions that are still to be made shorter.
const KNOWN: [&str; 19] = [
    "benches/src/peers/mqtt_proto.rs:walk",
    "benches/src/peers/rmqtt_codec.rs:walk",
    "mqtt-codec/tests/generated.rs:properties_and_codes_of_5_0",
    "mqtt-conformance/src/script/check.rs:step",
    "mqtt-conformance/src/script/check.rs:value",
    "mqtt-conformance/src/script/expand/lowering/mod.rs:statement",
    "mqtt-conformance/src/script/parse/statements.rs:statement",
    "test-vectors/generator/src/common/header.rs:remaining_lengths",
    "test-vectors/generator/src/common/lengths.rs:cuts",
    "test-vectors/generator/src/common/lengths.rs:lengths",
    "test-vectors/generator/src/common/lengths.rs:connect_lengths",
    "test-vectors/generator/src/common/stream.rs:several",
    "test-vectors/generator/src/common/stream.rs:surplus",
    "test-vectors/generator/src/common/text.rs:texts",
    "test-vectors/generator/src/common/text.rs:topic_filters",
    "test-vectors/generator/src/v3.rs:own_rules",
    "test-vectors/generator/src/v5.rs:ack_forms",
    "test-vectors/generator/src/v5_properties/blocks.rs:lengths",
    "test-vectors/generator/src/v5_properties/values.rs:limits",
];

const FOLDERS: [&str; 5] = ["benches", "fuzz", "mqtt-codec", "mqtt-conformance", "test-vectors"];

#[test]
fn files_are_short() {
    let long: Vec<String> = FOLDERS
        .iter()
        .flat_map(|folder| ["rs", "js", "mjs", "py"].map(|extension| files(folder, extension)))
        .flatten()
        .filter_map(|path| {
            let lines = read(&path).lines().count();
            (lines > FILE).then_some((path, lines))
        })
        .filter(|(path, _)| !LONGER_FILES.iter().any(|(longer, _)| longer == path))
        .map(|(path, lines)| format!("{path}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "over {FILE} lines\n{}", long.join("\n"));
}

#[test]
fn functions_are_short() {
    let mut long = Vec::new();
    let mut count = 0;
    for source in FOLDERS.iter().flat_map(|folder| sources(folder)) {
        functions(&source.tokens, &mut |function| {
            count += 1;
            let place = format!("{}:{}", source.path, function.name);
            if function.lines > FUNCTION && !function.has_a_reason && !KNOWN.contains(&place.as_str()) {
                long.push(format!("{place}: {} lines", function.lines));
            }
        });
    }
    assert!(count > 2000, "{count} functions were read");
    assert!(long.is_empty(), "over {FUNCTION} lines\n{}", long.join("\n"));
}

#[test]
fn every_exception_is_needed_and_has_a_reason() {
    for (path, reason) in LONGER_FILES {
        assert!(read(path).lines().count() > FILE && reason.len() > 10, "{path}: {reason}");
    }
}

struct Function {
    name: String,
    /// Lines with code between the braces.
    lines: usize,
    /// It expects to be long, and says why.
    has_a_reason: bool,
}

/// Calls back for each function.
fn functions(tokens: &TokenStream, found: &mut impl FnMut(&Function)) {
    let mut name = None;
    let mut after_fn = false;
    let mut has_a_reason = false;
    for token in tokens.clone() {
        match token {
            TokenTree::Ident(word) if word == "fn" => after_fn = true,
            TokenTree::Ident(word) if after_fn => {
                name = Some(word.to_string());
                after_fn = false;
            }
            TokenTree::Punct(mark) if mark.as_char() == ';' => name = None,
            TokenTree::Group(group) => {
                match group.delimiter() {
                    Delimiter::Bracket => has_a_reason |= group.to_string().contains("too_many_lines"),
                    Delimiter::Brace => {
                        if let Some(name) = name.take() {
                            let mut lines = BTreeSet::new();
                            lines_with_code(&group.stream(), &mut lines);
                            found(&Function { name, lines: lines.len(), has_a_reason });
                        }
                        has_a_reason = false;
                    }
                    _ => {}
                }
                functions(&group.stream(), found);
            }
            _ => {}
        }
    }
}

fn lines_with_code(tokens: &TokenStream, lines: &mut BTreeSet<usize>) {
    for token in tokens.clone() {
        match token {
            TokenTree::Group(group) => {
                lines.extend([group.span_open().start().line, group.span_close().end().line]);
                lines_with_code(&group.stream(), lines);
            }
            other => lines.extend(other.span().start().line..=other.span().end().line),
        }
    }
}
