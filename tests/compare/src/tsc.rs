//! The processor's time-stamp counter, for single calls.
//!
//! A call takes tens of nanoseconds and `Instant` costs as much; the counter
//! costs a third of that. It runs at one speed whatever the core's clock does
//! (`constant_tsc`), so ticks become nanoseconds by one factor, taken over the
//! whole measurement. It is not fenced: what the processor overlaps with a
//! call in a program it overlaps here.

use std::time::Instant;

/// Reads the counter.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
#[allow(unsafe_code)]
pub fn ticks() -> u64 {
    // SAFETY: every x86-64 processor has the instruction; Linux leaves it
    // enabled in user mode unless a process forbids it to itself, which this
    // one does not.
    unsafe { core::arch::x86_64::_rdtsc() }
}

/// Elsewhere a tick is a nanosecond of `Instant`.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
pub fn ticks() -> u64 {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    START.elapsed().as_nanos() as u64
}

/// How long ticks are, from a start that is far enough back.
pub struct Scale {
    ticks: u64,
    at: Instant,
}

impl Scale {
    pub fn start() -> Scale {
        Scale { ticks: ticks(), at: Instant::now() }
    }

    /// Nanoseconds a tick, so far.
    pub fn nanos_a_tick(&self) -> f64 {
        let ticks = ticks().wrapping_sub(self.ticks).max(1);
        self.at.elapsed().as_nanos() as f64 / ticks as f64
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// One try in many has to fit: a busy machine stops this thread between two
    /// looks at two clocks.
    #[test]
    fn ticks_are_nanoseconds_by_one_factor() {
        let fits = |_| {
            let scale = Scale::start();
            while scale.at.elapsed() < Duration::from_millis(5) {}
            let (before, at) = (ticks(), Instant::now());
            while at.elapsed() < Duration::from_millis(5) {}
            let nanos = ticks().wrapping_sub(before) as f64 * scale.nanos_a_tick();
            (nanos / at.elapsed().as_nanos() as f64 - 1.0).abs() < 0.05
        };
        assert!((0..100).any(fits));
    }
}
