//! One test vector, a collection of them, and how they are printed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

/// The three versions, as their vectors and folders name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// MQTT V3.1, 2010.
    V31,
    /// MQTT Version 3.1.1, 2014.
    V311,
    /// MQTT Version 5.0, 2019.
    V5,
}

impl Version {
    /// All versions, oldest first.
    pub const ALL: [Self; 3] = [Self::V31, Self::V311, Self::V5];

    /// The version as the standard writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::V31 => "3.1",
            Self::V311 => "3.1.1",
            Self::V5 => "5.0",
        }
    }

    /// Picks by version.
    pub(crate) fn pick<T>(self, v31: T, v311: T, v5: T) -> T {
        match self {
            Self::V31 => v31,
            Self::V311 => v311,
            Self::V5 => v5,
        }
    }
}

/// How binding the expectation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The standard says so, or the packet conforms and has to be accepted.
    Must,
    /// The standard says "should", or it follows without being printed.
    Should,
    /// The receiver may choose.
    Choice,
}

impl Level {
    /// As written in the files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::Choice => "choice",
        }
    }
}

/// Who sends the packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    ToServer,
    ToClient,
    Any,
}

impl Direction {
    fn name(self) -> &'static str {
        match self {
            Self::ToServer => "client-to-server",
            Self::ToClient => "server-to-client",
            Self::Any => "any",
        }
    }
}

/// The two kinds of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Malformed,
    ProtocolError,
}

/// Bytes, of which a long run of one byte at the end need not be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Data {
    pub(crate) head: Vec<u8>,
    pub(crate) fill: Option<(u8, usize)>,
}

impl From<Vec<u8>> for Data {
    fn from(head: Vec<u8>) -> Self {
        Self { head, fill: None }
    }
}

impl Data {
    /// Hex text, or segments where a byte repeats often.
    fn to_json(&self) -> Value {
        const RUN: usize = 64;
        let mut parts: Vec<Value> = Vec::new();
        let mut plain: Vec<u8> = Vec::new();
        let mut at = 0;
        while at < self.head.len() {
            let byte = self.head[at];
            let run = self.head[at..].iter().take_while(|next| **next == byte).count();
            if run >= RUN {
                if !plain.is_empty() {
                    parts.push(json!({ "hex": hex(&plain) }));
                    plain.clear();
                }
                parts.push(json!({ "repeat": hex(&[byte]), "count": run }));
            } else {
                plain.extend_from_slice(&self.head[at..at + run]);
            }
            at += run;
        }
        if let Some((byte, count)) = self.fill {
            if !plain.is_empty() {
                parts.push(json!({ "hex": hex(&plain) }));
                plain.clear();
            }
            parts.push(json!({ "repeat": hex(&[byte]), "count": count }));
        }
        if parts.is_empty() {
            return Value::from(hex(&plain));
        }
        if !plain.is_empty() {
            parts.push(json!({ "hex": hex(&plain) }));
        }
        Value::from(parts)
    }
}

