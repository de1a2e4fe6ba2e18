//! The script language from the outside: what it accepts, what it says about mistakes, and what a script
//! stands for. The reference page is tested line by line.

use std::fs;
use std::path::{Path, PathBuf};

use mqtt_conformance::script::{
    self, Action, Direction, Expected, Script, Severity, Step, Test, bytes_line, packet_line,
};
use mqtt_conformance::tree;
use serde_json::json;

const HEAD: &str = "# A test.\nversion: 3.1.1 5.0\n";

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[track_caller]
fn parsed(source: &str) -> Script {
    script::parse("t.mqs", source).unwrap_or_else(|e| {
        let all: Vec<String> = e.problems.iter().map(script::Problem::one_line).collect();
        panic!("{}\n{source}", all.join("\n"))
    })
}

fn lines(problems: &[script::Problem]) -> Vec<String> {
    problems
        .iter()
        .map(|p| {
            let hint = p.hint.as_ref().map_or_else(String::new, |h| format!(" / {h}"));
            let kind = if p.severity == Severity::Warning { "warning: " } else { "" };
            format!("{}:{}: {kind}{p}{hint}", p.line(), p.column())
        })
        .collect()
}

/// The problems of parsing, else of checking.
fn problems(source: &str) -> Vec<String> {
    match script::parse("t.mqs", source) {
        Err(e) => lines(&e.problems),
        Ok(s) => {
            let knows = |_, id: &str| id != "MQTT-9.9.9-9";
            lines(&script::check(&s, Some(&knows)))
        }
    }
}

/// Checks what is said about a body that follows the two lines of [`HEAD`].
#[track_caller]
fn check_body(body: &str, expected: &[&str]) {
    assert_eq!(problems(&format!("{HEAD}{body}")), expected, "{body}");
}

#[track_caller]
fn tests(source: &str) -> Vec<Test> {
    script::expand(&parsed(source), "area/name.mqs").unwrap()
}

fn sketch(steps: &[Step]) -> Vec<String> {
    steps
        .iter()
        .map(|s| match &s.action {
            Action::Open { connection, version } => format!("{connection} opens {version}"),
            Action::Send { connection, packet, fields, .. } => {
                let fields: Vec<String> = fields.iter().map(ToString::to_string).collect();
                format!("{connection} > {packet} {}", fields.join(" ")).trim_end().to_owned()
            }
            Action::Expect { connection, expected: Expected::Packet { packet, fields }, .. } => {
                let fields: Vec<String> = fields.iter().map(ToString::to_string).collect();
                format!("{connection} < {packet} {}", fields.join(" ")).trim_end().to_owned()
            }
            Action::Expect { connection, expected: Expected::Nothing, .. } => {
                format!("{connection} < nothing")
            }
            Action::Close { connection } => format!("{connection} closes"),
            Action::Drop { connection } => format!("{connection} drops"),
            Action::AnyOrder(branches) | Action::Either(branches) => {
                let all: Vec<String> = branches.iter().map(|b| sketch(b).join("; ")).collect();
                format!("({})", all.join(" | "))
            }
            Action::Expect { connection, expected: Expected::Closed { reason }, .. } => {
                let reason = reason.as_ref().map(ToString::to_string).unwrap_or_default();
                format!("{connection} < closed {reason}").trim_end().to_owned()
            }
            Action::SendRaw { connection, parts, .. } => {
                let parts: Vec<String> = parts.iter().map(ToString::to_string).collect();
                format!("{connection} > {}", parts.join(" "))
            }
            other => format!("{other:?}"),
        })
        .collect()
}

fn scripts(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            scripts(&path, found);
        } else if path.extension().is_some_and(|e| e == "mqs") {
            found.push(path);
        }
    }
}

