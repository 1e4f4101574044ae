//! The panic hook: a thread that panics writes all that is buffered.

use std::sync::Once;
use std::time::{Duration, Instant};

use crate::reentrancy::{CriticalSection, is_in_sink};
use crate::submit::{flush_until, is_busy};

/// How long a panicking thread waits for sinks.
const PANIC_TIMEOUT: Duration = Duration::from_secs(1);

/// Puts the hook in front of the one that there is, once.
#[inline]
pub(super) fn install() {
    static HOOKED: Once = Once::new();
    // A thread that panics may not change the hook: the next caller does it.
    if !HOOKED.is_completed() && !CriticalSection::is_active() && !std::thread::panicking() {
        let _section = CriticalSection::begin();
        HOOKED.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                // First what led to it.
                write_all();
                before(info);
            }));
        });
    }
}

fn write_all() {
    // A sink that panics holds its own lock; the panic is caught and counted.
    if !is_in_sink() {
        // A `Display` that panics is caught too: it costs its own value.
        let timeout = if is_busy() { Duration::ZERO } else { PANIC_TIMEOUT };
        flush_until(Instant::now() + timeout);
    }
}
