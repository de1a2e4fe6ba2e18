//! `explain`: a statement, a script, a rule or a liberty, with everything that has to do with it.

use std::fmt::Write as _;

use mqtt_codec::Version;
use mqtt_conformance::script::Test;
use mqtt_conformance::server::{Liberties, Rules};
use mqtt_conformance::statements::{Statement, Testable, reason_not_tested, statement};
use mqtt_conformance::suite::Places;
use mqtt_conformance::suite::index::{self, Entry};

use super::output::{CommandError, Exit, to_stdout};
use super::scripts::Paths;

/// Explains a statement, a script, or a rule or liberty of the reference broker.
///
/// Of a statement: what it says and where, which scripts test it, which mutants break it, which liberties rest on it, which lines of the reference broker and
/// of the codec obey it, and which vectors name it. Where there is none, it says why.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A statement (`MQTT-4.3.3-2`, or `5.0/MQTT-4.3.3-10` for one version), a test or script, or a rule or liberty
    #[arg(value_name = "ID")]
    id: String,
    /// Name every script, line and vector, not only the first ones
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    paths: Paths,
}

/// So many of a kind are shown without `--all`.
const SHOWN: usize = 8;

pub(super) fn run(args: &Args) -> Result<Exit, CommandError> {
    let places = args.paths.places();
    let own =
        if places.paths.is_empty() && places.vectors.is_empty() { Vec::new() } else { places.tests()? };
    let most = if args.all { usize::MAX } else { SHOWN };
    let text = [
        of_statements(&args.id, &own, most),
        of_script(&args.id, &own)?,
        of_rule(&args.id),
        of_liberty(&args.id),
    ]
    .concat();
    if text.is_empty() {
        let error = CommandError::usage(format_args!("nothing is known as {}", args.id));
        return Err(match index::closest_id(&args.id) {
            Some(near) => error.hint(format_args!("did you mean {near}?")),
            None => error.hint("`list` shows the tests, `coverage` the statements, `mutants` the rules"),
        });
    }
    to_stdout(|out| {
        write!(out, "{text}")?;
        Ok(Exit::Fine)
    })
}

/// Whom a statement binds, in words.
fn binds(who: &str) -> &'static str {
    match who {
        "server" => "binds the server",
        "client" => "binds the client",
        "both" => "binds client and server",
        _ => "binds whoever sends",
    }
}

fn of_statements(id: &str, own: &[Test], most: usize) -> String {
    let (wanted, id) = match id.split_once('/') {
        Some((version, id)) => (version.parse::<Version>().ok(), id),
        None => (None, id),
    };
    let mut text = String::new();
    for version in Version::ALL.into_iter().filter(|version| wanted.is_none_or(|wanted| wanted == *version)) {
        if let Some(statement) = statement(version, id) {
            text += &of_statement(version, statement, own, most);
            text.push('\n');
        }
    }
    text
}

fn of_statement(version: Version, statement: &'static Statement, own: &[Test], most: usize) -> String {
    let Statement { id, section, who, summary, testable, why, .. } = statement;
    let qualified = format!("{version}/{id}");
    let mut text = format!("{qualified}  section {section}, {}\n  {summary}\n", binds(who));
    let seen = match testable {
        Testable::Yes => "can be tested from outside",
        Testable::Partly => "can partly be tested from outside",
        Testable::No => "cannot be tested from outside",
    };
    let _ = writeln!(text, "  {seen}: {why}");

    let mut scripts: Vec<String> = index::scripts(&qualified)
        .iter()
        .map(|entry| format!("{version}/{}  {}:{}", entry.text, entry.file, entry.line))
        .collect();
    for test in own.iter().filter(|test| test.version == version && test.covers.contains(id)) {
        let line = format!("{}  {}", test.id.split('[').next().unwrap_or(&test.id), test.file);
        if !scripts.contains(&line) {
            scripts.push(line);
        }
    }
    let reason = reason_not_tested(version, statement);
    list(&mut text, "tested by", &scripts, most, reason.unwrap_or("no reason is written down"));

    let rules: Vec<String> = Rules::ALL
        .iter()
        .filter(|rule| rule.statements.contains(&qualified.as_str()))
        .map(|rule| format!("{}  {}", place(rule.name), rule.about.trim()))
        .collect();
    let none = match who.as_str() {
        "client" => "it binds the client, and the mutants are brokers",
        _ if scripts.is_empty() => "no script tests it, so no mutant has to show that a script can fail",
        _ => "the faults on the wire break it (`mutants` lists them), no rule of the broker does",
    };
    list(&mut text, "broken by the mutants of", &rules, most, none);

    let liberties: Vec<String> = Liberties::ALL
        .iter()
        .filter(|liberty| liberty.statements.contains(&qualified.as_str()))
        .map(|liberty| format!("{}  {}", place(liberty.name), liberty.about.trim()))
        .collect();
    if !liberties.is_empty() {
        list(&mut text, "left free by it", &liberties, most, "");
    }

    let lines = |entries: &[&Entry]| -> Vec<String> {
        entries.iter().map(|entry| format!("{}:{}  {}", entry.file, entry.line, entry.text)).collect()
    };
    let none = match who.as_str() {
        "client" => "it binds the client",
        "encoding" | "both" => "the codec has the rules about the form of packets",
        _ => "no line cites it",
    };
    list(&mut text, "obeyed in the reference broker", &lines(&index::broker(&qualified)), most, none);
    let (entries, none) = match index::codec(&qualified) {
        None => (Vec::new(), "the code of the codec was not at hand when this tool was built"),
        Some(entries) if who == "server" || who == "client" => {
            (entries, "it is about what an end does, not about the form of a packet")
        }
        Some(entries) => (entries, "no line cites it"),
    };
    list(&mut text, "obeyed in the codec", &lines(&entries), most, none);
    let vectors: Vec<String> = index::vectors(&qualified)
        .iter()
        .map(|entry| format!("{}  {}:{}", entry.text, entry.file, entry.line))
        .collect();
    list(
        &mut text,
        "vectors",
        &vectors,
        most,
        "a vector is the bytes of packets, and no packet alone breaks this statement",
    );
    text
}

