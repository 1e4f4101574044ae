//! Threads that begin with the context of the one that spawns them.

use std::io;
use std::thread::{Builder, JoinHandle};

use kakashi_core::{begin_thread, current_context};

/// Spawns a thread that begins with the context of this one.
///
/// # Errors
/// When the system can't make a thread.
pub fn spawn<F, T>(run: F) -> io::Result<JoinHandle<T>>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let context = current_context();
    Builder::new().spawn(move || {
        begin_thread(context);
        run()
    })
}
