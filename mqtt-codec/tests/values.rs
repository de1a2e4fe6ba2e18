//! The values that packets are made of: their ranges, their numbers and names, how they compare and print.

use bytes::{Bytes, BytesMut};
use mqtt_codec::{
    AnyPacket, Binary, Decoded, Delivery, EncodeError, FixedHeader, Frame, InvalidTopic, PacketId,
    PacketType, Qos, Sender, Text, TopicFilter, TopicName, VarInt, Version, v3, v5,
};
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[test]
fn versions() {
    for (version, name, level, protocol) in [
        (Version::V3_1, "3.1", 3, "MQIsdp"),
        (Version::V3_1_1, "3.1.1", 4, "MQTT"),
        (Version::V5, "5.0", 5, "MQTT"),
    ] {
        assert_eq!((version.name(), version.level(), version.protocol_name()), (name, level, protocol));
        assert_eq!(name.parse(), Ok(version));
        assert_eq!(format!("{version:>6}"), format!("{name:>6}"));
    }
    assert_eq!("5".parse(), Ok(Version::V5));
    for wrong in ["", "3", "3.1.2", "4", "5.0 "] {
        assert!(wrong.parse::<Version>().is_err(), "{wrong}");
    }
}

#[test]
fn packet_types() {
    for (number, packet) in (1_u8..).zip(PacketType::ALL) {
        let flags = if [6, 8, 10].contains(&number) { 2 } else { 0 };
        assert_eq!(packet.reserved_flags(), flags, "{packet}");
        assert_eq!(packet.first_byte(), number << 4 | flags, "{packet}");
        for low in 0..16 {
            assert_eq!(PacketType::from_first_byte(number << 4 | low), Some(packet));
        }
        assert_eq!(format!("{packet:<12}|"), format!("{:<12}|", packet.name()));
    }
    assert_eq!(PacketType::ALL.len(), 15);
    assert_eq!(PacketType::from_first_byte(0x0f), None);
    let senders = |packet: PacketType, version| {
        [Sender::Client, Sender::Server].map(|sender| packet.may_be_sent_by(sender, version))
    };
    assert_eq!(senders(PacketType::Disconnect, Version::V3_1), [true, false]);
    assert_eq!(senders(PacketType::Disconnect, Version::V3_1_1), [true, false]);
    assert_eq!(senders(PacketType::Disconnect, Version::V5), [true, true]);
    assert_eq!(senders(PacketType::Auth, Version::V3_1_1), [false, false]);
    assert_eq!(senders(PacketType::Auth, Version::V5), [true, true]);
    assert_eq!(format!("{} {}", Sender::Client, Sender::Server), "client server");
}

#[test]
fn qos_and_delivery() {
    let id = PacketId::new(7).unwrap();
    for (number, qos) in (0..3).zip(Qos::ALL) {
        assert_eq!((Qos::try_from(number), qos.get(), u8::from(qos)), (Ok(qos), number, number));
        assert_eq!(format!("{qos}"), number.to_string());
        let first = Delivery::first(qos, id);
        assert_eq!((first.qos(), first.dup()), (qos, false));
        let again = first.again();
        assert_eq!((again.qos(), again.dup()), (qos, qos > Qos::AtMostOnce));
        let expected = (qos > Qos::AtMostOnce).then_some(id);
        assert_eq!((first.packet_id(), again.packet_id()), (expected, expected));
    }
    assert_eq!(Qos::try_from(3).unwrap_err().to_string(), "3 is not a QoS level: expected 0, 1 or 2");
}

#[test]
fn packet_identifiers() {
    assert_eq!(PacketId::new(0), None);
    assert!(PacketId::try_from(0).is_err());
    let id = PacketId::try_from(0x1234).unwrap();
    assert_eq!((id.get(), u16::from(id), id.to_string().as_str()), (0x1234, 0x1234, "4660"));
    assert_eq!(id.next().get(), 0x1235);
    assert_eq!(PacketId::MAX.next(), PacketId::MIN);
    assert_eq!(PacketId::from(std::num::NonZeroU16::MAX), PacketId::MAX);
}

