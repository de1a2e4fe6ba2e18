//! The eleven workloads: which packets, byte by byte.
//!
//! Rows `a` to `g5` are one packet, repeated [`COPIES`] times in one buffer, so that every codec reads from the kind of
//! buffer it likes and the cost of starting is spread thin. Rows `h` and `h5` are 10,000 packets of many kinds.
//!
//! The bytes are put together here by hand and by no codec.

/// How often the packet of a single-packet row stands in its buffer.
pub const COPIES: usize = 100;

/// How many packets the streams have.
pub const STREAM: usize = 10_000;

/// The version that the bytes are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// MQTT 3.1.1.
    V3_1_1,
    /// MQTT 5.0.
    V5,
}

/// A row of the table.
#[derive(Clone, Debug)]
pub struct Workload {
    /// The short name of the row.
    pub id: &'static str,
    /// What the row is.
    pub about: &'static str,
    /// The version.
    pub protocol: Protocol,
    /// All packets, one behind the other.
    pub wire: Vec<u8>,
    /// How many packets there are.
    pub packets: usize,
}

impl Workload {
    fn repeated(id: &'static str, about: &'static str, protocol: Protocol, packet: &[u8]) -> Self {
        Self { id, about, protocol, wire: packet.repeat(COPIES), packets: COPIES }
    }

    /// All rows, in the order of the table.
    pub fn all() -> Vec<Self> {
        use Protocol::{V3_1_1, V5};
        vec![
            Self::repeated("a", "3.1.1 PUBLISH QoS 0, topic 20 B, payload 64 B", V3_1_1, &a()),
            Self::repeated("a5", "5.0 PUBLISH QoS 0, same, no properties", V5, &a5()),
            Self::repeated("b", "3.1.1 PUBLISH QoS 1, payload 1 KiB", V3_1_1, &b()),
            Self::repeated("c", "5.0 PUBLISH QoS 1, 6 properties (2 user)", V5, &c()),
            Self::repeated("d", "3.1.1 CONNECT, will, user, password", V3_1_1, &d()),
            Self::repeated("e", "5.0 CONNECT, 5 properties, will with 5, user, password", V5, &e()),
            Self::repeated("f", "3.1.1 SUBSCRIBE, 10 filters", V3_1_1, &f()),
            Self::repeated("g", "3.1.1 PUBACK", V3_1_1, &packet(0x40, &[&[0x12, 0x34]])),
            Self::repeated(
                "g5",
                "5.0 PUBACK, Success in its short form",
                V5,
                &packet(0x40, &[&[0x12, 0x34]]),
            ),
            Self {
                id: "h",
                about: "3.1.1 stream, 10,000 mixed packets in one buffer",
                protocol: V3_1_1,
                wire: stream(V3_1_1),
                packets: STREAM,
            },
            Self { id: "h5", about: "5.0 stream, likewise", protocol: V5, wire: stream(V5), packets: STREAM },
        ]
    }
}

/// 20 bytes.
const TOPIC: &[u8] = b"plant/7/line/3/tempC";

/// 64 bytes of JSON.
const READING: &[u8] = br#"{"t":1767225600,"line":3,"celsius":21.375,"ok":true,"seq":40961}"#;

/// A Variable Byte Integer in its shortest form.
fn var_int(mut value: usize) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let byte = u8::try_from(value & 0x7f).expect("seven bits");
        value >>= 7;
        out.push(if value == 0 { byte } else { byte | 0x80 });
        if value == 0 {
            return out;
        }
    }
}

/// A packet: the first byte, the Remaining Length, and the parts of its body.
fn packet(first: u8, body: &[&[u8]]) -> Vec<u8> {
    let body = body.concat();
    [&[first], var_int(body.len()).as_slice(), &body].concat()
}

/// Bytes behind their two-byte length.
fn field(bytes: &[u8]) -> Vec<u8> {
    let len = u16::try_from(bytes.len()).expect("fields here are short");
    [&len.to_be_bytes(), bytes].concat()
}

/// Properties behind their length.
fn properties(parts: &[&[u8]]) -> Vec<u8> {
    let block = parts.concat();
    [var_int(block.len()), block].concat()
}

/// A User Property.
fn user(name: &[u8], value: &[u8]) -> Vec<u8> {
    [vec![38], field(name), field(value)].concat()
}

fn a() -> Vec<u8> {
    packet(0x30, &[&field(TOPIC), READING])
}

fn a5() -> Vec<u8> {
    packet(0x30, &[&field(TOPIC), &[0], READING])
}

/// The payload counts 0, 1, … 255 four times.
fn b() -> Vec<u8> {
    let payload: Vec<u8> = (0..=255).cycle().take(1024).collect();
    packet(0x32, &[&field(TOPIC), &[0, 7], &payload])
}

