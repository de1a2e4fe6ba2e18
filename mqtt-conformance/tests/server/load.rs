//! What is legal and large: one packet of a client costs the broker work in proportion to its size.

use crate::lab::*;

#[test]
fn a_topic_of_as_many_levels_as_there_can_be_is_matched() {
    let slashes = "/".repeat(65_535);
    let mut lab = Lab::new();
    lab.join(1, &client_4(CLEAN, "c"));
    lab.send(1, &subscribe_4(1, &slashes, 0));
    lab.take(1);
    lab.send(1, &publish_4(0, &slashes, 0, "x"));
    lab.expect(1, [publish_4(0, &slashes, 0, "x")]);
}

#[test]
fn a_message_reaches_one_member_of_each_of_many_groups() {
    let mut lab = Lab::new();
    for conn in 0..16 {
        lab.join(conn, &client_5(CLEAN, &format!("c{conn}")));
        let filters: Vec<Vec<u8>> =
            (0..1000).flat_map(|group| [text(format!("$share/g{conn}-{group}/t")), vec![0]]).collect();
        lab.send(conn, &packet(0x82, &[&[0, 1, 0], &filters.concat()]));
        lab.take(conn);
    }
    lab.join(99, &client_5(CLEAN, "publisher"));
    lab.send(99, &publish_5(0, "t", 0, &[], "x"));
    for conn in 0..16 {
        assert_eq!(lab.take(conn).len(), 1000);
    }
}
