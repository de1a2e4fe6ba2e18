//! What gateways, brokers and loggers do with packets.

use bytes::{Bytes, BytesMut};
use mqtt_codec::v5::{PropertyId, PublishProperties, SubscriptionId};
use mqtt_codec::{
    AnyPacket, BuildError, Cause, Decoded, Delivery, EncodeError, Field, PacketId, PublishHead, Qos,
    TopicFilter, TopicName, v3, v5,
};

const TOPIC: TopicName<&[u8]> = TopicName::from_static("a/b");

/// A QoS 1 PUBLISH of 5.0 with a Topic Alias, two Subscription Identifiers and a User Property.
fn received() -> v5::Publish {
    let properties = PublishProperties::builder()
        .topic_alias(3)
        .subscription_identifier(1)
        .message_expiry_interval(60)
        .user_property("origin", "hall 3")
        .subscription_identifier(2)
        .finish()
        .unwrap();
    let mut publish = v5::Publish::with_properties(TOPIC.into(), properties, Bytes::from_static(b"hello"));
    publish.delivery = Delivery::AtLeastOnce { packet_id: PacketId::MIN, dup: true };
    publish.retain = true;
    publish
}

#[test]
fn forwarding_drops_what_ends_at_a_hop() {
    let sent = received().forward().finish().unwrap();
    assert_eq!((sent.delivery, sent.retain), (Delivery::AtMostOnce, false));
    assert_eq!(sent.topic().unwrap(), "a/b");
    assert_eq!(sent.payload, received().payload);
    let ids: Vec<PropertyId> = sent.properties().iter().map(|property| property.id()).collect();
    assert_eq!(ids, [PropertyId::MessageExpiryInterval, PropertyId::UserProperty]);
    assert_eq!(sent.properties().message_expiry_interval(), Some(60));

    let delivery = Delivery::ExactlyOnce { packet_id: PacketId::MIN, dup: false };
    let identifiers = [7, 8].map(|id| SubscriptionId::new(id).unwrap());
    let publish = received();
    let forward = publish.forward().delivery(delivery).retain(true).expiry_left(9).identifiers(identifiers);
    let sent = forward.finish_to(TopicName::from_static("c").into()).unwrap();
    assert_eq!((sent.delivery, sent.retain, sent.topic().unwrap().as_bytes()), (delivery, true, &b"c"[..]));
    assert_eq!(sent.properties().message_expiry_interval(), Some(9));
    assert!(sent.properties().subscription_identifiers().eq(identifiers));
}

#[test]
fn forwarding_shares_properties_that_do_not_change() {
    let properties = PublishProperties::builder().content_type("text/plain").finish().unwrap();
    let publish = v5::Publish::with_properties(TOPIC.into(), properties, Bytes::new());
    // A message without an expiry gets none.
    let sent = publish.forward().expiry_left(9).finish().unwrap();
    assert_eq!(sent.properties(), publish.properties());
    let (one, other) = (publish.properties().as_bytes(), sent.forward().finish().unwrap());
    assert_eq!(publish.forward().finish().unwrap().properties().as_bytes().as_ptr(), one.as_ptr());
    assert_eq!(other.topic(), publish.topic());
}

#[test]
fn a_topic_alias_alone_is_not_passed_on() {
    let alias = PublishProperties::builder().topic_alias(3).finish().unwrap();
    let publish = v5::Publish::with_alias(alias, Bytes::new()).unwrap();
    assert_eq!(publish.forward().finish(), Err(BuildError::TopicAlias));
    assert_eq!(publish.to_v3(), Err(BuildError::TopicAlias));
    assert_eq!(publish.forward().finish_to(TOPIC.into()).unwrap().topic_alias(), None);
}

#[test]
fn a_conversion_says_what_is_lost() {
    let (publish, lost) = received().to_v3().unwrap();
    assert_eq!((publish.delivery, publish.retain), (received().delivery, true));
    assert_eq!(
        lost.to_string(),
        "Message Expiry Interval, Subscription Identifier, Topic Alias, User Property"
    );
    let back = v5::Publish::from(publish);
    assert_eq!((back.delivery, back.retain, back.topic()), (received().delivery, true, received().topic()));
    assert!(back.to_v3().unwrap().1.is_empty());
}

