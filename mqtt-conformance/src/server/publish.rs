//! Messages from clients, and the answers that their QoS demands.

use super::message::Message;
use super::route::Published;
use super::{Broker, ConnId};
use bytes::Bytes;
use mqtt_codec::v5::{
    self, AckProperties, DisconnectReason, PayloadFormat, PubAckReason, PubCompReason, PubRecReason,
    ReasonCode,
};
use mqtt_codec::{AnyPacket, Delivery, PacketId, TopicName, Version, v3};
use std::sync::Arc;

impl Broker {
    pub(super) fn handle_publish_v3(&mut self, conn: ConnId, publish: &v3::Publish<&[u8]>) {
        let Some(connection) = self.connections.get(&conn) else { return };
        let publish = publish.detach();
        let message = Message::new(publish.topic, publish.payload, self.now, connection.client.clone());
        self.take_message(conn, publish.delivery, Message { retain: publish.retain, ..message });
    }

    pub(super) fn handle_publish_v5(&mut self, conn: ConnId, publish: &v5::Publish<&[u8]>) {
        let publish = publish.detach();
        let Some(topic) = self.resolve_alias(conn, &publish) else { return };
        let Some(connection) = self.connections.get(&conn) else { return };
        let properties = publish.properties().clone();
        let expiry = properties.message_expiry_interval();
        let message = Message::new(topic, publish.payload, self.now, connection.client.clone());
        self.take_message(
            conn,
            publish.delivery,
            Message { retain: publish.retain, properties, expiry, ..message },
        );
    }

    /// The topic of a PUBLISH, by name or by alias. Spec: 5.0 §3.3.2.3.4.
    fn resolve_alias(&mut self, conn: ConnId, publish: &v5::Publish) -> Option<TopicName> {
        let rules = self.rules;
        let topic = publish.topic().cloned();
        let Some(alias) = publish.topic_alias().map(std::num::NonZero::get) else { return topic };
        let maximum = self.limits.topic_alias_maximum;
        let maximum = if rules.accepts_topic_aliases { maximum } else { maximum.saturating_sub(1) };
        if alias > maximum && rules.refuses_topic_alias_above_maximum {
            // [5.0/MQTT-3.3.2-9]
            self.fail(conn, DisconnectReason::TopicAliasInvalid, "the Topic Alias is above the maximum");
            return None;
        }
        let connection = self.connections.get_mut(&conn)?;
        if let Some(topic) = topic {
            if rules.remaps_topic_aliases {
                connection.aliases.insert(alias, topic.clone());
            } else {
                connection.aliases.entry(alias).or_insert_with(|| topic.clone());
            }
            if !rules.keeps_topic_aliases_apart {
                for connection in self.connections.values_mut() {
                    connection.aliases.insert(alias, topic.clone());
                }
            }
            return Some(topic);
        }
        let known = connection.aliases.get(&alias).cloned();
        if known.is_none() && rules.refuses_unknown_topic_alias {
            self.fail(conn, DisconnectReason::ProtocolError, "the Topic Alias was never set");
        }
        known
    }

    /// Acts on a PUBLISH by its QoS.
    fn take_message(&mut self, conn: ConnId, delivery: Delivery, message: Message) {
        let message = Message { qos: delivery.qos(), dup: delivery.dup(), ..message };
        if let Some((reason, about)) = self.lack(conn, &message) {
            return self.fail(conn, reason, about);
        }
        match delivery {
            Delivery::AtMostOnce => self.take_qos_0(conn, message),
            Delivery::AtLeastOnce { packet_id, dup } => self.take_qos_1(conn, packet_id, dup, message),
            Delivery::ExactlyOnce { packet_id, .. } => self.take_qos_2(conn, packet_id, message),
        }
    }

    /// What a message of 5.0 asks for and the broker has announced not to have.
    fn lack(&self, conn: ConnId, message: &Message) -> Option<(DisconnectReason, &'static str)> {
        let (rules, limits) = (&self.rules, &self.limits);
        let five = self.connections.get(&conn)?.version() == Version::V5;
        if five && message.qos > limits.maximum_qos && rules.refuses_publish_above_maximum_qos {
            Some((DisconnectReason::QosNotSupported, "the QoS is above Maximum QoS")) // [5.0/MQTT-3.2.2-11]
        } else if five && message.retain && !limits.retain_available && rules.refuses_unavailable_retain {
            Some((DisconnectReason::RetainNotSupported, "no messages are retained")) // [5.0/MQTT-3.2.2-14]
        } else {
            None
        }
    }

    /// Why the broker does not publish a message, if there is a reason.
    fn objection(&self, message: &Message) -> Option<PubAckReason> {
        let denied = self
            .limits
            .denied_publish
            .as_ref()
            .is_some_and(|topic| topic.as_bytes() == message.topic.as_bytes());
        let utf8 = message.properties.payload_format_indicator() == Some(PayloadFormat::Utf8);
        if message.topic.as_bytes().starts_with(b"$SYS/") || (denied && self.rules.refuses_denied_publish) {
            Some(PubAckReason::NotAuthorized)
        } else if utf8 && std::str::from_utf8(&message.payload).is_err() {
            Some(PubAckReason::PayloadFormatInvalid)
        } else {
            None
        }
    }

