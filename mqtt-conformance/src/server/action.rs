//! What the broker wants done: packets to send and connections to close, in their order.
//!
//! The order of what one event leads to, and when it goes out, is where the standards leave most free: see
//! [`Outbox::settle`] and [`Outbox::delay`].

use super::liberty_table::Liberties;
use bytes::Bytes;
use mqtt_codec::{PacketType, Version};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A connection, by a number that the caller chooses and does not use again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_structs, reason = "a number")]
pub struct ConnId(pub u64);

/// What the caller has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a connection can be written to and closed")]
pub enum Action {
    /// Send these bytes, one packet, on a connection.
    Send {
        /// The connection.
        conn: ConnId,
        /// The packet.
        bytes: Bytes,
    },
    /// Close a connection, after what was to be sent has been sent. The core has forgotten it.
    Close {
        /// The connection.
        conn: ConnId,
    },
}

/// What one event leads to on a connection.
#[derive(Clone, Debug)]
enum Item {
    Packet {
        kind: Option<PacketType>,
        version: Version,
        bytes: Bytes,
    },
    /// How many milliseconds it waits.
    Close {
        delay: u64,
    },
}

/// Actions that the caller has not taken yet.
#[derive(Debug)]
pub(super) struct Outbox {
    liberties: Liberties,
    now: u64,
    /// What the latest event led to.
    fresh: Vec<(ConnId, Item)>,
    ready: VecDeque<Action>,
    /// By when they are due, and by the order in which they came.
    held: BTreeMap<(u64, u64), Action>,
    count: u64,
    /// Before when nothing goes out on a connection, since its CONNACK is late.
    earliest: BTreeMap<ConnId, u64>,
}

impl Outbox {
    pub(super) fn new(liberties: Liberties) -> Self {
        Self {
            liberties,
            now: 0,
            fresh: Vec::new(),
            ready: VecDeque::new(),
            held: BTreeMap::new(),
            count: 0,
            earliest: BTreeMap::new(),
        }
    }

    pub(super) fn tick(&mut self, now: u64) {
        self.now = now;
    }

    pub(super) fn send(&mut self, conn: ConnId, version: Version, bytes: Bytes) {
        let kind = bytes.first().and_then(|first| PacketType::from_first_byte(*first));
        self.fresh.push((conn, Item::Packet { kind, version, bytes }));
    }

    /// Closes a connection, so many milliseconds from now.
    pub(super) fn close(&mut self, conn: ConnId, delay: u64) {
        self.fresh.push((conn, Item::Close { delay }));
    }

    /// Drops what the latest event led to on a connection.
    pub(super) fn discard(&mut self, conn: ConnId) {
        self.fresh.retain(|(of, _)| *of != conn);
    }

    /// Forgets a connection that is gone.
    pub(super) fn forget(&mut self, conn: ConnId) {
        self.discard(conn);
        self.earliest.remove(&conn);
        self.held.retain(|_, action| action.conn() != conn);
    }

    pub(super) fn next(&mut self) -> Option<Action> {
        self.settle();
        if let Some(action) = self.ready.pop_front() {
            return Some(action);
        }
        let first = self.held.first_entry().filter(|first| first.key().0 <= self.now)?;
        Some(first.remove())
    }

    /// When the next action is due that waits.
    pub(super) fn deadline(&self) -> Option<u64> {
        self.held.first_key_value().map(|(&(due, _), _)| due)
    }

    /// Puts what the latest event led to into an order, and says when each of it goes out.
    ///
    /// CONNACK is the first packet and DISCONNECT the last; what stands between them is ordered by no standard, but for
    /// packets of one type.
    fn settle(&mut self) {
        let mut fresh = std::mem::take(&mut self.fresh);
        order(&self.liberties, &mut fresh);
        for (conn, item) in fresh {
            let mut due = self.now + self.delay(&item);
            if let Some(earliest) = self.earliest.get(&conn) {
                due = due.max(*earliest);
            }
            if item.is_last() {
                let waiting = self.held.iter().filter(|(_, action)| action.conn() == conn);
                due = waiting.map(|(&(due, _), _)| due).fold(due, u64::max);
            }
            if item.is(PacketType::ConnAck) && due > self.now {
                self.earliest.insert(conn, due);
            }
            let action = match item {
                Item::Packet { bytes, .. } => Action::Send { conn, bytes },
                Item::Close { .. } => Action::Close { conn },
            };
            if due <= self.now {
                self.ready.push_back(action);
            } else {
                self.count += 1;
                self.held.insert((due, self.count), action);
            }
        }
    }

