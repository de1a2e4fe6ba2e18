//! Runs of packets in which each rule shows: under a mutant of it, some conversation goes differently.

use crate::lab::*;
use mqtt_codec::Qos;
use mqtt_conformance::server::{AUTHENTICATION_METHOD, Limits};

pub(crate) type Conversation = fn(&mut Lab);

pub(crate) fn conversations() -> Vec<(Limits, Conversation)> {
    let mut asking = Limits::default();
    asking.credentials = Some(("user".into(), b"secret".to_vec()));
    let mut narrow = Limits::default();
    narrow.receive_maximum = 2;
    narrow.max_packet_size = 200;
    let mut poor = Limits::default();
    poor.maximum_qos = Qos::AtLeastOnce;
    poor.retain_available = false;
    poor.wildcards_available = false;
    poor.shared_available = false;
    poor.subscription_ids_available = false;
    let mut strict = Limits::default();
    strict.denied_publish = Some("no".into());
    strict.denied_subscribe = Some("neither".into());
    let plain: [Conversation; 20] = [
        first_packets,
        client_ids,
        sessions,
        expiry,
        resumption,
        resumption_with_share,
        keep_alive,
        wrong_packets,
        from_clients,
        to_clients,
        aliases,
        client_limits,
        replacements,
        old_clients,
        properties,
        retained,
        subscriptions,
        share,
        topics,
        wills,
    ];
    let mut all: Vec<(Limits, Conversation)> =
        plain.map(|conversation| (Limits::default(), conversation)).into();
    all.push((Limits::default(), authentication));
    all.push((asking, |lab| lab.open(1, &client_4(CLEAN, "c"))));
    all.push((narrow, limits));
    all.push((poor, lacks));
    all.push((strict, denied));
    all
}

fn pair(name: &str, value: &str) -> Vec<u8> {
    [&[38][..], &text(name), &text(value)].concat()
}

fn first_packets(lab: &mut Lab) {
    lab.open(9, &client_4(CLEAN, "watch"));
    lab.send(9, &subscribe_4(1, "#", 0));
    for (conn, bytes) in (1..).zip([
        vec![0xc0, 0],
        packet(0x10, &[&text("QTTT"), &[4, 2, 0, 0], &text("c")]),
        packet(0x10, &[&text("MQTT"), &[7, 2, 0, 0, 0], &text("c")]),
        packet(0x10, &[&text("MQTT"), &[3, 2, 0, 0], &text("c")]),
        connect_4(0x03, 0, &[&text("c")]),
        connect_4(0x1e, 0, &[&text("c")]),
        [client_4(KEEP, ""), publish_4(0, "t", 0, "x")].concat(),
        client_5(CLEAN, "d"),
        [client_4(CLEAN, "e"), client_4(CLEAN, "e")].concat(),
        connect_3(CLEAN | 0xc0, 0, &[&text("f")]),
        connect_3(CLEAN | 0x28, 0, &[&text("g")]),
        connect_5(CLEAN, 0, &[25, 0], &[&text("h")]),
        connect_4(CLEAN | 0x20, 0, &[&text("i")]),
        connect_4(CLEAN | 0x40, 0, &[&text("j"), &text("secret")]),
        connect_4(CLEAN, 0, &[&text("k"), &text("more")]),
        connect_5(CLEAN, 0, &[33, 0, 0], &[&text("l")]),
        connect_3(CLEAN | 0x01, 0, &[&text("m")]),
        connect_3(CLEAN, 0, &[&text("n/ö")]),
    ]) {
        lab.open(conn + 10, &bytes);
        lab.send(conn + 10, &publish_4(0, "later", 0, "x"));
    }
}

fn client_ids(lab: &mut Lab) {
    lab.open(1, &client_4(KEEP, ""));
    lab.open(2, &connect_3(CLEAN, 0, &[&text("")]));
    lab.open(3, &connect_3(CLEAN, 0, &[&text("x".repeat(24))]));
    lab.open(4, &client_4(CLEAN, "abcdefghijklmnopqrstuvw"));
    lab.open(5, &client_4(CLEAN, ""));
    lab.open(6, &client_5(CLEAN, ""));
    lab.open(7, &client_5(CLEAN, "c"));
    lab.open(8, &client_5(CLEAN, "C"));
}

