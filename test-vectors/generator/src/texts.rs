//! Strings and topics to be tried, as data: what is fine, what is refused, what is left to the receiver.

/// Text that is fine, refused, or left to the receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextCase {
    /// Well-formed and harmless.
    Fine,
    /// Control characters and non-characters: SHOULD NOT be sent, may be refused.
    Disallowed,
    /// U+0000.
    Nul,
    /// Not UTF-8.
    IllFormed,
    /// The code points D800 to DFFF.
    Surrogate,
}

/// A piece of text to be tried in string fields: its name, the bytes, and the index of the first
/// byte that is wrong (if one is).
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) case: TextCase,
    pub(crate) wrong: usize,
}

fn sample(out: &mut Vec<Text>, name: &str, about: &str, bytes: &[u8], case: TextCase, wrong: usize) {
    out.push(Text { name: name.into(), about: about.into(), bytes: bytes.into(), case, wrong });
}

/// `a`, then the code point, then `b`.
fn around(code_point: u32) -> Vec<u8> {
    let mut text = String::from("a");
    text.extend(char::from_u32(code_point));
    text.push('b');
    text.into_bytes()
}

/// Well-formed text at the boundaries of UTF-8.
pub(crate) fn fine_texts() -> Vec<Text> {
    let mut out = Vec::new();
    for (code_point, what) in [
        (0x20, "space"),
        (0x7E, "the last printable character of ASCII"),
        (0xA0, "the first code point after the control characters"),
        (0x7FF, "the last code point of two bytes"),
        (0x800, "the first code point of three bytes"),
        (0xD7FF, "the last code point before the surrogates"),
        (0xE000, "the first code point after the surrogates"),
        (0xFDCF, "the code point before the non-characters of the Arabic block"),
        (0xFDF0, "the code point after the non-characters of the Arabic block"),
        (0xFFFD, "the replacement character"),
        (0x10000, "the first code point of four bytes"),
        (0x1FFFD, "the code point before two non-characters"),
        (0x2A6D4, "the ideograph of the standard's own example"),
        (0x0010_FFFD, "the last code point that is a character"),
    ] {
        let name = format!("u-{code_point:04x}");
        let about = format!("U+{code_point:04X}, {what}");
        sample(&mut out, &name, &about, &around(code_point), TextCase::Fine, 0);
    }
    let bom = "U+FEFF is text and is never stripped: ";
    sample(
        &mut out,
        "u-feff-first",
        &format!("{bom}at the start"),
        "\u{FEFF}ab".as_bytes(),
        TextCase::Fine,
        0,
    );
    sample(&mut out, "u-feff-inside", &format!("{bom}inside"), "a\u{FEFF}b".as_bytes(), TextCase::Fine, 0);
    sample(&mut out, "u-feff-last", &format!("{bom}at the end"), "ab\u{FEFF}".as_bytes(), TextCase::Fine, 0);
    sample(&mut out, "u-feff-alone", &format!("{bom}alone"), "\u{FEFF}".as_bytes(), TextCase::Fine, 0);
    sample(
        &mut out,
        "decomposed",
        "a letter and a combining accent, which no one may normalize",
        "e\u{301}".as_bytes(),
        TextCase::Fine,
        0,
    );
    out
}

/// Code points that SHOULD NOT be sent: all control characters and all 66 non-characters.
pub(crate) fn disallowed_texts() -> Vec<Text> {
    let mut out = Vec::new();
    let controls = (0x01..=0x1F).chain(0x7F..=0x9F);
    let planes = (0..=16u32).flat_map(|plane| [plane * 0x10000 + 0xFFFE, plane * 0x10000 + 0xFFFF]);
    for code_point in controls {
        let about = format!("the control character U+{code_point:04X}");
        sample(
            &mut out,
            &format!("u-{code_point:04x}"),
            &about,
            &around(code_point),
            TextCase::Disallowed,
            1,
        );
    }
    for code_point in (0xFDD0..=0xFDEF).chain(planes) {
        let about = format!("the non-character U+{code_point:04X}");
        sample(
            &mut out,
            &format!("u-{code_point:04x}"),
            &about,
            &around(code_point),
            TextCase::Disallowed,
            1,
        );
    }
    out
}

