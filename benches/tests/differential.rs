//! Other codecs and ours see the same values in the same bytes, or it is listed here who does not, and why.
//!
//! All valid vectors that the standard leaves no choice about go through every codec, generated packets through the ones that
//! differ least. Values are compared without their order, and without zeros and empty text, which some crates give for absence.

use arbitrary::{Arbitrary, Unstructured};
use bytes::Bytes;
use mqtt_benches::codec::{Codec, Seen, Stop, Visitor, take};
use mqtt_benches::corpus::{self, Finding, Vector, decode};
use mqtt_benches::ours;
use mqtt_benches::peers::visit_peers;
use mqtt_benches::workload::Protocol::{self, V3_1_1, V5};
use mqtt_codec::{DecodeOptions, v3, v5};
use std::collections::BTreeSet;

use Finding::{Misread, Refused};

/// A codec, and the vectors (by how their ids go on after the version) that it does not take as they are.
type Difference = (&'static str, Protocol, Finding, &'static str, &'static str);

/// Each was held against the text of the standard: it is the other codec that is wrong, or it speaks with numbers of its own.
const DIFFERENCES: &[Difference] = &[
    ("mqtt-format", V3_1_1, Refused, "", "takes the Remaining Length for one byte"),
    (
        "mqtt-proto",
        V3_1_1,
        Refused,
        "topic-filters/",
        "applies the rules of 5.0 on $share to 3.1.1, which has none",
    ),
    (
        "mqtt-proto",
        V5,
        Refused,
        "properties-publish/subscription-identifier",
        "several are allowed: 3.3.2.3.8",
    ),
    ("mqtt-protocol-core", V5, Refused, "connect", "a password needs no user name: 3.1.2.9"),
    ("mqtt5-protocol", V5, Refused, "connect", "a password needs no user name: 3.1.2.9"),
    ("mqttbytes", V3_1_1, Refused, "connect/password-binary", "a password is binary data: 3.1.3.5"),
    ("mqttbytes", V3_1_1, Refused, "utf-8/password-", "a password is binary data: 3.1.3.5"),
    ("mqttbytes", V5, Refused, "connect/password-binary", "a password is binary data: 3.1.3.6"),
    ("mqttbytes", V5, Refused, "utf-8/password-", "a password is binary data: 3.1.3.6"),
    ("mqttbytes", V5, Refused, "auth/", "does not know AUTH"),
    ("mqttbytes", V5, Refused, "properties-auth/", "does not know AUTH"),
    ("mqttbytes", V5, Refused, "fixed-header/auth", "does not know AUTH"),
    (
        "mqttbytes",
        V5,
        Refused,
        "disconnect/",
        "does not take a DISCONNECT without Property Length: 3.14.2.2.1",
    ),
    (
        "mqttbytes",
        V5,
        Refused,
        "fixed-header/disconnect",
        "does not take a DISCONNECT without Property Length: 3.14.2.2.1",
    ),
    (
        "mqttbytes",
        V5,
        Refused,
        "several-packets/",
        "does not take a DISCONNECT without Property Length: 3.14.2.2.1",
    ),
    (
        "mqttbytes",
        V5,
        Misread,
        "properties-publish/subscription-identifiers-many",
        "counts an identifier's length twice, and ends the properties too early",
    ),
    ("rumqttc", V3_1_1, Refused, "connect/password-binary", "a password is binary data: 3.1.3.5"),
    ("rumqttc", V3_1_1, Refused, "utf-8/password-", "a password is binary data: 3.1.3.5"),
    ("rumqttc", V5, Refused, "connect/password-binary", "a password is binary data: 3.1.3.6"),
    ("rumqttc", V5, Refused, "utf-8/password-", "a password is binary data: 3.1.3.6"),
    ("rumqttc", V5, Refused, "auth/", "does not know AUTH"),
    ("rumqttc", V5, Refused, "properties-auth/", "does not know AUTH"),
    ("rumqttc", V5, Refused, "fixed-header/auth", "does not know AUTH"),
    ("rumqttc", V5, Refused, "disconnect/", "does not take a DISCONNECT without Property Length: 3.14.2.2.1"),
    (
        "rumqttc",
        V5,
        Refused,
        "fixed-header/disconnect",
        "does not take a DISCONNECT without Property Length: 3.14.2.2.1",
    ),
    (
        "rumqttc",
        V5,
        Refused,
        "several-packets/",
        "does not take a DISCONNECT without Property Length: 3.14.2.2.1",
    ),
    (
        "rumqttc",
        V5,
        Misread,
        "properties-publish/subscription-identifiers-many",
        "counts an identifier's length twice, and ends the properties too early",
    ),
    ("rumqttc", V5, Misread, "connack/", "gives reason codes numbers of its own"),
    ("rumqttc", V5, Misread, "puback/", "gives reason codes numbers of its own"),
    ("rumqttc", V5, Misread, "pubrec/", "gives reason codes numbers of its own"),
    ("rumqttc", V5, Misread, "pubrel/", "gives reason codes numbers of its own"),
    ("rumqttc", V5, Misread, "pubcomp/", "gives reason codes numbers of its own"),
    ("rumqttc", V5, Misread, "suback/", "gives reason codes numbers of its own"),
    ("rumqttc", V5, Misread, "unsuback/", "gives reason codes numbers of its own"),
    ("rumqttc", V5, Misread, "fixed-header/", "gives reason codes numbers of its own"),
    ("rumqttc", V5, Misread, "several-packets/", "gives reason codes numbers of its own"),
    ("rmqtt-codec", V5, Misread, "connack/", "gives absent properties their defaults"),
    ("rmqtt-codec", V5, Misread, "properties-connack/", "gives absent properties their defaults"),
    ("rmqtt-codec", V5, Misread, "fixed-header/connack", "gives absent properties their defaults"),
    ("rmqtt-codec", V5, Misread, "several-packets/", "gives absent properties their defaults"),
    ("rmqtt-codec", V5, Misread, "properties-connect/", "gives absent properties their defaults"),
    ("rmqtt-codec", V5, Misread, "connect/", "gives absent properties their defaults"),
    (
        "rmqtt-codec",
        V5,
        Refused,
        "properties-publish/message-expiry-interval-0",
        "an interval of 0 is not forbidden: 3.3.2.3.3",
    ),
    (
        "rmqtt-codec",
        V5,
        Refused,
        "properties-will/message-expiry-interval-0",
        "an interval of 0 is not forbidden: 3.3.2.3.3",
    ),
];

struct Vectors {
    all: Vec<Vector>,
    met: BTreeSet<usize>,
    surprises: Vec<String>,
    compared: usize,
}

impl Visitor for Vectors {
    fn codec<C: Codec>(&mut self) {
        for vector in self.all.iter().filter(|v| v.protocol == C::PROTOCOL && !v.malformed) {
            self.compared += 1;
            let finding = corpus::finding::<C>(vector);
            if finding == Finding::Right {
                continue;
            }
            let point = vector.id.split_once('/').map_or("", |(_, point)| point);
            let known = DIFFERENCES.iter().position(|&(name, protocol, what, start, _)| {
                (name, protocol, what) == (C::NAME, C::PROTOCOL, finding) && point.starts_with(start)
            });
            match known {
                Some(place) => drop(self.met.insert(place)),
                None => self.surprises.push(format!("{}: {} {finding:?}", C::NAME, vector.id)),
            }
        }
    }
}

#[test]
fn vectors_are_seen_alike() {
    let vectors = corpus::vectors().expect("the corpus is beside this package");
    let mut test = Vectors { all: vectors, met: BTreeSet::new(), surprises: Vec::new(), compared: 0 };
    visit_peers(&mut test);
    assert_eq!(test.surprises, [""; 0], "differences that are not listed");
    let stale = DIFFERENCES.iter().enumerate().filter(|(place, _)| !test.met.contains(place));
    assert_eq!(
        stale.map(|(_, difference)| difference).collect::<Vec<_>>(),
        Vec::<&Difference>::new(),
        "stale"
    );
    println!("{} comparisons", test.compared);
}

/// The codecs that are shown generated packets.
const CLOSEST: [(&str, Protocol); 4] =
    [("mqtt-proto", V3_1_1), ("rmqtt-codec", V3_1_1), ("mqtt-proto", V5), ("mqtt5-protocol", V5)];

const GENERATED: usize = 20_000;

/// Why a codec may do otherwise with a generated packet.
fn excuse_v3(codec: &str, packet: &v3::Packet) -> Option<&'static str> {
    match (codec, packet) {
        ("mqtt-proto", v3::Packet::SubAck(suback))
            if suback.return_codes.iter().any(|code| code == v3::SubscribeReturnCode::Failure) =>
        {
            Some("writes the return code Failure as 0x03 instead of 0x80: 3.9.3-2")
        }
        _ => None,
    }
}

