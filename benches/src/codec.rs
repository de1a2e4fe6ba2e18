//! What every codec has to do here, and the loops that are measured.
//!
//! A codec is an adapter: it turns bytes into whatever packet type the crate has, walks over all of it, and writes such
//! packets back. The loops are the same for all. Walking adds up what the fields say, so that nothing can be skipped, nor
//! be put off until after the measurement; and the sums have to agree.

use crate::workload::{Protocol, Workload};
use std::hint::black_box;

/// Which part of the table a codec belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// About the least that can be done.
    Floor,
    /// This project's.
    Ours,
    /// Another published one.
    Peer,
}

/// What form packets come in, and what they are written into.
///
/// Peers and floors are told apart by whether packets borrow; this project's codec has four forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// They borrow from a slice, and are written into one.
    Borrowed,
    /// They can outlive the input. Ours: a packet with its frame, under one reference count; a view of it is written into a
    /// `BytesMut`.
    Owned,
    /// Ours: each part with a reference count of its own, written into a `BytesMut`.
    Parts,
    /// Ours: through the `Decoder` and `Encoder` of `tokio-util`.
    Framed,
}

impl Storage {
    /// The name that the baseline and the tables have.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Borrowed => "borrowed",
            Self::Owned => "shared",
            Self::Parts => "owned",
            Self::Framed => "framed",
        }
    }
}

/// Why no packet came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// More bytes are wanted. At the end of the input this is how decoding ends well.
    Incomplete,
    /// The bytes are refused.
    Refused,
}

/// What is shown the fields of packets.
pub trait See {
    /// Sees a number, a flag, a code.
    fn number(&mut self, value: impl Into<u64>);
    /// Sees text or bytes.
    fn bytes(&mut self, bytes: &[u8]);
}

/// The sum of what was seen in packets, in whatever order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum(u64);

impl See for Sum {
    #[inline]
    fn number(&mut self, value: impl Into<u64>) {
        self.0 = self.0.wrapping_add(value.into());
    }

    /// Where they start, and how many they are.
    #[inline]
    fn bytes(&mut self, bytes: &[u8]) {
        self.0 = self.0.wrapping_add(bytes.len() as u64);
        if let Some(&first) = bytes.first() {
            self.0 = self.0.wrapping_add(u64::from(first));
        }
    }
}

impl Sum {
    /// The sum.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

/// Something that was seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seen {
    /// A number, a flag, a code.
    Number(u64),
    /// Text or bytes.
    Bytes(Vec<u8>),
}

/// All that was seen in packets, kept for comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record(Vec<Seen>);

impl See for Record {
    fn number(&mut self, value: impl Into<u64>) {
        self.0.push(Seen::Number(value.into()));
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.push(Seen::Bytes(bytes.to_vec()));
    }
}

impl Record {
    /// What was seen, in an order that does not depend on the adapter, without zeros and empty text: to some crates an absent
    /// value is a zero or empty one.
    #[must_use]
    pub fn sorted(mut self) -> Vec<Seen> {
        self.0.retain(|seen| !matches!(seen, Seen::Number(0)) && *seen != Seen::Bytes(Vec::new()));
        self.0.sort();
        self.0
    }
}

/// An adapter for one codec and one version of the protocol.
pub trait Codec {
    /// What the table calls it.
    const NAME: &'static str;
    /// The release that was measured.
    const RELEASE: &'static str;
    /// The version of the protocol.
    const PROTOCOL: Protocol;
    /// Which part of the table it belongs to.
    const KIND: Kind;
    /// Whether packets borrow.
    const STORAGE: Storage;

    /// What is decoded from; it shrinks with each packet.
    type Input<'a>;
    /// A packet.
    type Packet<'a>: Clone;
    /// What is encoded into; it has room enough.
    type Output;

