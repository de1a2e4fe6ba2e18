//! Counting instructions: the process starts itself again under callgrind, which writes one dump for each measurement.
//!
//! Counts are switched on by callgrind itself when [`measured`](crate::codec::measured) is entered, and dumped when it is
//! left, so the process counted is the process as it is: no client requests, no special build. The counts are the same in
//! every run. They differ between compilers, and between processors with different vector instructions, because the copying
//! functions of the C library do.

use crate::codec::{Codec, Kind, Storage, Visitor, decodes, measure_decode, measure_encode};
use crate::workload::Workload;
use std::path::PathBuf;
use std::process::Command;
use std::{env, fmt, fs, io};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Bytes to packets, and a walk over them.
    Decode,
    /// Packets to bytes.
    Encode,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Decode => "decode",
            Self::Encode => "encode",
        })
    }
}

/// One measurement.
#[derive(Clone, Debug, PartialEq)]
pub struct Count {
    /// The id of the [`Workload`].
    pub row: String,
    /// The name of the codec.
    pub codec: String,
    /// Which part of the table the codec belongs to.
    pub kind: Kind,
    /// Whether its packets borrow.
    pub storage: Storage,
    /// What was measured.
    pub operation: Operation,
    /// Instructions for each packet.
    pub instructions: f64,
    /// Callgrind's own record, which `callgrind_annotate` reads.
    pub dump: PathBuf,
}

/// The function whose calls are counted, as callgrind spells it.
const MEASURED: &str = "mqtt_benches::codec::measured";

/// The variable that tells a process to be the one that is counted.
const CHILD: &str = "MQTT_BENCHES_COUNTED";

/// Measures every codec that it visits, and says on standard output what each measurement is.
struct Measure(Vec<Workload>);

impl Visitor for Measure {
    fn codec<C: Codec>(&mut self) {
        for row in &self.0 {
            if !decodes::<C>(row) {
                continue;
            }
            let announce = |operation: Operation| {
                println!(
                    "{}\t{}\t{:?}\t{:?}\t{operation}\t{}",
                    row.id,
                    C::NAME,
                    C::KIND,
                    C::STORAGE,
                    row.packets
                );
            };
            announce(Operation::Decode);
            measure_decode::<C>(row);
            // The two floors encode alike.
            if (C::KIND, C::STORAGE) != (Kind::Floor, Storage::Owned) {
                announce(Operation::Encode);
                measure_encode::<C>(row);
            }
        }
    }
}

/// A visitor that measures, if this process is the one to be counted: the program is to show it its codecs, and end.
#[must_use]
pub fn counted() -> Option<impl Visitor> {
    env::var_os(CHILD).map(|_| Measure(Workload::all()))
}

/// Runs this program again under callgrind, and collects what it measures. The dumps stay beside the program.
///
/// # Errors
///
/// When valgrind is not there, or its output not as expected.
pub fn counts() -> io::Result<Vec<Count>> {
    let program = env::current_exe()?;
    let directory = program.with_extension("callgrind");
    fs::create_dir_all(&directory)?;
    for old in fs::read_dir(&directory)? {
        fs::remove_file(old?.path())?;
    }
    let out = Command::new("valgrind")
        .args(["--tool=callgrind", "--compress-strings=no"])
        .args([format!("--toggle-collect={MEASURED}"), format!("--dump-after={MEASURED}")])
        .arg(format!("--callgrind-out-file={}/dump", directory.display()))
        .arg(&program)
        .env(CHILD, "1")
        .output()
        .map_err(|e| io::Error::new(e.kind(), format!("valgrind: {e}")))?;
    if !out.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&out.stderr).into_owned()));
    }
    let announced = String::from_utf8_lossy(&out.stdout);
    announced
        .lines()
        .enumerate()
        .map(|(i, line)| {
            let dump = directory.join(format!("dump.{}", i + 1));
            count(line, dump).ok_or_else(|| io::Error::other(format!("no count for {line:?}")))
        })
        .collect()
}

fn count(line: &str, dump: PathBuf) -> Option<Count> {
    let mut columns = line.split('\t');
    let (row, codec) = (columns.next()?.to_owned(), columns.next()?.to_owned());
    let kind = [Kind::Floor, Kind::Ours, Kind::Peer];
    let kind = columns.next().and_then(|name| kind.into_iter().find(|kind| format!("{kind:?}") == name))?;
    let storage = [Storage::Borrowed, Storage::Owned, Storage::Parts, Storage::Framed];
    let storage = columns.next().and_then(|name| storage.into_iter().find(|s| format!("{s:?}") == name))?;
    let operation = [Operation::Decode, Operation::Encode];
    let operation = columns.next().and_then(|name| operation.into_iter().find(|o| o.to_string() == name))?;
    let packets: f64 = columns.next()?.parse().ok()?;
    let text = fs::read_to_string(&dump).ok()?;
    let total: f64 = text.lines().find_map(|line| line.strip_prefix("summary: "))?.trim().parse().ok()?;
    Some(Count { row, codec, kind, storage, operation, instructions: total / packets, dump })
}
