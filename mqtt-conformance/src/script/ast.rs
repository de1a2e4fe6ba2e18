//! A script as it is written: every line with its place, and the comments beside it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mqtt_codec::Version;

use crate::diagnostic::Span;

/// A whole script file.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Script {
    /// The file's name as it is shown in messages.
    pub file: String,
    /// The text that was parsed; every [`Span`] points into it.
    pub source: Arc<str>,
    /// The lines before the first step: `version:`, `covers:`, `for` and so on.
    pub header: Vec<Item<Header>>,
    /// The steps, `---` among them.
    pub body: Vec<Item<Statement>>,
    /// Comments and blank lines after the last step.
    pub end: Vec<Trivia>,
}

/// A line or a block with what stands around it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Item<T> {
    /// Comments and blank lines before it.
    pub leading: Vec<Trivia>,
    /// The thing itself.
    pub node: T,
    /// The comment at the end of its line.
    pub trailing: Option<String>,
}

/// What a reader sees and the runner does not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the grammar has no third kind")]
pub enum Trivia {
    /// One or more empty lines.
    Blank,
    /// The text of a comment line, without `#` and the space behind it.
    Comment(String),
}

/// A name with its place.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Name {
    /// The name.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A line of the header.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Header {
    /// Where it stands.
    pub span: Span,
    /// What it says.
    pub kind: HeaderKind,
}

/// What a header line says.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum HeaderKind {
    /// `version: 3.1.1 5.0`
    Version(Vec<(Version, Span)>),
    /// `covers: 5.0/MQTT-3.10.4-2`
    Covers(Vec<Statute>),
    /// `level: MUST 3.1/SHOULD`
    Level(Vec<(Option<Version>, Level, Span)>),
    /// `rigor: 5.0`
    Rigor(Vec<(Version, Span)>),
    /// `needs: retain`
    Needs(Vec<Name>),
    /// `for qos in 0 1 2`, or rows of values for several names.
    For {
        /// The variables.
        names: Vec<Name>,
        /// One row per case, with as many values as there are names.
        rows: Vec<Item<Vec<Value>>>,
        /// Written as indented rows, not on the line of `for`.
        table: bool,
    },
}

/// A statement of a standard, as `covers:` names it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Statute {
    /// The standard.
    pub version: Version,
    /// The statement's id in that standard.
    pub id: String,
    /// Where it stands.
    pub span: Span,
}

/// How binding the tested statement is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "UPPERCASE")]
#[expect(clippy::exhaustive_enums, reason = "the three words of RFC 2119")]
pub enum Level {
    /// Allowed.
    May,
    /// Recommended.
    Should,
    /// Required.
    #[default]
    Must,
}

impl Level {
    /// All levels, the strictest first.
    pub const ALL: [Self; 3] = [Self::Must, Self::Should, Self::May];

