//! `run`: scripts against a broker.

mod expect;
mod files;
mod groups;
mod journal;
mod profile;
mod report;
mod reports;
mod signals;
mod story;
mod table;
mod target;
mod width;

use std::sync::Arc;
use std::time::Duration;

use mqtt_conformance::capability::profile::Profile;
use mqtt_conformance::report::Options;
use mqtt_conformance::run::{
    Cluster, Config, Connector, Event, Halt, Verdict, fitting_jobs, round_trip, run_all,
};
use mqtt_conformance::script::Test;
use mqtt_conformance::server::{Limits, Rules, serve};
use mqtt_conformance::suite::{Notice, Shard, find_hindrance, mark, try_out, visit};
use mqtt_conformance::transport::{Address, Dialer, TlsOptions};
use tokio::sync::mpsc;

use super::output::{CommandError, Exit, RESET, YELLOW, say};
use super::scripts::{Paths, Selection};
use report::Report;
use reports::{ReportArgs, Reports};
pub(super) use target::Target;

/// Runs scripts against a broker, and says what held.
///
/// Without --broker, it is the reference broker that is built in. User name and password are taken from the options, or else from
/// the address, or else from the variables `MQTT_USERNAME` and `MQTT_PASSWORD`; no report shows them.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    selection: Selection,
    /// Only one part of the tests, such as 1/4; the parts are even, and together they are the whole
    #[arg(long, value_name = "PART/COUNT")]
    shard: Option<Shard>,
    /// How many tests run at the same time; without it as many as suit this machine and the broker's distance
    #[arg(long, value_name = "N", value_parser = jobs)]
    jobs: Option<usize>,
    /// How often a test that failed runs again, alone, before it is called failed; one that passes then is unsteady
    #[arg(long, value_name = "N", default_value = "1")]
    retries: u32,
    /// How long silence must last to count, besides two round trips: 300ms, 1s
    #[arg(long, value_name = "TIME", default_value = "300ms", value_parser = super::time)]
    quiet_window: Duration,
    /// How long to wait for an answer where a script doesn't say: 5s, 500ms
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = super::time)]
    timeout: Duration,
    /// Name every test as it ends, those that pass too
    #[arg(long, short, conflicts_with = "quiet")]
    verbose: bool,
    /// Show the table and the closing line only
    #[arg(long, short)]
    quiet: bool,
    /// Fail on what is only recommended (SHOULD) too
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    paths: Paths,
    #[command(flatten)]
    profile: profile::Args,
    #[command(flatten)]
    expect: expect::Args,
    #[command(flatten)]
    reports: ReportArgs,
}

fn jobs(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|jobs| *jobs > 0).ok_or_else(|| "expected a number from 1 on".to_owned())
}

pub(super) fn run(args: &Args) -> Result<Exit, CommandError> {
    let mut tests = args.selection.apply(args.paths.tests()?)?;
    if let Some(shard) = args.shard {
        shard.keep(&mut tests);
    }
    let known = args.expect.read(&args.paths)?;
    let profile = args.profile.read()?;
    let mut options = Options::default();
    options.shard = args.shard.map(|shard| shard.to_string());
    args.selection.describe(&mut options);
    let reports = args.reports.open(options)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let exit = runtime.block_on(run_tests(args, tests, &known, profile.as_ref(), reports));
    // What is left are connections that nobody waits for.
    runtime.shutdown_background();
    exit
}

