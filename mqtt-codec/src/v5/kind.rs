//! The kinds of property blocks: which packet carries which properties.
//!
//! MQTT 5.0 table 2-4, and the section of each packet. Each kind's methods are written down once, below, as a list that can
//! be held beside the standard's.

use super::block::Properties;
use super::builder::PropertiesBuilder;
use super::property::{Property, PropertyId};
use super::rules::Rules;
pub use super::rules::{Kind, MayBeEmpty};
use super::value::{PayloadFormat, SubscriptionId};
use crate::error::Field;
use crate::storage::{Shared, Storage};
use crate::types::{Binary, BuildError, Qos, Text, TopicName, Writer};
use core::num::{NonZeroU16, NonZeroU32};

const PLAIN: Rules = Rules {
    allowed: 0,
    repeatable: PropertyId::UserProperty.bit(),
    forgets_repeats: false,
    from_client: 0,
    from_server: 0,
    required: None,
    data_needs_method: false,
};

/// The type of a value when it is read, by how it is built.
macro_rules! value_type {
    (text) => { Text<&[u8]> };
    (topic) => { TopicName<&[u8]> };
    (binary) => { Binary<&[u8]> };
    (nonzero16) => { NonZeroU16 };
    (nonzero32) => { NonZeroU32 };
    (subscription) => { SubscriptionId };
    ($value:ty) => { $value };
}

/// The method that appends a value, by how it is built.
macro_rules! append {
    ($name:ident $id:ident text, $doc:literal) => {
        append!(@checked $name $id &str, $doc, value => Text::new(value).map_err(BuildError::from));
    };
    ($name:ident $id:ident topic, $doc:literal) => {
        append!(@checked $name $id &str, $doc, value => TopicName::new(value).map_err(BuildError::from));
    };
    ($name:ident $id:ident binary, $doc:literal) => {
        append!(@checked $name $id &[u8], $doc, value => Binary::new(value).map_err(BuildError::from));
    };
    ($name:ident $id:ident nonzero16, $doc:literal) => {
        append!(@checked $name $id u16, $doc, value => {
            NonZeroU16::new(value).ok_or(BuildError::OutOfRange(Field::$id))
        });
    };
    ($name:ident $id:ident nonzero32, $doc:literal) => {
        append!(@checked $name $id u32, $doc, value => {
            NonZeroU32::new(value).ok_or(BuildError::OutOfRange(Field::$id))
        });
    };
    ($name:ident $id:ident subscription, $doc:literal) => {
        append!(@checked $name $id u32, $doc, value => {
            SubscriptionId::new(value).ok_or(BuildError::OutOfRange(Field::$id))
        });
    };
    ($name:ident $id:ident $value:ty, $doc:literal) => {
        append!(@checked $name $id $value, $doc, value => Ok(value));
    };
    (@checked $name:ident $id:ident $type:ty, $doc:literal, $value:ident => $check:expr) => {
        #[doc = concat!("Appends: ", $doc)]
        pub fn $name(self, $value: $type) -> Self {
            self.push_checked($check, Property::$id)
        }
    };
}

