//! Bytes → packet → values → packet → bytes, for every packet of every version and every property; and what is refused.

use mqtt_codec::v5::PropertyId;
use mqtt_codec::{AnyDecoder, AnyPacket, PacketType, Version};
use serde_json::{Value, json};

use super::vocabulary::types_of;
use super::*;

fn encoded(packet: &AnyPacket) -> Vec<u8> {
    let mut bytes = Vec::new();
    packet.encode_to(&mut bytes).unwrap();
    bytes
}

#[track_caller]
fn check_values(version: Version, values: &Value) -> Vec<u8> {
    let packet = from_tree(values, version).unwrap_or_else(|e| panic!("MQTT {version} {values}: {e}"));
    let bytes = encoded(&packet);
    let decoded = AnyDecoder::new(version)
        .decode(&bytes)
        .unwrap_or_else(|e| panic!("MQTT {version} {values}: {bytes:02x?}: {e}"))
        .complete()
        .unwrap();
    let again = to_tree(&decoded);
    assert_eq!(again, to_tree(&packet), "MQTT {version} {values}");
    assert_eq!(encoded(&from_tree(&again, version).unwrap()), bytes, "MQTT {version} {values}");
    bytes
}

#[track_caller]
fn check_exactly(version: Version, values: &Value) {
    let bytes = check_values(version, values);
    let decoded = AnyDecoder::new(version).decode(&bytes).unwrap().complete().unwrap();
    assert_eq!(to_tree(&decoded), *values, "MQTT {version}");
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&to_tree(&decoded)), names(values), "the order of members, MQTT {version}");
}

#[track_caller]
fn check_refused(version: Version, values: &Value, message: &str) {
    match from_tree(values, version) {
        Ok(packet) => panic!("MQTT {version} {values} is taken as {packet:?}"),
        Err(error) => assert_eq!(error.to_string(), message),
    }
}

/// Every packet with every member, at a value that isn't the default.
fn full(version: Version) -> Vec<Value> {
    let five = version == Version::V5;
    let code = if version == Version::V3_1 { 2 } else { 0x80 };
    let mut packets = vec![
        json!({"type": "publish", "dup": true, "qos": 2, "retain": true, "topic": "a/b", "packet_id": 65535,
               "payload": {"hex": "00ff"}}),
        json!({"type": "publish", "dup": false, "qos": 0, "retain": false, "topic": "grüß/dich", "payload": ""}),
        json!({"type": "publish", "dup": false, "qos": 1, "retain": false, "topic": {"repeat": "74", "count": 65535},
               "packet_id": 1, "payload": {"repeat": "00", "count": 70000}}),
        json!({"type": "pingreq"}),
        json!({"type": "pingresp"}),
    ];
    for name in ["puback", "pubrec", "pubrel", "pubcomp", "unsuback"] {
        let mut packet = json!({"type": name, "packet_id": 7});
        if five && name != "unsuback" {
            packet["reason"] = json!(0);
        }
        packets.push(packet);
    }
    let mut connect = json!({"type": "connect"});
    connect[if five { "clean_start" } else { "clean_session" }] = json!(false);
    connect["keep_alive"] = json!(65535);
    connect["client_id"] = json!("sensor-7");
    connect["will"] = json!({"topic": "gone", "payload": {"hex": "80"}, "qos": 2, "retain": true});
    connect["user_name"] = json!("user");
    connect["password"] = json!({"hex": "fe"});
    packets.push(connect);
    let mut connack = json!({"type": "connack", "session_present": version != Version::V3_1});
    connack[if five { "reason" } else { "return_code" }] = json!(0);
    packets.push(connack);
    let filter = if five {
        json!({"filter": "$share/g/#", "qos": 2, "no_local": false, "retain_as_published": true, "retain_handling": 2})
    } else {
        json!({"filter": "+/#", "qos": 2})
    };
    packets.push(json!({"type": "subscribe", "packet_id": 3, "filters": [filter]}));
    let mut suback = json!({"type": "suback", "packet_id": 3});
    suback[if five { "reasons" } else { "return_codes" }] = json!([0, 1, 2, code]);
    packets.push(suback);
    packets.push(json!({"type": "unsubscribe", "packet_id": 3, "filters": ["a", "+", "/"]}));
    packets.push(json!({"type": "disconnect"}));
    if five {
        for packet in &mut packets {
            let name = packet["type"].as_str().unwrap().to_owned();
            if !name.starts_with("ping") {
                packet["properties"] = json!([]);
            }
            match name.as_str() {
                "unsuback" => packet["reasons"] = json!([0, 0x11]),
                "disconnect" => packet["reason"] = json!(4),
                "connect" => packet["will"]["properties"] = json!([]),
                _ => {}
            }
        }
        packets.push(json!({"type": "auth", "reason": 24, "properties": [{"authentication_method": "m"}]}));
    }
    packets
}

