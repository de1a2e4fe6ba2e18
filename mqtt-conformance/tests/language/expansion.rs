//! What a script stands for: its tests, and their steps.

use mqtt_conformance::script;
use serde_json::json;

use super::{lines, parsed, sketch, tests};

#[test]
fn title_and_description() {
    let s = parsed("# One idea. And\n# the rest of it.\n#\n# More.\n\n# Not this.\nversion: 3.1\nopen a\n");
    assert_eq!(s.title(), "One idea");
    assert_eq!(s.description(), "One idea. And the rest of it.  More.");
}

#[test]
fn a_test_per_version_and_case() {
    let all = tests(
        "# T.\nversion: 3.1.1 5.0\ncovers: 5.0/A-1 3.1.1/B-2\nlevel: SHOULD 5.0/MAY\nneeds: retain\n\
         for qos in 0 1\nfor f in \"a/#\" \"\" \"x y\"\nopen a\n---\nping a\n",
    );
    let ids: Vec<&str> = all.iter().map(|t| t.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "3.1.1/area/name[qos=0,f=a/#]",
            "3.1.1/area/name[qos=0,f=\"\"]",
            "3.1.1/area/name[qos=0,f=\"x y\"]",
            "3.1.1/area/name[qos=1,f=a/#]",
            "3.1.1/area/name[qos=1,f=\"\"]",
            "3.1.1/area/name[qos=1,f=\"x y\"]",
            "5.0/area/name[qos=0,f=a/#]",
            "5.0/area/name[qos=0,f=\"\"]",
            "5.0/area/name[qos=0,f=\"x y\"]",
            "5.0/area/name[qos=1,f=a/#]",
            "5.0/area/name[qos=1,f=\"\"]",
            "5.0/area/name[qos=1,f=\"x y\"]",
        ]
    );
    assert_eq!(all[0].covers, ["B-2"]);
    assert_eq!(all[0].level, script::Level::Should);
    assert_eq!(all[11].covers, ["A-1"]);
    assert_eq!(all[11].level, script::Level::May);
    assert_eq!(all[0].needs, ["retain"]);
    assert!(!all[0].rigor);
    assert_eq!(all[0].preparation, 1);
    assert_eq!(all[0].steps.len(), 3);
    assert_eq!(all[0].steps[1].line, 10);
    assert_eq!(all[3].case, [("qos".to_owned(), json!(1)), ("f".to_owned(), json!("a/#"))]);
}

#[test]
fn what_is_about_the_rigor_of_checks_is_a_recommendation() {
    let all = tests("# T.\nversion: 3.1.1 5.0\nrigor: 5.0\nopen a\na < closed\n");
    assert_eq!((all[0].level, all[0].rigor), (script::Level::Must, false));
    assert_eq!((all[1].level, all[1].rigor), (script::Level::Should, true));
    let of_3_1_1 = parsed("# T.\nversion: 3.1.1\nrigor: 3.1.1\nopen a\na < closed\n");
    assert_eq!(
        lines(&script::check(&of_3_1_1, None)),
        ["3:8: 3.1.1 does not leave the rigor of checks to the receiver / only 5.0 does, in section 4.13.1"]
    );
}

#[test]
fn a_granted_code_that_is_named_is_the_only_one() {
    let all = tests("# T.\nversion: 5.0\nconnect a\nsubscribe a \"x\" qos=2 granted=1\n");
    assert_eq!(sketch(&all[0].steps)[4], "a < SUBACK packet_id=40001 reasons=[1]");
}

