//! What is refused, and what the error says: packet, field, offset, cause, statement, answer.
//!
//! The cases that the standards name, one line each. The corpus in `test-vectors/` goes further.

mod common;

use Version::{V3_1, V3_1_1, V5};
use common::{block, packet, text};
use mqtt_codec::{AnyDecoder, DecodeOptions, Decoded, PacketType, Sender, Version, v3};

#[track_caller]
fn refusal(version: Version, options: DecodeOptions, bytes: &[u8]) -> mqtt_codec::DecodeError {
    match AnyDecoder::with_options(version, options).decode(bytes) {
        Err(e) => e,
        Ok(other) => panic!("{version} {bytes:02x?} is accepted: {other:?}"),
    }
}

/// The error's text, and the reason code that 5.0 answers with.
#[track_caller]
fn check(version: Version, bytes: impl AsRef<[u8]>, message: &str, answer: impl Into<Option<u8>>) {
    let error = refusal(version, DecodeOptions::new(), bytes.as_ref());
    assert_eq!(error.to_string(), message);
    assert_eq!(error.reason_code(), answer.into(), "{message}");
    let named = message.split(' ').next().filter(|word| word.bytes().all(|b| b.is_ascii_uppercase()));
    assert_eq!(error.packet_type().map(PacketType::name), named, "{message}");
    assert!(version != V5 || error.return_code().is_none(), "5.0 has no return codes: {message}");
}

#[track_caller]
fn check_accepted(version: Version, options: DecodeOptions, bytes: impl AsRef<[u8]>) {
    let bytes = bytes.as_ref();
    match AnyDecoder::with_options(version, options).decode(bytes) {
        Ok(Decoded::Complete { consumed, .. }) => assert_eq!(consumed, bytes.len()),
        other => panic!("{version} {bytes:02x?}: {other:?}"),
    }
}

fn connect(version: Version, flags: u8, rest: &[&[u8]]) -> Vec<u8> {
    let head = [&text(version.protocol_name())[..], &[version.level(), flags, 0, 60]].concat();
    let properties: &[u8] = if version == V5 { b"\0" } else { b"" };
    packet(0x10, &[&head, properties, &rest.concat()])
}

/// A CONNECT of 5.0 with these properties.
fn connect_with(properties: &[&[u8]]) -> Vec<u8> {
    packet(0x10, &[&text("MQTT"), b"\x05\x02\x00\x3c", &block(properties), &text("id")])
}

fn publish_with(properties: &[&[u8]]) -> Vec<u8> {
    packet(0x30, &[&text("a/b"), &block(properties)])
}

#[test]
fn fixed_header() {
    check(V5, b"\x00\x00", "Fixed Header, byte 0: packet type 0 is reserved section 2.1.2", 0x81);
    check(V3_1_1, b"\xf0\x00", "AUTH Fixed Header, byte 0: packet type 15 is reserved section 2.2.1", None);
    for (bytes, name, v3_id, v5_id) in [
        (b"\x11\x00", "CONNECT", "MQTT-2.2.2-2", "MQTT-2.1.3-1"),
        (b"\x60\x02", "PUBREL", "MQTT-3.6.1-1", "MQTT-3.6.1-1"),
        (b"\x80\x02", "SUBSCRIBE", "MQTT-3.8.1-1", "MQTT-3.8.1-1"),
        (b"\xa3\x02", "UNSUBSCRIBE", "MQTT-3.10.1-1", "MQTT-3.10.1-1"),
        (b"\xe1\x00", "DISCONNECT", "MQTT-3.14.1-1", "MQTT-3.14.1-1"),
    ] {
        let flags = bytes[0] & 15;
        let start =
            format!("{name} Fixed Header, byte 0: flags {flags:#06b} are not allowed for this packet type");
        check(V3_1_1, bytes, &format!("{start} [{v3_id}]"), None);
        check(V5, bytes, &format!("{start} [{v5_id}]"), 0x81);
    }
    let flags =
        "AUTH Fixed Header, byte 0: flags 0b0001 are not allowed for this packet type [MQTT-3.15.1-1]";
    check(V5, b"\xf1\x00", flags, 0x81);
    check(V3_1_1, b"\x36\x05", "PUBLISH Fixed Header, byte 0: QoS is 3 [MQTT-3.3.1-4]", None);
    check(V5, b"\x38\x05", "PUBLISH Fixed Header, byte 0: DUP is set at QoS 0 [MQTT-3.3.1-2]", 0x81);
    for flags in 0..16 {
        check_accepted(V3_1, DecodeOptions::new(), [0xc0 | flags, 0]);
        check_accepted(V3_1, DecodeOptions::new(), [0x40 | flags, 2, 0, 1]);
    }
    for first in [0x62, 0x63, 0x6a, 0x6b] {
        check_accepted(V3_1, DecodeOptions::new(), [first, 2, 0, 1]);
    }
    check(
        V3_1,
        b"\x60\x02",
        "PUBREL Fixed Header, byte 0: flags 0b0000 are not allowed for this packet type [V31-3.6-1]",
        None,
    );
    check_accepted(V3_1, DecodeOptions::new(), packet(0x38, &[&text("a")]));
}

