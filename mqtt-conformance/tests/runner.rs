//! The runner against brokers of a few lines, over pipes in memory and under a clock that jumps.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mqtt_codec::{Decoded, Frame, Version};
use mqtt_conformance::run::{
    Config, Connector, Event, Outcome, ProbeError, Verdict, probe, run_all, run_test,
};
use mqtt_conformance::script::{self, Test};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::sleep;

/// What the broker does after it has read a packet.
#[derive(Clone, Debug)]
enum Act {
    /// Sends these bytes; none is also an answer.
    Say(Vec<u8>),
    /// Waits, then sends.
    Later(u64, Vec<u8>),
    /// Sends, and closes.
    Close(Vec<u8>),
}

fn say(bytes: &[u8]) -> Act {
    Act::Say(bytes.to_vec())
}

/// A broker that answers the packets of each connection in turn, connections in the order of their opening.
struct Scripted {
    connections: Mutex<VecDeque<Vec<Act>>>,
    seen: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Scripted {
    fn new(connections: Vec<Vec<Act>>) -> Self {
        Self { connections: Mutex::new(connections.into()), seen: Arc::default() }
    }
}

impl Connector for Scripted {
    type Stream = DuplexStream;

    async fn connect(&self, _: usize) -> io::Result<DuplexStream> {
        let acts = self.connections.lock().unwrap().pop_front();
        let acts = acts.ok_or_else(|| io::Error::from(io::ErrorKind::ConnectionRefused))?;
        let (ours, theirs) = duplex(1 << 16);
        tokio::spawn(serve(theirs, acts, Arc::clone(&self.seen)));
        Ok(ours)
    }
}

async fn serve(mut stream: DuplexStream, acts: Vec<Act>, seen: Arc<Mutex<Vec<Vec<u8>>>>) {
    let mut buffer = Vec::new();
    for act in acts {
        loop {
            if let Ok(Decoded::Complete { consumed, .. }) = Frame::take(&buffer, Version::V5, u32::MAX) {
                seen.lock().unwrap().push(buffer.drain(..consumed).collect());
                break;
            }
            match stream.read_buf(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
        match act {
            Act::Say(bytes) => stream.write_all(&bytes).await.unwrap(),
            Act::Later(time, bytes) => {
                sleep(Duration::from_millis(time)).await;
                stream.write_all(&bytes).await.unwrap();
            }
            Act::Close(bytes) => {
                stream.write_all(&bytes).await.unwrap();
                return;
            }
        }
    }
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
}

const HELLO: &[u8] = &[0x20, 2, 0, 0];
const HELLO5: &[u8] = &[0x20, 3, 0, 0, 0];

fn test(version: &str, body: &str) -> Test {
    let text = format!("# T.\nversion: {version}\n{body}");
    let script = script::parse("t.mqs", &text).unwrap_or_else(|e| panic!("{}", e.problems[0].one_line()));
    let problems = script::check(&script, None);
    assert!(problems.is_empty(), "{}", problems[0].one_line());
    script::expand(&script, "area/t.mqs").unwrap().remove(0)
}

async fn outcome(version: &str, body: &str, connections: Vec<Vec<Act>>) -> Outcome {
    run_test(&test(version, body), &Scripted::new(connections), &Config::default()).await
}

#[track_caller]
fn failed(outcome: &Outcome, verdict: Verdict, line: usize, expected: &str, got: &str) {
    let failure = outcome.failure.as_ref().unwrap_or_else(|| panic!("{outcome:?}"));
    assert_eq!(
        (outcome.verdict, failure.line, failure.expected.as_str(), failure.got.as_str()),
        (verdict, line, expected, got)
    );
}

fn lines(outcome: &Outcome) -> Vec<String> {
    outcome.transcript.iter().map(mqtt_conformance::run::Entry::line).collect()
}

#[tokio::test(start_paused = true)]
async fn passes_and_keeps_a_pasteable_transcript() {
    let body = "connect a\n---\npublish a \"${t}\" \"x\" qos=2\nping a\ndisconnect a\n";
    let acts = vec![
        say(HELLO),
        say(&[0x50, 2, 0x9c, 0x41]),
        say(&[0x70, 2, 0x9c, 0x41]),
        say(&[0xd0, 0]),
        Act::Close(vec![]),
    ];
    let outcome = outcome("3.1.1", body, vec![acts]).await;
    assert_eq!(outcome.verdict, Verdict::Pass, "{outcome:?}");
    let c = &lines(&outcome)[1];
    let c = c.split("client_id=\"").nth(1).unwrap().trim_end_matches("a\"").to_owned();
    assert_eq!(c.len(), 12);
    assert_eq!(
        lines(&outcome),
        [
            "open a version=3.1.1".to_owned(),
            format!("a > CONNECT clean_session=true keep_alive=60 client_id=\"{c}a\""),
            "a < CONNACK session_present=false return_code=0x00".to_owned(),
            format!(
                "a > PUBLISH dup=false qos=2 retain=false topic=\"mqc{c}\" packet_id=40001 payload=\"x\""
            ),
            "a < PUBREC packet_id=40001".to_owned(),
            "a > PUBREL packet_id=40001".to_owned(),
            "a < PUBCOMP packet_id=40001".to_owned(),
            "a > PINGREQ".to_owned(),
            "a < PINGRESP".to_owned(),
            "a > DISCONNECT".to_owned(),
            "# a closed by the tool".to_owned(),
            "a < closed".to_owned(),
        ]
    );
    // The lines are a script that passes as well.
    let replay = lines(&outcome).join("\n");
    let script = script::parse("t.mqs", &format!("# T.\nversion: 3.1.1\n{replay}\n")).unwrap();
    assert!(script::check(&script, None).is_empty());
}

#[tokio::test(start_paused = true)]
async fn fails_with_what_was_expected_and_what_came() {
    let body = "connect a\n---\na > PUBLISH topic=\"x\" qos=1 packet_id=7\na < PUBACK packet_id=7\n";
    let wrong = outcome("3.1.1", body, vec![vec![say(HELLO), say(&[0x40, 2, 0, 8])]]).await;
    failed(
        &wrong,
        Verdict::Fail,
        6,
        "a < PUBACK packet_id=7",
        "a < PUBACK packet_id=8 and nothing else for 5s",
    );
    assert_eq!(wrong.failure.as_ref().unwrap().difference.as_deref(), Some("packet_id is 8, expected 7"));
    assert_eq!(wrong.failure.as_ref().unwrap().step, "a < PUBACK packet_id=7");

    let silent = outcome("3.1.1", body, vec![vec![say(HELLO), say(&[])]]).await;
    failed(&silent, Verdict::Fail, 6, "a < PUBACK packet_id=7", "nothing for 5s");
    assert!(silent.duration >= Duration::from_secs(5) && silent.duration < Duration::from_secs(6));

    let closed = outcome("3.1.1", body, vec![vec![say(HELLO), Act::Close(vec![])]]).await;
    failed(&closed, Verdict::Fail, 6, "a < PUBACK packet_id=7", "a < closed");

    let other = outcome("3.1.1", body, vec![vec![say(HELLO), say(&[0xd0, 0])]]).await;
    // No standard orders the two.
    failed(&other, Verdict::Fail, 6, "a < PUBACK packet_id=7", "nothing for 5s");
}

#[tokio::test(start_paused = true)]
async fn a_failed_preparation_leaves_the_question_open() {
    let body = "connect a\n---\nping a\n";
    let refused = outcome("3.1.1", body, vec![vec![say(&[0x20, 2, 0, 5])]]).await;
    failed(
        &refused,
        Verdict::Inconclusive,
        3,
        "a < CONNACK return_code=0x00",
        "a < CONNACK session_present=false return_code=0x05",
    );
    let unreachable = outcome("3.1.1", body, vec![]).await;
    assert_eq!(unreachable.verdict, Verdict::Error);
    assert!(unreachable.unreachable);
    assert_eq!(unreachable.reason.as_deref(), Some("cannot connect: connection refused"));
}

#[tokio::test(start_paused = true)]
async fn malformed_bytes_fail_with_the_statement_they_break() {
    let body = "connect a\n---\nping a\n";
    let flags = outcome("3.1.1", body, vec![vec![say(HELLO), say(&[0xd1, 0])]]).await;
    failed(
        &flags,
        Verdict::Fail,
        5,
        "a < PINGRESP",
        "a < hex \"d1 00\": PINGRESP Fixed Header, byte 0: flags 0b0001 are not allowed for this packet type [MQTT-2.2.2-2]",
    );
    assert!(flags.failure.unwrap().malformed.is_some());
    let endless =
        outcome("3.1.1", body, vec![vec![say(HELLO), say(&[0xd0, 0xff, 0xff, 0xff, 0xff, 0xff])]]).await;
    assert_eq!(endless.verdict, Verdict::Fail);
    assert!(endless.failure.unwrap().malformed.is_some());
    let html = outcome("3.1.1", body, vec![vec![say(b"HTTP/1.1 400 Bad Request\r\n\r\n")]]).await;
    assert_eq!(html.verdict, Verdict::Fail, "though no packet is whole");
    let half = outcome("3.1.1", body, vec![vec![say(HELLO), say(&[0x90, 9, 0, 1])]]).await;
    let got = "nothing for 5s, but 4 bytes of a packet that did not end";
    failed(&half, Verdict::Fail, 5, "a < PINGRESP", got);
    let cut = outcome("3.1.1", body, vec![vec![say(HELLO), Act::Close(vec![0x90, 9, 0, 1])]]).await;
    let got = "a < closed in the middle of a packet: a < hex \"90 09 00 01\"";
    failed(&cut, Verdict::Fail, 5, "a < PINGRESP", got);
    let unasked = outcome(
        "3.1.1",
        "connect a, b\n---\nping a\n",
        vec![vec![say(HELLO), Act::Later(20, vec![0xd0, 0])], vec![say(&[0x20, 2, 0, 0, 0xd1, 0])]],
    )
    .await;
    assert_eq!(unasked.verdict, Verdict::Fail);
    assert_eq!(unasked.failure.unwrap().expected, "no malformed packet");
}

#[tokio::test(start_paused = true)]
async fn packets_that_the_client_did_not_allow_fail_unasked() {
    let small = "connect a properties=[maximum_packet_size=6]\n---\na > PUBREL packet_id=9\na < PUBCOMP packet_id=9\n";
    let fits = vec![say(HELLO5), say(&[0x70, 4, 0, 9, 0x92, 0])];
    assert_eq!(outcome("5.0", small, vec![fits]).await.verdict, Verdict::Pass);
    let long = [0x70, 8, 0, 9, 0x92, 4, 0x1f, 0, 1, b'x'];
    let long = outcome("5.0", small, vec![vec![say(HELLO5), say(&long)]]).await;
    failed(
        &long,
        Verdict::Fail,
        6,
        "a < PUBCOMP packet_id=9",
        "a < PUBCOMP packet_id=9 reason=0x92 properties=[reason_string=\"x\"]: 10 bytes, where the client's Maximum \
         Packet Size is 6 [MQTT-3.1.2-24]",
    );
    assert!(long.failure.unwrap().forbidden.is_some());

    // Nobody waits for it, and it is preparation.
    let twice = [0x32, 6, 0, 1, b'x', 0, 1, 0].repeat(2);
    let unasked = outcome("5.0", "connect a\n", vec![vec![say(&[HELLO5, &twice].concat())]]).await;
    assert_eq!(unasked.verdict, Verdict::Fail);
    let failure = unasked.failure.unwrap();
    assert_eq!(failure.expected, "no forbidden packet");
    assert!(failure.got.ends_with("that was not acknowledged [MQTT-2.2.1-4]"), "{}", failure.got);
}

#[tokio::test(start_paused = true)]
async fn a_version_may_be_refused_in_the_form_of_another() {
    for (version, forms) in [
        ("3.1.1", [&[0x20, 2, 0, 1][..], &[0x20, 3, 0, 0x84, 0]]),
        ("5.0", [&[0x20, 2, 0, 1], &[0x20, 3, 0, 0x84, 0]]),
    ] {
        for form in forms {
            let acts = vec![Act::Close(form.to_vec())];
            let refused = outcome(version, "open a\n---\na > PINGREQ\na < closed\n", vec![acts]).await;
            assert_eq!(refused.verdict, Verdict::Pass, "{version} {form:?} {refused:?}");
        }
    }
    // Only a first packet, and only for that reason.
    for (version, answer) in [
        ("5.0", &[0x20, 2, 0, 5][..]),
        ("5.0", &[0x20, 2, 0, 0]),
        ("3.1.1", &[0x20, 3, 0, 0x80, 0]),
        ("3.1.1", &[0x20, 2, 0, 1, 0x20, 3, 0, 0x84, 0]),
    ] {
        let acts = vec![Act::Close(answer.to_vec())];
        let wrong = outcome(version, "open a\n---\na > PINGREQ\na < closed\n", vec![acts]).await;
        assert_eq!(wrong.verdict, Verdict::Fail, "{version} {answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_transcript_shows_bytes_that_no_packet_has() {
    let body =
        "open a\n---\na > PUBREL packet_id=1 patch 0=0x6a\na > PUBREL packet_id=1 patch 3=2\na < nothing\n";
    let outcome = outcome("3.1", body, vec![vec![say(&[]), say(&[])]]).await;
    assert_eq!(
        lines(&outcome)[1..],
        ["a > hex \"6a 02 00 01\"", "a > PUBREL packet_id=2"].map(str::to_owned)
    );
}

#[tokio::test(start_paused = true)]
async fn every_connect_carries_the_login_unless_the_script_says_how() {
    let mut config = Config::default();
    config.user_name = Some("me".to_owned());
    config.password = Some(b"secret".to_vec());
    config.missing.remove("auth");
    for (header, connect, carries) in [
        ("", "a > CONNECT client_id=\"x\"", true),
        ("", "a > CONNECT client_id=\"x\" user_name=\"you\"", false),
        ("", "a > CONNECT client_id=\"x\" patch 9=2", false),
        ("needs: auth\n", "a > CONNECT client_id=\"x\"", false),
    ] {
        let test = test("3.1.1", &format!("{header}open a\n---\n{connect}\na < CONNACK\n"));
        let broker = Scripted::new(vec![vec![say(HELLO)]]);
        let outcome = run_test(&test, &broker, &config).await;
        assert_eq!(outcome.verdict, Verdict::Pass, "{outcome:?}");
        let seen = broker.seen.lock().unwrap()[0].clone();
        assert_eq!(seen.ends_with(b"\0\x02me\0\x06secret"), carries, "{header}{connect}");
    }
}

#[tokio::test(start_paused = true)]
async fn silence_and_time_windows() {
    let quiet = "connect a\n---\na < nothing\n";
    assert_eq!(outcome("3.1.1", quiet, vec![vec![say(HELLO)]]).await.verdict, Verdict::Pass);
    let late = outcome("3.1.1", quiet, vec![vec![say(&[HELLO, &[0xd0, 0]].concat())]]).await;
    failed(&late, Verdict::Fail, 5, "a < nothing", "a < PINGRESP");
    let closed = outcome("3.1.1", quiet, vec![vec![Act::Close(HELLO.to_vec())]]).await;
    failed(&closed, Verdict::Fail, 5, "a < nothing", "a < closed");

    let window = "connect a\n---\na > PINGREQ\na < PINGRESP within 1.5s..3s\n";
    let answer = |after| vec![vec![say(HELLO), Act::Later(after, vec![0xd0, 0])]];
    assert_eq!(outcome("3.1.1", window, answer(2000)).await.verdict, Verdict::Pass);
    let early = outcome("3.1.1", window, answer(1000)).await;
    failed(&early, Verdict::Fail, 6, "a < PINGRESP within 1.5s..3s", "a < PINGRESP after 1s");
    let late = outcome("3.1.1", window, answer(4000)).await;
    failed(&late, Verdict::Fail, 6, "a < PINGRESP", "nothing for 3s");
    let waited = "connect a\na > PINGREQ\nwait 2s\na < PINGRESP within 1s\n";
    assert_eq!(outcome("3.1.1", waited, answer(1500)).await.verdict, Verdict::Pass);
}

#[tokio::test(start_paused = true)]
async fn closing_with_and_without_a_word() {
    let any = "connect a\n---\na > PINGREQ\na < closed\n";
    let coded = "connect a\n---\na > PINGREQ\na < closed reason=0x81|0x82\n";
    let bye = |code| vec![vec![say(HELLO5), Act::Close(vec![0xe0, 1, code])]];
    assert_eq!(outcome("5.0", any, bye(0x93)).await.verdict, Verdict::Pass);
    assert_eq!(outcome("5.0", coded, bye(0x82)).await.verdict, Verdict::Pass);
    assert_eq!(
        outcome("5.0", coded, vec![vec![say(HELLO5), Act::Close(vec![])]]).await.verdict,
        Verdict::Pass
    );
    let wrong = outcome("5.0", coded, bye(0x93)).await;
    failed(
        &wrong,
        Verdict::Fail,
        6,
        "a < closed reason=0x81|0x82",
        "a < DISCONNECT reason=0x93 properties=[]",
    );
    let open = outcome("5.0", coded, vec![vec![say(HELLO5), say(&[0xe0, 1, 0x82])]]).await;
    failed(&open, Verdict::Fail, 6, "a < closed reason=0x81|0x82", "nothing more for 5s, and did not close");
    let refused = "open a\na > CONNECT client_id=\"${c}\"\na < closed reason=0x85\n";
    assert_eq!(
        outcome("5.0", refused, vec![vec![Act::Close(vec![0x20, 3, 0, 0x85, 0])]]).await.verdict,
        Verdict::Pass
    );
    let welcome = outcome("5.0", refused, vec![vec![Act::Close(HELLO5.to_vec())]]).await;
    assert_eq!(welcome.verdict, Verdict::Fail);
}

/// PUBLISH of `topic` with QoS 1.
fn publish(topic: u8, id: u8) -> Vec<u8> {
    vec![0x32, 6, 0, 1, topic, 0, id, b'x']
}

#[tokio::test(start_paused = true)]
async fn any_order_takes_each_packet_once() {
    let body = "connect a\n---\na > PINGREQ\nany-order {\nreceive a \"a\" \"x\" qos=1\nreceive a \"b\" \"x\" qos=1\na < PINGRESP\n}\n";
    let answers = |parts: &[&[u8]]| vec![vec![say(HELLO), say(&parts.concat())]];
    for order in [
        [publish(b'a', 1), publish(b'b', 2), vec![0xd0, 0]],
        [publish(b'b', 1), vec![0xd0, 0], publish(b'a', 2)],
    ] {
        let parts: Vec<&[u8]> = order.iter().map(Vec::as_slice).collect();
        let outcome = outcome("3.1.1", body, answers(&parts)).await;
        assert_eq!(outcome.verdict, Verdict::Pass, "{outcome:?}");
        assert_eq!(lines(&outcome).iter().filter(|l| l.contains("> PUBACK")).count(), 2);
    }
    let twice = outcome("3.1.1", body, answers(&[&publish(b'a', 1), &publish(b'a', 2)])).await;
    failed(
        &twice,
        Verdict::Fail,
        8,
        "a < PUBLISH qos=1 topic=\"b\" payload=\"x\" packet_id=*\na < PINGRESP",
        "nothing for 5s",
    );
    let missing = outcome("3.1.1", body, answers(&[&publish(b'a', 1), &[0xd0, 0]])).await;
    failed(
        &missing,
        Verdict::Fail,
        8,
        "a < PUBLISH qos=1 topic=\"b\" payload=\"x\" packet_id=*",
        "nothing for 5s",
    );
}

#[tokio::test(start_paused = true)]
async fn either_follows_what_comes_first() {
    // Who publishes to a topic is not surprised by its messages.
    let body = "connect a\na > PUBLISH topic=\"a\"\n---\na > PINGREQ\neither {\na < closed\n} or {\na < PINGRESP\nping a\n} or {\na < nothing within 1s\nping a\n}\n";
    let runs = [
        (vec![say(HELLO), say(&[]), Act::Close(vec![])], Verdict::Pass),
        (vec![say(HELLO), say(&[]), say(&[0xd0, 0]), say(&[0xd0, 0])], Verdict::Pass),
        (vec![say(HELLO), say(&[]), say(&[]), say(&[0xd0, 0])], Verdict::Pass),
        (vec![say(HELLO), say(&[]), say(&[]), say(&[])], Verdict::Fail),
        (vec![say(HELLO), say(&[]), say(&publish(b'a', 1))], Verdict::Fail),
    ];
    for (acts, verdict) in runs {
        let outcome = outcome("3.1.1", body, vec![acts.clone()]).await;
        assert_eq!(outcome.verdict, verdict, "{acts:?} {outcome:?}");
    }
    let surprise = outcome("3.1.1", body, vec![vec![say(HELLO), say(&[]), say(&publish(b'a', 1))]]).await;
    failed(
        &surprise,
        Verdict::Fail,
        7,
        "a < closed\nor a < PINGRESP\nor a < nothing",
        "a < PUBLISH dup=false qos=1 retain=false topic=\"a\" packet_id=1 payload=\"x\"",
    );
}

#[tokio::test(start_paused = true)]
async fn captures_counters_patches_and_raw_bytes() {
    let body = "connect a\n---\nrepeat 2 as i {\na > PUBLISH topic=\"t${i}\" qos=1 packet_id=$i\na < PUBACK packet_id=?id\n}\n\
                a > PUBREL packet_id=$id\na > PINGREQ patch 0=0x36 1=hex \"ff\"\na > hex \"30 03 00 01\" \"z\"\n";
    let broker =
        Scripted::new(vec![vec![say(HELLO), say(&[0x40, 2, 0, 1]), say(&[0x40, 2, 0, 2]), say(&[])]]);
    let outcome = run_test(&test("3.1.1", body), &broker, &Config::default()).await;
    assert_eq!(outcome.verdict, Verdict::Pass, "{outcome:?}");
    let all = lines(&outcome);
    assert_eq!(all[3], "a > PUBLISH dup=false qos=1 retain=false topic=\"t1\" packet_id=1 payload=\"\"");
    assert_eq!(all[5], "a > PUBLISH dup=false qos=1 retain=false topic=\"t2\" packet_id=2 payload=\"\"");
    assert_eq!(all[7], "a > PUBREL packet_id=2");
    assert_eq!(all[8], "a > hex \"36 ff\"");
    assert_eq!(all[9], "a > PUBLISH dup=false qos=0 retain=false topic=\"z\" payload=\"\"");
}

#[tokio::test(start_paused = true)]
async fn a_hanging_or_flooding_broker_ends_in_a_verdict() {
    // It always answers at the last moment.
    let endless = "connect a\n---\nrepeat 1000000 {\nping a\n}\n";
    let answers = std::iter::repeat_with(|| Act::Later(4000, vec![0xd0, 0])).take(100);
    let outcome1 =
        outcome("3.1.1", endless, vec![std::iter::once(say(HELLO)).chain(answers).collect()]).await;
    assert_eq!(outcome1.verdict, Verdict::Inconclusive, "{outcome1:?}");
    assert_eq!(outcome1.reason.as_deref(), Some("the test was not finished after 60s"));

    // It never reads: the pipe fills up.
    let deaf = "connect a\n---\na > PUBLISH topic=\"a\" payload=bytes(1000000)\nping a\n";
    let outcome2 = outcome("3.1.1", deaf, vec![vec![Act::Later(3_600_000, vec![])]]).await;
    assert_eq!(outcome2.verdict, Verdict::Inconclusive);
    let outcome3 =
        outcome("3.1.1", deaf, vec![vec![say(HELLO), Act::Later(3_600_000, vec![]), say(&[])]]).await;
    assert_eq!(outcome3.verdict, Verdict::Fail);

    let mut config = Config::default();
    config.max_received = 1 << 20;
    let flood = Scripted::new(vec![vec![say(HELLO), say(&[0xd0, 0].repeat(1 << 20))]]);
    let body = "connect a\n---\na > PINGREQ\nwait 30s\nping a\n";
    let outcome4 = run_test(&test("3.1.1", body), &flood, &config).await;
    assert_eq!(outcome4.verdict, Verdict::Inconclusive);
    assert!(outcome4.reason.is_some_and(|reason| reason.contains("more than a test keeps")));

    // No packet of MQTT is too long, and this one is longer than the tool takes.
    config.max_packet = 1000;
    let long = Scripted::new(vec![vec![say(HELLO), say(&[0x30, 0xff, 0xff, 0x7f, 0, 1, b'a'])]]);
    let outcome5 = run_test(&test("3.1.1", body), &long, &config).await;
    assert_eq!(outcome5.verdict, Verdict::Inconclusive);
    assert!(outcome5.reason.is_some_and(|reason| reason.contains("no more than 1000 bytes are taken")));
}

#[tokio::test(start_paused = true)]
async fn big_packets_in_small_pieces() {
    let body = "connect a\n---\na > PUBLISH topic=\"a\" payload=bytes(3000000)\na < PUBLISH topic=\"a\" payload=bytes(3000000)\n";
    let head = [0x30, 0xc3, 0x8d, 0xb7, 0x01, 0, 1, b'a'];
    let payload: Vec<u8> = (0..=255).cycle().take(3_000_000).collect();
    let outcome = outcome("3.1.1", body, vec![vec![say(HELLO), say(&[&head[..], &payload].concat())]]).await;
    assert_eq!(outcome.verdict, Verdict::Pass, "{:?}", outcome.failure);
    assert!(lines(&outcome)[4].ends_with("payload=bytes(3000000)"));
}

#[tokio::test(start_paused = true)]
async fn what_a_test_leaves_is_cleared_up() {
    let body = "connect a clean=false\npublish a \"${t}/r\" \"x\" retain=true\ndrop a\n";
    let broker = Scripted::new(vec![
        vec![say(HELLO), say(&[])],
        vec![say(HELLO), say(&[0xd0, 0]), say(&[])],
        vec![say(HELLO), say(&[]), say(&[0xd0, 0]), say(&[])],
    ]);
    let seen = Arc::clone(&broker.seen);
    assert_eq!(run_test(&test("3.1.1", body), &broker, &Config::default()).await.verdict, Verdict::Pass);
    let seen = seen.lock().unwrap();
    let kinds: Vec<u8> = seen.iter().map(|p| p[0]).collect();
    assert_eq!(kinds, [0x10, 0x31, 0x10, 0xc0, 0xe0, 0x10, 0x31, 0xc0, 0xe0]);
    assert_eq!(seen[0][14..], seen[2][14..], "the same client id");
    assert_eq!((seen[0][9], seen[2][9]), (0x00, 0x02), "clean session");
    assert_eq!(seen[6][seen[6].len() - 2..], *b"/r", "no payload");
}

#[tokio::test(start_paused = true)]
async fn a_retained_message_that_was_set_by_alias_is_cleared_up() {
    let body = "connect a\na > PUBLISH topic=\"${t}/r\" properties=[topic_alias=7]\n\
                a > PUBLISH topic=\"\" retain=true payload=\"x\" properties=[topic_alias=7]\n";
    let hello = || say(&[0x20, 3, 0, 0, 0]);
    let broker = Scripted::new(vec![
        vec![hello(), say(&[]), say(&[]), say(&[])],
        vec![hello(), say(&[]), say(&[0xd0, 0]), say(&[])],
    ]);
    let seen = Arc::clone(&broker.seen);
    assert_eq!(run_test(&test("5.0", body), &broker, &Config::default()).await.verdict, Verdict::Pass);
    let seen = seen.lock().unwrap();
    let kinds: Vec<u8> = seen.iter().map(|p| p[0]).collect();
    assert_eq!(kinds, [0x10, 0x30, 0x31, 0xe0, 0x10, 0x31, 0xc0, 0xe0]);
    assert_eq!(seen[5][seen[5].len() - 3..], *b"/r\0", "no alias, and no payload");
}

#[tokio::test(start_paused = true)]
async fn configured_login_and_needs() {
    let mut config = Config::default();
    config.user_name = Some("u".to_owned());
    config.password = Some(b"p".to_vec());
    let broker = Scripted::new(vec![vec![say(HELLO)], vec![say(HELLO)]]);
    let outcome = run_test(&test("3.1.1", "connect a\nconnect b login=false\n"), &broker, &config).await;
    assert!(lines(&outcome)[1].ends_with(" user_name=\"***\" password=\"***\""), "{:?}", lines(&outcome));
    assert!(!lines(&outcome)[4].contains("user_name"));

    let skipped = run_test(&test("3.1.1", "needs: acl\nconnect a\n"), &broker, &config).await;
    assert_eq!(skipped.verdict, Verdict::Skipped);
    assert_eq!(skipped.reason.as_deref(), Some("needs acl: no forbidden topic is configured"));
    config.missing_versions.insert(Version::V3_1, "the broker refuses 3.1".to_owned());
    let skipped = run_test(&test("3.1", "connect a\n"), &broker, &config).await;
    assert_eq!(skipped.reason.as_deref(), Some("the broker refuses 3.1"));
    // One connection of such a version is enough, wherever it stands.
    let mixed = "connect a\nrepeat 2 {\n    connect b version=3.1\n    disconnect b\n}\n";
    let skipped = run_test(&test("3.1.1", mixed), &broker, &config).await;
    assert_eq!(skipped.reason.as_deref(), Some("the broker refuses 3.1"));
}

fn many(count: usize, body: &str) -> Vec<Arc<Test>> {
    let one = |i| {
        let mut test = test("3.1.1", body);
        test.id = format!("3.1.1/area/{i}");
        Arc::new(test)
    };
    (0..count).map(one).collect()
}

#[tokio::test(start_paused = true)]
async fn a_pace_counts_connections_and_skipped_tests_do_not_wait() {
    let mut tests = many(3, "connect a\nconnect b\n---\nping a\n");
    tests.extend(many(50, "needs: acl\nconnect a\n"));
    let mut config = Config::default();
    config.pace = Some(1);
    let broker = Arc::new(Scripted::new(vec![vec![say(HELLO), say(&[0xd0, 0])]; 6]));
    let (news, mut events) = tokio::sync::mpsc::unbounded_channel();
    let start = tokio::time::Instant::now();
    let running = tokio::spawn(run_all(tests, broker, Arc::new(config), 1, news));
    let mut begun = Vec::new();
    while let Some(event) = events.recv().await {
        if let Event::Started { .. } = event {
            begun.push(start.elapsed().as_secs());
        }
    }
    let passed = running.await.unwrap().iter().filter(|outcome| outcome.verdict == Verdict::Pass).count();
    assert_eq!(passed, 3);
    // Each of the three takes the time of its two connections from the next.
    assert_eq!(begun.get(..3), Some(&[0, 2, 4][..]));
    assert!(begun.iter().all(|at| *at < 6), "{begun:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tests_begin_in_the_order_of_the_list() {
    let tests = many(200, "needs: acl\nconnect a\n");
    let (news, mut events) = tokio::sync::mpsc::unbounded_channel();
    run_all(tests, Arc::new(Scripted::new(vec![])), Arc::new(Config::default()), 1, news).await;
    let mut begun = Vec::new();
    while let Ok(event) = events.try_recv() {
        if let Event::Started { index, .. } = event {
            begun.push(index);
        }
    }
    assert_eq!(begun, (0..200).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn many_tests_at_the_same_time() {
    let tests = many(50, "connect a\n---\nwait 2s\nping a\n");
    let broker = Arc::new(Scripted::new(vec![vec![say(HELLO), say(&[0xd0, 0])]; 50]));
    let (news, mut events) = tokio::sync::mpsc::unbounded_channel();
    let start = tokio::time::Instant::now();
    let outcomes = run_all(tests.clone(), broker, Arc::new(Config::default()), 25, news).await;
    assert!(start.elapsed() < Duration::from_secs(6));
    assert_eq!(outcomes.len(), 50);
    for (outcome, test) in outcomes.iter().zip(&tests) {
        assert_eq!((&outcome.id, outcome.verdict), (&test.id, Verdict::Pass));
    }
    let (mut started, mut finished) = (0, 0);
    while let Ok(event) = events.try_recv() {
        match event {
            Event::Started { .. } => started += 1,
            Event::Finished { outcome, .. } => {
                finished += 1;
                assert_eq!(outcome.verdict, Verdict::Pass);
            }
            _ => unreachable!(),
        }
    }
    assert_eq!((started, finished), (50, 50));
}

#[tokio::test(start_paused = true)]
async fn messages_may_overtake_their_suback() {
    let body =
        "connect a\nsubscribe a \"t\"\na < PUBLISH payload=\"1\"\na < PUBLISH payload=\"2\"\na < nothing\n";
    let publish = |payload: u8| [0x30, 4, 0, 1, b't', payload];
    let early = [&publish(b'1')[..], &publish(b'2'), &[0x90, 3, 0x9c, 0x41, 0]].concat();
    let seen = outcome("3.1.1", body, vec![vec![say(HELLO), say(&early)]]).await;
    assert_eq!(seen.verdict, Verdict::Pass, "{:?}", seen.failure);
    // In the order in which they came, and none is lost.
    let swapped = [&publish(b'2')[..], &[0x90, 3, 0x9c, 0x41, 0], &publish(b'1')].concat();
    let seen = outcome("3.1.1", body, vec![vec![say(HELLO), say(&swapped)]]).await;
    assert_eq!(seen.verdict, Verdict::Fail);
    // Nothing else may overtake it.
    let other = [&[0xd0, 0][..], &[0x90, 3, 0x9c, 0x41, 0]].concat();
    let seen = outcome("3.1.1", body, vec![vec![say(HELLO), say(&other)]]).await;
    assert_eq!(seen.verdict, Verdict::Fail);
}

#[tokio::test(start_paused = true)]
async fn probing() {
    let config = Config::default();
    let ask = async |version, acts: Vec<Vec<Act>>| probe(&Scripted::new(acts), version, &config).await;
    assert!(ask(Version::V3_1, vec![vec![say(HELLO)]]).await.unwrap().missing.is_empty());
    let limited = vec![0x20, 9, 0, 0, 6, 0x24, 1, 0x25, 0, 0x22, 0, 10];
    let limited = [&[0x20, 10, 0, 0, 7][..], &limited[5..]].concat();
    let found = ask(Version::V5, vec![vec![say(&limited)]]).await.unwrap();
    let missing: Vec<&str> = found.missing.keys().map(String::as_str).collect();
    assert_eq!(missing, ["qos-2", "retain"]);
    assert!(matches!(ask(Version::V5, vec![]).await, Err(ProbeError::Unreachable(_))));
    assert!(matches!(ask(Version::V5, vec![vec![say(&[])]]).await, Err(ProbeError::NoAnswer(_))));
    let closed = ask(Version::V5, vec![vec![Act::Close(vec![])]]).await.unwrap_err();
    assert!(closed.is_about_version());
    let refused = ask(Version::V3_1_1, vec![vec![say(&[0x20, 2, 0, 1])]]).await.unwrap_err();
    assert!(refused.is_about_version());
    assert_eq!(refused.to_string(), "the broker refuses the connection of MQTT 3.1.1 with code 0x01");
    let old = ask(Version::V5, vec![vec![say(&[0x20, 2, 0, 1])]]).await.unwrap_err();
    assert!(old.is_about_version(), "a refusal of 3.1.1 to a CONNECT of 5.0: {old}");
    let bad = ask(Version::V5, vec![vec![say(&[0x20, 2, 0, 0])]]).await.unwrap_err();
    assert!(matches!(bad, ProbeError::BadConnAck { .. }), "{bad}");
    let http = ask(Version::V3_1_1, vec![vec![say(b"HTTP/1.1 400 Bad Request\r\n\r\n")]]).await.unwrap_err();
    assert!(http.to_string().contains("`HTTP/1.1 400 Bad Request`"), "{http}");
}

#[tokio::test(start_paused = true)]
async fn a_password_is_nowhere_in_an_outcome() {
    let mut config = Config::default();
    config.user_name = Some("someone".to_owned());
    config.password = Some(b"sesame".to_vec());
    config.other_user_name = Some("another".to_owned());
    config.other_password = Some(b"open".to_vec());
    let text = |bytes: &[u8]| [&[0, u8::try_from(bytes.len()).unwrap()], bytes].concat();
    let reason = [&[0x1f][..], &text(b"open sesame")].concat();
    let connack = [&[0x20, 17, 0, 0, 14][..], &reason].concat();
    let raw = "c > hex \"10 22 00 04\" \"MQTT\" hex \"05 c2 00 3c 00 00 01\" \"c\" hex \"00 07\" \"someone\" hex \"00 06\" \"sesame\"\n";
    let body = format!("connect a\nconnect b login=\"other\"\nopen c\n{raw}c < closed\n");
    let acts = [&connack, &connack, &b"\xc0sesame".to_vec()].map(|bytes| vec![say(bytes)]);
    let outcome = run_test(&test("5.0", &body), &Scripted::new(acts.to_vec()), &config).await;
    assert_eq!(outcome.verdict, Verdict::Fail, "{outcome:?}");
    let all = format!("{outcome:?}{}", lines(&outcome).join("\n"));
    let hex = |text: &str| text.bytes().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ");
    for secret in ["sesame", "someone", "another"] {
        assert!(!all.contains(secret) && !all.contains(&hex(secret)), "{secret} in {all}");
    }
    assert!(all.contains("reason_string=\"**** ******\""), "{all}");
    assert_eq!(all.matches("user_name=\"***\" password=\"***\"").count(), 2, "{all}");
}
