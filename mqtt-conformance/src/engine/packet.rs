//! Between bytes and packets in named values.

use mqtt_codec::{AnyDecoder, Decoded, Version};
use serde_json::Value as Tree;

use crate::tree::{from_tree, to_tree};

/// The packet, if the bytes are exactly one.
pub(crate) fn whole_packet(bytes: &[u8], version: Version) -> Option<Tree> {
    match AnyDecoder::new(version).decode(bytes) {
        Ok(Decoded::Complete { value, consumed }) if consumed == bytes.len() => Some(to_tree(&value)),
        _ => None,
    }
}

/// The bytes of a packet in named values; none if they are no packet's.
pub(crate) fn encoded(tree: &Tree, version: Version) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Ok(packet) = from_tree(tree, version) {
        let _ = packet.encode_to(&mut bytes);
    }
    bytes
}
