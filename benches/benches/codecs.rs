//! Criterion groups: one for decoding and one for encoding each row, with every codec that takes the row.
//!
//! `cargo bench --features peers -- 'decode/a/'` runs one group.

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};
use mqtt_benches::codec::{Codec, Visitor, decode_all, decodes, encode_all, packets};
use mqtt_benches::visit_all;
use mqtt_benches::workload::Workload;
use std::hint::black_box;

struct Groups<'c> {
    criterion: &'c mut Criterion,
    row: Workload,
    encode: bool,
}

impl Visitor for Groups<'_> {
    fn codec<C: Codec>(&mut self) {
        let row = &self.row;
        if !decodes::<C>(row) {
            return;
        }
        let mut group = self.criterion.benchmark_group(format!(
            "{}/{}",
            if self.encode { "encode" } else { "decode" },
            row.id
        ));
        group.throughput(Throughput::Elements(row.packets as u64));
        let id = BenchmarkId::from_parameter(C::NAME);
        if self.encode {
            group.bench_function(id, |bencher| {
                bencher.iter_batched_ref(
                    || (packets::<C>(row).unwrap_or_default(), C::output(row.wire.len() + 64)),
                    |(packets, out)| encode_all::<C>(black_box(packets), out),
                    BatchSize::SmallInput,
                );
            });
        } else {
            group.bench_function(id, |bencher| {
                bencher.iter_batched_ref(
                    || C::input(black_box(&row.wire)),
                    |input| black_box(decode_all::<C>(input)),
                    BatchSize::SmallInput,
                );
            });
        }
        group.finish();
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for row in Workload::all() {
        for encode in [false, true] {
            visit_all(&mut Groups { criterion: &mut criterion, row: row.clone(), encode });
        }
    }
    criterion.final_summary();
}
