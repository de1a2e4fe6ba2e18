//! Reason codes: one enum per packet, so that a code a packet cannot carry cannot be written down.
//!
//! MQTT 5.0 §2.4 and the table of each packet.

use crate::error::Sender;
use core::fmt;

/// What the reason codes of all packets have in common.
///
/// Spec: 5.0 §2.4.
pub trait ReasonCode: Copy + fmt::Debug + Eq + super::sealed::Sealed + 'static {
    /// The code with this number; `None` when the packet may not carry it.
    fn from_u8(code: u8) -> Option<Self>;

    /// The number on the wire.
    fn get(self) -> u8;

    /// The standard's name, such as `Packet Identifier not found`.
    fn name(self) -> &'static str;

    /// The side that alone may send the code in this packet; `None` when both may.
    ///
    /// Spec: 5.0 table 2-6 and the table of each packet.
    fn only_from(self) -> Option<Sender>;

    /// Whether the code reports a failure: 0x80 and above.
    fn is_error(self) -> bool {
        self.get() >= 0x80
    }
}

/// A number that is no reason code of the packet.
///
/// ```
/// use mqtt_codec::v5::{InvalidReasonCode, PubAckReason};
///
/// assert_eq!(PubAckReason::try_from(0x97), Ok(PubAckReason::QuotaExceeded));
/// assert_eq!(PubAckReason::try_from(0x07), Err(InvalidReasonCode(0x07)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:#04x} is not a reason code of this packet")]
#[expect(clippy::exhaustive_structs, reason = "carries the number, and nothing else is known")]
pub struct InvalidReasonCode(pub u8);

macro_rules! reason_codes {
    ($(
        $(#[$doc:meta])*
        $type:ident {
            $($code:ident = $value:literal $name:literal $($sender:ident)?,)*
        }
    )*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(clippy::exhaustive_enums, reason = "MQTT 5.0 closes the list")]
        #[repr(u8)]
        pub enum $type {
            $(
                #[doc = concat!(stringify!($value), ": ", $name, ".")]
                $(#[doc = concat!("\n\nSent by the ", stringify!($sender), " only.")])?
                $code = $value,
            )*
        }

        impl $type {
            /// All codes of this packet, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$code),*];
        }

        impl super::sealed::Sealed for $type {}

        impl ReasonCode for $type {
            #[inline]
            fn from_u8(code: u8) -> Option<Self> {
                match code {
                    $($value => Some(Self::$code),)*
                    _ => None,
                }
            }

            #[inline]
            fn get(self) -> u8 {
                self as u8
            }

            fn name(self) -> &'static str {
                match self {
                    $(Self::$code => $name,)*
                }
            }

            #[inline]
            fn only_from(self) -> Option<Sender> {
                match self {
                    $($(Self::$code => Some(Sender::$sender),)?)*
                    #[allow(unreachable_patterns, clippy::allow_attributes, reason = "in some packets every code has one sender")]
                    _ => None,
                }
            }
        }

        impl TryFrom<u8> for $type {
            type Error = InvalidReasonCode;

            fn try_from(code: u8) -> Result<Self, InvalidReasonCode> {
                Self::from_u8(code).ok_or(InvalidReasonCode(code))
            }
        }

        impl From<$type> for u8 {
            fn from(code: $type) -> u8 {
                code as u8
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:#04x} {}", self.get(), self.name())
            }
        }
    )* };
}

