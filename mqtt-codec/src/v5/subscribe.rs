//! SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK: subscriptions come and go.
//!
//! MQTT 5.0 §3.8 to §3.11.

use super::kind::{AckProperties, SubscribeProperties, UnsubscribeProperties};
use super::reason::{ReasonCode, SubAckReason, UnsubAckReason};
use crate::PacketType;
use crate::emit::{Body, Sink, encoding};
use crate::error::{Cause, DecodeError, Field};
use crate::options::DecodeOptions;
use crate::parse::{self, Cursor, Strings};
use crate::storage::{MapStorage, Shared, Storage, storages};
use crate::types::{BuildError, Item, List, PacketId, Qos, TopicFilter, Writer};
use crate::types::{read_byte, read_prefixed, sealed_item, write_prefixed};

/// A client subscribes to one or more Topic Filters.
///
/// Spec: 5.0 §3.8.
///
/// ```
/// use mqtt_codec::{PacketId, Qos, TopicFilter, v5};
///
/// let options = v5::SubscriptionOptions { no_local: true, ..v5::SubscriptionOptions::new(Qos::AtLeastOnce) };
/// let filters = [v5::Subscription { filter: TopicFilter::new("a/+")?, options }];
/// let mut memory = [0; 32];
/// let subscribe = v5::Subscribe {
///     packet_id: PacketId::new(1).unwrap(),
///     properties: v5::SubscribeProperties::default(),
///     filters: v5::Filters::build_in(&mut memory, filters)?,
/// };
/// let mut packet = [0; 32];
/// let len = subscribe.encode(&mut packet)?;
/// assert_eq!(&packet[..len], b"\x82\x09\x00\x01\x00\x00\x03a/+\x05");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "the standard closes the list of fields")]
pub struct Subscribe<B: Storage = Shared> {
    /// The Packet Identifier, which SUBACK repeats.
    pub packet_id: PacketId,
    /// The properties.
    pub properties: SubscribeProperties<B>,
    /// What to subscribe to, at least one filter.
    pub filters: Filters<B>,
}

/// A Topic Filter, and how a client wants what it brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "the standard closes the list of fields")]
pub struct Subscription<B: Storage = Shared> {
    /// The filter.
    pub filter: TopicFilter<B>,
    /// The Subscription Options.
    pub options: SubscriptionOptions,
}

/// The Subscription Options of one filter.
///
/// Spec: 5.0 §3.8.3.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "the standard closes the list of fields")]
pub struct SubscriptionOptions {
    /// Maximum QoS: the highest at which the server may send.
    pub qos: Qos,
    /// No Local: do not send back what this client published. Not on a Shared Subscription \[5.0/MQTT-3.8.3-4\].
    pub no_local: bool,
    /// Retain As Published: keep the RETAIN flag that the message was published with.
    pub retain_as_published: bool,
    /// Whether retained messages are sent when the subscription is made.
    pub retain_handling: RetainHandling,
}

/// Whether retained messages are sent when a subscription is made. Spec: 5.0 §3.8.3.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "two bits, of which the fourth value is forbidden")]
#[repr(u8)]
pub enum RetainHandling {
    /// 0: always.
    #[default]
    Send = 0,
    /// 1: only if the subscription is new.
    SendIfNew = 1,
    /// 2: never.
    DoNotSend = 2,
}

impl RetainHandling {
    /// The value with this number; `None` for 3 and above.
    #[must_use]
    pub const fn new(value: u8) -> Option<Self> {
        match value {
            0 => Some(Self::Send),
            1 => Some(Self::SendIfNew),
            2 => Some(Self::DoNotSend),
            _ => None,
        }
    }

    /// The number on the wire, 0 to 2.
    #[must_use]
    pub const fn get(self) -> u8 {
        self as u8
    }
}

impl SubscriptionOptions {
    /// This Maximum QoS, and every other option at its default of 0.
    #[must_use]
    pub const fn new(qos: Qos) -> Self {
        Self { qos, no_local: false, retain_as_published: false, retain_handling: RetainHandling::Send }
    }

