//! The three protocol versions.

use core::fmt;

/// A version of the MQTT protocol.
///
/// A connection speaks the version that its CONNECT names: Protocol Name and Protocol Level (3.x) or
/// Protocol Version (5.0). [`Version::detect`] reads it from the first bytes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "users match on it; a new MQTT version is a new major release")]
pub enum Version {
    /// MQTT 3.1 (IBM and Eurotech, 2010): `MQIsdp`, level 3.
    V3_1,
    /// MQTT 3.1.1 (OASIS, 2014; ISO/IEC 20922): `MQTT`, level 4.
    V3_1_1,
    /// MQTT 5.0 (OASIS, 2019): `MQTT`, version 5.
    V5,
}

impl Version {
    /// All versions, oldest first.
    pub const ALL: [Self; 3] = [Self::V3_1, Self::V3_1_1, Self::V5];

    /// The Protocol Name that a CONNECT of this version carries.
    ///
    /// Spec: 3.1 §3.1, 3.1.1 §3.1.2.1, 5.0 §3.1.2.1.
    #[must_use]
    pub const fn protocol_name(self) -> &'static str {
        match self {
            Self::V3_1 => "MQIsdp",
            Self::V3_1_1 | Self::V5 => "MQTT",
        }
    }

    /// The Protocol Level (3.x) or Protocol Version (5.0) byte: 3, 4 or 5.
    ///
    /// Spec: 3.1 §3.1, 3.1.1 §3.1.2.2, 5.0 §3.1.2.2.
    #[must_use]
    pub const fn level(self) -> u8 {
        match self {
            Self::V3_1 => 3,
            Self::V3_1_1 => 4,
            Self::V5 => 5,
        }
    }

    /// The version's usual name: `3.1`, `3.1.1` or `5.0`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::V3_1 => "3.1",
            Self::V3_1_1 => "3.1.1",
            Self::V5 => "5.0",
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text is not the name of a protocol version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an MQTT version: expected 3.1, 3.1.1 or 5.0")]
#[non_exhaustive]
pub struct UnknownVersion;

impl core::str::FromStr for Version {
    type Err = UnknownVersion;

    /// Reads `3.1`, `3.1.1`, `5.0` or `5`.
    fn from_str(s: &str) -> Result<Self, UnknownVersion> {
        match s {
            "3.1" => Ok(Self::V3_1),
            "3.1.1" => Ok(Self::V3_1_1),
            "5.0" | "5" => Ok(Self::V5),
            _ => Err(UnknownVersion),
        }
    }
}