/// Payload Format Indicator, Message Expiry Interval, Content Type, Response Topic, two User Properties; payload 64 B.
fn c() -> Vec<u8> {
    let properties = properties(&[
        &[1, 1],
        &[2, 0, 0, 0x0e, 0x10],
        &[3],
        &field(b"application/json"),
        &[8],
        &field(b"plant/7/line/3/reply"),
        &user(b"origin", b"hall-3"),
        &user(b"trace-id", b"4bf92f3577b34da6"),
    ]);
    packet(0x32, &[&field(TOPIC), &[0, 7], &properties, READING])
}

/// Clean Session, Will at QoS 1 and retained, Keep Alive 60.
fn d() -> Vec<u8> {
    packet(
        0x10,
        &[
            &field(b"MQTT"),
            &[4, 0xee, 0, 60],
            &field(b"sensor-7f3a91c4"),
            &field(b"plant/7/line/3/state"),
            &field(b"offline"),
            &field(b"plant-7"),
            &field(b"correct horse battery"),
        ],
    )
}

/// As `d`; Session Expiry Interval, Receive Maximum, Maximum Packet Size, Topic Alias Maximum and a User Property; the
/// Will has Will Delay Interval, Payload Format Indicator, Message Expiry Interval, Content Type and a User Property.
fn e() -> Vec<u8> {
    let connect = properties(&[
        &[17, 0, 0, 0x0e, 0x10],
        &[33, 0, 100],
        &[39, 0, 1, 0, 0],
        &[34, 0, 16],
        &user(b"firmware", b"2.14.3"),
    ]);
    let will = properties(&[
        &[24, 0, 0, 0, 30],
        &[1, 1],
        &[2, 0, 0, 0x0e, 0x10],
        &[3],
        &field(b"text/plain"),
        &user(b"origin", b"hall-3"),
    ]);
    packet(
        0x10,
        &[
            &field(b"MQTT"),
            &[5, 0xee, 0, 60],
            &connect,
            &field(b"sensor-7f3a91c4"),
            &will,
            &field(b"plant/7/line/3/state"),
            &field(b"offline"),
            &field(b"plant-7"),
            &field(b"correct horse battery"),
        ],
    )
}

/// What clients subscribe to: four filters in ten hold a wildcard.
const FILTERS: [&[u8]; 10] = [
    b"plant/7/line/3/tempC",
    b"plant/7/line/3/humidity",
    b"plant/7/line/+/state",
    b"plant/7/alarms/#",
    b"plant/7/line/4/tempC",
    b"plant/7/line/4/humidity",
    b"plant/+/energy",
    b"fleet/truck-0042/position",
    b"fleet/truck-0042/#",
    b"cmd/sensor-7f3a91c4",
];

fn f() -> Vec<u8> {
    let filters: Vec<u8> = FILTERS
        .iter()
        .zip([0, 1, 2].into_iter().cycle())
        .flat_map(|(filter, qos)| [field(filter), vec![qos]].concat())
        .collect();
    packet(0x82, &[&[0, 10], &filters])
}

/// A random number generator that gives the same numbers everywhere (the MMIX constants of Knuth's).
struct Random(u64);

impl Random {
    /// A number below `below`.
    fn below(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let high = usize::try_from(self.0 >> 33).expect("31 bits");
        high % below
    }

    fn packet_id(&mut self) -> [u8; 2] {
        u16::try_from(1 + self.below(65_535)).expect("in range").to_be_bytes()
    }
}

/// A stream as one sees it on the busy side of a broker, both directions in one buffer.
///
/// Of 1,000 packets, on average:
///
/// | packets | kind |
/// |--:|---|
/// | 560 | PUBLISH at QoS 0 |
/// | 180 | PUBLISH at QoS 1 |
/// | 20 | PUBLISH at QoS 2 |
/// | 150 | PUBACK |
/// | 20 each | PUBREC, PUBREL, PUBCOMP |
/// | 6 each | SUBSCRIBE of 1 to 4 filters, and its SUBACK |
/// | 2 each | UNSUBSCRIBE of one filter, and its UNSUBACK |
/// | 5 each | PINGREQ, PINGRESP |
/// | 2 each | CONNECT (row `d` or `e`), CONNACK |
///
/// Topics have 10 to 53 bytes; one in five is not ASCII. Of ten payloads six have 8 to 71 bytes, three 72 to 327, and one 328 to 1,351.
///
/// In 5.0 one PUBLISH in four carries properties: half of these one Topic Alias, the others Content Type and one User
/// Property. One PUBACK in ten says *no matching subscribers*; CONNACK carries three properties; the rest has none.
fn stream(protocol: Protocol) -> Vec<u8> {
    let mut random = Random(4);
    let mut wire = Vec::new();
    for _ in 0..STREAM {
        let kind = random.below(1000);
        wire.extend(match kind {
            0..560 => publish(&mut random, protocol, 0),
            560..740 => publish(&mut random, protocol, 1),
            740..760 => publish(&mut random, protocol, 2),
            _ => other(&mut random, protocol, kind),
        });
    }
    wire
}

