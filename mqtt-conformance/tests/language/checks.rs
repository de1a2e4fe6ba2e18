//! What is in the language, and wrong all the same: names, kinds, variables, order.

use super::{HEAD, check_body, problems};

#[test]
fn checks_packets_fields_and_kinds() {
    check_body(
        "open a\na > PUBLIHS\n",
        &[
            "4:1: MQTT 3.1.1 has no packet PUBLIHS / did you mean `PUBLISH`?",
            "4:1: MQTT 5.0 has no packet PUBLIHS / did you mean `PUBLISH`?",
        ],
    );
    check_body(
        "open a\na > PUBLISH topic=\"a\" paylaod=\"b\"\n",
        &[
            "4:23: PUBLISH of MQTT 3.1.1 has no field `paylaod` / did you mean `payload`?",
            "4:23: PUBLISH of MQTT 5.0 has no field `paylaod` / did you mean `payload`?",
        ],
    );
    check_body(
        "open a\na < SUBACK reasons=[0]\n",
        &[
            "4:12: SUBACK of MQTT 3.1.1 has no field `reasons` / in this version it is `return_codes`; `when version` tells the versions apart",
        ],
    );
    check_body("open a\na < AUTH\n", &["4:1: MQTT 3.1.1 has no packet AUTH"]);
    check_body(
        "open a\na < DISCONNECT\n",
        &["4:1: a server of MQTT 3.1.1 cannot send DISCONNECT / in 3.x a server just closes: `< closed`"],
    );
    check_body(
        "open a\na < PINGREQ\n",
        &[
            "4:1: a server of MQTT 3.1.1 cannot send PINGREQ / a server never sends it; use `>` to send it",
            "4:1: a server of MQTT 5.0 cannot send PINGREQ / a server never sends it; use `>` to send it",
        ],
    );
    check_body(
        "open a\na > PUBLISH topic=\"a\" qos=3\n",
        &[
            "4:27: `3` does not fit `qos`: expected a number from 0 to 2 / to send what a packet may not hold, use `patch` or raw bytes",
        ],
    );
    check_body(
        "open a\na > PUBLISH topic=7 qos=1\n",
        &[
            "4:1: a PUBLISH with QoS 1 or 2 needs `packet_id`",
            "4:19: `7` does not fit `topic`: expected text",
        ],
    );
    check_body(
        "open a\na > PUBLISH packet_id=1\n",
        &[
            "4:1: PUBLISH needs `topic`: text",
            "4:13: a PUBLISH with QoS 0 has no `packet_id` / `when qos 0 { … } else { … }` tells the cases apart",
        ],
    );
    check_body("open a\na > PUBACK packet_id=?x\n", &["4:22: `?x` says what may come; it cannot be sent"]);
    check_body(
        "open a version=5.0\na > PUBLISH topic=\"a\" properties=[server_keep_alive=1, contnt_type=\"a\", topic_alias=0]\n",
        &[
            "4:35: PUBLISH cannot carry the property `server_keep_alive` / to send what no packet may hold, write raw bytes: `> hex \"…\"`",
            "4:56: there is no property `contnt_type` / did you mean `content_type`?",
            "4:85: `0` does not fit `topic_alias`: expected a number from 1 to 65535 / to send what a packet may not hold, use `patch` or raw bytes",
        ],
    );
    check_body(
        "open a version=5.0\na < PUBACK reason_string=absent\n",
        &[
            "4:12: PUBACK of MQTT 5.0 has no field `reason_string` / it is a property: `properties=[reason_string=…]`",
        ],
    );
    check_body(
        "open a\na > SUBSCRIBE packet_id=1 filters=[\"a\"]\n",
        &["4:36: `\"a\"` does not fit `filters`: expected a list such as `[{filter=\"a/b\" qos=1}]`"],
    );
    check_body("open a\na < closed code=1\n", &["4:12: `closed` has no field `code` / known here: `reason`"]);
    check_body(
        "connect a will={topc=\"x\"}\n",
        &[
            "3:16: the Will needs `topic`: text",
            "3:17: the Will of MQTT 3.1.1 has no field `topc` / did you mean `topic`?",
            "3:17: the Will of MQTT 5.0 has no field `topc` / did you mean `topic`?",
        ],
    );
}

#[test]
fn checks_that_what_is_sent_can_be_encoded() {
    let body = "open a\na > PUBLISH topic=\"${t}/#\"\na > PINGREQ patch 1=hex \"00 00\"\n";
    let found = problems(&format!("{HEAD}{body}"));
    assert!(found[0].starts_with("4:1: PUBLISH cannot be sent: topic: "), "{found:?}");
    assert_eq!(found[1..], ["5:19: the patch ends at byte 3, the packet at byte 2"]);
    check_body("open a\na > PUBLISH topic=\"a\" payload=bytes(200000000)\na < closed\n", &[]);
}

