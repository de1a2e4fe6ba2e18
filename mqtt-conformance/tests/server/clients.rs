//! Clients that nobody here wrote: Mosquitto's, where they are installed.

use mqtt_conformance::server::{Limits, Rules, serve};
use std::io::Read;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A broker on a thread of its own; its port.
fn broker() -> u16 {
    let (port, there) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let server = serve::Server::start(Rules::standard(), Limits::default());
            let listener = serve::loopback().await.unwrap();
            port.send(listener.local_addr().unwrap().port()).unwrap();
            server.serve_tcp(listener).await.unwrap();
        });
    });
    there.recv().unwrap()
}

fn installed(program: &str) -> bool {
    let there = Command::new(program).arg("--help").output().is_ok();
    if !there {
        eprintln!("skipped: {program} is not installed");
    }
    there
}

fn client(program: &str, port: u16, version: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-V", version]).args(arguments);
    command
}

fn publish(port: u16, version: &str, arguments: &[&str]) {
    let Output { status, stderr, .. } = client("mosquitto_pub", port, version, arguments).output().unwrap();
    assert!(status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&stderr));
}

fn subscribe(port: u16, version: &str, arguments: &[&str]) -> Child {
    let mut command = client("mosquitto_sub", port, version, arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// What a subscriber printed, once it has ended by itself.
#[track_caller]
fn printed(mut child: Child) -> String {
    let begin = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begin.elapsed() > Duration::from_secs(20) {
            child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let mut text = String::new();
    child.stdout.unwrap().read_to_string(&mut text).unwrap();
    text
}

#[test]
fn mosquittos_clients_are_served() {
    if !installed("mosquitto_pub") || !installed("mosquitto_sub") {
        return;
    }
    let port = broker();
    for version in ["mqttv31", "mqttv311", "mqttv5"] {
        for qos in ["0", "1", "2"] {
            // A retained message, for a subscriber that comes later.
            let topic = format!("{version}/{qos}");
            publish(port, version, &["-t", &topic, "-q", qos, "-r", "-m", "kept"]);
            let sub =
                subscribe(port, version, &["-t", &topic, "-q", qos, "-C", "1", "-W", "10", "-F", "%r %q %p"]);
            assert_eq!(printed(sub), format!("1 {qos} kept\n"), "{version} {qos}");
        }
        // A session that is kept: subscribe and leave, miss messages, come back for them.
        let id = format!("s-{version}");
        let topic = format!("{version}/missed");
        let session: &[&str] = if version == "mqttv5" { &["-c", "-x", "100"] } else { &["-c"] };
        let common = ["-i", &id, "-t", &topic, "-q", "2"];
        let first = subscribe(port, version, &[session, &common, &["-E"]].concat());
        printed(first);
        for message in ["1", "2"] {
            publish(port, version, &["-t", &topic, "-q", message, "-m", message]);
        }
        let again = subscribe(port, version, &[session, &common, &["-C", "2", "-W", "10"]].concat());
        assert_eq!(printed(again), "1\n2\n", "{version}");
        // A Will: the client is killed.
        let topic = format!("{version}/will");
        let mut gone = subscribe(
            port,
            version,
            &[
                "-t",
                "none",
                "--will-topic",
                &topic,
                "--will-payload",
                "gone",
                "--will-retain",
                "--will-qos",
                "1",
                "-t",
                "$SYS/broker/version",
                "-F",
                "here",
            ],
        );
        let mut here = [0; 5];
        gone.stdout.as_mut().unwrap().read_exact(&mut here).unwrap();
        gone.kill().unwrap();
        gone.wait().unwrap();
        let sub = subscribe(port, version, &["-t", &topic, "-q", "1", "-C", "1", "-W", "10"]);
        assert_eq!(printed(sub), "gone\n", "{version}");
    }
}
