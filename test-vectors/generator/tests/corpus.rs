//! Is the corpus current, well-formed, complete and free of contradictions?

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

mod schema;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read_json(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

const VERSIONS: [&str; 3] = ["3.1", "3.1.1", "5.0"];

/// Every committed file of vectors with its path below the root.
fn committed() -> Vec<(String, Value)> {
    let mut out = Vec::new();
    for version in VERSIONS {
        let folder = format!("v{version}");
        let mut names: Vec<String> = fs::read_dir(root().join(&folder))
            .unwrap_or_else(|error| panic!("{folder}: {error}"))
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        names.sort();
        for name in names {
            let path = format!("{folder}/{name}");
            out.push((path.clone(), read_json(&root().join(&path))));
        }
    }
    out
}

fn members<'a>(vector: &'a Value, name: &str) -> &'a [Value] {
    vector[name].as_array().map_or(&[], Vec::as_slice)
}

fn flagged(vector: &Value, flag: &str) -> bool {
    members(vector, "flags").iter().any(|other| other == flag)
}

/// Every vector with its file.
fn all() -> Vec<(String, Value)> {
    committed()
        .into_iter()
        .flat_map(|(path, file)| {
            members(&file, "vectors").iter().map(|vector| (path.clone(), vector.clone())).collect::<Vec<_>>()
        })
        .collect()
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b' ').collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn bytes(value: &Value) -> Vec<u8> {
    match value {
        Value::String(hex) => from_hex(hex),
        segments => members_of(segments)
            .iter()
            .flat_map(|segment| match segment["hex"].as_str() {
                Some(hex) => from_hex(hex),
                None => from_hex(segment["repeat"].as_str().unwrap())
                    .repeat(usize::try_from(segment["count"].as_u64().unwrap()).unwrap()),
            })
            .collect(),
    }
}

