//! Brokers that are none: nothing passes that asks for an answer or a delivery, and nothing hangs.

mod scripts;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use bytes::BytesMut;
use mqtt_codec::{AnyDecoder, AnyPacket, Decoded, PacketType, Version, v3, v5};
use mqtt_conformance::lab;
use mqtt_conformance::run::{Connector, Outcome, TraceEvent, Verdict};
use mqtt_conformance::script::Test;
use mqtt_conformance::server::Rules;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

/// What a broker that is none does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Null {
    /// Accepts connections, and closes them at once.
    Closes,
    /// Accepts connections, reads, and never says a word.
    Silent,
    /// Answers CONNECT, and nothing else.
    OnlyConnAck,
    /// Acknowledges whatever comes, and delivers nothing.
    OnlyAcks,
}

impl Connector for Null {
    type Stream = DuplexStream;

    async fn connect(&self, _: usize) -> io::Result<DuplexStream> {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        tokio::spawn(serve(*self, ours));
        Ok(theirs)
    }
}

async fn serve(null: Null, mut stream: DuplexStream) {
    if null == Null::Closes {
        return;
    }
    let (mut input, mut version) = (BytesMut::new(), None);
    while stream.read_buf(&mut input).await.is_ok_and(|n| n > 0) {
        if null == Null::Silent {
            input.clear();
            continue;
        }
        let speaks = match version {
            Some(version) => version,
            None => match Version::detect(&input) {
                Ok(Decoded::Complete { value, .. }) => value,
                _ => continue,
            },
        };
        version = Some(speaks);
        while let Ok(Decoded::Complete { value, .. }) = AnyDecoder::new(speaks).decode_shared(&mut input) {
            let packet = value.to_packet();
            let answer = answer(&packet);
            let says = null == Null::OnlyAcks || packet.packet_type() == PacketType::Connect;
            if says && !answer.is_empty() && stream.write_all(&answer).await.is_err() {
                return;
            }
        }
    }
}

/// The acknowledgement of a packet, made of bytes.
fn answer(packet: &AnyPacket) -> Vec<u8> {
    let with_id = |first: u8, id: mqtt_codec::PacketId| [&[first, 2][..], &id.get().to_be_bytes()].concat();
    let list = |first: u8, id: mqtt_codec::PacketId, gap: &[u8], codes: Vec<u8>| {
        let body = [&id.get().to_be_bytes()[..], gap, &codes].concat();
        [&[first, u8::try_from(body.len()).unwrap_or(0x7f)][..], &body].concat()
    };
    match packet {
        AnyPacket::V3(v3::Packet::Connect(_)) => vec![0x20, 2, 0, 0],
        AnyPacket::V5(v5::Packet::Connect(_)) => vec![0x20, 3, 0, 0, 0],
        AnyPacket::V3(v3::Packet::Subscribe(s)) => {
            list(0x90, s.packet_id, &[], s.filters.iter().map(|f| f.qos.get()).collect())
        }
        AnyPacket::V5(v5::Packet::Subscribe(s)) => {
            list(0x90, s.packet_id, &[0], s.filters.iter().map(|f| f.options.qos.get()).collect())
        }
        AnyPacket::V3(v3::Packet::Unsubscribe(u)) => with_id(0xb0, u.packet_id),
        AnyPacket::V5(v5::Packet::Unsubscribe(u)) => list(0xb0, u.packet_id, &[0], vec![0; u.filters.len()]),
        AnyPacket::V3(v3::Packet::Publish(v3::Publish { delivery, .. }))
        | AnyPacket::V5(v5::Packet::Publish(v5::Publish { delivery, .. })) => match delivery {
            mqtt_codec::Delivery::AtMostOnce => Vec::new(),
            mqtt_codec::Delivery::AtLeastOnce { packet_id, .. } => with_id(0x40, *packet_id),
            mqtt_codec::Delivery::ExactlyOnce { packet_id, .. } => with_id(0x50, *packet_id),
        },
        AnyPacket::V3(v3::Packet::PubRel(id)) => with_id(0x70, *id),
        AnyPacket::V5(v5::Packet::PubRel(ack)) => with_id(0x70, ack.packet_id),
        _ if packet.packet_type() == PacketType::PingReq => vec![0xd0, 0],
        _ => Vec::new(),
    }
}

fn passed(tests: &[Arc<Test>], null: Null) -> BTreeSet<String> {
    let outcomes = lab::run_against(tests, move || null).unwrap();
    outcomes
        .into_iter()
        .filter(|outcome| outcome.verdict == Verdict::Pass)
        .map(|outcome| outcome.id)
        .collect()
}

/// The packet types that the reference broker sends in each test.
fn answers(tests: &[Arc<Test>]) -> BTreeMap<String, BTreeSet<String>> {
    let sent = |outcome: &Outcome| {
        let packets = outcome.transcript.iter().filter_map(|entry| match &entry.event {
            TraceEvent::Received { packet, .. } => Some(packet.kind().name().to_lowercase()),
            _ => None,
        });
        packets.collect()
    };
    lab::run(tests, Rules::standard())
        .unwrap()
        .iter()
        .map(|outcome| (outcome.id.clone(), sent(outcome)))
        .collect()
}

#[test]
fn a_broker_that_closes_every_connection_passes_nothing() {
    assert_eq!(passed(&scripts::tests(), Null::Closes), BTreeSet::new());
}

#[test]
fn a_broker_that_never_answers_passes_nothing() {
    assert_eq!(passed(&scripts::tests(), Null::Silent), BTreeSet::new());
}

/// Scripts of questions that the standards let a broker answer by doing nothing, though the reference broker does something.
const MAY_STAY_SILENT: &[(&str, &str)] = &[
    ("3.1-packet-size/diagnostics-in-pubrel", "5.0 demands no answer to a PUBREC of an unknown identifier"),
    (
        "3.3-retained/qos-0-replaces",
        "a retained message of QoS 0 may be dropped at any time: MQTT-3.3.1-7 of 3.1.1",
    ),
    ("4.9-flow-control/broker-maximum", "a broker that announces no Receive Maximum has none to exceed"),
];

/// The tests that pass without the packets that the reference broker sends in them.
fn passes_without(null: Null, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let tests = scripts::tests();
    let answers = answers(&tests);
    let excused = |id: &str| {
        let script = id.split('[').next().and_then(|id| id.split_once('/')).map_or(id, |(_, script)| script);
        MAY_STAY_SILENT.iter().any(|(known, _)| *known == script)
    };
    passed(&tests, null)
        .into_iter()
        .filter(|id| !excused(id) && answers[id].iter().any(|kind| wanted(kind)))
        .collect()
}

#[test]
fn a_broker_that_only_accepts_passes_no_more_than_being_accepted() {
    assert_eq!(passes_without(Null::OnlyConnAck, |kind| kind != "connack"), Vec::<String>::new());
}

#[test]
fn a_broker_that_delivers_nothing_passes_nothing_that_asks_for_a_delivery() {
    assert_eq!(passes_without(Null::OnlyAcks, |kind| kind == "publish"), Vec::<String>::new());
}