#[test]
fn variable_byte_integers() {
    for (value, len) in [
        (0, 1),
        (127, 1),
        (128, 2),
        (16_383, 2),
        (16_384, 3),
        (2_097_151, 3),
        (2_097_152, 4),
        (268_435_455, 4),
    ] {
        let number = VarInt::new(value).unwrap();
        assert_eq!((number.get(), u32::from(number), number.encoded_len()), (value, value, len));
        assert_eq!(VarInt::try_from(value), Ok(number));
        assert_eq!(VarInt::try_from(value as usize), Ok(number));
        assert_eq!(number.to_string(), value.to_string());
    }
    assert_eq!(VarInt::from(u16::MAX).get(), 65_535);
    assert_eq!(VarInt::new(268_435_456), None);
    assert!(VarInt::try_from(268_435_456_u32).is_err());
    assert!(VarInt::try_from(usize::MAX).is_err());
}

#[test]
fn text_and_binary() {
    let text = Text::new("grün").unwrap();
    assert_eq!((text.len(), text.is_empty(), text.to_str()), (5, false, Ok("grün")));
    assert!(Text::new("").unwrap().is_empty());
    assert_eq!((format!("{text}"), format!("{text:?}")), ("grün".to_owned(), "\"grün\"".to_owned()));
    let shared = Text::<Bytes>::try_from("grün").unwrap();
    assert_eq!(shared, text);
    assert_eq!(shared.as_borrowed(), text);
    assert_eq!(hash(&shared), hash(&text));
    assert_ne!(hash(&shared), hash(&Text::new("blau").unwrap()));
    assert_eq!(
        (shared == *"grün", shared == "grün", shared == *b"gr\xc3\xbcn".as_slice()),
        (true, true, true)
    );
    assert_eq!((shared == *"blau", shared == "blau", shared == *b"blau".as_slice()), (false, false, false));
    assert!(Text::new("a").unwrap() < Text::new("b").unwrap());
    assert_eq!(Text::new("b").unwrap().cmp(&Text::new("a").unwrap()), std::cmp::Ordering::Greater);
    assert_eq!(shared.as_ref(), "grün".as_bytes());
    assert_eq!(Text::try_from(Bytes::from("grün")).unwrap().into_inner(), "grün");
    assert!(Text::<Bytes>::try_from("\0").is_err());
    assert_eq!(Text::<&[u8]>::try_from("grün"), Ok(text));
    assert!(Text::<&[u8]>::try_from("\0").is_err());
    assert!(Text::try_from(Bytes::from_static(b"\xff")).is_err());
    assert!(Text::new(&"x".repeat(65_536)).is_err());
    assert!(Text::new(&"x".repeat(65_535)).is_ok());

    // 3.1 sets no rule on the encoding.
    let old = Text::from_v3_1(&b"a\xffb"[..]).unwrap();
    assert!(old.to_str().is_err());
    assert_eq!((format!("{old}"), format!("{old:?}")), ("a\u{fffd}b".to_owned(), "b\"a\\xffb\"".to_owned()));

    let binary = Binary::new(&b"\0\xff"[..]).unwrap();
    assert_eq!(format!("{binary:?}"), "b\"\\x00\\xff\"");
    assert_eq!(Binary::try_from(&b"\0\xff"[..]), Ok(binary));
    assert_eq!(Binary::try_from(Bytes::from_static(b"\0\xff")).unwrap().as_borrowed(), binary);
    assert_eq!(binary.into_inner(), b"\0\xff");
    assert!(Binary::new(&vec![0; 65_536][..]).is_err());
    assert!(Binary::try_from(Bytes::from(vec![0; 65_536])).is_err());
}

