//! Every codec sees the same fields in the same bytes, and writes the same bytes back.

use mqtt_benches::codec::{Codec, Visitor, decodes, measure_decode, measure_encode};
use mqtt_benches::workload::{Protocol, Workload};
use mqtt_benches::{floor, visit_all};

/// What a codec may do otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leave {
    /// It refuses the row, which is then empty in the table.
    Refuse,
    /// It writes other bytes.
    Write,
    /// It writes other bytes, and sees other values.
    SeeAndWrite,
}

/// The rows in which a codec does otherwise, and why.
fn leave(codec: &str, row: &str) -> Option<Leave> {
    const OWN_ORDER: [&str; 5] = ["mqttbytes", "rumqttc", "mqtt-proto", "rmqtt-codec", "mqtt5-protocol"];
    match (codec, row) {
        // A Remaining Length of more than one byte.
        ("mqtt-format", "b" | "f" | "h") => Some(Leave::Refuse),
        // Reason codes are seen with numbers of the crate's own; absent properties with their defaults.
        ("rumqttc" | "rmqtt-codec", "h5") => Some(Leave::SeeAndWrite),
        // Properties are written in the crate's order, and a Property Length where it may be left out.
        (codec, "c" | "e" | "h5") if OWN_ORDER.contains(&codec) => Some(Leave::Write),
        // The Connect Flags are written where they belong if the buffer was empty.
        ("mqttbytes" | "rumqttc", "d" | "h") => Some(Leave::Write),
        _ => None,
    }
}

struct Check {
    rows: Vec<Workload>,
    sums: Vec<u64>,
}

impl Visitor for Check {
    fn codec<C: Codec>(&mut self) {
        for (row, &sum) in self.rows.iter().zip(&self.sums).filter(|(row, _)| row.protocol == C::PROTOCOL) {
            let (what, leave) = (format!("{}, row {}", C::NAME, row.id), leave(C::NAME, row.id));
            assert_eq!(decodes::<C>(row), leave != Some(Leave::Refuse), "{what}");
            if leave == Some(Leave::Refuse) {
                continue;
            }
            if leave != Some(Leave::SeeAndWrite) {
                assert_eq!(measure_decode::<C>(row).get(), sum, "{what}");
            }
            let written = measure_encode::<C>(row);
            assert!(leave.is_some() || written == row.wire, "{what} is written otherwise");
        }
    }
}

#[test]
fn codecs_agree() {
    let rows = Workload::all();
    let sum = |row: &Workload| match row.protocol {
        Protocol::V3_1_1 => measure_decode::<floor::Floor<false>>(row).get(),
        Protocol::V5 => measure_decode::<floor::Floor<true>>(row).get(),
    };
    let sums = rows.iter().map(sum).collect();
    visit_all(&mut Check { rows, sums });
}
