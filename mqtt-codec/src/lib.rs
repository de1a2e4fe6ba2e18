//! A codec for MQTT 3.1, 3.1.1 and 5.0 control packets.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    warn(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic)
)]
#![warn(
    clippy::std_instead_of_core,
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    clippy::partial_pub_fields
)]

#[cfg(feature = "std")]
extern crate std;

mod any;
mod decode;
mod emit;
mod error;
mod frame;
mod options;
mod packet_type;
mod parse;
mod rules;
mod storage;
mod types;
pub mod v3;
pub mod v5;
mod version;

pub use any::{AnyDecoder, AnyPacket};
pub use error::{Cause, DecodeError, EncodeError, Field, Requirement, Sender};
pub use frame::{Decoded, FixedHeader, Frame};
pub use options::DecodeOptions;
pub use packet_type::PacketType;
pub use storage::{Shared, Storage};
pub use types::{
    Binary, BuildError, Delivery, InvalidQos, InvalidText, InvalidTopic, Item, Levels, List, ListIter,
    PacketId, PacketIdZero, Qos, Scratch, SharedSubscription, Text, TextRules, TopicFilter, TopicName,
    VarInt, VarIntTooLarge, Writer,
};
pub use version::{UnknownVersion, Version};
