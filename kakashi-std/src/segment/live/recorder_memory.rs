//! Memory of a flight recorder in mapped files: pieces whose sizes are powers of two, and which are joined again
//! when they are given back (a buddy allocator).
//!
//! A record costs nothing here: pieces are taken when a ring is begun or grows, and when it has a new logger or
//! context.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::live_box::LiveBox;
use super::mapped_file::{MappedFile, MappedRange};
use crate::reentrancy::hold;
use crate::segment::layout::kept::{KeptFileHeader, TABLE_AT, UNIT};

/// The units of a file, unless a piece needs more: a mebibyte.
const FILE_UNITS: u32 = 1 << 12;
/// No piece is larger than two to this.
const MOST_ORDER: u32 = 22;

/// The memory of one process's recorder.
#[derive(Debug)]
pub(crate) struct RecorderMemory {
    live: Arc<LiveBox>,
    pieces: Mutex<FreePieces>,
}

/// The files, and the pieces of them that are free.
#[derive(Debug, Default)]
struct FreePieces {
    files: BTreeMap<u32, RecorderFile>,
    next_file: u32,
    next_owner: u64,
    /// By their orders: where they are.
    free: [BTreeMap<(u32, u32), MappedRange>; MOST_ORDER as usize + 1],
}

/// A file, which is removed with this.
#[derive(Debug)]
struct RecorderFile {
    header: KeptFileHeader,
    file: Arc<MappedFile>,
    live: Arc<LiveBox>,
}

/// A piece of memory, which is given back with this.
#[derive(Debug)]
pub(super) struct MemoryPiece {
    pub(super) memory: Arc<RecorderMemory>,
    pub(super) file: u32,
    pub(super) unit: u32,
    order: u32,
    /// None while it is given back.
    range: Option<MappedRange>,
    /// Where its kind stands in the table, if an item is in it.
    listed: Option<Arc<MappedFile>>,
}

impl RecorderMemory {
    pub(super) fn new(live: Arc<LiveBox>) -> Arc<Self> {
        Arc::new(Self { live, pieces: Mutex::default() })
    }

    /// Tells whether it belongs to a process that this one was forked from.
    pub(crate) fn is_inherited(&self) -> bool {
        self.live.is_inherited()
    }

    pub(super) fn live(&self) -> &Arc<LiveBox> {
        &self.live
    }

    /// Returns a number that no ring has, not 0.
    pub(super) fn next_owner(&self) -> u64 {
        let mut pieces = hold(&self.pieces);
        pieces.next_owner += 1;
        pieces.next_owner
    }

    /// Takes a piece of at least so many bytes; none if there is no room for it.
    pub(super) fn take(self: &Arc<Self>, bytes: usize) -> Option<MemoryPiece> {
        let units = u32::try_from(bytes.div_ceil(UNIT).max(1)).ok()?;
        let order = units.next_power_of_two().trailing_zeros();
        let mut pieces = hold(&self.pieces);
        let ((file, unit), range) = pieces.take(order, &self.live)?;
        Some(MemoryPiece { memory: self.clone(), file, unit, order, range: Some(range), listed: None })
    }
}

impl FreePieces {
    fn take(&mut self, order: u32, live: &Arc<LiveBox>) -> Option<((u32, u32), MappedRange)> {
        if order > MOST_ORDER {
            return None;
        }
        let is_free = |order: &u32| !self.free[*order as usize].is_empty();
        let found = match (order..=MOST_ORDER).find(is_free) {
            Some(found) => found,
            None => self.add_file(order, live)?,
        };
        let (place, mut range) = self.free[found as usize].pop_first()?;
        for order in (order..found).rev() {
            let behind = range.split_off(UNIT << order);
            self.free[order as usize].insert((place.0, place.1 + (1 << order)), behind);
        }
        Some((place, range))
    }

    /// Makes a file with room for a piece of an order; returns its own order.
    fn add_file(&mut self, order: u32, live: &Arc<LiveBox>) -> Option<u32> {
        let units = FILE_UNITS.max(1 << order);
        let number = self.next_file;
        let (header, file) = live.create_kept(number, units)?;
        self.next_file += 1;
        let (file, range) = file.split_at(header.memory_at());
        self.files.insert(number, RecorderFile { header, file, live: live.clone() });
        self.free[units.trailing_zeros() as usize].insert((number, 0), range);
        Some(units.trailing_zeros())
    }

    fn give(&mut self, file: u32, mut unit: u32, mut order: u32, mut range: MappedRange) {
        let whole = self.files.get(&file).map_or(0, |file| file.header.units.trailing_zeros());
        while order < whole
            && let Some(buddy) = self.free[order as usize].remove(&(file, unit ^ (1 << order)))
        {
            let is_behind = buddy.begin() > range.begin();
            let (mut first, second) = if is_behind { (range, buddy) } else { (buddy, range) };
            first.join(second);
            (range, unit, order) = (first, unit & !(1 << order), order + 1);
        }
        // One is kept: the next piece would need it.
        if order == whole && self.files.len() > 1 {
            drop(range);
            self.files.remove(&file);
        } else {
            self.free[order as usize].insert((file, unit), range);
        }
    }
}

