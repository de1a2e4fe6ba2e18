//! CONNECT: a client asks to connect.
//!
//! MQTT 5.0 §3.1.

use super::kind::{ConnectProperties, WillProperties};
use crate::emit::{Body, Sink, encoding};
use crate::error::{Cause, DecodeError, Field};
use crate::options::DecodeOptions;
use crate::parse::{self, Cursor, Strings};
use crate::storage::{MapStorage, Shared, Storage, storages};
use crate::types::{Binary, Hidden, Qos, Text, TopicName};
use crate::v5::PayloadFormat;
use crate::{PacketType, Version};
use core::fmt;

/// A client asks to connect.
///
/// Spec: 5.0 §3.1.
///
/// ```
/// use mqtt_codec::{Text, v5};
///
/// let connect = v5::Connect { keep_alive: 60, ..v5::Connect::new(Text::new("sensor-7")?) };
/// let mut packet = [0; 64];
/// let len = connect.encode(&mut packet)?;
/// assert_eq!(&packet[..len], b"\x10\x15\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x08sensor-7");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "the standard closes the list of fields")]
pub struct Connect<B: Storage = Shared> {
    /// Clean Start: whether to discard an earlier session.
    pub clean_start: bool,
    /// The longest time between two packets from the client, in seconds; 0 turns the mechanism off.
    pub keep_alive: u16,
    /// The properties.
    pub properties: ConnectProperties<B>,
    /// The client identifier; empty lets the server choose one.
    pub client_id: Text<B>,
    /// What the server publishes when the connection ends without a normal DISCONNECT.
    pub will: Option<Will<B>>,
    /// The user name.
    pub user_name: Option<Text<B>>,
    /// The password, 0 to 65,535 bytes; in 5.0 also without a user name. `Debug` shows its length only.
    pub password: Option<Binary<B>>,
}

/// A message that the server publishes for a client whose connection ends without a normal DISCONNECT.
///
/// Spec: 5.0 §3.1.2.5 to §3.1.2.7, §3.1.3.2 to §3.1.3.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "the standard closes the list of fields")]
pub struct Will<B: Storage = Shared> {
    /// The properties of the message, and the delay.
    pub properties: WillProperties<B>,
    /// Where it is published.
    pub topic: TopicName<B>,
    /// The Will Payload, 0 to 65,535 bytes.
    pub payload: Binary<B>,
    /// With which QoS.
    pub qos: Qos,
    /// Whether it is retained.
    pub retain: bool,
}

impl<B: Storage> fmt::Debug for Connect<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { clean_start, keep_alive, properties, client_id, will, user_name, password } = self;
        f.debug_struct("Connect")
            .field("clean_start", clean_start)
            .field("keep_alive", keep_alive)
            .field("properties", properties)
            .field("client_id", client_id)
            .field("will", will)
            .field("user_name", user_name)
            .field("password", &password.as_ref().map(|password| Hidden(password.as_bytes().len())))
            .finish()
    }
}

const USER_NAME: u8 = 0x80;
const PASSWORD: u8 = 0x40;
const WILL_RETAIN: u8 = 0x20;
const WILL_QOS: u8 = 0x18;
const WILL: u8 = 0x04;
const CLEAN_START: u8 = 0x02;
const RESERVED: u8 = 0x01;

impl<B: Storage> Connect<B> {
    /// A CONNECT with Clean Start, Keep Alive 0, and nothing else.
    #[must_use]
    pub fn new(client_id: Text<B>) -> Self {
        Self {
            clean_start: true,
            keep_alive: 0,
            properties: ConnectProperties::default(),
            client_id,
            will: None,
            user_name: None,
            password: None,
        }
    }

    fn flags(&self) -> u8 {
        let mut flags = if self.clean_start { CLEAN_START } else { 0 };
        if let Some(will) = &self.will {
            flags |= WILL | (will.qos.get() << 3) | if will.retain { WILL_RETAIN } else { 0 };
        }
        flags |= if self.user_name.is_some() { USER_NAME } else { 0 };
        flags | if self.password.is_some() { PASSWORD } else { 0 }
    }
}

