//! Leaf grammars, and the cursor that sequences them. The only file that imports nom.

use crate::error::{Cause, DecodeError, Field};
use crate::types::{
    Binary, PacketId, Text, TextFault, TextRules, TopicFilter, TopicName, VarInt, find_fault,
};
use crate::types::{
    InvalidTopic, find_misplaced, find_wildcard, is_plain, is_plain_filter, is_plain_topic, is_text, is_topic,
};
use crate::{PacketType, Version};
use nom::IResult;

/// Why a leaf grammar refused: what is wrong, and how far behind the start of the field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leaf {
    cause: Cause,
    skip: usize,
}

impl Leaf {
    const fn at_start(cause: Cause) -> Self {
        Self { cause, skip: 0 }
    }
}

pub(crate) type Parsed<'a, T> = IResult<&'a [u8], T, Leaf>;

const fn refuse<'a, T>(cause: Cause, skip: usize) -> Parsed<'a, T> {
    Err(nom::Err::Error(Leaf { cause, skip }))
}

/// One byte.
#[inline(always)]
pub(crate) fn byte(input: &[u8]) -> Parsed<'_, u8> {
    array::<1>(input).map(|(rest, [b])| (rest, b))
}

/// A Two Byte Integer. Spec: 5.0 §1.5.2.
#[inline(always)]
pub(crate) fn u16(input: &[u8]) -> Parsed<'_, u16> {
    array(input).map(|(rest, bytes)| (rest, u16::from_be_bytes(bytes)))
}

#[inline(always)]
fn array<const N: usize>(input: &[u8]) -> Parsed<'_, [u8; N]> {
    match input.split_first_chunk::<N>() {
        Some((bytes, rest)) => Ok((rest, *bytes)),
        None => refuse(Cause::Truncated, 0),
    }
}

/// A Variable Byte Integer, in any length from one to four bytes. Spec: 3.1.1 §2.2.3 (with erratum 2.1), 5.0 §1.5.5.
#[inline]
pub(crate) fn var_int(input: &[u8]) -> Parsed<'_, VarInt> {
    let mut value = 0;
    let mut rest = input;
    for shift in [0, 7, 14, 21] {
        let (tail, b) = byte(rest)?;
        rest = tail;
        value |= u32::from(b & 0x7f) << shift;
        if b & 0x80 == 0 {
            return Ok((rest, VarInt::new(value).unwrap_or(VarInt::MAX)));
        }
    }
    refuse(Cause::VarIntTooLong, 0) // [3.1/V31-2.1-9]
}

/// A Variable Byte Integer in its shortest form \[5.0/MQTT-1.5.5-1\].
#[inline(always)]
pub(crate) fn shortest_var_int(input: &[u8]) -> Parsed<'_, VarInt> {
    match *input {
        // Nearly every one has one byte.
        [value @ 0..=0x7f, ref rest @ ..] => Ok((rest, VarInt::from(u16::from(value)))),
        _ => longer_var_int(input),
    }
}

#[inline(never)]
fn longer_var_int(input: &[u8]) -> Parsed<'_, VarInt> {
    let (rest, value) = var_int(input)?;
    if value.encoded_len() == input.len() - rest.len() {
        Ok((rest, value))
    } else {
        refuse(Cause::VarIntOverlong, 0)
    }
}

/// A Packet Identifier.
#[inline(always)]
pub(crate) fn packet_id(input: &[u8]) -> Parsed<'_, PacketId> {
    let (rest, id) = u16(input)?;
    match PacketId::new(id) {
        Some(id) => Ok((rest, id)),
        None => refuse(Cause::PacketIdZero, 0), // [3.1/V31-2.4-1] [3.1.1/MQTT-2.3.1-1] [5.0/MQTT-2.2.1-3] [5.0/MQTT-2.2.1-4]
    }
}

/// Bytes behind their two-byte length.
#[inline(always)]
pub(crate) fn prefixed(input: &[u8]) -> Parsed<'_, &[u8]> {
    let (rest, len) = u16(input)?;
    match rest.split_at_checked(usize::from(len)) {
        Some((bytes, rest)) => Ok((rest, bytes)),
        None => refuse(Cause::Truncated, 0),
    }
}

/// Binary Data. Spec: 5.0 §1.5.6.
#[inline(always)]
pub(crate) fn binary(input: &[u8]) -> Parsed<'_, Binary<&[u8]>> {
    prefixed(input).map(|(rest, bytes)| (rest, Binary::checked(bytes)))
}

