//! Puts the scripts into the binary, so that an installed tool works anywhere.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("scripts");
    let mut scripts = Vec::new();
    collect(&folder, &mut scripts)?;
    scripts.sort();
    let mut list = String::from("&[\n");
    for path in scripts {
        // The same ids on every system.
        let name =
            path.strip_prefix(&folder)?.to_str().ok_or("a script's name is not UTF-8")?.replace('\\', "/");
        let path = path.to_str().ok_or("the path of the scripts is not UTF-8")?;
        writeln!(list, "    ({name:?}, include_str!({path:?})),")?;
    }
    list.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("scripts.rs"), list)?;
    Ok(())
}

fn collect(folder: &Path, scripts: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    // A folder's time changes with what is in it, a file's with its text.
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, scripts)?;
        } else if path.extension().is_some_and(|extension| extension == "mqs") {
            scripts.push(path);
        }
    }
    Ok(())
}
