//! The floor: about the least that a codec for these packets can do.
//!
//! Decoding reads every length against what is there, passes over each string once to see that it is UTF-8 (while walking,
//! so that lists and properties are passed over once, not twice), and checks nothing else: no flags, no wildcards, no
//! U+0000, no property that is misplaced or repeated. Encoding adds up the lengths and copies the parts once; lists and
//! properties are one part. No codec that keeps the standard's rules can reach it, and none should be many times above it.
#![expect(clippy::inline_always, reason = "a floor has no calls")]

use crate::codec::{Codec, Kind, See, Stop, Storage};
use crate::ours::Filled;
use crate::workload::Protocol;
use bytes::{Buf, Bytes, BytesMut};

/// The floor for packets that borrow.
#[derive(Debug)]
pub enum Floor<const V5: bool> {}

/// The floor for packets that share: the same, and one slice of a `Bytes` for each packet.
#[derive(Debug)]
pub enum FloorShared<const V5: bool> {}

const fn protocol(v5: bool) -> Protocol {
    if v5 { Protocol::V5 } else { Protocol::V3_1_1 }
}

/// A packet, as little of it understood as possible.
#[derive(Clone, Copy, Debug)]
pub enum Packet<'a> {
    /// PUBLISH.
    Publish {
        /// The first byte.
        first: u8,
        /// The topic.
        topic: &'a [u8],
        /// The Packet Identifier, or 0.
        id: u16,
        /// The properties without their length; 5.0 only.
        properties: &'a [u8],
        /// The payload.
        payload: &'a [u8],
    },
    /// Anything with a Packet Identifier, perhaps a reason, and perhaps a list.
    Identified {
        /// The first byte.
        first: u8,
        /// The Packet Identifier.
        id: u16,
        /// PUBACK and its likes of 5.0: the reason code, where there is one.
        reason: Option<u8>,
        /// The properties without their length; 5.0 only, and not in the short forms.
        properties: Option<&'a [u8]>,
        /// All entries.
        list: &'a [u8],
    },
    /// CONNECT.
    Connect(Connect<'a>),
    /// CONNACK, DISCONNECT, PINGREQ and the like.
    Small {
        /// The first byte.
        first: u8,
        /// What comes before the properties: flags and code.
        head: &'a [u8],
        /// The properties without their length.
        properties: Option<&'a [u8]>,
    },
}

/// CONNECT.
#[derive(Clone, Copy, Debug)]
pub struct Connect<'a> {
    flags: u8,
    keep_alive: u16,
    properties: &'a [u8],
    client_id: &'a [u8],
    will_properties: &'a [u8],
    will_topic: &'a [u8],
    will_payload: &'a [u8],
    user_name: &'a [u8],
    password: &'a [u8],
}

/// What is not there yet, or not UTF-8.
type Read<T> = Option<T>;

#[inline(always)]
fn byte(rest: &mut &[u8]) -> Read<u8> {
    let (&byte, tail) = rest.split_first()?;
    *rest = tail;
    Some(byte)
}

#[inline(always)]
fn number(rest: &mut &[u8]) -> Read<u16> {
    let (bytes, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(u16::from_be_bytes(*bytes))
}

#[inline(always)]
fn long(rest: &mut &[u8]) -> Read<u32> {
    let (bytes, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(u32::from_be_bytes(*bytes))
}

#[inline(always)]
fn take<'a>(rest: &mut &'a [u8], len: usize) -> Read<&'a [u8]> {
    let (taken, tail) = rest.split_at_checked(len)?;
    *rest = tail;
    Some(taken)
}

#[inline(always)]
fn field<'a>(rest: &mut &'a [u8]) -> Read<&'a [u8]> {
    let len = number(rest)?;
    take(rest, usize::from(len))
}

#[inline(always)]
fn var_int(rest: &mut &[u8]) -> Read<usize> {
    let first = byte(rest)?;
    if first < 0x80 {
        return Some(usize::from(first));
    }
    let mut value = usize::from(first & 0x7f);
    for shift in [7, 14, 21] {
        let next = byte(rest)?;
        value |= usize::from(next & 0x7f) << shift;
        if next < 0x80 {
            return Some(value);
        }
    }
    None
}

