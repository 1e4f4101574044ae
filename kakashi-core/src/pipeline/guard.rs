//! Foreign code, run so that its panic stays its own.

/// Runs foreign code so that its panic stays its own.
pub trait Guard {
    /// Runs `code`; false if it panicked.
    fn run(&self, code: &mut dyn FnMut()) -> bool;
}