#[test]
fn topics() {
    let topic = TopicName::new("a//b").unwrap();
    assert_eq!(topic.levels().collect::<Vec<_>>(), [b"a".as_slice(), b"", b"b"]);
    assert_eq!(
        (topic.to_str(), format!("{topic}"), format!("{topic:?}")),
        (Ok("a//b"), "a//b".into(), "\"a//b\"".into())
    );
    assert_eq!(topic.as_text(), "a//b");
    assert_eq!(TopicName::<Bytes>::try_from("a//b").unwrap().as_borrowed(), topic);
    assert_eq!(TopicName::new(""), Err(InvalidTopic::Empty));
    assert_eq!(TopicName::new("a/+"), Err(InvalidTopic::Wildcard { at: 2 }));
    assert_eq!(TopicFilter::new(""), Err(InvalidTopic::Empty));
    assert_eq!(TopicFilter::new("a/b+"), Err(InvalidTopic::Misplaced { at: 3 }));
    assert_eq!(TopicFilter::new("#/a"), Err(InvalidTopic::Misplaced { at: 0 }));
    for (filter, wildcard) in [("a/b", false), ("+", true), ("a/#", true), ("$share/x/a", false)] {
        assert_eq!(TopicFilter::new(filter).unwrap().has_wildcard(), wildcard, "{filter}");
    }
    for filter in ["a", "$share", "$share/", "$share//a", "$share/x", "$share/x/", "$shared/x/a"] {
        assert_eq!(TopicFilter::new(filter).unwrap().shared(), None, "{filter}");
    }
    let filter = TopicFilter::new("$share/x/a/+").unwrap();
    let shared = filter.shared().unwrap();
    assert_eq!((shared.share_name == "x", shared.filter == "a/+"), (true, true));
}

#[test]
fn return_codes_of_3_1_1() {
    for (number, code) in (1..).zip(v3::ConnectReturnCode::ALL) {
        assert_eq!((v3::ConnectReturnCode::new(number), code.get()), (Some(code), number));
        let refused = v3::ConnAck::Refused(code);
        assert_eq!((refused.return_code(), refused.session_present()), (number, false));
    }
    assert_eq!((v3::ConnectReturnCode::new(0), v3::ConnectReturnCode::new(6)), (None, None));
    for session_present in [false, true] {
        let accepted = v3::ConnAck::Accepted { session_present };
        assert_eq!((accepted.return_code(), accepted.session_present()), (0, session_present));
    }
    for (number, qos) in (0..).zip(Qos::ALL) {
        let code = v3::SubscribeReturnCode::Granted(qos);
        assert_eq!((v3::SubscribeReturnCode::new(number), code.get()), (Some(code), number));
    }
    assert_eq!(v3::SubscribeReturnCode::new(0x80), Some(v3::SubscribeReturnCode::Failure));
    assert_eq!(v3::SubscribeReturnCode::Failure.get(), 0x80);
    assert_eq!((v3::SubscribeReturnCode::new(3), v3::SubscribeReturnCode::new(0x7f)), (None, None));
}

#[test]
fn session_present_of_5_0() {
    for (flags, session_present) in [(0, false), (1, true)] {
        let wire = [0x20, 3, flags, 0, 0];
        let Ok(Decoded::Complete { value: v5::Packet::ConnAck(connack), .. }) =
            v5::Decoder::new().decode(&wire)
        else {
            panic!("{flags} is valid")
        };
        assert_eq!(connack.session_present(), session_present);
    }
}

#[test]
fn reason_codes_of_5_0() {
    use v5::ReasonCode as _;
    for code in v5::DisconnectReason::ALL {
        assert_eq!(v5::DisconnectReason::from_u8(code.get()), Some(*code));
        assert_eq!(
            (u8::from(*code), code.to_string()),
            (code.get(), format!("{:#04x} {}", code.get(), code.name()))
        );
        assert_eq!(code.is_error(), code.get() >= 0x80);
    }
    assert!(v5::DisconnectReason::ALL.is_sorted());
    assert_eq!(v5::DisconnectReason::ALL.len(), 29);
    assert_eq!(v5::DisconnectReason::DisconnectWithWillMessage.only_from(), Some(Sender::Client));
    assert_eq!(v5::DisconnectReason::ServerBusy.only_from(), Some(Sender::Server));
    assert_eq!(v5::DisconnectReason::UnspecifiedError.only_from(), None);
    for qos in Qos::ALL {
        assert_eq!(v5::SubAckReason::granted(qos).get(), qos.get());
    }
}

