//! Packets that several tests look at, put together byte by byte without the codec.
#![allow(dead_code, clippy::allow_attributes, reason = "each test uses its part")]

use mqtt_codec::Version;

/// A packet: its first byte, its Remaining Length, its parts.
pub(crate) fn packet(first_byte: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    [&[first_byte][..], &var_int(body.len()), &body].concat()
}

/// A property block behind its length.
pub(crate) fn block(properties: &[&[u8]]) -> Vec<u8> {
    let bytes = properties.concat();
    [&var_int(bytes.len())[..], &bytes].concat()
}

/// A string or binary behind its length.
pub(crate) fn text(content: &(impl AsRef<[u8]> + ?Sized)) -> Vec<u8> {
    let content = content.as_ref();
    [&u16::try_from(content.len()).unwrap().to_be_bytes()[..], content].concat()
}

pub(crate) fn var_int(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let septet = u8::try_from(value % 128).unwrap();
        value /= 128;
        bytes.push(if value > 0 { septet | 0x80 } else { septet });
        if value == 0 {
            return bytes;
        }
    }
}

/// Every packet type of every version, small and full, in canonical form.
pub(crate) fn samples() -> Vec<(Version, Vec<u8>)> {
    let mut all = Vec::new();
    for version in [Version::V3_1, Version::V3_1_1] {
        all.extend(v3_common().into_iter().map(|bytes| (version, bytes)));
    }
    all.extend(connects_3_1().into_iter().map(|bytes| (Version::V3_1, bytes)));
    all.extend(only_3_1_1().into_iter().map(|bytes| (Version::V3_1_1, bytes)));
    all.extend(v5().into_iter().map(|bytes| (Version::V5, bytes)));
    all
}

fn v3_common() -> Vec<Vec<u8>> {
    let mut all = vec![
        packet(0x20, &[b"\x00\x00"]),
        packet(0x20, &[b"\x00\x05"]),
        packet(0x30, &[&text("a")]),
        packet(0x31, &[&text("a/b"), b"hello"]),
        packet(0x3d, &[&text("a/b"), b"\x00\x0a", b"hello"]),
        packet(0x32, &[&text("a/b"), b"\xff\xff"]),
        packet(0x34, &[&text("grün/日本"), b"\x01\x00", &[0xa5; 300]]),
        packet(0x82, &[b"\x00\x01", &text("a"), b"\x00"]),
        packet(0x82, &[b"\x00\x01", &text("a/b"), b"\x00", &text("c/+"), b"\x01", &text("$SYS/#"), b"\x02"]),
        packet(0x90, &[b"\x00\x01", b"\x00"]),
        packet(0x90, &[b"\x00\x01", b"\x02\x01\x00"]),
        packet(0xa2, &[b"\x00\x01", &text("a")]),
        packet(0xa2, &[b"\x00\x01", &text("a/b"), &text("c/#")]),
        packet(0xc0, &[]),
        packet(0xd0, &[]),
        packet(0xe0, &[]),
    ];
    all.extend([0x40, 0x50, 0x62, 0x70, 0xb0].map(|first| packet(first, &[b"\x12\x34"])));
    all
}

fn connects_3_1() -> Vec<Vec<u8>> {
    let head = [&text("MQIsdp")[..], b"\x03"].concat();
    let will = [text("w"), text("gone")].concat();
    vec![
        packet(0x10, &[&head, b"\x02\x00\x00", &text("a")]),
        packet(0x10, &[&head, b"\xec\x00\x3c", &text("id"), &will, &text("user"), &text("pass")]),
    ]
}

fn only_3_1_1() -> Vec<Vec<u8>> {
    let head = [&text("MQTT")[..], b"\x04"].concat();
    let will = [text("w"), text("gone")].concat();
    vec![
        packet(0x10, &[&head, b"\x02\x00\x00", &text("")]),
        packet(0x10, &[&head, b"\xf6\x00\x3c", &text("id"), &will, &text("user"), &text("pass")]),
        packet(0x10, &[&head, b"\x80\x00\x3c", &text("id"), &text("user")]),
        packet(0x20, &[b"\x01\x00"]),
        packet(0x90, &[b"\x00\x01", b"\x80\x00"]),
    ]
}

