//! A packet as named values that is known to be one.

use mqtt_codec::{AnyDecoder, AnyPacket, Decoded, PacketType, Storage, Version};
use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::octets::{fold, unfold};
use super::{from_tree, packet_type, to_tree};

/// A packet as named values: an object whose `type` names a packet of MQTT.
///
/// It serializes as that object; long bytes that repeat themselves are written like those of [`Octets`](super::Octets).
///
/// ```
/// use mqtt_codec::{PacketType, Version};
/// use mqtt_conformance::tree::Packet;
///
/// let packet = Packet::decode(&[0x40, 3, 0, 7, 0x10], Version::V5).unwrap();
/// assert_eq!((packet.kind(), packet.packet_id(), packet.code()), (PacketType::PubAck, Some(7), Some(0x10)));
/// assert_eq!(packet.encode(Version::V5), [0x40, 3, 0, 7, 0x10]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    kind: PacketType,
    values: Value,
}

impl Packet {
    /// The named values of a packet of the codec.
    pub fn of<B: Storage>(packet: &AnyPacket<B>) -> Self {
        Self { kind: packet.packet_type(), values: to_tree(packet) }
    }

    /// The packet, if the bytes are exactly one valid one.
    pub fn decode(bytes: &[u8], version: Version) -> Option<Self> {
        match AnyDecoder::new(version).decode(bytes) {
            Ok(Decoded::Complete { value, consumed }) if consumed == bytes.len() => Some(Self::of(&value)),
            _ => None,
        }
    }

    /// The bytes of the packet; none if its values cannot stand in a packet of this version.
    pub fn encode(&self, version: Version) -> Vec<u8> {
        let mut bytes = Vec::new();
        if let Ok(packet) = from_tree(&self.values, version) {
            let _ = packet.encode_to(&mut bytes);
        }
        bytes
    }

    /// Its type.
    pub const fn kind(&self) -> PacketType {
        self.kind
    }

    /// Whether it is of this type.
    pub fn is(&self, kind: PacketType) -> bool {
        self.kind == kind
    }

    /// All of it: an object with `type` and the other members.
    pub const fn values(&self) -> &Value {
        &self.values
    }

    /// The members in the order of the wire, without `type`.
    pub fn members(&self) -> impl Iterator<Item = (&str, &Value)> {
        let all = self.values.as_object().into_iter().flatten();
        all.filter(|(name, _)| *name != "type").map(|(name, value)| (name.as_str(), value))
    }

    /// The members, to change what they hold.
    pub(crate) fn members_mut(&mut self) -> impl Iterator<Item = (&str, &mut Value)> {
        let all = self.values.as_object_mut().into_iter().flatten();
        all.filter(|(name, _)| *name != "type").map(|(name, value)| (name.as_str(), value))
    }

    /// A member; `None` if it is absent.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name).filter(|_| name != "type")
    }

    /// A member that is a number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.as_u64()
    }

    /// A member that is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// Whether a flag is there and set.
    pub fn flag(&self, name: &str) -> bool {
        self.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// The Packet Identifier.
    pub fn packet_id(&self) -> Option<u64> {
        self.number("packet_id")
    }

    /// The reason code of 5.0, or the return code of 3.x, of a packet that has one.
    pub fn code(&self) -> Option<u64> {
        self.number("reason").or_else(|| self.number("return_code"))
    }

    /// The reason codes of 5.0, or the return codes of 3.x, of an acknowledgement that has one for each filter.
    pub fn codes(&self) -> Vec<u64> {
        let codes = self.get("reasons").or_else(|| self.get("return_codes"));
        codes.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_u64).collect()
    }

    /// The first property of this name.
    pub fn property(&self, name: &str) -> Option<&Value> {
        self.get("properties")?.as_array()?.iter().find_map(|property| property.get(name))
    }

    /// The first property of this name that is a number.
    pub fn property_number(&self, name: &str) -> Option<u64> {
        self.property(name)?.as_u64()
    }
}

/// An object that names no packet of MQTT.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an object with the `type` of a packet, found {0}")]
#[non_exhaustive]
pub struct NoPacket(pub String);

impl TryFrom<Value> for Packet {
    type Error = NoPacket;

    fn try_from(values: Value) -> Result<Self, NoPacket> {
        let name = values.get("type").and_then(Value::as_str);
        match name.and_then(|name| packet_type(name, Version::V5)) {
            Some(kind) => Ok(Self { kind, values }),
            None => Err(NoPacket(name.map_or_else(|| "none".to_owned(), |name| format!("`{name}`")))),
        }
    }
}

impl TryFrom<Map<String, Value>> for Packet {
    type Error = NoPacket;

    fn try_from(members: Map<String, Value>) -> Result<Self, NoPacket> {
        Self::try_from(Value::Object(members))
    }
}

impl Serialize for Packet {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut values = self.values.clone();
        fold(&mut values);
        values.serialize(to)
    }
}

impl<'de> Deserialize<'de> for Packet {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut values = Value::deserialize(from)?;
        unfold(&mut values).map_err(D::Error::custom)?;
        Self::try_from(values).map_err(|NoPacket(found)| {
            D::Error::invalid_value(Unexpected::Other(&found), &"the `type` of a packet")
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tree::hex;

    #[test]
    fn members_are_found_by_name() {
        let publish = json!({"type": "publish", "qos": 1, "retain": true, "packet_id": 7, "topic": "a",
                             "properties": [{"topic_alias": 3}, {"user_property": ["a", "b"]}]});
        let publish = Packet::try_from(publish).unwrap();
        assert_eq!((publish.kind(), publish.packet_id()), (PacketType::Publish, Some(7)));
        assert_eq!(
            (publish.text("topic"), publish.flag("retain"), publish.flag("dup")),
            (Some("a"), true, false)
        );
        assert_eq!(
            (publish.property_number("topic_alias"), publish.property("content_type")),
            (Some(3), None)
        );
        assert_eq!((publish.code(), publish.get("type")), (None, None));
        let suback = Packet::decode(&[0x90, 4, 0, 1, 0, 0x80], Version::V3_1_1).unwrap();
        assert_eq!(suback.codes(), [0, 0x80]);
    }

    #[test]
    fn what_names_no_packet_is_none() {
        assert!(Packet::try_from(json!({"type": "letter"})).is_err());
        assert!(Packet::try_from(json!([])).is_err());
        assert!(Packet::decode(&[0x40, 2, 0, 7, 0], Version::V3_1_1).is_none());
    }

    #[test]
    fn bytes_of_named_values_are_written_short() {
        let every = hex(&(0..=u8::MAX).collect::<Vec<u8>>());
        let (rest, _) = every.split_at(10);
        let long = json!({"hex": every.repeat(3) + rest});
        let packet = |payload: &Value| json!({"type": "connect", "will": {"payload": payload}, "other": [{"hex": "ff"}, payload]});
        let folded = packet(&json!({"hex": [{"repeat": every, "count": 3}, rest]}));
        let read: Packet = serde_json::from_value(folded.clone()).unwrap();
        assert_eq!(read.values(), &packet(&long));
        assert_eq!(serde_json::to_value(&read).unwrap(), folded);
        assert!(serde_json::from_value::<Packet>(packet(&json!({"hex": ["zz"]}))).is_err());
    }
}