#[inline(always)]
fn block<'a>(rest: &mut &'a [u8]) -> Read<&'a [u8]> {
    let len = var_int(rest)?;
    take(rest, len)
}

#[inline(always)]
fn text(bytes: &[u8], sum: &mut impl See) -> Read<()> {
    if !bytes.is_ascii() {
        std::str::from_utf8(bytes).ok()?;
    }
    sum.bytes(bytes);
    Some(())
}

/// The first byte and the length of the fixed header and of the body.
#[inline(always)]
fn frame(wire: &[u8]) -> Read<(u8, usize, usize)> {
    let mut rest = wire;
    let first = byte(&mut rest)?;
    let len = var_int(&mut rest)?;
    let head = wire.len() - rest.len();
    if rest.len() < len { None } else { Some((first, head, len)) }
}

#[inline(always)]
fn read<const V5: bool>(first: u8, mut body: &[u8]) -> Read<Packet<'_>> {
    let rest = &mut body;
    Some(match first >> 4 {
        3 => {
            let topic = field(rest)?;
            let id = if first & 6 == 0 { 0 } else { number(rest)? };
            let properties = if V5 { block(rest)? } else { &[] };
            Packet::Publish { first, topic, id, properties, payload: rest }
        }
        4..=7 => {
            let id = number(rest)?;
            let reason = if V5 && !rest.is_empty() { Some(byte(rest)?) } else { None };
            let properties = if V5 && !rest.is_empty() { Some(block(rest)?) } else { None };
            Packet::Identified { first, id, reason, properties, list: &[] }
        }
        8..=11 => {
            let id = number(rest)?;
            let properties = if V5 { Some(block(rest)?) } else { None };
            Packet::Identified { first, id, reason: None, properties, list: rest }
        }
        1 => {
            take(rest, 7)?;
            let flags = byte(rest)?;
            let keep_alive = number(rest)?;
            let properties = if V5 { block(rest)? } else { &[] };
            let client_id = field(rest)?;
            let has = |flag: u8| flags & flag != 0;
            let will_properties = if V5 && has(4) { block(rest)? } else { &[] };
            let will_topic = if has(4) { field(rest)? } else { &[] };
            let will_payload = if has(4) { field(rest)? } else { &[] };
            let user_name = if has(0x80) { field(rest)? } else { &[] };
            let password = if has(0x40) { field(rest)? } else { &[] };
            Packet::Connect(Connect {
                flags,
                keep_alive,
                properties,
                client_id,
                will_properties,
                will_topic,
                will_payload,
                user_name,
                password,
            })
        }
        kind => {
            let head = take(rest, if kind == 2 { 2 } else { rest.len().min(1) })?;
            let properties = if V5 && !rest.is_empty() { Some(block(rest)?) } else { None };
            Packet::Small { first, head, properties }
        }
    })
}

#[inline(always)]
fn walk_properties(mut block: &[u8], sum: &mut impl See) -> Read<()> {
    while let Some(id) = byte(&mut block) {
        match id {
            1 | 23 | 25 | 36 | 37 | 40 | 41 | 42 => sum.number(byte(&mut block)?),
            19 | 33 | 34 | 35 => sum.number(number(&mut block)?),
            2 | 17 | 24 | 39 => sum.number(long(&mut block)?),
            11 => sum.number(var_int(&mut block)? as u64),
            9 | 22 => sum.bytes(field(&mut block)?),
            38 => {
                text(field(&mut block)?, sum)?;
                text(field(&mut block)?, sum)?;
            }
            _ => text(field(&mut block)?, sum)?,
        }
    }
    Some(())
}