reason_codes! {
    /// The reason codes of CONNACK. Spec: 5.0 §3.2.2.2 \[5.0/MQTT-3.2.2-8\].
    ConnAckReason {
        Success = 0x00 "Success",
        UnspecifiedError = 0x80 "Unspecified error",
        MalformedPacket = 0x81 "Malformed Packet",
        ProtocolError = 0x82 "Protocol Error",
        ImplementationSpecificError = 0x83 "Implementation specific error",
        UnsupportedProtocolVersion = 0x84 "Unsupported Protocol Version",
        ClientIdentifierNotValid = 0x85 "Client Identifier not valid",
        BadUserNameOrPassword = 0x86 "Bad User Name or Password",
        NotAuthorized = 0x87 "Not authorized",
        ServerUnavailable = 0x88 "Server unavailable",
        ServerBusy = 0x89 "Server busy",
        Banned = 0x8a "Banned",
        BadAuthenticationMethod = 0x8c "Bad authentication method",
        TopicNameInvalid = 0x90 "Topic Name invalid",
        PacketTooLarge = 0x95 "Packet too large",
        QuotaExceeded = 0x97 "Quota exceeded",
        PayloadFormatInvalid = 0x99 "Payload format invalid",
        RetainNotSupported = 0x9a "Retain not supported",
        QosNotSupported = 0x9b "QoS not supported",
        UseAnotherServer = 0x9c "Use another server",
        ServerMoved = 0x9d "Server moved",
        ConnectionRateExceeded = 0x9f "Connection rate exceeded",
    }

    /// The reason codes of PUBACK. Spec: 5.0 §3.4.2.1 \[5.0/MQTT-3.4.2-1\].
    PubAckReason {
        Success = 0x00 "Success",
        NoMatchingSubscribers = 0x10 "No matching subscribers" Server,
        UnspecifiedError = 0x80 "Unspecified error",
        ImplementationSpecificError = 0x83 "Implementation specific error",
        NotAuthorized = 0x87 "Not authorized",
        TopicNameInvalid = 0x90 "Topic Name invalid",
        PacketIdentifierInUse = 0x91 "Packet identifier in use",
        QuotaExceeded = 0x97 "Quota exceeded",
        PayloadFormatInvalid = 0x99 "Payload format invalid",
    }

    /// The reason codes of PUBREC. Spec: 5.0 §3.5.2.1 \[5.0/MQTT-3.5.2-1\].
    PubRecReason {
        Success = 0x00 "Success",
        NoMatchingSubscribers = 0x10 "No matching subscribers" Server,
        UnspecifiedError = 0x80 "Unspecified error",
        ImplementationSpecificError = 0x83 "Implementation specific error",
        NotAuthorized = 0x87 "Not authorized",
        TopicNameInvalid = 0x90 "Topic Name invalid",
        PacketIdentifierInUse = 0x91 "Packet Identifier in use",
        QuotaExceeded = 0x97 "Quota exceeded",
        PayloadFormatInvalid = 0x99 "Payload format invalid",
    }

    /// The reason codes of PUBREL. Spec: 5.0 §3.6.2.1 \[5.0/MQTT-3.6.2-1\].
    PubRelReason {
        Success = 0x00 "Success",
        PacketIdentifierNotFound = 0x92 "Packet Identifier not found",
    }

    /// The reason codes of PUBCOMP. Spec: 5.0 §3.7.2.1 \[5.0/MQTT-3.7.2-1\].
    PubCompReason {
        Success = 0x00 "Success",
        PacketIdentifierNotFound = 0x92 "Packet Identifier not found",
    }

    /// The reason codes of SUBACK. Spec: 5.0 §3.9.3 \[5.0/MQTT-3.9.3-2\].
    SubAckReason {
        GrantedQos0 = 0x00 "Granted QoS 0",
        GrantedQos1 = 0x01 "Granted QoS 1",
        GrantedQos2 = 0x02 "Granted QoS 2",
        UnspecifiedError = 0x80 "Unspecified error",
        ImplementationSpecificError = 0x83 "Implementation specific error",
        NotAuthorized = 0x87 "Not authorized",
        TopicFilterInvalid = 0x8f "Topic Filter invalid",
        PacketIdentifierInUse = 0x91 "Packet Identifier in use",
        QuotaExceeded = 0x97 "Quota exceeded",
        SharedSubscriptionsNotSupported = 0x9e "Shared Subscriptions not supported",
        SubscriptionIdentifiersNotSupported = 0xa1 "Subscription Identifiers not supported",
        WildcardSubscriptionsNotSupported = 0xa2 "Wildcard Subscriptions not supported",
    }

    /// The reason codes of UNSUBACK. Spec: 5.0 §3.11.3 \[5.0/MQTT-3.11.3-2\].
    UnsubAckReason {
        Success = 0x00 "Success",
        NoSubscriptionExisted = 0x11 "No subscription existed",
        UnspecifiedError = 0x80 "Unspecified error",
        ImplementationSpecificError = 0x83 "Implementation specific error",
        NotAuthorized = 0x87 "Not authorized",
        TopicFilterInvalid = 0x8f "Topic Filter invalid",
        PacketIdentifierInUse = 0x91 "Packet Identifier in use",
    }

    /// The reason codes of DISCONNECT. Spec: 5.0 §3.14.2.1 \[5.0/MQTT-3.14.2-1\].
    ///
    /// 0x8C (Bad authentication method) stands for DISCONNECT in table 2-6 but not in table 3-10, which binds.
    DisconnectReason {
        NormalDisconnection = 0x00 "Normal disconnection",
        DisconnectWithWillMessage = 0x04 "Disconnect with Will Message" Client,
        UnspecifiedError = 0x80 "Unspecified error",
        MalformedPacket = 0x81 "Malformed Packet",
        ProtocolError = 0x82 "Protocol Error",
        ImplementationSpecificError = 0x83 "Implementation specific error",
        NotAuthorized = 0x87 "Not authorized" Server,
        ServerBusy = 0x89 "Server busy" Server,
        ServerShuttingDown = 0x8b "Server shutting down" Server,
        KeepAliveTimeout = 0x8d "Keep Alive timeout" Server,
        SessionTakenOver = 0x8e "Session taken over" Server,
        TopicFilterInvalid = 0x8f "Topic Filter invalid" Server,
        TopicNameInvalid = 0x90 "Topic Name invalid",
        ReceiveMaximumExceeded = 0x93 "Receive Maximum exceeded",
        TopicAliasInvalid = 0x94 "Topic Alias invalid",
        PacketTooLarge = 0x95 "Packet too large",
        MessageRateTooHigh = 0x96 "Message rate too high",
        QuotaExceeded = 0x97 "Quota exceeded",
        AdministrativeAction = 0x98 "Administrative action",
        PayloadFormatInvalid = 0x99 "Payload format invalid",
        RetainNotSupported = 0x9a "Retain not supported" Server,
        QosNotSupported = 0x9b "QoS not supported" Server,
        UseAnotherServer = 0x9c "Use another server" Server,
        ServerMoved = 0x9d "Server moved" Server,
        SharedSubscriptionsNotSupported = 0x9e "Shared Subscriptions not supported" Server,
        ConnectionRateExceeded = 0x9f "Connection rate exceeded" Server,
        MaximumConnectTime = 0xa0 "Maximum connect time" Server,
        SubscriptionIdentifiersNotSupported = 0xa1 "Subscription Identifiers not supported" Server,
        WildcardSubscriptionsNotSupported = 0xa2 "Wildcard Subscriptions not supported" Server,
    }

    /// The reason codes of AUTH. Spec: 5.0 §3.15.2.1 \[5.0/MQTT-3.15.2-1\].
    AuthReason {
        Success = 0x00 "Success" Server,
        ContinueAuthentication = 0x18 "Continue authentication",
        ReAuthenticate = 0x19 "Re-authenticate" Client,
    }
}

impl SubAckReason {
    /// The code that grants this QoS.
    #[must_use]
    pub const fn granted(qos: crate::Qos) -> Self {
        match qos {
            crate::Qos::AtMostOnce => Self::GrantedQos0,
            crate::Qos::AtLeastOnce => Self::GrantedQos1,
            crate::Qos::ExactlyOnce => Self::GrantedQos2,
        }
    }
}
