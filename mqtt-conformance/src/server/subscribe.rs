//! SUBSCRIBE and UNSUBSCRIBE.

use super::client::{Client, Effect};
use super::liberty::is_beyond;
use super::outgoing::Outgoing;
use super::route::outgoing;
use super::rule_table::Rules;
use super::session::{Session, Subscription};
use super::topics::matches;
use bytes::Bytes;
use mqtt_codec::v5::{
    DisconnectReason, ReasonCode, RetainHandling, SubAckReason, SubscriptionOptions, UnsubAckReason,
};
use mqtt_codec::{PacketId, Qos, Version, v3, v5};
use std::collections::BTreeSet;

/// A Topic Filter with what a client wants of it, from a SUBSCRIBE of any version.
struct Wanted {
    filter: Bytes,
    /// The parts of a shared subscription: the filter that is matched.
    shared: Option<Bytes>,
    options: SubscriptionOptions,
}

impl Client<'_> {
    pub(super) fn handle_subscribe_v3(&mut self, subscribe: &v3::Subscribe<&[u8]>) -> Effect {
        // `$` is the server's. [3.1.1/4.7.2]
        let shares =
            self.version() == Version::V3_1_1 && self.limits.liberties.serves_shared_subscriptions_in_3_1_1;
        let wanted = subscribe.filters.iter().map(|subscription| Wanted {
            filter: Bytes::copy_from_slice(subscription.filter.as_bytes()),
            shared: shared_filter(subscription.filter.as_bytes()).filter(|_| shares),
            options: SubscriptionOptions::new(subscription.qos),
        });
        self.subscribe(subscribe.packet_id, wanted.collect(), None)
    }

    pub(super) fn handle_subscribe_v5(&mut self, subscribe: &v5::Subscribe<&[u8]>) -> Effect {
        let wanted = subscribe.filters.iter().map(|subscription| Wanted {
            filter: Bytes::copy_from_slice(subscription.filter.as_bytes()),
            shared: subscription.filter.shared().map(|s| Bytes::copy_from_slice(s.filter.as_bytes())),
            options: subscription.options,
        });
        let id = subscribe.properties.subscription_identifier();
        self.subscribe(subscribe.packet_id, wanted.collect(), id)
    }

    /// Subscribes to one filter after the other, answers once, and sends the retained messages.
    fn subscribe(
        &mut self,
        packet_id: PacketId,
        wanted: Vec<Wanted>,
        id: Option<v5::SubscriptionId>,
    ) -> Effect {
        let (rules, five) = (self.rules, self.version() == Version::V5);
        let liberties = &self.limits.liberties;
        let lack = self.lacks_for(&wanted, id).filter(|_| five);
        let by_suback = lack.filter(|_| liberties.refuses_by_suback_what_is_unavailable);
        if by_suback.is_none()
            && let Some((reason, about)) = lack
        {
            return self.fail(reason, about);
        }
        let in_use = self.is_in_use(packet_id);
        if in_use && liberties.closes_on_packet_ids_in_use {
            return self.fail_for_id();
        }
        let many = five || self.version() == Version::V3_1_1;
        let mut reasons = Vec::new();
        let mut retained = Vec::new();
        for (at, wanted) in wanted.into_iter().enumerate() {
            let reason = if in_use {
                SubAckReason::PacketIdentifierInUse
            } else if let Some((reason, _)) = by_suback {
                SubAckReason::from_u8(reason.get()).unwrap_or(SubAckReason::UnspecifiedError)
            } else if at >= 8 && many && liberties.limits_filters_of_a_subscribe {
                SubAckReason::QuotaExceeded
            } else if at > 0 && !rules.subscribes_each_filter {
                SubAckReason::granted(wanted.options.qos)
            } else {
                self.subscribe_one(wanted, id, &mut retained) // [5.0/MQTT-3.8.4-5, 3.1.1/MQTT-3.8.4-4]
            };
            reasons.push(reason);
        }
        self.arrange(&mut retained);
        // A message may come before SUBACK. [5.0/3.8.4, 3.1.1/3.8.4, 3.1/3.8]
        let (before, behind) = if liberties.sends_retained_before_suback {
            (retained, Vec::new())
        } else {
            (Vec::new(), retained)
        };
        for outgoing in before {
            self.deliver(outgoing);
        }
        if rules.answers_subscribe {
            self.send_suback(packet_id, reasons); // [5.0/MQTT-3.8.4-1, 3.1.1/MQTT-3.8.4-1, 3.1/V31-3.8-1]
        }
        for outgoing in behind {
            self.deliver(outgoing);
        }
        Effect::None
    }

    /// Puts the retained messages of a SUBSCRIBE into the order in which they are sent: those of different topics have none.
    fn arrange(&self, retained: &mut Vec<Outgoing>) {
        let liberties = &self.limits.liberties;
        if liberties.sends_retained_in_reverse_order {
            retained.reverse();
        }
        if liberties.sends_a_retained_message_once_per_subscribe {
            retained.sort_by_key(|outgoing| std::cmp::Reverse(outgoing.qos));
            let mut topics = BTreeSet::new();
            retained
                .retain(|outgoing| topics.insert(Bytes::copy_from_slice(outgoing.message.topic.as_bytes())));
        }
    }

    /// Why a filter is refused that no standard lets a server refuse, or makes it: as it likes.
    fn refusal_of(&self, filter: &[u8], shared: Option<&[u8]>) -> Option<SubAckReason> {
        let (liberties, version) = (&self.limits.liberties, self.version());
        let five = version == Version::V5;
        let pattern = shared.unwrap_or(filter);
        let leading = matches!(pattern.first(), Some(b'+' | b'#'));
        let wild = filter.iter().any(|b| matches!(b, b'+' | b'#'));
        let dollar = filter.first() == Some(&b'$') && shared.is_none() && !filter.starts_with(b"$SYS/");
        if version == Version::V3_1 {
            None // it has no word for it
        } else if liberties.refuses_leading_wildcards && leading || is_beyond(liberties, version, filter) {
            Some(SubAckReason::TopicFilterInvalid)
        } else if liberties.denies_dollar_topics && dollar {
            Some(SubAckReason::NotAuthorized)
        } else if five && liberties.rejects_shared_by_suback && shared.is_some() {
            Some(SubAckReason::SharedSubscriptionsNotSupported)
        } else if five && liberties.rejects_plus_by_suback && filter.contains(&b'+')
            || !five && liberties.supports_no_wildcards_in_3_1_1 && wild
        {
            Some(SubAckReason::WildcardSubscriptionsNotSupported) // [5.0/3.2.2.3.11, 3.1.1/MQTT-3.8.3-2]
        } else {
            None
        }
    }

    /// The QoS that a subscription is granted. [5.0/MQTT-3.8.4-7, 3.1.1/MQTT-3.8.4-5]
    fn granted(&self, asked: Qos, filter: &Bytes, shared: bool) -> Qos {
        let liberties = &self.limits.liberties;
        let wild = filter.iter().any(|b| matches!(b, b'+' | b'#'));
        let again = self.session.subscriptions.iter().any(|s| s.filter == *filter);
        let none = liberties.grants_qos_0_at_most
            || liberties.grants_qos_0_to_wildcards && wild
            || liberties.grants_qos_0_to_shares && shared
            || liberties.lowers_qos_of_replaced_subscription && again;
        let most = match none {
            true => Qos::AtMostOnce,
            false if liberties.grants_qos_1_at_most => Qos::AtLeastOnce,
            false => Qos::ExactlyOnce,
        };
        asked.min(self.limits.maximum_qos).min(most)
    }

    /// What a SUBSCRIBE of 5.0 asks for and the broker has announced not to have.
    fn lacks_for(
        &self,
        wanted: &[Wanted],
        id: Option<v5::SubscriptionId>,
    ) -> Option<(DisconnectReason, &'static str)> {
        let (rules, limits) = (self.rules, self.limits);
        let wild = |w: &Wanted| w.filter.iter().any(|b| matches!(b, b'+' | b'#'));
        // [5.0/MQTT-4.13.1-1]
        if !limits.wildcards_available && rules.refuses_unavailable_wildcards && wanted.iter().any(wild) {
            Some((DisconnectReason::WildcardSubscriptionsNotSupported, "wildcards are not supported"))
        } else if !limits.shared_available
            // [5.0/MQTT-4.13.1-1]
            && rules.refuses_unavailable_shares
            && wanted.iter().any(|w| w.shared.is_some())
        {
            Some((DisconnectReason::SharedSubscriptionsNotSupported, "there are no shared subscriptions"))
        } else if !limits.subscription_ids_available
            // [5.0/MQTT-4.13.1-1]
            && rules.refuses_unavailable_subscription_ids
            && id.is_some()
        {
            let reason = DisconnectReason::SubscriptionIdentifiersNotSupported;
            Some((reason, "subscriptions have no identifiers"))
        } else {
            None
        }
    }

    fn subscribe_one(
        &mut self,
        wanted: Wanted,
        id: Option<v5::SubscriptionId>,
        retained: &mut Vec<Outgoing>,
    ) -> SubAckReason {
        let (rules, version) = (self.rules, self.version());
        let Wanted { filter, shared, options } = wanted;
        if let Some(reason) = self.refusal_of(&filter, shared.as_deref()) {
            return reason;
        }
        let wild = filter.iter().any(|b| matches!(b, b'+' | b'#'));
        if wild && !self.limits.wildcards_available && rules.refuses_unavailable_wildcards {
            return SubAckReason::WildcardSubscriptionsNotSupported; // [3.1.1/MQTT-3.8.3-2]
        }
        let denied = self.limits.denied_subscribe.as_ref().is_some_and(|denied| denied.as_bytes() == filter);
        // [5.0/MQTT-3.8.4-6, 5.0/MQTT-3.8.4-7, 3.1.1/MQTT-3.8.4-5]
        if denied && rules.refuses_denied_subscribe {
            // 3.1 has no word for it. [3.1/V31-3.8-4]
            let old = version == Version::V3_1;
            return if old { SubAckReason::granted(options.qos) } else { SubAckReason::NotAuthorized };
        }
        if options.qos > self.limits.maximum_qos && !rules.accepts_subscribe_above_maximum_qos {
            return SubAckReason::UnspecifiedError; // [5.0/MQTT-3.2.2-10]
        }
        let new = Subscription {
            // A broker without wildcards that grants them all the same sends nothing for them.
            pattern: if wild && !self.limits.wildcards_available {
                Bytes::new()
            } else {
                shared.clone().unwrap_or_else(|| filter.clone())
            },
            shared: shared.is_some(),
            qos: self.granted(options.qos, &filter, shared.is_some()),
            filter,
            no_local: options.no_local,
            retain_as_published: options.retain_as_published,
            retain_handling: options.retain_handling,
            id,
        };
        let granted = new.qos;
        let full = self.session.subscriptions.len() >= self.limits.subscriptions;
        let existing = self.session.subscriptions.iter_mut().find(|s| s.filter == new.filter);
        let is_new = existing.is_none();
        match existing {
            Some(existing) if rules.replaces_subscription => {
                *existing = new.clone(); // [5.0/MQTT-3.8.4-3, 3.1.1/MQTT-3.8.4-3]
                if !rules.replacing_loses_nothing {
                    self.session.fault.interrupted.insert(new.filter.clone());
                }
            }
            Some(_) => {}
            None if full => return SubAckReason::QuotaExceeded,
            None => self.session.subscriptions.push(new.clone()),
        }
        // 3.1 does not speak of a subscription that is made again.
        let spared = version == Version::V3_1
            && !is_new
            && self.limits.liberties.sends_no_retained_on_resubscribe_in_3_1;
        if !new.shared && !spared && wants_retained(rules, version, &new, is_new) {
            self.add_retained(&new, retained);
        }
        SubAckReason::granted(granted)
    }

    /// Adds the retained messages that a subscription brings when it is made.
    fn add_retained(&mut self, new: &Subscription, retained: &mut Vec<Outgoing>) {
        let rules = self.rules;
        for message in self.retained.matching(self.now, rules, &new.pattern) {
            let own = message.publisher == self.line.connection.client;
            let kept_back = new.no_local && !self.limits.liberties.sends_own_retained_despite_no_local;
            if own && kept_back && rules.honours_no_local {
                continue; // [5.0/MQTT-3.8.3-3]
            }
            let mut outgoing = outgoing(rules, &message, new);
            outgoing.retain = rules.marks_retained; // [3.1.1/MQTT-3.3.1-8, 3.1/V31-2.1-5]
            if !rules.keeps_retained_qos {
                outgoing.qos = Qos::AtMostOnce; // [3.1.1/MQTT-3.3.1-5]
            }
            retained.push(outgoing);
        }
    }

    fn send_suback(&mut self, id: PacketId, mut reasons: Vec<SubAckReason>) {
        let (rules, version) = (self.rules, self.version());
        // [3.1.1/MQTT-3.8.4-2]
        let packet_id = if rules.repeats_subscribe_id { id } else { id.next() }; // [5.0/MQTT-3.8.4-2]
        // [5.0/MQTT-3.8.4-7, 3.1.1/MQTT-3.8.4-5]
        if !rules.suback_grants_truly {
            for reason in &mut reasons {
                *reason = match reason {
                    SubAckReason::GrantedQos0 => SubAckReason::GrantedQos1,
                    _ => SubAckReason::GrantedQos0,
                };
            }
        }
        // [5.0/MQTT-3.8.4-6, 3.1.1/MQTT-3.8.4-5]
        // [5.0/MQTT-3.9.3-1, 3.1.1/MQTT-3.9.3-1]
        shuffle(&mut reasons, rules.suback_answers_each_filter, rules.suback_keeps_order);
        if version == Version::V5 {
            if self.limits.liberties.reveals_no_reasons {
                reasons.iter_mut().filter(|r| r.is_error()).for_each(|r| *r = SubAckReason::UnspecifiedError);
            }
            let Ok(reasons) = mqtt_codec::List::build(reasons) else { return };
            let about = self.line.problem(None);
            // [5.0/MQTT-3.9.2-1, 5.0/MQTT-3.9.2-2]
            self.line.answer(about, |properties| {
                v5::Packet::SubAck(v5::FiltersAck { packet_id, properties, reasons: reasons.clone() })
            });
            return;
        }
        let codes = reasons.iter().map(|reason| match reason {
            SubAckReason::GrantedQos0 => v3::SubscribeReturnCode::Granted(Qos::AtMostOnce),
            SubAckReason::GrantedQos1 => v3::SubscribeReturnCode::Granted(Qos::AtLeastOnce),
            SubAckReason::GrantedQos2 => v3::SubscribeReturnCode::Granted(Qos::ExactlyOnce),
            // 3.1 has no code for failures. [3.1/V31-3.9-1]
            _ if version == Version::V3_1 => v3::SubscribeReturnCode::Granted(Qos::AtMostOnce),
            _ => v3::SubscribeReturnCode::Failure,
        });
        if let Ok(return_codes) = v3::ReturnCodes::build(codes) {
            self.line.send_v3(v3::Packet::SubAck(v3::SubAck { packet_id, return_codes }));
        }
    }

    /// Gives up subscriptions, one after the other, and answers once.
    pub(super) fn handle_unsubscribe(&mut self, id: PacketId, filters: Vec<Bytes>) -> Effect {
        let rules = self.rules;
        let in_use = self.is_in_use(id);
        if in_use && self.limits.liberties.closes_on_packet_ids_in_use {
            return self.fail_for_id();
        }
        let mut reasons = Vec::new();
        let mut vain = true;
        for (at, filter) in filters.into_iter().enumerate() {
            if in_use {
                reasons.push(UnsubAckReason::PacketIdentifierInUse);
                continue;
            }
            let existed = self.session.subscriptions.iter().any(|s| s.filter == filter);
            let before = self.session.subscriptions.len();
            // [5.0/MQTT-3.10.4-2, 5.0/MQTT-3.10.4-6, 3.1.1/MQTT-3.10.4-2, 3.1.1/MQTT-3.10.4-6]
            if rules.forgets_unsubscribed && (at == 0 || rules.unsubscribes_each_filter) {
                self.unsubscribe_one(&filter);
            }
            vain &= !existed;
            let gone = existed || self.session.subscriptions.len() != before;
            reasons.push(if gone { UnsubAckReason::Success } else { UnsubAckReason::NoSubscriptionExisted });
        }
        // [5.0/MQTT-3.10.4-4, 5.0/MQTT-3.10.4-5, 3.1.1/MQTT-3.10.4-4, 3.1.1/MQTT-3.10.4-5, 3.1/V31-3.10-1]
        if rules.answers_unsubscribe && (!vain || rules.answers_vain_unsubscribe) {
            self.send_unsuback(id, reasons);
        }
        Effect::Unsubscribed
    }

    fn unsubscribe_one(&mut self, filter: &Bytes) {
        let rules = self.rules;
        // [5.0/MQTT-3.10.4-1, 3.1.1/MQTT-3.10.4-1]
        self.session.subscriptions.retain(|s| {
            s.filter != filter && (rules.unsubscribe_compares_exactly || !matches(rules, filter, &s.pattern))
        });
        self.session.fault.interrupted.remove(filter);
        // What waits may be dropped, unless another subscription brings it as well. [5.0/3.10.4, 3.1.1/3.10.4]
        if self.limits.liberties.drops_buffered_messages_at_unsubscribe && self.version() != Version::V3_1 {
            let Session { queue, queue_bytes, subscriptions, .. } = &mut *self.session;
            let wanted = |waiting: &Outgoing| {
                let topic = waiting.message.topic.as_bytes();
                waiting.filter != filter || subscriptions.iter().any(|s| matches(rules, &s.pattern, topic))
            };
            queue.retain(wanted);
            *queue_bytes = queue.iter().map(|waiting| waiting.message.weight()).sum();
        }
        // [5.0/MQTT-3.10.4-3, 3.1.1/MQTT-3.10.4-3]
        if !rules.unsubscribe_finishes_deliveries {
            self.session.in_flight.retain(|sent| sent.outgoing.filter != filter);
            self.session.queue.retain(|waiting| waiting.filter != filter);
        }
    }

    fn send_unsuback(&mut self, id: PacketId, mut reasons: Vec<UnsubAckReason>) {
        let rules = self.rules;
        // [5.0/MQTT-3.10.4-5, 5.0/MQTT-2.2.1-6, 3.1.1/MQTT-3.10.4-4, 3.1.1/MQTT-2.3.1-7]
        let packet_id = if rules.repeats_unsubscribe_id { id } else { id.next() };
        if self.version() != Version::V5 {
            self.line.send_v3(v3::Packet::UnsubAck(packet_id));
            return;
        }
        let vain = reasons.contains(&UnsubAckReason::NoSubscriptionExisted);
        // [5.0/MQTT-3.11.3-1, 5.0/MQTT-3.11.3-2]
        shuffle(&mut reasons, rules.unsuback_answers_each_filter, rules.unsuback_keeps_order);
        for reason in &mut reasons {
            *reason = match *reason {
                UnsubAckReason::NoSubscriptionExisted
                    if self.limits.liberties.says_success_to_vain_unsubscribe =>
                {
                    UnsubAckReason::Success
                }
                reason if reason.is_error() && self.limits.liberties.reveals_no_reasons => {
                    UnsubAckReason::UnspecifiedError
                }
                reason => reason,
            };
        }
        let about = self.line.problem(vain.then_some("not all of the subscriptions existed"));
        let Ok(reasons) = mqtt_codec::List::build(reasons) else { return };
        // [5.0/MQTT-3.11.2-1]
        self.line.answer(about, |properties| {
            v5::Packet::UnsubAck(v5::UnsubAck { packet_id, properties, reasons: reasons.clone() })
        });
    }
}

