//! The form of destinations that have none of their own.

use alloc::sync::Arc;
use core::fmt;

use crate::encode::Encoder;
use crate::logger::format::Format;

/// The form of destinations that have none of their own.
#[derive(Clone)]
pub enum DefaultForm {
    /// One of kakashi's, by its name.
    Named(Format),
    /// That of an encoder.
    Encoded(Arc<dyn Encoder>),
}

impl DefaultForm {
    /// Returns its name, if it has one.
    pub fn format(&self) -> Option<Format> {
        match self {
            Self::Named(format) => Some(*format),
            Self::Encoded(_) => None,
        }
    }
}

impl Default for DefaultForm {
    fn default() -> Self {
        Self::Named(Format::default())
    }
}

impl fmt::Debug for DefaultForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(format) => format.fmt(f),
            Self::Encoded(_) => f.write_str("an encoder"),
        }
    }
}