#[test]
fn remaining_length() {
    let message = "PINGREQ Remaining Length, byte 1: a variable byte integer of more than four bytes section";
    check(V5, b"\xc0\x80\x80\x80\x80", &format!("{message} 1.5.5"), 0x81);
    check(V3_1_1, b"\xc0\x80\x80\x80\x80", &format!("{message} 2.2.3"), None);
    let message =
        "PINGREQ Remaining Length, byte 1: a variable byte integer that is not in its shortest form";
    check(V5, b"\xc0\x80\x00", &format!("{message} [MQTT-1.5.5-1]"), 0x81);
    check_accepted(V3_1_1, DecodeOptions::new(), b"\xc0\x80\x80\x80\x00");
    refusal(V3_1_1, DecodeOptions::new().refuse_overlong_lengths(true), b"\xc0\x80\x00");
    check(V5, b"\xc0\x01\x00", "PINGREQ Packet, byte 2: 1 bytes after the last field section 3.12", 0x81);
    check(V5, b"\x40\x01\x00", "PUBACK Packet Identifier, byte 2: runs past the end section 3.4", 0x81);

    let limited = DecodeOptions::new().max_packet_size(1000);
    let error = refusal(V5, limited, b"\x30\xe6\x07"); // the header alone
    assert_eq!(
        error.to_string(),
        "PUBLISH Remaining Length, byte 1: a packet of 1001 bytes is above the limit of 1000 section 3.1.2.11.4"
    );
    assert_eq!(error.reason_code(), Some(0x95));
    // Whole packets, with a Remaining Length of one byte and of two, at the limit and one above it.
    for (payload, len) in [(100, 106), (300, 307)] {
        let whole = packet(0x30, &[&text("a"), b"\0", &vec![0; payload]]);
        assert_eq!(u32::try_from(whole.len()), Ok(len));
        check_accepted(V5, DecodeOptions::new().max_packet_size(len), &whole);
        let error = refusal(V5, DecodeOptions::new().max_packet_size(len - 1), &whole);
        assert_eq!((error.offset(), error.reason_code()), (1, Some(0x95)));
    }
    let largest = AnyDecoder::new(V5).decode(b"\x30\xff\xff\xff\x7f");
    assert_eq!(largest, Ok(Decoded::Incomplete { needed: 268_435_455 }));
}

