//! The format: from JSON to vectors.

use std::fmt;
use std::path::{Path, PathBuf};

use mqtt_codec::{PacketType, Sender, Version};
use serde_json::{Map, Value};

use crate::tree::{TreeError, bytes_from};

/// A file of vectors for one version.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct File {
    /// The version that its bytes speak.
    pub version: Version,
    /// What it is about.
    pub about: String,
    /// Its vectors.
    pub vectors: Vec<Vector>,
}

/// Bytes, and what a decoder has to make of them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Vector {
    /// Its unique name.
    pub id: String,
    /// Its point.
    pub about: String,
    /// The version that its bytes speak.
    pub version: Version,
    /// How binding the expectation is.
    pub level: Level,
    /// Who sends it; `None` if it makes no difference.
    pub sender: Option<Sender>,
    /// The flags, such as `huge`.
    pub flags: Vec<String>,
    /// The section that says so.
    pub section: Option<String>,
    /// The statements that it shows obeyed or broken.
    pub covers: Vec<String>,
    /// What has to come out.
    pub expectation: Expectation,
    /// The whole packets, as named values: all of a valid vector, or those before the one that isn't.
    pub packets: Vec<Value>,
    pub(super) bytes: Segments,
    pub(super) canonical: Option<Segments>,
}

/// How binding an expectation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the format closes the list")]
pub enum Level {
    /// The standard demands it.
    Must,
    /// The standard recommends it, or it follows without being printed.
    Should,
    /// The receiver may choose.
    Choice,
}

impl Level {
    /// The level as files write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::Choice => "choice",
        }
    }
}

/// What has to come out of a vector.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the format closes the list")]
pub enum Expectation {
    /// All bytes are packets.
    Valid,
    /// The bytes are refused.
    Refused(Refusal),
    /// More bytes are needed, this many at least.
    Incomplete {
        /// How many.
        needed: usize,
    },
}

impl Expectation {
    /// The `result` as files write it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Refused(Refusal { protocol_error: false, .. }) => "malformed",
            Self::Refused(Refusal { protocol_error: true, .. }) => "protocol-error",
            Self::Incomplete { .. } => "incomplete",
        }
    }
}

/// Why and how bytes have to be refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// Whether they can be read, and say what the protocol does not allow.
    pub protocol_error: bool,
    /// The field that is wrong.
    pub field: String,
    /// Where it is wrong, from the first byte of the packet.
    pub offset: usize,
    /// The 5.0 reason codes with which it may be answered.
    pub reason_codes: Vec<u8>,
    /// The 3.x CONNACK return code with which it is answered.
    pub return_code: Option<u8>,
}

impl Vector {
    /// The bytes, spelled out.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.bytes.spell()
    }

    /// What encoding the packets gives.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        self.canonical.as_ref().unwrap_or(&self.bytes).spell()
    }

    /// The type that the first byte names.
    #[must_use]
    pub fn packet_type(&self) -> Option<PacketType> {
        PacketType::from_first_byte(*self.bytes.0.iter().find_map(|segment| segment.unit.first())?)
    }
}

/// Bytes that may repeat: a hundred megabytes take none until they are spelled out.
#[derive(Clone, Debug)]
pub(super) struct Segments(Vec<Segment>);

#[derive(Clone, Debug)]
struct Segment {
    unit: Vec<u8>,
    count: usize,
}

impl Segments {
    fn spell(&self) -> Vec<u8> {
        let len = self.0.iter().map(|segment| segment.unit.len() * segment.count).sum();
        let mut bytes = Vec::with_capacity(len);
        for Segment { unit, count } in &self.0 {
            match unit.as_slice() {
                [byte] => bytes.resize(bytes.len() + count, *byte),
                unit => bytes.extend_from_slice(&unit.repeat(*count)),
            }
        }
        bytes
    }
}

/// A place in a file of vectors that does not follow the format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    path: String,
    message: String,
}

impl Invalid {
    fn new(path: impl Into<String>, message: impl fmt::Display) -> Self {
        Self { path: path.into(), message: message.to_string() }
    }

    /// Where, such as `vectors[3].level`; empty for the file as a whole.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Invalid {}

/// Why a file of vectors could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The file or folder cannot be read.
    #[error("{}: {source}", .path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not of the format.
    #[error("{}: {source}", .path.display())]
    Invalid {
        /// Which.
        path: PathBuf,
        /// Where in it, and what.
        source: Invalid,
    },
    /// A folder without any file of vectors.
    #[error("{}: no file of test vectors in this folder", .0.display())]
    Empty(PathBuf),
}

