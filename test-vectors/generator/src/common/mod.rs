//! What the three versions have in common, each by its own rules: fixed header, Remaining Length, CONNECT,
//! strings, topics, cut and surplus bytes, unfinished and joined packets.

mod connect;
mod forms;
mod header;
mod lengths;
mod stream;
mod text;

use crate::simple::{
    Connect, Simple, ack, auth, bare, connack, disconnect, publish, suback, subscribe, unsuback, unsubscribe,
};
use crate::vector::{Corpus, Direction, Version};

pub(crate) fn all(c: &mut Corpus) {
    forms::forms(c);
    header::fixed_headers(c);
    connect::connect_flags(c);
    connect::protocol(c);
    connect::client_ids(c);
    header::packet_ids(c);
    lengths::cuts(c);
    lengths::lengths(c);
    lengths::remaining_length_off_by_one(c);
    text::texts(c);
    text::topic_names(c);
    text::topic_filters(c);
    text::shared(c);
    header::remaining_lengths(c);
    stream::truncation(c);
    stream::several(c);
    stream::surplus(c);
    stream::wrong_side(c);
}

/// One whole packet per type, as it is usually seen, with its sender.
pub(crate) fn usual(version: Version) -> Vec<(&'static str, Direction, Simple)> {
    use Direction::{Any, ToClient, ToServer};
    let connect = Connect::new(version)
        .client_id(b"sensor-1")
        .will(b"state/1", b"gone", 1, true)
        .user_name(b"user")
        .password(b"secret");
    let suback_codes: &[u8] = if version == Version::V31 { &[1, 2] } else { &[1, 2, 0x80] };
    let mut list = vec![
        ("connect", ToServer, connect.build()),
        ("connack", ToClient, connack(version, version != Version::V31, 0)),
        ("publish", Any, publish(version, 0x32, b"a/b", Some(10), b"hello")),
        ("puback", Any, ack(version, "puback", 0x40, 10)),
        ("pubrec", Any, ack(version, "pubrec", 0x50, 10)),
        ("pubrel", Any, ack(version, "pubrel", 0x62, 10)),
        ("pubcomp", Any, ack(version, "pubcomp", 0x70, 10)),
        ("subscribe", ToServer, subscribe(version, 10, &[(b"a/b", 1), (b"c/#", 2)])),
        ("suback", ToClient, suback(version, 10, suback_codes)),
        ("unsubscribe", ToServer, unsubscribe(version, 10, &[b"a/b", b"c/#"])),
        ("unsuback", ToClient, unsuback(version, 10, &[0, 0x11])),
        ("pingreq", ToServer, bare("pingreq", 0xC0)),
        ("pingresp", ToClient, bare("pingresp", 0xD0)),
        ("disconnect", if version == Version::V5 { Any } else { ToServer }, disconnect(version)),
    ];
    if version == Version::V5 {
        list.push(("auth", Any, auth(Some(b"n,,n=user,r=1"))));
    }
    list
}

/// The section of a packet.
pub(crate) fn section(file: &str) -> &'static str {
    match file {
        "connect" => "3.1",
        "connack" => "3.2",
        "publish" => "3.3",
        "puback" => "3.4",
        "pubrec" => "3.5",
        "pubrel" => "3.6",
        "pubcomp" => "3.7",
        "subscribe" => "3.8",
        "suback" => "3.9",
        "unsubscribe" => "3.10",
        "unsuback" => "3.11",
        "pingreq" => "3.12",
        "pingresp" => "3.13",
        "disconnect" => "3.14",
        _ => "3.15",
    }
}
