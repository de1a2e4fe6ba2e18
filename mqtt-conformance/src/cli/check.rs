//! `check`: what is wrong with scripts.

use mqtt_conformance::script::{self, Severity};

use super::output::{Complaint, Exit, GREEN, RED, RESET, say};
use super::scripts::{Paths, Statements, load, show};

/// Says what is wrong with scripts, without a broker.
///
/// Every mistake is shown with its line. Warnings are shown too, and are no failure.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    paths: Paths,
}

pub(super) fn run(args: &Args) -> Result<Exit, Complaint> {
    let statements = Statements::read()?;
    let sources = args.paths.read()?;
    let (mut broken, mut tests) = (0, 0);
    for source in &sources {
        let (mut problems, script) = match load(source, Some(&statements)) {
            Ok((script, problems)) => (problems, Some(script)),
            Err(problems) => (problems, None),
        };
        let sound = |problems: &[script::Problem]| problems.iter().all(|p| p.severity == Severity::Warning);
        if sound(&problems)
            && let Some(script) = script
        {
            match script::expand(&script, &source.path) {
                Ok(of_script) => tests += of_script.len(),
                Err(error) => problems = error.problems,
            }
        }
        show(&problems);
        broken += usize::from(!sound(&problems));
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
