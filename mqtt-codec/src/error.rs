//! What can be wrong, sorted by blame: [`DecodeError`] for the peer's bytes, [`EncodeError`] for a packet that is too
//! long. "Not enough bytes yet" is no error: see [`Decoded::Incomplete`](crate::Decoded).

use crate::{PacketType, Version};
use core::fmt;

/// The side of a connection that sends a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a connection has two ends")]
pub enum Sender {
    /// The client.
    Client,
    /// The server, which most people call broker.
    Server,
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Client => "client",
            Self::Server => "server",
        })
    }
}

macro_rules! fields {
    ($($(#[$doc:meta])* $field:ident = $name:literal;)*) => {
        /// A field of a packet, by the name that the standard gives it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Field {
            $($(#[$doc])* #[doc = $name] $field,)*
        }

        impl Field {
            /// The standard's name, such as `Packet Identifier`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$field => $name,)*
                }
            }
        }
    };
}

fields! {
    /// The first byte: packet type and flags.
    FixedHeader = "Fixed Header";
    RemainingLength = "Remaining Length";
    /// The packet as a whole: bytes behind its last field.
    Packet = "Packet";
    PacketIdentifier = "Packet Identifier";
    ProtocolName = "Protocol Name";
    ProtocolLevel = "Protocol Level";
    ProtocolVersion = "Protocol Version";
    ConnectFlags = "Connect Flags";
    KeepAlive = "Keep Alive";
    ClientIdentifier = "Client Identifier";
    WillTopic = "Will Topic";
    WillMessage = "Will Message";
    WillPayload = "Will Payload";
    UserName = "User Name";
    Password = "Password";
    ConnectAcknowledgeFlags = "Connect Acknowledge Flags";
    ReturnCode = "Return Code";
    ReasonCode = "Reason Code";
    TopicName = "Topic Name";
    TopicFilter = "Topic Filter";
    RequestedQos = "Requested QoS";
    SubscriptionOptions = "Subscription Options";
    Payload = "Payload";
    PropertyLength = "Property Length";
    WillPropertyLength = "Will Property Length";
    PropertyIdentifier = "Property Identifier";
    PayloadFormatIndicator = "Payload Format Indicator";
    MessageExpiryInterval = "Message Expiry Interval";
    ContentType = "Content Type";
    ResponseTopic = "Response Topic";
    CorrelationData = "Correlation Data";
    SubscriptionIdentifier = "Subscription Identifier";
    SessionExpiryInterval = "Session Expiry Interval";
    AssignedClientIdentifier = "Assigned Client Identifier";
    ServerKeepAlive = "Server Keep Alive";
    AuthenticationMethod = "Authentication Method";
    AuthenticationData = "Authentication Data";
    RequestProblemInformation = "Request Problem Information";
    WillDelayInterval = "Will Delay Interval";
    RequestResponseInformation = "Request Response Information";
    ResponseInformation = "Response Information";
    ServerReference = "Server Reference";
    ReasonString = "Reason String";
    ReceiveMaximum = "Receive Maximum";
    TopicAliasMaximum = "Topic Alias Maximum";
    TopicAlias = "Topic Alias";
    MaximumQos = "Maximum QoS";
    RetainAvailable = "Retain Available";
    UserProperty = "User Property";
    MaximumPacketSize = "Maximum Packet Size";
    WildcardSubscriptionAvailable = "Wildcard Subscription Available";
    SubscriptionIdentifierAvailable = "Subscription Identifier Available";
    SharedSubscriptionAvailable = "Shared Subscription Available";
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What is wrong with a field: one variant per distinct mistake, with the offending value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// The field is missing, or reaches past the end that its packet or property block announced.
    #[error("runs past the end")]
    Truncated,
    /// Bytes follow the last field.
    #[error("{0} {bytes} after the last field", bytes = bytes(*.0))]
    Surplus(u32),
    /// Packet type 0, or 15 in a version without AUTH.
    #[error("packet type {0} is reserved")]
    ReservedType(u8),
    /// Flags in the first byte that this packet type must not have.
    #[error("flags {0:#06b} are not allowed for this packet type")]
    Flags(u8),
    /// The first packet of a connection is not a CONNECT.
    #[error("the first packet is not a CONNECT")]
    NotConnect,
    /// A packet that the other side of a connection sends.
    #[error("a {0} does not send this packet")]
    WrongSender(Sender),
    /// A Variable Byte Integer of more than four bytes.
    #[error("a variable byte integer of more than four bytes")]
    VarIntTooLong,
    /// A Variable Byte Integer with more bytes than its value needs.
    #[error("a variable byte integer that is not in its shortest form")]
    VarIntOverlong,
    /// A packet longer than the limit that the caller set.
    #[error("a packet of {size} bytes is above the limit of {limit}")]
    TooLarge {
        /// The whole size in bytes, fixed header included.
        size: u32,
        /// The limit in bytes.
        limit: u32,
    },
    /// Not well-formed UTF-8.
    #[error("ill-formed UTF-8")]
    IllFormedUtf8,
    /// U+0000 in text.
    #[error("null character U+0000")]
    NullCharacter,
    /// A control character, where [`TextRules`](crate::TextRules) refuse it.
    #[error("control character U+{:04X}", u32::from(*.0))]
    ControlCharacter(char),
    /// A non-character, where [`TextRules`](crate::TextRules) refuse it.
    #[error("non-character U+{:04X}", u32::from(*.0))]
    NonCharacter(char),
    /// An empty Topic Name or Topic Filter.
    #[error("is empty")]
    Empty,
    /// A wildcard in a Topic Name.
    #[error("wildcard in a topic name")]
    Wildcard,
    /// A wildcard in a Topic Filter that does not fill its level, or a `#` that is not last.
    #[error("misplaced {0} in a topic filter")]
    MisplacedWildcard(char),
    /// `$share/` with an empty share name.
    #[error("a share name has at least one character")]
    ShareName,
    /// `$share/` without a well-formed share name and a filter.
    #[error("not of the form $share/{{ShareName}}/{{filter}}")]
    SharedSubscription,
    /// The protocol name is not this version's.
    #[error("not the protocol name of this version")]
    ProtocolName,
    /// The protocol level (version) is not this version's.
    #[error("protocol level {0} is not this version's")]
    ProtocolLevel(u8),
    /// The reserved bit of the connect flags.
    #[error("the reserved flag is set in {0:#010b}")]
    ReservedConnectFlag(u8),
    /// Will QoS 3.
    #[error("Will QoS is 3")]
    WillQos,
    /// Will QoS or Will Retain without a Will.
    #[error("Will QoS or Will Retain without Will Flag in {0:#010b}")]
    WillFlags(u8),
    /// A password without a user name, which only 5.0 allows.
    #[error("Password Flag without User Name Flag")]
    PasswordWithoutUserName,
    /// A client identifier that is not between 1 and 23 characters long, in 3.1.
    #[error("{0} characters; 3.1 allows 1 to 23")]
    ClientIdentifierLength(u16),
    /// An empty client identifier for a session that is to be kept, in 3.1.1.
    #[error("is empty though Clean Session is 0")]
    ClientIdentifierMissing,
    /// QoS 3 in a PUBLISH.
    #[error("QoS is 3")]
    QosThree,
    /// DUP in a QoS 0 PUBLISH.
    #[error("DUP is set at QoS 0")]
    DupAtQosZero,
    /// Packet Identifier 0.
    #[error("must not be 0")]
    PacketIdZero,
    /// Reserved bits of the Connect Acknowledge Flags.
    #[error("reserved bits are set in {0:#010b}")]
    AcknowledgeFlags(u8),
    /// Session Present beside a code that refuses the connection.
    #[error("Session Present with code {0:#04x}")]
    SessionPresent(u8),
    /// A return code that this packet does not have.
    #[error("return code {0:#04x} is not allowed here")]
    ReturnCode(u8),
    /// A reason code that this packet does not have.
    #[error("reason code {0:#04x} is not allowed here")]
    ReasonCode(u8),
    /// A reason code that only the other side may send.
    #[error("reason code {code:#04x} is not one a {sender} sends")]
    ReasonCodeSender {
        /// The code.
        code: u8,
        /// Who sent it.
        sender: Sender,
    },
    /// A requested QoS above 2.
    #[error("requests QoS 3")]
    RequestedQosThree,
    /// Reserved bits beside a requested QoS or among the subscription options.
    #[error("reserved bits are set in {0:#010b}")]
    SubscriptionReserved(u8),
    /// Retain Handling 3.
    #[error("Retain Handling is 3")]
    RetainHandling,
    /// No Local on a Shared Subscription.
    #[error("No Local on a shared subscription")]
    SharedNoLocal,
    /// A list that needs at least one entry has none.
    #[error("at least one entry is required")]
    EmptyList,
    /// An identifier that no property has.
    #[error("no property has the identifier {0:#04x}")]
    UnknownProperty(u32),
    /// A property that this packet may not carry.
    #[error("{0} is not allowed in this packet")]
    MisplacedProperty(Field),
    /// A property that the sender of this packet may not use.
    #[error("{property} is not for a {sender} to send here")]
    PropertySender {
        /// The property.
        property: Field,
        /// Who sent it.
        sender: Sender,
    },
    /// A property a second time.
    #[error("{0} appears twice")]
    RepeatedProperty(Field),
    /// A property value outside its range.
    #[error("the value {0} is out of range")]
    PropertyValue(u32),
    /// A Topic Alias of 0.
    #[error("must not be 0")]
    TopicAliasZero,
    /// An empty Topic Name without a Topic Alias to stand for it.
    #[error("is empty without a Topic Alias")]
    TopicMissing,
    /// Authentication Data without an Authentication Method.
    #[error("Authentication Data without an Authentication Method")]
    AuthenticationData,
    /// An AUTH without an Authentication Method.
    #[error("the Authentication Method is missing")]
    AuthenticationMethod,
    /// A payload that is not the UTF-8 that its Payload Format Indicator promises.
    #[error("not the UTF-8 that the Payload Format Indicator promises")]
    PayloadFormat,
}

const fn bytes(count: u32) -> &'static str {
    if count == 1 { "byte" } else { "bytes" }
}

