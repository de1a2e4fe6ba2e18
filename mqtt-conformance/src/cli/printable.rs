//! Text of others on a terminal: its control characters are shown, not obeyed.

use std::fmt::Write as _;
use std::io::{self, Write};

/// A text in which control characters, line breaks too, are written as `\u{1b}`.
pub(super) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// Passes UTF-8 on; control characters but for line breaks and tabs are written as `\u{1b}`.
#[derive(Debug)]
pub(super) struct Printable<W> {
    out: W,
    /// The first byte of a character from U+0080 to U+00BF came, and its second one did not.
    half: bool,
}

/// The first byte of the characters from U+0080 to U+00BF, among them the upper control characters.
const HALF: u8 = 0xc2;

impl<W: Write> Printable<W> {
    pub(super) const fn new(out: W) -> Self {
        Self { out, half: false }
    }
}

impl<W: Write> Write for Printable<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        while let Some((&first, after)) = rest.split_first() {
            if std::mem::take(&mut self.half) {
                match first {
                    0x80..=0x9f => write!(self.out, "\\u{{{first:x}}}")?,
                    _ => self.out.write_all(&[HALF, first])?,
                }
                rest = after;
            } else if first == HALF {
                self.half = true;
                rest = after;
            } else if first.is_ascii_control() && !matches!(first, b'\n' | b'\t') {
                write!(self.out, "\\u{{{first:x}}}")?;
                rest = after;
            } else {
                let special = |b: &u8| *b == HALF || b.is_ascii_control() && !matches!(b, b'\n' | b'\t');
                let (plain, after) = rest.split_at(rest.iter().position(special).unwrap_or(rest.len()));
                self.out.write_all(plain)?;
                rest = after;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_control_characters() {
        assert_eq!(printable("a\x1b[2J\n\u{9b}é"), "a\\u{1b}[2J\\u{a}\\u{9b}é");
    }

    #[test]
    fn passes_text_on_in_pieces_of_any_size() {
        let text = "a\x1b]0;x\x07\n\t\u{9b}2J\u{a0}é€\x7f";
        for size in 1..text.len() {
            let mut out = Vec::new();
            let mut printable = Printable::new(&mut out);
            for piece in text.as_bytes().chunks(size) {
                printable.write_all(piece).unwrap();
            }
            let shown = String::from_utf8(out).unwrap();
            assert_eq!(shown, "a\\u{1b}]0;x\\u{7}\n\t\\u{9b}2J\u{a0}é€\\u{7f}", "{size}");
        }
    }
}