#[test]
fn every_packet_of_every_version_survives() {
    for version in Version::ALL {
        let packets = full(version);
        for packet in types_of(version) {
            assert!(packets.iter().any(|p| p["type"] == type_name(packet)), "no sample of {packet}");
        }
        for values in &packets {
            check_values(version, values);
            let decoded = to_tree(&from_tree(values, version).unwrap());
            assert!(same(&decoded, values), "{decoded} {values}");
        }
    }
}

#[test]
fn members_are_printed_in_the_order_of_the_tables() {
    for version in Version::ALL {
        for values in full(version) {
            let tree = to_tree(&from_tree(&values, version).unwrap());
            let packet = packet_type(values["type"].as_str().unwrap(), version).unwrap();
            let printed: Vec<&str> = tree.as_object().unwrap().keys().skip(1).map(String::as_str).collect();
            let known: Vec<&str> = members(version, packet).iter().map(|member| member.name).collect();
            let expected: Vec<&str> = known.iter().copied().filter(|name| printed.contains(name)).collect();
            assert_eq!(printed, expected, "MQTT {version} {packet}");
            if let Some(will) = tree.get("will") {
                let printed: Vec<&str> = will.as_object().unwrap().keys().map(String::as_str).collect();
                let known: Vec<&str> = will_members(version).iter().map(|member| member.name).collect();
                assert_eq!(printed, known);
            }
        }
    }
}

#[test]
fn defaults_fill_what_is_left_out() {
    for version in [Version::V3_1_1, Version::V5] {
        assert_eq!(
            from_tree(&json!({"type": "connect"}), version).map(|p| to_tree(&p)["keep_alive"].clone()),
            Ok(json!(0))
        );
        check_values(version, &json!({"type": "connack"}));
        check_values(version, &json!({"type": "publish", "topic": "t"}));
        check_values(version, &json!({"type": "subscribe", "packet_id": 1, "filters": [{"filter": "t"}]}));
    }
    let connect = to_tree(&from_tree(&json!({"type": "connect"}), Version::V5).unwrap());
    assert_eq!(connect["clean_start"], true);
    for name in ["puback", "pubrec", "pubrel", "pubcomp"] {
        assert_eq!(check_values(Version::V5, &json!({"type": name, "packet_id": 1})).len(), 4);
    }
    assert_eq!(check_values(Version::V5, &json!({"type": "disconnect"})), [0xe0, 0]);
}

fn value_of(property: &PropertyMember) -> Value {
    match property.kind {
        Kind::Number { max, .. } => json!(max),
        Kind::Text => json!("text ü"),
        Kind::Bytes => json!({"hex": "00ff"}),
        Kind::Pair => json!(["name", ""]),
        _ => unreachable!("{property:?}"),
    }
}

/// A packet of this type with these properties; `None` for a packet without any.
fn with_properties(packet: PacketType, properties: Value) -> Option<Value> {
    let mut values =
        full(Version::V5).into_iter().find(|values| values["type"] == type_name(packet)).unwrap();
    values.get("properties")?;
    values["properties"] = properties;
    Some(values)
}

