//! CONNECT: who may come in, and with which session.

use super::connection::Phase;
use super::end::Ending;
use super::message::Will;
use super::session::{Session, Stage};
use super::{Broker, ConnId};
use bytes::Bytes;
use mqtt_codec::v5::{ConnAckProperties, ConnAckReason, DisconnectReason, PayloadFormat};
use mqtt_codec::{AnyPacket, Qos, Version, v3, v5};

/// What a CONNECT of any version asks for.
#[derive(Clone, Debug)]
pub(super) struct Hello {
    pub(super) version: Version,
    pub(super) client_id: Bytes,
    clean: bool,
    keep_alive: u16,
    will: Option<Will>,
    user_name: Option<Bytes>,
    password: Option<Bytes>,
    /// In seconds; for 3.x 0 or for ever.
    session_expiry: u32,
    receive_maximum: u16,
    max_packet_size: u32,
    topic_alias_maximum: u16,
    response_information: bool,
    problem_information: bool,
    pub(super) method: Option<Bytes>,
}

impl Hello {
    fn v3(connect: &v3::Connect<&[u8]>) -> Self {
        let connect = connect.detach();
        let client_id = connect.client_id().clone().into_inner();
        let credentials = connect.credentials.as_ref();
        Self {
            version: connect.level().version(),
            clean: connect.clean_session(),
            keep_alive: connect.keep_alive,
            will: connect.will.as_ref().map(|will| Will::v3(will, &client_id)),
            user_name: credentials.map(|c| c.user_name.clone().into_inner()),
            password: credentials.and_then(|c| c.password.clone()).map(mqtt_codec::Binary::into_inner),
            session_expiry: if connect.clean_session() { 0 } else { u32::MAX },
            receive_maximum: u16::MAX,
            max_packet_size: u32::MAX,
            topic_alias_maximum: 0,
            response_information: false,
            problem_information: true,
            method: None,
            client_id,
        }
    }

    fn v5(connect: &v5::Connect<&[u8]>) -> Self {
        let connect = connect.detach();
        let client_id = connect.client_id.into_inner();
        let properties = &connect.properties;
        Self {
            version: Version::V5,
            clean: connect.clean_start,
            keep_alive: connect.keep_alive,
            will: connect.will.as_ref().map(|will| Will::v5(will, &client_id)),
            user_name: connect.user_name.map(mqtt_codec::Text::into_inner),
            password: connect.password.map(mqtt_codec::Binary::into_inner),
            session_expiry: properties.session_expiry_interval().unwrap_or(0),
            receive_maximum: properties.receive_maximum().map_or(u16::MAX, std::num::NonZero::get),
            max_packet_size: properties.maximum_packet_size().map_or(u32::MAX, std::num::NonZero::get),
            topic_alias_maximum: properties.topic_alias_maximum().unwrap_or(0),
            response_information: properties.request_response_information().unwrap_or(false),
            problem_information: properties.request_problem_information().unwrap_or(true),
            method: properties.authentication_method().map(|m| Bytes::copy_from_slice(m.as_bytes())),
            client_id,
        }
    }
}

impl Broker {
    /// Acts on the first packet of a connection.
    pub(super) fn handle_connect(&mut self, conn: ConnId, packet: &AnyPacket<&[u8]>) {
        let hello = match packet {
            AnyPacket::V3(v3::Packet::Connect(connect)) => Hello::v3(connect),
            AnyPacket::V5(v5::Packet::Connect(connect)) => Hello::v5(connect),
            // Version detection lets nothing else pass.
            _ => return self.end(conn, Ending::Refused),
        };
        let Some(connection) = self.connections.get_mut(&conn) else { return };
        connection.max_packet_size = hello.max_packet_size;
        connection.problem_information = hello.problem_information;
        if !self.accepts_client_id(&hello) {
            return self.refuse(
                conn,
                ConnAckReason::ClientIdentifierNotValid,
                v3::ConnectReturnCode::IdentifierRejected,
            );
        }
        if let Some(will) = &hello.will
            && will.message.properties.payload_format_indicator() == Some(PayloadFormat::Utf8)
            && std::str::from_utf8(&will.message.payload).is_err()
        {
            let code = v3::ConnectReturnCode::ServerUnavailable;
            return self.refuse(conn, ConnAckReason::PayloadFormatInvalid, code);
        }
        if let Some(will) = &hello.will
            && hello.version == Version::V5
        {
            let code = v3::ConnectReturnCode::ServerUnavailable;
            if will.message.qos > self.limits.maximum_qos && self.rules.refuses_will_above_maximum_qos {
                return self.refuse(conn, ConnAckReason::QosNotSupported, code); // [5.0/MQTT-3.2.2-12]
            }
            let keeps = self.limits.retain_available || !self.rules.refuses_unavailable_will_retain;
            if will.message.retain && !keeps {
                return self.refuse(conn, ConnAckReason::RetainNotSupported, code); // [5.0/MQTT-3.2.2-13]
            }
        }
        if let Some((name, password)) = &self.limits.credentials
            && self.rules.checks_credentials
            && (hello.user_name.as_deref() != Some(name.as_bytes())
                || hello.password.as_deref() != Some(password.as_slice()))
        {
            return self.refuse(
                conn,
                ConnAckReason::BadUserNameOrPassword,
                v3::ConnectReturnCode::BadUserNameOrPassword,
            );
        }
        if hello.method.is_some() { self.begin_login(conn, hello) } else { self.accept(conn, hello) }
    }

