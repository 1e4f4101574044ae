//! The header of a ring: where its records begin, and counts of what is lost.
//!
//! All counters stand in one array, so that copying and summing are short loops.

use core::array;
use core::cell::Cell;

use super::store::store;

/// Words of a header without its checksum.
const WORDS: usize = 16;
pub(super) const HEADER_LEN: u32 = (WORDS as u32 + 1) * 4;
/// What is counted: records of the six levels, lowest first, and damaged bytes.
const COUNTERS: usize = 7;
/// The counter of damaged bytes.
pub(super) const DAMAGE: usize = 6;

const READ: usize = 0;
const GAP: usize = 1;
const LOST: usize = 2;
const ANNOUNCED: usize = LOST + COUNTERS;

/// Positions count bytes and wrap at 4 GiB; losses count from when the ring was first used.
#[repr(C)]
pub(super) struct Header {
    pub(super) words: [Cell<u32>; WORDS],
    pub(super) checksum: Cell<u32>,
}

impl Header {
    pub(super) const fn new() -> Self {
        Self { words: [const { Cell::new(0) }; WORDS], checksum: Cell::new(0) }
    }

    /// Begins a header without losses.
    pub(super) fn clear(&self, read: u32) {
        for word in &self.words {
            store(word, 0);
        }
        self.set_read(read);
    }

    #[inline(never)] // once in flash
    pub(super) fn copy_from(&self, other: &Self) {
        for (word, other) in self.words.iter().zip(&other.words) {
            store(word, other.get());
        }
        store(&self.checksum, other.checksum.get());
    }

    pub(super) fn is_whole(&self) -> bool {
        self.sum() == self.checksum.get()
    }

    pub(super) fn seal(&self) {
        store(&self.checksum, self.sum());
    }

    /// Quicker than a CRC: one multiplication a word.
    #[inline(never)] // once in flash
    fn sum(&self) -> u32 {
        let step = |sum: u32, word: &Cell<u32>| (sum.rotate_left(7) ^ word.get()).wrapping_mul(0x9e37_79b1);
        self.words.iter().fold(WORDS as u32, step)
    }

    /// Where the first record is.
    #[inline(always)]
    pub(super) fn read(&self) -> u32 {
        self.words[READ].get()
    }

    pub(super) fn set_read(&self, at: u32) {
        store(&self.words[READ], at);
    }

    /// Tells whether the records before the first loss are all taken out.
    pub(super) fn is_gap_reached(&self) -> bool {
        self.read().wrapping_sub(self.words[GAP].get()) as i32 >= 0
    }

    /// Tells whether that place is not behind a position.
    #[cfg(any(feature = "alloc", target_os = "none"))]
    pub(super) fn is_gap_before(&self, at: u32) -> bool {
        at.wrapping_sub(self.words[GAP].get()) as i32 >= 0
    }

    /// Sets the place of losses that are not announced yet.
    pub(super) fn set_gap(&self, at: u32) {
        store(&self.words[GAP], at);
    }

    pub(super) fn lose(&self, counter: usize, amount: u32) {
        self.add(LOST + counter, amount);
    }

    pub(super) fn announce(&self, counter: usize, amount: u32) {
        self.add(ANNOUNCED + counter, amount);
    }

    fn add(&self, at: usize, amount: u32) {
        if let Some(word) = self.words.get(at) {
            store(word, word.get().wrapping_add(amount));
        }
    }

    pub(super) fn lost(&self) -> [u32; COUNTERS] {
        array::from_fn(|counter| self.words[LOST + counter].get())
    }

    /// Counts what is lost and not announced.
    pub(super) fn pending(&self, counter: usize) -> u32 {
        match (self.words.get(LOST + counter), self.words.get(ANNOUNCED + counter)) {
            (Some(lost), Some(announced)) => lost.get().wrapping_sub(announced.get()),
            _ => 0,
        }
    }

    pub(super) fn has_pending(&self) -> bool {
        let [_, _, counters @ ..] = &self.words;
        let (lost, announced) = counters.split_at(COUNTERS);
        lost.iter().zip(announced).any(|(lost, announced)| lost.get() != announced.get())
    }

    /// The sum of all that was announced: each announcement changes it.
    pub(super) fn announced(&self) -> u32 {
        self.words[ANNOUNCED..].iter().fold(0, |sum, word| sum.wrapping_add(word.get()))
    }
}
