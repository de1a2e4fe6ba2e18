//! What `Arbitrary` makes: every packet, property, code and shape of topic comes up, and only valid packets.

use arbitrary::{Arbitrary, Unstructured};
use mqtt_codec::v5::{self, PropertyId};
use mqtt_codec::{AnyPacket, Binary, Delivery, PacketType, Qos, Text, TopicFilter, TopicName, v3};
use std::collections::BTreeSet;

/// Bytes that look like chance, the same in every run: `SplitMix64`.
fn noise(seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    (0..128).flat_map(|_| next().to_le_bytes()).collect()
}

fn many<T: for<'a> Arbitrary<'a>>() -> Vec<T> {
    let all: Vec<T> =
        (0..8000).filter_map(|seed| T::arbitrary(&mut Unstructured::new(&noise(seed))).ok()).collect();
    assert!(all.len() > 7000, "most noise makes a value, {} did", all.len());
    all
}

#[track_caller]
fn seen<T: Ord + std::fmt::Debug>(what: impl IntoIterator<Item = T>, expected: impl IntoIterator<Item = T>) {
    assert_eq!(what.into_iter().collect::<BTreeSet<_>>(), expected.into_iter().collect());
}

#[test]
fn packets_of_both_families() {
    let packets = many::<AnyPacket>();
    let of = |v5: bool| packets.iter().filter(move |packet| matches!(packet, AnyPacket::V5(_)) == v5);
    seen(
        of(false).map(AnyPacket::packet_type),
        PacketType::ALL.into_iter().filter(|p| *p != PacketType::Auth),
    );
    seen(of(true).map(AnyPacket::packet_type), PacketType::ALL);
}

#[test]
fn packets_of_3_x() {
    let packets = many::<v3::Packet>();
    let connects: Vec<_> =
        packets.iter().filter_map(|p| if let v3::Packet::Connect(c) = p { Some(c) } else { None }).collect();
    seen(connects.iter().map(|c| c.level()), [v3::ProtocolLevel::V3_1, v3::ProtocolLevel::V3_1_1]);
    seen(connects.iter().map(|c| (c.will.is_some(), c.credentials.is_some())), both());
    seen(connects.iter().map(|c| c.clean_session()), [false, true]);
    let codes = packets.iter().filter_map(|p| match p {
        v3::Packet::ConnAck(connack) => Some((connack.return_code(), connack.session_present())),
        _ => None,
    });
    seen(codes, [(0, false), (0, true), (1, false), (2, false), (3, false), (4, false), (5, false)]);
    let deliveries = packets.iter().filter_map(|p| match p {
        v3::Packet::Publish(publish) => {
            Some((publish.delivery.qos(), publish.delivery.dup(), publish.retain))
        }
        _ => None,
    });
    let flags = Qos::ALL.into_iter().flat_map(|qos| both().map(move |(dup, retain)| (qos, dup, retain)));
    seen(deliveries, flags.filter(|(qos, dup, _)| *qos > Qos::AtMostOnce || !dup));
    let returned = packets.iter().filter_map(|p| match p {
        v3::Packet::SubAck(suback) => {
            Some(suback.return_codes.iter().map(v3::SubscribeReturnCode::get).collect::<Vec<_>>())
        }
        _ => None,
    });
    seen(returned.flatten(), [0, 1, 2, 0x80]);
    let lengths = packets.iter().filter_map(|p| match p {
        v3::Packet::Subscribe(subscribe) => Some(subscribe.filters.len()),
        v3::Packet::Unsubscribe(unsubscribe) => Some(unsubscribe.filters.len()),
        _ => None,
    });
    seen(lengths, 1..=4);
}

fn both() -> [(bool, bool); 4] {
    [(false, false), (false, true), (true, false), (true, true)]
}

#[test]
fn authentication_data_come_with_their_method_and_not_always() {
    let methods = many::<v5::Connect>().into_iter().map(|connect| {
        let has = |id| connect.properties.get(id).is_some();
        (has(PropertyId::AuthenticationMethod), has(PropertyId::AuthenticationData))
    });
    seen(methods, [(false, false), (true, false), (true, true)]);
}

