//! Replays vectors, scripts and former findings through every fuzz target, on stable Rust.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// The bytes of all vectors that are spelled out.
fn vectors() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for version in ["v3.1", "v3.1.1", "v5.0"] {
        for file in files(&root().join("../test-vectors").join(version)) {
            let json: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
            for vector in json["vectors"].as_array().unwrap() {
                let Some(hex) = vector["bytes"].as_str() else { continue };
                let digits: Vec<u8> = hex.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
                let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
                all.push(digits.chunks(2).map(byte).collect());
            }
        }
    }
    assert!(all.len() > 5000);
    all
}

#[test]
fn vectors_pass_every_target_of_the_codec() {
    for bytes in vectors() {
        for target in [
            mqtt_fuzz::decode,
            mqtt_fuzz::storages,
            mqtt_fuzz::roundtrip,
            mqtt_fuzz::matching,
            mqtt_fuzz::broker,
        ] {
            target(&bytes);
        }
        for version in 0..3 {
            mqtt_fuzz::stream(&[&[version, 2][..], &bytes].concat());
        }
    }
}

#[test]
fn scripts_pass_the_script_target() {
    let scripts = files(&root().join("../mqtt-conformance/scripts"));
    assert!(!scripts.is_empty());
    for script in scripts {
        mqtt_fuzz::script(&fs::read(script).unwrap());
    }
}

#[test]
fn vector_files_pass_the_vectors_target() {
    for file in files(&root().join("../test-vectors/v3.1")) {
        mqtt_fuzz::vectors(&fs::read(file).unwrap());
    }
}

/// Noise of some length drives the broker through many steps.
#[test]
fn noise_passes_the_broker_target() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for length in [100, 1000, 4000] {
        for _ in 0..50 {
            let noise = (0..length).map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                state.to_le_bytes()[7]
            });
            mqtt_fuzz::broker(&noise.collect::<Vec<_>>());
        }
    }
}

/// `regressions/<target>/` keeps what once crashed a target.
#[test]
fn former_findings_stay_mended() {
    for (name, target) in mqtt_fuzz::TARGETS {
        for file in files(&root().join("regressions").join(name)) {
            target(&fs::read(file).unwrap());
        }
    }
}