impl<'a> Connect<&'a [u8]> {
    #[inline(always)]
    pub(super) fn read(
        mut body: Cursor<'a>,
        strings: Strings<'_>,
        options: &DecodeOptions,
    ) -> Result<Self, DecodeError> {
        // The order of the fields: [5.0/MQTT-3.1.3-1].
        body.read_protocol(Field::ProtocolVersion)?;
        let at = body.offset();
        let flags = body.read(Field::ConnectFlags, parse::byte)?;
        check_flags(flags).map_err(|cause| body.error(Field::ConnectFlags, at, cause))?;
        let keep_alive = body.read(Field::KeepAlive, parse::u16)?;
        let properties = ConnectProperties::read(&mut body, Field::PropertyLength, strings, options)?;
        let client_id = body.text(Field::ClientIdentifier, strings)?; // [5.0/MQTT-3.1.3-3] [5.0/MQTT-3.1.3-4]
        let will =
            if flags & WILL == 0 { None } else { Some(Will::read(&mut body, flags, strings, options)?) };
        let user_name = if flags & USER_NAME == 0 {
            None // [5.0/MQTT-3.1.2-16]
        } else {
            Some(body.text(Field::UserName, strings)?) // [5.0/MQTT-3.1.2-17] [5.0/MQTT-3.1.3-12]
        };
        let password = if flags & PASSWORD == 0 {
            None // [5.0/MQTT-3.1.2-18]
        } else {
            Some(body.read(Field::Password, parse::binary)?) // [5.0/MQTT-3.1.2-19]
        };
        body.finish()?; // [5.0/MQTT-3.1.4-1]
        Ok(Self {
            clean_start: flags & CLEAN_START != 0,
            keep_alive,
            properties,
            client_id,
            will,
            user_name,
            password,
        })
    }
}

impl<'a> Will<&'a [u8]> {
    #[inline(always)]
    fn read(
        body: &mut Cursor<'a>,
        flags: u8,
        strings: Strings<'_>,
        options: &DecodeOptions,
    ) -> Result<Self, DecodeError> {
        let properties = WillProperties::read(body, Field::WillPropertyLength, strings, options)?; // [5.0/MQTT-3.1.2-9]
        let topic = body.topic_name(Field::WillTopic, strings)?; // [5.0/MQTT-3.1.3-11]
        let at = body.offset() + 2;
        let payload = body.read(Field::WillPayload, parse::binary)?;
        if options.check_payload_format && properties.payload_format_indicator() == Some(PayloadFormat::Utf8)
        {
            body.check_utf8(payload.as_bytes(), Field::WillPayload, at)?;
        }
        let qos = Qos::new((flags & WILL_QOS) >> 3).unwrap_or_default();
        Ok(Self { properties, topic, payload, qos, retain: flags & WILL_RETAIN != 0 })
    }
}

fn check_flags(flags: u8) -> Result<(), Cause> {
    if flags & RESERVED != 0 {
        Err(Cause::ReservedConnectFlag(flags)) // [5.0/MQTT-3.1.2-3]
    } else if flags & WILL != 0 && flags & WILL_QOS == WILL_QOS {
        Err(Cause::WillQos) // [5.0/MQTT-3.1.2-12]
    } else if flags & WILL == 0 && flags & (WILL_QOS | WILL_RETAIN) != 0 {
        Err(Cause::WillFlags(flags)) // [5.0/MQTT-3.1.2-11] [5.0/MQTT-3.1.2-13]
    } else {
        Ok(())
    }
}

impl<B: Storage> Body for Connect<B> {
    fn first_byte(&self) -> u8 {
        PacketType::Connect.first_byte()
    }

    fn write<S: Sink>(&self, out: &mut S) {
        let Self { clean_start: _, keep_alive, properties, client_id, will, user_name, password } = self;
        out.put_prefixed(Version::V5.protocol_name().as_bytes());
        out.put(&[Version::V5.level(), self.flags()]);
        out.put_u16(*keep_alive);
        properties.write(out);
        out.put_prefixed(client_id.as_bytes());
        if let Some(Will { properties, topic, payload, qos: _, retain: _ }) = will {
            properties.write(out);
            out.put_prefixed(topic.as_bytes());
            out.put_prefixed(payload.as_bytes());
        }
        if let Some(user_name) = user_name {
            out.put_prefixed(user_name.as_bytes());
        }
        if let Some(password) = password {
            out.put_prefixed(password.as_bytes());
        }
    }
}

impl<B: Storage> MapStorage<B> for Connect<B> {
    type Over<C: Storage> = Connect<C>;
    fn map_storage<'s, C: Storage>(&'s self, f: &mut impl FnMut(&'s B) -> C) -> Connect<C>
    where
        B: 's,
    {
        Connect {
            clean_start: self.clean_start,
            keep_alive: self.keep_alive,
            properties: self.properties.map_storage(f),
            client_id: self.client_id.map_storage(f),
            will: self.will.as_ref().map(|will| Will {
                properties: will.properties.map_storage(f),
                topic: will.topic.map_storage(f),
                payload: will.payload.map_storage(f),
                qos: will.qos,
                retain: will.retain,
            }),
            user_name: self.user_name.as_ref().map(|user_name| user_name.map_storage(f)),
            password: self.password.as_ref().map(|password| password.map_storage(f)),
        }
    }
}

encoding!(Connect<B>);
storages!(Connect);
