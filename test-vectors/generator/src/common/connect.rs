//! CONNECT: flags, Protocol Name and Level, Client Identifiers.

use crate::simple::Connect;
use crate::vector::{Corpus, Direction, Vector, Version};
use crate::wire::Body;

/// One thing that may be wrong with a Connect Flags byte.
struct Fault {
    about: &'static str,
    /// Whether a byte has it.
    is_in: fn(u8) -> bool,
    /// The statements that it breaks in 3.1, 3.1.1 and 5.0; `None` where the version allows it.
    breaks: [Option<&'static [&'static str]>; 3],
    /// 5.0 calls it a Malformed Packet in so many words.
    named: bool,
}

const RESERVED: u8 = 0x01;
const CLEAN: u8 = 0x02;
const WILL: u8 = 0x04;
const RETAIN: u8 = 0x20;
const PASSWORD: u8 = 0x40;
const USER_NAME: u8 = 0x80;

const fn will_qos(flags: u8) -> u8 {
    (flags >> 3) & 3
}

const FAULTS: [Fault; 5] = [
    Fault {
        about: "the reserved bit",
        is_in: |flags| flags & RESERVED != 0,
        breaks: [None, Some(&["3.1.2-3"]), Some(&["3.1.2-3"])],
        named: true,
    },
    Fault {
        about: "Will QoS 3",
        is_in: |flags| flags & WILL != 0 && will_qos(flags) == 3,
        breaks: [Some(&["V31-2.2-9"]), Some(&["3.1.2-14"]), Some(&["3.1.2-12"])],
        named: true,
    },
    Fault {
        about: "Will QoS without a Will",
        is_in: |flags| flags & WILL == 0 && will_qos(flags) != 0,
        breaks: [None, Some(&["3.1.2-11", "3.1.2-13"]), Some(&["3.1.2-11"])],
        named: false,
    },
    Fault {
        about: "Will Retain without a Will",
        is_in: |flags| flags & WILL == 0 && flags & RETAIN != 0,
        breaks: [None, Some(&["3.1.2-11", "3.1.2-15"]), Some(&["3.1.2-13"])],
        named: false,
    },
    Fault {
        about: "a Password without a User Name",
        is_in: |flags| flags & PASSWORD != 0 && flags & USER_NAME == 0,
        breaks: [Some(&["V31-2.2-10"]), Some(&["3.1.2-22"]), None],
        named: false,
    },
];

/// A field of the payload: its flag, and the statements that demand it and its absence in 3.1.1 and 5.0.
const PAYLOAD: [(u8, [[&str; 2]; 2]); 3] = [
    (WILL, [["3.1.2-9", "3.1.2-11"], ["3.1.2-9", "3.1.2-11"]]),
    (USER_NAME, [["3.1.2-19", "3.1.2-18"], ["3.1.2-17", "3.1.2-16"]]),
    (PASSWORD, [["3.1.2-21", "3.1.2-20"], ["3.1.2-19", "3.1.2-18"]]),
];

/// All 256 Connect Flags bytes, with the payload that they announce.
pub(super) fn connect_flags(c: &mut Corpus) {
    let v = c.version;
    c.file("connect-flags").family("connect-flags");
    for flags in 0..=255u8 {
        let mut connect = Connect::new(v);
        connect.clean = flags & CLEAN != 0;
        if flags & WILL != 0 {
            connect = connect.will(b"w", b"m", will_qos(flags), flags & RETAIN != 0);
        }
        if flags & USER_NAME != 0 {
            connect = connect.user_name(b"u");
        }
        if flags & PASSWORD != 0 {
            connect = connect.password(b"p");
        }
        let faults: Vec<(&Fault, &[&str])> = FAULTS
            .iter()
            .filter(|fault| (fault.is_in)(flags))
            .filter_map(|fault| {
                let [v31, v311, v5] = fault.breaks;
                Some((fault, v.pick(v31, v311, v5)?))
            })
            .collect();
        if faults.is_empty() {
            legal_flags(c, flags, &connect);
        } else {
            illegal_flags(c, flags, &connect, &faults);
        }
    }
}