#[test]
fn connect_header() {
    let wrong_name = packet(0x10, &[&text("MQTX"), b"\x05\x02\x00\x00\x00", &text("id")]);
    check(
        V5,
        &wrong_name,
        "CONNECT Protocol Name, byte 2: not the protocol name of this version [MQTT-3.1.2-1]",
        0x84,
    );
    let level_6 = packet(0x10, &[&text("MQTT"), b"\x06\x02\x00\x00\x00", &text("id")]);
    check(
        V5,
        &level_6,
        "CONNECT Protocol Version, byte 8: protocol level 6 is not this version's [MQTT-3.1.2-2]",
        0x84,
    );
    let error = refusal(V3_1_1, DecodeOptions::new(), &level_6);
    assert_eq!(error.return_code(), Some(v3::ConnectReturnCode::UnacceptableProtocolVersion));

    for version in [V3_1_1, V5] {
        let answer = (version == V5).then_some(0x81);
        let set = connect(version, 0x03, &[&text("id")]);
        check(
            version,
            set,
            "CONNECT Connect Flags, byte 9: the reserved flag is set in 0b00000011 [MQTT-3.1.2-3]",
            answer,
        );
    }
    let will = [text("w"), text("")].concat();
    check(
        V5,
        connect(V5, 0x1e, &[&text("id"), b"\0", &will]),
        "CONNECT Connect Flags, byte 9: Will QoS is 3 [MQTT-3.1.2-12]",
        0x81,
    );
    check(
        V3_1_1,
        connect(V3_1_1, 0x1e, &[&text("id"), &will]),
        "CONNECT Connect Flags, byte 9: Will QoS is 3 [MQTT-3.1.2-14]",
        None,
    );
    let message = "CONNECT Connect Flags, byte 9: Will QoS or Will Retain without Will Flag in";
    check(V5, connect(V5, 0x0a, &[&text("id")]), &format!("{message} 0b00001010 [MQTT-3.1.2-11]"), 0x81);
    check(V5, connect(V5, 0x22, &[&text("id")]), &format!("{message} 0b00100010 [MQTT-3.1.2-13]"), 0x81);
    // Both bits of Will QoS without a Will: the missing Will comes first.
    check(V5, connect(V5, 0x1a, &[&text("id")]), &format!("{message} 0b00011010 [MQTT-3.1.2-11]"), 0x81);
    check(
        V3_1_1,
        connect(V3_1_1, 0x22, &[&text("id")]),
        &format!("{message} 0b00100010 [MQTT-3.1.2-15]"),
        None,
    );
    let message = "CONNECT Connect Flags, byte 9: Password Flag without User Name Flag [MQTT-3.1.2-22]";
    check(V3_1_1, connect(V3_1_1, 0x42, &[&text("id"), &text("pw")]), message, None);
    check_accepted(V5, DecodeOptions::new(), connect(V5, 0x42, &[&text("id"), &text("pw")]));

    // 3.1 disregards unused bits and will flags without a Will, and lets flagged strings be missing.
    for flags in [0x03, 0x1a, 0x22, 0x82, 0xc2] {
        check_accepted(V3_1, DecodeOptions::new(), connect(V3_1, flags, &[&text("id")]));
    }
    check_accepted(V3_1, DecodeOptions::new(), connect(V3_1, 0xc2, &[&text("id"), &text("user")]));
    check(
        V3_1_1,
        connect(V3_1_1, 0x82, &[&text("id")]),
        "CONNECT User Name, byte 16: runs past the end [MQTT-3.1.4-1]",
        None,
    );
    check(
        V5,
        connect(V5, 0x82, &[&text("id"), &text("u"), b"\0"]),
        "CONNECT Packet, byte 20: 1 bytes after the last field [MQTT-3.1.4-1]",
        0x81,
    );
    check(
        V5,
        connect(V5, 0x06, &[&text("id"), b"\0", &text("w/#"), &text("")]),
        "CONNECT Will Topic, byte 22: wildcard in a topic name [MQTT-4.7.0-1]",
        0x90,
    );
}

#[test]
fn client_identifier() {
    let id_24 = "a".repeat(24);
    for (version, flags, id, message) in [
        (
            V3_1_1,
            0x00,
            "",
            "CONNECT Client Identifier, byte 12: is empty though Clean Session is 0 [MQTT-3.1.3-7]",
        ),
        (V3_1, 0x02, "", "CONNECT Client Identifier, byte 14: 0 characters; 3.1 allows 1 to 23 [V31-3.1-2]"),
        (
            V3_1,
            0x02,
            &id_24,
            "CONNECT Client Identifier, byte 14: 24 characters; 3.1 allows 1 to 23 [V31-3.1-1]",
        ),
    ] {
        let bytes = connect(version, flags, &[&text(id)]);
        check(version, &bytes, message, None);
        let error = refusal(version, DecodeOptions::new(), &bytes);
        assert_eq!(error.return_code(), Some(v3::ConnectReturnCode::IdentifierRejected));
        check_accepted(version, DecodeOptions::new().accept_any_client_identifier(true), &bytes);
    }
    check_accepted(V3_1, DecodeOptions::new(), connect(V3_1, 2, &[&text(&"ü".repeat(23))]));
    check_accepted(V3_1_1, DecodeOptions::new(), connect(V3_1_1, 0, &[&text(&id_24)]));
}

