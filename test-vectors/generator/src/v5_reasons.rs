//! Reason codes of MQTT 5.0, in every packet that carries one.

use serde_json::{Value, json};

use crate::simple::connack;
use crate::tables::{Place, Sender, reasons};
use crate::v5_properties::direction;
use crate::vector::{Corpus, Direction, Version};
use crate::wire::Body;

const V: Version = Version::V5;

/// A packet that carries a reason code, and where its codes are listed.
pub(crate) struct Carrier {
    pub(crate) place: Place,
    pub(crate) file: &'static str,
    pub(crate) statement: &'static str,
    pub(crate) section: &'static str,
}

pub(crate) const CARRIERS: [Carrier; 9] = [
    Carrier { place: Place::ConnAck, file: "connack", statement: "3.2.2-8", section: "3.2.2.2" },
    Carrier { place: Place::PubAck, file: "puback", statement: "3.4.2-1", section: "3.4.2.1" },
    Carrier { place: Place::PubRec, file: "pubrec", statement: "3.5.2-1", section: "3.5.2.1" },
    Carrier { place: Place::PubRel, file: "pubrel", statement: "3.6.2-1", section: "3.6.2.1" },
    Carrier { place: Place::PubComp, file: "pubcomp", statement: "3.7.2-1", section: "3.7.2.1" },
    Carrier { place: Place::SubAck, file: "suback", statement: "3.9.3-2", section: "3.9.3" },
    Carrier { place: Place::UnsubAck, file: "unsuback", statement: "3.11.3-2", section: "3.11.3" },
    Carrier { place: Place::Disconnect, file: "disconnect", statement: "3.14.2-1", section: "3.14.2.1" },
    Carrier { place: Place::Auth, file: "auth", statement: "3.15.2-1", section: "3.15.2.1" },
];

/// The smallest packet with a reason code: bytes, the code's place in the body, values, canonical bytes.
pub(crate) fn with_code(place: Place, code: u8) -> (Body, usize, Value, Vec<u8>) {
    let ack = |first: u8, kind: &str| {
        let body = Body::new(first).u16(10).raw(&[code]);
        let canonical = if code == 0 { Body::new(first).u16(10).frame() } else { body.frame() };
        let values = json!({ "type": kind, "packet_id": 10, "reason": code, "properties": [] });
        (body, 2, values, canonical)
    };
    match place {
        Place::PubAck => ack(0x40, "puback"),
        Place::PubRec => ack(0x50, "pubrec"),
        Place::PubRel => ack(0x62, "pubrel"),
        Place::PubComp => ack(0x70, "pubcomp"),
        Place::ConnAck => {
            let simple = connack(V, false, code);
            let bytes = simple.bytes();
            (simple.body, 1, simple.values, bytes)
        }
        Place::SubAck | Place::UnsubAck => {
            let (first, kind) = if place == Place::SubAck { (0x90, "suback") } else { (0xB0, "unsuback") };
            let body = Body::new(first).u16(10).raw(&[0, code]);
            let bytes = body.frame();
            let values = json!({ "type": kind, "packet_id": 10, "properties": [], "reasons": [code] });
            (body, 3, values, bytes)
        }
        Place::Disconnect => {
            let body = Body::new(0xE0).raw(&[code]);
            let canonical = if code == 0 { vec![0xE0, 0] } else { body.frame() };
            (body, 0, json!({ "type": "disconnect", "reason": code, "properties": [] }), canonical)
        }
        _ => {
            let body = Body::new(0xF0).raw(&[code, 4, 21, 0, 1, b'm']);
            let values = json!({
                "type": "auth", "reason": code, "properties": [{ "authentication_method": "m" }],
            });
            let bytes = body.frame();
            (body, 0, values, bytes)
        }
    }
}

/// Every reason code in every packet that carries one, from every side that may send the packet.
pub(crate) fn reason_codes(c: &mut Corpus) {
    for carrier in &CARRIERS {
        c.file(carrier.file).family("reason-codes");
        let legal = reasons(carrier.place);
        for code in 0..=255u8 {
            let sender = legal.iter().find(|(other, _)| *other == code).map(|(_, sender)| *sender);
            match (sender, direction(carrier.place)) {
                (None, _) => not_listed(c, carrier, code),
                (Some(Sender::Server), Direction::Any) => from_one_side(c, carrier, code, &FROM_SERVER),
                (Some(Sender::Client), Direction::Any) => from_one_side(c, carrier, code, &FROM_CLIENT),
                (Some(_), _) => listed(c, carrier, code),
            }
        }
    }
    lists_of_codes(c);
    unsuback_forms(c);
}

