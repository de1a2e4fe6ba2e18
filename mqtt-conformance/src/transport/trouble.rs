//! What goes wrong on the way to a broker, in words for people.

use std::io;

use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error as TlsError};
use thiserror::Error;
use tokio_tungstenite::tungstenite::error::{Error as WsError, ProtocolError};
use tokio_tungstenite::tungstenite::http::StatusCode;

/// Why TLS or WebSocket did not come about. Comes inside an [`io::Error`]; see [`Trouble::of`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Trouble {
    /// Nobody we trust signed the certificate.
    #[error("the broker's certificate is not signed by an authority that we trust")]
    UnknownAuthority,
    /// The certificate is another host's.
    #[error("the broker's certificate is not for {wanted}{}", list(found))]
    WrongName {
        /// Whom we asked for.
        wanted: String,
        /// Whom the certificate names.
        found: Vec<String>,
    },
    /// The certificate is too old.
    #[error("the broker's certificate has expired{}", ago(*days))]
    Expired {
        /// How many days ago, if known.
        days: Option<u64>,
    },
    /// The certificate is too young.
    #[error("the broker's certificate is not valid yet")]
    NotYetValid,
    /// The certificate is wrong in another way.
    #[error("the broker's certificate cannot be accepted: {0}")]
    Certificate(String),
    /// The broker wants a certificate from us.
    #[error("the broker wants a client certificate")]
    CertificateWanted,
    /// The broker does not accept our certificate.
    #[error("the broker does not accept our client certificate: {0}")]
    CertificateRefused(String),
    /// TLS failed in another way.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// What answers does not speak TLS.
    #[error("what answers does not speak TLS")]
    NotTls,
    /// The connection was closed during the handshake of TLS.
    #[error("the other side closed the connection during the TLS handshake")]
    ClosedInTls,
    /// HTTP, but no WebSocket.
    #[error("no WebSocket: the answer is HTTP {0}, expected 101 Switching Protocols")]
    Http(String),
    /// What answers does not speak HTTP.
    #[error("no WebSocket: what answers does not speak HTTP ({0})")]
    NotHttp(String),
    /// The connection was closed during the handshake of WebSocket.
    #[error("the other side closed the connection during the WebSocket handshake")]
    ClosedInWebSocket,
}

/// How the other side broke what MQTT says about WebSocket.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{how}")]
pub(crate) struct Misframed {
    how: String,
}

impl Misframed {
    pub(super) fn new(how: impl Into<String>) -> Self {
        Self { how: how.into() }
    }

    /// What an error says about it, if it is one.
    pub(crate) fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

impl From<Misframed> for io::Error {
    fn from(error: Misframed) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

/// More than this tool takes from the other side: a limit of the tool, and no mistake of the other side.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{what}, and no more than {limit} bytes are taken")]
pub(crate) struct Oversized {
    what: String,
    limit: usize,
}

impl Oversized {
    pub(crate) const fn new(what: String, limit: usize) -> Self {
        Self { what, limit }
    }

    /// What an error says about it, if it is one.
    pub(crate) fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

impl From<Oversized> for io::Error {
    fn from(error: Oversized) -> Self {
        Self::other(error)
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!(" but for {}", names.join(", ")) }
}

fn ago(days: Option<u64>) -> String {
    match days {
        None => String::new(),
        Some(0) => " today".to_owned(),
        Some(1) => " yesterday".to_owned(),
        Some(days) => format!(" {days} days ago"),
    }
}

impl Trouble {
    /// The trouble that an error carries.
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }

    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::UnknownAuthority => {
                "name its authority by --ca FILE, or trust whoever answers by --insecure"
            }
            Self::WrongName { .. } => {
                "connect by a name that the certificate has, or give that name by --server-name"
            }
            Self::Expired { .. } | Self::NotYetValid => {
                "renew it, or see whether the clock of this machine is right"
            }
            Self::Certificate(_) => {
                "the certificate has to be an end entity's, signed by the authority of --ca"
            }
            Self::CertificateWanted => "give one by --cert FILE and --key FILE",
            Self::CertificateRefused(_) => {
                "is it signed by the authority that the broker trusts, and still valid?"
            }
            Self::Tls(_) => {
                "do both sides have a TLS version and a cipher suite in common? expected TLS 1.2 or 1.3"
            }
            Self::NotTls | Self::ClosedInTls => {
                "does this port speak TLS? mqtts:// and wss:// need it, mqtt:// and ws:// do not"
            }
            Self::Http(_) => "is the path of the address right? Brokers often have it at /mqtt or /ws",
            Self::NotHttp(_) | Self::ClosedInWebSocket => {
                "does this port speak WebSocket? ws:// and wss:// need it, mqtt:// and mqtts:// do not"
            }
        }
    }

