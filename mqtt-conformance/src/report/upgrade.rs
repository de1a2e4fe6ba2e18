//! Reports of earlier formats.

use serde_json::{Map, Value};

/// Makes a report of format 1 one of format 2.
///
/// In format 1, a test held its area, which its id says as well, and what an expectation file says about it; and bytes that are no
/// packet stood in the transcript as `received`.
pub(super) fn upgrade(report: &mut Value) {
    let Some(report) = report.as_object_mut() else { return };
    report.insert("format".to_owned(), Value::from(2));
    let mut expectations = Map::new();
    let tests = report.get_mut("tests").and_then(Value::as_array_mut).into_iter().flatten();
    for test in tests.filter_map(Value::as_object_mut) {
        test.shift_remove("area");
        if let (Some(expectation), Some(Value::String(id))) =
            (test.shift_remove("expectation"), test.get("id"))
        {
            expectations.insert(id.clone(), expectation);
        }
        let entries = test.get_mut("transcript").and_then(Value::as_array_mut).into_iter().flatten();
        for entry in entries.filter_map(Value::as_object_mut) {
            if entry.contains_key("malformed") {
                entry.insert("event".to_owned(), Value::from("malformed"));
            }
        }
    }
    report.insert("expectations".to_owned(), Value::Object(expectations));
}
