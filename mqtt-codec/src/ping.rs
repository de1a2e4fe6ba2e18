//! PINGREQ and PINGRESP: packets without a body, the same in every version.
//!
//! 3.1 §3.12 and §3.13, 3.1.1 §3.12 and §3.13, 5.0 §3.12 and §3.13.

use crate::PacketType;
use crate::emit::{Body, Sink, encoding};
use crate::storage::Storage;
use crate::{v3, v5};

macro_rules! pings {
    ($($(#[$doc:meta])* $type:ident)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        #[expect(clippy::exhaustive_structs, reason = "the standards give it no fields")]
        pub struct $type;

        impl Body for $type {
            fn first_byte(&self) -> u8 {
                PacketType::$type.first_byte()
            }

            fn write<S: Sink>(&self, _: &mut S) {}
        }

        encoding!($type);

        impl<B: Storage> From<$type> for v3::Packet<B> {
            fn from(_: $type) -> Self {
                Self::$type
            }
        }

        impl<B: Storage> From<$type> for v5::Packet<B> {
            fn from(_: $type) -> Self {
                Self::$type
            }
        }
    )* };
}

pings! {
    /// A client asks whether the server is there.
    ///
    /// Spec: 3.1 §3.12, 3.1.1 §3.12, 5.0 §3.12.
    ///
    /// ```
    /// # #[cfg(feature = "bytes")] {
    /// let mut out = bytes::BytesMut::new();
    /// mqtt_codec::PingReq.encode_to(&mut out)?;
    /// assert_eq!(out[..], [0xc0, 0]);
    /// # }
    /// # Ok::<(), mqtt_codec::EncodeError>(())
    /// ```
    PingReq
    /// The server answers a PINGREQ.
    ///
    /// Spec: 3.1 §3.13, 3.1.1 §3.13, 5.0 §3.13.
    PingResp
}
