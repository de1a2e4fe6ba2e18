//! Ids of tests, with `*` for any run of characters.

/// Whether a pattern fits a whole id.
pub(super) fn fits(pattern: &str, id: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = id.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        // The first place is as good as any later one: it leaves the most for what follows.
        let Some((_, behind)) = rest.split_once(part) else { return false };
        rest = behind;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fits_by_runs_of_characters() {
        let id = "5.0/4.7-topics/matching[filter=sport/#,topic=sport]";
        for pattern in
            [id, "*", "5.0/*", "*/matching[*", "5.0/4.7-topics/matching[*]", "*sport*sport*", "**", "*t]"]
        {
            assert!(fits(pattern, id), "{pattern}");
        }
        for pattern in ["", "5.0", "*/matching", "sport", "*sport*sport*sport*", "5.0/*/none[*]", "*sport]]"]
        {
            assert!(!fits(pattern, id), "{pattern}");
        }
    }

    #[test]
    fn a_star_takes_no_character_twice() {
        assert!(!fits("ab*ba", "aba"));
        assert!(fits("ab*ba", "abba"));
        assert!(fits("a*a", "aa"));
        assert!(!fits("a*a", "a"));
    }
}