#[test]
fn connack() {
    check(
        V3_1_1,
        b"\x20\x02\x02\x00",
        "CONNACK Connect Acknowledge Flags, byte 2: reserved bits are set in 0b00000010 section 3.2.2.1",
        None,
    );
    check(
        V5,
        b"\x20\x03\x80\x00\x00",
        "CONNACK Connect Acknowledge Flags, byte 2: reserved bits are set in 0b10000000 [MQTT-3.2.2-1]",
        0x81,
    );
    check(
        V3_1_1,
        b"\x20\x02\x01\x05",
        "CONNACK Connect Acknowledge Flags, byte 2: Session Present with code 0x05 [MQTT-3.2.2-4]",
        None,
    );
    check(
        V5,
        b"\x20\x03\x01\x87\x00",
        "CONNACK Connect Acknowledge Flags, byte 2: Session Present with code 0x87 [MQTT-3.2.2-6]",
        0x82,
    );
    check(
        V3_1,
        b"\x20\x02\x00\x06",
        "CONNACK Return Code, byte 3: return code 0x06 is not allowed here [V31-2.2-14]",
        None,
    );
    check(
        V5,
        b"\x20\x03\x00\x8e\x00",
        "CONNACK Reason Code, byte 3: reason code 0x8e is not allowed here [MQTT-3.2.2-8]",
        0x81,
    );
    check(V5, b"\x20\x02\x00\x00", "CONNACK Property Length, byte 4: runs past the end section 3.2", 0x81);
    check_accepted(V3_1, DecodeOptions::new(), b"\x20\x02\xff\x00");
}

#[test]
fn publish() {
    for version in [V3_1, V3_1_1, V5] {
        let id = if version == V3_1 {
            "V31-2.4-1"
        } else if version == V3_1_1 {
            "MQTT-2.3.1-1"
        } else {
            "MQTT-2.2.1-3"
        };
        let bytes = packet(0x32, &[&text("a"), b"\x00\x00\x00"]);
        check(
            version,
            bytes,
            &format!("PUBLISH Packet Identifier, byte 5: must not be 0 [{id}]"),
            (version == V5).then_some(0x81),
        );
    }
    check(
        V3_1_1,
        packet(0x30, &[&text("a/+/b")]),
        "PUBLISH Topic Name, byte 6: wildcard in a topic name [MQTT-3.3.2-2]",
        None,
    );
    check(V3_1_1, packet(0x30, &[&text("")]), "PUBLISH Topic Name, byte 2: is empty [MQTT-4.7.3-1]", None);
    check(
        V5,
        packet(0x30, &[&text(""), b"\0"]),
        "PUBLISH Topic Name, byte 2: is empty without a Topic Alias section 3.3.2.1",
        0x82,
    );
    check(
        V5,
        publish_with(&[b"\x23\x00\x00"]),
        "PUBLISH Topic Alias, byte 9: must not be 0 [MQTT-3.3.2-8]",
        0x94,
    );
    check(
        V5,
        publish_with(&[b"\x0b\x00"]),
        "PUBLISH Subscription Identifier, byte 9: the value 0 is out of range section 3.3.2.3.8",
        0x82,
    );
    check(
        V5,
        publish_with(&[b"\x08", &text("a/#")]),
        "PUBLISH Response Topic, byte 13: wildcard in a topic name [MQTT-3.3.2-14]",
        0x90,
    );
    let from_client = DecodeOptions::new().sender(Sender::Client);
    let error = refusal(V5, from_client, &publish_with(&[b"\x0b\x01"]));
    assert_eq!(
        error.to_string(),
        "PUBLISH Subscription Identifier, byte 8: Subscription Identifier is not for a client to send here [MQTT-3.3.4-6]"
    );
    let twice = publish_with(&[b"\x01\x01\x01\x01"]);
    check(
        V5,
        &twice,
        "PUBLISH Payload Format Indicator, byte 10: Payload Format Indicator appears twice section 3.3.2.3.2",
        0x82,
    );
    check_accepted(V5, DecodeOptions::new().accept_repeated_publish_properties(true), &twice);
    let not_utf8 = packet(0x30, &[&text("a"), &block(&[b"\x01\x01"]), b"ok\xff"]);
    check_accepted(V5, DecodeOptions::new(), &not_utf8);
    let error = refusal(V5, DecodeOptions::new().check_payload_format(true), &not_utf8);
    assert_eq!((error.offset(), error.reason_code()), (10, Some(0x99)));
    let will = [&block(&[b"\x01\x01"])[..], &text("w"), &text(b"ok\xff")].concat();
    let not_utf8 = connect(V5, 0x06, &[&text("id"), &will]);
    check_accepted(V5, DecodeOptions::new(), &not_utf8);
    let error = refusal(V5, DecodeOptions::new().check_payload_format(true), &not_utf8);
    assert_eq!((error.offset(), error.reason_code()), (27, Some(0x99)));
}

