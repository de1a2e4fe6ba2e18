//! Mosquitto for a test: on loopback ports of its own, with a configuration of its own, ended with the test.

use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// A running broker.
pub(crate) struct Mosquitto {
    child: Child,
    folder: PathBuf,
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Mosquitto {
    /// Starts it with these listeners, and waits for the ports; `None` where it is not installed.
    pub(crate) fn start(name: &str, listeners: &str, ports: &[u16]) -> Option<Self> {
        let folder = env::temp_dir().join(format!("mqtt-conformance-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("mosquitto.conf");
        // Started by root it would change its user, who may not read the folder.
        let config = format!("user root\npersistence false\n{listeners}allow_anonymous true\n");
        fs::write(&file, config).unwrap();
        let paths = ["mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"];
        let started = paths.iter().find_map(|path| {
            let mut command = Command::new(path);
            command.arg("-c").arg(&file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()
        });
        let Some(child) = started else {
            assert!(
                env::var_os("MQTT_CONFORMANCE_REQUIRE_BROKERS").is_none(),
                "mosquitto is required, and not installed"
            );
            println!("skipped: mosquitto is not installed");
            return None;
        };
        let broker = Self { child, folder };
        let start = Instant::now();
        for port in ports {
            while TcpStream::connect(("127.0.0.1", *port)).is_err() {
                assert!(start.elapsed() < Duration::from_secs(10), "mosquitto does not listen on {port}");
                thread::sleep(Duration::from_millis(20));
            }
        }
        Some(broker)
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
