//! Decodes a packet and encodes it again, on bare metal as far as the linker can tell.
#![no_std]

use mqtt_codec::Decoded;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

/// Decodes the packet of 3.1.1 at the front of `input` and writes it to `out`; 0 if it cannot.
#[cfg(feature = "v3")]
#[unsafe(no_mangle)]
pub extern "C" fn echo_v3(input: &[u8; 256], out: &mut [u8; 256]) -> usize {
    use mqtt_codec::v3::{Decoder, ProtocolLevel};
    match Decoder::new(ProtocolLevel::V3_1_1).decode(input) {
        Ok(Decoded::Complete { value, .. }) => value.encode(out).unwrap_or(0),
        _ => 0,
    }
}

/// Decodes the packet of 5.0 at the front of `input` and writes it to `out`; 0 if it cannot.
#[cfg(feature = "v5")]
#[unsafe(no_mangle)]
pub extern "C" fn echo_v5(input: &[u8; 256], out: &mut [u8; 256]) -> usize {
    match mqtt_codec::v5::Decoder::new().decode(input) {
        Ok(Decoded::Complete { value, .. }) => value.encode(out).unwrap_or(0),
        _ => 0,
    }
}
