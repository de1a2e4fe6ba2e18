//! A connection: cutting its bytes into packets, and what is kept for as long as it lasts.

use super::auth::Login;
use super::distort::{distort, lengthened};
use super::end::Ending;
use super::message::Will;
use super::{Action, Broker, ConnId, Limits, Rules};
use bytes::{Bytes, BytesMut};
use mqtt_codec::v5::{self, ConnAckReason, DisconnectReason, ReasonCode};
use mqtt_codec::{
    AnyDecoder, AnyPacket, Cause, DecodeError, DecodeOptions, Decoded, Field, FixedHeader, Frame, PacketId,
    PacketType, Sender, TopicName, Version, v3,
};
use std::collections::{BTreeMap, BTreeSet};

/// How far a connection has come.
#[derive(Clone, Debug)]
pub(super) enum Phase {
    /// No CONNECT yet.
    New,
    /// The CONNECT waits for enhanced authentication.
    Authenticating(Box<super::connect::Hello>),
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
    opened: u64,
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
    pub(super) login: Option<Login>,
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
            login: None,
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
        match self.phase {
            Phase::New | Phase::Authenticating(_) => Some(self.opened + limits.connect_timeout),
            Phase::Refused => None,
            Phase::Open if self.keep_alive == 0 => {
                if rules.keep_alive_zero_is_off {
                    None
                } else {
                    Some(self.heard + 1_500)
                }
            }
            Phase::Open if !rules.enforces_keep_alive => None,
            Phase::Open => {
                let factor = if rules.keep_alive_is_patient { 1_500 } else { 1_000 };
                Some(self.heard + u64::from(self.keep_alive) * factor) // [5.0/MQTT-3.1.2-22]
            }
        }
    }
}

/// What the front of a buffer holds.
enum Front {
    /// Not a whole packet yet.
    Nothing,
    /// Bytes of a whole packet.
    Packet(AnyDecoder, BytesMut),
    /// Bytes that are no packet, and what is wrong.
    Wrong(DecodeError),
    /// A packet that a broken rule overlooks.
    Overlooked,
}

/// Makes of a mistake that a broken server overlooks what the server takes it for; `false` if it takes it for nothing.
fn mend(bytes: &mut [u8], error: &DecodeError) -> bool {
    let (at, with): (usize, fn(u8) -> u8) = match error.cause() {
        Cause::Wildcard => (error.offset(), |_| b'x'),
        Cause::QosThree if error.packet_type() == Some(PacketType::Publish) => (0, |first| first & !0b10),
        _ => return false,
    };
    bytes.get_mut(at).map(|byte| *byte = with(*byte)).is_some()
}

/// A buffer that starts with a whole CONNECT, with the protocol name that goes with its level.
fn with_known_name(buffer: &[u8]) -> Option<BytesMut> {
    let Ok(Decoded::Complete { value, .. }) = FixedHeader::parse(buffer, Version::V3_1_1) else {
        return None;
    };
    let packet = buffer.get(..value.packet_len())?;
    let (length, rest) = packet.get(value.len()..)?.split_first_chunk()?;
    let level = rest.get(usize::from(u16::from_be_bytes(*length))..)?;
    let name = Version::ALL.into_iter().find(|v| level.first() == Some(&v.level()))?.protocol_name();
    let mut left = 2 + name.len() + level.len();
    let mut renamed = BytesMut::from([value.first_byte()].as_slice());
    while left >= 0x80 {
        renamed.extend_from_slice(&[u8::try_from(left & 0x7f).ok()? | 0x80]);
        left >>= 7;
    }
    renamed.extend_from_slice(&[u8::try_from(left).ok()?]);
    renamed.extend_from_slice(&u16::try_from(name.len()).ok()?.to_be_bytes());
    renamed.extend_from_slice(name.as_bytes());
    renamed.extend_from_slice(level);
    renamed.extend_from_slice(buffer.get(value.packet_len()..)?);
    Some(renamed)
}