macro_rules! kinds {
    ($(
        $(#[$doc:meta])*
        $kind:ident $alias:ident $rules:tt {
            $($name:ident: $id:ident $how:tt $text:literal;)*
        }
    )*) => { $(
        #[doc = concat!("The kind of [`", stringify!($alias), "`].")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(clippy::exhaustive_enums, reason = "never a value")]
        pub enum $kind {}

        impl super::sealed::Sealed for $kind {}

        impl Kind for $kind {
            const RULES: Rules = Rules {
                allowed: PropertyId::UserProperty.bit() | kinds!(@once $($id)*),
                ..kinds!(@rules $rules)
            };
        }

        $(#[$doc])*
        pub type $alias<B = Shared> = Properties<B, $kind>;

        impl<B: Storage> Properties<B, $kind> {
            $(
                #[doc = $text]
                #[must_use]
                pub fn $name(&self) -> Option<value_type!($how)> {
                    match self.get(PropertyId::$id) {
                        Some(Property::$id(value)) => Some(value),
                        _ => None,
                    }
                }
            )*
        }

        impl<W: Writer> PropertiesBuilder<W, $kind> {
            $(append!($name $id $how, $text);)*
        }
    )* };
    (@once $($id:ident)*) => { 0 $(| PropertyId::$id.bit())* };
    (@rules ($rules:expr)) => { $rules };
}

kinds! {
    /// The properties of CONNECT. Spec: 5.0 §3.1.2.11.
    Connect ConnectProperties (Rules { data_needs_method: true, ..PLAIN }) {
        session_expiry_interval: SessionExpiryInterval u32
            "How long the session outlives the connection, in seconds; 0xFFFFFFFF is for ever, absent means 0. §3.1.2.11.2.";
        receive_maximum: ReceiveMaximum nonzero16
            "How many QoS 1 and 2 messages the client takes at once; absent means 65,535. §3.1.2.11.3.";
        maximum_packet_size: MaximumPacketSize nonzero32
            "The largest packet that the client takes, in bytes; absent means no limit. §3.1.2.11.4.";
        topic_alias_maximum: TopicAliasMaximum u16
            "The highest Topic Alias that the client takes; absent means 0, none. §3.1.2.11.5.";
        request_response_information: RequestResponseInformation bool
            "Whether the client asks for Response Information; absent means no. §3.1.2.11.6.";
        request_problem_information: RequestProblemInformation bool
            "Whether the client wants Reason Strings and User Properties on failures; absent means yes. §3.1.2.11.7.";
        authentication_method: AuthenticationMethod text
            "The name of the enhanced authentication method; absent means none. §3.1.2.11.9.";
        authentication_data: AuthenticationData binary
            "Data of the enhanced authentication, only with a method. §3.1.2.11.10.";
    }

    /// The properties of a Will, which are those of the PUBLISH it becomes, and a delay. Spec: 5.0 §3.1.3.2.
    Will WillProperties (PLAIN) {
        will_delay_interval: WillDelayInterval u32
            "How long the server waits before it publishes the Will, in seconds; absent means 0. §3.1.3.2.2.";
        payload_format_indicator: PayloadFormatIndicator PayloadFormat
            "What the payload is; absent means unspecified bytes. §3.1.3.2.3.";
        message_expiry_interval: MessageExpiryInterval u32
            "How long the message is of use once published, in seconds; absent means for ever. §3.1.3.2.4.";
        content_type: ContentType text
            "What the payload means to the application. §3.1.3.2.5.";
        response_topic: ResponseTopic topic
            "Where a response is to be published. §3.1.3.2.6.";
        correlation_data: CorrelationData binary
            "Tells the requester which request a response is for. §3.1.3.2.7.";
    }

    /// The properties of CONNACK. Spec: 5.0 §3.2.2.3.
    ConnAck ConnAckProperties (PLAIN) {
        session_expiry_interval: SessionExpiryInterval u32
            "The Session Expiry Interval that the server uses instead of the client's, in seconds. §3.2.2.3.2.";
        receive_maximum: ReceiveMaximum nonzero16
            "How many QoS 1 and 2 messages the server takes at once; absent means 65,535. §3.2.2.3.3.";
        maximum_qos: MaximumQos Qos
            "The highest QoS that the server supports, 0 or 1; absent means 2. §3.2.2.3.4.";
        retain_available: RetainAvailable bool
            "Whether the server supports retained messages; absent means yes. §3.2.2.3.5.";
        maximum_packet_size: MaximumPacketSize nonzero32
            "The largest packet that the server takes, in bytes; absent means no limit. §3.2.2.3.6.";
        assigned_client_identifier: AssignedClientIdentifier text
            "The client identifier that the server chose for an empty one. §3.2.2.3.7.";
        topic_alias_maximum: TopicAliasMaximum u16
            "The highest Topic Alias that the server takes; absent means 0, none. §3.2.2.3.8.";
        reason_string: ReasonString text
            "A reason for people to read. §3.2.2.3.9.";
        wildcard_subscription_available: WildcardSubscriptionAvailable bool
            "Whether the server supports wildcards in filters; absent means yes. §3.2.2.3.11.";
        subscription_identifier_available: SubscriptionIdentifierAvailable bool
            "Whether the server supports Subscription Identifiers; absent means yes. §3.2.2.3.12.";
        shared_subscription_available: SharedSubscriptionAvailable bool
            "Whether the server supports Shared Subscriptions; absent means yes. §3.2.2.3.13.";
        server_keep_alive: ServerKeepAlive u16
            "The Keep Alive that the client must use instead of its own, in seconds. §3.2.2.3.14.";
        response_information: ResponseInformation text
            "A basis for response topics, if the client asked for it. §3.2.2.3.15.";
        server_reference: ServerReference text
            "Another server to use. §3.2.2.3.16.";
        authentication_method: AuthenticationMethod text
            "The name of the enhanced authentication method. §3.2.2.3.17.";
        authentication_data: AuthenticationData binary
            "Data of the enhanced authentication. §3.2.2.3.18.";
    }

    /// The properties of PUBLISH. Spec: 5.0 §3.3.2.3.
    Publish PublishProperties (Rules {
        // One for each subscription that matched [5.0/MQTT-3.3.4-3] [5.0/MQTT-3.3.4-4].
        repeatable: PLAIN.repeatable | PropertyId::SubscriptionIdentifier.bit(),
        forgets_repeats: true,
        from_server: PropertyId::SubscriptionIdentifier.bit(), // [5.0/MQTT-3.3.4-6]
        ..PLAIN
    }) {
        payload_format_indicator: PayloadFormatIndicator PayloadFormat
            "What the payload is; absent means unspecified bytes. §3.3.2.3.2.";
        message_expiry_interval: MessageExpiryInterval u32
            "How long the message is of use, in seconds; absent means for ever. §3.3.2.3.3.";
        topic_alias: TopicAlias nonzero16
            "A number that stands for the Topic Name on this connection. §3.3.2.3.4.";
        response_topic: ResponseTopic topic
            "Where a response is to be published. §3.3.2.3.5.";
        correlation_data: CorrelationData binary
            "Tells the requester which request a response is for. §3.3.2.3.6.";
        subscription_identifier: SubscriptionIdentifier subscription
            "A subscription that led here; servers only, and there may be several. §3.3.2.3.8.";
        content_type: ContentType text
            "What the payload means to the application. §3.3.2.3.9.";
    }

    /// The properties of PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK and UNSUBACK. Spec: 5.0 §3.4.2.2 and its likes.
    Ack AckProperties (PLAIN) {
        reason_string: ReasonString text
            "A reason for people to read. §3.4.2.2.2 and its likes.";
    }

    /// The properties of SUBSCRIBE. Spec: 5.0 §3.8.2.1.
    Subscribe SubscribeProperties (PLAIN) {
        subscription_identifier: SubscriptionIdentifier subscription
            "A number that the server sends along with what these subscriptions bring. §3.8.2.1.2.";
    }

    /// The properties of UNSUBSCRIBE: User Properties only. Spec: 5.0 §3.10.2.1.
    Unsubscribe UnsubscribeProperties (PLAIN) {}

    /// The properties of DISCONNECT. Spec: 5.0 §3.14.2.2.
    Disconnect DisconnectProperties (Rules {
        from_client: PropertyId::SessionExpiryInterval.bit(), // [5.0/MQTT-3.14.2-2]
        from_server: PropertyId::ServerReference.bit(),
        ..PLAIN
    }) {
        session_expiry_interval: SessionExpiryInterval u32
            "A new Session Expiry Interval, in seconds; clients only. §3.14.2.2.2.";
        reason_string: ReasonString text
            "A reason for people to read. §3.14.2.2.3.";
        server_reference: ServerReference text
            "Another server to use; servers only. §3.14.2.2.5.";
    }

    /// The properties of AUTH, which always has an Authentication Method. Spec: 5.0 §3.15.2.2.
    Auth AuthProperties (Rules { required: Some(PropertyId::AuthenticationMethod), ..PLAIN }) {
        authentication_method: AuthenticationMethod text
            "The name of the enhanced authentication method. §3.15.2.2.2.";
        authentication_data: AuthenticationData binary
            "Data of the enhanced authentication. §3.15.2.2.3.";
        reason_string: ReasonString text
            "A reason for people to read. §3.15.2.2.4.";
    }
}

impl MayBeEmpty for Connect {}
impl MayBeEmpty for Will {}
impl MayBeEmpty for ConnAck {}
impl MayBeEmpty for Publish {}
impl MayBeEmpty for Ack {}
impl MayBeEmpty for Subscribe {}
impl MayBeEmpty for Unsubscribe {}
impl MayBeEmpty for Disconnect {}

impl<B: Storage> Properties<B, Publish> {
    /// The Subscription Identifiers, in the order they travel. §3.3.2.3.8.
    pub fn subscription_identifiers(&self) -> impl Iterator<Item = SubscriptionId> {
        self.iter().filter_map(|property| match property {
            Property::SubscriptionIdentifier(id) => Some(id),
            _ => None,
        })
    }
}
