//! Connections by their names: opened, closed and cut.

use std::collections::{BTreeMap, VecDeque};
use std::io;

use mqtt_codec::Version;
use tokio::time::{Instant, timeout, timeout_at};

use super::announced::Announced;
use super::copies::Copies;
use super::incoming::{Fault, Got, Incoming, Waiting};
use super::{Engine, Ran, Slot, Stop};
use crate::engine::link::Link;
use crate::engine::outcome::TraceEvent;
use crate::engine::promise::Promises;
use crate::script::Time;
use crate::transport::{Connector, Misframed, Node};

impl<'a, C: Connector> Engine<'a, C> {
    pub(super) async fn open(&mut self, name: &str, version: Version) -> Ran {
        self.check_overtaken(name)?;
        // What the last connection of this name left unread belongs to it, and so does its end.
        if self.slots.get(name).is_some_and(|slot| slot.link.is_some()) {
            self.close(name).await;
        }
        let limit = self.config.connect_deadline();
        let (at, node) = self.next_node(name);
        let unreachable = |what: String, error: Option<io::Error>| {
            let place = node.map(|node| format!(" to {}", node.name)).unwrap_or_default();
            Stop::Unreachable { text: format!("cannot connect{place}: {what}"), error }
        };
        let stream = match timeout(limit, self.connector.connect(at)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => match Misframed::of(&error) {
                Some(how) => {
                    let how = how.to_string();
                    let got = Got { fault: Some(Fault::Forbidden(how.clone())), ..Got::words(how) };
                    return self.fail(format!("open {name}"), got, None);
                }
                None if is_ours(&error) => {
                    return Err(Stop::Unable(format!("a connection cannot be opened: {error}")));
                }
                None => return Err(unreachable(error.to_string(), Some(error))),
            },
            Err(_) => return Err(unreachable(format!("no answer for {}", Time::Exactly(limit)), None)),
        };
        let id = self.names.len();
        self.names.push(name.to_owned());
        let (text, meter) = (self.connector.text_switch(&stream), self.connector.meter(&stream));
        let link =
            Link::new(id, stream, version, self.config.max_packet, &self.config.coming, self.sender.clone());
        let slot = Slot {
            id,
            version,
            link: Some(link),
            queue: VecDeque::new(),
            overtaken: 0,
            connected: false,
            aliases: BTreeMap::new(),
            promises: Promises::new(version),
            announced: Announced::default(),
            copies: Copies::default(),
            text,
            meter,
        };
        self.slots.insert(name.to_owned(), slot);
        let node = node.map(|node| format!("node {}, {}", node.number, node.name));
        self.note(name, TraceEvent::Opened { version, node });
        Ok(())
    }

    /// Where the next connection of this name goes: one node on for each new name, and for each connection of a name.
    fn next_node(&mut self, name: &str) -> (usize, Option<&'a Node>) {
        let nodes = self.connector.nodes();
        let count = nodes.len().max(1);
        let new = self.nodes.len();
        let next = self.nodes.entry(name.to_owned()).or_insert(new);
        let at = *next % count;
        *next += 1;
        (at, nodes.get(at))
    }

    /// Closes our side, and gives the broker a moment to close its own.
    pub(super) async fn close(&mut self, name: &str) {
        let Some(mut link) = self.slots.get_mut(name).and_then(|slot| slot.link.take()) else {
            return;
        };
        self.note(name, TraceEvent::Closed);
        let until = Instant::now() + self.config.silence();
        let _ = timeout_at(until, link.finish()).await;
        while !self.broker_closed(name) {
            match timeout_at(until, self.arrivals.recv()).await {
                Ok(Some(arrived)) => self.take(arrived),
                _ => break,
            }
        }
        let _ = timeout_at(Instant::now() + self.config.silence(), link.into_stream()).await;
    }

    pub(super) async fn cut(&mut self, name: &str) {
        let Some(link) = self.slots.get_mut(name).and_then(|slot| slot.link.take()) else {
            return;
        };
        if let Ok(Some(stream)) = timeout(self.config.silence(), link.into_stream()).await {
            self.connector.cut(stream);
        }
        self.note(name, TraceEvent::Dropped);
    }

    pub(super) fn broker_closed(&self, name: &str) -> bool {
        self.slots.get(name).is_none_or(|slot| {
            matches!(slot.queue.back(), Some(Waiting { what: Incoming::Closed { .. }, .. }))
        })
    }

    pub(super) fn version(&self, name: &str) -> Version {
        self.slots.get(name).map_or(self.test.version, |slot| slot.version)
    }
}

/// Whether an error is of this machine: no file or port is left. Numbers where Rust has no name for them.
fn is_ours(error: &io::Error) -> bool {
    const NO_FILES: [i32; 2] = [23, 24];
    let no_files = cfg!(unix) && error.raw_os_error().is_some_and(|code| NO_FILES.contains(&code));
    no_files || error.kind() == io::ErrorKind::AddrNotAvailable
}
