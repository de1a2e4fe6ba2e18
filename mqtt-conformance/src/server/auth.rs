//! Enhanced authentication of 5.0, with one simple method of our own.
//!
//! Spec: 5.0 §4.12.

use super::connect::Hello;
use super::connection::Phase;
use super::end::Ending;
use super::{Broker, ConnId};
use bytes::Bytes;
use mqtt_codec::v3;
use mqtt_codec::v5::{self, AuthProperties, AuthReason, ConnAckReason, DisconnectReason};

/// The one authentication method that the broker knows: a challenge that is to be sent back.
///
/// CONNECT names it, with or without Authentication Data. The broker answers AUTH 0x18 (Continue authentication) with a
/// challenge as Authentication Data. A client that answers AUTH 0x18 with the same data is let in by CONNACK 0; any other
/// data is refused by CONNACK 0x87 (Not authorized). Re-authentication begins with the client's AUTH 0x19, goes on in the
/// same way, and ends with AUTH 0x00, or DISCONNECT 0x87. It proves nothing about anyone; it lets the exchange be tested.
pub const AUTHENTICATION_METHOD: &str = "mqtt-conformance-echo";

/// How far the authentication of a connection has come.
#[derive(Clone, Debug)]
pub(super) struct Login {
    method: Bytes,
    /// What the client has to send back.
    challenge: Option<Bytes>,
}

impl Broker {
    /// Begins the authentication that a CONNECT asks for.
    pub(super) fn begin_login(&mut self, conn: ConnId, mut hello: Hello) {
        let Some(method) = hello.method.clone() else { return self.accept(conn, hello) };
        if method != AUTHENTICATION_METHOD.as_bytes() {
            if self.rules.refuses_unknown_authentication_method {
                let code = v3::ConnectReturnCode::NotAuthorized;
                return self.refuse(conn, ConnAckReason::BadAuthenticationMethod, code); // [5.0/MQTT-4.12.0-1]
            }
            hello.method = Some(method);
            return self.accept(conn, hello);
        }
        let Some(connection) = self.connections.get_mut(&conn) else { return };
        connection.phase = Phase::Authenticating(Box::new(hello));
        self.challenge(conn, &method);
    }

    fn challenge(&mut self, conn: ConnId, method: &Bytes) {
        self.counter += 1;
        let challenge = Bytes::from(format!("challenge-{}", self.counter));
        if let Some(connection) = self.connections.get_mut(&conn) {
            connection.login = Some(Login { method: method.clone(), challenge: Some(challenge.clone()) });
        }
        let reason = if self.rules.continues_authentication {
            AuthReason::ContinueAuthentication // [5.0/MQTT-4.12.0-2]
        } else {
            AuthReason::Success
        };
        self.send_auth(conn, reason, method, Some(&challenge));
    }

    fn send_auth(&mut self, conn: ConnId, reason: AuthReason, method: &[u8], data: Option<&[u8]>) {
        let method = if self.rules.repeats_authentication_method {
            std::str::from_utf8(method).unwrap_or_default() // [5.0/MQTT-4.12.0-5]
        } else {
            "another-method"
        };
        let mut properties = AuthProperties::builder().authentication_method(method);
        if let Some(data) = data {
            properties = properties.authentication_data(data);
        }
        if let Ok(properties) = properties.finish() {
            self.send_v5(conn, v5::Packet::Auth(v5::Auth { reason, properties }));
        }
    }

    /// Acts on AUTH, before and after CONNACK.
    pub(super) fn handle_auth(&mut self, conn: ConnId, auth: &v5::Auth<&[u8]>) {
        let Some(connection) = self.connections.get(&conn) else { return };
        let Some(login) = connection.login.clone() else {
            if self.rules.refuses_auth_without_method {
                self.fail(conn, DisconnectReason::ProtocolError, "AUTH without a method in CONNECT"); // [5.0/MQTT-4.12.0-7]
            }
            return;
        };
        let method = auth.properties.authentication_method();
        let same = method.is_some_and(|method| method.as_bytes() == login.method);
        if !same && self.rules.refuses_other_authentication_method {
            return self.fail(conn, DisconnectReason::ProtocolError, "AUTH with another method"); // [5.0/MQTT-4.12.1-1]
        }
        let open = connection.is_open();
        match (auth.reason, &login.challenge) {
            (AuthReason::ContinueAuthentication, Some(challenge)) => {
                let answer = auth.properties.authentication_data();
                let right = answer.is_some_and(|answer| answer.as_bytes() == *challenge);
                self.end_login(conn, &login, right);
            }
            (AuthReason::ReAuthenticate, None) if open => self.challenge(conn, &login.method),
            _ => self.fail(conn, DisconnectReason::ProtocolError, "AUTH out of turn"),
        }
    }

    /// Lets a client in, or on, that answered its challenge.
    fn end_login(&mut self, conn: ConnId, login: &Login, right: bool) {
        let Some(connection) = self.connections.get_mut(&conn) else { return };
        connection.login = Some(Login { method: login.method.clone(), challenge: None });
        let waiting = match &connection.phase {
            Phase::Authenticating(hello) => Some(hello.as_ref().clone()),
            _ => None,
        };
        match waiting {
            Some(hello) if right || !self.rules.refuses_failed_authentication => self.accept(conn, hello),
            Some(_) => {
                let code = v3::ConnectReturnCode::NotAuthorized;
                self.refuse(conn, ConnAckReason::NotAuthorized, code); // [5.0/MQTT-4.12.0-4]
            }
            None if right => self.send_auth(conn, AuthReason::Success, &login.method, None),
            None if self.rules.closes_on_failed_reauthentication => {
                self.send_disconnect(conn, DisconnectReason::NotAuthorized, "re-authentication failed");
                self.end(conn, Ending::Failed); // [5.0/MQTT-4.12.1-2]
            }
            None => {}
        }
    }
}
