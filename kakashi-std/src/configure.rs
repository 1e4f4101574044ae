//! Settings of the whole process, at any time.

use std::sync::Arc;
use std::time::Duration;

use kakashi_core::{Clock, NamedLevels, SettingsError, Sink};

use crate::delivery::limits;
use crate::delivery::report;
use crate::dispatch::logger_registry::logger_registry;
use crate::dispatch::{directives, flush_signal, registry, settings};
use crate::lifecycle;
use crate::queue::config::AsyncConfig;
use crate::queue::{ring, workers};
use crate::submit::is_busy;

kakashi_core::__configure! {
    "kakashi_std", "```";
    ///
    /// # Platforms
    ///
    /// Linux is tested; macOS and Windows compile. What differs:
    ///
    /// | | Unix | Windows | elsewhere |
    /// |---|---|---|---|
    /// | return from `main` | writes everything | writes everything | call [`flush`](crate::flush()) before |
    /// | `process::exit` | writes everything | call [`flush`](crate::flush()) before | call [`flush`](crate::flush()) before |
    /// | a thread panics | writes everything | writes everything | writes everything |
    /// | `fork` | parent and child each write their own | there is none | |
    /// | SIGTERM, SIGINT | `flush_on_signals` (feature `signals`) | an error, `Unsupported` | an error, `Unsupported` |
    ///
    /// An async call costs a memory fence more where there is no membarrier(2), and the time of
    /// a record a call of the system where Linux does not keep its own by the TSC (x86-64).
    platforms;
    sink: dyn Sink + Send;
    clock: Arc<dyn Clock + Send + Sync>, Clock, Send, Sync;
    own: {
        async_config: Option<AsyncConfig>,
        backlog_bytes: Option<usize>,
        stall_timeout: Option<Duration>,
        urgent_timeout: Option<Duration>,
        panic_text: Option<bool>
    };
    format: "`Auto`";
    destination: "stderr, or systemd's journal where stderr leads there (feature `journald`)";
    flush_after: "1 to 2³² − 1 milliseconds (49 days)";
}

impl Configure {
    /// Changes how async loggers work.
    pub fn async_logging(mut self, config: AsyncConfig) -> Self {
        self.async_config = Some(config);
        self
    }

    /// Says how many bytes may wait for each destination, 4 KiB to 1 TiB; at first 4 MiB.
    ///
    /// When more waits and the destination only takes nothing, a caller first has its other
    /// destinations written, then waits for this one, up to
    /// [`stall_timeout`](Self::stall_timeout). After that, and at once while the sink fails,
    /// records are dropped, counted as [`SinkFailed`](crate::DropReason::SinkFailed) and
    /// announced once it takes something again: those below WARNING first, the youngest
    /// first.
    pub fn backlog_bytes(mut self, bytes: usize) -> Self {
        self.backlog_bytes = Some(bytes);
        self
    }

    /// Says how long a call waits for a destination that takes nothing while its backlog is
    /// full, 0 to 2³² − 1 milliseconds; at first 5 seconds. Then nobody waits for it until
    /// it takes something again.
    pub fn stall_timeout(mut self, timeout: Duration) -> Self {
        self.stall_timeout = Some(timeout);
        self
    }

    /// Says how long a call of ERROR or above of a sync logger waits for its destinations,
    /// 0 to 2³² − 1 milliseconds; at first 5 seconds. A record that is not written by then
    /// still waits, and is counted as [`late`](crate::Stats::late).
    pub fn urgent_timeout(mut self, timeout: Duration) -> Self {
        self.urgent_timeout = Some(timeout);
        self
    }

    /// Says whether the panic hook that was there before kakashi's still runs: std's, which
    /// prints on stderr, or the program's. At first: it does, after the record of the panic is
    /// written. Without it a panic whose record can't be written in time is printed all the same.
    ///
    /// A thread that panics logs a record at CRITICAL through the logger `panic`, with the
    /// context of the thread: the text as `exception.message`, `location`, `thread`, and where
    /// `RUST_BACKTRACE` asks for one `exception.stacktrace`. `level_of("panic", …)` turns it off.
    pub fn panic_text(mut self, keeps: bool) -> Self {
        self.panic_text = Some(keeps);
        self
    }

    /// Makes the change, for all loggers that exist and all to come.
    ///
    /// What was logged before is written first, in the old form. What makes no sense is
    /// reported on stderr and left out: a wrong prefix, path or core, a second destination of
    /// one name; all else holds. [`try_apply`](Self::try_apply) returns it instead, and changes
    /// nothing.
    ///
    /// # Blocking
    /// As long as the sinks take for what is buffered, each up to
    /// [`urgent_timeout`](Self::urgent_timeout); not for one that fails.
    pub fn apply(mut self) {
        self.take_wrong(&mut |error| report::print(format_args!("left out of the settings: {error}")));
        // Nothing that is wrong is left.
        let _ = self.make();
    }

    /// Returns it if it makes sense, as [`try_apply`](Self::try_apply) sees it.
    #[cfg(feature = "config")]
    pub(crate) fn checked(mut self) -> Result<Self, SettingsError> {
        let mut first = None;
        self.take_wrong(&mut |error| first = first.take().or(Some(error)));
        first.map_or(Ok(self), Err)
    }

    fn reset_own(&mut self) {
        self.change.named_levels.push(NamedLevels::Directives(directives::original()));
        self.async_config = Some(AsyncConfig::default());
        self.backlog_bytes = Some(limits::BACKLOG_BYTES);
        self.stall_timeout = Some(limits::TIMEOUT);
        self.urgent_timeout = Some(limits::TIMEOUT);
        self.panic_text = Some(true);
    }

    fn take_wrong_own(&mut self, report: &mut dyn FnMut(SettingsError)) {
        if let Some(core) = self.async_config.as_mut().and_then(AsyncConfig::take_wrong_core) {
            report(SettingsError::Core(core));
        }
    }

    fn make(self) -> Result<(), SettingsError> {
        lifecycle::install();
        if let Some(config) = self.async_config {
            workers::configure(config);
        }
        self.backlog_bytes.into_iter().for_each(limits::set_backlog_bytes);
        self.stall_timeout.into_iter().for_each(limits::set_stall_timeout);
        self.urgent_timeout.into_iter().for_each(limits::set_urgent_timeout);
        self.panic_text.into_iter().for_each(lifecycle::panic::set_keeps_text);
        // What was queued before goes to the old destinations.
        ring::pass_on_drops();
        registry::collect_all();
        self.change.change_levels(&logger_registry());
        if let Some(millis) = self.change.flush_after_millis {
            flush_signal::set_idle_millis(millis);
        }
        // Closed without the settings' lock: a sink may take its time, and a fork must
        // find the lock free.
        if let Some(old) = settings::change(self.change)
            && !is_busy()
        {
            old.close();
        }
        Ok(())
    }
}
