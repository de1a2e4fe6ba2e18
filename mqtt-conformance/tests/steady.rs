//! Only a punctual tester accuses, and only what fails twice is a failure: late testers, far brokers, brokers that come back.

mod scripts;

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mqtt_codec::{Decoded, Frame, Version};
use mqtt_conformance::lab;
use mqtt_conformance::run::{Config, Connector, Event, Outcome, Verdict, round_trip, run_all, run_test};
use mqtt_conformance::script::{self, Level, Test};
use mqtt_conformance::server::Rules;
use mqtt_conformance::transport::Delay;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{advance, sleep};

const CONNACK: &[u8] = &[0x20, 2, 0, 0];
const PINGRESP: &[u8] = &[0xd0, 0];

/// What a broker answers to the packets of one connection, each after so many milliseconds; `None` for a connection that is refused.
type Answers = Option<Vec<(u64, &'static [u8])>>;

/// A broker that does as it is told, one connection after the other.
struct Told(Mutex<VecDeque<Answers>>);

impl Told {
    fn new(connections: impl IntoIterator<Item = Answers>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(connections.into_iter().collect())))
    }
}

impl Connector for Told {
    type Stream = DuplexStream;

    async fn connect(&self, _: usize) -> io::Result<DuplexStream> {
        let answers = self.0.lock().unwrap().pop_front().flatten();
        let answers = answers.ok_or_else(|| io::Error::from(io::ErrorKind::ConnectionRefused))?;
        let (ours, theirs) = duplex(1 << 12);
        tokio::spawn(answer(theirs, answers));
        Ok(ours)
    }
}

