//! The loggers of this program, by kind and name.

use std::sync::OnceLock;

use kakashi_core::Registry;

/// Returns the registry of all loggers.
pub(crate) fn logger_registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(Registry::new)
}