    fn accepts_client_id(&self, hello: &Hello) -> bool {
        let rules = &self.rules;
        let id = &hello.client_id;
        let characters = id.iter().filter(|&&b| b & 0xc0 != 0x80).count();
        match hello.version {
            Version::V3_1 if id.is_empty() => !rules.refuses_empty_client_id_in_3_1, // [3.1/V31-3.1-2]
            Version::V3_1 if characters > 23 => !rules.refuses_long_client_id_in_3_1, // [3.1/V31-3.1-1]
            // [3.1.1/MQTT-3.1.3-8]
            Version::V3_1_1 if id.is_empty() && !hello.clean => {
                !rules.refuses_empty_client_id_for_kept_session
            }
            _ if id.is_empty() => rules.assigns_client_id,
            _ if characters > 12 && !rules.accepts_common_client_ids => false,
            // [3.1/V31-3.1-3]
            Version::V3_1 => rules.accepts_any_characters_in_3_1 || id.iter().all(u8::is_ascii_alphanumeric),
            _ => true,
        }
    }

    /// Answers a CONNECT with a refusal, and closes.
    pub(super) fn refuse(&mut self, conn: ConnId, reason: ConnAckReason, code: v3::ConnectReturnCode) {
        match self.connections.get(&conn).map(super::connection::Connection::version) {
            Some(Version::V5) => self.send_connack_error(conn, reason, ""),
            Some(_) => self.send_v3(conn, v3::Packet::ConnAck(v3::ConnAck::Refused(code))),
            None => {}
        }
        self.close_refused(conn);
    }

    /// Sends a CONNACK of 5.0 that refuses.
    pub(super) fn send_connack_error(&mut self, conn: ConnId, reason: ConnAckReason, about: &str) {
        if !self.rules.no_disconnect_before_connack {
            let disconnect = v5::Disconnect::new(DisconnectReason::UnspecifiedError);
            self.send_v5(conn, v5::Packet::Disconnect(disconnect));
            return;
        }
        if !about.is_empty()
            && let Ok(properties) = ConnAckProperties::builder().reason_string(about).finish()
            && self.send_v5(conn, v5::Packet::ConnAck(v5::ConnAck::new(reason, properties)))
        {
            return;
        }
        // [5.0/MQTT-3.2.2-19]
        let bare = v5::ConnAck::new(reason, ConnAckProperties::default());
        self.send_v5(conn, v5::Packet::ConnAck(bare));
    }

    /// The key of a client's session.
    fn session_key(&self, client_id: &Bytes) -> Bytes {
        if self.rules.keys_sessions_by_client_id {
            client_id.clone() // [5.0/MQTT-3.1.3-2]
        } else {
            client_id.to_ascii_lowercase().into()
        }
    }

    fn assign_client_id(&mut self) -> Bytes {
        loop {
            self.counter += 1;
            let number = if self.rules.assigned_client_ids_are_unique { self.counter } else { 0 };
            let id = Bytes::from(format!("auto-{number}"));
            if !self.rules.assigned_client_ids_are_unique || !self.sessions.contains_key(&id) {
                return id; // [5.0/MQTT-3.2.2-16]
            }
        }
    }