/// Reads a file of vectors.
///
/// # Errors
///
/// When it cannot be read, or does not follow the format.
pub fn read(path: &Path) -> Result<File, ReadError> {
    let bytes = std::fs::read(path).map_err(|source| ReadError::Io { path: path.to_owned(), source })?;
    let invalid = |source| ReadError::Invalid { path: path.to_owned(), source };
    let text =
        str::from_utf8(&bytes).map_err(|e| invalid(Invalid::new("", format_args!("not UTF-8: {e}"))))?;
    parse(text).map_err(invalid)
}

/// The files of vectors that a path means: itself, or all below a folder, in the order of their names.
///
/// In a folder, JSON files without `vectors` (a schema, a list of statements) are left out.
///
/// # Errors
///
/// When the folder cannot be read, or holds no file of vectors.
pub fn find(path: &Path) -> Result<Vec<PathBuf>, ReadError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        let io = |source| ReadError::Io { path: folder.clone(), source };
        for entry in std::fs::read_dir(&folder).map_err(io)? {
            let path = entry.map_err(io)?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") && holds_vectors(&path)? {
                found.push(path);
            }
        }
    }
    found.sort();
    if found.is_empty() { Err(ReadError::Empty(path.to_owned())) } else { Ok(found) }
}

/// A file that is no JSON at all counts: reading it says what is wrong.
fn holds_vectors(path: &Path) -> Result<bool, ReadError> {
    let text = std::fs::read(path).map_err(|source| ReadError::Io { path: path.to_owned(), source })?;
    Ok(serde_json::from_slice::<Value>(&text)
        .map_or(true, |json| json.get("vectors").is_some_and(Value::is_array)))
}

/// Reads the text of a file of vectors.
///
/// # Errors
///
/// When it is no JSON, or does not follow the format.
pub fn parse(text: &str) -> Result<File, Invalid> {
    let json: Value =
        serde_json::from_str(text).map_err(|e| Invalid::new("", format_args!("not JSON: {e}")))?;
    let file = Members::open(&json, String::new())?;
    match file.map.get("format") {
        Some(format) if *format == 1 => {}
        Some(other) => return Err(file.wrong("format", "1", other)),
        None => return Err(file.missing("format")),
    }
    let version = file.text("version")?;
    let version = Version::ALL
        .into_iter()
        .find(|known| known.name() == version)
        .ok_or_else(|| file.wrong("version", "\"3.1\", \"3.1.1\" or \"5.0\"", &Value::from(version)))?;
    let vectors = match file.map.get("vectors") {
        Some(Value::Array(vectors)) => vectors,
        Some(other) => return Err(file.wrong("vectors", "an array", other)),
        None => return Err(file.missing("vectors")),
    };
    let read = |(i, value)| Vector::read(value, format!("vectors[{i}]"), version);
    Ok(File {
        version,
        about: file.text("about")?.to_owned(),
        vectors: vectors.iter().enumerate().map(read).collect::<Result<_, _>>()?,
    })
}

struct Members<'v> {
    map: &'v Map<String, Value>,
    at: String,
}

impl<'v> Members<'v> {
    fn open(value: &'v Value, at: String) -> Result<Self, Invalid> {
        match value {
            Value::Object(map) => Ok(Self { map, at }),
            _ => Err(Invalid::new(at, format_args!("expected an object, found {}", brief(value)))),
        }
    }

    fn path(&self, name: &str) -> String {
        if self.at.is_empty() { name.to_owned() } else { format!("{}.{name}", self.at) }
    }

    fn wrong(&self, name: &str, expected: &str, found: &Value) -> Invalid {
        Invalid::new(self.path(name), format_args!("expected {expected}, found {}", brief(found)))
    }

    fn missing(&self, name: &str) -> Invalid {
        Invalid::new(self.path(name), "is missing")
    }

