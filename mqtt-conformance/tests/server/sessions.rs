//! Sessions: kept, resumed, expired, taken over.

use crate::lab::*;
use mqtt_conformance::server::{Limits, Rules};

#[test]
fn session_present_tells_the_truth() {
    let mut lab = Lab::new();
    for (conn, flags, present) in [(1, KEEP, 0), (2, KEEP, 1), (3, CLEAN, 0), (4, KEEP, 0), (5, CLEAN, 0)] {
        lab.open(conn, &client_4(flags, "c"));
        lab.expect(conn, [[0x20, 2, present, 0]]);
        lab.send(conn, &[0xe0, 0]);
        lab.expect_closed(conn);
    }
}

#[test]
fn in_3_1_the_byte_is_reserved() {
    let mut lab = Lab::new();
    for conn in 1..=2 {
        lab.open(conn, &connect_3(KEEP, 0, &[&text("c")]));
        lab.expect(conn, [[0x20, 2, 0, 0]]);
        lab.cut(conn);
    }
}

#[test]
fn messages_wait_for_the_absent() {
    let mut lab = Lab::new();
    lab.join(1, &client_4(KEEP, "sub"));
    lab.send(1, &subscribe_4(1, "t", 2));
    lab.send(1, &[0xe0, 0]);
    lab.join(2, &client_4(CLEAN, "pub"));
    for (flags, payload) in [(0, "0"), (QOS_1, "1"), (QOS_2, "2")] {
        lab.send(2, &publish_4(flags, "t", 5, payload));
    }
    lab.open(3, &client_4(KEEP, "sub"));
    lab.expect(3, [vec![0x20, 2, 1, 0], publish_4(QOS_1, "t", 1, "1"), publish_4(QOS_2, "t", 2, "2")]);
}

#[test]
fn a_clean_session_leaves_nothing() {
    let mut lab = Lab::new();
    lab.join(1, &client_4(CLEAN, "c"));
    lab.send(1, &subscribe_4(1, "t", 1));
    lab.cut(1);
    assert_eq!(lab.broker.session_count(), 0);
    lab.open(2, &client_4(KEEP, "c"));
    lab.expect(2, [[0x20, 2, 0, 0]]);
    lab.send(2, &publish_4(0, "t", 0, "x"));
    lab.expect_nothing(2);
}

#[test]
fn a_session_of_5_0_expires() {
    let mut lab = Lab::new();
    lab.join(1, &client_5(KEEP, "c"));
    lab.cut(1);
    lab.wait(99_999);
    lab.open(2, &client_5(KEEP, "c"));
    lab.expect(2, [connack_5(1)]);
    lab.cut(2);
    lab.wait(100_000);
    assert_eq!(lab.broker.session_count(), 0);
    lab.open(3, &client_5(KEEP, "c"));
    lab.expect(3, [connack_5(0)]);
}

#[test]
fn disconnect_changes_the_expiry() {
    let mut lab = Lab::new();
    lab.join(1, &client_5(KEEP, "c"));
    lab.send(1, &packet(0xe0, &[&[0], &block(&[17, 0, 0, 0, 5])]));
    lab.wait(4_999);
    assert_eq!(lab.broker.session_count(), 1);
    lab.wait(1);
    assert_eq!(lab.broker.session_count(), 0);
}

#[test]
fn disconnect_gives_no_expiry_where_there_was_none() {
    let mut lab = Lab::new();
    lab.join(1, &connect_5(CLEAN, 0, &[], &[&text("c")]));
    lab.send(1, &packet(0xe0, &[&[0], &block(&[17, 0, 0, 0, 5])]));
    assert_eq!(disconnect_reason(&lab.take(1)), 0x82);
    lab.expect_closed(1);
}

#[test]
fn the_longest_expiry_is_announced() {
    let mut limits = Limits::default();
    limits.session_expiry_maximum = 10;
    let mut lab = Lab::with(Rules::standard(), limits);
    lab.open(1, &client_5(KEEP, "c"));
    let properties = [17, 0, 0, 0, 10, 33, 0, 32, 39, 0, 16, 0, 0, 34, 0, 16];
    lab.expect(1, [packet(0x20, &[&[0, 0], &block(&properties)])]);
    lab.cut(1);
    lab.wait(10_000);
    assert_eq!(lab.broker.session_count(), 0);
}

#[test]
fn another_connection_takes_over() {
    let mut lab = Lab::new();
    lab.join(1, &client_4(KEEP, "c"));
    lab.open(2, &client_5(KEEP, "c"));
    lab.expect_closed(1);
    lab.expect_nothing(1);
    lab.expect(2, [connack_5(1)]);
    lab.open(3, &client_4(KEEP, "c"));
    assert_eq!(disconnect_reason(&lab.take(2)), 0x8e);
    lab.expect_closed(2);
    lab.expect(3, [[0x20, 2, 1, 0]]);
}

#[test]
fn queues_are_bounded() {
    let mut limits = Limits::default();
    limits.queue = 2;
    let mut lab = Lab::with(Rules::standard(), limits);
    lab.join(1, &client_4(KEEP, "sub"));
    lab.send(1, &subscribe_4(1, "t", 1));
    lab.cut(1);
    lab.join(2, &client_4(CLEAN, "pub"));
    for payload in ["a", "b", "c"] {
        lab.send(2, &publish_4(QOS_1, "t", 1, payload));
    }
    lab.open(3, &client_4(KEEP, "sub"));
    lab.expect(3, [vec![0x20, 2, 1, 0], publish_4(QOS_1, "t", 1, "a"), publish_4(QOS_1, "t", 2, "b")]);
}

#[test]
fn sessions_are_bounded() {
    let mut limits = Limits::default();
    limits.sessions = 1;
    let mut lab = Lab::with(Rules::standard(), limits);
    lab.join(1, &client_4(KEEP, "a"));
    lab.open(2, &client_4(KEEP, "b"));
    lab.expect(2, [[0x20, 2, 0, 3]]);
    lab.open(3, &client_5(KEEP, "c"));
    lab.expect(3, [packet(0x20, &[&[0, 0x97, 0]])]);
    lab.expect_closed(3);
    lab.open(4, &client_4(KEEP, "a"));
    lab.expect(4, [[0x20, 2, 1, 0]]);
}
