//! Named values → packet.

use std::fmt;

use bytes::Bytes;
use mqtt_codec::v5::kind::Kind as PropertyKind;
use mqtt_codec::v5::{
    ConnAckReason, ListedReason, PayloadFormat, Properties, Property, ReasonCode, SubscriptionId,
    UserProperty,
};
use mqtt_codec::{
    AnyPacket, Binary, BuildError, Delivery, Item, List, PacketId, PacketType, Qos, Text, TopicFilter,
    TopicName, Version, v3, v5,
};
use serde_json::{Map, Value};

use super::error::{TreeError, nearest};
use super::hex::parse_hex;
use super::vocabulary::{
    Kind, Member, PROPERTIES, PropertyMember, filter_members, members, packet_type, type_name, types_of,
    will_members,
};

/// The longest text or Binary Data.
const MAX_PREFIXED: usize = 0xffff;
/// The longest payload.
const MAX_PAYLOAD: usize = 268_435_455;

/// The packet that named values describe.
///
/// Members with a default may be left out. What the packet may not hold is refused by the codec's own types, so what
/// is returned can be encoded, and decoded again. Text of MQTT 3.1 may be any bytes.
///
/// # Errors
///
/// When a member is unknown, missing, of the wrong kind, or not allowed in this packet.
pub fn from_tree(tree: &Value, version: Version) -> Result<AnyPacket, TreeError> {
    let packet = read_type(tree, version)?;
    let object =
        Object::open(tree, String::new(), members(version, packet), version, &format_args!("{packet}"))?;
    match version {
        Version::V3_1 => object.read_v3(packet, v3::ProtocolLevel::V3_1).map(AnyPacket::V3),
        Version::V3_1_1 => object.read_v3(packet, v3::ProtocolLevel::V3_1_1).map(AnyPacket::V3),
        Version::V5 => object.read_v5(packet).map(AnyPacket::V5),
    }
}

/// The bytes that a value stands for: a JSON string's UTF-8, `{"hex": "00ff"}`, or `{"repeat": "61", "count": 9}`.
///
/// # Errors
///
/// When the value is in none of these forms.
pub fn bytes_from(value: &Value) -> Result<Bytes, TreeError> {
    read_bytes(value, "", Kind::Bytes, MAX_PAYLOAD)
}

fn read_type(tree: &Value, version: Version) -> Result<PacketType, TreeError> {
    let Value::Object(map) = tree else {
        return Err(TreeError::new("", "an object with a `type`", tree));
    };
    let expected = || format!("a packet type of MQTT {version} such as \"publish\"");
    match map.get("type") {
        None => Err(TreeError::missing("type", expected())),
        Some(Value::String(name)) => packet_type(name, version).ok_or_else(|| {
            let error = TreeError::new("type", expected(), &Value::from(name.as_str()));
            match nearest(name, types_of(version).map(type_name)) {
                Some(known) => error.note(format_args!("did you mean `{known}`?")),
                None => error,
            }
        }),
        Some(other) => Err(TreeError::new("type", expected(), other)),
    }
}

/// Members that are known by a table, and where they stand.
struct Object<'v> {
    map: &'v Map<String, Value>,
    at: String,
    members: &'static [Member],
    version: Version,
}

impl<'v> Object<'v> {
    fn open(
        value: &'v Value,
        at: String,
        members: &'static [Member],
        version: Version,
        what: &dyn fmt::Display,
    ) -> Result<Self, TreeError> {
        let Value::Object(map) = value else {
            return Err(TreeError::new(at, "an object", value));
        };
        let this = Self { map, at, members, version };
        let top = this.at.is_empty();
        for (name, value) in map {
            if (top && name == "type") || members.iter().any(|member| member.name == name) {
                continue;
            }
            let known = members.iter().map(|member| member.name);
            let expected = if members.is_empty() {
                format!("no members in {what}")
            } else {
                format!("a member of {what}")
            };
            let error = TreeError::new(this.path(name), expected, value);
            return Err(match nearest(name, known) {
                Some(known) => error.note(format_args!("did you mean `{known}`?")),
                None => error,
            });
        }
        Ok(this)
    }

