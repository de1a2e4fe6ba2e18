//! The table of liberties: what the standards leave a server free to do otherwise, and a client sees. See [`Liberties`].

use super::switch::switches;

switches! {
    /// Points where the standards leave a server a choice and a client can see which it made.
    ///
    /// By default all are off: the broker then does what [the module](crate::server) says. A broker with some of them on is as
    /// right as before, so no test may fail; a test that cannot go on says why it is skipped.
    pub struct Liberties, all false, "Left free by";

    // What is granted.

    /// Grants QoS 0 for every filter, whatever was asked for.
    grants_qos_0_at_most ["3.1/3.8", "3.1.1/MQTT-3.8.4-5", "3.1.1/MQTT-3.8.4-6", "3.1.1/3.8.4", "5.0/MQTT-3.8.4-7", "5.0/3.8.4", "5.0/3.9.3"];
    /// Grants QoS 1 where QoS 2 was asked for.
    grants_qos_1_at_most ["3.1/3.8", "3.1.1/MQTT-3.8.4-5", "3.1.1/MQTT-3.8.4-6", "3.1.1/3.8.4", "5.0/MQTT-3.8.4-7", "5.0/3.8.4", "5.0/3.9.3"];
    /// A session has room for two subscriptions; a third filter is refused: 0x97, 0x80.
    refuses_third_subscription ["3.1.1/MQTT-3.8.4-5", "3.1.1/3.9.3", "5.0/3.9.3"];
    /// Grants the first 8 filters of a SUBSCRIBE and refuses the others by 0x97 / 0x80.
    limits_filters_of_a_subscribe ["3.1.1/MQTT-3.8.4-5", "5.0/3.9.3"];
    /// Refuses filters whose first level is a wildcard: 0x8F or 0x87, 0x80.
    refuses_leading_wildcards ["3.1.1/MQTT-3.8.4-5", "3.1.1/MQTT-3.8.3-2", "3.1.1/4.7.3", "5.0/5.4.2", "5.0/3.9.3"];
    /// Refuses filters that hold `+` by 0xA2 though wildcards are available.
    rejects_plus_by_suback ["5.0/3.2.2.3.11"];
    /// Refuses shared subscriptions by 0x9E though they are announced as available.
    rejects_shared_by_suback ["5.0/3.9.3"];
    /// Grants QoS 0 to filters with wildcards only.
    grants_qos_0_to_wildcards ["3.1/3.8", "3.1.1/MQTT-3.8.4-5", "3.1.1/MQTT-3.8.4-6", "3.1.1/3.8.4", "5.0/MQTT-3.8.4-7", "5.0/3.8.4", "5.0/3.9.3"];
    /// A subscription that is made again is granted QoS 0.
    lowers_qos_of_replaced_subscription ["3.1/3.8", "3.1.1/MQTT-3.8.4-5", "3.1.1/MQTT-3.8.4-6", "3.1.1/3.8.4", "5.0/MQTT-3.8.4-7", "5.0/3.8.4", "5.0/3.9.3"];
    /// Refuses filters with wildcards in 3.1.1 by 0x80.
    supports_no_wildcards_in_3_1_1 ["3.1.1/MQTT-3.8.3-2"];

    // What is added.

    /// Sends each client a QoS 0 message on a topic of the server's own right behind CONNACK, from a subscription
    /// that the server made for it.
    greets_each_client ["3.1.1/4.5", "5.0/4.5", "5.0/4.7.2"];
    /// Adds a User Property of its own behind those of a message.
    adds_user_property_to_messages ["5.0/MQTT-3.3.2-17", "5.0/MQTT-3.3.2-18", "5.0/3.3.2.3.7"];
    /// Adds a Message Expiry Interval of 3,600 to a message that has none (not to a Will).
    adds_message_expiry ["5.0/3.3.2.3.3", "5.0/MQTT-3.3.2-6"];
    /// Adds Payload Format Indicator 0 to a message that has none.
    adds_payload_format_0 ["5.0/3.3.2.3.2", "5.0/MQTT-3.3.2-4"];
    /// CONNACK leaves out every property that equals its default.
    announces_only_what_differs ["5.0/3.2.2.3.3"];
    /// CONNACK names every property also where it equals the default or what was asked for: Receive Maximum 65,535,
    /// Retain Available 1, …, Session Expiry Interval, Server Keep Alive as asked for.
    spells_out_defaults ["5.0/3.2.2.3.2"];
    /// CONNACK carries User Properties.
    adds_user_properties_to_connack ["5.0/3.2.2.3.10", "5.0/MQTT-3.2.2-20"];
    /// CONNACK 0 carries a Reason String.
    adds_reason_string_to_connack ["5.0/3.2.2.3.9", "5.0/MQTT-3.2.2-19"];
    /// PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK and UNSUBACK carry User Properties unless Request Problem Information
    /// is 0 or the client's Maximum Packet Size forbids.
    adds_user_properties_to_acks ["5.0/3.4.2.2.3", "5.0/3.1.2.11.7"];
    /// Acknowledgements of success carry a Reason String, under the same conditions.
    adds_reason_strings_to_acks ["5.0/3.4.2.2.2"];
    /// Sends no Reason String at all.
    sends_no_reason_strings ["5.0/3.1.2.11.7"];
    /// DISCONNECT and refusing CONNACK carry User Properties.
    adds_user_properties_to_disconnect ["5.0/3.14.2.2.4", "5.0/3.2.2.3.10"];
    /// PUBACK, PUBREC, PUBREL and PUBCOMP of success are written with Reason Code and Property Length (Remaining
    /// Length 4).
    writes_acks_with_reason_code ["5.0/3.4.2.1", "5.0/3.5.2.1", "5.0/3.6.2.1", "5.0/3.7.2.1"];
    /// The same with Reason Code and without Property Length (Remaining Length 3).
    writes_acks_without_property_length ["5.0/3.4.2.2.1"];
    /// DISCONNECT has Remaining Length 1: the reason code alone.
    writes_disconnect_without_property_length ["5.0/3.14.2.2.1"];
    /// Gives no Response Information.
    gives_no_response_information ["5.0/3.1.2.11.6"];

    // Repetition.

    /// A message that matches several subscriptions of one client comes once for each of them, each at its own QoS
    /// and with its own identifier.
    delivers_a_copy_for_each_subscription ["3.1.1/MQTT-3.3.5-1", "3.1.1/3.3.5", "5.0/MQTT-3.3.4-2", "5.0/MQTT-3.3.4-5", "5.0/3.3.4"];
    /// In 3.1.1, and after 1 s in 3.1, sends PUBLISH (DUP 1) and PUBREL again while the connection lasts.
    retries_while_connected ["3.1/V31-4.2-2", "3.1.1/4.4"];
    /// When a session is resumed, sends PUBREC again for each QoS 2 message whose PUBREL has not come.
    repeats_pubrec_on_resumption ["3.1/4.2", "3.1.1/4.4"];
    /// A message of QoS 1 comes twice to a subscription of QoS 0.
    sends_qos_1_twice_to_qos_0 ["3.1.1/MQTT-3.8.4-6", "3.1.1/3.8.4", "5.0/3.8.4"];
    /// A PUBLISH that is sent again has the Subscription Identifier of the subscription as it is now.
    uses_new_identifiers_when_it_resends ["5.0/3.8.4"];
    /// In 3.1 a PUBREL that is sent again has DUP 1.
    marks_resent_pubrel_in_3_1 ["3.1/V31-2.1-1", "3.1/2.1"];

    // Order.

    /// Sends PUBACK or PUBREC before it hands the message to subscribers.
    acknowledges_before_delivering ["3.1.1/4.3.2", "5.0/4.3.2", "5.0/4.3.3"];
    /// Retained messages of a new subscription come before the SUBACK.
    sends_retained_before_suback ["3.1/3.8", "3.1.1/3.8.4", "5.0/3.8.4"];
    /// A QoS 2 message is handed to subscribers when PUBREL comes.
    delivers_qos_2_at_pubrel ["3.1.1/MQTT-4.3.3-2", "5.0/4.3.3"];
    /// A 3.1 broker hands a QoS 2 message over at once.
    delivers_qos_2_at_publish_in_3_1 ["3.1/4.1", "3.1/3.3"];
    /// User Properties stand before the other properties of a message.
    puts_user_properties_first ["5.0/2.2.2.2"];
    /// Several Subscription Identifiers come in reverse order.
    reverses_subscription_identifiers ["5.0/MQTT-3.3.4-4", "5.0/3.3.2.3.8"];
    /// Retained messages of several topics come in reverse order.
    sends_retained_in_reverse_order ["3.1.1/MQTT-4.6.0-6", "5.0/MQTT-4.6.0-5"];
    /// Of the messages that wait, one of another topic goes out before the first.
    sends_other_topics_first ["3.1/4.3", "3.1.1/MQTT-4.6.0-6", "5.0/MQTT-4.6.0-5"];
    /// Of the messages that wait, one of another QoS on the same topic goes out first.
    sends_other_qos_first ["3.1/4.3", "3.1.1/MQTT-4.6.0-6", "5.0/MQTT-4.6.0-5"];
    /// Of the messages that wait, one of another publisher goes out first.
    sends_other_publishers_first ["3.1.1/MQTT-4.6.0-6", "5.0/MQTT-4.6.0-5"];
    /// QoS 0 messages wait behind QoS 1 and 2 messages while the window is full.
    holds_qos_0_back_with_the_window ["5.0/4.9", "5.0/3.3.4"];
    /// Keeps QoS 0 messages for an absent client, and sends them first when it is back.
    sends_qos_0_before_waiting_messages ["5.0/MQTT-4.6.0-5"];
    /// On resumption PUBLISH packets come before PUBREL packets.
    resends_pubrel_last ["3.1.1/MQTT-4.4.0-1", "3.1.1/MQTT-4.6.0-1", "5.0/MQTT-4.4.0-1"];
    /// Two PUBRELs of one batch come in reverse order.
    releases_in_reverse_order ["5.0/MQTT-4.6.0-4"];
    /// The PUBACKs (PUBRECs, PUBCOMPs) of one batch of packets come in reverse order.
    acknowledges_in_reverse_order ["3.1.1/MQTT-4.6.0-2", "5.0/MQTT-4.6.0-2"];
    /// In one batch PINGRESP comes before all other answers.
    answers_pings_first ["3.1.1/4.6", "5.0/4.6"];
    /// In one batch PINGRESP comes behind all other answers and messages.
    answers_pings_last ["3.1.1/4.6", "5.0/4.6"];
    /// In one batch SUBACK and UNSUBACK come behind everything else.
    answers_subscribe_last ["3.1.1/4.6", "5.0/4.6"];
    /// In one batch messages to a client come before the answers that it is owed.
    sends_messages_before_answers ["3.1.1/4.6", "5.0/4.6", "5.0/3.8.4"];
    /// Of the copies for overlapping subscriptions the one with the lowest QoS comes first.
    delivers_lower_qos_copies_first ["3.1.1/3.3.5", "5.0/3.3.4"];
    /// Packet Identifiers of the server go from 65,535 down.
    numbers_messages_downwards ["3.1/2.4", "3.1.1/MQTT-2.3.1-4", "5.0/MQTT-2.2.1-4"];
    /// Takes the lowest free Packet Identifier each time.
    reuses_the_lowest_packet_id ["3.1/2.4", "3.1.1/MQTT-2.3.1-4", "5.0/MQTT-2.2.1-4"];

    // Limits.

    /// Sends the next QoS 1 or 2 message only when the one before is acknowledged to the end.
    has_one_message_in_flight ["3.1/4.3", "3.1.1/4.6", "5.0/MQTT-4.9.0-1", "5.0/3.3.4"];
    /// As before with two.
    has_two_messages_in_flight ["5.0/MQTT-4.9.0-1"];
    /// Announces Receive Maximum 1 and closes (0x93) on a second message in flight.
    announces_receive_maximum_1 ["5.0/3.2.2.3.3", "5.0/MQTT-3.3.4-7"];
    /// Announces Maximum Packet Size 1,024 and closes (0x95) on more.
    announces_maximum_packet_size_1_kib ["5.0/3.2.2.3.6", "5.0/MQTT-3.2.2-15"];
    /// Announces Session Expiry Interval 2 where more was asked for, and ends the session then.
    cuts_session_expiry_to_2_seconds ["5.0/3.2.2.3.2"];
    /// Announces Session Expiry Interval 0 for every client.
    keeps_no_sessions ["5.0/3.2.2.3.2", "5.0/MQTT-4.1.0-2"];
    /// Announces Session Expiry Interval 3,600 for every client, also where 0 was asked for, and keeps the session.
    extends_session_expiry ["5.0/3.2.2.3.2"];
    /// Announces Server Keep Alive 2 and closes a connection that is silent for 3 s.
    sets_keep_alive_to_2_seconds ["5.0/MQTT-3.1.2-21", "5.0/MQTT-3.2.2-21", "5.0/3.2.2.3.14"];
    /// Announces Server Keep Alive 600 for every client.
    sets_keep_alive_to_10_minutes ["5.0/MQTT-3.2.2-21"];
    /// Announces Server Keep Alive 0: never closes for silence.
    turns_keep_alive_off ["5.0/3.2.2.3.14", "5.0/3.1.2.10"];
    /// Refuses the fourth connection: 3.x return code 3, 5.0 0x97, or the close.
    takes_three_connections_at_most ["3.1/3.2", "3.1.1/3.1.4", "5.0/3.2.2.2"];
    /// Does not accept a QoS 1 or 2 message when 5 wait for a subscriber: PUBACK/PUBREC 0x97; 3.1.1 closes the
    /// publisher.
    refuses_messages_above_quota ["3.1.1/MQTT-4.8.0-2", "3.1.1/MQTT-3.3.5-2", "5.0/4.3.3", "5.0/3.4.2.1"];
    /// Does not accept a message above 10 KiB though it announces a larger packet: 0x97 (QoS 0: DISCONNECT 0x97).
    refuses_large_messages ["5.0/4.13.2", "5.0/3.4.2.1", "5.0/3.14.2.1"];
    /// Closes on a packet above 16 KiB.
    closes_on_large_packets_in_3_x ["3.1.1/MQTT-4.8.0-2", "3.1.1/5.4.8", "3.1/3.3"];
    /// Announces Maximum QoS 1.
    announces_maximum_qos_1 ["5.0/3.2.2.3.4", "5.0/MQTT-3.2.2-9"];
    /// Announces Maximum QoS 0.
    announces_maximum_qos_0 ["5.0/3.2.2.3.4", "5.0/MQTT-3.2.2-9"];
    /// Announces Retain Available 0.
    announces_no_retain ["5.0/3.2.2.3.5"];
    /// Announces Wildcard Subscription Available 0.
    announces_no_wildcards ["5.0/3.2.2.3.11"];
    /// Announces Subscription Identifier Available 0.
    announces_no_subscription_identifiers ["5.0/3.2.2.3.12"];
    /// Announces Shared Subscription Available 0.
    announces_no_shared_subscriptions ["5.0/3.2.2.3.13"];
    /// Announces no Topic Alias Maximum.
    accepts_no_topic_aliases ["5.0/3.2.2.3.8"];
    /// Announces Topic Alias Maximum 1.
    accepts_one_topic_alias ["5.0/3.2.2.3.8"];
    /// Refuses an empty client identifier.
    refuses_empty_client_ids ["3.1.1/MQTT-3.1.3-6", "3.1.1/MQTT-3.1.3-9", "5.0/MQTT-3.1.3-6"];
    /// Refuses client identifiers of more than 23 bytes.
    refuses_long_client_ids ["3.1.1/MQTT-3.1.3-5", "3.1.1/MQTT-3.1.3-9", "5.0/MQTT-3.1.3-5"];
    /// Refuses client identifiers with other characters than letters and digits.
    refuses_odd_client_ids ["3.1.1/MQTT-3.1.3-5", "3.1.1/MQTT-3.1.3-9", "5.0/MQTT-3.1.3-5"];
    /// In 3.1 accepts a client identifier of more than 23 characters.
    accepts_long_client_ids_in_3_1 ["3.1/V31-3.1-1"];
    /// In 3.1 accepts an empty client identifier.
    accepts_empty_client_ids_in_3_1 ["3.1/V31-3.1-2"];
    /// In 3.1 takes no topic of more than 32,767 characters.
    refuses_long_topics_in_3_1 ["3.1/V31-2.2-15"];

    // Where two places contradict each other.

    /// Leaves out a Payload Format Indicator of 0.
    leaves_out_payload_format_0 ["5.0/3.3.2.3.2", "5.0/MQTT-3.3.2-4"];
    /// Accepts topics and filters of at most 200 bytes: SUBACK 0x8F / 0x80, PUBACK 0x90, QoS 0 DISCONNECT 0x90; 3.1.1
    /// closes or acknowledges.
    limits_topic_length ["3.1.1/MQTT-3.3.5-2", "3.1.1/MQTT-3.8.4-5", "5.0/4.7.3", "5.0/3.4.2.1", "5.0/3.9.3", "5.0/3.14.2.1"];
    /// Accepts topics and filters of at most 8 levels.
    limits_topic_levels ["3.1.1/MQTT-3.3.5-2", "3.1.1/MQTT-3.8.4-5", "5.0/4.7.3", "5.0/3.4.2.1", "5.0/3.9.3", "5.0/3.14.2.1"];
    /// Announces that there are no shared subscriptions; refuses by SUBACK (0xA2, 0x9E, 0xA1) what it announced not to
    /// have, instead of closing.
    refuses_by_suback_what_is_unavailable ["5.0/3.2.2.3.11", "5.0/3.9.3"];
    /// Sends no second PUBREL when PUBREC comes twice on one connection.
    ignores_repeated_pubrec ["5.0/MQTT-4.4.0-1", "5.0/MQTT-4.3.3-4"];
    /// Publishes no Will when another connection takes the client over.
    publishes_no_will_on_takeover ["3.1/2.2", "5.0/MQTT-3.1.2-8", "5.0/MQTT-3.1.3-9"];
    /// In 3.1 a Keep Alive that has passed acts as a DISCONNECT: no Will.
    takes_silence_for_disconnect_in_3_1 ["3.1/2.2"];
    /// A Will that waits for its delay is dropped when a new connection comes, also with a clean start.
    publishes_no_will_when_a_clean_start_ends_the_delay ["5.0/MQTT-3.1.2-8", "5.0/MQTT-3.1.3-9"];
    /// Looks for expired sessions every 5 s.
    expires_sessions_late ["5.0/3.1.2.11.2", "5.0/MQTT-4.1.0-2"];
    /// Filters of one SUBSCRIBE that overlap bring a retained message once.
    sends_a_retained_message_once_per_subscribe ["3.1.1/MQTT-3.8.4-4", "5.0/MQTT-3.8.4-5"];

    /// Ends a failed re-authentication by DISCONNECT 0x8C.
    disconnects_with_0x8c ["5.0/2.4", "5.0/MQTT-3.14.2-1"];
    /// Takes DISCONNECT 0x9B of a client as one that asks for the Will.
    accepts_0x9b_from_clients ["5.0/3.3.4", "5.0/MQTT-3.14.2-1"];

    // Time.

    /// Messages to clients are one second late (in their order).
    delivers_late ["3.1/4.1", "3.1.1/4.3", "3.1.1/4.5", "5.0/4.3", "5.0/4.5"];
    /// PUBACK, PUBREC and PUBCOMP are one second late.
    acknowledges_late ["3.1.1/4.3.2", "5.0/4.3.2", "5.0/4.3.3"];
    /// CONNACK is two seconds late.
    answers_connect_late ["3.1/3.1", "3.1.1/3.2", "5.0/3.2"];
    /// PINGRESP is one second late.
    answers_pings_late ["3.1/3.12", "3.1.1/MQTT-3.12.4-1", "5.0/MQTT-3.12.4-1"];
    /// SUBACK and UNSUBACK are one second late.
    answers_subscribe_late ["3.1.1/MQTT-3.8.4-1", "3.1.1/MQTT-3.10.4-4", "5.0/MQTT-3.8.4-1", "5.0/MQTT-3.10.4-4"];
    /// PUBREL is one second late.
    releases_late ["3.1.1/MQTT-4.3.3-1", "5.0/MQTT-4.3.3-4"];
    /// Closes a connection for a mistake one second after it was noticed (what comes meanwhile is not processed).
    closes_late ["3.1.1/MQTT-4.8.0-1", "5.0/MQTT-4.13.1-1"];
    /// Learns of a connection that was cut two seconds later: until then the client counts as connected.
    notices_cut_connections_late ["3.1/2.2", "3.1.1/MQTT-3.1.2-8", "5.0/3.1.2.5"];
    /// A Will comes one second later than it could.
    publishes_wills_late ["3.1.1/3.1.2.5", "5.0/3.1.2.5"];
    /// Closes after one Keep Alive period of silence, not after one and a half.
    closes_at_the_keep_alive ["3.1.1/MQTT-3.1.2-24", "3.1.1/3.1.2.10", "5.0/MQTT-3.1.2-22", "5.0/3.1.2.10"];
    /// Disconnects a client that was silent for 4 s, whatever its Keep Alive.
    closes_idle_clients_after_4_seconds ["3.1.1/3.1.2.10", "5.0/3.1.2.10", "5.0/3.14", "5.0/3.14.2.1"];
    /// On a take-over the older connection is closed half a second after the new CONNACK.
    closes_older_connection_late ["3.1.1/MQTT-3.1.4-2", "5.0/MQTT-3.1.4-3"];
    /// What is left of a Message Expiry Interval is rounded down.
    rounds_expiry_down ["5.0/MQTT-3.3.2-6"];
    /// A message expires when the whole seconds that it waited exceed its interval.
    counts_expiry_in_whole_seconds ["5.0/MQTT-3.3.2-5"];
    /// Ignores bytes that are no CONNECT until the time for a CONNECT has passed.
    waits_for_the_connect_timeout ["5.0/MQTT-3.1.0-1", "5.0/3.1.4"];
    /// Closes a connection on which no CONNECT came for one second.
    waits_one_second_for_connect ["3.1/3.1", "3.1.1/3.1.4", "5.0/3.1.4"];

    // Reactions.

    /// Refuses a CONNECT by a bare close where CONNACK is a MAY or SHOULD (3.1.1: not for protocol level and client
    /// identifier).
    closes_without_connack ["3.1/3.1", "3.1.1/3.1.4", "3.1.1/3.2.2.3", "5.0/MQTT-3.1.2-1", "5.0/MQTT-3.1.2-2", "5.0/MQTT-3.1.3-8", "5.0/MQTT-3.1.4-1", "5.0/MQTT-3.1.4-2", "5.0/MQTT-4.12.0-1", "5.0/MQTT-4.12.0-4"];
    /// Closes without a DISCONNECT.
    closes_without_disconnect ["5.0/4.13.1", "5.0/3.14", "5.0/MQTT-3.1.4-3", "5.0/MQTT-4.12.1-2"];
    /// Says 0x80 (Unspecified error) in every refusal: CONNACK, DISCONNECT, SUBACK, PUBACK, PUBREC, UNSUBACK.
    reveals_no_reasons ["5.0/3.2.2.2", "5.0/4.13.2", "5.0/3.4.2.1", "5.0/3.5.2.1", "5.0/3.9.3", "5.0/3.11.3", "5.0/3.14.2.1"];
    /// Sends no Topic Aliases though the client allows them.
    sends_no_topic_aliases ["5.0/3.3.2.3.4"];
    /// Uses Topic Alias 1 for whichever topic comes next, with its name each time it changes.
    moves_its_topic_alias ["5.0/3.3.2.3.4"];
    /// Sends the Topic Name beside a known Topic Alias too.
    always_sends_topic_names ["5.0/3.3.4"];
    /// Says 0x00, not 0x10, when there is no subscriber.
    says_success_when_nobody_listens ["5.0/3.4.2.1", "5.0/3.5.2.1"];
    /// Says 0x00, not 0x11, for a filter that was not subscribed to.
    says_success_to_vain_unsubscribe ["5.0/MQTT-3.11.3-2", "5.0/3.11.3"];
    /// Says 0x00, not 0x92, for a PUBREL whose identifier it does not know.
    says_success_to_unknown_pubrel ["5.0/MQTT-3.7.2-1", "5.0/MQTT-4.3.3-11"];
    /// Sends nothing for a PUBREC that belongs to no message.
    ignores_unknown_pubrec ["5.0/4.3.3", "3.1.1/4.3.3"];
    /// Closes (0x82) on a PUBACK, PUBREC or PUBCOMP that belongs to no message in flight.
    closes_on_unknown_acks ["5.0/1.2", "3.1.1/MQTT-4.8.0-1"];
    /// Closes (0x82) when a QoS 2 PUBLISH comes again on the same connection before its PUBREL.
    closes_on_repeated_publish ["5.0/MQTT-4.4.0-1", "5.0/MQTT-2.2.1-3", "5.0/4.13.1"];
    /// Answers it by PUBREC 0x91 instead and delivers once.
    answers_repeated_publish_by_0x91 ["5.0/MQTT-4.3.3-10", "5.0/3.5.2.1"];
    /// Serves a SUBSCRIBE, UNSUBSCRIBE or QoS 1 PUBLISH whose identifier a QoS 2 message has.
    accepts_packet_ids_in_use ["5.0/MQTT-2.2.1-3"];
    /// Closes (0x82) on it.
    closes_on_packet_ids_in_use ["5.0/2.4", "5.0/4.13.1"];
    /// In 3.1 publishes no Will when it closes for a mistake of the client.
    publishes_no_will_on_errors_in_3_1 ["3.1/2.2"];
    /// Refuses them by code 5 / 0x87: the client is not authorized to use this identifier.
    refuses_odd_client_ids_as_not_authorized ["3.1.1/3.1.4", "3.1.1/5.4.2", "5.0/5.4.2", "5.0/3.11.3"];
    /// Closes on a PUBLISH that is not authorized: 3.1.1 bare, 5.0 by 0x87.
    closes_on_denied_publish ["3.1.1/MQTT-3.3.5-2", "5.0/3.14.2.1"];
    /// Lets no client publish to or subscribe to `$test/…` (not authorized).
    denies_dollar_topics ["3.1.1/4.7.2", "5.0/4.7.2"];
    /// Closes (0x99) instead of answering PUBACK/PUBREC 0x99.
    disconnects_for_payload_format ["5.0/3.3.2.3.2"];
    /// Does not look whether a payload (or Will) is the text that it says it is.
    ignores_payload_format ["5.0/3.3.2.3.2", "5.0/3.1.3.2.3"];
    /// Answers a malformed filter by SUBACK 0x8F / 0x80 and does not close.
    refuses_malformed_filters_by_suback ["3.1.1/MQTT-3.8.4-5", "5.0/MQTT-3.8.4-7", "5.0/4.7.1"];
    /// Answers a QoS 1 or 2 PUBLISH with a wildcard in its topic by 0x90 and does not close.
    refuses_wildcard_topics_by_ack ["5.0/MQTT-3.3.2-2", "5.0/3.4.2.1"];
    /// Closes on U+0001..U+001F, U+007F..U+009F and non-characters.
    refuses_control_characters ["3.1.1/1.5.3", "5.0/1.5.4"];
    /// Answers an unknown protocol level above 5 by return code 1, not by 0x84.
    answers_unknown_level_in_3_1_1_form ["3.1.1/MQTT-3.1.2-2", "5.0/MQTT-3.1.2-2"];
    /// Answers `GET …` on its port by an HTTP response and closes.
    speaks_http_too ["3.1.1/3.1.4", "5.0/3.1.4"];
    /// Closes without a CONNACK when a second CONNECT stands right behind the first.
    closes_on_two_connects_at_once ["3.1.1/MQTT-3.1.0-2", "5.0/MQTT-3.1.0-2"];
    /// When it closes for a mistake, answers to earlier packets of the same batch are lost.
    discards_answers_when_it_closes ["3.1.1/MQTT-4.8.0-1", "5.0/MQTT-4.13.1-1"];
    /// Does not close after the client's DISCONNECT.
    leaves_the_close_to_the_client ["3.1.1/3.14.4", "5.0/3.14.4"];
    /// Sends DISCONNECT 0x00 after the client's DISCONNECT, then closes.
    answers_disconnect ["5.0/3.14", "5.0/3.14.2.1"];
    /// In 3.1 skips a malformed packet behind CONNECT and goes on.
    ignores_malformed_packets_in_3_1 ["3.1/3.1", "3.1/V31-3.8-3"];
    /// Takes a packet (not CONNECT) whose text is not UTF-8.
    overlooks_ill_formed_text ["5.0/4.13.1"];
    /// Takes properties that do not belong into a packet (not CONNECT).
    overlooks_misplaced_properties ["5.0/4.13.1", "5.0/2.2.2.2"];
    /// Takes wrong flags of PUBACK, PUBREC, PUBCOMP, PINGREQ.
    overlooks_reserved_flags ["5.0/MQTT-2.1.3-1", "5.0/4.13.1"];
    /// Takes packets that go on behind their last field.
    overlooks_surplus_bytes ["5.0/4.13.1"];
    /// Takes Packet Identifier 0.
    overlooks_packet_id_zero ["5.0/MQTT-2.2.1-3"];
    /// Ignores packets that only a server sends.
    overlooks_server_packets ["5.0/4.13.1"];
    /// Takes packets whose Remaining Length is not in its shortest form.
    overlooks_overlong_lengths ["5.0/MQTT-1.5.5-1", "5.0/4.13.1"];
    /// Takes DUP at QoS 0 and passes on DUP 0.
    overlooks_dup_at_qos_0 ["5.0/MQTT-3.3.1-2"];
    /// Takes more messages in flight than its Receive Maximum.
    overlooks_receive_maximum ["5.0/4.13.1", "5.0/4.9"];
    /// Takes packets above its Maximum Packet Size.
    overlooks_maximum_packet_size ["5.0/4.13.1", "5.0/3.2.2.3.6"];
    /// Answers an UNSUBSCRIBE of an empty or misplaced filter as one that it does not have.
    overlooks_empty_filters ["5.0/4.13.1", "5.0/MQTT-3.10.4-1"];

    // The network connection.

    /// Writes the first bytes of each packet two by two, with a pause between them.
    sends_packets_in_pieces ["3.1.1/4.2", "5.0/4.2"];
    /// Waits a moment for more packets, and writes them in one piece.
    sends_packets_together ["3.1.1/4.2", "5.0/4.2"];
    /// Over WebSocket, a packet goes over several frames.
    splits_packets_over_websocket_frames ["3.1.1/MQTT-6.0.0-2", "5.0/MQTT-6.0.0-2"];
    /// Sends a ping of WebSocket before each frame.
    pings_over_websocket ["3.1.1/6", "5.0/6"];
    /// Closes the connection below a WebSocket without a close frame.
    closes_websockets_without_close_frame ["3.1.1/MQTT-6.0.0-1", "5.0/MQTT-6.0.0-1"];

    // Sessions.

    /// Keeps QoS 0 messages for an absent client.
    queues_qos_0_for_absent ["3.1.1/3.1.2.4", "5.0/4.1"];
    /// Drops messages that wait for the client when their subscription is deleted.
    drops_buffered_messages_at_unsubscribe ["3.1.1/3.10.4", "5.0/3.10.4"];
    /// A client that comes back with another protocol version begins anew.
    has_separate_sessions_for_versions ["3.1.1/3.1.4", "5.0/3.1.4"];
    /// Ends the stored session of an absent 3.1.1 client after 2 s.
    ends_stored_sessions_after_2_seconds_in_3_1_1 ["3.1.1/4.1"];
    /// Assigned Client Identifiers have 64 characters, among them others than letters and digits.
    assigns_long_client_ids ["5.0/MQTT-3.2.2-16"];

    // Retained messages.

    /// Has room for two retained messages; a third is refused: 0x97.
    refuses_third_retained_message ["5.0/4.13.2", "5.0/3.4.2.1"];
    /// Keeps no retained message of QoS 0.
    drops_qos_0_retained ["3.1.1/MQTT-3.3.1-7", "5.0/3.3.1.3"];
    /// In 3.1 an empty retained message does not remove the one that is kept.
    keeps_retained_when_emptied_in_3_1 ["3.1/V31-2.1-8"];
    /// In 3.1 a subscription that is made again brings nothing that is kept.
    sends_no_retained_on_resubscribe_in_3_1 ["3.1/2.1", "3.1/3.8"];
    /// No Local does not hold back retained messages that the client published itself.
    sends_own_retained_despite_no_local ["5.0/MQTT-3.8.3-3", "5.0/3.8.3.1"];
    /// Of overlapping subscriptions with different Retain As Published a single copy has RETAIN 0.
    clears_retain_where_options_differ ["5.0/MQTT-3.3.1-12"];

    // Shared subscriptions.

    /// Grants QoS 0 to shared subscriptions only.
    grants_qos_0_to_shares ["5.0/4.8.2", "5.0/MQTT-4.8.2-3"];
    /// A shared subscription always chooses its first member.
    prefers_the_first_member ["5.0/4.8.2"];
    /// A shared subscription always chooses its last member.
    prefers_the_last_member ["5.0/4.8.2"];
    /// Absent members of a shared subscription take their turns too.
    shares_with_absent_members ["5.0/4.8.2"];
    /// A shared subscription gives a message to another member than its publisher.
    avoids_the_publisher ["5.0/4.8.2"];
    /// A QoS 1 message that was not acknowledged goes to another member as soon as the connection is lost.
    moves_qos_1_when_a_member_leaves ["5.0/4.8.2"];
    /// Drops QoS 1 messages of a shared subscription when the member's session ends.
    keeps_shared_messages_with_their_member ["5.0/4.8.2"];
    /// A message that is too large for one member goes to another.
    chooses_a_member_that_can_take_it ["5.0/MQTT-3.1.2-25", "5.0/3.1.2.11.4"];
    /// A client with a shared and an ordinary subscription gets the shared copy first.
    sends_the_shared_copy_first ["5.0/4.8.2"];
    /// `$share/…` makes a shared subscription in 3.1.1 too.
    serves_shared_subscriptions_in_3_1_1 ["3.1.1/4.7.2"];

    // Authentication.

    /// AUTH carries Reason String and User Property.
    adds_properties_to_auth ["5.0/3.15.2.2.4", "5.0/MQTT-3.15.2-2", "5.0/MQTT-3.15.2-3"];
    /// Accepts every user name and password.
    takes_any_login ["3.1.1/3.1.4", "5.0/3.1.4"];
    /// Refuses a wrong login by 5 / 0x87, not by 4 / 0x86.
    refuses_logins_as_not_authorized ["5.0/3.2.2.2"];
    /// In 5.0 refuses a CONNECT with a password alone by 0x86.
    refuses_password_without_user_name ["5.0/MQTT-3.1.4-2"];
    /// Knows no authentication method.
    has_no_enhanced_authentication ["5.0/4.12", "5.0/MQTT-4.12.0-1"];
    /// Refuses an unknown authentication method by 0x87.
    refuses_methods_as_not_authorized ["5.0/MQTT-4.12.0-1"];
    /// Refuses every re-authentication: DISCONNECT 0x87.
    refuses_re_authentication ["5.0/4.12.1", "5.0/MQTT-4.12.1-2"];
    /// CONNACK that ends an enhanced authentication carries Authentication Data.
    adds_data_to_accepting_connack ["5.0/4.12"];
}
