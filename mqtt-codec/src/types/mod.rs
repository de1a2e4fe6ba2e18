//! Values that packets are made of, each checked when it is built.

mod list;
mod packet_id;
mod qos;
mod text;
mod topic;
mod var_int;
mod words;

pub use list::{BuildError, Item, List, ListIter, Scratch, Writer};
pub use packet_id::{PacketId, PacketIdZero};
pub use qos::{Delivery, InvalidQos, Qos};
pub use text::{Binary, InvalidText, Text, TextRules};
pub use topic::{InvalidTopic, Levels, SharedSubscription, TopicFilter, TopicName};
pub use var_int::{VarInt, VarIntTooLarge};

pub(crate) use list::{read_byte, read_prefixed, sealed_item, write_prefixed};
pub(crate) use text::{Hidden, Payload, TextFault, find_fault};
pub(crate) use topic::{find_misplaced, find_wildcard, is_plain_filter, skip_plain_filter};
pub(crate) use words::{is_plain, is_plain_inline, is_plain_topic, is_text, is_topic};
