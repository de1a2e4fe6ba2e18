//! UNSUBSCRIBE: a client gives up subscriptions. Its answer, UNSUBACK, is nothing but a Packet Identifier.
//!
//! 3.1 §3.10, 3.1.1 §3.10.

use crate::PacketType;
use crate::emit::{Body, Sink, encoding};
use crate::error::{Cause, DecodeError, Field};
use crate::parse::{self, Cursor, Strings};
use crate::storage::{MapStorage, Shared, Storage, storages};
use crate::types::{BuildError, Item, List, PacketId, TopicFilter, Writer};
use crate::types::{read_prefixed, sealed_item, write_prefixed};

/// A client unsubscribes from one or more Topic Filters.
///
/// Spec: 3.1 §3.10, 3.1.1 §3.10.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "the standard closes the list of fields")]
pub struct Unsubscribe<B: Storage = Shared> {
    /// The Packet Identifier, which UNSUBACK repeats.
    pub packet_id: PacketId,
    /// The filters, exactly as they were subscribed to; at least one.
    pub filters: TopicFilters<B>,
}

/// The Topic Filters of an [`Unsubscribe`].
pub type TopicFilters<B = Shared> = List<B, TopicFilter>;

impl<B: Storage> sealed_item::Sealed for TopicFilter<B> {}
impl<B: Storage> Item for TopicFilter<B> {
    type Of<'a> = TopicFilter<&'a [u8]>;

    #[inline]
    fn read<'a>(bytes: &mut &'a [u8]) -> Option<TopicFilter<&'a [u8]>> {
        read_prefixed(bytes).map(TopicFilter::checked)
    }

    fn write<W: Writer>(item: &TopicFilter<&[u8]>, out: &mut W) -> Result<(), BuildError> {
        write_prefixed(item.as_bytes(), out)
    }
}

impl<'a> Unsubscribe<&'a [u8]> {
    pub(super) fn read(mut body: Cursor<'a>, strings: Strings<'_>) -> Result<Self, DecodeError> {
        let packet_id = body.read(Field::PacketIdentifier, parse::packet_id)?;
        let filters = List::checked(body.rest());
        if body.is_empty() {
            return Err(body.error(Field::TopicFilter, body.offset(), Cause::EmptyList)); // [3.1.1/MQTT-3.10.3-2]
        }
        while !body.is_empty() {
            body.read(Field::TopicFilter, |i| strings.topic_filter(i))?; // [3.1.1/MQTT-3.10.3-1]
        }
        Ok(Self { packet_id, filters })
    }
}

impl<B: Storage> Body for Unsubscribe<B> {
    #[cfg(feature = "bytes")]
    const FEW_PARTS: bool = true;

    fn first_byte(&self) -> u8 {
        PacketType::Unsubscribe.first_byte() // [3.1/V31-3.10-1] [3.1.1/MQTT-3.10.1-1]
    }

    fn write<S: Sink>(&self, out: &mut S) {
        let Self { packet_id, filters } = self;
        out.put_u16(packet_id.get());
        out.put(filters.as_bytes());
    }
}

impl<B: Storage> MapStorage<B> for Unsubscribe<B> {
    type Over<C: Storage> = Unsubscribe<C>;
    fn map_storage<'s, C: Storage>(&'s self, f: &mut impl FnMut(&'s B) -> C) -> Unsubscribe<C>
    where
        B: 's,
    {
        Unsubscribe { packet_id: self.packet_id, filters: self.filters.map_storage(f) }
    }
}

encoding!(Unsubscribe<B>);
storages!(Unsubscribe);
