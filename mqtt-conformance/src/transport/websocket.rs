//! Packets in the binary frames of WebSocket.
//!
//! What is written at once goes out as one frame, and what comes in is one stream, wherever its frames end: MQTT 3.1.1 and 5.0,
//! section 6. A frame that is not binary ends the reading with a [`Misframed`].

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use futures_util::{Sink, Stream as _};
use mqtt_codec::{Decoded, FixedHeader, Version};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::tungstenite::error::{CapacityError, Error, ProtocolError};
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode, Uri, header::SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{ClientRequestBuilder, Message};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async_with_config, client_async_with_config};

use super::{Address, Layer, Meter, Misframed, Oversized, Stream, Trouble};

/// The sub-protocol of MQTT.
const SUB_PROTOCOL: &str = "mqtt";

/// The sub-protocol before MQTT 3.1.1, which many clients of 3.1 offer alone.
const OLD_SUB_PROTOCOL: &str = "mqttv3.1";

/// The longest message that is taken from a broker, in one frame or many, in bytes. No script makes a broker send a tenth of it.
pub const MAX_MESSAGE: usize = 16 << 20;

/// The most bytes that go out in one frame.
const LONGEST_SENT: usize = 16 << 20;

/// How many bytes of answers to pings may wait behind what is being written, while the other side does not read.
const WAITING: usize = 64 << 10;

/// Small buffers, because there are many connections, and an end for each: who announces more is not believed.
fn config(longest: usize) -> WebSocketConfig {
    let bounded = WebSocketConfig::default().max_message_size(Some(longest)).max_frame_size(Some(longest));
    bounded.read_buffer_size(4096).write_buffer_size(0).max_write_buffer_size(LONGEST_SENT + WAITING)
}

/// Shakes hands as a client.
pub(crate) async fn connect(address: &Address, stream: Stream) -> io::Result<Frames<Stream>> {
    let Address { scheme, host, port, path, .. } = address;
    let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
    let uri: Uri = format!("{}://{host}:{port}{path}", scheme.name())
        .parse()
        .map_err(|e| io::Error::new(io::ErrorKind::InvalidInput, format!("{address} is no URL: {e}")))?;
    let request = ClientRequestBuilder::new(uri).with_sub_protocol(SUB_PROTOCOL);
    let connected = client_async_with_config(request, stream, Some(config(MAX_MESSAGE))).await;
    let (stream, _) = connected.map_err(Trouble::explain_websocket)?;
    Ok(Frames::new(stream))
}

/// Shakes hands as a server: with clients that offer the sub-protocol `mqtt`, or the older `mqttv3.1`. `answers` says whether the answer chooses it, as it
/// has to. `longest` is the longest message that is taken, in one frame or many, in bytes.
///
/// # Errors
///
/// When the other side is no such client.
pub async fn accept_websocket<S>(stream: S, answers: bool, longest: usize) -> io::Result<Frames<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    #[expect(clippy::result_large_err, reason = "the library's callback is so")]
    let choose = |request: &Request, mut response: Response| {
        let offers = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL);
        let offered = |wanted: &str| {
            let offers = offers.iter().filter_map(|offer| offer.to_str().ok());
            offers.flat_map(|offer| offer.split(',')).any(|offer| offer.trim() == wanted)
        };
        // [5.0/MQTT-6.0.0-3, 3.1.1/MQTT-6.0.0-3] bind the client, and clients of 3.1 are older.
        let Some(chosen) = [SUB_PROTOCOL, OLD_SUB_PROTOCOL].into_iter().find(|known| offered(known)) else {
            let mut refusal = ErrorResponse::new(Some("expected the sub-protocol mqtt".to_owned()));
            *refusal.status_mut() = StatusCode::BAD_REQUEST;
            return Err(refusal);
        };
        if answers {
            let chosen = HeaderValue::from_static(chosen);
            response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, chosen);
        }
        Ok(response)
    };
    let accepted = accept_hdr_async_with_config(stream, choose, Some(config(longest))).await;
    Ok(Frames::new(accepted.map_err(Trouble::explain_websocket)?))
}

/// Makes a WebSocket's next bytes go out as text. Clones are one switch.
#[derive(Clone, Debug, Default)]
pub struct TextSwitch(Arc<AtomicBool>);

impl TextSwitch {
    /// Switches.
    pub fn set(&self, on: bool) {
        self.0.store(on, Ordering::Relaxed);
    }

    fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A stream of bytes in the frames of a WebSocket.
#[derive(Debug)]
pub struct Frames<S> {
    inner: WebSocketStream<S>,
    /// What is left of a frame that has come.
    rest: Bytes,
    /// Takes text frames like binary ones, as a broken server does.
    takes_text: bool,
    /// Takes only frames that are one packet each, as a broken server does.
    wants_packets: bool,
    /// Sends a ping before each frame.
    pings: bool,
    /// The ping before the next frame has been sent.
    pinged: bool,
    /// Ends without a close frame.
    vanishes: bool,
    text: TextSwitch,
    meter: Option<Meter>,
}

impl<S> Frames<S> {
    fn new(inner: WebSocketStream<S>) -> Self {
        Self {
            inner,
            rest: Bytes::new(),
            takes_text: false,
            wants_packets: false,
            pings: false,
            pinged: false,
            vanishes: false,
            text: TextSwitch::default(),
            meter: None,
        }
    }

