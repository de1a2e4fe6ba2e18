//! The broker behind sockets and pipes.

use crate::lab::*;
use futures_util::{SinkExt as _, StreamExt as _};
use mqtt_conformance::server::{Limits, Rules, serve};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::{ClientRequestBuilder, Message};

#[tokio::test]
async fn serves_on_a_port_of_the_systems_choosing() {
    let server = serve::Server::start(Rules::standard(), Limits::default());
    let listener = serve::loopback().await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move { server.serve_tcp(listener).await });
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(&client_5(CLEAN, "c")).await.unwrap();
    let mut arrived = vec![0; connack_5(0).len()];
    client.read_exact(&mut arrived).await.unwrap();
    assert_eq!(arrived, connack_5(0));
    // What was written last arrives, though the client sends more than the broker reads.
    client.write_all(&[client_5(CLEAN, "c"), vec![0; 10_000]].concat()).await.unwrap();
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).await.unwrap();
    assert_eq!(disconnect_reason(&[rest]), 0x82);
    let mut other = TcpStream::connect(address).await.unwrap();
    other.write_all(&client_4(CLEAN, "d")).await.unwrap();
    let mut arrived = [0; 4];
    other.read_exact(&mut arrived).await.unwrap();
    // Its connections end with it.
    serving.abort();
    assert_eq!(other.read(&mut arrived).await.unwrap_or(0), 0);
}

#[tokio::test(start_paused = true)]
async fn waiting_costs_no_time_in_memory() {
    let server = serve::Server::start(Rules::standard(), Limits::default());
    let mut client = server.connect();
    let begin = Instant::now();
    client.write_all(&connect_4(CLEAN, 1000, &[&text("c")])).await.unwrap();
    let mut arrived = Vec::new();
    client.read_to_end(&mut arrived).await.unwrap();
    assert_eq!(arrived, [0x20, 2, 0, 0]);
    assert_eq!(begin.elapsed(), Duration::from_secs(1_500));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_gone_leaves_its_will() {
    let server = serve::Server::start(Rules::standard(), Limits::default());
    let mut watcher = server.connect();
    watcher.write_all(&[client_4(CLEAN, "watch"), subscribe_4(1, "w", 0)].concat()).await.unwrap();
    let mut arrived = [0; 9];
    watcher.read_exact(&mut arrived).await.unwrap();
    let mut client = server.connect();
    client.write_all(&connect_4(CLEAN | 4, 0, &[&text("c"), &text("w"), &text("gone")])).await.unwrap();
    client.read_exact(&mut [0; 4]).await.unwrap();
    drop(client);
    let expected = publish_4(0, "w", 0, "gone");
    let mut arrived = vec![0; expected.len()];
    watcher.read_exact(&mut arrived).await.unwrap();
    assert_eq!(arrived, expected);
}

#[tokio::test(start_paused = true)]
async fn a_ping_of_websocket_goes_before_each_frame() {
    let mut limits = Limits::default();
    limits.liberties.pings_over_websocket = true;
    let server = serve::Server::start(Rules::standard(), limits);
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    tokio::spawn(async move { server.serve_frames(ours).await });
    let request = ClientRequestBuilder::new("ws://memory/mqtt".parse().unwrap()).with_sub_protocol("mqtt");
    let (mut frames, _) = client_async(request, theirs).await.unwrap();
    frames.send(Message::Binary(client_5(CLEAN, "c").into())).await.unwrap();
    assert!(frames.next().await.unwrap().unwrap().is_ping());
    assert_eq!(frames.next().await.unwrap().unwrap().into_data(), connack_5(0));
}
