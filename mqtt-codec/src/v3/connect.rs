//! CONNECT: a client asks to connect.
//!
//! 3.1 §3.1, 3.1.1 §3.1.

use super::ProtocolLevel;
use crate::PacketType;
use crate::emit::{Body, Sink, encoding};
use crate::error::{Cause, DecodeError, Field};
use crate::options::DecodeOptions;
use crate::parse::{self, Cursor, Strings};
use crate::storage::{MapStorage, Shared, Storage, storages};
use crate::types::{Binary, Hidden, Qos, Text, TopicName};
use core::fmt;

/// A client asks to connect.
///
/// Whom the client claims to be is checked as a whole when it is built, because the versions tie client identifier and
/// Clean Session together; the other fields are free.
///
/// Spec: 3.1 §3.1, 3.1.1 §3.1.
///
/// ```
/// use mqtt_codec::{Text, v3};
///
/// let mut connect = v3::Connect::new(v3::ProtocolLevel::V3_1_1, Text::new("sensor-7")?, true)?;
/// connect.keep_alive = 60;
/// let mut packet = [0; 64];
/// let len = connect.encode(&mut packet)?;
/// assert_eq!(&packet[..len], b"\x10\x14\x00\x04MQTT\x04\x02\x00\x3c\x00\x08sensor-7");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::partial_pub_fields, reason = "three fields constrain each other, the rest do not")]
pub struct Connect<B: Storage = Shared> {
    level: ProtocolLevel,
    client_id: Text<B>,
    clean_session: bool,
    /// The longest time between two packets from the client, in seconds; 0 turns the mechanism off.
    pub keep_alive: u16,
    /// What the server publishes when the connection ends without DISCONNECT.
    pub will: Option<Will<B>>,
    /// User name and password.
    pub credentials: Option<Credentials<B>>,
}

/// A message that the server publishes for a client whose connection ends without DISCONNECT.
///
/// Spec: 3.1 §3.1, 3.1.1 §3.1.2.5 to §3.1.2.7, §3.1.3.2, §3.1.3.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "the standard closes the list of fields")]
pub struct Will<B: Storage = Shared> {
    /// Where it is published.
    pub topic: TopicName<B>,
    /// The Will Message, 0 to 65,535 bytes. In 3.1 it is text of 7-bit ASCII by the document; any bytes are accepted
    /// \[3.1/V31-3.1-5\].
    pub payload: Binary<B>,
    /// With which QoS.
    pub qos: Qos,
    /// Whether it is retained.
    pub retain: bool,
}

/// User name, and password if there is one: 3.x has no password without a user name
/// \[3.1.1/MQTT-3.1.2-22\]. Of the password `Debug` shows the length only.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "the standard closes the list of fields")]
pub struct Credentials<B: Storage = Shared> {
    /// The user name.
    pub user_name: Text<B>,
    /// The password, 0 to 65,535 bytes.
    pub password: Option<Binary<B>>,
}

impl<B: Storage> fmt::Debug for Credentials<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user_name, password } = self;
        let password = password.as_ref().map(|password| Hidden(password.as_bytes().len()));
        f.debug_struct("Credentials").field("user_name", user_name).field("password", &password).finish()
    }
}

/// A client identifier that the version does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidClientId {
    /// 3.1 wants 1 to 23 characters (3.1 §3.1).
    #[error("a client identifier of {0} characters; MQTT 3.1 allows 1 to 23")]
    Length(usize),
    /// 3.1.1 wants Clean Session 1 for an empty one \[3.1.1/MQTT-3.1.3-7\].
    #[error("an empty client identifier needs Clean Session 1")]
    Empty,
}

/// Characters of well-formed text; of ill-formed text, about as many.
fn characters(text: &[u8]) -> usize {
    text.iter().filter(|&&b| b & 0xc0 != 0x80).count()
}