impl Broker {
    /// Takes packets from the front of a connection's buffer, as long as there are whole ones.
    pub(super) fn read_packets(&mut self, conn: ConnId) {
        loop {
            match self.front(conn) {
                Front::Nothing => return,
                Front::Overlooked => {}
                Front::Wrong(error) => {
                    if !self.refuse_bytes(conn, &error) {
                        return;
                    }
                }
                Front::Packet(decoder, mut bytes) => {
                    if self.rules.packets_renew_keep_alive
                        && let Some(connection) = self.connections.get_mut(&conn)
                    {
                        connection.heard = self.now;
                    }
                    while let Err(error) = decoder.decode(&bytes)
                        && Self::overlooks(&self.rules, &error)
                        && mend(&mut bytes, &error)
                    {}
                    match decoder.decode(&bytes) {
                        Ok(Decoded::Complete { value, .. }) => {
                            if self.accepts_bits(&decoder, &bytes, &value) {
                                self.handle(conn, &value);
                            } else {
                                self.fail(conn, DisconnectReason::MalformedPacket, "the packet is refused");
                            }
                        }
                        Ok(Decoded::Incomplete { .. }) => {}
                        Err(error) if Self::overlooks(&self.rules, &error) => {}
                        Err(error) => {
                            self.refuse_bytes(conn, &error);
                        }
                    }
                }
            }
        }
    }

    fn front(&mut self, conn: ConnId) -> Front {
        let (rules, limits) = (&self.rules, &self.limits);
        let Some(connection) = self.connections.get_mut(&conn) else { return Front::Nothing };
        let buffer = &mut connection.buffer;
        let decoder = match connection.decoder {
            Some(decoder) => decoder,
            None => match Version::detect(buffer) {
                Ok(Decoded::Incomplete { .. }) => return Front::Nothing,
                Ok(Decoded::Complete { value: version, .. }) => {
                    let largest =
                        if rules.refuses_too_large_packets { limits.max_packet_size } else { u32::MAX };
                    let options = DecodeOptions::new()
                        .sender(Sender::Client)
                        .max_packet_size(largest)
                        .accept_any_client_identifier(true);
                    *connection.decoder.insert(AnyDecoder::with_options(version, options))
                }
                Err(error) => {
                    let overlooked = match error.cause() {
                        Cause::NotConnect => !rules.connect_comes_first,
                        Cause::ProtocolName if !rules.refuses_unknown_protocol_name => {
                            if let Some(renamed) = with_known_name(buffer) {
                                *buffer = renamed;
                                return Front::Overlooked;
                            }
                            true
                        }
                        Cause::VarIntTooLong if !rules.checks_connect => return Front::Nothing,
                        Cause::ProtocolLevel(_) => !rules.refuses_unknown_protocol_level,
                        _ => false,
                    };
                    if !overlooked {
                        return Front::Wrong(error);
                    }
                    return match Frame::take(buffer, Version::V3_1_1, limits.max_packet_size) {
                        Ok(Decoded::Complete { consumed, .. }) => {
                            drop(buffer.split_to(consumed));
                            Front::Overlooked
                        }
                        Ok(Decoded::Incomplete { .. }) => Front::Nothing,
                        Err(error) => Front::Wrong(error),
                    };
                }
            },
        };
        match FixedHeader::parse(buffer, decoder.version()) {
            // A length without an end: a server that overlooks it waits for ever.
            Err(error) if Self::overlooks(&self.rules, &error) => Front::Nothing,
            Err(error) => Front::Wrong(error),
            Ok(Decoded::Complete { value, .. }) if buffer.len() >= value.packet_len() => {
                Front::Packet(decoder, buffer.split_to(value.packet_len()))
            }
            // The first byte and the length may show that there is no point in waiting for the rest.
            Ok(_) => match decoder.decode(buffer).err() {
                Some(error) if !Self::overlooks(&self.rules, &error) => Front::Wrong(error),
                _ => Front::Nothing,
            },
        }
    }