    /// An input over these bytes, and the decoder if it has one.
    fn input(wire: &[u8]) -> Self::Input<'_>;
    /// Takes the first packet, out of whatever result the codec gives it in, as a program does that reads packets in a
    /// loop. At the end of the input: [`Stop::Incomplete`].
    fn next<'a>(input: &mut Self::Input<'a>) -> Result<Self::Packet<'a>, Stop>;
    /// How many bytes of the input are left.
    fn left(input: &Self::Input<'_>) -> usize;
    /// Sees every field, and every entry of lists and properties.
    ///
    /// What is seen of a packet, as far as the packet has it: the DUP, QoS and RETAIN bits of a PUBLISH as a number from 0
    /// to 15; Packet Identifier; topics, filters, payloads, other text and bytes; requested QoS or Subscription Options;
    /// codes that travel, with an absent one of 5.0 as 0; Session Present; Clean Session, Keep Alive, QoS and RETAIN of the
    /// Will; of properties the value. Nothing of PINGREQ and PINGRESP.
    fn walk(packet: &Self::Packet<'_>, sum: &mut impl See);

    /// An output with room for `capacity` bytes.
    fn output(capacity: usize) -> Self::Output;
    /// Appends a packet. It may be used up: some crates encode by value.
    fn encode(packet: &mut Self::Packet<'_>, out: &mut Self::Output);
    /// Forgets what was encoded, and keeps the room.
    fn clear(out: &mut Self::Output);
    /// What was encoded.
    fn written(out: &Self::Output) -> &[u8];
}

/// Decodes and walks every packet: the loop that is measured.
///
/// A function of its own in every program, so that what is left of the input lives in memory, as it does in an application;
/// and the only one that calls [`Codec::walk`], so that this is inlined in every program alike.
#[inline(never)]
pub fn decode_all<C: Codec>(input: &mut C::Input<'_>) -> (Sum, Stop) {
    let mut sum = Sum::default();
    loop {
        match C::next(input) {
            Ok(packet) => C::walk(&packet, &mut sum),
            Err(stop) => return (sum, stop),
        }
    }
}

/// Encodes every packet: the loop that is measured.
#[inline(never)]
pub fn encode_all<C: Codec>(packets: &mut [C::Packet<'_>], out: &mut C::Output) {
    for packet in packets {
        C::encode(packet, out);
    }
}

/// Takes a packet outside of any measurement.
///
/// A function of its own, so that the measured loop is the only other place that decodes, in every program, and is compiled
/// alike: how often a decoder is called from decides whether it is inlined.
#[inline(never)]
pub fn take<'a, C: Codec>(input: &mut C::Input<'a>) -> Result<C::Packet<'a>, Stop> {
    C::next(input)
}

/// The packets of a workload; `None` if the codec refuses one.
pub fn packets<C: Codec>(workload: &Workload) -> Option<Vec<C::Packet<'_>>> {
    let mut input = C::input(&workload.wire);
    let mut packets = Vec::with_capacity(workload.packets);
    while C::left(&input) > 0 {
        packets.push(take::<C>(&mut input).ok()?);
    }
    (packets.len() == workload.packets).then_some(packets)
}

/// Whether the codec decodes a workload to its end.
pub fn decodes<C: Codec>(workload: &Workload) -> bool {
    C::PROTOCOL == workload.protocol && packets::<C>(workload).is_some()
}

/// The function whose calls are counted: counting is switched on when it is entered, and off when it is left.
#[inline(never)]
pub fn measured<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// Decodes a workload under [`measured`].
///
/// # Panics
///
/// When the codec refuses it.
pub fn measure_decode<C: Codec>(workload: &Workload) -> Sum {
    let mut input = black_box(C::input(&workload.wire));
    // Without the box a sum that is dropped is not computed at all.
    let (sum, stop) = black_box(measured(|| decode_all::<C>(&mut input)));
    assert_eq!((stop, C::left(&input)), (Stop::Incomplete, 0), "{}: {}", C::NAME, workload.id);
    sum
}

/// Encodes a workload under [`measured`]; what came out.
///
/// # Panics
///
/// When the codec refuses it.
pub fn measure_encode<C: Codec>(workload: &Workload) -> Vec<u8> {
    let mut packets = black_box(packets::<C>(workload).expect("the codec decodes the workload"));
    let mut out = black_box(C::output(workload.wire.len() + 64));
    measured(|| encode_all::<C>(&mut packets, &mut out));
    black_box(C::written(&out).to_vec())
}

/// Does the same with a number of codecs.
pub trait Visitor {
    /// With this one.
    fn codec<C: Codec>(&mut self);
}
