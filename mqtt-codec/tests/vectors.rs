//! The corpus in `test-vectors/`: results, fields, offsets, statements and answers, and canonical encodings.
//!
//! The values inside valid packets are compared by `mqtt-conformance`, which knows their JSON names.

use bytes::BytesMut;
use mqtt_codec::{
    AnyDecoder, AnyPacket, Cause, DecodeError, DecodeOptions, Decoded, Requirement, Sender, Version,
};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;

fn corpus() -> Vec<(Version, Value)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-vectors");
    let mut all = Vec::new();
    for version in Version::ALL {
        let mut files: Vec<_> = std::fs::read_dir(root.join(format!("v{version}")))
            .expect("the corpus is beside the crate")
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|e| e == "json"))
            .collect();
        files.sort();
        for file in files {
            let mut json: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
            let Value::Array(vectors) = json["vectors"].take() else { panic!("{}", file.display()) };
            all.extend(vectors.into_iter().map(|vector| (version, vector)));
        }
    }
    assert!(all.len() > 5000, "{} vectors", all.len());
    all
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// Bytes as the format writes them: hex, or an array of segments.
fn bytes(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) => hex(text),
        Value::Array(segments) => segments.iter().map(segment).collect::<Vec<_>>().concat(),
        other => panic!("{other}"),
    }
}

fn segment(value: &Value) -> Vec<u8> {
    match (value["hex"].as_str(), value["repeat"].as_str()) {
        (Some(text), _) => hex(text),
        (_, Some(text)) => hex(text).repeat(usize::try_from(value["count"].as_u64().unwrap()).unwrap()),
        _ => panic!("{value}"),
    }
}

fn decoder(version: Version, vector: &Value) -> AnyDecoder {
    let options = DecodeOptions::new();
    AnyDecoder::with_options(
        version,
        match vector["direction"].as_str() {
            Some("client-to-server") => options.sender(Sender::Client),
            Some("server-to-client") => options.sender(Sender::Server),
            _ => options,
        },
    )
}

/// Decodes all packets, in pieces of `piece` bytes; the rest that is not whole, or the refusal with its packet's start.
fn decode_all<'a>(
    decoder: &AnyDecoder,
    input: &'a [u8],
    piece: usize,
) -> (Vec<AnyPacket<&'a [u8]>>, Result<usize, DecodeError>) {
    let (mut packets, mut start, mut end) = (Vec::new(), 0, 0);
    loop {
        match decoder.decode(&input[start..end]) {
            Ok(Decoded::Complete { value, consumed }) => {
                packets.push(value);
                start += consumed;
            }
            Ok(Decoded::Incomplete { needed }) if end == input.len() => {
                return (packets, Ok(if start == end { 0 } else { needed }));
            }
            Ok(Decoded::Incomplete { needed }) => {
                assert!(needed > 0);
                end = input.len().min(end + piece);
            }
            Err(e) => return (packets, Err(e)),
        }
    }
}

fn check(version: Version, vector: &Value, piece: usize) -> Result<(), String> {
    let input = bytes(&vector["bytes"]);
    let (packets, end) = decode_all(&decoder(version, vector), &input, piece);
    let result = vector["result"].as_str().unwrap();
    match (result, end) {
        ("valid", Ok(0)) => {
            let expected = vector["packets"].as_array().map_or(1, Vec::len);
            if packets.len() != expected {
                return Err(format!("{} packets instead of {expected}", packets.len()));
            }
            let canonical = vector.get("canonical").map_or_else(|| input.clone(), bytes);
            let mut encoded = BytesMut::new();
            for packet in packets {
                let len = packet.encode_to(&mut encoded).map_err(|e| e.to_string())?;
                assert_eq!(Ok(len), packet.encoded_len());
            }
            if encoded == canonical {
                Ok(())
            } else {
                Err(format!("encodes to {:02x?}", &encoded[..encoded.len().min(60)]))
            }
        }
        ("incomplete", Ok(needed)) => {
            let needed = if input.is_empty() { 2 } else { needed };
            let expected = vector["needed"].as_u64().unwrap();
            if needed as u64 == expected {
                Ok(())
            } else {
                Err(format!("needs {needed} instead of {expected}"))
            }
        }
        ("malformed" | "protocol-error", Err(e)) => check_refusal(vector, &e),
        (_, Ok(needed)) => Err(format!("{result}, but accepted (missing {needed})")),
        (_, Err(e)) => Err(format!("{result}, but refused: {e}")),
    }
}

