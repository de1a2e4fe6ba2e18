//! SUBSCRIBE, UNSUBSCRIBE, and who gets what.

use crate::lab::*;

#[test]
fn one_answer_for_many_filters() {
    let mut lab = Lab::new();
    lab.join(1, &client_4(CLEAN, "c"));
    lab.send(1, &packet(0x82, &[&[0, 9], &text("a"), &[0], &text("b"), &[2], &text("c"), &[1]]));
    lab.expect(1, [packet(0x90, &[&[0, 9, 0, 2, 1]])]);
    for topic in ["a", "b", "c"] {
        lab.send(1, &publish_4(0, topic, 0, "x"));
    }
    assert_eq!(lab.take(1).len(), 3);
    lab.send(1, &packet(0xa2, &[&[0, 10], &text("a"), &text("none"), &text("b")]));
    lab.expect(1, [ack(0xb0, 10)]);
    for topic in ["a", "b", "c"] {
        lab.send(1, &publish_4(0, topic, 0, "x"));
    }
    lab.expect(1, [publish_4(0, "c", 0, "x")]);
}

#[test]
fn unsubscribing_compares_exactly_and_says_what_it_found() {
    let mut lab = Lab::new();
    lab.join(1, &connect_5(CLEAN, 0, &[23, 0], &[&text("c")]));
    lab.send(1, &subscribe_5(1, &[], "a/b", 0));
    lab.take(1);
    lab.send(1, &packet(0xa2, &[&[0, 2, 0], &text("a/+"), &text("a/b"), &text("a/b")]));
    lab.expect(1, [packet(0xb0, &[&[0, 2, 0, 0x11, 0, 0x11]])]);
}

#[test]
fn reasons_are_given_unless_unwanted() {
    let mut lab = Lab::new();
    lab.join(1, &client_5(CLEAN, "c"));
    lab.send(1, &packet(0xa2, &[&[0, 2, 0], &text("a")]));
    let why = [&[31][..], &text("not all of the subscriptions existed")].concat();
    lab.expect(1, [packet(0xb0, &[&[0, 2], &block(&why), &[0x11]])]);
}

#[test]
fn a_delivery_that_began_is_finished_after_unsubscribe() {
    let mut lab = Lab::new();
    lab.join(1, &client_4(CLEAN, "c"));
    lab.send(1, &subscribe_4(1, "t", 2));
    lab.send(1, &publish_4(QOS_2, "t", 5, "x"));
    lab.send(1, &packet(0xa2, &[&[0, 2], &text("t")]));
    lab.take(1);
    lab.send(1, &ack(PUBREC, 1));
    lab.expect(1, [ack(PUBREL, 1)]);
}

#[test]
fn the_same_filter_replaces() {
    let mut lab = Lab::new();
    lab.join(1, &client_5(CLEAN, "c"));
    lab.send(1, &subscribe_5(1, &[11, 5], "t", 2));
    lab.send(1, &subscribe_5(2, &[11, 6], "t", 0));
    lab.take(1);
    lab.send(1, &publish_5(QOS_1, "t", 3, &[], "x"));
    lab.expect(1, [publish_5(0, "t", 0, &[11, 6], "x"), ack(PUBACK, 3)]);
}

#[test]
fn overlapping_subscriptions_bring_one_copy() {
    let mut lab = Lab::new();
    lab.join(1, &client_5(CLEAN, "c"));
    lab.send(1, &subscribe_5(1, &[11, 5], "a/#", 0));
    lab.send(1, &subscribe_5(2, &[11, 0x80, 1], "a/+", 2));
    lab.send(1, &subscribe_5(3, &[], "+/b", 1));
    lab.take(1);
    lab.send(1, &publish_5(QOS_2, "a/b", 3, &[], "x"));
    lab.expect(1, [publish_5(QOS_2, "a/b", 1, &[11, 5, 11, 0x80, 1], "x"), ack(PUBREC, 3)]);
}

#[test]
fn no_local_keeps_own_messages_away() {
    let mut lab = Lab::new();
    lab.join(1, &client_5(CLEAN, "c"));
    lab.join(2, &client_4(CLEAN, "d"));
    lab.send(1, &subscribe_5(1, &[], "t", 0x04));
    lab.take(1);
    lab.send(1, &publish_5(QOS_1, "t", 1, &[], "x"));
    lab.expect(1, [packet(PUBACK, &[&[0, 1, 0x10]])]);
    lab.send(2, &publish_4(0, "t", 0, "y"));
    lab.expect(1, [publish_5(0, "t", 0, &[], "y")]);
}

