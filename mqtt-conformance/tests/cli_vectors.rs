//! `vectors` as a shell sees it.

mod cli;

use std::fs;
use std::path::{Path, PathBuf};

use cli::tool;
use serde_json::{Value, json};

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn file(folder: &Path, name: &str, vectors: &Value) -> String {
    let path = folder.join(name);
    let text = json!({"format": 1, "version": "3.1.1", "about": "a test", "vectors": vectors}).to_string();
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn pingreq(level: &str, bytes: &str) -> Value {
    json!({"id": format!("3.1.1/test/{level}"), "about": "PINGREQ.", "family": "test", "level": level, "direction": "any",
           "bytes": bytes, "result": "valid", "packet": {"type": "pingreq"}})
}

#[test]
fn the_codec_agrees_with_the_corpus() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-vectors");
    for version in ["v3.1", "v3.1.1", "v5.0"] {
        let run = tool(&["vectors", "--no-huge", corpus.join(version).to_str().unwrap()], b"");
        assert_eq!(run.code, 0, "{}", run.stderr);
    }
}

#[test]
fn a_vector_that_differs_is_named() {
    let folder = folder("differs");
    let good = file(&folder, "good.json", &json!([pingreq("must", "c000")]));
    let bad = file(&folder, "bad.json", &json!([pingreq("must", "d000"), pingreq("choice", "d000")]));
    let run = tool(&["vectors", &good], b"");
    assert_eq!(
        (run.code, run.stderr.as_str()),
        (0, "1 of 1 vectors in 1 file passed, 0 differ by choice, 0 failed\n")
    );
    let run = tool(&["vectors", &good, &bad], b"");
    assert_eq!(run.code, 1);
    assert_eq!(
        run.stderr,
        "failed 3.1.1/test/must: PINGREQ.\n  \
         packet: expected type \"pingreq\", got type \"pingresp\"\n  \
         encoding the values: expected d0 00, got c0 00\n\
         differs (a choice) 3.1.1/test/choice: PINGREQ.\n  \
         packet: expected type \"pingreq\", got type \"pingresp\"\n  \
         encoding the values: expected d0 00, got c0 00\n\
         1 of 3 vectors in 2 files passed, 1 differ by choice, 1 failed\n"
    );
    let run = tool(&["vectors", "--format", "json", "--select", "choice", &bad], b"");
    assert_eq!(run.code, 0);
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(json["count"], json!({"passed": 0, "deviating": 1, "failed": 0}));
    assert_eq!(json["vectors"][0]["id"], "3.1.1/test/choice");
}

#[test]
fn a_folder_is_searched_for_vectors_only() {
    let folder = folder("folder");
    file(&folder, "good.json", &json!([pingreq("must", "c000")]));
    fs::write(folder.join("schema.json"), "{\"type\": \"object\"}").unwrap();
    fs::write(folder.join("notes.txt"), "not json").unwrap();
    assert_eq!(tool(&["vectors", folder.to_str().unwrap()], b"").code, 0);
}

#[test]
fn a_broken_file_is_64_and_says_where() {
    let folder = folder("broken");
    let wrong = file(&folder, "wrong.json", &json!([pingreq("must", "c000"), pingreq("often", "c000")]));
    let run = tool(&["vectors", &wrong], b"");
    assert_eq!((run.code, run.stdout.as_str()), (64, ""));
    assert_eq!(
        run.stderr,
        format!(
            "error: {wrong}: vectors[1].level: expected \"must\", \"should\" or \"choice\", found \"often\"\n"
        )
    );
    let text = folder.join("text.json");
    fs::write(&text, "not json").unwrap();
    for path in [text.to_str().unwrap(), folder.to_str().unwrap(), "no-such-file.json"] {
        let run = tool(&["vectors", path], b"");
        assert_eq!((run.code, run.stdout.as_str()), (64, ""), "{run:?}");
    }
}
