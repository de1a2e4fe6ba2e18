//! The broker behind sockets and in-memory pipes: one task owns the core, each connection is a task.
//!
//! All time is tokio's, so that under its paused clock nothing has to be waited for.

use super::action::{Action, ConnId};
use super::liberty_table::Liberties;
use super::limits::Limits;
use super::rule_table::Rules;
use super::state::Broker;
use bytes::{Bytes, BytesMut};
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::transport::{Address, Stream, accept_websocket, connect_websocket};

/// How many bytes may wait to be written on a connection; a client that reads more slowly is given up.
const UNWRITTEN: usize = 64 << 20;

/// A pause that a client notices.
const MOMENT: Duration = Duration::from_millis(2);

/// How long a connection that the broker closed is read on, so that what was written last is not lost on the way.
const LINGER: Duration = Duration::from_secs(1);

/// How many sockets there may be beside the connections that [`Limits`] allows: clients to be told that there is no room, and
/// those that did not shake hands yet.
const MORE_SOCKETS: usize = 256;

/// What a connection's task tells the broker's.
enum Event {
    Connected(ConnId, Outbox),
    Received(ConnId, Vec<u8>),
    Closed(ConnId),
}

/// Where the broker's task puts the bytes for a connection; dropping it closes the connection.
struct Outbox {
    packets: mpsc::UnboundedSender<Bytes>,
    unwritten: Arc<AtomicUsize>,
}

/// A running reference broker. Clones are the same broker; it ends with the last of them and of its connections.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
/// use mqtt_conformance::server::{Limits, Rules, serve};
///
/// let broker = serve::Server::start(Rules::standard(), Limits::default());
/// let listener = serve::loopback().await?;
/// let address = listener.local_addr()?;
/// tokio::spawn(async move { broker.serve_tcp(listener).await });
/// tokio::net::TcpStream::connect(address).await?; // … and speak MQTT
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Server {
    rules: Rules,
    liberties: Liberties,
    events: mpsc::Sender<Event>,
    next: Arc<AtomicU64>,
    /// How long a client of WebSocket may take to shake hands.
    handshake: Duration,
    max_message_size: usize,
    /// One permit for each socket.
    sockets: Arc<Semaphore>,
}

/// A listener on a loopback port of the system's choosing.
///
/// # Errors
///
/// When the system gives none.
pub async fn loopback() -> io::Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", 0)).await
}

impl Server {
    /// Starts a broker: a task on the runtime that this is called in.
    #[must_use]
    pub fn start(rules: Rules, limits: Limits) -> Self {
        let (events, inbox) = mpsc::channel(256);
        let sockets = limits.connections.saturating_add(MORE_SOCKETS).min(Semaphore::MAX_PERMITS);
        let server = Self {
            rules,
            liberties: limits.liberties,
            events,
            next: Arc::default(),
            handshake: Duration::from_millis(limits.connect_timeout),
            max_message_size: limits.max_message_size,
            sockets: Arc::new(Semaphore::new(sockets)),
        };
        tokio::spawn(run(Broker::new(rules, limits), inbox));
        server
    }

    /// Serves each connection that comes to a listener, until this future is dropped: its connections end with it.
    ///
    /// # Errors
    ///
    /// When the listener fails for good. A connection that fails ends alone.
    pub async fn serve_tcp(&self, listener: TcpListener) -> io::Result<()> {
        self.accept(listener, false).await
    }

