//! The samplers of the process, by number.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kakashi_core::{CallSite, DropReason, LogLevel};

use super::rate_limit::RateLimit;
use super::settings::Sampling;
use super::site_counts::{SampledSites, SiteOrigin, passes, window_at};
use super::trace_ratio::TraceRatio;

/// So many rules there may be at once.
pub(crate) const MOST: usize = 32;

/// The first is number 1: 0 is nobody.
static SAMPLERS: [OnceLock<Sampler>; MOST] = [const { OnceLock::new() }; MOST];
/// There is one, or there was.
static ANY: AtomicBool = AtomicBool::new(false);
static START: OnceLock<Instant> = OnceLock::new();

const MIN_WINDOW: Duration = Duration::from_millis(1);
const MAX_WINDOW: Duration = Duration::from_secs(24 * 60 * 60);

/// Decides for the loggers of one rule.
#[derive(Debug)]
struct Sampler {
    first: AtomicU32,
    every: AtomicU32,
    /// 0: call sites are not counted.
    window: AtomicU64,
    limit: RateLimit,
    traces: TraceRatio,
    sites: SampledSites,
}

/// Returns nanoseconds since any moment.
pub(crate) fn now() -> u64 {
    let Some(start) = START.get() else { return 0 };
    let since = start.elapsed();
    // More than five centuries begin anew.
    since.as_secs().wrapping_mul(1_000_000_000).wrapping_add(since.subsec_nanos().into())
}

/// Sets what a sampler does, and makes it if it is not there. Called under the settings' lock, so that
/// nothing is being made while the process forks.
pub(super) fn set(number: usize, sampling: &Sampling) {
    let Some(place) = number.checked_sub(1).and_then(|at| SAMPLERS.get(at)) else { return };
    START.get_or_init(Instant::now);
    let sampler = place.get_or_init(Sampler::new);
    sampler.set(sampling);
    ANY.store(true, Ordering::Release);
}

/// Tells whether anything was ever sampled.
#[inline]
pub(crate) fn any() -> bool {
    ANY.load(Ordering::Acquire)
}

impl Sampler {
    fn new() -> Self {
        Self {
            first: AtomicU32::new(0),
            every: AtomicU32::new(0),
            window: AtomicU64::new(0),
            limit: RateLimit::default(),
            traces: TraceRatio::all(),
            sites: SampledSites::new(),
        }
    }

    fn set(&self, sampling: &Sampling) {
        let window = sampling.window.clamp(MIN_WINDOW, MAX_WINDOW).as_nanos() as u64;
        self.first.store(sampling.first.unwrap_or(0), Ordering::Relaxed);
        self.every.store(sampling.every, Ordering::Relaxed);
        self.window.store(if sampling.first.is_some() { window } else { 0 }, Ordering::Relaxed);
        self.traces.set(sampling.trace_bound);
        self.limit.set(sampling.per_second, sampling.burst);
    }

    /// Decides about a record; counts it if it is left out.
    fn admits(&self, now: u64, logger: &str, level: LogLevel, site: &CallSite<'_>) -> bool {
        let counts = self.sites.get(logger, level, site);
        if !self.traces.admits() {
            counts.leave_out(0);
            return false;
        }
        if let Some(window) = window_at(now, &self.window)
            && !passes(counts.count(window), &self.first, &self.every)
        {
            counts.leave_out(0);
            return false;
        }
        if !self.limit.admits(now) {
            counts.leave_out(1);
            return false;
        }
        true
    }
}

/// Decides about a record by a sampler's number; counts it if it is left out.
#[inline]
pub(crate) fn admits(sampler: usize, logger: &str, level: LogLevel, site: &CallSite<'_>) -> bool {
    let sampler = sampler.checked_sub(1).and_then(|at| SAMPLERS.get(at)?.get());
    sampler.is_none_or(|sampler| sampler.admits(now(), logger, level, site))
}

fn all() -> impl Iterator<Item = &'static Sampler> {
    SAMPLERS.iter().filter_map(OnceLock::get)
}

/// Takes the records that were left out since the last time, for destinations to count.
pub(crate) fn for_each_uncounted(mut count: impl FnMut(LogLevel, DropReason, usize)) {
    for counts in all().flat_map(|sampler| sampler.sites.all()) {
        for (reason, left_out) in counts.left_out() {
            let records = left_out.take_uncounted();
            if records > 0 {
                count(counts.level(), reason, records);
            }
        }
    }
}

/// Records of one call site that were left out for one reason.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeftOutOfSite {
    pub(crate) level: LogLevel,
    pub(crate) reason: DropReason,
    pub(crate) records: usize,
    /// None: of several call sites.
    pub(crate) origin: Option<&'static SiteOrigin>,
}

/// Takes what is counted and not announced.
pub(crate) fn take_unannounced() -> Vec<LeftOutOfSite> {
    let counts = all().flat_map(|sampler| sampler.sites.all());
    let left_out = counts.flat_map(|counts| {
        counts.left_out().map(|(reason, left_out)| LeftOutOfSite {
            level: counts.level(),
            reason,
            records: left_out.take_unannounced(),
            origin: counts.origin(),
        })
    });
    left_out.filter(|left_out| left_out.records > 0).collect()
}

/// Tells whether records were left out that the stream does not announce yet.
pub(crate) fn has_unannounced() -> bool {
    let mut counts = all().flat_map(|sampler| sampler.sites.all());
    counts.any(|counts| counts.left_out().any(|(_, left_out)| !left_out.is_announced()))
}

/// Forgets, in the child of a fork, what the parent counts and announces.
#[cfg(unix)]
pub(crate) fn abandon() {
    for_each_uncounted(|_, _, _| {});
    take_unannounced();
}
