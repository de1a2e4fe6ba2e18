//! UTF-8 Encoded Strings and Binary Data.

use super::words;
use crate::storage::{MapStorage, Shared, Storage};
use core::fmt;
use core::hash::{Hash, Hasher};
use core::str::Utf8Error;

/// What a UTF-8 Encoded String may hold beyond what every version demands.
///
/// [`TextRules::default`] is what the standards *must* have: well-formed UTF-8 without surrogates
/// \[3.1.1/MQTT-1.5.3-1\] \[5.0/MQTT-1.5.4-1\] and without U+0000 \[3.1.1/MQTT-1.5.3-2\] \[5.0/MQTT-1.5.4-2\]. Control characters
/// and non-characters *should not* be sent, and a receiver *may* refuse them (3.1.1 §1.5.3, 5.0 §1.5.4): the two flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TextRules {
    /// Refuse U+0001 to U+001F and U+007F to U+009F.
    pub refuse_control_characters: bool,
    /// Refuse the 66 Unicode non-characters: U+FDD0 to U+FDEF, and the last two code points of each plane.
    pub refuse_non_characters: bool,
}

impl TextRules {
    /// The default.
    pub(crate) const NONE: Self = Self { refuse_control_characters: false, refuse_non_characters: false };

    #[inline]
    pub(crate) const fn plain(self) -> bool {
        !self.refuse_control_characters && !self.refuse_non_characters
    }
}

/// Why bytes cannot be a UTF-8 Encoded String (or Binary Data, which only has a length limit).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidText {
    /// More than 65,535 bytes: the length prefix has two bytes.
    #[error("{len} bytes are too many: the length prefix allows 65,535")]
    TooLong {
        /// The length in bytes.
        len: usize,
    },
    /// Not well-formed UTF-8; surrogates and over-long forms are not.
    #[error("ill-formed UTF-8 at byte {at}")]
    IllFormed {
        /// The index of the first wrong byte.
        at: usize,
    },
    /// U+0000.
    #[error("null character (U+0000) at byte {at}")]
    Null {
        /// The index of the character.
        at: usize,
    },
}

/// A flaw inside the content of a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextFault {
    IllFormed,
    Null,
    Control(char),
    NonCharacter(char),
}

/// The first flaw of `bytes` as a UTF-8 Encoded String, and its index.
#[inline]
pub(crate) fn find_fault(bytes: &[u8], rules: TextRules) -> Option<(usize, TextFault)> {
    let fast = rules.plain() && (words::is_plain(bytes) || words::is_text(bytes));
    if fast { None } else { find_fault_slowly(bytes, rules) }
}

#[inline(never)]
fn find_fault_slowly(bytes: &[u8], rules: TextRules) -> Option<(usize, TextFault)> {
    let (text, ill_formed) = match core::str::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(e) => {
            let (good, _) = bytes.split_at_checked(e.valid_up_to()).unwrap_or_default();
            (core::str::from_utf8(good).unwrap_or_default(), Some((e.valid_up_to(), TextFault::IllFormed)))
        }
    };
    let flaw = |c: char| match u32::from(c) {
        0 => Some(TextFault::Null),
        1..=0x1f | 0x7f..=0x9f if rules.refuse_control_characters => Some(TextFault::Control(c)),
        n if rules.refuse_non_characters && (matches!(n, 0xfdd0..=0xfdef) || n & 0xfffe == 0xfffe) => {
            Some(TextFault::NonCharacter(c))
        }
        _ => None,
    };
    text.char_indices().find_map(|(at, c)| flaw(c).map(|f| (at, f))).or(ill_formed)
}