    fn path(&self, name: &str) -> String {
        if self.at.is_empty() { name.to_owned() } else { format!("{}.{name}", self.at) }
    }

    /// A member, if it is there; an error when it is missing and has no default.
    fn get(&self, name: &str) -> Result<Option<(&'v Value, Kind)>, TreeError> {
        let member = self.members.iter().find(|member| member.name == name);
        match (self.map.get(name), member) {
            (Some(value), Some(member)) => Ok(Some((value, member.kind))),
            (None, Some(member)) if member.required => {
                Err(TreeError::missing(self.path(name), member.kind.to_string()))
            }
            _ => Ok(None),
        }
    }

    fn flag(&self, name: &str, default: bool) -> Result<bool, TreeError> {
        match self.get(name)? {
            None => Ok(default),
            Some((Value::Bool(flag), _)) => Ok(*flag),
            Some((other, kind)) => Err(TreeError::new(self.path(name), kind.to_string(), other)),
        }
    }

    fn number<T: TryFrom<u32> + Default>(&self, name: &str) -> Result<T, TreeError> {
        match self.get(name)? {
            None => Ok(T::default()),
            Some((value, kind)) => read_number(value, &self.path(name), kind),
        }
    }

    fn text(&self, name: &str) -> Result<Option<Text>, TreeError> {
        let Some((value, _)) = self.get(name)? else { return Ok(None) };
        read_text(value, &self.path(name), self.version).map(Some)
    }

    fn binary(&self, name: &str) -> Result<Option<Binary>, TreeError> {
        let Some((value, kind)) = self.get(name)? else { return Ok(None) };
        let path = self.path(name);
        let bytes = read_bytes(value, &path, kind, MAX_PREFIXED)?;
        Binary::new(bytes).map(Some).map_err(|e| TreeError::new(path, kind.to_string(), value).note(e))
    }

    fn payload(&self) -> Result<Bytes, TreeError> {
        match self.get("payload")? {
            None => Ok(Bytes::new()),
            Some((value, kind)) => read_bytes(value, &self.path("payload"), kind, MAX_PAYLOAD),
        }
    }

    fn topic(&self) -> Result<TopicName, TreeError> {
        let value = self.map.get("topic").unwrap_or(&Value::Null);
        let text = self.text("topic")?.unwrap_or_default();
        TopicName::try_from(text)
            .map_err(|e| TreeError::new(self.path("topic"), "a Topic Name", value).note(e))
    }

    fn qos(&self) -> Result<Qos, TreeError> {
        // The table's range is the type's.
        self.number("qos").map(|level| Qos::new(level).unwrap_or_default())
    }

    fn packet_id(&self) -> Result<PacketId, TreeError> {
        let id: u16 = self.number("packet_id")?;
        PacketId::new(id)
            .ok_or_else(|| TreeError::missing(self.path("packet_id"), "a number from 1 to 65535"))
    }

    /// QoS, Packet Identifier and DUP, which depend on each other.
    fn delivery(&self) -> Result<Delivery, TreeError> {
        let qos = self.qos()?;
        let dup = self.flag("dup", false)?;
        let id = match self.get("packet_id")? {
            Some(_) => Some(self.packet_id()?),
            None => None,
        };
        match (qos, id) {
            (Qos::AtMostOnce, Some(id)) => {
                Err(TreeError::new(self.path("packet_id"), "nothing at QoS 0", &Value::from(id.get())))
            }
            (Qos::AtMostOnce, None) if dup => {
                Err(TreeError::new(self.path("dup"), "false at QoS 0", &Value::from(dup)))
            }
            (Qos::AtMostOnce, None) => Ok(Delivery::AtMostOnce),
            (_, None) => Err(TreeError::missing(
                self.path("packet_id"),
                format!("a number from 1 to 65535 at QoS {qos}"),
            )),
            (Qos::AtLeastOnce, Some(packet_id)) => Ok(Delivery::AtLeastOnce { packet_id, dup }),
            (Qos::ExactlyOnce, Some(packet_id)) => Ok(Delivery::ExactlyOnce { packet_id, dup }),
        }
    }