/// The name of a rule or a liberty, with its line.
fn place(name: &str) -> String {
    index::rule(name)
        .or_else(|| index::liberty(name))
        .map_or_else(|| name.to_owned(), |entry| format!("{name}  {}:{}", entry.file, entry.line))
}

fn list(text: &mut String, what: &str, lines: &[String], most: usize, none: &str) {
    if lines.is_empty() {
        let _ = writeln!(text, "  {what}: none; {none}");
        return;
    }
    let _ = writeln!(text, "  {what}:");
    for line in lines.iter().take(most) {
        let _ = writeln!(text, "    {line}");
    }
    if lines.len() > most {
        let _ = writeln!(text, "    and {} more: --all shows them", lines.len() - most);
    }
}

fn of_script(id: &str, own: &[Test]) -> Result<String, CommandError> {
    let of = |test: &&Test| test.id == id || test.id.split('[').next() == Some(id);
    let built_in = if own.iter().any(|test| of(&test)) { Vec::new() } else { Places::tests_of(id)? };
    let mut of_script = own.iter().chain(&built_in).filter(of);
    let Some(test) = of_script.next() else { return Ok(String::new()) };
    let mut text = format!("{}  {}\n  {}\n", id, test.file, test.description.replace('\n', "\n  "));
    let more = of_script.count();
    if more > 0 {
        let _ = writeln!(text, "  {} tests", more + 1);
    }
    let _ = writeln!(text, "  level {}", test.level);
    for id in &test.covers {
        let summary = statement(test.version, id).map_or("", |statement| &statement.summary);
        let _ = writeln!(text, "  tests {}/{id}: {summary}", test.version);
    }
    for need in &test.needs {
        let _ = writeln!(text, "  needs {need}");
    }
    text += "\n";
    for (number, line) in test.source.lines().enumerate() {
        let _ = writeln!(text, "{:4}  {line}", number + 1);
    }
    Ok(text)
}

fn of_rule(name: &str) -> String {
    let Some(rule) = Rules::find(name) else { return String::new() };
    let mut text = format!("{}  a rule of the reference broker\n  {}\n", place(name), rule.about.trim());
    for qualified in rule.statements {
        let found = qualified.split_once('/').and_then(|(version, id)| statement(version.parse().ok()?, id));
        let _ =
            writeln!(text, "  demanded by {qualified}: {}", found.map_or("", |statement| &statement.summary));
    }
    text
}

fn of_liberty(name: &str) -> String {
    let Some(liberty) = Liberties::find(name) else { return String::new() };
    let mut text =
        format!("{}  a liberty of the reference broker\n  {}\n", place(name), liberty.about.trim());
    for clause in liberty.statements {
        let found = clause.split_once('/').and_then(|(version, id)| statement(version.parse().ok()?, id));
        let summary = found.map_or_else(String::new, |statement| format!(": {}", statement.summary));
        let _ = writeln!(text, "  left free by {clause}{summary}");
    }
    text
}
