//! A black box on the disk, for tests.

use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, process};

use super::recover::Recovery;
use super::recovered_process::RecoveredProcess;
use super::test_files::{process_file, words};
use crate::segment::layout::{
    DestinationKind, DestinationSlot, LOCK_FILE, PROCESS_FILE, SLOT_STATE_AT, SLOT_WRITE_AT, WrittenForm,
    segment_file_name,
};

/// A black box with one process in it, and a directory for destinations.
pub(super) struct TestBox {
    pub(super) all: PathBuf,
    pub(super) process: Vec<u8>,
    pub(super) segments: Vec<(u64, Vec<u8>)>,
}

impl TestBox {
    pub(super) fn new(segments: Vec<(u64, Vec<u8>)>) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let all = env::temp_dir().join(format!("kakashi-recovery-{}-{number}", process::id()));
        fs::create_dir_all(all.join("logs")).unwrap();
        let mut made = Self { all, process: process_file(), segments };
        for (slot, form) in [WrittenForm::Text, WrittenForm::Wire].into_iter().enumerate() {
            made.set_slot(slot, DestinationKind::File, form, &made.log(&format!("{slot}.log")));
        }
        fs::DirBuilder::new().mode(0o700).create(made.all.join("box")).unwrap();
        made
    }

    pub(super) fn log(&self, name: &str) -> PathBuf {
        self.all.join("logs").join(name)
    }

    pub(super) fn read(&self, name: &str) -> String {
        String::from_utf8(fs::read(self.log(name)).unwrap_or_default()).unwrap()
    }

    pub(super) fn set_slot(&mut self, number: usize, kind: DestinationKind, form: WrittenForm, path: &Path) {
        let path = Some(path.to_str().unwrap().as_bytes().to_vec());
        let bytes = &mut self.process[DestinationSlot::at(number)..];
        DestinationSlot { kind, form, name: "the log".into(), path }.encode(bytes);
        bytes[SLOT_STATE_AT] = 1;
    }

    /// Says that what is in flight was to be written to a file from a place on.
    pub(super) fn set_write(&mut self, number: usize, name: &str, position: u64) {
        let found = fs::metadata(self.log(name)).unwrap();
        let at = DestinationSlot::at(number) + SLOT_WRITE_AT;
        self.process[at..at + 24].copy_from_slice(&words([found.dev(), found.ino(), position]));
    }

    pub(super) fn process_folder(&self) -> PathBuf {
        self.all.join("box/shop-0123456789abcdef")
    }

    /// Leaves the process's directory.
    pub(super) fn leave(&self) {
        let folder = self.process_folder();
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join(LOCK_FILE), "").unwrap();
        fs::write(folder.join(PROCESS_FILE), &self.process).unwrap();
        for (number, bytes) in &self.segments {
            fs::write(folder.join(segment_file_name(*number)), bytes).unwrap();
        }
    }

    pub(super) fn recovery(&self) -> Recovery {
        Recovery::new(self.all.join("box"))
    }

    /// Recovers the one process that is left, wholly.
    pub(super) fn recover(&self) -> RecoveredProcess {
        let mut recovered = self.recovery().run().unwrap();
        assert_eq!(recovered.len(), 1);
        assert!(recovered[0].problem.is_some() || !self.process_folder().exists());
        recovered.remove(0)
    }
}

impl Drop for TestBox {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.all);
    }
}
