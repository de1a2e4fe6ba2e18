//! Where the text and bytes of a packet live.

use core::fmt::Debug;
use core::hash::Hash;

mod sealed {
    pub trait Sealed {}
    impl Sealed for &[u8] {}
    #[cfg(feature = "bytes")]
    impl Sealed for bytes::Bytes {}
    #[cfg(feature = "bytes")]
    impl Sealed for super::Span {}
}

/// Storage for the text and bytes inside a packet: `&[u8]` borrows from the reader's buffer, [`bytes::Bytes`] shares
/// it by reference count.
///
/// Every packet type is generic over it, with [`Shared`] as the default, so there is one set of types: decoding always
/// yields the borrowed form without touching memory, and `share` turns it into the shared form, which is `'static` and can be
/// sent to another thread or task. Where a whole packet is kept, one count for all of it is cheaper: `decode_shared`. The
/// trait is sealed.
pub trait Storage: AsRef<[u8]> + Clone + Debug + Default + Eq + Hash + sealed::Sealed {}

impl Storage for &[u8] {}
#[cfg(feature = "bytes")]
impl Storage for bytes::Bytes {}

/// The default storage of every packet type: [`bytes::Bytes`] with the feature `bytes`, `&'static [u8]` without it.
#[cfg(feature = "bytes")]
pub type Shared = bytes::Bytes;
/// The default storage of every packet type: [`bytes::Bytes`] with the feature `bytes`, `&'static [u8]` without it.
#[cfg(not(feature = "bytes"))]
pub type Shared = &'static [u8];

/// The types that hold stored bytes: how to rebuild one over another storage.
///
/// Field by field, in one place per type; `share`, `detach` and `as_borrowed` are three uses.
pub(crate) trait MapStorage<B> {
    type Over<C: Storage>;
    fn map_storage<'s, C: Storage>(&'s self, f: &mut impl FnMut(&'s B) -> C) -> Self::Over<C>
    where
        B: 's;
}

/// The part of `frame` that `slice` is, by reference count; a copy if it lies elsewhere.
#[cfg(feature = "bytes")]
pub(crate) fn share_slice(frame: &bytes::Bytes, slice: &[u8]) -> bytes::Bytes {
    if slice.is_empty() {
        return bytes::Bytes::new();
    }
    let inside = slice.as_ptr().addr().checked_sub(frame.as_ptr().addr());
    match inside.map(|start| start..start.saturating_add(slice.len())) {
        Some(range) if range.end <= frame.len() => frame.slice(range),
        _ => bytes::Bytes::copy_from_slice(slice),
    }
}

/// Where in a frame a part of a packet lies: the storage inside a `SharedPacket`, and not seen outside of it.
#[cfg(feature = "bytes")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Span {
    start: u32,
    len: u32,
}

#[cfg(feature = "bytes")]
impl Span {
    /// Where `part` lies in the memory that starts at `frame`. An empty part may lie anywhere.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "a packet has at most 268,435,460 bytes")]
    pub(crate) fn new(frame: *const u8, part: &[u8]) -> Self {
        Self { start: part.as_ptr().addr().wrapping_sub(frame.addr()) as u32, len: part.len() as u32 }
    }

    #[inline(always)]
    pub(crate) fn of(self, frame: &[u8]) -> &[u8] {
        // Spans of parts lie inside, but for empty ones, for which an empty slice is as good.
        let start = self.start as usize;
        frame.get(start..start.wrapping_add(self.len as usize)).unwrap_or_default()
    }

    /// The part with a reference count of its own.
    #[inline]
    pub(crate) fn share(self, frame: &bytes::Bytes) -> bytes::Bytes {
        if self.len == 0 {
            return bytes::Bytes::new(); // it may lie anywhere
        }
        let start = self.start as usize;
        frame.slice(start..start + self.len as usize)
    }

    /// The part at the end of a frame, with the frame's reference count.
    #[inline]
    pub(crate) fn take(self, mut frame: bytes::Bytes) -> bytes::Bytes {
        if self.len == 0 {
            return bytes::Bytes::new();
        }
        let start = frame.len() - self.len as usize;
        bytes::Buf::advance(&mut frame, start);
        frame
    }
}