    /// How many milliseconds an item waits: no standard says when an answer or a message is due.
    fn delay(&self, item: &Item) -> u64 {
        let liberties = &self.liberties;
        let late = |on: bool, delay: u64| if on { delay } else { 0 };
        match item {
            Item::Close { delay } => *delay,
            Item::Packet { kind, .. } => match kind {
                Some(PacketType::ConnAck) => late(liberties.answers_connect_late, 2_000),
                Some(PacketType::Publish) => late(liberties.delivers_late, 1_000),
                Some(PacketType::PubAck | PacketType::PubRec | PacketType::PubComp) => {
                    late(liberties.acknowledges_late, 1_000)
                }
                Some(PacketType::PubRel) => late(liberties.releases_late, 1_000),
                Some(PacketType::SubAck | PacketType::UnsubAck) => {
                    late(liberties.answers_subscribe_late, 1_000)
                }
                Some(PacketType::PingResp) => late(liberties.answers_pings_late, 1_000),
                _ => 0,
            },
        }
    }
}

impl Action {
    fn conn(&self) -> ConnId {
        match self {
            Self::Send { conn, .. } | Self::Close { conn } => *conn,
        }
    }
}

impl Item {
    fn is(&self, wanted: PacketType) -> bool {
        matches!(self, Self::Packet { kind: Some(kind), .. } if *kind == wanted)
    }

    /// Whether nothing follows it on its connection.
    fn is_last(&self) -> bool {
        matches!(self, Self::Close { .. }) || self.is(PacketType::Disconnect)
    }
}

/// Puts what one event led to into the order that the liberties give it. Each connection is ordered by itself.
fn order(liberties: &Liberties, fresh: &mut [(ConnId, Item)]) {
    let orders = liberties.acknowledges_in_reverse_order
        || liberties.releases_in_reverse_order
        || liberties.answers_pings_first
        || liberties.answers_pings_last
        || liberties.answers_subscribe_last
        || liberties.sends_messages_before_answers;
    if !orders {
        return;
    }
    let connections: BTreeSet<ConnId> = fresh.iter().map(|(conn, _)| *conn).collect();
    for conn in connections {
        let places: Vec<usize> =
            (0..).zip(&*fresh).filter(|(_, (of, _))| *of == conn).map(|(at, _)| at).collect();
        let mut items: Vec<Item> =
            fresh.iter().filter(|(of, _)| *of == conn).map(|(_, item)| item.clone()).collect();
        order_items(liberties, &mut items);
        for (place, item) in places.into_iter().zip(items) {
            if let Some(entry) = fresh.get_mut(place) {
                entry.1 = item;
            }
        }
    }
}

/// CONNACK stays first, DISCONNECT and the close last. Between them stands what no standard orders against each other.
fn order_items(liberties: &Liberties, items: &mut [Item]) {
    let first = |item: &Item| item.is(PacketType::ConnAck) || item.is(PacketType::Auth);
    let start = items.iter().rposition(first).map_or(0, |at| at + 1);
    let Some(items) = items.get_mut(start..) else { return };
    let end = items.iter().position(Item::is_last).unwrap_or(items.len());
    let Some(items) = items.get_mut(..end) else { return };
    if liberties.acknowledges_in_reverse_order {
        // [5.0/MQTT-4.6.0-2, 5.0/MQTT-4.6.0-3] bind the client.
        for kind in [PacketType::PubAck, PacketType::PubRec, PacketType::PubComp] {
            reverse(items, |item| item.is(kind));
        }
    }
    if liberties.releases_in_reverse_order {
        // [5.0/MQTT-4.6.0-4] binds the client; 3.1.1 binds the server too.
        let five = |item: &Item| matches!(item, Item::Packet { version: Version::V5, .. });
        reverse(items, |item| item.is(PacketType::PubRel) && five(item));
    }
    if liberties.answers_pings_first {
        items.sort_by_key(|item| !item.is(PacketType::PingResp));
    }
    if liberties.answers_pings_last {
        items.sort_by_key(|item| item.is(PacketType::PingResp));
    }
    if liberties.answers_subscribe_last {
        items.sort_by_key(|item| item.is(PacketType::SubAck) || item.is(PacketType::UnsubAck));
    }
    if liberties.sends_messages_before_answers {
        items.sort_by_key(|item| !item.is(PacketType::Publish));
    }
}

/// Reverses some of the items, which keep the places that they have together.
fn reverse(items: &mut [Item], concerned: impl Fn(&Item) -> bool) {
    let places: Vec<usize> =
        (0..).zip(&*items).filter(|(_, item)| concerned(item)).map(|(at, _)| at).collect();
    let half = places.len() / 2;
    for (&low, &high) in places.iter().take(half).zip(places.iter().rev()) {
        items.swap(low, high);
    }
}
