//! Names of loggers.

use crate::util::char_class::is_plain;

/// A name, and whether it can be written without quotes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Name<'a> {
    text: &'a str,
    plain: bool,
    /// Identifies this very text while the program runs; 0: no id.
    id: usize,
}

impl<'a> Name<'a> {
    /// Finds out whether a name needs quotes.
    pub const fn new(text: &'a str) -> Self {
        Self { text, plain: is_plain(text.as_bytes(), false), id: 0 }
    }

    #[cfg(feature = "alloc")]
    pub(crate) const fn judged(text: &'a str, plain: bool, id: usize) -> Self {
        Self { text, plain, id }
    }

    #[cfg(feature = "alloc")]
    pub(crate) const fn id(&self) -> usize {
        self.id
    }

    /// Returns the name.
    pub const fn text(&self) -> &'a str {
        self.text
    }

    pub(crate) const fn is_plain(&self) -> bool {
        self.plain
    }
}

impl<'a> From<&'a str> for Name<'a> {
    fn from(text: &'a str) -> Self {
        Self::new(text)
    }
}
