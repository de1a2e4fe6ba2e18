//! Messages to clients: the queue, what is in flight, and the PUBLISH packets that come of it.

use super::session::{InFlight, Outgoing, Stage};
use super::{Broker, ConnId};
use bytes::Bytes;
use mqtt_codec::v5::{self, DisconnectReason, Property, PublishProperties};
use mqtt_codec::{AnyPacket, Delivery, PacketId, Qos, TopicName, Version, v3};

impl Broker {
    /// Gives a message to a session: sends it, or keeps it until it can be sent.
    pub(super) fn enqueue(&mut self, client: &Bytes, outgoing: Outgoing) {
        let rules = &self.rules;
        let Some(session) = self.sessions.get_mut(client) else { return };
        match (session.conn, outgoing.qos) {
            (Some(conn), Qos::AtMostOnce) => {
                self.send_publish(conn, &outgoing, None, false);
            }
            (None, Qos::AtMostOnce)
                if rules.no_qos_0_for_absent_in_3_1 || session.version != Version::V3_1 => {}
            (None, _) if !rules.queues_for_absent => {}
            _ => {
                let weight = session.queue_bytes.saturating_add(outgoing.message.weight());
                if session.queue.len() < self.limits.queue && weight <= self.limits.queue_bytes {
                    session.push_queue(outgoing);
                    self.pump(client);
                }
            }
        }
    }

    /// Sends what a session has to send, as far as its client's Receive Maximum allows.
    ///
    /// After a resumption, what is in flight goes first, in its order [5.0/MQTT-4.4.0-1, 5.0/MQTT-4.6.0-5]; a PUBREL
    /// needs no room.
    pub(super) fn pump(&mut self, client: &Bytes) {
        while self.pump_one(client) {}
    }

    fn pump_one(&mut self, client: &Bytes) -> bool {
        let (now, rules) = (self.now, self.rules);
        let Some(session) = self.sessions.get_mut(client) else { return false };
        let Some(conn) = session.conn else { return false };
        let Some(connection) = self.connections.get(&conn) else { return false };
        let window = usize::from(connection.receive_maximum).min(self.limits.in_flight);
        let room = session.unacknowledged() < window; // [5.0/MQTT-3.3.4-9]

        let resumable = |sent: &InFlight| !sent.here && (room || sent.stage == Stage::PubComp);
        if let Some(at) = session.in_flight.iter().position(resumable) {
            let Some(sent) = session.in_flight.get_mut(at) else { return false };
            sent.here = true;
            sent.sent_at = now;
            if !rules.resends_with_same_id && sent.stage != Stage::PubComp {
                sent.id = PacketId::new(sent.id.get() ^ 0x4000).unwrap_or(sent.id);
            }
            let sent = sent.clone();
            if sent.stage == Stage::PubComp {
                self.send_pubrel(conn, sent.id);
            } else {
                let dup = rules.sets_dup_on_resend; // [5.0/MQTT-3.3.1-1]
                if !self.send_publish(conn, &sent.outgoing, Some(sent.id), dup) {
                    self.forget(client, sent.id);
                }
            }
            return true;
        }
        if !room || session.in_flight.iter().any(|sent| !sent.here) {
            return false;
        }
        if !rules.keeps_order {
            // The first message goes out; what follows is held back until more comes, and then the last goes first.
            match session.queue.len() {
                0 => session.disordered = false,
                1 if session.begun && !session.disordered => return false,
                1 => {}
                _ if !session.disordered => {
                    session.queue.make_contiguous().reverse();
                    session.disordered = true;
                }
                _ => {}
            }
            session.begun = true;
        }
        let Some(outgoing) = session.pop_queue() else { return false };
        if outgoing.message.is_expired(now) && rules.drops_expired_messages {
            return true; // [5.0/MQTT-3.3.2-5]
        }
        if outgoing.qos == Qos::AtMostOnce {
            self.send_publish(conn, &outgoing, None, false);
            return true;
        }
        let Some(id) = session.fresh_id() else { return false };
        let id = if rules.uses_fresh_ids { id } else { PacketId::MIN }; // [5.0/MQTT-2.2.1-4]
        let stage = if outgoing.qos == Qos::AtLeastOnce { Stage::PubAck } else { Stage::PubRec };
        session.in_flight.push_back(InFlight {
            id,
            outgoing: outgoing.clone(),
            stage,
            here: true,
            sent_at: now,
        });
        let dup = !rules.first_delivery_without_dup || !rules.dup_is_not_passed_on && outgoing.message.dup;
        if !self.send_publish(conn, &outgoing, Some(id), dup) {
            self.forget(client, id); // [5.0/MQTT-3.1.2-25]
        }
        true
    }

