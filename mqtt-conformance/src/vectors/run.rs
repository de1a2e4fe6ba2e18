//! One vector through the codec.

use bytes::BytesMut;
use mqtt_codec::{
    AnyDecoder, AnyPacket, Cause, DecodeError, DecodeOptions, Decoded, EncodeError, PacketType, Requirement,
    Sender, Storage, Version,
};
use serde_json::Value;

use super::file::{Expectation, Level, Refusal, Vector};
use crate::tree::{difference, from_tree, to_tree};

/// What came of a vector.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// Where the codec differs from the vector.
    pub differences: Vec<Difference>,
}

/// What differences mean, by the vector's level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "one way to agree, two not to")]
pub enum Verdict {
    /// No difference.
    Passed,
    /// A difference where the standard leaves a choice.
    Deviates,
    /// A difference where it does not.
    Failed,
}

/// Where the codec differs from a vector.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// What differs, such as `offset`.
    pub what: &'static str,
    /// What the vector says.
    pub expected: String,
    /// What the codec says.
    pub got: String,
}

/// Judges the codec by one vector.
#[must_use]
pub fn run(vector: &Vector) -> Outcome {
    let mut check =
        Check { vector, decoder: decoder(vector.version, vector.sender), differences: Vec::new() };
    check.run();
    let differences = check.differences;
    let verdict = match (differences.is_empty(), vector.level) {
        (true, _) => Verdict::Passed,
        (false, Level::Choice) => Verdict::Deviates,
        (false, Level::Must | Level::Should) => Verdict::Failed,
    };
    Outcome { verdict, differences }
}

fn decoder(version: Version, sender: Option<Sender>) -> AnyDecoder {
    let options = DecodeOptions::new();
    AnyDecoder::with_options(version, sender.map_or(options, |sender| options.sender(sender)))
}

/// What ends a buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
enum End {
    Clean,
    Incomplete { needed: usize },
    Refused(DecodeError),
}

impl End {
    fn describe(&self) -> String {
        match self {
            Self::Clean => "the end of the input".to_owned(),
            Self::Incomplete { needed } => format!("incomplete, {needed} needed"),
            Self::Refused(error) => format!("refused: {error}"),
        }
    }
}

/// All packets of a buffer.
struct Reading<B: Storage> {
    packets: Vec<AnyPacket<B>>,
    /// Where each packet ends.
    ends: Vec<usize>,
    end: End,
}

fn read_borrowed(decoder: AnyDecoder, input: &[u8]) -> Reading<&[u8]> {
    let mut reading = Reading { packets: Vec::new(), ends: Vec::new(), end: End::Clean };
    let mut rest = input;
    // An empty input is unfinished; an empty rest is the end.
    while !rest.is_empty() || input.is_empty() {
        match decoder.decode(rest) {
            Ok(Decoded::Complete { value, consumed }) => {
                reading.packets.push(value);
                rest = rest.split_at_checked(consumed).unwrap_or_default().1;
                reading.ends.push(input.len() - rest.len());
            }
            Ok(Decoded::Incomplete { needed }) => {
                reading.end = End::Incomplete { needed };
                break;
            }
            Err(error) => {
                reading.end = End::Refused(error);
                break;
            }
        }
    }
    reading
}

/// Reads the input as it might arrive: byte by byte, in larger pieces only where that would take long.
fn read_in_pieces(
    decoder: AnyDecoder,
    input: &[u8],
    ends: &[usize],
) -> Result<Reading<bytes::Bytes>, String> {
    const SHORT: usize = 4096;
    let mut buffer = BytesMut::new();
    let mut reading = Reading { packets: Vec::new(), ends: Vec::new(), end: End::Clean };
    let mut fed = 0;
    while fed < input.len() {
        let piece = if input.len() <= SHORT || fed < 64 { 1 } else { input.len() / 256 };
        let piece = input.get(fed..input.len().min(fed + piece)).unwrap_or_default();
        buffer.extend_from_slice(piece);
        fed += piece.len();
        loop {
            let before = buffer.len();
            match decoder.decode_shared(&mut buffer) {
                Ok(Decoded::Complete { value, consumed }) => {
                    if before - buffer.len() != consumed {
                        return Err(format!(
                            "{} bytes left the buffer, not {consumed}",
                            before - buffer.len()
                        ));
                    }
                    reading.packets.push(value.to_packet());
                    reading.ends.push(fed - buffer.len());
                    if buffer.is_empty() {
                        reading.end = End::Clean;
                        break;
                    }
                }
                Ok(Decoded::Incomplete { needed }) => {
                    let whole = ends.get(reading.packets.len());
                    if needed == 0 || whole.is_some_and(|end| needed > end - fed) {
                        return Err(format!("{needed} more needed after {fed} bytes"));
                    }
                    if buffer.len() != before {
                        return Err(format!("an incomplete packet left the buffer after {fed} bytes"));
                    }
                    reading.end = End::Incomplete { needed };
                    break;
                }
                Err(error) => {
                    reading.end = End::Refused(error);
                    return Ok(reading);
                }
            }
        }
    }
    if input.is_empty() {
        reading.end = read_borrowed(decoder, input).end;
    }
    Ok(reading)
}

