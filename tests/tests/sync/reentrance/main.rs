//! Code that logs, flushes, panics or configures while a record is being
//! logged: nothing hangs, nothing is lost uncounted, all of it ends.

mod common;
mod displays;
mod panics;
mod sinks;
