//! The end of connections and sessions, and the Will.

use super::action::ConnId;
use super::liberty_table::Liberties;
use super::message::{Message, Will};
use super::outgoing::Stage;
use super::rule_table::Rules;
use super::state::{Broker, Connection, Ending};
use bytes::Bytes;
use mqtt_codec::{Qos, Version};
use std::sync::Arc;

impl Broker {
    /// Ends a connection, and closes it unless it is gone already.
    pub(super) fn end(&mut self, conn: ConnId, ending: Ending) {
        let Some(mut connection) = self.connections.remove(&conn) else { return };
        let rules = self.rules;
        let disconnected = matches!(ending, Ending::Disconnected | Ending::DisconnectedWithWill);
        let liberties = self.limits.liberties;
        // The receiver of DISCONNECT should close. [5.0/3.14.4, 3.1.1/3.14.4]
        let left = liberties.leaves_the_close_to_the_client && connection.version() != Version::V3_1;
        if ending == Ending::Failed && liberties.discards_answers_when_it_closes {
            self.outbox.discard(conn);
        }
        if ending != Ending::BrokeOff && (!disconnected || rules.closes_after_disconnect && !left) {
            let delay = close_delay(&liberties, ending, connection.version());
            self.outbox.close(conn, delay); // [5.0/MQTT-3.14.4-2, 3.1/V31-3.14-1]
        }
        if !connection.is_open() {
            return;
        }
        self.keep_aliases(&mut connection);
        let version = connection.version();
        let client = connection.client;
        let wanted = wants_will(&rules, ending) && !drops_will(&liberties, ending, version);
        let will = connection.will.filter(|_| wanted);
        let now = self.now;
        let Some(session) = self.sessions.get_mut(&client).filter(|session| session.conn == Some(conn))
        else {
            // A session that a broken server let two connections share.
            return will.into_iter().for_each(|will| self.publish_will(will));
        };
        session.conn = None;
        for sent in &mut session.in_flight {
            sent.here = false;
        }
        let expiry = u64::from(session.expiry);
        let mut due_now = None;
        if let Some(will) = will {
            // The session's end cuts the delay short.
            let shortest = if rules.session_end_publishes_will { expiry } else { u64::MAX };
            let delay = u64::from(will.delay).min(shortest);
            if delay == 0 || !rules.waits_will_delay {
                due_now = Some(will);
            } else {
                session.will = Some((now + delay * 1000, will));
            }
        }
        let ends = match session.expiry {
            // [3.1.1/MQTT-3.1.2-6, 3.1/V31-2.2-5]
            0 => rules.drops_unkept_sessions,
            // [5.0/MQTT-3.1.2-6]
            _ => !rules.stores_sessions,
        };
        if ends {
            self.end_session(&client); // [5.0/MQTT-4.1.0-2]
        } else if session.expiry != u32::MAX && session.expiry != 0 {
            let patience = if rules.keeps_sessions_until_expiry { expiry * 1000 } else { 1 };
            let at = now + patience;
            let late = liberties.expires_sessions_late; // [5.0/3.1.2.11.2]
            session.ends_at = Some(if late { at.next_multiple_of(5_000) } else { at });
        } else if version == Version::V3_1_1 && liberties.ends_stored_sessions_after_2_seconds_in_3_1_1 {
            session.ends_at = Some(now + 2_000); // [3.1.1/4.1]
        }
        if liberties.moves_qos_1_when_a_member_leaves {
            self.move_shared(&client);
        }
        if let Some(will) = due_now {
            self.publish_will(will);
        }
    }

    /// Gives QoS 1 messages that a member did not acknowledge to another member that is there. [5.0/4.8.2]
    fn move_shared(&mut self, client: &Bytes) {
        let others = |filter: &Bytes| {
            let there =
                self.sessions.iter().filter(|(key, session)| *key != client && session.conn.is_some());
            there.into_iter().any(|(_, session)| session.subscriptions.iter().any(|s| s.filter == *filter))
        };
        let Some(session) = self.sessions.get(client) else { return };
        let shared =
            session.in_flight.iter().filter(|sent| sent.stage == Stage::PubAck && sent.outgoing.shared);
        let moved: Vec<_> = shared.filter(|sent| others(&sent.outgoing.filter)).cloned().collect();
        for sent in moved {
            if let Some(session) = self.sessions.get_mut(client) {
                session.forget(sent.id);
            }
            self.deliver_to_share(&sent.outgoing.filter, &sent.outgoing.message);
        }
    }

    /// Keeps the Topic Aliases of a connection that ended, as only a broken broker does. [5.0/MQTT-3.3.2-7]
    fn keep_aliases(&mut self, connection: &mut Connection) {
        let client = &connection.client;
        if !self.rules.forgets_topic_aliases {
            self.fault.aliases.insert(client.clone(), std::mem::take(&mut connection.aliases));
        }
        if !self.rules.forgets_sent_topic_aliases {
            self.fault.sent_aliases.insert(client.clone(), std::mem::take(&mut connection.sent_aliases));
        }
    }

