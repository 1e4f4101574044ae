//! What a program says of sampling.

use std::time::Duration;

use kakashi_core::{LevelFilter, LogLevel, SettingsError, is_wrong_prefix};

use super::trace_ratio;

/// Says which records of loggers are left out, so that a loud part of a program neither fills
/// a disk nor hides the rest; see `Configure::sampling` and `sampling_of`.
///
/// Of the records that pass the level those of a share of the traces are written, of these each call site's first so many of a window, then each so-many-th;
/// of these, at most so many a second of all loggers together that the rule is for. What is left
/// out costs next to nothing: its arguments are not even evaluated. It is counted in `stats()`, as
/// [`Sampled`](crate::DropReason::Sampled) or [`RateLimited`](crate::DropReason::RateLimited), and announced: a record of
/// the logger `kakashi` at the same level says how many of which call site, at most every ten seconds and when everything is
/// flushed.
///
/// Never left out: records of ERROR and above, unless [`spare_from`](Self::spare_from) says otherwise; metrics,
/// audit trails and security events; records of custom loggers; records of a request whose context has a
/// level of its own, as far as that lets them pass.
///
/// ```
/// use kakashi_std::{DropReason, LogLevel, Sampling, configure, debug, flush, stats};
///
/// configure()
///     .level(LogLevel::Debug)
///     .sampling(Sampling::new().first_of_site(10).then_every(100))
///     .sampling_of("shop::db", Sampling::new().per_second(500))
///     .apply();
/// for row in 0..1000 {
///     debug!("Row read", row); // the first ten, then every hundredth
/// }
/// flush();
/// # let elapsed_a_second = stats().dropped.of_reason(DropReason::Sampled) != 981;
/// # if !elapsed_a_second {
/// assert_eq!(stats().dropped.of_reason(DropReason::Sampled), 981);
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub struct Sampling {
    /// None: call sites are not counted.
    pub(super) first: Option<u32>,
    pub(super) every: u32,
    pub(super) window: Duration,
    /// None: no limit.
    pub(super) per_second: Option<u32>,
    pub(super) burst: Option<u32>,
    pub(super) spared: LevelFilter,
    pub(super) trace_bound: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self::new()
    }
}

impl Sampling {
    /// Leaves nothing out; for a part of the program, though all else is sampled.
    pub const fn new() -> Self {
        Self {
            first: None,
            every: 0,
            window: Duration::from_secs(1),
            per_second: None,
            burst: None,
            spared: LevelFilter::new(LogLevel::Error.number()),
            trace_bound: trace_ratio::ALL,
        }
    }

    /// Writes the first `records` of each call site in each window, and no others; but see
    /// [`then_every`](Self::then_every).
    ///
    /// A call site is a macro's place in the source; of the functions, which have none, the logger with the level and the
    /// words. Up to 1,024 are told apart for each rule; those beyond share one count a level.
    pub const fn first_of_site(mut self, records: u32) -> Self {
        self.first = Some(records);
        self
    }

    /// Of the others of a call site, writes each `records`-th in a window; 0 means none.
    pub const fn then_every(mut self, records: u32) -> Self {
        if self.first.is_none() {
            self.first = Some(0);
        }
        self.every = records;
        self
    }

    /// Says how long a window is, 1 millisecond to a day; at first a second. All call sites'
    /// windows begin together.
    pub const fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// Writes at most so many records a second of all loggers together that the rule is for; 0
    /// means none.
    pub const fn per_second(mut self, records: u32) -> Self {
        self.per_second = Some(records);
        self
    }

    /// Says how many may come at once after a silence, 1 at least; at first as many as in a
    /// second.
    pub const fn burst(mut self, records: u32) -> Self {
        self.burst = Some(records);
        self
    }

    /// Writes the records of a share of all traces, 0 to 1, and those of no trace.
    ///
    /// The trace is that of the context: a field `trace_id` of 32 hexadecimal digits, as
    /// `tower::RequestLayer` and an OpenTelemetry layer bring it. The ones that are written are the ones that OpenTelemetry's
    /// `TraceIdRatioBased` samples with this ratio: in every process the same.
    pub const fn trace_ratio(mut self, ratio: f64) -> Self {
        self.trace_bound = trace_ratio::bound_of(ratio);
        self
    }

    /// Never leaves out records of this level and above, at first ERROR; [`LevelFilter::OFF`]
    /// spares none.
    pub fn spare_from(mut self, level: impl Into<LevelFilter>) -> Self {
        self.spared = level.into();
        self
    }
}

/// A change of what is sampled.
#[derive(Clone, Debug, Default)]
pub(crate) struct SamplingChange {
    pub(super) clears: bool,
    /// By prefixes of loggers' names; an empty one is for all.
    pub(super) set: Vec<(Box<str>, Sampling)>,
}

impl SamplingChange {
    /// Tells whether it changes nothing.
    pub(crate) fn is_empty(&self) -> bool {
        !self.clears && self.set.is_empty()
    }

    /// Takes back all that was set before.
    pub(crate) fn clear(&mut self) {
        self.set.clear();
        self.clears = true;
    }

    /// Sets what is left out of a logger and those below it.
    pub(crate) fn set(&mut self, prefix: &str, sampling: Sampling) {
        self.set.retain(|(other, _)| **other != *prefix);
        self.set.push((prefix.into(), sampling));
    }

    /// Takes out prefixes that name no logger, and reports them.
    pub(crate) fn take_wrong(&mut self, report: &mut dyn FnMut(SettingsError)) {
        self.set.retain(|(prefix, _)| {
            let is_wrong = !prefix.is_empty() && is_wrong_prefix(prefix);
            if is_wrong {
                report(SettingsError::SamplingPrefix(prefix.clone()));
            }
            !is_wrong
        });
    }
}
