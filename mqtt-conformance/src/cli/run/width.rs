//! How wide the terminal is, if there is one.

use std::io::IsTerminal;

/// Its columns; `None` where lines may have any length, as in a file.
pub(super) fn columns() -> Option<usize> {
    let (_, columns) = console::Term::stdout().size_checked()?;
    std::io::stdout().is_terminal().then_some(usize::from(columns)).filter(|columns| *columns >= 20)
}

/// A text that fits beside so many other columns: cut at the end on a terminal, and where it gets very long anywhere.
pub(super) fn fitted(text: &str, others: usize) -> String {
    /// No line of a log is longer.
    const LONGEST: usize = 4000;
    let room = columns().map_or(LONGEST, |columns| columns.saturating_sub(others).max(20));
    match text.char_indices().nth(room) {
        None => text.to_owned(),
        Some(_) if room < LONGEST => {
            let end = text.char_indices().nth(room - 1).map_or(text.len(), |(end, _)| end);
            format!("{}…", text.get(..end).unwrap_or_default())
        }
        Some((end, _)) => {
            format!("{} # cut: {} bytes more", text.get(..end).unwrap_or_default(), text.len() - end)
        }
    }
}
