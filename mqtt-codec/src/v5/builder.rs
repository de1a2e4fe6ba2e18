//! How a block of properties is built.

use super::block::Properties;
use super::property::{Property, PropertyId};
use super::rules::Kind;
use super::value::UserProperty;
use crate::types::{BuildError, Scratch, Text, Writer};
use core::marker::PhantomData;

/// Builds a block of properties of one kind; made by `builder` and `builder_in`.
///
/// The methods can be chained: the first mistake is kept, and [`finish`](Self::finish) reports it.
#[derive(Debug)]
#[must_use = "a builder builds nothing until `finish`"]
pub struct PropertiesBuilder<W, K> {
    out: W,
    seen: u64,
    error: Option<BuildError>,
    kind: PhantomData<fn() -> K>,
}

impl<'m, K: Kind> Properties<&'m [u8], K> {
    /// Starts a block that is built inside `memory`, without allocating.
    pub fn builder_in(memory: &'m mut [u8]) -> PropertiesBuilder<Scratch<'m>, K> {
        PropertiesBuilder::new(Scratch::new(memory))
    }
}

#[cfg(feature = "bytes")]
impl<K: Kind> Properties<bytes::Bytes, K> {
    /// Starts a block.
    pub fn builder() -> PropertiesBuilder<bytes::BytesMut, K> {
        PropertiesBuilder::new(bytes::BytesMut::new())
    }
}

impl<B: crate::Storage, K: Kind> Properties<B, K> {
    /// Starts a block inside `memory` with those properties of this one that `keep` is true for; see
    /// [`edit`](Self::edit).
    pub fn edit_in<'m>(
        &self,
        memory: &'m mut [u8],
        keep: impl FnMut(&Property<'_>) -> bool,
    ) -> PropertiesBuilder<Scratch<'m>, K> {
        PropertiesBuilder::new(Scratch::new(memory)).push_all(self, keep)
    }

    /// Starts a block with those properties of this one that `keep` is true for, in their order.
    ///
    /// ```
    /// use mqtt_codec::v5::{PropertyId, PublishProperties};
    ///
    /// let received = PublishProperties::builder().topic_alias(3).message_expiry_interval(60).finish()?;
    /// let sent = received
    ///     .edit(|p| !matches!(p.id(), PropertyId::TopicAlias | PropertyId::MessageExpiryInterval))
    ///     .message_expiry_interval(58)
    ///     .finish()?;
    /// assert_eq!((sent.topic_alias(), sent.message_expiry_interval()), (None, Some(58)));
    /// # Ok::<(), mqtt_codec::BuildError>(())
    /// ```
    #[cfg(feature = "bytes")]
    pub fn edit(&self, keep: impl FnMut(&Property<'_>) -> bool) -> PropertiesBuilder<bytes::BytesMut, K> {
        PropertiesBuilder::new(bytes::BytesMut::with_capacity(self.as_bytes().len())).push_all(self, keep)
    }
}

impl<W: Writer, K: Kind> PropertiesBuilder<W, K> {
    fn push_all<B: crate::Storage>(
        mut self,
        properties: &Properties<B, K>,
        mut keep: impl FnMut(&Property<'_>) -> bool,
    ) -> Self {
        for property in properties {
            if keep(&property) {
                self = self.push(property);
            }
        }
        self
    }

    fn new(out: W) -> Self {
        Self { out, seen: 0, error: None, kind: PhantomData }
    }

    /// Appends a property, for passing on what another packet carried.
    pub fn push(mut self, property: Property<'_>) -> Self {
        if self.error.is_none() {
            self.error = self.try_push(&property).err();
        }
        self
    }

    fn try_push(&mut self, property: &Property<'_>) -> Result<(), BuildError> {
        let id = property.id();
        if K::RULES.allowed & id.bit() == 0 {
            return Err(BuildError::Misplaced(id.field()));
        }
        if self.seen & id.bit() != 0 && K::RULES.repeatable & id.bit() == 0 {
            return Err(BuildError::Repeated(id.field()));
        }
        self.seen |= id.bit();
        property.write(&mut self.out)
    }

    /// Appends a value that may turn out to be none.
    pub(super) fn push_checked<'v, T>(
        mut self,
        value: Result<T, BuildError>,
        property: impl FnOnce(T) -> Property<'v>,
    ) -> Self {
        match value {
            Ok(value) => self.push(property(value)),
            Err(e) => {
                self.error.get_or_insert(e);
                self
            }
        }
    }

    /// Appends a User Property.
    pub fn user_property(self, name: &str, value: &str) -> Self {
        let pair = Text::new(name).and_then(|name| Ok(UserProperty { name, value: Text::new(value)? }));
        self.push_checked(pair.map_err(BuildError::from), Property::UserProperty)
    }

    /// The block.
    ///
    /// # Errors
    ///
    /// The first mistake: a property twice that may appear once, a value that is out of range, text that is too long or
    /// holds U+0000, no room; Authentication Data without a method in CONNECT, or an AUTH without a method.
    pub fn finish(self) -> Result<Properties<W::Output, K>, BuildError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let has = |id: PropertyId| self.seen & id.bit() != 0;
        let data_alone = has(PropertyId::AuthenticationData) && !has(PropertyId::AuthenticationMethod);
        if K::RULES.required.is_some_and(|id| !has(id)) || K::RULES.data_needs_method && data_alone {
            return Err(BuildError::AuthenticationMethod);
        }
        self.out.finish().map(Properties::checked)
    }
}
