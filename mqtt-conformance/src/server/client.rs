//! A connection, and a client that was let in, looked up once, with what acting on them takes.
//!
//! A handler gets one of these and can touch nothing else. What it leads to beyond its own client, it returns as an [`Effect`].

use super::action::{ConnId, Outbox};
use super::fault::distort::{distort, lengthened};
use super::liberty::{decorate, spell_out};
use super::limits::Limits;
use super::message::Message;
use super::outgoing::Outgoing;
use super::retained::Retained;
use super::rule_table::Rules;
use super::session::Session;
use super::state::{Broker, Connection, Ending, Phase};
use bytes::{Bytes, BytesMut};
use mqtt_codec::v5::{
    self, AckProperties, ConnAckProperties, ConnAckReason, DisconnectReason, PubAckReason, PubCompReason,
    ReasonCode,
};
use mqtt_codec::{AnyPacket, PacketId, Version, v3};

/// A connection, with what sending on it takes.
pub(super) struct Line<'a> {
    pub(super) conn: ConnId,
    pub(super) connection: &'a mut Connection,
    pub(super) rules: &'a Rules,
    pub(super) limits: &'a Limits,
    pub(super) now: u64,
    pub(super) outbox: &'a mut Outbox,
}

/// A client that was let in: its connection and its session.
pub(super) struct Client<'a> {
    pub(super) line: Line<'a>,
    pub(super) session: &'a mut Session,
    pub(super) retained: &'a mut Retained,
    pub(super) rules: &'a Rules,
    pub(super) limits: &'a Limits,
    pub(super) now: u64,
}

/// What an act of a client leads to beyond its own connection and session.
#[derive(Debug)]
#[must_use]
pub(super) enum Effect {
    None,
    /// Messages are published, and the client is answered.
    Publish(Vec<Message>, Answer),
    /// A message goes to another member of its shared subscription.
    Reassign(Outgoing),
    /// The connection ends.
    End(Ending),
    /// Shared subscriptions may have lost their last member.
    Unsubscribed,
}

/// An answer within the receipt of a message.
#[derive(Clone, Copy, Debug)]
pub(super) enum Answer {
    /// None, as QoS 0 has it.
    None,
    PubAck(PacketId),
    PubRec(PacketId),
    PubComp(PacketId, PubCompReason),
}

impl Broker {
    /// A connection in any phase.
    pub(super) fn line(&mut self, conn: ConnId) -> Option<Line<'_>> {
        let Self { rules, limits, now, connections, outbox, .. } = self;
        let connection = connections.get_mut(&conn)?;
        Some(Line { conn, connection, rules, limits, now: *now, outbox })
    }

    /// The client of a connection that was let in.
    pub(super) fn client(&mut self, conn: ConnId) -> Option<Client<'_>> {
        let Self { rules, limits, now, connections, sessions, retained, outbox, .. } = self;
        let connection = connections.get_mut(&conn).filter(|connection| connection.is_open())?;
        let session = sessions.get_mut(&connection.client)?;
        let line = Line { conn, connection, rules, limits, now: *now, outbox };
        let (rules, limits, now) = (line.rules, line.limits, line.now);
        Some(Client { line, session, retained, rules, limits, now })
    }

    /// The client of a session that has a connection.
    pub(super) fn client_of_session(&mut self, key: &Bytes) -> Option<Client<'_>> {
        let conn = self.sessions.get(key)?.conn?;
        self.client(conn)
    }
}

