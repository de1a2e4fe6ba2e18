//! What asks a run to end: Ctrl-C, and where there are such, SIGTERM (a CI system cancels the job) and SIGHUP (the terminal is gone).

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that ask to end.
#[derive(Debug)]
pub(super) struct Signals {
    #[cfg(unix)]
    of: [Signal; 3],
}

#[cfg(unix)]
impl Signals {
    /// Takes them from now on; `None` where the system does not allow that.
    pub(super) fn new() -> Option<Self> {
        let take = |kind| signal(kind).ok();
        let of = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(take);
        let [Some(interrupt), Some(terminate), Some(hangup)] = of else { return None };
        Some(Self { of: [interrupt, terminate, hangup] })
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.of;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    /// Takes them from now on.
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere the system may refuse")]
    pub(super) fn new() -> Option<Self> {
        Some(Self {})
    }

    /// Waits for the next one.
    #[expect(clippy::unused_self, reason = "elsewhere there are several")]
    pub(super) async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
