//! A client of MQTT 5.0 on tokio: subscribes, publishes, and ends when it has its own message back.
//!
//! `cargo run -p mqtt-codec --features tokio-util --example tokio_client -- 127.0.0.1:1883`

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use mqtt_codec::v5::{
    self, Connect, Disconnect, DisconnectReason, Filters, Packet, PubAck, Publish, ReasonCode, Subscribe,
};
use mqtt_codec::{DecodeOptions, Delivery, PacketId, Qos, Sender, TopicFilter, TopicName};
use std::error::Error;
use tokio::net::TcpStream;
use tokio_util::codec::Framed;

const OPTIONS: DecodeOptions = DecodeOptions::receiving_from(Sender::Server, 1 << 20);
const FILTER: TopicFilter<&[u8]> = TopicFilter::from_static("greeting/+");
const TOPIC: TopicName<&[u8]> = TopicName::from_static("greeting/tokio");

/// Runs the client; the message that came back.
pub(crate) async fn run(server: &str) -> Result<Bytes, Box<dyn Error>> {
    let mut connection = Framed::new(TcpStream::connect(server).await?, v5::Decoder::with_options(OPTIONS));

    let connect: Connect =
        Connect { clean_start: true, keep_alive: 30, ..Connect::new("tokio-client".try_into()?) };
    connection.send(connect.into()).await?;

    while let Some(packet) = connection.next().await {
        let packet = packet?;
        println!("< {packet}");
        let answer: Packet = match packet {
            Packet::ConnAck(connack) if connack.reason().is_error() => {
                return Err(connack.reason().name().into());
            }
            Packet::ConnAck(_) => {
                let wanted = v5::Subscription {
                    filter: FILTER,
                    options: v5::SubscriptionOptions::new(Qos::AtLeastOnce),
                };
                let (packet_id, filters) = (PacketId::MIN, Filters::build([wanted])?);
                Subscribe { packet_id, properties: v5::SubscribeProperties::default(), filters }.into()
            }
            Packet::SubAck(_) => {
                let mut publish = Publish::new(TOPIC.into(), Bytes::from_static(b"hello"));
                publish.delivery = Delivery::AtLeastOnce { packet_id: PacketId::MIN, dup: false };
                publish.into()
            }
            Packet::Publish(publish) => {
                if let Some(id) = publish.delivery.packet_id() {
                    connection.send(PubAck::new(id).into()).await?;
                }
                connection.send(Disconnect::new(DisconnectReason::NormalDisconnection).into()).await?;
                return Ok(publish.payload);
            }
            _ => continue,
        };
        println!("> {answer}");
        connection.send(answer).await?;
    }
    Err("the server has closed the connection".into())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:1883".to_owned());
    let payload = run(&server).await?;
    println!("{}", payload.escape_ascii());
    Ok(())
}
