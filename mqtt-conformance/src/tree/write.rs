//! Packet → named values.

use mqtt_codec::v5::kind::Kind;
use mqtt_codec::v5::{ListedReason, PayloadFormat, Properties, Property, ReasonCode};
use mqtt_codec::{AnyPacket, Delivery, PacketType, Storage, v3, v5};
use serde_json::{Map, Value, json};

use super::hex::hex;
use super::vocabulary::{PropertyMember, type_name};

/// A packet as named values, with every member that has a default.
#[must_use]
pub fn to_tree<B: Storage>(packet: &AnyPacket<B>) -> Value {
    let mut tree = Object::new(packet.packet_type());
    match packet {
        AnyPacket::V3(packet) => write_v3(packet, &mut tree),
        AnyPacket::V5(packet) => write_v5(packet, &mut tree),
    }
    Value::Object(tree.0)
}

/// Text or bytes as a value: a JSON string where the bytes are UTF-8, `hex` where not, and `repeat` for a long run of one
/// byte.
#[must_use]
pub fn bytes_value(bytes: &[u8]) -> Value {
    const LONG: usize = 256;
    // All bytes are alike if each is like the next.
    if bytes.len() >= LONG
        && let [first, after @ ..] = bytes
        && bytes.get(..after.len()) == Some(after)
    {
        return json!({"repeat": hex(&[*first]), "count": bytes.len()});
    }
    match str::from_utf8(bytes) {
        Ok(text) => Value::from(text),
        Err(_) => json!({"hex": hex(bytes)}),
    }
}

struct Object(Map<String, Value>);

impl Object {
    fn new(packet: PacketType) -> Self {
        let mut map = Map::new();
        map.insert("type".to_owned(), Value::from(type_name(packet)));
        Self(map)
    }

