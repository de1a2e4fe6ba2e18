//! A script to the tests it stands for: one per version and case, with every verb spelled out.

mod cases;
mod lowering;
mod test;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::ast::Script;
use crate::diagnostic::{Draft, Problem, ScriptError, Severity, Span, problems};
use cases::case_suffix;

pub(super) use cases::{Case, cases, constant};
pub(super) use lowering::Lowering;
pub use test::{Action, Expected, Login, Step, Test};

/// The client id of a connection is `${c}` and its name, and 3.1 allows 23 characters.
pub(crate) const MAX_CONNECTION_NAME: usize = 11;

/// How many characters `${c}` may have, so that every connection has a client id that 3.1 allows.
pub const MAX_CLIENT_PREFIX: usize = 12;

/// The tests of a script. `path` is the file's path below the folder of all scripts, with `/` between its
/// parts: its folders are the area, its stem the name.
///
/// # Errors
///
/// What keeps the script from being run at all. [`check`](super::check()) finds these mistakes and more.
pub fn expand(script: &Script, path: &str) -> Result<Vec<Test>, ScriptError> {
    let mut problems = Vec::new();
    let mut tests = Vec::new();
    let stem = path.strip_suffix(".mqs").unwrap_or(path).trim_start_matches('/');
    let cases = cases(script, &mut problems);
    let description = script.description();
    for (version, _) in script.versions() {
        for case in &cases {
            let mut lowering = Lowering::new(script, version, case);
            let (steps, preparation) = lowering.script();
            problems.append(&mut lowering.problems);
            tests.push(Test {
                id: format!("{version}/{stem}{}", case_suffix(case)),
                version,
                level: script.level(version),
                rigor: script.rigor().any(|(of, _)| of == version),
                covers: script.covers().filter(|s| s.version == version).map(|s| s.id.clone()).collect(),
                needs: script.needs().map(|n| n.text.clone()).collect(),
                title: script.title(),
                description: description.clone(),
                case: case.iter().map(|(n, v)| (n.clone(), constant(v))).collect(),
                file: script.file.clone(),
                source: Arc::clone(&script.source),
                steps,
                preparation,
            });
        }
    }
    if tests.is_empty() && problems.is_empty() {
        problems.push(no_version());
    }
    let problems = finish(script, problems);
    if problems.iter().any(|p| p.severity == Severity::Error) {
        return Err(ScriptError { problems });
    }
    Ok(tests)
}

pub(super) fn no_version() -> (Span, Draft) {
    let draft = Draft::error("the script names no version");
    (Span::new(0, 0), draft.hint("begin with a line such as `version: 3.1 3.1.1 5.0`"))
}

/// Problems in the order of the file, each once.
pub(super) fn finish(script: &Script, drafts: Vec<(Span, Draft)>) -> Vec<Problem> {
    let mut seen = BTreeSet::new();
    let fresh = |(span, draft): &(Span, Draft)| seen.insert((span.start, span.end, draft.message.clone()));
    problems(&script.file, &script.source, drafts.into_iter().filter(fresh).collect())
}
