//! A value that is never printed.

use core::fmt;

use super::{REDACTED, REDACTED_TEXT, ToValue, Value};

/// Holds a value that no log, no `Debug` and no `Display` shows.
///
/// It is written as `[REDACTED]` wherever it stands: as a field, in a list or a map, in a
/// context, in what `?value` prints of a struct around it, and with the feature `serde` in
/// what is serialized. The value is there for who asks for it.
///
/// It does not wipe the memory; a crate that does may be inside of it.
///
/// ```
/// use kakashi_core::{Secret, ToValue, Value};
///
/// let password = Secret::new("hunter2");
/// assert!(matches!(password.to_value(), Value::Str("[REDACTED]")));
/// assert_eq!(format!("{password} {password:?}"), "[REDACTED] [REDACTED]");
/// assert_eq!(*password.expose(), "hunter2");
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Takes the value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Shows the value.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// Gives the value back.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> ToValue for Secret<T> {
    fn to_value(&self) -> Value<'_> {
        REDACTED
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED_TEXT)
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED_TEXT)
    }
}
