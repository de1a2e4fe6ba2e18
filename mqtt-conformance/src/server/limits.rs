//! What bounds the broker's memory, and what else a run of it can be given.

use super::liberty_table::Liberties;
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
    /// The longest message of WebSocket that is taken, in bytes. It may hold many packets.
    pub max_message_size: usize,
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
    /// What the broker does otherwise than by default, and as rightly.
    pub liberties: Liberties,
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
            max_message_size: 4 << 20,
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
            liberties: Liberties::default(),
        }
    }
}

impl Limits {
    /// With those of the liberties that are nothing but a limit.
    pub(super) fn with_liberties(mut self) -> Self {
        let on = self.liberties;
        let mut bound = |when: bool, set: fn(&mut Self)| {
            if when {
                set(&mut self);
            }
        };
        bound(on.has_two_messages_in_flight, |limits| limits.in_flight = 2);
        bound(on.has_one_message_in_flight, |limits| limits.in_flight = 1);
        bound(on.announces_only_what_differs, |limits| {
            (limits.receive_maximum, limits.max_packet_size) = (u16::MAX, u32::MAX);
        });
        bound(on.announces_receive_maximum_1, |limits| limits.receive_maximum = 1);
        bound(on.announces_maximum_packet_size_1_kib, |limits| limits.max_packet_size = 1024);
        bound(on.cuts_session_expiry_to_2_seconds, |limits| limits.session_expiry_maximum = 2);
        bound(on.keeps_no_sessions, |limits| limits.session_expiry_maximum = 0);
        bound(on.sets_keep_alive_to_10_minutes, |limits| limits.server_keep_alive = Some(600));
        bound(on.sets_keep_alive_to_2_seconds, |limits| limits.server_keep_alive = Some(2));
        bound(on.turns_keep_alive_off, |limits| limits.server_keep_alive = Some(0));
        bound(on.refuses_third_subscription, |limits| limits.subscriptions = 2);
        // One place is taken by the message that tells the version.
        bound(on.refuses_third_retained_message, |limits| limits.retained = 3);
        bound(on.announces_maximum_qos_1, |limits| limits.maximum_qos = Qos::AtLeastOnce);
        bound(on.announces_maximum_qos_0, |limits| limits.maximum_qos = Qos::AtMostOnce);
        bound(on.announces_no_retain, |limits| limits.retain_available = false);
        bound(on.announces_no_wildcards, |limits| limits.wildcards_available = false);
        bound(on.announces_no_subscription_identifiers, |limits| limits.subscription_ids_available = false);
        let unshared = on.announces_no_shared_subscriptions || on.refuses_by_suback_what_is_unavailable;
        bound(unshared, |limits| limits.shared_available = false);
        bound(on.accepts_one_topic_alias, |limits| limits.topic_alias_maximum = 1);
        bound(on.accepts_no_topic_aliases, |limits| limits.topic_alias_maximum = 0);
        bound(on.waits_one_second_for_connect, |limits| limits.connect_timeout = 1_000);
        bound(on.retries_while_connected, |limits| limits.retry_interval = 1_000);
        self
    }
}
