//! Settings of the whole process, at any time.

use std::sync::Arc;
use std::time::Duration;

use kakashi_core::{Clock, NamedLevels, SettingsError, Sink, TerminalPretty};

#[cfg(all(feature = "black-box", unix))]
use crate::blackbox::recovery::recover::Recovery;
use crate::delivery::limits;
use crate::delivery::report;
use crate::dispatch::logger_registry::logger_registry;
use crate::dispatch::{directives, flush_signal, registry, settings};
use crate::flight_recorder::settings::FlightRecorder;
use crate::lifecycle;
use crate::queue::config::AsyncConfig;
use crate::queue::{ring, workers};
use crate::sampling::{Sampling, SamplingChange, samplers};
#[cfg(feature = "black-box")]
use crate::segment::black_box::BlackBox;
use crate::segment::box_change::BlackBoxChange;
#[cfg(all(feature = "black-box", unix))]
use crate::submit::submit_recovered;
use crate::submit::{is_busy, left_out};

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
        panic_text: Option<bool>,
        black_box: BlackBoxChange,
        sampling: SamplingChange,
        flight_recorder: Option<Option<FlightRecorder>>
    };
    format: "`Auto`";
    destination: "stderr, or systemd's journal where stderr leads there (feature `journald`)";
    flush_after: "1 to 2³² − 1 milliseconds (49 days)";
}

impl Configure {
    /// Says how lines for people look, wherever the form is [`Format::Auto`](crate::Format::Auto)
    /// on a terminal, or [`Format::Pretty`](crate::Format::Pretty). A custom logger has destinations
    /// of its own, which take one by `Destination::encoder`.
    ///
    /// ```
    /// use kakashi_std::{Background, Pretty, configure};
    ///
    /// configure().pretty(Pretty::terminal().date(true).location(true).background(Background::Light)).apply();
    /// ```
    pub fn pretty(mut self, pretty: TerminalPretty) -> Self {
        self.change.pretty = Some(pretty);
        self
    }

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

    /// Keeps what is buffered in memory that outlives the process, in files of a directory: after SIGKILL, `abort`, a fatal
    /// signal, `_exit`, `exec` or the OOM killer nothing is lost whose call had returned. The next process that makes this
    /// change with the same directory brings it to its destinations, before this returns, or the command
    /// `kakashi recover`, or a [`Recovery`](crate::Recovery): [the guide](crate::_guides::black_box) says what is kept
    /// when. At first: on the heap.
    ///
    /// It holds for all destinations, custom loggers' too, from each thread's next record on: set it before the
    /// first record. Nothing that is buffered can be moved: another directory later is an error.
    /// [`reset`](Self::reset) turns it off; the directory goes when the process ends.
    ///
    /// **Async and performance loggers** then log as sync ones do, on the calling thread: a ring would not
    /// outlive the process. [`OverflowPolicy`](crate::OverflowPolicy) decides who waits when more
    /// waits than [`backlog_bytes`](Self::backlog_bytes); who drops, drops what comes then, below WARNING. Calls
    /// of ERROR wait as the settings of async loggers say, those of performance loggers never.
    ///
    /// Not kept are what a sink buffers itself (a `BufWriter`), and announcements of what was dropped. Of a destination that holds records
    /// back (`fold_repeated`, `tail_sampling`) those come that were not decided, and perhaps some that were just
    /// left out.
    ///
    /// ```no_run
    /// use kakashi_std::{BlackBox, configure};
    ///
    /// configure().black_box(BlackBox::in_memory()).apply();
    /// ```
    ///
    /// # Errors
    /// A directory that is another user's, that others may write to, or that is a symbolic link is refused
    /// ([`SettingsError::BlackBox`]). One that is missing and can't be made, read-only or full is none: then, and where
    /// [`max_bytes`](BlackBox::max_bytes) is not enough, records lie on the heap, which is reported once and counted:
    /// [`black_box_stats`](crate::black_box_stats).
    ///
    /// # Forks
    /// The child of a fork begins files of its own in the same directory with its first record.
    ///
    /// # Platforms
    /// On Linux with 64 bits; elsewhere all lies on the heap, which is reported.
    #[cfg(feature = "black-box")]
    #[cfg_attr(docsrs, doc(cfg(feature = "black-box")))]
    pub fn black_box(mut self, black_box: BlackBox) -> Self {
        self.black_box = BlackBoxChange::On(black_box);
        self
    }

