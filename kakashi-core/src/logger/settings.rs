//! The settings that all platforms have, and how `configure()` changes them.
//!
//! A platform keeps a [`Settings`], opens the destinations that a change brings, and
//! makes its dispatch of both.

use alloc::{string::String, sync::Arc, vec::Vec};

use crate::context::LogContext;
use crate::level::LevelFilter;
use crate::logger::destination::Destination;
use crate::logger::format::Format;
use crate::logger::registry::Registry;
use crate::pipeline::redaction::Redaction;
use crate::pipeline::{Enricher, Filter, Pipeline};

/// What one call of `configure()` changes; what it does not name stays as it is.
pub struct SettingsChange<S: ?Sized, C> {
    /// The form of destinations without an encoder of their own.
    pub format: Option<Format>,
    /// Name, version and environment of the service.
    pub service: Option<LogContext>,
    /// The threshold of all loggers without one.
    pub level: Option<LevelFilter>,
    /// Thresholds of loggers and those below them.
    pub prefixes: Vec<(String, LevelFilter)>,
    /// The fields whose values are not written.
    pub redaction: Option<Redaction>,
    /// Bytes of a batch.
    pub batch_bytes: Option<usize>,
    /// Milliseconds that a record stays in a buffer.
    pub flush_after_millis: Option<u64>,
    /// If there are any, they replace all destinations.
    pub destinations: Vec<Destination<S>>,
    /// Enrichers to add.
    pub enrichers: Vec<Arc<dyn Enricher>>,
    /// Filters to add.
    pub filters: Vec<Arc<dyn Filter>>,
    /// The clock of all records.
    pub clock: Option<C>,
}

impl<S: ?Sized, C> Default for SettingsChange<S, C> {
    fn default() -> Self {
        Self {
            format: None,
            service: None,
            level: None,
            prefixes: Vec::new(),
            redaction: None,
            batch_bytes: None,
            flush_after_millis: None,
            destinations: Vec::new(),
            enrichers: Vec::new(),
            filters: Vec::new(),
            clock: None,
        }
    }
}

impl<S: ?Sized, C> SettingsChange<S, C> {
    /// Changes the levels of a registry's loggers.
    pub fn change_levels(&self, registry: &Registry) {
        registry.change_levels(|levels| {
            if let Some(level) = self.level {
                levels.set_global(level);
            }
            for (prefix, level) in &self.prefixes {
                levels.set_prefix(prefix, *level);
            }
        });
    }
}

/// The current settings, without the destinations.
pub struct Settings<C> {
    /// The form of destinations without an encoder of their own.
    pub format: Format,
    /// Bytes of a batch.
    pub batch_bytes: usize,
    /// The context under all others, as it was set.
    pub service: LogContext,
    /// Enrichers, filters and redaction.
    pub pipeline: Pipeline,
    /// The clock of all records; none means the platform's.
    pub clock: Option<C>,
}

impl<C> Default for Settings<C> {
    fn default() -> Self {
        Self {
            format: Format::Auto,
            batch_bytes: Self::BATCH_BYTES,
            service: LogContext::new(),
            pipeline: Pipeline::default(),
            clock: None,
        }
    }
}

impl<C> Settings<C> {
    /// The default of a batch's size.
    pub const BATCH_BYTES: usize = 64 * 1024;

    /// Makes the change, but for the destinations.
    pub fn change<S: ?Sized>(&mut self, change: SettingsChange<S, C>) {
        self.format = change.format.unwrap_or(self.format);
        self.batch_bytes = change.batch_bytes.unwrap_or(self.batch_bytes);
        if let Some(service) = change.service {
            self.service = service;
        }
        if let Some(redaction) = change.redaction {
            self.pipeline.redaction = redaction;
        }
        self.pipeline.enrichers.extend(change.enrichers);
        self.pipeline.filters.extend(change.filters);
        if change.clock.is_some() {
            self.clock = change.clock;
        }
    }

    /// Returns the context under all others, redacted.
    pub fn base(&self) -> LogContext {
        self.pipeline.redaction.context(&self.service)
    }
}
