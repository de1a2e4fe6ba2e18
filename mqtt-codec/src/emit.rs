//! Packet → bytes: one `write` per packet, run into a sink that counts and then into one that stores.

use crate::error::EncodeError;
use crate::types::{PacketId, VarInt};

/// What a packet is written into.
///
/// Remaining Length and Property Length are measured by running the writing code into [`Count`]: a length cannot
/// disagree with what it announces.
pub(crate) trait Sink {
    /// Whether only the number of bytes matters.
    const COUNTS: bool = false;

    fn put(&mut self, bytes: &[u8]);

    #[inline]
    fn put_u8(&mut self, value: u8) {
        self.put(&[value]);
    }

    #[inline]
    fn put_u16(&mut self, value: u16) {
        self.put(&value.to_be_bytes());
    }

    /// Bytes behind their two-byte length. Every caller's type has checked that the length fits.
    #[inline]
    fn put_prefixed(&mut self, bytes: &[u8]) {
        self.put_u16(u16::try_from(bytes.len()).unwrap_or(u16::MAX));
        self.put(bytes);
    }

    /// Properties that are there, behind their length.
    #[inline]
    fn put_block(&mut self, properties: &[u8]) {
        // A block never outgrows its packet, whose length is checked.
        self.put_var_int(VarInt::try_from(properties.len()).unwrap_or(VarInt::MAX));
        self.put(properties);
    }

    /// The fixed header.
    #[inline]
    fn put_header(&mut self, first_byte: u8, remaining_length: VarInt) {
        self.put_u8(first_byte);
        self.put_var_int(remaining_length);
    }

    /// The fixed header and the Two Byte Integer behind it.
    #[inline]
    fn put_header_and_u16(&mut self, first_byte: u8, remaining_length: VarInt, value: u16) {
        self.put_header(first_byte, remaining_length);
        self.put_u16(value);
    }

    #[inline]
    fn put_var_int(&mut self, value: VarInt) {
        // Each length by itself: a copy of a length that is not known takes a call.
        match (value.to_bytes(), value.encoded_len()) {
            ([first, ..], 1) => self.put_u8(first),
            ([first, second, ..], 2) => self.put(&[first, second]),
            ([first, second, third, _], 3) => self.put(&[first, second, third]),
            (bytes, _) => self.put(&bytes),
        }
    }
}

/// The sink that only counts.
#[derive(Default)]
pub(crate) struct Count(pub(crate) usize);

impl Sink for Count {
    const COUNTS: bool = true;

    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.0 += bytes.len();
    }

    #[inline]
    fn put_var_int(&mut self, value: VarInt) {
        self.0 += value.encoded_len();
    }
}

/// The sink that fills a slice, which is as long as was counted.
pub(crate) struct Fill<'a>(pub(crate) &'a mut [u8]);

impl Sink for Fill<'_> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        if let Some((head, tail)) = core::mem::take(&mut self.0).split_at_mut_checked(bytes.len()) {
            head.copy_from_slice(bytes);
            self.0 = tail;
        }
    }
}

/// How long a packet of many parts may be to be put together before it is appended: appending costs about the same for few
/// bytes and for many.
#[cfg(feature = "bytes")]
const SMALL: usize = 256;

#[cfg(feature = "bytes")]
pub(crate) struct Put<'a, T>(pub(crate) &'a mut T);

#[cfg(feature = "bytes")]
impl<T: bytes::BufMut> Sink for Put<'_, T> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.0.put_slice(bytes);
    }

    /// By a call, so that packets without properties are appended without one.
    #[inline(never)]
    fn put_block(&mut self, properties: &[u8]) {
        self.put_var_int(VarInt::try_from(properties.len()).unwrap_or(VarInt::MAX));
        self.put(properties);
    }

    #[inline]
    fn put_header(&mut self, first_byte: u8, remaining_length: VarInt) {
        match (remaining_length.to_bytes(), remaining_length.encoded_len()) {
            ([a, ..], 1) => self.put(&[first_byte, a]),
            ([a, b, ..], 2) => self.put(&[first_byte, a, b]),
            ([a, b, c, _], 3) => self.put(&[first_byte, a, b, c]),
            ([a, b, c, d], _) => self.put(&[first_byte, a, b, c, d]),
        }
    }

    #[inline]
    fn put_header_and_u16(&mut self, first_byte: u8, remaining_length: VarInt, value: u16) {
        let [high, low] = value.to_be_bytes();
        match (remaining_length.to_bytes(), remaining_length.encoded_len()) {
            ([a, ..], 1) => self.put(&[first_byte, a, high, low]),
            ([a, b, ..], 2) => self.put(&[first_byte, a, b, high, low]),
            ([a, b, c, _], 3) => self.put(&[first_byte, a, b, c, high, low]),
            ([a, b, c, d], _) => self.put(&[first_byte, a, b, c, d, high, low]),
        }
    }
}

