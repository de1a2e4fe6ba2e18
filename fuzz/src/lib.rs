//! What the fuzz targets do with their input, as plain functions: the targets in `fuzz_targets/` hand bytes to them, and
//! `cargo test` replays the vectors of `test-vectors/` and all former findings through them, on stable Rust.

pub mod seeds;

use arbitrary::{Arbitrary, Unstructured};
use bytes::{Bytes, BytesMut};
use mqtt_codec::{
    AnyDecoder, AnyPacket, DecodeError, DecodeOptions, Decoded, Sender, Text, TopicFilter, TopicName,
    Version, v3, v5,
};
use mqtt_conformance::capability::profile;
use mqtt_conformance::expect::{self, Expectations};
use mqtt_conformance::run::Config;
use mqtt_conformance::script::Problem;
use mqtt_conformance::server::{Action, Broker, ConnId, Limits, Rules};
use std::collections::BTreeMap;

/// What a target does with its input.
pub type Target = fn(&[u8]);

/// Every target by its name.
pub const TARGETS: &[(&str, Target)] = &[
    ("decode", decode),
    ("roundtrip", roundtrip),
    ("stream", stream),
    ("storages", storages),
    ("matching", matching),
    ("script", script),
    ("vectors", vectors),
    ("documents", documents),
    ("broker", broker),
];

/// The strictest and the most lenient options, with each side as the sender.
fn options() -> impl Iterator<Item = DecodeOptions> {
    let strict = DecodeOptions::new()
        .refuse_control_characters(true)
        .refuse_non_characters(true)
        .refuse_overlong_lengths(true)
        .check_payload_format(true);
    let lenient =
        DecodeOptions::new().accept_any_client_identifier(true).accept_repeated_publish_properties(true);
    [DecodeOptions::new(), strict, strict.sender(Sender::Client), lenient.sender(Sender::Server), lenient]
        .into_iter()
}

fn encode(packet: &AnyPacket<impl mqtt_codec::Storage>) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    let len = packet.encode_to(&mut bytes).expect("what was decoded or built can be encoded");
    assert_eq!(Ok(len), packet.encoded_len());
    assert_eq!(len, bytes.len());
    bytes.to_vec()
}

/// An error points into the packet, or right behind it, and can say everything it promises.
fn check_error(e: &DecodeError, input: &[u8]) {
    assert!(e.offset() <= input.len(), "{e} in {} bytes", input.len());
    assert!(!e.to_string().is_empty());
    assert_eq!(e.reason_code().is_some(), e.version() == Version::V5);
    let _ = (e.return_code(), e.is_protocol_error());
}

/// Bytes to packets, in every version: no panic; what decodes encodes, to bytes that decode to the same.
pub fn decode(data: &[u8]) {
    if let Err(e) = Version::detect(data) {
        check_error(&e, data);
    }
    for version in Version::ALL {
        for options in options() {
            match AnyDecoder::with_options(version, options).decode(data) {
                Ok(Decoded::Complete { value, consumed }) => {
                    assert!((2..=data.len()).contains(&consumed));
                    let canonical = encode(&value);
                    assert!(canonical.len() <= consumed, "canonical is shortest");
                    let again = AnyDecoder::with_options(version, options).decode(&canonical);
                    assert_eq!(again, Ok(Decoded::Complete { value, consumed: canonical.len() }));
                }
                Ok(Decoded::Incomplete { needed }) => assert!(needed > 0),
                Err(e) => check_error(&e, data),
            }
        }
    }
}

/// Packets to bytes and back, packets made by `Arbitrary`.
pub fn roundtrip(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let Ok(packet) = AnyPacket::<Bytes>::arbitrary(&mut u) else { return };
    let version = match &packet {
        AnyPacket::V3(v3::Packet::Connect(connect)) => connect.level().version(),
        AnyPacket::V3(_) => Version::V3_1_1,
        AnyPacket::V5(_) => Version::V5,
    };
    let bytes = encode(&packet);
    let decoded = AnyDecoder::new(version).decode(&bytes);
    assert_eq!(decoded, Ok(Decoded::Complete { value: packet.as_borrowed(), consumed: bytes.len() }));
    let mut slice = vec![0; bytes.len()];
    assert_eq!(packet.encode(&mut slice), Ok(bytes.len()));
    assert_eq!(slice, bytes);
    if let AnyPacket::V5(v5::Packet::Publish(publish)) = &packet {
        let mut head = BytesMut::new();
        publish.encode_head_to(&mut head).expect("the packet fits");
        assert_eq!([&head[..], &publish.payload].concat(), bytes);
    }
}

/// A stream cut into pieces gives what it gives whole. The first byte picks the version, the second the pieces.
pub fn stream(data: &[u8]) {
    let [version, piece, stream @ ..] = data else { return };
    let decoder = AnyDecoder::new(Version::ALL[usize::from(version % 3)]);
    let whole = packets(&decoder, stream, usize::MAX);
    let pieces = packets(&decoder, stream, usize::from(piece % 32) + 1);
    assert_eq!(whole, pieces);
}