async fn answer(mut stream: DuplexStream, answers: Vec<(u64, &'static [u8])>) {
    let mut buffer = Vec::new();
    for (after, bytes) in answers {
        while !matches!(Frame::take(&buffer, Version::V3_1_1, u32::MAX), Ok(Decoded::Complete { .. })) {
            if stream.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let Ok(Decoded::Complete { consumed, .. }) = Frame::take(&buffer, Version::V3_1_1, u32::MAX) else {
            return;
        };
        buffer.drain(..consumed);
        sleep(Duration::from_millis(after)).await;
        if stream.write_all(bytes).await.is_err() {
            return;
        }
    }
    let _ = stream.read_to_end(&mut buffer).await;
}

fn test(body: &str) -> Arc<Test> {
    let script = script::parse("t.mqs", &format!("# T.\nversion: 3.1.1\n{body}")).unwrap();
    Arc::new(script::expand(&script, "area/t.mqs").unwrap().remove(0))
}

async fn all(tests: Vec<Arc<Test>>, broker: Arc<Told>, config: Config) -> (Vec<Arc<Outcome>>, Vec<Event>) {
    let (news, mut inbox) = tokio::sync::mpsc::unbounded_channel();
    let outcomes = run_all(tests, broker, Arc::new(config), 4, news).await;
    let mut events = Vec::new();
    while let Ok(event) = inbox.try_recv() {
        events.push(event);
    }
    (outcomes, events)
}

const PING: &str = "connect a\n---\nping a\n";

#[expect(clippy::unnecessary_wraps, reason = "a connection that is refused is an answer too")]
fn good() -> Answers {
    Some(vec![(0, CONNACK), (0, PINGRESP)])
}

#[expect(clippy::unnecessary_wraps, reason = "a connection that is refused is an answer too")]
fn bad() -> Answers {
    Some(vec![(0, CONNACK), (0, CONNACK)])
}

#[tokio::test(start_paused = true)]
async fn what_passes_the_second_time_is_unsteady_and_shows_both_runs() {
    let (outcomes, events) = all(vec![test(PING)], Told::new([bad(), good()]), Config::default()).await;
    let [outcome] = outcomes.as_slice() else { panic!("{outcomes:?}") };
    assert_eq!((outcome.verdict, outcome.attempts), (Verdict::Unsteady, 2));
    assert!(outcome.failure.is_some());
    let last = |entries: &[mqtt_conformance::run::Entry]| entries.last().unwrap().line();
    assert!(last(&outcome.transcript).contains("CONNACK"), "{:?}", outcome.transcript);
    assert!(last(&outcome.again.as_ref().unwrap().transcript).contains("PINGRESP"));
    assert!(matches!(
        events.as_slice(),
        [Event::Started { .. }, Event::Postponed { .. }, Event::Finished { .. }]
    ));
}

#[tokio::test(start_paused = true)]
async fn what_fails_twice_is_a_failure() {
    let (outcomes, _) = all(vec![test(PING)], Told::new([bad(), bad()]), Config::default()).await;
    assert_eq!((outcomes[0].verdict, outcomes[0].attempts), (Verdict::Fail, 2));
    // Where nothing runs again, once is enough; so it is for what is known.
    let mut config = Config::default();
    config.retries = 0;
    let (outcomes, _) = all(vec![test(PING)], Told::new([bad(), good()]), config).await;
    assert_eq!((outcomes[0].verdict, outcomes[0].attempts), (Verdict::Fail, 1));
    let mut config = Config::default();
    config.known.insert(test(PING).id.clone());
    let (outcomes, _) = all(vec![test(PING)], Told::new([bad(), good()]), config).await;
    assert_eq!((outcomes[0].verdict, outcomes[0].attempts), (Verdict::Fail, 1));
}

#[tokio::test(start_paused = true)]
async fn a_broker_that_comes_back_has_failed_nothing() {
    let (outcomes, _) = all(vec![test(PING)], Told::new([None, good()]), Config::default()).await;
    assert_eq!(outcomes[0].verdict, Verdict::Pass, "{outcomes:?}");
}

/// The broker answers in time, and the tester is stalled when the answer comes.
async fn stalled(body: &str, times: usize) -> Arc<Outcome> {
    let slow = || Some(vec![(0, CONNACK), (2000, PINGRESP)]);
    let broker = Told::new([slow(), slow()]);
    tokio::spawn(async move {
        for _ in 0..times {
            sleep(Duration::from_millis(1900)).await;
            // Nobody is woken while the clock goes on.
            advance(Duration::from_millis(1500)).await;
            sleep(Duration::from_millis(50)).await;
        }
    });
    let (outcomes, _) = all(vec![test(body)], broker, Config::default()).await;
    Arc::clone(&outcomes[0])
}

#[tokio::test(start_paused = true)]
async fn a_tester_that_was_late_accuses_nobody() {
    let body = "connect a\n---\na > PINGREQ\na < PINGRESP within 1s..3s\n";
    let always = stalled(body, 3).await;
    assert_eq!(always.verdict, Verdict::Inconclusive, "{always:?}");
    let reason = always.reason.as_deref().unwrap();
    assert!(reason.starts_with("the tester was 1.") && reason.ends_with(" s late"), "{reason}");
    let once = stalled(body, 1).await;
    assert_eq!((once.verdict, once.attempts), (Verdict::Pass, 2), "{once:?}");
    let punctual = stalled(body, 0).await;
    assert_eq!((punctual.verdict, punctual.attempts), (Verdict::Pass, 1), "{punctual:?}");
}

#[tokio::test(start_paused = true)]
async fn a_test_that_takes_too_long_accuses_nobody() {
    let mut config = Config::default();
    config.test_deadline = Duration::from_secs(1);
    let slow = || Some(vec![(0, CONNACK), (3000, PINGRESP)]);
    let late = run_test(&test(PING), &*Told::new([slow()]), &config).await;
    assert_eq!(late.verdict, Verdict::Inconclusive);
    assert_eq!(late.reason.as_deref(), Some("the test was not finished after 1s"));
    // What the test waits for on its own account is not counted.
    let long = run_test(&test("connect a\n---\nwait 30s\nping a\n"), &*Told::new([good()]), &config).await;
    assert_eq!(long.verdict, Verdict::Pass, "{long:?}");
}

#[tokio::test(start_paused = true)]
async fn the_way_to_the_broker_is_measured() {
    let answers = std::iter::once((70, CONNACK)).chain([(80, PINGRESP); 6]).collect();
    let found = round_trip(&*Told::new([Some(answers)]), Version::V3_1_1, &Config::default()).await;
    assert_eq!(found.unwrap().as_millis(), 80);
    assert_eq!(round_trip(&*Told::new([None]), Version::V3_1_1, &Config::default()).await, None);
}

#[tokio::test(start_paused = true)]
async fn windows_and_silence_follow_the_distance() {
    let body = "connect a\n---\na > PINGREQ\na < PINGRESP within 2s..3s\n";
    let answer = |after| Told::new([Some(vec![(0, CONNACK), (after, PINGRESP)])]);
    let mut far = Config::default();
    far.round_trip = Duration::from_millis(400);
    for (after, near) in [(1700, Verdict::Fail), (2500, Verdict::Pass), (3500, Verdict::Fail)] {
        let found = run_test(&test(body), &*answer(after), &Config::default()).await;
        assert_eq!(found.verdict, near, "{after}");
        let found = run_test(&test(body), &*answer(after), &far).await;
        assert_eq!(found.verdict, Verdict::Pass, "{after} {found:?}");
    }
    // Silence lasts longer than a right answer takes.
    let quiet = "connect a\n---\na > PINGREQ\na < nothing\n";
    assert_eq!(run_test(&test(quiet), &*answer(700), &Config::default()).await.verdict, Verdict::Pass);
    assert_eq!(run_test(&test(quiet), &*answer(700), &far).await.verdict, Verdict::Fail);
    // What depends on shorter times than the way takes is not held against the broker.
    far.round_trip = Duration::from_millis(900);
    let found = run_test(&test(body), &*answer(9000), &far).await;
    assert_eq!(found.verdict, Verdict::Inconclusive);
    let reason = "a round trip takes 0.9 s, too long for the 2.0 s that the test depends on";
    assert_eq!(found.reason.as_deref(), Some(reason));
}

/// A broker on a slow link: after its CONNACK, so many bytes of a message, one each second.
struct Slow(usize);

impl Connector for Slow {
    type Stream = DuplexStream;

    async fn connect(&self, _: usize) -> io::Result<DuplexStream> {
        let (ours, mut theirs) = duplex(1 << 12);
        let bytes = self.0;
        tokio::spawn(async move {
            let _ = theirs.write_all(CONNACK).await;
            for byte in b"\x30\x0a\x00\x01tmessage".iter().take(bytes) {
                sleep(Duration::from_secs(1)).await;
                let _ = theirs.write_all(&[*byte]).await;
            }
            let _ = theirs.read_to_end(&mut Vec::new()).await;
        });
        Ok(ours)
    }
}

#[tokio::test(start_paused = true)]
async fn a_packet_that_is_coming_is_waited_for() {
    let body = "connect a\n---\na < PUBLISH topic=\"t\" payload=\"message\"\n";
    let whole = run_test(&test(body), &Slow(12), &Config::default()).await;
    assert_eq!(whole.verdict, Verdict::Pass, "{whole:?}");
    // Where nothing comes any more, time is what it was, and half of it goes by after the last byte.
    let half = run_test(&test(body), &Slow(6), &Config::default()).await;
    assert_eq!(half.verdict, Verdict::Fail);
    let got = half.failure.as_ref().map(|failure| failure.got.as_str());
    assert_eq!(got, Some("nothing for 10s, but 6 bytes of a packet that did not end"));
    let none = run_test(&test(body), &Slow(0), &Config::default()).await;
    assert_eq!(none.failure.as_ref().map(|failure| failure.got.as_str()), Some("nothing for 5s"));
}

/// A right broker stays right at any distance.
#[test]
fn the_reference_keeps_every_must_far_away() {
    let tests = scripts::tests();
    for half in [100, 200] {
        let delay = Delay { each_way: Duration::from_millis(half), jitter: Duration::from_millis(half / 4) };
        let outcomes = lab::run_over(&tests, Rules::standard(), delay).unwrap();
        let failed: Vec<_> = outcomes
            .iter()
            .filter(|outcome| outcome.verdict == Verdict::Fail && outcome.level == Level::Must)
            .map(|outcome| format!("{} {:?}", outcome.id, outcome.because()))
            .collect();
        assert!(failed.is_empty(), "{} at {half} ms each way:\n{}", failed.len(), failed.join("\n"));
        let passed = outcomes.iter().filter(|outcome| outcome.verdict == Verdict::Pass).count();
        assert!(passed * 10 > tests.len() * 9, "{passed} of {} at {half} ms each way", tests.len());
    }
}
