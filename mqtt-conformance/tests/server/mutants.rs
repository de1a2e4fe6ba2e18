//! What mutants do whose fault is more than a missing step: they act on what the standard refuses.

use crate::lab::*;

/// A mutant with a subscriber of 5.0 to everything on connection 9.
fn watched(rule: &str) -> Lab {
    let mut lab = Lab::mutant(rule);
    lab.join(9, &client_5(CLEAN, "watch"));
    lab.send(9, &subscribe_5(1, &[], "#", 2));
    lab.take(9);
    lab
}

#[test]
fn an_unknown_name_is_served_by_its_level() {
    for (name, level) in [("MQIsd", 3), ("mqtt", 4), ("MQTTT", 5)] {
        let mut lab = Lab::mutant("refuses_unknown_protocol_name");
        let properties: &[u8] = if level == 5 { &[0] } else { &[] };
        let connect = packet(0x10, &[&text(name), &[level, 2, 0, 0], properties, &text("c")]);
        lab.join(1, &[connect, vec![0xc0, 0]].concat());
        lab.expect_open(1);
        let mut lab = Lab::mutant("refuses_unknown_protocol_name");
        lab.open(1, &packet(0x10, &[&text(name), &[9, 2, 0, 0], properties, &text("c")]));
        lab.expect_nothing(1);
        lab.expect_open(1);
    }
}

#[test]
fn wildcards_and_qos_3_are_delivered() {
    let mut lab = watched("refuses_wildcards_in_topic");
    lab.join(1, &client_4(CLEAN, "c"));
    lab.send(1, &publish_4(0, "+/#", 0, "p"));
    lab.expect(9, [publish_5(0, "x/x", 0, &[], "p")]);
    let mut lab = watched("refuses_wildcards_in_response_topic");
    lab.join(1, &client_5(CLEAN, "c"));
    lab.send(1, &publish_5(0, "a", 0, &[&[8][..], &text("+")].concat(), "p"));
    lab.expect(9, [publish_5(0, "a", 0, &[&[8][..], &text("x")].concat(), "p")]);
    let mut lab = watched("refuses_qos_3");
    lab.join(1, &client_4(CLEAN, "c"));
    lab.send(1, &publish_4(6, "a", 7, "p"));
    lab.expect(1, [ack(PUBREC, 7)]);
    lab.expect(9, [publish_5(QOS_2, "a", 1, &[], "p")]);
}

#[test]
fn a_length_without_an_end_is_waited_for() {
    let endless = [0xc0, 0xff, 0xff, 0xff, 0xff, 0xff];
    let mut lab = Lab::mutant("closes_on_malformed");
    lab.join(1, &client_4(CLEAN, "c"));
    lab.send(1, &endless);
    lab.send(1, &[0xc0, 0]);
    lab.expect_nothing(1);
    lab.expect_open(1);
    let mut lab = Lab::mutant("checks_connect");
    lab.open(1, &[0x10, 0xff, 0xff, 0xff, 0xff, 0xff]);
    lab.expect_open(1);
}

#[test]
fn answers_have_text_that_is_too_long_for_the_client() {
    for (rule, extra) in [
        ("leaves_out_long_reason_strings", [&[31][..], &text("x".repeat(24))].concat()),
        (
            "leaves_out_long_user_properties",
            [&[38][..], &text("x".repeat(24)), &text("x".repeat(24))].concat(),
        ),
    ] {
        let mut lab = Lab::mutant(rule);
        lab.open(1, &connect_5(CLEAN, 0, &[39, 0, 0, 0, 24], &[&text("c")]));
        lab.take(1);
        lab.send(1, &ack(PUBREL, 7));
        lab.expect(1, [packet(PUBCOMP, &[&[0, 7, 0x92], &block(&extra)])]);
        // Who takes everything gets nothing that is too long.
        lab.join(2, &client_5(CLEAN, "d"));
        lab.send(2, &publish_5(QOS_1, "t", 7, &[], "x"));
        lab.expect(2, [packet(PUBACK, &[&[0, 7, 0x10]])]);
    }
}

#[test]
fn lengths_have_a_byte_too_many() {
    let mut lab = Lab::mutant("writes_shortest_lengths");
    lab.open(1, &client_5(CLEAN, "c"));
    lab.take(1);
    lab.send(1, &[0xc0, 0]);
    lab.expect(1, [[0xd0, 0x80, 0]]);
}

#[test]
fn limits_stay_with_the_session() {
    let mut lab = watched("forgets_client_limits");
    lab.open(1, &connect_5(KEEP, 0, &[17, 0, 0, 0, 9, 39, 0, 0, 0, 40], &[&text("c")]));
    lab.send(1, &subscribe_5(1, &[], "t", 0));
    lab.cut(1);
    lab.join(1, &client_5(KEEP, "c"));
    lab.send(9, &publish_5(0, "t", 0, &[], &"x".repeat(40)));
    lab.expect_nothing(1);
}
