//! Clients that nobody here wrote, against `mqtt-conformance serve`: paho-mqtt for Python, npm's `mqtt`, Mosquitto's.
//!
//! Each of them goes, in each version, through QoS 0 to 2, retained messages, Wills and a session that is resumed. The drivers
//! in `tests/clients/` print what they saw, and here is what they have to see. A client that is not installed is skipped with a
//! word, unless `MQTT_CONFORMANCE_REQUIRE_CLIENTS` is set; `.ci/steps/clients` installs them all.

mod served;

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use served::Served;

/// As the drivers name them.
const VERSIONS: [&str; 3] = ["3.1", "3.1.1", "5.0"];

/// Far more than a client needs.
const PATIENCE: Duration = Duration::from_secs(100);

/// How a driver says that its client is not installed.
const NOT_INSTALLED: i32 = 77;

/// The reference broker, and the port it listens on.
fn serve() -> (Served, u16) {
    let broker = Served::start();
    let port = broker.url.strip_prefix("mqtt://127.0.0.1:").unwrap().parse().unwrap();
    (broker, port)
}

fn not_installed(client: &str) {
    let required = std::env::var_os("MQTT_CONFORMANCE_REQUIRE_CLIENTS").is_some();
    assert!(!required, "{client} is required, and not installed");
    println!("skipped: {client} is not installed");
}

/// A program's exit code and what it printed, once it has ended; it is ended after a while.
struct Running {
    child: Child,
    printed: [thread::JoinHandle<String>; 2],
}

impl Running {
    /// `None` where the program is not installed.
    fn start(command: &mut Command) -> Option<Self> {
        let started = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = match started {
            Ok(child) => child,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            Err(error) => panic!("{command:?}: {error}"),
        };
        let printed = [read_all(child.stdout.take().unwrap()), read_all(child.stderr.take().unwrap())];
        Some(Self { child, printed })
    }

    fn end(mut self) -> (i32, String, String) {
        let begin = Instant::now();
        let code = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status.code().unwrap_or(-1);
            }
            if begin.elapsed() > PATIENCE {
                self.child.kill().unwrap();
            }
            thread::sleep(Duration::from_millis(5));
        };
        let [out, err] = self.printed.map(|text| text.join().unwrap());
        (code, out, err)
    }
}

fn read_all(mut from: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What a program that was ended had to say does not matter.
        let _ = from.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).replace("\r\n", "\n")
    })
}

/// What a driver has to print in a version, after its own name and release.
fn expected(version: &str, held_back: &[&str]) -> Vec<String> {
    let mut lines = Vec::new();
    for granted in 0..=2 {
        lines.push(format!("granted {granted}"));
        lines.extend((0..=2).map(|qos| format!("sent at {qos}, qos {}", granted.min(qos))));
    }
    lines.push("unsubscribed: wanted, qos 2".to_owned());
    lines.push("large: 300000 bytes".to_owned());
    lines.extend(VERSIONS.map(|from| format!("from {from}, qos 2")));
    lines.extend(
        [
            "retained: kept, qos 0, retained; kept, qos 1, retained; kept, qos 2, retained",
            "nothing was kept, qos 1",
            "will: gone, qos 1",
            "will: gone, qos 1, retained",
            "will: left in peace, qos 1",
            "session absent",
            // CONNACK of 3.1 cannot say it.
            if version == "3.1" { "session absent" } else { "session present" },
        ]
        .map(str::to_owned),
    );
    lines.extend(held_back.iter().map(|line| (*line).to_owned()));
    lines.extend(["session absent", "clean: wanted, qos 1"].map(str::to_owned));
    if version == "5.0" {
        lines.extend(
            [
                "format 1, expiry 100, text/plain",
                "answers/here, 00ff, subscription 7",
                // Two of one name, in their order.
                "a: 1, 0",
            ]
            .map(str::to_owned),
        );
    }
    lines
}