impl Line<'_> {
    /// Sends a packet of 3.1 or 3.1.1.
    pub(super) fn send_v3(&mut self, packet: v3::Packet) -> bool {
        self.send(&AnyPacket::V3(packet))
    }

    /// Sends a packet of 5.0, if the connection speaks that; returns whether it was sent.
    pub(super) fn send_v5(&mut self, packet: v5::Packet) -> bool {
        self.speaks_v5() && self.send(&AnyPacket::V5(packet))
    }

    fn speaks_v5(&self) -> bool {
        // Whoever asks for a version above 5 is answered as in 5.0.
        self.connection.version() == Version::V5 || self.connection.decoder.is_none()
    }

    /// Sends a packet, unless it is too large for the client; returns whether it was sent.
    pub(super) fn send(&mut self, packet: &AnyPacket) -> bool {
        let limit = self.connection.max_packet_size;
        let longer = match packet {
            AnyPacket::V5(packet) => lengthened(self.rules, packet, limit),
            AnyPacket::V3(_) => None,
        };
        let packet = longer.as_ref().unwrap_or(packet);
        let mut bytes = BytesMut::new();
        if packet.encode_to(&mut bytes).is_err() {
            return false;
        }
        let too_large = u32::try_from(bytes.len()).is_ok_and(|len| len > limit);
        if too_large && longer.is_none() && self.rules.respects_maximum_packet_size {
            return false; // [5.0/MQTT-3.1.2-24]
        }
        let mut bytes = distort(self.rules, packet, bytes);
        if let AnyPacket::V5(packet) = packet {
            spell_out(&self.limits.liberties, packet, &mut bytes);
        }
        self.outbox.send(self.conn, self.connection.version(), bytes.freeze());
        true
    }

    /// A Reason String, where the client wants to have it.
    pub(super) fn problem(&self, about: Option<&str>) -> AckProperties {
        // [5.0/MQTT-3.1.2-29]
        let wanted = self.connection.problem_information || !self.rules.respects_problem_information;
        let liberties = &self.limits.liberties;
        let about = match about {
            _ if liberties.sends_no_reason_strings => None,
            None if liberties.adds_reason_strings_to_acks => Some("as it should be"),
            about => about,
        };
        let mut properties = AckProperties::builder();
        if let Some(about) = about.filter(|_| wanted) {
            properties = properties.reason_string(about);
        }
        if wanted && liberties.adds_user_properties_to_acks {
            properties = properties.user_property("answered-by", "reference");
        }
        properties.finish().unwrap_or_default()
    }

    /// A packet with the properties that the broker adds to it, if it adds any.
    pub(super) fn decorated(&self, packet: &AnyPacket) -> Option<AnyPacket> {
        match packet {
            AnyPacket::V5(packet) => decorate(&self.limits.liberties, packet).map(AnyPacket::V5),
            AnyPacket::V3(_) => None,
        }
    }

    /// Sends bytes that the codec does not write.
    pub(super) fn send_bytes(&mut self, bytes: Bytes) {
        self.outbox.send(self.conn, self.connection.version(), bytes);
    }

    /// Sends an answer with its properties; without them where they make it too large for the client.
    pub(super) fn answer(
        &mut self,
        properties: AckProperties,
        packet: impl Fn(AckProperties) -> v5::Packet,
    ) -> bool {
        !properties.is_empty() && self.send_v5(packet(properties))
            || self.send_v5(packet(AckProperties::default()))
    }

    /// Sends a CONNACK of 5.0 that refuses.
    pub(super) fn send_connack_error(&mut self, reason: ConnAckReason, about: &str) {
        // [5.0/MQTT-3.14.0-1]
        if !self.rules.no_disconnect_before_connack {
            let disconnect = v5::Disconnect::new(DisconnectReason::UnspecifiedError);
            self.send_v5(v5::Packet::Disconnect(disconnect));
            return;
        }
        let liberties = &self.limits.liberties;
        if liberties.closes_without_connack {
            return; // [5.0/3.2.2.2]
        }
        let reason = if liberties.reveals_no_reasons { ConnAckReason::UnspecifiedError } else { reason };
        let mut properties = ConnAckProperties::builder();
        if !about.is_empty() && !liberties.sends_no_reason_strings {
            properties = properties.reason_string(about);
        }
        if liberties.adds_user_properties_to_disconnect {
            properties = properties.user_property("refused-by", "reference");
        }
        if let Ok(properties) = properties.finish()
            && !properties.is_empty()
            && self.send_v5(v5::Packet::ConnAck(v5::ConnAck::new(reason, properties)))
        {
            return;
        }
        let bare = v5::ConnAck::new(reason, ConnAckProperties::default());
        self.send_v5(v5::Packet::ConnAck(bare)); // [5.0/MQTT-3.2.2-19]
    }

    /// Sends DISCONNECT, which only 5.0 lets a server do.
    pub(super) fn send_disconnect(&mut self, reason: DisconnectReason, about: &str) {
        let liberties = &self.limits.liberties;
        if liberties.closes_without_disconnect {
            return; // [5.0/4.13.1]
        }
        let hidden = liberties.reveals_no_reasons && reason.is_error();
        let reason = if hidden { DisconnectReason::UnspecifiedError } else { reason };
        if liberties.writes_disconnect_without_property_length && self.connection.version() == Version::V5 {
            return self.send_bytes(Bytes::copy_from_slice(&[0xe0, 1, reason.get()])); // [5.0/3.14.2.2.1]
        }
        let mut properties = v5::DisconnectProperties::builder();
        if !self.rules.no_expiry_in_disconnect {
            properties = properties.session_expiry_interval(0); // [5.0/MQTT-3.14.2-2]
        }
        if !liberties.sends_no_reason_strings {
            properties = properties.reason_string(about);
        }
        if liberties.adds_user_properties_to_disconnect {
            properties = properties.user_property("closed-by", "reference");
        }
        let bare = v5::Disconnect::new(reason);
        let full = properties.finish().map(|properties| v5::Disconnect { reason, properties });
        // [5.0/MQTT-3.14.2-3]
        let sent = full.is_ok_and(|full| self.send_v5(v5::Packet::Disconnect(full)))
            || self.send_v5(v5::Packet::Disconnect(bare));
        if sent && !self.rules.nothing_after_disconnect {
            self.send_v5(v5::Packet::PingResp); // [5.0/MQTT-3.14.4-1]
        }
    }

    /// Closes the connection for a mistake of the client, after saying so where the version can.
    pub(super) fn fail(&mut self, reason: DisconnectReason, about: &str) -> Effect {
        match self.connection.phase {
            Phase::Open => {
                self.send_disconnect(reason, about);
                if !self.rules.closes_after_own_disconnect && self.speaks_v5() {
                    return Effect::None; // [5.0/MQTT-4.13.2-1]
                }
            }
            Phase::Authenticating(_) => {
                let reason = ConnAckReason::from_u8(reason.get()).unwrap_or(ConnAckReason::ProtocolError);
                self.send_connack_error(reason, about);
            }
            Phase::New | Phase::Refused => {}
        }
        Effect::End(Ending::Failed)
    }
}

impl Client<'_> {
    pub(super) fn version(&self) -> Version {
        self.line.connection.version()
    }

    pub(super) fn fail(&mut self, reason: DisconnectReason, about: &str) -> Effect {
        self.line.fail(reason, about)
    }
}

impl Answer {
    /// The Packet Identifier of the answer.
    pub(super) fn id(self) -> Option<PacketId> {
        match self {
            Self::None => None,
            Self::PubAck(id) | Self::PubRec(id) | Self::PubComp(id, _) => Some(id),
        }
    }

    /// What is wrong, for people to read.
    pub(super) fn about(self, reason: PubAckReason) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::PubAck(_) | Self::PubRec(_) => reason.is_error().then(|| reason.name()),
            Self::PubComp(_, reason) => reason.is_error().then(|| reason.name()),
        }
    }
}
