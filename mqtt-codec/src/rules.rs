//! The table that leads from a mistake to the rule it breaks, and to the answer it deserves.

use crate::error::{Cause, DecodeError, Field, Requirement};
use crate::v5::{self, ReasonCode as _};
use crate::{AnyPacket, PacketType, Version, v3};
use Requirement::{Section, Statement};

impl DecodeError {
    /// Where the broken rule is written.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "a table, one row per cause")]
    pub fn requirement(&self) -> Requirement {
        let version = self.version;
        let per = |v3_1, v3_1_1, v5| match version {
            Version::V3_1 => v3_1,
            Version::V3_1_1 => v3_1_1,
            Version::V5 => v5,
        };
        match self.cause {
            Cause::Truncated | Cause::Surplus(_) => match self.packet {
                Some(PacketType::Connect) => {
                    per(Statement("V31-3.1-8"), Statement("MQTT-3.1.4-1"), Statement("MQTT-3.1.4-1"))
                }
                _ => Section(self.packet_section()),
            },
            Cause::ReservedType(_) => per(Section("2.1"), Section("2.2.1"), Section("2.1.2")),
            Cause::Flags(_) => self.flags_requirement(),
            Cause::NotConnect => per(Section("3.1"), Statement("MQTT-3.1.0-1"), Statement("MQTT-3.1.0-1")),
            Cause::WrongSender(_) => Section(self.packet_section()),
            Cause::VarIntTooLong => match self.field {
                Field::RemainingLength => per(Statement("V31-2.1-9"), Section("2.2.3"), Section("1.5.5")),
                _ => Section("1.5.5"),
            },
            Cause::VarIntOverlong => per(Section("2.1"), Section("2.2.3"), Statement("MQTT-1.5.5-1")),
            Cause::TooLarge { .. } => per(Section("2.1"), Section("2.2.3"), Section("3.1.2.11.4")),
            Cause::IllFormedUtf8 => {
                per(Statement("V31-2.5-1"), Statement("MQTT-1.5.3-1"), Statement("MQTT-1.5.4-1"))
            }
            Cause::NullCharacter => {
                per(Section("Appendix A"), Statement("MQTT-1.5.3-2"), Statement("MQTT-1.5.4-2"))
            }
            Cause::ControlCharacter(_) | Cause::NonCharacter(_) => {
                per(Section("2.5"), Section("1.5.3"), Section("1.5.4"))
            }
            Cause::Empty => per(Section("Appendix A"), Statement("MQTT-4.7.3-1"), Statement("MQTT-4.7.3-1")),
            Cause::Wildcard => match (self.field, version) {
                (Field::ResponseTopic, _) if self.packet == Some(PacketType::Publish) => {
                    Statement("MQTT-3.3.2-14")
                }
                (Field::TopicName, _) => {
                    per(Statement("V31-3.3-3"), Statement("MQTT-3.3.2-2"), Statement("MQTT-3.3.2-2"))
                }
                _ => per(Section("Appendix A"), Statement("MQTT-4.7.1-1"), Statement("MQTT-4.7.0-1")),
            },
            Cause::MisplacedWildcard('#') => {
                per(Section("Appendix A"), Statement("MQTT-4.7.1-2"), Statement("MQTT-4.7.1-1"))
            }
            Cause::MisplacedWildcard(_) => {
                per(Section("Appendix A"), Statement("MQTT-4.7.1-3"), Statement("MQTT-4.7.1-2"))
            }
            Cause::ShareName => Statement("MQTT-4.8.2-1"),
            Cause::SharedSubscription => Statement("MQTT-4.8.2-2"),
            Cause::ProtocolName => {
                per(Statement("V31-2.2-1"), Statement("MQTT-3.1.2-1"), Statement("MQTT-3.1.2-1"))
            }
            Cause::ProtocolLevel(_) => {
                per(Statement("V31-2.2-2"), Statement("MQTT-3.1.2-2"), Statement("MQTT-3.1.2-2"))
            }
            Cause::ReservedConnectFlag(_) => {
                per(Statement("V31-2.2-6"), Statement("MQTT-3.1.2-3"), Statement("MQTT-3.1.2-3"))
            }
            Cause::WillQos => {
                per(Statement("V31-2.2-9"), Statement("MQTT-3.1.2-14"), Statement("MQTT-3.1.2-12"))
            }
            Cause::WillFlags(flags) if flags & 0x18 != 0 => {
                per(Section("2.2"), Statement("MQTT-3.1.2-13"), Statement("MQTT-3.1.2-11"))
            }
            Cause::WillFlags(_) => {
                per(Section("2.2"), Statement("MQTT-3.1.2-15"), Statement("MQTT-3.1.2-13"))
            }
            Cause::PasswordWithoutUserName => {
                per(Statement("V31-2.2-10"), Statement("MQTT-3.1.2-22"), Section("3.1.2.9"))
            }
            Cause::ClientIdentifierLength(0) => Statement("V31-3.1-2"),
            Cause::ClientIdentifierLength(_) => Statement("V31-3.1-1"),
            Cause::ClientIdentifierMissing => Statement("MQTT-3.1.3-7"),
            Cause::QosThree => {
                per(Statement("V31-2.1-3"), Statement("MQTT-3.3.1-4"), Statement("MQTT-3.3.1-4"))
            }
            Cause::DupAtQosZero => per(Section("2.1"), Statement("MQTT-3.3.1-2"), Statement("MQTT-3.3.1-2")),
            Cause::PacketIdZero => match self.packet {
                Some(PacketType::Publish | PacketType::Subscribe | PacketType::Unsubscribe) => {
                    per(Statement("V31-2.4-1"), Statement("MQTT-2.3.1-1"), Statement("MQTT-2.2.1-3"))
                }
                _ => per(Statement("V31-2.4-1"), Section("2.3.1"), Section("2.2.1")),
            },
            Cause::AcknowledgeFlags(_) => {
                per(Statement("V31-3.2-1"), Section("3.2.2.1"), Statement("MQTT-3.2.2-1"))
            }
            Cause::SessionPresent(_) => {
                per(Statement("V31-3.2-1"), Statement("MQTT-3.2.2-4"), Statement("MQTT-3.2.2-6"))
            }
            Cause::ReturnCode(_) => match self.packet {
                Some(PacketType::SubAck) => {
                    per(Statement("V31-3.9-1"), Statement("MQTT-3.9.3-2"), Section("3.9.3"))
                }
                _ => per(Statement("V31-2.2-14"), Section("3.2.2.3"), Section("3.2.2.2")),
            },
            Cause::ReasonCode(_) | Cause::ReasonCodeSender { .. } => self.reason_requirement(),
            Cause::RequestedQosThree => {
                per(Statement("V31-3.8-3"), Statement("MQTT-3.8.3-4"), Section("3.8.3.1"))
            }
            Cause::SubscriptionReserved(_) => {
                per(Statement("V31-3.8-2"), Statement("MQTT-3.8.3-4"), Statement("MQTT-3.8.3-5"))
            }
            Cause::RetainHandling => Section("3.8.3.1"),
            Cause::SharedNoLocal => Statement("MQTT-3.8.3-4"),
            Cause::EmptyList => match self.packet {
                Some(PacketType::Subscribe) => {
                    per(Section("3.8"), Statement("MQTT-3.8.3-3"), Statement("MQTT-3.8.3-2"))
                }
                Some(PacketType::Unsubscribe) => {
                    per(Section("3.10"), Statement("MQTT-3.10.3-2"), Statement("MQTT-3.10.3-2"))
                }
                Some(PacketType::UnsubAck) => Statement("MQTT-3.11.3-2"),
                _ => per(Section("3.9"), Statement("MQTT-3.8.4-5"), Statement("MQTT-3.8.4-6")),
            },
            Cause::UnknownProperty(_) | Cause::MisplacedProperty(_) => Section("2.2.2.2"),
            Cause::PropertySender { property: Field::SubscriptionIdentifier, .. } => {
                Statement("MQTT-3.3.4-6")
            }
            Cause::PropertySender { property: Field::SessionExpiryInterval, .. } => {
                Statement("MQTT-3.14.2-2")
            }
            Cause::PropertySender { .. } => Section("3.14.2.2.5"),
            Cause::RepeatedProperty(property) => Section(self.property_section(property)),
            Cause::PropertyValue(_) => Section(self.property_section(self.field)),
            Cause::TopicAliasZero => Statement("MQTT-3.3.2-8"),
            Cause::TopicMissing => per(Section("Appendix A"), Statement("MQTT-4.7.3-1"), Section("3.3.2.1")),
            Cause::AuthenticationData => Section("3.1.2.11.10"),
            Cause::AuthenticationMethod => Section("3.15.2.2.2"),
            Cause::PayloadFormat => Section("3.3.2.3.2"),
        }
    }