    /// The word of the standard.
    pub const fn name(self) -> &'static str {
        match self {
            Self::May => "MAY",
            Self::Should => "SHOULD",
            Self::Must => "MUST",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A step.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Statement {
    /// Where it stands; for a block, the line that opens it.
    pub span: Span,
    /// What to do.
    pub kind: StatementKind,
}

/// What a step does.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum StatementKind {
    /// `---`: above it is preparation, below it the question.
    Divider,
    /// `sub > PUBLISH topic="a"`: sends a packet.
    Send {
        /// The connection.
        connection: Name,
        /// The packet's name.
        packet: Name,
        /// Its fields.
        fields: Vec<Field>,
        /// Bytes to overwrite in the encoded packet.
        patches: Vec<Patch>,
    },
    /// `sub > hex "30 00"`: sends bytes.
    Raw {
        /// The connection.
        connection: Name,
        /// What to send, one part after the other.
        parts: Vec<Value>,
    },
    /// `sub < PUBLISH topic="a"`: waits for a packet.
    Expect {
        /// The connection.
        connection: Name,
        /// The packet's name.
        packet: Name,
        /// What its fields must be.
        fields: Vec<Field>,
        /// When it must come.
        within: Option<Window>,
    },
    /// `sub < nothing`: waits, and nothing may come.
    Nothing {
        /// The connection.
        connection: Name,
        /// How long.
        within: Option<Window>,
    },
    /// `sub < closed`: waits for the broker to close.
    Closed {
        /// The connection.
        connection: Name,
        /// `reason=`: which code a DISCONNECT or CONNACK before the close may carry.
        fields: Vec<Field>,
        /// When it must happen.
        within: Option<Window>,
    },
    /// `connect sub clean=false`, `publish pub "a" "b" qos=1` and the other verbs.
    Verb {
        /// Which one.
        verb: Verb,
        /// The connections it acts on.
        connections: Vec<Name>,
        /// The values without a name, in order.
        values: Vec<Value>,
        /// The values with a name.
        fields: Vec<Field>,
        /// When the answer must come.
        within: Option<Window>,
    },
    /// `wait 2s`
    Wait(Time),
    /// `skip "the broker announces no Maximum QoS"`: ends the test, which is then skipped.
    Skip(Value),
    /// `any-order { … }`: every line happens, in whatever order.
    AnyOrder(Block),
    /// `either { … } or { … }`: the broker chooses.
    Either(Vec<Block>),
    /// `repeat 3 as i { … }`
    Repeat {
        /// How often.
        count: Value,
        /// The variable that counts from 1.
        counter: Option<Name>,
        /// What to repeat.
        block: Block,
    },
    /// `when qos 1 2 { … } else { … }`: chosen before the test starts.
    When {
        /// A header variable, or `version`.
        subject: Name,
        /// The values that choose the first block.
        values: Vec<Value>,
        /// Runs if the subject has one of the values.
        then: Block,
        /// Runs otherwise.
        otherwise: Option<Block>,
    },
}

/// Steps between braces.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Block {
    /// From brace to brace.
    pub span: Span,
    /// The comment behind the opening brace.
    pub opening: Option<String>,
    /// The steps.
    pub body: Vec<Item<Statement>>,
    /// Comments and blank lines before the closing brace.
    pub end: Vec<Trivia>,
}

/// A step that stands for several packets, or for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verb {
    /// Opens the transport, sends nothing.
    Open,
    /// Opens the transport, sends CONNECT, expects CONNACK.
    Connect,
    /// SUBSCRIBE and the SUBACK that grants it.
    Subscribe,
    /// UNSUBSCRIBE and its UNSUBACK.
    Unsubscribe,
    /// PUBLISH with the whole acknowledgement.
    Publish,
    /// Expects a PUBLISH, and acknowledges it to the end.
    Receive,
    /// PINGREQ and PINGRESP.
    Ping,
    /// DISCONNECT, then closes.
    Disconnect,
    /// Closes without a word.
    Drop,
    /// Bytes in a text frame of WebSocket.
    Text,
}

impl Verb {
    /// All verbs.
    pub const ALL: [Self; 10] = [
        Self::Open,
        Self::Connect,
        Self::Subscribe,
        Self::Unsubscribe,
        Self::Publish,
        Self::Receive,
        Self::Ping,
        Self::Disconnect,
        Self::Drop,
        Self::Text,
    ];

    /// The word in the script.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Connect => "connect",
            Self::Subscribe => "subscribe",
            Self::Unsubscribe => "unsubscribe",
            Self::Publish => "publish",
            Self::Receive => "receive",
            Self::Ping => "ping",
            Self::Disconnect => "disconnect",
            Self::Drop => "drop",
            Self::Text => "text",
        }
    }
}

/// `name=value`
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Field {
    /// The name.
    pub name: Name,
    /// The value.
    pub value: Value,
}

/// `offset=bytes` behind `patch`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Patch {
    /// Where the patch stands in the script.
    pub span: Span,
    /// The first byte to overwrite, counted from 0.
    pub offset: usize,
    /// What to write there: a number for one byte, or `hex "…"`.
    pub value: Value,
}

/// A value, or in an expectation a set of values.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Value {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: ValueKind,
}

