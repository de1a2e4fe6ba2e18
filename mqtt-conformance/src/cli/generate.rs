//! `completions` and `man`: made of the same description that the arguments are read by.

use clap::CommandFactory;
use clap_complete::Shell;

use super::output::{CommandError, Exit, to_stdout};
use super::{Cli, NAME};

/// Prints what makes a shell complete the arguments of this tool.
#[derive(Debug, clap::Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub(super) fn completions(args: &CompletionsArgs) -> Result<Exit, CommandError> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), NAME, &mut text);
    print(&text)
}

pub(super) fn man() -> Result<Exit, CommandError> {
    let mut command = Cli::command();
    command.build();
    let mut text = Vec::new();
    let page = clap_mangen::Man::new(command.clone());
    page.render(&mut text)?;
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        let name = format!("{NAME} {}", sub.get_name());
        let title = name.to_uppercase().replace(' ', "\\ ");
        text.extend(format!(".SH {title}\n").into_bytes());
        let page = clap_mangen::Man::new(sub.clone().display_name(name));
        page.render_description_section(&mut text)?;
        page.render_options_section(&mut text)?;
    }
    print(&text)
}

fn print(text: &[u8]) -> Result<Exit, CommandError> {
    to_stdout(|out| {
        out.write_all(text)?;
        Ok(Exit::Fine)
    })
}