impl Drop for RecorderFile {
    fn drop(&mut self) {
        self.live.remove_kept(&self.header);
    }
}

impl MemoryPiece {
    /// Returns its bytes.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        self.range.as_ref().map_or(&[], MappedRange::bytes)
    }

    /// Returns its bytes.
    #[inline]
    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        self.range.as_mut().map_or(&mut [], MappedRange::bytes_mut)
    }

    /// Stores a word at byte `at`, after what was stored before.
    #[inline]
    pub(super) fn store(&mut self, at: usize, number: u64) {
        if let Some(range) = &mut self.range {
            range.store(at, number);
        }
    }

    /// Says in the table what begins here.
    pub(super) fn list(&mut self, kind: u32) {
        let file = hold(&self.memory.pieces).files.get(&self.file).map(|file| file.file.clone());
        if let Some(file) = &file {
            file.store(TABLE_AT + 4 * self.unit as usize, kind);
        }
        self.listed = file;
    }
}

impl Drop for MemoryPiece {
    fn drop(&mut self) {
        // The parent of a fork uses it, and another of its threads may have held the lock.
        if self.memory.is_inherited() {
            return;
        }
        if let Some(file) = &self.listed {
            file.store(TABLE_AT + 4 * self.unit as usize, 0);
        }
        if let Some(range) = self.range.take() {
            hold(&self.memory.pieces).give(self.file, self.unit, self.order, range);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::live::test_memory::TestMemory;

    /// Checks that one file is left, in one piece.
    fn assert_whole(memory: &RecorderMemory) {
        let pieces = hold(&memory.pieces);
        let files: Vec<_> = pieces.files.iter().map(|(number, file)| (*number, file.header.units)).collect();
        let [(number, units)] = files[..] else { panic!("files and their units: {files:?}") };
        for (order, free) in pieces.free.iter().enumerate() {
            let found: Vec<_> = free.iter().map(|(place, range)| (*place, range.bytes().len())).collect();
            let is_whole = 1 << order == units;
            let expected = is_whole.then_some(((number, 0), units as usize * UNIT));
            assert_eq!(found, Vec::from_iter(expected), "order {order}");
        }
    }

    #[test]
    fn pieces_never_overlap_and_are_joined_to_one_when_they_are_given_back() {
        let made = TestMemory::new(64 << 20);
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % below as u64) as usize
        };
        let mut taken: Vec<(u8, MemoryPiece)> = Vec::new();
        let give_back = |(mark, piece): (u8, MemoryPiece)| {
            assert!(piece.bytes() == vec![mark; piece.bytes().len()], "somebody else has written there");
        };
        for round in 0..4000 {
            // It fills up and empties, again and again.
            let is_filling = round % 1000 < 600;
            if taken.is_empty() || random(10) < if is_filling { 7 } else { 3 } {
                let most = if random(50) == 0 { 21 } else { 15 };
                let order = random(most);
                let bytes = random(1 << order) + 1;
                let mut piece = made.memory.take(bytes).expect("there is room");
                let len = piece.bytes().len();
                assert!(
                    len >= bytes && len == UNIT << piece.order && piece.unit.is_multiple_of(1 << piece.order)
                );
                piece.bytes_mut().fill(round as u8);
                taken.push((round as u8, piece));
            } else {
                give_back(taken.swap_remove(random(taken.len())));
            }
        }
        assert!(taken.len() > 100);
        taken.into_iter().for_each(give_back);
        assert_whole(&made.memory);
    }

    #[test]
    fn what_has_no_room_is_refused_until_something_is_given_back() {
        // The file of the process, and one with its table.
        let made = TestMemory::new(2 << 20);
        let mut pieces: Vec<_> = std::iter::from_fn(|| made.memory.take(1)).collect();
        assert_eq!(pieces.len(), FILE_UNITS as usize);
        assert!(
            made.memory.take(UNIT << MOST_ORDER).is_none()
                && made.memory.take((UNIT << MOST_ORDER) + 1).is_none()
        );
        let (file, unit) = pieces.pop().map(|piece| (piece.file, piece.unit)).expect("there are some");
        assert!(made.memory.take(UNIT + 1).is_none(), "one unit is free");
        let again = made.memory.take(UNIT).expect("one unit is free");
        assert_eq!((again.file, again.unit), (file, unit));
        drop((again, pieces));
        assert_whole(&made.memory);
        assert!(made.memory.take(FILE_UNITS as usize * UNIT).is_some());
    }
}