fn sessions(lab: &mut Lab) {
    lab.open(1, &client_5(KEEP, "pub"));
    for conn in 2..8 {
        let flags = if conn % 3 == 0 { CLEAN } else { KEEP };
        lab.open(conn, &client_4(flags, "c"));
        lab.open(conn + 20, &connect_3(flags, 0, &[&text("d")]));
        lab.send(1, &publish_5(QOS_1, "t", 1, &[], "live"));
        lab.send(1, &publish_5(0, "t", 0, &[], "live"));
        for conn in [conn, conn + 20] {
            lab.send(conn, &subscribe_4(1, "t", 1));
            if conn % 2 == 0 {
                lab.send(conn, &[0xe0, 0]);
            }
        }
        lab.send(1, &publish_5(QOS_1, "t", 1, &[], "missed"));
        lab.send(1, &publish_5(0, "t", 0, &[], "missed"));
        lab.send(conn, &[0xc0, 0]);
    }
}

fn expiry(lab: &mut Lab) {
    for (conn, wait) in [(1, 99), (2, 5), (3, 101)] {
        lab.open(conn, &client_5(KEEP, "c"));
        lab.send(conn, &packet(0xe0, &[&[0], &block(if conn == 2 { &[17, 0, 0, 0, 1] } else { &[] })]));
        lab.wait(wait * 1000);
    }
    lab.open(4, &client_5(KEEP, "c"));
    lab.cut(4);
    lab.wait(200_000);
    lab.open(5, &client_5(KEEP, "c"));
    lab.open(6, &client_5(CLEAN, "d"));
    lab.send(6, &packet(0xe0, &[&[0], &block(&[17, 0, 0, 0, 9])]));
    lab.open(7, &connect_5(KEEP, 0, &[], &[&text("d")]));
    lab.cut(7);
    lab.open(8, &connect_5(KEEP, 0, &[], &[&text("d")]));
}

fn resumption(lab: &mut Lab) {
    for connect in [client_4 as fn(u8, &str) -> Vec<u8>, client_5] {
        let five = connect(KEEP, "x")[8] == 5;
        lab.open(1, &connect(KEEP, "c"));
        let subscribe = if five { subscribe_5(1, &[], "t", 2) } else { subscribe_4(1, "t", 2) };
        lab.send(1, &subscribe);
        lab.open(9, &client_4(CLEAN, "pub"));
        for id in 1..=4 {
            lab.send(9, &publish_4(if id == 2 { QOS_1 } else { QOS_2 }, "t", id, "x"));
        }
        lab.send(1, &ack(PUBREC, 1));
        lab.send(1, &ack(PUBACK, 2));
        lab.wait(30_000);
        let publish =
            if five { publish_5(QOS_2, "none", 9, &[], "x") } else { publish_4(QOS_2, "t", 9, "x") };
        lab.send(1, &publish);
        lab.cut(1);
        lab.send(9, &publish_4(QOS_1, "t", 5, "y"));
        lab.send(9, &publish_4(QOS_1, "t", 6, "z"));
        lab.open(2, &connect(KEEP, "c"));
        lab.send(2, &publish);
        lab.send(2, &ack(PUBREL, 9));
        lab.cut(2);
        lab.open(3, &connect(KEEP, "c"));
        lab.send(3, &[0xe0, 0]);
        lab.open(4, &connect(CLEAN, "c"));
        lab.cut(4);
    }
    lab.open(5, &client_5(KEEP, "c"));
    lab.send(5, &subscribe_5(1, &[], "t", 1));
    lab.send(5, &publish_5(QOS_1, "t", 1, &[], "x"));
    lab.send(5, &packet(PUBACK, &[&[0, 1, 0x80]]));
    lab.cut(5);
    lab.open(6, &client_5(KEEP, "c"));
    lab.send(6, &publish_5(QOS_1, "t", 1, &[2, 0, 0, 0, 3], "x"));
    lab.cut(6);
    lab.wait(5_000);
    lab.open(7, &client_5(KEEP, "c"));
}

