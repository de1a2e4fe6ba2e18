//! Every packet type of every version: whole, in pieces, over both storages, there and back.

mod common;

use bytes::{Bytes, BytesMut};
use common::samples;
use mqtt_codec::{AnyDecoder, AnyPacket, Decoded, PacketType, Version, v3, v5};

#[track_caller]
fn decode(version: Version, bytes: &[u8]) -> AnyPacket<&[u8]> {
    match AnyDecoder::new(version).decode(bytes) {
        Ok(Decoded::Complete { value, consumed }) if consumed == bytes.len() => value,
        other => panic!("{version} {bytes:02x?}: {other:?}"),
    }
}

#[test]
fn samples_hold_every_packet_type() {
    for version in Version::ALL {
        let mut types: Vec<_> = samples()
            .iter()
            .filter(|s| s.0 == version)
            .map(|(_, bytes)| PacketType::from_first_byte(bytes[0]))
            .collect();
        types.sort();
        types.dedup();
        assert_eq!(types.len(), if version == Version::V5 { 15 } else { 14 }, "{version}");
    }
}

#[test]
fn encoding_gives_the_canonical_bytes_and_their_exact_length() {
    for (version, bytes) in samples() {
        let packet = decode(version, &bytes);
        assert_eq!(Some(packet.packet_type()), PacketType::from_first_byte(bytes[0]));
        assert_eq!(packet.encoded_len(), Ok(bytes.len()));
        let mut slice = vec![0xee; bytes.len() + 1];
        assert_eq!(packet.encode(&mut slice), Ok(bytes.len()), "{packet:?}");
        assert_eq!(slice.split_last(), Some((&0xee, &bytes[..])), "{packet:?}");
        let mut growing = BytesMut::new();
        assert_eq!(packet.encode_to(&mut growing), Ok(bytes.len()));
        assert_eq!(growing, bytes);
        let short = &mut slice[..bytes.len() - 1];
        short.fill(0xee);
        assert!(packet.encode(short).is_err());
        assert!(short.iter().all(|&b| b == 0xee), "an encoding that does not fit writes nothing");
    }
}

#[test]
fn a_packet_encodes_without_its_enum() {
    /// Encodes the body of a variant by itself.
    macro_rules! alone {
        ($packet:expr, $out:ident, $family:ident: $($variant:ident)*) => {
            match $packet {
                $($family::Packet::$variant(body) => body.encode(&mut $out),)*
                whole => whole.encode(&mut $out),
            }
        };
    }
    for (version, bytes) in samples() {
        let mut out = vec![0; bytes.len()];
        let encoded = match decode(version, &bytes) {
            AnyPacket::V3(packet) => {
                alone!(packet, out, v3: Connect ConnAck Publish Subscribe SubAck Unsubscribe)
            }
            AnyPacket::V5(packet) => alone!(
                packet, out, v5: Connect ConnAck Publish PubAck PubRec PubRel PubComp Subscribe SubAck Unsubscribe
                UnsubAck Disconnect Auth
            ),
        };
        assert_eq!((encoded, &out), (Ok(bytes.len()), &bytes), "{version}");
    }
}

#[test]
fn every_prefix_is_incomplete_and_says_what_is_missing() {
    for (version, bytes) in samples() {
        let decoder = AnyDecoder::new(version);
        let header = bytes.len() - decode_body_len(&bytes);
        for cut in 0..bytes.len() {
            let Ok(Decoded::Incomplete { needed }) = decoder.decode(&bytes[..cut]) else {
                panic!("{version} {:02x?}", &bytes[..cut]);
            };
            let exact = bytes.len() - cut;
            match cut {
                0 => assert_eq!(needed, 2),
                _ if cut < header => assert_eq!(needed, 1),
                _ => assert_eq!(needed, exact),
            }
        }
    }
}

fn decode_body_len(bytes: &[u8]) -> usize {
    let length_bytes = bytes[1..].iter().position(|b| b & 0x80 == 0).unwrap() + 1;
    bytes.len() - 1 - length_bytes
}

