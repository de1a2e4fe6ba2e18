//! A map from Topic Filters to values that is searched by Topic Name.

use crate::storage::Storage;
use crate::types::{Levels, TopicFilter, TopicName};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

/// A map from Topic Filters to values: which filters match a topic takes time by the levels of the topic, not by the number of
/// filters.
///
/// Wildcards at the front do not match topics that start with `$` \[5.0/MQTT-4.7.2-1\]. A filter of the form
/// `$share/{ShareName}/{filter}` is a key of its own, and matches what its filter matches; 3.1.1 knows no such form, so a
/// server decides whether it takes them from its clients. No function is recursive: a filter of 65,535 levels is a filter.
///
/// ```
/// use mqtt_codec::{FilterMap, TopicFilter, TopicName};
///
/// let mut clients = FilterMap::new();
/// clients.insert(&TopicFilter::new("line/+/state")?, "screen");
/// clients.insert(&TopicFilter::new("$share/workers/line/#")?, "worker 1");
/// clients.insert(&TopicFilter::new("hall/#")?, "heating");
///
/// let topic = TopicName::new("line/7/state")?;
/// let mut found: Vec<_> = clients.matches(&topic).map(|(_, client)| *client).collect();
/// found.sort();
/// assert_eq!(found, ["screen", "worker 1"]);
/// assert_eq!(clients.remove(&TopicFilter::new("hall/#")?), Some("heating"));
/// assert_eq!(clients.len(), 2);
/// # Ok::<(), mqtt_codec::InvalidTopic>(())
/// ```
#[derive(Clone)]
pub struct FilterMap<V> {
    /// The first one is the root. A node that is on the free list is empty.
    nodes: Vec<Node<V>>,
    free: Vec<usize>,
    len: usize,
}

/// Filters, as they were inserted, and their values.
type Entries<V> = Vec<(Box<[u8]>, V)>;

#[derive(Clone)]
struct Node<V> {
    parent: usize,
    /// The last level of the path to here.
    level: Box<[u8]>,
    /// By their level; `+` is a level as others are.
    children: BTreeMap<Box<[u8]>, usize>,
    /// The filters that end here.
    here: Entries<V>,
    /// The filters that end with a `#` below.
    below: Entries<V>,
}

impl<V> Node<V> {
    fn new(parent: usize, level: &[u8]) -> Self {
        Self { parent, level: level.into(), children: BTreeMap::new(), here: Vec::new(), below: Vec::new() }
    }

    const fn entries(&self, below: bool) -> &Entries<V> {
        if below { &self.below } else { &self.here }
    }

    const fn entries_mut(&mut self, below: bool) -> &mut Entries<V> {
        if below { &mut self.below } else { &mut self.here }
    }

    fn is_unused(&self) -> bool {
        self.children.is_empty() && self.here.is_empty() && self.below.is_empty()
    }
}

/// The levels by which a filter is found, and whether a `#` follows them.
fn path<B: Storage>(filter: &TopicFilter<B>) -> (Levels<'_>, usize, bool) {
    let levels = filter.shared().map_or_else(|| filter.levels(), |shared| shared.filter.into_levels());
    let (count, last) = levels.clone().fold((0, &[][..]), |(n, _), level| (n + 1, level));
    let below = last == b"#";
    (levels, if below { count - 1 } else { count }, below)
}

impl<V> Default for FilterMap<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V> FilterMap<V> {
    /// A map without filters.
    #[must_use]
    pub fn new() -> Self {
        Self { nodes: vec![Node::new(0, &[])], free: Vec::new(), len: 0 }
    }

    /// How many filters there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no filter.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Where the entries of a filter are.
    fn find<B: Storage>(&self, filter: &TopicFilter<B>) -> Option<(usize, bool)> {
        let (levels, count, below) = path(filter);
        let at =
            levels.take(count).try_fold(0, |at, level| self.nodes.get(at)?.children.get(level).copied())?;
        Some((at, below))
    }

    /// The value of this filter, letter by letter.
    #[must_use]
    pub fn get<B: Storage>(&self, filter: &TopicFilter<B>) -> Option<&V> {
        let (at, below) = self.find(filter)?;
        let mut entries = self.nodes.get(at)?.entries(below).iter();
        entries.find(|(key, _)| **key == *filter.as_bytes()).map(|(_, value)| value)
    }

    /// The value of this filter, to be changed.
    pub fn get_mut<B: Storage>(&mut self, filter: &TopicFilter<B>) -> Option<&mut V> {
        let (at, below) = self.find(filter)?;
        let mut entries = self.nodes.get_mut(at)?.entries_mut(below).iter_mut();
        entries.find(|(key, _)| **key == *filter.as_bytes()).map(|(_, value)| value)
    }