#[test]
fn says_that_a_script_can_never_fail() {
    let warning = "nothing is expected here, so the script can never fail / \
                   say what the broker has to do, for example `a < PINGRESP`";
    check_body("open a\na > PINGREQ\n", &[&format!("4:1: warning: {warning}")]);
    check_body("connect a\n---\na > PINGREQ\nwait 1s\n", &[&format!("6:1: warning: {warning}")]);
    check_body("connect a\n---\nrepeat 2 {\n    ping a\n}\n", &[]);
}

#[test]
fn checks_verbs() {
    check_body("connect a cleen=false\n", &["3:11: `connect` has no option `cleen` / did you mean `clean`?"]);
    check_body(
        "connect sub_a\n",
        &[
            "3:9: `sub_a` is not a name for a connection / it becomes part of the client id: up to 11 small letters and digits",
        ],
    );
    check_body("connect a\npublish a \"t\"\n", &["4:1: `publish` takes a topic and a payload"]);
    check_body("connect a\npublish a \"t\" \"p\" \"q\"\n", &["4:19: `publish` takes a topic and a payload"]);
    check_body(
        "connect a\npublish a \"t\" \"p\" within 2s\n",
        &["4:19: nothing answers a PUBLISH with QoS 0"],
    );
    check_body(
        "connect a\nreceive a \"t\" \"p\" qos=*\n",
        &[
            "4:23: `*` is not a QoS that is known before the test starts / write 0, 1 or 2 or a variable of the header, or the packets one by one",
        ],
    );
    check_body("connect a\ndrop a within 2s\n", &["4:8: `drop` waits for nothing"]);
    check_body("connect a\nping a 3\n", &["4:8: `ping` takes no value without a name"]);
    check_body(
        "connect a version=5\n",
        &["3:19: `5` is not a version / write 3.1, 3.1.1 or 5.0, or a variable of the header"],
    );
    check_body(
        "connect a\nany-order { ping a }\n",
        &[
            "4:13: this cannot stand in `any-order` / it takes expectations (`<`, but not `nothing`) and `receive`",
        ],
    );
    check_body(
        "connect a\neither { ping a } or { a < closed }\n",
        &[
            "4:10: a branch of `either` begins with an expectation / what comes first decides which branch it is; silence is `< nothing`",
        ],
    );
    check_body(
        "connect a\nsubscribe a \"x\" no_local=true\n",
        &["4:17: a filter of MQTT 3.1.1 has no field `no_local` / known here: `filter`, `qos`"],
    );
}

#[test]
fn checks_variables_and_connections() {
    check_body(
        "connect sub\nsbu > PINGREQ\n",
        &["4:1: there is no connection `sbu` here / did you mean `sub`?"],
    );
    check_body(
        "x < closed\n",
        &["3:1: there is no connection `x` here / `connect x` or `open x` comes first"],
    );
    check_body(
        "connect a\ndrop a\na > PINGREQ\n",
        &["5:1: `a` was closed on line 4 / `connect a` opens it again"],
    );
    check_body(
        "connect a\nconnect a\n",
        &["4:1: `a` is open already / `drop a` or `disconnect a` first, or use another name"],
    );
    check_body("connect a\na < closed\nconnect a\n", &[]);
    check_body(
        "open a\na > PUBACK packet_id=$idd\n",
        &["4:22: there is no variable `idd` here / known here: `t`, `c`"],
    );
    check_body(
        "open a\na < PUBACK packet_id=?id\na > PUBREL packet_id=$idd\n",
        &[
            "4:22: warning: nothing uses `?id` / write `*` for any value",
            "5:22: there is no variable `idd` here / did you mean `id`?",
        ],
    );
    check_body(
        "open a\na < PUBLISH topic=\"${tt}/a\"\n",
        &["4:22: there is no variable `tt` here / did you mean `t`?"],
    );
    check_body("open a\na < PUBLISH topic=?t\n", &["4:19: `t` already has a meaning"]);
    check_body("open a\na < PUBACK packet_id=?_ignored\n", &[]);
    check_body(
        "repeat 3 as i { wait 1s }\nopen a\na > PUBACK packet_id=$i\n",
        &["5:22: there is no variable `i` here / known here: `t`, `c`"],
    );
    check_body(
        "when vrsion 5.0 { wait 1s }\n",
        &[
            "3:6: the header has no variable `vrsion` / did you mean `version`?",
            "3:17: warning: no case of this script enters this block",
        ],
    );
    check_body(
        "when version 3.1 { open a }\nwait 1s\n",
        &["3:18: warning: no case of this script enters this block"],
    );
    assert_eq!(
        problems("# T.\nversion: 5.0\nfor q in 1 3\nopen a\na > PUBLISH topic=\"a\" packet_id=1 qos=$q\n"),
        ["5:39: `$q`, here 3, does not fit `qos`: expected a number from 0 to 2".to_owned()
            + " / to send what a packet may not hold, use `patch` or raw bytes"]
    );
}
