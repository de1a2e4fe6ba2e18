//! One Mosquitto over five transports: the whole suite has the same verdicts on all of them.
//!
//! Without `mosquitto` on the PATH the tests say so and do nothing, unless `MQTT_CONFORMANCE_REQUIRE_BROKERS` is set.

mod brokers;
#[path = "brokers/certificates.rs"]
mod certificates;
mod cli;
mod scripts;

use std::io::{Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use brokers::{Mosquitto, free_port};
use certificates::{Authority, Files};
use mqtt_codec::Version;
use mqtt_conformance::run::{Config, Entry, Outcome, Verdict, probe, run_all};
use mqtt_conformance::script::Test;
use mqtt_conformance::transport::{Address, Dialer, TlsOptions};

/// Mosquitto behind all five transports, with an authority of its own.
struct Five {
    _broker: Mosquitto,
    files: Files,
    addresses: Vec<String>,
}

impl Five {
    fn start(name: &str) -> Option<Self> {
        let files = Files::new(name);
        let authority = Authority::new("Test Authority");
        files.write("ca.pem", &authority.certificate());
        authority.issue("localhost").put(&files, "server");
        authority.issue("tester").put(&files, "client");
        let [tcp, tls, ws, wss] = std::array::from_fn(|_| free_port());
        let socket = files.path("mosquitto.sock");
        let secure = format!(
            "cafile {}\ncertfile {}\nkeyfile {}\n",
            files.path("ca.pem"),
            files.path("server.pem"),
            files.path("server.key")
        );
        let config = format!(
            "listener {tcp} 127.0.0.1\n\
             listener {tls} 127.0.0.1\n{secure}require_certificate true\n\
             listener {ws} 127.0.0.1\nprotocol websockets\nsocket_domain ipv4\n\
             listener {wss} 127.0.0.1\nprotocol websockets\nsocket_domain ipv4\n{secure}\
             listener 0 {socket}\n"
        );
        let broker = Mosquitto::start(name, &config, &[tcp, tls, ws, wss])?;
        let addresses = vec![
            format!("mqtt://127.0.0.1:{tcp}"),
            format!("mqtts://localhost:{tls}"),
            format!("ws://127.0.0.1:{ws}/mqtt"),
            format!("wss://localhost:{wss}/mqtt"),
            format!("unix:{socket}"),
        ];
        Some(Self { _broker: broker, files, addresses })
    }

    fn options(&self) -> TlsOptions {
        let mut options = TlsOptions::default();
        options.ca = Some(self.files.path("ca.pem").into());
        options.certificate = Some(self.files.path("client.pem").into());
        options.key = Some(self.files.path("client.key").into());
        options
    }
}

async fn outcomes(url: &str, options: &TlsOptions, tests: Vec<Arc<Test>>, jobs: usize) -> Vec<Arc<Outcome>> {
    let address: Address = url.parse().unwrap();
    let mut config = Config::default();
    if address.scheme.is_websocket() {
        config.missing.remove("websocket");
    }
    let dialer = Dialer::new(address, options).unwrap();
    config.run = format!("{:05}", std::process::id() % 100_000);
    // Other tests keep the machine busy.
    config.step_deadline = Duration::from_secs(10);
    // What differs runs again below, over both.
    config.retries = 0;
    for version in Version::ALL {
        let found = probe(&dialer, version, &config).await.unwrap_or_else(|e| panic!("{url} {version}: {e}"));
        config.missing.extend(found.missing);
    }
    let (events, _) = tokio::sync::mpsc::unbounded_channel();
    run_all(tests, Arc::new(dialer), Arc::new(config), jobs, events).await
}

/// What Mosquitto 2.0 does over WebSocket only: it goes on with the rest of a frame after it has closed for a packet in it, and
/// sends a second DISCONNECT.
const WEBSOCKET_ONLY: [&str; 2] = ["5.0/3.2-connack/refused-unprocessed", "5.0/4.8-errors/stops-processing"];

/// Scripts whose verdict over `wss` is left open: it publishes the Will of a client that it has closed only once the socket is gone
/// as well, which takes libwebsockets five to ten seconds over TLS.
const LATE_OVER_WSS: [&str; 2] = ["/3.1-will/keep-alive", "/3.1-will/protocol-error"];

/// What a test asks for that has to do with WebSocket itself.
fn is_about_websocket(outcome: &Outcome) -> bool {
    outcome.verdict == Verdict::Skipped
        && outcome.reason.as_deref().is_some_and(|reason| reason.starts_with("needs websocket"))
}

fn story(outcome: &Outcome) -> String {
    let lines: Vec<_> = outcome.transcript.iter().map(Entry::line).collect();
    format!("{} {} {:?}\n  {}", outcome.verdict, outcome.id, outcome.failure, lines.join("\n  "))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_verdicts_are_the_same_on_all_five() {
    let Some(five) = Five::start("verdicts") else { return };
    let [tcp, others @ ..] = five.addresses.as_slice() else { unreachable!() };
    // Over WebSocket this broker sends 4 KiB each tenth of a second, so large messages take half a minute: side by side, then.
    let together = |mut test: Arc<Test>| {
        Arc::make_mut(&mut test).needs.retain(|need| need != "exclusive");
        test
    };
    let tests: Vec<Arc<Test>> = scripts::tests().into_iter().map(together).collect();
    let usual = ask(&five, tcp, tests.clone(), 128).await;
    assert!(usual.iter().filter(|outcome| outcome.verdict == Verdict::Pass).count() > 1000);
    for address in others {
        let here = ask(&five, address, tests.clone(), 128).await;
        let differing = pairs(address, &usual, &here);
        if differing.is_empty() {
            continue;
        }
        // Where the machine has much to do, answers come late: what differs is asked again, with less at a time.
        let again: Vec<_> =
            tests.iter().filter(|test| differing.iter().any(|(id, _)| *id == test.id)).cloned().collect();
        let usual = ask(&five, tcp, again.clone(), 4).await;
        let here = ask(&five, address, again, 4).await;
        let stories: Vec<_> = pairs(address, &usual, &here).into_iter().map(|(_, story)| story).collect();
        assert!(stories.is_empty(), "{address}: {} differ:\n{}", stories.len(), stories.join("\n"));
    }
}

async fn ask(five: &Five, address: &str, tests: Vec<Arc<Test>>, jobs: usize) -> Vec<Arc<Outcome>> {
    let start = Instant::now();
    let outcomes = outcomes(address, &five.options(), tests, jobs).await;
    let count = |verdict| outcomes.iter().filter(|outcome| outcome.verdict == verdict).count();
    println!(
        "{address}: {} passed, {} failed, {} inconclusive, {} skipped in {:.1} s",
        count(Verdict::Pass),
        count(Verdict::Fail),
        count(Verdict::Inconclusive),
        count(Verdict::Skipped),
        start.elapsed().as_secs_f64()
    );
    outcomes
}

/// The ids of the tests with another verdict than over TCP, with the stories of both.
fn pairs(address: &str, usual: &[Arc<Outcome>], here: &[Arc<Outcome>]) -> Vec<(String, String)> {
    let mut differing = Vec::new();
    for (over_tcp, here) in usual.iter().zip(here) {
        let known = WEBSOCKET_ONLY.contains(&here.id.as_str()) && address.starts_with("ws");
        let expected = if known { Verdict::Fail } else { over_tcp.verdict };
        let late = address.starts_with("wss") && LATE_OVER_WSS.iter().any(|id| here.id.contains(id));
        // A tester that was late says nothing.
        let says_nothing = |outcome: &Outcome| {
            outcome.reason.as_deref().is_some_and(|reason| reason.starts_with("the tester was "))
        };
        let open = says_nothing(over_tcp) || says_nothing(here);
        if here.verdict != expected && !late && !open && !is_about_websocket(over_tcp) {
            let story =
                format!("expected {expected}, over TCP:\n{}\nhere:\n{}", story(over_tcp), story(here));
            differing.push((here.id.clone(), story));
        }
    }
    differing
}

/// The tool against one broker, with a script of one test.
fn ping(arguments: &[&str]) -> cli::Run {
    let all = ["run", "--quiet", "--version", "5.0", "--select", "3.12-pingreq/answered"];
    cli::tool(&[&all, arguments].concat(), b"")
}

/// What stderr says first, and its hint.
#[track_caller]
fn complains(run: &cli::Run, code: i32, message: &str, hint: &str) {
    assert_eq!(run.code, code, "{run:?}");
    assert!(run.stderr.contains(message), "expected {message}\n{}", run.stderr);
    assert!(run.stderr.contains(&format!("hint: {hint}")), "expected {hint}\n{}", run.stderr);
    println!("{}", run.stderr.trim_end());
}

#[test]
fn bad_certificates_are_named() {
    let Some(five) = Five::start("certificates") else { return };
    let files = &five.files;
    let [tls, wss] = [&five.addresses[1], &five.addresses[3]];
    let [ca, cert, key] = ["ca.pem", "client.pem", "client.key"].map(|name| files.path(name));
    assert_eq!(ping(&["--broker", tls, "--ca", &ca, "--cert", &cert, "--key", &key]).code, 0);
    assert_eq!(ping(&["--broker", wss, "--ca", &ca]).code, 0);

    let other = Authority::new("Other Authority");
    files.write("other.pem", &other.certificate());
    let run = ping(&["--broker", wss, "--ca", &files.path("other.pem")]);
    complains(&run, 3, "is not signed by an authority that we trust", "name its authority by --ca FILE");
    let run = ping(&["--broker", wss, "--ca", &files.path("other.pem"), "--insecure"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stderr.starts_with("warning: --insecure: whoever answers"), "{run:?}");

    let by_address = wss.replace("localhost", "127.0.0.1");
    let run = ping(&["--broker", &by_address, "--ca", &ca]);
    complains(&run, 3, "certificate is not for 127.0.0.1 but for localhost", "connect by a name");
    let run = ping(&["--broker", &by_address, "--ca", &ca, "--server-name", "localhost"]);
    assert_eq!(run.code, 0, "{run:?}");

    let run = ping(&["--broker", tls, "--ca", &ca]);
    complains(&run, 3, "the broker wants a client certificate", "give one by --cert FILE and --key FILE");
    other.issue("stranger").put(files, "stranger");
    let stranger = files.path("stranger.pem");
    let run =
        ping(&["--broker", tls, "--ca", &ca, "--cert", &stranger, "--key", &files.path("stranger.key")]);
    complains(&run, 3, "does not accept our client certificate", "is it signed by the authority");

    let tcp = &five.addresses[0];
    let run = ping(&["--broker", &tcp.replace("mqtt:", "mqtts:"), "--ca", &ca]);
    complains(&run, 3, "during the TLS handshake", "does this port speak TLS?");
    let run = ping(&["--broker", &tls.replace("mqtts:", "mqtt:")]);
    complains(&run, 3, "the ", "does this port speak MQTT in this way?");
    let run = ping(&["--broker", &tcp.replace("mqtt:", "ws:")]);
    complains(&run, 3, "during the WebSocket handshake", "does this port speak WebSocket?");
    let run = ping(&["--broker", &format!("unix:{}", files.path("nobody.sock"))]);
    complains(&run, 3, "cannot connect: No such file", "is the broker running");
}

#[test]
fn an_expired_certificate_is_named() {
    let files = Files::new("expired");
    let authority = Authority::new("Test Authority");
    files.write("ca.pem", &authority.certificate());
    authority.issue_until("localhost", 2020).put(&files, "server");
    let port = free_port();
    let [ca, cert, key] = ["ca.pem", "server.pem", "server.key"].map(|name| files.path(name));
    let config = format!("listener {port} 127.0.0.1\ncertfile {cert}\nkeyfile {key}\n");
    let Some(_broker) = Mosquitto::start("expired", &config, &[port]) else { return };
    let run = ping(&["--broker", &format!("mqtts://localhost:{port}"), "--ca", &ca]);
    complains(&run, 3, "the broker's certificate has expired", "renew it");
    let run = ping(&["--broker", &format!("mqtts://localhost:{port}"), "--ca", &ca, "--insecure"]);
    assert_eq!(run.code, 0, "{run:?}");
}

#[test]
fn bad_files_are_wrong_usage() {
    let files = Files::new("files");
    let authority = Authority::new("Test Authority");
    files.write("ca.pem", &authority.certificate());
    authority.issue("one").put(&files, "one");
    authority.issue("two").put(&files, "two");
    let [ca, one, key] = ["ca.pem", "one.pem", "two.key"].map(|name| files.path(name));
    let url = "mqtts://localhost:1";
    let run = ping(&["--broker", url, "--ca", &files.path("none.pem")]);
    complains(
        &run,
        64,
        &format!("{}: cannot be read: No such file", files.path("none.pem")),
        "is this the right path?",
    );
    let run = ping(&["--broker", url, "--ca", &key]);
    complains(
        &run,
        64,
        &format!("{key}:1: holds a PRIVATE KEY; expected `-----BEGIN CERTIFICATE-----`"),
        "are the files",
    );
    let run = ping(&["--broker", url, "--ca", &ca, "--cert", &one, "--key", &key]);
    complains(
        &run,
        64,
        &format!("{key}:1: this key does not belong to {one}"),
        "expected the RSA, EC or Ed25519 key",
    );
    files.write("bad.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let bad = files.path("bad.pem");
    let run = ping(&["--broker", url, "--ca", &bad]);
    complains(
        &run,
        64,
        &format!("{bad}:1: this is no X.509 certificate"),
        "expected the certificate of an authority",
    );
    let run = ping(&["--broker", "mqtt://localhost:1", "--ca", &ca]);
    complains(&run, 64, "are about TLS", "write mqtts:// or wss://");
    let run = ping(&["--broker", url, "--user", "me", "--password-file", &files.path("none")]);
    assert_eq!(run.code, 64, "{run:?}");
}

/// Someone who answers every connection with these bytes.
fn answers(bytes: &'static [u8]) -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().take(4).flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(bytes);
        }
    });
    port
}

#[test]
fn what_is_no_websocket_is_named() {
    let port = answers(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    let run = ping(&["--broker", &format!("ws://127.0.0.1:{port}/")]);
    complains(
        &run,
        3,
        "no WebSocket: the answer is HTTP 404 Not Found, expected 101",
        "is the path of the address right?",
    );
    let port = answers(b"SSH-2.0-OpenSSH_9.2\r\n");
    let run = ping(&["--broker", &format!("ws://127.0.0.1:{port}/")]);
    complains(&run, 3, "no WebSocket: what answers does not speak HTTP", "does this port speak WebSocket?");
    let port = answers(b"HTTP/1.1 200 OK\r\n\r\n");
    let run = ping(&["--broker", &format!("mqtts://127.0.0.1:{port}"), "--insecure"]);
    complains(&run, 3, "what answers does not speak TLS", "does this port speak TLS?");
}