#[test]
fn properties_and_codes_of_5_0() {
    let packets = many::<v5::Packet>();
    let mut properties = BTreeSet::new();
    let mut codes = BTreeSet::new();
    let mut note = |packet: PacketType, ids: Vec<PropertyId>, reasons: Vec<u8>| {
        properties.extend(ids.into_iter().map(|id| (packet, id as u8)));
        codes.extend(reasons.into_iter().map(|code| (packet, code)));
    };
    for packet in &packets {
        let kind = packet.packet_type();
        macro_rules! ids {
            ($from:expr) => {
                $from.properties.iter().map(|property| property.id()).collect()
            };
        }
        match packet {
            v5::Packet::Connect(p) => {
                note(kind, ids!(p), vec![]);
                if let Some(will) = &p.will {
                    note(kind, ids!(will), vec![]);
                }
            }
            v5::Packet::ConnAck(p) => note(kind, ids!(p), vec![p.reason().into()]),
            v5::Packet::Publish(p) => {
                note(kind, p.properties().iter().map(|property| property.id()).collect(), vec![]);
            }
            v5::Packet::PubAck(p) => note(kind, ids!(p), vec![p.reason.into()]),
            v5::Packet::PubRec(p) => note(kind, ids!(p), vec![p.reason.into()]),
            v5::Packet::PubRel(p) => note(kind, ids!(p), vec![p.reason.into()]),
            v5::Packet::PubComp(p) => note(kind, ids!(p), vec![p.reason.into()]),
            v5::Packet::Subscribe(p) => note(kind, ids!(p), vec![]),
            v5::Packet::SubAck(p) => note(kind, ids!(p), p.reasons.iter().map(u8::from).collect()),
            v5::Packet::Unsubscribe(p) => note(kind, ids!(p), vec![]),
            v5::Packet::UnsubAck(p) => note(kind, ids!(p), p.reasons.iter().map(u8::from).collect()),
            v5::Packet::Disconnect(p) => note(kind, ids!(p), vec![p.reason.into()]),
            v5::Packet::Auth(p) => note(kind, ids!(p), vec![p.reason.into()]),
            v5::Packet::PingReq | v5::Packet::PingResp => {}
        }
    }
    // Table 2-4: properties by packet, those of the Will with those of CONNECT.
    let table: [(PacketType, usize); 13] = [
        (PacketType::Connect, 9 + 6),
        (PacketType::ConnAck, 17),
        (PacketType::Publish, 8),
        (PacketType::PubAck, 2),
        (PacketType::PubRec, 2),
        (PacketType::PubRel, 2),
        (PacketType::PubComp, 2),
        (PacketType::Subscribe, 2),
        (PacketType::SubAck, 2),
        (PacketType::Unsubscribe, 1),
        (PacketType::UnsubAck, 2),
        (PacketType::Disconnect, 4),
        (PacketType::Auth, 4),
    ];
    for (packet, count) in table {
        assert_eq!(
            properties.iter().filter(|(of, _)| *of == packet).count(),
            count,
            "{packet}: {properties:x?}"
        );
    }
    for (packet, count) in [
        (PacketType::ConnAck, v5::ConnAckReason::ALL.len()),
        (PacketType::PubAck, v5::PubAckReason::ALL.len()),
        (PacketType::PubRec, v5::PubRecReason::ALL.len()),
        (PacketType::PubRel, v5::PubRelReason::ALL.len()),
        (PacketType::PubComp, v5::PubCompReason::ALL.len()),
        (PacketType::SubAck, v5::SubAckReason::ALL.len()),
        (PacketType::UnsubAck, v5::UnsubAckReason::ALL.len()),
        (PacketType::Disconnect, v5::DisconnectReason::ALL.len()),
        (PacketType::Auth, v5::AuthReason::ALL.len()),
    ] {
        assert_eq!(codes.iter().filter(|(of, _)| *of == packet).count(), count, "{packet}: {codes:x?}");
    }
    let options = packets.iter().filter_map(|p| match p {
        v5::Packet::Subscribe(subscribe) => {
            Some(subscribe.filters.iter().map(|s| s.options.to_byte()).collect::<Vec<_>>())
        }
        _ => None,
    });
    let every = (0..0x30).filter(|byte| byte & 3 != 3);
    seen(options.flatten(), every);
    let topicless = packets.iter().filter_map(|p| match p {
        v5::Packet::Publish(publish) => {
            Some((publish.topic().is_none(), publish.delivery != Delivery::AtMostOnce))
        }
        _ => None,
    });
    seen(topicless, both());
}

#[test]
fn filters_of_every_shape() {
    let filters = many::<TopicFilter>();
    let has = |what: fn(&str) -> bool| filters.iter().any(|filter| what(filter.to_str().unwrap()));
    assert!(has(|f| f.starts_with('+')) && has(|f| f.ends_with("/+")) && has(|f| f.contains("/+/")));
    assert!(has(|f| f == "#" || f.ends_with("/#")) && has(|f| !f.contains(['+', '#'])));
    assert!(has(|f| f.starts_with('$')) && has(|f| f.starts_with('/')) && has(|f| f.contains("//")));
    assert!(has(|f| !f.is_ascii()));
}

#[test]
fn texts_and_data_of_every_shape() {
    let texts = many::<Text>();
    let has = |what: fn(&str) -> bool| texts.iter().any(|text| what(text.to_str().unwrap()));
    assert!(
        has(str::is_empty)
            && has(|t| t.len() > 20)
            && has(|t| !t.is_ascii())
            && has(|t| t.chars().count() == 1)
    );
    assert!(!has(|t| t.contains('\0')));
    let data = many::<Binary>();
    assert!(data.iter().any(|d| d.as_bytes().is_empty()) && data.iter().any(|d| d.as_bytes().len() > 20));
    assert!(data.iter().any(|d| str::from_utf8(d.as_bytes()).is_err()));
    let topics = many::<TopicName>();
    assert!(topics.iter().any(|t| t.levels().count() == 4) && topics.iter().any(|t| t.levels().count() == 1));
}
