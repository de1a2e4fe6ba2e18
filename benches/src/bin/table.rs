//! Prints the table: every codec, every row, in Markdown.
//!
//! Needs `valgrind`, and takes a few minutes: it builds this package a second time, without link-time optimization.

use mqtt_benches::callgrind::{self, Count, Operation};
use mqtt_benches::clock::nanoseconds;
use mqtt_benches::codec::{Codec, Kind, Storage, Visitor, decodes};
use mqtt_benches::corpus::{self, Vector, Verdict};
use mqtt_benches::visit_all;
use mqtt_benches::workload::{Protocol, Workload};
use std::collections::HashMap;
use std::process::{Command, ExitCode};
use std::{env, io};

fn main() -> ExitCode {
    if let Some(mut visitor) = callgrind::counted() {
        visit_all(&mut visitor);
        return ExitCode::SUCCESS;
    }
    match print() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("error: {e}");
            ExitCode::from(2)
        }
    }
}

/// A row, a codec and an operation, and how long it took.
type Times = HashMap<(&'static str, &'static str, Operation), f64>;

/// All codecs, and what is found by running them as they are.
#[derive(Default)]
struct Survey {
    rows: Vec<Workload>,
    vectors: Vec<Vector>,
    codecs: Vec<(&'static str, &'static str, Storage, Protocol, Verdict)>,
    times: Times,
}

impl Visitor for Survey {
    fn codec<C: Codec>(&mut self) {
        for row in self.rows.iter().filter(|row| decodes::<C>(row)) {
            for operation in [Operation::Decode, Operation::Encode] {
                self.times.insert((row.id, C::NAME, operation), nanoseconds::<C>(row, operation));
            }
        }
        if C::KIND != Kind::Floor {
            let verdict =
                corpus::judge::<C>(&self.vectors).into_values().fold(Verdict::default(), Verdict::plus);
            self.codecs.push((C::NAME, C::RELEASE, C::STORAGE, C::PROTOCOL, verdict));
        }
    }
}

fn print() -> io::Result<()> {
    let counts = callgrind::counts()?;
    let no_lto = without_lto()?;
    let mut survey = Survey { rows: Workload::all(), vectors: corpus::vectors()?, ..Survey::default() };
    visit_all(&mut survey);

    println!("Instructions per packet / nanoseconds, release build with fat LTO.\n");
    println!(
        "| decode | floor | borrowed | | best peer that borrows | floor with one `Bytes` | shared | | owned | `Framed` | best peer that owns |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    for row in &survey.rows {
        let cell = Cell { row, operation: Operation::Decode, counts: &counts, times: &survey.times };
        println!(
            "| {}: {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            row.id,
            row.about,
            cell.show(Kind::Floor, Storage::Borrowed),
            cell.show(Kind::Ours, Storage::Borrowed),
            cell.ratio(Storage::Borrowed, Storage::Borrowed),
            cell.best(&[Storage::Borrowed]),
            cell.show(Kind::Floor, Storage::Owned),
            cell.show(Kind::Ours, Storage::Owned),
            cell.ratio(Storage::Owned, Storage::Owned),
            cell.show(Kind::Ours, Storage::Parts),
            cell.show(Kind::Ours, Storage::Framed),
            cell.best(&[Storage::Owned]),
        );
    }
    println!(
        "\n| encode | floor | into a slice | | without LTO | a view into `BytesMut` | without LTO | owned into `BytesMut` | without LTO | `Framed` | best peer |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    for row in &survey.rows {
        let cell = Cell { row, operation: Operation::Encode, counts: &counts, times: &survey.times };
        let plain = |storage: &str| {
            no_lto
                .get(&format!("{} encode {storage}", row.id))
                .map_or_else(|| "?".to_owned(), |n| format!("{n:.0}"))
        };
        println!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            row.id,
            cell.show(Kind::Floor, Storage::Borrowed),
            cell.show(Kind::Ours, Storage::Borrowed),
            cell.ratio(Storage::Borrowed, Storage::Borrowed),
            plain("borrowed"),
            cell.show(Kind::Ours, Storage::Owned),
            plain("shared"),
            cell.show(Kind::Ours, Storage::Parts),
            plain("owned"),
            cell.show(Kind::Ours, Storage::Framed),
            cell.best(&[Storage::Borrowed, Storage::Owned]),
        );
    }
    print_codecs(&survey);
    print_peers(&survey, &counts);
    Ok(())
}

/// One row and operation of the table.
struct Cell<'a> {
    row: &'a Workload,
    operation: Operation,
    counts: &'a [Count],
    times: &'a Times,
}