    async fn accept(&self, listener: TcpListener, websocket: bool) -> io::Result<()> {
        let mut connections = JoinSet::new();
        let next = async || {
            let place = Arc::clone(&self.sockets).acquire_owned().await;
            listener.accept().await.map(|(stream, _)| (stream, place))
        };
        loop {
            tokio::select! {
                accepted = next() => match accepted {
                    Ok((stream, place)) => {
                        let server = self.clone();
                        connections.spawn(async move {
                            let _place = place;
                            server.serve_socket(stream, websocket).await;
                        });
                    }
                    // Of a connection that is gone already, or of too many open files: both pass.
                    Err(error) if is_passing(&error) => tokio::time::sleep(Duration::from_millis(50)).await,
                    Err(error) => return Err(error),
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }

    async fn serve_socket(&self, stream: TcpStream, websocket: bool) {
        // Small packets go out at once; where that cannot be set, they go out a little later.
        let _ = stream.set_nodelay(true);
        if websocket { self.serve_frames(stream).await } else { self.serve_stream(stream).await }
    }

    /// The same for connections in WebSocket.
    ///
    /// # Errors
    ///
    /// When the listener fails for good. A connection that fails ends alone.
    pub async fn serve_websocket(&self, listener: TcpListener) -> io::Result<()> {
        self.accept(listener, true).await
    }

    /// Serves one connection of WebSocket on any stream, until it ends.
    pub async fn serve_frames<S: AsyncRead + AsyncWrite + Unpin + Send>(&self, stream: S) {
        let Self { rules, liberties, .. } = self;
        // Who does not shake hands, or not in time, is left alone.
        // [5.0/MQTT-6.0.0-4, 3.1.1/MQTT-6.0.0-4]
        let accepted = accept_websocket(stream, rules.chooses_sub_protocol, self.max_message_size);
        if let Ok(Ok(frames)) = tokio::time::timeout(self.handshake, accepted).await {
            let frames =
                // [5.0/MQTT-6.0.0-1, 3.1.1/MQTT-6.0.0-1]
                // [5.0/MQTT-6.0.0-2, 3.1.1/MQTT-6.0.0-2]
                frames.taking_text(!rules.refuses_text_frames).wanting_packets(!rules.takes_any_frames);
            let frames = frames.pinging(liberties.pings_over_websocket);
            let frames = frames.vanishing(liberties.closes_websockets_without_close_frame);
            self.serve_packets(frames, liberties.splits_packets_over_websocket_frames).await;
        }
    }

    /// A connection of WebSocket in memory.
    ///
    /// # Errors
    ///
    /// When the handshake fails.
    pub async fn connect_websocket(&self) -> io::Result<Stream> {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let server = self.clone();
        tokio::spawn(async move { server.serve_frames(ours).await });
        let address = Address::websocket("memory", "/mqtt");
        Ok(Box::new(connect_websocket(&address, Box::new(theirs)).await?))
    }

    /// A connection in memory, for as long as the returned end lasts.
    #[must_use]
    pub fn connect(&self) -> DuplexStream {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let server = self.clone();
        tokio::spawn(async move { server.serve_stream(ours).await });
        theirs
    }

    fn way(&self, pieces: bool) -> Way {
        let liberties = &self.liberties;
        match (pieces || liberties.sends_packets_in_pieces, liberties.sends_packets_together) {
            (true, _) => Way::Pieces,
            (false, true) => Way::Together,
            (false, false) => Way::Each,
        }
    }

    /// Serves one connection on any stream, until it ends.
    pub async fn serve_stream<S: AsyncRead + AsyncWrite + Send>(&self, stream: S) {
        self.serve_packets(stream, false).await;
    }

    /// Serves one connection, with its packets in pieces if that is wanted.
    async fn serve_packets<S: AsyncRead + AsyncWrite + Send>(&self, stream: S, pieces: bool) {
        let conn = ConnId(self.next.fetch_add(1, Ordering::Relaxed));
        let (packets, outbox) = mpsc::unbounded_channel();
        let unwritten = Arc::new(AtomicUsize::new(0));
        let ours = Outbox { packets, unwritten: Arc::clone(&unwritten) };
        if self.events.send(Event::Connected(conn, ours)).await.is_err() {
            return;
        }
        let registration = Registration { conn, events: self.events.clone() };
        let (mut reader, mut writer) = tokio::io::split(stream);
        {
            let reading = read(conn, &mut reader, &self.events);
            let writing = write(&mut writer, outbox, &unwritten, self.way(pieces));
            tokio::pin!(writing);
            tokio::select! {
                // The client sends no more, and may still read what is on its way.
                () = reading => {
                    drop(registration);
                    let _ = tokio::time::timeout(LINGER, writing).await;
                    return;
                }
                closed = &mut writing => if closed.is_err() { return },
            }
        }
        drop(registration);
        // The broker closed. Unread bytes would reset the connection, and the reset overtake the last packet.
        if writer.shutdown().await.is_ok() {
            let mut rest = vec![0; 4096];
            let drain = async { while matches!(reader.read(&mut rest).await, Ok(1..)) {} };
            let _ = tokio::time::timeout(LINGER, drain).await;
        }
    }
}

/// How packets go out: a connection carries bytes, and no packet has to go by itself. [5.0/4.2, 3.1.1/4.2]
#[derive(Clone, Copy, Debug)]
enum Way {
    Each,
    Pieces,
    Together,
}

/// A connection that the broker knows of: when this is dropped, also with its task, the broker learns that it is gone.
struct Registration {
    conn: ConnId,
    events: mpsc::Sender<Event>,
}

impl Drop for Registration {
    fn drop(&mut self) {
        let (conn, events) = (self.conn, self.events.clone());
        if let Err(mpsc::error::TrySendError::Full(event)) = events.try_send(Event::Closed(conn))
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(async move { events.send(event).await });
        }
    }
}

/// Whether a listener can go on after this error.
fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted, WouldBlock};
    let files = matches!(error.raw_os_error(), Some(23 | 24));
    files
        || matches!(
            error.kind(),
            ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted | WouldBlock
        )
}

