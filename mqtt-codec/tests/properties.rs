//! What holds for every packet, and every way of cutting bytes up.

use bytes::BytesMut;
use mqtt_codec::proptest::{packets_v3, packets_v5, topic_filters, topic_names};
use mqtt_codec::{AnyDecoder, AnyPacket, Decoded, TopicFilter, TopicName, Version, v3};
use proptest::prelude::*;

fn any_packet() -> impl Strategy<Value = (Version, AnyPacket)> {
    let v3 = packets_v3().prop_map(|packet| {
        let version = match &packet {
            v3::Packet::Connect(connect) => connect.level().version(),
            _ => Version::V3_1_1,
        };
        (version, AnyPacket::V3(packet))
    });
    prop_oneof![v3, packets_v5().prop_map(|packet| (Version::V5, AnyPacket::V5(packet)))]
}

fn encode(packet: &AnyPacket) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    assert_eq!(packet.encode_to(&mut bytes), packet.encoded_len());
    assert_eq!(packet.encoded_len(), Ok(bytes.len()), "the length that was announced");
    bytes.to_vec()
}

/// The rules of section 4.7, level by level on vectors: slow and plain.
fn matches_naively(filter: &str, topic: &str) -> bool {
    fn levels(filter: &[&str], topic: &[&str]) -> bool {
        match (filter.split_first(), topic.split_first()) {
            (None, None) | (Some((&"#", _)), _) => true,
            (Some((&f, filter)), Some((&t, topic))) => (f == "+" || f == t) && levels(filter, topic),
            _ => false,
        }
    }
    let wild_first = filter.starts_with(['+', '#']);
    !(wild_first && topic.starts_with('$'))
        && levels(&filter.split('/').collect::<Vec<_>>(), &topic.split('/').collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn decoding_undoes_encoding((version, packet) in any_packet()) {
        let bytes = encode(&packet);
        let decoder = AnyDecoder::new(version);
        let expected = Decoded::Complete { value: packet.as_borrowed(), consumed: bytes.len() };
        prop_assert_eq!(decoder.decode(&bytes), Ok(expected));
        let mut input = BytesMut::from(&bytes[..]);
        let shared = decoder.decode_shared(&mut input).unwrap().complete().unwrap();
        prop_assert_eq!(encode(&shared.to_packet()), bytes);
        prop_assert!(input.is_empty());
    }

    #[test]
    fn any_cut_gives_the_same_packets(packets in prop::collection::vec(packets_v5(), 1..5), cuts in prop::collection::vec(1..40_usize, 1..20)) {
        let packets: Vec<_> = packets.into_iter().map(AnyPacket::V5).collect();
        let stream: Vec<u8> = packets.iter().flat_map(encode).collect();
        let decoder = AnyDecoder::new(Version::V5);
        let (mut buffer, mut got, mut rest) = (BytesMut::new(), Vec::new(), &stream[..]);
        let mut cuts = cuts.into_iter().cycle();
        while !rest.is_empty() {
            let (piece, tail) = rest.split_at(cuts.next().unwrap().min(rest.len()));
            buffer.extend_from_slice(piece);
            rest = tail;
            while let Decoded::Complete { value, .. } = decoder.decode_shared(&mut buffer).unwrap() {
                got.push(value.to_packet());
            }
        }
        prop_assert_eq!(got, packets);
    }

    #[test]
    fn every_strict_prefix_is_incomplete((version, packet) in any_packet()) {
        let bytes = encode(&packet);
        for cut in 0..bytes.len() {
            let Ok(Decoded::Incomplete { needed }) = AnyDecoder::new(version).decode(&bytes[..cut]) else {
                return Err(TestCaseError::fail(format!("{:02x?}", &bytes[..cut])));
            };
            prop_assert!(needed > 0 && cut + needed <= bytes.len());
        }
    }

    #[test]
    fn damage_never_panics_and_what_decodes_encodes((version, packet) in any_packet(), flips in prop::collection::vec(any::<prop::sample::Index>(), 1..4)) {
        let mut bytes = encode(&packet);
        for flip in flips {
            let bit = flip.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        if let Ok(Decoded::Complete { value, .. }) = AnyDecoder::new(version).decode(&bytes) {
            let mut canonical = BytesMut::new();
            value.encode_to(&mut canonical).unwrap();
            let again = AnyDecoder::new(version).decode(&canonical);
            prop_assert_eq!(again, Ok(Decoded::Complete { value, consumed: canonical.len() }));
        }
    }

    #[test]
    fn noise_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for version in Version::ALL {
            let _ = AnyDecoder::new(version).decode(&bytes);
        }
        let _ = Version::detect(&bytes);
    }

    #[test]
    fn matching_agrees_with_the_plain_rules(filter in topic_filters(), topic in topic_names()) {
        let expected = matches_naively(filter.to_str().unwrap(), topic.to_str().unwrap());
        prop_assert_eq!(filter.matches(&topic), expected);
    }

    /// Few levels over a tiny alphabet, so that many pairs match.
    #[test]
    fn matching_agrees_on_small_topics(filter in "(a|b|\\+|\\$|)(/(a|\\+|)){0,3}(/#)?", topic in "(a|b|\\$|)(/(a|b|)){0,4}") {
        let (Ok(parsed), Ok(name)) = (TopicFilter::new(&filter), TopicName::new(&topic)) else { return Ok(()) };
        prop_assert_eq!(parsed.matches(&name), matches_naively(&filter, &topic));
    }
}
