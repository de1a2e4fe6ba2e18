//! The shards of one run, joined.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::data::RunReport;
use crate::run::Outcome;

/// Shards that cannot be joined.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum JoinError {
    /// The same test stands in two shards.
    #[error("shards {0} and {1} of {2} both have the test {3}")]
    Twice(String, String, String, String),
    /// Not all shards are there.
    #[error("shard {0} of {1} is missing; there are {2}")]
    Missing(String, String, String),
}

/// Makes one report of all shards of a run, and leaves other reports as they are, in their order.
///
/// Shards belong together if they have the same broker name, the same count of shards, the same selection of tests and
/// the same version of the tool.
///
/// # Errors
///
/// When a shard is missing, or given twice.
pub fn join(reports: Vec<RunReport>) -> Result<Vec<RunReport>, JoinError> {
    let mut joined: Vec<RunReport> = Vec::new();
    let mut shards: BTreeMap<String, Vec<RunReport>> = BTreeMap::new();
    for report in reports {
        let Some(count) = count_of(&report) else {
            joined.push(report);
            continue;
        };
        let options = &report.options;
        let key = format!(
            "{}\n{}\n{count}\n{:?}\n{:?}",
            report.broker.name, report.tool.version, options.versions, options.select
        );
        let of_run = shards.entry(key).or_default();
        if of_run.is_empty() {
            // Keeps the place of the first one.
            joined.push(report.clone());
        }
        of_run.push(report);
    }
    for of_run in shards.into_values().filter(|of_run| of_run.len() > 1) {
        let Some(first) = of_run.first().cloned() else { continue };
        if let Some(place) = joined.iter_mut().find(|report| **report == first) {
            *place = join_shards(of_run)?;
        }
    }
    Ok(joined)
}

/// `4` of `1/4`.
fn count_of(report: &RunReport) -> Option<usize> {
    report.options.shard.as_ref()?.split_once('/')?.1.parse().ok()
}

fn join_shards(shards: Vec<RunReport>) -> Result<RunReport, JoinError> {
    let name = |report: &RunReport| report.options.shard.clone().unwrap_or_default();
    let given: BTreeSet<String> = shards.iter().map(name).collect();
    let count = shards.first().and_then(count_of).unwrap_or_default();
    let mut of_test: BTreeMap<String, String> = BTreeMap::new();
    for shard in &shards {
        for test in &shard.tests {
            if let Some(other) = of_test.insert(test.id.clone(), name(shard)) {
                return Err(JoinError::Twice(other, name(shard), shard.broker.name.clone(), test.id.clone()));
            }
        }
    }
    let broker = shards.first().map(|shard| shard.broker.name.clone()).unwrap_or_default();
    let missing = (1..=count).map(|n| format!("{n}/{count}")).find(|shard| !given.contains(shard));
    if let Some(missing) = missing {
        let given: Vec<String> = given.into_iter().collect();
        return Err(JoinError::Missing(missing, broker, given.join(", ")));
    }
    let mut parts = shards.into_iter();
    // There are at least two.
    let Some(mut whole) = parts.next() else {
        return Err(JoinError::Missing("1".to_owned(), broker, String::new()));
    };
    whole.options.shard = None;
    for part in parts {
        whole.started = whole.started.min(part.started);
        whole.duration = whole.duration.max(part.duration);
        whole.stopped = whole.stopped.or(part.stopped);
        whole.statements.extend(part.statements);
        whole.scripts.extend(part.scripts);
        whole.expectations.extend(part.expectations);
        whole.tests.extend(part.tests);
        for address in part.broker.addresses {
            if !whole.broker.addresses.contains(&address) {
                whole.broker.addresses.push(address);
            }
        }
    }
    whole.cost = whole.tests.iter().map(Outcome::cost).sum();
    whole.tests.sort_by(|a, b| (&a.script, a.version, &a.id).cmp(&(&b.script, b.version, &b.id)));
    Ok(whole)
}
