//! SUBSCRIBE and SUBACK: a client subscribes to Topic Filters, and the server answers.
//!
//! 3.1 §3.8 and §3.9, 3.1.1 §3.8 and §3.9.

use super::ProtocolLevel;
use crate::PacketType;
use crate::emit::{Body, Sink, encoding};
use crate::error::{Cause, DecodeError, Field};
use crate::parse::{self, Cursor, Strings};
use crate::storage::{MapStorage, Shared, Storage, storages};
use crate::types::{BuildError, Item, List, PacketId, Qos, TopicFilter, Writer};
use crate::types::{read_byte, read_prefixed, sealed_item, skip_plain_filter, write_prefixed};

/// A client subscribes to one or more Topic Filters.
///
/// Spec: 3.1 §3.8, 3.1.1 §3.8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "the standard closes the list of fields")]
pub struct Subscribe<B: Storage = Shared> {
    /// The Packet Identifier, which SUBACK repeats.
    pub packet_id: PacketId,
    /// What to subscribe to, at least one filter.
    pub filters: Filters<B>,
}

/// A Topic Filter, and the QoS that a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "the standard closes the list of fields")]
pub struct Subscription<B: Storage = Shared> {
    /// The filter.
    pub filter: TopicFilter<B>,
    /// The Requested QoS: the highest at which the server may send.
    pub qos: Qos,
}

/// The Topic Filters of a [`Subscribe`].
pub type Filters<B = Shared> = List<B, Subscription>;

impl<B: Storage> sealed_item::Sealed for Subscription<B> {}
impl<B: Storage> Item for Subscription<B> {
    type Of<'a> = Subscription<&'a [u8]>;

    /// The upper six bits of the Requested QoS were checked in 3.1.1, and mean nothing in 3.1 \[3.1/V31-3.8-2\].
    #[inline]
    fn read<'a>(bytes: &mut &'a [u8]) -> Option<Subscription<&'a [u8]>> {
        let filter = TopicFilter::checked(read_prefixed(bytes)?);
        let qos = Qos::new(read_byte(bytes)? & 0b11)?;
        Some(Subscription { filter, qos })
    }

    fn write<W: Writer>(item: &Subscription<&[u8]>, out: &mut W) -> Result<(), BuildError> {
        write_prefixed(item.filter.as_bytes(), out)?;
        out.put(&[item.qos.get()]);
        Ok(())
    }
}

impl<'a> Subscribe<&'a [u8]> {
    #[inline(always)]
    pub(super) fn read(
        mut body: Cursor<'a>,
        level: ProtocolLevel,
        strings: Strings<'_>,
    ) -> Result<Self, DecodeError> {
        let packet_id = body.read(Field::PacketIdentifier, parse::packet_id)?;
        let filters = List::checked(body.rest());
        if body.is_empty() {
            // 3.1 does not mention it [3.1/V31-3.8-5].
            return Err(body.error(Field::TopicFilter, body.offset(), Cause::EmptyList)); // [3.1.1/MQTT-3.8.3-3]
        }
        if !strings.refuses_ascii() && is_plain_list(body.rest()) {
            return Ok(Self { packet_id, filters });
        }
        while !body.is_empty() {
            body.read(Field::TopicFilter, |i| strings.topic_filter(i))?; // [3.1.1/MQTT-3.8.3-1]
            let at = body.offset();
            let requested = body.read(Field::RequestedQos, parse::byte)?;
            let fault = |cause| Err(body.error(Field::RequestedQos, at, cause)); // [3.1/V31-3.8-3] [3.1.1/MQTT-3.8.3-4]
            if requested & 0b1111_1100 != 0 && level == ProtocolLevel::V3_1_1 {
                return fault(Cause::SubscriptionReserved(requested));
            }
            if requested & 0b11 == 0b11 {
                return fault(Cause::RequestedQosThree);
            }
        }
        Ok(Self { packet_id, filters })
    }
}

/// The fast path, which accepts nearly all lists: whether all filters are plain, and what follows them is right.
#[inline(never)]
fn is_plain_list(mut list: &[u8]) -> bool {
    while let Some(rest) = skip_plain_filter(list) {
        match *rest {
            [0..=2] => return true,
            [0..=2, ref rest @ ..] => list = rest,
            _ => return false,
        }
    }
    false
}

impl<B: Storage> Body for Subscribe<B> {
    #[cfg(feature = "bytes")]
    const FEW_PARTS: bool = true;

    fn first_byte(&self) -> u8 {
        PacketType::Subscribe.first_byte() // [3.1/V31-3.8-1] [3.1.1/MQTT-3.8.1-1]
    }

    /// As the list is, or entry by entry where it holds bits that 3.1 leaves unused: they are sent as 0.
    fn write<S: Sink>(&self, out: &mut S) {
        let Self { packet_id, filters } = self;
        out.put_u16(packet_id.get());
        if S::COUNTS || has_no_unused_bits(filters.as_bytes()) {
            out.put(filters.as_bytes());
            return;
        }
        for Subscription { filter, qos } in filters {
            out.put_prefixed(filter.as_bytes());
            out.put_u8(qos.get());
        }
    }
}