    /// Sets the value of a filter; the one that it had.
    pub fn insert<B: Storage>(&mut self, filter: &TopicFilter<B>, value: V) -> Option<V> {
        if let Some(old) = self.get_mut(filter) {
            return Some(core::mem::replace(old, value));
        }
        let (levels, count, below) = path(filter);
        let at = levels.take(count).fold(0, |at, level| self.child(at, level));
        if let Some(node) = self.nodes.get_mut(at) {
            node.entries_mut(below).push((filter.as_bytes().into(), value));
            self.len += 1;
        }
        None
    }

    /// The node at this level below another one, made if there is none.
    fn child(&mut self, parent: usize, level: &[u8]) -> usize {
        if let Some(&at) = self.nodes.get(parent).and_then(|node| node.children.get(level)) {
            return at;
        }
        let node = Node::new(parent, level);
        let free = self.free.pop().and_then(|at| Some((at, self.nodes.get_mut(at)?)));
        let at = if let Some((at, free)) = free {
            *free = node;
            at
        } else {
            self.nodes.push(node);
            self.nodes.len() - 1
        };
        if let Some(parent) = self.nodes.get_mut(parent) {
            parent.children.insert(level.into(), at);
        }
        at
    }

    /// Takes a filter out; its value.
    pub fn remove<B: Storage>(&mut self, filter: &TopicFilter<B>) -> Option<V> {
        let (mut at, below) = self.find(filter)?;
        let entries = self.nodes.get_mut(at)?.entries_mut(below);
        let i = entries.iter().position(|(key, _)| **key == *filter.as_bytes())?;
        let (_, value) = entries.swap_remove(i);
        self.len -= 1;
        while let Some(node) = self.nodes.get(at).filter(|node| at != 0 && node.is_unused()) {
            let (parent, level) = (node.parent, node.level.clone());
            self.free.push(at);
            if let Some(parent) = self.nodes.get_mut(parent) {
                parent.children.remove(&level);
            }
            at = parent;
        }
        Some(value)
    }

    /// The filters that match a topic and their values, each once, in no order that means anything.
    #[must_use]
    pub fn matches<'m, 't, C: Storage>(&'m self, topic: &'t TopicName<C>) -> Matches<'m, 't, V> {
        let hidden = topic.as_bytes().first() == Some(&b'$');
        Matches { map: self, hidden, open: vec![(0, Some(topic.levels()))], entries: [[].iter(), [].iter()] }
    }

    /// All filters and their values, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = (TopicFilter<&[u8]>, &V)> {
        let entries = self.nodes.iter().flat_map(|node| node.here.iter().chain(&node.below));
        entries.map(|(filter, value)| (TopicFilter::checked(&**filter), value))
    }
}

impl<V: fmt::Debug> fmt::Debug for FilterMap<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// The filters that match a topic, from [`FilterMap::matches`].
pub struct Matches<'m, 't, V> {
    map: &'m FilterMap<V>,
    /// Whether the topic starts with `$`.
    hidden: bool,
    /// Nodes whose path matches the topic so far, and the levels that are left of it.
    open: Vec<(usize, Option<Levels<'t>>)>,
    entries: [core::slice::Iter<'m, (Box<[u8]>, V)>; 2],
}

impl<'m, V> Iterator for Matches<'m, '_, V> {
    type Item = (TopicFilter<&'m [u8]>, &'m V);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let [here, below] = &mut self.entries;
            if let Some((filter, value)) = here.next().or_else(|| below.next()) {
                return Some((TopicFilter::checked(&**filter), value));
            }
            let (at, levels) = self.open.pop()?;
            let node = self.map.nodes.get(at)?;
            let wildcards = !(self.hidden && at == 0);
            let below = if wildcards { node.below.iter() } else { [].iter() };
            let Some(mut levels) = levels else {
                self.entries = [node.here.iter(), below];
                continue;
            };
            self.entries = [[].iter(), below];
            if let Some(level) = levels.next() {
                let rest = levels.clone().next().is_some().then_some(levels);
                let single = node.children.get(&b"+"[..]).filter(|_| wildcards);
                for &child in single.into_iter().chain(node.children.get(level)) {
                    self.open.push((child, rest.clone()));
                }
            }
        }
    }
}

impl<V> fmt::Debug for Matches<'_, '_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Matches").finish_non_exhaustive()
    }
}