/// Runs a driver in all versions at once on one broker.
fn drive(client: &str, program: &str, script: &str, held_back: &[&str]) {
    let (_broker, port) = serve();
    let script = format!("{}/tests/clients/{script}", env!("CARGO_MANIFEST_DIR"));
    let running = VERSIONS
        .map(|version| Running::start(Command::new(program).args([&script, &port.to_string(), version])));
    for (version, running) in VERSIONS.into_iter().zip(running) {
        let Some((code, out, err)) = running.map(Running::end).filter(|(code, ..)| *code != NOT_INSTALLED)
        else {
            return not_installed(client);
        };
        let mut lines = out.lines();
        println!("{} speaks {version}", lines.next().unwrap_or("nobody"));
        let lines: Vec<_> = lines.collect();
        assert_eq!(lines, expected(version, held_back), "{client}, {version}, exit code {code}\n{err}");
        assert_eq!(code, 0, "{client}, {version}\n{err}");
    }
}

#[test]
fn paho_mqtt_is_served() {
    // It acknowledges QoS 1 when it is told to, and goes on meanwhile.
    let held_back = [
        "missed 0, qos 1; missed 2, qos 1; missed 1, qos 2; missed 3, qos 2",
        "again: missed 0, qos 1, again; missed 2, qos 1, again",
    ];
    drive("paho-mqtt for Python", "python3", "paho_client.py", &held_back);
}

#[test]
fn npms_mqtt_is_served() {
    // It stops at a message that it is not told to acknowledge, though all have been sent to it.
    let held_back = [
        "missed 0, qos 1",
        "again: missed 0, qos 1, again; missed 2, qos 1, again; missed 1, qos 2, again; missed 3, qos 2, again",
    ];
    drive("mqtt for Node.js", "node", "mqtt_client.mjs", &held_back);
}

/// Mosquitto's clients, which are driven by their arguments.
struct Mosquitto<'a> {
    port: u16,
    version: &'a str,
}

