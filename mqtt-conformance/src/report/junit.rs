//! XML as CI systems read it: a test suite for each area of each version.

use std::collections::BTreeMap;
use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestRerun, TestSuite};

use super::data::RunReport;
use super::table::area;
use crate::run::{Entry, Outcome, Verdict};

/// Writes the tests of some runs.
///
/// What failed as an expectation file says is *skipped* with its reason; what is unsteady passed and has its failure as a
/// rerun; what is inconclusive is an *error*, like what could not
/// be run.
///
/// # Errors
///
/// When it cannot be written.
pub fn write_junit(reports: &[RunReport], out: &mut dyn Write) -> io::Result<()> {
    let names: Vec<&str> = reports.iter().map(|report| report.broker.name.as_str()).collect();
    let mut all = Report::new(format!("MQTT conformance: {}", names.join(", ")));
    for report in reports {
        let mut suites: BTreeMap<(_, &str), Vec<&Outcome>> = BTreeMap::new();
        for test in &report.tests {
            suites.entry((test.version, area(&test.id))).or_default().push(test);
        }
        let of = if reports.len() > 1 { format!("{} ", report.broker.name) } else { String::new() };
        for ((version, area), tests) in suites {
            let mut suite = TestSuite::new(format!("{of}MQTT {version} {area}"));
            suite.add_property(("broker", report.broker.name.as_str()));
            suite.add_property(("addresses", report.broker.addresses.join(", ").as_str()));
            suite.add_property(("tool", format!("{} {}", report.tool.name, report.tool.version).as_str()));
            suite.add_property(("started", report.started.as_str()));
            suite.add_property(("cost of the run", report.cost.to_string().as_str()));
            for test in tests {
                suite.add_test_case(case(report, test, &of));
            }
            all.add_test_suite(suite);
        }
    }
    all.serialize(out).map_err(io::Error::other)
}

fn case(report: &RunReport, test: &Outcome, of: &str) -> TestCase {
    let because = test.because().unwrap_or_default();
    let known = report.expectation(test);
    let mut status = match test.verdict {
        Verdict::Pass => TestCaseStatus::success(),
        Verdict::Skipped => TestCaseStatus::skipped(),
        _ if report.is_expected(test) => TestCaseStatus::skipped(),
        Verdict::Unsteady => TestCaseStatus::success(),
        Verdict::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::Inconclusive | Verdict::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    match known.filter(|known| known.met) {
        Some(known) => status.set_message(format!("{} as expected: {}", test.verdict, known.reason)),
        None => status.set_message(because.clone()),
    };
    if test.verdict == Verdict::Unsteady {
        let mut rerun = TestRerun::new(NonSuccessKind::Failure);
        rerun.set_message(because).set_description(account(report, test));
        status.add_rerun(rerun);
    }
    if !matches!(test.verdict, Verdict::Pass | Verdict::Unsteady) {
        status.set_type(format!("{}.{}", test.level, test.verdict));
        status.set_description(account(report, test));
    }
    let mut case = TestCase::new(test.id.clone(), status);
    // Readers take a dot for the end of a package.
    let plain = |text: String| text.replace('.', "_");
    case.set_classname(format!(
        "{}.{}",
        plain(format!("{of}MQTT {}", test.version)),
        plain(area(&test.id).to_owned())
    ));
    case.set_time(test.duration);
    case.add_property(("level", test.level.name()));
    if !test.covers.is_empty() {
        case.add_property(("covers", test.covers.join(", ").as_str()));
    }
    case
}

/// Everything about a test that did not pass, for the page that a CI system has for it.
fn account(report: &RunReport, test: &Outcome) -> String {
    let mut lines = Vec::new();
    if let Some(script) = report.scripts.get(&test.script) {
        lines.push(script.title.clone());
    }
    for id in &test.covers {
        let summary =
            report.statements.get(&format!("{}/{id}", test.version)).map_or("", |s| s.summary.as_str());
        lines.push(format!("{} {id}: {summary}", test.level));
    }
    if let Some(reason) = &test.reason {
        lines.push(reason.clone());
    }
    if let Some(failure) = &test.failure {
        lines.push(format!("{}:{}: {}", test.script, failure.line, failure.step));
        lines.push(format!("expected  {}", failure.expected));
        lines.push(format!("got       {}", failure.got));
        lines.extend(failure.difference.clone());
        lines.push("trace".to_owned());
        lines.extend(test.transcript.iter().map(traced));
        if let Some(again) = &test.again {
            lines.push("trace of the run that passed".to_owned());
            lines.extend(again.transcript.iter().map(traced));
        }
    }
    lines.join("\n")
}

fn traced(entry: &Entry) -> String {
    format!("  {}  # +{:.3} s", entry.line(), entry.at.as_secs_f64())
}