/// A packet body: what follows the fixed header.
pub(crate) trait Body {
    /// The first byte of the packet.
    fn first_byte(&self) -> u8;
    /// Writes everything after the fixed header.
    fn write<S: Sink>(&self, out: &mut S);
    /// Writes the fixed header, and everything after it.
    #[inline]
    fn write_all<S: Sink>(&self, remaining_length: VarInt, out: &mut S) {
        out.put_header(self.first_byte(), remaining_length);
        self.write(out);
    }
    /// Bytes that follow what `write` writes, and count for Remaining Length: a payload that is not copied.
    #[inline]
    fn detached(&self) -> usize {
        0
    }

    /// Writes the packet at the front of `out`; its length.
    ///
    /// A function of its own for each type: what follows a choice between types makes it once.
    #[inline(never)]
    fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        Measured::new(self)?.encode(out)
    }

    /// Whether the packet has so few parts that they are appended one by one.
    #[cfg(feature = "bytes")]
    const FEW_PARTS: bool = false;

    /// Appends the packet to `out`, once `reserve` has made room for its length; this length.
    ///
    /// A function of its own for each type, as [`encode`](Self::encode).
    #[cfg(feature = "bytes")]
    #[inline(never)]
    fn append<T: bytes::BufMut>(
        &self,
        out: &mut T,
        reserve: impl Fn(&mut T, usize),
    ) -> Result<usize, EncodeError> {
        Measured::new(self)?.append(out, reserve)
    }
}

/// Refuses a buffer without room for `needed` bytes.
#[cfg(feature = "bytes")]
#[inline]
fn make_room<T: bytes::BufMut>(
    out: &mut T,
    needed: usize,
    reserve: impl Fn(&mut T, usize),
) -> Result<(), EncodeError> {
    reserve(out, needed);
    let available = out.remaining_mut();
    if available < needed { Err(EncodeError::BufferTooSmall { needed, available }) } else { Ok(()) }
}

/// Whether a packet that was decoded from `frame` is a PUBLISH that would be encoded as it came.
///
/// Its Remaining Length is in the shortest form, of one or two bytes, and DUP is not set at QoS 0, which 3.1 lets pass. All
/// else in a PUBLISH has one form only.
#[cfg(feature = "bytes")]
#[inline]
pub(crate) const fn is_canonical_publish(frame: &[u8]) -> bool {
    match *frame {
        [first_byte, length, high, ..] => {
            let shortest = length < 0x80 || 0 < high && high < 0x80;
            first_byte >> 4 == 3 && first_byte & 0b1110 != 0b1000 && shortest
        }
        _ => false,
    }
}

/// Appends a packet that is there already; its length.
#[cfg(feature = "bytes")]
#[inline]
pub(crate) fn append_bytes(packet: &[u8], out: &mut impl bytes::BufMut) -> Result<usize, EncodeError> {
    make_room(out, packet.len(), |_, _| ())?;
    out.put_slice(packet);
    Ok(packet.len())
}

/// Appends a packet of a length known at compile time; its length.
#[cfg(feature = "bytes")]
#[inline]
pub(crate) fn append_whole<const N: usize, T: bytes::BufMut>(
    packet: [u8; N],
    out: &mut T,
    reserve: impl Fn(&mut T, usize),
) -> Result<usize, EncodeError> {
    make_room(out, N, reserve)?;
    out.put_slice(&packet);
    Ok(N)
}

/// A packet that is nothing but a Packet Identifier.
#[inline]
pub(crate) const fn only_id(first_byte: u8, id: PacketId) -> [u8; 4] {
    let [high, low] = id.get().to_be_bytes();
    [first_byte, 2, high, low]
}

