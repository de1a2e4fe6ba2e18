//! CONNACK: the server answers a CONNECT.
//!
//! MQTT 5.0 §3.2.

use super::kind::ConnAckProperties;
use super::reason::{ConnAckReason, ReasonCode};
use crate::PacketType;
use crate::emit::{Body, Sink, encoding};
use crate::error::{Cause, DecodeError, Field};
use crate::options::DecodeOptions;
use crate::parse::{self, Cursor, Strings};
use crate::storage::{MapStorage, Shared, Storage, storages};

/// The server answers a CONNECT.
///
/// Spec: 5.0 §3.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::partial_pub_fields, reason = "two fields constrain each other, the third does not")]
pub struct ConnAck<B: Storage = Shared> {
    session_present: bool,
    reason: ConnAckReason,
    /// The properties.
    pub properties: ConnAckProperties<B>,
}

impl<B: Storage> ConnAck<B> {
    /// The connection is accepted; `session_present` tells whether a stored session goes on.
    #[must_use]
    pub fn accepted(session_present: bool, properties: ConnAckProperties<B>) -> Self {
        Self { session_present, reason: ConnAckReason::Success, properties }
    }

    /// The connection is answered with this reason and without a session \[5.0/MQTT-3.2.2-6\].
    #[must_use]
    pub fn new(reason: ConnAckReason, properties: ConnAckProperties<B>) -> Self {
        Self { session_present: false, reason, properties }
    }

    /// Whether the server goes on with a stored session.
    #[must_use]
    pub fn session_present(&self) -> bool {
        self.session_present
    }

    /// What became of the connection.
    #[must_use]
    pub fn reason(&self) -> ConnAckReason {
        self.reason
    }
}

impl<'a> ConnAck<&'a [u8]> {
    pub(super) fn read(
        mut body: Cursor<'a>,
        strings: Strings<'_>,
        options: &DecodeOptions,
    ) -> Result<Self, DecodeError> {
        let flags_at = body.offset();
        let flags = body.read(Field::ConnectAcknowledgeFlags, parse::byte)?;
        if flags > 1 {
            return Err(body.error(Field::ConnectAcknowledgeFlags, flags_at, Cause::AcknowledgeFlags(flags))); // [5.0/MQTT-3.2.2-1]
        }
        let session_present = flags == 1;
        let reason = super::read_reason::<ConnAckReason>(&mut body, options)?;
        if session_present && reason != ConnAckReason::Success {
            let cause = Cause::SessionPresent(reason.get()); // [5.0/MQTT-3.2.2-6]
            return Err(body.error(Field::ConnectAcknowledgeFlags, flags_at, cause));
        }
        let properties = ConnAckProperties::read(&mut body, Field::PropertyLength, strings, options)?;
        body.finish()?;
        Ok(Self { session_present, reason, properties })
    }
}

impl<B: Storage> Body for ConnAck<B> {
    fn first_byte(&self) -> u8 {
        PacketType::ConnAck.first_byte()
    }

    fn write<S: Sink>(&self, out: &mut S) {
        let Self { session_present, reason, properties } = self;
        out.put(&[u8::from(*session_present), reason.get()]);
        properties.write(out);
    }
}

impl<B: Storage> MapStorage<B> for ConnAck<B> {
    type Over<C: Storage> = ConnAck<C>;
    fn map_storage<'s, C: Storage>(&'s self, f: &mut impl FnMut(&'s B) -> C) -> ConnAck<C>
    where
        B: 's,
    {
        let Self { session_present, reason, properties } = self;
        ConnAck { session_present: *session_present, reason: *reason, properties: properties.map_storage(f) }
    }
}

encoding!(ConnAck<B>);
storages!(ConnAck);
