//! Nanoseconds, quickly: the best of many rounds, each over a few thousand packets.
//!
//! A column for the table, taken of all codecs in one run. To judge a change, count instructions, or run Criterion.

use crate::callgrind::Operation;
use crate::codec::{Codec, decode_all, encode_all, packets};
use crate::workload::Workload;
use std::hint::black_box;
use std::time::{Duration, Instant};

const ROUNDS: usize = 60;
/// How many packets a round has, if it is not above [`BYTES`].
const PACKETS: usize = 4000;
/// How many bytes a round has at most, so that rows with one packet stay in the processor's caches.
const BYTES: usize = 256 * 1024;

/// Nanoseconds for each packet.
pub fn nanoseconds<C: Codec>(workload: &Workload, operation: Operation) -> f64 {
    let batches = (PACKETS / workload.packets).min(BYTES / workload.wire.len()).max(1);
    let best = match operation {
        Operation::Decode => decode::<C>(workload, batches),
        Operation::Encode => encode::<C>(workload, batches),
    };
    best.as_secs_f64() * 1e9 / (batches * workload.packets) as f64
}

/// The best of all rounds.
fn best(round: impl FnMut(usize) -> Duration) -> Duration {
    (0..ROUNDS).map(round).min().unwrap_or_default()
}

fn decode<C: Codec>(workload: &Workload, batches: usize) -> Duration {
    best(|_| {
        let mut inputs: Vec<_> = (0..batches).map(|_| black_box(C::input(&workload.wire))).collect();
        let start = Instant::now();
        for input in &mut inputs {
            black_box(decode_all::<C>(input));
        }
        start.elapsed()
    })
}

fn encode<C: Codec>(workload: &Workload, batches: usize) -> Duration {
    let mut outputs: Vec<_> = (0..batches).map(|_| C::output(workload.wire.len() + 64)).collect();
    best(|_| {
        let mut all: Vec<_> = (0..batches).filter_map(|_| packets::<C>(workload)).collect();
        outputs.iter_mut().for_each(C::clear);
        let start = Instant::now();
        for (packets, out) in all.iter_mut().zip(&mut outputs) {
            encode_all::<C>(black_box(packets), out);
        }
        let elapsed = start.elapsed();
        black_box(&outputs);
        elapsed
    })
}