#[inline(always)]
fn walk(packet: &Packet<'_>, sum: &mut impl See) -> Read<()> {
    match *packet {
        Packet::Publish { first, topic, id, properties, payload } => {
            sum.number(first & 0x0f);
            text(topic, sum)?;
            sum.number(id);
            walk_properties(properties, sum)?;
            sum.bytes(payload);
        }
        Packet::Identified { first, id, reason, properties, mut list } => {
            sum.number(id);
            sum.number(reason.unwrap_or(0));
            walk_properties(properties.unwrap_or_default(), sum)?;
            match first >> 4 {
                8 => {
                    while !list.is_empty() {
                        text(field(&mut list)?, sum)?;
                        sum.number(byte(&mut list)?);
                    }
                }
                10 => {
                    while !list.is_empty() {
                        text(field(&mut list)?, sum)?;
                    }
                }
                _ => {
                    for &code in list {
                        sum.number(code);
                    }
                }
            }
        }
        Packet::Connect(connect) => {
            sum.number(connect.flags & 2 != 0);
            sum.number(connect.keep_alive);
            walk_properties(connect.properties, sum)?;
            text(connect.client_id, sum)?;
            walk_properties(connect.will_properties, sum)?;
            text(connect.will_topic, sum)?;
            sum.bytes(connect.will_payload);
            sum.number(connect.flags >> 3 & 3);
            sum.number(connect.flags & 0x20 != 0);
            text(connect.user_name, sum)?;
            sum.bytes(connect.password);
        }
        Packet::Small { first: _, head, properties } => {
            for &byte in head {
                sum.number(byte);
            }
            walk_properties(properties.unwrap_or_default(), sum)?;
        }
    }
    Some(())
}

/// Writes parts into a slice that is long enough.
struct Parts<'a>(&'a mut [u8]);

impl Parts<'_> {
    #[inline(always)]
    fn put(&mut self, bytes: &[u8]) {
        let (head, tail) = std::mem::take(&mut self.0).split_at_mut(bytes.len());
        head.copy_from_slice(bytes);
        self.0 = tail;
    }

    #[inline(always)]
    fn field(&mut self, bytes: &[u8]) {
        self.put(&u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes());
        self.put(bytes);
    }

    #[inline(always)]
    fn var_int(&mut self, mut value: usize) {
        loop {
            let low = u8::try_from(value & 0x7f).unwrap_or(0);
            value >>= 7;
            if value == 0 {
                return self.put(&[low]);
            }
            self.put(&[low | 0x80]);
        }
    }

    #[inline(always)]
    fn block(&mut self, bytes: &[u8]) {
        self.var_int(bytes.len());
        self.put(bytes);
    }
}

#[inline(always)]
fn var_int_len(value: usize) -> usize {
    match value {
        0..=0x7f => 1,
        0x80..=0x3fff => 2,
        0x4000..=0x1f_ffff => 3,
        _ => 4,
    }
}

#[inline(always)]
fn block_len(block: &[u8]) -> usize {
    var_int_len(block.len()) + block.len()
}

#[inline(always)]
fn write<const V5: bool>(packet: &Packet<'_>, out: &mut Filled) {
    let start = &mut out.buffer[out.len..];
    let room = start.len();
    let mut to = Parts(start);
    match *packet {
        Packet::Publish { first, topic, id, properties, payload } => {
            let id_len = if id == 0 { 0 } else { 2 };
            let properties_len = if V5 { block_len(properties) } else { 0 };
            to.put(&[first]);
            to.var_int(2 + topic.len() + id_len + properties_len + payload.len());
            to.field(topic);
            if id != 0 {
                to.put(&id.to_be_bytes());
            }
            if V5 {
                to.block(properties);
            }
            to.put(payload);
        }
        Packet::Identified { first, id, reason, properties, list } => {
            let reason_len = usize::from(reason.is_some());
            to.put(&[first]);
            to.var_int(2 + reason_len + properties.map_or(0, block_len) + list.len());
            to.put(&id.to_be_bytes());
            if let Some(reason) = reason {
                to.put(&[reason]);
            }
            if let Some(properties) = properties {
                to.block(properties);
            }
            if !list.is_empty() {
                to.put(list);
            }
        }
        Packet::Connect(connect) => {
            let has = |flag: u8| connect.flags & flag != 0;
            let mut len = 10 + 2 + connect.client_id.len();
            if V5 {
                len += block_len(connect.properties);
            }
            if has(4) {
                let properties_len = if V5 { block_len(connect.will_properties) } else { 0 };
                len += properties_len + 2 + connect.will_topic.len() + 2 + connect.will_payload.len();
            }
            len += if has(0x80) { 2 + connect.user_name.len() } else { 0 };
            len += if has(0x40) { 2 + connect.password.len() } else { 0 };
            to.put(&[0x10]);
            to.var_int(len);
            to.put(&[0, 4, b'M', b'Q', b'T', b'T', if V5 { 5 } else { 4 }, connect.flags]);
            to.put(&connect.keep_alive.to_be_bytes());
            if V5 {
                to.block(connect.properties);
            }
            to.field(connect.client_id);
            if has(4) {
                if V5 {
                    to.block(connect.will_properties);
                }
                to.field(connect.will_topic);
                to.field(connect.will_payload);
            }
            if has(0x80) {
                to.field(connect.user_name);
            }
            if has(0x40) {
                to.field(connect.password);
            }
        }
        Packet::Small { first, head, properties } => {
            to.put(&[first]);
            to.var_int(head.len() + properties.map_or(0, block_len));
            to.put(head);
            if let Some(properties) = properties {
                to.block(properties);
            }
        }
    }
    out.len += room - to.0.len();
}

