//! The head of a record in the ring: how long, how important, and where.
//!
//! Its second half depends on the position, so that neither bytes of a body nor
//! the head of an earlier lap pass for one, and a reset that tears a record
//! leaves its length and level behind.

use crate::level::LogLevel;
use crate::util::crc::crc32_extend;

/// The longest record that a [`Ring`](super::Ring) takes.
pub(crate) const MAX_BODY_LEN: usize = 256;

/// Bytes of a slot before its body: head and checksum.
pub(super) const SLOT_HEAD_LEN: u32 = 8;
/// No smaller piece of the ring is ever looked at.
pub(super) const ALIGN: u32 = 4;

/// A body's length (9 bits) and level (3 bits); four bits that are no zeroes on top.
#[derive(Clone, Copy)]
pub(super) struct Slot(u16);

const LEN_BITS: u32 = 9;
const TOP: u16 = 0xa000;
/// 2^32 divided by the golden ratio.
const SPREAD: u32 = 0x9e37_79b1;

impl Slot {
    /// The body must not be longer than [`MAX_BODY_LEN`].
    pub(super) fn new(level: LogLevel, body_len: usize) -> Self {
        Self(TOP | (level.index() as u16) << LEN_BITS | body_len as u16)
    }

    /// Reads what [`word`](Self::word) made for the same position.
    pub(super) fn parse(word: u32, at: u32) -> Option<Self> {
        let slot = Self(word as u16 & 0x0fff | TOP);
        let whole = slot.word(at) == word && slot.len() <= MAX_BODY_LEN && slot.level_index() < 6;
        whole.then_some(slot)
    }

    pub(super) fn word(self, at: u32) -> u32 {
        let low = u32::from(self.0);
        // Fibonacci hashing: two halves below 2^12 apart never have the same product.
        low | at.wrapping_add(low).wrapping_mul(SPREAD) & 0xffff_0000
    }

    /// Sums length, level and body; the caller combines the position by `^`, which takes no
    /// time while interrupts are off and tells laps apart without exception.
    ///
    /// Length and level go into what the CRC begins with, as if they stood before the body.
    /// They are spread over it, so that no damage to the first bytes makes up for theirs.
    #[inline(never)] // once in flash
    pub(super) fn checksum(self, body: &[u8]) -> u32 {
        !crc32_extend(!u32::from(self.0).wrapping_mul(SPREAD), body)
    }

    pub(super) fn len(self) -> usize {
        usize::from(self.0) & ((1 << LEN_BITS) - 1)
    }

    /// At most 7.
    pub(super) fn level_index(self) -> usize {
        usize::from(self.0 >> LEN_BITS) & 7
    }

    pub(super) fn level(self) -> LogLevel {
        // Cannot be missing in a slot that was made or parsed.
        *LogLevel::ALL.get(self.level_index()).unwrap_or(&LogLevel::Critical)
    }

    pub(super) fn is_evidence(self) -> bool {
        self.level_index() >= LogLevel::Warning.index()
    }

    /// Bytes of the ring that the record takes.
    pub(super) fn span(self) -> u32 {
        SLOT_HEAD_LEN + (self.len() as u32).next_multiple_of(ALIGN)
    }
}
