//! What 5.0 adds to a message: properties, expiry, aliases, sizes; and what other versions get of it.

use crate::lab::*;

#[test]
fn properties_are_passed_on_in_their_order() {
    let mut lab = Lab::new();
    lab.join(1, &client_5(CLEAN, "c"));
    lab.join(2, &client_4(CLEAN, "d"));
    lab.send(1, &subscribe_5(1, &[11, 9], "t", 0));
    lab.send(2, &subscribe_4(1, "t", 0));
    (1..=2).for_each(|conn| drop(lab.take(conn)));
    let pair = |name: &str, value: &str| [&[38][..], &text(name), &text(value)].concat();
    let mut properties = [
        pair("b", "1"),
        vec![1, 1],
        [&[3][..], &text("text/plain")].concat(),
        pair("a", "2"),
        [&[8][..], &text("answers")].concat(),
        [&[9][..], &text([0, 255])].concat(),
        pair("b", "1"),
    ]
    .concat();
    lab.send(1, &publish_5(0, "t", 0, &properties, "x"));
    properties.extend([11, 9]);
    lab.expect(1, [publish_5(0, "t", 0, &properties, "x")]);
    lab.expect(2, [publish_4(0, "t", 0, "x")]);
    lab.send(2, &publish_4(0, "t", 0, "y"));
    lab.expect(1, [publish_5(0, "t", 0, &[11, 9], "y")]);
}

#[test]
fn expiry_counts_down_and_drops() {
    let mut lab = Lab::new();
    lab.join(1, &client_5(KEEP, "sub"));
    lab.send(1, &subscribe_5(1, &[], "t", 2));
    lab.cut(1);
    lab.join(2, &client_5(CLEAN, "pub"));
    lab.send(2, &publish_5(QOS_1, "t", 1, &[2, 0, 0, 0, 5], "short"));
    lab.send(2, &publish_5(QOS_1, "t", 2, &[2, 0, 0, 1, 0], "long"));
    lab.wait(5_000);
    lab.open(3, &client_5(KEEP, "sub"));
    lab.expect(3, [connack_5(1), publish_5(QOS_1, "t", 1, &[2, 0, 0, 0, 251], "long")]);
}

#[test]
fn a_begun_delivery_outlives_its_expiry() {
    let mut lab = Lab::new();
    lab.join(1, &client_5(KEEP, "c"));
    lab.send(1, &subscribe_5(1, &[], "t", 2));
    lab.send(1, &publish_5(QOS_2, "t", 1, &[2, 0, 0, 0, 5], "x"));
    lab.take(1);
    lab.cut(1);
    lab.wait(6_000);
    lab.open(2, &client_5(KEEP, "c"));
    lab.expect(2, [connack_5(1), publish_5(QOS_2 | DUP, "t", 1, &[2, 0, 0, 0, 0], "x")]);
}

#[test]
fn topic_aliases_from_a_client() {
    let mut lab = Lab::new();
    lab.join(1, &client_5(CLEAN, "c"));
    lab.send(1, &subscribe_5(1, &[], "#", 0));
    lab.take(1);
    lab.send(1, &publish_5(0, "a", 0, &[35, 0, 16], "1"));
    lab.send(1, &publish_5(0, "", 0, &[35, 0, 16], "2"));
    lab.send(1, &publish_5(0, "b", 0, &[35, 0, 16], "3"));
    lab.send(1, &publish_5(0, "", 0, &[35, 0, 16], "4"));
    lab.expect(1, [("a", "1"), ("a", "2"), ("b", "3"), ("b", "4")].map(|(t, p)| publish_5(0, t, 0, &[], p)));
    lab.send(1, &publish_5(0, "", 0, &[35, 0, 1], "5"));
    assert_eq!(disconnect_reason(&lab.take(1)), 0x82);
    for alias in [0, 17] {
        lab.join(2, &client_5(CLEAN, "c"));
        lab.send(2, &publish_5(0, "a", 0, &[35, 0, alias], "6"));
        assert_eq!(disconnect_reason(&lab.take(2)), 0x94, "{alias}");
        lab.expect_closed(2);
    }
    lab.join(3, &client_5(CLEAN, "c"));
    lab.send(3, &publish_5(0, "", 0, &[35, 0, 16], "7")); // forgotten with the connection
    assert_eq!(disconnect_reason(&lab.take(3)), 0x82);
}

