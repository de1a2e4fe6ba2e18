//! Retained messages.

use crate::lab::*;

fn published() -> Lab {
    let mut lab = Lab::new();
    lab.join(1, &client_4(CLEAN, "pub"));
    lab.send(1, &publish_4(RETAIN | QOS_1, "a/b", 1, "x"));
    lab.expect(1, [ack(PUBACK, 1)]);
    lab
}

#[test]
fn a_new_subscription_gets_the_last_one() {
    let mut lab = published();
    lab.send(1, &publish_4(RETAIN, "a/b", 0, "y"));
    lab.send(1, &publish_4(0, "a/b", 0, "not this"));
    lab.cut(1);
    lab.join(2, &client_4(CLEAN, "sub"));
    for id in 1..=2 {
        lab.send(2, &subscribe_4(id, "a/+", 2)); // each time, in 3.1.1
        lab.expect(2, [packet(0x90, &[&id.to_be_bytes(), &[2]]), publish_4(RETAIN, "a/b", 0, "y")]);
    }
}

#[test]
fn its_qos_is_kept() {
    let mut lab = published();
    lab.join(2, &client_4(CLEAN, "sub"));
    lab.send(2, &subscribe_4(1, "a/b", 2));
    lab.expect(2, [packet(0x90, &[&[0, 1, 2]]), publish_4(RETAIN | QOS_1, "a/b", 1, "x")]);
}

#[test]
fn live_messages_have_no_retain_flag_and_an_empty_one_clears() {
    let mut lab = published();
    lab.join(2, &client_4(CLEAN, "sub"));
    lab.send(2, &subscribe_4(1, "#", 0));
    lab.take(2);
    lab.send(1, &publish_4(RETAIN, "a/b", 0, "y"));
    lab.send(1, &publish_4(RETAIN, "a/b", 0, ""));
    lab.expect(2, [publish_4(0, "a/b", 0, "y"), publish_4(0, "a/b", 0, "")]);
    lab.send(2, &subscribe_4(2, "#", 0));
    lab.expect(2, [packet(0x90, &[&[0, 2, 0]])]);
}

#[test]
fn retain_handling_decides_in_5_0() {
    // Handling, what the first and the second subscription bring.
    for (handling, first, second) in [(0, true, true), (1, true, false), (2, false, false)] {
        let mut lab = published();
        lab.join(2, &client_5(CLEAN, "sub"));
        for (id, brings) in [(1, first), (2, second)] {
            lab.send(2, &subscribe_5(id, &[], "a/b", handling << 4));
            let mut expected = vec![packet(0x90, &[&id.to_be_bytes(), &[0, 0]])];
            if brings {
                expected.push(publish_5(RETAIN, "a/b", 0, &[], "x"));
            }
            lab.expect(2, expected);
        }
    }
}

#[test]
fn retain_as_published_keeps_the_flag() {
    let mut lab = Lab::new();
    lab.join(1, &client_5(CLEAN, "c"));
    lab.send(1, &subscribe_5(1, &[], "kept", 0x08));
    lab.send(1, &subscribe_5(2, &[], "not", 0));
    lab.take(1);
    for topic in ["kept", "not"] {
        lab.send(1, &publish_5(RETAIN, topic, 0, &[], "x"));
        lab.send(1, &publish_5(0, topic, 0, &[], "y"));
    }
    lab.expect(
        1,
        [
            publish_5(RETAIN, "kept", 0, &[], "x"),
            publish_5(0, "kept", 0, &[], "y"),
            publish_5(0, "not", 0, &[], "x"),
            publish_5(0, "not", 0, &[], "y"),
        ],
    );
}

#[test]
fn shared_subscriptions_and_own_messages_bring_none() {
    let mut lab = Lab::new();
    lab.join(1, &client_5(CLEAN, "c"));
    lab.send(1, &publish_5(RETAIN, "t", 0, &[], "x"));
    lab.send(1, &subscribe_5(1, &[], "$share/g/t", 0));
    lab.send(1, &subscribe_5(2, &[], "t", 0x04)); // No Local
    lab.expect(1, [packet(0x90, &[&[0, 1, 0, 0]]), packet(0x90, &[&[0, 2, 0, 0]])]);
}

#[test]
fn a_retained_message_expires() {
    let mut lab = Lab::new();
    lab.join(1, &client_5(CLEAN, "c"));
    lab.send(1, &publish_5(RETAIN, "t", 0, &[2, 0, 0, 0, 10], "x"));
    lab.wait(3_500);
    lab.send(1, &subscribe_5(1, &[], "t", 0));
    lab.expect(1, [packet(0x90, &[&[0, 1, 0, 0]]), publish_5(RETAIN, "t", 0, &[2, 0, 0, 0, 7], "x")]);
    lab.wait(6_500);
    lab.send(1, &subscribe_5(2, &[], "t", 0));
    lab.expect(1, [packet(0x90, &[&[0, 2, 0, 0]])]);
}

#[test]
fn the_broker_tells_its_version() {
    let mut lab = Lab::new();
    lab.join(1, &client_4(CLEAN, "c"));
    lab.send(1, &subscribe_4(1, "$SYS/#", 0));
    let arrived = lab.take(1);
    assert_eq!(arrived.len(), 2);
    assert!(arrived[1].starts_with(&[0x31]), "{arrived:?}");
    lab.send(1, &publish_4(RETAIN | QOS_1, "$SYS/broker/version", 4, "mine"));
    lab.expect(1, [ack(PUBACK, 4)]); // acknowledged, and not published
}
