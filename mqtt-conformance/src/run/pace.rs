//! No more connections a second than a broker allows.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::transport::{Connector, Node};
use crate::transport::{Meter, TextSwitch};

/// When the next test may begin.
///
/// A test never waits in its middle, since that would change what it asks. It waits before it begins until the connections
/// of those before it have had their time, and how many it opened itself is known when it has ended.
#[derive(Debug)]
pub(super) struct Pace {
    /// The time that each connection takes up.
    each: Duration,
    /// When all connections so far have had their time.
    free: Mutex<Instant>,
}

impl Pace {
    pub(super) fn new(connections_per_second: u32) -> Self {
        let each = Duration::from_secs(1) / connections_per_second.max(1);
        Self { each, free: Mutex::new(Instant::now()) }
    }

    /// Waits until a test may begin, and counts its first connection.
    pub(super) async fn turn(&self) {
        tokio::time::sleep_until(self.count(1)).await;
    }

    /// Counts what a test has opened besides its first connection.
    pub(super) fn settle(&self, opened: u32) {
        self.count(opened.saturating_sub(1));
    }

    /// When the time of these connections begins.
    fn count(&self, connections: u32) -> Instant {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = (*free).max(Instant::now());
        *free = begin + self.each * connections;
        begin
    }
}

/// A connector that counts the connections that it opens.
#[derive(Debug)]
pub(super) struct Counted<C> {
    connector: Arc<C>,
    opened: AtomicU32,
}

impl<C> Counted<C> {
    pub(super) const fn new(connector: Arc<C>) -> Self {
        Self { connector, opened: AtomicU32::new(0) }
    }

    pub(super) fn opened(&self) -> u32 {
        self.opened.load(Relaxed)
    }
}

impl<C: Connector> Connector for Counted<C> {
    type Stream = C::Stream;

    fn nodes(&self) -> &[Node] {
        self.connector.nodes()
    }

    async fn connect(&self, node: usize) -> io::Result<C::Stream> {
        self.opened.fetch_add(1, Relaxed);
        self.connector.connect(node).await
    }

    fn text_switch(&self, stream: &C::Stream) -> Option<TextSwitch> {
        self.connector.text_switch(stream)
    }

    fn meter(&self, stream: &C::Stream) -> Option<Meter> {
        self.connector.meter(stream)
    }

    fn cut(&self, stream: C::Stream) {
        self.connector.cut(stream);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn tests_wait_for_the_connections_of_those_before() {
        let start = Instant::now();
        let pace = Pace::new(10);
        pace.turn().await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        // It opened five: the second begins when the time of five is over.
        pace.settle(5);
        pace.turn().await;
        assert_eq!(start.elapsed(), Duration::from_millis(500));
        // One that opened none has had the time of one all the same.
        pace.settle(0);
        pace.turn().await;
        assert_eq!(start.elapsed(), Duration::from_millis(600));
    }

    #[tokio::test(start_paused = true)]
    async fn time_that_nobody_used_is_not_saved_up() {
        let pace = Pace::new(10);
        pace.turn().await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        let later = Instant::now();
        pace.turn().await;
        pace.turn().await;
        assert_eq!(later.elapsed(), Duration::from_millis(100));
    }
}
