//! What bounds the broker's memory, and what else a run of it can be given.

use mqtt_codec::Qos;

/// What bounds the broker's memory, what it announces to clients of 5.0, and the options of a run.
///
/// [`Limits::default`] is roomy enough for every script and every well-behaved client.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The largest packet that is taken, in bytes; announced as Maximum Packet Size.
    pub max_packet_size: u32,
    /// How many QoS 2 messages a client may have in flight; announced as Receive Maximum. Clients of 3.x, which cannot be
    /// told, may have as many as there are Packet Identifiers.
    pub receive_maximum: u16,
    /// The highest Topic Alias that is taken; announced as Topic Alias Maximum.
    pub topic_alias_maximum: u16,
    /// The highest Topic Alias that is sent, where the client allows it.
    pub outbound_topic_aliases: u16,
    /// The longest Session Expiry Interval that is granted, in seconds; `u32::MAX` is for ever.
    pub session_expiry_maximum: u32,
    /// A Keep Alive, in seconds, to use instead of what clients of 5.0 ask for; announced as Server Keep Alive.
    pub server_keep_alive: Option<u16>,
    /// How long a connection may last without a CONNECT, in milliseconds.
    pub connect_timeout: u64,
    /// After how many milliseconds a client of 3.1 is sent again what it did not acknowledge.
    pub retry_interval: u64,
    /// How many connections there may be.
    pub connections: usize,
    /// How many sessions there may be, with and without a connection.
    pub sessions: usize,
    /// How many subscriptions a session may have.
    pub subscriptions: usize,
    /// How many messages may wait in a session; further ones are dropped.
    pub queue: usize,
    /// How many bytes of messages may wait in a session; further ones are dropped.
    pub queue_bytes: usize,
    /// How many messages a client is sent before it has to acknowledge one.
    pub in_flight: usize,
    /// How many topics may have a retained message.
    pub retained: usize,
    /// How many bytes all retained messages may have.
    pub retained_bytes: usize,
    /// User name and password that every client has to give, if there are any.
    pub credentials: Option<(String, Vec<u8>)>,
    /// A topic that nobody may publish to.
    pub denied_publish: Option<String>,
    /// A filter that nobody may subscribe to.
    pub denied_subscribe: Option<String>,
    /// The highest QoS that is supported; announced as Maximum QoS when it is below 2.
    pub maximum_qos: Qos,
    /// Whether messages are retained; announced as Retain Available when not.
    pub retain_available: bool,
    /// Whether filters may have wildcards; announced as Wildcard Subscription Available when not.
    pub wildcards_available: bool,
    /// Whether subscriptions may have identifiers; announced as Subscription Identifier Available when not.
    pub subscription_ids_available: bool,
    /// Whether there are shared subscriptions; announced as Shared Subscription Available when not.
    pub shared_available: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_packet_size: 1 << 20,
            receive_maximum: 32,
            topic_alias_maximum: 16,
            outbound_topic_aliases: 16,
            session_expiry_maximum: u32::MAX,
            server_keep_alive: None,
            connect_timeout: 10_000,
            retry_interval: 20_000,
            connections: 10_000,
            sessions: 10_000,
            subscriptions: 1_000,
            queue: 1_000,
            queue_bytes: 16 << 20,
            in_flight: 1_000,
            retained: 10_000,
            retained_bytes: 64 << 20,
            credentials: None,
            denied_publish: None,
            denied_subscribe: None,
            maximum_qos: Qos::ExactlyOnce,
            retain_available: true,
            wildcards_available: true,
            subscription_ids_available: true,
            shared_available: true,
        }
    }
}
