//! How many connections this process may have: the system limits the number of open files.

use super::super::output::{CommandError, RESET, YELLOW, say};

/// Files that are no connections of tests: reports, the terminal, what the runtime needs.
const OTHERS: u64 = 32;

/// So many connections a test has at the most, but for a few.
const OF_A_TEST: u64 = 4;

/// How many tests may run at the same time, so that their connections fit what the system allows. `ends` is how many ends of each
/// connection this process has: two, if it is the broker too.
///
/// # Errors
///
/// When not one test fits.
pub(super) fn jobs_that_fit(wanted: usize, ends: u64) -> Result<usize, CommandError> {
    let Some(limit) = limit() else { return Ok(wanted) };
    let fit = limit.saturating_sub(OTHERS) / (OF_A_TEST * ends);
    let fit = usize::try_from(fit).unwrap_or(usize::MAX);
    if fit == 0 {
        let message = format_args!("this process may have {limit} open files, which is too few for one test");
        return Err(CommandError::unreachable(message).hint("`ulimit -n 1024` allows more"));
    }
    if fit < wanted {
        say(format_args!(
            "{YELLOW}warning:{RESET} {fit} tests run at the same time instead of {wanted}: this process may have {limit} open files; \
             `ulimit -n 4096` allows more"
        ));
    }
    Ok(wanted.min(fit))
}

/// How many open files this process may have, after it took as many as it is allowed to take; `None` where there is no such limit.
#[cfg(unix)]
fn limit() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // Systems that name no maximum may still refuse a number that is too high.
    let wanted = maximum.map_or(4096, |maximum| maximum.min(65_536));
    if current.is_some_and(|current| current < wanted) {
        let raised = Rlimit { current: Some(wanted), maximum };
        if setrlimit(Resource::Nofile, raised).is_ok() {
            return Some(wanted);
        }
    }
    current
}

#[cfg(not(unix))]
fn limit() -> Option<u64> {
    None
}
