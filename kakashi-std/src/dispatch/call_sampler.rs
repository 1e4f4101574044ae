//! What loggers ask that are sampled: the samplers, and a sweep for what they leave out.

use kakashi_core::{CallSampler, CallSite, LogLevel, set_call_sampler};

use super::flush_signal;
use crate::reentrancy::CriticalSection;
use crate::sampling::samplers;

/// Asks the sampler of a number.
struct Samplers;

impl CallSampler for Samplers {
    fn admits(&self, sampler: usize, logger: &str, level: LogLevel, site: &CallSite<'_>) -> bool {
        // An allocator logs: what it logs is counted as reentrant.
        if CriticalSection::is_active() || samplers::admits(sampler, logger, level, site) {
            return true;
        }
        // A sweep announces it.
        flush_signal::arm();
        false
    }
}

/// Has loggers ask the samplers.
pub(super) fn install() {
    set_call_sampler(&Samplers);
}