    /// Publishes what a client sent, unless there is an objection.
    fn pass_on(&mut self, message: Message) -> PubAckReason {
        if let Some(objection) = self.objection(&message) {
            return objection;
        }
        match self.publish(&Arc::new(message)) {
            Published::Delivered => PubAckReason::Success,
            Published::NoSubscribers => PubAckReason::NoMatchingSubscribers,
            Published::NoRoom => PubAckReason::QuotaExceeded,
        }
    }

    fn take_qos_0(&mut self, conn: ConnId, message: Message) {
        if self.pass_on(message) == PubAckReason::PayloadFormatInvalid {
            let reason = DisconnectReason::PayloadFormatInvalid;
            self.fail(conn, reason, "the payload is not UTF-8");
        }
    }

    fn take_qos_1(&mut self, conn: ConnId, id: PacketId, dup: bool, message: Message) {
        let Some(connection) = self.connections.get_mut(&conn) else { return };
        if connection.version() == Version::V5
            && connection.unreleased.len() >= usize::from(self.limits.receive_maximum)
            && self.rules.enforces_receive_maximum
        {
            return self.too_many_in_flight(conn);
        }
        let repeated = dup && connection.latest_qos_1 == Some(id);
        connection.latest_qos_1 = Some(id);
        let in_use = connection.version() == Version::V5
            && self.sessions.get(&connection.client).is_some_and(|s| s.received.contains_key(&id));
        let reason = if in_use {
            PubAckReason::PacketIdentifierInUse
        } else if repeated && !self.rules.frees_id_after_puback {
            PubAckReason::Success
        } else {
            self.pass_on(message) // [5.0/MQTT-4.3.2-5]
        };
        if self.rules.answers_qos_1 && self.answers_unauthorized(conn, reason) {
            self.send_ack(conn, Ack::Qos1(reason), id); // [5.0/MQTT-4.3.2-4]
        }
    }

    /// Whether a message is answered though it was not authorized. [3.1/V31-3.3-1, 3.1.1/MQTT-3.3.5-2]
    fn answers_unauthorized(&self, conn: ConnId, reason: PubAckReason) -> bool {
        let old = self.connections.get(&conn).is_some_and(|c| c.version() != Version::V5);
        !old || reason != PubAckReason::NotAuthorized || self.rules.answers_unauthorized
    }

    fn too_many_in_flight(&mut self, conn: ConnId) {
        let about = "more messages in flight than Receive Maximum allows";
        self.fail(conn, DisconnectReason::ReceiveMaximumExceeded, about); // [5.0/MQTT-3.3.4-7]
    }

    fn take_qos_2(&mut self, conn: ConnId, id: PacketId, message: Message) {
        let rules = self.rules;
        let Some(connection) = self.connections.get_mut(&conn) else { return };
        let version = connection.version();
        let client = connection.client.clone();
        connection.unreleased.insert(id);
        // Clients of 3.x are not told how many they may have.
        let too_many =
            version == Version::V5 && connection.unreleased.len() > usize::from(self.limits.receive_maximum);
        if too_many && rules.enforces_receive_maximum {
            return self.too_many_in_flight(conn);
        }
        let Some(session) = self.sessions.get_mut(&client) else { return };
        let mut reason = PubAckReason::Success;
        let known = session.received.contains_key(&id);
        if !known || !rules.delivers_qos_2_once {
            // 3.1 passes a message on when PUBREL comes. [3.1/V31-3.3-5]
            if version == Version::V3_1 {
                let waiting: usize =
                    session.received.values().flat_map(|r| &r.messages).map(Message::weight).sum();
                if waiting.saturating_add(message.weight()) > self.limits.queue_bytes {
                    return self.fail(conn, DisconnectReason::QuotaExceeded, "too much waits for PUBREL");
                }
                session.received.entry(id).or_default().messages.push(message);
            } else {
                session.received.entry(id).or_default().expires_at = message.expires_at();
                reason = self.pass_on(message); // [5.0/MQTT-4.3.3-10]
            }
        }
        if reason.is_error() {
            // [5.0/MQTT-4.3.3-9]; 3.x has no error to send, and waits for PUBREL.
            if version == Version::V5 && rules.frees_refused_id {
                if let Some(session) = self.sessions.get_mut(&client) {
                    session.received.remove(&id);
                }
                if let Some(connection) = self.connections.get_mut(&conn) {
                    connection.unreleased.remove(&id);
                }
            }
        }
        if rules.answers_qos_2 && self.answers_unauthorized(conn, reason) {
            self.send_ack(conn, Ack::Qos2(reason), id); // [5.0/MQTT-4.3.3-8]
        }
    }

