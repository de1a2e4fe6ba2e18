//! The smallest broker that the tests can say something about: it accepts everyone and answers PINGREQ, and nothing else.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Serves one connection until its client leaves.
///
/// # Errors
///
/// When the stream breaks, or the client sends a packet that this broker does not know.
pub async fn serve<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) -> io::Result<()> {
    loop {
        let (first, body) = packet(&mut stream).await?;
        match first >> 4 {
            // CONNECT, by its protocol level: CONNACK of 5.0 has properties, and here there are none.
            1 if body.get(6) == Some(&5) => stream.write_all(&[0x20, 3, 0, 0, 0]).await?,
            1 => stream.write_all(&[0x20, 2, 0, 0]).await?,
            // PINGREQ, DISCONNECT
            12 => stream.write_all(&[0xd0, 0]).await?,
            14 => return Ok(()),
            _ => return Err(io::Error::other("this packet is not served")),
        }
    }
}

/// The first byte of a packet, and what follows its Remaining Length.
async fn packet<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<(u8, Vec<u8>)> {
    let first = stream.read_u8().await?;
    let (mut length, mut shift) = (0, 0);
    loop {
        let byte = stream.read_u8().await?;
        length |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            break;
        }
        if shift > 21 {
            return Err(io::Error::other("the Remaining Length is too long"));
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok((first, body))
}
