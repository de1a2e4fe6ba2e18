//! Lists inside packets: checked once, kept as they travel, iterated without allocating.

use super::{InvalidText, InvalidTopic};
use crate::error::Field;
use crate::storage::{MapStorage, Storage};
use core::fmt;
use core::marker::PhantomData;

/// Why a list or a property block could not be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A list without entries, where the packet needs one.
    #[error("at least one entry is required")]
    Empty,
    /// A value that is no UTF-8 Encoded String or Binary Data.
    #[error(transparent)]
    Text(#[from] InvalidText),
    /// A value that is no Topic Name or Topic Filter.
    #[error(transparent)]
    Topic(#[from] InvalidTopic),
    /// No Local on a Shared Subscription \[5.0/MQTT-3.8.3-4\].
    #[error("No Local on a shared subscription")]
    SharedNoLocal,
    /// A property for the second time that may appear once.
    #[error("{0} appears twice")]
    Repeated(Field),
    /// A property that the packet may not carry.
    #[error("{0} is not allowed in this packet")]
    Misplaced(Field),
    /// A property value outside its range.
    #[error("{0}: the value is out of range")]
    OutOfRange(Field),
    /// Authentication Data without an Authentication Method, or an AUTH without one.
    #[error("the Authentication Method is missing")]
    AuthenticationMethod,
    /// A PUBLISH without a Topic Name needs a Topic Alias among its properties.
    #[error("the Topic Alias is missing")]
    TopicAlias,
    /// The buffer to build in has not enough room.
    #[error("the buffer is too small: {needed} bytes are needed")]
    BufferTooSmall {
        /// The bytes that all of what was to be built takes.
        needed: usize,
    },
    /// More than 268,435,455 bytes.
    #[error("more bytes than a packet can hold")]
    TooLong,
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Scratch<'_> {}
    #[cfg(feature = "bytes")]
    impl Sealed for bytes::BytesMut {}
}

/// Where lists and property blocks are built: a borrowed slice ([`Scratch`]) or a growing `BytesMut`.
pub trait Writer: sealed::Sealed {
    /// The storage of what was built.
    type Output: Storage;
    /// Appends bytes, or only counts them when there is no room.
    #[doc(hidden)]
    fn put(&mut self, bytes: &[u8]);
    /// What was appended, if there was room for all of it.
    #[doc(hidden)]
    fn finish(self) -> Result<Self::Output, BuildError>;
}

/// A borrowed slice that is filled from its front.
#[derive(Debug)]
pub struct Scratch<'a> {
    buffer: &'a mut [u8],
    /// How much was appended, whether there was room or not.
    len: usize,
}

impl<'a> Scratch<'a> {
    pub(crate) fn new(buffer: &'a mut [u8]) -> Self {
        Self { buffer, len: 0 }
    }
}

impl<'a> Writer for Scratch<'a> {
    type Output = &'a [u8];

    fn put(&mut self, bytes: &[u8]) {
        let end = self.len + bytes.len();
        if let Some(room) = self.buffer.get_mut(self.len..end) {
            room.copy_from_slice(bytes);
        }
        self.len = end;
    }

    fn finish(self) -> Result<&'a [u8], BuildError> {
        let Self { buffer, len } = self;
        match buffer.split_at_mut_checked(len) {
            Some((used, _)) => Ok(used),
            None => Err(BuildError::BufferTooSmall { needed: len }),
        }
    }
}

#[cfg(feature = "bytes")]
impl Writer for bytes::BytesMut {
    type Output = bytes::Bytes;

    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    fn finish(self) -> Result<bytes::Bytes, BuildError> {
        Ok(self.freeze())
    }
}

/// A kind of list entry. Sealed: the standards close the list of lists.
pub trait Item: sealed_item::Sealed {
    /// An entry.
    type Of<'a>: PartialEq + core::hash::Hash + fmt::Debug;
    /// Reads the entry at the front of bytes that have been checked.
    #[doc(hidden)]
    fn read<'a>(bytes: &mut &'a [u8]) -> Option<Self::Of<'a>>;
    /// Checks an entry and appends it.
    #[doc(hidden)]
    fn write<W: Writer>(item: &Self::Of<'_>, out: &mut W) -> Result<(), BuildError>;
}

