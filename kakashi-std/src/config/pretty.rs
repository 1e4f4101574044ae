//! Lines for people, as a file describes them.

use kakashi_core::{Background, Pretty, TerminalPretty};
use serde::Deserialize;

/// How lines for people look.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PrettyTable {
    width: Option<usize>,
    colour: Option<bool>,
    background: Option<BackgroundName>,
    date: bool,
    local_time: bool,
    location: bool,
    fold: Option<bool>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum BackgroundName {
    Dark,
    Light,
}

impl PrettyTable {
    /// Makes the form.
    ///
    /// # Errors
    /// When it needs a feature.
    pub(super) fn form(&self) -> Result<TerminalPretty, &'static str> {
        let mut form = Pretty::terminal().date(self.date).location(self.location);
        if let Some(width) = self.width {
            form = form.width(width);
        }
        if let Some(colour) = self.colour {
            form = form.colour(colour);
        }
        if let Some(fold) = self.fold {
            form = form.fold(fold);
        }
        if let Some(background) = self.background {
            form = form.background(match background {
                BackgroundName::Dark => Background::Dark,
                BackgroundName::Light => Background::Light,
            });
        }
        if self.local_time {
            #[cfg(feature = "local-time")]
            return Ok(form.zone(crate::local_offset));
            #[cfg(not(feature = "local-time"))]
            return Err("local_time in pretty needs the feature `local-time` of kakashi-std");
        }
        Ok(form)
    }
}
