//! Where there is no black box: all that is buffered lies on the heap.

use std::convert::Infallible;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::Arc;

use kakashi_core::{Encoder, FileEnd, LevelFilter, Sink};

#[cfg(feature = "black-box")]
use super::black_box::{BlackBox, BlackBoxStats};
use crate::sync::AtomicUsize;

#[cfg(all(unix, feature = "black-box"))]
pub(crate) use self::NoLockedBlackBox as LockedBlackBox;
pub(crate) use self::{
    NoDestination as BoxDestination, NoItem as MappedItem, NoMemory as RecorderMemory, NoPlace as BoxPlace,
    NoRing as MappedRing, NoSegment as Segment,
};

/// Memory that outlives the process, of which there is none.
#[derive(Debug)]
pub(crate) struct NoSegment(Infallible);

impl NoSegment {
    pub(crate) fn entries(&self) -> NonNull<u8> {
        match self.0 {}
    }

    pub(crate) fn bytes(&self) -> NonNull<u8> {
        match self.0 {}
    }

    pub(crate) fn published(&self) -> &AtomicUsize {
        match self.0 {}
    }

    pub(crate) fn settled(&self) -> usize {
        match self.0 {}
    }

    pub(crate) fn settle(&self, _: usize) {
        match self.0 {}
    }

    pub(crate) fn begin_write(&self, _: usize) {
        match self.0 {}
    }

    pub(crate) fn note_write(&self, _: Option<FileEnd>) {
        match self.0 {}
    }

    pub(crate) fn set_thread(&self, _: u64) {
        match self.0 {}
    }

    pub(crate) fn reset(&self) {
        match self.0 {}
    }

    pub(crate) fn is_lost(&self) -> bool {
        match self.0 {}
    }

    pub(crate) fn was_lost(&self) -> bool {
        match self.0 {}
    }

    pub(crate) fn is_inherited(&self) -> bool {
        match self.0 {}
    }

    pub(crate) fn replace(&self, _: Range<usize>, _: usize, _: usize) -> Option<Self> {
        match self.0 {}
    }
}

/// What is known of a destination.
#[derive(Debug)]
pub(crate) struct NoDestination(());

impl NoDestination {
    pub(crate) fn new(_: &str, _: &dyn Sink) -> Arc<Self> {
        Arc::new(Self(()))
    }
}

/// Where memory for a destination is made.
#[derive(Clone, Debug)]
pub(crate) struct NoPlace(Infallible);

impl NoPlace {
    pub(crate) fn new(_: &Arc<NoDestination>, _: &dyn Encoder, _: &dyn Encoder) -> Option<Self> {
        None
    }

    pub(crate) fn make(&self, _: usize, _: usize) -> Option<NoSegment> {
        match self.0 {}
    }

    pub(crate) fn slot_number(&self) -> Option<u16> {
        match self.0 {}
    }

    pub(crate) fn note_write(&self, _: Option<FileEnd>) {
        match self.0 {}
    }
}

/// Memory for a flight recorder.
#[derive(Debug)]
pub(crate) struct NoMemory(Infallible);

impl NoMemory {
    pub(crate) fn is_inherited(&self) -> bool {
        match self.0 {}
    }
}

/// What a record of a flight recorder names.
#[derive(Debug)]
pub(crate) struct NoItem(());

impl NoItem {
    pub(crate) fn site(memory: &Arc<NoMemory>, _: u32, _: &[u8]) -> Option<Self> {
        match memory.0 {}
    }

    pub(crate) fn context(memory: &Arc<NoMemory>, _: u64, _: u32, _: &[u8]) -> Option<Self> {
        match memory.0 {}
    }

    pub(crate) fn logger(
        memory: &Arc<NoMemory>,
        _: u64,
        _: u32,
        _: &str,
        _: Option<&[(NoPlace, LevelFilter)]>,
    ) -> Option<Self> {
        match memory.0 {}
    }

    pub(crate) fn root(
        memory: &Arc<NoMemory>,
        _: u64,
        _: &[(NoPlace, LevelFilter)],
        _: &[u8],
    ) -> Option<Self> {
        match memory.0 {}
    }
}

/// A ring of a flight recorder.
#[derive(Debug)]
pub(crate) struct NoRing(Infallible);

impl NoRing {
    pub(crate) fn new(memory: &Arc<NoMemory>, _: usize) -> Option<Self> {
        match memory.0 {}
    }

    pub(crate) fn owner(&self) -> u64 {
        match self.0 {}
    }

    pub(crate) fn memory(&self) -> &Arc<NoMemory> {
        match self.0 {}
    }

    pub(crate) fn resize(&mut self, _: usize, _: impl FnOnce(&[u8], &mut [u8]) -> usize) -> bool {
        match self.0 {}
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        match self.0 {}
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        match self.0 {}
    }

    pub(crate) fn set_start(&mut self, _: usize) {
        match self.0 {}
    }

    pub(crate) fn set_end(&mut self, _: usize) {
        match self.0 {}
    }

    pub(crate) fn set_overwritten(&mut self, _: usize) {
        match self.0 {}
    }

    pub(crate) fn set_published(&mut self) {
        match self.0 {}
    }

    pub(crate) fn set_begun(&mut self, _: u16) {
        match self.0 {}
    }

    pub(crate) fn set_written(&mut self, _: u16) {
        match self.0 {}
    }
}

pub(crate) fn recorder_memory() -> Option<Arc<NoMemory>> {
    None
}

#[inline]
pub(crate) fn is_on() -> bool {
    false
}

pub(crate) fn count_on_heap(_: usize) {}

pub(crate) fn on_heap() -> usize {
    0
}

pub(crate) fn close(_: usize) {}

#[cfg(feature = "black-box")]
pub(crate) fn check(_: &BlackBox) -> Result<(), String> {
    Ok(())
}

#[cfg(feature = "black-box")]
pub(crate) fn begin(_: BlackBox) {
    crate::sinks::notice::print(format_args!(
        "there is no black box on this system: what is buffered would not outlive the process"
    ));
}

pub(crate) fn turn_off() {}

#[cfg(feature = "black-box")]
pub(crate) fn stats() -> BlackBoxStats {
    BlackBoxStats::default()
}

/// Nothing that a fork would have to lock.
#[cfg(all(unix, feature = "black-box"))]
pub(crate) struct NoLockedBlackBox(());

#[cfg(all(unix, feature = "black-box"))]
impl NoLockedBlackBox {
    pub(crate) fn abandon(&mut self) {}
}

#[cfg(all(unix, feature = "black-box"))]
pub(crate) fn lock_for_fork() -> NoLockedBlackBox {
    NoLockedBlackBox(())
}
