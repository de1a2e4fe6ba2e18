//! The cases of a script: what the `for` lines of its header give its variables.

use std::collections::BTreeSet;

use serde_json::Value as Tree;

use crate::diagnostic::{Draft, Span};
use crate::script::ast::{HeaderKind, Item, Script, Value, ValueKind};
use crate::script::values::{Variables, eval};

/// The most tests that one script may stand for.
const MAX_CASES: usize = 10_000;

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
        for (i, row) in rows.iter().enumerate() {
            let text = |r: &Item<Vec<Value>>| r.node.iter().map(ToString::to_string).collect::<Vec<_>>();
            if rows.iter().take(i).any(|other| text(other) == text(row)) {
                let span = row.node.first().map_or(item.node.span, |v| v.span);
                problems.push((span, Draft::error("this case is given twice")));
            }
        }
        if cases.len().saturating_mul(rows.len()) > MAX_CASES {
            let message = format!("the script stands for more than {MAX_CASES} tests");
            problems.push((item.node.span, Draft::error(message)));
            return cases;
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
