//! Puts the scripts and the profiles into the library, so that an installed tool works anywhere, and an index of what has to do
//! with which statement, so that `explain` is quick.

#[path = "build/index.rs"]
mod index;

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for file in ["build.rs", "build/index.rs"] {
        println!("cargo::rerun-if-changed={file}");
    }
    embed(&root, &out, "scripts", "mqs", |name| name)?;
    embed(&root, &out, "profiles", "toml", |name| name.trim_end_matches(".toml"))?;
    fs::write(out.join("index.rs"), index::write(&root)?)?;
    Ok(())
}

/// Writes a list of the files below a folder, each with what it is known as and its text.
fn embed(
    root: &Path,
    out: &Path,
    folder: &str,
    extension: &str,
    known_as: fn(&str) -> &str,
) -> Result<(), Box<dyn Error>> {
    let mut list = String::from("&[\n");
    for (name, path) in files(&root.join(folder), extension)? {
        let path = path.to_str().ok_or("the path of the files is not UTF-8")?;
        writeln!(list, "    ({:?}, include_str!({path:?})),", known_as(&name))?;
    }
    list.push_str("]\n");
    fs::write(out.join(folder).with_extension("rs"), list)?;
    Ok(())
}

/// The files below a folder, each with its path below it, in the order of these.
fn files(root: &Path, extension: &str) -> Result<Vec<(String, PathBuf)>, Box<dyn Error>> {
    let mut found = Vec::new();
    collect(root, extension, &mut found)?;
    let name = |path: PathBuf| -> Result<_, Box<dyn Error>> {
        // The same names on every system.
        let name = path.strip_prefix(root)?.to_str().ok_or("a file's name is not UTF-8")?.replace('\\', "/");
        Ok((name, path))
    };
    let mut named = found.into_iter().map(name).collect::<Result<Vec<_>, _>>()?;
    named.sort();
    Ok(named)
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
