//! CONNECT and CONNACK, keep alive.

use crate::lab::*;
use mqtt_conformance::server::{Limits, Rules};

#[test]
fn accepts_each_version() {
    let mut lab = Lab::new();
    lab.open(1, &connect_3(CLEAN, 0, &[&text("a")]));
    lab.expect(1, [[0x20, 2, 0, 0]]);
    lab.open(2, &client_4(CLEAN, "b"));
    lab.expect(2, [[0x20, 2, 0, 0]]);
    lab.open(3, &client_5(CLEAN, "c"));
    lab.expect(3, [connack_5(0)]);
}

#[test]
fn a_connect_may_come_byte_by_byte() {
    let mut lab = Lab::new();
    lab.open(1, &[]);
    let bytes = [client_5(CLEAN, "c"), vec![0xc0, 0]].concat();
    for byte in bytes {
        lab.send(1, &[byte]);
    }
    lab.expect(1, [connack_5(0), vec![0xd0, 0]]);
}

#[test]
fn refuses_other_protocols() {
    for (bytes, answer) in [
        (packet(0x10, &[&text("MQTT"), &[3, 2, 0, 0], &text("c")]), Some(packet(0x20, &[&[0, 1]]))),
        (packet(0x10, &[&text("MQIsdp"), &[4, 2, 0, 0], &text("c")]), Some(packet(0x20, &[&[0, 1]]))),
        (packet(0x10, &[&text("MQTT"), &[127, 2, 0, 0, 0], &text("c")]), None),
        (packet(0x10, &[&text("mqtt"), &[4, 2, 0, 0], &text("c")]), Some(Vec::new())),
        (b"GET / HTTP/1.1\r\n\r\n".to_vec(), Some(Vec::new())),
        (publish_4(0, "t", 0, "x"), Some(Vec::new())),
        (vec![0xc0, 0], Some(Vec::new())),
    ] {
        let mut lab = Lab::new();
        lab.open(1, &bytes);
        lab.expect_closed(1);
        let arrived = lab.take(1).concat();
        match answer {
            Some(answer) => assert_eq!(arrived, answer, "{bytes:?}"),
            None => assert_eq!((arrived[0], arrived[2], arrived[3]), (0x20, 0, 0x84), "{bytes:?}"),
        }
    }
}

#[test]
fn malformed_connects_are_answered_in_5_0_only() {
    let mut lab = Lab::new();
    lab.open(1, &connect_4(0x03, 0, &[&text("c")]));
    lab.expect_nothing(1);
    lab.expect_closed(1);
    lab.open(2, &connect_5(0x03, 0, &[], &[&text("c")]));
    let arrived = lab.take(2).concat();
    assert_eq!((arrived[0], arrived[2], arrived[3]), (0x20, 0, 0x81));
    lab.expect_closed(2);
}

#[test]
fn client_identifiers() {
    let mut lab = Lab::new();
    lab.open(1, &client_4(CLEAN, ""));
    lab.expect(1, [[0x20, 2, 0, 0]]);
    lab.open(2, &client_4(KEEP, ""));
    lab.expect(2, [[0x20, 2, 0, 2]]);
    lab.expect_closed(2);
    lab.open(3, &connect_3(CLEAN, 0, &[&text("")]));
    lab.expect(3, [[0x20, 2, 0, 2]]);
    lab.expect_closed(3);
    lab.open(4, &connect_3(CLEAN, 0, &[&text("123456789012345678901234")]));
    lab.expect(4, [[0x20, 2, 0, 2]]);
    lab.open(5, &connect_3(CLEAN, 0, &[&text("12345678901234567890123")]));
    lab.expect(5, [[0x20, 2, 0, 0]]);
    lab.open(6, &connect_5(KEEP, 0, &[], &[&text("")]));
    let properties = [&[33, 0, 32, 39, 0, 16, 0, 0, 18][..], &text("auto-2"), &[34, 0, 16]].concat();
    lab.expect(6, [packet(0x20, &[&[0, 0], &block(&properties)])]);
}

#[test]
fn flagged_strings_may_be_missing_in_3_1() {
    for (rule, closed) in [("answers_pingreq", false), ("accepts_missing_credentials_in_3_1", true)] {
        let mut lab = Lab::mutant(rule);
        lab.open(1, &connect_3(CLEAN | 0xc0, 0, &[&text("c")]));
        assert_eq!(lab.is_closed(1), closed, "{rule}");
        lab.open(2, &connect_3(CLEAN | 0xc0, 0, &[&text("d"), &text("user")]));
        assert_eq!(lab.is_closed(2), closed, "{rule}");
    }
}

