//! The loggers, and logging without one.

pub(crate) mod async_logger;
pub(crate) mod custom_logger;
pub(crate) mod logger;
pub(crate) mod root;
