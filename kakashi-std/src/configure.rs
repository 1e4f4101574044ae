//! Settings of the whole process, at any time.

use std::sync::Arc;
use std::time::Instant;

use kakashi_core::{Clock, SettingsError, Sink};

use crate::delivery::report;
use crate::dispatch::logger_registry::logger_registry;
use crate::dispatch::{flush_signal, settings};
use crate::flush::FLUSH_TIMEOUT;
use crate::lifecycle;
use crate::queue::config::AsyncConfig;
use crate::queue::workers;
use crate::submit::{deferred, flush_queues_until, is_busy, replay};

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
    own: { async_config: Option<AsyncConfig> };
    format: "`Auto`";
    destination: "stderr";
    flush_after: "1 to 2³² − 1 milliseconds (49 days)";
}

impl Configure {
    /// Changes how async loggers work.
    pub fn async_logging(mut self, config: AsyncConfig) -> Self {
        self.async_config = Some(config);
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
    /// As long as the sinks take for what is buffered.
    pub fn apply(mut self) {
        self.take_wrong(&mut |error| report::print(format_args!("left out of the settings: {error}")));
        // Nothing that is wrong is left.
        let _ = self.make();
    }

    fn reset_own(&mut self) {
        self.async_config = Some(AsyncConfig::default());
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
        if !is_busy() {
            flush_queues_until(Instant::now() + FLUSH_TIMEOUT);
        }
        self.change.change_levels(logger_registry());
        if let Some(millis) = self.change.flush_after_millis {
            flush_signal::set_idle_millis(millis);
        }
        // Closed without the settings' lock: a sink may take its time, and a fork must
        // find the lock free.
        if let Some(old) = settings::change(self.change) {
            old.close();
        }
        // What sinks have logged meanwhile.
        if !is_busy() && deferred::is_pending() {
            replay();
        }
        Ok(())
    }
}
