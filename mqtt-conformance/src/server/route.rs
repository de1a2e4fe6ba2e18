//! From a published message to the sessions that get it.

use super::fault::overlook::share_key;
use super::liberty_table::Liberties;
use super::message::Message;
use super::outgoing::Outgoing;
use super::rule_table::Rules;
use super::session::{Session, Subscription};
use super::state::Broker;
use super::topics::matches;
use bytes::Bytes;
use mqtt_codec::Qos;
use std::collections::{BTreeMap, BTreeSet};
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

/// A member of a shared subscription, and the message as it would get it.
struct Member {
    client: Bytes,
    present: bool,
    granted: Qos,
    outgoing: Outgoing,
}

impl Member {
    fn new(
        rules: &Rules,
        client: &Bytes,
        session: &Session,
        message: &Arc<Message>,
        s: &Subscription,
    ) -> Self {
        Self {
            client: client.clone(),
            present: session.conn.is_some(),
            granted: s.qos,
            outgoing: outgoing(rules, message, s),
        }
    }
}

impl Broker {
    /// Publishes a message: retains it as its flag says, and gives it to each session that has subscribed to it.
    pub(super) fn publish(&mut self, message: &Arc<Message>) -> Published {
        let kept = self.retained.take(message, &self.rules, &self.limits);
        // [5.0/MQTT-3.3.1-6, 3.1.1/MQTT-3.3.1-10]
        let passes = self.rules.passes_empty_retained || !(message.retain && message.payload.is_empty());
        let found = passes && self.route(message);
        match (kept, found) {
            (false, _) => Published::NoRoom,
            (true, true) => Published::Delivered,
            (true, false) => Published::NoSubscribers,
        }
    }

    /// Gives a message to each session that has subscribed to it. [5.0/MQTT-4.5.0-1, 3.1.1/MQTT-4.5.0-1]
    fn route(&mut self, message: &Arc<Message>) -> bool {
        let (rules, liberties) = (&self.rules, self.limits.liberties);
        let copies =
            liberties.delivers_a_copy_for_each_subscription || liberties.delivers_lower_qos_copies_first;
        let mut plan: Vec<(Bytes, Outgoing)> = Vec::new();
        let mut shares: BTreeMap<Bytes, Vec<Member>> = BTreeMap::new();
        for (client, session) in &mut self.sessions {
            let mut own: Vec<Outgoing> = Vec::new();
            let mut joined = BTreeSet::new();
            for subscription in &session.subscriptions {
                if !matches(rules, &subscription.pattern, message.topic.as_bytes()) {
                    continue;
                }
                if session.fault.interrupted.remove(&subscription.filter) {
                    continue; // [5.0/MQTT-3.8.4-4, 3.1.1/MQTT-3.8.4-3]
                }
                if subscription.shared {
                    let key = share_key(rules, &subscription.filter);
                    if joined.insert(key.clone()) {
                        let member = Member::new(rules, client, session, message, subscription);
                        shares.entry(key).or_default().push(member);
                    }
                    continue;
                }
                if subscription.no_local && *client == message.publisher && rules.honours_no_local {
                    continue; // [5.0/MQTT-3.8.3-3]
                }
                let next = outgoing(rules, message, subscription);
                match own.first_mut() {
                    // [5.0/MQTT-3.3.4-5, 3.1.1/3.3.5]
                    Some(own) if !copies => {
                        join(rules, &liberties, own, &next);
                    }
                    _ => own.push(next),
                }
            }
            if liberties.delivers_lower_qos_copies_first {
                own.sort_by_key(|outgoing| outgoing.qos);
            }
            let matched = !own.is_empty();
            plan.extend(own.into_iter().map(|outgoing| (client.clone(), outgoing)));
            if matched && !rules.delivers_to_every_match {
                break;
            }
        }
        let found = !plan.is_empty() || !shares.is_empty();
        if liberties.sends_the_shared_copy_first {
            self.route_to_shares(std::mem::take(&mut shares), message);
        }
        for (client, outgoing) in plan {
            self.enqueue(&client, outgoing);
        }
        self.route_to_shares(shares, message);
        found
    }

    /// Gives a message to each shared subscription that matches.
    fn route_to_shares(&mut self, shares: BTreeMap<Bytes, Vec<Member>>, message: &Arc<Message>) {
        for (key, members) in shares {
            match members.first() {
                // [5.0/MQTT-4.8.2-3]
                Some(member) if !self.rules.share_filters_differ => {
                    let filter = member.outgoing.filter.clone();
                    self.deliver_to_share(&filter, message);
                }
                _ => self.deliver_to_one(&key, members, message),
            }
        }
    }

    /// Gives a message to a session, with or without a connection.
    pub(super) fn enqueue(&mut self, key: &Bytes, outgoing: Outgoing) {
        if let Some(mut client) = self.client_of_session(key) {
            client.deliver(outgoing);
        } else if let Some(session) = self.sessions.get_mut(key) {
            session.keep(outgoing, &self.rules, &self.limits);
        }
    }