/// Passes on what a client sends, until it sends no more.
async fn read(conn: ConnId, reader: &mut (impl AsyncRead + Unpin), events: &mpsc::Sender<Event>) {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(len @ 1..) = reader.read(&mut buffer).await {
        let bytes = buffer.get(..len).unwrap_or_default().to_vec();
        if events.send(Event::Received(conn, bytes)).await.is_err() {
            return;
        }
    }
}

/// Writes what the broker sends, until it closes the connection.
async fn write(
    writer: &mut (impl AsyncWrite + Unpin),
    mut outbox: mpsc::UnboundedReceiver<Bytes>,
    unwritten: &AtomicUsize,
    way: Way,
) -> io::Result<()> {
    while let Some(mut bytes) = outbox.recv().await {
        if matches!(way, Way::Together) {
            tokio::time::sleep(MOMENT).await;
            let mut all = BytesMut::from(&*bytes);
            while let Ok(more) = outbox.try_recv() {
                all.extend_from_slice(&more);
            }
            bytes = all.freeze();
        }
        unwritten.fetch_sub(bytes.len(), Ordering::Relaxed);
        let pieces = if matches!(way, Way::Pieces) { 4 } else { 0 };
        for _ in 0..pieces {
            let piece = bytes.split_to(bytes.len().min(2));
            writer.write_all(&piece).await?;
            writer.flush().await?;
            tokio::time::sleep(MOMENT).await;
        }
        writer.write_all(&bytes).await?;
        if outbox.is_empty() {
            writer.flush().await?;
        }
    }
    writer.flush().await
}

/// The broker's task.
async fn run(mut broker: Broker, mut inbox: mpsc::Receiver<Event>) {
    let start = Instant::now();
    let now = || u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    let mut outboxes: HashMap<ConnId, Outbox> = HashMap::new();
    loop {
        let deadline = broker.next_deadline().and_then(|at| start.checked_add(Duration::from_millis(at)));
        let due = async {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        let event = tokio::select! {
            event = inbox.recv() => match event {
                Some(event) => Some(event),
                None => return,
            },
            () = due => None,
        };
        broker.tick(now());
        match event {
            Some(Event::Connected(conn, outbox)) => {
                outboxes.insert(conn, outbox);
                broker.connected(conn);
            }
            Some(Event::Received(conn, bytes)) => broker.received(conn, &bytes),
            Some(Event::Closed(conn)) => {
                outboxes.remove(&conn);
                broker.closed(conn);
            }
            None => {}
        }
        carry_out(&mut broker, &mut outboxes);
    }
}

fn carry_out(broker: &mut Broker, outboxes: &mut HashMap<ConnId, Outbox>) {
    while let Some(action) = broker.next_action() {
        match action {
            Action::Send { conn, bytes } => {
                let Some(outbox) = outboxes.get(&conn) else { continue };
                let waiting = outbox.unwritten.fetch_add(bytes.len(), Ordering::Relaxed);
                if waiting > UNWRITTEN || outbox.packets.send(bytes).is_err() {
                    outboxes.remove(&conn);
                    broker.closed(conn);
                }
            }
            Action::Close { conn } => {
                outboxes.remove(&conn);
            }
        }
    }
}
