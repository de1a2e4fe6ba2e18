//! What is not in the language: where, why, and never a panic.

use mqtt_conformance::script;

use super::layout::UGLY;
use super::{HEAD, check_body, problems, reference_examples};

#[test]
fn says_what_was_meant() {
    check_body("connect a b\n", &["3:11: `b` is not a value / a comma stands between connections: `a, b`"]);
    check_body(
        "a < PUBLISH qos=1, topic=\"x\"\n",
        &["3:18: expected a field such as `qos=1`, found `,` / fields stand between blanks, without commas"],
    );
    assert_eq!(
        problems("# T.\nversion: 5\nopen a\n"),
        ["2:10: expected a version, found `5` / versions are 3.1, 3.1.1 and 5.0: `5.0`"]
    );
}

#[test]
fn says_where_a_line_is_not_in_the_language() {
    check_body("conect a\n", &["3:1: there is no step `conect` / did you mean `connect`?"]);
    check_body(
        "a > publish\n",
        &[
            "3:5: expected a packet, found `publish` / packets are written in capitals, such as `PUBLISH`; raw bytes as `hex \"30 00\"`",
        ],
    );
    check_body("a < PUBLISH qos\n", &["3:13: expected a field such as `qos=1`, found `qos`"]);
    check_body(
        "a < PUBLISH qos=\n",
        &["3:17: expected a value, found the end of the line / text stands in double quotes"],
    );
    check_body(
        "a < PUBLISH topic=abc\n",
        &["3:19: `abc` is not a value / text stands in double quotes: `\"abc\"`"],
    );
    check_body("a < PUBLISH topic=absnt\n", &["3:19: `absnt` is not a value / did you mean `absent`?"]);
    check_body("a < PUBLISH topic=\"abc\n", &["3:19: this text has no closing `\"`"]);
    check_body(
        "a < PUBLISH topic=\"a\\qc\"\n",
        &["3:21: there is no such escape / the escapes are \\n \\r \\t \\0 \\\\ \\\" \\$ and \\u{…}"],
    );
    check_body("a < PUBLISH qos=1 qos=2\n", &["3:19: `qos` is given twice"]);
    check_body(
        "a < PUBLISH payload=hex \"0g\"\n",
        &["3:26: expected two hexadecimal digits / bytes are written as `hex \"30 0a\"`"],
    );
    check_body("a < SUBACK reasons=[1 2]\n", &["3:23: expected `,` or `]`, found `2`"]);
    check_body("a < SUBACK reasons=[1, 2\n", &["3:20: this `[` is never closed"]);
    check_body(
        "a < closed within 5\n",
        &["3:19: expected a length of time such as `2s`, `1.5s..3s` or `quiet`, found `5`"],
    );
    check_body("a < closed within 3s..1s\n", &["3:19: this window ends before it begins"]);
    check_body("a < PUBLISH qos=1 !\n", &["3:19: expected a field such as `qos=1`, found `!`"]);
    check_body("any-order {\n a < PUBACK\n", &["3:11: this `{` is never closed"]);
    check_body("open a\n}\nopen b\n", &["4:1: this `}` closes nothing"]);
    check_body(
        "either {\n a < closed\n}\n",
        &["5:2: expected `or {` behind the brace, found the end of the line"],
    );
    check_body("repeat 2 {\n---\n}\n", &["4:1: `---` cannot stand inside a block"]);
    check_body(
        "version: 3.1\nopen a\nlevel: MUST\n",
        &["5:1: there is no step `level` / `level` belongs above the first step"],
    );
    check_body("connect a 5 qos=1 7\n", &["3:19: values without a name come before those with one"]);
    check_body(
        "a > PUBLISH payload=bytes(99999999999)\n",
        &["3:27: no packet holds more than 268435455 bytes"],
    );
    check_body("a < PUBACK packet_id=99999999999999999999\n", &["3:22: this number is too large"]);
    check_body(
        "a < PUBACK packet_id=0xzz\n",
        &["3:22: this is not a hexadecimal number / `0x` takes the digits 0-9 and a-f"],
    );
    check_body(
        "a > PUBLISH patch\n",
        &["3:18: expected a patch such as `0=0x36`, found the end of the line"],
    );
}

