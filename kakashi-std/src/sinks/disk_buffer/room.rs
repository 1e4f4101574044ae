//! No more lies on the disk than may.

use std::fs;
use std::io::ErrorKind;

use kakashi_core::{DropReason, Dropped};

use super::announcements::read_announced;
use super::file_set::count_records;
use super::store::{DiskStore, FileKey, StoreError, StoreEvent};

impl DiskStore {
    /// Makes room for so many bytes, as was chosen.
    pub(super) fn make_room(&mut self, len: u64) -> Result<(), StoreError> {
        while self.bytes() + len > self.settings.max_bytes {
            if len > self.settings.max_bytes
                || !self.settings.removes_oldest_when_full
                || !self.remove_oldest()
            {
                return Err(StoreError::Full);
            }
        }
        Ok(())
    }

    /// Removes the oldest file that is not being sent or written; false if there is none.
    fn remove_oldest(&mut self) -> bool {
        let (in_flight, is_open) = (self.in_flight, self.open.is_some());
        let own = self.own.name;
        let mut oldest = None;
        for set in self.sets() {
            let newest = (is_open && set.name == own).then(|| set.files.back().map(|last| last.number));
            let file = set.files.iter().find(|file| {
                in_flight != Some(FileKey { set: set.name, number: file.number })
                    && newest.flatten() != Some(file.number)
            });
            if let Some(file) = file {
                oldest = Some(FileKey { set: set.name, number: file.number });
                break;
            }
        }
        let Some(key) = oldest else { return false };
        let path = self.path(key);
        let (block, taken) = self.file(key).map_or((0, 0), |file| (file.block, file.taken));
        let announced = match read_announced(&path, block, taken) {
            Ok(announced) => announced,
            Err(error) if error.kind() == ErrorKind::NotFound => Dropped::default(),
            // Nothing is removed that nobody can count.
            Err(_) => return false,
        };
        if self.file(key).is_some_and(|file| file.left.is_none()) {
            match count_records(&path, block, taken) {
                Ok(records) => self.count(key, records),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(_) => return false,
            }
        }
        if let Err(error) = fs::remove_file(&path)
            && error.kind() != ErrorKind::NotFound
        {
            return false;
        }
        self.forget(key, DropReason::QueueFull);
        if announced.total() > 0 {
            self.events.push(StoreEvent::Announce(announced));
        }
        true
    }
}
