//! What the broker is documented to lack: `--profile`, and what is found out by trying.

use mqtt_conformance::capability::profile::{self, Profile};
use mqtt_conformance::script::closest;

use crate::cli::output::CommandError;
use crate::cli::scripts::read_toml;

/// What the broker cannot do.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What the broker lacks")]
#[group(skip)]
pub(super) struct Args {
    /// What the broker is documented to lack: a profile that came with the tool (`list --profiles`), or a file
    #[arg(long, value_name = "NAME|FILE")]
    profile: Option<String>,
    /// Don't try what the broker cannot say: QoS 2 in 3.x, empty client identifiers, topics that begin with `$`
    #[arg(long)]
    no_explore: bool,
}

impl Args {
    /// Reads the profile before anything runs.
    pub(super) fn read(&self) -> Result<Option<Profile>, CommandError> {
        let Some(given) = &self.profile else { return Ok(None) };
        if let Some((name, text)) = profile::built_in().iter().find(|(name, _)| name == given) {
            return parse(&format!("profiles/{name}.toml"), text).map(Some);
        }
        if !given.contains(['/', '\\', '.']) {
            let names: Vec<&str> = profile::built_in().iter().map(|(name, _)| *name).collect();
            let error = CommandError::usage(format_args!("no profile is known as {given}"));
            return Err(match closest(given, &names) {
                Some(name) => error.hint(format_args!("did you mean {name}?")),
                None => error.hint(format_args!("known are {}; or give a file", names.join(", "))),
            });
        }
        let hint = "--profile takes the name of a profile or a file; `list --profiles` shows the names";
        let text = read_toml(given.as_ref(), hint)?;
        parse(given, &text).map(Some)
    }

    /// Whether to try what the broker has no words for.
    pub(super) fn explores(&self) -> bool {
        !self.no_explore
    }
}

fn parse(file: &str, text: &str) -> Result<Profile, CommandError> {
    profile::parse(file, text).map_err(|problems| CommandError::in_file(file, problems))
}
