//! The functions of higher stages that this one and `dispatch` call, set by
//! `lifecycle::install`.

use std::sync::OnceLock;

static HOOKS: OnceLock<Hooks> = OnceLock::new();

/// One set for all threads of a program: each function works on the calling one.
#[derive(Clone, Copy)]
pub(crate) struct Hooks {
    /// Writes all batches.
    pub(crate) flush: fn(),
    /// Installs the handlers of a page's or a process's end.
    pub(crate) install: fn(),
}

/// Sets the functions, once for the program.
pub(crate) fn set(hooks: Hooks) {
    HOOKS.get_or_init(|| hooks);
}

/// Writes all batches of this thread: for the engine's timers and microtasks.
pub(crate) fn flush() {
    if let Some(hooks) = HOOKS.get() {
        (hooks.flush)();
    }
}

/// Installs the handlers on this thread, which may have got its loggers from another.
pub(crate) fn install() {
    if let Some(hooks) = HOOKS.get() {
        (hooks.install)();
    }
}
