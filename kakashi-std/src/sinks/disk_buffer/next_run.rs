//! What is next to be sent of what lies on the disk, and how much of it there is.
//!
//! A file that can't be read just now (descriptors have run out, memory has) is tried again: its
//! records are given up only if it has been so for long, since what lies behind it waits.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kakashi_core::DropReason;

use super::blocks::{RecordsByLevel, read_run};
use super::store::{DiskStore, FileKey, StoreEvent, StoredRun};

/// Time between two attempts to count the records of a file that can't be read.
const READ_PAUSE: Duration = Duration::from_secs(1);
/// A file that can't be read for so long is given up: what lies behind it waits.
const READ_PATIENCE: Duration = Duration::from_secs(30);

/// What is next of what lies there.
#[derive(Debug)]
pub(super) enum NextRun {
    Run(StoredRun),
    /// The file can't be read just now: descriptors may have run out.
    Later,
    Nothing,
}

impl DiskStore {
    /// Returns a file of another process whose records nobody has counted, and what of it is
    /// settled.
    pub(super) fn uncounted(&mut self) -> Option<(FileKey, PathBuf, u64, u64)> {
        if self.count_after.is_some_and(|after| Instant::now() < after) {
            return None;
        }
        let (key, block, taken) = self.adopted.iter().find_map(|set| {
            let file = set.files.iter().find(|file| file.left.is_none())?;
            Some((FileKey { set: set.name, number: file.number }, file.block, file.taken))
        })?;
        Some((key, self.path(key), block, taken))
    }

    /// Notes that such a file could not be read: that is tried again, but not for ever.
    pub(super) fn count_later(&mut self, key: FileKey, error: &io::Error) {
        if self.is_worth_waiting(key, error) {
            self.count_after = Some(Instant::now() + READ_PAUSE);
        } else {
            self.count(key, RecordsByLevel::default());
        }
    }

    /// Tells whether a file that can't be read just now may be read later; if it is removed, or for so
    /// long has not been, it is not.
    fn is_worth_waiting(&mut self, key: FileKey, error: &io::Error) -> bool {
        let Some(file) = self.file(key) else { return false };
        let since = *file.unreadable_since.get_or_insert_with(Instant::now);
        error.kind() != ErrorKind::NotFound && since.elapsed() < READ_PATIENCE
    }

    /// Says how many records such a file has.
    pub(super) fn count(&mut self, key: FileKey, records: RecordsByLevel) {
        if let Some(file) = self.file(key)
            && file.left.is_none()
        {
            file.left = Some(records);
            self.events.push(StoreEvent::Found(records.iter().sum()));
        }
    }

    /// Returns the next run to be sent.
    pub(super) fn next_run(&mut self) -> NextRun {
        loop {
            let next = self.sets().find_map(|set| {
                let file = set.files.front()?;
                Some((FileKey { set: set.name, number: file.number }, file.taken, file.block))
            });
            let Some((key, taken, block)) = next else { return NextRun::Nothing };
            let path = self.path(key);
            let opened = File::open(&path).and_then(|file| {
                let len = file.metadata()?.len();
                read_run(&file, block, len)
            });
            let found = match opened {
                Ok(found) => {
                    self.told_unreadable = false;
                    if let Some(file) = self.file(key) {
                        file.unreadable_since = None;
                    }
                    found
                }
                Err(error) if self.is_worth_waiting(key, &error) => {
                    if !std::mem::replace(&mut self.told_unreadable, true) {
                        self.say(format!("{}: {error}; it is tried again", path.display()));
                    }
                    return NextRun::Later;
                }
                Err(error) => {
                    let said = match error.kind() {
                        ErrorKind::NotFound => "it was removed".to_owned(),
                        _ => error.to_string(),
                    };
                    self.say(format!("{}: {said}; its records can't be sent", path.display()));
                    self.forget(key, DropReason::SinkFailed);
                    continue;
                }
            };
            if found.damaged > 0 {
                self.note_damage(key, &path, found.damaged, found.is_torn);
            }
            if found.run.ends.is_empty() {
                self.finish(key);
                continue;
            }
            let begun = if found.place.start == block { taken - block } else { 0 };
            let begun = usize::try_from(begun).unwrap_or(0).min(found.run.bytes.len());
            let offset = found.place.start;
            if begun == found.run.bytes.len() {
                // Settled before, but for the step to the next.
                self.settle(key, found.place.end, found.place.end, &RecordsByLevel::default());
                continue;
            }
            return NextRun::Run(StoredRun { key, run: found.run, offset, begun });
        }
    }

    fn note_damage(&mut self, key: FileKey, path: &Path, damaged: u64, is_torn: bool) {
        let Some(file) = self.file(key) else { return };
        let is_first = file.damaged == 0;
        if !is_torn {
            file.damaged += damaged;
        }
        if is_first {
            let then = if is_torn { "" } else { "; it will be kept, with another ending" };
            let path = path.display();
            self.say(format!("{path}: {damaged} bytes are no whole records: passed over{then}"));
        }
    }
}