#[test]
fn verbs_spelled_out_in_3_1_1_and_5_0() {
    let source = "# T.\nversion: 3.1.1 5.0\nconnect a clean=false session_expiry_interval=9 present=true\n\
                  subscribe a \"x\" \"y\" qos=1\nunsubscribe a \"x\"\npublish a \"t\" \"p\" qos=2 retain=true\n\
                  receive a \"t\" \"p\" qos=2\ndrop a\nconnect a\ndisconnect a\n";
    let all = tests(source);
    assert_eq!(
        sketch(&all[0].steps),
        [
            "a opens 3.1.1",
            "a > CONNECT clean_session=false keep_alive=60 client_id=\"${c}a\"",
            "a < CONNACK return_code=0x00 session_present=true",
            "a > SUBSCRIBE packet_id=40001 filters=[{filter=\"x\" qos=1}, {filter=\"y\" qos=1}]",
            "(a < SUBACK packet_id=40001 return_codes=[1, 1] | a < SUBACK packet_id=40001 \
             return_codes=[0x00|0x01|128..255, 0x00|0x01|128..255]; skips)",
            "a > UNSUBSCRIBE packet_id=40002 filters=[\"x\"]",
            "a < UNSUBACK packet_id=40002",
            "a > PUBLISH qos=2 retain=true topic=\"t\" payload=\"p\" packet_id=40003",
            "a < PUBREC packet_id=40003",
            "a > PUBREL packet_id=40003",
            "a < PUBCOMP packet_id=40003",
            "a < PUBLISH qos=2 topic=\"t\" payload=\"p\" packet_id=?receive 1",
            "a > PUBREC packet_id=$receive 1",
            "a < PUBREL packet_id=$receive 1",
            "a > PUBCOMP packet_id=$receive 1",
            "a drops",
            "a opens 3.1.1",
            "a > CONNECT clean_session=true keep_alive=60 client_id=\"${c}a\"",
            "a < CONNACK return_code=0x00",
            "a > DISCONNECT",
            "a closes",
        ]
    );
    let five = sketch(&all[1].steps);
    assert_eq!(
        five[1],
        "a > CONNECT clean_start=false keep_alive=60 properties=[session_expiry_interval=9] client_id=\"${c}a\""
    );
    assert_eq!(five[2], "a < CONNACK reason=0x00 session_present=true");
    assert_eq!(
        five[4],
        "(a < SUBACK packet_id=40001 reasons=[1, 1] | a < SUBACK packet_id=40001 \
         reasons=[0x00|0x01|128..255, 0x00|0x01|128..255]; skips)"
    );
    assert_eq!(five[6], "a < UNSUBACK packet_id=40002 reasons=[0x00]");
    assert_eq!(five[8], "a < PUBREC packet_id=40003 reason=0x00|0x10");
    assert_eq!(five[13], "a < PUBREL packet_id=$receive 1 reason=0x00");
    assert_eq!(lines(&script::check(&parsed(source), None)), [""; 0]);
}

#[test]
fn each_connection_may_speak_its_own_version() {
    let all = tests("# T.\nversion: 5.0\nfor v in 3.1 3.1.1\nconnect a version=$v\nsubscribe a \"x\"\n");
    assert_eq!(sketch(&all[0].steps)[0], "a opens 3.1");
    assert_eq!(
        sketch(&all[1].steps)[4],
        "(a < SUBACK packet_id=40001 return_codes=[0x00] | a < SUBACK packet_id=40001 return_codes=[0x00|128..255]; skips)"
    );
    assert_eq!(all[1].id, "5.0/area/name[v=3.1.1]");
}

#[test]
fn blocks_are_chosen_before_the_test_starts() {
    let source = "# T.\nversion: 3.1.1 5.0\nfor q in 0 1\nopen a\nwhen version 5.0 {\n a > PINGREQ\n} else {\n when q 1 { a > DISCONNECT }\n}\n";
    let all = tests(source);
    let steps: Vec<Vec<String>> = all.iter().map(|t| sketch(&t.steps)).collect();
    assert_eq!(steps[0], ["a opens 3.1.1"]);
    assert_eq!(steps[1], ["a opens 3.1.1", "a > DISCONNECT"]);
    assert_eq!(steps[2], ["a opens 5.0", "a > PINGREQ"]);
}

#[test]
fn any_order_and_either_hold_whole_verbs() {
    let all = tests(
        "# T.\nversion: 5.0\nconnect a, b\nany-order {\n receive a \"t\" \"1\" qos=1\n b < PUBACK packet_id=1\n}\n\
         either { a < closed } or { a < nothing\n b > PINGREQ }\n",
    );
    let steps = sketch(&all[0].steps);
    assert_eq!(
        steps[6],
        "(a < PUBLISH qos=1 topic=\"t\" payload=\"1\" packet_id=?receive 1; a > PUBACK packet_id=$receive 1 | b < PUBACK packet_id=1)"
    );
    assert!(steps[7].ends_with("| a < nothing; b > PINGREQ)"));
}
