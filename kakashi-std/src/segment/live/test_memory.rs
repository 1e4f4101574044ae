//! Memory of a flight recorder for tests, and what a process leaves there that dies between two stores.

use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::live_box::{LiveBox, ProcessLock};
use super::mapped_item::put;
use super::recorder_memory::{MemoryPiece, RecorderMemory};
use crate::segment::black_box::BlackBox;
use crate::segment::layout::WrittenForm;
use crate::segment::layout::kept::{KeptItem, KeptKind, LoggerPlace, LoggerPlaces};

/// Called with a whole file.
type Watch = Box<dyn FnMut(&[u8])>;

thread_local! {
    static WATCH: RefCell<Option<Watch>> = const { RefCell::new(None) };
}

/// A recorder's memory in a directory that is removed with this.
pub(crate) struct TestMemory {
    pub(crate) memory: Arc<RecorderMemory>,
    _lock: ProcessLock,
    directory: PathBuf,
}

impl TestMemory {
    pub(crate) fn new(max_bytes: usize) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("kakashi-memory-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let directory = std::env::temp_dir().join(name);
        let Ok((live, lock)) = LiveBox::begin(&BlackBox::new(&directory).max_bytes(max_bytes)) else {
            panic!("there is no {}", directory.display());
        };
        Self { memory: RecorderMemory::new(live), _lock: lock, directory }
    }

    /// Has all records of loggers without destinations of their own go to slot 0.
    pub(crate) fn put_root(&self) -> impl Sized + use<> {
        let places =
            LoggerPlaces::Own(vec![LoggerPlace { slot: 0, threshold: 0, form: WrittenForm::Text as u8 }]);
        let root = KeptItem { kind: KeptKind::Root, owner: 0, id: 1, contents: &places.encode() };
        let piece: Option<MemoryPiece> = put(&self.memory, &root);
        piece.expect("there is room")
    }

    /// Calls `watch` with the file before and after each store of a word, until the returned value is dropped.
    pub(crate) fn watch(watch: impl FnMut(&[u8]) + 'static) -> impl Drop {
        struct Watching;

        impl Drop for Watching {
            fn drop(&mut self) {
                WATCH.take();
            }
        }

        WATCH.set(Some(Box::new(watch)));
        Watching
    }
}

impl Drop for TestMemory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Shows a file to who watches this thread.
pub(super) fn show(file: impl FnOnce() -> Vec<u8>) {
    WATCH.with_borrow_mut(|watch| {
        if let Some(watch) = watch {
            watch(&file());
        }
    });
}
