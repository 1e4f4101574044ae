//! What can be wrong with settings from a file or the environment.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::str::Utf8Error;

/// Reports settings that can't be read: where, and what would be right.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigError {
    file: Option<PathBuf>,
    place: Option<(usize, usize)>,
    message: String,
}

impl ConfigError {
    /// `before` is the text before what is wrong.
    #[cold]
    pub(super) fn at(before: Option<&str>, message: impl fmt::Display) -> Self {
        Self { file: None, place: None, message: message.to_string() }.placed(before)
    }

    /// Says that it is behind this text.
    pub(super) fn placed(self, before: Option<&str>) -> Self {
        let place = before.map(|before| {
            let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
            let column = before.get(line_start..).unwrap_or_default().chars().count();
            (before.matches('\n').count() + 1, column + 1)
        });
        Self { place, ..self }
    }

    #[cold]
    pub(super) fn reading(error: &io::Error) -> Self {
        Self::at(None, format_args!("can't be read: {error}"))
    }

    #[cold]
    pub(super) fn not_utf8(bytes: &[u8], error: Utf8Error) -> Self {
        let before = bytes.get(..error.valid_up_to()).map(String::from_utf8_lossy);
        Self::at(before.as_deref(), "is not UTF-8: write the file in that encoding")
    }

    #[cold]
    pub(super) fn opening(path: &Path, error: &io::Error) -> Self {
        Self::at(None, format_args!("the destination {path:?} can't be opened: {error}"))
    }

    #[cold]
    pub(super) fn of_variable(variable: &str, value: &str, message: impl fmt::Display) -> Self {
        Self::at(None, format_args!("{variable}={value:?}: {message}"))
    }

    pub(super) fn in_file(mut self, path: &Path) -> Self {
        self.file = Some(path.into());
        self
    }

    /// Returns the file; none if the settings are a part of another one, or a variable's.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Returns the line, from 1 on, where the text is known.
    pub fn line(&self) -> Option<usize> {
        self.place.map(|(line, _)| line)
    }

    /// Returns the column in its line, in characters, from 1 on.
    pub fn column(&self) -> Option<usize> {
        self.place.map(|(_, column)| column)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.place) {
            (Some(file), Some((line, column))) => write!(f, "{}:{line}:{column}: ", file.display())?,
            (Some(file), None) => write!(f, "{}: ", file.display())?,
            (None, Some((line, column))) => write!(f, "line {line}, column {column}: ")?,
            (None, None) => {}
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for ConfigError {}
