//! Topic Names and Topic Filters, and how they match.

use super::text::compare_bytes;
use super::{InvalidText, Text, words};
use crate::storage::{MapStorage, Shared, Storage};
use core::fmt;
use core::hash::{Hash, Hasher};
use core::str::Utf8Error;

/// Why text cannot be a Topic Name or Topic Filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTopic {
    /// It is no UTF-8 Encoded String at all.
    #[error(transparent)]
    Text(#[from] InvalidText),
    /// It is empty \[3.1.1/MQTT-4.7.3-1\] \[5.0/MQTT-4.7.3-1\].
    #[error("a topic has at least one character")]
    Empty,
    /// A Topic Name holds `+` or `#` \[3.1.1/MQTT-4.7.1-1\] \[5.0/MQTT-4.7.0-1\].
    #[error("wildcard at byte {at} of a Topic Name")]
    Wildcard {
        /// The index of the wildcard.
        at: usize,
    },
    /// A wildcard in a Topic Filter does not fill its level, or `#` is not last \[3.1.1/MQTT-4.7.1-2\] \[3.1.1/MQTT-4.7.1-3\]
    /// \[5.0/MQTT-4.7.1-1\] \[5.0/MQTT-4.7.1-2\].
    #[error("misplaced wildcard at byte {at} of a Topic Filter")]
    Misplaced {
        /// The index of the wildcard.
        at: usize,
    },
    /// A `$share/` filter without a well-formed `ShareName` and a filter behind it
    /// \[5.0/MQTT-4.8.2-1\] \[5.0/MQTT-4.8.2-2\].
    #[error("not $share/{{ShareName}}/{{filter}} from byte {at} on")]
    SharedSubscription {
        /// The index of the first wrong byte.
        at: usize,
    },
}

const SHARE: &[u8] = b"$share/";

/// The index of the first `+` or `#`.
#[inline]
pub(crate) fn find_wildcard(name: &[u8]) -> Option<usize> {
    name.iter().position(|b| matches!(b, b'+' | b'#'))
}

/// Whether the bytes are ASCII without U+0000 and misplaced wildcards: a Topic Filter, then, if there are any. One pass.
#[inline(never)]
pub(crate) fn is_plain_filter(filter: &[u8]) -> bool {
    words::is_plain_filter(filter, |at| fills_its_level(filter, at))
}

/// What follows a Topic Filter behind its length, if the filter is right for sure: not empty, and plain.
#[inline(always)]
pub(crate) fn skip_plain_filter(input: &[u8]) -> Option<&[u8]> {
    let (len, rest) = input.split_first_chunk()?;
    let len = usize::from(u16::from_be_bytes(*len));
    let (filter, rest) = rest.split_at_checked(len)?;
    let plain = words::is_plain_topic_inline(filter) || is_plain_filter(filter);
    (plain && len != 0).then_some(rest)
}

/// The index of the first wildcard that stands where it must not.
pub(crate) fn find_misplaced(filter: &[u8]) -> Option<usize> {
    words::first_wildcard(filter, |at| !fills_its_level(filter, at))
}

/// Whether a wildcard stands where it may, judged by its neighbours: `+` and `#` have a slash or nothing before them, `+` a
/// slash or nothing behind it, and `#` nothing.
#[inline(always)]
fn fills_its_level(filter: &[u8], at: usize) -> bool {
    let starts_level = at == 0 || filter.get(at - 1) == Some(&b'/');
    let ends_level = match filter.get(at + 1) {
        None => true,
        Some(b'/') => filter.get(at) == Some(&b'+'),
        Some(_) => false,
    };
    starts_level && ends_level
}

/// The index of the first byte that keeps a filter starting with `$share/` from being a Shared Subscription.
pub(crate) fn find_share_fault(filter: &[u8]) -> Option<usize> {
    let rest = filter.strip_prefix(SHARE)?;
    let name_at = filter.len() - rest.len();
    match rest.iter().position(|b| matches!(b, b'/' | b'+' | b'#')) {
        Some(0) => Some(name_at),
        Some(n) if rest.get(n) != Some(&b'/') => Some(name_at + n),
        Some(n) if n + 1 == rest.len() => Some(filter.len()),
        Some(_) => None,
        None => Some(filter.len()),
    }
}