    /// The options as they travel.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        self.qos.get()
            | ((self.no_local as u8) << 2)
            | ((self.retain_as_published as u8) << 3)
            | (self.retain_handling.get() << 4)
    }

    /// Reads the options; what is wrong with them otherwise.
    fn from_byte(byte: u8) -> Result<Self, Cause> {
        if byte & 0b1100_0000 != 0 {
            return Err(Cause::SubscriptionReserved(byte)); // [5.0/MQTT-3.8.3-5]
        }
        Ok(Self {
            qos: Qos::new(byte & 0b11).ok_or(Cause::RequestedQosThree)?,
            no_local: byte & 0b100 != 0,
            retain_as_published: byte & 0b1000 != 0,
            retain_handling: RetainHandling::new(byte >> 4).ok_or(Cause::RetainHandling)?,
        })
    }
}

/// The filters of a [`Subscribe`].
pub type Filters<B = Shared> = List<B, Subscription>;

impl<B: Storage> sealed_item::Sealed for Subscription<B> {}
impl<B: Storage> Item for Subscription<B> {
    type Of<'a> = Subscription<&'a [u8]>;

    #[inline]
    fn read<'a>(bytes: &mut &'a [u8]) -> Option<Subscription<&'a [u8]>> {
        let filter = TopicFilter::checked(read_prefixed(bytes)?);
        let options = SubscriptionOptions::from_byte(read_byte(bytes)?).ok()?;
        Some(Subscription { filter, options })
    }

    fn write<W: Writer>(item: &Subscription<&[u8]>, out: &mut W) -> Result<(), BuildError> {
        let Subscription { filter, options } = item;
        filter.check_v5()?;
        if options.no_local && filter.shared().is_some() {
            return Err(BuildError::SharedNoLocal);
        }
        write_prefixed(filter.as_bytes(), out)?;
        out.put(&[options.to_byte()]);
        Ok(())
    }
}

impl<'a> Subscribe<&'a [u8]> {
    pub(super) fn read(
        mut body: Cursor<'a>,
        strings: Strings<'_>,
        options: &DecodeOptions,
    ) -> Result<Self, DecodeError> {
        let packet_id = body.read(Field::PacketIdentifier, parse::packet_id)?;
        let properties = SubscribeProperties::read(&mut body, Field::PropertyLength, strings, options)?;
        let filters = List::checked(body.rest());
        if body.is_empty() {
            return Err(body.error(Field::TopicFilter, body.offset(), Cause::EmptyList)); // [5.0/MQTT-3.8.3-2]
        }
        while !body.is_empty() {
            let filter = body.read(Field::TopicFilter, |i| strings.topic_filter_v5(i))?; // [5.0/MQTT-3.8.3-1]
            let at = body.offset();
            let options = body.read(Field::SubscriptionOptions, parse::byte)?;
            let fault = |cause| body.error(Field::SubscriptionOptions, at, cause);
            let options = SubscriptionOptions::from_byte(options).map_err(fault)?;
            if options.no_local && filter.shared().is_some() {
                return Err(fault(Cause::SharedNoLocal)); // [5.0/MQTT-3.8.3-4]
            }
        }
        Ok(Self { packet_id, properties, filters })
    }
}

impl<B: Storage> Body for Subscribe<B> {
    #[cfg(feature = "bytes")]
    const FEW_PARTS: bool = true;

    fn first_byte(&self) -> u8 {
        PacketType::Subscribe.first_byte() // [5.0/MQTT-3.8.1-1]
    }

    fn write<S: Sink>(&self, out: &mut S) {
        let Self { packet_id, properties, filters } = self;
        out.put_u16(packet_id.get());
        properties.write(out);
        out.put(filters.as_bytes());
    }
}