/// The property, and what it cannot be without.
fn block(packet: PacketType, property: &PropertyMember) -> Value {
    let mut properties = vec![json!({property.name: value_of(property)})];
    let data = property.id == PropertyId::AuthenticationData && property.packets.contains(&packet);
    if property.id != PropertyId::AuthenticationMethod && (packet == PacketType::Auth || data) {
        properties.insert(0, json!({"authentication_method": "m"}));
    }
    Value::from(properties)
}

#[test]
fn every_property_in_every_packet_that_may_carry_it() {
    assert_eq!(PROPERTIES.iter().map(|p| p.id).collect::<Vec<_>>(), PropertyId::ALL);
    for property in &PROPERTIES {
        assert_eq!(property.name, property.id.field().name().to_lowercase().replace(' ', "_"));
        for packet in PacketType::ALL {
            let Some(values) = with_properties(packet, block(packet, property)) else { continue };
            if property.packets.contains(&packet) {
                check_exactly_same(&values);
            } else {
                let i = values["properties"].as_array().unwrap().len() - 1;
                let message = format!(
                    "properties[{i}].{}: expected a property that {packet} may carry, found {}",
                    property.name,
                    value_of(property)
                );
                check_refused(Version::V5, &values, &message);
            }
        }
        let values = json!({"type": "connect",
            "will": {"topic": "t", "properties": [{property.name: value_of(property)}]}});
        if property.in_will {
            check_values(Version::V5, &values);
        } else {
            assert!(from_tree(&values, Version::V5).is_err(), "{values}");
        }
    }
}

#[track_caller]
fn check_exactly_same(values: &Value) {
    check_values(Version::V5, values);
    let again = to_tree(&from_tree(values, Version::V5).unwrap());
    assert_eq!(again["properties"], values["properties"]);
}

/// The table agrees with the codec, which says what it thinks when bytes are decoded.
#[test]
fn the_table_of_properties_is_the_codecs() {
    let header = |packet: PacketType| -> Option<(u8, Vec<u8>, Vec<u8>)> {
        let (before, after): (&[u8], &[u8]) = match packet {
            PacketType::Connect => (b"\0\x04MQTT\x05\x02\0\0", b"\0\0"),
            PacketType::ConnAck => (b"\0\0", b""),
            PacketType::Publish => (b"\0\x01t", b""),
            PacketType::PubAck | PacketType::PubRec | PacketType::PubRel | PacketType::PubComp => {
                (b"\0\x01\0", b"")
            }
            PacketType::Subscribe => (b"\0\x01", b"\0\x01t\0"),
            PacketType::SubAck | PacketType::UnsubAck => (b"\0\x01", b"\0"),
            PacketType::Unsubscribe => (b"\0\x01", b"\0\x01t"),
            PacketType::PingReq | PacketType::PingResp => return None,
            PacketType::Disconnect | PacketType::Auth => (b"\0", b""),
        };
        Some((packet.first_byte(), before.to_vec(), after.to_vec()))
    };
    for property in &PROPERTIES {
        for packet in PacketType::ALL {
            let Some((first, before, after)) = header(packet) else { continue };
            let wire: &[u8] = match property.kind {
                Kind::Number { max: 0xff_ffff.., .. } => &[0, 0, 0, 1],
                Kind::Number { max: 0xffff.., .. } => &[0, 1],
                Kind::Number { .. } => &[1],
                Kind::Pair => &[0, 1, b'n', 0, 0],
                _ => &[0, 1, b't'],
            };
            let wire = if property.id == PropertyId::SubscriptionIdentifier { &[1] } else { wire };
            let mut block = vec![];
            let auth = packet == PacketType::Auth || property.id == PropertyId::AuthenticationData;
            if auth && property.id != PropertyId::AuthenticationMethod {
                block.extend_from_slice(&[21, 0, 1, b'm']);
                if !property.packets.contains(&packet) && packet != PacketType::Auth {
                    block.clear();
                }
            }
            block.push(property.id as u8);
            block.extend_from_slice(wire);
            let len = before.len() + 1 + block.len() + after.len();
            let mut bytes = vec![first, u8::try_from(len).unwrap()];
            bytes.extend(before);
            bytes.push(u8::try_from(block.len()).unwrap());
            bytes.extend(block);
            bytes.extend(after);
            let decoded = AnyDecoder::new(Version::V5).decode(&bytes);
            assert_eq!(
                decoded.is_ok(),
                property.packets.contains(&packet),
                "{packet} {property:?} {decoded:?}"
            );
            if let Ok(decoded) = decoded {
                let tree = to_tree(&decoded.complete().unwrap());
                assert_eq!(encoded(&from_tree(&tree, Version::V5).unwrap()), bytes);
            }
        }
    }
}

