//! How a Topic Filter matches a Topic Name, by the rules.

use super::rule_table::Rules;

/// Whether a message published to `topic` matches `filter`, level by level and byte by byte.
///
/// Spec: 3.1 Appendix A, 3.1.1 and 5.0 §4.7.
pub(super) fn matches(rules: &Rules, filter: &[u8], topic: &[u8]) -> bool {
    let wild = matches!(filter.first(), Some(b'+' | b'#'));
    // [5.0/MQTT-4.7.2-1, 3.1.1/MQTT-4.7.2-1]
    if wild && topic.first() == Some(&b'$') && rules.wildcards_skip_dollar_topics {
        return false;
    }
    let (filter, topic) = (levels(rules, filter), levels(rules, topic));
    matches_levels(rules, &filter, &topic)
}

fn levels<'a>(rules: &Rules, text: &'a [u8]) -> Vec<&'a [u8]> {
    // [5.0/MQTT-4.7.3-4, 3.1.1/MQTT-4.7.3-4]
    text.split(|&b| b == b'/').filter(|level| rules.counts_empty_levels || !level.is_empty()).collect()
}

/// Level by level from the front: each step leaves one level less, or decides.
fn matches_levels(rules: &Rules, mut filter: &[&[u8]], mut topic: &[&[u8]]) -> bool {
    loop {
        (filter, topic) = match (filter, topic) {
            ([b"#"], []) => return rules.hash_matches_parent,
            ([], []) | ([b"#"], [_]) => return true,
            ([b"#"], _) => return rules.hash_matches_many_levels,
            // [3.1.1/MQTT-3.3.2-3]
            ([b"+"], []) => return !rules.plus_needs_a_level,
            // [3.1.1/MQTT-3.3.2-3]
            ([b"+"], [_, _, ..]) => return !rules.plus_matches_one_level,
            ([b"+", ..], [b"", ..]) if !rules.plus_matches_empty_level => return false,
            ([b"+", filter @ ..], [_, topic @ ..]) => (filter, topic),
            ([wanted, filter @ ..], [level, topic @ ..]) if same_level(rules, wanted, level) => {
                (filter, topic)
            }
            _ => return false,
        }
    }
}

fn same_level(rules: &Rules, a: &[u8], b: &[u8]) -> bool {
    let plain = |level| <[u8]>::strip_prefix(level, "\u{feff}".as_bytes()).unwrap_or(level);
    let (a, b) = if rules.keeps_byte_order_mark { (a, b) } else { (plain(a), plain(b)) };
    // [5.0/MQTT-4.7.3-4, 3.1.1/MQTT-4.7.3-4]
    if !rules.normalizes_nothing && bare(a).eq(bare(b)) {
        return true;
    }
    // [5.0/MQTT-4.7.3-4, 3.1.1/MQTT-4.7.3-4]
    let refused = !rules.matches_any_characters && !a.iter().all(|b| is_ordinary(*b))
        // [5.0/MQTT-4.7.3-4, 3.1.1/MQTT-4.7.3-4]
        || !rules.matches_long_levels && a.len() > 100;
    // [5.0/MQTT-4.7.3-4, 3.1.1/MQTT-4.7.3-4]
    !refused && (a == b || !rules.compares_with_case && a.eq_ignore_ascii_case(b))
}

fn is_ordinary(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"$-_.".contains(&byte)
}

/// A level without everything that is no letter and no digit.
fn bare(level: &[u8]) -> impl Iterator<Item = &u8> {
    level.iter().filter(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;
    use mqtt_codec::{TopicFilter, TopicName};

    #[track_caller]
    fn check(filter: &str, topic: &str, expected: bool) {
        let rules = Rules::standard();
        assert_eq!(
            matches(&rules, filter.as_bytes(), topic.as_bytes()),
            expected,
            "{filter} against {topic}"
        );
        // The codec has its own matching: two readings of section 4.7 agree.
        let codec = TopicFilter::new(filter).unwrap().matches(&TopicName::new(topic).unwrap());
        assert_eq!(codec, expected, "codec: {filter} against {topic}");
    }

    #[test]
    fn agrees_with_the_codec() {
        for (filter, topic, expected) in [
            ("sport/#", "sport", true),
            ("sport/#", "sport/a/b", true),
            ("sport/#", "sports", false),
            ("#", "/", true),
            ("#", "$SYS/x", false),
            ("+/x", "$SYS/x", false),
            ("$SYS/#", "$SYS/x", true),
            ("+", "a", true),
            ("+", "a/b", false),
            ("+", "/a", false),
            ("+/+", "/a", true),
            ("a/+", "a", false),
            ("a/+", "a/", true),
            ("a/+/b", "a//b", true),
            ("a//b", "a/b", false),
            ("a", "A", false),
            ("a/", "a", false),
            ("\u{feff}a", "a", false),
            ("a/+/#", "a/b", true),
            ("a/+/#", "a", false),
        ] {
            check(filter, topic, expected);
        }
    }

    #[test]
    fn each_rule_of_matching_changes_a_match() {
        for (name, filter, topic) in [
            ("hash_matches_many_levels", "a/#", "a/b/c"),
            ("hash_matches_parent", "a/#", "a"),
            ("plus_matches_one_level", "a/+", "a/b/c"),
            ("plus_needs_a_level", "a/+", "a"),
            ("plus_matches_empty_level", "a/+", "a/"),
            ("counts_empty_levels", "a//b", "a/b"),
            ("compares_with_case", "a", "A"),
            ("keeps_byte_order_mark", "\u{feff}a", "a"),
            ("wildcards_skip_dollar_topics", "#", "$x"),
        ] {
            let (filter, topic) = (filter.as_bytes(), topic.as_bytes());
            let mutant = Rules::find(name).unwrap().mutant();
            assert_ne!(matches(&Rules::standard(), filter, topic), matches(&mutant, filter, topic), "{name}");
        }
    }
}
