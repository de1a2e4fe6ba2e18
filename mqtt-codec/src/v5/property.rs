//! One table of all 27 properties.
//!
//! MQTT 5.0 §2.2.2.2.

use super::shape::Shape;
use super::value::{PayloadFormat, SubscriptionId, UserProperty, Value};
use crate::error::Field;
use crate::types::{Binary, BuildError, Hidden, Qos, Text, TopicName, Writer, read_byte};
use core::fmt;
use core::num::{NonZeroU16, NonZeroU32};

macro_rules! property_table {
    ($($(#[$doc:meta])* $name:ident = $id:literal $shape:ident $value:ty;)*) => {
        /// The identifier of a property. Spec: 5.0 table 2-4.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(clippy::exhaustive_enums, reason = "MQTT 5.0 closes the list")]
        #[repr(u8)]
        pub enum PropertyId {
            $($(#[$doc])* $name = $id,)*
        }

        /// A property with its value, as iterating over a block yields it. Spec: 5.0 table 2-4.
        ///
        /// `Debug` shows only the length of Authentication Data.
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        #[expect(clippy::exhaustive_enums, reason = "MQTT 5.0 closes the list")]
        pub enum Property<'a> {
            $($(#[$doc])* $name($value),)*
        }

        impl fmt::Debug for Property<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                if let Self::AuthenticationData(data) = self {
                    return f
                        .debug_tuple("AuthenticationData")
                        .field(&Hidden(data.as_bytes().len()))
                        .finish();
                }
                match self {
                    $(Self::$name(value) => f.debug_tuple(stringify!($name)).field(value).finish(),)*
                }
            }
        }

        impl PropertyId {
            /// All properties, in the order of their identifiers.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The property with this identifier.
            #[must_use]
            #[inline]
            pub const fn new(id: u8) -> Option<Self> {
                match id {
                    $($id => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// The property as a field of a packet, which knows the standard's name.
            #[must_use]
            pub const fn field(self) -> Field {
                match self {
                    $(Self::$name => Field::$name,)*
                }
            }
        }

        impl Shape {
            /// How the value of the property with this identifier travels.
            #[inline(always)]
            pub(super) const fn of(id: u8) -> Option<Self> {
                match id {
                    $($id => Some(Self::$shape),)*
                    _ => None,
                }
            }
        }

        impl<'a> Property<'a> {
            /// The identifier.
            #[must_use]
            pub const fn id(&self) -> PropertyId {
                match self {
                    $(Self::$name(_) => PropertyId::$name,)*
                }
            }

            /// Reads the property at the front of a block that has been checked.
            #[inline(always)]
            pub(super) fn read(bytes: &mut &'a [u8]) -> Option<Self> {
                match PropertyId::new(read_byte(bytes)?)? {
                    $(PropertyId::$name => Value::from_raw(Shape::$shape.cut(bytes)?).map(Self::$name),)*
                }
            }

            pub(super) fn write<W: Writer>(&self, out: &mut W) -> Result<(), BuildError> {
                out.put(&[self.id() as u8]);
                match self {
                    $(Self::$name(value) => value.write(out),)*
                }
            }
        }
    };
}

property_table! {
    /// 1: what the payload is. PUBLISH, Will.
    PayloadFormatIndicator = 1 Flag PayloadFormat;
    /// 2: how long the message is of use, in seconds. PUBLISH, Will.
    MessageExpiryInterval = 2 U32 u32;
    /// 3: what the payload means to the application \[5.0/MQTT-3.3.2-19\]. PUBLISH, Will.
    ContentType = 3 Text Text<&'a [u8]>;
    /// 8: where a response is to be published \[5.0/MQTT-3.3.2-13\]. PUBLISH, Will.
    ResponseTopic = 8 Topic TopicName<&'a [u8]>;
    /// 9: tells the requester which request a response is for. PUBLISH, Will.
    CorrelationData = 9 Binary Binary<&'a [u8]>;
    /// 11: which subscription led here. PUBLISH (from servers only \[5.0/MQTT-3.3.4-6\]), SUBSCRIBE.
    SubscriptionIdentifier = 11 VarInt SubscriptionId;
    /// 17: how long the session outlives the connection, in seconds; 0xFFFFFFFF is for ever. CONNECT, CONNACK, DISCONNECT.
    SessionExpiryInterval = 17 U32 u32;
    /// 18: the client identifier that the server chose. CONNACK.
    AssignedClientIdentifier = 18 Text Text<&'a [u8]>;
    /// 19: the Keep Alive that the server wants instead, in seconds. CONNACK.
    ServerKeepAlive = 19 U16 u16;
    /// 21: the name of the enhanced authentication method. CONNECT, CONNACK, AUTH.
    AuthenticationMethod = 21 Text Text<&'a [u8]>;
    /// 22: data of the enhanced authentication. CONNECT, CONNACK, AUTH.
    AuthenticationData = 22 Binary Binary<&'a [u8]>;
    /// 23: whether reasons and user properties are wanted on failures. CONNECT.
    RequestProblemInformation = 23 Flag bool;
    /// 24: how long the server waits before it publishes the Will, in seconds. Will.
    WillDelayInterval = 24 U32 u32;
    /// 25: whether Response Information is wanted. CONNECT.
    RequestResponseInformation = 25 Flag bool;
    /// 26: a basis for response topics. CONNACK.
    ResponseInformation = 26 Text Text<&'a [u8]>;
    /// 28: another server to use. CONNACK, DISCONNECT.
    ServerReference = 28 Text Text<&'a [u8]>;
    /// 31: a reason for people to read. All answers, DISCONNECT, AUTH.
    ReasonString = 31 Text Text<&'a [u8]>;
    /// 33: how many QoS 1 and 2 messages the sender takes at once. CONNECT, CONNACK.
    ReceiveMaximum = 33 NonZeroU16 NonZeroU16;
    /// 34: the highest Topic Alias that the sender takes. CONNECT, CONNACK.
    TopicAliasMaximum = 34 U16 u16;
    /// 35: a number that stands for the Topic Name, never 0 \[5.0/MQTT-3.3.2-8\]. PUBLISH.
    TopicAlias = 35 NonZeroU16 NonZeroU16;
    /// 36: the highest QoS that the server supports, 0 or 1. CONNACK.
    MaximumQos = 36 Flag Qos;
    /// 37: whether the server supports retained messages. CONNACK.
    RetainAvailable = 37 Flag bool;
    /// 38: a name and a value. All packets that have properties.
    UserProperty = 38 Pair UserProperty<'a>;
    /// 39: the largest packet that the sender takes, in bytes. CONNECT, CONNACK.
    MaximumPacketSize = 39 NonZeroU32 NonZeroU32;
    /// 40: whether the server supports wildcards in filters. CONNACK.
    WildcardSubscriptionAvailable = 40 Flag bool;
    /// 41: whether the server supports Subscription Identifiers. CONNACK.
    SubscriptionIdentifierAvailable = 41 Flag bool;
    /// 42: whether the server supports Shared Subscriptions. CONNACK.
    SharedSubscriptionAvailable = 42 Flag bool;
}

impl PropertyId {
    /// A set with this property alone.
    pub(crate) const fn bit(self) -> u64 {
        1 << self as u8
    }
}