fn legal_flags(c: &mut Corpus, flags: u8, connect: &Connect) {
    let v = c.version;
    let simple = connect.build_with_flags(flags);
    let about = format!("Connect Flags {flags:#04x} are legal.");
    let vector = c
        .valid(&format!("flags-{flags:02x}"), &about, simple.bytes(), simple.values)
        .direction(Direction::ToServer)
        .section(v.pick("2.2", "3.1.2.3", "3.1.2.3"));
    if v == Version::V31 {
        if flags & RESERVED != 0 {
            vector.should().covers(&["V31-2.2-6"]);
        }
        if flags & WILL == 0 && (flags & RETAIN != 0 || will_qos(flags) != 0) {
            vector.should().covers(&["V31-2.2-8"]);
        }
        vector.canonical(connect.build().bytes());
        return;
    }
    vector.covers(&["3.1.3-1"]);
    for (flag, [v311, v5]) in PAYLOAD {
        let [present, absent] = v.pick(v311, v311, v5);
        vector.covers(&[if flags & flag != 0 { present } else { absent }]);
    }
}

fn illegal_flags(c: &mut Corpus, flags: u8, connect: &Connect, faults: &[(&Fault, &[&str])]) {
    let v = c.version;
    let simple = connect.build_with_flags(flags);
    let what: Vec<&str> = faults.iter().map(|(fault, _)| fault.about).collect();
    let about = format!("Connect Flags {flags:#04x}: {}.", what.join(", "));
    let offset = simple.offset("Connect Flags");
    let vector = c
        .malformed(&format!("flags-{flags:02x}"), &about, simple.bytes(), "Connect Flags", offset)
        .direction(Direction::ToServer)
        .section(v.pick("2.2", "3.1.2.3", "3.1.2.3"));
    for (_, statements) in faults {
        vector.covers(statements);
    }
    vector.covers(&[v.pick("V31-3.1-8", "3.1.4-1", "3.1.4-1")]);
    match v {
        Version::V31 => {
            vector.should();
        }
        Version::V5 if !faults.iter().any(|(fault, _)| fault.named) => {
            vector.codes(&[0x81, 0x82]);
        }
        _ => {}
    }
}

/// What a CONNECT of another name or level breaks, and how it is answered.
struct Refused {
    section: &'static str,
    statements: &'static [&'static str],
    return_code: Option<u8>,
    codes: &'static [u8],
    should: bool,
}

impl Refused {
    fn apply(&self, vector: &mut Vector) {
        vector.direction(Direction::ToServer).section(self.section).covers(self.statements).codes(self.codes);
        if self.should {
            vector.should();
        }
        if let Some(code) = self.return_code {
            vector.return_code(code);
        }
    }
}

/// By version, for a Protocol Name that is not this version's.
const WRONG_NAME: [Refused; 3] = [
    Refused {
        section: "2.2",
        statements: &["V31-2.2-1", "V31-3.1-9", "V31-3.1-10"],
        return_code: Some(1),
        codes: &[],
        should: true,
    },
    Refused { section: "3.1.2.1", statements: &["3.1.2-1"], return_code: None, codes: &[], should: false },
    Refused {
        section: "3.1.2.1",
        statements: &["3.1.2-1"],
        return_code: None,
        codes: &[0x84, 0x81, 0x82],
        should: false,
    },
];

/// By version, for a level that is not this version's.
const WRONG_LEVEL: [Refused; 3] = [
    Refused {
        section: "2.2",
        statements: &["V31-2.2-2", "V31-3.1-9", "V31-3.1-10"],
        return_code: Some(1),
        codes: &[],
        should: true,
    },
    Refused { section: "3.1.2.2", statements: &["3.1.2-2"], return_code: Some(1), codes: &[], should: false },
    Refused {
        section: "3.1.2.2",
        statements: &["3.1.2-2"],
        return_code: None,
        codes: &[0x84],
        should: false,
    },
];

