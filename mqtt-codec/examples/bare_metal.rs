//! A client for a device without an allocator: one buffer for each direction, no copies, no state in the codec.
//!
//! What is in `client` builds for any target without `std`; `main` lends it a line that answers as a server does.
//!
//! `cargo run -p mqtt-codec --no-default-features --example bare_metal`

/// The device's part.
pub(crate) mod client {
    use mqtt_codec::v3::{ConnAck, Connect, Decoder, Packet, ProtocolLevel, Publish};
    use mqtt_codec::{DecodeOptions, Decoded, Sender, Text, TopicName};

    const READING: TopicName<&[u8]> = TopicName::from_static("sensor/7/temperature");

    /// A serial line, a modem, a TCP stack.
    pub(crate) trait Line {
        /// Sends all bytes.
        fn send(&mut self, bytes: &[u8]);
        /// Receives at least one byte; 0 when the line is down.
        fn receive(&mut self, room: &mut [u8]) -> usize;
    }

    /// Why a reading was not sent.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Failure {
        /// The line went down.
        Down,
        /// The server refused the connection, or sent something else.
        Refused,
        /// A packet has no room.
        Room,
    }

    /// Connects, sends one reading at QoS 0, and leaves.
    pub(crate) fn report(line: &mut impl Line, reading: &[u8]) -> Result<(), Failure> {
        let mut room = [0; 128];
        let client_id = Text::new("sensor-7").map_err(|_| Failure::Room)?;
        let connect = Connect::new(ProtocolLevel::V3_1_1, client_id, true).map_err(|_| Failure::Room)?;
        let len = connect.encode(&mut room).map_err(|_| Failure::Room)?;
        line.send(&room[..len]);

        let options = DecodeOptions::receiving_from(Sender::Server, 128);
        let decoder = Decoder::with_options(ProtocolLevel::V3_1_1, options);
        let mut end = 0;
        loop {
            match decoder.decode(&room[..end]) {
                Ok(Decoded::Complete { value: Packet::ConnAck(ConnAck::Accepted { .. }), .. }) => break,
                Ok(Decoded::Incomplete { .. }) => match line.receive(&mut room[end..]) {
                    0 => return Err(Failure::Down),
                    n => end += n,
                },
                Ok(Decoded::Complete { .. }) | Err(_) => return Err(Failure::Refused),
            }
        }

        let len = Publish::new(READING, reading).encode(&mut room).map_err(|_| Failure::Room)?;
        line.send(&room[..len]);
        let len = Packet::<&[u8]>::Disconnect.encode(&mut room).map_err(|_| Failure::Room)?;
        line.send(&room[..len]);
        Ok(())
    }
}

/// A line to a server that accepts; it keeps what was sent.
#[derive(Debug, Default)]
pub(crate) struct Loopback {
    /// What the device has sent.
    pub(crate) sent: Vec<u8>,
    answered: usize,
}

impl client::Line for Loopback {
    fn send(&mut self, bytes: &[u8]) {
        self.sent.extend_from_slice(bytes);
    }

    /// A CONNACK, byte by byte.
    fn receive(&mut self, room: &mut [u8]) -> usize {
        match ([0x20, 2, 0, 0].get(self.answered), room.first_mut()) {
            (Some(&byte), Some(room)) => {
                *room = byte;
                self.answered += 1;
                1
            }
            _ => 0,
        }
    }
}

fn main() {
    let mut line = Loopback::default();
    let result = client::report(&mut line, b"21.5");
    println!("{result:?}, sent {} bytes", line.sent.len());
}