async fn run_tests(
    args: &Args,
    tests: Vec<Test>,
    known: &expect::Known,
    profile: Option<&Profile>,
    mut reports: Reports,
) -> Result<Exit, CommandError> {
    let mut config = Config::default();
    config.step_deadline = args.timeout;
    config.quiet = args.quiet_window;
    config.retries = args.retries;
    config.run = mark();
    let (connector, name) = if let Some(reached) = args.target.reach(&mut config)? {
        reached
    } else {
        // The reference broker knows a method.
        config.missing.remove("enhanced-auth");
        start_built_in().await?
    };
    if let Some(profile) = profile {
        profile.apply(&mut config);
    }
    for (node, member) in connector.members() {
        let name = if connector.nodes().is_empty() { &name } else { &node.name };
        show_notices(visit(member, name, &tests, profile, &mut config).await?);
    }
    measure(&connector, &tests, &mut config).await;
    let jobs = args.jobs.unwrap_or_else(|| fitting_jobs(config.round_trip));
    // The built-in broker has the other end of each connection.
    let jobs = files::jobs_that_fit(jobs, if args.target.is_given() { 1 } else { 2 })?;
    if args.profile.explores() {
        for (node, member) in connector.members() {
            let name = if connector.nodes().is_empty() { &name } else { &node.name };
            show_notices(Box::pin(try_out(member, name, &tests, &mut config)).await);
            Box::pin(find_hindrance(member, name, &tests, jobs, &config)).await?;
        }
    }
    let is_known = |test: &&Test| known.expectations.of(&test.id).is_some();
    config.known = tests.iter().filter(is_known).map(|test| test.id.clone()).collect();
    let addresses = connector.members().map(|(node, _)| node.name.clone()).collect();
    reports.start(addresses, &config, jobs);
    let tests: Vec<Arc<Test>> = tests.into_iter().map(Arc::new).collect();
    let (news, mut inbox) = mpsc::unbounded_channel();
    let mut report = Report::new(&tests, &known.expectations, args.verbose, args.quiet);
    if reports.use_stdout() {
        report.step_aside();
    }
    let halt = config.halt.clone();
    tokio::spawn(until_interrupted(halt.clone()));
    let running = run_all(tests.clone(), Arc::new(connector), Arc::new(config), jobs, news);
    tokio::pin!(running);
    let outcomes = loop {
        tokio::select! {
            biased;
            Some(event) = inbox.recv() => {
                note(&mut reports, &event, &tests, known);
                tell(&mut report, event, &halt)?;
            }
            outcomes = &mut running => break outcomes,
        }
    };
    while let Ok(event) = inbox.try_recv() {
        note(&mut reports, &event, &tests, known);
        tell(&mut report, event, &halt)?;
    }
    report.close(&name, &outcomes)?;
    let stopped = halt.reason();
    reports.write(
        &tests,
        &outcomes,
        &known.expectations,
        stopped.as_ref().map(|reason| reason.text.clone()),
    )?;
    match stopped {
        Some(reason) if reason.unreachable => Ok(Exit::Unreachable),
        Some(_) => Ok(Exit::Interrupted),
        None => {
            args.expect.write(&name, &outcomes, known)?;
            Ok(expect::judge(&outcomes, &known.expectations, args.strict))
        }
    }
}

/// How far away the broker is.
async fn measure(connector: &Cluster<Dialer>, tests: &[Test], config: &mut Config) {
    let version =
        tests.iter().map(|test| test.version).find(|version| !config.missing_versions.contains_key(version));
    let Some(version) = version else { return };
    let Some(found) = round_trip(connector, version, config).await else { return };
    config.round_trip = found;
    if found >= FAR {
        say(format_args!(
            "a round trip to the broker takes {} ms; every deadline is longer by what that adds",
            found.as_millis()
        ));
    }
}

/// From here on, a round trip is worth a word.
const FAR: Duration = Duration::from_millis(50);

fn note(reports: &mut Reports, event: &Event, tests: &[Arc<Test>], known: &expect::Known) {
    if let Event::Finished { index, outcome } = event
        && let Some(test) = tests.get(*index)
    {
        reports.note(test, outcome, &known.expectations);
    }
}

/// Ends the run at the first signal to end, and the tool at the second.
async fn until_interrupted(halt: Halt) {
    let Some(mut signals) = signals::Signals::new() else { return };
    signals.next().await;
    halt.stop("interrupted before its end");
    say("interrupted: what is known is written down; Ctrl-C again ends at once");
    signals.next().await;
    std::process::exit(130);
}

fn tell(report: &mut Report<'_>, event: Event, halt: &Halt) -> Result<(), CommandError> {
    match event {
        // The closing sentence tells how many did not run.
        Event::Finished { outcome, .. } if outcome.verdict == Verdict::Error && halt.reason().is_some() => {
            Ok(())
        }
        Event::Finished { index, outcome } => report.finished(index, &outcome),
        Event::Started { index, .. } => {
            report.started(index);
            Ok(())
        }
        Event::Postponed { index, .. } => {
            report.postponed(index);
            Ok(())
        }
        _ => Ok(()),
    }
}

fn show_notices(notices: Vec<Notice>) {
    for Notice { text, warning } in notices {
        let word = if warning { format!("{YELLOW}warning:{RESET} ") } else { String::new() };
        say(format_args!("{word}{text}"));
    }
}

/// Starts the reference broker on a port of the system's choosing.
pub(super) async fn start_built_in() -> Result<(Cluster<Dialer>, String), CommandError> {
    let trouble = |e| CommandError::unreachable(format_args!("the built-in broker cannot be started: {e}"));
    let listener = serve::loopback().await.map_err(trouble)?;
    let address = listener.local_addr().map_err(trouble)?;
    let server = serve::Server::start(Rules::standard(), Limits::default());
    tokio::spawn(async move { server.serve_tcp(listener).await });
    let url: Address = format!("mqtt://{address}").parse().map_err(CommandError::usage)?;
    let dialer = Dialer::new(url, &TlsOptions::default()).map_err(CommandError::usage)?;
    let name = format!("the built-in broker at {address}");
    Ok((Cluster::new([(name.clone(), dialer)]), name))
}