macro_rules! topic_type {
    ($type:ident) => {
        impl<B: Storage> $type<B> {
            /// Wraps bytes that the decoder has checked.
            #[inline]
            pub(crate) const fn checked(bytes: B) -> Self {
                Self(Text::checked(bytes))
            }

            /// The bytes, without the length prefix.
            #[must_use]
            #[inline]
            pub fn as_bytes(&self) -> &[u8] {
                self.0.as_bytes()
            }

            /// The text as `str`, after checking it; see [`Text::to_str`].
            ///
            /// # Errors
            ///
            /// Only for text decoded from an MQTT 3.1 packet.
            pub fn to_str(&self) -> Result<&str, Utf8Error> {
                self.0.to_str()
            }

            /// The same, borrowed.
            #[must_use]
            #[inline]
            pub fn as_borrowed(&self) -> $type<&[u8]> {
                $type(self.0.as_borrowed())
            }

            /// The text itself.
            #[must_use]
            pub fn as_text(&self) -> &Text<B> {
                &self.0
            }

            /// The levels, from the left; a topic with n slashes has n + 1 levels, each may be empty.
            ///
            /// Spec: 3.1.1 and 5.0 §4.7.1.1.
            #[must_use]
            pub fn levels(&self) -> Levels<'_> {
                Levels { rest: Some(self.as_bytes()) }
            }
        }

        impl<B> MapStorage<B> for $type<B> {
            type Over<C: Storage> = $type<C>;
            #[inline]
            fn map_storage<'s, C: Storage>(&'s self, f: &mut impl FnMut(&'s B) -> C) -> $type<C>
            where
                B: 's,
            {
                $type(self.0.map_storage(f))
            }
        }

        #[cfg(feature = "bytes")]
        impl From<$type<&'static [u8]>> for $type<bytes::Bytes> {
            /// Without a copy.
            fn from(topic: $type<&'static [u8]>) -> Self {
                Self::checked(bytes::Bytes::from_static(topic.into_inner()))
            }
        }

        impl<B: Storage> $type<B> {
            /// The bytes.
            #[must_use]
            pub fn into_inner(self) -> B {
                self.0.into_inner()
            }
        }

        impl<'a> $type<&'a [u8]> {
            /// Borrows text.
            ///
            /// # Errors
            ///
            /// As [`TryFrom`]: see [`InvalidTopic`].
            pub fn new(text: &'a str) -> Result<Self, InvalidTopic> {
                Self::try_from(Text::new(text)?)
            }
        }

        impl<'a> TryFrom<&'a str> for $type<&'a [u8]> {
            type Error = InvalidTopic;

            fn try_from(text: &'a str) -> Result<Self, InvalidTopic> {
                Self::new(text)
            }
        }

        #[cfg(feature = "bytes")]
        impl TryFrom<&str> for $type<bytes::Bytes> {
            type Error = InvalidTopic;

            /// Copies the text into its own buffer.
            fn try_from(text: &str) -> Result<Self, InvalidTopic> {
                Self::try_from(Text::<bytes::Bytes>::try_from(text)?)
            }
        }

        #[cfg(feature = "bytes")]
        impl core::str::FromStr for $type<bytes::Bytes> {
            type Err = InvalidTopic;

            /// Copies the text into its own buffer.
            fn from_str(text: &str) -> Result<Self, InvalidTopic> {
                Self::try_from(text)
            }
        }

        #[cfg(all(feature = "bytes", feature = "std"))]
        impl TryFrom<std::string::String> for $type<bytes::Bytes> {
            type Error = InvalidTopic;

            /// Takes the memory of the text over.
            fn try_from(text: std::string::String) -> Result<Self, InvalidTopic> {
                Self::try_from(Text::<bytes::Bytes>::try_from(text)?)
            }
        }

        #[cfg(feature = "bytes")]
        impl TryFrom<bytes::Bytes> for $type<bytes::Bytes> {
            type Error = InvalidTopic;

            /// Shares the memory of the text.
            fn try_from(text: bytes::Bytes) -> Result<Self, InvalidTopic> {
                Self::try_from(Text::<bytes::Bytes>::try_from(text)?)
            }
        }

        impl<B: Storage> fmt::Debug for $type<B> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl<B: Storage> fmt::Display for $type<B> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

