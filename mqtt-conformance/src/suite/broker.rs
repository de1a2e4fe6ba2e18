//! The broker under test, as a Rust test names it.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use mqtt_codec::TopicName;
use tokio::io::{AsyncRead, AsyncWrite, join, split};

use super::Error;
use crate::config::Config;
use crate::server::serve::Server;
use crate::server::{Limits, Rules};
use crate::transport::{Address, Connector, Dialer, Meter, Stream, TextSwitch, TlsOptions};

type Opening = Pin<Box<dyn Future<Output = io::Result<Stream>> + Send>>;

/// The broker under test: how to reach it, and how to log in.
///
/// ```
/// use mqtt_conformance::Broker;
///
/// // By address.
/// let broker = Broker::at("mqtt://127.0.0.1:1883")?;
///
/// // In the same process: whatever opens a connection, here a pipe in memory.
/// let broker = Broker::in_process("my broker", || async {
///     let (client, server) = tokio::io::duplex(64 * 1024);
///     tokio::spawn(async move { /* serve(server).await */ drop(server) });
///     Ok(client)
/// });
/// # Ok::<(), mqtt_conformance::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Broker {
    name: String,
    reach: Reach,
    user_name: Option<String>,
    password: Option<Vec<u8>>,
    topic_prefix: String,
    client_id_prefix: String,
}

impl Broker {
    /// The broker at an address: `mqtt://[user[:password]@]host[:port]`, or `mqtts://`, `ws://…/path`, `wss://…/path`,
    /// `unix:/path`. TLS trusts the authorities that the system trusts.
    ///
    /// # Errors
    ///
    /// When the address cannot be read.
    pub fn at(address: &str) -> Result<Self, Error> {
        let address: Address = address.parse().map_err(Error::new)?;
        let login = (address.user_name.clone(), address.password.clone());
        let dialer = Dialer::new(address, &TlsOptions::default()).map_err(Error::new)?;
        let broker = Self::new(dialer.address().to_string(), Reach::Address(dialer));
        Ok(Self { user_name: login.0, password: login.1, ..broker })
    }

    /// A broker in the same process. `connect` opens one connection to it, once per connection of a test; `name` is what
    /// messages call the broker.
    ///
    /// Any stream of bytes fits: a pipe in memory, a socket, a TLS session. Over pipes in memory, a test under tokio's paused
    /// clock (`#[tokio::test(start_paused = true)]`) waits for nothing.
    pub fn in_process<F, O, S>(name: impl Into<String>, connect: F) -> Self
    where
        F: Fn() -> O + Send + Sync + 'static,
        O: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + fmt::Debug + Send + 'static,
    {
        let open = move || -> Opening {
            let opening = connect();
            Box::pin(async move {
                let (reader, writer) = split(opening.await?);
                Ok(Box::new(join(reader, writer)) as Stream)
            })
        };
        Self::new(name.into(), Reach::Process(Arc::new(open)))
    }

    /// The reference broker of this package, in memory: a new one for each run.
    #[must_use]
    pub fn reference() -> Self {
        Self::new("the reference broker".to_owned(), Reach::Reference)
    }

    fn new(name: String, reach: Reach) -> Self {
        Self {
            name,
            reach,
            user_name: None,
            password: None,
            topic_prefix: String::new(),
            client_id_prefix: String::new(),
        }
    }

    /// Logs in with a user name and a password. Without a login, tests that need one are skipped.
    #[must_use]
    pub fn login(self, user_name: impl Into<String>, password: impl Into<Vec<u8>>) -> Self {
        Self { user_name: Some(user_name.into()), password: Some(password.into()), ..self }
    }

    /// What every topic begins with, where the broker allows only such topics. Tests that cannot do that are skipped.
    ///
    /// # Errors
    ///
    /// When the text cannot begin a topic.
    pub fn topic_prefix(self, prefix: &str) -> Result<Self, Error> {
        TopicName::new(prefix).map_err(|error| Error::new(format_args!("`{prefix}`: {error}")))?;
        Ok(Self { topic_prefix: prefix.to_owned(), ..self })
    }

    /// What every client identifier begins with, where the broker allows only such. Tests that cannot do that are skipped.
    #[must_use]
    pub fn client_id_prefix(self, prefix: impl Into<String>) -> Self {
        Self { client_id_prefix: prefix.into(), ..self }
    }

    /// What messages call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Tells the runner about the login and the prefixes, and opens what has to be open.
    pub(super) fn prepare(&self, config: &mut Config) -> Reach {
        if self.user_name.is_some() {
            config.user_name.clone_from(&self.user_name);
            config.password.clone_from(&self.password);
            config.missing.remove("auth");
        }
        config.topic_prefix.clone_from(&self.topic_prefix);
        config.client_id_prefix.clone_from(&self.client_id_prefix);
        match &self.reach {
            Reach::Address(dialer) if dialer.address().scheme.is_websocket() => {
                config.missing.remove("websocket");
                self.reach.clone()
            }
            Reach::Reference => {
                // The reference broker knows a method.
                config.missing.remove("enhanced-auth");
                let broker = Server::start(Rules::standard(), Limits::default());
                let open = move || -> Opening {
                    let stream = broker.connect();
                    Box::pin(async move { Ok(Box::new(stream) as Stream) })
                };
                Reach::Process(Arc::new(open))
            }
            reach => reach.clone(),
        }
    }
}

/// What opens connections.
#[derive(Clone)]
pub(super) enum Reach {
    Address(Dialer),
    Process(Arc<dyn Fn() -> Opening + Send + Sync>),
    /// A reference broker that is yet to be started.
    Reference,
}

impl fmt::Debug for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(dialer) => dialer.fmt(f),
            Self::Process(_) => f.write_str("Process"),
            Self::Reference => f.write_str("Reference"),
        }
    }
}

impl Connector for Reach {
    type Stream = Stream;

    async fn connect(&self, node: usize) -> io::Result<Stream> {
        match self {
            Self::Address(dialer) => dialer.connect(node).await,
            Self::Process(open) => open().await,
            Self::Reference => Err(io::Error::other("the reference broker was not started")),
        }
    }

    fn text_switch(&self, stream: &Stream) -> Option<TextSwitch> {
        (**stream).text_switch()
    }

    fn meter(&self, stream: &Stream) -> Option<Meter> {
        (**stream).meter()
    }

    fn cut(&self, stream: Stream) {
        stream.sever();
    }
}
