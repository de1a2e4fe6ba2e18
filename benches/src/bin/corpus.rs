//! Prints what every codec makes of the corpus of test vectors, by version and packet, in Markdown.

use mqtt_benches::codec::{Codec, Kind, Visitor};
use mqtt_benches::corpus::{self, Vector, Verdict};
use mqtt_benches::visit_all;
use mqtt_benches::workload::Protocol;
use std::collections::BTreeMap;
use std::io;

/// Control Packet types by their number, and what has no first byte.
const KINDS: [&str; 17] = [
    "type 0",
    "CONNECT",
    "CONNACK",
    "PUBLISH",
    "PUBACK",
    "PUBREC",
    "PUBREL",
    "PUBCOMP",
    "SUBSCRIBE",
    "SUBACK",
    "UNSUBSCRIBE",
    "UNSUBACK",
    "PINGREQ",
    "PINGRESP",
    "DISCONNECT",
    "AUTH",
    "nothing",
];

type Verdicts = BTreeMap<usize, Verdict>;

struct Survey {
    vectors: Vec<Vector>,
    codecs: Vec<(&'static str, &'static str, Protocol, Verdicts)>,
}

impl Visitor for Survey {
    fn codec<C: Codec>(&mut self) {
        if C::KIND != Kind::Floor {
            self.codecs.push((C::NAME, C::RELEASE, C::PROTOCOL, corpus::judge::<C>(&self.vectors)));
        }
    }
}

fn main() -> io::Result<()> {
    let mut survey = Survey { vectors: corpus::vectors()?, codecs: Vec::new() };
    visit_all(&mut survey);
    for (protocol, version) in [(Protocol::V3_1_1, "3.1.1"), (Protocol::V5, "5.0")] {
        let codecs: Vec<_> = survey.codecs.iter().filter(|(_, _, of, _)| *of == protocol).collect();
        let heads: Vec<String> =
            codecs.iter().map(|(name, release, ..)| format!("{name} {release}")).collect();
        println!("\n| MQTT {version}, to be refused | vectors | {} |", heads.join(" | "));
        println!("|---|--:{}|", "|--:".repeat(heads.len()));
        rows(&codecs, |v| v.malformed, |v| wrong(&[v.accepted, v.waited, v.panicked]));
        println!("\n| MQTT {version}, valid | vectors | {} |", heads.join(" | "));
        println!("|---|--:{}|", "|--:".repeat(heads.len()));
        rows(&codecs, |v| v.valid, |v| wrong(&[v.refused, v.misread]));
    }
    Ok(())
}

/// A row for each packet, and one for all.
fn rows(
    codecs: &[&(&str, &str, Protocol, Verdicts)],
    of: impl Fn(&Verdict) -> usize,
    show: impl Fn(&Verdict) -> String,
) {
    let Some((_, _, _, first)) = codecs.first() else { return };
    for (kind, verdict) in first.iter().filter(|(_, verdict)| of(verdict) > 0) {
        let cells = codecs.iter().map(|(.., verdicts)| verdicts.get(kind).map_or_else(String::new, &show));
        println!("| {} | {} | {} |", KINDS[*kind], of(verdict), cells.collect::<Vec<_>>().join(" | "));
    }
    let all = |verdicts: &Verdicts| verdicts.values().copied().fold(Verdict::default(), Verdict::plus);
    let cells: Vec<String> =
        codecs.iter().map(|(.., verdicts)| format!("**{}**", show(&all(verdicts)))).collect();
    println!("| **all** | {} | {} |", of(&all(first)), cells.join(" | "));
}

/// `12`, or `12 + 3` where the second kind came up, or `0`.
fn wrong(counts: &[usize]) -> String {
    let last = counts.iter().rposition(|&count| count > 0).unwrap_or(0);
    counts[..=last].iter().map(ToString::to_string).collect::<Vec<_>>().join(" + ")
}
