//! The parts that verbs are put together from.

use crate::diagnostic::Span;
use crate::script::ast::{Field, Name, Value, ValueKind, Window};
use crate::script::expand::test::{Action, Expected, Login};

impl Action {
    pub(super) fn send(connection: &Name, packet: &str, fields: Vec<Field>) -> Self {
        Self::Send {
            connection: connection.text.clone(),
            packet: packet.to_owned(),
            fields,
            patches: Vec::new(),
            login: Login::None,
        }
    }

    pub(super) fn expect(
        connection: &Name,
        packet: &str,
        fields: Vec<Field>,
        within: Option<Window>,
    ) -> Self {
        Self::Expect {
            connection: connection.text.clone(),
            expected: Expected::Packet { packet: packet.to_owned(), fields },
            within,
        }
    }
}

/// A field that a verb adds; its place is that of its value.
pub(super) fn field(name: &str, value: Value) -> Field {
    Field { name: Name { text: name.to_owned(), span: value.span }, value }
}

pub(super) fn flag(span: Span, flag: bool) -> Value {
    Value { span, kind: ValueKind::Flag(flag) }
}

pub(super) fn number(span: Span, value: u64) -> Value {
    Value { span, kind: ValueKind::Number { value, hex: false } }
}

pub(super) fn code(span: Span, value: u64) -> Value {
    Value { span, kind: ValueKind::Number { value, hex: true } }
}

pub(super) fn list(span: Span, items: Vec<Value>) -> Value {
    Value { span, kind: ValueKind::List { only: false, items } }
}
