//! PUBLISH, and the text in all packets.

use super::*;

#[test]
fn publish() {
    for version in [V3_1, V3_1_1, V5] {
        let id = if version == V3_1 {
            "V31-2.4-1"
        } else if version == V3_1_1 {
            "MQTT-2.3.1-1"
        } else {
            "MQTT-2.2.1-3"
        };
        let bytes = packet(0x32, &[&text("a"), b"\x00\x00\x00"]);
        check(
            version,
            bytes,
            &format!("PUBLISH Packet Identifier, byte 5: must not be 0 [{id}]"),
            (version == V5).then_some(0x81),
        );
    }
    check(
        V3_1_1,
        packet(0x30, &[&text("a/+/b")]),
        "PUBLISH Topic Name, byte 6: wildcard in a topic name [MQTT-3.3.2-2]",
        None,
    );
    check(V3_1_1, packet(0x30, &[&text("")]), "PUBLISH Topic Name, byte 2: is empty [MQTT-4.7.3-1]", None);
    check(
        V5,
        packet(0x30, &[&text(""), b"\0"]),
        "PUBLISH Topic Name, byte 2: is empty without a Topic Alias [section 3.3.2.1]",
        0x82,
    );
    check(
        V5,
        publish_with(&[b"\x23\x00\x00"]),
        "PUBLISH Topic Alias, byte 9: must not be 0 [MQTT-3.3.2-8]",
        0x94,
    );
    check(
        V5,
        publish_with(&[b"\x0b\x00"]),
        "PUBLISH Subscription Identifier, byte 9: the value 0 is out of range [section 3.3.2.3.8]",
        0x82,
    );
    check(
        V5,
        publish_with(&[b"\x08", &text("a/#")]),
        "PUBLISH Response Topic, byte 13: wildcard in a topic name [MQTT-3.3.2-14]",
        0x90,
    );
    let from_client = DecodeOptions::new().sender(Sender::Client);
    let error = refusal(V5, from_client, &publish_with(&[b"\x0b\x01"]));
    assert_eq!(
        error.to_string(),
        "PUBLISH Subscription Identifier, byte 8: Subscription Identifier is not for a client to send here [MQTT-3.3.4-6]"
    );
    let twice = publish_with(&[b"\x01\x01\x01\x01"]);
    check(
        V5,
        &twice,
        "PUBLISH Payload Format Indicator, byte 10: Payload Format Indicator appears twice [section 3.3.2.3.2]",
        0x82,
    );
    check_accepted(V5, DecodeOptions::new().accept_repeated_publish_properties(true), &twice);
    let not_utf8 = packet(0x30, &[&text("a"), &block(&[b"\x01\x01"]), b"ok\xff"]);
    check_accepted(V5, DecodeOptions::new(), &not_utf8);
    let error = refusal(V5, DecodeOptions::new().check_payload_format(true), &not_utf8);
    assert_eq!((error.offset(), error.reason_code()), (10, Some(0x99)));
    let will = [&block(&[b"\x01\x01"])[..], &text("w"), &text(b"ok\xff")].concat();
    let not_utf8 = connect(V5, 0x06, &[&text("id"), &will]);
    check_accepted(V5, DecodeOptions::new(), &not_utf8);
    let error = refusal(V5, DecodeOptions::new().check_payload_format(true), &not_utf8);
    assert_eq!((error.offset(), error.reason_code()), (27, Some(0x99)));
}

