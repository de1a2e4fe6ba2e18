//! Hostile brokers: each is what it does with one connection.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use tokio_tungstenite::tungstenite::accept_hdr;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;

/// What a broker does with a connection; an error ends the connection, as a return does.
pub(crate) type Broker = fn(TcpStream) -> std::io::Result<()>;

/// Starts a broker; its address as `127.0.0.1:port`. It ends with the process.
pub(crate) fn start(broker: Broker) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || broker(stream));
        }
    });
    address
}

/// Reads the CONNECT and accepts it.
fn accept(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut connect = [0; 512];
    let length = stream.read(&mut connect)?;
    let five = connect.get(..length).is_some_and(|bytes| bytes.windows(5).any(|part| part == b"MQTT\x05"));
    stream.write_all(if five { &[0x20, 3, 0, 0, 0] } else { &[0x20, 2, 0, 0] })
}

/// Shakes hands as a server of MQTT over WebSocket.
fn shake_hands(stream: TcpStream) -> std::io::Result<TcpStream> {
    #[expect(clippy::result_large_err, reason = "the library's callback is so")]
    let choose = |_: &Request, mut response: Response| {
        response.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("mqtt"));
        Ok(response)
    };
    let accepted = accept_hdr(stream, choose).map_err(std::io::Error::other)?;
    accepted.get_ref().try_clone()
}

/// Announces a WebSocket frame of 1 TiB.
pub(crate) fn frame_of_1_tib(stream: TcpStream) -> std::io::Result<()> {
    announces_frame(stream, 1 << 40)
}

/// Announces the longest WebSocket frame that there is.
pub(crate) fn longest_frame(stream: TcpStream) -> std::io::Result<()> {
    announces_frame(stream, i64::MAX.unsigned_abs())
}

fn announces_frame(stream: TcpStream, length: u64) -> std::io::Result<()> {
    let mut stream = shake_hands(stream)?;
    stream.write_all(&[&[0x82, 127][..], &length.to_be_bytes()].concat())?;
    thread::sleep(Duration::from_secs(60));
    Ok(())
}

/// Sends a WebSocket message without end, in fragments of 64 KiB.
pub(crate) fn endless_fragments(stream: TcpStream) -> std::io::Result<()> {
    let mut stream = shake_hands(stream)?;
    let payload = vec![0; 65_535];
    stream.write_all(&[0x02, 126, 0xff, 0xff])?;
    stream.write_all(&payload)?;
    loop {
        stream.write_all(&[0x00, 126, 0xff, 0xff])?;
        stream.write_all(&payload)?;
    }
}

/// Sends pings without end, and reads none of the answers.
pub(crate) fn endless_pings(stream: TcpStream) -> std::io::Result<()> {
    let mut stream = shake_hands(stream)?;
    let pings = [&[0x89, 125][..], &[0; 125]].concat().repeat(500);
    loop {
        stream.write_all(&pings)?;
    }
}

/// Accepts every client, and sends PUBLISH without end.
pub(crate) fn floods(mut stream: TcpStream) -> std::io::Result<()> {
    accept(&mut stream)?;
    let publish = [&[0x30, 4, 0, 1, b'a', 0][..]].concat().repeat(10_000);
    loop {
        stream.write_all(&publish)?;
    }
}

/// Accepts every client, and sends a packet of 200 MB.
pub(crate) fn packet_of_200_mb(mut stream: TcpStream) -> std::io::Result<()> {
    accept(&mut stream)?;
    stream.write_all(&[0x30, 0x80, 0x84, 0xaf, 0x5f, 0, 1, b'a', 0])?;
    let piece = vec![0; 1 << 20];
    for _ in 0..200 {
        stream.write_all(&piece)?;
    }
    thread::sleep(Duration::from_secs(60));
    Ok(())
}

/// Accepts connections, and says nothing.
pub(crate) fn silent(mut stream: TcpStream) -> std::io::Result<()> {
    std::io::copy(&mut stream, &mut std::io::sink()).map(drop)
}

/// Accepts every client, and then sends a packet one byte in a tenth of a second.
pub(crate) fn trickles(mut stream: TcpStream) -> std::io::Result<()> {
    accept(&mut stream)?;
    for byte in [0x30, 0x7f].into_iter().chain([0; 0x7f]) {
        stream.write_all(&[byte])?;
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// Answers with random bytes.
pub(crate) fn noise(mut stream: TcpStream) -> std::io::Result<()> {
    let mut state = 0x9e37_79b9_u32;
    let mut bytes = [0; 4096];
    for _ in 0..100 {
        for byte in &mut bytes {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            *byte = state.to_le_bytes()[0];
        }
        stream.write_all(&bytes)?;
    }
    Ok(())
}
