//! The loggers that programs hold, and the functions without one.

pub(crate) mod async_logger;
pub(crate) mod custom_logger;
pub(crate) mod logger;
pub(crate) mod performance_logger;
pub(crate) mod root;