pub(crate) mod sealed_item {
    pub trait Sealed {}
}

/// A list inside a packet, with at least one entry: filters of SUBSCRIBE and UNSUBSCRIBE, codes of SUBACK and UNSUBACK.
///
/// It keeps the bytes as they travel, checked once, so that no list needs memory of its own. Entries are read while
/// iterating.
///
/// ```
/// use mqtt_codec::{Qos, TopicFilter, v3};
///
/// let wanted = [v3::Subscription { filter: TopicFilter::new("a/#")?, qos: Qos::AtLeastOnce }];
/// let mut memory = [0; 64]; // no allocator needed …
/// let filters = v3::Filters::build_in(&mut memory, wanted)?;
/// assert_eq!(filters.iter().next(), Some(wanted[0]));
/// # #[cfg(feature = "bytes")] {
/// let shared = v3::Filters::build(wanted)?; // … or with one, into `Bytes`
/// assert_eq!(shared, filters);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct List<B, T> {
    bytes: B,
    item: PhantomData<fn() -> T>,
}

impl<B: Storage, T: Item> List<B, T> {
    /// Wraps bytes that the decoder has checked.
    #[inline]
    pub(crate) const fn checked(bytes: B) -> Self {
        Self { bytes, item: PhantomData }
    }

    /// The entries, in the order of the packet.
    #[must_use]
    pub fn iter(&self) -> ListIter<'_, T> {
        ListIter { rest: self.bytes.as_ref(), item: PhantomData }
    }

    /// How many entries there are; at least 1. Counted by walking the list.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a list in a packet is never empty")]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// The entries as they travel.
    #[must_use]
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.as_ref()
    }

    /// The same list, borrowed.
    #[must_use]
    pub fn as_borrowed(&self) -> List<&[u8], T> {
        List::checked(self.as_bytes())
    }
}

impl<'b, T: Item> List<&'b [u8], T> {
    /// The entries as they travel, for as long as the buffer lives that they were decoded from.
    #[must_use]
    pub const fn into_inner(self) -> &'b [u8] {
        self.bytes
    }
}

/// The entries live as long as the buffer that they were decoded from, longer than the list.
///
/// ```
/// use mqtt_codec::{TopicFilter, v3};
///
/// fn filters<'b>(subscribe: v3::Subscribe<&'b [u8]>) -> impl Iterator<Item = TopicFilter<&'b [u8]>> {
///     subscribe.filters.into_iter().map(|subscription| subscription.filter)
/// }
/// # let mut memory = [0; 16];
/// # let wanted = v3::Subscription { filter: TopicFilter::new("a/#")?, qos: mqtt_codec::Qos::AtMostOnce };
/// # let filters_in = v3::Filters::build_in(&mut memory, [wanted])?;
/// # let packet_id = mqtt_codec::PacketId::MIN;
/// # assert_eq!(filters(v3::Subscribe { packet_id, filters: filters_in }).next(), Some(wanted.filter));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl<'b, T: Item> IntoIterator for List<&'b [u8], T> {
    type Item = T::Of<'b>;
    type IntoIter = ListIter<'b, T>;

    fn into_iter(self) -> ListIter<'b, T> {
        ListIter { rest: self.bytes, item: PhantomData }
    }
}

/// Builds a list from entries.
fn build_with<'a, T: Item, W: Writer>(
    mut out: W,
    items: impl IntoIterator<Item = T::Of<'a>>,
) -> Result<List<W::Output, T>, BuildError> {
    let mut empty = true;
    for item in items {
        T::write(&item, &mut out)?;
        empty = false;
    }
    if empty { Err(BuildError::Empty) } else { out.finish().map(List::checked) }
}

impl<'m, T: Item> List<&'m [u8], T> {
    /// Builds a list inside `memory`, without allocating.
    ///
    /// # Errors
    ///
    /// When there is no entry, an entry that the packet may not carry, or not enough room.
    pub fn build_in<'a>(
        memory: &'m mut [u8],
        items: impl IntoIterator<Item = T::Of<'a>>,
    ) -> Result<Self, BuildError> {
        build_with(Scratch::new(memory), items)
    }
}