#[test]
fn text_rules() {
    for (bytes, offset, what) in [
        (&b"a\xc0\x80"[..], 5, "ill-formed UTF-8 [MQTT-1.5.4-1]"),
        (b"\xed\xa0\x80", 4, "ill-formed UTF-8 [MQTT-1.5.4-1]"),
        (b"abc\xf4\x90\x80\x80", 7, "ill-formed UTF-8 [MQTT-1.5.4-1]"),
        (b"ab\xe2\x82", 6, "ill-formed UTF-8 [MQTT-1.5.4-1]"),
        ("ü\0".as_bytes(), 6, "null character U+0000 [MQTT-1.5.4-2]"),
        (b"\0\xff", 4, "null character U+0000 [MQTT-1.5.4-2]"),
    ] {
        let bytes = packet(0x30, &[&text(bytes), b"\0"]);
        check(V5, bytes, &format!("PUBLISH Topic Name, byte {offset}: {what}"), 0x81);
    }
    check(
        V3_1_1,
        packet(0x30, &[&text(b"\xff")]),
        "PUBLISH Topic Name, byte 4: ill-formed UTF-8 [MQTT-1.5.3-1]",
        None,
    );
    // 3.1 has no rule on UTF-8, but wants no null character in a topic.
    check_accepted(V3_1, DecodeOptions::new(), packet(0x30, &[&text(b"\xff\xc0\x80")]));
    check(
        V3_1,
        packet(0x30, &[&text("a\0")]),
        "PUBLISH Topic Name, byte 5: null character U+0000 [section Appendix A]",
        None,
    );
}

/// One packet for each place of a text, with this text there.
fn texts_everywhere(version: Version, content: &str) -> Vec<Vec<u8>> {
    let it = &text(content)[..];
    let no_properties: &[u8] = if version == V5 { b"\0" } else { b"" };
    let will = [no_properties, it, &text("gone")].concat();
    let mut all = vec![
        connect(version, 0x02, &[it]),
        connect(version, 0x06, &[&text("id"), &will]),
        connect(version, 0x82, &[&text("id"), it]),
        packet(0x30, &[it, no_properties]),
        packet(0x82, &[b"\0\x01", no_properties, it, b"\0"]),
        packet(0x82, &[b"\0\x01", no_properties, &text("first"), b"\0", it, b"\0"]),
        packet(0xa2, &[b"\0\x01", no_properties, it]),
        packet(0xa2, &[b"\0\x01", no_properties, &text("first"), it]),
    ];
    if version == V5 {
        all.extend([
            connect_with(&[b"\x15", it]),
            connect_with(&[b"\x26", it, &text("")]),
            connect_with(&[b"\x26", &text(""), it]),
            packet(0x20, &[b"\0\0", &block(&[b"\x12", it])]),
            packet(0x20, &[b"\0\0", &block(&[b"\x1a", it])]),
            packet(0x20, &[b"\0\0", &block(&[b"\x1c", it])]),
            publish_with(&[b"\x03", it]),
            publish_with(&[b"\x08", it]),
            packet(0x40, &[b"\0\x01\x80", &block(&[b"\x1f", it])]),
            packet(0x82, &[b"\0\x01\0", &text(&format!("$share/g/{content}")), b"\0"]),
            packet(0x82, &[b"\0\x01\0", &text(&format!("$share/{content}/t")), b"\0"]),
            packet(0xa2, &[b"\0\x01\0", &text(&format!("$share/{content}/t"))]),
        ]);
    }
    all
}

#[test]
fn characters_that_may_be_refused() {
    for (character, control, non_character) in [
        ("\u{1}", true, false),
        ("\u{85}", true, false),
        ("\u{7f}", true, false),
        ("\u{fffe}", false, true),
        ("\u{fdd0}", false, true),
        ("\u{10ffff}", false, true),
        ("\u{feff}", false, false),
    ] {
        // A text shorter than a word, and longer ones that have it in a whole word and in the rest.
        for text in [character.to_owned(), format!("{character}-and-more"), format!("more-than-{character}")]
        {
            for (version, bytes) in [V3_1_1, V5]
                .into_iter()
                .flat_map(|v| texts_everywhere(v, &text).into_iter().map(move |p| (v, p)))
            {
                check_accepted(version, DecodeOptions::new(), &bytes);
                let refuses = |options| AnyDecoder::with_options(version, options).decode(&bytes).is_err();
                let refused = (
                    refuses(DecodeOptions::new().refuse_control_characters(true)),
                    refuses(DecodeOptions::new().refuse_non_characters(true)),
                );
                assert_eq!(refused, (control, non_character), "{version} {bytes:02x?}");
            }
        }
    }
}