/// Writes a packet at the front of `out` that is there already; its length.
#[inline(always)]
pub(crate) fn put_whole<const N: usize>(packet: [u8; N], out: &mut [u8]) -> Result<usize, EncodeError> {
    let available = out.len();
    match out.first_chunk_mut() {
        Some(out) => {
            *out = packet;
            Ok(N)
        }
        None => Err(EncodeError::BufferTooSmall { needed: N, available }),
    }
}

/// A body that has been measured.
pub(crate) struct Measured<'a, T: ?Sized> {
    body: &'a T,
    remaining_length: VarInt,
    written: usize,
}

impl<'a, T: Body + ?Sized> Measured<'a, T> {
    #[inline]
    pub(crate) fn new(body: &'a T) -> Result<Self, EncodeError> {
        let mut count = Count::default();
        body.write(&mut count);
        let len = count.0 + body.detached();
        match VarInt::try_from(len) {
            Ok(remaining_length) => Ok(Self { body, remaining_length, written: count.0 }),
            Err(_) => Err(EncodeError::TooLong { remaining_length: len }),
        }
    }

    /// How many bytes are written: the packet without its detached bytes.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        1 + self.remaining_length.encoded_len() + self.written
    }

    #[inline]
    fn write(&self, out: &mut impl Sink) {
        self.body.write_all(self.remaining_length, out);
    }

    #[inline]
    pub(crate) fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let needed = self.len();
        let available = out.len();
        let Some((out, _)) = out.split_at_mut_checked(needed) else {
            return Err(EncodeError::BufferTooSmall { needed, available });
        };
        self.write(&mut Fill(out));
        Ok(needed)
    }

    #[cfg(feature = "bytes")]
    #[inline]
    pub(crate) fn append<B: bytes::BufMut>(
        &self,
        out: &mut B,
        reserve: impl Fn(&mut B, usize),
    ) -> Result<usize, EncodeError> {
        let needed = self.len();
        make_room(out, needed, reserve)?;
        match [0; SMALL].get_mut(..needed) {
            Some(small) if !T::FEW_PARTS => {
                self.write(&mut Fill(small));
                out.put_slice(small);
            }
            _ => self.write(&mut Put(out)),
        }
        Ok(needed)
    }
}

/// A packet in memory of its own.
#[cfg(feature = "std")]
pub(crate) fn to_vec(body: &(impl Body + ?Sized)) -> Result<std::vec::Vec<u8>, EncodeError> {
    let measured = Measured::new(body)?;
    let mut packet = std::vec![0; measured.len()];
    measured.encode(&mut packet)?;
    Ok(packet)
}

/// Writes a packet at once.
#[cfg(feature = "std")]
pub(crate) fn write_to(body: &impl Body, out: &mut impl std::io::Write) -> std::io::Result<usize> {
    let mut small = [0; 512];
    if let Ok(len) = body.encode(&mut small) {
        out.write_all(small.get(..len).unwrap_or_default())?;
        return Ok(len);
    }
    let packet = to_vec(body).map_err(|e| std::io::Error::new(std::io::ErrorKind::InvalidInput, e))?;
    out.write_all(&packet)?;
    Ok(packet.len())
}

