//! The black box of a process that lives: chunks in mapped files, on Linux.
//!
//! A chunk's memory is a file in a directory of the process's own, so what is published there outlives the
//! process, however it ends. Whether a process lives is known by a lock, never by its number. The
//! child of a fork begins a directory of its own with the first chunk that it makes; what it has
//! inherited is not touched. Where a file can't be made the heap is used, and that is said once.
//!
//! It knows nothing of records beyond the layout.

mod directory;
mod live_box;
mod mapped_file;
mod mapped_item;
mod mapped_ring;
mod recorder_memory;
mod segment;
mod slot;
#[cfg(test)]
pub(crate) mod test_memory;

use std::mem;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use kakashi_core::{Encoder, FileEnd, Sink, StandardStream};

use self::directory::DirectoryError;
use self::live_box::{LiveBox, ProcessLock};
use self::slot::BoxSlot;
use super::black_box::{BlackBox, BlackBoxStats};
use super::layout::{DestinationKind, DestinationSlot, SLOTS, SegmentForm, SegmentHeader, WrittenForm};
use crate::reentrancy::{HeldLock, hold};
use crate::sinks::notice;

pub(crate) use self::mapped_item::MappedItem;
pub(crate) use self::mapped_ring::MappedRing;
pub(crate) use self::recorder_memory::RecorderMemory;
pub(crate) use self::segment::Segment;

/// There are settings of a black box.
static IS_ON: AtomicBool = AtomicBool::new(false);
/// Records that were collected from the heap although there are.
static ON_HEAP: AtomicUsize = AtomicUsize::new(0);
static STATE: Mutex<LiveState> = Mutex::new(LiveState { settings: None, live: None });

/// The settings, and what has been made by them.
struct LiveState {
    settings: Option<BlackBox>,
    live: Option<(Arc<LiveBox>, ProcessLock)>,
}

impl LiveState {
    /// Returns this process's directory, which is made if it has none.
    fn current(&mut self) -> Option<Arc<LiveBox>> {
        if let Some((live, _)) = &self.live
            && !live.is_inherited()
        {
            if !live.is_lost() {
                return Some(live.clone());
            }
            self.live = None;
        }
        self.abandon();
        let settings = self.settings.as_ref()?;
        match LiveBox::begin(settings) {
            Ok(begun) => Some(self.live.insert(begun).0.clone()),
            Err(error) => {
                let error = match error {
                    DirectoryError::Refused(why) => std::io::Error::other(why),
                    DirectoryError::Io(error) => error,
                };
                live_box::tell_failure(&settings.path(), &error);
                None
            }
        }
    }

    /// Forgets, in the child of a fork, its parent's directory; the lock stays the parent's.
    fn abandon(&mut self) {
        if let Some((live, lock)) = self.live.take() {
            drop(lock);
            // Other threads of the parent may have had locks in there.
            mem::forget(live);
        }
    }
}

