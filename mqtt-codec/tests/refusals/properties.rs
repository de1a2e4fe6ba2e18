//! The properties of 5.0, and AUTH.

use super::*;

#[test]
fn properties() {
    check(
        V5,
        connect_with(&[b"\x7e"]),
        "CONNECT Property Identifier, byte 13: no property has the identifier 0x7e [section 2.2.2.2]",
        0x81,
    );
    check(
        V5,
        connect_with(&[b"\x23\x00\x01"]),
        "CONNECT Property Identifier, byte 13: Topic Alias is not allowed in this packet [section 2.2.2.2]",
        0x81,
    );
    check(
        V5,
        connect_with(&[b"\x21\x00\x00"]),
        "CONNECT Receive Maximum, byte 14: the value 0 is out of range [section 3.1.2.11.3]",
        0x82,
    );
    check(
        V5,
        connect_with(&[b"\x27\x00\x00\x00\x00"]),
        "CONNECT Maximum Packet Size, byte 14: the value 0 is out of range [section 3.1.2.11.4]",
        0x82,
    );
    check(
        V5,
        connect_with(&[b"\x19\x02"]),
        "CONNECT Request Response Information, byte 14: the value 2 is out of range [section 3.1.2.11.6]",
        0x82,
    );
    check(
        V5,
        connect_with(&[b"\x22\x00\x01\x22\x00\x01"]),
        "CONNECT Topic Alias Maximum, byte 16: Topic Alias Maximum appears twice [section 3.1.2.11.5]",
        0x82,
    );
    check(
        V5,
        connect_with(&[b"\x16\x00\x00"]),
        "CONNECT Authentication Data, byte 13: Authentication Data without an Authentication Method [section 3.1.2.11.10]",
        0x82,
    );
    // Behind two others: five bytes of one, two of another.
    check(
        V5,
        connect_with(&[b"\x11\0\0\0\x09", b"\x17\x01", b"\x16\x00\x01d"]),
        "CONNECT Authentication Data, byte 20: Authentication Data without an Authentication Method [section 3.1.2.11.10]",
        0x82,
    );
}

#[test]
fn property_lengths_and_values() {
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
        "DISCONNECT Property Length, byte 3: runs past the end [section 3.14]",
        0x81,
    );
    check(
        V5,
        packet(0x20, &[b"\x00\x00", &block(&[b"\x24\x02"])]),
        "CONNACK Maximum QoS, byte 6: the value 2 is out of range [section 3.2.2.3.4]",
        0x82,
    );
    check(
        V5,
        packet(0x82, &[b"\x00\x01", &block(&[b"\x0b\x01\x0b\x02"]), &text("a"), b"\0"]),
        "SUBSCRIBE Subscription Identifier, byte 7: Subscription Identifier appears twice [section 3.8.2.1.2]",
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
        "AUTH Authentication Method, byte 2: the Authentication Method is missing [section 3.15.2.2.2]",
        0x82,
    );
    check(
        V5,
        b"\xf0\x02\x18\x00",
        "AUTH Authentication Method, byte 4: the Authentication Method is missing [section 3.15.2.2.2]",
        0x82,
    );
    check(
        V5,
        packet(0xf0, &[b"\x01", &block(&[b"\x15", &text("m")])]),
        "AUTH Reason Code, byte 2: reason code 0x01 is not allowed here [MQTT-3.15.2-1]",
        0x81,
    );
}
