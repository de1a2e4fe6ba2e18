//! Lists and property blocks that are built by hand: what they hold, and what they refuse.

use mqtt_codec::v5::{
    AckProperties, AuthProperties, ConnectProperties, PayloadFormat, Property, PropertyId, PublishProperties,
    SubscriptionId, WillProperties,
};
use mqtt_codec::{BuildError, Field, Qos, TopicFilter, TopicName, v3, v5};

fn filter(text: &str) -> TopicFilter<&[u8]> {
    TopicFilter::new(text).unwrap()
}

#[test]
fn lists_keep_their_entries_in_order() {
    let wanted = [
        v3::Subscription { filter: filter("a/#"), qos: Qos::AtLeastOnce },
        v3::Subscription { filter: filter("b"), qos: Qos::AtMostOnce },
    ];
    let mut memory = [0; 10];
    let list = v3::Filters::build_in(&mut memory, wanted).unwrap();
    assert_eq!(list.as_bytes(), b"\x00\x03a/#\x01\x00\x01b\x00");
    assert_eq!((list.len(), list.iter().collect::<Vec<_>>()), (2, wanted.to_vec()));
    assert_eq!((&list).into_iter().count(), 2);
    let shared = v3::Filters::build(wanted).unwrap();
    assert_eq!((shared == list, shared.as_borrowed() == list.as_borrowed()), (true, true));
    assert!(shared != v3::Filters::build([wanted[1]]).unwrap());
    assert_eq!(format!("{list:?}"), format!("{wanted:?}"));
}

#[test]
fn lists_of_codes() {
    let codes = [v3::SubscribeReturnCode::Failure, v3::SubscribeReturnCode::Granted(Qos::ExactlyOnce)];
    let list = v3::ReturnCodes::build(codes).unwrap();
    assert_eq!((list.as_bytes(), list.iter().collect::<Vec<_>>()), (&b"\x80\x02"[..], codes.to_vec()));
    let reasons =
        mqtt_codec::List::<bytes::Bytes, v5::UnsubAckReason>::build(v5::UnsubAckReason::ALL.iter().copied())
            .unwrap();
    assert_eq!(reasons.iter().collect::<Vec<_>>(), v5::UnsubAckReason::ALL);
    let filters = v5::TopicFilters::build([filter("$share/g/a"), filter("b/+")]).unwrap();
    assert_eq!(filters.iter().map(|f| f.to_string()).collect::<Vec<_>>(), ["$share/g/a", "b/+"]);
    assert!(v5::TopicFilters::build([filter("$share/g")]).is_err());
    let filters = v3::TopicFilters::build([filter("$share/g"), filter("b/+")]).unwrap();
    assert_eq!(filters.as_bytes(), b"\x00\x08$share/g\x00\x03b/+");
}

#[test]
fn lists_refuse() {
    let one = v3::Subscription { filter: filter("abc"), qos: Qos::AtLeastOnce };
    assert_eq!(v3::Filters::build([]), Err(BuildError::Empty));
    assert!(v3::Filters::build_in(&mut [0; 6], [one]).is_ok());
    for room in 0..6 {
        assert_eq!(
            v3::Filters::build_in(&mut vec![0; room], [one]),
            Err(BuildError::BufferTooSmall { needed: 6 }),
            "{room}"
        );
    }
    let options =
        |no_local| v5::SubscriptionOptions { no_local, ..v5::SubscriptionOptions::new(Qos::AtMostOnce) };
    let shared = |no_local| v5::Subscription { filter: filter("$share/g/a"), options: options(no_local) };
    assert!(v5::Filters::build([shared(false)]).is_ok());
    assert_eq!(v5::Filters::build([shared(true)]), Err(BuildError::SharedNoLocal));
    let local = v5::Subscription { filter: filter("a"), options: options(true) };
    assert!(v5::Filters::build([local]).is_ok());
    let nameless = v5::Subscription { filter: filter("$share//a"), options: options(false) };
    assert!(matches!(v5::Filters::build([nameless]), Err(BuildError::Topic(_))));
}