fn resumption_with_share(lab: &mut Lab) {
    lab.open(1, &client_5(KEEP, "a"));
    lab.open(2, &client_5(KEEP, "b"));
    for conn in 1..=2 {
        lab.send(conn, &subscribe_5(1, &[], "$share/g/t", 2));
    }
    for id in 1..=2 {
        lab.send(2, &publish_5(QOS_2, "t", id, &[], "x"));
    }
    lab.cut(1);
    lab.open(3, &client_5(KEEP, "a"));
    lab.send(2, &packet(PUBREC, &[&[0, 1, 0x80]]));
    lab.cut(3);
    lab.wait(101_000);
}

fn keep_alive(lab: &mut Lab) {
    lab.open(1, &connect_4(CLEAN, 10, &[&text("c")]));
    lab.open(2, &client_4(CLEAN, "d"));
    lab.wait(9_000);
    lab.send(1, &[0xc0, 0]);
    lab.wait(12_000);
    lab.send(1, &[0xc0, 0]);
    lab.wait(20_000);
}

fn wrong_packets(lab: &mut Lab) {
    let in_five = [
        ack(0x60, 1),
        publish_5(0, "a", 0, &[2, 0], ""),
        packet(0x30, &[&text([0xff]), &[0]]),
        packet(0x30 | 6, &[&text("a"), &[0, 1, 0]]),
        publish_5(DUP, "a", 0, &[], ""),
        publish_5(QOS_1, "a", 0, &[], ""),
        packet(0x82, &[&[0, 1, 0]]),
        publish_5(0, "a/+", 0, &[], ""),
        publish_5(0, "", 0, &[], ""),
        subscribe_5(1, &[], "a#", 0),
        subscribe_5(1, &[], "a+", 0),
        subscribe_5(1, &[], "a", 3),
        subscribe_5(1, &[], "a", 0x40),
        subscribe_5(1, &[], "$share/g", 0),
        subscribe_5(1, &[], "$share/g/a", 4),
        publish_5(0, "a", 0, &[0x77], ""),
        vec![0xc0, 0x80, 0x00],
        publish_5(0, "a", 0, &[11, 1], ""),
        publish_5(0, "a", 0, &[&[8][..], &text("+")].concat(), ""),
        subscribe_5(1, &[], "$share//a", 0),
        publish_5(0, "a", 0, &[35, 0, 0], ""),
        publish_5(0, "a", 0, &[35, 0, 17], ""),
        publish_5(0, "", 0, &[35, 0, 3], ""),
        publish_5(0, "a", 0, &[35, 0, 16], ""),
        vec![0xc0, 1, 0],
        packet(0xf0, &[&[0x19], &block(&[&[21][..], &text("m")].concat())]),
    ];
    for bytes in in_five {
        lab.open(1, &client_5(CLEAN, "c"));
        lab.send(1, &bytes);
        lab.cut(1);
    }
    lab.open(1, &connect_3(CLEAN, 0, &[&text("c")]));
    lab.send(1, &packet(0x8a, &[&[0, 1], &text("a"), &[1]]));
}

fn from_clients(lab: &mut Lab) {
    lab.open(2, &client_5(CLEAN, "sub"));
    lab.send(2, &subscribe_5(1, &[], "#", 0));
    lab.open(1, &client_4(CLEAN, "c"));
    lab.send(1, &publish_4(QOS_1, "$SYS/x", 6, "x"));
    lab.send(1, &publish_4(0, "kept", 0, "x"));
    lab.send(2, &subscribe_5(1, &[], "kept", 0));
    lab.open(5, &client_5(CLEAN, "e"));
    for payload in ["", "x"] {
        lab.send(5, &publish_5(QOS_2, "$SYS/x", 1, &[], payload));
        lab.send(5, &publish_5(QOS_2, "x", 1, &[], payload));
    }
    for flags in [QOS_1, QOS_1 | DUP, QOS_2, QOS_2 | DUP] {
        lab.send(1, &publish_4(flags, "t", 1, "x"));
    }
    lab.send(1, &ack(PUBREL, 1));
    lab.send(1, &ack(PUBREL, 7));
    lab.send(1, &publish_4(QOS_2, "t", 1, "y"));
    lab.open(3, &client_5(CLEAN, "d"));
    lab.send(3, &publish_5(0, "t", 0, &[35, 0, 1], "x"));
    lab.cut(3);
    lab.open(4, &client_5(CLEAN, "d"));
    lab.send(4, &publish_5(0, "", 0, &[35, 0, 1], "x"));
}