    /// An error of reading, with TLS's words replaced by ours.
    pub(super) fn explain(error: io::Error) -> io::Error {
        let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>()) else {
            return error;
        };
        let kind = error.kind();
        io::Error::new(kind, Self::from(tls))
    }

    /// An error of the TLS handshake.
    pub(super) fn explain_handshake(error: io::Error) -> io::Error {
        match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
                io::Error::new(error.kind(), Self::ClosedInTls)
            }
            _ => Self::explain(error),
        }
    }

    /// An error of the WebSocket handshake.
    pub(super) fn explain_websocket(error: WsError) -> io::Error {
        let trouble = match error {
            WsError::Io(error) => match error.kind() {
                io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => Self::ClosedInWebSocket,
                _ => return error,
            },
            WsError::Protocol(ProtocolError::HandshakeIncomplete) | WsError::ConnectionClosed => {
                Self::ClosedInWebSocket
            }
            WsError::Http(response) => Self::Http(status(response.status())),
            WsError::Protocol(ProtocolError::SecWebSocketSubProtocolError(_)) => {
                let how = "the answer to the WebSocket handshake does not choose the sub-protocol `mqtt`";
                return Misframed::new(how).into();
            }
            other => Self::NotHttp(other.to_string()),
        };
        io::Error::other(trouble)
    }
}

fn status(status: StatusCode) -> String {
    status.to_string()
}

fn days(from: UnixTime, to: UnixTime) -> u64 {
    to.as_secs().saturating_sub(from.as_secs()) / 86400
}

impl From<&TlsError> for Trouble {
    fn from(error: &TlsError) -> Self {
        match error {
            TlsError::InvalidCertificate(error) => Self::from(error),
            TlsError::InvalidMessage(_) => Self::NotTls,
            TlsError::AlertReceived(alert) => match alert {
                AlertDescription::CertificateRequired => Self::CertificateWanted,
                AlertDescription::UnknownCA
                | AlertDescription::BadCertificate
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateUnknown
                | AlertDescription::UnsupportedCertificate => Self::CertificateRefused(format!("{alert:?}")),
                other => Self::Tls(format!("the broker says {other:?}")),
            },
            other => Self::Tls(other.to_string()),
        }
    }
}

impl From<&CertificateError> for Trouble {
    fn from(error: &CertificateError) -> Self {
        match error {
            CertificateError::UnknownIssuer => Self::UnknownAuthority,
            CertificateError::NotValidForName => {
                Self::WrongName { wanted: "this name".to_owned(), found: Vec::new() }
            }
            CertificateError::NotValidForNameContext { expected, presented } => Self::WrongName {
                wanted: expected.to_str().into_owned(),
                found: presented.iter().map(|name| plain_name(name)).collect(),
            },
            CertificateError::Expired => Self::Expired { days: None },
            CertificateError::ExpiredContext { time, not_after } => {
                Self::Expired { days: Some(days(*not_after, *time)) }
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::NotYetValid,
            other => Self::Certificate(other.to_string()),
        }
    }
}

/// The name itself, of `DnsName("host")`.
fn plain_name(debug: &str) -> String {
    let name = debug.split_once('(').map_or(debug, |(_, rest)| rest);
    name.trim_end_matches(')').trim_matches('"').to_owned()
}
