//! The atomics of the protocols that loom checks; `loom_tests` puts loom's here.

pub(crate) use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

pub(crate) use crate::barrier::{heavy, light};