/// A Topic Name: what a message is published to. At least one character, no wildcards, no U+0000, at most 65,535 bytes.
///
/// Spec: 3.1 Appendix A, 3.1.1 §4.7 \[3.1.1/MQTT-4.7.1-1\] \[3.1.1/MQTT-4.7.3-1\] \[3.1.1/MQTT-4.7.3-2\] \[3.1.1/MQTT-4.7.3-3\],
/// 5.0 §4.7 \[5.0/MQTT-4.7.0-1\] \[5.0/MQTT-4.7.3-1\] \[5.0/MQTT-4.7.3-2\] \[5.0/MQTT-4.7.3-3\].
///
/// ```
/// # use mqtt_codec::TopicName;
/// let topic = TopicName::new("sport/tennis")?;
/// assert_eq!(topic, "sport/tennis");
/// assert!(TopicName::new("sport/+").is_err());
/// # #[cfg(feature = "bytes")] {
/// let owned: TopicName = "sport/tennis".parse()?; // `'static`, in `Bytes`
/// assert_eq!(owned, topic);
/// # #[cfg(feature = "std")]
/// assert_eq!(TopicName::try_from(String::from("sport/tennis"))?, topic);
/// # }
/// # Ok::<(), mqtt_codec::InvalidTopic>(())
/// ```
#[derive(Clone, Copy)]
pub struct TopicName<B = Shared>(Text<B>);

/// A Topic Filter: what a client subscribes to. As a Topic Name, but `+` may fill a level and `#` the last.
///
/// Spec: 3.1 Appendix A, 3.1.1 §4.7, 5.0 §4.7 and §4.8.
///
/// ```
/// # use mqtt_codec::{TopicFilter, TopicName};
/// let filter = TopicFilter::new("sport/+/player1/#")?;
/// assert!(filter.matches(&TopicName::new("sport/tennis/player1/ranking")?));
/// assert!(filter.matches(&TopicName::new("sport/tennis/player1")?));
/// assert!(!filter.matches(&TopicName::new("sport/tennis")?));
/// assert!(TopicFilter::new("sport+").is_err());
/// # Ok::<(), mqtt_codec::InvalidTopic>(())
/// ```
#[derive(Clone, Copy)]
pub struct TopicFilter<B = Shared>(Text<B>);

topic_type!(TopicName);
topic_type!(TopicFilter);

impl TopicName<&'static [u8]> {
    /// A Topic Name from a literal, for constants; a wrong one does not compile there.
    ///
    /// ```
    /// use mqtt_codec::TopicName;
    ///
    /// const STATE: TopicName<&[u8]> = TopicName::from_static("line/7/state");
    /// assert_eq!(STATE, "line/7/state");
    /// ```
    ///
    /// ```compile_fail
    /// const WRONG: mqtt_codec::TopicName<&[u8]> = mqtt_codec::TopicName::from_static("line/#");
    /// ```
    ///
    /// # Panics
    ///
    /// When the text is no Topic Name.
    #[must_use]
    pub const fn from_static(topic: &'static str) -> Self {
        assert!(is_right(topic.as_bytes(), false), "not a Topic Name");
        Self::checked(topic.as_bytes())
    }
}

#[cfg(feature = "filter-map")]
impl<'a> TopicFilter<&'a [u8]> {
    /// The levels, for as long as the bytes live.
    pub(crate) const fn into_levels(self) -> Levels<'a> {
        Levels { rest: Some(self.0.0) }
    }
}

impl TopicFilter<&'static [u8]> {
    /// A Topic Filter from a literal, for constants; a wrong one does not compile there.
    ///
    /// ```
    /// use mqtt_codec::TopicFilter;
    ///
    /// const ALL: TopicFilter<&[u8]> = TopicFilter::from_static("line/+/state");
    /// assert_eq!(ALL, "line/+/state");
    /// ```
    ///
    /// # Panics
    ///
    /// When the text is no Topic Filter.
    #[must_use]
    pub const fn from_static(filter: &'static str) -> Self {
        assert!(is_right(filter.as_bytes(), true), "not a Topic Filter");
        Self::checked(filter.as_bytes())
    }
}

/// Whether this UTF-8 is a Topic Name, or a Topic Filter where wildcards are allowed; for constants.
const fn is_right(mut rest: &[u8], wildcards: bool) -> bool {
    if rest.is_empty() || rest.len() > 0xffff {
        return false;
    }
    let mut starts_level = true;
    while let [first, tail @ ..] = rest {
        let ends_level = match (*first, tail) {
            (0, _) => return false,
            (b'#', tail) => tail.is_empty(),
            (b'+', tail) => matches!(tail, [] | [b'/', ..]),
            _ => {
                starts_level = *first == b'/';
                rest = tail;
                continue;
            }
        };
        if !(wildcards && starts_level && ends_level) {
            return false;
        }
        starts_level = false;
        rest = tail;
    }
    true
}
compare_bytes!(TopicName TopicFilter);

