//! Small packets of all three versions, field by field, with their values and the places of their fields.

use serde_json::{Map, Value, json};

use crate::vector::{Version, text};
use crate::wire::Body;

/// A packet, its values, and where its fields begin (positions in the body).
#[derive(Clone, Debug)]
pub(crate) struct Simple {
    pub(crate) body: Body,
    pub(crate) values: Value,
    pub(crate) at: Vec<(&'static str, usize)>,
}

impl Simple {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.body.frame()
    }

    /// The offset of a field by name; the last one of that name.
    pub(crate) fn offset(&self, field: &str) -> usize {
        let position = self.at.iter().rev().find(|(name, _)| *name == field).map_or(0, |(_, at)| *at);
        self.body.offset(position)
    }

    /// The offset of a byte inside a string field, behind its two length bytes.
    pub(crate) fn inside(&self, field: &str, index: usize) -> usize {
        self.offset(field) + 2 + index
    }
}

/// A Will.
#[derive(Clone, Debug)]
pub(crate) struct Will {
    pub(crate) topic: Vec<u8>,
    pub(crate) payload: Vec<u8>,
    pub(crate) qos: u8,
    pub(crate) retain: bool,
}

/// A CONNECT without properties.
#[derive(Clone, Debug)]
pub(crate) struct Connect {
    pub(crate) version: Version,
    pub(crate) clean: bool,
    pub(crate) keep_alive: u16,
    pub(crate) client_id: Vec<u8>,
    pub(crate) will: Option<Will>,
    pub(crate) user_name: Option<Vec<u8>>,
    pub(crate) password: Option<Vec<u8>>,
}

impl Connect {
    pub(crate) fn new(version: Version) -> Self {
        Self {
            version,
            clean: true,
            keep_alive: 60,
            client_id: b"c".to_vec(),
            will: None,
            user_name: None,
            password: None,
        }
    }

    pub(crate) fn client_id(mut self, client_id: &[u8]) -> Self {
        self.client_id = client_id.to_vec();
        self
    }

    pub(crate) fn will(mut self, topic: &[u8], payload: &[u8], qos: u8, retain: bool) -> Self {
        self.will = Some(Will { topic: topic.to_vec(), payload: payload.to_vec(), qos, retain });
        self
    }

    pub(crate) fn user_name(mut self, user_name: &[u8]) -> Self {
        self.user_name = Some(user_name.to_vec());
        self
    }

    pub(crate) fn password(mut self, password: &[u8]) -> Self {
        self.password = Some(password.to_vec());
        self
    }

    pub(crate) fn flags(&self) -> u8 {
        let will = self.will.as_ref().map_or(0, |will| 0x04 | (will.qos << 3) | (u8::from(will.retain) << 5));
        will | (u8::from(self.clean) << 1)
            | (u8::from(self.password.is_some()) << 6)
            | (u8::from(self.user_name.is_some()) << 7)
    }

    pub(crate) fn build(&self) -> Simple {
        self.build_with_flags(self.flags())
    }

    /// The same payload under another Connect Flags byte.
    pub(crate) fn build_with_flags(&self, flags: u8) -> Simple {
        let v5 = self.version == Version::V5;
        let mut at = vec![("Protocol Name", 0)];
        let mut body = Body::new(0x10).field(self.version.pick(b"MQIsdp", b"MQTT", b"MQTT"));
        at.push((self.version.pick("Protocol Level", "Protocol Level", "Protocol Version"), body.here()));
        body = body.raw(&[self.version.pick(3, 4, 5)]);
        at.push(("Connect Flags", body.here()));
        body = body.raw(&[flags]);
        at.push(("Keep Alive", body.here()));
        body = body.u16(self.keep_alive);
        if v5 {
            at.push(("Property Length", body.here()));
            body = body.raw(&[0]);
        }
        at.push(("Client Identifier", body.here()));
        body = body.field(&self.client_id);
        let mut values = Map::new();
        values.insert("type".into(), json!("connect"));
        values.insert((if v5 { "clean_start" } else { "clean_session" }).into(), json!(self.clean));
        values.insert("keep_alive".into(), json!(self.keep_alive));
        if v5 {
            values.insert("properties".into(), json!([]));
        }
        values.insert("client_id".into(), text(&self.client_id));
        if let Some(will) = &self.will {
            let mut inner = Map::new();
            if v5 {
                at.push(("Will Property Length", body.here()));
                body = body.raw(&[0]);
                inner.insert("properties".into(), json!([]));
            }
            at.push(("Will Topic", body.here()));
            body = body.field(&will.topic);
            at.push((if v5 { "Will Payload" } else { "Will Message" }, body.here()));
            body = body.field(&will.payload);
            inner.insert("topic".into(), text(&will.topic));
            inner.insert("payload".into(), text(&will.payload));
            inner.insert("qos".into(), json!(will.qos));
            inner.insert("retain".into(), json!(will.retain));
            values.insert("will".into(), Value::Object(inner));
        }
        if let Some(user_name) = &self.user_name {
            at.push(("User Name", body.here()));
            body = body.field(user_name);
            values.insert("user_name".into(), text(user_name));
        }
        if let Some(password) = &self.password {
            at.push(("Password", body.here()));
            body = body.field(password);
            values.insert("password".into(), text(password));
        }
        at.push(("Packet", body.here()));
        Simple { body, values: Value::Object(values), at }
    }
}