/// A code that the packet does not have.
fn not_listed(c: &mut Corpus, carrier: &Carrier, code: u8) {
    let place = carrier.place;
    let (body, at, ..) = with_code(place, code);
    let unsettled = place == Place::Disconnect && code == 0x8C;
    let about = if unsettled {
        "0x8C is listed for DISCONNECT in Table 2-6, but not in its own table.".to_owned()
    } else {
        format!("{} has no reason code {code:#04x}.", place.name())
    };
    let vector = c
        .malformed(&format!("reason-{code:02x}"), &about, body.frame(), "Reason Code", body.offset(at))
        .direction(direction(place))
        .section(carrier.section)
        .covers(&[carrier.statement])
        .codes(&[0x81, 0x82]);
    if unsettled {
        vector.choice();
    }
}

/// A code that whoever sends the packet may send.
fn listed(c: &mut Corpus, carrier: &Carrier, code: u8) {
    let (body, _, values, canonical) = with_code(carrier.place, code);
    c.valid(&format!("reason-{code:02x}"), &format!("Reason code {code:#04x}."), body.frame(), values)
        .direction(direction(carrier.place))
        .section(carrier.section)
        .covers(&[carrier.statement])
        .canonical(canonical);
}

/// One side of a connection, as seen by a code that only this side sends.
struct Side {
    right: Direction,
    wrong: Direction,
    who: &'static str,
    other: &'static str,
}

const FROM_SERVER: Side =
    Side { right: Direction::ToClient, wrong: Direction::ToServer, who: "Server", other: "client" };
const FROM_CLIENT: Side =
    Side { right: Direction::ToServer, wrong: Direction::ToClient, who: "Client", other: "server" };

/// A code that one side may send in a packet that both send: once from each.
fn from_one_side(c: &mut Corpus, carrier: &Carrier, code: u8, side: &Side) {
    let Side { right, wrong, who, other } = side;
    let place = carrier.place;
    let (body, at, values, canonical) = with_code(place, code);
    let id = format!("reason-{code:02x}");
    c.valid(&id, &format!("Reason code {code:#04x}, from the {who}."), body.frame(), values)
        .direction(*right)
        .section(carrier.section)
        .covers(&[carrier.statement])
        .canonical(canonical);
    let id = format!("{id}-from-{other}");
    let about = format!("Only the {who} sends reason code {code:#04x} in {}.", place.name());
    let vector = c.protocol_error(&id, &about, body.frame(), "Reason Code", body.offset(at)).should();
    if place == Place::Disconnect && code == 0x9B {
        // Table 3-10 gives it to the Server, 3.3.4 tells a Client to send it.
        vector.choice();
    }
    vector
        .direction(*wrong)
        .section(carrier.section)
        .covers(&[carrier.statement])
        .codes(&[0x82, 0x81])
        .flag("needs-direction");
}

/// SUBACK and UNSUBACK with several codes.
fn lists_of_codes(c: &mut Corpus) {
    for (file, first, bad) in [("suback", 0x90u8, 0x11u8), ("unsuback", 0xB0, 0x01)] {
        c.file(file);
        let body = Body::new(first).u16(10).raw(&[0, 0, 0x80, bad]);
        let statement = if file == "suback" { "3.9.3-2" } else { "3.11.3-2" };
        c.malformed(
            "reason-bad-last-of-three",
            "The last of three reason codes is not this packet's.",
            body.frame(),
            "Reason Code",
            body.offset(5),
        )
        .direction(Direction::ToClient)
        .section(if file == "suback" { "3.9.3" } else { "3.11.3" })
        .covers(&[statement])
        .codes(&[0x81, 0x82]);
        let list: Vec<u8> = reasons(if file == "suback" { Place::SubAck } else { Place::UnsubAck })
            .iter()
            .map(|(code, _)| *code)
            .collect();
        let body = Body::new(first).u16(10).raw(&[0]).raw(&list);
        let values = json!({ "type": file, "packet_id": 10, "properties": [], "reasons": list });
        c.valid("reason-all", "Every reason code of this packet, one after the other.", body.frame(), values)
            .direction(Direction::ToClient)
            .section(if file == "suback" { "3.9.3" } else { "3.11.3" })
            .covers(&[if file == "suback" { "3.9.3-1" } else { "3.11.3-1" }]);
    }
}

/// UNSUBACK in its smallest and its fullest form.
fn unsuback_forms(c: &mut Corpus) {
    c.file("unsuback").family("forms");
    let body = Body::new(0xB0).u16(1).raw(&[0, 0]);
    c.valid(
        "smallest",
        "One code.",
        body.frame(),
        json!({ "type": "unsuback", "packet_id": 1, "properties": [], "reasons": [0] }),
    )
    .direction(Direction::ToClient)
    .section("3.11");
    let many: Vec<u8> = [0u8, 0x11].into_iter().cycle().take(1000).collect();
    let body = Body::new(0xB0).u16(65_535).raw(&[0]).raw(&many);
    c.valid(
        "fullest",
        "A thousand codes.",
        body.frame(),
        json!({ "type": "unsuback", "packet_id": 65_535, "properties": [], "reasons": many }),
    )
    .direction(Direction::ToClient)
    .section("3.11");
}
