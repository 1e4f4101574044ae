//! Values whose formatting is a test's own code.

use std::fmt;

/// A value whose `Display` runs code of the test's and shows `shown`.
pub struct Runs<F>(pub F);

impl<F: Fn()> fmt::Display for Runs<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.0)();
        f.write_str("shown")
    }
}
