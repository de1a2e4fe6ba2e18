//! `decode`: bytes to JSON.

use std::io::{self, IsTerminal, Read, Write};

use clap::ValueEnum;
use mqtt_codec::v5::ReasonCode;
use mqtt_codec::{AnyDecoder, DecodeError, DecodeOptions, Decoded, Frame, PacketType, Sender, Version};
use mqtt_conformance::tree::to_tree;

use super::output::{CYAN, CommandError, Exit, RESET, error, hint, say, to_stdout};
use super::{hex, version};

/// Shows packets as JSON, one per line.
///
/// The bytes are given as hexadecimal digits, as arguments or on stdin; blanks, colons, commas and `0x` between them
/// don't matter. Bytes on stdin that are no hexadecimal digits are taken as they are.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The bytes in hexadecimal digits; without any, they are read from stdin
    hex: Vec<String>,
    /// The version that the packets speak: 3.1, 3.1.1 or 5.0. Not needed if the first is a CONNECT
    #[arg(long, value_parser = version, value_name = "VERSION")]
    version: Option<Version>,
    /// Who sent the packets; packets that this side doesn't send are refused
    #[arg(long, value_name = "SIDE")]
    from: Option<Side>,
    /// Take stdin as bytes, even if it looks like hexadecimal digits
    #[arg(long, conflicts_with = "hex")]
    raw: bool,
    /// Print each packet on several lines
    #[arg(long)]
    pretty: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Side {
    /// The client
    Client,
    /// The server, also called broker
    Server,
}

pub(super) fn run(args: &Args) -> Result<Exit, CommandError> {
    let input = read_input(args)?;
    if input.is_empty() {
        return Err(CommandError::usage("no bytes to decode")
            .hint("give hexadecimal digits, such as `mqtt-conformance decode --version 5.0 c000`"));
    }
    let version = match args.version {
        Some(version) => version,
        None => match detect(&input)? {
            Some(version) => version,
            None => return Ok(Exit::Failed),
        },
    };
    let options = match args.from {
        None => DecodeOptions::new(),
        Some(Side::Client) => DecodeOptions::new().sender(Sender::Client),
        Some(Side::Server) => DecodeOptions::new().sender(Sender::Server),
    };
    let decoder = AnyDecoder::with_options(version, options);
    to_stdout(|out| decode(decoder, &input, args.pretty, out))
}

fn decode(
    decoder: AnyDecoder,
    input: &[u8],
    pretty: bool,
    out: &mut dyn Write,
) -> Result<Exit, CommandError> {
    let mut rest = input;
    while !rest.is_empty() {
        let start = input.len() - rest.len();
        match decoder.decode(rest) {
            Ok(Decoded::Complete { value, consumed }) => {
                let tree = to_tree(&value);
                if pretty {
                    writeln!(out, "{tree:#}")?;
                } else {
                    writeln!(out, "{tree}")?;
                }
                rest = rest.split_at_checked(consumed).unwrap_or_default().1;
            }
            Ok(Decoded::Incomplete { needed }) => {
                out.flush()?;
                incomplete(rest, start, needed);
                return Ok(Exit::Failed);
            }
            Err(malformed) => {
                out.flush()?;
                refused(&malformed, rest, start);
                return Ok(Exit::Failed);
            }
        }
    }
    Ok(Exit::Fine)
}

/// The version that a CONNECT at the front asks for; `None` after saying why there is none.
fn detect(input: &[u8]) -> Result<Option<Version>, CommandError> {
    if input.first().copied().and_then(PacketType::from_first_byte) != Some(PacketType::Connect) {
        return Err(CommandError::usage("the first packet is no CONNECT, so its version is unknown")
            .hint("add --version 3.1, --version 3.1.1 or --version 5.0"));
    }
    match Version::detect(input) {
        Ok(Decoded::Complete { value, .. }) => return Ok(Some(value)),
        Ok(Decoded::Incomplete { needed }) => {
            // Detection wants less than the whole packet, whose length may be known already.
            let whole = match Frame::take(input, Version::V5, u32::MAX) {
                Ok(Decoded::Incomplete { needed }) => needed,
                _ => needed,
            };
            incomplete(input, 0, needed.max(whole));
        }
        Err(malformed) => refused(&malformed, input, 0),
    }
    Ok(None)
}

fn incomplete(rest: &[u8], start: usize, needed: usize) {
    let name = rest.first().copied().and_then(PacketType::from_first_byte).map_or("packet", PacketType::name);
    let have = rest.len();
    error(format_args!(
        "incomplete {name}{}: {have} {} there, at least {needed} more needed",
        place(start),
        if have == 1 { "byte is" } else { "bytes are" },
    ));
}

fn refused(malformed: &DecodeError, rest: &[u8], start: usize) {
    error(format_args!("{malformed}"));
    if start > 0 {
        say(format_args!("  in the packet{}, which begins:", place(start)));
    }
    for line in hex::marked(rest, malformed.offset()).lines() {
        say(format_args!("  {line}"));
    }
    if let Some(code) = malformed.reason_code() {
        let name = mqtt_codec::v5::DisconnectReason::from_u8(code)
            .map(ReasonCode::name)
            .or_else(|| mqtt_codec::v5::ConnAckReason::from_u8(code).map(ReasonCode::name));
        say(format_args!("  {CYAN}answer:{RESET} reason code {code:#04x}, {}", name.unwrap_or_default()));
    } else if let Some(code) = malformed.return_code() {
        say(format_args!("  {CYAN}answer:{RESET} CONNACK with return code {}", code.get()));
    }
}

fn place(start: usize) -> String {
    if start == 0 { String::new() } else { format!(" at byte {start} of the input") }
}

fn read_input(args: &Args) -> Result<Vec<u8>, CommandError> {
    if !args.hex.is_empty() {
        return hex::parse(&args.hex.join(" ")).map_err(CommandError::usage);
    }
    let mut stdin = io::stdin().lock();
    if stdin.is_terminal() {
        hint("type or paste hexadecimal digits, and end with Ctrl-D");
    }
    let mut input = Vec::new();
    stdin.read_to_end(&mut input)?;
    if args.raw {
        return Ok(input);
    }
    match str::from_utf8(&input) {
        Ok(text) => match hex::parse(text) {
            Ok(bytes) => Ok(bytes),
            // Packets hold lengths below 32, which text does not.
            Err(_) if text.chars().any(|c| c.is_control() && !c.is_whitespace()) => Ok(input),
            Err(not_hex) => Err(CommandError::usage(format_args!("stdin is text, but {not_hex}"))
                .hint("use --raw if these are the bytes themselves")),
        },
        Err(_) => Ok(input),
    }
}
