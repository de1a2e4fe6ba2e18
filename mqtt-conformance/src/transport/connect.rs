//! The seam to the broker: whatever can open a stream of bytes.

use std::future::Future;
use std::io;

use serde::Serialize;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::{Meter, TextSwitch};

/// One address of a broker that has several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Node {
    /// Which one, counted from 1.
    pub number: usize,
    /// Its address, without user name and password.
    pub name: String,
}

/// Opens connections to the broker under test.
///
/// TCP, TLS, WebSocket, Unix sockets and pipes in memory all fit. What one connection needs beyond bytes (a
/// handshake, a subprotocol) happens inside [`connect`](Self::connect).
pub trait Connector: Send + Sync + 'static {
    /// The stream of bytes.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The nodes of a cluster, over which the connections of each test are spread; empty if there is one address only.
    fn nodes(&self) -> &[Node] {
        &[]
    }

    /// Opens a connection to a node: to the first one by 0. Who has no [`nodes`](Self::nodes) may ignore it.
    ///
    /// # Errors
    ///
    /// When the broker cannot be reached. The runner limits the time.
    fn connect(&self, node: usize) -> impl Future<Output = io::Result<Self::Stream>> + Send;

    /// What makes the next bytes go out as a text frame, where the transport has such.
    fn text_switch(&self, stream: &Self::Stream) -> Option<TextSwitch> {
        let _ = stream;
        None
    }

    /// What counts the bytes that came, where the transport hands them over in pieces of its own.
    fn meter(&self, stream: &Self::Stream) -> Option<Meter> {
        let _ = stream;
        None
    }

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

    async fn connect(&self, _: usize) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(&self.address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    fn cut(&self, stream: TcpStream) {
        // A reset, where the system allows it; a plain close is still a close without DISCONNECT.
        let _ = stream.set_zero_linger();
    }
}

/// Several addresses of one broker.
///
/// Each connection name of a test belongs to the next node in the order in which the names are opened first, and moves on by
/// one node each time it is opened again. So a publisher is here and a subscriber there, and a session is resumed elsewhere.
#[derive(Clone, Debug)]
pub struct Cluster<C> {
    members: Vec<C>,
    nodes: Vec<Node>,
}

impl<C> Cluster<C> {
    /// Nodes with their names, which must not hold secrets: reports show them.
    pub fn new(members: impl IntoIterator<Item = (String, C)>) -> Self {
        let (names, members): (Vec<_>, Vec<_>) = members.into_iter().unzip();
        let nodes = names.into_iter().enumerate().map(|(at, name)| Node { number: at + 1, name }).collect();
        Self { members, nodes }
    }

    /// Every node with what reaches it.
    pub fn members(&self) -> impl Iterator<Item = (&Node, &C)> {
        self.nodes.iter().zip(&self.members)
    }
}

impl<C: Connector> Connector for Cluster<C> {
    type Stream = C::Stream;

    /// Empty for a cluster of one.
    fn nodes(&self) -> &[Node] {
        if self.nodes.len() > 1 { &self.nodes } else { &[] }
    }

    async fn connect(&self, node: usize) -> io::Result<C::Stream> {
        match self.members.get(node) {
            Some(member) => member.connect(0).await,
            None => Err(io::Error::other(format!("there is no node {}", node + 1))),
        }
    }

    fn text_switch(&self, stream: &C::Stream) -> Option<TextSwitch> {
        self.members.first()?.text_switch(stream)
    }

    fn meter(&self, stream: &C::Stream) -> Option<Meter> {
        self.members.first()?.meter(stream)
    }

    fn cut(&self, stream: C::Stream) {
        match self.members.first() {
            Some(member) => member.cut(stream),
            None => drop(stream),
        }
    }
}
