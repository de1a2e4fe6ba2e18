//! The systematic part of the corpus of MQTT packet test vectors, written from tables.
//!
//! Nothing here reads MQTT. Every vector's bytes are put together field by field beside the values, the
//! offset and the statement that the standard gives for them, so that the corpus can judge any codec.

#![forbid(unsafe_code)]

mod common;
mod simple;
mod tables;
mod texts;
mod v3;
mod v5;
mod v5_properties;
mod v5_reasons;
mod vector;
mod wire;

pub use vector::{File, Level, Vector, Version};

/// All vectors of a version.
pub fn vectors(version: Version) -> Vec<Vector> {
    let mut corpus = vector::Corpus::new(version);
    common::all(&mut corpus);
    if version == Version::V5 {
        v5::all(&mut corpus);
        v5_properties::all(&mut corpus);
    } else {
        v3::all(&mut corpus);
    }
    over_read(&mut corpus);
    corpus.vectors
}

/// Packets that end too early once more, with other packets behind them: a reader that forgets where a packet
/// ends finds bytes there and takes them.
fn over_read(corpus: &mut vector::Corpus) {
    const PUBACKS: usize = 20;
    let mut more = Vec::new();
    for vector in &corpus.vectors {
        let cut = vector.family == "cuts" && !vector.id.contains("/block-cut-");
        if (cut || vector.family == "lengths") && vector.is_refused() {
            let mut again = vector.clone();
            let mut parts = vector.id.splitn(3, '/').skip(1);
            let (file, point) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            again.id = format!("{}/over-read/{file}-{point}", corpus.version.name());
            again.family = "over-read";
            again.about = format!("{} Other packets follow.", vector.about);
            again.bytes.head.extend([0x40, 2, 0, 7].repeat(PUBACKS));
            more.push(again);
        }
    }
    corpus.vectors.extend(more);
}

/// All files, of all versions.
pub fn files() -> Vec<File> {
    Version::ALL.iter().flat_map(|version| vector::files(*version, &vectors(*version))).collect()
}

/// What a file is about, in a line.
fn about(version: Version, file: &str) -> String {
    let what = match file {
        "fixed-header" => "every nibble of flags for every packet type".to_owned(),
        "connect-flags" => "every Connect Flags byte, with the payload that it announces".to_owned(),
        "utf-8" => "what strings may and may not contain".to_owned(),
        "topic-names" => "Topic Names in PUBLISH and in the Will".to_owned(),
        "topic-filters" => "Topic Filters in SUBSCRIBE and UNSUBSCRIBE".to_owned(),
        "remaining-length" => "Remaining Length at its limits, over-long, and unfinished".to_owned(),
        "truncation" => "every strict prefix of whole packets".to_owned(),
        "several-packets" => "more than one packet in a buffer".to_owned(),
        "over-read" => "packets that end too early, with other packets behind them".to_owned(),
        "wrong-side" => "packets from the side that never sends them".to_owned(),
        "own-rules" => "what this version allows and no later one does".to_owned(),
        _ => match file.strip_prefix("properties-") {
            Some("will") => "the Will Properties of CONNECT".to_owned(),
            Some(packet) => format!("the properties of {}", packet.to_uppercase()),
            None => file.to_uppercase(),
        },
    };
    format!("MQTT {}: {what}", version.name())
}
