//! The values of properties: how each travels.
//!
//! MQTT 5.0 §2.2.2.2.

use super::shape::Raw;
use crate::error::Field;
use crate::types::write_prefixed;
use crate::types::{Binary, BuildError, Qos, Text, TopicName, VarInt, Writer};
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

/// A property value as a Rust type: how it comes out of one that was checked, and how to write it.
pub(super) trait Value<'a>: Sized {
    fn from_raw(raw: Raw<'a>) -> Option<Self>;
    fn write<W: Writer>(&self, out: &mut W) -> Result<(), BuildError>;
}

/// Values that are numbers: how to make one of a number, and the bytes to write.
macro_rules! numbers {
    ($($type:ty: $number:ident => $from:expr, $value:ident => $bytes:expr;)*) => { $(
        impl Value<'_> for $type {
            #[inline(always)]
            fn from_raw(raw: Raw<'_>) -> Option<Self> {
                match raw {
                    Raw::Number($number) => $from,
                    Raw::Bytes(_) | Raw::Pair(..) => None,
                }
            }
            fn write<W: Writer>(&self, out: &mut W) -> Result<(), BuildError> {
                let $value = *self;
                out.put(&$bytes);
                Ok(())
            }
        }
    )* };
}

numbers! {
    bool: number => Some(number != 0), value => [u8::from(value)];
    PayloadFormat: number => Some(if number == 0 { Self::Unspecified } else { Self::Utf8 }), value => [value as u8];
    u16: number => number.try_into().ok(), value => value.to_be_bytes();
    u32: number => Some(number), value => value.to_be_bytes();
    NonZeroU16: number => number.try_into().ok().and_then(Self::new), value => value.get().to_be_bytes();
    NonZeroU32: number => Self::new(number), value => value.get().to_be_bytes();
}

/// As the value of Maximum QoS, which is never 2.
impl Value<'_> for Qos {
    #[inline(always)]
    fn from_raw(raw: Raw<'_>) -> Option<Self> {
        bool::from_raw(raw).map(|one| if one { Self::AtLeastOnce } else { Self::AtMostOnce })
    }
    fn write<W: Writer>(&self, out: &mut W) -> Result<(), BuildError> {
        if *self == Self::ExactlyOnce {
            return Err(BuildError::OutOfRange(Field::MaximumQos));
        }
        out.put(&[self.get()]);
        Ok(())
    }
}

impl Value<'_> for SubscriptionId {
    #[inline(always)]
    fn from_raw(raw: Raw<'_>) -> Option<Self> {
        u32::from_raw(raw).and_then(Self::new)
    }
    fn write<W: Writer>(&self, out: &mut W) -> Result<(), BuildError> {
        let bytes = self.0.to_bytes();
        out.put(bytes.get(..self.0.encoded_len()).unwrap_or_default());
        Ok(())
    }
}

/// What travels behind its length.
macro_rules! prefixed {
    ($($type:ident)*) => { $(
        impl<'a> Value<'a> for $type<&'a [u8]> {
            #[inline(always)]
            fn from_raw(raw: Raw<'a>) -> Option<Self> {
                match raw {
                    Raw::Bytes(bytes) => Some($type::checked(bytes)),
                    Raw::Number(_) | Raw::Pair(..) => None,
                }
            }
            fn write<W: Writer>(&self, out: &mut W) -> Result<(), BuildError> {
                write_prefixed(self.as_bytes(), out)
            }
        }
    )* };
}

prefixed! { Text TopicName Binary }

impl<'a> Value<'a> for UserProperty<'a> {
    #[inline(always)]
    fn from_raw(raw: Raw<'a>) -> Option<Self> {
        match raw {
            Raw::Pair(name, value) => Some(Self { name: Text::checked(name), value: Text::checked(value) }),
            Raw::Number(_) | Raw::Bytes(_) => None,
        }
    }
    fn write<W: Writer>(&self, out: &mut W) -> Result<(), BuildError> {
        self.name.write(out)?;
        self.value.write(out)
    }
}
