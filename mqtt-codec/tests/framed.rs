//! The decoders as codecs of a framed stream.

mod common;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use mqtt_codec::{AnyDecoder, AnyPacket, Cause, FramedError, Version, v3};
use tokio_util::codec::Framed;

#[tokio::test]
async fn packets_travel_through_a_framed_stream() {
    for version in Version::ALL {
        let (near, far) = tokio::io::duplex(16);
        let mut near = Framed::new(near, AnyDecoder::new(version));
        let mut far = Framed::new(far, AnyDecoder::new(version));
        let packets: Vec<AnyPacket<Bytes>> = common::samples()
            .into_iter()
            .filter(|sample| sample.0 == version)
            .map(|(_, bytes)| AnyDecoder::new(version).decode(&bytes).unwrap().complete().unwrap().detach())
            .collect();
        let sent = packets.clone();
        let writer = tokio::spawn(async move {
            for packet in sent {
                near.send(packet).await.unwrap();
            }
        });
        let mut got = Vec::new();
        while let Some(packet) = far.next().await {
            got.push(packet.unwrap());
        }
        writer.await.unwrap();
        assert_eq!(got, packets);
    }
}

#[tokio::test]
async fn a_malformed_packet_ends_the_stream_with_its_error() {
    let input: &[u8] = b"\xc0\x00\x40\x02\x00\x00";
    let mut framed = tokio_util::codec::FramedRead::new(input, AnyDecoder::new(Version::V5));
    assert!(framed.next().await.unwrap().is_ok());
    match framed.next().await {
        Some(Err(FramedError::Decode(e))) => assert_eq!(e.cause(), Cause::PacketIdZero),
        other => panic!("{other:?}"),
    }
}

/// A caller that goes on after an error gets it once: nothing that was received stays.
#[test]
fn after_an_error_the_buffer_is_empty() {
    for received in [&b"\x92\x03\x00\x01\x00"[..], b"\x90\x02\x00\x00\xc0\x00"] {
        let mut buffer = bytes::BytesMut::from(received);
        let mut decoder = v3::Decoder::new(v3::ProtocolLevel::V3_1_1);
        let mut errors = 0;
        while let Some(result) = tokio_util::codec::Decoder::decode(&mut decoder, &mut buffer).transpose() {
            assert!(result.is_err());
            errors += 1;
        }
        assert_eq!((errors, buffer.len()), (1, 0));
    }
}

/// The version is known once enough of the CONNECT has come, and what is no CONNECT is refused.
#[test]
fn the_version_is_found_out() {
    use tokio_util::codec::Decoder;
    for (version, bytes) in common::samples().into_iter().filter(|(_, bytes)| bytes[0] == 0x10) {
        let mut codec = mqtt_codec::DetectingCodec::new(mqtt_codec::DecodeOptions::new());
        let mut buffer = bytes::BytesMut::new();
        for &byte in &bytes[..bytes.len() - 1] {
            buffer.extend_from_slice(&[byte]);
            assert_eq!(codec.decode(&mut buffer).unwrap(), None);
        }
        buffer.extend_from_slice(&bytes[bytes.len() - 1..]);
        let expected = AnyDecoder::new(version).decode(&bytes).unwrap().complete().unwrap().detach();
        assert_eq!(codec.decode(&mut buffer).unwrap(), Some(expected));
        assert_eq!(codec.version(), Some(version));
    }
    let mut codec = mqtt_codec::DetectingCodec::new(mqtt_codec::DecodeOptions::new());
    let mut buffer = bytes::BytesMut::from(&b"\xc0\x00"[..]);
    assert!(codec.decode(&mut buffer).is_err() && buffer.is_empty());
    assert_eq!(codec.version(), None);
}