#[test]
fn text_rules() {
    for (bytes, offset, what) in [
        (&b"a\xc0\x80"[..], 5, "ill-formed UTF-8 [MQTT-1.5.4-1]"),
        (b"\xed\xa0\x80", 4, "ill-formed UTF-8 [MQTT-1.5.4-1]"),
        (b"abc\xf4\x90\x80\x80", 7, "ill-formed UTF-8 [MQTT-1.5.4-1]"),
        (b"ab\xe2\x82", 6, "ill-formed UTF-8 [MQTT-1.5.4-1]"),
        ("ü\0".as_bytes(), 6, "null character U+0000 [MQTT-1.5.4-2]"),
        (b"\0\xff", 4, "null character U+0000 [MQTT-1.5.4-2]"),
    ] {
        let bytes = packet(0x30, &[&text(bytes), b"\0"]);
        check(V5, bytes, &format!("PUBLISH Topic Name, byte {offset}: {what}"), 0x81);
    }
    check(
        V3_1_1,
        packet(0x30, &[&text(b"\xff")]),
        "PUBLISH Topic Name, byte 4: ill-formed UTF-8 [MQTT-1.5.3-1]",
        None,
    );
    // 3.1 has no rule on UTF-8, but wants no null character in a topic.
    check_accepted(V3_1, DecodeOptions::new(), packet(0x30, &[&text(b"\xff\xc0\x80")]));
    check(
        V3_1,
        packet(0x30, &[&text("a\0")]),
        "PUBLISH Topic Name, byte 5: null character U+0000 section Appendix A",
        None,
    );
}

/// One packet for each place of a text, with this text there.
fn texts_everywhere(version: Version, content: &str) -> Vec<Vec<u8>> {
    let it = &text(content)[..];
    let no_properties: &[u8] = if version == V5 { b"\0" } else { b"" };
    let will = [no_properties, it, &text("gone")].concat();
    let mut all = vec![
        connect(version, 0x02, &[it]),
        connect(version, 0x06, &[&text("id"), &will]),
        connect(version, 0x82, &[&text("id"), it]),
        packet(0x30, &[it, no_properties]),
        packet(0x82, &[b"\0\x01", no_properties, it, b"\0"]),
        packet(0x82, &[b"\0\x01", no_properties, &text("first"), b"\0", it, b"\0"]),
        packet(0xa2, &[b"\0\x01", no_properties, it]),
        packet(0xa2, &[b"\0\x01", no_properties, &text("first"), it]),
    ];
    if version == V5 {
        all.extend([
            connect_with(&[b"\x15", it]),
            connect_with(&[b"\x26", it, &text("")]),
            connect_with(&[b"\x26", &text(""), it]),
            packet(0x20, &[b"\0\0", &block(&[b"\x12", it])]),
            packet(0x20, &[b"\0\0", &block(&[b"\x1a", it])]),
            packet(0x20, &[b"\0\0", &block(&[b"\x1c", it])]),
            publish_with(&[b"\x03", it]),
            publish_with(&[b"\x08", it]),
            packet(0x40, &[b"\0\x01\x80", &block(&[b"\x1f", it])]),
            packet(0x82, &[b"\0\x01\0", &text(&format!("$share/g/{content}")), b"\0"]),
            packet(0x82, &[b"\0\x01\0", &text(&format!("$share/{content}/t")), b"\0"]),
            packet(0xa2, &[b"\0\x01\0", &text(&format!("$share/{content}/t"))]),
        ]);
    }
    all
}

