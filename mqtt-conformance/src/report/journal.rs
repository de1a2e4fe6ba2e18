//! A journal: a report of a run that goes on, as far as it has come.
//!
//! Each line is a report of one test, as JSON. What ends a run in the middle leaves whole lines, and perhaps one that is not.

use std::collections::BTreeMap;

use super::data::RunReport;
use super::file::ReadError;

/// What a report that was made of a journal says of its end.
const UNFINISHED: &str = "the run did not come to its end: this is what its journal holds";

impl RunReport {
    /// Reads a report from JSON, or makes one of a journal.
    ///
    /// # Errors
    ///
    /// As [`from_json`](Self::from_json).
    pub fn from_text(text: &str) -> Result<Self, ReadError> {
        let is_journal = text.lines().next().is_some_and(|line| line.starts_with('{') && line.ends_with('}'));
        if is_journal { from_journal(text) } else { Self::from_json(text) }
    }
}

fn from_journal(text: &str) -> Result<RunReport, ReadError> {
    // A line without its end was being written when the run ended.
    let whole = text.rfind('\n').and_then(|end| text.get(..end)).unwrap_or(text);
    let mut report: Option<RunReport> = None;
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (at, line) in whole.lines().enumerate() {
        let part = RunReport::from_json(line).map_err(|error| ReadError { line: at + 1, ..error })?;
        let Some(report) = &mut report else {
            places.extend(part.tests.iter().enumerate().map(|(at, test)| (test.id.clone(), at)));
            report = Some(RunReport { stopped: Some(UNFINISHED.to_owned()), ..part });
            continue;
        };
        report.duration = report.duration.max(part.duration);
        report.statements.extend(part.statements);
        report.scripts.extend(part.scripts);
        report.expectations.extend(part.expectations);
        for test in part.tests {
            // Who ran twice counts with the second result.
            if let Some(earlier) = places.get(&test.id).and_then(|at| report.tests.get_mut(*at)) {
                *earlier = test;
            } else {
                places.insert(test.id.clone(), report.tests.len());
                report.tests.push(test);
            }
        }
    }
    let empty = || ReadError {
        line: 1,
        column: 1,
        path: String::new(),
        message: "this journal holds no test".to_owned(),
    };
    let mut report = report.ok_or_else(empty)?;
    report.tests.sort_by(|a, b| (&a.script, a.version, &a.id).cmp(&(&b.script, b.version, &b.id)));
    Ok(report)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use mqtt_codec::Version;

    use super::*;
    use crate::expect::Expectations;
    use crate::report::About;
    use crate::run::{Outcome, Verdict};
    use crate::script::Level;
    use crate::suite::Places;

    #[test]
    fn whole_lines_count_and_the_last_of_a_test() {
        let tests = Places::tests_of("5.0/3.12-pingreq/answered").unwrap();
        let test = Arc::new(tests.into_iter().find(|test| test.version == Version::V5).unwrap());
        let line = |verdict, seconds| {
            let outcome = Outcome::new(&test.id, Version::V5, Level::Must, verdict);
            let about = About { duration: Duration::from_secs(seconds), ..About::default() };
            let known = Expectations::default();
            let report = RunReport::new(about, &[Arc::clone(&test)], &[Arc::new(outcome)], &known);
            serde_json::to_string(&report).unwrap()
        };
        let (first, second) = (line(Verdict::Fail, 1), line(Verdict::Pass, 2));
        let torn = second.get(..40).unwrap();
        let report = RunReport::from_text(&format!("{first}\n{second}\n{torn}")).unwrap();
        assert_eq!(report.tests.len(), 1);
        assert_eq!((report.tests[0].verdict, report.duration), (Verdict::Pass, Duration::from_secs(2)));
        assert_eq!(report.stopped.as_deref(), Some(UNFINISHED));
        assert_eq!(RunReport::from_text(&format!("{first}\n{torn}\n{second}\n")).unwrap_err().line, 2);
    }
}