    fn flags_requirement(&self) -> Requirement {
        let (v3_1, v3_1_1, v5) = match self.packet {
            Some(PacketType::PubRel) => ("V31-3.6-1", "MQTT-3.6.1-1", "MQTT-3.6.1-1"),
            Some(PacketType::Subscribe) => ("V31-3.8-1", "MQTT-3.8.1-1", "MQTT-3.8.1-1"),
            Some(PacketType::Unsubscribe) => ("V31-3.10-1", "MQTT-3.10.1-1", "MQTT-3.10.1-1"),
            Some(PacketType::Disconnect) => ("V31-2.6-1", "MQTT-3.14.1-1", "MQTT-3.14.1-1"),
            Some(PacketType::Auth) => ("V31-2.6-1", "MQTT-2.2.2-2", "MQTT-3.15.1-1"),
            _ => ("V31-2.6-1", "MQTT-2.2.2-2", "MQTT-2.1.3-1"),
        };
        Statement(match self.version {
            Version::V3_1 => v3_1,
            Version::V3_1_1 => v3_1_1,
            Version::V5 => v5,
        })
    }

    /// The section of the packet as a whole; in all three documents the same number.
    fn packet_section(&self) -> &'static str {
        match self.packet {
            None => "2.1",
            Some(PacketType::Connect) => "3.1",
            Some(PacketType::ConnAck) => "3.2",
            Some(PacketType::Publish) => "3.3",
            Some(PacketType::PubAck) => "3.4",
            Some(PacketType::PubRec) => "3.5",
            Some(PacketType::PubRel) => "3.6",
            Some(PacketType::PubComp) => "3.7",
            Some(PacketType::Subscribe) => "3.8",
            Some(PacketType::SubAck) => "3.9",
            Some(PacketType::Unsubscribe) => "3.10",
            Some(PacketType::UnsubAck) => "3.11",
            Some(PacketType::PingReq) => "3.12",
            Some(PacketType::PingResp) => "3.13",
            Some(PacketType::Disconnect) => "3.14",
            Some(PacketType::Auth) => "3.15",
        }
    }

    /// Only 5.0 has reason codes.
    fn reason_requirement(&self) -> Requirement {
        match self.packet {
            Some(PacketType::ConnAck) => Statement("MQTT-3.2.2-8"),
            Some(PacketType::PubAck) => Statement("MQTT-3.4.2-1"),
            Some(PacketType::PubRec) => Statement("MQTT-3.5.2-1"),
            Some(PacketType::PubRel) => Statement("MQTT-3.6.2-1"),
            Some(PacketType::PubComp) => Statement("MQTT-3.7.2-1"),
            Some(PacketType::SubAck) => Statement("MQTT-3.9.3-2"),
            Some(PacketType::UnsubAck) => Statement("MQTT-3.11.3-2"),
            Some(PacketType::Disconnect) => Statement("MQTT-3.14.2-1"),
            Some(PacketType::Auth) => Statement("MQTT-3.15.2-1"),
            _ => Section("2.4"),
        }
    }

    /// The section of 5.0 that describes a property in this packet. Only 5.0 has properties.
    fn property_section(&self, property: Field) -> &'static str {
        let will = self.packet == Some(PacketType::Connect);
        match (self.packet, property) {
            (_, Field::WillDelayInterval) => "3.1.3.2.2",
            (_, Field::PayloadFormatIndicator) if will => "3.1.3.2.3",
            (_, Field::MessageExpiryInterval) if will => "3.1.3.2.4",
            (_, Field::ContentType) if will => "3.1.3.2.5",
            (_, Field::ResponseTopic) if will => "3.1.3.2.6",
            (_, Field::CorrelationData) if will => "3.1.3.2.7",
            (Some(PacketType::Connect), Field::SessionExpiryInterval) => "3.1.2.11.2",
            (Some(PacketType::Connect), Field::ReceiveMaximum) => "3.1.2.11.3",
            (Some(PacketType::Connect), Field::MaximumPacketSize) => "3.1.2.11.4",
            (Some(PacketType::Connect), Field::TopicAliasMaximum) => "3.1.2.11.5",
            (_, Field::RequestResponseInformation) => "3.1.2.11.6",
            (_, Field::RequestProblemInformation) => "3.1.2.11.7",
            (Some(PacketType::Connect), Field::AuthenticationMethod) => "3.1.2.11.9",
            (Some(PacketType::Connect), Field::AuthenticationData) => "3.1.2.11.10",
            (Some(PacketType::ConnAck), Field::SessionExpiryInterval) => "3.2.2.3.2",
            (_, Field::ReceiveMaximum) => "3.2.2.3.3",
            (_, Field::MaximumQos) => "3.2.2.3.4",
            (_, Field::RetainAvailable) => "3.2.2.3.5",
            (_, Field::MaximumPacketSize) => "3.2.2.3.6",
            (_, Field::AssignedClientIdentifier) => "3.2.2.3.7",
            (_, Field::TopicAliasMaximum) => "3.2.2.3.8",
            (Some(PacketType::ConnAck), Field::ReasonString) => "3.2.2.3.9",
            (_, Field::WildcardSubscriptionAvailable) => "3.2.2.3.11",
            (_, Field::SubscriptionIdentifierAvailable) => "3.2.2.3.12",
            (_, Field::SharedSubscriptionAvailable) => "3.2.2.3.13",
            (_, Field::ServerKeepAlive) => "3.2.2.3.14",
            (_, Field::ResponseInformation) => "3.2.2.3.15",
            (Some(PacketType::ConnAck), Field::ServerReference) => "3.2.2.3.16",
            (Some(PacketType::ConnAck), Field::AuthenticationMethod) => "3.2.2.3.17",
            (Some(PacketType::ConnAck), Field::AuthenticationData) => "3.2.2.3.18",
            (_, Field::PayloadFormatIndicator) => "3.3.2.3.2",
            (_, Field::MessageExpiryInterval) => "3.3.2.3.3",
            (_, Field::TopicAlias) => "3.3.2.3.4",
            (_, Field::ResponseTopic) => "3.3.2.3.5",
            (_, Field::CorrelationData) => "3.3.2.3.6",
            (_, Field::ContentType) => "3.3.2.3.9",
            (Some(PacketType::Publish), Field::SubscriptionIdentifier) => "3.3.2.3.8",
            (_, Field::SubscriptionIdentifier) => "3.8.2.1.2",
            (Some(PacketType::PubAck), Field::ReasonString) => "3.4.2.2.2",
            (Some(PacketType::PubRec), Field::ReasonString) => "3.5.2.2.2",
            (Some(PacketType::PubRel), Field::ReasonString) => "3.6.2.2.2",
            (Some(PacketType::PubComp), Field::ReasonString) => "3.7.2.2.2",
            (Some(PacketType::SubAck), Field::ReasonString) => "3.9.2.1.2",
            (Some(PacketType::UnsubAck), Field::ReasonString) => "3.11.2.1.2",
            (Some(PacketType::Disconnect), Field::SessionExpiryInterval) => "3.14.2.2.2",
            (Some(PacketType::Disconnect), Field::ReasonString) => "3.14.2.2.3",
            (_, Field::ServerReference) => "3.14.2.2.5",
            (_, Field::AuthenticationMethod) => "3.15.2.2.2",
            (_, Field::AuthenticationData) => "3.15.2.2.3",
            (_, Field::ReasonString) => "3.15.2.2.4",
            _ => "2.2.2.2",
        }
    }

    /// Whether 5.0 calls the mistake a Protocol Error rather than a Malformed Packet.
    ///
    /// A packet is malformed when it cannot be parsed by the rules of its fields; a Protocol Error is a packet that
    /// parses, and says what the protocol does not allow (5.0 §1.2, §4.13).
    #[must_use]
    pub fn is_protocol_error(&self) -> bool {
        matches!(
            self.cause,
            Cause::WrongSender(_)
                | Cause::NotConnect
                | Cause::TooLarge { .. }
                | Cause::PasswordWithoutUserName
                | Cause::ClientIdentifierLength(_)
                | Cause::ClientIdentifierMissing
                | Cause::ReasonCodeSender { .. }
                | Cause::RequestedQosThree
                | Cause::RetainHandling
                | Cause::SharedNoLocal
                | Cause::ShareName
                | Cause::SharedSubscription
                | Cause::SessionPresent(_)
                | Cause::EmptyList
                | Cause::PropertySender { .. }
                | Cause::RepeatedProperty(_)
                | Cause::PropertyValue(_)
                | Cause::TopicAliasZero
                | Cause::TopicMissing
                | Cause::AuthenticationData
                | Cause::AuthenticationMethod
        )
    }

    /// The reason code of 5.0 to answer with, in CONNACK or DISCONNECT, before closing; `None` in 3.x.
    ///
    /// 0x81 Malformed Packet and 0x82 Protocol Error, or the more telling one where the standard names it: 0x84
    /// Unsupported Protocol Version, 0x8F Topic Filter invalid, 0x90 Topic Name invalid, 0x94 Topic Alias invalid, 0x95
    /// Packet too large, 0x99 Payload format invalid. A CONNACK may carry all of these except 0x8F and 0x94, which do
    /// not come up in a CONNECT.
    ///
    /// Spec: 5.0 §2.4, §4.13.
    #[must_use]
    pub fn reason_code(&self) -> Option<u8> {
        if self.version != Version::V5 {
            return None;
        }
        Some(match self.cause {
            Cause::ProtocolName | Cause::ProtocolLevel(_) => 0x84,
            Cause::MisplacedWildcard(_) | Cause::ShareName | Cause::SharedSubscription => 0x8f,
            Cause::Empty if self.field == Field::TopicFilter => 0x8f,
            Cause::Wildcard | Cause::Empty => 0x90,
            Cause::TopicAliasZero => 0x94,
            Cause::TooLarge { .. } => 0x95,
            Cause::PayloadFormat => 0x99,
            _ if self.is_protocol_error() => 0x82,
            _ => 0x81,
        })
    }

    /// The CONNACK to answer a refused CONNECT with before closing; `None` for other packets, and where 3.x wants the
    /// connection closed without one.
    ///
    /// Spec: 3.1 §3.2; 3.1.1 §3.1.4, §3.2.2.3; 5.0 §3.1.4, §4.13.
    ///
    /// ```
    /// use mqtt_codec::{AnyDecoder, Version};
    ///
    /// let reserved_flag = b"\x10\x0d\x00\x04MQTT\x05\x03\x00\x3c\x00\x00\x00";
    /// let error = AnyDecoder::new(Version::V5).decode(reserved_flag).unwrap_err();
    /// let mut answer = [0; 16];
    /// let len = error.connack().unwrap().encode(&mut answer)?;
    /// assert_eq!(answer[..len], [0x20, 3, 0, 0x81, 0]); // Malformed Packet
    /// assert_eq!(error.disconnect(), None); // there is no connection yet
    /// # Ok::<(), mqtt_codec::EncodeError>(())
    /// ```
    #[must_use]
    pub fn connack(&self) -> Option<AnyPacket<&'static [u8]>> {
        if self.packet != Some(PacketType::Connect) {
            return None;
        }
        match self.reason_code() {
            Some(code) => {
                let reason = v5::ConnAckReason::from_u8(code)?;
                Some(v5::ConnAck::new(reason, v5::ConnAckProperties::default()).into())
            }
            None => self.return_code().map(|code| v3::ConnAck::Refused(code).into()),
        }
    }

    /// The DISCONNECT of 5.0 to send before closing; `None` in 3.x, and where the refused packet is a CONNECT or CONNACK, so
    /// that there is no connection yet.
    ///
    /// Spec: 5.0 §3.14.2.1, §4.13.
    ///
    /// ```
    /// use mqtt_codec::{AnyDecoder, Version, v5};
    ///
    /// let error = AnyDecoder::new(Version::V5).decode(b"\x40\x03\x00\x01\x07").unwrap_err();
    /// assert_eq!(error.disconnect(), Some(v5::Disconnect::bare(v5::DisconnectReason::MalformedPacket)));
    /// ```
    #[must_use]
    pub fn disconnect(&self) -> Option<v5::Disconnect<&'static [u8]>> {
        if matches!(self.packet, Some(PacketType::Connect | PacketType::ConnAck)) {
            return None;
        }
        self.reason_code().and_then(v5::DisconnectReason::from_u8).map(v5::Disconnect::bare)
    }

    /// The CONNACK return code of 3.x to answer a refused CONNECT with before closing; `None` where the standard wants
    /// the connection closed without a CONNACK.
    ///
    /// Spec: 3.1 §3.1 \[3.1/V31-3.1-10\], §3.2; 3.1.1 §3.1.2.2 \[3.1.1/MQTT-3.1.2-2\], §3.1.3.1 \[3.1.1/MQTT-3.1.3-8\], §3.1.4.
    #[must_use]
    pub fn return_code(&self) -> Option<v3::ConnectReturnCode> {
        match (self.version, self.cause) {
            (Version::V5, _) => None,
            (_, Cause::ProtocolLevel(_)) | (Version::V3_1, Cause::ProtocolName) => {
                Some(v3::ConnectReturnCode::UnacceptableProtocolVersion)
            }
            (_, Cause::ClientIdentifierLength(_) | Cause::ClientIdentifierMissing) => {
                Some(v3::ConnectReturnCode::IdentifierRejected)
            }
            _ => None,
        }
    }
}