#[cfg(feature = "bytes")]
impl<T: Item> List<&[u8], T> {
    /// The same over shared bytes: a list inside `frame` shares it by reference count, any other is copied.
    #[must_use]
    pub fn share(&self, frame: &bytes::Bytes) -> List<bytes::Bytes, T> {
        List::checked(crate::storage::share_slice(frame, self.bytes))
    }
}

#[cfg(feature = "bytes")]
impl<B: Storage, T: Item> List<B, T> {
    /// The same, copied into memory of its own.
    #[must_use]
    pub fn detach(&self) -> List<bytes::Bytes, T> {
        List::checked(bytes::Bytes::copy_from_slice(self.as_bytes()))
    }
}

#[cfg(feature = "bytes")]
impl<T: Item> List<bytes::Bytes, T> {
    /// Builds a list.
    ///
    /// # Errors
    ///
    /// When there is no entry, or an entry that the packet may not carry.
    pub fn build<'a>(items: impl IntoIterator<Item = T::Of<'a>>) -> Result<Self, BuildError> {
        build_with(bytes::BytesMut::new(), items)
    }
}

#[cfg(feature = "bytes")]
impl<T> List<crate::storage::Span, T> {
    /// The list at the end of a frame, with the frame's reference count.
    #[inline]
    pub(crate) fn take(self, frame: bytes::Bytes) -> List<bytes::Bytes, T> {
        List { bytes: self.bytes.take(frame), item: PhantomData }
    }
}

impl<B, T> MapStorage<B> for List<B, T> {
    type Over<C: Storage> = List<C, T>;
    #[inline]
    fn map_storage<'s, C: Storage>(&'s self, f: &mut impl FnMut(&'s B) -> C) -> List<C, T>
    where
        B: 's,
    {
        List { bytes: f(&self.bytes), item: PhantomData }
    }
}

impl<B: Clone, T> Clone for List<B, T> {
    fn clone(&self) -> Self {
        Self { bytes: self.bytes.clone(), item: PhantomData }
    }
}
impl<B: Copy, T> Copy for List<B, T> {}

impl<B: Storage, C: Storage, T: Item> PartialEq<List<C, T>> for List<B, T> {
    fn eq(&self, other: &List<C, T>) -> bool {
        self.iter().eq(List::iter(other))
    }
}

impl<B: Storage, T: Item> Eq for List<B, T> {}

/// By its entries, as it is compared.
impl<B: Storage, T: Item> core::hash::Hash for List<B, T> {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        for entry in self {
            entry.hash(state);
        }
        state.write_u8(0xff); // the end
    }
}

impl<B: Storage, T: Item> fmt::Debug for List<B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a, B: Storage, T: Item> IntoIterator for &'a List<B, T> {
    type Item = T::Of<'a>;
    type IntoIter = ListIter<'a, T>;

    fn into_iter(self) -> ListIter<'a, T> {
        self.iter()
    }
}

/// The entries of a [`List`].
#[derive(Debug)]
pub struct ListIter<'a, T> {
    rest: &'a [u8],
    item: PhantomData<fn() -> T>,
}

impl<T> Clone for ListIter<'_, T> {
    fn clone(&self) -> Self {
        Self { rest: self.rest, item: PhantomData }
    }
}

impl<'a, T: Item> Iterator for ListIter<'a, T> {
    type Item = T::Of<'a>;

    #[inline]
    fn next(&mut self) -> Option<T::Of<'a>> {
        T::read(&mut self.rest)
    }
}

impl<T: Item> core::iter::FusedIterator for ListIter<'_, T> {}

/// Reads bytes behind a two-byte length from bytes that have been checked.
#[inline]
pub(crate) fn read_prefixed<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (len, rest) = bytes.split_first_chunk()?;
    let (field, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
    *bytes = rest;
    Some(field)
}

/// Reads one byte from bytes that have been checked.
#[inline]
pub(crate) fn read_byte(bytes: &mut &[u8]) -> Option<u8> {
    let (&byte, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(byte)
}

/// Appends bytes behind a two-byte length.
pub(crate) fn write_prefixed<W: Writer>(bytes: &[u8], out: &mut W) -> Result<(), BuildError> {
    let len = u16::try_from(bytes.len()).map_err(|_| InvalidText::TooLong { len: bytes.len() })?;
    out.put(&len.to_be_bytes());
    out.put(bytes);
    Ok(())
}
