//! `serve`: the reference broker on a port.

use std::net::SocketAddr;

use mqtt_conformance::server::{Limits, Rules, serve};
use tokio::net::TcpListener;

use super::output::{CommandError, Exit, say, to_stdout};

/// Runs the reference broker alone, for authors of clients.
///
/// It speaks MQTT 3.1, 3.1.1 and 5.0, obeys every statement on servers, keeps everything in memory and forgets it at its end. It is a
/// reference, not a product. Once it listens, it prints its address.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where to listen; port 0 lets the system choose one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:1883")]
    bind: SocketAddr,
    /// Where to listen for MQTT over WebSocket too
    #[arg(long, value_name = "ADDRESS")]
    ws: Option<SocketAddr>,
    /// Something that the broker does otherwise, as the standards allow: see `mutants --list-liberties`. May be given several times
    #[arg(long, value_name = "NAME")]
    liberty: Vec<String>,
}

pub(super) fn run(args: &Args) -> Result<Exit, CommandError> {
    let mut limits = Limits::default();
    limits.liberties = super::liberties::named(&args.liberty)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let trouble = |e| CommandError::unreachable(format_args!("cannot listen on {}: {e}", args.bind));
        let listener = TcpListener::bind(args.bind).await.map_err(trouble)?;
        let address = listener.local_addr().map_err(trouble)?;
        to_stdout(|out| Ok(writeln!(out, "mqtt://{address}")?))?;
        if !address.ip().is_loopback() {
            say("other machines can reach this broker, and it lets everyone in");
        }
        let server = serve::Server::start(Rules::standard(), limits);
        if let Some(bind) = args.ws {
            let trouble = |e| CommandError::unreachable(format_args!("cannot listen on {bind}: {e}"));
            let listener = TcpListener::bind(bind).await.map_err(trouble)?;
            let address = listener.local_addr().map_err(trouble)?;
            to_stdout(|out| Ok(writeln!(out, "ws://{address}/mqtt")?))?;
            if !address.ip().is_loopback() {
                say("other machines can reach this broker, and it lets everyone in");
            }
            let server = server.clone();
            tokio::spawn(async move { server.serve_websocket(listener).await });
        }
        server.serve_tcp(listener).await.map_err(trouble)?;
        Ok(Exit::Fine)
    })
}
