//! The decoders as codecs of `tokio_util::codec::Framed`.

use crate::{AnyDecoder, AnyPacket, DecodeError, EncodeError, v3, v5};
use bytes::{Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

/// What ends a framed connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FramedError {
    /// The transport failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The peer sent bytes that are no packet.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The packet to send cannot be encoded.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

macro_rules! framed {
    ($decoder:ty, $($packet:ident)::+) => {
        impl Decoder for $decoder {
            type Item = $($packet)::+<Bytes>;
            type Error = FramedError;

            /// After an error nothing that was received is a packet any more: the buffer is emptied, so that a caller that
            /// goes on in spite of it does not get the same error for ever. The connection is to be closed.
            fn decode(&mut self, src: &mut BytesMut) -> Result<Option<Self::Item>, FramedError> {
                let decoded = self.take_owned(src, |packet, _| Some(packet), |_| None);
                if decoded.is_err() {
                    src.clear();
                }
                decoded.map_err(FramedError::from)
            }
        }

        impl<B: crate::Storage> Encoder<$($packet)::+<B>> for $decoder {
            type Error = FramedError;

            fn encode(&mut self, packet: $($packet)::+<B>, dst: &mut BytesMut) -> Result<(), FramedError> {
                crate::emit::Body::append(&packet, dst, BytesMut::reserve)?;
                Ok(())
            }
        }
    };
}

framed!(v3::Decoder, v3::Packet);
framed!(v5::Decoder, v5::Packet);
framed!(AnyDecoder, AnyPacket);