    /// Whether a rule that is off makes the broker overlook this mistake.
    fn overlooks(rules: &Rules, error: &DecodeError) -> bool {
        let obeys = match (error.packet_type(), error.cause()) {
            (_, Cause::ReservedConnectFlag(_)) => rules.checks_reserved_connect_flag,
            (_, Cause::Flags(_)) => rules.checks_flags,
            (_, Cause::IllFormedUtf8 | Cause::NullCharacter) => rules.checks_utf_8,
            (Some(PacketType::Connect), cause) => match cause {
                Cause::WillFlags(_) => rules.checks_will_flags,
                Cause::WillQos => rules.refuses_will_qos_3,
                Cause::PasswordWithoutUserName => rules.refuses_password_without_user_name,
                Cause::Truncated | Cause::Surplus(_) => rules.checks_connect_payload,
                _ => rules.checks_connect,
            },
            (_, Cause::QosThree) => rules.refuses_qos_3,
            (_, Cause::RequestedQosThree) => rules.refuses_requested_qos_3,
            (_, Cause::DupAtQosZero) => rules.refuses_dup_at_qos_0,
            (_, Cause::PacketIdZero) => rules.refuses_packet_id_zero,
            (_, Cause::EmptyList) => rules.refuses_empty_lists,
            (_, Cause::Wildcard) if error.field() == Field::ResponseTopic => {
                rules.refuses_wildcards_in_response_topic
            }
            (_, Cause::Wildcard) => rules.refuses_wildcards_in_topic,
            (_, Cause::Empty | Cause::TopicMissing) => rules.refuses_empty_topics,
            (_, Cause::MisplacedWildcard('#')) => rules.refuses_misplaced_hash,
            (_, Cause::MisplacedWildcard(_)) => rules.refuses_misplaced_plus,
            (_, Cause::SubscriptionReserved(_) | Cause::RetainHandling) => rules.checks_subscription_options,
            (_, Cause::ShareName | Cause::SharedSubscription) => rules.checks_share_names,
            (_, Cause::SharedNoLocal) => rules.refuses_no_local_on_share,
            (_, Cause::PropertySender { property: Field::SubscriptionIdentifier, .. }) => {
                rules.refuses_subscription_id_from_client
            }
            (_, Cause::TopicAliasZero) => rules.refuses_topic_alias_zero,
            (
                _,
                Cause::UnknownProperty(_)
                | Cause::MisplacedProperty(_)
                | Cause::PropertySender { .. }
                | Cause::RepeatedProperty(_)
                | Cause::PropertyValue(_)
                | Cause::AuthenticationData
                | Cause::AuthenticationMethod,
            ) => rules.checks_properties,
            (_, Cause::VarIntOverlong) => rules.refuses_overlong_lengths,
            (
                _,
                Cause::TooLarge { .. } | Cause::NotConnect | Cause::ProtocolName | Cause::ProtocolLevel(_),
            ) => true,
            _ => rules.closes_on_malformed,
        };
        !obeys
    }

    /// What 3.1 alone lets a packet have, and a broken server refuses.
    fn accepts_bits(&self, decoder: &AnyDecoder, bytes: &[u8], packet: &AnyPacket<&[u8]>) -> bool {
        if decoder.version() != Version::V3_1 {
            return true;
        }
        let dup = bytes.first().is_some_and(|first| first & 0b1000 != 0);
        match packet {
            AnyPacket::V3(v3::Packet::Connect(connect)) => {
                // Protocol name and level take 9 bytes behind the fixed header.
                let flags = match FixedHeader::parse(bytes, Version::V3_1) {
                    Ok(Decoded::Complete { value, .. }) => bytes.get(value.len() + 9).copied().unwrap_or(0),
                    _ => 0,
                };
                let missing = match &connect.credentials {
                    None => flags & 0x80 != 0,
                    Some(credentials) => credentials.password.is_none() && flags & 0x40 != 0,
                };
                let idle_will_bits = flags & 0x04 == 0 && flags & 0x38 != 0;
                (flags & 0x01 == 0 || self.rules.disregards_reserved_flag_in_3_1)
                    && (!missing || self.rules.accepts_missing_credentials_in_3_1)
                    && (!idle_will_bits || self.rules.disregards_will_bits_in_3_1)
            }
            AnyPacket::V3(v3::Packet::Publish(_)) => true,
            _ => !dup || self.rules.accepts_dup_bits_in_3_1,
        }
    }