#[test]
fn characters_that_may_be_refused() {
    for (character, control, non_character) in [
        ("\u{1}", true, false),
        ("\u{85}", true, false),
        ("\u{7f}", true, false),
        ("\u{fffe}", false, true),
        ("\u{fdd0}", false, true),
        ("\u{10ffff}", false, true),
        ("\u{feff}", false, false),
    ] {
        // A text shorter than a word, and longer ones that have it in a whole word and in the rest.
        for text in [character.to_owned(), format!("{character}-and-more"), format!("more-than-{character}")]
        {
            for (version, bytes) in [V3_1_1, V5]
                .into_iter()
                .flat_map(|v| texts_everywhere(v, &text).into_iter().map(move |p| (v, p)))
            {
                check_accepted(version, DecodeOptions::new(), &bytes);
                let refuses = |options| AnyDecoder::with_options(version, options).decode(&bytes).is_err();
                let refused = (
                    refuses(DecodeOptions::new().refuse_control_characters(true)),
                    refuses(DecodeOptions::new().refuse_non_characters(true)),
                );
                assert_eq!(refused, (control, non_character), "{version} {bytes:02x?}");
            }
        }
    }
}

#[test]
fn subscribe_and_unsubscribe() {
    check(
        V5,
        packet(0x82, &[b"\x00\x01\x00"]),
        "SUBSCRIBE Topic Filter, byte 5: at least one entry is required [MQTT-3.8.3-2]",
        0x82,
    );
    check(
        V3_1_1,
        packet(0xa2, &[b"\x00\x01"]),
        "UNSUBSCRIBE Topic Filter, byte 4: at least one entry is required [MQTT-3.10.3-2]",
        None,
    );
    let v5 = |filter: &str, options: u8| packet(0x82, &[b"\x00\x01\x00", &text(filter), &[options]]);
    check(V5, v5("a", 0x03), "SUBSCRIBE Subscription Options, byte 8: requests QoS 3 section 3.8.3.1", 0x82);
    check(
        V5,
        v5("a", 0x30),
        "SUBSCRIBE Subscription Options, byte 8: Retain Handling is 3 section 3.8.3.1",
        0x82,
    );
    check(
        V5,
        v5("a", 0x40),
        "SUBSCRIBE Subscription Options, byte 8: reserved bits are set in 0b01000000 [MQTT-3.8.3-5]",
        0x81,
    );
    check(
        V5,
        v5("$share/g/a", 0x04),
        "SUBSCRIBE Subscription Options, byte 17: No Local on a shared subscription [MQTT-3.8.3-4]",
        0x82,
    );
    check(
        V5,
        v5("$share/g", 0x00),
        "SUBSCRIBE Topic Filter, byte 15: not of the form $share/{ShareName}/{filter} [MQTT-4.8.2-2]",
        0x8f,
    );
    check(
        V5,
        v5("a/#/b", 0x00),
        "SUBSCRIBE Topic Filter, byte 9: misplaced # in a topic filter [MQTT-4.7.1-1]",
        0x8f,
    );
    check(
        V5,
        v5("a+", 0x00),
        "SUBSCRIBE Topic Filter, byte 8: misplaced + in a topic filter [MQTT-4.7.1-2]",
        0x8f,
    );
    check(V5, v5("", 0x00), "SUBSCRIBE Topic Filter, byte 5: is empty [MQTT-4.7.3-1]", 0x8f);
    let v3 = |options: u8| packet(0x82, &[b"\x00\x01", &text("$share//a"), &[options]]);
    check(
        V3_1_1,
        v3(0x04),
        "SUBSCRIBE Requested QoS, byte 15: reserved bits are set in 0b00000100 [MQTT-3.8.3-4]",
        None,
    );
    check(V3_1_1, v3(0x03), "SUBSCRIBE Requested QoS, byte 15: requests QoS 3 [MQTT-3.8.3-4]", None);
    check(V3_1, v3(0x07), "SUBSCRIBE Requested QoS, byte 15: requests QoS 3 [V31-3.8-3]", None);
    check_accepted(V3_1, DecodeOptions::new(), v3(0xfe));
    check_accepted(V3_1_1, DecodeOptions::new(), v3(0x02));
}

