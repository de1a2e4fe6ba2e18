//! `proxy`: a broker behind a link with a fault.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mqtt_conformance::lab::WireFault;
use mqtt_conformance::run::Connector;
use mqtt_conformance::transport::{Address, Delay, Dialer, TlsOptions};
use tokio::net::TcpListener;

use super::output::{CommandError, Exit, say, to_stdout};
use super::url::UrlParser;

/// How long the proxy waits after a connection that could not be taken, and after how many in a row it ends.
const PAUSE: Duration = Duration::from_millis(50);
const PATIENCE: usize = 1_200;

/// Stands before a broker, and makes its link slow, or damages one type of packet that it sends.
///
/// A delay shows how a test suite judges a right broker that is far away, a fault whether it notices a wrong one. Once the proxy
/// listens, it prints its address: point `run --broker` (or any other suite) at it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The broker behind, as for `run`
    #[arg(long, value_name = "URL", value_parser = UrlParser)]
    broker: Address,
    /// What to do to which packets: drop, repeat, delay, reorder, corrupt or close, as in drop:PUBACK
    #[arg(long, value_name = "FAULT:PACKET", required_unless_present = "delay", conflicts_with = "delay")]
    fault: Option<WireFault>,
    /// How much later everything arrives, each way: half of what a round trip takes longer
    #[arg(long, value_name = "TIME", value_parser = super::time)]
    delay: Option<Duration>,
    /// How much more it may be, for each piece its own; the order stays
    #[arg(long, value_name = "TIME", value_parser = super::time, requires = "delay")]
    jitter: Option<Duration>,
    /// Where to listen; port 0 lets the system choose one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    bind: SocketAddr,
}

pub(super) fn run(args: &Args) -> Result<Exit, CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let broker = Dialer::new(args.broker.clone(), &TlsOptions::default()).map_err(CommandError::usage)?;
    let broker = Arc::new(broker);
    runtime.block_on(async {
        let trouble = |e| CommandError::unreachable(format_args!("cannot listen on {}: {e}", args.bind));
        let listener = TcpListener::bind(args.bind).await.map_err(trouble)?;
        let address = listener.local_addr().map_err(trouble)?;
        to_stdout(|out| Ok(writeln!(out, "mqtt://{address}")?))?;
        let mut failed = 0;
        loop {
            let client = match listener.accept().await {
                Ok((client, _)) => client,
                // Connections end, and with them what is too much: of open files, of memory.
                Err(error) if failed < PATIENCE => {
                    if failed == 0 {
                        say(format_args!("a connection cannot be taken now: {error}"));
                    }
                    failed += 1;
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
                Err(error) => return Err(trouble(error)),
            };
            failed = 0;
            let (fault, broker) = (args.fault, Arc::clone(&broker));
            let delay =
                Delay { each_way: args.delay.unwrap_or_default(), jitter: args.jitter.unwrap_or_default() };
            tokio::spawn(async move {
                // So long a handshake takes over that way.
                tokio::time::sleep(delay.each_way).await;
                match broker.connect(0).await {
                    Ok(stream) => {
                        // Small packets go out at once, as they came.
                        let _ = client.set_nodelay(true);
                        match fault {
                            Some(fault) => fault.relay(client, stream).await,
                            None => delay.relay(client, stream).await,
                        }
                    }
                    Err(e) => say(format_args!("{}: {e}", broker.address())),
                }
            });
        }
    })
}