fn excuse_v5(codec: &str, packet: &v5::Packet, bytes: &[u8]) -> Option<&'static str> {
    let identifiers =
        |property: &v5::Property<'_>| matches!(property, v5::Property::SubscriptionIdentifier(_));
    match (codec, packet) {
        ("mqtt-proto", v5::Packet::Publish(publish))
            if publish.properties().iter().filter(identifiers).count() > 1 =>
        {
            Some("refuses a second Subscription Identifier, of which there may be several: 3.3.2.3.8")
        }
        ("mqtt5-protocol", v5::Packet::Connect(connect))
            if connect.user_name.is_none() && connect.password.is_some() =>
        {
            Some("a password needs no user name: 3.1.2.9")
        }
        ("mqtt-proto", v5::Packet::Publish(_) | v5::Packet::Connect(_)) => {
            let options = DecodeOptions::new().check_payload_format(true);
            let refused = v5::Decoder::with_options(options).decode(bytes).is_err();
            refused.then_some(
                "always checks the payload that is said to be text, as 3.3.2.3.2 allows; we do on request",
            )
        }
        _ => None,
    }
}

/// A packet as bytes, with the codecs that are excused from it.
type Generated = (Vec<u8>, Vec<&'static str>);

#[derive(Default)]
struct Packets {
    v3: Vec<Generated>,
    v5: Vec<Generated>,
    excused: usize,
    compared: usize,
    surprises: Vec<String>,
}

impl Visitor for Packets {
    fn codec<C: Codec>(&mut self) {
        if !CLOSEST.contains(&(C::NAME, C::PROTOCOL)) {
            return;
        }
        let packets = match C::PROTOCOL {
            V3_1_1 => &self.v3,
            V5 => &self.v5,
        };
        for (bytes, excused) in packets {
            if excused.contains(&C::NAME) {
                self.excused += 1;
                continue;
            }
            self.compared += 1;
            let seen = ours(C::PROTOCOL, bytes);
            assert_eq!(seen.0, 1, "ours refuses what it wrote: {bytes:02x?}");
            let mut input = C::input(bytes);
            let Ok(mut packet) = take::<C>(&mut input) else {
                self.surprises.push(format!("{} refuses {bytes:02x?}", C::NAME));
                continue;
            };
            if decode::<C>(bytes, 1).2 != seen.2 {
                self.surprises.push(format!("{} misreads {bytes:02x?}", C::NAME));
            }
            // What they write is read by us as what it was.
            let mut out = C::output(bytes.len() + 64);
            C::encode(&mut packet, &mut out);
            let written = C::written(&out);
            if ours(C::PROTOCOL, written) != seen {
                self.surprises.push(format!("{} writes {written:02x?}\n  for {bytes:02x?}", C::NAME));
            }
        }
    }
}

/// What we make of bytes that should be one packet.
fn ours(protocol: Protocol, bytes: &[u8]) -> (usize, Stop, Vec<Seen>) {
    match protocol {
        V3_1_1 => decode::<ours::BorrowedV3>(bytes, 1),
        V5 => decode::<ours::BorrowedV5>(bytes, 1),
    }
}

/// Numbers that look like chance, the same in every run: `SplitMix64`.
fn noise(seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    (0..64).flat_map(|_| next().to_le_bytes()).collect()
}

#[test]
fn generated_packets_are_seen_alike() {
    let closest = CLOSEST.map(|(name, _)| name);
    let mut test = Packets::default();
    for seed in 0..GENERATED as u64 {
        let noise = noise(seed);
        if let Ok(packet) = v3::Packet::<Bytes>::arbitrary(&mut Unstructured::new(&noise))
            && !matches!(&packet, v3::Packet::Connect(connect) if connect.level() != v3::ProtocolLevel::V3_1_1)
        {
            let excused = closest.into_iter().filter(|name| excuse_v3(name, &packet).is_some()).collect();
            let mut bytes = vec![0; packet.encoded_len().expect("small packets fit")];
            packet.encode(&mut bytes).expect("there is room");
            test.v3.push((bytes, excused));
        }
        if let Ok(packet) = v5::Packet::<Bytes>::arbitrary(&mut Unstructured::new(&noise)) {
            let mut bytes = vec![0; packet.encoded_len().expect("small packets fit")];
            packet.encode(&mut bytes).expect("there is room");
            let excused =
                closest.into_iter().filter(|name| excuse_v5(name, &packet, &bytes).is_some()).collect();
            test.v5.push((bytes, excused));
        }
    }
    assert!(test.v3.len() > GENERATED / 2 && test.v5.len() > GENERATED / 2, "most noise makes packets");
    visit_peers(&mut test);
    println!("{} comparisons, {} excused", test.compared, test.excused);
    let shown = test.surprises.len().min(40);
    assert!(shown == 0, "{} differences:\n{}", test.surprises.len(), test.surprises[..shown].join("\n"));
    assert!(test.excused < test.compared / 5, "{} excused", test.excused);
}
