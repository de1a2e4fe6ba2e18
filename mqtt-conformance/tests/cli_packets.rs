//! `decode` and `encode` as a shell sees them.

mod cli;

use cli::{Run, tool};
use mqtt_codec::{AnyDecoder, Version};
use mqtt_conformance::tree::{PROPERTIES, from_tree, to_tree};
use serde_json::{Value, json};

/// A packet of every type of a version, each with a property where it may have one.
fn packets(version: Version) -> Vec<Value> {
    let mut packets = vec![
        json!({"type": "connect", "client_id": "c", "keep_alive": 60, "user_name": "u", "password": {"hex": "00ff"},
               "will": {"topic": "w", "payload": "gone", "qos": 1, "retain": true}}),
        json!({"type": "connack"}),
        json!({"type": "publish", "topic": "a/b", "qos": 2, "packet_id": 7, "dup": true, "payload": {"hex": "fe"}}),
        json!({"type": "publish", "topic": "ä", "payload": {"repeat": "61", "count": 300}}),
        json!({"type": "puback", "packet_id": 1}),
        json!({"type": "pubrec", "packet_id": 2}),
        json!({"type": "pubrel", "packet_id": 3}),
        json!({"type": "pubcomp", "packet_id": 65535}),
        json!({"type": "subscribe", "packet_id": 5, "filters": [{"filter": "a/#", "qos": 1}, {"filter": "+"}]}),
        json!({"type": "unsubscribe", "packet_id": 6, "filters": ["a/#", "+"]}),
        json!({"type": "pingreq"}),
        json!({"type": "pingresp"}),
        json!({"type": "disconnect"}),
    ];
    if version == Version::V5 {
        packets.push(json!({"type": "suback", "packet_id": 5, "reasons": [0, 1, 2, 0x87]}));
        packets.push(json!({"type": "unsuback", "packet_id": 6, "reasons": [0, 0x11]}));
        packets.push(json!({"type": "auth", "reason": 24, "properties": [{"authentication_method": "m"}]}));
        for packet in &mut packets {
            let name = packet["type"].as_str().unwrap().to_uppercase();
            let carries = |p: &&mqtt_conformance::tree::PropertyMember| {
                p.name == "user_property" && p.packets.iter().any(|packet| packet.name() == name)
            };
            if PROPERTIES.iter().find(carries).is_some() && packet.get("properties").is_none() {
                packet["properties"] = json!([{"user_property": ["k", "v"]}]);
            }
        }
    } else {
        packets.push(json!({"type": "suback", "packet_id": 5, "return_codes": [0, 1, 2]}));
        packets.push(json!({"type": "unsuback", "packet_id": 6}));
    }
    packets
}

#[test]
fn decode_into_encode_gives_the_same_bytes() {
    for version in Version::ALL {
        let mut hex = String::new();
        let mut lines = String::new();
        for packet in packets(version) {
            let mut bytes = Vec::new();
            let packet = from_tree(&packet, version).unwrap();
            packet.encode_to(&mut bytes).unwrap();
            let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            hex.push_str(&(digits.join(" ") + "\n"));
            let decoded = AnyDecoder::new(version).decode(&bytes).unwrap().complete().unwrap();
            lines.push_str(&(to_tree(&decoded).to_string() + "\n"));
        }
        let decoded = tool(&["decode", "--version", version.name()], hex.as_bytes());
        assert_eq!(decoded, Run::fine(&lines));
        let encoded = tool(&["encode", "--version", version.name()], decoded.stdout.as_bytes());
        assert_eq!(encoded, Run::fine(&hex));
    }
}

#[test]
fn raw_bytes_go_through_too() {
    let bytes = b"\x10\x0d\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x00\xc0\x00";
    let decoded = tool(&["decode"], bytes);
    assert_eq!(
        decoded.stdout,
        "{\"type\":\"connect\",\"clean_start\":true,\"keep_alive\":60,\"properties\":[],\"client_id\":\"\"}\n\
         {\"type\":\"pingreq\"}\n"
    );
    let encoded = tool(&["encode", "--raw", "--version", "5.0"], decoded.stdout.as_bytes());
    assert_eq!(
        encoded.stdout.as_bytes(),
        b"\x10\x0d\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x00\xef\xbf\xbd\x00"
    );
}

#[test]
fn digits_are_taken_as_people_write_them() {
    let two = Run::fine("{\"type\":\"pingreq\"}\n{\"type\":\"pingresp\"}\n");
    for arguments in [&["c000d000"][..], &["c0 00", "D0 00"], &["0xc0,0x00", "0xd000"], &["c0:00:d0:00"]] {
        let all: Vec<&str> = ["decode", "--version", "3.1.1"].iter().chain(arguments).copied().collect();
        assert_eq!(tool(&all, b""), two);
    }
    assert_eq!(tool(&["decode", "--version", "3.1.1"], b"c000\nd000\n"), two);
    assert_eq!(
        tool(&["decode", "--version", "3.1.1", "--pretty", "c000"], b"").stdout,
        "{\n  \"type\": \"pingreq\"\n}\n"
    );
}

