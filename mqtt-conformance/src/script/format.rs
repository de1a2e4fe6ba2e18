//! The canonical layout: one way to write every script.
//!
//! Four blanks of indentation, one blank between words, two before a comment at the end of a line, one empty
//! line where there were several. Lines wider than 100 columns have their lists broken, one item per line.

use std::fmt::{self, Write as _};
use std::time::Duration;

use super::ast::{
    Block, Field, Header, HeaderKind, Item, Patch, Piece, Script, Statement, StatementKind, Time, Trivia,
    Value, ValueKind, Window,
};

/// The widest line that keeps its lists on one line.
const WIDTH: usize = 100;

/// A script in its canonical layout. Comments stay; formatting again changes nothing.
pub fn format(script: &Script) -> String {
    let mut out = Printer { text: String::new(), indent: 0 };
    for item in &script.header {
        out.trivia(&item.leading);
        out.header(&item.node, item.trailing.as_deref());
    }
    out.body(&script.body);
    out.trivia(&script.end);
    let trimmed = out.text.trim_end().trim_start_matches('\n');
    let mut text = trimmed.to_owned();
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

struct Printer {
    text: String,
    indent: usize,
}

impl Printer {
    fn trivia(&mut self, trivia: &[Trivia]) {
        for one in trivia {
            match one {
                Trivia::Blank if self.text.ends_with("\n\n") || self.text.ends_with("{\n") => {}
                Trivia::Blank => self.text.push('\n'),
                Trivia::Comment(text) => {
                    let line = comment(text);
                    self.line(&line, None);
                }
            }
        }
    }

    fn line(&mut self, line: &str, trailing: Option<&str>) {
        for _ in 0..self.indent {
            self.text.push_str("    ");
        }
        self.text.push_str(line);
        if let Some(text) = trailing {
            self.text.push_str("  ");
            self.text.push_str(&comment(text));
        }
        self.text.push('\n');
    }

    fn header(&mut self, header: &Header, trailing: Option<&str>) {
        let line = match &header.kind {
            HeaderKind::Version(all) => labelled("version:", all.iter().map(|(v, _)| v.to_string())),
            HeaderKind::Covers(all) => {
                labelled("covers:", all.iter().map(|s| format!("{}/{}", s.version, s.id)))
            }
            HeaderKind::Level(all) => labelled(
                "level:",
                all.iter().map(|(v, l, _)| v.map_or_else(|| l.to_string(), |v| format!("{v}/{l}"))),
            ),
            HeaderKind::Rigor(all) => labelled("rigor:", all.iter().map(|(v, _)| v.to_string())),
            HeaderKind::Needs(all) => labelled("needs:", all.iter().map(|n| n.text.clone())),
            HeaderKind::For { names, rows, table } => {
                let names: Vec<&str> = names.iter().map(|n| n.text.as_str()).collect();
                let mut line = format!("for {} in", names.join(", "));
                if !*table {
                    for value in rows.iter().flat_map(|r| &r.node) {
                        let _ = write!(line, " {value}");
                    }
                    self.line(&line, trailing);
                    return;
                }
                self.line(&line, trailing);
                self.indent += 1;
                self.table(rows);
                self.indent -= 1;
                return;
            }
        };
        self.line(&line, trailing);
    }

    /// Rows with their columns aligned.
    fn table(&mut self, rows: &[Item<Vec<Value>>]) {
        let cells: Vec<Vec<String>> =
            rows.iter().map(|r| r.node.iter().map(ToString::to_string).collect()).collect();
        let columns = cells.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|c| cells.iter().filter_map(|r| r.get(c)).map(|t| t.chars().count()).max().unwrap_or(0))
            .collect();
        for (row, cells) in rows.iter().zip(&cells) {
            self.trivia(&row.leading);
            let mut line = String::new();
            for (cell, width) in cells.iter().zip(&widths) {
                let _ = write!(line, "{cell:width$}  ");
            }
            self.line(line.trim_end(), row.trailing.as_deref());
        }
    }

    fn body(&mut self, body: &[Item<Statement>]) {
        for item in body {
            self.trivia(&item.leading);
            self.statement(&item.node, item.trailing.as_deref());
        }
    }

    fn statement(&mut self, statement: &Statement, trailing: Option<&str>) {
        match &statement.kind {
            StatementKind::AnyOrder(block) => self.blocks(&[("any-order".to_owned(), block)], trailing),
            StatementKind::Either(blocks) => {
                let parts: Vec<_> = blocks
                    .iter()
                    .enumerate()
                    .map(|(i, b)| (if i == 0 { "either" } else { "or" }.to_owned(), b))
                    .collect();
                self.blocks(&parts, trailing);
            }
            StatementKind::Repeat { count, counter, block } => {
                let mut head = format!("repeat {count}");
                if let Some(counter) = counter {
                    let _ = write!(head, " as {}", counter.text);
                }
                self.blocks(&[(head, block)], trailing);
            }
            StatementKind::When { subject, values, then, otherwise } => {
                let mut head = format!("when {}", subject.text);
                for value in values {
                    let _ = write!(head, " {value}");
                }
                let mut parts = vec![(head, then)];
                if let Some(block) = otherwise {
                    parts.push(("else".to_owned(), block));
                }
                self.blocks(&parts, trailing);
            }
            simple => {
                let mut line = Line { text: String::new(), broken: None };
                line.statement(simple);
                if line.text.chars().count() + 4 * self.indent > WIDTH {
                    line = Line { text: String::new(), broken: Some(self.indent) };
                    line.statement(simple);
                }
                self.line(&line.text, trailing);
            }
        }
    }

    /// `head { … } head { … }`
    fn blocks(&mut self, parts: &[(String, &Block)], trailing: Option<&str>) {
        for (i, (head, block)) in parts.iter().enumerate() {
            let line = if i == 0 { format!("{head} {{") } else { format!("}} {head} {{") };
            self.line(&line, block.opening.as_deref());
            self.indent += 1;
            self.body(&block.body);
            self.trivia(&block.end);
            if self.text.ends_with("\n\n") {
                self.text.pop();
            }
            self.indent -= 1;
        }
        self.line("}", trailing);
    }
}

