//! From the bytes of a connection to packets, and what happens to bytes that are none.

use super::action::ConnId;
use super::client::Effect;
use super::fault::overlook::{accepts_bits, mend, overlooks, with_known_name};
use super::liberty::{malformed_answer, repair, tolerates};
use super::limits::Limits;
use super::rule_table::Rules;
use super::state::{Broker, Connection, Ending, Phase};
use bytes::{Bytes, BytesMut};
use mqtt_codec::v5::{ConnAckReason, DisconnectReason, ReasonCode};
use mqtt_codec::{
    AnyDecoder, Cause, DecodeError, DecodeOptions, Decoded, FixedHeader, Frame, Sender, Version, v3,
};

/// What the front of a buffer holds.
enum Front {
    /// Not a whole packet yet.
    Nothing,
    /// Bytes of a whole packet.
    Packet(AnyDecoder, BytesMut),
    /// Bytes that are no packet, and what is wrong.
    Wrong(DecodeError),
    /// A packet that a broken rule overlooks.
    Overlooked,
}

impl Broker {
    /// Takes packets from the front of a connection's buffer, as long as there are whole ones.
    pub(super) fn read_packets(&mut self, conn: ConnId) {
        while self.read_packet(conn) {}
        let refused = self.connections.get(&conn).is_some_and(|c| matches!(c.phase, Phase::Refused));
        if refused && self.rules.closes_after_refusal {
            self.end(conn, Ending::Refused);
        }
    }

    /// Takes one packet; `false` when there is none.
    fn read_packet(&mut self, conn: ConnId) -> bool {
        let Some(connection) = self.connections.get_mut(&conn) else { return false };
        let (decoder, mut bytes) = match connection.front(&self.rules, &self.limits) {
            Front::Nothing => return false,
            Front::Overlooked => return true,
            Front::Wrong(error) => {
                self.refuse_bytes(conn, &error);
                return false;
            }
            Front::Packet(decoder, bytes) => (decoder, bytes),
        };
        // [5.0/MQTT-3.1.0-2, 3.1.1/MQTT-3.1.0-2] ask for the close only.
        let second = matches!(connection.phase, Phase::New) && connection.buffer.first() == Some(&0x10);
        if second
            && decoder.version() != Version::V3_1
            && self.limits.liberties.closes_on_two_connects_at_once
        {
            self.end(conn, Ending::Refused);
            return false;
        }
        if self.rules.packets_renew_keep_alive {
            connection.heard = self.now; // [5.0/MQTT-3.1.2-22, 3.1.1/MQTT-3.1.2-24, 3.1/V31-2.2-11]
        }
        let liberties = self.limits.liberties;
        while let Err(error) = decoder.decode(&bytes)
            && (overlooks(&self.rules, &error) && mend(&mut bytes, &error)
                || tolerates(&liberties, &error) && repair(&mut bytes, &error))
        {}
        match decoder.decode(&bytes) {
            Ok(Decoded::Complete { value, .. }) => {
                if accepts_bits(&self.rules, decoder.version(), &bytes, &value) {
                    self.handle(conn, &value);
                } else {
                    self.fail(conn, DisconnectReason::MalformedPacket, "the packet is refused");
                }
            }
            Ok(Decoded::Incomplete { .. }) => {}
            Err(error) if overlooks(&self.rules, &error) || tolerates(&liberties, &error) => {}
            Err(error) if self.answer_malformed(conn, &error, &bytes) => {}
            Err(error) => self.refuse_bytes(conn, &error),
        }
        true
    }

    /// Answers a packet whose topic or filter is malformed by a code, where there is one; `false` where the broker closes.
    fn answer_malformed(&mut self, conn: ConnId, error: &DecodeError, bytes: &[u8]) -> bool {
        let liberties = self.limits.liberties;
        let Some(mut line) = self.line(conn).filter(|line| line.connection.is_open()) else { return false };
        match malformed_answer(&liberties, error, bytes) {
            Some(answer) => line.send_bytes(answer),
            None => return false,
        }
        true
    }

