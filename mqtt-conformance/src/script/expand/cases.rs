//! The cases of a script: what the `for` lines of its header give its variables.

use std::collections::BTreeSet;

use serde_json::Value as Tree;

use crate::diagnostic::{Draft, Span};
use crate::script::ast::{Block, HeaderKind, Item, Script, Statement, StatementKind, Value, ValueKind};
use crate::script::values::{Variables, eval, weight};

/// The most tests that one script may stand for.
const MAX_CASES: usize = 10_000;

/// The most steps that all tests of one script may have, as far as they are written down.
const MAX_STEPS: usize = 200_000;

/// The most bytes that the values of all cases of one script may stand for.
const MAX_CASE_BYTES: usize = 64 << 20;

pub(in crate::script) type Case = Vec<(String, Value)>;

/// Every combination of the rows of every `for`.
pub(in crate::script) fn cases(script: &Script, problems: &mut Vec<(Span, Draft)>) -> Vec<Case> {
    let mut cases: Vec<Case> = vec![Vec::new()];
    let mut known: BTreeSet<&str> = BTreeSet::from(["t", "c", "denied_topic", "denied_filter", "version"]);
    for item in &script.header {
        let HeaderKind::For { names, rows, .. } = &item.node.kind else {
            continue;
        };
        for name in names {
            if !known.insert(&name.text) {
                let message = format!("`{}` already has a meaning", name.text);
                problems.push((name.span, Draft::error(message)));
            }
        }
        if let Some(message) = too_many(script, cases.len(), rows) {
            problems.push((item.node.span, Draft::error(message)));
            cases.truncate(1);
            return cases;
        }
        let mut seen = BTreeSet::new();
        for row in rows {
            if !seen.insert(row.node.iter().map(ToString::to_string).collect::<Vec<_>>()) {
                let span = row.node.first().map_or(item.node.span, |v| v.span);
                problems.push((span, Draft::error("this case is given twice")));
            }
        }
        cases = cases
            .iter()
            .flat_map(|case| {
                rows.iter().map(move |row| {
                    let values = names.iter().zip(&row.node).map(|(n, v)| (n.text.clone(), v.clone()));
                    case.iter().cloned().chain(values).collect()
                })
            })
            .collect();
    }
    cases
}

/// Why `cases` times these rows are more than a script may have.
fn too_many(script: &Script, cases: usize, rows: &[Item<Vec<Value>>]) -> Option<String> {
    let tests = cases.saturating_mul(rows.len());
    if tests > MAX_CASES {
        return Some(format!("the script stands for more than {MAX_CASES} tests"));
    }
    let steps = tests.saturating_mul(script.versions().count()).saturating_mul(statements(&script.body));
    if steps > MAX_STEPS {
        return Some(format!("the tests of the script have more than {MAX_STEPS} steps together"));
    }
    let values = rows.iter().flat_map(|row| &row.node);
    let bytes = values.fold(0, |sum: usize, value| {
        let written = value.span.end.saturating_sub(value.span.start);
        sum.saturating_add(written).saturating_add(weight(value, &|_| None))
    });
    if bytes.saturating_mul(cases) > MAX_CASE_BYTES {
        return Some(format!("the cases of the script stand for more than {MAX_CASE_BYTES} bytes"));
    }
    None
}

/// How many statements a body has, with those in its blocks.
fn statements(body: &[Item<Statement>]) -> usize {
    let inside = |block: &Block| statements(&block.body);
    body.iter()
        .map(|item| {
            1 + match &item.node.kind {
                StatementKind::AnyOrder(block) | StatementKind::Repeat { block, .. } => inside(block),
                StatementKind::Either(blocks) => blocks.iter().map(inside).sum(),
                StatementKind::When { then, otherwise, .. } => {
                    inside(then) + otherwise.as_ref().map_or(0, inside)
                }
                _ => 0,
            }
        })
        .sum()
}

pub(super) fn case_suffix(case: &Case) -> String {
    if case.is_empty() {
        return String::new();
    }
    let parts: Vec<String> = case
        .iter()
        .map(|(name, value)| {
            let text = match constant(value) {
                // What a generator makes is named by the generator.
                Tree::String(text)
                    if matches!(value.kind, ValueKind::Text(_))
                        && !text.is_empty()
                        && text
                            .chars()
                            .all(|c| !c.is_whitespace() && !c.is_control() && !"[],=\"".contains(c)) =>
                {
                    text
                }
                _ => value.to_string(),
            };
            format!("{name}={text}")
        })
        .collect();
    format!("[{}]", parts.join(","))
}

/// The value of a header variable, which holds no variable itself.
pub(in crate::script) fn constant(value: &Value) -> Tree {
    let mut variables = Variables::default();
    variables.set("t", Tree::from("${t}"));
    variables.set("c", Tree::from("${c}"));
    variables.set("denied_topic", Tree::from("${denied_topic}"));
    variables.set("denied_filter", Tree::from("${denied_filter}"));
    eval(value, &variables).unwrap_or_default()
}
