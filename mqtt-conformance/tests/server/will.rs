//! The Will: when it is published, when not, and how.

use crate::lab::*;

/// CONNECT of 3.1.1 with a Will `gone` to `w` with these flags.
fn with_will_4(flags: u8, keep_alive: u16) -> Vec<u8> {
    connect_4(CLEAN | 0x04 | flags, keep_alive, &[&text("c"), &text("w"), &text("gone")])
}

/// CONNECT of 5.0 with a Will with these properties, and a session that is kept for this long.
fn with_will_5(flags: u8, expiry: u8, properties: &[u8]) -> Vec<u8> {
    let will = [block(properties), text("w"), text("gone")].concat();
    connect_5(flags | 0x04, 0, &[17, 0, 0, 0, expiry], &[&text("c"), &will])
}

/// A watcher 9 of 5.0 on `w`, with Retain As Published.
fn watched() -> Lab {
    let mut lab = Lab::new();
    lab.join(9, &client_5(CLEAN, "watch"));
    lab.send(9, &subscribe_5(1, &[], "w", 0x0a));
    lab.take(9);
    lab
}

fn gone() -> Vec<u8> {
    publish_5(0, "w", 0, &[], "gone")
}

#[test]
fn whatever_ends_a_connection_but_disconnect_publishes_it() {
    let mut lab = watched();
    lab.join(1, &with_will_4(0, 10));
    lab.cut(1);
    lab.expect(9, [gone()]);
    lab.join(1, &with_will_4(0, 10));
    lab.wait(15_000);
    lab.expect_closed(1);
    lab.expect(9, [gone()]);
    lab.join(1, &with_will_4(0, 10));
    lab.send(1, &[0x00, 0x00]);
    lab.expect_closed(1);
    lab.expect(9, [gone()]);
    lab.join(1, &with_will_4(0, 10));
    lab.join(2, &with_will_4(0, 10));
    lab.expect(9, [gone()]);
    lab.send(2, &[0xe0, 0]);
    lab.expect_closed(2);
    lab.cut(2);
    lab.expect_nothing(9);
}

#[test]
fn disconnect_may_ask_for_it() {
    let mut lab = watched();
    lab.join(1, &with_will_5(0, 0, &[]));
    lab.send(1, &[0xe0, 1, 4]);
    lab.expect(9, [gone()]);
}

#[test]
fn qos_and_retain_are_its_own() {
    let mut lab = watched();
    lab.join(1, &with_will_4(0x30, 0));
    lab.cut(1);
    lab.expect(9, [publish_5(QOS_2 | RETAIN, "w", 1, &[], "gone")]);
    lab.send(9, &subscribe_5(2, &[], "w", 0));
    lab.expect(9, [packet(0x90, &[&[0, 2, 0, 0]]), publish_5(RETAIN, "w", 0, &[], "gone")]);
}

#[test]
fn it_waits_for_its_delay() {
    let mut lab = watched();
    lab.join(1, &with_will_5(0, 100, &[24, 0, 0, 0, 5, 2, 0, 0, 0, 60]));
    lab.cut(1);
    lab.wait(4_999);
    lab.expect_nothing(9);
    lab.wait(1);
    lab.expect(9, [publish_5(0, "w", 0, &[2, 0, 0, 0, 60], "gone")]);
    lab.wait(200_000);
    lab.expect_nothing(9);
}

#[test]
fn a_client_that_is_back_in_time_cancels_it() {
    let mut lab = watched();
    lab.join(1, &with_will_5(0, 100, &[24, 0, 0, 0, 5]));
    lab.join(2, &client_5(KEEP, "c")); // takes over
    lab.wait(10_000);
    lab.expect_nothing(9);
}

#[test]
fn the_end_of_the_session_publishes_it() {
    let mut lab = watched();
    lab.join(1, &with_will_5(0, 3, &[24, 0, 0, 0, 5]));
    lab.cut(1);
    lab.wait(3_000);
    lab.expect(9, [gone()]);
    lab.join(1, &with_will_5(0, 100, &[24, 0, 0, 0, 5]));
    lab.cut(1);
    lab.join(2, &client_5(CLEAN, "c"));
    lab.expect(9, [gone()]);
}

#[test]
fn properties_go_with_it() {
    let mut lab = watched();
    let pairs = [&[38][..], &text("a"), &text("1"), &[38], &text("a"), &text("0")].concat();
    lab.join(1, &with_will_5(0, 0, &pairs));
    lab.cut(1);
    lab.expect(9, [publish_5(0, "w", 0, &pairs, "gone")]);
}
