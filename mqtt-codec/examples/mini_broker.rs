//! A small broker for MQTT 3.1.1 and 5.0 together: one thread for each client, QoS 0 and 1 from clients, QoS 0 to them.
//!
//! It shows version detection, a map of filters and how a message crosses versions. It is no server to use: it keeps no sessions,
//! no retained messages and no time.
//!
//! `cargo run -p mqtt-codec --features filter-map --example mini_broker -- 127.0.0.1:1883`

use bytes::BytesMut;
use mqtt_codec::v5::{self, ConnAckReason, SubAckReason};
use mqtt_codec::{
    AnyDecoder, AnyPacket, DecodeOptions, Decoded, Delivery, FilterMap, Qos, Sender, TopicFilter, Version, v3,
};
use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const OPTIONS: DecodeOptions = DecodeOptions::receiving_from(Sender::Client, 1 << 20);

/// Who wants what: for each filter the clients, by their numbers.
#[derive(Default)]
struct State {
    subscribers: FilterMap<Vec<usize>>,
    clients: HashMap<usize, (Version, TcpStream)>,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves clients until accepting one fails.
pub(crate) fn serve(listener: &TcpListener) -> io::Result<()> {
    let state = Arc::new(Mutex::new(State::default()));
    for number in 0.. {
        let (client, _) = listener.accept()?;
        let state = Arc::clone(&state);
        std::thread::spawn(move || {
            if let Err(e) = talk(number, client, &state) {
                eprintln!("client {number}: {e}");
            }
            lock(&state).clients.remove(&number);
        });
    }
    Ok(())
}

fn talk(number: usize, mut client: TcpStream, state: &Mutex<State>) -> io::Result<()> {
    let mut buffer = BytesMut::new();
    let version = loop {
        match Version::detect(&buffer).map_err(io::Error::other)? {
            Decoded::Complete { value, .. } => break value,
            Decoded::Incomplete { .. } => read_more(&mut client, &mut buffer)?,
        }
    };
    let decoder = AnyDecoder::with_options(version, OPTIONS);
    loop {
        let packet = match decoder.decode_owned(&mut buffer) {
            Ok(Decoded::Complete { value, .. }) => value,
            Ok(Decoded::Incomplete { .. }) => {
                read_more(&mut client, &mut buffer)?;
                continue;
            }
            Err(e) => {
                if let Some(connack) = e.connack() {
                    connack.write_to(&mut client)?;
                } else if let Some(disconnect) = e.disconnect() {
                    disconnect.write_to(&mut client)?;
                }
                return Err(io::Error::other(e));
            }
        };
        println!("{number} {packet}");
        let Some(answer) = answer(number, version, &packet, &client, state)? else { return Ok(()) };
        client.write_all(&answer)?;
    }
}

fn read_more(client: &mut TcpStream, buffer: &mut BytesMut) -> io::Result<()> {
    let mut received = [0; 4096];
    match client.read(&mut received)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        n => {
            buffer.extend_from_slice(&received[..n]);
            Ok(())
        }
    }
}

/// Does what a packet asks for; the bytes to answer with, or none if the connection ends.
fn answer(
    number: usize,
    version: Version,
    packet: &AnyPacket,
    client: &TcpStream,
    state: &Mutex<State>,
) -> io::Result<Option<Vec<u8>>> {
    if let Some(publish) = packet.as_publish() {
        deliver(packet, &lock(state))?;
        let Some(id) = publish.delivery.packet_id() else { return Ok(Some(Vec::new())) };
        let ack = match version {
            Version::V5 => v5::PubAck::new(id).to_vec(),
            _ => v3::Packet::<&[u8]>::PubAck(id).to_vec(),
        };
        return ack.map(Some).map_err(io::Error::other);
    }
    let answer: AnyPacket = match packet {
        AnyPacket::V3(v3::Packet::Connect(_)) => {
            lock(state).clients.insert(number, (version, client.try_clone()?));
            v3::ConnAck::Accepted { session_present: false }.into()
        }
        AnyPacket::V5(v5::Packet::Connect(_)) => {
            lock(state).clients.insert(number, (version, client.try_clone()?));
            v5::ConnAck::new(ConnAckReason::Success, v5::ConnAckProperties::default()).into()
        }
        AnyPacket::V3(v3::Packet::Subscribe(subscribe)) => {
            subscribe.filters.iter().for_each(|wanted| add(number, &wanted.filter, state));
            let codes = subscribe.filters.iter().map(|_| v3::SubscribeReturnCode::Granted(Qos::AtMostOnce));
            let return_codes = v3::ReturnCodes::build(codes).map_err(io::Error::other)?;
            v3::SubAck { packet_id: subscribe.packet_id, return_codes }.into()
        }
        AnyPacket::V5(v5::Packet::Subscribe(subscribe)) => {
            subscribe.filters.iter().for_each(|wanted| add(number, &wanted.filter, state));
            let codes = subscribe.filters.iter().map(|_| SubAckReason::GrantedQos0);
            let reasons = mqtt_codec::List::build(codes).map_err(io::Error::other)?;
            v5::SubAck { packet_id: subscribe.packet_id, properties: v5::AckProperties::default(), reasons }
                .into()
        }
        AnyPacket::V3(v3::Packet::PingReq) | AnyPacket::V5(v5::Packet::PingReq) => {
            AnyPacket::ping_resp(version)
        }
        AnyPacket::V3(v3::Packet::Disconnect) | AnyPacket::V5(v5::Packet::Disconnect(_)) => return Ok(None),
        _ => return Ok(Some(Vec::new())),
    };
    answer.to_vec().map(Some).map_err(io::Error::other)
}

fn add(number: usize, filter: &TopicFilter<&[u8]>, state: &Mutex<State>) {
    let subscribers = &mut lock(state).subscribers;
    match subscribers.get_mut(filter) {
        Some(numbers) => numbers.push(number),
        None => _ = subscribers.insert(filter, vec![number]),
    }
}

/// Sends a message to whoever wants it, each in the version that he speaks.
fn deliver(packet: &AnyPacket, state: &State) -> io::Result<()> {
    let publish = match packet {
        AnyPacket::V5(v5::Packet::Publish(publish)) => {
            publish.forward().finish().map_err(io::Error::other)?
        }
        AnyPacket::V3(v3::Packet::Publish(publish)) => {
            v3::Publish { delivery: Delivery::AtMostOnce, retain: false, ..publish.clone() }.into()
        }
        _ => return Ok(()),
    };
    let (old, lost) = publish.to_v3().map_err(io::Error::other)?;
    let mut numbers: Vec<usize> =
        state.subscribers.matches(&old.topic).flat_map(|(_, numbers)| numbers).copied().collect();
    numbers.sort_unstable();
    numbers.dedup();
    if !lost.is_empty() {
        println!("not for clients of 3.1.1: {lost}");
    }
    for (version, client) in numbers.iter().filter_map(|number| state.clients.get(number)) {
        let mut client: &TcpStream = client;
        let sent = match version {
            Version::V5 => publish.write_to(&mut client),
            Version::V3_1 | Version::V3_1_1 => old.write_to(&mut client),
        };
        if let Err(e) = sent {
            println!("{e}: the client's own thread will notice");
        }
    }
    Ok(())
}

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:1883".to_owned());
    serve(&TcpListener::bind(address)?)
}
