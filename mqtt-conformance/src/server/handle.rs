//! Packets by the phase of their connection and by type, and what they lead to.

use super::action::ConnId;
use super::client::{Answer, Client, Effect};
use super::fault::overlook::leaked;
use super::message::Message;
use super::route::Published;
use super::session::Session;
use super::state::{Broker, Ending, Phase};
use super::topics::matches;
use bytes::Bytes;
use mqtt_codec::v5::{self, DisconnectReason, PubAckReason, ReasonCode};
use mqtt_codec::{AnyPacket, Qos, Version, v3};
use std::sync::Arc;

impl Broker {
    /// Acts on a packet.
    pub(super) fn handle(&mut self, conn: ConnId, packet: &AnyPacket<&[u8]>) {
        let Some(mut line) = self.line(conn) else { return };
        let effect = match (&line.connection.phase, packet) {
            (Phase::New, _) => return self.handle_connect(conn, packet),
            (Phase::Open | Phase::Authenticating(_), AnyPacket::V5(v5::Packet::Auth(auth))) => {
                return self.handle_auth(conn, auth);
            }
            (Phase::Authenticating(_), AnyPacket::V5(v5::Packet::Disconnect(_))) => {
                Effect::End(Ending::Refused)
            }
            (Phase::Authenticating(_), _) => {
                line.fail(DisconnectReason::ProtocolError, "authentication is not complete") // [5.0/MQTT-3.1.2-30]
            }
            (Phase::Open, _) if !line.rules.keeps_topic_aliases_apart => {
                self.share_aliases(packet);
                self.client(conn).map_or(Effect::None, |mut client| client.handle(packet))
            }
            (Phase::Open, _) => self.client(conn).map_or(Effect::None, |mut client| client.handle(packet)),
            (Phase::Refused, _) => {
                // [5.0/MQTT-3.1.4-6, 3.1.1/MQTT-3.1.4-5]
                if !self.rules.ignores_packets_after_refusal
                    && let Some(message) = leaked(packet, self.now)
                {
                    self.publish(&Arc::new(message));
                }
                Effect::None
            }
        };
        self.carry_out(conn, effect);
    }

    /// Sets a Topic Alias for all connections, as only a broken broker does. [5.0/MQTT-3.3.2-7, 5.0/MQTT-3.3.2-12]
    fn share_aliases(&mut self, packet: &AnyPacket<&[u8]>) {
        if let AnyPacket::V5(v5::Packet::Publish(publish)) = packet
            && let (Some(alias), Some(topic)) = (publish.topic_alias(), publish.detach().topic())
        {
            for connection in self.connections.values_mut() {
                connection.aliases.insert(alias.get(), topic.clone());
            }
        }
    }

    /// Does what the act of a client leads to beyond its own connection and session.
    pub(super) fn carry_out(&mut self, conn: ConnId, effect: Effect) {
        match effect {
            Effect::None => {}
            Effect::End(ending) => self.end(conn, ending),
            Effect::Unsubscribed => self.forget_empty_shares(),
            Effect::Reassign(outgoing) => {
                self.deliver_to_share(&outgoing.filter, &outgoing.message);
                if let Some(mut client) = self.client(conn) {
                    client.pump();
                }
            }
            Effect::Publish(messages, answer) => self.publish_for(conn, messages, answer),
        }
    }
}

impl Broker {
    /// Publishes what a client sent, and answers.
    fn publish_for(&mut self, conn: ConnId, messages: Vec<Message>, answer: Answer) {
        let liberties = self.limits.liberties;
        if liberties.refuses_messages_above_quota && messages.iter().any(|message| self.is_too_much(message))
        {
            let Some(mut client) = self.client(conn) else { return };
            let effect = match (client.line.connection.version(), answer) {
                (Version::V5, Answer::PubAck(_) | Answer::PubRec(_)) => {
                    client.answer(answer, PubAckReason::QuotaExceeded);
                    Effect::None
                }
                // [3.1.1/MQTT-4.8.0-2]
                _ => client.fail(DisconnectReason::QuotaExceeded, "too much waits for a subscriber"),
            };
            return self.carry_out(conn, effect);
        }
        // Delivery need not be complete. [5.0/4.3.2, 5.0/4.3.3, 3.1.1/4.3.2]
        let early =
            liberties.acknowledges_before_delivering && !messages.iter().any(|message| message.retain);
        if early && let Some(mut client) = self.client(conn) {
            client.answer(answer, PubAckReason::Success);
        }
        let mut reason = PubAckReason::Success;
        for message in messages {
            reason = match self.publish(&Arc::new(message)) {
                Published::NoSubscribers if !liberties.says_success_when_nobody_listens => {
                    PubAckReason::NoMatchingSubscribers
                }
                Published::Delivered | Published::NoSubscribers => PubAckReason::Success,
                Published::NoRoom => PubAckReason::QuotaExceeded,
            };
        }
        if !early && let Some(mut client) = self.client(conn) {
            client.answer(answer, reason);
        }
    }

    /// Whether five messages wait already for one of those who would get this one.
    fn is_too_much(&self, message: &Message) -> bool {
        let wants = |session: &Session| {
            let topic = message.topic.as_bytes();
            session.subscriptions.iter().any(|s| !s.shared && matches(&self.rules, &s.pattern, topic))
        };
        message.qos != Qos::AtMostOnce
            && message.version != Version::V3_1
            && self.sessions.values().any(|session| session.queue.len() >= 5 && wants(session))
    }
}

