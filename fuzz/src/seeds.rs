//! What fuzzing starts from: the vectors of `test-vectors/` and the scripts of `mqtt-conformance/scripts/`, as inputs of the
//! targets.

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder, sorted; none if there is no such folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// The findings of a target that were mended: `regressions/<target>/`.
pub fn findings(target: &str) -> Vec<PathBuf> {
    files(&root().join("regressions").join(target))
}

/// The files of scripts.
pub fn scripts() -> Vec<PathBuf> {
    files(&root().join("../mqtt-conformance/scripts"))
}

/// The files of expectations and profiles.
pub fn documents() -> Vec<PathBuf> {
    let folder = root().join("../mqtt-conformance");
    [files(&folder.join("expectations")), files(&folder.join("profiles"))].concat()
}

/// The files of vectors of a version, such as `3.1`.
pub fn vector_files(version: &str) -> Vec<PathBuf> {
    files(&root().join("../test-vectors").join(format!("v{version}")))
}

/// All vectors.
fn vectors() -> io::Result<Vec<Value>> {
    let mut all = Vec::new();
    for file in ["3.1", "3.1.1", "5.0"].into_iter().flat_map(vector_files) {
        let mut json: Value = serde_json::from_slice(&fs::read(&file)?)?;
        match json["vectors"].take() {
            Value::Array(vectors) => all.extend(vectors),
            _ => return Err(io::Error::other(format!("{}: no vectors", file.display()))),
        }
    }
    Ok(all)
}

/// The bytes of all vectors that are spelled out, each once.
///
/// # Errors
///
/// When the corpus is not beside this package.
pub fn packets() -> io::Result<BTreeSet<Vec<u8>>> {
    let vectors = vectors()?;
    Ok(vectors.iter().filter_map(|vector| hex(vector["bytes"].as_str()?)).collect())
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// Every filter of the vectors with some topics of theirs, divided by a zero byte.
fn filters_and_topics() -> io::Result<BTreeSet<Vec<u8>>> {
    let (mut filters, mut topics) = (BTreeSet::new(), BTreeSet::new());
    for vector in vectors()? {
        let packet = &vector["packet"];
        topics.extend(packet["topic"].as_str().map(str::to_owned));
        for filter in packet["filters"].as_array().into_iter().flatten() {
            filters.extend(filter.as_str().or_else(|| filter["filter"].as_str()).map(str::to_owned));
        }
    }
    let topics: Vec<String> = topics.into_iter().filter(|topic| topic.len() < 100).collect();
    let filters = filters.into_iter().filter(|filter| filter.len() < 100).enumerate();
    Ok(filters
        .flat_map(|(place, filter)| {
            let some = topics.iter().cycle().skip(place * 7).take(3);
            some.map(move |topic| format!("{filter}\0{topic}").into_bytes()).collect::<Vec<_>>()
        })
        .collect())
}

/// What a target starts from.
///
/// # Errors
///
/// When vectors or scripts are not beside this package.
pub fn seeds(target: &str) -> io::Result<Vec<Vec<u8>>> {
    let read = |files: Vec<PathBuf>| files.into_iter().map(fs::read).collect::<io::Result<Vec<_>>>();
    Ok(match target {
        "stream" => {
            let packets = packets()?.into_iter();
            packets
                .zip((0..3_u8).cycle())
                .map(|(packet, version)| [&[version, 2], &packet[..]].concat())
                .collect()
        }
        "matching" => filters_and_topics()?.into_iter().collect(),
        "script" => read(scripts())?,
        "documents" => read(documents())?,
        "vectors" => read(vector_files("3.1"))?,
        _ => packets()?.into_iter().collect(),
    })
}