    fn reason<R: ReasonCode>(&self, packet: PacketType) -> Result<R, TreeError> {
        let code: u8 = self.number("reason")?;
        R::from_u8(code).ok_or_else(|| self.no_reason(packet, code))
    }

    fn no_reason(&self, packet: PacketType, code: u8) -> TreeError {
        let expected = format!("a reason code of {packet}");
        match self.map.get("reason") {
            Some(_) => TreeError::new(self.path("reason"), expected, &Value::from(code)),
            None => TreeError::missing(self.path("reason"), expected),
        }
    }

    fn array(&self, name: &str) -> Result<&'v [Value], TreeError> {
        match self.get(name)? {
            Some((Value::Array(values), _)) => Ok(values),
            Some((other, kind)) => Err(TreeError::new(self.path(name), kind.to_string(), other)),
            None => Ok(&[]),
        }
    }

    /// The list of a member, whose entries were read one by one.
    fn list<'i, T: Item>(
        &self,
        name: &str,
        entries: impl Iterator<Item = T::Of<'i>> + Clone,
    ) -> Result<List<Bytes, T>, TreeError> {
        let list = List::build(entries.clone());
        list.map_err(|error| {
            let wrong = |entry| List::<Bytes, T>::build([entry]).err();
            match entries.enumerate().find_map(|(i, entry)| wrong(entry).map(|e| (i, e))) {
                Some((i, e)) => {
                    let value =
                        self.array(name).ok().and_then(|values| values.get(i)).unwrap_or(&Value::Null);
                    TreeError::new(format!("{}[{i}]", self.path(name)), "an entry that is allowed", value)
                        .note(e)
                }
                None => TreeError::new(self.path(name), "at least one entry", &Value::Array(Vec::new()))
                    .note(error),
            }
        })
    }

    fn codes(&self, name: &str) -> Result<Vec<(u8, String)>, TreeError> {
        let path = self.path(name);
        let read = |(i, value)| {
            let path = format!("{path}[{i}]");
            read_number(value, &path, Kind::Number { min: 0, max: 255 }).map(|code| (code, path))
        };
        self.array(name)?.iter().enumerate().map(read).collect()
    }

    fn filters(&self) -> Result<Vec<TopicFilter>, TreeError> {
        let path = self.path("filters");
        let read = |(i, value)| read_filter(value, &format!("{path}[{i}]"), self.version);
        self.array("filters")?.iter().enumerate().map(read).collect()
    }

    /// The objects of SUBSCRIBE's filters, opened.
    fn subscriptions(&self) -> Result<Vec<(TopicFilter, Self)>, TreeError> {
        let path = self.path("filters");
        let read = |(i, value): (usize, &'v Value)| {
            let at = format!("{path}[{i}]");
            let object = Object::open(value, at, filter_members(self.version), self.version, &"a filter")?;
            let filter = match object.get("filter")? {
                Some((value, _)) => read_filter(value, &object.path("filter"), self.version)?,
                None => return Err(TreeError::missing(object.path("filter"), "text")),
            };
            Ok((filter, object))
        };
        self.array("filters")?.iter().enumerate().map(read).collect()
    }

    fn will(&self) -> Result<Option<Self>, TreeError> {
        let Some((value, _)) = self.get("will")? else { return Ok(None) };
        Object::open(value, self.path("will"), will_members(self.version), self.version, &"a Will").map(Some)
    }

    fn read_v3(&self, packet: PacketType, level: v3::ProtocolLevel) -> Result<v3::Packet, TreeError> {
        Ok(match packet {
            PacketType::Connect => v3::Packet::Connect(self.read_connect_v3(level)?),
            PacketType::ConnAck => v3::Packet::ConnAck(self.read_connack_v3()?),
            PacketType::Publish => v3::Packet::Publish(v3::Publish {
                delivery: self.delivery()?,
                retain: self.flag("retain", false)?,
                topic: self.topic()?,
                payload: self.payload()?,
            }),
            PacketType::PubAck => v3::Packet::PubAck(self.packet_id()?),
            PacketType::PubRec => v3::Packet::PubRec(self.packet_id()?),
            PacketType::PubRel => v3::Packet::PubRel(self.packet_id()?),
            PacketType::PubComp => v3::Packet::PubComp(self.packet_id()?),
            PacketType::UnsubAck => v3::Packet::UnsubAck(self.packet_id()?),
            PacketType::Subscribe => {
                let packet_id = self.packet_id()?;
                let mut filters = Vec::new();
                for (filter, object) in self.subscriptions()? {
                    filters.push((filter, object.qos()?));
                }
                let entries =
                    filters.iter().map(|(f, qos)| v3::Subscription { filter: f.as_borrowed(), qos: *qos });
                v3::Packet::Subscribe(v3::Subscribe { packet_id, filters: self.list("filters", entries)? })
            }
            PacketType::SubAck => {
                let packet_id = self.packet_id()?;
                let mut codes = Vec::new();
                for (code, path) in self.codes("return_codes")? {
                    // 3.1 has granted QoS only (§3.9).
                    let known = v3::SubscribeReturnCode::new(code).filter(|code| {
                        *code != v3::SubscribeReturnCode::Failure || level == v3::ProtocolLevel::V3_1_1
                    });
                    let expected = "a return code of SUBACK";
                    codes.push(known.ok_or_else(|| TreeError::new(path, expected, &Value::from(code)))?);
                }
                let return_codes = self.list("return_codes", codes.iter().copied())?;
                v3::Packet::SubAck(v3::SubAck { packet_id, return_codes })
            }
            PacketType::Unsubscribe => {
                let packet_id = self.packet_id()?;
                let filters = self.filters()?;
                let filters = self.list("filters", filters.iter().map(TopicFilter::as_borrowed))?;
                v3::Packet::Unsubscribe(v3::Unsubscribe { packet_id, filters })
            }
            PacketType::PingReq => v3::Packet::PingReq,
            PacketType::PingResp => v3::Packet::PingResp,
            // AUTH was refused with the type.
            PacketType::Disconnect | PacketType::Auth => v3::Packet::Disconnect,
        })
    }

    fn read_connect_v3(&self, level: v3::ProtocolLevel) -> Result<v3::Connect, TreeError> {
        let client_id = self.text("client_id")?.unwrap_or_default();
        let clean_session = self.flag("clean_session", true)?;
        let mut connect = v3::Connect::new(level, client_id, clean_session).map_err(|e| {
            let expected = "an allowed client identifier";
            match self.map.get("client_id") {
                Some(value) => TreeError::new(self.path("client_id"), expected, value).note(e),
                None => TreeError::missing(self.path("client_id"), expected).note(e),
            }
        })?;
        connect.keep_alive = self.number("keep_alive")?;
        if let Some(will) = self.will()? {
            connect.will = Some(v3::Will {
                topic: will.topic()?,
                payload: will.binary("payload")?.unwrap_or_default(),
                qos: will.qos()?,
                retain: will.flag("retain", false)?,
            });
        }
        connect.credentials = match (self.text("user_name")?, self.binary("password")?) {
            (Some(user_name), password) => Some(v3::Credentials { user_name, password }),
            (None, None) => None,
            (None, Some(_)) => {
                return Err(TreeError::missing(self.path("user_name"), "text beside a password"));
            }
        };
        Ok(connect)
    }

    fn read_connack_v3(&self) -> Result<v3::ConnAck, TreeError> {
        let session_present = self.flag("session_present", false)?;
        let code: u8 = self.number("return_code")?;
        let expect_false = |expected: String| {
            if session_present {
                Err(TreeError::new(self.path("session_present"), expected, &Value::from(true)))
            } else {
                Ok(())
            }
        };
        if self.version == Version::V3_1 {
            expect_false("false in MQTT 3.1".to_owned())?;
        }
        if code == 0 {
            return Ok(v3::ConnAck::Accepted { session_present });
        }
        let refusal = v3::ConnectReturnCode::new(code).ok_or_else(|| {
            TreeError::new(self.path("return_code"), "a number from 0 to 5", &Value::from(code))
        })?;
        expect_false(format!("false with return code {code}"))?;
        Ok(v3::ConnAck::Refused(refusal))
    }

    fn read_v5(&self, packet: PacketType) -> Result<v5::Packet, TreeError> {
        Ok(match packet {
            PacketType::Connect => v5::Packet::Connect(self.read_connect_v5()?),
            PacketType::ConnAck => v5::Packet::ConnAck(self.read_connack_v5()?),
            PacketType::Publish => v5::Packet::Publish(self.read_publish_v5()?),
            PacketType::PubAck => v5::Packet::PubAck(self.read_ack(packet)?),
            PacketType::PubRec => v5::Packet::PubRec(self.read_ack(packet)?),
            PacketType::PubRel => v5::Packet::PubRel(self.read_ack(packet)?),
            PacketType::PubComp => v5::Packet::PubComp(self.read_ack(packet)?),
            PacketType::Subscribe => v5::Packet::Subscribe(self.read_subscribe_v5()?),
            PacketType::SubAck => v5::Packet::SubAck(self.read_filters_ack(packet)?),
            PacketType::Unsubscribe => {
                let packet_id = self.packet_id()?;
                let filters = self.filters()?;
                v5::Packet::Unsubscribe(v5::Unsubscribe {
                    packet_id,
                    properties: self.properties(Carrier::Packet(packet))?,
                    filters: self.list("filters", filters.iter().map(TopicFilter::as_borrowed))?,
                })
            }
            PacketType::UnsubAck => v5::Packet::UnsubAck(self.read_filters_ack(packet)?),
            PacketType::PingReq => v5::Packet::PingReq,
            PacketType::PingResp => v5::Packet::PingResp,
            PacketType::Disconnect => v5::Packet::Disconnect(v5::Disconnect {
                reason: self.reason(packet)?,
                properties: self.properties(Carrier::Packet(packet))?,
            }),
            PacketType::Auth => v5::Packet::Auth(v5::Auth {
                reason: self.reason(packet)?,
                properties: self.properties(Carrier::Packet(packet))?,
            }),
        })
    }

    fn read_connect_v5(&self) -> Result<v5::Connect, TreeError> {
        let will = match self.will()? {
            None => None,
            Some(will) => Some(v5::Will {
                properties: will.properties(Carrier::Will)?,
                topic: will.topic()?,
                payload: will.binary("payload")?.unwrap_or_default(),
                qos: will.qos()?,
                retain: will.flag("retain", false)?,
            }),
        };
        Ok(v5::Connect {
            clean_start: self.flag("clean_start", true)?,
            keep_alive: self.number("keep_alive")?,
            properties: self.properties(Carrier::Packet(PacketType::Connect))?,
            client_id: self.text("client_id")?.unwrap_or_default(),
            will,
            user_name: self.text("user_name")?,
            password: self.binary("password")?,
        })
    }

    fn read_connack_v5(&self) -> Result<v5::ConnAck, TreeError> {
        let session_present = self.flag("session_present", false)?;
        let reason: ConnAckReason = self.reason(PacketType::ConnAck)?;
        let properties = self.properties(Carrier::Packet(PacketType::ConnAck))?;
        match (reason, session_present) {
            (ConnAckReason::Success, _) => Ok(v5::ConnAck::accepted(session_present, properties)),
            (_, false) => Ok(v5::ConnAck::new(reason, properties)),
            (_, true) => {
                let expected = format!("false with reason {:#04x}", reason.get());
                Err(TreeError::new(self.path("session_present"), expected, &Value::from(true)))
            }
        }
    }

    fn read_publish_v5(&self) -> Result<v5::Publish, TreeError> {
        let delivery = self.delivery()?;
        let retain = self.flag("retain", false)?;
        let properties = self.properties(Carrier::Packet(PacketType::Publish))?;
        let payload = self.payload()?;
        let mut publish = if self.text("topic")?.is_some_and(|topic| topic.is_empty()) {
            v5::Publish::with_alias(properties, payload).map_err(|e| {
                TreeError::new(self.path("topic"), "a Topic Name, or a topic_alias", &Value::from("")).note(e)
            })?
        } else {
            v5::Publish::with_properties(self.topic()?, properties, payload)
        };
        publish.delivery = delivery;
        publish.retain = retain;
        Ok(publish)
    }

    fn read_ack<R: ReasonCode>(&self, packet: PacketType) -> Result<v5::Ack<R>, TreeError> {
        Ok(v5::Ack {
            packet_id: self.packet_id()?,
            reason: self.reason(packet)?,
            properties: self.properties(Carrier::Packet(packet))?,
        })
    }

    fn read_subscribe_v5(&self) -> Result<v5::Subscribe, TreeError> {
        let packet_id = self.packet_id()?;
        let properties = self.properties(Carrier::Packet(PacketType::Subscribe))?;
        let mut filters = Vec::new();
        for (filter, object) in self.subscriptions()? {
            let options = v5::SubscriptionOptions {
                qos: object.qos()?,
                no_local: object.flag("no_local", false)?,
                retain_as_published: object.flag("retain_as_published", false)?,
                // The table's range is the type's.
                retain_handling: v5::RetainHandling::new(object.number("retain_handling")?)
                    .unwrap_or_default(),
            };
            filters.push((filter, options));
        }
        let entries = filters
            .iter()
            .map(|(f, options)| v5::Subscription { filter: f.as_borrowed(), options: *options });
        Ok(v5::Subscribe { packet_id, properties, filters: self.list("filters", entries)? })
    }

    fn read_filters_ack<R: ListedReason>(&self, packet: PacketType) -> Result<v5::FiltersAck<R>, TreeError> {
        let packet_id = self.packet_id()?;
        let properties = self.properties(Carrier::Packet(packet))?;
        let mut reasons: Vec<R> = Vec::new();
        for (code, path) in self.codes("reasons")? {
            let expected = || format!("a reason code of {packet}");
            let unknown = || TreeError::new(path, expected(), &Value::from(code));
            reasons.push(R::from_u8(code).ok_or_else(unknown)?);
        }
        Ok(v5::FiltersAck { packet_id, properties, reasons: self.list("reasons", reasons.iter().copied())? })
    }

    fn properties<K: PropertyKind>(&self, carrier: Carrier) -> Result<Properties<Bytes, K>, TreeError> {
        let path = self.path("properties");
        let mut builder = Properties::<Bytes, K>::builder();
        let mut seen = Vec::new();
        for (i, value) in self.array("properties")?.iter().enumerate() {
            let at = format!("{path}[{i}]");
            let (member, value, at) = open_property(value, at, carrier)?;
            let parts = PropertyParts::read(member, value, &at)?;
            builder = builder.push(parts.property(member, value, &at)?);
            seen.push((member, at, value));
        }
        builder.finish().map_err(|error| {
            let repeated = |(i, (member, _, _)): &(usize, &(&PropertyMember, String, &Value))| match error {
                BuildError::Repeated(field) => {
                    member.id.field() == field && seen.iter().take(*i).any(|(m, _, _)| m.id == member.id)
                }
                BuildError::Misplaced(field) | BuildError::OutOfRange(field) => member.id.field() == field,
                _ => false,
            };
            match seen.iter().enumerate().find(repeated) {
                Some((_, (_, at, value))) => {
                    TreeError::new(at.as_str(), format!("a property that {carrier} may carry here"), value)
                }
                None => TreeError::new(
                    path,
                    format!("properties that {carrier} may carry"),
                    self.map.get("properties").unwrap_or(&Value::Array(Vec::new())),
                ),
            }
            .note(error)
        })
    }
}

