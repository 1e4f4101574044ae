//! Writing what is buffered, now.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::route::Route;
use crate::{flusher, thread};

/// How long [`flush`] waits for sinks that somebody else is writing to.
const PATIENCE: Duration = Duration::from_secs(10);

/// Tells what a flush could not write.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Flushed {
    /// Records that still wait: their sink fails, or took too long.
    pub left: usize,
}

impl Flushed {
    /// Tells whether everything has been written.
    pub const fn is_complete(self) -> bool {
        self.left == 0
    }
}

/// Writes all that any logger has buffered on any thread.
///
/// # Blocking
/// As long as the sinks take, ten seconds at most where another thread holds
/// one; not at all from inside a sink or a `Display`.
pub fn flush() -> Flushed {
    if thread::is_busy() {
        return Flushed::default();
    }
    let left = flusher::flush_all_until(Instant::now() + PATIENCE);
    if crate::reentry::is_pending() {
        crate::reentry::replay();
    }
    Flushed { left }
}

pub(crate) fn flush_route(route: Option<Arc<Route>>) -> Flushed {
    let Some(route) = route else { return Flushed::default() };
    if thread::is_busy() {
        return Flushed::default();
    }
    let left = route.flush_until(Instant::now() + PATIENCE);
    if crate::reentry::is_pending() {
        crate::reentry::replay();
    }
    Flushed { left }
}
