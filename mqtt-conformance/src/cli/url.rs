//! Addresses on the command line, which may hold a password: no message shows them.

use std::ffi::OsStr;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Command, Error};
use mqtt_conformance::transport::Address;

/// Reads the address of a broker. In contrast to clap's own parsers, its errors do not repeat what was given.
#[derive(Clone, Copy, Debug)]
pub(super) struct UrlParser;

impl TypedValueParser for UrlParser {
    type Value = Address;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<Address, Error> {
        let url = value.to_str().ok_or_else(|| "it is not UTF-8".to_owned());
        url.and_then(|url| url.parse().map_err(|error| format!("{error}"))).map_err(|what: String| {
            let name = arg.map(ToString::to_string).unwrap_or_default();
            let message = format!("invalid value for '{name}': {what}\n");
            Error::raw(ErrorKind::ValueValidation, message).with_cmd(command)
        })
    }
}

/// A text without what stands between `://` and the last `@` of the same line: user names and passwords in addresses.
pub(super) fn without_logins(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match (line.find("://"), line.rfind('@')) {
            (Some(start), Some(end)) if start < end => {
                out.push_str(line.get(..start + 3).unwrap_or_default());
                out.push_str("...");
                out.push_str(line.get(end..).unwrap_or_default());
            }
            _ => out.push_str(line),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_logins_out() {
        assert_eq!(
            without_logins("no 'mqtt://u:p@ss w@h:1/x' here\nmail me@h\nmqtt://h\n"),
            "no 'mqtt://...@h:1/x' here\nmail me@h\nmqtt://h\n"
        );
    }
}