    /// This meter counts what comes below.
    pub(super) fn with_meter(self, meter: Meter) -> Self {
        Self { meter: Some(meter), ..self }
    }

    /// Takes text frames like binary ones, which MQTT forbids.
    #[must_use]
    pub fn taking_text(self, takes_text: bool) -> Self {
        Self { takes_text, ..self }
    }

    /// Takes only frames that hold one packet each, which MQTT forbids.
    #[must_use]
    pub fn wanting_packets(self, wants_packets: bool) -> Self {
        Self { wants_packets, ..self }
    }

    /// Sends a ping of WebSocket before each frame.
    #[must_use]
    pub fn pinging(self, pings: bool) -> Self {
        Self { pings, ..self }
    }

    /// Ends the connection below without a close frame.
    #[must_use]
    pub fn vanishing(self, vanishes: bool) -> Self {
        Self { vanishes, ..self }
    }
}

impl<S: Layer> Layer for Frames<S> {
    fn sever(&self) {
        self.inner.get_ref().sever();
    }

    fn text_switch(&self) -> Option<TextSwitch> {
        Some(self.text.clone())
    }

    fn meter(&self) -> Option<Meter> {
        self.meter.clone()
    }
}

impl Layer for Stream {
    fn sever(&self) {
        (**self).sever();
    }

    fn text_switch(&self) -> Option<TextSwitch> {
        (**self).text_switch()
    }

    fn meter(&self) -> Option<Meter> {
        (**self).meter()
    }
}

/// What a message means for the stream of bytes; `None` where it means nothing.
fn bytes_of(message: Message, takes_text: bool) -> Option<io::Result<Bytes>> {
    match message {
        Message::Binary(bytes) => Some(Ok(bytes)),
        Message::Text(text) if takes_text => Some(Ok(text.into())),
        Message::Text(text) => {
            let head: String = text.chars().take(40).collect();
            Some(Err(Misframed::new(format!("a text frame came, where MQTT has binary ones only: {head:?}"))
                .into()))
        }
        // The library answers what has to be answered.
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => None,
    }
}

/// Whether a frame holds one packet, no more and no less.
fn is_one_packet(bytes: &[u8]) -> bool {
    let header = FixedHeader::parse(bytes, Version::V5);
    matches!(header, Ok(Decoded::Complete { value, .. }) if value.packet_len() == bytes.len())
}

fn broken(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
            io::Error::new(io::ErrorKind::UnexpectedEof, "closed without the closing handshake of WebSocket")
        }
        Error::Protocol(error) => {
            Misframed::new(format!("a frame that WebSocket does not allow: {error}")).into()
        }
        Error::Capacity(CapacityError::MessageTooLong { size, max_size }) => {
            Oversized::new(format!("a message of WebSocket of {size} bytes"), max_size).into()
        }
        Error::Utf8(_) => Misframed::new("a text frame came, where MQTT has binary ones only").into(),
        other => io::Error::other(other),
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Frames<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.rest.is_empty() {
            let takes_text = self.takes_text;
            match ready!(Pin::new(&mut self.inner).poll_next(cx)) {
                None | Some(Err(Error::ConnectionClosed | Error::AlreadyClosed)) => {
                    return Poll::Ready(Ok(()));
                }
                Some(Err(error)) => return Poll::Ready(Err(broken(error))),
                Some(Ok(message)) => {
                    if let Some(bytes) = bytes_of(message, takes_text) {
                        self.rest = bytes?;
                        if self.wants_packets && !is_one_packet(&self.rest) {
                            return Poll::Ready(Err(Misframed::new("a frame that is not one packet").into()));
                        }
                    }
                }
            }
        }
        let length = self.rest.len().min(buf.remaining());
        buf.put_slice(self.rest.get(..length).unwrap_or_default());
        self.rest.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Frames<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(Pin::new(&mut self.inner).poll_ready(cx)).map_err(broken)?;
        if self.pings && !self.pinged {
            Pin::new(&mut self.inner).start_send(Message::Ping(Bytes::new())).map_err(broken)?;
            self.pinged = true;
            ready!(Pin::new(&mut self.inner).poll_ready(cx)).map_err(broken)?;
        }
        self.pinged = false;
        let buf = buf.get(..LONGEST_SENT).unwrap_or(buf);
        let message = match std::str::from_utf8(buf) {
            Ok(text) if self.text.is_on() => Message::text(text),
            Err(error) if self.text.is_on() => {
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidInput, error)));
            }
            _ => Message::Binary(Bytes::copy_from_slice(buf)),
        };
        Pin::new(&mut self.inner).start_send(message).map_err(broken)?;
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx).map_err(broken)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.vanishes {
            return Pin::new(self.inner.get_mut()).poll_shutdown(cx);
        }
        match ready!(Pin::new(&mut self.inner).poll_close(cx)) {
            Ok(()) | Err(Error::ConnectionClosed | Error::AlreadyClosed) => Poll::Ready(Ok(())),
            Err(error) => Poll::Ready(Err(broken(error))),
        }
    }
}