/// What carries properties.
#[derive(Clone, Copy)]
enum Carrier {
    Packet(PacketType),
    Will,
}

impl Carrier {
    fn may_carry(self, property: &PropertyMember) -> bool {
        match self {
            Self::Packet(packet) => property.packets.contains(&packet),
            Self::Will => property.in_will,
        }
    }
}

impl fmt::Display for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Packet(packet) => packet.fmt(f),
            Self::Will => f.write_str("a Will"),
        }
    }
}

/// The one member of a property.
fn open_property(
    value: &Value,
    at: String,
    carrier: Carrier,
) -> Result<(&'static PropertyMember, &Value, String), TreeError> {
    let expected = "an object with one property";
    let Value::Object(map) = value else { return Err(TreeError::new(at, expected, value)) };
    let mut members = map.iter();
    let (Some((name, inner)), None) = (members.next(), members.next()) else {
        return Err(TreeError::new(at, expected, value));
    };
    let path = format!("{at}.{name}");
    match PropertyMember::named(name) {
        Some(member) if carrier.may_carry(member) => Ok((member, inner, path)),
        Some(_) => Err(TreeError::new(path, format!("a property that {carrier} may carry"), inner)),
        None => {
            let error = TreeError::new(path, format!("a property of {carrier}"), inner);
            let known = PROPERTIES.iter().filter(|property| carrier.may_carry(property));
            Err(match nearest(name, known.map(|property| property.name)) {
                Some(known) => error.note(format_args!("did you mean `{known}`?")),
                None => error,
            })
        }
    }
}

