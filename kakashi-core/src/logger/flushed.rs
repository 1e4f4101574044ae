//! What a flush has come to.

/// Tells what a flush could not write.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Flushed {
    /// Records that still wait: their sink fails, or took too long. At least 1 where they could not
    /// be counted in time.
    pub left: usize,
}

impl Flushed {
    /// Tells whether everything has been written.
    pub const fn is_complete(self) -> bool {
        self.left == 0
    }
}