#[test]
fn properties_are_found_again() {
    let mut memory = [0; 200];
    let block = PublishProperties::builder_in(&mut memory)
        .payload_format_indicator(PayloadFormat::Utf8)
        .message_expiry_interval(7)
        .user_property("k", "v")
        .content_type("text/plain")
        .user_property("k", "w")
        .subscription_identifier(5)
        .subscription_identifier(268_435_455)
        .finish()
        .unwrap();
    assert!(!block.is_empty());
    assert_eq!(block.payload_format_indicator(), Some(PayloadFormat::Utf8));
    assert_eq!(block.message_expiry_interval(), Some(7));
    assert_eq!(block.topic_alias(), None);
    assert_eq!(block.get(PropertyId::MessageExpiryInterval), Some(Property::MessageExpiryInterval(7)));
    assert_eq!(block.get(PropertyId::TopicAlias), None);
    let pairs: Vec<_> =
        block.user_properties().map(|pair| (pair.name.to_string(), pair.value.to_string())).collect();
    assert_eq!(pairs, [("k".into(), "v".into()), ("k".into(), "w".into())]);
    let ids: Vec<_> = block.subscription_identifiers().map(SubscriptionId::get).collect();
    assert_eq!(ids, [5, 268_435_455]);
    assert_eq!((block.iter().count(), (&block).into_iter().count()), (7, 7));
    assert!(format!("{block:?}").starts_with("[PayloadFormatIndicator(Utf8), MessageExpiryInterval(7), "));

    // Passed on to another block, property by property.
    let copy = block
        .iter()
        .fold(PublishProperties::builder(), |copy, property| copy.push(property))
        .finish()
        .unwrap();
    assert_eq!((copy == block, copy.as_borrowed() == block.as_borrowed()), (true, true));
    assert!(copy != PublishProperties::<&[u8]>::default());
    assert!(PublishProperties::<&[u8]>::default().is_empty());
}

#[test]
fn properties_refuse() {
    let twice = PublishProperties::builder().message_expiry_interval(1).message_expiry_interval(1).finish();
    assert_eq!(twice, Err(BuildError::Repeated(Field::MessageExpiryInterval)));
    let misplaced = AckProperties::builder().push(Property::MessageExpiryInterval(1)).finish();
    assert_eq!(misplaced, Err(BuildError::Misplaced(Field::MessageExpiryInterval)));
    let zero = PublishProperties::builder().topic_alias(0).finish();
    assert_eq!(zero, Err(BuildError::OutOfRange(Field::TopicAlias)));
    for id in [0, 268_435_456] {
        let none = PublishProperties::builder().subscription_identifier(id).finish();
        assert_eq!(none, Err(BuildError::OutOfRange(Field::SubscriptionIdentifier)), "{id}");
        assert_eq!(SubscriptionId::new(id), None);
    }
    let wildcard = WillProperties::builder().response_topic("a/#").finish();
    assert!(matches!(wildcard, Err(BuildError::Topic(_))));
    assert!(matches!(AckProperties::builder().user_property("a\0", "").finish(), Err(BuildError::Text(_))));
    // The first mistake is the one that is told.
    let both = PublishProperties::builder().topic_alias(0).content_type("\0").finish();
    assert_eq!(both, Err(BuildError::OutOfRange(Field::TopicAlias)));

    let data = ConnectProperties::builder().authentication_data(b"x");
    assert_eq!(data.finish(), Err(BuildError::AuthenticationMethod));
    let method = ConnectProperties::builder().authentication_method("m");
    assert!(method.authentication_data(b"x").finish().is_ok());
    assert!(ConnectProperties::builder().finish().is_ok());
    assert_eq!(AuthProperties::builder().finish(), Err(BuildError::AuthenticationMethod));
    assert!(AuthProperties::builder().authentication_method("m").finish().is_ok());

    let room = |bytes: usize| {
        let mut memory = vec![0; bytes];
        PublishProperties::builder_in(&mut memory).message_expiry_interval(1).finish().is_ok()
    };
    assert_eq!((room(4), room(5)), (false, true));
}

#[test]
fn a_publish_without_topic_needs_an_alias() {
    let alias = PublishProperties::builder().topic_alias(3).finish().unwrap();
    let publish = v5::Publish::with_alias(alias, bytes::Bytes::new()).unwrap();
    assert_eq!((publish.topic(), publish.topic_alias().map(std::num::NonZeroU16::get)), (None, Some(3)));
    assert_eq!(v5::Publish::with_alias(PublishProperties::default(), &b""[..]), Err(BuildError::TopicAlias));
    let plain = v5::Publish::new(TopicName::new("a").unwrap(), &b"hi"[..]);
    assert_eq!(
        (plain.topic().unwrap() == "a", plain.topic_alias(), plain.properties().is_empty()),
        (true, None, true)
    );
}