    /// Ends a session: its state is gone, its Will published, and what a shared subscription gave it goes to others.
    pub(super) fn end_session(&mut self, client: &Bytes) {
        let Some(mut session) = self.sessions.remove(client) else { return };
        let rules = self.rules;
        // [3.1.1/MQTT-3.1.2-7]
        if !rules.retained_outlives_session {
            self.retained.forget_publisher(client);
        }
        if let Some((_, will)) = session.will.take()
            && rules.session_end_publishes_will
        {
            self.publish_will(will);
        }
        // [5.0/MQTT-4.8.2-5]: a QoS 2 delivery that has begun is not moved.
        let in_flight = session.in_flight.drain(..).filter(|sent| match sent.stage {
            Stage::PubAck => !self.limits.liberties.keeps_shared_messages_with_their_member,
            Stage::PubRec => !rules.share_drops_qos_2_with_session,
            Stage::PubComp => false,
        });
        let shared: Vec<_> = in_flight.map(|sent| sent.outgoing).chain(session.queue).collect();
        for outgoing in shared.into_iter().filter(|outgoing| outgoing.shared) {
            self.deliver_to_share(&outgoing.filter, &outgoing.message);
        }
        self.forget_empty_shares();
    }

    /// Publishes a Will, at once or a little later: promptly is no more than a recommendation.
    pub(super) fn publish_will(&mut self, will: Will) {
        if self.limits.liberties.publishes_wills_late {
            self.late_wills.push((self.now + 1_000, will));
        } else {
            self.publish_due_will(will);
        }
    }

    /// Publishes a Will now.
    pub(super) fn publish_due_will(&mut self, will: Will) {
        let rules = self.rules;
        // [5.0/MQTT-3.1.2-15, 3.1.1/MQTT-3.1.2-17]
        // [5.0/MQTT-3.1.2-14, 3.1.1/MQTT-3.1.2-16]
        let retain = if will.message.retain { rules.retains_will } else { !rules.does_not_retain_will };
        let qos = if rules.keeps_will_qos { will.message.qos } else { Qos::AtMostOnce };
        let payload = if rules.publishes_bare_will {
            will.message.payload // [3.1/V31-3.1-5]
        } else {
            let length = u16::try_from(will.message.payload.len()).unwrap_or(u16::MAX);
            [&length.to_be_bytes(), &*will.message.payload].concat().into()
        };
        let message = Message { since: self.now, retain, qos, payload, ..will.message };
        let message = Arc::new(message);
        self.publish(&message);
        if !rules.publishes_will_once {
            self.publish(&message);
        }
    }
}

/// Whether a connection that ends so brings its Will.
fn wants_will(rules: &Rules, ending: Ending) -> bool {
    // [5.0/MQTT-3.1.2-8, 3.1.1/MQTT-3.1.2-8, 3.1/V31-2.2-7]
    match ending {
        Ending::Refused => false,
        // [5.0/MQTT-3.14.4-3, 5.0/MQTT-3.1.2-10, 3.1.1/MQTT-3.14.4-3, 3.1.1/MQTT-3.1.2-10]
        Ending::Disconnected => !rules.disconnect_discards_will,
        Ending::DisconnectedWithWill => rules.publishes_will_on_request,
        Ending::BrokeOff => rules.publishes_will,
        Ending::TimedOut => rules.publishes_will_on_timeout,
        Ending::Failed => rules.publishes_will_on_error,
        Ending::TakenOver => rules.publishes_will_on_takeover,
    }
}

/// How many milliseconds a connection stays open that the broker closes: no standard says how soon it has to be.
fn close_delay(liberties: &Liberties, ending: Ending, version: Version) -> u64 {
    match ending {
        Ending::Failed | Ending::Refused if liberties.closes_late => 1_000,
        // In 3.1 the older connection goes before CONNACK. [3.1/V31-3.1-4]
        Ending::TakenOver if liberties.closes_older_connection_late && version != Version::V3_1 => 500,
        _ => 0,
    }
}

/// Whether the Will is left out of a connection that ends so: where one version says less than the others, or two places of it
/// contradict each other.
fn drops_will(liberties: &Liberties, ending: Ending, version: Version) -> bool {
    match ending {
        // [5.0/MQTT-3.1.2-8, 5.0/MQTT-3.1.3-9]
        Ending::TakenOver => version != Version::V3_1_1 && liberties.publishes_no_will_on_takeover,
        Ending::Failed => version == Version::V3_1 && liberties.publishes_no_will_on_errors_in_3_1,
        Ending::TimedOut => version == Version::V3_1 && liberties.takes_silence_for_disconnect_in_3_1,
        _ => false,
    }
}
