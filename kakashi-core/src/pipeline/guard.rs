//! Foreign code, run so that its panic stays its own.

#[cfg(feature = "std")]
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs foreign code so that its panic stays its own.
pub trait Guard {
    /// Runs `code`; false if it panicked.
    fn run(&self, code: &mut dyn FnMut()) -> bool;
}

/// Catches panics, where they unwind.
#[cfg(feature = "std")]
#[derive(Clone, Copy, Debug)]
pub struct CatchPanic;

#[cfg(feature = "std")]
impl Guard for CatchPanic {
    fn run(&self, code: &mut dyn FnMut()) -> bool {
        catch_unwind(AssertUnwindSafe(code)).is_ok()
    }
}