#[test]
fn topic_aliases_to_a_client() {
    let mut lab = Lab::new();
    lab.join(1, &connect_5(CLEAN, 0, &[34, 0, 1], &[&text("c")]));
    lab.send(1, &subscribe_5(1, &[], "#", 0));
    lab.take(1);
    for topic in ["a", "a", "b"] {
        lab.send(1, &publish_5(0, topic, 0, &[], "x"));
    }
    lab.expect(
        1,
        [
            publish_5(0, "a", 0, &[35, 0, 1], "x"),
            publish_5(0, "", 0, &[35, 0, 1], "x"),
            publish_5(0, "b", 0, &[], "x"),
        ],
    );
}

#[test]
fn too_large_messages_count_as_sent() {
    let mut lab = Lab::new();
    lab.join(1, &connect_5(CLEAN, 0, &[39, 0, 0, 0, 40], &[&text("c")]));
    lab.send(1, &subscribe_5(1, &[], "t", 1));
    lab.take(1);
    lab.send(1, &publish_5(QOS_1, "t", 1, &[], &"x".repeat(33)));
    lab.send(1, &publish_5(QOS_1, "t", 2, &[], &"x".repeat(32)));
    lab.expect(1, [ack(PUBACK, 1), publish_5(QOS_1, "t", 2, &[], &"x".repeat(32)), ack(PUBACK, 2)]);
    // Without its Reason String, the answer fits.
    lab.send(1, &packet(0xa2, &[&[0, 2, 0], &text("none")]));
    lab.expect(1, [packet(0xb0, &[&[0, 2, 0, 0x11]])]);
}

#[test]
fn packets_above_the_maximum_are_refused_from_their_header() {
    let mut lab = Lab::new();
    lab.join(1, &client_5(CLEAN, "c"));
    lab.send(1, &[0x30, 0xff, 0xff, 0x40]);
    assert_eq!(disconnect_reason(&lab.take(1)), 0x95);
    lab.expect_closed(1);
}

#[test]
fn payloads_are_what_they_promise() {
    let mut lab = Lab::new();
    lab.join(1, &connect_5(CLEAN, 0, &[23, 0], &[&text("c")]));
    let publish = |flags, id: &[u8]| packet(0x30 | flags, &[&text("t"), id, &[2, 1, 1], &[0xff]]);
    lab.send(1, &publish(QOS_1, &[0, 1]));
    lab.send(1, &publish(QOS_2, &[0, 2]));
    lab.expect(1, [packet(PUBACK, &[&[0, 1, 0x99]]), packet(PUBREC, &[&[0, 2, 0x99]])]);
    lab.send(1, &publish_5(QOS_2, "t", 2, &[], "")); // a new message
    lab.expect(1, [packet(PUBREC, &[&[0, 2, 0x10]])]);
    lab.send(1, &publish(0, &[]));
    assert_eq!(disconnect_reason(&lab.take(1)), 0x99);
}

#[test]
fn topic_aliases_belong_to_one_connection_and_may_change() {
    let mut lab = Lab::new();
    lab.join(9, &client_5(CLEAN, "sub"));
    lab.send(9, &subscribe_5(1, &[], "#", 0));
    lab.take(9);
    lab.join(1, &client_5(CLEAN, "c"));
    lab.join(2, &client_5(CLEAN, "d"));
    let publish = |topic: &str| publish_5(0, topic, 0, &[35, 0, 1], "x");
    for (conn, topic) in [(1, "a"), (2, "b"), (1, ""), (2, ""), (1, "c"), (1, "")] {
        lab.send(conn, &publish(topic));
    }
    lab.expect(9, ["a", "b", "a", "b", "c", "c"].map(|topic| publish_5(0, topic, 0, &[], "x")));
}
