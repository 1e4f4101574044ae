//! The settings that all platforms have, and how `configure()` changes them.
//!
//! A platform keeps a [`Settings`], opens the destinations that a change brings, and
//! makes its dispatch of both.

use alloc::{boxed::Box, string::String, sync::Arc, vec, vec::Vec};

use crate::context::LogContext;
#[cfg(all(feature = "std", not(target_family = "wasm")))]
use crate::encode::{Pretty, TerminalPretty};
use crate::level::LevelFilter;
use crate::logger::default_form::DefaultForm;
use crate::logger::destination::{DEFAULT_NAME, Destination};
use crate::logger::directives::Directives;
use crate::logger::prefix::is_wrong_prefix;
use crate::logger::registry::Registry;
use crate::logger::settings_error::SettingsError;
use crate::pipeline::redaction::Redaction;
use crate::pipeline::{Enricher, Filter, Pipeline};

/// A change of the thresholds of loggers by their names.
pub enum NamedLevels {
    /// Sets that of a logger and those below it.
    Set(String, LevelFilter),
    /// Takes one back.
    Remove(String),
    /// Takes all back, but for those of directives.
    Clear,
    /// Takes these, in place of all directives before.
    Directives(Directives),
}

/// What one call of `configure()` changes; what it does not name stays as it is.
pub struct SettingsChange<S: ?Sized, C> {
    /// The form of destinations without an encoder of their own.
    pub form: Option<DefaultForm>,
    /// Lines for people.
    #[cfg(all(feature = "std", not(target_family = "wasm")))]
    pub pretty: Option<TerminalPretty>,
    /// Name, version and environment of the service.
    pub service: Option<LogContext>,
    /// The threshold of all loggers without one.
    pub level: Option<LevelFilter>,
    /// Thresholds of loggers by their names, in the order of the calls.
    pub named_levels: Vec<NamedLevels>,
    /// The fields whose values are not written.
    pub redaction: Option<Redaction>,
    /// Whether card numbers are replaced.
    pub card_numbers: Option<bool>,
    /// Bytes of a batch.
    pub batch_bytes: Option<usize>,
    /// Milliseconds that a record stays in a buffer.
    pub flush_after_millis: Option<u64>,
    /// If there are any, they replace all destinations.
    pub destinations: Vec<Destination<S>>,
    /// Replaces all destinations by the platform's default, unless there are others.
    pub default_destinations: bool,
    /// Takes all enrichers away first.
    pub clear_enrichers: bool,
    /// Enrichers to add.
    pub enrichers: Vec<Arc<dyn Enricher>>,
    /// Takes all filters away first.
    pub clear_filters: bool,
    /// Filters to add.
    pub filters: Vec<Arc<dyn Filter>>,
    /// The clock of all records; `Some(None)` is the platform's.
    pub clock: Option<Option<C>>,
}

impl<S: ?Sized, C> Default for SettingsChange<S, C> {
    fn default() -> Self {
        Self {
            form: None,
            #[cfg(all(feature = "std", not(target_family = "wasm")))]
            pretty: None,
            service: None,
            level: None,
            named_levels: Vec::new(),
            redaction: None,
            card_numbers: None,
            batch_bytes: None,
            flush_after_millis: None,
            destinations: Vec::new(),
            default_destinations: false,
            clear_enrichers: false,
            enrichers: Vec::new(),
            clear_filters: false,
            filters: Vec::new(),
            clock: None,
        }
    }
}

impl<S: ?Sized, C> SettingsChange<S, C> {
    /// Takes back everything that was set before.
    pub fn reset() -> Self {
        Self {
            form: Some(DefaultForm::default()),
            #[cfg(all(feature = "std", not(target_family = "wasm")))]
            pretty: Some(Pretty::terminal()),
            service: Some(LogContext::new()),
            level: Some(LevelFilter::default()),
            named_levels: vec![NamedLevels::Clear, NamedLevels::Directives(Directives::default())],
            redaction: Some(Redaction::default()),
            card_numbers: Some(false),
            batch_bytes: Some(Settings::<C>::BATCH_BYTES),
            flush_after_millis: Some(Settings::<C>::FLUSH_AFTER_MILLIS),
            default_destinations: true,
            clear_enrichers: true,
            clear_filters: true,
            clock: Some(None),
            ..Self::default()
        }
    }

    /// Takes out what is wrong, and reports it.
    pub fn take_wrong(&mut self, report: &mut dyn FnMut(SettingsError)) {
        self.named_levels.retain(|change| {
            let (NamedLevels::Set(prefix, _) | NamedLevels::Remove(prefix)) = change else { return true };
            let is_wrong = is_wrong_prefix(prefix);
            if is_wrong {
                report(SettingsError::prefix(prefix));
            }
            !is_wrong
        });
        if let Some(redaction) = &mut self.redaction {
            redaction.take_wrong(&mut |path| report(SettingsError::redacted_path(path)));
        }
        let mut names: Vec<Box<str>> = Vec::new();
        self.destinations.retain(|Destination { name, .. }| {
            let is_new = **name == *DEFAULT_NAME || !names.contains(name);
            if is_new {
                names.push(name.clone());
            } else {
                report(SettingsError::destination_name(name));
            }
            is_new
        });
    }

    /// Changes the levels of a registry's loggers.
    pub fn change_levels(&self, registry: &Registry) {
        registry.change_levels(|levels| {
            if let Some(level) = self.level {
                levels.set_global(level);
            }
            for change in &self.named_levels {
                match change {
                    NamedLevels::Set(prefix, level) => levels.set_prefix(prefix, *level),
                    NamedLevels::Remove(prefix) => levels.remove_prefix(prefix),
                    NamedLevels::Clear => levels.clear_prefixes(),
                    NamedLevels::Directives(directives) => levels.set_directives(directives),
                }
            }
        });
    }
}

/// The current settings, without the destinations.
pub struct Settings<C> {
    /// The form of destinations without an encoder of their own.
    pub form: DefaultForm,
    /// Lines for people.
    #[cfg(all(feature = "std", not(target_family = "wasm")))]
    pub pretty: TerminalPretty,
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
            form: DefaultForm::default(),
            #[cfg(all(feature = "std", not(target_family = "wasm")))]
            pretty: Pretty::terminal(),
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
    /// The default of how long a record stays in a buffer.
    pub const FLUSH_AFTER_MILLIS: u64 = 100;

    /// Makes the change, but for the destinations.
    pub fn change<S: ?Sized>(&mut self, change: SettingsChange<S, C>) {
        if let Some(form) = change.form {
            self.form = form;
        }
        #[cfg(all(feature = "std", not(target_family = "wasm")))]
        if let Some(pretty) = change.pretty {
            self.pretty = pretty;
        }
        self.batch_bytes = change.batch_bytes.unwrap_or(self.batch_bytes);
        if let Some(service) = change.service {
            self.service = service;
        }
        if let Some(redaction) = change.redaction {
            self.pipeline.redaction.set_paths(redaction);
        }
        if let Some(replaces) = change.card_numbers {
            self.pipeline.redaction.set_card_numbers(replaces);
        }
        if change.clear_enrichers {
            self.pipeline.enrichers.clear();
        }
        self.pipeline.enrichers.extend(change.enrichers);
        if change.clear_filters {
            self.pipeline.filters.clear();
        }
        self.pipeline.filters.extend(change.filters);
        if let Some(clock) = change.clock {
            self.clock = clock;
        }
    }

    /// Returns the context under all others, redacted.
    pub fn base(&self) -> LogContext {
        self.pipeline.redaction.context(&self.service)
    }
}