#[test]
fn the_version_is_seen_in_a_connect() {
    for (hex, member) in [
        ("10 0f 0006 4d5149736470 03 02 0000 0001 63", "clean_session"),
        ("10 0d 0004 4d515454 04 02 0000 0001 63", "clean_session"),
        ("10 0e 0004 4d515454 05 02 0000 00 0001 63", "clean_start"),
    ] {
        let run = tool(&["decode", hex], b"");
        assert_eq!(run.code, 0, "{run:?}");
        assert!(run.stdout.contains(member), "{run:?}");
    }
    assert_eq!(
        tool(&["decode", "c000"], b""),
        Run {
            code: 64,
            stdout: String::new(),
            stderr: "error: the first packet is no CONNECT, so its version is unknown\n\
                     hint: add --version 3.1, --version 3.1.1 or --version 5.0\n"
                .to_owned(),
        }
    );
    let unknown = tool(&["decode", "10 0d 0004 4d515454 06 02 0000 0001 63"], b"");
    assert_eq!(unknown.code, 1);
    assert!(
        unknown.stderr.starts_with("error: CONNECT Protocol Version, byte 8: protocol level 6"),
        "{unknown:?}"
    );
}

#[test]
fn a_malformed_packet_is_shown_after_those_before_it() {
    assert_eq!(
        tool(&["decode", "--version", "5.0", "c000", "40 03 00 01 07"], b""),
        Run {
            code: 1,
            stdout: "{\"type\":\"pingreq\"}\n".to_owned(),
            stderr:
                "error: PUBACK Reason Code, byte 4: reason code 0x07 is not allowed here [MQTT-3.4.2-1]\n  \
                     in the packet at byte 2 of the input, which begins:\n  \
                     40 03 00 01 07\n              ^^\n  \
                     answer: reason code 0x81, Malformed Packet\n"
                    .to_owned(),
        }
    );
}

#[test]
fn half_a_packet_says_what_is_missing() {
    let run = tool(&["decode", "--version", "3.1.1", "c000 30 05 00"], b"");
    assert_eq!(
        run,
        Run {
            code: 1,
            stdout: "{\"type\":\"pingreq\"}\n".to_owned(),
            stderr: "error: incomplete PUBLISH at byte 2 of the input: 3 bytes are there, at least 4 more needed\n"
                .to_owned(),
        }
    );
    let connect = tool(&["decode", "100d"], b"");
    assert_eq!(connect.code, 1);
    assert_eq!(connect.stderr, "error: incomplete CONNECT: 2 bytes are there, at least 13 more needed\n");
}

#[test]
fn the_sender_is_judged_when_it_is_known() {
    assert_eq!(tool(&["decode", "--version", "3.1.1", "--from", "client", "c000"], b"").code, 0);
    let run = tool(&["decode", "--version", "3.1.1", "--from", "server", "c000"], b"");
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("a server does not send this packet"), "{run:?}");
}

#[test]
fn what_is_no_hexadecimal_digit_is_named() {
    for (arguments, stdin, message) in [
        (&["c0 0g"][..], &b""[..], "error: `g` at character 5 is not a hexadecimal digit\n"),
        (&["c0 0"], b"", "error: an odd number of hexadecimal digits\n"),
        (
            &[],
            b"hello\n",
            "error: stdin is text, but `h` at character 1 is not a hexadecimal digit\n\
             hint: use --raw if these are the bytes themselves\n",
        ),
    ] {
        let all: Vec<&str> = ["decode", "--version", "5.0"].iter().chain(arguments).copied().collect();
        let run = tool(&all, stdin);
        assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (64, "", message));
    }
    assert_eq!(tool(&["decode", "--version", "5.0"], b"").code, 64);
    assert_eq!(tool(&["decode", "--version", "5.0", "--raw"], b"c000").code, 1);
}

#[test]
fn encode_takes_one_many_or_an_array() {
    let hex = Run::fine("c0 00\nd0 00\n");
    let (a, b) = ("{\"type\": \"pingreq\"}", "{\"type\": \"pingresp\"}");
    assert_eq!(tool(&["encode", "--version", "3.1", a, b], b""), hex);
    for stdin in [format!("{a}\n{b}\n"), format!("{a}{b}"), format!("[{a}, {b}]")] {
        assert_eq!(tool(&["encode", "--version", "3.1"], stdin.as_bytes()), hex);
    }
}

#[test]
fn encode_says_which_member_is_wrong() {
    let good = "{\"type\": \"pingreq\"}";
    let bad = "{\"type\": \"publish\", \"topic\": \"a/+\"}";
    let run = tool(&["encode", "--version", "5.0", good, bad, good], b"");
    assert_eq!(
        run,
        Run {
            code: 1,
            stdout: "c0 00\nc0 00\n".to_owned(),
            stderr: "error: packet 2 (publish, MQTT 5.0): topic: expected a Topic Name, found \"a/+\" (wildcard at byte \
                     2 of a Topic Name)\n"
                .to_owned(),
        }
    );
    for broken in ["{\"type\"", "nonsense", ""] {
        let run = tool(&["encode", "--version", "5.0"], broken.as_bytes());
        assert_eq!((run.code, run.stdout.as_str()), (64, ""), "{run:?}");
    }
}

#[test]
fn wrong_usage_is_64_and_help_is_0() {
    for arguments in [
        &[][..],
        &["nonsense"],
        &["decode", "--version", "4", "c000"],
        &["decode", "--from", "me", "c000"],
        &["encode", "{}"],
        &["vectors"],
        &["run", "--broker", "localhost"],
        &["run", "--jobs", "0"],
        &["run", "--timeout", "soon"],
        &["run", "--select", "no such test"],
        &["list", "--version", "6"],
        &["check", "no-such-file.mqs"],
    ] {
        let run = tool(arguments, b"");
        assert_eq!((run.code, run.stdout.as_str()), (64, ""), "{arguments:?} {run:?}");
        assert!(!run.stderr.is_empty(), "{arguments:?}");
    }
    for arguments in [&["--help"][..], &["--version"], &["decode", "--help"], &["help", "run"]] {
        let run = tool(arguments, b"");
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{arguments:?} {run:?}");
    }
}
