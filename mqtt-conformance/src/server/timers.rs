//! Everything that time brings.

use super::action::ConnId;
use super::session::Session;
use super::state::{Broker, Ending};
use bytes::Bytes;
use mqtt_codec::Version;
use mqtt_codec::v5::DisconnectReason;

impl Broker {
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
    fn retry_interval(&self, session: &Session) -> Option<u64> {
        session.conn?;
        match session.version {
            Version::V3_1 => Some(self.limits.retry_interval.max(1)), // [3.1/V31-4.2-2]
            // Only the resending after a resumption is required.
            Version::V3_1_1 if self.limits.liberties.retries_while_connected => {
                Some(self.limits.retry_interval)
            }
            Version::V5 if !self.rules.resends_only_on_resume => Some(2_000), // [5.0/MQTT-4.4.0-1]
            _ => None,
        }
    }

    /// Does everything that is due.
    pub(super) fn run_timers(&mut self) {
        let (now, rules) = (self.now, self.rules);
        let (due_wills, late_wills) =
            std::mem::take(&mut self.late_wills).into_iter().partition(|(at, _)| *at <= now);
        self.late_wills = late_wills;
        for (_, will) in due_wills {
            self.publish_due_will(will);
        }
        let due = |deadline: Option<u64>| deadline.is_some_and(|deadline| deadline <= now);
        let silent: Vec<ConnId> = self
            .connections
            .iter()
            .filter(|(_, connection)| due(connection.deadline(&rules, &self.limits)))
            .map(|(&conn, _)| conn)
            .collect();
        for conn in silent {
            let Some(mut line) = self.line(conn) else { continue };
            let ending = if line.connection.cut_off_at.is_some_and(|at| at <= now) {
                Ending::BrokeOff
            } else if line.connection.is_open() {
                line.send_disconnect(DisconnectReason::KeepAliveTimeout, "the Keep Alive has passed");
                Ending::TimedOut
            } else {
                Ending::Refused
            };
            self.end(conn, ending);
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
            } else if let Some(interval) = self.retry_interval(session)
                && let Some(mut client) = self.client_of_session(&client)
            {
                client.retry(interval);
            }
        }
    }
}
