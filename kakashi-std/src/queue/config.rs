//! The settings of async loggers.

use super::overflow::OverflowPolicy;

/// Says how async loggers work; given to [`Configure::async_logging`].
///
/// A worker collects what threads have queued. It writes where that can't block, and has
/// the destinations' own threads write everywhere else; there records are encoded, too. It
/// waits only for a destination whose backlog is full, as a caller would:
/// [`Configure::stall_timeout`](crate::Configure::stall_timeout).
///
/// [`Configure::async_logging`]: crate::Configure::async_logging
///
/// ```
/// use kakashi_std::{AsyncConfig, OverflowPolicy, configure};
///
/// let config = AsyncConfig::new().overflow(OverflowPolicy::DropOldest).thread_name("log-writer");
/// configure().async_logging(config).apply();
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use]
pub struct AsyncConfig {
    pub(crate) threads: usize,
    pub(crate) thread_name: String,
    pub(crate) cpu: Option<usize>,
    pub(crate) ring_bytes: usize,
    pub(crate) overflow: OverflowPolicy,
    pub(crate) wait_for_errors: bool,
    pub(crate) nap_micros: u64,
    pub(crate) park_after_millis: u64,
}

impl Default for AsyncConfig {
    fn default() -> Self {
        Self {
            threads: 1,
            thread_name: "kakashi-worker".into(),
            cpu: None,
            ring_bytes: 48 * 1024,
            overflow: OverflowPolicy::Block,
            wait_for_errors: false,
            nap_micros: 200,
            park_after_millis: 10,
        }
    }
}

impl AsyncConfig {
    /// Begins with one worker, rings of 48 KiB and callers that wait.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs so many workers, 1 to 64. Each thread's ring has one that is woken for it; any of
    /// them, and any other collection, may empty it.
    /// Holds for workers that start later; at first: 1.
    pub fn threads(mut self, count: usize) -> Self {
        self.threads = count.clamp(1, 64);
        self
    }

    /// Names the workers' threads, as far as a system can: without NULs. Holds for workers that start later.
    pub fn thread_name(mut self, name: impl Into<String>) -> Self {
        self.thread_name = name.into().replace('\0', "");
        self
    }

    /// Runs the first worker on this core only, by its number from 0, the second on the
    /// next, and so on; those beyond the last run anywhere. Holds for workers that start later.
    ///
    /// A number that is no core which this process may use is refused when the settings are
    /// applied: see [`Configure::try_apply`](crate::Configure::try_apply).
    pub fn cpu(mut self, core: usize) -> Self {
        self.cpu = Some(core);
        self
    }

    /// Takes the core out if it is none that this process may use.
    pub(crate) fn take_wrong_core(&mut self) -> Option<usize> {
        let cores = self.cpu.and_then(|_| core_affinity::get_core_ids())?;
        self.cpu.take_if(|cpu| cores.iter().all(|core| core.id != *cpu))
    }

    /// Gives each thread that logs a ring of so many bytes, 4 KiB to 16 MiB.
    /// Holds for rings that are made later; at first: 49,152.
    ///
    /// A ring begins with 2 KiB and grows up to this when it is full; only then does the
    /// [`overflow`](Self::overflow) policy decide. A thread occupies 5 KiB for its own state,
    /// too, and up to 12 KiB for the entries beside its ring. A thread that logs nothing for
    /// a second gives all of it back (on Linux). A collection copies what the ring holds, once
    /// for all destinations.
    pub fn ring_bytes(mut self, bytes: usize) -> Self {
        self.ring_bytes = bytes.clamp(4 << 10, 16 << 20);
        self
    }

    /// Says what happens when a ring is full. At first: the caller waits.
    pub fn overflow(mut self, policy: OverflowPolicy) -> Self {
        self.overflow = policy;
        self
    }

    /// Makes calls of ERROR and above return when the record is written, and all that any
    /// thread logged before it: as those of sync loggers do. At first they return at once.
    ///
    /// A [`PerformanceLogger`](crate::PerformanceLogger) never waits; nor does a call whose
    /// record was dropped because the queue was full.
    ///
    /// # Blocking
    /// The call waits as long as the record's destinations take, at most
    /// [`Configure::urgent_timeout`](crate::Configure::urgent_timeout); then the record
    /// still waits, and is counted as [`late`](crate::Stats::late). Leave it off where the
    /// calling thread must not be held, as an executor's.
    pub fn wait_for_errors(mut self, waits: bool) -> Self {
        self.wait_for_errors = waits;
        self
    }

    /// Makes a worker with little to do sleep for so many microseconds, 1 to 1,000,000,
    /// between two collections. At first: 200.
    pub fn nap_micros(mut self, micros: u64) -> Self {
        self.nap_micros = micros.clamp(1, 1_000_000);
        self
    }

    /// Makes a worker that found nothing for so many milliseconds, at most 60,000, sleep
    /// until a caller wakes it. At first: 10.
    pub fn park_after_millis(mut self, millis: u64) -> Self {
        self.park_after_millis = millis.min(60_000);
        self
    }
}
