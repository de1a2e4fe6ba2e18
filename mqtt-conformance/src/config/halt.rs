//! Ends a run early.

use tokio::sync::watch;

/// A switch that ends a run: no test starts any more, and those that run clear up and say why they did not come to
/// their end. Clones are the same switch.
#[derive(Clone, Debug)]
pub struct Halt(watch::Sender<Option<Reason>>);

/// Why a run ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reason {
    /// In words.
    pub text: String,
    /// The broker is gone.
    pub unreachable: bool,
}

impl Default for Halt {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Halt {
    /// Ends the run. The first reason counts.
    pub fn stop(&self, text: impl Into<String>) {
        self.set(Reason { text: text.into(), unreachable: false });
    }

    pub(crate) fn set(&self, reason: Reason) {
        self.0.send_if_modified(|now| {
            let first = now.is_none();
            now.get_or_insert(reason);
            first
        });
    }

    /// Why the run is to end, if it is.
    pub fn reason(&self) -> Option<Reason> {
        self.0.borrow().clone()
    }

    /// Waits until the run is to end.
    pub async fn stopped(&self) -> Reason {
        let mut changes = self.0.subscribe();
        // The sender lives as long as this.
        match changes.wait_for(Option::is_some).await.ok().and_then(|reason| reason.clone()) {
            Some(reason) => reason,
            None => std::future::pending().await,
        }
    }
}