    /// Ends a connection whose bytes are wrong, after saying so. Returns whether there is anything more to read.
    fn refuse_bytes(&mut self, conn: ConnId, error: &DecodeError) -> bool {
        let Some(connection) = self.connections.get(&conn) else { return false };
        if matches!(connection.phase, Phase::New) {
            let about = error.to_string();
            let level = matches!(error.cause(), Cause::ProtocolLevel(_));
            match error.reason_code().and_then(ConnAckReason::from_u8) {
                Some(reason) if !level || self.rules.names_unknown_protocol_level => {
                    self.send_connack_error(conn, reason, &about);
                }
                Some(_) => {}
                None => match error.return_code() {
                    Some(code) if self.rules.names_unknown_protocol_level => {
                        self.send_v3(conn, v3::Packet::ConnAck(v3::ConnAck::Refused(code)));
                    }
                    None if error.version() == Version::V3_1_1
                        && !self.rules.stays_silent_on_malformed_connect =>
                    {
                        let code = v3::ConnectReturnCode::IdentifierRejected;
                        self.send_v3(conn, v3::Packet::ConnAck(v3::ConnAck::Refused(code)));
                    }
                    _ => {}
                },
            }
            self.close_refused(conn);
            return false;
        }
        let reason = error.reason_code().and_then(DisconnectReason::from_u8);
        self.fail(conn, reason.unwrap_or(DisconnectReason::MalformedPacket), &error.to_string());
        false
    }

    /// Closes a connection that was refused, unless a broken rule leaves it open or goes on reading.
    pub(super) fn close_refused(&mut self, conn: ConnId) {
        let (closes, ignores) = (self.rules.closes_after_refusal, self.rules.ignores_packets_after_refusal);
        if !closes || !ignores {
            let Some(connection) = self.connections.get_mut(&conn) else { return };
            connection.phase = Phase::Refused;
            if !ignores {
                self.read_packets(conn);
            }
        }
        if closes {
            self.end(conn, Ending::Refused);
        }
    }

    /// Closes a connection for a mistake of the client, after saying so where the version can.
    pub(super) fn fail(&mut self, conn: ConnId, reason: DisconnectReason, about: &str) {
        let Some(connection) = self.connections.get(&conn) else { return };
        match connection.phase {
            Phase::Open => {
                self.send_disconnect(conn, reason, about);
                if !self.rules.closes_after_own_disconnect && self.speaks_v5(conn) {
                    return; // [5.0/MQTT-4.13.2-1]
                }
            }
            Phase::Authenticating(_) => {
                let reason = ConnAckReason::from_u8(reason.get()).unwrap_or(ConnAckReason::ProtocolError);
                self.send_connack_error(conn, reason, about);
            }
            Phase::New | Phase::Refused => {}
        }
        self.end(conn, Ending::Failed);
    }

