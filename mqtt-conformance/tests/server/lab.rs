//! A broker in memory, packets as bytes, and what came back. Packets are put together by hand here, not by the codec.

use mqtt_conformance::server::{Action, Broker, ConnId, Limits, Rules};
use std::collections::BTreeMap;

/// A broker, its clients, and the time.
pub(crate) struct Lab {
    pub(crate) broker: Broker,
    now: u64,
    arrived: BTreeMap<u64, Vec<Vec<u8>>>,
    closed: BTreeMap<u64, bool>,
    /// All that happened, with the time.
    pub(crate) log: Vec<String>,
}

impl Lab {
    pub(crate) fn new() -> Self {
        Self::with(Rules::standard(), Limits::default())
    }

    pub(crate) fn mutant(rule: &str) -> Self {
        Self::with(Rules::find(rule).unwrap().mutant(), Limits::default())
    }

    pub(crate) fn with(rules: Rules, limits: Limits) -> Self {
        Self {
            broker: Broker::new(rules, limits),
            now: 0,
            arrived: BTreeMap::new(),
            closed: BTreeMap::new(),
            log: Vec::new(),
        }
    }

    fn settle(&mut self) {
        self.log.push("then".to_owned());
        while let Some(action) = self.broker.next_action() {
            self.log.push(format!("{}: {action:?}", self.now));
            match action {
                Action::Send { conn, bytes } => self.arrived.entry(conn.0).or_default().push(bytes.to_vec()),
                Action::Close { conn } => drop(self.closed.insert(conn.0, true)),
            }
        }
    }

    /// Opens a connection and sends its first bytes.
    pub(crate) fn open(&mut self, conn: u64, bytes: &[u8]) {
        self.closed.insert(conn, false);
        self.arrived.remove(&conn);
        self.broker.connected(ConnId(conn));
        self.send(conn, bytes);
    }

    /// Opens a connection, and drops the CONNACK.
    #[track_caller]
    pub(crate) fn join(&mut self, conn: u64, bytes: &[u8]) {
        self.open(conn, bytes);
        let arrived = self.take(conn);
        assert_eq!(arrived.first().and_then(|p| p.first()), Some(&0x20), "CONNACK");
        assert_eq!(arrived[0][3], 0, "CONNACK accepts");
    }

    pub(crate) fn send(&mut self, conn: u64, bytes: &[u8]) {
        self.broker.received(ConnId(conn), bytes);
        self.settle();
    }

    /// The network is gone.
    pub(crate) fn cut(&mut self, conn: u64) {
        self.broker.closed(ConnId(conn));
        self.settle();
        self.closed.insert(conn, true);
    }

    /// Lets time pass, in milliseconds, firing timers when they are due.
    pub(crate) fn wait(&mut self, milliseconds: u64) {
        let end = self.now + milliseconds;
        while let Some(at) = self.broker.next_deadline().filter(|&at| at <= end) {
            self.now = self.now.max(at);
            self.broker.tick(self.now);
            self.settle();
        }
        self.now = end;
        self.broker.tick(end);
        self.settle();
    }

    /// What arrived on a connection since the last time.
    pub(crate) fn take(&mut self, conn: u64) -> Vec<Vec<u8>> {
        self.arrived.remove(&conn).unwrap_or_default()
    }

    /// Exactly these packets arrived.
    #[track_caller]
    pub(crate) fn expect<P: AsRef<[u8]>>(&mut self, conn: u64, packets: impl IntoIterator<Item = P>) {
        let expected: Vec<String> = packets.into_iter().map(|p| hex(p.as_ref())).collect();
        let arrived: Vec<String> = self.take(conn).iter().map(|p| hex(p)).collect();
        assert_eq!(arrived, expected, "on connection {conn}");
    }

    #[track_caller]
    pub(crate) fn expect_nothing(&mut self, conn: u64) {
        self.expect(conn, [] as [&[u8]; 0]);
    }

    pub(crate) fn is_closed(&self, conn: u64) -> bool {
        self.closed.get(&conn).copied().unwrap_or(true)
    }

    #[track_caller]
    pub(crate) fn expect_closed(&self, conn: u64) {
        assert!(self.is_closed(conn), "connection {conn} is open");
    }

