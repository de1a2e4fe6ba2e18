//! No packet of any version allocates, to decode or to encode, over either storage.

mod common;

use bytes::{Bytes, BytesMut};
use common::samples;
use mqtt_codec::{AnyDecoder, AnyPacket, Decoded, Version, v5};

#[track_caller]
fn check_no_allocation<T>(what: &str, f: impl FnOnce() -> T) -> T {
    let mut out = None;
    let info = allocation_counter::measure(|| out = Some(f()));
    assert_eq!(info.count_total, 0, "{what}");
    out.unwrap()
}

#[test]
fn decoding_and_encoding_allocate_nothing() {
    let mut slice = [0; 1024];
    let mut growing = BytesMut::with_capacity(1024);
    for (version, bytes) in samples() {
        let decoder = AnyDecoder::new(version);
        let what = format!("{version} {bytes:02x?}");
        let frame = Bytes::from(bytes.clone());
        // A `Bytes` made from a vector promotes its count on the first clone; one that came out of a `BytesMut` has.
        drop(frame.clone());
        let packet = check_no_allocation(&what, || decoder.decode(&frame).unwrap().complete().unwrap());
        let shared: AnyPacket<Bytes> = check_no_allocation(&what, || packet.share(&frame));
        check_no_allocation(&what, || packet.encode(&mut slice).unwrap());
        growing.clear();
        check_no_allocation(&what, || shared.encode_to(&mut growing).unwrap());
        check_no_allocation(&what, || walk(&packet));
    }
}

#[test]
fn taking_packets_out_of_a_buffer_allocates_nothing() {
    for version in Version::ALL {
        let packets: Vec<_> = samples().into_iter().filter(|s| s.0 == version).map(|s| s.1).collect();
        let mut buffer = BytesMut::from(&packets.concat()[..]);
        // The first split turns the buffer's memory into shared memory: one allocation per buffer, not per packet.
        drop(buffer.split_to(0));
        let decoder = AnyDecoder::new(version);
        let mut count = 0;
        check_no_allocation(version.name(), || {
            while let Decoded::Complete { value, .. } = decoder.decode_shared(&mut buffer).unwrap() {
                walk(&value.packet());
                let _ = value.to_packet();
                count += 1;
            }
        });
        assert_eq!(count, packets.len());
    }
}

#[test]
fn refusing_allocates_nothing() {
    for (version, bytes) in samples() {
        for i in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[i] ^= 0xff;
            let _ = check_no_allocation("damaged", || AnyDecoder::new(version).decode(&bytes));
        }
    }
}

/// Reads every list and property to its end.
fn walk(packet: &AnyPacket<&[u8]>) -> usize {
    let properties =
        |bytes: &v5::PublishProperties<&[u8]>| bytes.iter().count() + bytes.user_properties().count();
    match packet {
        AnyPacket::V3(mqtt_codec::v3::Packet::Subscribe(s)) => s.filters.iter().count(),
        AnyPacket::V3(mqtt_codec::v3::Packet::SubAck(s)) => s.return_codes.iter().count(),
        AnyPacket::V5(v5::Packet::Publish(p)) => properties(p.properties()),
        AnyPacket::V5(v5::Packet::Subscribe(s)) => s.filters.iter().count() + s.properties.iter().count(),
        AnyPacket::V5(v5::Packet::ConnAck(c)) => c.properties.iter().count(),
        _ => 0,
    }
}