    /// Sends again what a client did not acknowledge in time.
    pub(super) fn retry(&mut self, client: &Bytes) {
        let now = self.now;
        let Some(session) = self.sessions.get(client) else { return };
        let (Some(interval), Some(conn)) = (self.retry_interval(session), session.conn) else { return };
        let mut late = Vec::new();
        if let Some(session) = self.sessions.get_mut(client) {
            for sent in session.in_flight.iter_mut().filter(|s| s.here && s.sent_at + interval <= now) {
                sent.sent_at = now;
                late.push(sent.clone());
            }
        }
        for sent in late {
            match sent.stage {
                Stage::PubComp => self.send_pubrel(conn, sent.id),
                Stage::PubAck | Stage::PubRec => {
                    self.send_publish(conn, &sent.outgoing, Some(sent.id), true);
                }
                Stage::Done => {}
            }
        }
    }

    /// Acts on PUBACK. An identifier that is not in flight means nothing.
    pub(super) fn handle_puback(&mut self, conn: ConnId, id: PacketId, error: bool) {
        self.acknowledge(conn, id, Stage::PubAck, error);
    }

    /// Acts on PUBREC: answers PUBREL, or forgets the message that was refused.
    pub(super) fn handle_pubrec(&mut self, conn: ConnId, id: PacketId, error: bool) {
        if error {
            return self.acknowledge(conn, id, Stage::PubRec, true); // [5.0/MQTT-4.4.0-2]
        }
        let (now, rules) = (self.now, self.rules);
        let Some(connection) = self.connections.get(&conn) else { return };
        let version = connection.version();
        let session = self.sessions.get_mut(&connection.client);
        let sent = session.and_then(|s| s.in_flight.iter_mut().find(|s| s.id == id));
        match sent {
            Some(sent) if sent.outgoing.message.is_expired(now) && !rules.finishes_expired_deliveries => {}
            Some(sent) if sent.stage == Stage::PubComp && !rules.answers_repeated_pubrec => {}
            Some(sent) if matches!(sent.stage, Stage::PubRec | Stage::PubComp) => {
                sent.stage = Stage::PubComp; // [5.0/MQTT-4.3.3-5]
                sent.sent_at = now;
                self.send_pubrel(conn, id); // [5.0/MQTT-4.3.3-4]
            }
            _ if !rules.unsubscribe_finishes_deliveries => {}
            // 5.0 has a code for it; in 3.x the client could not go on without an answer.
            _ if version == Version::V5 => {
                let ack = v5::Ack::with_reason(id, v5::PubRelReason::PacketIdentifierNotFound);
                self.send_v5(conn, v5::Packet::PubRel(ack));
            }
            _ => self.send_pubrel(conn, id),
        }
    }

    /// Acts on PUBCOMP.
    pub(super) fn handle_pubcomp(&mut self, conn: ConnId, id: PacketId) {
        self.acknowledge(conn, id, Stage::PubComp, false);
    }

