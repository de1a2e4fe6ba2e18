//! Scripts to report about, and where reports go.

use std::fs;
use std::path::{Path, PathBuf};

use super::cli::{Run, tool};

const FINE: &str = "\
# A PINGREQ is answered.
version: 3.1.1 5.0
covers:  3.1.1/MQTT-3.12.4-1 5.0/MQTT-3.12.4-1

connect it
---
it > PINGREQ
it < PINGRESP
";

const DIFFERS: &str = "\
# A PUBACK with the wrong identifier is asked for. It does not come, and that is the point.
version: 3.1.1 5.0
covers:  3.1.1/MQTT-4.3.2-2 5.0/MQTT-4.3.2-4
connect it
---
it > PUBLISH topic=\"${t}/<&\\\"\" qos=1 packet_id=7 payload=\"]]> </script>\"
it < PUBACK packet_id=8
";

/// A folder of its own with two scripts.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("reports").join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("fine.mqs"), FINE).unwrap();
        fs::write(folder.join("differs.mqs"), DIFFERS).unwrap();
        Self(folder)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn scripts(&self) -> String {
        self.path("")
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.0.join(path)).unwrap()
    }

    /// A run of both scripts with a report of this name; its path.
    pub(crate) fn run(&self, name: &str, more: &[&str]) -> (String, Run) {
        let path = self.path(&format!("{name}.json"));
        let target = format!("json={path}");
        let scripts = self.scripts();
        let mut arguments = vec!["run", "--report", &target];
        arguments.extend(more);
        arguments.push(&scripts);
        let run = tool(&arguments, b"");
        (path, run)
    }
}

/// The schema of reports.
pub(crate) fn schema() -> jsonschema::Validator {
    let schema = serde_json::from_str(include_str!("../../docs/report.schema.json")).unwrap();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}
