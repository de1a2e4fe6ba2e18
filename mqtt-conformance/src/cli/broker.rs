//! The address of a broker: `mqtt://user:password@host:port`.

use std::fmt;

/// Where a broker is, and how to log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// `host:port`, an IPv6 address in brackets.
    pub(super) socket: String,
    pub(super) user_name: Option<String>,
    pub(super) password: Option<Vec<u8>>,
}

impl fmt::Display for Address {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mqtt://{}", self.socket)
    }
}

const PORT: u16 = 1883;

/// Reads an address; the error says what is wrong with it.
pub(super) fn parse(url: &str) -> Result<Address, String> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Err(if url.starts_with("unix:") {
            "unix: is not supported yet, only mqtt://".to_owned()
        } else {
            "expected an address such as mqtt://127.0.0.1:1883".to_owned()
        });
    };
    match scheme.to_ascii_lowercase().as_str() {
        "mqtt" => {}
        known @ ("mqtts" | "ws" | "wss") => {
            return Err(format!("{known}:// is not supported yet, only mqtt://"));
        }
        "tcp" => return Err("write mqtt:// instead of tcp://".to_owned()),
        other => return Err(format!("{other}:// is unknown; expected mqtt://")),
    }
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if !matches!(path, "" | "/") {
        return Err(format!("`{path}` behind the host means nothing to MQTT over TCP"));
    }
    // The last one: passwords may hold @ where people forget to write %40.
    let (login, place) = match authority.rsplit_once('@') {
        Some((login, place)) => (Some(login), place),
        None => (None, authority),
    };
    let (user_name, password) = match login.map(|login| login.split_once(':').unwrap_or((login, ""))) {
        None => (None, None),
        Some((name, password)) => {
            let given = login.is_some_and(|login| login.contains(':'));
            let name =
                String::from_utf8(decode(name)?).map_err(|_| "the user name is not UTF-8".to_owned())?;
            (Some(name), if given { Some(decode(password)?) } else { None })
        }
    };
    let (host, port) = if let Some(rest) = place.strip_prefix('[') {
        let (host, port) = rest.split_once(']').ok_or("the `[` of an IPv6 address has no `]`")?;
        let host = String::from_utf8(decode(host)?).map_err(|_| "the address is not UTF-8".to_owned())?;
        if !host.contains(':') {
            return Err(format!("`[{host}]` is no IPv6 address"));
        }
        (format!("[{host}]"), port.strip_prefix(':').unwrap_or(port))
    } else {
        let (host, port) = place.split_once(':').unwrap_or((place, ""));
        if port.contains(':') {
            return Err(format!("an IPv6 address needs brackets: mqtt://[{place}]"));
        }
        (host.to_owned(), port)
    };
    if host.is_empty() {
        return Err("the host is missing".to_owned());
    }
    let port = match port {
        "" => PORT,
        digits => match digits.parse() {
            Ok(port) if port != 0 && digits.bytes().all(|b| b.is_ascii_digit()) => port,
            _ => return Err(format!("`{digits}` is no port: expected 1 to 65535")),
        },
    };
    Ok(Address { socket: format!("{host}:{port}"), user_name, password })
}

/// Takes `%40` and the like apart.
fn decode(text: &str) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let mut digit = || bytes.next().and_then(|b| char::from(b).to_digit(16));
        match (digit(), digit()) {
            // Two digits are at most 255.
            (Some(high), Some(low)) => out.push(u8::try_from(high * 16 + low).unwrap_or_default()),
            _ => {
                return Err("`%` must stand before two hexadecimal digits; write %25 for % itself".to_owned());
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, socket: &str, user_name: Option<&str>, password: Option<&str>) {
        let address = Address {
            socket: socket.to_owned(),
            user_name: user_name.map(str::to_owned),
            password: password.map(|password| password.as_bytes().to_vec()),
        };
        assert_eq!(parse(url), Ok(address), "{url}");
    }

    #[test]
    fn reads_what_people_write() {
        check("mqtt://localhost", "localhost:1883", None, None);
        check("MQTT://broker.example:8883/", "broker.example:8883", None, None);
        check("mqtt://127.0.0.1:1", "127.0.0.1:1", None, None);
        check("mqtt://[::1]", "[::1]:1883", None, None);
        check("mqtt://[fe80::1%252]:99", "[fe80::1%2]:99", None, None);
        check("mqtt://u:p%40ss@h", "h:1883", Some("u"), Some("p@ss"));
        check("mqtt://u:p@ss@[::1]:7", "[::1]:7", Some("u"), Some("p@ss"));
        check("mqtt://u@h", "h:1883", Some("u"), None);
        check("mqtt://u:@h", "h:1883", Some("u"), Some(""));
    }

    #[test]
    fn refuses_the_rest() {
        for url in [
            "",
            "localhost",
            "localhost:1883",
            "mqtt://",
            "mqtt://:1883",
            "mqtt://h:0",
            "mqtt://h:65536",
            "mqtt://h:+1",
            "mqtt://h:x",
            "mqtt://::1",
            "mqtt://[::1",
            "mqtt://[h]",
            "mqtt://h/path",
            "mqtt://h?x",
            "mqtts://h",
            "ws://h",
            "unix:/x",
            "http://h",
            "tcp://h",
            "mqtt://u:%4@h",
            "mqtt://u:%zz@h",
        ] {
            assert!(parse(url).is_err(), "{url}");
        }
    }
}
