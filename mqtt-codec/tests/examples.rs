//! The examples do what they say, with each other where they can.

#[path = "../examples/bare_metal.rs"]
#[expect(dead_code, reason = "main is for the program")]
mod bare_metal;
#[path = "../examples/gateway.rs"]
#[expect(dead_code, reason = "main is for the program")]
mod gateway;
#[path = "../examples/mini_broker.rs"]
#[expect(dead_code, reason = "main is for the program")]
mod mini_broker;
#[path = "../examples/tokio_client.rs"]
#[expect(dead_code, reason = "main is for the program")]
mod tokio_client;
#[path = "../examples/wasm.rs"]
#[expect(dead_code, reason = "main is for the program")]
mod wasm;

/// The client has its own message back from the broker.
#[tokio::test]
async fn the_tokio_client_talks_to_the_mini_broker() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || mini_broker::serve(&listener));
    assert_eq!(tokio_client::run(&address).await.unwrap(), "hello");
}

#[test]
fn the_gateway_writes_3_1_1() {
    let mut out = Vec::new();
    let input = b"\x30\x0a\x00\x03a/b\x02\x01\x01hi\xc0\x00\x32\x08\x00\x01c\x00\x07\x00ho";
    assert_eq!(gateway::convert(input, &mut out).unwrap(), 2);
    assert_eq!(out, b"\x30\x07\x00\x03a/bhi\x32\x07\x00\x01c\x00\x07ho");
    assert!(gateway::convert(b"\x30\x0a\x00", &mut out).is_err());
}

#[test]
fn the_device_reports() {
    let mut line = bare_metal::Loopback::default();
    assert_eq!(bare_metal::client::report(&mut line, b"21.5"), Ok(()));
    assert_eq!(line.sent[..2], [0x10, 0x14]);
    assert!(line.sent.ends_with(b"\x30\x1a\x00\x14sensor/7/temperature21.5\xe0\x00"));
    assert_eq!(bare_metal::client::report(&mut line, b""), Err(bare_metal::client::Failure::Down));
}

#[test]
fn packets_are_explained() {
    let lines = wasm::explain("5.0", "30080003612f62006869c000").unwrap();
    assert_eq!(lines, [r#"PUBLISH "a/b" QoS 0, 2 bytes"#, "PINGREQ"]);
    assert!(wasm::explain("4.0", "c000").is_err());
    assert_eq!(wasm::explain("5.0", "c0").unwrap_err().to_string(), "at least 1 more bytes");
}
