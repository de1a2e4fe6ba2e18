//! Wrong packets, and arbitrary bytes.

use crate::dice::{Dice, sensible};
use crate::lab::*;
use mqtt_conformance::server::{Limits, Rule, Rules};

#[test]
fn wrong_packets_of_5_0_are_named_and_close() {
    let filter = |options: u8| subscribe_5(1, &[], "a", options);
    for (bytes, reason) in [
        (vec![0x80, 0x07, 0, 1, 0, 0, 1, b'a', 0], 0x81),
        (vec![0x36, 0x04, 0, 1, b'a', 0], 0x81),
        (ack(0x60, 1), 0x81),
        (vec![0xe1, 0], 0x81),
        (packet(0x82, &[&[0, 1, 0]]), 0x82),
        (packet(0xa2, &[&[0, 1, 0]]), 0x82),
        (filter(0x40), 0x81),
        (filter(0x30), 0x82),
        (filter(0x03), 0x82),
        (subscribe_5(1, &[], "$share/g/a", 0x04), 0x82),
        (subscribe_5(1, &[], "a/#/b", 0), 0x8f),
        (publish_5(0, "a/+", 0, &[], ""), 0x90),
        (publish_5(0, "", 0, &[], ""), 0x82),
        (publish_5(0, "a", 0, &[11, 1], ""), 0x82),
        (publish_5(0, "a", 0, &[0x77], ""), 0x81),
        (packet(0x30, &[&text([0xff]), &[0]]), 0x81),
        (vec![0xd0, 0], 0x82),
        (client_5(CLEAN, "c"), 0x82),
    ] {
        let mut lab = Lab::new();
        lab.join(1, &client_5(CLEAN, "c"));
        lab.send(1, &bytes);
        assert_eq!(disconnect_reason(&lab.take(1)), reason, "{bytes:02x?}");
        lab.expect_closed(1);
    }
}

#[test]
fn wrong_packets_of_3_1_1_close_without_a_word() {
    for bytes in [
        vec![0x80, 0x06, 0, 1, 0, 1, b'a', 0],
        vec![0x36, 0x03, 0, 1, b'a'],
        publish_4(0x08, "a", 0, ""),
        ack(0x60, 1),
        packet(0x82, &[&[0, 1]]),
        subscribe_4(1, "a", 3),
        subscribe_4(0, "a", 0),
        client_4(CLEAN, "c"),
        vec![0xf0, 0],
    ] {
        let mut lab = Lab::new();
        lab.join(1, &client_4(CLEAN, "c"));
        lab.send(1, &bytes);
        lab.expect_nothing(1);
        lab.expect_closed(1);
    }
}

#[test]
fn in_3_1_dup_bits_are_no_mistake() {
    for (rule, closed) in [("answers_pingreq", false), ("accepts_dup_bits_in_3_1", true)] {
        let mut lab = Lab::mutant(rule);
        lab.join(1, &connect_3(CLEAN, 0, &[&text("c")]));
        lab.send(1, &packet(0x8a, &[&[0, 1], &text("a"), &[1]]));
        assert_eq!(lab.is_closed(1), closed, "{rule}");
    }
}

/// No bytes make the broker panic or lose track, under the standard and under each mutant.
#[test]
fn arbitrary_bytes_do_no_harm() {
    let mut limits = Limits::default();
    limits.queue = 4;
    limits.in_flight = 3;
    limits.retained = 2;
    limits.subscriptions = 3;
    limits.sessions = 3;
    limits.max_packet_size = 100;
    let all = std::iter::once(Rules::standard()).chain(Rules::ALL.iter().map(Rule::mutant));
    for (seed, rules) in (1..).zip(all) {
        let mut lab = Lab::with(rules, limits.clone());
        let mut dice = Dice(seed);
        let rounds = if seed == 1 { 20_000 } else { 1_000 };
        for _ in 0..rounds {
            let conn = u64::try_from(dice.roll(5)).unwrap();
            let mut bytes = sensible(&mut dice);
            if dice.roll(6) == 0 && !bytes.is_empty() {
                let at = dice.roll(bytes.len());
                bytes[at] ^= 1 << dice.roll(8);
            }
            match dice.roll(10) {
                0 => lab.cut(conn),
                1 => lab.wait(u64::try_from(dice.roll(3_000)).unwrap()),
                _ if lab.is_closed(conn) => lab.open(conn, &client_5(KEEP, ["c", "d", "e"][dice.roll(3)])),
                _ => lab.send(conn, &bytes),
            }
            assert!(lab.broker.session_count() <= limits.sessions);
        }
        // It goes on serving.
        (0..5).for_each(|conn| lab.cut(conn));
        if rules == Rules::standard() {
            lab.join(9, &client_4(CLEAN, "c"));
            lab.send(9, &[0xc0, 0]);
            assert_eq!(lab.take(9).last(), Some(&vec![0xd0, 0]));
        }
    }
}

#[test]
fn what_was_announced_as_missing_is_refused() {
    let mut limits = Limits::default();
    limits.maximum_qos = mqtt_codec::Qos::AtLeastOnce;
    limits.retain_available = false;
    limits.wildcards_available = false;
    limits.shared_available = false;
    limits.subscription_ids_available = false;
    for (bytes, reason) in [
        (publish_5(QOS_2, "t", 1, &[], "x"), 0x9b),
        (publish_5(RETAIN, "t", 0, &[], "x"), 0x9a),
        (subscribe_5(1, &[], "#", 0), 0xa2),
        (subscribe_5(1, &[], "$share/g/t", 0), 0x9e),
        (subscribe_5(1, &[11, 1], "t", 0), 0xa1),
    ] {
        let mut lab = Lab::with(Rules::standard(), limits.clone());
        lab.open(1, &client_5(CLEAN, "c"));
        let announced = [33, 0, 32, 36, 1, 37, 0, 39, 0, 16, 0, 0, 34, 0, 16, 40, 0, 41, 0, 42, 0];
        lab.expect(1, [packet(0x20, &[&[0, 0], &block(&announced)])]);
        lab.send(1, &subscribe_5(9, &[], "t", 2));
        lab.expect(1, [packet(0x90, &[&[0, 9, 0, 1]])]);
        lab.send(1, &bytes);
        assert_eq!(disconnect_reason(&lab.take(1)), reason);
        lab.expect_closed(1);
    }
    let will =
        |flags: u8| connect_5(CLEAN | 4 | flags, 0, &[], &[&text("w"), &[0], &text("w"), &text("gone")]);
    for (flags, reason) in [(0x10, 0x9b), (0x20, 0x9a)] {
        let mut lab = Lab::with(Rules::standard(), limits.clone());
        lab.open(1, &will(flags));
        lab.expect(1, [packet(0x20, &[&[0, reason, 0]])]);
        lab.expect_closed(1);
    }
    let mut lab = Lab::with(Rules::standard(), limits);
    lab.join(1, &client_4(CLEAN, "c"));
    lab.send(1, &subscribe_4(1, "#", 0));
    lab.expect(1, [packet(0x90, &[&[0, 1, 0x80]])]);
}