#[test]
fn answers() {
    check(
        V3_1_1,
        b"\x90\x03\x00\x01\x03",
        "SUBACK Return Code, byte 4: return code 0x03 is not allowed here [MQTT-3.9.3-2]",
        None,
    );
    check(
        V3_1,
        b"\x90\x03\x00\x01\x80",
        "SUBACK Return Code, byte 4: return code 0x80 is not allowed here [V31-3.9-1]",
        None,
    );
    check(
        V5,
        b"\x90\x03\x00\x01\x00",
        "SUBACK Reason Code, byte 5: at least one entry is required [MQTT-3.8.4-6]",
        0x82,
    );
    check(
        V5,
        b"\xb0\x05\x00\x01\x00\x00\x01",
        "UNSUBACK Reason Code, byte 6: reason code 0x01 is not allowed here [MQTT-3.11.3-2]",
        0x81,
    );
    for (first, name, id) in [
        (0x40, "PUBACK", "3.4.2-1"),
        (0x50, "PUBREC", "3.5.2-1"),
        (0x62, "PUBREL", "3.6.2-1"),
        (0x70, "PUBCOMP", "3.7.2-1"),
    ] {
        let message = format!("{name} Reason Code, byte 4: reason code 0x01 is not allowed here [MQTT-{id}]");
        check(V5, packet(first, &[b"\x00\x01\x01"]), &message, 0x81);
    }
    let from_client = DecodeOptions::new().sender(Sender::Client);
    let error = refusal(V5, from_client, b"\x40\x03\x00\x01\x10");
    assert_eq!(
        error.to_string(),
        "PUBACK Reason Code, byte 4: reason code 0x10 is not one a client sends [MQTT-3.4.2-1]"
    );
    let error = refusal(V5, from_client, b"\x20\x03\x00\x00\x00");
    assert_eq!(
        error.to_string(),
        "CONNACK Fixed Header, byte 0: a client does not send this packet section 3.2"
    );
    let from_server = DecodeOptions::new().sender(Sender::Server);
    refusal(V5, from_server, b"\xe0\x07\x00\x05\x11\x00\x00\x00\x00"); // [MQTT-3.14.2-2]
    refusal(V5, from_server, b"\xe0\x01\x04");
    refusal(V3_1_1, from_server, b"\xe0\x00");
}

