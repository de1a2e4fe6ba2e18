//! Other codecs, each behind an adapter.
//!
//! Each is used as its documentation shows: it decodes from the kind of buffer it asks for, and encodes into the kind it
//! offers. Where it returns bytes of its own, they are appended to one buffer. Releases are pinned in `Cargo.toml`.

#![expect(missing_docs, reason = "an adapter is called what its crate is called")]
#![expect(clippy::too_many_lines, reason = "a walk names every field of every packet")]

pub mod mqtt5_protocol;
pub mod mqtt_format;
pub mod mqtt_proto;
pub mod mqtt_protocol_core;
pub mod mqttbytes;
pub mod mqttrs;
pub mod rmqtt_codec;

use crate::codec::{See, Visitor};

/// Visits all peers.
pub fn visit_peers(visitor: &mut impl Visitor) {
    visitor.codec::<mqttrs::V3>();
    visitor.codec::<mqtt_format::V3>();
    visitor.codec::<mqttbytes::original::V3>();
    visitor.codec::<mqttbytes::original::V5>();
    visitor.codec::<mqttbytes::rumqttc::V3>();
    visitor.codec::<mqttbytes::rumqttc::V5>();
    visitor.codec::<mqtt_proto::V3>();
    visitor.codec::<mqtt_proto::V5>();
    visitor.codec::<rmqtt_codec::V3>();
    visitor.codec::<rmqtt_codec::V5>();
    visitor.codec::<mqtt_protocol_core::V3>();
    visitor.codec::<mqtt_protocol_core::V5>();
    visitor.codec::<mqtt5_protocol::V5>();
}

/// The constants of an adapter.
macro_rules! about {
    ($name:literal, $release:literal, $protocol:ident, $storage:ident) => {
        const NAME: &'static str = $name;
        const RELEASE: &'static str = $release;
        const PROTOCOL: crate::workload::Protocol = crate::workload::Protocol::$protocol;
        const KIND: crate::codec::Kind = crate::codec::Kind::Peer;
        const STORAGE: crate::codec::Storage = crate::codec::Storage::$storage;
    };
}

/// Decodes from a slice.
macro_rules! from_slice {
    () => {
        type Input<'a> = &'a [u8];

        fn input(wire: &[u8]) -> &[u8] {
            wire
        }

        fn left(input: &&[u8]) -> usize {
            input.len()
        }
    };
}

/// Decodes from a `BytesMut`.
macro_rules! from_bytes_mut {
    () => {
        type Input<'a> = bytes::BytesMut;

        fn input(wire: &[u8]) -> bytes::BytesMut {
            bytes::BytesMut::from(wire)
        }

        fn left(input: &bytes::BytesMut) -> usize {
            input.len()
        }
    };
}

/// Encodes into a `BytesMut`.
macro_rules! into_bytes_mut {
    () => {
        type Output = bytes::BytesMut;

        fn output(capacity: usize) -> bytes::BytesMut {
            bytes::BytesMut::with_capacity(capacity)
        }

        fn clear(out: &mut bytes::BytesMut) {
            out.clear();
        }

        fn written(out: &bytes::BytesMut) -> &[u8] {
            out
        }
    };
}

/// Appends to a `Vec`.
macro_rules! into_vec {
    () => {
        type Output = Vec<u8>;

        fn output(capacity: usize) -> Vec<u8> {
            Vec::with_capacity(capacity)
        }

        fn clear(out: &mut Vec<u8>) {
            out.clear();
        }

        fn written(out: &Vec<u8>) -> &[u8] {
            out
        }
    };
}

use {about, from_bytes_mut, from_slice, into_bytes_mut, into_vec};

/// The flags of a PUBLISH as they travel.
#[inline]
fn flags(dup: bool, qos: u8, retain: bool, sum: &mut impl See) {
    sum.number(u8::from(retain) | qos << 1 | u8::from(dup) << 3);
}

#[inline]
fn number(value: Option<impl Into<u64>>, sum: &mut impl See) {
    if let Some(value) = value {
        sum.number(value);
    }
}

#[inline]
fn bytes(value: Option<impl AsRef<[u8]>>, sum: &mut impl See) {
    if let Some(value) = value {
        sum.bytes(value.as_ref());
    }
}

/// User Properties as pairs.
#[inline]
fn pairs<A: AsRef<[u8]>>(pairs: &[(A, A)], sum: &mut impl See) {
    for (name, value) in pairs {
        sum.bytes(name.as_ref());
        sum.bytes(value.as_ref());
    }
}
