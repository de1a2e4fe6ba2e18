//! Packets chosen by numbers that look random, the same in each run.

use crate::lab::*;

/// Small numbers that look random, the same in each run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

/// Packets that make sense, of all versions.
pub(crate) fn sensible(dice: &mut Dice) -> Vec<u8> {
    let topics = ["a", "a/b", "$share/g/a", "$x", "w", ""];
    let filters = ["a", "#", "a/+", "$share/g/#", "+/b"];
    let topic = topics[dice.roll(topics.len())];
    let filter = filters[dice.roll(filters.len())];
    let id = u16::try_from(dice.roll(4)).unwrap();
    let flags = u8::try_from(dice.roll(8)).unwrap();
    let small = u8::try_from(dice.roll(40)).unwrap();
    match dice.roll(14) {
        0 => client_4(if id == 0 { CLEAN } else { KEEP }, ["c", "d", ""][dice.roll(3)]),
        1 => client_5(if id == 0 { CLEAN } else { KEEP }, ["c", "d", ""][dice.roll(3)]),
        2 => connect_3(KEEP, 1, &[&text("c")]),
        3 => connect_5(
            0x04,
            1,
            &[33, 0, 1, 39, 0, 0, 0, small, 34, 0, 2],
            &[&text("d"), &[5, 24, 0, 0, 0, 1], &text("w"), &text("x")],
        ),
        4 => publish_4(flags, topic, id, "x"),
        5 => publish_5(flags, topic, id, &[35, 0, small], "x"),
        6 => publish_5(flags, topic, id, &[2, 0, 0, 0, small], "x"),
        7 => subscribe_4(id, filter, flags % 3),
        8 => subscribe_5(id, &[11, small], filter, small),
        9 => packet(0xa2, &[&id.to_be_bytes(), &text(filter)]),
        10 => ack([PUBACK, PUBREC, PUBREL, PUBCOMP][dice.roll(4)], id),
        11 => vec![0xc0, 0],
        12 => vec![0xe0, 0],
        _ => (0..dice.roll(8)).map(|_| u8::try_from(dice.roll(256)).unwrap()).collect(),
    }
}
