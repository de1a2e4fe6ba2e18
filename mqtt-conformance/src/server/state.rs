//! What the broker holds, and the types that its parts share.

use super::action::{ConnId, Outbox};
use super::fault::memory::Clients;
use super::limits::Limits;
use super::message::Will;
use super::retained::Retained;
use super::rule_table::Rules;
use super::session::Session;
use bytes::{Bytes, BytesMut};
use mqtt_codec::{AnyDecoder, PacketId, TopicName, Version};
use std::collections::{BTreeMap, BTreeSet};

/// The reference broker's core; see the [module](crate::server).
///
/// The time is a number of milliseconds that never falls, from any start. Call [`tick`](Self::tick) with it before each
/// other event, and whenever [`next_deadline`](Self::next_deadline) is reached. Carry out all actions after each event.
#[derive(Debug)]
pub struct Broker {
    pub(super) rules: Rules,
    pub(super) limits: Limits,
    pub(super) now: u64,
    pub(super) connections: BTreeMap<ConnId, Connection>,
    /// By client identifier.
    pub(super) sessions: BTreeMap<Bytes, Session>,
    pub(super) retained: Retained,
    /// By shared subscription: how many messages its members were given.
    pub(super) turns: BTreeMap<Bytes, usize>,
    /// How many client identifiers were assigned, and how many challenges made.
    pub(super) counter: u64,
    pub(super) outbox: Outbox,
    /// Wills that are published late, and when.
    pub(super) late_wills: Vec<(u64, Will)>,
    /// What only a broken broker remembers.
    pub(super) fault: Clients,
}

/// How far a connection has come.
#[derive(Clone, Debug)]
pub(super) enum Phase {
    /// No CONNECT yet.
    New,
    /// The CONNECT waits for enhanced authentication.
    Authenticating(Box<ConnectRequest>),
    /// CONNACK 0 was sent.
    Open,
    /// Refused and, under a broken rule, not closed.
    Refused,
}

/// What lasts as long as a connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) buffer: BytesMut,
    pub(super) phase: Phase,
    pub(super) decoder: Option<AnyDecoder>,
    pub(super) opened: u64,
    /// When the latest packet came.
    pub(super) heard: u64,
    /// Keep Alive in seconds.
    pub(super) keep_alive: u16,
    /// The key of its session.
    pub(super) client: Bytes,
    pub(super) will: Option<Will>,
    pub(super) receive_maximum: u16,
    pub(super) max_packet_size: u32,
    pub(super) topic_alias_maximum: u16,
    pub(super) problem_information: bool,
    /// Whether CONNECT asked for a session that ends with the connection.
    pub(super) expiry_was_zero: bool,
    pub(super) aliases: BTreeMap<u16, TopicName>,
    pub(super) sent_aliases: BTreeMap<Bytes, u16>,
    /// QoS 2 messages of this connection whose PUBREL has not come.
    pub(super) unreleased: BTreeSet<PacketId>,
    /// The identifier of the latest QoS 1 message.
    pub(super) latest_qos_1: Option<PacketId>,
    pub(super) authentication: Option<Authentication>,
    /// When the broker notices that the client is gone, if it is.
    pub(super) cut_off_at: Option<u64>,
    /// Whether a broken broker closes it, since a message was too large for the client.
    pub(super) overfed: bool,
}

/// How far the enhanced authentication of a connection has come.
#[derive(Clone, Debug)]
pub(super) struct Authentication {
    pub(super) method: Bytes,
    /// What the client has to send back.
    pub(super) challenge: Option<Bytes>,
}

/// What a CONNECT of any version asks for.
#[derive(Clone, Debug)]
pub(super) struct ConnectRequest {
    pub(super) version: Version,
    pub(super) client_id: Bytes,
    pub(super) clean: bool,
    pub(super) keep_alive: u16,
    pub(super) will: Option<Will>,
    pub(super) user_name: Option<Bytes>,
    pub(super) password: Option<Bytes>,
    /// In seconds; for 3.x 0 or for ever.
    pub(super) session_expiry: u32,
    pub(super) receive_maximum: u16,
    pub(super) max_packet_size: u32,
    pub(super) topic_alias_maximum: u16,
    pub(super) response_information: bool,
    pub(super) problem_information: bool,
    pub(super) method: Option<Bytes>,
}

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// It was never accepted.
    Refused,
    /// A normal DISCONNECT.
    Disconnected,
    /// A DISCONNECT that asks for the Will.
    DisconnectedWithWill,
    /// The client, or the network, is gone.
    BrokeOff,
    /// Silence for too long.
    TimedOut,
    /// A mistake of the client.
    Failed,
    /// Another connection of the same client.
    TakenOver,
}

impl Connection {
    pub(super) fn new(now: u64) -> Self {
        Self {
            buffer: BytesMut::new(),
            phase: Phase::New,
            decoder: None,
            opened: now,
            heard: now,
            keep_alive: 0,
            client: Bytes::new(),
            will: None,
            receive_maximum: u16::MAX,
            max_packet_size: u32::MAX,
            topic_alias_maximum: 0,
            problem_information: true,
            expiry_was_zero: false,
            aliases: BTreeMap::new(),
            sent_aliases: BTreeMap::new(),
            unreleased: BTreeSet::new(),
            latest_qos_1: None,
            authentication: None,
            cut_off_at: None,
            overfed: false,
        }
    }

    /// The version; before the CONNECT, 3.1.1 stands for it.
    pub(super) fn version(&self) -> Version {
        self.decoder.map_or(Version::V3_1_1, |decoder| decoder.version())
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open)
    }

    /// When the client has been silent for too long.
    pub(super) fn deadline(&self, rules: &Rules, limits: &Limits) -> Option<u64> {
        // A server may disconnect a client that it takes to be inactive. [3.1.1/3.1.2.10, 5.0/3.1.2.10]
        let idles = self.is_open() && self.version() != Version::V3_1;
        let idle =
            (idles && limits.liberties.closes_idle_clients_after_4_seconds).then(|| self.heard + 4_000);
        [self.silent_at(rules, limits), idle, self.cut_off_at].into_iter().flatten().min()
    }

    fn silent_at(&self, rules: &Rules, limits: &Limits) -> Option<u64> {
        match self.phase {
            Phase::New | Phase::Authenticating(_) => Some(self.opened + limits.connect_timeout),
            Phase::Refused => None,
            Phase::Open if self.keep_alive == 0 => {
                // [3.1/V31-2.2-13, 5.0/MQTT-3.2.2-22]
                if rules.keep_alive_zero_is_off { None } else { Some(self.heard + 1_500) }
            }
            Phase::Open if !rules.enforces_keep_alive => None,
            Phase::Open => {
                // Only the latest moment is laid down.
                let early = limits.liberties.closes_at_the_keep_alive && self.version() != Version::V3_1;
                let factor = match early {
                    _ if !rules.keep_alive_is_patient => 500,
                    true => 1_000,
                    false => 1_500,
                };
                // [5.0/MQTT-3.1.2-22, 3.1.1/MQTT-3.1.2-24, 3.1/V31-2.2-11]
                Some(self.heard + u64::from(self.keep_alive) * factor)
            }
        }
    }
}
