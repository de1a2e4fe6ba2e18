//! Text eight bytes at a time: what the checks ask of all bytes of a word at once.
//!
//! A test adds 0x7F to each byte: of ASCII bytes, all but zero then have their high bit set. Sums carry out of bytes that are
//! not ASCII, and so may be wrong about the byte above; but these bytes are told by their own high bits, and fail the text.
//!
//! The tests are functions of their own, not parts of what calls them: they need most registers of a processor for
//! themselves.

const LOW: u64 = u64::from_ne_bytes([0x7f; 8]);
const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);

/// The high bit of each byte that is `+` or `#`, which differ in one bit. Exact in a word of ASCII bytes.
#[inline(always)]
const fn wildcards(word: u64) -> u64 {
    const SAME: u64 = u64::from_ne_bytes([!(b'+' ^ b'#'); 8]);
    const WILDCARD: u64 = u64::from_ne_bytes([b'+' & b'#'; 8]);
    let zero_at_wildcards = (word & SAME) ^ WILDCARD;
    !zero_at_wildcards.wrapping_add(LOW) & HIGH
}

/// The bits that neither U+0000 nor `+` nor `#` has. A byte with one of them is none of the three; what is left are these
/// three, some control characters, and a few characters that are rare in topics: space, `!`, `"`, `(`, `)` and `*`.
const SPEAKING: u64 = u64::from_ne_bytes([!(b'+' | b'#'); 8]);
/// All bits: any but U+0000 has one.
const ANY: u64 = u64::MAX;

/// Whether all bytes are ASCII and have one of the bits in `BITS`.
#[inline(always)]
fn all_have<const BITS: u64>(bytes: &[u8]) -> bool {
    let (Some((first, rest)), Some(last)) = (bytes.split_first_chunk(), bytes.last_chunk()) else {
        let word = short(bytes);
        return (word & BITS).wrapping_add(LOW) & !word & HIGH == HIGH;
    };
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

/// Whether the bytes are for sure ASCII without U+0000 and wildcards: a Topic Name, then, if there are any. One sum for each
/// word tells; a few characters make it say no though they are allowed.
#[inline(never)]
pub(crate) fn is_plain_topic(bytes: &[u8]) -> bool {
    is_plain_topic_inline(bytes)
}

/// The same as a part of what calls it: a loop over many topics that does little else.
#[inline(always)]
pub(crate) fn is_plain_topic_inline(bytes: &[u8]) -> bool {
    all_have::<SPEAKING>(bytes)
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
        for len in 1..=26 {
            for at in 0..len {
                for byte in 0..=u8::MAX {
                    let mut text = [b'a'; 26];
                    text[at] = byte;
                    let text = &text[..len];
                    let plain = byte.is_ascii() && byte != 0;
                    let wildcard = matches!(byte, b'+' | b'#');
                    assert_eq!(is_plain(text), plain, "{text:?}");
                    assert!(is_plain_topic(text) <= (plain && !wildcard), "{text:?}");
                    assert!(is_plain_topic(text) || !byte.is_ascii_alphanumeric(), "{text:?}");
                    assert_eq!(is_plain_filter(text, |_| false), plain && !wildcard, "{text:?}");
                    assert_eq!(is_plain_filter(text, |i| i == at), plain, "{text:?}");
                }
            }
        }
        assert!(is_plain(b"") && is_plain_topic(b""));
    }
}