fn comment(text: &str) -> String {
    if text.is_empty() { "#".to_owned() } else { format!("# {text}") }
}

fn labelled(label: &str, words: impl Iterator<Item = String>) -> String {
    let words: Vec<String> = words.collect();
    format!("{label:<9}{}", words.join(" "))
}

/// One step on its way to the page.
struct Line {
    text: String,
    /// If lists are broken: how deep the step stands.
    broken: Option<usize>,
}

impl Line {
    fn statement(&mut self, kind: &StatementKind) {
        match kind {
            StatementKind::Divider => self.text.push_str("---"),
            StatementKind::Wait(time) => {
                let _ = write!(self.text, "wait {time}");
            }
            StatementKind::Skip(reason) => {
                let _ = write!(self.text, "skip {reason}");
            }
            StatementKind::Send { connection, packet, fields, patches } => {
                let _ = write!(self.text, "{} > {}", connection.text, packet.text);
                self.fields(fields);
                if !patches.is_empty() {
                    self.text.push_str(" patch");
                }
                for Patch { offset, value, .. } in patches {
                    let _ = write!(self.text, " {offset}={value}");
                }
            }
            StatementKind::Raw { connection, parts } => {
                let _ = write!(self.text, "{} >", connection.text);
                for part in parts {
                    let _ = write!(self.text, " {part}");
                }
            }
            StatementKind::Expect { connection, packet, fields, within } => {
                let _ = write!(self.text, "{} < {}", connection.text, packet.text);
                self.fields(fields);
                self.within(within.as_ref());
            }
            StatementKind::Nothing { connection, within } => {
                let _ = write!(self.text, "{} < nothing", connection.text);
                self.within(within.as_ref());
            }
            StatementKind::Closed { connection, fields, within } => {
                let _ = write!(self.text, "{} < closed", connection.text);
                self.fields(fields);
                self.within(within.as_ref());
            }
            StatementKind::Verb { verb, connections, values, fields, within } => {
                let names: Vec<&str> = connections.iter().map(|n| n.text.as_str()).collect();
                let _ = write!(self.text, "{} {}", verb.name(), names.join(", "));
                for value in values {
                    self.text.push(' ');
                    self.value(value, 0);
                }
                self.fields(fields);
                self.within(within.as_ref());
            }
            StatementKind::AnyOrder(_)
            | StatementKind::Either(_)
            | StatementKind::Repeat { .. }
            | StatementKind::When { .. } => {}
        }
    }

    fn fields(&mut self, fields: &[Field]) {
        for field in fields {
            self.text.push(' ');
            self.field(field, 0);
        }
    }

    fn field(&mut self, field: &Field, depth: usize) {
        let _ = write!(self.text, "{}=", field.name.text);
        self.value(&field.value, depth);
    }

