//! Instruction counts of this project's codec, beside the floor.
//!
//! - `counts`: prints them.
//! - `counts check`: compares ours with the baseline, and fails when a row has grown by more than 5 %.
//! - `counts raw`: prints ours as the baseline has them.
//! - `counts bless`: makes them the baseline.
//! - `counts hot ROW decode|encode [shared|owned|framed]`: where the instructions of one row go, by function and line.
//!
//! Needs `valgrind`.

use mqtt_benches::callgrind::{self, Count, Operation};
use mqtt_benches::codec::{Kind, Storage};
use mqtt_benches::visit_ours;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::{env, fs, io};

/// How much a row may grow.
const TOLERANCE: f64 = 0.05;

fn baseline() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("baseline.txt")
}

fn main() -> ExitCode {
    if let Some(mut visitor) = callgrind::counted() {
        visit_ours(&mut visitor);
        return ExitCode::SUCCESS;
    }
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = callgrind::counts().and_then(|counts| match args[..] {
        [] => {
            print(&counts);
            Ok(true)
        }
        ["raw"] => {
            print!("{}", render(&ours(&counts)));
            Ok(true)
        }
        ["check"] => check(&counts),
        ["bless"] => fs::write(baseline(), render(&ours(&counts))).map(|()| true),
        ["hot", row, operation, ref form @ ..] => {
            hot(&counts, row, operation, form.first().copied().unwrap_or("borrowed"))
        }
        _ => Err(io::Error::other(
            "usage: counts [raw | check | bless | hot ROW decode|encode [shared|owned|framed]]",
        )),
    });
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => {
            eprintln!("error: {e}");
            ExitCode::from(2)
        }
    }
}

fn find<'a>(
    counts: &'a [Count],
    row: &str,
    kind: Kind,
    storage: Storage,
    operation: Operation,
) -> Option<&'a Count> {
    counts
        .iter()
        .find(|c| (c.row.as_str(), c.kind, c.storage, c.operation) == (row, kind, storage, operation))
}

fn print(counts: &[Count]) {
    println!(
        "{:4} {:7} {:>9} {:>9} {:>6} {:>9} {:>9} {:>6} {:>9} {:>9}",
        "row", "", "floor", "borrowed", "", "+ Bytes", "shared", "", "owned", "framed"
    );
    let mut rows: Vec<&str> = Vec::new();
    for c in counts {
        if !rows.contains(&c.row.as_str()) {
            rows.push(&c.row);
        }
    }
    rows.sort_unstable();
    for (row, operation) in
        rows.iter().flat_map(|row| [Operation::Decode, Operation::Encode].map(|operation| (row, operation)))
    {
        let get =
            |kind, storage| find(counts, row, kind, storage, operation).map_or(f64::NAN, |c| c.instructions);
        let floor = get(Kind::Floor, Storage::Borrowed);
        let floor_shared = match operation {
            Operation::Decode => get(Kind::Floor, Storage::Owned),
            Operation::Encode => floor,
        };
        let (borrowed, shared) = (get(Kind::Ours, Storage::Borrowed), get(Kind::Ours, Storage::Owned));
        println!(
            "{row:4} {operation:7} {floor:>9.0} {borrowed:>9.0} {:>6.2} {floor_shared:>9.0} {shared:>9.0} {:>6.2} {:>9.0} {:>9.0}",
            borrowed / floor,
            shared / floor_shared,
            get(Kind::Ours, Storage::Parts),
            get(Kind::Ours, Storage::Framed),
        );
    }
}

/// Row, operation and storage, and the instructions.
type Rows = BTreeMap<String, f64>;

fn ours(counts: &[Count]) -> Rows {
    let name = |c: &Count| format!("{} {} {}", c.row, c.operation, c.storage.name());
    counts.iter().filter(|c| c.kind == Kind::Ours).map(|c| (name(c), c.instructions)).collect()
}

/// What counts depend on besides the source.
fn tools() -> String {
    let version = |program: &str| {
        let out = Command::new(program).arg("--version").output().ok();
        out.map_or_else(
            || format!("no {program}"),
            |out| String::from_utf8_lossy(&out.stdout).trim().to_owned(),
        )
    };
    format!("{}, {}, {}", version("rustc"), version("valgrind"), env::consts::ARCH)
}

fn render(rows: &Rows) -> String {
    let mut text = format!("# Instructions per packet. Written by `counts bless`.\n# {}\n", tools());
    for (name, instructions) in rows {
        writeln!(text, "{name} {instructions:.1}").expect("a String takes all");
    }
    text
}

fn check(counts: &[Count]) -> io::Result<bool> {
    let text = fs::read_to_string(baseline())?;
    if !text.contains(&tools()) {
        println!("note: the baseline was made with other tools; here: {}", tools());
    }
    let old: Rows = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.rsplit_once(' '))
        .filter_map(|(name, n)| Some((name.to_owned(), n.parse().ok()?)))
        .collect();
    let new = ours(counts);
    let mut good = true;
    for name in old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))) {
        match (old.get(name), new.get(name)) {
            (Some(old), Some(new)) => {
                let change = new / old - 1.0;
                if change > TOLERANCE {
                    println!("GROWN   {name}: {old:.0} -> {new:.0} ({:+.1} %)", change * 100.0);
                    good = false;
                } else if change < -TOLERANCE {
                    println!("shrunk  {name}: {old:.0} -> {new:.0} ({:+.1} %)", change * 100.0);
                }
            }
            (Some(_), None) => {
                println!("MISSING {name}: it is in the baseline and was not measured");
                good = false;
            }
            (None, _) => {
                println!("MISSING {name}: it is not in the baseline");
                good = false;
            }
        }
    }
    println!("{} rows, {}", new.len(), if good { "none has grown by more than 5 %" } else { "see above" });
    if good {
        println!("hint: after a gain, run `counts bless`");
    } else {
        println!("hint: if this is meant, run `counts bless`");
    }
    Ok(good)
}

fn hot(counts: &[Count], row: &str, operation: &str, form: &str) -> io::Result<bool> {
    let operation = if operation == "decode" { Operation::Decode } else { Operation::Encode };
    let count = counts
        .iter()
        .find(|c| {
            (c.row.as_str(), c.kind, c.storage.name(), c.operation) == (row, Kind::Ours, form, operation)
        })
        .ok_or_else(|| io::Error::other("no such row"))?;
    let status = Command::new("callgrind_annotate").arg("--threshold=98").arg(&count.dump).status()?;
    Ok(status.success())
}
