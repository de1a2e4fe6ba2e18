//! The small packet for each place, with a property block in it.

use serde_json::{Value, json};

use crate::tables::Place;
use crate::vector::Direction;
use crate::wire::{Body, field, varint};

/// A small packet with one property block, and where that block is.
pub(super) struct Block {
    pub(super) body: Body,
    pub(super) length_at: usize,
    start: usize,
    pub(super) end: usize,
}

impl Block {
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.body.frame()
    }

    /// The offset of the block's length.
    pub(super) fn length_offset(&self) -> usize {
        self.body.offset(self.length_at)
    }

    /// The offset of a byte in the block.
    pub(super) fn offset(&self, inside: usize) -> usize {
        self.body.offset(self.start + inside)
    }

    /// The offset of the first byte after the block.
    pub(super) fn end_offset(&self) -> usize {
        self.body.offset(self.end)
    }
}

/// What stands before the block in the small packet for a place.
pub(super) fn before(place: Place) -> Body {
    match place {
        Place::Connect => Body::new(0x10).field(b"MQTT").raw(&[5, 0x02]).u16(60),
        Place::Will => Body::new(0x10).field(b"MQTT").raw(&[5, 0x06]).u16(60).raw(&[0]).field(b"c"),
        Place::ConnAck => Body::new(0x20).raw(&[0, 0]),
        Place::Publish => Body::new(0x30).field(b"t"),
        Place::PubAck => Body::new(0x40).u16(10).raw(&[0]),
        Place::PubRec => Body::new(0x50).u16(10).raw(&[0]),
        Place::PubRel => Body::new(0x62).u16(10).raw(&[0]),
        Place::PubComp => Body::new(0x70).u16(10).raw(&[0]),
        Place::Subscribe => Body::new(0x82).u16(10),
        Place::SubAck => Body::new(0x90).u16(10),
        Place::Unsubscribe => Body::new(0xA2).u16(10),
        Place::UnsubAck => Body::new(0xB0).u16(10),
        Place::Disconnect => Body::new(0xE0).raw(&[0]),
        Place::Auth => Body::new(0xF0).raw(&[0x18]),
    }
}

/// What stands after it.
pub(super) fn after(place: Place) -> Vec<u8> {
    match place {
        Place::Connect => field(b"c"),
        Place::Will => [field(b"w"), field(b"p")].concat(),
        Place::Publish => b"p".to_vec(),
        Place::Subscribe => [field(b"f"), vec![0]].concat(),
        Place::SubAck | Place::UnsubAck => vec![0],
        Place::Unsubscribe => field(b"f"),
        _ => Vec::new(),
    }
}

/// The small packet with this block in it, under a length that may lie.
pub(super) fn block_claiming(place: Place, length: &[u8], block: &[u8]) -> Block {
    let body = before(place);
    let length_at = body.here();
    let body = body.raw(length);
    let start = body.here();
    let body = body.raw(block);
    let end = body.here();
    Block { body: body.raw(&after(place)), length_at, start, end }
}

/// The small packet with this block in it.
pub(super) fn block(place: Place, block: &[u8]) -> Block {
    block_claiming(place, &varint(block.len()), block)
}

/// The values of the small packet.
pub(super) fn packet(place: Place, properties: Vec<Value>) -> Value {
    let properties = Value::from(properties);
    match place {
        Place::Connect => json!({
            "type": "connect", "clean_start": true, "keep_alive": 60, "properties": properties, "client_id": "c",
        }),
        Place::Will => json!({
            "type": "connect", "clean_start": true, "keep_alive": 60, "properties": [], "client_id": "c",
            "will": {
                "properties": properties, "topic": "w", "payload": "p", "qos": 0, "retain": false,
            },
        }),
        Place::ConnAck => {
            json!({ "type": "connack", "session_present": false, "reason": 0, "properties": properties })
        }
        Place::Publish => json!({
            "type": "publish", "dup": false, "qos": 0, "retain": false, "topic": "t",
            "properties": properties, "payload": "p",
        }),
        Place::PubAck => {
            json!({ "type": "puback", "packet_id": 10, "reason": 0, "properties": properties })
        }
        Place::PubRec => {
            json!({ "type": "pubrec", "packet_id": 10, "reason": 0, "properties": properties })
        }
        Place::PubRel => {
            json!({ "type": "pubrel", "packet_id": 10, "reason": 0, "properties": properties })
        }
        Place::PubComp => {
            json!({ "type": "pubcomp", "packet_id": 10, "reason": 0, "properties": properties })
        }
        Place::Subscribe => json!({
            "type": "subscribe", "packet_id": 10, "properties": properties,
            "filters": [{
                "filter": "f", "qos": 0, "no_local": false, "retain_as_published": false, "retain_handling": 0,
            }],
        }),
        Place::SubAck => {
            json!({ "type": "suback", "packet_id": 10, "properties": properties, "reasons": [0] })
        }
        Place::Unsubscribe => {
            json!({ "type": "unsubscribe", "packet_id": 10, "properties": properties, "filters": ["f"] })
        }
        Place::UnsubAck => {
            json!({ "type": "unsuback", "packet_id": 10, "properties": properties, "reasons": [0] })
        }
        Place::Disconnect => json!({ "type": "disconnect", "reason": 0, "properties": properties }),
        Place::Auth => json!({ "type": "auth", "reason": 24, "properties": properties }),
    }
}

pub(crate) fn direction(place: Place) -> Direction {
    match place {
        Place::Connect | Place::Will | Place::Subscribe | Place::Unsubscribe => Direction::ToServer,
        Place::ConnAck | Place::SubAck | Place::UnsubAck => Direction::ToClient,
        _ => Direction::Any,
    }
}

/// Which side may send the property there.
pub(super) fn property_direction(place: Place, id: u8) -> Direction {
    match (place, id) {
        (Place::Disconnect, 17) => Direction::ToServer,
        (Place::Disconnect, 28) | (Place::Publish, 11) => Direction::ToClient,
        _ => direction(place),
    }
}
