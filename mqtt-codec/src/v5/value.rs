//! The values of properties: how each travels.
//!
//! MQTT 5.0 §2.2.2.2.

use crate::error::Field;
use crate::parse;
use crate::types::{Binary, BuildError, Qos, Text, TopicName, VarInt, Writer};
use crate::types::{read_byte, read_prefixed, write_all, write_prefixed};
use core::num::{NonZeroU16, NonZeroU32};

/// What a payload is: the value of Payload Format Indicator. Spec: 5.0 §3.3.2.3.2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the standard has two values")]
pub enum PayloadFormat {
    /// 0: unspecified bytes.
    #[default]
    Unspecified,
    /// 1: UTF-8 encoded text.
    Utf8,
}

/// A Subscription Identifier, 1 to 268,435,455. Spec: 5.0 §3.8.2.1.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubscriptionId(VarInt);

impl SubscriptionId {
    /// A Subscription Identifier; `None` for 0 and above 268,435,455.
    #[must_use]
    pub const fn new(id: u32) -> Option<Self> {
        match VarInt::new(id) {
            Some(id) if id.get() != 0 => Some(Self(id)),
            _ => None,
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

/// A User Property: a name and a value, for whatever the two ends agreed on. Names may repeat. Spec: 5.0 §3.1.2.11.8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "a UTF-8 String Pair has two parts")]
pub struct UserProperty<'a> {
    /// The name; may be empty.
    pub name: Text<&'a [u8]>,
    /// The value; may be empty.
    pub value: Text<&'a [u8]>,
}

/// A property value as a Rust type: how to read one that was checked, and how to write it.
pub(super) trait Value<'a>: Sized {
    fn read(bytes: &mut &'a [u8]) -> Option<Self>;
    fn write<W: Writer>(&self, out: &mut W) -> Result<(), BuildError>;
}

impl Value<'_> for bool {
    #[inline]
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        read_byte(bytes).map(|b| b != 0)
    }
    fn write<W: Writer>(&self, out: &mut W) -> Result<(), BuildError> {
        write_all(&[u8::from(*self)], out)
    }
}

impl Value<'_> for PayloadFormat {
    #[inline]
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        bool::read(bytes).map(|utf8| if utf8 { Self::Utf8 } else { Self::Unspecified })
    }
    fn write<W: Writer>(&self, out: &mut W) -> Result<(), BuildError> {
        (*self == Self::Utf8).write(out)
    }
}

/// As the value of Maximum QoS, which is never 2.
impl Value<'_> for Qos {
    #[inline]
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        read_byte(bytes).and_then(Self::new)
    }
    fn write<W: Writer>(&self, out: &mut W) -> Result<(), BuildError> {
        if *self == Self::ExactlyOnce {
            return Err(BuildError::OutOfRange(Field::MaximumQos));
        }
        write_all(&[self.get()], out)
    }
}

/// Integers, and those that are never 0.
macro_rules! integers {
    ($($integer:ty, $nonzero:ty;)*) => { $(
        impl Value<'_> for $integer {
            #[inline]
            fn read(bytes: &mut &[u8]) -> Option<Self> {
                let (value, rest) = bytes.split_first_chunk()?;
                *bytes = rest;
                Some(Self::from_be_bytes(*value))
            }
            fn write<W: Writer>(&self, out: &mut W) -> Result<(), BuildError> {
                write_all(&self.to_be_bytes(), out)
            }
        }

        impl Value<'_> for $nonzero {
            #[inline]
            fn read(bytes: &mut &[u8]) -> Option<Self> {
                <$integer>::read(bytes).and_then(Self::new)
            }
            fn write<W: Writer>(&self, out: &mut W) -> Result<(), BuildError> {
                self.get().write(out)
            }
        }
    )* };
}

integers! {
    u16, NonZeroU16;
    u32, NonZeroU32;
}

impl Value<'_> for SubscriptionId {
    #[inline]
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (rest, id) = parse::var_int(bytes).ok()?;
        *bytes = rest;
        Self::new(id.get())
    }
    fn write<W: Writer>(&self, out: &mut W) -> Result<(), BuildError> {
        let bytes = self.0.to_bytes();
        write_all(bytes.get(..self.0.encoded_len()).unwrap_or_default(), out)
    }
}

/// What travels behind its length.
macro_rules! prefixed {
    ($($type:ident)*) => { $(
        impl<'a> Value<'a> for $type<&'a [u8]> {
            #[inline]
            fn read(bytes: &mut &'a [u8]) -> Option<Self> {
                read_prefixed(bytes).map($type::checked)
            }
            fn write<W: Writer>(&self, out: &mut W) -> Result<(), BuildError> {
                write_prefixed(self.as_bytes(), out)
            }
        }
    )* };
}

prefixed! { Text TopicName Binary }

impl<'a> Value<'a> for UserProperty<'a> {
    #[inline]
    fn read(bytes: &mut &'a [u8]) -> Option<Self> {
        Some(Self { name: Text::read(bytes)?, value: Text::read(bytes)? })
    }
    fn write<W: Writer>(&self, out: &mut W) -> Result<(), BuildError> {
        self.name.write(out)?;
        self.value.write(out)
    }
}
