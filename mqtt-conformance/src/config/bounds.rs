//! How far a broker goes.

/// Limits that the standard leaves to the broker. A test that sends more is skipped: what it asks cannot be answered.
///
/// Only what is valid counts: a test may send more than a limit allows in a packet that is broken on purpose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bounds {
    /// The longest packet, in bytes.
    pub packet_size: Option<Bound>,
    /// The longest client identifier, in bytes.
    pub client_id_length: Option<Bound>,
    /// The characters that a client identifier may have.
    pub client_id_characters: Option<(String, String)>,
    /// The longest topic or filter, in bytes.
    pub topic_length: Option<Bound>,
    /// The most levels of a topic or filter.
    pub topic_levels: Option<Bound>,
    /// The most filters in one SUBSCRIBE or UNSUBSCRIBE.
    pub filters: Option<Bound>,
    /// The shortest Keep Alive above 0, in seconds.
    pub keep_alive_min: Option<Bound>,
    /// The longest Keep Alive, in seconds. None at all is asked for by 0, which is no time.
    pub keep_alive_max: Option<Bound>,
}

/// A limit, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bound {
    /// The limit.
    pub limit: u32,
    /// For a message: `the broker's CONNACK`.
    pub source: String,
}

impl Bound {
    /// A limit, and who says so.
    pub fn new(limit: u32, source: impl Into<String>) -> Self {
        Self { limit, source: source.into() }
    }
}
