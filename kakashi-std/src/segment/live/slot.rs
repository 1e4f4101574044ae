//! The destinations of a process, as its file has them.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use kakashi_core::FileEnd;

use super::mapped_file::MappedFile;
use crate::segment::layout::{
    DestinationSlot, SLOT_BYTES, SLOT_STATE_AT, SLOT_WRITE_AT, SLOTS, WriteUnderWay,
};

/// The process's file, and which of its slots are in use.
#[derive(Debug)]
pub(super) struct SlotTable {
    file: MappedFile,
    taken: Mutex<TakenSlots>,
}

/// The slots in use, each with the number of its destination.
type TakenSlots = [Option<(usize, Weak<BoxSlot>)>; SLOTS];

/// One destination's slot, as long as a segment is for it.
#[derive(Debug)]
pub(crate) struct BoxSlot {
    number: usize,
    table: Arc<SlotTable>,
}

impl SlotTable {
    pub(super) fn new(file: MappedFile) -> Arc<Self> {
        Arc::new(Self { file, taken: Mutex::new([const { None }; SLOTS]) })
    }

    pub(super) fn file(&self) -> &MappedFile {
        &self.file
    }

    fn taken(&self) -> MutexGuard<'_, TakenSlots> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a destination's slot; none if all are taken.
    pub(super) fn get(
        self: &Arc<Self>,
        destination: usize,
        description: impl FnOnce() -> DestinationSlot,
    ) -> Option<Arc<BoxSlot>> {
        let mut taken = self.taken();
        let found = taken.iter().flatten().find(|(other, _)| *other == destination);
        if let Some(slot) = found.and_then(|(_, slot)| slot.upgrade()) {
            return Some(slot);
        }
        let number = taken.iter().position(Option::is_none)?;
        let slot = Arc::new(BoxSlot { number, table: self.clone() });
        taken[number] = Some((destination, Arc::downgrade(&slot)));
        let mut bytes = vec![0; SLOT_BYTES];
        description().encode(&mut bytes);
        self.file.copy(DestinationSlot::at(number), &bytes);
        slot.note_write(None);
        self.file.store(DestinationSlot::at(number) + SLOT_STATE_AT, 1);
        Some(slot)
    }
}

impl BoxSlot {
    /// Returns its number among the slots.
    pub(super) fn number(&self) -> usize {
        self.number
    }

    /// Notes where the destination's file ends before it is written to; none: nobody knows.
    pub(crate) fn note_write(&self, end: Option<FileEnd>) {
        let [device, inode, position] = match end {
            Some(FileEnd { file, position }) => [file.device, file.file, position],
            None => [0, 0, WriteUnderWay::UNKNOWN],
        };
        let at = DestinationSlot::at(self.number) + SLOT_WRITE_AT;
        for (at, number) in
            [device, inode, position].into_iter().enumerate().map(|(n, number)| (at + 8 * n, number))
        {
            // Words are of 64 bits here.
            self.table.file.word(at).store(number as usize, Ordering::Release);
        }
    }
}

impl Drop for BoxSlot {
    fn drop(&mut self) {
        let mut taken = self.table.taken();
        self.table.file.store(DestinationSlot::at(self.number) + SLOT_STATE_AT, 0);
        taken[self.number] = None;
    }
}
