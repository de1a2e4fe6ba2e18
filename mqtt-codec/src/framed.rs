//! The decoders as codecs of `tokio_util::codec::Framed`.

use crate::{AnyDecoder, AnyPacket, DecodeError, DecodeOptions, Decoded, EncodeError, Version, v3, v5};
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

/// A server's codec of `tokio_util::codec::Framed` that finds the version out from the CONNECT.
///
/// ```
/// use mqtt_codec::{DecodeOptions, DetectingCodec, Sender, Version};
/// use tokio_util::codec::Decoder;
///
/// let mut codec = DetectingCodec::new(DecodeOptions::receiving_from(Sender::Client, 1 << 20));
/// let mut received = bytes::BytesMut::from(&b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x00\x00\x00\xc0\x00"[..]);
/// assert_eq!(codec.version(), None);
/// assert_eq!(codec.decode(&mut received)?.unwrap().to_string(), r#"CONNECT 3.1.1 "" clean session keep alive 0 s"#);
/// assert_eq!(codec.version(), Some(Version::V3_1_1));
/// assert_eq!(codec.decode(&mut received)?.unwrap().to_string(), "PINGREQ");
/// # Ok::<(), mqtt_codec::FramedError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct DetectingCodec {
    options: DecodeOptions,
    decoder: Option<AnyDecoder>,
}

impl DetectingCodec {
    /// A codec for a connection that has just been accepted.
    #[must_use]
    pub const fn new(options: DecodeOptions) -> Self {
        Self { options, decoder: None }
    }

    /// The version, once the client has said it.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        self.decoder.map(|decoder| decoder.version())
    }
}

impl Decoder for DetectingCodec {
    type Item = AnyPacket;
    type Error = FramedError;

    /// After an error the buffer is empty, as with the other decoders.
    fn decode(&mut self, src: &mut BytesMut) -> Result<Option<AnyPacket>, FramedError> {
        if let Some(decoder) = &mut self.decoder {
            return Decoder::decode(decoder, src);
        }
        match Version::detect(src) {
            Ok(Decoded::Complete { value: version, .. }) => {
                let decoder = self.decoder.insert(AnyDecoder::with_options(version, self.options));
                Decoder::decode(decoder, src)
            }
            Ok(Decoded::Incomplete { .. }) => Ok(None),
            Err(e) => {
                src.clear();
                Err(e.into())
            }
        }
    }
}

impl<B: crate::Storage> Encoder<AnyPacket<B>> for DetectingCodec {
    type Error = FramedError;

    fn encode(&mut self, packet: AnyPacket<B>, dst: &mut BytesMut) -> Result<(), FramedError> {
        crate::emit::Body::append(&packet, dst, BytesMut::reserve)?;
        Ok(())
    }
}
