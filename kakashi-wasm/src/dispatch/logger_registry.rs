//! The loggers of this program, by kind and name.

use std::sync::OnceLock;

use kakashi_core::Registry;

/// Returns the loggers of this program.
pub(crate) fn registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(Registry::new)
}
