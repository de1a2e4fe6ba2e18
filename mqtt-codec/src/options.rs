//! What a decoder is told.

use crate::error::{Cause, Sender};
use crate::types::TextRules;
use crate::{PacketType, Version};

/// How strictly a decoder judges where the standards leave a choice, and how much it takes.
///
/// The default accepts what is legal and refuses what a MUST forbids. Each method is one SHOULD or one latitude.
///
/// ```
/// use mqtt_codec::{DecodeOptions, Sender, v5};
///
/// // A server that reads from clients, and announced a Maximum Packet Size of 64 KiB.
/// let decoder = v5::Decoder::with_options(
///     DecodeOptions::new().sender(Sender::Client).max_packet_size(65_536).refuse_control_characters(true),
/// );
/// assert!(decoder.decode(b"\xd0\x00").is_err()); // a PINGRESP is for servers to send
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeOptions {
    pub(crate) max_packet_size: u32,
    /// Whose packets are taken: a bit for each side.
    pub(crate) senders: u8,
    pub(crate) text: TextRules,
    pub(crate) refuse_overlong: bool,
    pub(crate) accept_repeated: bool,
    pub(crate) any_client_identifier: bool,
    pub(crate) check_payload_format: bool,
}

impl Default for DecodeOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl DecodeOptions {
    /// The defaults: any size, either sender, every MUST.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_packet_size: u32::MAX,
            senders: FROM_CLIENT | FROM_SERVER,
            text: TextRules::NONE,
            refuse_overlong: false,
            accept_repeated: false,
            any_client_identifier: false,
            check_payload_format: false,
        }
    }

    /// The defaults for one end of a connection: who sends, and the largest packet to take, see
    /// [`max_packet_size`](Self::max_packet_size). What is read from a network wants both: eight bytes can announce 256 MiB.
    ///
    /// ```
    /// use mqtt_codec::{Cause, DecodeOptions, Sender, v5};
    ///
    /// const OPTIONS: DecodeOptions = DecodeOptions::receiving_from(Sender::Client, 1 << 20);
    /// let error = v5::Decoder::with_options(OPTIONS).decode(b"\x30\xff\xff\xff\x7f").unwrap_err();
    /// assert_eq!(error.cause(), Cause::TooLarge { size: 268_435_460, limit: 1 << 20 });
    /// ```
    #[must_use]
    pub const fn receiving_from(sender: Sender, max_packet_size: u32) -> Self {
        Self::new().sender(sender).max_packet_size(max_packet_size)
    }

    /// The defaults, with every latitude that takes more: for devices that cannot be changed.
    ///
    /// It accepts [any client identifier](Self::accept_any_client_identifier) and
    /// [repeated properties of a PUBLISH](Self::accept_repeated_publish_properties). What a MUST forbids without such a
    /// latitude stays refused.
    ///
    /// ```
    /// use mqtt_codec::{DecodeOptions, v5};
    ///
    /// let twice = b"\x30\x08\x00\x01a\x04\x01\x00\x01\x00";
    /// assert!(v5::Decoder::new().decode(twice).is_err());
    /// assert!(v5::Decoder::with_options(DecodeOptions::lenient()).decode(twice).is_ok());
    /// ```
    #[must_use]
    pub const fn lenient() -> Self {
        Self::new().accept_any_client_identifier(true).accept_repeated_publish_properties(true)
    }

    /// The largest whole packet to take, in bytes, fixed header included; a longer one is refused from its fixed header
    /// alone, before its body arrives. Default: no limit but the format's own, 268,435,460.
    ///
    /// Spec: 5.0 §3.1.2.11.4 and §3.2.2.3.6 (Maximum Packet Size).
    #[must_use]
    pub const fn max_packet_size(mut self, bytes: u32) -> Self {
        self.max_packet_size = bytes;
        self
    }

    /// Who sends what is decoded. When it is known, packets, reason codes and properties that only the other side sends
    /// are refused. Default: not known, both sides' are accepted.
    ///
    /// Spec: 3.1.1 table 2.1; 5.0 tables 2-1 and 2-6, §3.3.4 \[5.0/MQTT-3.3.4-6\], §3.14.2.2.2
    /// \[5.0/MQTT-3.14.2-2\].
    #[must_use]
    pub const fn sender(mut self, sender: Sender) -> Self {
        self.senders = match sender {
            Sender::Client => FROM_CLIENT,
            Sender::Server => FROM_SERVER,
        };
        self
    }

    /// The side that sends what is decoded, where it is known.
    #[inline]
    pub(crate) const fn known_sender(&self) -> Option<Sender> {
        match self.senders {
            FROM_CLIENT => Some(Sender::Client),
            FROM_SERVER => Some(Sender::Server),
            _ => None,
        }
    }

    /// Whether to refuse control characters (U+0001 to U+001F, U+007F to U+009F) in text of 3.1.1 and 5.0, which a sender
    /// should not use and a receiver may refuse. Default: `false`.
    ///
    /// Spec: 3.1.1 §1.5.3, 5.0 §1.5.4.
    #[must_use]
    pub const fn refuse_control_characters(mut self, refuse: bool) -> Self {
        self.text.refuse_control_characters = refuse;
        self
    }

    /// Whether to refuse Unicode non-characters in text of 3.1.1 and 5.0, likewise. Default: `false`.
    ///
    /// Spec: 3.1.1 §1.5.3, 5.0 §1.5.4.
    #[must_use]
    pub const fn refuse_non_characters(mut self, refuse: bool) -> Self {
        self.text.refuse_non_characters = refuse;
        self
    }

    /// Whether to refuse a Remaining Length that is not in its shortest form in 3.1 and 3.1.1 too, which have no rule
    /// about it; 5.0 always refuses it \[5.0/MQTT-1.5.5-1\]. Default: `false`.
    #[must_use]
    pub const fn refuse_overlong_lengths(mut self, refuse: bool) -> Self {
        self.refuse_overlong = refuse;
        self
    }

    /// Whether to accept a second Payload Format Indicator or Message Expiry Interval in a PUBLISH of 5.0, where the
    /// text, other than for Wills, forgets to forbid it; the first one counts. Default: `false`, as for all others.
    ///
    /// Spec: 5.0 §3.3.2.3.2, §3.3.2.3.3.
    #[must_use]
    pub const fn accept_repeated_publish_properties(mut self, accept: bool) -> Self {
        self.accept_repeated = accept;
        self
    }

    /// Whether to accept a CONNECT of 3.1 whose client identifier is empty or longer than 23 characters, and one of 3.1.1
    /// that is empty while Clean Session is 0, so that the caller judges them. Default: `false`: they are refused with an
    /// error whose [`return_code`](crate::DecodeError::return_code) is the answer that the standards ask for.
    ///
    /// Spec: 3.1 §3.1, 3.1.1 §3.1.3.1 \[3.1.1/MQTT-3.1.3-7\] \[3.1.1/MQTT-3.1.3-8\].
    #[must_use]
    pub const fn accept_any_client_identifier(mut self, accept: bool) -> Self {
        self.any_client_identifier = accept;
        self
    }

    /// Whether to refuse a payload of PUBLISH, or of a Will, in 5.0 whose Payload Format Indicator promises UTF-8 and
    /// which is not. A receiver may check it; it costs a pass over the payload. Default: `false`.
    ///
    /// Spec: 5.0 §3.1.3.2.3, §3.3.2.3.2.
    #[must_use]
    pub const fn check_payload_format(mut self, check: bool) -> Self {
        self.check_payload_format = check;
        self
    }
}

