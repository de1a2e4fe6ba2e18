//! Wire faults: a link that loses, repeats, delays, reorders or corrupts what the broker sends, or closes instead.
//!
//! Where a mutant breaks one rule inside the reference broker, a wire fault breaks one kind of packet on its way out, of any
//! broker: [`WireFault::relay`] also stands before a real one.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use mqtt_codec::{Decoded, FixedHeader, PacketType, Version};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// What happens to a packet on its way to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "everything that iterates over the kinds must treat every one")]
pub enum WireFaultKind {
    /// It is lost.
    Drop,
    /// It comes twice.
    Repeat,
    /// It comes ten seconds late, and what follows waits for it.
    Delay,
    /// It comes after the packet that follows it; if none follows within a second, it is only late.
    Reorder,
    /// One bit of it is flipped: the lowest of its last byte.
    Corrupt,
    /// The connection is closed in its place.
    Close,
}

impl WireFaultKind {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Drop, "drop"),
        (Self::Repeat, "repeat"),
        (Self::Delay, "delay"),
        (Self::Reorder, "reorder"),
        (Self::Corrupt, "corrupt"),
        (Self::Close, "close"),
    ];
}

/// One kind of mishap for one type of packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_structs, reason = "a fault is these two things")]
pub struct WireFault {
    /// What happens.
    pub kind: WireFaultKind,
    /// To packets of which type.
    pub packet: PacketType,
}

/// The text is no wire fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "expected a fault such as drop:PUBACK: drop, repeat, delay, reorder, corrupt or close, and a packet type"
)]
#[non_exhaustive]
pub struct UnknownWireFault;

impl fmt::Display for WireFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name =
            WireFaultKind::ALL.iter().find(|(kind, _)| *kind == self.kind).map_or("", |(_, name)| name);
        write!(f, "{name}:{}", self.packet)
    }
}

impl FromStr for WireFault {
    type Err = UnknownWireFault;

    fn from_str(text: &str) -> Result<Self, UnknownWireFault> {
        let (kind, packet) = text.split_once(':').ok_or(UnknownWireFault)?;
        let kind = WireFaultKind::ALL.iter().find(|(_, name)| *name == kind).ok_or(UnknownWireFault)?.0;
        let packet = PacketType::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(packet));
        Ok(Self { kind, packet: packet.ok_or(UnknownWireFault)? })
    }
}

impl WireFault {
    /// The packets that a broker sends.
    const FROM_BROKER: [PacketType; 9] = [
        PacketType::ConnAck,
        PacketType::Publish,
        PacketType::PubAck,
        PacketType::PubRec,
        PacketType::PubRel,
        PacketType::PubComp,
        PacketType::SubAck,
        PacketType::UnsubAck,
        PacketType::PingResp,
    ];

    /// Every kind of mishap for every packet that a broker sends in all versions, except those that no client can hold against
    /// it: the standards order a CONNACK, an UNSUBACK, a PINGRESP and the acknowledgements of messages against nothing that would
    /// have to follow (4.6.0-2 to -4 bind the client).
    pub fn all() -> impl Iterator<Item = Self> {
        let unordered = [
            PacketType::ConnAck,
            PacketType::PubAck,
            PacketType::PubRec,
            PacketType::PubRel,
            PacketType::PubComp,
            PacketType::UnsubAck,
            PacketType::PingResp,
        ];
        Self::FROM_BROKER
            .into_iter()
            .flat_map(|packet| WireFaultKind::ALL.map(|(kind, _)| Self { kind, packet }))
            .filter(move |fault| !(fault.kind == WireFaultKind::Reorder && unordered.contains(&fault.packet)))
    }

    /// Stands between a client and a broker until one of them closes.
    pub async fn relay(
        self,
        client: impl AsyncRead + AsyncWrite + Send,
        broker: impl AsyncRead + AsyncWrite + Send,
    ) {
        let (mut from_client, mut to_client) = tokio::io::split(client);
        let (mut from_broker, mut to_broker) = tokio::io::split(broker);
        let upwards = async {
            let _ = tokio::io::copy(&mut from_client, &mut to_broker).await;
            let _ = to_broker.shutdown().await;
            // What the broker still has to say goes on; the client's silence alone ends nothing.
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = self.downwards(&mut from_broker, &mut to_client) => {
                let _ = to_client.shutdown().await;
            }
            () = upwards => {}
        }
    }

    async fn downwards(self, broker: &mut (impl AsyncRead + Unpin), client: &mut (impl AsyncWrite + Unpin)) {
        let mut input = BytesMut::new();
        let mut held: Option<Bytes> = None;
        loop {
            while let Some(packet) = next_packet(&mut input) {
                let concerned =
                    packet.first().and_then(|b| PacketType::from_first_byte(*b)) == Some(self.packet);
                if !concerned || held.is_some() {
                    if client.write_all(&packet).await.is_err() {
                        return;
                    }
                    if let Some(held) = held.take()
                        && client.write_all(&held).await.is_err()
                    {
                        return;
                    }
                    continue;
                }
                let Some(packets) = self.apply(packet, &mut held).await else { return };
                for packet in packets {
                    if client.write_all(&packet).await.is_err() {
                        return;
                    }
                }
            }
            let patience = Duration::from_secs(if held.is_some() { 1 } else { u64::from(u32::MAX) });
            match tokio::time::timeout(patience, broker.read_buf(&mut input)).await {
                Ok(Ok(1..)) => {}
                Err(_) => {
                    if let Some(held) = held.take()
                        && client.write_all(&held).await.is_err()
                    {
                        return;
                    }
                }
                Ok(_) => {
                    let rest: Vec<u8> =
                        held.take().into_iter().chain([input.split().freeze()]).flatten().collect();
                    let _ = client.write_all(&rest).await;
                    return;
                }
            }
        }
    }

    /// What goes out in place of a packet; `None` closes the connection.
    async fn apply(self, packet: Bytes, held: &mut Option<Bytes>) -> Option<Vec<Bytes>> {
        Some(match self.kind {
            WireFaultKind::Drop => Vec::new(),
            WireFaultKind::Repeat => vec![packet.clone(), packet],
            WireFaultKind::Delay => {
                tokio::time::sleep(Duration::from_secs(10)).await;
                vec![packet]
            }
            WireFaultKind::Reorder => {
                *held = Some(packet);
                Vec::new()
            }
            WireFaultKind::Corrupt => {
                let mut bytes = packet.to_vec();
                if let Some(last) = bytes.last_mut() {
                    *last ^= 1;
                }
                vec![bytes.into()]
            }
            WireFaultKind::Close => return None,
        })
    }
}

/// Takes a whole packet; noise is passed on as it is.
fn next_packet(input: &mut BytesMut) -> Option<Bytes> {
    match FixedHeader::parse(input, Version::V5) {
        Ok(Decoded::Complete { value, .. }) => {
            let len = value.packet_len();
            (input.len() >= len).then(|| input.split_to(len).freeze())
        }
        Ok(Decoded::Incomplete { .. }) => None,
        Err(_) => Some(input.split().freeze()),
    }
}
