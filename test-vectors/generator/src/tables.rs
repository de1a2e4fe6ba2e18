//! The standard's tables, as data: properties and reason codes.

/// How a property's value looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A byte that may be 0 or 1.
    Bool,
    U16,
    U32,
    VarInt,
    Text,
    Binary,
    Pair,
}

/// The places where a property block can stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Connect,
    Will,
    ConnAck,
    Publish,
    PubAck,
    PubRec,
    PubRel,
    PubComp,
    Subscribe,
    SubAck,
    Unsubscribe,
    UnsubAck,
    Disconnect,
    Auth,
}

impl Place {
    pub(crate) const ALL: [Self; 14] = [
        Self::Connect,
        Self::Will,
        Self::ConnAck,
        Self::Publish,
        Self::PubAck,
        Self::PubRec,
        Self::PubRel,
        Self::PubComp,
        Self::Subscribe,
        Self::SubAck,
        Self::Unsubscribe,
        Self::UnsubAck,
        Self::Disconnect,
        Self::Auth,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Connect => "CONNECT",
            Self::Will => "Will",
            Self::ConnAck => "CONNACK",
            Self::Publish => "PUBLISH",
            Self::PubAck => "PUBACK",
            Self::PubRec => "PUBREC",
            Self::PubRel => "PUBREL",
            Self::PubComp => "PUBCOMP",
            Self::Subscribe => "SUBSCRIBE",
            Self::SubAck => "SUBACK",
            Self::Unsubscribe => "UNSUBSCRIBE",
            Self::UnsubAck => "UNSUBACK",
            Self::Disconnect => "DISCONNECT",
            Self::Auth => "AUTH",
        }
    }

    /// The file that its property vectors go to.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::Connect => "properties-connect",
            Self::Will => "properties-will",
            Self::ConnAck => "properties-connack",
            Self::Publish => "properties-publish",
            Self::PubAck => "properties-puback",
            Self::PubRec => "properties-pubrec",
            Self::PubRel => "properties-pubrel",
            Self::PubComp => "properties-pubcomp",
            Self::Subscribe => "properties-subscribe",
            Self::SubAck => "properties-suback",
            Self::Unsubscribe => "properties-unsubscribe",
            Self::UnsubAck => "properties-unsuback",
            Self::Disconnect => "properties-disconnect",
            Self::Auth => "properties-auth",
        }
    }

    /// The section that describes the block.
    pub(crate) fn section(self) -> &'static str {
        match self {
            Self::Connect => "3.1.2.11",
            Self::Will => "3.1.3.2",
            Self::ConnAck => "3.2.2.3",
            Self::Publish => "3.3.2.3",
            Self::PubAck => "3.4.2.2",
            Self::PubRec => "3.5.2.2",
            Self::PubRel => "3.6.2.2",
            Self::PubComp => "3.7.2.2",
            Self::Subscribe => "3.8.2.1",
            Self::SubAck => "3.9.2.1",
            Self::Unsubscribe => "3.10.2.1",
            Self::UnsubAck => "3.11.2.1",
            Self::Disconnect => "3.14.2.2",
            Self::Auth => "3.15.2.2",
        }
    }

    /// The name of the block's length.
    pub(crate) fn length_field(self) -> &'static str {
        if self == Self::Will { "Will Property Length" } else { "Property Length" }
    }
}

/// One row of the table of properties.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Property {
    pub(crate) id: u8,
    pub(crate) name: &'static str,
    pub(crate) key: &'static str,
    pub(crate) kind: Kind,
    pub(crate) places: &'static [Place],
}

impl Property {
    pub(crate) fn slug(&self) -> String {
        self.key.replace('_', "-")
    }

    pub(crate) fn allowed_in(&self, place: Place) -> bool {
        self.places.contains(&place)
    }

    /// May it stand there more than once?
    pub(crate) fn repeats_in(&self, place: Place) -> bool {
        self.id == 38 || (self.id == 11 && place == Place::Publish)
    }
}

const fn row(
    id: u8,
    name: &'static str,
    key: &'static str,
    kind: Kind,
    places: &'static [Place],
) -> Property {
    Property { id, name, key, kind, places }
}

const MESSAGE: &[Place] = &[Place::Publish, Place::Will];
const CONNACK: &[Place] = &[Place::ConnAck];
const CONNECTION: &[Place] = &[Place::Connect, Place::ConnAck];

