//! A record whose context is written in part.

use super::LogRecord;
#[cfg(feature = "std")]
use super::left_out::LeftOut;
#[cfg(feature = "std")]
use crate::codec::Pairs;
#[cfg(feature = "std")]
use crate::value::Value;

impl LogRecord<'_> {
    /// Tells whether a field of the context is left out.
    #[inline]
    pub(super) fn leaves_out(&self, key: &str) -> bool {
        #[cfg(feature = "std")]
        if let Some(left_out) = self.left_out {
            return left_out.names(key);
        }
        let _ = key;
        false
    }
}

#[cfg(feature = "std")]
impl<'a> LogRecord<'a> {
    /// Leaves fields of the context out wherever fields are visited.
    pub(crate) fn leaving_out(mut self, fields: &'a LeftOut) -> Self {
        self.left_out = Some(fields);
        self
    }

    /// Tells whether fields of the context may be left out.
    pub(crate) fn leaves_some_out(&self) -> bool {
        self.left_out.is_some()
    }

    /// Visits the context's fields that are not left out, hidden or not.
    pub(crate) fn kept_context(&self) -> impl Iterator<Item = (&'a str, Value<'a>)> + '_ {
        Pairs::new(self.context.pairs).filter(|(key, _)| !self.leaves_out(key))
    }
}
