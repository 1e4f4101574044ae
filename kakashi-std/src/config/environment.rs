//! Variables that go over the settings of a file.

use std::env;
use std::fmt::Display;
use std::num::ParseIntError;
use std::str::FromStr;

use super::{ConfigError, LoggingConfig};
use crate::dispatch::directives;

impl LoggingConfig {
    /// Takes the variables of the environment that are set and not empty, in place of what the
    /// file says: `KAKASHI_FORMAT`, `KAKASHI_PATTERN`, `KAKASHI_LEVEL`, `KAKASHI_SERVICE_NAME`,
    /// `KAKASHI_SERVICE_VERSION`, `KAKASHI_SERVICE_ENVIRONMENT`, `KAKASHI_REDACT` (with commas
    /// between), `KAKASHI_REDACT_CARD_NUMBERS`, `KAKASHI_PANIC_TEXT`, `KAKASHI_BATCH_BYTES`,
    /// `KAKASHI_FLUSH_AFTER_MILLIS`, `KAKASHI_BACKLOG_BYTES`, `KAKASHI_STALL_TIMEOUT_MILLIS`, `KAKASHI_URGENT_TIMEOUT_MILLIS`; `KAKASHI_LOG`, else
    /// `RUST_LOG`, in place of `directives`.
    ///
    /// # Errors
    /// The first variable with a wrong value, and what would be right.
    pub fn with_environment(mut self) -> Result<Self, ConfigError> {
        self.set_form()?;
        set(&mut self.level, "KAKASHI_LEVEL")?;
        set(&mut self.redact_card_numbers, "KAKASHI_REDACT_CARD_NUMBERS")?;
        set(&mut self.panic_text, "KAKASHI_PANIC_TEXT")?;
        set_number(&mut self.batch_bytes, "KAKASHI_BATCH_BYTES")?;
        set_number(&mut self.flush_after_millis, "KAKASHI_FLUSH_AFTER_MILLIS")?;
        set_number(&mut self.backlog_bytes, "KAKASHI_BACKLOG_BYTES")?;
        set_number(&mut self.stall_timeout_millis, "KAKASHI_STALL_TIMEOUT_MILLIS")?;
        set_number(&mut self.urgent_timeout_millis, "KAKASHI_URGENT_TIMEOUT_MILLIS")?;
        if let Some(paths) = value_of("KAKASHI_REDACT") {
            let paths = paths.split(',').map(|path| parsed("KAKASHI_REDACT", path.trim()));
            self.redact = Some(paths.collect::<Result<_, _>>()?);
        }
        if let Some(name) = value_of("KAKASHI_SERVICE_NAME") {
            self.service.get_or_insert_default().name = name;
        }
        if let Some(version) = value_of("KAKASHI_SERVICE_VERSION") {
            self.service.get_or_insert_default().version = version;
        }
        if let Some(environment) = value_of("KAKASHI_SERVICE_ENVIRONMENT") {
            self.service.get_or_insert_default().environment = environment;
        }
        if directives::are_in_environment() {
            self.directives = None;
        }
        Ok(self)
    }
}

impl LoggingConfig {
    /// Takes the form; either variable goes over both keys of the file.
    fn set_form(&mut self) -> Result<(), ConfigError> {
        let (mut format, mut pattern) = (None, None);
        set(&mut format, "KAKASHI_FORMAT")?;
        set(&mut pattern, "KAKASHI_PATTERN")?;
        match (&format, &pattern) {
            (None, None) => return Ok(()),
            (Some(_), Some(_)) => {
                let value = value_of("KAKASHI_PATTERN").unwrap_or_default();
                let message = "a pattern is a format of its own: leave it or KAKASHI_FORMAT out";
                return Err(ConfigError::of_variable("KAKASHI_PATTERN", &value, message));
            }
            _ => (self.format, self.pattern) = (format, pattern),
        }
        Ok(())
    }
}

fn value_of(variable: &str) -> Option<String> {
    let value = env::var_os(variable).filter(|value| !value.is_empty())?;
    Some(value.to_string_lossy().into_owned())
}

fn set<T: FromStr<Err: Display>>(setting: &mut Option<T>, variable: &str) -> Result<(), ConfigError> {
    if let Some(value) = value_of(variable) {
        *setting = Some(parsed(variable, &value)?);
    }
    Ok(())
}

fn set_number<T: FromStr<Err = ParseIntError>>(
    setting: &mut Option<T>,
    variable: &str,
) -> Result<(), ConfigError> {
    if let Some(value) = value_of(variable) {
        let wrong = |error| {
            let message = format!("{error}: use digits only, without a unit");
            ConfigError::of_variable(variable, &value, message)
        };
        *setting = Some(value.trim().parse().map_err(wrong)?);
    }
    Ok(())
}

fn parsed<T: FromStr<Err: Display>>(variable: &str, value: &str) -> Result<T, ConfigError> {
    value.parse().map_err(|error| ConfigError::of_variable(variable, value, error))
}