fn reference_examples() -> Vec<(usize, String)> {
    let page = fs::read_to_string(folder().join("docs/language.md")).unwrap();
    let mut examples = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (i, line) in page.lines().enumerate() {
        match &mut open {
            None if line == "```mqs" => open = Some((i + 1, String::new())),
            None => {}
            Some(_) if line == "```" => examples.extend(open.take()),
            Some((_, text)) => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    assert!(open.is_none());
    examples
}

#[test]
fn every_example_of_the_reference_parses_checks_and_is_formatted() {
    let examples = reference_examples();
    assert!(examples.len() >= 7);
    for (line, text) in examples {
        let script = parsed(&text);
        assert_eq!(lines(&script::check(&script, None)), [""; 0], "example at line {line}");
        assert!(!script::expand(&script, "x/y.mqs").unwrap().is_empty());
    }
}

#[test]
fn the_reference_names_every_word() {
    let page = fs::read_to_string(folder().join("docs/language.md")).unwrap();
    for (name, _) in script::CAPABILITIES {
        assert!(page.contains(&format!("`{name}`")), "{name}");
    }
    for verb in script::ast::Verb::ALL {
        assert!(page.contains(&format!("| `{}", verb.name())), "{}", verb.name());
    }
}

#[test]
fn every_script_of_the_suite_checks() {
    let mut found = Vec::new();
    scripts(&folder().join("scripts"), &mut found);
    assert!(!found.is_empty());
    for path in found {
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(lines(&script::check(&parsed(&text), None)), [""; 0], "{}", path.display());
    }
}

#[test]
fn formatting_twice_changes_nothing() {
    let mut sources: Vec<String> = reference_examples().into_iter().map(|(_, text)| text).collect();
    let mut found = Vec::new();
    scripts(&folder().join("scripts"), &mut found);
    sources.extend(found.iter().map(|p| fs::read_to_string(p).unwrap()));
    sources.push(UGLY.to_owned());
    for source in sources {
        let first = parsed(&source);
        let once = script::format(&first);
        let second = parsed(&once);
        assert_eq!(script::format(&second), once);
        let (a, b) = (script::expand(&first, "a/b"), script::expand(&second, "a/b"));
        for (a, b) in a.unwrap().iter().zip(&b.unwrap()) {
            assert_eq!(a.id, b.id);
            assert_eq!(sketch(&a.steps), sketch(&b.steps));
        }
    }
}

const UGLY: &str = "


# Title here. More of it.
#
#no blank
version:5.0    # five
covers: 5.0/MQTT-1.5.4-1,5.0/MQTT-1.5.4-2
for a ,b in   # two
  # first
  \"x\" 1    # one


  \"longer\"   0xAB

connect sub,wit   # here
  any-order   {   # open
  # inside

  sub < PUBLISH topic=\"\\u{41}\\u{feff}$SYS\\${t}${a}\" payload=$b   within 1500ms # why

  # last
} # after
either { sub < closed } or { sub < nothing within 0.5s
}
when b 1 { wait 2s } else {
# nothing here
}
sub > SUBSCRIBE packet_id=1 filters=[{filter=\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\" qos=0}, {filter=\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"
   qos=1}]
wit > hex \"0A0b 0c\" bytes( 3 ) text(2)  repeat( \"ab\",2 )
------
wit < closed reason=0x81|130
# end";

#[test]
fn the_canonical_layout() {
    let expected = "\
# Title here. More of it.
#
# no blank
version: 5.0  # five
covers:  5.0/MQTT-1.5.4-1 5.0/MQTT-1.5.4-2
for a, b in  # two
    # first
    \"x\"       1  # one

    \"longer\"  0xab

connect sub, wit  # here
any-order {  # open
    # inside

    sub < PUBLISH topic=\"A\\u{feff}$SYS\\${t}${a}\" payload=$b within 1.5s  # why

    # last
}  # after
either {
    sub < closed
} or {
    sub < nothing within 500ms
}
when b 1 {
    wait 2s
} else {
    # nothing here
}
sub > SUBSCRIBE packet_id=1 filters=[
    {filter=\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\" qos=0},
    {filter=\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\" qos=1},
]
wit > hex \"0a 0b 0c\" bytes(3) text(2) repeat(\"ab\", 2)
---
wit < closed reason=0x81|130
# end
";
    assert_eq!(script::format(&parsed(UGLY)), expected);
}

#[test]
fn line_ends_of_windows_are_line_ends() {
    let windows = UGLY.replace('\n', "\r\n");
    assert_eq!(script::format(&parsed(&windows)), script::format(&parsed(UGLY)));
}

#[test]
fn title_and_description() {
    let s = parsed("# One idea. And\n# the rest of it.\n#\n# More.\n\n# Not this.\nversion: 3.1\nopen a\n");
    assert_eq!(s.title(), "One idea");
    assert_eq!(s.description(), "One idea. And the rest of it.  More.");
}

#[test]
fn a_test_per_version_and_case() {
    let all = tests(
        "# T.\nversion: 3.1.1 5.0\ncovers: 5.0/A-1 3.1.1/B-2\nlevel: SHOULD 5.0/MAY\nneeds: retain\n\
         for qos in 0 1\nfor f in \"a/#\" \"\" \"x y\"\nopen a\n---\nping a\n",
    );
    let ids: Vec<&str> = all.iter().map(|t| t.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "3.1.1/area/name[qos=0,f=a/#]",
            "3.1.1/area/name[qos=0,f=\"\"]",
            "3.1.1/area/name[qos=0,f=\"x y\"]",
            "3.1.1/area/name[qos=1,f=a/#]",
            "3.1.1/area/name[qos=1,f=\"\"]",
            "3.1.1/area/name[qos=1,f=\"x y\"]",
            "5.0/area/name[qos=0,f=a/#]",
            "5.0/area/name[qos=0,f=\"\"]",
            "5.0/area/name[qos=0,f=\"x y\"]",
            "5.0/area/name[qos=1,f=a/#]",
            "5.0/area/name[qos=1,f=\"\"]",
            "5.0/area/name[qos=1,f=\"x y\"]",
        ]
    );
    assert_eq!(all[0].covers, ["B-2"]);
    assert_eq!(all[0].level, script::Level::Should);
    assert_eq!(all[11].covers, ["A-1"]);
    assert_eq!(all[11].level, script::Level::May);
    assert_eq!(all[0].needs, ["retain"]);
    assert_eq!(all[0].preparation, 1);
    assert_eq!(all[0].steps.len(), 3);
    assert_eq!(all[0].steps[1].line, 10);
    assert_eq!(all[3].case, [("qos".to_owned(), json!(1)), ("f".to_owned(), json!("a/#"))]);
}

#[test]
fn verbs_spelled_out_in_3_1_1_and_5_0() {
    let source = "# T.\nversion: 3.1.1 5.0\nconnect a clean=false session_expiry_interval=9 present=true\n\
                  subscribe a \"x\" \"y\" qos=1\nunsubscribe a \"x\"\npublish a \"t\" \"p\" qos=2 retain=true\n\
                  receive a \"t\" \"p\" qos=2\ndrop a\nconnect a\ndisconnect a\n";
    let all = tests(source);
    assert_eq!(
        sketch(&all[0].steps),
        [
            "a opens 3.1.1",
            "a > CONNECT clean_session=false keep_alive=60 client_id=\"${c}a\"",
            "a < CONNACK return_code=0x00 session_present=true",
            "a > SUBSCRIBE packet_id=40001 filters=[{filter=\"x\" qos=1}, {filter=\"y\" qos=1}]",
            "a < SUBACK packet_id=40001 return_codes=[1, 1]",
            "a > UNSUBSCRIBE packet_id=40002 filters=[\"x\"]",
            "a < UNSUBACK packet_id=40002",
            "a > PUBLISH qos=2 retain=true topic=\"t\" payload=\"p\" packet_id=40003",
            "a < PUBREC packet_id=40003",
            "a > PUBREL packet_id=40003",
            "a < PUBCOMP packet_id=40003",
            "a < PUBLISH qos=2 topic=\"t\" payload=\"p\" packet_id=?receive 1",
            "a > PUBREC packet_id=$receive 1",
            "a < PUBREL packet_id=$receive 1",
            "a > PUBCOMP packet_id=$receive 1",
            "a drops",
            "a opens 3.1.1",
            "a > CONNECT clean_session=true keep_alive=60 client_id=\"${c}a\"",
            "a < CONNACK return_code=0x00",
            "a > DISCONNECT",
            "a closes",
        ]
    );
    let five = sketch(&all[1].steps);
    assert_eq!(
        five[1],
        "a > CONNECT clean_start=false keep_alive=60 properties=[session_expiry_interval=9] client_id=\"${c}a\""
    );
    assert_eq!(five[2], "a < CONNACK reason=0x00 session_present=true");
    assert_eq!(five[4], "a < SUBACK packet_id=40001 reasons=[1, 1]");
    assert_eq!(five[6], "a < UNSUBACK packet_id=40002 reasons=[0x00]");
    assert_eq!(five[8], "a < PUBREC packet_id=40003 reason=0x00|0x10");
    assert_eq!(five[13], "a < PUBREL packet_id=$receive 1 reason=0x00");
    assert_eq!(lines(&script::check(&parsed(source), None)), [""; 0]);
}

#[test]
fn each_connection_may_speak_its_own_version() {
    let all = tests("# T.\nversion: 5.0\nfor v in 3.1 3.1.1\nconnect a version=$v\nsubscribe a \"x\"\n");
    assert_eq!(sketch(&all[0].steps)[0], "a opens 3.1");
    assert_eq!(sketch(&all[1].steps)[4], "a < SUBACK packet_id=40001 return_codes=[0x00]");
    assert_eq!(all[1].id, "5.0/area/name[v=3.1.1]");
}

#[test]
fn blocks_are_chosen_before_the_test_starts() {
    let source = "# T.\nversion: 3.1.1 5.0\nfor q in 0 1\nopen a\nwhen version 5.0 {\n a > PINGREQ\n} else {\n when q 1 { a > DISCONNECT }\n}\n";
    let all = tests(source);
    let steps: Vec<Vec<String>> = all.iter().map(|t| sketch(&t.steps)).collect();
    assert_eq!(steps[0], ["a opens 3.1.1"]);
    assert_eq!(steps[1], ["a opens 3.1.1", "a > DISCONNECT"]);
    assert_eq!(steps[2], ["a opens 5.0", "a > PINGREQ"]);
}

#[test]
fn any_order_and_either_hold_whole_verbs() {
    let all = tests(
        "# T.\nversion: 5.0\nconnect a, b\nany-order {\n receive a \"t\" \"1\" qos=1\n b < PUBACK packet_id=1\n}\n\
         either { a < closed } or { a < nothing\n b > PINGREQ }\n",
    );
    let steps = sketch(&all[0].steps);
    assert_eq!(
        steps[6],
        "(a < PUBLISH qos=1 topic=\"t\" payload=\"1\" packet_id=?receive 1; a > PUBACK packet_id=$receive 1 | b < PUBACK packet_id=1)"
    );
    assert!(steps[7].ends_with("| a < nothing; b > PINGREQ)"));
}

#[test]
fn lines_of_a_trace_are_lines_of_the_language() {
    let packets = [
        json!({"type": "publish", "dup": false, "qos": 1, "retain": false, "topic": "a/${b}\"\\\u{7}é", "packet_id": 7,
               "properties": [{"content_type": "x"}, {"user_property": ["k", "v"]}], "payload": {"hex": "00ff"}}),
        json!({"type": "publish", "topic": "", "payload": "a".repeat(500), "properties": []}),
        json!({"type": "publish", "topic": "x", "payload": {"repeat": "61", "count": 70000}, "properties": []}),
        json!({"type": "suback", "packet_id": 1, "properties": [], "reasons": [0, 128]}),
        json!({"type": "disconnect", "reason": 130, "properties": [{"reason_string": "no\nmore"}]}),
    ];
    let expected = [
        "a < PUBLISH dup=false qos=1 retain=false topic=\"a/\\${b}\\\"\\\\\\u{7}é\" packet_id=7 properties=[content_type=\"x\", user_property=[\"k\", \"v\"]] payload=hex \"00 ff\"",
        "a < PUBLISH topic=\"\" payload=repeat(\"a\", 500) properties=[]",
        "a < PUBLISH topic=\"x\" payload=repeat(\"a\", 70000) properties=[]",
        "a < SUBACK packet_id=1 properties=[] reasons=[0x00, 0x80]",
        "a < DISCONNECT reason=0x82 properties=[reason_string=\"no\\nmore\"]",
    ];
    for (packet, expected) in packets.iter().zip(expected) {
        let line = packet_line("a", Direction::Received, packet);
        assert_eq!(line, expected);
        let script = parsed(&format!("# T.\nversion: 5.0\nopen a\n{line}\n"));
        assert_eq!(lines(&script::check(&script, None)), [""; 0]);
        let test = script::expand(&script, "x").unwrap().remove(0);
        let Action::Expect { expected: Expected::Packet { fields, .. }, .. } = &test.steps[1].action else {
            panic!("{line}");
        };
        let mut variables = script::Variables::default();
        script::match_fields(fields, packet, &mut variables).unwrap();
        let sent = script::eval_fields(fields, &variables).unwrap();
        for (name, value) in sent {
            assert!(tree::same(&value, &packet[&name]), "{name}");
        }
    }
    let line = bytes_line("a", Direction::Sent, &[0x30, 0x00]);
    assert_eq!(line, "a > hex \"30 00\"");
    parsed(&format!("# T.\nversion: 5.0\nopen a\n{line}\n"));
}

#[test]
fn fields_match_as_the_reference_says() {
    let packet = json!({"type": "publish", "qos": 1, "topic": "a/b", "packet_id": 9, "payload": {"hex": "ff00"},
        "properties": [{"user_property": ["k", "1"]}, {"content_type": "x"}, {"user_property": ["k", "2"]}]});
    let check = |fields: &str| -> Result<(), String> {
        let script = parsed(&format!("# T.\nversion: 5.0\nopen a\na < PUBLISH {fields}\n"));
        let test = script::expand(&script, "x").unwrap().remove(0);
        let Action::Expect { expected: Expected::Packet { fields, .. }, .. } = &test.steps[1].action else {
            panic!("{fields}");
        };
        let mut variables = script::Variables::default();
        variables.set("t", json!("a"));
        variables.set("id", json!(9));
        script::match_fields(fields, &packet, &mut variables).map_err(|m| m.to_string())
    };
    for fine in [
        "",
        "qos=1 topic=\"${t}/b\" packet_id=$id payload=hex \"ff 00\"",
        "qos=0|1 packet_id=1..65535 topic=* will=absent",
        "properties=[content_type=\"x\"]",
        "properties=[user_property=[\"k\", \"1\"], user_property=[\"k\", \"2\"]]",
        "properties=[user_property=[*, \"2\"], topic_alias=absent]",
        "properties=only [content_type=\"x\", user_property=[\"k\", \"1\"], user_property=?u]",
        "packet_id=?p topic=\"a/b\"",
    ] {
        assert_eq!(check(fine), Ok(()), "{fine}");
    }
    for (wrong, message) in [
        ("qos=2", "qos is 1, expected 2"),
        ("topic=\"${t}/c\"", "topic is \"a/b\", expected \"a/c\""),
        ("dup=*", "dup is absent, expected *"),
        ("qos=absent", "qos is 1, expected absent"),
        ("packet_id=10..20", "packet_id is 9, expected 10..20"),
        ("qos=0|2", "qos is 1, expected 0|2"),
        ("payload=\"x\"", "payload is hex \"ff 00\", expected \"x\""),
        ("properties=[topic_alias=1]", "properties.topic_alias is absent, expected 1"),
        ("properties=[content_type=\"y\"]", "properties.content_type is \"x\", expected \"y\""),
        ("properties=[content_type=absent]", "properties.content_type is \"x\", expected absent"),
        (
            "properties=[user_property=[\"k\", \"2\"], user_property=[\"k\", \"1\"]]",
            "properties.user_property is [\"k\", \"2\"], expected [\"k\", \"1\"] behind it",
        ),
        (
            "properties=only [content_type=\"x\"]",
            "properties is [user_property=[\"k\", \"1\"]], expected nothing more",
        ),
    ] {
        assert_eq!(check(wrong), Err(message.to_owned()), "{wrong}");
    }
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
            "7:18: expected a value, found `,` / text stands in double quotes",
        ],
    );
}

#[test]
fn checks_packets_fields_and_kinds() {
    check_body(
        "open a\na > PUBLIHS\n",
        &[
            "4:1: MQTT 3.1.1 has no packet PUBLIHS / did you mean `PUBLISH`?",
            "4:1: MQTT 5.0 has no packet PUBLIHS / did you mean `PUBLISH`?",
        ],
    );
    check_body(
        "open a\na > PUBLISH topic=\"a\" paylaod=\"b\"\n",
        &[
            "4:23: PUBLISH of MQTT 3.1.1 has no field `paylaod` / did you mean `payload`?",
            "4:23: PUBLISH of MQTT 5.0 has no field `paylaod` / did you mean `payload`?",
        ],
    );
    check_body(
        "open a\na < SUBACK reasons=[0]\n",
        &[
            "4:12: SUBACK of MQTT 3.1.1 has no field `reasons` / in this version it is `return_codes`; `when version` tells the versions apart",
        ],
    );
    check_body("open a\na < AUTH\n", &["4:1: MQTT 3.1.1 has no packet AUTH"]);
    check_body(
        "open a\na < DISCONNECT\n",
        &["4:1: a server of MQTT 3.1.1 cannot send DISCONNECT / in 3.x a server just closes: `< closed`"],
    );
    check_body(
        "open a\na < PINGREQ\n",
        &[
            "4:1: a server of MQTT 3.1.1 cannot send PINGREQ / a server never sends it; use `>` to send it",
            "4:1: a server of MQTT 5.0 cannot send PINGREQ / a server never sends it; use `>` to send it",
        ],
    );
    check_body(
        "open a\na > PUBLISH topic=\"a\" qos=3\n",
        &[
            "4:27: `3` does not fit `qos`: expected a number from 0 to 2 / to send what a packet may not hold, use `patch` or raw bytes",
        ],
    );
    check_body(
        "open a\na > PUBLISH topic=7 qos=1\n",
        &[
            "4:1: a PUBLISH with QoS 1 or 2 needs `packet_id`",
            "4:19: `7` does not fit `topic`: expected text",
        ],
    );
    check_body(
        "open a\na > PUBLISH packet_id=1\n",
        &[
            "4:1: PUBLISH needs `topic`: text",
            "4:13: a PUBLISH with QoS 0 has no `packet_id` / `when qos 0 { … } else { … }` tells the cases apart",
        ],
    );
    check_body("open a\na > PUBACK packet_id=?x\n", &["4:22: `?x` says what may come; it cannot be sent"]);
    check_body(
        "open a version=5.0\na > PUBLISH topic=\"a\" properties=[server_keep_alive=1, contnt_type=\"a\", topic_alias=0]\n",
        &[
            "4:35: PUBLISH cannot carry the property `server_keep_alive` / to send what no packet may hold, write raw bytes: `> hex \"…\"`",
            "4:56: there is no property `contnt_type` / did you mean `content_type`?",
            "4:85: `0` does not fit `topic_alias`: expected a number from 1 to 65535 / to send what a packet may not hold, use `patch` or raw bytes",
        ],
    );
    check_body(
        "open a version=5.0\na < PUBACK reason_string=absent\n",
        &[
            "4:12: PUBACK of MQTT 5.0 has no field `reason_string` / it is a property: `properties=[reason_string=…]`",
        ],
    );
    check_body(
        "open a\na > SUBSCRIBE packet_id=1 filters=[\"a\"]\n",
        &["4:36: `\"a\"` does not fit `filters`: expected a list such as `[{filter=\"a/b\" qos=1}]`"],
    );
    check_body("open a\na < closed code=1\n", &["4:12: `closed` has no field `code` / known here: `reason`"]);
    check_body(
        "connect a will={topc=\"x\"}\n",
        &[
            "3:16: the Will needs `topic`: text",
            "3:17: the Will of MQTT 3.1.1 has no field `topc` / did you mean `topic`?",
            "3:17: the Will of MQTT 5.0 has no field `topc` / did you mean `topic`?",
        ],
    );
}

#[test]
fn checks_that_what_is_sent_can_be_encoded() {
    let body = "open a\na > PUBLISH topic=\"${t}/#\"\na > PINGREQ patch 1=hex \"00 00\"\n";
    let found = problems(&format!("{HEAD}{body}"));
    assert!(found[0].starts_with("4:1: PUBLISH cannot be sent: topic: "), "{found:?}");
    assert_eq!(found[1..], ["5:19: the patch ends at byte 3, the packet at byte 2"]);
    check_body("open a\na > PUBLISH topic=\"a\" payload=bytes(200000000)\na < closed\n", &[]);
}

#[test]
fn says_that_a_script_can_never_fail() {
    let warning = "nothing is expected here, so the script can never fail / \
                   say what the broker has to do, for example `a < PINGRESP`";
    check_body("open a\na > PINGREQ\n", &[&format!("4:1: warning: {warning}")]);
    check_body("connect a\n---\na > PINGREQ\nwait 1s\n", &[&format!("6:1: warning: {warning}")]);
    check_body("connect a\n---\nrepeat 2 {\n    ping a\n}\n", &[]);
}

#[test]
fn checks_verbs() {
    check_body("connect a cleen=false\n", &["3:11: `connect` has no option `cleen` / did you mean `clean`?"]);
    check_body(
        "connect sub_a\n",
        &[
            "3:9: `sub_a` is not a name for a connection / it becomes part of the client id: up to 11 small letters and digits",
        ],
    );
    check_body("connect a\npublish a \"t\"\n", &["4:1: `publish` takes a topic and a payload"]);
    check_body("connect a\npublish a \"t\" \"p\" \"q\"\n", &["4:19: `publish` takes a topic and a payload"]);
    check_body(
        "connect a\npublish a \"t\" \"p\" within 2s\n",
        &["4:19: nothing answers a PUBLISH with QoS 0"],
    );
    check_body(
        "connect a\nreceive a \"t\" \"p\" qos=*\n",
        &[
            "4:23: `*` is not a QoS that is known before the test starts / write 0, 1 or 2 or a variable of the header, or the packets one by one",
        ],
    );
    check_body("connect a\ndrop a within 2s\n", &["4:8: `drop` waits for nothing"]);
    check_body("connect a\nping a 3\n", &["4:8: `ping` takes no value without a name"]);
    check_body(
        "connect a version=5\n",
        &["3:19: `5` is not a version / write 3.1, 3.1.1 or 5.0, or a variable of the header"],
    );
    check_body(
        "connect a\nany-order { ping a }\n",
        &[
            "4:13: this cannot stand in `any-order` / it takes expectations (`<`, but not `nothing`) and `receive`",
        ],
    );
    check_body(
        "connect a\neither { ping a } or { a < closed }\n",
        &[
            "4:10: a branch of `either` begins with an expectation / what comes first decides which branch it is; silence is `< nothing`",
        ],
    );
    check_body(
        "connect a\nsubscribe a \"x\" no_local=true\n",
        &["4:17: a filter of MQTT 3.1.1 has no field `no_local` / known here: `filter`, `qos`"],
    );
}

#[test]
fn checks_variables_and_connections() {
    check_body(
        "connect sub\nsbu > PINGREQ\n",
        &["4:1: there is no connection `sbu` here / did you mean `sub`?"],
    );
    check_body(
        "x < closed\n",
        &["3:1: there is no connection `x` here / `connect x` or `open x` comes first"],
    );
    check_body(
        "connect a\ndrop a\na > PINGREQ\n",
        &["5:1: `a` was closed on line 4 / `connect a` opens it again"],
    );
    check_body(
        "connect a\nconnect a\n",
        &["4:1: `a` is open already / `drop a` or `disconnect a` first, or use another name"],
    );
    check_body("connect a\na < closed\nconnect a\n", &[]);
    check_body(
        "open a\na > PUBACK packet_id=$idd\n",
        &["4:22: there is no variable `idd` here / known here: `t`, `c`"],
    );
    check_body(
        "open a\na < PUBACK packet_id=?id\na > PUBREL packet_id=$idd\n",
        &[
            "4:22: warning: nothing uses `?id` / write `*` for any value",
            "5:22: there is no variable `idd` here / did you mean `id`?",
        ],
    );
    check_body(
        "open a\na < PUBLISH topic=\"${tt}/a\"\n",
        &["4:22: there is no variable `tt` here / did you mean `t`?"],
    );
    check_body("open a\na < PUBLISH topic=?t\n", &["4:19: `t` already has a meaning"]);
    check_body("open a\na < PUBACK packet_id=?_ignored\n", &[]);
    check_body(
        "repeat 3 as i { wait 1s }\nopen a\na > PUBACK packet_id=$i\n",
        &["5:22: there is no variable `i` here / known here: `t`, `c`"],
    );
    check_body(
        "when vrsion 5.0 { wait 1s }\n",
        &[
            "3:6: the header has no variable `vrsion` / did you mean `version`?",
            "3:17: warning: no case of this script enters this block",
        ],
    );
    check_body(
        "when version 3.1 { open a }\nwait 1s\n",
        &["3:18: warning: no case of this script enters this block"],
    );
    assert_eq!(
        problems("# T.\nversion: 5.0\nfor q in 1 3\nopen a\na > PUBLISH topic=\"a\" packet_id=1 qos=$q\n"),
        ["5:39: `$q`, here 3, does not fit `qos`: expected a number from 0 to 2".to_owned()
            + " / to send what a packet may not hold, use `patch` or raw bytes"]
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
