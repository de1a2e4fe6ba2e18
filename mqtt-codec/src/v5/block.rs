//! The properties of a packet, as they travel.
//!
//! MQTT 5.0 §2.2.2.

use super::property::{Property, PropertyId};
use super::rules::{Kind, MayBeEmpty};
use super::value::UserProperty;
use crate::emit::Sink;
use crate::storage::{MapStorage, Storage};
use core::fmt;
use core::marker::PhantomData;

/// The properties of a packet, in the order they travel.
///
/// A block is checked once, when it is decoded or built, and kept as it travels; so it needs no memory of its own, and
/// a broker can pass properties on in their order \[5.0/MQTT-3.3.2-18\] by handing over the block. The methods of each kind
/// (such as [`PublishProperties`](super::PublishProperties)) name the properties that its packet may carry, so that a
/// misplaced one does not compile.
///
/// Spec: 5.0 §2.2.2.
///
/// ```
/// use mqtt_codec::v5::{Property, PublishProperties};
///
/// let mut memory = [0; 64];
/// let properties = PublishProperties::builder_in(&mut memory)
///     .content_type("application/json")
///     .message_expiry_interval(60)
///     .user_property("origin", "hall 3")
///     .finish()?;
/// assert_eq!(properties.message_expiry_interval(), Some(60));
/// assert!(matches!(properties.iter().next(), Some(Property::ContentType(t)) if t == "application/json"));
/// # Ok::<(), mqtt_codec::BuildError>(())
/// ```
pub struct Properties<B, K> {
    bytes: B,
    kind: PhantomData<fn() -> K>,
}

impl<B: Storage, K: Kind> Properties<B, K> {
    #[inline]
    pub(super) const fn checked(bytes: B) -> Self {
        Self { bytes, kind: PhantomData }
    }

    /// The properties, in the order they travel.
    #[must_use]
    #[inline]
    pub fn iter(&self) -> PropertyIter<'_> {
        PropertyIter { rest: self.as_bytes() }
    }

    /// The User Properties, in the order they travel.
    ///
    /// Spec: 5.0 §3.1.2.11.8; order is kept in PUBLISH \[5.0/MQTT-3.3.2-18\] and Will
    /// \[5.0/MQTT-3.1.3-10\].
    pub fn user_properties(&self) -> impl Iterator<Item = UserProperty<'_>> {
        self.iter().filter_map(|property| match property {
            Property::UserProperty(pair) => Some(pair),
            _ => None,
        })
    }

    /// Whether there is no property.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }

    /// The properties as they travel, without the Property Length.
    #[must_use]
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.as_ref()
    }

    /// The same, borrowed.
    #[must_use]
    pub fn as_borrowed(&self) -> Properties<&[u8], K> {
        Properties::checked(self.as_bytes())
    }

    /// The first property with this identifier.
    #[must_use]
    pub fn get(&self, id: PropertyId) -> Option<Property<'_>> {
        self.iter().find(|property| property.id() == id)
    }

    #[inline]
    pub(super) fn write(&self, out: &mut impl Sink) {
        let bytes = self.as_bytes();
        if bytes.is_empty() {
            return out.put_u8(0); // nearly all of them [5.0/MQTT-2.2.2-1]
        }
        out.put_block(bytes);
    }
}

impl<'b, K: Kind> Properties<&'b [u8], K> {
    /// The properties as they travel, for as long as the buffer lives that they were decoded from.
    #[must_use]
    pub const fn into_inner(self) -> &'b [u8] {
        self.bytes
    }

    /// The same over shared bytes: a block inside `frame` shares it by reference count, any other is copied.
    #[cfg(feature = "bytes")]
    #[must_use]
    pub fn share(&self, frame: &bytes::Bytes) -> Properties<bytes::Bytes, K> {
        Properties::checked(crate::storage::share_slice(frame, self.bytes))
    }
}

/// The properties live as long as the buffer that they were decoded from, longer than the block.
impl<'b, K: Kind> IntoIterator for Properties<&'b [u8], K> {
    type Item = Property<'b>;
    type IntoIter = PropertyIter<'b>;

    fn into_iter(self) -> PropertyIter<'b> {
        PropertyIter { rest: self.bytes }
    }
}

#[cfg(feature = "bytes")]
impl<B: Storage, K: Kind> Properties<B, K> {
    /// The same, copied into memory of its own.
    #[must_use]
    pub fn detach(&self) -> Properties<bytes::Bytes, K> {
        Properties::checked(bytes::Bytes::copy_from_slice(self.as_bytes()))
    }
}

impl<B, K> MapStorage<B> for Properties<B, K> {
    type Over<C: Storage> = Properties<C, K>;
    #[inline]
    fn map_storage<'s, C: Storage>(&'s self, f: &mut impl FnMut(&'s B) -> C) -> Properties<C, K>
    where
        B: 's,
    {
        Properties { bytes: f(&self.bytes), kind: PhantomData }
    }
}

impl<B: Clone, K> Clone for Properties<B, K> {
    fn clone(&self) -> Self {
        Self { bytes: self.bytes.clone(), kind: PhantomData }
    }
}
impl<B: Copy, K> Copy for Properties<B, K> {}

impl<B: Storage, C: Storage, K> PartialEq<Properties<C, K>> for Properties<B, K> {
    fn eq(&self, other: &Properties<C, K>) -> bool {
        self.bytes.as_ref() == other.bytes.as_ref()
    }
}
impl<B: Storage, K> Eq for Properties<B, K> {}

impl<B: Storage, K> core::hash::Hash for Properties<B, K> {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.bytes.as_ref().hash(state);
    }
}

impl<B: Storage, K: Kind> fmt::Debug for Properties<B, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a, B: Storage, K: Kind> IntoIterator for &'a Properties<B, K> {
    type Item = Property<'a>;
    type IntoIter = PropertyIter<'a>;

    fn into_iter(self) -> PropertyIter<'a> {
        self.iter()
    }
}

/// The properties of a block.
#[derive(Clone, Debug)]
pub struct PropertyIter<'a> {
    pub(super) rest: &'a [u8],
}

impl<'a> Iterator for PropertyIter<'a> {
    type Item = Property<'a>;

    #[inline]
    fn next(&mut self) -> Option<Property<'a>> {
        Property::read(&mut self.rest)
    }
}

impl core::iter::FusedIterator for PropertyIter<'_> {}

/// The default block of every kind that may be empty.
impl<B: Storage, K: MayBeEmpty> Default for Properties<B, K> {
    fn default() -> Self {
        Self::checked(B::default())
    }
}
