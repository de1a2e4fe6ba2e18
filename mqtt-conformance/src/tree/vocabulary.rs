//! The names of packets, members and properties, and what each holds: `test-vectors/README.md` as tables.

use std::fmt;

use mqtt_codec::v5::PropertyId;
use mqtt_codec::{PacketType, Version};

/// What a member holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A number in this range.
    Number {
        /// The lowest.
        min: u32,
        /// The highest.
        max: u32,
    },
    /// `true` or `false`.
    Flag,
    /// A UTF-8 Encoded String.
    Text,
    /// Bytes, or text that stands for its bytes.
    Bytes,
    /// A pair of texts.
    Pair,
    /// Return codes or reason codes, one number each.
    Codes,
    /// The filters of an UNSUBSCRIBE, one text each.
    Texts,
    /// The filters of a SUBSCRIBE, one object of [`filter_members`] each.
    Filters,
    /// The Will of a CONNECT, an object of [`will_members`].
    Will,
    /// Properties in the order of the wire, an object with one member of [`PROPERTIES`] each.
    Properties,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Number { min, max } => return write!(f, "a number from {min} to {max}"),
            Self::Flag => "true or false",
            Self::Text => "text",
            Self::Bytes => "text or bytes",
            Self::Pair => "a pair of texts",
            Self::Codes => "an array of numbers",
            Self::Texts => "an array of texts",
            Self::Filters | Self::Properties => "an array of objects",
            Self::Will => "an object",
        })
    }
}

/// A member of a packet, of a Will, or of a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it must be given to encode the packet; others have a default, or may be absent on the wire.
    pub required: bool,
}

const fn must(name: &'static str, kind: Kind) -> Member {
    Member { name, kind, required: true }
}

const fn may(name: &'static str, kind: Kind) -> Member {
    Member { name, kind, required: false }
}

const fn up_to(max: u32) -> Kind {
    Kind::Number { min: 0, max }
}

const BIT: Kind = up_to(1);
const BYTE: Kind = up_to(0xff);
const U16: Kind = up_to(0xffff);
const U32: Kind = up_to(u32::MAX);
const ID: Kind = Kind::Number { min: 1, max: 0xffff };

const PACKET_ID: Member = must("packet_id", ID);
const QOS: Member = may("qos", up_to(2));
const RETAIN: Member = may("retain", Kind::Flag);
const PAYLOAD: Member = may("payload", Kind::Bytes);
const TOPIC: Member = must("topic", Kind::Text);
const REASON: Member = may("reason", BYTE);
const PROPERTIES_MEMBER: Member = may("properties", Kind::Properties);
const FILTER: Member = must("filter", Kind::Text);

/// The members of a packet beside `type`, in the order in which they are printed; none when the version has no such
/// packet.
#[must_use]
pub fn members(version: Version, packet: PacketType) -> &'static [Member] {
    if version == Version::V5 { members_v5(packet) } else { members_v3(packet) }
}

fn members_v3(packet: PacketType) -> &'static [Member] {
    match packet {
        PacketType::Connect => {
            const {
                &[
                    may("clean_session", Kind::Flag),
                    may("keep_alive", U16),
                    may("client_id", Kind::Text),
                    may("will", Kind::Will),
                    may("user_name", Kind::Text),
                    may("password", Kind::Bytes),
                ]
            }
        }
        PacketType::ConnAck => const { &[may("session_present", Kind::Flag), may("return_code", BYTE)] },
        PacketType::Publish => {
            const { &[may("dup", Kind::Flag), QOS, RETAIN, TOPIC, may("packet_id", ID), PAYLOAD] }
        }
        PacketType::PubAck
        | PacketType::PubRec
        | PacketType::PubRel
        | PacketType::PubComp
        | PacketType::UnsubAck => &[PACKET_ID],
        PacketType::Subscribe => const { &[PACKET_ID, must("filters", Kind::Filters)] },
        PacketType::SubAck => const { &[PACKET_ID, must("return_codes", Kind::Codes)] },
        PacketType::Unsubscribe => const { &[PACKET_ID, must("filters", Kind::Texts)] },
        PacketType::PingReq | PacketType::PingResp | PacketType::Disconnect | PacketType::Auth => &[],
    }
}

