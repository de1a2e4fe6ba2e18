//! Properties: one table of all 27, the blocks that packets carry, and how to build them.
//!
//! MQTT 5.0 §2.2.2.

use super::kind::Kind;
use crate::emit::Sink;
use crate::error::{Cause, DecodeError, Field, Sender};
use crate::options::DecodeOptions;
use crate::parse::{self, Cursor, Strings};
use crate::storage::{MapStorage, Storage};
use crate::types::{Binary, BuildError, Qos, Scratch, Text, TopicName, VarInt, Writer};
use crate::types::{is_plain, is_plain_topic, read_byte, read_prefixed, write_all, write_prefixed};
use core::fmt;
use core::marker::PhantomData;
use core::num::{NonZeroU16, NonZeroU32};

/// What a payload is: the value of Payload Format Indicator. Spec: 5.0 §3.3.2.3.2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the standard has two values")]
pub enum PayloadFormat {
    /// 0: unspecified bytes.
    #[default]
    Unspecified,
    /// 1: UTF-8 encoded text.
    Utf8,
}

/// A Subscription Identifier, 1 to 268,435,455. Spec: 5.0 §3.8.2.1.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubscriptionId(VarInt);

impl SubscriptionId {
    /// A Subscription Identifier; `None` for 0 and above 268,435,455.
    #[must_use]
    pub const fn new(id: u32) -> Option<Self> {
        match VarInt::new(id) {
            Some(id) if id.get() != 0 => Some(Self(id)),
            _ => None,
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

/// A User Property: a name and a value, for whatever the two ends agreed on. Names may repeat. Spec: 5.0 §3.1.2.11.8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "a UTF-8 String Pair has two parts")]
pub struct UserProperty<'a> {
    /// The name; may be empty.
    pub name: Text<&'a [u8]>,
    /// The value; may be empty.
    pub value: Text<&'a [u8]>,
}

/// How a property value travels.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// A byte that is 0 or 1.
    Flag,
    U16,
    /// A Two Byte Integer that is not 0.
    NonZeroU16,
    U32,
    /// A Four Byte Integer that is not 0.
    NonZeroU32,
    /// A Variable Byte Integer that is not 0.
    VarInt,
    Text,
    Topic,
    Binary,
    Pair,
}

/// A property value as a Rust type: how to read one that was checked, and how to write it.
trait Value<'a>: Sized {
    fn read(bytes: &mut &'a [u8]) -> Option<Self>;
    fn write<W: Writer>(&self, out: &mut W) -> Result<(), BuildError>;
}

impl Value<'_> for bool {
    #[inline]
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        read_byte(bytes).map(|b| b != 0)
    }
    fn write<W: Writer>(&self, out: &mut W) -> Result<(), BuildError> {
        write_all(&[u8::from(*self)], out)
    }
}

impl Value<'_> for PayloadFormat {
    #[inline]
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        bool::read(bytes).map(|utf8| if utf8 { Self::Utf8 } else { Self::Unspecified })
    }
    fn write<W: Writer>(&self, out: &mut W) -> Result<(), BuildError> {
        (*self == Self::Utf8).write(out)
    }
}

/// As the value of Maximum QoS, which is never 2.
impl Value<'_> for Qos {
    #[inline]
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        read_byte(bytes).and_then(Self::new)
    }
    fn write<W: Writer>(&self, out: &mut W) -> Result<(), BuildError> {
        if *self == Self::ExactlyOnce {
            return Err(BuildError::OutOfRange(Field::MaximumQos));
        }
        write_all(&[self.get()], out)
    }
}

impl Value<'_> for u16 {
    #[inline]
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (value, rest) = bytes.split_first_chunk()?;
        *bytes = rest;
        Some(Self::from_be_bytes(*value))
    }
    fn write<W: Writer>(&self, out: &mut W) -> Result<(), BuildError> {
        write_all(&self.to_be_bytes(), out)
    }
}

impl Value<'_> for NonZeroU16 {
    #[inline]
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        u16::read(bytes).and_then(Self::new)
    }
    fn write<W: Writer>(&self, out: &mut W) -> Result<(), BuildError> {
        self.get().write(out)
    }
}