/// The value of a property, read; [`Property`] borrows from it.
#[derive(Default)]
struct PropertyParts {
    number: u32,
    text: Text,
    second: Text,
    data: Binary,
}

impl PropertyParts {
    fn read(member: &PropertyMember, value: &Value, at: &str) -> Result<Self, TreeError> {
        let mut parts = Self::default();
        match member.kind {
            Kind::Text => parts.text = read_text(value, at, Version::V5)?,
            Kind::Bytes => {
                let bytes = read_bytes(value, at, member.kind, MAX_PREFIXED)?;
                parts.data = Binary::new(bytes)
                    .map_err(|e| TreeError::new(at, member.kind.to_string(), value).note(e))?;
            }
            Kind::Pair => match value {
                Value::Array(pair) => match pair.as_slice() {
                    [name, value] => {
                        parts.text = read_text(name, &format!("{at}[0]"), Version::V5)?;
                        parts.second = read_text(value, &format!("{at}[1]"), Version::V5)?;
                    }
                    _ => return Err(TreeError::new(at, member.kind.to_string(), value)),
                },
                _ => return Err(TreeError::new(at, member.kind.to_string(), value)),
            },
            _ => parts.number = read_number(value, at, member.kind)?,
        }
        Ok(parts)
    }

    fn property(&self, member: &PropertyMember, value: &Value, at: &str) -> Result<Property<'_>, TreeError> {
        use mqtt_codec::v5::PropertyId as Id;
        let wrong = || TreeError::new(at, member.kind.to_string(), value);
        let number = self.number;
        let flag = number != 0;
        let short = || u16::try_from(number).map_err(|_| wrong());
        let text = self.text.as_borrowed();
        let data = self.data.as_borrowed();
        Ok(match member.id {
            Id::PayloadFormatIndicator => Property::PayloadFormatIndicator(if flag {
                PayloadFormat::Utf8
            } else {
                PayloadFormat::Unspecified
            }),
            Id::MessageExpiryInterval => Property::MessageExpiryInterval(number),
            Id::ContentType => Property::ContentType(text),
            Id::ResponseTopic => Property::ResponseTopic(
                TopicName::try_from(text).map_err(|e| TreeError::new(at, "a Topic Name", value).note(e))?,
            ),
            Id::CorrelationData => Property::CorrelationData(data),
            Id::SubscriptionIdentifier => {
                Property::SubscriptionIdentifier(SubscriptionId::new(number).ok_or_else(wrong)?)
            }
            Id::SessionExpiryInterval => Property::SessionExpiryInterval(number),
            Id::AssignedClientIdentifier => Property::AssignedClientIdentifier(text),
            Id::ServerKeepAlive => Property::ServerKeepAlive(short()?),
            Id::AuthenticationMethod => Property::AuthenticationMethod(text),
            Id::AuthenticationData => Property::AuthenticationData(data),
            Id::RequestProblemInformation => Property::RequestProblemInformation(flag),
            Id::WillDelayInterval => Property::WillDelayInterval(number),
            Id::RequestResponseInformation => Property::RequestResponseInformation(flag),
            Id::ResponseInformation => Property::ResponseInformation(text),
            Id::ServerReference => Property::ServerReference(text),
            Id::ReasonString => Property::ReasonString(text),
            Id::ReceiveMaximum => Property::ReceiveMaximum(short()?.try_into().map_err(|_| wrong())?),
            Id::TopicAliasMaximum => Property::TopicAliasMaximum(short()?),
            Id::TopicAlias => Property::TopicAlias(short()?.try_into().map_err(|_| wrong())?),
            Id::MaximumQos => Property::MaximumQos(if flag { Qos::AtLeastOnce } else { Qos::AtMostOnce }),
            Id::RetainAvailable => Property::RetainAvailable(flag),
            Id::UserProperty => {
                Property::UserProperty(UserProperty { name: text, value: self.second.as_borrowed() })
            }
            Id::MaximumPacketSize => Property::MaximumPacketSize(number.try_into().map_err(|_| wrong())?),
            Id::WildcardSubscriptionAvailable => Property::WildcardSubscriptionAvailable(flag),
            Id::SubscriptionIdentifierAvailable => Property::SubscriptionIdentifierAvailable(flag),
            Id::SharedSubscriptionAvailable => Property::SharedSubscriptionAvailable(flag),
        })
    }
}

