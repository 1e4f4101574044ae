//! Names of loggers.

use crate::util::char_class::is_plain;

/// A name, and whether it can be written without quotes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Name<'a> {
    text: &'a str,
    plain: bool,
    /// Identifies this very text while the program runs; 0: no id.
    id: usize,
    /// Under which number a platform counts the records of the name; 0: under none.
    #[cfg(feature = "std")]
    counted_as: u16,
}

impl<'a> Name<'a> {
    /// Finds out whether a name needs quotes.
    pub const fn new(text: &'a str) -> Self {
        Self::judged(text, is_plain(text.as_bytes(), false), 0)
    }

    pub(crate) const fn judged(text: &'a str, plain: bool, id: usize) -> Self {
        Self {
            text,
            plain,
            id,
            #[cfg(feature = "std")]
            counted_as: 0,
        }
    }

    /// Sets under which number its records are counted.
    #[cfg(feature = "std")]
    pub(crate) const fn counting_as(mut self, number: u16) -> Self {
        self.counted_as = number;
        self
    }

    /// Returns under which number its records are counted; 0: under none.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    #[inline]
    pub const fn counted_as(&self) -> u16 {
        self.counted_as
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
