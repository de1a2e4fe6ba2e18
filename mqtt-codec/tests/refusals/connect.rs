//! CONNECT, CONNACK, and which version a CONNECT is of.

use super::*;

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
}

#[test]
fn connect_flags() {
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
}

#[test]
fn connect_payload() {
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
        "CONNECT Packet, byte 20: 1 byte after the last field [MQTT-3.1.4-1]",
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
        "CONNACK Connect Acknowledge Flags, byte 2: reserved bits are set in 0b00000010 [section 3.2.2.1]",
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
    check(V5, b"\x20\x02\x00\x00", "CONNACK Property Length, byte 4: runs past the end [section 3.2]", 0x81);
    check_accepted(V3_1, DecodeOptions::new(), b"\x20\x02\xff\x00");
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
