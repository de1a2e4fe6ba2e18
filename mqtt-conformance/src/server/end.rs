//! The end of connections and sessions, the Will, and everything that time brings.

use super::connection::Phase;
use super::message::{Message, Will};
use super::session::{Session, Stage};
use super::{Action, Broker, ConnId};
use bytes::Bytes;
use mqtt_codec::v5::DisconnectReason;
use mqtt_codec::{Qos, Version};
use std::sync::Arc;

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// It was never accepted.
    Refused,
    /// A normal DISCONNECT.
    Disconnected,
    /// A DISCONNECT that asks for the Will.
    DisconnectedWithWill,
    /// The client, or the network, is gone.
    BrokeOff,
    /// Silence for too long.
    TimedOut,
    /// A mistake of the client.
    Failed,
    /// Another connection of the same client.
    TakenOver,
}

impl Broker {
    /// Acts on DISCONNECT.
    pub(super) fn handle_disconnect(&mut self, conn: ConnId, normal: bool, expiry: Option<u32>) {
        let Some(connection) = self.connections.get(&conn) else { return };
        if let Some(seconds) = expiry {
            if seconds != 0 && connection.expiry_was_zero && self.rules.refuses_expiry_from_zero {
                let about = "a Session Expiry Interval after CONNECT had none";
                return self.fail(conn, DisconnectReason::ProtocolError, about);
            }
            if let Some(session) = self.sessions.get_mut(&connection.client)
                && self.rules.disconnect_changes_expiry
            {
                session.expiry = seconds.min(self.limits.session_expiry_maximum);
            }
        }
        self.end(conn, if normal { Ending::Disconnected } else { Ending::DisconnectedWithWill });
    }

    /// Ends a connection, and closes it unless it is gone already.
    pub(super) fn end(&mut self, conn: ConnId, ending: Ending) {
        let Some(connection) = self.connections.remove(&conn) else { return };
        let disconnected = matches!(ending, Ending::Disconnected | Ending::DisconnectedWithWill);
        if ending != Ending::BrokeOff && (!disconnected || self.rules.closes_after_disconnect) {
            self.actions.push_back(Action::Close { conn }); // [5.0/MQTT-3.14.4-2, 3.1/V31-3.14-1]
        }
        if !matches!(connection.phase, Phase::Open) {
            return;
        }
        let client = connection.client;
        if !self.rules.forgets_topic_aliases {
            self.stale_aliases.insert(client.clone(), connection.aliases);
        }
        if !self.rules.forgets_sent_topic_aliases {
            self.stale_sent_aliases.insert(client.clone(), connection.sent_aliases);
        }
        let rules = self.rules;
        let wanted = match ending {
            Ending::Refused => false,
            Ending::Disconnected => !rules.disconnect_discards_will, // [5.0/MQTT-3.14.4-3]
            Ending::DisconnectedWithWill => rules.publishes_will_on_request,
            Ending::BrokeOff => rules.publishes_will,
            Ending::TimedOut => rules.publishes_will_on_timeout,
            Ending::Failed => rules.publishes_will_on_error,
            Ending::TakenOver => rules.publishes_will_on_takeover,
        };
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
            0 => rules.drops_unkept_sessions,
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

    /// Ends a session: its state is gone, its Will published, and what a shared subscription gave it goes to others.
    pub(super) fn end_session(&mut self, client: &Bytes) {
        let Some(mut session) = self.sessions.remove(client) else { return };
        let rules = self.rules;
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
            Stage::PubComp | Stage::Done => false,
        });
        let shared: Vec<_> = in_flight.map(|sent| sent.outgoing).chain(session.queue).collect();
        for outgoing in shared.into_iter().filter(|outgoing| outgoing.shared) {
            self.deliver_to_share(&outgoing.filter, &outgoing.message);
        }
        self.forget_empty_shares();
    }

    /// Publishes a Will.
    fn publish_will(&mut self, will: Will) {
        let rules = self.rules;
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

    /// When a session needs to be looked at.
    pub(super) fn session_deadline(&self, session: &Session) -> Option<u64> {
        let expiry = session.ends_at.filter(|_| self.rules.expires_sessions);
        let will = session.will.as_ref().map(|(due, _)| *due);
        let retry = self.retry_interval(session).and_then(|interval| {
            session.in_flight.iter().filter(|sent| sent.here).map(|sent| sent.sent_at + interval).min()
        });
        [expiry, will, retry].into_iter().flatten().min()
    }

    /// After how long a client is sent again what it did not acknowledge: in 3.1 only, unless a rule is broken.
    pub(super) fn retry_interval(&self, session: &Session) -> Option<u64> {
        session.conn?;
        match session.version {
            Version::V3_1 => Some(self.limits.retry_interval.max(1)), // [3.1/V31-4.2-2]
            Version::V5 if !self.rules.resends_only_on_resume => Some(2_000),
            _ => None,
        }
    }

    /// Does everything that is due.
    pub(super) fn run_timers(&mut self) {
        let (now, rules) = (self.now, self.rules);
        let due = |deadline: Option<u64>| deadline.is_some_and(|deadline| deadline <= now);
        let silent: Vec<ConnId> = self
            .connections
            .iter()
            .filter(|(_, connection)| due(connection.deadline(&rules, &self.limits)))
            .map(|(&conn, _)| conn)
            .collect();
        for conn in silent {
            if self.connections.get(&conn).is_some_and(super::connection::Connection::is_open) {
                self.send_disconnect(conn, DisconnectReason::KeepAliveTimeout, "the Keep Alive has passed");
                self.end(conn, Ending::TimedOut);
            } else {
                self.end(conn, Ending::Refused);
            }
        }
        let waiting: Vec<Bytes> = self
            .sessions
            .iter()
            .filter(|(_, session)| due(self.session_deadline(session)))
            .map(|(client, _)| client.clone())
            .collect();
        for client in waiting {
            let Some(session) = self.sessions.get_mut(&client) else { continue };
            if session.will.as_ref().is_some_and(|(at, _)| *at <= now)
                && let Some((_, will)) = session.will.take()
            {
                self.publish_will(will); // [5.0/MQTT-3.1.2-8]
            }
            let Some(session) = self.sessions.get(&client) else { continue };
            if due(session.ends_at) && rules.expires_sessions {
                self.end_session(&client); // [5.0/MQTT-4.1.0-2]
            } else {
                self.retry(&client);
            }
        }
    }
}