fn v5() -> Vec<Vec<u8>> {
    let user = |name: &str, value: &str| [&[0x26][..], &text(name), &text(value)].concat();
    let string = |id: u8, value: &str| [&[id][..], &text(value)].concat();
    let (a, b) = (user("a", "1"), user("a", "2"));
    let reason = string(0x1f, "because");
    let ack = block(&[&reason, &a, &b]);
    let head = [&text("MQTT")[..], b"\x05"].concat();
    let message = [
        &b"\x01\x01\x02\x00\x00\x00\x3c"[..],
        &string(0x03, "text/plain"),
        &string(0x08, "re/ply"),
        b"\x09\x00\x02\x00\xff",
        &a,
        &b,
    ]
    .concat();
    let connect = block(&[
        b"\x11\x00\x00\x00\x0a\x21\x00\x14\x27\x00\x00\x01\x00\x22\x00\x05\x19\x01\x17\x00",
        &string(0x15, "SCRAM"),
        b"\x16\x00\x01\xff",
        &a,
    ]);
    let connack = block(&[
        b"\x11\x00\x00\x00\x0a\x21\x00\x14\x24\x01\x25\x00\x27\x00\x01\x00\x00",
        &string(0x12, "auto-1"),
        b"\x22\x00\x0a",
        &reason,
        &a,
        b"\x28\x00\x29\x01\x2a\x00\x13\x00\x3c",
        &string(0x1a, "resp/"),
        &string(0x1c, "other:1883"),
        &string(0x15, "SCRAM"),
        b"\x16\x00\x00",
    ]);
    let auth = block(&[&string(0x15, "SCRAM"), b"\x16\x00\x02\x01\x02", &reason, &a]);
    let will = [block(&[b"\x18\x00\x00\x00\x05", &message]), text("w"), text("gone")].concat();
    let mut all = vec![
        packet(0x10, &[&head, b"\x02\x00\x00", b"\x00", &text("")]),
        packet(0x10, &[&head, b"\xee\x00\x3c", &connect, &text("id"), &will, &text("user"), &text("pass")]),
        packet(0x10, &[&head, b"\x40\x00\x00", b"\x00", &text("id"), &text("token only")]),
        packet(0x20, &[b"\x00\x00\x00"]),
        packet(0x20, &[b"\x01\x00", &connack]),
        packet(0x20, &[b"\x00\x87", &block(&[&reason])]),
        packet(0x30, &[&text("a"), b"\x00"]),
        packet(
            0x3d,
            &[&text("a/b"), b"\x00\x0a", &block(&[&message, b"\x23\x00\x05\x0b\x01\x0b\x80\x01"]), b"hello"],
        ),
        packet(0x30, &[&text(""), b"\x03\x23\x00\x05", b"by alias"]),
        packet(0x82, &[b"\x00\x01", b"\x00", &text("a"), b"\x00"]),
        packet(
            0x82,
            &[b"\x00\x01", &block(&[b"\x0b\x07", &a]), &text("a/+"), b"\x2e", &text("$share/g/#"), b"\x11"],
        ),
        packet(0x90, &[b"\x00\x01", b"\x00", b"\x00"]),
        packet(0x90, &[b"\x00\x01", &ack, b"\x02\x01\x00\x80\x8f\x9e"]),
        packet(0xa2, &[b"\x00\x01", b"\x00", &text("a")]),
        packet(0xa2, &[b"\x00\x01", &block(&[&a]), &text("a/b"), &text("$share/g/#")]),
        packet(0xb0, &[b"\x00\x01", b"\x00", b"\x00"]),
        packet(0xb0, &[b"\x00\x01", &ack, b"\x00\x11\x8f"]),
        packet(0xc0, &[]),
        packet(0xd0, &[]),
        packet(0xe0, &[]),
        packet(0xe0, &[b"\x04"]),
        packet(0xe0, &[b"\x8e", &block(&[&reason, &a])]),
        packet(0xe0, &[b"\x00", &block(&[b"\x11\x00\x00\x00\x3c"])]),
        packet(0xe0, &[b"\x9c", &block(&[&string(0x1c, "other:1883")])]),
        packet(0xf0, &[b"\x18", &auth]),
        packet(0xf0, &[b"\x00", &block(&[&string(0x15, "SCRAM")])]),
    ];
    for (first, code) in [(0x40, 0x10), (0x50, 0x97), (0x62, 0x92), (0x70, 0x92)] {
        all.push(packet(first, &[b"\x12\x34"]));
        all.push(packet(first, &[b"\x12\x34", &[code]]));
        all.push(packet(first, &[b"\x12\x34", &[code], &ack]));
        all.push(packet(first, &[b"\x12\x34", &[0x00], &ack]));
    }
    all
}