    /// Ends a delivery, and sends what waited for it.
    fn acknowledge(&mut self, conn: ConnId, id: PacketId, stage: Stage, error: bool) {
        let rules = self.rules;
        let Some(connection) = self.connections.get(&conn) else { return };
        let client = connection.client.clone();
        let Some(session) = self.sessions.get_mut(&client) else { return };
        let Some(at) = session.in_flight.iter().position(|s| s.id == id && s.stage == stage) else { return };
        if error && !rules.error_ack_ends_delivery {
            return;
        }
        let mut refused = None;
        if rules.forgets_acknowledged {
            let sent = session.in_flight.remove(at); // [5.0/MQTT-4.3.2-3]
            refused = sent.filter(|sent| error && sent.outgoing.shared);
        } else if let Some(sent) = session.in_flight.get_mut(at) {
            sent.stage = Stage::Done;
        }
        if let Some(sent) = refused
            && !rules.share_drops_refused
        {
            self.deliver_to_share(&sent.outgoing.filter, &sent.outgoing.message);
        }
        if rules.goes_on_after_acks {
            self.pump(&client);
        }
    }

    fn forget(&mut self, client: &Bytes, id: PacketId) {
        if let Some(session) = self.sessions.get_mut(client) {
            session.in_flight.retain(|sent| sent.id != id);
        }
    }

    fn send_pubrel(&mut self, conn: ConnId, id: PacketId) {
        if !self.rules.answers_pubrec {
            return;
        }
        let Some(connection) = self.connections.get(&conn) else { return };
        let packet = match connection.version() {
            Version::V5 => AnyPacket::V5(v5::Packet::PubRel(v5::Ack::new(id))),
            _ => AnyPacket::V3(v3::Packet::PubRel(id)),
        };
        self.send(conn, &packet);
    }

    /// Sends a PUBLISH; `false` when the client cannot be sent it.
    fn send_publish(&mut self, conn: ConnId, outgoing: &Outgoing, id: Option<PacketId>, dup: bool) -> bool {
        let rules = self.rules;
        let Some(connection) = self.connections.get(&conn) else { return false };
        let version = connection.version();
        let message = &outgoing.message;
        if version != Version::V3_1 && !message.well_formed {
            return false; // [5.0/MQTT-1.5.4-1, 3.1.1/MQTT-1.5.3-1]
        }
        let delivery = match id {
            Some(id) if dup => Delivery::first(outgoing.qos, id).again(),
            Some(id) => Delivery::first(outgoing.qos, id),
            None => Delivery::AtMostOnce,
        };
        let topic = self.topic_of(outgoing);
        if version != Version::V5 {
            let payload = message.payload.clone();
            let publish = v3::Publish { delivery, retain: outgoing.retain, topic, payload };
            return self.send(conn, &AnyPacket::V3(v3::Packet::Publish(publish)));
        }
        let alias = self.alias_for(conn, &topic);
        let Some(properties) = self.properties_of(outgoing, alias.map(|(alias, _)| alias)) else {
            return false;
        };
        let payload = message.payload.clone();
        let publish = match alias {
            Some((_, true)) => v5::Publish::with_alias(properties, payload),
            _ => Ok(v5::Publish::with_properties(topic.clone(), properties, payload)),
        };
        let Ok(mut publish) = publish else { return false };
        publish.delivery = delivery;
        publish.retain = outgoing.retain;
        let sent = self.send(conn, &AnyPacket::V5(v5::Packet::Publish(publish)));
        if sent {
            if let (Some((alias, false)), Some(connection)) = (alias, self.connections.get_mut(&conn)) {
                connection.sent_aliases.insert(Bytes::copy_from_slice(topic.as_bytes()), alias);
            }
        } else if !rules.drops_too_large_messages {
            self.fail(conn, DisconnectReason::PacketTooLarge, "a message is too large for the client");
        }
        sent
    }

    fn topic_of(&self, outgoing: &Outgoing) -> TopicName {
        let topic = outgoing.message.topic.clone();
        if self.rules.keeps_topic {
            return topic; // [5.0/MQTT-3.3.2-3]
        }
        let text = format!("{topic}/");
        TopicName::try_from(text.as_str()).unwrap_or(topic)
    }

