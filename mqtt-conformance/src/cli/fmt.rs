//! `fmt`: scripts in their canonical layout.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use mqtt_conformance::script;
use mqtt_conformance::suite::find;

use super::output::{CommandError, Exit, say, show_problems, to_stdout};

/// Puts scripts into their canonical layout.
///
/// Files are rewritten in place. `-` reads a script from stdin and prints it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Scripts (.mqs), or folders that hold them, or `-`
    #[arg(required = true, value_name = "SCRIPT|DIR")]
    paths: Vec<PathBuf>,
    /// Change nothing, name the scripts that would change, and exit with 1 if there are any
    #[arg(long)]
    check: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit, CommandError> {
    let (mut broken, mut other) = (false, false);
    for path in &args.paths {
        if path == Path::new("-") {
            let mut text = String::new();
            io::stdin().lock().read_to_string(&mut text)?;
            match formatted("stdin", &text) {
                None => broken = true,
                Some(after) if args.check => other |= after != text,
                Some(after) => to_stdout(|out| Ok(out.write_all(after.as_bytes())?))?,
            }
            continue;
        }
        for (file, _) in find(path)? {
            let name = file.display();
            let bad = |e: &dyn std::fmt::Display| CommandError::usage(format_args!("{name}: {e}"));
            let text = std::fs::read_to_string(&file).map_err(|e| bad(&e))?;
            match formatted(&name.to_string(), &text) {
                None => broken = true,
                Some(after) if after == text => {}
                Some(after) => {
                    other = true;
                    if args.check {
                        to_stdout(|out| Ok(writeln!(out, "{name}")?))?;
                    } else {
                        std::fs::write(&file, after).map_err(|e| bad(&e))?;
                        say(format_args!("formatted {name}"));
                    }
                }
            }
        }
    }
    Ok(match (broken, args.check && other) {
        (true, _) => Exit::Usage,
        (false, true) => Exit::Failed,
        (false, false) => Exit::Fine,
    })
}

/// The canonical layout; `None` after showing why the script cannot be read.
fn formatted(file: &str, text: &str) -> Option<String> {
    match script::parse(file, text) {
        Ok(script) => Some(script::format(&script)),
        Err(error) => {
            show_problems(&error.problems);
            None
        }
    }
}