/// What a string may hold: the rules of a version, and the caller's.
///
/// Nearly all strings are ASCII. Each kind has a fast path that accepts these, eight bytes at a time; the others, and all
/// where control characters are refused, go to a careful check that says what is wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strings<'o> {
    version: Version,
    rules: &'o TextRules,
}

impl<'o> Strings<'o> {
    /// By the caller's rules. 3.1 sets none, its decoder has none, and U+0000 is forbidden in topics only.
    #[inline(always)]
    pub(crate) const fn new(version: Version, rules: &'o TextRules) -> Self {
        Self { version, rules }
    }

    /// Whether a string is refused that is ASCII without U+0000.
    #[inline(always)]
    pub(crate) const fn refuses_ascii(self) -> bool {
        self.rules.refuse_control_characters
    }

    #[inline(never)]
    fn check(self, bytes: &[u8]) -> Result<(), Leaf> {
        if self.version == Version::V3_1 || self.rules.plain() && is_text(bytes) {
            return Ok(()); // in 3.1 any bytes [3.1/V31-2.5-1]
        }
        // [3.1.1/MQTT-1.5.3-1] [3.1.1/MQTT-1.5.3-2] [5.0/MQTT-1.5.4-1] [5.0/MQTT-1.5.4-2]
        match find_fault(bytes, *self.rules) {
            Some((at, fault)) => Err(Leaf { cause: text_cause(fault), skip: 2 + at }),
            None => Ok(()),
        }
    }

    fn check_topic(self, bytes: &[u8]) -> Result<(), Leaf> {
        if bytes.is_empty() {
            return Err(Leaf::at_start(Cause::Empty)); // [3.1.1/MQTT-4.7.3-1] [5.0/MQTT-4.7.3-1]
        }
        if self.version == Version::V3_1
            && let Some(at) = bytes.iter().position(|&b| b == 0)
        {
            return Err(Leaf { cause: Cause::NullCharacter, skip: 2 + at });
        }
        self.check(bytes) // [3.1.1/MQTT-4.7.3-2] [5.0/MQTT-4.7.3-2]
    }

    /// A UTF-8 Encoded String, the byte order mark kept \[3.1.1/MQTT-1.5.3-3\] \[5.0/MQTT-1.5.4-3\].
    #[inline(always)]
    pub(crate) fn text(self, input: &[u8]) -> Parsed<'_, Text<&[u8]>> {
        let (rest, bytes) = prefixed(input)?;
        if !is_plain(bytes) || self.refuses_ascii() {
            self.check(bytes).map_err(nom::Err::Error)?;
        }
        Ok((rest, Text::checked(bytes)))
    }

    /// A Topic Name.
    #[inline(always)]
    pub(crate) fn topic_name(self, input: &[u8]) -> Parsed<'_, TopicName<&[u8]>> {
        let (rest, bytes) = prefixed(input)?;
        if bytes.is_empty() || !is_plain_topic(bytes) || self.refuses_ascii() {
            self.check_topic_name(bytes).map_err(nom::Err::Error)?;
        }
        Ok((rest, TopicName::checked(bytes)))
    }

    /// A Topic Name, or none if it is empty: in 5.0 an alias may stand for it.
    #[inline(always)]
    pub(crate) fn topic_name_or_none(self, input: &[u8]) -> Parsed<'_, Option<TopicName<&[u8]>>> {
        let (rest, bytes) = prefixed(input)?;
        if bytes.is_empty() {
            return Ok((rest, None));
        }
        if !is_plain_topic(bytes) || self.refuses_ascii() {
            self.check_topic_name(bytes).map_err(nom::Err::Error)?;
        }
        Ok((rest, Some(TopicName::checked(bytes))))
    }

    #[inline(never)]
    fn check_topic_name(self, bytes: &[u8]) -> Result<(), Leaf> {
        if self.rules.plain() && !bytes.is_empty() && is_topic(bytes) {
            return Ok(());
        }
        self.check_topic(bytes)?;
        match find_wildcard(bytes) {
            // [3.1/V31-3.3-3] [3.1.1/MQTT-3.3.2-2] [3.1.1/MQTT-4.7.1-1] [5.0/MQTT-3.3.2-2] [5.0/MQTT-3.3.2-14] [5.0/MQTT-4.7.0-1]
            Some(at) => Err(Leaf { cause: Cause::Wildcard, skip: 2 + at }),
            None => Ok(()),
        }
    }

    /// A Topic Filter.
    #[inline(always)]
    pub(crate) fn topic_filter(self, input: &[u8]) -> Parsed<'_, TopicFilter<&[u8]>> {
        let (rest, bytes) = prefixed(input)?;
        let plain = is_plain_topic(bytes) || is_plain_filter(bytes);
        if bytes.is_empty() || !plain || self.refuses_ascii() {
            self.check_topic_filter(bytes).map_err(nom::Err::Error)?;
        }
        Ok((rest, TopicFilter::checked(bytes)))
    }

    #[inline(never)]
    fn check_topic_filter(self, bytes: &[u8]) -> Result<(), Leaf> {
        if self.rules.plain() && !bytes.is_empty() && is_topic(bytes) {
            return Ok(());
        }
        self.check_topic(bytes)?;
        // [3.1.1/MQTT-4.7.1-2] [3.1.1/MQTT-4.7.1-3] [5.0/MQTT-4.7.1-1] [5.0/MQTT-4.7.1-2]
        match find_misplaced(bytes) {
            Some(at) => {
                let wildcard = bytes.get(at).map_or('#', |&b| char::from(b));
                Err(Leaf { cause: Cause::MisplacedWildcard(wildcard), skip: 2 + at })
            }
            None => Ok(()),
        }
    }

    /// A Topic Filter of 5.0, where `$share/` has a form of its own \[5.0/MQTT-4.8.2-1\] \[5.0/MQTT-4.8.2-2\].
    #[inline(always)]
    pub(crate) fn topic_filter_v5(self, input: &[u8]) -> Parsed<'_, TopicFilter<&[u8]>> {
        if let [_, _, b'$', ..] = input {
            let (_, bytes) = prefixed(input)?;
            self.check_topic(bytes).map_err(nom::Err::Error)?;
            if let Err(InvalidTopic::SharedSubscription { at }) = TopicFilter::checked(bytes).check_v5() {
                let name = b"$share/".len();
                let empty = at == name && bytes.get(at).is_none_or(|&b| b == b'/');
                return refuse(if empty { Cause::ShareName } else { Cause::SharedSubscription }, 2 + at);
            }
        }
        self.topic_filter(input)
    }

    /// Checks a UTF-8 String Pair. Spec: 5.0 §1.5.7 \[5.0/MQTT-1.5.7-1\].
    #[inline(always)]
    pub(crate) fn text_pair(self, input: &[u8]) -> Parsed<'_, ()> {
        let (rest, _) = self.text(input)?;
        match self.text(rest) {
            Ok((end, _)) => Ok((end, ())),
            // What is too short is the pair.
            Err(nom::Err::Error(leaf)) if leaf.cause == Cause::Truncated => refuse(Cause::Truncated, 0),
            Err(nom::Err::Error(leaf)) => refuse(leaf.cause, input.len() - rest.len() + leaf.skip),
            Err(other) => Err(other),
        }
    }
}

