//! `mqtt-format`: borrows; writes into an asynchronous writer, here a `Vec`, which is always ready.

use super::{about, flags, from_slice, into_vec};
use crate::codec::{Codec, See, Stop};
use futures::FutureExt as _;
use mqtt_format::v3::packet::{MPacket, mpacket};
use std::pin::Pin;

#[derive(Debug)]
pub enum V3 {}

impl Codec for V3 {
    about!("mqtt-format", "0.4.0", V3_1_1, Borrowed);
    from_slice!();
    into_vec!();
    type Packet<'a> = MPacket<'a>;

    /// The crate has no word for incomplete input.
    #[inline]
    fn next<'a>(input: &mut Self::Input<'a>) -> Result<Self::Packet<'a>, Stop> {
        if input.is_empty() {
            return Err(Stop::Incomplete);
        }
        match mpacket(input) {
            Ok((rest, packet)) => {
                *input = rest;
                Ok(packet)
            }
            Err(_) => Err(Stop::Refused),
        }
    }

    #[inline]
    fn walk(packet: &Self::Packet<'_>, sum: &mut impl See) {
        match packet {
            MPacket::Publish(publish) => {
                flags(publish.dup, publish.qos.to_byte(), publish.retain, sum);
                super::number(publish.id.map(|id| id.0), sum);
                sum.bytes(publish.topic_name.as_bytes());
                sum.bytes(publish.payload);
            }
            MPacket::Puback(puback) => sum.number(puback.id.0),
            MPacket::Pubrec(pubrec) => sum.number(pubrec.id.0),
            MPacket::Pubrel(pubrel) => sum.number(pubrel.id.0),
            MPacket::Pubcomp(pubcomp) => sum.number(pubcomp.id.0),
            MPacket::Unsuback(unsuback) => sum.number(unsuback.id.0),
            MPacket::Connect(connect) => {
                sum.number(connect.clean_session);
                sum.number(connect.keep_alive);
                sum.bytes(connect.client_id.as_bytes());
                if let Some(will) = &connect.will {
                    sum.bytes(will.topic.as_bytes());
                    sum.bytes(will.payload);
                    sum.number(will.qos.to_byte());
                    sum.number(will.retain);
                }
                super::bytes(connect.username.map(|name| name.value), sum);
                super::bytes(connect.password, sum);
            }
            MPacket::Connack(connack) => {
                sum.number(connack.session_present);
                sum.number(connack.connect_return_code as u8);
            }
            MPacket::Subscribe(subscribe) => {
                sum.number(subscribe.id.0);
                for subscription in subscribe.subscriptions {
                    sum.bytes(subscription.topic.as_bytes());
                    sum.number(subscription.qos.to_byte());
                }
            }
            MPacket::Suback(suback) => {
                sum.number(suback.id.0);
                for &ack in suback.subscription_acks.acks {
                    sum.number(ack as u8);
                }
            }
            MPacket::Unsubscribe(unsubscribe) => {
                sum.number(unsubscribe.id.0);
                for unsubscription in unsubscribe.unsubscriptions {
                    sum.bytes(unsubscription.topic.as_bytes());
                }
            }
            MPacket::Pingreq(_) | MPacket::Pingresp(_) | MPacket::Disconnect(_) => {}
        }
    }

    #[inline]
    fn encode(packet: &mut Self::Packet<'_>, out: &mut Vec<u8>) {
        packet.write_to(Pin::new(out)).now_or_never().expect("a Vec is ready").expect("a Vec takes all");
    }
}