/// A PUBLISH under a first byte; the Packet Identifier is there if one is given.
pub(crate) fn publish(
    version: Version,
    first: u8,
    topic: &[u8],
    packet_id: Option<u16>,
    payload: &[u8],
) -> Simple {
    let mut at = vec![("Topic Name", 0)];
    let mut body = Body::new(first).field(topic);
    let mut values = Map::new();
    values.insert("type".into(), json!("publish"));
    values.insert("dup".into(), json!(first & 0x08 != 0));
    values.insert("qos".into(), json!((first >> 1) & 3));
    values.insert("retain".into(), json!(first & 1 != 0));
    values.insert("topic".into(), text(topic));
    if let Some(packet_id) = packet_id {
        at.push(("Packet Identifier", body.here()));
        body = body.u16(packet_id);
        values.insert("packet_id".into(), json!(packet_id));
    }
    if version == Version::V5 {
        at.push(("Property Length", body.here()));
        body = body.raw(&[0]);
        values.insert("properties".into(), json!([]));
    }
    at.push(("Payload", body.here()));
    values.insert("payload".into(), text(payload));
    Simple { body: body.raw(payload), values: Value::Object(values), at }
}

/// One of the four acknowledgements of PUBLISH, or UNSUBACK of 3.x: a Packet Identifier alone.
pub(crate) fn ack(version: Version, kind: &'static str, first: u8, packet_id: u16) -> Simple {
    let values = if version == Version::V5 {
        json!({ "type": kind, "packet_id": packet_id, "reason": 0, "properties": [] })
    } else {
        json!({ "type": kind, "packet_id": packet_id })
    };
    let body = Body::new(first).u16(packet_id);
    let at = vec![("Packet Identifier", 0), ("Packet", 2)];
    Simple { body, values, at }
}

fn with_id(version: Version, kind: &str, first: u8, packet_id: u16) -> (Simple, Map<String, Value>) {
    let mut values = Map::new();
    values.insert("type".into(), json!(kind));
    values.insert("packet_id".into(), json!(packet_id));
    let mut at = vec![("Packet Identifier", 0)];
    let mut body = Body::new(first).u16(packet_id);
    if version == Version::V5 {
        at.push(("Property Length", body.here()));
        body = body.raw(&[0]);
        values.insert("properties".into(), json!([]));
    }
    (Simple { body, values: Value::Null, at }, values)
}

/// A SUBSCRIBE: filters with their options byte.
pub(crate) fn subscribe(version: Version, packet_id: u16, filters: &[(&[u8], u8)]) -> Simple {
    let (mut simple, mut values) = with_id(version, "subscribe", 0x82, packet_id);
    let mut list = Vec::new();
    for (filter, options) in filters {
        simple.at.push(("Topic Filter", simple.body.here()));
        simple.body = simple.body.field(filter);
        let name = if version == Version::V5 { "Subscription Options" } else { "Requested QoS" };
        simple.at.push((name, simple.body.here()));
        simple.body = simple.body.raw(&[*options]);
        list.push(if version == Version::V5 {
            json!({
                "filter": text(filter), "qos": options & 3, "no_local": options & 4 != 0,
                "retain_as_published": options & 8 != 0, "retain_handling": (options >> 4) & 3,
            })
        } else {
            json!({ "filter": text(filter), "qos": options & 3 })
        });
    }
    values.insert("filters".into(), Value::from(list));
    simple.values = Value::Object(values);
    simple
}