const fn text_cause(fault: TextFault) -> Cause {
    match fault {
        TextFault::IllFormed => Cause::IllFormedUtf8,
        TextFault::Null => Cause::NullCharacter,
        TextFault::Control(c) => Cause::ControlCharacter(c),
        TextFault::NonCharacter(c) => Cause::NonCharacter(c),
    }
}

/// A cursor over a packet body, or a part of one. It knows where in which packet it stands, so that what it refuses can
/// be told in full.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
    /// The offset in the packet of the byte behind `rest`.
    end: usize,
    version: Version,
    packet: PacketType,
}

impl<'a> Cursor<'a> {
    /// A cursor over the last bytes of a packet of `packet_len` bytes.
    #[inline(always)]
    pub(crate) const fn new(body: &'a [u8], packet_len: usize, version: Version, packet: PacketType) -> Self {
        Self { rest: body, end: packet_len, version, packet }
    }

    /// The offset in the packet of the next byte.
    #[inline(always)]
    pub(crate) const fn offset(&self) -> usize {
        self.end - self.rest.len()
    }

    #[inline(always)]
    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The bytes not yet read.
    #[inline(always)]
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// What is wrong with a field of this packet.
    #[inline]
    pub(crate) fn error(&self, field: Field, offset: usize, cause: Cause) -> DecodeError {
        DecodeError::new(self.version, Some(self.packet), field, offset, cause)
    }

    /// Reads one field by its grammar.
    #[inline(always)]
    pub(crate) fn read<T>(
        &mut self,
        field: Field,
        grammar: impl Fn(&'a [u8]) -> Parsed<'a, T>,
    ) -> Result<T, DecodeError> {
        self.advance(field, grammar(self.rest))
    }

    /// Reads a UTF-8 Encoded String.
    #[inline(always)]
    pub(crate) fn text(&mut self, field: Field, strings: Strings<'_>) -> Result<Text<&'a [u8]>, DecodeError> {
        let parsed = strings.text(self.rest);
        self.advance(field, parsed)
    }

    /// Reads a Topic Name.
    #[inline(always)]
    pub(crate) fn topic_name(
        &mut self,
        field: Field,
        strings: Strings<'_>,
    ) -> Result<TopicName<&'a [u8]>, DecodeError> {
        let parsed = strings.topic_name(self.rest);
        self.advance(field, parsed)
    }

    /// Reads a Topic Name that may be left out by being empty.
    #[inline(always)]
    pub(crate) fn topic_name_or_none(
        &mut self,
        field: Field,
        strings: Strings<'_>,
    ) -> Result<Option<TopicName<&'a [u8]>>, DecodeError> {
        let parsed = strings.topic_name_or_none(self.rest);
        self.advance(field, parsed)
    }

