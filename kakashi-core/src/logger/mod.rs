//! What loggers of all platforms share: the trait that the macros call, the registry,
//! thresholds, destinations and the settings of one logger.

pub(crate) mod as_exception;
#[cfg(feature = "std")]
pub(crate) mod colour;
#[cfg(feature = "alloc")]
pub(crate) mod default_form;
#[cfg(feature = "alloc")]
pub(crate) mod destination;
#[cfg(feature = "alloc")]
pub(crate) mod directive_error;
#[cfg(feature = "alloc")]
mod directive_text;
#[cfg(feature = "alloc")]
pub(crate) mod directives;
#[cfg(feature = "alloc")]
pub(crate) mod durability;
#[cfg(feature = "alloc")]
pub(crate) mod event;
#[cfg(feature = "alloc")]
pub(crate) mod flushed;
#[cfg(feature = "alloc")]
pub(crate) mod format;
#[cfg(feature = "std")]
pub(crate) mod holding;
#[cfg(feature = "alloc")]
pub(crate) mod levels;
pub(crate) mod log;
#[cfg(feature = "log")]
pub(crate) mod log_words;
#[cfg(feature = "alloc")]
pub(crate) mod logger_config;
#[cfg(feature = "alloc")]
pub(crate) mod logger_entry;
#[cfg(feature = "alloc")]
pub(crate) mod prefix;
#[cfg(feature = "alloc")]
pub(crate) mod registry;
#[cfg(feature = "std")]
pub(crate) mod sampled_loggers;
#[cfg(feature = "alloc")]
pub(crate) mod settings;
#[cfg(feature = "alloc")]
pub(crate) mod settings_error;
#[cfg(feature = "tracing")]
mod span_rules;
#[cfg(feature = "std")]
pub(crate) mod tail_sampling;