fn check_client_id(level: ProtocolLevel, id: &[u8], clean_session: bool) -> Result<(), InvalidClientId> {
    match level {
        ProtocolLevel::V3_1 => match characters(id) {
            1..=23 => Ok(()), // [3.1/V31-3.1-1] [3.1/V31-3.1-2]
            n => Err(InvalidClientId::Length(n)),
        },
        ProtocolLevel::V3_1_1 if id.is_empty() && !clean_session => Err(InvalidClientId::Empty),
        ProtocolLevel::V3_1_1 => Ok(()),
    }
}

const USER_NAME: u8 = 0x80;
const PASSWORD: u8 = 0x40;
const WILL_RETAIN: u8 = 0x20;
const WILL_QOS: u8 = 0x18;
const WILL: u8 = 0x04;
const CLEAN_SESSION: u8 = 0x02;
const RESERVED: u8 = 0x01;

impl<B: Storage> Connect<B> {
    /// A CONNECT with Keep Alive 0, no Will and no credentials.
    ///
    /// # Errors
    ///
    /// When the version does not allow the client identifier: 3.1 wants 1 to 23 characters; 3.1.1 wants
    /// `clean_session` with an empty one.
    pub fn new(
        level: ProtocolLevel,
        client_id: Text<B>,
        clean_session: bool,
    ) -> Result<Self, InvalidClientId> {
        check_client_id(level, client_id.as_bytes(), clean_session)?;
        Ok(Self { level, client_id, clean_session, keep_alive: 0, will: None, credentials: None })
    }

    /// The Protocol Level: which of the two versions the client speaks.
    #[must_use]
    pub fn level(&self) -> ProtocolLevel {
        self.level
    }

    /// The client identifier; empty (3.1.1 only) lets the server choose one.
    #[must_use]
    pub fn client_id(&self) -> &Text<B> {
        &self.client_id
    }

    /// Clean Session: whether to start without earlier state, and to leave none behind.
    #[must_use]
    pub fn clean_session(&self) -> bool {
        self.clean_session
    }

    fn flags(&self) -> u8 {
        let mut flags = if self.clean_session { CLEAN_SESSION } else { 0 };
        if let Some(will) = &self.will {
            flags |= WILL | (will.qos.get() << 3) | if will.retain { WILL_RETAIN } else { 0 };
        }
        if let Some(credentials) = &self.credentials {
            flags |= USER_NAME | if credentials.password.is_some() { PASSWORD } else { 0 };
        }
        flags
    }
}

impl<'a> Connect<&'a [u8]> {
    #[inline(always)]
    pub(super) fn read(
        mut body: Cursor<'a>,
        level: ProtocolLevel,
        strings: Strings<'_>,
        options: &DecodeOptions,
    ) -> Result<Self, DecodeError> {
        let lax = level == ProtocolLevel::V3_1;
        // The order of the fields: [3.1.1/MQTT-3.1.3-1].
        body.read_protocol(Field::ProtocolLevel)?;
        let at = body.offset();
        let flags = body.read(Field::ConnectFlags, parse::byte)?;
        check_flags(flags, lax).map_err(|cause| body.error(Field::ConnectFlags, at, cause))?;
        let clean_session = flags & CLEAN_SESSION != 0;
        let keep_alive = body.read(Field::KeepAlive, parse::u16)?;

        let at = body.offset();
        let client_id = body.text(Field::ClientIdentifier, strings)?; // [3.1/V31-3.1-3] [3.1.1/MQTT-3.1.3-3] [3.1.1/MQTT-3.1.3-4]
        if !options.any_client_identifier
            && let Err(e) = check_client_id(level, client_id.as_bytes(), clean_session)
        {
            let cause = match e {
                InvalidClientId::Length(n) => {
                    Cause::ClientIdentifierLength(u16::try_from(n).unwrap_or(u16::MAX))
                }
                InvalidClientId::Empty => Cause::ClientIdentifierMissing, // [3.1.1/MQTT-3.1.3-7]
            };
            return Err(body.error(Field::ClientIdentifier, at, cause));
        }
        let will = if flags & WILL == 0 {
            None
        } else {
            let topic = body.topic_name(Field::WillTopic, strings)?; // [3.1.1/MQTT-3.1.2-9] [3.1.1/MQTT-3.1.3-10]
            let payload = body.read(Field::WillMessage, parse::binary)?;
            let qos = Qos::new((flags & WILL_QOS) >> 3).unwrap_or_default();
            Some(Will { topic, payload, qos, retain: flags & WILL_RETAIN != 0 })
        };
        // 3.1 lets flagged strings be missing, for the sake of clients older than the fields [3.1/V31-3.1-6] [3.1/V31-3.1-7].
        // [3.1.1/MQTT-3.1.2-18] [3.1.1/MQTT-3.1.2-20] [3.1.1/MQTT-3.1.2-21]
        let has = |flag: u8, body: &Cursor<'_>| flags & flag != 0 && !(lax && body.is_empty());
        let credentials = if has(USER_NAME, &body) {
            let user_name = body.text(Field::UserName, strings)?; // [3.1.1/MQTT-3.1.2-19] [3.1.1/MQTT-3.1.3-11]
            let password =
                if has(PASSWORD, &body) { Some(body.read(Field::Password, parse::binary)?) } else { None };
            Some(Credentials { user_name, password })
        } else {
            None
        };
        body.finish()?; // [3.1/V31-3.1-8] [3.1.1/MQTT-3.1.4-1]
        Ok(Self { level, client_id, clean_session, keep_alive, will, credentials })
    }
}