fn members_of(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[test]
fn generated_files_are_current() {
    let files = mqtt_vectors::files();
    for file in &files {
        let there = fs::read_to_string(root().join(&file.path)).unwrap_or_default();
        assert!(there == file.text, "{} is not current: run `cargo run -p mqtt-vectors`", file.path);
    }
    let generated: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    for (path, _) in committed() {
        let by_hand = path.rsplit('/').next().is_some_and(|name| name.starts_with("hand-"));
        assert!(by_hand || generated.contains(path.as_str()), "{path} comes from nowhere");
    }
}

#[test]
fn files_obey_the_schema() {
    let schema = read_json(&root().join("schema/vectors.schema.json"));
    for (path, file) in committed() {
        schema::check(&schema, &file).unwrap_or_else(|problem| panic!("{path}{problem}"));
    }
}

#[test]
fn the_schema_refuses_what_is_wrong() {
    let schema = read_json(&root().join("schema/vectors.schema.json"));
    let good = serde_json::json!({
        "format": 1, "version": "5.0", "about": "a file", "vectors": [{
            "id": "5.0/pingreq/typical", "about": "a vector", "family": "forms", "level": "must",
            "direction": "any", "bytes": "c0 00", "result": "valid", "packet": { "type": "pingreq" },
        }],
    });
    assert_eq!(schema::check(&schema, &good), Ok(()));
    for (pointer, value) in [
        ("/format", serde_json::json!(2)),
        ("/version", serde_json::json!("4")),
        ("/vectors/0/id", serde_json::json!("5.0/PINGREQ")),
        ("/vectors/0/level", serde_json::json!("maybe")),
        ("/vectors/0/bytes", serde_json::json!("c00")),
        ("/vectors/0/result", serde_json::json!("malformed")),
        ("/vectors/0/packet", serde_json::json!({ "type": "ping" })),
        ("/vectors/0/packet", serde_json::json!({ "type": "puback", "packet_id": 0 })),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        assert!(schema::check(&schema, &bad).is_err(), "{pointer} went through");
    }
    let mut bad = good;
    bad["vectors"][0]["surprise"] = Value::from(1);
    assert!(schema::check(&schema, &bad).is_err());
}

#[test]
fn ids_are_unique_and_say_where_they_live() {
    let mut seen = BTreeSet::new();
    for (path, vector) in all() {
        let id = vector["id"].as_str().unwrap();
        assert!(seen.insert(id.to_owned()), "{id} twice");
        let (version, rest) = id.split_once('/').unwrap();
        let file = rest.split('/').next().unwrap();
        let home = path.trim_end_matches(".json").replace("hand-", "");
        assert_eq!(home, format!("v{version}/{file}"), "{id} lives in {path}");
    }
}

fn statements(version: &str) -> BTreeMap<String, String> {
    members_of(&read_json(&root().join(format!("requirements/{version}.json"))))
        .iter()
        .map(|statement| {
            (statement["id"].as_str().unwrap().to_owned(), statement["who"].as_str().unwrap().to_owned())
        })
        .collect()
}

#[test]
fn every_statement_is_covered_or_has_a_reason() {
    let reasons = read_json(&root().join("requirements/not-covered.json"));
    let vectors = all();
    for version in VERSIONS {
        let known = statements(version);
        let mut covered: BTreeMap<&str, usize> = BTreeMap::new();
        for (path, vector) in &vectors {
            if !path.starts_with(&format!("v{version}/")) {
                continue;
            }
            for id in members(vector, "covers") {
                let id = id.as_str().unwrap();
                assert!(
                    known.contains_key(id),
                    "{} covers {id}, which MQTT {version} doesn't have",
                    vector["id"]
                );
                *covered.entry(id).or_default() += 1;
            }
        }
        let mut excused = BTreeSet::new();
        for group in members(&reasons, version) {
            for id in members(group, "ids") {
                let id = id.as_str().unwrap();
                assert!(known.contains_key(id), "not-covered.json: MQTT {version} has no {id}");
                assert!(excused.insert(id), "not-covered.json: {id} of {version} twice");
                assert!(
                    !covered.contains_key(id),
                    "not-covered.json: {id} of {version} is covered after all"
                );
                assert_ne!(known[id], "encoding", "{id} of {version} is about encoding: it needs a vector");
            }
        }
        for id in known.keys() {
            let id = id.as_str();
            assert!(
                covered.contains_key(id) || excused.contains(id),
                "{id} of {version}: no vector and no reason"
            );
        }
        let encoding = known.values().filter(|who| *who == "encoding").count();
        println!(
            "MQTT {version}: {} of {} statements are covered by vectors, all {encoding} about encoding among them; {} are excused",
            covered.len(),
            known.len(),
            excused.len(),
        );
    }
}

/// Families that a version must have, with the least number of vectors that makes them complete.
const FAMILIES: [(&str, [usize; 3]); 38] = [
    // Every packet type in its smallest, a typical and its fullest form.
    ("forms", [55, 55, 65]),
    // Sixteen types with sixteen nibbles.
    ("fixed-header-flags", [256, 256, 256]),
    ("connect-flags", [256, 256, 256]),
    ("protocol", [30, 30, 30]),
    ("client-ids", [13, 13, 13]),
    ("packet-identifiers", [56, 56, 56]),
    // Nine packets with 256 codes; in 3.x CONNACK and SUBACK.
    ("return-codes", [512, 512, 0]),
    ("reason-codes", [0, 0, 2304]),
    ("connack-flags", [256, 256, 256]),
    ("subscription-options", [256, 256, 256]),
    ("cuts", [80, 80, 380]),
    ("lengths", [55, 55, 130]),
    ("over-read", [110, 110, 190]),
    ("surplus", [30, 30, 30]),
    ("utf-8", [540, 540, 540]),
    ("topic-names", [60, 60, 60]),
    ("topic-filters", [90, 90, 90]),
    ("shared-subscriptions", [40, 40, 40]),
    ("remaining-length", [60, 60, 60]),
    ("truncation", [140, 140, 440]),
    ("several-packets", [30, 30, 30]),
    ("direction", [9, 9, 12]),
    ("own-rules", [25, 0, 0]),
    ("short-forms", [0, 0, 45]),
    ("topic-alias", [0, 0, 21]),
    ("payload-format", [0, 0, 18]),
    ("named-errors", [0, 0, 5]),
    ("variable-byte-integers", [0, 0, 6]),
    // 27 properties in 64 legal cells of Table 2-4, and 14 x 27 - 64 others.
    ("property-legal", [0, 0, 64]),
    ("property-misplaced", [0, 0, 314]),
    // 101 identifiers of one byte, and longer ones, in 14 places.
    ("property-undefined", [0, 0, 1414]),
    ("property-twice", [0, 0, 64]),
    ("property-values", [0, 0, 440]),
    ("property-cuts", [0, 0, 240]),
    ("property-text", [0, 0, 310]),
    ("property-length", [0, 0, 140]),
    ("property-together", [0, 0, 55]),
    ("hand", [18, 18, 25]),
];

#[test]
fn every_family_is_complete() {
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (path, vector) in all() {
        let version = path.split('/').next().unwrap().trim_start_matches('v').to_owned();
        *counts.entry((vector["family"].as_str().unwrap().to_owned(), version)).or_default() += 1;
    }
    for (family, least) in FAMILIES {
        for (version, least) in VERSIONS.iter().zip(least) {
            let count = counts.remove(&(family.to_owned(), (*version).to_owned())).unwrap_or_default();
            println!("{version:5} {family:24} {count:5}");
            assert!(
                count >= least,
                "MQTT {version}: {count} vectors of the family {family}, {least} make it complete"
            );
        }
    }
    assert!(counts.is_empty(), "families that no list has: {counts:?}");
}

/// One vector at least for each case; what stays out takes more than one packet.
const NAMED_ERRORS: [(&str, &[&str]); 26] = [
    (
        "ill-formed UTF-8, U+0000, also in string pairs",
        &[
            "utf-8/topic-name-overlong-2-nul",
            "utf-8/topic-name-nul-inside",
            "properties-publish/user-property-name-nul-inside",
            "properties-publish/user-property-value-surrogate-d800",
        ],
    ),
    ("wrong fixed-header flags", &["fixed-header/pingreq-flags-1", "fixed-header/subscribe-flags-0"]),
    ("property not allowed in this packet", &["properties-puback/identifier-01"]),
    ("property value of another type", &["properties-connect/receive-maximum-cut-1"]),
    ("CONNECT reserved flag set; Will QoS 3", &["connect-flags/flags-03", "connect-flags/flags-1e"]),
    ("property twice", &["properties-connect/session-expiry-interval-twice"]),
    (
        "Receive Maximum 0; Maximum Packet Size 0",
        &["properties-connect/receive-maximum-0", "properties-connack/maximum-packet-size-0"],
    ),
    (
        "flags of CONNECT and CONNACK that are neither 0 nor 1",
        &[
            "properties-connect/request-response-information-2",
            "properties-connect/request-problem-information-2",
            "properties-connack/maximum-qos-2",
            "properties-connack/retain-available-2",
            "properties-connack/wildcard-subscription-available-2",
            "properties-connack/subscription-identifier-available-2",
            "properties-connack/shared-subscription-available-2",
        ],
    ),
    (
        "Authentication Data without Authentication Method",
        &["properties-connect/authentication-data-without-method"],
    ),
    ("PUBLISH QoS bits 11", &["fixed-header/publish-flags-6"]),
    ("empty Topic Name without Topic Alias", &["topic-names/publish-empty-qos-0"]),
    ("Topic Alias 0", &["publish/alias-0-with-name"]),
    ("Subscription Identifier 0", &["properties-subscribe/subscription-identifier-0"]),
    ("Subscription Identifier twice in SUBSCRIBE", &["properties-subscribe/subscription-identifier-twice"]),
    ("Subscription Identifier from a Client", &["properties-publish/subscription-identifier-from-client"]),
    ("empty SUBSCRIBE or UNSUBSCRIBE", &["subscribe/empty-payload", "unsubscribe/empty-payload"]),
    ("Maximum QoS 3; Retain Handling 3", &["subscribe/options-03", "subscribe/options-30"]),
    ("No Local on a shared subscription", &["subscribe/shared-options-04"]),
    ("reserved option bits", &["subscribe/options-40", "subscribe/options-80"]),
    ("AUTH without a method property", &["properties-auth/method-missing-no-properties"]),
    ("payload not matching Payload Format Indicator 1", &["publish/indicator-utf-8-ill-formed"]),
    ("Disallowed Unicode code points", &["utf-8/topic-name-u-0001", "utf-8/topic-name-u-ffff"]),
    ("shared filters that are none", &["topic-filters/subscribe-share-bad-empty-name"]),
    (
        "wildcards in a Topic Name or Response Topic",
        &["topic-names/publish-wildcard-hash", "properties-publish/response-topic-wildcard-hash"],
    ),
    ("Session Expiry Interval from a Server", &["properties-disconnect/session-expiry-interval-from-server"]),
    ("Session Present with a failure", &["connack/session-present-with-reason-80"]),
];

#[test]
fn every_named_error_has_a_vector() {
    let ids: BTreeSet<String> =
        all().iter().map(|(_, vector)| vector["id"].as_str().unwrap().to_owned()).collect();
    for (case, vectors) in NAMED_ERRORS {
        for id in vectors {
            assert!(ids.contains(&format!("5.0/{id}")), "{case}: no vector 5.0/{id}");
        }
    }
}

/// Where the next packet ends, judged by the fixed header alone; how many bytes are missing otherwise.
fn frame_end(bytes: &[u8]) -> Result<usize, usize> {
    if bytes.is_empty() {
        return Err(2);
    }
    let mut length = 0;
    for index in 0..4 {
        let Some(byte) = bytes.get(1 + index) else { return Err(1) };
        length |= usize::from(byte & 0x7F) << (7 * index);
        if byte & 0x80 == 0 {
            let end = 2 + index + length;
            return if end > bytes.len() { Err(end - bytes.len()) } else { Ok(end) };
        }
    }
    Ok(bytes.len())
}

#[test]
fn framing_agrees_with_the_results() {
    for (_, vector) in all() {
        let id = &vector["id"];
        if flagged(&vector, "huge") {
            continue;
        }
        let bytes = bytes(&vector["bytes"]);
        let mut rest = bytes.as_slice();
        let mut frames = Vec::new();
        let missing = loop {
            if rest.is_empty() && !frames.is_empty() {
                break None;
            }
            match frame_end(rest) {
                Ok(end) => {
                    frames.push(end);
                    rest = &rest[end..];
                }
                Err(missing) => break Some(missing),
            }
        };
        let listed = if vector.get("packet").is_some() { 1 } else { members(&vector, "packets").len() };
        match vector["result"].as_str().unwrap() {
            "valid" => {
                assert_eq!(missing, None, "{id}");
                assert_eq!(frames.len(), listed, "{id}");
            }
            "incomplete" => {
                assert_eq!(missing.map(|missing| missing as u64), vector["needed"].as_u64(), "{id}");
                assert_eq!(frames.len(), listed, "{id}");
            }
            // What follows the refused packet is never read.
            _ => {
                assert!(frames.len() > listed, "{id}");
                assert!(vector["offset"].as_u64().unwrap() <= frames[listed] as u64, "{id}");
            }
        }
    }
}

#[test]
fn the_same_bytes_have_the_same_result() {
    let mut seen: BTreeMap<(String, String), Vec<Value>> = BTreeMap::new();
    for (path, vector) in all() {
        let version = path.split('/').next().unwrap().to_owned();
        seen.entry((version, vector["bytes"].to_string())).or_default().push(vector);
    }
    for vectors in seen.values() {
        for one in vectors {
            for other in vectors {
                let apart = one["direction"] != "any"
                    && other["direction"] != "any"
                    && one["direction"] != other["direction"];
                if apart {
                    continue;
                }
                for member in [
                    "level",
                    "result",
                    "packet",
                    "packets",
                    "canonical",
                    "field",
                    "offset",
                    "needed",
                    "reason_codes",
                    "return_code",
                ] {
                    assert_eq!(one[member], other[member], "{member} of {} and {}", one["id"], other["id"]);
                }
            }
        }
    }
}
