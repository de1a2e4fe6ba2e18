//! The variables of a test before its first step.

use serde_json::Value as Tree;

use crate::config::Config;
use crate::script::{Test, Variables};

/// The variables that a test starts with: its prefixes, and those of its header.
pub(crate) fn variables(test: &Test, config: &Config) -> Variables {
    let mut variables = Variables::default();
    variables.set("t", Tree::from(config.topic_prefix(&test.id)));
    variables.set("c", Tree::from(config.client_prefix(&test.id)));
    let denied = [("denied_topic", &config.denied_publish), ("denied_filter", &config.denied_subscribe)];
    for (name, denied) in denied {
        if let Some(denied) = denied {
            variables.set(name, Tree::from(denied.as_str()));
        }
    }
    for (name, value) in &test.case {
        variables.set(name.clone(), value.clone());
    }
    // A case may use the prefixes, so it is evaluated again with them.
    for (name, value) in &test.case {
        if let Tree::String(text) = value {
            let filled = [("${t}", "t"), ("${c}", "c")].iter().fold(text.clone(), |text, (hole, of)| {
                text.replace(hole, variables.get(of).and_then(Tree::as_str).unwrap_or_default())
            });
            variables.set(name.clone(), Tree::from(filled));
        }
    }
    variables
}
