//! How a block of properties is judged: a fast path that accepts nearly all, and a careful check that finds what is wrong.
//!
//! MQTT 5.0 §2.2.2, and the section of each property.

use super::block::{Properties, PropertyIter};
use super::property::PropertyId;
use super::rules::{Kind, Rules};
use super::shape::{Raw, Shape};
use crate::error::{Cause, DecodeError, Field, Sender};
use crate::options::DecodeOptions;
use crate::parse::{self, Cursor, Strings};

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
/// Nearly all blocks are accepted by the fast path.
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

/// The fast path: whether each property may be there, once or more often, is whole and in its range, and all text is ASCII.
///
/// Contract: yes only where [`check_block`] finds nothing wrong; no decides nothing.
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
        rest = value;
        if !Shape::of(number).is_some_and(|shape| shape.skip_plain(&mut rest)) {
            return false;
        }
    }
    let missing = |id: PropertyId| open & id.bit() != 0;
    !rules.asks_for_method()
        || !missing(PropertyId::AuthenticationMethod)
        || rules.required.is_none() && missing(PropertyId::AuthenticationData)
}

/// Reads any block with its length; yields its bytes and those behind it.
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

/// Checks the value of a property whose identifier has been read, and says what is wrong with it.
fn check_value(block: &mut Cursor<'_>, id: PropertyId, strings: Strings<'_>) -> Result<(), DecodeError> {
    let field = id.field();
    let shape = Shape::of(id as u8).unwrap_or(Shape::Binary);
    let at = block.offset();
    let mut rest = block.rest();
    let Some(raw) = shape.cut(&mut rest) else {
        // What is wrong may also be how a number is written, or what stands in the first half of a pair.
        match shape {
            Shape::VarInt => block.read(field, parse::shortest_var_int).map(drop)?,
            Shape::Pair => block.read(field, |i| strings.text_pair(i))?,
            _ => {}
        }
        return Err(block.error(field, at, Cause::Truncated));
    };
    match raw {
        Raw::Number(number) if shape.has(number) => {}
        Raw::Number(0) if id == PropertyId::TopicAlias => {
            return Err(block.error(field, at, Cause::TopicAliasZero));
        }
        Raw::Number(number) => return Err(block.error(field, at, Cause::PropertyValue(number))),
        Raw::Bytes(_) if shape == Shape::Text => block.text(field, strings).map(drop)?,
        Raw::Bytes(_) if shape == Shape::Topic => block.topic_name(field, strings).map(drop)?,
        Raw::Bytes(_) => {}
        Raw::Pair(..) => block.read(field, |i| strings.text_pair(i))?,
    }
    block.skip_to(rest);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PacketType, Version};

    /// What the fast path accepts, the careful check accepts: over blocks of every property, each byte of them changed.
    #[test]
    fn the_fast_path_accepts_no_more_than_the_careful_check() {
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
                                let careful = check_block(cursor, &rules, strings, &options).is_ok();
                                let fast = is_plain_block(&block, &rules, sender);
                                assert!(fast <= careful, "{block:02x?}");
                                settled += usize::from(fast);
                                judged += usize::from(careful);
                            }
                        }
                    }
                }
            }
        }
        assert!(settled > 1000 && judged > settled, "{settled} of {judged}");
    }

    #[cfg(feature = "proptest")]
    mod generated {
        use super::super::*;
        use crate::{PacketType, Version};
        use ::proptest::collection::vec;
        use ::proptest::prelude::*;
        use std::string::String;
        use std::vec::Vec;

        /// A property: an identifier that is likely to exist, and a value that is likely to fit one.
        fn property() -> impl Strategy<Value = Vec<u8>> {
            let text = prop_oneof![
                "[ -~]{0,12}".prop_map(String::into_bytes),
                "\\PC{0,12}".prop_map(String::into_bytes),
                vec(any::<u8>(), 0..12),
            ];
            let field = text.prop_map(|text| {
                let len = u16::try_from(text.len()).unwrap_or(u16::MAX);
                [&len.to_be_bytes()[..], &text].concat()
            });
            let value = prop_oneof![
                vec(0_u8..4, 1),
                vec(0_u8..2, 2),
                vec(0_u8..2, 4),
                vec(any::<u8>(), 1..4),
                field.clone(),
                (field.clone(), field).prop_map(|(name, value)| [name, value].concat()),
            ];
            (0_u8..44, value).prop_map(|(id, value)| [&[id][..], &value].concat())
        }

        proptest! {
            /// The contract of the fast path, over generated blocks and every kind of block and sender.
            #[test]
            fn the_fast_path_accepts_no_more_than_the_careful_check(block in vec(property(), 0..5)) {
                use super::super::super::kind;
                let block = block.concat();
                for rules in [
                    kind::Connect::RULES, kind::Will::RULES, kind::ConnAck::RULES, kind::Publish::RULES,
                    kind::Ack::RULES, kind::Subscribe::RULES, kind::Disconnect::RULES, kind::Auth::RULES,
                ] {
                    for sender in [None, Some(Sender::Client), Some(Sender::Server)] {
                        let options =
                            sender.map_or(DecodeOptions::new(), |sender| DecodeOptions::new().sender(sender));
                        let strings = Strings::new(Version::V5, &options.text);
                        let cursor = Cursor::new(&block, block.len(), Version::V5, PacketType::Publish);
                        let careful = check_block(cursor, &rules, strings, &options);
                        if is_plain_block(&block, &rules, sender) {
                            prop_assert_eq!(careful, Ok(()));
                        }
                        if careful.is_ok() {
                            let read: usize = PropertyIter { rest: &block }.count();
                            prop_assert_eq!(read == 0, block.is_empty());
                        }
                    }
                }
            }
        }
    }
}
