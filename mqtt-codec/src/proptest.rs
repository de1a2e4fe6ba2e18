//! Strategies for packets and their parts, for property tests of what is built on this crate.
//!
//! ```
//! use mqtt_codec::proptest::packets_v5;
//! use mqtt_codec::{Decoded, v5};
//! use proptest::prelude::*;
//!
//! proptest!(|(packet in packets_v5())| {
//!     let mut bytes = bytes::BytesMut::new();
//!     packet.encode_to(&mut bytes)?;
//!     let Decoded::Complete { value, .. } = v5::Decoder::new().decode(&bytes)? else { panic!() };
//!     prop_assert_eq!(value, packet.as_borrowed());
//! });
//! ```

use crate::types::{TopicFilter, TopicName};
use crate::{v3, v5};
use ::arbitrary::{Arbitrary, Unstructured};
use ::proptest::prelude::*;
use bytes::Bytes;
use core::fmt::Debug;
use std::vec::Vec;

/// Values that are made from random bytes, and shrink as the bytes do.
fn from_bytes<T: for<'a> Arbitrary<'a> + Debug>() -> impl Strategy<Value = T> {
    ::proptest::collection::vec(any::<u8>(), 0..512)
        .prop_filter_map("the bytes make no value", |bytes: Vec<u8>| {
            T::arbitrary(&mut Unstructured::new(&bytes)).ok()
        })
}

/// Packets of MQTT 3.1 and 3.1.1: those that both have, CONNECTs of either, and what only 3.1.1 has in CONNACK (Session
/// Present) and SUBACK (Failure).
pub fn packets_v3() -> impl Strategy<Value = v3::Packet<Bytes>> {
    from_bytes()
}

/// Packets of MQTT 5.0, with any properties they may carry.
pub fn packets_v5() -> impl Strategy<Value = v5::Packet<Bytes>> {
    from_bytes()
}

/// Topic Names of a few levels, some of them empty.
pub fn topic_names() -> impl Strategy<Value = TopicName<Bytes>> {
    from_bytes()
}

/// Topic Filters of a few levels, with and without wildcards.
pub fn topic_filters() -> impl Strategy<Value = TopicFilter<Bytes>> {
    from_bytes()
}
