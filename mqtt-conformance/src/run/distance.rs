//! How far away the broker is: the time from a question to its answer.

use std::time::Duration;

use mqtt_codec::{AnyDecoder, Decoded, PacketType, Version};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout};

use crate::config::Config;
use crate::script::Login;
use crate::transport::Connector;
use crate::tree::Packet;

/// How often the way is measured.
const TIMES: usize = 6;

/// Measures how far away the broker is: the time from a PINGREQ to its PINGRESP, of its farthest node, in whole milliseconds. `None`
/// where nobody answers.
///
/// It is for [`Config::round_trip`]. A broker that is slow counts as far away.
pub async fn round_trip<C: Connector>(connector: &C, version: Version, config: &Config) -> Option<Duration> {
    let mut longest = None;
    for node in 0..connector.nodes().len().max(1) {
        let limit = 2 * config.step_deadline.max(config.connect_timeout);
        let measured = timeout(limit, measure(connector, node, version, config)).await.ok().flatten();
        longest = longest.max(measured);
    }
    longest
}

async fn measure<C: Connector>(
    connector: &C,
    node: usize,
    version: Version,
    config: &Config,
) -> Option<Duration> {
    let mut stream = connector.connect(node).await.ok()?;
    let mut connect = serde_json::json!({"type": "connect", "keep_alive": 60, "client_id": config.client_prefix("distance")});
    connect.as_object_mut()?.extend(config.login(Login::Usual));
    let mut buffer = Vec::new();
    let bytes = Packet::try_from(connect).ok()?.encode(version);
    answered(&mut stream, &bytes, PacketType::ConnAck, version, &mut buffer).await?;
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        times.push(answered(&mut stream, &[0xc0, 0x00], PacketType::PingResp, version, &mut buffer).await?);
    }
    let _ = stream.write_all(&[0xe0, 0x00]).await;
    let _ = stream.shutdown().await;
    times.sort_unstable();
    // The slowest may be the tester's own fault. Less than a millisecond is next door.
    let time = times.get(TIMES - 2)?.as_millis();
    Some(Duration::from_millis(u64::try_from(time).unwrap_or(u64::MAX)))
}

/// The type of the first packet, and its length.
fn first(bytes: &[u8], version: Version) -> Option<(PacketType, usize)> {
    match AnyDecoder::new(version).decode(bytes) {
        Ok(Decoded::Complete { value, consumed }) => Some((value.packet_type(), consumed)),
        _ => None,
    }
}

/// How long the answer takes.
async fn answered(
    stream: &mut (impl AsyncReadExt + AsyncWriteExt + Unpin),
    packet: &[u8],
    answer: PacketType,
    version: Version,
    buffer: &mut Vec<u8>,
) -> Option<Duration> {
    let start = Instant::now();
    stream.write_all(packet).await.ok()?;
    stream.flush().await.ok()?;
    loop {
        while let Some((kind, length)) = first(buffer, version) {
            buffer.drain(..length);
            if kind == answer {
                return Some(start.elapsed());
            }
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}