/// The state, locked for a fork.
pub(crate) struct LockedBlackBox(HeldLock<'static, LiveState>);

impl LockedBlackBox {
    /// Forgets, in the child of a fork, its parent's directory.
    pub(crate) fn abandon(&mut self) {
        self.0.abandon();
    }
}

/// Locks the state for a fork.
pub(crate) fn lock_for_fork() -> LockedBlackBox {
    LockedBlackBox(hold(&STATE))
}

/// Tells whether what is buffered from now on is to outlive the process.
#[inline]
pub(crate) fn is_on() -> bool {
    IS_ON.load(Ordering::Relaxed)
}

/// Tells why a directory is refused, if it is.
pub(crate) fn check(settings: &BlackBox) -> Result<(), String> {
    if let Some((live, _)) = &hold(&STATE).live
        && !live.is_inherited()
        && live.path().parent() != Some(&*settings.path())
    {
        let path = live.path().display();
        return Err(format!("{}: this process's lies in {path}, and stays there", settings.path().display()));
    }
    directory::check(&settings.path())
}

/// Has destinations that are made from now on keep their records in the directory, which was checked.
pub(crate) fn begin(settings: BlackBox) {
    let mut state = hold(&STATE);
    state.settings = Some(settings);
    let _ = state.current();
    IS_ON.store(true, Ordering::Relaxed);
}

/// Has destinations that are made from now on keep their records on the heap.
pub(crate) fn turn_off() {
    IS_ON.store(false, Ordering::Relaxed);
}

/// Ends it with the process. What could not be written stays there, which is said.
pub(crate) fn close(left: usize) {
    let state = hold(&STATE);
    let Some((live, _)) = state.live.as_ref().filter(|(live, _)| !live.is_inherited()) else { return };
    live.close(left == 0);
    if left > 0 {
        let path = live.path().display();
        notice::print(format_args!("what could not be written stays in the black box, in {path}"));
    }
}

/// Returns memory for a flight recorder; none without a black box, or where its directory can't be made.
pub(crate) fn recorder_memory() -> Option<Arc<RecorderMemory>> {
    let live = if is_on() { hold(&STATE).current()? } else { return None };
    Some(RecorderMemory::new(live))
}

/// Counts records that were on the heap although there is a black box.
pub(crate) fn count_on_heap(records: usize) {
    ON_HEAP.fetch_add(records, Ordering::Relaxed);
}

/// Returns how many there were.
pub(crate) fn on_heap() -> usize {
    ON_HEAP.load(Ordering::Relaxed)
}

pub(crate) fn stats() -> BlackBoxStats {
    let state = hold(&STATE);
    let live = state.live.as_ref().filter(|(live, _)| !live.is_inherited() && !live.is_lost());
    BlackBoxStats {
        directory: live.map(|(live, _)| PathBuf::from(live.path())),
        bytes: live.map_or(0, |(live, _)| live.bytes()),
        on_heap: on_heap(),
    }
}

impl BlackBox {
    /// Returns its directory.
    pub(crate) fn path(&self) -> PathBuf {
        self.directory.clone().unwrap_or_else(directory::default_directory)
    }
}

/// A destination, as a slot describes it.
#[derive(Debug)]
pub(crate) struct BoxDestination {
    /// No other has it.
    number: usize,
    slot: DestinationSlot,
}

impl BoxDestination {
    pub(crate) fn new(name: &str, sink: &dyn Sink) -> Arc<Self> {
        static NUMBERS: AtomicUsize = AtomicUsize::new(0);
        let file = sink.file();
        let kind = match (file, sink.standard_stream()) {
            (Some(file), _) if file.rotates => DestinationKind::RotatingFile,
            (Some(_), _) => DestinationKind::File,
            (None, Some(StandardStream::Stdout)) => DestinationKind::Stdout,
            (None, Some(StandardStream::Stderr)) => DestinationKind::Stderr,
            (None, None) => DestinationKind::Other,
        };
        let path = file.map(|file| file.path.to_vec());
        let slot = DestinationSlot { kind, form: WrittenForm::Foreign, name: name.into(), path };
        Arc::new(Self { number: NUMBERS.fetch_add(1, Ordering::Relaxed), slot })
    }
}

/// Makes segments for one destination, of records in one form.
#[derive(Clone, Debug)]
pub(crate) struct BoxPlace {
    destination: Arc<BoxDestination>,
    form: SegmentForm,
    written_form: WrittenForm,
}

impl BoxPlace {
    /// Begins a place, for when there is a black box, for records in the form of an encoder, which
    /// become those of another.
    pub(crate) fn new(
        destination: &Arc<BoxDestination>,
        buffered: &dyn Encoder,
        written: &dyn Encoder,
    ) -> Option<Self> {
        let form = if buffered.is_wire() { SegmentForm::Wire } else { SegmentForm::Whole };
        let written_form = WrittenForm::of_encoder(written);
        Some(Self { destination: destination.clone(), form, written_form })
    }

    /// Makes a segment with room for so many bytes and records; none if there is no room.
    pub(crate) fn make(&self, capacity: usize, entry_capacity: usize) -> Option<Segment> {
        let live = hold(&STATE).current()?;
        let (number, slot) = self.slot(&live)?;
        let header = SegmentHeader {
            nonce: 0,
            number: 0,
            slot: number,
            form: self.form,
            written_form: self.written_form,
            capacity: u32::try_from(capacity).ok()?,
            entry_capacity: u32::try_from(entry_capacity).ok()?,
            replaces: None,
        };
        Segment::make(live, slot, header)
    }

    /// Returns the number of its destination's slot; none if all are taken.
    pub(crate) fn slot_number(&self) -> Option<u16> {
        let live = hold(&STATE).current()?;
        Some(self.slot(&live)?.0)
    }

    /// Notes where its destination's file ends before it is written to.
    pub(crate) fn note_write(&self, end: Option<FileEnd>) {
        if let Some(live) = hold(&STATE).current()
            && let Some((_, slot)) = self.slot(&live)
        {
            slot.note_write(end);
        }
    }

    /// Returns its destination's slot and the number of it; none if all are taken.
    fn slot(&self, live: &LiveBox) -> Option<(u16, Arc<BoxSlot>)> {
        let Self { destination, written_form, .. } = self;
        let describe = || DestinationSlot { form: *written_form, ..destination.slot.clone() };
        let Some(slot) = live.slots().get(destination.number, describe) else {
            live_box::tell_once(format_args!(
                "the black box has room for {SLOTS} destinations: those of others would not outlive the process"
            ));
            return None;
        };
        Some((u16::try_from(slot.number()).ok()?, slot))
    }
}
