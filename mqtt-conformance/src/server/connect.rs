//! CONNECT: who may come in, and with which session.

use super::action::ConnId;
use super::auth::AUTHENTICATION_METHOD;
use super::limits::Limits;
use super::message::Will;
use super::outgoing::{InFlight, Stage};
use super::rule_table::Rules;
use super::session::Session;
use super::state::{Broker, ConnectRequest, Ending, Phase};
use bytes::Bytes;
use mqtt_codec::v5::{ConnAckProperties, ConnAckReason, DisconnectReason, PayloadFormat};
use mqtt_codec::{AnyPacket, Qos, Version, v3, v5};

impl ConnectRequest {
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
        let request = match packet {
            AnyPacket::V3(v3::Packet::Connect(connect)) => ConnectRequest::v3(connect),
            AnyPacket::V5(v5::Packet::Connect(connect)) => ConnectRequest::v5(connect),
            // Version detection lets nothing else pass.
            _ => return self.end(conn, Ending::Refused),
        };
        let Some(line) = self.line(conn) else { return };
        line.connection.max_packet_size = request.max_packet_size;
        line.connection.problem_information = request.problem_information;
        if let Some((reason, code)) = self.objection_to(&request) {
            self.refuse(conn, reason, code);
        } else if request.method.is_some() {
            self.begin_authentication(conn, request);
        } else {
            self.accept(conn, request);
        }
    }

    /// Why a CONNECT is refused, if there is a reason: the code of 5.0, and that of 3.x.
    fn objection_to(&self, request: &ConnectRequest) -> Option<(ConnAckReason, v3::ConnectReturnCode)> {
        use v3::ConnectReturnCode::{IdentifierRejected, NotAuthorized, ServerUnavailable};
        let (rules, limits) = (&self.rules, &self.limits);
        let liberties = &limits.liberties;
        if !self.accepts_client_id(request) {
            // [5.0/MQTT-3.1.3-8, 3.1.1/MQTT-3.1.3-9]
            return Some((ConnAckReason::ClientIdentifierNotValid, IdentifierRejected));
        }
        let newer = request.version != Version::V3_1;
        if newer && liberties.refuses_odd_client_ids_as_not_authorized && is_odd(&request.client_id) {
            return Some((ConnAckReason::NotAuthorized, NotAuthorized));
        }
        if let Some(Will { message: will, .. }) = &request.will {
            let utf8 = will.properties.payload_format_indicator() == Some(PayloadFormat::Utf8);
            let checked = utf8 && !liberties.ignores_payload_format;
            if checked && std::str::from_utf8(&will.payload).is_err() {
                return Some((ConnAckReason::PayloadFormatInvalid, ServerUnavailable));
            }
            let five = request.version == Version::V5;
            if five && will.qos > limits.maximum_qos && rules.refuses_will_above_maximum_qos {
                return Some((ConnAckReason::QosNotSupported, ServerUnavailable)); // [5.0/MQTT-3.2.2-12]
            }
            let keeps = limits.retain_available || !rules.refuses_unavailable_will_retain;
            if five && will.retain && !keeps {
                return Some((ConnAckReason::RetainNotSupported, ServerUnavailable)); // [5.0/MQTT-3.2.2-13]
            }
        }
        self.objection_to_login(request)
    }

    /// Why a login is refused, if there is a reason.
    fn objection_to_login(&self, request: &ConnectRequest) -> Option<(ConnAckReason, v3::ConnectReturnCode)> {
        use v3::ConnectReturnCode::{BadUserNameOrPassword, NotAuthorized};
        let liberties = &self.limits.liberties;
        let alone = request.password.is_some() && request.user_name.is_none();
        if alone && request.version == Version::V5 && liberties.refuses_password_without_user_name {
            return Some((ConnAckReason::BadUserNameOrPassword, BadUserNameOrPassword));
        }
        let (name, password) = self.limits.credentials.as_ref()?;
        let right = request.user_name.as_deref() == Some(name.as_bytes())
            && request.password.as_deref() == Some(password.as_slice());
        if right || !self.rules.checks_credentials || liberties.takes_any_login {
            None
        } else if liberties.refuses_logins_as_not_authorized {
            Some((ConnAckReason::NotAuthorized, NotAuthorized))
        } else {
            Some((ConnAckReason::BadUserNameOrPassword, BadUserNameOrPassword)) // [5.0/MQTT-3.1.4-2]
        }
    }

    fn accepts_client_id(&self, request: &ConnectRequest) -> bool {
        let (rules, liberties) = (&self.rules, &self.limits.liberties);
        let id = &request.client_id;
        let characters = id.iter().filter(|&&b| b & 0xc0 != 0x80).count();
        // [5.0/MQTT-3.1.3-5, 5.0/MQTT-3.1.3-6, 3.1.1/MQTT-3.1.3-5, 3.1.1/MQTT-3.1.3-6]
        let refused = request.version != Version::V3_1
            && (liberties.refuses_empty_client_ids && id.is_empty()
                || liberties.refuses_long_client_ids && id.len() > 23
                || liberties.refuses_odd_client_ids && is_odd(id));
        match request.version {
            _ if refused => false,
            // [3.1/V31-3.1-2]
            Version::V3_1 if id.is_empty() => {
                !rules.refuses_empty_client_id_in_3_1 || liberties.accepts_empty_client_ids_in_3_1
            }
            // [3.1/V31-3.1-1]
            Version::V3_1 if characters > 23 => {
                !rules.refuses_long_client_id_in_3_1 || liberties.accepts_long_client_ids_in_3_1
            }
            // [3.1.1/MQTT-3.1.3-8]
            Version::V3_1_1 if id.is_empty() && !request.clean => {
                // [3.1.1/MQTT-3.1.3-7]
                !rules.refuses_empty_client_id_for_kept_session
            }
            // [5.0/MQTT-3.1.3-6, 3.1.1/MQTT-3.1.3-6]
            _ if id.is_empty() => rules.assigns_client_id,
            // [5.0/MQTT-3.1.3-5, 3.1.1/MQTT-3.1.3-5]
            _ if characters > 12 && !rules.accepts_common_client_ids => false,
            // [3.1/V31-3.1-3]
            Version::V3_1 => rules.accepts_any_characters_in_3_1 || id.iter().all(u8::is_ascii_alphanumeric),
            _ => true,
        }
    }

    /// Answers a CONNECT with a refusal, and closes.
    pub(super) fn refuse(&mut self, conn: ConnId, reason: ConnAckReason, code: v3::ConnectReturnCode) {
        if let Some(mut line) = self.line(conn) {
            // Who rejects the identifier has to say so; of other refusals the close is enough.
            let silent = line.limits.liberties.closes_without_connack
                && code != v3::ConnectReturnCode::IdentifierRejected;
            if line.connection.version() == Version::V5 {
                line.send_connack_error(reason, "");
            } else if !silent {
                line.send_v3(v3::Packet::ConnAck(v3::ConnAck::Refused(code)));
            }
        }
        self.close_refused(conn); // [5.0/MQTT-3.2.2-7, 5.0/MQTT-4.13.2-1, 3.1.1/MQTT-3.2.2-5]
    }

    /// The key of a client's session.
    fn session_key(&self, client_id: &Bytes) -> Bytes {
        // [3.1.1/MQTT-3.1.3-2]
        if self.rules.keys_sessions_by_client_id {
            client_id.clone() // [5.0/MQTT-3.1.3-2]
        } else {
            client_id.to_ascii_lowercase().into()
        }
    }

    fn assign_client_id(&mut self) -> Bytes {
        loop {
            self.counter += 1;
            // [3.1.1/MQTT-3.1.3-6]
            let number = if self.rules.assigned_client_ids_are_unique { self.counter } else { 0 };
            // It has to be one that the server accepts.
            let liberties = &self.limits.liberties;
            let odd = liberties.refuses_odd_client_ids || liberties.refuses_odd_client_ids_as_not_authorized;
            let id = if odd {
                format!("auto{number}")
            } else if liberties.assigns_long_client_ids && !liberties.refuses_long_client_ids {
                format!("assigned by the server/{number:0>40}")
            } else {
                format!("auto-{number}")
            };
            let id = Bytes::from(id);
            if !self.rules.assigned_client_ids_are_unique || !self.sessions.contains_key(&id) {
                return id; // [5.0/MQTT-3.2.2-16]
            }
        }
    }

    /// Lets a client in.
    pub(super) fn accept(&mut self, conn: ConnId, mut request: ConnectRequest) {
        let assigned = request.client_id.is_empty();
        if assigned {
            request.client_id = self.assign_client_id();
            if let Some(will) = &mut request.will {
                will.message.publisher = request.client_id.clone();
            }
        }
        let client = self.session_key(&request.client_id);
        if self.sessions.len() >= self.limits.sessions && !self.sessions.contains_key(&client) {
            return self.refuse(conn, ConnAckReason::QuotaExceeded, v3::ConnectReturnCode::ServerUnavailable);
        }
        let liberties = self.limits.liberties;
        let open = self.connections.values().filter(|connection| connection.is_open());
        if liberties.takes_three_connections_at_most && open.filter(|c| c.client != client).count() >= 3 {
            return self.refuse(conn, ConnAckReason::QuotaExceeded, v3::ConnectReturnCode::ServerUnavailable);
        }
        self.take_over(&client);
        // The standards speak of clients of their own version only. [3.1.1/3.1.4, 5.0/3.1.4]
        let other = self.sessions.get(&client).is_some_and(|session| session.version != request.version);
        // [5.0/MQTT-3.1.4-4, 3.1.1/MQTT-3.1.2-6, 3.1.1/MQTT-3.1.4-3, 3.1/V31-2.2-5]
        if request.clean && self.rules.clean_start_discards_session
            || other && liberties.has_separate_sessions_for_versions
        {
            if liberties.publishes_no_will_when_a_clean_start_ends_the_delay
                && let Some(session) = self.sessions.get_mut(&client)
            {
                session.will = None; // [5.0/MQTT-3.1.3-9]
            }
            self.end_session(&client); // [5.0/MQTT-3.1.2-4]
        }
        let present = self.sessions.contains_key(&client);
        self.open_session(conn, &client, &request);

        let connack_first = self.rules.connack_comes_first; // [5.0/MQTT-3.2.0-1, 3.1.1/MQTT-3.2.0-1]
        if connack_first {
            self.send_connack(conn, &request, assigned, present);
        }
        if let Some(mut client) = self.client(conn) {
            client.greet();
            client.pump();
        }
        if !connack_first {
            self.send_connack(conn, &request, assigned, present);
        }
    }

    /// Closes the connection that the client has already.
    fn take_over(&mut self, key: &Bytes) {
        let Some(mut older) = self.client_of_session(key) else { return };
        if older.rules.takeover_closes_older {
            let about = "another connection took the session over";
            older.line.send_disconnect(DisconnectReason::SessionTakenOver, about);
            let conn = older.line.conn;
            self.end(conn, Ending::TakenOver); // [5.0/MQTT-3.1.4-3, 3.1.1/MQTT-3.1.4-2, 3.1/V31-3.1-4]
        } else {
            older.session.conn = None;
        }
    }

    /// Ties a session to a connection: the stored one, or a new one.
    fn open_session(&mut self, conn: ConnId, key: &Bytes, request: &ConnectRequest) {
        let session = self.sessions.entry(key.clone()).or_insert_with(|| Session::new(request.version));
        session.version = request.version;
        session.conn = Some(conn);
        session.expiry = granted_expiry(&self.limits, request);
        session.ends_at = None;
        session.resume(&self.rules, self.now);

        let Some(connection) = self.connections.get_mut(&conn) else { return };
        connection.phase = Phase::Open;
        // Keep Alive is monitored from CONNACK on. [5.0/3.1.4, 3.1.1/3.1.4]
        let late = if self.limits.liberties.answers_connect_late { 2_000 } else { 0 };
        connection.heard = self.now + late;
        connection.keep_alive = match self.limits.server_keep_alive {
            Some(seconds) if request.version == Version::V5 => seconds,
            _ => request.keep_alive, // [5.0/MQTT-3.2.2-22]
        };
        connection.client = key.clone();
        connection.will.clone_from(&request.will); // [5.0/MQTT-3.1.2-7, 3.1.1/MQTT-3.1.2-12]
        connection.receive_maximum =
            if self.rules.respects_receive_maximum { request.receive_maximum } else { u16::MAX };
        connection.topic_alias_maximum = request.topic_alias_maximum;
        connection.expiry_was_zero = request.session_expiry == 0;
        self.remember(conn, request);
    }

    /// Adds to a connection what a broken broker remembers of earlier ones.
    fn remember(&mut self, conn: ConnId, request: &ConnectRequest) {
        let Self { rules, connections, sessions, fault, .. } = self;
        let Some(connection) = connections.get_mut(&conn) else { return };
        let key = &connection.client;
        // [5.0/MQTT-3.1.2-7, 3.1.1/MQTT-3.1.2-12, 3.1/V31-2.2-7]
        if !rules.no_will_unasked {
            match &request.will {
                Some(will) => drop(fault.wills.insert(key.clone(), will.clone())),
                None => connection.will = fault.wills.get(key).cloned(),
            }
        }
        // [5.0/MQTT-3.1.2-24, 5.0/MQTT-3.3.4-9]
        if !rules.forgets_client_limits
            && let Some(session) = sessions.get_mut(key)
        {
            (connection.receive_maximum, connection.max_packet_size) =
                session.fault.shrink(request.receive_maximum, request.max_packet_size);
        }
        // [5.0/MQTT-3.3.2-7]
        if !rules.forgets_topic_aliases {
            connection.aliases = fault.aliases.get(key).cloned().unwrap_or_default();
        }
        if !rules.forgets_sent_topic_aliases {
            connection.sent_aliases = fault.sent_aliases.get(key).cloned().unwrap_or_default();
        }
    }

    fn send_connack(&mut self, conn: ConnId, request: &ConnectRequest, assigned: bool, present: bool) {
        let rules = &self.rules;
        // [5.0/MQTT-4.2.0-1, 3.1.1/MQTT-7.1.1-1, 3.1/V31-2.2-1, 3.1/V31-2.2-2]
        if !rules.answers_connect {
            return; // [5.0/MQTT-3.1.4-5, 3.1.1/MQTT-3.1.4-4]
        }
        let present = match (present, request.clean) {
            (_, true) => !rules.session_absent_after_clean_start, // [5.0/MQTT-3.2.2-2, 3.1.1/MQTT-3.2.2-1]
            (true, false) => rules.session_present_when_resumed,  // [5.0/MQTT-3.2.2-3, 3.1.1/MQTT-3.2.2-2]
            (false, false) => !rules.session_absent_when_none_stored, // [5.0/MQTT-3.2.2-3, 3.1.1/MQTT-3.2.2-3]
        };
        let packet = match request.version {
            Version::V5 => self.connack_properties(request, assigned).map(|properties| {
                AnyPacket::V5(v5::Packet::ConnAck(v5::ConnAck::accepted(present, properties)))
            }),
            version => {
                // In 3.1 the byte is reserved. [3.1/V31-3.2-1]
                let reserved = version == Version::V3_1;
                // [5.0/MQTT-3.2.2-1]
                let session_present = if reserved { !rules.connack_flags_reserved } else { present };
                Some(AnyPacket::V3(v3::Packet::ConnAck(v3::ConnAck::Accepted { session_present })))
            }
        };
        let Some(mut line) = self.line(conn) else { return };
        let decorated = packet.as_ref().and_then(|packet| line.decorated(packet));
        // It may be above the client's Maximum Packet Size. [5.0/MQTT-3.2.2-19, 5.0/MQTT-3.2.2-20]
        let sent = decorated.is_some_and(|packet| line.send(&packet))
            || packet.as_ref().is_some_and(|packet| line.send(packet));
        match packet {
            Some(packet) if sent && !line.rules.sends_one_connack => {
                line.send(&packet); // [5.0/MQTT-3.2.0-2]
            }
            _ if sent => {}
            _ => self.end(conn, Ending::Refused),
        }
    }

    fn connack_properties(&self, request: &ConnectRequest, assigned: bool) -> Option<ConnAckProperties> {
        let (rules, limits) = (&self.rules, &self.limits);
        let liberties = &limits.liberties;
        // What may be left out is left out where the client takes no more than a small packet.
        let spelt_out = liberties.spells_out_defaults && request.max_packet_size >= 100;
        let brief = liberties.announces_only_what_differs && !spelt_out;
        let mut properties = ConnAckProperties::builder();
        let expiry = granted_expiry(limits, request);
        if expiry != request.session_expiry || spelt_out {
            properties = properties.session_expiry_interval(expiry);
        }
        if !brief || limits.receive_maximum != u16::MAX {
            properties = properties.receive_maximum(limits.receive_maximum.max(1));
        }
        if limits.maximum_qos != Qos::ExactlyOnce && rules.announces_maximum_qos {
            properties = properties.maximum_qos(limits.maximum_qos); // [5.0/MQTT-3.2.2-9]
        }
        if !limits.retain_available || spelt_out {
            properties = properties.retain_available(limits.retain_available);
        }
        if !brief || limits.max_packet_size != u32::MAX {
            properties = properties.maximum_packet_size(limits.max_packet_size.max(1));
        }
        if assigned && rules.tells_assigned_client_id {
            let id = std::str::from_utf8(&request.client_id).unwrap_or_default();
            properties = properties.assigned_client_identifier(id); // [5.0/MQTT-3.1.3-7]
        }
        if !brief || limits.topic_alias_maximum != 0 {
            properties = properties.topic_alias_maximum(limits.topic_alias_maximum);
        }
        if !limits.wildcards_available || spelt_out {
            properties = properties.wildcard_subscription_available(limits.wildcards_available);
        }
        if !limits.subscription_ids_available || spelt_out {
            properties = properties.subscription_identifier_available(limits.subscription_ids_available);
        }
        if !limits.shared_available || spelt_out {
            properties = properties.shared_subscription_available(limits.shared_available);
        }
        if let Some(seconds) = limits.server_keep_alive.or_else(|| spelt_out.then_some(request.keep_alive)) {
            properties = properties.server_keep_alive(seconds);
        }
        let asked = request.response_information && !liberties.gives_no_response_information;
        if asked || !rules.respects_response_information {
            let id = String::from_utf8_lossy(&request.client_id);
            // A client identifier may be as long as any text: then there is no room for a prefix.
            let basis = format!("responses/{id}");
            let basis = if basis.len() > 0xffff { "responses" } else { &basis };
            properties = properties.response_information(basis); // [5.0/MQTT-3.1.2-28]
        }
        let method = match &request.method {
            Some(method) if rules.repeats_authentication_method => Some(&**method),
            // [5.0/MQTT-4.12.0-6]
            None if !rules.no_authentication_unasked => Some(AUTHENTICATION_METHOD.as_bytes()),
            _ => None,
        };
        if let Some(method) = method.and_then(|method| std::str::from_utf8(method).ok()) {
            properties = properties.authentication_method(method); // [5.0/MQTT-4.12.0-5]
            if request.method.is_some() && liberties.adds_data_to_accepting_connack {
                properties = properties.authentication_data(b"accepted");
            }
        }
        properties.finish().ok()
    }
}

