//! The items of a ring: their heads, and what lies beside it.

use kakashi_core::LogLevel;

/// Bytes of a head.
pub(super) const HEAD: usize = 8;

/// What stands beside the ring.
pub(super) enum Aside {
    /// The context of the records that follow.
    Context(kakashi_core::LogContext),
    /// The body of a record that is too large for the ring.
    Record(Vec<u8>),
}

/// What a head says of its item.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Record(LogLevel),
    Context,
    RecordAside(LogLevel),
}

const CONTEXT: u8 = 0x80;
const ASIDE: u8 = 0x81;

impl Kind {
    fn number(self) -> u8 {
        match self {
            Self::Record(level) => level.number(),
            Self::Context => CONTEXT,
            Self::RecordAside(level) => ASIDE + level.number(),
        }
    }

    fn of_number(number: u8) -> Option<Self> {
        match number {
            ..CONTEXT => LogLevel::from_number(number).map(Self::Record),
            CONTEXT => Some(Self::Context),
            ASIDE.. => LogLevel::from_number(number - ASIDE).map(Self::RecordAside),
        }
    }
}

/// Makes the head of a record, from its level's number.
#[inline]
pub(super) fn record_head(level: u8, len: usize, logger: u32) -> [u8; HEAD] {
    ((len as u64) << 8 | u64::from(level) | u64::from(logger) << 32).to_le_bytes()
}

/// What stands before a body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Head {
    pub(super) kind: Kind,
    /// The bytes of the body, below 2²⁴.
    pub(super) len: usize,
    /// The number of the logger.
    pub(super) logger: u32,
}

impl Head {
    pub(super) fn to_bytes(self) -> [u8; HEAD] {
        record_head(self.kind.number(), self.len, self.logger)
    }

    #[inline]
    pub(super) fn of_bytes(bytes: [u8; HEAD]) -> Option<Self> {
        let word = u64::from_le_bytes(bytes);
        let kind = Kind::of_number(word as u8)?;
        Some(Self { kind, len: (word as u32 >> 8) as usize, logger: (word >> 32) as u32 })
    }

    /// Reads the head at the front of what a ring held, and its body.
    #[inline]
    pub(super) fn split(bytes: &[u8]) -> Option<(Self, &[u8], &[u8])> {
        let (head, rest) = bytes.split_first_chunk()?;
        let head = Self::of_bytes(*head)?;
        let (body, rest) = rest.split_at_checked(head.len)?;
        Some((head, body, rest))
    }
}

/// Counts the records in what a ring held, and the things beside it.
pub(super) fn count(mut bytes: &[u8]) -> (usize, usize) {
    let (mut records, mut asides) = (0, 0);
    while let Some((head, _, rest)) = Head::split(bytes) {
        records += usize::from(head.kind != Kind::Context);
        asides += usize::from(!matches!(head.kind, Kind::Record(_)));
        bytes = rest;
    }
    (records, asides)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_was_written() {
        let levels = LogLevel::ALL.into_iter();
        let kinds = levels.flat_map(|level| [Kind::Record(level), Kind::Context, Kind::RecordAside(level)]);
        for kind in kinds {
            for len in [0, 1, 255, 256, (1 << 24) - 1] {
                let head = Head { kind, len, logger: 0xf0f1_f2f3 };
                assert_eq!(Head::of_bytes(head.to_bytes()), Some(head));
            }
        }
        assert_eq!(Head::of_bytes([0x33, 0, 0, 0, 0, 0, 0, 0]), None);
    }
}