    /// Gives a message once more to a member of the shared subscription with this filter.
    pub(super) fn deliver_to_share(&mut self, filter: &Bytes, message: &Arc<Message>) {
        let rules = &self.rules;
        let key = share_key(rules, filter);
        let mut members = Vec::new();
        for (client, session) in &self.sessions {
            let same = |s: &&Subscription| s.shared && share_key(rules, &s.filter) == key;
            if let Some(subscription) = session.subscriptions.iter().find(same) {
                members.push(Member::new(rules, client, session, message, subscription));
            }
        }
        self.deliver_to_one(filter, members, message);
    }

    /// Gives a message to one member of a shared subscription: the next in turn, those with a connection first.
    ///
    /// Spec: 5.0 §4.8.2.
    fn deliver_to_one(&mut self, key: &Bytes, mut members: Vec<Member>, message: &Arc<Message>) {
        let qos = message.qos;
        if !self.rules.share_respects_granted_qos {
            // [5.0/MQTT-4.8.2-3]
            let highest = members.iter().map(|member| member.granted).max().unwrap_or(Qos::AtMostOnce);
            for member in &mut members {
                member.outgoing.qos = qos.min(highest);
            }
        }
        if !self.rules.share_picks_one {
            for Member { client, outgoing, .. } in members {
                self.enqueue(&client, outgoing);
            }
            return;
        }
        let liberties = self.limits.liberties;
        if !liberties.shares_with_absent_members {
            prefer(&mut members, |member| member.present);
        }
        if liberties.avoids_the_publisher {
            prefer(&mut members, |member| member.client != message.publisher);
        }
        if liberties.chooses_a_member_that_can_take_it {
            prefer(&mut members, |member| self.can_take(&member.client, message));
        }
        if members.is_empty() {
            return;
        }
        let turn = self.turns.entry(key.clone()).or_default();
        let chosen = match members.len() {
            _ if liberties.prefers_the_first_member => 0,
            len if liberties.prefers_the_last_member => len - 1,
            len => *turn % len,
        };
        *turn = turn.wrapping_add(1);
        let Member { client, outgoing, .. } = members.swap_remove(chosen);
        self.enqueue(&client, outgoing);
    }

    /// Whether a message is small enough for a client, with some room for what stands around it. [5.0/MQTT-3.1.2-25]
    fn can_take(&self, client: &Bytes, message: &Message) -> bool {
        let conn = self.sessions.get(client).and_then(|session| session.conn);
        let connection = conn.and_then(|conn| self.connections.get(&conn));
        let size = u32::try_from(message.weight() + 64).unwrap_or(u32::MAX);
        connection.is_none_or(|connection| size <= connection.max_packet_size)
    }

    /// Forgets whose turn it is in shared subscriptions that have no members.
    pub(super) fn forget_empty_shares(&mut self) {
        if self.turns.is_empty() {
            return;
        }
        let rules = &self.rules;
        let subscriptions = self.sessions.values().flat_map(|session| &session.subscriptions);
        let living: BTreeSet<Bytes> =
            subscriptions.filter(|s| s.shared).map(|s| share_key(rules, &s.filter)).collect();
        self.turns.retain(|key, _| living.contains(key));
    }
}

/// A message as one subscription wants it.
pub(super) fn outgoing(rules: &Rules, message: &Arc<Message>, subscription: &Subscription) -> Outgoing {
    let mut qos = message.qos.min(subscription.qos); // [5.0/MQTT-3.8.4-8, 3.1.1/MQTT-3.8.4-6]
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
        // [5.0/MQTT-3.3.1-12, 5.0/MQTT-3.3.1-13, 3.1.1/MQTT-3.3.1-9, 3.1/V31-2.1-6]
        retain: message.retain && (keeps_retain || !rules.clears_retain_on_live_messages),
        // [5.0/MQTT-3.3.4-3, 5.0/MQTT-3.3.4-5]
        ids: subscription.id.filter(|_| rules.sends_subscription_ids).into_iter().collect(),
        filter: subscription.filter.clone(),
        shared: subscription.shared,
    }
}

/// Leaves only the members of a kind, if there are any: who gets a message is the server's choice. [5.0/4.8.2]
fn prefer(members: &mut Vec<Member>, kind: impl Fn(&Member) -> bool) {
    if members.iter().any(&kind) {
        members.retain(kind);
    }
}

/// Joins what a second subscription of the same client brings: one copy at the highest QoS, with all identifiers.
fn join(rules: &Rules, liberties: &Liberties, own: &mut Outgoing, next: &Outgoing) {
    if rules.overlap_takes_highest_qos {
        own.qos = own.qos.max(next.qos); // [5.0/MQTT-3.3.4-2, 3.1.1/MQTT-3.3.5-1]
    } else {
        own.qos = own.qos.min(next.qos);
    }
    if liberties.clears_retain_where_options_differ {
        own.retain &= next.retain;
    } else {
        own.retain |= next.retain;
    }
    if rules.sends_all_subscription_ids {
        own.ids.extend(&next.ids); // [5.0/MQTT-3.3.4-4]
    }
}
