//! An allocator that counts what a watched call allocates on its own thread, and keeps
//! the backtrace of the first time.

// An allocator can't be written without `unsafe`; the crates that count
// allocations give no backtrace, and without one a failure says nothing.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::backtrace::Backtrace;
use std::cell::{Cell, RefCell};

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

thread_local! {
    // Constant and without destructors: the allocator may use them at any time.
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    pub(crate) static COUNT: Cell<usize> = const { Cell::new(0) };
    /// This thread logs; it is not the flusher.
    pub(crate) static LOGS: Cell<bool> = const { Cell::new(false) };
    pub(crate) static FIRST: RefCell<String> = const { RefCell::new(String::new()) };
}

// SAFETY: every call is passed on to `System` as it came, and what `System`
// returns is returned. `note` before it touches no memory of this allocator's
// callers; it allocates only while `WATCHED` is off, so it does not recur.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: the caller's promises about `layout` are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: as in `alloc`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(size);
        // SAFETY: `block` came from `System` through this allocator, with `layout`.
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as in `realloc`.
        unsafe { System.dealloc(block, layout) }
    }
}

fn note(size: usize) {
    if WATCHED.try_with(|watched| watched.replace(false)) == Ok(true) {
        if COUNT.replace(COUNT.get() + 1) == 0 {
            FIRST.set(format!("{size} bytes were asked for here:\n{}", Backtrace::force_capture()));
        }
        WATCHED.set(true);
    }
}

/// Runs a call; what it allocates on this thread is counted.
pub(crate) fn watched(call: impl FnOnce()) {
    WATCHED.set(true);
    call();
    WATCHED.set(false);
}
