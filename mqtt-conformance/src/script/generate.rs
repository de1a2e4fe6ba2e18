//! Content by size: the same bytes for the same size, in every run.

/// 0x00, 0x01, … 0xff, 0x00, …: a lost or swapped block shows.
pub(super) fn bytes(length: usize) -> Vec<u8> {
    (0..=u8::MAX).cycle().take(length).collect()
}

/// a, b, … z, a, …
pub(super) fn letters(length: usize) -> String {
    ('a'..='z').cycle().take(length).collect()
}