/// What a value is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ValueKind {
    /// `7` or `0x07`
    Number {
        /// The number.
        value: u64,
        /// Written in hexadecimal.
        hex: bool,
    },
    /// `true`, `false`
    Flag(bool),
    /// `3.1.1`
    Version(Version),
    /// `"${t}/a"`
    Text(Vec<Piece>),
    /// `hex "00 ff"`
    Hex(Vec<u8>),
    /// `bytes(100)`: every byte value in turn, starting at 0.
    Bytes(Box<Value>),
    /// `text(100)`: the lower-case alphabet, over and over.
    Letters(Box<Value>),
    /// `repeat("a", 100)`: the bytes of a value, over and over.
    Copies(Box<Value>, Box<Value>),
    /// `[a, b]`, `only [a, b]`
    List {
        /// Nothing else may be there; matters in properties only.
        only: bool,
        /// The items.
        items: Vec<Value>,
    },
    /// `{filter="a" qos=1}`
    Object(Vec<Field>),
    /// `content_type="a"` as an item of a list: an object of one field.
    Member(Box<Field>),
    /// `$x`
    Variable(String),
    /// `?x`: takes whatever is there and gives it a name.
    Capture(String),
    /// `*`: present, whatever its value.
    Any,
    /// `absent`: not present.
    Absent,
    /// `1..65535`, both ends included.
    Range(u64, u64),
    /// `0x00|0x10`
    OneOf(Vec<Value>),
}

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "text and holes, nothing else")]
pub enum Piece {
    /// Characters that stand for themselves.
    Plain(String),
    /// `${name}`
    Hole(String, Span),
}

/// When something must happen, counted from the start of the step.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Window {
    /// Where it stands.
    pub span: Span,
    /// Not before.
    pub earliest: Option<Duration>,
    /// Not after.
    pub latest: Time,
}

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "given or configured, nothing else")]
pub enum Time {
    /// `1.5s`, `300ms`
    Exactly(Duration),
    /// `quiet`: the configured time after which silence counts as silence.
    Quiet,
}

impl Script {
    /// The versions of the header, in the order of the file.
    pub fn versions(&self) -> impl Iterator<Item = (Version, Span)> + '_ {
        self.header
            .iter()
            .filter_map(|item| match &item.node.kind {
                HeaderKind::Version(versions) => Some(versions),
                _ => None,
            })
            .flatten()
            .copied()
    }

    /// The statements of `covers:`, of all versions.
    pub fn covers(&self) -> impl Iterator<Item = &Statute> + '_ {
        self.header
            .iter()
            .filter_map(|item| match &item.node.kind {
                HeaderKind::Covers(statutes) => Some(statutes),
                _ => None,
            })
            .flatten()
    }

    /// The capabilities of `needs:`.
    pub fn needs(&self) -> impl Iterator<Item = &Name> + '_ {
        self.header
            .iter()
            .filter_map(|item| match &item.node.kind {
                HeaderKind::Needs(needs) => Some(needs),
                _ => None,
            })
            .flatten()
    }

    /// The versions for which the script is about the rigor of checks, each with its place.
    pub fn rigor(&self) -> impl Iterator<Item = (Version, Span)> + '_ {
        self.header
            .iter()
            .filter_map(|item| match &item.node.kind {
                HeaderKind::Rigor(versions) => Some(versions),
                _ => None,
            })
            .flatten()
            .copied()
    }

    /// How binding the script is in a version: SHOULD where it is about the rigor of checks, else the entry for that version,
    /// else the general one, else MUST.
    pub fn level(&self, version: Version) -> Level {
        if self.rigor().any(|(of, _)| of == version) {
            return Level::Should;
        }
        let entries = self.header.iter().filter_map(|item| match &item.node.kind {
            HeaderKind::Level(levels) => Some(levels),
            _ => None,
        });
        let (mut general, mut own) = (None, None);
        for (of, level, _) in entries.flatten() {
            match of {
                None => general = Some(*level),
                Some(v) if *v == version => own = Some(*level),
                Some(_) => {}
            }
        }
        own.or(general).unwrap_or_default()
    }

    /// The comment at the top of the file as one paragraph; empty if there is none.
    pub fn description(&self) -> String {
        let leading = match (self.header.first(), self.body.first()) {
            (Some(item), _) => &item.leading,
            (None, Some(item)) => &item.leading,
            (None, None) => &self.end,
        };
        let lines: Vec<&str> = leading
            .iter()
            .skip_while(|t| **t == Trivia::Blank)
            .map_while(|t| match t {
                Trivia::Comment(text) => Some(text.trim()),
                Trivia::Blank => None,
            })
            .collect();
        lines.join(" ").trim().to_owned()
    }

    /// The first sentence of the [description](Self::description), without its full stop.
    pub fn title(&self) -> String {
        let text = self.description();
        let end = text.find(". ").unwrap_or(text.len());
        text.get(..end).unwrap_or("").trim_end_matches('.').to_owned()
    }
}
