//! The address of a broker: `mqtt://user:password@host:port` and its relatives.

use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use thiserror::Error;

/// How a broker is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "everything that dials must treat every one")]
pub enum Scheme {
    /// `mqtt://`: TCP.
    Mqtt,
    /// `mqtts://`: TLS.
    Mqtts,
    /// `ws://`: WebSocket.
    Ws,
    /// `wss://`: WebSocket over TLS.
    Wss,
    /// `unix:`: a Unix socket.
    Unix,
}

impl Scheme {
    const ALL: [Self; 5] = [Self::Mqtt, Self::Mqtts, Self::Ws, Self::Wss, Self::Unix];

    /// Its name in an address.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mqtt => "mqtt",
            Self::Mqtts => "mqtts",
            Self::Ws => "ws",
            Self::Wss => "wss",
            Self::Unix => "unix",
        }
    }

    /// Whether there is TLS on the way.
    pub const fn is_secure(self) -> bool {
        matches!(self, Self::Mqtts | Self::Wss)
    }

    /// Whether packets travel in WebSocket frames.
    pub const fn is_websocket(self) -> bool {
        matches!(self, Self::Ws | Self::Wss)
    }

    const fn port(self) -> u16 {
        match self {
            Self::Mqtt => 1883,
            Self::Mqtts => 8883,
            Self::Ws => 80,
            Self::Wss => 443,
            Self::Unix => 0,
        }
    }
}

/// Where a broker is, and how to log in.
///
/// ```
/// use mqtt_conformance::transport::Address;
///
/// let address: Address = "wss://me:secret@broker.example/mqtt".parse().unwrap();
/// assert_eq!((address.port, address.path.as_str()), (443, "/mqtt"));
/// assert_eq!(address.to_string(), "wss://broker.example:443/mqtt"); // whoever reads this may see it
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Address {
    /// The transport.
    pub scheme: Scheme,
    /// A name, or an IPv4 or IPv6 address without brackets; empty for a Unix socket.
    pub host: String,
    /// The port; 0 for a Unix socket.
    pub port: u16,
    /// For WebSocket the path with its query, for a Unix socket the file, else empty.
    pub path: String,
    /// The user name, if the address has one.
    pub user_name: Option<String>,
    /// The password, if the address has one.
    pub password: Option<Vec<u8>>,
}

impl Address {
    /// A WebSocket without a socket below it.
    pub(crate) fn websocket(host: &str, path: &str) -> Self {
        let (host, path) = (host.to_owned(), path.to_owned());
        Self { scheme: Scheme::Ws, host, port: 80, path, user_name: None, password: None }
    }
}

