//! The command line tool. What it does is in the library; what it says and takes is in [`cli`].

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