/// Where a rule is written: a numbered statement, or a section where the standard gives no number.
///
/// Numbers are the standard's own (3.1.1 and 5.0 reuse them for different statements, so the version matters); for 3.1,
/// which has none, they are this project's, `V31-…`, listed in `test-vectors/requirements`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a rule has a number or it has not")]
pub enum Requirement {
    /// A statement, such as `MQTT-3.1.2-3`.
    Statement(&'static str),
    /// A section, such as `3.1.2.3`.
    Section(&'static str),
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Statement(id) => write!(f, "[{id}]"),
            Self::Section(section) => write!(f, "[section {section}]"),
        }
    }
}

/// Bytes that are not the packet they claim to be: which packet and field, where, what is wrong, where that is
/// written, and what to answer. The connection is then to be closed \[3.1.1/MQTT-4.8.0-1\] \[5.0/MQTT-4.13.1-1\].
///
/// ```
/// use mqtt_codec::{Cause, Field, Requirement, v5};
///
/// let error = v5::Decoder::new().decode(&[0x40, 0x03, 0x00, 0x01, 0x07]).unwrap_err();
/// assert_eq!(error.to_string(), "PUBACK Reason Code, byte 4: reason code 0x07 is not allowed here [MQTT-3.4.2-1]");
/// assert_eq!((error.field(), error.offset()), (Field::ReasonCode, 4));
/// assert_eq!(error.cause(), Cause::ReasonCode(7));
/// assert_eq!(error.requirement(), Requirement::Statement("MQTT-3.4.2-1"));
/// assert_eq!(error.reason_code(), Some(0x81)); // Malformed Packet
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    pub(crate) version: Version,
    pub(crate) packet: Option<PacketType>,
    pub(crate) field: Field,
    offset: u32,
    pub(crate) cause: Cause,
}

