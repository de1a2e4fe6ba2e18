//! DISCONNECT and AUTH: the end of a connection, and enhanced authentication.
//!
//! MQTT 5.0 §3.14 and §3.15. DISCONNECT has two short forms: a Remaining Length of 0 means *Normal disconnection, no
//! properties*, and 1 means *this reason, no properties*. AUTH has none that is legal: it always carries its method.

use super::kind::{AuthProperties, DisconnectProperties};
use super::reason::{AuthReason, DisconnectReason, ReasonCode};
use crate::PacketType;
use crate::emit::{Body, Sink, encoding};
use crate::error::{Cause, DecodeError, Field};
use crate::options::DecodeOptions;
use crate::parse::{Cursor, Strings};
use crate::storage::{MapStorage, Shared, Storage, storages};

/// The end of a connection, from either side.
///
/// Spec: 5.0 §3.14.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "the standard closes the list of fields")]
pub struct Disconnect<B: Storage = Shared> {
    /// Why.
    pub reason: DisconnectReason,
    /// The properties.
    pub properties: DisconnectProperties<B>,
}

impl Disconnect {
    /// This reason, without properties, over the default storage.
    ///
    /// ```
    /// use mqtt_codec::v5::{Disconnect, DisconnectReason};
    ///
    /// let mut out = [0; 4];
    /// let len = Disconnect::new(DisconnectReason::ServerBusy).encode(&mut out)?;
    /// assert_eq!(out[..len], [0xe0, 1, 0x89]);
    /// # Ok::<(), mqtt_codec::EncodeError>(())
    /// ```
    #[must_use]
    pub fn new(reason: DisconnectReason) -> Self {
        Self::bare(reason)
    }
}

impl<B: Storage> Disconnect<B> {
    /// This reason, without properties, over any storage.
    #[must_use]
    pub fn bare(reason: DisconnectReason) -> Self {
        Self { reason, properties: DisconnectProperties::default() }
    }
}

impl<'a> Disconnect<&'a [u8]> {
    pub(super) fn read(
        mut body: Cursor<'a>,
        strings: Strings<'_>,
        options: &DecodeOptions,
    ) -> Result<Self, DecodeError> {
        let reason = if body.is_empty() {
            DisconnectReason::NormalDisconnection
        } else {
            super::read_reason(&mut body, options)? // [5.0/MQTT-3.14.2-1]
        };
        let properties = if body.is_empty() {
            DisconnectProperties::default()
        } else {
            DisconnectProperties::read(&mut body, Field::PropertyLength, strings, options)?
        };
        body.finish()?;
        Ok(Self { reason, properties })
    }
}

impl<B: Storage> Body for Disconnect<B> {
    fn first_byte(&self) -> u8 {
        PacketType::Disconnect.first_byte()
    }

    fn write<S: Sink>(&self, out: &mut S) {
        let Self { reason, properties } = self;
        if *reason != DisconnectReason::NormalDisconnection || !properties.is_empty() {
            out.put_u8(reason.get());
        }
        if !properties.is_empty() {
            properties.write(out);
        }
    }
}

impl<B: Storage> MapStorage<B> for Disconnect<B> {
    type Over<C: Storage> = Disconnect<C>;
    fn map_storage<'s, C: Storage>(&'s self, f: &mut impl FnMut(&'s B) -> C) -> Disconnect<C>
    where
        B: 's,
    {
        Disconnect { reason: self.reason, properties: self.properties.map_storage(f) }
    }
}

encoding!(Disconnect<B>);
storages!(Disconnect);

/// A step of enhanced authentication, from either side.
///
/// Spec: 5.0 §3.15, §4.12.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "the standard closes the list of fields")]
pub struct Auth<B: Storage = Shared> {
    /// Which step.
    pub reason: AuthReason,
    /// The properties, among them the Authentication Method.
    pub properties: AuthProperties<B>,
}

impl<'a> Auth<&'a [u8]> {
    pub(super) fn read(
        mut body: Cursor<'a>,
        strings: Strings<'_>,
        options: &DecodeOptions,
    ) -> Result<Self, DecodeError> {
        if body.is_empty() {
            // §3.15.2.1 prints this form for Success without properties, §3.15.2.2.2 makes it a Protocol Error.
            return Err(body.error(Field::AuthenticationMethod, body.offset(), Cause::AuthenticationMethod));
        }
        let reason = super::read_reason(&mut body, options)?; // [5.0/MQTT-3.15.2-1]
        let properties = AuthProperties::read(&mut body, Field::PropertyLength, strings, options)?;
        body.finish()?;
        Ok(Self { reason, properties })
    }
}

impl<B: Storage> Body for Auth<B> {
    fn first_byte(&self) -> u8 {
        PacketType::Auth.first_byte()
    }

    fn write<S: Sink>(&self, out: &mut S) {
        let Self { reason, properties } = self;
        out.put_u8(reason.get());
        properties.write(out);
    }
}

impl<B: Storage> MapStorage<B> for Auth<B> {
    type Over<C: Storage> = Auth<C>;
    fn map_storage<'s, C: Storage>(&'s self, f: &mut impl FnMut(&'s B) -> C) -> Auth<C>
    where
        B: 's,
    {
        Auth { reason: self.reason, properties: self.properties.map_storage(f) }
    }
}

encoding!(Auth<B>);
storages!(Auth);
