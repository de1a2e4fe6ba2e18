//! The scripts of this package, as tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mqtt_conformance::script::{self, Test};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "mqs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// All tests of all scripts.
pub(crate) fn tests() -> Vec<Arc<Test>> {
    let root = root();
    files(&root)
        .into_iter()
        .flat_map(|path| {
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
            let script =
                script::parse(&name, &fs::read_to_string(&path).unwrap()).unwrap_or_else(|e| panic!("{e:?}"));
            script::expand(&script, &name).unwrap_or_else(|e| panic!("{e:?}"))
        })
        .map(Arc::new)
        .collect()
}
