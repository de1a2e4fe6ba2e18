//! The ways to a broker: TCP, TLS, WebSocket, both, and Unix sockets.
//!
//! An [`Address`] says where a broker is, and how to log in. A [`Dialer`] opens connections to it, one socket for each, and is
//! the runner's [`Connector`] for real brokers. What fails on the way is a [`Trouble`], in words for people and with a hint.

mod address;
mod connect;
mod delay;
mod meter;
mod pem;
mod tls;
mod trouble;
mod websocket;

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

pub use address::{Address, AddressError, Scheme};
pub use connect::{Cluster, Connector, Node, TcpConnector};
pub use delay::Delay;
pub use meter::Meter;
pub use pem::FileError;
pub use tls::TlsOptions;
pub use trouble::Trouble;
pub(crate) use trouble::{Misframed, Oversized};
pub(crate) use websocket::connect as connect_websocket;
pub use websocket::{Frames, MAX_MESSAGE, TextSwitch, accept_websocket};

use meter::Metered;
use tls::Tls;

/// A stream of bytes over any transport.
pub type Stream = Box<dyn Layer>;

/// One layer of a connection: a socket, or what stands on it.
pub trait Layer: AsyncRead + AsyncWrite + Send + Unpin + std::fmt::Debug {
    /// Makes the close that follows one without goodbye: a reset, where the transport has one.
    fn sever(&self);

    /// What makes the next bytes go out as text, if the layer can do that.
    fn text_switch(&self) -> Option<TextSwitch> {
        None
    }

    /// What counts the bytes that came, if the layer hands them over in pieces of its own.
    fn meter(&self) -> Option<Meter> {
        None
    }
}

/// Any stream of bytes, after it was split.
impl<R, W> Layer for tokio::io::Join<R, W>
where
    R: AsyncRead + Send + Unpin + std::fmt::Debug,
    W: AsyncWrite + Send + Unpin + std::fmt::Debug,
{
    fn sever(&self) {}
}

/// A connection in memory.
impl Layer for tokio::io::DuplexStream {
    fn sever(&self) {}
}

impl Layer for TcpStream {
    fn sever(&self) {
        // Where the system does not allow it, a plain close is still a close without DISCONNECT.
        let _ = self.set_zero_linger();
    }
}

#[cfg(unix)]
impl Layer for tokio::net::UnixStream {
    fn sever(&self) {}
}

/// Opens connections to an [`Address`].
#[derive(Clone, Debug)]
pub struct Dialer {
    address: Address,
    tls: Option<Tls>,
}

impl Dialer {
    /// Reads what TLS needs, if the address needs TLS.
    ///
    /// # Errors
    ///
    /// When a file with certificates or keys cannot be used.
    pub fn new(address: Address, options: &TlsOptions) -> Result<Self, FileError> {
        let tls = if address.scheme.is_secure() { Some(Tls::new(&address.host, options)?) } else { None };
        Ok(Self { address, tls })
    }

    /// Where the connections go.
    pub fn address(&self) -> &Address {
        &self.address
    }

    async fn socket(&self) -> io::Result<Stream> {
        let Address { scheme, host, port, path, .. } = &self.address;
        if *scheme == Scheme::Unix {
            return unix_socket(path).await;
        }
        let stream = TcpStream::connect((host.as_str(), *port)).await?;
        // Small packets go out at once.
        stream.set_nodelay(true)?;
        Ok(Box::new(stream))
    }
}

#[cfg(unix)]
async fn unix_socket(path: &str) -> io::Result<Stream> {
    loop {
        match tokio::net::UnixStream::connect(path).await {
            // Where TCP would wait for its turn, a Unix socket says that too many wait already.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            connected => return Ok(Box::new(connected?)),
        }
    }
}

#[cfg(not(unix))]
async fn unix_socket(_: &str) -> io::Result<Stream> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this system has no Unix sockets"))
}

impl Connector for Dialer {
    type Stream = Stream;

    async fn connect(&self, _: usize) -> io::Result<Stream> {
        let mut stream = self.socket().await?;
        if let Some(tls) = &self.tls {
            stream = Box::new(tls.connect(stream).await?);
        }
        if self.address.scheme.is_websocket() {
            let meter = Meter::default();
            let metered = Box::new(Metered::new(stream, meter.clone()));
            stream = Box::new(websocket::connect(&self.address, metered).await?.with_meter(meter));
        }
        Ok(stream)
    }

    fn text_switch(&self, stream: &Stream) -> Option<TextSwitch> {
        (**stream).text_switch()
    }

    fn meter(&self, stream: &Stream) -> Option<Meter> {
        (**stream).meter()
    }

    fn cut(&self, stream: Stream) {
        stream.sever();
    }
}

/// Passes everything on to a field, except that errors of reading go through a function.
macro_rules! pass_on {
    ($stream:ty, $field:ident, $explain:expr) => {
        impl AsyncRead for $stream {
            fn poll_read(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                Pin::new(&mut self.$field).poll_read(cx, buf).map_err($explain)
            }
        }

        impl AsyncWrite for $stream {
            fn poll_write(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut self.$field).poll_write(cx, buf)
            }

            fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut self.$field).poll_flush(cx)
            }

            fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut self.$field).poll_shutdown(cx)
            }
        }
    };
}
use pass_on;