    /// Lets a client in.
    pub(super) fn accept(&mut self, conn: ConnId, mut hello: Hello) {
        let assigned = hello.client_id.is_empty();
        if assigned {
            hello.client_id = self.assign_client_id();
            if let Some(will) = &mut hello.will {
                will.message.publisher = hello.client_id.clone();
            }
        }
        let client = self.session_key(&hello.client_id);
        if self.sessions.len() >= self.limits.sessions && !self.sessions.contains_key(&client) {
            return self.refuse(conn, ConnAckReason::QuotaExceeded, v3::ConnectReturnCode::ServerUnavailable);
        }
        self.take_over(&client);
        if hello.clean && self.rules.clean_start_discards_session {
            self.end_session(&client); // [5.0/MQTT-3.1.2-4]
        }
        let present = self.sessions.contains_key(&client);
        self.open_session(conn, &client, &hello);

        if self.rules.connack_comes_first {
            self.send_connack(conn, &hello, assigned, present);
            self.pump(&client);
        } else {
            self.pump(&client);
            self.send_connack(conn, &hello, assigned, present);
        }
    }

    /// Closes the connection that the client has already.
    fn take_over(&mut self, client: &Bytes) {
        let Some(session) = self.sessions.get_mut(client) else { return };
        let Some(older) = session.conn else { return };
        if self.rules.takeover_closes_older {
            self.send_disconnect(
                older,
                DisconnectReason::SessionTakenOver,
                "another connection took the session over",
            );
            self.end(older, Ending::TakenOver); // [5.0/MQTT-3.1.4-3]
        } else {
            session.conn = None;
        }
    }

    /// Ties a session to a connection: the stored one, or a new one.
    fn open_session(&mut self, conn: ConnId, client: &Bytes, hello: &Hello) {
        let rules = &self.rules;
        let session = self.sessions.entry(client.clone()).or_insert_with(|| Session::new(hello.version));
        session.version = hello.version;
        session.conn = Some(conn);
        session.expiry = hello.session_expiry;
        if hello.version == Version::V5 {
            session.expiry = session.expiry.min(self.limits.session_expiry_maximum);
        }
        session.ends_at = None;
        if rules.reconnect_cancels_will {
            session.will = None; // [5.0/MQTT-3.1.3-9]
        }
        if !rules.resumes_subscriptions {
            session.subscriptions.clear();
        }
        if !rules.remembers_received_ids {
            session.received.clear();
        }
        for sent in &mut session.in_flight {
            sent.here = false;
            if !rules.no_publish_after_pubrec && sent.stage == Stage::PubComp {
                sent.stage = Stage::PubRec;
            }
        }
        let now = self.now;
        session.in_flight.retain(|sent| match sent.stage {
            Stage::PubComp => rules.resends_pubrel,
            Stage::PubAck | Stage::PubRec => {
                rules.resends_publish
                    && (rules.share_finishes_qos_2_with_member
                        || !(sent.outgoing.shared && sent.stage == Stage::PubRec))
                    && (rules.finishes_expired_deliveries || !sent.outgoing.message.is_expired(now))
            }
            Stage::Done => true,
        });
        if !rules.resends_in_order {
            session.in_flight.make_contiguous().reverse();
        }

        let Some(connection) = self.connections.get_mut(&conn) else { return };
        connection.phase = Phase::Open;
        connection.heard = self.now;
        connection.keep_alive = match self.limits.server_keep_alive {
            Some(seconds) if hello.version == Version::V5 => seconds,
            _ => hello.keep_alive, // [5.0/MQTT-3.2.2-22]
        };
        connection.client = client.clone();
        connection.will.clone_from(&hello.will); // [5.0/MQTT-3.1.2-7]
        if !self.rules.no_will_unasked {
            match &hello.will {
                Some(will) => drop(self.stale_wills.insert(client.clone(), will.clone())),
                None => connection.will = self.stale_wills.get(client).cloned(),
            }
        }
        connection.receive_maximum =
            if self.rules.respects_receive_maximum { hello.receive_maximum } else { u16::MAX };
        if !self.rules.forgets_client_limits
            && let Some(session) = self.sessions.get_mut(client)
        {
            let (receive, size) = session.smallest;
            session.smallest = (receive.min(hello.receive_maximum), size.min(hello.max_packet_size));
            (connection.receive_maximum, connection.max_packet_size) = session.smallest;
        }
        connection.topic_alias_maximum = hello.topic_alias_maximum;
        connection.expiry_was_zero = hello.session_expiry == 0;
        if !self.rules.forgets_topic_aliases {
            connection.aliases = self.stale_aliases.get(client).cloned().unwrap_or_default();
        }
        if !self.rules.forgets_sent_topic_aliases {
            connection.sent_aliases = self.stale_sent_aliases.get(client).cloned().unwrap_or_default();
        }
    }