/// Members 1 and 2 of a shared subscription at QoS 1, with kept sessions, and a publisher 3.
fn share() -> Lab {
    let mut lab = Lab::new();
    lab.join(1, &client_5(KEEP, "a"));
    lab.join(2, &client_5(KEEP, "b"));
    lab.join(3, &client_5(CLEAN, "pub"));
    for conn in 1..=2 {
        lab.send(conn, &subscribe_5(1, &[], "$share/g/t", 1));
        lab.take(conn);
    }
    lab
}

#[test]
fn a_shared_subscription_takes_turns() {
    let mut lab = share();
    for payload in ["1", "2", "3", "4"] {
        lab.send(3, &publish_5(0, "t", 0, &[], payload));
    }
    lab.expect(1, [publish_5(0, "t", 0, &[], "1"), publish_5(0, "t", 0, &[], "3")]);
    lab.expect(2, [publish_5(0, "t", 0, &[], "2"), publish_5(0, "t", 0, &[], "4")]);
    lab.cut(1);
    lab.send(3, &publish_5(0, "t", 0, &[], "5"));
    lab.expect(2, [publish_5(0, "t", 0, &[], "5")]);
}

#[test]
fn another_share_name_is_another_subscription() {
    let mut lab = share();
    lab.join(4, &client_5(CLEAN, "c"));
    lab.send(4, &subscribe_5(1, &[], "$share/h/t", 0));
    lab.take(4);
    lab.send(3, &publish_5(0, "t", 0, &[], "1"));
    lab.expect(1, [publish_5(0, "t", 0, &[], "1")]);
    lab.expect(4, [publish_5(0, "t", 0, &[], "1")]);
}

#[test]
fn a_share_gives_away_what_a_session_leaves_behind() {
    let mut lab = share();
    lab.send(3, &publish_5(QOS_1, "t", 1, &[], "x"));
    lab.expect(1, [publish_5(QOS_1, "t", 1, &[], "x")]);
    lab.expect_nothing(2);
    lab.cut(1);
    lab.wait(99_000);
    lab.expect_nothing(2);
    lab.wait(1_000);
    lab.expect(2, [publish_5(QOS_1, "t", 1, &[], "x")]);
}

#[test]
fn a_share_gives_no_begun_qos_2_away() {
    let mut lab = Lab::new();
    lab.join(1, &client_5(KEEP, "a"));
    lab.join(2, &client_5(KEEP, "b"));
    for conn in 1..=2 {
        lab.send(conn, &subscribe_5(1, &[], "$share/g/t", 2));
        lab.take(conn);
    }
    lab.send(2, &publish_5(QOS_2, "t", 1, &[], "x"));
    lab.expect(1, [publish_5(QOS_2, "t", 1, &[], "x")]);
    lab.expect(2, [ack(PUBREC, 1)]);
    lab.cut(1);
    lab.open(3, &client_5(KEEP, "a"));
    lab.expect(3, [connack_5(1), publish_5(QOS_2 | DUP, "t", 1, &[], "x")]);
    lab.cut(3);
    lab.wait(100_000);
    lab.expect_nothing(2);
}

#[test]
fn in_3_1_1_share_is_an_ordinary_level() {
    let mut lab = Lab::new();
    lab.join(1, &client_4(CLEAN, "c"));
    lab.send(1, &subscribe_4(1, "$share/g/t", 0));
    lab.take(1);
    lab.send(1, &publish_4(0, "t", 0, "x"));
    lab.expect_nothing(1);
    lab.send(1, &publish_4(0, "$share/g/t", 0, "x"));
    lab.expect(1, [publish_4(0, "$share/g/t", 0, "x")]);
}

#[test]
fn ill_formed_topics_of_3_1_stay_in_3_1() {
    let mut lab = Lab::new();
    lab.join(1, &connect_3(CLEAN, 0, &[&text("a")]));
    lab.join(2, &client_4(CLEAN, "b"));
    lab.join(3, &client_5(CLEAN, "c"));
    lab.send(1, &subscribe_4(1, "#", 0));
    lab.send(2, &subscribe_4(1, "#", 0));
    lab.send(3, &subscribe_5(1, &[], "#", 0));
    (1..=3).for_each(|conn| drop(lab.take(conn)));
    let publish = packet(0x30, &[&text([b'a', 0xff]), b"x"]);
    lab.send(1, &publish);
    lab.expect(1, [publish]);
    lab.expect_nothing(2);
    lab.expect_nothing(3);
}
