//! The seam to the broker: whatever can open a stream of bytes.

use std::future::Future;
use std::io;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// Opens connections to the broker under test.
///
/// TCP, TLS, WebSocket, Unix sockets and pipes in memory all fit. What one connection needs beyond bytes (a
/// handshake, a subprotocol) happens inside [`connect`](Self::connect).
pub trait Connector: Send + Sync + 'static {
    /// The stream of bytes.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Opens the connection that the script calls `name`.
    ///
    /// # Errors
    ///
    /// When the broker cannot be reached. The runner limits the time.
    fn connect(&self, name: &str) -> impl Future<Output = io::Result<Self::Stream>> + Send;

    /// Closes as if the network had failed: without the goodbye of any layer, if the transport can do that.
    fn cut(&self, stream: Self::Stream) {
        drop(stream);
    }
}

/// Connections over plain TCP.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TcpConnector {
    /// `host:port`, the host a name, an IPv4 address or an IPv6 address in brackets.
    pub address: String,
}

impl TcpConnector {
    /// Connects to `host:port`.
    pub fn new(address: impl Into<String>) -> Self {
        Self { address: address.into() }
    }
}

impl Connector for TcpConnector {
    type Stream = TcpStream;

    async fn connect(&self, _: &str) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(&self.address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    fn cut(&self, stream: TcpStream) {
        // A reset, where the system allows it; a plain close is still a close without DISCONNECT.
        let _ = stream.set_zero_linger();
    }
}