    fn put(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    fn put_bytes(&mut self, name: &str, bytes: impl AsRef<[u8]>) {
        self.put(name, bytes_value(bytes.as_ref()));
    }

    fn put_properties<B: Storage, K: Kind>(&mut self, properties: &Properties<B, K>) {
        self.put(
            "properties",
            properties.iter().map(|property| property_value(&property)).collect::<Vec<_>>(),
        );
    }

    fn put_delivery(&mut self, delivery: Delivery, retain: bool) {
        self.put("dup", delivery.dup());
        self.put("qos", delivery.qos().get());
        self.put("retain", retain);
    }

    fn put_packet_id(&mut self, delivery: Delivery) {
        if let Some(id) = delivery.packet_id() {
            self.put("packet_id", id.get());
        }
    }
}

fn write_v3<B: Storage>(packet: &v3::Packet<B>, tree: &mut Object) {
    match packet {
        v3::Packet::Connect(connect) => {
            tree.put("clean_session", connect.clean_session());
            tree.put("keep_alive", connect.keep_alive);
            tree.put_bytes("client_id", connect.client_id());
            if let Some(will) = &connect.will {
                tree.put(
                    "will",
                    json!({
                        "topic": bytes_value(will.topic.as_bytes()),
                        "payload": bytes_value(will.payload.as_bytes()),
                        "qos": will.qos.get(),
                        "retain": will.retain,
                    }),
                );
            }
            if let Some(credentials) = &connect.credentials {
                tree.put_bytes("user_name", &credentials.user_name);
                if let Some(password) = &credentials.password {
                    tree.put_bytes("password", password);
                }
            }
        }
        v3::Packet::ConnAck(connack) => {
            tree.put("session_present", connack.session_present());
            tree.put("return_code", connack.return_code());
        }
        v3::Packet::Publish(publish) => {
            tree.put_delivery(publish.delivery, publish.retain);
            tree.put_bytes("topic", &publish.topic);
            tree.put_packet_id(publish.delivery);
            tree.put_bytes("payload", &publish.payload);
        }
        v3::Packet::PubAck(id)
        | v3::Packet::PubRec(id)
        | v3::Packet::PubRel(id)
        | v3::Packet::PubComp(id)
        | v3::Packet::UnsubAck(id) => tree.put("packet_id", id.get()),
        v3::Packet::Subscribe(subscribe) => {
            tree.put("packet_id", subscribe.packet_id.get());
            let filters = subscribe
                .filters
                .iter()
                .map(|s| json!({"filter": bytes_value(s.filter.as_bytes()), "qos": s.qos.get()}));
            tree.put("filters", filters.collect::<Vec<_>>());
        }
        v3::Packet::SubAck(suback) => {
            tree.put("packet_id", suback.packet_id.get());
            let codes = suback.return_codes.iter().map(v3::SubscribeReturnCode::get);
            tree.put("return_codes", codes.collect::<Vec<_>>());
        }
        v3::Packet::Unsubscribe(unsubscribe) => {
            tree.put("packet_id", unsubscribe.packet_id.get());
            let filters = unsubscribe.filters.iter().map(|filter| bytes_value(filter.as_bytes()));
            tree.put("filters", filters.collect::<Vec<_>>());
        }
        v3::Packet::PingReq | v3::Packet::PingResp | v3::Packet::Disconnect => {}
    }
}

fn write_v5<B: Storage>(packet: &v5::Packet<B>, tree: &mut Object) {
    match packet {
        v5::Packet::Connect(connect) => write_connect_v5(connect, tree),
        v5::Packet::ConnAck(connack) => {
            tree.put("session_present", connack.session_present());
            tree.put("reason", connack.reason().get());
            tree.put_properties(&connack.properties);
        }
        v5::Packet::Publish(publish) => {
            tree.put_delivery(publish.delivery, publish.retain);
            tree.put_bytes("topic", publish.topic().map_or(&[][..], |topic| topic.as_bytes()));
            tree.put_packet_id(publish.delivery);
            tree.put_properties(publish.properties());
            tree.put_bytes("payload", &publish.payload);
        }
        v5::Packet::PubAck(ack) => write_ack(ack, tree),
        v5::Packet::PubRec(ack) => write_ack(ack, tree),
        v5::Packet::PubRel(ack) => write_ack(ack, tree),
        v5::Packet::PubComp(ack) => write_ack(ack, tree),
        v5::Packet::Subscribe(subscribe) => {
            tree.put("packet_id", subscribe.packet_id.get());
            tree.put_properties(&subscribe.properties);
            let filters = subscribe.filters.iter().map(|v5::Subscription { filter, options }| {
                json!({
                    "filter": bytes_value(filter.as_bytes()),
                    "qos": options.qos.get(),
                    "no_local": options.no_local,
                    "retain_as_published": options.retain_as_published,
                    "retain_handling": options.retain_handling.get(),
                })
            });
            tree.put("filters", filters.collect::<Vec<_>>());
        }
        v5::Packet::SubAck(ack) => write_filters_ack(ack, tree),
        v5::Packet::Unsubscribe(unsubscribe) => {
            tree.put("packet_id", unsubscribe.packet_id.get());
            tree.put_properties(&unsubscribe.properties);
            let filters = unsubscribe.filters.iter().map(|filter| bytes_value(filter.as_bytes()));
            tree.put("filters", filters.collect::<Vec<_>>());
        }
        v5::Packet::UnsubAck(ack) => write_filters_ack(ack, tree),
        v5::Packet::PingReq | v5::Packet::PingResp => {}
        v5::Packet::Disconnect(disconnect) => {
            tree.put("reason", disconnect.reason.get());
            tree.put_properties(&disconnect.properties);
        }
        v5::Packet::Auth(auth) => {
            tree.put("reason", auth.reason.get());
            tree.put_properties(&auth.properties);
        }
    }
}

fn write_connect_v5<B: Storage>(connect: &v5::Connect<B>, tree: &mut Object) {
    let v5::Connect { clean_start, keep_alive, properties, client_id, will, user_name, password } = connect;
    tree.put("clean_start", *clean_start);
    tree.put("keep_alive", *keep_alive);
    tree.put_properties(properties);
    tree.put_bytes("client_id", client_id);
    if let Some(v5::Will { properties, topic, payload, qos, retain }) = will {
        let mut will = Object(Map::new());
        will.put_properties(properties);
        will.put_bytes("topic", topic);
        will.put_bytes("payload", payload);
        will.put("qos", qos.get());
        will.put("retain", *retain);
        tree.put("will", will.0);
    }
    if let Some(user_name) = user_name {
        tree.put_bytes("user_name", user_name);
    }
    if let Some(password) = password {
        tree.put_bytes("password", password);
    }
}

fn write_ack<R: ReasonCode, B: Storage>(ack: &v5::Ack<R, B>, tree: &mut Object) {
    tree.put("packet_id", ack.packet_id.get());
    tree.put("reason", ack.reason.get());
    tree.put_properties(&ack.properties);
}

fn write_filters_ack<R: ListedReason, B: Storage>(ack: &v5::FiltersAck<R, B>, tree: &mut Object) {
    tree.put("packet_id", ack.packet_id.get());
    tree.put_properties(&ack.properties);
    tree.put("reasons", ack.reasons.iter().map(ReasonCode::get).collect::<Vec<_>>());
}

fn property_value(property: &Property<'_>) -> Value {
    let name = PropertyMember::of(property.id()).map_or("", |member| member.name);
    let value = match property {
        Property::PayloadFormatIndicator(format) => Value::from(u8::from(*format == PayloadFormat::Utf8)),
        Property::MaximumQos(qos) => Value::from(qos.get()),
        Property::RequestProblemInformation(flag)
        | Property::RequestResponseInformation(flag)
        | Property::RetainAvailable(flag)
        | Property::WildcardSubscriptionAvailable(flag)
        | Property::SubscriptionIdentifierAvailable(flag)
        | Property::SharedSubscriptionAvailable(flag) => Value::from(u8::from(*flag)),
        Property::MessageExpiryInterval(number)
        | Property::SessionExpiryInterval(number)
        | Property::WillDelayInterval(number) => Value::from(*number),
        Property::ServerKeepAlive(number) | Property::TopicAliasMaximum(number) => Value::from(*number),
        Property::ReceiveMaximum(number) | Property::TopicAlias(number) => Value::from(number.get()),
        Property::MaximumPacketSize(number) => Value::from(number.get()),
        Property::SubscriptionIdentifier(id) => Value::from(id.get()),
        Property::ContentType(text)
        | Property::AssignedClientIdentifier(text)
        | Property::AuthenticationMethod(text)
        | Property::ResponseInformation(text)
        | Property::ServerReference(text)
        | Property::ReasonString(text) => bytes_value(text.as_bytes()),
        Property::ResponseTopic(topic) => bytes_value(topic.as_bytes()),
        Property::CorrelationData(data) | Property::AuthenticationData(data) => bytes_value(data.as_bytes()),
        Property::UserProperty(pair) => {
            Value::from(vec![bytes_value(pair.name.as_bytes()), bytes_value(pair.value.as_bytes())])
        }
    };
    json!({name: value})
}
