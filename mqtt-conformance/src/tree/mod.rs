//! A packet as named values: the JSON of test vectors, traces, reports, and of `decode` and `encode`.
//!
//! Names are the standard's, in `snake_case`; `test-vectors/README.md` specifies the vocabulary, and [`members`] and
//! [`PROPERTIES`] are the same as tables. A member that is absent is absent on the wire, and properties keep their order.
//!
//! ```
//! use mqtt_codec::{AnyDecoder, Version};
//! use mqtt_conformance::tree::{from_tree, to_tree};
//! use serde_json::json;
//!
//! let values = json!({"type": "publish", "qos": 1, "packet_id": 7, "topic": "a/b", "payload": "hi"});
//! let packet = from_tree(&values, Version::V3_1_1)?;
//! let mut bytes = Vec::new();
//! packet.encode_to(&mut bytes)?;
//! assert_eq!(bytes, b"\x32\x09\x00\x03a/b\x00\x07hi");
//!
//! let decoded = AnyDecoder::new(Version::V3_1_1).decode(&bytes)?.complete().unwrap();
//! assert_eq!(
//!     to_tree(&decoded).to_string(),
//!     r#"{"type":"publish","dup":false,"qos":1,"retain":false,"topic":"a/b","packet_id":7,"payload":"hi"}"#
//! );
//!
//! let error = from_tree(&json!({"type": "publish", "topc": "a/b"}), Version::V3_1_1).unwrap_err();
//! assert_eq!(error.to_string(), "topc: expected a member of PUBLISH, found \"a/b\" (did you mean `topic`?)");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod hex;
mod octets;
mod packet;
mod read;
mod same;
mod vocabulary;
mod write;

pub use error::TreeError;
pub(crate) use hex::hex;
pub use octets::Octets;
pub use packet::{NoPacket, Packet};
pub use read::{bytes_from, from_tree};
pub use same::{difference, same};
pub use vocabulary::{
    Kind, Member, PROPERTIES, PropertyMember, filter_members, members, packet_type, type_name, will_members,
};
pub use write::{bytes_value, to_tree};

#[cfg(test)]
mod tests;
