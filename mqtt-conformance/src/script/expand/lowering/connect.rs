//! `open` and `connect`, from which on a connection is known.

use mqtt_codec::Version;

use super::parts::{code, field, flag, list, number};
use super::verbs::Call;
use super::{Connection, FIRST_FRESH_ID, Lowering};
use crate::script::ast::{Name, Piece, Value, ValueKind, Verb};
use crate::script::expand::MAX_CONNECTION_NAME;
use crate::script::expand::test::{Action, Login};

impl Lowering<'_> {
    pub(super) fn open(&mut self, name: &Name, call: &Call<'_>) -> Vec<Action> {
        self.takes(Verb::Open, call, 0..=0, &["version"], false);
        let version = self.enter(name, call);
        vec![Action::Open { connection: name.text.clone(), version }]
    }

    pub(super) fn connect(&mut self, name: &Name, call: &Call<'_>) -> Vec<Action> {
        const OPTIONS: [&str; 11] = [
            "version",
            "client_id",
            "clean",
            "session_expiry_interval",
            "keep_alive",
            "will",
            "user_name",
            "password",
            "properties",
            "present",
            "login",
        ];
        self.takes(Verb::Connect, call, 0..=0, &OPTIONS, true);
        let version = self.enter(name, call);
        let five = version == Version::V5;
        let clean = call.field("clean").cloned().unwrap_or_else(|| flag(name.span, true));
        let client_id =
            self.connections.get(&name.text).map_or_else(|| flag(name.span, true), |c| c.client_id.clone());
        let mut fields = vec![
            field(if five { "clean_start" } else { "clean_session" }, clean),
            field("keep_alive", call.field("keep_alive").cloned().unwrap_or_else(|| number(name.span, 60))),
        ];
        let mut properties = match call.field("properties").map(|v| (&v.kind, v)) {
            Some((ValueKind::List { items, .. }, _)) => items.clone(),
            Some((_, value)) => {
                fields.push(field("properties", value.clone()));
                Vec::new()
            }
            None => Vec::new(),
        };
        if let Some(expiry) = call.field("session_expiry_interval").filter(|_| five) {
            let member = field("session_expiry_interval", expiry.clone());
            properties.insert(0, Value { span: expiry.span, kind: ValueKind::Member(Box::new(member)) });
        }
        if !properties.is_empty() {
            let span = call.field("properties").map_or(call.span, |v| v.span);
            fields.push(field("properties", list(span, properties)));
        }
        fields.push(field("client_id", client_id));
        for option in ["will", "user_name", "password"] {
            fields.extend(call.fields.iter().find(|f| f.name.text == option).cloned());
        }
        let login = match call.field("login").map(|v| (&v.kind, v.span)) {
            None | Some((ValueKind::Flag(true), _)) => Login::Usual,
            Some((ValueKind::Flag(false), _)) => Login::None,
            Some((ValueKind::Text(text), _)) if matches!(text.as_slice(), [Piece::Plain(word)] if word == "other") => {
                Login::Other
            }
            Some((_, span)) => {
                self.error(span, "`login` is `true`, `false` or `\"other\"`");
                Login::Usual
            }
        };
        let connack = vec![
            Some(field(if five { "reason" } else { "return_code" }, code(name.span, 0))),
            call.field("present")
                .filter(|_| version != Version::V3_1)
                .map(|p| field("session_present", p.clone())),
        ];
        vec![
            Action::Open { connection: name.text.clone(), version },
            Action::Send {
                connection: name.text.clone(),
                packet: "CONNECT".to_owned(),
                fields,
                patches: Vec::new(),
                login,
            },
            Action::expect(name, "CONNACK", connack.into_iter().flatten().collect(), call.within),
        ]
    }

    /// Enters a connection that `open` or `connect` names.
    fn enter(&mut self, name: &Name, call: &Call<'_>) -> Version {
        let text = &name.text;
        let plain = text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        if !plain || text.len() > MAX_CONNECTION_NAME {
            self.error_hint(
                name.span,
                format!("`{text}` is not a name for a connection"),
                format!(
                    "it becomes part of the client id: up to {MAX_CONNECTION_NAME} small letters and digits"
                ),
            );
        }
        let mut version = self.version_of(name);
        if let Some(value) = call.field("version") {
            let resolved = match &value.kind {
                ValueKind::Variable(variable) => {
                    self.case.iter().find(|(n, _)| n == variable).map(|(_, v)| v)
                }
                _ => Some(value),
            };
            match resolved.map(|v| &v.kind) {
                Some(ValueKind::Version(v)) => version = *v,
                _ => self.error_hint(
                    value.span,
                    format!("`{value}` is not a version"),
                    "write 3.1, 3.1.1 or 5.0, or a variable of the header",
                ),
            }
        }
        let default = || Value {
            span: name.span,
            kind: ValueKind::Text(vec![Piece::Hole("c".to_owned(), name.span), Piece::Plain(text.clone())]),
        };
        let entry = self.connections.entry(text.clone()).or_insert_with(|| Connection {
            version,
            client_id: default(),
            next_id: FIRST_FRESH_ID,
        });
        entry.version = version;
        if let Some(id) = call.field("client_id") {
            entry.client_id = id.clone();
        }
        version
    }
}