type Ending = Result<usize, DecodeError>;

fn packets(decoder: &AnyDecoder, stream: &[u8], piece: usize) -> (Vec<AnyPacket>, Ending) {
    let (mut buffer, mut packets) = (BytesMut::new(), Vec::new());
    for chunk in stream.chunks(piece.min(stream.len().max(1))) {
        buffer.extend_from_slice(chunk);
        loop {
            match decoder.decode_shared(&mut buffer) {
                Ok(Decoded::Complete { value, .. }) => packets.push(value.to_packet()),
                Ok(Decoded::Incomplete { .. }) => break,
                Err(e) => return (packets, Err(e)),
            }
        }
    }
    (packets, Ok(buffer.len()))
}

/// Both storages hold the same packet, or refuse it with the same error.
pub fn storages(data: &[u8]) {
    for version in Version::ALL {
        let decoder = AnyDecoder::new(version);
        let mut buffer = BytesMut::from(data);
        match (decoder.decode(data), decoder.decode_shared(&mut buffer)) {
            (Ok(Decoded::Complete { value, consumed }), Ok(Decoded::Complete { value: shared, .. })) => {
                assert_eq!(shared.packet(), value);
                assert_eq!(shared.frame(), &data[..consumed]);
                let shared = shared.to_packet();
                assert_eq!(shared.as_borrowed(), value);
                assert_eq!(shared.detach().as_borrowed(), value);
                assert_eq!(buffer, data[consumed..]);
                assert_eq!(encode(&shared), encode(&value));
            }
            (borrowed, shared) => {
                assert_eq!(
                    borrowed.map(|d| matches!(d, Decoded::Incomplete { .. })),
                    shared.map(|d| matches!(d, Decoded::Incomplete { .. }))
                );
            }
        }
    }
}

/// Matching agrees with the rules of section 4.7 written down plainly. A zero byte divides filter and topic.
pub fn matching(data: &[u8]) {
    let mut parts = data.splitn(2, |&b| b == 0);
    let (Some(filter), Some(topic)) = (parts.next(), parts.next()) else { return };
    let (Ok(filter), Ok(topic)) = (str::from_utf8(filter), str::from_utf8(topic)) else { return };
    let valid_filter = !filter.is_empty()
        && filter.len() <= 65_535
        && !filter.contains('\0')
        && filter.split('/').all(|level| level == "+" || level == "#" || !level.contains(['+', '#']))
        && filter.split('/').rev().skip(1).all(|level| level != "#");
    let valid_topic = !topic.is_empty() && topic.len() <= 65_535 && !topic.contains(['+', '#', '\0']);
    let (parsed, name) = (TopicFilter::new(filter), TopicName::new(topic));
    assert_eq!((parsed.is_ok(), name.is_ok()), (valid_filter, valid_topic), "{filter:?} {topic:?}");
    if let (Ok(parsed), Ok(name)) = (parsed, name) {
        assert_eq!(parsed.matches(&name), matches_plainly(filter, topic), "{filter:?} {topic:?}");
    }
}

fn matches_plainly(filter: &str, topic: &str) -> bool {
    if filter.starts_with(['+', '#']) && topic.starts_with('$') {
        return false;
    }
    let (filter, topic): (Vec<_>, Vec<_>) = (filter.split('/').collect(), topic.split('/').collect());
    let (levels, rest) = match filter.split_last() {
        Some((&"#", levels)) => (levels, true),
        _ => (&filter[..], false),
    };
    let long_enough = if rest { topic.len() >= levels.len() } else { topic.len() == levels.len() };
    long_enough && levels.iter().zip(&topic).all(|(f, t)| *f == "+" || f == t)
}

/// The script parser: no panic, and what it accepts it formats to something that means the same.
pub fn script(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let Ok(script) = mqtt_conformance::script::parse("fuzz.mqs", text) else { return };
    let formatted = mqtt_conformance::script::format(&script);
    let again = mqtt_conformance::script::parse("fuzz.mqs", &formatted).expect("what is formatted parses");
    assert_eq!(mqtt_conformance::script::format(&again), formatted, "formatting is stable");
}

/// The parser of vector files: no panic.
pub fn vectors(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let _ = mqtt_conformance::vectors::parse(text);
}

/// The parsers of expectation files and profiles: no panic, every mistake has its place, and patterns of whatever form are
/// compared with ids in bounded time.
pub fn documents(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let check = |problems: Vec<Problem>| {
        assert!(!problems.is_empty());
        for problem in problems {
            assert!(problem.span.end <= text.len() && problem.line() >= 1, "{}", problem.one_line());
        }
    };
    match expect::parse("fuzz.toml", text) {
        Ok(file) => {
            let ids = ["5.0/a/b", "5.0/a/b[x=1]", "5.0/a/b[x=*]", "3.1.1/c/d[x=a,y=b]"];
            if let Err(problems) = Expectations::new(vec![file], ids) {
                check(problems);
            }
        }
        Err(problems) => check(problems),
    }
    match profile::parse("fuzz.toml", text) {
        Ok(profile) => profile.apply(&mut Config::default()),
        Err(problems) => check(problems),
    }
}

