//! Threads that begin with the context of the one that spawns them, and their names on records.

use std::io;
use std::thread::{self, Builder, JoinHandle};

use kakashi_core::{Enricher, LogRecord, Value, begin_thread, current_context};

/// Adds the name of the thread that logs to its records, as the field `thread`.
///
/// A record that has such a field keeps its own; a thread without a name adds none.
///
/// ```
/// use kakashi_std::{ThreadName, configure};
///
/// configure().enricher(ThreadName).apply();
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct ThreadName;

impl Enricher for ThreadName {
    fn enrich(&self, _: &LogRecord<'_>, add: &mut dyn FnMut(&str, Value<'_>)) {
        if let Some(name) = thread::current().name() {
            add("thread", Value::Str(name));
        }
    }
}

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
