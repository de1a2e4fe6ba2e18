//! Text eight bytes at a time: the fast paths of all checks of text.
//!
//! Contract: where a function here says yes, the careful check of the same text finds nothing wrong. No decides nothing; the
//! careful check then says what is wrong.
//!
//! A test of ASCII adds 0x7F to each byte: all but zero then have their high bit set. Sums carry out of bytes that are not
//! ASCII, and may be wrong about the byte above; but these bytes have high bits of their own, for which the text fails.
//!
//! The tests are functions of their own, not parts of what calls them: they need most registers of a processor for
//! themselves.

const LOW: u64 = u64::from_ne_bytes([0x7f; 8]);
const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);

/// All bits but the one in which `+` and `#` differ.
const SAME: u64 = u64::from_ne_bytes([!(b'+' ^ b'#'); 8]);
/// What `+` and `#` are without that bit.
const WILDCARD: u64 = u64::from_ne_bytes([b'+' & b'#'; 8]);

/// The high bit of each byte that is `+` or `#`, which differ in one bit. Exact in a word of ASCII bytes.
#[inline(always)]
const fn wildcards(word: u64) -> u64 {
    let zero_at_wildcards = (word & SAME) ^ WILDCARD;
    !zero_at_wildcards.wrapping_add(LOW) & HIGH
}

/// The bits that neither U+0000 nor `+` nor `#` has. A byte with one of them is none of the three; what is left are these
/// three, some control characters, and a few characters that are rare in topics: space, `!`, `"`, `(`, `)` and `*`.
const TELLING: u64 = u64::from_ne_bytes([!(b'+' | b'#'); 8]);
/// All bits: any but U+0000 has one.
const ANY: u64 = u64::MAX;

/// Whether all bytes are ASCII and have one of the bits in `BITS`.
#[inline(always)]
fn all_have<const BITS: u64>(bytes: &[u8]) -> bool {
    let (Some((first, rest)), Some(last)) = (bytes.split_first_chunk(), bytes.last_chunk()) else {
        let word = short(bytes);
        return (word & BITS).wrapping_add(LOW) & !word & HIGH == HIGH;
    };
    if bytes.len() >= LONG {
        return all_have_long::<BITS>(bytes);
    }
    // The last word overlaps the one before it where the length is no multiple of eight.
    let (first, last) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
    let mut any = first | last;
    let mut all = (first & BITS).wrapping_add(LOW) & (last & BITS).wrapping_add(LOW);
    for word in rest.as_chunks().0 {
        // Without a way out the compiler makes the loop one for long texts, and short ones pay for it.
        if any & HIGH != 0 {
            return false;
        }
        let word = u64::from_le_bytes(*word);
        any |= word;
        all &= (word & BITS).wrapping_add(LOW);
    }
    all & !any & HIGH == HIGH
}

/// From how many bytes on a loop over blocks is quicker, which the compiler can turn into vector instructions.
const LONG: usize = 64;

#[inline(never)]
fn all_have_long<const BITS: u64>(bytes: &[u8]) -> bool {
    let [bits, ..] = BITS.to_ne_bytes();
    let right = |block: &[u8; LONG]| {
        block.iter().fold(0, |wrong, &b| wrong | (b & 0x80) | u8::from(b & bits == 0)) == 0
    };
    // The last block overlaps the one before it.
    bytes.as_chunks().0.iter().all(right) && bytes.last_chunk().is_some_and(right)
}

/// All bytes of a text shorter than eight bytes in one word, some of them twice, and `x` where there are too few.
#[inline(always)]
fn short(bytes: &[u8]) -> u64 {
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last));
    }
    let (a, b, c) = match *bytes {
        [] => (b'x', b'x', b'x'),
        [a] => (a, b'x', b'x'),
        [a, b] => (a, b, b'x'),
        [a, b, c, ..] => (a, b, c),
    };
    u64::from_le_bytes([a, b, c, b'x', b'x', b'x', b'x', b'x'])
}

/// Whether all bytes are ASCII without U+0000: text that every version allows.
#[inline(never)]
pub(crate) fn is_plain(bytes: &[u8]) -> bool {
    all_have::<ANY>(bytes)
}

/// The same as a part of what calls it: the loop over properties, where a call for each text costs more than the registers.
#[inline(always)]
pub(crate) fn is_plain_inline(bytes: &[u8]) -> bool {
    all_have::<ANY>(bytes)
}

/// Whether the bytes are well-formed UTF-8 without U+0000.
#[inline(never)]
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    has_none::<false>(bytes) && core::str::from_utf8(bytes).is_ok()
}

/// Whether the bytes are well-formed UTF-8 without U+0000, `+` and `#`: a Topic Name, then, if there are any.
#[inline(never)]
pub(crate) fn is_topic(bytes: &[u8]) -> bool {
    has_none::<true>(bytes) && core::str::from_utf8(bytes).is_ok()
}