/// By version, for a whole CONNECT of another version.
const OTHER_VERSION: [Refused; 3] = [
    Refused { section: "2.2", statements: &["V31-2.2-1"], return_code: Some(1), codes: &[], should: true },
    Refused { section: "3.1.2.1", statements: &["3.1.2-1"], return_code: None, codes: &[], should: false },
    Refused {
        section: "3.1.2.1",
        statements: &["3.1.2-1"],
        return_code: None,
        codes: &[0x84, 0x81, 0x82],
        should: false,
    },
];

/// Protocol Names to be tried; the version's own is left out.
const NAMES: [(&str, &[u8]); 12] = [
    ("mqtt", b"MQTT"),
    ("mqisdp", b"MQIsdp"),
    ("lower-case", b"mqtt"),
    ("mixed-case", b"Mqtt"),
    ("mqisdp-upper-case", b"MQISDP"),
    ("mqisdp-lower-case", b"mqisdp"),
    ("empty", b""),
    ("another", b"HTTP"),
    ("trailing-space", b"MQTT "),
    ("trailing-nul", b"MQTT\0"),
    ("amqp", b"AMQP"),
    ("one-long", b"MQTTT"),
];

fn by_version(v: Version, table: &[Refused; 3]) -> &Refused {
    let [v31, v311, v5] = table;
    v.pick(v31, v311, v5)
}

/// Protocol Name and level.
pub(super) fn protocol(c: &mut Corpus) {
    c.file("connect").family("protocol");
    protocol_names(c);
    protocol_levels(c);
    other_version(c);
}

/// The rest of a CONNECT behind a name and a level.
fn named(v: Version, name: &[u8], level: u8) -> Body {
    let body = Body::new(0x10).field(name).raw(&[level, 2]).u16(60);
    let body = if v == Version::V5 { body.raw(&[0]) } else { body };
    body.field(b"c")
}

fn own_name(v: Version) -> &'static [u8] {
    v.pick(b"MQIsdp", b"MQTT", b"MQTT")
}

fn protocol_names(c: &mut Corpus) {
    let v = c.version;
    let right = own_name(v);
    let mut names = NAMES.to_vec();
    names.insert(6, ("one-short", &right[..right.len() - 1]));
    for (id, name) in names.into_iter().filter(|(_, name)| *name != right) {
        let body = named(v, name, v.pick(3, 4, 5));
        let (id, about) = (format!("protocol-name-{id}"), "A Protocol Name that is not this version's.");
        let vector = c.protocol_error(&id, about, body.frame(), "Protocol Name", body.offset(0));
        by_version(v, &WRONG_NAME).apply(vector);
    }
}

fn protocol_levels(c: &mut Corpus) {
    let v = c.version;
    let (right, own_level) = (own_name(v), v.pick(3, 4, 5));
    let field = v.pick("Protocol Level", "Protocol Level", "Protocol Version");
    for level in (0..=9u8).chain(127..=134).chain([254, 255]).filter(|level| *level != own_level) {
        let body = named(v, right, level);
        let about = if level >= 0x80 && level & 0x7F == own_level {
            format!("{field} {level}: the right one with its highest bit set, a habit of some bridges.")
        } else {
            format!("{field} {level} is not this version's.")
        };
        let (id, offset) = (format!("protocol-level-{level}"), body.offset(2 + right.len()));
        by_version(v, &WRONG_LEVEL).apply(c.protocol_error(&id, &about, body.frame(), field, offset));
    }
}

