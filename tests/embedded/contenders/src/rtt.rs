//! The debugger's part of RTT: it takes what was logged.
//!
//! Nobody reads a channel in QEMU. Left alone it would be full after some
//! records, and dropping is quicker than logging.

use core::sync::atomic::{AtomicU32, Ordering};

/// The control block as far as its first channel (SEGGER UM08001, 16.3).
#[repr(C)]
struct ControlBlock {
    id: [u8; 16],
    channels: [u32; 2],
    name: u32,
    buffer: u32,
    size: u32,
    written: AtomicU32,
    read: AtomicU32,
}

#[allow(unsafe_code, reason = "debuggers find it by this symbol, and so does this")]
unsafe extern "C" {
    #[link_name = "_SEGGER_RTT"]
    static CONTROL_BLOCK: ControlBlock;
}

/// Takes all bytes of the first channel and begins at its front again; tells how
/// many they were.
#[allow(unsafe_code, reason = "debuggers find it by this symbol, and so does this")]
pub fn drain() -> usize {
    // SAFETY: defmt-rtt defines it with this layout, made for others to change these
    // two while it runs; nothing runs beside us.
    let block = unsafe { &CONTROL_BLOCK };
    let len = block.written.swap(0, Ordering::Relaxed);
    block.read.store(0, Ordering::Relaxed);
    len as usize
}