    /// Ends a connection whose bytes are wrong, after saying so.
    fn refuse_bytes(&mut self, conn: ConnId, error: &DecodeError) {
        let Some(mut line) = self.line(conn) else { return };
        let about = error.to_string();
        if !matches!(line.connection.phase, Phase::New) {
            let reason = error.reason_code().and_then(DisconnectReason::from_u8);
            let effect = line.fail(reason.unwrap_or(DisconnectReason::MalformedPacket), &about);
            return self.carry_out(conn, effect);
        }
        let level = matches!(error.cause(), Cause::ProtocolLevel(_));
        let liberties = &line.limits.liberties;
        if line.connection.buffer.starts_with(b"GET ") && liberties.speaks_http_too {
            let answer = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
            line.send_bytes(Bytes::from_static(answer));
            return self.close_refused(conn);
        }
        let silent = error.version() == Version::V3_1 && liberties.closes_without_connack;
        match (error.reason_code().and_then(ConnAckReason::from_u8), error.return_code()) {
            // [5.0/MQTT-3.1.2-2]
            (Some(_), _) if level && !line.rules.names_unknown_protocol_level => {}
            (Some(_), _) if level && liberties.answers_unknown_level_in_3_1_1_form => {
                let code = v3::ConnectReturnCode::UnacceptableProtocolVersion;
                line.send_v3(v3::Packet::ConnAck(v3::ConnAck::Refused(code)));
            }
            (Some(reason), _) => line.send_connack_error(reason, &about),
            (None, Some(_)) if silent => {}
            // [3.1.1/MQTT-3.1.2-2, 3.1/V31-3.1-10]
            (None, Some(code)) if line.rules.names_unknown_protocol_level => {
                line.send_v3(v3::Packet::ConnAck(v3::ConnAck::Refused(code)));
            }
            // [3.1.1/MQTT-3.1.4-1]
            (None, None)
                if error.version() == Version::V3_1_1 && !line.rules.stays_silent_on_malformed_connect =>
            {
                let code = v3::ConnectReturnCode::IdentifierRejected;
                line.send_v3(v3::Packet::ConnAck(v3::ConnAck::Refused(code)));
            }
            _ => {}
        }
        self.close_refused(conn);
    }

    /// Closes a connection that was refused, unless a broken rule leaves it open or goes on reading.
    pub(super) fn close_refused(&mut self, conn: ConnId) {
        if self.rules.closes_after_refusal && self.rules.ignores_packets_after_refusal {
            self.end(conn, Ending::Refused);
        } else if let Some(connection) = self.connections.get_mut(&conn) {
            connection.phase = Phase::Refused;
        }
    }

    /// Closes a connection for a mistake of the client, after saying so where the version can.
    fn fail(&mut self, conn: ConnId, reason: DisconnectReason, about: &str) {
        let effect = self.line(conn).map_or(Effect::None, |mut line| line.fail(reason, about));
        self.carry_out(conn, effect);
    }
}

impl Connection {
    /// Cuts the first packet off.
    fn front(&mut self, rules: &Rules, limits: &Limits) -> Front {
        let buffer = &mut self.buffer;
        let decoder = match self.decoder {
            Some(decoder) => decoder,
            None => match Version::detect(buffer) {
                Ok(Decoded::Incomplete { .. }) => return Front::Nothing,
                Ok(Decoded::Complete { value: version, .. }) => {
                    *self.decoder.insert(decoder(version, rules, limits))
                }
                Err(error) => return unknown(buffer, error, rules, limits),
            },
        };
        match FixedHeader::parse(buffer, decoder.version()) {
            // A length without an end: a server that overlooks it waits for ever.
            Err(error) if overlooks(rules, &error) => Front::Nothing,
            Err(error) => Front::Wrong(error),
            Ok(Decoded::Complete { value, .. }) if buffer.len() >= value.packet_len() => {
                let packet = buffer.split_to(value.packet_len());
                let shortens = value.is_overlong() && limits.liberties.overlooks_overlong_lengths;
                Front::Packet(decoder, if shortens { in_shortest_form(value, &packet) } else { packet })
            }
            // The first byte and the length may show that there is no point in waiting for the rest.
            Ok(_) => match decoder.decode(buffer).err() {
                Some(error) if !overlooks(rules, &error) && !tolerates(&limits.liberties, &error) => {
                    Front::Wrong(error)
                }
                _ => Front::Nothing,
            },
        }
    }
}

