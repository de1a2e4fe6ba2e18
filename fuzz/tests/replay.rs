//! Replays seeds and former findings through every fuzz target, on stable Rust.

use mqtt_fuzz::seeds;
use std::fs;

#[test]
fn seeds_pass_their_targets() {
    for (name, target) in mqtt_fuzz::TARGETS {
        let seeds = seeds::seeds(name).expect("vectors and scripts are beside this package");
        assert!(!seeds.is_empty(), "{name} starts from nothing");
        seeds.iter().for_each(|seed| target(seed));
    }
}

#[test]
fn packets_stream_in_every_version() {
    let packets = seeds::packets().expect("vectors are beside this package");
    assert!(packets.len() > 5000);
    for packet in packets {
        for version in 0..3 {
            mqtt_fuzz::stream(&[&[version, 2][..], &packet].concat());
        }
    }
}

/// A document is read as it is; here each line is taken out in turn, and the file ends there.
#[test]
fn broken_documents_pass_the_documents_target() {
    for document in seeds::seeds("documents").expect("expectations and profiles are beside this package") {
        let text = String::from_utf8(document).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for place in 0..lines.len() {
            let (before, after) = (&lines[..place], &lines[place + 1..]);
            mqtt_fuzz::documents([before, after].concat().join("\n").as_bytes());
            mqtt_fuzz::documents(before.join("\n").as_bytes());
        }
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
        for file in seeds::findings(name) {
            target(&fs::read(file).expect("a finding can be read"));
        }
    }
}
