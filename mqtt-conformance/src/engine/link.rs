//! One open connection: a task that reads and frames, and the half that writes.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use bytes::{Bytes, BytesMut};
use mqtt_codec::v5::{DisconnectReason, ReasonCode as _};
use mqtt_codec::{
    AnyDecoder, Cause, DecodeError, DecodeOptions, Decoded, Frame, PacketType, Sender, Version,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::NO_ROOM;
use crate::budget::{Budget, Held};
use crate::transport::{Misframed, Oversized};
use crate::tree::Packet;

/// What the reader of a connection saw.
#[derive(Debug)]
pub(super) enum Arrival {
    Packet {
        bytes: Bytes,
        packet: Result<Packet, DecodeError>,
    },
    /// Bytes from which no packet can be cut any more; nothing after them can be read.
    Garbage {
        bytes: Bytes,
        error: DecodeError,
    },
    /// More than the tool takes, and nothing after it can be read.
    Oversized {
        how: String,
    },
    /// The transport carried something that MQTT does not allow on it.
    Misframed {
        how: String,
    },
    /// The broker closed, with these bytes of an unfinished packet read.
    Closed {
        rest: Bytes,
        error: Option<io::Error>,
    },
}

/// An arrival with its connection and time.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) link: usize,
    pub(super) at: Instant,
    pub(super) what: Arrival,
    /// Its memory.
    pub(super) held: Held,
}