/// The reference broker, fed packets and noise by several clients: no panic, bounded memory, and every byte it sends to a client
/// is a packet that the client's version allows.
pub fn broker(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let mut limits = Limits::default();
    (limits.sessions, limits.queue, limits.retained, limits.subscriptions) = (8, 16, 8, 16);
    let mut broker = Broker::new(Rules::standard(), limits);
    let mut clients: BTreeMap<u64, Client> = BTreeMap::new();
    let (mut next, mut now) = (0, 0_u64);
    while let Ok(step) = u.int_in_range(0..=9_u8) {
        if u.is_empty() {
            break;
        }
        broker.tick(now);
        match step {
            0 => {
                let Ok(version) = u.choose(&Version::ALL) else { break };
                broker.connected(ConnId(next));
                let connects = u.ratio(9, 10).unwrap_or(true);
                clients.insert(next, Client { version: *version, connects, sent: BytesMut::new() });
                if connects {
                    let Ok(id) = u.int_in_range(0..=3_u8) else { break };
                    broker.received(ConnId(next), &connect(*version, id, u.arbitrary().unwrap_or_default()));
                }
                next += 1;
            }
            1 => {
                if let Some(conn) = pick(&mut u, &clients) {
                    broker.closed(ConnId(conn));
                    clients.remove(&conn);
                }
            }
            2 => now = now.saturating_add(u64::from(u.arbitrary::<u16>().unwrap_or_default())),
            3 => {
                let noise: [u8; 4] = u.arbitrary().unwrap_or_default();
                if let Some(conn) = pick(&mut u, &clients) {
                    broker.received(ConnId(conn), &noise);
                }
            }
            _ => {
                let Some(conn) = pick(&mut u, &clients) else { continue };
                let packet = match clients[&conn].version {
                    Version::V5 => u.arbitrary().map(AnyPacket::V5),
                    _ => u.arbitrary().map(AnyPacket::V3),
                };
                if let Ok(packet) = packet {
                    broker.received(ConnId(conn), &encode(&packet));
                }
            }
        }
        drain(&mut broker, &mut clients);
        assert!(broker.session_count() <= 8 + clients.len(), "sessions are bounded");
    }
}

/// A client of the broker under test: what it was sent and has not read yet.
struct Client {
    version: Version,
    /// It begins with a CONNECT of its version. To one that does not, the broker may speak another.
    connects: bool,
    sent: BytesMut,
}

fn pick(u: &mut Unstructured<'_>, clients: &BTreeMap<u64, Client>) -> Option<u64> {
    let conns: Vec<u64> = clients.keys().copied().collect();
    u.choose(&conns).ok().copied()
}

fn connect(version: Version, id: u8, clean: bool) -> Vec<u8> {
    let client_id = ["a", "b", "c", "d"][usize::from(id % 4)];
    let level = match version {
        Version::V3_1 => v3::ProtocolLevel::V3_1,
        _ => v3::ProtocolLevel::V3_1_1,
    };
    let text = Text::try_from(client_id).expect("a letter is text");
    let packet: AnyPacket = if version == Version::V5 {
        let mut connect = v5::Connect::new(text);
        connect.clean_start = clean;
        connect.properties = v5::ConnectProperties::builder()
            .session_expiry_interval(30)
            .receive_maximum(2)
            .topic_alias_maximum(2)
            .finish()
            .expect("each property once");
        v5::Packet::Connect(connect).into()
    } else {
        v3::Packet::Connect(v3::Connect::new(level, text, clean).expect("a letter is an identifier")).into()
    };
    encode(&packet)
}

/// Takes what the broker wants done, and reads what it sends as a strict client would.
fn drain(broker: &mut Broker, clients: &mut BTreeMap<u64, Client>) {
    while let Some(action) = broker.next_action() {
        match action {
            Action::Send { conn, bytes } => {
                let Some(client) = clients.get_mut(&conn.0).filter(|client| client.connects) else {
                    continue;
                };
                client.sent.extend_from_slice(&bytes);
                let options = DecodeOptions::new().sender(Sender::Server);
                let decoder = AnyDecoder::with_options(client.version, options);
                while !client.sent.is_empty() {
                    match decoder.decode_shared(&mut client.sent) {
                        Ok(Decoded::Complete { .. }) => {}
                        Ok(Decoded::Incomplete { .. }) => break,
                        Err(e) => panic!("the broker sends what no client accepts: {e} {:02x?}", client.sent),
                    }
                }
            }
            Action::Close { conn } => {
                clients.remove(&conn.0);
            }
        }
    }
}