fn members_v5(packet: PacketType) -> &'static [Member] {
    match packet {
        PacketType::Connect => {
            const {
                &[
                    may("clean_start", Kind::Flag),
                    may("keep_alive", U16),
                    PROPERTIES_MEMBER,
                    may("client_id", Kind::Text),
                    may("will", Kind::Will),
                    may("user_name", Kind::Text),
                    may("password", Kind::Bytes),
                ]
            }
        }
        PacketType::ConnAck => const { &[may("session_present", Kind::Flag), REASON, PROPERTIES_MEMBER] },
        PacketType::Publish => {
            const {
                &[
                    may("dup", Kind::Flag),
                    QOS,
                    RETAIN,
                    TOPIC,
                    may("packet_id", ID),
                    PROPERTIES_MEMBER,
                    PAYLOAD,
                ]
            }
        }
        PacketType::PubAck | PacketType::PubRec | PacketType::PubRel | PacketType::PubComp => {
            &[PACKET_ID, REASON, PROPERTIES_MEMBER]
        }
        PacketType::Subscribe => const { &[PACKET_ID, PROPERTIES_MEMBER, must("filters", Kind::Filters)] },
        PacketType::SubAck | PacketType::UnsubAck => {
            const { &[PACKET_ID, PROPERTIES_MEMBER, must("reasons", Kind::Codes)] }
        }
        PacketType::Unsubscribe => const { &[PACKET_ID, PROPERTIES_MEMBER, must("filters", Kind::Texts)] },
        PacketType::PingReq | PacketType::PingResp => &[],
        PacketType::Disconnect | PacketType::Auth => &[REASON, PROPERTIES_MEMBER],
    }
}

/// The members of a Will.
#[must_use]
pub fn will_members(version: Version) -> &'static [Member] {
    if version == Version::V5 {
        &[PROPERTIES_MEMBER, TOPIC, PAYLOAD, QOS, RETAIN]
    } else {
        &[TOPIC, PAYLOAD, QOS, RETAIN]
    }
}

/// The members of a filter of SUBSCRIBE.
#[must_use]
pub fn filter_members(version: Version) -> &'static [Member] {
    if version == Version::V5 {
        const {
            &[
                FILTER,
                QOS,
                may("no_local", Kind::Flag),
                may("retain_as_published", Kind::Flag),
                may("retain_handling", up_to(2)),
            ]
        }
    } else {
        &[FILTER, QOS]
    }
}

/// The name of a packet type, as in `"type": "publish"`.
#[must_use]
pub const fn type_name(packet: PacketType) -> &'static str {
    match packet {
        PacketType::Connect => "connect",
        PacketType::ConnAck => "connack",
        PacketType::Publish => "publish",
        PacketType::PubAck => "puback",
        PacketType::PubRec => "pubrec",
        PacketType::PubRel => "pubrel",
        PacketType::PubComp => "pubcomp",
        PacketType::Subscribe => "subscribe",
        PacketType::SubAck => "suback",
        PacketType::Unsubscribe => "unsubscribe",
        PacketType::UnsubAck => "unsuback",
        PacketType::PingReq => "pingreq",
        PacketType::PingResp => "pingresp",
        PacketType::Disconnect => "disconnect",
        PacketType::Auth => "auth",
    }
}

/// The packet type with this name in this version.
#[must_use]
pub fn packet_type(name: &str, version: Version) -> Option<PacketType> {
    types_of(version).find(|&packet| type_name(packet) == name)
}

/// The packet types of a version.
pub(super) fn types_of(version: Version) -> impl Iterator<Item = PacketType> {
    PacketType::ALL.into_iter().filter(move |&packet| packet != PacketType::Auth || version == Version::V5)
}

/// A property of 5.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PropertyMember {
    /// Its name.
    pub name: &'static str,
    /// Its identifier.
    pub id: PropertyId,
    /// What it holds.
    pub kind: Kind,
    /// The packets that may carry it.
    pub packets: &'static [PacketType],
    /// Whether a Will may carry it.
    pub in_will: bool,
}

const WITH_USER_PROPERTIES: &[PacketType] = &[
    PacketType::Connect,
    PacketType::ConnAck,
    PacketType::Publish,
    PacketType::PubAck,
    PacketType::PubRec,
    PacketType::PubRel,
    PacketType::PubComp,
    PacketType::Subscribe,
    PacketType::SubAck,
    PacketType::Unsubscribe,
    PacketType::UnsubAck,
    PacketType::Disconnect,
    PacketType::Auth,
];

const WITH_REASON_STRING: &[PacketType] = &[
    PacketType::ConnAck,
    PacketType::PubAck,
    PacketType::PubRec,
    PacketType::PubRel,
    PacketType::PubComp,
    PacketType::SubAck,
    PacketType::UnsubAck,
    PacketType::Disconnect,
    PacketType::Auth,
];