/// A packet with its Remaining Length in as few bytes as it takes.
fn in_shortest_form(header: FixedHeader, packet: &[u8]) -> BytesMut {
    let length = header.remaining_length().get();
    let body = packet.len().saturating_sub(usize::try_from(length).unwrap_or(0));
    let mut shortest = BytesMut::from(packet.get(..1).unwrap_or_default());
    let mut rest = length;
    while rest > 0x7f {
        shortest.extend_from_slice(&[u8::try_from(rest & 0x7f).unwrap_or(0) | 0x80]);
        rest >>= 7;
    }
    shortest.extend_from_slice(&[u8::try_from(rest).unwrap_or(0)]);
    shortest.extend_from_slice(packet.get(body..).unwrap_or_default());
    shortest
}

/// The decoder of a connection that speaks this version.
fn decoder(version: Version, rules: &Rules, limits: &Limits) -> AnyDecoder {
    let liberties = &limits.liberties;
    // [5.0/MQTT-3.2.2-15]
    let largest = match version {
        _ if !rules.refuses_too_large_packets => u32::MAX,
        Version::V5 if liberties.overlooks_maximum_packet_size => u32::MAX,
        Version::V5 => limits.max_packet_size,
        // Clients of 3.x cannot be told. [3.1.1/MQTT-4.8.0-2]
        _ if liberties.closes_on_large_packets_in_3_x => 16 << 10,
        _ => limits.max_packet_size,
    };
    let picky = liberties.refuses_control_characters && version != Version::V3_1;
    let options = DecodeOptions::new()
        .sender(Sender::Client)
        .max_packet_size(largest)
        .refuse_control_characters(picky)
        .refuse_non_characters(picky)
        .accept_any_client_identifier(true);
    AnyDecoder::with_options(version, options)
}

/// What to do with bytes that begin with no CONNECT of a known version.
fn unknown(buffer: &mut BytesMut, error: DecodeError, rules: &Rules, limits: &Limits) -> Front {
    if limits.liberties.waits_for_the_connect_timeout && matches!(error.cause(), Cause::NotConnect) {
        buffer.truncate(1); // [5.0/3.1.4]
        return Front::Nothing;
    }
    let overlooked = match error.cause() {
        // [5.0/MQTT-3.1.0-1, 3.1.1/MQTT-3.1.0-1]
        Cause::NotConnect => !rules.connect_comes_first,
        // [5.0/MQTT-3.1.2-1, 3.1.1/MQTT-3.1.2-1, 3.1/V31-3.1-9, 3.1/V31-2.2-1]
        Cause::ProtocolName if !rules.refuses_unknown_protocol_name => {
            if let Some(renamed) = with_known_name(buffer) {
                *buffer = renamed;
                return Front::Overlooked;
            }
            true
        }
        // [5.0/MQTT-3.1.4-1, 3.1/V31-3.1-8]
        Cause::VarIntTooLong if !rules.checks_connect => return Front::Nothing,
        // [3.1/V31-3.1-9, 3.1/V31-2.2-2]
        Cause::ProtocolLevel(_) => !rules.refuses_unknown_protocol_level,
        _ => false,
    };
    if !overlooked {
        return Front::Wrong(error);
    }
    match Frame::take(buffer, Version::V3_1_1, limits.max_packet_size) {
        Ok(Decoded::Complete { consumed, .. }) => {
            drop(buffer.split_to(consumed));
            Front::Overlooked
        }
        Ok(Decoded::Incomplete { .. }) => Front::Nothing,
        Err(error) => Front::Wrong(error),
    }
}
