//! What a block of properties may hold.
//!
//! MQTT 5.0 table 2-4, and the section of each packet.

use super::property::PropertyId;
use crate::error::Sender;

/// A kind of property block. Sealed.
pub trait Kind: super::sealed::Sealed {
    /// What the block may hold.
    #[doc(hidden)]
    const RULES: Rules;
}

/// A kind whose block may be empty: all but AUTH's.
pub trait MayBeEmpty: Kind {}

/// What a kind of property block may hold.
#[derive(Debug)]
#[doc(hidden)]
pub struct Rules {
    /// The set of properties, a bit per identifier.
    pub(crate) allowed: u64,
    /// The set of those that may come more than once.
    pub(crate) repeatable: u64,
    /// PUBLISH alone forgets to forbid two repetitions.
    pub(super) forgets_repeats: bool,
    /// The set of those that the client alone may send in this packet.
    pub(super) from_client: u64,
    /// The set of those that the server alone may send in this packet.
    pub(super) from_server: u64,
    /// A property that must be there.
    pub(crate) required: Option<PropertyId>,
    /// Whether Authentication Data needs an Authentication Method beside it.
    pub(crate) data_needs_method: bool,
}

impl Rules {
    /// The set of those that the sender, where it is known, leaves to the other side.
    #[inline(always)]
    pub(super) const fn withheld_from(&self, sender: Option<Sender>) -> u64 {
        match sender {
            None => 0,
            Some(Sender::Client) => self.from_server,
            Some(Sender::Server) => self.from_client,
        }
    }

    /// The set of those that may come.
    #[inline(always)]
    pub(super) const fn open(&self, sender: Option<Sender>) -> u64 {
        self.allowed & !self.withheld_from(sender)
    }

    #[inline(always)]
    pub(super) const fn asks_for_method(&self) -> bool {
        self.required.is_some() || self.data_needs_method
    }
}