    /// Sends DISCONNECT, which only 5.0 lets a server do.
    pub(super) fn send_disconnect(&mut self, conn: ConnId, reason: DisconnectReason, about: &str) {
        let expiry = if self.rules.no_expiry_in_disconnect { None } else { Some(0) };
        let mut properties = v5::DisconnectProperties::builder();
        if let Some(seconds) = expiry {
            properties = properties.session_expiry_interval(seconds);
        }
        let bare = v5::Disconnect::new(reason);
        let full =
            properties.reason_string(about).finish().map(|properties| v5::Disconnect { reason, properties });
        // [5.0/MQTT-3.14.2-3]
        if full.is_ok_and(|full| self.send_v5(conn, v5::Packet::Disconnect(full)))
            || self.send_v5(conn, v5::Packet::Disconnect(bare))
        {
            self.after_disconnect(conn);
        }
    }

    fn after_disconnect(&mut self, conn: ConnId) {
        if !self.rules.nothing_after_disconnect {
            self.send_v5(conn, v5::Packet::PingResp);
        }
    }

    /// Sends a packet of 3.1 or 3.1.1.
    pub(super) fn send_v3(&mut self, conn: ConnId, packet: v3::Packet) {
        self.send(conn, &AnyPacket::V3(packet));
    }

    /// Sends a packet of 5.0, if the connection speaks that; returns whether it was sent.
    pub(super) fn send_v5(&mut self, conn: ConnId, packet: v5::Packet) -> bool {
        self.speaks_v5(conn) && self.send(conn, &AnyPacket::V5(packet))
    }

    fn speaks_v5(&self, conn: ConnId) -> bool {
        self.connections.get(&conn).is_some_and(|connection| {
            // Whoever asks for a version above 5 is answered as in 5.0.
            connection.version() == Version::V5 || connection.decoder.is_none()
        })
    }

    /// Sends a packet, unless it is too large for the client; returns whether it was sent.
    pub(super) fn send(&mut self, conn: ConnId, packet: &AnyPacket) -> bool {
        let Some(connection) = self.connections.get(&conn) else { return false };
        let mut bytes = BytesMut::new();
        let longer = match packet {
            AnyPacket::V5(packet) => lengthened(&self.rules, packet, connection.max_packet_size),
            AnyPacket::V3(_) => None,
        };
        let packet = longer.as_ref().unwrap_or(packet);
        if packet.encode_to(&mut bytes).is_err() {
            return false;
        }
        let too_large = u32::try_from(bytes.len()).is_ok_and(|len| len > connection.max_packet_size);
        if too_large && longer.is_none() && self.rules.respects_maximum_packet_size {
            return false; // [5.0/MQTT-3.1.2-24]
        }
        let bytes = distort(&self.rules, packet, bytes);
        self.actions.push_back(Action::Send { conn, bytes: bytes.freeze() });
        true
    }

    /// Acts on a packet.
    fn handle(&mut self, conn: ConnId, packet: &AnyPacket<&[u8]>) {
        let Some(connection) = self.connections.get(&conn) else { return };
        match connection.phase {
            Phase::Open => match packet {
                AnyPacket::V3(packet) => self.handle_v3(conn, packet),
                AnyPacket::V5(packet) => self.handle_v5(conn, packet),
            },
            Phase::New => self.handle_connect(conn, packet),
            Phase::Authenticating(_) => match packet {
                AnyPacket::V5(v5::Packet::Auth(auth)) => self.handle_auth(conn, auth),
                AnyPacket::V5(v5::Packet::Disconnect(_)) => self.end(conn, Ending::Refused),
                // [5.0/MQTT-3.1.2-30]
                _ => self.fail(conn, DisconnectReason::ProtocolError, "authentication is not complete"),
            },
            Phase::Refused => {
                if !self.rules.ignores_packets_after_refusal {
                    self.leak(conn, packet);
                }
            }
        }
    }