impl Value<'_> for u32 {
    #[inline]
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (value, rest) = bytes.split_first_chunk()?;
        *bytes = rest;
        Some(Self::from_be_bytes(*value))
    }
    fn write<W: Writer>(&self, out: &mut W) -> Result<(), BuildError> {
        write_all(&self.to_be_bytes(), out)
    }
}

impl Value<'_> for NonZeroU32 {
    #[inline]
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        u32::read(bytes).and_then(Self::new)
    }
    fn write<W: Writer>(&self, out: &mut W) -> Result<(), BuildError> {
        self.get().write(out)
    }
}

impl Value<'_> for SubscriptionId {
    #[inline]
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (rest, id) = parse::var_int(bytes).ok()?;
        *bytes = rest;
        Self::new(id.get())
    }
    fn write<W: Writer>(&self, out: &mut W) -> Result<(), BuildError> {
        let bytes = self.0.to_bytes();
        write_all(bytes.get(..self.0.encoded_len()).unwrap_or_default(), out)
    }
}

impl<'a> Value<'a> for Text<&'a [u8]> {
    #[inline]
    fn read(bytes: &mut &'a [u8]) -> Option<Self> {
        read_prefixed(bytes).map(Text::checked)
    }
    fn write<W: Writer>(&self, out: &mut W) -> Result<(), BuildError> {
        write_prefixed(self.as_bytes(), out)
    }
}

impl<'a> Value<'a> for TopicName<&'a [u8]> {
    #[inline]
    fn read(bytes: &mut &'a [u8]) -> Option<Self> {
        read_prefixed(bytes).map(TopicName::checked)
    }
    fn write<W: Writer>(&self, out: &mut W) -> Result<(), BuildError> {
        write_prefixed(self.as_bytes(), out)
    }
}

impl<'a> Value<'a> for Binary<&'a [u8]> {
    #[inline]
    fn read(bytes: &mut &'a [u8]) -> Option<Self> {
        read_prefixed(bytes).map(Binary::checked)
    }
    fn write<W: Writer>(&self, out: &mut W) -> Result<(), BuildError> {
        write_prefixed(self.as_bytes(), out)
    }
}

impl<'a> Value<'a> for UserProperty<'a> {
    #[inline]
    fn read(bytes: &mut &'a [u8]) -> Option<Self> {
        Some(Self { name: Text::read(bytes)?, value: Text::read(bytes)? })
    }
    fn write<W: Writer>(&self, out: &mut W) -> Result<(), BuildError> {
        self.name.write(out)?;
        self.value.write(out)
    }
}

