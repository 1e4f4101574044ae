//! The loggers of devices: one that encodes and writes at once, and one whose records
//! wait in a ring in RAM.

pub(crate) mod direct_logger;
#[cfg(all(feature = "ring", any(feature = "alloc", target_os = "none")))]
pub(crate) mod logger_name;
#[cfg(feature = "ring")]
pub(crate) mod ring;
#[cfg(all(feature = "ring", any(feature = "alloc", target_os = "none")))]
pub(crate) mod ring_logger;
