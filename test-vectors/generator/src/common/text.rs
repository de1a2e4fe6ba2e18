//! Strings, Topic Names and Topic Filters.

#![expect(clippy::too_many_lines, reason = "a table is as long as what it lists")]

use crate::simple::{Connect, Simple, publish, subscribe, unsubscribe};
use crate::texts::{
    BAD_FILTERS, BAD_NAMES, BAD_SHARED, FILTERS, NAMES, SHARED, Text, TextCase, disallowed_texts, fine_texts,
    wrong_texts,
};
use crate::vector::{Corpus, Direction, Level, Version};

/// One string field that text can be tried in.
type Try = (&'static str, &'static str, &'static str, Direction, Box<dyn Fn(&[u8]) -> Simple>);

pub(super) fn string_fields(v: Version) -> Vec<Try> {
    vec![
        (
            "topic-name",
            "Topic Name",
            "publish",
            Direction::Any,
            Box::new(move |t| publish(v, 0x30, t, None, b"")),
        ),
        (
            "topic-filter",
            "Topic Filter",
            "subscribe",
            Direction::ToServer,
            Box::new(move |t| subscribe(v, 1, &[(t, 0)])),
        ),
        (
            "unsubscribe-filter",
            "Topic Filter",
            "unsubscribe",
            Direction::ToServer,
            Box::new(move |t| unsubscribe(v, 1, &[t])),
        ),
        (
            "client-identifier",
            "Client Identifier",
            "connect",
            Direction::ToServer,
            Box::new(move |t| Connect::new(v).client_id(t).build()),
        ),
        (
            "will-topic",
            "Will Topic",
            "connect",
            Direction::ToServer,
            Box::new(move |t| Connect::new(v).will(t, b"m", 0, false).build()),
        ),
        (
            "user-name",
            "User Name",
            "connect",
            Direction::ToServer,
            Box::new(move |t| Connect::new(v).user_name(t).build()),
        ),
    ]
}

/// UTF-8 in every string field.
pub(super) fn texts(c: &mut Corpus) {
    let v = c.version;
    c.file("utf-8").family("utf-8");
    let section = v.pick("2.5", "1.5.3", "1.5.4");
    let few = ["u-0001", "u-001f", "u-007f", "u-009f", "u-fdd0", "u-ffff", "u-10ffff"];
    for (slug, name, _, direction, build) in string_fields(v) {
        let statement: &[&str] = match (v, slug) {
            (Version::V31, _) => &["V31-2.5-1"],
            (_, "topic-name") => &["3.3.2-1"],
            (_, "topic-filter") => &["3.8.3-1"],
            (_, "unsubscribe-filter") => &["3.10.3-1"],
            (_, "client-identifier") => &["3.1.3-4"],
            (Version::V311, "will-topic") => &["3.1.3-10"],
            (Version::V5, "will-topic") | (Version::V311, _) => &["3.1.3-11"],
            (Version::V5, _) => &["3.1.3-12"],
        };
        let topic = slug.contains("topic") || slug.contains("filter");
        let brief = slug == "unsubscribe-filter";
        for text in fine_texts() {
            if brief && !text.name.starts_with("u-feff") {
                continue;
            }
            let simple = build(&text.bytes);
            let id = format!("{slug}-{}", text.name);
            let vector = c
                .valid(&id, &format!("{name}: {}.", text.about), simple.bytes(), simple.values)
                .direction(direction)
                .section(section)
                .covers(statement);
            if text.name.contains("feff") {
                vector.covers(v.pick(&[][..], &["1.5.3-3"], &["1.5.4-3"]));
            }
            // A Server need not allow more than the alphabet in a ClientID.
            if slug == "client-identifier" && v != Version::V31 {
                vector.choice();
            }
        }
        for text in disallowed_texts() {
            if slug != "topic-name" && !few.contains(&&*text.name) {
                continue;
            }
            if brief {
                continue;
            }
            let simple = build(&text.bytes);
            let id = format!("{slug}-{}", text.name);
            c.valid(&id, &format!("{name}: {}.", text.about), simple.bytes(), simple.values)
                .choice()
                .direction(direction)
                .section(section)
                .flag("disallowed-code-point");
        }
        for text in wrong_texts() {
            if brief
                && !["nul-inside", "overlong-2-slash", "surrogate-d800", "lone-lead-3-at-end"]
                    .contains(&&*text.name)
            {
                continue;
            }
            wrong_text(c, &text, slug, name, topic, direction, &build(&text.bytes), statement);
        }
    }
    for (slug, name, build) in [
        (
            "payload",
            "PUBLISH payload",
            Box::new(move |t: &[u8]| publish(v, 0x30, b"t", None, t)) as Box<dyn Fn(&[u8]) -> Simple>,
        ),
        (
            "will-payload",
            "Will payload",
            Box::new(move |t: &[u8]| Connect::new(v).will(b"w", t, 0, false).build()),
        ),
        (
            "password",
            "Password",
            Box::new(move |t: &[u8]| Connect::new(v).user_name(b"u").password(t).build()),
        ),
    ] {
        let direction = if slug == "payload" { Direction::Any } else { Direction::ToServer };
        for text in wrong_texts() {
            if !["nul-inside", "overlong-2-slash", "surrogate-d800", "lone-lead-3-at-end"]
                .contains(&&*text.name)
            {
                continue;
            }
            let simple = build(&text.bytes);
            let vector = c
                .valid(
                    &format!("{slug}-{}", text.name),
                    &format!("{name} is bytes: {}.", text.about),
                    simple.bytes(),
                    simple.values,
                )
                .direction(direction)
                .section(v.pick("3.1", "3.1.3", "1.5.6"));
            if v == Version::V31 && slug != "payload" {
                vector.choice();
            }
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "one call site, and all of it is the vector")]
fn wrong_text(
    c: &mut Corpus,
    text: &Text,
    slug: &str,
    name: &str,
    topic: bool,
    direction: Direction,
    simple: &Simple,
    statement: &[&str],
) {
    let v = c.version;
    let id = format!("{slug}-{}", text.name);
    let about = format!("{name}: {}.", text.about);
    let nul = text.case == TextCase::Nul;
    if v == Version::V31 && !(nul && topic) {
        c.valid(&id, &about, simple.bytes(), simple.values.clone())
            .choice()
            .direction(direction)
            .section("2.5")
            .covers(statement);
        return;
    }
    let offset = simple.inside(name, text.wrong);
    let vector = c.malformed(&id, &about, simple.bytes(), name, offset).direction(direction);
    match v {
        Version::V31 => {
            vector.choice().section("Appendix A");
        }
        Version::V311 => {
            vector.section("1.5.3").covers(&[if nul { "1.5.3-2" } else { "1.5.3-1" }]).covers(statement);
        }
        Version::V5 => {
            vector.section("1.5.4").covers(&[if nul { "1.5.4-2" } else { "1.5.4-1" }]).covers(statement);
        }
    }
    if nul && topic && v != Version::V31 {
        vector.covers(&["4.7.3-2"]);
    }
}

/// Topic Names, in PUBLISH and in the Will.
pub(super) fn topic_names(c: &mut Corpus) {
    let v = c.version;
    c.file("topic-names").family("topic-names");
    let section = v.pick("Appendix A", "4.7", "4.7");
    for (id, topic, about) in NAMES {
        let simple = publish(v, 0x30, topic.as_bytes(), None, b"");
        c.valid(&format!("publish-{id}"), &format!("A Topic Name: {about}."), simple.bytes(), simple.values)
            .section(section);
        let simple = Connect::new(v).will(topic.as_bytes(), b"", 0, false).build();
        c.valid(&format!("will-{id}"), &format!("A Will Topic: {about}."), simple.bytes(), simple.values)
            .direction(Direction::ToServer)
            .section(section);
    }
    let deep = "a/".repeat(200);
    let simple = publish(v, 0x30, deep.as_bytes(), None, b"");
    c.valid("publish-deep", "Two hundred levels.", simple.bytes(), simple.values).section(section);
    for length in [127usize, 128, 255, 256, 32_767, 32_768, 65_534, 65_535] {
        let simple = publish(v, 0x30, &vec![b'a'; length], None, b"");
        let vector = c
            .valid(
                &format!("publish-{length}-bytes"),
                &format!("A Topic Name of {length} bytes."),
                simple.bytes(),
                simple.values,
            )
            .section(section)
            .covers(v.pick(&["V31-2.2-15"], &["4.7.3-3"], &["4.7.3-3"]));
        if v == Version::V31 && length > 32_767 {
            vector.choice();
        }
    }
    for (id, topic, index) in BAD_NAMES {
        let simple = publish(v, 0x30, topic.as_bytes(), None, b"");
        let offset = simple.inside("Topic Name", index);
        c.malformed(
            &format!("publish-wildcard-{id}"),
            &format!("A wildcard in a Topic Name: {topic}."),
            simple.bytes(),
            "Topic Name",
            offset,
        )
        .section(v.pick("3.3", "3.3.2.1", "3.3.2.1"))
        .covers(v.pick(&["V31-3.3-3"], &["3.3.2-2", "4.7.1-1"], &["3.3.2-2", "4.7.0-1"]))
        .codes(if v == Version::V5 { &[0x81, 0x82, 0x90] } else { &[] });
        let simple = Connect::new(v).will(topic.as_bytes(), b"", 0, false).build();
        let offset = simple.inside("Will Topic", index);
        c.malformed(
            &format!("will-wildcard-{id}"),
            &format!("A wildcard in a Will Topic: {topic}."),
            simple.bytes(),
            "Will Topic",
            offset,
        )
        .should()
        .direction(Direction::ToServer)
        .section(v.pick("Appendix A", "4.7.1", "4.7.1"))
        .covers(v.pick(&[][..], &["4.7.1-1"], &["4.7.0-1"]))
        .codes(if v == Version::V5 { &[0x81, 0x82, 0x90] } else { &[] });
    }
    for (id, first, packet_id) in
        [("qos-0", 0x30u8, None), ("qos-1", 0x32, Some(10u16)), ("qos-2", 0x34, Some(10))]
    {
        let simple = publish(v, first, b"", packet_id, b"x");
        let offset = simple.offset("Topic Name");
        let about =
            if v == Version::V5 { "An empty Topic Name and no Topic Alias." } else { "An empty Topic Name." };
        let vector = c
            .protocol_error(&format!("publish-empty-{id}"), about, simple.bytes(), "Topic Name", offset)
            .section(v.pick("Appendix A", "4.7.3", "3.3.2.1"));
        if v != Version::V31 {
            vector.covers(&["4.7.3-1"]);
        }
    }
    let simple = Connect::new(v).will(b"", b"m", 0, false).build();
    let offset = simple.offset("Will Topic");
    c.protocol_error("will-empty", "An empty Will Topic.", simple.bytes(), "Will Topic", offset)
        .should()
        .direction(Direction::ToServer)
        .section(v.pick("Appendix A", "4.7.3", "4.7.3"))
        .covers(v.pick(&[][..], &["4.7.3-1"], &["4.7.3-1"]))
        .codes(if v == Version::V5 { &[0x82, 0x81, 0x90] } else { &[] });
}

/// Topic Filters in SUBSCRIBE and UNSUBSCRIBE.
pub(super) fn topic_filters(c: &mut Corpus) {
    let v = c.version;
    c.file("topic-filters").family("topic-filters");
    let section = v.pick("Appendix A", "4.7.1", "4.7.1");
    let build = |packet: &str, filter: &[u8]| match packet {
        "subscribe" => subscribe(v, 1, &[(filter, 0)]),
        _ => unsubscribe(v, 1, &[filter]),
    };
    for packet in ["subscribe", "unsubscribe"] {
        for (id, filter, about) in FILTERS {
            let simple = build(packet, filter.as_bytes());
            let vector = c
                .valid(
                    &format!("{packet}-{id}"),
                    &format!("A Topic Filter: {about}."),
                    simple.bytes(),
                    simple.values,
                )
                .direction(Direction::ToServer)
                .section(section);
            if filter.contains('#') && v != Version::V31 {
                vector.covers(v.pick(&[][..], &["4.7.1-2"], &["4.7.1-1"]));
            }
            if filter.contains('+') && v != Version::V31 {
                vector.covers(v.pick(&[][..], &["4.7.1-3"], &["4.7.1-2"]));
            }
        }
        for (id, filter, index, which) in BAD_FILTERS {
            let simple = build(packet, filter.as_bytes());
            let offset = simple.inside("Topic Filter", index);
            let statement = match (v, which) {
                (Version::V31, _) => &[][..],
                (Version::V311, '#') => &["4.7.1-2"],
                (Version::V311, _) => &["4.7.1-3"],
                (Version::V5, '#') => &["4.7.1-1"],
                (Version::V5, _) => &["4.7.1-2"],
            };
            c.malformed(
                &format!("{packet}-bad-{id}"),
                &format!("A misplaced wildcard: {filter}."),
                simple.bytes(),
                "Topic Filter",
                offset,
            )
            .direction(Direction::ToServer)
            .section(section)
            .covers(statement)
            .codes(if v == Version::V5 { &[0x81, 0x82, 0x8F] } else { &[] });
        }
        let simple = build(packet, b"");
        let offset = simple.offset("Topic Filter");
        let vector = c
            .protocol_error(
                &format!("{packet}-empty"),
                "An empty Topic Filter.",
                simple.bytes(),
                "Topic Filter",
                offset,
            )
            .direction(Direction::ToServer)
            .section(v.pick("Appendix A", "4.7.3", "4.7.3"))
            .codes(if v == Version::V5 { &[0x82, 0x81, 0x8F] } else { &[] });
        if v != Version::V31 {
            vector.covers(&["4.7.3-1"]);
        }
        for length in [127usize, 128, 65_535] {
            let simple = build(packet, &vec![b'a'; length]);
            let vector = c
                .valid(
                    &format!("{packet}-{length}-bytes"),
                    &format!("A Topic Filter of {length} bytes."),
                    simple.bytes(),
                    simple.values,
                )
                .direction(Direction::ToServer)
                .section(v.pick("Appendix A", "4.7.3", "4.7.3"));
            if v != Version::V31 {
                vector.covers(&["4.7.3-3"]);
            } else if length > 32_767 {
                vector.choice();
            }
        }
    }
    // The second of three filters is the wrong one.
    let simple = subscribe(v, 1, &[(b"a", 0), (b"b#", 0), (b"c", 0)]);
    let second = simple.at.iter().filter(|(name, _)| *name == "Topic Filter").nth(1).map_or(0, |(_, at)| *at);
    let offset = simple.body.offset(second + 3);
    c.malformed(
        "subscribe-second-is-bad",
        "The second of three filters is wrong.",
        simple.bytes(),
        "Topic Filter",
        offset,
    )
    .direction(Direction::ToServer)
    .section(section)
    .codes(if v == Version::V5 { &[0x81, 0x82, 0x8F] } else { &[] });
    let simple = unsubscribe(v, 1, &[b"a", b"b", b"+c"]);
    let offset = simple.inside("Topic Filter", 0);
    c.malformed(
        "unsubscribe-third-is-bad",
        "The last of three filters is wrong.",
        simple.bytes(),
        "Topic Filter",
        offset,
    )
    .direction(Direction::ToServer)
    .section(section)
    .codes(if v == Version::V5 { &[0x81, 0x82, 0x8F] } else { &[] });
}

/// `$share`: shared subscriptions in 5.0, ordinary filters before.
pub(super) fn shared(c: &mut Corpus) {
    let v = c.version;
    c.file("topic-filters").family("shared-subscriptions");
    let section = v.pick("Appendix A", "4.7", "4.8.2");
    for packet in ["subscribe", "unsubscribe"] {
        let build = |filter: &str| match packet {
            "subscribe" => subscribe(v, 1, &[(filter.as_bytes(), 1)]),
            _ => unsubscribe(v, 1, &[filter.as_bytes()]),
        };
        for (id, filter) in SHARED {
            let simple = build(filter);
            let about =
                if v == Version::V5 { "A shared subscription" } else { "An ordinary filter in this version" };
            c.valid(
                &format!("{packet}-share-{id}"),
                &format!("{about}: {filter}."),
                simple.bytes(),
                simple.values,
            )
            .direction(Direction::ToServer)
            .section(section)
            .covers(v.pick(&[][..], &[], &["4.8.2-1", "4.8.2-2"]));
        }
        let simple = build("$share");
        c.valid(
            &format!("{packet}-share-alone"),
            "$share without a separator does not begin with $share/.",
            simple.bytes(),
            simple.values,
        )
        .level(v.pick(Level::Must, Level::Must, Level::Choice))
        .direction(Direction::ToServer)
        .section(section);
        for (id, filter, index, statement, ordinary) in BAD_SHARED {
            let simple = build(filter);
            let id = format!("{packet}-share-bad-{id}");
            if v != Version::V5 && ordinary {
                c.valid(
                    &id,
                    &format!("An ordinary filter in this version: {filter}."),
                    simple.bytes(),
                    simple.values,
                )
                .direction(Direction::ToServer)
                .section(section);
                continue;
            }
            let offset = simple.inside("Topic Filter", index);
            let vector = c
                .malformed(&id, &format!("Not a filter: {filter}."), simple.bytes(), "Topic Filter", offset)
                .direction(Direction::ToServer)
                .section(section);
            if v == Version::V5 {
                vector.covers(&[statement]).codes(&[0x81, 0x82, 0x8F]);
            }
        }
    }
}