macro_rules! property_table {
    ($($(#[$doc:meta])* $name:ident = $id:literal $shape:ident $value:ty;)*) => {
        /// The identifier of a property. Spec: 5.0 table 2-4.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(clippy::exhaustive_enums, reason = "MQTT 5.0 closes the list")]
        #[repr(u8)]
        pub enum PropertyId {
            $($(#[$doc])* $name = $id,)*
        }

        /// A property with its value, as iterating over a block yields it. Spec: 5.0 table 2-4.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(clippy::exhaustive_enums, reason = "MQTT 5.0 closes the list")]
        pub enum Property<'a> {
            $($(#[$doc])* $name($value),)*
        }

        impl PropertyId {
            /// All properties, in the order of their identifiers.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The property with this identifier.
            #[must_use]
            #[inline]
            pub const fn new(id: u8) -> Option<Self> {
                match id {
                    $($id => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// The property as a field of a packet, which knows the standard's name.
            #[must_use]
            pub const fn field(self) -> Field {
                match self {
                    $(Self::$name => Field::$name,)*
                }
            }
        }

        impl Shape {
            /// How the value of the property with this identifier travels.
            #[inline(always)]
            const fn of(id: u8) -> Option<Self> {
                match id {
                    $($id => Some(Self::$shape),)*
                    _ => None,
                }
            }
        }

        impl<'a> Property<'a> {
            /// The identifier.
            #[must_use]
            pub const fn id(&self) -> PropertyId {
                match self {
                    $(Self::$name(_) => PropertyId::$name,)*
                }
            }

            /// Reads the property at the front of a block that has been checked.
            #[inline(always)]
            fn read(bytes: &mut &'a [u8]) -> Option<Self> {
                match PropertyId::new(read_byte(bytes)?)? {
                    $(PropertyId::$name => <$value as Value<'a>>::read(bytes).map(Self::$name),)*
                }
            }

            fn write<W: Writer>(&self, out: &mut W) -> Result<(), BuildError> {
                write_all(&[self.id() as u8], out)?;
                match self {
                    $(Self::$name(value) => value.write(out),)*
                }
            }
        }
    };
}

property_table! {
    /// 1: what the payload is. PUBLISH, Will.
    PayloadFormatIndicator = 1 Flag PayloadFormat;
    /// 2: how long the message is of use, in seconds. PUBLISH, Will.
    MessageExpiryInterval = 2 U32 u32;
    /// 3: what the payload means to the application. PUBLISH, Will.
    ContentType = 3 Text Text<&'a [u8]>;
    /// 8: where a response is to be published. PUBLISH, Will.
    ResponseTopic = 8 Topic TopicName<&'a [u8]>;
    /// 9: tells the requester which request a response is for. PUBLISH, Will.
    CorrelationData = 9 Binary Binary<&'a [u8]>;
    /// 11: which subscription led here. PUBLISH (from servers only), SUBSCRIBE.
    SubscriptionIdentifier = 11 VarInt SubscriptionId;
    /// 17: how long the session outlives the connection, in seconds; 0xFFFFFFFF is for ever. CONNECT, CONNACK, DISCONNECT.
    SessionExpiryInterval = 17 U32 u32;
    /// 18: the client identifier that the server chose. CONNACK.
    AssignedClientIdentifier = 18 Text Text<&'a [u8]>;
    /// 19: the Keep Alive that the server wants instead, in seconds. CONNACK.
    ServerKeepAlive = 19 U16 u16;
    /// 21: the name of the enhanced authentication method. CONNECT, CONNACK, AUTH.
    AuthenticationMethod = 21 Text Text<&'a [u8]>;
    /// 22: data of the enhanced authentication. CONNECT, CONNACK, AUTH.
    AuthenticationData = 22 Binary Binary<&'a [u8]>;
    /// 23: whether reasons and user properties are wanted on failures. CONNECT.
    RequestProblemInformation = 23 Flag bool;
    /// 24: how long the server waits before it publishes the Will, in seconds. Will.
    WillDelayInterval = 24 U32 u32;
    /// 25: whether Response Information is wanted. CONNECT.
    RequestResponseInformation = 25 Flag bool;
    /// 26: a basis for response topics. CONNACK.
    ResponseInformation = 26 Text Text<&'a [u8]>;
    /// 28: another server to use. CONNACK, DISCONNECT.
    ServerReference = 28 Text Text<&'a [u8]>;
    /// 31: a reason for people to read. All answers, DISCONNECT, AUTH.
    ReasonString = 31 Text Text<&'a [u8]>;
    /// 33: how many QoS 1 and 2 messages the sender takes at once. CONNECT, CONNACK.
    ReceiveMaximum = 33 NonZeroU16 NonZeroU16;
    /// 34: the highest Topic Alias that the sender takes. CONNECT, CONNACK.
    TopicAliasMaximum = 34 U16 u16;
    /// 35: a number that stands for the Topic Name. PUBLISH.
    TopicAlias = 35 NonZeroU16 NonZeroU16;
    /// 36: the highest QoS that the server supports, 0 or 1. CONNACK.
    MaximumQos = 36 Flag Qos;
    /// 37: whether the server supports retained messages. CONNACK.
    RetainAvailable = 37 Flag bool;
    /// 38: a name and a value. All packets that have properties.
    UserProperty = 38 Pair UserProperty<'a>;
    /// 39: the largest packet that the sender takes, in bytes. CONNECT, CONNACK.
    MaximumPacketSize = 39 NonZeroU32 NonZeroU32;
    /// 40: whether the server supports wildcards in filters. CONNACK.
    WildcardSubscriptionAvailable = 40 Flag bool;
    /// 41: whether the server supports Subscription Identifiers. CONNACK.
    SubscriptionIdentifierAvailable = 41 Flag bool;
    /// 42: whether the server supports Shared Subscriptions. CONNACK.
    SharedSubscriptionAvailable = 42 Flag bool;
}

impl PropertyId {
    /// A set with this property alone.
    pub(crate) const fn bit(self) -> u64 {
        1 << self as u8
    }
}

/// What a kind of property block may hold.
#[derive(Debug)]
#[doc(hidden)]
pub struct Rules {
    /// The set of properties, a bit per identifier.
    pub(crate) allowed: u64,
    /// The set of those that may come more than once.
    pub(crate) repeatable: u64,
    /// PUBLISH alone forgets to forbid two repetitions.
    pub(super) forgets_repeats: bool,
    /// The set of those that the client alone may send in this packet.
    pub(super) from_client: u64,
    /// The set of those that the server alone may send in this packet.
    pub(super) from_server: u64,
    /// A property that must be there.
    pub(crate) required: Option<PropertyId>,
    /// Whether Authentication Data needs an Authentication Method beside it.
    pub(crate) data_needs_method: bool,
}

impl Rules {
    /// The set of those that the sender, where it is known, leaves to the other side.
    #[inline(always)]
    const fn withheld_from(&self, sender: Option<Sender>) -> u64 {
        match sender {
            None => 0,
            Some(Sender::Client) => self.from_server,
            Some(Sender::Server) => self.from_client,
        }
    }

    /// The set of those that may come.
    #[inline(always)]
    const fn open(&self, sender: Option<Sender>) -> u64 {
        self.allowed & !self.withheld_from(sender)
    }

    #[inline(always)]
    const fn asks_for_method(&self) -> bool {
        self.required.is_some() || self.data_needs_method
    }
}

/// The properties of a packet, in the order they travel.
///
/// A block is checked once, when it is decoded or built, and kept as it travels; so it needs no memory of its own, and
/// a broker can pass properties on in their order \[MQTT-3.3.2-18\] by handing over the block. The methods of each kind
/// (such as [`PublishProperties`](super::PublishProperties)) name the properties that its packet may carry, so that a
/// misplaced one does not compile.
///
/// Spec: 5.0 §2.2.2.
///
/// ```
/// use mqtt_codec::v5::{Property, PublishProperties};
///
/// let mut memory = [0; 64];
/// let properties = PublishProperties::builder_in(&mut memory)
///     .content_type("application/json")
///     .message_expiry_interval(60)
///     .user_property("origin", "hall 3")
///     .finish()?;
/// assert_eq!(properties.message_expiry_interval(), Some(60));
/// assert!(matches!(properties.iter().next(), Some(Property::ContentType(t)) if t == "application/json"));
/// # Ok::<(), mqtt_codec::BuildError>(())
/// ```
pub struct Properties<B, K> {
    bytes: B,
    kind: PhantomData<fn() -> K>,
}

impl<B: Storage, K: Kind> Properties<B, K> {
    #[inline]
    pub(super) const fn checked(bytes: B) -> Self {
        Self { bytes, kind: PhantomData }
    }

    /// The properties, in the order they travel.
    #[must_use]
    #[inline]
    pub fn iter(&self) -> PropertyIter<'_> {
        PropertyIter { rest: self.as_bytes() }
    }

    /// The User Properties, in the order they travel.
    ///
    /// Spec: 5.0 §3.1.2.11.8; order is kept in PUBLISH and Will \[MQTT-3.3.2-18, MQTT-3.1.3-10\].
    pub fn user_properties(&self) -> impl Iterator<Item = UserProperty<'_>> {
        self.iter().filter_map(|property| match property {
            Property::UserProperty(pair) => Some(pair),
            _ => None,
        })
    }

    /// Whether there is no property.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }

    /// The properties as they travel, without the Property Length.
    #[must_use]
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.as_ref()
    }

    /// The same, borrowed.
    #[must_use]
    pub fn as_borrowed(&self) -> Properties<&[u8], K> {
        Properties::checked(self.as_bytes())
    }

    /// The first property with this identifier.
    #[must_use]
    pub fn get(&self, id: PropertyId) -> Option<Property<'_>> {
        self.iter().find(|property| property.id() == id)
    }

    #[inline]
    pub(super) fn write(&self, out: &mut impl Sink) {
        let bytes = self.as_bytes();
        if bytes.is_empty() {
            return out.put_u8(0); // nearly all of them
        }
        // A block never outgrows its packet, whose length is checked.
        out.put_var_int(VarInt::try_from(bytes.len()).unwrap_or(VarInt::MAX));
        out.put(bytes);
    }
}

impl<B, K> MapStorage<B> for Properties<B, K> {
    type Over<C: Storage> = Properties<C, K>;
    #[inline]
    fn map_storage<'s, C: Storage>(&'s self, f: &mut impl FnMut(&'s B) -> C) -> Properties<C, K>
    where
        B: 's,
    {
        Properties { bytes: f(&self.bytes), kind: PhantomData }
    }
}

impl<B: Clone, K> Clone for Properties<B, K> {
    fn clone(&self) -> Self {
        Self { bytes: self.bytes.clone(), kind: PhantomData }
    }
}
impl<B: Copy, K> Copy for Properties<B, K> {}

impl<B: Storage, C: Storage, K> PartialEq<Properties<C, K>> for Properties<B, K> {
    fn eq(&self, other: &Properties<C, K>) -> bool {
        self.bytes.as_ref() == other.bytes.as_ref()
    }
}
impl<B: Storage, K> Eq for Properties<B, K> {}

impl<B: Storage, K: Kind> fmt::Debug for Properties<B, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a, B: Storage, K: Kind> IntoIterator for &'a Properties<B, K> {
    type Item = Property<'a>;
    type IntoIter = PropertyIter<'a>;

    fn into_iter(self) -> PropertyIter<'a> {
        self.iter()
    }
}

/// The properties of a block.
#[derive(Clone, Debug)]
pub struct PropertyIter<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for PropertyIter<'a> {
    type Item = Property<'a>;

    #[inline]
    fn next(&mut self) -> Option<Property<'a>> {
        Property::read(&mut self.rest)
    }
}

impl core::iter::FusedIterator for PropertyIter<'_> {}

impl<'a, K: Kind> Properties<&'a [u8], K> {
    /// Reads a block with its length.
    #[inline]
    pub(super) fn read(
        body: &mut Cursor<'a>,
        length: Field,
        strings: Strings<'_>,
        options: &DecodeOptions,
    ) -> Result<Self, DecodeError> {
        read_block(body, length, &K::RULES, strings, options).map(Self::checked)
    }
}

/// Reads a block with its length, and yields its bytes.
///
/// Nearly all blocks are settled by a first look, which says no more than that nothing can be wrong.
#[inline(always)]
fn read_block<'a>(
    body: &mut Cursor<'a>,
    length: Field,
    rules: &Rules,
    strings: Strings<'_>,
    options: &DecodeOptions,
) -> Result<&'a [u8], DecodeError> {
    if let [len @ 0..=0x7f, ref rest @ ..] = *body.rest()
        && let Some((block, rest)) = rest.split_at_checked(usize::from(len))
        && (len == 0 && rules.required.is_none()
            || !strings.refuses_ascii() && is_plain_block(block, rules, options.known_sender()))
    {
        body.skip_to(rest);
        return Ok(block);
    }
    let (block, rest) = read_any_block(*body, length, rules, strings, options)?;
    body.skip_to(rest);
    Ok(block)
}

