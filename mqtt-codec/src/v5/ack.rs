//! PUBACK, PUBREC, PUBREL, PUBCOMP: the answers of QoS 1 and 2.
//!
//! MQTT 5.0 §3.4 to §3.7. The four are alike but for their reason codes. Each has two short forms: a Remaining Length of 2
//! means *Success, no properties*, and 3 means *this reason, no properties*. Encoding always picks the shortest.

use super::kind::AckProperties;
use super::reason::{PubAckReason, PubCompReason, PubRecReason, PubRelReason, ReasonCode};
use crate::PacketType;
#[cfg(feature = "bytes")]
use crate::emit::append_whole;
use crate::emit::{Body, Measured, Sink, encoding, only_id, put_whole};
use crate::error::{DecodeError, EncodeError, Field};
use crate::options::DecodeOptions;
use crate::parse::{self, Cursor, Strings};
use crate::storage::{MapStorage, Shared, Storage};
use crate::types::PacketId;

/// An answer within a QoS 1 or 2 exchange: [`PubAck`], [`PubRec`], [`PubRel`] and [`PubComp`] are this, each with its
/// own reason codes.
///
/// Spec: 5.0 §3.4 to §3.7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "the standard closes the list of fields")]
pub struct Ack<R, B: Storage = Shared> {
    /// The Packet Identifier of the PUBLISH that this belongs to.
    pub packet_id: PacketId,
    /// What became of the message.
    pub reason: R,
    /// The properties.
    pub properties: AckProperties<B>,
}

/// The answer to a QoS 1 PUBLISH. Spec: 5.0 §3.4.
pub type PubAck<B = Shared> = Ack<PubAckReason, B>;
/// The first answer to a QoS 2 PUBLISH. Spec: 5.0 §3.5.
pub type PubRec<B = Shared> = Ack<PubRecReason, B>;
/// The answer to PUBREC. Spec: 5.0 §3.6.
pub type PubRel<B = Shared> = Ack<PubRelReason, B>;
/// The answer to PUBREL. Spec: 5.0 §3.7.
pub type PubComp<B = Shared> = Ack<PubCompReason, B>;

/// A reason code that travels in one of the four packets.
pub trait AckReason: ReasonCode {
    /// The packet.
    #[doc(hidden)]
    const PACKET: PacketType;
    /// Success.
    #[doc(hidden)]
    const SUCCESS: Self;
}

impl AckReason for PubAckReason {
    const PACKET: PacketType = PacketType::PubAck;
    const SUCCESS: Self = Self::Success;
}
impl AckReason for PubRecReason {
    const PACKET: PacketType = PacketType::PubRec;
    const SUCCESS: Self = Self::Success;
}
impl AckReason for PubRelReason {
    const PACKET: PacketType = PacketType::PubRel;
    const SUCCESS: Self = Self::Success;
}
impl AckReason for PubCompReason {
    const PACKET: PacketType = PacketType::PubComp;
    const SUCCESS: Self = Self::Success;
}

impl<R: AckReason> Ack<R> {
    /// Success, without properties, over the default storage.
    ///
    /// ```
    /// use mqtt_codec::{PacketId, v5::PubAck};
    ///
    /// let mut out = [0; 4];
    /// PubAck::new(PacketId::MIN).encode(&mut out)?;
    /// assert_eq!(out, [0x40, 2, 0, 1]);
    /// # Ok::<(), mqtt_codec::EncodeError>(())
    /// ```
    #[must_use]
    pub fn new(packet_id: PacketId) -> Self {
        Self::bare(packet_id, R::SUCCESS)
    }

    /// This reason, without properties, over the default storage.
    #[must_use]
    pub fn with_reason(packet_id: PacketId, reason: R) -> Self {
        Self::bare(packet_id, reason)
    }
}

impl<R: AckReason, B: Storage> Ack<R, B> {
    /// This reason, without properties, over any storage.
    #[must_use]
    pub fn bare(packet_id: PacketId, reason: R) -> Self {
        Self { packet_id, reason, properties: AckProperties::default() }
    }

    /// The same over borrowed bytes.
    #[must_use]
    pub fn as_borrowed(&self) -> Ack<R, &[u8]> {
        self.map_storage(&mut |b: &B| b.as_ref())
    }
}

impl<'a, R: AckReason> Ack<R, &'a [u8]> {
    #[inline]
    pub(super) fn read(
        mut body: Cursor<'a>,
        strings: Strings<'_>,
        options: &DecodeOptions,
    ) -> Result<Self, DecodeError> {
        let packet_id = body.read(Field::PacketIdentifier, parse::packet_id)?;
        let reason = if body.is_empty() { R::SUCCESS } else { super::read_reason(&mut body, options)? };
        let properties = if body.is_empty() {
            AckProperties::default()
        } else {
            AckProperties::read(&mut body, Field::PropertyLength, strings, options)?
        };
        body.finish()?;
        Ok(Self { packet_id, reason, properties })
    }
}

impl<R: AckReason, B: Storage> Body for Ack<R, B> {
    #[inline]
    fn first_byte(&self) -> u8 {
        R::PACKET.first_byte()
    }

    #[inline]
    fn write<S: Sink>(&self, out: &mut S) {
        let Self { packet_id, reason, properties } = self;
        out.put_u16(packet_id.get());
        if *reason != R::SUCCESS || !properties.is_empty() {
            out.put_u8(reason.get());
        }
        if !properties.is_empty() {
            properties.write(out);
        }
    }

    #[inline]
    fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        if self.reason == R::SUCCESS && self.properties.is_empty() {
            return put_whole(only_id(R::PACKET.first_byte(), self.packet_id), out);
        }
        Measured::new(self)?.encode(out)
    }

    #[cfg(feature = "bytes")]
    #[inline]
    fn append<T: bytes::BufMut>(
        &self,
        out: &mut T,
        reserve: impl Fn(&mut T, usize),
    ) -> Result<usize, EncodeError> {
        if self.reason == R::SUCCESS && self.properties.is_empty() {
            return append_whole(only_id(R::PACKET.first_byte(), self.packet_id), out, reserve);
        }
        Measured::new(self)?.append(out, reserve)
    }
}

impl<R: Copy, B: Storage> MapStorage<B> for Ack<R, B> {
    type Over<C: Storage> = Ack<R, C>;
    #[inline(always)]
    fn map_storage<'s, C: Storage>(&'s self, f: &mut impl FnMut(&'s B) -> C) -> Ack<R, C>
    where
        B: 's,
    {
        Ack { packet_id: self.packet_id, reason: self.reason, properties: self.properties.map_storage(f) }
    }
}

encoding!(PubAck<B>);
encoding!(PubRec<B>);
encoding!(PubRel<B>);
encoding!(PubComp<B>);

#[cfg(feature = "bytes")]
impl<R: AckReason, B: Storage> Ack<R, B> {
    /// The same, with the properties copied into memory of their own.
    #[must_use]
    pub fn detach(&self) -> Ack<R> {
        self.map_storage(&mut |b: &B| bytes::Bytes::copy_from_slice(b.as_ref()))
    }
}
