//! The end of connections and sessions, and the Will.

use super::action::ConnId;
use super::message::{Message, Will};
use super::outgoing::Stage;
use super::rule_table::Rules;
use super::state::{Broker, Connection, Ending};
use bytes::Bytes;
use mqtt_codec::Qos;
use std::sync::Arc;

impl Broker {
    /// Ends a connection, and closes it unless it is gone already.
    pub(super) fn end(&mut self, conn: ConnId, ending: Ending) {
        let Some(mut connection) = self.connections.remove(&conn) else { return };
        let rules = self.rules;
        let disconnected = matches!(ending, Ending::Disconnected | Ending::DisconnectedWithWill);
        if ending != Ending::BrokeOff && (!disconnected || rules.closes_after_disconnect) {
            self.outbox.close(conn); // [5.0/MQTT-3.14.4-2, 3.1/V31-3.14-1]
        }
        if !connection.is_open() {
            return;
        }
        self.keep_aliases(&mut connection);
        let client = connection.client;
        let wanted = wants_will(&rules, ending);
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
            session.ends_at = Some(now + patience);
        }
        if let Some(will) = due_now {
            self.publish_will(will);
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
            Stage::PubAck => true,
            Stage::PubRec => !rules.share_drops_qos_2_with_session,
            Stage::PubComp => false,
        });
        let shared: Vec<_> = in_flight.map(|sent| sent.outgoing).chain(session.queue).collect();
        for outgoing in shared.into_iter().filter(|outgoing| outgoing.shared) {
            self.deliver_to_share(&outgoing.filter, &outgoing.message);
        }
        self.forget_empty_shares();
    }

    /// Publishes a Will.
    pub(super) fn publish_will(&mut self, will: Will) {
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
