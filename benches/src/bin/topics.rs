//! Prints what topics cost: matching a filter, and checking Topic Names and Topic Filters, in nanoseconds for each byte.
//!
//! Each figure is the best of many rounds over all topics and filters below; a byte of a match is one of the topic.

use mqtt_codec::{TopicFilter, TopicName};
use std::hint::black_box;
use std::time::Instant;

const TOPICS: [&str; 6] = [
    "plant/7/line/3/tempC",
    "plant/7/line/3/vibration/rms-velocity",
    "fleet/truck-0042/position",
    "home/kitchen/lamp/2/brightness/set",
    "a/b",
    "greenhouse/north/bench/17/sensor/humidity/relative/percent",
];

const FILTERS: [&str; 6] = [
    "plant/7/line/+/tempC",
    "plant/#",
    "fleet/truck-0042/position",
    "home/+/lamp/+/brightness/set",
    "+/+",
    "#",
];

const ROUNDS: usize = 400;
const REPEATS: usize = 100;

/// Nanoseconds for each of `bytes`, which one call of `work` goes over.
fn per_byte(bytes: usize, mut work: impl FnMut() -> usize) -> f64 {
    let round = |_| {
        let start = Instant::now();
        for _ in 0..REPEATS {
            black_box(work());
        }
        start.elapsed()
    };
    let best = (0..ROUNDS).map(round).min().unwrap_or_default();
    best.as_secs_f64() * 1e9 / (REPEATS * bytes) as f64
}

/// Counts what `test` says yes to, so that no answer goes unused.
fn count<T>(items: &[T], test: impl Fn(&T) -> bool) -> usize {
    items.iter().filter(|item| test(black_box(item))).count()
}

fn row(
    name: &str,
    matches: impl Fn(&str, &str) -> bool,
    topic: impl Fn(&str) -> bool,
    filter: impl Fn(&str) -> bool,
) {
    let topic_bytes: usize = TOPICS.iter().map(|topic| topic.len()).sum();
    let filter_bytes: usize = FILTERS.iter().map(|filter| filter.len()).sum();
    let pairs: Vec<_> = FILTERS.iter().flat_map(|f| TOPICS.iter().map(move |t| (*t, *f))).collect();
    let matching = per_byte(topic_bytes * FILTERS.len(), || count(&pairs, |(t, f)| matches(t, f)));
    let topics = per_byte(topic_bytes, || count(&TOPICS, |t| topic(t)));
    let filters = per_byte(filter_bytes, || count(&FILTERS, |f| filter(f)));
    println!("| {name} | {matching:.2} | {topics:.2} | {filters:.2} |");
}

fn main() {
    println!("| nanoseconds per byte | filter matches topic | Topic Name | Topic Filter |");
    println!("|---|--:|--:|--:|");
    // A broker keeps filters that it has checked, and gets topics that the decoder has: only matching is left.
    let names = TOPICS.map(|topic| (topic, TopicName::new(topic).expect("a Topic Name")));
    let filters = FILTERS.map(|filter| (filter, TopicFilter::new(filter).expect("a Topic Filter")));
    let pairs: Vec<_> = filters.iter().flat_map(|(_, f)| names.iter().map(move |(_, t)| (*t, *f))).collect();
    let bytes: usize = pairs.iter().map(|(topic, _)| topic.as_bytes().len()).sum();
    let matching = per_byte(bytes, || count(&pairs, |(topic, filter)| filter.matches(topic)));
    let topic_bytes: usize = TOPICS.iter().map(|topic| topic.len()).sum();
    let filter_bytes: usize = FILTERS.iter().map(|filter| filter.len()).sum();
    let checked = per_byte(topic_bytes, || count(&TOPICS, |topic| TopicName::new(topic).is_ok()));
    let judged = per_byte(filter_bytes, || count(&FILTERS, |filter| TopicFilter::new(filter).is_ok()));
    println!("| mqtt-codec | {matching:.2} | {checked:.2} | {judged:.2} |");
    row("mqttbytes", mqttbytes::matches, mqttbytes::valid_topic, mqttbytes::valid_filter);
    row("rumqttc", rumqttc::matches, rumqttc::valid_topic, rumqttc::valid_filter);
}
