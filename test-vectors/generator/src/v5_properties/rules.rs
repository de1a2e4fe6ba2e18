//! Rules about who may send a property, and about what it needs beside it.

use super::property::{Val, find, named, sample, wire};
use super::small::{block, packet};
use crate::tables::Place;
use crate::vector::{Corpus, Direction};

/// Properties that only one side may send, and those that need another.
pub(super) fn sides(c: &mut Corpus) {
    c.family("direction");
    c.file(Place::Publish.file());
    let identifier = find(11);
    let from_client = block(Place::Publish, &wire(identifier, &Val::Number(1)));
    c.protocol_error(
        "subscription-identifier-from-client",
        "A Client's PUBLISH carries no Subscription Identifier.",
        from_client.bytes(),
        identifier.name,
        from_client.offset(0),
    )
    .direction(Direction::ToServer)
    .section("3.3.4")
    .covers(&["3.3.4-6"])
    .flag("needs-direction");
    let many: Vec<Val> = [1, 268_435_455, 128, 1].map(Val::Number).to_vec();
    let bytes: Vec<u8> = many.iter().flat_map(|value| wire(identifier, value)).collect();
    let names = many.iter().map(|value| named(identifier, value)).collect();
    c.valid(
        "subscription-identifiers-many",
        "A Server's PUBLISH names every matching subscription, some of them twice.",
        block(Place::Publish, &bytes).bytes(),
        packet(Place::Publish, names),
    )
    .direction(Direction::ToClient)
    .section("3.3.4")
    .covers(&["3.3.4-4", "3.3.4-3"]);

    c.file(Place::Disconnect.file());
    let expiry = find(17);
    let from_server = block(Place::Disconnect, &wire(expiry, &Val::Number(0)));
    c.protocol_error(
        "session-expiry-interval-from-server",
        "A Server's DISCONNECT carries no Session Expiry Interval.",
        from_server.bytes(),
        expiry.name,
        from_server.offset(0),
    )
    .direction(Direction::ToClient)
    .section("3.14.2.2.2")
    .covers(&["3.14.2-2"])
    .codes(&[0x82, 0x81])
    .flag("needs-direction");
    let reference = find(28);
    let from_client = block(Place::Disconnect, &wire(reference, &sample(reference)));
    c.protocol_error(
        "server-reference-from-client",
        "Server Reference is described as something that the Server sends.",
        from_client.bytes(),
        reference.name,
        from_client.offset(0),
    )
    .choice()
    .direction(Direction::ToServer)
    .section("3.14.2.2.5")
    .codes(&[0x82, 0x81])
    .flag("needs-direction");
}

/// Properties that another one needs, or that a packet does.
pub(super) fn needs(c: &mut Corpus) {
    c.family("named-errors");
    c.file(Place::Connect.file());
    let (method, data) = (find(21), find(22));
    let alone = block(Place::Connect, &wire(data, &sample(data)));
    c.protocol_error(
        "authentication-data-without-method",
        "Authentication Data without an Authentication Method.",
        alone.bytes(),
        data.name,
        alone.offset(0),
    )
    .direction(Direction::ToServer)
    .section("3.1.2.11.10");
    let bytes = [wire(data, &sample(data)), wire(method, &sample(method))].concat();
    c.valid(
        "authentication-data-before-method",
        "Authentication Data may stand before the Authentication Method: order has no meaning.",
        block(Place::Connect, &bytes).bytes(),
        packet(Place::Connect, vec![named(data, &sample(data)), named(method, &sample(method))]),
    )
    .direction(Direction::ToServer)
    .section("2.2.2.2");
    c.file(Place::Auth.file());
    for (name, about, bytes) in [
        ("method-missing-no-properties", "AUTH without any property.", Vec::new()),
        ("method-missing-data-only", "AUTH with data but no method.", wire(data, &sample(data))),
        (
            "method-missing-user-property",
            "AUTH with a User Property but no method.",
            wire(find(38), &sample(find(38))),
        ),
    ] {
        let bad = block(Place::Auth, &bytes);
        c.protocol_error(name, about, bad.bytes(), method.name, bad.end_offset()).section("3.15.2.2.2");
    }
}
