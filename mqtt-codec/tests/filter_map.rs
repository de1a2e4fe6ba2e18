//! The map from Topic Filters to values finds what `TopicFilter::matches` finds one by one.

use mqtt_codec::{FilterMap, TopicFilter, TopicName};

const FILTERS: [&str; 24] = [
    "#",
    "+",
    "+/#",
    "/",
    "/#",
    "+/+",
    "a",
    "a/#",
    "a/+",
    "a/b",
    "a/+/c",
    "a/b/#",
    "a/b/c",
    "a//c",
    "+/b/+",
    "$SYS/#",
    "$SYS/+",
    "$SYS",
    "$share/g/a/#",
    "$share/h/a/#",
    "$share/g/#",
    "$share/g/$SYS/x",
    "$share/g",
    "é/+",
];
const TOPICS: [&str; 14] = [
    "a", "a/b", "a/b/c", "a/x/c", "a//c", "/", "/a", "a/", "b", "$SYS", "$SYS/x", "$share/g", "é/ü",
    "a/b/c/d",
];

/// What matches, by a look at every filter.
fn by_scan(filters: &[&'static str], topic: &str) -> Vec<&'static str> {
    let topic = TopicName::new(topic).unwrap();
    let matches = |filter: &&&str| {
        let filter = TopicFilter::new(filter).unwrap();
        filter.shared().map_or_else(|| filter.matches(&topic), |shared| shared.filter.matches(&topic))
    };
    let mut found: Vec<_> = filters.iter().filter(matches).copied().collect();
    found.sort_unstable();
    found
}

fn by_map(map: &FilterMap<&'static str>, topic: &str) -> Vec<&'static str> {
    let topic = TopicName::new(topic).unwrap();
    let mut found: Vec<_> = map
        .matches(&topic)
        .map(|(filter, value)| {
            assert_eq!(filter, *value);
            *value
        })
        .collect();
    found.sort_unstable();
    found
}

/// Inserted one after the other, then removed in another order: after each step all topics find what they should.
#[test]
fn finds_what_a_scan_finds() {
    let mut map = FilterMap::new();
    for (i, filter) in FILTERS.into_iter().enumerate() {
        assert_eq!(map.insert(&TopicFilter::new(filter).unwrap(), filter), None);
        assert_eq!(map.len(), i + 1);
        for topic in TOPICS {
            assert_eq!(by_map(&map, topic), by_scan(&FILTERS[..=i], topic), "{topic}");
        }
    }
    let mut left = FILTERS.to_vec();
    while !left.is_empty() {
        let filter = left.swap_remove(left.len() / 2);
        assert_eq!(map.remove(&TopicFilter::new(filter).unwrap()), Some(filter));
        assert_eq!(map.remove(&TopicFilter::new(filter).unwrap()), None);
        assert_eq!(map.get(&TopicFilter::new(filter).unwrap()), None);
        let mut all: Vec<&str> = map.iter().map(|(_, value)| *value).collect();
        all.sort_unstable();
        let mut expected = left.clone();
        expected.sort_unstable();
        assert_eq!((all, map.len(), map.is_empty()), (expected, left.len(), left.is_empty()));
        for topic in TOPICS {
            assert_eq!(by_map(&map, topic), by_scan(&left, topic), "{topic}");
        }
    }
}

#[test]
fn a_filter_has_one_value() {
    let mut map = FilterMap::default();
    let filter = TopicFilter::new("a/+").unwrap();
    assert_eq!((map.insert(&filter, 1), map.insert(&filter, 2), map.len()), (None, Some(1), 1));
    *map.get_mut(&filter).unwrap() += 1;
    assert_eq!((map.get(&filter), map.get(&TopicFilter::new("a/b").unwrap())), (Some(&3), None));
    assert_eq!(format!("{map:?}"), r#"{"a/+": 3}"#);
}

/// 65,535 levels: no function calls itself for each of them.
#[test]
fn takes_the_deepest_filter() {
    let deep = "/".repeat(65_535);
    let mut map = FilterMap::new();
    map.insert(&TopicFilter::new(&deep).unwrap(), 1);
    map.insert(&TopicFilter::new("#").unwrap(), 2);
    assert_eq!(map.matches(&TopicName::new(&deep).unwrap()).count(), 2);
    drop(map.clone());
    assert_eq!(map.remove(&TopicFilter::new(&deep).unwrap()), Some(1));
}