    fn send_connack(&mut self, conn: ConnId, hello: &Hello, assigned: bool, present: bool) {
        let rules = self.rules;
        if !rules.answers_connect {
            return;
        }
        let present = match (present, hello.clean) {
            (_, true) => !rules.session_absent_after_clean_start, // [5.0/MQTT-3.2.2-2]
            (true, false) => rules.session_present_when_resumed,  // [5.0/MQTT-3.2.2-3]
            (false, false) => !rules.session_absent_when_none_stored,
        };
        let packet = if hello.version == Version::V5 {
            let Some(properties) = self.connack_properties(hello, assigned) else {
                return self.end(conn, Ending::Refused);
            };
            AnyPacket::V5(v5::Packet::ConnAck(v5::ConnAck::accepted(present, properties)))
        } else {
            // In 3.1 the byte is reserved. [3.1/V31-3.2-1]
            let session_present = match hello.version {
                Version::V3_1 => !rules.connack_flags_reserved,
                _ => present,
            };
            AnyPacket::V3(v3::Packet::ConnAck(v3::ConnAck::Accepted { session_present }))
        };
        if !self.send(conn, &packet) {
            return self.end(conn, Ending::Refused); // it is above the client's Maximum Packet Size
        }
        if !rules.sends_one_connack {
            self.send(conn, &packet);
        }
    }

    fn connack_properties(&self, hello: &Hello, assigned: bool) -> Option<ConnAckProperties> {
        let (rules, limits) = (&self.rules, &self.limits);
        let mut properties = ConnAckProperties::builder();
        if hello.session_expiry > limits.session_expiry_maximum {
            properties = properties.session_expiry_interval(limits.session_expiry_maximum);
        }
        properties = properties.receive_maximum(limits.receive_maximum.max(1));
        if limits.maximum_qos != Qos::ExactlyOnce && rules.announces_maximum_qos {
            properties = properties.maximum_qos(limits.maximum_qos); // [5.0/MQTT-3.2.2-9]
        }
        if !limits.retain_available {
            properties = properties.retain_available(false);
        }
        properties = properties.maximum_packet_size(limits.max_packet_size.max(1));
        if assigned && rules.tells_assigned_client_id {
            let id = std::str::from_utf8(&hello.client_id).unwrap_or_default();
            properties = properties.assigned_client_identifier(id); // [5.0/MQTT-3.1.3-7]
        }
        properties = properties.topic_alias_maximum(limits.topic_alias_maximum);
        if !limits.wildcards_available {
            properties = properties.wildcard_subscription_available(false);
        }
        if !limits.subscription_ids_available {
            properties = properties.subscription_identifier_available(false);
        }
        if !limits.shared_available {
            properties = properties.shared_subscription_available(false);
        }
        if let Some(seconds) = limits.server_keep_alive {
            properties = properties.server_keep_alive(seconds);
        }
        if hello.response_information || !rules.respects_response_information {
            let id = String::from_utf8_lossy(&hello.client_id);
            // A client identifier may be as long as any text: then there is no room for a prefix.
            let basis = format!("responses/{id}");
            let basis = if basis.len() > 0xffff { "responses" } else { &basis };
            properties = properties.response_information(basis); // [5.0/MQTT-3.1.2-28]
        }
        let method = match &hello.method {
            Some(method) if rules.repeats_authentication_method => Some(&**method),
            None if !rules.no_authentication_unasked => Some(super::AUTHENTICATION_METHOD.as_bytes()),
            _ => None,
        };
        if let Some(method) = method.and_then(|method| std::str::from_utf8(method).ok()) {
            properties = properties.authentication_method(method); // [5.0/MQTT-4.12.0-5]
        }
        properties.finish().ok()
    }
}
