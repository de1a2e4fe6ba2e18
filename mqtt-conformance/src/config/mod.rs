//! How tests are run, and what is known of the broker beforehand.

mod bounds;
mod halt;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use mqtt_codec::Version;
use serde_json::{Map, Value as Tree};

use crate::budget::Budget;
use crate::script::{Login, MAX_CLIENT_PREFIX};
pub use bounds::{Bound, Bounds};
pub use halt::{Halt, Reason};

/// How tests are run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// How long an expectation waits if its script does not say, besides [`round_trip`](Self::round_trip). 5 s.
    pub step_deadline: Duration,
    /// How long silence must last to count, besides [`round_trip`](Self::round_trip); `quiet` in scripts. 300 ms.
    pub quiet: Duration,
    /// How long opening a connection may take, besides [`round_trip`](Self::round_trip). 5 s.
    pub connect_timeout: Duration,
    /// How long a whole test may take besides its own waits and windows. 60 s. A test that takes longer is inconclusive.
    pub test_deadline: Duration,
    /// How long each half of the clearing up may take. 2 s.
    pub clean_up_deadline: Duration,
    /// The longest packet to accept from the broker, in bytes. 8 MiB.
    pub max_packet: u32,
    /// The most bytes to accept from the broker in one test. 64 MiB.
    pub max_received: usize,
    /// The memory for what comes from the broker while tests run, all connections together; a test that finds none left is
    /// inconclusive. 512 MiB.
    pub coming: Budget,
    /// The memory for what is kept of tests that ended: when it is used up, little is kept of each. 256 MiB.
    pub kept: Budget,
    /// What tells this run's topics and client ids from those of other runs: up to five letters and digits
    /// count.
    pub run: String,
    /// The user name that `connect` uses unless the script gives one.
    pub user_name: Option<String>,
    /// The password that `connect` uses with it.
    pub password: Option<Vec<u8>>,
    /// The user name of `connect ... login="other"`: of someone who may do less. The usual one if there is none.
    pub other_user_name: Option<String>,
    /// The password that goes with it.
    pub other_password: Option<Vec<u8>>,
    /// A topic that the other login must not publish to; `${denied_topic}` in scripts.
    pub denied_publish: Option<String>,
    /// A filter that the other login must not subscribe to; `${denied_filter}` in scripts.
    pub denied_subscribe: Option<String>,
    /// What every topic begins with. Tests that cannot do that are skipped.
    pub topic_prefix: String,
    /// What every client identifier begins with. Tests that cannot do that are skipped.
    pub client_id_prefix: String,
    /// How many connections are opened a second, on the average. Tests wait for that before they begin, never in their middle.
    pub pace: Option<u32>,
    /// Capabilities that the broker lacks, each with the reason to show. Tests that need one are skipped.
    pub missing: BTreeMap<String, String>,
    /// Versions that the broker does not speak, each with the reason to show. Tests with a connection of such a version are skipped.
    pub missing_versions: BTreeMap<Version, String>,
    /// How far the broker goes. Tests that send more are skipped.
    pub bounds: Bounds,
    /// How far away the broker is: the time from a question to its answer, as [`round_trip`](crate::run::round_trip) measures
    /// it. Every deadline and every window is longer by what it adds. 0.
    pub round_trip: Duration,
    /// How often a test that failed runs again, before it is called failed. 1.
    pub retries: u32,
    /// The ids of tests that are known to fail. They do not run again.
    pub known: BTreeSet<String>,
    /// Ends the run early.
    pub halt: Halt,
}

impl Default for Config {
    /// The defaults that are named at each field. What a broker has to be configured for (`auth`, `acl`,
    /// `enhanced-auth`, `server-redirect`, `websocket`) is missing until it is taken out of
    /// [`missing`](Self::missing).
    fn default() -> Self {
        let configured = [
            ("auth", "no user name and password are configured"),
            ("acl", "no forbidden topic is configured"),
            ("enhanced-auth", "no authentication method is configured"),
            ("server-redirect", "no other server is configured"),
            ("websocket", "the broker is not reached over WebSocket"),
        ];
        Self {
            step_deadline: Duration::from_secs(5),
            quiet: Duration::from_millis(300),
            connect_timeout: Duration::from_secs(5),
            test_deadline: Duration::from_secs(60),
            clean_up_deadline: Duration::from_secs(2),
            max_packet: 8 << 20,
            max_received: 64 << 20,
            coming: Budget::new(512 << 20),
            kept: Budget::new(256 << 20),
            run: "00000".to_owned(),
            user_name: None,
            password: None,
            other_user_name: None,
            other_password: None,
            denied_publish: None,
            denied_subscribe: None,
            topic_prefix: String::new(),
            client_id_prefix: String::new(),
            pace: None,
            missing: configured.iter().map(|(n, r)| ((*n).to_owned(), (*r).to_owned())).collect(),
            missing_versions: BTreeMap::new(),
            bounds: Bounds::default(),
            round_trip: Duration::ZERO,
            retries: 1,
            known: BTreeSet::new(),
            halt: Halt::default(),
        }
    }
}

impl Config {
    /// How long silence must last here: what a slow right answer takes on its way is not silence.
    pub(crate) fn silence(&self) -> Duration {
        self.quiet + 2 * self.round_trip
    }

    /// How long an expectation waits here if its script does not say.
    pub(crate) fn deadline(&self) -> Duration {
        self.step_deadline + 2 * self.round_trip
    }

    /// How long opening a connection may take here: TCP, TLS and WebSocket take a round trip or two each.
    pub(crate) fn connect_deadline(&self) -> Duration {
        self.connect_timeout + 5 * self.round_trip
    }

    /// What a test's client identifiers begin with.
    pub(crate) fn client_prefix(&self, id: &str) -> String {
        format!("{}{}", self.client_id_prefix, self.unique(id))
    }

    /// What a test's topics begin with.
    pub(crate) fn topic_prefix(&self, id: &str) -> String {
        format!("{}mqc{}", self.topic_prefix, self.unique(id))
    }

    /// The run's mark and the test's, letters and digits only.
    pub(crate) fn unique(&self, id: &str) -> String {
        const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
        let mut unique: String = self.run.chars().filter(char::is_ascii_alphanumeric).take(5).collect();
        // FNV-1a: the same id has the same mark in every run.
        let mut hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        while unique.len() < MAX_CLIENT_PREFIX {
            let digit = usize::try_from(hash % 36).unwrap_or_default();
            unique.push(DIGITS.get(digit).copied().map_or('0', char::from));
            hash /= 36;
        }
        unique
    }

    /// The configured user name and password as members of a CONNECT.
    pub(crate) fn login(&self, login: Login) -> Map<String, Tree> {
        let (user_name, password) = match login {
            Login::None => (&None, &None),
            Login::Other if self.other_user_name.is_some() => (&self.other_user_name, &self.other_password),
            Login::Usual | Login::Other => (&self.user_name, &self.password),
        };
        let mut members = Map::new();
        if let Some(name) = user_name {
            members.insert("user_name".to_owned(), Tree::from(name.as_str()));
        }
        if let Some(password) = password {
            members.insert("password".to_owned(), crate::tree::bytes_value(password));
        }
        members
    }
}