/// The public encoding methods of a packet type, the same for each.
macro_rules! encoding {
    ($type:ident $(<$b:ident>)?) => {
        impl $(<$b: crate::Storage>)? $type $(<$b>)? {
            /// The exact number of bytes of the encoded packet, 2 to 268,435,460.
            ///
            /// # Errors
            ///
            /// When the packet is longer than a Remaining Length can say.
            pub fn encoded_len(&self) -> Result<usize, crate::EncodeError> {
                crate::emit::Measured::new(self).map(|m| m.len())
            }

            /// Writes the packet in its canonical (shortest) form at the front of `out`; returns its length.
            ///
            /// # Errors
            ///
            /// When `out` is too small (nothing is written then), or the packet longer than a Remaining Length can say.
            pub fn encode(&self, out: &mut [u8]) -> Result<usize, crate::EncodeError> {
                crate::emit::Body::encode(self, out)
            }

            /// The packet in its canonical (shortest) form, in memory of its own.
            ///
            /// # Errors
            ///
            /// When the packet is longer than a Remaining Length can say.
            #[cfg(feature = "std")]
            pub fn to_vec(&self) -> Result<std::vec::Vec<u8>, crate::EncodeError> {
                crate::emit::to_vec(self)
            }

            /// Writes the packet in its canonical (shortest) form with one `write_all`; returns its length.
            ///
            /// A packet of more than 512 bytes is put together on the heap first.
            ///
            /// # Errors
            ///
            /// What `out` reports; `InvalidInput` with an [`EncodeError`](crate::EncodeError) inside when the packet is longer
            /// than a Remaining Length can say.
            #[cfg(feature = "std")]
            pub fn write_to(&self, out: &mut impl std::io::Write) -> std::io::Result<usize> {
                crate::emit::write_to(self, out)
            }

            /// Appends the packet in its canonical (shortest) form to `out`; returns its length.
            ///
            /// # Errors
            ///
            /// As [`encode`](Self::encode).
            #[cfg(feature = "bytes")]
            pub fn encode_to(&self, out: &mut impl bytes::BufMut) -> Result<usize, crate::EncodeError> {
                crate::emit::Body::append(self, out, |_, _| ())
            }
        }
    };
}
pub(crate) use encoding;

/// The head of a PUBLISH: everything but its payload, of this length, which is sent from where it lies.
pub(crate) struct Head<'a, T>(pub(crate) &'a T, pub(crate) usize);

/// The public methods that encode a PUBLISH without its payload.
macro_rules! head_encoding {
    ($type:ident) => {
        impl<B: crate::Storage> crate::emit::Body for crate::emit::Head<'_, $type<B>> {
            #[cfg(feature = "bytes")]
            const FEW_PARTS: bool = true;

            fn first_byte(&self) -> u8 {
                self.0.first_byte()
            }

            fn write<S: crate::emit::Sink>(&self, out: &mut S) {
                out.put_u16(self.0.topic_len());
                self.0.write_head_behind_topic_len(out);
            }

            fn detached(&self) -> usize {
                self.1
            }
        }

        impl<B: crate::Storage> $type<B> {
            /// Writes the packet without its payload at the front of `out`; returns the length of what was written.
            ///
            /// The payload is counted in the Remaining Length: send it right behind, from where it lies, for instance
            /// with one vectored write. So a large payload is not copied.
            ///
            /// # Errors
            ///
            /// As [`encode`](Self::encode).
            pub fn encode_head(&self, out: &mut [u8]) -> Result<usize, crate::EncodeError> {
                self.encode_head_for(self.payload.as_ref().len(), out)
            }

            /// Writes the packet without its payload at the front of `out`, for a payload of `payload_len` bytes that follows
            /// from elsewhere; returns the length of what was written. The packet's own payload is not looked at.
            ///
            /// ```
            /// use mqtt_codec::{TopicName, v3};
            ///
            /// let publish = v3::Publish::new(TopicName::from_static("log"), &[][..]);
            /// let mut head = [0; 16];
            /// let len = publish.encode_head_for(1000, &mut head)?; // then send 1,000 bytes
            /// assert_eq!(head[..len], *b"\x30\xed\x07\x00\x03log");
            /// # Ok::<(), mqtt_codec::EncodeError>(())
            /// ```
            ///
            /// # Errors
            ///
            /// As [`encode`](Self::encode).
            pub fn encode_head_for(
                &self,
                payload_len: usize,
                out: &mut [u8],
            ) -> Result<usize, crate::EncodeError> {
                crate::emit::Measured::new(&crate::emit::Head(self, payload_len))?.encode(out)
            }

            /// Appends the packet without its payload to `out`; see [`encode_head`](Self::encode_head).
            ///
            /// # Errors
            ///
            /// As [`encode`](Self::encode).
            #[cfg(feature = "bytes")]
            pub fn encode_head_to(&self, out: &mut impl bytes::BufMut) -> Result<usize, crate::EncodeError> {
                crate::emit::Body::append(
                    &crate::emit::Head(self, self.payload.as_ref().len()),
                    out,
                    |_, _| (),
                )
            }
        }
    };
}
pub(crate) use head_encoding;