    /// The alias for a topic, and whether the client knows it already.
    fn alias_for(&self, conn: ConnId, topic: &TopicName) -> Option<(u16, bool)> {
        let rules = &self.rules;
        let connection = self.connections.get(&conn)?;
        let allowed = connection.topic_alias_maximum;
        let most = if allowed == 0 {
            u16::from(!rules.no_topic_alias_unasked) // [5.0/MQTT-3.1.2-27]
        } else if rules.respects_topic_alias_maximum {
            allowed.min(self.limits.outbound_topic_aliases) // [5.0/MQTT-3.1.2-26]
        } else {
            u16::MAX
        };
        if let Some(&alias) = connection.sent_aliases.get(topic.as_bytes()) {
            return Some((alias, true));
        }
        let next = u16::try_from(connection.sent_aliases.len()).ok()?.checked_add(1)?;
        let next = if allowed == 0 || rules.respects_topic_alias_maximum {
            next
        } else {
            next.max(allowed.checked_add(1)?)
        };
        (next <= most).then_some((next, false))
    }

    /// The properties of a PUBLISH: the publisher's, in their order, and what the broker adds.
    fn properties_of(&self, outgoing: &Outgoing, alias: Option<u16>) -> Option<PublishProperties> {
        let (now, rules) = (self.now, &self.rules);
        let message = &outgoing.message;
        let mut users = Vec::new();
        let mut properties = PublishProperties::builder();
        let changed;
        let theirs = if rules.keeps_byte_order_mark {
            &message.properties
        } else {
            changed = without_marks(&message.properties)?;
            &changed
        };
        for property in theirs {
            let passes = match property {
                Property::PayloadFormatIndicator(_) => rules.passes_payload_format,
                Property::ContentType(_) => rules.passes_content_type,
                Property::ResponseTopic(_) => rules.passes_response_topic,
                Property::CorrelationData(_) => rules.passes_correlation_data,
                Property::UserProperty(_) => rules.passes_user_properties,
                Property::MessageExpiryInterval(_) if !rules.passes_message_expiry => false,
                Property::MessageExpiryInterval(seconds) => {
                    let left = if rules.counts_expiry_down { message.remaining(now) } else { Some(seconds) };
                    properties = properties.message_expiry_interval(left?); // [5.0/MQTT-3.3.2-6]
                    false
                }
                // An alias is the publisher's own, and a client sends no Subscription Identifier.
                _ => false,
            };
            match property {
                Property::UserProperty(_) if passes && !rules.keeps_user_property_order => {
                    users.push(property);
                }
                _ if passes => properties = properties.push(property), // [5.0/MQTT-3.3.2-17]
                _ => {}
            }
        }
        for property in users.into_iter().rev() {
            properties = properties.push(property);
        }
        for id in &outgoing.ids {
            properties = properties.push(Property::SubscriptionIdentifier(*id)); // [5.0/MQTT-3.3.4-3]
        }
        if let Some(alias) = alias {
            properties = properties.topic_alias(alias);
        }
        properties.finish().ok()
    }
}

/// Properties without U+FEFF in their text, as only a broken server passes them on.
fn without_marks(properties: &PublishProperties) -> Option<PublishProperties> {
    let plain = |text: &[u8]| String::from_utf8_lossy(text).replace('\u{feff}', "");
    let mut changed = PublishProperties::builder();
    for property in properties {
        changed = match property {
            Property::ContentType(text) => changed.content_type(&plain(text.as_bytes())),
            Property::ResponseTopic(topic) => changed.response_topic(&plain(topic.as_bytes())),
            Property::UserProperty(pair) => {
                changed.user_property(&plain(pair.name.as_bytes()), &plain(pair.value.as_bytes()))
            }
            other => changed.push(other),
        };
    }
    changed.finish().ok()
}