#[test]
fn both_storages_hold_the_same() {
    for (version, bytes) in samples() {
        let decoder = AnyDecoder::new(version);
        let borrowed = decode(version, &bytes);
        let mut input = BytesMut::from(&bytes[..]);
        input.extend_from_slice(b"\xc0");
        let Ok(Decoded::Complete { value: shared, consumed }) = decoder.decode_shared(&mut input) else {
            panic!("{bytes:02x?}")
        };
        assert_eq!((consumed, &input[..]), (bytes.len(), &b"\xc0"[..]));
        assert_eq!(shared.packet(), borrowed);
        assert_eq!(shared.frame(), &bytes);
        assert_eq!((shared.clone(), format!("{shared:?}")), (shared.clone(), format!("{borrowed:?}")));
        let shared = shared.to_packet();
        assert_eq!(shared.as_borrowed(), borrowed);
        assert_eq!(shared.detach(), shared);
        let mut again = BytesMut::new();
        shared.encode_to(&mut again).unwrap();
        assert_eq!(again, bytes);
    }
}

#[test]
fn sharing_a_stranger_copies() {
    let publish = v3::Publish::new(mqtt_codec::TopicName::new("a/b").unwrap(), b"hi".as_slice());
    let elsewhere = Bytes::from_static(b"something else");
    assert_eq!(publish.share(&elsewhere).as_borrowed(), publish);

    // In the same memory: before the packet, behind it, and around a part of it.
    let memory = Bytes::from_static(b"\xc0\x00\x30\x07\x00\x03a/bhi\xd0\x00");
    let decoded = v3::Decoder::new(v3::ProtocolLevel::V3_1_1).decode(&memory[2..]);
    let Ok(Decoded::Complete { value: v3::Packet::Publish(publish), .. }) = decoded else {
        panic!("{decoded:?}")
    };
    for frame in [memory.slice(..2), memory.slice(11..), memory.slice(..8), memory.slice(8..)] {
        assert_eq!(publish.share(&frame).as_borrowed(), publish);
    }
}

#[test]
fn a_stream_in_any_pieces_gives_the_same_packets() {
    for version in Version::ALL {
        let expected: Vec<_> = samples().into_iter().filter(|s| s.0 == version).map(|s| s.1).collect();
        let stream = expected.concat();
        for piece in [1, 2, 3, 7, 64, 1460] {
            let decoder = AnyDecoder::new(version);
            let (mut buffer, mut got) = (BytesMut::new(), Vec::new());
            for chunk in stream.chunks(piece) {
                buffer.extend_from_slice(chunk);
                while let Decoded::Complete { value, .. } = decoder.decode_shared(&mut buffer).unwrap() {
                    let mut bytes = BytesMut::new();
                    value.packet().encode_to(&mut bytes).unwrap();
                    got.push(bytes.to_vec());
                }
            }
            assert_eq!(got, expected, "{version} in pieces of {piece}");
        }
    }
}

#[test]
fn a_flipped_bit_never_panics_and_what_it_decodes_to_encodes() {
    for (version, bytes) in samples() {
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            for version in [version, Version::V3_1, Version::V3_1_1, Version::V5] {
                let Ok(Decoded::Complete { value, .. }) = AnyDecoder::new(version).decode(&bytes) else {
                    continue;
                };
                let mut canonical = BytesMut::new();
                assert_eq!(value.encode_to(&mut canonical), value.encoded_len());
                assert_eq!(decode(version, &canonical), value, "{version} {bytes:02x?}");
            }
        }
    }
}

#[test]
fn a_publish_head_and_its_payload_are_the_packet() {
    for (version, bytes) in samples() {
        let mut head = [0; 256];
        let (len, payload) = match decode(version, &bytes) {
            AnyPacket::V3(v3::Packet::Publish(p)) => (p.encode_head(&mut head).unwrap(), p.payload),
            AnyPacket::V5(v5::Packet::Publish(p)) => (p.encode_head(&mut head).unwrap(), p.payload),
            _ => continue,
        };
        assert_eq!([&head[..len], payload].concat(), bytes);
    }
}

#[test]
fn the_packet_enums_stay_small() {
    use mqtt_codec::{v3, v5};
    assert!(size_of::<v5::Packet<&[u8]>>() <= 128, "{}", size_of::<v5::Packet<&[u8]>>());
    assert!(size_of::<v3::Packet<&[u8]>>() <= 128, "{}", size_of::<v3::Packet<&[u8]>>());
}