/// Alone it has no bytes.
#[cfg(feature = "bytes")]
impl AsRef<[u8]> for Span {
    fn as_ref(&self) -> &[u8] {
        &[]
    }
}

#[cfg(feature = "bytes")]
impl Storage for Span {}

/// A packet that shares the memory of its frame with one reference count for all of it.
macro_rules! shared_packet {
    ($name:ident, $packet:ident) => {
        /// A packet and the frame that it was taken from, from `decode_shared`: one reference count, and where in the frame
        /// each part of the packet lies.
        ///
        /// It is `'static`, can be sent to another thread or task, and is cheap to clone. [`packet`](Self::packet) gives the
        /// packet to read, [`to_packet`](Self::to_packet) one whose parts can go separate ways.
        #[cfg(feature = "bytes")]
        #[derive(Clone)]
        pub struct $name {
            pub(crate) frame: bytes::Bytes,
            pub(crate) packet: $packet<crate::storage::Span>,
        }

        #[cfg(feature = "bytes")]
        impl $name {
            /// The packet.
            #[must_use]
            #[inline]
            pub fn packet(&self) -> $packet<&[u8]> {
                crate::storage::MapStorage::map_storage(&self.packet, &mut |span: &crate::storage::Span| {
                    span.of(&self.frame)
                })
            }

            /// Appends the packet in its canonical (shortest) form to `out`; returns its length. A PUBLISH that came in this
            /// form is copied as it is.
            ///
            /// # Errors
            ///
            /// When `out` has not enough room.
            #[inline]
            pub fn encode_to(&self, out: &mut impl bytes::BufMut) -> Result<usize, crate::EncodeError> {
                if crate::emit::is_canonical_publish(&self.frame) {
                    return crate::emit::append_bytes(&self.frame, out);
                }
                self.packet().encode_to(out)
            }

            /// The bytes of the packet as they were received.
            #[must_use]
            pub fn frame(&self) -> &bytes::Bytes {
                &self.frame
            }

            /// The packet with a reference count for each of its parts.
            #[must_use]
            pub fn to_packet(&self) -> $packet<bytes::Bytes> {
                crate::storage::MapStorage::map_storage(&self.packet, &mut |span: &crate::storage::Span| {
                    span.share(&self.frame)
                })
            }
        }

        #[cfg(feature = "bytes")]
        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                self.packet().fmt(f)
            }
        }

        #[cfg(feature = "bytes")]
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.packet() == other.packet()
            }
        }

        #[cfg(feature = "bytes")]
        impl Eq for $name {}
    };
}
pub(crate) use shared_packet;

/// The public conversions between storages, the same for each packet type.
macro_rules! storages {
    ($type:ident) => {
        impl<B: crate::Storage> $type<B> {
            /// The same over borrowed bytes.
            #[must_use]
            pub fn as_borrowed(&self) -> $type<&[u8]> {
                crate::storage::MapStorage::map_storage(self, &mut |b: &B| b.as_ref())
            }

            /// The same, with every text and payload copied into memory of its own, so that it keeps no buffer alive.
            #[cfg(feature = "bytes")]
            #[must_use]
            pub fn detach(&self) -> $type<bytes::Bytes> {
                crate::storage::MapStorage::map_storage(self, &mut |b: &B| {
                    bytes::Bytes::copy_from_slice(b.as_ref())
                })
            }
        }

        impl $type<&[u8]> {
            /// The same over shared bytes: text and payload inside `frame` share it by reference count, without a copy;
            /// what lies elsewhere is copied.
            #[cfg(feature = "bytes")]
            #[must_use]
            pub fn share(&self, frame: &bytes::Bytes) -> $type<bytes::Bytes> {
                crate::storage::MapStorage::map_storage(self, &mut |b: &&[u8]| {
                    crate::storage::share_slice(frame, b)
                })
            }
        }
    };
}
pub(crate) use storages;