/// The filter of a shared subscription, behind `$share/` and its name.
fn shared_filter(filter: &[u8]) -> Option<Bytes> {
    let mut parts = filter.splitn(3, |&b| b == b'/');
    let (share, name, pattern) = (parts.next()?, parts.next()?, parts.next()?);
    (share == b"$share" && !name.is_empty() && !pattern.is_empty()).then(|| Bytes::copy_from_slice(pattern))
}

/// What broken rules do to the codes of an answer.
fn shuffle<T: Copy>(reasons: &mut Vec<T>, each: bool, order: bool) {
    if !each {
        match reasons.as_slice() {
            [only] => reasons.push(*only),
            _ => reasons.truncate(1),
        }
    }
    if !order {
        reasons.reverse();
    }
}

/// Whether a subscription brings retained messages when it is made. Spec: 5.0 §3.8.3.1, 3.1.1 §3.8.4.
fn wants_retained(rules: &Rules, version: Version, new: &Subscription, is_new: bool) -> bool {
    // [3.1.1/MQTT-3.3.1-6]
    if !rules.sends_retained_on_subscribe {
        return false;
    }
    let again = is_new || rules.resends_retained_on_resubscribe;
    match new.retain_handling {
        RetainHandling::Send => again, // [5.0/MQTT-3.3.1-9, 3.1.1/MQTT-3.8.4-3]
        _ if version != Version::V5 => again,
        RetainHandling::SendIfNew if is_new => rules.retain_handling_1_sends_if_new,
        RetainHandling::SendIfNew => !rules.honours_retain_handling_1, // [5.0/MQTT-3.3.1-10]
        RetainHandling::DoNotSend => !rules.honours_retain_handling_2, // [5.0/MQTT-3.3.1-11]
    }
}
