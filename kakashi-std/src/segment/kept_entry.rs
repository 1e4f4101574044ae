//! A record that a flight recorder has kept, as it lies in a ring: a head, then the body of a RECORD of the
//! [`wire`](kakashi_core::wire); and the words of the two lines between which such records come out.
//!
//! It is the same on the heap and in what outlives the process.

use kakashi_core::LogLevel;

/// Bytes before a body: the tick, the level and the length, the indices of logger and context.
pub(crate) const HEAD: usize = 20;
/// A longer body has no head.
pub(crate) const LONGEST: usize = 1 << 24;
/// The message before the records.
pub(crate) const BEGIN: &str = "Flight recorder: what follows was kept";
/// The message behind them.
pub(crate) const END: &str = "Flight recorder: end of what was kept";
/// The key of the field, `true`, that each of them has.
pub(crate) const MARK: &str = "replayed";

/// The head of an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct KeptHead {
    pub(crate) tick: u64,
    pub(crate) level: LogLevel,
    /// Of the body.
    pub(crate) len: usize,
    pub(crate) logger: u32,
    pub(crate) context: u32,
}

impl KeptHead {
    #[inline]
    pub(crate) fn to_bytes(self) -> [u8; HEAD] {
        let mut bytes = [0; HEAD];
        bytes[..8].copy_from_slice(&self.tick.to_le_bytes());
        let word = (self.len as u32) << 8 | u32::from(self.level.number());
        bytes[8..12].copy_from_slice(&word.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.logger.to_le_bytes());
        bytes[16..].copy_from_slice(&self.context.to_le_bytes());
        bytes
    }

    #[inline]
    pub(crate) fn of_bytes(bytes: &[u8; HEAD]) -> Option<Self> {
        let (tick, rest) = bytes.split_first_chunk()?;
        let (word, rest) = rest.split_first_chunk()?;
        let (logger, context) = rest.split_first_chunk()?;
        let word = u32::from_le_bytes(*word);
        Some(Self {
            tick: u64::from_le_bytes(*tick),
            level: LogLevel::from_number(word as u8)?,
            len: (word >> 8) as usize,
            logger: u32::from_le_bytes(*logger),
            context: u32::from_le_bytes(*context.first_chunk()?),
        })
    }

    /// Splits bytes into the first head, its body and the rest.
    pub(crate) fn split(bytes: &[u8]) -> Option<(Self, &[u8], &[u8])> {
        let (head, rest) = bytes.split_first_chunk()?;
        let head = Self::of_bytes(head)?;
        let (body, rest) = rest.split_at_checked(head.len)?;
        Some((head, body, rest))
    }
}