impl Session {
    /// Makes a stored session ready for a new connection.
    fn resume(&mut self, rules: &Rules, now: u64) {
        if rules.reconnect_cancels_will {
            self.will = None; // [5.0/MQTT-3.1.3-9]
        }
        if !rules.resumes_subscriptions {
            self.subscriptions.clear(); // [5.0/MQTT-3.1.2-5, 3.1.1/MQTT-3.1.2-4, 3.1/V31-2.2-3]
        }
        if !rules.remembers_received_ids {
            self.received.clear(); // [5.0/MQTT-4.1.0-1, 3.1.1/MQTT-4.1.0-1]
        }
        // [5.0/MQTT-4.3.2-3, 3.1.1/MQTT-4.3.2-1]
        for sent in self.fault.acknowledged.drain(..).rev() {
            let stage = Stage::first(sent.outgoing.qos);
            self.in_flight.push_front(InFlight { stage, ..sent });
        }
        for sent in &mut self.in_flight {
            sent.here = false;
            if !rules.no_publish_after_pubrec && sent.stage == Stage::PubComp {
                sent.stage = Stage::PubRec; // [5.0/MQTT-4.3.3-6, 3.1.1/MQTT-4.3.3-1]
            }
        }
        // [5.0/MQTT-4.4.0-1, 5.0/MQTT-4.3.3-5, 3.1.1/MQTT-4.4.0-1, 3.1/V31-4.2-1]
        self.in_flight.retain(|sent| match sent.stage {
            Stage::PubComp => rules.resends_pubrel,
            Stage::PubAck | Stage::PubRec => {
                // [5.0/MQTT-4.8.2-4, 5.0/MQTT-4.3.3-7]
                rules.resends_publish
                    && (rules.share_finishes_qos_2_with_member
                        || !(sent.outgoing.shared && sent.stage == Stage::PubRec))
                    && (rules.finishes_expired_deliveries || !sent.outgoing.message.is_expired(now))
            }
        });
        if !rules.resends_in_order {
            self.in_flight.make_contiguous().reverse(); // [5.0/MQTT-4.6.0-5, 3.1.1/MQTT-4.6.0-6, 3.1/V31-4.3-1]
        }
    }
}

/// Whether a client identifier has characters that not every server has to allow. [5.0/MQTT-3.1.3-5, 3.1.1/MQTT-3.1.3-5]
fn is_odd(client_id: &[u8]) -> bool {
    !client_id.iter().all(u8::is_ascii_alphanumeric)
}

/// The Session Expiry Interval that a client is granted, which CONNACK tells where it is not the one that was asked for.
fn granted_expiry(limits: &Limits, request: &ConnectRequest) -> u32 {
    if request.version != Version::V5 {
        return request.session_expiry;
    }
    let asked = request.session_expiry;
    let extended = if limits.liberties.extends_session_expiry { asked.max(3_600) } else { asked };
    extended.min(limits.session_expiry_maximum)
}