fn check_refusal(vector: &Value, e: &DecodeError) -> Result<(), String> {
    let mut wrong = String::new();
    if vector["field"] != e.field().name() {
        let _ = write!(wrong, "field is {}, ", vector["field"]);
    }
    if vector["offset"] != e.offset() {
        let _ = write!(wrong, "offset is {}, ", vector["offset"]);
    }
    let covered =
        |id: &str| vector["covers"].as_array().is_some_and(|ids| ids.iter().any(|covers| covers == id));
    let named = match (e.cause(), e.requirement()) {
        // Where a field is cut off, a vector names the rule of the field, and the codec that of the packet.
        (Cause::Truncated | Cause::Surplus(_), _) => true,
        // The section of a property is the same to both.
        (Cause::RepeatedProperty(_) | Cause::PropertyValue(_), Requirement::Section(section)) => {
            vector["section"] == section
        }
        // A section that says it of the packet, where the vector has the one that says it of the field, or of all packets.
        (
            Cause::VarIntTooLong | Cause::UnknownProperty(_) | Cause::WrongSender(_) | Cause::NullCharacter,
            Requirement::Section(_),
        ) if vector["covers"].is_null() => true,
        (_, Requirement::Section(section)) if vector["covers"].is_null() => vector["section"] == section,
        // A statement where the vector has the section around it.
        _ if vector["covers"].is_null() => true,
        // The umbrella over everything that is wrong with a CONNECT.
        _ if covered("MQTT-3.1.4-1") || covered("V31-3.1-8") => true,
        (_, Requirement::Statement(id)) => covered(id),
        (_, Requirement::Section(section)) => vector["section"] == section,
    };
    if !named {
        let _ = write!(wrong, "statement is {} section {}, ", vector["covers"], vector["section"]);
    }
    if let Some(codes) = vector["reason_codes"].as_array() {
        let code = e.reason_code().expect("a refusal of 5.0 has an answer");
        if !codes.iter().any(|c| *c == code) {
            let _ = write!(wrong, "answer {code:#04x} is not in {codes:?}, ");
        }
    }
    if let Some(code) = vector["return_code"].as_u64() {
        let ours = e.return_code().map(|c| u64::from(c.get()));
        if ours != Some(code) {
            let _ = write!(wrong, "return code {ours:?} instead of {code}, ");
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(format!("{wrong}but refused: {e}")) }
}

/// Runs every vector in pieces of this size.
fn run(piece: usize) {
    let mut failures = Vec::new();
    let corpus = corpus();
    for (version, vector) in &corpus {
        // Feeding megabytes byte by byte shows nothing that kilobytes do not.
        let huge = vector["bytes"].is_array();
        if let Err(e) = check(*version, vector, if huge { piece.max(4096) } else { piece }) {
            failures.push(format!("{}: {e}", vector["id"].as_str().unwrap()));
        }
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), corpus.len(), failures.join("\n"));
}

#[test]
fn whole() {
    run(usize::MAX / 2);
}

#[test]
fn byte_by_byte() {
    run(1);
}

#[test]
fn in_pieces() {
    run(5);
}

/// `decode_owned` and `decode_shared` find in every vector what `decode` finds, take the same bytes, and are written alike.
#[test]
fn owned_and_shared_packets_are_the_borrowed_ones() {
    for (version, vector) in &corpus() {
        let input = bytes(&vector["bytes"]);
        let decoder = decoder(*version, vector);
        let mut rest = &input[..];
        let (mut owned_rest, mut shared_rest) = (BytesMut::from(rest), BytesMut::from(rest));
        loop {
            let borrowed = decoder.decode(rest);
            let owned = decoder.decode_owned(&mut owned_rest);
            let shared = decoder.decode_shared(&mut shared_rest);
            let id = &vector["id"];
            assert_eq!(owned_rest, shared_rest, "{id}");
            match borrowed {
                Ok(Decoded::Complete { value: borrowed, consumed }) => {
                    rest = &rest[consumed..];
                    assert_eq!(owned_rest, rest, "{id}");
                    let (owned, shared) = (owned.unwrap().complete(), shared.unwrap().complete().unwrap());
                    assert_eq!(owned.as_ref().map(AnyPacket::as_borrowed), Some(borrowed), "{id}");
                    assert_eq!(shared.packet(), borrowed, "{id}");
                    let (mut written, mut copied) = (BytesMut::new(), BytesMut::new());
                    borrowed.encode_to(&mut written).unwrap();
                    assert_eq!(shared.encode_to(&mut copied), Ok(copied.len()), "{id}");
                    assert_eq!(copied, written, "{id}");
                }
                Ok(Decoded::Incomplete { needed }) => {
                    assert_eq!(owned, Ok(Decoded::Incomplete { needed }), "{id}");
                    assert_eq!(shared, Ok(Decoded::Incomplete { needed }), "{id}");
                    break;
                }
                Err(e) => {
                    assert_eq!((owned.err(), shared.err()), (Some(e), Some(e)), "{id}");
                    break;
                }
            }
        }
    }
}