impl<const V5: bool> Codec for Floor<V5> {
    const NAME: &'static str = "floor";
    const RELEASE: &'static str = "";
    const PROTOCOL: Protocol = protocol(V5);
    const KIND: Kind = Kind::Floor;
    const STORAGE: Storage = Storage::Borrowed;
    type Input<'a> = &'a [u8];
    type Packet<'a> = Packet<'a>;
    type Output = Filled;

    fn input(wire: &[u8]) -> Self::Input<'_> {
        wire
    }

    #[inline(always)]
    fn next<'a>(rest: &mut Self::Input<'a>) -> Result<Self::Packet<'a>, Stop> {
        let (first, head, len) = frame(rest).ok_or(Stop::Incomplete)?;
        let (packet, tail) = rest.split_at(head + len);
        *rest = tail;
        read::<V5>(first, &packet[head..]).ok_or(Stop::Refused)
    }

    fn left(rest: &&[u8]) -> usize {
        rest.len()
    }

    #[inline(always)]
    fn walk(packet: &Packet<'_>, sum: &mut impl See) {
        walk(packet, sum).expect("the bytes are well-formed");
    }

    fn output(capacity: usize) -> Filled {
        Filled::new(capacity)
    }

    #[inline(always)]
    fn encode(packet: &mut Packet<'_>, out: &mut Filled) {
        write::<V5>(packet, out);
    }

    fn clear(out: &mut Filled) {
        out.len = 0;
    }

    fn written(out: &Filled) -> &[u8] {
        out.bytes()
    }
}

/// The bytes of one packet, shared.
#[derive(Clone, Debug)]
pub struct Shared {
    first: u8,
    body: Bytes,
}

impl<const V5: bool> Codec for FloorShared<V5> {
    const NAME: &'static str = "floor with one `Bytes`";
    const RELEASE: &'static str = "";
    const PROTOCOL: Protocol = protocol(V5);
    const KIND: Kind = Kind::Floor;
    const STORAGE: Storage = Storage::Owned;
    type Input<'a> = BytesMut;
    type Packet<'a> = Shared;
    type Output = Filled;

    fn input(wire: &[u8]) -> BytesMut {
        BytesMut::from(wire)
    }

    #[inline(always)]
    fn next<'a>(rest: &mut Self::Input<'a>) -> Result<Self::Packet<'a>, Stop> {
        let (first, head, len) = frame(rest).ok_or(Stop::Incomplete)?;
        rest.advance(head);
        Ok(Shared { first, body: rest.split_to(len).freeze() })
    }

    fn left(rest: &BytesMut) -> usize {
        rest.len()
    }

    #[inline(always)]
    fn walk(packet: &Shared, sum: &mut impl See) {
        read::<V5>(packet.first, &packet.body)
            .and_then(|packet| walk(&packet, sum))
            .expect("the bytes are well-formed");
    }

    fn output(capacity: usize) -> Filled {
        Filled::new(capacity)
    }

    /// Not measured: it would be the same as the other floor's.
    fn encode(packet: &mut Shared, out: &mut Filled) {
        if let Some(packet) = read::<V5>(packet.first, &packet.body) {
            write::<V5>(&packet, out);
        }
    }

    fn clear(out: &mut Filled) {
        out.len = 0;
    }

    fn written(out: &Filled) -> &[u8] {
        out.bytes()
    }
}