    /// Acts on PUBREL: the identifier is free again.
    pub(super) fn handle_pubrel(&mut self, conn: ConnId, id: PacketId) {
        let rules = self.rules;
        let Some(connection) = self.connections.get_mut(&conn) else { return };
        connection.unreleased.remove(&id);
        let client = connection.client.clone();
        let Some(session) = self.sessions.get_mut(&client) else { return };
        let released = if rules.frees_id_after_pubcomp {
            session.received.remove(&id) // [5.0/MQTT-4.3.3-12]
        } else {
            session.received.get_mut(&id).map(std::mem::take)
        };
        let expired = released.as_ref().and_then(|r| r.expires_at).is_some_and(|at| at <= self.now);
        if expired && !rules.finishes_expired_receipts {
            return; // [5.0/MQTT-4.3.3-13]
        }
        let reason = match released {
            Some(received) => {
                for message in received.messages {
                    self.pass_on(message);
                }
                PubCompReason::Success
            }
            None => PubCompReason::PacketIdentifierNotFound,
        };
        let known = reason == PubCompReason::Success;
        if rules.answers_pubrel && (known || rules.answers_unknown_pubrel) {
            self.send_ack(conn, Ack::Released(reason), id); // [5.0/MQTT-4.3.3-11]
        }
    }

    /// Sends an answer to PUBLISH or PUBREL.
    fn send_ack(&mut self, conn: ConnId, ack: Ack, id: PacketId) {
        let Some(connection) = self.connections.get(&conn) else { return };
        let rules = &self.rules;
        let repeats = match ack {
            Ack::Qos1(_) | Ack::Qos2(_) => rules.repeats_publish_id,
            Ack::Released(_) => rules.repeats_pubrel_id,
        };
        let packet_id = if repeats { id } else { id.next() }; // [5.0/MQTT-2.2.1-5]
        if connection.version() != Version::V5 {
            let packet = match ack {
                Ack::Qos1(_) => v3::Packet::PubAck(packet_id),
                Ack::Qos2(_) => v3::Packet::PubRec(packet_id),
                Ack::Released(_) => v3::Packet::PubComp(packet_id),
            };
            return self.send_v3(conn, packet);
        }
        let about = self.problem(conn, ack.about());
        let with = |properties: AckProperties| match ack {
            Ack::Qos1(reason) => v5::Packet::PubAck(v5::Ack { packet_id, reason, properties }),
            Ack::Qos2(reason) => {
                // PUBREC and PUBACK have the same codes.
                let reason = PubRecReason::from_u8(reason.get()).unwrap_or(PubRecReason::UnspecifiedError);
                v5::Packet::PubRec(v5::Ack { packet_id, reason, properties })
            }
            Ack::Released(reason) => v5::Packet::PubComp(v5::Ack { packet_id, reason, properties }),
        };
        // [5.0/MQTT-3.4.2-2, 5.0/MQTT-3.5.2-2, 5.0/MQTT-3.7.2-2]
        if about.is_empty() || !self.send_v5(conn, with(about)) {
            self.send_v5(conn, with(AckProperties::default()));
        }
    }

    /// A Reason String, where the client wants to have it.
    pub(super) fn problem(&self, conn: ConnId, about: Option<&str>) -> AckProperties {
        let wanted = self.connections.get(&conn).is_some_and(|c| c.problem_information)
            || !self.rules.respects_problem_information; // [5.0/MQTT-3.1.2-29]
        match about {
            Some(about) if wanted => {
                AckProperties::builder().reason_string(about).finish().unwrap_or_default()
            }
            _ => AckProperties::default(),
        }
    }

    /// Publishes what came behind a refused CONNECT, as only a broken server does.
    pub(super) fn leak(&mut self, conn: ConnId, packet: &AnyPacket<&[u8]>) {
        let _ = conn;
        let message = match packet {
            AnyPacket::V3(v3::Packet::Publish(publish)) => {
                let publish = publish.detach();
                Message::new(publish.topic, publish.payload, self.now, Bytes::new())
            }
            AnyPacket::V5(v5::Packet::Publish(publish)) => {
                let publish = publish.detach();
                let Some(topic) = publish.topic().cloned() else { return };
                Message::new(topic, publish.payload, self.now, Bytes::new())
            }
            _ => return,
        };
        self.publish(&Arc::new(message));
    }
}

/// An answer within the receipt of a message.
#[derive(Clone, Copy)]
enum Ack {
    Qos1(PubAckReason),
    Qos2(PubAckReason),
    Released(PubCompReason),
}

impl Ack {
    /// What is wrong, for people to read.
    fn about(self) -> Option<&'static str> {
        match self {
            Self::Qos1(reason) | Self::Qos2(reason) => reason.is_error().then(|| reason.name()),
            Self::Released(reason) => reason.is_error().then(|| reason.name()),
        }
    }
}