/// Text that MUST NOT be sent.
pub(crate) fn wrong_texts() -> Vec<Text> {
    let mut out = Vec::new();
    for (name, about, bytes, wrong) in [
        ("nul-first", "U+0000 at the start", &b"\0ab"[..], 0),
        ("nul-inside", "U+0000 inside", b"a\0b", 1),
        ("nul-last", "U+0000 at the end", b"ab\0", 2),
        ("nul-alone", "nothing but U+0000", b"\0", 0),
    ] {
        sample(&mut out, name, about, bytes, TextCase::Nul, wrong);
    }
    for (name, about, bytes) in [
        ("overlong-2-nul", "U+0000 in two bytes, as Java's modified UTF-8 writes it", &b"\xC0\x80"[..]),
        ("overlong-2-last", "U+007F in two bytes", b"\xC1\xBF"),
        ("overlong-2-slash", "a slash in two bytes", b"\xC0\xAF"),
        ("overlong-3-first", "U+0000 in three bytes", b"\xE0\x80\x80"),
        ("overlong-3-last", "U+07FF in three bytes", b"\xE0\x9F\xBF"),
        ("overlong-4-first", "U+0000 in four bytes", b"\xF0\x80\x80\x80"),
        ("overlong-4-last", "U+FFFF in four bytes", b"\xF0\x8F\xBF\xBF"),
        ("above-first", "U+110000, one above the last code point", b"\xF4\x90\x80\x80"),
        ("above-f5", "a lead byte F5", b"\xF5\x80\x80\x80"),
        ("above-f7", "the last pattern of four bytes", b"\xF7\xBF\xBF\xBF"),
        ("five-bytes", "a sequence of five bytes", b"\xF8\x88\x80\x80\x80"),
        ("six-bytes", "a sequence of six bytes", b"\xFC\x84\x80\x80\x80\x80"),
        ("byte-fe", "the byte FE", b"\xFE"),
        ("byte-ff", "the byte FF", b"\xFF"),
        ("stray-80", "a continuation byte 80 alone", b"\x80"),
        ("stray-bf", "a continuation byte BF alone", b"\xBF"),
        ("lone-lead-2", "a lead byte of two without its continuation", b"\xC3"),
        ("lone-lead-3", "a lead byte of three without its continuations", b"\xE2"),
        ("lone-lead-4", "a lead byte of four without its continuations", b"\xF0"),
        ("short-3", "three bytes announced, two there", b"\xE2\x82"),
        ("short-4-two", "four bytes announced, two there", b"\xF0\x9F"),
        ("short-4-three", "four bytes announced, three there", b"\xF0\x9F\x98"),
        ("latin-1", "a letter of Latin-1", b"\xE9"),
    ] {
        let inside = [b"a", bytes, b"b"].concat();
        sample(&mut out, name, &format!("{about}, followed by a letter"), &inside, TextCase::IllFormed, 1);
        let last = [b"a", bytes].concat();
        let about = format!("{about}, at the end");
        sample(&mut out, &format!("{name}-at-end"), &about, &last, TextCase::IllFormed, 1);
    }
    for (name, about, bytes) in [
        ("surrogate-d800", "the first surrogate, U+D800", &b"\xED\xA0\x80"[..]),
        ("surrogate-dbff", "the last high surrogate, U+DBFF", b"\xED\xAF\xBF"),
        ("surrogate-dc00", "the first low surrogate, U+DC00", b"\xED\xB0\x80"),
        ("surrogate-dfff", "the last surrogate, U+DFFF", b"\xED\xBF\xBF"),
        ("surrogate-pair", "a pair of surrogates for one code point (CESU-8)", b"\xED\xA0\xBD\xED\xB8\x80"),
    ] {
        let bytes = [b"a", bytes, b"b"].concat();
        sample(&mut out, name, about, &bytes, TextCase::Surrogate, 1);
    }
    out
}

/// Topic Names that are fine, with what they show.
pub(crate) const NAMES: [(&str, &str, &str); 16] = [
    ("one-character", "a", "one character"),
    ("one-separator", "/", "nothing but a separator"),
    ("two-separators", "//", "three empty levels"),
    ("leading-separator", "/finance", "a leading separator"),
    ("trailing-separator", "finance/", "a trailing separator"),
    ("empty-level", "a//b", "an empty level inside"),
    ("space", " ", "a space alone"),
    ("spaces", "Accounts payable", "a space inside"),
    ("case", "ACCOUNTS/accounts", "both cases"),
    ("dollar-sys", "$SYS/broker/load", "a topic that begins with $"),
    ("dollar", "$", "the character $ alone"),
    ("dollar-inside", "a/$b", "a $ that does not stand first"),
    ("share-name", "$share/g/a", "what would be a shared filter is an ordinary name"),
    ("unicode", "\u{fc}ber/\u{65e5}\u{672c}\u{8a9e}/\u{1f600}", "characters of two, three and four bytes"),
    (
        "punctuation",
        "a.b-c_d:e@f?g=h&i,j;k(l)[m]{n}<o>~!*'\"\\|^`%",
        "all the punctuation of ASCII but the wildcards",
    ),
    ("dots", "../../etc", "dots, which mean nothing"),
];

/// Topic Names that no PUBLISH may have: the index of the wildcard.
pub(crate) const BAD_NAMES: [(&str, &str, usize); 10] = [
    ("hash", "#", 0),
    ("plus", "+", 0),
    ("hash-level", "a/#", 2),
    ("plus-level", "a/+/b", 2),
    ("plus-last", "a/+", 2),
    ("plus-first", "+/a", 0),
    ("hash-glued", "a#", 1),
    ("plus-glued", "a+b", 1),
    ("hash-inside", "a/#/b", 2),
    ("both", "+/#", 0),
];

