//! Puts the scripts and the profiles into the binary, so that an installed tool works anywhere.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    embed("scripts", "mqs", |name| name)?;
    embed("profiles", "toml", |name| name.trim_end_matches(".toml"))
}

/// Writes a list of the files below a folder, each with what it is known as and its text.
fn embed(folder: &str, extension: &str, known_as: fn(&str) -> &str) -> Result<(), Box<dyn Error>> {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join(folder);
    let mut files = Vec::new();
    collect(&root, extension, &mut files)?;
    files.sort();
    let mut list = String::from("&[\n");
    for path in files {
        // The same names on every system.
        let name = path.strip_prefix(&root)?.to_str().ok_or("a file's name is not UTF-8")?.replace('\\', "/");
        let path = path.to_str().ok_or("the path of the files is not UTF-8")?;
        writeln!(list, "    ({:?}, include_str!({path:?})),", known_as(&name))?;
    }
    list.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join(folder).with_extension("rs"), list)?;
    Ok(())
}

fn collect(folder: &Path, extension: &str, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    // A folder's time changes with what is in it, a file's with its text.
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, extension, files)?;
        } else if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
    Ok(())
}
