//! kakashi's levels as a filter of one layer.

use core::fmt;
use core::marker::PhantomData;

use tracing_core::subscriber::Interest;
use tracing_core::{Level, LevelFilter as TracingFilter, Metadata, callsite};
use tracing_subscriber::layer::{Context, Filter};

use std::sync::atomic::{AtomicBool, Ordering};

use super::span_levels;
use crate::bridges::foreign::{self, BridgedLogger};
use crate::level::{LevelFilter, LogLevel};

impl From<Level> for LogLevel {
    /// Finds the level of the same name; `WARN` is WARNING.
    fn from(level: Level) -> Self {
        match level {
            Level::ERROR => Self::Error,
            Level::WARN => Self::Warning,
            Level::INFO => Self::Info,
            Level::DEBUG => Self::Debug,
            _ => Self::Trace,
        }
    }
}

/// Lets pass what kakashi's levels enable.
#[doc(hidden)]
pub struct TracingLevels<L>(PhantomData<fn() -> L>);

impl<L: BridgedLogger> TracingLevels<L> {
    /// Makes one; from now on interest that is cached follows the levels.
    pub(super) fn new() -> Self {
        static IS_FOLLOWED: AtomicBool = AtomicBool::new(false);
        if !IS_FOLLOWED.swap(true, Ordering::Relaxed) {
            L::registry().on_level_change(callsite::rebuild_interest_cache);
        }
        Self(PhantomData)
    }

    pub(super) fn interest(metadata: &Metadata<'_>) -> Interest {
        let level = (*metadata.level()).into();
        if enabled_level_of::<L>(metadata).enables(level) || span_levels::are_for::<L>(metadata) {
            Interest::always()
        } else if L::registry().lowest_scope_level().enables(level) {
            Interest::sometimes()
        } else {
            Interest::never()
        }
    }

    pub(super) fn is_enabled(metadata: &Metadata<'_>) -> bool {
        let level = (*metadata.level()).into();
        let is_enabled = match metadata.is_span() {
            true => foreign::is_written::<L>(metadata.target(), level),
            false => foreign::is_enabled::<L>(metadata.target(), level),
        };
        is_enabled || span_levels::are_for::<L>(metadata)
    }

    pub(super) fn most_verbose() -> TracingFilter {
        if span_levels::need_values::<L>() {
            return TracingFilter::TRACE;
        }
        filter_of(L::registry().lowest_level())
    }
}

/// Returns the level from which on a call site is enabled whatever its scope is.
fn enabled_level_of<L: BridgedLogger>(metadata: &Metadata<'_>) -> LevelFilter {
    match metadata.is_span() {
        // One that is only kept would be context of records that are written.
        true => L::registry().level_of(metadata.target()),
        false => L::registry().enabled_level_of(metadata.target()),
    }
}

/// Finds the level of `tracing` below which a threshold lets nothing pass.
fn filter_of(threshold: LevelFilter) -> TracingFilter {
    let levels = [Level::TRACE, Level::DEBUG, Level::INFO, Level::WARN, Level::ERROR];
    let found = levels.into_iter().find(|level| threshold.enables((*level).into()));
    found.map_or(TracingFilter::OFF, TracingFilter::from_level)
}

impl<L: BridgedLogger, S> Filter<S> for TracingLevels<L> {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        Self::is_enabled(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        Self::interest(metadata)
    }

    fn max_level_hint(&self) -> Option<TracingFilter> {
        Some(Self::most_verbose())
    }
}

impl<L> fmt::Debug for TracingLevels<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TracingLevels")
    }
}
