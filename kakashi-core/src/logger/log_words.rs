//! What a bridge needs of a logger.
//!
//! Foreign records have no call site of kakashi's: they are words and fields that
//! are known when the program runs, under a name that is known then too. So they do
//! not come through [`Log`](crate::Log), whose records stand on a site.

use crate::level::LogLevel;
use crate::record::Extra;

/// Takes records that are words, as bridges make them.
pub trait LogWords {
    /// Tells whether a record of this level would be written. Asked before a record is
    /// made, so it should be one load and a compare.
    fn enables(&self, level: LogLevel) -> bool;

    /// Takes a record whose level is enabled.
    ///
    /// `target` says which part of the program speaks; nothing in `words` is a
    /// placeholder; where a key stands twice among `fields`, the first counts.
    fn log_words(&self, target: &str, level: LogLevel, words: &str, fields: Extra<'_>);
}

impl<L: LogWords + ?Sized> LogWords for &L {
    fn enables(&self, level: LogLevel) -> bool {
        (**self).enables(level)
    }

    fn log_words(&self, target: &str, level: LogLevel, words: &str, fields: Extra<'_>) {
        (**self).log_words(target, level, words, fields);
    }
}