/// The writing end of an open connection, and the handle of its reader.
#[derive(Debug)]
pub(super) struct Link<S> {
    writer: WriteHalf<S>,
    reader: JoinHandle<ReadHalf<S>>,
    stop: Arc<Notify>,
    unfinished: Arc<AtomicUsize>,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Link<S> {
    pub(super) fn new(
        id: usize,
        stream: S,
        version: Version,
        max_packet: u32,
        coming: &Budget,
        out: mpsc::Sender<Arrived>,
    ) -> Self {
        let (split_reader, writer) = split(stream);
        let stop = Arc::new(Notify::new());
        let unfinished = Arc::new(AtomicUsize::new(0));
        let held = coming.nothing();
        let reader = Reader { link: id, version, max_packet, held, out, unfinished: Arc::clone(&unfinished) };
        let reader = tokio::spawn(reader.run(split_reader, Arc::clone(&stop)));
        Self { writer, reader, stop, unfinished }
    }

    /// How many bytes of a packet have come whose end has not.
    pub(super) fn unfinished(&self) -> usize {
        self.unfinished.load(Relaxed)
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.writer.write_all(bytes).await?;
        self.writer.flush().await
    }

    /// Says that nothing more will be sent.
    pub(super) async fn finish(&mut self) -> io::Result<()> {
        self.writer.shutdown().await
    }

    /// Stops reading and puts the stream together again; `None` if the reader was lost.
    pub(super) async fn into_stream(self) -> Option<S> {
        self.stop.notify_one();
        let reader = self.reader.await.ok()?;
        Some(reader.unsplit(self.writer))
    }
}

/// About how much memory an event takes, without its bytes.
const EVENT: usize = 1024;

impl Arrival {
    /// About how much memory it takes: its bytes, the packet that they are, and both of them again where they wait for a step.
    fn weight(&self) -> usize {
        EVENT
            + match self {
                Self::Packet { bytes, .. }
                | Self::Garbage { bytes, .. }
                | Self::Closed { rest: bytes, .. } => bytes.len().saturating_mul(4),
                Self::Oversized { how } | Self::Misframed { how } => how.len(),
            }
    }
}

/// So many bytes at least are read at a time, so that a trace shows what comes in the place of MQTT.
const MORE: usize = 256;

/// What reads a connection.
struct Reader {
    link: usize,
    version: Version,
    max_packet: u32,
    /// The memory of what is read.
    held: Held,
    out: mpsc::Sender<Arrived>,
    unfinished: Arc<AtomicUsize>,
}

impl Reader {
    async fn run<S: AsyncRead>(self, mut stream: ReadHalf<S>, stop: Arc<Notify>) -> ReadHalf<S> {
        let Self { link, version, max_packet, mut held, out, unfinished } = self;
        let decoder = AnyDecoder::with_options(version, DecodeOptions::new().sender(Sender::Server));
        let mut buffer = BytesMut::new();
        // `stop` is not consumed before the reader ends, so one future for all rounds.
        let mut first = true;
        let stopped = stop.notified();
        tokio::pin!(stopped);
        loop {
            let (length, broken) = match Frame::take(&buffer, version, max_packet) {
                Ok(Decoded::Complete { consumed, .. }) => (Some(consumed), None),
                Ok(Decoded::Incomplete { needed }) => {
                    buffer.reserve(needed.clamp(MORE, 1 << 16));
                    unfinished.store(buffer.len(), Relaxed);
                    // A first byte that no packet has: the rest may never come.
                    (None, decoder.decode(&buffer).err())
                }
                Err(error) => (None, Some(error)),
            };
            let oversized = broken.as_ref().filter(|error| matches!(error.cause(), Cause::TooLarge { .. }));
            let what = if oversized.is_some() {
                let how =
                    Oversized::new("a packet".to_owned(), usize::try_from(max_packet).unwrap_or(usize::MAX));
                Some(Arrival::Oversized { how: how.to_string() })
            } else if let Some(length) = length {
                let bytes = buffer.split_to(length).freeze();
                unfinished.store(0, Relaxed);
                let packet = match decoder.decode(&bytes) {
                    Ok(Decoded::Complete { value, .. }) => Some(Ok(Packet::of(&value))),
                    Ok(Decoded::Incomplete { .. }) => None,
                    Err(error) => match (refusal(&bytes, version), contested(&bytes, version)) {
                        (Some(refusal), _) if first => Some(Ok(refusal)),
                        (_, Some(disconnect)) => Some(Ok(disconnect)),
                        _ => Some(Err(error)),
                    },
                };
                first = false;
                // A whole frame cannot be incomplete.
                packet.map(|packet| Arrival::Packet { bytes, packet })
            } else if let Some(error) = broken {
                Some(Arrival::Garbage { bytes: buffer.split().freeze(), error })
            } else {
                let read = tokio::select! {
                    biased;
                    () = &mut stopped => return stream,
                    read = stream.read_buf(&mut buffer) => read,
                };
                let mut closed = |error| Arrival::Closed { rest: buffer.split().freeze(), error };
                match read {
                    Ok(0) => Some(closed(None)),
                    Ok(_) => None,
                    Err(error) => Some(match (Misframed::of(&error), Oversized::of(&error)) {
                        (Some(how), _) => Arrival::Misframed { how: how.to_string() },
                        (_, Some(how)) => Arrival::Oversized { how: how.to_string() },
                        _ => closed(Some(error)),
                    }),
                }
            };
            let room = held.set(buffer.len());
            let what = match what {
                _ if !room => Arrival::Oversized { how: NO_ROOM.to_owned() },
                Some(what) => what,
                None => continue,
            };
            let mut arrived = Arrived { link, at: Instant::now(), what, held: held.budget().nothing() };
            if !arrived.held.grow(arrived.what.weight()) {
                arrived.what = Arrival::Oversized { how: NO_ROOM.to_owned() };
            }
            let last = matches!(arrived.what, Arrival::Closed { .. });
            let unreadable = matches!(arrived.what, Arrival::Garbage { .. } | Arrival::Oversized { .. });
            let sent = tokio::select! {
                () = &mut stopped => return stream,
                sent = out.send(arrived) => sent,
            };
            if last || sent.is_err() {
                return stream;
            }
            if unreadable {
                drop(buffer);
                let nothing = held.budget().nothing();
                drop(held);
                return drain(link, stream, &out, stopped, nothing).await;
            }
        }
    }
}

/// A CONNACK that refuses the version of the CONNECT, in the form that another version has for it.
///
/// Who does not know a protocol does not know its form of CONNACK either: a server of 3.1.1 answers a CONNECT of 5.0 in its
/// own form, and which form fits a level that nobody knows is nowhere laid down.
fn refusal(bytes: &[u8], version: Version) -> Option<Packet> {
    let (other, code) = match version {
        Version::V5 => (Version::V3_1_1, 0x01),
        Version::V3_1 | Version::V3_1_1 => (Version::V5, 0x84),
    };
    let decoder = AnyDecoder::with_options(other, DecodeOptions::new().sender(Sender::Server));
    let Ok(Decoded::Complete { value, .. }) = decoder.decode(bytes) else { return None };
    Some(Packet::of(&value)).filter(|packet| packet.is(PacketType::ConnAck) && packet.code() == Some(code))
}

/// A DISCONNECT of 5.0 with the reason code 0x8C, which table 2-6 gives to DISCONNECT and table 3-10 does not. Where two places
/// contradict each other, neither is held against a broker.
fn contested(bytes: &[u8], version: Version) -> Option<Packet> {
    const CONTESTED: u8 = 0x8c;
    if version != Version::V5 || bytes.first() != Some(&PacketType::Disconnect.first_byte()) {
        return None;
    }
    let decoder = AnyDecoder::with_options(version, DecodeOptions::new().sender(Sender::Server));
    let error = decoder.decode(bytes).err().filter(|e| matches!(e.cause(), Cause::ReasonCode(CONTESTED)))?;
    let mut listed = bytes.to_vec();
    *listed.get_mut(error.offset())? = DisconnectReason::UnspecifiedError.get();
    let Ok(Decoded::Complete { value, .. }) = decoder.decode(&listed) else { return None };
    let mut values = Packet::of(&value).values().clone();
    *values.get_mut("reason")? = CONTESTED.into();
    Packet::try_from(values).ok()
}

/// Reads on without looking, so that the close is still seen.
async fn drain<S: AsyncRead>(
    link: usize,
    mut stream: ReadHalf<S>,
    out: &mpsc::Sender<Arrived>,
    mut stopped: std::pin::Pin<&mut tokio::sync::futures::Notified<'_>>,
    held: Held,
) -> ReadHalf<S> {
    let mut buffer = vec![0; 1 << 14];
    loop {
        let error = tokio::select! {
            biased;
            () = &mut stopped => return stream,
            read = stream.read(&mut buffer) => match read {
                Ok(0) => None,
                Ok(_) => continue,
                Err(error) => Some(error),
            },
        };
        let what = Arrival::Closed { rest: Bytes::new(), error };
        let _ = out.send(Arrived { link, at: Instant::now(), what, held }).await;
        return stream;
    }
}
