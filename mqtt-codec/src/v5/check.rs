//! How a block of properties is judged: a first look that settles nearly all, and one that finds what is wrong.
//!
//! MQTT 5.0 §2.2.2, and the section of each property.

use super::block::{Properties, PropertyIter};
use super::property::{PropertyId, Shape};
use super::rules::{Kind, Rules};
use super::value::Value;
use crate::error::{Cause, DecodeError, Field, Sender};
use crate::options::DecodeOptions;
use crate::parse::{self, Cursor, Strings};
use crate::types::{is_plain, is_plain_topic, read_byte, read_prefixed};

impl<'a, K: Kind> Properties<&'a [u8], K> {
    /// Reads a block with its length.
    #[inline]
    pub(super) fn read(
        body: &mut Cursor<'a>,
        length: Field,
        strings: Strings<'_>,
        options: &DecodeOptions,
    ) -> Result<Self, DecodeError> {
        read_block(body, length, &K::RULES, strings, options).map(Self::checked)
    }
}
/// Reads a block with its length, and yields its bytes.
///
/// Nearly all blocks are settled by a first look, which says no more than that nothing can be wrong.
#[inline(always)]
fn read_block<'a>(
    body: &mut Cursor<'a>,
    length: Field,
    rules: &Rules,
    strings: Strings<'_>,
    options: &DecodeOptions,
) -> Result<&'a [u8], DecodeError> {
    if let [len @ 0..=0x7f, ref rest @ ..] = *body.rest()
        && let Some((block, rest)) = rest.split_at_checked(usize::from(len))
        && (len == 0 && rules.required.is_none()
            || !strings.refuses_ascii() && is_plain_block(block, rules, options.known_sender()))
    {
        body.skip_to(rest);
        return Ok(block);
    }
    let (block, rest) = read_any_block(*body, length, rules, strings, options)?;
    body.skip_to(rest);
    Ok(block)
}

/// Whether a block is right for sure: each property may be there, once or more often, is whole and in its range, and text
/// is ASCII. [`check_block`] takes the time to judge the others.
#[inline(never)]
fn is_plain_block(mut rest: &[u8], rules: &Rules, sender: Option<Sender>) -> bool {
    // The properties that may come next: one that may not repeat leaves the set when it has come.
    let mut open = rules.open(sender);
    while let [number, ref value @ ..] = *rest {
        let bit = 1_u64.checked_shl(u32::from(number)).unwrap_or(0);
        if open & bit == 0 {
            return false;
        }
        open &= !bit | rules.repeatable;
        match skip_plain(number, value) {
            Some(tail) => rest = tail,
            None => return false,
        }
    }
    let missing = |id: PropertyId| open & id.bit() != 0;
    !rules.asks_for_method()
        || !missing(PropertyId::AuthenticationMethod)
        || rules.required.is_none() && missing(PropertyId::AuthenticationData)
}