/// The head that is found in a growing part of a packet is the head of the whole packet, and is found as soon as it is there.
#[test]
fn the_head_of_a_publish_comes_before_its_payload() {
    let whole = received().to_vec().unwrap();
    let head_len = whole.len() - 5;
    let decoder = v5::Decoder::new();
    for len in 0..=whole.len() {
        match decoder.decode_publish_head(&whole[..len]).unwrap() {
            Decoded::Incomplete { needed } => assert!(len + needed <= head_len, "{len}: {needed}"),
            Decoded::Complete { value, consumed } => {
                let PublishHead { publish, payload_len, .. } = value.unwrap();
                assert_eq!((len >= head_len, consumed, payload_len), (true, head_len, 5));
                let mut expected = received();
                expected.payload = Bytes::new();
                assert_eq!(publish, expected.as_borrowed());
                let mut head = vec![0; head_len];
                assert_eq!(publish.encode_head_for(5, &mut head), Ok(head_len));
                assert_eq!(head, whole[..head_len]);
            }
        }
    }
    let other = decoder.decode_publish_head(b"\xc0\x00").unwrap();
    assert_eq!(other, Decoded::Complete { value: None, consumed: 0 });
    let v3 = v3::Decoder::new(v3::ProtocolLevel::V3_1_1);
    let head = v3.decode_publish_head(b"\x32\x64\x00\x01a\x00\x07pay").unwrap().complete().flatten().unwrap();
    assert_eq!((head.publish.topic.as_bytes(), head.payload_len), (&b"a"[..], 95));
}

#[test]
fn a_wrong_head_is_refused_as_the_packet_is() {
    for wrong in [
        &b"\x30\x04\x00\x05ab"[..],               // the topic is longer than the packet
        b"\x30\x05\x00\x01a\x09\x01",             // the properties are
        b"\x30\x04\x00\x01#\x00",                 // a wildcard
        b"\x30\x08\x00\x01a\xff\xff\xff\xff\x00", // no Variable Byte Integer
        b"\x36\x05\x00\x01a\x00\x00\x00",         // QoS 3
        b"\x32\x06\x00\x01a\x00\x00\x00",         // Packet Identifier 0
        b"\x30\xff\xff\xff\xff\x01",
    ] {
        let decoder = v5::Decoder::new();
        let head = decoder.decode_publish_head(wrong).unwrap_err();
        assert_eq!(decoder.decode(wrong).unwrap_err(), head, "{wrong:02x?}");
    }
}

#[test]
fn a_small_buffer_says_what_is_needed() {
    let mut memory = [0; 40];
    let block = |room: usize, memory: &mut [u8]| {
        let builder = PublishProperties::builder_in(&mut memory[..room]);
        builder
            .content_type("text/plain")
            .message_expiry_interval(1)
            .finish()
            .map(|block| block.iter().count())
    };
    assert_eq!(block(0, &mut memory), Err(BuildError::BufferTooSmall { needed: 18 }));
    assert_eq!(block(17, &mut memory), Err(BuildError::BufferTooSmall { needed: 18 }));
    assert_eq!(block(18, &mut memory), Ok(2));
}

#[test]
fn packets_are_written_to_vectors_and_writers() {
    let publish = v3::Publish::new(TOPIC, &[0x55; 600][..]);
    let packet = publish.to_vec().unwrap();
    assert_eq!(packet.len(), publish.encoded_len().unwrap());
    let mut out = Vec::new();
    assert_eq!(
        publish.write_to(&mut out).unwrap()
            + AnyPacket::ping_req(mqtt_codec::Version::V5).write_to(&mut out).unwrap(),
        out.len()
    );
    assert_eq!(out, [&packet[..], &[0xc0, 0]].concat());
    let mut full = &mut [0; 1][..];
    assert!(mqtt_codec::PingReq.write_to(&mut full).is_err());
}

#[test]
fn parts_get_memory_of_their_own() {
    let mut received = BytesMut::from(&b"\x82\x0c\x00\x07\x00\x03a/#\x01\x00\x01b\x00"[..]);
    let frame = received.split_to(received.len()).freeze();
    let decoder = v3::Decoder::new(v3::ProtocolLevel::V3_1_1);
    let packet = decoder.decode(&frame).unwrap().complete().unwrap();
    let v3::Packet::Subscribe(subscribe) = packet else { panic!("{packet}") };
    let filters: Vec<TopicFilter<&[u8]>> =
        subscribe.filters.into_iter().map(|wanted| wanted.filter).collect();
    let shared: Vec<TopicFilter> = filters.iter().map(|filter| filter.share(&frame)).collect();
    assert_eq!(shared[0].as_bytes().as_ptr(), filters[0].as_bytes().as_ptr());
    let detached = filters[1].detach();
    assert_ne!(detached.as_bytes().as_ptr(), filters[1].as_bytes().as_ptr());
    assert_eq!((detached, shared[0].clone()), (filters[1].detach(), filters[0].detach()));
    assert_eq!(subscribe.filters.share(&frame), subscribe.filters.detach());
    let qos: std::collections::BTreeMap<TopicFilter, Qos> =
        subscribe.filters.into_iter().map(|wanted| (wanted.filter.detach(), wanted.qos)).collect();
    assert_eq!(qos.get(&b"a/#"[..]), Some(&Qos::AtLeastOnce));
}