fn to_clients(lab: &mut Lab) {
    lab.open(9, &client_5(CLEAN, "pub"));
    let mut all = vec![connect_5(CLEAN, 0, &[33, 0, 2], &[&text("c")])];
    all.push(connect_5(CLEAN, 0, &[39, 0, 0, 0, 60], &[&text("d")]));
    all.push(connect_5(CLEAN, 0, &[34, 0, 1], &[&text("e")]));
    for (conn, connect) in (1..).zip(&all) {
        lab.open(conn, connect);
        for (id, qos) in [(1, 0), (2, 1), (3, 2)] {
            lab.send(conn, &subscribe_5(id, &[], &format!("t{qos}"), qos));
        }
    }
    let mut id = 0;
    for round in 0..3 {
        for topic in ["t0", "t1", "t2"] {
            for flags in [0, QOS_1, QOS_2, QOS_1 | DUP] {
                id += 1;
                lab.send(9, &publish_5(flags, topic, id, &[], "x"));
                lab.send(9, &ack(PUBREL, id));
            }
        }
        lab.send(9, &publish_5(QOS_1, "t1", 100, &[], &"x".repeat(60)));
        for conn in 1..=3 {
            lab.send(conn, &[0xc0, 0]);
            for id in 1..20 {
                lab.send(conn, &ack([PUBACK, PUBREC, PUBCOMP][round], id));
            }
        }
    }
}

fn aliases(lab: &mut Lab) {
    let publish = |topic: &str, alias: u8| publish_5(0, topic, 0, &[35, 0, alias], "x");
    lab.open(9, &client_5(CLEAN, "sub"));
    lab.send(9, &subscribe_5(1, &[], "#", 0));
    lab.open(1, &client_5(CLEAN, "c"));
    lab.open(2, &client_5(CLEAN, "d"));
    lab.send(1, &publish("a", 1));
    lab.send(2, &publish("b", 1));
    lab.send(1, &publish("", 1));
    lab.send(2, &publish("c", 1));
    lab.send(2, &publish("", 1));
    for conn in 3..5 {
        lab.open(conn, &connect_5(KEEP, 0, &[34, 0, 1, 17, 0, 0, 0, 9], &[&text("e")]));
        lab.send(conn, &subscribe_5(1, &[], "a", 0));
        lab.send(1, &publish_5(0, "a", 0, &[], "x"));
        lab.cut(conn);
    }
}

fn client_limits(lab: &mut Lab) {
    lab.open(9, &client_5(CLEAN, "pub"));
    for limit in [&[39, 0, 0, 0, 60, 33, 0, 1][..], &[]] {
        lab.open(1, &connect_5(KEEP, 0, &[&[17, 0, 0, 0, 9], limit].concat(), &[&text("c")]));
        lab.send(1, &subscribe_5(1, &[], "t", 1));
        lab.send(9, &publish_5(QOS_1, "t", 1, &[], &"x".repeat(100)));
        lab.send(1, &ack(PUBREL, 7));
        lab.cut(1);
    }
}