#[test]
fn subscription_options() {
    for byte in 0..=255 {
        // Bits 6 and 7 are reserved; QoS 3 and Retain Handling 3 are none.
        let valid = byte < 0x40 && byte & 3 != 3 && byte & 0x30 != 0x30;
        if !valid {
            continue;
        }
        let options = v5::SubscriptionOptions {
            qos: Qos::new(byte & 3).unwrap(),
            no_local: byte & 4 != 0,
            retain_as_published: byte & 8 != 0,
            retain_handling: v5::RetainHandling::new(byte >> 4).unwrap(),
        };
        assert_eq!(options.to_byte(), byte);
        assert_eq!(options.retain_handling.get(), byte >> 4);
        let wire = [0x82, 0x07, 0, 1, 0, 0, 1, b'a', byte];
        let Ok(Decoded::Complete { value: v5::Packet::Subscribe(read), .. }) =
            v5::Decoder::new().decode(&wire)
        else {
            panic!("{byte:#04x} is valid")
        };
        assert_eq!(read.filters.iter().map(|it| it.options).collect::<Vec<_>>(), [options]);
    }
    assert_eq!(v5::RetainHandling::new(3), None);
    let plain = v5::SubscriptionOptions::new(Qos::AtLeastOnce);
    assert_eq!(plain.to_byte(), 1);
}

#[test]
fn headers_and_frames() {
    let header = |bytes: &[u8]| FixedHeader::parse(bytes, Version::V5).unwrap().complete().unwrap();
    let short = header(b"\x34\x05");
    assert_eq!(
        (short.first_byte(), short.packet_type(), short.flags()),
        (0x34, Some(PacketType::Publish), 4)
    );
    assert_eq!((short.remaining_length().get(), short.len(), short.packet_len()), (5, 2, 7));
    assert!(!short.is_overlong());
    let long = header(b"\xe0\x85\x80\x00");
    assert_eq!((long.remaining_length().get(), long.len(), long.packet_len(), long.flags()), (5, 4, 9, 0));
    assert!(long.is_overlong());
    let length = FixedHeader::parse(b"\xe0\x85\x80\x00\xff", Version::V5);
    assert!(matches!(length, Ok(Decoded::Complete { consumed: 4, .. })), "its own length is consumed");
    assert_eq!(header(b"\x00\x00").packet_type(), None);
    for (input, needed) in [(&b""[..], 2), (b"\x30", 1), (b"\x30\x80", 1), (b"\x30\x80\x80\x80", 1)] {
        assert_eq!(FixedHeader::parse(input, Version::V5), Ok(Decoded::Incomplete { needed }), "{input:?}");
    }
    assert!(FixedHeader::parse(b"\x30\x80\x80\x80\x80", Version::V5).is_err());

    let take = |input: &'static [u8], limit| Frame::take(input, Version::V3_1_1, limit);
    let Ok(Decoded::Complete { value: frame, consumed: 4 }) = take(b"\x40\x02\x00\x01\xc0", 4) else {
        panic!()
    };
    assert_eq!(
        (frame.bytes(), frame.body(), frame.header().len()),
        (&b"\x40\x02\x00\x01"[..], &b"\x00\x01"[..], 2)
    );
    assert_eq!(take(b"\x40\x02\x00", 4), Ok(Decoded::Incomplete { needed: 1 }));
    assert!(take(b"\x40\x02", 3).is_err(), "refused from its header");
    assert_eq!(Decoded::Complete { value: 3, consumed: 1 }.map(|n| n + 1).complete(), Some(4));
    assert_eq!(Decoded::<u8>::Incomplete { needed: 9 }.map(|n| n + 1), Decoded::Incomplete { needed: 9 });
    assert_eq!(Decoded::<u8>::Incomplete { needed: 9 }.complete(), None);
}

#[test]
fn a_buffer_that_just_fits_is_enough() {
    let packet = AnyPacket::from(v5::Packet::<Bytes>::PubAck(v5::PubAck::new(PacketId::MIN)));
    let mut room = [0; 4];
    let mut sink = &mut room[..];
    assert_eq!(packet.encode_to(&mut sink), Ok(4));
    assert_eq!(room, *b"\x40\x02\x00\x01");
    let mut sink = &mut room[..3];
    assert_eq!(packet.encode_to(&mut sink), Err(EncodeError::BufferTooSmall { needed: 4, available: 3 }));
    assert_eq!(packet.encode(&mut room[..3]), Err(EncodeError::BufferTooSmall { needed: 4, available: 3 }));
    let mut growing = BytesMut::new();
    assert_eq!(packet.encode_to(&mut growing), Ok(4));
}

