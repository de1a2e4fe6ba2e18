//! Connections spread over the nodes of a cluster.

use std::io;

use mqtt_conformance::run::{Cluster, Config, Connector, Entry, Verdict, run_test};
use mqtt_conformance::script;
use mqtt_conformance::server::serve::Server;
use mqtt_conformance::server::{Limits, Rules};
use tokio::io::DuplexStream;

/// One node: a broker of its own that shares nothing with the others.
struct Alone(Server);

impl Connector for Alone {
    type Stream = DuplexStream;

    async fn connect(&self, _: usize) -> io::Result<DuplexStream> {
        Ok(self.0.connect())
    }
}

#[tokio::test(start_paused = true)]
async fn names_take_turns_and_come_back_elsewhere() {
    let body =
        "# T.\nversion: 5.0\nconnect a, b, c\ndrop a\nconnect a\ndisconnect b\nconnect d, b, a\nping a\n";
    let test = script::parse("t.mqs", body).unwrap();
    let test = script::expand(&test, "area/t.mqs").unwrap().remove(0);
    let node = |name: &str| (name.to_owned(), Alone(Server::start(Rules::standard(), Limits::default())));
    let cluster = Cluster::new([node("mqtt://one"), node("mqtt://two")]);
    let outcome = run_test(&test, &cluster, &Config::default()).await;
    assert_eq!(outcome.verdict, Verdict::Pass, "{outcome:?}");
    let opened: Vec<_> =
        outcome.transcript.iter().map(Entry::line).filter(|line| line.starts_with("open ")).collect();
    let [one, two] = ["# node 1, mqtt://one", "# node 2, mqtt://two"];
    let expected =
        [("a", one), ("b", two), ("c", one), ("a", two), ("d", two), ("b", one), ("a", one)].map(open);
    assert_eq!(opened, expected);
    // The comment is of the language.
    assert!(script::parse("t.mqs", &format!("# T.\nversion: 5.0\n{}\n", opened.join("\n"))).is_ok());

    let single = Cluster::new([node("mqtt://one")]);
    let outcome = run_test(&test, &single, &Config::default()).await;
    assert_eq!(outcome.transcript.first().map(Entry::line).as_deref(), Some("open a version=5.0"));
}

fn open((name, node): (&str, &str)) -> String {
    format!("open {name} version=5.0  {node}")
}

#[tokio::test(start_paused = true)]
async fn what_one_node_is_told_the_other_has_to_know() {
    let body = "# T.\nversion: 3.1.1\nconnect sub, pub\nsubscribe sub \"${t}\"\n---\n\
        publish pub \"${t}\" \"x\"\nreceive sub \"${t}\" \"x\"\n";
    let test = script::expand(&script::parse("t.mqs", body).unwrap(), "area/t.mqs").unwrap().remove(0);
    let node = |server: &Server| ("mqtt://node".to_owned(), Alone(server.clone()));
    let start = || Server::start(Rules::standard(), Limits::default());
    let (one, two) = (start(), start());
    let apart = Cluster::new([node(&one), node(&two)]);
    assert_eq!(run_test(&test, &apart, &Config::default()).await.verdict, Verdict::Fail);
    let together = Cluster::new([node(&one), node(&one)]);
    assert_eq!(run_test(&test, &together, &Config::default()).await.verdict, Verdict::Pass);
}
