//! A gateway: reads packets of MQTT 5.0 from standard input, writes the PUBLISH packets among them to standard output as 3.1.1, and
//! says on standard error what got lost.
//!
//! `printf '\x30\x0a\x00\x03a/b\x02\x01\x01hi' | cargo run -p mqtt-codec --example gateway | xxd`

use mqtt_codec::{DecodeOptions, Decoded, Sender, v5};
use std::io::{self, Read, Write};

/// Converts all of `input`; how many messages there were.
pub(crate) fn convert(input: &[u8], out: &mut impl Write) -> io::Result<usize> {
    let decoder = v5::Decoder::with_options(DecodeOptions::receiving_from(Sender::Client, 1 << 20));
    let (mut rest, mut messages) = (input, 0);
    while let Decoded::Complete { value, consumed } = decoder.decode(rest).map_err(io::Error::other)? {
        rest = &rest[consumed..];
        let v5::Packet::Publish(publish) = value else {
            eprintln!("left out: {value}");
            continue;
        };
        let (converted, lost) = publish.to_v3().map_err(io::Error::other)?;
        converted.write_to(out)?;
        messages += 1;
        if !lost.is_empty() {
            eprintln!("lost: {lost}");
        }
    }
    if rest.is_empty() { Ok(messages) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn main() -> io::Result<()> {
    let mut input = Vec::new();
    io::stdin().read_to_end(&mut input)?;
    convert(&input, &mut io::stdout())?;
    Ok(())
}