/// A UTF-8 Encoded String: at most 65,535 bytes of well-formed UTF-8 without U+0000.
///
/// It keeps the bytes, which were checked once. [`to_str`](Self::to_str) checks them again, as
/// `CStr::to_str` does: safe code has no other way from bytes to `str`, and MQTT 3.1 sets no rule, so that text decoded
/// from a 3.1 packet may be ill-formed. Comparing and hashing work on the bytes and cost no check.
///
/// Spec: 3.1 §2.5, 3.1.1 §1.5.3, 5.0 §1.5.4.
///
/// ```
/// # use mqtt_codec::Text;
/// let text = Text::new("grüß dich")?;
/// assert_eq!(text, "grüß dich");
/// assert_eq!(text.to_str()?, "grüß dich");
/// assert!(Text::new("nul\0").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Default)]
pub struct Text<B = Shared>(pub(super) B);

impl<'a> Text<&'a [u8]> {
    /// Borrows text.
    ///
    /// # Errors
    ///
    /// When it is longer than 65,535 bytes or holds U+0000.
    pub fn new(text: &'a str) -> Result<Self, InvalidText> {
        Self::from_utf8(text.as_bytes())
    }
}

impl<B: Storage> Text<B> {
    /// Takes bytes that have to be text.
    ///
    /// # Errors
    ///
    /// When they are more than 65,535, not well-formed UTF-8, or hold U+0000.
    pub fn from_utf8(bytes: B) -> Result<Self, InvalidText> {
        let this = Self::from_v3_1(bytes)?;
        match find_fault(this.as_bytes(), TextRules::default()) {
            Some((at, TextFault::Null)) => Err(InvalidText::Null { at }),
            Some((at, _)) => Err(InvalidText::IllFormed { at }),
            None => Ok(this),
        }
    }

    /// Takes the bytes of a string of MQTT 3.1, which has no rule on what is well-formed (3.1 §2.5). Not for packets
    /// of another version.
    ///
    /// # Errors
    ///
    /// When they are more than 65,535.
    pub fn from_v3_1(bytes: B) -> Result<Self, InvalidText> {
        let len = bytes.as_ref().len();
        if len > 0xffff { Err(InvalidText::TooLong { len }) } else { Ok(Self(bytes)) }
    }

    /// Wraps bytes that the decoder has checked.
    #[inline]
    pub(crate) const fn checked(bytes: B) -> Self {
        Self(bytes)
    }

    /// The bytes, without the length prefix.
    #[must_use]
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_ref()
    }

    /// The text as `str`, after checking it.
    ///
    /// # Errors
    ///
    /// Only for text decoded from an MQTT 3.1 packet, or made by [`from_v3_1`](Self::from_v3_1).
    pub fn to_str(&self) -> Result<&str, Utf8Error> {
        core::str::from_utf8(self.as_bytes())
    }

    /// The length in bytes, 0 to 65,535.
    #[must_use]
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Whether there are no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }

    /// The same text, borrowed.
    #[must_use]
    #[inline]
    pub fn as_borrowed(&self) -> Text<&[u8]> {
        Text(self.as_bytes())
    }

    /// The storage itself.
    #[must_use]
    pub fn into_inner(self) -> B {
        self.0
    }
}

impl<B> MapStorage<B> for Text<B> {
    type Over<C: Storage> = Text<C>;
    #[inline]
    fn map_storage<'s, C: Storage>(&'s self, f: &mut impl FnMut(&'s B) -> C) -> Text<C>
    where
        B: 's,
    {
        Text(f(&self.0))
    }
}

/// Binary Data: 0 to 65,535 bytes.
///
/// Spec: 5.0 §1.5.6; in 3.1.1 the Will Message and the Password (§3.1.3.3, §3.1.3.5).
#[derive(Clone, Copy, Default)]
pub struct Binary<B = Shared>(B);

impl<B: Storage> Binary<B> {
    /// Takes bytes.
    ///
    /// # Errors
    ///
    /// When they are more than 65,535.
    pub fn new(bytes: B) -> Result<Self, InvalidText> {
        let len = bytes.as_ref().len();
        if len > 0xffff { Err(InvalidText::TooLong { len }) } else { Ok(Self(bytes)) }
    }

    /// Wraps bytes whose length a length prefix has shown to fit.
    #[inline]
    pub(crate) const fn checked(bytes: B) -> Self {
        Self(bytes)
    }

