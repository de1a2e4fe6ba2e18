//! `mqttrs`: borrows.

use super::{about, flags, from_slice};
use crate::codec::{Codec, See, Stop};
use crate::ours::Filled;
use mqttrs::{Packet, SubscribeReturnCodes};

#[derive(Debug)]
pub enum V3 {}

impl Codec for V3 {
    about!("mqttrs", "0.4.1", V3_1_1, Borrowed);
    from_slice!();
    type Packet<'a> = Packet<'a>;
    type Output = Filled;

    /// The crate does not say how long the packet was: its length is read here, once more.
    #[inline]
    fn next<'a>(input: &mut Self::Input<'a>) -> Result<Self::Packet<'a>, Stop> {
        match mqttrs::decode_slice(input) {
            Ok(Some(packet)) => {
                let mut len = 0;
                let mut at = 1;
                loop {
                    let byte = input[at];
                    len |= usize::from(byte & 0x7f) << (7 * (at - 1));
                    at += 1;
                    if byte < 0x80 {
                        break;
                    }
                }
                *input = &input[at + len..];
                Ok(packet)
            }
            Ok(None) => Err(Stop::Incomplete),
            Err(_) => Err(Stop::Refused),
        }
    }

    #[inline]
    fn walk(packet: &Self::Packet<'_>, sum: &mut impl See) {
        match packet {
            Packet::Publish(publish) => {
                flags(publish.dup, publish.qospid.qos() as u8, publish.retain, sum);
                if let Some(id) = publish.qospid.pid() {
                    sum.number(id.get());
                }
                sum.bytes(publish.topic_name.as_bytes());
                sum.bytes(publish.payload);
            }
            Packet::Puback(id)
            | Packet::Pubrec(id)
            | Packet::Pubrel(id)
            | Packet::Pubcomp(id)
            | Packet::Unsuback(id) => sum.number(id.get()),
            Packet::Connect(connect) => {
                sum.number(connect.clean_session);
                sum.number(connect.keep_alive);
                sum.bytes(connect.client_id.as_bytes());
                if let Some(will) = &connect.last_will {
                    sum.bytes(will.topic.as_bytes());
                    sum.bytes(will.message);
                    sum.number(will.qos as u8);
                    sum.number(will.retain);
                }
                super::bytes(connect.username, sum);
                super::bytes(connect.password, sum);
            }
            Packet::Connack(connack) => {
                sum.number(connack.session_present);
                sum.number(connack.code as u8);
            }
            Packet::Subscribe(subscribe) => {
                sum.number(subscribe.pid.get());
                for topic in &subscribe.topics {
                    sum.bytes(topic.topic_path.as_bytes());
                    sum.number(topic.qos as u8);
                }
            }
            Packet::Suback(suback) => {
                sum.number(suback.pid.get());
                for code in &suback.return_codes {
                    sum.number(match code {
                        SubscribeReturnCodes::Success(qos) => *qos as u8,
                        SubscribeReturnCodes::Failure => 0x80,
                    });
                }
            }
            Packet::Unsubscribe(unsubscribe) => {
                sum.number(unsubscribe.pid.get());
                for topic in &unsubscribe.topics {
                    sum.bytes(topic.as_bytes());
                }
            }
            Packet::Pingreq | Packet::Pingresp | Packet::Disconnect => {}
        }
    }

    fn output(capacity: usize) -> Filled {
        Filled::new(capacity)
    }

    #[inline]
    fn encode(packet: &mut Self::Packet<'_>, out: &mut Filled) {
        out.len += mqttrs::encode_slice(packet, &mut out.buffer[out.len..]).expect("there is room");
    }

    fn clear(out: &mut Filled) {
        out.len = 0;
    }

    fn written(out: &Filled) -> &[u8] {
        out.bytes()
    }
}