impl fmt::Display for Address {
    /// Without user name and password, and without a query, which may hold a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scheme, host, port, path, .. } = self;
        let path = match path.split_once('?') {
            Some((path, _)) if *scheme != Scheme::Unix => &format!("{path}?..."),
            _ => path,
        };
        match scheme {
            Scheme::Unix => write!(f, "unix:{path}"),
            _ if host.contains(':') => write!(f, "{}://[{host}]:{port}{path}", scheme.name()),
            _ => write!(f, "{}://{host}:{port}{path}", scheme.name()),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

/// What is wrong with an address. It says nothing that stands in the address: what is wrongly written may be a password.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
#[non_exhaustive]
pub struct AddressError(String);

impl AddressError {
    /// Adds what is the most likely cause where the authority of an address ended before its `@`.
    fn about(self, url: &str) -> Self {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let cut = rest
            .find(['/', '?', '#'])
            .is_some_and(|end| rest.get(end..).is_some_and(|rest| rest.contains('@')));
        if cut {
            Self(format!("{self}; in a password write %2F for /, %3F for ? and %23 for #"))
        } else {
            self
        }
    }
}

impl From<String> for AddressError {
    fn from(what: String) -> Self {
        Self(what)
    }
}

impl From<&str> for AddressError {
    fn from(what: &str) -> Self {
        Self(what.to_owned())
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(url: &str) -> Result<Self, AddressError> {
        if let Some(path) = url.strip_prefix("unix:") {
            return unix(path);
        }
        let wrong = |error: AddressError| error.about(url);
        let Some((scheme, rest)) = url.split_once("://") else {
            return Err("expected an address such as mqtt://127.0.0.1:1883".into());
        };
        let known = scheme.to_ascii_lowercase();
        let Some(scheme) = Scheme::ALL.into_iter().find(|scheme| scheme.name() == known) else {
            return Err(unknown_scheme(&known).into());
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let path = path_of(scheme, path).map_err(wrong)?;
        // The last one: passwords may hold @ where people forget to write %40.
        let (login, place) = match authority.rsplit_once('@') {
            Some((login, place)) => (Some(login), place),
            None => (None, authority),
        };
        let (user_name, password) = login.map_or(Ok((None, None)), login_of)?;
        let (host, port) = place_of(scheme, place).map_err(wrong)?;
        Ok(Self { scheme, host, port, path, user_name, password })
    }
}

fn unknown_scheme(scheme: &str) -> String {
    match scheme {
        "tcp" => "write mqtt:// instead of tcp://".to_owned(),
        "ssl" | "tls" => format!("write mqtts:// instead of {scheme}://"),
        "http" => "write ws:// instead of http:// for MQTT over WebSocket".to_owned(),
        "https" => "write wss:// instead of https:// for MQTT over WebSocket".to_owned(),
        _ => "the scheme is unknown; expected mqtt://, mqtts://, ws://, wss:// or unix:".to_owned(),
    }
}

fn unix(path: &str) -> Result<Address, AddressError> {
    // Both unix:/run/x and unix:///run/x are usual.
    let path = path.strip_prefix("//").unwrap_or(path);
    let path = String::from_utf8(decode(path)?).map_err(|_| "the path of the socket is not UTF-8")?;
    if path.is_empty() {
        return Err("the path of the socket is missing, as in unix:/run/mosquitto.sock".into());
    }
    let (user_name, password) = (None, None);
    Ok(Address { scheme: Scheme::Unix, host: String::new(), port: 0, path, user_name, password })
}

fn path_of(scheme: Scheme, path: &str) -> Result<String, AddressError> {
    if scheme.is_websocket() {
        if path.contains('#') {
            return Err("a WebSocket address has no fragment: write %23 for # in the path".into());
        }
        return Ok(match path {
            "" => "/".to_owned(),
            query if query.starts_with('?') => format!("/{query}"),
            path => path.to_owned(),
        });
    }
    if matches!(path, "" | "/") {
        Ok(String::new())
    } else {
        Err("a path behind the host means something to WebSocket only: ws:// or wss://".into())
    }
}

type Login = (Option<String>, Option<Vec<u8>>);

fn login_of(login: &str) -> Result<Login, AddressError> {
    let (name, password) = match login.split_once(':') {
        Some((name, password)) => (name, Some(decode(password)?)),
        None => (login, None),
    };
    let name = String::from_utf8(decode(name)?).map_err(|_| "the user name is not UTF-8")?;
    Ok((Some(name), password))
}

fn place_of(scheme: Scheme, place: &str) -> Result<(String, u16), AddressError> {
    let (host, port) = if let Some(rest) = place.strip_prefix('[') {
        let (host, port) = rest.split_once(']').ok_or("the `[` of an IPv6 address has no `]`")?;
        let host = String::from_utf8(decode(host)?).map_err(|_| "the address is not UTF-8")?;
        if !host.contains(':') {
            return Err("what stands in brackets is no IPv6 address".into());
        }
        (host, port.strip_prefix(':').unwrap_or(port))
    } else {
        let (host, port) = place.split_once(':').unwrap_or((place, ""));
        if port.contains(':') {
            return Err(format!("an IPv6 address needs brackets, as in {}://[::1]", scheme.name()).into());
        }
        (host.to_owned(), port)
    };
    if host.is_empty() {
        return Err("the host is missing".into());
    }
    let port = match port {
        "" => scheme.port(),
        digits => match digits.parse() {
            Ok(port) if port != 0 && digits.bytes().all(|b| b.is_ascii_digit()) => port,
            _ => return Err("the port is no number from 1 to 65535".into()),
        },
    };
    Ok((host, port))
}

/// The bytes that a text with `%40` and the like stands for.
fn decode(text: &str) -> Result<Vec<u8>, AddressError> {
    let escapes = || text.split('%').skip(1);
    let whole = |after: &str| after.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    if escapes().all(whole) {
        return Ok(percent_decode_str(text).collect());
    }
    Err("`%` must stand before two hexadecimal digits; write %25 for % itself".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, shown: &str, login: (Option<&str>, Option<&str>)) {
        let address: Address = url.parse().unwrap_or_else(|e| panic!("{url}: {e}"));
        assert_eq!(address.to_string(), shown, "{url}");
        let (user_name, password) = login;
        assert_eq!(address.user_name.as_deref(), user_name, "{url}");
        assert_eq!(address.password.as_deref(), password.map(str::as_bytes), "{url}");
    }

    #[test]
    fn reads_what_people_write() {
        const NOBODY: (Option<&str>, Option<&str>) = (None, None);
        check("mqtt://localhost", "mqtt://localhost:1883", NOBODY);
        check("MQTT://broker.example:8883/", "mqtt://broker.example:8883", NOBODY);
        check("mqtt://127.0.0.1:1", "mqtt://127.0.0.1:1", NOBODY);
        check("mqtt://[::1]", "mqtt://[::1]:1883", NOBODY);
        check("mqtt://[fe80::1%252]:99", "mqtt://[fe80::1%2]:99", NOBODY);
        check("mqtts://broker.example", "mqtts://broker.example:8883", NOBODY);
        check("ws://h", "ws://h:80/", NOBODY);
        check("wss://[::1]/a/b?c=d", "wss://[::1]:443/a/b?...", NOBODY);
        check("ws://h:8080?token=1", "ws://h:8080/?...", NOBODY);
        check("unix:/run/m.sock", "unix:/run/m.sock", NOBODY);
        check("unix:///run/a%20b", "unix:/run/a b", NOBODY);
        check("mqtt://u:p%40ss@h", "mqtt://h:1883", (Some("u"), Some("p@ss")));
        check("mqtts://u:p@ss@[::1]:7", "mqtts://[::1]:7", (Some("u"), Some("p@ss")));
        check("wss://u@h/m", "wss://h:443/m", (Some("u"), None));
        check("mqtt://u:@h", "mqtt://h:1883", (Some("u"), Some("")));
    }

    #[test]
    fn debug_keeps_the_password_to_itself() {
        let address: Address = "mqtt://me:secret@h".parse().unwrap();
        assert_eq!(format!("{address:?}"), "Address(mqtt://h:1883)");
    }

    #[test]
    fn an_error_holds_nothing_of_the_address() {
        for url in [
            "mqtt://u:hush@h:x",
            "mqtt://u:hu/sh@h",
            "mqtt://u:hu:sh/x@h",
            "mqtt://u:hush%zz@h",
            "mqtt://u:hush@h/path",
            "mqtt://u:hush@[h",
            "mqtt://u:hush@[hush]",
            "mqtt://u:hush@::1",
            "u:hush://h",
            "ws://u:hush@h/hush#x",
            "u:hush@h",
        ] {
            let error = url.parse::<Address>().unwrap_err().to_string();
            for part in ["hush", "hu:", "sh@", "/sh"] {
                assert!(!error.contains(part), "{url}: {error}");
            }
        }
        let cut = "mqtt://u:hu/sh@h".parse::<Address>().unwrap_err().to_string();
        assert!(cut.contains("write %2F"), "{cut}");
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
            "mqtts://h?x",
            "ws://h/#x",
            "wss:///mqtt",
            "unix:",
            "unix://",
            "unix:/%zz",
            "http://h",
            "tcp://h",
            "mqtt://u:%4@h",
            "mqtt://u:%zz@h",
        ] {
            assert!(url.parse::<Address>().is_err(), "{url}");
        }
    }
}
