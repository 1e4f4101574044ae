//! Bytes with a head, so that the host can tell one from the next.
//!
//! `V` · which vector (2 bytes) · which form (1 byte) · length (4 bytes) · bytes;
//! numbers are little-endian.

use board::Uart;

/// A form that a record was encoded in.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A text line.
    Text = 1,
    /// A JSON line.
    Json = 2,
    /// A JSON line with the place of the call.
    JsonWithLocation = 3,
    /// A block of the wire.
    Block = 4,
}

/// Sends one frame.
pub fn send_frame(line: Uart, index: u16, kind: Kind, bytes: &[u8]) {
    line.send(b"V");
    line.send(&index.to_le_bytes());
    line.send(&[kind as u8]);
    line.send(&(bytes.len() as u32).to_le_bytes());
    line.send(bytes);
}
