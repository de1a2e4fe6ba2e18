//! QoS 0, 1 and 2, both ways, with each point where something is lost.

use crate::lab::*;

/// A publisher 1 and a subscriber 2 to `t` at QoS 2, both of 3.1.1 with kept sessions.
fn pair() -> Lab {
    let mut lab = Lab::new();
    lab.join(1, &client_4(KEEP, "pub"));
    lab.join(2, &client_4(KEEP, "sub"));
    lab.send(2, &subscribe_4(1, "t", 2));
    lab.expect(2, [packet(0x90, &[&[0, 1, 2]])]);
    lab
}

#[test]
fn qos_0_is_passed_on_and_not_answered() {
    let mut lab = pair();
    lab.send(1, &publish_4(0, "t", 0, "x"));
    lab.expect_nothing(1);
    lab.expect(2, [publish_4(0, "t", 0, "x")]);
}

#[test]
fn qos_1_is_passed_on_again_after_puback() {
    let mut lab = pair();
    lab.send(1, &publish_4(QOS_1, "t", 7, "x"));
    lab.expect(1, [ack(PUBACK, 7)]);
    lab.expect(2, [publish_4(QOS_1, "t", 1, "x")]);
    lab.send(1, &publish_4(QOS_1 | DUP, "t", 7, "x"));
    lab.expect(1, [ack(PUBACK, 7)]);
    lab.expect(2, [publish_4(QOS_1, "t", 2, "x")]); // DUP is not passed on
}

#[test]
fn qos_2_is_delivered_once_however_often_it_is_sent() {
    let mut lab = pair();
    lab.send(1, &publish_4(QOS_2, "t", 7, "x"));
    lab.expect(1, [ack(PUBREC, 7)]);
    lab.expect(2, [publish_4(QOS_2, "t", 1, "x")]);
    lab.send(1, &publish_4(QOS_2 | DUP, "t", 7, "x"));
    lab.expect(1, [ack(PUBREC, 7)]);
    lab.cut(1);
    lab.open(3, &client_4(KEEP, "pub"));
    lab.expect(3, [[0x20, 2, 1, 0]]);
    lab.send(3, &publish_4(QOS_2 | DUP, "t", 7, "x"));
    lab.expect(3, [ack(PUBREC, 7)]);
    lab.expect_nothing(2);
    lab.send(3, &ack(PUBREL, 7));
    lab.send(3, &ack(PUBREL, 7));
    lab.expect(3, [ack(PUBCOMP, 7), ack(PUBCOMP, 7)]);
    lab.expect_nothing(2);
    lab.send(3, &publish_4(QOS_2, "t", 7, "y"));
    lab.expect(3, [ack(PUBREC, 7)]);
    lab.expect(2, [publish_4(QOS_2, "t", 2, "y")]);
}

#[test]
fn qos_2_in_3_1_is_passed_on_at_pubrel() {
    let mut lab = pair();
    lab.join(3, &connect_3(CLEAN, 0, &[&text("old")]));
    lab.send(3, &publish_4(QOS_2, "t", 7, "x"));
    lab.send(3, &publish_4(QOS_2 | DUP, "t", 7, "x"));
    lab.expect(3, [ack(PUBREC, 7), ack(PUBREC, 7)]);
    lab.expect_nothing(2);
    lab.send(3, &ack(PUBREL | DUP, 7)); // 3.1 lets PUBREL be a duplicate
    lab.expect(3, [ack(PUBCOMP, 7)]);
    lab.expect(2, [publish_4(QOS_2, "t", 1, "x")]);
}

#[test]
fn qos_2_resumes_where_it_was_lost() {
    let mut lab = pair();
    lab.send(1, &publish_4(QOS_2, "t", 7, "x"));
    lab.expect(2, [publish_4(QOS_2, "t", 1, "x")]);
    // PUBLISH was lost.
    lab.cut(2);
    lab.open(3, &client_4(KEEP, "sub"));
    lab.expect(3, [vec![0x20, 2, 1, 0], publish_4(QOS_2 | DUP, "t", 1, "x")]);
    lab.send(3, &ack(PUBREC, 1));
    lab.expect(3, [ack(PUBREL, 1)]);
    // PUBREL was lost: it is sent again, and PUBLISH is not.
    lab.cut(3);
    lab.open(4, &client_4(KEEP, "sub"));
    lab.expect(4, [vec![0x20, 2, 1, 0], ack(PUBREL, 1)]);
    lab.send(4, &ack(PUBCOMP, 1));
    lab.expect_nothing(4);
    lab.cut(4);
    lab.open(5, &client_4(KEEP, "sub"));
    lab.expect(5, [[0x20, 2, 1, 0]]);
}

#[test]
fn several_messages_resume_in_order_and_without_more() {
    let mut lab = pair();
    for (id, payload) in [(1, "a"), (2, "b"), (3, "c")] {
        lab.send(1, &publish_4(QOS_1, "t", id, payload));
    }
    lab.take(2);
    lab.send(2, &ack(PUBACK, 2));
    lab.wait(600_000);
    lab.expect_nothing(2); // 3.1.1 sends nothing again while the connection lasts
    lab.cut(2);
    lab.send(1, &publish_4(QOS_1, "t", 4, "d"));
    lab.open(3, &client_4(KEEP, "sub"));
    lab.expect(
        3,
        [
            vec![0x20, 2, 1, 0],
            publish_4(QOS_1 | DUP, "t", 1, "a"),
            publish_4(QOS_1 | DUP, "t", 3, "c"),
            publish_4(QOS_1, "t", 4, "d"),
        ],
    );
}