impl Client<'_> {
    /// Acts on a packet of a client that was let in.
    fn handle(&mut self, packet: &AnyPacket<&[u8]>) -> Effect {
        match packet {
            AnyPacket::V3(packet) => self.handle_v3(packet),
            AnyPacket::V5(packet) => self.handle_v5(packet),
        }
    }

    fn handle_v3(&mut self, packet: &v3::Packet<&[u8]>) -> Effect {
        match packet {
            v3::Packet::Publish(publish) => self.handle_publish_v3(publish),
            v3::Packet::PubAck(id) => self.handle_puback(*id, false),
            v3::Packet::PubRec(id) => self.handle_pubrec(*id, false),
            v3::Packet::PubRel(id) => self.handle_pubrel(*id),
            v3::Packet::PubComp(id) => self.handle_pubcomp(*id),
            v3::Packet::Subscribe(subscribe) => self.handle_subscribe_v3(subscribe),
            v3::Packet::Unsubscribe(unsubscribe) => {
                let filters = unsubscribe.filters.iter().map(|f| Bytes::copy_from_slice(f.as_bytes()));
                self.handle_unsubscribe(unsubscribe.packet_id, filters.collect())
            }
            v3::Packet::PingReq => self.handle_pingreq(),
            v3::Packet::Disconnect => Effect::End(Ending::Disconnected), // [3.1/V31-3.14-1]
            v3::Packet::Connect(_) => self.handle_second_connect(),
            // The decoder refuses what only a server sends.
            v3::Packet::ConnAck(_)
            | v3::Packet::SubAck(_)
            | v3::Packet::UnsubAck(_)
            | v3::Packet::PingResp => Effect::None,
        }
    }

    fn handle_v5(&mut self, packet: &v5::Packet<&[u8]>) -> Effect {
        match packet {
            v5::Packet::Publish(publish) => self.handle_publish_v5(publish),
            v5::Packet::PubAck(ack) => self.handle_puback(ack.packet_id, ack.reason.is_error()),
            v5::Packet::PubRec(ack) => self.handle_pubrec(ack.packet_id, ack.reason.is_error()),
            v5::Packet::PubRel(ack) => self.handle_pubrel(ack.packet_id),
            v5::Packet::PubComp(ack) => self.handle_pubcomp(ack.packet_id),
            v5::Packet::Subscribe(subscribe) => self.handle_subscribe_v5(subscribe),
            v5::Packet::Unsubscribe(unsubscribe) => {
                let filters = unsubscribe.filters.iter().map(|f| Bytes::copy_from_slice(f.as_bytes()));
                self.handle_unsubscribe(unsubscribe.packet_id, filters.collect())
            }
            v5::Packet::PingReq => self.handle_pingreq(),
            v5::Packet::Disconnect(disconnect) => self.handle_disconnect(disconnect),
            v5::Packet::Connect(_) => self.handle_second_connect(),
            // AUTH is the broker's own; the decoder refuses what only a server sends.
            v5::Packet::Auth(_)
            | v5::Packet::ConnAck(_)
            | v5::Packet::SubAck(_)
            | v5::Packet::UnsubAck(_)
            | v5::Packet::PingResp => Effect::None,
        }
    }

    fn handle_second_connect(&mut self) -> Effect {
        if !self.rules.refuses_second_connect {
            return Effect::None;
        }
        self.fail(DisconnectReason::ProtocolError, "a second CONNECT") // [5.0/MQTT-3.1.0-2, 3.1.1/MQTT-3.1.0-2]
    }

    fn handle_pingreq(&mut self) -> Effect {
        if !self.rules.session_lasts_with_connection {
            self.session.subscriptions.clear(); // [5.0/MQTT-4.1.0-1, 3.1.1/MQTT-4.1.0-1, 3.1.1/MQTT-4.1.0-2]
        }
        // [5.0/MQTT-3.3.4-10, 5.0/MQTT-4.9.0-3]
        let blocked = self.session.unacknowledged() >= usize::from(self.line.connection.receive_maximum);
        if self.rules.answers_pingreq && (!blocked || self.rules.holds_back_only_publish) {
            let packet = match self.version() {
                Version::V5 => AnyPacket::V5(v5::Packet::PingResp),
                _ => AnyPacket::V3(v3::Packet::PingResp),
            };
            self.line.send(&packet); // [5.0/MQTT-3.12.4-1, 3.1.1/MQTT-3.12.4-1]
        }
        Effect::None
    }

    /// Acts on DISCONNECT of 5.0.
    fn handle_disconnect(&mut self, disconnect: &v5::Disconnect<&[u8]>) -> Effect {
        if let Some(seconds) = disconnect.properties.session_expiry_interval() {
            // [5.0/MQTT-4.13.1-1]
            if seconds != 0 && self.line.connection.expiry_was_zero && self.rules.refuses_expiry_from_zero {
                let about = "a Session Expiry Interval after CONNECT had none";
                return self.fail(DisconnectReason::ProtocolError, about);
            }
            if self.rules.disconnect_changes_expiry {
                // [5.0/MQTT-3.1.2-23]
                self.session.expiry = seconds.min(self.limits.session_expiry_maximum);
            }
        }
        if self.limits.liberties.answers_disconnect {
            self.line
                .send_v5(v5::Packet::Disconnect(v5::Disconnect::new(DisconnectReason::NormalDisconnection)));
        }
        match disconnect.reason {
            DisconnectReason::NormalDisconnection => Effect::End(Ending::Disconnected), // [5.0/MQTT-3.14.4-2]
            _ => Effect::End(Ending::DisconnectedWithWill),
        }
    }
}
