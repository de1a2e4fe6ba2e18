//! Patterns of test ids, in selections and in expectation files.

use wildmatch::WildMatch;

/// A pattern of ids: `*` stands for any run of characters, `?` for one character. Without either it is an id.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    text: String,
    wild: WildMatch,
}

impl Pattern {
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), wild: WildMatch::new(text) }
    }

    /// Whether it fits the whole id. An id fits itself: a few ids hold a `*`.
    pub(crate) fn fits(&self, id: &str) -> bool {
        self.text == id || self.wild.matches(id)
    }

    /// Whether it holds a `*` or a `?`.
    pub(crate) fn is_wild(&self) -> bool {
        self.text.contains(['*', '?'])
    }

    /// Whether it fits, or is a part of the id without `*` and `?`.
    pub(crate) fn finds(&self, id: &str) -> bool {
        if self.is_wild() { self.fits(id) } else { id.contains(&self.text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "5.0/4.7-topics/matching[filter=sport/#,topic=sport]";

    #[test]
    fn fits_a_whole_id() {
        for pattern in
            [ID, "*", "5.0/*", "*/matching[*", "5.0/4.7-topics/matching[*]", "*sport*sport*", "**", "?.0/*t]"]
        {
            assert!(Pattern::new(pattern).fits(ID), "{pattern}");
        }
        for pattern in [
            "",
            "5.0",
            "*/matching",
            "sport",
            "*sport*sport*sport*",
            "5.0/*/none[*]",
            "*sport]]",
            "?",
            "5.0/?",
        ] {
            assert!(!Pattern::new(pattern).fits(ID), "{pattern}");
        }
    }

    #[test]
    fn finds_a_part_of_an_id_without_stars() {
        for pattern in ["", "topics", "5.0", "5.0/", "*", "*/matching*", "**[*]"] {
            assert!(Pattern::new(pattern).finds(ID), "{pattern}");
        }
        for pattern in ["topic s", "4.7*", "*/matching", "?"] {
            assert!(!Pattern::new(pattern).finds(ID), "{pattern}");
        }
    }

    #[test]
    fn a_star_takes_no_character_twice() {
        assert!(!Pattern::new("ab*ba").fits("aba"));
        assert!(Pattern::new("ab*ba").fits("abba"));
        assert!(Pattern::new("a*a").fits("aa"));
        assert!(!Pattern::new("a*a").fits("a"));
    }

    #[test]
    fn an_id_with_a_star_fits_itself() {
        let id = "5.0/x/y[filter=+/*?]";
        assert!(Pattern::new(id).fits(id));
    }
}