    fn handle_v3(&mut self, conn: ConnId, packet: &v3::Packet<&[u8]>) {
        match packet {
            v3::Packet::Publish(publish) => self.handle_publish_v3(conn, publish),
            v3::Packet::PubAck(id) => self.handle_puback(conn, *id, false),
            v3::Packet::PubRec(id) => self.handle_pubrec(conn, *id, false),
            v3::Packet::PubRel(id) => self.handle_pubrel(conn, *id),
            v3::Packet::PubComp(id) => self.handle_pubcomp(conn, *id),
            v3::Packet::Subscribe(subscribe) => self.handle_subscribe_v3(conn, subscribe),
            v3::Packet::Unsubscribe(unsubscribe) => {
                let filters = unsubscribe.filters.iter().map(|f| Bytes::copy_from_slice(f.as_bytes()));
                self.handle_unsubscribe(conn, unsubscribe.packet_id, filters.collect());
            }
            v3::Packet::PingReq => self.handle_pingreq(conn),
            v3::Packet::Disconnect => self.handle_disconnect(conn, true, None),
            v3::Packet::Connect(_) => self.handle_second_connect(conn),
            // The decoder refuses what only a server sends.
            v3::Packet::ConnAck(_)
            | v3::Packet::SubAck(_)
            | v3::Packet::UnsubAck(_)
            | v3::Packet::PingResp => {}
        }
    }

    fn handle_v5(&mut self, conn: ConnId, packet: &v5::Packet<&[u8]>) {
        match packet {
            v5::Packet::Publish(publish) => self.handle_publish_v5(conn, publish),
            v5::Packet::PubAck(ack) => self.handle_puback(conn, ack.packet_id, ack.reason.is_error()),
            v5::Packet::PubRec(ack) => self.handle_pubrec(conn, ack.packet_id, ack.reason.is_error()),
            v5::Packet::PubRel(ack) => self.handle_pubrel(conn, ack.packet_id),
            v5::Packet::PubComp(ack) => self.handle_pubcomp(conn, ack.packet_id),
            v5::Packet::Subscribe(subscribe) => self.handle_subscribe_v5(conn, subscribe),
            v5::Packet::Unsubscribe(unsubscribe) => {
                let filters = unsubscribe.filters.iter().map(|f| Bytes::copy_from_slice(f.as_bytes()));
                self.handle_unsubscribe(conn, unsubscribe.packet_id, filters.collect());
            }
            v5::Packet::PingReq => self.handle_pingreq(conn),
            v5::Packet::Disconnect(disconnect) => {
                let normal = disconnect.reason == DisconnectReason::NormalDisconnection;
                self.handle_disconnect(conn, normal, disconnect.properties.session_expiry_interval());
            }
            v5::Packet::Auth(auth) => self.handle_auth(conn, auth),
            v5::Packet::Connect(_) => self.handle_second_connect(conn),
            // The decoder refuses what only a server sends.
            v5::Packet::ConnAck(_)
            | v5::Packet::SubAck(_)
            | v5::Packet::UnsubAck(_)
            | v5::Packet::PingResp => {}
        }
    }

    fn handle_second_connect(&mut self, conn: ConnId) {
        if self.rules.refuses_second_connect {
            self.fail(conn, DisconnectReason::ProtocolError, "a second CONNECT"); // [5.0/MQTT-3.1.0-2]
        }
    }

    fn handle_pingreq(&mut self, conn: ConnId) {
        let Some(connection) = self.connections.get(&conn) else { return };
        let blocked = self
            .sessions
            .get(&connection.client)
            .is_some_and(|session| session.unacknowledged() >= usize::from(connection.receive_maximum));
        if !self.rules.session_lasts_with_connection
            && let Some(session) = self.sessions.get_mut(&connection.client)
        {
            session.subscriptions.clear();
        }
        if !self.rules.answers_pingreq || blocked && !self.rules.holds_back_only_publish {
            return;
        }
        let packet = match connection.version() {
            Version::V5 => AnyPacket::V5(v5::Packet::PingResp),
            _ => AnyPacket::V3(v3::Packet::PingResp),
        };
        self.send(conn, &packet); // [5.0/MQTT-3.12.4-1]
    }
}
