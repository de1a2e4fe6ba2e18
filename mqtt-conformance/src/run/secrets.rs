//! Keeps user names and passwords out of what is reported about a test.

use std::collections::BTreeMap;

use mqtt_codec::{PacketType, Version};
use serde_json::Value as Tree;

use crate::config::Config;
use crate::engine::{Entry, Failure, Outcome, TraceEvent};
use crate::tree::{Octets, Packet, bytes_from, bytes_value};

/// What stands in a CONNECT instead of a user name or a password.
const HIDDEN: &str = "***";

/// Passwords from this length on are hidden wherever they are found. Shorter ones are found by chance, and are hidden in CONNECT
/// only, as user names are.
const LONG: usize = 4;

/// What must not be shown.
#[derive(Debug)]
pub(super) struct Secrets {
    user_names: Vec<Vec<u8>>,
    passwords: Vec<Vec<u8>>,
}

impl Secrets {
    pub(super) fn of(config: &Config) -> Self {
        let names = [&config.user_name, &config.other_user_name];
        let passwords = [&config.password, &config.other_password];
        let mut passwords: Vec<Vec<u8>> = passwords.into_iter().flatten().cloned().collect();
        // One may be the beginning of the other.
        passwords.sort_by_key(|password| std::cmp::Reverse(password.len()));
        passwords.retain(|password| !password.is_empty());
        let names = names.into_iter().flatten().filter(|name| !name.is_empty());
        Self { user_names: names.map(|name| name.clone().into_bytes()).collect(), passwords }
    }

    /// Takes them out of an outcome: out of packets, bytes and texts.
    pub(super) fn hide(&self, outcome: &mut Outcome) {
        if self.user_names.is_empty() && self.passwords.is_empty() {
            return;
        }
        let mut versions: BTreeMap<String, Version> = BTreeMap::new();
        for Entry { connection, event, .. } in &mut outcome.transcript {
            if let TraceEvent::Opened { version, .. } = event {
                versions.insert(connection.clone(), *version);
            }
            let version = versions.get(connection).copied().unwrap_or(outcome.version);
            self.hide_in_event(event, version);
        }
        if let Some(reason) = &mut outcome.reason {
            self.hide_in_text(reason);
        }
        if let Some(Failure { step, expected, got, difference, fields, forbidden, .. }) = &mut outcome.failure
        {
            let texts = [Some(step), Some(expected), Some(got), difference.as_mut(), forbidden.as_mut()];
            let values = fields.iter_mut().flat_map(|field| [Some(&mut field.expected), field.got.as_mut()]);
            texts.into_iter().chain(values).flatten().for_each(|text| self.hide_in_text(text));
        }
    }

    fn hide_in_event(&self, event: &mut TraceEvent, version: Version) {
        match event {
            TraceEvent::Sent { bytes, packet } => {
                match packet {
                    Some(packet) => self.hide_in_sent(packet, bytes, version),
                    None => self.hide_in_raw_connect(bytes),
                }
                self.hide_in_bytes(bytes);
            }
            TraceEvent::Received { bytes, packet } => {
                self.hide_in_bytes(bytes);
                self.hide_in_packet(packet);
            }
            TraceEvent::Malformed { bytes, malformed } => {
                self.hide_in_bytes(bytes);
                self.hide_in_text(&mut malformed.message);
            }
            TraceEvent::Fragment { bytes } => self.hide_in_bytes(bytes),
            TraceEvent::Misframed { error: text }
            | TraceEvent::Unsent { error: text }
            | TraceEvent::ClosedByBroker { error: Some(text) } => self.hide_in_text(text),
            TraceEvent::Opened { .. }
            | TraceEvent::ClosedByBroker { error: None }
            | TraceEvent::Closed
            | TraceEvent::Dropped
            | TraceEvent::Omitted { .. } => {}
        }
    }

    fn hide_in_sent(&self, packet: &mut Packet, bytes: &mut Octets, version: Version) {
        if self.hide_in_connect(packet) {
            *bytes = packet.encode(version).into();
        }
        self.hide_in_packet(packet);
    }

