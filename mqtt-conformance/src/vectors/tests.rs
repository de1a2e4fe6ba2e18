//! What is read, what is refused, and what a wrong vector looks like.

use serde_json::{Value, json};

use super::*;

fn file(vector: &Value) -> String {
    json!({"format": 1, "version": "5.0", "about": "a test", "vectors": [vector]}).to_string()
}

fn vector(more: Value) -> Value {
    let mut vector =
        json!({"id": "5.0/x/y", "about": "a test", "family": "x", "level": "must", "direction": "any"});
    let Value::Object(more) = more else { unreachable!() };
    vector.as_object_mut().unwrap().extend(more);
    vector
}

fn outcome(more: Value) -> Outcome {
    run(&parse(&file(&vector(more))).unwrap().vectors[0])
}

fn differences(more: Value) -> Vec<(&'static str, String, String)> {
    outcome(more).differences.into_iter().map(|d| (d.what, d.expected, d.got)).collect()
}

#[track_caller]
fn check_invalid(text: &str, message: &str) {
    assert_eq!(parse(text).unwrap_err().to_string(), message);
}

#[test]
fn right_vectors_pass() {
    for more in [
        json!({"bytes": "c000", "result": "valid", "packet": {"type": "pingreq"}}),
        json!({"bytes": "40 04 00 01 00 00", "result": "valid", "canonical": "40 02 00 01",
               "packet": {"type": "puback", "packet_id": 1, "reason": 0, "properties": []}}),
        json!({"bytes": "c0 00 d0 00", "result": "valid", "packets": [{"type": "pingreq"}, {"type": "pingresp"}]}),
        json!({"bytes": "", "result": "incomplete", "needed": 2}),
        json!({"bytes": "c0 00 40 02 00", "result": "incomplete", "needed": 1, "packets": [{"type": "pingreq"}]}),
        json!({"bytes": [{"hex": "30 d3 01 00 01 61 00"}, {"repeat": "78", "count": 207}], "result": "valid",
               "packet": {"type": "publish", "dup": false, "qos": 0, "retain": false, "topic": "a",
                          "properties": [], "payload": {"repeat": "78", "count": 207}}}),
        json!({"bytes": "40 03 00 01 07", "result": "malformed", "field": "Reason Code", "offset": 4,
               "covers": ["MQTT-3.4.2-1"], "reason_codes": [129, 130]}),
    ] {
        let outcome = outcome(more.clone());
        assert_eq!(outcome.verdict, Verdict::Passed, "{more} {:?}", outcome.differences);
    }
}

#[test]
fn wrong_vectors_fail_and_say_why() {
    let pingreq = json!({"type": "pingreq"});
    assert_eq!(
        differences(json!({"bytes": "d0 00", "result": "valid", "packet": pingreq})),
        [
            ("packet", "type \"pingreq\"".into(), "type \"pingresp\"".into()),
            ("encoding the values", "d0 00".into(), "c0 00".into())
        ]
    );
    assert_eq!(
        differences(json!({"bytes": "c0 00", "result": "incomplete", "needed": 1, "packets": [pingreq]})),
        [("result", "incomplete".into(), "the end of the input".into())]
    );
    assert_eq!(
        differences(json!({"bytes": "c0", "result": "incomplete", "needed": 2})),
        [("needed", "2".into(), "1".into())]
    );
    assert_eq!(
        differences(
            json!({"bytes": "40 03 00 01 07", "result": "protocol-error", "field": "Fixed Header", "offset": 0,
                           "covers": ["MQTT-1.1.1-1"], "reason_codes": [130]})
        ),
        [
            ("field", "Fixed Header".into(), "Reason Code".into()),
            ("offset", "0".into(), "4".into()),
            ("kind", "protocol error".into(), "malformed".into()),
            ("reason code", "[82]".into(), "Some(81)".into()),
            ("requirement", "MQTT-1.1.1-1".into(), "[MQTT-3.4.2-1]".into()),
        ]
    );
    let not_shortest = json!({"bytes": "40 03 00 01 00", "result": "valid",
                              "packet": {"type": "puback", "packet_id": 1, "reason": 0, "properties": []}});
    let differences: Vec<&str> = differences(not_shortest).iter().map(|d| d.0).collect();
    assert_eq!(
        differences,
        ["encoding what was decoded", "encoding into a slice", "encoded_len", "encoding the values"]
    );
}

#[test]
fn a_choice_is_no_failure() {
    let more =
        json!({"bytes": "c0 01 00", "result": "valid", "packet": {"type": "pingreq"}, "level": "choice"});
    assert_eq!(outcome(more).verdict, Verdict::Deviates);
}

#[test]
fn says_where_a_file_is_wrong() {
    check_invalid("[]", "expected an object, found []");
    check_invalid("{", "not JSON: EOF while parsing an object at line 1 column 1");
    check_invalid("{}", "format: is missing");
    check_invalid(r#"{"format": 2}"#, "format: expected 1, found 2");
    check_invalid(
        r#"{"format": 1, "version": "4"}"#,
        "version: expected \"3.1\", \"3.1.1\" or \"5.0\", found \"4\"",
    );
    check_invalid(r#"{"format": 1, "version": "5.0", "about": ""}"#, "vectors: is missing");
    for (more, message) in [
        (json!({}), "vectors[0].result: is missing"),
        (
            json!({"level": "maybe"}),
            "vectors[0].level: expected \"must\", \"should\" or \"choice\", found \"maybe\"",
        ),
        (json!({"result": "valid"}), "vectors[0].packet: is missing"),
        (json!({"result": "incomplete"}), "vectors[0].needed: is missing"),
        (
            json!({"result": "incomplete", "needed": -1}),
            "vectors[0].needed: expected a number in range, found -1",
        ),
        (json!({"result": "malformed"}), "vectors[0].field: is missing"),
        (
            json!({"result": "incomplete", "needed": 1, "bytes": "0"}),
            "vectors[0].bytes: expected pairs of hexadecimal digits, found \"0\"",
        ),
        (
            json!({"result": "incomplete", "needed": 1, "bytes": [{"repeat": "00 00", "count": 4_000_000_000_u32}]}),
            "vectors[0].bytes: 8000000000 bytes; at most 536870920 are read",
        ),
        (json!({"result": "incomplete", "needed": 1}), "vectors[0].bytes: is missing"),
    ] {
        check_invalid(&file(&vector(more)), message);
    }
}
