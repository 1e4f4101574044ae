//! A sink in memory: what a record costs without the line it leaves by.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicUsize, Ordering};

const ROOM: usize = 4096;

struct Memory(UnsafeCell<[u8; ROOM]>);

// SAFETY: only `append` touches the bytes, whose docs name its callers.
#[allow(unsafe_code, reason = "a lock would be counted as part of the record")]
unsafe impl Sync for Memory {}

static BYTES: Memory = Memory(UnsafeCell::new([0; ROOM]));
static LEN: AtomicUsize = AtomicUsize::new(0);

/// Appends bytes; what does not fit fails the run.
#[inline]
#[allow(unsafe_code, reason = "a lock would be counted as part of the record")]
pub fn append(bytes: &[u8]) {
    let at = LEN.load(Ordering::Relaxed);
    let end = at + bytes.len();
    if end > ROOM {
        crate::exit::failure();
    }
    // SAFETY: the range lies in the array (tested above), nobody else holds a
    // reference into it, and programs that write here run on one core without interrupts.
    unsafe {
        let target = BYTES.0.get().cast::<u8>().add(at);
        match bytes {
            // Some write byte by byte: no call of `memcpy` for those.
            [byte] => target.write(*byte),
            bytes => target.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()),
        }
    }
    LEN.store(end, Ordering::Relaxed);
}

/// Forgets what was written, and tells how much it was.
#[inline]
pub fn rewind() -> usize {
    let len = LEN.load(Ordering::Relaxed);
    LEN.store(0, Ordering::Relaxed);
    len
}
