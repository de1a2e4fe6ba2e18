//! The canonical layout.

use std::fs;

use mqtt_conformance::script;

use super::{folder, parsed, reference_examples, scripts, sketch};

pub(super) const UGLY: &str = "


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
