//! Explains packets: hexadecimal digits in, one line for each packet out. It has no sockets and no clock, so it runs as WebAssembly.
//!
//! `cargo build -p mqtt-codec --example wasm --target wasm32-wasip1`, or as a program:
//! `cargo run -p mqtt-codec --example wasm -- 5.0 30080003612f62006869`

use mqtt_codec::{AnyDecoder, Decoded, Version};
use std::error::Error;

/// One line for each packet in these hexadecimal digits.
pub(crate) fn explain(version: &str, digits: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let version = Version::ALL.into_iter().find(|v| v.to_string() == version).ok_or("3.1, 3.1.1 or 5.0")?;
    if !digits.is_ascii() || !digits.len().is_multiple_of(2) {
        return Err("two hexadecimal digits for each byte".into());
    }
    let bytes = (0..digits.len() / 2)
        .map(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16))
        .collect::<Result<Vec<u8>, _>>()?;
    let (decoder, mut rest, mut lines) = (AnyDecoder::new(version), &bytes[..], Vec::new());
    while !rest.is_empty() {
        match decoder.decode(rest)? {
            Decoded::Complete { value, consumed } => {
                lines.push(value.to_string());
                rest = &rest[consumed..];
            }
            Decoded::Incomplete { needed } => return Err(format!("at least {needed} more bytes").into()),
        }
    }
    Ok(lines)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(version), Some(digits)) = (args.next(), args.next()) else {
        return Err("usage: wasm VERSION HEX".into());
    };
    for line in explain(&version, &digits)? {
        println!("{line}");
    }
    Ok(())
}
