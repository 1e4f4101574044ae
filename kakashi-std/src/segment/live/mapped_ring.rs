//! A flight recorder's ring whose records outlive the process.

use std::sync::Arc;

use super::mapped_item::put;
use super::recorder_memory::{MemoryPiece, RecorderMemory};
use crate::segment::layout::kept::{
    ITEM_HEAD, KeptItem, KeptKind, PLACE_BYTES, PLACE_END_AT, PLACE_START_AT, RING_BEGUN_AT, RING_CURRENT_AT,
    RING_OVERWRITTEN_AT, RING_PLACES_AT, RING_PUBLISHED, RING_STATE_AT, RING_WRITTEN_AT, RingPlace, UNIT,
};

/// What a ring's item has room for.
const _: () =
    assert!(RING_STATE_AT >= ITEM_HEAD && RING_PLACES_AT + 2 * PLACE_BYTES <= UNIT, "a ring's words");

/// The bytes of a ring, and the item that says where they are.
#[derive(Debug)]
pub(crate) struct MappedRing {
    /// First: without it the bytes say nothing.
    item: MemoryPiece,
    bytes: MemoryPiece,
    capacity: usize,
    owner: u64,
    /// Where the words of the place that holds begin.
    place_at: usize,
    /// Bits of slots.
    begun: u64,
    written: u64,
}

impl MappedRing {
    /// Makes a ring with room for so many bytes; none if there is no room.
    pub(crate) fn new(memory: &Arc<RecorderMemory>, capacity: usize) -> Option<Self> {
        let owner = memory.next_owner();
        let bytes = memory.take(capacity)?;
        let item = put(memory, &KeptItem { kind: KeptKind::Ring, owner, id: 0, contents: &[] })?;
        let mut ring = Self { item, bytes, capacity, owner, place_at: RING_PLACES_AT, begun: 0, written: 0 };
        ring.store_place(0);
        Some(ring)
    }

    /// Returns the memory that it lies in.
    pub(crate) fn memory(&self) -> &Arc<RecorderMemory> {
        &self.item.memory
    }

    /// Returns the number under which its loggers and contexts are found.
    pub(crate) fn owner(&self) -> u64 {
        self.owner
    }

    /// Stores where the bytes are, of which the first are in use.
    fn store_place(&mut self, used: usize) {
        let MemoryPiece { file, unit, .. } = self.bytes;
        let place = RingPlace { file, unit, capacity: self.capacity as u64, start: 0, end: used as u64 };
        for (at, word) in place.words().into_iter().enumerate() {
            self.item.store(self.place_at + 8 * at, word);
        }
        self.item.store(RING_CURRENT_AT, u64::from(self.place_at != RING_PLACES_AT));
    }

    /// Goes on with other bytes, into which `fill` puts the first; false if there is no room for them.
    pub(crate) fn resize(&mut self, capacity: usize, fill: impl FnOnce(&[u8], &mut [u8]) -> usize) -> bool {
        let Some(mut bytes) = self.memory().take(capacity) else { return false };
        let used = fill(self.bytes(), &mut bytes.bytes_mut()[..capacity]);
        let before = std::mem::replace(&mut self.bytes, bytes);
        self.capacity = capacity;
        self.place_at = RING_PLACES_AT + if self.place_at == RING_PLACES_AT { PLACE_BYTES } else { 0 };
        self.store_place(used);
        drop(before);
        true
    }

    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes.bytes()[..self.capacity]
    }

    #[inline]
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes.bytes_mut()[..self.capacity]
    }

    /// Says from which position on bytes are in use.
    #[inline]
    pub(crate) fn set_start(&mut self, position: usize) {
        self.item.store(self.place_at + PLACE_START_AT, position as u64);
    }

    /// Says up to which position bytes are in use.
    #[inline]
    pub(crate) fn set_end(&mut self, position: usize) {
        self.item.store(self.place_at + PLACE_END_AT, position as u64);
    }

    /// Says how many records have gone.
    #[inline]
    pub(crate) fn set_overwritten(&mut self, records: usize) {
        self.item.store(RING_OVERWRITTEN_AT, records as u64);
    }

    /// Says that a trigger has them written.
    pub(crate) fn set_published(&mut self) {
        self.item.store(RING_STATE_AT, RING_PUBLISHED);
    }

    /// Says that the writer of a slot's destination has begun with them.
    pub(crate) fn set_begun(&mut self, slot: u16) {
        self.begun |= 1 << slot;
        self.item.store(RING_BEGUN_AT, self.begun);
    }

    /// Says that they are written to a slot's destination, or counted as dropped.
    pub(crate) fn set_written(&mut self, slot: u16) {
        self.written |= 1 << slot;
        self.item.store(RING_WRITTEN_AT, self.written);
    }
}
