//! From a published message to the sessions that get it.

use super::message::Message;
use super::session::{Outgoing, Subscription};
use super::topics::matches;
use super::{Broker, Rules};
use bytes::Bytes;
use mqtt_codec::Qos;
use std::sync::Arc;

/// What became of a published message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Published {
    /// Somebody gets it.
    Delivered,
    /// Nobody has subscribed to it.
    NoSubscribers,
    /// There is no room to retain it.
    NoRoom,
}

impl Broker {
    /// Publishes a message: retains it as its flag says, and gives it to each session that has subscribed to it.
    pub(super) fn publish(&mut self, message: &Arc<Message>) -> Published {
        let kept = self.retained.take(message, &self.rules, &self.limits);
        let mut found = false;
        if self.rules.passes_empty_retained || !(message.retain && message.payload.is_empty()) {
            found = self.route(message);
        }
        match (kept, found) {
            (false, _) => Published::NoRoom,
            (true, true) => Published::Delivered,
            (true, false) => Published::NoSubscribers,
        }
    }

    /// Gives a message to each session that has subscribed to it. [5.0/MQTT-4.5.0-1]
    fn route(&mut self, message: &Arc<Message>) -> bool {
        let rules = &self.rules;
        let mut missed = Vec::new();
        if !rules.replacing_loses_nothing {
            for (client, session) in &mut self.sessions {
                for subscription in session.subscriptions.iter_mut().filter(|s| s.interrupted) {
                    if matches(rules, &subscription.pattern, message.topic.as_bytes()) {
                        subscription.interrupted = false;
                        missed.push((client.clone(), subscription.filter.clone()));
                    }
                }
            }
        }
        let mut plan: Vec<(Bytes, Outgoing)> = Vec::new();
        let mut shares: Vec<Bytes> = Vec::new();
        for (client, session) in &self.sessions {
            let hits = session
                .subscriptions
                .iter()
                .filter(|subscription| matches(rules, &subscription.pattern, message.topic.as_bytes()))
                .filter(|subscription| {
                    !missed.iter().any(|(who, filter)| who == client && *filter == subscription.filter)
                });
            let mut own: Option<Outgoing> = None;
            for subscription in hits {
                if subscription.shared {
                    if !shares.iter().any(|filter| same_share(rules, filter, &subscription.filter)) {
                        shares.push(subscription.filter.clone());
                    }
                    continue;
                }
                if subscription.no_local && *client == message.publisher && rules.honours_no_local {
                    continue; // [5.0/MQTT-3.8.3-3]
                }
                let next = outgoing(rules, message, subscription);
                match &mut own {
                    None => own = Some(next),
                    Some(own) => join(rules, own, &next),
                }
            }
            if let Some(own) = own {
                plan.push((client.clone(), own));
                if !rules.delivers_to_every_match {
                    break;
                }
            }
        }
        let mut found = !plan.is_empty();
        for (client, outgoing) in plan {
            self.enqueue(&client, outgoing);
        }
        for filter in shares {
            found |= self.deliver_to_share(&filter, message);
        }
        found
    }

    /// Gives a message to one member of a shared subscription: the next in turn, those with a connection first.
    ///
    /// Spec: 5.0 §4.8.2.
    pub(super) fn deliver_to_share(&mut self, filter: &Bytes, message: &Arc<Message>) -> bool {
        let rules = self.rules;
        let mut members: Vec<(bool, Bytes, Outgoing)> = Vec::new();
        let mut highest = Qos::AtMostOnce;
        for (client, session) in &self.sessions {
            let same = |s: &&Subscription| s.shared && same_share(&rules, &s.filter, filter);
            if let Some(subscription) = session.subscriptions.iter().find(same) {
                highest = highest.max(subscription.qos);
                let outgoing = outgoing(&rules, message, subscription);
                members.push((session.conn.is_some(), client.clone(), outgoing));
            }
        }
        if !rules.share_respects_granted_qos {
            for (_, _, outgoing) in &mut members {
                outgoing.qos = message.qos.min(highest);
            }
        }
        if !rules.share_picks_one {
            let any = !members.is_empty();
            for (_, client, outgoing) in members {
                self.enqueue(&client, outgoing);
            }
            return any;
        }
        if members.iter().any(|(present, ..)| *present) {
            members.retain(|(present, ..)| *present);
        }
        if members.is_empty() {
            return false;
        }
        let turn = self.turns.entry(filter.clone()).or_default();
        let chosen = *turn % members.len();
        *turn = turn.wrapping_add(1);
        let (_, client, outgoing) = members.swap_remove(chosen);
        self.enqueue(&client, outgoing);
        true
    }

    /// Forgets whose turn it is in shared subscriptions that have no members.
    pub(super) fn forget_empty_shares(&mut self) {
        let sessions = &self.sessions;
        let has_members = |filter: &Bytes| {
            sessions.values().any(|session| session.subscriptions.iter().any(|s| s.filter == *filter))
        };
        self.turns.retain(|filter, _| has_members(filter));
    }
}

/// Whether two filters are of one shared subscription.
fn same_share(rules: &Rules, a: &[u8], b: &[u8]) -> bool {
    let pattern = |filter: &[u8]| filter.splitn(3, |&b| b == b'/').nth(2).map(<[u8]>::to_vec);
    let name = |filter: &[u8]| filter.split(|&b| b == b'/').nth(1).map(<[u8]>::to_vec);
    a == b
        || !rules.share_names_differ && pattern(a) == pattern(b)
        || !rules.share_filters_differ && name(a) == name(b)
}

/// A message as one subscription wants it.
pub(super) fn outgoing(rules: &Rules, message: &Arc<Message>, subscription: &Subscription) -> Outgoing {
    let mut qos = message.qos.min(subscription.qos); // [5.0/MQTT-3.8.4-8]
    if !rules.never_raises_qos {
        qos = qos.max(subscription.qos);
    }
    if !rules.never_exceeds_granted_qos {
        qos = qos.max(message.qos);
    }
    if !rules.never_lowers_qos {
        qos = Qos::AtMostOnce;
    }
    let keeps_retain = subscription.retain_as_published && rules.honours_retain_as_published;
    Outgoing {
        message: Arc::clone(message),
        qos,
        // [5.0/MQTT-3.3.1-12, 5.0/MQTT-3.3.1-13]
        retain: message.retain && (keeps_retain || !rules.clears_retain_on_live_messages),
        ids: subscription.id.filter(|_| rules.sends_subscription_ids).into_iter().collect(),
        filter: subscription.filter.clone(),
        shared: subscription.shared,
    }
}

/// Joins what a second subscription of the same client brings: one copy at the highest QoS, with all identifiers.
fn join(rules: &Rules, own: &mut Outgoing, next: &Outgoing) {
    if rules.overlap_takes_highest_qos {
        own.qos = own.qos.max(next.qos); // [5.0/MQTT-3.3.4-2]
    } else {
        own.qos = own.qos.min(next.qos);
    }
    own.retain |= next.retain;
    if rules.sends_all_subscription_ids {
        own.ids.extend(&next.ids); // [5.0/MQTT-3.3.4-4]
    }
}