/// What follows the value of a property, if the value is right for sure.
#[inline(always)]
fn skip_plain(number: u8, value: &[u8]) -> Option<&[u8]> {
    let mut rest = value;
    match Shape::of(number)? {
        Shape::Flag => (read_byte(&mut rest)? <= 1).then_some(rest),
        Shape::U16 => rest.split_at_checked(2).map(|(_, rest)| rest),
        Shape::NonZeroU16 => (<u16 as Value<'_>>::read(&mut rest)? != 0).then_some(rest),
        Shape::U32 => rest.split_at_checked(4).map(|(_, rest)| rest),
        Shape::NonZeroU32 => (<u32 as Value<'_>>::read(&mut rest)? != 0).then_some(rest),
        Shape::VarInt => matches!(read_byte(&mut rest)?, 1..=0x7f).then_some(rest),
        Shape::Topic => {
            let topic = read_prefixed(&mut rest)?;
            (is_plain_topic(topic) && !topic.is_empty()).then_some(rest)
        }
        Shape::Binary => read_prefixed(&mut rest).map(|_| rest),
        Shape::Text => is_plain(read_prefixed(&mut rest)?).then_some(rest),
        Shape::Pair => {
            let plain = is_plain(read_prefixed(&mut rest)?) && is_plain(read_prefixed(&mut rest)?);
            plain.then_some(rest)
        }
    }
}

/// Reads a block with its length, and takes its time; yields its bytes and those behind it.
#[inline(never)]
fn read_any_block<'a>(
    mut body: Cursor<'a>,
    length: Field,
    rules: &Rules,
    strings: Strings<'_>,
    options: &DecodeOptions,
) -> Result<(&'a [u8], &'a [u8]), DecodeError> {
    let at = body.offset();
    let len = body.read(length, parse::shortest_var_int)?;
    let len = usize::try_from(len.get()).unwrap_or(usize::MAX);
    let Some(block) = body.split(len) else {
        return Err(body.error(length, at, Cause::Truncated));
    };
    if strings.refuses_ascii() || !is_plain_block(block.rest(), rules, options.known_sender()) {
        check_block(block, rules, strings, options)?;
    }
    Ok((block.rest(), body.rest()))
}

/// Judges a block property by property, and says what is wrong.
#[inline(never)]
fn check_block(
    whole: Cursor<'_>,
    rules: &Rules,
    strings: Strings<'_>,
    options: &DecodeOptions,
) -> Result<(), DecodeError> {
    let mut block = whole;
    // The properties that may come next: one that may not repeat leaves the set when it has come.
    let mut open = rules.open(options.known_sender());
    while let [number, ref value @ ..] = *block.rest() {
        let id = match PropertyId::new(number) {
            Some(id) if open & id.bit() != 0 => {
                block.skip_to(value);
                id
            }
            _ => unexpected(&mut block, rules, options)?,
        };
        open &= !id.bit() | rules.repeatable;
        check_value(&mut block, id, strings)?;
    }
    if rules.asks_for_method() { check_method(whole, rules, open) } else { Ok(()) }
}

/// What the Authentication Method has to do with: AUTH needs one, and so does Authentication Data in CONNECT.
#[cold]
fn check_method(block: Cursor<'_>, rules: &Rules, open: u64) -> Result<(), DecodeError> {
    let missing = |id: PropertyId| open & id.bit() != 0;
    if let Some(required) = rules.required
        && missing(required)
    {
        return Err(block.error(required.field(), block.end(), Cause::AuthenticationMethod));
    }
    if rules.data_needs_method
        && !missing(PropertyId::AuthenticationData)
        && missing(PropertyId::AuthenticationMethod)
    {
        let mut properties = PropertyIter { rest: block.rest() };
        let mut data_at = block.offset();
        while properties.clone().next().is_some_and(|p| p.id() != PropertyId::AuthenticationData) {
            properties.next();
            data_at = block.end() - properties.rest.len();
        }
        return Err(block.error(Field::AuthenticationData, data_at, Cause::AuthenticationData));
    }
    Ok(())
}

/// A property that is unknown, misplaced, of the wrong sender, or here again; the last may be accepted by option.
#[cold]
#[inline(never)]
fn unexpected(
    block: &mut Cursor<'_>,
    rules: &Rules,
    options: &DecodeOptions,
) -> Result<PropertyId, DecodeError> {
    let at = block.offset();
    let number = block.read(Field::PropertyIdentifier, parse::shortest_var_int)?.get();
    let Some(id) = u8::try_from(number).ok().and_then(PropertyId::new) else {
        return Err(block.error(Field::PropertyIdentifier, at, Cause::UnknownProperty(number)));
    };
    let field = id.field();
    if rules.allowed & id.bit() == 0 {
        return Err(block.error(Field::PropertyIdentifier, at, Cause::MisplacedProperty(field)));
    }
    let forgotten = matches!(id, PropertyId::PayloadFormatIndicator | PropertyId::MessageExpiryInterval);
    if forgotten && rules.forgets_repeats && options.accept_repeated {
        return Ok(id);
    }
    Err(match options.known_sender() {
        Some(sender) if rules.withheld_from(Some(sender)) & id.bit() != 0 => {
            block.error(field, at, Cause::PropertySender { property: field, sender })
        }
        _ => block.error(field, at, Cause::RepeatedProperty(field)),
    })
}

#[inline(always)]
fn check_value(block: &mut Cursor<'_>, id: PropertyId, strings: Strings<'_>) -> Result<(), DecodeError> {
    let field = id.field();
    match Shape::of(id as u8).unwrap_or(Shape::Binary) {
        Shape::Flag => match block.read(field, parse::byte)? {
            0 | 1 => Ok(()),
            other => Err(out_of_range(*block, id, 1, u32::from(other))),
        },
        Shape::U16 => block.read(field, parse::u16).map(drop),
        Shape::NonZeroU16 => match block.read(field, parse::u16)? {
            0 => Err(out_of_range(*block, id, 2, 0)),
            _ => Ok(()),
        },
        Shape::U32 => block.read(field, parse::u32).map(drop),
        Shape::NonZeroU32 => match block.read(field, parse::u32)? {
            0 => Err(out_of_range(*block, id, 4, 0)),
            _ => Ok(()),
        },
        Shape::VarInt => match block.read(field, parse::shortest_var_int)?.get() {
            0 => Err(out_of_range(*block, id, 1, 0)),
            _ => Ok(()),
        },
        Shape::Text => block.text(field, strings).map(drop),
        Shape::Topic => block.topic_name(field, strings).map(drop),
        Shape::Binary => block.read(field, parse::binary).map(drop),
        Shape::Pair => block.read(field, |i| strings.text_pair(i)),
    }
}

/// A value that the property must not have; it has been read, and has `len` bytes.
#[cold]
#[inline(never)]
fn out_of_range(block: Cursor<'_>, id: PropertyId, len: usize, value: u32) -> DecodeError {
    let cause =
        if id == PropertyId::TopicAlias { Cause::TopicAliasZero } else { Cause::PropertyValue(value) };
    block.error(id.field(), block.offset() - len, cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PacketType, Version};

    /// What the first look settles, the second one accepts: over blocks of every property, each byte of them changed.
    #[test]
    fn the_first_look_is_the_stricter_one() {
        let values: [&[u8]; 7] = [
            &[1],
            &[0, 7],
            &[0, 0, 0, 9],
            &[0x80, 1],
            b"\x00\x03a/b",
            b"\x00\x01k\x00\x09value +#\xc3",
            b"\x00\x09a/b/c/d/e\x00\x00",
        ];
        let kinds = [super::super::kind::Publish::RULES, super::super::kind::Connect::RULES];
        let kinds = kinds.into_iter().chain([super::super::kind::Auth::RULES]);
        let (mut settled, mut judged) = (0, 0);
        for rules in kinds {
            for sender in [None, Some(Sender::Client), Some(Sender::Server)] {
                let options =
                    sender.map_or(DecodeOptions::new(), |sender| DecodeOptions::new().sender(sender));
                let strings = Strings::new(Version::V5, &options.text);
                for (id, value) in (0..=u8::MAX).flat_map(|id| values.map(|value| (id, value))) {
                    for block in
                        [[&[id], value].concat(), [&[id], value, b"\x15\x00\x01m", &[id], value].concat()]
                    {
                        for at in 0..block.len() {
                            for byte in [block[at], 0, 1, 2, b'+', 0x7f, 0x80, 0xff] {
                                let mut block = block.clone();
                                block[at] = byte;
                                let cursor =
                                    Cursor::new(&block, block.len(), Version::V5, PacketType::Publish);
                                let second = check_block(cursor, &rules, strings, &options).is_ok();
                                let first = is_plain_block(&block, &rules, sender);
                                assert!(first <= second, "{block:02x?}");
                                settled += usize::from(first);
                                judged += usize::from(second);
                            }
                        }
                    }
                }
            }
        }
        assert!(settled > 1000 && judged > settled, "{settled} of {judged}");
    }
}
