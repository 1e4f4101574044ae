//! A share of all traces, the same ones in every process.
//!
//! As OpenTelemetry's `TraceIdRatioBased`: the lower 64 bits of a trace's id, less the last, are a number that is
//! below the ratio's part of 2⁶³ or not. So a trace whose spans an SDK has sampled with a ratio has its
//! records with the same ratio or a higher one, whichever service logs them.

use std::sync::atomic::{AtomicU64, Ordering};

use kakashi_core::{Value, current_context};

/// The ratio as a bound. All traces at first.
#[derive(Debug)]
pub(super) struct TraceRatio(AtomicU64);

/// No id's number is as large.
pub(crate) const ALL: u64 = u64::MAX;

/// Returns the bound of a ratio between 0 and 1.
pub(crate) const fn bound_of(ratio: f64) -> u64 {
    if ratio >= 1.0 { ALL } else { (ratio.max(0.0) * (1_u64 << 63) as f64) as u64 }
}

impl TraceRatio {
    pub(super) const fn all() -> Self {
        Self(AtomicU64::new(ALL))
    }

    pub(super) fn set(&self, bound: u64) {
        self.0.store(bound, Ordering::Relaxed);
    }

    /// Tells whether the records of the current trace are written; those of none are.
    pub(super) fn admits(&self) -> bool {
        let bound = self.0.load(Ordering::Relaxed);
        bound == ALL || current_number().is_none_or(|number| number < bound)
    }
}

/// Returns the number of the current trace, by its id: 32 hexadecimal digits.
fn current_number() -> Option<u64> {
    match current_context().get("trace_id")? {
        Value::Str(id) => number_of(id),
        _ => None,
    }
}

fn number_of(id: &str) -> Option<u64> {
    id_of(id).map(number_of_id)
}

/// Returns the number of a trace, which the bound is for.
pub(crate) const fn number_of_id(id: u128) -> u64 {
    id as u64 >> 1
}

/// Reads the id of a trace.
pub(crate) fn id_of(text: &str) -> Option<u128> {
    let is_id = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    u128::from_str_radix(text, 16).ok().filter(|id| is_id && *id != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_32_digits_that_are_not_all_0() {
        assert_eq!(number_of("0af7651916cd43dd8448eb211c80319c"), Some(0x8448_eb21_1c80_319c >> 1));
        for wrong in
            ["", "0af7651916cd43dd8448eb211c80319", "+af7651916cd43dd8448eb211c80319c", &"0".repeat(32)]
        {
            assert_eq!(number_of(wrong), None, "{wrong}");
        }
        assert_eq!(
            [bound_of(1.5), bound_of(1.0), bound_of(0.5), bound_of(-1.0), bound_of(f64::NAN)],
            [ALL, ALL, 1 << 62, 0, 0]
        );
    }
}