fn check_flags(flags: u8, lax: bool) -> Result<(), Cause> {
    if flags & RESERVED != 0 && !lax {
        return Err(Cause::ReservedConnectFlag(flags)); // [3.1/V31-2.2-6] [3.1.1/MQTT-3.1.2-3]
    }
    if flags & WILL != 0 {
        if flags & WILL_QOS == WILL_QOS {
            return Err(Cause::WillQos); // [3.1/V31-2.2-9] [3.1.1/MQTT-3.1.2-14]
        }
    } else if flags & (WILL_QOS | WILL_RETAIN) != 0 && !lax {
        return Err(Cause::WillFlags(flags)); // [3.1/V31-2.2-8] [3.1.1/MQTT-3.1.2-11] [3.1.1/MQTT-3.1.2-13] [3.1.1/MQTT-3.1.2-15]
    }
    if flags & (USER_NAME | PASSWORD) == PASSWORD {
        return Err(Cause::PasswordWithoutUserName); // [3.1/V31-2.2-10] [3.1.1/MQTT-3.1.2-22]
    }
    Ok(())
}

impl<B: Storage> Body for Connect<B> {
    fn first_byte(&self) -> u8 {
        PacketType::Connect.first_byte()
    }

    fn write<S: Sink>(&self, out: &mut S) {
        let Self { level, client_id, clean_session: _, keep_alive, will, credentials } = self;
        out.put_prefixed(level.version().protocol_name().as_bytes());
        out.put(&[level.version().level(), self.flags()]);
        out.put_u16(*keep_alive);
        out.put_prefixed(client_id.as_bytes());
        if let Some(Will { topic, payload, qos: _, retain: _ }) = will {
            out.put_prefixed(topic.as_bytes());
            out.put_prefixed(payload.as_bytes());
        }
        if let Some(Credentials { user_name, password }) = credentials {
            out.put_prefixed(user_name.as_bytes());
            if let Some(password) = password {
                out.put_prefixed(password.as_bytes());
            }
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
            level: self.level,
            client_id: self.client_id.map_storage(f),
            clean_session: self.clean_session,
            keep_alive: self.keep_alive,
            will: self.will.as_ref().map(|will| Will {
                topic: will.topic.map_storage(f),
                payload: will.payload.map_storage(f),
                qos: will.qos,
                retain: will.retain,
            }),
            credentials: self.credentials.as_ref().map(|credentials| Credentials {
                user_name: credentials.user_name.map_storage(f),
                password: credentials.password.as_ref().map(|password| password.map_storage(f)),
            }),
        }
    }
}

encoding!(Connect<B>);
storages!(Connect);