    #[track_caller]
    pub(crate) fn expect_open(&self, conn: u64) {
        assert!(!self.is_closed(conn), "connection {conn} is closed");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ")
}

/// A packet: its first byte, and the parts of its body.
pub(crate) fn packet(first: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let mut out = vec![first];
    let mut rest = body.len();
    loop {
        let low = u8::try_from(rest & 0x7f).unwrap();
        rest >>= 7;
        out.push(if rest == 0 { low } else { low | 0x80 });
        if rest == 0 {
            break;
        }
    }
    out.extend(body);
    out
}

/// Text or bytes behind their length.
pub(crate) fn text(content: impl AsRef<[u8]>) -> Vec<u8> {
    let content = content.as_ref();
    let mut out = u16::try_from(content.len()).unwrap().to_be_bytes().to_vec();
    out.extend(content);
    out
}

/// A short property block.
pub(crate) fn block(properties: &[u8]) -> Vec<u8> {
    let mut out = vec![u8::try_from(properties.len()).unwrap()];
    assert!(out[0] < 0x80);
    out.extend(properties);
    out
}

pub(crate) const CLEAN: u8 = 0x02;
pub(crate) const KEEP: u8 = 0x00;

/// CONNECT of 3.1.
pub(crate) fn connect_3(flags: u8, keep_alive: u16, rest: &[&[u8]]) -> Vec<u8> {
    packet(0x10, &[&text("MQIsdp"), &[3, flags], &keep_alive.to_be_bytes(), &rest.concat()])
}

/// CONNECT of 3.1.1.
pub(crate) fn connect_4(flags: u8, keep_alive: u16, rest: &[&[u8]]) -> Vec<u8> {
    packet(0x10, &[&text("MQTT"), &[4, flags], &keep_alive.to_be_bytes(), &rest.concat()])
}

/// CONNECT of 5.0.
pub(crate) fn connect_5(flags: u8, keep_alive: u16, properties: &[u8], rest: &[&[u8]]) -> Vec<u8> {
    let keep_alive = keep_alive.to_be_bytes();
    packet(0x10, &[&text("MQTT"), &[5, flags], &keep_alive, &block(properties), &rest.concat()])
}

/// A client of 3.1.1 with this client identifier.
pub(crate) fn client_4(flags: u8, id: &str) -> Vec<u8> {
    connect_4(flags, 0, &[&text(id)])
}

/// A client of 5.0 with this client identifier, whose session is kept for 100 s unless it is clean.
pub(crate) fn client_5(flags: u8, id: &str) -> Vec<u8> {
    let expiry: &[u8] = if flags & CLEAN == 0 { &[17, 0, 0, 0, 100] } else { &[] };
    connect_5(flags, 0, expiry, &[&text(id)])
}

/// The CONNACK of 5.0 under the default limits.
pub(crate) fn connack_5(present: u8) -> Vec<u8> {
    packet(0x20, &[&[present, 0], &block(&[33, 0, 32, 39, 0, 16, 0, 0, 34, 0, 16])])
}

pub(crate) fn subscribe_4(id: u16, filter: &str, qos: u8) -> Vec<u8> {
    packet(0x82, &[&id.to_be_bytes(), &text(filter), &[qos]])
}

pub(crate) fn subscribe_5(id: u16, properties: &[u8], filter: &str, options: u8) -> Vec<u8> {
    packet(0x82, &[&id.to_be_bytes(), &block(properties), &text(filter), &[options]])
}

/// PUBLISH of 3.x: the flags, the identifier unless QoS 0.
pub(crate) fn publish_4(flags: u8, topic: &str, id: u16, payload: &str) -> Vec<u8> {
    let id = if flags & 0x06 == 0 { Vec::new() } else { id.to_be_bytes().to_vec() };
    packet(0x30 | flags, &[&text(topic), &id, payload.as_bytes()])
}

pub(crate) fn publish_5(flags: u8, topic: &str, id: u16, properties: &[u8], payload: &str) -> Vec<u8> {
    let id = if flags & 0x06 == 0 { Vec::new() } else { id.to_be_bytes().to_vec() };
    packet(0x30 | flags, &[&text(topic), &id, &block(properties), payload.as_bytes()])
}

/// A packet that is an identifier and nothing else.
pub(crate) fn ack(first: u8, id: u16) -> Vec<u8> {
    packet(first, &[&id.to_be_bytes()])
}

pub(crate) const PUBACK: u8 = 0x40;
pub(crate) const PUBREC: u8 = 0x50;
pub(crate) const PUBREL: u8 = 0x62;
pub(crate) const PUBCOMP: u8 = 0x70;
pub(crate) const DUP: u8 = 0x08;
pub(crate) const QOS_1: u8 = 0x02;
pub(crate) const QOS_2: u8 = 0x04;
pub(crate) const RETAIN: u8 = 0x01;

/// The reason code of the only packet, a DISCONNECT of 5.0.
#[track_caller]
pub(crate) fn disconnect_reason(packets: &[Vec<u8>]) -> u8 {
    let [packet] = packets else { panic!("one packet: {packets:?}") };
    assert_eq!(packet[0], 0xe0, "DISCONNECT");
    packet[2]
}