impl<B: Storage> TryFrom<Text<B>> for TopicName<B> {
    type Error = InvalidTopic;

    fn try_from(text: Text<B>) -> Result<Self, InvalidTopic> {
        if text.is_empty() {
            return Err(InvalidTopic::Empty);
        }
        if words::is_plain_topic(text.as_bytes()) {
            return Ok(Self(text));
        }
        match find_wildcard(text.as_bytes()) {
            Some(at) => Err(InvalidTopic::Wildcard { at }),
            None => Ok(Self(text)),
        }
    }
}

impl<B: Storage> TryFrom<Text<B>> for TopicFilter<B> {
    type Error = InvalidTopic;

    fn try_from(text: Text<B>) -> Result<Self, InvalidTopic> {
        if text.is_empty() {
            return Err(InvalidTopic::Empty);
        }
        if words::is_plain_topic(text.as_bytes()) {
            return Ok(Self(text));
        }
        match find_misplaced(text.as_bytes()) {
            Some(at) => Err(InvalidTopic::Misplaced { at }),
            None => Ok(Self(text)),
        }
    }
}

impl<B: Storage> TopicFilter<B> {
    /// Whether a message published to `topic` matches this filter.
    ///
    /// Level by level and byte by byte, without normalization \[3.1.1/MQTT-4.7.3-4\] \[5.0/MQTT-4.7.3-4\]; `#` includes
    /// the parent level; a filter
    /// that starts with a wildcard matches no topic that starts with `$`
    /// \[3.1.1/MQTT-4.7.2-1\] \[5.0/MQTT-4.7.2-1\] (3.1 has no such rule, and a
    /// server may apply it). A `$share/` filter is compared as it stands, as 3.x wants it; in 5.0 match
    /// [`shared`](Self::shared)`.filter` instead.
    ///
    /// Spec: 3.1 Appendix A, 3.1.1 §4.7, 5.0 §4.7.
    #[must_use]
    pub fn matches<C: Storage>(&self, topic: &TopicName<C>) -> bool {
        let (filter, topic) = (self.as_bytes(), topic.as_bytes());
        if topic.first() == Some(&b'$') && matches!(filter.first(), Some(b'+' | b'#')) {
            return false;
        }
        let mut levels = Levels { rest: Some(topic) };
        for wanted in (Levels { rest: Some(filter) }) {
            if wanted == b"#" {
                return true;
            }
            match levels.next() {
                Some(level) if wanted == b"+" || wanted == level => {}
                _ => return false,
            }
        }
        levels.next().is_none()
    }

    /// Whether the filter holds a wildcard.
    #[must_use]
    pub fn has_wildcard(&self) -> bool {
        find_wildcard(self.as_bytes()).is_some()
    }

    /// The parts of a Shared Subscription's filter, `$share/{ShareName}/{filter}`; `None` for any other filter.
    ///
    /// Only 5.0 has Shared Subscriptions; in 3.x such a filter is an ordinary one.
    ///
    /// Spec: 5.0 §4.8.2 \[5.0/MQTT-4.8.2-1\] \[5.0/MQTT-4.8.2-2\].
    ///
    /// ```
    /// # use mqtt_codec::TopicFilter;
    /// let filter = TopicFilter::new("$share/workers/jobs/#")?;
    /// let shared = filter.shared().unwrap();
    /// assert_eq!(shared.share_name, "workers");
    /// assert_eq!(shared.filter, "jobs/#");
    /// # Ok::<(), mqtt_codec::InvalidTopic>(())
    /// ```
    #[must_use]
    pub fn shared(&self) -> Option<SharedSubscription<'_>> {
        let filter = self.as_bytes();
        let rest = filter.strip_prefix(SHARE)?;
        if find_share_fault(filter).is_some() {
            return None;
        }
        let slash = rest.iter().position(|&b| b == b'/')?;
        let (name, tail) = rest.split_at_checked(slash)?;
        let (_, tail) = tail.split_at_checked(1)?;
        Some(SharedSubscription { share_name: Text::checked(name), filter: TopicFilter::checked(tail) })
    }

    /// Refuses what 5.0 does not allow as a filter though 3.x does: a malformed `$share/`.
    pub(crate) fn check_v5(&self) -> Result<(), InvalidTopic> {
        match find_share_fault(self.as_bytes()) {
            Some(at) => Err(InvalidTopic::SharedSubscription { at }),
            None => Ok(()),
        }
    }
}

