//! What must happen when a process ends, panics or forks.
//!
//! Abort, SIGKILL and fatal signals run nothing. Without a black box they lose what is buffered: for each
//! destination at most one batch (64 KiB by default) for each thread, and what the
//! destination has not taken: `backlog_bytes` (4 MiB by default) and the collection that
//! is being written. Of async loggers also each thread's ring, and the records beside it
//! that are too large for it.

pub(crate) mod dump;
mod exit;
#[cfg(unix)]
mod fork;
mod installed;
pub(crate) mod panic;
#[cfg(feature = "signals")]
pub(crate) mod reload;
#[cfg(feature = "signals")]
pub(crate) mod reopen;
#[cfg(feature = "signals")]
pub(crate) mod signals;
#[cfg(all(feature = "signals", unix))]
pub(crate) mod user_signal;

use self::installed::INSTALLED;
use crate::clock;
use crate::dispatch::logger_registry::follow_level_scopes;
use crate::dispatch::{directives, flush_signal, thread_dispatch};
use crate::queue::workers;
use crate::reentrancy::CriticalSection;
use crate::sync::fence;
use crate::threads::{flusher, worker};

/// Installs the exit, panic and fork handlers, and the threads that lower stages may
/// start, and takes the environment's directives. Later calls do nothing.
#[inline]
pub(crate) fn install() {
    if !INSTALLED.is_completed() {
        install_all();
    }
}

#[cold]
fn install_all() {
    if CriticalSection::is_active() {
        return;
    }
    let _section = CriticalSection::begin();
    // Before anything is made once: in a child that is forked meanwhile nobody would end that.
    #[cfg(unix)]
    fork::install();
    INSTALLED.call_once(|| {
        flush_signal::START.set(flusher::start);
        workers::RUN.set(worker::run);
        thread_dispatch::BEFORE_FIRST_RECORD.set(panic::install);
        clock::choose();
        fence::prepare();
        follow_level_scopes();
        directives::install();
        exit::install();
    });
}