#[test]
fn properties_keep_their_order_and_repeat_where_they_may() {
    check_exactly_same(&json!({"type": "publish", "topic": "", "properties": [
        {"user_property": ["b", "1"]}, {"subscription_identifier": 9}, {"topic_alias": 3},
        {"user_property": ["a", "2"]}, {"subscription_identifier": 1}, {"user_property": ["b", "1"]}]}));
    check_refused(
        Version::V5,
        &json!({"type": "subscribe", "packet_id": 1, "filters": [{"filter": "t"}],
            "properties": [{"subscription_identifier": 1}, {"subscription_identifier": 2}]}),
        "properties[1].subscription_identifier: expected a property that SUBSCRIBE may carry here, found 2 \
         (Subscription Identifier appears twice)",
    );
}

#[test]
fn text_of_3_1_may_be_any_bytes() {
    let publish = json!({"type": "publish", "dup": false, "qos": 0, "retain": false, "topic": {"hex": "ff"}, "payload": ""});
    check_exactly(Version::V3_1, &publish);
    check_refused(
        Version::V3_1_1,
        &publish,
        "topic: expected text, found {\"hex\":\"ff\"} (ill-formed UTF-8 at byte 0)",
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn says_what_is_wrong_and_where() {
    let three = Version::V3_1_1;
    let five = Version::V5;
    for (version, values, message) in [
        (five, json!([]), "packet: expected an object with a `type`, found []"),
        (five, json!({}), "type: expected a packet type of MQTT 5.0 such as \"publish\", found nothing"),
        (
            five,
            json!({"type": "pubish"}),
            "type: expected a packet type of MQTT 5.0 such as \"publish\", found \"pubish\" (did you mean `publish`?)",
        ),
        (
            three,
            json!({"type": "auth"}),
            "type: expected a packet type of MQTT 3.1.1 such as \"publish\", found \"auth\"",
        ),
        (
            three,
            json!({"type": "subscribe", "packet_id": 1, "filters": [{"filter": "a"}, {"filter": "b", "qos": 3}]}),
            "filters[1].qos: expected a number from 0 to 2, found 3",
        ),
        (
            three,
            json!({"type": "subscribe", "packet_id": 1, "filters": [{"filter": "a", "no_local": true}]}),
            "filters[0].no_local: expected a member of a filter, found true",
        ),
        (
            three,
            json!({"type": "subscribe", "packet_id": 1, "filters": []}),
            "filters: expected at least one entry, found [] (at least one entry is required)",
        ),
        (
            three,
            json!({"type": "subscribe", "packet_id": 1}),
            "filters: expected an array of objects, found nothing",
        ),
        (three, json!({"type": "puback"}), "packet_id: expected a number from 1 to 65535, found nothing"),
        (
            three,
            json!({"type": "puback", "packet_id": 0}),
            "packet_id: expected a number from 1 to 65535, found 0",
        ),
        (three, json!({"type": "pingreq", "x": 1}), "x: expected no members in PINGREQ, found 1"),
        (
            three,
            json!({"type": "publish", "topic": "a/+"}),
            "topic: expected a Topic Name, found \"a/+\" (wildcard at byte 2 of a Topic Name)",
        ),
        (three, json!({"type": "publish"}), "topic: expected text, found nothing"),
        (
            three,
            json!({"type": "publish", "topic": "t", "payload": null}),
            "payload: expected text or bytes, found null",
        ),
        (
            three,
            json!({"type": "publish", "topic": "t", "payload": {"hex": "0"}}),
            "payload.hex: expected pairs of hexadecimal digits, found \"0\"",
        ),
        (
            three,
            json!({"type": "publish", "topic": {"repeat": "61", "count": 65536}}),
            "topic: expected text, found {\"repeat\":\"61\",\"count\":65536} (65536 bytes are too many: at most 65535 \
             are allowed)",
        ),
        (
            three,
            json!({"type": "publish", "topic": "t", "payload": {"repeat": "61", "count": u64::MAX}}),
            "payload: expected text or bytes, found {\"repeat\":\"61\",\"count\":18446744073709551615} \
             (18446744073709551615 bytes are too many: at most 268435455 are allowed)",
        ),
        (
            three,
            json!({"type": "publish", "topic": "t", "packet_id": 1}),
            "packet_id: expected nothing at QoS 0, found 1",
        ),
        (
            three,
            json!({"type": "publish", "topic": "t", "dup": true}),
            "dup: expected false at QoS 0, found true",
        ),
        (
            three,
            json!({"type": "publish", "topic": "t", "qos": 1}),
            "packet_id: expected a number from 1 to 65535 at QoS 1, found nothing",
        ),
        (
            five,
            json!({"type": "publish", "topic": ""}),
            "topic: expected a Topic Name, or a topic_alias, found \"\" (the Topic Alias is missing)",
        ),
        (
            three,
            json!({"type": "connect", "password": "x"}),
            "user_name: expected text beside a password, found nothing",
        ),
        (
            Version::V3_1,
            json!({"type": "connect"}),
            "client_id: expected an allowed client identifier, found nothing (a client identifier of 0 characters; \
             MQTT 3.1 allows 1 to 23)",
        ),
        (
            Version::V3_1,
            json!({"type": "connack", "session_present": true}),
            "session_present: expected false in MQTT 3.1, found true",
        ),
        (
            three,
            json!({"type": "connack", "session_present": true, "return_code": 5}),
            "session_present: expected false with return code 5, found true",
        ),
        (
            Version::V3_1,
            json!({"type": "suback", "packet_id": 1, "return_codes": [0, 128]}),
            "return_codes[1]: expected a return code of SUBACK, found 128",
        ),
        (
            five,
            json!({"type": "connack", "session_present": true, "reason": 135}),
            "session_present: expected false with reason 0x87, found true",
        ),
        (
            five,
            json!({"type": "puback", "packet_id": 1, "reason": 1}),
            "reason: expected a reason code of PUBACK, found 1",
        ),
        (
            five,
            json!({"type": "subscribe", "packet_id": 1, "filters": [
                {"filter": "a"}, {"filter": "$share/g/a", "no_local": true}]}),
            "filters[1]: expected an entry that is allowed, found {\"filter\":\"$share/g/a\",\"no_local\":true} \
             (No Local on a shared subscription)",
        ),
        (
            five,
            json!({"type": "publish", "topic": "t", "properties": [{"content_typ": "x"}]}),
            "properties[0].content_typ: expected a property of PUBLISH, found \"x\" (did you mean `content_type`?)",
        ),
        (
            five,
            json!({"type": "publish", "topic": "t", "properties": {"content_type": "x"}}),
            "properties: expected an array of objects, found {\"content_type\":\"x\"}",
        ),
        (
            five,
            json!({"type": "auth", "reason": 24}),
            "properties: expected properties that AUTH may carry, found [] (the Authentication Method is missing)",
        ),
        (
            five,
            json!({"type": "connect", "properties": [{"authentication_data": ""}]}),
            "properties: expected properties that CONNECT may carry, found [{\"authentication_data\":\"\"}] \
             (the Authentication Method is missing)",
        ),
        (
            five,
            json!({"type": "connect", "will": {"topic": "t", "properties": [{"response_topic": "#"}]}}),
            "will.properties[0].response_topic: expected a Topic Name, found \"#\" (wildcard at byte 0 of a Topic Name)",
        ),
    ] {
        check_refused(version, &values, message);
    }
}