impl<B: Storage> MapStorage<B> for Subscribe<B> {
    type Over<C: Storage> = Subscribe<C>;
    fn map_storage<'s, C: Storage>(&'s self, f: &mut impl FnMut(&'s B) -> C) -> Subscribe<C>
    where
        B: 's,
    {
        let Self { packet_id, properties, filters } = self;
        Subscribe {
            packet_id: *packet_id,
            properties: properties.map_storage(f),
            filters: filters.map_storage(f),
        }
    }
}

encoding!(Subscribe<B>);
storages!(Subscribe);

/// A client unsubscribes from one or more Topic Filters.
///
/// Spec: 5.0 §3.10.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "the standard closes the list of fields")]
pub struct Unsubscribe<B: Storage = Shared> {
    /// The Packet Identifier, which UNSUBACK repeats.
    pub packet_id: PacketId,
    /// The properties.
    pub properties: UnsubscribeProperties<B>,
    /// The filters, exactly as they were subscribed to; at least one.
    pub filters: TopicFilters<B>,
}

/// A kind of list entry: a Topic Filter by the rules of 5.0, which knows Shared Subscriptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "never a value")]
pub enum AnyTopicFilter {}

/// The filters of an [`Unsubscribe`].
pub type TopicFilters<B = Shared> = List<B, AnyTopicFilter>;

impl sealed_item::Sealed for AnyTopicFilter {}
impl Item for AnyTopicFilter {
    type Of<'a> = TopicFilter<&'a [u8]>;

    #[inline]
    fn read<'a>(bytes: &mut &'a [u8]) -> Option<TopicFilter<&'a [u8]>> {
        read_prefixed(bytes).map(TopicFilter::checked)
    }

    fn write<W: Writer>(item: &TopicFilter<&[u8]>, out: &mut W) -> Result<(), BuildError> {
        item.check_v5()?;
        write_prefixed(item.as_bytes(), out)
    }
}

impl<'a> Unsubscribe<&'a [u8]> {
    pub(super) fn read(
        mut body: Cursor<'a>,
        strings: Strings<'_>,
        options: &DecodeOptions,
    ) -> Result<Self, DecodeError> {
        let packet_id = body.read(Field::PacketIdentifier, parse::packet_id)?;
        let properties = UnsubscribeProperties::read(&mut body, Field::PropertyLength, strings, options)?;
        let filters = List::checked(body.rest());
        if body.is_empty() {
            return Err(body.error(Field::TopicFilter, body.offset(), Cause::EmptyList)); // [5.0/MQTT-3.10.3-2]
        }
        while !body.is_empty() {
            body.read(Field::TopicFilter, |i| strings.topic_filter_v5(i))?; // [5.0/MQTT-3.10.3-1]
        }
        Ok(Self { packet_id, properties, filters })
    }
}

impl<B: Storage> Body for Unsubscribe<B> {
    #[cfg(feature = "bytes")]
    const FEW_PARTS: bool = true;

    fn first_byte(&self) -> u8 {
        PacketType::Unsubscribe.first_byte() // [5.0/MQTT-3.10.1-1]
    }

    fn write<S: Sink>(&self, out: &mut S) {
        let Self { packet_id, properties, filters } = self;
        out.put_u16(packet_id.get());
        properties.write(out);
        out.put(filters.as_bytes());
    }
}