#[test]
fn properties() {
    check(
        V5,
        connect_with(&[b"\x7e"]),
        "CONNECT Property Identifier, byte 13: no property has the identifier 0x7e section 2.2.2.2",
        0x81,
    );
    check(
        V5,
        connect_with(&[b"\x23\x00\x01"]),
        "CONNECT Property Identifier, byte 13: Topic Alias is not allowed in this packet section 2.2.2.2",
        0x81,
    );
    check(
        V5,
        connect_with(&[b"\x21\x00\x00"]),
        "CONNECT Receive Maximum, byte 14: the value 0 is out of range section 3.1.2.11.3",
        0x82,
    );
    check(
        V5,
        connect_with(&[b"\x27\x00\x00\x00\x00"]),
        "CONNECT Maximum Packet Size, byte 14: the value 0 is out of range section 3.1.2.11.4",
        0x82,
    );
    check(
        V5,
        connect_with(&[b"\x19\x02"]),
        "CONNECT Request Response Information, byte 14: the value 2 is out of range section 3.1.2.11.6",
        0x82,
    );
    check(
        V5,
        connect_with(&[b"\x22\x00\x01\x22\x00\x01"]),
        "CONNECT Topic Alias Maximum, byte 16: Topic Alias Maximum appears twice section 3.1.2.11.5",
        0x82,
    );
    check(
        V5,
        connect_with(&[b"\x16\x00\x00"]),
        "CONNECT Authentication Data, byte 13: Authentication Data without an Authentication Method section 3.1.2.11.10",
        0x82,
    );
    // Behind two others: five bytes of one, two of another.
    check(
        V5,
        connect_with(&[b"\x11\0\0\0\x09", b"\x17\x01", b"\x16\x00\x01d"]),
        "CONNECT Authentication Data, byte 20: Authentication Data without an Authentication Method section 3.1.2.11.10",
        0x82,
    );
    check(
        V5,
        connect_with(&[b"\x11\x00\x00"]),
        "CONNECT Session Expiry Interval, byte 14: runs past the end [MQTT-3.1.4-1]",
        0x81,
    );
    check(
        V5,
        connect_with(&[b"\x26\x00\x01k"]),
        "CONNECT User Property, byte 14: runs past the end [MQTT-3.1.4-1]",
        0x81,
    );
    check(
        V5,
        packet(0xe0, &[b"\x00\x09\x1f\x00\x00"]),
        "DISCONNECT Property Length, byte 3: runs past the end section 3.14",
        0x81,
    );
    check(
        V5,
        packet(0x20, &[b"\x00\x00", &block(&[b"\x24\x02"])]),
        "CONNACK Maximum QoS, byte 6: the value 2 is out of range section 3.2.2.3.4",
        0x82,
    );
    check(
        V5,
        packet(0x82, &[b"\x00\x01", &block(&[b"\x0b\x01\x0b\x02"]), &text("a"), b"\0"]),
        "SUBSCRIBE Subscription Identifier, byte 7: Subscription Identifier appears twice section 3.8.2.1.2",
        0x82,
    );
    check(
        V5,
        packet(0x82, &[b"\x00\x01", &block(&[b"\x0b\x81\x00"]), &text("a"), b"\0"]),
        "SUBSCRIBE Subscription Identifier, byte 6: a variable byte integer that is not in its shortest form [MQTT-1.5.5-1]",
        0x81,
    );
}

#[test]
fn auth() {
    check(
        V5,
        b"\xf0\x00",
        "AUTH Authentication Method, byte 2: the Authentication Method is missing section 3.15.2.2.2",
        0x82,
    );
    check(
        V5,
        b"\xf0\x02\x18\x00",
        "AUTH Authentication Method, byte 4: the Authentication Method is missing section 3.15.2.2.2",
        0x82,
    );
    check(
        V5,
        packet(0xf0, &[b"\x01", &block(&[b"\x15", &text("m")])]),
        "AUTH Reason Code, byte 2: reason code 0x01 is not allowed here [MQTT-3.15.2-1]",
        0x81,
    );
}

#[test]
fn detection() {
    let detect = |bytes: &[u8]| Version::detect(bytes);
    for version in Version::ALL {
        let bytes = connect(version, 2, &[&text("id")]);
        let enough = 2 + 2 + version.protocol_name().len() + 1;
        for cut in 0..enough {
            assert!(
                matches!(detect(&bytes[..cut]), Ok(Decoded::Incomplete { needed: 1.. })),
                "{version} {cut}"
            );
        }
        assert_eq!(detect(&bytes[..enough]), Ok(Decoded::Complete { value: version, consumed: 0 }));
    }
    let error = |bytes: &[u8]| detect(bytes).unwrap_err();
    assert_eq!(
        error(b"GET / HTTP/1.1\r\n").to_string(),
        "PUBACK Fixed Header, byte 0: the first packet is not a CONNECT [MQTT-3.1.0-1]"
    );
    assert_eq!(error(b"\x10\x0c\x00\x04MQTT\x07").reason_code(), Some(0x84));
    assert_eq!(
        error(b"\x10\x0c\x00\x04MQTT\x02").return_code(),
        Some(v3::ConnectReturnCode::UnacceptableProtocolVersion)
    );
    assert_eq!(
        error(b"\x10\x0c\x00\x06MQIsdp\x09").return_code(),
        Some(v3::ConnectReturnCode::UnacceptableProtocolVersion)
    );
    assert_eq!(error(b"\x10\x0c\xff\xff").cause(), mqtt_codec::Cause::ProtocolName);
}