/// Whether a block is right for sure: each property may be there, once or more often, is whole and in its range, and text
/// is ASCII. [`check_block`] takes the time to judge the others.
#[inline(never)]
fn is_plain_block(mut rest: &[u8], rules: &Rules, sender: Option<Sender>) -> bool {
    // The properties that may come next: one that may not repeat leaves the set when it has come.
    let mut open = rules.open(sender);
    while let [number, ref value @ ..] = *rest {
        let bit = 1_u64.checked_shl(u32::from(number)).unwrap_or(0);
        if open & bit == 0 {
            return false;
        }
        open &= !bit | rules.repeatable;
        match skip_plain(number, value) {
            Some(tail) => rest = tail,
            None => return false,
        }
    }
    !rules.asks_for_method()
        || open & PropertyId::AuthenticationMethod.bit() == 0
        || rules.required.is_none() && open & PropertyId::AuthenticationData.bit() != 0
}

/// What follows the value of a property, if the value is right for sure.
#[inline(always)]
fn skip_plain(number: u8, value: &[u8]) -> Option<&[u8]> {
    let mut rest = value;
    match Shape::of(number)? {
        Shape::Flag => (read_byte(&mut rest)? <= 1).then_some(rest),
        Shape::U16 => rest.split_at_checked(2).map(|(_, rest)| rest),
        Shape::NonZeroU16 => (<u16 as Value<'_>>::read(&mut rest)? != 0).then_some(rest),
        Shape::U32 => rest.split_at_checked(4).map(|(_, rest)| rest),
        Shape::NonZeroU32 => (<u32 as Value<'_>>::read(&mut rest)? != 0).then_some(rest),
        Shape::VarInt => matches!(read_byte(&mut rest)?, 1..=0x7f).then_some(rest),
        Shape::Topic => {
            let topic = read_prefixed(&mut rest)?;
            (is_plain_topic(topic) && !topic.is_empty()).then_some(rest)
        }
        Shape::Binary => read_prefixed(&mut rest).map(|_| rest),
        Shape::Text => is_plain(read_prefixed(&mut rest)?).then_some(rest),
        Shape::Pair => {
            let plain = is_plain(read_prefixed(&mut rest)?) && is_plain(read_prefixed(&mut rest)?);
            plain.then_some(rest)
        }
    }
}

/// Reads a block with its length, and takes its time; yields its bytes and those behind it.
#[inline(never)]
fn read_any_block<'a>(
    mut body: Cursor<'a>,
    length: Field,
    rules: &Rules,
    strings: Strings<'_>,
    options: &DecodeOptions,
) -> Result<(&'a [u8], &'a [u8]), DecodeError> {
    let at = body.offset();
    let len = body.read(length, parse::shortest_var_int)?;
    let len = usize::try_from(len.get()).unwrap_or(usize::MAX);
    let Some(block) = body.split(len) else {
        return Err(body.error(length, at, Cause::Truncated));
    };
    if strings.refuses_ascii() || !is_plain_block(block.rest(), rules, options.known_sender()) {
        check_block(block, rules, strings, options)?;
    }
    Ok((block.rest(), body.rest()))
}

/// Judges a block property by property, and says what is wrong.
#[inline(never)]
fn check_block(
    whole: Cursor<'_>,
    rules: &Rules,
    strings: Strings<'_>,
    options: &DecodeOptions,
) -> Result<(), DecodeError> {
    let mut block = whole;
    // The properties that may come next: one that may not repeat leaves the set when it has come.
    let mut open = rules.open(options.known_sender());
    while let [number, ref value @ ..] = *block.rest() {
        let id = match PropertyId::new(number) {
            Some(id) if open & id.bit() != 0 => {
                block.skip_to(value);
                id
            }
            _ => unexpected(&mut block, rules, options)?,
        };
        open &= !id.bit() | rules.repeatable;
        check_value(&mut block, id, strings)?;
    }
    if rules.asks_for_method() { check_method(whole, rules, open) } else { Ok(()) }
}

/// What the Authentication Method has to do with: AUTH needs one, and so does Authentication Data in CONNECT.
#[cold]
fn check_method(block: Cursor<'_>, rules: &Rules, open: u64) -> Result<(), DecodeError> {
    let missing = |id: PropertyId| open & id.bit() != 0;
    if let Some(required) = rules.required
        && missing(required)
    {
        return Err(block.error(required.field(), block.end(), Cause::AuthenticationMethod));
    }
    if rules.data_needs_method
        && !missing(PropertyId::AuthenticationData)
        && missing(PropertyId::AuthenticationMethod)
    {
        let mut properties = PropertyIter { rest: block.rest() };
        let mut data_at = block.offset();
        while properties.clone().next().is_some_and(|p| p.id() != PropertyId::AuthenticationData) {
            properties.next();
            data_at = block.end() - properties.rest.len();
        }
        return Err(block.error(Field::AuthenticationData, data_at, Cause::AuthenticationData));
    }
    Ok(())
}

/// A property that is unknown, misplaced, of the wrong sender, or here again; the last may be accepted by option.
#[cold]
#[inline(never)]
fn unexpected(
    block: &mut Cursor<'_>,
    rules: &Rules,
    options: &DecodeOptions,
) -> Result<PropertyId, DecodeError> {
    let at = block.offset();
    let number = block.read(Field::PropertyIdentifier, parse::shortest_var_int)?.get();
    let Some(id) = u8::try_from(number).ok().and_then(PropertyId::new) else {
        return Err(block.error(Field::PropertyIdentifier, at, Cause::UnknownProperty(number)));
    };
    let field = id.field();
    if rules.allowed & id.bit() == 0 {
        return Err(block.error(Field::PropertyIdentifier, at, Cause::MisplacedProperty(field)));
    }
    let forgotten = matches!(id, PropertyId::PayloadFormatIndicator | PropertyId::MessageExpiryInterval);
    if forgotten && rules.forgets_repeats && options.accept_repeated {
        return Ok(id);
    }
    Err(match options.known_sender() {
        Some(sender) if rules.withheld_from(Some(sender)) & id.bit() != 0 => {
            block.error(field, at, Cause::PropertySender { property: field, sender })
        }
        _ => block.error(field, at, Cause::RepeatedProperty(field)),
    })
}

#[inline(always)]
fn check_value(block: &mut Cursor<'_>, id: PropertyId, strings: Strings<'_>) -> Result<(), DecodeError> {
    let field = id.field();
    match Shape::of(id as u8).unwrap_or(Shape::Binary) {
        Shape::Flag => match block.read(field, parse::byte)? {
            0 | 1 => Ok(()),
            other => Err(out_of_range(*block, id, 1, u32::from(other))),
        },
        Shape::U16 => block.read(field, parse::u16).map(drop),
        Shape::NonZeroU16 => match block.read(field, parse::u16)? {
            0 => Err(out_of_range(*block, id, 2, 0)),
            _ => Ok(()),
        },
        Shape::U32 => block.read(field, parse::u32).map(drop),
        Shape::NonZeroU32 => match block.read(field, parse::u32)? {
            0 => Err(out_of_range(*block, id, 4, 0)),
            _ => Ok(()),
        },
        Shape::VarInt => match block.read(field, parse::shortest_var_int)?.get() {
            0 => Err(out_of_range(*block, id, 1, 0)),
            _ => Ok(()),
        },
        Shape::Text => block.text(field, strings).map(drop),
        Shape::Topic => block.topic_name(field, strings).map(drop),
        Shape::Binary => block.read(field, parse::binary).map(drop),
        Shape::Pair => block.read(field, |i| strings.text_pair(i)),
    }
}

/// A value that the property must not have; it has been read, and has `len` bytes.
#[cold]
#[inline(never)]
fn out_of_range(block: Cursor<'_>, id: PropertyId, len: usize, value: u32) -> DecodeError {
    let cause =
        if id == PropertyId::TopicAlias { Cause::TopicAliasZero } else { Cause::PropertyValue(value) };
    block.error(id.field(), block.offset() - len, cause)
}

/// Builds a block of properties of one kind; made by `builder` and `builder_in`.
///
/// The methods can be chained: the first mistake is kept, and [`finish`](Self::finish) reports it.
#[derive(Debug)]
#[must_use = "a builder builds nothing until `finish`"]
pub struct PropertiesBuilder<W, K> {
    out: W,
    seen: u64,
    error: Option<BuildError>,
    kind: PhantomData<fn() -> K>,
}

impl<'m, K: Kind> Properties<&'m [u8], K> {
    /// Starts a block that is built inside `memory`, without allocating.
    pub fn builder_in(memory: &'m mut [u8]) -> PropertiesBuilder<Scratch<'m>, K> {
        PropertiesBuilder::new(Scratch::new(memory))
    }
}

#[cfg(feature = "bytes")]
impl<K: Kind> Properties<bytes::Bytes, K> {
    /// Starts a block.
    pub fn builder() -> PropertiesBuilder<bytes::BytesMut, K> {
        PropertiesBuilder::new(bytes::BytesMut::new())
    }
}

impl<W: Writer, K: Kind> PropertiesBuilder<W, K> {
    fn new(out: W) -> Self {
        Self { out, seen: 0, error: None, kind: PhantomData }
    }

    /// Appends a property, for passing on what another packet carried.
    pub fn push(mut self, property: Property<'_>) -> Self {
        if self.error.is_none() {
            self.error = self.try_push(&property).err();
        }
        self
    }

    fn try_push(&mut self, property: &Property<'_>) -> Result<(), BuildError> {
        let id = property.id();
        if K::RULES.allowed & id.bit() == 0 {
            return Err(BuildError::Misplaced(id.field()));
        }
        if self.seen & id.bit() != 0 && K::RULES.repeatable & id.bit() == 0 {
            return Err(BuildError::Repeated(id.field()));
        }
        self.seen |= id.bit();
        property.write(&mut self.out)
    }

    /// Appends a value that may turn out to be none.
    pub(super) fn push_checked<'v, T>(
        mut self,
        value: Result<T, BuildError>,
        property: impl FnOnce(T) -> Property<'v>,
    ) -> Self {
        match value {
            Ok(value) => self.push(property(value)),
            Err(e) => {
                self.error.get_or_insert(e);
                self
            }
        }
    }

    /// Appends a User Property.
    pub fn user_property(self, name: &str, value: &str) -> Self {
        let pair = Text::new(name).and_then(|name| Ok(UserProperty { name, value: Text::new(value)? }));
        self.push_checked(pair.map_err(BuildError::from), Property::UserProperty)
    }

    /// The block.
    ///
    /// # Errors
    ///
    /// The first mistake: a property twice that may appear once, a value that is out of range, text that is too long or
    /// holds U+0000, no room; Authentication Data without a method in CONNECT, or an AUTH without a method.
    pub fn finish(self) -> Result<Properties<W::Output, K>, BuildError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let has = |id: PropertyId| self.seen & id.bit() != 0;
        let data_alone = has(PropertyId::AuthenticationData) && !has(PropertyId::AuthenticationMethod);
        if K::RULES.required.is_some_and(|id| !has(id)) || K::RULES.data_needs_method && data_alone {
            return Err(BuildError::AuthenticationMethod);
        }
        Ok(Properties::checked(self.out.finish()))
    }
}