#[test]
fn detection_says_how_much_it_still_needs() {
    let whole = b"\x10\x0e\x00\x06MQIsdp\x03\x02\x00\x3c\x00\x00";
    let needed = [2, 1, 2, 1, 6, 5, 4, 3, 2, 1, 1];
    for (cut, needed) in needed.into_iter().enumerate() {
        assert_eq!(Version::detect(&whole[..cut]), Ok(Decoded::Incomplete { needed }), "{cut}");
    }
    assert_eq!(Version::detect(&whole[..11]), Ok(Decoded::Complete { value: Version::V3_1, consumed: 0 }));
    let unknown = Version::detect(b"\x10\x0e\x00\x06MQIsdp\x04").unwrap_err();
    assert_eq!((unknown.version(), unknown.offset()), (Version::V3_1, 10));
    // A whole packet that ends too early waits for nothing.
    for cut in [&b"\x10\x01\x00"[..], b"\x10\x04\x00\x04MQ", b"\x10\x06\x00\x04MQTT"] {
        assert!(Version::detect(cut).is_err(), "{cut:?}");
    }
    // A name that is longer than any is refused before it is there.
    assert!(Version::detect(b"\x10\x0e\x00\x07").is_err());
    assert_eq!(Version::detect(b"\x10\x0e\x00\x06"), Ok(Decoded::Incomplete { needed: 6 }));
}

/// A log that prints packets must not hold what proves who a client is.
#[test]
fn debug_shows_no_secrets() {
    let secret = &b"correct horse"[..];
    let mut v3 = v3::Connect::new(v3::ProtocolLevel::V3_1_1, Text::new("id").unwrap(), true).unwrap();
    v3.credentials = Some(v3::Credentials {
        user_name: Text::new("user").unwrap(),
        password: Some(Binary::new(secret).unwrap()),
    });
    let mut memory = [0; 64];
    let v5 = v5::Connect {
        password: Some(Binary::new(secret).unwrap()),
        properties: v5::ConnectProperties::builder_in(&mut memory)
            .authentication_method("m")
            .authentication_data(secret)
            .finish()
            .unwrap(),
        ..v5::Connect::new(Text::new("id").unwrap())
    };
    let packets = [AnyPacket::from(v3), AnyPacket::from(v5)];
    for packet in packets {
        let text = format!("{packet:?}");
        assert!(!text.contains("horse") && text.contains("<13 bytes>"), "{text}");
    }
    assert!(format!("{:?}", packets[0]).contains("user"));
}

/// Every packet goes into the enum of its version, and into that of all.
#[test]
fn packets_go_into_their_enums() {
    let id = PacketId::new(9).unwrap();
    let disconnect = v5::Disconnect::<&[u8]>::bare(v5::DisconnectReason::ServerBusy);
    assert_eq!(AnyPacket::from(disconnect), AnyPacket::V5(v5::Packet::Disconnect(disconnect)));
    assert_eq!(AnyPacket::from(disconnect).packet_id(), None);
    let pubrel = v5::PubRel::<&[u8]>::bare(id, v5::PubRelReason::Success);
    assert_eq!(AnyPacket::from(pubrel).packet_id(), Some(id));
    let connack = v3::ConnAck::Accepted { session_present: true };
    assert_eq!(v3::Packet::<&[u8]>::from(connack), v3::Packet::ConnAck(connack));
    assert_eq!(v3::Packet::<&[u8]>::UnsubAck(id).packet_id(), Some(id));
    assert_eq!(v5::Packet::<&[u8]>::from(mqtt_codec::PingResp), v5::Packet::PingResp);
    let mut out = [0; 2];
    assert_eq!(mqtt_codec::PingReq.encode(&mut out), Ok(2));
    assert_eq!(out, [0xc0, 0]);
}