/// An UNSUBSCRIBE.
pub(crate) fn unsubscribe(version: Version, packet_id: u16, filters: &[&[u8]]) -> Simple {
    let (mut simple, mut values) = with_id(version, "unsubscribe", 0xA2, packet_id);
    let mut list = Vec::new();
    for filter in filters {
        simple.at.push(("Topic Filter", simple.body.here()));
        simple.body = simple.body.field(filter);
        list.push(text(filter));
    }
    values.insert("filters".into(), Value::from(list));
    simple.values = Value::Object(values);
    simple
}

/// A SUBACK, or the UNSUBACK of 5.0.
pub(crate) fn codes(version: Version, kind: &'static str, first: u8, packet_id: u16, codes: &[u8]) -> Simple {
    let (mut simple, mut values) = with_id(version, kind, first, packet_id);
    for code in codes {
        let name = if version == Version::V5 { "Reason Code" } else { "Return Code" };
        simple.at.push((name, simple.body.here()));
        simple.body = simple.body.raw(&[*code]);
    }
    let name = if version == Version::V5 { "reasons" } else { "return_codes" };
    values.insert(name.into(), json!(codes));
    simple.values = Value::Object(values);
    simple
}

pub(crate) fn suback(version: Version, packet_id: u16, list: &[u8]) -> Simple {
    codes(version, "suback", 0x90, packet_id, list)
}

pub(crate) fn unsuback(version: Version, packet_id: u16, list: &[u8]) -> Simple {
    if version == Version::V5 {
        codes(version, "unsuback", 0xB0, packet_id, list)
    } else {
        ack(version, "unsuback", 0xB0, packet_id)
    }
}

pub(crate) fn connack(version: Version, session_present: bool, code: u8) -> Simple {
    let flags = u8::from(session_present);
    if version == Version::V5 {
        Simple {
            body: Body::new(0x20).raw(&[flags, code, 0]),
            values: json!({
                "type": "connack", "session_present": session_present, "reason": code, "properties": [],
            }),
            at: vec![
                ("Connect Acknowledge Flags", 0),
                ("Reason Code", 1),
                ("Property Length", 2),
                ("Packet", 3),
            ],
        }
    } else {
        Simple {
            body: Body::new(0x20).raw(&[flags, code]),
            values: json!({ "type": "connack", "session_present": session_present, "return_code": code }),
            at: vec![("Connect Acknowledge Flags", 0), ("Return Code", 1), ("Packet", 2)],
        }
    }
}

/// PINGREQ, PINGRESP, and DISCONNECT of 3.x.
pub(crate) fn bare(kind: &'static str, first: u8) -> Simple {
    Simple { body: Body::new(first), values: json!({ "type": kind }), at: vec![("Packet", 0)] }
}

/// DISCONNECT in its shortest form.
pub(crate) fn disconnect(version: Version) -> Simple {
    let mut simple = bare("disconnect", 0xE0);
    if version == Version::V5 {
        simple.values = json!({ "type": "disconnect", "reason": 0, "properties": [] });
    }
    simple
}

/// AUTH with a method, code 0x18.
pub(crate) fn auth(data: Option<&[u8]>) -> Simple {
    let mut block = [&[21][..], &crate::wire::field(b"SCRAM-SHA-1")].concat();
    let mut properties = vec![json!({ "authentication_method": "SCRAM-SHA-1" })];
    if let Some(data) = data {
        block.push(22);
        block.extend(crate::wire::field(data));
        properties.push(json!({ "authentication_data": text(data) }));
    }
    let body = Body::new(0xF0).raw(&[0x18]).raw(&crate::wire::varint(block.len())).raw(&block);
    Simple {
        body,
        values: json!({ "type": "auth", "reason": 24, "properties": properties }),
        at: vec![("Reason Code", 0), ("Property Length", 1)],
    }
}
