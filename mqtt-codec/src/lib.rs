//! A codec for the control packets of MQTT 3.1, 3.1.1 and 5.0: bytes to packets, packets to bytes, and nothing else.
//!
//! - **Pure.** No sockets, no clock, no session. It fits under any client, broker, gateway or test tool.
//! - **Strict.** What one packet alone can show to be wrong is refused, with an error that names packet, field, byte offset,
//!   cause, the statement of the standard, and for 5.0 the reason code to answer with. What is odd but legal is taken.
//! - **Free of allocations**, to decode and to encode, every packet of every version. `no_std`, no `alloc` needed, no
//!   `unsafe`.
//! - **Hard to misuse.** A packet that can be built can be encoded: there is no Packet Identifier 0, no QoS 0 PUBLISH with
//!   DUP, no property in a packet that does not have it.
//!
//! # The shape
//!
//! ```text
//! bytes ──► Frame ──► v3::Packet, v5::Packet ──► bytes
//!           whole?    valid?                     canonical
//! ```
//!
//! [`v3`] has the packets of 3.1 and 3.1.1, [`v5`] those of 5.0; they share what is the same ([`TopicName`], [`Qos`],
//! [`PacketId`], …). [`AnyPacket`] and [`AnyDecoder`] stand on top for tools that do not care. [`Frame`] cuts a stream into
//! packets and judges nothing else.
//!
//! Every packet type is generic over where its text and bytes live: `Packet<&[u8]>` borrows from your buffer,
//! `Packet<Bytes>` (the default) shares it by reference count and is `'static`. It is one set of types with one decoder.
//!
//! # Read from a socket
//!
//! Incomplete input is a value, not an error. Keep a buffer, decode from its front, read more when asked to. This loop is
//! blocking; a packet that is cut into many pieces costs no more than one that comes whole.
//!
//! ```
//! use mqtt_codec::{DecodeOptions, Decoded, Sender, v5};
//! use std::io::{self, Read};
//!
//! fn serve(mut socket: impl Read, mut handle: impl FnMut(v5::Packet<&[u8]>)) -> io::Result<()> {
//!     let options = DecodeOptions::new().sender(Sender::Client).max_packet_size(1 << 20);
//!     let decoder = v5::Decoder::with_options(options);
//!     let mut buffer = vec![0; 4096]; // received bytes are buffer[start..end]
//!     let (mut start, mut end) = (0, 0);
//!     loop {
//!         match decoder.decode(&buffer[start..end]).map_err(io::Error::other)? {
//!             Decoded::Complete { value, consumed } => {
//!                 handle(value); // borrows from the buffer
//!                 start += consumed;
//!             }
//!             Decoded::Incomplete { needed } => {
//!                 buffer.copy_within(start..end, 0);
//!                 (start, end) = (0, end - start);
//!                 if buffer.len() < end + needed {
//!                     buffer.resize(end + needed, 0); // at most max_packet_size
//!                 }
//!                 match socket.read(&mut buffer[end..])? {
//!                     0 => return Ok(()),
//!                     n => end += n,
//!                 }
//!             }
//!         }
//!     }
//! }
//! # let mut topics = Vec::new();
//! # serve(&b"\x30\x08\x00\x03a/b\x00hi\xc0\x00"[..], |packet| match packet {
//! #     v5::Packet::Publish(publish) => topics.push(publish.topic().unwrap().to_string()),
//! #     other => assert_eq!(other, v5::Packet::PingReq),
//! # })?;
//! # assert_eq!(topics, ["a/b"]);
//! # Ok::<(), io::Error>(())
//! ```
//!
//! With tokio and [`bytes`], packets share the buffer instead of borrowing it, so they can go to another task. It takes one
//! reference count for each packet; `packet()` is the packet:
//!
//! ```
//! # #[cfg(feature = "bytes")] {
//! use bytes::BytesMut;
//! use mqtt_codec::{Decoded, v5};
//! use std::io;
//! use tokio::io::{AsyncRead, AsyncReadExt};
//!
//! async fn next_packet(
//!     socket: &mut (impl AsyncRead + Unpin),
//!     buffer: &mut BytesMut,
//!     decoder: v5::Decoder,
//! ) -> io::Result<Option<v5::SharedPacket>> {
//!     loop {
//!         match decoder.decode_shared(buffer).map_err(io::Error::other)? {
//!             Decoded::Complete { value, .. } => return Ok(Some(value)),
//!             Decoded::Incomplete { .. } if socket.read_buf(buffer).await? == 0 => return Ok(None),
//!             Decoded::Incomplete { .. } => {}
//!         }
//!     }
//! }
//! # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
//! # runtime.block_on(async {
//! #     let mut socket: &[u8] = b"\xc0\x00\xd0";
//! #     let (mut buffer, decoder) = (BytesMut::new(), v5::Decoder::new());
//! #     let next = next_packet(&mut socket, &mut buffer, decoder).await.unwrap();
//! #     assert_eq!(next.unwrap().packet(), v5::Packet::PingReq);
//! #     assert_eq!(next_packet(&mut socket, &mut buffer, decoder).await.unwrap(), None);
//! # });
//! # }
//! ```
//!
//! With the feature `tokio-util` the decoders are codecs of `tokio_util::codec::Framed`, too.
//!
//! # Write a PUBLISH with a large payload
//!
//! `encode` copies the whole packet into a buffer. [`v5::Publish::encode_head`] writes all but the payload, which then
//! follows from where it lies:
//!
//! ```
//! use mqtt_codec::{TopicName, v5};
//! use std::io::{IoSlice, Write};
//!
//! let firmware = vec![0xa5; 1 << 20];
//! let publish = v5::Publish::new(TopicName::new("device/firmware")?, &firmware[..]);
//! let mut head = [0; 32];
//! let len = publish.encode_head(&mut head)?;
//! let mut socket = Vec::new(); // a TcpStream, say
//! socket.write_vectored(&[IoSlice::new(&head[..len]), IoSlice::new(&firmware)])?;
//! assert_eq!(socket.len(), publish.encoded_len()?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Build a SUBSCRIBE with options
//!
//! Lists and properties are kept as they travel. They are built in memory that you lend (`build_in`, `builder_in`), or in
//! `Bytes` of their own (`build`, `builder`):
//!
//! ```
//! use mqtt_codec::{PacketId, Qos, TopicFilter, v5};
//!
//! # #[cfg(feature = "bytes")] {
//! let live = v5::SubscriptionOptions { no_local: true, ..v5::SubscriptionOptions::new(Qos::AtLeastOnce) };
//! let state = v5::SubscriptionOptions {
//!     retain_handling: v5::RetainHandling::SendIfNew,
//!     ..v5::SubscriptionOptions::new(Qos::ExactlyOnce)
//! };
//! let subscribe = v5::Subscribe {
//!     packet_id: PacketId::new(10).unwrap(),
//!     properties: v5::SubscribeProperties::builder().subscription_identifier(7).finish()?,
//!     filters: v5::Filters::build([
//!         v5::Subscription { filter: TopicFilter::new("line/+/events")?, options: live },
//!         v5::Subscription { filter: TopicFilter::new("line/+/state")?, options: state },
//!     ])?,
//! };
//! let mut packet = bytes::BytesMut::new();
//! subscribe.encode_to(&mut packet)?;
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Borrow or own
//!
//! Decoding borrows. Where a packet must outlive the buffer, `share` it (by reference count, all its fields keep the frame
//! alive) or `detach` it (copies, each field with memory of its own):
//!
//! ```
//! # #[cfg(feature = "bytes")] {
//! use bytes::Bytes;
//! use mqtt_codec::{Decoded, v3};
//!
//! let frame = Bytes::from_static(b"\x30\x07\x00\x03a/bhi");
//! let decoder = v3::Decoder::new(v3::ProtocolLevel::V3_1_1);
//! let Decoded::Complete { value: borrowed, .. } = decoder.decode(&frame)? else { unreachable!() };
//! let shared: v3::Packet<Bytes> = borrowed.share(&frame);
//! assert_eq!(shared.as_borrowed(), borrowed);
//! std::thread::spawn(move || println!("{shared:?}")).join().unwrap();
//! # }
//! # Ok::<(), mqtt_codec::DecodeError>(())
//! ```
//!
//! # Detect the version
//!
//! A server learns the version from the CONNECT. [`Version::detect`] reads it from the first bytes, [`AnyDecoder`] decodes
//! for a version that is known at run time:
//!
//! ```
//! use mqtt_codec::{AnyDecoder, AnyPacket, Decoded, Version};
//!
//! let received = b"\x10\x0f\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x02me";
//! let version = match Version::detect(received) {
//!     Ok(Decoded::Complete { value: version, .. }) => version,
//!     Ok(Decoded::Incomplete { .. }) => return Ok(()), // read more
//!     Err(e) => return Err(e), // e.return_code() or e.reason_code() is the CONNACK to send
//! };
//! assert_eq!(version, Version::V5);
//! let decoder = AnyDecoder::new(version);
//! assert!(matches!(decoder.decode(received)?.complete(), Some(AnyPacket::V5(_))));
//! # Ok::<(), mqtt_codec::DecodeError>(())
//! ```
//!
//! # What is refused, and what is not
//!
//! All that the standards let a receiver judge from one packet. Where they leave a choice, the default is to take what is
//! legal and refuse what a MUST forbids; [`DecodeOptions`] has a method for each SHOULD and each latitude. Say who
//! [sends](DecodeOptions::sender), and packets, reason codes and properties of the wrong direction are refused as well.
//!
//! What takes memory of earlier packets is for a session to judge: a Packet Identifier in use, an alias never set, more in
//! flight than the Receive Maximum, a QoS above the announced maximum.
//!
//! MQTT 3.1 is a version of its own, looser where its document is: unused bits are ignored, text need not be UTF-8, a
//! flagged user name may be missing.
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `std` | yes | `std` in dependencies; without it the crate is `no_std` and needs no allocator |
//! | `bytes` | yes | packets over [`bytes::Bytes`], encoding into any `BufMut`; needs `alloc` |
//! | `arbitrary` | no | `Arbitrary` for packets and their parts |
//! | `proptest` | no | strategies for packets and their parts |
//! | `filter-map` | no | `FilterMap`, a map from Topic Filters to values; needs `alloc` |
//! | `tokio-util` | no | the decoders as `tokio_util::codec::{Decoder, Encoder}` |
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![expect(clippy::inline_always, reason = "instruction counts show that the hot path has to be one function")]
#![cfg_attr(
    not(test),
    warn(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic)
)]
#![warn(
    clippy::std_instead_of_core,
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    clippy::partial_pub_fields
)]

