//! Bytes that many tasks share: a budget says how many there may be in all, and what is held of it is given back with its holder.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// A number of bytes that many may hold parts of. Clones are the same budget.
#[derive(Clone, Debug)]
pub struct Budget {
    held: Arc<AtomicUsize>,
    most: usize,
}

/// A part of a budget, which goes back when this is dropped.
#[derive(Debug)]
pub struct Held {
    budget: Budget,
    bytes: usize,
}

impl Budget {
    /// A budget of which nobody holds anything.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { held: Arc::default(), most }
    }

    /// How many bytes there may be in all.
    #[must_use]
    pub fn most(&self) -> usize {
        self.most
    }

    /// How many bytes are held.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held.load(Relaxed)
    }

    /// Holds nothing yet.
    #[must_use]
    pub fn nothing(&self) -> Held {
        Held { budget: self.clone(), bytes: 0 }
    }

    /// Holds so many bytes; `None` when there are not so many left.
    #[must_use]
    pub fn hold(&self, bytes: usize) -> Option<Held> {
        let mut held = self.nothing();
        held.grow(bytes).then_some(held)
    }
}

impl Held {
    /// What this is a part of.
    #[must_use]
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// How many bytes this holds.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Holds so many bytes more; `false`, and nothing changes, when there are not so many left.
    #[must_use]
    pub fn grow(&mut self, bytes: usize) -> bool {
        let most = self.budget.most;
        let more = |held: usize| held.checked_add(bytes).filter(|held| *held <= most);
        let grown = self.budget.held.fetch_update(Relaxed, Relaxed, more).is_ok();
        if grown {
            self.bytes += bytes;
        }
        grown
    }

    /// Holds so many bytes, whatever it held; `false`, and nothing changes, when there are not so many left.
    #[must_use]
    pub fn set(&mut self, bytes: usize) -> bool {
        if let Some(more) = bytes.checked_sub(self.bytes) {
            return self.grow(more);
        }
        self.budget.held.fetch_sub(self.bytes - bytes, Relaxed);
        self.bytes = bytes;
        true
    }

    /// Takes over what another part of the same budget holds.
    pub fn absorb(&mut self, mut other: Self) {
        self.bytes += std::mem::take(&mut other.bytes);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.budget.held.fetch_sub(self.bytes, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_comes_back() {
        let budget = Budget::new(100);
        let mut held = budget.hold(60).unwrap();
        assert!(budget.hold(41).is_none());
        let mut other = budget.hold(40).unwrap();
        assert!(!other.grow(1));
        assert!(other.set(10) && other.grow(30));
        assert!(!other.set(41) && other.bytes() == 40);
        held.absorb(other);
        assert_eq!((budget.held(), held.bytes()), (100, 100));
        drop(held);
        assert_eq!((budget.held(), budget.most()), (0, 100));
    }
}
