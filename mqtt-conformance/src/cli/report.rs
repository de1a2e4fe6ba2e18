//! `report`: every other form of a report, made from its JSON.

use std::fs;
use std::path::{Path, PathBuf};

use mqtt_conformance::report::{READ_HINT, RunReport, join};

use super::forms::{self, Target};
use super::output::{CommandError, Exit};

/// Makes reports from the JSON of earlier runs.
///
/// Several runs stand side by side, in the order of the files. The shards of one run (`run --shard 1/4`) are joined to one: they have the
/// same broker, options and version of this tool.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What `run --report json=FILE` wrote
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// What to make, such as html=report.html; the path - is stdout. May be given several times
    #[arg(long, value_name = "KIND=PATH", value_parser = forms::parse, required = true)]
    report: Vec<Target>,
}

pub(super) fn run(args: &Args) -> Result<Exit, CommandError> {
    let reports: Vec<RunReport> = args.files.iter().map(|path| read(path)).collect::<Result<_, _>>()?;
    let reports = join(reports).map_err(CommandError::usage)?;
    forms::write_all(forms::open(&args.report)?, &reports)?;
    Ok(Exit::Fine)
}

/// Reads a report, or says which line of which file is none.
pub(super) fn read(path: &Path) -> Result<RunReport, CommandError> {
    let name = path.display();
    let bytes =
        fs::read(path).map_err(|e| CommandError::usage(format_args!("{name}: {e}")).hint(READ_HINT))?;
    let text = String::from_utf8(bytes).map_err(|e| {
        let good = e.as_bytes().get(..e.utf8_error().valid_up_to()).unwrap_or_default();
        let line = good.split(|byte| *byte == b'\n').count();
        CommandError::usage(format_args!("{name}:{line}: not JSON: the bytes are not UTF-8")).hint(READ_HINT)
    })?;
    RunReport::from_text(&text).map_err(|e| CommandError::usage(format_args!("{name}:{e}")).hint(READ_HINT))
}
