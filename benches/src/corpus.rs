//! What codecs make of the corpus of test vectors: how much of what they must refuse they accept, and the reverse.

use crate::codec::{Codec, Stop, decode_all, take};
use crate::workload::Protocol;
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::path::Path;
use std::{fs, io};

/// Bytes of the corpus about which the standard leaves no choice.
#[derive(Clone, Debug)]
pub struct Vector {
    protocol: Protocol,
    bytes: Vec<u8>,
    /// Whether it is to be refused.
    malformed: bool,
    /// How many packets come before the one that is to be refused, or in all.
    packets: usize,
}

/// What a codec made of all vectors of its version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// How many there were to refuse.
    pub malformed: usize,
    /// How many of these gave a packet.
    pub accepted: usize,
    /// How many of these, though whole, made the codec ask for more bytes.
    pub waited: usize,
    /// How many vectors of any kind made it panic.
    pub panicked: usize,
    /// How many there were to accept.
    pub valid: usize,
    /// How many of these gave no packet, or too few.
    pub refused: usize,
}

/// Reads the vectors of 3.1.1 and 5.0: level *must*, and judged without knowing who sent them.
///
/// # Errors
///
/// When the corpus is not beside this package, or not what it was.
pub fn vectors() -> io::Result<Vec<Vector>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-vectors");
    let mut all = Vec::new();
    for (version, protocol) in [("3.1.1", Protocol::V3_1_1), ("5.0", Protocol::V5)] {
        for file in fs::read_dir(root.join(format!("v{version}")))? {
            let json: Value = serde_json::from_slice(&fs::read(file?.path())?)?;
            let vectors = json["vectors"].as_array().map_or(&[][..], Vec::as_slice);
            all.extend(vectors.iter().filter_map(|vector| read(vector, protocol)));
        }
    }
    Ok(all)
}

fn read(vector: &Value, protocol: Protocol) -> Option<Vector> {
    let flagged =
        |flag: &str| vector["flags"].as_array().is_some_and(|flags| flags.iter().any(|f| f == flag));
    if vector["level"] != "must" || flagged("needs-direction") || flagged("huge") {
        return None;
    }
    let before = vector["packets"].as_array().map(Vec::len);
    let (malformed, packets) = match vector["result"].as_str()? {
        "valid" => (false, before.unwrap_or(1)),
        "malformed" | "protocol-error" => (true, before.unwrap_or(0)),
        _ => return None,
    };
    let bytes = match &vector["bytes"] {
        Value::Array(segments) => segments.iter().map(segment).collect::<Option<Vec<_>>>()?.concat(),
        text => hex(text.as_str()?)?,
    };
    Some(Vector { protocol, bytes, malformed, packets })
}

fn segment(value: &Value) -> Option<Vec<u8>> {
    match value["repeat"].as_str() {
        Some(text) => Some(hex(text)?.repeat(usize::try_from(value["count"].as_u64()?).ok()?)),
        None => hex(value["hex"].as_str()?),
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// Shows a codec all vectors of its version.
pub fn judge<C: Codec>(vectors: &[Vector]) -> Verdict {
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let mut verdict = Verdict::default();
    for vector in vectors.iter().filter(|vector| vector.protocol == C::PROTOCOL) {
        let outcome = catch_unwind(AssertUnwindSafe(|| decode::<C>(&vector.bytes, vector.packets)));
        verdict.malformed += usize::from(vector.malformed);
        verdict.valid += usize::from(!vector.malformed);
        match outcome {
            Err(_) => verdict.panicked += 1,
            Ok((packets, _)) if vector.malformed && packets > vector.packets => verdict.accepted += 1,
            Ok((_, Stop::Incomplete)) if vector.malformed => verdict.waited += 1,
            Ok((packets, _)) if !vector.malformed && packets < vector.packets => verdict.refused += 1,
            Ok(_) => {}
        }
    }
    set_hook(hook);
    verdict
}

/// Decodes at most one packet more than there should be, and then walks over all of them: some codecs find out late.
fn decode<C: Codec>(bytes: &[u8], expected: usize) -> (usize, Stop) {
    let mut input = C::input(bytes);
    let mut stop = Stop::Incomplete;
    let mut packets = 0;
    while packets <= expected {
        match take::<C>(&mut input) {
            Ok(_) => packets += 1,
            Err(why) => {
                stop = why;
                break;
            }
        }
    }
    decode_all::<C>(&mut C::input(bytes));
    (packets, stop)
}
