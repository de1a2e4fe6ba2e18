//! Runs the tool.

use std::io::Write;
use std::process::{Command, Stdio};

/// What came of a call.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// The exit code; -1 for a death by signal.
    pub(crate) code: i32,
    /// What went to stdout; U+FFFD for what is no text.
    pub(crate) stdout: String,
    /// What went to stderr.
    pub(crate) stderr: String,
}

impl Run {
    /// Exit code 0, this on stdout, and nothing on stderr.
    #[allow(dead_code, clippy::allow_attributes, reason = "not every test file needs it")]
    pub(crate) fn fine(stdout: &str) -> Self {
        Self { code: 0, stdout: stdout.to_owned(), stderr: String::new() }
    }
}

/// Runs the tool with these arguments and this on stdin.
pub(crate) fn tool(arguments: &[&str], stdin: &[u8]) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_mqtt-conformance"))
        .args(arguments)
        .env_remove("MQTT_USERNAME")
        .env_remove("MQTT_PASSWORD")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let bytes = stdin.to_vec();
    let writer = std::thread::spawn(move || {
        // The tool may end before it has read all.
        let _ = input.write_all(&bytes);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