/// The default block of every kind that may be empty.
impl<B: Storage, K: super::kind::MayBeEmpty> Default for Properties<B, K> {
    fn default() -> Self {
        Self::checked(B::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PacketType, Version};

    /// What the first look settles, the second one accepts: over blocks of every property, each byte of them changed.
    #[test]
    fn the_first_look_is_the_stricter_one() {
        let values: [&[u8]; 7] = [
            &[1],
            &[0, 7],
            &[0, 0, 0, 9],
            &[0x80, 1],
            b"\x00\x03a/b",
            b"\x00\x01k\x00\x09value +#\xc3",
            b"\x00\x09a/b/c/d/e\x00\x00",
        ];
        let kinds = [super::super::kind::Publish::RULES, super::super::kind::Connect::RULES];
        let kinds = kinds.into_iter().chain([super::super::kind::Auth::RULES]);
        let (mut settled, mut judged) = (0, 0);
        for rules in kinds {
            for sender in [None, Some(Sender::Client), Some(Sender::Server)] {
                let options =
                    sender.map_or(DecodeOptions::new(), |sender| DecodeOptions::new().sender(sender));
                let strings = Strings::new(Version::V5, &options.text);
                for (id, value) in (0..=u8::MAX).flat_map(|id| values.map(|value| (id, value))) {
                    for block in
                        [[&[id], value].concat(), [&[id], value, b"\x15\x00\x01m", &[id], value].concat()]
                    {
                        for at in 0..block.len() {
                            for byte in [block[at], 0, 1, 2, b'+', 0x7f, 0x80, 0xff] {
                                let mut block = block.clone();
                                block[at] = byte;
                                let cursor =
                                    Cursor::new(&block, block.len(), Version::V5, PacketType::Publish);
                                let second = check_block(cursor, &rules, strings, &options).is_ok();
                                let first = is_plain_block(&block, &rules, sender);
                                assert!(first <= second, "{block:02x?}");
                                settled += usize::from(first);
                                judged += usize::from(second);
                            }
                        }
                    }
                }
            }
        }
        assert!(settled > 1000 && judged > settled, "{settled} of {judged}");
    }
}
