//! CONNACK: the server answers a CONNECT.
//!
//! 3.1 §3.2, 3.1.1 §3.2.

use super::ProtocolLevel;
use crate::PacketType;
use crate::emit::{Body, Sink, encoding};
use crate::error::{Cause, DecodeError, Field};
use crate::parse::{self, Cursor};

/// The server answers a CONNECT.
///
/// Session Present exists only beside *accepted* \[3.1.1/MQTT-3.2.2-4\], so it is part of that variant.
///
/// Spec: 3.1 §3.2, 3.1.1 §3.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a connection is accepted or refused")]
pub enum ConnAck {
    /// Return code 0.
    Accepted {
        /// Whether the server goes on with a stored session. 3.1 reserves the byte: `false` after decoding.
        session_present: bool,
    },
    /// Any other return code; the server closes the connection afterwards.
    Refused(ConnectReturnCode),
}

/// Why a server refuses a connection.
///
/// Spec: 3.1 §3.2, 3.1.1 table 3.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the standards close the list; other codes are reserved")]
#[repr(u8)]
pub enum ConnectReturnCode {
    /// 1: the server does not support the protocol level.
    UnacceptableProtocolVersion = 1,
    /// 2: the server does not allow the client identifier.
    IdentifierRejected = 2,
    /// 3: the MQTT service is not available.
    ServerUnavailable = 3,
    /// 4: wrong user name or password.
    BadUserNameOrPassword = 4,
    /// 5: the client may not connect.
    NotAuthorized = 5,
}

impl ConnectReturnCode {
    /// All refusals, in the order of their numbers.
    pub const ALL: [Self; 5] = [
        Self::UnacceptableProtocolVersion,
        Self::IdentifierRejected,
        Self::ServerUnavailable,
        Self::BadUserNameOrPassword,
        Self::NotAuthorized,
    ];

    /// The refusal with this number; `None` for 0 (accepted) and for reserved codes.
    #[must_use]
    pub const fn new(code: u8) -> Option<Self> {
        Some(match code {
            1 => Self::UnacceptableProtocolVersion,
            2 => Self::IdentifierRejected,
            3 => Self::ServerUnavailable,
            4 => Self::BadUserNameOrPassword,
            5 => Self::NotAuthorized,
            _ => return None,
        })
    }

    /// The number on the wire, 1 to 5.
    #[must_use]
    pub const fn get(self) -> u8 {
        self as u8
    }
}

impl ConnAck {
    /// The return code on the wire, 0 to 5.
    #[must_use]
    pub const fn return_code(self) -> u8 {
        match self {
            Self::Accepted { .. } => 0,
            Self::Refused(code) => code.get(),
        }
    }

    /// Whether the server goes on with a stored session.
    #[must_use]
    pub const fn session_present(self) -> bool {
        matches!(self, Self::Accepted { session_present: true })
    }

    pub(super) fn read(mut body: Cursor<'_>, level: ProtocolLevel) -> Result<Self, DecodeError> {
        let flags_at = body.offset();
        let flags = body.read(Field::ConnectAcknowledgeFlags, parse::byte)?;
        let code_at = body.offset();
        let code = body.read(Field::ReturnCode, parse::byte)?;
        body.finish()?;
        let flags = if level == ProtocolLevel::V3_1 { 0 } else { flags }; // [3.1/V31-3.2-1]
        if flags > 1 {
            return Err(body.error(Field::ConnectAcknowledgeFlags, flags_at, Cause::AcknowledgeFlags(flags)));
        }
        let session_present = flags == 1;
        match (code, ConnectReturnCode::new(code)) {
            (0, _) => Ok(Self::Accepted { session_present }),
            // [3.1/V31-2.2-14]
            // A server that has no code for its reason sends no CONNACK [3.1.1/MQTT-3.2.2-6].
            (_, None) => Err(body.error(Field::ReturnCode, code_at, Cause::ReturnCode(code))),
            (_, Some(_)) if session_present => {
                Err(body.error(Field::ConnectAcknowledgeFlags, flags_at, Cause::SessionPresent(code))) // [3.1.1/MQTT-3.2.2-4]
            }
            (_, Some(refusal)) => Ok(Self::Refused(refusal)),
        }
    }
}

impl Body for ConnAck {
    fn first_byte(&self) -> u8 {
        PacketType::ConnAck.first_byte()
    }

    fn write<S: Sink>(&self, out: &mut S) {
        out.put(&[u8::from(self.session_present()), self.return_code()]);
    }
}

encoding!(ConnAck);