#[test]
fn says_where_a_header_is_wrong() {
    assert_eq!(
        problems("vesion: 5.0\n"),
        ["1:1: there is no header line `vesion:` / did you mean `version`?"]
    );
    assert_eq!(
        problems("version: 4.0\n"),
        ["1:10: `4.0` is not a version of MQTT / the versions are 3.1, 3.1.1 and 5.0"]
    );
    assert_eq!(problems("version:\n"), ["1:9: expected a version, found the end of the line"]);
    assert_eq!(
        problems("version: 5.0\ncovers: MQTT-1.5.4-1\nopen a\n"),
        [
            "2:9: expected a version and `/`, found `MQTT-1.5.4-1` / ids are qualified by their standard: `5.0/MQTT-3.1.2-1`"
        ]
    );
    assert_eq!(
        problems("version: 5.0\nlevel: MAYBE\nopen a\n"),
        ["2:8: `MAYBE` is not a level / known here: `MUST`, `SHOULD`, `MAY`"]
    );
    assert_eq!(
        problems("version: 5.0\nfor a, b in 1 2\nopen a\n"),
        [
            "2:8: several variables take their values from rows / end the line after `in`, and write one indented row per case"
        ]
    );
    assert_eq!(
        problems("version: 5.0\nfor a, b in\n 1 2\n 3\nopen a\n"),
        ["4:2: this row has 1 values for 2 names"]
    );
    assert_eq!(
        problems("# T.\nopen a\n"),
        ["1:1: the script names no version / begin with a line such as `version: 3.1 3.1.1 5.0`"]
    );
    assert_eq!(
        problems("version: 5.0 5.0\ncovers: 5.0/MQTT-9.9.9-9 3.1/X\nneeds: retian\nopen a\n---\n"),
        [
            "1:1: warning: the script does not say what it tests / begin with a comment: one sentence",
            "1:14: 5.0 is given twice",
            "2:9: 5.0 has no statement MQTT-9.9.9-9",
            "2:26: the script covers 3.1/X, but does not run for 3.1 / `version:` names the versions it runs for",
            "3:8: there is no capability `retian` / did you mean `retain`?",
            "5:1: no question follows `---`",
        ]
    );
    assert_eq!(
        problems("# T.\nversion: 5.0\nfor a in 1 2 1\nfor t in 1\nopen x\n"),
        [
            "3:5: warning: no step uses `a` / every case would be the same test",
            "3:14: this case is given twice",
            "4:5: `t` already has a meaning",
            "4:5: warning: no step uses `t` / every case would be the same test",
        ]
    );
}

#[test]
fn reports_several_mistakes_at_once() {
    check_body(
        "conect a\nopen b\nb > PUBLISH qos=\nrepeat x {\n b < PUBLISH qos=,\n}\nb < nothing\n",
        &[
            "3:1: there is no step `conect` / did you mean `connect`?",
            "5:17: expected a value, found the end of the line / text stands in double quotes",
            "6:8: expected a number, found `x`",
            "7:18: expected a value, found `,` / values stand between blanks here, without commas",
        ],
    );
}

#[test]
fn deep_nesting_is_refused_not_followed() {
    let blocks = format!("{HEAD}{}", "repeat 2 {\n".repeat(5000));
    assert!(!problems(&blocks).is_empty());
    let lists = format!("{HEAD}open a\na > SUBACK reasons={}\n", "[".repeat(50_000));
    assert_eq!(problems(&lists).len(), 1);
    let objects = format!("{HEAD}open a\na > CONNECT will={}\n", "{a=".repeat(50_000));
    assert_eq!(problems(&objects).len(), 1);
    let calls = format!("{HEAD}open a\na > CONNECT password={}\n", "repeat(".repeat(50_000));
    assert_eq!(problems(&calls).len(), 1);
}

#[test]
fn no_prefix_and_no_changed_byte_of_a_script_panics() {
    let mut sources: Vec<String> = reference_examples().into_iter().map(|(_, text)| text).collect();
    sources.push(UGLY.to_owned());
    for source in &sources {
        for end in (0..source.len()).filter(|i| source.is_char_boundary(*i)) {
            let cut = &source[..end];
            if let Ok(s) = script::parse("t", cut) {
                script::check(&s, None);
                let _ = script::expand(&s, "a");
            }
            for c in ["{", "\"", "$", "}", "é", "\n", "[", "="] {
                if end % 7 == 0 {
                    let changed = format!("{cut}{c}{}", &source[end..]);
                    let _ = script::parse("t", &changed);
                }
            }
        }
    }
}

#[test]
fn miette_shows_line_and_caret() {
    let e = script::parse("dir/x.mqs", "version: 5.0\nopen a\na < PUBLISH qos=\n").unwrap_err();
    let mut out = String::new();
    miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::none())
        .render_report(&mut out, &e)
        .unwrap();
    assert!(out.contains("dir/x.mqs:3:17"), "{out}");
    assert!(out.contains("help: text stands in double quotes"), "{out}");
}
