//! What is refused, and what the error says: packet, field, offset, cause, statement, answer.
//!
//! The cases that the standards name, one line each. The corpus in `test-vectors/` goes further.

#[path = "../common/mod.rs"]
mod common;
mod connect;
mod properties;
mod publish;
mod subscribe;

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
    check(V5, b"\x00\x00", "Fixed Header, byte 0: packet type 0 is reserved [section 2.1.2]", 0x81);
    check(V5, b"\x0f", "Fixed Header, byte 0: packet type 0 is reserved [section 2.1.2]", 0x81); // before there is a length
    check(V3_1_1, b"\xf0\x00", "Fixed Header, byte 0: packet type 15 is reserved [section 2.2.1]", None);
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
    let message = "PINGREQ Remaining Length, byte 1: a variable byte integer of more than four bytes";
    check(V5, b"\xc0\x80\x80\x80\x80", &format!("{message} [section 1.5.5]"), 0x81);
    check(V3_1_1, b"\xc0\x80\x80\x80\x80", &format!("{message} [section 2.2.3]"), None);
    let message =
        "PINGREQ Remaining Length, byte 1: a variable byte integer that is not in its shortest form";
    check(V5, b"\xc0\x80\x00", &format!("{message} [MQTT-1.5.5-1]"), 0x81);
    check_accepted(V3_1_1, DecodeOptions::new(), b"\xc0\x80\x80\x80\x00");
    refusal(V3_1_1, DecodeOptions::new().refuse_overlong_lengths(true), b"\xc0\x80\x00");
    check(V5, b"\xc0\x01\x00", "PINGREQ Packet, byte 2: 1 byte after the last field [section 3.12]", 0x81);
    check(V5, b"\x40\x01\x00", "PUBACK Packet Identifier, byte 2: runs past the end [section 3.4]", 0x81);

    let limited = DecodeOptions::new().max_packet_size(1000);
    let error = refusal(V5, limited, b"\x30\xe6\x07"); // the header alone
    assert_eq!(
        error.to_string(),
        "PUBLISH Remaining Length, byte 1: a packet of 1001 bytes is above the limit of 1000 [section 3.1.2.11.4]"
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
        "CONNACK Fixed Header, byte 0: a client does not send this packet [section 3.2]"
    );
    let from_server = DecodeOptions::new().sender(Sender::Server);
    refusal(V5, from_server, b"\xe0\x07\x00\x05\x11\x00\x00\x00\x00"); // [MQTT-3.14.2-2]
    refusal(V5, from_server, b"\xe0\x01\x04");
    refusal(V3_1_1, from_server, b"\xe0\x00");
}
