//! Where the text and bytes of a packet live.

use core::fmt::Debug;
use core::hash::Hash;

mod sealed {
    pub trait Sealed {}
    impl Sealed for &[u8] {}
    #[cfg(feature = "bytes")]
    impl Sealed for bytes::Bytes {}
}

/// Storage for the text and bytes inside a packet: `&[u8]` borrows from the reader's buffer, [`bytes::Bytes`] shares
/// it by reference count.
///
/// Every packet type is generic over it, with [`Shared`] as the default, so there is one set of types: decoding always
/// yields the borrowed form without touching memory, and `share` (in a read loop: `decode_shared`) turns it into the
/// shared form, which is `'static` and can be sent to another thread or task. The trait is sealed.
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
    let inside = slice.as_ptr().addr().checked_sub(frame.as_ptr().addr());
    match inside.map(|start| start..start.saturating_add(slice.len())) {
        Some(range) if range.end <= frame.len() => frame.slice(range),
        _ => bytes::Bytes::copy_from_slice(slice),
    }
}

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