/// The name of each version with the level of another.
fn other_version(c: &mut Corpus) {
    let v = c.version;
    let (name, level): (&[u8], u8) = v.pick((b"MQTT", 4), (b"MQIsdp", 3), (b"MQIsdp", 3));
    let body = Body::new(0x10).field(name).raw(&[level, 2]).u16(60).field(b"c");
    let about = v.pick(
        "A CONNECT of 3.1.1, where 3.1 is spoken.",
        "A CONNECT of 3.1, where 3.1.1 is spoken.",
        "A CONNECT of 3.1, where 5.0 is spoken.",
    );
    let vector =
        c.protocol_error("protocol-other-version", about, body.frame(), "Protocol Name", body.offset(0));
    by_version(v, &OTHER_VERSION).apply(vector);
}

/// Client Identifiers.
pub(super) fn client_ids(c: &mut Corpus) {
    let v = c.version;
    c.file("connect").family("client-ids");
    let section = v.pick("3.1", "3.1.3.1", "3.1.3.1");
    for clean in [true, false] {
        let mut connect = Connect::new(v).client_id(b"");
        connect.clean = clean;
        let simple = connect.build();
        let suffix = if clean { "clean" } else { "resuming" };
        let id = format!("client-id-empty-{suffix}");
        let offset = simple.offset("Client Identifier");
        let refused = v == Version::V31 || (v == Version::V311 && !clean);
        let about = if refused {
            "An empty Client Identifier is refused."
        } else {
            "An empty Client Identifier asks for one."
        };
        if refused {
            c.protocol_error(&id, about, simple.bytes(), "Client Identifier", offset)
                .direction(Direction::ToServer)
                .section(section)
                .covers(v.pick(&["V31-3.1-2"], &["3.1.3-7", "3.1.3-8"], &[]))
                .return_code(2);
        } else {
            c.valid(&id, about, simple.bytes(), simple.values)
                .choice()
                .direction(Direction::ToServer)
                .section(section)
                .covers(&["3.1.3-6"]);
        }
    }
    let alphabet = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (index, chunk) in alphabet.chunks(23).enumerate() {
        let simple = Connect::new(v).client_id(chunk).build();
        let about = "Up to 23 of the characters that every Server has to allow.";
        c.valid(&format!("client-id-alphabet-{}", index + 1), about, simple.bytes(), simple.values)
            .direction(Direction::ToServer)
            .section(section)
            .covers(v.pick(&["V31-3.1-3"], &["3.1.3-5", "3.1.3-3"], &["3.1.3-5", "3.1.3-3"]));
    }
    let wide = |count: usize| "\u{e9}".repeat(count).into_bytes();
    for (id, about, client_id, characters) in [
        ("23", "23 characters.", vec![b'c'; 23], 23usize),
        ("24", "24 characters.", vec![b'c'; 24], 24),
        ("255", "255 characters.", vec![b'c'; 255], 255),
        ("65535", "65,535 characters.", vec![b'c'; 65_535], 65_535),
        ("23-wide", "23 characters in 46 bytes.", wide(23), 23),
        ("24-wide", "24 characters in 48 bytes.", wide(24), 24),
        ("punctuation", "Characters that a Server need not allow.", b"a/b+c#d e$".to_vec(), 10),
        ("unicode", "Characters beyond ASCII.", "\u{65e5}\u{672c}\u{1f600}".as_bytes().to_vec(), 3),
    ] {
        let simple = Connect::new(v).client_id(&client_id).build();
        let id = format!("client-id-{id}");
        if v == Version::V31 && characters > 23 {
            let offset = simple.offset("Client Identifier");
            c.protocol_error(&id, about, simple.bytes(), "Client Identifier", offset)
                .choice()
                .direction(Direction::ToServer)
                .section(section)
                .covers(&["V31-3.1-1"])
                .return_code(2);
        } else {
            let plain = id.ends_with("-23");
            let vector = c
                .valid(&id, about, simple.bytes(), simple.values)
                .direction(Direction::ToServer)
                .section(section)
                .covers(v.pick(&["V31-3.1-3"], &[][..], &[]));
            if v != Version::V31 && !plain {
                vector.choice();
            }
        }
    }
}