#[test]
fn credentials_are_checked_where_there_are_any() {
    let mut limits = Limits::default();
    limits.credentials = Some(("user".into(), b"secret".to_vec()));
    let mut lab = Lab::with(Rules::standard(), limits);
    lab.open(1, &connect_4(CLEAN | 0xc0, 0, &[&text("c"), &text("user"), &text("secret")]));
    lab.expect(1, [[0x20, 2, 0, 0]]);
    lab.open(2, &connect_4(CLEAN | 0xc0, 0, &[&text("d"), &text("user"), &text("wrong")]));
    lab.expect(2, [[0x20, 2, 0, 4]]);
    lab.expect_closed(2);
    lab.open(3, &client_5(CLEAN, "e"));
    lab.expect(3, [packet(0x20, &[&[0, 0x86, 0]])]);
    lab.expect_closed(3);
}

#[test]
fn nothing_behind_a_refused_connect_counts() {
    let mut lab = Lab::new();
    lab.join(1, &client_4(CLEAN, "sub"));
    lab.send(1, &subscribe_4(1, "t", 0));
    lab.take(1);
    lab.open(2, &[client_4(KEEP, ""), publish_4(0, "t", 0, "x")].concat());
    lab.expect(2, [[0x20, 2, 0, 2]]);
    lab.expect_nothing(1);
}

#[test]
fn keep_alive_is_one_and_a_half_periods() {
    let mut lab = Lab::new();
    lab.join(1, &connect_4(CLEAN, 10, &[&text("c")]));
    lab.join(2, &connect_5(CLEAN, 10, &[], &[&text("d")]));
    lab.wait(14_999);
    lab.expect_open(1);
    lab.send(1, &[0xc0, 0]);
    lab.expect(1, [[0xd0, 0]]);
    lab.wait(1);
    lab.expect_open(1);
    lab.expect_closed(2);
    assert_eq!(disconnect_reason(&lab.take(2)), 0x8d);
    lab.wait(14_999);
    lab.expect_closed(1);
    lab.expect_nothing(1);
}

#[test]
fn keep_alive_zero_waits_for_ever() {
    let mut lab = Lab::new();
    lab.join(1, &client_4(CLEAN, "c"));
    lab.wait(1_000_000_000);
    lab.expect_open(1);
}

#[test]
fn server_keep_alive_replaces_the_clients() {
    let mut limits = Limits::default();
    limits.server_keep_alive = Some(2);
    let mut lab = Lab::with(Rules::standard(), limits);
    lab.open(1, &client_5(CLEAN, "c"));
    let properties = [33, 0, 32, 39, 0, 16, 0, 0, 34, 0, 16, 19, 0, 2];
    lab.expect(1, [packet(0x20, &[&[0, 0], &block(&properties)])]);
    lab.wait(3_000);
    lab.expect_closed(1);
}

#[test]
fn who_never_connects_is_closed() {
    let mut lab = Lab::new();
    lab.open(1, &[0x10]);
    lab.wait(9_999);
    lab.expect_open(1);
    lab.wait(1);
    lab.expect_closed(1);
}

#[test]
fn response_information_only_when_asked() {
    let mut lab = Lab::new();
    lab.open(1, &connect_5(CLEAN, 0, &[25, 1], &[&text("c")]));
    let properties = [&[33, 0, 32, 39, 0, 16, 0, 0, 34, 0, 16, 26][..], &text("responses/c")].concat();
    lab.expect(1, [packet(0x20, &[&[0, 0], &block(&properties)])]);
}

#[test]
fn a_bridge_of_3_1_1_is_told_in_the_form_of_3_1_1() {
    // Mosquitto's bridges set the highest bit of the level.
    for (level, answer) in [(0x84, vec![0x20, 2, 0, 1]), (0x83, vec![0x20, 2, 0, 1])] {
        let mut lab = Lab::new();
        lab.open(1, &packet(0x10, &[&text("MQTT"), &[level, 2, 0, 0], &text("c")]));
        assert_eq!(lab.take(1).first(), Some(&answer), "{level:#x}");
    }
}
