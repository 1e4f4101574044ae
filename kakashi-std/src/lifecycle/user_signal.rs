//! SIGUSR1 for the flight recorder: a thread waits for it, since a handler may do next to nothing.

use std::sync::atomic::{AtomicU32, Ordering};
use std::{io, process, thread};

use signal_hook::consts::SIGUSR1;
use signal_hook::iterator::Signals;

use crate::flight_recorder::dump;
use crate::flush::flush;

/// Id of the process whose thread waits; 0 for none.
static SERVED: AtomicU32 = AtomicU32::new(0);

/// Starts the thread, unless this process has it.
pub(crate) fn start() -> io::Result<()> {
    if SERVED.swap(process::id(), Ordering::Relaxed) == process::id() {
        return Ok(());
    }
    let started = Signals::new([SIGUSR1]).and_then(|mut signals| {
        let waiter = thread::Builder::new().name("kakashi-user-signal".into());
        waiter.spawn(move || {
            for _ in signals.forever() {
                if dump::on_user_signal() > 0 {
                    flush();
                }
            }
        })
    });
    if started.is_err() {
        SERVED.store(0, Ordering::Relaxed);
    }
    started.map(drop)
}
