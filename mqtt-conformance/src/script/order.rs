//! In which order the packets of a broker have to come on one connection, and where that is laid down.
//!
//! The table of `docs/order.md`, as code: [`Order::of`] is the one place that expectations and verbs go by.

use std::fmt;

use mqtt_codec::PacketType;
use serde_json::Value as Tree;

/// What the standards say about two packets from a broker, one before the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Nothing: either may come first.
    Free,
    /// The first of the two has no place before the second.
    Never,
    /// Free if they belong to different packet identifiers.
    OtherId,
    /// Free if their Topic Names differ, or their QoS.
    OtherTopicOrQos,
}

impl Order {
    /// The order of a packet that came, against one that is expected and has not come yet.
    pub(crate) const fn of(came: PacketType, expected: PacketType) -> Self {
        use PacketType::{
            Auth, ConnAck, PingResp, PubAck, PubComp, PubRec, PubRel, Publish, SubAck, UnsubAck,
        };
        match (came, expected) {
            (_, ConnAck) => Self::Never,
            (Publish, Publish) => Self::OtherTopicOrQos,
            // Perhaps again on a new connection, and then PUBCOMP.
            (PubRec, PubComp) => Self::Free,
            // One identifier of the client belongs to one exchange, and so does one of the broker.
            (
                PubAck | PubRec | PubComp | SubAck | UnsubAck,
                PubAck | PubRec | PubComp | SubAck | UnsubAck,
            )
            | (PubRel, Publish | PubRel)
            | (Publish, PubRel) => Self::OtherId,
            (Publish | PubAck | PubRec | PubRel | PubComp | SubAck | UnsubAck | PingResp | Auth, _) => {
                Self::Free
            }
            // What is first and last on a connection, and a client's packets.
            _ => Self::Never,
        }
    }

    /// Whether a packet may come before an expected one. `fits` says whether it has what is expected in a field; a field that
    /// is not named in the expectation fits.
    pub(crate) fn allows(self, came: &Tree, fits: impl Fn(&str) -> bool) -> bool {
        match self {
            Self::Free => true,
            Self::Never => false,
            Self::OtherId => came.get("packet_id").is_none() || !fits("packet_id"),
            // An empty Topic Name stands for the one of its alias.
            Self::OtherTopicOrQos => {
                !fits("qos") || came.get("topic").is_some_and(|topic| topic != "") && !fits("topic")
            }
        }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Free => "free",
            Self::Never => "no",
            Self::OtherId => "other id",
            Self::OtherTopicOrQos => "other topic or QoS",
        })
    }
}

/// The type of a name, in capitals or small letters.
pub(crate) fn named(name: &str) -> Option<PacketType> {
    PacketType::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::fmt::Write as _;

    /// What a broker may send.
    const BROKER: [PacketType; 11] = [
        PacketType::ConnAck,
        PacketType::Publish,
        PacketType::PubAck,
        PacketType::PubRec,
        PacketType::PubRel,
        PacketType::PubComp,
        PacketType::SubAck,
        PacketType::UnsubAck,
        PacketType::PingResp,
        PacketType::Disconnect,
        PacketType::Auth,
    ];

    #[test]
    fn the_page_has_the_same_table() {
        let page = include_str!("../../docs/order.md");
        let names: Vec<_> = BROKER.iter().map(ToString::to_string).collect();
        let mut table = format!("| came | {} |\n|---{}|\n", names.join(" | "), "|---".repeat(names.len()));
        for came in BROKER {
            let row: Vec<_> = BROKER.iter().map(|expected| Order::of(came, *expected).to_string()).collect();
            let _ = writeln!(table, "| {came} | {} |", row.join(" | "));
        }
        assert!(page.contains(&table), "docs/order.md needs this table:\n{table}");
    }

    fn kind(packet: &Tree) -> PacketType {
        named(packet["type"].as_str().unwrap()).unwrap()
    }

    #[track_caller]
    fn check(came: &Tree, expected: &Tree, may: bool) {
        let order = Order::of(kind(came), kind(expected));
        let fits = |field: &str| expected.get(field).is_none_or(|wanted| came.get(field) == Some(wanted));
        assert_eq!(order.allows(came, fits), may, "{came} before {expected}: {order}");
    }

    #[test]
    fn messages_of_one_topic_and_qos_keep_their_order() {
        let message = |topic: &str, qos: u8, payload: &str| json!({"type": "publish", "topic": topic, "qos": qos, "payload": payload});
        check(&message("a", 1, "2"), &message("a", 1, "1"), false);
        check(&message("b", 1, "2"), &message("a", 1, "1"), true);
        check(&message("a", 0, "2"), &message("a", 1, "1"), true);
        check(&message("", 1, "2"), &message("a", 1, "1"), false);
        check(&message("a", 1, "2"), &json!({"type": "publish"}), false);
    }

    #[test]
    fn answers_of_other_identifiers_are_free_among_themselves() {
        let answer = |kind: &str, id: u16| json!({"type": kind, "packet_id": id});
        check(&answer("puback", 2), &answer("puback", 1), true);
        check(&answer("suback", 2), &answer("puback", 1), true);
        check(&answer("puback", 1), &answer("puback", 1), false);
        check(&answer("pubcomp", 1), &answer("pubrec", 1), false);
        check(&answer("pubrel", 1), &answer("publish", 1), false);
        check(&json!({"type": "publish", "qos": 0, "topic": "a"}), &answer("pubrel", 1), true);
        check(&json!({"type": "pingresp"}), &answer("puback", 1), true);
    }

    #[test]
    fn a_connack_is_first_and_a_disconnect_last() {
        check(&json!({"type": "publish"}), &json!({"type": "connack"}), false);
        check(&json!({"type": "connack"}), &json!({"type": "publish"}), false);
        check(&json!({"type": "disconnect"}), &json!({"type": "puback", "packet_id": 1}), false);
        check(&json!({"type": "puback", "packet_id": 1}), &json!({"type": "disconnect"}), true);
    }
}