fn read_number<T: TryFrom<u32>>(value: &Value, path: &str, kind: Kind) -> Result<T, TreeError> {
    let (min, max) = match kind {
        Kind::Number { min, max } => (min, max),
        _ => (0, u32::MAX),
    };
    value
        .as_u64()
        .and_then(|number| u32::try_from(number).ok())
        .filter(|number| (min..=max).contains(number))
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| TreeError::new(path, kind.to_string(), value))
}

fn read_text(value: &Value, path: &str, version: Version) -> Result<Text, TreeError> {
    let bytes = read_bytes(value, path, Kind::Text, MAX_PREFIXED)?;
    let text = if version == Version::V3_1 { Text::from_v3_1(bytes) } else { Text::from_utf8(bytes) };
    text.map_err(|e| TreeError::new(path, "text", value).note(e))
}

fn read_filter(value: &Value, path: &str, version: Version) -> Result<TopicFilter, TreeError> {
    let text = read_text(value, path, version)?;
    TopicFilter::try_from(text).map_err(|e| TreeError::new(path, "a Topic Filter", value).note(e))
}

fn read_bytes(value: &Value, path: &str, kind: Kind, longest: usize) -> Result<Bytes, TreeError> {
    let wrong = || TreeError::new(path, kind.to_string(), value);
    let too_long =
        |len: u64| wrong().note(format_args!("{len} bytes are too many: at most {longest} are allowed"));
    match value {
        Value::String(text) => {
            if text.len() > longest {
                return Err(too_long(u64::try_from(text.len()).unwrap_or(u64::MAX)));
            }
            Ok(Bytes::copy_from_slice(text.as_bytes()))
        }
        Value::Object(map) => {
            let hex = |name: &str| match map.get(name) {
                Some(Value::String(digits)) => parse_hex(digits).ok_or_else(|| {
                    TreeError::new(
                        join(path, name),
                        "pairs of hexadecimal digits",
                        &Value::from(digits.as_str()),
                    )
                }),
                Some(other) => Err(TreeError::new(join(path, name), "pairs of hexadecimal digits", other)),
                None => Err(wrong()),
            };
            let only =
                |names: &[&str]| map.len() == names.len() && names.iter().all(|n| map.contains_key(*n));
            if only(&["hex"]) {
                let bytes = hex("hex")?;
                if bytes.len() > longest {
                    return Err(too_long(u64::try_from(bytes.len()).unwrap_or(u64::MAX)));
                }
                return Ok(Bytes::from(bytes));
            }
            if !only(&["repeat", "count"]) {
                return Err(wrong().note("bytes are {\"hex\": …} or {\"repeat\": …, \"count\": …}"));
            }
            let unit = hex("repeat")?;
            let count = map.get("count").unwrap_or(&Value::Null);
            let count =
                count.as_u64().ok_or_else(|| TreeError::new(join(path, "count"), "a number", count))?;
            let unit_len = u64::try_from(unit.len()).unwrap_or(u64::MAX);
            let total = count.saturating_mul(unit_len);
            match usize::try_from(total) {
                Ok(len) if len <= longest => {
                    let count = usize::try_from(count).unwrap_or_default();
                    Ok(Bytes::from(unit.repeat(if unit.is_empty() { 0 } else { count })))
                }
                _ => Err(too_long(total)),
            }
        }
        _ => Err(wrong()),
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