/// Whether every Requested QoS of a list that has been checked is just that.
fn has_no_unused_bits(mut list: &[u8]) -> bool {
    while read_prefixed(&mut list).is_some() {
        if read_byte(&mut list).is_some_and(|requested| requested > 0b11) {
            return false;
        }
    }
    true
}

impl<B: Storage> MapStorage<B> for Subscribe<B> {
    type Over<C: Storage> = Subscribe<C>;
    fn map_storage<'s, C: Storage>(&'s self, f: &mut impl FnMut(&'s B) -> C) -> Subscribe<C>
    where
        B: 's,
    {
        Subscribe { packet_id: self.packet_id, filters: self.filters.map_storage(f) }
    }
}

encoding!(Subscribe<B>);
storages!(Subscribe);

/// The server answers a SUBSCRIBE, with one code per filter.
///
/// Spec: 3.1 §3.9, 3.1.1 §3.9.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "the standard closes the list of fields")]
pub struct SubAck<B: Storage = Shared> {
    /// The Packet Identifier of the SUBSCRIBE.
    pub packet_id: PacketId,
    /// One code per filter, in the order of the SUBSCRIBE.
    pub return_codes: ReturnCodes<B>,
}

/// What became of one subscription.
///
/// Spec: 3.1 §3.9 (granted QoS only), 3.1.1 §3.9.3 \[3.1.1/MQTT-3.9.3-2\].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the standard closes the list; other codes are reserved")]
pub enum SubscribeReturnCode {
    /// 0, 1 or 2: the highest QoS at which the server may send.
    Granted(Qos),
    /// 0x80: refused. 3.1.1 only.
    Failure,
}

impl SubscribeReturnCode {
    /// The code with this number; `None` for reserved codes.
    #[must_use]
    pub const fn new(code: u8) -> Option<Self> {
        match (code, Qos::new(code)) {
            (0x80, _) => Some(Self::Failure),
            (_, Some(qos)) => Some(Self::Granted(qos)),
            (_, None) => None,
        }
    }

    /// The number on the wire: 0, 1, 2 or 0x80.
    #[must_use]
    pub const fn get(self) -> u8 {
        match self {
            Self::Granted(qos) => qos.get(),
            Self::Failure => 0x80,
        }
    }
}

/// The codes of a [`SubAck`].
pub type ReturnCodes<B = Shared> = List<B, SubscribeReturnCode>;

impl sealed_item::Sealed for SubscribeReturnCode {}
impl Item for SubscribeReturnCode {
    type Of<'a> = Self;

    #[inline]
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Self::new(read_byte(bytes)?)
    }

    fn write<W: Writer>(item: &Self, out: &mut W) -> Result<(), BuildError> {
        out.put(&[item.get()]);
        Ok(())
    }
}

impl<'a> SubAck<&'a [u8]> {
    pub(super) fn read(mut body: Cursor<'a>, level: ProtocolLevel) -> Result<Self, DecodeError> {
        let packet_id = body.read(Field::PacketIdentifier, parse::packet_id)?;
        let codes = body.rest();
        let at = body.offset();
        if codes.is_empty() {
            // [3.1.1/MQTT-3.8.4-5]
            return Err(body.error(Field::ReturnCode, at, Cause::EmptyList));
        }
        let known = |&code: &u8| match SubscribeReturnCode::new(code) {
            Some(SubscribeReturnCode::Failure) => level == ProtocolLevel::V3_1_1,
            Some(SubscribeReturnCode::Granted(_)) => true,
            None => false,
        };
        match codes.iter().enumerate().find(|(_, code)| !known(code)) {
            Some((i, &code)) => Err(body.error(Field::ReturnCode, at + i, Cause::ReturnCode(code))), // [3.1/V31-3.9-1] [3.1.1/MQTT-3.9.3-2]
            None => Ok(Self { packet_id, return_codes: List::checked(codes) }),
        }
    }
}

impl<B: Storage> Body for SubAck<B> {
    fn first_byte(&self) -> u8 {
        PacketType::SubAck.first_byte()
    }

    fn write<S: Sink>(&self, out: &mut S) {
        let Self { packet_id, return_codes } = self;
        out.put_u16(packet_id.get());
        out.put(return_codes.as_bytes());
    }
}

impl<B: Storage> MapStorage<B> for SubAck<B> {
    type Over<C: Storage> = SubAck<C>;
    fn map_storage<'s, C: Storage>(&'s self, f: &mut impl FnMut(&'s B) -> C) -> SubAck<C>
    where
        B: 's,
    {
        SubAck { packet_id: self.packet_id, return_codes: self.return_codes.map_storage(f) }
    }
}

encoding!(SubAck<B>);
storages!(SubAck);