/// Lower-case hex with a space between bytes.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 3);
    for (index, byte) in bytes.iter().enumerate() {
        if index > 0 {
            out.push(' ');
        }
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// Bytes or text as a value of the vocabulary.
pub(crate) fn text(content: &[u8]) -> Value {
    if let Some(first) = content.first()
        && content.len() >= 256
        && content.iter().all(|byte| byte == first)
    {
        return json!({ "repeat": hex(&[*first]), "count": content.len() });
    }
    match std::str::from_utf8(content) {
        Ok(text) => Value::from(text),
        Err(_) => json!({ "hex": hex(content).replace(' ', "") }),
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    Valid { packets: Vec<Value>, canonical: Option<Data> },
    Refused { refusal: Refusal, before: Vec<Value>, field: String, offset: usize },
    Incomplete { before: Vec<Value>, needed: usize },
}

/// One packet, or one buffer, and what has to become of it.
#[derive(Clone, Debug)]
pub struct Vector {
    pub(crate) id: String,
    pub(crate) family: &'static str,
    pub(crate) about: String,
    pub(crate) level: Level,
    pub(crate) direction: Direction,
    pub(crate) section: String,
    pub(crate) covers: Vec<String>,
    pub(crate) flags: Vec<&'static str>,
    pub(crate) reason_codes: Vec<u8>,
    pub(crate) return_code: Option<u8>,
    pub(crate) bytes: Data,
    pub(crate) outcome: Outcome,
}

impl Vector {
    pub(crate) fn level(&mut self, level: Level) -> &mut Self {
        self.level = level;
        self
    }

    pub(crate) fn choice(&mut self) -> &mut Self {
        self.level(Level::Choice)
    }

    pub(crate) fn should(&mut self) -> &mut Self {
        self.level(Level::Should)
    }

    pub(crate) fn direction(&mut self, direction: Direction) -> &mut Self {
        self.direction = direction;
        self
    }

    pub(crate) fn section(&mut self, section: &str) -> &mut Self {
        section.clone_into(&mut self.section);
        self
    }

    /// Adds statement ids, without the `MQTT-` that all but those of 3.1 begin with.
    pub(crate) fn covers(&mut self, ids: &[&str]) -> &mut Self {
        for id in ids {
            let id = if id.starts_with("V31-") { (*id).to_owned() } else { format!("MQTT-{id}") };
            if !self.covers.contains(&id) {
                self.covers.push(id);
            }
        }
        self
    }

    pub(crate) fn flag(&mut self, flag: &'static str) -> &mut Self {
        self.flags.push(flag);
        self
    }

    pub(crate) fn codes(&mut self, codes: &[u8]) -> &mut Self {
        self.reason_codes = codes.to_vec();
        self
    }

    pub(crate) fn return_code(&mut self, code: u8) -> &mut Self {
        self.return_code = Some(code);
        self
    }

    /// The encoding of the values, if it isn't the bytes themselves.
    pub(crate) fn canonical(&mut self, bytes: Vec<u8>) -> &mut Self {
        let bytes = Data::from(bytes);
        if bytes != self.bytes
            && let Outcome::Valid { canonical, .. } = &mut self.outcome
        {
            *canonical = Some(bytes);
        }
        self
    }

    pub(crate) fn is_refused(&self) -> bool {
        matches!(self.outcome, Outcome::Refused { .. })
    }

    fn result(&self) -> &'static str {
        match &self.outcome {
            Outcome::Valid { .. } => "valid",
            Outcome::Refused { refusal: Refusal::Malformed, .. } => "malformed",
            Outcome::Refused { refusal: Refusal::ProtocolError, .. } => "protocol-error",
            Outcome::Incomplete { .. } => "incomplete",
        }
    }

    /// The members in print order; the bool asks for a new line before the member.
    fn members(&self) -> Vec<(bool, &'static str, Value)> {
        let mut out = vec![
            (false, "id", Value::from(self.id.as_str())),
            (false, "about", Value::from(self.about.as_str())),
            (true, "family", Value::from(self.family)),
            (false, "level", Value::from(self.level.name())),
            (false, "direction", Value::from(self.direction.name())),
        ];
        if !self.section.is_empty() {
            out.push((false, "section", Value::from(self.section.as_str())));
        }
        if !self.covers.is_empty() {
            out.push((false, "covers", Value::from(self.covers.clone())));
        }
        if !self.flags.is_empty() {
            out.push((false, "flags", Value::from(self.flags.clone())));
        }
        out.push((true, "bytes", self.bytes.to_json()));
        out.push((true, "result", Value::from(self.result())));
        let several = |packets: &[Value]| Value::from(packets.to_vec());
        match &self.outcome {
            Outcome::Valid { packets, canonical } => {
                match packets.as_slice() {
                    [packet] => out.push((false, "packet", packet.clone())),
                    packets => out.push((false, "packets", several(packets))),
                }
                if let Some(canonical) = canonical {
                    out.push((true, "canonical", canonical.to_json()));
                }
            }
            Outcome::Refused { before, field, offset, .. } => {
                if !before.is_empty() {
                    out.push((false, "packets", several(before)));
                }
                out.push((false, "field", Value::from(field.as_str())));
                out.push((false, "offset", Value::from(*offset)));
            }
            Outcome::Incomplete { before, needed } => {
                if !before.is_empty() {
                    out.push((false, "packets", several(before)));
                }
                out.push((false, "needed", Value::from(*needed)));
            }
        }
        if !self.reason_codes.is_empty() {
            out.push((false, "reason_codes", Value::from(self.reason_codes.clone())));
        }
        if let Some(code) = self.return_code {
            out.push((false, "return_code", Value::from(code)));
        }
        out
    }

    fn print(&self, out: &mut String) {
        out.push_str("  {");
        for (index, (new_line, name, value)) in self.members().into_iter().enumerate() {
            if index > 0 {
                out.push_str(if new_line { ",\n   " } else { ", " });
            }
            let _ = write!(out, "\"{name}\": {}", spaced(&value));
        }
        out.push('}');
    }
}

/// JSON on one line with a space after every colon and comma.
fn spaced(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(spaced).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) => {
            let members: Vec<String> =
                members.iter().map(|(name, value)| format!("\"{name}\": {}", spaced(value))).collect();
            format!("{{{}}}", members.join(", "))
        }
        // Printable everywhere: nothing beyond ASCII is written unescaped.
        Value::String(text) => ascii(text),
        other => other.to_string(),
    }
}

fn ascii(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            ' '..='~' => out.push(c),
            _ => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
    out
}

/// All vectors of one version while they are being written.
#[derive(Debug)]
pub(crate) struct Corpus {
    pub(crate) version: Version,
    pub(crate) vectors: Vec<Vector>,
    file: &'static str,
    family: &'static str,
}

