//! The time stamp counter while the kernel trusts it, else the monotonic clock.
//!
//! The kernel may come to distrust it later: it is asked again now and then. Ticks of the
//! monotonic clock begin far beyond all of the counter's, which is never gone back to. A
//! thread that does not see the change yet gets a smaller tick; the order holds all the same
//! where call A returned before call B began:
//!
//! - If A saw the change, B sees it: both read one variable, and nobody reads an older value
//!   of it than what happened before has read. So the smaller tick is never B's.
//! - A collection whose end is a tick of the monotonic clock takes every older record that it
//!   finds. If it finds B with a tick of the counter, B read the variable before it was
//!   changed, and A was published before that; the collection read it afterwards. On x86-64
//!   stores become visible to all threads in one order: so it finds A.

#[cfg(not(all(target_arch = "x86_64", target_os = "linux", not(miri))))]
pub(super) use self::monotonic_only::*;
#[cfg(all(target_arch = "x86_64", target_os = "linux", not(miri)))]
pub(super) use self::time_stamp::*;

#[cfg(all(target_arch = "x86_64", target_os = "linux", not(miri)))]
mod time_stamp {
    use std::fs::File;
    use std::io::Read as _;
    use std::sync::Once;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

    use crate::clock::monotonic;

    static MONOTONIC: AtomicBool = AtomicBool::new(false);
    /// The first tick that may be the monotonic clock's.
    static MONOTONIC_FROM: AtomicU64 = AtomicU64::new(u64::MAX);
    /// Before the rate is known: enough for 5 GHz.
    static SLACK: AtomicU64 = AtomicU64::new(10_000);
    static CHOSEN: Once = Once::new();
    /// Between the ticks of both sources: a day of a fast counter, more than those of two
    /// cores ever differ.
    const GAP: u64 = 1 << 48;

    /// Asks once whether the kernel keeps time by the counter itself: then it has checked
    /// that it never stops and is the same on all cores.
    #[cold]
    pub(in crate::clock) fn choose() {
        CHOSEN.call_once(|| {
            if is_trusted() != Some(true) {
                set_monotonic(0);
            }
        });
    }

    /// Tells whether the kernel keeps time by something else by now.
    pub(in crate::clock) fn is_distrusted() -> bool {
        // Where the file can't be read any more nobody knows.
        !is_monotonic() && is_trusted() == Some(false)
    }

    /// Tells whether the kernel keeps time by the counter, if it says so; allocates nothing.
    fn is_trusted() -> Option<bool> {
        let path = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
        let mut name = [0; 32];
        let len = File::open(path).and_then(|mut file| file.read(&mut name)).ok()?;
        Some(name[..len].trim_ascii() == b"tsc")
    }

    /// Makes ticks the monotonic clock's; they are beyond this one and all of the counter's.
    /// Returns the first that may be read.
    pub(in crate::clock) fn become_monotonic(tick: u64) -> u64 {
        let from = read_fenced().max(tick).saturating_add(GAP);
        set_monotonic(from);
        from
    }

    fn set_monotonic(from: u64) {
        monotonic::begin_beyond(from);
        MONOTONIC_FROM.store(from, Ordering::SeqCst);
        MONOTONIC.store(true, Ordering::SeqCst);
    }

    #[inline(always)]
    pub(in crate::clock) fn is_monotonic() -> bool {
        MONOTONIC.load(Ordering::Acquire)
    }

    pub(in crate::clock) fn slack_of(tick: u64) -> u64 {
        let is_monotonic = tick >= MONOTONIC_FROM.load(Ordering::Acquire);
        if is_monotonic { 0 } else { SLACK.load(Ordering::Relaxed) }
    }

    pub(in crate::clock) fn set_slack(ticks: u64) {
        SLACK.store(ticks, Ordering::Relaxed);
    }
    #[inline(always)]
    #[allow(unsafe_code)]
    pub(in crate::clock) fn read() -> u64 {
        if is_monotonic() {
            return monotonic::read();
        }
        // SAFETY: every x86-64 processor has RDTSC, and it touches no memory. Where an
        // operating system forbids it to programs, that system is not Linux with the TSC
        // as its clock.
        unsafe { core::arch::x86_64::_rdtsc() }
    }

    #[allow(unsafe_code)]
    pub(in crate::clock) fn read_fenced() -> u64 {
        if is_monotonic() {
            return monotonic::read();
        }
        // SAFETY: as `read`; LFENCE is part of x86-64 too. It waits for all loads before
        // it, and none after it begins earlier.
        unsafe {
            core::arch::x86_64::_mm_lfence();
            let ticks = core::arch::x86_64::_rdtsc();
            core::arch::x86_64::_mm_lfence();
            ticks
        }
    }
}

#[cfg(not(all(target_arch = "x86_64", target_os = "linux", not(miri))))]
mod monotonic_only {
    use crate::clock::monotonic;

    pub(in crate::clock) fn choose() {}

    pub(in crate::clock) fn is_distrusted() -> bool {
        false
    }

    pub(in crate::clock) fn become_monotonic(tick: u64) -> u64 {
        tick
    }

    pub(in crate::clock) fn is_monotonic() -> bool {
        true
    }

    pub(in crate::clock) fn slack_of(_: u64) -> u64 {
        0
    }

    pub(in crate::clock) fn set_slack(_: u64) {}

    #[inline]
    pub(in crate::clock) fn read() -> u64 {
        monotonic::read()
    }

    pub(in crate::clock) fn read_fenced() -> u64 {
        monotonic::read()
    }
}