#[cfg(feature = "filter-map")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

mod any;
#[cfg(feature = "arbitrary")]
mod arbitrary;
mod convert;
mod decode;
mod emit;
mod error;
#[cfg(feature = "filter-map")]
mod filter_map;
mod frame;
#[cfg(feature = "tokio-util")]
mod framed;
mod options;
mod packet_type;
mod parse;
mod ping;
#[cfg(feature = "proptest")]
pub mod proptest;
mod rules;
mod show;
mod storage;
mod types;
pub mod v3;
pub mod v5;
mod version;

#[cfg(feature = "bytes")]
pub use any::AnySharedPacket;
pub use any::{AnyDecoder, AnyPacket};
pub use convert::{AnyPublish, Lost};
pub use decode::PublishHead;
pub use error::{Cause, DecodeError, EncodeError, Field, Requirement, Sender};
#[cfg(feature = "filter-map")]
pub use filter_map::{FilterMap, Matches};
pub use frame::{Decoded, FixedHeader, Frame};
#[cfg(feature = "tokio-util")]
pub use framed::{DetectingCodec, FramedError};
pub use options::DecodeOptions;
pub use packet_type::PacketType;
pub use ping::{PingReq, PingResp};
pub use storage::{Shared, Storage};
pub use types::{
    Binary, BuildError, Delivery, InvalidQos, InvalidText, InvalidTopic, Item, Levels, List, ListIter,
    PacketId, PacketIdZero, Qos, Scratch, SharedSubscription, Text, TextRules, TopicFilter, TopicName,
    VarInt, VarIntTooLarge, Writer,
};
pub use version::{UnknownVersion, Version};
