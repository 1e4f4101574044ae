//! The time of day, read from the processor's counter where that is sound.
//!
//! A `clock_gettime` costs about a third of a whole logging call. Where Linux
//! keeps its own time by the TSC, each thread reads that counter instead and
//! asks the system anew every millisecond of counter time. A stepped clock, a
//! suspend or a drift is therefore seen at most a millisecond of running time
//! later than the system sees it. Everywhere else, and until the counter's rate
//! has been measured over ten milliseconds, the system is asked each time.

use std::time::{SystemTime, UNIX_EPOCH};

use kakashi_core::{Clock, Timestamp};

/// Reads the system's clock: nanoseconds since 1970, by `SystemTime`.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::Wall(system_nanos())
    }
}

fn system_nanos() -> i64 {
    let nanos = |duration: std::time::Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => nanos(since),
        Err(before) => -nanos(before.duration()),
    }
}

/// One thread's clock.
#[derive(Debug, Default)]
pub(crate) struct ThreadClock {
    base_ticks: u64,
    base_nanos: i64,
    /// The time returned last; the clock does not run backwards by less than a step.
    last_nanos: i64,
    /// The counter may run this far from the base.
    valid_ticks: u64,
    rate: counter::Rate,
}

/// Checks once whether the kernel trusts the counter. Called before a fork, which must
/// not come in between: the child would wait for ever for a thread that it does not have.
#[cfg(unix)]
pub(crate) fn settle() {
    let _ = counter::rate();
}

/// If the system's clock is behind the time returned last by less than this, that time is
/// returned again.
const SLEW_NANOS: i64 = 20_000;

impl ThreadClock {
    pub(crate) const fn new() -> Self {
        Self { base_ticks: 0, base_nanos: 0, last_nanos: 0, valid_ticks: 0, rate: counter::Rate::UNKNOWN }
    }

    #[inline]
    pub(crate) fn now(&mut self) -> Timestamp {
        let ticks = counter::ticks();
        let since = ticks.wrapping_sub(self.base_ticks);
        if since < self.valid_ticks {
            let nanos = self.base_nanos + self.rate.nanos(since);
            self.last_nanos = nanos;
            return Timestamp::Wall(nanos);
        }
        self.ask_the_system()
    }

    #[cold]
    fn ask_the_system(&mut self) -> Timestamp {
        let mut nanos = system_nanos();
        let behind = self.last_nanos.wrapping_sub(nanos);
        if (1..SLEW_NANOS).contains(&behind) {
            nanos = self.last_nanos;
        }
        if let Some(rate) = counter::rate() {
            self.rate = rate;
            self.base_ticks = counter::ticks();
            self.base_nanos = nanos;
            self.valid_ticks = rate.ticks_of_a_millisecond();
        }
        self.last_nanos = nanos;
        Timestamp::Wall(nanos)
    }
}

#[cfg(all(target_arch = "x86_64", target_os = "linux", not(miri)))]
mod counter {
    //! The time stamp counter.

    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::{Duration, Instant};

    /// Nanoseconds in 2³² ticks.
    #[derive(Clone, Copy, Debug, Default)]
    pub(super) struct Rate(u64);

    impl Rate {
        pub(super) const UNKNOWN: Self = Self(0);

        #[inline]
        pub(super) fn nanos(self, ticks: u64) -> i64 {
            // Ticks of about a millisecond: the product fits easily.
            ((ticks * self.0) >> 32) as i64
        }

        pub(super) fn ticks_of_a_millisecond(self) -> u64 {
            (1_000_000_u64 << 32).checked_div(self.0).unwrap_or(0)
        }
    }

    #[inline(always)]
    #[allow(unsafe_code)]
    pub(super) fn ticks() -> u64 {
        // SAFETY: every x86-64 processor has RDTSC, and it touches no memory.
        // Where an operating system forbids it to programs, that system is not
        // Linux with the TSC as its clock: see `rate`, but the read comes first.
        unsafe { core::arch::x86_64::_rdtsc() }
    }

    /// Returns the counter's rate once it is known, and never if the kernel
    /// does not trust the counter.
    pub(super) fn rate() -> Option<Rate> {
        static RATE: AtomicU64 = AtomicU64::new(0);
        static START: OnceLock<Option<(u64, Instant)>> = OnceLock::new();
        let known = RATE.load(Ordering::Relaxed);
        if known != 0 {
            return Some(Rate(known));
        }
        let start = START.get_or_init(|| trusted().then(|| (ticks(), Instant::now())));
        let (start_ticks, start_time) = (*start)?;
        let elapsed = start_time.elapsed();
        let passed = ticks().checked_sub(start_ticks)?;
        if elapsed < Duration::from_millis(10) || elapsed > Duration::from_secs(3600) || passed == 0 {
            return None;
        }
        let rate = u64::try_from((elapsed.as_nanos() << 32) / u128::from(passed)).ok()?;
        // Between 250 MHz and 25 GHz, or it is no clock.
        if !((1 << 32) / 25..=(1 << 34)).contains(&rate) {
            return None;
        }
        RATE.store(rate, Ordering::Relaxed);
        Some(Rate(rate))
    }

    /// Tells whether the kernel keeps time by the counter itself: then it has
    /// checked that it never stops and is the same on all cores.
    fn trusted() -> bool {
        let path = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
        std::fs::read(path).is_ok_and(|name| name.trim_ascii() == b"tsc")
    }
}

#[cfg(not(all(target_arch = "x86_64", target_os = "linux", not(miri))))]
mod counter {
    //! No counter: the system is asked each time.

    #[derive(Clone, Copy, Debug, Default)]
    pub(super) struct Rate;

    impl Rate {
        pub(super) const UNKNOWN: Self = Self;

        pub(super) fn nanos(self, _ticks: u64) -> i64 {
            0
        }

        pub(super) fn ticks_of_a_millisecond(self) -> u64 {
            0
        }
    }

    pub(super) fn ticks() -> u64 {
        0
    }

    pub(super) fn rate() -> Option<Rate> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thread_clock_keeps_step_with_the_systems() {
        let mut clock = ThreadClock::new();
        let start = std::time::Instant::now();
        let mut last = i64::MIN;
        while start.elapsed().as_millis() < 50 {
            let before = system_nanos();
            let Timestamp::Wall(told) = clock.now() else { panic!("a wall time") };
            let after = system_nanos();
            // A loaded machine may stop this thread anywhere; the bounds move with it.
            assert!(told >= before - 1_000_000 && told <= after + 1_000_000);
            assert!(told >= last, "time ran backwards by {}", last - told);
            last = told;
        }
    }
}
