//! A page for a browser: one file that needs nothing else, with all that the reports hold.
//!
//! What the overview shows is embedded as JSON. What only the page of one test shows is deflated, a piece for each script, and read
//! when it is asked for: transcripts compress to a twentieth.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde_json::{Value, json};

use super::data::RunReport;
use super::table::area;
use crate::run::{Entry, Failure, Outcome, TraceEvent};
use crate::script::value_text;
use crate::tree::hex;

const PAGE: &str = include_str!("html/page.html");
const STYLE: &str = include_str!("html/page.css");
const SCRIPTS: [&str; 4] = [
    include_str!("html/page.js"),
    include_str!("html/overview.js"),
    include_str!("html/chart.js"),
    include_str!("html/test.js"),
];

/// How much of the bytes of one packet the page shows: the beginning, and a little of the end.
const HEAD: usize = 1024;
const TAIL: usize = 64;

/// The longest text of a trace, in characters.
const LONGEST: usize = 2000;

/// Writes the page of some runs, which stand side by side in this order.
///
/// # Errors
///
/// When it cannot be written.
pub fn write_html(reports: &[RunReport], out: &mut dyn Write) -> io::Result<()> {
    let names: Vec<&str> = reports.iter().map(|report| report.broker.name.as_str()).collect();
    let contents = Contents::of(reports);
    let mut pieces = String::new();
    for (number, piece) in contents.pieces().enumerate() {
        let _ = writeln!(
            pieces,
            "<script type=\"application/octet-stream\" id=\"piece-{number}\">{}</script>",
            deflated(&piece)?
        );
    }
    let mut page = PAGE;
    for (mark, text) in [
        ("{{title}}", &escaped(&names.join(", "))),
        ("{{style}}", &STYLE.to_owned()),
        ("{{index}}", &embedded(&contents.index())),
        ("{{pieces}}", &pieces),
        ("{{script}}", &SCRIPTS.concat()),
    ] {
        // The marks stand in this order.
        let (before, after) = page.split_once(mark).unwrap_or((page, ""));
        out.write_all(before.as_bytes())?;
        out.write_all(text.as_bytes())?;
        page = after;
    }
    out.write_all(page.as_bytes())
}

/// The tests of all runs, by script.
struct Contents<'r> {
    reports: &'r [RunReport],
    /// Script files in the order of their first test.
    scripts: Vec<&'r str>,
    tests: Vec<Row<'r>>,
}

/// A test with what each run says about it.
struct Row<'r> {
    first: &'r Outcome,
    script: usize,
    runs: Vec<Option<&'r Outcome>>,
}

impl<'r> Contents<'r> {
    fn of(reports: &'r [RunReport]) -> Self {
        let mut contents = Self { reports, scripts: Vec::new(), tests: Vec::new() };
        let (mut places, mut scripts) = (BTreeMap::new(), BTreeMap::new());
        for (run, report) in reports.iter().enumerate() {
            for test in &report.tests {
                let place = *places.entry(test.id.as_str()).or_insert_with(|| {
                    let script = *scripts.entry(test.script.as_str()).or_insert_with(|| {
                        contents.scripts.push(&test.script);
                        contents.scripts.len() - 1
                    });
                    contents.tests.push(Row { first: test, script, runs: vec![None; reports.len()] });
                    contents.tests.len() - 1
                });
                if let Some(cell) = contents.tests.get_mut(place).and_then(|entry| entry.runs.get_mut(run)) {
                    *cell = Some(test);
                }
            }
        }
        contents
    }

    /// What the overview needs.
    fn index(&self) -> Value {
        let runs: Vec<Value> = self
            .reports
            .iter()
            .map(|report| {
                json!({
                    "name": report.broker.name, "addresses": report.broker.addresses, "started": report.started,
                    "duration": report.duration.as_secs_f64(), "tool": format!("{} {}", report.tool.name, report.tool.version),
                    "stopped": report.stopped, "cost": report.cost.to_string(), "shard": report.options.shard,
                })
            })
            .collect();
        let mut statements = serde_json::Map::new();
        for (id, statement) in self.reports.iter().flat_map(|report| &report.statements) {
            statements.insert(id.clone(), json!([statement.section, statement.summary]));
        }
        let tests: Vec<Value> = self
            .tests
            .iter()
            .map(|Row { first, script, runs }| {
                let runs = self.each_run(runs, summary);
                json!([
                    first.id,
                    first.version.name(),
                    first.level,
                    area(&first.id),
                    script,
                    first.covers,
                    runs
                ])
            })
            .collect();
        let titles: Vec<Value> = self
            .scripts
            .iter()
            .map(|file| {
                let script = self.reports.iter().find_map(|report| report.scripts.get(*file));
                json!([file, script.map(|script| &script.title)])
            })
            .collect();
        json!({"runs": runs, "statements": statements, "scripts": titles, "tests": tests})
    }

