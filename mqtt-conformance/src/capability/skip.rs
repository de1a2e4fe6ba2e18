//! Which tests are not run.

use super::{bounds, prefix};
use crate::config::Config;
use crate::engine::variables;
use crate::script::Test;

/// Why a test is not to be run, if so.
pub(crate) fn reason(test: &Test, config: &Config) -> Option<String> {
    if let Some(reason) = test.versions().iter().find_map(|version| config.missing_versions.get(version)) {
        return Some(reason.clone());
    }
    if let Some(reason) = prefix::obstacle(test, config) {
        return Some(reason);
    }
    let of_all = bounds::uses_topics(&test.steps).then_some("free-topics");
    let needs = test.needs.iter().map(String::as_str).chain(of_all);
    let lacking = needs.into_iter().find_map(|need| Some((need, config.missing.get(need)?)));
    let lacking = lacking.map(|(need, reason)| format!("needs {need}: {reason}"));
    lacking.or_else(|| bounds::exceeded(&config.bounds, test, variables(test, config)))
}