    fn optional_text(&self, name: &str) -> Result<Option<&'v str>, Invalid> {
        match self.map.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong(name, "text", other)),
        }
    }

    fn text(&self, name: &str) -> Result<&'v str, Invalid> {
        self.optional_text(name)?.ok_or_else(|| self.missing(name))
    }

    fn array(&self, name: &str) -> Result<&'v [Value], Invalid> {
        match self.map.get(name) {
            None => Ok(&[]),
            Some(Value::Array(values)) => Ok(values),
            Some(other) => Err(self.wrong(name, "an array", other)),
        }
    }

    fn texts(&self, name: &str) -> Result<Vec<String>, Invalid> {
        let read = |(i, value): (usize, &Value)| match value {
            Value::String(text) => Ok(text.clone()),
            other => Err(self.wrong(&format!("{name}[{i}]"), "text", other)),
        };
        self.array(name)?.iter().enumerate().map(read).collect()
    }

    fn number<T: TryFrom<u64>>(&self, name: &str, value: &Value) -> Result<T, Invalid> {
        value
            .as_u64()
            .and_then(|number| T::try_from(number).ok())
            .ok_or_else(|| self.wrong(name, "a number in range", value))
    }

    fn required_number<T: TryFrom<u64>>(&self, name: &str) -> Result<T, Invalid> {
        self.number(name, self.map.get(name).ok_or_else(|| self.missing(name))?)
    }

    fn segments(&self, name: &str) -> Result<Option<Segments>, Invalid> {
        let Some(value) = self.map.get(name) else { return Ok(None) };
        let bad = |path: &str, e: &TreeError| {
            Invalid::new(self.path(path), format_args!("expected {}, found {}", e.expected(), e.found()))
        };
        match value {
            Value::String(hex) => {
                // The same digits as in `{"hex": …}`.
                let segment = serde_json::json!({"hex": hex});
                let unit = bytes_from(&segment).map_err(|e| bad(name, &e))?.to_vec();
                Ok(Some(Segments(vec![Segment { unit, count: 1 }])))
            }
            Value::Array(parts) => {
                let mut segments = Vec::new();
                for (i, part) in parts.iter().enumerate() {
                    let path = format!("{name}[{i}]");
                    let Value::Object(map) = part else {
                        return Err(self.wrong(&path, "{\"hex\": …} or {\"repeat\": …, \"count\": …}", part));
                    };
                    let (unit, count) = match map.get("repeat") {
                        Some(unit) => {
                            let count = map.get("count").unwrap_or(&Value::Null);
                            // The longest packet, and then some.
                            let count = self.number::<u32>(&format!("{path}.count"), count)?;
                            (serde_json::json!({"hex": unit}), usize::try_from(count).unwrap_or(usize::MAX))
                        }
                        None => (part.clone(), 1),
                    };
                    let unit = bytes_from(&unit).map_err(|e| bad(&path, &e))?.to_vec();
                    segments.push(Segment { unit, count });
                }
                let len = segments
                    .iter()
                    .fold(0_usize, |len, s| len.saturating_add(s.unit.len().saturating_mul(s.count)));
                if len > LONGEST {
                    return Err(Invalid::new(
                        self.path(name),
                        format_args!("{len} bytes; at most {LONGEST} are read"),
                    ));
                }
                Ok(Some(Segments(segments)))
            }
            other => Err(self.wrong(name, "hexadecimal digits or an array of segments", other)),
        }
    }
}

/// No vector needs more than the longest packet twice.
const LONGEST: usize = 2 * 268_435_460;

impl Vector {
    fn read(value: &Value, at: String, version: Version) -> Result<Self, Invalid> {
        let this = Members::open(value, at)?;
        let level = match this.text("level")? {
            "must" => Level::Must,
            "should" => Level::Should,
            "choice" => Level::Choice,
            other => {
                return Err(this.wrong("level", "\"must\", \"should\" or \"choice\"", &Value::from(other)));
            }
        };
        let sender = match this.text("direction")? {
            "client-to-server" => Some(Sender::Client),
            "server-to-client" => Some(Sender::Server),
            "any" => None,
            other => {
                let expected = "\"client-to-server\", \"server-to-client\" or \"any\"";
                return Err(this.wrong("direction", expected, &Value::from(other)));
            }
        };
        let packets = match this.map.get("packet") {
            Some(packet) => vec![packet.clone()],
            None => this.array("packets")?.to_vec(),
        };
        let result = this.text("result")?;
        let expectation = match result {
            "valid" if packets.is_empty() => return Err(this.missing("packet")),
            "valid" => Expectation::Valid,
            "malformed" | "protocol-error" => Expectation::Refused(this.refusal(result == "protocol-error")?),
            "incomplete" => Expectation::Incomplete { needed: this.required_number("needed")? },
            other => {
                let expected = "\"valid\", \"malformed\", \"protocol-error\" or \"incomplete\"";
                return Err(this.wrong("result", expected, &Value::from(other)));
            }
        };
        Ok(Self {
            id: this.text("id")?.to_owned(),
            about: this.text("about")?.to_owned(),
            version,
            level,
            sender,
            flags: this.texts("flags")?,
            section: this.optional_text("section")?.map(str::to_owned),
            covers: this.texts("covers")?,
            expectation,
            packets,
            bytes: this.segments("bytes")?.ok_or_else(|| this.missing("bytes"))?,
            canonical: this.segments("canonical")?,
        })
    }
}

impl Members<'_> {
    fn refusal(&self, protocol_error: bool) -> Result<Refusal, Invalid> {
        let codes = self.array("reason_codes")?.iter().enumerate();
        let return_code = match self.map.get("return_code") {
            Some(code) => Some(self.number("return_code", code)?),
            None => None,
        };
        Ok(Refusal {
            protocol_error,
            field: self.text("field")?.to_owned(),
            offset: self.required_number("offset")?,
            reason_codes: codes
                .map(|(i, code)| self.number(&format!("reason_codes[{i}]"), code))
                .collect::<Result<_, _>>()?,
            return_code,
        })
    }
}

fn brief(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