fn encode<B: Storage>(packets: &[AnyPacket<B>]) -> Result<Vec<u8>, EncodeError> {
    let mut out = Vec::new();
    for packet in packets {
        packet.encode_to(&mut out)?;
    }
    Ok(out)
}

struct Check<'v> {
    vector: &'v Vector,
    decoder: AnyDecoder,
    differences: Vec<Difference>,
}

impl Check<'_> {
    fn differ(&mut self, what: &'static str, expected: impl Into<String>, got: impl Into<String>) {
        self.differences.push(Difference { what, expected: expected.into(), got: got.into() });
    }

    fn run(&mut self) {
        let input = self.vector.bytes();
        let reading = read_borrowed(self.decoder, &input);
        self.compare_packets(&reading);
        match (&self.vector.expectation, &reading.end) {
            (Expectation::Valid, End::Clean) => self.check_encoding(&reading),
            (Expectation::Refused(refusal), End::Refused(error)) => self.check_refusal(refusal, error),
            (Expectation::Incomplete { needed: expected }, End::Incomplete { needed }) => {
                if needed != expected {
                    self.differ("needed", expected.to_string(), needed.to_string());
                }
            }
            (expected, got) => self.differ("result", expected.name(), got.describe()),
        }
        self.check_pieces(&input, &reading);
    }

    fn compare_packets(&mut self, reading: &Reading<&[u8]>) {
        let expected = &self.vector.packets;
        if expected.len() != reading.packets.len() {
            self.differ("packets", expected.len().to_string(), reading.packets.len().to_string());
        }
        for (expected, packet) in expected.iter().zip(&reading.packets) {
            let got = to_tree(packet);
            if let Some(path) = difference(expected, &got) {
                self.differ("packet", at(expected, &path), at(&got, &path));
            }
        }
    }

    fn check_encoding(&mut self, reading: &Reading<&[u8]>) {
        let canonical = self.vector.canonical();
        match encode(&reading.packets) {
            Ok(bytes) if bytes == canonical => {}
            Ok(bytes) => self.differ("encoding what was decoded", brief_hex(&canonical), brief_hex(&bytes)),
            Err(e) => self.differ("encoding what was decoded", brief_hex(&canonical), e.to_string()),
        }
        let mut rest = canonical.as_slice();
        for packet in &reading.packets {
            let Ok(len) = packet.encoded_len() else { break };
            let (expected, after) = rest.split_at_checked(len).unwrap_or((rest, &[]));
            rest = after;
            let mut exact = vec![0; len];
            match packet.encode(&mut exact) {
                Ok(written) if written == len && exact == expected => {}
                Ok(_) => self.differ("encoding into a slice", brief_hex(expected), brief_hex(&exact)),
                Err(e) => self.differ("encoding into a slice", brief_hex(expected), e.to_string()),
            }
        }
        if !rest.is_empty() {
            self.differ(
                "encoded_len",
                canonical.len().to_string(),
                (canonical.len() - rest.len()).to_string(),
            );
        }
        self.check_values(&canonical);
        let again = read_borrowed(self.decoder, &canonical);
        if again.end != End::Clean {
            self.differ("decoding the canonical form", "valid", again.end.describe());
        } else if let Some((expected, got)) =
            reading.packets.iter().zip(&again.packets).find(|(first, second)| first != second)
        {
            self.differ(
                "decoding the canonical form",
                to_tree(expected).to_string(),
                to_tree(got).to_string(),
            );
        }
    }

    /// The vector's own values have to encode to the canonical bytes too.
    fn check_values(&mut self, canonical: &[u8]) {
        let packets: Result<Vec<AnyPacket>, _> =
            self.vector.packets.iter().map(|tree| from_tree(tree, self.vector.version)).collect();
        let bytes = match packets {
            Ok(packets) => encode(&packets).map_err(|e| e.to_string()),
            Err(e) => Err(e.to_string()),
        };
        match bytes {
            Ok(bytes) if bytes == canonical => {}
            Ok(bytes) => self.differ("encoding the values", brief_hex(canonical), brief_hex(&bytes)),
            Err(e) => self.differ("encoding the values", brief_hex(canonical), e),
        }
    }

    fn check_refusal(&mut self, refusal: &Refusal, error: &DecodeError) {
        if error.field().name() != refusal.field {
            self.differ("field", refusal.field.as_str(), error.field().name());
        }
        if error.offset() != refusal.offset {
            self.differ("offset", refusal.offset.to_string(), error.offset().to_string());
        }
        // Which of the two it is, the standard decides only where it names one code and not the other.
        let says = |code| refusal.reason_codes.contains(&code);
        if says(0x81) != says(0x82) && error.is_protocol_error() != says(0x82) {
            let name = |protocol_error| if protocol_error { "protocol error" } else { "malformed" };
            self.differ("kind", name(says(0x82)), name(error.is_protocol_error()));
        }
        let allowed = &refusal.reason_codes;
        if !allowed.is_empty() && !error.reason_code().is_some_and(|code| allowed.contains(&code)) {
            self.differ("reason code", format!("{allowed:02x?}"), format!("{:02x?}", error.reason_code()));
        }
        let return_code = error.return_code().map(mqtt_codec::v3::ConnectReturnCode::get);
        if error.packet_type() == Some(PacketType::Connect) && return_code != refusal.return_code {
            self.differ("return code", format!("{:?}", refusal.return_code), format!("{return_code:?}"));
        }
        if !self.names(error) {
            let covers = self.vector.covers.join(", ");
            self.differ("requirement", covers, error.requirement().to_string());
        }
    }

    /// Whether the error names a statement of the vector, where the vector decides it.
    fn names(&self, error: &DecodeError) -> bool {
        let covers = &self.vector.covers;
        let covered = |id: &str| covers.iter().any(|covered| covered == id);
        match (error.cause(), error.requirement()) {
            // Where a field is cut off, a vector names the rule of the field, and the codec that of the packet.
            (Cause::Truncated | Cause::Surplus(_), _) => true,
            // A section is where the vector's point is made; several may fit.
            _ if covers.is_empty() => true,
            // The umbrella over everything that is wrong with a CONNECT.
            _ if covered("MQTT-3.1.4-1") || covered("V31-3.1-8") => true,
            (_, Requirement::Statement(id)) => covered(id),
            (_, Requirement::Section(section)) => self.vector.section.as_deref() == Some(section),
        }
    }

    /// Shared storage and any chopping give what the whole borrowed buffer gave.
    fn check_pieces(&mut self, input: &[u8], whole: &Reading<&[u8]>) {
        let pieces = match read_in_pieces(self.decoder, input, &whole.ends) {
            Ok(pieces) => pieces,
            Err(complaint) => return self.differ("feeding in pieces", "what is missing", complaint),
        };
        if pieces.end != whole.end {
            self.differ("feeding in pieces", whole.end.describe(), pieces.end.describe());
        }
        let same = pieces.ends == whole.ends
            && pieces.packets.iter().map(AnyPacket::as_borrowed).eq(whole.packets.iter().copied());
        if !same {
            let list = |trees: Vec<Value>| Value::from(trees).to_string();
            self.differ(
                "feeding in pieces",
                list(whole.packets.iter().map(to_tree).collect()),
                list(pieces.packets.iter().map(to_tree).collect()),
            );
        }
    }
}

/// The part of a packet that a path leads to, named; the packet where there is none.
fn at(tree: &Value, path: &str) -> String {
    let mut value = tree;
    for step in path.split(['.', '[']).filter(|step| !step.is_empty()) {
        let next = match step.strip_suffix(']') {
            Some(index) => index.parse().ok().and_then(|i: usize| value.get(i)),
            None => value.get(step),
        };
        match next {
            Some(next) => value = next,
            None => return format!("no {path}"),
        }
    }
    if path.is_empty() { value.to_string() } else { format!("{path} {value}") }
}

/// Hex, cut where it gets long.
fn brief_hex(bytes: &[u8]) -> String {
    const LONGEST: usize = 64;
    let digits: Vec<String> = bytes.iter().take(LONGEST).map(|byte| format!("{byte:02x}")).collect();
    let more = if bytes.len() > LONGEST { format!(" … ({} bytes)", bytes.len()) } else { String::new() };
    digits.join(" ") + &more
}
