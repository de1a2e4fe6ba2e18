//! Hexadecimal digits as people write and paste them.

use std::fmt::Write as _;

/// Text that is not hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NotHex {
    /// A character that is no digit: which, and where (counted from 1).
    Character(char, usize),
    /// Half a byte.
    Odd,
}

impl std::fmt::Display for NotHex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Character(c, at) => write!(f, "`{c}` at character {at} is not a hexadecimal digit"),
            Self::Odd => f.write_str("an odd number of hexadecimal digits"),
        }
    }
}

/// Bytes from digits; blanks, commas and colons separate them, and `0x` may stand before a group.
pub(super) fn parse(text: &str) -> Result<Vec<u8>, NotHex> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut high: Option<u32> = None;
    let mut characters = text.chars().enumerate().peekable();
    let mut fresh = true;
    while let Some((at, c)) = characters.next() {
        if c.is_whitespace() || matches!(c, ':' | ',') {
            fresh = true;
            continue;
        }
        if fresh
            && high.is_none()
            && c == '0'
            && characters.next_if(|(_, next)| matches!(next, 'x' | 'X')).is_some()
        {
            fresh = false;
            continue;
        }
        fresh = false;
        let digit = c.to_digit(16).ok_or(NotHex::Character(c, at + 1))?;
        match high.take() {
            None => high = Some(digit),
            // Two digits are at most 255.
            Some(first) => bytes.push(u8::try_from(first * 16 + digit).unwrap_or_default()),
        }
    }
    if high.is_some() { Err(NotHex::Odd) } else { Ok(bytes) }
}

/// Digits in pairs, with a blank between bytes.
pub(super) fn print(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(3 * bytes.len());
    for (at, byte) in bytes.iter().enumerate() {
        let blank = if at == 0 { "" } else { " " };
        // Writing to a string cannot fail.
        let _ = write!(out, "{blank}{byte:02x}");
    }
    out
}

/// Two lines: bytes around an offset, and a mark below the byte there, which may be the first one that is missing.
pub(super) fn marked(bytes: &[u8], offset: usize) -> String {
    const BEFORE: usize = 16;
    const AFTER: usize = 8;
    let start = offset.saturating_sub(BEFORE);
    let end = bytes.len().min(offset + AFTER);
    let mut line = String::new();
    if start > 0 {
        line.push_str("… ");
    }
    let mut column = None;
    for (at, byte) in bytes.iter().enumerate().take(end).skip(start) {
        if at == offset {
            column = Some(line.chars().count());
        }
        let _ = write!(line, "{byte:02x} ");
    }
    let column = column.unwrap_or_else(|| line.chars().count());
    if end < bytes.len() {
        line.push('…');
    }
    format!("{}\n{:column$}^^", line.trim_end(), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_people_paste() {
        for text in ["c000", "C0 00", "0xc0 0x00", "0xC000", "c0:00\n", " c0,\t00", "c 00 0", "0xc0,0x00"] {
            assert_eq!(parse(text), Ok(vec![0xc0, 0]), "{text}");
        }
        assert_eq!(parse(""), Ok(vec![]));
        assert_eq!(parse("c0 0"), Err(NotHex::Odd));
        assert_eq!(parse("c0 0g"), Err(NotHex::Character('g', 5)));
        assert_eq!(parse("c00x00"), Err(NotHex::Character('x', 4)));
    }

    #[test]
    fn marks_a_byte() {
        assert_eq!(marked(&[0x40, 3, 0, 1, 7], 4), "40 03 00 01 07\n            ^^");
        assert_eq!(marked(&[0x40, 0], 2), "40 00\n      ^^");
        let long: Vec<u8> = (0..40).collect();
        assert_eq!(
            marked(&long, 20),
            "… 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15 16 17 18 19 1a 1b …\n\
             \x20                                                 ^^"
        );
    }
}
