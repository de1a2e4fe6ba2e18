//! The table of rules. Each line is a mutant: see [`Rules`].

use crate::server::switch::{Switch, switches};

impl Rules {
    /// The standards, in full.
    #[must_use]
    pub fn standard() -> Self {
        Self::default()
    }
}

impl Switch<Rules> {
    /// The mutant of this rule: the standard with this one switch off.
    #[must_use]
    pub fn mutant(&self) -> Rules {
        self.switched()
    }
}

switches! {
    /// Every point where the standards leave a server no choice and a client can see it.
    ///
    /// [`Rules::standard`] obeys all of them. A server with one of them switched off is a *mutant*: a broker with one
    /// known fault, which some script has to notice. Where a version has no numbered statement for a rule, a general one is
    /// cited that covers it.
    pub struct Rules, all true, "Demanded by";

    // Connecting.

    /// Closes when the first packet is not a CONNECT.
    connect_comes_first ["5.0/MQTT-3.1.0-1", "3.1.1/MQTT-3.1.0-1"];
    /// Closes on a second CONNECT.
    refuses_second_connect ["5.0/MQTT-3.1.0-2", "3.1.1/MQTT-3.1.0-2"];
    /// Refuses a protocol name that is none.
    refuses_unknown_protocol_name ["5.0/MQTT-3.1.2-1", "3.1.1/MQTT-3.1.2-1", "3.1/V31-3.1-9", "3.1/V31-2.2-1"];
    /// Refuses a protocol level that it does not know.
    refuses_unknown_protocol_level ["5.0/MQTT-3.1.2-2", "3.1.1/MQTT-3.1.2-2", "3.1/V31-3.1-9", "3.1/V31-2.2-2"];
    /// Tells a client of an unknown level so, by CONNACK 1 (3.x) or 0x84.
    names_unknown_protocol_level ["3.1.1/MQTT-3.1.2-2", "3.1/V31-3.1-10", "5.0/MQTT-3.1.2-2"];
    /// Closes on a CONNECT whose reserved flag is set.
    checks_reserved_connect_flag ["5.0/MQTT-3.1.2-3", "3.1.1/MQTT-3.1.2-3"];
    /// Closes on a CONNECT with Will QoS or Will Retain and no Will.
    checks_will_flags ["5.0/MQTT-3.1.2-11", "5.0/MQTT-3.1.2-13", "3.1.1/MQTT-3.1.2-11", "3.1.1/MQTT-3.1.2-13", "3.1.1/MQTT-3.1.2-15", "5.0/MQTT-3.1.4-1", "3.1.1/MQTT-3.1.4-1"];
    /// Closes on a CONNECT with Will QoS 3.
    refuses_will_qos_3 ["5.0/MQTT-3.1.2-12", "3.1.1/MQTT-3.1.2-14", "3.1/V31-2.2-9", "5.0/MQTT-3.1.4-1", "3.1.1/MQTT-3.1.4-1", "3.1/V31-3.1-8"];
    /// Closes on a CONNECT of 3.x with a password and no user name.
    refuses_password_without_user_name ["3.1.1/MQTT-3.1.2-22", "3.1/V31-2.2-10", "3.1.1/MQTT-3.1.4-1", "3.1/V31-3.1-8"];
    /// Closes on a CONNECT that has fewer or more fields than its flags say.
    checks_connect_payload ["5.0/MQTT-3.1.2-9", "5.0/MQTT-3.1.2-16", "5.0/MQTT-3.1.2-17", "5.0/MQTT-3.1.2-18", "5.0/MQTT-3.1.2-19", "5.0/MQTT-3.1.3-3", "3.1.1/MQTT-3.1.2-9", "3.1.1/MQTT-3.1.2-11", "3.1.1/MQTT-3.1.2-18", "3.1.1/MQTT-3.1.2-19", "3.1.1/MQTT-3.1.2-20", "3.1.1/MQTT-3.1.2-21", "3.1.1/MQTT-3.1.3-3", "5.0/MQTT-3.1.4-1", "3.1.1/MQTT-3.1.4-1", "3.1/V31-3.1-8"];
    /// Closes on a CONNECT that is wrong in another way.
    checks_connect ["5.0/MQTT-3.1.4-1", "3.1.1/MQTT-3.1.4-1", "3.1/V31-3.1-8"];
    /// Closes without a CONNACK when a CONNECT of 3.1.1 is malformed.
    stays_silent_on_malformed_connect ["3.1.1/MQTT-3.1.4-1"];
    /// Closes after a CONNACK that refuses.
    closes_after_refusal ["5.0/MQTT-3.2.2-7", "3.1.1/MQTT-3.2.2-5", "5.0/MQTT-4.13.2-1", "5.0/MQTT-3.1.3-8", "3.1.1/MQTT-3.1.3-9", "3.1.1/MQTT-3.1.3-8", "3.1.1/MQTT-3.1.2-2"];
    /// Processes nothing that came behind a refused CONNECT.
    ignores_packets_after_refusal ["5.0/MQTT-3.1.4-6", "3.1.1/MQTT-3.1.4-5"];
    /// Answers a valid CONNECT with CONNACK 0.
    answers_connect ["5.0/MQTT-3.1.4-5", "3.1.1/MQTT-3.1.4-4", "5.0/MQTT-4.2.0-1", "3.1.1/MQTT-7.1.1-1", "3.1/V31-2.2-1", "3.1/V31-2.2-2"];
    /// Sends CONNACK before anything else.
    connack_comes_first ["5.0/MQTT-3.2.0-1", "3.1.1/MQTT-3.2.0-1"];
    /// Sends one CONNACK, not two.
    sends_one_connack ["5.0/MQTT-3.2.0-2"];
    /// Leaves the reserved bits of the acknowledge flags 0; in 3.1 the whole byte.
    connack_flags_reserved ["5.0/MQTT-3.2.2-1", "3.1/V31-3.2-1"];
    /// Says Session Present when a stored session goes on.
    session_present_when_resumed ["5.0/MQTT-3.2.2-3", "3.1.1/MQTT-3.2.2-2"];
    /// Says no Session Present when there was no session to go on with.
    session_absent_when_none_stored ["5.0/MQTT-3.2.2-3", "3.1.1/MQTT-3.2.2-3"];
    /// Says no Session Present after a clean start.
    session_absent_after_clean_start ["5.0/MQTT-3.2.2-2", "3.1.1/MQTT-3.2.2-1"];
    /// Says no Session Present when it refuses.
    session_absent_in_refusal ["5.0/MQTT-3.2.2-6", "3.1.1/MQTT-3.2.2-4"];
    /// Refuses with a code that CONNACK has.
    connack_code_is_listed ["5.0/MQTT-3.2.2-8", "3.1/V31-2.2-14", "3.1.1/MQTT-3.2.2-6"];
    /// Refuses a CONNECT of 5.0 by CONNACK, not by DISCONNECT.
    no_disconnect_before_connack ["5.0/MQTT-3.14.0-1"];
    /// Accepts client identifiers of 1 to 23 letters and digits.
    accepts_common_client_ids ["5.0/MQTT-3.1.3-5", "3.1.1/MQTT-3.1.3-5"];
    /// Keeps sessions of different client identifiers apart, byte by byte.
    keys_sessions_by_client_id ["5.0/MQTT-3.1.3-2", "3.1.1/MQTT-3.1.3-2"];
    /// Accepts an empty client identifier.
    assigns_client_id ["5.0/MQTT-3.1.3-6", "3.1.1/MQTT-3.1.3-6"];
    /// Tells a client of 5.0 the identifier that it assigned.
    tells_assigned_client_id ["5.0/MQTT-3.1.3-7", "5.0/MQTT-3.2.2-16"];
    /// Assigns an identifier that no other session has.
    assigned_client_ids_are_unique ["5.0/MQTT-3.2.2-16", "3.1.1/MQTT-3.1.3-6"];
    /// Refuses an empty client identifier with Clean Session 0, by CONNACK 2.
    refuses_empty_client_id_for_kept_session ["3.1.1/MQTT-3.1.3-8", "3.1.1/MQTT-3.1.3-7"];
    /// Refuses a client identifier of more than 23 characters in 3.1, by CONNACK 2.
    refuses_long_client_id_in_3_1 ["3.1/V31-3.1-1"];
    /// Refuses an empty client identifier in 3.1, by CONNACK 2.
    refuses_empty_client_id_in_3_1 ["3.1/V31-3.1-2"];
    /// Accepts a CONNECT of 3.1 that sets the flags of user name and password and leaves the strings out.
    accepts_missing_credentials_in_3_1 ["3.1/V31-3.1-6", "3.1/V31-3.1-7"];
    /// Disregards Will QoS and Will Retain in 3.1 when there is no Will.
    disregards_will_bits_in_3_1 ["3.1/V31-2.2-8"];
    /// Accepts any characters in a client identifier of 3.1.
    accepts_any_characters_in_3_1 ["3.1/V31-3.1-3"];
    /// Disregards the unused connect flag in 3.1.
    disregards_reserved_flag_in_3_1 ["3.1/V31-2.2-6"];
    /// Refuses wrong credentials where it has been given credentials to ask for.
    checks_credentials ["5.0/MQTT-3.1.4-2"];
    /// Closes an older connection of the same client.
    takeover_closes_older ["5.0/MQTT-3.1.4-3", "3.1.1/MQTT-3.1.4-2", "3.1/V31-3.1-4"];

    // WebSocket.

    /// Closes on a text frame.
    refuses_text_frames ["5.0/MQTT-6.0.0-1", "3.1.1/MQTT-6.0.0-1"];
    /// Takes packets wherever the frames end that carry them.
    takes_any_frames ["5.0/MQTT-6.0.0-2", "3.1.1/MQTT-6.0.0-2"];
    /// Chooses the sub-protocol `mqtt`.
    chooses_sub_protocol ["5.0/MQTT-6.0.0-4", "3.1.1/MQTT-6.0.0-4"];

    // Sessions.

    /// Discards the stored session on a clean start.
    clean_start_discards_session ["5.0/MQTT-3.1.2-4", "5.0/MQTT-3.1.4-4", "3.1.1/MQTT-3.1.2-6", "3.1.1/MQTT-3.1.4-3", "3.1/V31-2.2-5"];
    /// Goes on with the subscriptions of a stored session.
    resumes_subscriptions ["5.0/MQTT-3.1.2-5", "3.1.1/MQTT-3.1.2-4", "3.1/V31-2.2-3"];
    /// Stores a session that is to be kept when the connection ends.
    stores_sessions ["5.0/MQTT-3.1.2-23", "3.1.1/MQTT-3.1.2-4", "3.1/V31-2.2-3", "5.0/MQTT-3.1.2-6"];
    /// Ends a session that is not to be kept with its connection.
    drops_unkept_sessions ["5.0/MQTT-4.1.0-2", "3.1.1/MQTT-3.1.2-6", "3.1/V31-2.2-5"];
    /// Ends a stored session once its expiry has passed.
    expires_sessions ["5.0/MQTT-4.1.0-2"];
    /// Keeps a stored session until its expiry has passed.
    keeps_sessions_until_expiry ["5.0/MQTT-3.1.2-23"];
    /// Takes a new Session Expiry Interval from DISCONNECT.
    disconnect_changes_expiry ["5.0/MQTT-3.1.2-23", "5.0/MQTT-4.1.0-2"];
    /// Refuses a DISCONNECT that gives an expiry to a session that had none.
    refuses_expiry_from_zero ["5.0/MQTT-4.13.1-1"];
    /// Keeps subscriptions for as long as the connection lasts.
    session_lasts_with_connection ["5.0/MQTT-4.1.0-1", "3.1.1/MQTT-4.1.0-2", "3.1.1/MQTT-4.1.0-1"];
    /// Queues QoS 1 and 2 messages for an absent subscriber.
    queues_for_absent ["5.0/MQTT-4.5.0-1", "3.1.1/MQTT-3.1.2-5", "3.1/V31-2.2-3"];
    /// Keeps no QoS 0 message for an absent subscriber of 3.1.
    no_qos_0_for_absent_in_3_1 ["3.1/V31-2.2-4"];
    /// Remembers the identifiers of QoS 2 messages it received over a reconnection.
    remembers_received_ids ["5.0/MQTT-4.1.0-1", "3.1.1/MQTT-4.1.0-1"];
    /// Sends unacknowledged PUBLISH packets again when a session is resumed.
    resends_publish ["5.0/MQTT-4.4.0-1", "3.1.1/MQTT-4.4.0-1", "3.1/V31-4.2-1", "5.0/MQTT-4.3.3-3"];
    /// Sends unacknowledged PUBREL packets again when a session is resumed.
    resends_pubrel ["5.0/MQTT-4.4.0-1", "3.1.1/MQTT-4.4.0-1", "3.1/V31-4.2-1", "5.0/MQTT-4.3.3-5"];
    /// Sets DUP when it sends a PUBLISH again.
    sets_dup_on_resend ["5.0/MQTT-3.3.1-1", "3.1.1/MQTT-3.3.1-1"];
    /// Sends a PUBLISH again with the identifier it had.
    resends_with_same_id ["5.0/MQTT-4.4.0-1", "3.1.1/MQTT-4.4.0-1"];
    /// Answers a PUBREC by PUBREL as often as it comes.
    answers_repeated_pubrec ["3.1.1/MQTT-4.3.3-1"];
    /// Sends no PUBLISH again once it was answered by PUBREC.
    no_publish_after_pubrec ["5.0/MQTT-4.3.3-6", "3.1.1/MQTT-4.3.3-1"];
    /// Sends nothing again while a connection of 5.0 lasts.
    resends_only_on_resume ["5.0/MQTT-4.4.0-1"];
    /// Sends nothing again that was acknowledged.
    forgets_acknowledged ["5.0/MQTT-4.3.2-3", "3.1.1/MQTT-4.3.2-1"];
    /// Takes PUBACK and PUBREC with an error code as acknowledgements.
    error_ack_ends_delivery ["5.0/MQTT-4.4.0-2"];
    /// Sends unacknowledged PUBLISH packets again in their order.
    resends_in_order ["5.0/MQTT-4.6.0-5", "3.1.1/MQTT-4.6.0-6", "3.1/V31-4.3-1"];

    // Keep alive and the end of a connection.

    /// Closes after 1.5 Keep Alive periods of silence.
    enforces_keep_alive ["5.0/MQTT-3.1.2-22", "3.1.1/MQTT-3.1.2-24", "3.1/V31-2.2-11"];
    /// Does not close before 1.5 Keep Alive periods have passed.
    keep_alive_is_patient ["5.0/MQTT-3.1.2-22", "3.1.1/MQTT-3.1.2-24", "3.1/V31-2.2-11"];
    /// Counts the Keep Alive anew from each packet.
    packets_renew_keep_alive ["5.0/MQTT-3.1.2-22", "3.1.1/MQTT-3.1.2-24", "3.1/V31-2.2-11"];
    /// Never closes for silence when Keep Alive is 0.
    keep_alive_zero_is_off ["3.1/V31-2.2-13", "5.0/MQTT-3.2.2-22"];
    /// Answers PINGREQ with PINGRESP.
    answers_pingreq ["5.0/MQTT-3.12.4-1", "3.1.1/MQTT-3.12.4-1"];
    /// Closes after a client's DISCONNECT.
    closes_after_disconnect ["3.1/V31-3.14-1", "5.0/MQTT-3.14.4-2"];

    // Wrong packets.

    /// Closes after a DISCONNECT of its own.
    closes_after_own_disconnect ["5.0/MQTT-4.13.2-1", "5.0/MQTT-3.14.4-2"];
    /// Gives a reason that DISCONNECT has.
    disconnect_code_is_listed ["5.0/MQTT-3.14.2-1"];
    /// Closes on wrong flags in the first byte.
    checks_flags ["5.0/MQTT-3.8.1-1", "5.0/MQTT-3.10.1-1", "5.0/MQTT-3.6.1-1", "5.0/MQTT-3.14.1-1", "5.0/MQTT-2.1.3-1", "3.1.1/MQTT-2.2.2-2", "3.1.1/MQTT-3.8.1-1", "3.1.1/MQTT-3.10.1-1", "3.1.1/MQTT-3.6.1-1", "3.1.1/MQTT-3.14.1-1", "5.0/MQTT-3.15.1-1"];
    /// Accepts DUP where 3.1 allows it: on PUBREL, SUBSCRIBE and UNSUBSCRIBE.
    accepts_dup_bits_in_3_1 ["3.1/V31-2.1-1"];
    /// Closes on text that is not UTF-8 or holds U+0000.
    checks_utf_8 ["5.0/MQTT-1.5.4-1", "5.0/MQTT-1.5.4-2", "3.1.1/MQTT-1.5.3-1", "3.1.1/MQTT-1.5.3-2", "5.0/MQTT-1.5.7-1", "5.0/MQTT-3.1.3-4", "5.0/MQTT-3.1.3-11", "5.0/MQTT-3.1.3-12", "5.0/MQTT-3.3.2-1", "5.0/MQTT-3.3.2-13", "5.0/MQTT-3.3.2-19", "5.0/MQTT-3.8.3-1", "5.0/MQTT-3.10.3-1", "5.0/MQTT-4.7.3-2", "3.1.1/MQTT-3.1.3-4", "3.1.1/MQTT-3.1.3-10", "3.1.1/MQTT-3.1.3-11", "3.1.1/MQTT-3.3.2-1", "3.1.1/MQTT-3.8.3-1", "3.1.1/MQTT-3.10.3-1", "3.1.1/MQTT-4.7.3-2"];
    /// Closes on a PUBLISH with QoS 3.
    refuses_qos_3 ["5.0/MQTT-3.3.1-4", "3.1.1/MQTT-3.3.1-4", "3.1/V31-2.1-3"];
    /// Closes on a request for QoS 3.
    refuses_requested_qos_3 ["5.0/MQTT-4.13.1-1", "3.1.1/MQTT-3.8.3-4", "3.1/V31-3.8-3"];
    /// Closes on DUP at QoS 0.
    refuses_dup_at_qos_0 ["5.0/MQTT-3.3.1-2", "3.1.1/MQTT-3.3.1-2"];
    /// Closes on Packet Identifier 0.
    refuses_packet_id_zero ["5.0/MQTT-2.2.1-3", "3.1.1/MQTT-2.3.1-1", "3.1/V31-2.4-1"];
    /// Closes on a SUBSCRIBE or UNSUBSCRIBE without filters.
    refuses_empty_lists ["5.0/MQTT-3.8.3-2", "5.0/MQTT-3.10.3-2", "3.1.1/MQTT-3.8.3-3", "3.1.1/MQTT-3.10.3-2"];
    /// Closes on a wildcard in a Topic Name.
    refuses_wildcards_in_topic ["5.0/MQTT-3.3.2-2", "5.0/MQTT-4.7.0-1", "3.1.1/MQTT-3.3.2-2", "3.1.1/MQTT-4.7.1-1", "3.1/V31-3.3-3"];
    /// Closes on a wildcard in a Response Topic.
    refuses_wildcards_in_response_topic ["5.0/MQTT-3.3.2-14"];
    /// Closes on an empty Topic Name or Topic Filter.
    refuses_empty_topics ["5.0/MQTT-4.7.3-1", "3.1.1/MQTT-4.7.3-1"];
    /// Refuses a filter whose `#` is not last or does not fill its level.
    refuses_misplaced_hash ["5.0/MQTT-4.7.1-1", "3.1.1/MQTT-4.7.1-2"];
    /// Refuses a filter whose `+` does not fill its level.
    refuses_misplaced_plus ["5.0/MQTT-4.7.1-2", "3.1.1/MQTT-4.7.1-3"];
    /// Closes on reserved bits beside a Requested QoS or among subscription options.
    checks_subscription_options ["5.0/MQTT-3.8.3-5", "5.0/MQTT-4.13.1-1", "3.1.1/MQTT-3.8.3-4"];
    /// Refuses a malformed shared subscription.
    checks_share_names ["5.0/MQTT-4.8.2-1", "5.0/MQTT-4.8.2-2"];
    /// Closes on No Local for a shared subscription.
    refuses_no_local_on_share ["5.0/MQTT-3.8.3-4"];
    /// Closes on properties that are unknown, misplaced, repeated or out of range.
    checks_properties ["5.0/MQTT-4.13.1-1"];
    /// Closes on a length that is not in its shortest form.
    refuses_overlong_lengths ["5.0/MQTT-1.5.5-1"];
    /// Closes on a Subscription Identifier in a client's PUBLISH.
    refuses_subscription_id_from_client ["5.0/MQTT-3.3.4-6"];
    /// Closes on a packet above its Maximum Packet Size.
    refuses_too_large_packets ["5.0/MQTT-3.2.2-15"];
    /// Closes on a packet that is wrong in another way.
    closes_on_malformed ["5.0/MQTT-4.13.1-1", "3.1.1/MQTT-4.8.0-1"];

    // Messages from a client.

    /// Answers a QoS 1 PUBLISH with PUBACK.
    answers_qos_1 ["5.0/MQTT-4.3.2-4", "5.0/MQTT-3.3.4-1", "3.1.1/MQTT-4.3.2-2", "3.1.1/MQTT-3.3.4-1", "3.1/V31-3.3-4"];
    /// Answers a QoS 2 PUBLISH with PUBREC.
    answers_qos_2 ["5.0/MQTT-4.3.3-8", "5.0/MQTT-3.3.4-1", "3.1.1/MQTT-4.3.3-2", "3.1.1/MQTT-3.3.4-1", "3.1/V31-3.3-5"];
    /// Answers PUBREL with PUBCOMP.
    answers_pubrel ["5.0/MQTT-4.3.3-11", "3.1.1/MQTT-4.3.3-2"];
    /// Answers PUBREL of an unknown identifier too.
    answers_unknown_pubrel ["5.0/MQTT-4.3.3-11", "3.1.1/MQTT-4.3.3-2"];
    /// Repeats the identifier of a PUBLISH in its answers.
    repeats_publish_id ["5.0/MQTT-2.2.1-5", "5.0/MQTT-4.3.2-4", "5.0/MQTT-4.3.3-8", "3.1.1/MQTT-2.3.1-6"];
    /// Repeats the identifier of a PUBREL in PUBCOMP.
    repeats_pubrel_id ["5.0/MQTT-2.2.1-5", "5.0/MQTT-4.3.3-11", "3.1.1/MQTT-4.3.3-2"];
    /// Answers PUBLISH with a reason that PUBACK and PUBREC have.
    publish_answers_are_listed ["5.0/MQTT-3.4.2-1", "5.0/MQTT-3.5.2-1"];
    /// Answers PUBREL with a reason that PUBCOMP has.
    pubcomp_code_is_listed ["5.0/MQTT-3.7.2-1"];
    /// Delivers a QoS 2 message once, however often its PUBLISH comes before PUBREL.
    delivers_qos_2_once ["5.0/MQTT-4.3.3-10", "3.1.1/MQTT-4.3.3-2"];
    /// Takes an identifier as a new message after PUBCOMP.
    frees_id_after_pubcomp ["5.0/MQTT-4.3.3-12", "3.1.1/MQTT-4.3.3-2"];
    /// Takes a QoS 1 PUBLISH as a new message after PUBACK, whatever its DUP says.
    frees_id_after_puback ["5.0/MQTT-4.3.2-5", "3.1.1/MQTT-4.3.2-2", "3.1/V31-4.1-1", "3.1/V31-2.1-2"];
    /// Takes an identifier as a new message after a PUBREC with an error code.
    frees_refused_id ["5.0/MQTT-4.3.3-9"];
    /// Publishes nothing to a topic that is denied.
    refuses_denied_publish ["5.0/MQTT-3.4.2-1", "5.0/MQTT-3.5.2-1", "3.1/V31-3.3-1", "3.1.1/MQTT-3.3.5-2"];
    /// Subscribes nobody to a filter that is denied; from 3.1.1 on it says so.
    refuses_denied_subscribe ["5.0/MQTT-3.8.4-6", "5.0/MQTT-3.8.4-7", "3.1/V31-3.8-4", "3.1.1/MQTT-3.8.4-5"];
    /// Answers a PUBLISH of 3.x as usual though it was not authorized.
    answers_unauthorized ["3.1/V31-3.3-1", "3.1.1/MQTT-3.3.5-2"];
    /// Passes on what a PUBLISH brings: to every subscriber that matches.
    delivers_to_every_match ["5.0/MQTT-4.5.0-1", "3.1.1/MQTT-4.5.0-1"];
    /// Closes when a client has more messages in flight than Receive Maximum allows.
    enforces_receive_maximum ["5.0/MQTT-3.3.4-7"];
    /// Accepts each Topic Alias up to its maximum.
    accepts_topic_aliases ["5.0/MQTT-3.3.2-12"];
    /// Refuses a Topic Alias that is 0.
    refuses_topic_alias_zero ["5.0/MQTT-3.3.2-8"];
    /// Refuses a Topic Alias above its maximum.
    refuses_topic_alias_above_maximum ["5.0/MQTT-3.3.2-9", "5.0/MQTT-3.2.2-17", "5.0/MQTT-3.2.2-18"];
    /// Refuses a Topic Alias that was never set.
    refuses_unknown_topic_alias ["5.0/MQTT-4.13.1-1"];
    /// Forgets Topic Aliases with the connection.
    forgets_topic_aliases ["5.0/MQTT-3.3.2-7"];
    /// Tells the Topic Aliases of connections apart.
    keeps_topic_aliases_apart ["5.0/MQTT-3.3.2-7", "5.0/MQTT-3.3.2-12"];
    /// Gives a Topic Alias a new meaning when it comes with another Topic Name.
    remaps_topic_aliases ["5.0/MQTT-3.3.2-12"];

    // Messages to a client.

    /// Never sends at a higher QoS than was published.
    never_raises_qos ["5.0/MQTT-3.8.4-8", "3.1.1/MQTT-3.8.4-6"];
    /// Never sends at a higher QoS than was granted.
    never_exceeds_granted_qos ["5.0/MQTT-3.8.4-8", "3.1.1/MQTT-3.8.4-6"];
    /// Never sends at a lower QoS than published and granted.
    never_lowers_qos ["5.0/MQTT-3.8.4-8", "3.1.1/MQTT-3.8.4-6"];
    /// Does not pass DUP on.
    dup_is_not_passed_on ["5.0/MQTT-3.3.1-3", "3.1.1/MQTT-3.3.1-3"];
    /// Sends a QoS 1 or 2 PUBLISH with DUP 0 at first.
    first_delivery_without_dup ["5.0/MQTT-4.3.2-2", "5.0/MQTT-4.3.3-2", "3.1.1/MQTT-4.3.2-1", "3.1.1/MQTT-4.3.3-1"];
    /// Uses no Packet Identifier that is in use.
    uses_fresh_ids ["5.0/MQTT-2.2.1-4", "5.0/MQTT-4.3.2-1", "5.0/MQTT-4.3.3-1", "3.1.1/MQTT-2.3.1-4"];
    /// Answers PUBREC with PUBREL.
    answers_pubrec ["5.0/MQTT-4.3.3-4", "3.1.1/MQTT-4.3.3-1"];
    /// Sends PUBREL with a reason that it has.
    pubrel_code_is_listed ["5.0/MQTT-3.6.2-1"];
    /// Sends PUBREL with the flags that it must have.
    pubrel_flags_are_fixed ["5.0/MQTT-2.1.3-1", "3.1.1/MQTT-2.2.2-1", "3.1/V31-3.6-1"];
    /// Sends a QoS 0 PUBLISH with DUP 0.
    qos_0_without_dup ["5.0/MQTT-4.3.1-1", "5.0/MQTT-3.3.1-2", "3.1.1/MQTT-4.3.1-1", "3.1.1/MQTT-3.3.1-2"];
    /// Sends a QoS 0 PUBLISH without a Packet Identifier.
    qos_0_without_id ["5.0/MQTT-2.2.1-2", "3.1.1/MQTT-2.3.1-5"];
    /// Sends messages of a publisher in their order.
    keeps_order ["5.0/MQTT-4.6.0-5", "5.0/MQTT-4.6.0-6", "3.1.1/MQTT-4.6.0-5", "3.1.1/MQTT-4.6.0-6", "3.1/V31-4.3-1"];
    /// Sends the topic of the publisher.
    keeps_topic ["5.0/MQTT-3.3.2-3", "3.1.1/MQTT-3.3.2-3", "3.1/V31-3.3-2"];
    /// Keeps within the client's Receive Maximum.
    respects_receive_maximum ["5.0/MQTT-3.3.4-9", "5.0/MQTT-4.9.0-1", "5.0/MQTT-4.9.0-2"];
    /// Goes on sending when acknowledgements have made room.
    goes_on_after_acks ["5.0/MQTT-4.5.0-1", "3.1.1/MQTT-4.5.0-1"];
    /// Holds back only PUBLISH when the client's Receive Maximum is used up.
    holds_back_only_publish ["5.0/MQTT-3.3.4-10", "5.0/MQTT-4.9.0-3"];
    /// Sends no packet above the client's Maximum Packet Size.
    respects_maximum_packet_size ["5.0/MQTT-3.1.2-24", "5.0/MQTT-3.2.2-19", "5.0/MQTT-3.4.2-2", "5.0/MQTT-3.5.2-2", "5.0/MQTT-3.7.2-2", "5.0/MQTT-3.11.2-1", "5.0/MQTT-3.14.2-3"];
    /// Leaves out a Reason String that would make a packet too large for the client.
    leaves_out_long_reason_strings ["5.0/MQTT-3.1.2-24", "5.0/MQTT-3.2.2-19", "5.0/MQTT-3.4.2-2", "5.0/MQTT-3.5.2-2", "5.0/MQTT-3.6.2-2", "5.0/MQTT-3.7.2-2", "5.0/MQTT-3.9.2-1", "5.0/MQTT-3.11.2-1", "5.0/MQTT-3.14.2-3", "5.0/MQTT-3.15.2-2"];
    /// Leaves out a User Property that would make an answer too large for the client.
    leaves_out_long_user_properties ["5.0/MQTT-3.1.2-24", "5.0/MQTT-3.2.2-20", "5.0/MQTT-3.4.2-3", "5.0/MQTT-3.5.2-3", "5.0/MQTT-3.6.2-3", "5.0/MQTT-3.7.2-3", "5.0/MQTT-3.9.2-2", "5.0/MQTT-3.11.2-2", "5.0/MQTT-3.14.2-4", "5.0/MQTT-3.15.2-3"];
    /// Takes a message that is too large for a client as sent, and goes on.
    drops_too_large_messages ["5.0/MQTT-3.1.2-25"];
    /// Forgets the Receive Maximum and the Maximum Packet Size of a client with its connection.
    forgets_client_limits ["5.0/MQTT-3.1.2-24", "5.0/MQTT-3.3.4-9", "5.0/MQTT-4.5.0-1"];
    /// Uses no Topic Alias above the client's maximum.
    respects_topic_alias_maximum ["5.0/MQTT-3.1.2-26", "5.0/MQTT-3.3.2-11"];
    /// Uses no Topic Alias when the client allows none.
    no_topic_alias_unasked ["5.0/MQTT-3.1.2-27"];
    /// Forgets the Topic Aliases that it used with the connection.
    forgets_sent_topic_aliases ["5.0/MQTT-3.3.2-7"];
    /// Passes the Payload Format Indicator on.
    passes_payload_format ["5.0/MQTT-3.3.2-4"];
    /// Passes the Content Type on.
    passes_content_type ["5.0/MQTT-3.3.2-20"];
    /// Passes the Response Topic on.
    passes_response_topic ["5.0/MQTT-3.3.2-15"];
    /// Passes the Correlation Data on.
    passes_correlation_data ["5.0/MQTT-3.3.2-16"];
    /// Passes User Properties on.
    passes_user_properties ["5.0/MQTT-3.3.2-17", "5.0/MQTT-3.1.3-10"];
    /// Passes User Properties on in their order.
    keeps_user_property_order ["5.0/MQTT-3.3.2-18", "5.0/MQTT-3.1.3-10"];
    /// Drops messages whose expiry has passed before they were sent.
    drops_expired_messages ["5.0/MQTT-3.3.2-5"];
    /// Passes the Message Expiry Interval on.
    passes_message_expiry ["5.0/MQTT-3.3.2-6"];
    /// Counts the Message Expiry Interval down.
    counts_expiry_down ["5.0/MQTT-3.3.2-6"];
    /// Finishes a delivery that has begun though its message expired.
    finishes_expired_deliveries ["5.0/MQTT-4.3.3-7"];
    /// Finishes the receipt of a message though it expired.
    finishes_expired_receipts ["5.0/MQTT-4.3.3-13"];

    // Retained messages.

    /// Stores a retained message.
    stores_retained ["5.0/MQTT-3.3.1-5", "3.1.1/MQTT-3.3.1-5", "3.1/V31-2.1-4"];
    /// Replaces the retained message of a topic by a newer one.
    replaces_retained ["5.0/MQTT-3.3.1-5", "3.1.1/MQTT-3.3.1-5", "3.1.1/MQTT-3.3.1-7", "3.1/V31-2.1-5"];
    /// Clears the retained message of a topic by an empty one.
    clears_retained ["5.0/MQTT-3.3.1-6", "3.1.1/MQTT-3.3.1-10", "3.1/V31-2.1-8"];
    /// Passes an empty retained message on like any other.
    passes_empty_retained ["5.0/MQTT-3.3.1-6", "3.1.1/MQTT-3.3.1-10"];
    /// Never stores an empty retained message.
    stores_no_empty_retained ["5.0/MQTT-3.3.1-7", "3.1.1/MQTT-3.3.1-11"];
    /// Leaves the retained message alone when a message is not retained.
    unretained_changes_nothing ["5.0/MQTT-3.3.1-8", "3.1.1/MQTT-3.3.1-12", "3.1/V31-2.1-5"];
    /// Stores no message as retained that is not marked so.
    stores_only_retained ["5.0/MQTT-3.3.1-8", "3.1.1/MQTT-3.3.1-12", "3.1/V31-2.1-5"];
    /// Keeps a retained message when the session of its publisher ends.
    retained_outlives_session ["3.1.1/MQTT-3.1.2-7", "5.0/MQTT-3.3.1-5"];
    /// Keeps the QoS of a retained message.
    keeps_retained_qos ["3.1.1/MQTT-3.3.1-5", "5.0/MQTT-3.8.4-8"];
    /// Sends retained messages to a new subscription.
    sends_retained_on_subscribe ["5.0/MQTT-3.3.1-9", "3.1.1/MQTT-3.3.1-6", "3.1/V31-2.1-5"];
    /// Sets RETAIN on retained messages that a new subscription brings.
    marks_retained ["3.1.1/MQTT-3.3.1-8", "3.1/V31-2.1-5", "5.0/MQTT-3.3.1-9"];
    /// Sends retained messages again when a subscription is repeated.
    resends_retained_on_resubscribe ["5.0/MQTT-3.8.4-4", "3.1.1/MQTT-3.8.4-3"];
    /// Sends no retained messages to a subscription that existed, by Retain Handling 1.
    honours_retain_handling_1 ["5.0/MQTT-3.3.1-10"];
    /// Sends retained messages to a new subscription, by Retain Handling 1.
    retain_handling_1_sends_if_new ["5.0/MQTT-3.3.1-10"];
    /// Sends no retained messages, by Retain Handling 2.
    honours_retain_handling_2 ["5.0/MQTT-3.3.1-11"];
    /// Clears RETAIN on messages to subscriptions that exist.
    clears_retain_on_live_messages ["5.0/MQTT-3.3.1-12", "3.1.1/MQTT-3.3.1-9", "3.1/V31-2.1-6"];
    /// Keeps RETAIN as published where a subscription asks for it.
    honours_retain_as_published ["5.0/MQTT-3.3.1-13"];

    // Subscriptions.

    /// Answers SUBSCRIBE with SUBACK.
    answers_subscribe ["5.0/MQTT-3.8.4-1", "3.1.1/MQTT-3.8.4-1", "3.1/V31-3.8-1"];
    /// Repeats the identifier of SUBSCRIBE in SUBACK.
    repeats_subscribe_id ["5.0/MQTT-3.8.4-2", "5.0/MQTT-2.2.1-6", "3.1.1/MQTT-3.8.4-2", "3.1.1/MQTT-2.3.1-7"];
    /// Sends one code per filter in SUBACK.
    suback_answers_each_filter ["5.0/MQTT-3.8.4-6", "3.1.1/MQTT-3.8.4-5", "3.1/V31-3.9-1"];
    /// Sends the codes of SUBACK in the order of the filters.
    suback_keeps_order ["5.0/MQTT-3.9.3-1", "3.1.1/MQTT-3.9.3-1", "3.1/V31-3.9-1"];
    /// Grants what it will send at, in SUBACK.
    suback_grants_truly ["5.0/MQTT-3.8.4-7", "5.0/MQTT-3.8.4-8", "3.1.1/MQTT-3.8.4-5", "3.1.1/MQTT-3.8.4-6"];
    /// Sends codes that SUBACK has.
    suback_codes_are_listed ["5.0/MQTT-3.9.3-2", "3.1.1/MQTT-3.9.3-2", "3.1/V31-3.9-1"];
    /// Writes a Property Length of 0 where there are no properties.
    writes_empty_properties ["5.0/MQTT-2.2.2-1"];
    /// Writes lengths in their shortest form.
    writes_shortest_lengths ["5.0/MQTT-1.5.5-1"];
    /// Acts on each filter of a SUBSCRIBE.
    subscribes_each_filter ["5.0/MQTT-3.8.4-5", "3.1.1/MQTT-3.8.4-4"];
    /// Replaces a subscription by a new one with the same filter.
    replaces_subscription ["5.0/MQTT-3.8.4-3", "3.1.1/MQTT-3.8.4-3", "5.0/MQTT-4.8.2-3"];
    /// Loses no message when a subscription is replaced.
    replacing_loses_nothing ["5.0/MQTT-3.8.4-4", "3.1.1/MQTT-3.8.4-3"];
    /// Sends at the highest QoS of overlapping subscriptions.
    overlap_takes_highest_qos ["5.0/MQTT-3.3.4-2", "3.1.1/MQTT-3.3.5-1"];
    /// Sends the Subscription Identifier of the subscription that matched.
    sends_subscription_ids ["5.0/MQTT-3.3.4-3", "5.0/MQTT-3.3.4-5"];
    /// Sends the Subscription Identifiers of all overlapping subscriptions.
    sends_all_subscription_ids ["5.0/MQTT-3.3.4-4", "5.0/MQTT-3.3.4-3"];
    /// Sends nothing back to its publisher where No Local is set.
    honours_no_local ["5.0/MQTT-3.8.3-3"];
    /// Sends a message to one member of a shared subscription.
    share_picks_one ["5.0/MQTT-4.8.2-3"];
    /// Sends to a member of a shared subscription at its own granted QoS.
    share_respects_granted_qos ["5.0/MQTT-4.8.2-3"];
    /// Completes a QoS 2 delivery of a shared subscription with the member it began with.
    share_finishes_qos_2_with_member ["5.0/MQTT-4.8.2-4"];
    /// Gives a QoS 2 message of a shared subscription that it began to send to nobody else.
    share_drops_qos_2_with_session ["5.0/MQTT-4.8.2-5"];
    /// Gives a message of a shared subscription that was refused to nobody else.
    share_drops_refused ["5.0/MQTT-4.8.2-6"];
    /// Tells share names apart.
    share_names_differ ["5.0/MQTT-4.5.0-1"];
    /// Tells shared subscriptions of one share name and other filters apart.
    share_filters_differ ["5.0/MQTT-4.5.0-1"];

    // Topics.

    /// `#` matches any number of levels.
    hash_matches_many_levels ["5.0/MQTT-4.5.0-1", "3.1.1/MQTT-4.5.0-1"];
    /// `#` matches the parent level.
    hash_matches_parent ["5.0/MQTT-4.5.0-1", "3.1.1/MQTT-4.5.0-1"];
    /// `+` matches one level, not more.
    plus_matches_one_level ["5.0/MQTT-3.3.2-3", "3.1.1/MQTT-3.3.2-3"];
    /// `+` matches a level, and not the lack of one.
    plus_needs_a_level ["5.0/MQTT-3.3.2-3", "3.1.1/MQTT-3.3.2-3"];
    /// `+` matches an empty level.
    plus_matches_empty_level ["5.0/MQTT-4.5.0-1", "3.1.1/MQTT-4.5.0-1"];
    /// Empty levels count.
    counts_empty_levels ["5.0/MQTT-4.7.3-4", "3.1.1/MQTT-4.7.3-4"];
    /// Topics may hold any characters.
    matches_any_characters ["5.0/MQTT-4.7.3-4", "3.1.1/MQTT-4.7.3-4"];
    /// Levels may be long.
    matches_long_levels ["5.0/MQTT-4.7.3-4", "3.1.1/MQTT-4.7.3-4"];
    /// Topics are compared as they are, without normalization.
    normalizes_nothing ["5.0/MQTT-4.7.3-4", "3.1.1/MQTT-4.7.3-4"];
    /// Topics are compared with case.
    compares_with_case ["5.0/MQTT-4.7.3-4", "3.1.1/MQTT-4.7.3-4"];
    /// U+FEFF is kept and compared like any other character.
    keeps_byte_order_mark ["5.0/MQTT-1.5.4-3", "3.1.1/MQTT-1.5.3-3"];
    /// A leading wildcard matches no topic that starts with `$`.
    wildcards_skip_dollar_topics ["5.0/MQTT-4.7.2-1", "3.1.1/MQTT-4.7.2-1"];

    // Unsubscribing.

    /// Answers UNSUBSCRIBE with UNSUBACK.
    answers_unsubscribe ["5.0/MQTT-3.10.4-4", "3.1.1/MQTT-3.10.4-4", "3.1/V31-3.10-1"];
    /// Repeats the identifier of UNSUBSCRIBE in UNSUBACK.
    repeats_unsubscribe_id ["5.0/MQTT-3.10.4-5", "5.0/MQTT-2.2.1-6", "3.1.1/MQTT-3.10.4-4", "3.1.1/MQTT-2.3.1-7"];
    /// Answers UNSUBSCRIBE when there was nothing to delete, too.
    answers_vain_unsubscribe ["5.0/MQTT-3.10.4-5", "3.1.1/MQTT-3.10.4-5"];
    /// Adds nothing new for a filter after its UNSUBSCRIBE.
    forgets_unsubscribed ["5.0/MQTT-3.10.4-2", "3.1.1/MQTT-3.10.4-2"];
    /// Deletes only the subscription whose filter is the same, character by character.
    unsubscribe_compares_exactly ["5.0/MQTT-3.10.4-1", "3.1.1/MQTT-3.10.4-1"];
    /// Acts on each filter of an UNSUBSCRIBE.
    unsubscribes_each_filter ["5.0/MQTT-3.10.4-6", "3.1.1/MQTT-3.10.4-6"];
    /// Finishes deliveries that have begun.
    unsubscribe_finishes_deliveries ["5.0/MQTT-3.10.4-3", "3.1.1/MQTT-3.10.4-3"];
    /// Sends one code per filter in UNSUBACK.
    unsuback_answers_each_filter ["5.0/MQTT-3.11.3-2"];
    /// Sends codes that UNSUBACK has.
    unsuback_codes_are_listed ["5.0/MQTT-3.11.3-2"];
    /// Sends the codes of UNSUBACK in the order of the filters.
    unsuback_keeps_order ["5.0/MQTT-3.11.3-1"];

    // Wills.

    /// Publishes the Will when a connection breaks off.
    publishes_will ["5.0/MQTT-3.1.2-7", "5.0/MQTT-3.1.2-8", "3.1.1/MQTT-3.1.2-8", "3.1/V31-2.2-7"];
    /// Publishes the Will when the Keep Alive has passed.
    publishes_will_on_timeout ["5.0/MQTT-3.1.2-8", "3.1.1/MQTT-3.1.2-8", "3.1/V31-2.2-7"];
    /// Publishes the Will when it closes for a wrong packet.
    publishes_will_on_error ["5.0/MQTT-3.1.2-8", "3.1.1/MQTT-3.1.2-8"];
    /// Publishes the Will when another connection takes the session over.
    publishes_will_on_takeover ["5.0/MQTT-3.1.2-8", "3.1.1/MQTT-3.1.2-8"];
    /// Publishes the Will on DISCONNECT with another reason than 0x00.
    publishes_will_on_request ["5.0/MQTT-3.1.2-8"];
    /// Discards the Will on a normal DISCONNECT.
    disconnect_discards_will ["5.0/MQTT-3.14.4-3", "5.0/MQTT-3.1.2-10", "3.1.1/MQTT-3.14.4-3", "3.1.1/MQTT-3.1.2-10", "3.1/V31-2.2-7"];
    /// Forgets the Will once it was published.
    publishes_will_once ["5.0/MQTT-3.1.2-10", "3.1.1/MQTT-3.1.2-10"];
    /// Publishes the Will at its QoS.
    keeps_will_qos ["5.0/MQTT-3.1.2-8", "3.1.1/MQTT-3.1.2-8"];
    /// Publishes the Will Message without the length that it has in CONNECT.
    publishes_bare_will ["3.1/V31-3.1-5", "3.1.1/MQTT-3.1.2-8", "5.0/MQTT-3.1.2-8"];
    /// Retains the Will where Will Retain is set.
    retains_will ["5.0/MQTT-3.1.2-15", "3.1.1/MQTT-3.1.2-17"];
    /// Does not retain the Will where Will Retain is not set.
    does_not_retain_will ["5.0/MQTT-3.1.2-14", "3.1.1/MQTT-3.1.2-16"];
    /// Publishes no Will where CONNECT has none.
    no_will_unasked ["3.1.1/MQTT-3.1.2-12", "5.0/MQTT-3.1.2-7", "3.1/V31-2.2-7"];
    /// Waits for the Will Delay Interval.
    waits_will_delay ["5.0/MQTT-3.1.2-8"];
    /// Publishes no Will when the client is back before the Will Delay has passed.
    reconnect_cancels_will ["5.0/MQTT-3.1.3-9", "5.0/MQTT-3.1.2-8"];
    /// Publishes the Will when the session ends, though its delay has not passed.
    session_end_publishes_will ["5.0/MQTT-3.1.2-8"];

    // What the broker is told not to have.

    /// Announces Maximum QoS.
    announces_maximum_qos ["5.0/MQTT-3.2.2-9"];
    /// Accepts subscriptions above Maximum QoS, and grants less.
    accepts_subscribe_above_maximum_qos ["5.0/MQTT-3.2.2-10"];
    /// Refuses a PUBLISH above Maximum QoS.
    refuses_publish_above_maximum_qos ["5.0/MQTT-3.2.2-11"];
    /// Refuses a Will above Maximum QoS.
    refuses_will_above_maximum_qos ["5.0/MQTT-3.2.2-12"];
    /// Refuses a retained Will where nothing is retained.
    refuses_unavailable_will_retain ["5.0/MQTT-3.2.2-13"];
    /// Refuses a retained message where nothing is retained.
    refuses_unavailable_retain ["5.0/MQTT-3.2.2-14"];
    /// Refuses wildcards where there are none.
    refuses_unavailable_wildcards ["3.1.1/MQTT-3.8.3-2", "5.0/MQTT-4.13.1-1"];
    /// Refuses shared subscriptions where there are none.
    refuses_unavailable_shares ["5.0/MQTT-4.13.1-1"];
    /// Refuses Subscription Identifiers where there are none.
    refuses_unavailable_subscription_ids ["5.0/MQTT-4.13.1-1"];

    // Information for a client of 5.0, and enhanced authentication.

    /// Sends Reason String and User Property only where Request Problem Information allows it.
    respects_problem_information ["5.0/MQTT-3.1.2-29"];
    /// Sends Response Information only when asked.
    respects_response_information ["5.0/MQTT-3.1.2-28"];
    /// Sends no Session Expiry Interval in DISCONNECT.
    no_expiry_in_disconnect ["5.0/MQTT-3.14.2-2"];
    /// Sends nothing after DISCONNECT.
    nothing_after_disconnect ["5.0/MQTT-3.14.4-1"];
    /// Refuses an authentication method that it does not know.
    refuses_unknown_authentication_method ["5.0/MQTT-4.12.0-1"];
    /// Asks for more by AUTH with Continue Authentication.
    continues_authentication ["5.0/MQTT-4.12.0-2", "5.0/MQTT-3.15.2-1"];
    /// Sends AUTH with the flags that it must have.
    auth_flags_are_fixed ["5.0/MQTT-3.15.1-1", "5.0/MQTT-2.1.3-1"];
    /// Refuses a wrong answer to its challenge.
    refuses_failed_authentication ["5.0/MQTT-4.12.0-4", "5.0/MQTT-3.1.4-2"];
    /// Repeats the authentication method in AUTH and in CONNACK.
    repeats_authentication_method ["5.0/MQTT-4.12.0-5"];
    /// Sends no authentication method to a client that named none.
    no_authentication_unasked ["5.0/MQTT-4.12.0-6"];
    /// Closes on an AUTH from a client that named no method.
    refuses_auth_without_method ["5.0/MQTT-4.12.0-7"];
    /// Closes on an AUTH with another method than the first.
    refuses_other_authentication_method ["5.0/MQTT-4.12.1-1"];
    /// Closes when re-authentication fails.
    closes_on_failed_reauthentication ["5.0/MQTT-4.12.1-2"];
}
