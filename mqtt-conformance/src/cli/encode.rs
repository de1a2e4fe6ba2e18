//! `encode`: JSON to bytes.

use std::io::{self, IsTerminal, Read, Write};

use mqtt_codec::Version;
use mqtt_conformance::tree::from_tree;
use serde_json::Value;

use super::output::{CommandError, Exit, error, hint, to_stdout};
use super::{hex, version};

/// Turns packets in JSON into bytes, one line of hexadecimal digits each.
///
/// The packets are objects in the form that `decode` prints, one after the other or in an array. Members with a default
/// may be left out.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The packets; without any, they are read from stdin
    json: Vec<String>,
    /// The version that the packets speak: 3.1, 3.1.1 or 5.0
    #[arg(long, value_parser = version, value_name = "VERSION")]
    version: Version,
    /// Print the bytes themselves
    #[arg(long)]
    raw: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit, CommandError> {
    let sources = if args.json.is_empty() { vec![read_stdin()?] } else { args.json.clone() };
    to_stdout(|out| {
        let mut exit = Exit::Fine;
        let mut count = 0;
        for source in &sources {
            for value in serde_json::Deserializer::from_str(source).into_iter::<Value>() {
                let value =
                    value.map_err(|e| CommandError::usage(format_args!("broken JSON: {e}")).hint(FORM))?;
                let packets = match value {
                    Value::Array(packets) => packets,
                    packet => vec![packet],
                };
                for packet in packets {
                    count += 1;
                    if !encode(&packet, count, args, out)? {
                        exit = Exit::Failed;
                    }
                }
            }
        }
        if count == 0 { Err(CommandError::usage("no packet to encode").hint(FORM)) } else { Ok(exit) }
    })
}

const FORM: &str =
    "a packet is an object such as {\"type\": \"publish\", \"topic\": \"a/b\", \"payload\": \"hi\"}";

/// Whether the packet could be encoded.
fn encode(packet: &Value, number: usize, args: &Args, out: &mut dyn Write) -> Result<bool, CommandError> {
    let mut bytes = Vec::new();
    let refused = match from_tree(packet, args.version) {
        Ok(packet) => packet.encode_to(&mut bytes).err().map(|e| e.to_string()),
        Err(e) => Some(e.to_string()),
    };
    if let Some(message) = refused {
        out.flush()?;
        let kind = packet.get("type").and_then(Value::as_str).unwrap_or("packet");
        error(format_args!("packet {number} ({kind}, MQTT {}): {message}", args.version));
        return Ok(false);
    }
    if args.raw {
        out.write_all(&bytes)?;
    } else {
        writeln!(out, "{}", hex::print(&bytes))?;
    }
    Ok(true)
}

fn read_stdin() -> Result<String, CommandError> {
    let mut stdin = io::stdin().lock();
    if stdin.is_terminal() {
        hint("type or paste packets in JSON, and end with Ctrl-D");
    }
    let mut input = Vec::new();
    stdin.read_to_end(&mut input)?;
    String::from_utf8(input).map_err(|e| CommandError::usage(format_args!("broken JSON: {e}")).hint(FORM))
}
