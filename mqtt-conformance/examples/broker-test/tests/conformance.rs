//! The suite against this package's broker, in the same process and over TCP.

use std::io;

use mqtt_conformance::{Broker, Error, Suite, Verdict, Version};
use tokio::io::DuplexStream;
use tokio::net::TcpListener;

/// One connection to the broker, in memory.
async fn connect() -> io::Result<DuplexStream> {
    let (client, server) = tokio::io::duplex(64 * 1024);
    tokio::spawn(broker_test::serve(server));
    Ok(client)
}

#[tokio::test]
async fn answers_every_pingreq() -> Result<(), Error> {
    let broker = Broker::in_process("broker-test", connect);
    let results = Suite::built_in()?.select(&["*/3.12-pingreq/*"]).run(&broker).await?;
    assert!(results.conform(), "{results}");
    assert!(results.count(Verdict::Pass) >= 5, "{results}");
    Ok(())
}

#[tokio::test]
async fn is_found_wanting_where_it_is() -> Result<(), Error> {
    let broker = Broker::in_process("broker-test", connect);
    let suite = Suite::built_in()?.versions(&[Version::V5]).select(&["5.0/3.8-subscribe/answered[id=1]"]);
    let results = suite.run(&broker).await?;
    assert!(!results.conform(), "it answers no SUBSCRIBE");
    let [outcome] = results.outcomes() else { panic!("{results}") };
    assert_eq!(outcome.verdict(), Verdict::Fail, "{outcome}");
    assert!(outcome.statements().iter().any(|id| id == "MQTT-3.8.4-1"), "{outcome}");
    assert!(outcome.trace().any(|line| line.contains("SUBSCRIBE")), "{outcome}");
    Ok(())
}

#[tokio::test]
async fn a_known_failure_is_no_failure() -> Result<(), Error> {
    let known = r#"
broker = "broker-test"
version = "0.1.0"
date = "2026-11-30"

[[failure]]
tests = ["5.0/3.8-subscribe/answered[*"]
statement = "MQTT-3.8.4-1"
reason = "serves no SUBSCRIBE"
"#;
    let suite = Suite::built_in()?
        .known_failures("known.toml", known)?
        .select(&["5.0/3.8-subscribe/answered[*", "5.0/3.12-pingreq/answered"]);
    let results = suite.run(&Broker::in_process("broker-test", connect)).await?;
    assert!(results.conform(), "{results}");
    Ok(())
}

#[tokio::test]
async fn by_address() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(broker_test::serve(stream));
        }
    });
    let broker = Broker::at(&format!("mqtt://{address}"))?;
    let results = Suite::built_in()?.select(&["5.0/3.12-pingreq/answered"]).run(&broker).await?;
    assert!(results.conform(), "{results}");
    Ok(())
}

#[tokio::test]
async fn a_broker_that_is_not_there_is_an_error() -> Result<(), Error> {
    let broker = Broker::in_process("nobody", || async {
        Err::<DuplexStream, _>(io::Error::from(io::ErrorKind::ConnectionRefused))
    });
    let error = Suite::built_in()?.run(&broker).await.expect_err("nobody is there");
    assert!(error.is_about_the_broker(), "{error}");
    Ok(())
}
