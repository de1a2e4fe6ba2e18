//! Which broker to test, how to reach it, and how to log in.

use std::env;
use std::path::{Path, PathBuf};

use mqtt_codec::TopicName;
use mqtt_conformance::run::{Cluster, Config};
use mqtt_conformance::transport::{Address, Dialer, FileError, TlsOptions};

use crate::cli::output::{CommandError, RED, RESET, say};
use crate::cli::url::UrlParser;

/// The options about the broker.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Broker")]
pub(in crate::cli) struct Target {
    /// `mqtt://[user[:password]@]host[:port]`, or `mqtts://`, `ws://…/path`, `wss://…/path`, `unix:/path`. Several are the nodes of
    /// one cluster: each test spreads its connections over them
    #[arg(long, value_name = "URL", value_parser = UrlParser)]
    broker: Vec<Address>,
    /// The user name to log in with
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// The file with the password; a line break at its end does not count
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// The user name of someone who may do less, for `needs: acl`
    #[arg(long, value_name = "NAME", requires = "other_password_file")]
    other_user: Option<String>,
    /// The file with the password of --other-user
    #[arg(long, value_name = "FILE", requires = "other_user")]
    other_password_file: Option<PathBuf>,
    /// A topic that --other-user (else everyone) must not publish to, for `needs: acl`
    #[arg(long, value_name = "TOPIC", requires = "denied_subscribe", value_parser = plain_topic)]
    denied_publish: Option<String>,
    /// A topic that --other-user (else everyone) must not subscribe to
    #[arg(long, value_name = "TOPIC", requires = "denied_publish", value_parser = plain_topic)]
    denied_subscribe: Option<String>,
    /// What every topic begins with, where a broker allows only such; scripts that cannot do that are skipped
    #[arg(long, value_name = "TEXT", value_parser = plain_topic)]
    topic_prefix: Option<String>,
    /// What every client identifier begins with, where a broker allows only such; scripts that cannot do that are skipped
    #[arg(long, value_name = "TEXT")]
    client_id_prefix: Option<String>,
    /// Open at most so many connections a second, on the average: tests wait for that before they begin
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pace: Option<u32>,
    /// TLS: trust the authorities in this PEM file, instead of the system's
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// TLS: our certificate, and what leads to its authority, as PEM
    #[arg(long, value_name = "FILE")]
    cert: Option<PathBuf>,
    /// TLS: the key of our certificate, as PEM, if it is not in the same file
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// TLS: the name to ask for and to find in the broker's certificate, instead of the host
    #[arg(long, value_name = "NAME")]
    server_name: Option<String>,
    /// TLS: trust whoever answers
    #[arg(long)]
    insecure: bool,
}

impl Target {
    /// Whether a broker is given.
    pub(super) fn is_given(&self) -> bool {
        !self.broker.is_empty()
    }

    /// What reaches the broker, and its name for people; `None` if none is given. Puts the login into the configuration.
    pub(in crate::cli) fn reach(
        &self,
        config: &mut Config,
    ) -> Result<Option<(Cluster<Dialer>, String)>, CommandError> {
        let mut options = TlsOptions::default();
        options.ca.clone_from(&self.ca);
        options.certificate.clone_from(&self.cert);
        options.key.clone_from(&self.key);
        options.server_name.clone_from(&self.server_name);
        options.insecure = self.insecure;
        config.pace = self.pace;
        config.topic_prefix = self.topic_prefix.clone().unwrap_or_default();
        config.client_id_prefix = self.client_id_prefix.clone().unwrap_or_default();
        if self.broker.is_empty() {
            return Ok(None);
        }
        if !self.broker.iter().any(|address| address.scheme.is_secure()) && self.gives_tls() {
            return Err(CommandError::usage("--ca, --cert, --server-name and --insecure are about TLS")
                .hint("write mqtts:// or wss:// for a broker behind TLS"));
        }
        self.log_in(config)?;
        config.denied_publish.clone_from(&self.denied_publish);
        config.denied_subscribe.clone_from(&self.denied_subscribe);
        if self.denied_publish.is_some() {
            config.missing.remove("acl");
        }
        if self.broker.iter().all(|address| address.scheme.is_websocket()) {
            config.missing.remove("websocket");
        }
        let dialer = |address: &Address| {
            Dialer::new(address.clone(), &options)
                .map(|dialer| (address.to_string(), dialer))
                .map_err(unusable)
        };
        let members = self.broker.iter().map(dialer).collect::<Result<Vec<_>, _>>()?;
        if self.insecure {
            say(format_args!(
                "{RED}warning:{RESET} --insecure: whoever answers is taken for the broker, and is given user name and password"
            ));
        }
        let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        let name = names.join(" and ");
        Ok(Some((Cluster::new(members), name)))
    }

    fn gives_tls(&self) -> bool {
        self.ca.is_some() || self.cert.is_some() || self.server_name.is_some() || self.insecure
    }

    /// By option, else by address, else by environment; a password without a user name is of no use in 3.x.
    fn log_in(&self, config: &mut Config) -> Result<(), CommandError> {
        let of_address = self.broker.iter().find(|address| address.user_name.is_some());
        config.user_name = self
            .user
            .clone()
            .or_else(|| of_address.and_then(|address| address.user_name.clone()))
            .or_else(|| env::var("MQTT_USERNAME").ok().filter(|name| !name.is_empty()));
        let of_file = self.password_file.as_deref().map(password).transpose()?;
        if config.user_name.is_none() {
            return match of_file {
                Some(_) => {
                    Err(CommandError::usage("--password-file needs a user name").hint("give it by --user"))
                }
                None => Ok(()),
            };
        }
        let of_environment = || env::var_os("MQTT_PASSWORD").map(std::ffi::OsString::into_encoded_bytes);
        config.password = of_file
            .or_else(|| of_address.and_then(|address| address.password.clone()))
            .or_else(of_environment);
        config.missing.remove("auth");
        config.other_user_name.clone_from(&self.other_user);
        config.other_password = self.other_password_file.as_deref().map(password).transpose()?;
        Ok(())
    }
}

/// A topic that can be published to.
fn plain_topic(text: &str) -> Result<String, String> {
    TopicName::new(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

/// Reads a password from a file.
fn password(file: &Path) -> Result<Vec<u8>, CommandError> {
    let mut password = std::fs::read(file)
        .map_err(|e| CommandError::usage(format_args!("{}: cannot be read: {e}", file.display())))?;
    if password.pop_if(|last| *last == b'\n').is_some() {
        password.pop_if(|last| *last == b'\r');
    }
    if password.is_empty() {
        return Err(CommandError::usage(format_args!("{}: is empty; expected a password", file.display())));
    }
    if password.len() > usize::from(u16::MAX) {
        return Err(CommandError::usage(format_args!(
            "{}: has {} bytes; MQTT's passwords have at most 65,535",
            file.display(),
            password.len()
        )));
    }
    Ok(password)
}

fn unusable(error: FileError) -> CommandError {
    let refusal = CommandError::usage(&error);
    match error.hint {
        Some(hint) => refusal.hint(hint),
        None => refusal,
    }
}
