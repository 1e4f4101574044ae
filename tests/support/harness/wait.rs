//! Waiting for other threads, never longer than [`TEST_TIMEOUT`].

use std::panic::resume_unwind;
use std::sync::{Barrier, mpsc};
use std::time::{Duration, Instant};

/// How long a test waits for another thread or process before it fails: as long as a machine
/// that does ten other things may take.
pub const TEST_TIMEOUT: Duration = Duration::from_secs(120);

/// Waits until something holds; false if it does not in time.
pub fn eventually(holds: impl FnMut() -> bool) -> bool {
    within(TEST_TIMEOUT, holds)
}

/// As [`eventually`], with a time of its own.
pub fn within(timeout: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + timeout;
    while !holds() {
        if Instant::now() >= deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    true
}

/// Runs code that may hang; the process then goes on without it.
///
/// # Panics
/// When it does not end in time, or panics.
pub fn in_time<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, wait) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        let result = run();
        let _ = done.send(());
        result
    });
    match wait.recv_timeout(TEST_TIMEOUT) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs"),
        _ => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
    }
}

/// Runs `run` on so many threads at once, which all begin together.
pub fn on_threads(count: u64, run: impl Fn(u64) + Sync) {
    let start = Barrier::new(count as usize);
    std::thread::scope(|scope| {
        for thread in 0..count {
            let (start, run) = (&start, &run);
            scope.spawn(move || {
                start.wait();
                run(thread);
            });
        }
    });
}