    fn hide_in_packet(&self, packet: &mut Packet) {
        packet.members_mut().for_each(|(_, value)| self.hide_in_tree(value));
    }

    /// Whether there was something to hide.
    fn hide_in_connect(&self, packet: &mut Packet) -> bool {
        let mut found = false;
        if !packet.is(PacketType::Connect) {
            return false;
        }
        for (field, value) in packet.members_mut() {
            let secrets = match field {
                "user_name" => &self.user_names,
                "password" => &self.passwords,
                _ => continue,
            };
            if bytes_from(value).is_ok_and(|bytes| secrets.iter().any(|secret| *secret == bytes)) {
                *value = Tree::from(HIDDEN);
                found = true;
            }
        }
        found
    }

    /// In bytes that are no valid CONNECT: wherever one of them stands behind its length.
    fn hide_in_raw_connect(&self, bytes: &mut Octets) {
        if bytes.as_slice().first().is_none_or(|first| first >> 4 != 1) {
            return;
        }
        for secret in self.user_names.iter().chain(&self.passwords) {
            let Ok(length) = u16::try_from(secret.len()) else { continue };
            let field = [&length.to_be_bytes(), secret.as_slice()].concat();
            let hidden = [&length.to_be_bytes(), b"*".repeat(secret.len()).as_slice()].concat();
            if let Some(clean) = replaced(bytes.as_slice(), &field, &hidden) {
                *bytes = clean.into();
            }
        }
    }

    fn long(&self) -> impl Iterator<Item = &Vec<u8>> {
        self.passwords.iter().filter(|password| password.len() >= LONG)
    }

    fn hide_in_bytes(&self, bytes: &mut Octets) {
        for password in self.long() {
            if let Some(clean) = replaced(bytes.as_slice(), password, &b"*".repeat(password.len())) {
                *bytes = clean.into();
            }
        }
    }

    fn hide_in_tree(&self, tree: &mut Tree) {
        match tree {
            Tree::String(text) => self.hide_in_text(text),
            Tree::Object(members) if members.contains_key("hex") => {
                let Ok(bytes) = bytes_from(tree) else { return };
                let mut clean = Octets::from(bytes.clone());
                self.hide_in_bytes(&mut clean);
                if clean.as_slice() != bytes {
                    *tree = bytes_value(clean.as_slice());
                }
            }
            Tree::Object(members) => members.values_mut().for_each(|value| self.hide_in_tree(value)),
            Tree::Array(items) => items.iter_mut().for_each(|item| self.hide_in_tree(item)),
            Tree::Null | Tree::Bool(_) | Tree::Number(_) => {}
        }
    }

    /// In a text, as it is or in hexadecimal.
    fn hide_in_text(&self, text: &mut String) {
        for password in self.long() {
            let hidden = "*".repeat(password.len());
            let hex: Vec<String> = password.iter().map(|b| format!("{b:02x}")).collect();
            let stars: Vec<&str> = password.iter().map(|_| "2a").collect();
            let plain = String::from_utf8(password.clone()).ok();
            for (secret, hidden) in
                plain.map(|plain| (plain, hidden)).into_iter().chain([(hex.join(" "), stars.join(" "))])
            {
                if text.contains(&secret) {
                    *text = text.replace(&secret, &hidden);
                }
            }
        }
    }
}

/// `bytes` with `new` for every `old`; `None` where there is none.
fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Option<Vec<u8>> {
    let find = |from: &[u8]| from.windows(old.len()).position(|window| window == old);
    let (mut rest, mut out) = (bytes, Vec::new());
    while let Some((before, after)) = find(rest).and_then(|at| rest.split_at_checked(at)) {
        out.extend_from_slice(before);
        out.extend_from_slice(new);
        rest = after.get(old.len()..).unwrap_or_default();
    }
    (rest.len() < bytes.len()).then(|| [&out, rest].concat())
}