#[test]
fn a_packet_is_one_line_of_a_log() {
    let line = |packet: &dyn std::fmt::Display| packet.to_string();
    assert_eq!(
        line(&v5::Packet::from(received())),
        r#"PUBLISH "a/b" QoS 1 id 1 dup retain, 5 properties, 5 bytes"#
    );
    for (wire, expected) in [
        (
            &b"\x10\x17\x00\x04MQTT\x04\xc2\x00\x3c\x00\x02me\x00\x03you\x00\x02pw"[..],
            r#"CONNECT 3.1.1 "me" clean session keep alive 60 s with credentials"#,
        ),
        (b"\x20\x02\x01\x00", "CONNACK accepted session present"),
        (b"\x20\x02\x00\x05", "CONNACK 5 NotAuthorized"),
        (b"\x30\x07\x00\x04a\nb\"x", r#"PUBLISH "a\nb\"" QoS 0, 1 byte"#),
        (b"\x82\x0c\x00\x07\x00\x03a/#\x01\x00\x01b\x00", r#"SUBSCRIBE id 7 "a/#" QoS 1, "b" QoS 0"#),
        (b"\x90\x04\x00\x07\x01\x80", "SUBACK id 7 0x01, 0x80"),
        (b"\xa2\x07\x00\x07\x00\x03a/#", r#"UNSUBSCRIBE id 7 "a/#""#),
        (b"\xe0\x00", "DISCONNECT"),
    ] {
        let decoded = v3::Decoder::new(v3::ProtocolLevel::V3_1_1).decode(wire);
        let shown = AnyPacket::V3(decoded.unwrap().complete().unwrap()).to_string();
        assert_eq!(shown, expected);
    }
    for (wire, expected) in [
        (&b"\x20\x03\x00\x87\x00"[..], "CONNACK 0x87 Not authorized"),
        (b"\x30\x07\x00\x00\x03\x23\x00\x09x", r"PUBLISH alias 9 QoS 0, 1 property, 1 byte"),
        (b"\xe0\x00", "DISCONNECT 0x00 Normal disconnection"),
        (b"\xb0\x04\x00\x07\x00\x11", "UNSUBACK id 7 0x11"),
    ] {
        assert_eq!(v5::Decoder::new().decode(wire).unwrap().complete().unwrap().to_string(), expected);
    }
}

#[test]
fn versions_share_accessors() {
    let any = AnyPacket::from(received());
    let publish = any.as_publish().unwrap();
    assert_eq!(
        (publish.delivery, publish.retain, publish.payload),
        (received().delivery, true, &b"hello"[..])
    );
    assert_eq!(AnyPacket::ping_resp(mqtt_codec::Version::V3_1).as_publish(), None);
    assert_eq!(AnyPacket::ping_resp(mqtt_codec::Version::V3_1).into_v3(), Some(v3::Packet::PingResp));
    assert_eq!(any.clone().into_v3(), None);
    assert_eq!(any.into_v5(), Some(received().into()));
}

#[test]
fn a_head_for_too_long_a_payload_is_refused() {
    let publish = v3::Publish::new(TOPIC, &[][..]);
    let error = publish.encode_head_for(268_435_455, &mut [0; 32]);
    assert_eq!(error, Err(EncodeError::TooLong { remaining_length: 268_435_460 }));
    let error = v3::Decoder::new(v3::ProtocolLevel::V3_1_1).decode_publish_head(b"\x30\x02\x00").unwrap();
    assert_eq!(error, Decoded::Incomplete { needed: 1 });
    let error = v3::Decoder::new(v3::ProtocolLevel::V3_1_1).decode_publish_head(b"\x30\x01\x00").unwrap_err();
    assert_eq!((error.field(), error.cause()), (Field::TopicName, Cause::Truncated));
}

#[test]
fn debug_shows_the_start_of_a_payload() {
    let shown = |len: usize| format!("{:?}", v3::Publish::new(TOPIC, &[b'x'; 65][..len]));
    assert!(shown(64).contains(&format!("payload: b\"{}\" }}", "x".repeat(64))));
    assert!(shown(65).contains(&format!("payload: b\"{}\"… <65 bytes> }}", "x".repeat(64))));
}

#[test]
fn packets_are_keys() {
    let publish = received();
    let mut set = std::collections::HashSet::new();
    assert!(set.insert(AnyPacket::from(publish.clone())));
    assert!(!set.insert(publish.into()));
}