impl Cell<'_> {
    fn find(&self, kind: Kind, storage: Storage) -> impl Iterator<Item = &Count> {
        self.counts.iter().filter(move |c| {
            (c.row.as_str(), c.operation, c.kind, c.storage) == (self.row.id, self.operation, kind, storage)
        })
    }

    fn time(&self, codec: &str) -> f64 {
        let found = self.times.iter().find(|((row, name, operation), _)| {
            (*row, *name, *operation) == (self.row.id, codec, self.operation)
        });
        found.map_or(f64::NAN, |(_, &time)| time)
    }

    fn one(&self, count: &Count) -> String {
        format!("{:.0} / {:.1}", count.instructions, self.time(&count.codec))
    }

    fn show(&self, kind: Kind, storage: Storage) -> String {
        self.find(kind, storage).next().map_or_else(String::new, |count| self.one(count))
    }

    /// How many times its floor ours costs.
    fn ratio(&self, floor: Storage, ours: Storage) -> String {
        match (self.find(Kind::Floor, floor).next(), self.find(Kind::Ours, ours).next()) {
            (Some(floor), Some(ours)) => format!("{:.2} ×", ours.instructions / floor.instructions),
            _ => String::new(),
        }
    }

    /// The fewest instructions of any peer, and the shortest time, which may be another's.
    fn best(&self, storages: &[Storage]) -> String {
        let all = || storages.iter().flat_map(|&storage| self.find(Kind::Peer, storage));
        let fewest = all().min_by(|a, b| a.instructions.total_cmp(&b.instructions));
        let fastest = all().min_by(|a, b| self.time(&a.codec).total_cmp(&self.time(&b.codec)));
        match (fewest, fastest) {
            (Some(fewest), Some(fastest)) if fewest.codec != fastest.codec => format!(
                "{:.0} {} / {:.1} {}",
                fewest.instructions,
                fewest.codec,
                self.time(&fastest.codec),
                fastest.codec
            ),
            (Some(fewest), _) => format!("{} {}", self.one(fewest), fewest.codec),
            (None, _) => "none".to_owned(),
        }
    }
}

fn print_codecs(survey: &Survey) {
    println!(
        "\nThe corpus, level *must*: malformed packets that are accepted, or waited at for more bytes; panics; valid"
    );
    println!("packets that are refused.\n");
    println!("| codec | release | packets | version | accepted | waited at | panics | valid, refused |");
    println!("|---|---|---|---|--:|--:|--:|--:|");
    for (name, release, storage, protocol, verdict) in &survey.codecs {
        let Verdict { malformed, accepted, waited, panicked, valid, refused, .. } = verdict;
        let storage = if *storage == Storage::Borrowed { "borrow" } else { "own" };
        let version = if *protocol == Protocol::V5 { "5.0" } else { "3.1.1" };
        println!(
            "| {name} | {release} | {storage} | {version} | {accepted} of {malformed} | {waited} | {panicked} | {refused} of {valid} |"
        );
    }
}

fn print_peers(survey: &Survey, counts: &[Count]) {
    for operation in [Operation::Decode, Operation::Encode] {
        println!(
            "\nAll codecs, {operation}, instructions per packet; a row that a codec refuses is empty.\n"
        );
        let rows = &survey.rows;
        println!("| codec | {} |", rows.iter().map(|row| row.id).collect::<Vec<_>>().join(" | "));
        println!("|---{}|", "|--:".repeat(rows.len()));
        let mut names: Vec<&str> = Vec::new();
        for count in counts.iter().filter(|count| count.operation == operation) {
            if !names.contains(&count.codec.as_str()) {
                names.push(&count.codec);
            }
        }
        for name in names {
            let cells = rows.iter().map(|row| {
                let count = counts
                    .iter()
                    .find(|c| (c.row.as_str(), c.codec.as_str(), c.operation) == (row.id, name, operation));
                count.map_or_else(String::new, |c| format!("{:.0}", c.instructions))
            });
            println!("| {name} | {} |", cells.collect::<Vec<_>>().join(" | "));
        }
    }
}

/// What `counts raw` says in a build without link-time optimization.
fn without_lto() -> io::Result<HashMap<String, f64>> {
    let out = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["run", "--quiet", "--profile", "no-lto", "--bin", "counts", "--", "raw"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()?;
    if !out.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&out.stderr).into_owned()));
    }
    let text = String::from_utf8_lossy(&out.stdout);
    let lines = text.lines().filter_map(|line| line.rsplit_once(' '));
    Ok(lines.filter_map(|(name, n)| Some((name.to_owned(), n.parse().ok()?))).collect())
}
