//! Where blocks end, by their own lengths.

use super::{BLOCK_OVERHEAD, SYNC};

/// Tells how many of the bytes are blocks whose ends are there, without a look at their sums.
pub(crate) fn whole_blocks_len(bytes: &[u8]) -> usize {
    let mut whole = 0;
    while let Some(rest) = bytes.get(whole..)
        && rest.starts_with(&SYNC)
        && let Some(&[a, b, c, d]) = rest.get(6..10)
        && let end = BLOCK_OVERHEAD + u32::from_le_bytes([a, b, c, d]) as usize
        && end <= rest.len()
    {
        whole += end;
    }
    whole
}
