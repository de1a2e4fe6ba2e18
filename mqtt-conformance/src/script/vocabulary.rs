//! What a script may name: packets and fields as in [`tree`](crate::tree), and the capabilities of brokers.

use mqtt_codec::{PacketType, Version};

pub(super) use crate::tree::{Kind, Member};
use crate::tree::{PROPERTIES, PropertyMember, filter_members, members, packet_type, will_members};

/// Who holds fields: a packet, or a part of one that has properties of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Packet(PacketType),
    Will,
    Filter,
}

impl Owner {
    /// The packet of this name, if the version has it.
    pub(super) fn packet(name: &str, version: Version) -> Option<Self> {
        packet_type(&name.to_lowercase(), version).filter(|p| p.to_string() == name).map(Self::Packet)
    }

    /// Its name in a sentence.
    pub(super) fn name(self) -> String {
        match self {
            Self::Packet(packet) => packet.to_string(),
            Self::Will => "the Will".to_owned(),
            Self::Filter => "a filter".to_owned(),
        }
    }

    pub(super) fn members(self, version: Version) -> &'static [Member] {
        match self {
            Self::Packet(packet) => members(version, packet),
            Self::Will => will_members(version),
            Self::Filter => filter_members(version),
        }
    }

    /// The properties that it may carry.
    pub(super) fn properties(self) -> impl Iterator<Item = &'static PropertyMember> {
        PROPERTIES.iter().filter(move |property| match self {
            Self::Packet(packet) => property.packets.contains(&packet),
            Self::Will => property.in_will,
            Self::Filter => false,
        })
    }
}

/// Every packet name of a version, as scripts write it.
pub(super) fn packets(version: Version) -> Vec<String> {
    let known = |p: &PacketType| *p != PacketType::Auth || version == Version::V5;
    PacketType::ALL.iter().filter(|p| known(p)).map(ToString::to_string).collect()
}

/// What belongs into a field, with an example where the form is not obvious.
pub(super) fn describe(kind: Kind) -> String {
    match kind {
        Kind::Number { min, max } => format!("a number from {min} to {max}"),
        Kind::Flag => "`true` or `false`".to_owned(),
        Kind::Text => "text".to_owned(),
        Kind::Bytes => "text or bytes".to_owned(),
        Kind::Codes => "a list of numbers such as `[0x00]`".to_owned(),
        Kind::Texts => "a list of texts such as `[\"a/b\"]`".to_owned(),
        Kind::Filters => "a list such as `[{filter=\"a/b\" qos=1}]`".to_owned(),
        Kind::Will => "an object such as `{topic=\"a/b\" payload=\"gone\"}`".to_owned(),
        Kind::Properties => "a list such as `[content_type=\"text/plain\"]`".to_owned(),
        Kind::Pair => "a pair of texts such as `[\"name\", \"value\"]`".to_owned(),
    }
}

/// What `needs:` may ask of a broker, with what each means.
///
/// A test whose need the broker does not meet is skipped, not failed.
pub const CAPABILITIES: &[(&str, &str)] = &[
    ("qos-1", "accepts QoS 1 (Maximum QoS 1 or 2)"),
    ("qos-2", "accepts QoS 2 (Maximum QoS 2)"),
    ("retain", "keeps retained messages"),
    ("wildcard-subscriptions", "accepts filters with `+` and `#`"),
    ("shared-subscriptions", "accepts filters that begin with `$share/`"),
    ("subscription-identifiers", "accepts Subscription Identifiers"),
    ("topic-alias", "accepts topic aliases from clients (Topic Alias Maximum above 0)"),
    ("session-expiry", "keeps a session for as long as the client asked"),
    ("keep-alive", "closes after the Keep Alive that the client asked for, however short"),
    ("empty-client-id", "assigns a client identifier where the client gives none"),
    ("long-client-id", "accepts client identifiers of more than 23 characters"),
    (
        "free-topics",
        "routes messages between clients over topics of their choice; asked of every test that publishes or subscribes",
    ),
    ("auth", "checks user name and password, and a right pair is configured"),
    ("acl", "refuses a topic that is configured as forbidden"),
    ("enhanced-auth", "knows an authentication method that the tool speaks"),
    ("sys-topics", "publishes under `$SYS/`"),
    ("dollar-topics", "lets clients publish to topics that begin with `$`"),
    ("server-redirect", "sends clients to another server"),
    ("websocket", "is reached over WebSocket"),
    ("exclusive", "serves no other test at the same time: the test sees everything, or makes much load"),
];
