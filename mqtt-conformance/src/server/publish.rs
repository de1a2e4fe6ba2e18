//! Messages from clients, and the answers that their QoS demands.

use super::client::{Answer, Client, Effect};
use super::liberty::is_beyond;
use super::message::Message;
use mqtt_codec::v5::{
    self, DisconnectReason, PayloadFormat, PubAckReason, PubCompReason, PubRecReason, ReasonCode,
};
use mqtt_codec::{Delivery, PacketId, Qos, TopicName, Version, v3};

impl Client<'_> {
    pub(super) fn handle_publish_v3(&mut self, publish: &v3::Publish<&[u8]>) -> Effect {
        let publish = publish.detach();
        let message = self.message(publish.topic, publish.payload);
        self.take_message(publish.delivery, Message { retain: publish.retain, ..message })
    }

    pub(super) fn handle_publish_v5(&mut self, publish: &v5::Publish<&[u8]>) -> Effect {
        let publish = publish.detach();
        let topic = match self.resolve_alias(&publish) {
            Ok(topic) => topic,
            Err(effect) => return effect,
        };
        let properties = publish.properties().clone();
        let expiry = properties.message_expiry_interval();
        let message = self.message(topic, publish.payload);
        let grace = if self.limits.liberties.counts_expiry_in_whole_seconds { 999 } else { 0 };
        let message = Message { retain: publish.retain, properties, expiry, grace, ..message };
        self.take_message(publish.delivery, message)
    }

    fn message(&self, topic: TopicName, payload: bytes::Bytes) -> Message {
        let client = self.line.connection.client.clone();
        Message { version: self.version(), ..Message::new(topic, payload, self.now, client) }
    }

    /// The topic of a PUBLISH, by name or by alias. Spec: 5.0 §3.3.2.3.4.
    fn resolve_alias(&mut self, publish: &v5::Publish) -> Result<TopicName, Effect> {
        let rules = self.rules;
        let topic = publish.topic().cloned();
        let Some(alias) = publish.topic_alias().map(std::num::NonZero::get) else {
            return topic.ok_or(Effect::None); // the decoder refuses a PUBLISH with neither
        };
        let maximum = self.limits.topic_alias_maximum;
        let maximum = if rules.accepts_topic_aliases { maximum } else { maximum.saturating_sub(1) };
        // [5.0/MQTT-3.2.2-17, 5.0/MQTT-3.2.2-18]
        if alias > maximum && rules.refuses_topic_alias_above_maximum {
            // [5.0/MQTT-3.3.2-9]
            return Err(
                self.fail(DisconnectReason::TopicAliasInvalid, "the Topic Alias is above the maximum")
            );
        }
        let aliases = &mut self.line.connection.aliases;
        match topic {
            Some(topic) if rules.remaps_topic_aliases => {
                aliases.insert(alias, topic.clone()); // [5.0/MQTT-3.3.2-12]
                Ok(topic)
            }
            Some(topic) => {
                aliases.entry(alias).or_insert_with(|| topic.clone());
                Ok(topic)
            }
            None => match aliases.get(&alias) {
                Some(topic) => Ok(topic.clone()),
                // [5.0/MQTT-4.13.1-1]
                None if rules.refuses_unknown_topic_alias => {
                    Err(self.fail(DisconnectReason::ProtocolError, "the Topic Alias was never set"))
                }
                None => Err(Effect::None),
            },
        }
    }

    /// Acts on a PUBLISH by its QoS.
    fn take_message(&mut self, delivery: Delivery, message: Message) -> Effect {
        let message = Message { qos: delivery.qos(), dup: delivery.dup(), ..message };
        if let Some((reason, about)) = self.lack(&message).or_else(|| self.grounds_to_close(&message)) {
            return self.fail(reason, about);
        }
        match delivery {
            Delivery::AtMostOnce => self.take_qos_0(message),
            Delivery::AtLeastOnce { packet_id, dup } => self.take_qos_1(packet_id, dup, message),
            Delivery::ExactlyOnce { packet_id, .. } => self.take_qos_2(packet_id, message),
        }
    }

    /// What a message of 5.0 asks for and the broker has announced not to have.
    fn lack(&self, message: &Message) -> Option<(DisconnectReason, &'static str)> {
        let (rules, limits) = (self.rules, self.limits);
        let five = self.version() == Version::V5;
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
        let liberties = &self.limits.liberties;
        let (version, topic) = (self.version(), message.topic.as_bytes());
        let newer = version != Version::V3_1;
        let reserved = topic.starts_with(b"$SYS/")
            || newer && liberties.denies_dollar_topics && topic.first() == Some(&b'$');
        if reserved || (denied && self.rules.refuses_denied_publish) {
            Some(PubAckReason::NotAuthorized) // [5.0/MQTT-3.4.2-1, 5.0/MQTT-3.5.2-1]
        } else if utf8 && !liberties.ignores_payload_format && std::str::from_utf8(&message.payload).is_err()
        {
            Some(PubAckReason::PayloadFormatInvalid)
        } else if is_beyond(liberties, version, topic) {
            Some(PubAckReason::TopicNameInvalid)
        } else if version == Version::V5 && liberties.refuses_large_messages && message.payload.len() > 10_240
        {
            Some(PubAckReason::QuotaExceeded)
        } else {
            None
        }
    }

    /// Why the broker closes for a message that it could refuse by an acknowledgement, or has no acknowledgement for.
    fn grounds_to_close(&self, message: &Message) -> Option<(DisconnectReason, &'static str)> {
        let liberties = &self.limits.liberties;
        let five = self.version() == Version::V5;
        let unanswered = five && message.qos == Qos::AtMostOnce;
        match self.objection(message)? {
            // [3.1.1/MQTT-3.3.5-2]
            PubAckReason::NotAuthorized
                if liberties.closes_on_denied_publish && self.version() != Version::V3_1 =>
            {
                Some((DisconnectReason::NotAuthorized, "the message is not authorized"))
            }
            PubAckReason::PayloadFormatInvalid if unanswered || liberties.disconnects_for_payload_format => {
                Some((DisconnectReason::PayloadFormatInvalid, "the payload is not UTF-8"))
            }
            PubAckReason::TopicNameInvalid if unanswered => {
                Some((DisconnectReason::TopicNameInvalid, "the topic is not accepted"))
            }
            PubAckReason::QuotaExceeded if unanswered => {
                Some((DisconnectReason::QuotaExceeded, "the message is too large"))
            }
            _ => None,
        }
    }

    /// Publishes a message and answers, or answers with what speaks against it.
    fn pass_on(&mut self, message: Message, answer: Answer) -> Effect {
        match self.objection(&message) {
            None => Effect::Publish(vec![message], answer),
            Some(objection) => {
                self.answer(answer, objection);
                Effect::None
            }
        }
    }

    fn take_qos_0(&mut self, message: Message) -> Effect {
        self.pass_on(message, Answer::None)
    }

    fn take_qos_1(&mut self, id: PacketId, dup: bool, message: Message) -> Effect {
        let five = self.version() == Version::V5;
        if five
            && self.line.connection.unreleased.len() >= usize::from(self.limits.receive_maximum)
            && self.enforces_receive_maximum()
        {
            return self.too_many_in_flight();
        }
        let connection = &mut *self.line.connection;
        let repeated = dup && connection.latest_qos_1 == Some(id);
        connection.latest_qos_1 = Some(id);
        let answer = Answer::PubAck(id);
        if self.is_in_use(id) {
            if self.limits.liberties.closes_on_packet_ids_in_use {
                return self.fail_for_id();
            }
            self.answer(answer, PubAckReason::PacketIdentifierInUse);
            Effect::None
        } else if repeated && !self.rules.frees_id_after_puback {
            self.answer(answer, PubAckReason::Success);
            Effect::None
        } else {
            // DUP says nothing of another message. [5.0/MQTT-4.3.2-5, 3.1.1/MQTT-4.3.2-2, 3.1/V31-4.1-1, 3.1/V31-2.1-2]
            self.pass_on(message, answer)
        }
    }

    fn enforces_receive_maximum(&self) -> bool {
        self.rules.enforces_receive_maximum && !self.limits.liberties.overlooks_receive_maximum
    }

    /// Whether a Packet Identifier is taken by a QoS 2 message, as far as the broker looks. [5.0/MQTT-2.2.1-3]
    pub(super) fn is_in_use(&self, id: PacketId) -> bool {
        self.version() == Version::V5
            && !self.limits.liberties.accepts_packet_ids_in_use
            && self.session.received.contains_key(&id)
    }

    pub(super) fn fail_for_id(&mut self) -> Effect {
        self.fail(DisconnectReason::ProtocolError, "the Packet Identifier is in use")
    }

    fn too_many_in_flight(&mut self) -> Effect {
        let about = "more messages in flight than Receive Maximum allows";
        self.fail(DisconnectReason::ReceiveMaximumExceeded, about) // [5.0/MQTT-3.3.4-7]
    }

    fn take_qos_2(&mut self, id: PacketId, message: Message) -> Effect {
        let (rules, liberties, version) = (self.rules, &self.limits.liberties, self.version());
        let unreleased = &mut self.line.connection.unreleased;
        let again = !unreleased.insert(id);
        // Clients of 3.x are not told how many they may have.
        let too_many = version == Version::V5 && unreleased.len() > usize::from(self.limits.receive_maximum);
        if too_many && self.enforces_receive_maximum() {
            return self.too_many_in_flight();
        }
        // In 5.0 a client repeats nothing on the same connection. [5.0/MQTT-4.4.0-1]
        if again && version == Version::V5 && liberties.closes_on_repeated_publish {
            return self.fail_for_id();
        }
        if again && version == Version::V5 && liberties.answers_repeated_publish_by_0x91 {
            let about = self.line.problem(Some("the Packet Identifier is in use"));
            let reason = PubRecReason::PacketIdentifierInUse;
            self.line.answer(about, |properties| {
                v5::Packet::PubRec(v5::Ack { packet_id: id, reason, properties })
            });
            return Effect::None;
        }
        let answer = Answer::PubRec(id);
        let received = &mut self.session.received;
        // [5.0/MQTT-4.3.3-10, 3.1.1/MQTT-4.3.3-2]
        if received.contains_key(&id) && rules.delivers_qos_2_once {
            self.answer(answer, PubAckReason::Success);
            return Effect::None;
        }
        let at_pubrel = match version {
            Version::V3_1 => !liberties.delivers_qos_2_at_publish_in_3_1,
            _ => liberties.delivers_qos_2_at_pubrel,
        };
        if !at_pubrel {
            received.entry(id).or_default().expires_at = message.expires_at();
            return self.pass_on(message, answer);
        }
        if version == Version::V5
            && let Some(objection) = self.objection(&message)
        {
            self.answer(answer, objection);
            return Effect::None;
        }
        let received = &mut self.session.received;
        // 3.1 passes a message on when PUBREL comes. [3.1/V31-3.3-5]
        let waiting: usize = received.values().flat_map(|r| &r.messages).map(Message::weight).sum();
        if waiting.saturating_add(message.weight()) > self.limits.queue_bytes {
            return self.fail(DisconnectReason::QuotaExceeded, "too much waits for PUBREL");
        }
        let entry = received.entry(id).or_default();
        entry.expires_at = message.expires_at();
        entry.messages.push(message);
        self.answer(answer, PubAckReason::Success);
        Effect::None
    }

    /// Acts on PUBREL: the identifier is free again.
    pub(super) fn handle_pubrel(&mut self, id: PacketId) -> Effect {
        let rules = self.rules;
        self.line.connection.unreleased.remove(&id);
        let received = &mut self.session.received;
        let released = if rules.frees_id_after_pubcomp {
            received.remove(&id) // [5.0/MQTT-4.3.3-12, 3.1.1/MQTT-4.3.3-2]
        } else {
            received.get_mut(&id).map(std::mem::take)
        };
        let Some(released) = released else {
            // [5.0/MQTT-4.3.3-11]
            if rules.answers_unknown_pubrel {
                let reason = if self.limits.liberties.says_success_to_unknown_pubrel {
                    PubCompReason::Success
                } else {
                    PubCompReason::PacketIdentifierNotFound
                };
                self.answer(Answer::PubComp(id, reason), PubAckReason::Success);
            }
            return Effect::None;
        };
        if released.expires_at.is_some_and(|at| at <= self.now) && !rules.finishes_expired_receipts {
            return Effect::None; // [5.0/MQTT-4.3.3-13]
        }
        let mut messages = released.messages;
        messages.retain(|message| self.objection(message).is_none());
        Effect::Publish(messages, Answer::PubComp(id, PubCompReason::Success))
    }

    /// Answers a PUBLISH or PUBREL, once it is known what became of the message.
    pub(super) fn answer(&mut self, answer: Answer, reason: PubAckReason) {
        let Some(id) = answer.id() else { return };
        let (rules, version) = (self.rules, self.version());
        let hidden = reason.is_error() && self.limits.liberties.reveals_no_reasons;
        let shown = if hidden { PubAckReason::UnspecifiedError } else { reason };
        if let Answer::PubRec(id) = answer
            && reason.is_error()
            && version == Version::V5
            && rules.frees_refused_id
        {
            // 3.x has no error to send, and waits for PUBREL. [5.0/MQTT-4.3.3-9]
            self.session.received.remove(&id);
            self.line.connection.unreleased.remove(&id);
        }
        let answers = match answer {
            // [5.0/MQTT-4.3.3-11]
            Answer::PubComp(..) => rules.answers_pubrel,
            _ if version != Version::V5
                && reason == PubAckReason::NotAuthorized
                && !rules.answers_unauthorized =>
            {
                false // [3.1/V31-3.3-1, 3.1.1/MQTT-3.3.5-2]
            }
            // [5.0/MQTT-4.3.2-4, 5.0/MQTT-3.3.4-1, 3.1.1/MQTT-3.3.4-1, 3.1/V31-3.3-4]
            Answer::PubAck(_) => rules.answers_qos_1,
            // [5.0/MQTT-4.3.3-8, 5.0/MQTT-3.3.4-1, 3.1.1/MQTT-3.3.4-1]
            _ => rules.answers_qos_2,
        };
        if !answers {
            return;
        }
        let repeats = match answer {
            // [5.0/MQTT-4.3.3-11]
            Answer::PubComp(..) => rules.repeats_pubrel_id,
            // [5.0/MQTT-4.3.2-4, 5.0/MQTT-4.3.3-8]
            _ => rules.repeats_publish_id,
        };
        let packet_id = if repeats { id } else { id.next() }; // [5.0/MQTT-2.2.1-5, 3.1.1/MQTT-2.3.1-6]
        if version != Version::V5 {
            self.line.send_v3(match answer {
                Answer::PubComp(..) => v3::Packet::PubComp(packet_id),
                Answer::PubRec(_) => v3::Packet::PubRec(packet_id),
                _ => v3::Packet::PubAck(packet_id),
            });
            return;
        }
        let about = self.line.problem(answer.about(shown));
        // [5.0/MQTT-3.4.2-2, 5.0/MQTT-3.5.2-2, 5.0/MQTT-3.7.2-2]
        self.line.answer(about, |properties| match answer {
            Answer::PubComp(_, reason) => v5::Packet::PubComp(v5::Ack { packet_id, reason, properties }),
            Answer::PubRec(_) => {
                // PUBREC and PUBACK have the same codes.
                let reason = PubRecReason::from_u8(shown.get()).unwrap_or(PubRecReason::UnspecifiedError);
                v5::Packet::PubRec(v5::Ack { packet_id, reason, properties })
            }
            _ => v5::Packet::PubAck(v5::Ack { packet_id, reason: shown, properties }),
        });
    }
}