    fn value(&mut self, value: &Value, depth: usize) {
        match (&value.kind, self.broken) {
            (ValueKind::List { only, items }, Some(indent)) if items.len() > 1 => {
                self.text.push_str(if *only { "only [" } else { "[" });
                for item in items {
                    self.text.push('\n');
                    self.text.push_str(&"    ".repeat(indent + depth + 1));
                    self.value(item, depth + 1);
                    self.text.push(',');
                }
                self.text.push('\n');
                self.text.push_str(&"    ".repeat(indent + depth));
                self.text.push(']');
            }
            (ValueKind::Object(fields), Some(_)) => {
                self.text.push('{');
                for (i, field) in fields.iter().enumerate() {
                    if i > 0 {
                        self.text.push(' ');
                    }
                    self.field(field, depth);
                }
                self.text.push('}');
            }
            (ValueKind::Member(field), Some(_)) => self.field(field, depth),
            _ => {
                let _ = write!(self.text, "{value}");
            }
        }
    }

    fn within(&mut self, within: Option<&Window>) {
        if let Some(window) = within {
            let _ = write!(self.text, " {window}");
        }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("within ")?;
        if let Some(earliest) = self.earliest {
            write!(f, "{}..", Time::Exactly(earliest))?;
        }
        write!(f, "{}", self.latest)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quiet => f.write_str("quiet"),
            Self::Exactly(time) => write_duration(f, *time),
        }
    }
}

/// Whole seconds and everything above a second in `s`, the rest in `ms`.
fn write_duration(f: &mut fmt::Formatter<'_>, time: Duration) -> fmt::Result {
    let nanos = time.subsec_nanos();
    if time.as_secs() > 0 || nanos == 0 {
        if nanos == 0 {
            return write!(f, "{}s", time.as_secs());
        }
        let fraction = format!("{nanos:09}");
        return write!(f, "{}.{}s", time.as_secs(), fraction.trim_end_matches('0'));
    }
    let below = nanos % 1_000_000;
    if below == 0 {
        return write!(f, "{}ms", time.as_millis());
    }
    let fraction = format!("{below:06}");
    write!(f, "{}.{}ms", time.as_millis(), fraction.trim_end_matches('0'))
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name.text, self.value)
    }
}

impl fmt::Display for ValueKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number { value, hex: true } => write!(f, "{value:#04x}"),
            Self::Number { value, hex: false } => write!(f, "{value}"),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Version(version) => write!(f, "{version}"),
            Self::Text(pieces) => {
                f.write_char('"')?;
                for piece in pieces {
                    match piece {
                        Piece::Plain(text) => write_escaped(f, text)?,
                        Piece::Hole(name, _) => write!(f, "${{{name}}}")?,
                    }
                }
                f.write_char('"')
            }
            Self::Hex(bytes) => write_hex(f, bytes),
            Self::Bytes(length) => write!(f, "bytes({length})"),
            Self::Letters(length) => write!(f, "text({length})"),
            Self::Copies(what, count) => write!(f, "repeat({what}, {count})"),
            Self::List { only, items } => {
                f.write_str(if *only { "only [" } else { "[" })?;
                separated(f, items, ", ")?;
                f.write_char(']')
            }
            Self::Object(fields) => {
                f.write_char('{')?;
                separated(f, fields, " ")?;
                f.write_char('}')
            }
            Self::Member(field) => field.fmt(f),
            Self::Variable(name) => write!(f, "${name}"),
            Self::Capture(name) => write!(f, "?{name}"),
            Self::Any => f.write_char('*'),
            Self::Absent => f.write_str("absent"),
            Self::Range(low, high) => write!(f, "{low}..{high}"),
            Self::OneOf(choices) => separated(f, choices, "|"),
        }
    }
}

fn separated<T: fmt::Display>(f: &mut fmt::Formatter<'_>, all: &[T], between: &str) -> fmt::Result {
    for (i, one) in all.iter().enumerate() {
        if i > 0 {
            f.write_str(between)?;
        }
        one.fmt(f)?;
    }
    Ok(())
}

/// `hex "00 ff"`
pub(super) fn write_hex(f: &mut impl fmt::Write, bytes: &[u8]) -> fmt::Result {
    f.write_str("hex \"")?;
    for (i, byte) in bytes.iter().enumerate() {
        let gap = if i > 0 { " " } else { "" };
        write!(f, "{gap}{byte:02x}")?;
    }
    f.write_char('"')
}

/// Text between double quotes as the parser reads it back.
pub(super) fn write_escaped(f: &mut impl fmt::Write, text: &str) -> fmt::Result {
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            '\0' => f.write_str("\\0")?,
            '$' if characters.peek() == Some(&'{') => f.write_str("\\$")?,
            c if invisible(c) => write!(f, "\\u{{{:x}}}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    Ok(())
}

/// Characters that a reader could not see, or that would turn the line around.
fn invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fdd0}'..='\u{fdef}')
        || (u32::from(c) & 0xfffe) == 0xfffe
}
