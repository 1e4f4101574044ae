//! A file that is made, allocated and mapped.
//!
//! What is stored there outlives the process without a call of the system: the pages are the
//! kernel's. Every page is allocated when the file is made; a hole in a full tmpfs would be a
//! SIGBUS at the first store. Its directory is this user's alone, who can do worse to the process than
//! to cut its files.

#![allow(unsafe_code, reason = "memory that outlives the process is no Rust object")]

use std::fs::File;
use std::io::{self, Write as _};
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::ptr::NonNull;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering, compiler_fence};

use memmap2::{MmapOptions, MmapRaw};
use rustix::fs::{AtFlags, FallocateFlags, Mode, OFlags, fallocate, openat, unlinkat};
use rustix::io::Errno;

/// A mapped file, which stays when this is dropped.
#[derive(Debug)]
pub(super) struct MappedFile {
    map: MmapRaw,
    /// The bytes that are reached through it; those behind them are [`MappedRange`]s'.
    shared: usize,
}

/// Bytes of a mapped file that nobody else reaches.
#[derive(Debug)]
pub(super) struct MappedRange {
    file: Arc<MappedFile>,
    at: Range<usize>,
}

impl MappedFile {
    /// Makes a file of zeros in a directory, where none of this name may be.
    pub(super) fn create(directory: &OwnedFd, name: &str, bytes: usize) -> io::Result<Self> {
        let file = File::from(create_new(directory, name)?);
        let mapped =
            allocate(&file, bytes).and_then(|()| MmapOptions::new().len(bytes).populate().map_raw(&file));
        match mapped {
            Ok(map) => Ok(Self { map, shared: bytes }),
            Err(error) => {
                let _ = unlinkat(directory, name, AtFlags::empty());
                Err(error)
            }
        }
    }

    /// Returns where byte `at` lies; as long as this lives.
    pub(super) fn pointer(&self, at: usize) -> NonNull<u8> {
        assert!(at <= self.shared);
        // SAFETY: it lies in the mapping, or just behind it.
        let pointer = unsafe { self.map.as_mut_ptr().add(at) };
        NonNull::new(pointer).expect("a mapping is nowhere at 0")
    }

    /// Returns the word at byte `at`.
    pub(super) fn word(&self, at: usize) -> &AtomicUsize {
        assert!(at.is_multiple_of(size_of::<usize>()) && at + size_of::<usize>() <= self.shared);
        // SAFETY: it lies in the mapping, which begins at a page, and lives as long as this. This module
        // only stores there by atomics, and of what it lends as a pointer no word is a part.
        unsafe { AtomicUsize::from_ptr(self.pointer(at).as_ptr().cast()) }
    }

    /// Stores a number of four bytes at byte `at`, after what was stored before and before what is stored afterwards.
    pub(super) fn store(&self, at: usize, number: u32) {
        assert!(at.is_multiple_of(size_of::<u32>()) && at + size_of::<u32>() <= self.shared);
        // SAFETY: as in `word`.
        let word = unsafe { AtomicU32::from_ptr(self.pointer(at).as_ptr().cast()) };
        self.show();
        word.store(number, Ordering::Release);
        before_the_next();
        self.show();
    }

    /// Copies bytes there.
    pub(super) fn copy(&self, at: usize, bytes: &[u8]) {
        assert!(at + bytes.len() <= self.shared);
        for (at, byte) in (at..).zip(bytes) {
            // SAFETY: as in `word`.
            let cell = unsafe { AtomicU8::from_ptr(self.pointer(at).as_ptr()) };
            cell.store(*byte, Ordering::Relaxed);
        }
    }
}

impl MappedFile {
    /// Lets tests see what a process would leave that dies now.
    #[inline]
    fn show(&self) {
        #[cfg(test)]
        super::test_memory::show(|| {
            // SAFETY: all of it is mapped, and only this thread stores there, which is here.
            unsafe { slice::from_raw_parts(self.map.as_ptr(), self.map.len()) }.to_vec()
        });
    }

    /// Gives the bytes from `at` on to an owner.
    pub(super) fn split_at(mut self, at: usize) -> (Arc<Self>, MappedRange) {
        let end = self.shared;
        assert!(at <= end && at.is_multiple_of(size_of::<usize>()));
        self.shared = at;
        let file = Arc::new(self);
        (file.clone(), MappedRange { file, at: at..end })
    }
}

impl MappedRange {
    /// Returns where they begin in the file.
    pub(super) fn begin(&self) -> usize {
        self.at.start
    }

    /// Keeps the first bytes; returns the others.
    pub(super) fn split_off(&mut self, at: usize) -> Self {
        let Range { start, end } = self.at;
        assert!(at.is_multiple_of(size_of::<usize>()) && at <= end - start);
        self.at.end = start + at;
        Self { file: self.file.clone(), at: start + at..end }
    }

    /// Takes the bytes behind its own.
    pub(super) fn join(&mut self, behind: Self) {
        assert!(Arc::ptr_eq(&self.file, &behind.file) && self.at.end == behind.at.start);
        self.at.end = behind.at.end;
    }

    /// Returns the bytes.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: they lie in the mapping, which lives as long as this, behind what is shared; no other range has
        // them, for ranges are only split and joined; and this one is not written to meanwhile.
        unsafe { slice::from_raw_parts(self.file.map.as_ptr().add(self.at.start), self.at.len()) }
    }

    /// Returns the bytes.
    #[inline]
    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `bytes`; this one is borrowed for writing.
        unsafe { slice::from_raw_parts_mut(self.file.map.as_mut_ptr().add(self.at.start), self.at.len()) }
    }

    /// Stores a word at byte `at`, after what was stored before and before what is stored afterwards.
    #[inline]
    pub(super) fn store(&mut self, at: usize, number: u64) {
        assert!(at.is_multiple_of(size_of::<u64>()) && at + size_of::<u64>() <= self.at.len());
        // SAFETY: as in `bytes_mut`; it begins at a multiple of eight, for the mapping and all ranges do.
        let word = unsafe { AtomicU64::from_ptr(self.file.map.as_mut_ptr().add(self.at.start + at).cast()) };
        self.file.show();
        word.store(number, Ordering::Release);
        before_the_next();
        self.file.show();
    }
}

/// Keeps the compiler from moving a later store before an earlier one. A process that is killed dies between two
/// instructions: what stands before it in the code has happened then, and what stands behind it has not.
#[inline]
fn before_the_next() {
    compiler_fence(Ordering::SeqCst);
}

/// Makes an empty file, which this user alone may read.
pub(super) fn create_new(directory: &OwnedFd, name: &str) -> io::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(openat(directory, name, flags, Mode::RUSR | Mode::WUSR)?)
}

fn allocate(mut file: &File, bytes: usize) -> io::Result<()> {
    match fallocate(file, FallocateFlags::empty(), 0, bytes as u64) {
        // Filesystems that can't: to write the pages is the same.
        Err(Errno::OPNOTSUPP) => file.write_all(&vec![0; bytes]),
        result => Ok(result?),
    }
}
