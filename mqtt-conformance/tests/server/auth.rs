//! Enhanced authentication.

use crate::lab::*;
use mqtt_conformance::server::AUTHENTICATION_METHOD;

fn method() -> Vec<u8> {
    [&[21][..], &text(AUTHENTICATION_METHOD)].concat()
}

fn data(data: &str) -> Vec<u8> {
    [&[22][..], &text(data)].concat()
}

fn auth(reason: u8, properties: &[Vec<u8>]) -> Vec<u8> {
    packet(0xf0, &[&[reason], &block(&properties.concat())])
}

fn connect() -> Vec<u8> {
    connect_5(CLEAN, 0, &method(), &[&text("c")])
}

#[test]
fn who_sends_the_challenge_back_is_let_in() {
    let mut lab = Lab::new();
    lab.open(1, &connect());
    lab.expect(1, [auth(0x18, &[method(), data("challenge-1")])]);
    lab.send(1, &auth(0x18, &[method(), data("challenge-1")]));
    let properties = [&[33, 0, 32, 39, 0, 16, 0, 0, 34, 0, 16][..], &method()].concat();
    lab.expect(1, [packet(0x20, &[&[0, 0], &block(&properties)])]);
    // Re-authentication.
    lab.send(1, &auth(0x19, &[method()]));
    lab.expect(1, [auth(0x18, &[method(), data("challenge-2")])]);
    lab.send(1, &[0xc0, 0]);
    lab.expect(1, [[0xd0, 0]]);
    lab.send(1, &auth(0x18, &[method(), data("challenge-2")]));
    lab.expect(1, [auth(0x00, &[method()])]);
    lab.send(1, &auth(0x19, &[method()]));
    lab.take(1);
    lab.send(1, &auth(0x18, &[method(), data("wrong")]));
    assert_eq!(disconnect_reason(&lab.take(1)), 0x87);
    lab.expect_closed(1);
}

#[test]
fn others_are_refused() {
    for (answer, code) in [
        (auth(0x18, &[method(), data("wrong")]), 0x87),
        (auth(0x18, &[[&[21][..], &text("other")].concat(), data("challenge-1")]), 0x82),
        (auth(0x19, &[method(), data("challenge-1")]), 0x82),
        (publish_5(0, "t", 0, &[], "x"), 0x82),
    ] {
        let mut lab = Lab::new();
        lab.open(1, &connect());
        lab.take(1);
        lab.send(1, &answer);
        let arrived = lab.take(1).concat();
        assert_eq!((arrived[0], arrived[2], arrived[3]), (0x20, 0, code));
        lab.expect_closed(1);
    }
    let mut lab = Lab::new();
    lab.open(1, &connect_5(CLEAN, 0, &[&[21][..], &text("SCRAM")].concat(), &[&text("c")]));
    lab.expect(1, [packet(0x20, &[&[0, 0x8c, 0]])]);
    lab.expect_closed(1);
}

#[test]
fn without_a_method_there_is_no_auth() {
    let mut lab = Lab::new();
    lab.join(1, &client_5(CLEAN, "c"));
    lab.send(1, &auth(0x19, &[method()]));
    assert_eq!(disconnect_reason(&lab.take(1)), 0x82);
    lab.expect_closed(1);
}
