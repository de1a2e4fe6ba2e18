//! A longer way: bytes arrive later, and nothing else changes.

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// The time that bytes take from one end of a connection to the other.
///
/// The order of the bytes of one direction stays, whatever the jitter is. The end of a direction is as late as its bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a delay is these two times")]
pub struct Delay {
    /// How much later everything arrives, each way: half a round trip.
    pub each_way: Duration,
    /// How much later than that a piece arrives at most; each one has its own share.
    pub jitter: Duration,
}

/// So much is on its way at most; a sender waits for the rest.
const PIECES: usize = 256;

/// What is on its way.
enum Piece {
    Bytes(Bytes),
    /// Nothing more will come.
    End,
    /// The connection was cut.
    Cut,
}

impl Delay {
    /// The time from a question to its answer, at most.
    pub fn round_trip(self) -> Duration {
        2 * (self.each_way + self.jitter)
    }

    /// Stands between a client and a server until both directions have ended, or one end has cut the connection.
    pub async fn relay(
        self,
        client: impl AsyncRead + AsyncWrite + Send,
        server: impl AsyncRead + AsyncWrite + Send,
    ) {
        let (from_client, to_client) = split(client);
        let (from_server, to_server) = split(server);
        let both = async {
            tokio::try_join!(self.carry(from_client, to_server, 1), self.carry(from_server, to_client, 2))
        };
        // An error is the end of the connection for both ends; they are dropped here.
        let _ = both.await;
    }

    /// Carries one direction to its end; an error if an end has cut the connection.
    async fn carry<R: AsyncRead + Send, W: AsyncWrite + Send>(
        self,
        mut from: ReadHalf<R>,
        mut to: WriteHalf<W>,
        seed: u64,
    ) -> io::Result<()> {
        let (sender, mut on_its_way) = mpsc::channel::<(Instant, Piece)>(PIECES);
        let mut random = fastrand::Rng::with_seed(seed);
        let read = async move {
            let mut due = Instant::now();
            loop {
                let mut buffer = BytesMut::with_capacity(1 << 14);
                let piece = match from.read_buf(&mut buffer).await {
                    Ok(0) => Piece::End,
                    Ok(_) => Piece::Bytes(buffer.freeze()),
                    Err(_) => Piece::Cut,
                };
                due = due.max(Instant::now() + self.each_way + self.jitter.mul_f64(random.f64()));
                let last = !matches!(piece, Piece::Bytes(_));
                if sender.send((due, piece)).await.is_err() || last {
                    return;
                }
            }
        };
        let write = async move {
            while let Some((due, piece)) = on_its_way.recv().await {
                sleep_until(due).await;
                match piece {
                    Piece::Bytes(bytes) => {
                        to.write_all(&bytes).await?;
                        to.flush().await?;
                    }
                    Piece::End => return to.shutdown().await,
                    Piece::Cut => return Err(io::ErrorKind::ConnectionReset.into()),
                }
            }
            Ok(())
        };
        tokio::join!(read, write).1
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn bytes_and_ends_come_later_and_in_order() {
        let delay = Delay { each_way: Duration::from_millis(100), jitter: Duration::from_millis(50) };
        let (mut client, outer) = duplex(1 << 10);
        let (inner, mut server) = duplex(1 << 10);
        tokio::spawn(delay.relay(outer, inner));
        let start = Instant::now();
        for byte in 0..100 {
            client.write_all(&[byte]).await.unwrap();
            tokio::task::yield_now().await;
        }
        client.shutdown().await.unwrap();
        let mut got = Vec::new();
        server.read_to_end(&mut got).await.unwrap();
        assert_eq!(got, (0..100).collect::<Vec<u8>>());
        assert!((100..=151).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
        // The other direction goes on, and takes its time as well.
        let start = Instant::now();
        server.write_all(b"x").await.unwrap();
        assert_eq!(client.read_u8().await.unwrap(), b'x');
        assert!((100..=151).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
        drop(server);
        assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
        assert!((200..=302).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
    }
}
