//! The tool as a process with little memory.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long any run may last before it counts as one that hangs.
const HANGS: Duration = Duration::from_secs(240);

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Ran {
    /// -1 for a death by signal, and for a run that hangs.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The tool, in a shell that takes these limits first.
pub(crate) fn command(limits: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{limits}; exec \"$0\" \"$@\"")]);
    command.arg(env!("CARGO_BIN_EXE_mqtt-conformance")).args(arguments);
    command.env_remove("MQTT_USERNAME").env_remove("MQTT_PASSWORD").env("NO_COLOR", "1");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// 2 GB of address space.
pub(crate) const MEMORY: &str = "ulimit -v 2000000";

/// Runs the tool with 2 GB to its end.
pub(crate) fn tool(arguments: &[&str]) -> Ran {
    finish(command(MEMORY, arguments).spawn().unwrap())
}

/// Waits for the end of a run.
pub(crate) fn finish(child: Child) -> Ran {
    let id = child.id();
    let waiting = std::thread::spawn(move || child.wait_with_output().unwrap());
    let start = Instant::now();
    while !waiting.is_finished() {
        if start.elapsed() > HANGS {
            // The shell has become the tool, so this ends the run.
            let _ = Command::new("kill").args(["-9", &id.to_string()]).status();
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let Output { status, stdout, stderr } = waiting.join().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ran { code: status.code().unwrap_or(-1), stdout: text(stdout), stderr: text(stderr) }
}

/// A new, empty folder.
pub(crate) fn scratch(name: &str) -> PathBuf {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder = format!("hostile-{}-{name}-{number}", std::process::id());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The path as an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