/// The parts of `$share/{ShareName}/{filter}`. Spec: 5.0 §4.8.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "the standard gives a Shared Subscription these two parts")]
pub struct SharedSubscription<'a> {
    /// The `ShareName`: at least one character, without `/`, `+` and `#`.
    pub share_name: Text<&'a [u8]>,
    /// The Topic Filter that messages are matched against.
    pub filter: TopicFilter<&'a [u8]>,
}

/// The levels of a topic, from [`TopicName::levels`] or [`TopicFilter::levels`].
#[derive(Clone, Debug)]
pub struct Levels<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Iterator for Levels<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest?;
        match rest.iter().position(|&b| b == b'/') {
            Some(slash) => {
                let (level, tail) = rest.split_at_checked(slash)?;
                self.rest = tail.split_first().map(|(_, tail)| tail);
                Some(level)
            }
            None => self.rest.take(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_match(filter: &str, topic: &str, expected: bool) {
        let matches = TopicFilter::new(filter).unwrap().matches(&TopicName::new(topic).unwrap());
        assert_eq!(matches, expected, "{filter} against {topic}");
    }

    #[test]
    fn matches_by_section_4_7() {
        for topic in
            ["sport/tennis/player1", "sport/tennis/player1/ranking", "sport/tennis/player1/score/wimbledon"]
        {
            check_match("sport/tennis/player1/#", topic, true);
        }
        for (filter, topic) in [
            ("sport/#", "sport"),
            ("#", "a"),
            ("#", "/"),
            ("+", "a"),
            ("+/+", "/finance"),
            ("/+", "/finance"),
            ("+/", "a/"),
            ("a//b", "a//b"),
            ("a/+/b", "a//b"),
            ("/#", "/"),
            ("/#", "/a"),
            ("$SYS/#", "$SYS/x"),
            ("$SYS/+", "$SYS/x"),
            ("a/$x", "a/$x"),
            ("+/$x", "a/$x"),
        ] {
            check_match(filter, topic, true);
        }
        for (filter, topic) in [
            ("sport/+", "sport"),
            ("+", "/finance"),
            ("+", "a/b"),
            ("a", "a/"),
            ("a/", "a"),
            ("a", "A"),
            ("/#", "a"),
            ("#", "$SYS/x"),
            ("+/x", "$SYS/x"),
            ("+", "$SYS"),
            ("a/b/c", "a/b"),
            ("a/b", "a/b/c"),
            ("a/+/c", "a/b/b"),
        ] {
            check_match(filter, topic, false);
        }
    }

    #[test]
    fn literals_are_judged_as_other_text_is() {
        for topic in [
            "", "a", "a/b", "#", "+", "a#", "a/#", "a/#/b", "+/+", "a/+b", "+a", "a\0", "é/+/#", "/", "//#",
            "##", "++",
        ] {
            assert_eq!(is_right(topic.as_bytes(), false), TopicName::new(topic).is_ok(), "{topic}");
            assert_eq!(is_right(topic.as_bytes(), true), TopicFilter::new(topic).is_ok(), "{topic}");
        }
    }

    #[test]
    fn refuses_misplaced_wildcards() {
        for (filter, at) in
            [("a#", 1), ("a/#/b", 2), ("#/a", 0), ("a+", 1), ("+a/b", 0), ("a/b+", 3), ("##", 0)]
        {
            assert_eq!(TopicFilter::new(filter), Err(InvalidTopic::Misplaced { at }), "{filter}");
        }
        assert_eq!(TopicFilter::new(""), Err(InvalidTopic::Empty));
        assert_eq!(TopicName::new("a/#"), Err(InvalidTopic::Wildcard { at: 2 }));
    }

    #[test]
    fn takes_shared_subscriptions_apart() {
        for (filter, at) in [("$share/", 7), ("$share/a", 8), ("$share/a/", 9), ("$share//a", 7)] {
            let filter = TopicFilter::new(filter).unwrap();
            assert_eq!(filter.check_v5(), Err(InvalidTopic::SharedSubscription { at }), "{filter}");
            assert_eq!(filter.shared(), None);
        }
        assert_eq!(find_share_fault(b"$share/a+b/c"), Some(8));
        for ordinary in ["$share", "$shared/a"] {
            assert_eq!(TopicFilter::new(ordinary).unwrap().check_v5(), Ok(()), "{ordinary}");
        }
        let filter = TopicFilter::new("$share/g//").unwrap();
        assert_eq!(filter.shared().unwrap().filter, "/");
    }
}