/// What a first byte shows to be wrong in this version; the packet type otherwise.
pub(crate) const fn judge_first_byte(first_byte: u8, version: Version) -> Result<PacketType, Cause> {
    let flags = first_byte & 0x0f;
    let packet = match PacketType::from_first_byte(first_byte) {
        Some(PacketType::Auth) if !matches!(version, Version::V5) => return Err(Cause::ReservedType(15)),
        Some(packet) => packet,
        None => return Err(Cause::ReservedType(0)),
    };
    if matches!(packet, PacketType::Publish) {
        if flags & 0b0110 == 0b0110 {
            return Err(Cause::QosThree); // [3.1/V31-2.1-3] [3.1.1/MQTT-3.3.1-4] [5.0/MQTT-3.3.1-4]
        }
        if flags & 0b1110 == 0b1000 && !matches!(version, Version::V3_1) {
            return Err(Cause::DupAtQosZero); // [3.1.1/MQTT-3.3.1-2] [3.1.1/MQTT-4.3.1-1] [5.0/MQTT-3.3.1-2] [5.0/MQTT-4.3.1-1]
        }
    } else {
        let reserved = packet.reserved_flags();
        // In 3.1 bits that are not used mean nothing [3.1/V31-2.6-1]; PUBREL, SUBSCRIBE and UNSUBSCRIBE use the QoS bits and
        // DUP [3.1/V31-2.1-1] [3.1/V31-3.6-1] [3.1/V31-3.8-1] [3.1/V31-3.10-1].
        // [3.1.1/MQTT-2.2.2-1] [3.1.1/MQTT-2.2.2-2] [3.1.1/MQTT-3.6.1-1] [3.1.1/MQTT-3.8.1-1] [3.1.1/MQTT-3.10.1-1]
        // [3.1.1/MQTT-3.14.1-1]
        // [5.0/MQTT-2.1.3-1] [5.0/MQTT-3.6.1-1] [5.0/MQTT-3.8.1-1] [5.0/MQTT-3.10.1-1] [5.0/MQTT-3.14.1-1]
        // [5.0/MQTT-3.15.1-1]
        let used = match version {
            Version::V3_1 if reserved == 0 => 0,
            Version::V3_1 => 0b0110,
            _ => 0b1111,
        };
        if flags & used != reserved & used {
            return Err(Cause::Flags(flags));
        }
    }
    Ok(packet)
}

/// Every first byte of a version, judged beforehand: 0 for one that is wrong, else the packet type and who may send it.
pub(crate) struct FirstBytes([u8; 256]);

const FROM_CLIENT: u8 = 0x10;
const FROM_SERVER: u8 = 0x20;

impl FirstBytes {
    pub(crate) const V3_1: Self = Self::judge(Version::V3_1);
    pub(crate) const V3_1_1: Self = Self::judge(Version::V3_1_1);
    pub(crate) const V5: Self = Self::judge(Version::V5);

    const fn judge(version: Version) -> Self {
        let mut table = [0; 256];
        let mut byte = 0_u8;
        loop {
            if let Ok(packet) = judge_first_byte(byte, version)
                && let Some((entry, _)) = table.split_at_mut(byte as usize).1.split_first_mut()
            {
                let client = if packet.may_be_sent_by(Sender::Client, version) { FROM_CLIENT } else { 0 };
                let server = if packet.may_be_sent_by(Sender::Server, version) { FROM_SERVER } else { 0 };
                *entry = packet as u8 | client | server;
            }
            if byte == u8::MAX {
                return Self(table);
            }
            byte += 1;
        }
    }

    /// The packet type, if the byte is right and one of `senders` may send it.
    #[inline(always)]
    pub(crate) fn get(&self, first_byte: u8, senders: u8) -> Option<PacketType> {
        let entry = *self.0.get(usize::from(first_byte))?;
        if entry & senders == 0 { None } else { PacketType::from_first_byte(entry << 4) }
    }
}