/// Table 2-4.
pub(crate) const PROPERTIES: [Property; 27] = [
    row(1, "Payload Format Indicator", "payload_format_indicator", Kind::Bool, MESSAGE),
    row(2, "Message Expiry Interval", "message_expiry_interval", Kind::U32, MESSAGE),
    row(3, "Content Type", "content_type", Kind::Text, MESSAGE),
    row(8, "Response Topic", "response_topic", Kind::Text, MESSAGE),
    row(9, "Correlation Data", "correlation_data", Kind::Binary, MESSAGE),
    row(
        11,
        "Subscription Identifier",
        "subscription_identifier",
        Kind::VarInt,
        &[Place::Publish, Place::Subscribe],
    ),
    row(
        17,
        "Session Expiry Interval",
        "session_expiry_interval",
        Kind::U32,
        &[Place::Connect, Place::ConnAck, Place::Disconnect],
    ),
    row(18, "Assigned Client Identifier", "assigned_client_identifier", Kind::Text, CONNACK),
    row(19, "Server Keep Alive", "server_keep_alive", Kind::U16, CONNACK),
    row(
        21,
        "Authentication Method",
        "authentication_method",
        Kind::Text,
        &[Place::Connect, Place::ConnAck, Place::Auth],
    ),
    row(
        22,
        "Authentication Data",
        "authentication_data",
        Kind::Binary,
        &[Place::Connect, Place::ConnAck, Place::Auth],
    ),
    row(23, "Request Problem Information", "request_problem_information", Kind::Bool, &[Place::Connect]),
    row(24, "Will Delay Interval", "will_delay_interval", Kind::U32, &[Place::Will]),
    row(25, "Request Response Information", "request_response_information", Kind::Bool, &[Place::Connect]),
    row(26, "Response Information", "response_information", Kind::Text, CONNACK),
    row(28, "Server Reference", "server_reference", Kind::Text, &[Place::ConnAck, Place::Disconnect]),
    row(
        31,
        "Reason String",
        "reason_string",
        Kind::Text,
        &[
            Place::ConnAck,
            Place::PubAck,
            Place::PubRec,
            Place::PubRel,
            Place::PubComp,
            Place::SubAck,
            Place::UnsubAck,
            Place::Disconnect,
            Place::Auth,
        ],
    ),
    row(33, "Receive Maximum", "receive_maximum", Kind::U16, CONNECTION),
    row(34, "Topic Alias Maximum", "topic_alias_maximum", Kind::U16, CONNECTION),
    row(35, "Topic Alias", "topic_alias", Kind::U16, &[Place::Publish]),
    row(36, "Maximum QoS", "maximum_qos", Kind::Bool, CONNACK),
    row(37, "Retain Available", "retain_available", Kind::Bool, CONNACK),
    row(38, "User Property", "user_property", Kind::Pair, &Place::ALL),
    row(39, "Maximum Packet Size", "maximum_packet_size", Kind::U32, CONNECTION),
    row(40, "Wildcard Subscription Available", "wildcard_subscription_available", Kind::Bool, CONNACK),
    row(41, "Subscription Identifier Available", "subscription_identifier_available", Kind::Bool, CONNACK),
    row(42, "Shared Subscription Available", "shared_subscription_available", Kind::Bool, CONNACK),
];

/// Who may send a reason code in a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    Client,
    Server,
    Both,
}

/// The sections of a property in a block, where its own rules are printed.
pub(crate) fn property_section(place: Place, id: u8) -> String {
    let list: &[u8] = match place {
        Place::Connect => &[17, 33, 39, 34, 25, 23, 38, 21, 22],
        Place::Will => &[24, 1, 2, 3, 8, 9, 38],
        Place::ConnAck => &[17, 33, 36, 37, 39, 18, 34, 31, 38, 40, 41, 42, 19, 26, 28, 21, 22],
        Place::Publish => &[1, 2, 35, 8, 9, 38, 11, 3],
        Place::PubAck | Place::PubRec | Place::PubRel | Place::PubComp | Place::SubAck | Place::UnsubAck => {
            &[31, 38]
        }
        Place::Subscribe => &[11, 38],
        Place::Unsubscribe => &[38],
        Place::Disconnect => &[17, 31, 38, 28],
        Place::Auth => &[21, 22, 31, 38],
    };
    match list.iter().position(|other| *other == id) {
        // The first number after the block's section is its length.
        Some(index) => format!("{}.{}", place.section(), index + 2),
        None => "2.2.2.2".to_owned(),
    }
}

/// The reason codes of a packet, by who may send them.
struct Reasons {
    both: &'static [u8],
    server: &'static [u8],
    client: &'static [u8],
}

/// Tables 3-1 to 3-11.
#[rustfmt::skip]
const REASONS: [(&[Place], Reasons); 7] = [
    (&[Place::ConnAck], Reasons {
        both: &[],
        server: &[
            0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8C, 0x90, 0x95, 0x97, 0x99, 0x9A, 0x9B, 0x9C, 0x9D,
            0x9F,
        ],
        client: &[],
    }),
    (&[Place::PubAck, Place::PubRec], Reasons {
        both: &[0x00, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99],
        server: &[0x10],
        client: &[],
    }),
    (&[Place::PubRel, Place::PubComp], Reasons { both: &[0x00, 0x92], server: &[], client: &[] }),
    (&[Place::SubAck], Reasons {
        both: &[],
        server: &[0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2],
        client: &[],
    }),
    (&[Place::UnsubAck], Reasons { both: &[], server: &[0x00, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91], client: &[] }),
    (&[Place::Disconnect], Reasons {
        both: &[0x00, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99],
        server: &[0x87, 0x89, 0x8B, 0x8D, 0x8E, 0x8F, 0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0x9F, 0xA0, 0xA1, 0xA2],
        client: &[0x04],
    }),
    (&[Place::Auth], Reasons { both: &[0x18], server: &[0x00], client: &[0x19] }),
];

/// The reason codes of a packet in the order of their numbers, with their senders.
pub(crate) fn reasons(place: Place) -> Vec<(u8, Sender)> {
    let mut list = Vec::new();
    if let Some((_, reasons)) = REASONS.iter().find(|(places, _)| places.contains(&place)) {
        for (sender, codes) in
            [(Sender::Both, reasons.both), (Sender::Server, reasons.server), (Sender::Client, reasons.client)]
        {
            list.extend(codes.iter().map(|code| (*code, sender)));
        }
    }
    list.sort_unstable_by_key(|(code, _)| *code);
    list
}