    /// The bytes, without the length prefix.
    #[must_use]
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_ref()
    }

    /// The same bytes, borrowed.
    #[must_use]
    pub fn as_borrowed(&self) -> Binary<&[u8]> {
        Binary(self.as_bytes())
    }

    /// The storage itself.
    #[must_use]
    pub fn into_inner(self) -> B {
        self.0
    }
}

impl<B> MapStorage<B> for Binary<B> {
    type Over<C: Storage> = Binary<C>;
    #[inline]
    fn map_storage<'s, C: Storage>(&'s self, f: &mut impl FnMut(&'s B) -> C) -> Binary<C>
    where
        B: 's,
    {
        Binary(f(&self.0))
    }
}

impl<'a> TryFrom<&'a str> for Text<&'a [u8]> {
    type Error = InvalidText;

    fn try_from(text: &'a str) -> Result<Self, InvalidText> {
        Self::new(text)
    }
}

impl<'a> TryFrom<&'a [u8]> for Binary<&'a [u8]> {
    type Error = InvalidText;

    fn try_from(bytes: &'a [u8]) -> Result<Self, InvalidText> {
        Self::new(bytes)
    }
}

#[cfg(feature = "bytes")]
mod shared {
    use super::{Binary, InvalidText, Text};
    use bytes::Bytes;

    impl TryFrom<&str> for Text<Bytes> {
        type Error = InvalidText;

        /// Copies the text into its own buffer.
        fn try_from(text: &str) -> Result<Self, InvalidText> {
            Self::from_utf8(Bytes::copy_from_slice(text.as_bytes()))
        }
    }

    impl core::str::FromStr for Text<Bytes> {
        type Err = InvalidText;

        /// Copies the text into its own buffer.
        fn from_str(text: &str) -> Result<Self, InvalidText> {
            Self::try_from(text)
        }
    }

    #[cfg(feature = "std")]
    impl TryFrom<std::string::String> for Text<Bytes> {
        type Error = InvalidText;

        /// Takes the memory of the text over.
        fn try_from(text: std::string::String) -> Result<Self, InvalidText> {
            Self::from_utf8(Bytes::from(text))
        }
    }

    impl TryFrom<Bytes> for Text<Bytes> {
        type Error = InvalidText;

        fn try_from(bytes: Bytes) -> Result<Self, InvalidText> {
            Self::from_utf8(bytes)
        }
    }

    impl TryFrom<Bytes> for Binary<Bytes> {
        type Error = InvalidText;

        fn try_from(bytes: Bytes) -> Result<Self, InvalidText> {
            Self::new(bytes)
        }
    }
}

impl<B: Storage> fmt::Debug for Text<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_str() {
            Ok(text) => fmt::Debug::fmt(text, f),
            Err(_) => write!(f, "b\"{}\"", self.as_bytes().escape_ascii()),
        }
    }
}

/// The text; where text of MQTT 3.1 is ill-formed, U+FFFD.
impl<B: Storage> fmt::Display for Text<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.as_bytes().utf8_chunks() {
            f.write_str(chunk.valid())?;
            if !chunk.invalid().is_empty() {
                f.write_str("\u{fffd}")?;
            }
        }
        Ok(())
    }
}

/// What stands for a secret in `Debug`: its length.
pub(crate) struct Hidden(pub(crate) usize);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} bytes>", self.0)
    }
}

/// What `Debug` shows of a payload: at most its first 64 bytes.
pub(crate) struct Payload<'a>(pub(crate) &'a [u8]);

impl fmt::Debug for Payload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.split_first_chunk::<64>() {
            Some((start, rest)) if !rest.is_empty() => {
                write!(f, "b\"{}\"… <{} bytes>", start.escape_ascii(), self.0.len())
            }
            _ => write!(f, "b\"{}\"", self.0.escape_ascii()),
        }
    }
}

impl<B: Storage> fmt::Debug for Binary<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.as_bytes().escape_ascii())
    }
}