    /// What each run says about a test; `null` where it does not have it.
    fn each_run(&self, tests: &[Option<&Outcome>], what: fn(&RunReport, &Outcome) -> Value) -> Value {
        self.reports
            .iter()
            .zip(tests)
            .map(|(report, test)| test.map_or(Value::Null, |test| what(report, test)))
            .collect()
    }

    /// What the pages of the tests need, script by script.
    fn pieces(&self) -> impl Iterator<Item = Value> + '_ {
        let mut tests: Vec<Vec<(usize, &Row<'r>)>> = self.scripts.iter().map(|_| Vec::new()).collect();
        for (number, entry) in self.tests.iter().enumerate() {
            if let Some(of_script) = tests.get_mut(entry.script) {
                of_script.push((number, entry));
            }
        }
        self.scripts.iter().zip(tests).map(|(file, tests)| {
            let script = self.reports.iter().find_map(|report| report.scripts.get(*file));
            let tests: serde_json::Map<String, Value> = tests
                .into_iter()
                .map(|(number, entry)| (number.to_string(), self.each_run(&entry.runs, details)))
                .collect();
            json!({
                "description": script.map(|script| &script.description),
                "source": script.map(|script| &script.source),
                "tests": tests,
            })
        })
    }
}

/// A verdict with its reason in a line, for the list.
fn summary(report: &RunReport, test: &Outcome) -> Value {
    let because = test.because().map(|text| cut(&text, 240));
    let expected = report.expectation(test).map(|expectation| u8::from(expectation.met));
    json!([test.verdict, because, expected, test.duration.as_secs_f64()])
}

/// What the page of a test shows for one run.
fn details(report: &RunReport, test: &Outcome) -> Value {
    json!({
        "reason": test.reason,
        "expectation": report.expectation(test),
        "failure": test.failure.as_ref().map(failure),
        "trace": test.transcript.iter().map(trace).collect::<Vec<_>>(),
        "late": test.late.as_secs_f64(),
        "again": test.again.as_ref().map(|again| again.transcript.iter().map(trace).collect::<Vec<_>>()),
    })
}

fn failure(failure: &Failure) -> Value {
    let mut value = serde_json::to_value(failure).unwrap_or_default();
    if let Some(members) = value.as_object_mut() {
        for name in ["expected", "got", "difference"] {
            if let Some(Value::String(text)) = members.get_mut(name) {
                *text = cut(text, LONGEST);
            }
        }
    }
    value
}

/// Milliseconds, connection, event, packet or else a line, bytes, error, and where the error is.
fn trace(entry: &Entry) -> Value {
    let event = serde_json::to_value(&entry.event).unwrap_or_default();
    let shown = match &entry.event {
        TraceEvent::Malformed { .. } => Value::Null,
        event => event.packet().map_or_else(
            || Value::from(cut(&entry.line(), LONGEST)),
            |(_, packet)| {
                let values = packet
                    .members()
                    .map(|(name, value)| json!([name, cut(&value_text(name, value), LONGEST)]));
                let mut shown = vec![Value::from(packet.kind().name())];
                shown.extend(values);
                Value::Array(shown)
            },
        ),
    };
    let bytes = entry.event.bytes().map(|bytes| {
        match (bytes.get(..HEAD), bytes.len().checked_sub(TAIL).and_then(|start| bytes.get(start..))) {
            (Some(head), Some(tail)) if bytes.len() > HEAD + TAIL => {
                json!([hex(head), hex(tail), bytes.len()])
            }
            _ => json!(hex(bytes)),
        }
    });
    let offset = match &entry.event {
        TraceEvent::Malformed { malformed, .. } => Some(malformed.offset),
        _ => None,
    };
    let at = (entry.at.as_secs_f64() * 1e5).round() / 100.0;
    json!([at, entry.connection, event.get("event"), shown, bytes, entry.event.error(), offset])
}

fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => {
            format!("{} … {} characters", text.get(..end).unwrap_or_default(), text.chars().count())
        }
        None => text.to_owned(),
    }
}

/// JSON that can stand in a `<script>`: nothing in it ends the element or begins a comment.
fn embedded(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

fn deflated(value: &Value) -> io::Result<String> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(value.to_string().as_bytes())?;
    Ok(STANDARD.encode(encoder.finish()?))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
