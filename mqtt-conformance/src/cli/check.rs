//! `check`: what is wrong with scripts.

use super::output::{CommandError, Exit, GREEN, RED, RESET, say, show_problems};
use super::scripts::Paths;

/// Says what is wrong with scripts, without a broker.
///
/// Every mistake is shown with its line. Warnings are shown too, and are no failure.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    paths: Paths,
}

pub(super) fn run(args: &Args) -> Result<Exit, CommandError> {
    let sources = args.paths.places().read()?;
    let (mut broken, mut tests) = (0, 0);
    for source in &sources {
        match source.check() {
            Ok((of_script, warnings)) => {
                show_problems(&warnings);
                tests += of_script.len();
            }
            Err(problems) => {
                show_problems(&problems);
                broken += 1;
            }
        }
    }
    let count = sources.len();
    let scripts = if count == 1 { "script" } else { "scripts" };
    if broken > 0 {
        say(format_args!("{RED}{broken} of {count} {scripts} broken{RESET}"));
        return Ok(Exit::Usage);
    }
    say(format_args!("{GREEN}{count} {scripts} fine{RESET}, {tests} tests"));
    Ok(Exit::Fine)
}