fn replacements(lab: &mut Lab) {
    lab.open(9, &client_5(CLEAN, "pub"));
    lab.open(1, &client_4(CLEAN, "c"));
    for topic in ["t", "t", "u"] {
        lab.send(1, &subscribe_4(1, "t", 1));
        lab.send(9, &publish_5(QOS_1, topic, 1, &[], "x"));
        lab.send(9, &publish_5(QOS_1, topic, 1, &[], "y"));
    }
    lab.open(2, &client_5(CLEAN, "d"));
    lab.send(2, &subscribe_5(1, &[], "$share/g/a", 1));
    lab.open(3, &client_5(CLEAN, "e"));
    lab.send(3, &subscribe_5(1, &[], "$share/g/b", 1));
    for topic in ["a", "b"] {
        lab.send(9, &publish_5(QOS_1, topic, 1, &[], "x"));
    }
    let long = "l".repeat(101);
    lab.send(1, &subscribe_4(2, &long, 2));
    lab.send(9, &publish_5(QOS_2, &long, 1, &[], "x"));
    for _ in 0..2 {
        lab.send(1, &ack(PUBREC, 5));
    }
    lab.send(9, &publish_5(QOS_2, "t", 2, &[2, 0, 0, 0, 1], "x"));
    lab.wait(2_000);
    lab.send(9, &ack(PUBREL, 2));
}

fn old_clients(lab: &mut Lab) {
    lab.open(1, &connect_3(KEEP, 0, &[&text("c")]));
    lab.send(1, &subscribe_4(1, "t", 2));
    lab.open(2, &client_4(CLEAN, "pub"));
    lab.send(2, &publish_4(QOS_1 | DUP, "t", 1, "x"));
    lab.wait(30_000);
    lab.cut(1);
    lab.send(2, &publish_4(0, "t", 1, "x"));
    lab.open(3, &connect_3(KEEP, 0, &[&text("c")]));
    lab.open(4, &client_4(CLEAN, "d"));
    lab.send(4, &subscribe_4(1, "q", 2));
    lab.send(2, &publish_4(QOS_2, "q", 2, "x"));
    lab.send(2, &ack(PUBREL, 2));
    lab.send(4, &ack(PUBREC, 1));
    lab.send(4, &ack(PUBREC, 1));
}

fn properties(lab: &mut Lab) {
    lab.open(1, &client_5(KEEP, "c"));
    lab.send(1, &subscribe_5(1, &[11, 5], "t", 1));
    let properties = [
        &[1, 1, 2, 0, 0, 0, 9, 3][..],
        &text("type"),
        &[8],
        &text("answers"),
        &[9],
        &text("data"),
        &pair("b", "1"),
        &pair("a", "2"),
    ]
    .concat();
    lab.cut(1);
    lab.open(2, &client_5(CLEAN, "pub"));
    lab.send(2, &publish_5(QOS_1, "t", 1, &properties, "x"));
    lab.send(2, &publish_5(QOS_1, "t", 1, &[2, 0, 0, 0, 1], "x"));
    lab.wait(2_000);
    lab.open(3, &client_5(KEEP, "c"));
    lab.open(4, &connect_5(CLEAN, 0, &[23, 0], &[&text("d")]));
    lab.send(4, &ack(PUBREL, 9));
    lab.send(4, &ack(PUBREC, 9));
    lab.send(4, &client_5(CLEAN, "d"));
}

fn retained(lab: &mut Lab) {
    lab.open(1, &client_5(CLEAN, "c"));
    lab.open(2, &client_4(CLEAN, "live"));
    lab.send(2, &subscribe_4(1, "#", 2));
    lab.open(3, &client_5(CLEAN, "rap"));
    lab.send(3, &subscribe_5(1, &[], "#", 0x0a));
    let mut conn = 10;
    for (flags, topic, payload) in [
        (RETAIN | QOS_1, "a", "1"),
        (RETAIN, "a", "2"),
        (0, "a", "3"),
        (RETAIN | QOS_1, "b", "1"),
        (RETAIN, "a", ""),
    ] {
        lab.send(1, &publish_5(flags, topic, 1, &[], payload));
        for version in 0..2 {
            for (id, handling) in (1..).zip([0x00, 0x10, 0x20]) {
                conn += 1;
                if version == 0 {
                    lab.open(conn, &client_4(CLEAN, "s"));
                    lab.send(conn, &subscribe_4(id, "+", 1));
                    lab.send(conn, &subscribe_4(id, "+", 1));
                } else {
                    lab.open(conn, &client_5(CLEAN, "s"));
                    lab.send(conn, &subscribe_5(id, &[], "+", handling | 1));
                    lab.send(conn, &subscribe_5(id, &[], "+", handling | 1));
                }
            }
        }
    }
    lab.cut(1);
    lab.open(90, &client_4(CLEAN, "s"));
    lab.send(90, &subscribe_4(1, "b", 1));
}

