//! Refused vectors as tests: bad bytes against a living broker.
//!
//! Each vector that a client can send becomes a test of its own. The broker has to close the connection, and go on serving a
//! bystander on another one.

use std::fmt::Write as _;
use std::sync::Arc;

use mqtt_codec::{PacketType, Sender, Version};

use super::{Expectation, File, Level, Vector};
use crate::script::{self, ScriptError, Test};
use crate::tree::hex;

/// Bytes above this are no flaw of a packet, but a load.
const LONGEST: usize = 1 << 16;

/// The tests of a file, known as `<version>/vectors/<id of the vector>`.
///
/// # Errors
///
/// When a vector cannot be written as a script, which would be a mistake of this module.
pub fn tests(file: &File) -> Result<Vec<Arc<Test>>, ScriptError> {
    let mut tests = Vec::new();
    for vector in file.vectors.iter().filter(|vector| can_be_asked(vector)) {
        let name = vector.id.split_once('/').map_or(vector.id.as_str(), |(_, name)| name).replace('/', "-");
        let path = format!("vectors/{name}.mqs");
        let script = script::parse(&path, &text(vector))?;
        tests.extend(script::expand(&script, &path)?.into_iter().map(Arc::new));
    }
    Ok(tests)
}

fn can_be_asked(vector: &Vector) -> bool {
    let closes = match (vector.version, vector.packet_type()) {
        // 3.1 has no general rule about errors; it speaks of bad CONNECTs, and of requested QoS 3.
        (Version::V3_1, Some(PacketType::Connect)) => true,
        (Version::V3_1, _) => vector.covers.iter().any(|id| id == "V31-3.8-3"),
        _ => true,
    };
    let flaw = match &vector.expectation {
        Expectation::Refused(refusal) => refusal.field.as_str(),
        _ => return false,
    };
    closes
        // A broker may speak other versions, and answers in the form of one that it knows: scripts ask about that.
        && !["Protocol Name", "Protocol Level", "Protocol Version"].contains(&flaw)
        && vector.sender != Some(Sender::Server)
        && vector.level != Level::Choice
        && vector.packets.is_empty()
        && !vector.flags.iter().any(|flag| flag == "huge")
        && vector.bytes().len() <= LONGEST
}

fn text(vector: &Vector) -> String {
    let about: String = vector.about.chars().filter(|c| !c.is_control()).collect();
    let mut text = format!("# Bad bytes: {about}\nversion: {}\n", vector.version);
    for id in &vector.covers {
        let _ = writeln!(text, "covers: {}/{id}", vector.version);
    }
    // 5.0 binds a server that detects a mistake, and calls it a compromise how much one checks (4.13.1); 3.1 only recommends.
    let must = vector.version == Version::V3_1_1 && vector.level == Level::Must;
    let _ = writeln!(text, "level: {}\n", if must { "MUST" } else { "SHOULD" });
    let open = if vector.packet_type() == Some(PacketType::Connect) { "open" } else { "connect" };
    let hex = hex(&vector.bytes());
    let _ =
        write!(text, "connect bystander\n{open} it\n---\nit > hex \"{hex}\"\nit < closed\nping bystander\n");
    text
}