const IN_CONNECT: &[PacketType] = &[PacketType::Connect];
const IN_CONNACK: &[PacketType] = &[PacketType::ConnAck];
const IN_PUBLISH: &[PacketType] = &[PacketType::Publish];
const IN_BOTH_CONNECTS: &[PacketType] = &[PacketType::Connect, PacketType::ConnAck];
const IN_AUTHENTICATION: &[PacketType] = &[PacketType::Connect, PacketType::ConnAck, PacketType::Auth];

const fn property(
    name: &'static str,
    id: PropertyId,
    kind: Kind,
    packets: &'static [PacketType],
) -> PropertyMember {
    PropertyMember { name, id, kind, packets, in_will: false }
}

const fn also_in_will(property: PropertyMember) -> PropertyMember {
    PropertyMember { in_will: true, ..property }
}

/// All properties of 5.0, in the order of their identifiers.
///
/// Spec: 5.0 table 2-4.
pub static PROPERTIES: [PropertyMember; 27] = {
    use PropertyId as Id;
    [
        also_in_will(property("payload_format_indicator", Id::PayloadFormatIndicator, BIT, IN_PUBLISH)),
        also_in_will(property("message_expiry_interval", Id::MessageExpiryInterval, U32, IN_PUBLISH)),
        also_in_will(property("content_type", Id::ContentType, Kind::Text, IN_PUBLISH)),
        also_in_will(property("response_topic", Id::ResponseTopic, Kind::Text, IN_PUBLISH)),
        also_in_will(property("correlation_data", Id::CorrelationData, Kind::Bytes, IN_PUBLISH)),
        property(
            "subscription_identifier",
            Id::SubscriptionIdentifier,
            Kind::Number { min: 1, max: 268_435_455 },
            &[PacketType::Publish, PacketType::Subscribe],
        ),
        property(
            "session_expiry_interval",
            Id::SessionExpiryInterval,
            U32,
            &[PacketType::Connect, PacketType::ConnAck, PacketType::Disconnect],
        ),
        property("assigned_client_identifier", Id::AssignedClientIdentifier, Kind::Text, IN_CONNACK),
        property("server_keep_alive", Id::ServerKeepAlive, U16, IN_CONNACK),
        property("authentication_method", Id::AuthenticationMethod, Kind::Text, IN_AUTHENTICATION),
        property("authentication_data", Id::AuthenticationData, Kind::Bytes, IN_AUTHENTICATION),
        property("request_problem_information", Id::RequestProblemInformation, BIT, IN_CONNECT),
        also_in_will(property("will_delay_interval", Id::WillDelayInterval, U32, &[])),
        property("request_response_information", Id::RequestResponseInformation, BIT, IN_CONNECT),
        property("response_information", Id::ResponseInformation, Kind::Text, IN_CONNACK),
        property(
            "server_reference",
            Id::ServerReference,
            Kind::Text,
            &[PacketType::ConnAck, PacketType::Disconnect],
        ),
        property("reason_string", Id::ReasonString, Kind::Text, WITH_REASON_STRING),
        property("receive_maximum", Id::ReceiveMaximum, ID, IN_BOTH_CONNECTS),
        property("topic_alias_maximum", Id::TopicAliasMaximum, U16, IN_BOTH_CONNECTS),
        property("topic_alias", Id::TopicAlias, ID, IN_PUBLISH),
        property("maximum_qos", Id::MaximumQos, BIT, IN_CONNACK),
        property("retain_available", Id::RetainAvailable, BIT, IN_CONNACK),
        also_in_will(property("user_property", Id::UserProperty, Kind::Pair, WITH_USER_PROPERTIES)),
        property(
            "maximum_packet_size",
            Id::MaximumPacketSize,
            Kind::Number { min: 1, max: u32::MAX },
            IN_BOTH_CONNECTS,
        ),
        property("wildcard_subscription_available", Id::WildcardSubscriptionAvailable, BIT, IN_CONNACK),
        property("subscription_identifier_available", Id::SubscriptionIdentifierAvailable, BIT, IN_CONNACK),
        property("shared_subscription_available", Id::SharedSubscriptionAvailable, BIT, IN_CONNACK),
    ]
};

impl PropertyMember {
    /// The property with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        PROPERTIES.iter().find(|property| property.name == name)
    }

    /// The property with this identifier.
    #[must_use]
    pub fn of(id: PropertyId) -> Option<&'static Self> {
        PROPERTIES.iter().find(|property| property.id == id)
    }
}