fn subscriptions(lab: &mut Lab) {
    lab.open(1, &client_5(CLEAN, "c"));
    lab.send(
        1,
        &packet(0x82, &[&[0, 1, 2, 11, 1], &text("a/#"), &[1], &text("a/+"), &[2], &text("c"), &[0]]),
    );
    lab.send(1, &subscribe_5(2, &[11, 2], "+/b", 0));
    lab.send(1, &subscribe_5(3, &[], "own", 4));
    lab.send(1, &subscribe_5(4, &[], "c", 1));
    for topic in ["a/b", "c", "own"] {
        lab.send(1, &publish_5(QOS_1, topic, 1, &[], "x"));
    }
    lab.send(1, &packet(0xa2, &[&[0, 5, 0], &text("c"), &text("none"), &text("a/+"), &text("+/b")]));
    lab.send(1, &ack(PUBACK, 1));
    lab.send(1, &packet(0xa2, &[&[0, 6, 0], &text("none")]));
    for topic in ["a/b", "c", "x/b"] {
        lab.send(1, &publish_5(QOS_1, topic, 1, &[], "x"));
    }
    lab.open(2, &client_5(KEEP, "d"));
    lab.send(2, &subscribe_5(1, &[], "t", 1));
    lab.send(2, &publish_5(QOS_1, "t", 1, &[], "x"));
    lab.send(2, &[0xc0, 0]);
    lab.send(2, &publish_5(QOS_1, "t", 2, &[], "x"));
    lab.send(2, &packet(0xa2, &[&[0, 6, 0], &text("t")]));
    lab.cut(2);
    lab.open(3, &client_5(KEEP, "d"));
}

fn share(lab: &mut Lab) {
    for (conn, id, filter, qos) in
        [(1, "a", "$share/g/t", 0), (2, "b", "$share/g/t", 2), (3, "c", "$share/h/t", 1)]
    {
        lab.open(conn, &client_5(KEEP, id));
        lab.send(conn, &subscribe_5(1, &[], filter, qos));
    }
    for id in 1..5 {
        lab.send(3, &publish_5(QOS_2, "t", id, &[], "x"));
    }
    lab.send(2, &packet(PUBREC, &[&[0, 1, 0x80]]));
    lab.send(3, &packet(PUBACK, &[&[0, 1, 0x80]]));
    lab.cut(2);
    lab.wait(101_000);
}

fn topics(lab: &mut Lab) {
    lab.open(1, &client_4(CLEAN, "pub"));
    for (conn, filter) in (10..).zip(["a/#", "a/+", "#", "+/b", "a//b", "A", "\u{feff}a", "a", "a/+/b", "+"])
    {
        lab.open(conn, &client_4(CLEAN, &format!("s{conn}")));
        lab.send(conn, &subscribe_4(1, filter, 0));
    }
    for topic in ["a", "a/", "a/b", "a/b/c", "a//b", "A", "$x", "\u{feff}a", "/b"] {
        lab.send(1, &publish_4(0, topic, 0, topic));
    }
    let long = "l".repeat(150);
    lab.open(30, &client_4(CLEAN, "long"));
    lab.send(30, &subscribe_4(1, &long, 0));
    lab.send(1, &publish_4(0, &long, 0, "x"));
}

