//! What codecs make of the corpus of test vectors: how much of what they must refuse they accept, and the reverse.

use crate::codec::{Codec, Record, Seen, Stop};
use crate::ours;
use crate::workload::Protocol;
use serde_json::Value;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::path::Path;
use std::{fs, io};

/// Bytes of the corpus about which the standard leaves no choice.
#[derive(Clone, Debug)]
pub struct Vector {
    /// Its name in the corpus.
    pub id: String,
    /// The version whose bytes these are.
    pub protocol: Protocol,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether it is to be refused.
    pub malformed: bool,
    /// How many packets come before the one that is to be refused, or in all.
    pub packets: usize,
}

impl Vector {
    /// The Control Packet type that the first byte claims, 16 if there is none.
    #[must_use]
    pub fn kind(&self) -> usize {
        self.bytes.first().map_or(16, |first| usize::from(first >> 4))
    }
}

/// What a codec made of vectors.
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
    /// How many of these gave other values.
    pub misread: usize,
}

impl Verdict {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            malformed: self.malformed + other.malformed,
            accepted: self.accepted + other.accepted,
            waited: self.waited + other.waited,
            panicked: self.panicked + other.panicked,
            valid: self.valid + other.valid,
            refused: self.refused + other.refused,
            misread: self.misread + other.misread,
        }
    }
}

/// What a codec made of one vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// What it has to.
    Right,
    /// A packet, though it is to be refused.
    Accepted,
    /// A wait for more bytes, though it is whole and to be refused.
    Waited,
    /// A panic.
    Panicked,
    /// A refusal, though it is valid.
    Refused,
    /// Other values than are there.
    Misread,
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
    let id = vector["id"].as_str()?.to_owned();
    Some(Vector { id, protocol, bytes, malformed, packets })
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

/// Shows a codec all vectors of its version; a verdict for each Control Packet type.
pub fn judge<C: Codec>(vectors: &[Vector]) -> BTreeMap<usize, Verdict> {
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let mut verdicts: BTreeMap<usize, Verdict> = BTreeMap::new();
    for vector in vectors.iter().filter(|vector| vector.protocol == C::PROTOCOL) {
        let verdict = verdicts.entry(vector.kind()).or_default();
        verdict.malformed += usize::from(vector.malformed);
        verdict.valid += usize::from(!vector.malformed);
        match finding::<C>(vector) {
            Finding::Right => {}
            Finding::Accepted => verdict.accepted += 1,
            Finding::Waited => verdict.waited += 1,
            Finding::Panicked => verdict.panicked += 1,
            Finding::Refused => verdict.refused += 1,
            Finding::Misread => verdict.misread += 1,
        }
    }
    set_hook(hook);
    verdicts
}

/// What a codec makes of a vector. The values that are there are those that this project's codec sees: its own tests hold
/// them against the named values of the corpus.
pub fn finding<C: Codec>(vector: &Vector) -> Finding {
    let outcome = catch_unwind(AssertUnwindSafe(|| decode::<C>(&vector.bytes, vector.packets)));
    let Ok((packets, stop, seen)) = outcome else { return Finding::Panicked };
    match (vector.malformed, stop) {
        (true, _) if packets > vector.packets => Finding::Accepted,
        (true, Stop::Incomplete) => Finding::Waited,
        (false, _) if packets < vector.packets => Finding::Refused,
        (false, _) if seen != truth(vector) => Finding::Misread,
        _ => Finding::Right,
    }
}

fn truth(vector: &Vector) -> Vec<Seen> {
    match vector.protocol {
        Protocol::V3_1_1 => decode::<ours::BorrowedV3>(&vector.bytes, vector.packets).2,
        Protocol::V5 => decode::<ours::BorrowedV5>(&vector.bytes, vector.packets).2,
    }
}

/// Decodes at most one packet more than there should be, and walks over them: some codecs find out late. How many came, why
/// no more, and what was seen.
pub fn decode<C: Codec>(bytes: &[u8], expected: usize) -> (usize, Stop, Vec<Seen>) {
    let mut input = C::input(bytes);
    let mut record = Record::default();
    for packets in 0..=expected {
        match C::next(&mut input) {
            Ok(packet) => C::walk(&packet, &mut record),
            Err(stop) => return (packets, stop, record.sorted()),
        }
    }
    (expected + 1, Stop::Incomplete, record.sorted())
}