impl Corpus {
    pub(crate) fn new(version: Version) -> Self {
        Self { version, vectors: Vec::new(), file: "", family: "" }
    }

    /// What follows goes into this file.
    pub(crate) fn file(&mut self, file: &'static str) -> &mut Self {
        self.file = file;
        self
    }

    /// What follows belongs to this family.
    pub(crate) fn family(&mut self, family: &'static str) -> &mut Self {
        self.family = family;
        self
    }

    fn push(&mut self, id: &str, about: &str, bytes: Data, outcome: Outcome) -> &mut Vector {
        let index = self.vectors.len();
        self.vectors.push(Vector {
            id: format!("{}/{}/{id}", self.version.name(), self.file),
            family: self.family,
            about: about.to_owned(),
            level: Level::Must,
            direction: Direction::Any,
            section: String::new(),
            covers: Vec::new(),
            flags: Vec::new(),
            reason_codes: Vec::new(),
            return_code: None,
            bytes,
            outcome,
        });
        &mut self.vectors[index]
    }

    pub(crate) fn valid(&mut self, id: &str, about: &str, bytes: Vec<u8>, packet: Value) -> &mut Vector {
        self.push(id, about, bytes.into(), Outcome::Valid { packets: vec![packet], canonical: None })
    }

    pub(crate) fn valid_data(&mut self, id: &str, about: &str, bytes: Data, packet: Value) -> &mut Vector {
        self.push(id, about, bytes, Outcome::Valid { packets: vec![packet], canonical: None })
    }

    pub(crate) fn several(
        &mut self,
        id: &str,
        about: &str,
        bytes: Vec<u8>,
        packets: Vec<Value>,
    ) -> &mut Vector {
        self.push(id, about, bytes.into(), Outcome::Valid { packets, canonical: None })
    }

    fn refused(
        &mut self,
        id: &str,
        about: &str,
        bytes: Vec<u8>,
        field: &str,
        offset: usize,
        refusal: Refusal,
    ) -> &mut Vector {
        let is_v5 = self.version == Version::V5;
        let outcome = Outcome::Refused { refusal, before: Vec::new(), field: field.to_owned(), offset };
        let vector = self.push(id, about, bytes.into(), outcome);
        if is_v5 {
            vector.reason_codes = vec![match refusal {
                Refusal::Malformed => 0x81,
                Refusal::ProtocolError => 0x82,
            }];
        }
        vector
    }

    pub(crate) fn malformed(
        &mut self,
        id: &str,
        about: &str,
        bytes: Vec<u8>,
        field: &str,
        offset: usize,
    ) -> &mut Vector {
        self.refused(id, about, bytes, field, offset, Refusal::Malformed)
    }

    pub(crate) fn protocol_error(
        &mut self,
        id: &str,
        about: &str,
        bytes: Vec<u8>,
        field: &str,
        offset: usize,
    ) -> &mut Vector {
        self.refused(id, about, bytes, field, offset, Refusal::ProtocolError)
    }

    pub(crate) fn incomplete(&mut self, id: &str, about: &str, bytes: Vec<u8>, needed: usize) -> &mut Vector {
        self.push(id, about, bytes.into(), Outcome::Incomplete { before: Vec::new(), needed })
    }
}

impl Vector {
    /// Packets that stand whole in the buffer before the one that is refused or unfinished.
    pub(crate) fn after(&mut self, packets: Vec<Value>) -> &mut Self {
        match &mut self.outcome {
            Outcome::Refused { before, .. } | Outcome::Incomplete { before, .. } => *before = packets,
            Outcome::Valid { .. } => {}
        }
        self
    }
}

/// A file as it is written: its path below `test-vectors/` and its text.
#[derive(Debug)]
pub struct File {
    /// For example `v5.0/puback.json`.
    pub path: String,
    /// The whole text.
    pub text: String,
}

/// Sorts the vectors of a version into files, one per second part of their ids.
pub(crate) fn files(version: Version, vectors: &[Vector]) -> Vec<File> {
    let mut by_file: BTreeMap<&str, Vec<&Vector>> = BTreeMap::new();
    for vector in vectors {
        let file = vector.id.split('/').nth(1).unwrap_or_default();
        by_file.entry(file).or_default().push(vector);
    }
    let mut out = Vec::new();
    for (file, vectors) in by_file {
        let mut head = Map::new();
        head.insert("format".into(), json!(1));
        head.insert("version".into(), json!(version.name()));
        head.insert("about".into(), json!(crate::about(version, file)));
        let head = spaced(&Value::Object(head));
        let mut text = format!("{},\n \"vectors\": [\n", head.trim_end_matches('}'));
        for (index, vector) in vectors.iter().enumerate() {
            if index > 0 {
                text.push_str(",\n");
            }
            vector.print(&mut text);
        }
        text.push_str("\n ]}\n");
        out.push(File { path: format!("v{}/{file}.json", version.name()), text });
    }
    out
}
