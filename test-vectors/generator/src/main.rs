//! Rewrites the generated files of the corpus.

use std::error::Error;
use std::fs;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut written = 0;
    for file in mqtt_vectors::files() {
        let path = root.join(&file.path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        if fs::read_to_string(&path).ok().as_deref() != Some(&file.text) {
            fs::write(&path, &file.text)?;
            written += 1;
        }
    }
    eprintln!("{written} files changed");
    Ok(())
}