/// Topic Filters that are fine.
pub(crate) const FILTERS: [(&str, &str, &str); 22] = [
    ("one-character", "a", "one character"),
    ("name", "a/b/c", "no wildcard"),
    ("hash", "#", "# alone"),
    ("plus", "+", "+ alone"),
    ("hash-last", "sport/tennis/#", "# as the last level"),
    ("separator-hash", "/#", "# after a leading separator"),
    ("plus-hash", "+/#", "both wildcards"),
    ("plus-tennis-hash", "+/tennis/#", "both wildcards apart"),
    ("plus-plus", "+/+", "two levels of +"),
    ("separator-plus", "/+", "+ after a leading separator"),
    ("plus-separator", "+/", "+ before a trailing separator"),
    ("plus-last", "sport/+", "+ as the last level"),
    ("plus-inside", "sport/+/player1", "+ as an inner level"),
    ("plus-empty-plus", "+//+", "+ around an empty level"),
    ("separator", "/", "nothing but a separator"),
    ("empty-level", "a//b", "an empty level inside"),
    ("dollar-sys", "$SYS/#", "a filter that begins with $"),
    ("dollar-plus", "$SYS/monitor/+", "$ and +"),
    ("spaces", "Accounts payable/+", "a space inside"),
    ("unicode", "\u{65e5}\u{672c}/+/\u{1f600}/#", "characters of three and four bytes"),
    ("share-upper-case", "$SHARE/g/a", "$SHARE in capitals is no shared subscription"),
    ("share-longer", "$shared/g/a", "$shared is no shared subscription"),
];

/// Topic Filters that are wrong in all versions: the index of the wildcard, and which one it is.
pub(crate) const BAD_FILTERS: [(&str, &str, usize, char); 21] = [
    ("hash-hash", "##", 0, '#'),
    ("hash-glued-after", "sport/tennis#", 12, '#'),
    ("hash-glued-before", "#a", 0, '#'),
    ("hash-glued-level", "a/#b", 2, '#'),
    ("hash-glued-inner", "a#/b", 1, '#'),
    ("hash-not-last", "sport/tennis/#/ranking", 13, '#'),
    ("hash-separator", "#/", 0, '#'),
    ("hash-first", "#/a", 0, '#'),
    ("hash-hash-levels", "#/#", 0, '#'),
    ("hash-plus-levels", "#/+", 0, '#'),
    ("hash-plus", "#+", 0, '#'),
    ("plus-plus", "++", 0, '+'),
    ("plus-hash", "+#", 0, '+'),
    ("plus-glued-after", "sport+", 5, '+'),
    ("plus-glued-before", "+sport", 0, '+'),
    ("plus-glued-level", "a/+b", 2, '+'),
    ("plus-glued-level-end", "a/b+", 3, '+'),
    ("plus-glued-inner", "a/b+/c", 3, '+'),
    ("plus-inside-level", "a/b+c/d", 3, '+'),
    ("plus-fine-then-glued", "+/a+", 3, '+'),
    ("plus-fine-then-hash-glued", "+/a#", 3, '#'),
];

/// Shared subscriptions of 5.0 that are fine (in 3.x they are ordinary filters).
pub(crate) const SHARED: [(&str, &str); 8] = [
    ("simple", "$share/consumer1/sport/tennis"),
    ("hash", "$share/g/#"),
    ("plus", "$share/g/+"),
    ("wildcards", "$share/g/+/a/#"),
    ("leading-separator", "$share/consumer1//finance"),
    ("separator", "$share/g//"),
    ("dollar", "$share/g/$SYS/#"),
    ("nested", "$share/g/$share/h/a"),
];

/// Shared subscriptions that are wrong in 5.0: the index of the first wrong byte, or of the byte that is
/// missing, and whether the same filter is an ordinary, correct one in 3.x.
pub(crate) const BAD_SHARED: [(&str, &str, usize, &str, bool); 11] = [
    ("nothing-after-share", "$share/", 7, "4.8.2-1", true),
    ("empty-name", "$share//a", 7, "4.8.2-1", true),
    ("empty-name-and-filter", "$share//", 7, "4.8.2-1", true),
    ("no-separator", "$share/g", 8, "4.8.2-2", true),
    ("no-filter", "$share/g/", 9, "4.8.2-2", true),
    ("plus-name", "$share/+/a", 7, "4.8.2-2", true),
    ("hash-name", "$share/#", 7, "4.8.2-2", true),
    ("plus-in-name", "$share/a+b/c", 8, "4.8.2-2", false),
    ("hash-in-name", "$share/a#/c", 8, "4.8.2-2", false),
    ("hash-not-last", "$share/g/#/a", 9, "4.7.1-1", false),
    ("plus-glued", "$share/g/a+", 10, "4.7.1-2", false),
];
