//! Enhanced authentication of 5.0, with one simple method of our own.
//!
//! Spec: 5.0 §4.12.

use super::action::ConnId;
use super::client::Line;
use super::state::{Authentication, Broker, ConnectRequest, Ending, Phase};
use bytes::Bytes;
use mqtt_codec::v5::{self, AuthProperties, AuthReason, ConnAckReason, DisconnectReason};
use mqtt_codec::{AnyPacket, v3};

/// The one authentication method that the broker knows: a challenge that is to be sent back.
///
/// CONNECT names it, with or without Authentication Data. The broker answers AUTH 0x18 (Continue authentication) with a
/// challenge as Authentication Data. A client that answers AUTH 0x18 with the same data is let in by CONNACK 0; any other
/// data is refused by CONNACK 0x87 (Not authorized). Re-authentication begins with the client's AUTH 0x19, goes on in the
/// same way, and ends with AUTH 0x00, or DISCONNECT 0x87. It proves nothing about anyone; it lets the exchange be tested.
pub const AUTHENTICATION_METHOD: &str = "mqtt-conformance-echo";

impl Broker {
    /// Begins the authentication that a CONNECT asks for.
    pub(super) fn begin_authentication(&mut self, conn: ConnId, request: ConnectRequest) {
        let method = request.method.clone().unwrap_or_default();
        let liberties = &self.limits.liberties;
        if method == AUTHENTICATION_METHOD.as_bytes() && !liberties.has_no_enhanced_authentication {
            if let Some(line) = self.line(conn) {
                line.connection.phase = Phase::Authenticating(Box::new(request));
            }
            self.challenge(conn, method);
        } else if self.rules.refuses_unknown_authentication_method {
            let code = v3::ConnectReturnCode::NotAuthorized;
            let reason = if liberties.refuses_methods_as_not_authorized {
                ConnAckReason::NotAuthorized
            } else {
                ConnAckReason::BadAuthenticationMethod
            };
            self.refuse(conn, reason, code); // [5.0/MQTT-4.12.0-1]
        } else {
            self.accept(conn, request);
        }
    }

    fn challenge(&mut self, conn: ConnId, method: Bytes) {
        self.counter += 1;
        let challenge = Bytes::from(format!("challenge-{}", self.counter));
        let Some(mut line) = self.line(conn) else { return };
        let reason = if line.rules.continues_authentication {
            AuthReason::ContinueAuthentication // [5.0/MQTT-4.12.0-2, 5.0/MQTT-3.15.2-1]
        } else {
            AuthReason::Success
        };
        line.send_auth(reason, &method, Some(&challenge));
        line.connection.authentication = Some(Authentication { method, challenge: Some(challenge) });
    }

    /// Acts on AUTH, before and after CONNACK.
    pub(super) fn handle_auth(&mut self, conn: ConnId, auth: &v5::Auth<&[u8]>) {
        let Some(mut line) = self.line(conn) else { return };
        let (rules, open) = (line.rules, line.connection.is_open());
        let Some(state) = line.connection.authentication.clone() else {
            if rules.refuses_auth_without_method {
                // [5.0/MQTT-4.12.0-7]
                let effect = line.fail(DisconnectReason::ProtocolError, "AUTH without a method in CONNECT");
                self.carry_out(conn, effect);
            }
            return;
        };
        let method = auth.properties.authentication_method();
        let same = method.is_some_and(|method| method.as_bytes() == state.method);
        if !same && rules.refuses_other_authentication_method {
            let effect = line.fail(DisconnectReason::ProtocolError, "AUTH with another method"); // [5.0/MQTT-4.12.1-1]
            return self.carry_out(conn, effect);
        }
        match (auth.reason, state.challenge) {
            (AuthReason::ContinueAuthentication, Some(challenge)) => {
                let answer = auth.properties.authentication_data();
                let right = answer.is_some_and(|answer| answer.as_bytes() == challenge);
                self.end_authentication(conn, &state.method, right);
            }
            (AuthReason::ReAuthenticate, None) if open && line.limits.liberties.refuses_re_authentication => {
                line.send_disconnect(DisconnectReason::NotAuthorized, "there is no re-authentication");
                self.end(conn, Ending::Failed); // [5.0/MQTT-4.12.1-2]
            }
            (AuthReason::ReAuthenticate, None) if open => self.challenge(conn, state.method),
            _ => {
                let effect = line.fail(DisconnectReason::ProtocolError, "AUTH out of turn");
                self.carry_out(conn, effect);
            }
        }
    }

    /// Lets a client in, or on, that answered its challenge.
    fn end_authentication(&mut self, conn: ConnId, method: &Bytes, right: bool) {
        let Some(mut line) = self.line(conn) else { return };
        line.connection.authentication = Some(Authentication { method: method.clone(), challenge: None });
        let waiting = match &line.connection.phase {
            Phase::Authenticating(request) => Some(request.as_ref().clone()),
            _ => None,
        };
        match waiting {
            Some(request) if right || !line.rules.refuses_failed_authentication => self.accept(conn, request),
            Some(_) => {
                let code = v3::ConnectReturnCode::NotAuthorized;
                self.refuse(conn, ConnAckReason::NotAuthorized, code); // [5.0/MQTT-4.12.0-4]
            }
            None if right => line.send_auth(AuthReason::Success, method, None),
            None if line.rules.closes_on_failed_reauthentication => {
                let liberties = &line.limits.liberties;
                if liberties.disconnects_with_0x8c && !liberties.closes_without_disconnect {
                    line.send_bytes(Bytes::from_static(&[0xe0, 1, 0x8c])); // [5.0/2.4]
                } else {
                    line.send_disconnect(DisconnectReason::NotAuthorized, "re-authentication failed");
                }
                self.end(conn, Ending::Failed); // [5.0/MQTT-4.12.1-2]
            }
            None => {}
        }
    }
}

impl Line<'_> {
    fn send_auth(&mut self, reason: AuthReason, method: &[u8], data: Option<&[u8]>) {
        let method = if self.rules.repeats_authentication_method {
            std::str::from_utf8(method).unwrap_or_default() // [5.0/MQTT-4.12.0-5]
        } else {
            "another-method"
        };
        let mut properties = AuthProperties::builder().authentication_method(method);
        if let Some(data) = data {
            properties = properties.authentication_data(data);
        }
        let Ok(properties) = properties.finish() else { return };
        let packet = AnyPacket::V5(v5::Packet::Auth(v5::Auth { reason, properties }));
        let decorated = self.decorated(&packet);
        // [5.0/MQTT-3.15.2-2, 5.0/MQTT-3.15.2-3]
        if !decorated.is_some_and(|packet| self.send(&packet)) {
            self.send(&packet);
        }
    }
}