impl Mosquitto<'_> {
    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let version = match self.version {
            "3.1" => "mqttv31",
            "3.1.1" => "mqttv311",
            _ => "mqttv5",
        };
        let mut command = Command::new(program);
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-V", version]).args(arguments);
        if program == "mosquitto_sub" {
            command.args(["-W", "20"]);
        }
        command
    }

    #[track_caller]
    fn publish(&self, arguments: &[&str]) {
        let (code, _, err) = Running::start(&mut self.command("mosquitto_pub", arguments)).unwrap().end();
        assert_eq!(code, 0, "{}, {arguments:?}: {err}", self.version);
    }

    fn subscribe(&self, arguments: &[&str]) -> Running {
        let format = ["-F", "%r %q %p"];
        Running::start(&mut self.command("mosquitto_sub", &[&format, arguments].concat())).unwrap()
    }

    /// A subscriber that is there: it has printed its first message, a retained one.
    fn subscribed(&self, arguments: &[&str], format: &str) -> (Child, BufReader<std::process::ChildStdout>) {
        let arguments = [&["-t", "$SYS/broker/version", "-F", format], arguments].concat();
        let mut command = self.command("mosquitto_sub", &arguments);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        lines.read_line(&mut String::new()).unwrap();
        (child, lines)
    }

    fn topic(&self, name: &str) -> String {
        format!("mosquitto/{}/{name}", self.version)
    }

    fn every_qos(&self) {
        for granted in ["0", "1", "2"] {
            let topic = self.topic(&format!("qos/{granted}"));
            let arguments = ["-t", &topic, "-q", granted, "-C", "4"];
            let (mut child, lines) = self.subscribed(&arguments, "%q %p");
            for qos in ["0", "1", "2"] {
                self.publish(&["-t", &topic, "-q", qos, "-m", &format!("sent at {qos}")]);
            }
            let came: Vec<_> = lines.lines().map(Result::unwrap).collect();
            let wanted = ["0", "1", "2"].map(|qos| format!("{} sent at {qos}", granted.min(qos)));
            assert_eq!(came, wanted, "{}, granted {granted}", self.version);
            child.wait().unwrap();
        }
    }

    fn retained(&self) {
        for qos in ["0", "1", "2"] {
            let topic = self.topic(&format!("retained/{qos}"));
            self.publish(&["-t", &topic, "-q", qos, "-r", "-m", "kept"]);
            check(self.subscribe(&["-t", &topic, "-q", qos, "-C", "1"]), &format!("1 {qos} kept\n"));
            self.publish(&["-t", &topic, "-r", "-n"]);
            self.publish(&["-t", &topic, "-r", "-q", "1", "-m", "newer"]);
            check(self.subscribe(&["-t", &topic, "-q", "2", "-C", "1"]), "1 1 newer\n");
        }
    }

    fn will(&self) {
        let topic = self.topic("will");
        let will = [
            "--will-topic",
            &topic,
            "--will-payload",
            "gone",
            "--will-retain",
            "--will-qos",
            "1",
            "-t",
            "no",
        ];
        let (mut gone, _) = self.subscribed(&will, "here");
        gone.kill().unwrap();
        gone.wait().unwrap();
        check(self.subscribe(&["-t", &topic, "-q", "1", "-C", "1"]), "1 1 gone\n");
    }

    fn session(&self) {
        let topic = self.topic("session");
        let id = format!("mosquitto-{}", self.version);
        let session: &[&str] = if self.version == "5.0" { &["-c", "-x", "100"] } else { &["-c"] };
        let common = ["-i", &id, "-t", &topic, "-q", "2"];
        check(self.subscribe(&[session, &common, &["-E"]].concat()), "");
        for (number, qos) in ["1", "2", "1", "2"].into_iter().enumerate() {
            self.publish(&["-t", &topic, "-q", qos, "-m", &format!("missed {number}")]);
        }
        let (code, out, err) = self.subscribe(&[session, &common, &["-C", "4"]].concat()).end();
        // Those of QoS 2 are printed when their handshake ends, which others may overtake.
        let mut missed: Vec<_> = out.lines().collect();
        missed.sort_by_key(|line| line.starts_with("0 2"));
        let wanted = ["0 1 missed 0", "0 1 missed 2", "0 2 missed 1", "0 2 missed 3"];
        assert_eq!((code, &*missed), (0, wanted.as_slice()), "{}: {err}", self.version);
    }

    fn five(&self) {
        let topic = self.topic("five");
        let arguments =
            ["-t", &topic, "-q", "1", "-C", "2", "-D", "subscribe", "subscription-identifier", "7"];
        let (mut child, mut lines) = self.subscribed(&arguments, "%E %C %R %D %S %P");
        let mut publish = vec!["-t", &topic, "-q", "1", "-m", "words"];
        for property in [
            ["message-expiry-interval", "100"],
            ["content-type", "text/plain"],
            ["response-topic", "answers/here"],
            ["correlation-data", "data"],
        ] {
            publish.extend([&["-D", "publish"][..], &property].concat());
        }
        for value in ["1", "0"] {
            publish.extend(["-D", "publish", "user-property", "a", value]);
        }
        self.publish(&publish);
        let mut came = String::new();
        lines.read_line(&mut came).unwrap();
        assert_eq!(came, "100 text/plain answers/here data 7 a:1 a:0\n");
        child.wait().unwrap();
    }
}

/// A subscriber printed this.
#[track_caller]
fn check(subscriber: Running, expected: &str) {
    let (code, out, err) = subscriber.end();
    assert_eq!((code, &*out), (0, expected), "{err}");
}

#[test]
fn mosquittos_clients_are_served() {
    let installed = |program| Running::start(Command::new(program).arg("--version")).map(Running::end);
    let (Some((_, version, _)), Some(_)) = (installed("mosquitto_pub"), installed("mosquitto_sub")) else {
        return not_installed("mosquitto_pub or mosquitto_sub");
    };
    println!("{}", version.trim());
    let (_broker, port) = serve();
    thread::scope(|scope| {
        for version in VERSIONS {
            let mosquitto = Mosquitto { port, version };
            scope.spawn(move || {
                mosquitto.every_qos();
                mosquitto.retained();
                mosquitto.will();
                mosquitto.session();
                if version == "5.0" {
                    mosquitto.five();
                }
            });
        }
    });
}
