//! Opening files anew when SIGHUP asks for it, as logrotate does after it has renamed them.

use std::io;

/// Makes SIGHUP call [`reopen_files`](crate::sinks::reopen_files), at once; it no longer ends the
/// process.
///
/// Call it once, at the beginning of `main`; later calls do nothing. It goes together with
/// [`reload_directives_on_hangup`](crate::reload_directives_on_hangup). The child of a fork
/// inherits it.
///
/// With logrotate, a configuration such as
///
/// ```text
/// /var/log/shop.log {
///     daily
///     rotate 7
///     compress
///     delaycompress
///     postrotate
///         systemctl kill --signal=HUP shop.service
///     endscript
/// }
/// ```
///
/// loses nothing. (`delaycompress`: a batch that is being written when the signal comes ends in the
/// renamed file.)
///
/// # Errors
/// When the system refuses it; with [`Unsupported`](io::ErrorKind::Unsupported) where there is
/// no such signal, as on Windows.
pub fn reopen_files_on_hangup() -> io::Result<()> {
    platform::register()
}

#[cfg(not(unix))]
mod platform {
    use std::io;

    pub(super) fn register() -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(unix)]
mod platform {
    use std::io;
    use std::sync::{Mutex, PoisonError};

    use signal_hook::consts::SIGHUP;
    use signal_hook::low_level;

    use crate::sinks::reopen_files;

    #[allow(unsafe_code, reason = "signal-hook's safe actions store a value, and can't count up")]
    pub(super) fn register() -> io::Result<()> {
        static REGISTERED: Mutex<bool> = Mutex::new(false);
        let mut registered = REGISTERED.lock().unwrap_or_else(PoisonError::into_inner);
        if !*registered {
            // SAFETY: the action only counts up an atomic, which is safe in a signal handler.
            unsafe { low_level::register(SIGHUP, reopen_files) }?;
            *registered = true;
        }
        Ok(())
    }
}