#[test]
fn clients_of_3_1_are_sent_again_what_they_do_not_acknowledge() {
    let mut lab = Lab::new();
    lab.join(1, &connect_3(CLEAN, 0, &[&text("sub")]));
    lab.send(1, &subscribe_4(1, "t", 2));
    lab.send(1, &publish_4(QOS_1, "t", 1, "x"));
    lab.expect(1, [packet(0x90, &[&[0, 1, 2]]), publish_4(QOS_1, "t", 1, "x"), ack(PUBACK, 1)]);
    lab.wait(20_000);
    lab.expect(1, [publish_4(QOS_1 | DUP, "t", 1, "x")]);
    lab.send(1, &ack(PUBACK, 1));
    lab.wait(60_000);
    lab.expect_nothing(1);
}

#[test]
fn the_lower_qos_counts() {
    for granted in 0..=2 {
        for published in 0..=2u8 {
            let mut lab = Lab::new();
            lab.join(1, &client_4(CLEAN, "c"));
            lab.send(1, &subscribe_4(1, "t", granted));
            lab.expect(1, [packet(0x90, &[&[0, 1, granted]])]);
            lab.send(1, &publish_4(published << 1, "t", 9, "x"));
            let qos = granted.min(published);
            let arrived = lab.take(1).into_iter().filter(|p| p[0] & 0xf0 == 0x30).collect::<Vec<_>>();
            assert_eq!(arrived, [publish_4(qos << 1, "t", 1, "x")], "{granted} {published}");
        }
    }
}

#[test]
fn receive_maximum_of_the_client_holds_publish_back() {
    let mut lab = Lab::new();
    lab.join(1, &connect_5(CLEAN, 0, &[33, 0, 2], &[&text("c")]));
    lab.send(1, &subscribe_5(1, &[], "t", 2));
    lab.take(1);
    for id in 1..=4 {
        lab.send(1, &publish_5(QOS_1, "t", id, &[], "x"));
    }
    let publishes =
        |lab: &mut Lab| lab.take(1).into_iter().filter(|p| p[0] & 0xf0 == 0x30).collect::<Vec<_>>();
    assert_eq!(publishes(&mut lab), [publish_5(QOS_1, "t", 1, &[], "x"), publish_5(QOS_1, "t", 2, &[], "x")]);
    lab.send(1, &[0xc0, 0]);
    lab.expect(1, [[0xd0, 0]]);
    lab.send(1, &ack(PUBACK, 2));
    assert_eq!(publishes(&mut lab), [publish_5(QOS_1, "t", 3, &[], "x")]);
}

#[test]
fn receive_maximum_of_the_broker_is_enforced() {
    let mut lab = Lab::new();
    lab.join(1, &client_5(CLEAN, "c"));
    for id in 1..=32 {
        lab.send(1, &publish_5(QOS_2, "t", id, &[], ""));
        lab.expect(1, [packet(0x50, &[&id.to_be_bytes(), &[0x10]])]);
    }
    lab.send(1, &publish_5(QOS_2 | DUP, "t", 32, &[], ""));
    lab.expect(1, [ack(PUBREC, 32)]);
    lab.send(1, &publish_5(QOS_2, "t", 33, &[], ""));
    assert_eq!(disconnect_reason(&lab.take(1)), 0x93);
    lab.expect_closed(1);
    lab.join(2, &client_5(CLEAN, "c"));
    for id in 1..=32 {
        lab.send(2, &publish_5(QOS_2, "t", id, &[], ""));
    }
    lab.take(2);
    lab.send(2, &publish_5(QOS_1, "t", 33, &[], ""));
    assert_eq!(disconnect_reason(&lab.take(2)), 0x93);
}

#[test]
fn error_codes_of_5_0_end_a_delivery() {
    let mut lab = Lab::new();
    lab.join(1, &client_5(KEEP, "c"));
    lab.send(1, &subscribe_5(1, &[], "t", 2));
    lab.send(1, &publish_5(QOS_2, "t", 1, &[], "x"));
    lab.take(1);
    lab.send(1, &packet(PUBREC, &[&[0, 1, 0x80]]));
    lab.expect_nothing(1);
    lab.cut(1);
    lab.open(2, &client_5(KEEP, "c"));
    lab.expect(2, [connack_5(1)]);
}

#[test]
fn unknown_identifiers_get_an_answer() {
    let mut lab = Lab::new();
    lab.join(1, &connect_5(CLEAN, 0, &[23, 0], &[&text("c")]));
    lab.send(1, &ack(PUBREL, 9));
    lab.expect(1, [packet(PUBCOMP, &[&[0, 9, 0x92]])]);
    lab.send(1, &ack(PUBREC, 9));
    lab.expect(1, [packet(PUBREL, &[&[0, 9, 0x92]])]);
    lab.send(1, &ack(PUBACK, 9));
    lab.send(1, &ack(PUBCOMP, 9));
    lab.expect_nothing(1);
    lab.expect_open(1);
}
