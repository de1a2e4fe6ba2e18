//! Messages to clients: the queue, what is in flight, and the PUBLISH packets that come of it.

use super::client::{Client, Effect};
use super::fault::overlook::without_marks;
use super::message::Message;
use super::outgoing::{InFlight, Outgoing, Stage};
use super::session::Subscription;
use super::topics::matches;
use bytes::Bytes;
use mqtt_codec::v5::{self, DisconnectReason, PayloadFormat, Property, PublishProperties};
use mqtt_codec::{Delivery, PacketId, Qos, TopicName, Version, v3};
use std::sync::Arc;

impl Client<'_> {
    /// Gives a message to the client: sends it, or keeps it until it can be sent.
    pub(super) fn deliver(&mut self, outgoing: Outgoing) {
        let liberties = &self.limits.liberties;
        let held = liberties.holds_qos_0_back_with_the_window
            && (!self.has_room() || !self.session.queue.is_empty());
        if outgoing.qos == Qos::AtMostOnce && !held {
            self.send_publish(&outgoing, None, false);
            let twice = outgoing.message.qos == Qos::AtLeastOnce && self.version() != Version::V3_1;
            if twice && liberties.sends_qos_1_twice_to_qos_0 {
                self.send_publish(&outgoing, None, false); // [3.1.1/MQTT-3.8.4-6, 5.0/3.8.4]
            }
        } else if self.session.keep(outgoing, self.rules, self.limits) {
            self.pump();
        }
    }

    /// Sends what the session has to send, as far as the client's Receive Maximum allows.
    ///
    /// After a resumption, what is in flight goes first, in its order; a PUBREL needs no room.
    pub(super) fn pump(&mut self) {
        while self.resend_one() || self.send_one() {}
    }

    /// Whether the client may be sent one more message before it acknowledges one.
    fn has_room(&self) -> bool {
        let window = usize::from(self.line.connection.receive_maximum).min(self.limits.in_flight);
        self.session.unacknowledged() < window // [5.0/MQTT-3.3.4-9, 5.0/MQTT-4.9.0-1, 5.0/MQTT-4.9.0-2]
    }

    /// Sends again the first packet in flight that the connection has not seen; `false` when there is none.
    fn resend_one(&mut self) -> bool {
        let (room, rules) = (self.has_room(), self.rules);
        // [5.0/MQTT-4.4.0-1, 5.0/MQTT-4.6.0-5, 3.1.1/MQTT-4.4.0-1, 3.1.1/MQTT-4.6.0-6, 3.1/V31-4.2-1, 3.1/V31-4.3-1]
        let resumable = |sent: &&mut InFlight| !sent.here && (room || sent.stage == Stage::PubComp);
        // No standard orders PUBLISH and PUBREL against each other.
        let last = self.limits.liberties.resends_pubrel_last;
        let publish = |sent: &&mut InFlight| last && sent.stage != Stage::PubComp && resumable(sent);
        let first = self.session.in_flight.iter_mut().position(|mut sent| publish(&mut sent));
        let first =
            first.or_else(|| self.session.in_flight.iter_mut().position(|mut sent| resumable(&mut sent)));
        let Some(sent) = first.and_then(|at| self.session.in_flight.get_mut(at)) else { return false };
        sent.here = true;
        sent.sent_at = self.now;
        if !rules.resends_with_same_id && sent.stage != Stage::PubComp {
            sent.id = PacketId::new(sent.id.get() ^ 0x4000).unwrap_or(sent.id);
        }
        let mut sent = sent.clone();
        if self.limits.liberties.uses_new_identifiers_when_it_resends {
            sent.outgoing.ids = self.identifiers_of(&sent.outgoing); // [5.0/3.8.4]
        }
        if sent.stage == Stage::PubComp {
            self.send_pubrel(sent.id, true);
        } else if !self.send_publish(&sent.outgoing, Some(sent.id), rules.sets_dup_on_resend) {
            self.session.forget(sent.id); // [5.0/MQTT-3.3.1-1, 3.1.1/MQTT-3.3.1-1]
        }
        true
    }

    /// Sends the first message that waits; `false` when there is none, or no room.
    fn send_one(&mut self) -> bool {
        let (now, rules) = (self.now, self.rules);
        if !self.has_room() || self.session.in_flight.iter().any(|sent| !sent.here) {
            return false;
        }
        // [5.0/MQTT-4.6.0-6, 3.1.1/MQTT-4.6.0-5]
        if !rules.keeps_order && !self.session.fault.disorder(&mut self.session.queue) {
            return false;
        }
        let Some(outgoing) = self.session.pop_queue(&self.limits.liberties) else { return false };
        if outgoing.message.is_expired(now) && rules.drops_expired_messages {
            return true; // [5.0/MQTT-3.3.2-5]
        }
        if outgoing.qos == Qos::AtMostOnce {
            self.send_publish(&outgoing, None, false);
            return true;
        }
        let Some(id) = self.session.fresh_id(&self.limits.liberties) else { return false };
        // [5.0/MQTT-4.3.2-1, 5.0/MQTT-4.3.3-1, 3.1.1/MQTT-2.3.1-4]
        let id = if rules.uses_fresh_ids { id } else { PacketId::MIN };
        let stage = Stage::first(outgoing.qos);
        let sent = InFlight { id, outgoing: outgoing.clone(), stage, here: true, sent_at: now };
        self.session.in_flight.push_back(sent);
        // [5.0/MQTT-4.3.2-2, 5.0/MQTT-4.3.3-2, 3.1.1/MQTT-4.3.2-1, 3.1.1/MQTT-4.3.3-1]
        let dup = !rules.first_delivery_without_dup || !rules.dup_is_not_passed_on && outgoing.message.dup; // [5.0/MQTT-3.3.1-3, 3.1.1/MQTT-3.3.1-3]
        if !self.send_publish(&outgoing, Some(id), dup) {
            self.session.forget(id); // [5.0/MQTT-3.1.2-25]
        }
        true
    }

    /// Sends again what the client did not acknowledge within `interval`.
    pub(super) fn retry(&mut self, interval: u64) {
        let mut late = Vec::new();
        for sent in self.session.in_flight.iter_mut().filter(|s| s.here && s.sent_at + interval <= self.now) {
            sent.sent_at = self.now;
            late.push(sent.clone());
        }
        for sent in late {
            match sent.stage {
                Stage::PubComp => self.send_pubrel(sent.id, true),
                Stage::PubAck | Stage::PubRec => {
                    self.send_publish(&sent.outgoing, Some(sent.id), true); // [3.1/V31-4.2-2]
                }
            }
        }
    }

    /// Sends what a new connection gets unasked: a message of the server's own, and in 3.x what it sent before.
    pub(super) fn greet(&mut self) {
        let liberties = &self.limits.liberties;
        let version = self.version();
        if liberties.repeats_pubrec_on_resumption && version != Version::V5 {
            for &id in self.session.received.keys() {
                self.line.send_v3(v3::Packet::PubRec(id));
            }
        }
        // From a subscription that the server makes for each client. [3.1.1/4.5, 5.0/4.5]
        if liberties.greets_each_client
            && version != Version::V3_1
            && let Ok(topic) = TopicName::try_from("$SYS/greeting")
        {
            let payload = Bytes::from_static(b"welcome");
            let message = Arc::new(Message::new(topic, payload, self.now, Bytes::new()));
            let outgoing = Outgoing {
                message,
                qos: Qos::AtMostOnce,
                retain: false,
                ids: Vec::new(),
                filter: Bytes::new(),
                shared: false,
            };
            self.send_publish(&outgoing, None, false);
        }
    }

    /// Acts on PUBACK. An identifier that is not in flight means nothing.
    pub(super) fn handle_puback(&mut self, id: PacketId, error: bool) -> Effect {
        self.acknowledge(id, Stage::PubAck, error)
    }

    /// Acts on PUBREC: answers PUBREL, or forgets the message that was refused.
    pub(super) fn handle_pubrec(&mut self, id: PacketId, error: bool) -> Effect {
        if error {
            return self.acknowledge(id, Stage::PubRec, true); // [5.0/MQTT-4.4.0-2]
        }
        let (now, rules, version) = (self.now, self.rules, self.version());
        let liberties = &self.limits.liberties;
        match self.session.in_flight.iter_mut().find(|sent| sent.id == id) {
            // [5.0/MQTT-4.3.3-7]
            Some(sent) if sent.outgoing.message.is_expired(now) && !rules.finishes_expired_deliveries => {}
            Some(sent) if sent.stage == Stage::PubComp && !rules.answers_repeated_pubrec => {}
            // [5.0/MQTT-4.4.0-1] against [5.0/MQTT-4.3.3-4]
            Some(sent)
                if sent.stage == Stage::PubComp
                    && version == Version::V5
                    && liberties.ignores_repeated_pubrec => {}
            Some(sent) if matches!(sent.stage, Stage::PubRec | Stage::PubComp) => {
                // [5.0/MQTT-4.3.3-3, 5.0/MQTT-4.3.3-4, 5.0/MQTT-4.3.3-5, 3.1.1/MQTT-4.3.3-1]
                sent.stage = Stage::PubComp;
                sent.sent_at = now;
                self.send_pubrel(id, false);
            }
            _ if version != Version::V3_1 && liberties.closes_on_unknown_acks => {
                return self.fail_for_acknowledgement();
            }
            _ if liberties.ignores_unknown_pubrec => {}
            _ if !rules.unsubscribe_finishes_deliveries => {} // [5.0/MQTT-3.10.4-3, 3.1.1/MQTT-3.10.4-3]
            // 5.0 has a code for it; in 3.x the client could not go on without an answer.
            _ if version == Version::V5 => {
                let ack = v5::Ack::with_reason(id, v5::PubRelReason::PacketIdentifierNotFound);
                self.line.send_v5(v5::Packet::PubRel(ack)); // [5.0/MQTT-3.6.2-1]
            }
            _ => self.send_pubrel(id, false),
        }
        Effect::None
    }

    /// Acts on PUBCOMP.
    pub(super) fn handle_pubcomp(&mut self, id: PacketId) -> Effect {
        self.acknowledge(id, Stage::PubComp, false)
    }

    /// Ends a delivery, and sends what waited for it.
    fn acknowledge(&mut self, id: PacketId, stage: Stage, error: bool) -> Effect {
        let rules = self.rules;
        let Some(at) = self.session.in_flight.iter().position(|s| s.id == id && s.stage == stage) else {
            if self.version() != Version::V3_1 && self.limits.liberties.closes_on_unknown_acks {
                return self.fail_for_acknowledgement();
            }
            return Effect::None;
        };
        if error && !rules.error_ack_ends_delivery {
            return Effect::None; // [5.0/MQTT-4.4.0-2]
        }
        let sent = self.session.in_flight.remove(at); // [5.0/MQTT-4.3.2-3, 3.1.1/MQTT-4.3.2-1]
        let Some(sent) = sent else { return Effect::None };
        if !rules.forgets_acknowledged {
            self.session.fault.acknowledged.push(sent);
        } else if error && sent.outgoing.shared && !rules.share_drops_refused {
            return Effect::Reassign(sent.outgoing); // [5.0/MQTT-4.8.2-6]
        }
        if rules.goes_on_after_acks {
            self.pump();
        }
        Effect::None
    }

    /// An acknowledgement belongs to no message: what the client says does not fit the session.
    fn fail_for_acknowledgement(&mut self) -> Effect {
        self.fail(DisconnectReason::ProtocolError, "an acknowledgement of nothing")
    }

    /// The identifiers of the subscriptions, as they are now, that a message in flight came by.
    fn identifiers_of(&self, outgoing: &Outgoing) -> Vec<v5::SubscriptionId> {
        let topic = outgoing.message.topic.as_bytes();
        let by = |s: &&Subscription| {
            if outgoing.shared {
                s.filter == outgoing.filter
            } else {
                !s.shared && matches(self.rules, &s.pattern, topic)
            }
        };
        self.session.subscriptions.iter().filter(by).filter_map(|s| s.id).collect()
    }

    fn send_pubrel(&mut self, id: PacketId, again: bool) {
        if !self.rules.answers_pubrec {
            return;
        }
        match self.version() {
            Version::V5 => {
                let properties = self.line.problem(None);
                let reason = v5::PubRelReason::Success;
                self.line.answer(properties, |properties| {
                    v5::Packet::PubRel(v5::Ack { packet_id: id, reason, properties })
                });
            }
            // [3.1/V31-2.1-1]
            Version::V3_1 if again && self.limits.liberties.marks_resent_pubrel_in_3_1 => {
                let [high, low] = id.get().to_be_bytes();
                self.line.send_bytes(Bytes::copy_from_slice(&[0x6a, 2, high, low]));
            }
            _ => {
                self.line.send_v3(v3::Packet::PubRel(id));
            }
        }
    }

    /// Sends a PUBLISH; `false` when the client cannot be sent it.
    fn send_publish(&mut self, outgoing: &Outgoing, id: Option<PacketId>, dup: bool) -> bool {
        let (rules, version) = (self.rules, self.version());
        let message = &outgoing.message;
        if version != Version::V3_1 && !message.well_formed {
            return false; // [5.0/MQTT-1.5.4-1, 3.1.1/MQTT-1.5.3-1]
        }
        let delivery = match id {
            Some(id) if dup => Delivery::first(outgoing.qos, id).again(),
            Some(id) => Delivery::first(outgoing.qos, id),
            // [5.0/MQTT-2.2.1-2, 5.0/MQTT-4.3.1-1, 5.0/MQTT-3.3.1-2]
            // [3.1.1/MQTT-2.3.1-5, 3.1.1/MQTT-4.3.1-1, 3.1.1/MQTT-3.3.1-2]
            None => Delivery::AtMostOnce,
        };
        let topic = self.topic_of(outgoing);
        let payload = message.payload.clone();
        if version != Version::V5 {
            let publish = v3::Publish { delivery, retain: outgoing.retain, topic, payload };
            return self.line.send_v3(v3::Packet::Publish(publish));
        }
        let alias = self.alias_for(&topic);
        let liberties = &self.limits.liberties;
        let Some(properties) = self.properties_of(outgoing, alias.map(|(alias, _)| alias)) else {
            return false;
        };
        let publish = match alias {
            Some((_, true)) if !liberties.always_sends_topic_names => {
                v5::Publish::with_alias(properties, payload)
            }
            _ => Ok(v5::Publish::with_properties(topic.clone(), properties, payload)),
        };
        let Ok(mut publish) = publish else { return false };
        publish.delivery = delivery;
        publish.retain = outgoing.retain;
        let sent = self.line.send_v5(v5::Packet::Publish(publish));
        if let (true, Some((alias, false))) = (sent, alias) {
            if liberties.moves_its_topic_alias {
                self.line.connection.sent_aliases.clear();
            }
            self.line.connection.sent_aliases.insert(Bytes::copy_from_slice(topic.as_bytes()), alias);
        }
        if !sent && !rules.drops_too_large_messages {
            // [5.0/MQTT-3.1.2-25]
            let _ = self.fail(DisconnectReason::PacketTooLarge, "a message is too large for the client");
            self.line.connection.overfed = true;
        }
        sent
    }

    fn topic_of(&self, outgoing: &Outgoing) -> TopicName {
        let topic = outgoing.message.topic.clone();
        // [3.1.1/MQTT-3.3.2-3, 3.1/V31-3.3-2]
        if self.rules.keeps_topic {
            return topic; // [5.0/MQTT-3.3.2-3]
        }
        let text = format!("{topic}/");
        TopicName::try_from(text.as_str()).unwrap_or(topic)
    }

    /// The alias for a topic, and whether the client knows it already.
    fn alias_for(&self, topic: &TopicName) -> Option<(u16, bool)> {
        let (rules, connection) = (self.rules, &*self.line.connection);
        let allowed = connection.topic_alias_maximum;
        let liberties = &self.limits.liberties;
        if allowed != 0 && liberties.sends_no_topic_aliases {
            return None; // [5.0/3.3.2.3.4]
        }
        let most = if allowed == 0 {
            u16::from(!rules.no_topic_alias_unasked) // [5.0/MQTT-3.1.2-27]
        // [5.0/MQTT-3.3.2-11]
        } else if rules.respects_topic_alias_maximum {
            allowed.min(self.limits.outbound_topic_aliases) // [5.0/MQTT-3.1.2-26]
        } else {
            u16::MAX
        };
        if let Some(&alias) = connection.sent_aliases.get(topic.as_bytes()) {
            return Some((alias, true));
        }
        if allowed != 0 && liberties.moves_its_topic_alias {
            return Some((1, false));
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
        let (now, rules, liberties) = (self.now, self.rules, &self.limits.liberties);
        let message = &outgoing.message;
        let mut users = Vec::new();
        let mut first = PublishProperties::builder();
        let mut properties = PublishProperties::builder();
        if liberties.adds_payload_format_0 && message.properties.payload_format_indicator().is_none() {
            properties = properties.push(Property::PayloadFormatIndicator(PayloadFormat::Unspecified));
        }
        let changed;
        // [5.0/MQTT-1.5.4-3, 3.1.1/MQTT-1.5.3-3]
        let theirs = if rules.keeps_byte_order_mark {
            &message.properties
        } else {
            changed = without_marks(&message.properties)?;
            &changed
        };
        for property in theirs {
            let passes = match property {
                Property::PayloadFormatIndicator(PayloadFormat::Unspecified)
                    if liberties.leaves_out_payload_format_0 =>
                {
                    false
                }
                // [5.0/MQTT-3.3.2-4]
                Property::PayloadFormatIndicator(_) => rules.passes_payload_format,
                // [5.0/MQTT-3.3.2-20]
                Property::ContentType(_) => rules.passes_content_type,
                // [5.0/MQTT-3.3.2-15]
                Property::ResponseTopic(_) => rules.passes_response_topic,
                // [5.0/MQTT-3.3.2-16]
                Property::CorrelationData(_) => rules.passes_correlation_data,
                // [5.0/MQTT-3.1.3-10]
                Property::UserProperty(_) => rules.passes_user_properties,
                Property::MessageExpiryInterval(_) if !rules.passes_message_expiry => false,
                Property::MessageExpiryInterval(seconds) => {
                    let left = message.remaining(now, liberties.rounds_expiry_down);
                    let left = if rules.counts_expiry_down { left } else { Some(seconds) };
                    properties = properties.message_expiry_interval(left?); // [5.0/MQTT-3.3.2-6]
                    false
                }
                // An alias is the publisher's own, and a client sends no Subscription Identifier.
                _ => false,
            };
            match property {
                // [5.0/MQTT-3.3.2-18, 5.0/MQTT-3.1.3-10]
                Property::UserProperty(_) if passes && !rules.keeps_user_property_order => {
                    users.push(property);
                }
                Property::UserProperty(_) if passes && liberties.puts_user_properties_first => {
                    first = first.push(property);
                }
                _ if passes => properties = properties.push(property), // [5.0/MQTT-3.3.2-17]
                _ => {}
            }
        }
        for property in users.into_iter().rev() {
            properties = properties.push(property);
        }
        if liberties.adds_user_property_to_messages {
            properties = properties.user_property("passed-on-by", "reference");
        }
        // Not to a Will. [5.0/3.1.3.2.4]
        if message.expiry.is_none() && !message.will && liberties.adds_message_expiry {
            properties = properties.message_expiry_interval(3_600);
        }
        let mut ids = outgoing.ids.clone();
        if liberties.reverses_subscription_identifiers {
            ids.reverse(); // [5.0/MQTT-3.3.4-4]
        }
        for id in ids {
            properties = properties.push(Property::SubscriptionIdentifier(id)); // [5.0/MQTT-3.3.4-3]
        }
        if let Some(alias) = alias {
            properties = properties.topic_alias(alias);
        }
        let mut all = first;
        for property in &properties.finish().ok()? {
            all = all.push(property);
        }
        all.finish().ok()
    }
}