fn wills(lab: &mut Lab) {
    lab.open(9, &client_5(CLEAN, "watch"));
    lab.send(9, &subscribe_5(1, &[], "#", 0x0a));
    let will = |flags: u8, expiry: u8, delay: u8| {
        let will = [block(&[24, 0, 0, 0, delay]), text("w"), text("gone")].concat();
        connect_5(flags | 0x04, 10, &[17, 0, 0, 0, expiry], &[&text("c"), &will])
    };
    for flags in [0, 0x28] {
        for end in 0..7 {
            lab.open(1, &will(flags, 50, if end > 4 { 5 } else { 0 }));
            match end {
                0 | 5 => lab.cut(1),
                1 => lab.wait(16_000),
                2 => lab.send(1, &[0xd0, 0]),
                3 => lab.send(1, &[0xe0, 1, 4]),
                4 => lab.send(1, &[0xe0, 0]),
                _ => lab.open(2, &client_5(KEEP, "c")),
            }
            if end == 0 {
                lab.open(3, &will(flags, 50, 0));
                lab.open(4, &client_5(KEEP, "c"));
            }
            lab.wait(10_000);
            lab.cut(1);
            lab.cut(2);
        }
    }
    lab.open(6, &will(CLEAN, 0, 0));
    lab.send(6, &[0xe0, 0]);
    lab.open(7, &client_5(KEEP, "c"));
    lab.cut(7);
    lab.open(5, &will(CLEAN, 3, 9));
    lab.cut(5);
    lab.wait(20_000);
    lab.send(9, &subscribe_5(1, &[], "w", 0));
}

fn authentication(lab: &mut Lab) {
    let method = |name: &str| [&[21][..], &text(name)].concat();
    let answer = |reason: u8, name: &str, data: &str| {
        packet(0xf0, &[&[reason], &block(&[&method(name)[..], &[22], &text(data)].concat())])
    };
    let name = AUTHENTICATION_METHOD;
    for (conn, last) in (1..).zip([("wrong", name), ("right", "other"), ("right", name)]) {
        lab.open(conn, &connect_5(CLEAN, 0, &method(name), &[&text(format!("c{conn}"))]));
        lab.send(conn, &answer(0x18, name, &format!("challenge-{}", 2 * conn - 1)));
        lab.send(conn, &answer(0x19, name, ""));
        lab.send(conn, &answer(0x18, last.1, last.0));
        lab.send(conn, &[0xc0, 0]);
    }
    lab.open(8, &connect_5(CLEAN, 0, &method(name), &[&text("d")]));
    lab.send(8, &answer(0x18, name, "wrong"));
    lab.open(9, &connect_5(CLEAN, 0, &method("SCRAM"), &[&text("d")]));
}

fn limits(lab: &mut Lab) {
    lab.open(1, &client_5(CLEAN, "c"));
    for id in 1..=3 {
        lab.send(1, &publish_5(QOS_2, "t", id, &[], "x"));
    }
    lab.open(2, &client_5(CLEAN, "d"));
    lab.send(2, &publish_5(0, "t", 0, &[], &"x".repeat(300)));
}

fn lacks(lab: &mut Lab) {
    let will =
        |flags: u8| connect_5(CLEAN | 4 | flags, 0, &[], &[&text("w"), &[0], &text("w"), &text("gone")]);
    lab.open(1, &will(0x10));
    lab.open(2, &will(0x20));
    for (conn, bytes) in (3..).zip([
        subscribe_5(1, &[], "t", 2),
        publish_5(QOS_2, "t", 1, &[], "x"),
        publish_5(RETAIN, "t", 0, &[], "x"),
        subscribe_5(1, &[], "#", 0),
        subscribe_5(1, &[], "$share/g/t", 0),
        subscribe_5(1, &[11, 1], "t", 0),
    ]) {
        lab.open(conn, &client_5(CLEAN, &format!("c{conn}")));
        lab.send(conn, &bytes);
    }
    lab.open(20, &client_4(CLEAN, "old"));
    lab.send(20, &subscribe_4(1, "#", 0));
}

fn denied(lab: &mut Lab) {
    lab.open(9, &client_5(CLEAN, "watch"));
    lab.send(9, &subscribe_5(1, &[], "no", 0));
    lab.open(1, &client_5(CLEAN, "c"));
    lab.send(1, &publish_5(QOS_1, "no", 1, &[], "x"));
    lab.send(1, &subscribe_5(2, &[], "neither", 0));
}
