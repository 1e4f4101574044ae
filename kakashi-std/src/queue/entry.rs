//! The entries of a ring: their heads, and the side entries that do not fit into it.

use kakashi_core::LogLevel;

/// Bytes of a head: a word, then the tick.
pub(super) const HEAD: usize = WORD + 8;
const WORD: usize = 8;

/// What is too large for the ring or is no bytes: it lies in a queue beside it.
#[derive(Clone)]
pub(super) enum SideEntry {
    /// The context of the records that follow.
    Context(kakashi_core::LogContext),
    /// The body of a record that is too large for the ring.
    Record(Vec<u8>),
}

impl SideEntry {
    /// Returns the bytes of a record.
    pub(super) fn memory(&self) -> usize {
        match self {
            Self::Context(_) => 0,
            Self::Record(body) => body.len(),
        }
    }
}

/// What kind of entry a head begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum EntryKind {
    Record(LogLevel),
    Context,
    SideRecord(LogLevel),
}

const CONTEXT: u8 = 0x80;
const SIDE_RECORD: u8 = 0x81;

impl EntryKind {
    fn number(self) -> u8 {
        match self {
            Self::Record(level) => level.number(),
            Self::Context => CONTEXT,
            Self::SideRecord(level) => SIDE_RECORD + level.number(),
        }
    }

    fn of_number(number: u8) -> Option<Self> {
        match number {
            ..CONTEXT => LogLevel::from_number(number).map(Self::Record),
            CONTEXT => Some(Self::Context),
            SIDE_RECORD.. => LogLevel::from_number(number - SIDE_RECORD).map(Self::SideRecord),
        }
    }
}

/// Makes the head of a record, from its level's number.
#[inline]
pub(super) fn record_head(level: u8, len: usize, logger: u32, tick: u64) -> [u8; HEAD] {
    let word = (len as u64) << 8 | u64::from(level) | u64::from(logger) << 32;
    (u128::from(word) | u128::from(tick) << 64).to_le_bytes()
}

/// The head before a body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct EntryHead {
    pub(super) kind: EntryKind,
    /// The bytes of the body, below 2²⁴.
    pub(super) len: usize,
    /// The id of the logger.
    pub(super) logger: u32,
    /// Of a record: when its call began. A context has that of the record after it.
    pub(super) tick: u64,
}

impl EntryHead {
    pub(super) fn to_bytes(self) -> [u8; HEAD] {
        record_head(self.kind.number(), self.len, self.logger, self.tick)
    }

    #[inline]
    pub(super) fn of_bytes(bytes: [u8; HEAD]) -> Option<Self> {
        let words = u128::from_le_bytes(bytes);
        let (word, tick) = (words as u64, (words >> 64) as u64);
        let kind = EntryKind::of_number(word as u8)?;
        Some(Self { kind, len: (word as u32 >> 8) as usize, logger: (word >> 32) as u32, tick })
    }

    /// Splits the bytes of a ring into the first head, its body and the rest.
    #[inline]
    pub(super) fn split(bytes: &[u8]) -> Option<(Self, &[u8], &[u8])> {
        let (head, rest) = bytes.split_first_chunk()?;
        let head = Self::of_bytes(*head)?;
        let (body, rest) = rest.split_at_checked(head.len)?;
        Some((head, body, rest))
    }
}

/// What the front of a ring's bytes holds.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct RingFront {
    /// Bytes of the entries.
    pub(super) len: usize,
    /// Records of each level.
    pub(super) records: [usize; LogLevel::ALL.len()],
    /// Side entries that the entries refer to.
    pub(super) side_entries: usize,
}

impl RingFront {
    /// Looks at the entries up to a tick; calls `each` with the logger's id and the level of
    /// each record.
    pub(super) fn until(tick: u64, bytes: &[u8], mut each: impl FnMut(u32, LogLevel)) -> Self {
        let mut front = Self::default();
        let mut rest = bytes;
        while let Some((head, _, after)) = EntryHead::split(rest)
            && head.tick <= tick
        {
            if let EntryKind::Record(level) | EntryKind::SideRecord(level) = head.kind {
                front.records[level.index()] += 1;
                each(head.logger, level);
            }
            front.side_entries += usize::from(!matches!(head.kind, EntryKind::Record(_)));
            rest = after;
        }
        front.len = bytes.len() - rest.len();
        front
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_was_written() {
        let levels = LogLevel::ALL.into_iter();
        let kinds = levels
            .flat_map(|level| [EntryKind::Record(level), EntryKind::Context, EntryKind::SideRecord(level)]);
        for kind in kinds {
            for len in [0, 1, 255, 256, (1 << 24) - 1] {
                let head = EntryHead { kind, len, logger: 0xf0f1_f2f3, tick: u64::MAX - 1 };
                assert_eq!(EntryHead::of_bytes(head.to_bytes()), Some(head));
            }
        }
        assert_eq!(EntryHead::of_bytes([0x33; HEAD]), None);
    }
}