    #[inline(always)]
    fn advance<T>(&mut self, field: Field, parsed: Parsed<'a, T>) -> Result<T, DecodeError> {
        match parsed {
            Ok((rest, value)) => {
                self.rest = rest;
                Ok(value)
            }
            Err(e) => Err(self.refused(field, &e)),
        }
    }

    /// What a grammar refused. By values, so that the cursor need not be in memory when all goes well.
    #[inline(always)]
    fn refused(&self, field: Field, e: &nom::Err<Leaf>) -> DecodeError {
        refused(self.version, self.packet, field, self.offset(), e)
    }

    /// The offset in the packet of the byte behind the last one.
    pub(crate) const fn end(&self) -> usize {
        self.end
    }

    /// Goes on with `rest`, the last ones of its bytes.
    #[inline(always)]
    pub(crate) const fn skip_to(&mut self, rest: &'a [u8]) {
        self.rest = rest;
    }

    /// Reads Protocol Name and Protocol Level (Version) of a CONNECT, which have to be those of the version.
    #[inline(always)]
    pub(crate) fn read_protocol(&mut self, level: Field) -> Result<(), DecodeError> {
        if let Some((&[0, 4, b'M', b'Q', b'T', b'T', number], rest)) = self.rest.split_first_chunk()
            && number == self.version.level()
            && self.version != Version::V3_1
        {
            self.rest = rest;
            return Ok(());
        }
        self.read_protocol_by_fields(level)
    }

    #[inline(never)]
    fn read_protocol_by_fields(&mut self, level: Field) -> Result<(), DecodeError> {
        let at = self.offset();
        if self.read(Field::ProtocolName, prefixed)? != self.version.protocol_name().as_bytes() {
            return Err(self.error(Field::ProtocolName, at, Cause::ProtocolName)); // [3.1/V31-2.2-1] [3.1/V31-3.1-9] [3.1.1/MQTT-3.1.2-1] [5.0/MQTT-3.1.2-1]
        }
        let at = self.offset();
        let number = self.read(level, byte)?;
        if number != self.version.level() {
            return Err(self.error(level, at, Cause::ProtocolLevel(number))); // [3.1/V31-2.2-2] [3.1/V31-3.1-9] [3.1.1/MQTT-3.1.2-2] [5.0/MQTT-3.1.2-2]
        }
        Ok(())
    }

    /// A cursor over the next `len` bytes, which this one steps over.
    #[inline(always)]
    pub(crate) fn split(&mut self, len: usize) -> Option<Self> {
        let end = self.offset() + len;
        let (front, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(Self { rest: front, end, ..*self })
    }

    /// Refuses bytes behind the last field.
    #[inline(always)]
    pub(crate) fn finish(self) -> Result<(), DecodeError> {
        if self.rest.is_empty() {
            return Ok(());
        }
        let surplus = u32::try_from(self.rest.len()).unwrap_or(u32::MAX);
        Err(self.error(Field::Packet, self.offset(), Cause::Surplus(surplus)))
    }

    /// Checks a payload that promises to be UTF-8 text; `at` is its offset in the packet. Spec: 5.0 §3.3.2.3.2.
    pub(crate) fn check_utf8(&self, payload: &[u8], field: Field, at: usize) -> Result<(), DecodeError> {
        match core::str::from_utf8(payload) {
            Ok(_) => Ok(()),
            Err(e) => Err(self.error(field, at + e.valid_up_to(), Cause::PayloadFormat)),
        }
    }
}

#[cold]
#[inline(never)]
fn refused(
    version: Version,
    packet: PacketType,
    field: Field,
    offset: usize,
    e: &nom::Err<Leaf>,
) -> DecodeError {
    let leaf = match *e {
        nom::Err::Error(leaf) | nom::Err::Failure(leaf) => leaf,
        nom::Err::Incomplete(_) => Leaf::at_start(Cause::Truncated),
    };
    DecodeError::new(version, Some(packet), field, offset + leaf.skip, leaf.cause)
}