impl<B: Storage> MapStorage<B> for Unsubscribe<B> {
    type Over<C: Storage> = Unsubscribe<C>;
    fn map_storage<'s, C: Storage>(&'s self, f: &mut impl FnMut(&'s B) -> C) -> Unsubscribe<C>
    where
        B: 's,
    {
        let Self { packet_id, properties, filters } = self;
        Unsubscribe {
            packet_id: *packet_id,
            properties: properties.map_storage(f),
            filters: filters.map_storage(f),
        }
    }
}

encoding!(Unsubscribe<B>);
storages!(Unsubscribe);

/// The server answers a SUBSCRIBE or UNSUBSCRIBE with one code per filter: [`SubAck`] and [`UnsubAck`] are this, each
/// with its own reason codes.
///
/// Spec: 5.0 §3.9, §3.11.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "the standard closes the list of fields")]
pub struct FiltersAck<R: ListedReason, B: Storage = Shared> {
    /// The Packet Identifier of the request.
    pub packet_id: PacketId,
    /// The properties.
    pub properties: AckProperties<B>,
    /// One code per filter, in the order of the request \[5.0/MQTT-3.9.3-1\] \[5.0/MQTT-3.11.3-1\].
    pub reasons: List<B, R>,
}

/// The server answers a SUBSCRIBE. Spec: 5.0 §3.9.
pub type SubAck<B = Shared> = FiltersAck<SubAckReason, B>;
/// The server answers an UNSUBSCRIBE. Spec: 5.0 §3.11.
pub type UnsubAck<B = Shared> = FiltersAck<UnsubAckReason, B>;

/// A reason code of which a packet carries one per filter.
pub trait ListedReason: ReasonCode + for<'a> Item<Of<'a> = Self> {
    /// The packet.
    #[doc(hidden)]
    const PACKET: PacketType;
}

impl ListedReason for SubAckReason {
    const PACKET: PacketType = PacketType::SubAck;
}
impl ListedReason for UnsubAckReason {
    const PACKET: PacketType = PacketType::UnsubAck;
}

macro_rules! reason_items {
    ($($reason:ident)*) => { $(
        impl sealed_item::Sealed for $reason {}
        impl Item for $reason {
            type Of<'a> = Self;

            #[inline]
            fn read(bytes: &mut &[u8]) -> Option<Self> {
                Self::from_u8(read_byte(bytes)?)
            }

            fn write<W: Writer>(item: &Self, out: &mut W) -> Result<(), BuildError> {
                out.put(&[item.get()]);
                Ok(())
            }
        }
    )* };
}

reason_items!(SubAckReason UnsubAckReason);

impl<R: ListedReason, B: Storage> FiltersAck<R, B> {
    /// The same over borrowed bytes.
    #[must_use]
    pub fn as_borrowed(&self) -> FiltersAck<R, &[u8]> {
        self.map_storage(&mut |b: &B| b.as_ref())
    }
}

impl<'a, R: ListedReason> FiltersAck<R, &'a [u8]> {
    pub(super) fn read(
        mut body: Cursor<'a>,
        strings: Strings<'_>,
        options: &DecodeOptions,
    ) -> Result<Self, DecodeError> {
        let packet_id = body.read(Field::PacketIdentifier, parse::packet_id)?;
        let properties = AckProperties::read(&mut body, Field::PropertyLength, strings, options)?;
        let codes = body.rest();
        let at = body.offset();
        if codes.is_empty() {
            // [5.0/MQTT-3.8.4-6] [5.0/MQTT-3.11.3-2]
            return Err(body.error(Field::ReasonCode, at, Cause::EmptyList));
        }
        match codes.iter().enumerate().find(|&(_, &code)| R::from_u8(code).is_none()) {
            // [5.0/MQTT-3.9.3-2] [5.0/MQTT-3.11.3-2]
            Some((i, &code)) => Err(body.error(Field::ReasonCode, at + i, Cause::ReasonCode(code))),
            None => Ok(Self { packet_id, properties, reasons: List::checked(codes) }),
        }
    }
}

impl<R: ListedReason, B: Storage> Body for FiltersAck<R, B> {
    fn first_byte(&self) -> u8 {
        R::PACKET.first_byte()
    }

    fn write<S: Sink>(&self, out: &mut S) {
        let Self { packet_id, properties, reasons } = self;
        out.put_u16(packet_id.get());
        properties.write(out);
        out.put(reasons.as_bytes());
    }
}

impl<R: ListedReason, B: Storage> MapStorage<B> for FiltersAck<R, B> {
    type Over<C: Storage> = FiltersAck<R, C>;
    fn map_storage<'s, C: Storage>(&'s self, f: &mut impl FnMut(&'s B) -> C) -> FiltersAck<R, C>
    where
        B: 's,
    {
        let Self { packet_id, properties, reasons } = self;
        FiltersAck {
            packet_id: *packet_id,
            properties: properties.map_storage(f),
            reasons: reasons.map_storage(f),
        }
    }
}

encoding!(SubAck<B>);
encoding!(UnsubAck<B>);
