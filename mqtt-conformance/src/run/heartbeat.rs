//! Whether the tester itself keeps to its times.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

/// A task that wakes up again and again, and knows how late it was.
///
/// A machine that is busy, or a runtime that has too much to do, wakes every task late: what arrives is seen late, and what is
/// due is done late. A test cannot see that by itself, since its own clock stands still as well.
#[derive(Debug)]
pub(super) struct Heartbeat {
    stalls: Arc<Mutex<VecDeque<Stall>>>,
    task: JoinHandle<()>,
}

/// A time in which the runtime did nothing.
#[derive(Clone, Copy, Debug)]
struct Stall {
    until: Instant,
    length: Duration,
}

/// How often it wakes up.
const BEAT: Duration = Duration::from_millis(10);

/// Shorter ones are no stalls: timers count milliseconds.
const SHORTEST: Duration = Duration::from_millis(5);

/// So many are kept; a machine that makes more of them is late all the time, and the latest ones say so.
const KEPT: usize = 10_000;

impl Heartbeat {
    pub(super) fn start() -> Self {
        let stalls = Arc::new(Mutex::new(VecDeque::new()));
        let noted = Arc::clone(&stalls);
        let task = tokio::spawn(async move {
            loop {
                let due = Instant::now() + BEAT;
                sleep_until(due).await;
                let until = Instant::now();
                let length = until.saturating_duration_since(due);
                if length >= SHORTEST {
                    let mut stalls = noted.lock().unwrap_or_else(PoisonError::into_inner);
                    if stalls.len() == KEPT {
                        stalls.pop_front();
                    }
                    stalls.push_back(Stall { until, length });
                }
            }
        });
        Self { stalls, task }
    }

    /// The longest stall since then.
    pub(super) fn worst_since(&self, start: Instant) -> Duration {
        let stalls = self.stalls.lock().unwrap_or_else(PoisonError::into_inner);
        stalls
            .iter()
            .rev()
            .take_while(|stall| stall.until > start)
            .map(|stall| stall.length)
            .max()
            .unwrap_or_default()
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_stall_is_noticed_and_forgotten() {
        let heartbeat = Heartbeat::start();
        let start = Instant::now();
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(heartbeat.worst_since(start), Duration::ZERO);
        // The clock goes on, and nobody is woken.
        tokio::time::advance(Duration::from_millis(600)).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        let worst = heartbeat.worst_since(start);
        assert!((580..=600).contains(&worst.as_millis()), "{worst:?}");
        assert_eq!(heartbeat.worst_since(Instant::now()), Duration::ZERO);
    }
}
