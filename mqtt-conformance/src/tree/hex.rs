//! Bytes as pairs of hexadecimal digits.

use std::fmt::Write as _;

/// The digits, without spaces.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut out, byte| {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// The bytes of pairs of hexadecimal digits, with spaces between pairs where one likes.
pub(crate) fn parse_hex(digits: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(digits.len() / 2);
    let mut digits = digits.chars();
    while let Some(high) = digits.next() {
        if high.is_ascii_whitespace() {
            continue;
        }
        let byte = high.to_digit(16)? * 16 + digits.next()?.to_digit(16)?;
        bytes.push(u8::try_from(byte).ok()?);
    }
    Some(bytes)
}
