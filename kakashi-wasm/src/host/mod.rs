//! What the JavaScript engine gives: its functions, its clock, its timers.

pub(crate) mod clock;
pub(crate) mod hooks;
pub(crate) mod imports;
pub(crate) mod microtask;
pub(crate) mod timer;
