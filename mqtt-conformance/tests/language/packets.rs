//! Packets as lines, and lines against packets.

use mqtt_conformance::script::{self, Action, Direction, Expected, bytes_line, packet_line};
use mqtt_conformance::tree;
use serde_json::json;

use super::{lines, parsed};

#[test]
fn lines_of_a_trace_are_lines_of_the_language() {
    let packets = [
        json!({"type": "publish", "dup": false, "qos": 1, "retain": false, "topic": "a/${b}\"\\\u{7}é", "packet_id": 7,
               "properties": [{"content_type": "x"}, {"user_property": ["k", "v"]}], "payload": {"hex": "00ff"}}),
        json!({"type": "publish", "topic": "", "payload": "a".repeat(500), "properties": []}),
        json!({"type": "publish", "topic": "x", "payload": {"repeat": "61", "count": 70000}, "properties": []}),
        json!({"type": "suback", "packet_id": 1, "properties": [], "reasons": [0, 128]}),
        json!({"type": "disconnect", "reason": 130, "properties": [{"reason_string": "no\nmore"}]}),
    ];
    let expected = [
        "a < PUBLISH dup=false qos=1 retain=false topic=\"a/\\${b}\\\"\\\\\\u{7}é\" packet_id=7 properties=[content_type=\"x\", user_property=[\"k\", \"v\"]] payload=hex \"00 ff\"",
        "a < PUBLISH topic=\"\" payload=repeat(\"a\", 500) properties=[]",
        "a < PUBLISH topic=\"x\" payload=repeat(\"a\", 70000) properties=[]",
        "a < SUBACK packet_id=1 properties=[] reasons=[0x00, 0x80]",
        "a < DISCONNECT reason=0x82 properties=[reason_string=\"no\\nmore\"]",
    ];
    for (packet, expected) in packets.iter().zip(expected) {
        let line = packet_line("a", Direction::Received, packet);
        assert_eq!(line, expected);
        let script = parsed(&format!("# T.\nversion: 5.0\nopen a\n{line}\n"));
        assert_eq!(lines(&script::check(&script, None)), [""; 0]);
        let test = script::expand(&script, "x").unwrap().remove(0);
        let Action::Expect { expected: Expected::Packet { fields, .. }, .. } = &test.steps[1].action else {
            panic!("{line}");
        };
        let mut variables = script::Variables::default();
        script::match_fields(fields, packet, &mut variables).unwrap();
        let sent = script::eval_fields(fields, &variables).unwrap();
        for (name, value) in sent {
            assert!(tree::same(&value, &packet[&name]), "{name}");
        }
    }
    let line = bytes_line("a", Direction::Sent, &[0x30, 0x00]);
    assert_eq!(line, "a > hex \"30 00\"");
    parsed(&format!("# T.\nversion: 5.0\nopen a\n{line}\n"));
}

#[test]
fn fields_match_as_the_reference_says() {
    let packet = json!({"type": "publish", "qos": 1, "topic": "a/b", "packet_id": 9, "payload": {"hex": "ff00"},
        "properties": [{"user_property": ["k", "1"]}, {"content_type": "x"}, {"user_property": ["k", "2"]}]});
    let check = |fields: &str| -> Result<(), String> {
        let script = parsed(&format!("# T.\nversion: 5.0\nopen a\na < PUBLISH {fields}\n"));
        let test = script::expand(&script, "x").unwrap().remove(0);
        let Action::Expect { expected: Expected::Packet { fields, .. }, .. } = &test.steps[1].action else {
            panic!("{fields}");
        };
        let mut variables = script::Variables::default();
        variables.set("t", json!("a"));
        variables.set("id", json!(9));
        script::match_fields(fields, &packet, &mut variables).map_err(|m| m.to_string())
    };
    for fine in [
        "",
        "qos=1 topic=\"${t}/b\" packet_id=$id payload=hex \"ff 00\"",
        "qos=0|1 packet_id=1..65535 topic=* will=absent",
        "properties=[content_type=\"x\"]",
        "properties=[user_property=[\"k\", \"1\"], user_property=[\"k\", \"2\"]]",
        "properties=[user_property=[*, \"2\"], topic_alias=absent]",
        "properties=only [content_type=\"x\"]",
        "properties=only [content_type=\"x\", user_property=[\"k\", \"1\"], user_property=?u]",
        "packet_id=?p topic=\"a/b\"",
    ] {
        assert_eq!(check(fine), Ok(()), "{fine}");
    }
    for (wrong, message) in [
        ("qos=2", "qos is 1, expected 2"),
        ("topic=\"${t}/c\"", "topic is \"a/b\", expected \"a/c\""),
        ("dup=*", "dup is absent, expected *"),
        ("qos=absent", "qos is 1, expected absent"),
        ("packet_id=10..20", "packet_id is 9, expected 10..20"),
        ("qos=0|2", "qos is 1, expected 0|2"),
        ("payload=\"x\"", "payload is hex \"ff 00\", expected \"x\""),
        ("properties=[topic_alias=1]", "properties.topic_alias is absent, expected 1"),
        ("properties=[content_type=\"y\"]", "properties.content_type is \"x\", expected \"y\""),
        ("properties=[content_type=absent]", "properties.content_type is \"x\", expected absent"),
        (
            "properties=[user_property=[\"k\", \"2\"], user_property=[\"k\", \"1\"]]",
            "properties.user_property is [\"k\", \"2\"], expected [\"k\", \"1\"] behind it",
        ),
        (
            "properties=only [user_property=[\"k\", \"1\"]]",
            "properties is [content_type=\"x\"], expected nothing more",
        ),
    ] {
        assert_eq!(check(wrong), Err(message.to_owned()), "{wrong}");
    }
}
