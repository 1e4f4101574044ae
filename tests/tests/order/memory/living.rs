//! An allocator that counts the bytes that live.

// An allocator can't be written without `unsafe`.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use kakashi_std::{AsyncConfig, Format, LogLevel, configure, shutdown_async_logging, sinks};

struct Living;

#[global_allocator]
static LIVING: Living = Living;

static BYTES: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is passed on to `System` as it came, and what `System` returns is
// returned; counting touches no memory of this allocator's callers.
unsafe impl GlobalAlloc for Living {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises about `layout` are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        BYTES.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: as in `alloc`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        BYTES.fetch_add(size, Ordering::Relaxed);
        BYTES.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: `block` came from `System` through this allocator, with `layout`.
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as in `realloc`.
        unsafe { System.dealloc(block, layout) }
    }
}

/// Returns how many bytes are allocated now.
pub(crate) fn living() -> usize {
    BYTES.load(Ordering::Relaxed)
}

/// Returns by how many bytes this has grown.
pub(crate) fn grown_since(before: usize) -> usize {
    living().saturating_sub(before)
}

/// Configures all loggers to write where nothing stays, in this format.
pub(crate) fn to_nowhere(format: Format) {
    assert!(shutdown_async_logging().is_complete());
    configure()
        .format(format)
        .level(LogLevel::Info)
        .async_logging(AsyncConfig::new())
        .destination(sinks::file("/dev/null").expect("it opens"))
        .apply();
}