/// Compares bytes, across storages and with literals.
macro_rules! compare_bytes {
    ($($type:ident)*) => { $(
        /// They compare and hash as their bytes do, so a map with such keys can be searched by `&[u8]`.
        impl<B: Storage> core::borrow::Borrow<[u8]> for $type<B> {
            fn borrow(&self) -> &[u8] {
                self.as_bytes()
            }
        }
        #[cfg(feature = "bytes")]
        impl<B: Storage> $type<B> {
            /// The same, copied into memory of its own.
            #[must_use]
            pub fn detach(&self) -> $type<bytes::Bytes> {
                $type::checked(bytes::Bytes::copy_from_slice(self.as_bytes()))
            }
        }
        #[cfg(feature = "bytes")]
        impl $type<&[u8]> {
            /// The same over shared bytes: what lies inside `frame` shares it by reference count, anything else is copied.
            #[must_use]
            pub fn share(&self, frame: &bytes::Bytes) -> $type<bytes::Bytes> {
                $type::checked(crate::storage::share_slice(frame, self.as_bytes()))
            }
        }
        impl<B: Storage, C: Storage> PartialEq<$type<C>> for $type<B> {
            fn eq(&self, other: &$type<C>) -> bool {
                self.as_bytes() == other.as_bytes()
            }
        }
        impl<B: Storage> Eq for $type<B> {}
        impl<B: Storage, C: Storage> PartialOrd<$type<C>> for $type<B> {
            fn partial_cmp(&self, other: &$type<C>) -> Option<core::cmp::Ordering> {
                Some(self.as_bytes().cmp(other.as_bytes()))
            }
        }
        impl<B: Storage> Ord for $type<B> {
            fn cmp(&self, other: &Self) -> core::cmp::Ordering {
                self.as_bytes().cmp(other.as_bytes())
            }
        }
        impl<B: Storage> Hash for $type<B> {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.as_bytes().hash(state);
            }
        }
        impl<B: Storage> PartialEq<str> for $type<B> {
            fn eq(&self, other: &str) -> bool {
                self.as_bytes() == other.as_bytes()
            }
        }
        impl<B: Storage> PartialEq<&str> for $type<B> {
            fn eq(&self, other: &&str) -> bool {
                self.as_bytes() == other.as_bytes()
            }
        }
        impl<B: Storage> PartialEq<[u8]> for $type<B> {
            fn eq(&self, other: &[u8]) -> bool {
                self.as_bytes() == other
            }
        }
        impl<B: Storage> AsRef<[u8]> for $type<B> {
            fn as_ref(&self) -> &[u8] {
                self.as_bytes()
            }
        }
    )* };
}
pub(crate) use compare_bytes;

compare_bytes!(Text Binary);

#[cfg(all(test, feature = "proptest"))]
mod tests {
    use super::*;
    use ::proptest::collection::vec;
    use ::proptest::prelude::*;
    use std::string::String;

    proptest! {
        /// The contract of the fast paths for text: yes only where the careful check finds nothing; and that of text that is
        /// not ASCII finds all that is right.
        #[test]
        fn the_fast_paths_accept_no_more_than_the_careful_check(
            text in prop_oneof![
                "[ -~]{0,80}".prop_map(String::into_bytes),
                "\\PC{0,40}".prop_map(String::into_bytes),
                "[a+#/\u{0}\u{e9}\u{4e00}]{0,30}".prop_map(String::into_bytes),
                vec(any::<u8>(), 0..80),
            ]
        ) {
            let right = find_fault_slowly(&text, TextRules::NONE).is_none();
            let wildcard = text.iter().any(|b| matches!(b, b'+' | b'#'));
            prop_assert!(!words::is_plain(&text) || right);
            prop_assert!(!words::is_plain_topic(&text) || right && !wildcard);
            prop_assert_eq!(words::is_text(&text), right);
            prop_assert_eq!(words::is_topic(&text), right && !wildcard);
        }
    }
}