impl DecodeError {
    /// Packets are at most 268,435,460 bytes long, so an offset fits. Type 15 names a packet in 5.0 only.
    #[cold]
    pub(crate) fn new(
        version: Version,
        packet: Option<PacketType>,
        field: Field,
        offset: usize,
        cause: Cause,
    ) -> Self {
        let packet = packet.filter(|&packet| packet != PacketType::Auth || version == Version::V5);
        Self { version, packet, field, offset: u32::try_from(offset).unwrap_or(u32::MAX), cause }
    }

    /// The version whose rule is broken.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The packet type; `None` when the first byte names none that the version has.
    #[must_use]
    pub fn packet_type(&self) -> Option<PacketType> {
        self.packet
    }

    /// The field.
    #[must_use]
    pub fn field(&self) -> Field {
        self.field
    }

    /// The index of the offending byte, counted from the first byte of the packet.
    ///
    /// For a field that is missing or too long: where it starts, its length prefix included. For text: the first wrong
    /// byte of it. For bytes behind the last field: the first of them.
    #[must_use]
    pub fn offset(&self) -> usize {
        usize::try_from(self.offset).unwrap_or(usize::MAX)
    }

    /// What is wrong.
    #[must_use]
    pub fn cause(&self) -> Cause {
        self.cause
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(packet) = self.packet {
            write!(f, "{packet} ")?;
        }
        let Self { field, offset, cause, .. } = self;
        write!(f, "{field}, byte {offset}: {cause} {}", self.requirement())
    }
}

impl core::error::Error for DecodeError {}

/// Why a packet could not be encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The packet is longer than a Remaining Length can say.
    #[error("a Remaining Length of {remaining_length} is above 268,435,455")]
    TooLong {
        /// The bytes after the fixed header.
        remaining_length: usize,
    },
    /// The buffer has not enough room; nothing was written.
    #[error("the packet takes {needed} bytes, the buffer has room for {available}")]
    BufferTooSmall {
        /// The bytes that the packet takes.
        needed: usize,
        /// The room there was.
        available: usize,
    },
}
