//! SUBSCRIBE, SUBACK, UNSUBSCRIBE and UNSUBACK.

use super::*;

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
    check(
        V5,
        v5("a", 0x03),
        "SUBSCRIBE Subscription Options, byte 8: requests QoS 3 [section 3.8.3.1]",
        0x82,
    );
    check(
        V5,
        v5("a", 0x30),
        "SUBSCRIBE Subscription Options, byte 8: Retain Handling is 3 [section 3.8.3.1]",
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