/// Whether no byte is zero nor, with `WILDCARDS`, `+` or `#`. Exact for all bytes.
#[inline(always)]
fn has_none<const WILDCARDS: bool>(bytes: &[u8]) -> bool {
    let (Some((first, rest)), Some(last)) = (bytes.split_first_chunk(), bytes.last_chunk()) else {
        return !bytes.iter().any(|b| *b == 0 || WILDCARDS && matches!(b, b'+' | b'#'));
    };
    let found = |word: &[u8; 8]| {
        let word = u64::from_le_bytes(*word);
        zeros(word) | if WILDCARDS { zeros((word & SAME) ^ WILDCARD) } else { 0 }
    };
    let all = rest.as_chunks().0.iter().fold(found(first) | found(last), |all, word| all | found(word));
    all == 0
}

/// A bit for the lowest byte that is zero, and perhaps others above it; 0 if none is.
#[inline(always)]
const fn zeros(word: u64) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    word.wrapping_sub(ONES) & !word & HIGH
}

/// Whether the bytes are ASCII without U+0000 and wildcards: a Topic Name, then, if there are any. One sum for each word; a
/// few characters make it say no though they are allowed.
#[inline(never)]
pub(crate) fn is_plain_topic(bytes: &[u8]) -> bool {
    is_plain_topic_inline(bytes)
}

/// The same as a part of what calls it: a loop over many topics that does little else.
#[inline(always)]
pub(crate) fn is_plain_topic_inline(bytes: &[u8]) -> bool {
    all_have::<TELLING>(bytes)
}

/// Whether all bytes are ASCII without U+0000, and `test` holds for the index of each wildcard.
#[inline(always)]
pub(crate) fn is_plain_filter(bytes: &[u8], test: impl Fn(usize) -> bool) -> bool {
    let Some(last) = bytes.last_chunk() else {
        return all_have::<ANY>(bytes) && first_wildcard(bytes, |at| !test(at)).is_none();
    };
    // The words from the left, and the last one, which may overlap the one before it.
    let (mut any, mut all) = (0, HIGH);
    let mut words = bytes.as_chunks().0.iter();
    let mut start = 0;
    loop {
        let word = match words.next() {
            Some(word) => u64::from_le_bytes(*word),
            None if start == bytes.len() => return all & !any & HIGH == HIGH,
            None => {
                start = bytes.len() - 8;
                u64::from_le_bytes(*last)
            }
        };
        any |= word;
        all &= word.wrapping_add(LOW);
        let mut found = wildcards(word);
        while found != 0 {
            if !test(start + (found.trailing_zeros() / 8) as usize) {
                return false;
            }
            found &= found - 1;
        }
        start += 8;
    }
}

/// The index of the first `+` or `#` that `test` picks.
pub(crate) fn first_wildcard(bytes: &[u8], test: impl Fn(usize) -> bool) -> Option<usize> {
    bytes.iter().enumerate().find_map(|(at, b)| (matches!(b, b'+' | b'#') && test(at)).then_some(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte at every place in texts of every length around the sizes of words.
    #[test]
    fn bytes_are_judged_alike_wherever_they_stand() {
        for len in (1..=26).chain([63, 64, 65, 127, 128, 130]) {
            for at in 0..len {
                for byte in 0..=u8::MAX {
                    let mut text = [b'a'; 130];
                    text[at] = byte;
                    let text = &text[..len];
                    let plain = byte.is_ascii() && byte != 0;
                    let wildcard = matches!(byte, b'+' | b'#');
                    assert_eq!(is_plain(text), plain, "{text:?}");
                    assert_eq!(has_none::<false>(text), byte != 0, "{text:?}");
                    assert_eq!(has_none::<true>(text), byte != 0 && !wildcard, "{text:?}");
                    assert_eq!(is_text(text), plain, "{text:?}");
                    assert_eq!(is_topic(text), plain && !wildcard, "{text:?}");
                    assert!(is_plain_topic(text) <= (plain && !wildcard), "{text:?}");
                    assert!(is_plain_topic(text) || !byte.is_ascii_alphanumeric(), "{text:?}");
                    assert_eq!(is_plain_filter(text, |_| false), plain && !wildcard, "{text:?}");
                    assert_eq!(is_plain_filter(text, |i| i == at), plain, "{text:?}");
                }
            }
        }
        assert!(is_plain(b"") && is_plain_topic(b"") && is_text(b"") && is_topic(b""));
        for text in ["größe", "температура/温度", "\u{feff}\u{1f4a9}"] {
            let long = text.repeat(9);
            for text in [text, &long] {
                assert!(!is_plain(text.as_bytes()) && is_text(text.as_bytes()) && is_topic(text.as_bytes()));
                let cut = &text.as_bytes()[..text.len() - 1];
                assert_eq!(is_text(cut), str::from_utf8(cut).is_ok(), "{text}");
            }
        }
    }
}