fn publish(random: &mut Random, protocol: Protocol, qos: u8) -> Vec<u8> {
    const AREAS: [&str; 4] = ["plant", "fleet", "home", "greenhouse"];
    const VALUES: [&str; 6] = ["t", "tempC", "state", "position", "humidity", "vibration/rms-velocity"];
    /// Latin with accents, Greek, Cyrillic, Chinese: characters of two and three bytes.
    const WORLDWIDE: [&str; 6] =
        ["température", "größe", "υγρασία/αίθουσα", "температура", "温度", "линия/вибрация"];
    let area = AREAS[random.below(4)];
    let value = if random.below(5) == 0 { WORLDWIDE[random.below(6)] } else { VALUES[random.below(6)] };
    let topic = format!("{area}/{:03}/{value}", random.below(1000));
    let len = match random.below(10) {
        0..6 => 8 + random.below(64),
        6..9 => 72 + random.below(256),
        _ => 328 + random.below(1024),
    };
    let payload: Vec<u8> = READING.iter().copied().cycle().take(len).collect();
    let id = random.packet_id();
    let properties = match (protocol, random.below(8)) {
        (Protocol::V3_1_1, _) => Vec::new(),
        (Protocol::V5, 0) => properties(&[&[35], &random.packet_id()]),
        (Protocol::V5, 1) => properties(&[&[3], &field(b"application/json"), &user(b"origin", b"hall-3")]),
        (Protocol::V5, _) => vec![0],
    };
    let id: &[u8] = if qos == 0 { &[] } else { &id };
    packet(0x30 | qos << 1, &[&field(topic.as_bytes()), id, &properties, &payload])
}

/// The packets other than PUBLISH: `kind` is 760 to 999.
fn other(random: &mut Random, protocol: Protocol, kind: usize) -> Vec<u8> {
    let v5 = protocol == Protocol::V5;
    let none: &[u8] = if v5 { &[0] } else { &[] };
    let id = random.packet_id();
    match kind {
        760..910 if v5 && random.below(10) == 0 => packet(0x40, &[&id, &[0x10]]),
        760..910 => packet(0x40, &[&id]),
        910..930 => packet(0x50, &[&id]),
        930..950 => packet(0x62, &[&id]),
        950..970 => packet(0x70, &[&id]),
        970..976 => {
            let filters: Vec<u8> = (0..=random.below(4))
                .flat_map(|_| {
                    [field(FILTERS[random.below(10)]), vec![u8::from(random.below(2) == 0)]].concat()
                })
                .collect();
            packet(0x82, &[&id, none, &filters])
        }
        976..982 => {
            let codes: Vec<u8> = (0..=random.below(4)).map(|_| u8::from(random.below(2) == 0)).collect();
            packet(0x90, &[&id, none, &codes])
        }
        982..984 => packet(0xa2, &[&id, none, &field(FILTERS[random.below(10)])]),
        984..986 if v5 => packet(0xb0, &[&id, none, &[0]]),
        984..986 => packet(0xb0, &[&id]),
        986..991 => packet(0xc0, &[]),
        991..996 => packet(0xd0, &[]),
        996..998 if v5 => e(),
        996..998 => d(),
        _ if v5 => {
            let properties = properties(&[&[33, 0, 100], &[36, 1], &[39, 0, 1, 0, 0]]);
            packet(0x20, &[&[0, 0], &properties])
        }
        _ => packet(0x20, &[&[0, 0]]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_what_they_say() {
        assert_eq!((TOPIC.len(), READING.len()), (20, 64));
        assert_eq!(a()[..4], *b"\x30\x56\x00\x14");
        assert_eq!(a().len(), 88);
        assert_eq!(a5().len(), 89);
        assert_eq!(b()[..3], [0x32, 0x98, 0x08]);
        let rows = Workload::all();
        assert_eq!(rows.iter().find(|row| row.id == "g").unwrap().wire[..4], [0x40, 2, 0x12, 0x34]);
        let kinds: std::collections::BTreeSet<&str> = rows.iter().map(|row| row.id).collect();
        assert_eq!(kinds.len(), 11);
    }

    /// Of the PUBLISH packets of a stream, as many have a topic that is not ASCII as the table says.
    #[test]
    fn one_topic_in_five_is_not_ascii() {
        let mut random = Random(1);
        let topics: Vec<Vec<u8>> = (0..1000)
            .map(|_| publish(&mut random, Protocol::V3_1_1, 0))
            .map(|packet| {
                let at = if packet[1] < 0x80 { 2 } else { 3 };
                let len = usize::from(u16::from_be_bytes([packet[at], packet[at + 1]]));
                packet[at + 2..][..len].to_vec()
            })
            .collect();
        assert!(topics.iter().all(|topic| (10..=53).contains(&topic.len()) && str::from_utf8(topic).is_ok()));
        let worldwide = topics.iter().filter(|topic| !topic.is_ascii()).count();
        assert!((150..=250).contains(&worldwide), "{worldwide}");
    }
}