    /// Leaves records out on purpose, of all loggers without a rule of their own
    /// ([`sampling_of`](Self::sampling_of)), but for custom loggers'; see [`Sampling`] for which. At first:
    /// none.
    ///
    /// ```
    /// use kakashi_std::{Sampling, configure};
    ///
    /// configure().sampling(Sampling::new().first_of_site(100).then_every(100).per_second(10_000)).apply();
    /// ```
    pub fn sampling(mut self, sampling: Sampling) -> Self {
        self.sampling.set("", sampling);
        self
    }

    /// Leaves records of a logger and those below it out on purpose (`app::db` is above
    /// `app::db::pool`); of several rules that of the longest prefix holds. There may be 32
    /// rules.
    pub fn sampling_of(mut self, prefix: &str, sampling: Sampling) -> Self {
        // An empty one would be that of all.
        self.sampling.set(if prefix.is_empty() { "*" } else { prefix }, sampling);
        self
    }

    /// Takes back what [`sampling`](Self::sampling) and [`sampling_of`](Self::sampling_of) have
    /// set.
    pub fn no_sampling(mut self) -> Self {
        self.sampling.clear();
        self
    }

    /// Keeps records that are below the threshold in memory, and writes them when something fails; see
    /// [`FlightRecorder`]. At first: there is none. Another one takes its place, with what it has kept.
    ///
    /// [`is_enabled`](crate::Logger::is_enabled) and the bridges say of such records that they are enabled: their
    /// arguments are evaluated.
    ///
    /// ```
    /// use kakashi_std::{FlightRecorder, LogLevel, Trigger, configure};
    ///
    /// configure()
    ///     .flight_recorder(FlightRecorder::new().level(LogLevel::Debug).bytes_in_all(8 << 20).on(Trigger::Error))
    ///     .apply();
    /// ```
    pub fn flight_recorder(mut self, recorder: FlightRecorder) -> Self {
        self.flight_recorder = Some(Some(recorder));
        self
    }

    /// Turns the flight recorder off, and gives its memory back: what it has kept is forgotten.
    pub fn no_flight_recorder(mut self) -> Self {
        self.flight_recorder = Some(None);
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
        self.black_box = BlackBoxChange::Off;
        self.sampling.clear();
        self.flight_recorder = Some(None);
    }

    fn take_wrong_own(&mut self, report: &mut dyn FnMut(SettingsError)) {
        if let Some(core) = self.async_config.as_mut().and_then(AsyncConfig::take_wrong_core) {
            report(SettingsError::Core(core));
        }
        if let Err(why) = self.black_box.check() {
            self.black_box = BlackBoxChange::Keep;
            report(SettingsError::BlackBox(why.into()));
        }
        self.sampling.take_wrong(report);
        if let Some(Some(recorder)) = &mut self.flight_recorder {
            recorder.take_wrong(report);
        }
        if !self.sampling.is_empty() && settings::are_too_many_samplers(&self.sampling) {
            report(SettingsError::TooManySamplings(samplers::MOST));
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
        #[cfg(all(feature = "black-box", unix))]
        let directory = self.black_box.directory();
        self.black_box.make();
        // What was queued and left out before goes to the old destinations.
        ring::pass_on_drops();
        if !is_busy() {
            left_out::announce();
        }
        registry::collect_all();
        self.change.change_levels(&logger_registry());
        if let Some(recorder) = self.flight_recorder {
            lifecycle::dump::set_flight_recorder(recorder);
        }
        if let Some(millis) = self.change.flush_after_millis {
            flush_signal::set_idle_millis(millis);
        }
        // Closed without the settings' lock: a sink may take its time, and a fork must
        // find the lock free.
        let old = settings::change(self.change, self.sampling);
        lifecycle::dump::follow_settings();
        if let Some(old) = old
            && !is_busy()
        {
            old.close();
        }
        #[cfg(all(feature = "black-box", unix))]
        if let Some(directory) = directory
            && !is_busy()
        {
            recover(&directory);
        }
        Ok(())
    }
}

/// Brings what dead processes have left in a black box to its destinations; what is for no file to those of
/// now.
#[cfg(all(feature = "black-box", unix))]
fn recover(directory: &std::path::Path) {
    // An error was said when the directory was begun with.
    let processes = Recovery::new(directory).run_with(Some(&mut submit_recovered)).unwrap_or_default();
    let wrong = processes.iter().filter(|process| process.problem.is_some() || process.damage.is_some());
    wrong.for_each(|process| report::print(format_args!("the black box: {process}")));
}
