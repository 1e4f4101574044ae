//! The items of a ring, and its policy.

use crate::level::LogLevel;

/// Says what gives way when a ring is full.
///
/// Either way the last eighth of a ring is kept for WARNING and above.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum RingPolicy {
    /// The new record: what led up to a fault is kept.
    #[default]
    DropNewest,
    /// The oldest records: what came last is kept. A record below WARNING makes none
    /// at WARNING or above give way; it is then lost itself.
    DropOldest,
}

/// An item of a ring, in the order in which things happened.
///
/// A loss comes where the record would be; of losses in several places, all come at the first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum RingItem<'a> {
    /// A whole record.
    Record {
        /// Its level.
        level: LogLevel,
        /// The bytes that were pushed.
        body: &'a [u8],
    },
    /// How many records of each level, lowest first, were lost since the last item of this kind.
    Dropped([u32; 6]),
    /// How many bytes held no whole record of this build: a reset tore the last one, the memory
    /// did not last through a loss of power, or the firmware was updated.
    Damaged(u32),
}

/// The first item of a ring, until [`release`](super::Ring::release) takes it out.
#[derive(Debug)]
#[must_use = "the item stays in the ring until it is released"]
pub struct Peeked<'a> {
    pub(super) item: RingItem<'a>,
    /// A record's position; for losses, what had been announced before.
    pub(super) at: u32,
}

impl<'a> Peeked<'a> {
    /// Returns the item.
    pub fn item(&self) -> RingItem<'a> {
        self.item
    }
}

/// Says what [`open`](super::Ring::open) found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Recovered {
    /// Whole records in the ring.
    pub records: u32,
    /// Bytes without a whole record that are still to be announced as [`RingItem::Damaged`].
    pub damaged_bytes: u32,
}
